/* SPDX-License-Identifier: MIT */
#include "apply.h"

#include <string.h>

#include "ballast.h"
#include "brain.h"
#include "heap.h"
#include "search.h"
#include "synapse.h"

#define OPS (MN_DROP + 1)
#define CHECK_EVERY 256
#define LEAST_KNOWN 4096
#define MANY_DROPS 8 /* synapses that are deleted together */
#define MOST_KNOWN 131072

/* ---- Checks ------------------------------------------------------------------------------- */

int batch_invalid(struct batch *b, const char *what, mn_id id, const char *why)
{
	return b->c->host->fail(
		b->c->call, MN_EINVAL, 0, "%s %llu: %s", what, (unsigned long long)id, why);
}

int batch_taken(struct batch *b, const char *what, mn_id id)
{
	return b->c->host->fail(b->c->call, MN_ECONFLICT, 0,
		"%s %llu: its id or uid is taken already", what, (unsigned long long)id);
}

int batch_id(struct batch *b, const char *what, mn_id id)
{
	return id == 0 || id > INT64_MAX
		       ? batch_invalid(b, what, id, "ids go from 1 to 9223372036854775807")
		       : MN_OK;
}

int batch_text(struct batch *b, const char *what, mn_id id, mn_str text)
{
	return b->c->host->text_valid(text)
		       ? MN_OK
		       : batch_invalid(b, what, id, "text must be valid UTF-8 without NUL");
}

int batch_unit(struct batch *b, const char *what, mn_id id, double x)
{
	return x >= 0 && x <= 1 ? MN_OK
				: batch_invalid(b, what, id, "weights and levels must lie in 0..1");
}

static const char neuron_exists[] = "SELECT 1 FROM neuron WHERE id = ?1";

void batch_learn(struct batch *b, mn_id neuron, bool exists)
{
	struct known_row *known = batch_row(b, neuron);

	if (known->row != neuron / 64)
		*known = (struct known_row){.row = neuron / 64};
	known->bits = exists ? known->bits | batch_bit(neuron) : known->bits & ~batch_bit(neuron);
}

int batch_neuron(struct batch *b, mn_id neuron, const char *whose, mn_id id)
{
	const struct known_row *known = batch_row(b, neuron);
	int64_t there = 0;
	int status = MN_OK;

	if (known->row == neuron / 64 && known->bits & batch_bit(neuron))
		return MN_OK;
	if (neuron && neuron <= INT64_MAX)
		status = NUMBER(b->c, &there, 0, neuron_exists, I((int64_t)neuron));
	if (status == MN_OK && !there)
		return batch_invalid(b, whose, id, "a neuron that it needs does not exist");
	if (status == MN_OK)
		batch_learn(b, neuron, true);
	return status;
}

/* ---- Applying ----------------------------------------------------------------------------- */

static change_fn *const changes[MN_KINDS][OPS] = {
	[MN_NEURON] = {[MN_ADD] = neuron_add, [MN_PUT] = neuron_put, [MN_DROP] = neuron_drop},
	[MN_STATE] = {[MN_ADD] = state_add,
		[MN_PUT] = state_put,
		[MN_TUNE] = state_tune,
		[MN_BUMP] = state_bump,
		[MN_DROP] = state_drop},
	[MN_SYNAPSE] = {[MN_ADD] = synapse_add,
		[MN_PUT] = synapse_put,
		[MN_TUNE] = synapse_tune,
		[MN_BUMP] = synapse_bump,
		[MN_FOLD] = synapse_fold,
		[MN_DROP] = synapse_drop},
	[MN_FIBER] = {[MN_ADD] = fiber_add,
		[MN_PUT] = fiber_put,
		[MN_TUNE] = fiber_tune,
		[MN_DROP] = fiber_drop},
};

static int change_one(struct batch *b, const mn_change *change)
{
	change_fn *fn = NULL;

	if (change->kind >= 0 && change->kind < MN_KINDS && change->op >= 0 && change->op < OPS)
		fn = changes[change->kind][change->op];
	if (!fn || (!change->row && change->op != MN_FOLD))
		return b->c->host->fail(b->c->call, MN_EINVAL, 0,
			"operation %d cannot be done to rows of kind %d", change->op, change->kind);
	return fn(b, change->row);
}

/* How many of the changes from here on delete synapses, ids ascending. */
static size_t drops_from(const mn_change *change, size_t n)
{
	mn_id last = 0;
	size_t i = 0;

	for (; i < n && change[i].op == MN_DROP && change[i].kind == MN_SYNAPSE; i++) {
		const mn_id *id = change[i].row;

		if (!id || *id <= last || *id > INT64_MAX)
			break;
		last = *id;
	}
	return i;
}

static int change_all(struct batch *b, const mn_change *change, size_t n, size_t *culprit)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < n;) {
		const size_t drops = drops_from(change + i, n - i);

		*culprit = i;
		if (drops >= MANY_DROPS) {
			status = synapse_drop_many(b, change + i, drops);
			i += drops;
			continue;
		}
		if (i % CHECK_EVERY == 0)
			status = conn_check(b->c);
		if (status == MN_OK)
			status = change_one(b, &change[i]);
		i++;
	}
	return status;
}

/* What the changes left to do: lists, counters, and words, where enough have come together. */
static int finish(struct batch *b)
{
	struct conn *c = b->c;
	int status = adjacency_flush(c);

	c->tally.gen.graph += b->graph;
	c->tally.gen.state += b->state;
	if (status == MN_OK && c->tally.unread >= SEARCH_FLUSH)
		status = search_flush(c);
	if (status == MN_OK && (b->graph || b->state))
		status = conn_tally(c);
	return status;
}

