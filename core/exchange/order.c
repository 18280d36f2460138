/* SPDX-License-Identifier: MIT */
/*
 * order.c - a brain in canonical order. Rows are read page by page, as they lie, made into lines,
 * and sorted by uid in bounded memory (sorter.h): first neurons with their states, then synapses,
 * then fibers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "exchange/canonical.h"
#include "exchange/names.h"
#include "exchange/sorter.h"
#include "store/read.h"
#include "upkeep/lease.h"

#define SORT_MEMORY ((size_t)6 << 20)
#define LONGEST ((size_t)1 << 30) /* of a line */
/* Rows of a page: few at first, then as many as stay within these bytes. */
enum { PAGE_FIRST = 64, PAGE_MOST = 2048 };
#define PAGE_LIGHT ((size_t)2 << 20)
#define PAGE_HEAVY ((size_t)8 << 20)

struct walk {
	mn_brain *brain;
	mn_call *call;
	mn_call work; /* for one page at a time */
	mn_canonical_each *each;
	void *ctx;
	mn_sorter *sorter, *numbered;
	mn_idmap ordinals; /* of parallel synapses, from 2 on */
	mn_buf line, key;
};

static int stale(struct walk *w)
{
	return mn_fail(w->call, MN_ESTALE, 0, "the brain was written to meanwhile: try again");
}

/* The line in w->line to the sorter. status: of what made it. A state goes by its neuron's uid,
 * behind all neurons. */
static int put(struct walk *w, int status, int kind, mn_str uid, uint64_t tag)
{
	if (status != MN_OK || !mn_buf_ok(&w->line))
		return mn_fail_memory(w->call);
	mn_buf_clear(&w->key);
	mn_buf_char(&w->key, (char)('0' + kind));
	mn_buf_str(&w->key, uid);
	if (!mn_buf_ok(&w->key))
		return mn_fail_memory(w->call);
	return mn_sorter_add(w->sorter, w->call, mn_buf_view(&w->key), mn_buf_view(&w->line), tag);
}

static int by_str(const void *a, const void *b)
{
	return mn_str_cmp(*(const mn_str *)a, *(const mn_str *)b);
}

static int sort_strs(mn_call *work, mn_strs in, mn_strs *out)
{
	mn_str *at = mn_call_array(work, in.n, sizeof(*at));

	if (!at)
		return MN_ENOMEM;
	if (in.n) {
		memcpy(at, in.at, in.n * sizeof(*at));
		qsort(at, in.n, sizeof(*at), by_str);
	}
	*out = (mn_strs){at, in.n};
	return MN_OK;
}

/* ---- Neurons and states ------------------------------------------------------------------- */

static int take_neurons(struct walk *w, const mn_rows *rows)
{
	mn_id *ids = mn_call_array(&w->work, rows->n, sizeof(*ids));
	mn_rows states;
	int status = MN_OK;

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows->n; i++)
		ids[i] = rows->at.neuron[i].id;
	status = mn_brain_get(w->brain, &w->work, MN_STATE, (mn_ids){ids, rows->n}, 0, &states);
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];
		const mn_state *s = &states.at.state[i];
		mn_str uid;

		if (mn_lease_is(n))
			continue;
		status = mn_name_neuron(&w->work, n, &uid);
		if (status != MN_OK)
			break;
		mn_buf_clear(&w->line);
		status = put(w, mn_canonical_neuron(&w->line, n, uid), MN_NEURON, uid, n->id);
		if (status != MN_OK || mn_canonical_no_state(s))
			continue;
		mn_buf_clear(&w->line);
		status = put(w, mn_canonical_state(&w->line, s, uid), MN_STATE, uid, s->id);
	}
	return status;
}

/* ---- Synapses ----------------------------------------------------------------------------- */

/* Ends of a page's synapses. */
static int name_ends(struct walk *w, const mn_rows *rows, mn_names *out)
{
	mn_id *ids = mn_call_array(&w->work, 2 * rows->n, sizeof(*ids));

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		ids[2 * i] = rows->at.synapse[i].from;
		ids[2 * i + 1] = rows->at.synapse[i].to;
	}
	return mn_names_get(w->brain, &w->work, ids, 2 * rows->n, out);
}

/* In a tag: does the synapse have a uid of its own? */
#define TAG(s) ((s)->id * 2 + ((s)->uid.len > 0))
#define TAG_ID(tag) ((tag) / 2)
#define TAG_OWN(tag) ((tag)&1)

