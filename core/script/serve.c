/* SPDX-License-Identifier: MIT */
/*
 * serve.c - rows for a script, as it asks for them: scans in pages, degrees.
 *
 * A page of the store is turned into frames of about FRAME_BYTES, so that neither side ever holds
 * much; how many rows a page has follows from how long they were so far. While the script works at
 * a frame, the next page is read.
 */
#include <stdio.h>

#include "backend.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "script/script.h"
#include "store/brain.h"

#define FRAME_BYTES ((size_t)96 << 10)
#define FIRST_ROWS 64
#define MOST_ROWS 2000
#define MOST_FILTERS 1000
#define MOST_FRAME ((size_t)64 << 20) /* one row has a few texts of 1 MiB and ids */
#define CALL_LIMIT ((size_t)256 << 20)

struct scan {
	mn_scan *scan;     /* NULL: the slot is free */
	mn_call ask, read; /* what the filters live in, and what the page does */
	int kind;
	unsigned fields;
	mn_page page;
	mn_str *uids; /* of rows that have none of their own; NULL: not asked for */
	size_t at, most;
};

struct mn_serving {
	mn_brain *brain;
	const mn_call *guard;
	double delta, rate;
	mn_time clock;
	struct scan scans[MN_FRAME_SCANS], *last;
	mn_call work;
	mn_told told;
	mn_buf rows, reply;
	mn_error error;
};

static int ready_call(const mn_serving *s, mn_call *out)
{
	int status = mn_call_init(out, s->guard->engine, CALL_LIMIT);

	out->token = s->guard->token;
	out->deadline = s->guard->deadline;
	return status;
}

static void close_scan(struct scan *s)
{
	if (!s->scan)
		return;
	mn_scan_done(s->scan);
	mn_call_done(&s->read);
	mn_call_done(&s->ask);
	*s = (struct scan){0};
}

int mn_serving_new(mn_brain *b, mn_call *call, const mn_call *guard, mn_serving **out)
{
	mn_serving *s = mn_alloc_zero(1, sizeof(*s));
	mn_config config;
	mn_brain_row row;
	int status = s ? MN_OK : mn_fail_memory(call);

	if (status == MN_OK)
		status = mn_brain_describe(b, call, &row);
	if (status == MN_OK)
		status = mn_config_parse(call, row.config, &config);
	if (status != MN_OK) {
		mn_free(s);
		return status;
	}
	s->brain = b;
	s->guard = guard;
	s->delta = config.reinforcement_delta;
	s->rate = config.decay_rate;
	s->clock = row.clock;
	s->rows = s->reply = s->told.names = MN_BUF(MOST_FRAME);
	if (ready_call(s, &s->work) != MN_OK) {
		mn_serving_free(s);
		return mn_fail_memory(call);
	}
	*out = s;
	return MN_OK;
}

void mn_serving_free(mn_serving *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < MN_FRAME_SCANS; i++)
		close_scan(&s->scans[i]);
	mn_call_done(&s->work);
	mn_buf_free(&s->rows);
	mn_buf_free(&s->reply);
	mn_buf_free(&s->told.names);
	mn_free(s);
}

const mn_error *mn_serving_error(const mn_serving *s)
{
	return &s->error;
}

/* ---- Beginning a scan --------------------------------------------------------------------- */

static int take_types(mn_call *call, mn_take *t, mn_query *q)
{
	const uint32_t n = mn_take_u32(t);
	uint16_t *types;
	int status = MN_OK;

	if (t->bad || n > MOST_FILTERS)
		return mn_fail(call, MN_EINVAL, 0, "at most %d types at once", MOST_FILTERS);
	if (n && q->kind == MN_FIBER)
		return mn_fail(call, MN_EINVAL, 0, "memories have no types");
	types = mn_call_array(call, n, sizeof(*types));
	for (uint32_t i = 0; types && status == MN_OK && i < n; i++) {
		const mn_str name = mn_take_str(t);

		if (name.len < 1 || name.len > 100 || !mn_text_valid(name))
			return mn_fail(
				call, MN_EINVAL, 0, "no name of a type: \"%.*s\"", MN_FMT(name));
		status = mn_type_ask(call, q->kind, name, &types[i]);
	}
	q->types = types;
	q->ntypes = n;
	return types ? status : MN_ENOMEM;
}

