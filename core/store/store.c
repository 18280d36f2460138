/* SPDX-License-Identifier: MIT */
/* store.c - opening stores, and the brains in them. */
#include <errno.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/until.h"
#include "doctor/aside.h"
#include "store/gate.h"
#include "upkeep/journal_file.h"

#define LONGEST_NAME 100
#define LONGEST_URL 4096
#define WAIT_NS 10000000L

/* ---- The gate ----------------------------------------------------------------------------- */

static bool gated(const mn_store *s, bool write)
{
	return s->info.threads == MN_ONE_CALL || (s->info.threads == MN_MANY_READERS && write);
}

int mn_gate_enter(mn_store *s, mn_call *call, bool write)
{
	struct timespec until;
	int status = mn_check(call);

	if (status == MN_OK && write && s->read_only)
		return mn_fail(call, MN_EREADONLY, 0, "the store was opened read-only");
	if (status != MN_OK || !gated(s, write))
		return status;
	if (pthread_rwlock_trywrlock(&s->gate) == 0)
		return MN_OK;
	do {
		until = mn_until_ns(WAIT_NS);
		if (pthread_rwlock_timedwrlock(&s->gate, &until) == 0)
			return MN_OK;
	} while (!mn_cancelled(call));
	return mn_fail_cancelled(call);
}

void mn_gate_leave(mn_store *s, bool write)
{
	if (gated(s, write))
		pthread_rwlock_unlock(&s->gate);
}

void mn_gate_force(mn_store *s)
{
	if (gated(s, false))
		pthread_rwlock_wrlock(&s->gate);
}

/* ---- Opening ------------------------------------------------------------------------------ */

static bool scheme_of(mn_str url, mn_str *out)
{
	size_t n = 0;

	while (n < url.len && url.ptr[n] != ':') {
		const char c = url.ptr[n++];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-'
			    || c == '_' || c == '.'))
			return false;
	}
	*out = (mn_str){url.ptr, n};
	return n > 0 && n < url.len;
}

static int check_url(mn_call *call, mn_str url, mn_str *scheme)
{
	if (url.len > LONGEST_URL || !mn_text_valid(url) || !scheme_of(url, scheme))
		return mn_fail(call, MN_EINVAL, 0,
			"\"%.*s\" is not the URL of a store: it begins with a kind and a colon, "
			"as in sqlite:DIR or memory:",
			MN_FMT(url));
	return MN_OK;
}

static void free_store(mn_store *s)
{
	pthread_rwlock_destroy(&s->gate);
	pthread_mutex_destroy(&s->lock);
	mn_arena_free(s->arena);
	mn_free(s);
}

static int open_backend(mn_store *s, mn_call *call, mn_str url)
{
	int status = s->backend->open(&s->engine->host, call, url, s->read_only, &s->db);

	if (status != MN_OK)
		return status;
	s->info = MN_SIZED(mn_info);
	status = s->backend->info(s->db, call, &s->info);
	if (status == MN_OK)
		s->info.title = mn_arena_copy(s->arena, s->info.title);
	if (status == MN_OK && !s->info.title.ptr)
		status = mn_fail_memory(call);
	if (status != MN_OK)
		s->backend->close(s->db);
	return status;
}

int mn_store_check(mn_engine *e, mn_call *call, mn_str url)
{
	const mn_backend *backend;
	mn_str scheme;
	int status = check_url(call, url, &scheme);

	return status == MN_OK ? mn_plugins_find(e, call, scheme, &backend) : status;
}

int mn_store_open(mn_engine *e, mn_call *call, mn_str url, bool read_only, mn_store **out)
{
	const mn_backend *backend;
	mn_str scheme;
	mn_store *s;
	int status = check_url(call, url, &scheme);

	if (status == MN_OK)
		status = mn_plugins_find(e, call, scheme, &backend);
	if (status != MN_OK)
		return status;
	s = mn_alloc_zero(1, sizeof(*s));
	if (!s)
		return mn_fail_memory(call);
	*s = (mn_store){.engine = e, .backend = backend, .read_only = read_only};
	pthread_rwlock_init(&s->gate, NULL);
	pthread_mutex_init(&s->lock, NULL);
	s->arena = mn_arena_new(SIZE_MAX);
	status = s->arena ? open_backend(s, call, url) : mn_fail_memory(call);
	if (status != MN_OK) {
		free_store(s);
		return status;
	}
	*out = s;
	return MN_OK;
}

