/* SPDX-License-Identifier: MIT */
/* Signals at moments that are awkward. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void nap(unsigned milliseconds)
{
	usleep(milliseconds * 1000);
}

static void each_signal_has_its_exit_code_and_one_line(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < 3; i++) {
		struct going g = start(*state, false, "import", "-", NULL);
		struct ran r;

		nap(300);
		assert_int_equal(kill(g.pid, signals[i]), 0);
		nap(300); /* before the pipe is closed */
		r = finish(&g);
		assert_int_equal(r.code, 128 + signals[i]);
		assert_string_equal(r.out, "");
		assert_has(r.err, "mnemoscope import: ");
		assert_has(r.err, "nothing was imported");
		ran_free(&r);
	}
}

/* The pipe stays open until after the end, so nothing but the signal can end it. */
static void ctrl_c_while_a_pipe_is_silent_ends_at_once(void **state)
{
	struct going g = start(*state, false, "import", "-", NULL);
	double began;
	int status;

	feed(&g, "{\"text\":\"one\"}\n");
	nap(300);
	began = now();
	assert_int_equal(kill(g.pid, SIGINT), 0);
	assert_int_equal(waitpid(g.pid, &status, 0), g.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 130);
	assert_true(now() - began < 3);
	close(g.in);
	fclose(g.out_file);
	fclose(g.err_file);
}

static void a_reader_that_does_not_read_is_no_trap(void **state)
{
	struct going g;
	struct ran r;
	int ends[2];

	for (unsigned i = 0; i < 20; i++) {
		char line[64];

		snprintf(line, sizeof(line), "The cat number %u sleeps.", i);
		r = must(*state, 0, "remember", line, NULL);
		ran_free(&r);
	}
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 0);
	g = start_to(*state, ends[1], "export", "--format", "graph", NULL);
	nap(500);
	assert_int_equal(waitpid(g.pid, NULL, WNOHANG), 0); /* stuck on the full pipe */
	assert_int_equal(kill(g.pid, SIGINT), 0);
	r = finish(&g);
	assert_int_equal(r.code, 130);
	ran_free(&r);
	close(ends[0]);
	close(ends[1]);
}

/* Opening a pipe that nobody writes to blocks, and nothing polls. */
static void a_second_signal_ends_it_whatever_it_waits_for(void **state)
{
	const char *path = room_path(*state, "pipe");
	struct going g;
	struct ran r;
	double began;

	assert_int_equal(mkfifo(path, 0600), 0);
	g = start(*state, false, "import", path, "--format", "jsonl", NULL);
	nap(300);
	began = now();
	assert_int_equal(kill(g.pid, SIGINT), 0);
	nap(300);
	assert_int_equal(waitpid(g.pid, NULL, WNOHANG), 0);
	assert_int_equal(kill(g.pid, SIGINT), 0);
	r = finish(&g);
	assert_int_equal(r.code, 130);
	assert_true(now() - began < 3);
	ran_free(&r);
}

static void one_signal_is_enough_after_a_while(void **state)
{
	const char *path = room_path(*state, "pipe");
	struct going g;
	struct ran r;

	assert_int_equal(mkfifo(path, 0600), 0);
	g = start(*state, false, "import", path, "--format", "jsonl", NULL);
	nap(300);
	assert_int_equal(kill(g.pid, SIGTERM), 0);
	r = finish(&g);
	assert_int_equal(r.code, 128 + SIGTERM);
	ran_free(&r);
}

/* Enough for what follows to take a while. */
static void import_many(const struct room *room)
{
	FILE *f = fopen(room_path(room, "many.jsonl"), "w");
	struct ran r;

	assert_non_null(f);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(f, "{\"text\":\"Note %u says that item %u of box %u is blue.\"}\n", i,
			i % 977, i % 131);
	assert_int_equal(fclose(f), 0);
	r = must(room, 0, "import", room_path(room, "many.jsonl"), NULL);
	ran_free(&r);
}

