/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <string.h>

#include "connection.h"
#include "fault.h"
#include "heap.h"

#define TEXTS 6 /* of a fiber: more than a synapse has */

/* What makes the one view another than the other. */
struct kind {
	enum row_kind bundle;
	const char *name, *declare, *read_text, *put_text, *drop_text;
	int texts, first; /* columns of text: how many, and where they begin */
	struct value (*column)(const void *row, int i);
	void (*set)(void *row, sqlite3_value **columns);
};

struct view {
	sqlite3_vtab base; /* first: SQLite knows no more of it */
	struct conn *c;
	const struct kind *kind;
};

struct cursor {
	sqlite3_vtab_cursor base;
	struct bundle_walk walk;
	const void *row; /* NULL: no more */
	mn_id last;      /* ids up to here */
	bool read;       /* texts are of this row */
	sqlite3_value *texts[TEXTS];
};

/* ---- Columns ------------------------------------------------------------------------------ */

static struct value of_grade(const struct grade *g)
{
	return g->code ? I(g->code) : R(g->number);
}

static struct grade to_grade(sqlite3_value *v)
{
	if (sqlite3_value_type(v) == SQLITE_INTEGER)
		return (struct grade){.code = (uint16_t)sqlite3_value_int64(v)};
	return (struct grade){.number = sqlite3_value_double(v)};
}

static struct value synapse_column(const void *row, int i)
{
	const struct synapse_row *s = row;

	switch (i) {
	case 0: return I((int64_t)s->id);
	case 1: return I((int64_t)s->from);
	case 2: return I((int64_t)s->to);
	case 3: return I(s->type);
	case 4: return I(s->flags);
	case 5: return of_grade(&s->base);
	case 6: return I(s->created);
	case 7: return I(s->last);
	case 8: return I(s->uses);
	default: return I(s->text);
	}
}

static void set_synapse(void *row, sqlite3_value **v)
{
	struct synapse_row *s = row;

	s->from = (mn_id)sqlite3_value_int64(v[1]);
	s->to = (mn_id)sqlite3_value_int64(v[2]);
	s->type = (uint16_t)sqlite3_value_int64(v[3]);
	s->flags = (uint16_t)sqlite3_value_int64(v[4]);
	s->base = to_grade(v[5]);
	s->created = sqlite3_value_int64(v[6]);
	s->last = sqlite3_value_int64(v[7]);
	s->uses = (uint32_t)sqlite3_value_int64(v[8]);
}

static struct value fiber_column(const void *row, int i)
{
	const struct fiber_row *f = row;

	switch (i) {
	case 0: return I((int64_t)f->id);
	case 1: return I((int64_t)f->anchor);
	case 2: return I(f->flags);
	case 3: return I(f->stage);
	case 4: return of_grade(&f->salience);
	case 5: return of_grade(&f->coherence);
	case 6: return I(f->created);
	case 7: return I(f->first);
	case 8: return I(f->last);
	case 9: return I(f->uses);
	default: return I(f->text);
	}
}

static void set_fiber(void *row, sqlite3_value **v)
{
	struct fiber_row *f = row;

	f->anchor = (mn_id)sqlite3_value_int64(v[1]);
	f->flags = (uint16_t)sqlite3_value_int64(v[2]);
	f->stage = (uint16_t)sqlite3_value_int64(v[3]);
	f->salience = to_grade(v[4]);
	f->coherence = to_grade(v[5]);
	f->created = sqlite3_value_int64(v[6]);
	f->first = sqlite3_value_int64(v[7]);
	f->last = sqlite3_value_int64(v[8]);
	f->uses = (uint32_t)sqlite3_value_int64(v[9]);
}

static const struct kind synapses = {
	.bundle = ROW_SYNAPSE,
	.name = "synapse",
	.declare = "CREATE TABLE synapse(id INTEGER PRIMARY KEY, source, target, type, flags, base,"
		   " created, last, uses, uid, meta, text)",
	.read_text = "SELECT uid, meta FROM synapse_text WHERE id = ?1",
	.put_text = "REPLACE INTO synapse_text(id, uid, meta) VALUES(?1, ?2, ?3)",
	.drop_text = "DELETE FROM synapse_text WHERE id = ?1",
	.texts = 2,
	.first = 9,
	.column = synapse_column,
	.set = set_synapse,
};
static const struct kind fibers = {
	.bundle = ROW_FIBER,
	.name = "fiber",
	.declare = "CREATE TABLE fiber(id INTEGER PRIMARY KEY, anchor, flags, stage, salience,"
		   " coherence, created, first, last, uses, uid, summary, meta, tags, neurons,"
		   " synapses, text)",
	.read_text = "SELECT uid, summary, meta, tags, neurons, synapses FROM fiber_text"
		     " WHERE id = ?1",
	.put_text = "REPLACE INTO fiber_text(id, uid, summary, meta, tags, neurons, synapses)"
		    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	.drop_text = "DELETE FROM fiber_text WHERE id = ?1",
	.texts = 6,
	.first = 10,
	.column = fiber_column,
	.set = set_fiber,
};

