/* SPDX-License-Identifier: MIT */
/* The plugin host: what it loads, and what it refuses before any of its code has run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "mn.h"

#define SOMEBODY 65534 /* nobody, as Debian numbers it */

struct world {
	mn_engine *engine;
	mn_call call;
	char dir[64], sub[80]; /* a folder of our own, and one in it */
};

/* ---- A world of folders -------------------------------------------------------------------- */

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/mn-plugin-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->sub, sizeof(w->sub), "%s/sub", w->dir);
	assert_int_equal(mkdir(w->sub, 0755), 0);
	unsetenv("MN_CANARY");
	*state = w;
	return 0;
}

static void empty(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0
			&& unlinkat(dirfd(d), e->d_name, 0) != 0)
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	closedir(d);
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->engine) {
		mn_call_done(&w->call);
		mn_engine_free(w->engine);
	}
	empty(w->sub);
	empty(w->dir);
	rmdir(w->dir);
	free(w);
	return 0;
}

/* An engine that looks into these folders and nowhere else. */
static const mn_plugin *look(struct world *w, const mn_str *dirs, size_t ndirs, size_t *n)
{
	mn_options options = MN_SIZED(mn_options);
	mn_error err = {.size = sizeof(err)};
	const mn_plugin *found;

	options.plugin_dirs = (mn_strs){dirs, ndirs};
	options.no_builtin_plugins = true;
	assert_int_equal(mn_engine_new(&options, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	assert_int_equal(mn_engine_plugins(w->engine, &w->call, &found, n), MN_OK);
	return found;
}

/* What is in `sub`: exactly one thing. */
static mn_plugin look_at_one(struct world *w)
{
	const mn_str dir = mn_str_of(w->sub);
	size_t n;
	const mn_plugin *found = look(w, &dir, 1, &n);

	assert_int_equal(n, 1);
	return found[0];
}

static void copy(const char *from, const char *to)
{
	char block[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0644);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, block, sizeof(block))) > 0)
		assert_int_equal(write(out, block, (size_t)n), n);
	close(in);
	close(out);
}

static const char *sample(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/mn_%s.so", getenv("MN_SAMPLES"), name);
	return path;
}

