/* SPDX-License-Identifier: MIT */
#include "block.h"

#include "connection.h"
#include "heap.h"
#include "varint.h"

#ifdef MN_HASTY /* for tests: so that little is enough for all of it */
#define BLOCK_BYTES 40
#define SAMPLE 12
#define LEAST_CUT 2
#define INNER_PLACES 3
#else
#define BLOCK_BYTES 1330 /* three to a page */
#define SAMPLE 512       /* entries that tell how many make a block */
#define LEAST_CUT 16
#define INNER_PLACES 48 /* of a directory in the head */
#endif
#define MOST_SLOTS ((size_t)1 << 18)
#define MOST_PLACES ((size_t)1 << 24)
#define PLACE_MOST (6 * VARINT_MOST)
#define MOST_ROWS ((size_t)1 << 20)
#define MOST_BYTES ((size_t)1 << 28)
#define MANY_ROWS 16384              /* rows, */
#define MANY_BYTES ((size_t)4 << 20) /* or bytes of them: they are sent on their way */

enum kind { KIND_SHORT, KIND_LONG, KIND_LONGEST };

static const char read_head[] = "SELECT head FROM list WHERE near = ?1";
static const char delete_head[] = "DELETE FROM list WHERE near = ?1";
static const char write_heads[] = "REPLACE INTO list(near, head) SELECT c0, c1 FROM feed";
static const char read_block[] = "SELECT links FROM block WHERE id = ?1";
static const char delete_block[] = "DELETE FROM block WHERE id = ?1";
static const char write_blocks[] = "REPLACE INTO block(id, links) SELECT c0, c1 FROM feed";
static const char last_block[] = "SELECT max(id) FROM block";
static const char delete_heads[] = "DELETE FROM list";
static const char delete_blocks[] = "DELETE FROM block";