/* ---- The table ---------------------------------------------------------------------------- */

static struct view *view_of(sqlite3_vtab *table)
{
	return (struct view *)table;
}

/* What SQLite is told of a call that failed: the error itself is recorded already. */
static int failed(const struct conn *c, int status)
{
	const int rc = sqlite3_extended_errcode(c->sql) & 0xFF;

	if (status == MN_ECORRUPT)
		return SQLITE_CORRUPT;
	if (status == MN_ENOMEM)
		return SQLITE_NOMEM;
	return rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_ERROR : rc;
}

static int connect(sqlite3 *sql, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
	char **error)
{
	const struct kind *kind = strcmp(argv[0], synapses.name) == 0 ? &synapses : &fibers;
	struct conn *c = aux;
	struct view *v;
	int rc = sqlite3_declare_vtab(sql, kind->declare);

	(void)argc, (void)error;
	if (rc != SQLITE_OK)
		return rc;
	v = heap_new(c->host, sizeof(*v));
	if (!v)
		return SQLITE_NOMEM;
	v->c = c;
	v->kind = kind;
	*out = &v->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table)
{
	heap_free(view_of(table)->c->host, table);
	return SQLITE_OK;
}

enum bound { BOUND_LOW = 1, BOUND_ABOVE = 2, BOUND_HIGH = 4, BOUND_BELOW = 8, BOUND_SAME = 16 };

static int bound_of(unsigned char op)
{
	switch (op) {
	case SQLITE_INDEX_CONSTRAINT_EQ: return BOUND_SAME;
	case SQLITE_INDEX_CONSTRAINT_GE: return BOUND_LOW;
	case SQLITE_INDEX_CONSTRAINT_GT: return BOUND_ABOVE;
	case SQLITE_INDEX_CONSTRAINT_LE: return BOUND_HIGH;
	case SQLITE_INDEX_CONSTRAINT_LT: return BOUND_BELOW;
	default: return 0;
	}
}

/* The plan is which bounds of the id are known, in the order of their bits. */
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	int at[BOUND_SAME + 1], n = 0;

	(void)table;
	memset(at, -1, sizeof(at));
	for (int i = 0; i < info->nConstraint; i++)
		if (info->aConstraint[i].usable && info->aConstraint[i].iColumn <= 0)
			at[bound_of(info->aConstraint[i].op)] = i;
	for (int bound = BOUND_LOW; bound <= BOUND_SAME; bound *= 2)
		if (at[bound] >= 0) {
			info->idxNum |= bound;
			info->aConstraintUsage[at[bound]].argvIndex = ++n;
		}
	info->estimatedCost = info->idxNum & BOUND_SAME ? 2 : info->idxNum ? 1e4 : 1e6;
	info->estimatedRows = info->idxNum & BOUND_SAME ? 1 : info->idxNum ? 10000 : 1000000;
	info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn <= 0
				&& !info->aOrderBy[0].desc;
	return SQLITE_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	struct cursor *k = heap_new(view_of(table)->c->host, sizeof(*k));

	if (!k)
		return SQLITE_NOMEM;
	*out = &k->base;
	return SQLITE_OK;
}

static void forget_texts(struct cursor *k)
{
	for (int i = 0; i < TEXTS; i++) {
		sqlite3_value_free(k->texts[i]);
		k->texts[i] = NULL;
	}
	k->read = false;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	struct conn *c = view_of(base->pVtab)->c;
	struct cursor *k = (struct cursor *)base;

	forget_texts(k);
	bundle_walk_end(c, &k->walk);
	heap_free(c->host, k);
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base)
{
	struct conn *c = view_of(base->pVtab)->c;
	struct cursor *k = (struct cursor *)base;
	int status;

	forget_texts(k);
	status = bundle_next(c, &k->walk, &k->row);
	if (status != 1 || row_id_of(k->row) > k->last)
		k->row = NULL;
	return status < 0 ? failed(c, status) : SQLITE_OK;
}

/* Only whole numbers bound ids; with anything else SQLite looks itself. */
static void narrow(struct cursor *k, int bound, sqlite3_value *v)
{
	const int64_t x = sqlite3_value_int64(v);

	if (sqlite3_value_type(v) != SQLITE_INTEGER)
		return;
	if (bound == BOUND_SAME || bound == BOUND_LOW)
		k->walk.from = x > 0 ? (mn_id)x : 1;
	if (bound == BOUND_ABOVE)
		k->walk.from = x > 0 ? (mn_id)x + 1 : 1;
	if (bound == BOUND_SAME || bound == BOUND_HIGH)
		k->last = x > 0 ? (mn_id)x : 0;
	if (bound == BOUND_BELOW)
		k->last = x > 1 ? (mn_id)x - 1 : 0;
}

