/* SPDX-License-Identifier: MIT */
/*
 * peer_query.c - POST /memory/query: a question becomes memories, a context and a confidence.
 *
 * Confidence is how much of what the question says the best memory says too: the rarity (idf) of
 * the question's words that the memory is joined to, over that of all its words, unknown ones
 * counting as the rarest. A question about somebody who was never heard of has little, one of which
 * nothing is known has 0, and then there is no context either.
 */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/peer_row.h"
#include "server/peer.h"
#include "text/analysis.h"

#define MOST_HITS 20
#define MOST_SIFTED 500 /* hits that are asked for where some are to be left out */
#define MOST_SHOWN 2000 /* neurons and synapses of a subgraph */
#define BEST 3          /* memories that confidence looks at */
#define HEADING "## Relevant Memories\n\n"
#define HEADING_TOKENS 8

struct question {
	uint64_t given;
	mn_str text, tag_mode;
	int64_t depth, tokens;
	bool subgraph;
	mn_time now, as_of;
	mn_strs tags;
	double least;
};

enum { QUERY, DEPTH };

static const mn_shape query_shape[] = {
	{"query", MN_FORM_TEXT, MN_SHAPE_MUST, offsetof(struct question, text), 1, 10000},
	{"depth", MN_FORM_WHOLE, MN_SHAPE_NULL, offsetof(struct question, depth), 0, 3},
	{"max_tokens", MN_FORM_WHOLE, 0, offsetof(struct question, tokens), 50, 10000},
	{"include_subgraph", MN_FORM_TRUTH, 0, offsetof(struct question, subgraph), 0, 0},
	{"reference_time", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(struct question, now), 0, 0},
	{"as_of", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(struct question, as_of), 0, 0},
	{"tags", MN_FORM_TEXTS, MN_SHAPE_NULL, offsetof(struct question, tags), 0, 20},
	{"tag_mode", MN_FORM_TEXT, 0, offsetof(struct question, tag_mode), 1, 3},
	{"min_confidence", MN_FORM_REAL, MN_SHAPE_NULL, offsetof(struct question, least), 0, 1},
	{0},
};

struct found {
	mn_request *req;
	struct question q;
	mn_answer answer;
	mn_memory_hit *hits; /* those that fit */
	mn_str *fibers;      /* their uids */
	size_t n;
	double confidence;
	bool sifted; /* some did not fit */
};

/* ---- Asking ------------------------------------------------------------------------------- */

static bool sifts(const struct question *q)
{
	return q->tags.n || q->as_of;
}

static int ask(struct found *f)
{
	mn_ask a = MN_SIZED(mn_ask);

	a.text = f->q.text;
	a.depth = MN_GIVEN(&f->q, DEPTH) && f->q.depth >= 0 ? (int)f->q.depth : MN_DEPTH_AUTO;
	a.limit = sifts(&f->q) ? MOST_SIFTED : MOST_HITS;
	a.context_tokens = (uint32_t)f->q.tokens - HEADING_TOKENS;
	a.want_context = true;
	a.want_trace = f->q.subgraph;
	a.learn = !mn_server_read_only(f->req->server);
	a.now = f->q.now;
	f->answer = MN_SIZED(mn_answer);
	return mn_brain_recall(f->req->brain, f->req->call, &a, &f->answer);
}

/* ---- Sifting ------------------------------------------------------------------------------ */

static bool tags_fit(const struct question *q, const mn_fiber *r)
{
	size_t n = 0;

	for (size_t i = 0; i < q->tags.n; i++)
		for (size_t k = 0; k < r->tags.n; k++)
			if (mn_str_eq(q->tags.at[i], r->tags.at[k])) {
				n++;
				break;
			}
	return mn_str_is(q->tag_mode, "or") ? n || !q->tags.n : n == q->tags.n;
}