int places_add(struct conn *c, struct places *places, const struct place *p)
{
	if (!heap_grow(c->host, &places->at, &places->cap, places->n + 1, sizeof(*p), MOST_PLACES))
		return conn_memory(c);
	places->at[places->n++] = *p;
	return MN_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int broken(struct conn *c)
{
	return conn_corrupt(c, "the head of a list is broken");
}

static int add_slot(struct conn *c, uint32_t slot, uint64_t n, int64_t first)
{
	struct stored *s = &c->stored;

	if (!heap_grow(c->host, &s->slots, &s->slots_cap, s->nslots + 1, sizeof(*s->slots),
		    MOST_SLOTS))
		return conn_memory(c);
	s->slots[s->nslots++] = (struct slot_count){slot, n, first};
	return MN_OK;
}

static int take_slots(struct conn *c, const unsigned char **p, const unsigned char *end)
{
	uint64_t left, slot = 0, step, n, first;
	int status = MN_OK;

	if (!varint_get(p, end, &left))
		return broken(c);
	for (; status == MN_OK && left; left--) {
		if (!varint_get(p, end, &step) || !varint_get(p, end, &n)
			|| !varint_get(p, end, &first) || step > MOST_SLOTS || first > INT64_MAX)
			return broken(c);
		slot += step;
		if (slot > MOST_SLOTS)
			return broken(c);
		status = add_slot(c, (uint32_t)slot, n, (int64_t)first);
	}
	return status;
}

static int keep_inner(struct conn *c, const unsigned char *p, size_t n)
{
	struct stored *s = &c->stored;

	if (!heap_grow(c->host, &s->inner, &s->inner_cap, n, 1, MOST_BYTES))
		return conn_memory(c);
	if (n)
		memcpy(s->inner, p, n);
	s->ninner = n;
	return MN_OK;
}

static void begin(struct conn *c, mn_id near)
{
	struct stored *s = &c->stored;

	s->near = near;
	s->is_long = s->placed = false;
	s->links.n = s->nslots = s->places.n = s->ninner = 0;
	s->directory = 0;
}

int block_parse(struct conn *c, mn_id near, mn_str head)
{
	struct stored *s = &c->stored;
	const unsigned char *p = (const unsigned char *)head.ptr, *end = p + head.len;
	uint64_t directory;
	int status;

	begin(c, near);
	if (head.len == 0 || *p > KIND_LONGEST)
		return broken(c);
	if (*p == KIND_SHORT)
		return packed_read(c, near, (mn_str){head.ptr + 1, head.len - 1}, &s->links);
	s->is_long = true;
	status = (p++, take_slots(c, &p, end));
	if (status != MN_OK || head.ptr[0] == KIND_LONG)
		return status != MN_OK ? status : keep_inner(c, p, (size_t)(end - p));
	if (!varint_get(&p, end, &directory) || directory > INT64_MAX || directory == 0 || p != end)
		return broken(c);
	s->directory = (int64_t)directory;
	return MN_OK;
}

int block_load(struct conn *c, mn_id near)
{
	sqlite3_stmt *st;
	int status = ASK(c, &st, read_head, I((int64_t)near));

	begin(c, near);
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status;
	status = block_parse(c, near, column_blob(st, 0));
	sqlite3_reset(st);
	return status;
}

static bool take_place(const unsigned char **p, const unsigned char *end, struct place *l)
{
	uint64_t slot, key, far, id, n, block;

	if (!varint_get(p, end, &slot) || !varint_get(p, end, &key) || !varint_get(p, end, &far)
		|| !varint_get(p, end, &id) || !varint_get(p, end, &n)
		|| !varint_get(p, end, &block) || slot > MOST_SLOTS || n > MOST_PACKED)
		return false;
	l->first.slot += (uint32_t)slot;
	l->first.key = (int32_t)(uint32_t)((uint64_t)l->first.key + unzigzag(key));
	l->first.far += unzigzag(far);
	l->first.id += unzigzag(id);
	l->n = (uint32_t)n;
	l->id = (int64_t)((uint64_t)l->id + unzigzag(block));
	return true;
}

static int take_places(struct conn *c, mn_str bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr, *end = p + bytes.len;
	struct place place = {.id = 0};
	int status = MN_OK;

	while (status == MN_OK && p < end)
		status = take_place(&p, end, &place)
				 ? places_add(c, &c->stored.places, &place)
				 : conn_corrupt(c, "the directory of a list is broken");
	return status;
}

/* A block's bytes, lent until the statement is reset. */
static int ask_block(struct conn *c, int64_t id, sqlite3_stmt **st)
{
	int status = ASK(c, st, read_block, I(id));

	if (status == MN_OK)
		status = conn_step(c, *st);
	if (status == 0)
		return conn_corrupt(c, "a part of a list is missing");
	return status < 0 ? status : MN_OK;
}

int block_places(struct conn *c)
{
	struct stored *s = &c->stored;
	sqlite3_stmt *st;
	int status;

	if (s->placed)
		return MN_OK;
	s->placed = true;
	if (!s->directory)
		return take_places(c, (mn_str){(char *)s->inner, s->ninner});
	status = ask_block(c, s->directory, &st);
	if (status == MN_OK) {
		status = take_places(c, column_blob(st, 0));
		sqlite3_reset(st);
	}
	return status;
}

int block_read(struct conn *c, int64_t id, struct links *out)
{
	sqlite3_stmt *st;
	int status = ask_block(c, id, &st);

	if (status == MN_OK) {
		status = packed_read(c, c->stored.near, column_blob(st, 0), out);
		sqlite3_reset(st);
	}
	return status;
}

int block_open(struct conn *c, int64_t id, struct packed *p, sqlite3_stmt **st)
{
	int status = ask_block(c, id, st);

	if (status != MN_OK)
		return status;
	status = packed_begin(c, c->stored.near, column_blob(*st, 0), p);
	if (status != MN_OK)
		sqlite3_reset(*st);
	return status;
}

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

static int put_block(struct conn *c, const struct link *l, size_t n, int64_t id, struct places *out)
{
	struct place place = {
		.first = {.slot = l->slot, .key = l->key, .far = l->far, .id = l->id},
		.n = (uint32_t)n,
		.id = id,
	};
	unsigned char *at;
	size_t len = 0;
	int status = reserve(c, PACKED_HEAD + n * PACKED_MOST, &at);

	if (status == MN_OK)
		status = packed_write(c, c->stored.near, l, n, at, &len);
	if (status == MN_OK)
		status = keep_block(c, len, &place.id);
	return status == MN_OK ? places_add(c, out, &place) : status;
}

/* How many of these entries make a block. */
static int measure_cut(struct conn *c, const struct link *l, size_t n, size_t *out)
{
	const size_t some = n < SAMPLE ? n : SAMPLE;
	unsigned char *at;
	size_t len = 0;
	int status = reserve(c, PACKED_HEAD + some * PACKED_MOST, &at);

	if (status == MN_OK)
		status = packed_write(c, c->stored.near, l, some, at, &len);
	if (status != MN_OK)
		return status;
	*out = len <= BLOCK_BYTES && n == some ? n : some * BLOCK_BYTES / len;
	if (*out < LEAST_CUT)
		*out = LEAST_CUT;
	return MN_OK;
}

int block_put_run(
	struct conn *c, const struct link *l, size_t n, int64_t id, bool first, struct places *out)
{
	size_t cut = 0, take;
	int status = measure_cut(c, l, n, &cut);

	if (status != MN_OK)
		return status;
	if (!first) /* evenly */
		cut = n / ((n + cut - 1) / cut) + 1;
	for (take = first && n % cut ? n % cut : cut; status == MN_OK && n; take = cut) {
		if (take > n)
			take = n;
		status = put_block(c, l, take, id, out);
		id = 0;
		l += take;
		n -= take;
	}
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
			status = add_slot(c, p->first.slot, p->n, p->id);
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
	at[0] = inside ? KIND_LONG : KIND_LONGEST;
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
		status = block_put_run(c, l->at + i, n, 0, true, &s->places);
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
	at[0] = KIND_SHORT;
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

void block_free(struct conn *c)
{
	heap_free(c->host, c->stored.links.at);
	heap_free(c->host, c->stored.slots);
	heap_free(c->host, c->stored.places.at);
	heap_free(c->host, c->stored.inner);
	heap_free(c->host, c->rows.lists);
	heap_free(c->host, c->rows.blocks);
	heap_free(c->host, c->rows.bytes);
	c->stored = (struct stored){0};
	c->rows = (struct block_rows){0};
}
