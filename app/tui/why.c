/* SPDX-License-Identifier: MIT */
#include "tui/why.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "printer.h"
#include "tui/desk.h"
#include "tui/text.h"

enum { NAME = 48, TEXT_MOST = 1 << 16, NEIGHBOURS = 300, NEIGHBOURS_SHOWN = 12, PATHS_SHOWN = 40 };

struct writing {
	mn_why_view *view;
	const mn_trace *trace;
	mn_call *call;
	mn_buf buf; /* the line that is being written */
};

/* ---- Lines -------------------------------------------------------------------------------- */

static void end_line(struct writing *w, int role, double gives)
{
	mn_why_view *v = w->view;
	mn_str text = mn_call_copy(w->call, mn_buf_view(&w->buf));

	if (text.ptr && v->n < MN_WHY_LINES)
		v->lines[v->n++] = (mn_why_line){role, text, gives};
	mn_buf_clear(&w->buf);
}

static void line(struct writing *w, int role, const char *fmt, ...) MN_PRINTF(3, 4);
static void line(struct writing *w, int role, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	mn_buf_text(&w->buf, text);
	end_line(w, role, -1);
}

/* What a neuron of the trace is called; out has NAME bytes. */
static const char *name_of(const struct writing *w, mn_id id, char *out)
{
	const mn_trace_neuron *n = id ? mn_trace_neuron_of(w->trace, id) : NULL;
	char plain[NAME - 2];

	if (!n) {
		snprintf(out, NAME, "%s", id ? "?" : "the question");
		return out;
	}
	for (size_t i = 0; i < w->view->run->nnodes; i++) {
		if (w->view->run->nodes[i].id != id)
			continue;
		mn_text_brief(mn_str_of(w->view->run->nodes[i].label), plain, sizeof(plain));
		snprintf(out, NAME, n->type == MN_MEMORY ? "[%s]" : "%s", plain);
		return out;
	}
	mn_text_brief(n->text.len ? n->text : n->uid, plain, sizeof(plain));
	snprintf(out, NAME, n->type == MN_MEMORY ? "[%s]" : "%s", plain);
	return out;
}

/* "involves", or the rule's name where no synapse is stored. */
static const char *way_of(const mn_event *e)
{
	const char *type = e->type ? mn_type_name(MN_SYNAPSE, e->type) : "";

	return *type ? type : mn_reason_name(e->reason);
}

static void number(struct writing *w, double v)
{
	char text[32];

	snprintf(text, sizeof(text), v != 0 && v < .01 && v > -.01 ? "%.2g" : "%.3g", v);
	mn_buf_text(&w->buf, text[0] == '0' && text[1] == '.' ? text + 1 : text);
}

/* ---- Why ---------------------------------------------------------------------------------- */

static bool is_factor(const mn_event *e)
{
	return e->op == MN_OP_MULTIPLY || e->op == MN_OP_SCALE;
}

/* "bug ─involves→ [first bug]" */
static void write_chain(struct writing *w, const mn_why *why, double level)
{
	char name[NAME];

	mn_buf_text(&w->buf,
		name_of(w, why->path[0]->from ? why->path[0]->from : why->path[0]->to, name));
	if (!why->path[0]->from)
		mn_buf_text(&w->buf, " (asked)");
	for (size_t i = 0; i < why->n && !is_factor(why->path[i]); i++) {
		if (!why->path[i]->from)
			continue;
		mn_buf_printf(&w->buf, " ─%s→ %s", way_of(why->path[i]),
			name_of(w, why->path[i]->to, name));
	}
	end_line(w, MN_ROLE_TITLE, level > 0 ? why->gives / level : 0);
}

/* "level 1 × gain 1.9 × weight .53 × share 3.2 (fan 12) = 3.22" */
static void write_factors(struct writing *w, const mn_event *e)
{
	mn_buf_text(&w->buf, "   level ");
	number(w, e->in);
	mn_buf_text(&w->buf, " × gain ");
	number(w, e->gain);
	mn_buf_text(&w->buf, " × weight ");
	number(w, e->weight);
	mn_buf_text(&w->buf, " × share ");
	number(w, e->share);
	if (e->fan)
		mn_buf_printf(&w->buf, " (fan %" PRIu32 ")", e->fan);
	mn_buf_text(&w->buf, " = ");
	number(w, e->out);
	mn_buf_printf(&w->buf, "   %s", mn_reason_name(e->reason));
}

/* What came afterwards: normalisation and gates, until what the path gives. */
static void write_tail(struct writing *w, const mn_why *why)
{
	size_t i = 0;

	while (i < why->n && !is_factor(why->path[i]))
		i++;
	if (i == why->n)
		return;
	mn_buf_text(&w->buf, "   then");
	for (; i < why->n; i++) {
		mn_buf_text(&w->buf, " × ");
		number(w, why->path[i]->out);
		mn_buf_printf(&w->buf, " %s", mn_reason_name(why->path[i]->reason));
	}
	mn_buf_text(&w->buf, " = ");
	number(w, why->gives);
	end_line(w, MN_ROLE_DIM, -1);
}

