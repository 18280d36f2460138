/* SPDX-License-Identifier: MIT */
/*
 * dump.c - the screen as curses has it, written to a file: what tests compare, and what a person
 * can paste. A line per row, blanks at its end left out; with looks a second part follows, a line
 * "ROW COLUMN LENGTH [b][d][r][u] [FOREGROUND[/BACKGROUND]]" for every stretch that is not plain.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "place.h"
#include "tui/desk.h"

enum { DUMP_MOST = 8 << 20 };

static void add_cell(mn_buf *b, const wchar_t *text)
{
	char bytes[MB_LEN_MAX * CCHARW_MAX];
	mbstate_t state = {0};

	for (; *text; text++) {
		size_t n = wcrtomb(bytes, *text, &state);

		mn_buf_add(b, n == (size_t)-1 ? "?" : bytes, n == (size_t)-1 ? 1 : n);
	}
}

/* One row; cells that only continue a wide character are passed over. */
static void add_row(mn_buf *b, int y)
{
	size_t end = b->len;

	for (int x = 0; x < COLS;) {
		wchar_t text[CCHARW_MAX + 1] = {0};
		cchar_t cell;
		attr_t attr;
		short pair;
		int width;

		if (mvwin_wch(curscr, y, x, &cell) == ERR
			|| getcchar(&cell, text, &attr, &pair, NULL) == ERR)
			text[0] = L' ';
		add_cell(b, text);
		if (text[0] != L' ')
			end = b->len;
		width = wcwidth(text[0]);
		x += width > 1 ? width : 1;
	}
	if (end < b->len)
		b->len = end;
	mn_buf_char(b, '\n');
}

struct look {
	attr_t attr;
	short pair;
};

static struct look look_at(int y, int x)
{
	wchar_t text[CCHARW_MAX + 1];
	struct look l = {0};
	cchar_t cell;

	if (mvwin_wch(curscr, y, x, &cell) == OK)
		getcchar(&cell, text, &l.attr, &l.pair, NULL);
	l.attr &= A_BOLD | A_DIM | A_REVERSE | A_UNDERLINE;
	return l;
}

static void add_look(mn_buf *b, int y, int x, int n, struct look l)
{
	short fg = -1, bg = -1;

	if (l.attr == 0 && l.pair == 0)
		return;
	mn_buf_printf(b, "%d %d %d ", y, x, n);
	mn_buf_text(b, l.attr & A_BOLD ? "b" : "");
	mn_buf_text(b, l.attr & A_DIM ? "d" : "");
	mn_buf_text(b, l.attr & A_REVERSE ? "r" : "");
	mn_buf_text(b, l.attr & A_UNDERLINE ? "u" : "");
	if (l.pair && pair_content(l.pair, &fg, &bg) == OK)
		mn_buf_printf(b, bg >= 0 ? " %d/%d" : " %d", fg, bg);
	mn_buf_char(b, '\n');
}

static void add_looks(mn_buf *b)
{
	for (int y = 0; y < LINES; y++) {
		struct look before = look_at(y, 0);
		int from = 0;

		for (int x = 1; x <= COLS; x++) {
			struct look l = x < COLS ? look_at(y, x) : before;

			if (x < COLS && l.attr == before.attr && l.pair == before.pair)
				continue;
			add_look(b, y, from, x - from, before);
			before = l;
			from = x;
		}
	}
}

/* Whole or not at all: a reader that waits for the file never sees half of it. */
static int write_file(const char *path, mn_str text, mn_error *err)
{
	mn_arena *arena = mn_arena_new(1 << 16);
	mn_place place;
	int code = arena ? mn_place_open(&place, arena, path, true, err)
			 : mn_error_set(err, MN_ENOMEM, 0, "out of memory");

	if (code == MN_OK) {
		code = mn_place_write(&place, text.ptr, text.len, err);
		if (code == MN_OK)
			code = mn_place_keep(&place, err);
		else
			mn_place_drop(&place);
	}
	mn_arena_free(arena);
	return code;
}

int mn_tui_dump(mn_tui *t, const char *path, bool looks, mn_error *err)
{
	mn_buf b = MN_BUF(DUMP_MOST);
	int code;

	(void)t;
	for (int y = 0; y < LINES; y++)
		add_row(&b, y);
	if (looks) {
		mn_buf_text(&b, "\n");
		add_looks(&b);
	}
	code = mn_buf_ok(&b) ? write_file(path, mn_buf_view(&b), err)
			     : mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	mn_buf_free(&b);
	return code;
}
