/* SPDX-License-Identifier: MIT */
/*
 * rescue.c - reads what can still be read of a file whose pages are damaged.
 *
 * Tables are read by id. Where a page cannot be read, the range of ids is halved until it lies
 * between two that can: looking up an id goes through other pages than walking to it. The number
 * of such looks is limited, so that this ends on any file.
 */
#include <string.h>

#include "brain.h"
#include "exam.h"
#include "fault.h"
#include "heap.h"
#include "read.h"
#include "upkeep.h"

#define MOST_LOOKS 200000

struct rescue {
	mn_db *db;
	mn_call *call;
	const mn_rescue *to;
	struct conn *c;
	int kind;
	uint64_t looks;
	bool gap;
};

static const char *const ranges[MN_KINDS] = {
	[MN_NEURON] = "SELECT id FROM neuron WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
	[MN_STATE] = "SELECT id FROM state WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
	[MN_SYNAPSE] = "SELECT id FROM synapse WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
	[MN_FIBER] = "SELECT id FROM fiber WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
};
static const char *const tops[MN_KINDS] = {
	[MN_NEURON] = "SELECT max(id) FROM neuron",
	[MN_STATE] = "SELECT max(id) FROM state",
	[MN_SYNAPSE] = "SELECT max(id) FROM synapse",
	[MN_FIBER] = "SELECT max(id) FROM fiber",
};

static int forgive(struct rescue *r, int status)
{
	if (status != MN_ECORRUPT && status != MN_EIO)
		return status;
	*r->call->err = (mn_error){.size = r->call->err->size};
	r->c->broken = false;
	if (!r->gap)
		r->to->gap(r->to->ctx);
	r->gap = true;
	return MN_OK;
}

/* One row; one that cannot be read is passed over. */
static int give(struct rescue *r, mn_id id)
{
	union {
		mn_neuron neuron;
		mn_state state;
		mn_synapse synapse;
		mn_fiber fiber;
		mn_id id;
	} row;
	const bool bundled = r->kind == MN_SYNAPSE || r->kind == MN_FIBER;
	int status = read_one(r->c, r->kind, id, 0, &row);

	if (status == MN_OK)
		r->gap = false;
	else
		status = forgive(r, status);
	if (status == MN_OK && r->gap) { /* its texts stand elsewhere */
		if (!bundled)
			return MN_OK;
		status = read_one(r->c, r->kind, id, MN_FIELD_HEAD, &row);
	}
	if (status != MN_OK)
		return forgive(r, status);
	return row.id ? r->to->row(r->to->ctx, r->kind, &row) : MN_OK;
}

/* Walks a range until it ends or breaks; *last: the highest id that was seen. */
static int walk(struct rescue *r, int64_t from, int64_t to, int64_t *last, bool *broke)
{
	const uint64_t passed = r->c->passed;
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(r->c->sql, ranges[r->kind], -1, &st, NULL), status = MN_OK;

	*last = from - 1;
	r->looks++;
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(st, 1, from);
		sqlite3_bind_int64(st, 2, to);
	}
	while (rc == SQLITE_OK && status == MN_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		*last = sqlite3_column_int64(st, 0);
		status = conn_check(r->c);
		if (status == MN_OK)
			status = give(r, (mn_id)*last);
	}
	sqlite3_finalize(st);
	*broke = rc != SQLITE_DONE && rc != SQLITE_OK;
	if (r->c->passed != passed && !r->gap)
		r->to->gap(r->to->ctx);
	return status;
}

/* from..to, halves of what breaks after half; a stack of ends is enough for 63 halvings. */
static int walk_range(struct rescue *r, int64_t from, int64_t to)
{
	int64_t ends[80];
	size_t n = 0;
	int status = MN_OK;

	ends[n++] = to;
	while (status == MN_OK && n && r->looks < MOST_LOOKS) {
		const int64_t end = ends[n - 1];
		int64_t last = from - 1;
		bool broke = false;

		status = from <= end ? walk(r, from, end, &last, &broke) : MN_OK;
		if (!broke || last >= end) {
			from = end + 1;
			n--;
		} else {
			from = last + 1;
			if (from == end || n == sizeof(ends) / sizeof(*ends)) {
				status = forgive(r, MN_ECORRUPT);
				from = end + 1;
				n--;
			} else {
				ends[n++] = from + (end - from) / 2;
			}
		}
	}
	return status;
}

