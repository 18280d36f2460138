/* SPDX-License-Identifier: MIT */
/* test_sqlite_schema.c - files of older versions: they become what a new one is, or stay whole. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sqlite_room.h"

#define NEWEST 7

/*
 * Version 1, as it was. What follows is a brain "old": neurons 1 "cat", 2 "dog", 3 a memory; of
 * five synapses the second, third and fourth were made at one moment; one fiber.
 */
static const char version_1[] =
	"PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; BEGIN;"
	"CREATE TABLE brain(one INTEGER PRIMARY KEY, uid TEXT, name TEXT NOT NULL, config TEXT,"
	" meta TEXT, created INTEGER, updated INTEGER, clock INTEGER, delta REAL, rate REAL);"
	"CREATE TABLE tally(one INTEGER PRIMARY KEY, epoch INTEGER, graph INTEGER, state INTEGER,"
	" edition INTEGER, neurons INTEGER, synapses INTEGER, fibers INTEGER, next_neuron INTEGER,"
	" next_synapse INTEGER, next_fiber INTEGER, oldest INTEGER, indexed INTEGER,"
	" unread INTEGER);"
	"CREATE TABLE type(kind INTEGER, code INTEGER, name TEXT NOT NULL,"
	" PRIMARY KEY(kind, code)) WITHOUT ROWID;"
	"CREATE TABLE grade(code INTEGER PRIMARY KEY, value);"
	"CREATE TABLE neuron(id INTEGER PRIMARY KEY, type INTEGER, flags INTEGER, created INTEGER,"
	" updated INTEGER, uid TEXT, text TEXT NOT NULL, meta TEXT);"
	"CREATE UNIQUE INDEX neuron_uid ON neuron(uid) WHERE uid IS NOT NULL;"
	"CREATE INDEX neuron_key ON neuron(type, substr(text, 1, 64)) WHERE type <> 1;"
	"CREATE TABLE state(id INTEGER PRIMARY KEY, level REAL, decay REAL, last INTEGER,"
	" uses INTEGER);"
	"CREATE TABLE synapse(id INTEGER PRIMARY KEY, source INTEGER, target INTEGER, type INTEGER,"
	" flags INTEGER, base, created INTEGER, last INTEGER, uses INTEGER, uid TEXT, meta TEXT);"
	"CREATE UNIQUE INDEX synapse_uid ON synapse(uid) WHERE uid IS NOT NULL;"
	"CREATE TABLE bump(synapse INTEGER PRIMARY KEY, last INTEGER, uses INTEGER);"
	"CREATE TABLE edge(near INTEGER, slot INTEGER, key INTEGER, far INTEGER, id INTEGER, base,"
	" day INTEGER, PRIMARY KEY(near, slot, key DESC, far, id)) WITHOUT ROWID;"
	"CREATE TABLE fiber(id INTEGER PRIMARY KEY, anchor INTEGER, flags INTEGER, stage INTEGER,"
	" salience, coherence, created INTEGER, first INTEGER, last INTEGER, uses INTEGER,"
	" uid TEXT, summary TEXT, meta TEXT, tags BLOB, neurons BLOB, synapses BLOB);"
	"CREATE UNIQUE INDEX fiber_uid ON fiber(uid) WHERE uid IS NOT NULL;"
	"CREATE INDEX fiber_anchor ON fiber(anchor);"
	"CREATE TABLE member(neuron INTEGER, fiber INTEGER, PRIMARY KEY(neuron, fiber))"
	" WITHOUT ROWID;"
	"CREATE TABLE tag(name TEXT, fiber INTEGER, PRIMARY KEY(name, fiber)) WITHOUT ROWID;"
	"CREATE VIRTUAL TABLE words USING fts5(text, content = 'neuron', content_rowid = 'id',"
	" tokenize = 'mnemoscope');"
	"CREATE TABLE unread(id INTEGER PRIMARY KEY);"
	"INSERT INTO type(kind, code, name) VALUES(1, 1, 'memory'), (1, 2, 'concept'),"
	" (3, 1, 'involves');"
	"INSERT INTO brain VALUES(1, 'brain-uid', 'old', NULL, NULL, 7, 7, 0, 0.05, 0.1);"
	"INSERT INTO tally VALUES(1, 77, 5, 3, 1, 3, 5, 1, 4, 6, 2, 19000, 0, 3);"
	"INSERT INTO grade VALUES(1, 0.5), (2, 0.0), (3, 0.25);"
	"INSERT INTO neuron VALUES(1, 2, 0, 11, NULL, NULL, 'cat', NULL),"
	" (2, 2, 0, 12, NULL, 'n2', 'dog', NULL), (3, 1, 1, 13, 14, 'm3', 'the cat sat', NULL);"
	"INSERT INTO synapse VALUES(1, 3, 1, 1, 0, 1, 1700000000000001, 0, 0, NULL, NULL),"
	" (2, 3, 2, 1, 0, 1, 1700000000000002, 0, 0, NULL, NULL),"
	" (3, 3, 1, 1, 0, 1, 1700000000000002, 0, 0, 's3', NULL),"
	" (4, 3, 2, 1, 0, 0.25, 1700000000000002, 0, 0, NULL, '{}'),"
	" (5, 1, 2, 1, 0, 1, 1700000000000001, 0, 0, NULL, NULL);"
	"INSERT INTO edge VALUES(1, 0, 0, 0, 0, x'05010602', 0), (2, 0, 0, 0, 0, x'0603', 0),"
	" (3, 0, 0, 0, 0, x'0504', 0), (3, 5, 2014010, 1, 1, 1, 19675),"
	" (3, 5, 2014010, 2, 2, 1, 19675), (3, 5, 2014010, 1, 3, 1, 19675),"
	" (3, 5, 2013300, 2, 4, 3, 19675), (1, 6, 2014010, 3, 1, 1, 19675),"
	" (2, 6, 2014010, 3, 2, 1, 19675), (1, 6, 2014010, 3, 3, 1, 19675),"
	" (2, 6, 2013300, 3, 4, 3, 19675), (1, 5, 2014010, 2, 5, 1, 19675),"
	" (2, 6, 2014010, 1, 5, 1, 19675);"
	"INSERT INTO fiber VALUES(1, 3, 1, 0, 1, 2, 13, 13, NULL, 0, NULL, NULL, NULL, x'0361',"
	" NULL, NULL);"
	"UPDATE fiber SET tags = x'0461626364';"
	"INSERT INTO tag VALUES('abcd', 1);"
	"PRAGMA application_id = 1296974418; PRAGMA user_version = 1; COMMIT;";

