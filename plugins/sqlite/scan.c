/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>

#include "anchor.h"
#include "brain.h"
#include "fault.h"
#include "heap.h"
#include "hits.h"
#include "read.h"
#include "search.h"

#define CHECK_EVERY 256
#define PAGE_BYTES ((size_t)8 << 20) /* of text: then a page is full */
#define MOST_ROWS ((size_t)1 << 24)
#define SOME_IDS 256

/* Where ids come from. */
enum source {
	FROM_TABLE,   /* every row of the kind: the statement has whole rows */
	FROM_BUNDLES, /* likewise: they are bundled */
	FROM_TAG,     /* a statement gives ids */
	FROM_LIST,    /* a neuron's synapses */
	FROM_NEURON,  /* a neuron's fibers */
	FROM_WORDS,   /* hits.h gives ids by rank */
};

struct mn_cursor {
	struct work work;
	const mn_host *host;
	mn_query query; /* its lists are the cursor's own */
	enum source source;
	struct hits hits; /* FROM_WORDS */
	sqlite3_stmt *st; /* NULL: to be started after `id` */
	struct bundle_walk walk;
	mn_id id;
	uint64_t given;
	bool ended;
	mn_id some[SOME_IDS]; /* FROM_LIST */
	size_t nsome, at;
	void *rows; /* of the page that is being filled */
	size_t cap;
};

/* ---- Where a page ends -------------------------------------------------------------------- */

/* "ID", or "ID,RANK" where the order is by rank, as the bits of a double. */
static int give_resume(mn_cursor *k, mn_call *call, mn_str *out)
{
	char text[64];
	uint64_t bits;
	int n;

	memcpy(&bits, &k->hits.rank, sizeof(bits));
	if (k->source == FROM_WORDS)
		n = snprintf(text, sizeof(text), "%llu,%llx", (unsigned long long)k->id,
			(unsigned long long)bits);
	else
		n = snprintf(text, sizeof(text), "%llu", (unsigned long long)k->id);
	char *copy = k->host->alloc(call, (size_t)n);

	if (!copy)
		return MN_ENOMEM;
	memcpy(copy, text, (size_t)n);
	*out = (mn_str){copy, (size_t)n};
	return MN_OK;
}

/* Digits of the base up to `end`, which has to follow; moves *p behind it. */
static bool take_number(const char **p, int base, char end, uint64_t *out)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = *p, *digit;
	uint64_t x = 0;

	for (; *at && (digit = memchr(digits, *at, (size_t)base)); at++)
		if (__builtin_mul_overflow(x, (uint64_t)base, &x)
			|| __builtin_add_overflow(x, (uint64_t)(digit - digits), &x))
			return false;
	if (at == *p || *at != end)
		return false;
	*out = x;
	*p = at + 1;
	return true;
}

static int take_resume(mn_cursor *k, mn_call *call, mn_str resume)
{
	char text[64] = "";
	const char *p = text;
	const bool ranked = k->source == FROM_WORDS;
	uint64_t bits = 0;
	double rank;
	bool fits = resume.len < sizeof(text);

	if (resume.len == 0)
		return MN_OK;
	if (fits)
		memcpy(text, resume.ptr, resume.len);
	fits = fits && strlen(text) == resume.len;
	fits = fits && take_number(&p, 10, ranked ? ',' : '\0', &k->id) && k->id <= INT64_MAX;
	fits = fits && (!ranked || take_number(&p, 16, '\0', &bits));
	memcpy(&rank, &bits, sizeof(bits));
	if (!fits || rank != rank)
		return k->host->fail(call, MN_EINVAL, 0,
			"\"%.*s\" is not where a page of this scan ends", SHOWN(resume));
	if (ranked)
		hits_seek(&k->hits, k->id, rank);
	return MN_OK;
}

/* ---- Beginning ---------------------------------------------------------------------------- */

static void free_query(const mn_host *host, mn_query *q)
{
	for (size_t i = 0; i < q->tags.n; i++)
		heap_free(host, (void *)q->tags.at[i].ptr);
	heap_free(host, (void *)q->tags.at);
	heap_free(host, (void *)q->types);
}

