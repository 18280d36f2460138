/* SPDX-License-Identifier: MIT */
/* search.c - looking for words in the archive: every segment is unpacked, none comes back. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/memory.h"
#include "store/brain.h"
#include "text/words.h"
#include "upkeep/archive.h"

enum { FOUND_MOST = 1000000 };

struct search {
	mn_brain *brain;
	mn_call *call, work;
	mn_strmap words; /* of the question -> the last text it was met in */
	uint64_t text;
	mn_archived *at;
	size_t n, cap;
};

static bool matches(struct search *s, mn_str text)
{
	mn_words_walk walk;
	size_t met = 0;

	s->text++;
	mn_words_begin(&walk, text);
	while (met < s->words.n && mn_words_next(&walk)) {
		uint64_t *seen = mn_strmap_get(&s->words, walk.word);

		met += seen && *seen != s->text;
		if (seen)
			*seen = s->text;
	}
	return met == s->words.n;
}

static int keep(struct search *s, const mn_segment *g, const mn_fiber *f, const mn_neuron *n)
{
	mn_archived *to;
	mn_str uid = f->uid;
	int rc = uid.len ? MN_OK : mn_uid_derive(s->brain, &s->work, MN_NEURON, n, &uid);

	if (rc)
		return rc;
	if (mn_grow((void **)&s->at, &s->cap, s->n + 1, sizeof(*s->at), FOUND_MOST) != MN_OK)
		return mn_fail_memory(s->call);
	to = &s->at[s->n++];
	*to = (mn_archived){.uid = mn_call_copy(s->call, uid),
		.text = mn_call_copy(s->call, n->text),
		.created = f->created,
		.archived = g->archived,
		.salience = f->salience};
	return to->uid.ptr && to->text.ptr ? MN_OK : MN_ENOMEM;
}

static int search_segment(struct search *s, const mn_segment *g)
{
	const mn_rows *fibers = &g->rows[MN_FIBER], *neurons = &g->rows[MN_NEURON];
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < fibers->n; i++)
		for (size_t k = 0; rc == MN_OK && k < neurons->n; k++)
			if (neurons->at.neuron[k].id == fibers->at.fiber[i].anchor
				&& matches(s, neurons->at.neuron[k].text))
				rc = keep(s, g, &fibers->at.fiber[i], &neurons->at.neuron[k]);
	return rc;
}

static int search_all(struct search *s)
{
	uint16_t type;
	const mn_query q = mn_archive_query(&type);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	rc = mn_brain_scan(s->brain, &s->work, &q, &scan);
	while (rc == MN_OK && !page.last) {
		mn_call_reset(&s->work);
		rc = mn_scan_next(scan, &s->work, 4, &page);
		for (size_t i = 0; rc == MN_OK && i < page.rows.n; i++) {
			mn_segment g;

			rc = mn_segment_read(&s->work, &page.rows.at.neuron[i], &g);
			if (rc == MN_OK)
				rc = search_segment(s, &g);
		}
	}
	mn_scan_done(scan);
	return rc;
}

static int take_words(struct search *s, mn_str words)
{
	mn_words_walk walk;

	mn_words_begin(&walk, words);
	while (mn_words_next(&walk))
		if (mn_strmap_put(&s->words, walk.word, 0) != MN_OK)
			return mn_fail_memory(s->call);
	return MN_OK;
}

static int newest_first(const void *a, const void *b)
{
	const mn_archived *x = a, *y = b;

	return (y->created > x->created) - (y->created < x->created);
}

int mn_archive_search(mn_brain *b, mn_call *call, mn_str words, uint32_t limit,
	const mn_archived **out, size_t *n)
{
	struct search s = {.brain = b, .call = call};
	mn_archived *found;
	int rc = mn_call_within(&s.work, call, 0);

	if (rc == MN_OK)
		rc = take_words(&s, words);
	if (rc == MN_OK)
		rc = search_all(&s);
	if (rc == MN_OK && s.n)
		qsort(s.at, s.n, sizeof(*s.at), newest_first);
	s.n = limit && limit < s.n ? limit : s.n;
	found = rc == MN_OK ? mn_call_array(call, s.n + 1, sizeof(*found)) : NULL;
	if (found) {
		if (s.n)
			memcpy(found, s.at, s.n * sizeof(*found));
		*out = found;
		*n = s.n;
	}
	mn_free(s.at);
	mn_strmap_free(&s.words);
	mn_call_done(&s.work);
	return rc ? rc : found ? MN_OK : MN_ENOMEM;
}
