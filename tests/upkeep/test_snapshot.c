/* SPDX-License-Identifier: MIT */
/* Snapshots that maintenance keeps: what is in them, which stay, and what a failure leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "exchange/restore.h"
#include "exchange/zst.h"
#include "world.h"

static bool spoil;

/* In the place of the system's, which the vault calls between writing and reading back. */
int posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	const off_t middle = lseek(fd, 0, SEEK_END) / 2;
	char c;

	(void)offset, (void)len, (void)advice;
	if (spoil && pread(fd, &c, 1, middle) == 1) {
		c ^= 0x10;
		assert_int_equal(pwrite(fd, &c, 1, middle), 1);
	}
	return 0;
}

static void fill(struct world *w)
{
	static const char *const sayings[] = {
		"The first bug was a moth in a relay of the Mark II",
		"Grace Hopper taped the moth into the log book",
	};

	spoil = false;
	remember(w, sayings, 2);
	w->now = moment("2024-06-01T02:30:00Z");
}

/* ---- Files -------------------------------------------------------------------------------- */

static const char *folder(const struct world *w)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/snapshots", w->state);
	return path;
}

struct listing {
	char name[16][160];
	int n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct listing list(const struct world *w)
{
	struct listing l = {.n = 0};
	DIR *dir = opendir(folder(w));
	struct dirent *e;

	while (dir && l.n < 16 && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			snprintf(l.name[l.n++], sizeof(l.name[0]), "%s", e->d_name);
	if (dir)
		closedir(dir);
	qsort(l.name, (size_t)l.n, sizeof(l.name[0]), by_name);
	return l;
}

static bool has(const struct listing *l, const char *part)
{
	bool found = false;

	for (int i = 0; i < l->n; i++)
		found |= strstr(l->name[i], part) != NULL;
	return found;
}

static void put_file(const struct world *w, const char *name)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder(w), name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static int read_file(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	(void)call;
	*n = fread(out, 1, room, ctx);
	return MN_OK;
}

/* The hash of the brain that a file holds. */
static struct hash restored(struct world *w, const char *name)
{
	mn_snapshot_options o = MN_SIZED(mn_snapshot_options);
	mn_import_report report;
	mn_source file = {.read = read_file, .name = MN_STR("the file")}, unpacked;
	mn_brain *brain = NULL;
	struct hash h;
	mn_zst_in zst;
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", folder(w), name);
	file.ctx = fopen(path, "rb");
	assert_non_null(file.ctx);
	OK(w, mn_zst_in_open(&zst, &w->call, &file, 1 << 24));
	unpacked = mn_zst_source(&zst);
	OK(w, mn_snapshot_import(w->store, &w->call, MN_STR("again"), &o, &unpacked, &report));
	mn_zst_in_close(&zst);
	fclose(file.ctx);
	OK(w, mn_brain_open(w->store, &w->call, MN_STR("again"), &brain));
	OK(w, mn_brain_hash(brain, &w->call, h.at));
	mn_brain_close(brain);
	OK(w, mn_store_delete(w->store, &w->call, MN_STR("again")));
	return h;
}

/* ---- Tests -------------------------------------------------------------------------------- */

static void a_snapshot_holds_the_brain_to_the_last_bit(void **state)
{
	struct world *w = *state;
	struct hash before, after;
	struct listing l;
	struct stat st;
	char path[400];

	fill(w);
	before = hash_of(w);
	assert_int_equal(run(w, "[{\"snapshot\":{}}]").state, MN_RUN_DONE);
	assert_same(before, hash_of(w));
	l = list(w);
	assert_int_equal(l.n, 1);
	assert_true(strncmp(l.name[0], "b.", 2) == 0);
	assert_true(has(&l, ".20240601T023000Z.snapshot.zst"));
	after = restored(w, l.name[0]);
	assert_same(before, after);
	snprintf(path, sizeof(path), "%s/%s", folder(w), l.name[0]);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(folder(w), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void a_snapshot_is_of_the_moment_its_step_comes_at(void **state)
{
	struct world *w = *state;
	struct hash before, after;

	fill(w);
	before = hash_of(w);
	run(w, "[{\"snapshot\":{}},{\"decay\":{}},{\"prune\":{\"below\":1,\"keep_last\":false}}]");
	assert_changed(before, hash_of(w));
	after = restored(w, list(w).name[0]);
	assert_same(before, after);
	undo(w);
	assert_same(before, hash_of(w));
	assert_int_equal(list(w).n, 1);
}

static void only_the_newest_of_the_brain_stay(void **state)
{
	struct world *w = *state;
	struct listing l;

	fill(w);
	run(w, "[{\"snapshot\":{}}]");
	put_file(w, "b.0123456789abcdef0123456789abcdef.20200101T000000Z.snapshot.zst");
	put_file(w, "letter.txt");
	for (int day = 2; day <= 5; day++) {
		w->now += MN_DAY;
		run(w, "[{\"snapshot\":{\"keep\":2}}]");
	}
	l = list(w);
	assert_int_equal(l.n, 4);
	assert_true(has(&l, "20240605T"));
	assert_true(has(&l, "20240604T"));
	assert_true(has(&l, "20200101T"));
	assert_true(has(&l, "letter.txt"));
}

static void a_clock_that_went_back_does_not_cost_the_new_one(void **state)
{
	struct world *w = *state;
	struct listing l;

	fill(w);
	run(w, "[{\"snapshot\":{}}]");
	w->now -= 30 * MN_DAY;
	run(w, "[{\"snapshot\":{\"keep\":1}}]");
	l = list(w);
	assert_int_equal(l.n, 1);
	assert_true(has(&l, "20240502T"));
}

static void rename_brain(struct world *w, const char *name)
{
	mn_brain_row row = row_of(w);
	const mn_str was = mn_call_copy(&w->call, row.name);

	row.name = mn_str_of(name);
	mn_brain_close(w->brain);
	OK(w, mn_store_update(w->store, &w->call, was, &row, NULL));
	OK(w, mn_brain_open(w->store, &w->call, row.name, &w->brain));
}

static void a_brain_that_is_renamed_keeps_its_snapshots(void **state)
{
	struct world *w = *state;
	struct listing l;

	fill(w);
	run(w, "[{\"snapshot\":{}}]");
	rename_brain(w, "c d\xc3\xa9");
	w->now += MN_DAY;
	run(w, "[{\"snapshot\":{\"keep\":1}}]");
	l = list(w);
	assert_int_equal(l.n, 1);
	assert_true(strncmp(l.name[0], "c_d__.", 6) == 0);
	rename_brain(w, "b");
}

static void a_plan_tells_what_it_would_write_and_writes_nothing(void **state)
{
	struct world *w = *state;
	const mn_plan_about *a;
	mn_plan *p;

	fill(w);
	run(w, "[{\"snapshot\":{}}]");
	w->now += MN_DAY;
	p = plan(w, "[{\"snapshot\":{\"keep\":1}}]");
	a = mn_plan_look(p);
	assert_int_equal(a->batches, 1);
	assert_non_null(strstr(a->steps[0].says.ptr, folder(w)));
	assert_non_null(strstr(a->steps[0].says.ptr, "1 older, 1 of which goes"));
	mn_plan_free(p);
	assert_int_equal(list(w).n, 1);
	assert_true(strstr(list(w).name[0], "20240601T") != NULL);
}

/* ---- Failures ----------------------------------------------------------------------------- */

/* Applying fails, says so, and leaves files and brain as they were; what comes next is done. */
static void run_badly(struct world *w, const char *steps, int want, const char *says)
{
	const struct hash before = hash_of(w);
	const struct listing was = list(w);
	mn_plan *p = plan(w, steps);
	struct listing is;
	mn_run r;

	assert_int_equal(mn_plan_apply(p, &w->call, NULL, &r), want);
	if (!strstr(w->call.err->text, says))
		fail_msg("%s", w->call.err->text);
	mn_call_reset(&w->call);
	mn_plan_free(p);
	assert_same(before, hash_of(w));
	is = list(w);
	assert_int_equal(is.n, was.n);
	assert_memory_equal(is.name, was.name, (size_t)was.n * sizeof(was.name[0]));
}

static void what_reads_back_otherwise_is_thrown_away_and_costs_no_other(void **state)
{
	struct world *w = *state;

	fill(w);
	run(w, "[{\"snapshot\":{}}]");
	w->now += MN_DAY;
	spoil = true;
	run_badly(w, "[{\"snapshot\":{\"keep\":1}},{\"decay\":{}}]", MN_EINVAL, ".part");
	spoil = false;
	assert_int_equal(run(w, "[{\"decay\":{}}]").done, 1);
}

static void a_run_that_did_nothing_yet_stands_in_nobodys_way(void **state)
{
	struct world *w = *state;
	struct listing l;
	char part[400];

	fill(w);
	run(w, "[{\"snapshot\":{}}]");
	l = list(w);
	snprintf(part, sizeof(part), "%s/.%.32s.part", folder(w), l.name[0] + 2);
	assert_int_equal(mkdir(part, 0700), 0);
	w->now += MN_DAY;
	run_badly(w, "[{\"snapshot\":{}},{\"decay\":{}}]", MN_EIO, "cannot delete");
	assert_int_equal(rmdir(part), 0);
	assert_int_equal(run(w, "[{\"snapshot\":{}},{\"decay\":{}}]").done, 2);
}

static void what_a_killed_run_left_is_swept_out(void **state)
{
	struct world *w = *state;
	struct listing l;
	char part[80];

	fill(w);
	run(w, "[{\"snapshot\":{}}]");
	l = list(w);
	snprintf(part, sizeof(part), ".%.32s.part", l.name[0] + 2);
	put_file(w, part);
	w->now += MN_DAY;
	run(w, "[{\"snapshot\":{}}]");
	l = list(w);
	assert_int_equal(l.n, 2);
	assert_false(has(&l, ".part"));
}

static void a_folder_that_others_may_enter_is_refused(void **state)
{
	struct world *w = *state;
	mn_plan *p = NULL;

	fill(w);
	run(w, "[{\"decay\":{}}]");
	assert_int_equal(mkdir(folder(w), 0700), 0);
	assert_int_equal(chmod(folder(w), 0755), 0);
	assert_int_equal(
		mn_plan_new(w->brain, &w->call, MN_STR("[{\"snapshot\":{}}]"), NULL, &p), MN_EAUTH);
	assert_non_null(strstr(w->call.err->text, "chmod 700"));
	mn_call_reset(&w->call);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(a_snapshot_holds_the_brain_to_the_last_bit),
		IN_A_BRAIN(a_snapshot_is_of_the_moment_its_step_comes_at),
		IN_A_BRAIN(only_the_newest_of_the_brain_stay),
		IN_A_BRAIN(a_clock_that_went_back_does_not_cost_the_new_one),
		IN_A_BRAIN(a_brain_that_is_renamed_keeps_its_snapshots),
		IN_A_BRAIN(a_plan_tells_what_it_would_write_and_writes_nothing),
		IN_A_BRAIN(what_reads_back_otherwise_is_thrown_away_and_costs_no_other),
		IN_A_BRAIN(a_run_that_did_nothing_yet_stands_in_nobodys_way),
		IN_A_BRAIN(what_a_killed_run_left_is_swept_out),
		IN_A_BRAIN(a_folder_that_others_may_enter_is_refused),
	};

	store_kind = argc > 1 ? argv[1] : store_kind;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
