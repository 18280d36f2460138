/* SPDX-License-Identifier: MIT */
#include "cli/answer.h"

#include "base/arena.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/path.h"
#include "emit.h"

enum { BAR = 10, MARGIN = 15, MOST_PATHS = 3 };

static const char *const depths[] = {"instant", "context", "habit", "deep"};

/* ---- For people --------------------------------------------------------------------------- */

/* The memory in one line; its title in bold, once. */
static void print_text(mn_printer *out, const mn_memory_hit *h, int columns)
{
	mn_str text = h->text;

	if (h->title.len) {
		mn_print_style(out, MN_STYLE_BOLD);
		columns -= mn_print_cut(out, h->title, columns / 2);
		mn_print_style(out, MN_STYLE_NONE);
		if (text.len >= h->title.len && memcmp(text.ptr, h->title.ptr, h->title.len) == 0) {
			text = mn_str_sub(text, h->title.len, SIZE_MAX);
		} else {
			fputs("  ", out->to);
			columns -= 2;
		}
	}
	mn_print_cut(out, text, columns);
	fputc('\n', out->to);
}

static void print_hit(mn_printer *out, const mn_memory_hit *h, size_t rank)
{
	fprintf(out->to, "%3zu ", rank);
	mn_print_style(out, MN_STYLE_GOOD);
	mn_print_bar(out, h->level, BAR);
	mn_print_style(out, MN_STYLE_NONE);
	fprintf(out->to, " %6.3f  ", h->score);
	print_text(out, h, out->columns - (3 + 1 + BAR + 1 + 6 + 2));
}

/* Its id, whole, and the way to it, without the memory itself, which stands above. */
static void print_id(mn_printer *out, const mn_memory_hit *h, bool with_via)
{
	mn_str via = h->via;
	const char *last = via.len ? memrchr(via.ptr, '>', via.len) : NULL;
	int used = MARGIN;

	fprintf(out->to, "%*s", MARGIN, "");
	mn_print_style(out, MN_STYLE_DIM);
	mn_print_text(out, h->uid);
	used += (int)h->uid.len;
	if (with_via && last && last > via.ptr) {
		via.len = (size_t)(last - via.ptr) - 1;
		fputs("  via ", out->to);
		mn_print_cut(out, via, out->columns - used - 6 > 20 ? out->columns - used - 6 : 20);
	}
	mn_print_style(out, MN_STYLE_NONE);
	fputc('\n', out->to);
}

static int print_paths(mn_session *s, const mn_answer *a, const mn_memory_hit *h)
{
	const mn_why *why;
	size_t n;
	int rc = mn_trace_why(a->trace, &s->call, h->neuron, &why, &n);

	for (size_t i = 0; rc == MN_OK && i < n && i < MOST_PATHS; i++)
		mn_path_print(&s->app->out, a->trace, &why[i], 4);
	return rc;
}

static void print_foot(mn_session *s, const mn_answer *a)
{
	mn_printer *out = &s->app->out;
	char neurons[64], synapses[64], time[32];

	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "%s active, %s examined, %s",
		mn_format_things(a->activated, "neuron", neurons),
		mn_format_things(a->examined, "synapse", synapses),
		mn_format_span(a->latency_us, time));
	if (a->depth >= 0 && a->depth < 4)
		fprintf(out->to, "; depth %d (%s)", a->depth, depths[a->depth]);
	fputs(", kernel ", out->to);
	mn_print_text(out, a->kernel);
	mn_print_style(out, MN_STYLE_NONE);
	fputc('\n', out->to);
}

/* Text of several lines, each of them plain. */
static void print_lines(mn_printer *out, mn_str text)
{
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t n = end ? (size_t)(end - text.ptr) : text.len;

		mn_print_text(out, mn_str_sub(text, 0, n));
		fputc('\n', out->to);
		text = mn_str_sub(text, n + (end != NULL), SIZE_MAX);
	}
}

int mn_answer_print(mn_session *s, const mn_asking *asking, const mn_answer *a)
{
	mn_printer *out = &s->app->out;
	int rc = MN_OK;

	if (a->nhits == 0)
		mn_app_note(s->app, "nothing in %.*s lights up", MN_FMT(s->name));
	for (size_t i = 0; rc == MN_OK && i < a->nhits; i++) {
		print_hit(out, &a->hits[i], i + 1);
		print_id(out, &a->hits[i], !asking->why);
		if (asking->why)
			rc = print_paths(s, a, &a->hits[i]);
	}
	if (asking->ask.want_context && a->context.len) {
		fputc('\n', out->to);
		print_lines(out, a->context);
	}
	if (!s->app->quiet && a->nhits)
		print_foot(s, a);
	return rc;
}

