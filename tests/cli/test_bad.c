/* SPDX-License-Identifier: MIT */
/* Stores, files and terminals that are not as they should be: one clear line, nothing lost. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

static const char escapes[] = "\x1b]0;owned\x07\x1b[2J\x9b"
			      "31m\xe2\x80\xae"
			      "cat\xc2\x9b"
			      "5n";

static void remember_cats(const struct room *room)
{
	struct ran r = must(room, 0, "remember", "The cat sleeps.", NULL);

	ran_free(&r);
	r = must(room, 0, "remember", "A cat and a dog.", NULL);
	ran_free(&r);
}

/* The database of the one brain in the room. */
static const char *database(const struct room *room)
{
	static char path[512];
	const char *folder = room_path(room, "data/mnemoscope");
	DIR *d = opendir(folder);
	struct dirent *e;

	assert_non_null(d);
	path[0] = '\0';
	while ((e = readdir(d))) {
		size_t n = strlen(e->d_name);

		if (e->d_name[0] != '.' && !(n > 4 && e->d_name[n - 4] == '-'))
			snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
	}
	closedir(d);
	assert_true(path[0]);
	return path;
}

static void overwrite(const char *path, long at, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static long size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (long)st.st_size;
}

/* ---- Databases ---------------------------------------------------------------------------- */

static void a_store_that_is_not_there_has_no_brains(void **state)
{
	struct ran r = must(
		*state, 0, "--store", "sqlite:/dev/mn-none/mn", "brain", "list", "--json", NULL);

	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
	r = must(*state, 3, "--store", "sqlite:/dev/mn-none/mn", "recall", "x", NULL);
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 1, "--store", "sqlite:/dev/null/mn", "remember", "x", NULL);
	assert_one_line(r.err);
	ran_free(&r);
}

static void a_file_that_is_no_database_is_left_alone(void **state)
{
	char before[16] = "", after[16] = "";
	const char *path;
	struct ran r;
	int fd;

	remember_cats(*state);
	path = database(*state);
	assert_int_equal(truncate(path, 0), 0);
	overwrite(path, 0, "Dear diary,\n and so on.", 23);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, before, 15), 15);
	r = must(*state, 1, "recall", "cat", NULL);
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 1, "remember", "more", NULL);
	assert_one_line(r.err);
	ran_free(&r);
	assert_int_equal(pread(fd, after, 15, 0), 15);
	assert_string_equal(before, after);
	close(fd);
}

static void a_database_of_another_program_is_refused(void **state)
{
	struct ran r;
	sqlite3 *db;
	const char *path;

	remember_cats(*state);
	path = database(*state);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "CREATE TABLE a(b); PRAGMA application_id = 7", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	r = must(*state, 1, "recall", "cat", NULL);
	assert_one_line(r.err);
	ran_free(&r);
}

