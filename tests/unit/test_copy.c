/* SPDX-License-Identifier: MIT */
/* A brain copied to a store whose line is cut, and to one that takes little at once. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "mn.h"

enum { NOTES = 300 };

struct world {
	mn_engine *engine;
	mn_call call;
	mn_store *from, *to;
	mn_brain *brain;
	char down[64], url[80];
	unsigned told;
};

static void fill(struct world *w)
{
	static char texts[NOTES][64];
	mn_note notes[NOTES];
	mn_remembered done = MN_SIZED(mn_remembered);

	for (int i = 0; i < NOTES; i++) {
		snprintf(texts[i], sizeof(texts[i]), "note %d of word%d and thing%d", i, i % 37, i);
		notes[i] = MN_SIZED(mn_note);
		notes[i].text = mn_str_of(texts[i]);
	}
	assert_int_equal(mn_store_create(w->from, &w->call, MN_STR("a"), MN_STR("")), MN_OK);
	assert_int_equal(mn_brain_open(w->from, &w->call, MN_STR("a"), &w->brain), MN_OK);
	assert_int_equal(mn_brain_remember(w->brain, &w->call, notes, NOTES, &done), MN_OK);
}

static int begin(void **state)
{
	static struct world w;
	mn_str dirs[] = {mn_str_of(getenv("MN_PLUGINS")), mn_str_of(getenv("MN_FRAIL"))};
	mn_options o = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);

	w = (struct world){.told = 0};
	snprintf(w.down, sizeof(w.down), "/tmp/mn-copy-%ld", (long)getpid());
	snprintf(w.url, sizeof(w.url), "frail:%s", w.down);
	o.plugin_dirs = (mn_strs){dirs, 2};
	assert_int_equal(mn_engine_new(&o, &err, &w.engine), MN_OK);
	assert_int_equal(mn_call_init(&w.call, w.engine, 0), MN_OK);
	assert_int_equal(
		mn_store_open(w.engine, &w.call, MN_STR("memory:"), false, &w.from), MN_OK);
	assert_int_equal(mn_store_open(w.engine, &w.call, mn_str_of(w.url), false, &w.to), MN_OK);
	fill(&w);
	*state = &w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	unlink(w->down);
	mn_brain_close(w->brain);
	mn_store_close(w->from);
	mn_store_close(w->to);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	return 0;
}

static void cut(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	struct world *w = ctx;

	(void)total;
	(void)unit;
	if (done && w->told++ == 1)
		close(open(w->down, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void what_a_lost_line_leaves_is_said_and_can_be_removed(void **state)
{
	struct world *w = *state;
	mn_progress p = {w, cut};
	mn_rows rows;

	assert_int_equal(
		mn_brain_copy(w->brain, &w->call, w->to, MN_STR("b\x1b"), NULL), MN_EINVAL);
	mn_call_reset(&w->call);
	assert_int_equal(mn_brain_copy(w->brain, &w->call, w->to, MN_STR("b"), &p), MN_EIO);
	assert_true(w->call.err->retry);
	assert_non_null(strstr(w->call.err->text, "the line is cut"));
	assert_non_null(strstr(w->call.err->text, "delete the brain \"b\""));
	unlink(w->down);
	mn_call_reset(&w->call);
	assert_int_equal(mn_store_brains(w->to, &w->call, &rows), MN_OK);
	assert_int_equal(rows.n, 1);
	assert_int_equal(mn_store_delete(w->to, &w->call, MN_STR("b")), MN_OK);
	assert_int_equal(mn_brain_copy(w->brain, &w->call, w->to, MN_STR("b"), NULL), MN_OK);
}

static void cancel(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	struct world *w = ctx;

	(void)total;
	(void)unit;
	if (done && w->told++ == 1)
		mn_token_cancel(w->call.token);
}

static void a_cancelled_copy_leaves_nothing(void **state)
{
	struct world *w = *state;
	mn_progress p = {w, cancel};
	mn_rows rows;

	w->call.token = mn_token_new();
	assert_int_equal(mn_brain_copy(w->brain, &w->call, w->to, MN_STR("b"), &p), MN_ECANCELLED);
	mn_token_free(w->call.token);
	w->call.token = NULL;
	mn_call_reset(&w->call);
	assert_int_equal(mn_store_brains(w->to, &w->call, &rows), MN_OK);
	assert_int_equal(rows.n, 0);
}

static void a_store_that_takes_little_at_once_gets_little(void **state)
{
	struct world *w = *state;
	mn_store *few;
	mn_str url;
	char text[96];
	unsigned char a[32], b[32];
	mn_brain *copy;

	snprintf(text, sizeof(text), "%s?most=7", w->url);
	url = mn_str_of(text);
	assert_int_equal(mn_store_open(w->engine, &w->call, url, false, &few), MN_OK);
	assert_int_equal(mn_brain_copy(w->brain, &w->call, few, MN_STR("b"), NULL), MN_OK);
	assert_int_equal(mn_brain_open(few, &w->call, MN_STR("b"), &copy), MN_OK);
	assert_int_equal(mn_brain_hash(w->brain, &w->call, a), MN_OK);
	assert_int_equal(mn_brain_hash(copy, &w->call, b), MN_OK);
	assert_memory_equal(a, b, sizeof(a));
	mn_brain_close(copy);
	mn_store_close(few);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_a_lost_line_leaves_is_said_and_can_be_removed, begin, end),
		cmocka_unit_test_setup_teardown(a_cancelled_copy_leaves_nothing, begin, end),
		cmocka_unit_test_setup_teardown(
			a_store_that_takes_little_at_once_gets_little, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
