/* SPDX-License-Identifier: MIT */
/* Text from outside on its way to a stream: plain, and as wide as it says. */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "emit.h"

enum { ROOM = 1 << 16 };

struct sheet { /* a printer onto a file, and what came of it */
	mn_printer pr;
	FILE *file;
	char text[ROOM];
};

static int sheet_open(void **state)
{
	struct sheet *s = calloc(1, sizeof(*s));
	mn_error err = MN_SIZED(mn_error);

	s->file = tmpfile();
	assert_non_null(s->file);
	assert_int_equal(mn_printer_open(&s->pr, fileno(s->file), true, &err), MN_OK);
	*state = s;
	return 0;
}

static int sheet_close(void **state)
{
	struct sheet *s = *state;

	mn_printer_close(&s->pr);
	fclose(s->file);
	free(s);
	return 0;
}

/* What was printed since the last time. */
static const char *taken(struct sheet *s)
{
	ssize_t n;

	assert_int_equal(mn_printer_flush(&s->pr), 0);
	n = pread(fileno(s->file), s->text, ROOM - 1, 0);
	assert_true(n >= 0);
	s->text[n] = '\0';
	assert_int_equal(ftruncate(fileno(s->file), 0), 0);
	assert_true(lseek(fileno(s->file), 0, SEEK_SET) == 0);
	return s->text;
}

static void cut(struct sheet *s, const char *text, int columns, const char *shown, int width)
{
	assert_int_equal(mn_print_cut(&s->pr, mn_str_of(text), columns), width);
	assert_string_equal(taken(s), shown);
}

static void text_is_cut_by_columns_not_by_bytes(void **state)
{
	struct sheet *s = *state;

	cut(s, "neuron", 6, "neuron", 6);
	cut(s, "neurons", 6, "neuro\xe2\x80\xa6", 6);
	cut(s, "", 6, "", 0);
	/* two columns a character */
	cut(s, "\xe7\x8c\xab\xe7\x8a\xac", 4, "\xe7\x8c\xab\xe7\x8a\xac", 4);
	cut(s, "\xe7\x8c\xab\xe7\x8a\xac\xe9\xb3\xa5", 5, "\xe7\x8c\xab\xe7\x8a\xac\xe2\x80\xa6",
		5);
	cut(s, "\xe7\x8c\xab\xe7\x8a\xac\xe9\xb3\xa5", 4, "\xe7\x8c\xab\xe2\x80\xa6", 3);
	/* an accent of its own takes no column */
	cut(s, "e\xcc\x81t\xc3\xa9", 3, "e\xcc\x81t\xc3\xa9", 3);
}

static void a_cell_is_exactly_as_wide_as_it_says(void **state)
{
	struct sheet *s = *state;

	mn_print_cell(&s->pr, MN_STR("ab"), 5);
	assert_string_equal(taken(s), "ab   ");
	mn_print_cell(&s->pr, MN_STR("\xe7\x8c\xab\xe7\x8a\xac\xe9\xb3\xa5"), 4);
	assert_string_equal(taken(s), "\xe7\x8c\xab\xe2\x80\xa6 ");
}