static void an_interrupted_copy_is_no_brain(void **state)
{
	unsigned interrupted = 0;
	struct ran r;
	int code;

	import_many(*state);
	for (unsigned wait = 10; wait <= 320; wait += wait < 60 ? 5 : wait) {
		struct going g = start(*state, false, "brain", "copy", "default", "copy", NULL);

		nap(wait);
		kill(g.pid, SIGINT);
		r = finish(&g);
		code = r.code;
		ran_free(&r);
		if (code == 0) /* it was quicker */
			break;
		assert_true(code == 130 || code == 1000 + SIGINT); /* before it looked */
		interrupted++;
		r = must(*state, 0, "brain", "list", "--json", NULL);
		/* A signal that comes when the copy is whole finds a whole copy. */
		assert_int_equal(count_of(r.out, "\"fibers\":10000"), count_of(r.out, "\"name\":"));
		code = count_of(r.out, "\"name\":") > 1;
		ran_free(&r);
		if (code)
			break;
	}
	assert_true(interrupted > 0);
}

static size_t files_in(const struct room *room, const char *folder)
{
	DIR *d = opendir(room_path(room, folder));
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void an_interrupted_export_leaves_no_file(void **state)
{
	unsigned interrupted = 0;
	struct ran r;
	int code;

	import_many(*state);
	assert_int_equal(mkdir(room_path(*state, "out"), 0700), 0);
	for (unsigned wait = 10; wait <= 160; wait *= 2) {
		struct going g = start(*state, false, "export", "--format", "graph", "-o",
			room_path(*state, "out/x"), NULL);

		nap(wait);
		kill(g.pid, SIGINT);
		r = finish(&g);
		code = r.code;
		ran_free(&r);
		if (code == 0)
			break;
		assert_true(code == 130 || code == 1000 + SIGINT); /* before it looked */
		interrupted++;
		assert_int_equal(files_in(*state, "out"), 0);
	}
	assert_true(interrupted > 0);
}

static void ctrl_c_at_any_moment_of_an_import_loses_and_doubles_nothing(void **state)
{
	struct ran r;

	import_many(*state); /* for the file; into another brain from here on */
	for (unsigned wait = 0; wait < 600; wait += 40) {
		struct going g = start(*state, false, "--brain", "b", "import",
			room_path(*state, "many.jsonl"), NULL);

		nap(wait);
		kill(g.pid, SIGINT);
		r = finish(&g);
		assert_true(r.code == 130 || r.code == 1000 + SIGINT || r.code == 0);
		ran_free(&r);
	}
	r = must(*state, 0, "--brain", "b", "import", room_path(*state, "many.jsonl"), NULL);
	ran_free(&r);
	r = must(*state, 0, "stats", "b", "--json", NULL);
	assert_has(r.out, "\"fibers\":10000,");
	ran_free(&r);
}

static void a_signal_that_was_ignored_stays_ignored(void **state)
{
	struct going g = start(*state, false, "IGNORE_HUP=1", "import", "-", NULL);
	struct ran r;

	nap(300);
	assert_int_equal(kill(g.pid, SIGHUP), 0);
	nap(300);
	feed(&g, "{\"text\":\"one\"}\n");
	r = finish(&g);
	assert_int_equal(r.code, 0);
	assert_has(r.out, "1 memory added");
	ran_free(&r);
}

int main(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	const struct CMUnitTest claims[] = {
		CLAIM(each_signal_has_its_exit_code_and_one_line),
		CLAIM(ctrl_c_while_a_pipe_is_silent_ends_at_once),
		CLAIM(a_reader_that_does_not_read_is_no_trap),
		CLAIM(a_second_signal_ends_it_whatever_it_waits_for),
		CLAIM(one_signal_is_enough_after_a_while),
		CLAIM(an_interrupted_copy_is_no_brain),
		CLAIM(an_interrupted_export_leaves_no_file),
		CLAIM(ctrl_c_at_any_moment_of_an_import_loses_and_doubles_nothing),
		CLAIM(a_signal_that_was_ignored_stays_ignored),
	};

	assert_int_equal(sigaction(SIGPIPE, &ignore, NULL), 0); /* a write fails instead */
	/* Whoever runs the tests may have one ignored, as nohup does: not what is tested. */
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	return cmocka_run_group_tests_name("signals", claims, NULL, NULL);
}
