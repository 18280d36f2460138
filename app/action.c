/* SPDX-License-Identifier: MIT */
#include "action.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "cli/verbs.h"
#include "tui/tui.h"

/* Every table of actions there is, in the order of help. */
static const mn_action *const tables[] = {
	mn_verbs_remember,
	mn_verbs_import,
	mn_verbs_export,
	mn_verbs_recall,
	mn_verbs_trace,
	mn_verbs_similar,
	mn_verbs_query,
	mn_verbs_stats,
	mn_verbs_capacity,
	mn_verbs_brain,
	mn_verbs_copy,
	mn_verbs_run,
	mn_verbs_doctor,
	mn_verbs_profile,
	mn_verbs_secret,
	mn_verbs_plugins,
	mn_verbs_serve,
	mn_verbs_token,
	mn_verbs_help,
	mn_verbs_complete,
	mn_brains_actions,
	mn_explorer_actions,
	mn_recall_actions,
	mn_trace_actions,
	mn_compare_actions,
	mn_cypher_actions,
	mn_capacity_actions,
	mn_upkeep_actions,
	mn_jobs_actions,
	mn_tui_actions,
	mn_store_actions,
	mn_unsent_actions,
	mn_link_actions,
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]), SLIP_MAX = 48 };

const mn_action *mn_action_at(size_t i)
{
	for (size_t t = 0; t < TABLES; t++)
		for (const mn_action *a = tables[t]; a->name; a++)
			if (i-- == 0)
				return a;
	return NULL;
}

const mn_action *mn_action_find(mn_str name)
{
	const mn_action *a;

	for (size_t i = 0; (a = mn_action_at(i)); i++)
		if (mn_str_is(name, a->name))
			return a;
	return NULL;
}

bool mn_action_group(mn_str word)
{
	const mn_action *a;

	for (size_t i = 0; (a = mn_action_at(i)); i++)
		if (a->verb && strlen(a->name) > word.len && a->name[word.len] == ' '
			&& memcmp(a->name, word.ptr, word.len) == 0)
			return true;
	return false;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Damerau's distance (optimal string alignment), three rows at a time. */
static unsigned distance(mn_str a, mn_str b)
{
	unsigned rows[3][SLIP_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	if (a.len > SLIP_MAX || b.len > SLIP_MAX)
		return UINT_MAX;
	for (unsigned j = 0; j <= b.len; j++)
		above[j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *spare = before;

		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]));
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2]
				&& a.ptr[i - 2] == b.ptr[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b.len];
}

const char *mn_suggest(mn_str word, const char *const *candidates)
{
	unsigned best = (unsigned)(word.len + 2) / 3 + 1;
	const char *likely = NULL;

	for (; *candidates; candidates++) {
		unsigned d = distance(word, mn_str_of(*candidates));

		if (d < best) {
			best = d;
			likely = *candidates;
		}
	}
	return likely;
}
