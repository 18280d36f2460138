/* SPDX-License-Identifier: MIT */
#include "recent.h"

#include <string.h>

#include "connection.h"

static const char write_columns[] =
	"UPDATE tally SET last_synapses = ?1, last_fibers = ?2, last_anchors = ?3, recent = ?4"
	" WHERE one = 1";

void recent_clear(struct recent *r, enum row_kind kind)
{
	r->moved |= r->ends[kind].len || r->ends[kind].broken;
	r->ends[kind].first = 0;
	r->ends[kind].len = r->ends[kind].skip = 0;
	r->ends[kind].broken = false;
}

void recent_end(
	struct recent *r, enum row_kind kind, mn_id first, const unsigned char *bytes, size_t len)
{
	struct ending *e = &r->ends[kind];

	e->first = first;
	e->broken = false;
	e->skip = varint_put(e->all, first);
	memcpy(e->all + e->skip, bytes, len);
	e->len = e->skip + len;
	r->moved = true;
}

static void take_end(struct ending *e, mn_str column)
{
	const unsigned char *p = (const unsigned char *)column.ptr, *end = p + column.len;

	e->first = 0;
	e->len = e->skip = 0;
	e->broken = false;
	if (column.len == 0)
		return;
	e->broken = column.len > sizeof(e->all) || !varint_get(&p, end, &e->first) || p == end
		    || e->first == 0 || e->first > INT64_MAX;
	if (e->broken) {
		e->first = 0;
		return;
	}
	e->skip = (size_t)(p - (const unsigned char *)column.ptr);
	e->len = column.len;
	memcpy(e->all, column.ptr, column.len);
}

void recent_take(struct recent *r, sqlite3_stmt *st, int column)
{
	mn_str changes;

	for (int kind = 0; kind < ROW_KINDS; kind++)
		take_end(&r->ends[kind], column_blob(st, column + kind));
	changes = column_blob(st, column + ROW_KINDS);
	r->changes.broken = changes.len > RECENT_BYTES;
	r->changes.len = r->changes.broken ? 0 : changes.len;
	if (r->changes.len)
		memcpy(r->changes.bytes, changes.ptr, changes.len);
	r->moved = false;
}

int recent_write(struct conn *c)
{
	const struct recent *r = &c->recent;
	int status = RUN(c, write_columns, B(recent_all(&r->ends[ROW_SYNAPSE])),
		B(recent_all(&r->ends[ROW_FIBER])), B(recent_all(&r->ends[ROW_ANCHOR])),
		B(recent_changes(r)));

	c->recent.moved &= status != MN_OK;
	return status;
}

bool recent_any(const struct recent *r)
{
	bool any = r->changes.len || r->changes.broken;

	for (int kind = 0; kind < ROW_KINDS; kind++)
		any |= r->ends[kind].len || r->ends[kind].broken;
	return any;
}
