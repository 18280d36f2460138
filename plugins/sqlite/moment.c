/* SPDX-License-Identifier: MIT */
#include "moment.h"

#include "connection.h"

static const char moment_before[] =
	"SELECT first, created FROM moment WHERE first <= ?1 ORDER BY first DESC LIMIT 1";
static const char moment_after[] =
	"SELECT first FROM moment WHERE first > ?1 ORDER BY first LIMIT 1";
static const char replace_moment[] = "REPLACE INTO moment(first, created) VALUES(?1, ?2)";
static const char highest_synapse[] = "SELECT max(id) FROM synapse";

/* Makes c->moments speak of the id. */
static int cover(struct conn *c, mn_id id)
{
	struct moments *m = &c->moments;
	sqlite3_stmt *st;
	int64_t next = INT64_MAX;
	int status;

	if (m->below && id >= m->from && id < m->below)
		return MN_OK;
	m->below = 0;
	status = NUMBER(c, &next, INT64_MAX, moment_after, I((int64_t)id));
	if (status == MN_OK)
		status = ASK(c, &st, moment_before, I((int64_t)id));
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status < 0)
		return status;
	m->any = status == 1;
	m->from = m->any ? (mn_id)sqlite3_column_int64(st, 0) : 0;
	m->created = m->any ? sqlite3_column_int64(st, 1) : 0;
	if (m->any)
		sqlite3_reset(st);
	m->below = (mn_id)next;
	return MN_OK;
}

int moment_of(struct conn *c, mn_id id, mn_time *out)
{
	int status = cover(c, id);

	if (status == MN_OK && !c->moments.any)
		status = conn_corrupt(c, "a synapse's time is missing");
	*out = c->moments.created;
	return status;
}

/* No row that is there may change its time by it: so only above all others. */
static int begin_moment(struct conn *c, mn_id id, mn_time created)
{
	c->moments.below = 0;
	c->moments.any = false;
	return RUN(c, replace_moment, I((int64_t)id), I(created));
}

int moment_store(struct conn *c, mn_id id, mn_time created, struct value *out)
{
	struct moments *m = &c->moments;
	int64_t top;
	int status = cover(c, id);

	if (status == MN_OK && !m->top_known) {
		status = conn_number(c, highest_synapse, NULL, 0, 0, &top);
		m->top = (mn_id)top;
		m->top_known = status == MN_OK;
	}
	if (status != MN_OK)
		return status;
	*out = I(created);
	if (m->any && m->created == created) {
		*out = (struct value){.kind = VALUE_NULL};
	} else if (m->added && m->previous == created && id > m->top) {
		/* The second of a run: the third will find it. */
		status = begin_moment(c, id, created);
		*out = (struct value){.kind = VALUE_NULL};
	}
	m->previous = created;
	m->added = true;
	if (id > m->top)
		m->top = id;
	return status;
}
