/* SPDX-License-Identifier: MIT */
/* palette.c - every action by a few letters of its name, with its arguments. */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "tui/desk.h"
#include "tui/fuzzy.h"
#include "tui/line.h"
#include "tui/list.h"
#include "tui/text.h"

enum { MATCHES_MOST = 200, NAME_COLUMNS = 18 };

struct match {
	const mn_action *action;
	int score;
	uint64_t hits;
};

struct palette {
	mn_line line;
	mn_list list;
	struct match at[MATCHES_MOST];
	char error[236];
};

/* The action whose name has been typed in full, with arguments to come. */
static const mn_action *typed_action(const struct palette *p)
{
	const mn_action *a, *best = NULL;
	mn_str text = mn_line_get(&p->line);

	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		size_t n = strlen(a->name);

		if (a->act && text.len > n && text.ptr[n] == ' ' && mn_str_starts(text, a->name)
			&& (!best || n > strlen(best->name)))
			best = a;
	}
	return best;
}

static void insert(struct palette *p, size_t *n, struct match m)
{
	size_t at = *n;

	if (*n == MATCHES_MOST)
		return;
	while (at > 0 && p->at[at - 1].score < m.score) {
		p->at[at] = p->at[at - 1];
		at--;
	}
	p->at[at] = m;
	++*n;
}

static void search(mn_popup *popup)
{
	struct palette *p = popup->state;
	const mn_action *a;
	size_t n = 0;

	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		struct match m = {.action = a};

		if (!mn_tui_live(popup->tui, a))
			continue;
		m.score = mn_fuzzy(mn_line_get(&p->line), mn_str_of(a->name), &m.hits);
		if (m.score >= 0)
			insert(p, &n, m);
	}
	mn_list_resize(&p->list, n);
	mn_list_go(&p->list, 0);
	p->error[0] = '\0';
}

static void fit(mn_popup *popup, int rows, int columns, int *h, int *w)
{
	(void)popup;
	*h = rows * 2 / 3 < 24 ? rows * 2 / 3 : 24;
	*w = columns * 4 / 5 < 90 ? columns * 4 / 5 : 90;
}

static void draw_name(const mn_pane *p, int y, const struct match *m, unsigned flag)
{
	const char *name = m->action->name;

	for (int i = 0; i < NAME_COLUMNS && name[i]; i++) {
		bool hit = i < 64 && m->hits >> i & 1;

		mn_pane_str(p, y, 2 + i, 1, (hit ? MN_ROLE_MATCH : MN_ROLE_TEXT) | flag,
			(mn_str){name + i, 1});
	}
}

static void draw_match(mn_popup *popup, const mn_pane *p, int y, const struct match *m, bool live)
{
	unsigned flag = live ? MN_SELECTED : 0;
	char keys[64];

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, live ? "▸" : " ");
	draw_name(p, y, m, flag);
	mn_keymap_all(&popup->tui->keymap, m->action, keys, sizeof(keys));
	mn_pane_str(p, y, NAME_COLUMNS + 3,
		p->w - NAME_COLUMNS - 5 - mn_text_width(mn_str_of(keys)), MN_ROLE_DIM | flag,
		mn_str_of(m->action->does));
	mn_pane_right(p, y, p->w - 1, MN_ROLE_KEY | flag, "%s", keys);
}

/* What the typed action can be given. */
static void draw_params(const mn_pane *p, const mn_action *a)
{
	int y = 3;

	mn_pane_text(p, 2, 1, MN_ROLE_TITLE, a->does);
	for (const mn_param *q = a->params; q && q->name; q++, y++) {
		bool need = q->flags & MN_PARAM_REQUIRED;
		int x = mn_pane_printf(p, y, 3, need ? MN_ROLE_KEY : MN_ROLE_NUMBER, "%s%s%s",
			q->name, q->value ? " " : "", q->value ? q->value : "");

		mn_pane_text(p, y, x < 22 ? 22 : x + 2, MN_ROLE_DIM, q->does);
		if (q->choices)
			mn_pane_right(p, y, p->w - 1, MN_ROLE_DIM, "%s", q->choices);
	}
	if (y == 3)
		mn_pane_text(p, y, 3, MN_ROLE_DIM, "takes nothing more");
}

static void draw_matches(mn_popup *popup, const mn_pane *inside)
{
	struct palette *p = popup->state;
	mn_pane rows = mn_pane_sub(inside, 2, 0, inside->h - 3, inside->w);
	size_t top = mn_list_show(&p->list, rows.h);

	for (size_t i = top; i < p->list.n && i < top + (size_t)rows.h; i++)
		draw_match(popup, &rows, (int)(i - top), &p->at[i], i == p->list.at);
	if (p->list.n == 0)
		mn_pane_text(&rows, 0, 2, MN_ROLE_DIM, "no action is called anything like this");
}

