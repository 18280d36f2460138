/* SPDX-License-Identifier: MIT */
/* peer_stats.c - GET /brain/{brain}/stats: counts, and for brains that are not too large what one
 * has to look at every row for. */
#include <stdlib.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_row.h"
#include "server/peer.h"

#define MOST_ROWS 200000 /* of a brain that is looked through */
#define MOST_TYPES 4096
#define HOT 10
#define PAGE 2000

struct figures {
	mn_request *req;
	mn_brain_row row;
	mn_peer_scale scale;
	uint64_t *neurons, *synapses; /* by type */
	double weights;
	uint64_t uses, today;
	mn_time oldest, newest, midnight;
	mn_state hot[HOT];
	size_t nhot;
};

static bool hotter(const mn_state *a, const mn_state *b)
{
	return a->level != b->level ? a->level > b->level : a->uses > b->uses;
}

static void heat(struct figures *f, const mn_state *s)
{
	size_t at = f->nhot;

	while (at && hotter(s, &f->hot[at - 1]))
		at--;
	if (at == HOT || !s->uses)
		return;
	f->nhot += f->nhot < HOT;
	for (size_t i = f->nhot - 1; i > at; i--)
		f->hot[i] = f->hot[i - 1];
	f->hot[at] = *s;
}

static void count_fiber(struct figures *f, const mn_fiber *r)
{
	f->today += r->created >= f->midnight;
	if (!f->oldest || r->created < f->oldest)
		f->oldest = r->created;
	if (!f->newest || r->created > f->newest)
		f->newest = r->created;
}

static void count(struct figures *f, const mn_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		switch (rows->kind) {
		case MN_NEURON: f->neurons[rows->at.neuron[i].type % MOST_TYPES]++; break;
		case MN_SYNAPSE:
			f->synapses[rows->at.synapse[i].type % MOST_TYPES]++;
			f->weights += mn_peer_weight(&f->scale, &rows->at.synapse[i]);
			f->uses += rows->at.synapse[i].uses;
			break;
		case MN_STATE: heat(f, &rows->at.state[i]); break;
		default: count_fiber(f, &rows->at.fiber[i]);
		}
}

static int count_kind(struct figures *f, mn_call *page, int kind)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page got = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	q.kind = kind;
	q.fields = MN_FIELD_HEAD;
	rc = mn_brain_scan(f->req->brain, page, &q, &scan);
	while (rc == MN_OK && !got.last) {
		mn_call_reset(page);
		rc = mn_scan_next(scan, page, PAGE, &got);
		if (rc == MN_OK) {
			got.rows.kind = kind;
			count(f, &got.rows);
		}
	}
	mn_scan_done(scan);
	return rc;
}

static int look(struct figures *f)
{
	mn_call page;
	int rc = mn_call_init(&page, f->req->call->engine, 0);

	page.token = f->req->call->token;
	page.deadline = f->req->call->deadline;
	page.err = f->req->call->err;
	f->neurons = mn_call_array(f->req->call, MOST_TYPES, sizeof(*f->neurons));
	f->synapses = mn_call_array(f->req->call, MOST_TYPES, sizeof(*f->synapses));
	if (rc == MN_OK && (!f->neurons || !f->synapses))
		rc = MN_ENOMEM;
	if (rc == MN_OK)
		rc = mn_peer_scale_of(f->req->brain, f->req->call, &f->scale);
	f->midnight = mn_peer_day(mn_engine_now(f->req->call->engine)) * MN_PEER_DAY;
	for (int kind = MN_NEURON; rc == MN_OK && kind < MN_KINDS; kind++)
		rc = count_kind(f, &page, kind);
	mn_call_done(&page);
	return rc;
}

static void put_types(mn_buf *b, int kind, const uint64_t *counts)
{
	const char *comma = "";

	mn_buf_char(b, '{');
	for (uint16_t i = 1; i < MOST_TYPES; i++)
		if (counts[i]) {
			mn_buf_text(b, comma);
			mn_buf_json(b, mn_str_of(mn_type_name(kind, i)));
			mn_buf_printf(b, ":%llu", (unsigned long long)counts[i]);
			comma = ",";
		}
	mn_buf_char(b, '}');
}

static int put_hot(struct figures *f, mn_buf *b)
{
	mn_id ids[HOT];
	mn_str names[HOT];
	mn_rows rows;
	int rc;

	mn_buf_text(b, ",\"hot_neurons\":[");
	for (size_t i = 0; i < f->nhot; i++)
		ids[i] = f->hot[i].id;
	rc = mn_brain_get(f->req->brain, f->req->call, MN_NEURON, (mn_ids){ids, f->nhot}, 0, &rows);
	if (rc == MN_OK)
		rc = mn_peer_name_neurons(
			f->req->brain, f->req->call, rows.at.neuron, f->nhot, names);
	for (size_t i = 0, n = 0; rc == MN_OK && i < f->nhot; i++) {
		const mn_neuron *neuron = &rows.at.neuron[i];

		if (!neuron->id)
			continue;
		mn_buf_text(b, n++ ? ",{\"neuron_id\":" : "{\"neuron_id\":");
		mn_buf_json(b, names[i]);
		mn_buf_text(b, ",\"content\":");
		mn_buf_json(b, neuron->text);
		mn_buf_printf(b, ",\"type\":\"%s\",\"activation_level\":",
			mn_peer_type_name(MN_NEURON, neuron->type));
		mn_peer_put_real(b, f->hot[i].level);
		mn_buf_printf(b, ",\"access_frequency\":%u}", f->hot[i].uses);
	}
	mn_buf_char(b, ']');
	return rc;
}

static int put_figures(struct figures *f, mn_buf *b)
{
	const uint64_t n = f->row.synapses ? f->row.synapses : 1;

	mn_buf_printf(b, ",\"today_fibers_count\":%llu", (unsigned long long)f->today);
	mn_buf_text(b, ",\"synapse_stats\":{\"avg_weight\":");
	mn_peer_put_real(b, f->weights / (double)n);
	mn_buf_printf(
		b, ",\"total_reinforcements\":%llu,\"by_type\":", (unsigned long long)f->uses);
	put_types(b, MN_SYNAPSE, f->synapses);
	mn_buf_text(b, "},\"neuron_type_breakdown\":");
	put_types(b, MN_NEURON, f->neurons);
	mn_buf_text(b, ",\"oldest_memory\":");
	mn_peer_put_time(b, f->oldest);
	mn_buf_text(b, ",\"newest_memory\":");
	mn_peer_put_time(b, f->newest);
	return put_hot(f, b);
}

int mn_peer_brain_stats(mn_request *req, mn_reply *reply)
{
	struct figures f = {.req = req};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	int rc = mn_brain_describe(req->brain, req->call, &f.row);
	const bool all = rc == MN_OK && f.row.neurons + f.row.synapses + f.row.fibers <= MOST_ROWS;

	if (all)
		rc = look(&f);
	if (rc == MN_OK) {
		mn_buf_text(&b, "{\"brain_id\":");
		mn_buf_json(&b, f.row.uid);
		mn_buf_printf(&b,
			",\"neuron_count\":%llu,\"synapse_count\":%llu,\"fiber_count\":%llu,"
			"\"db_size_bytes\":%llu",
			(unsigned long long)f.row.neurons, (unsigned long long)f.row.synapses,
			(unsigned long long)f.row.fibers, (unsigned long long)f.row.bytes);
		if (all)
			rc = put_figures(&f, &b);
		mn_buf_char(&b, '}');
	}
	return mn_peer_end(req, reply, rc, &b);
}
