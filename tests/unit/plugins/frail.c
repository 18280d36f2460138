/* SPDX-License-Identifier: MIT */
/*
 * frail.c - a store that can be cut off: the memory backend, which it loads, behind a line that is
 * down as long as a file exists. "frail:FILE". While FILE.slow exists a call waits, until it is
 * cancelled or that file is gone. While FILE.unsure exists, a change is
 * made and then said to be unknown. Behind "?most=N" it takes
 * N changes at once. It has a language of its own, too: "N" gives the last N neurons,
 * "wide" a table of odd cells, anything else is an error.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

static const mn_host *host;
static const mn_backend *memory;
static char down[4096];
static uint32_t most_changes;

static bool exists(const char *suffix)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s%s", down, suffix);
	return access(path, F_OK) == 0;
}

/* Before every call. */
static int line(mn_call *call)
{
	struct timespec step = {.tv_nsec = 5000000};

	while (exists(".slow")) {
		if (host->cancelled(call))
			return host->fail_cancelled(call);
		nanosleep(&step, NULL);
	}
	if (!exists(""))
		return MN_OK;
	host->fail(call, MN_EIO, ECONNREFUSED, "cannot reach the store: the line is cut");
	call->err->retry = true;
	return MN_EIO;
}

#define BEHIND(call, what) (line(call) ? (call)->err->code : memory->what)

static int f_open(const mn_host *h, mn_call *call, mn_str url, bool read_only, mn_db **out)
{
	char path[4096];
	void *so;
	char *most;

	host = h;
	snprintf(down, sizeof(down), "%.*s", (int)url.len - 6, url.ptr + 6);
	most = strstr(down, "?most=");
	most_changes = most ? (uint32_t)strtoul(most + 6, NULL, 10) : 0;
	if (most)
		*most = '\0';
	snprintf(path, sizeof(path), "%s/mn_memory.so", getenv("MN_PLUGINS"));
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!so)
		return h->fail(call, MN_EIO, 0, "no memory backend in %s", path);
	memory = ((mn_backend_entry *)dlsym(so, MN_BACKEND_SYMBOL))();
	return BEHIND(call, open(h, call, (mn_str){"memory:", 7}, read_only, out));
}

static void f_close(mn_db *db)
{
	memory->close(db);
}

static int f_info(mn_db *db, mn_call *call, mn_info *out)
{
	int rc = memory->info(db, call, out); /* known since it was opened */

	out->max_changes = most_changes;
	out->title = (mn_str){"Frail, for tests", 16};
	return rc;
}

static int f_brains(mn_db *db, mn_call *call, int op, const void *row, mn_rows *out)
{
	return BEHIND(call, brains(db, call, op, row, out));
}

static int f_generation(mn_db *db, mn_call *call, mn_str brain)
{
	return BEHIND(call, generation(db, call, brain));
}

static int f_reserve(mn_db *db, mn_call *call, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	return BEHIND(call, reserve(db, call, brain, kind, n, first));
}

static int f_lookup(mn_db *db, mn_call *call, mn_str brain, const mn_key *k, size_t n, mn_id *out)
{
	return BEHIND(call, lookup(db, call, brain, k, n, out));
}

static int f_resolve(mn_db *db, mn_call *call, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	return BEHIND(call, resolve(db, call, brain, kind, uids, out));
}

static int f_get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	return BEHIND(call, get(db, call, brain, kind, ids, fields, out));
}

static int f_fibers_of(mn_db *db, mn_call *call, mn_str brain, mn_ids anchors, mn_rows *out)
{
	return BEHIND(call, fibers_of(db, call, brain, anchors, out));
}

static int f_expand(mn_db *db, mn_call *call, const mn_expand *ask, mn_fan *out)
{
	return BEHIND(call, expand(db, call, ask, out));
}

static int f_scan(mn_db *db, mn_call *call, mn_str brain, const mn_query *q, mn_cursor **out)
{
	return BEHIND(call, scan(db, call, brain, q, out));
}

static int f_next(mn_cursor *c, mn_call *call, size_t max, mn_page *out)
{
	return BEHIND(call, next(c, call, max, out));
}

static void f_done(mn_cursor *c)
{
	memory->done(c);
}

static int f_apply(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	int rc = BEHIND(call, apply(db, call, brain, expect, changes, n, out));

	if (rc == MN_OK && exists(".unsure"))
		return host->fail(call, MN_EIO, 0, "lost while it wrote: who knows");
	return rc;
}

/* ---- Its language -------------------------------------------------------------------------- */

