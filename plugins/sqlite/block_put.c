/* SPDX-License-Identifier: MIT */
/* block_put.c - lists on their way into tables. */
#include "block.h"
#include "connection.h"
#include "heap.h"
#include "varint.h"

#ifdef MN_HASTY /* for tests: so that little is enough for all of it */
#define BLOCK_BYTES 40
#define SAMPLE 12
#define LEAST_CUT 2
#define INNER_PLACES 3
#define SPLICE_BYTES 8
#else
#define BLOCK_BYTES 1330 /* three to a page */
#define SAMPLE 512       /* entries that tell how many make a block */
#define LEAST_CUT 16
#define INNER_PLACES 48 /* of a directory in the head */
#define SPLICE_BYTES 32 /* for each entry that comes in, or all are written anew */
#endif
#define PLACE_MOST (6 * VARINT_MOST)
#define MOST_ROWS ((size_t)1 << 20)
#define MOST_BYTES ((size_t)1 << 28)
#define MANY_ROWS 16384              /* rows, */
#define MANY_BYTES ((size_t)4 << 20) /* or bytes of them: they are sent on their way */

static const char delete_head[] = "DELETE FROM list WHERE near = ?1";
static const char write_heads[] = "REPLACE INTO list(near, head) SELECT c0, c1 FROM feed";
static const char delete_block[] = "DELETE FROM block WHERE id = ?1";
static const char write_blocks[] = "REPLACE INTO block(id, links) SELECT c0, c1 FROM feed";
static const char last_block[] = "SELECT max(id) FROM block";
static const char delete_heads[] = "DELETE FROM list";
static const char delete_blocks[] = "DELETE FROM block";

/* ---- Rows on their way -------------------------------------------------------------------- */

static struct value column_of(const void *ctx, const void *row, int i)
{
	const struct block_rows *rows = ctx;
	const struct block_row *r = row;

	return i ? B((mn_str){(char *)rows->bytes + r->from, r->len}) : I(r->id);
}

static int send(struct conn *c, const char *sql, struct block_row *rows, size_t n)
{
	const struct feed feed = {(char *)rows, n, sizeof(*rows), &c->rows, column_of};

	return feed_run(c, sql, &feed);
}

int block_send(struct conn *c)
{
	struct block_rows *r = &c->rows;
	int status = send(c, write_heads, r->lists, r->nlists);

	if (status == MN_OK)
		status = send(c, write_blocks, r->blocks, r->nblocks);
	r->nlists = r->nblocks = r->nbytes = 0;
	return status;
}

int block_send_enough(struct conn *c)
{
	const struct block_rows *r = &c->rows;

	return r->nlists + r->nblocks >= MANY_ROWS || r->nbytes >= MANY_BYTES ? block_send(c)
									      : MN_OK;
}

/* Room behind what waits; at: where it is. */
static int reserve(struct conn *c, size_t n, unsigned char **at)
{
	struct block_rows *r = &c->rows;

	if (!heap_grow(c->host, &r->bytes, &r->bytes_cap, r->nbytes + n, 1, MOST_BYTES))
		return conn_memory(c);
	*at = r->bytes + r->nbytes;
	return MN_OK;
}

/* So many bytes that stand there are the list's head. */
static int keep_head(struct conn *c, size_t n)
{
	struct block_rows *r = &c->rows;

	if (!heap_grow(
		    c->host, &r->lists, &r->lists_cap, r->nlists + 1, sizeof(*r->lists), MOST_ROWS))
		return conn_memory(c);
	r->lists[r->nlists++] = (struct block_row){(int64_t)c->stored.near, r->nbytes, n};
	r->nbytes += n;
	return MN_OK;
}

