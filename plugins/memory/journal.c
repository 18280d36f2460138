/* SPDX-License-Identifier: MIT */
/* journal.c - changes of rows that can be taken back without memory. */
#include <string.h>

#include "brain.h"

struct undo {
	union row old;
	mn_id id;
	uint32_t slot;
	uint32_t waste; /* text that nobody refers to after the commit */
	uint32_t state; /* of a neuron: where its old state lies */
	uint8_t kind;
	bool had;         /* there was a row: `old` */
	bool drops_extra; /* its rarely used part goes with the commit */
};

/* The row array of a kind but of synapses, and what one row takes. */
static char *rows_of(const struct brain *b, int kind, size_t *size)
{
	switch (kind) {
	case MN_FIBER: *size = sizeof(struct fiber); return (char *)b->fibers;
	default: *size = sizeof(struct neuron); return (char *)b->neurons;
	}
}

static union row row_get(const struct brain *b, int kind, uint32_t slot)
{
	union row row;
	size_t size;
	const char *rows = rows_of(b, kind, &size);

	if (kind == MN_SYNAPSE)
		return (union row){.line = line_get(b, slot)};
	memcpy(&row, rows + slot * size, size);
	return row;
}

/* What stays with a neuron's slot is kept. */
static void row_set(struct brain *b, int kind, uint32_t slot, const union row *row)
{
	union row r = *row;
	size_t size;
	char *rows = rows_of(b, kind, &size);

	if (kind == MN_SYNAPSE) {
		line_set(b, slot, &r.line);
		return;
	}
	if (kind == MN_NEURON)
		r.neuron.state = b->neurons[slot].state;
	memcpy(rows + slot * size, &r, size);
}

static struct heap *extras_of(struct brain *b, int kind)
{
	if (kind == MN_SYNAPSE)
		return &b->line_extras;
	return kind == MN_FIBER ? &b->fiber_extras : &b->neuron_extras;
}

static uint32_t row_extra(int kind, const union row *row)
{
	if (kind == MN_SYNAPSE)
		return row->line.extra;
	return kind == MN_FIBER ? row->fiber.extra : row->neuron.extra;
}

/* The texts a row refers to; unused places are NULL. */
static void row_refs(const struct brain *b, int kind, const union row *row, ref out[7])
{
	const struct neuron_extra *n = kind == MN_NEURON ? neuron_extra(b, &row->neuron) : NULL;
	const struct line_extra *l = kind == MN_SYNAPSE ? line_extra(b, &row->line) : NULL;
	const struct fiber_extra *f = kind == MN_FIBER ? fiber_extra(b, &row->fiber) : NULL;

	memset(out, 0, 7 * sizeof(*out));
	if (kind == MN_NEURON)
		out[0] = row->neuron.text;
	if (n)
		out[1] = n->uid, out[2] = n->meta;
	if (l)
		out[1] = l->uid, out[2] = l->meta;
	if (f)
		out[1] = f->uid, out[2] = f->meta, out[3] = f->summary, out[4] = f->tags,
		out[5] = f->neurons, out[6] = f->synapses;
}

/* Bytes of text that only the old one refers to. */
static uint32_t row_waste(
	const struct brain *b, int kind, const union row *old, const union row *by)
{
	ref had[7], has[7] = {NULL};
	size_t waste = 0;

	row_refs(b, kind, old, had);
	if (by)
		row_refs(b, kind, by, has);
	for (int i = 0; i < 7; i++)
		waste += had[i] != has[i] ? pool_size(had[i]) : 0;
	return waste < UINT32_MAX ? (uint32_t)waste : UINT32_MAX;
}

/* A bit for each synapse that waits for a fold. */
static int grow_pending(struct brain *b, uint32_t slot)
{
	const uint32_t had = b->pending_cap;

	if (mem_grow(&b->mem, &b->pending_bits, &b->pending_cap, (uint64_t)slot / 64 + 1,
		    sizeof(*b->pending_bits))
		!= MN_OK)
		return MN_ENOMEM;
	memset(b->pending_bits + had, 0, (b->pending_cap - had) * sizeof(*b->pending_bits));
	return MN_OK;
}

