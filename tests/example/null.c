/* SPDX-License-Identifier: MIT */
/* null.c - a whole storage backend, to begin one's own with: "null:" keeps one brain, in which
 * there is nothing and never will be. Each operation shows the shape of its answer; what answers
 * mean is said in backend.h. To build it where Mnemoscope's headers are installed:
 *
 *   cc -shared -fPIC $(pkg-config --cflags mnemoscope-backend) null.c -o mn_null.so
 */
#include <backend.h>
#include <string.h>

struct mn_db {
	const mn_host *host; /* everything a backend needs of the engine comes through it */
};
struct mn_cursor {
	mn_db *db;
	int kind;
};
static const mn_str name = {"nothing", 7};

/* What every call ends with: is it still wanted, is the brain there, of which generation is the
 * answer? Nothing ever changes here, so all are of one. */
static int answer(mn_db *db, mn_call *c, mn_str brain)
{
	c->at = (mn_gen){1, 1, 1};
	if (db->host->cancelled(c))
		return db->host->fail_cancelled(c);
	if (brain.len != name.len || memcmp(brain.ptr, name.ptr, name.len) != 0)
		return db->host->fail(c, MN_ENOBRAIN, 0, "the only brain here is \"nothing\"");
	return MN_OK;
}

static int open_store(const mn_host *h, mn_call *c, mn_str url, bool read_only, mn_db **out)
{
	mn_db *db = h->resize(h, NULL, sizeof(*db));

	if (!db)
		return h->fail(c, MN_ENOMEM, 0, "out of memory");
	*db = (mn_db){h};
	*out = db;
	return MN_OK;
}

static void close_store(mn_db *db)
{
	db->host->resize(db->host, db, 0);
}

static int info(mn_db *db, mn_call *c, mn_info *out)
{
	*out = (mn_info){out->size, MN_ANY_CALLS, MN_CAP_GENERATION, .title = MN_STR("nothing")};
	return MN_OK;
}

static int reserve(mn_db *db, mn_call *c, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	return db->host->fail(c, MN_EREADONLY, 0, "nothing can be written to a null store");
}

static int apply(mn_db *db, mn_call *c, mn_str brain, const mn_gen *expect, const mn_change *at,
	size_t n, mn_applied *out)
{
	return reserve(db, c, brain, 0, 0, NULL);
}

/* Results are taken from the call's arena; when that fails the host has recorded it already. */
static int brains(mn_db *db, mn_call *c, int op, const void *row, mn_rows *out)
{
	mn_brain_row *b = db->host->alloc(c, sizeof(*b));
	int status = answer(db, c, op == MN_BRAINS_FIND ? *(const mn_str *)row : name);

	if (op != MN_BRAINS_LIST && op != MN_BRAINS_FIND)
		return reserve(db, c, name, 0, 0, NULL);
	if (!b)
		return MN_ENOMEM;
	*b = (mn_brain_row){.id = 1, .name = name};
	*out = (mn_rows){MN_BRAIN, status == MN_OK, {b}};
	return status == MN_ENOBRAIN ? MN_OK : status; /* no such brain: an answer, not an error */
}

/* Arrays in, arrays out: an id for each key, 0 where there is none. */
static int lookup(mn_db *db, mn_call *c, mn_str brain, const mn_key *keys, size_t n, mn_id *out)
{
	memset(out, 0, n * sizeof(*out));
	return answer(db, c, brain);
}

static int resolve(mn_db *db, mn_call *c, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	return lookup(db, c, brain, NULL, uids.n, out);
}

/* A row for each id, in their order; host->alloc gives zeroed ones: there is no such row. */
static int get(
	mn_db *db, mn_call *c, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	static const size_t sizes[MN_KINDS] = MN_ROW_SIZES;

	*out = (mn_rows){kind, ids.n, {db->host->alloc(c, ids.n * sizes[kind])}};
	return out->at.any ? answer(db, c, brain) : MN_ENOMEM;
}

static int fibers_of(mn_db *db, mn_call *c, mn_str brain, mn_ids anchors, mn_rows *out)
{
	return get(db, c, brain, MN_FIBER, anchors, 0, out);
}

/* Lists lie back to back; that of entry i is far[start[i]] up to far[start[i + 1]]. */
static int expand(mn_db *db, mn_call *c, const mn_expand *e, mn_fan *out)
{
	void *zero = db->host->alloc(c, (e->frontier.n + 1) * sizeof(double));

	*out = (mn_fan){zero, zero, zero, zero, zero, zero, zero, zero};
	return zero ? answer(db, c, e->brain) : MN_ENOMEM;
}

static int scan(mn_db *db, mn_call *c, mn_str brain, const mn_query *q, mn_cursor **out)
{
	const int status = answer(db, c, brain);
	mn_cursor *cursor = status ? NULL : db->host->resize(db->host, NULL, sizeof(*cursor));

	if (!cursor)
		return status ? status : db->host->fail(c, MN_ENOMEM, 0, "out of memory");
	*cursor = (mn_cursor){db, q->kind};
	*out = cursor;
	return MN_OK;
}

static int next(mn_cursor *cursor, mn_call *c, size_t max, mn_page *out)
{
	*out = (mn_page){out->size, {.kind = cursor->kind}, .last = true};
	return answer(cursor->db, c, name);
}

static void done(mn_cursor *cursor)
{
	cursor->db->host->resize(cursor->db->host, cursor, 0);
}

MN_API mn_backend_entry mn_backend_v1;
const mn_backend *mn_backend_v1(void)
{
	static const mn_backend table = {sizeof(table), MN_ROW_SIZES, "null", "1.0",
		"null:", MN_CAP_GENERATION, open_store, close_store, info, brains, answer, reserve,
		lookup, resolve, get, fibers_of, expand, scan, next, done, apply, NULL};

	return &table;
}
