/* SPDX-License-Identifier: MIT */
/*
 * markdown.c - reads Markdown (after CommonMark 0.30, as far as blocks go): every block is a
 * memory, its title the heading it stands under, with links to the headings above that one.
 *
 * A block is a paragraph (also a quotation or a table), a fenced piece of code, or a list. A list
 * longer than LIST_WHOLE bytes falls apart into its top-level items, each with what is nested in
 * it. A paragraph that ends in a colon stays with the list or code that it leads up to. The
 * heading is the first line of the memory's text. A heading with nothing under it, not even
 * another heading, is a memory as well. Front matter between two lines of "---" is a block.
 */
#include <ctype.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/intake.h"

#define LIST_WHOLE 600
#define LEVELS 6
#define HEADING_MOST 1000
#define ITEMS_MOST 100000

enum kind { NOTHING, PARAGRAPH, CODE, LIST };

struct markdown {
	mn_buf heading[LEVELS]; /* empty: none at that level */
	int level;              /* of the innermost heading, 1 to LEVELS; 0: none yet */
	bool alone;             /* nothing came under it so far */
	uint64_t heading_line;
	enum kind kind;
	mn_buf block;
	uint64_t from; /* the line the block begins at */
	size_t lead;   /* so many bytes of it lead up to its list or code */
	size_t *items; /* where the list's top-level items begin */
	size_t nitems, cap;
	size_t item_indent; /* of the first item */
	bool gap;           /* an empty line came since */
	bool broken;        /* a line of the block was bad */
	char fence;         /* within fenced code: its character, '-' for front matter; else 0 */
	size_t fence_length;
};