/* Version 3 of the same brain: `moment` knows when synapses 2 to 4 were made. */
static const char to_version_3[] =
	"CREATE TABLE moment(first INTEGER PRIMARY KEY, created INTEGER);"
	"INSERT INTO moment VALUES(2, 1700000000000002);"
	"UPDATE synapse SET created = NULL WHERE id BETWEEN 2 AND 4; PRAGMA user_version = 3;";

static const mn_time created[] = {
	1700000000000001, 1700000000000002, 1700000000000002, 1700000000000002, 1700000000000001};

static void make_version_1(struct room *r)
{
	r->brain = MN_STR("old");
	raw_do(path_in(r, "old.brain"), version_1);
}

static void check_lists(struct room *r)
{
	mn_fan fan = list_of(r, 3, true, false, 0);

	fan_is(&fan, 0, 1, 1, 2, 2);
	assert_true(fan.weight[0] == 0.5 && fan.weight[3] == 0.25);
	fan = list_of(r, 1, true, true, 0);
	fan_is(&fan, 0, 2, 3, 3);
	fan = list_of(r, 2, false, true, MN_INVOLVES);
	fan_is(&fan, 0, 1, 3, 3);
}

static void check_rows(struct room *r)
{
	for (size_t i = 0; i < COUNT(created); i++)
		assert_int_equal(get_synapse(r, i + 1)->created, created[i]);
	assert_true(get_synapse(r, 4)->base == 0.25 && get_synapse(r, 3)->base == 0.5);
	assert_int_equal(resolve(r, MN_SYNAPSE, "s3"), 3);
	assert_int_equal(look_up(r, MN_CONCEPT, "dog"), 2);
	assert_true(mn_str_is(get_neuron(r, 3)->text, "the cat sat"));
	assert_true(mn_str_is(get_fiber(r, 1)->tags.at[0], "abcd"));
	assert_int_equal(room_describe(r, r->brain).synapses, 5);
	check_lists(r);
}

