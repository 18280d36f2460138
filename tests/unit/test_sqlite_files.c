/* SPDX-License-Identifier: MIT */
/* test_sqlite_files.c - the folder of a SQLite store: names, rights, and what else lies there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite_room.h"

static void only_the_owner_can_read_whatever_the_umask(void **state)
{
	struct room *r = *state;
	mode_t old = umask(0);

	snprintf(r->url, sizeof(r->url), "sqlite:%s/made/for/this", r->folder);
	sqlite_room_open(r, false);
	room_create(r, r->brain, NULL);
	ok(r, apply_one(r, 1, "a secret"));
	umask(old);
	assert_int_equal(mode_of(path_in(r, "made")), 0700);
	assert_int_equal(mode_of(path_in(r, "made/for/this")), 0700);
	assert_int_equal(mode_of(path_in(r, "made/for/this/" CLAIM_FILE)), 0600);
	assert_int_equal(mode_of(path_in(r, "made/for/this/" CLAIM_FILE "-wal")), 0600);
	assert_int_equal(mode_of(path_in(r, "made/for/this/" CLAIM_FILE "-shm")), 0600);
}

static void the_owner_can_write_whatever_the_umask(void **state)
{
	struct room *r = *state;
	mode_t old = umask(0777);

	room_create(r, MN_STR("another"), NULL);
	umask(old);
	assert_int_equal(mode_of(path_in(r, "another.brain")), 0600);
}

static int try_url(struct room *r, const char *url, bool read_only)
{
	mn_db *db = NULL;
	int status = r->be->open(&r->engine->host, &r->call, mn_str_of(url), read_only, &db);

	if (status == MN_OK)
		r->be->close(db);
	return status;
}

static void a_url_that_leads_to_no_folder_is_refused(void **state)
{
	struct room *r = *state;
	char url[600];

	says(r, try_url(r, "sqlite:", false), MN_EINVAL, "sqlite:DIR");
	bytes_write(path_in(r, "file"), "x", 1);
	snprintf(url, sizeof(url), "sqlite:%s/file", r->folder);
	says(r, try_url(r, url, false), MN_EIO, "name a folder");
	snprintf(url, sizeof(url), "sqlite:%s/file/below", r->folder);
	says(r, try_url(r, url, false), MN_EIO, "name a folder");
	snprintf(url, sizeof(url), "sqlite:%s/missing", r->folder);
	says(r, try_url(r, url, true), MN_EIO, "No such file");
	assert_int_equal(mode_of(path_in(r, "missing")), 0);
}

static void a_relative_folder_stays_where_it_was(void **state)
{
	struct room *r = *state;
	char here[4096];

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(r->folder), 0);
	snprintf(r->url, sizeof(r->url), "sqlite:below");
	sqlite_room_open(r, false);
	assert_int_equal(chdir(here), 0);
	room_create(r, MN_STR("one"), NULL);
	assert_int_equal(mode_of(path_in(r, "below/one.brain")), 0600);
}

/* Characters of four bytes, each of which takes twelve when escaped. */
static mn_str long_name(char last)
{
	static char name[400];

	for (int i = 0; i < 99; i++)
		memcpy(name + 4L * i, "\xf0\x9f\xa6\x8a", 4);
	name[396] = last;
	return (mn_str){name, 397};
}

static void hostile_names_stay_in_the_folder(void **state)
{
	struct room *r = *state;
	const mn_str names[] = {MN_STR(".."), MN_STR("."), MN_STR("../up"), MN_STR("/etc/x"),
		MN_STR("a b"), MN_STR("%2E"), MN_STR("x.brain"), MN_STR("x.brain-wal"),
		MN_STR("-rf"), MN_STR("con"), MN_STR("CON"), MN_STR("caf\xc3\xa9"), MN_STR("a'b"),
		MN_STR("file:x?mode=memory"), MN_STR(":memory:"), MN_STR("~"), MN_STR("$(id)")};

	for (size_t i = 0; i < COUNT(names); i++)
		room_create(r, names[i], NULL);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_true(mn_str_eq(room_describe(r, names[i]).name, names[i]));
	assert_int_equal(mode_of(path_in(r, "%2E%2E.brain")), 0600);
	assert_int_equal(mode_of(path_in(r, "%2E%2E%2Fup.brain")), 0600);
	assert_int_equal(mode_of(path_in(r, "%7E.brain")), 0600);
	sqlite_room_close(r);
	assert_int_equal(files_in(r), COUNT(names) + 1);
	sqlite_room_open(r, false);
	for (size_t i = 0; i < COUNT(names); i++)
		room_delete(r, names[i]);
	assert_int_equal(files_in(r), 1);
}