static int take_tags(mn_call *call, mn_take *t, mn_query *q)
{
	const uint32_t n = mn_take_u32(t);
	mn_str *tags;

	if (t->bad || n > MOST_FILTERS)
		return mn_fail(call, MN_EINVAL, 0, "at most %d tags at once", MOST_FILTERS);
	tags = mn_call_array(call, n, sizeof(*tags));
	for (uint32_t i = 0; tags && i < n; i++) {
		tags[i] = mn_call_copy(call, mn_take_str(t));
		if (!tags[i].ptr)
			return MN_ENOMEM;
		if (!mn_text_valid(tags[i]))
			return mn_fail(call, MN_EINVAL, 0, "a tag is no UTF-8");
	}
	q->tags = (mn_strs){tags, n};
	return tags ? MN_OK : MN_ENOMEM;
}

static int take_query(mn_call *call, mn_take *t, const mn_frame_scan *fixed, mn_query *q)
{
	int status;

	q->kind = (int)fixed->kind;
	q->neuron = fixed->neuron;
	q->limit = fixed->limit;
	q->since = fixed->since;
	q->until = fixed->until;
	q->fields = fixed->fields | MN_FIELD_HEAD;
	if (q->fields & MN_FIELD_UID && q->kind == MN_NEURON)
		q->fields |= MN_FIELD_TEXT; /* where a uid is derived, it is from the text */
	q->text = mn_call_copy(call, mn_take_str(t));
	status = q->text.ptr ? take_types(call, t, q) : MN_ENOMEM;
	if (status == MN_OK)
		status = take_tags(call, t, q);
	if (status == MN_OK && !mn_take_end(t))
		status = mn_fail(call, MN_EINVAL, 0, "a question that cannot be understood");
	return status;
}

static int open_scan(mn_serving *s, mn_take *t, const mn_frame_scan *fixed)
{
	struct scan *scan = &s->scans[fixed->slot];
	mn_query query = MN_SIZED(mn_query);
	int status;

	*scan = (struct scan){.kind = (int)fixed->kind, .most = FIRST_ROWS};
	scan->fields = fixed->fields;
	scan->page = MN_SIZED(mn_page);
	status = ready_call(s, &scan->ask);
	if (status == MN_OK && ready_call(s, &scan->read) != MN_OK)
		status = mn_fail_memory(&scan->ask);
	if (status == MN_OK)
		status = take_query(&scan->ask, t, fixed, &query);
	if (status == MN_OK)
		status = mn_brain_scan(s->brain, &scan->ask, &query, &scan->scan);
	if (status != MN_OK) {
		s->error = *scan->ask.err;
		mn_call_done(&scan->read);
		mn_call_done(&scan->ask);
		*scan = (struct scan){0};
	}
	return status;
}

/* ---- Uids --------------------------------------------------------------------------------- */

/* A memory is called as its anchor; all anchors of a page are read at once. */
static int derive_fibers(mn_serving *s, struct scan *scan)
{
	const mn_rows *page = &scan->page.rows;
	mn_call *call = &scan->read;
	mn_id *anchors = mn_call_array(call, page->n, sizeof(*anchors));
	mn_rows rows;
	int status;

	if (!anchors)
		return MN_ENOMEM;
	for (size_t i = 0; i < page->n; i++)
		anchors[i] = page->at.fiber[i].anchor;
	status = mn_brain_get(s->brain, call, MN_NEURON, (mn_ids){anchors, page->n},
		MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, &rows);
	for (size_t i = 0; status == MN_OK && i < page->n; i++) {
		if (page->at.fiber[i].uid.len)
			scan->uids[i] = page->at.fiber[i].uid;
		else if (rows.at.neuron[i].id)
			status = mn_uid_derive(
				s->brain, call, MN_NEURON, &rows.at.neuron[i], &scan->uids[i]);
	}
	return status;
}

