/* SPDX-License-Identifier: MIT */
/*
 * fiber.c - changes of fibers.
 *
 * Numbers are bundled (bundle.h). Texts, members and tags stand in table `fiber_text`, if there are
 * any; members and tags as they were written, packed: varints of ids; or, for each tag, a varint of
 * its length and its bytes. Tables `member` and `tag` lead back to the fiber, as anchor.h does from
 * its anchor.
 */
#include "fiber.h"

#include <string.h>

#include "anchor.h"
#include "read.h"
#include "varint.h"

#define MOST_BYTES ((size_t)1 << 30)

static const char put_text[] =
	"INSERT INTO fiber_text(id, uid, summary, meta, tags, neurons, synapses)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(id) DO UPDATE SET uid = excluded.uid,"
	" summary = excluded.summary, meta = excluded.meta, tags = excluded.tags,"
	" neurons = excluded.neurons, synapses = excluded.synapses";
static const char delete_text[] = "DELETE FROM fiber_text WHERE id = ?1";
static const char insert_member[] = "INSERT OR IGNORE INTO member(neuron, fiber) VALUES(?1, ?2)";
static const char delete_member[] = "DELETE FROM member WHERE neuron = ?1 AND fiber = ?2";
static const char insert_tag[] = "INSERT OR IGNORE INTO tag(name, fiber) VALUES(?1, ?2)";
static const char delete_tag[] = "DELETE FROM tag WHERE name = ?1 AND fiber = ?2";

/* ---- Lists in a row ----------------------------------------------------------------------- */

static int pack_ids(struct conn *c, mn_ids ids, mn_str *out)
{
	unsigned char *bytes = NULL;
	size_t n = 0;

	*out = (mn_str){0};
	if (ids.n == 0)
		return MN_OK;
	if (ids.n > MOST_BYTES / VARINT_MOST)
		return c->host->fail(c->call, MN_EINVAL, 0, "a fiber cannot have so many members");
	bytes = c->host->alloc(c->call, ids.n * VARINT_MOST);
	if (!bytes)
		return MN_ENOMEM;
	for (size_t i = 0; i < ids.n; i++)
		n += varint_put(bytes + n, ids.at[i]);
	*out = (mn_str){(char *)bytes, n};
	return MN_OK;
}

static int pack_tags(struct conn *c, mn_strs tags, mn_str *out)
{
	unsigned char *bytes;
	size_t room = 0, n = 0;

	*out = (mn_str){0};
	if (tags.n == 0)
		return MN_OK;
	for (size_t i = 0; i < tags.n; i++) {
		room += tags.at[i].len + VARINT_MOST;
		if (room > MOST_BYTES)
			return c->host->fail(c->call, MN_EINVAL, 0, "a fiber's tags are too long");
	}
	bytes = c->host->alloc(c->call, room);
	if (!bytes)
		return MN_ENOMEM;
	for (size_t i = 0; i < tags.n; i++) {
		n += varint_put(bytes + n, tags.at[i].len);
		if (tags.at[i].len)
			memcpy(bytes + n, tags.at[i].ptr, tags.at[i].len);
		n += tags.at[i].len;
	}
	*out = (mn_str){(char *)bytes, n};
	return MN_OK;
}

/* How many varints: bytes that end one. */
static size_t count_ids(mn_str blob)
{
	size_t n = 0;

	for (size_t i = 0; i < blob.len; i++)
		n += (unsigned char)blob.ptr[i] < 0x80;
	return n;
}

int fiber_members(struct conn *c, mn_str blob, mn_ids *out)
{
	const unsigned char *p = (const unsigned char *)blob.ptr, *end = p + blob.len;
	size_t n = count_ids(blob), i = 0;
	mn_id *ids = n ? c->host->alloc(c->call, n * sizeof(*ids)) : NULL;

	if (n && !ids)
		return MN_ENOMEM;
	while (i < n && varint_get(&p, end, &ids[i]))
		i++;
	if (i < n || p != end)
		return conn_corrupt(c, "a fiber's list of members is broken");
	*out = (mn_ids){ids, n};
	return MN_OK;
}

/* Reads the next tag; lent. */
static bool next_tag(const unsigned char **p, const unsigned char *end, mn_str *out)
{
	uint64_t len;

	if (!varint_get(p, end, &len) || len > (size_t)(end - *p))
		return false;
	*out = (mn_str){(const char *)*p, (size_t)len};
	*p += len;
	return true;
}

int fiber_tags(struct conn *c, mn_str blob, mn_strs *out)
{
	char *copy = blob.len ? c->host->alloc(c->call, blob.len) : NULL;
	const unsigned char *p = (const unsigned char *)copy, *end = p + blob.len;
	mn_str tag, *tags;
	size_t n = 0;

	*out = (mn_strs){0};
	if (blob.len == 0)
		return MN_OK;
	if (!copy)
		return MN_ENOMEM;
	memcpy(copy, blob.ptr, blob.len);
	while (next_tag(&p, end, &tag))
		n++;
	if (p != end)
		return conn_corrupt(c, "a fiber's list of tags is broken");
	tags = c->host->alloc(c->call, n * sizeof(*tags));
	if (!tags)
		return MN_ENOMEM;
	p = (const unsigned char *)copy;
	for (size_t i = 0; i < n; i++)
		next_tag(&p, end, &tags[i]);
	*out = (mn_strs){tags, n};
	return MN_OK;
}

