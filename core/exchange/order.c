/* SPDX-License-Identifier: MIT */
/*
 * order.c - writes a brain in canonical order: the uids of all rows are gathered and sorted first,
 * then the rows are read in that order, a few hundred at a time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/canonical.h"
#include "store/brain.h"

#define CHUNK 512
#define LONGEST ((size_t)1 << 30) /* of the lines that share a uid */

struct named { /* a neuron or fiber */
	mn_id id;
	mn_str uid;
};

struct link { /* a synapse; its uid is put together from those of its ends when it is needed */
	mn_id id;
	mn_str uid;        /* own, or empty */
	uint32_t from, to; /* places among the neurons */
	uint32_t ordinal;  /* from 2 on it is part of the uid */
	uint16_t type;
};

struct list {
	void *at;
	size_t n, cap;
};

/* Lines whose uids are equal, until one with another uid comes. */
struct run {
	mn_buf uid, text;
	struct list lines; /* size_t: where each ends in text */
};

struct writer {
	mn_brain *brain;
	mn_call *call;
	mn_call work; /* for one page at a time */
	const mn_sink *sink;
	mn_arena *uids;
	struct list neurons, links, fibers; /* named, link, named */
	mn_idmap neuron_place, link_place;  /* id -> place in the list, from 0 */
	mn_buf line, uid;
	struct run run;
};

static struct named *neuron_at(const struct writer *w, size_t i)
{
	return (struct named *)w->neurons.at + i;
}

static struct named *fiber_at(const struct writer *w, size_t i)
{
	return (struct named *)w->fibers.at + i;
}

static struct link *link_at(const struct writer *w, size_t i)
{
	return (struct link *)w->links.at + i;
}

static void *push(struct list *l, size_t size)
{
	if (mn_grow(&l->at, &l->cap, l->n + 1, size, UINT32_MAX) != MN_OK)
		return NULL;
	return (char *)l->at + size * l->n++;
}

/* ---- Uids -------------------------------------------------------------------------------------
 */

/* A synapse's uid is up to six pieces, so that it can be compared without being written. */
struct pieces {
	mn_str at[6];
	size_t n;
	char ordinal[16];
};

static void take_apart(const struct writer *w, const struct link *l, struct pieces *out)
{
	if (l->uid.len) {
		out->at[0] = l->uid;
		out->n = 1;
		return;
	}
	out->at[0] = neuron_at(w, l->from)->uid;
	out->at[1] = out->at[3] = MN_STR("|");
	out->at[2] = mn_str_of(mn_type_name(MN_SYNAPSE, l->type));
	out->at[4] = neuron_at(w, l->to)->uid;
	out->n = 5;
	if (l->ordinal < 2)
		return;
	snprintf(out->ordinal, sizeof(out->ordinal), "#%u", l->ordinal);
	out->at[out->n++] = mn_str_of(out->ordinal);
}

/* Drops what was compared from the front. */
static void advance(struct pieces *p, size_t *i, size_t n)
{
	p->at[*i] = mn_str_sub(p->at[*i], n, SIZE_MAX);
	while (*i < p->n && p->at[*i].len == 0)
		++*i;
}

static int compare_pieces(struct pieces *a, struct pieces *b)
{
	size_t i = 0, k = 0;

	advance(a, &i, 0);
	advance(b, &k, 0);
	while (i < a->n && k < b->n) {
		size_t n = a->at[i].len < b->at[k].len ? a->at[i].len : b->at[k].len;
		int c = memcmp(a->at[i].ptr, b->at[k].ptr, n);

		if (c)
			return c;
		advance(a, &i, n);
		advance(b, &k, n);
	}
	return (i < a->n) - (k < b->n);
}

static int by_link_uid(const void *a, const void *b, void *writer)
{
	struct pieces x, y;

	take_apart(writer, a, &x);
	take_apart(writer, b, &y);
	return compare_pieces(&x, &y);
}

static int by_uid(const void *a, const void *b)
{
	return mn_str_cmp(((const struct named *)a)->uid, ((const struct named *)b)->uid);
}

