/* SPDX-License-Identifier: MIT */
/* The process of a script: confined, not believed, ended; and found only where it is safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"

static const char *program(const char *name)
{
	const char *path = getenv(name);

	assert_non_null(path);
	return path;
}

static void hash_of(struct rig *r, unsigned char out[32])
{
	assert_int_equal(mn_brain_hash(r->brain, &r->call, out), MN_OK);
	mn_call_reset(&r->call);
}

static void check(const struct rig *r, const char *what, int got, int want, const char *says)
{
	if (got != want || !strstr(r->call.err->text, says))
		print_error("%s: gives %d (%s), not %d (%s)\n", what, got, r->call.err->text, want,
			says);
	assert_int_equal(got, want);
	assert_non_null(strstr(r->call.err->text, says));
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* ---- Confined ----------------------------------------------------------------------------- */

static void a_call_that_is_not_on_the_list_ends_the_process(void **state)
{
	static const char *const calls[] = {"open", "open of old", "socket", "fork", "clone3",
		"exec", "exec of a descriptor", "kill", "getppid", "ptrace", "write elsewhere",
		"read elsewhere", "code", "code later", "map of a file", "dup", "sendmsg", "memfd",
		"prctl", "limits", "unshare", "ring", "signal", "sleep", "x32"};
	struct rig *r = *state;

	r->options.program = program("MN_BREACH");
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		check(r, calls[i], rig_run(r, calls[i]), MN_EINVAL,
			"asked the system for what no script may have");
}

static void what_is_on_the_list_works_within_limits(void **state)
{
	struct rig *r = *state;

	r->options.program = program("MN_BREACH");
	r->options.memory = (uint64_t)16 << 20;
	assert_int_equal(setenv("MN_SECRET", "x", 1), 0);
	check(r, "allowed", rig_run(r, "allowed"), MN_EINVAL, "as it should be");
	check(r, "nothing", rig_run(r, "nothing"), MN_EINVAL, "no such call");
}

/* ---- Not believed ------------------------------------------------------------------------- */

static void a_process_that_misbehaves_is_ended(void **state)
{
	static const struct {
		const char *how;
		int status;
		const char *says;
	} ways[] = {
		{"killed", MN_EIO, "ended by signal 9"},
		{"crashed", MN_EIO, "ended by signal 11"},
		{"forbidden", MN_EINVAL, "asked the system"},
		{"garbage", MN_EIO, "cannot be understood"},
		{"closed", MN_EIO, "ended"},
		{"a frame of 4 GB", MN_EIO, "cannot be understood"},
		{"half a frame", MN_EIO, "ended before it was done"},
		{"half a head", MN_EIO, "ended before it was done"},
		{"no such type", MN_EIO, "cannot be understood"},
		{"an answer", MN_EIO, "cannot be understood"},
		{"a question", MN_EIO, "cannot be understood"},
		{"half a failure", MN_EIO, "cannot be understood"},
		{"a line that is none", MN_EIO, "cannot be understood"},
		{"half of what it is", MN_EIO, "cannot be understood"},
		{"more than what it is", MN_EIO, "cannot be understood"},
		{"a billion parameters", MN_EINVAL, "more than 64 parameters"},
		{"run a page of no scan", MN_EIO, "cannot be understood"},
		{"run a page of no slot", MN_EIO, "cannot be understood"},
		{"run a scan in no slot", MN_EIO, "cannot be understood"},
		{"run a scan of states", MN_EIO, "cannot be understood"},
		{"run a scan of no kind", MN_EIO, "cannot be understood"},
		{"run two scans in a slot", MN_EIO, "cannot be understood"},
		{"run an end of no slot", MN_EIO, "cannot be understood"},
		{"run types of memories", MN_EIO, "ended before it was done"},
		{"run half a scan", MN_EIO, "cannot be understood"},
		{"run too many degrees", MN_EIO, "cannot be understood"},
		{"run half a step", MN_EIO, "cannot be understood"},
		{"run half a change", MN_EIO, "cannot be understood"},
		{"run no change", MN_EIO, "cannot be understood"},
		{"run what it is, again", MN_EIO, "cannot be understood"},
		{"run progress that is none", MN_EIO, "cannot be understood"},
		{"run a report without end", MN_ENOMEM, "wrote more than"},
		{"run killed while it reads", MN_EIO, "ended by signal 9"},
		{"run closed while it reads", MN_EIO, "ended"},
	};
	struct rig *r = *state;
	unsigned char before[32], after[32];
	const int open = descriptors();

	r->options.program = program("MN_HOSTILE");
	hash_of(r, before);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		check(r, ways[i].how, rig_run(r, ways[i].how), ways[i].status, ways[i].says);
		hash_of(r, after);
		assert_memory_equal(before, after, 32);
		assert_no_child();
		assert_int_equal(descriptors(), open);
	}
}

