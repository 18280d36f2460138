/* SPDX-License-Identifier: MIT */
/* test_sqlite_memory.c - SQLite's own memory runs out at each of its allocations; and how much of a
 * file is read to open it. (The plugin's own allocations are the conformance suite's.) */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite_room.h"

/* ---- An allocator that fails -------------------------------------------------------------- */

static sqlite3_mem_methods system_memory;
static atomic_uint_fast64_t allocations, failing; /* failing 0: none fails */
static atomic_bool failed, lasting;

static bool must_fail(void)
{
	uint64_t n = atomic_fetch_add(&allocations, 1) + 1, nth = atomic_load(&failing);

	if (!nth || n < nth || (n > nth && !atomic_load(&lasting)))
		return false;
	atomic_store(&failed, true);
	return true;
}

static void *take(int n)
{
	return must_fail() ? NULL : system_memory.xMalloc(n);
}

static void *resize(void *p, int n)
{
	return must_fail() ? NULL : system_memory.xRealloc(p, n);
}

/* Returns whether one failed since the last time. */
static bool fail_from(uint64_t nth, bool for_good)
{
	const bool before = atomic_exchange(&failed, false);

	atomic_store(&allocations, 0);
	atomic_store(&lasting, for_good);
	atomic_store(&failing, nth);
	return before;
}

/* ---- Reads that are counted --------------------------------------------------------------- */

static sqlite3_vfs counting;
static sqlite3_vfs *system_files;
static const sqlite3_io_methods *system_io;
static sqlite3_io_methods counting_io[2]; /* of a database, of a log: they differ */
static atomic_uint_fast64_t reads;

static int count_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	atomic_fetch_add(&reads, 1);
	return system_io->xRead(f, p, n, at);
}

static int open_counted(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	int rc = system_files->xOpen(system_files, name, f, flags, out);

	(void)vfs;
	if (rc == SQLITE_OK && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL))) {
		sqlite3_io_methods *ours = &counting_io[flags & SQLITE_OPEN_WAL ? 1 : 0];

		system_io = f->pMethods;
		*ours = *system_io;
		ours->xRead = count_read;
		f->pMethods = ours;
	}
	return rc;
}

/* Before SQLite does anything else in this process. */
static void watch_sqlite(void)
{
	sqlite3_mem_methods ours;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory);
	ours = system_memory;
	ours.xMalloc = take;
	ours.xRealloc = resize;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
	sqlite3_initialize();
	system_files = sqlite3_vfs_find(NULL);
	counting = *system_files;
	counting.zName = "counting";
	counting.xOpen = open_counted;
	sqlite3_vfs_register(&counting, 1);
}

/* ---- Claims ------------------------------------------------------------------------------- */

static int open_and_look(struct room *r, mn_call *call)
{
	mn_str name = r->brain;
	mn_rows rows = {0};
	mn_db *db = NULL;
	int status = r->be->open(&r->engine->host, call, mn_str_of(r->url), false, &db);

	if (status == MN_OK) {
		status = r->be->brains(db, call, MN_BRAINS_FIND, &name, &rows);
		if (status == MN_OK && (rows.n != 1 || rows.at.brain->neurons != 6))
			status = MN_ECORRUPT;
		r->be->close(db);
	}
	return status;
}

static int expand_all(struct room *r, mn_call *call)
{
	const mn_reach both = {.out = true, .in = true};
	mn_id ids[] = {N(0), N(1), N(2), N(3), N(4), N(5)};
	mn_expand x = MN_SIZED(mn_expand);
	mn_fan fan = {0};
	int status;

	x.brain = r->brain;
	x.frontier = (mn_ids){ids, COUNT(ids)};
	x.reaches = &both;
	x.nreaches = 1;
	status = r->be->expand(r->db, call, &x, &fan);
	return status == MN_OK && fan.start[COUNT(ids)] != 15 ? MN_ECORRUPT : status;
}

static int search(struct room *r, mn_call *call)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page p = MN_SIZED(mn_page);
	mn_cursor *cursor;
	int status;

	q.kind = MN_NEURON;
	q.text = MN_STR("cat");
	status = r->be->scan(r->db, call, r->brain, &q, &cursor);
	if (status != MN_OK)
		return status;
	status = r->be->next(cursor, call, 10, &p);
	r->be->done(cursor);
	return status == MN_OK && p.rows.n != 3 ? MN_ECORRUPT : status;
}

static int apply_some(struct room *r, mn_call *call)
{
	mn_neuron n = neuron(N(10), MN_CONCEPT, "added");
	mn_synapse s = synapse(S(10), N(10), N(0), MN_INVOLVES, 0.3);
	mn_synapse used = {.id = S(1), .uses = 2, .last = NOON};
	const mn_change changes[] = {{MN_ADD, MN_NEURON, &n}, {MN_ADD, MN_SYNAPSE, &s},
		{MN_BUMP, MN_SYNAPSE, &used}, {MN_FOLD, MN_SYNAPSE, NULL},
		{MN_DROP, MN_NEURON, &(mn_id){N(3)}}};
	mn_applied applied = MN_SIZED(mn_applied);

	return r->be->apply(r->db, call, r->brain, NULL, changes, COUNT(changes), &applied);
}