/* ---- For programs ------------------------------------------------------------------------- */

/* The uids of the hits' fibers: own ones, or derived from the anchor. */
static int fiber_uids(mn_session *s, const mn_answer *a, mn_str **out)
{
	mn_id *ids = mn_arena_array(s->call.arena, a->nhits + 1, sizeof(*ids));
	mn_str *uids = mn_arena_array(s->call.arena, a->nhits + 1, sizeof(*uids));
	mn_rows rows;
	int rc;

	if (!ids || !uids)
		return mn_fail_memory(&s->call);
	for (size_t i = 0; i < a->nhits; i++)
		ids[i] = a->hits[i].fiber;
	rc = mn_brain_get(
		s->brain, &s->call, MN_FIBER, (mn_ids){ids, a->nhits}, MN_FIELD_UID, &rows);
	for (size_t i = 0; rc == MN_OK && i < a->nhits; i++)
		uids[i] = rows.at.fiber[i].uid.len ? rows.at.fiber[i].uid : a->hits[i].uid;
	*out = uids;
	return rc;
}

static void emit_path(mn_printer *out, const mn_answer *a, const mn_why *why)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_number(out, "gives", why->gives);
	mn_emit_open(out, "steps", '[');
	for (size_t i = 0; i < why->n; i++)
		mn_path_emit(out, a->trace, why->path[i]);
	mn_emit_close(out, ']');
	mn_emit_close(out, '}');
}

static int emit_why(mn_session *s, const mn_answer *a, const mn_memory_hit *h)
{
	mn_printer *out = &s->app->out;
	const mn_why *why;
	size_t n = 0;
	int rc = mn_trace_why(a->trace, &s->call, h->neuron, &why, &n);

	mn_emit_open(out, "why", '[');
	for (size_t i = 0; rc == MN_OK && i < n && i < MOST_PATHS; i++)
		emit_path(out, a, &why[i]);
	mn_emit_close(out, ']');
	return rc;
}

static int emit_hit(
	mn_session *s, const mn_asking *asking, const mn_answer *a, size_t i, mn_str fiber)
{
	mn_printer *out = &s->app->out;
	const mn_memory_hit *h = &a->hits[i];
	int rc = MN_OK;

	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "id", h->uid);
	mn_emit_number(out, "score", h->score);
	mn_emit_number(out, "level", h->level);
	mn_emit_text(out, "text", h->text);
	mn_emit_text(out, "title", h->title);
	mn_emit_time(out, "time", h->time);
	mn_emit_text(out, "fiber", fiber);
	mn_emit_count(out, "hop", h->hop);
	mn_emit_text(out, "via", h->via);
	if (asking->why)
		rc = emit_why(s, a, h);
	mn_emit_close(out, '}');
	return rc;
}

/* Members of the question's line that this one does not have itself. */
static void emit_given(mn_printer *out, const json_t *given)
{
	static const char *const own[] = {"query", "question", "results", "ranked", "activated",
		"examined", "depth", "kernel", "latency_us", "context"};
	mn_member m = {.of = given};

	while (mn_member_next(&m)) {
		bool ours = false;

		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
			ours |= strcmp(m.name, own[i]) == 0;
		if (!ours)
			mn_emit_value(out, m.name, m.value);
	}
}

int mn_answer_emit(mn_session *s, const mn_asking *asking, const mn_answer *a, const json_t *given)
{
	mn_printer *out = &s->app->out;
	mn_str *fibers;
	int rc = fiber_uids(s, a, &fibers);

	if (rc)
		return rc;
	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "query", asking->ask.text);
	if (given)
		emit_given(out, given);
	mn_emit_open(out, "results", '[');
	for (size_t i = 0; rc == MN_OK && i < a->nhits; i++)
		rc = emit_hit(s, asking, a, i, fibers[i]);
	mn_emit_close(out, ']');
	mn_emit_open(out, "ranked", '[');
	for (size_t i = 0; i < a->nhits; i++)
		mn_emit_text(out, NULL, a->hits[i].uid);
	mn_emit_close(out, ']');
	if (asking->ask.want_context)
		mn_emit_text(out, "context", a->context);
	mn_emit_count(out, "activated", a->activated);
	mn_emit_count(out, "examined", a->examined);
	mn_emit_count(out, "depth", (uint64_t)a->depth);
	mn_emit_text(out, "kernel", a->kernel);
	mn_emit_count(out, "latency_us", a->latency_us);
	mn_emit_close(out, '}');
	mn_emit_end(out);
	return rc;
}