static void a_database_of_a_newer_version_is_refused(void **state)
{
	struct ran r;
	sqlite3 *db;

	remember_cats(*state);
	assert_int_equal(sqlite3_open(database(*state), &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "PRAGMA user_version = 999", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	r = must(*state, 1, "recall", "cat", NULL);
	assert_has(r.err, "newer");
	assert_one_line(r.err);
	ran_free(&r);
}

static void what_is_wrong_with_other_brains_is_said_where_all_are_listed(void **state)
{
	struct ran r;

	remember_cats(*state);
	room_write_text(*state, "data/mnemoscope/broken.brain", "not a brain at all");
	r = must(*state, 3, "--brain", "missing", "stats", NULL);
	assert_one_line(r.err);
	assert_has(r.err, "there is no brain \"missing\"");
	ran_free(&r);
	r = must(*state, 0, "--brain", "new", "remember", "one", "--quiet", NULL);
	assert_string_equal(r.err, "");
	ran_free(&r);
	r = must(*state, 0, "brain", "list", NULL);
	assert_one_line(r.err);
	assert_has(r.err, "passed over: ");
	assert_has(r.err, "broken.brain is not a brain: move it away");
	ran_free(&r);
}

static void a_damaged_database_is_an_error_not_a_crash(void **state)
{
	unsigned char noise[4096];
	const char *path;
	long size;

	remember_cats(*state);
	path = database(*state);
	size = size_of(path);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (unsigned char)(i * 131 + 7);
	for (long at = 4096; at + 4096 <= size; at += 4096)
		overwrite(path, at, noise, sizeof(noise));
	for (unsigned i = 0; i < 3; i++) {
		static const char *const verbs[][3] = {
			{"recall", "cat", NULL}, {"export", NULL}, {"remember", "more", NULL}};
		struct ran r = run(*state, verbs[i][0], verbs[i][1], NULL);

		assert_int_equal(r.code, 1);
		assert_one_line(r.err);
		ran_free(&r);
	}
}

static void a_database_cut_short_is_an_error_not_a_crash(void **state)
{
	struct ran r;
	const char *path;

	remember_cats(*state);
	path = database(*state);
	assert_int_equal(truncate(path, size_of(path) / 2 / 4096 * 4096 + 100), 0);
	r = run(*state, "recall", "cat", NULL);
	assert_int_equal(r.code, 1);
	assert_one_line(r.err);
	ran_free(&r);
}

/* Permissions do not stop root, so root runs the program as nobody. */
static const char *somebody(const struct room *room)
{
	if (geteuid() != 0)
		return "LC_ALL=";
	if (chown(room->dir, 65534, 65534) || chown(room_path(room, "data"), 65534, 65534)
		|| chown(room_path(room, "data/mnemoscope"), 65534, 65534)
		|| chown(database(room), 65534, 65534))
		skip();
	return "AS_NOBODY=1";
}

static void a_read_only_folder_can_be_read_and_says_so_when_written(void **state)
{
	const char *who;
	struct ran r;

	remember_cats(*state);
	who = somebody(*state);
	assert_int_equal(chmod(database(*state), 0400), 0);
	assert_int_equal(chmod(room_path(*state, "data/mnemoscope"), 0500), 0);
	r = run(*state, who, "recall", "cat", NULL);
	if (r.code == 126) /* nobody may not even run it here */
		skip();
	assert_int_equal(r.code, 0);
	assert_has(r.out, "The cat sleeps.");
	assert_has(r.err, "not reinforced");
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 0, who, "recall", "cat", "--no-learn", NULL);
	assert_string_equal(r.err, "");
	ran_free(&r);
	r = must(*state, 1, who, "remember", "more", NULL);
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 1, who, "brain", "create", "other", NULL);
	assert_one_line(r.err);
	ran_free(&r);
}

/* ---- Full disks --------------------------------------------------------------------------- */

/* A file system of a few hundred kilobytes at the room's data, for this process alone. */
static bool make_small_disk(const struct room *room)
{
	char map[32];
	int fd;
	const char *data = room_path(room, "data");

	if (mkdir(data, 0700) < 0)
		return false;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			return false;
		fd = open("/proc/self/uid_map", O_WRONLY);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			return false;
		close(fd);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	return mount("tmpfs", data, "tmpfs", 0, "size=2m") == 0;
}

static void a_full_disk_is_one_line_and_loses_nothing_that_was_acknowledged(void **state)
{
	struct ran r;
	FILE *f;

	if (!make_small_disk(*state))
		skip();
	r = must(*state, 0, "remember", "The cat sleeps.", NULL);
	ran_free(&r);
	f = fopen(room_path(*state, "many.jsonl"), "w");
	assert_non_null(f);
	for (unsigned i = 0; i < 20000; i++)
		fprintf(f, "{\"text\":\"Note %u about box %u and a rather long story.\"}\n", i,
			i % 97);
	fclose(f);
	r = must(*state, 1, "import", room_path(*state, "many.jsonl"), NULL);
	assert_has(r.err, "full");
	ran_free(&r);
	r = must(*state, 0, "recall", "cat", NULL);
	assert_has(r.out, "The cat sleeps.");
	ran_free(&r);
	umount2(room_path(*state, "data"), MNT_DETACH);
}

