/* SPDX-License-Identifier: MIT */
/* What goes into a brain, and what is refused. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

static void a_memory_comes_back(void **state)
{
	struct ran r = must(*state, 0, "remember", "Caroline moved to Lisbon.", "--id", "m1",
		"--at", "2023-06-01", "--tag", "move", "--speaker", "Caroline", NULL);

	assert_has(r.out, "added m1");
	ran_free(&r);
	r = must(*state, 0, "recall", "Lisbon", NULL);
	assert_has(r.out, "m1");
	assert_has(r.out, "Caroline moved to Lisbon.");
	ran_free(&r);
}

static void the_same_memory_twice_is_one(void **state)
{
	struct ran r = must(*state, 0, "remember", "The cat sleeps.", NULL);

	ran_free(&r);
	r = must(*state, 0, "remember", "The cat sleeps.", NULL);
	assert_has(r.out, "unchanged");
	ran_free(&r);
	r = must(*state, 0, "stats", "--json", NULL);
	assert_has(r.out, "\"fibers\":1,");
	ran_free(&r);
}

static void standard_input_is_one_memory(void **state)
{
	struct ran r = run_input(*state, "one line\nanother line\n\n", "remember", "-", NULL);

	assert_int_equal(r.code, 0);
	ran_free(&r);
	r = must(*state, 0, "recall", "another", "--json", NULL);
	assert_has(r.out, "\"one line\\nanother line\"");
	ran_free(&r);
}

static void nothing_to_remember_is_refused(void **state)
{
	struct ran r = run_input(*state, "\n\n", "remember", "-", NULL);

	assert_int_equal(r.code, 1);
	assert_has(r.err, "no text");
	ran_free(&r);
	r = must(*state, 1, "remember", "", NULL);
	ran_free(&r);
	r = must(*state, 2, "remember", NULL);
	ran_free(&r);
	r = must(*state, 2, "remember", "x", "--at", "yesterday-ish", NULL);
	assert_has(r.err, "--at must be a time such as");
	ran_free(&r);
}

static void a_malformed_line_stops_with_its_number(void **state)
{
	struct ran r = run_input(*state,
		"{\"id\":\"a\",\"text\":\"one\"}\n{\"id\":\"b\",\"text\":\n"
		"{\"id\":\"c\",\"text\":\"three\"}\n",
		"import", "-", NULL);

	assert_int_equal(r.code, 1);
	assert_has(r.err, ":2: ");
	assert_lacks(r.err, "passed over");
	assert_lacks(r.err, ":3: ");
	ran_free(&r);
}

static void a_pipe_whose_first_line_is_bad_leaves_no_brain_behind(void **state)
{
	struct ran r = run_input(*state, "{\"text\":\n", "import", "-", NULL);

	assert_int_equal(r.code, 1);
	assert_has(r.err, "nothing was imported");
	ran_free(&r);
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
	r = must(*state, 0, "brain", "create", "mine", NULL); /* but one that was there stays */
	ran_free(&r);
	r = run_input(*state, "{\"text\":\n", "--brain", "mine", "import", "-", NULL);
	assert_int_equal(r.code, 1);
	ran_free(&r);
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_has(r.out, "\"mine\"");
	ran_free(&r);
}

static void a_file_with_a_bad_line_leaves_nothing_behind(void **state)
{
	FILE *f = fopen(room_path(*state, "many.jsonl"), "w");
	struct ran r;

	assert_non_null(f);
	for (unsigned i = 0; i < 5000; i++)
		fprintf(f, i == 4321 ? "{\"text\":}\n" : "{\"text\":\"Memory number %u.\"}\n", i);
	fclose(f);
	r = must(*state, 1, "import", room_path(*state, "many.jsonl"), NULL);
	assert_has(r.err, "many.jsonl:4322: ");
	assert_has(r.err, "nothing was imported");
	ran_free(&r);
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
	r = must(*state, 0, "import", "--keep-going", room_path(*state, "many.jsonl"), "--json",
		NULL);
	assert_has(r.out, "\"added\":4999");
	ran_free(&r);
}

static void a_graph_with_a_bad_line_leaves_nothing_behind(void **state)
{
	struct ran r;

	room_write_text(*state, "x.graph",
		"{\"brain\":{\"name\":\"x\",\"config\":{\"decay_rate\":0.2}}}\n"
		"{\"neuron\":{\"type\":\"concept\",\"text\":\"cat\"}}\n"
		"{\"neuron\":{\"type\":\n");
	r = must(*state, 1, "import", room_path(*state, "x.graph"), NULL);
	assert_has(r.err, "x.graph:3: ");
	ran_free(&r);
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
	r = must(*state, 0, "import", "--keep-going", room_path(*state, "x.graph"), NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "show", "--json", NULL);
	assert_has(r.out, "\"neurons\":1,");
	assert_has(r.out, "\"decay_rate\":0.2");
	ran_free(&r);
}

