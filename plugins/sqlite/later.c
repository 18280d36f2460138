/* SPDX-License-Identifier: MIT */
/*
 * later.c - table `later`: changes of lists that wait, a row for many small commits or a large one.
 *
 *	later   seq   changes
 *
 * The changes follow each other in varints, one for both ends of a synapse: twice the slot at its
 * first end, plus 1 where it comes into lists; first end, far end and id, as steps from the change
 * before, in zigzag; base, as packed.h has it; day, and what the key has above that of the day,
 * as steps in zigzag. A 0 in front, which no slot is, says that it is of the first end only.
 */
#include "connection.h"
#include "heap.h"
#include "overlay.h"
#include "varint.h"

#define CHANGE_MOST 80 /* bytes of one */
#ifdef MN_HASTY        /* for tests: so that little makes a row */
#define MOST_RECENT 100
#else
#define MOST_RECENT RECENT_BYTES
#endif

static const char insert_later[] = "INSERT INTO later(seq, changes) VALUES(?1, ?2)";
static const char read_later[] =
	"SELECT seq, changes FROM later WHERE seq > ?1 AND seq <= ?2 ORDER BY seq";
static const char delete_later[] = "DELETE FROM later WHERE seq <= ?1";

static size_t put_step(unsigned char *p, uint64_t x, uint64_t before)
{
	return varint_put(p, zigzag(x - before));
}

static uint64_t above(const struct conn *c, const struct link *l)
{
	return (uint64_t)((int64_t)l->key - packed_key_of(c, l->day));
}

static int put_change(struct conn *c, const struct change *e, const struct change *before,
	unsigned char *out, size_t *len)
{
	const struct link *l = &e->link, *b = &before->link;
	int status;

	if (e->one)
		out[(*len)++] = 0;
	*len += varint_put(out + *len, (uint64_t)l->slot << 1 | e->add);
	*len += put_step(out + *len, e->near, before->near);
	*len += put_step(out + *len, l->far, b->far);
	*len += put_step(out + *len, l->id, b->id);
	status = packed_put_base(c, l->base, out, len);
	*len += put_step(out + *len, (uint64_t)l->day, (uint64_t)b->day);
	*len += put_step(out + *len, above(c, l), above(c, b));
	return status;
}

/* Small ones come together in the tally first, until they are worth a row. */
static int put_bytes(struct conn *c, unsigned char *bytes, size_t len)
{
	struct recent *r = &c->recent;
	struct overlay *o = &c->overlay;
	int status;

	r->moved = true;
	if (len <= MOST_RECENT) {
		memcpy(r->changes.bytes, bytes, len);
		o->part = r->changes.len = len;
		return MN_OK;
	}
	status = RUN(
		c, insert_later, I((int64_t)c->tally.logged + 1), B((mn_str){(char *)bytes, len}));
	if (status == MN_OK)
		later_close(c);
	return status;
}

int later_write(struct conn *c)
{
	struct overlay *o = &c->overlay;
	const mn_str recent = recent_changes(&c->recent);
	unsigned char *bytes = heap_new(c->host, recent.len + (o->n - o->fresh) * CHANGE_MOST);
	size_t len = recent.len;
	int status = bytes ? MN_OK : conn_memory(c);

	if (bytes && len)
		memcpy(bytes, recent.ptr, len);
	for (size_t i = o->fresh; status == MN_OK && i < o->n; i += overlay_ends(&o->at[i])) {
		status = put_change(c, &o->at[i], &o->last, bytes, &len);
		o->last = o->at[i];
	}
	if (status == MN_OK)
		status = put_bytes(c, bytes, len);
	heap_free(c->host, bytes);
	if (status == MN_OK)
		o->fresh = o->n;
	return status;
}

void later_close(struct conn *c)
{
	struct overlay *o = &c->overlay;

	o->to = ++c->tally.logged;
	o->part = c->recent.changes.len = 0;
	c->recent.changes.broken = false;
	o->last = (struct change){.near = 0};
	c->recent.moved = true;
}

static int broken(struct conn *c)
{
	return conn_corrupt(c, "changes that wait are broken");
}

static int missing(struct conn *c)
{
	return conn_corrupt(c, "changes of lists that wait are missing");
}

static bool take_step(const unsigned char **p, const unsigned char *end, uint64_t *x)
{
	uint64_t step;

	if (!varint_get(p, end, &step))
		return false;
	*x += unzigzag(step);
	return true;
}

/* The change after *e, in its place. *rest: what the key has above its day's. */
static bool take_change(struct conn *c, const unsigned char **p, const unsigned char *end,
	struct change *e, uint64_t *rest, int *status)
{
	struct link *l = &e->link;
	uint64_t first, day = (uint64_t)l->day;

	e->one = *p < end && **p == 0;
	if (!varint_get(p, end, &first) || (first == 0 && !varint_get(p, end, &first))
		|| first >> 1 > UINT32_MAX || !take_step(p, end, &e->near)
		|| !take_step(p, end, &l->far) || !take_step(p, end, &l->id)
		|| !packed_take_base(c, p, end, &l->base, status) || !take_step(p, end, &day)
		|| !take_step(p, end, rest))
		return false;
	e->add = first & 1;
	l->slot = (uint32_t)(first >> 1);
	l->day = (int64_t)day;
	l->key = (int32_t)(uint32_t)((uint64_t)packed_key_of(c, l->day) + *rest);
	return true;
}

/* A row, or what will be one, from where the overlay has come to. */
static int take_row(struct conn *c, uint64_t seq, mn_str bytes)
{
	struct overlay *o = &c->overlay;
	const unsigned char *p = (const unsigned char *)bytes.ptr, *end = p + bytes.len;
	struct change e = o->last;
	uint64_t rest = above(c, &e.link);
	int status = o->part <= bytes.len ? MN_OK : broken(c);

	p += status == MN_OK ? o->part : 0;
	while (status == MN_OK && p < end) {
		if (!take_change(c, &p, end, &e, &rest, &status))
			return status != MN_OK ? status : broken(c);
		status = e.one ? overlay_put_one(c, e.near, &e.link, seq, e.add)
			       : overlay_put(c, e.near, &e.link, seq, e.add);
	}
	o->last = e;
	o->part = bytes.len;
	return status;
}

static int read_rows(struct conn *c)
{
	struct overlay *o = &c->overlay;
	sqlite3_stmt *st;
	int status = ASK(c, &st, read_later, I((int64_t)o->to), I((int64_t)c->tally.logged));

	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		if ((uint64_t)sqlite3_column_int64(st, 0) != o->to + 1)
			status = missing(c);
		else
			status = take_row(c, o->to + 1, column_blob(st, 1));
		if (status != MN_OK) {
			sqlite3_reset(st);
			return status;
		}
		o->to++;
		o->part = 0;
		o->last = (struct change){.near = 0};
	}
	return status == MN_OK && o->to != c->tally.logged ? missing(c) : status;
}

int later_read(struct conn *c)
{
	const struct recent *r = &c->recent;
	int status = c->overlay.to < c->tally.logged ? read_rows(c) : MN_OK;

	if (status == MN_OK && r->changes.broken)
		return broken(c);
	return status == MN_OK ? take_row(c, c->tally.logged + 1, recent_changes(r)) : status;
}

int later_delete(struct conn *c, uint64_t up_to)
{
	return RUN(c, delete_later, I((int64_t)up_to));
}
