/* SPDX-License-Identifier: MIT */
/*
 * peer_fibers.c - GET /memory/fibers: fibers by neuron, time, tags, salience, in an order.
 *
 * One pass over the heads of all fibers that may fit keeps the best of them in a heap as large as
 * what was asked for; only those are then read whole.
 */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "exchange/peer_row.h"
#include "server/peer.h"

#define MOST 10000 /* limit and offset together */
#define PAGE 1000
#define MOST_TAGS 64

enum order { CREATED, SALIENCE, FREQUENCY };

struct pick {
	double key;
	mn_id id;
};

struct finding {
	mn_request *req;
	mn_str neuron;
	mn_id of;         /* its id */
	mn_idmap anchors; /* that have a synapse to it: of our own fibers, which list no members */
	bool timed;
	mn_time start, end;
	mn_str tag[MOST_TAGS];
	mn_strs tags;
	bool any_tag;
	double least;
	int order;
	bool ascending;
	int64_t limit, offset;
	struct pick *picks; /* a heap, the one to give way first on top */
	size_t n, cap;
	bool more;
};

/* ---- The heap ----------------------------------------------------------------------------- */

/* Does a stand before b in the answer? */
static bool before(const struct finding *f, const struct pick *a, const struct pick *b)
{
	if (a->key != b->key)
		return f->ascending ? a->key < b->key : a->key > b->key;
	return f->ascending ? a->id < b->id : a->id > b->id;
}

static void swap(struct pick *a, struct pick *b)
{
	const struct pick c = *a;

	*a = *b;
	*b = c;
}

static void sink(struct finding *f, size_t i)
{
	for (;;) {
		size_t worst = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < f->n; child++)
			if (before(f, &f->picks[worst], &f->picks[child]))
				worst = child;
		if (worst == i)
			return;
		swap(&f->picks[i], &f->picks[worst]);
		i = worst;
	}
}

static void pick(struct finding *f, struct pick p)
{
	if (f->n == f->cap) {
		f->more = true;
		if (!f->cap || !before(f, &p, &f->picks[0]))
			return;
		f->picks[0] = p;
		sink(f, 0);
		return;
	}
	f->picks[f->n] = p;
	for (size_t i = f->n++; i && before(f, &f->picks[(i - 1) / 2], &f->picks[i]);
		i = (i - 1) / 2)
		swap(&f->picks[i], &f->picks[(i - 1) / 2]);
}

/* Takes the heap apart: best first. */
static void order(struct finding *f)
{
	const size_t n = f->n;

	while (f->n > 1) {
		swap(&f->picks[0], &f->picks[--f->n]);
		sink(f, 0);
	}
	f->n = n;
}

/* ---- One fiber ---------------------------------------------------------------------------- */

static bool has_tag(const mn_fiber *r, mn_str tag)
{
	for (size_t i = 0; i < r->tags.n; i++)
		if (mn_str_eq(r->tags.at[i], tag))
			return true;
	return false;
}

static bool tags_fit(const struct finding *f, const mn_fiber *r)
{
	size_t n = 0;

	for (size_t i = 0; i < f->tags.n; i++)
		n += has_tag(r, f->tags.at[i]);
	return f->any_tag ? n || !f->tags.n : n == f->tags.n;
}

static bool holds(const struct finding *f, const mn_fiber *r)
{
	if (r->anchor == f->of)
		return true;
	if (r->flags & MN_FIBER_STAR)
		return mn_idmap_get(&f->anchors, r->anchor) != NULL;
	for (size_t i = 0; i < r->neurons.n; i++)
		if (r->neurons.at[i] == f->of)
			return true;
	return false;
}

/* The span it speaks of, or the moment it was made, meets what was asked for. */
static bool time_fits(const struct finding *f, const mn_fiber *r)
{
	const mn_time first = r->first ? r->first : r->created, last = r->last ? r->last : first;

	return !f->timed || (first <= f->end && last >= f->start);
}

static void look_at(struct finding *f, const mn_fiber *r)
{
	if (r->salience < f->least || !time_fits(f, r) || !tags_fit(f, r)
		|| (f->neuron.len && !holds(f, r)))
		return;
	pick(f, (struct pick){f->order == SALIENCE    ? r->salience
			      : f->order == FREQUENCY ? r->uses
						      : (double)r->created,
			r->id});
}

/* ---- All of them -------------------------------------------------------------------------- */

/* Anchors with a synapse to the neuron. */
static int find_anchors(struct finding *f)
{
	const mn_reach inward = {.in = true};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_fan fan;
	int rc = mn_peer_find(f->req->brain, f->req->call, MN_NEURON, f->neuron, &f->of);

	if (rc != MN_OK || !f->of)
		return rc;
	ask.frontier = (mn_ids){&f->of, 1};
	ask.reaches = &inward;
	ask.nreaches = 1;
	rc = mn_brain_expand(f->req->brain, f->req->call, &ask, &fan);
	for (uint32_t i = 0; rc == MN_OK && i < fan.start[1]; i++)
		if (mn_idmap_put(&f->anchors, fan.far[i], 1) != MN_OK)
			rc = mn_fail_memory(f->req->call);
	return rc;
}

