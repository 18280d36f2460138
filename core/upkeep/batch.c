/* SPDX-License-Identifier: MIT */
/* batch.c - a batch out of the journal, and the rows it is of. */
#include "base/fail.h"
#include "store/read.h"
#include "upkeep/run.h"

static int look_at_kind(
	mn_brain *b, mn_call *work, const mn_edits *e, int kind, const void **at, mn_id *ids)
{
	const size_t size = mn_row_size(kind);
	size_t n = 0;
	mn_rows rows;
	int rc;

	for (size_t i = 0; i < e->n; i++)
		if (e->forward[i].kind == kind)
			ids[n++] = *(const mn_id *)e->forward[i].row;
	if (n == 0)
		return MN_OK;
	rc = mn_brain_get(b, work, kind, (mn_ids){ids, n}, 0, &rows);
	n = 0;
	for (size_t i = 0; rc == MN_OK && i < e->n; i++) {
		const char *row = (const char *)rows.at.any + n * size;

		if (e->forward[i].kind != kind)
			continue;
		at[i] = *(const mn_id *)row ? row : NULL;
		n++;
	}
	return rc;
}

int mn_batch_look(mn_brain *b, mn_call *work, const mn_edits *e, const void ***at)
{
	const void **rows = mn_call_array(work, e->n + 1, sizeof(*rows));
	mn_id *ids = mn_call_array(work, e->n + 1, sizeof(*ids));
	mn_gen began;
	int rc = rows && ids ? mn_brain_generation(b, work) : MN_ENOMEM;

	began = work->at;
	for (int kind = MN_NEURON; rc == MN_OK && kind < MN_KINDS; kind++)
		rc = look_at_kind(b, work, e, kind, rows, ids);
	/* Rows that somebody changes from here on are met by the generation that apply expects. */
	work->at = began;
	*at = rows;
	return rc;
}

int mn_batch_read(mn_journal *journal, mn_call *work, uint64_t run, uint64_t batch, mn_edits *out)
{
	mn_str forward, backward;
	int rc = mn_journal_get(journal, work, run, batch, &forward, &backward);

	if (rc)
		return rc;
	return forward.len && forward.ptr[0] == '{'
		       ? mn_edits_read_json(work, forward, backward, out)
		       : mn_edits_read(work, forward, out);
}
