/* SPDX-License-Identifier: MIT */
/* db.c - a store of brains in memory, gone when it is closed. */
#include <stdlib.h>
#include <string.h>

#include "list.h"

/* ---- Entering ------------------------------------------------------------------------------ */

int fail_memory(const struct brain *b, mn_call *call)
{
	return b->mem.host->fail(call, MN_ENOMEM, 0, "out of memory");
}

static int db_enter(mn_db *db, mn_call *call, bool write)
{
	if (db->host->cancelled(call))
		return db->host->fail_cancelled(call);
	if (write && db->read_only)
		return db->host->fail(call, MN_EREADONLY, 0, "the store was opened read-only");
	if (write)
		pthread_rwlock_wrlock(&db->lock);
	else
		pthread_rwlock_rdlock(&db->lock);
	return MN_OK;
}

/* Byte order, shorter first. */
static int order(mn_str a, mn_str b)
{
	const size_t n = a.len < b.len ? a.len : b.len;
	const int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* Where that name is among the brains, or belongs. */
static bool find_name(const mn_db *db, mn_str name, uint32_t *at)
{
	uint32_t low = 0, n = db->n;

	while (low < n) {
		const uint32_t mid = low + (n - low) / 2;

		if (order(db->brains[mid]->row.name, name) < 0)
			low = mid + 1;
		else
			n = mid;
	}
	*at = low;
	return low < db->n && order(db->brains[low]->row.name, name) == 0;
}

int brain_enter(mn_db *db, mn_call *call, mn_str name, bool write, struct brain **out)
{
	uint32_t at;
	int status = db_enter(db, call, write);

	if (status != MN_OK)
		return status;
	if (!find_name(db, name, &at)) {
		pthread_rwlock_unlock(&db->lock);
		return db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\"",
			(int)(name.len < 80 ? name.len : 80), name.ptr ? name.ptr : "");
	}
	*out = db->brains[at];
	call->at = (*out)->gen;
	return MN_OK;
}

void brain_leave(mn_db *db)
{
	pthread_rwlock_unlock(&db->lock);
}

struct brain *brain_of(const mn_db *db, mn_id id)
{
	for (uint32_t i = 0; i < db->n; i++)
		if (db->brains[i]->row.id == id)
			return db->brains[i];
	return NULL;
}

/* ---- Brains -------------------------------------------------------------------------------- */

static void free_text(struct brain *b, mn_str s)
{
	mem_resize(&b->mem, (char *)s.ptr, s.ptr ? s.len + 1 : 0, 0);
}

static void free_brain(struct brain *b)
{
	const mn_host *host = b->mem.host;

	lists_free(b);
	lines_free(b);
	mem_resize(&b->mem, b->neurons, b->neurons_cap * sizeof(*b->neurons), 0);
	mem_resize(&b->mem, b->fibers, b->fibers_cap * sizeof(*b->fibers), 0);
	mem_resize(&b->mem, b->pending_bits, b->pending_cap * sizeof(*b->pending_bits), 0);
	mem_resize(&b->mem, b->journal, 0, 0);
	slots_free(&b->neuron_ids, &b->mem);
	slots_free(&b->line_ids, &b->mem);
	slots_free(&b->fiber_ids, &b->mem);
	heap_free(&b->neuron_extras, &b->mem);
	heap_free(&b->states, &b->mem);
	heap_free(&b->line_extras, &b->mem);
	heap_free(&b->fiber_extras, &b->mem);
	table_free(&b->by_key, &b->mem);
	table_free(&b->neuron_uids, &b->mem);
	table_free(&b->line_uids, &b->mem);
	table_free(&b->fiber_uids, &b->mem);
	table_free(&b->by_anchor, &b->mem);
	times_free(&b->times, &b->mem);
	pool_free(&b->text, &b->mem);
	free_text(b, b->row.name);
	free_text(b, b->row.uid);
	free_text(b, b->row.config);
	free_text(b, b->row.meta);
	host->resize(host, b, 0);
}

