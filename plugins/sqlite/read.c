/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <string.h>

#include "anchor.h"
#include "brain.h"
#include "fiber.h"

#define FEW 64          /* rows that are looked for in no time */
#define CHECK_EVERY 256 /* rows between two looks at whether the call goes on */

/* ---- Rows --------------------------------------------------------------------------------- */

int read_text(struct conn *c, sqlite3_stmt *st, int column, mn_str *out)
{
	mn_str text = column_text(st, column);
	char *copy;

	*out = (mn_str){"", 0};
	if (sqlite3_column_type(st, column) == SQLITE_NULL || text.len == 0)
		return text.ptr || sqlite3_column_type(st, column) == SQLITE_NULL ? MN_OK
										  : conn_memory(c);
	copy = c->host->alloc(c->call, text.len);
	if (!copy)
		return MN_ENOMEM;
	memcpy(copy, text.ptr, text.len);
	c->copied += text.len;
	*out = (mn_str){copy, text.len};
	return MN_OK;
}

static int text_if(struct conn *c, sqlite3_stmt *st, int column, unsigned wanted, mn_str *out)
{
	return wanted ? read_text(c, st, column, out) : MN_OK;
}

static int read_neuron(struct conn *c, sqlite3_stmt *st, unsigned fields, void *row)
{
	mn_neuron *n = row;
	int status;

	*n = (mn_neuron){
		.id = (mn_id)sqlite3_column_int64(st, 0),
		.flags = (uint16_t)sqlite3_column_int64(st, 2),
		.created = sqlite3_column_int64(st, 3),
		.updated = sqlite3_column_int64(st, 4),
	};
	status = dictionary_type(c, MN_NEURON, sqlite3_column_int64(st, 1), &n->type);
	if (status == MN_OK)
		status = text_if(c, st, 5, fields & MN_FIELD_UID, &n->uid);
	if (status == MN_OK)
		status = text_if(c, st, 6, fields & MN_FIELD_TEXT, &n->text);
	if (status == MN_OK)
		status = text_if(c, st, 7, fields & MN_FIELD_META, &n->meta);
	return status;
}

static int read_state(struct conn *c, sqlite3_stmt *st, unsigned fields, void *row)
{
	(void)c, (void)fields;
	*(mn_state *)row = (mn_state){
		.id = (mn_id)sqlite3_column_int64(st, 0),
		.level = sqlite3_column_double(st, 1),
		.decay = sqlite3_column_double(st, 2),
		.last = sqlite3_column_int64(st, 3),
		.uses = (uint32_t)sqlite3_column_int64(st, 4),
	};
	return MN_OK;
}

static const char synapse_text[] = "SELECT uid, meta FROM synapse_text WHERE id = ?1";

/* What needs no dictionary and no other table. */
static mn_synapse uncoded(const struct synapse_row *row)
{
	return (mn_synapse){
		.id = row->id,
		.from = row->from,
		.to = row->to,
		.flags = row->flags,
		.created = row->created,
		.last = row->last,
		.uses = row->uses,
	};
}

int read_synapse(struct conn *c, const struct synapse_row *row, unsigned fields, mn_synapse *s)
{
	sqlite3_stmt *st;
	int status;

	*s = uncoded(row);
	status = dictionary_type(c, MN_SYNAPSE, row->type, &s->type);
	if (status == MN_OK)
		status = dictionary_grade(c, &row->base, &s->base);
	if (status != MN_OK || !row->text || !(fields & (MN_FIELD_UID | MN_FIELD_META)))
		return status;
	status = ASK(c, &st, synapse_text, I((int64_t)row->id));
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status;
	status = text_if(c, st, 0, fields & MN_FIELD_UID, &s->uid);
	if (status == MN_OK)
		status = text_if(c, st, 1, fields & MN_FIELD_META, &s->meta);
	sqlite3_reset(st);
	return status;
}

static int type_of(struct conn *c, uint16_t stored, uint16_t *code)
{
	const struct names *t = &c->dictionary.names[1];

	if (stored >= t->n)
		return dictionary_type(c, MN_SYNAPSE, stored, code);
	*code = t->codes[stored];
	return MN_OK;
}

static int number_of(struct conn *c, const struct grade *g, double *out)
{
	const struct dictionary *d = &c->dictionary;

	if (g->code >= d->ngrades)
		return dictionary_grade(c, g, out);
	*out = g->code ? d->grades[g->code] : g->number;
	return MN_OK;
}

int read_synapses(struct conn *c, const struct synapse_row *rows, size_t most, unsigned fields,
	mn_synapse *out, size_t *n)
{
	const bool texts = !fields || fields & (MN_FIELD_UID | MN_FIELD_META);
	int status = MN_OK;

	for (*n = 0; status == MN_OK && *n < most; ++*n) {
		const struct synapse_row *row = &rows[*n];
		mn_synapse *s = &out[*n];

		if (row->text && texts)
			return MN_OK;
		*s = uncoded(row);
		status = type_of(c, row->type, &s->type);
		if (status == MN_OK)
			status = number_of(c, &row->base, &s->base);
	}
	return status;
}