static void a_full_device_behind_standard_output_is_an_error(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	struct ran r;

	remember_cats(*state);
	r = run_to(*state, full, "recall", "cat", NULL);
	assert_int_equal(r.code, 1);
	assert_has(r.err, "No space left on device");
	assert_one_line(r.err);
	ran_free(&r);
	r = run_to(*state, full, "export", NULL);
	assert_int_equal(r.code, 1);
	ran_free(&r);
	r = run_to(*state, full, "--help", NULL);
	assert_int_equal(r.code, 1);
	ran_free(&r);
	close(full);
}

static void an_export_that_fails_leaves_no_file(void **state)
{
	struct ran r;

	remember_cats(*state);
	r = must(*state, 3, "export", "-o", "/dev/mn-none/x.jsonl", NULL);
	ran_free(&r);
	r = must(*state, 0, "export", "-o", room_path(*state, "x.jsonl"), NULL);
	ran_free(&r);
	r = must(*state, 1, "export", "-o", room_path(*state, "x.jsonl"), NULL);
	assert_has(r.err, "--force");
	ran_free(&r);
	r = must(*state, 0, "export", "--force", "-o", room_path(*state, "x.jsonl"), NULL);
	ran_free(&r);
}

static void an_export_is_for_oneself_alone_and_follows_no_link(void **state)
{
	struct stat st;
	struct ran r;

	remember_cats(*state);
	r = must(*state, 0, "export", "-o", room_path(*state, "x.jsonl"), NULL);
	ran_free(&r);
	assert_int_equal(stat(room_path(*state, "x.jsonl"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	room_write_text(*state, "victim", "keep me");
	assert_int_equal(symlink(room_path(*state, "victim"), room_path(*state, "link")), 0);
	r = must(*state, 0, "export", "--force", "-o", room_path(*state, "link"), NULL);
	ran_free(&r);
	assert_int_equal(size_of(room_path(*state, "victim")), 7);
}

/* ---- Pipes and terminals ------------------------------------------------------------------ */

static void a_broken_pipe_is_quiet(void **state)
{
	int ends[2];
	struct ran r;

	remember_cats(*state);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	r = run_to(*state, ends[1], "recall", "cat", NULL);
	assert_int_equal(r.code, 128 + SIGPIPE);
	assert_string_equal(r.err, "");
	ran_free(&r);
	r = run_to(*state, ends[1], "export", NULL);
	assert_int_equal(r.code, 128 + SIGPIPE);
	assert_string_equal(r.err, "");
	ran_free(&r);
	close(ends[1]);
}

static void closed_streams_take_nobodys_place(void **state)
{
	struct ran r;
	int closed = open("/dev/null", O_RDONLY);

	remember_cats(*state);
	r = run_to(*state, closed, "recall", "cat", NULL); /* refuses every write */
	assert_int_equal(r.code, 1);
	ran_free(&r);
	close(closed);
	r = must(*state, 0, "recall", "cat", NULL);
	assert_has(r.out, "The cat sleeps.");
	ran_free(&r);
}

/* Is there a character at p that would change how others are shown, without being seen? */
static bool hidden(const unsigned char *p)
{
	if (p[0] != 0xE2)
		return false;
	return (p[1] == 0x80 && p[2] >= 0x8B && p[2] <= 0x8F)     /* zero width, direction marks */
	       || (p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE)  /* embeddings, overrides */
	       || (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9); /* isolates */
}

/* No control but newlines, no C1 control, nothing hidden. */
static void assert_plain(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0; i < n; i++)
		if ((p[i] < 0x20 && p[i] != '\n') || p[i] == 0x7F
			|| (p[i] == 0xC2 && p[i + 1] < 0xA0) || hidden(p + i))
			fail_msg("byte %zu is %02x in: %s", i, p[i], text);
}

static void escape_sequences_inside_a_memory_are_shown_not_sent(void **state)
{
	static const char *const verbs[][4] = {
		{"recall", "cat", NULL},
		{"recall", "cat", "--why", NULL},
		{"recall", "cat", "--json", NULL},
		{"recall", "cat", "--context", "100"},
	};
	char line[512];
	struct ran r;

	snprintf(line, sizeof(line),
		"{\"id\":\"\\u001b[5n\",\"title\":\"\\u202ecat\\u0007\",\"text\":\"The cat "
		"\\u001b]0;owned\\u0007 \\u001b[2J \\u009b31m \\u202e \\u200b says.\"}\n");
	r = run_input(*state, line, "import", "-", NULL);
	assert_int_equal(r.code, 0);
	assert_plain(r.out, r.nout);
	ran_free(&r);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		r = must(*state, 0, verbs[i][0], verbs[i][1], verbs[i][2], verbs[i][3], NULL);
		assert_has(r.out, "cat");
		assert_plain(r.out, r.nout);
		assert_plain(r.err, r.nerr);
		ran_free(&r);
	}
}

static void escape_sequences_in_arguments_and_names_are_shown_not_sent(void **state)
{
	static const char *const bad[][4] = {
		{"recall", "x", "--brain", escapes},
		{escapes, NULL},
		{"stats", escapes, NULL},
		{"stats", "--\x1b[31m", NULL},
		{"import", "/\x1b[31m\x07", NULL},
		{"--store", "\x1b[31m:x", "brain", "list"},
		{"trace", "show", "/\x1b[31m", NULL},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ran r = run(*state, bad[i][0], bad[i][1], bad[i][2], bad[i][3], NULL);

		assert_true(r.code >= 1 && r.code <= 3);
		assert_plain(r.out, r.nout);
		assert_plain(r.err, r.nerr);
		ran_free(&r);
	}
}

static void without_utf8_a_terminal_gets_ascii_and_a_pipe_gets_text(void **state)
{
	struct going g;
	struct ran r = must(*state, 0, "remember", "Das Caf\xc3\xa9 am Fluss.", NULL);

	ran_free(&r);
	r = must(*state, 0, "LANG=C", "recall", "Fluss", NULL);
	assert_has(r.out, "Caf\xc3\xa9");
	ran_free(&r);
	r = must(*state, 0, "LANG=C", "recall", "Fluss", "--json", NULL);
	assert_has(r.out, "Caf\xc3\xa9");
	ran_free(&r);
	g = start(*state, true, "LANG=C", "--no-color", "recall", "Fluss", NULL);
	wait_for(&g, "##########");
	wait_for(&g, "Caf<U+00E9>");
	assert_int_equal(finish(&g).code, 0);
}

static void an_unknown_terminal_is_no_obstacle_to_a_verb(void **state)
{
	struct ran r;

	remember_cats(*state);
	r = must(*state, 0, "TERM=nonsense", "recall", "cat", NULL);
	ran_free(&r);
	r = must(*state, 0, "TERM=", "recall", "cat", NULL);
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(a_store_that_is_not_there_has_no_brains),
		CLAIM(a_file_that_is_no_database_is_left_alone),
		CLAIM(a_database_of_another_program_is_refused),
		CLAIM(a_database_of_a_newer_version_is_refused),
		CLAIM(what_is_wrong_with_other_brains_is_said_where_all_are_listed),
		CLAIM(a_damaged_database_is_an_error_not_a_crash),
		CLAIM(a_database_cut_short_is_an_error_not_a_crash),
		CLAIM(a_read_only_folder_can_be_read_and_says_so_when_written),
		CLAIM(a_full_device_behind_standard_output_is_an_error),
		CLAIM(an_export_that_fails_leaves_no_file),
		CLAIM(an_export_is_for_oneself_alone_and_follows_no_link),
		CLAIM(a_broken_pipe_is_quiet),
		CLAIM(closed_streams_take_nobodys_place),
		CLAIM(escape_sequences_inside_a_memory_are_shown_not_sent),
		CLAIM(escape_sequences_in_arguments_and_names_are_shown_not_sent),
		CLAIM(without_utf8_a_terminal_gets_ascii_and_a_pipe_gets_text),
		CLAIM(an_unknown_terminal_is_no_obstacle_to_a_verb),
		/* last: it leaves this process with file systems of its own */
		CLAIM(a_full_disk_is_one_line_and_loses_nothing_that_was_acknowledged),
	};

	return cmocka_run_group_tests_name("bad input", claims, NULL, NULL);
}
