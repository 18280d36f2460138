/* SPDX-License-Identifier: MIT */
#include "brains.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "brain.h"
#include "fault.h"
#include "heap.h"
#include "read.h"
#include "schema.h"
#include "synapse.h"

#define MOST_BRAINS ((size_t)1 << 20)

/* ---- Rows --------------------------------------------------------------------------------- */

static const char read_brain[] =
	"SELECT uid, name, config, meta, created, updated, clock FROM brain WHERE one = 1";

static int read_row(struct brain *b, struct conn *c, mn_brain_row *out)
{
	sqlite3_stmt *st;
	int status = conn_ask(c, read_brain, NULL, 0, &st);

	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status < 0 ? status : conn_corrupt(c, "its own row is missing");
	*out = (mn_brain_row){
		.id = c->tally.gen.epoch,
		.neurons = c->tally.neurons,
		.synapses = c->tally.synapses,
		.fibers = c->tally.fibers,
		.bytes = file_bytes(b->path),
		.created = sqlite3_column_int64(st, 4),
		.updated = sqlite3_column_int64(st, 5),
		.clock = sqlite3_column_int64(st, 6),
	};
	status = read_text(c, st, 0, &out->uid);
	if (status == MN_OK)
		status = read_text(c, st, 1, &out->name);
	if (status == MN_OK)
		status = read_text(c, st, 2, &out->config);
	if (status == MN_OK)
		status = read_text(c, st, 3, &out->meta);
	sqlite3_reset(st);
	return status;
}

static int give_row(mn_db *db, mn_call *call, const mn_brain_row *row, mn_rows *out)
{
	mn_brain_row *copy = row ? db->host->alloc(call, sizeof(*copy)) : NULL;

	if (row && !copy)
		return MN_ENOMEM;
	if (row)
		*copy = *row;
	*out = (mn_rows){.kind = MN_BRAIN, .n = row ? 1 : 0, .at.brain = copy};
	return MN_OK;
}

/* ---- All of them -------------------------------------------------------------------------- */

struct list {
	mn_db *db;
	mn_call *call;
	mn_brain_row *rows;
	size_t n, cap;
	bool aloud; /* say what is passed over */
};

static int read_held(struct brain *b, mn_call *call, mn_brain_row *out)
{
	struct conn *c;
	enum use use = USE_READ;
	int status = brain_begin(b, call, &use, &c);

	return status == MN_OK ? brain_end(b, c, use, read_row(b, c, out)) : status;
}

static bool is_fatal(int status)
{
	return status == MN_ENOMEM || status == MN_ECANCELLED || status == MN_ETIMEOUT;
}

/* A file that cannot be read is logged and does not hide the others. */
static int see_row(void *ctx, const char *file)
{
	struct list *l = ctx;
	const mn_host *host = l->db->host;
	mn_error error = MN_SIZED(mn_error), *theirs = l->call->err;
	mn_brain_row row;
	struct brain *b;
	int status;

	l->call->err = &error;
	status = folder_hold_file(l->db, l->call, file, &b);
	if (status == MN_OK) {
		status = read_held(b, l->call, &row);
		folder_release(b);
	}
	l->call->err = theirs;
	if (is_fatal(status))
		return host->fail(l->call, status, error.native, "%s", error.text);
	if (status != MN_OK) {
		if (l->aloud)
			host->log(host, MN_LOG_WARN, "passed over: %s", error.text);
		return MN_OK;
	}
	if (!heap_grow(host, &l->rows, &l->cap, l->n + 1, sizeof(*l->rows), MOST_BRAINS))
		return fault_memory(host, l->call);
	l->rows[l->n++] = row;
	return MN_OK;
}

static int compare_names(const void *a, const void *b)
{
	const mn_brain_row *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int c = memcmp(x->name.ptr, y->name.ptr, n);

	return c ? c : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

/* A copy of a file has the name of the first: only one of them is that brain. */
static size_t without_copies(struct list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (!n || compare_names(&l->rows[n - 1], &l->rows[i]) != 0)
			l->rows[n++] = l->rows[i];
		else if (l->aloud)
			l->db->host->log(l->db->host, MN_LOG_WARN,
				"two files in %s hold the brain \"%.*s\": move one away",
				fault_path(l->db->path), SHOWN(l->rows[i].name));
	}
	return n;
}