static int sift(struct found *f)
{
	mn_call *call = f->req->call;
	const mn_answer *a = &f->answer;
	mn_id *ids = mn_call_array(call, a->nhits, sizeof(*ids));
	mn_rows rows = {0};
	int rc;

	f->hits = mn_call_array(call, a->nhits, sizeof(*f->hits));
	f->fibers = mn_call_array(call, a->nhits, sizeof(*f->fibers));
	if (!ids || !f->hits || !f->fibers)
		return MN_ENOMEM;
	for (size_t i = 0; i < a->nhits; i++)
		ids[i] = a->hits[i].fiber;
	rc = mn_brain_get(f->req->brain, call, MN_FIBER, (mn_ids){ids, a->nhits},
		MN_FIELD_HEAD | MN_FIELD_UID | MN_FIELD_META, &rows);
	for (size_t i = 0; rc == MN_OK && i < a->nhits; i++) {
		const mn_memory_hit *h = &a->hits[i];
		const mn_fiber *r = &rows.at.fiber[i];

		if (!tags_fit(&f->q, r) || (f->q.as_of && r->created > f->q.as_of)
			|| f->n == MOST_HITS) {
			f->sifted = true;
			continue;
		}
		f->fibers[f->n] = r->uid.len ? r->uid : h->uid;
		f->hits[f->n++] = *h;
	}
	return rc;
}

/* ---- Confidence --------------------------------------------------------------------------- */

struct word {
	mn_id neuron; /* 0: nobody has said it */
	double weight;
};

/* The question's words with their rarity. *dated: it asks about a time as well. */
static int read_words(struct found *f, struct word **out, size_t *n, bool *dated)
{
	mn_call *call = f->req->call;
	mn_subject subject = {.text = f->q.text,
		.now = f->q.now ? f->q.now : mn_engine_now(call->engine),
		.question = true,
		.want = MN_WANT_STEMS | MN_WANT_DATES};
	mn_analyst *analyst;
	mn_analysis said = {0};
	mn_key *keys = NULL;
	int rc = mn_analyst_new(call, NULL, &analyst);

	if (rc != MN_OK)
		return rc;
	rc = mn_analyze(analyst, call, &subject, &said);
	*out = mn_call_array(call, said.nstems, sizeof(**out));
	keys = mn_call_array(call, said.nstems, sizeof(*keys));
	if (rc == MN_OK && (!*out || !keys))
		rc = MN_ENOMEM;
	*n = rc == MN_OK ? said.nstems : 0;
	*dated = said.ndates > 0;
	for (size_t i = 0; rc == MN_OK && i < *n; i++) {
		keys[i] = (mn_key){MN_CONCEPT, mn_call_copy(call, said.stems[i].text)};
		rc = keys[i].text.ptr ? MN_OK : MN_ENOMEM;
	}
	mn_analyst_free(analyst);
	if (rc == MN_OK && *n) {
		mn_id *ids = mn_call_array(call, *n, sizeof(*ids));

		rc = ids ? mn_brain_lookup(f->req->brain, call, keys, *n, ids) : MN_ENOMEM;
		for (size_t i = 0; rc == MN_OK && i < *n; i++)
			(*out)[i].neuron = ids[i];
	}
	return rc;
}

static int weigh(struct found *f, struct word *words, size_t n)
{
	mn_call *call = f->req->call;
	mn_id *ids = mn_call_array(call, n, sizeof(*ids));
	uint64_t *degrees = mn_call_array(call, n, sizeof(*degrees));
	mn_brain_row row;
	int rc = ids && degrees ? mn_brain_describe(f->req->brain, call, &row) : MN_ENOMEM;

	for (size_t i = 0; i < n && rc == MN_OK; i++)
		ids[i] = words[i].neuron ? words[i].neuron : 1;
	if (rc == MN_OK)
		rc = mn_brain_degrees(f->req->brain, call, (mn_ids){ids, n}, degrees);
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		const double all = (double)row.fibers;
		double fan = words[i].neuron ? (double)degrees[i] : 0;

		fan = fan < all ? fan : all;
		words[i].weight = log(1 + (all - fan + .5) / (fan + .5));
	}
	return rc;
}

