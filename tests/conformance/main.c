/* SPDX-License-Identifier: MIT */
/*
 * conformance - asks a storage backend everything that the contract (core/backend.h) promises.
 *
 * usage: conformance [--only SUBJECT]... URL...
 *
 * An "@" in a URL stands for a fresh folder: "sqlite:@". A store that cannot be written is asked
 * the claims about reading, of the brain it brings. $MN_PLUGINS names folders of plugins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

extern const struct claims any_claims, brains_claims, reads_claims, expand_claims, weights_claims,
	apply_claims, refusals_claims, bumps_claims, scan_claims, text_claims, cancel_claims,
	durable_claims, memory_claims, threads_claims;

static const struct claims *const subjects[] = {
	&any_claims,
	&brains_claims,
	&reads_claims,
	&expand_claims,
	&weights_claims,
	&apply_claims,
	&refusals_claims,
	&bumps_claims,
	&scan_claims,
	&text_claims,
	&cancel_claims,
	&durable_claims,
	&memory_claims,
	&threads_claims,
};

static struct room *room; /* cmocka hands a group's setup nothing of ours */

static int enter(void **state)
{
	*state = room;
	return 0;
}

static int ask_about(const struct claims *c, const char *url)
{
	char title[600];

	if (!c->reads_only && !(room->info.caps & MN_CAP_CREATE)) {
		print_message(
			"%s: cannot be written, so nothing is asked about %s\n", url, c->subject);
		return 0;
	}
	snprintf(title, sizeof(title), "%s, about %s", url, c->subject);
	return _cmocka_run_group_tests(title, c->at, c->n, enter, NULL);
}

/* Is the subject among the n wanted ones? */
static bool wanted(const char *subject, char *const *want, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(want[i], subject) == 0)
			return true;
	return n == 0;
}

static int ask_store(const char *url, char *const *only, int nonly)
{
	struct room here = {0};
	int failed = 0;

	room = &here;
	if (room_open(room, url))
		return 1;
	for (size_t i = 0; i < COUNT(subjects); i++)
		if (wanted(subjects[i]->subject, only, nonly))
			failed += ask_about(subjects[i], url);
	room_close(room);
	return failed;
}

int main(int argc, char **argv)
{
	char *only[COUNT(subjects)];
	int at = 1, nonly = 0, failed = 0;

	for (; at + 1 < argc && strcmp(argv[at], "--only") == 0; at += 2)
		if (nonly < (int)COUNT(only))
			only[nonly++] = argv[at + 1];
	if (at >= argc) {
		fprintf(stderr, "usage: conformance [--only SUBJECT]... URL...\n");
		return 2;
	}
	world_use_memory();
	for (; at < argc; at++)
		failed += ask_store(argv[at], only, nonly);
	return failed != 0;
}
