/* SPDX-License-Identifier: MIT */
/*
 * table.c - the memory backend: the reference for what the contract means, and the fastest.
 *
 *   db.c       stores and brains        list.c     a neuron's synapses, heaviest first
 *   apply.c    changes, all or none     rows.c     what a row means to the indexes
 *   expand.c   one hop of a spread      journal.c  taking changes back
 *   read.c     rows by id, key, uid     mem.c      counted memory, tables, texts, slots
 *   scan.c     rows by filter           search.c   rows by words
 *   lend.c     lists where they are     line.c     synapses, packed
 */
#include "table.h"

#include <string.h>

#include "brain.h"

static const void *extension(mn_db *db, const char *id)
{
	(void)db;
	return strcmp(id, "mn.lists/1") == 0 ? &memory_lists : NULL;
}

static const mn_backend table = {
	.size = sizeof(table),
	.row_size = MN_ROW_SIZES,
	.name = "memory",
	.version = MN_VERSION,
	.url_form = "memory:",
	.caps = MEMORY_CAPS,
	.open = db_open,
	.close = db_close,
	.info = db_info,
	.brains = db_brains,
	.generation = db_generation,
	.reserve = db_reserve,
	.lookup = db_lookup,
	.resolve = db_resolve,
	.get = db_get,
	.fibers_of = db_fibers_of,
	.expand = db_expand,
	.scan = db_scan,
	.next = db_next,
	.done = db_done,
	.apply = brain_apply,
	.extension = extension,
};

const mn_backend *memory_table(void)
{
	return &table;
}