static void a_file_of_version_1_is_brought_up_to_date(void **state)
{
	struct room *r = *state;
	mn_query q = MN_SIZED(mn_query);

	make_version_1(r);
	check_rows(r);
	q.kind = MN_NEURON;
	q.text = MN_STR("cat");
	ids_are(scan_ids(r, &q, 10), 1, 3);
	ok(r, apply_one(r, 9, "a new memory"));
	check_rows(r);
	sqlite_room_close(r);
	assert_int_equal(raw_number(path_in(r, "old.brain"), "PRAGMA user_version"), NEWEST);
	raw_check(path_in(r, "old.brain"));
	sqlite_room_open(r, false);
	check_rows(r);
}

static void lists_of_an_older_version_can_be_changed(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	make_version_1(r);
	batch_drop(&b, MN_SYNAPSE, 3);
	batch_synapse(&b, 6, 3, 1, MN_IS_A, 1);
	batch_bump(&b, MN_SYNAPSE, 4, 90, 0);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	fan = list_of(r, 3, true, false, 0);
	fan_is(&fan, 0, 2, 1, 2, 1); /* synapse 6 is half a year older than the others */
	assert_true(fan.weight[0] > 0.9);
	batch_drop(&b, MN_NEURON, 3);
	batch_apply(r, &b);
	fan = list_of(r, 2, true, true, 0);
	fan_is(&fan, 0, 1);
}

/* Tables and indexes of both files, compared as they are written down. */
static void a_migrated_file_has_the_shape_of_a_new_one(void **state)
{
	struct room *r = *state;
	char sql[900];

	make_version_1(r);
	check_rows(r);
	sqlite_room_close(r);
	snprintf(sql, sizeof(sql),
		"ATTACH '%s' AS fresh; CREATE TEMP TABLE differs AS"
		" SELECT name, sql FROM main.sqlite_schema EXCEPT"
		" SELECT name, sql FROM fresh.sqlite_schema;"
		"INSERT INTO differs SELECT name, sql FROM fresh.sqlite_schema EXCEPT"
		" SELECT name, sql FROM main.sqlite_schema;"
		"CREATE TEMP TABLE none(n CHECK(n = 0));"
		"INSERT INTO none SELECT count(*) FROM differs",
		path_in(r, CLAIM_FILE));
	raw_do(path_in(r, "old.brain"), sql);
}

static void a_step_that_fails_leaves_the_version_and_the_rows(void **state)
{
	struct room *r = *state;
	struct bytes before, after;

	make_version_1(r);
	raw_do(path_in(r, "old.brain"), "CREATE TABLE moment(in_the_way)");
	before = bytes_read(path_in(r, "old.brain"));
	for (int i = 0; i < 2; i++) {
		says(r, find_status(r, "old"), MN_EIO, "moment");
		sqlite_room_open(r, false);
	}
	sqlite_room_close(r);
	after = bytes_read(path_in(r, "old.brain"));
	assert_true(bytes_same(before, after));
	free(before.at);
	free(after.at);
	raw_do(path_in(r, "old.brain"), "DROP TABLE moment");
	sqlite_room_open(r, false);
	check_rows(r);
}

static void an_older_file_is_not_migrated_for_reading(void **state)
{
	struct room *r = *state;

	make_version_1(r);
	sqlite_room_open(r, true);
	says(r, find_status(r, "old"), MN_EUNSUPPORTED, "older version");
	sqlite_room_close(r);
	assert_int_equal(raw_number(path_in(r, "old.brain"), "PRAGMA user_version"), 1);
}

/* ---- Lists of version 3 ------------------------------------------------------------------- */

