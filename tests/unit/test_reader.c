/* SPDX-License-Identifier: MIT */
/*
 * What the readers of an import make of their lines. mn_brain_remember is wrapped by the linker:
 * it writes down what it is given, so that readers are seen without an encoder or a store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/iso.h"
#include "base/str.h"
#include "store/brain.h"

/* ---- The world: a source from memory, a brain that writes down ---------------------------- */

struct world {
	mn_call call;
	mn_engine *engine;
	mn_store store;
	mn_brain brain;
	mn_import_options options;
	mn_import_report report;
	mn_buf seen; /* what was remembered */
	mn_buf bad;  /* what was bad */
	mn_str text;
	size_t at, step;
	size_t calls;    /* of mn_brain_remember */
	mn_token *token; /* cancelled with the second batch */
};

static struct world *world;

static int read_text(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	struct world *w = ctx;
	mn_str part = mn_str_sub(w->text, w->at, w->step < room ? w->step : room);

	(void)call;
	if (part.len)
		memcpy(out, part.ptr, part.len);
	w->at += part.len;
	*n = part.len;
	return MN_OK;
}

static void show(mn_buf *b, const char *name, mn_str value)
{
	if (value.len == 0)
		return;
	mn_buf_printf(b, " %s=", name);
	mn_buf_json(b, value);
}

static void show_list(mn_buf *b, const char *name, mn_strs list)
{
	for (size_t i = 0; i < list.n; i++)
		show(b, name, list.at[i]);
}

int __wrap_mn_brain_remember(
	mn_brain *brain, mn_call *call, const mn_note *notes, size_t n, mn_remembered *out);

int __wrap_mn_brain_remember(
	mn_brain *brain, mn_call *call, const mn_note *notes, size_t n, mn_remembered *out)
{
	struct world *w = world;
	mn_buf *b = &w->seen;

	assert_ptr_equal(brain, &w->brain);
	assert_ptr_not_equal(call->arena, w->call.arena);
	assert_ptr_equal(call->err, w->call.err);
	w->calls++;
	for (size_t i = 0; i < n; i++) {
		char when[MN_ISO_ROOM];
		mn_str time = {when, notes[i].has_time ? mn_iso_write(notes[i].time, when) : 0};

		mn_buf_text(b, "note");
		show(b, "id", notes[i].id);
		show(b, "text", notes[i].text);
		show(b, "title", notes[i].title);
		show(b, "speaker", notes[i].speaker);
		show(b, "session", notes[i].session);
		show(b, "time", time);
		show_list(b, "tag", notes[i].tags);
		show_list(b, "link", notes[i].links);
		show(b, "meta", notes[i].meta);
		mn_buf_char(b, '\n');
	}
	if (w->token && w->calls == 2)
		mn_token_cancel(w->token);
	out->added = n;
	return MN_OK;
}

/* No format here asks for it. */
int __wrap_mn_brain_encode(mn_brain *brain, mn_call *call, mn_ids anchors);

int __wrap_mn_brain_encode(mn_brain *brain, mn_call *call, mn_ids anchors)
{
	(void)brain;
	(void)call;
	(void)anchors;
	fail();
	return MN_OK;
}

static void take_bad(void *ctx, uint64_t line, const char *why)
{
	struct world *w = ctx;

	mn_buf_printf(&w->bad, "%llu: %s\n", (unsigned long long)line, why);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	mn_error err = MN_SIZED(mn_error);

	if (!w || mn_engine_new(NULL, &err, &w->engine) != MN_OK
		|| mn_call_init(&w->call, w->engine, 0) != MN_OK)
		return -1;
	w->store.engine = w->engine;
	w->brain.store = &w->store;
	w->seen = w->bad = MN_BUF(64 << 20);
	w->options = MN_SIZED(mn_import_options);
	w->options.bad = take_bad;
	w->options.bad_ctx = w;
	w->step = 7;
	*state = world = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	mn_buf_free(&w->seen);
	mn_buf_free(&w->bad);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	free(w);
	return 0;
}

static int import(struct world *w, int format, mn_str text)
{
	mn_source source = {.ctx = w, .read = read_text, .name = MN_STR("file")};

	mn_buf_clear(&w->seen);
	mn_buf_clear(&w->bad);
	w->text = text;
	w->at = w->calls = 0;
	w->options.format = format;
	return mn_import(&w->brain, &w->call, &w->options, &source, &w->report);
}

