/* SPDX-License-Identifier: MIT */
/*
 * scan.c - rows by filter, a page at a time.
 *
 * Nothing is held at the server: rows are fetched some at a time, each time behind the last one, by
 * id or by rank and id, which is also where a scan resumes; the first with the scan itself, and
 * more as the scan goes on, unless they are large. Pages are given from what was fetched. Fetching
 * more after somebody wrote is MN_ESTALE. The order of an index is used, so that a fetch costs what
 * it gives.
 */
#include "scan.h"

#include <stdio.h>
#include <string.h>

#include "question.h"
#include "read.h"
#include "rows.h"
#include "search.h"

#define FIRST_ROWS 64   /* fetched with the scan */
#define MOST_ROWS 4096  /* fetched at once, */
#define LARGE (4 << 20) /* if they are not about so many bytes */
#define MARK 32         /* characters of the mark where a page ends */
#define MOST_PIECES 24
#define RANKS HEAD_COLUMNS
#define ROWS (HEAD_COLUMNS + 1)

struct place {
	double rank;
	mn_id id;
};

struct mn_cursor {
	mn_db *db;
	char *brain;
	size_t brain_len;
	mn_gen gen;
	int kind;
	unsigned fields;
	struct text filters; /* parameters, as members of an object */
	const char *pieces[MOST_PIECES];
	struct place at;              /* of the last row that was given */
	struct place fetched;         /* of the last one that was fetched */
	uint64_t left;                /* rows that may still be given */
	struct answer got;            /* what was fetched, */
	size_t next, end;             /* and which of it were not given yet */
	size_t fetch;                 /* rows to fetch the next time */
	bool by_rank, nothing, whole; /* whole: the last row was fetched */
};

/* ---- The statement, which stays the same ----------------------------------------------------- */

static void add(mn_cursor *c, size_t *n, const char *piece)
{
	c->pieces[(*n)++] = piece;
}

static void add_source(mn_cursor *c, const mn_query *q, size_t *n)
{
	if (c->by_rank)
		add(c, n,
			"CALL db.index.fulltext.queryNodes('mn_neuron_words', $p.words) "
			"YIELD node AS n, score WHERE n.b = $p.b AND (score < $p.rank "
			"OR score = $p.rank AND n.id > $p.after) ");
	else if (c->kind == MN_SYNAPSE && q->neuron)
		add(c, n,
			"MATCH (:MnNeuron {b: $p.b, id: $p.neuron})-[s:MN_SYNAPSE]-() "
			"WHERE s.id > $p.after ");
	else if (c->kind == MN_SYNAPSE)
		add(c, n, "MATCH ()-[s:MN_SYNAPSE]->() WHERE s.b = $p.b AND s.id > $p.after ");
	else if (c->kind == MN_FIBER)
		add(c, n, "MATCH (f:MnFiber) WHERE f.b = $p.b AND f.id > $p.after ");
	else
		add(c, n, "MATCH (n:MnNeuron) WHERE n.b = $p.b AND n.id > $p.after ");
	if (c->kind == MN_STATE)
		add(c, n, "AND n.decay IS NOT NULL ");
}

/* A fiber has the type of its anchor, a state that of its neuron. */
static void add_filters(mn_cursor *c, const mn_query *q, size_t *n)
{
	const bool s = c->kind == MN_SYNAPSE, f = c->kind == MN_FIBER;

	if (q->ntypes)
		add(c, n,
			s   ? "AND s.type IN $p.types "
			: f ? "AND EXISTS { MATCH (f)-[:MN_ANCHOR]->(x) WHERE x.type IN $p.types } "
			    : "AND n.type IN $p.types ");
	if (q->since)
		add(c, n,
			s   ? "AND s.created >= $p.since "
			: f ? "AND f.created >= $p.since "
			    : "AND n.created >= $p.since ");
	if (q->until)
		add(c, n,
			s   ? "AND s.created < $p.until "
			: f ? "AND f.created < $p.until "
			    : "AND n.created < $p.until ");
	if (q->neuron && f)
		add(c, n, "AND (f.anchor = $p.neuron OR $p.neuron IN coalesce(f.neurons, [])) ");
	else if (q->neuron && !s)
		add(c, n, "AND n.id = $p.neuron ");
	if (q->tags.n)
		add(c, n,
			f ? "AND all(tag IN $p.tags WHERE tag IN coalesce(f.tags, [])) "
			  : "AND false ");
}

