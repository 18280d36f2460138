/* SPDX-License-Identifier: MIT */
/* start.c - from the start of the program to its first whole screen, in a pseudo terminal. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 20
#define PATIENCE_MS 10000
#define LAST_WORD "help" /* in the hint line, which is drawn last */

/* The program beside this one: ../app/mnemoscope. */
static int program(char *out, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", out, room - 1);
	char *slash;

	if (n < 0)
		return -1;
	out[n] = '\0';
	for (int up = 0; up < 2; up++)
		if ((slash = strrchr(out, '/')))
			*slash = '\0';
	if (strlen(out) + sizeof("/app/mnemoscope") > room)
		return -1;
	strncat(out, "/app/mnemoscope", room - strlen(out) - 1);
	return access(out, X_OK);
}

/* Reads until the hint line is there. Microseconds, or -1. */
static double first_screen(int fd, double from)
{
	char seen[65536];
	size_t n = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (n < sizeof(seen) && poll(&p, 1, PATIENCE_MS) > 0) {
		ssize_t got = read(fd, seen + n, sizeof(seen) - n);

		if (got <= 0)
			break;
		n += (size_t)got;
		if (memmem(seen, n, LAST_WORD, strlen(LAST_WORD)))
			return bench_now() - from;
	}
	return -1;
}

static double start_once(const char *path, const char *store)
{
	struct winsize size = {.ws_row = 36, .ws_col = 120};
	double from = bench_now(), took;
	int fd;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	if (pid < 0)
		return -1;
	if (pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execl(path, path, "--store", store, "--brain", "bench", (char *)NULL);
		_exit(127);
	}
	took = first_screen(fd, from);
	kill(pid, SIGTERM);
	close(fd);
	waitpid(pid, NULL, 0);
	return took;
}

static int run(struct bench *b)
{
	unsigned rounds = b->rounds ? b->rounds : ROUNDS;
	struct samples time = {0};
	char path[512], store[256];
	int status = 0;

	if (program(path, sizeof(path))) {
		fprintf(stderr, "mnemoscope-bench: start: no mnemoscope beside this program\n");
		return -1;
	}
	snprintf(store, sizeof(store), "sqlite:%s", b->dir);
	for (unsigned i = 0; i < rounds && status == 0; i++) {
		double took = start_once(path, store);

		if (took < 0)
			status = bench_fail(b, "the first screen did not come");
		else
			samples_add(&time, took / 1000);
	}
	if (status == 0)
		bench_spread_of(b, "first screen", &time, "ms");
	samples_free(&time);
	return status;
}

const struct bench_case bench_start = {"start", "from start to the first whole screen", run};