static const char *text_of(mn_buf *b)
{
	mn_buf_char(b, '\0');
	b->len--;
	return b->ptr;
}

static void expect(struct world *w, int format, const char *text, const char *seen)
{
	if (import(w, format, mn_str_of(text)) != MN_OK)
		fail_msg("%s", w->call.err->text);
	assert_string_equal(text_of(&w->seen), seen);
}

/* ---- JSON Lines --------------------------------------------------------------------------- */

static void every_field_of_a_line_reaches_the_memory(void **state)
{
	expect(*state, MN_FORMAT_JSONL,
		"{\"id\":\"D1:3\",\"text\":\"Hi\",\"timestamp\":\"2023-05-08T15:56:00+02:00\","
		"\"speaker\":\"Ann\",\"session\":4,\"title\":\"T\",\"tags\":[\"a\",\"\",\"b\"],"
		"\"links\":[\"L\"],\"meta\":{\"m\":1.0},\"seq\":[0.1]}\n",
		"note id=\"D1:3\" text=\"Hi\" title=\"T\" speaker=\"Ann\" session=\"4\" "
		"time=\"2023-05-08T13:56:00Z\" tag=\"a\" tag=\"b\" link=\"L\" "
		"meta=\"{\\\"m\\\":1.0,\\\"seq\\\":[0.1]}\"\n");
}

static void nothing_but_text_is_needed(void **state)
{
	expect(*state, MN_FORMAT_JSONL,
		"{\"text\":\"a\"}\n\n  \n"
		"{\"text\":\"b\",\"session\":0,\"timestamp\":\"\",\"speaker\":null,\"id\":7}\n"
		"{\"text\":\"c\",\"session\":\"0\",\"timestamp\":null,\"meta\":{},\"tags\":null}",
		"note text=\"a\"\nnote id=\"7\" text=\"b\"\nnote text=\"c\"\n");
}

static void a_conversation_is_kept_unless_it_picks_the_lines(void **state)
{
	static const char lines[] = "{\"text\":\"a\",\"conversation\":\"x\"}\n"
				    "{\"text\":\"b\",\"conversation\":2}\n{\"text\":\"c\"}\n";
	struct world *w = *state;

	expect(w, MN_FORMAT_JSONL, lines,
		"note text=\"a\" meta=\"{\\\"conversation\\\":\\\"x\\\"}\"\n"
		"note text=\"b\" meta=\"{\\\"conversation\\\":2}\"\nnote text=\"c\"\n");
	w->options.conversation = MN_STR("2");
	expect(w, MN_FORMAT_JSONL, lines, "note text=\"b\"\n");
}

static const char *const bad_lines[] = {"nonsense", "{\"text\":\"a\"", "[\"text\"]", "12",
	"\"text\"", "{}", "{\"text\":null}", "{\"text\":\"\"}", "{\"text\":\" \\n\\t\"}",
	"{\"text\":5}", "{\"text\":\"a\",\"id\":1.5}", "{\"text\":\"a\",\"id\":true}",
	"{\"text\":\"a\",\"timestamp\":\"yesterday\"}", "{\"text\":\"a\",\"timestamp\":1683554160}",
	"{\"text\":\"a\",\"session\":[1]}", "{\"text\":\"a\",\"session\":1.5}",
	"{\"text\":\"a\",\"speaker\":1}", "{\"text\":\"a\",\"tags\":\"x\"}",
	"{\"text\":\"a\",\"tags\":[1]}", "{\"text\":\"a\",\"meta\":[]}",
	"{\"text\":\"a\",\"text\":\"b\"}", "{\"text\":\"a\",\"seq\":1,\"meta\":{\"seq\":2}}",
	"{\"text\":\"a\\u0000b\"}", "{\"text\":\"\\ud800\"}", "{\"text\":\"\\udc00\\ud800\"}",
	"{\"text\":\"a\xff\"}", "{\"text\":\"\xed\xa0\x80\"}", "{\"text\":\"a\",\"n\":1e999}",
	"{\"text\":\"a\",\"n\":123456789012345678901234567890}", "{\"text\":\"a\"} trailing",
	"\x1b[2J\x1b]0;title\x07"};