/* The largest share of the words' weight that one of the best memories is joined to. */
static int cover(struct found *f, const struct word *words, size_t n, double *out)
{
	const mn_reach outward = {.out = true};
	const size_t best = f->n < BEST ? f->n : BEST;
	mn_expand ask = MN_SIZED(mn_expand);
	mn_id memories[BEST];
	double total = 0;
	mn_fan fan;
	int rc;

	for (size_t i = 0; i < best; i++)
		memories[i] = f->hits[i].neuron;
	for (size_t i = 0; i < n; i++)
		total += words[i].weight;
	ask.frontier = (mn_ids){memories, best};
	ask.reaches = &outward;
	ask.nreaches = 1;
	rc = mn_brain_expand(f->req->brain, f->req->call, &ask, &fan);
	*out = 0;
	for (size_t m = 0; rc == MN_OK && m < best; m++) {
		double has = 0;

		for (size_t i = 0; i < n; i++)
			for (uint32_t e = fan.start[m]; e < fan.start[m + 1]; e++)
				if (fan.far[e] == words[i].neuron) {
					has += words[i].weight;
					break;
				}
		if (total > 0 && has / total > *out)
			*out = has / total;
	}
	return rc;
}

static int judge(struct found *f)
{
	struct word *words = NULL;
	bool dated = false;
	size_t n = 0;
	int rc;

	if (!f->n)
		return MN_OK;
	rc = read_words(f, &words, &n, &dated);
	if (rc == MN_OK && n)
		rc = weigh(f, words, n);
	if (rc == MN_OK && n)
		rc = cover(f, words, n, &f->confidence);
	/* What answers for its time, or has no word to compare, is as likely right as not. */
	if ((dated || !n) && f->confidence < 0.5)
		f->confidence = 0.5;
	if (f->confidence < f->q.least || f->confidence <= 0) {
		f->confidence = 0;
		f->n = 0;
	}
	return rc;
}

/* ---- Answering ---------------------------------------------------------------------------- */

/* The memories that fit, in the tokens there are: 4 bytes each. */
static void put_context(struct found *f, mn_buf *b)
{
	mn_buf text = MN_BUF((size_t)1 << 20);
	size_t left = (size_t)(f->q.tokens - HEADING_TOKENS) * 4;

	if (f->n)
		mn_buf_text(&text, HEADING);
	if (f->n && !f->sifted)
		mn_buf_str(&text, f->answer.context);
	for (size_t i = 0; f->sifted && i < f->n; i++) {
		if (f->hits[i].text.len + 3 > left)
			continue;
		left -= f->hits[i].text.len + 3;
		mn_buf_text(&text, "- ");
		mn_buf_str(&text, f->hits[i].text);
		mn_buf_char(&text, '\n');
	}
	mn_buf_text(b, ",\"context\":");
	mn_buf_json(b, mn_buf_ok(&text) ? mn_buf_view(&text) : MN_STR(""));
	mn_buf_free(&text);
}

static void put_uid(mn_buf *b, mn_str uid, size_t *n)
{
	if (!uid.ptr)
		return;
	if ((*n)++)
		mn_buf_char(b, ',');
	mn_buf_json(b, uid);
}

/* Each synapse of a trace once. */
static int trace_synapses(struct found *f, mn_ids *out)
{
	const mn_event *events;
	const size_t n = mn_trace_events(f->answer.trace, &events);
	mn_id *ids = mn_call_array(f->req->call, MOST_SHOWN, sizeof(*ids));
	mn_idmap seen = {0};
	size_t m = 0;
	int rc = ids ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < n && m < MOST_SHOWN; i++) {
		if (!events[i].synapse || mn_idmap_get(&seen, events[i].synapse))
			continue;
		ids[m++] = events[i].synapse;
		if (mn_idmap_put(&seen, events[i].synapse, 1) != MN_OK)
			rc = mn_fail_memory(f->req->call);
	}
	mn_idmap_free(&seen);
	*out = (mn_ids){ids, m};
	return rc;
}