/* ---- The way back ------------------------------------------------------------------------- */

static int index_lists(struct conn *c, const mn_fiber *f, const char *member, const char *tag)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < f->neurons.n; i++)
		status = RUN(c, member, I((int64_t)f->neurons.at[i]), I((int64_t)f->id));
	for (size_t i = 0; status == MN_OK && i < f->tags.n; i++)
		status = RUN(c, tag, S(f->tags.at[i]), I((int64_t)f->id));
	return status;
}

static const char forget_members[] = "DELETE FROM member";
static const char forget_tags[] = "DELETE FROM tag";
static const char all_lists[] =
	"SELECT id, tags, neurons FROM fiber_text WHERE tags IS NOT NULL OR neurons IS NOT NULL"
	" ORDER BY id";

static int index_row(struct conn *c, sqlite3_stmt *st)
{
	const int64_t id = sqlite3_column_int64(st, 0);
	const mn_str tags = column_blob(st, 1), neurons = column_blob(st, 2);
	const unsigned char *p = (const unsigned char *)tags.ptr, *end = p + tags.len;
	uint64_t neuron;
	mn_str tag;
	int status = conn_check(c);

	while (status == MN_OK && p < end) {
		if (!next_tag(&p, end, &tag))
			return conn_corrupt(c, "a fiber's list of tags is broken");
		status = RUN(c, insert_tag, S(tag), I(id));
	}
	p = (const unsigned char *)neurons.ptr;
	end = p + neurons.len;
	while (status == MN_OK && p < end) {
		if (!varint_get(&p, end, &neuron))
			return conn_corrupt(c, "a fiber's list of members is broken");
		status = RUN(c, insert_member, I((int64_t)neuron), I(id));
	}
	return status;
}

static int index_anchors(struct conn *c)
{
	struct bundle_walk walk = {.kind = ROW_FIBER};
	const void *row;
	int status = anchor_clear(c);

	while (status == MN_OK && (status = bundle_next(c, &walk, &row)) == 1) {
		const struct fiber_row *f = row;

		status = conn_check(c);
		if (status == MN_OK)
			status = anchor_add(c, f->anchor, f->id);
	}
	bundle_walk_end(c, &walk);
	return status;
}

int fiber_reindex(struct conn *c)
{
	sqlite3_stmt *st;
	int status = index_anchors(c);

	if (status == MN_OK)
		status = conn_run(c, forget_members, NULL, 0);
	if (status == MN_OK)
		status = conn_run(c, forget_tags, NULL, 0);
	if (status == MN_OK)
		status = conn_ask(c, all_lists, NULL, 0, &st);
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		status = index_row(c, st);
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	return status;
}

/* ---- Changes ------------------------------------------------------------------------------ */

static int check_numbers(struct batch *b, const mn_fiber *f)
{
	int status = batch_id(b, "fiber", f->id);

	if (status == MN_OK)
		status = batch_unit(b, "fiber", f->id, f->salience);
	return status == MN_OK ? batch_unit(b, "fiber", f->id, f->coherence) : status;
}

static int check_fiber(struct batch *b, const mn_fiber *f)
{
	int status = check_numbers(b, f);

	if (status == MN_OK)
		status = batch_text(b, "fiber", f->id, f->uid);
	if (status == MN_OK)
		status = batch_text(b, "fiber", f->id, f->summary);
	if (status == MN_OK)
		status = batch_text(b, "fiber", f->id, f->meta);
	for (size_t i = 0; status == MN_OK && i < f->tags.n; i++)
		status = batch_text(b, "fiber", f->id, f->tags.at[i]);
	return status == MN_OK ? batch_neuron(b, f->anchor, "fiber", f->id) : status;
}

static bool has_text(const mn_fiber *f)
{
	return f->uid.len || f->summary.len || f->meta.len || f->tags.n || f->neurons.n
	       || f->synapses.n;
}

static int pack(struct conn *c, const mn_fiber *f, struct fiber_row *out)
{
	*out = (struct fiber_row){
		.id = f->id,
		.anchor = f->anchor,
		.created = f->created,
		.first = f->first,
		.last = f->last,
		.uses = f->uses,
		.stage = f->stage,
		.flags = f->flags,
		.text = has_text(f),
	};
	int status = dictionary_store_grade(c, f->salience, &out->salience);

	return status == MN_OK ? dictionary_store_grade(c, f->coherence, &out->coherence) : status;
}