static void what_only_waits_is_killed_in_time(void **state)
{
	static const char *const ways[] = {
		"nothing", "lines without end", "run questions without listening"};
	struct rig *r = *state;

	r->options.program = program("MN_HOSTILE");
	r->options.wall = 200000;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		check(r, ways[i], rig_run(r, ways[i]), MN_ETIMEOUT, "longer than the 0.2 s");
		assert_no_child();
	}
}

/* One that neither reads nor writes does not hold up a text that no pipe takes whole. */
static void a_process_that_does_not_listen_is_killed_in_time(void **state)
{
	struct rig *r = *state;
	const size_t n = 1000000;
	char *text = malloc(n);
	mn_script *s;

	assert_non_null(text);
	memset(text, ' ', n);
	r->options.program = program("MN_SLEEPER");
	r->options.wall = 200000;
	assert_int_equal(mn_script_load(r->engine, &r->call, MN_STR("t.lua"), (mn_str){text, n},
				 &r->options, &s),
		MN_ETIMEOUT);
	assert_no_child();
	free(text);
}

static void no_step_is_made_of_what_is_refused(void **state)
{
	static const char *const ways[] = {"run a step within a step", "run a step behind a step",
		"run a step that is a list", "run a step with a name twice",
		"run a change of no kind", "run a change of nothing", "run a change by no number"};
	struct rig *r = *state;

	r->options.program = program("MN_HOSTILE");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		rig_run_well(r, ways[i]);
		assert_steps(r, "[]");
	}
}

/* ---- Ended -------------------------------------------------------------------------------- */

static void *cancel_soon(void *token)
{
	usleep(100000);
	mn_token_cancel(token);
	return NULL;
}

static void a_cancelled_script_is_killed(void **state)
{
	struct rig *r = *state;
	pthread_t thread;

	r->call.token = mn_token_new();
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, r->call.token), 0);
	rig_run_badly(r, RUN("while true do end"), MN_ECANCELLED, "cancelled");
	pthread_join(thread, NULL);
	assert_int_equal(rig_run(r, RUN("")), MN_ECANCELLED);
	assert_no_child();
	mn_token_free(r->call.token);
	r->call.token = NULL;
}

static void the_deadline_of_the_call_counts_too(void **state)
{
	struct rig *r = *state;

	r->call.deadline = mn_engine_monotonic(r->engine) + 200000;
	assert_int_equal(rig_run(r, RUN("('a'):rep(20000):find('.-.-.-b')")), MN_ETIMEOUT);
	assert_no_child();
}

static int late(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	struct rig *r = ctx;

	(void)bytes, (void)n;
	while (mn_engine_monotonic(r->engine) < call->deadline)
		usleep(1000);
	return MN_OK;
}

/* However long whoever hears the report takes: time is over for the process. */
static void a_slow_reader_does_not_lengthen_its_life(void **state)
{
	struct rig *r = *state;
	const mn_sink sink = {r, late};

	r->options.emit = &sink;
	r->call.deadline = mn_engine_monotonic(r->engine) + 200000;
	assert_int_equal(rig_run(r, RUN("emit('x') emit('y')")), MN_ETIMEOUT);
	assert_no_child();
}

