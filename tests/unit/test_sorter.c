/* SPDX-License-Identifier: MIT */
/* Records sorted in bounded memory: the same order whether they fit or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "exchange/sorter.h"
#include "exchange/spool.h"
#include "mn.h"

struct world {
	mn_engine *engine;
	mn_call call;
};

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	mn_error err = MN_SIZED(mn_error);

	*state = w;
	return w && mn_engine_new(NULL, &err, &w->engine) == MN_OK
			       && mn_call_init(&w->call, w->engine, 0) == MN_OK
		       ? 0
		       : -1;
}

static int close_world(void **state)
{
	struct world *w = *state;

	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	free(w);
	return 0;
}

/* n records in an order of their own, with keys and values that occur twice, as one text. */
static mn_buf sorted(struct world *w, size_t memory, unsigned n, size_t value)
{
	mn_sorter *s = mn_sorter_new(memory);
	mn_buf out = MN_BUF(64 << 20);
	char key[40], *text = malloc(value + 1);
	mn_sorted r;
	bool more = true;

	assert_non_null(s);
	assert_non_null(text);
	for (unsigned i = 0; i < n; i++) {
		const unsigned mixed = i * 2654435761u >> 7;

		snprintf(key, sizeof(key), "key %u", mixed % (n / 2 + 1));
		memset(text, 'a' + (int)(mixed % 3), value);
		assert_int_equal(mn_sorter_add(s, &w->call, mn_str_of(key),
					 (mn_str){text, mixed % 5 ? value : value / 2}, i),
			MN_OK);
	}
	assert_int_equal(mn_sorter_rewind(s, &w->call), MN_OK);
	for (int twice = 0; twice < 2; twice++) {
		mn_buf_clear(&out);
		more = true;
		while (more) {
			assert_int_equal(mn_sorter_next(s, &w->call, &r, &more), MN_OK);
			if (more)
				mn_buf_printf(&out, "%.*s=%.*s/%u\n", MN_FMT(r.key),
					MN_FMT(r.value), (unsigned)r.tag);
		}
		assert_int_equal(mn_sorter_rewind(s, &w->call), MN_OK);
	}
	mn_sorter_free(s);
	free(text);
	assert_true(mn_buf_ok(&out));
	return out;
}

static void what_does_not_fit_comes_in_the_same_order(void **state)
{
	struct world *w = *state;
	static const struct {
		unsigned n;
		size_t value;
	} cases[] = {{0, 0}, {1, 10}, {2, 0}, {3000, 20}, {400, 70000}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_buf large = sorted(w, 64 << 20, cases[i].n, cases[i].value);

		for (size_t memory = 1000; memory < 1 << 20; memory *= 7) {
			mn_buf small = sorted(w, memory, cases[i].n, cases[i].value);

			assert_true(mn_str_eq(mn_buf_view(&small), mn_buf_view(&large)));
			mn_buf_free(&small);
		}
		mn_buf_free(&large);
	}
}

static void records_go_by_key_then_value_then_tag(void **state)
{
	struct world *w = *state;
	mn_sorter *s = mn_sorter_new(100);
	const struct {
		const char *key, *value;
		uint64_t tag;
	} in[] = {{"b", "", 1}, {"a", "z", 2}, {"a", "y", 4}, {"ab", "", 5}, {"a", "y", 3}};
	static const uint64_t want[] = {3, 4, 2, 5, 1};
	mn_sorted r;
	bool more;

	for (size_t i = 0; i < 5; i++)
		assert_int_equal(mn_sorter_add(s, &w->call, mn_str_of(in[i].key),
					 mn_str_of(in[i].value), in[i].tag),
			MN_OK);
	assert_int_equal(mn_sorter_rewind(s, &w->call), MN_OK);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(mn_sorter_next(s, &w->call, &r, &more), MN_OK);
		assert_true(more);
		assert_int_equal(r.tag, want[i]);
	}
	assert_int_equal(mn_sorter_next(s, &w->call, &r, &more), MN_OK);
	assert_false(more);
	mn_sorter_free(s);
}

static void a_spool_is_nobody_elses_and_has_no_name(void **state)
{
	struct world *w = *state;
	mn_spool s = MN_SPOOL;
	struct stat st;
	char back[4];

	assert_int_equal(mn_spool_add(&s, &w->call, "abcdef", 6), MN_OK);
	assert_int_equal(fstat(s.fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(mn_spool_read(&s, &w->call, 2, back, 4), MN_OK);
	assert_memory_equal(back, "cdef", 4);
	assert_int_equal(mn_spool_read(&s, &w->call, 3, back, 4), MN_EIO);
	mn_spool_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_does_not_fit_comes_in_the_same_order, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			records_go_by_key_then_value_then_tag, open_world, close_world),
		cmocka_unit_test_setup_teardown(
			a_spool_is_nobody_elses_and_has_no_name, open_world, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