static void a_malformed_line_is_passed_over_when_asked_to(void **state)
{
	struct ran r = run_input(*state,
		"{\"id\":\"a\",\"text\":\"one\"}\nnot "
		"json\n[]\n{\"text\":7}\n{\"id\":\"c\",\"text\":\"three\"}\n",
		"import", "-", "--keep-going", "--json", NULL);

	assert_int_equal(r.code, 0);
	assert_has(r.err, "line 2 passed over");
	assert_has(r.err, "line 3 passed over");
	assert_has(r.err, "line 4 passed over");
	assert_has(r.out, "\"added\":2");
	assert_has(r.out, "\"bad\":3");
	ran_free(&r);
}

static void complaints_do_not_flood(void **state)
{
	char text[4096] = "";
	struct ran r;

	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 2 * i, "x\n", 3);
	r = run_input(*state, text, "import", "-", "--keep-going", NULL);
	assert_int_equal(r.code, 0);
	assert_true(count_of(r.err, "\n") < 30);
	assert_has(r.out, "1,000 bad lines");
	ran_free(&r);
}

static void an_endless_line_is_refused_in_bounded_memory(void **state)
{
	const size_t n = (size_t)20 << 20;
	char *line = malloc(n);
	const char *words[] = {"import", "-", NULL};
	struct ran r;

	assert_non_null(line);
	memset(line, 'a', n);
	r = run_with(*state, line, n, words);
	free(line);
	assert_int_equal(r.code, 1);
	assert_has(r.err, ":1: the line is longer than");
	ran_free(&r);
}

static void a_binary_file_is_refused(void **state)
{
	char bytes[512];
	struct ran r;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 37);
	room_write(*state, "binary", bytes, sizeof(bytes));
	r = must(*state, 1, "import", room_path(*state, "binary"), NULL);
	assert_has(r.err, "binary:1: ");
	ran_free(&r);
	r = must(*state, 1, "import", room_path(*state, "binary"), "--format", "text", NULL);
	assert_has(r.err, "UTF-8");
	ran_free(&r);
}

static void lossy_repairs_what_is_not_text(void **state)
{
	static const char line[] = "{\"id\":\"a\",\"text\":\"caf\xe9 au lait\"}\n";
	const char *strict[] = {"import", "-", NULL}, *lossy[] = {"import", "-", "--lossy", NULL};
	struct ran r = run_with(*state, line, sizeof(line) - 1, strict);

	assert_int_equal(r.code, 1);
	ran_free(&r);
	r = run_with(*state, line, sizeof(line) - 1, lossy);
	assert_int_equal(r.code, 0);
	ran_free(&r);
	r = must(*state, 0, "recall", "lait", NULL);
	assert_has(r.out, "caf\xef\xbf\xbd au lait");
	ran_free(&r);
}

static void a_zero_byte_file_imports_nothing(void **state)
{
	struct ran r;

	room_write(*state, "empty.jsonl", "", 0);
	r = must(*state, 0, "import", room_path(*state, "empty.jsonl"), NULL);
	assert_has(r.out, "0 memories added");
	ran_free(&r);
}

static void a_missing_file_is_not_found(void **state)
{
	struct ran r = must(*state, 3, "import", "/dev/mn-none/x.jsonl", NULL);

	assert_has(r.err, "No such file");
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 1, "import", "/tmp", NULL);
	assert_has(r.err, "is a folder");
	ran_free(&r);
	/* and nothing was made for it */
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
}

static void formats_are_known_by_the_end_of_the_name(void **state)
{
	struct ran r;

	room_write_text(*state, "a.md", "# Cats\n\nThey sleep.\n\n# Dogs\n\nThey bark.\n");
	room_write_text(*state, "b.txt", "First paragraph.\n\nSecond paragraph.\n");
	r = must(*state, 0, "import", room_path(*state, "a.md"), "--json", NULL);
	assert_has(r.out, "\"added\":2");
	ran_free(&r);
	r = must(*state, 0, "import", room_path(*state, "b.txt"), "--json", NULL);
	assert_has(r.out, "\"added\":2");
	ran_free(&r);
}

/* ---- Interrupted -------------------------------------------------------------------------- */

enum { MANY = 20000, SOME = 200000 };

static void write_many(const struct room *room, const char *name)
{
	FILE *f = fopen(room_path(room, name), "w");

	assert_non_null(f);
	for (unsigned i = 0; i < MANY; i++)
		fprintf(f,
			"{\"id\":\"m%u\",\"text\":\"Note %u says that item %u of box %u is blue.\","
			"\"session\":\"s%u\"}\n",
			i, i, i % 977, i % 131, i / 50);
	assert_int_equal(fclose(f), 0);
}

