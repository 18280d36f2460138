/* SPDX-License-Identifier: MIT */
#include "packed.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "connection.h"
#include "heap.h"
#include "varint.h"

#define FIRST_DAY 20000
#define MOST_KEY 1e12 /* keys have 32 bits, so no rate that is one leads further */
#define SLOPE_STEPS 8

enum { SLOT_FOLLOWS = 1, BASE_FOLLOWS = 2, DAY_FOLLOWS = 4, KEY_FOLLOWS = 8, AGAIN = 16 };

#define COMPARE(a, b)   \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	COMPARE(x->slot, y->slot);
	COMPARE(y->key, x->key);
	COMPARE(x->far, y->far);
	COMPARE(x->id << 1 | x->id >> 63, y->id << 1 | y->id >> 63);
	return 0;
}

int links_add(struct conn *c, struct links *links, const struct link *l)
{
	if (!heap_grow(c->host, &links->at, &links->cap, links->n + 1, sizeof(*l), MOST_LINKS))
		return conn_memory(c);
	links->at[links->n++] = *l;
	return MN_OK;
}

int64_t packed_key_of(const struct conn *c, int64_t day)
{
	const double key = MN_KEY_STEPS * c->measure.rate * (double)day;

	return key > -MOST_KEY && key < MOST_KEY ? llround(key) : 0;
}

/* What is known of the entry before the first. */
static struct packed first_step(const struct conn *c, mn_id near, uint64_t slope)
{
	return (struct packed){
		.link = {.far = near, .day = FIRST_DAY, .base = -1},
		.origin = packed_key_of(c, FIRST_DAY),
		.slope = slope,
	};
}

/* What an id grows by where far grows by so much. It may wrap around, but the same way always. */
static uint64_t expected(uint64_t slope, uint64_t far_step)
{
	const int64_t eighths = (int64_t)(far_step * slope);

	return (uint64_t)(eighths / SLOPE_STEPS);
}

/* ---- Writing ------------------------------------------------------------------------------ */

