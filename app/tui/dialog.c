/* SPDX-License-Identifier: MIT */
/* dialog.c - small popups: a line to type, a question, a text to read, a list to choose from. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "tui/desk.h"
#include "tui/line.h"
#include "tui/list.h"
#include "tui/text.h"

enum {
	SUBJECT_MOST = 512,
	TEXT_MOST = 1 << 20,
	MENU_MOST = 500,
	MENU_LINE = 200,
	MENU_REST = 160,
	URL_ROOM = 8192
};

static bool leaves(mn_stroke s)
{
	return s == MN_STROKE_ESC || s == MN_STROKE_CTRL('c');
}

/* ---- A line to type ----------------------------------------------------------------------- */

struct prompt {
	mn_line line;
	const char *hint;
	void (*done)(mn_tui *, mn_str);
};

static void prompt_fit(mn_popup *popup, int rows, int columns, int *h, int *w)
{
	(void)popup;
	(void)rows;
	*h = 4;
	*w = columns * 3 / 4 < 72 ? columns * 3 / 4 : 72;
}

static void prompt_draw(mn_popup *popup, const mn_pane *inside)
{
	struct prompt *p = popup->state;
	char key[16];

	mn_line_draw(&p->line, inside, 0, 1, inside->w - 2, true, p->hint);
	mn_pane_printf(inside, 1, 1, MN_ROLE_DIM, "%s go on   esc leave",
		mn_keymap_key(&popup->tui->keymap, "enter", key, sizeof(key)));
}

static void prompt_key(mn_popup *popup, mn_stroke s)
{
	struct prompt *p = popup->state;

	if (leaves(s)) {
		mn_popup_close(popup);
	} else if (s == MN_STROKE_ENTER && p->line.len) {
		mn_popup_close(popup);
		p->done(popup->tui, mn_line_get(&p->line));
	} else {
		mn_line_key(&p->line, s);
	}
}

static const mn_popup_ops prompt_ops = {
	.size = sizeof(struct prompt), .fit = prompt_fit, .draw = prompt_draw, .key = prompt_key};

void mn_prompt_open(mn_tui *t, const char *title, const char *hint, mn_str start,
	void (*done)(mn_tui *, mn_str))
{
	mn_popup *popup = mn_popup_open(t, &prompt_ops);
	struct prompt *p;

	if (!popup)
		return;
	p = popup->state;
	popup->title = title;
	p->hint = hint;
	p->done = done;
	mn_line_set(&p->line, start);
}

/* ---- A question --------------------------------------------------------------------------- */

struct confirm {
	char question[512], typed[SUBJECT_MOST], subject[SUBJECT_MOST];
	mn_line line;
	bool wrong;
	void (*done)(mn_tui *, mn_str);
};

static void confirm_fit(mn_popup *popup, int rows, int columns, int *h, int *w)
{
	struct confirm *c = popup->state;
	int width = mn_text_width(mn_str_of(c->question)) + 6;

	(void)rows;
	*w = width < 44 ? 44 : width > columns - 4 ? columns - 4 : width;
	*h = 5 + width / (*w - 4) + (*c->typed ? 1 : 0);
}

static void confirm_draw(mn_popup *popup, const mn_pane *inside)
{
	struct confirm *c = popup->state;
	mn_pane text = mn_pane_sub(inside, 0, 1, inside->h, inside->w - 2);
	int y = mn_pane_wrap(&text, 0, 0, MN_ROLE_WARN, mn_str_of(c->question)) + 1;

	if (!*c->typed) {
		int x = mn_pane_text(&text, y, 0, MN_ROLE_KEY, "y") + 1;

		x = mn_pane_text(&text, y, x, MN_ROLE_DIM, "yes") + 3;
		x = mn_pane_text(&text, y, x, MN_ROLE_KEY, "n") + 1;
		mn_pane_text(&text, y, x, MN_ROLE_DIM, "no");
		return;
	}
	mn_line_draw(&c->line, &text, y, 0, text.w, true, "its name");
	mn_pane_text(&text, y + 1, 0, c->wrong ? MN_ROLE_BAD : MN_ROLE_DIM,
		c->wrong ? "that is not its name" : "type its name to go on   esc leave");
}

