/* SPDX-License-Identifier: MIT */
/*
 * synapse.c - changes of synapses, and what they do to the lists.
 *
 * A bump changes the row at once, its lists with the next fold: table `bump` keeps what lists
 * know of such a row, until then. Everything else takes the old entries out of the lists and puts
 * the new ones in.
 */
#include "synapse.h"

#include "heap.h"
#include "read.h"

#define SOME_IDS 256
#ifdef MN_HASTY /* for tests: so that little is enough for it */
#define MANY_CHANGES 3
#else
#define MANY_CHANGES 256 /* of a batch: what it deletes is marked where that is enough */
#endif

static const char put_text[] = "INSERT INTO synapse_text(id, uid, meta) VALUES(?1, ?2, ?3)"
			       " ON CONFLICT(id) DO UPDATE SET uid = excluded.uid,"
			       " meta = excluded.meta";
static const char delete_text[] = "DELETE FROM synapse_text WHERE id = ?1";
static const char keep_bumped[] =
	"INSERT OR IGNORE INTO bump(synapse, last, uses) VALUES(?1, ?2, ?3)";
static const char read_bumped[] = "SELECT last, uses FROM bump WHERE synapse = ?1";
static const char delete_bumped[] = "DELETE FROM bump WHERE synapse = ?1";
static const char any_bumped[] = "SELECT 1 FROM bump LIMIT 1";
static const char next_bumped[] = "SELECT synapse FROM bump WHERE synapse > ?1 ORDER BY synapse"
				  " LIMIT 1";
static const char delete_all_bumped[] = "DELETE FROM bump";

/* ---- Lists -------------------------------------------------------------------------------- */

/* The synapse as lists have it, or are to have it. */
static int listed_of(struct conn *c, const mn_synapse *s, struct listed *out)
{
	*out = (struct listed){
		.id = s->id,
		.from = s->from,
		.to = s->to,
		.two_way = s->flags & MN_SYNAPSE_TWO_WAY,
		.base = mn_weight_base(s, c->measure.delta),
		.key = mn_weight_key(s, c->measure.delta, c->measure.rate),
		.day = mn_weight_day(s),
	};
	return dictionary_store_type(c, MN_SYNAPSE, s->type, &out->type);
}

static int enlist(struct conn *c, const mn_synapse *s)
{
	struct listed l;
	int status = listed_of(c, s, &l);

	if (status == MN_OK && l.day < c->tally.oldest)
		c->tally.oldest = l.day;
	return status == MN_OK ? adjacency_add(c, &l) : status;
}

/* The row as lists have it, which know what it was bumped by from now on. */
static int forget_bump(struct conn *c, mn_synapse *s)
{
	sqlite3_stmt *st;
	int status = ASK(c, &st, read_bumped, I((int64_t)s->id));

	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status;
	s->last = sqlite3_column_int64(st, 0);
	s->uses = (uint32_t)sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return RUN(c, delete_bumped, I((int64_t)s->id));
}

/* Takes the row's entries out at these ends; `s` is the row as it stands. */
static int delist_at(struct batch *b, const mn_synapse *s, enum ends ends)
{
	mn_synapse then = *s;
	struct listed l;
	int64_t any = 0;
	int status = MN_OK;

	if (b->bumps == BUMPS_UNKNOWN) {
		status = conn_number(b->c, any_bumped, NULL, 0, 0, &any);
		b->bumps = any ? BUMPS_SOME : BUMPS_NONE;
	}
	if (status == MN_OK && b->bumps == BUMPS_SOME)
		status = forget_bump(b->c, &then);
	if (status != MN_OK || !ends)
		return status;
	status = listed_of(b->c, &then, &l);
	return status == MN_OK ? adjacency_remove(b->c, &l, ends) : status;
}

static int delist(struct batch *b, const mn_synapse *s)
{
	return delist_at(b, s, ENDS_BOTH);
}

/* ---- Changes ------------------------------------------------------------------------------ */

static int check_synapse(struct batch *b, const mn_synapse *s)
{
	int status = batch_id(b, "synapse", s->id);

	if (status == MN_OK)
		status = batch_text(b, "synapse", s->id, s->uid);
	if (status == MN_OK)
		status = batch_text(b, "synapse", s->id, s->meta);
	if (status == MN_OK)
		status = batch_unit(b, "synapse", s->id, s->base);
	if (status == MN_OK)
		status = batch_neuron(b, s->from, "synapse", s->id);
	return status == MN_OK ? batch_neuron(b, s->to, "synapse", s->id) : status;
}