static void write_path(struct writing *w, const mn_why *why, double level)
{
	write_chain(w, why, level);
	for (size_t i = 0; i < why->n && !is_factor(why->path[i]); i++) {
		if (!why->path[i]->from)
			continue;
		write_factors(w, why->path[i]);
		end_line(w, MN_ROLE_TEXT, -1);
	}
	write_tail(w, why);
}

static int write_why(struct writing *w, mn_id neuron)
{
	mn_why_view *v = w->view;
	const mn_why *why;
	size_t n = 0;
	int status = mn_trace_why(w->trace, w->call, neuron, &why, &n);

	if (status != MN_OK)
		return status;
	v->paths = n;
	v->level = mn_trace_recompute(w->trace, neuron);
	for (size_t i = 0; i < n && i < PATHS_SHOWN; i++)
		write_path(w, &why[i], v->level);
	if (n > PATHS_SHOWN)
		line(w, MN_ROLE_DIM, "… and %zu weaker ways", n - PATHS_SHOWN);
	if (n == 0)
		line(w, MN_ROLE_DIM, "the question names it; nothing else led here");
	return MN_OK;
}

static int begin(struct writing *w, mn_why_view *v, mn_call *call)
{
	*w = (struct writing){.view = v, .call = call, .buf = MN_BUF(TEXT_MOST)};
	v->n = 0;
	v->lines = mn_call_array(call, MN_WHY_LINES, sizeof(*v->lines));
	if (!v->lines)
		return MN_ENOMEM;
	w->trace = mn_replay_lock(v->run);
	return MN_OK;
}

static void end(struct writing *w)
{
	mn_replay_unlock(w->view->run);
	mn_buf_free(&w->buf);
}

static void why_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct writing w;

	(void)seat;
	(void)job;
	if (begin(&w, context, call))
		return;
	write_why(&w, w.view->neuron);
	end(&w);
}

static void why_drop(void *context)
{
	mn_why_view *v = context;

	mn_replay_release(v->run);
}

const mn_work mn_why_work = {
	.title = "why",
	.size = sizeof(mn_why_view),
	.run = why_run,
	.drop = why_drop,
	.quiet = true,
	.background = true,
};

/* ---- Why not ------------------------------------------------------------------------------ */