static int put_synapses(struct found *f, mn_buf *b)
{
	mn_call *call = f->req->call;
	mn_peer_named *names;
	mn_rows rows = {0};
	size_t n = 0;
	mn_ids ids;
	int rc = trace_synapses(f, &ids);

	if (rc == MN_OK)
		rc = mn_brain_get(
			f->req->brain, call, MN_SYNAPSE, ids, MN_FIELD_HEAD | MN_FIELD_UID, &rows);
	if (rc != MN_OK)
		return rc;
	names = mn_call_array(call, ids.n, sizeof(*names));
	rc = names ? mn_peer_name_synapses(f->req->brain, call, NULL, rows.at.synapse, ids.n, names)
		   : MN_ENOMEM;
	for (size_t i = 0; rc == MN_OK && i < ids.n; i++)
		put_uid(b, names[i].uid, &n);
	return rc;
}

static void put_anchors(struct found *f, mn_buf *b)
{
	const mn_event *events;
	const size_t n = mn_trace_events(f->answer.trace, &events);
	size_t put = 0;

	for (size_t i = 0; i < n && put < MOST_SHOWN; i++) {
		const mn_trace_neuron *t = events[i].from == 0 && events[i].to
							   && events[i].op == MN_OP_SET
						   ? mn_trace_neuron_of(
							   f->answer.trace, events[i].to)
						   : NULL;

		if (t)
			put_uid(b, t->uid, &put);
	}
}

static int put_subgraph(struct found *f, mn_buf *b)
{
	const mn_trace_neuron *neurons;
	size_t n, put = 0;
	int rc;

	mn_buf_text(b, ",\"subgraph\":");
	if (!f->answer.trace || !f->n) {
		mn_buf_text(b, "null");
		return MN_OK;
	}
	n = mn_trace_neurons(f->answer.trace, &neurons);
	mn_buf_text(b, "{\"neuron_ids\":[");
	for (size_t i = 0; i < n && put < MOST_SHOWN; i++)
		if (neurons[i].level > 0)
			put_uid(b, neurons[i].uid, &put);
	mn_buf_text(b, "],\"synapse_ids\":[");
	rc = put_synapses(f, b);
	mn_buf_text(b, "],\"anchor_ids\":[");
	put_anchors(f, b);
	mn_buf_text(b, "]}");
	return rc;
}

static int put_answer(struct found *f, mn_buf *b)
{
	size_t put = 0;
	int rc;

	mn_buf_text(b, "{\"answer\":");
	if (f->n)
		mn_buf_json(b, f->hits[0].text);
	else
		mn_buf_text(b, "null");
	mn_buf_text(b, ",\"confidence\":");
	mn_peer_put_real(b, f->confidence);
	mn_buf_printf(b, ",\"depth_used\":%d,\"neurons_activated\":%llu,\"fibers_matched\":[",
		f->answer.depth, (unsigned long long)f->answer.activated);
	for (size_t i = 0; i < f->n; i++)
		put_uid(b, f->fibers[i], &put);
	mn_buf_char(b, ']');
	put_context(f, b);
	mn_buf_text(b, ",\"latency_ms\":");
	mn_peer_put_real(b, f->answer.latency_us / 1000.0);
	rc = put_subgraph(f, b);
	mn_buf_text(b, ",\"metadata\":{\"scores\":[");
	for (size_t i = 0; i < f->n; i++) {
		if (i)
			mn_buf_char(b, ',');
		mn_peer_put_real(b, f->hits[i].score);
	}
	mn_buf_text(b, "]}}");
	return rc;
}

int mn_peer_query(mn_request *req, mn_reply *reply)
{
	struct found f = {.req = req, .q = {.tokens = 500, .depth = -1}};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	int rc = mn_shape_body(req, reply, query_shape, &f.q);

	if (rc == MN_OK)
		rc = ask(&f);
	if (rc == MN_OK)
		rc = sift(&f);
	if (rc == MN_OK)
		rc = judge(&f);
	if (rc == MN_OK)
		rc = put_answer(&f, &b);
	mn_trace_free(f.answer.trace);
	return mn_peer_end(req, reply, rc, &b);
}