static uint64_t bits_of(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

int packed_put_base(struct conn *c, double base, unsigned char *out, size_t *len)
{
	uint16_t code;
	uint64_t bits = htole64(bits_of(base));
	int status = dictionary_store_code(c, base, &code);

	*len += varint_put(out + *len, code);
	if (code)
		return status;
	memcpy(out + *len, &bits, sizeof(bits));
	*len += sizeof(bits);
	return status;
}

static unsigned length_of(uint64_t x)
{
	return (70 - (unsigned)__builtin_clzll(x | 1)) / 7;
}

/* What the id has beyond what the step of far lets expect. */
static uint64_t id_step(const struct link *before, const struct link *l, uint64_t slope)
{
	return zigzag(
		link_synapse(l) - link_synapse(before) - expected(slope, l->far - before->far));
}

static size_t cost_of_ids(const struct link *l, size_t n, uint64_t slope)
{
	size_t sum = 0;

	for (size_t i = 1; i < n; i++)
		sum += length_of(id_step(&l[i - 1], &l[i], slope));
	return sum;
}

/* The slope that makes ids short: that between the least and the greatest far, or none. */
static uint64_t slope_of(const struct link *l, size_t n)
{
	const struct link *low = l, *high = l;
	uint64_t ids, slope;

	for (size_t i = 1; i < n; i++) {
		low = l[i].far < low->far ? &l[i] : low;
		high = l[i].far > high->far ? &l[i] : high;
	}
	ids = link_synapse(high) - link_synapse(low);
	if (n < 3 || ids == 0 || ids > UINT32_MAX)
		return 0;
	slope = ids * SLOPE_STEPS / (high->far - low->far);
	return slope && cost_of_ids(l, n, slope) < cost_of_ids(l, n, 0) ? slope : 0;
}

/* The step of far, and whether flags follow. */
static size_t put_far(unsigned char *p, uint64_t x, bool flags)
{
	p[0] = (unsigned char)((x & 0x3F) << 1 | flags | (x >> 6 ? 0x80 : 0));
	return x >> 6 ? 1 + varint_put(p + 1, x >> 6) : 1;
}

static int put_weight(struct conn *c, const struct packed *s, const struct link *l, int64_t origin,
	unsigned char *out, size_t *len)
{
	const struct link *b = &s->link;
	const uint64_t more = (uint64_t)(l->key - origin) - (uint64_t)(b->key - s->origin);
	const bool base = bits_of(l->base) != bits_of(b->base);
	int status = MN_OK;

	out[(*len)++] = (unsigned char)((l->slot != b->slot ? SLOT_FOLLOWS : 0)
					| (base ? BASE_FOLLOWS : 0)
					| (l->day != b->day ? DAY_FOLLOWS : 0)
					| (more ? KEY_FOLLOWS : 0)
					| (l->id & LINK_AGAIN ? AGAIN : 0));
	if (l->slot != b->slot)
		*len += varint_put(out + *len, l->slot - b->slot);
	if (base)
		status = packed_put_base(c, l->base, out, len);
	if (l->day != b->day)
		*len += varint_put(out + *len, zigzag((uint64_t)l->day - (uint64_t)b->day));
	if (more)
		*len += varint_put(out + *len, zigzag(more));
	return status;
}

static bool weighs_the_same(const struct link *a, const struct link *b)
{
	return a->slot == b->slot && a->key == b->key && a->day == b->day
	       && bits_of(a->base) == bits_of(b->base);
}

static int put_link(
	struct conn *c, struct packed *s, const struct link *l, unsigned char *out, size_t *len)
{
	const uint64_t far = l->far - s->link.far;
	const bool plain = weighs_the_same(l, &s->link) && l->far >= s->link.far
			   && !(l->id & LINK_AGAIN);
	const int64_t origin = l->day == s->link.day ? s->origin : packed_key_of(c, l->day);
	int status = MN_OK;

	*len += put_far(out + *len, plain ? far : zigzag(far), !plain);
	if (!plain)
		status = put_weight(c, s, l, origin, out, len);
	*len += varint_put(out + *len, id_step(&s->link, l, s->slope));
	s->link = *l;
	s->origin = origin;
	return status;
}

int packed_write(struct conn *c, mn_id near, const struct link *links, size_t n, unsigned char *out,
	size_t *len)
{
	struct packed s = first_step(c, near, slope_of(links, n));
	int status = MN_OK;

	*len = varint_put(out, s.slope);
	for (size_t i = 0; status == MN_OK && i < n; i++)
		status = put_link(c, &s, &links[i], out, len);
	return status;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int broken(struct conn *c)
{
	return conn_corrupt(c, "a list is broken");
}

bool packed_take_base(
	struct conn *c, const unsigned char **p, const unsigned char *end, double *out, int *status)
{
	uint64_t bits, code;

	if (!varint_get(p, end, &code) || code > INT64_MAX)
		return false;
	if (code) {
		*status = dictionary_code(c, (int64_t)code, out);
		return *status == MN_OK;
	}
	if (end - *p < (ptrdiff_t)sizeof(bits))
		return false;
	memcpy(&bits, *p, sizeof(bits));
	bits = le64toh(bits);
	memcpy(out, &bits, sizeof(bits));
	*p += sizeof(bits);
	return true;
}

static bool take_far(const unsigned char **p, const unsigned char *end, uint64_t *x, bool *flags)
{
	uint64_t more = 0;
	unsigned char first;

	if (*p == end)
		return false;
	first = *(*p)++;
	*flags = first & 1;
	if (first & 0x80 && !varint_get(p, end, &more))
		return false;
	*x = more << 6 | (first >> 1 & 0x3F);
	return true;
}

static bool take_weight(struct conn *c, const unsigned char **p, const unsigned char *end,
	struct packed *s, int *status)
{
	int64_t above = s->link.key - s->origin;
	uint64_t x;
	unsigned char flags;

	if (*p == end)
		return false;
	flags = *(*p)++;
	s->again = flags & AGAIN;
	if (flags & SLOT_FOLLOWS) {
		if (!varint_get(p, end, &x))
			return false;
		s->link.slot += (uint32_t)x;
	}
	if (flags & BASE_FOLLOWS && !packed_take_base(c, p, end, &s->link.base, status))
		return false;
	if (flags & DAY_FOLLOWS) {
		if (!varint_get(p, end, &x))
			return false;
		s->link.day = (int64_t)((uint64_t)s->link.day + unzigzag(x));
		s->origin = packed_key_of(c, s->link.day);
	}
	if (flags & KEY_FOLLOWS) {
		if (!varint_get(p, end, &x))
			return false;
		above = (int64_t)((uint64_t)above + unzigzag(x));
	}
	s->link.key = (int32_t)(uint32_t)((uint64_t)s->origin + (uint64_t)above);
	return true;
}

/* The entry after s->link, in its place. false: broken, or *status. */
static bool take_link(struct conn *c, const unsigned char **p, const unsigned char *end,
	struct packed *s, int *status)
{
	uint64_t far, id;
	bool flags;

	if (!take_far(p, end, &far, &flags))
		return false;
	s->again = false;
	if (flags) {
		far = unzigzag(far);
		if (!take_weight(c, p, end, s, status))
			return false;
	}
	if (!varint_get(p, end, &id))
		return false;
	s->link.far += far;
	s->link.id = (s->link.id + expected(s->slope, far) + unzigzag(id)) & ~LINK_AGAIN;
	s->link.id |= s->again ? LINK_AGAIN : 0;
	return true;
}

int packed_begin(struct conn *c, mn_id near, mn_str bytes, struct packed *p)
{
	const unsigned char *at = (const unsigned char *)bytes.ptr, *end = at + bytes.len;
	uint64_t slope;

	if (!varint_get(&at, end, &slope))
		return broken(c);
	*p = first_step(c, near, slope);
	p->at = at;
	p->end = end;
	return MN_OK;
}

int packed_next(struct conn *c, struct packed *p)
{
	int status = MN_OK;

	if (p->at == p->end)
		return 0;
	if (take_link(c, &p->at, p->end, p, &status))
		return 1;
	return status != MN_OK ? status : broken(c);
}

int packed_read(struct conn *c, mn_id near, mn_str bytes, struct links *out)
{
	const size_t most = bytes.len / 2; /* an entry takes two bytes at least */
	struct packed p;
	int status = packed_begin(c, near, bytes, &p);

	if (status != MN_OK)
		return status;
	if (most > MOST_PACKED)
		return broken(c);
	if (!heap_grow(c->host, &out->at, &out->cap, out->n + most, sizeof(p.link), MOST_LINKS))
		return conn_memory(c);
	while ((status = packed_next(c, &p)) == 1)
		out->at[out->n++] = p.link;
	return status;
}

/* ---- Splicing ----------------------------------------------------------------------------- */

struct inserts {
	const struct link *at;
	size_t n;
};

/* What is to come in before `next` (NULL: the end), and that one anew: it was written as what
 * differs from `last`. */
static int put_before(struct conn *c, struct packed *last, const struct link *next,
	struct inserts *in, unsigned char *out, size_t *len)
{
	int status = MN_OK;

	for (; status == MN_OK && in->n && (!next || compare_links(next, in->at) > 0); in->n--)
		status = put_link(c, last, in->at++, out, len);
	return status == MN_OK && next ? put_link(c, last, next, out, len) : status;
}

/* A varint, mostly of one byte. */
static inline bool get_short(const unsigned char **p, const unsigned char *end, uint64_t *x)
{
	if (*p == end || **p >= 0x80)
		return varint_get(p, end, x);
	*x = *(*p)++;
	return true;
}

/* Passes over entries that weigh what the last one does and come before `next`: most of all, and
 * nothing but far and id tells them apart. What is broken is left to packed_next. */
static void pass_alike(struct packed *p, const struct link *next)
{
	const bool alike = p->link.slot == next->slot && p->link.key == next->key;
	const mn_id below = alike ? next->far : UINT64_MAX;
	const unsigned char *at = p->at;
	mn_id far = p->link.far, id = link_synapse(&p->link);
	uint64_t step, more;
	bool flags;

	while (at < p->end && !(*at & 1) && take_far(&at, p->end, &step, &flags)
		&& step < below - far && get_short(&at, p->end, &more)) {
		far += step;
		id = (id + expected(p->slope, step) + unzigzag(more)) & ~LINK_AGAIN;
		p->at = at;
		p->link.far = far;
		p->link.id = id;
	}
}

int packed_splice(struct conn *c, mn_id near, mn_str bytes, const struct link *links, size_t n,
	unsigned char *out, size_t *len)
{
	const unsigned char *kept = (const unsigned char *)bytes.ptr, *end = kept + bytes.len;
	struct inserts in = {links, n};
	struct packed p, before;
	int more = 1, status = packed_begin(c, near, bytes, &p);

	*len = 0;
	while (status == MN_OK && in.n) {
		pass_alike(&p, in.at);
		before = p;
		more = packed_next(c, &p);
		if (more < 0)
			return more;
		if (more && compare_links(&p.link, in.at) <= 0)
			continue;
		memcpy(out + *len, kept, (size_t)(before.at - kept));
		*len += (size_t)(before.at - kept);
		kept = p.at;
		status = put_before(c, &before, more ? &p.link : NULL, &in, out, len);
	}
	memcpy(out + *len, kept, (size_t)(end - kept));
	*len += (size_t)(end - kept);
	return status;
}
