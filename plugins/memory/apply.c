/* SPDX-License-Identifier: MIT */
/* apply.c - changes to a brain, all or none. */
#include <string.h>

#include "brain.h"

#define POLL 256 /* rows between two looks at the token */

struct apply {
	mn_db *db;
	struct brain *b;
	mn_call *call;
	bool graph, state; /* which generation moves */
	int over;          /* how the call was broken off */
};

/* Asks now and then whether to go on. */
static int poll(struct apply *a, size_t i)
{
	if (i % POLL == POLL - 1 && a->db->host->cancelled(a->call))
		return a->over = a->db->host->fail_cancelled(a->call);
	return MN_OK;
}

static int no_memory(const struct apply *a)
{
	return fail_memory(a->b, a->call);
}

static int refuse(const struct apply *a, int code, const char *what, mn_id id)
{
	return a->db->host->fail(a->call, code, 0, "%s (id %llu)", what, (unsigned long long)id);
}

static uint32_t find_row(struct brain *b, int kind, mn_id id)
{
	return slots_find(slots_of(b, kind), id);
}

/* Is the uid free for this slot (NONE: for a new row)? */
static bool uid_free(const struct apply *a, int kind, mn_str uid, uint32_t slot)
{
	const uint32_t has = find_uid(a->b, kind, uid);

	return has == NONE || has == slot;
}

/* The slot of a row to be written: the one it has, or a new one. */
static int place_row(const struct apply *a, int op, int kind, mn_id id, mn_str uid, uint32_t *slot)
{
	*slot = find_row(a->b, kind, id);
	if (op == MN_ADD && *slot != NONE)
		return refuse(a, MN_ECONFLICT, "the id is taken", id);
	if (!uid_free(a, kind, uid, *slot))
		return refuse(a, MN_ECONFLICT, "the uid is taken by another row", id);
	return MN_OK;
}

static int copy_text(const struct apply *a, mn_str s, ref *out)
{
	return pool_add(&a->b->text, &a->b->mem, s, out);
}

/* The old ref where the text is the same, so that an unchanged row costs nothing. */
static int keep_text(const struct apply *a, mn_str s, ref old, ref *out)
{
	const mn_str had = pool_get(old);

	*out = old;
	if (had.len == s.len && (s.len == 0 || memcmp(had.ptr, s.ptr, s.len) == 0))
		return MN_OK;
	return copy_text(a, s, out);
}

/* ---- Neurons ------------------------------------------------------------------------------- */

static int make_neuron_extra(
	const struct apply *a, const mn_neuron *row, const struct neuron_extra *old, uint32_t *out)
{
	struct neuron_extra made = {.updated = row->updated}, *x;

	*out = 0;
	if (!row->uid.len && !row->meta.len && row->updated == row->created)
		return MN_OK;
	if (keep_text(a, row->uid, old ? old->uid : NULL, &made.uid) != MN_OK
		|| keep_text(a, row->meta, old ? old->meta : NULL, &made.meta) != MN_OK
		|| heap_take(&a->b->neuron_extras, &a->b->mem, out) != MN_OK)
		return MN_ENOMEM;
	x = heap_get(&a->b->neuron_extras, *out);
	*x = made;
	return MN_OK;
}

static int write_neuron(const struct apply *a, const mn_neuron *row, uint32_t slot)
{
	struct brain *b = a->b;
	const bool had = slot != NONE;
	union row by = {.neuron = {.type = row->type, .flags = row->flags}};
	const struct neuron *old = had ? &b->neurons[slot] : NULL;

	if (keep_text(a, row->text, old ? old->text : NULL, &by.neuron.text) != MN_OK
		|| times_add(&b->times, &b->mem, row->created, &by.neuron.created) != MN_OK
		|| make_neuron_extra(a, row, old ? neuron_extra(b, old) : NULL, &by.neuron.extra)
			   != MN_OK)
		return no_memory(a);
	if ((had || row_slot(b, MN_NEURON, row->id, &slot) == MN_OK)
		&& row_swap(b, MN_NEURON, slot, had, &by) == MN_OK)
		return MN_OK;
	heap_drop(&b->neuron_extras, by.neuron.extra);
	return no_memory(a);
}

