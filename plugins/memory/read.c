/* SPDX-License-Identifier: MIT */
/* read.c - rows by key, uid, id and anchor. */
#include <string.h>

#include "brain.h"

#define POLL 1024 /* rows between two looks at the token */

/* ---- One row ------------------------------------------------------------------------------- */

static int give_ref(const mn_db *db, mn_call *call, ref r, mn_str *out)
{
	return r ? give_text(db, call, pool_get(r), out) : MN_OK;
}

static int give_neuron(const mn_db *db, mn_call *call, const struct brain *b, uint32_t slot,
	unsigned fields, mn_neuron *out)
{
	const struct neuron *n = &b->neurons[slot];
	const struct neuron_extra *x = neuron_extra(b, n);

	out->id = neuron_id(b, slot);
	out->created = times_get(&b->times, n->created);
	out->updated = x ? x->updated : out->created;
	out->type = n->type;
	out->flags = n->flags;
	if ((fields & MN_FIELD_TEXT) && give_ref(db, call, n->text, &out->text) != MN_OK)
		return MN_ENOMEM;
	if (x && (fields & MN_FIELD_UID) && give_ref(db, call, x->uid, &out->uid) != MN_OK)
		return MN_ENOMEM;
	if (x && (fields & MN_FIELD_META) && give_ref(db, call, x->meta, &out->meta) != MN_OK)
		return MN_ENOMEM;
	return MN_OK;
}

static void give_state(const struct brain *b, uint32_t slot, mn_state *out)
{
	const struct state *s = neuron_state(b, &b->neurons[slot]);

	if (s)
		*out = (mn_state){neuron_id(b, slot), s->level, s->decay, s->last, s->uses};
}

static int give_line(const mn_db *db, mn_call *call, const struct brain *b, uint32_t slot,
	unsigned fields, mn_synapse *out)
{
	const struct line l = line_get(b, slot);
	const struct line_extra *x = line_extra(b, &l);

	out->id = slots_id(&b->line_ids, slot);
	out->from = neuron_id(b, l.from);
	out->to = neuron_id(b, l.to);
	out->base = l.base;
	out->created = times_get(&b->times, l.created);
	out->type = l.type;
	out->flags = l.flags & (uint16_t)~LINE_PENDING;
	if (!x)
		return MN_OK;
	out->last = x->last;
	out->uses = x->uses;
	if ((fields & MN_FIELD_UID) && give_ref(db, call, x->uid, &out->uid) != MN_OK)
		return MN_ENOMEM;
	if ((fields & MN_FIELD_META) && give_ref(db, call, x->meta, &out->meta) != MN_OK)
		return MN_ENOMEM;
	return MN_OK;
}

static int give_ids(const mn_db *db, mn_call *call, ref r, mn_ids *out)
{
	const mn_str bytes = pool_get(r);
	mn_id *ids;

	if (bytes.len == 0)
		return MN_OK;
	ids = db->host->alloc(call, bytes.len);
	if (!ids)
		return MN_ENOMEM;
	memcpy(ids, bytes.ptr, bytes.len);
	*out = (mn_ids){ids, bytes.len / sizeof(*ids)};
	return MN_OK;
}

/* The next packed tag (see pack_tags in apply.c); false: no more. */
static bool next_tag(mn_str *packed, mn_str *out)
{
	uint32_t len;

	if (packed->len == 0)
		return false;
	memcpy(&len, packed->ptr, sizeof(len));
	*out = (mn_str){packed->ptr + sizeof(len), len};
	packed->ptr += sizeof(len) + len;
	packed->len -= sizeof(len) + len;
	return true;
}

static int give_tags(const mn_db *db, mn_call *call, ref r, mn_strs *out)
{
	mn_str packed = pool_get(r), tag, *tags;
	size_t n = 0;

	if (packed.len == 0)
		return MN_OK;
	if (give_text(db, call, packed, &packed) != MN_OK)
		return MN_ENOMEM;
	for (mn_str rest = packed; next_tag(&rest, &tag);)
		n++;
	tags = db->host->alloc(call, n * sizeof(*tags));
	if (!tags)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		next_tag(&packed, &tags[i]);
	*out = (mn_strs){tags, n};
	return MN_OK;
}

bool fiber_has_tag(const struct brain *b, uint32_t slot, mn_str tag)
{
	const struct fiber_extra *x = fiber_extra(b, &b->fibers[slot]);
	mn_str packed = pool_get(x ? x->tags : NULL), has;

	while (next_tag(&packed, &has))
		if (has.len == tag.len && (tag.len == 0 || memcmp(has.ptr, tag.ptr, tag.len) == 0))
			return true;
	return false;
}

static int give_fiber_rest(
	const mn_db *db, mn_call *call, const struct fiber_extra *x, unsigned fields, mn_fiber *out)
{
	int status = MN_OK;

	if (fields & MN_FIELD_UID)
		status = give_ref(db, call, x->uid, &out->uid);
	if (status == MN_OK && (fields & MN_FIELD_TEXT))
		status = give_ref(db, call, x->summary, &out->summary);
	if (status == MN_OK && (fields & MN_FIELD_META))
		status = give_ref(db, call, x->meta, &out->meta);
	if (status == MN_OK && (fields & (MN_FIELD_META | MN_FIELD_MEMBERS)))
		status = give_tags(db, call, x->tags, &out->tags);
	if (status == MN_OK && (fields & MN_FIELD_MEMBERS))
		status = give_ids(db, call, x->neurons, &out->neurons);
	if (status == MN_OK && (fields & MN_FIELD_MEMBERS))
		status = give_ids(db, call, x->synapses, &out->synapses);
	return status;
}

