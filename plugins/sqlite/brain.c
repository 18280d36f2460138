/* SPDX-License-Identifier: MIT */
#include "brain.h"

#include <stdio.h>
#include <time.h>

#include "fault.h"
#include "heap.h"
#include "schema.h"
#include "search.h"

#define NAP_NS 10000000L
#define WRITER_PATIENCE_MS 30000
#define CLOSING_PATIENCE_MS 2000
#define TRIES 8

/* ---- Opening ------------------------------------------------------------------------------ */

static const char read_name[] = "SELECT name FROM brain WHERE one = 1";
static const char count_strange[] =
	"SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')";
static const char match_name[] = "SELECT 1 FROM brain WHERE one = 1 AND name = ?1";

static enum access access_of(const struct brain *b)
{
	return b->store->read_only ? ACCESS_READ_ONLY : ACCESS_READ;
}

/* Without the right to make files beside it, a brain can be read as long as it has no log: then
 * nobody writes to it either. */
static int open_reader(struct brain *b, mn_call *call, struct conn **out)
{
	const mn_host *host = b->store->host;
	int status = conn_open(host, call, b->path, access_of(b), b->immutable, out);

	if (status != MN_OK || *out)
		return status;
	if (file_has_log(b->path))
		return host->fail(call, MN_EIO, 0,
			"%s has changes in its log (-wal) that cannot be read here without the "
			"right to write: copy the folder, or open it once with that right",
			fault_path(b->path));
	if (b->immutable || b->name)
		return host->fail(call, MN_EIO, 0,
			"%s cannot be opened any more: check its rights and those of its folder",
			fault_path(b->path));
	b->immutable = true;
	return open_reader(b, call, out);
}

static int migrate(struct brain *b, mn_call *call)
{
	struct conn *c;
	int status;

	if (b->store->read_only)
		return b->store->host->fail(call, MN_EUNSUPPORTED, 0,
			"%s was made by an older version: open it once without --read-only to "
			"bring it up to date",
			fault_path(b->path));
	status = conn_open(b->store->host, call, b->path, ACCESS_WRITE, false, &c);
	if (status != MN_OK)
		return status;
	status = schema_migrate(c, call);
	conn_close(c);
	return status;
}

/* What a file from anywhere has to fulfil before it is worked with; and its name. */
static int inspect(struct brain *b, struct conn *c)
{
	sqlite3_stmt *st;
	int64_t strange;
	int status = conn_number(c, count_strange, NULL, 0, 0, &strange);

	if (status == MN_OK && strange)
		status = conn_corrupt(c, "it has a trigger or view that no brain has");
	if (status == MN_OK)
		status = conn_ask(c, read_name, NULL, 0, &st);
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status < 0 ? status : conn_corrupt(c, "its own row is missing");
	b->id = c->tally.gen.epoch;
	b->name = heap_copy(b->store->host, column_text(st, 0));
	sqlite3_reset(st);
	return b->name ? MN_OK : conn_memory(c);
}

static int open_all(struct brain *b, mn_call *call)
{
	struct conn *c = NULL;
	int version, status = schema_check(b->store->host, call, b->path, &version);

	if (status == MN_OK && version < SCHEMA_VERSION)
		status = migrate(b, call);
	if (status == MN_OK)
		status = open_reader(b, call, &c);
	if (status != MN_OK)
		return status;
	if (!file_mark(b->path, &b->mark))
		status = fault_corrupt(b->store->host, call, b->path, "it has just gone");
	if (status == MN_OK)
		status = conn_begin(c, call, false);
	if (status == MN_OK) {
		status = inspect(b, c);
		conn_rollback(c);
	}
	if (status == MN_OK && !c->broken)
		b->idle = c;
	else
		conn_close(c);
	b->nidle = b->idle ? 1 : 0;
	return status;
}

int brain_open(mn_db *store, mn_call *call, const char *file, struct brain **out)
{
	const mn_host *host = store->host;
	size_t folder = strlen(store->path), len = strlen(file);
	struct brain *b = heap_new(host, sizeof(*b));
	int status = b ? MN_OK : fault_memory(host, call);

	if (status != MN_OK)
		return status;
	b->store = store;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->freed, NULL);
	b->path = heap_new(host, folder + len + 2);
	if (b->path) {
		snprintf(b->path, folder + len + 2, "%s/%s", store->path, file);
		b->file = b->path + folder + 1;
	}
	status = b->path ? open_all(b, call) : fault_memory(host, call);
	if (status != MN_OK) {
		brain_close(b);
		return status;
	}
	*out = b;
	return MN_OK;
}