static int put_neuron(const struct apply *a, int op, const mn_neuron *row)
{
	uint32_t slot;
	const int status = place_row(a, op, MN_NEURON, row->id, row->uid, &slot);

	return status == MN_OK ? write_neuron(a, row, slot) : status;
}

/* ---- States -------------------------------------------------------------------------------- */

static int write_state(const struct apply *a, uint32_t neuron, const struct state *by)
{
	return state_swap(a->b, neuron, by) == MN_OK ? MN_OK : no_memory(a);
}

static int put_state(const struct apply *a, int op, const mn_state *row)
{
	const struct state by = {row->level, row->decay, row->last, row->uses};
	const uint32_t slot = find_row(a->b, MN_NEURON, row->id);

	if (slot == NONE)
		return refuse(a, MN_EINVAL, "there is no neuron to have the state", row->id);
	if (op == MN_ADD && a->b->neurons[slot].state)
		return refuse(a, MN_ECONFLICT, "the neuron has a state already", row->id);
	return write_state(a, slot, &by);
}

static int tune_state(const struct apply *a, const mn_state *row)
{
	const uint32_t slot = find_row(a->b, MN_NEURON, row->id);
	const struct state *old = slot != NONE ? neuron_state(a->b, &a->b->neurons[slot]) : NULL;
	struct state by;

	if (!old)
		return refuse(a, MN_EINVAL, "the neuron has no state to tune", row->id);
	by = *old;
	by.level = row->level;
	by.decay = row->decay;
	return write_state(a, slot, &by);
}

static uint32_t add_uses(uint32_t x, uint32_t y)
{
	return x > UINT32_MAX - y ? UINT32_MAX : x + y;
}

static int bump_state(struct apply *a, const mn_state *row)
{
	const uint32_t slot = find_row(a->b, MN_NEURON, row->id);
	struct state by = {.decay = -1};
	const struct state *old;

	if (slot == NONE)
		return MN_OK;
	old = neuron_state(a->b, &a->b->neurons[slot]);
	if (old)
		by = *old;
	by.level = row->level > by.level ? row->level : by.level;
	by.uses = add_uses(by.uses, row->uses);
	by.last = row->last > by.last ? row->last : by.last;
	a->state = true;
	return write_state(a, slot, &by);
}

/* ---- Synapses ------------------------------------------------------------------------------ */

/* The rarely used part of a synapse with these uses; 0 where it has none. */
static int make_line_extra(const struct apply *a, const struct line_extra *want, uint32_t *out)
{
	*out = 0;
	if (!want->uid && !want->meta && !want->last && !want->uses)
		return MN_OK;
	if (heap_take(&a->b->line_extras, &a->b->mem, out) != MN_OK)
		return MN_ENOMEM;
	*(struct line_extra *)heap_get(&a->b->line_extras, *out) = *want;
	return MN_OK;
}

/* by.line has no extra yet; its lists show the uses in `listed_*`. */
static int write_line(const struct apply *a, uint32_t slot, mn_id id, union row *by,
	const struct line_extra *want)
{
	struct brain *b = a->b;
	const bool had = slot != NONE;

	if (make_line_extra(a, want, &by->line.extra) != MN_OK)
		return no_memory(a);
	if ((had || row_slot(b, MN_SYNAPSE, id, &slot) == MN_OK)
		&& row_swap(b, MN_SYNAPSE, slot, had, by) == MN_OK)
		return MN_OK;
	heap_drop(&b->line_extras, by->line.extra);
	return no_memory(a);
}

static int put_line(const struct apply *a, int op, const mn_synapse *row)
{
	struct brain *b = a->b;
	struct line_extra want = {.last = row->last,
		.uses = row->uses,
		.listed_last = row->last,
		.listed_uses = row->uses};
	union row by = {.line = {.from = find_row(b, MN_NEURON, row->from),
				.to = find_row(b, MN_NEURON, row->to),
				.base = row->base,
				.type = row->type,
				.flags = row->flags & (uint16_t)~LINE_PENDING}};
	const struct line_extra *old = NULL;
	struct line had;
	uint32_t slot;
	const int status = place_row(a, op, MN_SYNAPSE, row->id, row->uid, &slot);

	if (status != MN_OK)
		return status;
	if (by.line.from == NONE || by.line.to == NONE)
		return refuse(a, MN_EINVAL, "there is no neuron for the synapse to end at",
			by.line.from == NONE ? row->from : row->to);
	if (slot != NONE) {
		had = line_get(b, slot);
		old = line_extra(b, &had);
	}
	if (keep_text(a, row->uid, old ? old->uid : NULL, &want.uid) != MN_OK
		|| keep_text(a, row->meta, old ? old->meta : NULL, &want.meta) != MN_OK
		|| times_add(&b->times, &b->mem, row->created, &by.line.created) != MN_OK)
		return no_memory(a);
	return write_line(a, slot, row->id, &by, &want);
}

