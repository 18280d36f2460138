/* SPDX-License-Identifier: MIT */
#include "upkeep/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"
#include "store/brain.h"

static int read_text(mn_call *call, mn_str text, mn_leased *out)
{
	char why[128];
	json_t *tree = NULL;
	mn_str token;
	int rc = mn_json_read(text, why, sizeof(why), &tree);

	if (rc)
		return rc == MN_ENOMEM ? mn_fail_memory(call)
				       : mn_fail(call, MN_ECORRUPT, 0,
					       "the neuron \"%s\" is not what a run writes: drop "
					       "it, or rename it",
					       MN_LEASE_UID);
	token = mn_json_str(json_object_get(tree, "run"));
	out->token = mn_call_copy(call, token);
	out->next = (uint64_t)json_integer_value(json_object_get(tree, "next"));
	out->beat = json_integer_value(json_object_get(tree, "beat"));
	json_decref(tree);
	return out->token.ptr ? MN_OK : MN_ENOMEM;
}

int mn_lease_look(mn_brain *b, mn_call *call, mn_leased *out)
{
	const mn_str uid = MN_STR(MN_LEASE_UID);
	mn_rows rows;
	int rc;

	*out = (mn_leased){.id = 0};
	rc = mn_brain_resolve_own(b, call, MN_NEURON, (mn_strs){&uid, 1}, &out->id);
	if (rc || !out->id)
		return rc;
	rc = mn_brain_get(b, call, MN_NEURON, (mn_ids){&out->id, 1}, MN_FIELD_TEXT, &rows);
	if (rc)
		return rc;
	if (!rows.at.neuron[0].id) { /* given back between the two */
		out->id = 0;
		return MN_OK;
	}
	return read_text(call, rows.at.neuron[0].text, out);
}

/* The row, as it is to be: with the next batch, and the time. */
static void fill(mn_lease *l, uint64_t next)
{
	const mn_time now = mn_engine_now(mn_brain_engine(l->brain));
	const int n = snprintf(l->text, sizeof(l->text),
		"{\"run\":\"%.*s\",\"next\":%" PRIu64 ",\"beat\":%" PRId64 ",\"pid\":%ld}",
		MN_FMT(l->token), next, now, (long)getpid());

	l->next = next;
	l->row = (mn_neuron){.id = l->id,
		.uid = MN_STR(MN_LEASE_UID),
		.text = {l->text, (size_t)n},
		.created = now,
		.updated = now,
		.type = mn_type_code(MN_NEURON, MN_STR(MN_LEASE_TYPE)),
		.flags = MN_NEURON_ARCHIVED};
}

int mn_lease_take(mn_lease *l, mn_brain *b, mn_call *call, mn_str token, const mn_leased *held,
	mn_applied *at)
{
	mn_neuron old = {.id = held->id};
	mn_change changes[2] = {{MN_DROP, MN_NEURON, &old}, {MN_ADD, MN_NEURON, &l->row}};
	const bool mine = held->id && mn_str_eq(held->token, token);
	int rc;

	*l = (mn_lease){.brain = b, .token = token};
	rc = mn_brain_reserve(b, call, MN_NEURON, 1, &l->id);
	if (rc)
		return rc;
	fill(l, mine ? held->next : 0);
	rc = mn_brain_apply(b, call, NULL, held->id ? changes : changes + 1, held->id ? 2 : 1, at);
	if (rc)
		l->id = 0;
	return rc == MN_ECONFLICT ? mn_fail(
		       call, MN_EBUSY, 0, "another run began at this brain just now: wait for it")
				  : rc;
}

void mn_lease_renew(mn_lease *l, uint64_t next, mn_change out[2])
{
	fill(l, next);
	l->old = (mn_neuron){.id = l->id};
	out[0] = (mn_change){MN_DROP, MN_NEURON, &l->old};
	out[1] = (mn_change){MN_ADD, MN_NEURON, &l->row};
}

int mn_lease_give(mn_lease *l, mn_call *call)
{
	const mn_change drop = {MN_DROP, MN_NEURON, &l->row};
	int rc = l->id ? mn_brain_apply(l->brain, call, NULL, &drop, 1, NULL) : MN_OK;

	if (rc == MN_OK)
		l->id = 0;
	return rc;
}
