/* SPDX-License-Identifier: MIT */
/* scan.c - streaming through a brain, a page at a time. */
#include "base/fail.h"
#include "base/memory.h"
#include "store/gate.h"
#include "store/read.h"

struct mn_scan {
	mn_store *store;
	mn_cursor *cursor;
};

static int check_query(mn_call *call, const mn_query *q)
{
	if (q->kind <= MN_BRAIN || q->kind >= MN_KINDS)
		return mn_fail(
			call, MN_EINVAL, 0, "there are no rows of kind %d in a brain", q->kind);
	if (q->text.len && !mn_text_valid(q->text))
		return mn_fail(call, MN_EINVAL, 0, "the words to search for are not valid UTF-8");
	if (q->text.len && q->kind != MN_NEURON)
		return mn_fail(call, MN_EINVAL, 0, "only neurons are searched by their text");
	return MN_OK;
}

int mn_brain_scan(mn_brain *b, mn_call *call, const mn_query *query, mn_scan **out)
{
	mn_store *s = b->store;
	mn_query q = *query;
	mn_scan *scan;
	int status = check_query(call, query);

	if (status != MN_OK)
		return status;
	q.fields = q.fields ? q.fields : MN_FIELD_ALL;
	scan = mn_alloc_zero(1, sizeof(*scan));
	if (!scan)
		return mn_fail_memory(call);
	scan->store = s;
	status = mn_gate_enter(s, call, false);
	if (status == MN_OK) {
		status = s->backend->scan(s->db, call, b->mind->name, &q, &scan->cursor);
		mn_gate_leave(s, false);
	}
	if (status != MN_OK) {
		mn_free(scan);
		return status;
	}
	*out = scan;
	return MN_OK;
}

int mn_scan_next(mn_scan *scan, mn_call *call, size_t max, mn_page *out)
{
	mn_store *s = scan->store;
	mn_page page = MN_SIZED(mn_page);
	int status;

	if (max == 0)
		return mn_fail(call, MN_EINVAL, 0, "a page holds one row at least");
	status = mn_gate_enter(s, call, false);
	if (status != MN_OK)
		return status;
	status = s->backend->next(scan->cursor, call, max, &page);
	mn_gate_leave(s, false);
	if (status == MN_OK)
		*out = page;
	return status;
}

void mn_scan_done(mn_scan *scan)
{
	if (!scan)
		return;
	mn_gate_force(scan->store);
	scan->store->backend->done(scan->cursor);
	mn_gate_leave(scan->store, false);
	mn_free(scan);
}
