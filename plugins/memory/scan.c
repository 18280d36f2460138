/* SPDX-License-Identifier: MIT */
/*
 * scan.c - rows by filter, a page at a time.
 *
 * A scan sees one generation: a page after somebody wrote is MN_ESTALE. So what it has to visit
 * can be worked out once: all slots in turn where ids are dense, else a sorted list of slots.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brain.h"

#define POLL 1024 /* rows between two looks at the token */
#define MARK 24   /* characters of the mark where a page ends */

struct mn_cursor {
	mn_db *db;
	mn_id brain;
	mn_gen gen;
	mn_query query; /* lent parts are copied to `room` */
	char *room;
	struct hit *list; /* what to visit, in order; NULL: every slot */
	size_t list_n;
	uint64_t at, end; /* of the list, or of slots */
	uint64_t left;    /* rows that may still be given */
	bool by_rank;
};

/* ---- Filters ------------------------------------------------------------------------------- */

static mn_time created(const struct brain *b, int kind, uint32_t slot)
{
	switch (kind) {
	case MN_SYNAPSE: return times_get(&b->times, line_get(b, slot).created);
	case MN_FIBER: return times_get(&b->times, b->fibers[slot].created);
	default: return times_get(&b->times, b->neurons[slot].created);
	}
}

/* A fiber has the type of its anchor, a state that of its neuron. */
static uint16_t type_of(const struct brain *b, int kind, uint32_t slot)
{
	switch (kind) {
	case MN_SYNAPSE: return line_get(b, slot).type;
	case MN_FIBER: return b->neurons[b->fibers[slot].anchor].type;
	default: return b->neurons[slot].type;
	}
}

static bool has_type(const mn_query *q, uint16_t type)
{
	for (size_t i = 0; i < q->ntypes; i++)
		if (q->types[i] == type)
			return true;
	return q->ntypes == 0;
}

static bool has_member(const struct brain *b, uint32_t slot, mn_id neuron)
{
	const struct fiber_extra *x = fiber_extra(b, &b->fibers[slot]);
	const mn_str members = pool_get(x ? x->neurons : NULL);
	mn_id id;

	for (size_t at = 0; at < members.len; at += sizeof(id)) {
		memcpy(&id, members.ptr + at, sizeof(id));
		if (id == neuron)
			return true;
	}
	return false;
}

static bool touches(const struct brain *b, int kind, uint32_t slot, mn_id neuron)
{
	struct line l;

	switch (kind) {
	case MN_SYNAPSE:
		l = line_get(b, slot);
		return neuron_id(b, l.from) == neuron || neuron_id(b, l.to) == neuron;
	case MN_FIBER:
		return neuron_id(b, b->fibers[slot].anchor) == neuron
		       || has_member(b, slot, neuron);
	default: return neuron_id(b, slot) == neuron;
	}
}

static bool passes(struct brain *b, const mn_query *q, uint32_t slot)
{
	if (!row_there(b, q->kind, slot) || !has_type(q, type_of(b, q->kind, slot)))
		return false;
	if ((q->since && created(b, q->kind, slot) < q->since)
		|| (q->until && created(b, q->kind, slot) >= q->until))
		return false;
	if (q->neuron && !touches(b, q->kind, slot, q->neuron))
		return false;
	for (size_t i = 0; i < q->tags.n; i++)
		if (q->kind != MN_FIBER || !fiber_has_tag(b, slot, q->tags.at[i]))
			return false;
	return true;
}

/* ---- What to visit ------------------------------------------------------------------------- */

struct by_id {
	mn_id id;
	uint32_t slot;
};