/* Until the brain's file has so many bytes: something is stored, and there is more to come. */
static void wait_for_bytes(const struct room *room, long bytes)
{
	struct stat st = {.st_size = 0};

	for (unsigned i = 0; st.st_size < bytes && i < 3000; i++) {
		usleep(10000);
		if (stat(room_path(room, "data/mnemoscope/default.brain-wal"), &st) < 0)
			st.st_size = 0;
	}
	assert_true(st.st_size >= bytes);
}

static void an_interrupted_import_goes_on_and_doubles_nothing(void **state)
{
	struct going g;
	struct ran r;

	write_many(*state, "many.jsonl");
	g = start(*state, false, "--progress", "import", room_path(*state, "many.jsonl"), NULL);
	wait_for_bytes(*state, SOME);
	assert_int_equal(kill(g.pid, SIGINT), 0);
	r = finish(&g);
	assert_int_equal(r.code, 130);
	assert_has(r.err, "doubles nothing");
	ran_free(&r);
	r = must(*state, 0, "import", room_path(*state, "many.jsonl"), "--json", NULL);
	assert_has(r.out, "\"lines\":20000");
	assert_lacks(r.out, "\"unchanged\":0");
	assert_lacks(r.out, "\"unchanged\":20000");
	ran_free(&r);
	r = must(*state, 0, "stats", "--json", NULL);
	assert_has(r.out, "\"fibers\":20000,");
	ran_free(&r);
}

static void a_killed_import_leaves_a_brain_that_opens(void **state)
{
	struct going g;
	struct ran r;

	write_many(*state, "many.jsonl");
	g = start(*state, false, "import", room_path(*state, "many.jsonl"), NULL);
	wait_for_bytes(*state, SOME);
	assert_int_equal(kill(g.pid, SIGKILL), 0);
	r = finish(&g);
	assert_int_equal(r.code, 1000 + SIGKILL);
	ran_free(&r);
	r = must(*state, 0, "import", room_path(*state, "many.jsonl"), NULL);
	ran_free(&r);
	r = must(*state, 0, "stats", "--json", NULL);
	assert_has(r.out, "\"fibers\":20000,");
	ran_free(&r);
}

static void progress_is_drawn_at_a_terminal_and_wiped(void **state)
{
	const char *path = room_path(*state, "pipe");
	struct going g;
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	g = start(*state, true, "import", path, "--format", "jsonl", NULL);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	for (unsigned i = 0; i < 5000; i++) { /* for two seconds or so */
		char line[64];
		int n = snprintf(line, sizeof(line), "{\"text\":\"Memory number %u.\"}\n", i);

		assert_int_equal(write(fd, line, (size_t)n), n);
		if (i % 50 == 0)
			usleep(20000);
	}
	close(fd);
	wait_for(&g, "importing: ");
	wait_for(&g, " lines, ");
	wait_for(&g, "\r\x1b[K");
	wait_for(&g, "5,000 memories added");
	assert_int_equal(finish(&g).code, 0);
}

static void a_quiet_import_says_nothing(void **state)
{
	struct ran r = run_input(*state, "{\"text\":\"one\"}\n", "-q", "import", "-", NULL);

	assert_int_equal(r.code, 0);
	assert_string_equal(r.out, "");
	assert_string_equal(r.err, "");
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(a_memory_comes_back),
		CLAIM(the_same_memory_twice_is_one),
		CLAIM(standard_input_is_one_memory),
		CLAIM(nothing_to_remember_is_refused),
		CLAIM(a_malformed_line_stops_with_its_number),
		CLAIM(a_pipe_whose_first_line_is_bad_leaves_no_brain_behind),
		CLAIM(a_file_with_a_bad_line_leaves_nothing_behind),
		CLAIM(a_graph_with_a_bad_line_leaves_nothing_behind),
		CLAIM(a_malformed_line_is_passed_over_when_asked_to),
		CLAIM(complaints_do_not_flood),
		CLAIM(an_endless_line_is_refused_in_bounded_memory),
		CLAIM(a_binary_file_is_refused),
		CLAIM(lossy_repairs_what_is_not_text),
		CLAIM(a_zero_byte_file_imports_nothing),
		CLAIM(a_missing_file_is_not_found),
		CLAIM(formats_are_known_by_the_end_of_the_name),
		CLAIM(an_interrupted_import_goes_on_and_doubles_nothing),
		CLAIM(a_killed_import_leaves_a_brain_that_opens),
		CLAIM(progress_is_drawn_at_a_terminal_and_wiped),
		CLAIM(a_quiet_import_says_nothing),
	};

	return cmocka_run_group_tests_name("import", claims, NULL, NULL);
}
