/* SPDX-License-Identifier: MIT */
/* stores.c - changing to another store: by a profile's name, from a list, or by URL. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "tui/acts.h"
#include "tui/desk.h"

enum { NAME_ROOM = MN_PROFILE_NAME + 40, HERE = 1 };

const mn_profile *mn_tui_profile(const mn_tui *t)
{
	for (size_t i = 0; i < t->options.nprofiles; i++)
		if (mn_str_eq(t->options.profiles[i].store, t->options.url))
			return &t->options.profiles[i];
	return NULL;
}

static const mn_profile *profile_named(const mn_tui *t, mn_str name)
{
	for (size_t i = 0; i < t->options.nprofiles; i++)
		if (mn_str_eq(t->options.profiles[i].name, name))
			return &t->options.profiles[i];
	return NULL;
}

/* What is open by the name it goes by, else by its URL. */
static void go(mn_tui *t, mn_str url, mn_str brain, bool read_only)
{
	if (mn_str_eq(url, t->options.url)) {
		mn_tui_say(t, MN_ROLE_TEXT, "this is the store that is open");
		return;
	}
	if (!mn_tui_change_store(t, url, read_only))
		return;
	mn_tui_goto(t, &mn_screen_brains);
	snprintf(t->wanted, sizeof(t->wanted), "%.*s", (int)brain.len, brain.len ? brain.ptr : "");
	mn_tui_open_store(t);
}

static void go_profile(mn_tui *t, const mn_profile *p)
{
	go(t, p->store, p->brain, p->read_only);
}

static void chosen(mn_tui *t, mn_id id)
{
	if (id == HERE)
		go(t, t->first_url, (mn_str){0}, false);
	else
		go_profile(t, &t->options.profiles[id - HERE - 1]);
}

static void add_line(
	const mn_tui *t, mn_menu_line *line, char name[NAME_ROOM], const mn_profile *p, mn_id id)
{
	mn_str url = p ? p->store : t->first_url, called = p ? p->name : MN_STR("(no profile)");

	snprintf(name, NAME_ROOM, "%s %s%-*.*s ", mn_str_eq(url, t->options.url) ? "●" : " ",
		p ? "@" : "", p ? 15 : 16, (int)called.len, called.ptr);
	*line = (mn_menu_line){mn_str_of(name), url, id};
}

/* The store that the workbench began with, then every profile. */
static void choose(mn_tui *t)
{
	static char names[MN_PROFILES_MOST + 1][NAME_ROOM];
	static mn_menu_line lines[MN_PROFILES_MOST + 1];
	size_t n = 0;
	bool first = true;

	for (size_t i = 0; i < t->options.nprofiles; i++)
		first &= !mn_str_eq(t->options.profiles[i].store, t->first_url);
	if (first) {
		add_line(t, &lines[n], names[n], NULL, HERE);
		n++;
	}
	for (size_t i = 0; i < t->options.nprofiles; i++) {
		add_line(t, &lines[n], names[n], &t->options.profiles[i], HERE + 1 + i);
		n++;
	}
	mn_menu_open(t, "Stores", lines, n, chosen);
}

static void store(mn_tui *t, const mn_args *args)
{
	mn_str where = mn_args_text(args, "STORE");
	const mn_profile *p;

	if (!where.len) {
		choose(t);
	} else if (!mn_str_starts(where, "@")) {
		if (memchr(where.ptr, ':', where.len))
			go(t, where, (mn_str){0}, false);
		else /* what is open need not be left to find out */
			mn_tui_say(
				t, MN_ROLE_BAD, "a store is a URL such as sqlite:DIR, or @PROFILE");
	} else if ((p = profile_named(t, mn_str_sub(where, 1, SIZE_MAX)))) {
		go_profile(t, p);
	} else {
		mn_tui_say(t, MN_ROLE_BAD, "there is no profile %.*s: see mnemoscope help profile",
			MN_FMT(where));
	}
}

static const mn_param store_params[] = {
	{.name = "STORE",
		.does = "a profile, @NAME, or a store's URL; none: a list to choose from",
		.type = MN_PARAM_URL},
	{0},
};

const mn_action mn_store_actions[] = {
	{.name = "store",
		.does = "Go to another store",
		.scope = MN_ON_ANY,
		.params = store_params,
		.act = store},
	{.name = "choose store",
		.does = "Choose another store from the list of profiles",
		.scope = MN_ON_BRAINS,
		.keys = "s",
		.act = store},
	{0},
};