static void a_bad_line_ends_the_import_and_says_where(void **state)
{
	struct world *w = *state;
	char text[300], start[40];

	w->options.keep_going = false;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(*bad_lines); i++) {
		snprintf(text, sizeof(text), "{\"text\":\"good\"}\n%s\n{\"text\":\"next\"}\n",
			bad_lines[i]);
		assert_int_equal(import(w, MN_FORMAT_JSONL, mn_str_of(text)), MN_EINVAL);
		snprintf(start, sizeof(start), "file:2: ");
		assert_memory_equal(w->call.err->text, start, strlen(start));
		assert_null(strchr(w->call.err->text, '\x1b'));
		assert_int_equal(w->report.bad, 1);
		assert_int_equal(w->report.added, 0); /* its batch is not stored */
		assert_int_equal(w->calls, 0);
	}
}

static void bad_lines_are_counted_and_passed_over_if_one_says_so(void **state)
{
	struct world *w = *state;
	const size_t n = sizeof(bad_lines) / sizeof(*bad_lines);
	mn_buf text = MN_BUF(1 << 20);
	char line[16];

	w->options.keep_going = true;
	for (size_t i = 0; i < n; i++)
		mn_buf_printf(&text, "{\"text\":\"good\"}\n%s\n", bad_lines[i]);
	assert_int_equal(import(w, MN_FORMAT_JSONL, mn_buf_view(&text)), MN_OK);
	assert_int_equal(w->report.bad, n);
	assert_int_equal(w->report.added, n);
	assert_int_equal(w->report.lines, 2 * n);
	for (size_t i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "%zu: ", 2 * i + 2);
		assert_non_null(strstr(text_of(&w->bad), line));
	}
	assert_null(strchr(text_of(&w->bad), '\x1b'));
	mn_buf_free(&text);
}

static void a_file_of_nothing_but_bad_lines_gives_no_memory_and_no_error(void **state)
{
	static const int formats[] = {MN_FORMAT_JSONL, MN_FORMAT_TEXT, MN_FORMAT_MARKDOWN};
	struct world *w = *state;

	w->options.keep_going = true;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(import(w, formats[i], MN_STR("\xff\n\xfe\n\xfd")), MN_OK);
		assert_int_equal(w->report.bad, 3);
		assert_int_equal(w->report.lines, 3);
		assert_int_equal(w->report.added, 0);
		assert_int_equal(w->calls, 0);
	}
}

static void what_is_not_text_is_repaired_if_one_says_so(void **state)
{
	struct world *w = *state;
	static const char lines[] = "{\"text\":\"a\xff\xe2\x82z\"}\n"
				    "{\"text\":\"b\0c\"}\n"
				    "{\"text\":\"\\u0000\\ud800\\u0041\\\\ud800\"}\n"
				    "{\"text\":\"\\ud83d\\ude00\\udc00\"}\n";

	w->options.lossy = true;
	assert_int_equal(import(w, MN_FORMAT_JSONL, (mn_str){lines, sizeof(lines) - 1}), MN_OK);
	assert_string_equal(text_of(&w->seen),
		"note text=\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"\n"
		"note text=\"b\xef\xbf\xbd"
		"c\"\n"
		"note text=\"\xef\xbf\xbd\xef\xbf\xbd"
		"A\\\\ud800\"\n"
		"note text=\"\xf0\x9f\x98\x80\xef\xbf\xbd\"\n");
}

static void nesting_without_end_is_a_bad_line(void **state)
{
	struct world *w = *state;
	mn_buf text = MN_BUF(4 << 20);

	mn_buf_text(&text, "{\"text\":\"a\",\"x\":");
	for (int i = 0; i < 1000000; i++)
		mn_buf_char(&text, '[');
	assert_int_equal(import(w, MN_FORMAT_JSONL, mn_buf_view(&text)), MN_EINVAL);
	assert_non_null(strstr(w->call.err->text, "levels deep"));
	mn_buf_free(&text);
}

static void a_memory_of_more_than_a_mebibyte_is_a_bad_line(void **state)
{
	struct world *w = *state;
	mn_buf text = MN_BUF(4 << 20);

	mn_buf_text(&text, "{\"text\":\"");
	for (int i = 0; i < 1 << 20; i++)
		mn_buf_char(&text, 'x');
	mn_buf_text(&text, "\"}");
	w->step = 100000;
	assert_int_equal(import(w, MN_FORMAT_JSONL, mn_buf_view(&text)), MN_OK);
	text.len -= 2;
	mn_buf_text(&text, "x\"}");
	assert_int_equal(import(w, MN_FORMAT_JSONL, mn_buf_view(&text)), MN_EINVAL);
	assert_string_equal(w->call.err->text, "file:1: text must be text, at most 1 MiB");
	mn_buf_free(&text);
}

