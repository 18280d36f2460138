/* SPDX-License-Identifier: MIT */
/* peer_find.c - neurons by type, content and time; and what a few letters may become. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/peer_row.h"
#include "server/peer.h"

#define MOST_TYPES 16
#define MOST_LOOKED 100000 /* neurons that a search for a part of a word looks at */
#define PAGE 1000

struct search {
	mn_request *req;
	mn_str exact, part; /* content; at most one of them, empty: any */
	uint16_t types[MOST_TYPES];
	size_t ntypes; /* 0: any */
	mn_time since, until;
	int64_t limit, offset;
	mn_neuron *found;
	size_t n, cap;
	bool more; /* there are others, beyond the limit or not looked at */
};

/* ---- One neuron --------------------------------------------------------------------------- */

static bool has_type(const struct search *s, uint16_t type)
{
	for (size_t i = 0; i < s->ntypes; i++)
		if (s->types[i] == type)
			return true;
	return s->ntypes == 0;
}

/* Letters of ASCII in either case, as the original's storage compares them. */
static bool contains(mn_str text, mn_str part)
{
	if (part.len == 0)
		return true;
	for (size_t i = 0; i + part.len <= text.len; i++)
		if (strncasecmp(text.ptr + i, part.ptr, part.len) == 0)
			return true;
	return false;
}

static bool fits(const struct search *s, const mn_neuron *n)
{
	return n->id && has_type(s, n->type) && (!s->since || n->created >= s->since)
	       && (!s->until || n->created < s->until)
	       && (!s->exact.len || mn_str_eq(n->text, s->exact));
}

static bool is_there(const struct search *s, mn_id id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->found[i].id == id)
			return true;
	return false;
}

static int copy(mn_call *call, mn_str *s)
{
	if (s->len)
		*s = mn_call_copy(call, *s);
	return s->ptr || !s->len ? MN_OK : MN_ENOMEM;
}

/* Keeps a row of a page that will be gone. */
static int add(struct search *s, const mn_neuron *n)
{
	mn_neuron *to = &s->found[s->n];

	if (s->n == s->cap) {
		s->more = true;
		return MN_OK;
	}
	*to = *n;
	if (copy(s->req->call, &to->uid) || copy(s->req->call, &to->text)
		|| copy(s->req->call, &to->meta))
		return MN_ENOMEM;
	s->n++;
	return MN_OK;
}

/* ---- Ways of searching -------------------------------------------------------------------- */

static int add_page(struct search *s, const mn_rows *rows, mn_str part)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];

		if (fits(s, n) && contains(n->text, part) && !is_there(s, n->id))
			rc = add(s, n);
	}
	return rc;
}

/* Of a scan: those that fit, until there are enough. most: rows to look at. */
static int scan_with(struct search *s, mn_call *call, const mn_query *q, mn_str part, uint64_t most)
{
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	uint64_t looked = 0;
	int rc = mn_brain_scan(s->req->brain, call, q, &scan);

	while (rc == MN_OK && !page.last && !s->more) {
		mn_call_reset(call);
		rc = mn_scan_next(scan, call, PAGE, &page);
		if (rc == MN_OK)
			rc = add_page(s, &page.rows, part);
		looked += rc == MN_OK ? page.rows.n : 0;
		if (looked >= most && !page.last)
			s->more = true;
	}
	mn_scan_done(scan);
	return rc;
}

static int scan(struct search *s, mn_str text, mn_str part, uint64_t most)
{
	mn_query q = MN_SIZED(mn_query);
	mn_call page;
	int rc = mn_call_init(&page, s->req->call->engine, 0);

	page.token = s->req->call->token;
	page.deadline = s->req->call->deadline;
	page.err = s->req->call->err;
	q.kind = MN_NEURON;
	q.text = text;
	q.types = s->types;
	q.ntypes = s->ntypes;
	q.since = s->since;
	q.until = s->until;
	if (rc == MN_OK)
		rc = scan_with(s, &page, &q, part, most);
	mn_call_done(&page);
	return rc;
}

/* By type and text, of every type that may be meant. */
static int look_up(struct search *s)
{
	mn_call *call = s->req->call;
	const uint16_t end = mn_type_end(MN_NEURON);
	mn_key *keys = mn_call_array(call, end, sizeof(*keys));
	mn_id *ids = mn_call_array(call, end, sizeof(*ids));
	size_t n = 0;
	mn_rows rows;
	int rc;

	if (!keys || !ids)
		return MN_ENOMEM;
	for (uint16_t code = 1; code < end; code++)
		if (code != MN_MEMORY && has_type(s, code))
			keys[n++] = (mn_key){code, s->exact};
	rc = mn_brain_lookup(s->req->brain, call, keys, n, ids);
	if (rc == MN_OK)
		rc = mn_brain_get(s->req->brain, call, MN_NEURON, (mn_ids){ids, n}, 0, &rows);
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		if (fits(s, &rows.at.neuron[i]))
			rc = add(s, &rows.at.neuron[i]);
	return rc;
}

