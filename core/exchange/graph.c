/* SPDX-License-Identifier: MIT */
/* graph.c - reads the graph form (item.h), a row a line, and loads it batch by batch. */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/load.h"
#include "store/gate.h"

#define ROWS 4000
#define ROWS_MOST 20000
#define BYTES ((size_t)16 << 20)

struct graph {
	mn_arena *text; /* strings of the items */
	mn_item *items;
	size_t n, cap;
	mn_clean clean;
	mn_config config; /* of the brain; read with the first row */
	bool begun;
	bool fresh; /* the brain was empty when the import began */
};

/* How many rows one batch holds: each may be two changes. */
static size_t batch_size(const mn_intake *in)
{
	size_t n = in->options->batch ? in->options->batch : ROWS;
	size_t most = in->brain ? in->brain->store->info.max_changes / 2 : 0;

	if (most && n > most)
		n = most;
	return n < ROWS_MOST ? n : ROWS_MOST;
}

/* Loads what waits; its text stays until the caller resets it. */
static int flush(mn_intake *in, struct graph *g)
{
	mn_load l = {
		.in = in,
		.items = g->items,
		.n = g->n,
		.clean = &g->clean,
		.weight = g->config.default_synapse_weight,
	};
	int status = g->n ? mn_load_batch(&l) : MN_OK;

	g->n = 0;
	return status;
}

static int load(mn_intake *in, struct graph *g)
{
	int status = flush(in, g);

	if (g->text)
		mn_arena_reset(g->text);
	return status;
}

static int begin(mn_intake *in, struct graph *g)
{
	mn_brain_row row = {.id = 0};
	int status = in->options->check ? MN_OK : mn_brain_describe(in->brain, &in->work, &row);

	if (status == MN_OK)
		status = mn_config_parse(&in->work, row.config, &g->config);
	if (status != MN_OK)
		return status;
	g->fresh = row.neurons == 0 && row.fibers == 0;
	g->text = mn_arena_new(SIZE_MAX);
	g->begun = true;
	mn_arena_reset(in->work.arena);
	return g->text ? MN_OK : mn_fail_memory(in->call);
}

/* What the file says of its brain holds for one that had nothing in it. */
static int take_brain(mn_intake *in, struct graph *g, const mn_item *item)
{
	const mn_brain_row *from = &item->row.brain;
	mn_brain_row row;
	mn_config config;
	int status = flush(in, g);

	if (status != MN_OK || !g->fresh)
		return status;
	if (mn_config_parse(&in->work, from->config, &config) != MN_OK)
		return mn_intake_bad(in, item->line, "%s", in->work.err->text);
	if (in->options->check)
		return MN_OK;
	status = mn_brain_describe(in->brain, &in->work, &row);
	if (status != MN_OK)
		return status;
	row.config = from->config;
	row.meta = from->meta;
	row.clock = from->clock;
	row.updated = mn_engine_now(mn_brain_engine(in->brain));
	status = mn_store_ask_brains(in->brain->store, &in->work, MN_BRAINS_UPDATE, &row, NULL);
	if (status == MN_OK)
		g->config = config;
	mn_intake_end(in);
	return status;
}

static int add(mn_intake *in, struct graph *g, const mn_item *item)
{
	void *grown = g->items;

	if (item->kind == MN_BRAIN)
		return take_brain(in, g, item);
	if (mn_grow(&grown, &g->cap, g->n + 1, sizeof(*item), ROWS_MOST) != MN_OK)
		return mn_fail_memory(in->call);
	g->items = grown;
	g->items[g->n++] = *item;
	return g->n >= batch_size(in) || mn_arena_used(g->text) >= BYTES ? load(in, g) : MN_OK;
}

static int line(mn_intake *in, void *state, mn_str text, bool broken)
{
	struct graph *g = state;
	json_t *root = NULL;
	mn_item item;
	char why[256];
	int status = MN_OK;

	if (broken || text.len == 0)
		return MN_OK;
	if (!g->begun && (status = begin(in, g)) != MN_OK)
		return status;
	status = mn_json_read(text, why, sizeof(why), &root);
	if (status == MN_EINVAL)
		return mn_intake_bad(in, in->lines.lines, "not JSON: %s", why);
	if (status == MN_OK)
		status = mn_item_read(root, g->text, &item, why, sizeof(why));
	json_decref(root);
	if (status == MN_ENOMEM)
		return mn_fail_memory(in->call);
	if (status != MN_OK)
		return mn_intake_bad(in, in->lines.lines, "%s", why);
	item.line = in->lines.lines;
	return add(in, g, &item);
}

static int end(mn_intake *in, void *state)
{
	return load(in, state);
}

static void done(void *state)
{
	struct graph *g = state;

	mn_arena_free(g->text);
	mn_free(g->items);
	mn_free(g->clean.bits);
}

const mn_reader mn_reader_graph = {
	.size = sizeof(struct graph), .json = true, .line = line, .end = end, .done = done};