void mn_store_close(mn_store *s)
{
	if (!s)
		return;
	s->backend->close(s->db);
	free_store(s);
}

int mn_store_info(mn_store *s, mn_call *call, mn_info *out)
{
	mn_info info = s->info;

	(void)call;
	info.size = out->size ? out->size : sizeof(info);
	if (s->read_only)
		info.caps &= ~(uint64_t)(MN_CAP_WRITE | MN_CAP_CREATE);
	memcpy(out, &info, info.size < sizeof(info) ? info.size : sizeof(info));
	return MN_OK;
}

/* ---- Brains of a store -------------------------------------------------------------------- */

int mn_store_ask_brains(mn_store *s, mn_call *call, int op, const void *row, mn_rows *out)
{
	const bool write = op != MN_BRAINS_LIST && op != MN_BRAINS_FIND;
	mn_rows rows = {.kind = MN_BRAIN};
	int status = mn_gate_enter(s, call, write);

	if (status != MN_OK)
		return status;
	status = s->backend->brains(s->db, call, op, row, &rows);
	mn_gate_leave(s, write);
	if (status == MN_OK && out)
		*out = rows;
	return status;
}

int mn_store_brains(mn_store *s, mn_call *call, mn_rows *out)
{
	return mn_store_ask_brains(s, call, MN_BRAINS_LIST, NULL, out);
}

/* Counts characters, finding controls; text_valid came first, so bytes can be trusted. */
static bool name_fits(mn_str name)
{
	size_t chars = 0;

	for (size_t i = 0; i < name.len; i++) {
		const unsigned char c = (unsigned char)name.ptr[i];

		/* C1 controls are U+0080 to U+009F: bytes C2 80 to C2 9F. */
		if (c < 0x20 || c == 0x7F || c == '/'
			|| (c == 0xC2 && (unsigned char)name.ptr[i + 1] < 0xA0))
			return false;
		chars += (c & 0xC0) != 0x80;
	}
	return chars >= 1 && chars <= LONGEST_NAME;
}

int mn_name_check(mn_call *call, mn_str name)
{
	if (!mn_text_valid(name) || !name_fits(name))
		return mn_fail(call, MN_EINVAL, 0,
			"\"%.*s\" cannot be a brain's name: 1 to %d characters of text, no control "
			"character, no \"/\"",
			MN_FMT(name), LONGEST_NAME);
	return MN_OK;
}

