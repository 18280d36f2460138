/* SPDX-License-Identifier: MIT */
/* call.c - calls, their errors, and tokens that cancel them. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/watch.h"
#include "engine.h"

#define DEFAULT_LIMIT ((size_t)1 << 30)

int mn_call_init(mn_call *call, mn_engine *engine, size_t limit)
{
	*call = (mn_call){.size = sizeof(*call), .engine = engine};
	call->own.size = sizeof(call->own);
	call->err = &call->own;
	call->arena = mn_arena_new(limit ? limit : DEFAULT_LIMIT);
	return call->arena ? MN_OK : mn_fail_memory(call);
}

int mn_call_within(mn_call *call, mn_call *of, size_t limit)
{
	const int rc = mn_call_init(call, of->engine, limit);

	call->token = of->token;
	call->deadline = of->deadline;
	call->err = of->err;
	return rc == MN_OK ? MN_OK : mn_fail_memory(of);
}

void mn_call_reset(mn_call *call)
{
	mn_arena_reset(call->arena);
	*call->err = (mn_error){.size = call->err->size};
	call->at = (mn_gen){0};
}

void mn_call_done(mn_call *call)
{
	mn_arena_free(call->arena);
	call->arena = NULL;
}

static bool may_pass(int code)
{
	return code == MN_EBUSY || code == MN_ETIMEOUT || code == MN_ECONFLICT || code == MN_ESTALE;
}

static int set(mn_error *err, int code, int native, const char *fmt, va_list args)
{
	char line[1024];

	if (!err)
		return code;
	vsnprintf(line, sizeof(line), fmt, args);
	err->code = code;
	err->native = native;
	err->retry = may_pass(code);
	mn_text_plain(mn_str_of(line), err->text, sizeof(err->text));
	return code;
}

int mn_error_set(mn_error *err, int code, int native, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(err, code, native, fmt, args);
	va_end(args);
	return code;
}

int mn_vfail(mn_call *call, int code, int native, const char *fmt, va_list args)
{
	return set(call->err, code, native, fmt, args);
}

int mn_fail(mn_call *call, int code, int native, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(call->err, code, native, fmt, args);
	va_end(args);
	return code;
}

int mn_fail_memory(mn_call *call)
{
	return mn_fail(
		call, MN_ENOMEM, 0, "out of memory, or the result is too large for this call");
}

bool mn_cancelled(const mn_call *call)
{
	if (call->token && mn_token_cancelled(call->token))
		return true;
	return call->deadline && call->engine
	       && mn_engine_monotonic(call->engine) >= call->deadline;
}

int mn_fail_cancelled(mn_call *call)
{
	if (call->token && mn_token_cancelled(call->token))
		return mn_fail(call, MN_ECANCELLED, 0, "cancelled");
	return mn_fail(
		call, MN_ETIMEOUT, 0, "took longer than it was given: try again with more time");
}

void *mn_call_alloc(mn_call *call, size_t bytes)
{
	void *p = mn_arena_alloc(call->arena, bytes);

	if (!p)
		mn_fail_memory(call);
	return p;
}

void *mn_call_array(mn_call *call, size_t n, size_t size)
{
	void *p = mn_arena_array(call->arena, n, size);

	if (!p)
		mn_fail_memory(call);
	return p;
}

mn_str mn_call_copy(mn_call *call, mn_str s)
{
	mn_str copy = mn_arena_copy(call->arena, s);

	if (!copy.ptr)
		mn_fail_memory(call);
	return copy;
}
