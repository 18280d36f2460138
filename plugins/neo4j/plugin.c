/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - the store neo4j+http://HOST:PORT/DATABASE: brains in a Neo4j.
 *
 * server.c opens it, schema.c makes constraints and indexes, ask.c sends a statement. Reading goes
 * through question.c, which sees to it that an answer is of one generation: read.c, expand.c,
 * spread.c, scan.c. Writing goes through apply.c: a survey of the rows concerned (survey.c), a
 * draft of what comes of the changes (draft.c, take.c), and one statement that puts it down
 * (write.c).
 */
#include <string.h>

#include "apply.h"
#include "brains.h"
#include "expand.h"
#include "native.h"
#include "read.h"
#include "scan.h"

#define CAPS                                                                         \
	(MN_CAP_WRITE | MN_CAP_DURABLE | MN_CAP_TEXT | MN_CAP_CREATE | MN_CAP_ATOMIC \
		| MN_CAP_GENERATION)
#define TRIP_US 2000
#define MOST_IDS 20000

static int info(mn_db *db, mn_call *call, mn_info *out)
{
	(void)call;
	*out = (mn_info){
		.size = out->size,
		.threads = MN_ANY_CALLS,
		.caps = db->read_only ? CAPS & ~(uint64_t)(MN_CAP_WRITE | MN_CAP_CREATE) : CAPS,
		.max_ids = MOST_IDS,
		.max_changes = MOST_CHANGES,
		.trip_us = TRIP_US,
		.title = {db->title, strlen(db->title)},
	};
	return MN_OK;
}

static const void *extension(mn_db *db, const char *id)
{
	(void)db;
	if (strcmp(id, "mn.spread/2") == 0)
		return &spread_ops;
	return strcmp(id, "mn.native/1") == 0 ? &native_ops : NULL;
}

static const mn_backend backend = {
	.size = sizeof(backend),
	.row_size = MN_ROW_SIZES,
	.name = "neo4j",
	.version = MN_VERSION,
	.url_form = "neo4j+http://HOST:PORT/DB neo4j+https://HOST:PORT/DB",
	.caps = CAPS,
	.open = db_open,
	.close = db_close,
	.info = info,
	.brains = brains_do,
	.generation = read_generation,
	.reserve = read_reserve,
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