/* The uid of a synapse in w->uid, lent until the next. */
static mn_str link_uid(struct writer *w, const struct link *l)
{
	struct pieces p;

	take_apart(w, l, &p);
	mn_buf_clear(&w->uid);
	for (size_t i = 0; i < p.n; i++)
		mn_buf_str(&w->uid, p.at[i]);
	return mn_buf_view(&w->uid);
}

/* ---- Gathering ----------------------------------------------------------------------------------
 */

static int keep_uid(struct writer *w, mn_str uid, mn_str *out)
{
	*out = mn_arena_copy(w->uids, uid);
	return out->ptr ? MN_OK : mn_fail_memory(w->call);
}

static int add_neuron(struct writer *w, const void *row)
{
	const mn_neuron *n = row;
	struct named *to = push(&w->neurons, sizeof(*to));
	mn_str uid = n->uid;

	if (!to)
		return mn_fail_memory(w->call);
	to->id = n->id;
	if (uid.len == 0) {
		mn_buf_clear(&w->uid);
		mn_buf_text(&w->uid, mn_type_name(MN_NEURON, n->type));
		mn_buf_char(&w->uid, ':');
		mn_buf_str(&w->uid, n->text);
		if (!mn_buf_ok(&w->uid))
			return mn_fail_memory(w->call);
		uid = mn_buf_view(&w->uid);
	}
	return keep_uid(w, uid, &to->uid);
}

static int stale(struct writer *w)
{
	return mn_fail(w->call, MN_ESTALE, 0, "the brain was written to meanwhile: try again");
}

static int add_link(struct writer *w, const void *row)
{
	const mn_synapse *s = row;
	const uint64_t *from = mn_idmap_get(&w->neuron_place, s->from);
	const uint64_t *to = mn_idmap_get(&w->neuron_place, s->to);
	struct link *l = push(&w->links, sizeof(*l));

	if (!l)
		return mn_fail_memory(w->call);
	if (!from || !to)
		return stale(w);
	*l = (struct link){
		.id = s->id, .from = (uint32_t)*from, .to = (uint32_t)*to, .type = s->type};
	return s->uid.len ? keep_uid(w, s->uid, &l->uid) : MN_OK;
}

static int add_fiber(struct writer *w, const void *row)
{
	const mn_fiber *f = row;
	const uint64_t *anchor = mn_idmap_get(&w->neuron_place, f->anchor);
	struct named *to = push(&w->fibers, sizeof(*to));

	if (!to)
		return mn_fail_memory(w->call);
	if (!anchor)
		return stale(w);
	to->id = f->id;
	to->uid = neuron_at(w, *anchor)->uid;
	return f->uid.len ? keep_uid(w, f->uid, &to->uid) : MN_OK;
}

static int gather(
	struct writer *w, int kind, unsigned fields, int (*add)(struct writer *, const void *row))
{
	static const size_t sizes[MN_KINDS] = MN_ROW_SIZES;
	mn_query q = MN_SIZED(mn_query);
	mn_page p = MN_SIZED(mn_page);
	mn_scan *scan;
	int status;

	q.kind = kind;
	q.fields = fields | MN_FIELD_HEAD | MN_FIELD_UID;
	status = mn_brain_scan(w->brain, w->call, &q, &scan);
	if (status != MN_OK)
		return status;
	while (status == MN_OK && !p.last) {
		mn_call_reset(&w->work);
		p = MN_SIZED(mn_page);
		status = mn_scan_next(scan, &w->work, CHUNK, &p);
		for (size_t i = 0; status == MN_OK && i < p.rows.n; i++)
			status = add(w, (const char *)p.rows.at.any + i * sizes[kind]);
	}
	mn_scan_done(scan);
	return status;
}

static int place_neurons(struct writer *w)
{
	if (w->neurons.n)
		qsort(w->neurons.at, w->neurons.n, sizeof(struct named), by_uid);
	for (size_t i = 0; i < w->neurons.n; i++)
		if (mn_idmap_put(&w->neuron_place, neuron_at(w, i)->id, i) != MN_OK)
			return mn_fail_memory(w->call);
	return MN_OK;
}

/* ---- Lines
 * ---------------------------------------------------------------------------------------- */

struct span {
	mn_str text;
	size_t which;
};