static size_t indent(mn_str s)
{
	size_t columns = 0;

	for (size_t i = 0; i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t'); i++)
		columns += s.ptr[i] == '\t' ? 4 - columns % 4 : 1;
	return columns;
}

static mn_str trim(mn_str s)
{
	while (s.len && isspace((unsigned char)*s.ptr))
		s = mn_str_sub(s, 1, SIZE_MAX);
	while (s.len && isspace((unsigned char)s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static size_t run_of(mn_str s, char c)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] == c)
		n++;
	return n;
}

/* ---- From blocks to memories -------------------------------------------------------------- */

static int emit(mn_intake *in, struct markdown *m, mn_str block)
{
	mn_note note = MN_SIZED(mn_note);
	mn_buf text = MN_BUF(MN_INTAKE_TEXT);
	mn_str links[LEVELS];
	int status = MN_OK;

	block = trim(block);
	for (int i = 0; i + 1 < m->level; i++)
		if (m->heading[i].len)
			links[note.links.n++] = mn_buf_view(&m->heading[i]);
	note.links.at = links;
	if (m->level) {
		note.title = mn_buf_view(&m->heading[m->level - 1]);
		mn_buf_str(&text, note.title);
	}
	if (note.title.len && block.len)
		mn_buf_char(&text, '\n');
	mn_buf_str(&text, block);
	note.text = mn_buf_view(&text);
	if (!mn_buf_ok(&text))
		status = mn_intake_overflow(in, &text, m->from, "the block is longer than 1 MiB");
	else if (note.text.len)
		status = mn_intake_note(in, &note);
	mn_buf_free(&text);
	m->alone = false;
	return status;
}

/* A list in pieces: what leads up to it, then its items. */
static int emit_items(mn_intake *in, struct markdown *m)
{
	mn_str block = mn_buf_view(&m->block), lead = mn_str_sub(block, 0, m->lead);
	int status = trim(lead).len ? emit(in, m, lead) : MN_OK;

	for (size_t i = 0; i < m->nitems && status == MN_OK; i++) {
		size_t to = i + 1 < m->nitems ? m->items[i + 1] : block.len;

		status = emit(in, m, mn_str_sub(block, m->items[i], to - m->items[i]));
	}
	return status;
}

static int end_block(mn_intake *in, struct markdown *m)
{
	int status = MN_OK;

	if (m->kind != NOTHING && !m->broken) {
		if (!mn_buf_ok(&m->block))
			status = mn_intake_overflow(
				in, &m->block, m->from, "the block is longer than 1 MiB");
		else if (m->kind == LIST && m->block.len > LIST_WHOLE)
			status = emit_items(in, m);
		else
			status = emit(in, m, mn_buf_view(&m->block));
	}
	mn_buf_clear(&m->block);
	m->kind = NOTHING;
	m->lead = m->nitems = 0;
	m->gap = m->broken = false;
	m->fence = 0;
	return status;
}

static void add_line(mn_intake *in, struct markdown *m, mn_str line)
{
	if (m->kind == NOTHING)
		m->from = in->lines.lines;
	else
		mn_buf_text(&m->block, m->gap ? "\n\n" : "\n");
	mn_buf_str(&m->block, line);
	m->gap = false;
}

/* Does the block so far lead up to what comes? A paragraph does if it ends in a colon. */
static bool leads(const struct markdown *m)
{
	mn_str s = trim(mn_buf_view(&m->block));

	return m->kind == PARAGRAPH && s.len && s.ptr[s.len - 1] == ':';
}

/* Begins a block of a kind, unless the one before leads up to it. */
static int begin_block(mn_intake *in, struct markdown *m)
{
	if (!leads(m))
		return end_block(in, m);
	m->lead = m->block.len;
	return MN_OK;
}

/* ---- Lines -------------------------------------------------------------------------------- */

/* "## Title ##": its level, and the title without marks; 0: not a heading. */
static int heading_at(mn_str line, mn_str *title)
{
	mn_str s = trim(line);
	size_t level = run_of(s, '#');

	if (indent(line) > 3 || level < 1 || level > LEVELS
		|| (s.len > level && !isspace((unsigned char)s.ptr[level])))
		return 0;
	s = trim(mn_str_sub(s, level, SIZE_MAX));
	while (s.len && s.ptr[s.len - 1] == '#')
		s.len--;
	*title = trim(s);
	return (int)level;
}

static int begin_section(mn_intake *in, struct markdown *m, int level, mn_str title)
{
	int status = end_block(in, m);

	if (status == MN_OK && m->alone && level <= m->level) {
		m->from = m->heading_line;
		status = emit(in, m, (mn_str){NULL, 0});
	}
	for (int i = level - 1; i < LEVELS; i++)
		mn_buf_clear(&m->heading[i]);
	mn_buf_str(&m->heading[level - 1], mn_str_sub(title, 0, HEADING_MOST));
	m->level = level;
	m->alone = title.len > 0;
	m->heading_line = in->lines.lines;
	if (status == MN_OK && !mn_buf_ok(&m->heading[level - 1]))
		status = mn_fail_memory(in->call);
	if (status == MN_OK && title.len > HEADING_MOST)
		status = mn_intake_bad(
			in, in->lines.lines, "the heading is longer than %d bytes", HEADING_MOST);
	return status;
}

/* "===" or "---" under a paragraph of one line makes it a heading. */
static int underline_level(const struct markdown *m, mn_str line)
{
	mn_str s = trim(line);

	if (m->kind != PARAGRAPH || m->gap || m->lead || s.len == 0 || indent(line) > 3
		|| m->block.len == 0 || memchr(m->block.ptr, '\n', m->block.len))
		return 0;
	return run_of(s, '=') == s.len ? 1 : run_of(s, '-') == s.len ? 2 : 0;
}

/* "***", "- - -": a break between sections. */
static bool is_break(mn_str line)
{
	mn_str s = trim(line);
	size_t marks = 0;

	if (s.len == 0 || !strchr("*-_", *s.ptr) || indent(line) > 3)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == *s.ptr)
			marks++;
		else if (!isspace((unsigned char)s.ptr[i]))
			return false;
	}
	return marks >= 3;
}

static bool is_item(mn_str line)
{
	mn_str s = trim(line);
	size_t digits = 0;

	if (s.len && strchr("-*+", *s.ptr))
		return s.len == 1 || isspace((unsigned char)s.ptr[1]);
	while (digits < s.len && isdigit((unsigned char)s.ptr[digits]))
		digits++;
	return digits > 0 && digits < 10 && digits < s.len
	       && (s.ptr[digits] == '.' || s.ptr[digits] == ')')
	       && (s.len == digits + 1 || isspace((unsigned char)s.ptr[digits + 1]));
}

static int add_item(mn_intake *in, struct markdown *m, mn_str line)
{
	void *grown = m->items;
	bool first = m->kind != LIST;
	int status = first ? begin_block(in, m) : MN_OK;

	if (status != MN_OK)
		return status;
	if (first)
		m->item_indent = indent(line);
	add_line(in, m, line);
	m->kind = LIST;
	if (!first && indent(line) > m->item_indent + 1)
		return MN_OK;
	if (m->nitems == ITEMS_MOST)
		return mn_intake_bad(in, in->lines.lines, "the list is too long");
	if (mn_grow(&grown, &m->cap, m->nitems + 1, sizeof(*m->items), ITEMS_MOST) != MN_OK)
		return mn_fail_memory(in->call);
	m->items = grown;
	m->items[m->nitems++] = m->block.len - line.len;
	return MN_OK;
}