static void batches_have_the_size_that_was_asked(void **state)
{
	struct world *w = *state;

	w->options.batch = 2;
	expect(w, MN_FORMAT_JSONL, "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n",
		"note text=\"a\"\nnote text=\"b\"\nnote text=\"c\"\n");
	assert_int_equal(w->calls, 2);
}

static int keep_count(void *ctx, mn_brain *brain, mn_call *call, const mn_note *notes, size_t n,
	mn_remembered *out)
{
	(void)brain, (void)call;
	assert_true(notes[0].text.len > 0);
	*(size_t *)ctx += n;
	out->unchanged = n;
	return MN_OK;
}

static void batches_go_to_whoever_wants_to_store_them(void **state)
{
	struct world *w = *state;
	size_t kept = 0;

	w->options.batch = 2;
	w->options.keep = keep_count;
	w->options.keep_ctx = &kept;
	assert_int_equal(import(w, MN_FORMAT_JSONL,
				 MN_STR("{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n")),
		MN_OK);
	assert_int_equal(kept, 3);
	assert_int_equal(w->calls, 0);
	assert_int_equal(w->report.unchanged, 3);
}

static void a_cancelled_import_stores_whole_batches_only(void **state)
{
	struct world *w = *state;

	w->options.batch = 2;
	w->call.token = w->token = mn_token_new();
	assert_int_equal(import(w, MN_FORMAT_JSONL,
				 MN_STR("{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n"
					"{\"text\":\"d\"}\n{\"text\":\"e\"}\n{\"text\":\"f\"}\n")),
		MN_ECANCELLED);
	assert_int_equal(w->calls, 2);
	assert_int_equal(w->report.added, 4);
	mn_token_free(w->token);
}

static unsigned long allowed;

static void *failing(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	if (allowed == 0)
		return NULL;
	allowed--;
	return realloc(ptr, size);
}

static void want_of_memory_is_never_taken_for_a_bad_line(void **state)
{
	static const mn_memory scarce = {NULL, failing};
	static const struct {
		int format;
		const char *text;
	} cases[] = {
		{MN_FORMAT_JSONL, "{\"text\":\"a\",\"tags\":[\"t\"],\"x\":{\"y\":[1.5,null]}}\n"},
		{MN_FORMAT_TEXT, "one\ntwo\n\nthree\n"},
		{MN_FORMAT_MARKDOWN, "# A\n## B\ntext:\n- one\n- two\n\n```\ncode\n```\n"},
		{MN_FORMAT_DICT,
			"word\n\n    Text of {word}.\n\n      Ragged.\n\nnext\n\n    More.\n"},
	};
	struct world *w = *state;

	w->options.lossy = true;
	w->step = 1000;
	mn_memory_use(&scarce);
	for (size_t i = 0; i < 4; i++) {
		int status = MN_ENOMEM;

		for (unsigned long n = 0; status != MN_OK && n < 1000; n++) {
			mn_call_reset(&w->call);
			mn_buf_free(&w->seen);
			allowed = n;
			status = import(w, cases[i].format, mn_str_of(cases[i].text));
			if (status != MN_OK && status != MN_ENOMEM)
				fail_msg("allocation %lu: %s", n, w->call.err->text);
			assert_int_equal(w->report.bad, 0);
		}
		assert_int_equal(status, MN_OK);
	}
	allowed = ULONG_MAX;
	mn_memory_use(NULL);
}

static void an_empty_source_gives_nothing_and_no_error(void **state)
{
	static const int formats[] = {
		MN_FORMAT_JSONL, MN_FORMAT_TEXT, MN_FORMAT_MARKDOWN, MN_FORMAT_DICT};
	struct world *w = *state;

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(import(w, formats[i], MN_STR("")), MN_OK);
		assert_int_equal(w->report.lines, 0);
		assert_int_equal(w->calls, 0);
	}
}

