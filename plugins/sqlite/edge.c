/* SPDX-License-Identifier: MIT */
/*
 * edge.c - table `edge`, which had a row for each entry of a long list (near, slot, key, far, id,
 * base, day; in the order of the list), and for each neuron a head before those (slot 0, the rest
 * in `base`): a 0 and then a short list, or the lengths of slots. In a short list an entry was
 * varints: steps of slot, key, id and day from the one before and of far from the neuron, all but
 * slot in zigzag, and before the day's the base as packed.h has it.
 */
#include "edge.h"

#include "connection.h"
#include "varint.h"

#define SPILL 65536 /* links of one list that are held at most */
#define CHECK_EVERY 1024

static const char put_broken[] = "REPLACE INTO list(near, head) VALUES(?1, x'FF')";

static const char all_edges[] = "SELECT near, slot, key, far, id, base, day FROM edge"
				" ORDER BY near, slot, key DESC, far, id";

static bool take_link(struct conn *c, const unsigned char **p, const unsigned char *end, mn_id near,
	struct link *l, int *status)
{
	uint64_t slot, key, far, id, day;

	if (!varint_get(p, end, &slot) || !varint_get(p, end, &key) || !varint_get(p, end, &far)
		|| !varint_get(p, end, &id) || !packed_take_base(c, p, end, &l->base, status)
		|| !varint_get(p, end, &day))
		return false;
	l->slot += (uint32_t)slot;
	l->key = (int32_t)(uint32_t)((uint64_t)l->key + unzigzag(key));
	l->far = near + unzigzag(far);
	l->id += unzigzag(id);
	l->day = (int64_t)((uint64_t)l->day + unzigzag(day));
	return true;
}

static int take_short(struct conn *c, mn_id near, mn_str bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr, *end = p + bytes.len;
	struct link link = {0};
	int status = MN_OK;

	while (status == MN_OK && p < end) {
		if (!take_link(c, &p, end, near, &link, &status))
			return status != MN_OK ? status : conn_corrupt(c, "a list is broken");
		status = links_add(c, &c->stored.links, &link);
	}
	return status;
}

static int take_row(struct conn *c, sqlite3_stmt *st)
{
	struct link l = {
		.slot = (uint32_t)sqlite3_column_int64(st, 1),
		.key = (int32_t)sqlite3_column_int64(st, 2),
		.far = (mn_id)sqlite3_column_int64(st, 3),
		.id = (mn_id)sqlite3_column_int64(st, 4),
		.day = sqlite3_column_int64(st, 6),
	};
	const mn_str head = column_blob(st, 5);
	int status;

	if (l.slot)
		status = dictionary_number(c, st, 5, &l.base);
	else if (head.len == 0)
		status = conn_corrupt(c, "the head of a list is broken");
	else
		return head.ptr[0] ? MN_OK
				   : take_short(
					   c, c->stored.near, (mn_str){head.ptr + 1, head.len - 1});
	return status == MN_OK ? links_add(c, &c->stored.links, &l) : status;
}

static int put_cut(struct conn *c)
{
	int status = block_put_runs(c);

	return status == MN_OK ? block_put_head(c) : status;
}

/* The list is complete. */
static int put_list(struct conn *c, bool broken)
{
	struct stored *s = &c->stored;
	int status = MN_OK;

	if (broken)
		status = RUN(c, put_broken, I((int64_t)s->near));
	else if (s->places.n)
		status = put_cut(c);
	else if (s->links.n)
		status = block_put_list(c);
	s->links.n = s->places.n = 0;
	s->directory = 0;
	return status == MN_OK ? block_send_enough(c) : status;
}

static int spill(struct conn *c)
{
	int status = block_put_runs(c);

	c->stored.links.n = 0;
	return status;
}

/* What was broken stays so, for a reader to be told and for the doctor to mend. */
static int forgive(struct conn *c, int status, bool *broken)
{
	if (status != MN_ECORRUPT)
		return status;
	*c->call->err = MN_SIZED(mn_error);
	c->broken = false;
	*broken = true;
	return MN_OK;
}

static int see_row(struct conn *c, sqlite3_stmt *st, bool *broken)
{
	struct stored *s = &c->stored;
	const mn_id near = (mn_id)sqlite3_column_int64(st, 0);
	int status = MN_OK;

	if (near != s->near) {
		status = put_list(c, *broken);
		*broken = false;
	}
	s->near = near;
	if (status == MN_OK && s->links.n >= SPILL)
		status = spill(c);
	return status == MN_OK ? forgive(c, take_row(c, st), broken) : status;
}

int edge_migrate(struct conn *c)
{
	sqlite3_stmt *st;
	uint64_t n = 0;
	bool broken = false;
	int status = conn_measure(c); /* the tally is not yet what it will be */

	c->stored.near = 0;
	c->stored.links.n = c->stored.places.n = 0;
	if (status == MN_OK)
		status = conn_ask(c, all_edges, NULL, 0, &st);
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		status = n++ % CHECK_EVERY ? MN_OK : conn_check(c);
		if (status == MN_OK)
			status = see_row(c, st, &broken);
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	if (status == MN_OK)
		status = put_list(c, broken);
	if (status == MN_OK)
		status = block_send(c);
	return status == MN_OK ? conn_script(c, "DROP TABLE edge") : status;
}