/* Texts go beside the row; *taken: another synapse has the uid. */
static int write_text(struct conn *c, const mn_synapse *s, bool had, bool *taken)
{
	*taken = false;
	if (s->uid.len || s->meta.len)
		return INSERT(c, taken, put_text, I((int64_t)s->id), SN(s->uid), SN(s->meta));
	return had ? RUN(c, delete_text, I((int64_t)s->id)) : MN_OK;
}

static int pack(struct conn *c, const mn_synapse *s, struct synapse_row *out)
{
	*out = (struct synapse_row){
		.id = s->id,
		.from = s->from,
		.to = s->to,
		.created = s->created,
		.last = s->last,
		.uses = s->uses,
		.flags = s->flags,
		.text = s->uid.len || s->meta.len,
	};
	int status = dictionary_store_type(c, MN_SYNAPSE, s->type, &out->type);

	return status == MN_OK ? dictionary_store_grade(c, s->base, &out->base) : status;
}

static int find(struct conn *c, mn_id id, struct synapse_row **out)
{
	void *row;
	int status = bundle_find(c, ROW_SYNAPSE, id, &row);

	*out = row;
	return status;
}

int synapse_add(struct batch *b, const void *row)
{
	const mn_synapse *s = row;
	struct synapse_row packed;
	bool taken = false;
	int status = check_synapse(b, s);

	if (status == MN_OK)
		status = pack(b->c, s, &packed);
	if (status == MN_OK)
		status = bundle_add(b->c, ROW_SYNAPSE, &packed, &taken);
	if (status == MN_OK && !taken)
		status = write_text(b->c, s, false, &taken);
	if (status == MN_OK && taken)
		return batch_taken(b, "synapse", s->id);
	b->graph = true;
	b->c->tally.synapses += status == MN_OK;
	return status == MN_OK ? enlist(b->c, s) : status;
}

/* The row `s` instead of the one that is there; its texts too, if they are to be written. */
static int replace(struct batch *b, const mn_synapse *s, bool texts)
{
	struct synapse_row packed, *row = NULL;
	bool taken = false;
	int status = pack(b->c, s, &packed);

	if (status == MN_OK)
		status = find(b->c, s->id, &row);
	if (status == MN_OK && texts)
		status = write_text(b->c, s, row->text, &taken);
	if (status == MN_OK && taken)
		return batch_taken(b, "synapse", s->id);
	if (status == MN_OK) {
		packed.text = texts ? packed.text : row->text;
		*row = packed;
		status = bundle_touch(b->c, ROW_SYNAPSE);
	}
	b->graph = true;
	return status == MN_OK ? enlist(b->c, s) : status;
}

int synapse_put(struct batch *b, const void *row)
{
	const mn_synapse *s = row;
	mn_synapse old;
	int status = check_synapse(b, s);

	if (status == MN_OK)
		status = read_one(b->c, MN_SYNAPSE, s->id, MN_FIELD_HEAD, &old);
	if (status == MN_OK && !old.id)
		return synapse_add(b, row);
	if (status == MN_OK)
		status = delist(b, &old);
	return status == MN_OK ? replace(b, s, true) : status;
}

int synapse_tune(struct batch *b, const void *row)
{
	const mn_synapse *s = row;
	mn_synapse tuned = {.id = 0};
	int status = batch_id(b, "synapse", s->id);

	if (status == MN_OK)
		status = batch_unit(b, "synapse", s->id, s->base);
	if (status == MN_OK)
		status = read_one(b->c, MN_SYNAPSE, s->id, MN_FIELD_HEAD, &tuned);
	if (status == MN_OK && !tuned.id)
		return batch_invalid(b, "synapse", s->id, "there is none to be tuned");
	if (status == MN_OK)
		status = delist(b, &tuned);
	tuned.base = s->base;
	tuned.uses = s->uses;
	tuned.last = s->last;
	return status == MN_OK ? replace(b, &tuned, false) : status;
}

int synapse_bump(struct batch *b, const void *row)
{
	const mn_synapse *s = row;
	struct synapse_row *there = NULL;
	int status = batch_id(b, "synapse", s->id);

	if (status == MN_OK)
		status = find(b->c, s->id, &there);
	if (status != MN_OK || !there)
		return status;
	b->bumps = BUMPS_SOME;
	status = RUN(b->c, keep_bumped, I((int64_t)s->id), I(there->last), I(there->uses));
	there->last = there->last > s->last ? there->last : s->last;
	there->uses = s->uses > UINT32_MAX - there->uses ? UINT32_MAX : there->uses + s->uses;
	b->state = true;
	return status == MN_OK ? bundle_touch(b->c, ROW_SYNAPSE) : status;
}