static int grow_rows(struct brain *b, int kind, uint32_t slot)
{
	const uint32_t had = b->neurons_cap;

	if (kind == MN_SYNAPSE)
		return MN_OK; /* room_for */
	if (kind == MN_FIBER)
		return mem_grow(&b->mem, &b->fibers, &b->fibers_cap, (uint64_t)slot + 1,
			sizeof(struct fiber));
	if (mem_grow(&b->mem, &b->neurons, &b->neurons_cap, (uint64_t)slot + 1,
		    sizeof(struct neuron))
		!= MN_OK)
		return MN_ENOMEM;
	memset(b->neurons + had, 0, (b->neurons_cap - had) * sizeof(struct neuron));
	return MN_OK;
}

int row_slot(struct brain *b, int kind, mn_id id, uint32_t *out)
{
	struct slots *s = slots_of(b, kind);

	if (slots_take(s, &b->mem, id, out) != MN_OK)
		return MN_ENOMEM;
	if (grow_rows(b, kind, *out) == MN_OK)
		return MN_OK;
	slots_drop(s, *out);
	return MN_ENOMEM;
}

static struct undo *note(struct brain *b)
{
	if (mem_grow(&b->mem, &b->journal, &b->undos_cap, (uint64_t)b->undos + 1,
		    sizeof(*b->journal))
		!= MN_OK)
		return NULL;
	return &b->journal[b->undos];
}

/* Fills a slot that has no row just now. On failure it has none. */
static int fill(struct brain *b, int kind, uint32_t slot, const union row *by)
{
	row_set(b, kind, slot, by);
	return row_link(b, kind, slot);
}

/* Does the row stand at the same places of every index and list, whichever of the two it is? */
static bool row_stays(const struct brain *b, int kind, const union row *x, const union row *y)
{
	ref had[7], has[7];

	row_refs(b, kind, x, had);
	row_refs(b, kind, y, has);
	if (had[1] != has[1]) /* the uid */
		return false;
	switch (kind) {
	case MN_NEURON: return x->neuron.type == y->neuron.type && had[0] == has[0];
	case MN_FIBER: return x->fiber.anchor == y->fiber.anchor;
	default:
		return x->line.from == y->line.from && x->line.to == y->line.to
		       && x->line.type == y->line.type
		       && line_key(b, &x->line) == line_key(b, &y->line)
		       && ((x->line.flags ^ y->line.flags) & LINE_TWO_WAY) == 0;
	}
}

/* Puts one row in the place of another that stands at the same places. */
static void replace(struct brain *b, int kind, uint32_t slot, const union row *by)
{
	const union row had = row_get(b, kind, slot);
	union row r = *by;

	if (kind == MN_NEURON)
		r.neuron.same = b->neurons[slot].same;
	if (kind == MN_FIBER)
		r.fiber.same = b->fibers[slot].same;
	if (kind == MN_SYNAPSE)
		line_count(b, slot, false);
	row_set(b, kind, slot, &r);
	if (kind != MN_SYNAPSE)
		return;
	line_count(b, slot, true);
	if (had.line.base == r.line.base && !had.line.extra == !r.line.extra)
		return; /* which is all that lists know of it */
	list_refresh(b, r.line.from, slot);
	list_refresh(b, r.line.to, slot);
}

static int exchange(
	struct brain *b, int kind, uint32_t slot, const struct undo *u, const union row *by)
{
	if (by && row_stays(b, kind, &u->old, by)) {
		replace(b, kind, slot, by);
		return MN_OK;
	}
	row_unlink(b, kind, slot);
	if (!by) {
		slots_drop(slots_of(b, kind), slot);
		return MN_OK;
	}
	if (fill(b, kind, slot, by) == MN_OK)
		return MN_OK;
	fill(b, kind, slot, &u->old); /* into the room it had: cannot fail */
	return MN_ENOMEM;
}

/* What a row needs that is not there before it. */
static bool room_for(struct brain *b, int kind, uint32_t slot, const union row *by)
{
	if (kind != MN_SYNAPSE || !by)
		return true;
	if (by->line.flags & LINE_PENDING && grow_pending(b, slot) != MN_OK)
		return false;
	return line_room(b, slot, &by->line) == MN_OK;
}