static int give_fiber(const mn_db *db, mn_call *call, const struct brain *b, uint32_t slot,
	unsigned fields, mn_fiber *out)
{
	const struct fiber *f = &b->fibers[slot];
	const struct fiber_extra *x = fiber_extra(b, f);

	out->id = slots_id(&b->fiber_ids, slot);
	out->anchor = neuron_id(b, f->anchor);
	out->salience = f->salience;
	out->coherence = f->coherence;
	out->created = times_get(&b->times, f->created);
	out->first = times_get(&b->times, f->first);
	out->last = times_get(&b->times, f->last);
	out->uses = f->uses;
	out->stage = f->stage;
	out->flags = f->flags;
	return x ? give_fiber_rest(db, call, x, fields, out) : MN_OK;
}

size_t row_size(int kind)
{
	static const uint16_t sizes[MN_KINDS] = MN_ROW_SIZES;

	return sizes[kind];
}

bool row_there(struct brain *b, int kind, uint32_t slot)
{
	return slots_live(slots_of(b, kind), slot) && (kind != MN_STATE || b->neurons[slot].state);
}

int give_row(const mn_db *db, mn_call *call, struct brain *b, int kind, uint32_t slot,
	unsigned fields, void *out)
{
	const unsigned want = fields ? fields : ~0U;

	switch (kind) {
	case MN_NEURON: return give_neuron(db, call, b, slot, want, out);
	case MN_SYNAPSE: return give_line(db, call, b, slot, want, out);
	case MN_FIBER: return give_fiber(db, call, b, slot, want, out);
	default: give_state(b, slot, out); return MN_OK;
	}
}

/* ---- Many ---------------------------------------------------------------------------------- */

/* Ids of neurons for fibers, of the kind for everything else. */
static uint32_t slot_of(struct brain *b, int kind, bool at_anchor, mn_id id)
{
	const uint32_t slot = slots_find(slots_of(b, at_anchor ? MN_NEURON : kind), id);

	return at_anchor && slot != NONE ? find_anchor(b, slot) : slot;
}

static int give_rows(const mn_db *db, mn_call *call, struct brain *b, int kind, bool at_anchor,
	mn_ids ids, unsigned fields, mn_rows *out)
{
	const size_t size = row_size(kind);
	char *rows = ids.n <= SIZE_MAX / size - 1 ? db->host->alloc(call, (ids.n + 1) * size)
						  : NULL;

	if (!rows)
		return MN_ENOMEM;
	for (size_t i = 0; i < ids.n; i++) {
		const uint32_t slot = slot_of(b, kind, at_anchor, ids.at[i]);

		if (i % POLL == POLL - 1 && db->host->cancelled(call))
			return db->host->fail_cancelled(call);
		if (slot != NONE
			&& give_row(db, call, b, kind, slot, fields, rows + i * size) != MN_OK)
			return MN_ENOMEM;
	}
	*out = (mn_rows){.kind = kind, .n = ids.n, .at.any = rows};
	return MN_OK;
}

int db_get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	struct brain *b;
	int status = brain_enter(db, call, brain, false, &b);

	if (status != MN_OK)
		return status;
	if (kind <= MN_BRAIN || kind >= MN_KINDS)
		status = db->host->fail(call, MN_EINVAL, 0, "there are no rows of that kind");
	else
		status = give_rows(db, call, b, kind, false, ids, fields, out);
	brain_leave(db);
	return status;
}

int db_fibers_of(mn_db *db, mn_call *call, mn_str brain, mn_ids anchors, mn_rows *out)
{
	struct brain *b;
	int status = brain_enter(db, call, brain, false, &b);

	if (status != MN_OK)
		return status;
	status = give_rows(db, call, b, MN_FIBER, true, anchors, 0, out);
	brain_leave(db);
	return status;
}

int db_lookup(mn_db *db, mn_call *call, mn_str brain, const mn_key *keys, size_t n, mn_id *out)
{
	struct brain *b;
	const int status = brain_enter(db, call, brain, false, &b);

	if (status != MN_OK)
		return status;
	for (size_t i = 0; i < n; i++) {
		const uint32_t slot = find_key(b, keys[i].type, keys[i].text);

		out[i] = slot != NONE ? neuron_id(b, slot) : 0;
	}
	brain_leave(db);
	return MN_OK;
}

int db_resolve(mn_db *db, mn_call *call, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	struct brain *b;
	int status = brain_enter(db, call, brain, false, &b);

	if (status != MN_OK)
		return status;
	if (kind != MN_NEURON && kind != MN_SYNAPSE && kind != MN_FIBER) {
		brain_leave(db);
		return db->host->fail(call, MN_EINVAL, 0, "rows of that kind have no uid");
	}
	for (size_t i = 0; i < uids.n; i++) {
		const uint32_t slot = find_uid(b, kind, uids.at[i]);

		out[i] = slot != NONE ? slots_id(slots_of(b, kind), slot) : 0;
	}
	brain_leave(db);
	return MN_OK;
}