/* The text as one phrase of a search. */
static int phrase(mn_call *call, mn_str text, mn_str *out)
{
	char *to = mn_call_alloc(call, text.len + 2);

	if (!to)
		return MN_ENOMEM;
	to[0] = '"';
	for (size_t i = 0; i < text.len; i++)
		to[i + 1] = text.ptr[i] == '"' ? ' ' : text.ptr[i];
	to[text.len + 1] = '"';
	*out = (mn_str){to, text.len + 2};
	return MN_OK;
}

/* Exactly this text: whole memories too, and others of the same type and text. */
static int find_exact(struct search *s)
{
	mn_str text;
	int rc = look_up(s);

	if (rc == MN_OK && s->exact.len < 4096)
		rc = phrase(s->req->call, s->exact, &text);
	else
		text = s->exact;
	return rc == MN_OK ? scan(s, text, (mn_str){NULL, 0}, MOST_LOOKED) : rc;
}

/*
 * A part of the text: first by words, the last as a prefix, which is quick and finds what people
 * mean; only where that finds nothing by looking at the texts themselves.
 */
static int find_part(struct search *s)
{
	int rc = scan(s, s->part, (mn_str){NULL, 0}, MOST_LOOKED);

	if (rc == MN_OK && s->n == 0)
		rc = scan(s, (mn_str){NULL, 0}, s->part, MOST_LOOKED);
	return rc;
}

/* ---- GET /memory/neurons ------------------------------------------------------------------ */

static int read_search(struct search *s, mn_reply *reply)
{
	mn_complaints c = MN_COMPLAINTS_OF(s->req, reply);
	const mn_str type = mn_query_text(&c, "type");
	mn_time before = 0;
	int rc;

	s->exact = mn_query_text(&c, "content_exact");
	s->part = mn_query_text(&c, "content_contains");
	mn_query_whole(&c, "limit", 1, 1000, &s->limit);
	mn_query_whole(&c, "offset", 0, 1000000, &s->offset);
	mn_query_moment(&c, "time_start", &s->since);
	if (mn_query_moment(&c, "time_end", &s->until))
		s->until++; /* included */
	if (mn_query_moment(&c, "created_before", &before) && (!s->until || before < s->until))
		s->until = before;
	rc = mn_complaints_end(&c);
	if (rc != MN_OK || !type.len)
		return rc;
	if (!mn_peer_type_known(MN_NEURON, type))
		return mn_peer_not(s->req, reply, 400, "Invalid neuron type");
	s->ntypes = mn_peer_types(MN_NEURON, type, s->types, MOST_TYPES);
	if (!s->ntypes) { /* known, but none of it was ever seen */
		s->types[0] = 0;
		s->ntypes = 1;
	}
	return MN_OK;
}

static int search(struct search *s)
{
	bool ephemeral = false;
	mn_complaints c = MN_COMPLAINTS_OF(s->req, NULL);

	mn_query_truth(&c, "ephemeral", &ephemeral);
	mn_buf_free(&c.text);
	if (ephemeral || (s->ntypes == 1 && !s->types[0]))
		return MN_OK; /* nothing here is written to be forgotten */
	if (s->exact.len)
		return find_exact(s);
	if (s->part.len)
		return find_part(s);
	return scan(s, (mn_str){NULL, 0}, (mn_str){NULL, 0}, UINT64_MAX);
}

static int write_found(struct search *s, mn_buf *b)
{
	const size_t from = s->n < (size_t)s->offset ? s->n : (size_t)s->offset;
	mn_str *names = mn_call_array(s->req->call, s->n, sizeof(*names));
	int rc = names ? mn_peer_name_neurons(s->req->brain, s->req->call, s->found, s->n, names)
		       : MN_ENOMEM;

	mn_buf_text(b, "{\"neurons\":[");
	for (size_t i = from; rc == MN_OK && i < s->n; i++) {
		if (i > from)
			mn_buf_char(b, ',');
		mn_peer_put_neuron(b, &s->found[i], names[i]);
	}
	mn_buf_printf(
		b, "],\"count\":%zu,\"truncated\":%s}", s->n - from, s->more ? "true" : "false");
	return rc;
}

int mn_peer_neuron_list(mn_request *req, mn_reply *reply)
{
	struct search s = {.req = req, .limit = 50};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	int rc = read_search(&s, reply);

	if (rc == MN_OK) {
		s.cap = (size_t)(s.limit + s.offset);
		s.found = mn_call_array(req->call, s.cap, sizeof(*s.found));
		rc = s.found ? search(&s) : MN_ENOMEM;
	}
	if (rc == MN_OK)
		rc = write_found(&s, &b);
	return mn_peer_end(req, reply, rc, &b);
}

