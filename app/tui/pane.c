/* SPDX-License-Identifier: MIT */
#include "tui/pane.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/str.h"
#include "tui/text.h"

#define MOST_COLUMNS 1000
#define MOST_MARKS 3 /* combining marks on one character; more would only be an attack */
#define REPLACEMENT 0xFFFD

/* Characters on their way to curses: at most `width` columns, cut behind `fit` if more come. */
struct run {
	const mn_theme *theme;
	wchar_t text[MOST_COLUMNS * 2];
	int n, columns, width, marks;
	int fit, fit_columns; /* what would leave room for an ellipsis */
	bool cut;
};

static wchar_t shown_as(const mn_theme *t, wchar_t c)
{
	if (c < 0x80)
		return c;
	if (t->narrow)
		return mn_glyph_narrow(c);
	c = t->ascii ? mn_glyph_ascii(c) : c;
	return mn_glyph_width(c) < 0 ? REPLACEMENT : c;
}

static void run_add(struct run *r, wchar_t c)
{
	int w;

	c = shown_as(r->theme, c);
	w = mn_glyph_width(c);
	if (w == 0) {
		if (r->n > 0 && r->marks++ < MOST_MARKS && r->n + 2 < MOST_COLUMNS * 2)
			r->text[r->n++] = c;
		return;
	}
	if (r->columns + w > r->width || r->n + 2 >= MOST_COLUMNS * 2) {
		r->cut = true;
		return;
	}
	r->text[r->n++] = c;
	r->columns += w;
	r->marks = 0;
	if (r->columns <= r->width - 1) {
		r->fit = r->n;
		r->fit_columns = r->columns;
	}
}

static void run_read(struct run *r, const char *plain, size_t len)
{
	size_t at = 0;

	while (at < len && !r->cut) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(
			(const utf8proc_uint8_t *)plain + at, (utf8proc_ssize_t)(len - at), &c);

		if (n <= 0)
			break;
		run_add(r, (wchar_t)c);
		at += (size_t)n;
	}
}

static void run_ellipsis(struct run *r)
{
	if (!r->cut || r->width <= 0)
		return;
	r->n = r->fit;
	r->columns = r->fit_columns + 1;
	r->text[r->n++] = shown_as(r->theme, 0x2026);
}

mn_pane mn_pane_of(WINDOW *win, const mn_theme *theme)
{
	mn_pane p = {.win = win, .theme = theme};

	getmaxyx(win, p.h, p.w);
	return p;
}

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

mn_pane mn_pane_sub(const mn_pane *p, int y, int x, int h, int w)
{
	mn_pane sub = *p;

	y = clamp(y, 0, p->h);
	x = clamp(x, 0, p->w);
	sub.y = p->y + y;
	sub.x = p->x + x;
	sub.h = clamp(h, 0, p->h - y);
	sub.w = clamp(w, 0, p->w - x);
	return sub;
}

bool mn_pane_has(const mn_pane *p, int *y, int *x)
{
	if (*y < p->y || *y >= p->y + p->h || *x < p->x || *x >= p->x + p->w)
		return false;
	*y -= p->y;
	*x -= p->x;
	return true;
}

void mn_pane_clear(const mn_pane *p)
{
	for (int y = 0; y < p->h; y++)
		mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT, " ");
}

int mn_pane_str(const mn_pane *p, int y, int x, int width, mn_style style, mn_str text)
{
	struct run r = {.theme = p->theme};
	char plain[4 * MOST_COLUMNS];
	size_t len;

	if (y < 0 || y >= p->h || x < 0 || x >= p->w || width <= 0)
		return x;
	r.width = clamp(width, 0, clamp(p->w - x, 0, MOST_COLUMNS));
	len = mn_text_plain(text, plain, sizeof(plain));
	run_read(&r, plain, len);
	run_ellipsis(&r);
	mn_theme_use(p->theme, p->win, style);
	mvwaddnwstr(p->win, p->y + y, p->x + x, r.text, r.n);
	return x + r.columns;
}

int mn_pane_text(const mn_pane *p, int y, int x, mn_style style, const char *text)
{
	return mn_pane_str(p, y, x, p->w - x, style, mn_str_of(text));
}

