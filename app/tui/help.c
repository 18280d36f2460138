/* SPDX-License-Identifier: MIT */
/* help.c - the keys as they are now, and what each does. */
#include <string.h>

#include "base/str.h"
#include "tui/desk.h"
#include "tui/text.h"

enum { LINES_MOST = 256, KEY_COLUMNS = 16 };

struct help {
	mn_list list; /* only its scroll is seen */
	size_t n;
	struct help_line {
		const char *head; /* of a section; NULL: an action's line */
		const mn_action *action;
	} at[LINES_MOST];
};

static void add(struct help *h, const char *head, const mn_action *a)
{
	if (h->n < LINES_MOST)
		h->at[h->n++] = (struct help_line){head, a};
}

static bool bound(const mn_tui *t, const mn_action *a)
{
	char key[32];

	return *mn_keymap_shown(&t->keymap, a, false, key, sizeof(key)) != '\0';
}

static void add_section(
	const mn_tui *t, struct help *h, const char *head, unsigned scope, bool keys)
{
	const mn_action *a;
	size_t before = h->n;

	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		if (!mn_tui_live(t, a) || !(a->scope & scope) || bound(t, a) != keys)
			continue;
		if (h->n == before && before)
			add(h, "", NULL);
		if (h->n == before || (h->n == before + 1 && before && h->at[before].head))
			add(h, head, NULL);
		add(h, NULL, a);
	}
}

static void fit(mn_popup *popup, int rows, int columns, int *h, int *w)
{
	struct help *help = popup->state;

	(void)rows;
	*h = (int)help->n + 3;
	*w = columns * 4 / 5 < 84 ? columns * 4 / 5 : 84;
}

static void draw_line(mn_popup *popup, const mn_pane *p, int y, const struct help_line *l)
{
	char keys[64];

	if (l->head) {
		mn_pane_text(p, y, 1, MN_ROLE_TITLE, l->head);
		return;
	}
	mn_keymap_all(&popup->tui->keymap, l->action, keys, sizeof(keys));
	if (*keys)
		mn_pane_str(p, y, 3, KEY_COLUMNS - 2, MN_ROLE_KEY, mn_str_of(keys));
	else
		mn_pane_printf(p, y, 3, MN_ROLE_NUMBER, ":%s", l->action->name);
	mn_pane_text(
		p, y, *keys ? KEY_COLUMNS + 3 : KEY_COLUMNS + 7, MN_ROLE_TEXT, l->action->does);
}

static void draw(mn_popup *popup, const mn_pane *inside)
{
	struct help *h = popup->state;
	mn_pane rows = mn_pane_sub(inside, 0, 0, inside->h - 1, inside->w);
	size_t most = h->n > (size_t)rows.h ? h->n - (size_t)rows.h : 0;

	h->list.height = rows.h;
	h->list.n = most + 1;
	mn_list_move(&h->list, 0);
	for (size_t i = h->list.at; i < h->n && i < h->list.at + (size_t)rows.h; i++)
		draw_line(popup, &rows, (int)(i - h->list.at), &h->at[i]);
	mn_pane_text(inside, inside->h - 1, 1, MN_ROLE_DIM,
		most ? "j k scroll   esc close   lists: arrows j k g G pgup pgdn; mouse everywhere"
		     : "esc close   lists: arrows j k g G pgup pgdn; mouse everywhere");
}

static void key(mn_popup *popup, mn_stroke s)
{
	struct help *h = popup->state;

	if (!mn_list_key(&h->list, s))
		mn_popup_close(popup);
}

static void wheel(mn_popup *popup, int by)
{
	struct help *h = popup->state;

	mn_list_move(&h->list, by);
}

static const mn_popup_ops help_ops = {
	.title = "Help",
	.size = sizeof(struct help),
	.fit = fit,
	.draw = draw,
	.key = key,
	.wheel = wheel,
};

void mn_help_open(mn_tui *t)
{
	mn_popup *popup = mn_popup_open(t, &help_ops);
	const mn_screen_ops *ops = mn_tui_screen(t)->ops;

	if (!popup)
		return;
	add_section(t, popup->state, ops->title, ops->scope, true);
	add_section(t, popup->state, "Everywhere", MN_ON_ANY, true);
	add_section(t, popup->state, "By name (key \":\")", ops->scope | MN_ON_ANY, false);
}
