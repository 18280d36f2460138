/* SPDX-License-Identifier: MIT */
/*
 * spread.c - a whole spread in one statement: the extension "mn.spread/2".
 *
 * A chain of subqueries, one a hop. Each takes the neurons of the hop before with their levels,
 * walks their synapses, and keeps of each neuron that is reached the best way in: the maximum of
 * lists [level, -from, -synapse], which Cypher compares member by member. At the end the hops
 * are joined the same way, [level, -hop, ...]: the best level, and the least hop that gave it.
 *
 * Most of what it costs is synapses looked at, so neurons too weak to pass anything on are not
 * walked from, hops that nothing can reach are left out, and the weight before decay, which is
 * never the lesser one, is compared before the other is reckoned.
 */
#include <math.h>

#include "expand.h"
#include "question.h"
#include "read.h"

#define MOST_HOPS 6
#define COLUMNS 5             /* of a set, */
#define HEAD_COLUMNS_OF_SET 3 /* and of what ranking needs beside */

#define KNOWN "rate, day, gain, lightest, threshold"

/* From the lists n and l of one hop to those of the next; b: its best ways in. */
#define HOP(i, j)                                                                             \
	"CALL (" KNOWN ", n" i ", l" i ") { UNWIND range(0, size(n" i ") - 1) AS k "          \
	"WITH " KNOWN ", n" i "[k] AS x, l" i "[k] * gain AS gives WHERE gives >= threshold " \
	"WITH rate, day, lightest, threshold, x, x.id AS me, gives, "                         \
	"CASE WHEN threshold > gives * lightest THEN threshold / gives * (1 - 1e-12) "        \
	"ELSE lightest END AS least MATCH (x)-[s:MN_SYNAPSE]-(y) WHERE s.w >= least "         \
	"WITH s, y, me, gives, lightest, threshold, " WEIGHT " AS weight "                    \
	"WHERE weight >= lightest AND gives * weight >= threshold "                           \
	"WITH y, max([gives * weight, -me, -s.id]) AS best "                                  \
	"RETURN collect(y) AS n" j ", collect(best[0]) AS l" j ", collect(best) AS b" j " } "

static const char head[] = DECAY_HEAD
	", $p.gain AS gain, $p.lightest AS lightest, $p.threshold AS threshold "
	"CALL (" KNOWN ") { "
	"UNWIND CASE WHEN size($p.sets) = 0 THEN [[]] ELSE $p.sets END AS ids "
	"CALL (" KNOWN ", ids) { "
	"OPTIONAL MATCH (n:MnNeuron) WHERE n.b = $p.b AND n.id IN ids "
	"WITH " KNOWN ", collect(n) AS n0 WITH " KNOWN ", n0, [x IN n0 | 1.0] AS l0 ";

static const char *const hops[MOST_HOPS] = {
	HOP("0", "1"), HOP("1", "2"), HOP("2", "3"), HOP("3", "4"), HOP("4", "5"), HOP("5", "6")};

/* All hops as lists of [neuron, level, -hop, -from, -synapse]. */
static const char *const joins[MOST_HOPS + 1] = {
	"UNWIND [i IN range(0, size(n0) - 1) | [n0[i], 1.0, 0, 0, 0]]",
	" + [i IN range(0, size(n1) - 1) | [n1[i], b1[i][0], -1, b1[i][1], b1[i][2]]]",
	" + [i IN range(0, size(n2) - 1) | [n2[i], b2[i][0], -2, b2[i][1], b2[i][2]]]",
	" + [i IN range(0, size(n3) - 1) | [n3[i], b3[i][0], -3, b3[i][1], b3[i][2]]]",
	" + [i IN range(0, size(n4) - 1) | [n4[i], b4[i][0], -4, b4[i][1], b4[i][2]]]",
	" + [i IN range(0, size(n5) - 1) | [n5[i], b5[i][0], -5, b5[i][1], b5[i][2]]]",
	" + [i IN range(0, size(n6) - 1) | [n6[i], b6[i][0], -6, b6[i][1], b6[i][2]]]",
};

static const char foot[] =
	" AS way WITH way[0] AS n, max(way[1..]) AS best "
	"RETURN collect(n.id) AS neurons, collect(best[0]) AS levels, collect(-best[1]) AS hops, "
	"collect(-best[2]) AS froms, collect(-best[3]) AS synapses";
static const char head_foot[] =
	", collect(n.type) AS types, collect(coalesce(n.flags, 0)) AS flags, "
	"collect(n.created) AS made";
static const char result[] = " } RETURN collect([neurons, levels, hops, froms, synapses";
static const char head_result[] = ", types, flags, made";
static const char end[] = "]) AS sets } RETURN sets";

static void fill(struct text *t, const void *ctx)
{
	const mn_spread_ask *ask = ctx;

	text_name(t, "sets");
	text_open(t, '[');
	for (uint32_t i = 0; i < ask->nsets; i++)
		text_ids(t,
			(mn_ids){ask->anchors + ask->start[i], ask->start[i + 1] - ask->start[i]});
	text_close(t, ']');
	text_name(t, "gain");
	text_real(t, ask->gain);
	text_name(t, "lightest");
	text_real(t, ask->lightest);
	text_name(t, "threshold");
	text_real(t, ask->threshold);
}

struct found {
	uint32_t *start;
	mn_id *neuron, *from, *synapse;
	double *level;
	uint16_t *hop, *type, *flags; /* the last two NULL: no heads are wanted */
	mn_time *created;
};

