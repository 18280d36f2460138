/* SPDX-License-Identifier: MIT */
/*
 * trace_jsonl.c - traces as JSON Lines, version 1: a head, then neurons by id, events by step,
 * and the ranking.
 *
 *   {"trace":1,"question":…,"kernel":…,"brain":…,"depth":…,"when":…,"activated":…,"examined":…,
 *    "latency_us":…,"cut":…,"neurons":N,"events":N,"ranked":N}
 *   {"neuron":ID,"uid":…,"type":…,"flags":…,"text":…}
 *   {"event":STEP,"from":ID,"to":ID,"synapse":ID,"type":…,"reason":…,"op":…,"fate":…,"hop":…,
 *    "fan":…,"in":…,"gain":…,"weight":…,"share":…,"out":…,"after":…}
 *   {"ranked":ID,"score":…}
 *
 * Numbers read back to the same double, so a trace that was written and read recomputes to the
 * same levels. What does not fit is refused with the number of its line.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/json.h"
#include "base/str.h"
#include "exchange/line.h"
#include "recall/kernel.h"
#include "recall/trace_io.h"

#define VERSION 1
#define MOST_RANKED 10000
#define LONGEST_LINE ((size_t)4 << 20)
#define FULL 65536 /* bytes that are written at once */

static const char *const ops[] = {
	"set", "sum", "best", "multiply", "scale", "pool", "aside", "join"};
