/* SPDX-License-Identifier: MIT */
/* exchange.h - a store, a brain in it, a source and a sink: what tests of imports and exports
 * share. The store is memory:, or with MN_TEST_STORE=sqlite a folder that goes again. Included
 * once per test, after cmocka.h. */
#ifndef MN_TESTS_UNIT_EXCHANGE_H
#define MN_TESTS_UNIT_EXCHANGE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "mn.h"

typedef struct world {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	char folder[32]; /* of the store; empty: memory */
	mn_time now;     /* what the clock says */
	unsigned dice;   /* what random bytes are made of */
	mn_import_options in;
	mn_import_report report;
	/* the source */
	mn_str text;
	size_t at, step;
	uint64_t stop_at; /* bytes handed out after which the token is cancelled; 0: never */
	/* the sink */
	mn_buf out;
	size_t writes;
	int write_status;               /* what the sink returns from its second write on */
	void (*meddle)(struct world *); /* called once, with the first write */
	mn_buf bad;
} world;

static mn_time world_now(void *ctx)
{
	return ((world *)ctx)->now;
}

static void world_random(void *ctx, void *out, size_t n)
{
	world *w = ctx;

	for (size_t i = 0; i < n; i++) {
		unsigned mixed = ++w->dice;

		mixed = (mixed ^ mixed >> 16) * 0x7FEB352Du;
		mixed = (mixed ^ mixed >> 15) * 0x846CA68Bu;
		((unsigned char *)out)[i] = (unsigned char)(mixed >> 24);
	}
}

static void world_log(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

static size_t world_secret(void *ctx, const char *name, char *out, size_t room)
{
	(void)ctx;
	(void)name;
	(void)out;
	(void)room;
	return 0;
}

static int world_read(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	world *w = ctx;
	mn_str part = mn_str_sub(w->text, w->at, w->step < room ? w->step : room);

	if (part.len)
		memcpy(out, part.ptr, part.len);
	w->at += part.len;
	*n = part.len;
	if (w->stop_at && w->at >= w->stop_at && call->token)
		mn_token_cancel(call->token);
	return MN_OK;
}

static int world_write(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	world *w = ctx;

	(void)call;
	if (w->writes++ == 0 && w->meddle)
		w->meddle(w);
	if (w->write_status && w->writes > 1)
		return w->write_status;
	mn_buf_add(&w->out, bytes, n);
	return MN_OK;
}

static void world_bad(void *ctx, uint64_t line, const char *why)
{
	world *w = ctx;

	mn_buf_printf(&w->bad, "%llu: %s\n", (unsigned long long)line, why);
}

/* The call's error on a test's output, if a status is not what it should be. */
static void world_expect(world *w, int status, int want)
{
	if (status != want)
		fail_msg("status %d, not %d: %s", status, want, w->call.err->text);
}

static mn_brain *world_brain(world *w, const char *name)
{
	mn_brain *b = NULL;

	world_expect(w, mn_store_create(w->store, &w->call, mn_str_of(name), (mn_str){NULL, 0}), 0);
	world_expect(w, mn_brain_open(w->store, &w->call, mn_str_of(name), &b), 0);
	return b;
}

static mn_str world_url(world *w, char room[64])
{
	const char *kind = getenv("MN_TEST_STORE");

	if (!kind || strcmp(kind, "sqlite") != 0)
		return MN_STR("memory:");
	snprintf(w->folder, sizeof(w->folder), "/tmp/mn-exchange-XXXXXX");
	if (!mkdtemp(w->folder))
		fail_msg("no folder for the store");
	snprintf(room, 64, "sqlite:%s", w->folder);
	return mn_str_of(room);
}

static int world_open(void **state)
{
	world *w = calloc(1, sizeof(*w));
	const mn_seams seams = {
		sizeof(seams), w, world_now, world_now, world_random, world_log, world_secret};
	const char *dir = getenv("MN_PLUGINS");
	const mn_str dirs[] = {mn_str_of(dir ? dir : "build/plugins")};
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);
	char url[64];

	if (!w)
		return -1;
	*state = w;
	w->now = INT64_C(1700000000000000);
	w->in = MN_SIZED(mn_import_options);
	w->in.bad = world_bad;
	w->in.bad_ctx = w;
	w->out = w->bad = MN_BUF(256 << 20);
	w->step = 1000;
	options.seams = &seams;
	options.plugin_dirs = (mn_strs){dirs, 1};
	if (mn_engine_new(&options, &err, &w->engine) != MN_OK
		|| mn_call_init(&w->call, w->engine, 0) != MN_OK)
		return -1;
	world_expect(w, mn_store_open(w->engine, &w->call, world_url(w, url), false, &w->store), 0);
	w->brain = world_brain(w, "one");
	return 0;
}

/* The store's folder, with what is in it. */
static void world_clear(world *w)
{
	DIR *dir = *w->folder ? opendir(w->folder) : NULL;

	for (struct dirent *e; dir && (e = readdir(dir));)
		unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	if (*w->folder)
		rmdir(w->folder);
}

static int world_close(void **state)
{
	world *w = *state;

	mn_brain_close(w->brain);
	mn_store_close(w->store);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	mn_buf_free(&w->out);
	mn_buf_free(&w->bad);
	world_clear(w);
	free(w);
	return 0;
}

static inline int world_import(world *w, mn_brain *b, int format, mn_str text)
{
	mn_source source = {.ctx = w, .read = world_read, .name = MN_STR("file")};

	mn_buf_clear(&w->bad);
	w->text = text;
	w->at = 0;
	w->in.format = format;
	return mn_import(b, &w->call, &w->in, &source, &w->report);
}

/* What is exported; lent until the next export. */
static int world_export(world *w, mn_brain *b, int format)
{
	mn_export_options options = MN_SIZED(mn_export_options);
	mn_sink sink = {.ctx = w, .write = world_write};

	mn_buf_clear(&w->out);
	w->writes = 0;
	options.format = format;
	return mn_export(b, &w->call, &options, &sink);
}

static inline const char *world_text(mn_buf *b)
{
	mn_buf_char(b, '\0');
	b->len--;
	return b->ptr;
}

/* The whole brain in the graph form: equal text, equal brain. */
static inline mn_buf world_dump(world *w, mn_brain *b)
{
	mn_buf copy = MN_BUF(256 << 20);
	mn_str text;
	const char *newline;

	world_expect(w, world_export(w, b, MN_FORMAT_GRAPH), MN_OK);
	/* Without the first line, which is about the brain and has its name and times. */
	text = mn_buf_view(&w->out);
	newline = memchr(text.ptr, '\n', text.len);
	mn_buf_add(&copy, newline, text.len - (size_t)(newline - text.ptr));
	mn_buf_char(&copy, '\0');
	return copy;
}

#define CLAIM(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

#endif