/* ---- GET /memory/suggest ------------------------------------------------------------------ */

struct suggestion {
	const mn_neuron *neuron;
	const mn_state *state;
	double score;
};

static int by_score(const void *a, const void *b)
{
	const struct suggestion *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->neuron->id > y->neuron->id) - (x->neuron->id < y->neuron->id);
}

/* What begins like it before what only has it, the short before the long, the used before the
 * unused. */
static double score_of(mn_str prefix, const mn_neuron *n, const mn_state *s)
{
	const bool begins = n->text.len >= prefix.len
			    && strncasecmp(n->text.ptr, prefix.ptr, prefix.len) == 0;

	return (begins ? 1 : 0.5) + 1 / (1 + (double)n->text.len / 20) + 0.25 * s->level
	       + 0.1 * log1p(s->uses);
}

static int rank(struct search *s, struct suggestion *out)
{
	mn_call *call = s->req->call;
	mn_id *ids = mn_call_array(call, s->n, sizeof(*ids));
	mn_rows states;
	int rc;

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		ids[i] = s->found[i].id;
	rc = mn_brain_get(s->req->brain, call, MN_STATE, (mn_ids){ids, s->n}, 0, &states);
	for (size_t i = 0; rc == MN_OK && i < s->n; i++)
		out[i] = (struct suggestion){&s->found[i], &states.at.state[i],
			score_of(s->part, &s->found[i], &states.at.state[i])};
	if (rc == MN_OK && s->n)
		qsort(out, s->n, sizeof(*out), by_score);
	return rc;
}

static int write_suggestion(struct search *s, const struct suggestion *g, mn_buf *b)
{
	mn_str name;
	int rc = mn_peer_name_neurons(s->req->brain, s->req->call, g->neuron, 1, &name);

	if (rc != MN_OK)
		return rc;
	mn_buf_text(b, "{\"neuron_id\":");
	mn_buf_json(b, name);
	mn_buf_text(b, ",\"content\":");
	mn_buf_json(b, g->neuron->text);
	mn_buf_text(b, ",\"type\":");
	mn_buf_json(b, mn_str_of(mn_peer_type_name(MN_NEURON, g->neuron->type)));
	mn_buf_printf(b, ",\"access_frequency\":%u,\"activation_level\":", g->state->uses);
	mn_peer_put_real(b, g->state->level);
	mn_buf_text(b, ",\"score\":");
	mn_peer_put_real(b, g->score);
	mn_buf_char(b, '}');
	return MN_OK;
}

static int suggest(struct search *s, mn_buf *b)
{
	struct suggestion *all;
	int rc = MN_OK;
	size_t n;

	s->cap = 500;
	s->found = mn_call_array(s->req->call, s->cap, sizeof(*s->found));
	all = mn_call_array(s->req->call, s->cap, sizeof(*all));
	if (!s->found || !all)
		return MN_ENOMEM;
	if (s->part.len && !(s->ntypes == 1 && !s->types[0]))
		rc = scan(s, s->part, (mn_str){NULL, 0}, MOST_LOOKED);
	if (rc == MN_OK)
		rc = rank(s, all);
	n = s->n < (size_t)s->limit ? s->n : (size_t)s->limit;
	mn_buf_text(b, "{\"suggestions\":[");
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		if (i)
			mn_buf_char(b, ',');
		rc = write_suggestion(s, &all[i], b);
	}
	mn_buf_printf(b, "],\"count\":%zu}", n);
	return rc;
}

int mn_peer_suggest(mn_request *req, mn_reply *reply)
{
	struct search s = {.req = req, .limit = 5};
	mn_complaints c = MN_COMPLAINTS_OF(req, reply);
	const mn_str prefix = mn_query_must(&c, "prefix"), type = mn_query_text(&c, "type");
	mn_buf b = MN_BUF(MN_PEER_OUT);
	int rc;

	mn_query_whole(&c, "limit", 1, 100, &s.limit);
	rc = mn_complaints_end(&c);
	if (rc == MN_OK && type.len && !mn_peer_type_known(MN_NEURON, type))
		rc = mn_peer_not(req, reply, 400, "Invalid neuron type");
	s.part = prefix;
	s.ntypes = type.len ? mn_peer_types(MN_NEURON, type, s.types, MOST_TYPES) : 0;
	if (type.len && !s.ntypes)
		s.ntypes = 1;
	if (rc == MN_OK)
		rc = suggest(&s, &b);
	return mn_peer_end(req, reply, rc, &b);
}
