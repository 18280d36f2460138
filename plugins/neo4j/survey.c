/* SPDX-License-Identifier: MIT */
/* survey.c - what a batch of changes has to know of the brain. */
#include "survey.h"

#include "holder.h"
#include "question.h"
#include "rows.h"

#define COLUMNS                                                                            \
	"neurons, synapses, incident, bumped, fibers, anchored, delta, rate, neuronUids, " \
	"synapseUids, fiberUids, ends"

/* Of a synapse: what a change of its numbers builds on. */
#define SYNAPSE \
	"[s.id, s.f, s.t, coalesce(s.base, s.w), s.created, s.last, s.uses, s.uid, s.bumped]"

/* Of ends, the id that was asked for is given back: were it the property, an index would have all
 * that is wanted, and a server that plans this while the brain is empty would read, for each id,
 * the whole brain from it. */
static const char *const body[] = {
	"CALL () { UNWIND $p.neurons AS id MATCH (n:MnNeuron {b: $p.b, id: id}) "
	"RETURN collect([n.id, n.uid, n.level, n.decay, n.last, n.uses]) AS neurons } ",
	"CALL () { UNWIND $p.ends AS id MATCH (n:MnNeuron {b: $p.b, id: id}) "
	"RETURN collect(id) AS ends } ",
	"CALL () { UNWIND $p.synapses AS id MATCH ()-[s:MN_SYNAPSE {b: $p.b, id: id}]->() "
	"RETURN collect(" SYNAPSE ") AS synapses } ",
	"CALL () { UNWIND $p.gone AS id MATCH (:MnNeuron {b: $p.b, id: id})-[s:MN_SYNAPSE]-() "
	"WITH DISTINCT s RETURN collect(" SYNAPSE ") AS incident } ",
	"CALL () { UNWIND $p.folds AS id MATCH ()-[s:MN_SYNAPSE {b: $p.b, bumped: true}]->() "
	"RETURN collect(" SYNAPSE ") AS bumped } ",
	"CALL () { UNWIND $p.fibers AS id MATCH (f:MnFiber {b: $p.b, id: id}) "
	"RETURN collect([f.id, f.anchor, f.uid]) AS fibers } ",
	"CALL () { UNWIND $p.gone AS id "
	"MATCH (:MnNeuron {b: $p.b, id: id})<-[:MN_ANCHOR]-(f:MnFiber) "
	"RETURN collect([f.id, f.anchor, f.uid]) AS anchored } ",
	"CALL () { UNWIND $p.neuronUids AS u MATCH (n:MnNeuron {b: $p.b, uh: u[0]}) "
	"WHERE n.uid = u[1] RETURN collect([n.id, n.uid]) AS neuronUids } ",
	"CALL () { UNWIND $p.synapseUids AS u MATCH ()-[s:MN_SYNAPSE {b: $p.b, uh: u[0]}]->() "
	"WHERE s.uid = u[1] RETURN collect([s.id, s.uid]) AS synapseUids } ",
	"CALL () { UNWIND $p.fiberUids AS u MATCH (f:MnFiber {b: $p.b, uh: u[0]}) "
	"WHERE f.uid = u[1] RETURN collect([f.id, f.uid]) AS fiberUids } ",
	"MATCH (c:MnBrain {key: $p.b}) WITH *, c.delta AS delta, c.rate AS rate RETURN " COLUMNS,
	NULL};

/* ---- Asking -------------------------------------------------------------------------------- */

struct asked {
	mn_db *db;
	const mn_change *changes;
	size_t n;
};

static bool writes(const mn_change *c)
{
	return c->op == MN_ADD || c->op == MN_PUT;
}

/* The neurons that a change is about, or else those that only have to be there. */
static size_t neurons_of(const mn_change *c, bool ends, mn_id out[2])
{
	const mn_synapse *s = c->row;
	const mn_fiber *f = c->row;

	switch (c->kind) {
	case MN_NEURON:
	case MN_STATE: out[0] = *(const mn_id *)c->row; return !ends;
	case MN_SYNAPSE:
		out[0] = s->from;
		out[1] = s->to;
		return ends && writes(c) ? 2 : 0;
	case MN_FIBER: out[0] = f->anchor; return ends && writes(c);
	default: return 0;
	}
}

