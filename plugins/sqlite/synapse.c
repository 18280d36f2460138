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
#define MOST_ADDED 8192 /* synapses that wait to be put into their table */

static const char insert_synapse[] =
	"INSERT INTO synapse(id, source, target, type, flags, base, created, last, uses, uid, meta)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
static const char update_synapse[] =
	"UPDATE synapse SET source = ?2, target = ?3, type = ?4, flags = ?5, base = ?6,"
	" created = ?7, last = ?8, uses = ?9, uid = ?10, meta = ?11 WHERE id = ?1";
static const char delete_synapse[] = "DELETE FROM synapse WHERE id = ?1";
static const char keep_bumped[] = "INSERT OR IGNORE INTO bump(synapse, last, uses)"
				  " SELECT id, last, uses FROM synapse WHERE id = ?1";
static const char bump_synapse[] =
	"UPDATE synapse SET last = max(last, ?2), uses = min(uses + ?3, 4294967295) WHERE id = ?1";
static const char read_bumped[] = "SELECT last, uses FROM bump WHERE synapse = ?1";
static const char delete_bumped[] = "DELETE FROM bump WHERE synapse = ?1";
static const char next_bumped[] = "SELECT synapse FROM bump WHERE synapse > ?1 ORDER BY synapse"
				  " LIMIT 1";
static const char delete_all_bumped[] = "DELETE FROM bump";
static const char next_synapse[] = "SELECT id FROM synapse WHERE id > ?1 ORDER BY id LIMIT 1";

static const char insert_many[] =
	"INSERT INTO synapse(id, source, target, type, flags, base, created, last, uses, uid, meta)"
	" SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM feed";

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

