/* SPDX-License-Identifier: MIT */
/*
 * desk.h - the running workbench, as its own parts see it: screens, popups, tasks, messages.
 *
 * There is one, on the user's thread, and everything here belongs to that thread. It never calls
 * a store; what does is a task (task.h).
 */
#ifndef MN_TUI_DESK_H
#define MN_TUI_DESK_H

#include <panel.h>

#include "args.h"
#include "base/buf.h"
#include "tui/keymap.h"
#include "tui/line.h"
#include "tui/link.h"
#include "tui/list.h"
#include "tui/popup.h"
#include "tui/screen.h"
#include "tui/shelf.h"
#include "tui/tui.h"
#include "tui/unsent.h"

enum {
	MN_STORES_MOST = 16,
	MN_TABS = 6,
	MN_PUSHED_MOST = 4,
	MN_POPUPS_MOST = 4,
	MN_LOG_MOST = 500,
	MN_DONE_MOST = 50
};

typedef struct mn_log_line {
	mn_time when;
	int role; /* how it looks */
	char *text;
} mn_log_line;

/* A job that is over, as the list of jobs remembers it. */
typedef struct mn_done {
	char title[80], fault[236];
	uint64_t took;
	mn_time when;
	int status;
} mn_done;

/* A store that was opened stays open, so that nothing that runs loses it. */
typedef struct mn_berth {
	char *url;
	mn_store *store; /* NULL: not open yet */
	bool read_only;
} mn_berth;

typedef struct mn_keep { /* keep.c */
	mn_slot slot;
	mn_time due; /* when it is written; 0: nothing changed */
	mn_buf last; /* what was written, or is to be at the end */
	bool failed; /* said already */
} mn_keep;

typedef struct mn_tui {
	mn_tui_options options; /* url, read_only: of the store one is on */
	mn_engine *engine;
	mn_store *store;                 /* NULL until it is open */
	mn_berth berths[MN_STORES_MOST]; /* other than the one it began with */
	int nberths;
	mn_str first_url; /* the one it began with */
	mn_store *first;
	bool first_read_only;
	mn_link link;
	mn_unsent unsent;
	mn_shelf shelf;
	mn_keep keep;
	mn_seat *seat;      /* the open brain; NULL: none */
	uint64_t recall_us; /* the last recall's latency; 0: none yet */
	mn_theme theme;
	mn_keymap keymap;
	WINDOW *win;
	PANEL *panel;
	mn_screen *tabs[MN_TABS], *pushed[MN_PUSHED_MOST];
	int tab, npushed;
	mn_popup *popups[MN_POPUPS_MOST];
	int npopups;
	mn_task *tasks;
	mn_slot own; /* the workbench's own task: opening */
	mn_history commands, queries;
	mn_log_line log[MN_LOG_MOST]; /* a ring: nlog were ever written */
	uint64_t nlog;
	mn_done done[MN_DONE_MOST]; /* likewise */
	uint64_t ndone;
	char message[256]; /* until the next key */
	int message_role;
	char *dump;      /* the file to write the screen to, once it has settled */
	bool dump_looks; /* colours and attributes too */
	bool dirty, leaving;
	bool pending;     /* the wanted brain could not be opened for want of a connection */
	bool wanted_said; /* the wanted brain was named by the person: missing it is worth a word */
	int code;         /* what mn_tui_main returns */
	mn_mouse click;   /* the last press, for double ones */
	mn_time click_at, spun_at; /* of that press; the spinner's last turn */
	char wanted[512];          /* the brain that is being opened */
} mn_tui;

mn_time mn_tui_clock(const mn_tui *); /* monotonic */
mn_time mn_tui_now(const mn_tui *);

/* Something has to be drawn anew. */
void mn_tui_touch(mn_tui *);
/* A line in place of the hints, until the next key, and in the log. role: MN_ROLE_GOOD, _BAD .. */
void mn_tui_say(mn_tui *, int role, const char *fmt, ...) MN_PRINTF(3, 4);
/* A line in the log alone. */
void mn_tui_note(mn_tui *, int role, const char *fmt, ...) MN_PRINTF(3, 4);

/* The screen in front. */
mn_screen *mn_tui_screen(const mn_tui *);
/* The state of the screen in front, if it is of this kind; else NULL. */
void *mn_tui_state(const mn_tui *, const mn_screen_ops *);
/* Brings the tab with this screen to the front, and returns it. */
mn_screen *mn_tui_goto(mn_tui *, const mn_screen_ops *);
/* A screen above the tab, until it is popped; NULL: no memory, said. */
mn_screen *mn_tui_push(mn_tui *, const mn_screen_ops *);
void mn_tui_pop(mn_tui *);

/* Every screen learns that another brain is open, or none. */
void mn_tui_tell(mn_tui *);
bool mn_tui_open_screens(mn_tui *); /* false: no memory */
void mn_tui_close_screens(mn_tui *);

/* Starts an action; one that lacks required arguments has them asked for. */
void mn_tui_act(mn_tui *, const mn_action *, const mn_args *);
/* Starts the action and arguments that a line of words names. MN_EINVAL: why not. */
int mn_tui_command(mn_tui *, mn_str line, mn_error *err);
/* Text as one word of such a line, in quotes. Returns out. */
const char *mn_tui_quote(mn_str text, char *out, size_t room);
/* May this action be started now, on this screen? */
bool mn_tui_live(const mn_tui *, const mn_action *);

/* opening.c: opens the store, then the brain that is wanted; tasks. */
void mn_tui_open_store(mn_tui *);
/* Leaves the store for the one of this URL, which mn_tui_open_store then opens. The brain is
 * closed. False: no memory or too many, said. */
bool mn_tui_change_store(mn_tui *, mn_str url, bool read_only);
/* stores.c: the profile of the store one is on; NULL: it has none. */
const mn_profile *mn_tui_profile(const mn_tui *);
void mn_tui_close_stores(mn_tui *); /* at the end, when no task runs any more */
/* Opens a brain of the store, in a task; every screen is told. */
void mn_tui_open_brain(mn_tui *, mn_str name);
/* Lets go of the open brain. */
void mn_tui_close_brain(mn_tui *);
/* The open brain was written to: its counts are these now, and every screen is told. */
void mn_tui_changed(mn_tui *, const mn_brain_row *);
/* True, and said, if nothing may be written. */
bool mn_tui_refuses(mn_tui *);

/* explorer.c: goes to the explorer, at this neuron. */
void mn_explorer_show(mn_tui *, mn_id);
/* frame.c: the whole screen. */
void mn_tui_draw(mn_tui *);
/* The tab whose label stands at this column of the first row; -1: none. */
int mn_tui_tab_at(const mn_tui *, int x);
/* dump.c: what stands on the screen, as text, to a file (0600). */
int mn_tui_dump(mn_tui *, const char *path, bool looks, mn_error *err);
/* keep.c: where one was, kept over runs. The brain that was open goes to tui->wanted. */
void mn_keep_load(mn_tui *);
/* Something of it may have changed: it is written soon. */
void mn_keep_touch(mn_tui *);
/* Writes what is due, in a task; when to look again, 0: nothing is due. */
mn_time mn_keep_tick(mn_tui *, mn_time now);
/* The end: save while the screens are there, end when no task runs any more. */
void mn_keep_save(mn_tui *);
void mn_keep_end(mn_tui *);
/* The folder of what is kept; false: nowhere. */
bool mn_keep_folder(char *out, size_t room);
/* Makes every folder of the path, private ones. */
void mn_keep_make(char *path);

#endif