static int look_at_all(struct finding *f, mn_call *page)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page got = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	q.kind = MN_FIBER;
	q.fields = MN_FIELD_HEAD | (f->tags.n ? MN_FIELD_META : 0)
		   | (f->neuron.len ? MN_FIELD_MEMBERS : 0);
	if (!f->any_tag)
		q.tags = f->tags;
	rc = mn_brain_scan(f->req->brain, page, &q, &scan);
	while (rc == MN_OK && !got.last) {
		mn_call_reset(page);
		rc = mn_scan_next(scan, page, PAGE, &got);
		for (size_t i = 0; rc == MN_OK && i < got.rows.n; i++)
			look_at(f, &got.rows.at.fiber[i]);
	}
	mn_scan_done(scan);
	return rc;
}

static int find(struct finding *f)
{
	mn_call page;
	int rc = mn_call_init(&page, f->req->call->engine, 0);

	page.token = f->req->call->token;
	page.deadline = f->req->call->deadline;
	page.err = f->req->call->err;
	f->cap = (size_t)(f->limit + f->offset);
	f->picks = mn_call_array(f->req->call, f->cap, sizeof(*f->picks));
	if (rc == MN_OK && !f->picks)
		rc = MN_ENOMEM;
	if (rc == MN_OK && f->neuron.len)
		rc = find_anchors(f);
	if (rc == MN_OK && (!f->neuron.len || f->of))
		rc = look_at_all(f, &page);
	mn_call_done(&page);
	mn_idmap_free(&f->anchors);
	order(f);
	return rc;
}

static int write_found(struct finding *f, mn_buf *b)
{
	mn_call *call = f->req->call;
	const size_t from = f->n < (size_t)f->offset ? f->n : (size_t)f->offset;
	const size_t n = f->n - from;
	mn_id *ids = mn_call_array(call, n, sizeof(*ids));
	mn_peer_named *names = mn_call_array(call, n, sizeof(*names));
	mn_rows rows = {0};
	size_t written = 0;
	int rc = ids && names ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < n; i++)
		ids[i] = f->picks[from + i].id;
	if (rc == MN_OK)
		rc = mn_brain_get(f->req->brain, call, MN_FIBER, (mn_ids){ids, n}, 0, &rows);
	if (rc == MN_OK)
		rc = mn_peer_name_fibers(f->req->brain, call, rows.at.fiber, n, names);
	mn_buf_text(b, "{\"fibers\":[");
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		if (!rows.at.fiber[i].id)
			continue;
		if (written++)
			mn_buf_char(b, ',');
		mn_peer_put_fiber(b, &rows.at.fiber[i], &names[i]);
	}
	mn_buf_printf(b, "],\"count\":%zu,\"truncated\":%s}", written, f->more ? "true" : "false");
	return rc;
}

/* ---- The query string --------------------------------------------------------------------- */

static void split_tags(struct finding *f, mn_str list)
{
	f->tags = (mn_strs){f->tag, 0};
	while (list.len && f->tags.n < MOST_TAGS) {
		const char *comma = memchr(list.ptr, ',', list.len);
		const mn_str tag = {list.ptr, comma ? (size_t)(comma - list.ptr) : list.len};

		list = mn_str_sub(list, tag.len + (comma != NULL), SIZE_MAX);
		if (tag.len)
			f->tag[f->tags.n++] = tag;
	}
}

/* One of a few words; *out: which. */
static void read_choice(mn_complaints *c, const char *name, const char *const *words, int *out)
{
	const mn_str text = mn_query_text(c, name);
	char msg[120] = "Input should be";
	size_t at = strlen(msg);

	if (!text.ptr)
		return;
	for (int i = 0; words[i]; i++) {
		if (mn_str_is(text, words[i])) {
			*out = i;
			return;
		}
		at += (size_t)snprintf(
			msg + at, sizeof(msg) - at, "%s '%s'", i ? " or" : "", words[i]);
	}
	mn_complain(c, "query", name, "literal_error", msg, NULL, NULL);
}

static int read_finding(struct finding *f, mn_reply *reply)
{
	static const char *const orders[] = {"created_at", "salience", "frequency", NULL};
	static const char *const modes[] = {"and", "or", NULL};
	mn_complaints c = MN_COMPLAINTS_OF(f->req, reply);
	bool descending = true, ends;
	int mode = 0;

	f->neuron = mn_query_text(&c, "contains_neuron");
	f->end = INT64_MAX;
	f->start = INT64_MIN;
	f->timed = mn_query_moment(&c, "time_start", &f->start);
	ends = mn_query_moment(&c, "time_end", &f->end);
	f->timed |= ends;
	split_tags(f, mn_query_text(&c, "tags"));
	mn_query_real(&c, "min_salience", 0, 1, &f->least);
	mn_query_whole(&c, "limit", 1, 1000, &f->limit);
	mn_query_whole(&c, "offset", 0, MOST - 1000, &f->offset);
	mn_query_truth(&c, "descending", &descending);
	read_choice(&c, "tag_mode", modes, &mode);
	read_choice(&c, "order_by", orders, &f->order);
	f->any_tag = mode == 1;
	f->ascending = !descending;
	/* Found by what they are, they come as the original's search has them. */
	if (!mn_query_text(&c, "order_by").ptr && !mn_query_text(&c, "descending").ptr
		&& (f->neuron.ptr || f->timed || f->tags.n
			|| mn_query_text(&c, "min_salience").ptr))
		f->order = SALIENCE;
	return mn_complaints_end(&c);
}

int mn_peer_fiber_list(mn_request *req, mn_reply *reply)
{
	struct finding f = {.req = req, .limit = 100};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	int rc = read_finding(&f, reply);

	if (rc == MN_OK)
		rc = find(&f);
	if (rc == MN_OK)
		rc = write_found(&f, &b);
	return mn_peer_end(req, reply, rc, &b);
}
