/* SPDX-License-Identifier: MIT */
/* edit_write.c - batches as bytes, written: see edit.h. */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/varint.h"
#include "store/read.h"
#include "upkeep/edit.h"
#include "upkeep/edit_form.h"
#include "upkeep/pack.h"

/* clang-format off */
#define AT(row, member) (unsigned short)offsetof(mn_##row, member)
const struct edit_members mn_edit_members[MN_KINDS] = {
	[MN_NEURON] = {{
		{"type", EDIT_TYPE, 0, AT(neuron, type)},
		{"flags", EDIT_SHORT, 0, AT(neuron, flags)},
		{"created", EDIT_LONG, 0, AT(neuron, created)},
		{"updated", EDIT_LONG, 0, AT(neuron, updated)},
		{"uid", EDIT_TEXT, 0, AT(neuron, uid)},
		{"text", EDIT_TEXT, 0, AT(neuron, text)},
		{"meta", EDIT_TEXT, 0, AT(neuron, meta)},
	}, 7},
	[MN_STATE] = {{
		{"level", EDIT_REAL, 1, AT(state, level)},
		{"decay", EDIT_REAL, 1, AT(state, decay)},
		{"last", EDIT_LONG, 0, AT(state, last)},
		{"uses", EDIT_WHOLE, 0, AT(state, uses)},
	}, 4},
	[MN_SYNAPSE] = {{
		{"from", EDIT_LONG, 0, AT(synapse, from)},
		{"to", EDIT_LONG, 0, AT(synapse, to)},
		{"base", EDIT_REAL, 1, AT(synapse, base)},
		{"type", EDIT_TYPE, 0, AT(synapse, type)},
		{"created", EDIT_LONG, 0, AT(synapse, created)},
		{"last", EDIT_LONG, 1, AT(synapse, last)},
		{"uses", EDIT_WHOLE, 1, AT(synapse, uses)},
		{"flags", EDIT_SHORT, 0, AT(synapse, flags)},
		{"uid", EDIT_TEXT, 0, AT(synapse, uid)},
		{"meta", EDIT_TEXT, 0, AT(synapse, meta)},
	}, 10},
	[MN_FIBER] = {{
		{"anchor", EDIT_LONG, 0, AT(fiber, anchor)},
		{"stage", EDIT_SHORT, 1, AT(fiber, stage)},
		{"flags", EDIT_SHORT, 0, AT(fiber, flags)},
		{"salience", EDIT_REAL, 1, AT(fiber, salience)},
		{"coherence", EDIT_REAL, 1, AT(fiber, coherence)},
		{"uses", EDIT_WHOLE, 1, AT(fiber, uses)},
		{"created", EDIT_LONG, 0, AT(fiber, created)},
		{"first", EDIT_LONG, 0, AT(fiber, first)},
		{"last", EDIT_LONG, 0, AT(fiber, last)},
		{"uid", EDIT_TEXT, 0, AT(fiber, uid)},
		{"summary", EDIT_TEXT, 0, AT(fiber, summary)},
		{"meta", EDIT_TEXT, 0, AT(fiber, meta)},
		{"neurons", EDIT_IDS, 0, AT(fiber, neurons)},
		{"synapses", EDIT_IDS, 0, AT(fiber, synapses)},
		{"tags", EDIT_TEXTS, 0, AT(fiber, tags)},
	}, 15},
};
/* clang-format on */

/* ---- Bytes -------------------------------------------------------------------------------- */

static void pass_on(mn_edit_writer *w)
{
	mn_buf_add(&w->buf, w->part, w->npart);
	w->npart = 0;
}

static unsigned char *room(mn_edit_writer *w)
{
	if (w->npart > sizeof(w->part) - MN_VARINT_MOST)
		pass_on(w);
	return w->part + w->npart;
}

static void put(mn_edit_writer *w, uint64_t x)
{
	unsigned char *at = room(w);

	w->npart += mn_varint_put(at, x);
}

static void put_text(mn_edit_writer *w, mn_str s)
{
	put(w, s.len);
	if (s.len > sizeof(w->part) - w->npart)
		pass_on(w);
	if (s.len > sizeof(w->part)) {
		mn_buf_str(&w->buf, s);
	} else if (s.len) {
		memcpy(w->part + w->npart, s.ptr, s.len);
		w->npart += s.len;
	}
}

