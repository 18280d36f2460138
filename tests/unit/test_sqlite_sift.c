/* SPDX-License-Identifier: MIT */
/* test_sqlite_sift.c - synapses in numbers: left out of the bytes of a bundle, and read by pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "sqlite_room.h"

#define SOME 200

/* ---- Bytes -------------------------------------------------------------------------------- */

/* A row behind the one that stands there, in its place; mostly it has a few fields that differ. */
static void any_synapse(uint64_t *seed, struct synapse_row *s)
{
	s->id += 1 + (dice_below(seed, 3) ? 0 : dice_below(seed, UINT32_MAX));
	s->from = dice_below(seed, 2) ? s->from
				      : dice_below(seed, UINT64_MAX) >> dice_below(seed, 64);
	s->to = dice_below(seed, UINT64_MAX) >> dice_below(seed, 64);
	if (dice_below(seed, 3) == 0) {
		s->type = (uint16_t)dice_below(seed, 1 << 16);
		s->flags = (uint16_t)dice_below(seed, 1 << 16);
		s->base = (struct grade){.code = (uint16_t)dice_below(seed, 3)};
		if (!s->base.code)
			s->base.number = dice_unit(seed);
		s->created = (mn_time)dice_below(seed, UINT64_MAX);
	}
	s->last = dice_below(seed, 2) ? (mn_time)dice_below(seed, UINT64_MAX) : 0;
	s->uses = dice_below(seed, 2) ? (uint32_t)dice_below(seed, UINT32_MAX) : 0;
	s->text = dice_below(seed, 2);
}

static void assert_row(const struct synapse_row *s, const struct synapse_row *t)
{
	assert_true(s->id == t->id && s->from == t->from && s->to == t->to
		    && s->created == t->created && s->last == t->last
		    && s->base.code == t->base.code
		    && (s->base.code || s->base.number == t->base.number) && s->uses == t->uses
		    && s->type == t->type && s->flags == t->flags && s->text == t->text);
}

/* Of these rows, in `bytes`, some: what is left, and what went, are as if told apart by hand. */
static void assert_sifted(uint64_t *seed, const struct synapse_row *rows, size_t n, mn_str bytes)
{
	static struct synapse_row left[SOME], gone[SOME], found[SOME];
	static unsigned char out[2 * SOME * ROW_MOST];
	const size_t of = 1 + dice_below(seed, 9);
	struct sifted to;
	mn_id ids[SOME];
	size_t nleft = 0, nids = 0;
	bool whole;

	for (size_t i = 0; i < n; i++)
		if (dice_below(seed, of))
			left[nleft++] = rows[i];
		else
			ids[nids++] = rows[i].id;
	assert_true(row_sift(rows[0].id, bytes, ids, nids, out, gone, &to));
	assert_true(to.left == nleft && to.gone == nids && to.last == rows[n - 1].id);
	for (size_t i = 0; i < nids; i++)
		assert_true(gone[i].id == ids[i]);
	if (nleft == 0)
		return;
	assert_int_equal(to.first, left[0].id);
	assert_int_equal(
		row_read(ROW_SYNAPSE, to.first, (mn_str){(char *)out, to.len}, found, SOME, &whole),
		nleft);
	assert_true(whole);
	for (size_t i = 0; i < nleft; i++)
		assert_row(&left[i], &found[i]);
}

static void rows_are_left_out_of_the_bytes(void **state)
{
	uint64_t seed = 14;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		static struct synapse_row rows[SOME];
		const size_t n = 1 + dice_below(&seed, SOME - 1);
		unsigned char bytes[SOME * ROW_MOST];
		size_t written, len;

		memset(rows, 0, sizeof(rows));
		for (size_t i = 0; i < n; i++) {
			rows[i] = rows[i ? i - 1 : 0];
			any_synapse(&seed, &rows[i]);
		}
		len = row_write(ROW_SYNAPSE, rows, n, bytes, sizeof(bytes), &written);
		assert_sifted(&seed, rows, n, (mn_str){(char *)bytes, len});
	}
}

static void bytes_of_nonsense_are_not_sifted(void **state)
{
	uint64_t seed = 15;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		const size_t len = dice_below(&seed, 60), nids = dice_below(&seed, 20);
		const mn_id first = 1 + dice_below(&seed, 100);
		char *bytes = malloc(len ? len : 1); /* of that size, for the sanitizers */
		unsigned char *out = malloc(len + 20 * ROW_MOST);
		struct synapse_row gone[20];
		struct sifted to;
		mn_id ids[20], id = first;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)dice_below(&seed, dice_below(&seed, 2) ? 256 : 4);
		for (size_t i = 0; i < nids; i++)
			ids[i] = id += dice_below(&seed, 3) + (i > 0);
		if (row_sift(first, (mn_str){bytes, len}, ids, nids, out, gone, &to))
			assert_true(to.gone <= nids && to.len <= len + nids * ROW_MOST);
		free(bytes);
		free(out);
	}
}

/* ---- Pages -------------------------------------------------------------------------------- */

/* Some have texts, which are read one by one. */
static void pages_of_a_scan_have_all_rows_and_texts(void **state)
{
	static const unsigned fields[] = {0, MN_FIELD_HEAD, MN_FIELD_UID, MN_FIELD_META};
	struct room *r = *state;
	struct batch b = {0};
	static char uids[400][16];

	ok(r, apply_one(r, N(0), "a"));
	ok(r, apply_one(r, N(1), "b"));
	for (mn_id i = 0; i < COUNT(uids); i++) {
		mn_synapse s = synapse(S(i), N(0), N(i % 2), MN_IS_A, (double)(i % 90) / 100);

		s.created = NOON + (mn_time)i;
		snprintf(uids[i], sizeof(uids[i]), "uid %u", (unsigned)i);
		s.uid = mn_str_of(i % 7 && i % 50 > 3 ? "" : uids[i]);
		s.type = i % 3 ? MN_IS_A : MN_NEAR;
		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	}
	batch_apply(r, &b);
	for (size_t k = 0; k < 4 * COUNT(fields); k++) {
		const uint16_t type = MN_IS_A;
		mn_query q = MN_SIZED(mn_query);
		mn_page page = MN_SIZED(mn_page);
		mn_cursor *scan;
		mn_id next = 0;

		q.kind = MN_SYNAPSE;
		q.fields = fields[k / 4];
		q.types = &type;
		q.ntypes = k % 2;
		q.limit = k % 4 / 2 ? 123 : 0;
		ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &scan));
		for (size_t given = 0; !page.last; given += page.rows.n) {
			ok(r, r->be->next(scan, &r->call, 1 + k * 7, &page));
			assert_true(!q.limit || given + page.rows.n <= q.limit);
			for (size_t i = 0; i < page.rows.n; i++, next++) {
				const mn_synapse *s = &page.rows.at.synapse[i];

				next += q.ntypes && next % 3 == 0;
				assert_int_equal(s->id, S(next));
				assert_true(s->created == NOON + (mn_time)next);
				if (q.fields == 0 || q.fields == MN_FIELD_UID)
					assert_int_equal(
						s->uid.len > 0, !(next % 7 && next % 50 > 3));
			}
		}
		r->be->done(scan);
		assert_int_equal(next, q.ntypes ? (q.limit ? 185 : 399) : q.limit ? 123 : 400);
		mn_call_reset(&r->call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_left_out_of_the_bytes),
		cmocka_unit_test(bytes_of_nonsense_are_not_sifted),
		in_room(pages_of_a_scan_have_all_rows_and_texts),
	};

	return cmocka_run_group_tests_name("sqlite: synapses in numbers", tests, NULL, NULL);
}
