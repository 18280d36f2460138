/* SPDX-License-Identifier: MIT */
/*
 * edit_read.c - batches as bytes, read: see edit.h. The file they come from is nobody's word: each
 * number is held against what is left of the bytes, and memory is taken only for what is there.
 */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/varint.h"
#include "store/read.h"
#include "upkeep/edit.h"
#include "upkeep/edit_form.h"

struct reading {
	mn_call *call;
	const unsigned char *at, *end;
	uint64_t edit;    /* that is being read, from 0 */
	const char *name; /* of the member */
	int status;
	union mn_edit_row last[MN_KINDS];
	uint16_t *types[2]; /* codes by number, from 1 */
	size_t ntypes[2];
};

/* The first thing that is wrong stays. */
static bool wrong(struct reading *r, const char *what)
{
	if (r->status == MN_OK)
		r->status = mn_fail(r->call, MN_ECORRUPT, 0,
			"a batch in the journal of maintenance is damaged: edit %llu, %s, %s",
			(unsigned long long)r->edit + 1, r->name, what);
	return false;
}

static bool no_memory(struct reading *r)
{
	r->status = r->status == MN_OK ? MN_ENOMEM : r->status;
	return false;
}

/* ---- Values ------------------------------------------------------------------------------- */

static bool take(struct reading *r, uint64_t *out)
{
	return mn_varint_get(&r->at, r->end, out) || wrong(r, "ends in the middle of a number");
}

/* A count of things that take a byte each at least. */
static bool take_count(struct reading *r, size_t *out)
{
	uint64_t n;

	if (!take(r, &n))
		return false;
	if (n > (size_t)(r->end - r->at))
		return wrong(r, "is longer than the batch");
	*out = (size_t)n;
	return true;
}

static bool take_text(struct reading *r, mn_str *out)
{
	size_t n;

	if (!take_count(r, &n))
		return false;
	*out = (mn_str){n ? (const char *)r->at : NULL, n};
	r->at += n;
	return n == 0 || mn_text_valid(*out) || wrong(r, "is not valid UTF-8 without NUL");
}

static bool take_real(struct reading *r, double *out)
{
	uint64_t bits = 0;

	if (r->end - r->at < 8)
		return wrong(r, "ends in the middle of a number");
	for (unsigned i = 0; i < 8; i++)
		bits |= (uint64_t)r->at[i] << 8 * i;
	r->at += 8;
	memcpy(out, &bits, sizeof(*out));
	return isfinite(*out) || wrong(r, "is not a finite number");
}

static bool take_whole(struct reading *r, uint32_t *at, const uint32_t *from)
{
	uint64_t x;
	int64_t sum;

	if (!take(r, &x))
		return false;
	if (__builtin_add_overflow((int64_t)*from, mn_unzigzag(x), &sum) || sum < 0
		|| sum > UINT32_MAX)
		return wrong(r, "is no number of 32 bits");
	*at = (uint32_t)sum;
	return true;
}

static bool take_short(struct reading *r, uint16_t *at)
{
	uint64_t x;

	if (!take(r, &x))
		return false;
	*at = (uint16_t)x;
	return x <= UINT16_MAX || wrong(r, "is no number of 16 bits");
}

/* A name that is met for the first time. */
static bool meet_type(struct reading *r, int kind, int of)
{
	mn_str name = {NULL, 0};
	uint16_t code;

	if (r->ntypes[of] == MN_EDIT_TYPES)
		return wrong(r, "is one type more than there can be");
	if (!r->types[of])
		r->types[of] = mn_call_array(r->call, MN_EDIT_TYPES, sizeof(*r->types[of]));
	if (!r->types[of])
		return no_memory(r);
	if (!take_text(r, &name))
		return false;
	code = name.len ? mn_type_code(kind, name) : 0;
	if (!code)
		return wrong(r, "has no name, one of more than 100 bytes, or one more than the "
				"4096 that are known at once");
	r->types[of][r->ntypes[of]++] = code;
	return true;
}

