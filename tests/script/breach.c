/* SPDX-License-Identifier: MIT */
/*
 * breach.c - mnemoscope-script without Lua: confines itself as that does, then makes one system
 * call that the script's text names. A call that comes back is told as a failure of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

void host_leave(void)
{
	_exit(7);
}

/* Each returns if it was let through. */
static void call_open(void)
{
	syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static void call_open_of_old(void)
{
#ifdef SYS_open
	syscall(SYS_open, "/etc/passwd", O_RDONLY);
#else
	call_open();
#endif
}

static void call_socket(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
}

static void call_fork(void)
{
	syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void call_clone3(void)
{
	syscall(SYS_clone3, NULL, 0);
}

static void call_exec(void)
{
	char *const none[] = {NULL};

	execve("/bin/true", none, none);
}

static void call_execat(void)
{
	syscall(SYS_execveat, 0, "", NULL, NULL, AT_EMPTY_PATH);
}

static void call_kill(void)
{
	kill(getppid(), 0);
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static void call_write_elsewhere(void)
{
	if (write(1, "x", 1) < 0)
		return;
}

static void call_read_elsewhere(void)
{
	char c;

	if (read(2, &c, 1) < 0)
		return;
}

static void call_code(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void call_code_later(void)
{
	static char area[8192] __attribute__((aligned(4096)));

	mprotect(area, 4096, PROT_READ | PROT_EXEC);
}

static void call_map_of_file(void)
{
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0);
}

static void call_dup(void)
{
	dup(0);
}

static void call_sendmsg(void)
{
	syscall(SYS_sendmsg, 0, NULL, 0);
}

static void call_memfd(void)
{
	memfd_create("x", 0);
}

static void call_prctl(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
}

static void call_setrlimit(void)
{
	syscall(SYS_prlimit64, 0, 7, NULL, NULL);
}

static void call_unshare(void)
{
	unshare(CLONE_NEWUSER);
}

static void call_ring(void)
{
	syscall(SYS_io_uring_setup, 1, NULL);
}

static void call_signal(void)
{
	syscall(SYS_rt_sigaction, SIGXCPU, NULL, NULL, 8);
}

static void call_sleep(void)
{
	syscall(SYS_nanosleep, NULL, NULL);
}

static void call_of_x32(void)
{
	syscall(0x40000000 + 39);
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{"open", call_open},
	{"open of old", call_open_of_old},
	{"socket", call_socket},
	{"fork", call_fork},
	{"clone3", call_clone3},
	{"exec", call_exec},
	{"exec of a descriptor", call_execat},
	{"kill", call_kill},
	{"getppid", call_getppid},
	{"ptrace", call_ptrace},
	{"write elsewhere", call_write_elsewhere},
	{"read elsewhere", call_read_elsewhere},
	{"code", call_code},
	{"code later", call_code_later},
	{"map of a file", call_map_of_file},
	{"dup", call_dup},
	{"sendmsg", call_sendmsg},
	{"memfd", call_memfd},
	{"prctl", call_prctl},
	{"limits", call_setrlimit},
	{"unshare", call_unshare},
	{"ring", call_ring},
	{"signal", call_signal},
	{"sleep", call_sleep},
	{"x32", call_of_x32},
};

static void fail(const char *why, size_t n)
{
	message m;

	message_begin(&m, MN_FRAME_FAIL);
	message_str(&m, why, n);
	message_str(&m, "", 0);
	message_send(&m);
}

/* What may be done must go well: memory comes and goes, within its limit. */
static const char *allowed(void)
{
	char *p = malloc((size_t)8 << 20);

	if (!p)
		return "no memory";
	memset(p, 1, (size_t)8 << 20);
	p = realloc(p, (size_t)12 << 20);
	if (!p)
		return "no more memory";
	free(p);
	p = malloc((size_t)1 << 30);
	if (p)
		return "too much memory";
	return "as it should be";
}

int main(void)
{
	const char *fault = confine_first();
	mn_frame_start start;
	char *room = NULL;
	size_t cap = 0;
	mn_str text;
	mn_take t;

	pipe_receive(&room, &cap, &t);
	mn_take_raw(&t, &start, sizeof(start));
	mn_take_str(&t);
	text = mn_take_str(&t);
	if (!fault)
		fault = confine(start.memory, start.cpu, start.parent);
	if (!fault && text.len == 7 && memcmp(text.ptr, "allowed", 7) == 0)
		fault = allowed();
	if (!fault && environ && environ[0])
		fault = "there is an environment";
	for (size_t i = 0; !fault && i < sizeof(calls) / sizeof(*calls); i++)
		if (strlen(calls[i].name) == text.len
			&& memcmp(text.ptr, calls[i].name, text.len) == 0) {
			calls[i].call();
			fault = "it was let through";
		}
	if (!fault)
		fault = "no such call";
	fail(fault, strlen(fault));
	_exit(0);
}
