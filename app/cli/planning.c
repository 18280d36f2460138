/* SPDX-License-Identifier: MIT */
#include "cli/planning.h"

#include <inttypes.h>

#include "base/str.h"
#include "emit.h"

static const char *const states[] = {"planned", "running", "done", "taken back"};
static const char *const kinds[MN_KINDS] = {"brain", "neuron", "state", "synapse", "fiber"};

/* ---- Plans -------------------------------------------------------------------------------- */

static void print_bytes(FILE *to, int64_t bytes)
{
	char text[32];

	fprintf(to, bytes < 0 ? "+%s" : "-%s",
		mn_format_bytes((uint64_t)(bytes < 0 ? -bytes : bytes), text));
}

/* Steps that are about no rows have no line of counts. */
static bool is_about_rows(mn_str verb)
{
	return !mn_str_is(verb, "decay") && !mn_str_is(verb, "rebuild")
	       && !mn_str_is(verb, "snapshot");
}

static void print_counts(mn_printer *out, const mn_plan_step *s)
{
	char a[64], b[64], c[64];

	if (!s->fibers && !s->neurons && !s->synapses)
		fputs("            none", out->to);
	else
		fprintf(out->to, "            %s, %s, %s", mn_format_things(s->fibers, "memory", a),
			mn_format_things(s->neurons, "neuron", b),
			mn_format_things(s->synapses, "synapse", c));
	if (s->kept)
		fprintf(out->to, "; %s kept", mn_format_count(s->kept, a));
	if (s->freed) {
		fputs("; about ", out->to);
		print_bytes(out->to, s->freed);
	}
	fputc('\n', out->to);
}

static void print_step(mn_printer *out, const mn_plan_step *s)
{
	mn_print_style(out, MN_STYLE_NAME);
	mn_print_cell(out, s->verb, 12);
	mn_print_style(out, MN_STYLE_NONE);
	mn_print_text(out, s->says);
	fputc('\n', out->to);
	if (is_about_rows(s->verb))
		print_counts(out, s);
}

/* Where there is a distribution: a bar for each bin that has something. */
static void print_bins(mn_printer *out, const mn_plan_step *s)
{
	uint64_t most = 1;

	for (int i = 0; s->of.len && i < MN_PLAN_BINS; i++)
		most = s->before[i] > most ? s->before[i] : most;
	for (int i = 0; s->of.len && i < MN_PLAN_BINS; i++) {
		char before[32], after[32];

		if (!s->before[i] && !s->after[i])
			continue;
		fprintf(out->to, "            %-8.*s %7.2f ", MN_FMT(s->of),
			s->to * (i + 1) / MN_PLAN_BINS);
		mn_print_bar(out, (double)s->before[i] / (double)most, 20);
		fprintf(out->to, " %10s > %s\n", mn_format_count(s->before[i], before),
			mn_format_count(s->after[i], after));
	}
}

static void print_sample(mn_printer *out, const mn_plan_sample *s)
{
	char when[32];

	fprintf(out->to, "            %-8s %-16s ", kinds[s->kind], mn_format_time(s->when, when));
	if (s->after < 0)
		fprintf(out->to, "%5.2f > gone  ", s->before);
	else
		fprintf(out->to, "%5.2f > %-5.2f ", s->before, s->after);
	mn_print_cut(out, s->text.len ? s->text : s->uid, out->columns - 54);
	fputc('\n', out->to);
}

static void print_losses(mn_printer *out, const mn_plan_about *a)
{
	char n[64];

	if (!a->asked)
		return;
	fprintf(out->to, "recall      of %s, ", mn_format_things(a->asked, "question", n));
	if (!a->nlosses)
		fputs("none loses one of its ten best memories\n", out->to);
	else
		fprintf(out->to, "these lose some of their ten best memories:\n");
	for (size_t i = 0; i < a->nlosses; i++) {
		fprintf(out->to, "            %2" PRIu32 ". ", a->losses[i].rank);
		mn_print_cut(out, a->losses[i].question, 30);
		fputs(": ", out->to);
		mn_print_cut(out, a->losses[i].text, out->columns - 50);
		fputc('\n', out->to);
	}
}