static void add_result(mn_cursor *c, const mn_query *q, size_t *n)
{
	if (c->by_rank)
		add(c, n,
			"WITH n, score ORDER BY score DESC, n.id LIMIT $p.max "
			"RETURN collect(score) AS ranks, collect(");
	else if (c->kind == MN_SYNAPSE && q->neuron)
		add(c, n,
			"WITH DISTINCT s ORDER BY s.id LIMIT $p.max "
			"RETURN collect(null) AS ranks, collect(");
	else if (c->kind == MN_SYNAPSE)
		add(c, n,
			"WITH s ORDER BY s.b, s.id LIMIT $p.max RETURN collect(null) AS ranks, collect(");
	else if (c->kind == MN_FIBER)
		add(c, n,
			"WITH f ORDER BY f.b, f.id LIMIT $p.max RETURN collect(null) AS ranks, collect(");
	else
		add(c, n,
			"WITH n ORDER BY n.b, n.id LIMIT $p.max RETURN collect(null) AS ranks, collect(");
	add(c, n, row_cells(c->kind, c->fields));
	add(c, n, ") AS rows");
	add(c, n, NULL);
}

static void write_statement(mn_cursor *c, const mn_query *q)
{
	size_t n = 0;

	add_source(c, q, &n);
	add_filters(c, q, &n);
	add_result(c, q, &n);
}

static void write_filters(mn_cursor *c, const mn_query *q)
{
	const mn_host *host = c->db->host;
	struct text *t = &c->filters;

	text_name(t, "types");
	text_open(t, '[');
	for (size_t i = 0; i < q->ntypes; i++) {
		const char *name = host->type_name(
			c->kind == MN_SYNAPSE ? MN_SYNAPSE : MN_NEURON, q->types[i]);

		text_str(t, (mn_str){name, name ? strlen(name) : 0});
	}
	text_close(t, ']');
	text_name(t, "tags");
	text_open(t, '[');
	for (size_t i = 0; i < q->tags.n; i++)
		if (host->text_valid(q->tags.at[i]))
			text_str(t, q->tags.at[i]);
		else
			text_null(t); /* no fiber has it */
	text_close(t, ']');
	text_name(t, "since");
	text_int(t, q->since);
	text_name(t, "until");
	text_int(t, q->until);
	text_name(t, "neuron");
	text_int(t, q->neuron <= INT64_MAX ? (int64_t)q->neuron : 0);
}

/* ---- Where a page ends --------------------------------------------------------------------- */

