/* SPDX-License-Identifier: MIT */
#include "tui/popup.h"

#include "base/memory.h"
#include "tui/desk.h"

mn_popup *mn_popup_open(mn_tui *t, const mn_popup_ops *ops)
{
	mn_popup *p = t->npopups < MN_POPUPS_MOST ? mn_alloc_zero(1, sizeof(*p)) : NULL;

	if (p)
		*p = (mn_popup){.ops = ops,
			.tui = t,
			.title = ops->title,
			.state = mn_alloc_zero(1, ops->size)};
	if (!p || !p->state) {
		mn_free(p);
		mn_tui_say(t, MN_ROLE_BAD, "no room for another window: close this one first");
		return NULL;
	}
	t->popups[t->npopups++] = p;
	mn_tui_touch(t);
	return p;
}

void mn_popup_close(mn_popup *p)
{
	p->closed = true;
	mn_tui_touch(p->tui);
}

static void dispose(mn_popup *p)
{
	if (p->ops->close)
		p->ops->close(p);
	if (p->panel)
		del_panel(p->panel);
	if (p->win)
		delwin(p->win);
	mn_free(p->state);
	mn_free(p);
}

/* Frees those that have been closed. */
static void sweep(mn_tui *t)
{
	int kept = 0;

	for (int i = 0; i < t->npopups; i++) {
		if (t->popups[i]->closed)
			dispose(t->popups[i]);
		else
			t->popups[kept++] = t->popups[i];
	}
	t->npopups = kept;
}

mn_popup *mn_popup_top(const mn_tui *t)
{
	return t->npopups ? t->popups[t->npopups - 1] : NULL;
}

void mn_popups_key(mn_tui *t, mn_stroke s)
{
	mn_popup *p = mn_popup_top(t);

	if (p)
		p->ops->key(p, s);
	sweep(t);
}

static void press(mn_popup *p, const mn_mouse *m, bool twice)
{
	int y = m->y - getbegy(p->win) - 1, x = m->x - getbegx(p->win) - 1;
	bool inside = y >= 0 && x >= 0 && y < getmaxy(p->win) - 2 && x < getmaxx(p->win) - 2;
	bool beside = y < -1 || x < -1 || y >= getmaxy(p->win) || x >= getmaxx(p->win);

	if (inside && p->ops->click)
		p->ops->click(p, y, x, twice);
	else if (beside)
		mn_popup_close(p);
}

void mn_popups_mouse(mn_tui *t, const mn_mouse *m, bool twice)
{
	mn_popup *p = mn_popup_top(t);

	if (!p || !p->win)
		return;
	if (m->what == MN_MOUSE_PRESS)
		press(p, m, twice);
	else if (p->ops->wheel)
		p->ops->wheel(p, m->what == MN_MOUSE_WHEEL_UP ? -3 : 3);
	sweep(t);
}

/* Each popup's window is made anew where it belongs; there are few, and terminals change size. */
static bool place(mn_popup *p)
{
	int h = LINES, w = COLS, y, x;
	WINDOW *win;

	p->ops->fit(p, LINES, COLS, &h, &w);
	h = h > LINES - 2 ? LINES - 2 : h;
	w = w > COLS - 2 ? COLS - 2 : w;
	y = (LINES - h) / 3;
	x = (COLS - w) / 2;
	if (p->win && getmaxy(p->win) == h && getmaxx(p->win) == w && getbegy(p->win) == y
		&& getbegx(p->win) == x)
		return true;
	win = newwin(h, w, y, x);
	if (!win)
		return false;
	if (p->panel)
		replace_panel(p->panel, win);
	else
		p->panel = new_panel(win);
	if (p->win)
		delwin(p->win);
	p->win = win;
	return p->panel != NULL;
}

void mn_popups_draw(mn_tui *t)
{
	for (int i = 0; i < t->npopups; i++) {
		mn_popup *p = t->popups[i];
		mn_pane whole, inside;

		if (!place(p))
			continue;
		top_panel(p->panel);
		whole = mn_pane_of(p->win, &t->theme);
		mn_pane_clear(&whole);
		inside = mn_pane_frame(&whole, p->title, true);
		p->ops->draw(p, &inside);
	}
}

void mn_popups_end(mn_tui *t)
{
	while (t->npopups)
		dispose(t->popups[--t->npopups]);
}