static bool same_text(mn_str a, const char *b)
{
	return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

/* By name: a memory among the answers, a neuron of the trace, else the best of a search. */
static int find_neuron(struct writing *w, const mn_seat *seat)
{
	mn_why_view *v = w->view;
	const mn_trace_neuron *neurons;
	size_t n = mn_trace_neurons(w->trace, &neurons);
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int status;

	for (size_t i = 0; i < v->run->nhits; i++)
		if (same_text(mn_str_of(v->run->hits[i].label), v->label))
			v->neuron = v->run->hits[i].neuron;
	for (size_t i = 0; i < n && !v->neuron; i++)
		if (same_text(neurons[i].text, v->label) || same_text(neurons[i].uid, v->label))
			v->neuron = neurons[i].id;
	if (v->neuron)
		return MN_OK;
	q.kind = MN_NEURON;
	q.text = mn_str_of(v->label);
	q.fields = MN_FIELD_HEAD;
	status = mn_brain_scan(seat->brain, w->call, &q, &scan);
	if (status != MN_OK)
		return status;
	status = mn_scan_next(scan, w->call, 1, &page);
	if (status == MN_OK && page.rows.n)
		v->neuron = page.rows.at.neuron[0].id;
	mn_scan_done(scan);
	return status;
}

static const char *fate_of(const mn_event *e)
{
	static const char *const fates[] = {"reached it", "raised it",
		"was weaker than what it had", "fell below the threshold",
		"was not read: the budget was spent", "was not read: it could not matter any more"};

	return e->fate < sizeof(fates) / sizeof(*fates) ? fates[e->fate] : "came to nothing";
}

/* What came towards it and did not arrive. */
static size_t write_lost(struct writing *w)
{
	const mn_event *events;
	size_t n = mn_trace_events(w->trace, &events), found = 0;
	char name[NAME];

	for (size_t i = 0; i < n && found < NEIGHBOURS_SHOWN; i++) {
		const mn_event *e = &events[i];

		if (e->to != w->view->neuron || e->fate == MN_FATE_ACTIVATED
			|| e->fate == MN_FATE_RAISED)
			continue;
		found++;
		mn_buf_printf(&w->buf, "   from %s by %s: ", name_of(w, e->from, name), way_of(e));
		number(w, e->out);
		mn_buf_printf(&w->buf, " %s", fate_of(e));
		end_line(w, MN_ROLE_TEXT, -1);
	}
	return found;
}

static void write_neighbour(struct writing *w, const mn_edge *e, const mn_trace_neuron *n)
{
	char name[NAME];

	mn_buf_printf(&w->buf, "   %s had ", name_of(w, n->id, name));
	number(w, n->level);
	mn_buf_printf(&w->buf, ", %s it by %s of weight ", e->out ? "reached from" : "leads to",
		mn_type_name(MN_SYNAPSE, e->type));
	number(w, e->weight);
	mn_buf_text(&w->buf, ", but did not fire along it");
	end_line(w, MN_ROLE_TEXT, -1);
}

/* It is not in the trace: which of its neighbours came close? */
static int write_neighbours(struct writing *w, const mn_seat *seat)
{
	const mn_edge *edges;
	uint64_t degree = 0;
	size_t n = 0, active = 0;
	char count[64], hops[64];
	int status = mn_brain_edges(
		seat->brain, w->call, w->view->neuron, NEIGHBOURS, &edges, &n, &degree);

	if (status != MN_OK)
		return status;
	for (size_t i = 0; i < n; i++)
		active += mn_trace_neuron_of(w->trace, edges[i].far) != NULL;
	mn_format_things(degree, "neighbour", count);
	if (degree == 0)
		line(w, MN_ROLE_TEXT, "No synapse leads to it: nothing can reach it.");
	else if (active == 0)
		line(w, MN_ROLE_TEXT,
			"None of %s was reached: nothing leads from the question to it within "
			"%s.",
			count, mn_format_things(w->view->run->hops, "hop", hops));
	else
		line(w, MN_ROLE_TEXT, "%zu of %s %s reached:", active, count,
			active == 1 ? "was" : "were");
	for (size_t i = 0, shown = 0; i < n && shown < NEIGHBOURS_SHOWN; i++) {
		const mn_trace_neuron *t = mn_trace_neuron_of(w->trace, edges[i].far);

		if (t) {
			write_neighbour(w, &edges[i], t);
			shown++;
		}
	}
	return MN_OK;
}

/* Its place among the answers, and what would have been enough. */
static void write_rank(struct writing *w, const mn_trace_neuron *n)
{
	const mn_trace_head *head = mn_trace_about(w->trace);
	const mn_replay *run = w->view->run;
	char count[64];

	for (size_t i = 0; i < head->nranked; i++) {
		if (head->ranked[i] != n->id)
			continue;
		line(w, MN_ROLE_GOOD, "It is there: number %zu of %zu, score %.3g.", i + 1,
			head->nranked, head->score[i]);
		return;
	}
	mn_buf_text(&w->buf, "It was reached, with level ");
	number(w, n->level);
	if (n->type == MN_MEMORY && run->nhits) {
		mn_buf_printf(&w->buf, "; the last of %s shown has ",
			mn_format_things(run->nhits, "memory", count));
		number(w, run->hits[run->nhits - 1].score);
	} else if (n->type != MN_MEMORY) {
		mn_buf_text(&w->buf, "; only memories are ranked");
	}
	mn_buf_text(&w->buf, ".");
	end_line(w, MN_ROLE_WARN, -1);
}

static int write_why_not(struct writing *w, const mn_seat *seat)
{
	mn_why_view *v = w->view;
	const mn_trace_neuron *n;
	int status = v->neuron ? MN_OK : find_neuron(w, seat);

	if (status != MN_OK)
		return status;
	if (!v->neuron) {
		line(w, MN_ROLE_WARN, "The brain has no neuron of that name.");
		return MN_OK;
	}
	n = mn_trace_neuron_of(w->trace, v->neuron);
	if (n && n->level > 0) {
		write_rank(w, n);
		line(w, MN_ROLE_DIM, " ");
		return write_why(w, v->neuron);
	}
	line(w, MN_ROLE_WARN, "Activation did not reach it.");
	if (n && write_lost(w))
		return MN_OK;
	return write_neighbours(w, seat);
}

static void why_not_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct writing w;

	(void)job;
	if (begin(&w, context, call))
		return;
	write_why_not(&w, seat);
	end(&w);
}

static void why_not_done(mn_screen *s, mn_task *task, int status)
{
	if (status == MN_OK)
		mn_reader_open(
			s->tui, "Why not", mn_why_text(mn_task_context(task), mn_task_call(task)));
}

const mn_work mn_why_not_work = {
	.title = "why not",
	.size = sizeof(mn_why_view),
	.run = why_not_run,
	.done = why_not_done,
	.drop = why_drop,
	.quiet = true,
};

mn_str mn_why_text(const mn_why_view *v, mn_call *call)
{
	mn_buf b = MN_BUF(TEXT_MOST);
	mn_str text;

	for (size_t i = 0; i < v->n; i++) {
		if (v->lines[i].gives >= 0 && i)
			mn_buf_char(&b, '\n');
		mn_buf_str(&b, v->lines[i].text);
		if (v->lines[i].gives >= 0)
			mn_buf_printf(&b, "   (%.0f %%)", v->lines[i].gives * 100);
		mn_buf_char(&b, '\n');
	}
	text = mn_call_copy(call, mn_buf_view(&b));
	mn_buf_free(&b);
	return text;
}