static bool take_type(struct reading *r, int kind, uint16_t *at)
{
	const int of = edit_types_of(kind);
	uint64_t number;

	if (!take(r, &number))
		return false;
	if (number > r->ntypes[of] + 1)
		return wrong(r, "has a number that none was given");
	if (number == r->ntypes[of] + 1 && !meet_type(r, kind, of))
		return false;
	*at = number ? r->types[of][number - 1] : 0;
	return true;
}

static bool take_ids(struct reading *r, mn_ids *out)
{
	mn_id *at, before = 0;
	size_t n = 0;
	uint64_t x;

	if (!take_count(r, &n))
		return false;
	at = n ? mn_call_array(r->call, n, sizeof(*at)) : NULL;
	if (n && !at)
		return no_memory(r);
	for (size_t i = 0; i < n; i++) {
		if (!take(r, &x))
			return false;
		at[i] = before += (mn_id)mn_unzigzag(x);
	}
	*out = (mn_ids){at, n};
	return true;
}

static bool take_texts(struct reading *r, mn_strs *out)
{
	mn_str *at;
	size_t n = 0;

	if (!take_count(r, &n))
		return false;
	at = n ? mn_call_array(r->call, n, sizeof(*at)) : NULL;
	if (n && !at)
		return no_memory(r);
	for (size_t i = 0; i < n; i++)
		if (!take_text(r, &at[i]))
			return false;
	*out = (mn_strs){at, n};
	return true;
}

static bool take_member(struct reading *r, int kind, int form, void *at, const void *from)
{
	uint64_t x;

	switch (form) {
	case EDIT_LONG:
		if (!take(r, &x))
			return false;
		*(uint64_t *)at = *(const uint64_t *)from + (uint64_t)mn_unzigzag(x);
		return true;
	case EDIT_WHOLE: return take_whole(r, at, from);
	case EDIT_SHORT: return take_short(r, at);
	case EDIT_TYPE: return take_type(r, kind, at);
	case EDIT_REAL: return take_real(r, at);
	case EDIT_TEXT: return take_text(r, at);
	case EDIT_IDS: return take_ids(r, at);
	default: return take_texts(r, at);
	}
}

/* ---- Rows --------------------------------------------------------------------------------- */

static const union mn_edit_row zeros;

static bool take_id(struct reading *r, const void *from, mn_id *out)
{
	uint64_t x = 0;

	r->name = "id";
	if (!take(r, &x))
		return false;
	*out = *(const mn_id *)from + (mn_id)mn_unzigzag(x);
	return (*out > 0 && *out <= INT64_MAX) || wrong(r, "is none that a row can have");
}

static bool take_members(struct reading *r, int kind, bool tune, void *row, const void *from)
{
	const struct edit_members *members = &mn_edit_members[kind];
	uint64_t mask = 0;

	r->name = "members";
	if (!take(r, &mask))
		return false;
	for (unsigned i = 0; i < members->n; i++) {
		const struct edit_member *m = &members->at[i];

		if (!(mask & 1U << i))
			continue;
		r->name = m->name;
		if (tune && !m->tune)
			return wrong(r, "is nothing that can be tuned");
		if (!take_member(r, kind, m->form, (char *)row + m->at, (const char *)from + m->at))
			return false;
	}
	r->name = "members";
	return !(mask >> members->n) || wrong(r, "has one that there is not");
}

/* A row as it counts from another; NULL: wrong. */
static void *take_row(struct reading *r, int kind, bool tune, const void *from)
{
	const void *of = tune ? (const void *)&zeros : from;
	void *row = mn_call_alloc(r->call, mn_row_size(kind));
	mn_id id = 0;

	if (!row) {
		no_memory(r);
		return NULL;
	}
	if (!take_id(r, from, &id))
		return NULL;
	memcpy(row, of, mn_row_size(kind));
	*(mn_id *)row = id;
	return take_members(r, kind, tune, row, of) ? row : NULL;
}