/* With the n-th allocation failing, for every n until none fails any more. What does not succeed
 * says MN_ENOMEM; connections start cold each time, so that what they keep is allocated too. */
static void sweep(struct room *r, int (*run)(struct room *, mn_call *), bool for_good)
{
	const uint64_t step = getenv("MN_FULL") ? 1 : 3;
	bool again = true;

	for (uint64_t nth = 1; again; nth += step) {
		mn_call call;
		int status;

		sqlite_room_open(r, false);
		assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
		fail_from(nth, for_good);
		status = run(r, &call);
		again = fail_from(0, false);
		if (status != MN_OK && status != MN_ENOMEM)
			fail_msg("allocation %llu: %s: %s", (unsigned long long)nth,
				mn_status_name(status), call.err->text);
		mn_call_done(&call);
		assert_in_range(nth, 1, 100000);
	}
}

static void sweep_reading(struct room *r, int (*run)(struct room *, mn_call *))
{
	char *before;

	build_known(r);
	before = dump(r);
	sweep(r, run, false);
	sweep(r, run, true);
	sqlite_room_open(r, false);
	still(r, before);
}

static void opening_without_memory_says_so(void **state)
{
	sweep_reading(*state, open_and_look);
}

static void expanding_without_memory_says_so(void **state)
{
	sweep_reading(*state, expand_all);
}

static void searching_without_memory_says_so(void **state)
{
	sweep_reading(*state, search);
}

static void applying_without_memory_is_all_or_nothing(void **state)
{
	struct room *r = *state;
	const uint64_t step = getenv("MN_FULL") ? 1 : 3;
	bool again = true;
	char *before;

	build_known(r);
	before = dump(r);
	for (uint64_t nth = 1; again; nth += step) {
		mn_call call;
		char *now;
		int status;

		sqlite_room_open(r, false);
		assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
		fail_from(nth, nth & 1);
		status = apply_some(r, &call);
		again = fail_from(0, false) && status != MN_OK;
		now = dump(r);
		assert_true((status == MN_OK) == (strcmp(now, before) != 0));
		assert_true(status == MN_OK || status == MN_ENOMEM);
		free(now);
		mn_call_done(&call);
		assert_in_range(nth, 1, 100000);
	}
	free(before);
	sqlite_room_close(r);
	raw_check(path_in(r, CLAIM_FILE));
}

/* ---- How much is read --------------------------------------------------------------------- */

static uint64_t reads_to_open(struct room *r)
{
	sqlite_room_open(r, false);
	atomic_store(&reads, 0);
	room_describe(r, r->brain);
	assert_int_equal(look_up(r, MN_CONCEPT, "concept 7"), N(7));
	assert_int_equal(list_of(r, N(7), true, true, 0).degree[0], 1);
	return atomic_load(&reads);
}

static void add_chain(struct room *r, mn_id first, int n)
{
	static char texts[5000][20];
	struct batch b = {0};

	assert_true(n <= (int)COUNT(texts));
	for (int i = 0; i < n; i++) {
		snprintf(texts[i], sizeof(texts[i]), "concept %llu",
			(unsigned long long)(first + (mn_id)i - r->neuron0));
		batch_neuron(&b, first + (mn_id)i, MN_CONCEPT, texts[i]);
	}
	for (int i = 0; i + 1 < n; i += 2)
		batch_synapse(
			&b, first + (mn_id)i, first + (mn_id)i, first + (mn_id)i + 1, MN_IS_A, 0.5);
	batch_apply(r, &b);
}

static void opening_reads_a_handful_of_pages_whatever_the_size(void **state)
{
	struct room *r = *state;
	uint64_t small, large;

	add_chain(r, N(0), 100);
	small = reads_to_open(r);
	for (int i = 0; i < 10; i++)
		add_chain(r, N(1000 + 5000 * i), 5000);
	large = reads_to_open(r);
	assert_in_range(small, 1, 60);
	assert_in_range(large, 1, small + 12); /* deeper trees */
	assert_true(room_describe(r, r->brain).bytes > 2000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_room(opening_without_memory_says_so),
		in_room(expanding_without_memory_says_so),
		in_room(searching_without_memory_says_so),
		in_room(applying_without_memory_is_all_or_nothing),
		in_room(opening_reads_a_handful_of_pages_whatever_the_size),
	};

	watch_sqlite();
	return cmocka_run_group_tests_name("sqlite: memory", tests, NULL, NULL);
}
