/* SPDX-License-Identifier: MIT */
/*
 * merge.c - joins a snapshot with what a brain holds.
 *
 * Both are in canonical order, so they are read side by side; what has the same uid meets. A unit
 * is what is decided about as one: a row, or all parallel synapses from one neuron to another of
 * one type, or all fibers of one uid. What only one side has stays or is added. Where both have it
 * and it differs, `ours` keeps, `theirs` takes, `newest` takes the unit that was written or used
 * last, of equally new ones that with the greater BLAKE2b hash: a total order over contents, so it
 * does not matter which side is merged into which, nor how often.
 *
 * First everything is decided and the snapshot read to its end, which proves it; decisions go to a
 * spool. Then they are carried out in batches, each as one, on the condition that nobody else
 * wrote. An interrupted merge leaves whole units; the same merge again does the rest.
 */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/canonical.h"
#include "exchange/snapshot.h"
#include "exchange/spool.h"
#include "store/brain.h"

#define CHUNK ((size_t)64 << 10)

struct unit { /* of one side */
	int kind;
	mn_buf uid, base; /* of its first row */
	mn_buf text;      /* lines, newlines included */
	mn_time time;
	mn_id *ids; /* ours */
	size_t n, cap;
	mn_buf uids; /* ours, of parallel synapses: each with a NUL behind it */
	bool there;
};

struct decision { /* in the spool, before its line */
	mn_id id;
	uint32_t op, kind, len;
};

struct merge {
	mn_brain *brain;
	mn_call *call;
	const mn_snapshot_options *options;
	mn_import_report *report;
	mn_snapin in;
	mn_arena *text; /* of our rows while they are read */
	struct unit ours, theirs;
	mn_snapline next; /* of the snapshot */
	mn_buf line;      /* its line */
	bool more;
	mn_buf out; /* decisions on their way to the spool */
	mn_spool spool;
	mn_buf head; /* the brain's own line, if it changes */
	mn_snapload load;
};

/* ---- Units -------------------------------------------------------------------------------- */

static void clear_unit(struct unit *u)
{
	u->there = false;
	u->n = 0;
	u->time = INT64_MIN;
	mn_buf_clear(&u->uid);
	mn_buf_clear(&u->base);
	mn_buf_clear(&u->text);
	mn_buf_clear(&u->uids);
}

static int add_line(struct merge *m, struct unit *u, mn_str line, const mn_snapline *row)
{
	const mn_time time = mn_snapline_time(row);

	if (!u->there) {
		mn_buf_str(&u->uid, row->uid);
		mn_buf_str(&u->base, row->base);
	}
	u->there = true;
	u->kind = row->kind;
	u->time = time > u->time ? time : u->time;
	mn_buf_str(&u->text, line);
	mn_buf_char(&u->text, '\n');
	return mn_buf_ok(&u->text) && mn_buf_ok(&u->base) && mn_buf_ok(&u->uid)
		       ? MN_OK
		       : mn_fail_memory(m->call);
}

static bool belongs(const struct unit *u, int kind, mn_str base)
{
	return u->kind == kind && mn_str_eq(mn_buf_view(&u->base), base);
}

static int compare(const struct unit *a, const struct unit *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return mn_str_cmp(mn_buf_view(&a->uid), mn_buf_view(&b->uid));
}

/* The snapshot's next row, kept until it joins a unit. */
static int read_next(struct merge *m)
{
	int status = mn_snapin_next(&m->in, &m->next, &m->more);

	mn_buf_clear(&m->line);
	if (status == MN_OK && m->more)
		mn_buf_str(&m->line, m->in.line);
	return status == MN_OK && !mn_buf_ok(&m->line) ? mn_fail_memory(m->call) : status;
}