static int copy_text(struct brain *b, mn_str s, mn_str *out)
{
	char *copy = mem_resize(&b->mem, NULL, 0, s.len + 1);

	if (!copy)
		return MN_ENOMEM;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	*out = (mn_str){copy, s.len};
	return MN_OK;
}

static int fill_row(struct brain *b, const mn_brain_row *row)
{
	b->row.created = row->created;
	b->row.updated = row->updated;
	if (copy_text(b, row->name, &b->row.name) != MN_OK
		|| copy_text(b, row->uid, &b->row.uid) != MN_OK
		|| copy_text(b, row->config, &b->row.config) != MN_OK
		|| copy_text(b, row->meta, &b->row.meta) != MN_OK)
		return MN_ENOMEM;
	return MN_OK;
}

static struct brain *new_brain(mn_db *db, const mn_brain_row *row)
{
	struct brain *b = db->host->resize(db->host, NULL, sizeof(*b));

	if (!b)
		return NULL;
	*b = (struct brain){
		.mem = {.host = db->host, .used = sizeof(*b)},
		.paths = {.host = db->host},
		.memory_type = db->host->type_code(MN_NEURON, (mn_str){"memory", 6}),
		.oldest = INT64_MAX,
		.neuron_extras = {.size = sizeof(struct neuron_extra)},
		.states = {.size = sizeof(struct state)},
		.line_extras = {.size = sizeof(struct line_extra)},
		.fiber_extras = {.size = sizeof(struct fiber_extra)},
		.longs = {.size = sizeof(struct parts)},
	};
	for (int kind = 0; kind < MN_KINDS; kind++)
		b->next[kind] = 1;
	if (fill_row(b, row) != MN_OK) {
		free_brain(b);
		return NULL;
	}
	db->host->random(db->host, &b->gen.epoch, sizeof(b->gen.epoch));
	b->row.id = ++db->last_id;
	return b;
}

/* ---- Rows of brains ------------------------------------------------------------------------ */

int give_text(const mn_db *db, mn_call *call, mn_str s, mn_str *out)
{
	char *copy = db->host->alloc(call, s.len + 1);

	if (!copy)
		return MN_ENOMEM;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	*out = (mn_str){copy, s.len};
	return MN_OK;
}

static int give_brain(const mn_db *db, mn_call *call, const struct brain *b, mn_brain_row *out)
{
	mn_brain_row row = b->row;

	row.neurons = b->neuron_ids.live;
	row.synapses = b->line_ids.live;
	row.fibers = b->fiber_ids.live;
	row.bytes = b->mem.used + b->paths.used;
	if (give_text(db, call, b->row.name, &row.name) != MN_OK
		|| give_text(db, call, b->row.uid, &row.uid) != MN_OK
		|| give_text(db, call, b->row.config, &row.config) != MN_OK
		|| give_text(db, call, b->row.meta, &row.meta) != MN_OK)
		return MN_ENOMEM;
	*out = row;
	return MN_OK;
}

/* The brains from `at` on, n of them. */
static int give_brains(const mn_db *db, mn_call *call, uint32_t at, uint32_t n, mn_rows *out)
{
	mn_brain_row *rows = db->host->alloc(call, (n ? n : 1) * sizeof(*rows));

	if (!rows)
		return MN_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		if (give_brain(db, call, db->brains[at + i], &rows[i]) != MN_OK)
			return MN_ENOMEM;
	*out = (mn_rows){.kind = MN_BRAIN, .n = n, .at.brain = rows};
	return MN_OK;
}

static bool find_brain_uid(const mn_db *db, mn_str uid, uint32_t *at)
{
	for (uint32_t i = 0; uid.len && i < db->n; i++)
		if (order(db->brains[i]->row.uid, uid) == 0) {
			*at = i;
			return true;
		}
	return false;
}