static int rising(const void *a, const void *b)
{
	const struct by_id *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Slots by id. Takes `slots` of `n`, or all that are live. */
static int list_by_id(struct mn_cursor *c, struct brain *b, const uint32_t *slots, uint32_t n)
{
	const mn_host *host = c->db->host;
	const struct slots *ids = slots_of(b, c->query.kind);
	struct by_id *sorted = host->resize(host, NULL, ((size_t)n + 1) * sizeof(*sorted));
	size_t count = 0;

	c->list = host->resize(host, NULL, ((size_t)n + 1) * sizeof(*c->list));
	if (!sorted || !c->list) {
		host->resize(host, sorted, 0);
		return MN_ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t slot = slots ? slots[i] : i;

		if (slots_live(ids, slot))
			sorted[count++] = (struct by_id){slots_id(ids, slot), slot};
	}
	qsort(sorted, count, sizeof(*sorted), rising);
	for (size_t i = 0; i < count; i++)
		c->list[i].slot = sorted[i].slot;
	c->list_n = count;
	host->resize(host, sorted, 0);
	return MN_OK;
}

static int list_synapses(struct mn_cursor *c, struct brain *b)
{
	const uint32_t self = slots_find(&b->neuron_ids, c->query.neuron);
	const uint32_t n = self != NONE ? list_length(b, self) : 0;
	const mn_host *host = c->db->host;
	uint32_t *lines = host->resize(host, NULL, ((size_t)n + 1) * sizeof(*lines));
	struct part_walk w;
	uint32_t at = 0;
	int status;

	if (!lines)
		return MN_ENOMEM;
	for (uint32_t i = 0; n && i < list_parts(b, self); i++) {
		part_begin(b, self, i, &w);
		while (part_next(&w))
			lines[at++] = w.line;
	}
	status = list_by_id(c, b, lines, n);
	host->resize(host, lines, 0);
	return status;
}

struct wanted {
	struct brain *b;
	const mn_query *q;
};

static bool wanted(const void *ctx, uint32_t slot)
{
	const struct wanted *w = ctx;

	return passes(w->b, w->q, slot);
}

static int list_hits(struct mn_cursor *c, mn_call *call, struct brain *b)
{
	const struct wanted w = {b, &c->query};

	c->by_rank = true;
	return search_text(c->db, call, b, c->query.text, wanted, &w, &c->list, &c->list_n);
}

static int make_list(struct mn_cursor *c, mn_call *call, struct brain *b)
{
	const struct slots *ids = slots_of(b, c->query.kind);
	int status = MN_OK;

	if (c->query.text.len)
		return list_hits(c, call, b);
	if (c->query.kind == MN_SYNAPSE && c->query.neuron)
		status = list_synapses(c, b);
	else if (ids->ids)
		status = list_by_id(c, b, NULL, ids->n);
	return status == MN_OK ? MN_OK : fail_memory(b, call);
}

/* ---- Where a page ends --------------------------------------------------------------------- */

static uint32_t slot_at(const struct mn_cursor *c, uint64_t at)
{
	return c->list ? c->list[at].slot : (uint32_t)at;
}

/* Is what stands at `at` after the mark: a rank and an id? */
static bool is_after(const struct mn_cursor *c, struct brain *b, uint64_t at, float rank, mn_id id)
{
	const mn_id has = slots_id(slots_of(b, c->query.kind), slot_at(c, at));

	if (c->by_rank && c->list[at].rank != rank)
		return c->list[at].rank < rank;
	return has > id;
}

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

/* 8 hexadecimal digits of the rank's bits, 16 of the id. */
static int read_mark(const mn_db *db, mn_call *call, mn_str mark, float *rank, mn_id *id)
{
	uint64_t wide;
	uint32_t bits;

	if (mark.len != MARK || !read_hex(mark.ptr, 8, &wide) || !read_hex(mark.ptr + 8, 16, id))
		return db->host->fail(
			call, MN_EINVAL, 0, "the page to go on after is not one of this store");
	bits = (uint32_t)wide;
	memcpy(rank, &bits, sizeof(bits));
	return MN_OK;
}

static int write_mark(
	const struct mn_cursor *c, mn_call *call, struct brain *b, uint64_t at, mn_str *out)
{
	char *text = c->db->host->alloc(call, MARK + 1);
	const float rank = c->by_rank ? c->list[at].rank : 0;
	uint32_t bits;

	if (!text)
		return MN_ENOMEM;
	memcpy(&bits, &rank, sizeof(bits));
	snprintf(text, MARK + 1, "%08x%016llx", bits,
		(unsigned long long)slots_id(slots_of(b, c->query.kind), slot_at(c, at)));
	*out = (mn_str){text, MARK};
	return MN_OK;
}

/* To the first after the mark. */
static int skip(struct mn_cursor *c, mn_call *call, struct brain *b)
{
	uint64_t low, high = c->end;
	float rank = 0;
	mn_id id = 0;
	int status;

	if (c->query.after.len == 0)
		return MN_OK;
	status = read_mark(c->db, call, c->query.after, &rank, &id);
	for (low = 0; status == MN_OK && low < high;) {
		const uint64_t mid = low + (high - low) / 2;

		if (is_after(c, b, mid, rank, id))
			high = mid;
		else
			low = mid + 1;
	}
	c->at = low;
	return status;
}

/* To the next row that passes, from `at` on; at the end: the end. */
static int seek(struct mn_cursor *c, mn_call *call, struct brain *b)
{
	for (; c->at < c->end && !passes(b, &c->query, slot_at(c, c->at)); c->at++)
		if (c->at % POLL == POLL - 1 && c->db->host->cancelled(call))
			return c->db->host->fail_cancelled(call);
	return MN_OK;
}

/* ---- Cursors ------------------------------------------------------------------------------- */

/* Copies what the query lends for the call only. */
static int keep_query(struct mn_cursor *c, const mn_query *q)
{
	const mn_host *host = c->db->host;
	size_t size = q->ntypes * sizeof(*q->types) + q->tags.n * sizeof(mn_str) + 16;
	mn_str *tags;
	uint16_t *types;
	char *text;

	for (size_t i = 0; i < q->tags.n; i++)
		size += q->tags.at[i].len;
	c->room = host->resize(host, NULL, size);
	if (!c->room)
		return MN_ENOMEM;
	c->query = *q;
	tags = (mn_str *)c->room;
	types = (uint16_t *)(tags + q->tags.n);
	text = (char *)(types + q->ntypes);
	for (size_t i = 0; i < q->tags.n; i++) {
		tags[i] = (mn_str){text, q->tags.at[i].len};
		if (tags[i].len)
			memcpy(text, q->tags.at[i].ptr, tags[i].len);
		text += tags[i].len;
	}
	if (q->ntypes)
		memcpy(types, q->types, q->ntypes * sizeof(*types));
	c->query.tags.at = tags;
	c->query.types = types;
	return MN_OK;
}

static int begin(struct mn_cursor *c, mn_call *call, struct brain *b)
{
	int status = make_list(c, call, b);

	c->brain = b->row.id;
	c->gen = b->gen;
	c->left = c->query.limit ? c->query.limit : UINT64_MAX;
	c->end = c->list || c->by_rank ? c->list_n : slots_of(b, c->query.kind)->n;
	if (status == MN_OK)
		status = skip(c, call, b);
	c->query.text = c->query.after = (mn_str){0}; /* lent for this call only */
	return status;
}

int db_scan(mn_db *db, mn_call *call, mn_str brain, const mn_query *q, mn_cursor **out)
{
	const mn_host *host = db->host;
	struct mn_cursor *c;
	struct brain *b;
	int status;

	if (q->kind <= MN_BRAIN || q->kind >= MN_KINDS)
		return host->fail(call, MN_EINVAL, 0, "there are no rows of that kind");
	if (q->text.len && (q->kind != MN_NEURON || !host->text_valid(q->text)))
		return host->fail(call, MN_EINVAL, 0,
			"only neurons are searched by words, and these must be valid UTF-8");
	c = host->resize(host, NULL, sizeof(*c));
	if (!c)
		return host->fail(call, MN_ENOMEM, 0, "out of memory");
	*c = (struct mn_cursor){.db = db};
	if (keep_query(c, q) != MN_OK) {
		db_done(c);
		return host->fail(call, MN_ENOMEM, 0, "out of memory");
	}
	status = brain_enter(db, call, brain, false, &b);
	if (status == MN_OK) {
		status = begin(c, call, b);
		brain_leave(db);
	}
	if (status == MN_OK)
		*out = c;
	else
		db_done(c);
	return status;
}

void db_done(mn_cursor *c)
{
	const mn_host *host = c->db->host;

	host->resize(host, c->list, 0);
	host->resize(host, c->room, 0);
	host->resize(host, c, 0);
}

static bool stale(const struct mn_cursor *c, const mn_gen *now)
{
	if (now->epoch != c->gen.epoch || now->graph != c->gen.graph)
		return true;
	return now->state != c->gen.state
	       && (c->query.kind == MN_STATE || c->query.kind == MN_SYNAPSE);
}

static int fill_page(struct mn_cursor *c, mn_call *call, struct brain *b, size_t max, mn_page *out)
{
	const size_t size = row_size(c->query.kind);
	const uint64_t most = c->end - c->at < c->left ? c->end - c->at : c->left;
	const size_t room = max < most ? max : (size_t)most;
	char *rows = c->db->host->alloc(call, (room + 1) * size);
	size_t n = 0;
	int status = rows ? seek(c, call, b) : MN_ENOMEM;

	while (status == MN_OK && n < room && c->at < c->end) {
		status = give_row(c->db, call, b, c->query.kind, slot_at(c, c->at), c->query.fields,
			rows + n++ * size);
		if (status == MN_OK && n == room)
			status = write_mark(c, call, b, c->at, &out->resume);
		c->at++;
		if (status == MN_OK)
			status = seek(c, call, b);
	}
	if (status != MN_OK)
		return status;
	c->left -= n;
	out->rows = (mn_rows){.kind = c->query.kind, .n = n, .at.any = rows};
	out->last = c->at >= c->end || c->left == 0;
	return MN_OK;
}

int db_next(mn_cursor *c, mn_call *call, size_t max, mn_page *out)
{
	mn_db *db = c->db;
	const uint64_t at = c->at;
	mn_page page = {.size = out->size};
	struct brain *b;
	int status;

	if (db->host->cancelled(call))
		return db->host->fail_cancelled(call);
	pthread_rwlock_rdlock(&db->lock);
	b = brain_of(db, c->brain);
	if (!b) {
		status = db->host->fail(call, MN_ENOBRAIN, 0, "the brain was deleted meanwhile");
	} else if (stale(c, &b->gen)) {
		status = db->host->fail(call, MN_ESTALE, 0,
			"somebody changed the brain while it was read: begin again");
	} else {
		call->at = b->gen;
		status = fill_page(c, call, b, max, &page);
	}
	pthread_rwlock_unlock(&db->lock);
	if (status == MN_OK)
		*out = page;
	else
		c->at = at;
	return status;
}
