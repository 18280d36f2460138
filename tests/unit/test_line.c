/* SPDX-License-Identifier: MIT */
/* Lines from a source that hands out bytes in any pieces it likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "exchange/line.h"

struct pieces {
	mn_str text;
	size_t at, step;  /* step: bytes per read */
	uint64_t endless; /* further bytes 'x' behind the text */
	uint64_t asked;   /* reads so far */
	mn_token *token;  /* cancelled at the second read */
	int status;       /* returned at the second read */
};

static int read_piece(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	struct pieces *p = ctx;
	mn_str rest = mn_str_sub(p->text, p->at, p->step < room ? p->step : room);

	(void)call;
	if (++p->asked == 2) {
		if (p->token)
			mn_token_cancel(p->token);
		if (p->status)
			return p->status;
	}
	if (rest.len == 0 && p->endless) {
		*n = room < p->endless ? room : (size_t)p->endless;
		memset(out, 'x', *n);
		p->endless -= *n;
		return MN_OK;
	}
	memcpy(out, rest.ptr, rest.len);
	p->at += rest.len;
	*n = rest.len;
	return MN_OK;
}

static mn_source source_of(struct pieces *p)
{
	return (mn_source){.ctx = p, .read = read_piece, .name = MN_STR("pieces")};
}

static int setup(void **state)
{
	mn_call *call = calloc(1, sizeof(*call));

	*state = call;
	return call ? mn_call_init(call, NULL, 0) : -1;
}

static int teardown(void **state)
{
	mn_call_done(*state);
	free(*state);
	return 0;
}

static void lines_are_the_same_however_the_bytes_arrive(void **state)
{
	static const char *const want[] = {
		"one", "", "two \xe2\x82\xac", "long enough to be cut", "", "last"};
	static const bool cut[] = {false, false, false, true, false, false};
	mn_call *call = *state;

	for (size_t step = 1; step < 90; step++) {
		struct pieces p = {.step = step,
			.text = MN_STR("\xef\xbb\xbfone\r\n\ntwo \xe2\x82\xac\n"
				       "long enough to be cut off here\n\r\nlast")};
		mn_source source = source_of(&p);
		mn_lines l;
		mn_line line;
		bool more;

		assert_int_equal(mn_lines_open(&l, call, &source, 21), MN_OK);
		for (size_t i = 0; i < 6; i++) {
			assert_int_equal(mn_lines_next(&l, call, &line, &more), MN_OK);
			assert_true(more);
			assert_true(mn_str_is(line.text, want[i]));
			assert_int_equal(line.cut, cut[i]);
			assert_int_equal(l.lines, i + 1);
		}
		assert_int_equal(mn_lines_next(&l, call, &line, &more), MN_OK);
		assert_false(more);
		assert_int_equal(l.bytes, p.text.len);
		mn_lines_close(&l);
	}
}

static void an_endless_line_takes_no_more_memory_than_the_ceiling(void **state)
{
	mn_call *call = *state;
	struct pieces p = {.text = MN_STR("first\n"), .step = 6, .endless = 300u << 20};
	mn_source source = source_of(&p);
	mn_lines l;
	mn_line line;
	bool more;

	assert_int_equal(mn_lines_open(&l, call, &source, 1 << 20), MN_OK);
	assert_int_equal(mn_lines_next(&l, call, &line, &more), MN_OK);
	assert_int_equal(mn_lines_next(&l, call, &line, &more), MN_OK);
	assert_true(more && line.cut);
	assert_int_equal(line.text.len, 1 << 20);
	assert_true(p.endless > 290u << 20); /* nothing was read ahead to say so */
	assert_int_equal(mn_lines_next(&l, call, &line, &more), MN_OK);
	assert_false(more);
	assert_true(l.kept.cap <= 1 << 20);
	mn_lines_close(&l);
}

static void an_empty_source_has_no_line(void **state)
{
	struct pieces p = {.text = MN_STR(""), .step = 1};
	mn_source source = source_of(&p);
	mn_lines l;
	mn_line line;
	bool more = true;

	assert_int_equal(mn_lines_open(&l, *state, &source, 100), MN_OK);
	assert_int_equal(mn_lines_next(&l, *state, &line, &more), MN_OK);
	assert_false(more);
	assert_int_equal(mn_lines_next(&l, *state, &line, &more), MN_OK);
	assert_false(more);
	mn_lines_close(&l);
}

static void what_the_source_fails_with_is_passed_on(void **state)
{
	struct pieces p = {.text = MN_STR("abcdef"), .step = 3, .status = MN_EIO};
	mn_source source = source_of(&p);
	mn_lines l;
	mn_line line;
	bool more;

	assert_int_equal(mn_lines_open(&l, *state, &source, 100), MN_OK);
	assert_int_equal(mn_lines_next(&l, *state, &line, &more), MN_EIO);
	mn_lines_close(&l);
}

static void a_cancelled_call_reads_no_further(void **state)
{
	mn_call *call = *state;
	struct pieces p = {.text = MN_STR("abcdef"), .step = 1, .token = mn_token_new()};
	mn_source source = source_of(&p);
	mn_lines l;
	mn_line line;
	bool more;

	call->token = p.token;
	assert_int_equal(mn_lines_open(&l, call, &source, 100), MN_OK);
	assert_int_equal(mn_lines_next(&l, call, &line, &more), MN_ECANCELLED);
	assert_int_equal(p.asked, 2);
	mn_lines_close(&l);
	call->token = NULL;
	mn_token_free(p.token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_the_same_however_the_bytes_arrive),
		cmocka_unit_test(an_endless_line_takes_no_more_memory_than_the_ceiling),
		cmocka_unit_test(an_empty_source_has_no_line),
		cmocka_unit_test(what_the_source_fails_with_is_passed_on),
		cmocka_unit_test(a_cancelled_call_reads_no_further),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
