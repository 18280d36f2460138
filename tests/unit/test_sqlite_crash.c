/* SPDX-License-Identifier: MIT */
/* test_sqlite_crash.c - processes that write beside each other, are killed, find the disk full:
 * what was acknowledged is there, what is there is whole. */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sqlite_room.h"

#define FANOUT 20 /* synapses that come with each memory */

static int acks[2]; /* a pipe: a child says there what was acknowledged */

static unsigned rounds(unsigned quick, unsigned full)
{
	return getenv("MN_FULL") ? full : quick;
}

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

/* Ids of this process's own, for one memory and its synapses. */
static int reserve_ids(struct room *r, mn_id *neuron_id, mn_id *synapse_id, mn_id *fiber_id)
{
	int status = r->be->reserve(r->db, &r->call, r->brain, MN_NEURON, 1, neuron_id);

	if (status == MN_OK)
		status = r->be->reserve(r->db, &r->call, r->brain, MN_SYNAPSE, FANOUT, synapse_id);
	if (status == MN_OK)
		status = r->be->reserve(r->db, &r->call, r->brain, MN_FIBER, 1, fiber_id);
	return status;
}

/* One memory, linked to the twenty concepts N(0).., with its fiber; as remembering does it. */
static int remember(struct room *r, mn_id *out)
{
	mn_id n = 0, s = 0, f = 0;
	mn_applied applied = MN_SIZED(mn_applied);
	mn_change changes[FANOUT + 2];
	mn_synapse synapses[FANOUT];
	mn_neuron memory;
	mn_fiber fiber_row;
	int status = reserve_ids(r, &n, &s, &f);

	if (status != MN_OK)
		return status;
	memory = neuron(n, MN_MEMORY, "a memory of many words that takes some room in its file");
	fiber_row = fiber(f, n);
	changes[0] = (mn_change){MN_ADD, MN_NEURON, &memory};
	for (int i = 0; i < FANOUT; i++) {
		synapses[i] = synapse(s + (mn_id)i, n, N(i), MN_INVOLVES, 0.5);
		changes[i + 1] = (mn_change){MN_ADD, MN_SYNAPSE, &synapses[i]};
	}
	changes[FANOUT + 1] = (mn_change){MN_ADD, MN_FIBER, &fiber_row};
	status = r->be->apply(r->db, &r->call, r->brain, NULL, changes, FANOUT + 2, &applied);
	*out = n;
	return status;
}

static void make_concepts(struct room *r)
{
	struct batch b = {0};

	for (int i = 0; i < FANOUT; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "concept");
	batch_apply(r, &b);
}

/* The brain has so many memories, each with all that belongs to it. */
static void holds(struct room *r, uint64_t least, uint64_t most)
{
	mn_brain_row row = room_describe(r, r->brain);
	mn_fan fan = list_of(r, N(0), false, true, MN_INVOLVES);

	assert_in_range(row.fibers, least, most);
	assert_int_equal(row.neurons, row.fibers + FANOUT);
	assert_int_equal(row.synapses, row.fibers * FANOUT);
	assert_int_equal(fan.degree[0], row.fibers);
	assert_int_equal(fan_length(&fan, 0), row.fibers);
}

/* ---- Beside each other -------------------------------------------------------------------- */

static int write_many(struct room *r)
{
	mn_id id;

	for (int i = 0; i < 150; i++)
		if (remember(r, &id) != MN_OK) {
			print_error("%s\n", r->call.err->text);
			return 1;
		}
	return 0;
}

static void processes_that_write_one_brain_wait_for_each_other(void **state)
{
	struct room *r = *state;
	pid_t children[3];

	make_concepts(r);
	sqlite_room_close(r);
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = start_child(r, false, write_many);
	for (size_t i = 0; i < COUNT(children); i++)
		assert_int_equal(end_child(children[i]), 0);
	sqlite_room_open(r, false);
	holds(r, 450, 450);
	sqlite_room_close(r);
	raw_check(path_in(r, CLAIM_FILE));
}

