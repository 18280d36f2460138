/* SPDX-License-Identifier: MIT */
/* world.c - clocks that tests set, and an allocator that fails when told. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "harness.h"

/* 0: the system's */
static atomic_int_fast64_t wall, monotonic, monotonic_step;
static atomic_int_fast64_t blocks;

/* The failing belongs to the thread that asked for it, so that helpers of the engine (its watch,
 * its pool) do not take the failure that was meant for the call under test. */
static _Thread_local struct {
	uint64_t count, nth; /* nth 0: none fails */
	bool lasting, failed;
} fault;

static mn_time system_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (mn_time)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static mn_time read_wall(void *ctx)
{
	mn_time t = atomic_load(&wall);

	(void)ctx;
	return t ? t : system_clock(CLOCK_REALTIME);
}

static mn_time read_monotonic(void *ctx)
{
	mn_time step = atomic_load(&monotonic_step);

	(void)ctx;
	if (!atomic_load(&monotonic))
		return system_clock(CLOCK_MONOTONIC);
	return step ? atomic_fetch_add(&monotonic, step) : atomic_load(&monotonic);
}

static void fill_random(void *ctx, void *out, size_t n)
{
	(void)ctx;
	if (getentropy(out, n))
		abort();
}

/* Backends may say what they like; nobody reads it here. */
static void drop_line(void *ctx, int level, const char *line)
{
	(void)ctx, (void)level, (void)line;
}

static size_t read_secret(void *ctx, const char *name, char *out, size_t room)
{
	const char *value = getenv(name);
	size_t n = value ? strlen(value) : 0;

	(void)ctx;
	if (n && n <= room)
		memcpy(out, value, n);
	return n;
}

const mn_seams world_seams = {
	.size = sizeof(mn_seams),
	.wall = read_wall,
	.monotonic = read_monotonic,
	.random = fill_random,
	.log = drop_line,
	.secret = read_secret,
};

void world_set_wall(mn_time t)
{
	atomic_store(&wall, t);
}

void world_set_monotonic(mn_time t, mn_time step)
{
	atomic_store(&monotonic_step, step);
	atomic_store(&monotonic, t);
}

void world_reset(void)
{
	world_set_wall(NOON);
	world_set_monotonic(0, 0);
	fault.nth = 0;
}

static bool must_fail(void)
{
	if (!fault.nth)
		return false;
	fault.count++;
	if (fault.count < fault.nth || (fault.count > fault.nth && !fault.lasting))
		return false;
	fault.failed = true;
	return true;
}

static void *resize(void *ctx, void *ptr, size_t size)
{
	void *out;

	(void)ctx;
	if (size == 0) {
		if (ptr)
			atomic_fetch_sub(&blocks, 1);
		free(ptr);
		return NULL;
	}
	out = must_fail() ? NULL : realloc(ptr, size);
	if (out && !ptr)
		atomic_fetch_add(&blocks, 1);
	return out;
}

void world_use_memory(void)
{
	mn_memory_use(&(mn_memory){NULL, resize});
}

void world_fail_memory(uint64_t nth, bool lasting)
{
	fault.count = 0;
	fault.nth = nth;
	fault.lasting = lasting;
	fault.failed = false;
}

bool world_mend_memory(void)
{
	fault.nth = 0;
	return fault.failed;
}

int64_t world_memory_blocks(void)
{
	return atomic_load(&blocks);
}
