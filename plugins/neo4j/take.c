/* SPDX-License-Identifier: MIT */
/* take.c - a draft takes changes, one by one: the rules of the contract. */
#include "draft.h"
#include "holder.h"

#define POLL 256 /* changes between two looks at the token */
#define LAST_RESERVED (UINT64_C(1) << 62)

static int refuse(const struct draft *d, int code, const char *what, mn_id id)
{
	return d->db->host->fail(d->call, code, 0, "%s (id %llu)", what, (unsigned long long)id);
}

/* May a row of this id and uid be written? `there`: it is there already. */
static int check_place(const struct draft *d, int op, int kind, mn_id id, mn_str uid, bool there)
{
	const mn_id holder = holder_of(d, kind, uid);

	if (op == MN_ADD && there)
		return refuse(d, MN_ECONFLICT, "the id is taken", id);
	if (holder && holder != id)
		return refuse(d, MN_ECONFLICT, "the uid is taken by another row", id);
	return MN_OK;
}

static int move_uid(struct draft *d, int kind, mn_id id, mn_str *has, mn_str uid)
{
	if (holder_set(d, kind, *has, 0) != MN_OK || holder_set(d, kind, uid, id) != MN_OK)
		return MN_ENOMEM;
	*has = uid;
	return MN_OK;
}

static bool neuron_there(struct draft *d, mn_id id)
{
	const struct neuron_draft *n = draft_neuron(d, id);

	return n && n->is;
}

static uint32_t add_uses(uint32_t x, uint32_t y)
{
	return x > UINT32_MAX - y ? UINT32_MAX : x + y;
}

/* ---- Neurons and states -------------------------------------------------------------------- */

static int put_neuron(struct draft *d, int op, const mn_neuron *row)
{
	struct neuron_draft *n = draft_neuron(d, row->id);
	int status = check_place(d, op, MN_NEURON, row->id, row->uid, n && n->is);

	if (status != MN_OK)
		return status;
	if (!n) {
		const struct neuron_draft fresh = {
			.id = row->id, .synapses = NOBODY, .fibers = NOBODY};

		if (draft_add_neuron(d, &fresh) != MN_OK)
			return MN_ENOMEM;
		n = draft_neuron(d, row->id);
	}
	d->added[MN_NEURON] += !n->is;
	n->is = true;
	n->row = row;
	return move_uid(d, MN_NEURON, row->id, &n->uid, row->uid);
}

static void set_state(struct neuron_draft *n, const mn_state *state)
{
	n->has_state = state != NULL;
	n->state_changed = true;
	if (state)
		n->state = *state;
}

static int put_state(struct draft *d, int op, const mn_state *row)
{
	struct neuron_draft *n = draft_neuron(d, row->id);

	if (!n || !n->is)
		return refuse(d, MN_EINVAL, "there is no neuron to have the state", row->id);
	if (op == MN_ADD && n->has_state)
		return refuse(d, MN_ECONFLICT, "the neuron has a state already", row->id);
	set_state(n, row);
	return MN_OK;
}

static int tune_state(struct draft *d, const mn_state *row)
{
	struct neuron_draft *n = draft_neuron(d, row->id);
	mn_state by;

	if (!n || !n->is || !n->has_state)
		return refuse(d, MN_EINVAL, "the neuron has no state to tune", row->id);
	by = n->state;
	by.level = row->level;
	by.decay = row->decay;
	set_state(n, &by);
	return MN_OK;
}

static int bump_state(struct draft *d, const mn_state *row)
{
	struct neuron_draft *n = draft_neuron(d, row->id);
	mn_state by = {.id = row->id, .decay = -1};

	if (!n || !n->is)
		return MN_OK;
	if (n->has_state)
		by = n->state;
	by.level = row->level > by.level ? row->level : by.level;
	by.uses = add_uses(by.uses, row->uses);
	by.last = row->last > by.last ? row->last : by.last;
	set_state(n, &by);
	d->state = true;
	return MN_OK;
}

/* ---- Synapses ------------------------------------------------------------------------------ */

static void set_bumped(struct draft *d, struct synapse_draft *s, bool bumped)
{
	if (s->bumped != bumped)
		d->bumped += bumped ? 1U : UINT32_MAX;
	s->bumped = bumped;
}

static int fresh_synapse(struct draft *d, mn_id id, struct synapse_draft **out)
{
	const struct synapse_draft fresh = {.id = id};

	if (draft_add_synapse(d, &fresh) != MN_OK)
		return MN_ENOMEM;
	*out = draft_synapse(d, id);
	return MN_OK;
}