static int derive_uids(mn_serving *s, struct scan *scan)
{
	const mn_rows *page = &scan->page.rows;
	int status = MN_OK;

	scan->uids = mn_call_array(&scan->read, page->n, sizeof(*scan->uids));
	if (!scan->uids)
		return MN_ENOMEM;
	if (scan->kind == MN_FIBER)
		return derive_fibers(s, scan);
	for (size_t i = 0; status == MN_OK && i < page->n; i++) {
		const void *row = scan->kind == MN_NEURON ? (const void *)&page->at.neuron[i]
							  : &page->at.synapse[i];

		status = mn_uid_derive(s->brain, &scan->read, scan->kind, row, &scan->uids[i]);
	}
	return status;
}

/* ---- Pages -------------------------------------------------------------------------------- */

/* Has the next rows of a scan at hand, unless it is over. */
static int read_page(mn_serving *s, struct scan *scan)
{
	int status;

	if (scan->at < scan->page.rows.n || scan->page.last)
		return MN_OK;
	mn_call_reset(&scan->read);
	scan->at = 0;
	scan->page.rows.n = 0;
	status = mn_scan_next(scan->scan, &scan->read, scan->most, &scan->page);
	if (status == MN_OK && scan->fields & MN_FIELD_UID)
		status = derive_uids(s, scan);
	if (status != MN_OK) {
		scan->page.rows.n = 0;
		s->error = *scan->read.err;
	}
	return status;
}

static int put_fiber(mn_serving *s, struct scan *scan, size_t i)
{
	mn_fiber f = scan->page.rows.at.fiber[i];
	int status = MN_OK;

	if (scan->uids)
		f.uid = scan->uids[i];
	if (scan->fields & MN_FIELD_MEMBERS)
		status = mn_brain_members(s->brain, &scan->read, &f, &f.neurons, &f.synapses);
	if (status == MN_OK)
		mn_row_put(&s->told, MN_FIBER, scan->fields, &f, 0, &s->rows);
	else
		s->error = *scan->read.err;
	return status;
}

static int put_row(mn_serving *s, struct scan *scan, size_t i)
{
	if (scan->kind == MN_NEURON) {
		mn_neuron n = scan->page.rows.at.neuron[i];

		if (scan->uids)
			n.uid = scan->uids[i];
		mn_row_put(&s->told, MN_NEURON, scan->fields, &n, 0, &s->rows);
	} else if (scan->kind == MN_SYNAPSE) {
		mn_synapse y = scan->page.rows.at.synapse[i];

		if (scan->uids)
			y.uid = scan->uids[i];
		mn_row_put(&s->told, MN_SYNAPSE, scan->fields, &y,
			mn_weight_at(&y, s->delta, s->rate, s->clock), &s->rows);
	} else {
		return put_fiber(s, scan, i);
	}
	return MN_OK;
}

static int give_page(mn_serving *s, struct scan *scan)
{
	const size_t first = scan->at;
	mn_frame_page head = {.kind = (uint32_t)scan->kind, .fields = scan->fields};
	int status = MN_OK;

	while (status == MN_OK && scan->at < scan->page.rows.n && s->rows.len < FRAME_BYTES)
		status = put_row(s, scan, scan->at++);
	head.nrows = (uint32_t)(scan->at - first);
	head.ntypes = s->told.n;
	head.last = scan->page.last && scan->at == scan->page.rows.n;
	mn_buf_add(&s->reply, &head, sizeof(head));
	mn_buf_str(&s->reply, mn_buf_view(&s->told.names));
	mn_buf_str(&s->reply, mn_buf_view(&s->rows));
	if (head.nrows && mn_buf_ok(&s->rows)) {
		const size_t most = FRAME_BYTES * head.nrows / (s->rows.len + 1) + 1;

		scan->most = most < MOST_ROWS ? most : MOST_ROWS;
	}
	return status;
}