static int take_synapses(struct walk *w, const mn_rows *rows)
{
	mn_names ends;
	int status = name_ends(w, rows, &ends);

	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_synapse *s = &rows->at.synapse[i];
		const mn_str from = mn_names_of(&ends, s->from), to = mn_names_of(&ends, s->to);
		mn_str uid = s->uid;

		if (!from.ptr || !to.ptr)
			return stale(w);
		if (!uid.len)
			status = mn_name_synapse(&w->work, s, from, to, 0, &uid);
		mn_buf_clear(&w->line);
		if (status == MN_OK)
			status = put(w, mn_canonical_synapse(&w->line, s, uid, from, to),
				MN_SYNAPSE, uid, TAG(s));
	}
	return status;
}

/* The N-th of parallel synapses: "#N" joins its uid, in its line too. */
static int put_numbered(struct walk *w, const mn_sorted *r, uint64_t ordinal)
{
	static const char behind[] = "\",\"uses\":";
	const char *at = r->value.ptr + r->value.len - sizeof(behind);

	/* A quote within the uid is escaped, so this is the one behind it. */
	while (memcmp(at, behind, sizeof(behind) - 1) != 0)
		at--;
	mn_buf_clear(&w->line);
	mn_buf_add(&w->line, r->value.ptr, (size_t)(at - r->value.ptr));
	mn_buf_printf(&w->line, "#%" PRIu64, ordinal);
	mn_buf_add(&w->line, at, r->value.len - (size_t)(at - r->value.ptr));
	mn_buf_clear(&w->key);
	mn_buf_str(&w->key, r->key);
	mn_buf_printf(&w->key, "#%" PRIu64, ordinal);
	if (!mn_buf_ok(&w->line) || !mn_buf_ok(&w->key)
		|| mn_idmap_put(&w->ordinals, TAG_ID(r->tag), ordinal) != MN_OK)
		return mn_fail_memory(w->call);
	return mn_sorter_add(
		w->numbered, w->call, mn_buf_view(&w->key), mn_buf_view(&w->line), r->tag);
}

/* Numbers synapses without uids of their own that would share one, by their lines. */
static int number(struct walk *w)
{
	mn_buf last = MN_BUF(LONGEST);
	uint64_t ordinal = 0;
	mn_sorted r;
	bool more;
	int status;

	while ((status = mn_sorter_next(w->sorter, w->call, &r, &more)) == MN_OK && more) {
		if (TAG_OWN(r.tag))
			continue;
		if (ordinal && mn_str_eq(mn_buf_view(&last), r.key)) {
			status = put_numbered(w, &r, ++ordinal);
			if (status != MN_OK)
				break;
			continue;
		}
		ordinal = 1;
		mn_buf_clear(&last);
		mn_buf_str(&last, r.key);
		if (!mn_buf_ok(&last)) {
			status = mn_fail_memory(w->call);
			break;
		}
	}
	mn_buf_free(&last);
	return status;
}

/* ---- Fibers ------------------------------------------------------------------------------- */

struct members { /* of the fibers of a page */
	mn_rows synapses;
	mn_names neurons;
};

static size_t count_members(const mn_rows *rows, bool neurons)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += neurons ? rows->at.fiber[i].neurons.n : rows->at.fiber[i].synapses.n;
	return n;
}

static size_t gather_ids(mn_id *to, mn_ids from)
{
	if (from.n)
		memcpy(to, from.at, from.n * sizeof(*to));
	return from.n;
}

/* Reads the synapses that are listed, and names the neurons at their ends and all others. */
static int read_members(struct walk *w, const mn_rows *rows, struct members *out)
{
	const size_t nlines = count_members(rows, false);
	size_t n = 0, k = 0;
	mn_id *lines = mn_call_array(&w->work, nlines, sizeof(*lines));
	mn_id *ids = mn_call_array(
		&w->work, rows->n + count_members(rows, true) + 2 * nlines, sizeof(*ids));
	int status = lines && ids ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_fiber *f = &rows->at.fiber[i];

		ids[n++] = f->anchor;
		n += gather_ids(ids + n, f->neurons);
		k += gather_ids(lines + k, f->synapses);
	}
	out->synapses = (mn_rows){.kind = MN_SYNAPSE};
	if (status == MN_OK && nlines)
		status = mn_brain_get(w->brain, &w->work, MN_SYNAPSE, (mn_ids){lines, nlines},
			MN_FIELD_HEAD | MN_FIELD_UID, &out->synapses);
	for (size_t i = 0; status == MN_OK && i < out->synapses.n; i++) {
		ids[n++] = out->synapses.at.synapse[i].from;
		ids[n++] = out->synapses.at.synapse[i].to;
	}
	return status == MN_OK ? mn_names_get(w->brain, &w->work, ids, n, &out->neurons) : status;
}