int row_swap(struct brain *b, int kind, uint32_t slot, bool had, const union row *by)
{
	struct undo *u = room_for(b, kind, slot, by) ? note(b) : NULL;
	int status = MN_ENOMEM;

	if (u)
		*u = (struct undo){.kind = (uint8_t)kind,
			.had = had,
			.slot = slot,
			.id = slots_id(slots_of(b, kind), slot)};
	if (u && had) {
		u->old = row_get(b, kind, slot);
		u->waste = row_waste(b, kind, &u->old, by);
		u->drops_extra = !by || row_extra(kind, by) != row_extra(kind, &u->old);
		status = exchange(b, kind, slot, u, by);
	} else if (u) {
		status = fill(b, kind, slot, by);
	}
	b->undos += status == MN_OK;
	if (status != MN_OK && !had)
		slots_drop(slots_of(b, kind), slot);
	return status;
}

int state_swap(struct brain *b, uint32_t neuron, const struct state *by)
{
	struct neuron *n = &b->neurons[neuron];
	struct undo *u = note(b);
	uint32_t at = n->state;

	if (!u)
		return MN_ENOMEM;
	*u = (struct undo){.kind = MN_STATE, .had = at != 0, .slot = neuron, .state = at};
	if (at)
		u->old.state = *neuron_state(b, n);
	if (by && !at && heap_take(&b->states, &b->mem, &at) != MN_OK)
		return MN_ENOMEM;
	n->state = by ? at : 0;
	u->drops_extra = !by;
	if (by)
		*neuron_state(b, n) = *by;
	b->undos++;
	return MN_OK;
}

static void undo_state(struct brain *b, const struct undo *u)
{
	struct neuron *n = &b->neurons[u->slot];

	if (!u->had)
		heap_drop(&b->states, n->state);
	n->state = u->state;
	if (u->had)
		*neuron_state(b, n) = u->old.state;
}

static void undo_row(struct brain *b, const struct undo *u)
{
	struct slots *ids = slots_of(b, u->kind);
	const bool has = slots_live(ids, u->slot);
	const union row row = row_get(b, u->kind, u->slot);
	const bool stays = u->had && has && row_stays(b, u->kind, &row, &u->old);

	if (has && !stays)
		row_unlink(b, u->kind, u->slot);
	if (u->had && !has)
		slots_restore(ids, u->id, u->slot);
	if (stays)
		replace(b, u->kind, u->slot, &u->old);
	else if (u->had)
		fill(b, u->kind, u->slot, &u->old);
	else
		slots_drop(ids, u->slot);
	if (has && row_extra(u->kind, &row) != (u->had ? row_extra(u->kind, &u->old) : 0))
		heap_drop(extras_of(b, u->kind), row_extra(u->kind, &row));
}

void journal_undo(struct brain *b)
{
	b->undoing = true;
	while (b->undos) {
		const struct undo *u = &b->journal[--b->undos];

		if (u->kind == MN_STATE)
			undo_state(b, u);
		else
			undo_row(b, u);
	}
	b->undoing = b->unlisted = false;
}

static void tidy_ends(struct brain *b, const struct line *l)
{
	list_tidy(b, l->from);
	list_tidy(b, l->to);
}

/* What the change left behind. */
static void settle(struct brain *b, const struct undo *u)
{
	if (u->kind == MN_STATE && u->drops_extra)
		heap_drop(&b->states, u->state);
	if (u->kind != MN_STATE && u->drops_extra)
		heap_drop(extras_of(b, u->kind), row_extra(u->kind, &u->old));
	if (u->kind == MN_SYNAPSE && u->had)
		tidy_ends(b, &u->old.line);
	if (u->kind == MN_SYNAPSE && slots_live(&b->line_ids, u->slot)) {
		const struct line now = line_get(b, u->slot);

		tidy_ends(b, &now);
	}
	b->text.waste += u->waste;
}

void journal_commit(struct brain *b)
{
	b->unlisted = false;
	for (uint32_t i = 0; i < b->undos; i++)
		settle(b, &b->journal[i]);
	b->undos = 0;
	if (b->undos_cap > 4096) {
		mem_resize(&b->mem, b->journal, b->undos_cap * sizeof(*b->journal), 0);
		b->journal = NULL;
		b->undos_cap = 0;
	}
	brain_compact(b);
}