/* ---- Values ------------------------------------------------------------------------------- */

static uint64_t bits_of(const void *real)
{
	uint64_t bits;

	memcpy(&bits, real, sizeof(bits));
	return bits;
}

static void put_real(mn_edit_writer *w, const void *real)
{
	const uint64_t bits = bits_of(real);
	unsigned char *at = room(w);

	for (unsigned i = 0; i < 8; i++)
		at[i] = (unsigned char)(bits >> 8 * i);
	w->npart += 8;
}

/* Number 0 is no type. A row of a store's has none whose name is not known. */
static void put_type(mn_edit_writer *w, int kind, uint16_t code)
{
	const int of = edit_types_of(kind);
	const mn_str name = mn_str_of(mn_type_name(kind, code));
	uint16_t *number = code <= MN_EDIT_TYPES ? &w->types[of].of[code] : NULL;

	if (!number || name.len == 0) {
		put(w, 0);
		return;
	}
	if (*number) {
		put(w, *number);
		return;
	}
	*number = ++w->types[of].n;
	put(w, *number);
	put_text(w, name);
}

static void put_ids(mn_edit_writer *w, mn_ids ids)
{
	put(w, ids.n);
	for (size_t i = 0; i < ids.n; i++)
		put(w, mn_zigzag((int64_t)(ids.at[i] - (i ? ids.at[i - 1] : 0))));
}

static void put_texts(mn_edit_writer *w, mn_strs texts)
{
	put(w, texts.n);
	for (size_t i = 0; i < texts.n; i++)
		put_text(w, texts.at[i]);
}

static void put_member(mn_edit_writer *w, int kind, int form, const void *at, const void *from)
{
	switch (form) {
	case EDIT_LONG:
		put(w, mn_zigzag((int64_t)(*(const uint64_t *)at - *(const uint64_t *)from)));
		break;
	case EDIT_WHOLE:
		put(w, mn_zigzag((int64_t) * (const uint32_t *)at - *(const uint32_t *)from));
		break;
	case EDIT_SHORT: put(w, *(const uint16_t *)at); break;
	case EDIT_TYPE: put_type(w, kind, *(const uint16_t *)at); break;
	case EDIT_REAL: put_real(w, at); break;
	case EDIT_TEXT: put_text(w, *(const mn_str *)at); break;
	case EDIT_IDS: put_ids(w, *(const mn_ids *)at); break;
	default: put_texts(w, *(const mn_strs *)at); break;
	}
}

static bool same_ids(const mn_ids *a, const mn_ids *b)
{
	return a->n == b->n && (!a->n || memcmp(a->at, b->at, a->n * sizeof(*a->at)) == 0);
}

static bool same_texts(const mn_strs *a, const mn_strs *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = mn_str_eq(a->at[i], b->at[i]);
	return same;
}

static bool same(int form, const void *a, const void *b)
{
	switch (form) {
	case EDIT_LONG: return *(const uint64_t *)a == *(const uint64_t *)b;
	case EDIT_WHOLE: return *(const uint32_t *)a == *(const uint32_t *)b;
	case EDIT_SHORT:
	case EDIT_TYPE: return *(const uint16_t *)a == *(const uint16_t *)b;
	case EDIT_REAL: return bits_of(a) == bits_of(b);
	case EDIT_TEXT: return mn_str_eq(*(const mn_str *)a, *(const mn_str *)b);
	case EDIT_IDS: return same_ids(a, b);
	default: return same_texts(a, b);
	}
}

/* ---- Rows --------------------------------------------------------------------------------- */

static const union mn_edit_row zeros;

static void put_row(mn_edit_writer *w, int kind, bool tune, const void *row, const void *from)
{
	const struct edit_members *members = &mn_edit_members[kind];
	const char *at = row, *of = tune ? (const char *)&zeros : from;
	unsigned mask = 0;

	for (unsigned i = 0; i < members->n; i++) {
		const struct edit_member *m = &members->at[i];

		if ((!tune || m->tune) && !same(m->form, at + m->at, of + m->at))
			mask |= 1U << i;
	}
	put(w, mn_zigzag((int64_t)(*(const mn_id *)row - *(const mn_id *)from)));
	put(w, mask);
	for (unsigned i = 0; i < members->n; i++) {
		const struct edit_member *m = &members->at[i];

		if (mask & 1U << i)
			put_member(w, kind, m->form, at + m->at, of + m->at);
	}
}