static int name_line(struct walk *w, const mn_names *ends, const mn_synapse *s, mn_str *out)
{
	const uint64_t *ordinal = mn_idmap_get(&w->ordinals, s->id);
	const mn_str from = mn_names_of(ends, s->from), to = mn_names_of(ends, s->to);

	*out = s->uid;
	if (s->uid.len)
		return MN_OK;
	if (!from.ptr || !to.ptr)
		return stale(w);
	return mn_name_synapse(&w->work, s, from, to, ordinal ? *ordinal : 0, out);
}

/* The uids of a fiber's members that are still there, sorted. lines: its own among those read. */
static int name_members(struct walk *w, const struct members *m, const mn_fiber *f,
	const mn_synapse *lines, mn_fiber_names *out)
{
	mn_str *neurons = mn_call_array(&w->work, f->neurons.n, sizeof(*neurons));
	mn_str *synapses = mn_call_array(&w->work, f->synapses.n, sizeof(*synapses));
	size_t n = 0, k = 0;
	int status = neurons && synapses ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < f->neurons.n; i++) {
		neurons[n] = mn_names_of(&m->neurons, f->neurons.at[i]);
		n += neurons[n].ptr != NULL;
	}
	for (size_t i = 0; status == MN_OK && i < f->synapses.n; i++)
		if (lines[i].id)
			status = name_line(w, &m->neurons, &lines[i], &synapses[k++]);
	if (status != MN_OK)
		return status;
	qsort(neurons, n, sizeof(*neurons), by_str);
	qsort(synapses, k, sizeof(*synapses), by_str);
	out->neurons = (mn_strs){neurons, n};
	out->synapses = (mn_strs){synapses, k};
	return sort_strs(&w->work, f->tags, &out->tags);
}

static int take_fibers(struct walk *w, const mn_rows *rows)
{
	struct members m;
	const mn_synapse *lines;
	int status = read_members(w, rows, &m);

	lines = m.synapses.at.synapse;
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_fiber *f = &rows->at.fiber[i];
		mn_fiber_names names = {.anchor = mn_names_of(&m.neurons, f->anchor)};

		if (!names.anchor.ptr)
			return stale(w);
		names.uid = f->uid.len ? f->uid : names.anchor;
		status = name_members(w, &m, f, lines, &names);
		if (lines)
			lines += f->synapses.n;
		mn_buf_clear(&w->line);
		if (status == MN_OK)
			status = put(w, mn_canonical_fiber(&w->line, f, &names), MN_FIBER,
				names.uid, f->id);
	}
	return status;
}

/* ---- All rows ----------------------------------------------------------------------------- */

static void fit_page(struct walk *w, size_t *rows)
{
	const size_t used = mn_arena_used(w->work.arena);

	if (used > PAGE_HEAVY)
		*rows = *rows > 1 ? *rows / 2 : 1;
	else if (used < PAGE_LIGHT)
		*rows = *rows * 2 < PAGE_MOST ? *rows * 2 : PAGE_MOST;
}

/* Reads all rows of a kind, a page at a time. */
static int gather(struct walk *w, int kind, int (*take)(struct walk *, const mn_rows *))
{
	mn_query q = MN_SIZED(mn_query);
	mn_page p = MN_SIZED(mn_page);
	size_t rows = PAGE_FIRST;
	mn_scan *scan;
	int status;

	q.kind = kind;
	status = mn_brain_scan(w->brain, w->call, &q, &scan);
	if (status != MN_OK)
		return status;
	while (status == MN_OK && !p.last) {
		mn_call_reset(&w->work);
		p = MN_SIZED(mn_page);
		status = mn_scan_next(scan, &w->work, rows, &p);
		if (status == MN_OK)
			status = take(w, &p.rows);
		fit_page(w, &rows);
	}
	mn_scan_done(scan);
	return status;
}

/* A sorted line to whoever wants it. */
static int hand_on(struct walk *w, const mn_sorted *r, bool numbered)
{
	const int kind = *r->key.ptr - '0';
	mn_canonical_row row = {.kind = kind,
		.id = kind == MN_SYNAPSE ? TAG_ID(r->tag) : r->tag,
		.uid = mn_str_sub(r->key, 1, SIZE_MAX),
		.line = r->value};

	row.base = row.uid;
	if (numbered)
		while (row.base.ptr[--row.base.len] != '#')
			;
	return w->each(w->ctx, w->call, &row);
}

static bool before(const mn_sorted *a, const mn_sorted *b)
{
	const int c = mn_str_cmp(a->key, b->key);

	return c ? c < 0 : mn_str_cmp(a->value, b->value) < 0;
}