static int put_synapse(struct draft *d, int op, const mn_synapse *row)
{
	struct synapse_draft *s = draft_synapse(d, row->id);
	int status = check_place(d, op, MN_SYNAPSE, row->id, row->uid, s && s->is);

	if (status != MN_OK)
		return status;
	if (!neuron_there(d, row->from) || !neuron_there(d, row->to))
		return refuse(d, MN_EINVAL, "there is no neuron for the synapse to end at",
			neuron_there(d, row->from) ? row->to : row->from);
	if (!s && fresh_synapse(d, row->id, &s) != MN_OK)
		return MN_ENOMEM;
	d->added[MN_SYNAPSE] += !s->is;
	s->is = true;
	s->now = *row;
	s->row = row;
	s->tuned = s->marked = false;
	set_bumped(d, s, false);
	if (draft_link_synapse(d, s) != MN_OK)
		return MN_ENOMEM;
	return move_uid(d, MN_SYNAPSE, row->id, &s->uid, row->uid);
}

static int tune_synapse(struct draft *d, const mn_synapse *row)
{
	struct synapse_draft *s = draft_synapse(d, row->id);

	if (!s || !s->is)
		return refuse(d, MN_EINVAL, "there is no synapse to tune", row->id);
	s->now.base = row->base;
	s->now.uses = row->uses;
	s->now.last = row->last;
	s->tuned = true;
	set_bumped(d, s, false);
	return MN_OK;
}

static int bump_synapse(struct draft *d, const mn_synapse *row)
{
	struct synapse_draft *s = draft_synapse(d, row->id);

	if (!s || !s->is)
		return MN_OK;
	if (!s->bumped)
		s->listed = s->now;
	s->now.uses = add_uses(s->now.uses, row->uses);
	s->now.last = row->last > s->now.last ? row->last : s->now.last;
	s->marked = true;
	set_bumped(d, s, true);
	d->state = true;
	return MN_OK;
}

static void fold(struct draft *d)
{
	struct synapse_draft *s = d->synapses.at;

	d->graph |= d->bumped > 0;
	for (uint32_t i = 0; i < d->synapses.n && d->bumped; i++) {
		if (!s[i].is || !s[i].bumped)
			continue;
		s[i].tuned = true;
		set_bumped(d, &s[i], false);
	}
}

/* ---- Fibers -------------------------------------------------------------------------------- */

static int put_fiber(struct draft *d, int op, const mn_fiber *row)
{
	struct fiber_draft *f = draft_fiber(d, row->id);
	int status = check_place(d, op, MN_FIBER, row->id, row->uid, f && f->is);

	if (status != MN_OK)
		return status;
	if (!neuron_there(d, row->anchor))
		return refuse(d, MN_EINVAL, "there is no neuron to anchor the fiber", row->anchor);
	if (!f) {
		const struct fiber_draft fresh = {.id = row->id};

		if (draft_add_fiber(d, &fresh) != MN_OK)
			return MN_ENOMEM;
		f = draft_fiber(d, row->id);
	}
	d->added[MN_FIBER] += !f->is;
	f->is = true;
	f->row = row;
	f->now = *row;
	f->anchor = row->anchor;
	f->tuned = false;
	if (draft_link_fiber(d, f) != MN_OK)
		return MN_ENOMEM;
	return move_uid(d, MN_FIBER, row->id, &f->uid, row->uid);
}

static int tune_fiber(struct draft *d, const mn_fiber *row)
{
	struct fiber_draft *f = draft_fiber(d, row->id);

	if (!f || !f->is)
		return refuse(d, MN_EINVAL, "there is no fiber to tune", row->id);
	f->now.salience = row->salience;
	f->now.coherence = row->coherence;
	f->now.uses = row->uses;
	f->now.stage = row->stage;
	f->tuned = true;
	return MN_OK;
}

/* ---- Dropping ------------------------------------------------------------------------------ */

static int drop_synapse(struct draft *d, struct synapse_draft *s)
{
	if (!s || !s->is)
		return MN_OK;
	set_bumped(d, s, false);
	s->is = s->tuned = s->marked = false;
	s->row = NULL;
	d->added[MN_SYNAPSE]--;
	d->graph = true;
	return move_uid(d, MN_SYNAPSE, s->id, &s->uid, (mn_str){0});
}