void mn_edit_add(mn_edit_writer *w, int how, int kind, const void *before, const void *after)
{
	const bool tune = how == MN_EDIT_TUNE;
	const void *first = how == MN_EDIT_ADD ? after : before;
	union mn_edit_row *last = &w->last[kind];

	if (!w->buf.max)
		w->buf.max = MN_PACK_MOST;
	put(w, (unsigned)kind * MN_EDIT_HOWS + (unsigned)how);
	put_row(w, kind, tune, first, last);
	if (how == MN_EDIT_PUT || tune)
		put_row(w, kind, tune, after, first);
	if (tune)
		last->id = *(const mn_id *)first;
	else
		edit_keep(last, kind, first);
	w->n++;
}

/* ---- Batches ------------------------------------------------------------------------------ */

static size_t put_head(unsigned char *at, int what, const uint64_t *numbers, size_t n)
{
	size_t len = 0;

	at[len++] = MN_EDITS_VERSION;
	at[len++] = (unsigned char)what;
	for (size_t i = 0; i < n; i++)
		len += mn_varint_put(at + len, numbers[i]);
	return len;
}

static void empty(mn_edit_writer *w)
{
	mn_buf_clear(&w->buf);
	w->npart = w->n = 0;
	memset(w->last, 0, sizeof(w->last));
	memset(w->types, 0, sizeof(w->types));
}

int mn_edit_end(mn_edit_writer *w, mn_call *call, mn_str *out)
{
	unsigned char head[2 + MN_VARINT_MOST];
	const uint64_t n = w->n;
	const size_t len = put_head(head, MN_BATCH_EDITS, &n, 1);
	char *at;

	pass_on(w);
	at = mn_buf_ok(&w->buf) ? mn_call_alloc(call, len + w->buf.len) : NULL;
	if (at) {
		memcpy(at, head, len);
		if (w->buf.len)
			memcpy(at + len, w->buf.ptr, w->buf.len);
		*out = (mn_str){at, len + w->buf.len};
	}
	empty(w);
	return at ? MN_OK : mn_fail_memory(call);
}

void mn_edit_free(mn_edit_writer *w)
{
	mn_buf_free(&w->buf);
}

static int write_word(mn_call *call, const mn_edits *e, mn_str *out)
{
	unsigned char head[2 + 2 * MN_VARINT_MOST];
	const uint64_t clock[2] = {mn_zigzag(e->clock[0]), mn_zigzag(e->clock[1])};
	const size_t n = e->what == MN_BATCH_CLOCK ? 2 : e->what == MN_BATCH_SNAPSHOT;
	const size_t len = put_head(head, e->what, n == 2 ? clock : &e->keep, n);

	*out = mn_call_copy(call, (mn_str){(char *)head, len});
	return out->ptr ? MN_OK : MN_ENOMEM;
}

/* What an edit does; the pairs that there are: drop and add, put and put, tune and tune. */
static int how_of(const mn_change *forward)
{
	switch (forward->op) {
	case MN_DROP: return MN_EDIT_DROP;
	case MN_ADD: return MN_EDIT_ADD;
	case MN_PUT: return MN_EDIT_PUT;
	default: return MN_EDIT_TUNE;
	}
}

int mn_edits_write(mn_call *call, const mn_edits *e, mn_str *out)
{
	mn_edit_writer *w;
	int rc;

	if (e->what != MN_BATCH_EDITS)
		return write_word(call, e, out);
	w = mn_alloc_zero(1, sizeof(*w));
	if (!w)
		return mn_fail_memory(call);
	for (size_t i = 0; i < e->n; i++)
		mn_edit_add(w, how_of(&e->forward[i]), e->forward[i].kind, e->backward[i].row,
			e->forward[i].row);
	rc = mn_edit_end(w, call, out);
	mn_edit_free(w);
	mn_free(w);
	return rc;
}