static int by_text(const void *a, const void *b)
{
	return mn_str_cmp(((const struct span *)a)->text, ((const struct span *)b)->text);
}

/* The run's lines, sorted; freed by the caller. NULL: no memory. */
static struct span *sort_run(const struct run *run)
{
	struct span *spans = mn_alloc_zero(run->lines.n + 1, sizeof(*spans));
	const size_t *ends = run->lines.at;
	size_t from = 0;

	for (size_t i = 0; spans && i < run->lines.n; from = ends[i++])
		spans[i] = (struct span){{run->text.ptr + from, ends[i] - from}, i};
	if (spans)
		qsort(spans, run->lines.n, sizeof(*spans), by_text);
	return spans;
}

static void clear_run(struct run *run)
{
	mn_buf_clear(&run->text);
	run->lines.n = 0;
}

static int add_to_run(struct writer *w)
{
	struct run *run = &w->run;
	size_t *end = push(&run->lines, sizeof(*end));

	mn_buf_str(&run->text, mn_buf_view(&w->line));
	if (!end || !mn_buf_ok(&run->text))
		return mn_fail_memory(w->call);
	*end = run->text.len;
	return MN_OK;
}

static int flush_run(struct writer *w)
{
	struct run *run = &w->run;
	struct span *spans;
	int status = MN_OK;

	if (run->lines.n < 2) {
		if (run->lines.n)
			status = w->sink->write(
				w->sink->ctx, w->call, run->text.ptr, run->text.len);
		clear_run(run);
		return status;
	}
	spans = sort_run(run);
	if (!spans)
		return mn_fail_memory(w->call);
	for (size_t i = 0; status == MN_OK && i < run->lines.n; i++)
		status = w->sink->write(
			w->sink->ctx, w->call, spans[i].text.ptr, spans[i].text.len);
	mn_free(spans);
	clear_run(run);
	return status;
}

/* Hands w->line on, after all lines of a lesser uid. status: of what made it. */
static int put_line(struct writer *w, int status, mn_str uid)
{
	if (status != MN_OK || !mn_buf_ok(&w->line))
		return mn_fail_memory(w->call);
	if (!mn_str_eq(mn_buf_view(&w->run.uid), uid)) {
		status = flush_run(w);
		if (status != MN_OK)
			return status;
		mn_buf_clear(&w->run.uid);
		mn_buf_str(&w->run.uid, uid);
		if (!mn_buf_ok(&w->run.uid))
			return mn_fail_memory(w->call);
	}
	return add_to_run(w);
}

static int put_neuron(struct writer *w, size_t i, const void *row)
{
	const mn_str uid = neuron_at(w, i)->uid;

	return put_line(w, mn_canonical_neuron(&w->line, row, uid), uid);
}

static int put_state(struct writer *w, size_t i, const void *row)
{
	const mn_str uid = neuron_at(w, i)->uid;

	if (mn_canonical_no_state(row))
		return MN_OK;
	return put_line(w, mn_canonical_state(&w->line, row, uid), uid);
}

static int synapse_line(struct writer *w, size_t i, const void *row, mn_str uid)
{
	const struct link *l = link_at(w, i);

	return mn_canonical_synapse(
		&w->line, row, uid, neuron_at(w, l->from)->uid, neuron_at(w, l->to)->uid);
}

static int put_synapse(struct writer *w, size_t i, const void *row)
{
	const mn_str uid = link_uid(w, link_at(w, i));

	if (!mn_buf_ok(&w->uid))
		return mn_fail_memory(w->call);
	return put_line(w, synapse_line(w, i, row, uid), uid);
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
	if (in.n)
		memcpy(at, in.at, in.n * sizeof(*at));
	qsort(at, in.n, sizeof(*at), by_str);
	*out = (mn_strs){at, in.n};
	return MN_OK;
}

