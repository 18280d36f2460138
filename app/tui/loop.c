/* SPDX-License-Identifier: MIT */
/* loop.c - the workbench from start to end: what happens is handed on, then drawn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "tui/desk.h"

enum { SPINNER_AFTER = 150000, SPINNER_STEP = 100000, DOUBLE_CLICK = 400000, GRACE = 12000 };

/* ---- Input -------------------------------------------------------------------------------- */

static bool too_small(void)
{
	return LINES < MN_LEAST_ROWS || COLS < MN_LEAST_COLUMNS;
}

/* The palette can be had over any other popup, by a key that types nothing. */
static bool opens_palette(mn_tui *t, mn_stroke s)
{
	const mn_action *a = mn_stroke_types(s) ? NULL : mn_keymap_find(&t->keymap, s, 0);

	if (!a || a != mn_action_find(MN_STR("palette")) || mn_palette_is_top(t))
		return false;
	mn_tui_act(t, a, NULL);
	return true;
}

/* Who sees nothing should change nothing: on a terminal too small one can leave or stop. */
static void on_key_blind(mn_tui *t, mn_stroke s)
{
	const mn_action *a = mn_keymap_find(&t->keymap, s, 0);

	if (a && (strcmp(a->name, "quit") == 0 || strcmp(a->name, "suspend") == 0))
		mn_tui_act(t, a, NULL);
}

static void on_key_screen(mn_tui *t, mn_stroke s, bool pasted)
{
	mn_screen *screen = mn_tui_screen(t);
	bool typing = screen->ops->typing && screen->ops->typing(screen);
	const mn_action *action;

	if (pasted && !typing)
		return; /* a pasted text is no series of commands */
	if (typing && screen->ops->key && screen->ops->key(screen, s))
		return;
	action = typing && mn_stroke_types(s) ? NULL
					      : mn_keymap_find(&t->keymap, s, screen->ops->scope);
	if (action)
		mn_tui_act(t, action, NULL);
	else if (!typing && screen->ops->key)
		screen->ops->key(screen, s);
}

static void on_key(mn_tui *t, mn_stroke s, bool pasted)
{
	t->message[0] = '\0';
	mn_tui_touch(t);
	mn_keep_touch(t);
	if (too_small())
		on_key_blind(t, s);
	else if (!t->npopups)
		on_key_screen(t, s, pasted);
	else if (!opens_palette(t, s))
		mn_popups_key(t, s);
}

/* A press on the same cell shortly after another is a double one. */
static bool is_double(mn_tui *t, const mn_mouse *m)
{
	mn_time now = mn_tui_clock(t);
	bool twice = m->what == MN_MOUSE_PRESS && t->click.what == MN_MOUSE_PRESS
		     && m->y == t->click.y && m->x == t->click.x
		     && now - t->click_at < DOUBLE_CLICK;

	t->click = *m;
	t->click_at = now;
	if (twice)
		t->click.y = -1; /* a third press begins anew */
	return twice;
}

static void on_mouse(mn_tui *t, mn_mouse m)
{
	mn_screen *screen = mn_tui_screen(t);
	bool twice = is_double(t, &m);
	int tab;

	mn_tui_touch(t);
	mn_keep_touch(t);
	if (too_small())
		return;
	if (t->npopups) {
		mn_popups_mouse(t, &m, twice);
		return;
	}
	tab = m.y == 0 && m.what == MN_MOUSE_PRESS ? mn_tui_tab_at(t, m.x) : -1;
	if (tab >= 0) {
		mn_tui_goto(t, t->tabs[tab]->ops);
		return;
	}
	if (twice)
		m.what = MN_MOUSE_DOUBLE;
	if (screen->ops->mouse)
		screen->ops->mouse(screen, &m);
}

static void on_ground(mn_tui *t, bool light)
{
	mn_theme was = t->theme;

	if (was.light == light)
		return;
	mn_theme_init(&t->theme, was.colours, light);
	t->theme.ascii = was.ascii;
	t->theme.narrow = was.narrow;
	clearok(curscr, TRUE);
	mn_tui_touch(t);
}

