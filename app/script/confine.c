/* SPDX-License-Identifier: MIT */
/*
 * confine.c - a process that can compute, and talk over the one descriptor it has.
 *
 * Rights are given up in an order in which each step still may be made. System calls that are not
 * on the list end the process, so what is not thought of here is not possible.
 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

/* What the program itself maps, and what the allocator leaves unused between Lua's pieces. */
#define OWN_MEMORY ((rlim_t)48 << 20)

const char *confine_first(void)
{
	if (close_range(HOST_FD + 1, ~0U, 0) != 0)
		return "the process cannot close what it was given";
	if (clearenv() != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0
		|| prctl(PR_SET_DUMPABLE, 0) != 0)
		return "the process cannot be set apart";
	return NULL;
}

static bool limit(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit now, want = {soft, hard};

	if (getrlimit((__rlimit_resource_t)what, &now) != 0)
		return false;
	want.rlim_max = hard < now.rlim_max ? hard : now.rlim_max;
	want.rlim_cur = soft < want.rlim_max ? soft : want.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &want) == 0;
}

static bool set_limits(uint64_t memory, uint32_t cpu)
{
	const rlim_t space = (rlim_t)memory + (rlim_t)memory / 4 + OWN_MEMORY;

	return limit(RLIMIT_AS, space, space) && limit(RLIMIT_CPU, (rlim_t)cpu + 1, (rlim_t)cpu + 2)
	       && limit(RLIMIT_FSIZE, 0, 0) && limit(RLIMIT_NPROC, 0, 0)
	       && limit(RLIMIT_NOFILE, 1, 1) && limit(RLIMIT_CORE, 0, 0)
	       && limit(RLIMIT_MEMLOCK, 0, 0) && limit(RLIMIT_MSGQUEUE, 0, 0);
}

/* Of calls with arguments: what they may be. */
static int allow_some(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp engine = SCMP_A0_32(SCMP_CMP_EQ, HOST_FD);
	const struct scmp_arg_cmp no_code = SCMP_A2_64(
		SCMP_CMP_MASKED_EQ, (scmp_datum_t)PROT_EXEC, 0);
	const struct scmp_arg_cmp no_file = SCMP_A4_32(SCMP_CMP_EQ, UINT32_MAX);
	int failed = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, engine);

	if (!failed)
		failed = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, engine);
	if (!failed)
		failed = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, no_code, no_file);
	if (!failed)
		failed = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code);
	return failed;
}

static bool set_calls(void)
{
	static const int calls[] = {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
		SCMP_SYS(madvise), SCMP_SYS(clock_gettime), SCMP_SYS(restart_syscall),
		SCMP_SYS(exit_group)};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int failed = f ? seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -1;

	for (size_t i = 0; !failed && i < sizeof(calls) / sizeof(*calls); i++)
		failed = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	if (!failed)
		failed = allow_some(f);
	if (!failed)
		failed = seccomp_load(f);
	seccomp_release(f);
	return !failed;
}

const char *confine(uint64_t memory, uint32_t cpu, int64_t parent)
{
	if (getppid() != parent) /* it went before we asked to die with it */
		host_leave();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return "the process cannot give up its rights: no script is run";
	if (!set_limits(memory, cpu))
		return "the process cannot limit itself: no script is run";
	if (!set_calls())
		return "the system cannot confine the process (seccomp): no script is run";
	return NULL;
}
