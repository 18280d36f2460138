/* SPDX-License-Identifier: MIT */
/*
 * later.c - table `later`: changes of lists that wait, a row for each commit.
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
#define MOST_BYTES ((size_t)1 << 28)

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

int later_write(struct conn *c)
{
	struct overlay *o = &c->overlay;
	const struct change *before = &(struct change){.near = 0};
	unsigned char *bytes = heap_new(c->host, (o->n - o->fresh) * CHANGE_MOST);
	size_t len = 0;
	int status = bytes ? MN_OK : conn_memory(c);

	for (size_t i = o->fresh; status == MN_OK && i < o->n; i += overlay_ends(&o->at[i])) {
		status = put_change(c, &o->at[i], before, bytes, &len);
		before = &o->at[i];
	}
	if (status == MN_OK)
		status = RUN(c, insert_later, I((int64_t)c->tally.logged + 1),
			B((mn_str){(char *)bytes, len}));
	heap_free(c->host, bytes);
	if (status != MN_OK)
		return status;
	o->to = ++c->tally.logged;
	o->fresh = o->n;
	return MN_OK;
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

static int take_row(struct conn *c, uint64_t seq, mn_str bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr, *end = p + bytes.len;
	struct change e = {.near = 0};
	uint64_t rest = above(c, &e.link);
	int status = MN_OK;

	while (status == MN_OK && p < end) {
		if (!take_change(c, &p, end, &e, &rest, &status))
			return status != MN_OK ? status
					       : conn_corrupt(c, "changes that wait are broken");
		status = e.one ? overlay_put_one(c, e.near, &e.link, seq, e.add)
			       : overlay_put(c, e.near, &e.link, seq, e.add);
	}
	return status;
}

int later_read(struct conn *c, uint64_t after)
{
	sqlite3_stmt *st;
	int status = ASK(c, &st, read_later, I((int64_t)after), I((int64_t)c->tally.logged));

	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		if ((uint64_t)sqlite3_column_int64(st, 0) != ++after)
			status = conn_corrupt(c, "changes of lists that wait are missing");
		else
			status = take_row(c, after, column_blob(st, 1));
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	if (status == MN_OK && after != c->tally.logged)
		status = conn_corrupt(c, "changes of lists that wait are missing");
	return status;
}

int later_delete(struct conn *c, uint64_t up_to)
{
	return RUN(c, delete_later, I((int64_t)up_to));
}
