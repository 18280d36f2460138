/* SPDX-License-Identifier: MIT */
/* row.c - rows as the process of a script gets them. */
#include "base/str.h"
#include "script/script.h"

static void put_u32(mn_buf *out, uint32_t x)
{
	mn_buf_add(out, &x, sizeof(x));
}

static void put_str(mn_buf *out, mn_str s)
{
	put_u32(out, (uint32_t)s.len);
	mn_buf_str(out, s);
}

static void put_ids(mn_buf *out, mn_ids ids)
{
	put_u32(out, (uint32_t)ids.n);
	mn_buf_add(out, ids.at, ids.n * sizeof(*ids.at));
}

/* A type is told by name the first time that it occurs. */
static uint32_t tell(mn_told *t, int kind, uint16_t code)
{
	uint8_t *byte = &t->known[kind][code / 8 % sizeof(t->known[kind])];
	const uint8_t bit = (uint8_t)(1u << code % 8);

	if (*byte & bit)
		return code;
	*byte |= bit;
	t->n++;
	put_u32(&t->names, code);
	put_str(&t->names, mn_str_of(mn_type_name(kind, code)));
	return code;
}

static void put_neuron(mn_told *t, unsigned fields, const mn_neuron *n, mn_buf *out)
{
	const mn_frame_neuron fixed = {
		n->id, n->created, n->updated, tell(t, MN_NEURON, n->type), n->flags};

	mn_buf_add(out, &fixed, sizeof(fixed));
	if (fields & MN_FIELD_TEXT)
		put_str(out, n->text);
	if (fields & MN_FIELD_UID)
		put_str(out, n->uid);
	if (fields & MN_FIELD_META)
		put_str(out, n->meta);
}

static void put_synapse(
	mn_told *t, unsigned fields, const mn_synapse *s, double weight, mn_buf *out)
{
	const mn_frame_synapse fixed = {s->id, s->from, s->to, weight, s->base, s->created, s->last,
		s->uses, tell(t, MN_SYNAPSE, s->type), s->flags, 0};

	mn_buf_add(out, &fixed, sizeof(fixed));
	if (fields & MN_FIELD_UID)
		put_str(out, s->uid);
	if (fields & MN_FIELD_META)
		put_str(out, s->meta);
}

static void put_fiber(unsigned fields, const mn_fiber *f, mn_buf *out)
{
	const mn_frame_fiber fixed = {f->id, f->anchor, f->salience, f->coherence, f->created,
		f->first, f->last, f->uses, f->stage};

	mn_buf_add(out, &fixed, sizeof(fixed));
	if (fields & MN_FIELD_TEXT)
		put_str(out, f->summary);
	if (fields & MN_FIELD_UID)
		put_str(out, f->uid);
	if (fields & MN_FIELD_META) {
		put_str(out, f->meta);
		put_u32(out, (uint32_t)f->tags.n);
		for (size_t i = 0; i < f->tags.n; i++)
			put_str(out, f->tags.at[i]);
	}
	if (fields & MN_FIELD_MEMBERS) {
		put_ids(out, f->neurons);
		put_ids(out, f->synapses);
	}
}

void mn_row_put(mn_told *t, int kind, unsigned fields, const void *row, double weight, mn_buf *out)
{
	switch (kind) {
	case MN_NEURON: put_neuron(t, fields, row, out); break;
	case MN_SYNAPSE: put_synapse(t, fields, row, weight, out); break;
	default: put_fiber(fields, row, out); break;
	}
}