static size_t put_number(unsigned char *p, uint64_t x)
{
	size_t n = 0;

	for (; x >= 0x80; x >>= 7)
		p[n++] = (unsigned char)(x | 0x80);
	p[n++] = (unsigned char)x;
	return n;
}

static size_t put_signed(unsigned char *p, int64_t x)
{
	return put_number(p, x < 0 ? ~((uint64_t)x << 1) : (uint64_t)x << 1);
}

/* A row of `edge` as version 3 had it. */
struct entry {
	int64_t slot, key, far, id, base, day;
};

static void pack(struct room *r, int64_t near, const struct entry *e, size_t n)
{
	unsigned char bytes[400] = {0};
	struct entry before = {0};
	size_t len = 1;
	char sql[1000];
	int at = snprintf(sql, sizeof(sql), "DELETE FROM edge WHERE near = %d;", (int)near);

	for (size_t i = 0; i < n; before = e[i++]) {
		len += put_number(bytes + len, (uint64_t)(e[i].slot - before.slot));
		len += put_signed(bytes + len, e[i].key - before.key);
		len += put_signed(bytes + len, e[i].far - near);
		len += put_signed(bytes + len, e[i].id - before.id);
		len += put_number(bytes + len, (uint64_t)e[i].base);
		len += put_signed(bytes + len, e[i].day - before.day);
	}
	at += snprintf(sql + at, sizeof(sql) - (size_t)at,
		"INSERT INTO edge VALUES(%d, 0, 0, 0, 0, x'", (int)near);
	for (size_t i = 0; i < len; i++)
		at += snprintf(sql + at, sizeof(sql) - (size_t)at, "%02X", bytes[i]);
	snprintf(sql + at, sizeof(sql) - (size_t)at, "', 0)");
	raw_do(path_in(r, "old.brain"), sql);
}

/* The brain of version 1 as version 3 had it: short lists packed, that of neuron 3 still rows. */
static void make_version_3(struct room *r)
{
	static const struct entry one[] = {{5, 2014010, 2, 5, 1, 19675},
		{6, 2014010, 3, 1, 1, 19675}, {6, 2014010, 3, 3, 1, 19675}};
	static const struct entry two[] = {{6, 2014010, 1, 5, 1, 19675},
		{6, 2014010, 3, 2, 1, 19675}, {6, 2013300, 3, 4, 3, 19675}};

	make_version_1(r);
	raw_do(path_in(r, "old.brain"),
		"CREATE TABLE moment(first INTEGER PRIMARY KEY, created INTEGER);"
		"PRAGMA user_version = 3");
	pack(r, 1, one, COUNT(one));
	pack(r, 2, two, COUNT(two));
}

static void short_lists_of_version_3_are_brought_up_to_date(void **state)
{
	struct room *r = *state;

	make_version_3(r);
	check_rows(r);
	sqlite_room_close(r);
	assert_int_equal(raw_number(path_in(r, "old.brain"), "PRAGMA user_version"), NEWEST);
	raw_check(path_in(r, "old.brain"));
	sqlite_room_open(r, false);
	check_rows(r);
}

#define HUB 150000

/* More entries than are held in memory at once. */
static void a_hub_of_version_3_is_brought_up_to_date(void **state)
{
	struct room *r = *state;
	mn_fan fan;

	make_version_3(r);
	raw_do(path_in(r, "old.brain"),
		"CREATE TEMP TABLE n(id INTEGER PRIMARY KEY);"
		"WITH RECURSIVE i(n) AS (VALUES(10) UNION ALL SELECT n + 1 FROM i WHERE n < 150009)"
		" INSERT INTO n SELECT n FROM i;"
		"INSERT INTO synapse SELECT id, 3, 1 + id % 2, 1, 0, 1, 1700000000000002, 0, 0,"
		" NULL, NULL FROM n;"
		"UPDATE tally SET synapses = 5 + 150000, next_synapse = 200000;"
		"INSERT INTO edge SELECT 3, 5, 2014010, 1 + id % 2, id, 1, 19675 FROM n;"
		"UPDATE edge SET base = x'05F49309' WHERE near = 3 AND slot = 0;");
	fan = list_of(r, 3, true, false, 0);
	assert_int_equal(fan.degree[0], 4 + HUB);
	assert_int_equal(fan.start[1], 4 + HUB);
	assert_int_equal(fan.synapse[0], 1);
	assert_int_equal(fan.synapse[2], 10); /* to 1: 1, 3, and all that are even */
	assert_int_equal(fan.synapse[3 + HUB], 4);
	for (uint32_t i = 1; i < 3 + HUB; i++) /* the last is lighter */
		assert_true(fan.far[i] > fan.far[i - 1] || fan.synapse[i] > fan.synapse[i - 1]);
}

