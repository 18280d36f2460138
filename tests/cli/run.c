/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MOST = 1 << 26, ENVIRONMENT = 32 };

/* ---- The room ----------------------------------------------------------------------------- */

int room_open(void **state)
{
	struct room *r = test_calloc(1, sizeof(*r));

	snprintf(r->dir, sizeof(r->dir), "/tmp/mn-cli-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	*state = r;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_writable(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_D ? chmod(path, 0700) : 0;
}

int room_close(void **state)
{
	struct room *r = *state;

	nftw(r->dir, make_writable, 16, FTW_PHYS);
	nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	test_free(r);
	return 0;
}

const char *room_path(const struct room *r, const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", r->dir, name);
	return path;
}

void room_write(const struct room *r, const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(room_path(r, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

void room_write_text(const struct room *r, const char *name, const char *text)
{
	room_write(r, name, text, strlen(text));
}

bool room_has(const struct room *r, const char *name)
{
	return access(room_path(r, name), F_OK) == 0;
}

/* ---- Running ------------------------------------------------------------------------------ */

/* In the child: the room's environment, then the program. */
static void become(const struct room *r, const char *const *words)
{
	char config[128], data[128], home[128];
	const char *argv[RUN_WORDS + 2] = {"mnemoscope"};
	char *env[ENVIRONMENT] = {home, config, data, (char *)"LANG=C.UTF-8",
		(char *)"TERM=xterm-256color", (char *)"TZ=UTC", (char *)"PATH=/usr/bin:/bin"};
	size_t nenv = 7, n = 1;

	snprintf(home, sizeof(home), "HOME=%s", r->dir);
	snprintf(config, sizeof(config), "XDG_CONFIG_HOME=%s/config", r->dir);
	snprintf(data, sizeof(data), "XDG_DATA_HOME=%s/data", r->dir);
	for (; *words && strchr(*words, '=') && (*words)[0] >= 'A' && (*words)[0] <= 'Z'; words++)
		env[nenv++] = (char *)*words;
	/* sanitizers go on working */
	for (char **e = environ; *e && nenv + 1 < ENVIRONMENT; e++)
		if (strncmp(*e, "ASAN_", 5) == 0 || strncmp(*e, "UBSAN_", 6) == 0
			|| strncmp(*e, "LSAN_", 5) == 0 || strncmp(*e, "TSAN_", 5) == 0)
			env[nenv++] = *e;
	for (; *words && n <= RUN_WORDS; words++)
		argv[n++] = *words;
	/* a later word of the same name wins */
	for (size_t i = 0; i < nenv; i++)
		for (size_t k = i + 1; k < nenv; k++)
			if (strncmp(env[i], env[k], strcspn(env[i], "=") + 1) == 0)
				env[i] = env[k];
	if (env[7] && strcmp(env[7], "IGNORE_HUP=1") == 0)
		signal(SIGHUP, SIG_IGN);
	if (env[7] && strcmp(env[7], "AS_NOBODY=1") == 0
		&& (setgid(65534) < 0 || setuid(65534) < 0))
		_exit(126);
	alarm(RUN_SECONDS);
	execve(getenv("MN_BINARY"), (char **)argv, env);
	_exit(126);
}

static FILE *scratch(void)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	return f;
}

/* out: -1 for a file of its own. */
static struct going launch(
	const struct room *r, int in, int out, bool terminal, const char *const *words)
{
	struct going g = {.in = -1, .out = -1, .err = -1};
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	assert_non_null(getenv("MN_BINARY"));
	if (!terminal) {
		g.out_file = scratch();
		g.err_file = scratch();
		g.pid = fork();
	} else {
		g.pid = forkpty(&g.in, NULL, NULL, &size);
		g.out = g.err = g.in;
	}
	assert_true(g.pid >= 0);
	if (g.pid == 0) {
		if (!terminal) {
			dup2(in, STDIN_FILENO);
			dup2(out >= 0 ? out : fileno(g.out_file), STDOUT_FILENO);
			dup2(fileno(g.err_file), STDERR_FILENO);
		}
		become(r, words);
	}
	return g;
}

static size_t gather(va_list args, const char *words[RUN_WORDS + 1])
{
	size_t n = 0;
	const char *word;

	while ((word = va_arg(args, const char *)) && n < RUN_WORDS)
		words[n++] = word;
	words[n] = NULL;
	return n;
}

static char *slurp(FILE *f, size_t *n)
{
	char *text;
	long size;

	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	assert_true(size >= 0 && size < OUTPUT_MOST);
	rewind(f);
	text = malloc((size_t)size + 1);
	*n = fread(text, 1, (size_t)size, f);
	text[*n] = '\0';
	fclose(f);
	return text;
}

struct ran finish(struct going *g)
{
	struct ran ran = {.code = -1};
	int status;

	if (!g->out_file) { /* what the terminal still has to show */
		char rest[4096];

		while (read(g->in, rest, sizeof(rest)) > 0)
			;
	} else if (g->in >= 0) {
		close(g->in);
		g->in = -1;
	}
	while (waitpid(g->pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	if (g->out_file) {
		ran.out = slurp(g->out_file, &ran.nout);
		ran.err = slurp(g->err_file, &ran.nerr);
	}
	if (g->in >= 0)
		close(g->in);
	return ran;
}

struct ran run_with(const struct room *r, const char *input, size_t n, const char *const *words)
{
	FILE *in = scratch();
	struct going g;

	assert_int_equal(fwrite(input ? input : "", 1, n, in), n);
	rewind(in);
	g = launch(r, fileno(in), -1, false, words);
	fclose(in);
	return finish(&g);
}

struct ran run(const struct room *r, ...)
{
	const char *words[RUN_WORDS + 1];
	va_list args;

	va_start(args, r);
	gather(args, words);
	va_end(args);
	return run_with(r, NULL, 0, words);
}

struct ran run_input(const struct room *r, const char *input, ...)
{
	const char *words[RUN_WORDS + 1];
	va_list args;

	va_start(args, input);
	gather(args, words);
	va_end(args);
	return run_with(r, input, strlen(input), words);
}

struct ran run_to(const struct room *r, int out, ...)
{
	const char *words[RUN_WORDS + 1];
	struct going g;
	FILE *in = scratch();
	va_list args;

	va_start(args, out);
	gather(args, words);
	va_end(args);
	g = launch(r, fileno(in), out, false, words);
	fclose(in);
	return finish(&g);
}

struct ran must(const struct room *r, int code, ...)
{
	const char *words[RUN_WORDS + 1];
	struct ran ran;
	va_list args;

	va_start(args, code);
	gather(args, words);
	va_end(args);
	ran = run_with(r, NULL, 0, words);
	if (ran.code != code)
		print_error("%s %s: exit %d, not %d\n%s%s", words[0], words[1] ? words[1] : "",
			ran.code, code, ran.out, ran.err);
	assert_int_equal(ran.code, code);
	return ran;
}

void ran_free(struct ran *ran)
{
	free(ran->out);
	free(ran->err);
	*ran = (struct ran){.code = -1};
}

static struct going start_words(
	const struct room *r, int out, bool terminal, const char *const *words)
{
	int pipes[2] = {-1, -1};
	struct going g;

	if (!terminal)
		assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	g = launch(r, pipes[0], out, terminal, words);
	if (!terminal) {
		close(pipes[0]);
		g.in = pipes[1];
	}
	return g;
}

struct going start(const struct room *r, bool terminal, ...)
{
	const char *words[RUN_WORDS + 1];
	va_list args;

	va_start(args, terminal);
	gather(args, words);
	va_end(args);
	return start_words(r, -1, terminal, words);
}

struct going start_to(const struct room *r, int out, ...)
{
	const char *words[RUN_WORDS + 1];
	va_list args;

	va_start(args, out);
	gather(args, words);
	va_end(args);
	return start_words(r, out, false, words);
}

void feed(struct going *g, const char *text)
{
	struct ran ran;

	if (write(g->in, text, strlen(text)) == (ssize_t)strlen(text))
		return;
	ran = finish(g);
	fail_msg("it is gone, exit %d: %s", ran.code, ran.err);
}

void wait_for(struct going *g, const char *text)
{
	static char seen[1 << 16];
	size_t n = 0;

	while (n + 1 < sizeof(seen)) {
		struct pollfd p = {.fd = g->out, .events = POLLIN};
		ssize_t got = poll(&p, 1, 20000) > 0 ? read(g->out, seen + n, 1) : -1;

		if (got <= 0)
			break;
		seen[++n] = '\0';
		if (strstr(seen, text))
			return;
	}
	fail_msg("\"%s\" did not come, but: %s", text, n ? seen : "nothing");
}

/* ---- Text --------------------------------------------------------------------------------- */

size_t count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = strstr(text, what); at; at = strstr(at + strlen(what), what))
		n++;
	return n;
}

void assert_has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("\"%s\" is not in: %s", what, text);
}

void assert_lacks(const char *text, const char *what)
{
	if (strstr(text, what))
		fail_msg("\"%s\" is in: %s", what, text);
}

void assert_one_line(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || text[n - 1] != '\n' || count_of(text, "\n") != 1)
		fail_msg("not one line: \"%s\"", text);
}
