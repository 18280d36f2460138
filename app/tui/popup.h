/* SPDX-License-Identifier: MIT */
/*
 * popup.h - what lies over a screen until it is answered: the palette, help, a question, a list.
 *
 * A popup has a panel of its own and takes every key while it is on top. It is closed from within
 * its own operations with mn_popup_close, which frees it when they have returned.
 */
#ifndef MN_TUI_POPUP_H
#define MN_TUI_POPUP_H

#include <panel.h>

#include "mn.h"
#include "tui/pane.h"
#include "tui/stroke.h"
#include "tui/term.h"

struct mn_tui;
typedef struct mn_popup mn_popup;

typedef struct mn_popup_ops {
	const char *title;
	size_t size; /* of its state, which begins zeroed */
	/* How large it would like to be on a terminal of this size; cut to it. */
	void (*fit)(mn_popup *, int rows, int columns, int *h, int *w);
	void (*draw)(mn_popup *, const mn_pane *inside);
	void (*key)(mn_popup *, mn_stroke);
	void (*click)(mn_popup *, int y, int x, bool twice); /* inside */
	void (*wheel)(mn_popup *, int by);
	void (*close)(mn_popup *); /* frees what the state owns */
} mn_popup_ops;

struct mn_popup {
	const mn_popup_ops *ops;
	struct mn_tui *tui;
	void *state;
	const char *title; /* that of ops, unless set */
	WINDOW *win;
	PANEL *panel;
	bool closed;
};

/* On top of everything; NULL: no memory or too many, said. */
mn_popup *mn_popup_open(struct mn_tui *, const mn_popup_ops *);
void mn_popup_close(mn_popup *);
mn_popup *mn_popup_top(const struct mn_tui *);
void mn_popups_key(struct mn_tui *, mn_stroke);
void mn_popups_mouse(struct mn_tui *, const mn_mouse *, bool twice);
void mn_popups_draw(struct mn_tui *);
void mn_popups_end(struct mn_tui *);

/* The command palette, with `typed` in it already. */
void mn_palette_open(struct mn_tui *, const char *typed);
bool mn_palette_is_top(const struct mn_tui *);
/* Help: every live key, what it does, and what goes without a key. */
void mn_help_open(struct mn_tui *);
/* A line to be typed. done gets it, unless the person thinks better of it. */
void mn_prompt_open(struct mn_tui *, const char *title, const char *hint, mn_str start,
	void (*done)(struct mn_tui *, mn_str));
/* "Do this?" Answered by y, or, with `typed`, by typing that word. done is called on yes. The
 * question is copied; subject goes to done. */
void mn_confirm_open(struct mn_tui *, const char *question, const char *typed, mn_str subject,
	void (*done)(struct mn_tui *, mn_str subject));
/* A long text to read. */
void mn_reader_open(struct mn_tui *, const char *title, mn_str text);
/* A line of a list to choose from. What is too long is cut at its end, but `rest`, which follows,
 * in its middle. */
typedef struct mn_menu_line {
	mn_str text, rest;
	mn_id id; /* that done gets */
} mn_menu_line;
void mn_menu_open(struct mn_tui *, const char *title, const mn_menu_line *, size_t n,
	void (*done)(struct mn_tui *, mn_id));

#endif