static int fold_one(struct batch *b, mn_id id)
{
	mn_synapse s;
	int status = read_one(b->c, MN_SYNAPSE, id, MN_FIELD_HEAD, &s);

	if (status == MN_OK && !s.id)
		return conn_corrupt(b->c, "a synapse that was used is missing");
	if (status == MN_OK)
		status = delist(b, &s);
	return status == MN_OK ? enlist(b->c, &s) : status;
}

int synapse_fold(struct batch *b, const void *row)
{
	int64_t id = 0;
	int status = MN_OK;

	(void)row;
	while (status == MN_OK) {
		status = NUMBER(b->c, &id, 0, next_bumped, I(id));
		if (status == MN_OK)
			status = conn_check(b->c);
		if (status != MN_OK || id == 0)
			return status;
		status = fold_one(b, (mn_id)id);
		b->graph = true;
	}
	return status;
}

/* What a row that goes brings along. */
static int forget(void *ctx, const struct synapse_row *row)
{
	struct batch *b = ctx;
	unsigned left = ENDS_BOTH;
	mn_synapse old;
	int status = read_synapse(b->c, row, MN_FIELD_HEAD, &old);

	if (status == MN_OK && b->n >= MANY_CHANGES)
		status = adjacency_mark(b->c, row->id, row->from, row->to, &left);
	if (status == MN_OK)
		status = delist_at(b, &old, left);
	if (status == MN_OK && row->text)
		status = RUN(b->c, delete_text, I((int64_t)row->id));
	b->c->tally.synapses--;
	b->graph = true;
	return status;
}

static int drop_one(struct batch *b, mn_id id, bool *there)
{
	struct synapse_row *row = NULL;
	int status = find(b->c, id, &row);

	*there = status == MN_OK && row;
	if (!*there)
		return status;
	status = forget(b, row);
	return status == MN_OK ? bundle_drop(b->c, ROW_SYNAPSE, id, there) : status;
}

int synapse_drop_many(struct batch *b, const mn_change *changes, size_t n)
{
	mn_id *ids = heap_new(b->c->host, n * sizeof(*ids));
	int status = ids ? MN_OK : conn_memory(b->c);

	for (size_t i = 0; ids && i < n; i++)
		ids[i] = *(const mn_id *)changes[i].row;
	if (status == MN_OK)
		status = bundle_drop_many(b->c, ids, n, forget, b);
	heap_free(b->c->host, ids);
	return status;
}

int synapse_drop(struct batch *b, const void *row)
{
	bool there;

	return drop_one(b, *(const mn_id *)row, &there);
}

int synapse_drop_at(struct batch *b, mn_id neuron)
{
	mn_id ids[SOME_IDS];
	size_t n = SOME_IDS;
	int status = MN_OK;
	bool there = true;

	while (status == MN_OK && n == SOME_IDS) {
		status = adjacency_flush(b->c); /* reading sees what was written */
		if (status == MN_OK)
			status = conn_check(b->c);
		if (status == MN_OK)
			status = adjacency_synapses(b->c, neuron, 0, ids, SOME_IDS, &n);
		for (size_t i = 0; status == MN_OK && i < n; i++) {
			status = drop_one(b, ids[i], &there);
			if (status == MN_OK && !there)
				status = conn_corrupt(b->c, "a list leads to no synapse");
		}
	}
	return status == MN_OK ? adjacency_drop(b->c, neuron) : status;
}

int synapse_relist(struct conn *c)
{
	struct bundle_walk walk = {.kind = ROW_SYNAPSE};
	const void *row;
	int status = adjacency_clear(c);

	if (status == MN_OK)
		status = conn_run(c, delete_all_bumped, NULL, 0);
	c->tally.oldest = INT64_MAX;
	while (status == MN_OK && (status = bundle_next(c, &walk, &row)) == 1) {
		mn_synapse s;

		status = conn_check(c);
		if (status == MN_OK)
			status = read_synapse(c, row, MN_FIELD_HEAD, &s);
		if (status == MN_OK)
			status = enlist(c, &s);
	}
	bundle_walk_end(c, &walk);
	return status == MN_OK ? adjacency_flush(c) : status;
}