static struct line_extra current_extra(const struct brain *b, uint32_t slot)
{
	const struct line l = line_get(b, slot);
	const struct line_extra *x = line_extra(b, &l);

	return x ? *x : (struct line_extra){0};
}

static int tune_line(const struct apply *a, const mn_synapse *row)
{
	const uint32_t slot = find_row(a->b, MN_SYNAPSE, row->id);
	struct line_extra want;
	union row by;

	if (slot == NONE)
		return refuse(a, MN_EINVAL, "there is no synapse to tune", row->id);
	want = current_extra(a->b, slot);
	want.last = want.listed_last = row->last;
	want.uses = want.listed_uses = row->uses;
	by.line = line_get(a->b, slot);
	by.line.base = row->base;
	by.line.flags &= (uint16_t)~LINE_PENDING;
	return write_line(a, slot, row->id, &by, &want);
}

static int bump_line(struct apply *a, const mn_synapse *row)
{
	const uint32_t slot = find_row(a->b, MN_SYNAPSE, row->id);
	struct line_extra want;
	union row by;

	if (slot == NONE)
		return MN_OK;
	want = current_extra(a->b, slot);
	want.uses = add_uses(want.uses, row->uses);
	want.last = row->last > want.last ? row->last : want.last;
	by.line = line_get(a->b, slot);
	by.line.flags |= LINE_PENDING;
	a->state = true;
	return write_line(a, slot, row->id, &by, &want);
}

static int fold_line(const struct apply *a, uint32_t slot)
{
	struct line_extra want = current_extra(a->b, slot);
	union row by = {.line = line_get(a->b, slot)};

	want.listed_uses = want.uses;
	want.listed_last = want.last;
	by.line.flags &= (uint16_t)~LINE_PENDING;
	return write_line(a, slot, 0, &by, &want);
}

static int fold(struct apply *a)
{
	struct brain *b = a->b;
	int status = MN_OK;
	size_t n = 0;

	a->graph |= b->pending > 0;
	for (uint32_t w = 0; b->pending && w < b->pending_cap; w++)
		while (b->pending_bits[w]) {
			const uint32_t bit = (uint32_t)__builtin_ctzll(b->pending_bits[w]);

			status = poll(a, n++) == MN_OK ? fold_line(a, w * 64 + bit) : a->over;
			if (status != MN_OK)
				return status;
		}
	return status;
}

/* ---- Fibers -------------------------------------------------------------------------------- */

/* Tags as one string: each behind its length (4 bytes). */
static int pack_tags(const struct apply *a, mn_strs tags, mn_str *out)
{
	size_t size = 0, at = 0;
	char *packed;

	for (size_t i = 0; i < tags.n; i++)
		size += sizeof(uint32_t) + tags.at[i].len;
	packed = a->db->host->alloc(a->call, size);
	if (!packed)
		return MN_ENOMEM;
	for (size_t i = 0; i < tags.n; i++) {
		const uint32_t len = (uint32_t)tags.at[i].len;

		memcpy(packed + at, &len, sizeof(len));
		if (len)
			memcpy(packed + at + sizeof(len), tags.at[i].ptr, len);
		at += sizeof(len) + len;
	}
	*out = (mn_str){packed, size};
	return MN_OK;
}

static mn_str id_bytes(mn_ids ids)
{
	return (mn_str){(const char *)ids.at, ids.n * sizeof(mn_id)};
}