static void confirm_yes(mn_popup *popup)
{
	struct confirm *c = popup->state;

	if (*c->typed && !mn_str_is(mn_line_get(&c->line), c->typed)) {
		c->wrong = true;
		return;
	}
	mn_popup_close(popup);
	c->done(popup->tui, mn_str_of(c->subject));
}

static void confirm_key(mn_popup *popup, mn_stroke s)
{
	struct confirm *c = popup->state;

	if (leaves(s) || (!*c->typed && (s == 'n' || s == 'N'))) {
		mn_popup_close(popup);
	} else if (*c->typed ? s == MN_STROKE_ENTER : s == 'y' || s == 'Y') {
		confirm_yes(popup);
	} else if (*c->typed) {
		mn_line_key(&c->line, s);
		c->wrong = false;
	}
}

static const mn_popup_ops confirm_ops = {
	.title = "Sure?",
	.size = sizeof(struct confirm),
	.fit = confirm_fit,
	.draw = confirm_draw,
	.key = confirm_key,
};

void mn_confirm_open(mn_tui *t, const char *question, const char *typed, mn_str subject,
	void (*done)(mn_tui *, mn_str))
{
	mn_popup *popup = mn_popup_open(t, &confirm_ops);
	struct confirm *c;

	if (!popup)
		return;
	c = popup->state;
	snprintf(c->question, sizeof(c->question), "%s", question);
	snprintf(c->typed, sizeof(c->typed), "%s", typed ? typed : "");
	snprintf(c->subject, sizeof(c->subject), "%.*s", (int)subject.len, subject.ptr);
	c->done = done;
}

/* ---- A text to read ----------------------------------------------------------------------- */

struct reader {
	char *text;
	size_t len;
	mn_list list; /* only its scroll is seen */
};

static size_t reader_lines(const struct reader *r, int width)
{
	mn_str all = {r->text, r->len};
	size_t lines = 0, at = 0;

	while (at < all.len) {
		mn_text_line(all, width, &at);
		lines++;
	}
	return lines;
}

/* As high as the text, within most of the screen. */
static void reader_fit(mn_popup *popup, int rows, int columns, int *h, int *w)
{
	size_t lines, most = (size_t)rows * 4 / 5;

	*w = columns * 4 / 5 < 100 ? columns * 4 / 5 : 100;
	lines = reader_lines(popup->state, *w - 4) + 3;
	*h = (int)(lines < 6 ? 6 : lines < most ? lines : most);
}

static void reader_draw(mn_popup *popup, const mn_pane *inside)
{
	struct reader *r = popup->state;
	mn_pane text = mn_pane_sub(inside, 0, 1, inside->h - 1, inside->w - 2);
	size_t lines = reader_lines(r, text.w);

	r->list.n = lines > (size_t)text.h ? lines - (size_t)text.h + 1 : 1;
	r->list.height = text.h;
	mn_list_move(&r->list, 0);
	mn_pane_wrap(&text, 0, (int)r->list.at, MN_ROLE_TEXT, (mn_str){r->text, r->len});
	mn_pane_text(inside, inside->h - 1, 1, MN_ROLE_DIM, "j k scroll   y copy   esc close");
}

static void reader_key(mn_popup *popup, mn_stroke s)
{
	struct reader *r = popup->state;

	if (s == 'y') {
		bool fits = mn_term_copy((mn_str){r->text, r->len}) == MN_OK;

		mn_popup_close(popup);
		mn_tui_say(popup->tui, fits ? MN_ROLE_GOOD : MN_ROLE_BAD,
			fits ? "copied" : "too long for the clipboard: 64 KiB at most");
	} else if (!mn_list_key(&r->list, s)) {
		mn_popup_close(popup);
	}
}

static void reader_wheel(mn_popup *popup, int by)
{
	struct reader *r = popup->state;

	mn_list_move(&r->list, by);
}

static void reader_close(mn_popup *popup)
{
	struct reader *r = popup->state;

	mn_free(r->text);
}

static const mn_popup_ops reader_ops = {
	.size = sizeof(struct reader),
	.fit = reader_fit,
	.draw = reader_draw,
	.key = reader_key,
	.wheel = reader_wheel,
	.close = reader_close,
};

