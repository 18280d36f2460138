/* SPDX-License-Identifier: MIT */
/*
 * rig.h - for tests of scripts: a brain in memory with a few memories, scripts given as text, and
 * what came of them. To be included after cmocka.h.
 */
#ifndef TESTS_SCRIPT_RIG_H
#define TESTS_SCRIPT_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "mn.h"

#define IN_A_BRAIN(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)
#define RUN(body) "return {name='t', purpose='p', run=function(brain, plan, params) " body "\nend}"

struct rig {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	mn_script_options options;
	mn_sink sink;
	mn_buf log, trace, report; /* what was heard, a line each */
	unsigned told;
	uint64_t done, total;
	mn_str steps;
};

static inline void rig_log(void *ctx, const char *line)
{
	mn_buf_printf(&((struct rig *)ctx)->log, "%s\n", line);
}

static inline void rig_trace(void *ctx, const char *line)
{
	mn_buf_printf(&((struct rig *)ctx)->trace, "%s\n", line);
}

static inline int rig_write(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	struct rig *r = ctx;

	(void)call;
	mn_buf_add(&r->report, bytes, n);
	return mn_buf_ok(&r->report) ? MN_OK : MN_ENOMEM;
}

static inline void rig_tell(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	struct rig *r = ctx;

	(void)unit;
	r->told++;
	r->done = done;
	r->total = total;
}

static inline void rig_options(struct rig *r)
{
	r->options = MN_SIZED(mn_script_options);
	r->options.wall = 20000000;
	r->options.cpu = 15;
	r->options.ctx = r;
	r->options.log = rig_log;
	r->options.trace = rig_trace;
	r->sink = (mn_sink){r, rig_write};
	r->options.emit = &r->sink;
	r->options.progress = (mn_progress){r, rig_tell};
}

static inline void rig_remember(struct rig *r)
{
	static const mn_str tags[] = {{"red", 3}, {"blue", 4}};
	mn_note notes[3] = {MN_SIZED(mn_note), MN_SIZED(mn_note), MN_SIZED(mn_note)};
	mn_remembered out = MN_SIZED(mn_remembered);

	notes[0].id = MN_STR("m1");
	notes[0].text = MN_STR("Ada wrote a program in London");
	notes[0].tags = (mn_strs){tags, 2};
	notes[1].id = MN_STR("m2");
	notes[1].text = MN_STR("Grace found a moth in London");
	notes[1].tags = (mn_strs){tags, 1};
	notes[2].id = MN_STR("m3");
	notes[2].text = MN_STR("The moth was green");
	assert_int_equal(mn_brain_remember(r->brain, &r->call, notes, 3, &out), MN_OK);
	mn_call_reset(&r->call);
}

static inline int rig_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	mn_error err = MN_SIZED(mn_error);

	assert_non_null(r);
	r->log = r->trace = r->report = MN_BUF((size_t)1 << 26);
	rig_options(r);
	assert_int_equal(mn_engine_new(NULL, &err, &r->engine), MN_OK);
	assert_int_equal(mn_call_init(&r->call, r->engine, 0), MN_OK);
	assert_int_equal(
		mn_store_open(r->engine, &r->call, MN_STR("memory:"), false, &r->store), MN_OK);
	assert_int_equal(
		mn_store_create(r->store, &r->call, MN_STR("b"), (mn_str){NULL, 0}), MN_OK);
	assert_int_equal(mn_brain_open(r->store, &r->call, MN_STR("b"), &r->brain), MN_OK);
	rig_remember(r);
	*state = r;
	return 0;
}

static inline int rig_down(void **state)
{
	struct rig *r = *state;

	mn_buf_free(&r->log);
	mn_buf_free(&r->trace);
	mn_buf_free(&r->report);
	mn_brain_close(r->brain);
	mn_store_close(r->store);
	mn_call_done(&r->call);
	mn_engine_free(r->engine);
	free(r);
	return 0;
}

static inline void rig_forget(struct rig *r)
{
	mn_call_reset(&r->call);
	mn_buf_clear(&r->log);
	mn_buf_clear(&r->trace);
	mn_buf_clear(&r->report);
	r->told = 0;
	r->steps = (mn_str){NULL, 0};
}

/* Loads and runs with values; what went wrong is in the call. */
static inline int rig_run_with(
	struct rig *r, const char *text, const mn_script_value *values, size_t n)
{
	mn_script *script = NULL;
	int status;

	rig_forget(r);
	status = mn_script_load(
		r->engine, &r->call, MN_STR("t.lua"), mn_str_of(text), &r->options, &script);
	if (status == MN_OK)
		status = mn_script_run(
			script, r->brain, &r->call, values, n, &r->options, &r->steps);
	mn_script_free(script);
	return status;
}

static inline int rig_run(struct rig *r, const char *text)
{
	return rig_run_with(r, text, NULL, 0);
}

static inline void rig_run_well(struct rig *r, const char *text)
{
	const int status = rig_run(r, text);

	if (status != MN_OK)
		print_error("%s\n", r->call.err->text);
	assert_int_equal(status, MN_OK);
}

static inline bool rig_heard(const mn_buf *b, const char *text)
{
	return b->len && memmem(b->ptr, b->len, text, strlen(text));
}

/* It fails so, and says so. */
static inline void rig_run_badly(struct rig *r, const char *text, int want, const char *says)
{
	const int status = rig_run(r, text);

	if (status != want || !strstr(r->call.err->text, says))
		print_error("%s\ngives %d: %s\nnot %d: %s\n", text, status, r->call.err->text, want,
			says);
	assert_int_equal(status, want);
	assert_non_null(strstr(r->call.err->text, says));
}

static inline void assert_steps(const struct rig *r, const char *want)
{
	if (!mn_str_is(r->steps, want))
		print_error("got %.*s\nnot %s\n", (int)r->steps.len, r->steps.ptr, want);
	assert_true(mn_str_is(r->steps, want));
}

static inline void assert_buf(const mn_buf *b, const char *want)
{
	if (!mn_str_is(mn_buf_view(b), want))
		print_error("got %.*s\nnot %s\n", (int)b->len, b->len ? b->ptr : "", want);
	assert_true(mn_str_is(mn_buf_view(b), want));
}

#endif
