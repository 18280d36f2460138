/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - the store sqlite:DIR: a folder of SQLite files, one for each brain.
 *
 * folder.c finds a brain's file, brain.c the connections to it, connection.c runs statements. An
 * operation begins with work_begin and ends with work_end (brain.h); in between, read.c, expand.c
 * and scan.c look, and apply.c changes: neuron.c, synapse.c, fiber.c a row, adjacency.c the lists,
 * search.c the words.
 */
#include <string.h>

#include "apply.h"
#include "brains.h"
#include "expand.h"
#include "folder.h"
#include "read.h"
#include "scan.h"
#include "upkeep.h"

#define CAPS                                                                         \
	(MN_CAP_WRITE | MN_CAP_DURABLE | MN_CAP_TEXT | MN_CAP_FROZEN | MN_CAP_CREATE \
		| MN_CAP_ATOMIC | MN_CAP_GENERATION)
#define TRIP_US 5

static int info(mn_db *db, mn_call *call, mn_info *out)
{
	(void)call;
	*out = (mn_info){
		.size = out->size,
		.threads = MN_ANY_CALLS,
		.caps = db->read_only ? CAPS & ~(uint64_t)(MN_CAP_WRITE | MN_CAP_CREATE) : CAPS,
		.trip_us = TRIP_US,
		.title = {db->title, strlen(db->title)},
	};
	return MN_OK;
}

static const void *extension(mn_db *db, const char *id)
{
	(void)db;
	return strcmp(id, "mn.upkeep/1") == 0 ? &upkeep_ops : NULL;
}

static const mn_backend backend = {
	.size = sizeof(backend),
	.row_size = MN_ROW_SIZES,
	.name = "sqlite",
	.version = MN_VERSION,
	.url_form = "sqlite:DIR",
	.caps = CAPS,
	.open = folder_open,
	.close = folder_close,
	.info = info,
	.brains = brains_do,
	.generation = read_generation,
	.reserve = apply_reserve,
	.lookup = read_lookup,
	.resolve = read_resolve,
	.get = read_get,
	.fibers_of = read_fibers_of,
	.expand = expand_do,
	.scan = scan_begin,
	.next = scan_next,
	.done = scan_done,
	.apply = apply_changes,
	.extension = extension,
};

MN_API const mn_backend *mn_backend_v1(void);

const mn_backend *mn_backend_v1(void)
{
	return &backend;
}