#define CELL(text) ((mn_str){text, sizeof(text) - 1})

static int wide(mn_call *call, mn_native *out)
{
	static const mn_str names[] = {
		CELL("n"), CELL("name"), CELL("a\x1b[31m name"), CELL("props"), CELL("nothing")};
	static const mn_str cells[] = {CELL("1"), CELL("\"Grace\""),
		CELL("\"\\u001b[2Jcleared \\u202e back\""),
		CELL("{\"type\":\"entity\",\"x\":[1,2]}"), CELL("null"), CELL("22.5"),
		CELL("\"a text that is so long that no column of any terminal has room for it, and "
		     "so on, and so on, until the last word of it, which nobody sees\""),
		CELL("true"), CELL("[]"), CELL("\"\"")};

	(void)call;
	*out = (mn_native){.names = names, .ncolumns = 5, .cells = cells, .nrows = 2};
	return MN_OK;
}

static int last_neurons(
	mn_db *db, mn_call *call, mn_str brain, uint32_t n, uint32_t most, mn_native *out)
{
	const uint32_t asked = n;
	static const mn_str names[] = {CELL("id"), CELL("text")};
	mn_query q = {.size = sizeof(q), .kind = MN_NEURON, .fields = MN_FIELD_TEXT};
	mn_page page = {.size = sizeof(page)};
	mn_cursor *c = NULL;
	mn_str *cells;
	mn_id *ids;
	int rc = memory->scan(db, call, brain, &q, &c);

	if (rc)
		return rc;
	rc = memory->next(c, call, 1000, &page);
	memory->done(c);
	for (n = n < most ? n : most; page.rows.n > n; page.rows.n--)
		page.rows.at.neuron++;
	cells = host->alloc(call, page.rows.n * 2 * sizeof(*cells) + 1);
	ids = host->alloc(call, page.rows.n * sizeof(*ids) + 1);
	for (size_t i = 0; rc == MN_OK && i < page.rows.n; i++) {
		const mn_neuron *row = &page.rows.at.neuron[i];
		char *text = host->alloc(call, 64);

		ids[i] = row->id;
		cells[2 * i] = (mn_str){text, (size_t)snprintf(text, 24, "%d", (int)row->id)};
		text += 24;
		cells[2 * i + 1] = (mn_str){
			text, (size_t)snprintf(text, 40, "\"neuron %d\"", (int)row->id)};
	}
	*out = (mn_native){.names = names,
		.ncolumns = 2,
		.cells = cells,
		.nrows = page.rows.n,
		.neurons = {ids, page.rows.n},
		.cut = asked > most};
	return rc;
}

static int ask(mn_db *db, mn_call *call, mn_str brain, mn_str text, uint32_t most, mn_native *out)
{
	char word[32];
	int n;

	if (line(call))
		return call->err->code;
	snprintf(word, sizeof(word), "%.*s", (int)text.len, text.ptr);
	if (strcmp(word, "wide") == 0)
		return wide(call, out);
	if (strcmp(word, "none") == 0)
		*out = (mn_native){.nrows = 0};
	if (strcmp(word, "none") == 0)
		return MN_OK;
	if (sscanf(word, "%d", &n) == 1 && n > 0)
		return last_neurons(db, call, brain, (uint32_t)n, most, out);
	return host->fail(call, MN_EINVAL, 0, "\"%s\" is no number\n  %s\n  ^", word, word);
}

static const void *f_extension(mn_db *db, const char *id)
{
	static const mn_native_ops native = {
		.size = sizeof(native), .language = "Cypher", .ask = ask};

	(void)db;
	return strcmp(id, "mn.native/1") == 0 ? &native : NULL;
}

static const mn_backend table = {
	.size = sizeof(table),
	.row_size = MN_ROW_SIZES,
	.name = "frail",
	.version = MN_VERSION,
	.url_form = "frail:FILE",
	.caps = MN_CAP_WRITE | MN_CAP_CREATE,
	.open = f_open,
	.close = f_close,
	.info = f_info,
	.brains = f_brains,
	.generation = f_generation,
	.reserve = f_reserve,
	.lookup = f_lookup,
	.resolve = f_resolve,
	.get = f_get,
	.fibers_of = f_fibers_of,
	.expand = f_expand,
	.scan = f_scan,
	.next = f_next,
	.done = f_done,
	.apply = f_apply,
	.extension = f_extension,
};

MN_API mn_backend_entry mn_backend_v1;

const mn_backend *mn_backend_v1(void)
{
	return &table;
}
