/* SPDX-License-Identifier: MIT */
#include "row.h"

#include <endian.h>
#include <string.h>

#include "varint.h"

#define SECOND 1000000
#define GAP 0x40
#define TEXT 0x80

enum { SOURCE = 1, NEAR = 2, KIND = 4, BASE = 8, CREATED = 16, USED = 32 };
enum { F_ANCHOR = 1, F_KIND = 2, F_GRADES = 4, F_CREATED = 8, F_FIRST = 16, F_LAST = 32 };
enum { A_FIBER = 1, A_MORE = 2 };

/* Bytes that are being read. bad: they ended too soon, or a number was too large. */
struct reader {
	const unsigned char *p, *end;
	bool bad;
};

static uint64_t take(struct reader *r)
{
	uint64_t x = 0;

	r->bad |= !varint_get(&r->p, r->end, &x);
	return x;
}

static uint64_t take_below(struct reader *r, uint64_t most)
{
	const uint64_t x = take(r);

	r->bad |= x > most;
	return x;
}

static size_t put_folded(unsigned char *p, uint64_t x, uint64_t before)
{
	return varint_put(p, zigzag(x - before));
}

static uint64_t take_folded(struct reader *r, uint64_t before)
{
	return before + unzigzag(take(r));
}

/* ---- Times and numbers -------------------------------------------------------------------- */

static size_t put_time(unsigned char *p, mn_time time, mn_time before)
{
	const uint64_t d = (uint64_t)time - (uint64_t)before, folded = zigzag(d);
	const int64_t n = (int64_t)d;

	if (folded > INT64_MAX) { /* no room for the bit */
		*p = 1;
		return 1 + varint_put(p + 1, (uint64_t)time);
	}
	if (n % SECOND || n == 0)
		return varint_put(p, folded << 1);
	return varint_put(p, zigzag((uint64_t)(n / SECOND)) << 1 | 1);
}

static mn_time take_time(struct reader *r, mn_time before)
{
	const uint64_t x = take(r), d = unzigzag(x >> 1);

	if (x == 1)
		return (mn_time)take(r);
	return (mn_time)((uint64_t)before + (x & 1 ? d * SECOND : d));
}

static size_t put_grade(unsigned char *p, const struct grade *g)
{
	const size_t n = varint_put(p, g->code);
	uint64_t bits;

	if (g->code)
		return n;
	memcpy(&bits, &g->number, sizeof(bits));
	bits = htole64(bits);
	memcpy(p + n, &bits, sizeof(bits));
	return n + sizeof(bits);
}

static struct grade take_grade(struct reader *r)
{
	struct grade g = {0, (uint16_t)take_below(r, UINT16_MAX)};
	uint64_t bits;

	if (r->bad || g.code)
		return g;
	r->bad = r->end - r->p < (ptrdiff_t)sizeof(bits);
	if (r->bad)
		return g;
	memcpy(&bits, r->p, sizeof(bits));
	bits = le64toh(bits);
	memcpy(&g.number, &bits, sizeof(bits));
	r->p += sizeof(bits);
	return g;
}

/* Bits are compared, not values: a number that is none is one too. */
static bool same_grade(const struct grade *a, const struct grade *b)
{
	uint64_t x, y;

	memcpy(&x, &a->number, sizeof(x));
	memcpy(&y, &b->number, sizeof(y));
	return a->code == b->code && (a->code || x == y);
}

static size_t put_gap(unsigned char *p, unsigned char *head, mn_id id, mn_id before)
{
	if (id - before == 1)
		return 0;
	*head |= GAP;
	return varint_put(p, id - before - 1);
}

/* ---- Synapses ----------------------------------------------------------------------------- */

static size_t put_target(unsigned char *p, unsigned char *head, const struct synapse_row *s)
{
	const uint64_t near = zigzag(s->to - s->from);

	*head |= near < s->to ? NEAR : 0;
	return varint_put(p, near < s->to ? near : s->to);
}