bool brain_there(const struct brain *b)
{
	return file_still(b->path, &b->mark, b->immutable);
}

/* ---- Closing ------------------------------------------------------------------------------ */

/* Ids that were leased and not handed out go back, if nobody leased after us. */
static bool return_leases(struct brain *b, struct tally *t)
{
	bool some = false;

	for (int kind = 0; kind < MN_KINDS; kind++) {
		const struct lease *l = &b->lease[kind];

		if (l->next == l->end || t->next[kind] != l->end)
			continue;
		t->next[kind] = l->next;
		some = true;
	}
	return some;
}

/* There is nobody left to tell if this fails, and nothing is lost then. */
static void put_away(struct brain *b)
{
	mn_error error = MN_SIZED(mn_error);
	mn_call call = {.size = sizeof(call), .err = &error};
	struct conn *c = b->writer;
	bool some;

	if (conn_begin(c, &call, true) != MN_OK)
		return;
	some = return_leases(b, &c->tally) || c->tally.unread || c->tally.logged > c->tally.swept
	       || recent_any(&c->recent);
	if (some && search_flush(c) == MN_OK && adjacency_settle(c) == MN_OK
		&& bundle_settle(c) == MN_OK && conn_tally(c) == MN_OK)
		conn_commit(c);
	else
		conn_rollback(c);
}

void brain_close(struct brain *b)
{
	const mn_host *host = b->store->host;

	if (b->writer && b->wrote && !b->gone && brain_there(b)) {
		b->writer->patience_ms = CLOSING_PATIENCE_MS;
		put_away(b);
	}
	while (b->idle) {
		struct conn *c = b->idle;

		b->idle = c->next;
		conn_close(c);
	}
	conn_close(b->writer); /* the last one folds the log into the file and removes it */
	pthread_cond_destroy(&b->freed);
	pthread_mutex_destroy(&b->lock);
	heap_free(host, b->name);
	heap_free(host, b->path);
	heap_free(host, b);
}

/* ---- Using -------------------------------------------------------------------------------- */

static void nap(struct brain *b)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += NAP_NS;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&b->freed, &b->lock, &until);
}

static bool writes(enum use use)
{
	return use == USE_WRITE || use == USE_SPARE;
}

/* It takes the writer's place and connection. */
static bool as_writer(enum use use)
{
	return writes(use) || use == USE_LOOK;
}

/* A place among those who read, scan or write. The lock is held. */
static int take_place(struct brain *b, mn_call *call, enum use use)
{
	const mn_host *host = b->store->host;

	if (use == USE_SCAN && b->cursors >= MOST_CURSORS)
		return host->fail(call, MN_EBUSY, 0,
			"%d scans of \"%.80s\" are open already: finish one first", MOST_CURSORS,
			b->name);
	if (use == USE_SPARE && b->writing)
		return host->fail(call, MN_EBUSY, 0, "\"%.80s\" is being written to", b->name);
	while (use == USE_READ ? b->readers >= MOST_READERS : use == USE_WRITE && b->writing) {
		if (host->cancelled(call))
			return host->fail_cancelled(call);
		nap(b);
	}
	b->readers += use == USE_READ;
	b->cursors += use == USE_SCAN;
	b->writing |= as_writer(use);
	return MN_OK;
}

static void leave_place(struct brain *b, enum use use)
{
	b->readers -= use == USE_READ;
	b->cursors -= use == USE_SCAN;
	b->writing &= !as_writer(use);
	pthread_cond_broadcast(&b->freed);
}

/* The connection for it; the place was taken, the lock is not held. */
static int take_connection(struct brain *b, mn_call *call, enum use use, struct conn **out)
{
	int status = MN_OK;

	if (as_writer(use)) {
		if (!b->writer)
			status = conn_open(b->store->host, call, b->path, ACCESS_WRITE,
				b->immutable, &b->writer);
		*out = b->writer;
		if (b->writer)
			b->writer->patience_ms = use == USE_SPARE ? 0 : WRITER_PATIENCE_MS;
		return status;
	}
	pthread_mutex_lock(&b->lock);
	*out = b->idle;
	if (*out) {
		b->idle = (*out)->next;
		b->nidle--;
	}
	pthread_mutex_unlock(&b->lock);
	return *out ? MN_OK : open_reader(b, call, out);
}

