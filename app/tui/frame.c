/* SPDX-License-Identifier: MIT */
/* frame.c - what is around every screen: the first row with its tabs, the last with its keys. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "printer.h"
#include "tui/desk.h"
#include "tui/text.h"

enum { BRAND_COLUMNS = 13, SPINNER_AFTER = 150000 };

/* Which tab begins where, the same for drawing and for the mouse: tab i from at[i] to at[i + 1]. */
struct tabs {
	int at[MN_TABS + 1];
	bool brief; /* titles of the others do not fit: numbers alone */
	bool brand;
};

static int label_width(const mn_tui *t, int i, bool brief)
{
	return brief && i != t->tab ? 3 : 4 + mn_text_width(mn_str_of(t->tabs[i]->ops->title));
}

static void lay_tabs(const mn_tui *t, int columns, struct tabs *tabs)
{
	int full = 0;

	for (int i = 0; i < MN_TABS; i++)
		full += label_width(t, i, false);
	tabs->brand = columns >= BRAND_COLUMNS + full + 34;
	tabs->brief = columns < full + 14;
	tabs->at[0] = tabs->brand ? BRAND_COLUMNS : 0;
	for (int i = 0; i < MN_TABS; i++)
		tabs->at[i + 1] = tabs->at[i] + label_width(t, i, tabs->brief);
}

static void draw_tabs(const mn_tui *t, const mn_pane *row, const struct tabs *tabs)
{
	if (tabs->brand)
		mn_pane_text(row, 0, 0, MN_ROLE_BRAND, " mnemoscope ");
	for (int i = 0; i < MN_TABS; i++) {
		bool live = i == t->tab;
		mn_style style = live ? MN_ROLE_TAB_LIVE | MN_SELECTED : MN_ROLE_TAB;
		int x = tabs->at[i];

		if (tabs->brief && !live) {
			mn_pane_printf(row, 0, x + 1, MN_ROLE_KEY, "%d", i + 1);
			continue;
		}
		mn_pane_fill(row, 0, x, tabs->at[i + 1] - x, style, " ");
		mn_pane_printf(row, 0, x + 1, (live ? MN_SELECTED : 0) | MN_ROLE_KEY, "%d", i + 1);
		mn_pane_text(row, 0, x + 3, style, t->tabs[i]->ops->title);
	}
}

int mn_tui_tab_at(const mn_tui *t, int x)
{
	struct tabs tabs;

	lay_tabs(t, COLS, &tabs);
	for (int i = 0; i < MN_TABS; i++)
		if (x >= tabs.at[i] && x < tabs.at[i + 1])
			return i;
	return -1;
}

/* What a person waits for, once it is worth saying. */
static int draw_spinner(const mn_tui *t, const mn_pane *row, int end)
{
	static const char *const frames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
	static const char *const ascii[] = {"|", "/", "-", "\\"};
	const mn_task *task = mn_tasks_of(t, mn_tui_screen(t));
	uint64_t took = task ? mn_task_took(task) : 0;
	unsigned step = (unsigned)(took / 100000);

	if (took < SPINNER_AFTER)
		return end;
	return mn_pane_right(row, 0, end, MN_ROLE_WARN, " %s %s ", mn_task_title(task),
		t->theme.ascii ? ascii[step % 4] : frames[step % 10]);
}

/* The brain's name and size, as much as fits between `from` and `end`. */
static void draw_brain(const mn_tui *t, const mn_pane *row, int from, int end)
{
	char memories[64], neurons[64];
	const mn_seat *s = t->seat;
	mn_str name = s ? mn_str_of(s->name) : MN_STR("no brain");
	int room = end - from - 1;

	if (t->options.read_only && room > 12) {
		end = mn_pane_right(row, 0, end, MN_ROLE_WARN, " read-only ");
		room = end - from - 1;
	}
	if (s && t->link.lost && room > 12) {
		end = mn_pane_right(row, 0, end, MN_ROLE_BAD, " stale ");
		room = end - from - 1;
	}
	if (s && room >= mn_text_width(name) + 44) {
		end = mn_pane_right(row, 0, end, MN_ROLE_DIM, " · %s · %s ",
			mn_format_things(s->memories, "memory", memories),
			mn_format_things(s->neurons, "neuron", neurons));
	} else if (s && room >= mn_text_width(name) + 22) {
		end = mn_pane_right(row, 0, end, MN_ROLE_DIM, " · %s ",
			mn_format_things(s->neurons, "neuron", neurons));
	}
	room = end - from - 1;
	if (room > 3) {
		int w = mn_text_width(name) < room ? mn_text_width(name) : room;

		mn_pane_str(row, 0, end - w, w, s ? MN_ROLE_TITLE : MN_ROLE_DIM, name);
	}
}