static void binary_files_are_refused_at_their_first_line(void **state)
{
	static const int formats[] = {
		MN_FORMAT_JSONL, MN_FORMAT_TEXT, MN_FORMAT_MARKDOWN, MN_FORMAT_DICT};
	struct world *w = *state;

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(import(w, formats[i],
					 MN_STR("\x7f"
						"ELF\2\1\1\0\0\0\n\xff\xfe")),
			MN_EINVAL);
		assert_memory_equal(w->call.err->text, "file:1: not text", 16);
	}
}

/* ---- Text --------------------------------------------------------------------------------- */

static void every_paragraph_of_a_text_is_a_memory(void **state)
{
	expect(*state, MN_FORMAT_TEXT, "\n\none\r\ntwo\r\n\r\n \t\nthree\n\n",
		"note text=\"one\\ntwo\"\nnote text=\"three\"\n");
}

static void a_paragraph_with_a_bad_line_is_left_out_whole(void **state)
{
	struct world *w = *state;

	w->options.keep_going = true;
	expect(w, MN_FORMAT_TEXT, "one\n\ntwo\nbro\xffken\nthree\n\nfour\n",
		"note text=\"one\"\nnote text=\"four\"\n");
	assert_string_equal(text_of(&w->bad),
		"4: not text: a NUL or a byte that is not UTF-8 (--lossy repairs it)\n");
}

/* ---- Markdown ----------------------------------------------------------------------------- */

static void blocks_stand_under_their_heading_and_link_to_those_above(void **state)
{
	expect(*state, MN_FORMAT_MARKDOWN,
		"before\n# Book #\nintro\nmore\n\nsecond\n## Part\ntext [[link]]\n"
		"# Other\n\nend\n",
		"note text=\"before\"\n"
		"note text=\"Book\\nintro\\nmore\" title=\"Book\"\n"
		"note text=\"Book\\nsecond\" title=\"Book\"\n"
		"note text=\"Part\\ntext [[link]]\" title=\"Part\" link=\"Book\"\n"
		"note text=\"Other\\nend\" title=\"Other\"\n");
}

static void a_heading_with_nothing_under_it_is_a_memory(void **state)
{
	expect(*state, MN_FORMAT_MARKDOWN, "# A\n## B\n## C\n\n# D\n",
		"note text=\"B\" title=\"B\" link=\"A\"\n"
		"note text=\"C\" title=\"C\" link=\"A\"\n"
		"note text=\"D\" title=\"D\"\n");
}

static void underlined_headings_count_too(void **state)
{
	expect(*state, MN_FORMAT_MARKDOWN, "Title\n=====\ntext\n\nSub\n---\nmore\n\n---\nlast\n",
		"note text=\"Title\\ntext\" title=\"Title\"\n"
		"note text=\"Sub\\nmore\" title=\"Sub\" link=\"Title\"\n"
		"note text=\"Sub\\nlast\" title=\"Sub\" link=\"Title\"\n");
}

static void code_is_kept_as_it_stands(void **state)
{
	expect(*state, MN_FORMAT_MARKDOWN,
		"# H\nRun this:\n\n```sh\n# no heading\n\n- no item\n```\nafter\n\n~~~\n```\n~~~\n",
		"note text=\"H\\nRun this:\\n\\n```sh\\n# no heading\\n\\n- no item\\n```\" "
		"title=\"H\"\n"
		"note text=\"H\\nafter\" title=\"H\"\n"
		"note text=\"H\\n~~~\\n```\\n~~~\" title=\"H\"\n");
}

static void a_short_list_stays_whole_with_what_leads_up_to_it(void **state)
{
	expect(*state, MN_FORMAT_MARKDOWN,
		"Buy:\n\n- milk\n- eggs\n\n- bread\n  and more\n\nnot a list\n1. one\n2) two\n",
		"note text=\"Buy:\\n\\n- milk\\n- eggs\\n\\n- bread\\n  and more\"\n"
		"note text=\"not a list\"\n"
		"note text=\"1. one\\n2) two\"\n");
}

static void a_long_list_falls_apart_into_its_items(void **state)
{
	struct world *w = *state;
	mn_buf text = MN_BUF(1 << 20), want = MN_BUF(1 << 20);

	mn_buf_text(&text, "Long:\n");
	mn_buf_text(&want, "note text=\"Long:\"\n");
	for (int i = 0; i < 40; i++) {
		mn_buf_printf(&text, "* item number %d\n  - nested\n", i);
		mn_buf_printf(&want, "note text=\"* item number %d\\n  - nested\"\n", i);
	}
	assert_int_equal(import(w, MN_FORMAT_MARKDOWN, mn_buf_view(&text)), MN_OK);
	assert_string_equal(text_of(&w->seen), text_of(&want));
	mn_buf_free(&text);
	mn_buf_free(&want);
}