static const char fiber_text[] =
	"SELECT uid, summary, meta, tags, neurons, synapses FROM fiber_text WHERE id = ?1";

static int read_fiber_text(struct conn *c, sqlite3_stmt *st, unsigned fields, mn_fiber *f)
{
	int status = text_if(c, st, 0, fields & MN_FIELD_UID, &f->uid);

	if (status == MN_OK)
		status = text_if(c, st, 1, fields & MN_FIELD_TEXT, &f->summary);
	if (status == MN_OK)
		status = text_if(c, st, 2, fields & MN_FIELD_META, &f->meta);
	if (status == MN_OK && fields & (MN_FIELD_META | MN_FIELD_MEMBERS))
		status = fiber_tags(c, column_blob(st, 3), &f->tags);
	if (status == MN_OK && fields & MN_FIELD_MEMBERS)
		status = fiber_members(c, column_blob(st, 4), &f->neurons);
	if (status == MN_OK && fields & MN_FIELD_MEMBERS)
		status = fiber_members(c, column_blob(st, 5), &f->synapses);
	return status;
}

int read_fiber(struct conn *c, const struct fiber_row *row, unsigned fields, mn_fiber *f)
{
	sqlite3_stmt *st;
	int status;

	*f = (mn_fiber){
		.id = row->id,
		.anchor = row->anchor,
		.flags = row->flags,
		.stage = row->stage,
		.created = row->created,
		.first = row->first,
		.last = row->last,
		.uses = row->uses,
	};
	status = dictionary_grade(c, &row->salience, &f->salience);
	if (status == MN_OK)
		status = dictionary_grade(c, &row->coherence, &f->coherence);
	if (status != MN_OK || !row->text || fields == MN_FIELD_HEAD)
		return status;
	status = ASK(c, &st, fiber_text, I((int64_t)row->id));
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status;
	status = read_fiber_text(c, st, fields, f);
	sqlite3_reset(st);
	return status;
}

#define NEURONS                                                                      \
	"SELECT id, type, flags, created, ifnull(updated, created), uid, text, meta" \
	" FROM neuron WHERE id "
#define STATES "SELECT id, level, decay, last, uses FROM state WHERE id "
#define THE_ONE "= ?1"
#define ALL_AFTER "> ?1 ORDER BY id"

/* read NULL: rows are bundled. */
static const struct {
	size_t size;
	int (*read)(struct conn *, sqlite3_stmt *, unsigned fields, void *row);
	const char *one, *all, *uid;
} kinds[MN_KINDS] = {
	[MN_NEURON] = {sizeof(mn_neuron), read_neuron, NEURONS THE_ONE, NEURONS ALL_AFTER,
		"SELECT id FROM neuron WHERE uid = ?1"},
	[MN_STATE] = {sizeof(mn_state), read_state, STATES THE_ONE, STATES ALL_AFTER, NULL},
	[MN_SYNAPSE] = {sizeof(mn_synapse), NULL, NULL, NULL,
		"SELECT id FROM synapse_text WHERE uid = ?1"},
	[MN_FIBER] = {sizeof(mn_fiber), NULL, NULL, NULL,
		"SELECT id FROM fiber_text WHERE uid = ?1"},
};

const char *read_all_sql(int kind)
{
	return kinds[kind].all;
}

size_t read_size(int kind)
{
	return kinds[kind].size;
}

int read_row_of(struct conn *c, sqlite3_stmt *st, int kind, unsigned fields, void *row)
{
	return kinds[kind].read(c, st, fields ? fields : ~0u, row);
}

int read_bundled(struct conn *c, int kind, const void *bundled, unsigned fields, void *row)
{
	fields = fields ? fields : ~0u;
	return kind == MN_SYNAPSE ? read_synapse(c, bundled, fields, row)
				  : read_fiber(c, bundled, fields, row);
}

static int read_one_bundled(struct conn *c, int kind, mn_id id, unsigned fields, void *row)
{
	union any_row bundled;
	bool there;
	int status = bundle_peek(c, read_bundle(kind), id, &bundled, &there);

	if (status == MN_OK && there)
		return read_bundled(c, kind, &bundled, fields, row);
	memset(row, 0, kinds[kind].size);
	return status;
}

int read_one(struct conn *c, int kind, mn_id id, unsigned fields, void *row)
{
	sqlite3_stmt *st;
	int status;

	if (!kinds[kind].read)
		return read_one_bundled(c, kind, id, fields, row);
	status = ASK(c, &st, kinds[kind].one, I((int64_t)id));
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status == 0)
		memset(row, 0, kinds[kind].size);
	if (status <= 0)
		return status;
	status = read_row_of(c, st, kind, fields, row);
	sqlite3_reset(st);
	return status;
}