static void say_id(struct text *t, mn_id id)
{
	if (id && id <= INT64_MAX)
		text_int(t, (int64_t)id);
}

/* An id once more than needed is no harm; most repeats stand next to each other. */
static void fill_neurons(struct text *t, const struct asked *a, bool ends)
{
	mn_id last[2] = {0};

	text_name(t, ends ? "ends" : "neurons");
	text_open(t, '[');
	for (size_t i = 0; i < a->n; i++) {
		mn_id ids[2];
		const size_t n = a->changes[i].row ? neurons_of(&a->changes[i], ends, ids) : 0;

		for (size_t k = 0; k < n; k++) {
			if (ids[k] != last[k])
				say_id(t, ids[k]);
			last[k] = ids[k];
		}
	}
	text_close(t, ']');
}

static void fill_rows(struct text *t, const struct asked *a, const char *name, int kind, bool drops)
{
	text_name(t, name);
	text_open(t, '[');
	for (size_t i = 0; i < a->n; i++) {
		const mn_change *c = &a->changes[i];

		if (c->kind == kind && c->row && (!drops || c->op == MN_DROP))
			say_id(t, *(const mn_id *)c->row);
	}
	text_close(t, ']');
}

static void fill_folds(struct text *t, const struct asked *a)
{
	bool folds = false;

	for (size_t i = 0; i < a->n; i++)
		folds |= a->changes[i].op == MN_FOLD;
	text_name(t, "folds");
	text_open(t, '[');
	if (folds)
		text_int(t, 1);
	text_close(t, ']');
}

static mn_str uid_of(const mn_change *c)
{
	switch (c->kind) {
	case MN_NEURON: return ((const mn_neuron *)c->row)->uid;
	case MN_SYNAPSE: return ((const mn_synapse *)c->row)->uid;
	case MN_FIBER: return ((const mn_fiber *)c->row)->uid;
	default: return (mn_str){0};
	}
}

static void fill_uids(struct text *t, const struct asked *a, const char *name, int kind)
{
	text_name(t, name);
	text_open(t, '[');
	for (size_t i = 0; i < a->n; i++) {
		const mn_change *c = &a->changes[i];
		const mn_str uid = c->kind == kind && c->row && writes(c) ? uid_of(c) : (mn_str){0};

		if (uid.len == 0 || !a->db->host->text_valid(uid))
			continue;
		text_open(t, '[');
		text_int(t, hash_uid(uid));
		text_str(t, uid);
		text_close(t, ']');
	}
	text_close(t, ']');
}

static void fill(struct text *t, const void *ctx)
{
	const struct asked *a = ctx;

	fill_neurons(t, a, false);
	fill_neurons(t, a, true);
	fill_rows(t, a, "gone", MN_NEURON, true);
	fill_rows(t, a, "synapses", MN_SYNAPSE, false);
	fill_rows(t, a, "fibers", MN_FIBER, false);
	fill_folds(t, a);
	fill_uids(t, a, "neuronUids", MN_NEURON);
	fill_uids(t, a, "synapseUids", MN_SYNAPSE);
	fill_uids(t, a, "fiberUids", MN_FIBER);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static const json_t *cell(const json_t *row, size_t i)
{
	return json_array_get(row, i);
}

static int read_neurons(struct draft *d, struct reader *r, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		struct neuron_draft n = {.id = (mn_id)reader_int(r, cell(row, 0)),
			.was = true,
			.is = true,
			.uid = reader_str(r, cell(row, 1)),
			.state_was = !json_is_null(cell(row, 3)),
			.synapses = NOBODY,
			.fibers = NOBODY};

		n.has_state = n.state_was;
		n.state = (mn_state){n.id, reader_real(r, cell(row, 2)),
			reader_real(r, cell(row, 3)), reader_int(r, cell(row, 4)),
			(uint32_t)reader_int(r, cell(row, 5))};
		if (!draft_neuron(d, n.id) && draft_add_neuron(d, &n) != MN_OK)
			return MN_ENOMEM;
	}
	return MN_OK;
}