/* Takes the row's entries out; `s` is the row as it stands. */
static int delist(struct conn *c, const mn_synapse *s)
{
	mn_synapse then = *s;
	struct listed l;
	sqlite3_stmt *st;
	int status = ASK(c, &st, read_bumped, I((int64_t)s->id));

	if (status == MN_OK)
		status = conn_step(c, st);
	if (status < 0)
		return status;
	if (status == 1) {
		then.last = sqlite3_column_int64(st, 0);
		then.uses = (uint32_t)sqlite3_column_int64(st, 1);
		sqlite3_reset(st);
		status = RUN(c, delete_bumped, I((int64_t)s->id));
	}
	if (status == MN_OK)
		status = listed_of(c, &then, &l);
	return status == MN_OK ? adjacency_remove(c, &l) : status;
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

/* A row as its table has it. */
struct new_synapse {
	const mn_synapse *row; /* the caller's */
	struct value base, created;
	uint16_t type;
};

static struct value column_of(const void *ctx, const void *row, int i)
{
	const struct new_synapse *n = row;
	const mn_synapse *s = n->row;

	(void)ctx;
	switch (i) {
	case 0: return I((int64_t)s->id);
	case 1: return I((int64_t)s->from);
	case 2: return I((int64_t)s->to);
	case 3: return I(n->type);
	case 4: return I(s->flags);
	case 5: return n->base;
	case 6: return n->created;
	case 7: return I(s->last);
	case 8: return I(s->uses);
	case 9: return SN(s->uid);
	default: return SN(s->meta);
	}
}

static int prepare_row(struct conn *c, const mn_synapse *s, struct new_synapse *out)
{
	int status = dictionary_store_type(c, MN_SYNAPSE, s->type, &out->type);

	out->row = s;
	if (status == MN_OK)
		status = dictionary_store_number(c, s->base, &out->base);
	return status == MN_OK ? moment_store(c, s->id, s->created, &out->created) : status;
}

static int write_synapse(struct batch *b, const mn_synapse *s, const char *sql)
{
	struct value values[FEED_COLUMNS];
	struct new_synapse row;
	bool taken;
	int status = prepare_row(b->c, s, &row);

	if (status != MN_OK)
		return status;
	for (int i = 0; i < FEED_COLUMNS; i++)
		values[i] = column_of(NULL, &row, i);
	status = conn_insert(b->c, sql, values, FEED_COLUMNS, &taken);
	if (status == MN_OK && taken)
		return batch_taken(b, "synapse", s->id);
	b->graph = true;
	return status == MN_OK ? enlist(b->c, s) : status;
}

/* Puts what waits into the table. If a row is in the way, which one is found when the batch is
 * done again with care. */
int synapse_settle(struct batch *b)
{
	const struct feed feed = {(char *)b->added, b->nadded, sizeof(*b->added), NULL, column_of};
	bool taken = false;
	int status = feed_run(b->c, insert_many, &feed, &taken);

	b->nadded = 0;
	return status == MN_OK && taken ? batch_taken(b, "synapse", 0) : status;
}

static int put_aside(struct batch *b, const mn_synapse *s)
{
	struct conn *c = b->c;
	int status = b->nadded == MOST_ADDED ? synapse_settle(b) : MN_OK;

	if (status != MN_OK)
		return status;
	if (!heap_grow(c->host, &b->added, &b->added_cap, b->nadded + 1, sizeof(*b->added),
		    MOST_ADDED))
		return conn_memory(c);
	status = prepare_row(c, s, &b->added[b->nadded]);
	if (status == MN_OK) {
		b->nadded++;
		b->graph = true;
		status = enlist(c, s);
	}
	return status;
}

int synapse_add(struct batch *b, const void *row)
{
	int status = check_synapse(b, row);

	if (status == MN_OK)
		status = b->careful ? write_synapse(b, row, insert_synapse) : put_aside(b, row);
	b->c->tally.synapses += status == MN_OK;
	return status;
}

int synapse_put(struct batch *b, const void *row)
{
	const mn_synapse *s = row;
	mn_synapse old;
	int status = check_synapse(b, s);

	if (status == MN_OK)
		status = synapse_settle(b);
	if (status == MN_OK)
		status = read_one(b->c, MN_SYNAPSE, s->id, MN_FIELD_HEAD, &old);
	if (status == MN_OK && !old.id)
		return synapse_add(b, row);
	if (status == MN_OK)
		status = delist(b->c, &old);
	return status == MN_OK ? write_synapse(b, s, update_synapse) : status;
}

int synapse_tune(struct batch *b, const void *row)
{
	const mn_synapse *s = row;
	mn_synapse old, tuned;
	int status = batch_id(b, "synapse", s->id);

	if (status == MN_OK)
		status = batch_unit(b, "synapse", s->id, s->base);
	if (status == MN_OK)
		status = synapse_settle(b);
	if (status == MN_OK)
		status = read_one(b->c, MN_SYNAPSE, s->id, 0, &old);
	if (status == MN_OK && !old.id)
		return batch_invalid(b, "synapse", s->id, "there is none to be tuned");
	if (status == MN_OK)
		status = delist(b->c, &old);
	tuned = old;
	tuned.base = s->base;
	tuned.uses = s->uses;
	tuned.last = s->last;
	return status == MN_OK ? write_synapse(b, &tuned, update_synapse) : status;
}

int synapse_bump(struct batch *b, const void *row)
{
	const mn_synapse *s = row;
	int status = batch_id(b, "synapse", s->id);

	if (status == MN_OK)
		status = synapse_settle(b);
	if (status == MN_OK)
		status = RUN(b->c, keep_bumped, I((int64_t)s->id));
	if (status == MN_OK)
		status = RUN(b->c, bump_synapse, I((int64_t)s->id), I(s->last), I(s->uses));
	b->state |= status == MN_OK && sqlite3_changes(b->c->sql) > 0;
	return status;
}

static int fold_one(struct conn *c, mn_id id)
{
	mn_synapse s;
	int status = read_one(c, MN_SYNAPSE, id, MN_FIELD_HEAD, &s);

	if (status == MN_OK && !s.id)
		return conn_corrupt(c, "a synapse that was used is missing");
	if (status == MN_OK)
		status = delist(c, &s);
	return status == MN_OK ? enlist(c, &s) : status;
}

int synapse_fold(struct batch *b, const void *row)
{
	int64_t id = 0;
	int status = synapse_settle(b);

	(void)row;
	while (status == MN_OK) {
		status = NUMBER(b->c, &id, 0, next_bumped, I(id));
		if (status == MN_OK)
			status = conn_check(b->c);
		if (status != MN_OK || id == 0)
			return status;
		status = fold_one(b->c, (mn_id)id);
		b->graph = true;
	}
	return status;
}

static int drop_one(struct batch *b, mn_id id, bool *there)
{
	mn_synapse old;
	int status = read_one(b->c, MN_SYNAPSE, id, MN_FIELD_HEAD, &old);

	*there = status == MN_OK && old.id;
	if (!*there)
		return status;
	status = delist(b->c, &old);
	if (status == MN_OK)
		status = RUN(b->c, delete_synapse, I((int64_t)id));
	b->c->tally.synapses--;
	b->graph = true;
	return status;
}

int synapse_drop(struct batch *b, const void *row)
{
	bool there;
	int status = synapse_settle(b);

	return status == MN_OK ? drop_one(b, *(const mn_id *)row, &there) : status;
}

int synapse_drop_at(struct batch *b, mn_id neuron)
{
	mn_id ids[SOME_IDS];
	size_t n = SOME_IDS;
	int status = synapse_settle(b);
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
	return status;
}

int synapse_relist(struct conn *c)
{
	int64_t id = 0;
	int status = adjacency_clear(c);

	if (status == MN_OK)
		status = conn_run(c, delete_all_bumped, NULL, 0);
	c->tally.oldest = INT64_MAX;
	while (status == MN_OK) {
		mn_synapse s;

		status = NUMBER(c, &id, 0, next_synapse, I(id));
		if (status != MN_OK || id == 0)
			break;
		status = conn_check(c);
		if (status == MN_OK)
			status = read_one(c, MN_SYNAPSE, (mn_id)id, MN_FIELD_HEAD, &s);
		if (status == MN_OK)
			status = enlist(c, &s);
	}
	return status == MN_OK ? adjacency_flush(c) : status;
}
