/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"

#define DEFAULT_CACHE ((uint64_t)256 << 20)

static mn_time read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (mn_time)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static mn_time system_wall(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_REALTIME);
}

static mn_time system_monotonic(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_MONOTONIC);
}

static void system_random(void *ctx, void *out, size_t n)
{
	(void)ctx;
	randombytes_buf(out, n);
}

static void system_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	if (level <= MN_LOG_WARN)
		fprintf(stderr, "mnemoscope: %s\n", line);
}

static size_t system_secret(void *ctx, const char *name, char *out, size_t room)
{
	const char *value = secure_getenv(name);
	size_t n = value ? strlen(value) : 0;

	(void)ctx;
	if (n && n <= room)
		memcpy(out, value, n);
	return n;
}

static const mn_seams system_seams = {
	.size = sizeof(mn_seams),
	.wall = system_wall,
	.monotonic = system_monotonic,
	.random = system_random,
	.log = system_log,
	.secret = system_secret,
};

/* What the caller does not set is the system's. */
static mn_seams seams_of(const mn_options *options)
{
	mn_seams s = system_seams;
	const mn_seams *given = options ? options->seams : NULL;

	if (!given)
		return s;
	s.ctx = given->ctx;
	s.wall = given->wall ? given->wall : s.wall;
	s.monotonic = given->monotonic ? given->monotonic : s.monotonic;
	s.random = given->random ? given->random : s.random;
	s.log = given->log ? given->log : s.log;
	s.secret = given->secret ? given->secret : s.secret;
	return s;
}

/* The options' strings, copied, since the engine outlives the call. */
static int copy_options(mn_engine *e, const mn_options *o)
{
	mn_str *dirs;

	e->options = (mn_options){.size = sizeof(mn_options), .cache_bytes = DEFAULT_CACHE};
	if (!o)
		return MN_OK;
	e->options = *o;
	if (!e->options.cache_bytes)
		e->options.cache_bytes = DEFAULT_CACHE;
	dirs = mn_arena_array(e->arena, o->plugin_dirs.n, sizeof(*dirs));
	if (!dirs)
		return MN_ENOMEM;
	for (size_t i = 0; i < o->plugin_dirs.n; i++) {
		dirs[i] = mn_arena_copy(e->arena, o->plugin_dirs.at[i]);
		if (!dirs[i].ptr)
			return MN_ENOMEM;
	}
	e->options.plugin_dirs = (mn_strs){dirs, o->plugin_dirs.n};
	if (o->state_dir.len)
		e->options.state_dir = mn_arena_copy(e->arena, o->state_dir);
	return o->state_dir.len && !e->options.state_dir.ptr ? MN_ENOMEM : MN_OK;
}

int mn_engine_new(const mn_options *options, mn_error *err, mn_engine **out)
{
	mn_engine *e = mn_alloc_zero(1, sizeof(*e));

	if (!e)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	if (sodium_init() < 0) {
		mn_free(e);
		return mn_error_set(err, MN_EIO, 0, "the system has no source of randomness");
	}
	e->seams = seams_of(options);
	pthread_mutex_init(&e->lock, NULL);
	e->arena = mn_arena_new(SIZE_MAX);
	if (!e->arena || copy_options(e, options) != MN_OK) {
		mn_engine_free(e);
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	}
	mn_host_init(&e->host);
	*out = e;
	return MN_OK;
}

void mn_engine_free(mn_engine *e)
{
	if (!e)
		return;
	mn_pool_free(e->pool);
	mn_watch_free(e->watch);
	mn_plugins_free(e->plugins);
	mn_arena_free(e->arena);
	pthread_mutex_destroy(&e->lock);
	mn_free(e);
}

mn_time mn_engine_now(const mn_engine *e)
{
	return e->seams.wall(e->seams.ctx);
}

mn_time mn_engine_monotonic(const mn_engine *e)
{
	return e->seams.monotonic(e->seams.ctx);
}
