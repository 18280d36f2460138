/* SPDX-License-Identifier: MIT */
/*
 * edit_json.c - batches as journals of version 1 have them, read: two messages of wire/wire.h,
 * forward and backward, or an object with one member for what is no list of edits.
 */
#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"
#include "upkeep/edit.h"
#include "wire/wire.h"

static int damaged(mn_call *call)
{
	return mn_fail(call, MN_ECORRUPT, 0, "a batch in the journal of maintenance is damaged");
}

/* A batch that is no list of changes. */
static int read_word(mn_call *call, mn_str text, mn_edits *out)
{
	char why[128];
	json_t *tree = NULL, *pair, *keep;
	int rc = mn_json_read(text, why, sizeof(why), &tree);

	if (rc)
		return rc == MN_ENOMEM ? mn_fail_memory(call) : damaged(call);
	pair = json_object_get(tree, "clock");
	keep = json_object_get(tree, "snapshot");
	for (size_t i = 0; i < 2; i++)
		out->clock[i] = json_integer_value(json_array_get(pair, i));
	if (json_integer_value(keep) > 0)
		out->keep = (uint64_t)json_integer_value(keep);
	out->what = pair ? MN_BATCH_CLOCK : keep ? MN_BATCH_SNAPSHOT : MN_BATCH_REBUILD;
	if ((pair && json_array_size(pair) != 2) || (keep && !out->keep))
		rc = damaged(call);
	json_decref(tree);
	return rc;
}

static bool is_pair(const mn_change *f, const mn_change *b)
{
	static const int other[] = {[MN_ADD] = MN_DROP,
		[MN_PUT] = MN_PUT,
		[MN_TUNE] = MN_TUNE,
		[MN_BUMP] = -1,
		[MN_FOLD] = -1,
		[MN_DROP] = MN_ADD};

	return f->kind == b->kind && f->kind != MN_BRAIN && other[f->op] == b->op && f->row
	       && b->row && (f->op != MN_TUNE || f->kind != MN_NEURON)
	       && *(const mn_id *)f->row == *(const mn_id *)b->row;
}

int mn_edits_read_json(mn_call *call, mn_str forward, mn_str backward, mn_edits *out)
{
	mn_wire_changes f = {.n = 0}, b = {.n = 0};
	int rc;

	*out = (mn_edits){.what = MN_BATCH_EDITS};
	if (mn_str_starts(forward, "{\"rebuild\"") || mn_str_starts(forward, "{\"clock\"")
		|| mn_str_starts(forward, "{\"snapshot\""))
		return read_word(call, forward, out);
	rc = mn_wire_read(call, MN_WIRE_CHANGES, forward, &f);
	if (rc == MN_OK)
		rc = mn_wire_read(call, MN_WIRE_CHANGES, backward, &b);
	if (rc || f.n != b.n)
		return rc == MN_ENOMEM ? rc : damaged(call);
	out->forward = (mn_change *)f.at;
	out->backward = (mn_change *)b.at;
	out->n = f.n;
	for (size_t i = 0; i < f.n; i++)
		if (!is_pair(&f.at[i], &b.at[i]))
			return damaged(call);
	return MN_OK;
}
