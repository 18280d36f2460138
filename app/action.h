/* SPDX-License-Identifier: MIT */
/*
 * action.h - everything that can be done, in one table.
 *
 * An action is one thing a person can ask for: on the command line as a verb, in the workbench by a
 * key or from the command palette, or both. Its entry here is the only description there is: the
 * parser, --help, man pages, shell completions, and the workbench's keys, hint line, help screen
 * and palette are all made from it.
 *
 * Entries live beside the code they start, as a const array that ends with a nameless one; the
 * list of those arrays stands in action.c and nowhere else. All of it is static data: any thread.
 */
#ifndef MN_APP_ACTION_H
#define MN_APP_ACTION_H

#include "mn.h"

struct mn_app; /* app.h: settings, engine, streams */
struct mn_tui; /* tui/: the workbench */
typedef struct mn_args mn_args;

enum mn_param_type {
	MN_PARAM_FLAG,   /* given or not; takes no value */
	MN_PARAM_TEXT,   /* any valid UTF-8 */
	MN_PARAM_COUNT,  /* a whole number within min..max */
	MN_PARAM_CHOICE, /* one word of `choices` */
	MN_PARAM_TIME, /* ISO 8601: 2023-05-08, 2023-05-08T13:56:00, with or without a zone (UTC) */
	MN_PARAM_BRAIN, /* a brain's name, or STORE#NAME */
	MN_PARAM_URL,   /* of a store, or @PROFILE */
	MN_PARAM_FILE,  /* a path, or "-" for a standard stream */
	MN_PARAM_DIR,
	MN_PARAM_PROFILE, /* a profile's name */
	MN_PARAM_SCRIPT,  /* a script's name, or a path */
};

enum mn_param_flag {
	MN_PARAM_REQUIRED = 1 << 0,
	MN_PARAM_REPEATS = 1 << 1, /* may be given more than once, each adds a value */
};

/* An option ("--limit K"), or, where name does not begin with "--", an argument by position. */
typedef struct mn_param {
	const char *name;  /* "--limit", "QUERY" */
	const char *does;  /* one line, no full stop */
	const char *value; /* what an option's value is called: "K"; NULL for flags and arguments */
	const char *fallback; /* the value that holds when it is not given, as text; NULL: none */
	const char *choices;  /* "auto|0|1|2|3" */
	int64_t min, max;     /* of MN_PARAM_COUNT, both inclusive */
	uint8_t type, flags;
	char letter; /* "-o"; 0: none */
} mn_param;

enum mn_scope {
	MN_ON_CLI = 1 << 0,
	/* screens of the workbench */
	MN_ON_ANY = 1 << 1, /* every screen */
	MN_ON_BRAINS = 1 << 2,
	MN_ON_EXPLORER = 1 << 3,
	MN_ON_RECALL = 1 << 4,
	MN_ON_CAPACITY = 1 << 5,
	MN_ON_JOBS = 1 << 6,
	MN_ON_HELP = 1 << 7,
	MN_ON_COMPARE = 1 << 8,
	MN_ON_CYPHER = 1 << 9,
	MN_ON_UPKEEP = 1 << 10,
	MN_ON_SCREENS = 0x1ffe,
	MN_OF_LANGUAGE = 1 << 13, /* only where the store has a language of its own */
	MN_ANY_STORE = 1 << 14,   /* the verb has no use for the store that is set */
	MN_HIDDEN = 1 << 15,      /* works, but is not listed */
};

typedef struct mn_example {
	const char *command, *does;
} mn_example;

typedef struct mn_action {
	const char *name; /* "recall", "brain create": the verb's words, the palette's command */
	const char *does; /* one line, begins with a verb, no full stop: "Ask a brain a question" */
	/* More, for --help, man page and help screen: paragraphs separated by an empty line; lines
	 * that begin with two spaces stand as they are. NULL: nothing more to say. */
	const char *help;
	const char *json;       /* what --json prints, likewise; NULL: nothing */
	const mn_param *params; /* in the order of usage; ends with a nameless one; NULL: none */
	const mn_example *examples; /* ends with a commandless one; NULL: none */
	unsigned scope;             /* mn_scope */
	/* Command line: returns an exit code (app.h). NULL: no verb. */
	int (*verb)(struct mn_app *, const mn_args *);
	/* Workbench: keys that start it, separated by spaces ("enter", "ctrl-r", "space", "G",
	 * "f5"); NULL: palette only. hint: a word or two for the hint line; NULL: not shown there.
	 */
	const char *keys, *hint;
	void (*act)(struct mn_tui *, const mn_args *); /* on the UI thread; NULL: not there */
} mn_action;

/* The i-th action, in the order of help, over all tables; NULL behind the last. */
const mn_action *mn_action_at(size_t i);

/* By its full name ("brain create"); NULL: there is none. */
const mn_action *mn_action_find(mn_str name);

/* Does a listed or hidden verb begin with this word and go on ("brain", "trace")? */
bool mn_action_group(mn_str word);

/*
 * The candidate that `word` is most likely a slip of (edit distance with transpositions, at most a
 * third of its length), or NULL. candidates: ends with NULL.
 */
const char *mn_suggest(mn_str word, const char *const *candidates);

#endif