void mn_reader_open(mn_tui *t, const char *title, mn_str text)
{
	mn_popup *popup = mn_popup_open(t, &reader_ops);
	struct reader *r;

	if (!popup)
		return;
	r = popup->state;
	popup->title = title;
	r->len = text.len < TEXT_MOST ? text.len : TEXT_MOST;
	r->text = mn_alloc(r->len);
	if (r->text)
		memcpy(r->text, text.ptr, r->len);
	else
		r->len = 0;
}

/* ---- A list to choose from ---------------------------------------------------------------- */

struct menu {
	mn_list list;
	mn_id ids[MENU_MOST];
	char lines[MENU_MOST][MENU_LINE];
	char rest[MENU_MOST][4 * MENU_REST]; /* its two ends, if it is long */
	void (*done)(mn_tui *, mn_id);
};

static void menu_fit(mn_popup *popup, int rows, int columns, int *h, int *w)
{
	struct menu *m = popup->state;

	(void)rows;
	*h = (int)m->list.n + 2;
	*w = columns * 3 / 4 < 80 ? columns * 3 / 4 : 80;
}

static void draw_line(const struct menu *m, size_t i, const mn_pane *p, int y, unsigned flag)
{
	char rest[4 * MENU_REST];
	int x = mn_pane_str(p, y, 2, p->w - 3, MN_ROLE_TEXT | flag, mn_str_of(m->lines[i]));

	mn_text_middle(mn_str_of(m->rest[i]), p->w - 1 - x, rest, sizeof(rest));
	mn_pane_str(p, y, x, p->w - 1 - x, MN_ROLE_TEXT | flag, mn_str_of(rest));
}

static void menu_draw(mn_popup *popup, const mn_pane *inside)
{
	struct menu *m = popup->state;
	size_t top = mn_list_show(&m->list, inside->h);

	for (size_t i = top; i < m->list.n && i < top + (size_t)inside->h; i++) {
		bool live = i == m->list.at;
		unsigned flag = live ? MN_SELECTED : 0;
		int y = (int)(i - top);

		mn_pane_fill(inside, y, 0, inside->w, MN_ROLE_TEXT | flag, " ");
		mn_pane_text(inside, y, 0, MN_ROLE_KEY | flag, live ? "▸" : " ");
		draw_line(m, i, inside, y, flag);
	}
}

static void menu_choose(mn_popup *popup)
{
	struct menu *m = popup->state;

	mn_popup_close(popup);
	if (m->list.n)
		m->done(popup->tui, m->ids[m->list.at]);
}

static void menu_key(mn_popup *popup, mn_stroke s)
{
	struct menu *m = popup->state;

	if (s == MN_STROKE_ENTER || s == MN_STROKE_SPACE)
		menu_choose(popup);
	else if (!mn_list_key(&m->list, s))
		mn_popup_close(popup);
}

static void menu_click(mn_popup *popup, int y, int x, bool twice)
{
	struct menu *m = popup->state;
	size_t hit = mn_list_hit(&m->list, y);

	(void)x;
	if (hit == m->list.n)
		return;
	mn_list_go(&m->list, hit);
	if (twice)
		menu_choose(popup);
}

static void menu_wheel(mn_popup *popup, int by)
{
	struct menu *m = popup->state;

	mn_list_move(&m->list, by);
}

static const mn_popup_ops menu_ops = {
	.size = sizeof(struct menu),
	.fit = menu_fit,
	.draw = menu_draw,
	.key = menu_key,
	.click = menu_click,
	.wheel = menu_wheel,
};

static void set_line(struct menu *m, size_t i, const mn_menu_line *line)
{
	char plain[URL_ROOM];

	m->ids[i] = line->id;
	mn_text_plain(line->text, m->lines[i], MENU_LINE);
	mn_text_plain(line->rest, plain, sizeof(plain));
	mn_text_middle(mn_str_of(plain), MENU_REST, m->rest[i], sizeof(m->rest[i]));
}

void mn_menu_open(mn_tui *t, const char *title, const mn_menu_line *lines, size_t n,
	void (*done)(mn_tui *, mn_id))
{
	mn_popup *popup = mn_popup_open(t, &menu_ops);
	struct menu *m;

	if (!popup)
		return;
	m = popup->state;
	popup->title = title;
	m->done = done;
	m->list.n = n < MENU_MOST ? n : MENU_MOST;
	for (size_t i = 0; i < m->list.n; i++)
		set_line(m, i, &lines[i]);
}