/* ---- All ---------------------------------------------------------------------------------- */

static const char read_brain[] =
	"SELECT uid, name, config, meta, created, updated, clock FROM brain WHERE one = 1";

static int give_brain(struct rescue *r)
{
	const struct tally *t = &r->c->tally;
	mn_brain_row row = {.neurons = t->neurons, .synapses = t->synapses, .fibers = t->fibers};
	sqlite3_stmt *st = NULL;
	int status = MN_OK;

	if (sqlite3_prepare_v2(r->c->sql, read_brain, -1, &st, NULL) == SQLITE_OK
		&& sqlite3_step(st) == SQLITE_ROW) {
		row.config = column_text(st, 2);
		row.meta = column_text(st, 3);
		row.created = sqlite3_column_int64(st, 4);
		row.updated = sqlite3_column_int64(st, 5);
		row.clock = sqlite3_column_int64(st, 6);
	} else {
		r->to->gap(r->to->ctx);
	}
	status = r->to->row(r->to->ctx, MN_BRAIN, &row);
	sqlite3_finalize(st);
	return status;
}

/* The highest id, or, where that cannot be read, the next one that would have been given. */
static int64_t top_of(struct rescue *r)
{
	sqlite3_stmt *st = NULL;
	int64_t top = 0;

	if (sqlite3_prepare_v2(r->c->sql, tops[r->kind], -1, &st, NULL) == SQLITE_OK
		&& sqlite3_step(st) == SQLITE_ROW)
		top = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	if (top == 0)
		top = (int64_t)r->c->tally.next[r->kind == MN_STATE ? MN_NEURON : r->kind];
	return top > 0 ? top : INT64_C(1) << 40;
}

static int give_all(struct rescue *r)
{
	static const int kinds[] = {MN_NEURON, MN_STATE, MN_SYNAPSE, MN_FIBER};
	int status = forgive(r, conn_load(r->c));

	r->gap = false;
	if (status == MN_OK)
		status = give_brain(r);
	for (size_t i = 0; status == MN_OK && i < sizeof(kinds) / sizeof(*kinds); i++) {
		r->kind = kinds[i];
		r->looks = 0;
		r->gap = false;
		status = walk_range(r, 1, top_of(r));
	}
	return status;
}

int rescue_brain(mn_db *db, mn_call *call, mn_str brain, const mn_rescue *to)
{
	struct rescue r = {.db = db, .call = call, .to = to};
	char *found, *path = NULL;
	int status = exam_find(db, call, brain, &found);

	if (status == MN_OK && !found)
		status = db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\" in %s",
			SHOWN(brain), fault_path(db->path));
	/* The call's memory may be given back between two rows. */
	if (status == MN_OK) {
		path = heap_copy(db->host, (mn_str){found, strlen(found)});
		status = path ? MN_OK : fault_memory(db->host, call);
	}
	if (status == MN_OK)
		status = conn_open(db->host, call, path, ACCESS_READ_ONLY, false, &r.c);
	if (status == MN_OK && !r.c)
		status = conn_open(db->host, call, path, ACCESS_READ_ONLY, true, &r.c);
	if (status == MN_OK)
		status = conn_adopt(r.c, call);
	if (status == MN_OK)
		status = exam_register(r.c);
	if (status == MN_OK)
		status = conn_script(r.c, "BEGIN");
	if (status == MN_OK)
		status = give_all(&r);
	if (r.c)
		conn_rollback(r.c);
	conn_close(r.c);
	heap_free(db->host, path);
	return status;
}