static int filter(
	sqlite3_vtab_cursor *base, int plan, const char *name, int argc, sqlite3_value **argv)
{
	struct view *v = view_of(base->pVtab);
	struct cursor *k = (struct cursor *)base;
	int i = 0;

	(void)name;
	bundle_walk_end(v->c, &k->walk);
	k->walk = (struct bundle_walk){.kind = v->kind->bundle, .forgiving = true};
	k->last = INT64_MAX;
	for (int bound = BOUND_LOW; bound <= BOUND_SAME && i < argc; bound *= 2)
		if (plan & bound)
			narrow(k, bound, argv[i++]);
	if (k->last == 0) {
		forget_texts(k);
		k->row = NULL;
		return SQLITE_OK;
	}
	return next(base);
}

static int eof(sqlite3_vtab_cursor *base)
{
	return ((struct cursor *)base)->row == NULL;
}

static int read_texts(struct conn *c, const struct kind *kind, struct cursor *k)
{
	sqlite3_stmt *st;
	int status = ASK(c, &st, kind->read_text, I((int64_t)row_id_of(k->row)));

	if (status == MN_OK)
		status = conn_step(c, st);
	if (status < 0)
		return failed(c, status);
	for (int i = 0; status == 1 && i < kind->texts; i++)
		k->texts[i] = sqlite3_value_dup(sqlite3_column_value(st, i));
	sqlite3_reset(st);
	k->read = true;
	return SQLITE_OK;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *out, int i)
{
	struct view *v = view_of(base->pVtab);
	struct cursor *k = (struct cursor *)base;
	const int text = i - v->kind->first;

	if (text >= 0 && text < v->kind->texts) {
		const bool there = v->kind->column(k->row, v->kind->first).number != 0;
		int rc = k->read || !there ? SQLITE_OK : read_texts(v->c, v->kind, k);

		if (rc == SQLITE_OK && k->texts[text])
			sqlite3_result_value(out, k->texts[text]);
		return rc;
	}
	const struct value x = v->kind->column(k->row, i);

	if (x.kind == VALUE_INT)
		sqlite3_result_int64(out, x.number);
	else
		sqlite3_result_double(out, x.real);
	return SQLITE_OK;
}

static int row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)row_id_of(((struct cursor *)base)->row);
	return SQLITE_OK;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static int put_texts(
	struct conn *c, const struct kind *kind, mn_id id, sqlite3_value **v, bool *any)
{
	sqlite3_stmt *st;
	int rc = SQLITE_OK, status;

	*any = false;
	for (int i = 0; i < kind->texts; i++)
		*any |= sqlite3_value_type(v[i]) != SQLITE_NULL;
	if (!*any)
		return RUN(c, kind->drop_text, I((int64_t)id));
	status = ASK(c, &st, kind->put_text, I((int64_t)id));
	for (int i = 0; status == MN_OK && rc == SQLITE_OK && i < kind->texts; i++)
		rc = sqlite3_bind_value(st, i + 2, v[i]);
	if (status == MN_OK && rc != SQLITE_OK)
		status = conn_fault(c);
	return status == MN_OK ? conn_step(c, st) : status;
}

static void say_text(const struct kind *kind, void *row, bool text)
{
	if (kind == &synapses)
		((struct synapse_row *)row)->text = text;
	else
		((struct fiber_row *)row)->text = text;
}

static int update_row(struct conn *c, const struct kind *kind, mn_id id, sqlite3_value **columns)
{
	bool any;
	void *row;
	int status = put_texts(c, kind, id, columns + kind->first, &any);

	if (status == MN_OK)
		status = bundle_find(c, kind->bundle, id, &row);
	if (status != MN_OK || !row)
		return status;
	kind->set(row, columns);
	say_text(kind, row, any);
	return bundle_touch(c, kind->bundle);
}

static int delete_row(struct conn *c, const struct kind *kind, mn_id id)
{
	bool there;
	int status = bundle_drop(c, kind->bundle, id, &there);

	return status == MN_OK ? RUN(c, kind->drop_text, I((int64_t)id)) : status;
}

/* Rows are neither added nor given other ids. */
static int update(sqlite3_vtab *table, int argc, sqlite3_value **argv, sqlite3_int64 *id)
{
	struct view *v = view_of(table);
	const int64_t old = sqlite3_value_int64(argv[0]);
	int status;

	(void)id;
	if (argc > 1
		&& (sqlite3_value_type(argv[0]) == SQLITE_NULL
			|| sqlite3_value_int64(argv[1]) != old))
		return SQLITE_READONLY;
	status = argc > 1 ? update_row(v->c, v->kind, (mn_id)old, argv + 2)
			  : delete_row(v->c, v->kind, (mn_id)old);
	return status < 0 ? failed(v->c, status) : SQLITE_OK;
}

/* Without a way to be created they are there by their names alone. */
static const sqlite3_module module = {
	.iVersion = 1,
	.xConnect = connect,
	.xDisconnect = disconnect,
	.xBestIndex = best_index,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next,
	.xEof = eof,
	.xColumn = column,
	.xRowid = row_number,
	.xUpdate = update,
};

int view_register(struct conn *c)
{
	int rc = sqlite3_create_module_v2(c->sql, synapses.name, &module, c, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_create_module_v2(c->sql, fibers.name, &module, c, NULL);
	return rc == SQLITE_OK ? MN_OK : fault_sqlite(c->host, c->call, c->sql, c->path, rc);
}