/* The snapshot's next unit. */
static int read_unit(struct merge *m)
{
	struct unit *u = &m->theirs;
	int status = MN_OK;

	clear_unit(u);
	while (status == MN_OK && m->more
		&& (!u->there || belongs(u, m->next.kind, m->next.base))) {
		u->n++;
		status = add_line(m, u, mn_buf_view(&m->line), &m->next);
		if (status == MN_OK)
			status = read_next(m);
	}
	return status;
}

/* ---- Decisions ---------------------------------------------------------------------------- */

static int decide(struct merge *m, int op, int kind, mn_id id, mn_str line)
{
	const struct decision d = {id, (uint32_t)op, (uint32_t)kind, (uint32_t)line.len};
	int status = MN_OK;

	mn_buf_add(&m->out, &d, sizeof(d));
	mn_buf_str(&m->out, line);
	if (!mn_buf_ok(&m->out))
		return mn_fail_memory(m->call);
	if (m->out.len < CHUNK)
		return MN_OK;
	status = mn_spool_add(&m->spool, m->call, m->out.ptr, m->out.len);
	mn_buf_clear(&m->out);
	return status;
}

static bool next_line(mn_str *text, mn_str *line)
{
	const char *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;

	if (!end)
		return false;
	*line = (mn_str){text->ptr, (size_t)(end - text->ptr)};
	*text = mn_str_sub(*text, line->len + 1, SIZE_MAX);
	return true;
}

/* Their unit, in place of ours (NULL: there is none): row by row, so that ids last; what is left
 * over is dropped or added. */
static int take_theirs(struct merge *m, const struct unit *ours)
{
	mn_str text = mn_buf_view(&m->theirs.text), line;
	const size_t n = ours ? ours->n : 0;
	size_t i = 0;
	int status = MN_OK;

	if (m->theirs.kind == MN_BRAIN) {
		mn_buf_clear(&m->head);
		mn_buf_str(&m->head, mn_str_sub(text, 0, text.len - 1));
		return mn_buf_ok(&m->head) ? MN_OK : mn_fail_memory(m->call);
	}
	/* Which of parallel synapses has no number, a store says otherwise than we do. */
	if (n && m->theirs.kind == MN_SYNAPSE && (n > 1 || m->theirs.n > 1)
		&& mn_strmap_put(&m->load.known, mn_buf_view(&m->theirs.uid), ours->ids[0])
			   != MN_OK)
		return mn_fail_memory(m->call);
	for (; status == MN_OK && next_line(&text, &line); i++)
		status = decide(m, i < n ? MN_SNAP_PUT : MN_SNAP_ADD, m->theirs.kind,
			i < n ? ours->ids[i] : 0, line);
	for (; status == MN_OK && i < n; i++)
		status = decide(m, MN_SNAP_DROP, ours->kind, ours->ids[i], MN_STR(""));
	return status;
}

/* Our parallel synapses stay: fibers of the snapshot that list them have to find them. */
static int keep_ours(struct merge *m)
{
	const struct unit *u = &m->ours;
	mn_str uids = mn_buf_view(&u->uids);

	m->report->unchanged += u->kind == MN_FIBER ? u->n : 0;
	for (size_t i = 0; u->kind == MN_SYNAPSE && u->n > 1 && i < u->n; i++) {
		const mn_str uid = mn_str_of(uids.ptr);

		if (mn_strmap_put(&m->load.known, uid, u->ids[i]) != MN_OK)
			return mn_fail_memory(m->call);
		uids = mn_str_sub(uids, uid.len + 1, SIZE_MAX);
	}
	return MN_OK;
}

static bool theirs_is_newer(const struct merge *m)
{
	const mn_str texts[] = {mn_buf_view(&m->ours.text), mn_buf_view(&m->theirs.text)};
	unsigned char hash[2][32];

	if (m->ours.time != m->theirs.time)
		return m->theirs.time > m->ours.time;
	for (int i = 0; i < 2; i++)
		crypto_generichash(hash[i], sizeof(hash[i]), (const unsigned char *)texts[i].ptr,
			texts[i].len, NULL, 0);
	return memcmp(hash[1], hash[0], sizeof(hash[0])) > 0;
}