static void long_names_differ_to_the_last_byte(void **state)
{
	struct room *r = *state;
	mn_id first = room_create(r, long_name('a'), NULL).id;
	mn_id second = room_create(r, long_name('b'), NULL).id;

	assert_true(first != second);
	sqlite_room_open(r, false);
	assert_int_equal(room_describe(r, long_name('a')).id, first);
	assert_int_equal(room_describe(r, long_name('b')).id, second);
	says(r, find_status(r, "\xf0\x9f\xa6\x8a"), MN_ENOBRAIN, "");
}

static void a_link_in_the_way_is_not_followed(void **state)
{
	struct room *r = *state;
	struct bytes before, after;

	ok(r, apply_one(r, 1, "not yours"));
	sqlite_room_close(r);
	assert_int_equal(rename(path_in(r, CLAIM_FILE), path_in(r, "outside")), 0);
	assert_int_equal(symlink(path_in(r, "outside"), path_in(r, CLAIM_FILE)), 0);
	before = bytes_read(path_in(r, "outside"));
	sqlite_room_open(r, false);
	says(r, find_status(r, "claim 1"), MN_EIO, "symbolic link");
	says(r, apply_one(r, 2, "mine"), MN_EIO, "symbolic link");
	sqlite_room_close(r);
	after = bytes_read(path_in(r, "outside"));
	assert_true(bytes_same(before, after));
	free(before.at);
	free(after.at);
}

static void a_link_does_not_lead_a_new_brain_away(void **state)
{
	struct room *r = *state;

	assert_int_equal(symlink(path_in(r, "nowhere"), path_in(r, "fresh.brain")), 0);
	says(r, find_status(r, "fresh"), MN_EIO, "symbolic link");
	assert_int_equal(mode_of(path_in(r, "nowhere")), 0);
}

static void a_renamed_brain_keeps_its_file_and_frees_its_name(void **state)
{
	struct room *r = *state;
	mn_brain_row row = room_describe(r, r->brain);
	mn_id id = row.id;
	mn_rows rows;

	build_known(r);
	row.name = MN_STR("other");
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_UPDATE, &row, &rows));
	says(r, find_status(r, "claim 1"), MN_ENOBRAIN, "");
	room_create(r, r->brain, NULL);
	assert_int_equal(mode_of(path_in(r, "claim%201.2.brain")), 0600);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(room_describe(r, MN_STR("other")).id, id);
		assert_int_equal(room_describe(r, MN_STR("other")).neurons, 6);
		assert_int_equal(room_describe(r, r->brain).neurons, 0);
		sqlite_room_open(r, false);
	}
}

static void a_deleted_brain_leaves_nothing(void **state)
{
	struct room *r = *state;

	build_known(r);
	assert_int_equal(files_in(r), 3);
	room_delete(r, r->brain);
	assert_int_equal(files_in(r), 0);
}

static void what_was_broken_off_is_swept(void **state)
{
	struct room *r = *state;
	mn_rows rows;

	sqlite_room_close(r);
	assert_int_equal(rename(path_in(r, CLAIM_FILE), path_in(r, ".new-0123")), 0);
	bytes_write(path_in(r, ".new-0123-journal"), "x", 1);
	bytes_write(path_in(r, ".old-4567"), "x", 1);
	sqlite_room_open(r, false);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, 0);
	room_create(r, MN_STR("next"), NULL);
	sqlite_room_close(r);
	assert_int_equal(files_in(r), 1);
}