/* ---- Operations --------------------------------------------------------------------------- */

int read_generation(mn_db *db, mn_call *call, mn_str brain)
{
	struct work w;
	int status = work_begin(db, call, brain, USE_READ, &w);

	return status == MN_OK ? work_end(&w, MN_OK) : status;
}

static int get_rows(struct conn *c, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	const size_t size = kinds[kind].size;
	char *rows = ids.n ? c->host->alloc(c->call, ids.n * size) : NULL;
	int status = ids.n && !rows ? MN_ENOMEM : MN_OK;

	for (size_t i = 0; status == MN_OK && i < ids.n; i++) {
		if (i % CHECK_EVERY == 0)
			status = conn_check(c);
		if (status == MN_OK)
			status = read_one(c, kind, ids.at[i], fields, rows + i * size);
	}
	if (status == MN_OK)
		*out = (mn_rows){.kind = kind, .n = ids.n, .at.any = rows};
	return status;
}

static int check_kind(mn_db *db, mn_call *call, int kind)
{
	if (kind <= MN_BRAIN || kind >= MN_KINDS)
		return db->host->fail(
			call, MN_EINVAL, 0, "there are no rows of kind %d in a brain", kind);
	return MN_OK;
}

int read_get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	struct work w;
	int status = check_kind(db, call, kind);

	if (status == MN_OK)
		status = work_begin(db, call, brain, USE_READ, &w);
	return status == MN_OK ? work_end(&w, get_rows(w.c, kind, ids, fields, out)) : status;
}

int read_fibers_of(mn_db *db, mn_call *call, mn_str brain, mn_ids anchors, mn_rows *out)
{
	mn_id *ids = anchors.n ? db->host->alloc(call, anchors.n * sizeof(*ids)) : NULL;
	struct work w;
	int status = anchors.n && !ids ? MN_ENOMEM : work_begin(db, call, brain, USE_READ, &w);

	if (status != MN_OK)
		return status;
	for (size_t i = 0; status == MN_OK && i < anchors.n; i++)
		status = anchor_next(w.c, anchors.at[i], 0, &ids[i]);
	if (status == MN_OK)
		status = get_rows(w.c, MN_FIBER, (mn_ids){ids, anchors.n}, 0, out);
	return work_end(&w, status);
}

/* The plus keeps the planner from putting ?2 for text into the indexed expression as well. */
static const char neuron_by_key[] =
	"SELECT id FROM neuron WHERE type = ?1 AND type <> 1"
	" AND substr(text, 1, 64) = substr(?2, 1, 64) AND +text = ?2 ORDER BY id LIMIT 1";

static int lookup_one(struct conn *c, const mn_key *key, mn_id *out)
{
	uint16_t stored;
	int64_t id = 0;
	int status = dictionary_find_type(c, MN_NEURON, key->type, &stored);

	if (status == MN_OK && stored != MEMORY_TYPE && stored != UNKNOWN_TYPE
		&& c->host->text_valid(key->text))
		status = NUMBER(c, &id, 0, neuron_by_key, I(stored), S(key->text));
	*out = (mn_id)id;
	return status;
}

int read_lookup(mn_db *db, mn_call *call, mn_str brain, const mn_key *keys, size_t n, mn_id *out)
{
	struct work w;
	int status = work_begin(db, call, brain, n <= FEW ? USE_LOOK : USE_READ, &w);

	if (status != MN_OK)
		return status;
	for (size_t i = 0; status == MN_OK && i < n; i++) {
		if (i % CHECK_EVERY == 0)
			status = conn_check(w.c);
		if (status == MN_OK)
			status = lookup_one(w.c, &keys[i], &out[i]);
	}
	return work_end(&w, status);
}

int read_resolve(mn_db *db, mn_call *call, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	struct work w;
	int status = check_kind(db, call, kind);

	if (status == MN_OK && !kinds[kind].uid)
		status = db->host->fail(call, MN_EINVAL, 0, "rows of kind %d have no uid", kind);
	if (status == MN_OK)
		status = work_begin(db, call, brain, uids.n <= FEW ? USE_LOOK : USE_READ, &w);
	if (status != MN_OK)
		return status;
	for (size_t i = 0; status == MN_OK && i < uids.n; i++) {
		int64_t id = 0;

		if (i % CHECK_EVERY == 0)
			status = conn_check(w.c);
		if (status == MN_OK && uids.at[i].len && db->host->text_valid(uids.at[i]))
			status = NUMBER(w.c, &id, 0, kinds[kind].uid, S(uids.at[i]));
		out[i] = (mn_id)id;
	}
	return work_end(&w, status);
}