/* Both sides have it. */
static int settle(struct merge *m)
{
	const bool same = mn_str_eq(mn_buf_view(&m->ours.text), mn_buf_view(&m->theirs.text));

	if (same || m->options->merge == MN_MERGE_OURS)
		return keep_ours(m);
	if (m->options->merge == MN_MERGE_FAIL)
		return mn_fail(m->call, MN_ECONFLICT, 0,
			"%.*s:%llu: \"%.*s\" is another one in the brain: nothing was imported",
			MN_FMT(m->in.lines.source->name), (unsigned long long)m->in.lines.lines,
			MN_FMT(m->theirs.base.len ? mn_buf_view(&m->theirs.base)
						  : MN_STR("the brain's own row")));
	if (m->options->merge == MN_MERGE_NEWEST && !theirs_is_newer(m))
		return keep_ours(m);
	return take_theirs(m, &m->ours);
}

/* ---- Side by side ------------------------------------------------------------------------- */

/* Ours is whole: whatever of theirs comes before it, and what meets it. Without ours: all of
 * theirs. */
static int meet(struct merge *m)
{
	int status = MN_OK, c = -1;

	while (status == MN_OK && c < 0 && m->theirs.there) {
		if (m->ours.there)
			c = compare(&m->theirs, &m->ours);
		if (c > 0)
			break;
		status = c ? take_theirs(m, NULL) : settle(m);
		if (status == MN_OK)
			status = read_unit(m);
	}
	clear_unit(&m->ours);
	return status;
}

static int add_ours(struct merge *m, const mn_canonical_row *row)
{
	struct unit *u = &m->ours;
	void *grown = u->ids;
	mn_snapline read;
	char why[160];
	int status;

	if (mn_grow(&grown, &u->cap, u->n + 1, sizeof(*u->ids), UINT32_MAX) != MN_OK)
		return mn_fail_memory(m->call);
	u->ids = grown;
	u->ids[u->n++] = row->id;
	mn_buf_add(&u->uids, row->uid.ptr, row->uid.len);
	mn_buf_char(&u->uids, '\0');
	mn_arena_reset(m->text);
	status = mn_snapline_read(
		mn_str_sub(row->line, 0, row->line.len - 1), m->text, &read, why, sizeof(why));
	if (status == MN_ENOMEM || !mn_buf_ok(&u->uids))
		return mn_fail_memory(m->call);
	if (status != MN_OK)
		return mn_fail(m->call, MN_ECORRUPT, 0, "row \"%.*s\" of the brain: %s",
			MN_FMT(row->uid), why);
	read.base = row->base;
	return add_line(m, u, mn_str_sub(row->line, 0, row->line.len - 1), &read);
}

static int each_ours(void *ctx, mn_call *call, const mn_canonical_row *row)
{
	struct merge *m = ctx;
	int status = mn_check(call);

	if (status == MN_OK && m->ours.there && !belongs(&m->ours, row->kind, row->base))
		status = meet(m);
	return status == MN_OK ? add_ours(m, row) : status;
}

static int compare_sides(struct merge *m)
{
	int status = read_next(m);

	if (status == MN_OK)
		status = read_unit(m);
	if (status == MN_OK)
		status = mn_canonical_walk(m->brain, m->call, each_ours, m);
	if (status == MN_OK)
		status = meet(m);
	if (status == MN_OK) /* what comes behind the last of ours */
		status = meet(m);
	m->report->lines = m->in.lines.lines;
	return status;
}

/* ---- Carrying it out ---------------------------------------------------------------------- */

static int carry_one(struct merge *m, const struct decision *d, mn_str line)
{
	if (d->op == MN_SNAP_DROP)
		return mn_snapload_drop(&m->load, (int)d->kind, d->id);
	return mn_snapload_line(&m->load, line, (int)d->op, d->id);
}