/* Ends of synapses and anchors, which are as they are. */
static int read_ends(struct draft *d, struct reader *r, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const struct neuron_draft n = {.id = (mn_id)reader_int(r, cell(list, i)),
			.was = true,
			.is = true,
			.synapses = NOBODY,
			.fibers = NOBODY};

		if (!draft_neuron(d, n.id) && draft_add_neuron(d, &n) != MN_OK)
			return MN_ENOMEM;
	}
	return MN_OK;
}

static int read_synapses(struct draft *d, struct reader *r, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		struct synapse_draft s = {.id = (mn_id)reader_int(r, cell(row, 0)),
			.was = true,
			.is = true,
			.bumped = json_is_true(cell(row, 8)),
			.was_from = (mn_id)reader_int(r, cell(row, 1)),
			.was_to = (mn_id)reader_int(r, cell(row, 2)),
			.uid = reader_str(r, cell(row, 7))};

		s.now = (mn_synapse){.id = s.id,
			.from = s.was_from,
			.to = s.was_to,
			.base = reader_real(r, cell(row, 3)),
			.created = reader_int(r, cell(row, 4)),
			.last = reader_int(r, cell(row, 5)),
			.uses = (uint32_t)reader_int(r, cell(row, 6))};
		if (draft_synapse(d, s.id))
			continue;
		d->bumped += s.bumped;
		if (draft_add_synapse(d, &s) != MN_OK
			|| draft_link_synapse(d, draft_synapse(d, s.id)) != MN_OK)
			return MN_ENOMEM;
	}
	return MN_OK;
}

static int read_fibers(struct draft *d, struct reader *r, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		const struct fiber_draft f = {.id = (mn_id)reader_int(r, cell(row, 0)),
			.was = true,
			.is = true,
			.anchor = (mn_id)reader_int(r, cell(row, 1)),
			.uid = reader_str(r, cell(row, 2))};

		if (!draft_fiber(d, f.id)
			&& (draft_add_fiber(d, &f) != MN_OK
				|| draft_link_fiber(d, draft_fiber(d, f.id)) != MN_OK))
			return MN_ENOMEM;
	}
	return MN_OK;
}

static int read_uids(struct draft *d, struct reader *r, int kind, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		if (holder_set(d, kind, reader_str(r, cell(row, 1)),
			    (mn_id)reader_int(r, cell(row, 0)))
			!= MN_OK)
			return MN_ENOMEM;
	}
	return MN_OK;
}

static int read_all(struct draft *d, struct reader *r, const struct answer *got)
{
	const size_t at = HEAD_COLUMNS;
	const json_t *lists[12];

	for (size_t i = 0; i < 12; i++)
		lists[i] = answer_cell(got, 0, at + i);
	d->delta = reader_real(r, lists[6]);
	d->rate = reader_real(r, lists[7]);
	if (read_neurons(d, r, lists[0]) != MN_OK || read_ends(d, r, lists[11]) != MN_OK
		|| read_synapses(d, r, lists[1]) != MN_OK || read_synapses(d, r, lists[2]) != MN_OK
		|| read_synapses(d, r, lists[3]) != MN_OK || read_fibers(d, r, lists[4]) != MN_OK
		|| read_fibers(d, r, lists[5]) != MN_OK
		|| read_uids(d, r, MN_NEURON, lists[8]) != MN_OK
		|| read_uids(d, r, MN_SYNAPSE, lists[9]) != MN_OK
		|| read_uids(d, r, MN_FIBER, lists[10]) != MN_OK)
		return MN_ENOMEM;
	return reader_end(r);
}

int survey_take(mn_db *db, mn_call *call, mn_str brain, const mn_change *changes, size_t n,
	struct draft *d, struct survey *out)
{
	const struct asked asked = {db, changes, n};
	const struct question q = {.body = body, .columns = COLUMNS, .fill = fill, .ctx = &asked};
	struct reader r = {.db = db, .call = call};
	struct answer got = {0};
	int64_t settled;
	struct ask a;
	int status = question_put(db, call, brain, &q, &a, &got, &out->version);

	*d = (struct draft){.db = db, .call = call};
	if (status == MN_OK)
		status = question_key(db, call, brain, &out->key, &settled);
	if (status == MN_OK)
		status = read_all(d, &r, &got);
	out->gen = call->at;
	ask_free(&a, &got);
	return status;
}