/* The uids of a fiber's members that are still there, sorted. */
static int name_members(struct writer *w, mn_ids ids, bool neurons, mn_strs *out)
{
	const mn_idmap *places = neurons ? &w->neuron_place : &w->link_place;
	mn_str *at = mn_call_array(&w->work, ids.n, sizeof(*at));
	size_t n = 0;

	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < ids.n; i++) {
		const uint64_t *place = mn_idmap_get(places, ids.at[i]);

		if (!place)
			continue;
		at[n] = neurons ? neuron_at(w, *place)->uid
				: mn_call_copy(&w->work, link_uid(w, link_at(w, *place)));
		if (!at[n].ptr || !mn_buf_ok(&w->uid))
			return mn_fail_memory(w->call);
		n++;
	}
	qsort(at, n, sizeof(*at), by_str);
	*out = (mn_strs){at, n};
	return MN_OK;
}

static int put_fiber(struct writer *w, size_t i, const void *row)
{
	const mn_fiber *f = row;
	const uint64_t *anchor = mn_idmap_get(&w->neuron_place, f->anchor);
	mn_fiber_names names = {.uid = fiber_at(w, i)->uid};
	int status;

	if (!anchor)
		return stale(w);
	names.anchor = neuron_at(w, *anchor)->uid;
	status = name_members(w, f->neurons, true, &names.neurons);
	if (status == MN_OK)
		status = name_members(w, f->synapses, false, &names.synapses);
	if (status == MN_OK)
		status = sort_strs(&w->work, f->tags, &names.tags);
	if (status != MN_OK)
		return status;
	return put_line(w, mn_canonical_fiber(&w->line, f, &names), names.uid);
}

/* ---- Rows in order
 * ---------------------------------------------------------------------------------- */

/* Reads the rows of places [from, end) of a list whose items begin with an id, and hands each on.
 */
static int each_row(struct writer *w, int kind, const struct list *list, size_t size, size_t from,
	size_t end, int (*put)(struct writer *, size_t place, const void *row))
{
	static const size_t sizes[MN_KINDS] = MN_ROW_SIZES;
	int status = MN_OK;

	for (size_t at = from; status == MN_OK && at < end; at += CHUNK) {
		const size_t n = end - at < CHUNK ? end - at : CHUNK;
		mn_id ids[CHUNK];
		mn_rows rows;

		mn_call_reset(&w->work);
		for (size_t i = 0; i < n; i++)
			memcpy(&ids[i], (const char *)list->at + (at + i) * size, sizeof(*ids));
		status = mn_brain_get(w->brain, &w->work, kind, (mn_ids){ids, n}, 0, &rows);
		for (size_t i = 0; status == MN_OK && i < n; i++) {
			const char *row = (const char *)rows.at.any + i * sizes[kind];

			mn_buf_clear(&w->line);
			if (kind != MN_STATE && memcmp(row, &ids[i], sizeof(*ids)) != 0)
				status = stale(w);
			else
				status = put(w, at + i, row);
		}
	}
	return status;
}

static int write_kind(struct writer *w, int kind, const struct list *list, size_t size,
	int (*put)(struct writer *, size_t place, const void *row))
{
	int status = each_row(w, kind, list, size, 0, list->n, put);

	if (status == MN_OK)
		status = flush_run(w);
	mn_buf_clear(&w->run.uid);
	return status;
}

/* ---- Parallel synapses
 * ------------------------------------------------------------------------------- */

static int put_parallel(struct writer *w, size_t i, const void *row)
{
	if (synapse_line(w, i, row, MN_STR("")) != MN_OK || !mn_buf_ok(&w->line))
		return mn_fail_memory(w->call);
	return add_to_run(w);
}

/* Numbers the synapses of places [from, end), which would have one uid, by their lines. */
static int number_links(struct writer *w, size_t from, size_t end)
{
	struct span *spans;
	int status = each_row(
		w, MN_SYNAPSE, &w->links, sizeof(struct link), from, end, put_parallel);

	if (status != MN_OK)
		return status;
	spans = sort_run(&w->run);
	if (!spans)
		return mn_fail_memory(w->call);
	for (size_t i = 0; i < end - from; i++)
		link_at(w, from + spans[i].which)->ordinal = (uint32_t)i + 1;
	mn_free(spans);
	clear_run(&w->run);
	return MN_OK;
}

static int by_own_last(const void *a, const void *b, void *writer)
{
	const struct link *x = a, *y = b;

	if ((x->uid.len > 0) != (y->uid.len > 0))
		return x->uid.len ? 1 : -1;
	return by_link_uid(a, b, writer);
}