static void draw_head(const mn_tui *t, const mn_pane *row)
{
	struct tabs tabs;
	int end;

	lay_tabs(t, row->w, &tabs);
	draw_tabs(t, row, &tabs);
	end = draw_spinner(t, row, row->w);
	draw_brain(t, row, tabs.at[MN_TABS], end - (end == row->w));
}

/* One hint; returns the column behind it, or x if it did not fit before `end`. */
static int draw_hint(const mn_pane *row, int x, int end, const char *key, const char *word)
{
	int w = mn_text_width(mn_str_of(key)) + 1 + mn_text_width(mn_str_of(word));

	if (!*key || x + w >= end)
		return x;
	x = mn_pane_text(row, 0, x, MN_ROLE_KEY, key) + 1;
	return mn_pane_text(row, 0, x, MN_ROLE_DIM, word) + 2;
}

/* The way to help is always there. Returns the column where it begins. */
static int draw_help_hint(const mn_tui *t, const mn_pane *row, bool typing)
{
	const mn_action *help = mn_action_find(MN_STR("help"));
	char key[32];
	int x;

	if (!help || !*mn_keymap_shown(&t->keymap, help, typing, key, sizeof(key)))
		return row->w;
	x = row->w - 6 - mn_text_width(mn_str_of(key));
	draw_hint(row, x, row->w, key, "help");
	return x;
}

/* The keys of this screen first, then those of every screen. While a text is typed, keys that type
 * are no commands. */
static void draw_hints(const mn_tui *t, const mn_pane *row, int x)
{
	const mn_screen *s = mn_tui_screen(t);
	bool typing = s->ops->typing && s->ops->typing(s);
	int end = draw_help_hint(t, row, typing);
	const mn_action *a;
	char key[32];

	for (const mn_hint *h = typing ? s->ops->typing_hints : NULL; h && h->key; h++)
		x = draw_hint(
			row, x, end, mn_keymap_key(&t->keymap, h->key, key, sizeof(key)), h->word);
	for (int any = typing; any < 2; any++) {
		for (size_t i = 0; (a = mn_action_at(i)); i++) {
			if (!a->hint || !a->act || !(a->scope & (any ? MN_ON_ANY : s->ops->scope)))
				continue;
			mn_keymap_shown(&t->keymap, a, typing, key, sizeof(key));
			x = draw_hint(row, x, end, key, a->hint);
		}
	}
}

static void draw_foot(const mn_tui *t, const mn_pane *row)
{
	int x = mn_link_draw(t, row, 1, row->w - (*t->message ? 1 : 10));

	if (!*t->message)
		draw_hints(t, row, x);
	else if (x + 8 < row->w)
		mn_pane_str(row, 0, x, row->w - x - 1, (unsigned)t->message_role,
			mn_str_of(t->message));
}

static void draw_too_small(const mn_pane *p)
{
	mn_pane_printf(p, p->h / 2, 0, MN_ROLE_WARN, "needs %dx%d, has %dx%d", MN_LEAST_COLUMNS,
		MN_LEAST_ROWS, p->w, p->h);
}

void mn_tui_draw(mn_tui *t)
{
	mn_pane whole = mn_pane_of(t->win, &t->theme), part;
	mn_screen *s = mn_tui_screen(t);

	mn_theme_use(&t->theme, t->win, MN_ROLE_TEXT);
	werase(t->win);
	if (whole.h < MN_LEAST_ROWS || whole.w < MN_LEAST_COLUMNS) {
		draw_too_small(&whole);
		for (int i = 0; i < t->npopups; i++)
			if (t->popups[i]->panel)
				hide_panel(t->popups[i]->panel);
		return;
	}
	part = mn_pane_sub(&whole, 0, 0, 1, whole.w);
	draw_head(t, &part);
	part = mn_pane_sub(&whole, 1, 0, whole.h - 2, whole.w);
	s->ops->draw(s, &part);
	part = mn_pane_sub(&whole, whole.h - 1, 0, 1, whole.w);
	draw_foot(t, &part);
}