static bool take_edit(struct reading *r, mn_change *forward, mn_change *backward)
{
	static const int ops[MN_EDIT_HOWS][2] = {[MN_EDIT_DROP] = {MN_DROP, MN_ADD},
		[MN_EDIT_ADD] = {MN_ADD, MN_DROP},
		[MN_EDIT_PUT] = {MN_PUT, MN_PUT},
		[MN_EDIT_TUNE] = {MN_TUNE, MN_TUNE}};
	const unsigned head = r->at < r->end ? *r->at++ : 0;
	const int how = (int)(head % MN_EDIT_HOWS), kind = (int)(head / MN_EDIT_HOWS);
	void *first, *second;

	r->name = "kind";
	if (kind <= MN_BRAIN || kind >= MN_KINDS || (how == MN_EDIT_TUNE && kind == MN_NEURON))
		return wrong(r, "is none that can be changed so");
	first = take_row(r, kind, how == MN_EDIT_TUNE, &r->last[kind]);
	second = first;
	if (first && (how == MN_EDIT_PUT || how == MN_EDIT_TUNE))
		second = take_row(r, kind, how == MN_EDIT_TUNE, first);
	if (!first || !second)
		return false;
	if (*(mn_id *)first != *(mn_id *)second)
		return wrong(r, "is of two rows");
	if (how == MN_EDIT_TUNE)
		r->last[kind].id = *(mn_id *)first;
	else
		edit_keep(&r->last[kind], kind, first);
	*forward = (mn_change){ops[how][0], kind, second};
	*backward = (mn_change){ops[how][1], kind, first};
	return true;
}

/* ---- Batches ------------------------------------------------------------------------------ */

static bool take_edits(struct reading *r, mn_edits *out)
{
	size_t n = 0;

	r->name = "count";
	if (!take_count(r, &n))
		return false;
	if (n > MN_EDITS_MOST || n > (size_t)(r->end - r->at) / 3)
		return wrong(r, "is of more than there are");
	out->forward = mn_call_array(r->call, n + 1, sizeof(*out->forward));
	out->backward = mn_call_array(r->call, n + 1, sizeof(*out->backward));
	if (!out->forward || !out->backward)
		return no_memory(r);
	for (; r->edit < n; r->edit++)
		if (!take_edit(r, &out->forward[r->edit], &out->backward[r->edit]))
			return false;
	out->n = n;
	return true;
}

static bool take_clock(struct reading *r, mn_edits *out)
{
	uint64_t before = 0, after = 0;

	r->name = "clock";
	if (!take(r, &before) || !take(r, &after))
		return false;
	out->clock[0] = mn_unzigzag(before);
	out->clock[1] = mn_unzigzag(after);
	return true;
}

static bool take_batch(struct reading *r, mn_edits *out)
{
	r->name = "form";
	if (r->end - r->at < 2 || *r->at++ != MN_EDITS_VERSION)
		return wrong(r, "is none that is known");
	out->what = *r->at++;
	switch (out->what) {
	case MN_BATCH_EDITS: return take_edits(r, out);
	case MN_BATCH_CLOCK: return take_clock(r, out);
	case MN_BATCH_REBUILD: return true;
	case MN_BATCH_SNAPSHOT:
		r->name = "snapshots to keep";
		return take(r, &out->keep) && (out->keep || wrong(r, "must not be 0"));
	default: return wrong(r, "is none that is known");
	}
}

int mn_edits_read(mn_call *call, mn_str bytes, mn_edits *out)
{
	struct reading r = {.call = call};

	*out = (mn_edits){.what = MN_BATCH_EDITS};
	r.at = (const unsigned char *)bytes.ptr;
	r.end = r.at + bytes.len;
	if (take_batch(&r, out) && r.at != r.end) {
		r.name = "end";
		wrong(&r, "is followed by something");
	}
	return r.status;
}
