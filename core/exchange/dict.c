/* SPDX-License-Identifier: MIT */
/*
 * dict.c - reads a dictionary of the dictd(8) format from its text (`zcat NAME.dict.dz`), one
 * memory an entry. The index is not needed: in the text that dictfmt(1) writes, an entry begins
 * with its headword at the left margin, behind an empty line and before an indented or empty one.
 *
 * The headword is the memory's title and the first line of its text. Paragraphs are unwrapped;
 * what is indented deeper than the entry keeps its lines. {Braces} are links and stay in the
 * text, joined where a line's end had cut them. The id is "NAME:HEADWORD", NAME from the line
 * behind "00-database-short" ("The Jargon File (version 4.4.7)": "jargon-file"), with "#2" where
 * a headword comes a second time.
 */
#include <ctype.h>
#include <string.h>

#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "exchange/intake.h"

#define HEADWORDS_MOST ((size_t)8 << 20)
#define HEADWORD_MOST 1000
#define MARGIN 4 /* columns an entry is indented by */

struct dict {
	char name[64];      /* of the dictionary: what ids begin with */
	bool begun;         /* the first line was seen */
	bool after_empty;   /* the line before was empty */
	bool about;         /* within an entry that describes the dictionary */
	bool name_next;     /* the next line is the dictionary's title */
	bool broken;        /* a line of the entry was bad */
	bool ragged;        /* the paragraph has a line that is indented deeper than the entry */
	uint64_t head_line; /* where the entry begins; 0: before the first */
	uint64_t held_line; /* where the held line stands; 0: none is held */
	mn_buf held;        /* a line at the left margin, until the one behind says what it is */
	mn_buf head, text, paragraph; /* of the entry; lines of a paragraph end in a newline */
	mn_idmap seen;                /* hash of a headword -> how often it came */
};

static bool empty(mn_str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!isspace((unsigned char)line.ptr[i]))
			return false;
	return true;
}

static size_t indent(mn_str line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == ' ')
		n++;
	return n;
}

static bool ends(mn_str s, const char *tail)
{
	size_t n = strlen(tail);

	return s.len >= n && memcmp(s.ptr + s.len - n, tail, n) == 0;
}

/* Wrapping put a line's end behind what opens and before what closes; none belongs there. */
static bool joins(mn_str before, mn_str after)
{
	return ends(before, "{") || ends(before, "(") || ends(before, "[")
	       || ends(before, "\xe2\x80\x9c") || mn_str_starts(after, "}")
	       || mn_str_starts(after, ")") || mn_str_starts(after, "]")
	       || mn_str_starts(after, "\xe2\x80\x9d");
}

/* The lines of the paragraph, each without its end, to the entry's text. */
static void end_paragraph(struct dict *d)
{
	mn_str rest = mn_buf_view(&d->paragraph);
	bool first = true;

	if (rest.len && d->text.len)
		mn_buf_text(&d->text, "\n\n");
	while (rest.len) {
		const char *newline = memchr(rest.ptr, '\n', rest.len);
		size_t n = (size_t)(newline - rest.ptr), margin = indent(rest);
		mn_str line = mn_str_sub(rest, 0, n);

		margin = d->ragged && margin > MARGIN ? MARGIN : margin;
		line = mn_str_sub(line, margin, SIZE_MAX);
		if (!first && d->ragged)
			mn_buf_char(&d->text, '\n');
		else if (!first && !joins(mn_buf_view(&d->text), line))
			mn_buf_char(&d->text, ' ');
		mn_buf_str(&d->text, line);
		rest = mn_str_sub(rest, n + 1, SIZE_MAX);
		first = false;
	}
	d->text.failed |= d->paragraph.failed;
	d->text.full |= d->paragraph.full;
	mn_buf_clear(&d->paragraph);
	d->ragged = false;
}

static void add_line(struct dict *d, mn_str line)
{
	while (line.len && isspace((unsigned char)line.ptr[line.len - 1]))
		line.len--;
	d->ragged |= indent(line) > MARGIN;
	mn_buf_str(&d->paragraph, line);
	mn_buf_char(&d->paragraph, '\n');
}

/* A lone capital behind an entry is the heading of the section that the next headword begins. */
static void drop_section(mn_buf *text, mn_str next)
{
	mn_str s = mn_buf_view(text);

	if (s.len >= 3 && memcmp(s.ptr + s.len - 3, "\n\n", 2) == 0 && next.len
		&& isupper((unsigned char)s.ptr[s.len - 1])
		&& toupper((unsigned char)*next.ptr) == s.ptr[s.len - 1])
		text->len -= 3;
}

static int remember(mn_intake *in, struct dict *d)
{
	mn_note note = MN_SIZED(mn_note);
	mn_str head = mn_buf_view(&d->head);
	uint64_t hash = mn_hash(head) | 1, *count = mn_idmap_get(&d->seen, hash);
	uint64_t nth = count ? *count + 1 : 1;
	mn_buf id = MN_BUF(HEADWORD_MOST + 128), text = MN_BUF(MN_INTAKE_TEXT);
	int status;

	mn_buf_printf(&id, "%s:", *d->name ? d->name : "dict");
	mn_buf_str(&id, head);
	if (nth > 1)
		mn_buf_printf(&id, "#%llu", (unsigned long long)nth);
	mn_buf_str(&text, head);
	mn_buf_char(&text, '\n');
	mn_buf_str(&text, mn_buf_view(&d->text));
	note.id = mn_buf_view(&id);
	note.title = head;
	note.text = mn_buf_view(&text);
	if (!mn_buf_ok(&id) || !mn_buf_ok(&text) || d->seen.n >= HEADWORDS_MOST
		|| mn_idmap_put(&d->seen, hash, nth) != MN_OK)
		status = mn_fail_memory(in->call);
	else
		status = mn_intake_note(in, &note);
	mn_buf_free(&id);
	mn_buf_free(&text);
	return status;
}