/* What was sorted, with the numbered synapses, which have other uids now, in between. */
static int emit(struct walk *w)
{
	mn_sorted r, n;
	bool more, left = false;
	int status = mn_sorter_rewind(w->sorter, w->call);

	if (status == MN_OK && w->numbered)
		status = mn_sorter_rewind(w->numbered, w->call);
	if (status == MN_OK && w->numbered)
		status = mn_sorter_next(w->numbered, w->call, &n, &left);
	while (status == MN_OK && (status = mn_sorter_next(w->sorter, w->call, &r, &more)) == MN_OK
		&& (more || left)) {
		while (status == MN_OK && left && (!more || before(&n, &r))) {
			status = hand_on(w, &n, true);
			if (status == MN_OK)
				status = mn_sorter_next(w->numbered, w->call, &n, &left);
		}
		if (status != MN_OK || !more)
			break;
		if (!w->numbered || TAG_OWN(r.tag) || !mn_idmap_get(&w->ordinals, TAG_ID(r.tag)))
			status = hand_on(w, &r, false);
	}
	return status;
}

static int begin_sort(struct walk *w)
{
	mn_sorter_free(w->sorter);
	w->sorter = mn_sorter_new(SORT_MEMORY);
	return w->sorter ? MN_OK : mn_fail_memory(w->call);
}

static int walk_head(struct walk *w)
{
	mn_canonical_row row = {.kind = MN_BRAIN};
	mn_brain_row brain;
	int status;

	status = mn_brain_describe(w->brain, &w->work, &brain);
	if (status != MN_OK)
		return status;
	w->call->at = w->work.at;
	mn_buf_clear(&w->line);
	status = mn_canonical_brain(&w->line, &brain);
	if (status != MN_OK || !mn_buf_ok(&w->line))
		return mn_fail_memory(w->call);
	row.line = mn_buf_view(&w->line);
	return w->each(w->ctx, w->call, &row);
}

static int walk_synapses(struct walk *w)
{
	int status = begin_sort(w);

	if (status == MN_OK)
		status = gather(w, MN_SYNAPSE, take_synapses);
	w->numbered = mn_sorter_new(SORT_MEMORY);
	if (status == MN_OK && !w->numbered)
		status = mn_fail_memory(w->call);
	if (status == MN_OK)
		status = mn_sorter_rewind(w->sorter, w->call);
	if (status == MN_OK)
		status = number(w);
	if (status == MN_OK)
		status = emit(w);
	mn_sorter_free(w->numbered);
	w->numbered = NULL;
	return status;
}

static int walk_rows(struct walk *w)
{
	int status = begin_sort(w);

	if (status == MN_OK)
		status = gather(w, MN_NEURON, take_neurons);
	if (status == MN_OK)
		status = emit(w);
	if (status == MN_OK)
		status = walk_synapses(w);
	if (status == MN_OK)
		status = begin_sort(w);
	if (status == MN_OK)
		status = gather(w, MN_FIBER, take_fibers);
	return status == MN_OK ? emit(w) : status;
}

/* Does the brain still stand where it stood at the first line? */
static int check_still(struct walk *w)
{
	mn_info info = MN_SIZED(mn_info);
	const mn_gen was = w->call->at;
	int status = mn_store_info(mn_brain_store(w->brain), &w->work, &info);

	if (status != MN_OK || !(info.caps & MN_CAP_GENERATION))
		return status;
	status = mn_brain_generation(w->brain, &w->work);
	if (status == MN_OK
		&& (w->work.at.epoch != was.epoch || w->work.at.graph != was.graph
			|| w->work.at.state != was.state))
		status = stale(w);
	return status;
}

int mn_canonical_walk(mn_brain *brain, mn_call *call, mn_canonical_each *each, void *ctx)
{
	struct walk w = {.brain = brain,
		.call = call,
		.each = each,
		.ctx = ctx,
		.line = MN_BUF(LONGEST),
		.key = MN_BUF(LONGEST)};
	int status = mn_call_within(&w.work, call, 0);

	if (status != MN_OK)
		return status;
	status = walk_head(&w);
	if (status == MN_OK)
		status = walk_rows(&w);
	if (status == MN_OK)
		status = check_still(&w);
	mn_sorter_free(w.sorter);
	mn_idmap_free(&w.ordinals);
	mn_buf_free(&w.line);
	mn_buf_free(&w.key);
	mn_call_done(&w.work);
	return status;
}

static int write_line(void *sink, mn_call *call, const mn_canonical_row *row)
{
	const mn_sink *to = sink;

	return to->write(to->ctx, call, row->line.ptr, row->line.len);
}

int mn_canonical_write(mn_brain *brain, mn_call *call, const mn_sink *sink)
{
	return mn_canonical_walk(brain, call, write_line, (void *)sink);
}