static int find(const mn_db *db, mn_call *call, mn_str name, mn_rows *out)
{
	uint32_t at;

	if (find_name(db, name, &at) || find_brain_uid(db, name, &at)) {
		call->at = db->brains[at]->gen;
		return give_brains(db, call, at, 1, out);
	}
	return give_brains(db, call, 0, 0, out);
}

/* Name, uid, config and meta; weights are what the config says. */
static int check_brain(
	const mn_db *db, mn_call *call, const mn_brain_row *row, double *delta, double *rate)
{
	if (!row->name.len || !db->host->text_valid(row->name) || !db->host->text_valid(row->uid)
		|| !db->host->text_valid(row->meta))
		return db->host->fail(call, MN_EINVAL, 0,
			"a brain's name is empty, or some text of it is not valid UTF-8");
	return db->config->weights(call, row->config, delta, rate);
}

static int fail_taken(const mn_db *db, mn_call *call, mn_str name)
{
	return db->host->fail(call, MN_ECONFLICT, 0, "there is a brain \"%.*s\" already",
		(int)(name.len < 80 ? name.len : 80), name.ptr);
}

static int create(mn_db *db, mn_call *call, const mn_brain_row *row, mn_rows *out)
{
	struct brain *b;
	double delta, rate;
	uint32_t at, other;
	struct mem mem = {.host = db->host};
	int status = check_brain(db, call, row, &delta, &rate);

	if (status != MN_OK)
		return status;
	if (find_name(db, row->name, &at) || find_brain_uid(db, row->uid, &other))
		return fail_taken(db, call, row->name);
	b = new_brain(db, row);
	if (!b)
		return db->host->fail(call, MN_ENOMEM, 0, "out of memory");
	b->delta = delta;
	b->rate = rate;
	if (mem_grow(&mem, &db->brains, &db->cap, (uint64_t)db->n + 1, sizeof(*db->brains))
		!= MN_OK) {
		free_brain(b);
		return db->host->fail(call, MN_ENOMEM, 0, "out of memory");
	}
	memmove(db->brains + at + 1, db->brains + at, (db->n - at) * sizeof(*db->brains));
	db->brains[at] = b;
	db->n++;
	status = give_brains(db, call, at, 1, out);
	if (status != MN_OK) { /* nobody would know that it is there */
		db->n--;
		memmove(db->brains + at, db->brains + at + 1, (db->n - at) * sizeof(*db->brains));
		free_brain(b);
	}
	return status;
}

/* ---- Updating ------------------------------------------------------------------------------ */

static bool find_id(const mn_db *db, mn_id id, uint32_t *at)
{
	const struct brain *b = brain_of(db, id);

	return b && find_name(db, b->row.name, at);
}

/* Every synapse's key, after a change of the rates; bumps reach the lists on the way. */
static void rekey(struct brain *b)
{
	for (uint32_t i = 0; i < b->line_ids.n; i++) {
		struct line_extra *x;
		struct line l;

		if (!slots_live(&b->line_ids, i))
			continue;
		l = line_get(b, i);
		x = line_extra(b, &l);
		if (x) {
			x->listed_last = x->last;
			x->listed_uses = x->uses;
		}
		if (l.flags & LINE_PENDING) { /* there is room for what it was before */
			l.flags &= (uint16_t)~LINE_PENDING;
			line_set(b, i, &l);
		}
		b->oldest = line_day(b, &l) < b->oldest ? line_day(b, &l) : b->oldest;
	}
	b->pending = 0;
	if (b->pending_cap)
		memset(b->pending_bits, 0, b->pending_cap * sizeof(*b->pending_bits));
}

static int change_rates(struct brain *b, double delta, double rate)
{
	const double old_delta = b->delta, old_rate = b->rate;

	if (delta == b->delta && rate == b->rate)
		return MN_OK;
	b->delta = delta;
	b->rate = rate;
	if (lists_sort(b, rekey) == MN_OK)
		return MN_OK;
	b->delta = old_delta;
	b->rate = old_rate;
	return MN_ENOMEM;
}