/* A list that was broken is not lost: it is told as before, and the doctor may mend it. */
static void a_broken_list_of_version_3_stays_broken(void **state)
{
	struct room *r = *state;

	make_version_3(r);
	raw_do(path_in(r, "old.brain"),
		"UPDATE edge SET base = x'00FF' WHERE near = 2; UPDATE edge SET base = 900"
		" WHERE near = 3 AND slot > 0");
	ok(r, find_status(r, "old"));
	for (mn_id near = 1; near <= 3; near++) {
		const mn_reach reach = {.out = true, .in = true};
		mn_expand x = MN_SIZED(mn_expand);
		mn_fan fan;

		x.brain = r->brain;
		x.frontier = (mn_ids){&near, 1};
		x.reaches = &reach;
		x.nreaches = 1;
		if (near == 1)
			ok(r, r->be->expand(r->db, &r->call, &x, &fan));
		else
			says(r, r->be->expand(r->db, &r->call, &x, &fan), MN_ECORRUPT,
				"head of a list is broken");
	}
	sqlite_room_open(r, false);
	assert_int_equal(get_synapse(r, 4)->to, 2);
}

static int open_it(struct room *r)
{
	return find_status(r, "old") == MN_OK ? 0 : 1;
}

static void two_processes_migrate_one_file_once(void **state)
{
	struct room *r = *state;
	pid_t children[4];

	make_version_1(r);
	sqlite_room_close(r);
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = start_child(r, false, open_it);
	for (size_t i = 0; i < COUNT(children); i++)
		assert_int_equal(end_child(children[i]), 0);
	sqlite_room_open(r, false);
	check_rows(r);
}

/* ---- Runs of synapses --------------------------------------------------------------------- */

/* Times in every order of runs, gaps, replacements and deletions come back as they were given. */
static void times_of_synapses_survive_any_order_of_changes(void **state)
{
	struct room *r = *state;
	mn_time known[200] = {0};
	uint64_t seed = 5;

	ok(r, apply_one(r, N(0), "a"));
	for (int round = 0; round < 400; round++) {
		struct batch b = {0};
		const mn_time now = NOON + (mn_time)dice_below(&seed, 4);
		const uint64_t first = dice_below(&seed, 190), n = dice_below(&seed, 10) + 1;

		for (uint64_t i = first; i < first + n; i++) {
			mn_synapse s = synapse(S(i), N(0), N(0), MN_IS_A, 0.5);

			s.created = now;
			known[i] = round % 5 ? now : 0;
			if (known[i])
				batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
			else
				batch_drop(&b, MN_SYNAPSE, S(i));
		}
		batch_apply(r, &b);
		if (round % 40 == 0)
			for (size_t i = 0; i < COUNT(known); i++)
				assert_int_equal(get_synapse(r, S(i))->created, known[i]);
	}
}

/* ---- Version 3 ---------------------------------------------------------------------------- */

static void a_file_of_version_3_is_brought_up_to_date(void **state)
{
	struct room *r = *state;

	make_version_1(r);
	raw_do(path_in(r, "old.brain"), to_version_3);
	check_rows(r);
	ok(r, apply_one(r, 9, "a new memory"));
	check_rows(r);
	sqlite_room_close(r);
	assert_int_equal(raw_number(path_in(r, "old.brain"), "PRAGMA user_version"), NEWEST);
	raw_check(path_in(r, "old.brain"));
	sqlite_room_open(r, false);
	check_rows(r);
}

/* ---- Version 6 ---------------------------------------------------------------------------- */

