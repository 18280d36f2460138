/* SPDX-License-Identifier: MIT */
/*
 * child.c - the process of a script: found, started, talked to, ended.
 *
 * Nothing here waits for long: the socket does not block, and besides looking at the clock every
 * few milliseconds a hook kills the process from the watch's thread, so that a slow answer of the
 * store does not lengthen its life.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/watch.h"
#include "script/script.h"
#include "store/folder.h"

#define PROGRAM "mnemoscope-script"
#define NAP_MS 10
#define LAST_WORDS_MS 100 /* from its closing the socket to its end */
#define LEAST_MEMORY ((uint64_t)1 << 20)
#define MOST_MEMORY ((uint64_t)1 << 36)
#define DEFAULT_MEMORY ((uint64_t)256 << 20)
#define IN_ROOM (MN_FRAME_MOST + sizeof(mn_frame_head))

/* ---- Limits ------------------------------------------------------------------------------- */

int mn_child_limits(
	mn_call *call, const mn_script_options *o, mn_time wall, uint32_t cpu, mn_child *out)
{
	static const mn_script_options none = MN_SIZED(mn_script_options);
	const mn_time now = mn_engine_monotonic(call->engine);
	mn_child c = {.options = o ? o : &none, .pid = -1, .fd = -1};

	o = c.options;
	c.wall = o->wall > 0 ? o->wall : wall;
	c.cpu = o->cpu ? o->cpu : cpu;
	c.memory = o->memory ? o->memory : DEFAULT_MEMORY;
	if (c.memory < LEAST_MEMORY || c.memory > MOST_MEMORY)
		return mn_fail(call, MN_EINVAL, 0, "a script has from 1 MiB to 64 GiB of memory");
	c.guard = (mn_call){.size = sizeof(mn_call), .engine = call->engine, .token = call->token};
	c.guard.deadline = now + c.wall;
	if (call->deadline && call->deadline < c.guard.deadline)
		c.guard.deadline = call->deadline;
	*out = c;
	return MN_OK;
}

/* ---- Finding ------------------------------------------------------------------------------ */

static int open_in(const char *folder_path, const char *name, char why[MN_WHY])
{
	int folder = mn_folder_open(folder_path, why), fd, native;
	struct stat s;

	if (folder < 0)
		return -1;
	fd = mn_folder_file(folder, name, &s, why);
	native = errno;
	close(folder);
	errno = native;
	return fd;
}

static int open_named(const char *path, char why[MN_WHY])
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(folder)) {
		snprintf(why, MN_WHY, "the path is not absolute, or too long");
		return -1;
	}
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	return open_in(folder, slash + 1, why);
}

/* A descriptor of the program, or -1. It is looked for where plugins are, and checked as they are:
 * one that is not safe is refused, not passed over. */
static int open_program(const mn_script_options *o, char why[MN_WHY])
{
	char path[PATH_MAX];
	int fd = -1;

	if (o->program)
		return open_named(o->program, why);
	errno = ENOENT;
	for (unsigned i = 0; fd < 0 && errno == ENOENT; i++) {
		if (!mn_folder_own(i, "app/script", path)) {
			snprintf(why, MN_WHY, "it is not installed");
			break;
		}
		fd = open_in(path, PROGRAM, why);
	}
	return fd;
}

/* ---- Starting ----------------------------------------------------------------------------- */

/* Out of the way of 0, 1 and 2, which the process gets anew. */
static int lift(int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (fd >= 0)
		close(fd);
	return high;
}

/* A group of its own, so that what a terminal sends is the engine's to decide; every signal as
 * the system has it. */