static void the_log_of_a_brain_that_was_deleted_is_not_the_next_one_s(void **state)
{
	struct room *r = *state;
	struct bytes log;

	build_known(r);
	log = bytes_read(path_in(r, CLAIM_FILE "-wal"));
	assert_true(log.n > 0);
	sqlite_room_close(r);
	assert_int_equal(unlink(path_in(r, CLAIM_FILE)), 0);
	bytes_write(path_in(r, CLAIM_FILE "-wal"), log.at, log.n);
	free(log.at);
	sqlite_room_open(r, false);
	room_create(r, r->brain, NULL);
	assert_int_equal(room_describe(r, r->brain).neurons, 0);
	ok(r, apply_one(r, 1, "anew"));
	sqlite_room_close(r);
	raw_check(path_in(r, CLAIM_FILE));
}

static void other_files_are_no_brains(void **state)
{
	struct room *r = *state;
	mn_rows rows;

	bytes_write(path_in(r, "notes.txt"), "hello", 5);
	bytes_write(path_in(r, ".brain"), "hello", 5);
	assert_int_equal(mkdir(path_in(r, "folder.brain"), 0700), 0);
	assert_int_equal(mkfifo(path_in(r, "pipe.brain"), 0600), 0);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, 1);
	says(r, find_status(r, "folder"), MN_EIO, "is not a file");
	says(r, find_status(r, "pipe"), MN_EIO, "is not a file");
}

static void a_copy_of_a_file_is_listed_once(void **state)
{
	struct room *r = *state;
	struct bytes b;
	mn_rows rows;

	sqlite_room_close(r);
	b = bytes_read(path_in(r, CLAIM_FILE));
	bytes_write(path_in(r, "copy.brain"), b.at, b.n);
	free(b.at);
	sqlite_room_open(r, false);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, 1);
}

/* ---- Other stores over the same folder ---------------------------------------------------- */

static void another_store_sees_renames_and_deletions(void **state)
{
	struct room *r = *state;
	mn_brain_row row = room_describe(r, r->brain);
	mn_db *here = r->db, *there = sqlite_room_second(r);
	mn_rows rows;

	build_known(r);
	r->db = there;
	ok(r, r->be->generation(r->db, &r->call, r->brain));
	row.name = MN_STR("other");
	ok(r, r->be->brains(here, &r->call, MN_BRAINS_UPDATE, &row, &rows));
	says(r, r->be->generation(r->db, &r->call, r->brain), MN_ENOBRAIN, "no brain");
	ok(r, r->be->generation(r->db, &r->call, MN_STR("other")));
	ok(r, r->be->brains(here, &r->call, MN_BRAINS_DELETE, &row.name, &rows));
	r->brain = MN_STR("other");
	says(r, apply_one(r, 1000, "too late"), MN_ENOBRAIN, "no brain");
	r->db = here;
	r->be->close(there);
	assert_int_equal(files_in(r), 0);
}

static void a_brain_deleted_and_made_again_is_another_one_to_all(void **state)
{
	struct room *r = *state;
	mn_db *here = r->db, *there = sqlite_room_second(r);
	mn_gen before;

	build_known(r);
	r->db = there;
	before = generation(r);
	r->db = here;
	room_delete(r, r->brain);
	room_create(r, r->brain, NULL);
	r->db = there;
	assert_true(generation(r).epoch != before.epoch);
	assert_int_equal(room_describe(r, r->brain).neurons, 0);
	ok(r, apply_one(r, 1, "anew"));
	r->db = here;
	assert_int_equal(room_describe(r, r->brain).neurons, 1);
	r->be->close(there);
}

/* ---- Without the right to write ----------------------------------------------------------- */

static int look_around(struct room *r)
{
	struct ids all;
	mn_query q = MN_SIZED(mn_query);

	q.kind = MN_NEURON;
	if (room_describe(r, r->brain).neurons != 6)
		return 1;
	all = scan_ids(r, &q, 100);
	q.text = MN_STR("cat");
	return all.n == 6 && scan_ids(r, &q, 10).n == 3 ? 0 : 2;
}