static void a_reader_beside_a_writing_process_sees_whole_memories(void **state)
{
	struct room *r = *state;
	pid_t child;
	uint64_t seen = 0;

	make_concepts(r);
	sqlite_room_close(r);
	child = start_child(r, false, write_many);
	sqlite_room_open(r, false);
	while (seen < 150 && waitpid(child, NULL, WNOHANG) == 0) {
		mn_query q = MN_SIZED(mn_query);
		mn_gen gen;
		size_t fibers;

		q.kind = MN_FIBER;
		fibers = scan_ids(r, &q, 64).n;
		gen = r->call.at;
		assert_true(fibers >= seen);
		seen = fibers;
		q.kind = MN_SYNAPSE;
		if (seen < MOST_IDS / FANOUT) {
			size_t synapses = scan_ids(r, &q, 500).n;

			assert_int_equal(synapses % FANOUT, 0);
			if (r->call.at.graph == gen.graph)
				assert_int_equal(synapses, fibers * FANOUT);
		}
		mn_call_reset(&r->call);
	}
	holds(r, seen, 150);
}

/* The write lock in another program's hands. */
static sqlite3 *hold_lock(struct room *r)
{
	sqlite3 *sql = raw_open(path_in(r, CLAIM_FILE));

	assert_int_equal(sqlite3_exec(sql, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return sql;
}

static void waiting_for_another_program_ends_with_the_deadline(void **state)
{
	struct room *r = *state;
	sqlite3 *other = hold_lock(r);
	const mn_time before = mn_engine_monotonic(r->engine);
	mn_time took;

	r->call.deadline = before + 200000;
	says(r, apply_one(r, 1, "x"), MN_ETIMEOUT, "");
	took = mn_engine_monotonic(r->engine) - before;
	assert_in_range(took, 150000, 5000000);
	r->call.deadline = 0;
	sqlite3_close(other);
	ok(r, apply_one(r, 1, "x"));
}

static void reading_and_searching_need_not_wait(void **state)
{
	struct room *r = *state;
	mn_query q = MN_SIZED(mn_query);
	const mn_time before = mn_engine_monotonic(r->engine);
	sqlite3 *other;

	build_known(r);
	other = hold_lock(r);
	q.kind = MN_NEURON;
	q.text = MN_STR("cat"); /* of which the word index knows nothing yet */
	assert_int_equal(scan_ids(r, &q, 10).n, 3);
	assert_int_equal(room_describe(r, r->brain).neurons, 6);
	assert_true(mn_engine_monotonic(r->engine) - before < 5000000);
	sqlite3_close(other);
}

/* ---- Killed ------------------------------------------------------------------------------- */

static int write_until_killed(struct room *r)
{
	mn_id id;

	for (;;) {
		if (remember(r, &id) != MN_OK)
			return 1;
		if (write(acks[1], &id, sizeof(id)) != (ssize_t)sizeof(id))
			return 2;
	}
}

/* Every acknowledged one is there. */
static uint64_t check_acks(struct room *r)
{
	uint64_t n = 0;
	mn_id id;

	while (read(acks[0], &id, sizeof(id)) == (ssize_t)sizeof(id)) {
		assert_int_equal(get_neuron(r, id)->id, id);
		n++;
	}
	return n;
}

static void what_a_killed_process_had_acknowledged_is_there(void **state)
{
	struct room *r = *state;
	uint64_t all = 0, seed = 99;

	make_concepts(r);
	for (unsigned i = 0; i < rounds(12, 500); i++) {
		pid_t child;

		sqlite_room_close(r);
		assert_int_equal(pipe(acks), 0);
		child = start_child(r, false, write_until_killed);
		close(acks[1]);
		/* Every other time not before the first was acknowledged, however slow the machine.
		 */
		if (i % 2)
			poll(&(struct pollfd){.fd = acks[0], .events = POLLIN}, 1, 20000);
		sleep_us(3000 + (long)dice_below(&seed, 30000));
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(end_child(child), 128 + SIGKILL);
		sqlite_room_open(r, false);
		all += check_acks(r);
		close(acks[0]);
		holds(r, all, all + i + 1); /* of each round one may not have been said */
		mn_call_reset(&r->call);
	}
	assert_true(all > 0);
	sqlite_room_close(r);
	raw_check(path_in(r, CLAIM_FILE));
}

/* ---- A full disk -------------------------------------------------------------------------- */

/* Writing further fails then, instead of ending the process. */
static void limit_files(rlim_t bytes)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct rlimit limit;

	sigaction(SIGXFSZ, &ignore, NULL);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Runs in a child, since a limit is of a process. */
static int fill_the_disk(struct room *r)
{
	uint64_t written = 0;
	mn_id id;
	int status;

	limit_files(600000);
	while ((status = remember(r, &id)) == MN_OK)
		written++;
	says(r, status, MN_EIO, "disk is full");
	assert_true(written > 10);
	holds(r, written, written);
	/* What was in the log is in the file now, and the log has room once more; then not. */
	while ((status = remember(r, &id)) == MN_OK)
		assert_in_range(++written, 1, 10000);
	says(r, status, MN_EIO, "disk is full");
	holds(r, written, written);
	limit_files(RLIM_INFINITY);
	ok(r, remember(r, &id));
	holds(r, written + 1, written + 1);
	return 0;
}

static void a_full_disk_loses_nothing_and_reads_go_on(void **state)
{
	struct room *r = *state;

	make_concepts(r);
	sqlite_room_close(r);
	assert_int_equal(in_child(r, false, fill_the_disk), 0);
	raw_check(path_in(r, CLAIM_FILE));
}

static int create_on_a_full_disk(struct room *r)
{
	mn_brain_row row = {.name = MN_STR("none")};
	mn_rows rows;

	limit_files(20000);
	says(r, r->be->brains(r->db, &r->call, MN_BRAINS_CREATE, &row, &rows), MN_EIO,
		"disk is full");
	limit_files(RLIM_INFINITY);
	says(r, find_status(r, "none"), MN_ENOBRAIN, "");
	return 0;
}

static void a_brain_that_does_not_fit_leaves_nothing(void **state)
{
	struct room *r = *state;

	sqlite_room_close(r);
	assert_int_equal(in_child(r, false, create_on_a_full_disk), 0);
	assert_int_equal(files_in(r), 1);
}

/* A file system of its own, so that it can be filled; only its process sees it. */
static bool mount_small(const char *path)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
	       && mount("none", path, "tmpfs", 0, "size=70m,mode=700") == 0;
}

static void fill_up(const char *path)
{
	char name[PATH_MAX], block[4096];
	int fd;

	memset(block, 'x', sizeof(block));
	snprintf(name, sizeof(name), "%s/junk", path);
	fd = open(name, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

static int forget_on_a_full_disk(struct room *r)
{
	const mn_brain_row row = {.name = r->brain};
	const mn_neuron concept = neuron(N(0), MN_CONCEPT, "concept");
	const mn_change drop = {MN_DROP, MN_NEURON, &concept};
	mn_applied applied = MN_SIZED(mn_applied);
	mn_rows rows;
	mn_id id;

	sqlite_room_close(r);
	if (!mount_small(r->folder))
		return 77;
	sqlite_room_open(r, false);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_CREATE, &row, &rows));
	make_concepts(r);
	ok(r, remember(r, &id));
	fill_up(r->folder);
	says(r, remember(r, &id), MN_EIO, "disk is full");
	holds(r, 1, 1);
	ok(r, r->be->apply(r->db, &r->call, r->brain, NULL, &drop, 1, &applied));
	assert_int_equal(room_describe(r, r->brain).neurons, FANOUT);
	return 0;
}

static void one_can_forget_on_a_full_disk(void **state)
{
	struct room *r = *state;
	int code;

	sqlite_room_close(r);
	code = in_child(r, false, forget_on_a_full_disk);
	if (code == 77) {
		print_message("skipped: file systems cannot be mounted here\n");
		skip();
	}
	assert_int_equal(code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_room(processes_that_write_one_brain_wait_for_each_other),
		in_room(a_reader_beside_a_writing_process_sees_whole_memories),
		in_room(waiting_for_another_program_ends_with_the_deadline),
		in_room(reading_and_searching_need_not_wait),
		in_room(what_a_killed_process_had_acknowledged_is_there),
		in_room(a_full_disk_loses_nothing_and_reads_go_on),
		in_room(a_brain_that_does_not_fit_leaves_nothing),
		in_room(one_can_forget_on_a_full_disk),
	};

	return cmocka_run_group_tests_name("sqlite: crashes", tests, NULL, NULL);
}