static int list_brains(mn_db *db, mn_call *call, bool aloud, mn_rows *out)
{
	struct list l = {.db = db, .call = call, .aloud = aloud};
	int status = folder_each(db, call, &l, see_row);
	mn_brain_row *rows = NULL;

	if (status == MN_OK && l.n) {
		qsort(l.rows, l.n, sizeof(*l.rows), compare_names);
		l.n = without_copies(&l);
		rows = db->host->alloc(call, l.n * sizeof(*rows));
		status = rows ? MN_OK : MN_ENOMEM;
	}
	if (rows)
		memcpy(rows, l.rows, l.n * sizeof(*rows));
	heap_free(db->host, l.rows);
	if (status == MN_OK)
		*out = (mn_rows){.kind = MN_BRAIN, .n = l.n, .at.brain = rows};
	return status;
}

/* ---- One of them -------------------------------------------------------------------------- */

static bool same(mn_str a, mn_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The row of that uid, or of that id if uid is empty; NULL in *out: none. */
static int find_other(mn_db *db, mn_call *call, mn_str uid, mn_id id, const mn_brain_row **out)
{
	mn_rows all;
	int status;

	*out = NULL;
	if (uid.len == 0 && id == 0)
		return MN_OK;
	status = list_brains(db, call, false, &all);
	for (size_t i = 0; status == MN_OK && i < all.n && !*out; i++)
		if (uid.len ? same(all.at.brain[i].uid, uid) : all.at.brain[i].id == id)
			*out = &all.at.brain[i];
	return status;
}

static int find_name(mn_db *db, mn_call *call, mn_str name, mn_brain_row *row, bool *found)
{
	struct work w;
	int status = work_find(db, call, name, USE_READ, &w);

	*found = status == MN_OK && w.brain;
	return *found ? work_end(&w, read_row(w.brain, w.c, row)) : status;
}

static int find_brain(mn_db *db, mn_call *call, mn_str key, mn_rows *out)
{
	const mn_brain_row *other;
	mn_brain_row row;
	bool found;
	int status = find_name(db, call, key, &row, &found);

	if (status != MN_OK || found)
		return status == MN_OK ? give_row(db, call, &row, out) : status;
	status = find_other(db, call, key, 0, &other);
	return status == MN_OK ? give_row(db, call, other, out) : status;
}

/* ---- Creating ----------------------------------------------------------------------------- */

static int weights_of(mn_db *db, mn_call *call, mn_str config, double *delta, double *rate)
{
	const mn_config_service *service = db->host->service(db->host, "mn.config/1");

	return service->weights(call, config, delta, rate);
}

static int check_texts(mn_db *db, mn_call *call, const mn_brain_row *row)
{
	const mn_host *host = db->host;

	if (row->name.len == 0 || !host->text_valid(row->name))
		return host->fail(call, MN_EINVAL, 0, "a brain's name must be UTF-8 text");
	if (!host->text_valid(row->uid) || !host->text_valid(row->meta))
		return host->fail(call, MN_EINVAL, 0, "a brain's uid and meta must be UTF-8 text");
	return MN_OK;
}

static int check_free(mn_db *db, mn_call *call, const mn_brain_row *row, mn_id except)
{
	const mn_brain_row *other;
	mn_brain_row named;
	bool found;
	int status = find_name(db, call, row->name, &named, &found);

	if (status == MN_OK && found && named.id != except)
		return db->host->fail(call, MN_ECONFLICT, 0,
			"there is a brain \"%.*s\" already: choose another name", SHOWN(row->name));
	if (status == MN_OK && !except)
		status = find_other(db, call, row->uid, 0, &other);
	if (status == MN_OK && !except && other)
		return db->host->fail(call, MN_ECONFLICT, 0,
			"the uid \"%.*s\" belongs to another brain", SHOWN(row->uid));
	return status;
}

/* A file that is not a brain by name yet needs no journal on disk: it is flushed as a whole. */
static const char begin_filling[] =
	"PRAGMA page_size = 4096; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;"
	"BEGIN IMMEDIATE";

/* The tables, complete, in a file that is no brain yet. */
static int fill_file(
	mn_db *db, mn_call *call, const char *file, mn_brain_row *row, double delta, double rate)
{
	struct conn *c;
	size_t room = strlen(db->path) + strlen(file) + 2;
	char *path = heap_new(db->host, room);
	int status;

	if (!path)
		return fault_memory(db->host, call);
	snprintf(path, room, "%s/%s", db->path, file);
	status = conn_open(db->host, call, path, ACCESS_WRITE, false, &c);
	if (status == MN_OK) {
		status = conn_adopt(c, call);
		errno = 0; /* for fault.c */
		if (status == MN_OK)
			status = conn_script(c, begin_filling);
		if (status == MN_OK)
			status = schema_make(c, row, delta, rate);
		if (status == MN_OK)
			status = conn_script(c, "COMMIT; PRAGMA journal_mode = WAL");
		row->bytes = file_bytes(path);
		conn_rollback(c);
		conn_close(c);
	}
	heap_free(db->host, path);
	return status;
}

static void random_name(mn_db *db, const char *prefix, char out[40])
{
	uint64_t bits;

	db->host->random(db->host, &bits, sizeof(bits));
	snprintf(out, 40, "%s%016llx", prefix, (unsigned long long)bits);
}

/* Gives the finished file the first name that is free: from then on there is a brain. */
static int settle(mn_db *db, mn_call *call, const char *from, mn_str name)
{
	char file[LONGEST_FILE + 40];
	bool taken = true;
	int status = MN_OK;

	for (unsigned turn = 1; status == MN_OK && taken; turn++) {
		folder_file(name, turn, file);
		taken = faccessat(db->fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
		if (taken)
			continue;
		file_remove_beside(db->fd, file); /* the log of one that was deleted */
		status = file_settle(db->host, call, db->fd, from, file, &taken);
	}
	return status == MN_OK ? file_sync(db->host, call, db->fd, NULL) : status;
}

static int create_file(mn_db *db, mn_call *call, mn_brain_row *row)
{
	double delta, rate;
	char file[40];
	int status = weights_of(db, call, row->config, &delta, &rate);

	if (status != MN_OK)
		return status;
	folder_sweep(db);
	random_name(db, ".new-", file);
	status = file_make(db->host, call, db->fd, file);
	if (status != MN_OK)
		return status;
	status = fill_file(db, call, file, row, delta, rate);
	if (status == MN_OK)
		status = file_sync(db->host, call, db->fd, file);
	if (status == MN_OK)
		status = settle(db, call, file, row->name);
	if (status != MN_OK)
		file_remove(db->fd, file);
	return status;
}

static int own_text(mn_db *db, mn_call *call, mn_str *text)
{
	char *copy = text->len ? db->host->alloc(call, text->len) : "";

	if (!copy)
		return MN_ENOMEM;
	if (text->len)
		memcpy(copy, text->ptr, text->len);
	text->ptr = copy;
	return MN_OK;
}

/* What comes back is made first, since nothing may fail once there is a brain. */
static int prepare_row(mn_db *db, mn_call *call, const mn_brain_row *row, mn_brain_row **out)
{
	mn_brain_row *made = db->host->alloc(call, sizeof(*made));
	int status = made ? check_texts(db, call, row) : MN_ENOMEM;

	if (status != MN_OK)
		return status;
	*made = (mn_brain_row){.uid = row->uid,
		.name = row->name,
		.config = row->config,
		.meta = row->meta,
		.created = row->created,
		.updated = row->updated ? row->updated : row->created,
		.clock = row->clock};
	status = own_text(db, call, &made->uid);
	if (status == MN_OK)
		status = own_text(db, call, &made->name);
	if (status == MN_OK)
		status = own_text(db, call, &made->config);
	if (status == MN_OK)
		status = own_text(db, call, &made->meta);
	*out = made;
	return status;
}

static int create_brain(mn_db *db, mn_call *call, const mn_brain_row *row, mn_rows *out)
{
	mn_brain_row *made = NULL;
	int lock, status = prepare_row(db, call, row, &made);

	if (status == MN_OK)
		status = folder_lock(db, call, &lock);
	if (status != MN_OK)
		return status;
	status = check_free(db, call, row, 0);
	if (status == MN_OK)
		status = create_file(db, call, made);
	folder_unlock(lock);
	if (status == MN_OK)
		*out = (mn_rows){.kind = MN_BRAIN, .n = 1, .at.brain = made};
	return status;
}

/* ---- Changing ----------------------------------------------------------------------------- */

static const char update_brain[] =
	"UPDATE brain SET name = ?1, config = ?2, meta = ?3, updated = ?4, clock = ?5, delta = ?6,"
	" rate = ?7 WHERE one = 1";

static int write_row(struct conn *c, const mn_brain_row *row, double delta, double rate)
{
	const bool relist = delta != c->measure.delta || rate != c->measure.rate;
	const bool moved = relist || row->clock != c->measure.clock;
	int status = RUN(c, update_brain, S(row->name), SN(row->config), SN(row->meta),
		I(row->updated), I(row->clock), R(delta), R(rate));

	c->measure.delta = delta;
	c->measure.rate = rate;
	c->measure.clock = row->clock;
	c->tally.edition++;
	c->tally.gen.graph += moved;
	if (status == MN_OK && relist)
		status = synapse_relist(c);
	if (status == MN_OK)
		status = conn_tally(c);
	c->call->at = c->tally.gen;
	c->measure.edition = c->tally.edition;
	return status;
}

static int update_held(mn_db *db, mn_call *call, mn_str name, const mn_brain_row *row, mn_rows *out)
{
	double delta, rate;
	mn_brain_row now;
	struct work w;
	int status = weights_of(db, call, row->config, &delta, &rate);

	if (status == MN_OK)
		status = work_begin(db, call, name, USE_WRITE, &w);
	if (status != MN_OK)
		return status;
	status = write_row(w.c, row, delta, rate);
	if (status == MN_OK)
		status = read_row(w.brain, w.c, &now);
	if (status == MN_OK)
		status = give_row(db, call, &now, out);
	if (!same(name, row->name))
		folder_drop(w.brain);
	return work_end(&w, status);
}

static int update_brain_row(mn_db *db, mn_call *call, const mn_brain_row *row, mn_rows *out)
{
	const mn_brain_row *old = NULL;
	int lock, status = check_texts(db, call, row);

	if (status == MN_OK)
		status = folder_lock(db, call, &lock);
	if (status != MN_OK)
		return status;
	status = find_other(db, call, (mn_str){0}, row->id, &old);
	if (status == MN_OK && !old)
		status = db->host->fail(call, MN_ENOBRAIN, 0, "the brain is not there any more");
	if (status == MN_OK && !same(old->name, row->name))
		status = check_free(db, call, row, row->id);
	if (status == MN_OK)
		status = update_held(db, call, old->name, row, out);
	folder_unlock(lock);
	return status;
}

/* The file leaves under a name that is no brain's, in one step; then it goes. */
static int delete_brain(mn_db *db, mn_call *call, mn_str name)
{
	char away[40];
	bool taken = false;
	struct work w;
	int lock, status = folder_lock(db, call, &lock);

	if (status != MN_OK)
		return status;
	random_name(db, ".old-", away);
	status = work_begin(db, call, name, USE_WRITE, &w);
	if (status == MN_OK) {
		status = file_settle(db->host, call, db->fd, w.brain->file, away, &taken);
		if (status == MN_OK) {
			file_remove_beside(db->fd, w.brain->file);
			status = file_sync(db->host, call, db->fd, NULL);
			folder_drop(w.brain);
		}
		work_drop(&w);
	}
	if (status == MN_OK)
		file_remove(db->fd, away);
	folder_unlock(lock);
	return status;
}

int brains_do(mn_db *db, mn_call *call, int op, const void *row, mn_rows *out)
{
	const mn_host *host = db->host;

	if (host->cancelled(call))
		return host->fail_cancelled(call);
	if (op != MN_BRAINS_LIST && op != MN_BRAINS_FIND && db->read_only)
		return host->fail(call, MN_EREADONLY, 0, "the store was opened read-only");
	switch (op) {
	case MN_BRAINS_LIST: return list_brains(db, call, true, out);
	case MN_BRAINS_FIND: return find_brain(db, call, *(const mn_str *)row, out);
	case MN_BRAINS_CREATE: return create_brain(db, call, row, out);
	case MN_BRAINS_UPDATE: return update_brain_row(db, call, row, out);
	case MN_BRAINS_DELETE: return delete_brain(db, call, *(const mn_str *)row);
	default: return host->fail(call, MN_EINVAL, 0, "operation %d on brains is not known", op);
	}
}