/* Those with derived uids come first while they are numbered, then all go by uid. */
static int order_links(struct writer *w)
{
	struct link *l = w->links.at;
	size_t derived = 0;
	int status = MN_OK;

	if (w->links.n)
		qsort_r(l, w->links.n, sizeof(*l), by_own_last, w);
	while (derived < w->links.n && l[derived].uid.len == 0)
		derived++;
	for (size_t i = 0, end; status == MN_OK && i < derived; i = end) {
		for (end = i + 1; end < derived && by_link_uid(&l[i], &l[end], w) == 0; end++)
			;
		if (end - i > 1)
			status = number_links(w, i, end);
	}
	if (w->links.n)
		qsort_r(l, w->links.n, sizeof(*l), by_link_uid, w);
	for (size_t i = 0; status == MN_OK && i < w->links.n; i++)
		if (mn_idmap_put(&w->link_place, l[i].id, i) != MN_OK)
			status = mn_fail_memory(w->call);
	return status;
}

/* ---- The whole brain
 * ------------------------------------------------------------------------------------ */

static int write_head(struct writer *w)
{
	mn_brain_row row;
	int status;

	mn_call_reset(&w->work);
	status = mn_brain_describe(w->brain, &w->work, &row);
	if (status != MN_OK)
		return status;
	w->call->at = w->work.at;
	mn_buf_clear(&w->line);
	status = put_line(w, mn_canonical_brain(&w->line, &row), MN_STR(""));
	return status == MN_OK ? flush_run(w) : status;
}

static int write_rows(struct writer *w)
{
	int status = gather(w, MN_NEURON, MN_FIELD_TEXT, add_neuron);

	if (status == MN_OK)
		status = place_neurons(w);
	if (status == MN_OK)
		status = write_kind(w, MN_NEURON, &w->neurons, sizeof(struct named), put_neuron);
	if (status == MN_OK)
		status = write_kind(w, MN_STATE, &w->neurons, sizeof(struct named), put_state);
	if (status == MN_OK)
		status = gather(w, MN_SYNAPSE, 0, add_link);
	if (status == MN_OK)
		status = order_links(w);
	if (status == MN_OK)
		status = write_kind(w, MN_SYNAPSE, &w->links, sizeof(struct link), put_synapse);
	if (status == MN_OK)
		status = gather(w, MN_FIBER, 0, add_fiber);
	if (status != MN_OK)
		return status;
	if (w->fibers.n)
		qsort(w->fibers.at, w->fibers.n, sizeof(struct named), by_uid);
	return write_kind(w, MN_FIBER, &w->fibers, sizeof(struct named), put_fiber);
}

/* Does the brain still stand where it stood at the first line? */
static int check_still(struct writer *w)
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

static void free_writer(struct writer *w)
{
	struct list *const lists[] = {&w->neurons, &w->links, &w->fibers, &w->run.lines};
	mn_buf *const bufs[] = {&w->line, &w->uid, &w->run.uid, &w->run.text};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		mn_free(lists[i]->at);
	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		mn_buf_free(bufs[i]);
	mn_idmap_free(&w->neuron_place);
	mn_idmap_free(&w->link_place);
	mn_arena_free(w->uids);
	mn_call_done(&w->work);
}

int mn_canonical_write(mn_brain *brain, mn_call *call, const mn_sink *sink)
{
	struct writer w = {.brain = brain, .call = call, .sink = sink};
	mn_buf *const bufs[] = {&w.line, &w.uid, &w.run.uid, &w.run.text};
	int status = mn_call_init(&w.work, call->engine, 0);

	if (status != MN_OK)
		return mn_fail_memory(call);
	w.work.token = call->token;
	w.work.deadline = call->deadline;
	w.work.err = call->err;
	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		*bufs[i] = MN_BUF(LONGEST);
	w.uids = mn_arena_new(SIZE_MAX);
	status = w.uids ? write_head(&w) : mn_fail_memory(call);
	if (status == MN_OK)
		status = write_rows(&w);
	if (status == MN_OK)
		status = check_still(&w);
	free_writer(&w);
	return status;
}