static int make_fiber_extra(
	const struct apply *a, const mn_fiber *row, const struct fiber_extra *old, uint32_t *out)
{
	struct fiber_extra made;
	mn_str tags = {0};

	*out = 0;
	if (!row->uid.len && !row->summary.len && !row->meta.len && !row->tags.n && !row->neurons.n
		&& !row->synapses.n)
		return MN_OK;
	if (row->tags.n && pack_tags(a, row->tags, &tags) != MN_OK)
		return MN_ENOMEM;
	if (keep_text(a, row->uid, old ? old->uid : NULL, &made.uid) != MN_OK
		|| copy_text(a, row->summary, &made.summary) != MN_OK
		|| copy_text(a, row->meta, &made.meta) != MN_OK
		|| copy_text(a, tags, &made.tags) != MN_OK
		|| copy_text(a, id_bytes(row->neurons), &made.neurons) != MN_OK
		|| copy_text(a, id_bytes(row->synapses), &made.synapses) != MN_OK
		|| heap_take(&a->b->fiber_extras, &a->b->mem, out) != MN_OK)
		return MN_ENOMEM;
	*(struct fiber_extra *)heap_get(&a->b->fiber_extras, *out) = made;
	return MN_OK;
}

static int add_fiber_times(const struct apply *a, const mn_fiber *row, struct fiber *f)
{
	struct times *t = &a->b->times;
	struct mem *m = &a->b->mem;

	if (times_add(t, m, row->created, &f->created) != MN_OK
		|| times_add(t, m, row->first, &f->first) != MN_OK
		|| times_add(t, m, row->last, &f->last) != MN_OK)
		return MN_ENOMEM;
	return MN_OK;
}

static int put_fiber(const struct apply *a, int op, const mn_fiber *row)
{
	struct brain *b = a->b;
	union row by = {.fiber = {.anchor = find_row(b, MN_NEURON, row->anchor),
				.salience = row->salience,
				.coherence = row->coherence,
				.uses = row->uses,
				.stage = row->stage,
				.flags = row->flags}};
	uint32_t slot;
	const int status = place_row(a, op, MN_FIBER, row->id, row->uid, &slot);
	const bool had = slot != NONE;

	if (status != MN_OK)
		return status;
	if (by.fiber.anchor == NONE)
		return refuse(a, MN_EINVAL, "there is no neuron to anchor the fiber", row->anchor);
	if (add_fiber_times(a, row, &by.fiber) != MN_OK
		|| make_fiber_extra(
			   a, row, had ? fiber_extra(b, &b->fibers[slot]) : NULL, &by.fiber.extra)
			   != MN_OK)
		return no_memory(a);
	if ((had || row_slot(b, MN_FIBER, row->id, &slot) == MN_OK)
		&& row_swap(b, MN_FIBER, slot, had, &by) == MN_OK)
		return MN_OK;
	heap_drop(&b->fiber_extras, by.fiber.extra);
	return no_memory(a);
}

static int tune_fiber(const struct apply *a, const mn_fiber *row)
{
	const uint32_t slot = find_row(a->b, MN_FIBER, row->id);
	union row by;

	if (slot == NONE)
		return refuse(a, MN_EINVAL, "there is no fiber to tune", row->id);
	by.fiber = a->b->fibers[slot];
	by.fiber.salience = row->salience;
	by.fiber.coherence = row->coherence;
	by.fiber.uses = row->uses;
	by.fiber.stage = row->stage;
	return row_swap(a->b, MN_FIBER, slot, true, &by) == MN_OK ? MN_OK : no_memory(a);
}

/* ---- Dropping ------------------------------------------------------------------------------ */

static int drop_row(struct apply *a, int kind, uint32_t slot)
{
	a->graph = true;
	return row_swap(a->b, kind, slot, true, NULL) == MN_OK ? MN_OK : no_memory(a);
}

static int drop_synapses_of(struct apply *a, uint32_t slot)
{
	struct brain *b = a->b;
	const uint32_t n = list_length(b, slot);
	uint32_t *lines;
	int status = MN_OK;

	if (n == 0)
		return MN_OK;
	if (list_copy(b, slot, &lines) != MN_OK)
		return no_memory(a);
	for (uint32_t i = 0; i < n && status == MN_OK; i++)
		status = poll(a, i) == MN_OK ? drop_row(a, MN_SYNAPSE, lines[i]) : a->over;
	mem_resize(&b->mem, lines, ((size_t)n + 1) * sizeof(*lines), 0);
	return status;
}