/* Likewise a block; *id 0: it is new. */
static int keep_block(struct conn *c, size_t n, int64_t *id)
{
	struct block_rows *r = &c->rows;
	int64_t last = 0;
	int status = MN_OK;

	if (!*id && !r->next) {
		status = conn_number(c, last_block, NULL, 0, 0, &last);
		r->next = last + 1;
	}
	if (status != MN_OK)
		return status;
	if (!heap_grow(c->host, &r->blocks, &r->blocks_cap, r->nblocks + 1, sizeof(*r->blocks),
		    MOST_ROWS))
		return conn_memory(c);
	if (!*id)
		*id = r->next++;
	r->blocks[r->nblocks++] = (struct block_row){*id, r->nbytes, n};
	r->nbytes += n;
	return MN_OK;
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* So many entries, packed, behind what waits. */
static int pack(struct conn *c, const struct link *l, size_t n, size_t *len)
{
	unsigned char *at;
	int status = reserve(c, PACKED_HEAD + n * PACKED_MOST, &at);

	return status == MN_OK ? packed_write(c, c->stored.near, l, n, at, len) : status;
}

/* These entries, which are packed in so many bytes already, become a block. */
static int put_block(
	struct conn *c, const struct link *l, size_t n, size_t len, int64_t id, struct places *out)
{
	struct place place = {
		.first = {.slot = l->slot, .key = l->key, .far = l->far, .id = l->id},
		.n = (uint32_t)n,
		.id = id,
	};
	int status = keep_block(c, len, &place.id);

	return status == MN_OK ? places_add(c, out, &place) : status;
}

/* How many of so many entries make a block, if the first `some` take `len` bytes. */
static size_t cut_of(size_t n, size_t some, size_t len)
{
	const size_t cut = len <= BLOCK_BYTES && n == some ? n : some * BLOCK_BYTES / len;

	return cut < LEAST_CUT ? LEAST_CUT : cut;
}

int block_put_run(struct conn *c, const struct link *l, size_t n, int64_t id, enum growth growth,
	struct places *out)
{
	const size_t some = n < SAMPLE ? n : SAMPLE;
	size_t len = 0, cut, take;
	int status = pack(c, l, some, &len);

	if (status != MN_OK)
		return status;
	cut = cut_of(n, some, len);
	if (cut >= n && some == n)
		return put_block(c, l, n, len, id, out);
	if (growth == GROWS_WITHIN) /* evenly */
		cut = n / ((n + cut - 1) / cut) + 1;
	take = growth == GROWS_AT_FIRST && n % cut ? n % cut : cut;
	for (; status == MN_OK && n; take = cut) {
		take = take < n ? take : n;
		status = pack(c, l, take, &len);
		if (status == MN_OK)
			status = put_block(c, l, take, len, id, out);
		id = 0;
		l += take;
		n -= take;
	}
	return status;
}

static unsigned width_of(size_t n)
{
	return 64 - (unsigned)__builtin_clzll(n | 1);
}

/*
 * Entries come into a packed string, which stands behind what waits then; *len 0: it shall be
 * written anew, since it is too long now, or has grown so much that other bytes may be shorter.
 */
static int splice(
	struct conn *c, mn_str bytes, const struct link *l, size_t n, size_t head, size_t *len)
{
	unsigned char *at;
	int status;

	*len = 0;
	if (n * SPLICE_BYTES > bytes.len)
		return MN_OK;
	status = reserve(c, head + bytes.len + 2 * n * PACKED_MOST, &at);
	if (status == MN_OK)
		status = packed_splice(c, c->stored.near, bytes, l, n, at + head, len);
	if (*len >= BLOCK_BYTES || width_of(*len) != width_of(bytes.len))
		*len = 0;
	return status;
}

int block_splice(struct conn *c, struct place *place, const struct link *l, size_t n, bool *done)
{
	sqlite3_stmt *st;
	size_t len;
	int status = block_ask(c, place->id, &st);

	*done = false;
	if (status != MN_OK)
		return status;
	status = splice(c, column_blob(st, 0), l, n, 0, &len);
	sqlite3_reset(st);
	if (status != MN_OK || len == 0)
		return status;
	*done = true;
	place->n += (uint32_t)n;
	if (compare_links(l, &place->first) < 0)
		place->first = *l;
	return keep_block(c, len, &place->id);
}

/* Likewise a head. */
static int splice_head(struct conn *c, mn_str head, const struct link *l, size_t n, bool *done)
{
	size_t len;
	int status;

	if (head.len == 0 || head.ptr[0] != LIST_SHORT)
		return MN_OK;
	status = splice(c, (mn_str){head.ptr + 1, head.len - 1}, l, n, 1, &len);
	if (status != MN_OK || len == 0)
		return status;
	*done = true;
	c->rows.bytes[c->rows.nbytes] = LIST_SHORT;
	return keep_head(c, len + 1);
}

int block_splice_list(struct conn *c, mn_id near, const struct link *l, size_t n, bool *done)
{
	sqlite3_stmt *st;
	int status = block_ask_head(c, near, &st);

	*done = false;
	if (status <= 0)
		return status;
	status = splice_head(c, column_blob(st, 0), l, n, done);
	if (status == MN_OK && !*done)
		status = block_parse(c, near, column_blob(st, 0));
	sqlite3_reset(st);
	return status;
}

static size_t put_place(unsigned char *p, const struct place *before, const struct place *l)
{
	const struct link *a = &before->first, *b = &l->first;
	size_t n = varint_put(p, b->slot - a->slot);

	n += varint_put(p + n, zigzag((uint64_t)b->key - (uint64_t)a->key));
	n += varint_put(p + n, zigzag(b->far - a->far));
	n += varint_put(p + n, zigzag(b->id - a->id));
	n += varint_put(p + n, l->n);
	return n + varint_put(p + n, zigzag((uint64_t)l->id - (uint64_t)before->id));
}

static size_t put_places(const struct places *places, unsigned char *at)
{
	struct place before = {.id = 0};
	size_t n = 0;

	for (size_t i = 0; i < places->n; i++) {
		n += put_place(at + n, &before, &places->at[i]);
		before = places->at[i];
	}
	return n;
}

/* What the places say about slots. */
static int count_slots(struct conn *c)
{
	struct stored *s = &c->stored;
	int status = MN_OK;

	s->nslots = 0;
	for (size_t i = 0; status == MN_OK && i < s->places.n; i++) {
		const struct place *p = &s->places.at[i];

		if (s->nslots && s->slots[s->nslots - 1].slot == p->first.slot)
			s->slots[s->nslots - 1].n += p->n;
		else
			status = block_add_slot(c, p->first.slot, p->n, p->id);
	}
	return status;
}

static size_t put_slots(const struct stored *s, unsigned char *p)
{
	size_t n = varint_put(p, s->nslots);
	uint32_t before = 0;

	for (size_t i = 0; i < s->nslots; i++) {
		n += varint_put(p + n, s->slots[i].slot - before);
		n += varint_put(p + n, s->slots[i].n);
		n += varint_put(p + n, (uint64_t)s->slots[i].first);
		before = s->slots[i].slot;
	}
	return n;
}

/* The directory as a block, or not any more. */
static int settle_directory(struct conn *c)
{
	struct stored *s = &c->stored;
	unsigned char *at;
	int status;

	if (s->places.n <= INNER_PLACES) {
		status = s->directory ? block_drop(c, s->directory) : MN_OK;
		s->directory = 0;
		return status;
	}
	status = reserve(c, s->places.n * PLACE_MOST, &at);
	return status == MN_OK ? keep_block(c, put_places(&s->places, at), &s->directory) : status;
}

int block_put_head(struct conn *c)
{
	struct stored *s = &c->stored;
	const bool inside = s->places.n <= INNER_PLACES;
	unsigned char *at;
	size_t n = 1;
	int status = count_slots(c);

	if (status == MN_OK)
		status = settle_directory(c);
	if (status == MN_OK)
		status = reserve(
			c, (s->nslots * 3 + 3) * VARINT_MOST + INNER_PLACES * PLACE_MOST, &at);
	if (status != MN_OK)
		return status;
	at[0] = inside ? LIST_LONG : LIST_LONGEST;
	n += put_slots(s, at + n);
	n += inside ? put_places(&s->places, at + n) : varint_put(at + n, (uint64_t)s->directory);
	return keep_head(c, n);
}

int block_put_runs(struct conn *c)
{
	struct stored *s = &c->stored;
	const struct links *l = &s->links;
	int status = MN_OK;

	for (size_t i = 0, n; status == MN_OK && i < l->n; i += n) {
		for (n = 1; i + n < l->n && l->at[i + n].slot == l->at[i].slot;)
			n++;
		status = block_put_run(c, l->at + i, n, 0, GROWS_AT_FIRST, &s->places);
	}
	return status;
}

/* A list that is too long for one row. */
static int cut_list(struct conn *c)
{
	int status;

	c->stored.places.n = 0;
	c->stored.is_long = true;
	status = block_put_runs(c);
	return status == MN_OK ? block_put_head(c) : status;
}

int block_put_list(struct conn *c)
{
	const struct links *l = &c->stored.links;
	unsigned char *at;
	size_t len;
	int status;

	if (l->n == 0)
		return RUN(c, delete_head, I((int64_t)c->stored.near));
	if (l->n > SAMPLE)
		return cut_list(c);
	status = reserve(c, 1 + PACKED_HEAD + l->n * PACKED_MOST, &at);
	if (status != MN_OK)
		return status;
	at[0] = LIST_SHORT;
	status = packed_write(c, c->stored.near, l->at, l->n, at + 1, &len);
	if (status != MN_OK)
		return status;
	return len < BLOCK_BYTES ? keep_head(c, len + 1) : cut_list(c);
}

int block_drop(struct conn *c, int64_t id)
{
	return RUN(c, delete_block, I(id));
}

int block_clear(struct conn *c)
{
	int status = conn_run(c, delete_heads, NULL, 0);

	block_forget(c);
	return status == MN_OK ? conn_run(c, delete_blocks, NULL, 0) : status;
}

void block_forget(struct conn *c)
{
	c->rows.nlists = c->rows.nblocks = c->rows.nbytes = 0;
	c->rows.next = 0;
}
