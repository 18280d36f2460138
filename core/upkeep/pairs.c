/* SPDX-License-Identifier: MIT */
/*
 * pairs.c - all pairs of memories that say nearly the same.
 *
 * Memories are read by id, twice: first to learn which shingles are rare, then each is looked up
 * among those before it and added to them (shingle.h). Only what the index needs is kept of a text;
 * one that has to be compared is read again.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "similar.h"
#include "store/brain.h"
#include "upkeep/shingle.h"

enum { PAGE = 1000, TEXTS = 256, CANDIDATES = 65536, TOLD = 10 * PAGE };
#define LEAST 0.8

struct joining {
	mn_brain *brain;
	mn_call *call, page, texts; /* page: rows of the scan; texts: those to compare one with */
	const mn_pairs_options *options;
	double least;
	mn_shingle_index *index;
	mn_shingles own, other;
	mn_id candidates[CANDIDATES];
	mn_pairs made;
	uint64_t done, told, total; /* rows */
};

typedef int on_neuron(struct joining *, const mn_neuron *);

static bool eligible(const mn_neuron *n)
{
	return (n->flags & MN_NEURON_ANCHOR) && !(n->flags & MN_NEURON_ARCHIVED);
}

static void tell(struct joining *j, size_t rows)
{
	const mn_progress *p = &j->options->progress;

	j->done += rows;
	if (!p->tell || j->done - j->told < TOLD)
		return;
	j->told = j->done;
	p->tell(p->ctx, j->done, j->total > j->done ? j->total : j->done, "rows");
}

static int scan(struct joining *j, unsigned fields, on_neuron *fn)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *it = NULL;
	int rc;

	q.kind = MN_NEURON;
	q.fields = fields;
	mn_call_reset(&j->page);
	rc = mn_brain_scan(j->brain, &j->page, &q, &it);
	while (rc == MN_OK && !page.last) {
		mn_call_reset(&j->page);
		rc = mn_scan_next(it, &j->page, PAGE, &page);
		for (size_t i = 0; rc == MN_OK && i < page.rows.n; i++) {
			if (!eligible(&page.rows.at.neuron[i]))
				continue;
			mn_shingles_of(page.rows.at.neuron[i].text, &j->own);
			if (j->own.n >= MN_SHINGLES_LEAST)
				rc = fn(j, &page.rows.at.neuron[i]);
		}
		tell(j, rc == MN_OK ? page.rows.n : 0);
		if (rc == MN_OK)
			rc = mn_check(j->call);
	}
	mn_scan_done(it);
	return rc;
}

static int count(struct joining *j, const mn_neuron *n)
{
	(void)n;
	mn_shingle_index_count(j->index, &j->own);
	j->made.memories++;
	return MN_OK;
}

static int give(struct joining *j, const mn_neuron *older, const mn_neuron *newer, double alike)
{
	mn_alike a = {older->id, older->uid, older->text, older->created, alike},
		 b = {newer->id, newer->uid, newer->text, newer->created, alike};
	int rc = mn_uid_derive(j->brain, &j->texts, MN_NEURON, older, &a.uid);

	if (rc == MN_OK)
		rc = mn_uid_derive(j->brain, &j->texts, MN_NEURON, newer, &b.uid);
	if (rc)
		return rc;
	j->made.pairs++;
	return j->options->pair(j->options->ctx, &a, &b);
}

static int compare(struct joining *j, const mn_neuron *n, mn_ids with)
{
	mn_rows rows;
	int rc;

	mn_call_reset(&j->texts);
	rc = mn_brain_get(
		j->brain, &j->texts, MN_NEURON, with, MN_FIELD_TEXT | MN_FIELD_UID, &rows);
	for (size_t i = 0; rc == MN_OK && i < rows.n; i++) {
		double alike;

		if (!rows.at.neuron[i].id)
			continue;
		mn_shingles_of(rows.at.neuron[i].text, &j->other);
		alike = mn_shingles_alike(&j->own, &j->other);
		if (alike >= j->least)
			rc = give(j, &rows.at.neuron[i], n, alike);
	}
	j->made.compared += with.n;
	return rc ? rc : mn_check(j->call);
}

static int join(struct joining *j, const mn_neuron *n)
{
	bool cut;
	const size_t found = mn_shingle_index_find(
		j->index, &j->own, j->candidates, CANDIDATES, &cut);
	int rc = MN_OK;

	j->made.crowded += cut;
	for (size_t at = 0, some; rc == MN_OK && at < found; at += some) {
		some = found - at < TEXTS ? found - at : TEXTS;
		rc = compare(j, n, (mn_ids){j->candidates + at, some});
	}
	if (rc == MN_OK && mn_shingle_index_add(j->index, &j->own, n->id) != MN_OK)
		rc = mn_fail_memory(j->call);
	return rc;
}

static int find_pairs(struct joining *j)
{
	mn_brain_row row;
	int rc = mn_call_within(&j->page, j->call, 0);

	if (rc == MN_OK)
		rc = mn_call_within(&j->texts, j->call, 0);
	if (rc == MN_OK)
		rc = mn_brain_describe(j->brain, &j->page, &row);
	if (rc)
		return rc;
	j->total = 2 * row.neurons;
	j->index = mn_shingle_index_new(j->least);
	if (!j->index)
		return mn_fail_memory(j->call);
	rc = scan(j, MN_FIELD_TEXT, count);
	return rc ? rc : scan(j, MN_FIELD_TEXT | MN_FIELD_UID, join);
}

int mn_brain_similar_pairs(mn_brain *b, mn_call *call, const mn_pairs_options *o, mn_pairs *out)
{
	struct joining *j;
	int rc;

	if (o->least != 0 && !(o->least >= 0.3 && o->least <= 1))
		return mn_fail(call, MN_EINVAL, 0, "how alike is a number from 0.3 to 1, not %g",
			o->least);
	j = mn_alloc_zero(1, sizeof(*j));
	if (!j)
		return mn_fail_memory(call);
	j->brain = b;
	j->call = call;
	j->options = o;
	j->least = o->least > 0 ? o->least : LEAST;
	rc = find_pairs(j);
	if (out) {
		j->made.size = out->size;
		*out = j->made;
	}
	mn_shingle_index_free(j->index);
	mn_call_done(&j->page);
	mn_call_done(&j->texts);
	mn_free(j);
	return rc;
}
