/* SPDX-License-Identifier: MIT */
#include "anchor.h"

static const char insert_more[] = "INSERT OR IGNORE INTO anchored(neuron, fiber) VALUES(?1, ?2)";
static const char delete_more[] = "DELETE FROM anchored WHERE neuron = ?1 AND fiber = ?2";
static const char next_more[] = "SELECT fiber FROM anchored WHERE neuron = ?1 AND fiber > ?2"
				" ORDER BY fiber LIMIT 1";
static const char delete_all_more[] = "DELETE FROM anchored";

static int find(struct conn *c, mn_id neuron, struct anchor_row **out)
{
	void *row;
	int status = bundle_find(c, ROW_ANCHOR, neuron, &row);

	*out = row;
	return status;
}

static int find_more(struct conn *c, mn_id neuron, mn_id after, mn_id *fiber)
{
	return NUMBER(c, (int64_t *)fiber, 0, next_more, I((int64_t)neuron), I((int64_t)after));
}

int anchor_add(struct conn *c, mn_id neuron, mn_id fiber)
{
	struct anchor_row *row, new = {.id = neuron, .fiber = fiber};
	bool taken;
	mn_id other;
	int status = find(c, neuron, &row);

	if (status != MN_OK)
		return status;
	if (!row)
		return bundle_add(c, ROW_ANCHOR, &new, &taken);
	if (row->fiber == fiber)
		return MN_OK;
	other = row->fiber < fiber ? fiber : row->fiber;
	row->fiber = row->fiber < fiber ? row->fiber : fiber;
	row->more = true;
	status = bundle_touch(c, ROW_ANCHOR);
	return status == MN_OK ? RUN(c, insert_more, I((int64_t)neuron), I((int64_t)other))
			       : status;
}

int anchor_drop(struct conn *c, mn_id neuron, mn_id fiber)
{
	struct anchor_row *row;
	mn_id next = 0;
	bool there;
	int status = find(c, neuron, &row);

	if (status != MN_OK || !row)
		return status;
	if (row->fiber == fiber && row->more)
		status = find_more(c, neuron, fiber, &next);
	if (status == MN_OK && row->fiber == fiber && !next)
		return bundle_drop(c, ROW_ANCHOR, neuron, &there);
	if (status == MN_OK)
		status = RUN(c, delete_more, I((int64_t)neuron), I((int64_t)(next ? next : fiber)));
	if (next)
		row->fiber = next;
	if (status == MN_OK)
		status = find_more(c, neuron, row->fiber, &next);
	row->more = next != 0;
	return status == MN_OK ? bundle_touch(c, ROW_ANCHOR) : status;
}

int anchor_clear(struct conn *c)
{
	int status = bundle_clear(c, ROW_ANCHOR);

	return status == MN_OK ? conn_run(c, delete_all_more, NULL, 0) : status;
}

int anchor_next(struct conn *c, mn_id neuron, mn_id after, mn_id *fiber)
{
	union any_row row;
	bool there;
	int status = bundle_peek(c, ROW_ANCHOR, neuron, &row, &there);

	*fiber = 0;
	if (status != MN_OK || !there)
		return status;
	if (row.anchor.fiber > after) {
		*fiber = row.anchor.fiber;
		return MN_OK;
	}
	return row.anchor.more ? find_more(c, neuron, after, fiber) : MN_OK;
}
