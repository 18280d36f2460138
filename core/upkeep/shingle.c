/* SPDX-License-Identifier: MIT */
#include "upkeep/shingle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/words.h"

enum { COUNTERS = 1 << 20, COUNT_MOST = 65535 };

struct entry { /* of a shingle's chain */
	mn_id id;
	uint32_t next; /* place + 1 of the one before; 0: none */
	uint32_t n;    /* shingles of its text */
};

struct mn_shingle_index {
	double least;
	uint16_t *counters;
	mn_idmap heads; /* shingle -> place + 1 of its newest entry */
	struct entry *entries;
	size_t n, cap;
};

/* ---- Texts -------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void mn_shingles_of(mn_str text, mn_shingles *out)
{
	mn_words_walk walk;
	uint64_t before = 0;
	size_t kept = 0;

	mn_words_begin(&walk, text);
	out->n = 0;
	while (out->n < MN_SHINGLES_MOST && mn_words_next(&walk)) {
		const uint64_t word = mn_hash(walk.word);

		if (before) /* a multiplier of splitmix64 keeps the order of the two apart */
			out->at[out->n++] = (before * 0x9E3779B97F4A7C15u ^ word) | 1;
		before = word | 1;
	}
	qsort(out->at, out->n, sizeof(*out->at), by_number);
	for (size_t i = 0; i < out->n; i++)
		if (i == 0 || out->at[i] != out->at[i - 1])
			out->at[kept++] = out->at[i];
	out->n = kept;
}

double mn_shingles_alike(const mn_shingles *a, const mn_shingles *b)
{
	size_t i = 0, k = 0, both = 0;

	while (i < a->n && k < b->n) {
		both += a->at[i] == b->at[k];
		if (a->at[i] < b->at[k])
			i++;
		else if (a->at[i] > b->at[k])
			k++;
		else
			i++, k++;
	}
	return a->n + b->n ? (double)both / (double)(a->n + b->n - both) : 0;
}

size_t mn_shingles_spare(double least, size_t n)
{
	const size_t must = (size_t)ceil(least * (double)n - 1e-9);

	return must < n ? n - must : 0;
}

/* ---- The index ---------------------------------------------------------------------------- */

mn_shingle_index *mn_shingle_index_new(double least)
{
	mn_shingle_index *x = mn_alloc_zero(1, sizeof(*x));

	if (!x)
		return NULL;
	x->least = least;
	x->counters = mn_alloc_zero(COUNTERS, sizeof(*x->counters));
	if (x->counters)
		return x;
	mn_free(x);
	return NULL;
}

void mn_shingle_index_free(mn_shingle_index *x)
{
	if (!x)
		return;
	mn_idmap_free(&x->heads);
	mn_free(x->counters);
	mn_free(x->entries);
	mn_free(x);
}

static uint16_t *counter(const mn_shingle_index *x, uint64_t shingle)
{
	return &x->counters[shingle >> 44];
}

void mn_shingle_index_count(mn_shingle_index *x, const mn_shingles *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (*counter(x, s->at[i]) < COUNT_MOST)
			++*counter(x, s->at[i]);
}

/* How many of a set's shingles, the rarest, have to be looked at. */
static size_t prefix(const mn_shingle_index *x, size_t n)
{
	return mn_shingles_spare(x->least, n) + 1;
}

/* The rarest `n` to the front of a copy: selection, since n is small. */
static void rarest(const mn_shingle_index *x, const mn_shingles *s, size_t n, uint64_t *out)
{
	uint64_t all[MN_SHINGLES_MOST];

	memcpy(all, s->at, s->n * sizeof(*all));
	for (size_t i = 0; i < n; i++) {
		size_t best = i;

		for (size_t k = i + 1; k < s->n; k++) {
			const unsigned a = *counter(x, all[k]), b = *counter(x, all[best]);

			if (a < b || (a == b && all[k] < all[best]))
				best = k;
		}
		out[i] = all[best];
		all[best] = all[i];
	}
}

static size_t follow(const mn_shingle_index *x, uint64_t shingle, size_t n, mn_id *out,
	size_t found, size_t most, bool *cut)
{
	const uint64_t *head = mn_idmap_get(&x->heads, shingle);
	size_t at = head ? *head : 0;

	for (size_t steps = 0; at && found < most && steps < most; steps++) {
		const struct entry *e = &x->entries[at - 1];
		const double small = e->n < n ? e->n : (double)n,
			     large = e->n < n ? (double)n : e->n;

		if (small >= x->least * large - 1e-9)
			out[found++] = e->id;
		at = e->next;
	}
	*cut |= at != 0;
	return found;
}

size_t mn_shingle_index_find(
	const mn_shingle_index *x, const mn_shingles *s, mn_id *out, size_t most, bool *cut)
{
	uint64_t first[MN_SHINGLES_MOST];
	const size_t n = prefix(x, s->n);
	size_t found = 0, kept = 0;
	bool more = false;

	rarest(x, s, n, first);
	for (size_t i = 0; i < n; i++)
		found = follow(x, first[i], s->n, out, found, most, &more);
	if (cut)
		*cut = more;
	qsort(out, found, sizeof(*out), by_number);
	for (size_t i = 0; i < found; i++)
		if (i == 0 || out[i] != out[i - 1])
			out[kept++] = out[i];
	return kept;
}

int mn_shingle_index_add(mn_shingle_index *x, mn_shingles *s, mn_id id)
{
	uint64_t first[MN_SHINGLES_MOST];
	const size_t n = prefix(x, s->n);

	if (mn_grow((void **)&x->entries, &x->cap, x->n + n, sizeof(*x->entries), UINT32_MAX - 1)
		!= MN_OK)
		return MN_ENOMEM;
	rarest(x, s, n, first);
	for (size_t i = 0; i < n; i++) {
		const uint64_t *head = mn_idmap_get(&x->heads, first[i]);

		x->entries[x->n++] = (struct entry){id, head ? (uint32_t)*head : 0, (uint32_t)s->n};
		if (mn_idmap_put(&x->heads, first[i], x->n) != MN_OK)
			return MN_ENOMEM;
	}
	return MN_OK;
}