/* A copy of a sample as mn_NAME.so in a folder; returns its path. */
static const char *put(const char *dir, const char *sample_name, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/mn_%s.so", dir, name);
	copy(sample(sample_name), path);
	return path;
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void assert_says(mn_str line, const char *words)
{
	if (!line.ptr || line.len == 0 || !memmem(line.ptr, line.len, words, strlen(words)))
		fail_msg("\"%.*s\" does not say \"%s\"", (int)line.len, line.ptr, words);
	if (memchr(line.ptr, '\n', line.len) || memchr(line.ptr, '\033', line.len))
		fail_msg("\"%.*s\" is not one plain line", (int)line.len, line.ptr);
}

static void assert_refused_unrun(struct world *w, const char *words)
{
	const mn_plugin found = look_at_one(w);

	assert_says(found.refused, words);
	if (getenv("MN_CANARY"))
		fail_msg("code of a refused plugin has run");
}

/* ---- Tables -------------------------------------------------------------------------------- */

static void a_good_plugin_is_listed_with_what_it_can(void **state)
{
	struct world *w = *state;
	mn_plugin found;

	put(w->sub, "good", "x");
	found = look_at_one(w);
	assert_int_equal(found.refused.len, 0);
	assert_true(mn_str_is(found.name, "good"));
	assert_true(mn_str_is(found.version, "1.2"));
	assert_true(mn_str_is(found.capabilities, "write text"));
	assert_string_equal(getenv("MN_CANARY"), "sang");
}

static void what_is_wrong_with_a_table_is_said_in_one_line(void **state)
{
	static const char *const wrongs[][2] = {
		{"no_symbol", "does not export mn_backend_v1"},
		{"other_major", "version 2 of the contract"},
		{"short_table", "bytes, fewer than the"},
		{"other_rows", "rows of kind synapse"},
		{"no_apply", "no operation \"apply\""},
		{"no_name", "has no name"},
		{"odd_name", "its name is not"},
		{"no_table", "returns no table"},
		{"no_url", "no form of its URLs"},
	};
	struct world *w = *state;
	const mn_str dir = mn_str_of(w->sub);
	const size_t count = sizeof(wrongs) / sizeof(*wrongs);
	const mn_plugin *found;
	size_t n;

	for (size_t i = 0; i < count; i++)
		put(w->sub, wrongs[i][0], wrongs[i][0]);
	found = look(w, &dir, 1, &n);
	assert_int_equal(n, count);
	for (size_t i = 0; i < count; i++) {
		char name[64];
		size_t k = 0;

		snprintf(name, sizeof(name), "/mn_%s.so", wrongs[i][0]);
		while (k < n && !memmem(found[k].file.ptr, found[k].file.len, name, strlen(name)))
			k++;
		assert_true(k < n);
		assert_says(found[k].refused, wrongs[i][1]);
	}
}

static void the_first_of_two_plugins_of_a_name_wins(void **state)
{
	struct world *w = *state;
	const mn_str dirs[] = {mn_str_of(w->sub), mn_str_of(w->dir), mn_str_of(w->sub)};
	const mn_plugin *found;
	size_t n;

	put(w->sub, "good", "one");
	put(w->dir, "good", "two");
	found = look(w, dirs, 3, &n);
	assert_int_equal(n, 2); /* a folder named twice is searched once */
	assert_int_equal(found[0].refused.len, 0);
	assert_says(found[1].refused, "shadowed by");
	assert_says(found[1].refused, "mn_one.so");
	assert_true(mn_str_is(found[1].name, "good"));
}

static void a_store_of_an_unknown_kind_lists_those_there_are(void **state)
{
	struct world *w = *state;
	const mn_str dir = mn_str_of(w->sub);
	mn_store *store;
	size_t n;

	put(w->sub, "good", "x");
	put(w->sub, "no_apply", "y");
	look(w, &dir, 1, &n);
	assert_int_equal(
		mn_store_open(w->engine, &w->call, MN_STR("sqlit:/x"), false, &store), MN_EINVAL);
	assert_says(mn_str_of(w->call.err->text), "\"sqlit\" (there are: good:, better:)");
	assert_says(mn_str_of(w->call.err->text), "no operation");
	/* Each form of its URLs leads to it. */
	assert_int_equal(mn_store_open(w->engine, &w->call, MN_STR("better://x"), false, &store),
		MN_EUNSUPPORTED);
	assert_int_equal(
		mn_store_open(w->engine, &w->call, MN_STR("no url"), false, &store), MN_EINVAL);
}

/* ---- Files --------------------------------------------------------------------------------- */

static void a_file_that_is_no_shared_object_is_refused(void **state)
{
	struct world *w = *state;
	const mn_str dir = mn_str_of(w->sub);
	const mn_plugin *found;
	size_t n;

	write_file(w->sub, "mn_empty.so", "");
	write_file(w->sub, "mn_text.so", "not a program at all\n");
	write_file(w->sub, "readme.txt", "passed over");
	write_file(w->sub, "mn_.so", "passed over too");
	found = look(w, &dir, 1, &n);
	assert_int_equal(n, 2);
	assert_says(found[0].refused, "not a shared object");
	assert_says(found[1].refused, "not a shared object");
	/* Nobody knows a file by its descriptor. */
	assert_null(memmem(found[0].refused.ptr, found[0].refused.len, "/proc/", 6));
}

static void a_file_others_may_write_to_never_runs(void **state)
{
	struct world *w = *state;

	assert_int_equal(chmod(put(w->sub, "good", "x"), 0646), 0);
	assert_refused_unrun(w, "everybody may write");
}

static void a_file_of_somebody_else_never_runs(void **state)
{
	struct world *w = *state;
	const char *path = put(w->sub, "good", "x");

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path, SOMEBODY, SOMEBODY), 0);
	assert_refused_unrun(w, "belongs to user 65534");
}

static void a_file_of_a_foreign_group_never_runs(void **state)
{
	struct world *w = *state;
	const char *path = put(w->sub, "good", "x");

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path, 0, SOMEBODY), 0);
	assert_int_equal(chmod(path, 0664), 0);
	assert_refused_unrun(w, "a group may write");
}

static void a_link_never_runs(void **state)
{
	struct world *w = *state;
	char path[128];

	put(w->dir, "good", "x");
	snprintf(path, sizeof(path), "%s/mn_x.so", w->sub);
	assert_int_equal(symlink("../mn_x.so", path), 0);
	assert_refused_unrun(w, "symbolic link");
}

static void a_pipe_neither_runs_nor_holds_up(void **state)
{
	struct world *w = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/mn_x.so", w->sub);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused_unrun(w, "not a regular file");
}

/* ---- Folders ------------------------------------------------------------------------------- */

static void nothing_runs_from_a_folder_others_may_write_to(void **state)
{
	struct world *w = *state;

	put(w->sub, "good", "x");
	assert_int_equal(chmod(w->sub, 0777), 0);
	assert_refused_unrun(w, "everybody may write to sub");
}

static void nothing_runs_from_below_a_folder_others_may_write_to(void **state)
{
	struct world *w = *state;

	put(w->sub, "good", "x");
	assert_int_equal(chmod(w->dir, 0757), 0);
	assert_refused_unrun(w, "everybody may write to mn-plugin-");
}

static void a_sticky_folder_on_the_way_is_no_danger(void **state)
{
	struct world *w = *state;

	put(w->sub, "good", "x");
	assert_int_equal(chmod(w->dir, 01777), 0);
	assert_int_equal(look_at_one(w).refused.len, 0);
}

static void nothing_runs_from_a_folder_of_somebody_else(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip();
	put(w->sub, "good", "x");
	assert_int_equal(chown(w->dir, SOMEBODY, SOMEBODY), 0);
	assert_refused_unrun(w, "belongs to user 65534");
}