/* The caller's lists live as long as the call only. */
static int own_lists(mn_cursor *k, const mn_query *q)
{
	mn_str *tags = q->tags.n ? heap_new(k->host, q->tags.n * sizeof(*tags)) : NULL;
	uint16_t *types = q->ntypes ? heap_new(k->host, q->ntypes * sizeof(*types)) : NULL;

	k->query.tags = (mn_strs){tags, tags ? q->tags.n : 0};
	k->query.types = types;
	if ((q->tags.n && !tags) || (q->ntypes && !types))
		return MN_ENOMEM;
	if (types)
		memcpy(types, q->types, q->ntypes * sizeof(*types));
	for (size_t i = 0; i < q->tags.n; i++) {
		char *copy = heap_copy(k->host, q->tags.at[i]);

		if (!copy)
			return MN_ENOMEM;
		tags[i] = (mn_str){copy, q->tags.at[i].len};
	}
	return MN_OK;
}

static enum source source_of(const mn_query *q)
{
	if (q->text.len)
		return FROM_WORDS;
	if (q->kind == MN_SYNAPSE && q->neuron)
		return FROM_LIST;
	if (q->kind == MN_FIBER && (q->neuron || q->tags.n))
		return q->neuron ? FROM_NEURON : FROM_TAG;
	return q->kind == MN_SYNAPSE || q->kind == MN_FIBER ? FROM_BUNDLES : FROM_TABLE;
}

static int check_query(mn_db *db, mn_call *call, const mn_query *q)
{
	const mn_host *host = db->host;

	if (q->kind <= MN_BRAIN || q->kind >= MN_KINDS)
		return host->fail(
			call, MN_EINVAL, 0, "there are no rows of kind %d in a brain", q->kind);
	if (q->text.len && q->kind != MN_NEURON)
		return host->fail(call, MN_EINVAL, 0, "only neurons are searched by their text");
	if (q->text.len && !host->text_valid(q->text))
		return host->fail(
			call, MN_EINVAL, 0, "the words to search for are not valid UTF-8");
	return MN_OK;
}

/* Words: what the index lacks is put right first, or held beside it. */
static int begin_search(mn_cursor *k, mn_call *call, mn_str text)
{
	struct searched asked;
	int status = search_match(k->work.c, text, &asked);

	if (status == MN_OK && k->work.c->tally.unread) {
		conn_rollback(k->work.c);
		search_prepare(k->work.brain, call);
		status = conn_begin(k->work.c, call, false);
		if (status == MN_OK && k->work.c->tally.unread)
			status = search_tail(k->work.c);
	}
	if (status != MN_OK)
		return status;
	k->ended = asked.match.len == 0;
	return hits_begin(&k->hits, k->work.c, &asked);
}

static void free_cursor(mn_cursor *k)
{
	free_query(k->host, &k->query);
	hits_free(&k->hits, k->host);
	heap_free(k->host, k->rows);
	heap_free(k->host, k);
}

int scan_begin(mn_db *db, mn_call *call, mn_str brain, const mn_query *query, mn_cursor **out)
{
	int status = check_query(db, call, query);
	mn_cursor *k = status == MN_OK ? heap_new(db->host, sizeof(*k)) : NULL;

	if (!k)
		return status == MN_OK ? fault_memory(db->host, call) : status;
	k->host = db->host;
	k->query = *query;
	k->query.fields |= query->fields && query->tags.n ? MN_FIELD_META : 0;
	k->source = source_of(query);
	k->walk.kind = read_bundle(query->kind);
	k->walk.reads_ahead = true;
	status = own_lists(k, query) == MN_OK ? MN_OK : fault_memory(db->host, call);
	if (status == MN_OK)
		status = work_begin(db, call, brain, USE_SCAN, &k->work);
	if (status != MN_OK) {
		free_cursor(k);
		return status;
	}
	if (query->text.len)
		status = begin_search(k, call, query->text);
	if (status == MN_OK)
		status = take_resume(k, call, query->after);
	if (status != MN_OK) {
		scan_done(k);
		return status;
	}
	conn_adopt(k->work.c, NULL);
	*out = k;
	return MN_OK;
}

void scan_done(mn_cursor *k)
{
	bundle_walk_end(k->work.c, &k->walk);
	work_drop(&k->work);
	free_cursor(k);
}

/* ---- One row after the other -------------------------------------------------------------- */

static const char next_member[] =
	"SELECT fiber FROM member WHERE neuron = ?1 AND fiber > ?2 ORDER BY fiber LIMIT 1";
static const char fibers_tagged[] =
	"SELECT fiber FROM tag WHERE name = ?2 AND fiber > ?1 ORDER BY fiber";

static int start(mn_cursor *k)
{
	struct conn *c = k->work.c;
	const struct value after = I((int64_t)k->id);

	if (k->source == FROM_TABLE)
		return ASK(c, &k->st, read_all_sql(k->query.kind), after);
	return ASK(c, &k->st, fibers_tagged, after, S(k->query.tags.at[0]));
}