static void draw(mn_popup *popup, const mn_pane *inside)
{
	struct palette *p = popup->state;
	const mn_action *typed = typed_action(p);
	char key[16];

	mn_pane_text(inside, 0, 0, MN_ROLE_KEY, ":");
	mn_line_draw(
		&p->line, inside, 0, 2, inside->w - 3, true, "an action, or a part of its name");
	mn_pane_fill(inside, 1, 0, inside->w, MN_ROLE_FRAME, "─");
	if (typed)
		draw_params(inside, typed);
	else
		draw_matches(popup, inside);
	if (*p->error)
		mn_pane_text(inside, inside->h - 1, 1, MN_ROLE_BAD, p->error);
	else
		mn_pane_printf(inside, inside->h - 1, 1, MN_ROLE_DIM, "%s start   %sesc leave",
			mn_keymap_key(&popup->tui->keymap, "enter", key, sizeof(key)),
			typed ? "" : "tab complete   ");
}

/* The name of the chosen action, ready for its arguments. */
static void complete(mn_popup *popup)
{
	struct palette *p = popup->state;
	char text[128];

	if (typed_action(p) || p->list.n == 0)
		return;
	snprintf(text, sizeof(text), "%s ", p->at[p->list.at].action->name);
	mn_line_set(&p->line, mn_str_of(text));
}

static bool has_required(const mn_action *a)
{
	for (const mn_param *q = a->params; q && q->name; q++)
		if (q->flags & MN_PARAM_REQUIRED)
			return true;
	return false;
}

static void start_typed(mn_popup *popup)
{
	struct palette *p = popup->state;
	mn_error err = MN_SIZED(mn_error);
	mn_str text = mn_line_get(&p->line);

	while (text.len && text.ptr[text.len - 1] == ' ')
		text.len--;
	mn_history_add(p->line.history, text);
	if (mn_tui_command(popup->tui, text, &err))
		snprintf(p->error, sizeof(p->error), "%s", err.text);
	else
		mn_popup_close(popup);
}

static void start(mn_popup *popup)
{
	struct palette *p = popup->state;
	const mn_action *a;

	if (typed_action(p)) {
		start_typed(popup);
		return;
	}
	if (p->list.n == 0)
		return;
	a = p->at[p->list.at].action;
	if (has_required(a)) {
		complete(popup);
		return;
	}
	mn_history_add(p->line.history, mn_str_of(a->name));
	mn_popup_close(popup);
	mn_tui_act(popup->tui, a, NULL);
}

/* Up from the first match goes back in what was typed before, as long as nothing else was. */
static bool moves_list(const struct palette *p, mn_stroke s)
{
	bool up = s == (KEY_UP | MN_STROKE_CODE);

	if (typed_action(p) || p->line.back || (up && p->list.at == 0 && p->line.len == 0))
		return false;
	return up || s == (KEY_DOWN | MN_STROKE_CODE) || s == (KEY_PPAGE | MN_STROKE_CODE)
	       || s == (KEY_NPAGE | MN_STROKE_CODE);
}

static void key(mn_popup *popup, mn_stroke s)
{
	struct palette *p = popup->state;
	bool gone = s == MN_STROKE_BACKSPACE && p->line.len == 0;

	if (s == MN_STROKE_ESC || s == MN_STROKE_CTRL('c') || gone)
		mn_popup_close(popup);
	else if (s == MN_STROKE_ENTER)
		start(popup);
	else if (s == MN_STROKE_TAB)
		complete(popup);
	else if (moves_list(p, s))
		mn_list_key(&p->list, s);
	else if (mn_line_key(&p->line, s) == MN_LINE_CHANGED)
		search(popup);
}

static void click(mn_popup *popup, int y, int x, bool twice)
{
	struct palette *p = popup->state;
	size_t hit = mn_list_hit(&p->list, y - 2);

	(void)x;
	if (y < 2 || hit == p->list.n)
		return;
	mn_list_go(&p->list, hit);
	if (twice)
		start(popup);
}

static void wheel(mn_popup *popup, int by)
{
	struct palette *p = popup->state;

	mn_list_move(&p->list, by);
}

static const mn_popup_ops palette_ops = {
	.title = "Actions",
	.size = sizeof(struct palette),
	.fit = fit,
	.draw = draw,
	.key = key,
	.click = click,
	.wheel = wheel,
};

void mn_palette_open(mn_tui *t, const char *typed)
{
	mn_popup *popup = mn_popup_open(t, &palette_ops);
	struct palette *p;

	if (!popup)
		return;
	p = popup->state;
	p->line.history = &t->commands;
	mn_line_set(&p->line, mn_str_of(typed));
	search(popup);
}

bool mn_palette_is_top(const mn_tui *t)
{
	const mn_popup *top = mn_popup_top(t);

	return top && top->ops == &palette_ops;
}