static void make_unwritable(struct room *r)
{
	sqlite_room_close(r);
	assert_int_equal(chmod(path_in(r, CLAIM_FILE), 0444), 0);
	assert_int_equal(chmod(r->folder, 0555), 0);
}

static void a_folder_without_the_right_to_write_can_be_read(void **state)
{
	struct room *r = *state;

	build_known(r);
	make_unwritable(r);
	assert_int_equal(in_child(r, true, look_around), 0);
	chmod(r->folder, 0755);
	assert_int_equal(files_in(r), 1);
}

static int find_the_log(struct room *r)
{
	int status = find_status(r, "claim 1");

	return status == MN_EIO && strstr(r->call.err->text, "copy the folder") ? 0 : 1;
}

static void a_log_that_cannot_be_read_is_not_passed_over(void **state)
{
	struct room *r = *state;
	struct bytes log, file;

	build_known(r);
	log = bytes_read(path_in(r, CLAIM_FILE "-wal"));
	file = bytes_read(path_in(r, CLAIM_FILE));
	sqlite_room_close(r);
	bytes_write(path_in(r, CLAIM_FILE), file.at, file.n);
	bytes_write(path_in(r, CLAIM_FILE "-wal"), log.at, log.n);
	free(file.at);
	free(log.at);
	assert_int_equal(chmod(path_in(r, CLAIM_FILE), 0444), 0);
	assert_int_equal(chmod(r->folder, 0555), 0);
	assert_int_equal(in_child(r, true, find_the_log), 0);
	chmod(r->folder, 0755);
}

static int try_to_write(struct room *r)
{
	sqlite_room_open(r, false);
	return apply_one(r, 1000, "x") == MN_EREADONLY && strstr(r->call.err->text, "rights") ? 0
											      : 1;
}

static void what_may_not_be_written_is_refused_in_words(void **state)
{
	struct room *r = *state;

	make_unwritable(r);
	assert_int_equal(in_child(r, true, try_to_write), 0);
	chmod(r->folder, 0755);
}

static void a_store_opened_for_reading_changes_no_brain(void **state)
{
	struct room *r = *state;
	struct bytes before, after;

	build_known(r);
	sqlite_room_close(r);
	before = bytes_read(path_in(r, CLAIM_FILE));
	sqlite_room_open(r, true);
	assert_int_equal(look_around(r), 0);
	says(r, apply_one(r, 1000, "x"), MN_EREADONLY, "read-only");
	sqlite_room_close(r);
	after = bytes_read(path_in(r, CLAIM_FILE));
	assert_true(bytes_same(before, after));
	free(before.at);
	free(after.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_room(only_the_owner_can_read_whatever_the_umask),
		in_room(the_owner_can_write_whatever_the_umask),
		in_room(a_url_that_leads_to_no_folder_is_refused),
		in_room(a_relative_folder_stays_where_it_was),
		in_room(hostile_names_stay_in_the_folder),
		in_room(long_names_differ_to_the_last_byte),
		in_room(a_link_in_the_way_is_not_followed),
		in_room(a_link_does_not_lead_a_new_brain_away),
		in_room(a_renamed_brain_keeps_its_file_and_frees_its_name),
		in_room(a_deleted_brain_leaves_nothing),
		in_room(what_was_broken_off_is_swept),
		in_room(the_log_of_a_brain_that_was_deleted_is_not_the_next_one_s),
		in_room(other_files_are_no_brains),
		in_room(a_copy_of_a_file_is_listed_once),
		in_room(another_store_sees_renames_and_deletions),
		in_room(a_brain_deleted_and_made_again_is_another_one_to_all),
		in_room(a_folder_without_the_right_to_write_can_be_read),
		in_room(a_log_that_cannot_be_read_is_not_passed_over),
		in_room(what_may_not_be_written_is_refused_in_words),
		in_room(a_store_opened_for_reading_changes_no_brain),
	};

	return cmocka_run_group_tests_name("sqlite: files", tests, NULL, NULL);
}