static void a_file_of_version_6_is_brought_up_to_date(void **state)
{
	struct room *r = *state;

	make_version_1(r);
	check_rows(r);
	sqlite_room_close(r);
	raw_do(path_in(r, "old.brain"),
		"ALTER TABLE tally DROP COLUMN recent; ALTER TABLE tally DROP COLUMN last_anchors;"
		"ALTER TABLE tally DROP COLUMN last_fibers;"
		"ALTER TABLE tally DROP COLUMN last_synapses; PRAGMA user_version = 6");
	sqlite_room_open(r, false);
	check_rows(r);
	ok(r, apply_one(r, 9, "a new memory"));
	sqlite_room_close(r);
	assert_int_equal(raw_number(path_in(r, "old.brain"), "PRAGMA user_version"), NEWEST);
	raw_check(path_in(r, "old.brain"));
	sqlite_room_open(r, false);
	check_rows(r);
}

/* Twenty thousand synapses and three thousand fibers, of every sort of number. */
static const char many_rows[] =
	"INSERT INTO synapse WITH RECURSIVE n(i) AS (SELECT 6 UNION ALL SELECT i + 1 FROM n WHERE"
	" i < 20000) SELECT i, 1 + i % 3, 1 + i * 7 % 3, 1, i % 2, CASE WHEN i % 5"
	" THEN 1 + i % 3 ELSE i / 20000.0 END, 1600000000000000 + i * 1000003 % 777777777777, CASE"
	" WHEN i % 7 THEN 0 ELSE 1650000000000000 + i END, CASE WHEN i % 7 THEN 0 ELSE i END, CASE"
	" WHEN i % 100 = 0 THEN 'u' || i END, CASE WHEN i % 250 = 0 THEN '{}' END FROM n"
	" WHERE i % 3 < 2;"
	"INSERT INTO fiber WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE"
	" i < 3000) SELECT i, 1 + i % 3, i % 2, i / 7 % 2, 1 + i % 3, i / 3000.0, i * 1000000, -i,"
	" CASE WHEN i % 4 THEN NULL ELSE i END, i % 9, CASE WHEN i % 50 = 0 THEN 'f' || i END, NULL,"
	" NULL, CASE WHEN i % 60 = 0 THEN x'0141' END, NULL, NULL FROM n;"
	"UPDATE tally SET synapses = (SELECT count(*) FROM synapse),"
	" fibers = (SELECT count(*) FROM fiber)";

static void check_many(struct room *r)
{
	for (mn_id i = 6; i <= 20000; i++) {
		const mn_synapse *s;

		if (i % 3 == 2 || i % 11)
			continue;
		s = get_synapse(r, i);
		assert_int_equal(s->id, i);
		assert_int_equal(s->from, 1 + i % 3);
		assert_int_equal(s->to, 1 + i * 7 % 3);
		assert_int_equal(s->flags, i % 2);
		assert_int_equal(s->created, 1600000000000000 + i * 1000003 % 777777777777);
		assert_int_equal(s->last, i % 7 ? 0 : 1650000000000000 + (mn_time)i);
		assert_int_equal(s->uses, i % 7 ? 0 : i);
		assert_int_equal(s->uid.len > 0, i % 100 == 0);
		assert_int_equal(s->meta.len > 0, i % 250 == 0);
		if (i % 5 == 0)
			assert_true(s->base == (double)i / 20000.0);
		mn_call_reset(&r->call);
	}
	for (mn_id i = 2; i <= 3000; i += 7) {
		const mn_fiber *f = get_fiber(r, i);

		assert_true(f->id == i && f->anchor == 1 + i % 3 && f->uses == i % 9);
		assert_true(f->stage == i / 7 % 2 && f->flags == i % 2);
		assert_true(f->coherence == (double)i / 3000.0);
		assert_int_equal(f->created, (mn_time)i * 1000000);
		assert_int_equal(f->first, -(mn_time)i);
		assert_int_equal(f->last, i % 4 ? -(mn_time)i : (mn_time)i);
		assert_int_equal(f->tags.n, i % 60 == 0);
		mn_call_reset(&r->call);
	}
}