/* What earlier batches saw holds if nobody else wrote since. */
static int get_known(struct conn *c, size_t rows)
{
	struct known *k = &c->known;
	const mn_gen *now = &c->tally.gen;
	size_t room = k->room ? k->room : LEAST_KNOWN;

	while (room < rows && room < MOST_KNOWN)
		room *= 2;
	if (room > k->room) {
		heap_free(c->host, k->at);
		k->at = heap_new(c->host, room * sizeof(*k->at));
		k->room = k->at ? room : 0;
	} else if (k->of.epoch != now->epoch || k->of.graph != now->graph) {
		memset(k->at, 0, room * sizeof(*k->at));
	}
	k->of = (mn_gen){0};
	return k->at ? MN_OK : conn_memory(c);
}

static int check_expected(struct conn *c, const mn_gen *expect, size_t n, mn_applied *out)
{
	if (!expect || (expect->epoch == c->tally.gen.epoch && expect->graph == c->tally.gen.graph))
		return MN_OK;
	out->culprit = n;
	return c->host->fail(c->call, MN_ECONFLICT, 0,
		"somebody else changed the brain meanwhile: read again and repeat");
}

static int apply_in(struct conn *c, const mn_change *change, size_t n, mn_applied *out)
{
	struct batch b = {.c = c, .n = n};
	int status = get_known(c, n);

	out->before = out->after = c->tally.gen;
	if (status == MN_OK)
		status = change_all(&b, change, n, &out->culprit);
	if (status == MN_OK)
		status = finish(&b);
	if (status == MN_OK)
		out->after = c->known.of = c->tally.gen;
	return status;
}

static int apply_once(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *change, size_t n, mn_applied *out)
{
	mn_applied done = {.size = out->size};
	struct work w;
	int status = work_begin(db, call, brain, USE_WRITE, &w);

	if (status != MN_OK)
		return status;
	done.before = done.after = w.c->tally.gen;
	status = check_expected(w.c, expect, n, &done);
	if (status == MN_OK)
		status = apply_in(w.c, change, n, &done);
	else
		conn_spare(w.c);
	status = work_end(&w, status);
	call->at = status == MN_OK ? done.after : done.before;
	*out = done;
	return status;
}

int apply_changes(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *change, size_t n, mn_applied *out)
{
	int status = apply_once(db, call, brain, expect, change, n, out);

	if (status == MN_OK || !ballast_would_help(call, change, n) || !ballast_drop(db))
		return status;
	*call->err = MN_SIZED(mn_error);
	return apply_once(db, call, brain, expect, change, n, out);
}

/* ---- Fresh ids ---------------------------------------------------------------------------- */

static const char highest_neuron[] = "SELECT max(id) FROM neuron WHERE id <= ?1";

static int highest(struct conn *c, int kind, mn_id most, mn_id *out)
{
	*out = 0;
	if (kind == MN_NEURON)
		return NUMBER(c, (int64_t *)out, 0, highest_neuron, I((int64_t)most));
	return bundle_highest(c, kind == MN_SYNAPSE ? ROW_SYNAPSE : ROW_FIBER, most, out);
}

/* Moves *first up until n ids from it on belong to no row: rows may bring ids of their own. */
static int pass_over(struct conn *c, int kind, uint64_t n, mn_id *first)
{
	mn_id found;

	for (;;) {
		int status;

		if (*first > (mn_id)INT64_MAX - n)
			return c->host->fail(c->call, MN_EUNSUPPORTED, 0,
				"the brain has no ids left above %llu", (unsigned long long)*first);
		status = highest(c, kind, *first + n - 1, &found);
		if (status != MN_OK || found < *first)
			return status;
		*first = found + 1;
	}
}

/* Takes more ids than are asked for, so that the next ones cost little. */
static int lease_more(struct conn *c, int kind, uint32_t n, struct lease *out)
{
	mn_id *next = &c->tally.next[kind];
	mn_id spare = *next > MOST_LEASE ? MOST_LEASE : *next < LEAST_LEASE ? LEAST_LEASE : *next;
	int status = pass_over(c, kind, n + spare, next);

	if (status != MN_OK)
		return status;
	*out = (struct lease){*next, *next + n + spare};
	*next = out->end;
	return conn_tally(c);
}

static int reserve_in(struct conn *c, int kind, uint32_t n, struct lease *lease)
{
	int status = lease->end ? pass_over(c, kind, n, &lease->next) : MN_OK;

	if (status == MN_OK && lease->next + n > lease->end)
		status = lease_more(c, kind, n, lease);
	return status == MN_OK ? conn_commit(c) : status;
}

int apply_reserve(mn_db *db, mn_call *call, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	struct lease lease;
	struct work w;
	int status;

	if ((kind != MN_NEURON && kind != MN_SYNAPSE && kind != MN_FIBER) || n == 0)
		return db->host->fail(call, MN_EINVAL, 0,
			"ids are reserved for neurons, synapses and fibers, one at least");
	status = work_begin(db, call, brain, USE_WRITE, &w);
	if (status != MN_OK)
		return status;
	lease = w.brain->lease[kind];
	status = reserve_in(w.c, kind, n, &lease);
	if (status == MN_OK) {
		*first = lease.next;
		lease.next += n;
		w.brain->lease[kind] = lease;
		w.brain->wrote = true;
	}
	work_drop(&w);
	return status;
}