static size_t put_synapse(const void *row, const void *previous, unsigned char *out)
{
	const struct synapse_row *s = row, *before = previous;
	unsigned char *head = out, *p = out + 1;

	*head = s->text ? TEXT : 0;
	p += put_gap(p, head, s->id, before->id);
	if (s->from != before->from) {
		*head |= SOURCE;
		p += put_folded(p, s->from, before->from);
	}
	p += put_target(p, head, s);
	if (s->type != before->type || s->flags != before->flags) {
		*head |= KIND;
		p += varint_put(p, s->type);
		p += varint_put(p, s->flags);
	}
	if (!same_grade(&s->base, &before->base)) {
		*head |= BASE;
		p += put_grade(p, &s->base);
	}
	if (s->created != before->created) {
		*head |= CREATED;
		p += put_time(p, s->created, before->created);
	}
	if (s->last || s->uses) {
		*head |= USED;
		p += put_time(p, s->last, s->created);
		p += varint_put(p, s->uses);
	}
	return (size_t)(p - out);
}

/* The row behind the one that stands there, in its place. */
__attribute__((always_inline)) static inline void take_synapse(struct reader *r, void *row)
{
	struct synapse_row *s = row;
	const unsigned char head = *r->p++;

	s->id += 1 + (head & GAP ? take(r) : 0);
	if (head & SOURCE)
		s->from = take_folded(r, s->from);
	s->to = head & NEAR ? take_folded(r, s->from) : take(r);
	if (head & KIND) {
		s->type = (uint16_t)take_below(r, UINT16_MAX);
		s->flags = (uint16_t)take_below(r, UINT16_MAX);
	}
	if (head & BASE)
		s->base = take_grade(r);
	if (head & CREATED)
		s->created = take_time(r, s->created);
	s->last = head & USED ? take_time(r, s->created) : 0;
	s->uses = head & USED ? (uint32_t)take_below(r, UINT32_MAX) : 0;
	s->text = head & TEXT;
}

/* ---- Fibers ------------------------------------------------------------------------------- */

static size_t put_fiber(const void *row, const void *previous, unsigned char *out)
{
	const struct fiber_row *f = row, *before = previous;
	unsigned char *head = out, *p = out + 1;

	*head = f->text ? TEXT : 0;
	p += put_gap(p, head, f->id, before->id);
	if (f->anchor != before->anchor + 1) {
		*head |= F_ANCHOR;
		p += put_folded(p, f->anchor, before->anchor);
	}
	if (f->stage != before->stage || f->flags != before->flags || f->uses != before->uses) {
		*head |= F_KIND;
		p += varint_put(p, f->stage);
		p += varint_put(p, f->flags);
		p += varint_put(p, f->uses);
	}
	if (!same_grade(&f->salience, &before->salience)
		|| !same_grade(&f->coherence, &before->coherence)) {
		*head |= F_GRADES;
		p += put_grade(p, &f->salience);
		p += put_grade(p, &f->coherence);
	}
	if (f->created != before->created) {
		*head |= F_CREATED;
		p += put_time(p, f->created, before->created);
	}
	if (f->first != before->first) {
		*head |= F_FIRST;
		p += put_time(p, f->first, before->first);
	}
	if (f->last != f->first) {
		*head |= F_LAST;
		p += put_time(p, f->last, f->first);
	}
	return (size_t)(p - out);
}

static void take_fiber(struct reader *r, void *row)
{
	struct fiber_row *f = row;
	const unsigned char head = *r->p++;

	f->id += 1 + (head & GAP ? take(r) : 0);
	f->anchor = head & F_ANCHOR ? take_folded(r, f->anchor) : f->anchor + 1;
	if (head & F_KIND) {
		f->stage = (uint16_t)take_below(r, UINT16_MAX);
		f->flags = (uint16_t)take_below(r, UINT16_MAX);
		f->uses = (uint32_t)take_below(r, UINT32_MAX);
	}
	if (head & F_GRADES) {
		f->salience = take_grade(r);
		f->coherence = take_grade(r);
	}
	if (head & F_CREATED)
		f->created = take_time(r, f->created);
	if (head & F_FIRST)
		f->first = take_time(r, f->first);
	f->last = head & F_LAST ? take_time(r, f->first) : f->first;
	f->text = head & TEXT;
}