/* Takes the new texts over from `to`, which gets the old ones. */
static void swap_texts(struct brain *b, struct brain *to)
{
	const mn_brain_row old = b->row;

	b->row.name = to->row.name;
	b->row.config = to->row.config;
	b->row.meta = to->row.meta;
	to->row.name = old.name;
	to->row.config = old.config;
	to->row.meta = old.meta;
}

static void move_brain(mn_db *db, uint32_t from)
{
	struct brain *b = db->brains[from];
	uint32_t to;

	db->n--;
	memmove(db->brains + from, db->brains + from + 1, (db->n - from) * sizeof(b));
	find_name(db, b->row.name, &to);
	memmove(db->brains + to + 1, db->brains + to, (db->n - to) * sizeof(b));
	db->brains[to] = b;
	db->n++;
}

static int update_at(
	mn_db *db, mn_call *call, uint32_t at, const mn_brain_row *row, double delta, double rate)
{
	struct brain *b = db->brains[at], texts = {.mem = {.host = db->host}};
	const bool rates = delta != b->delta || rate != b->rate;
	const bool moved = row->clock != b->row.clock || rates;
	int status = fill_row(&texts, row);

	if (status == MN_OK)
		status = change_rates(b, delta, rate);
	if (status == MN_OK) {
		swap_texts(b, &texts);
		b->row.updated = row->updated;
		b->row.clock = row->clock;
		b->gen.graph += moved;
	}
	free_text(&texts, texts.row.name);
	free_text(&texts, texts.row.uid);
	free_text(&texts, texts.row.config);
	free_text(&texts, texts.row.meta);
	call->at = b->gen;
	return status == MN_OK ? MN_OK : db->host->fail(call, MN_ENOMEM, 0, "out of memory");
}

/* The row as it will be, made beforehand: after the change nothing may fail. */
static int give_updated(
	mn_db *db, mn_call *call, uint32_t at, const mn_brain_row *row, mn_rows *out)
{
	mn_brain_row *made;
	int status = give_brains(db, call, at, 1, out);

	if (status != MN_OK)
		return status;
	made = (mn_brain_row *)out->at.brain;
	made->updated = row->updated;
	made->clock = row->clock;
	if (give_text(db, call, row->name, &made->name) != MN_OK
		|| give_text(db, call, row->config, &made->config) != MN_OK
		|| give_text(db, call, row->meta, &made->meta) != MN_OK)
		return MN_ENOMEM;
	return MN_OK;
}

static int update(mn_db *db, mn_call *call, const mn_brain_row *row, mn_rows *out)
{
	double delta, rate;
	uint32_t at, other;
	mn_rows rows;
	int status = check_brain(db, call, row, &delta, &rate);

	if (status != MN_OK)
		return status;
	if (!find_id(db, row->id, &at))
		return db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain with the id %llu",
			(unsigned long long)row->id);
	if (find_name(db, row->name, &other) && other != at)
		return fail_taken(db, call, row->name);
	status = give_updated(db, call, at, row, &rows);
	if (status == MN_OK)
		status = update_at(db, call, at, row, delta, rate);
	if (status != MN_OK)
		return status;
	move_brain(db, at);
	*out = rows;
	return MN_OK;
}

static int delete (mn_db *db, mn_call *call, mn_str name, mn_rows *out)
{
	uint32_t at;

	if (!find_name(db, name, &at))
		return db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\"",
			(int)(name.len < 80 ? name.len : 80), name.ptr ? name.ptr : "");
	if (give_brains(db, call, 0, 0, out) != MN_OK)
		return MN_ENOMEM;
	free_brain(db->brains[at]);
	db->n--;
	memmove(db->brains + at, db->brains + at + 1, (db->n - at) * sizeof(*db->brains));
	return MN_OK;
}