static int drop_fiber(struct draft *d, struct fiber_draft *f)
{
	if (!f || !f->is)
		return MN_OK;
	f->is = f->tuned = false;
	f->row = NULL;
	d->added[MN_FIBER]--;
	d->graph = true;
	return move_uid(d, MN_FIBER, f->id, &f->uid, (mn_str){0});
}

/* Everything at it goes along. What the brain had there was told beforehand; what the batch put
 * there is in the tables too. */
static int drop_around(struct draft *d, const struct neuron_draft *n)
{
	const struct link *links = d->links.at;
	struct synapse_draft *s = d->synapses.at;
	struct fiber_draft *f = d->fibers.at;
	int status = MN_OK;

	for (uint32_t i = n->synapses; i != NOBODY && status == MN_OK; i = links[i].next) {
		struct synapse_draft *at = &s[links[i].row];

		if (at->now.from == n->id || at->now.to == n->id)
			status = drop_synapse(d, at);
	}
	for (uint32_t i = n->fibers; i != NOBODY && status == MN_OK; i = links[i].next)
		if (f[links[i].row].anchor == n->id)
			status = drop_fiber(d, &f[links[i].row]);
	return status;
}

static int drop_neuron(struct draft *d, mn_id id)
{
	struct neuron_draft *n = draft_neuron(d, id);
	int status;

	if (!n || !n->is)
		return MN_OK;
	status = drop_around(d, n);
	if (status != MN_OK)
		return status;
	if (n->has_state)
		set_state(n, NULL);
	n->is = false;
	n->row = NULL;
	d->added[MN_NEURON]--;
	d->graph = true;
	return move_uid(d, MN_NEURON, id, &n->uid, (mn_str){0});
}

static int drop(struct draft *d, int kind, mn_id id)
{
	struct neuron_draft *n;

	switch (kind) {
	case MN_NEURON: return drop_neuron(d, id);
	case MN_SYNAPSE: return drop_synapse(d, draft_synapse(d, id));
	case MN_FIBER: return drop_fiber(d, draft_fiber(d, id));
	default: break;
	}
	n = draft_neuron(d, id);
	if (n && n->is && n->has_state) {
		set_state(n, NULL);
		d->state = true;
	}
	return MN_OK;
}

/* ---- All of them --------------------------------------------------------------------------- */

static int put(struct draft *d, const mn_change *c)
{
	const mn_id id = *(const mn_id *)c->row;

	d->graph |= c->kind != MN_STATE;
	d->state |= c->kind == MN_STATE;
	/* Ids that were given without asking are not handed out again. Beyond 2^62 none ever is. */
	if (id >= d->next[c->kind] && id < LAST_RESERVED)
		d->next[c->kind] = id + 1;
	switch (c->kind) {
	case MN_NEURON: return put_neuron(d, c->op, c->row);
	case MN_STATE: return put_state(d, c->op, c->row);
	case MN_SYNAPSE: return put_synapse(d, c->op, c->row);
	default: return put_fiber(d, c->op, c->row);
	}
}

static int tune(struct draft *d, const mn_change *c)
{
	d->graph |= c->kind != MN_STATE;
	d->state |= c->kind == MN_STATE;
	switch (c->kind) {
	case MN_STATE: return tune_state(d, c->row);
	case MN_SYNAPSE: return tune_synapse(d, c->row);
	default: return tune_fiber(d, c->row);
	}
}

static int take(struct draft *d, const mn_change *c)
{
	const char *fault = d->db->rows->fault(c);

	if (fault)
		return d->db->host->fail(
			d->call, MN_EINVAL, 0, "a row cannot be stored: %s", fault);
	switch (c->op) {
	case MN_ADD:
	case MN_PUT: return put(d, c);
	case MN_TUNE: return tune(d, c);
	case MN_BUMP: return c->kind == MN_STATE ? bump_state(d, c->row) : bump_synapse(d, c->row);
	case MN_FOLD: fold(d); return MN_OK;
	default: return drop(d, c->kind, *(const mn_id *)c->row);
	}
}

int draft_take(struct draft *d, const mn_change *changes, size_t n, size_t *culprit)
{
	int status = MN_OK;

	for (size_t i = 0; i < n && status == MN_OK; i++) {
		*culprit = i;
		if (i % POLL == POLL - 1 && d->db->host->cancelled(d->call))
			return d->db->host->fail_cancelled(d->call);
		status = take(d, &changes[i]);
	}
	return status;
}