static void on_input(mn_tui *t)
{
	mn_stroke s = 0;
	mn_mouse m = {0};
	int kind;

	while (!t->leaving && !t->dump && (kind = mn_term_read(&s, &m)) != MN_INPUT_NONE) {
		if (kind == MN_INPUT_MOUSE)
			on_mouse(t, m);
		else if (kind == MN_INPUT_LIGHT || kind == MN_INPUT_DARK)
			on_ground(t, kind == MN_INPUT_LIGHT);
		else
			on_key(t, s, kind == MN_INPUT_PASTE);
	}
}

/* What libraries wrote to standard error goes to the log, a line each. */
static void on_error(mn_tui *t)
{
	char text[4096], *line = text, *end;

	if (mn_term_stderr(text, sizeof(text)) == 0)
		return;
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		mn_tui_note(t, MN_ROLE_WARN, "%s", line);
		line = end + 1;
	}
	if (*line)
		mn_tui_note(t, MN_ROLE_WARN, "%s", line);
}

/* ---- Time --------------------------------------------------------------------------------- */

/* Turns the spinner when it is time to; how long until it has to turn again, -1: nobody waits. */
static mn_time spin(mn_tui *t, mn_time now)
{
	const mn_task *task = mn_tasks_of(t, mn_tui_screen(t));
	mn_time took = task ? (mn_time)mn_task_took(task) : 0;

	if (!task)
		return -1;
	if (took < SPINNER_AFTER)
		return SPINNER_AFTER - took;
	if (now - t->spun_at >= SPINNER_STEP) {
		t->spun_at = now;
		mn_tui_touch(t);
	}
	return t->spun_at + SPINNER_STEP - now;
}

/* Lets the screen's time pass; how many milliseconds may be slept, -1: for ever. */
static int pass_time(mn_tui *t)
{
	mn_screen *screen = mn_tui_screen(t);
	mn_time now = mn_tui_clock(t), due = spin(t, now);
	mn_time next = screen->ops->tick ? screen->ops->tick(screen, now) : 0;

	if (next && (due < 0 || next - now < due))
		due = next > now ? next - now : 0;
	next = mn_link_tick(t, now);
	if (next && (due < 0 || next - now < due))
		due = next > now ? next - now : 0;
	next = mn_keep_tick(t, now);
	if (next && (due < 0 || next - now < due))
		due = next > now ? next - now : 0;
	return due < 0 ? -1 : (int)(due / 1000) + 1;
}

/* Most tasks end within a few milliseconds: then the screen is drawn once, with their answer. How
 * long drawing may still wait for that; 0: no longer. */
static mn_time grace(const mn_tui *t)
{
	const mn_task *latest = mn_tasks_first(t);
	mn_time took = latest ? (mn_time)mn_task_took(latest) : GRACE;

	return took < GRACE ? GRACE - took : 0;
}

/* ---- The screen --------------------------------------------------------------------------- */

static bool make_window(mn_tui *t)
{
	WINDOW *win = newwin(LINES, COLS, 0, 0);

	if (!win)
		return false;
	if (t->panel)
		replace_panel(t->panel, win);
	else
		t->panel = new_panel(win);
	if (t->win)
		delwin(t->win);
	t->win = win;
	bottom_panel(t->panel);
	return t->panel != NULL;
}

static void redraw(mn_tui *t)
{
	t->dirty = false;
	mn_tui_draw(t);
	if (!too_small())
		mn_popups_draw(t);
	update_panels();
	doupdate();
}

static bool settled(const mn_tui *t)
{
	return !mn_tasks_first(t) && !t->dirty && !mn_term_outgrown();
}

static void write_dump(mn_tui *t)
{
	mn_error err = MN_SIZED(mn_error);
	char *path = t->dump;

	t->dump = NULL;
	if (mn_tui_dump(t, path, t->dump_looks, &err))
		mn_tui_say(t, MN_ROLE_BAD, "dump: %s", err.text);
	mn_free(path);
}

/* ---- From start to end -------------------------------------------------------------------- */

