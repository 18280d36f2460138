/* SPDX-License-Identifier: MIT */
/* rows.c - rows as Neo4j keeps them. */
#include "rows.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

size_t row_size(int kind)
{
	static const uint16_t sizes[MN_KINDS] = MN_ROW_SIZES;

	return sizes[kind];
}

uint64_t row_bytes(const mn_brain_row *b)
{
	return b->neurons * 400 + b->synapses * 250 + b->fibers * 400;
}

/* Long members travel only where they are wanted; short ones always. */
const char *row_cells(int kind, unsigned fields)
{
	const unsigned want = fields ? fields : ~0U;
	const bool text = want & MN_FIELD_TEXT, meta = want & MN_FIELD_META;

	switch (kind) {
	case MN_NEURON:
		if (text && meta)
			return NEURON_CELLS("n.text", "n.uid", "n.meta");
		if (text)
			return NEURON_CELLS("n.text", "n.uid", "null");
		return meta ? NEURON_CELLS("null", "n.uid", "n.meta")
			    : NEURON_CELLS("null", "n.uid", "null");
	case MN_STATE: return STATE_CELLS;
	case MN_SYNAPSE:
		return meta ? SYNAPSE_CELLS("s.uid", "s.meta") : SYNAPSE_CELLS("s.uid", "null");
	default:
		return want & MN_FIELD_MEMBERS
			       ? FIBER_CELLS(
				       "f.summary", "f.uid", "f.meta", "f.neurons, f.synapses")
			       : FIBER_CELLS("f.summary", "f.uid", "f.meta", "null, null");
	}
}

/* ---- Reading ------------------------------------------------------------------------------- */

struct cells {
	struct reader *r;
	const json_t *list;
	size_t at;
};

static const json_t *next(struct cells *c)
{
	return json_array_get(c->list, c->at++);
}

static int64_t next_int(struct cells *c)
{
	return reader_int(c->r, next(c));
}

static uint16_t next_type(struct cells *c, int kind)
{
	return reader_type(c->r, kind, next(c));
}

static void read_brain(struct cells *c, mn_brain_row *row)
{
	row->id = (mn_id)next_int(c);
	row->uid = reader_str(c->r, next(c));
	row->name = reader_str(c->r, next(c));
	row->config = reader_str(c->r, next(c));
	row->meta = reader_str(c->r, next(c));
	row->neurons = (uint64_t)next_int(c);
	row->synapses = (uint64_t)next_int(c);
	row->fibers = (uint64_t)next_int(c);
	row->created = next_int(c);
	row->updated = next_int(c);
	row->clock = next_int(c);
	row->bytes = row_bytes(row);
}

static void read_neuron(struct cells *c, mn_neuron *row)
{
	row->id = (mn_id)next_int(c);
	row->type = next_type(c, MN_NEURON);
	row->flags = (uint16_t)next_int(c);
	row->created = next_int(c);
	row->updated = next_int(c);
	row->text = reader_str(c->r, next(c));
	row->uid = reader_str(c->r, next(c));
	row->meta = reader_str(c->r, next(c));
}

/* A neuron without a state has no decay. */
static void read_state(struct cells *c, mn_state *row)
{
	const mn_id id = (mn_id)next_int(c);

	if (json_is_null(json_array_get(c->list, 2)))
		return;
	row->id = id;
	row->level = reader_real(c->r, next(c));
	row->decay = reader_real(c->r, next(c));
	row->last = next_int(c);
	row->uses = (uint32_t)next_int(c);
}

static void read_synapse(struct cells *c, mn_synapse *row)
{
	row->id = (mn_id)next_int(c);
	row->from = (mn_id)next_int(c);
	row->to = (mn_id)next_int(c);
	row->type = next_type(c, MN_SYNAPSE);
	row->flags = (uint16_t)next_int(c);
	row->base = reader_real(c->r, next(c));
	row->created = next_int(c);
	row->last = next_int(c);
	row->uses = (uint32_t)next_int(c);
	row->uid = reader_str(c->r, next(c));
	row->meta = reader_str(c->r, next(c));
}

static void read_fiber(struct cells *c, mn_fiber *row)
{
	row->id = (mn_id)next_int(c);
	row->anchor = (mn_id)next_int(c);
	row->salience = reader_real(c->r, next(c));
	row->coherence = reader_real(c->r, next(c));
	row->created = next_int(c);
	row->first = next_int(c);
	row->last = next_int(c);
	row->uses = (uint32_t)next_int(c);
	row->stage = (uint16_t)next_int(c);
	row->flags = (uint16_t)next_int(c);
	row->summary = reader_str(c->r, next(c));
	row->uid = reader_str(c->r, next(c));
	row->meta = reader_str(c->r, next(c));
	row->tags = reader_strs(c->r, next(c));
	row->neurons = reader_ids(c->r, next(c));
	row->synapses = reader_ids(c->r, next(c));
}

void row_read(struct reader *r, int kind, const json_t *cells, void *row)
{
	struct cells c = {r, cells, 0};

	if (json_is_null(cells) || json_is_integer(cells)) /* there is none */
		return;
	if (!json_is_array(cells)) {
		r->bad = true;
		return;
	}
	switch (kind) {
	case MN_BRAIN: read_brain(&c, row); break;
	case MN_NEURON: read_neuron(&c, row); break;
	case MN_STATE: read_state(&c, row); break;
	case MN_SYNAPSE: read_synapse(&c, row); break;
	default: read_fiber(&c, row); break;
	}
}

int rows_read(struct reader *r, int kind, const json_t *list, mn_rows *out)
{
	const size_t n = json_array_size(reader_list(r, list, SIZE_MAX));
	char *rows = r->db->host->alloc(r->call, (n + 1) * row_size(kind));

	if (!rows)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		row_read(r, kind, json_array_get(list, i), rows + i * row_size(kind));
	*out = (mn_rows){.kind = kind, .n = n, .at.any = rows};
	return reader_end(r);
}

/* ---- Hashes -------------------------------------------------------------------------------- */

/* 53 bits: what JSON of any make carries whole. */
static int64_t cut(XXH64_hash_t hash)
{
	return (int64_t)(hash >> 11);
}

int64_t hash_key(mn_str type, mn_str text)
{
	return cut(XXH64(text.ptr, text.len, XXH64(type.ptr, type.len, 1)));
}

int64_t hash_uid(mn_str uid)
{
	return cut(XXH64(uid.ptr, uid.len, 2));
}