static const char *const fates[] = {
	"activated", "raised", "weaker", "below-threshold", "out-of-budget", "pruned"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- Writing ------------------------------------------------------------------------------- */

int mn_trace_flush(mn_buf *b, mn_call *call, const mn_sink *sink, size_t above)
{
	int rc = MN_OK;

	if (!mn_buf_ok(b))
		return mn_fail_memory(call);
	if (b->len > above) {
		rc = sink->write(sink->ctx, call, b->ptr, b->len);
		mn_buf_clear(b);
	}
	return rc;
}

static void write_head(mn_buf *b, const mn_trace *t)
{
	char when[MN_ISO_ROOM];

	mn_buf_printf(b, "{\"trace\":%d,\"question\":", VERSION);
	mn_buf_json(b, t->head.question);
	mn_buf_text(b, ",\"kernel\":");
	mn_buf_json(b, t->head.kernel);
	mn_buf_text(b, ",\"brain\":");
	mn_buf_json(b, t->head.brain);
	mn_buf_printf(b, ",\"depth\":%d,\"when\":", t->head.depth);
	mn_buf_json(b, (mn_str){when, mn_iso_write(t->head.when, when)});
	mn_buf_printf(b,
		",\"activated\":%llu,\"examined\":%llu,\"latency_us\":%u,\"cut\":%s,"
		"\"neurons\":%zu,\"events\":%zu,\"ranked\":%zu}\n",
		(unsigned long long)t->head.activated, (unsigned long long)t->head.examined,
		t->head.latency_us, t->head.cut ? "true" : "false", t->nneurons, t->nevents,
		t->head.nranked);
}

static void write_neuron(mn_buf *b, const mn_trace_neuron *n)
{
	mn_buf_printf(b, "{\"neuron\":%llu,\"uid\":", (unsigned long long)n->id);
	mn_buf_json(b, n->uid);
	mn_buf_text(b, ",\"type\":");
	mn_buf_json(b, mn_str_of(mn_type_name(MN_NEURON, n->type)));
	mn_buf_printf(b, ",\"flags\":%u,\"text\":", n->flags);
	mn_buf_json(b, n->text);
	mn_buf_text(b, "}\n");
}

static void member(mn_buf *b, const char *name, double value)
{
	mn_buf_printf(b, ",\"%s\":", name);
	mn_buf_number(b, value);
}

static void write_event(mn_buf *b, const mn_event *e)
{
	mn_buf_printf(b,
		"{\"event\":%u,\"from\":%llu,\"to\":%llu,\"synapse\":%llu,\"type\":", e->step,
		(unsigned long long)e->from, (unsigned long long)e->to,
		(unsigned long long)e->synapse);
	mn_buf_json(b, mn_str_of(mn_type_name(MN_SYNAPSE, e->type)));
	mn_buf_printf(b, ",\"reason\":\"%s\",\"op\":\"%s\",\"fate\":\"%s\",\"hop\":%u,\"fan\":%u",
		mn_reason_name(e->reason), ops[e->op], fates[e->fate], e->hop, e->fan);
	member(b, "in", e->in);
	member(b, "gain", e->gain);
	member(b, "weight", e->weight);
	member(b, "share", e->share);
	member(b, "out", e->out);
	member(b, "after", e->after);
	mn_buf_text(b, "}\n");
}

int mn_trace_write_jsonl(const mn_trace *t, mn_call *call, const mn_sink *sink, mn_buf *b)
{
	int rc = MN_OK;

	write_head(b, t);
	for (size_t i = 0; i < t->nneurons && rc == MN_OK; i++) {
		write_neuron(b, &t->neurons[i]);
		rc = mn_trace_flush(b, call, sink, FULL);
	}
	for (size_t i = 0; i < t->nevents && rc == MN_OK; i++) {
		write_event(b, &t->events[i]);
		rc = mn_trace_flush(b, call, sink, FULL);
	}
	for (size_t i = 0; i < t->head.nranked && rc == MN_OK; i++) {
		mn_buf_printf(b, "{\"ranked\":%llu", (unsigned long long)t->head.ranked[i]);
		member(b, "score", t->head.score[i]);
		mn_buf_text(b, "}\n");
		rc = mn_trace_flush(b, call, sink, FULL);
	}
	return rc == MN_OK ? mn_trace_flush(b, call, sink, 0) : rc;
}

/* ---- Reading: members ---------------------------------------------------------------------- */

/* Each says in *why what is wrong with a member, and is passed over once something is. */
struct reader {
	mn_call *call;
	const mn_source *source;
	mn_lines lines;
	mn_trace *t;
	mn_trace_neuron *neurons;
	mn_event *events;
	mn_id *ranked;
	double *score;
	size_t nneurons, nevents, nranked; /* as the head says; t has how many came */
	json_t *line;
	const char *why; /* NULL: nothing is wrong with this line */
};

static uint64_t number(struct reader *r, const char *name, uint64_t most)
{
	const json_t *v = json_object_get(r->line, name);
	json_int_t i = json_integer_value(v);

	if (!json_is_integer(v) || i < 0 || (uint64_t)i > most) {
		if (!r->why)
			r->why = name;
		return 0;
	}
	return (uint64_t)i;
}

static double real(struct reader *r, const char *name)
{
	const json_t *v = json_object_get(r->line, name);

	if (!json_is_number(v) && !r->why)
		r->why = name;
	return json_number_value(v);
}

/* A string, copied into the trace. */
static mn_str string(struct reader *r, const char *name)
{
	mn_str s = mn_json_str(json_object_get(r->line, name));

	if (!s.ptr && !r->why)
		r->why = name;
	return mn_arena_copy(r->t->arena, s);
}

static uint8_t word(struct reader *r, const char *name, const char *const *words, size_t n)
{
	mn_str s = mn_json_str(json_object_get(r->line, name));

	for (size_t i = 0; s.ptr && i < n; i++)
		if (mn_str_is(s, words[i]))
			return (uint8_t)i;
	if (!r->why)
		r->why = name;
	return 0;
}

/* The code of a type's or a rule's name. */
static uint16_t type(struct reader *r, int kind)
{
	mn_str s = mn_json_str(json_object_get(r->line, "type"));

	if (!s.ptr && !r->why)
		r->why = "type";
	return s.len ? mn_type_code(kind, s) : 0;
}

static uint16_t reason(struct reader *r)
{
	mn_str s = mn_json_str(json_object_get(r->line, "reason"));

	for (uint16_t i = 0; s.ptr && i < MN_REASONS; i++)
		if (mn_str_is(s, mn_reason_name(i)))
			return i;
	if (!r->why)
		r->why = "reason";
	return 0;
}

/* ---- Reading: lines ------------------------------------------------------------------------ */

static void read_head(struct reader *r)
{
	mn_trace_head *h = &r->t->head;
	mn_str when = mn_json_str(json_object_get(r->line, "when"));

	if (number(r, "trace", UINT32_MAX) != VERSION) {
		r->why = "trace: of another version, or no trace";
		return;
	}
	h->question = string(r, "question");
	h->kernel = string(r, "kernel");
	h->brain = string(r, "brain");
	h->depth = (int)number(r, "depth", 3);
	if (!mn_iso_read(when, &h->when) && !r->why)
		r->why = "when";
	h->activated = number(r, "activated", INT64_MAX);
	h->examined = number(r, "examined", INT64_MAX);
	h->latency_us = (uint32_t)number(r, "latency_us", UINT32_MAX);
	h->cut = json_is_true(json_object_get(r->line, "cut"));
	r->nneurons = number(r, "neurons", 2 * MN_MOST_EVENTS + MOST_RANKED);
	r->nevents = number(r, "events", MN_MOST_EVENTS);
	r->nranked = number(r, "ranked", MOST_RANKED);
}

static void read_neuron(struct reader *r)
{
	size_t n = r->t->nneurons;
	mn_trace_neuron *out = &r->neurons[n];

	*out = (mn_trace_neuron){.id = number(r, "neuron", INT64_MAX),
		.uid = string(r, "uid"),
		.text = string(r, "text"),
		.type = type(r, MN_NEURON),
		.flags = (uint16_t)number(r, "flags", UINT16_MAX)};
	if ((out->id == 0 || (n && r->neurons[n - 1].id >= out->id)) && !r->why)
		r->why = "neuron: not in order";
	r->t->nneurons++;
}

static mn_id end_of(struct reader *r, const char *name)
{
	mn_id id = number(r, name, INT64_MAX);

	if (id && !mn_trace_neuron_of(r->t, id) && !r->why)
		r->why = name;
	return id;
}

static void read_event(struct reader *r)
{
	mn_event *e = &r->events[r->t->nevents];

	*e = (mn_event){.step = (uint32_t)number(r, "event", UINT32_MAX),
		.from = end_of(r, "from"),
		.to = end_of(r, "to"),
		.synapse = number(r, "synapse", INT64_MAX),
		.type = type(r, MN_SYNAPSE),
		.reason = reason(r),
		.op = word(r, "op", ops, COUNT(ops)),
		.fate = word(r, "fate", fates, COUNT(fates)),
		.hop = (uint16_t)number(r, "hop", UINT16_MAX),
		.fan = (uint32_t)number(r, "fan", UINT32_MAX),
		.in = real(r, "in"),
		.gain = real(r, "gain"),
		.weight = real(r, "weight"),
		.share = real(r, "share"),
		.out = real(r, "out"),
		.after = real(r, "after")};
	if (e->step != r->t->nevents && !r->why)
		r->why = "event: not in order";
	if (e->out != e->in * e->gain * e->weight * e->share && !r->why)
		r->why = "out: not in * gain * weight * share";
	r->t->nevents++;
}

static void read_ranked(struct reader *r)
{
	size_t n = r->t->head.nranked++;

	r->ranked[n] = end_of(r, "ranked");
	r->score[n] = real(r, "score");
	if (!r->ranked[n] && !r->why)
		r->why = "ranked";
}

/* Arrays for as many as the head announced. */
static int make_room(struct reader *r)
{
	mn_arena *a = r->t->arena;

	r->neurons = mn_arena_array(a, r->nneurons, sizeof(*r->neurons));
	r->events = mn_arena_array(a, r->nevents, sizeof(*r->events));
	r->ranked = mn_arena_array(a, r->nranked, sizeof(*r->ranked));
	r->score = mn_arena_array(a, r->nranked, sizeof(*r->score));
	r->t->neurons = r->neurons;
	r->t->events = r->events;
	r->t->head.ranked = r->ranked;
	r->t->head.score = r->score;
	return r->neurons && r->events && r->ranked && r->score ? MN_OK : mn_fail_memory(r->call);
}

/* What the line should be, by how far the reading is. */
static int read_line(struct reader *r)
{
	if (r->lines.lines == 1) {
		read_head(r);
		return r->why ? MN_OK : make_room(r);
	}
	if (r->t->nneurons < r->nneurons)
		read_neuron(r);
	else if (r->t->nevents < r->nevents)
		read_event(r);
	else if (r->t->head.nranked < r->nranked)
		read_ranked(r);
	else
		r->why = "more lines than the head announced";
	return MN_OK;
}

static int refuse(struct reader *r, const char *why)
{
	return mn_fail(r->call, MN_EINVAL, 0, "%.*s:%llu: not a trace: %s", MN_FMT(r->source->name),
		(unsigned long long)r->lines.lines, why);
}

static int take_line(struct reader *r, const mn_line *line)
{
	char why[200];
	int rc;

	if (line->cut)
		return refuse(r, "the line is too long");
	rc = mn_json_read(line->text, why, sizeof(why), &r->line);
	if (rc == MN_ENOMEM)
		return mn_fail_memory(r->call);
	if (rc != MN_OK)
		return refuse(r, why);
	rc = read_line(r);
	json_decref(r->line);
	return rc == MN_OK && r->why ? refuse(r, r->why) : rc;
}

static int read_lines(struct reader *r)
{
	mn_line line;
	bool more = true;
	int rc = MN_OK;

	while (rc == MN_OK && more) {
		rc = mn_lines_next(&r->lines, r->call, &line, &more);
		if (rc == MN_OK && more)
			rc = take_line(r, &line);
		if (rc == MN_OK)
			rc = mn_check(r->call);
	}
	if (rc != MN_OK)
		return rc;
	if (r->lines.lines == 0 || r->t->nneurons < r->nneurons || r->t->nevents < r->nevents
		|| r->t->head.nranked < r->nranked)
		return refuse(r, "it ends too early");
	return mn_trace_settle(r->t, r->call, r->neurons);
}

int mn_trace_read(mn_engine *engine, mn_call *call, const mn_source *source, mn_trace **out)
{
	struct reader r = {.call = call, .source = source, .t = mn_trace_new(call)};
	int rc = r.t ? mn_lines_open(&r.lines, call, source, LONGEST_LINE) : MN_ENOMEM;

	(void)engine;
	if (rc == MN_OK) {
		rc = read_lines(&r);
		mn_lines_close(&r.lines);
	}
	if (rc != MN_OK) {
		mn_trace_free(r.t);
		return rc;
	}
	*out = r.t;
	return MN_OK;
}