/* vsnprintf that never ends in half a character. */
static void format(char *out, size_t room, const char *fmt, va_list args)
{
	int n = vsnprintf(out, room, fmt, args);
	size_t len = n < 0 ? 0 : strlen(out);

	if (n < 0 || (size_t)n < room)
		return;
	while (len > 0 && ((unsigned char)out[len - 1] & 0xC0) == 0x80)
		len--;
	out[len ? len - 1 : 0] = '\0';
}

int mn_pane_printf(const mn_pane *p, int y, int x, mn_style style, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	return mn_pane_text(p, y, x, style, text);
}

int mn_pane_right(const mn_pane *p, int y, int end, mn_style style, const char *fmt, ...)
{
	char text[512];
	va_list args;
	int x;

	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	x = clamp(end - mn_text_width(mn_str_of(text)), 0, p->w);
	mn_pane_str(p, y, x, end - x, style, mn_str_of(text));
	return x;
}

static wchar_t glyph_of(const mn_theme *t, const char *glyph)
{
	utf8proc_int32_t c = ' ';

	utf8proc_iterate((const utf8proc_uint8_t *)glyph, -1, &c);
	return shown_as(t, (wchar_t)c);
}

static void put(const mn_pane *p, int y, int x, wchar_t c)
{
	if (y >= 0 && y < p->h && x >= 0 && x < p->w)
		mvwaddnwstr(p->win, p->y + y, p->x + x, &c, 1);
}

void mn_pane_fill(const mn_pane *p, int y, int x, int n, mn_style style, const char *glyph)
{
	wchar_t c = glyph_of(p->theme, glyph);

	mn_theme_use(p->theme, p->win, style);
	for (int i = 0; i < n; i++)
		put(p, y, x + i, c);
}

void mn_pane_drop(const mn_pane *p, int y, int x, int n, mn_style style, const char *glyph)
{
	wchar_t c = glyph_of(p->theme, glyph);

	mn_theme_use(p->theme, p->win, style);
	for (int i = 0; i < n; i++)
		put(p, y + i, x, c);
}

mn_pane mn_pane_frame(const mn_pane *p, const char *title, bool live)
{
	mn_style style = live ? MN_ROLE_FRAME_LIVE : MN_ROLE_FRAME;
	int right = p->w - 1, low = p->h - 1;

	if (p->w < 2 || p->h < 2)
		return mn_pane_sub(p, 0, 0, 0, 0);
	mn_pane_fill(p, 0, 1, right - 1, style, "─");
	mn_pane_fill(p, low, 1, right - 1, style, "─");
	mn_pane_drop(p, 1, 0, low - 1, style, "│");
	mn_pane_drop(p, 1, right, low - 1, style, "│");
	mn_pane_fill(p, 0, 0, 1, style, "╭");
	mn_pane_fill(p, 0, right, 1, style, "╮");
	mn_pane_fill(p, low, 0, 1, style, "╰");
	mn_pane_fill(p, low, right, 1, style, "╯");
	if (title && *title) {
		int x = mn_pane_str(p, 0, 2, right - 4, style, MN_STR(" "));

		x = mn_pane_str(p, 0, x, right - 2 - x, live ? style | MN_STRONG : MN_ROLE_TITLE,
			mn_str_of(title));
		mn_pane_str(p, 0, x, right - x, style, MN_STR(" "));
	}
	return mn_pane_sub(p, 1, 1, p->h - 2, p->w - 2);
}

void mn_pane_caption(const mn_pane *p, bool bottom, mn_style style, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	mn_pane_right(p, bottom ? p->h - 1 : 0, p->w - 2, style, " %s ", text);
}

int mn_pane_wrap(const mn_pane *p, int y, int skip, mn_style style, mn_str text)
{
	size_t at = 0;

	while (at < text.len && y < p->h) {
		mn_str line = mn_text_line(text, p->w, &at);

		if (skip-- > 0)
			continue;
		mn_pane_str(p, y++, 0, p->w, style, line);
	}
	return y;
}