static void give_back(struct brain *b, struct conn *c, enum use use)
{
	bool keep;

	if (c && c->broken && as_writer(use))
		b->writer = NULL;
	pthread_mutex_lock(&b->lock);
	keep = c && !c->broken && (as_writer(use) || b->nidle < MOST_READERS);
	if (keep && !as_writer(use)) {
		c->next = b->idle;
		b->idle = c;
		b->nidle++;
	}
	leave_place(b, use);
	pthread_mutex_unlock(&b->lock);
	if (!keep)
		conn_close(c);
}

int brain_begin(struct brain *b, mn_call *call, enum use *use, struct conn **out)
{
	const mn_host *host = b->store->host;
	struct conn *c = NULL;
	int status = MN_OK;

	if (writes(*use) && b->store->read_only)
		return host->fail(call, MN_EREADONLY, 0, "the store was opened read-only");
	pthread_mutex_lock(&b->lock);
	if (*use == USE_LOOK && (b->writing || !b->writer))
		*use = USE_READ;
	status = take_place(b, call, *use);
	pthread_mutex_unlock(&b->lock);
	if (status != MN_OK)
		return status;
	status = take_connection(b, call, *use, &c);
	if (status == MN_OK)
		status = conn_begin(c, call, writes(*use));
	if (status != MN_OK)
		give_back(b, c, *use);
	else
		*out = c;
	return status;
}

int brain_end(struct brain *b, struct conn *c, enum use use, int status)
{
	if (status == MN_OK && writes(use)) {
		status = conn_commit(c);
		b->wrote |= status == MN_OK;
	} else {
		conn_rollback(c);
	}
	give_back(b, c, use);
	return status;
}

/* ---- Operations --------------------------------------------------------------------------- */

/* Is this still the brain that was asked for? It may have been renamed or deleted meanwhile. */
static int check_name(struct brain *b, struct conn *c, bool *same)
{
	int64_t found = 1;
	int status = MN_OK;

	*same = !c->writing || brain_there(b);
	if (!*same || c->named == c->tally.edition)
		return MN_OK;
	status = NUMBER(c, &found, 0, match_name, S((mn_str){b->name, strlen(b->name)}));
	*same = found;
	if (status == MN_OK && found)
		c->named = c->tally.edition;
	return status;
}

/* MN_OK with *again: the brain was another one. */
static int try_work(
	mn_db *db, mn_call *call, mn_str name, enum use use, struct work *w, bool *again)
{
	bool same = false;
	int status = folder_hold(db, call, name, &w->brain);

	*again = false;
	if (status != MN_OK || !w->brain)
		return status;
	w->use = use;
	if (brain_there(w->brain)) {
		status = brain_begin(w->brain, call, &w->use, &w->c);
		if (status == MN_OK) {
			status = check_name(w->brain, w->c, &same);
			if (status != MN_OK || !same) {
				conn_rollback(w->c);
				give_back(w->brain, w->c, w->use);
			}
		}
	}
	*again = status == MN_OK && !same;
	if (*again)
		folder_drop(w->brain);
	if (status != MN_OK || *again)
		folder_release(w->brain);
	return status;
}

int work_find(mn_db *db, mn_call *call, mn_str name, enum use use, struct work *out)
{
	bool again = true;
	int status = MN_OK;

	if (db->host->cancelled(call))
		return db->host->fail_cancelled(call);
	out->brain = NULL;
	for (int i = 0; i < TRIES && status == MN_OK && again; i++)
		status = try_work(db, call, name, use, out, &again);
	if (status == MN_OK && again)
		status = db->host->fail(call, MN_EBUSY, 0,
			"\"%.*s\" is being renamed or replaced over and over: try again later",
			SHOWN(name));
	return status;
}

int work_begin(mn_db *db, mn_call *call, mn_str name, enum use use, struct work *out)
{
	int status = work_find(db, call, name, use, out);

	if (status == MN_OK && !out->brain)
		status = db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\" in %s",
			SHOWN(name), fault_path(db->path));
	return status;
}

int work_end(struct work *w, int status)
{
	status = brain_end(w->brain, w->c, w->use, status);
	folder_release(w->brain);
	return status;
}

void work_drop(struct work *w)
{
	conn_rollback(w->c);
	give_back(w->brain, w->c, w->use);
	folder_release(w->brain);
}
