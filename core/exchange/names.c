/* SPDX-License-Identifier: MIT */
#include "exchange/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"

/* The pieces one behind the other. mn_arena_printf would stop at 2 GiB and count twice. */
static int join(mn_call *call, const mn_str *pieces, size_t n, mn_str *out)
{
	size_t len = 0;
	char *at;

	for (size_t i = 0; i < n; i++)
		len += pieces[i].len;
	at = mn_call_alloc(call, len + 1);
	if (!at)
		return MN_ENOMEM;
	*out = (mn_str){at, len};
	for (size_t i = 0; i < n; at += pieces[i++].len)
		if (pieces[i].len)
			memcpy(at, pieces[i].ptr, pieces[i].len);
	return MN_OK;
}

int mn_name_neuron(mn_call *call, const mn_neuron *n, mn_str *out)
{
	const mn_str pieces[] = {mn_str_of(mn_type_name(MN_NEURON, n->type)), MN_STR(":"), n->text};

	if (n->uid.len == 0)
		return join(call, pieces, 3, out);
	*out = n->uid;
	return MN_OK;
}

int mn_name_synapse(
	mn_call *call, const mn_synapse *s, mn_str from, mn_str to, uint64_t ordinal, mn_str *out)
{
	char number[24] = "";
	const mn_str type = mn_str_of(mn_type_name(MN_SYNAPSE, s->type));

	if (ordinal > 1)
		snprintf(number, sizeof(number), "#%" PRIu64, ordinal);
	const mn_str pieces[] = {from, MN_STR("|"), type, MN_STR("|"), to, mn_str_of(number)};

	return join(call, pieces, 6, out);
}

static int by_number(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

int mn_names_get(mn_brain *brain, mn_call *call, mn_id *ids, size_t n, mn_names *out)
{
	size_t kept = 0;
	mn_str *uids;
	mn_rows rows;
	int status;

	if (n)
		qsort(ids, n, sizeof(*ids), by_number);
	for (size_t i = 0; i < n; i++)
		if (ids[i] && (kept == 0 || ids[i] != ids[kept - 1]))
			ids[kept++] = ids[i];
	uids = mn_call_array(call, kept, sizeof(*uids));
	*out = (mn_names){ids, uids, kept};
	if (!uids)
		return MN_ENOMEM;
	status = kept ? mn_brain_get(brain, call, MN_NEURON, (mn_ids){ids, kept},
			 MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, &rows)
		      : MN_OK;
	for (size_t i = 0; status == MN_OK && i < kept; i++)
		if (rows.at.neuron[i].id)
			status = mn_name_neuron(call, &rows.at.neuron[i], &uids[i]);
	return status;
}

mn_str mn_names_of(const mn_names *names, mn_id id)
{
	const mn_id *at = names->n ? bsearch(&id, names->ids, names->n, sizeof(id), by_number)
				   : NULL;

	return at ? names->uids[at - names->ids] : (mn_str){NULL, 0};
}