static void front_matter_is_a_block_and_an_open_fence_ends_with_the_file(void **state)
{
	expect(*state, MN_FORMAT_MARKDOWN, "---\ntitle: x\ntags: [a]\n---\ntext\n\n```\ncode\n",
		"note text=\"---\\ntitle: x\\ntags: [a]\\n---\"\n"
		"note text=\"text\"\nnote text=\"```\\ncode\"\n");
}

/* ---- Dictionaries ------------------------------------------------------------------------- */

static const char dictionary[] =
	"\n\n00-database-dictfmt-1.13.0\nhttp://example.org/\n00-database-short\n"
	"     The Small File (version 1)\nThe data is available from:\n     nowhere\n\n"
	"This notice stands at the margin, and\nso does this.\n\n"
	"bit bucket\n n.\n\n    Where {bits} go (see also {\n    null\n    device}). \n\n"
	"    Second paragraph, with\n      a table\n        in it.\n\n    F\n\n"
	"foo\n\n    First.\n\nfoo\n\n    Second.\n";

static void entries_of_a_dictionary_are_memories_with_their_headword(void **state)
{
	expect(*state, MN_FORMAT_DICT, dictionary,
		"note id=\"small-file:bit bucket\" text=\"bit bucket\\nn.\\n\\nWhere {bits} go (see "
		"also {null device}).\\n\\nSecond paragraph, with\\n  a table\\n    in it.\" "
		"title=\"bit bucket\"\n"
		"note id=\"small-file:foo\" text=\"foo\\nFirst.\" title=\"foo\"\n"
		"note id=\"small-file:foo#2\" text=\"foo\\nSecond.\" title=\"foo\"\n");
}

static void what_is_no_dictionary_is_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(
		import(w, MN_FORMAT_DICT, MN_STR("Just a text\nof two lines.\n")), MN_EINVAL);
	assert_string_equal(
		w->call.err->text, "file:1: no entry: this is not the text of a dictionary");
}

static void formats_that_only_leave_are_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(import(w, MN_FORMAT_DOT, MN_STR("")), MN_EINVAL);
	assert_int_equal(import(w, 77, MN_STR("")), MN_EINVAL);
}

#define CLAIM(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(every_field_of_a_line_reaches_the_memory),
		CLAIM(nothing_but_text_is_needed),
		CLAIM(a_conversation_is_kept_unless_it_picks_the_lines),
		CLAIM(a_bad_line_ends_the_import_and_says_where),
		CLAIM(bad_lines_are_counted_and_passed_over_if_one_says_so),
		CLAIM(a_file_of_nothing_but_bad_lines_gives_no_memory_and_no_error),
		CLAIM(what_is_not_text_is_repaired_if_one_says_so),
		CLAIM(nesting_without_end_is_a_bad_line),
		CLAIM(a_memory_of_more_than_a_mebibyte_is_a_bad_line),
		CLAIM(batches_have_the_size_that_was_asked),
		CLAIM(batches_go_to_whoever_wants_to_store_them),
		CLAIM(a_cancelled_import_stores_whole_batches_only),
		CLAIM(want_of_memory_is_never_taken_for_a_bad_line),
		CLAIM(an_empty_source_gives_nothing_and_no_error),
		CLAIM(binary_files_are_refused_at_their_first_line),
		CLAIM(every_paragraph_of_a_text_is_a_memory),
		CLAIM(a_paragraph_with_a_bad_line_is_left_out_whole),
		CLAIM(blocks_stand_under_their_heading_and_link_to_those_above),
		CLAIM(a_heading_with_nothing_under_it_is_a_memory),
		CLAIM(underlined_headings_count_too),
		CLAIM(code_is_kept_as_it_stands),
		CLAIM(a_short_list_stays_whole_with_what_leads_up_to_it),
		CLAIM(a_long_list_falls_apart_into_its_items),
		CLAIM(front_matter_is_a_block_and_an_open_fence_ends_with_the_file),
		CLAIM(entries_of_a_dictionary_are_memories_with_their_headword),
		CLAIM(what_is_no_dictionary_is_refused),
		CLAIM(formats_that_only_leave_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