/* Moves k->id on to the next of a list; 1, 0 or a status, as conn_step. */
static int advance_list(mn_cursor *k)
{
	if (k->at == k->nsome) {
		int status = adjacency_synapses(
			k->work.c, k->query.neuron, k->id, k->some, SOME_IDS, &k->nsome);

		k->at = 0;
		if (status != MN_OK || k->nsome == 0)
			return status;
	}
	k->id = k->some[k->at++];
	return 1;
}

/* Likewise, to the next fiber that has the neuron as its anchor or as a member. */
static int advance_fiber(mn_cursor *k)
{
	struct conn *c = k->work.c;
	const mn_id neuron = k->query.neuron;
	mn_id anchored = 0, listed = 0;
	int status = anchor_next(c, neuron, k->id, &anchored);

	if (status == MN_OK)
		status = NUMBER(c, (int64_t *)&listed, 0, next_member, I((int64_t)neuron),
			I((int64_t)k->id));
	if (status != MN_OK || (!anchored && !listed))
		return status;
	k->id = !listed || (anchored && anchored < listed) ? anchored : listed;
	return 1;
}

static int advance_statement(mn_cursor *k)
{
	int status = k->st ? MN_OK : start(k);

	if (status == MN_OK)
		status = conn_step(k->work.c, k->st);
	if (status != 1) {
		k->st = NULL;
		return status;
	}
	k->id = (mn_id)sqlite3_column_int64(k->st, 0);
	return 1;
}

static int advance_hits(mn_cursor *k)
{
	int status = hits_next(&k->hits, k->work.c);

	if (status == 1)
		k->id = k->hits.id;
	return status;
}

static int advance(mn_cursor *k)
{
	switch (k->source) {
	case FROM_WORDS: return advance_hits(k);
	case FROM_LIST: return advance_list(k);
	case FROM_NEURON: return advance_fiber(k);
	default: return advance_statement(k);
	}
}

static int next_bundled(mn_cursor *k, void *row)
{
	const void *bundled;
	int status;

	k->walk.from = k->id + 1;
	status = bundle_next(k->work.c, &k->walk, &bundled);
	if (status != 1)
		return status;
	k->id = row_id_of(bundled);
	status = read_bundled(k->work.c, k->query.kind, bundled, k->query.fields, row);
	return status == MN_OK ? 1 : status;
}

/* Reads the next row, wanted or not. 1, 0 or a status. */
static int next_row(mn_cursor *k, void *row)
{
	const mn_query *q = &k->query;
	int status;

	if (k->source == FROM_BUNDLES)
		return next_bundled(k, row);
	status = advance(k);
	if (status != 1)
		return status;
	status = k->source == FROM_TABLE ? read_row_of(k->work.c, k->st, q->kind, q->fields, row)
					 : read_one(k->work.c, q->kind, k->id, q->fields, row);
	return status == MN_OK ? 1 : status;
}

static bool has_tags(const mn_strs *all, const mn_strs *wanted)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const mn_str *w = &wanted->at[i];
		size_t k = 0;

		while (k < all->n
			&& (all->at[k].len != w->len
				|| (w->len && memcmp(all->at[k].ptr, w->ptr, w->len) != 0)))
			k++;
		if (k == all->n)
			return false;
	}
	return true;
}

static bool in_time(const mn_query *q, mn_time created)
{
	return (!q->since || created >= q->since) && (!q->until || created < q->until);
}

static bool of_type(const mn_query *q, uint16_t type)
{
	size_t i = 0;

	while (i < q->ntypes && q->types[i] != type)
		i++;
	return q->ntypes == 0 || i < q->ntypes;
}

static bool passes(const mn_query *q, const void *row)
{
	const mn_neuron *n = row;
	const mn_synapse *s = row;
	const mn_fiber *f = row;

	switch (q->kind) {
	case MN_NEURON: return n->id && of_type(q, n->type) && in_time(q, n->created);
	case MN_SYNAPSE: return s->id && of_type(q, s->type) && in_time(q, s->created);
	case MN_FIBER: return f->id && in_time(q, f->created) && has_tags(&f->tags, &q->tags);
	default: return true;
	}
}

/* ---- Pages -------------------------------------------------------------------------------- */

static bool is_over(const mn_cursor *k)
{
	return k->ended || (k->query.limit && k->given >= k->query.limit);
}