/* A random UUID (RFC 4122, version 4), in the call's arena. */
static mn_str new_uuid(mn_engine *e, mn_call *call)
{
	unsigned char b[16];
	mn_str uid;

	e->seams.random(e->seams.ctx, b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
	uid = mn_arena_printf(call->arena,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	if (!uid.ptr)
		mn_fail_memory(call);
	return uid;
}

/* A new brain after a row, whose uid and id are filled in. */
static int create(mn_store *s, mn_call *call, mn_brain_row *row)
{
	mn_config parsed;
	mn_rows made = {.n = 0};
	int status = mn_name_check(call, row->name);

	if (status == MN_OK)
		status = mn_config_parse(call, row->config, &parsed);
	if (status != MN_OK)
		return status;
	if (!row->uid.len)
		row->uid = new_uuid(s->engine, call);
	if (!row->uid.ptr)
		return MN_ENOMEM;
	status = mn_store_ask_brains(s, call, MN_BRAINS_CREATE, row, &made);
	row->id = status == MN_OK && made.n ? made.at.brain[0].id : 0;
	return status;
}

int mn_store_create(mn_store *s, mn_call *call, mn_str name, mn_str config)
{
	mn_brain_row row = {.name = name, .config = config};

	row.created = row.updated = mn_engine_now(s->engine);
	return create(s, call, &row);
}

/* Takes back a brain that was just made, with a call that nobody cancels. */
static void unmake(mn_store *s, mn_str name)
{
	mn_call call;

	if (mn_call_init(&call, s->engine, 0) == MN_OK)
		mn_store_ask_brains(s, &call, MN_BRAINS_DELETE, &name, NULL);
	mn_call_done(&call);
}

/* Likewise, with the row's decay clock, which CREATE does not take. */
static int create_with_clock(mn_store *s, mn_call *call, mn_brain_row *row)
{
	int status = create(s, call, row);

	if (status != MN_OK || !row->clock)
		return status;
	status = mn_store_ask_brains(s, call, MN_BRAINS_UPDATE, row, NULL);
	if (status != MN_OK)
		unmake(s, row->name);
	return status;
}

int mn_store_create_like(mn_store *s, mn_call *call, mn_str name, const mn_brain_row *like)
{
	mn_brain_row row = {.name = name, .config = like->config, .meta = like->meta};

	row.created = like->created;
	row.updated = like->updated;
	row.clock = like->clock;
	return create_with_clock(s, call, &row);
}

int mn_store_make(mn_store *s, mn_call *call, const mn_brain_row *like, mn_brain_row *out)
{
	mn_brain_row row = *like;
	int status;

	row.created = row.created ? row.created : mn_engine_now(s->engine);
	row.updated = row.updated ? row.updated : row.created;
	status = create_with_clock(s, call, &row);
	if (status == MN_OK && out) {
		row.neurons = row.synapses = row.fibers = row.bytes = 0;
		*out = row;
	}
	return status;
}

static int find(mn_store *s, mn_call *call, mn_str name, mn_brain_row *out)
{
	mn_rows rows;
	int status = mn_store_ask_brains(s, call, MN_BRAINS_FIND, &name, &rows);

	if (status != MN_OK)
		return status;
	if (rows.n == 0)
		return mn_fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\"", MN_FMT(name));
	*out = rows.at.brain[0];
	return MN_OK;
}

/* Open handles name their brain, so a name must stay while there are any. */
static bool is_open(mn_store *s, mn_str name)
{
	bool open = false;

	pthread_mutex_lock(&s->lock);
	for (struct mn_mind *m = s->minds; m && !open; m = m->next)
		open = mn_str_eq(m->name, name);
	pthread_mutex_unlock(&s->lock);
	return open;
}

static int fail_open(mn_call *call, mn_str name)
{
	return mn_fail(call, MN_EBUSY, 0,
		"the brain \"%.*s\" is in use: close it before renaming it", MN_FMT(name));
}

int mn_store_rename(mn_store *s, mn_call *call, mn_str name, mn_str to)
{
	mn_brain_row row;
	int status = mn_name_check(call, to);

	if (status == MN_OK)
		status = find(s, call, name, &row);
	if (status == MN_OK && is_open(s, row.name))
		status = fail_open(call, row.name);
	if (status != MN_OK)
		return status;
	row.name = to;
	row.updated = mn_engine_now(s->engine);
	return mn_store_ask_brains(s, call, MN_BRAINS_UPDATE, &row, NULL);
}

int mn_store_update(
	mn_store *s, mn_call *call, mn_str name, const mn_brain_row *change, mn_brain_row *out)
{
	mn_config parsed;
	mn_brain_row row;
	int status = mn_config_parse(call, change->config, &parsed);

	if (status == MN_OK && change->name.len)
		status = mn_name_check(call, change->name);
	if (status == MN_OK)
		status = find(s, call, name, &row);
	if (status == MN_OK && change->name.len && !mn_str_eq(change->name, row.name)) {
		if (is_open(s, row.name))
			status = fail_open(call, row.name);
		row.name = change->name;
	}
	if (status != MN_OK)
		return status;
	row.config = change->config;
	row.meta = change->meta;
	row.clock = change->clock;
	row.updated = change->updated ? change->updated : mn_engine_now(s->engine);
	status = mn_store_ask_brains(s, call, MN_BRAINS_UPDATE, &row, NULL);
	if (status == MN_OK && out)
		*out = row;
	return status;
}

/* What tells a brain from all others; 0: not known. */
static uint64_t epoch_of(mn_store *s, mn_call *call, mn_str name)
{
	mn_error before = *call->err;
	int status = mn_gate_enter(s, call, false);

	if (status == MN_OK) {
		status = s->backend->generation(s->db, call, name);
		mn_gate_leave(s, false);
	}
	*call->err = before;
	return status == MN_OK ? call->at.epoch : 0;
}

int mn_store_delete(mn_store *s, mn_call *call, mn_str name)
{
	mn_brain_row row;
	uint64_t epoch;
	int status = find(s, call, name, &row);

	if (status != MN_OK)
		return status;
	epoch = epoch_of(s, call, row.name);
	status = mn_store_ask_brains(s, call, MN_BRAINS_DELETE, &row.name, NULL);
	if (status == MN_OK && epoch)
		mn_journal_discard(s->engine, call, epoch, row.uid);
	if (status == MN_OK)
		mn_aside_discard(s, call, row.name);
	return status;
}
