/* SPDX-License-Identifier: MIT */
/* classic_anchor.c - where a question takes hold of the graph under "classic". */
#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "recall/kernel.h"

enum { TIMES, NAMES, WORDS, SETS };

/* As many of each as the original takes. */
#define MOST_TIMES 5
#define MOST_NAMES 16
#define MOST_WORDS 5
#define MOST_RUN 3 /* words of a foreign name */

struct asked {
	mn_call *call;
	mn_key *keys;
	uint32_t *nodes;
	uint32_t ends[SETS];
	uint32_t n;
};

mn_str mn_day_name(mn_call *call, int64_t day)
{
	mn_date d = mn_iso_date(day * MN_DAY);
	mn_str s = mn_arena_printf(call->arena, "%04d-%02d-%02d", d.year, d.month, d.day);

	if (!s.ptr)
		mn_fail_memory(call);
	return s;
}

static int add(struct asked *a, uint16_t type, mn_str text)
{
	if (!text.ptr)
		return MN_ENOMEM;
	a->keys[a->n++] = (mn_key){type, text};
	return MN_OK;
}

static int add_time(struct asked *a, const mn_when *when)
{
	int rc = MN_OK;

	if (when->kind == MN_WHEN_MONTH && when->year)
		rc = add(a, MN_TIME,
			mn_arena_printf(a->call->arena, "%04d-%02d", when->year, when->month));
	if (when->kind == MN_WHEN_YEAR)
		rc = add(a, MN_TIME, mn_arena_printf(a->call->arena, "%04d", when->year));
	if (when->kind == MN_WHEN_DAYS)
		for (int64_t d = when->first; d <= when->last && a->n < MOST_TIMES && rc == MN_OK;
			d++)
			rc = add(a, MN_TIME, mn_day_name(a->call, d));
	return rc;
}

/* All keys, set by set. */
static int ask(struct asked *a, const mn_analysis *said)
{
	int rc = MN_OK;

	for (size_t i = 0; i < said->ndates && a->n < MOST_TIMES && rc == MN_OK; i++)
		rc = add_time(a, &said->dates[i]);
	a->ends[TIMES] = a->n;
	for (size_t i = 0; i < said->ncandidates && rc == MN_OK; i++)
		rc = add(a, MN_ENTITY, said->candidates[i].name);
	a->ends[NAMES] = a->n;
	for (size_t i = 0; i < said->nstems && i < MOST_WORDS && rc == MN_OK; i++)
		rc = add(a, MN_CONCEPT, said->stems[i].text);
	a->ends[WORDS] = a->n;
	return rc;
}

static bool is_known(void *ctx, const mn_candidate *candidate, size_t i)
{
	const struct asked *a = ctx;

	(void)candidate;
	return a->nodes[a->ends[TIMES] + i] != MN_NOBODY;
}

static uint32_t put(uint32_t *nodes, uint32_t from, uint32_t n, uint32_t node)
{
	for (uint32_t k = from; k < n; k++)
		if (nodes[k] == node)
			return n;
	if (node != MN_NOBODY)
		nodes[n++] = node;
	return n;
}

/* Known neurons, each once in its set; of overlapping names the longest. */
static void choose(struct asked *a, const mn_analysis *said, uint32_t *nodes, uint32_t *start)
{
	uint32_t found[MOST_NAMES], n = 0;
	size_t names = mn_names_find(said, is_known, a, found, MOST_NAMES);

	start[TIMES] = 0;
	for (uint32_t i = 0; i < a->ends[TIMES]; i++)
		n = put(nodes, 0, n, a->nodes[i]);
	start[NAMES] = n;
	for (size_t i = 0; i < names; i++)
		n = put(nodes, start[NAMES], n, a->nodes[a->ends[TIMES] + found[i]]);
	start[WORDS] = n;
	for (uint32_t i = a->ends[NAMES]; i < a->ends[WORDS]; i++)
		n = put(nodes, start[WORDS], n, a->nodes[i]);
	start[SETS] = n;
}

int mn_classic_foreign(
	mn_view *view, mn_str text, const mn_analysis *said, uint32_t *out, uint32_t *n)
{
	mn_key keys[MN_CLASSIC_FOREIGN];
	uint32_t nodes[MN_CLASSIC_FOREIGN];
	size_t nkeys = 0;
	int rc;

	*n = 0;
	for (size_t i = 0; i < said->ncandidates && nkeys + 4 <= MN_CLASSIC_FOREIGN; i++) {
		const mn_candidate *c = &said->candidates[i];
		const mn_str as_is = mn_str_sub(text, c->from, c->to - c->from);

		if (c->words > MOST_RUN)
			continue;
		keys[nkeys++] = (mn_key){MN_ENTITY, as_is};
		keys[nkeys++] = (mn_key){MN_SPATIAL, as_is};
		keys[nkeys++] = (mn_key){MN_CONCEPT, as_is};
		keys[nkeys++] = (mn_key){MN_CONCEPT, c->name};
	}
	rc = mn_view_names(view, keys, nkeys, nodes);
	for (size_t i = 0; rc == MN_OK && i < nkeys; i++)
		*n = put(out, 0, *n, nodes[i]);
	return rc;
}

int mn_classic_anchors(mn_view *view, mn_call *scratch, const mn_analysis *said, mn_anchors *out)
{
	size_t room = MOST_TIMES + said->ncandidates + MOST_WORDS + 1;
	uint32_t *nodes = mn_call_array(scratch, room, sizeof(*nodes));
	uint32_t *start = mn_call_array(scratch, SETS + 1, sizeof(*start));
	struct asked a = {.call = scratch,
		.keys = mn_call_array(scratch, room, sizeof(*a.keys)),
		.nodes = mn_call_array(scratch, room, sizeof(*a.nodes))};
	int rc;

	if (!nodes || !start || !a.keys || !a.nodes)
		return MN_ENOMEM;
	rc = ask(&a, said);
	if (rc == MN_OK)
		rc = mn_view_names(view, a.keys, a.n, a.nodes);
	if (rc != MN_OK)
		return rc;
	choose(&a, said, nodes, start);
	*out = (mn_anchors){nodes, start, SETS};
	return MN_OK;
}