/* Three or more of ` or ~: opens a piece of code. */
static size_t fence_at(mn_str line, char *c)
{
	mn_str s = trim(line);
	size_t n = s.len ? run_of(s, *s.ptr) : 0;

	if (n < 3 || (*s.ptr != '`' && *s.ptr != '~'))
		return 0;
	if (*s.ptr == '`' && memchr(s.ptr + n, '`', s.len - n))
		return 0; /* code within a line */
	*c = *s.ptr;
	return n;
}

static int open_fence(mn_intake *in, struct markdown *m, mn_str line, char c, size_t length)
{
	bool nested = m->kind == LIST && indent(line) > m->item_indent;
	int status = nested ? MN_OK : begin_block(in, m);

	add_line(in, m, line);
	m->kind = nested ? LIST : CODE;
	m->fence = c;
	m->fence_length = length;
	return status;
}

static bool closes(const struct markdown *m, mn_str line)
{
	mn_str s = trim(line);
	size_t n = run_of(s, m->fence);

	if (m->fence == '-')
		return mn_str_is(s, "---") || mn_str_is(s, "...") || s.len == 0;
	return n >= m->fence_length && n == s.len;
}

static int code_line(mn_intake *in, struct markdown *m, mn_str line)
{
	add_line(in, m, line);
	if (!closes(m, line))
		return MN_OK;
	m->fence = 0;
	return m->kind == CODE ? end_block(in, m) : MN_OK;
}

static int plain_line(mn_intake *in, struct markdown *m, mn_str line)
{
	int status = MN_OK;

	/* Behind an empty line only what is indented still belongs to a list. */
	if (m->gap && !(m->kind == LIST && indent(line) > m->item_indent))
		status = end_block(in, m);
	add_line(in, m, line);
	if (m->kind == NOTHING)
		m->kind = PARAGRAPH;
	return status;
}

static int empty_line(mn_intake *in, struct markdown *m)
{
	if (m->kind == LIST || leads(m)) {
		m->gap = true;
		return MN_OK;
	}
	return end_block(in, m);
}

static int take_line(mn_intake *in, struct markdown *m, mn_str line)
{
	mn_str title;
	char fence;
	size_t length;
	int level;

	if (m->fence)
		return code_line(in, m, line);
	if (in->lines.lines == 1 && mn_str_is(trim(line), "---"))
		return open_fence(in, m, line, '-', 3);
	if (trim(line).len == 0)
		return empty_line(in, m);
	if ((length = fence_at(line, &fence)))
		return open_fence(in, m, line, fence, length);
	if ((level = heading_at(line, &title)))
		return begin_section(in, m, level, title);
	if ((level = underline_level(m, line))) {
		char room[HEADING_MOST + 1];
		mn_str block = trim(mn_buf_view(&m->block));

		title = (mn_str){room, block.len < sizeof(room) ? block.len : sizeof(room)};
		memcpy(room, block.ptr, title.len);
		m->kind = NOTHING;
		return begin_section(in, m, level, title);
	}
	if (is_break(line))
		return end_block(in, m);
	if (is_item(line) && (m->kind != PARAGRAPH || m->gap || leads(m) || indent(line) < 4))
		return add_item(in, m, line);
	return plain_line(in, m, line);
}

static int line(mn_intake *in, void *state, mn_str text, bool broken)
{
	struct markdown *m = state;

	m->block.max = MN_INTAKE_TEXT;
	for (int i = 0; i < LEVELS; i++)
		m->heading[i].max = HEADING_MOST;
	if (!broken)
		return take_line(in, m, text);
	if (m->kind == NOTHING)
		m->kind = PARAGRAPH;
	m->broken = true;
	return MN_OK;
}

static int end(mn_intake *in, void *state)
{
	struct markdown *m = state;
	int status = end_block(in, m);

	if (status == MN_OK && m->alone) {
		m->from = m->heading_line;
		status = emit(in, m, (mn_str){NULL, 0});
	}
	return status;
}

static void done(void *state)
{
	struct markdown *m = state;

	for (int i = 0; i < LEVELS; i++)
		mn_buf_free(&m->heading[i]);
	mn_buf_free(&m->block);
	mn_free(m->items);
}

const mn_reader mn_reader_markdown = {
	.size = sizeof(struct markdown), .line = line, .end = end, .done = done};