/* ---- Anchors ------------------------------------------------------------------------------ */

static size_t put_anchor(const void *row, const void *previous, unsigned char *out)
{
	const struct anchor_row *a = row, *before = previous;
	unsigned char *head = out, *p = out + 1;

	*head = a->more ? A_MORE : 0;
	p += put_gap(p, head, a->id, before->id);
	if (a->fiber != before->fiber + 1) {
		*head |= A_FIBER;
		p += put_folded(p, a->fiber, before->fiber);
	}
	return (size_t)(p - out);
}

static void take_anchor(struct reader *r, void *row)
{
	struct anchor_row *a = row;
	const unsigned char head = *r->p++;

	r->bad |= head & ~(A_FIBER | A_MORE | GAP);
	a->id += 1 + (head & GAP ? take(r) : 0);
	a->fiber = head & A_FIBER ? take_folded(r, a->fiber) : a->fiber + 1;
	a->more = head & A_MORE;
}

/* ---- All ---------------------------------------------------------------------------------- */

static const struct {
	size_t size;
	size_t (*put)(const void *row, const void *before, unsigned char *out);
	void (*take)(struct reader *, void *row);
} codecs[ROW_KINDS] = {
	[ROW_SYNAPSE] = {sizeof(struct synapse_row), put_synapse, take_synapse},
	[ROW_FIBER] = {sizeof(struct fiber_row), put_fiber, take_fiber},
	[ROW_ANCHOR] = {sizeof(struct anchor_row), put_anchor, take_anchor},
};

size_t row_size(enum row_kind kind)
{
	return codecs[kind].size;
}

size_t row_append(enum row_kind kind, const void *before, const void *row, unsigned char *out)
{
	union any_row none; /* as before the first */

	memset(&none, 0, sizeof(none));
	none.id = row_id_of(row) - 1;
	return codecs[kind].put(row, before ? before : &none, out);
}

size_t row_write(enum row_kind kind, const void *rows, size_t n, unsigned char *out, size_t room,
	size_t *written)
{
	const char *row = rows, *before = NULL;
	unsigned char one[ROW_MOST];
	size_t len = 0, i = 0;

	for (; i < n; i++) {
		const size_t more = row_append(kind, before, row, one);

		if (len + more > room)
			break;
		memcpy(out + len, one, more);
		len += more;
		before = row;
		row += codecs[kind].size;
	}
	*written = i;
	return len;
}

/* Is this the id of a row behind one of id `before`? */
static bool follows(mn_id id, mn_id before)
{
	return id > before && id <= INT64_MAX;
}

/* The row behind the one that stands at `row`, in its place; its id was `before`. False: it is
 * not right. */
static bool step(enum row_kind kind, struct reader *r, void *row, mn_id before)
{
	codecs[kind].take(r, row);
	return !r->bad && follows(row_id_of(row), before);
}

/* Before the first of all, the id of which is known. False: there can be none. */
static bool begin(enum row_kind kind, mn_id first, mn_str bytes, struct reader *r, void *row)
{
	*r = (struct reader){.p = (const unsigned char *)bytes.ptr, .bad = bytes.len == 0};
	r->end = r->p + bytes.len;
	memset(row, 0, codecs[kind].size);
	*(mn_id *)row = first - 1;
	return first > 0 && first <= INT64_MAX;
}

/* The rows behind `s`, which is before the first. Most rows that are read are synapses: so they
 * have a loop of their own, in which the row is kept in registers. */
static size_t read_synapses(
	struct reader *r, struct synapse_row s, struct synapse_row *rows, size_t most)
{
	const mn_id first = s.id + 1;
	size_t n = 0;