/* ---- Answering ---------------------------------------------------------------------------- */

static int give_degrees(mn_serving *s, mn_take *t)
{
	const size_t n = (size_t)(t->end - t->at) / sizeof(mn_id);
	mn_id *ids = mn_call_array(&s->work, n, sizeof(*ids));
	uint64_t *counts = mn_call_array(&s->work, n, sizeof(*counts));
	int status = ids && counts ? MN_OK : MN_ENOMEM;

	if (ids)
		mn_take_raw(t, ids, n * sizeof(*ids));
	if (status == MN_OK)
		status = mn_brain_degrees(s->brain, &s->work, (mn_ids){ids, n}, counts);
	if (status == MN_OK)
		mn_buf_add(&s->reply, counts, n * sizeof(*counts));
	else
		s->error = *s->work.err;
	return status;
}

static int answer_scan(mn_serving *s, mn_take *t, bool *fits)
{
	mn_frame_scan fixed;

	mn_take_raw(t, &fixed, sizeof(fixed));
	*fits = !t->bad && fixed.slot < MN_FRAME_SCANS && !s->scans[fixed.slot].scan
		&& (fixed.kind == MN_NEURON || fixed.kind == MN_SYNAPSE || fixed.kind == MN_FIBER);
	return *fits ? open_scan(s, t, &fixed) : MN_OK;
}

static int answer_next(mn_serving *s, mn_take *t, bool *fits)
{
	const uint32_t slot = mn_take_u32(t);
	int status;

	*fits = mn_take_end(t) && slot < MN_FRAME_SCANS && s->scans[slot].scan;
	if (!*fits)
		return MN_OK;
	s->last = &s->scans[slot];
	mn_buf_clear(&s->rows);
	mn_buf_clear(&s->told.names);
	s->told.n = 0;
	status = read_page(s, s->last);
	return status == MN_OK ? give_page(s, s->last) : status;
}

static void answer_close(mn_serving *s, mn_take *t, bool *fits)
{
	const uint32_t slot = mn_take_u32(t);

	*fits = mn_take_end(t) && slot < MN_FRAME_SCANS;
	if (*fits)
		close_scan(&s->scans[slot]);
}

int mn_serving_answer(mn_serving *s, mn_call *call, uint32_t type, mn_take *t, uint32_t *reply,
	const mn_buf **out)
{
	bool fits = true;
	int status = MN_OK;

	mn_buf_clear(&s->reply);
	mn_call_reset(&s->work);
	*reply = MN_FRAME_OK;
	*out = &s->reply;
	switch (type) {
	case MN_FRAME_SCAN: status = answer_scan(s, t, &fits); break;
	case MN_FRAME_NEXT:
		*reply = MN_FRAME_PAGE;
		status = answer_next(s, t, &fits);
		break;
	case MN_FRAME_CLOSE:
		*reply = 0;
		answer_close(s, t, &fits);
		break;
	default:
		*reply = MN_FRAME_COUNTS;
		fits = (size_t)(t->end - t->at) <= MN_FRAME_IDS * sizeof(mn_id);
		status = fits ? give_degrees(s, t) : MN_OK;
	}
	if (!fits)
		return MN_EIO;
	if (status != MN_OK) {
		*reply = MN_FRAME_ERROR;
		mn_buf_clear(&s->reply);
		mn_buf_text(&s->reply, s->error.text);
	}
	if (!mn_buf_ok(&s->reply) || !mn_buf_ok(&s->rows) || !mn_buf_ok(&s->told.names))
		return mn_fail_memory(call);
	return MN_OK;
}

void mn_serving_ahead(mn_serving *s)
{
	struct scan *scan = s->last;
	const mn_error before = s->error;

	if (scan && scan->scan && read_page(s, scan) != MN_OK)
		s->error = before; /* it will be said when the script asks */
}
