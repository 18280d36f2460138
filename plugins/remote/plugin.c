/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - the stores http://HOST:PORT and https://HOST:PORT: those of a server.
 *
 * open.c finds the server and the dialect it speaks. ask.c has one question of the own dialect
 * and what its answers mean; read.c, scan.c, write.c and brains.c ask.
 */
#include "remote.h"

#define CAPS                                                                         \
	(MN_CAP_WRITE | MN_CAP_DURABLE | MN_CAP_TEXT | MN_CAP_FROZEN | MN_CAP_CREATE \
		| MN_CAP_ATOMIC | MN_CAP_GENERATION)

/* Told by the server too, but it need not be asked. */
static int may_write(mn_db *db, mn_call *call)
{
	if (!db->read_only)
		return MN_OK;
	return db->host->fail(call, MN_EREADONLY, 0, "%s was opened read-only", db->title);
}

static int brains(mn_db *db, mn_call *call, int op, const void *row, mn_rows *out)
{
	int status = op == MN_BRAINS_LIST || op == MN_BRAINS_FIND ? MN_OK : may_write(db, call);

	if (status != MN_OK)
		return status;
	return db->speak->brains(db, call, op, row, out);
}

static int generation(mn_db *db, mn_call *call, mn_str brain)
{
	return db->speak->generation(db, call, brain);
}

static int reserve(mn_db *db, mn_call *call, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	int status = may_write(db, call);

	if (status != MN_OK)
		return status;
	return db->speak->reserve(db, call, brain, kind, n, first);
}

static int lookup(mn_db *db, mn_call *call, mn_str brain, const mn_key *keys, size_t n, mn_id *out)
{
	return db->speak->lookup(db, call, brain, keys, n, out);
}

static int resolve(mn_db *db, mn_call *call, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	return db->speak->resolve(db, call, brain, kind, uids, out);
}

static int get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	return db->speak->get(db, call, brain, kind, ids, fields, out);
}

static int fibers_of(mn_db *db, mn_call *call, mn_str brain, mn_ids anchors, mn_rows *out)
{
	return db->speak->fibers_of(db, call, brain, anchors, out);
}

static int expand(mn_db *db, mn_call *call, const mn_expand *e, mn_fan *out)
{
	return db->speak->expand(db, call, e, out);
}

static int scan(mn_db *db, mn_call *call, mn_str brain, const mn_query *q, mn_cursor **out)
{
	return db->speak->scan(db, call, brain, q, out);
}

static int next(mn_cursor *c, mn_call *call, size_t max, mn_page *out)
{
	return c->db->speak->next(c, call, max, out);
}

static void done(mn_cursor *c)
{
	c->db->speak->done(c);
}

static int apply(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	int status = may_write(db, call);

	if (status != MN_OK)
		return status;
	return db->speak->apply(db, call, brain, expect, changes, n, out);
}

static const mn_backend backend = {
	.size = sizeof(backend),
	.row_size = MN_ROW_SIZES,
	.name = "remote",
	.version = MN_VERSION,
	.url_form = "http://HOST:PORT https://HOST:PORT",
	.caps = CAPS,
	.open = remote_open,
	.close = remote_close,
	.info = remote_info,
	.brains = brains,
	.generation = generation,
	.reserve = reserve,
	.lookup = lookup,
	.resolve = resolve,
	.get = get,
	.fibers_of = fibers_of,
	.expand = expand,
	.scan = scan,
	.next = next,
	.done = done,
	.apply = apply,
};

MN_API mn_backend_entry mn_backend_v1;

const mn_backend *mn_backend_v1(void)
{
	return &backend;
}