static void a_link_on_the_way_is_followed_to_what_is_checked_too(void **state)
{
	struct world *w = *state;
	char link[128], open_dir[128];
	const mn_str dir = {link, (size_t)snprintf(link, sizeof(link), "%s/link", w->dir)};
	const mn_plugin *found;
	size_t n;

	snprintf(open_dir, sizeof(open_dir), "%s/open", w->sub);
	assert_int_equal(mkdir(open_dir, 0755), 0);
	put(open_dir, "good", "x");
	assert_int_equal(chmod(w->sub, 0777), 0);
	assert_int_equal(symlink(open_dir, link), 0);
	found = look(w, &dir, 1, &n);
	assert_int_equal(n, 1);
	assert_says(found[0].refused, "everybody may write to sub");
	assert_null(getenv("MN_CANARY"));
	empty(open_dir);
}

static void a_folder_that_is_named_must_be_there_and_absolute(void **state)
{
	struct world *w = *state;
	const mn_str dirs[] = {
		MN_STR("/no/such/folder"), MN_STR("tests"), MN_STR("/dev/null"), MN_STR("/tmp\0x")};
	const mn_plugin *found;
	size_t n;

	found = look(w, dirs, 4, &n);
	assert_int_equal(n, 4);
	assert_says(found[0].refused, "no such folder");
	assert_says(found[1].refused, "must be absolute");
	assert_says(found[2].refused, "not a folder");
	assert_says(found[3].refused, "NUL");
}

/* ---- Processes ----------------------------------------------------------------------------- */

static size_t descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void engines_come_and_go_without_losing_a_descriptor(void **state)
{
	struct world *w = *state;
	size_t before = 0;

	put(w->sub, "good", "x");
	put(w->dir, "no_apply", "x");
	for (int i = 0; i < 20; i++) {
		const mn_str dirs[] = {mn_str_of(w->sub), mn_str_of(w->dir)};
		size_t n;
		const mn_plugin *found = look(w, dirs, 2, &n);

		assert_int_equal(n, 2);
		assert_true(mn_str_is(found[0].name, "good"));
		assert_says(found[1].refused, "no operation");
		mn_call_done(&w->call);
		mn_engine_free(w->engine);
		w->engine = NULL;
		before = i == 0 ? descriptors() : before;
	}
	assert_int_equal(descriptors(), before);
}

/* In a copy of this program that belongs to somebody else and takes on his rights. */
static int run_raised(const char *dir)
{
	struct world w = {0};
	const mn_str dirs = mn_str_of(dir);
	size_t n;
	const mn_plugin *found;

	if (!getauxval(AT_SECURE))
		return 77; /* /tmp does not allow it */
	found = look(&w, &dirs, 1, &n);
	return n == 1 && memmem(found[0].refused.ptr, found[0].refused.len, "more rights", 11)
			       && !getenv("MN_CANARY")
		       ? 0
		       : 1;
}

static void a_program_with_more_rights_than_its_user_loads_nothing(void **state)
{
	struct world *w = *state;
	char path[128];
	int status;
	pid_t child;

	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof(path), "%s/raised", w->dir);
	copy("/proc/self/exe", path);
	assert_int_equal(chown(path, SOMEBODY, SOMEBODY), 0);
	assert_int_equal(chmod(path, 04755), 0);
	assert_int_equal(chmod(w->dir, 0755), 0);
	put(w->sub, "good", "x");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl(path, path, "--raised", w->sub, (char *)NULL);
		_exit(77);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_plugin_is_listed_with_what_it_can),
		TEST(what_is_wrong_with_a_table_is_said_in_one_line),
		TEST(the_first_of_two_plugins_of_a_name_wins),
		TEST(a_store_of_an_unknown_kind_lists_those_there_are),
		TEST(a_file_that_is_no_shared_object_is_refused),
		TEST(a_file_others_may_write_to_never_runs),
		TEST(a_file_of_somebody_else_never_runs),
		TEST(a_file_of_a_foreign_group_never_runs),
		TEST(a_link_never_runs),
		TEST(a_pipe_neither_runs_nor_holds_up),
		TEST(nothing_runs_from_a_folder_others_may_write_to),
		TEST(nothing_runs_from_below_a_folder_others_may_write_to),
		TEST(a_sticky_folder_on_the_way_is_no_danger),
		TEST(nothing_runs_from_a_folder_of_somebody_else),
		TEST(a_link_on_the_way_is_followed_to_what_is_checked_too),
		TEST(a_folder_that_is_named_must_be_there_and_absolute),
		TEST(engines_come_and_go_without_losing_a_descriptor),
		TEST(a_program_with_more_rights_than_its_user_loads_nothing),
	};

	umask(022);
	if (argc == 3 && strcmp(argv[1], "--raised") == 0)
		_exit(run_raised(argv[2])); /* no exit handler has the rights it wants */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