static int end_entry(mn_intake *in, struct dict *d, mn_str next)
{
	int status = MN_OK;

	end_paragraph(d);
	drop_section(&d->text, next);
	if (d->head_line && !d->about && !d->broken) {
		if (!mn_buf_ok(&d->text))
			status = mn_intake_overflow(
				in, &d->text, d->head_line, "the entry is longer than 1 MiB");
		else if (d->head.len > HEADWORD_MOST)
			status = mn_intake_bad(in, d->head_line,
				"the headword is longer than %d bytes", HEADWORD_MOST);
		else
			status = remember(in, d);
	}
	mn_buf_clear(&d->text);
	d->broken = d->ragged = false;
	return status;
}

/* "00-database-short" and the like tell about the dictionary; nothing need be empty around them. */
static bool is_about(mn_str line)
{
	return mn_str_starts(line, "00-database") || mn_str_starts(line, "00database");
}

static int begin_entry(mn_intake *in, struct dict *d)
{
	mn_str head = mn_buf_view(&d->held);
	int status = end_entry(in, d, head);

	d->head_line = d->held_line;
	d->held_line = 0;
	d->about = is_about(head);
	d->name_next = d->about && ends(head, "short");
	mn_buf_clear(&d->head);
	mn_buf_str(&d->head, head);
	return status == MN_OK && !mn_buf_ok(&d->head) ? mn_fail_memory(in->call) : status;
}

/* "The Jargon File (version 4.4.7)" names its entries "jargon-file:...". */
static void take_name(struct dict *d, mn_str title)
{
	size_t n = 0;

	title = mn_str_sub(title, indent(title), SIZE_MAX);
	if (mn_str_starts(title, "The "))
		title = mn_str_sub(title, 4, SIZE_MAX);
	for (size_t i = 0; i < title.len && title.ptr[i] != '(' && n < sizeof(d->name) - 1; i++) {
		char c = title.ptr[i];

		if (isalnum((unsigned char)c))
			d->name[n++] = (char)tolower((unsigned char)c);
		else if (n && d->name[n - 1] != '-')
			d->name[n++] = '-';
	}
	while (n && d->name[n - 1] == '-')
		n--;
	d->name[n] = '\0';
	d->name_next = false;
}

static void begin(struct dict *d)
{
	d->held = MN_BUF(MN_LINE_MOST);
	d->head = MN_BUF(MN_LINE_MOST);
	d->text = MN_BUF(MN_INTAKE_TEXT - HEADWORD_MOST - 1);
	d->paragraph = MN_BUF(MN_INTAKE_TEXT);
	d->begun = d->after_empty = true;
}

/* Keeps a line that may be a headword until the next one shows. */
static int hold(mn_intake *in, struct dict *d, mn_str text)
{
	mn_buf_clear(&d->held);
	mn_buf_str(&d->held, text);
	d->held_line = in->lines.lines;
	return mn_buf_ok(&d->held) ? MN_OK : mn_fail_memory(in->call);
}

static int line(mn_intake *in, void *state, mn_str text, bool broken)
{
	struct dict *d = state;
	bool margin = text.len && !isspace((unsigned char)*text.ptr), was_empty;
	int status = MN_OK;

	if (!d->begun)
		begin(d);
	was_empty = d->after_empty;
	d->after_empty = !broken && empty(text);
	if (d->held_line && margin && !is_about(mn_buf_view(&d->held))) {
		/* two in a row at the margin are not a headword */
		add_line(d, mn_buf_view(&d->held));
		d->held_line = 0;
	} else if (d->held_line) {
		status = begin_entry(in, d);
	}
	d->broken |= broken;
	if (d->name_next && !d->after_empty)
		take_name(d, text);
	if (status == MN_OK && margin && (was_empty || is_about(text))) {
		status = hold(in, d, text);
	} else if (d->after_empty) {
		end_paragraph(d);
	} else {
		add_line(d, text);
	}
	return status;
}

static int end(mn_intake *in, void *state)
{
	struct dict *d = state;
	int status = d->held_line ? begin_entry(in, d) : MN_OK;

	if (status == MN_OK)
		status = end_entry(in, d, (mn_str){NULL, 0});
	if (status == MN_OK && !d->head_line && d->begun)
		status = mn_intake_bad(in, 1, "no entry: this is not the text of a dictionary");
	return status;
}

static void done(void *state)
{
	struct dict *d = state;

	mn_buf_free(&d->held);
	mn_buf_free(&d->head);
	mn_buf_free(&d->text);
	mn_buf_free(&d->paragraph);
	mn_idmap_free(&d->seen);
}

const mn_reader mn_reader_dict = {
	.size = sizeof(struct dict), .line = line, .end = end, .done = done};