	for (; n < most && r->p < r->end; n++) {
		const mn_id before = s.id;

		take_synapse(r, &s);
		r->bad |= !follows(s.id, before) || (!n && s.id != first);
		if (r->bad)
			return n;
		rows[n] = s;
	}
	return n;
}

static size_t read_rows(enum row_kind kind, struct reader *r, char *rows, size_t most)
{
	const size_t size = codecs[kind].size;
	const mn_id first = row_id_of(rows) + 1;
	char *row = rows;
	mn_id before = first - 1;
	size_t n = 0;

	for (; n < most && r->p < r->end; n++, row += size) {
		if (n)
			memcpy(row, row - size, size);
		codecs[kind].take(r, row);
		r->bad |= !follows(row_id_of(row), before) || (!n && row_id_of(row) != first);
		if (r->bad)
			return n;
		before = row_id_of(row);
	}
	return n;
}

size_t row_read(enum row_kind kind, mn_id first, mn_str bytes, void *rows, size_t most, bool *whole)
{
	struct reader r;
	size_t n;

	*whole = false;
	if (!begin(kind, first, bytes, &r, rows))
		return 0;
	if (kind == ROW_SYNAPSE)
		n = read_synapses(&r, *(const struct synapse_row *)rows, rows, most);
	else
		n = read_rows(kind, &r, rows, most);
	*whole = !r.bad && r.p == r.end;
	return n;
}

bool row_find(enum row_kind kind, mn_id first, mn_str bytes, mn_id id, void *row, bool *whole)
{
	struct reader r;
	mn_id before = first - 1;

	*whole = begin(kind, first, bytes, &r, row) && !r.bad;
	while (*whole && r.p < r.end && before < id) {
		*whole = step(kind, &r, row, before)
			 && (before >= first || row_id_of(row) == first);
		before = row_id_of(row);
	}
	return *whole && before == id;
}

/* What stands behind a row that is left out is written anew, all else is copied as it is. */
struct sieve {
	struct synapse_row
		before; /* the last that is left; before the first: as row_append has it */
	const unsigned char *from; /* bytes from here on are to be copied */
	unsigned char *out;
	size_t len;
	bool cut; /* what was before has been left out */
};

static void copy_up_to(struct sieve *s, const unsigned char *to)
{
	memcpy(s->out + s->len, s->from, (size_t)(to - s->from));
	s->len += (size_t)(to - s->from);
	s->from = to;
}

static void leave(struct sieve *s, const struct synapse_row *row, const unsigned char *end)
{
	if (s->cut) {
		if (s->len == 0)
			s->before.id = row->id - 1;
		s->len += put_synapse(row, &s->before, s->out + s->len);
		s->from = end;
		s->cut = false;
	}
}

bool row_sift(mn_id first, mn_str bytes, const mn_id *ids, size_t n, unsigned char *out,
	struct synapse_row *gone, struct sifted *to)
{
	struct synapse_row row;
	struct reader r;
	struct sieve s = {.out = out};
	size_t i = 0;

	*to = (struct sifted){.first = 0};
	if (!begin(ROW_SYNAPSE, first, bytes, &r, &row) || r.bad)
		return false;
	for (s.from = r.p; r.p < r.end; to->last = row.id) {
		const unsigned char *at = r.p;
		const mn_id last = row.id;

		while (i < n && ids[i] <= last)
			i++;
		if (!s.cut && i < n && (ids[i] == last + 1 || *at & GAP))
			s.before = row; /* the next one may go */
		take_synapse(&r, &row);
		if (r.bad || !follows(row.id, last) || (!to->last && row.id != first))
			return false;
		while (i < n && ids[i] < row.id)
			i++;
		if (i < n && ids[i] == row.id) {
			if (!s.cut)
				copy_up_to(&s, at);
			s.cut = true;
			gone[to->gone++] = row;
			continue;
		}
		leave(&s, &row, r.p);
		to->first = to->left++ ? to->first : row.id;
	}
	if (!s.cut)
		copy_up_to(&s, r.p);
	to->len = s.len;
	return true;
}