static void every_number_of_version_3_is_kept(void **state)
{
	struct room *r = *state;
	mn_query q = MN_SIZED(mn_query);

	make_version_1(r);
	raw_do(path_in(r, "old.brain"), to_version_3);
	raw_do(path_in(r, "old.brain"), many_rows);
	check_many(r);
	assert_int_equal(resolve(r, MN_SYNAPSE, "u300"), 300);
	assert_int_equal(resolve(r, MN_FIBER, "f150"), 150);
	q.kind = MN_FIBER;
	q.neuron = 2;
	assert_int_equal(scan_ids(r, &q, 100).n, 999);
	sqlite_room_close(r);
	raw_check(path_in(r, "old.brain"));
}

/* Wherever it is killed: the next one does it again, or finds it done. */
static void a_migration_that_is_killed_loses_nothing(void **state)
{
	const unsigned rounds = getenv("MN_FULL") ? 300 : 12;
	struct room *r = *state;
	uint64_t seed = 21;
	struct bytes old;

	make_version_1(r);
	raw_do(path_in(r, "old.brain"), to_version_3);
	raw_do(path_in(r, "old.brain"), many_rows);
	old = bytes_read(path_in(r, "old.brain"));
	sqlite_room_close(r);
	for (unsigned i = 0; i < rounds; i++) {
		const struct timespec nap = {.tv_nsec = (long)dice_below(&seed, 60000000)};
		pid_t child;

		unlink(path_in(r, "old.brain-wal"));
		unlink(path_in(r, "old.brain-shm"));
		bytes_write(path_in(r, "old.brain"), old.at, old.n);
		child = start_child(r, false, open_it);
		nanosleep(&nap, NULL);
		kill(child, SIGKILL);
		end_child(child);
		sqlite_room_open(r, false);
		assert_int_equal(resolve(r, MN_SYNAPSE, "u300"), 300);
		check_many(r);
		sqlite_room_close(r);
		raw_check(path_in(r, "old.brain"));
	}
	free(old.at);
	sqlite_room_open(r, false);
}

/* Whoever asks again goes on from there. */
static void a_step_in_the_middle_that_fails_leaves_what_came_before(void **state)
{
	struct room *r = *state;
	const char *path = path_in(r, "old.brain");

	make_version_1(r);
	raw_do(path, to_version_3);
	raw_do(path, "CREATE TABLE fiber_text(in_the_way)");
	for (int i = 0; i < 2; i++) {
		says(r, find_status(r, "old"), MN_EIO, "fiber_text");
		sqlite_room_close(r);
		assert_int_equal(raw_number(path, "PRAGMA user_version"), 4);
		assert_int_equal(raw_number(path, "SELECT count(*) FROM synapse"), 5);
		assert_int_equal(raw_number(path, "SELECT count(*) FROM sqlite_schema"
						  " WHERE name LIKE '%bundle'"),
			0);
		sqlite_room_open(r, false);
	}
	raw_do(path, "DROP TABLE fiber_text");
	check_rows(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_room(a_file_of_version_1_is_brought_up_to_date),
		in_room(lists_of_an_older_version_can_be_changed),
		in_room(short_lists_of_version_3_are_brought_up_to_date),
		in_room(a_hub_of_version_3_is_brought_up_to_date),
		in_room(a_broken_list_of_version_3_stays_broken),
		in_room(a_migrated_file_has_the_shape_of_a_new_one),
		in_room(a_step_that_fails_leaves_the_version_and_the_rows),
		in_room(an_older_file_is_not_migrated_for_reading),
		in_room(two_processes_migrate_one_file_once),
		in_room(times_of_synapses_survive_any_order_of_changes),
		in_room(a_file_of_version_3_is_brought_up_to_date),
		in_room(a_file_of_version_6_is_brought_up_to_date),
		in_room(every_number_of_version_3_is_kept),
		in_room(a_migration_that_is_killed_loses_nothing),
		in_room(a_step_in_the_middle_that_fails_leaves_what_came_before),
	};

	return cmocka_run_group_tests_name("sqlite: schema", tests, NULL, NULL);
}
