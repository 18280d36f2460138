/* SPDX-License-Identifier: MIT */
#include "upkeep/summary.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"

#define LONGEST ((size_t)256 << 20)

static const char *const kinds[MN_KINDS] = {"brain", "neuron", "state", "synapse", "fiber"};

/* ---- Writing ------------------------------------------------------------------------------ */

static void name(mn_buf *b, const char *n)
{
	const char last = b->len ? b->ptr[b->len - 1] : '{';

	mn_buf_printf(b, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", n);
}

static void put_text(mn_buf *b, const char *n, mn_str text)
{
	name(b, n);
	mn_buf_json(b, text);
}

static void put_int(mn_buf *b, const char *n, int64_t x)
{
	name(b, n);
	mn_buf_printf(b, "%" PRId64, x);
}

static void put_number(mn_buf *b, const char *n, double x)
{
	name(b, n);
	mn_buf_number(b, x);
}

static void put_bins(mn_buf *b, const char *n, const uint64_t bins[MN_PLAN_BINS])
{
	name(b, n);
	for (int i = 0; i < MN_PLAN_BINS; i++)
		mn_buf_printf(b, "%c%" PRIu64, i ? ',' : '[', bins[i]);
	mn_buf_char(b, ']');
}

static void begin_item(mn_buf *b, size_t i)
{
	mn_buf_text(b, i ? ",{" : "{");
}

static void put_step(mn_buf *b, const mn_plan_step *s)
{
	put_text(b, "verb", s->verb);
	put_text(b, "says", s->says);
	put_int(b, "neurons", (int64_t)s->neurons);
	put_int(b, "synapses", (int64_t)s->synapses);
	put_int(b, "fibers", (int64_t)s->fibers);
	put_int(b, "kept", (int64_t)s->kept);
	put_int(b, "freed", s->freed);
	if (s->of.len) {
		put_text(b, "of", s->of);
		put_number(b, "to", s->to);
		put_bins(b, "before", s->before);
		put_bins(b, "after", s->after);
	}
	mn_buf_char(b, '}');
}

static void put_sample(mn_buf *b, const mn_plan_sample *s)
{
	put_int(b, "step", s->step);
	put_text(b, "kind", mn_str_of(kinds[s->kind]));
	put_int(b, "id", (int64_t)s->id);
	put_text(b, "uid", s->uid);
	put_text(b, "text", s->text);
	put_number(b, "before", s->before);
	put_number(b, "after", s->after);
	put_int(b, "when", s->when);
	mn_buf_char(b, '}');
}

static void put_loss(mn_buf *b, const mn_plan_loss *l)
{
	put_text(b, "question", l->question);
	put_text(b, "uid", l->uid);
	put_text(b, "text", l->text);
	put_int(b, "rank", l->rank);
	mn_buf_char(b, '}');
}

static void put_lists(mn_buf *b, const mn_plan_about *a)
{
	name(b, "summary");
	mn_buf_char(b, '[');
	for (size_t i = 0; i < a->nsteps; i++) {
		begin_item(b, i);
		put_step(b, &a->steps[i]);
	}
	mn_buf_char(b, ']');
	name(b, "samples");
	mn_buf_char(b, '[');
	for (size_t i = 0; i < a->nsamples; i++) {
		begin_item(b, i);
		put_sample(b, &a->samples[i]);
	}
	mn_buf_char(b, ']');
	name(b, "losses");
	mn_buf_char(b, '[');
	for (size_t i = 0; i < a->nlosses; i++) {
		begin_item(b, i);
		put_loss(b, &a->losses[i]);
	}
	mn_buf_char(b, ']');
}

int mn_summary_write(mn_call *call, const mn_plan_about *a, mn_str *out)
{
	mn_buf b = MN_BUF(LONGEST);
	int rc;

	mn_buf_char(&b, '{');
	put_int(&b, "run", (int64_t)a->run);
	put_text(&b, "title", a->title);
	name(&b, "steps");
	mn_buf_str(&b, a->steps_json);
	put_int(&b, "changes", (int64_t)a->changes);
	put_int(&b, "batches", (int64_t)a->batches);
	put_int(&b, "asked", (int64_t)a->asked);
	put_int(&b, "clock_before", a->clock_before);
	put_int(&b, "clock_after", a->clock_after);
	put_lists(&b, a);
	mn_buf_char(&b, '}');
	*out = mn_call_copy(call, mn_buf_view(&b));
	rc = mn_buf_ok(&b) && out->ptr ? MN_OK : mn_fail_memory(call);
	mn_buf_free(&b);
	return rc;
}

/* ---- Reading ------------------------------------------------------------------------------ */

struct reading {
	mn_arena *arena;
	bool failed; /* no memory */
};

static mn_str text_of(struct reading *r, const json_t *object, const char *n)
{
	const mn_str s = mn_json_str(json_object_get(object, n));
	mn_str copy = {NULL, 0};

	if (s.len)
		copy = mn_arena_copy(r->arena, s);
	r->failed |= s.len && !copy.ptr;
	return copy;
}

static int64_t int_of(const json_t *object, const char *n)
{
	return json_integer_value(json_object_get(object, n));
}

static double number_of(const json_t *object, const char *n)
{
	return json_number_value(json_object_get(object, n));
}

static void take_bins(const json_t *object, const char *n, uint64_t bins[MN_PLAN_BINS])
{
	for (size_t i = 0; i < MN_PLAN_BINS; i++)
		bins[i] = (uint64_t)json_integer_value(
			json_array_get(json_object_get(object, n), i));
}

static void take_step(struct reading *r, const json_t *o, mn_plan_step *s)
{
	s->verb = text_of(r, o, "verb");
	s->says = text_of(r, o, "says");
	s->neurons = (uint64_t)int_of(o, "neurons");
	s->synapses = (uint64_t)int_of(o, "synapses");
	s->fibers = (uint64_t)int_of(o, "fibers");
	s->kept = (uint64_t)int_of(o, "kept");
	s->freed = int_of(o, "freed");
	s->of = text_of(r, o, "of");
	s->to = number_of(o, "to");
	take_bins(o, "before", s->before);
	take_bins(o, "after", s->after);
}

static int kind_of(mn_str kind)
{
	for (int i = 0; i < MN_KINDS; i++)
		if (mn_str_is(kind, kinds[i]))
			return i;
	return MN_NEURON;
}

static void take_sample(struct reading *r, const json_t *o, mn_plan_sample *s)
{
	s->step = (uint32_t)int_of(o, "step");
	s->kind = kind_of(mn_json_str(json_object_get(o, "kind")));
	s->id = (mn_id)int_of(o, "id");
	s->uid = text_of(r, o, "uid");
	s->text = text_of(r, o, "text");
	s->before = number_of(o, "before");
	s->after = number_of(o, "after");
	s->when = int_of(o, "when");
}

static void take_loss(struct reading *r, const json_t *o, mn_plan_loss *l)
{
	l->question = text_of(r, o, "question");
	l->uid = text_of(r, o, "uid");
	l->text = text_of(r, o, "text");
	l->rank = (uint32_t)int_of(o, "rank");
}

static void take_lists(struct reading *r, const json_t *tree, mn_plan_about *out)
{
	const json_t *steps = json_object_get(tree, "summary");
	const json_t *samples = json_object_get(tree, "samples");
	const json_t *losses = json_object_get(tree, "losses");
	mn_plan_step *s = mn_arena_array(r->arena, json_array_size(steps) + 1, sizeof(*s));
	mn_plan_sample *m = mn_arena_array(r->arena, json_array_size(samples) + 1, sizeof(*m));
	mn_plan_loss *l = mn_arena_array(r->arena, json_array_size(losses) + 1, sizeof(*l));

	r->failed |= !s || !m || !l;
	if (r->failed)
		return;
	for (size_t i = 0; i < json_array_size(steps); i++)
		take_step(r, json_array_get(steps, i), &s[i]);
	for (size_t i = 0; i < json_array_size(samples); i++)
		take_sample(r, json_array_get(samples, i), &m[i]);
	for (size_t i = 0; i < json_array_size(losses); i++)
		take_loss(r, json_array_get(losses, i), &l[i]);
	out->steps = s;
	out->nsteps = json_array_size(steps);
	out->samples = m;
	out->nsamples = json_array_size(samples);
	out->losses = l;
	out->nlosses = json_array_size(losses);
}

/* The steps as they were asked for: compact. */
static void take_asked(struct reading *r, const json_t *tree, mn_plan_about *out)
{
	mn_buf b = MN_BUF(LONGEST);

	if (mn_json_write(json_object_get(tree, "steps"), &b) == MN_OK)
		out->steps_json = mn_arena_copy(r->arena, mn_buf_view(&b));
	r->failed |= !out->steps_json.ptr;
	mn_buf_free(&b);
}

int mn_summary_read(mn_call *call, mn_arena *arena, mn_str json, mn_plan_about *out)
{
	struct reading r = {.arena = arena};
	mn_plan_about a = MN_SIZED(mn_plan_about);
	char why[128];
	json_t *tree = NULL;
	int rc = mn_json_read(json, why, sizeof(why), &tree);

	if (rc)
		return rc == MN_ENOMEM ? mn_fail_memory(call)
				       : mn_fail(call, MN_ECORRUPT, 0,
					       "a plan in the journal is damaged: %s", why);
	a.run = (uint64_t)int_of(tree, "run");
	a.title = text_of(&r, tree, "title");
	a.changes = (uint64_t)int_of(tree, "changes");
	a.batches = (uint64_t)int_of(tree, "batches");
	a.asked = (size_t)int_of(tree, "asked");
	a.clock_before = int_of(tree, "clock_before");
	a.clock_after = int_of(tree, "clock_after");
	take_lists(&r, tree, &a);
	take_asked(&r, tree, &a);
	a.json = mn_arena_copy(arena, json);
	json_decref(tree);
	if (r.failed || !a.json.ptr)
		return mn_fail_memory(call);
	*out = a;
	return MN_OK;
}