/* What does not go into a bundle; *taken: another fiber has the uid. */
static int write_text(struct conn *c, const mn_fiber *f, bool had, bool *taken)
{
	mn_str tags, neurons, synapses;
	int status;

	*taken = false;
	if (!has_text(f))
		return had ? RUN(c, delete_text, I((int64_t)f->id)) : MN_OK;
	status = pack_tags(c, f->tags, &tags);
	if (status == MN_OK)
		status = pack_ids(c, f->neurons, &neurons);
	if (status == MN_OK)
		status = pack_ids(c, f->synapses, &synapses);
	return status == MN_OK ? INSERT(c, taken, put_text, I((int64_t)f->id), SN(f->uid),
		       SN(f->summary), SN(f->meta), B(tags), B(neurons), B(synapses))
			       : status;
}

/* What goes with the row: texts, and the ways back to it. */
static int write_rest(struct batch *b, const mn_fiber *f, bool had)
{
	bool taken;
	int status = write_text(b->c, f, had, &taken);

	if (status == MN_OK && taken)
		return batch_taken(b, "fiber", f->id);
	if (status == MN_OK)
		status = anchor_add(b->c, f->anchor, f->id);
	b->graph = true;
	return status == MN_OK ? index_lists(b->c, f, insert_member, insert_tag) : status;
}

static int find(struct conn *c, mn_id id, struct fiber_row **out)
{
	void *row;
	int status = bundle_find(c, ROW_FIBER, id, &row);

	*out = row;
	return status;
}

int fiber_add(struct batch *b, const void *row)
{
	struct fiber_row packed;
	bool taken = false;
	int status = check_fiber(b, row);

	if (status == MN_OK)
		status = pack(b->c, row, &packed);
	if (status == MN_OK)
		status = bundle_add(b->c, ROW_FIBER, &packed, &taken);
	if (status == MN_OK && taken)
		return batch_taken(b, "fiber", packed.id);
	if (status == MN_OK)
		status = write_rest(b, row, false);
	b->c->tally.fibers += status == MN_OK;
	return status;
}

/* The ways back to the row go. */
static int unindex(struct conn *c, const mn_fiber *f)
{
	int status = anchor_drop(c, f->anchor, f->id);

	return status == MN_OK ? index_lists(c, f, delete_member, delete_tag) : status;
}

int fiber_put(struct batch *b, const void *row)
{
	const mn_fiber *f = row;
	struct fiber_row packed, *there = NULL;
	mn_fiber old;
	bool had = false;
	int status = check_fiber(b, f);

	if (status == MN_OK)
		status = read_one(b->c, MN_FIBER, f->id, 0, &old);
	if (status == MN_OK && !old.id)
		return fiber_add(b, row);
	if (status == MN_OK)
		status = unindex(b->c, &old);
	if (status == MN_OK)
		status = pack(b->c, f, &packed);
	if (status == MN_OK)
		status = find(b->c, f->id, &there);
	if (status == MN_OK) {
		had = there->text;
		*there = packed;
		status = bundle_touch(b->c, ROW_FIBER);
	}
	return status == MN_OK ? write_rest(b, f, had) : status;
}

int fiber_tune(struct batch *b, const void *row)
{
	const mn_fiber *f = row;
	struct fiber_row *there = NULL;
	struct grade salience, coherence;
	int status = check_numbers(b, f);

	if (status == MN_OK)
		status = dictionary_store_grade(b->c, f->salience, &salience);
	if (status == MN_OK)
		status = dictionary_store_grade(b->c, f->coherence, &coherence);
	if (status == MN_OK)
		status = find(b->c, f->id, &there);
	if (status == MN_OK && !there)
		return batch_invalid(b, "fiber", f->id, "there is none to be tuned");
	if (status != MN_OK)
		return status;
	there->salience = salience;
	there->coherence = coherence;
	there->uses = f->uses;
	there->stage = f->stage;
	b->graph = true;
	return bundle_touch(b->c, ROW_FIBER);
}

static int drop_one(struct batch *b, mn_id id, bool *there)
{
	struct fiber_row *row = NULL;
	mn_fiber old;
	int status = read_one(b->c, MN_FIBER, id, 0, &old);

	*there = status == MN_OK && old.id;
	if (!*there)
		return status;
	status = unindex(b->c, &old);
	if (status == MN_OK)
		status = find(b->c, id, &row);
	if (status == MN_OK && row->text)
		status = RUN(b->c, delete_text, I((int64_t)id));
	if (status == MN_OK)
		status = bundle_drop(b->c, ROW_FIBER, id, there);
	b->c->tally.fibers--;
	b->graph = true;
	return status;
}

int fiber_drop(struct batch *b, const void *row)
{
	bool there;

	return drop_one(b, *(const mn_id *)row, &there);
}

int fiber_drop_at(struct batch *b, mn_id neuron)
{
	mn_id id = 0;
	bool there;

	for (;;) {
		int status = anchor_next(b->c, neuron, 0, &id);

		if (status != MN_OK || id == 0)
			return status;
		status = drop_one(b, id, &there);
		if (status == MN_OK && !there)
			status = conn_corrupt(b->c, "an index leads to no fiber");
		if (status != MN_OK)
			return status;
	}
}