/* Leaves those that pass; how many these are. */
static size_t sift(const mn_query *q, mn_synapse *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (passes(q, &rows[i]))
			rows[kept++] = rows[i];
	return kept;
}

/* The rows of synapses that lie together, those that pass behind the n that there are. */
static int fill_some(mn_cursor *k, size_t max, size_t *n)
{
	const struct synapse_row *rows;
	struct conn *c = k->work.c;
	mn_synapse *to;
	size_t some, got;
	int status;

	if (k->query.limit && k->query.limit - k->given < max - *n)
		max = *n + (size_t)(k->query.limit - k->given);
	k->walk.from = k->id + 1;
	status = bundle_next_rows(c, &k->walk, max - *n, (const void **)&rows, &some);
	k->ended = status == 0;
	if (status != 1)
		return status;
	if (!heap_grow(k->host, &k->rows, &k->cap, *n + some, sizeof(*to), MOST_ROWS))
		return conn_memory(c);
	to = (mn_synapse *)k->rows + *n;
	status = read_synapses(c, rows, some, k->query.fields, to, &got);
	if (status == MN_OK && got == 0) /* it has texts, which may be long */
		status = read_bundled(c, MN_SYNAPSE, rows, k->query.fields, to + got++);
	if (status != MN_OK)
		return status;
	k->id = rows[got - 1].id;
	k->walk.at -= some - got; /* what it gave and was not taken */
	if (k->query.ntypes || k->query.since || k->query.until)
		got = sift(&k->query, to, got);
	*n += got;
	k->given += got;
	return MN_OK;
}

static int fill_synapses(mn_cursor *k, size_t max, size_t *n)
{
	int status = MN_OK;

	k->work.c->copied = 0;
	while (status == MN_OK && *n < max && !is_over(k) && k->work.c->copied < PAGE_BYTES) {
		status = conn_check(k->work.c);
		if (status == MN_OK)
			status = fill_some(k, max, n);
	}
	return status;
}

/* Fills k->rows; *n is how many there are. */
static int fill(mn_cursor *k, size_t max, size_t *n)
{
	const size_t size = read_size(k->query.kind);
	struct conn *c = k->work.c;
	int status = MN_OK;

	c->copied = 0;
	for (size_t seen = 0; *n < max && !is_over(k) && c->copied < PAGE_BYTES; seen++) {
		void *row;

		if (seen % CHECK_EVERY == 0 && (status = conn_check(c)) != MN_OK)
			return status;
		if (!heap_grow(k->host, &k->rows, &k->cap, *n + 1, size, MOST_ROWS))
			return conn_memory(c);
		row = (char *)k->rows + *n * size;
		status = next_row(k, row);
		if (status < 0)
			return status;
		k->ended = status == 0;
		if (status == 1 && passes(&k->query, row)) {
			++*n;
			k->given++;
		}
	}
	return MN_OK;
}

static int give_page(mn_cursor *k, mn_call *call, size_t n, mn_page *out)
{
	const size_t bytes = n * read_size(k->query.kind);
	void *rows = n ? k->host->alloc(call, bytes) : NULL;
	mn_str resume = {0};
	int status = n && !rows ? MN_ENOMEM : give_resume(k, call, &resume);

	if (status != MN_OK)
		return status;
	if (n)
		memcpy(rows, k->rows, bytes);
	out->rows = (mn_rows){.kind = k->query.kind, .n = n, .at.any = rows};
	out->resume = resume;
	out->last = is_over(k);
	return MN_OK;
}

int scan_next(mn_cursor *k, mn_call *call, size_t max, mn_page *out)
{
	struct conn *c = k->work.c;
	const mn_id id = k->id;
	const double rank = k->hits.rank;
	const uint64_t given = k->given;
	size_t n = 0;
	int status = conn_adopt(c, call);

	if (status != MN_OK)
		return status;
	call->at = c->tally.gen;
	status = k->source == FROM_BUNDLES && k->query.kind == MN_SYNAPSE
			 ? fill_synapses(k, max, &n)
			 : fill(k, max, &n);
	if (status == MN_OK)
		status = give_page(k, call, n, out);
	if (status != MN_OK) { /* the same page may be asked for again */
		if (k->st)
			sqlite3_reset(k->st);
		k->st = NULL;
		bundle_walk_end(c, &k->walk);
		k->id = id;
		hits_seek(&k->hits, id, rank);
		k->given = given;
		k->nsome = k->at = 0;
		k->ended = false;
	}
	conn_adopt(c, NULL);
	return status;
}