static int set_attributes(posix_spawnattr_t *a)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(a, &none);
	posix_spawnattr_setsigdefault(a, &all);
	return posix_spawnattr_setflags(
		a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

/* 0 or errno. */
static int spawn(int program, int socket, pid_t *pid)
{
	char path[64], name[] = PROGRAM, *argv[] = {name, NULL}, *environment[] = {NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int status;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", program);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	status = set_attributes(&attributes);
	if (status == 0)
		status = posix_spawn_file_actions_adddup2(&files, socket, 0);
	for (int fd = 1; status == 0 && fd <= 2; fd++)
		status = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
	if (status == 0)
		status = posix_spawn(pid, path, &files, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return status;
}

static void kill_hook(void *arg)
{
	const mn_child *c = arg;

	kill(c->pid, SIGKILL);
}

static int start_with(mn_child *c, mn_call *call, int program)
{
	int pair[2] = {-1, -1}, status;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return mn_fail(call, MN_EIO, errno, "no socket for the process of a script: %s",
			strerrordesc_np(errno));
	pair[0] = lift(pair[0]);
	pair[1] = lift(pair[1]);
	c->fd = pair[0];
	status = c->fd < 0 || pair[1] < 0 || fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 ? errno : 0;
	if (status == 0)
		status = spawn(program, pair[1], &c->pid);
	if (pair[1] >= 0)
		close(pair[1]);
	if (status != 0) {
		c->pid = -1;
		return mn_fail(call, MN_EIO, status,
			"the process of a script cannot be started: %s", strerrordesc_np(status));
	}
	mn_watch_hook(&c->guard, kill_hook, c);
	return MN_OK;
}

int mn_child_begin(mn_child *c, mn_call *call)
{
	char why[MN_WHY] = "";
	int program = lift(open_program(c->options, why)), status;

	if (program < 0)
		return mn_fail(call, MN_EUNSUPPORTED, 0, "no host of scripts (%s): %s",
			c->options->program ? c->options->program : PROGRAM, why);
	c->in = mn_alloc(IN_ROOM);
	status = c->in ? start_with(c, call, program) : mn_fail_memory(call);
	close(program);
	return status;
}

/* ---- Ending ------------------------------------------------------------------------------- */

static void nap(long ms)
{
	struct timespec t = {.tv_nsec = ms * 1000000};

	nanosleep(&t, NULL);
}

/* The status it ended with; -1: somebody else took it. It is killed if it does not end within
 * `patience` milliseconds by itself. */
static int reap(mn_child *c, int patience)
{
	int status = -1;
	pid_t got = 0;

	mn_watch_hook(&c->guard, NULL, NULL); /* once reaped, the number may be another's */
	for (int ms = 0; got == 0 && ms < patience; ms++) {
		got = waitpid(c->pid, &status, WNOHANG);
		if (got == 0)
			nap(1);
	}
	if (got == 0) {
		kill(c->pid, SIGKILL);
		do
			got = waitpid(c->pid, &status, 0);
		while (got < 0 && errno == EINTR);
	}
	c->pid = -1;
	return got < 0 ? -1 : status;
}

void mn_child_end(mn_child *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->pid > 0)
		reap(c, 0);
	mn_free(c->in);
	c->in = NULL;
}

static int fail_late(mn_child *c, mn_call *call)
{
	if (c->guard.token && mn_token_cancelled(c->guard.token))
		return mn_fail(call, MN_ECANCELLED, 0, "%.*s: cancelled", MN_FMT(c->label));
	return mn_fail(call, MN_ETIMEOUT, 0,
		"%.*s: stopped, since it took longer than the %.3g s it was given",
		MN_FMT(c->label), (double)c->wall / 1e6);
}

/* It went without a word: why? */
static int fail_gone(mn_child *c, mn_call *call)
{
	const int status = reap(c, LAST_WORDS_MS);
	const int sig = status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (mn_cancelled(&c->guard))
		return fail_late(c, call);
	switch (sig) {
	case SIGSYS:
		return mn_fail(call, MN_EINVAL, 0,
			"%.*s: stopped, since it asked the system for what no script may have",
			MN_FMT(c->label));
	case SIGXCPU:
		return mn_fail(call, MN_ETIMEOUT, 0,
			"%.*s: stopped, since it used up its %u s of processor time",
			MN_FMT(c->label), c->cpu);
	case 0:
		return mn_fail(call, MN_EIO, 0, "%.*s: its process ended before it was done",
			MN_FMT(c->label));
	default:
		return mn_fail(call, MN_EIO, 0, "%.*s: its process was ended by signal %d (%s)",
			MN_FMT(c->label), sig, sigdescr_np(sig) ? sigdescr_np(sig) : "?");
	}
}

int mn_child_broke(mn_child *c, mn_call *call)
{
	return mn_fail(call, MN_EIO, 0, "%.*s: its process says what cannot be understood",
		MN_FMT(c->label));
}

/* ---- Talking ------------------------------------------------------------------------------ */

static int await(mn_child *c, mn_call *call, short events)
{
	struct pollfd p = {.fd = c->fd, .events = events};

	if (poll(&p, 1, NAP_MS) < 0 && errno != EINTR)
		return mn_fail(call, MN_EIO, errno, "poll: %s", strerrordesc_np(errno));
	return mn_cancelled(&c->guard) ? fail_late(c, call) : MN_OK;
}

static int send_bytes(mn_child *c, mn_call *call, const char *bytes, size_t n, int more)
{
	int status = MN_OK;

	while (status == MN_OK && n) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL | more);

		if (sent >= 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN || errno == EINTR) {
			status = await(c, call, POLLOUT);
		} else {
			status = fail_gone(c, call);
		}
	}
	return status;
}

int mn_child_send(mn_child *c, mn_call *call, uint32_t type, const mn_buf *payload)
{
	const mn_frame_head head = {payload ? (uint32_t)payload->len : 0, type};
	int status;

	if (payload && (!mn_buf_ok(payload) || payload->len > UINT32_MAX))
		return mn_fail_memory(call);
	status = send_bytes(c, call, (const char *)&head, sizeof(head), head.size ? MSG_MORE : 0);
	return status == MN_OK && head.size ? send_bytes(c, call, payload->ptr, head.size, 0)
					    : status;
}

static int receive_bytes(mn_child *c, mn_call *call)
{
	ssize_t got;

	if (c->from) {
		memmove(c->in, c->in + c->from, c->to - c->from);
		c->to -= c->from;
		c->from = 0;
	}
	got = recv(c->fd, c->in + c->to, IN_ROOM - c->to, 0);
	if (got > 0) {
		c->to += (size_t)got;
		return mn_cancelled(&c->guard) ? fail_late(c, call) : MN_OK;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return await(c, call, POLLIN);
	return fail_gone(c, call);
}

int mn_child_receive(mn_child *c, mn_call *call, uint32_t *type, mn_take *out)
{
	mn_frame_head head;
	int status = mn_cancelled(&c->guard) ? fail_late(c, call) : MN_OK;

	while (status == MN_OK) {
		const size_t there = c->to - c->from;

		if (there >= sizeof(head)) {
			memcpy(&head, c->in + c->from, sizeof(head));
			if (head.size > MN_FRAME_MOST)
				return mn_child_broke(c, call);
			if (there - sizeof(head) >= head.size)
				break;
		}
		status = receive_bytes(c, call);
	}
	if (status != MN_OK)
		return status;
	out->at = c->in + c->from + sizeof(head);
	out->end = out->at + head.size;
	out->bad = false;
	*type = head.type;
	c->from += sizeof(head) + head.size;
	return MN_OK;
}
