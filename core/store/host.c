/* SPDX-License-Identifier: MIT */
/* host.c - the services that a backend gets; see mn_host in backend.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/watch.h"
#include "engine.h"
#include "store/brain.h"
#include "store/read.h"
#include "text/words.h"
#include "wire/wire.h"

#define LONGEST_SECRET 4096

static const mn_engine *engine_of(const mn_host *h)
{
	return (const mn_engine *)((const char *)h - offsetof(mn_engine, host));
}

static int fail(mn_call *call, int code, int native, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	mn_vfail(call, code, native, fmt, args);
	va_end(args);
	return code;
}

static void *resize(const mn_host *h, void *ptr, size_t size)
{
	(void)h;
	if (size)
		return mn_resize(ptr, size, 1);
	mn_free(ptr);
	return NULL;
}

static mn_time now(const mn_host *h)
{
	return mn_engine_now(engine_of(h));
}

static mn_time monotonic(const mn_host *h)
{
	return mn_engine_monotonic(engine_of(h));
}

static void fill_random(const mn_host *h, void *out, size_t n)
{
	const mn_engine *e = engine_of(h);

	e->seams.random(e->seams.ctx, out, n);
}

static void log_line(const mn_host *h, int level, const char *fmt, ...)
{
	const mn_engine *e = engine_of(h);
	char raw[512], line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	mn_text_plain(mn_str_of(raw), line, sizeof(line));
	e->seams.log(e->seams.ctx, level, line);
}

static int secret(const mn_host *h, mn_call *call, const char *name, mn_str *out)
{
	const mn_engine *e = engine_of(h);
	char *value = mn_call_alloc(call, LONGEST_SECRET);
	size_t n;

	if (!value)
		return MN_ENOMEM;
	n = e->seams.secret(e->seams.ctx, name, value, LONGEST_SECRET);
	if (n > LONGEST_SECRET)
		return mn_fail(call, MN_EINVAL, 0, "the secret %s is longer than %d bytes", name,
			LONGEST_SECRET);
	*out = (mn_str){value, n};
	return MN_OK;
}

static void changed(const mn_host *h, mn_db *db, mn_str brain, mn_gen gen)
{
	/* Every answer carries its generation, so a cache finds out by itself with the next call.
	 */
	(void)h, (void)db, (void)brain, (void)gen;
}

static int config_weights(mn_call *call, mn_str json, double *delta, double *rate)
{
	mn_config config;
	int status = mn_config_parse(call, json, &config);

	if (status != MN_OK)
		return status;
	*delta = config.reinforcement_delta;
	*rate = config.decay_rate;
	return MN_OK;
}

static const mn_config_service config_service = {
	.size = sizeof(config_service),
	.weights = config_weights,
};

static const void *service(const mn_host *h, const char *id)
{
	static const struct {
		const char *id;
		const void *table;
	} services[] = {
		{"mn.config/1", &config_service},
		{"mn.rows/1", &mn_rows_service_1},
		{"mn.json/1", &mn_json_service_1},
		{"mn.wire/1", &mn_wire_service_1},
		{"mn.words/1", &mn_words_service},
	};

	(void)h;
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		if (strcmp(id, services[i].id) == 0)
			return services[i].table;
	return NULL;
}

void mn_host_init(mn_host *h)
{
	*h = (mn_host){
		.size = sizeof(*h),
		.alloc = mn_call_alloc,
		.fail = fail,
		.cancelled = mn_cancelled,
		.fail_cancelled = mn_fail_cancelled,
		.on_cancel = mn_watch_hook,
		.resize = resize,
		.now = now,
		.random = fill_random,
		.log = log_line,
		.secret = secret,
		.changed = changed,
		.type_name = mn_type_name,
		.type_code = mn_type_code,
		.text_valid = mn_text_valid,
		.service = service,
		.monotonic = monotonic,
	};
}