static void a_host_without_its_engine_ends(void **state)
{
	const char *path = program("MN_SCRIPT_HOST");
	int pair[2], status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	close(pair[1]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(pair[0], 0);
		execl(path, path, (char *)NULL);
		_exit(99);
	}
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void signals_that_are_ignored_here_are_not_there(void **state)
{
	struct rig *r = *state;

	signal(SIGCHLD, SIG_IGN);
	rig_run_well(r, RUN("emit('x')"));
	rig_run_badly(
		r, "while true do error('no child status') end", MN_EINVAL, "no child status");
	signal(SIGCHLD, SIG_DFL);
}

/* Two at once, each with its own. */
static void *run_many(void *arg)
{
	struct rig *r = arg;
	mn_script_options options = MN_SIZED(mn_script_options);
	mn_call call;
	mn_script *s = NULL;
	size_t good = 0;

	if (mn_call_init(&call, r->engine, 0) != MN_OK)
		return NULL;
	if (mn_script_load(r->engine, &call, MN_STR("t.lua"),
		    MN_STR(RUN("for n in brain:neurons{} do plan:drop_neuron(n) end")), &options,
		    &s)
		!= MN_OK)
		goto done;
	for (size_t i = 0; i < 10; i++) {
		mn_str steps = {NULL, 0};

		good += mn_script_run(s, r->brain, &call, NULL, 0, &options, &steps) == MN_OK
			&& steps.len > 50;
		mn_call_reset(&call);
	}
done:
	mn_script_free(s);
	mn_call_done(&call);
	return good == 10 ? r : NULL;
}

static void scripts_run_side_by_side(void **state)
{
	struct rig *r = *state;
	pthread_t threads[4];
	void *good;

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many, r), 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], &good);
		assert_ptr_equal(good, r);
	}
	assert_no_child();
}

/* ---- Found -------------------------------------------------------------------------------- */

static void copy(const char *from, const char *to, mode_t mode)
{
	char bytes[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)n), n);
	close(in);
	assert_int_equal(fchmod(out, mode), 0);
	close(out);
}

static void only_a_safe_program_is_started(void **state)
{
	struct rig *r = *state;
	char dir[] = "/tmp/mn-script-XXXXXX", path[64], link[64];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/host", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	r->options.program = path;
	rig_run_badly(r, RUN(""), MN_EUNSUPPORTED, "cannot be opened");
	copy(program("MN_SCRIPT_HOST"), path, 0755);
	rig_run_well(r, RUN(""));
	assert_int_equal(chmod(path, 0757), 0);
	rig_run_badly(r, RUN(""), MN_EUNSUPPORTED, "unsafe: everybody may write to the file");
	assert_int_equal(chmod(path, 0644), 0);
	rig_run_badly(r, RUN(""), MN_EIO, "cannot be started");
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	rig_run_badly(r, RUN(""), MN_EUNSUPPORTED, "unsafe: everybody may write to mn-script-");
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(symlink(path, link), 0);
	r->options.program = link;
	rig_run_badly(r, RUN(""), MN_EUNSUPPORTED, "a symbolic link");
	r->options.program = "host";
	rig_run_badly(r, RUN(""), MN_EUNSUPPORTED, "not absolute");
	unlink(link);
	unlink(path);
	rmdir(dir);
}

static void limits_that_make_no_sense_are_refused(void **state)
{
	struct rig *r = *state;

	r->options.memory = 1000;
	rig_run_badly(r, RUN(""), MN_EINVAL, "from 1 MiB to 64 GiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(a_call_that_is_not_on_the_list_ends_the_process),
		IN_A_BRAIN(what_is_on_the_list_works_within_limits),
		IN_A_BRAIN(a_process_that_misbehaves_is_ended),
		IN_A_BRAIN(what_only_waits_is_killed_in_time),
		IN_A_BRAIN(a_process_that_does_not_listen_is_killed_in_time),
		IN_A_BRAIN(no_step_is_made_of_what_is_refused),
		IN_A_BRAIN(a_cancelled_script_is_killed),
		IN_A_BRAIN(the_deadline_of_the_call_counts_too),
		IN_A_BRAIN(a_slow_reader_does_not_lengthen_its_life),
		IN_A_BRAIN(a_host_without_its_engine_ends),
		IN_A_BRAIN(signals_that_are_ignored_here_are_not_there),
		IN_A_BRAIN(scripts_run_side_by_side),
		IN_A_BRAIN(only_a_safe_program_is_started),
		IN_A_BRAIN(limits_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