int db_brains(mn_db *db, mn_call *call, int op, const void *row, mn_rows *out)
{
	int status = db_enter(db, call, op != MN_BRAINS_LIST && op != MN_BRAINS_FIND);

	if (status != MN_OK)
		return status;
	switch (op) {
	case MN_BRAINS_LIST: status = give_brains(db, call, 0, db->n, out); break;
	case MN_BRAINS_FIND: status = find(db, call, *(const mn_str *)row, out); break;
	case MN_BRAINS_CREATE: status = create(db, call, row, out); break;
	case MN_BRAINS_UPDATE: status = update(db, call, row, out); break;
	case MN_BRAINS_DELETE: status = delete (db, call, *(const mn_str *)row, out); break;
	default: status = db->host->fail(call, MN_EINVAL, 0, "no such operation on brains");
	}
	brain_leave(db);
	return status;
}

/* ---- Numbers ------------------------------------------------------------------------------- */

int db_generation(mn_db *db, mn_call *call, mn_str name)
{
	struct brain *b;
	const int status = brain_enter(db, call, name, false, &b);

	if (status == MN_OK)
		brain_leave(db);
	return status;
}

int db_reserve(mn_db *db, mn_call *call, mn_str name, int kind, uint32_t n, mn_id *first)
{
	struct brain *b;
	int status = brain_enter(db, call, name, true, &b);

	if (status != MN_OK)
		return status;
	if (n == 0 || (kind != MN_NEURON && kind != MN_SYNAPSE && kind != MN_FIBER)) {
		status = db->host->fail(call, MN_EINVAL, 0, "no ids can be reserved for that kind");
	} else if (n > LAST_RESERVED - b->next[kind]) {
		status = db->host->fail(
			call, MN_EUNSUPPORTED, 0, "the ids of this brain are used up");
	} else {
		*first = b->next[kind];
		b->next[kind] += n;
	}
	brain_leave(db);
	return status;
}

/* ---- Opening ------------------------------------------------------------------------------- */

static int init_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;
	int status;

	pthread_rwlockattr_init(&attr);
	/* Else readers that keep coming would keep a writer out. */
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	status = pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	return status;
}

int db_open(const mn_host *host, mn_call *call, mn_str url, bool read_only, mn_db **out)
{
	mn_db *db;

	if (url.len != sizeof("memory:") - 1)
		return host->fail(call, MN_EINVAL, 0,
			"memory: takes no name behind it; its brains are gone when it is closed");
	db = host->resize(host, NULL, sizeof(*db));
	if (!db)
		return host->fail(call, MN_ENOMEM, 0, "out of memory");
	*db = (mn_db){
		.host = host,
		.config = host->service(host, "mn.config/1"),
		.words = host->service(host, "mn.words/1"),
		.rows = host->service(host, "mn.rows/1"),
		.read_only = read_only,
	};
	if (!db->config || !db->words || !db->rows || init_lock(&db->lock)) {
		host->resize(host, db, 0);
		return host->fail(call, MN_EUNSUPPORTED, 0,
			"the program lacks a service that memory: needs: they do not fit together");
	}
	*out = db;
	return MN_OK;
}

void db_close(mn_db *db)
{
	const mn_host *host = db->host;

	for (uint32_t i = 0; i < db->n; i++)
		free_brain(db->brains[i]);
	host->resize(host, db->brains, 0);
	pthread_rwlock_destroy(&db->lock);
	host->resize(host, db, 0);
}

int db_info(mn_db *db, mn_call *call, mn_info *out)
{
	(void)call;
	out->threads = MN_MANY_READERS;
	out->caps = MEMORY_CAPS;
	if (db->read_only)
		out->caps &= ~(uint64_t)(MN_CAP_WRITE | MN_CAP_CREATE);
	out->max_ids = 0;
	out->max_changes = 0;
	out->trip_us = 1;
	out->title = (mn_str){"memory (gone at exit)", 21};
	return MN_OK;
}
