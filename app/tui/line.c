/* SPDX-License-Identifier: MIT */
#include "tui/line.h"

#include <string.h>
#include <utf8proc.h>

#include "base/memory.h"
#include "base/str.h"
#include "tui/text.h"

void mn_history_add(mn_history *h, mn_str text)
{
	char *copy;

	if (text.len == 0 || (h->n && mn_str_is(text, h->at[h->n - 1])))
		return;
	copy = mn_alloc(text.len + 1);
	if (!copy)
		return; /* an entry less in the history */
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (h->n == MN_HISTORY_MOST) {
		mn_free(h->at[0]);
		memmove(h->at, h->at + 1, --h->n * sizeof(*h->at));
	}
	h->at[h->n++] = copy;
}

void mn_history_free(mn_history *h)
{
	for (size_t i = 0; i < h->n; i++)
		mn_free(h->at[i]);
	h->n = 0;
}

void mn_line_set(mn_line *l, mn_str text)
{
	size_t n = text.len < MN_LINE_MOST ? text.len : MN_LINE_MOST;

	while (n > 0 && n < text.len && ((unsigned char)text.ptr[n] & 0xC0) == 0x80)
		n--;
	if (n)
		memmove(l->text, text.ptr, n);
	l->text[n] = '\0';
	l->len = l->at = n;
	l->back = 0;
}

mn_str mn_line_get(const mn_line *l)
{
	return (mn_str){l->text, l->len};
}

/* Byte positions of the character before and behind `at`; combining marks stay with theirs. */
static size_t before(const mn_line *l, size_t at)
{
	while (at > 0) {
		utf8proc_int32_t c = 0;

		at--;
		if (((unsigned char)l->text[at] & 0xC0) == 0x80)
			continue;
		utf8proc_iterate((const utf8proc_uint8_t *)l->text + at,
			(utf8proc_ssize_t)(l->len - at), &c);
		if (utf8proc_charwidth(c) > 0)
			break;
	}
	return at;
}

static size_t behind(const mn_line *l, size_t at)
{
	size_t next = at;

	while (next < l->len && (next == at || before(l, next + 1) == at))
		next++;
	return next;
}

static size_t word_before(const mn_line *l, size_t at)
{
	while (at > 0 && l->text[at - 1] == ' ')
		at--;
	while (at > 0 && l->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_behind(const mn_line *l, size_t at)
{
	while (at < l->len && l->text[at] == ' ')
		at++;
	while (at < l->len && l->text[at] != ' ')
		at++;
	return at;
}

/* Takes out [from, to); the cursor goes there. */
static int cut(mn_line *l, size_t from, size_t to)
{
	if (from == to)
		return MN_LINE_MOVED;
	memmove(l->text + from, l->text + to, l->len - to + 1);
	l->len -= to - from;
	l->at = from;
	return MN_LINE_CHANGED;
}

static int type(mn_line *l, mn_stroke s)
{
	utf8proc_uint8_t bytes[4];
	size_t n = (size_t)utf8proc_encode_char((utf8proc_int32_t)s, bytes);

	if (n == 0 || l->len + n > MN_LINE_MOST)
		return MN_LINE_MOVED;
	memmove(l->text + l->at + n, l->text + l->at, l->len - l->at + 1);
	memcpy(l->text + l->at, bytes, n);
	l->len += n;
	l->at += n;
	return MN_LINE_CHANGED;
}

static int recall(mn_line *l, size_t back)
{
	const mn_history *h = l->history;

	if (!h || back > h->n)
		return MN_LINE_MOVED;
	mn_line_set(l, back ? mn_str_of(h->at[h->n - back]) : MN_STR(""));
	l->back = back;
	return MN_LINE_CHANGED;
}

static int go(mn_line *l, size_t to)
{
	l->at = to;
	return MN_LINE_MOVED;
}

static int edit_key(mn_line *l, mn_stroke s)
{
	switch (s) {
	case MN_STROKE_BACKSPACE:
	case MN_STROKE_CTRL('h'):
	case KEY_BACKSPACE | MN_STROKE_CODE: return cut(l, before(l, l->at), l->at);
	case MN_STROKE_CTRL('d'):
	case KEY_DC | MN_STROKE_CODE: return cut(l, l->at, behind(l, l->at));
	case MN_STROKE_CTRL('w'):
	case MN_STROKE_BACKSPACE | MN_STROKE_ALT: return cut(l, word_before(l, l->at), l->at);
	case MN_STROKE_CTRL('u'): return cut(l, 0, l->at);
	case MN_STROKE_CTRL('k'): return cut(l, l->at, l->len);
	default: return MN_LINE_PASSED;
	}
}

int mn_line_key(mn_line *l, mn_stroke s)
{
	switch (s) {
	case MN_STROKE_CTRL('b'):
	case KEY_LEFT | MN_STROKE_CODE: return go(l, before(l, l->at));
	case MN_STROKE_CTRL('f'):
	case KEY_RIGHT | MN_STROKE_CODE: return go(l, behind(l, l->at));
	case 'b' | MN_STROKE_ALT:
	case KEY_SLEFT | MN_STROKE_CODE: return go(l, word_before(l, l->at));
	case 'f' | MN_STROKE_ALT:
	case KEY_SRIGHT | MN_STROKE_CODE: return go(l, word_behind(l, l->at));
	case MN_STROKE_CTRL('a'):
	case KEY_HOME | MN_STROKE_CODE: return go(l, 0);
	case MN_STROKE_CTRL('e'):
	case KEY_END | MN_STROKE_CODE: return go(l, l->len);
	case MN_STROKE_CTRL('p'): return recall(l, l->back + 1);
	case MN_STROKE_CTRL('n'): return l->back ? recall(l, l->back - 1) : MN_LINE_MOVED;
	case KEY_UP | MN_STROKE_CODE: return l->history ? recall(l, l->back + 1) : MN_LINE_PASSED;
	case KEY_DOWN | MN_STROKE_CODE:
		return l->history && l->back ? recall(l, l->back - 1) : MN_LINE_PASSED;
	default: break;
	}
	return mn_stroke_types(s) ? type(l, s) : edit_key(l, s);
}

void mn_line_draw(
	mn_line *l, const mn_pane *p, int y, int x, int width, bool live, const char *hint)
{
	int cursor = mn_text_width((mn_str){l->text, l->at});
	mn_pane box = mn_pane_sub(p, y, x, 1, width);
	size_t from = 0;

	if (cursor - l->scroll >= width)
		l->scroll = cursor - width + 1;
	if (cursor < l->scroll)
		l->scroll = cursor;
	while (from < l->len && mn_text_width((mn_str){l->text, from}) < l->scroll)
		from = behind(l, from);
	mn_pane_fill(&box, 0, 0, width, MN_ROLE_INPUT, " ");
	if (l->len == 0 && hint)
		mn_pane_text(&box, 0, live ? 1 : 0, MN_ROLE_DIM, hint);
	mn_pane_str(&box, 0, 0, width, MN_ROLE_INPUT, (mn_str){l->text + from, l->len - from});
	if (live)
		mvwchgat(box.win, box.y, box.x + cursor - l->scroll, 1, A_REVERSE, 0, NULL);
}

void mn_line_click(mn_line *l, int x)
{
	size_t at = 0;

	while (at < l->len && mn_text_width((mn_str){l->text, at}) < x + l->scroll)
		at = behind(l, at);
	l->at = at;
}