static void on_events(mn_tui *t, unsigned events)
{
	if (events & MN_TERM_QUIT) {
		t->leaving = true;
		t->code = MN_EXIT_SIGNAL + mn_term_signal();
	}
	if (events & MN_TERM_STOP)
		mn_term_suspend();
	if (events & (MN_TERM_RESIZED | MN_TERM_STOP)) {
		mn_term_resize();
		make_window(t);
		mn_tui_touch(t);
	}
	if (events & MN_TERM_ERROR)
		on_error(t);
	mn_tasks_collect(t);
	on_input(t);
}

/* Draws what there is to draw, and says how many milliseconds may be slept. */
static int settle(mn_tui *t)
{
	mn_time hold = grace(t);
	int ms = pass_time(t);

	if (t->dirty && hold == 0)
		redraw(t);
	else if (t->dirty)
		ms = (int)(hold / 1000) + 1;
	if (t->dump && settled(t)) {
		write_dump(t);
		on_input(t); /* what curses had read already, poll would not tell of */
	}
	return t->dirty && hold == 0 ? 0 : ms;
}

static void loop(mn_tui *t)
{
	int fd = mn_engine_job_fd(t->engine);

	while (!t->leaving) {
		int ms = settle(t);

		if (!t->leaving)
			on_events(t, mn_term_wait(fd, ms));
	}
}

static void read_keys(mn_tui *t)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	mn_error err = MN_SIZED(mn_error);
	char path[4096];

	mn_keymap_init(&t->keymap);
	t->keymap.spelled = t->theme.ascii;
	if (config && *config == '/')
		snprintf(path, sizeof(path), "%s/mnemoscope/keys", config);
	else if (home)
		snprintf(path, sizeof(path), "%s/.config/mnemoscope/keys", home);
	else
		return;
	if (mn_keymap_read(&t->keymap, path, &err))
		mn_tui_say(t, MN_ROLE_BAD, "%s", err.text);
}

static void begin(mn_tui *t)
{
	mn_str wanted = t->options.brain;

	read_keys(t);
	if (!t->options.fresh)
		mn_keep_load(t);
	if (!t->options.fresh)
		mn_shelf_open(t);
	t->wanted_said = wanted.len > 0;
	if (!wanted.len && !*t->wanted)
		wanted = t->options.usual;
	if (wanted.len)
		snprintf(t->wanted, sizeof(t->wanted), "%.*s", (int)wanted.len, wanted.ptr);
	mn_tui_open_store(t);
}

static void end(mn_tui *t)
{
	mn_seat *seat = t->seat;

	if (!t->options.fresh)
		mn_keep_save(t);
	mn_popups_end(t);
	mn_tui_close_screens(t);
	mn_slot_clear(&t->own);
	mn_link_free(t);
	mn_shelf_close(t);
	mn_unsent_free(t);
	t->seat = NULL;
	mn_seat_release(seat);
	if (t->panel)
		del_panel(t->panel);
	if (t->win)
		delwin(t->win);
	mn_term_close();
	mn_tasks_end(t); /* what recalls have learned is written now */
	mn_keep_end(t);
	mn_tui_close_stores(t);
	for (size_t i = 0; i < MN_LOG_MOST; i++)
		mn_free(t->log[i].text);
	mn_history_free(&t->commands);
	mn_history_free(&t->queries);
	mn_free(t->dump);
}

void mn_tui_rescue(void)
{
	mn_term_rescue();
}

int mn_tui_main(const mn_tui_options *options)
{
	mn_tui *t = mn_alloc_zero(1, sizeof(*t));
	mn_term_options term = {
		options->color, options->ascii, true, options->stop_fd, options->stop_signal};
	mn_error err = MN_SIZED(mn_error);
	int code;

	if (!t || mn_term_open(&term, &t->theme, &err)) {
		fprintf(stderr, "mnemoscope: %s\n", t ? err.text : "out of memory");
		mn_free(t);
		return MN_EXIT_FAILED;
	}
	t->options = *options;
	t->engine = options->engine;
	t->dirty = true;
	if (make_window(t) && mn_tui_open_screens(t)) {
		begin(t);
		redraw(t);
		loop(t);
	} else {
		t->code = MN_EXIT_FAILED;
	}
	end(t);
	code = t->code;
	mn_free(t);
	return code;
}
