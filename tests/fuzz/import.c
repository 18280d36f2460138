/* SPDX-License-Identifier: MIT */
/*
 * import.c - any bytes, as every format, into a brain in memory and out again. The first byte
 * chooses format and options.
 *
 * What must hold: no crash, no leak, no overrun; an import that fails has a sentence; what the
 * report counts is there; a graph that was imported is exported, imported again into an empty
 * brain, and is the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "fuzz.h"
#include "mn.h"

struct stream {
	mn_str text;
	size_t at, step;
	mn_buf out;
};

static mn_engine *engine;
static mn_store *store;

#define MUST(what)                                                                 \
	do {                                                                       \
		if (!(what)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                   \
		}                                                                  \
	} while (0)

static int read_some(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	struct stream *s = ctx;
	mn_str part = mn_str_sub(s->text, s->at, s->step < room ? s->step : room);

	(void)call;
	if (part.len)
		memcpy(out, part.ptr, part.len);
	s->at += part.len;
	*n = part.len;
	return MN_OK;
}

static int write_all(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	struct stream *s = ctx;

	(void)call;
	mn_buf_add(&s->out, bytes, n);
	return MN_OK;
}

static mn_brain *make_brain(mn_call *call, mn_str name)
{
	mn_brain *brain;

	MUST(mn_store_create(store, call, name, (mn_str){NULL, 0}) == MN_OK);
	MUST(mn_brain_open(store, call, name, &brain) == MN_OK);
	return brain;
}

static void drop_brain(mn_call *call, mn_brain *brain, mn_str name)
{
	mn_brain_close(brain);
	MUST(mn_store_delete(store, call, name) == MN_OK);
}

static void export_as(mn_brain *brain, mn_call *call, int format, struct stream *s)
{
	mn_export_options options = MN_SIZED(mn_export_options);
	const mn_sink sink = {s, write_all};

	options.format = format;
	mn_buf_clear(&s->out);
	MUST(mn_export(brain, call, &options, &sink) == MN_OK);
}

/* The graph that came out must go in, and come out as the same one. */
static void round_trip(mn_brain *brain, mn_call *call, struct stream *s)
{
	unsigned char before[32], after[32];
	mn_import_options options = MN_SIZED(mn_import_options);
	mn_import_report report = MN_SIZED(mn_import_report);
	struct stream again = {.step = 4096, .out = MN_BUF(64 << 20)};
	const mn_source source = {&again, read_some, MN_STR("export")};
	mn_brain *copy = make_brain(call, MN_STR("copy"));

	export_as(brain, call, MN_FORMAT_GRAPH, s);
	again.text = mn_buf_view(&s->out);
	options.format = MN_FORMAT_GRAPH;
	if (mn_import(copy, call, &options, &source, &report) != MN_OK) {
		fprintf(stderr, "%s\n", call->err->text);
		abort();
	}
	MUST(mn_brain_hash(brain, call, before) == MN_OK);
	MUST(mn_brain_hash(copy, call, after) == MN_OK);
	MUST(memcmp(before, after, sizeof(before)) == 0);
	drop_brain(call, copy, MN_STR("copy"));
	mn_buf_free(&again.out);
}

static void try_import(mn_call *call, unsigned choice, mn_str text)
{
	static const int formats[] = {MN_FORMAT_JSONL, MN_FORMAT_TEXT, MN_FORMAT_MARKDOWN,
		MN_FORMAT_GRAPH, MN_FORMAT_DICT};
	struct stream s = {.text = text, .step = choice & 64 ? 1 : 4096, .out = MN_BUF(64 << 20)};
	const mn_source source = {&s, read_some, MN_STR("input")};
	mn_import_options options = MN_SIZED(mn_import_options);
	mn_import_report report = MN_SIZED(mn_import_report);
	mn_brain *brain = make_brain(call, MN_STR("fuzz"));
	mn_brain_row row;
	int status;

	options.format = formats[choice % 5];
	options.keep_going = choice & 32;
	options.lossy = choice & 128;
	options.batch = choice & 64 ? 3 : 0;
	status = mn_import(brain, call, &options, &source, &report);
	MUST(status == MN_OK || call->err->text[0]);
	MUST(status == MN_OK || (status == MN_EINVAL && !options.keep_going));
	MUST(mn_brain_describe(brain, call, &row) == MN_OK);
	MUST(row.fibers >= report.added);
	export_as(brain, call, MN_FORMAT_JSONL, &s);
	export_as(brain, call, MN_FORMAT_DOT, &s);
	export_as(brain, call, MN_FORMAT_GRAPHML, &s);
	round_trip(brain, call, &s);
	drop_brain(call, brain, MN_STR("fuzz"));
	mn_buf_free(&s.out);
}

static void begin(void)
{
	const char *dir = getenv("MN_PLUGINS");
	const mn_str dirs[] = {mn_str_of(dir)};
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);
	mn_call call;

	options.plugin_dirs = (mn_strs){dirs, dir ? 1 : 0};
	MUST(mn_engine_new(&options, &err, &engine) == MN_OK);
	MUST(mn_call_init(&call, engine, 0) == MN_OK);
	MUST(mn_store_open(engine, &call, MN_STR("memory:"), false, &store) == MN_OK);
	mn_call_done(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	mn_call call;

	if (!store)
		begin();
	if (n == 0)
		return 0;
	MUST(mn_call_init(&call, engine, 0) == MN_OK);
	try_import(&call, bytes[0], (mn_str){(const char *)bytes + 1, n - 1});
	mn_call_done(&call);
	return 0;
}