static void a_thousand_accents_do_not_make_a_cell_endless(void **state)
{
	struct sheet *s = *state;
	char text[8192] = "e";

	for (size_t i = 1; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xcc\x81", 3);
	mn_print_cut(&s->pr, mn_str_of(text), 10);
	assert_true(strlen(taken(s)) < 2100);
}

static void long_text_is_printed_whole_without_a_split_character(void **state)
{
	struct sheet *s = *state;
	char text[9002];

	for (size_t shift = 0; shift < 3; shift++) {
		size_t n = 0;

		while (n < shift)
			text[n++] = 'a';
		while (n + 3 <= 9000) {
			memcpy(text + n, "\xe7\x8c\xab", 3);
			n += 3;
		}
		text[n] = '\0';
		mn_print_text(&s->pr, (mn_str){text, n});
		assert_string_equal(taken(s), text);
	}
}

static void broken_text_is_shown_byte_by_byte(void **state)
{
	struct sheet *s = *state;

	mn_print_text(&s->pr, MN_STR("a\xff\xe7\x8c\x1b[1m\xc2\x9b\x7f\n\t."));
	assert_string_equal(taken(s), "a\\xff\\xe7\\x8c\\x1b[1m\\x9b\\x7f  .");
}

/* xorshift: the same bytes in every run. */
static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Pieces that break terminals, among noise. */
static size_t random_text(uint64_t *x, char *out, size_t room)
{
	static const char *const pieces[] = {"\x1b[31m", "\x1b]0;t\x07", "\xc2\x9b", "\xe2\x80\xae",
		"\xf3\xa0\x81\x81", "\xef\xbb\xbf", "\xe2\x81\xa6", "\xc2\xad", "\xed\xa0\x80",
		"\xc0\x80", "a", "\xc3\xa9", "\xe7\x8c\xab", "\xf0\x9f\xa7\xa0", "\r\n", "\x7f",
		"\xef\xbf\xbf", "\xd8\x9c"};
	size_t n = 0;

	while (n + 8 < room) {
		uint64_t r = next_random(x);

		if (r & 1) {
			out[n++] = (char)(r >> 8);
		} else {
			const char *p = pieces[(r >> 8) % (sizeof(pieces) / sizeof(*pieces))];

			memcpy(out + n, p, strlen(p));
			n += strlen(p);
		}
	}
	return n;
}

static void assert_shows_nothing_raw(const char *text)
{
	mn_str s = mn_str_of(text);

	assert_true(mn_text_valid(s));
	while (s.len) { /* a second time through the sanitiser nothing changes */
		char plain[4096];
		size_t n = s.len < 256 ? s.len : 256;

		while (n < s.len && (s.ptr[n] & 0xC0) == 0x80)
			n++;
		assert_int_equal(mn_text_plain((mn_str){s.ptr, n}, plain, sizeof(plain)), n);
		assert_memory_equal(plain, s.ptr, n);
		s = mn_str_sub(s, n, SIZE_MAX);
	}
}

static void whatever_goes_in_nothing_raw_comes_out(void **state)
{
	struct sheet *s = *state;
	size_t rounds = getenv("MN_FULL") ? 50000 : 500;
	uint64_t seed = 88172645463325252u;
	char text[2000];

	for (size_t i = 0; i < rounds; i++) {
		mn_str in = {text, random_text(&seed, text, sizeof(text))};

		mn_print_text(&s->pr, in);
		assert_shows_nothing_raw(taken(s));
		mn_print_cut(&s->pr, in, (int)(seed % 200));
		assert_shows_nothing_raw(taken(s));
		mn_print_json(&s->pr, in);
		assert_shows_nothing_raw(taken(s));
	}
}

static void every_kind_of_hidden_character_is_escaped_in_json(void **state)
{
	struct sheet *s = *state;

	mn_print_json(&s->pr,
		MN_STR("\x01\n\t\"\\/\x7f\xc2\x85\xe2\x80\x8b\xe2\x81\xa6\xf3\xa0\x80\xa0"));
	assert_string_equal(
		taken(s), "\"\\u0001\\n\\t\\\"\\\\/\\u007f\\u0085\\u200b\\u2066\\udb40\\udc20\"");
	mn_print_json(&s->pr, MN_STR("a\xff\xe7\x8c"));
	assert_string_equal(taken(s), "\"a\\ufffd\\ufffd\\ufffd\"");
	mn_print_json(&s->pr, MN_STR(""));
	assert_string_equal(taken(s), "\"\"");
}

static void documents_put_their_own_commas(void **state)
{
	struct sheet *s = *state;

	mn_emit_open(&s->pr, NULL, '{');
	mn_emit_text(&s->pr, "a", MN_STR("x"));
	mn_emit_open(&s->pr, "b", '[');
	mn_emit_open(&s->pr, NULL, '{');
	mn_emit_close(&s->pr, '}');
	mn_emit_number(&s->pr, NULL, 0.1);
	mn_emit_close(&s->pr, ']');
	mn_emit_time(&s->pr, "t", 0);
	mn_emit_json(&s->pr, "j", MN_STR("{\"k\": [1, 2.5, null, \"\xe2\x80\xae\"]}"));
	mn_emit_json(&s->pr, "bad", MN_STR("{"));
	mn_emit_bool(&s->pr, "c", true);
	mn_emit_close(&s->pr, '}');
	mn_emit_end(&s->pr);
	mn_emit_count(&s->pr, NULL, 7);
	mn_emit_end(&s->pr);
	assert_string_equal(taken(s),
		"{\"a\":\"x\",\"b\":[{},0.1],\"t\":null,\"j\":{\"k\":[1,2.5,null,\"\\u202e\"]},"
		"\"bad\":null,\"c\":true}\n7\n");
}

static void bars_are_as_long_as_their_share(void **state)
{
	struct sheet *s = *state;

	mn_print_bar(&s->pr, 0, 4);
	assert_string_equal(taken(s), "    ");
	mn_print_bar(&s->pr, 1, 4);
	assert_string_equal(taken(s), "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88");
	mn_print_bar(&s->pr, 0.375, 4);
	assert_string_equal(taken(s), "\xe2\x96\x88\xe2\x96\x8c  ");
	mn_print_bar(&s->pr, 7, 2);
	assert_string_equal(taken(s), "\xe2\x96\x88\xe2\x96\x88");
	s->pr.ascii = true;
	mn_print_bar(&s->pr, 0.375, 4);
	assert_string_equal(taken(s), "##  ");
}

static void a_write_that_failed_is_remembered(void **state)
{
	mn_printer pr;
	mn_error err = MN_SIZED(mn_error);
	int closed = dup(STDOUT_FILENO);

	(void)state;
	close(closed);
	assert_int_equal(mn_printer_open(&pr, closed, false, &err), MN_OK);
	fputs("x", pr.to);
	assert_int_equal(mn_printer_flush(&pr), EBADF);
	fputs("y", pr.to);
	assert_int_equal(mn_printer_flush(&pr), EBADF);
	mn_printer_close(&pr);
}

static void figures_read_like_figures(void **state)
{
	char out[32], things[64];

	(void)state;
	assert_string_equal(mn_format_count(0, out), "0");
	assert_string_equal(mn_format_count(999, out), "999");
	assert_string_equal(mn_format_count(1234567, out), "1,234,567");
	assert_string_equal(mn_format_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
	assert_string_equal(mn_format_things(1, "memory", things), "1 memory");
	assert_string_equal(mn_format_things(0, "memory", things), "0 memories");
	assert_string_equal(mn_format_things(1234, "new neuron", things), "1,234 new neurons");
	assert_string_equal(mn_format_bytes(999, out), "999 B");
	assert_string_equal(mn_format_bytes(1000, out), "1.0 kB");
	assert_string_equal(mn_format_bytes(999949, out), "1.0 MB");
	assert_string_equal(mn_format_bytes(UINT64_MAX, out), "18 EB");
	assert_string_equal(mn_format_span(412, out), "0.41 ms");
	assert_string_equal(mn_format_span(59900000, out), "59.9 s");
	assert_string_equal(mn_format_span(61000000, out), "1 min 01 s");
	assert_string_equal(mn_format_span(UINT64_C(7260000000), out), "2 h 01 min");
	assert_string_equal(mn_format_time(0, out), "-");
}

#define CLAIM(f) cmocka_unit_test_setup_teardown(f, sheet_open, sheet_close)

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(text_is_cut_by_columns_not_by_bytes),
		CLAIM(a_cell_is_exactly_as_wide_as_it_says),
		CLAIM(a_thousand_accents_do_not_make_a_cell_endless),
		CLAIM(long_text_is_printed_whole_without_a_split_character),
		CLAIM(broken_text_is_shown_byte_by_byte),
		CLAIM(whatever_goes_in_nothing_raw_comes_out),
		CLAIM(every_kind_of_hidden_character_is_escaped_in_json),
		CLAIM(documents_put_their_own_commas),
		CLAIM(bars_are_as_long_as_their_share),
		cmocka_unit_test(a_write_that_failed_is_remembered),
		cmocka_unit_test(figures_read_like_figures),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests_name("printer", claims, NULL, NULL);
}
