/* SPDX-License-Identifier: MIT */
/*
 * fan_gate.c - after everything additive: the date that was asked about adds, and what a memory is
 * multiplies. Only memories that could still come among those wanted are looked at, so that cost
 * does not grow with how many are active: levels of the others do not matter to the answer.
 */
#include "base/fail.h"
#include "base/type.h"
#include "recall/fan.h"
#include "recall/top.h"

struct gated {
	struct fan *f;
	uint32_t *nodes;
	size_t n;
};

/* The most that gates can do to a level, as a factor. */
static double most_factor(const struct fan *f)
{
	double by = fan_rules[MN_REASON_SELF].gain;

	if (f->q->said->asks_when)
		by *= fan_rules[MN_REASON_WHEN].gain;
	for (size_t i = 0; i < f->nnames; i++)
		by *= fan_rules[MN_REASON_SPEAKER].gain;
	return by;
}

static bool excludes(const void *ctx, uint32_t node)
{
	const struct fan *f = ctx;

	return mn_top_excludes(f->v, f->s->space, node);
}

/* Those that could still reach the last place wanted, as far as is known what they are. */
static size_t candidates(struct gated *g, uint32_t *top)
{
	struct fan *f = g->f;
	const mn_space *space = f->s->space;
	size_t want = f->s->limit, n = 0;
	size_t have = mn_top_active(f->v, space, f->call.arena, excludes, f, top, want);
	double added = f->q->said->ndates ? fan_rules[MN_REASON_DATE].gain : 0;
	double least = 0, factor = most_factor(f);

	if (have == want && want)
		least = fan_level(f, top[want - 1]) * fan_rules[MN_REASON_QUESTION].gain;
	for (size_t i = 0; i < space->ncells; i++) {
		const mn_cell *c = &space->cells[i];

		if (c->level > 0 && (c->level + added) * factor >= least && !excludes(f, c->node))
			g->nodes[n++] = c->node;
	}
	g->n = n;
	return have;
}

/* Reads what they are; where some of the best turn out to be no memories, others may come in. */
static int choose(struct gated *g)
{
	struct fan *f = g->f;
	uint32_t *top = mn_call_array(&f->call, f->s->limit, sizeof(*top));
	size_t kept, have;
	bool again = true;
	int rc = MN_OK;

	g->nodes = mn_call_array(&f->call, f->s->space->ncells, sizeof(*g->nodes));
	if (!top || !g->nodes)
		return MN_ENOMEM;
	while (again && rc == MN_OK) {
		have = candidates(g, top);
		rc = mn_view_traits(f->v, g->nodes, g->n);
		again = false;
		for (size_t i = 0; i < have && rc == MN_OK; i++)
			again |= excludes(f, top[i]);
	}
	for (size_t i = kept = 0; i < g->n && rc == MN_OK; i++)
		if (!excludes(f, g->nodes[i]))
			g->nodes[kept++] = g->nodes[i];
	g->n = kept;
	return rc;
}

/* ---- Gates --------------------------------------------------------------------------------- */

static int gate(struct fan *f, uint16_t reason, uint32_t from, uint32_t to, mn_id synapse)
{
	struct fan_pulse p = {.reason = reason,
		.from = from,
		.to = to,
		.synapse = synapse,
		.in = 1,
		.weight = 1,
		.share = 1};

	return fan_give(f, &p);
}

/* Those who bear a name, as far as they are gated, by the name's list. */
static int gate_by_list(struct gated *g, uint32_t name, const mn_list *heads)
{
	struct fan *f = g->f;
	int rc = MN_OK;

	mn_space_begin(f->s->side);
	for (size_t i = 0; i < g->n; i++)
		if (!mn_space_touch(f->s->side, g->nodes[i]))
			return mn_fail_memory(&f->call);
	for (uint32_t i = 0; i < heads->n && rc == MN_OK; i++)
		if (mn_space_find(f->s->side, heads->at[i].far))
			rc = gate(f, MN_REASON_SPEAKER, name, heads->at[i].far, heads->synapse[i]);
	return rc;
}

/* And by the memories' own synapses, where the list is too long. */
static int gate_by_memory(struct gated *g, uint32_t name)
{
	struct fan *f = g->f;
	int rc = fan_read(f, MN_WAY_OWN, FAN_OWN, g->nodes, g->n);

	for (size_t i = 0; i < g->n && rc == MN_OK; i++) {
		const mn_list *own = mn_view_list(f->v, g->nodes[i], MN_WAY_OWN);

		for (uint32_t k = 0; own && k < own->n && rc == MN_OK; k++)
			if (own->at[k].type == MN_NAMED && own->at[k].far == name)
				rc = gate(f, MN_REASON_SPEAKER, name, g->nodes[i], own->synapse[k]);
	}
	return rc;
}

static int gate_names(struct gated *g)
{
	int rc = MN_OK;

	for (size_t i = 0; i < g->f->nnames && rc == MN_OK; i++) {
		uint32_t name = g->f->names[i].node;
		const mn_list *heads = mn_view_list(g->f->v, name, MN_WAY_HEADS);

		if (heads && heads->n == heads->degree)
			rc = gate_by_list(g, name, heads);
		else if (heads)
			rc = gate_by_memory(g, name);
	}
	return rc;
}

static int gate_flags(struct gated *g)
{
	struct fan *f = g->f;
	int rc = MN_OK;

	for (size_t i = 0; i < g->n && rc == MN_OK; i++) {
		uint16_t flags = mn_view_trait(f->v, g->nodes[i]).flags;

		if (f->q->said->asks_when && flags & MN_NEURON_WHEN)
			rc = gate(f, MN_REASON_WHEN, MN_NOBODY, g->nodes[i], 0);
		if (rc == MN_OK && flags & MN_NEURON_ASKS)
			rc = gate(f, MN_REASON_QUESTION, MN_NOBODY, g->nodes[i], 0);
		if (rc == MN_OK && flags & MN_NEURON_SELF)
			rc = gate(f, MN_REASON_SELF, MN_NOBODY, g->nodes[i], 0);
	}
	return rc;
}

int fan_gates(struct fan *f)
{
	struct gated g = {.f = f};
	int rc = choose(&g);

	if (rc == MN_OK && f->q->said->ndates)
		rc = fan_add_dates(f, g.nodes, g.n);
	if (rc == MN_OK)
		rc = gate_names(&g);
	return rc == MN_OK ? gate_flags(&g) : rc;
}