static int make_room(mn_db *db, mn_call *call, size_t sets, size_t n, bool heads, struct found *f)
{
	const mn_host *host = db->host;

	*f = (struct found){.start = host->alloc(call, (sets + 1) * sizeof(*f->start))};
	f->neuron = host->alloc(call, (n + 1) * sizeof(*f->neuron));
	f->from = host->alloc(call, (n + 1) * sizeof(*f->from));
	f->synapse = host->alloc(call, (n + 1) * sizeof(*f->synapse));
	f->level = host->alloc(call, (n + 1) * sizeof(*f->level));
	f->hop = host->alloc(call, (n + 1) * sizeof(*f->hop));
	if (heads) {
		f->type = host->alloc(call, (n + 1) * sizeof(*f->type));
		f->flags = host->alloc(call, (n + 1) * sizeof(*f->flags));
		f->created = host->alloc(call, (n + 1) * sizeof(*f->created));
		if (!f->type || !f->flags || !f->created)
			return MN_ENOMEM;
	}
	return f->start && f->neuron && f->from && f->synapse && f->level && f->hop ? MN_OK
										    : MN_ENOMEM;
}

static void read_head(
	struct reader *r, const json_t *const *of, struct found *f, size_t i, size_t at)
{
	f->type[at] = reader_type(r, MN_NEURON, json_array_get(of[0], i));
	f->flags[at] = (uint16_t)reader_int(r, json_array_get(of[1], i));
	f->created[at] = reader_int(r, json_array_get(of[2], i));
}

static size_t read_set(struct reader *r, const json_t *set, struct found *f, size_t at)
{
	const size_t columns = f->type ? COLUMNS + HEAD_COLUMNS_OF_SET : COLUMNS;
	const size_t n = json_array_size(json_array_get(set, 0));
	const json_t *of[COLUMNS + HEAD_COLUMNS_OF_SET];

	for (size_t c = 0; c < columns; c++)
		of[c] = reader_list(r, json_array_get(set, c), n);
	for (size_t i = 0; i < n; i++, at++) {
		f->neuron[at] = (mn_id)reader_int(r, json_array_get(of[0], i));
		f->level[at] = reader_real(r, json_array_get(of[1], i));
		f->hop[at] = (uint16_t)reader_int(r, json_array_get(of[2], i));
		f->from[at] = (mn_id)reader_int(r, json_array_get(of[3], i));
		f->synapse[at] = (mn_id)reader_int(r, json_array_get(of[4], i));
		if (f->type)
			read_head(r, of + COLUMNS, f, i, at);
	}
	return at;
}

static void hand_out(const struct found *f, mn_spread_found *out)
{
	out->start = f->start;
	out->neuron = f->neuron;
	out->from = f->from;
	out->synapse = f->synapse;
	out->level = f->level;
	out->hop = f->hop;
	out->examined = 0;
	if (MN_HAS(out, created)) {
		out->type = f->type;
		out->flags = f->flags;
		out->created = f->created;
	}
}

static int read_sets(mn_db *db, mn_call *call, const struct answer *got, size_t nsets, bool heads,
	mn_spread_found *out)
{
	struct reader r = {.db = db, .call = call};
	const json_t *sets = reader_list(&r, answer_cell(got, 0, HEAD_COLUMNS), nsets ? nsets : 1);
	struct found f;
	size_t n = 0, at = 0;
	int status;

	for (size_t i = 0; i < nsets; i++)
		n += json_array_size(json_array_get(json_array_get(sets, i), 0));
	if (n > UINT32_MAX)
		return fail_memory(db, call);
	status = make_room(db, call, nsets, n, heads, &f);
	for (size_t i = 0; i < nsets && status == MN_OK; i++) {
		at = read_set(&r, json_array_get(sets, i), &f, at);
		f.start[i + 1] = (uint32_t)at;
	}
	if (status == MN_OK)
		status = reader_end(&r);
	if (status == MN_OK)
		hand_out(&f, out);
	return status;
}

/* How many hops anything can go: what gave even the whole gain each time is lost behind them. */
static uint32_t hops_of(const mn_spread_ask *ask)
{
	uint32_t n = ask->max_hops;

	while (n > 1 && pow(ask->gain, n) < ask->threshold * (1 - 1e-9))
		n--;
	return n;
}

static void write_body(const mn_spread_ask *ask, bool heads, const char **body)
{
	const uint32_t most = hops_of(ask);
	size_t n = 0;

	body[n++] = head;
	for (uint32_t i = 0; i < most; i++)
		body[n++] = hops[i];
	for (uint32_t i = 0; i <= most; i++)
		body[n++] = joins[i];
	body[n++] = foot;
	if (heads)
		body[n++] = head_foot;
	body[n++] = result;
	if (heads)
		body[n++] = head_result;
	body[n++] = end;
	body[n] = NULL;
}

static int spread(mn_db *db, mn_call *call, const mn_spread_ask *ask, mn_spread_found *out)
{
	const bool heads = MN_HAS(ask, heads) && ask->heads;
	const char *body[2 * MOST_HOPS + 8];
	const struct question q = {.body = body, .columns = "sets", .fill = fill, .ctx = ask};
	struct answer got = {0};
	struct ask a;
	int status = db_enter(db, call, false);

	if (status == MN_OK && (ask->max_hops == 0 || ask->max_hops > MOST_HOPS))
		status = db->host->fail(
			call, MN_EINVAL, 0, "a spread takes 1 to %d hops here", MOST_HOPS);
	if (status != MN_OK)
		return status;
	write_body(ask, heads, body);
	status = question_put(db, call, ask->brain, &q, &a, &got, NULL);
	if (status == MN_OK)
		status = read_sets(db, call, &got, ask->nsets, heads, out);
	ask_free(&a, &got);
	return status;
}

const mn_spread_ops spread_ops = {
	.size = sizeof(spread_ops), .max_hops = MOST_HOPS, .spread = spread, .show = read_show};