static bool read_hex(const char *at, size_t n, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		const char *digits = "0123456789abcdef", *digit = strchr(digits, at[i]);

		if (!at[i] || !digit)
			return false;
		*out = *out << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

/* 16 hexadecimal digits of the rank's bits, 16 of the id. */
static int read_mark(mn_cursor *c, mn_call *call, mn_str mark)
{
	uint64_t bits;

	c->at = (struct place){.rank = 1e300};
	if (mark.len == 0)
		return MN_OK;
	if (mark.len != MARK || !read_hex(mark.ptr, 16, &bits)
		|| !read_hex(mark.ptr + 16, 16, &c->at.id) || c->at.id > INT64_MAX)
		return c->db->host->fail(
			call, MN_EINVAL, 0, "the page to go on after is not one of this store");
	memcpy(&c->at.rank, &bits, sizeof(bits));
	if (!(c->at.rank >= 0 && c->at.rank <= 1e300))
		return c->db->host->fail(
			call, MN_EINVAL, 0, "the page to go on after is not one of this store");
	return MN_OK;
}

static int write_mark(const mn_cursor *c, mn_call *call, mn_str *out)
{
	char *text = c->db->host->alloc(call, MARK + 1);
	uint64_t bits;

	if (!text)
		return MN_ENOMEM;
	memcpy(&bits, &c->at.rank, sizeof(bits));
	snprintf(text, MARK + 1, "%016llx%016llx", (unsigned long long)bits,
		(unsigned long long)c->at.id);
	*out = (mn_str){text, MARK};
	return MN_OK;
}

/* ---- Cursors ------------------------------------------------------------------------------- */

static int keep_brain(mn_cursor *c, mn_call *call, mn_str brain)
{
	c->brain = c->db->host->resize(c->db->host, NULL, brain.len + 1);
	if (!c->brain)
		return fail_memory(c->db, call);
	if (brain.len)
		memcpy(c->brain, brain.ptr, brain.len);
	c->brain_len = brain.len;
	return MN_OK;
}

static int begin_search(mn_cursor *c, mn_call *call, mn_str brain, mn_str text)
{
	struct text words = {.host = c->db->host};
	int64_t key, settled;
	bool any = false;
	int status = question_key(c->db, call, brain, &key, &settled);

	if (status == MN_OK)
		status = search_query(c->db, call, key, text, &words, &any);
	text_name(&c->filters, "words");
	text_str(&c->filters, (mn_str){words.at, words.n});
	text_free(&words);
	c->nothing = !any;
	return status;
}

/* ---- Fetching ------------------------------------------------------------------------------ */

struct fetching {
	const mn_cursor *c;
	size_t max;
};

static void fill(struct text *t, const void *ctx)
{
	const struct fetching *f = ctx;

	text_name(t, "max");
	text_int(t, (int64_t)f->max);
	text_name(t, "after");
	text_int(t, (int64_t)f->c->fetched.id);
	text_name(t, "rank");
	text_real(t, f->c->fetched.rank);
	text_raw(t, ",", 1);
	text_raw(t, f->c->filters.at, f->c->filters.n);
}

static bool stale(const mn_cursor *c, const mn_gen *now)
{
	if (now->epoch != c->gen.epoch || now->graph != c->gen.graph)
		return true;
	return now->state != c->gen.state && (c->kind == MN_STATE || c->kind == MN_SYNAPSE);
}

static struct place place_of(mn_cursor *c, mn_call *call, size_t i, bool *bad)
{
	struct reader r = {.db = c->db, .call = call};
	const json_t *cells = json_array_get(answer_cell(&c->got, 0, ROWS), i);
	struct place p = {.id = (mn_id)reader_int(&r, json_array_get(cells, 0))};

	/* The index has floats and tells them in the shortest form of these, which as a double is
	 * another number than the one that is compared with. */
	if (c->by_rank)
		p.rank = (float)reader_real(&r, json_array_get(answer_cell(&c->got, 0, RANKS), i));
	*bad = r.bad;
	return p;
}

/* More rows the next time, or fewer if these were large. */
static size_t next_fetch(const mn_cursor *c, size_t bytes)
{
	const size_t more = bytes < LARGE ? c->fetch * 4 : c->fetch / 2;

	return more > MOST_ROWS ? MOST_ROWS : more < 1 ? 1 : more;
}

/* The rows behind those that were fetched, in the place of these. */
static int fetch(mn_cursor *c, mn_call *call, bool first)
{
	const size_t want = c->fetch < c->left ? c->fetch : (size_t)c->left;
	const struct fetching f = {c, c->nothing ? 0 : want};
	const struct question q = {
		.body = c->pieces, .columns = "ranks, rows", .fill = fill, .ctx = &f};
	const mn_str brain = {c->brain, c->brain_len};
	struct answer got = {0}, old = c->got;
	struct ask a;
	bool bad = false;
	size_t n = 0;
	int status = question_put(c->db, call, brain, &q, &a, &got, NULL);

	if (status == MN_OK && first)
		c->gen = call->at;
	if (status == MN_OK && stale(c, &call->at))
		status = c->db->host->fail(call, MN_ESTALE, 0,
			"somebody changed the brain while it was read: begin again");
	if (status == MN_OK) {
		c->got = got;
		n = json_array_size(answer_cell(&got, 0, ROWS));
		if (n)
			c->fetched = place_of(c, call, n - 1, &bad);
		if (bad)
			status = fail_garbage(c->db, call);
	}
	if (status != MN_OK) {
		c->got = old;
		ask_free(&a, &got);
		return status;
	}
	c->next = 0;
	c->end = n;
	c->whole = n < want || c->nothing;
	c->fetch = next_fetch(c, a.bytes);
	ask_free(&a, &old);
	return MN_OK;
}

static int begin(mn_cursor *c, mn_call *call, mn_str brain, const mn_query *q)
{
	int status = keep_brain(c, call, brain);

	c->kind = q->kind;
	c->fields = q->fields;
	c->left = q->limit ? q->limit : UINT64_MAX;
	c->by_rank = q->text.len > 0;
	c->fetch = FIRST_ROWS;
	if (status == MN_OK)
		status = read_mark(c, call, q->after);
	if (status != MN_OK)
		return status;
	c->fetched = c->at;
	write_statement(c, q);
	write_filters(c, q);
	if (c->by_rank)
		status = begin_search(c, call, brain, q->text);
	if (status == MN_OK && c->filters.failed)
		status = fail_memory(c->db, call);
	return status == MN_OK ? fetch(c, call, true) : status;
}

int scan_begin(mn_db *db, mn_call *call, mn_str brain, const mn_query *q, mn_cursor **out)
{
	const mn_host *host = db->host;
	mn_cursor *c;
	int status = db_enter(db, call, false);

	if (status != MN_OK)
		return status;
	if (q->kind <= MN_BRAIN || q->kind >= MN_KINDS)
		return host->fail(call, MN_EINVAL, 0, "there are no rows of that kind");
	if (q->text.len && (q->kind != MN_NEURON || !host->text_valid(q->text)))
		return host->fail(call, MN_EINVAL, 0,
			"only neurons are searched by words, and these must be valid UTF-8");
	c = host->resize(host, NULL, sizeof(*c));
	if (!c)
		return fail_memory(db, call);
	*c = (mn_cursor){.db = db, .filters = {.host = host}};
	status = begin(c, call, brain, q);
	if (status == MN_OK)
		*out = c;
	else
		scan_done(c);
	return status;
}

void scan_done(mn_cursor *c)
{
	const mn_host *host = c->db->host;

	json_decref(c->got.root);
	text_free(&c->filters);
	host->resize(host, c->brain, 0);
	host->resize(host, c, 0);
}

/* ---- Pages --------------------------------------------------------------------------------- */

/* Some of what was fetched. */
static int give(mn_cursor *c, mn_call *call, size_t max, mn_page *out)
{
	struct reader r = {.db = c->db, .call = call};
	const size_t there = c->end - c->next, size = row_size(c->kind);
	const size_t most = max < c->left ? max : (size_t)c->left;
	const size_t n = there < most ? there : most;
	const json_t *rows = answer_cell(&c->got, 0, ROWS);
	char *at = c->db->host->alloc(call, (n + 1) * size);
	bool bad = false;

	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		row_read(&r, c->kind, json_array_get(rows, c->next + i), at + i * size);
	out->rows = (mn_rows){.kind = c->kind, .n = n, .at.any = at};
	if (n) {
		c->at = place_of(c, call, c->next + n - 1, &bad);
		if (write_mark(c, call, &out->resume) != MN_OK)
			return MN_ENOMEM;
	}
	c->next += n;
	c->left -= n;
	return bad ? fail_garbage(c->db, call) : reader_end(&r);
}

int scan_next(mn_cursor *c, mn_call *call, size_t max, mn_page *out)
{
	mn_page page = {.size = out->size};
	struct place at = c->at;
	const size_t next = c->next;
	const uint64_t left = c->left;
	int status = db_enter(c->db, call, false);

	/* So that the last page knows that it is: what comes next is fetched before it is due. */
	if (status == MN_OK && c->next == c->end && !c->whole && c->left)
		status = fetch(c, call, false);
	if (status != MN_OK)
		return status;
	call->at = c->gen;
	status = give(c, call, max, &page);
	if (status != MN_OK) {
		c->at = at;
		c->left = left;
		c->next = next;
		return status;
	}
	page.last = c->left == 0 || (c->next == c->end && c->whole);
	*out = page;
	return MN_OK;
}