int mn_planning_print(mn_session *s, const mn_plan_about *a)
{
	mn_printer *out = &s->app->out;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < a->nsteps; i++) {
		print_step(out, &a->steps[i]);
		print_bins(out, &a->steps[i]);
		for (size_t k = 0; k < a->nsamples; k++)
			if (a->samples[k].step == i)
				print_sample(out, &a->samples[k]);
		rc = mn_printer_check(out, &s->call);
	}
	print_losses(out, a);
	return rc ? rc : mn_printer_check(out, &s->call);
}

/* ---- Runs --------------------------------------------------------------------------------- */

/* A snapshot and a rebuild leave the rows as they are. */
static bool changes_rows(const mn_plan_about *a)
{
	bool any = !a || a->clock_before != a->clock_after;

	for (size_t i = 0; a && i < a->nsteps; i++)
		any |= a->steps[i].neurons || a->steps[i].synapses || a->steps[i].fibers;
	return any;
}

void mn_planning_print_run(mn_session *s, const mn_plan_about *a, const mn_run *r)
{
	mn_printer *out = &s->app->out;
	char done[64], left[64], span[32];

	fprintf(out->to, "run %" PRIu64 " done: %s in %s", r->run,
		mn_format_things(r->done, "change", done),
		mn_format_span((uint64_t)(r->ended - r->begun), span));
	if (r->left_alone)
		fprintf(out->to, ", %s left alone since somebody changed them",
			mn_format_things(r->left_alone, "row", left));
	fputc('\n', out->to);
	if (!r->undoes && r->done && changes_rows(a))
		mn_app_note(s->app, "'mnemoscope undo %" PRIu64 "' takes it back", r->run);
}

static const char *state_of(const mn_run *r)
{
	return r->state == MN_RUN_RUNNING && !r->live ? "interrupted" : states[r->state];
}

void mn_planning_emit_run(mn_printer *out, const char *key, const mn_run *r)
{
	mn_emit_open(out, key, '{');
	mn_emit_count(out, "run", r->run);
	mn_emit_text(out, "title", r->title);
	mn_emit_text(out, "state", mn_str_of(state_of(r)));
	if (r->undoes)
		mn_emit_count(out, "undoes", r->undoes);
	mn_emit_count(out, "changes", r->changes);
	mn_emit_count(out, "done", r->done);
	mn_emit_count(out, "left_alone", r->left_alone);
	mn_emit_number(out, "freed", (double)r->freed);
	mn_emit_time(out, "made", r->made);
	mn_emit_time(out, "begun", r->begun);
	mn_emit_time(out, "ended", r->ended);
	mn_emit_close(out, '}');
}

static void print_row(mn_printer *out, const mn_run *r)
{
	char when[32], done[32], changes[32];

	fprintf(out->to, "%5" PRIu64 "  %-16s  ", r->run,
		mn_format_time(r->begun ? r->begun : r->made, when));
	mn_print_cell(out, r->title, 24);
	fprintf(out->to, "  %-11s  %s of %s\n", state_of(r), mn_format_count(r->done, done),
		mn_format_count(r->changes, changes));
}

int mn_planning_list(mn_session *s)
{
	mn_printer *out = &s->app->out;
	const mn_run *runs = NULL;
	size_t n = 0;
	int rc = mn_run_list(s->brain, &s->call, &runs, &n);

	if (rc == MN_OK && s->app->json)
		mn_emit_open(out, NULL, '[');
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		if (s->app->json)
			mn_planning_emit_run(out, NULL, &runs[i]);
		else
			print_row(out, &runs[i]);
	}
	if (rc == MN_OK && s->app->json) {
		mn_emit_close(out, ']');
		mn_emit_end(out);
	}
	if (rc == MN_OK && n == 0 && !s->app->json)
		mn_app_note(s->app, "nothing was run on this brain yet");
	return rc ? rc : mn_printer_check(out, &s->call);
}