static int drop_neuron(struct apply *a, uint32_t slot)
{
	struct brain *b = a->b;
	int status = drop_synapses_of(a, slot);
	uint32_t fiber;

	while (status == MN_OK && (fiber = find_anchor(b, slot)) != NONE)
		status = drop_row(a, MN_FIBER, fiber);
	if (status == MN_OK && b->neurons[slot].state)
		status = write_state(a, slot, NULL);
	return status == MN_OK ? drop_row(a, MN_NEURON, slot) : status;
}

static int drop(struct apply *a, int kind, mn_id id)
{
	const uint32_t slot = find_row(a->b, kind, id);

	if (slot == NONE)
		return MN_OK;
	if (kind == MN_NEURON)
		return drop_neuron(a, slot);
	if (kind != MN_STATE)
		return drop_row(a, kind, slot);
	if (!a->b->neurons[slot].state)
		return MN_OK;
	a->state = true;
	return write_state(a, slot, NULL);
}

/* ---- All of them --------------------------------------------------------------------------- */

static int put(struct apply *a, const mn_change *c)
{
	a->graph |= c->kind != MN_STATE;
	a->state |= c->kind == MN_STATE;
	switch (c->kind) {
	case MN_NEURON: return put_neuron(a, c->op, c->row);
	case MN_STATE: return put_state(a, c->op, c->row);
	case MN_SYNAPSE: return put_line(a, c->op, c->row);
	default: return put_fiber(a, c->op, c->row);
	}
}

static int tune(struct apply *a, const mn_change *c)
{
	a->graph |= c->kind != MN_STATE;
	a->state |= c->kind == MN_STATE;
	switch (c->kind) {
	case MN_STATE: return tune_state(a, c->row);
	case MN_SYNAPSE: return tune_line(a, c->row);
	default: return tune_fiber(a, c->row);
	}
}

static int change(struct apply *a, const mn_change *c)
{
	const char *fault = a->db->rows->fault(c);

	if (fault)
		return a->db->host->fail(
			a->call, MN_EINVAL, 0, "a row cannot be stored: %s", fault);
	switch (c->op) {
	case MN_ADD:
	case MN_PUT: return put(a, c);
	case MN_TUNE: return tune(a, c);
	case MN_BUMP: return c->kind == MN_STATE ? bump_state(a, c->row) : bump_line(a, c->row);
	case MN_FOLD: return fold(a);
	default: return drop(a, c->kind, *(const mn_id *)c->row);
	}
}

/* Ids that were given without asking are not handed out again. Beyond 2^62 none ever is. */
static void pass_over(struct brain *b, const mn_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const mn_change *c = &changes[i];
		const mn_id id = c->op == MN_ADD || c->op == MN_PUT ? *(const mn_id *)c->row : 0;

		if (id >= b->next[c->kind] && id < LAST_RESERVED)
			b->next[c->kind] = id + 1;
	}
}

static int run(struct apply *a, const mn_change *changes, size_t n, size_t *culprit)
{
	int status = MN_OK;

	for (size_t i = 0; i < n && status == MN_OK; i++) {
		*culprit = i;
		status = poll(a, i) == MN_OK ? change(a, &changes[i]) : a->over;
	}
	return status;
}

static int check_expected(struct apply *a, const mn_gen *expect)
{
	const mn_gen *at = &a->b->gen;

	if (!expect || (expect->epoch == at->epoch && expect->graph == at->graph))
		return MN_OK;
	return a->db->host->fail(
		a->call, MN_ECONFLICT, 0, "somebody else changed the brain meanwhile: read again");
}

int brain_apply(mn_db *db, mn_call *call, mn_str name, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	struct apply a = {.db = db, .call = call};
	mn_gen before;
	int status;

	out->culprit = n;
	status = brain_enter(db, call, name, true, &a.b);
	if (status != MN_OK)
		return status;
	before = a.b->gen;
	status = check_expected(&a, expect);
	if (status == MN_OK)
		status = run(&a, changes, n, &out->culprit);
	if (status == MN_OK) {
		journal_commit(a.b);
		pass_over(a.b, changes, n);
		a.b->gen.graph += a.graph;
		a.b->gen.state += a.state;
		out->culprit = n;
		out->before = before;
		out->after = call->at = a.b->gen;
	} else {
		journal_undo(a.b);
	}
	brain_leave(db);
	return status;
}