static int carry_out(struct merge *m)
{
	uint64_t at = 0;
	int status = MN_OK;

	if (m->out.len)
		status = mn_spool_add(&m->spool, m->call, m->out.ptr, m->out.len);
	while (status == MN_OK && at < m->spool.bytes) {
		struct decision d;

		status = mn_spool_read(&m->spool, m->call, at, &d, sizeof(d));
		at += sizeof(d);
		mn_buf_clear(&m->line);
		for (size_t left = status == MN_OK ? d.len : 0; status == MN_OK && left;) {
			char part[4096];
			const size_t n = left < sizeof(part) ? left : sizeof(part);

			status = mn_spool_read(&m->spool, m->call, at, part, n);
			mn_buf_add(&m->line, part, n);
			at += n;
			left -= n;
		}
		if (status == MN_OK && !mn_buf_ok(&m->line))
			status = mn_fail_memory(m->call);
		if (status == MN_OK)
			status = carry_one(m, &d, mn_buf_view(&m->line));
	}
	return status == MN_OK ? mn_snapload_flush(&m->load) : status;
}

static int update_head(struct merge *m)
{
	mn_brain_row was, row;
	mn_snapline head;
	char why[160];
	int status;

	if (m->head.len == 0)
		return MN_OK;
	mn_arena_reset(m->text);
	status = mn_snapline_read(mn_buf_view(&m->head), m->text, &head, why, sizeof(why));
	if (status != MN_OK)
		return mn_fail(m->call, status, 0, "%s", why);
	status = mn_brain_describe(m->brain, m->call, &was);
	row = head.row.brain;
	return status == MN_OK
		       ? mn_store_update(mn_brain_store(m->brain), m->call, was.name, &row, NULL)
		       : status;
}

static void free_unit(struct unit *u)
{
	mn_buf_free(&u->uid);
	mn_buf_free(&u->base);
	mn_buf_free(&u->text);
	mn_buf_free(&u->uids);
	mn_free(u->ids);
}

static void close_merge(struct merge *m)
{
	mn_snapin_close(&m->in);
	mn_snapload_close(&m->load);
	mn_spool_free(&m->spool);
	mn_arena_free(m->text);
	free_unit(&m->ours);
	free_unit(&m->theirs);
	mn_buf_free(&m->line);
	mn_buf_free(&m->out);
	mn_buf_free(&m->head);
}

static void init_unit(struct unit *u)
{
	u->uid = MN_BUF(MN_SNAPSHOT_LINE);
	u->base = MN_BUF(MN_SNAPSHOT_LINE);
	u->text = MN_BUF(4 * MN_SNAPSHOT_LINE);
	u->uids = MN_BUF(4 * MN_SNAPSHOT_LINE);
	u->time = INT64_MIN;
}

int mn_snapshot_merge(mn_brain *brain, mn_call *call, const mn_snapshot_options *options,
	const mn_source *source, mn_import_report *report)
{
	struct merge m = {.brain = brain,
		.call = call,
		.options = options,
		.report = report,
		.line = MN_BUF(MN_SNAPSHOT_LINE),
		.out = MN_BUF(CHUNK + MN_SNAPSHOT_LINE),
		.head = MN_BUF(MN_SNAPSHOT_LINE),
		.spool = MN_SPOOL,
		.text = mn_arena_new(SIZE_MAX)};
	int status = mn_snapin_open(&m.in, call, source, &options->progress, options->bytes);

	init_unit(&m.ours);
	init_unit(&m.theirs);
	if (!m.text)
		status = mn_fail_memory(call);
	if (status == MN_OK)
		status = mn_snapload_open(&m.load, brain, call, report);
	if (status == MN_OK)
		status = compare_sides(&m);
	m.load.expect = brain->store->info.caps & MN_CAP_GENERATION;
	m.load.at = call->at;
	if (status == MN_OK)
		status = carry_out(&m);
	if (status == MN_OK)
		status = update_head(&m);
	close_merge(&m);
	return status;
}
