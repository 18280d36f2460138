/* SPDX-License-Identifier: MIT */
/* doctor.c - the verb that looks whether a brain keeps its own rules. */
#include <inttypes.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "ticker.h"

/* ---- A checkup for people ----------------------------------------------------------------- */

static void print_label(mn_printer *out, const char *label, const char *text)
{
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "          %-7s", label);
	mn_print_style(out, MN_STYLE_NONE);
	mn_print_text(out, mn_str_of(text));
	fputc('\n', out->to);
}

static void print_samples(mn_printer *out, const mn_finding *f)
{
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "          %-7s", "such as");
	mn_print_style(out, MN_STYLE_NONE);
	for (size_t i = 0; i < f->nsamples; i++) {
		if (i)
			fputs(", ", out->to);
		mn_print_text(out, f->samples[i]);
	}
	fputc('\n', out->to);
}

static void print_finding(mn_printer *out, const mn_finding *f)
{
	char count[32];

	mn_print_style(out, f->harmless ? MN_STYLE_DIM : MN_STYLE_BAD);
	fprintf(out->to, "%-9s ", f->code);
	mn_print_style(out, MN_STYLE_NONE);
	mn_print_text(out, mn_str_of(f->says));
	fprintf(out->to, " (%s, %s times)%s\n", f->name, mn_format_count(f->count, count),
		f->harmless ? ": harmless" : "");
	if (f->nsamples)
		print_samples(out, f);
	print_label(out, "cause", f->cause);
	print_label(out, f->repairable || f->harmless ? "fix" : "no fix", f->fix);
}

static void print_checkup(mn_session *s, const mn_checkup *c)
{
	static const char *const says[] = {
		[MN_VERDICT_CLEAN] = "nothing is wrong",
		[MN_VERDICT_REPAIRABLE] = "this can be mended: mnemoscope doctor --fix",
		[MN_VERDICT_BROKEN] = "not all of this can be mended",
		[MN_VERDICT_UNCHECKED] = "not everything could be checked",
	};
	mn_printer *out = &s->app->out;

	for (size_t i = 0; i < c->nfindings; i++)
		print_finding(out, &c->findings[i]);
	for (size_t i = 0; i < c->nunchecked; i++) {
		mn_print_style(out, MN_STYLE_BOLD);
		fputs("unchecked ", out->to);
		mn_print_style(out, MN_STYLE_NONE);
		mn_print_text(out, c->unchecked[i].what);
		fputs(": ", out->to);
		mn_print_text(out, c->unchecked[i].why);
		fputc('\n', out->to);
	}
	mn_print_text(out, s->name);
	fprintf(out->to, ": %s\n", says[c->verdict]);
}

/* ---- For programs ------------------------------------------------------------------------- */

static void emit_finding(mn_printer *out, const mn_finding *f)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "code", mn_str_of(f->code));
	mn_emit_text(out, "name", mn_str_of(f->name));
	mn_emit_text(out, "says", mn_str_of(f->says));
	mn_emit_count(out, "count", f->count);
	mn_emit_open(out, "samples", '[');
	for (size_t i = 0; i < f->nsamples; i++)
		mn_emit_text(out, NULL, f->samples[i]);
	mn_emit_close(out, ']');
	mn_emit_text(out, "cause", mn_str_of(f->cause));
	mn_emit_text(out, "fix", mn_str_of(f->fix));
	mn_emit_bool(out, "repairable", f->repairable);
	mn_emit_bool(out, "harmless", f->harmless);
	mn_emit_close(out, '}');
}

static void emit_checkup(mn_printer *out, const char *key, const mn_checkup *c)
{
	static const char *const verdicts[] = {
		[MN_VERDICT_CLEAN] = "clean",
		[MN_VERDICT_REPAIRABLE] = "repairable",
		[MN_VERDICT_BROKEN] = "broken",
		[MN_VERDICT_UNCHECKED] = "unchecked",
	};

	mn_emit_open(out, key, '{');
	mn_emit_text(out, "verdict", mn_str_of(verdicts[c->verdict]));
	mn_emit_count(out, "rows", c->examined);
	mn_emit_open(out, "findings", '[');
	for (size_t i = 0; i < c->nfindings; i++)
		emit_finding(out, &c->findings[i]);
	mn_emit_close(out, ']');
	mn_emit_open(out, "unchecked", '[');
	for (size_t i = 0; i < c->nunchecked; i++) {
		mn_emit_open(out, NULL, '{');
		mn_emit_text(out, "what", c->unchecked[i].what);
		mn_emit_text(out, "why", c->unchecked[i].why);
		mn_emit_close(out, '}');
	}
	mn_emit_close(out, ']');
	mn_emit_close(out, '}');
}

/* ---- Checking ----------------------------------------------------------------------------- */

/* A status that is no verdict: what could not even be begun was not checked. */
static int end(mn_session *s, int rc, int verdict)
{
	if (rc == MN_OK)
		return mn_session_exit(s, rc, verdict);
	if (rc == MN_ENOBRAIN || s->bad_url || rc == MN_ECANCELLED)
		return mn_session_end(s, rc);
	mn_session_end(s, rc);
	return MN_VERDICT_UNCHECKED;
}

static void fill_options(mn_doctor_options *o, const mn_args *args, mn_ticker *ticker)
{
	*o = MN_SIZED(mn_doctor_options);
	o->level = mn_args_has(args, "--deep")   ? MN_DOCTOR_DEEP
		   : mn_args_has(args, "--full") ? MN_DOCTOR_FULL
						 : MN_DOCTOR_QUICK;
	o->progress = mn_ticker_progress(ticker);
}

static int check(mn_session *s, const mn_args *args, mn_checkup *out)
{
	mn_doctor_options o;
	mn_ticker ticker;
	int rc;

	mn_ticker_start(&ticker, s->app, "checking");
	fill_options(&o, args, &ticker);
	rc = mn_doctor_check(s->store, &s->call, s->name, &o, out);
	mn_ticker_stop(&ticker);
	if (rc)
		return rc;
	if (s->app->json) {
		emit_checkup(&s->app->out, NULL, out);
		mn_emit_end(&s->app->out);
	} else {
		print_checkup(s, out);
	}
	return mn_printer_check(&s->app->out, &s->call);
}

static int doctor(mn_app *app, const mn_args *args)
{
	mn_checkup checkup = {.verdict = MN_VERDICT_UNCHECKED};
	mn_session s;
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), MN_SESSION_LIST);

	if (rc == MN_OK)
		rc = check(&s, args, &checkup);
	return end(&s, rc, checkup.verdict);
}

/* ---- The table ---------------------------------------------------------------------------- */

static const mn_param doctor_params[] = {
	{.name = "NAME",
		.does = "the brain's name, or STORE#NAME (default: the one that is set)",
		.type = MN_PARAM_BRAIN},
	{.name = "--full", .does = "look at every row and every index", .type = MN_PARAM_FLAG},
	{.name = "--deep",
		.does = "look at every page too, and take a snapshot there and back",
		.type = MN_PARAM_FLAG},
	{0},
};

static const mn_example doctor_examples[] = {
	{"mnemoscope doctor", "counters, tables, rights and runs, in a second"},
	{"mnemoscope doctor --full --json notes", "every row, for a program"},
	{0},
};

const mn_action mn_verbs_doctor[] = {
	{.name = "doctor",
		.does = "Look whether a brain is in order",
		.help = "Looks whether a brain keeps the rules it is stored by, and changes "
			"nothing. Each thing that is wrong has a code:\n\n"
			"  NM-I1   ends of synapses and owners of states exist\n"
			"  NM-I2   anchors and members of memories exist\n"
			"  NM-I3   numbers are finite and in their range\n"
			"  NM-I4   counts are what was counted\n"
			"  NM-I5   lists, indexes and words are what the rows say\n"
			"  NM-I6   ids, uids, types and texts are what they have to be\n"
			"  NM-I7   a snapshot, read back, is the same brain\n"
			"  NM-I9   archived memories can be read back\n"
			"  NM-I10  no run of maintenance hangs in the middle\n"
			"  NM-I14  the file, its tables and its rights\n\n"
			"Ends with 0 if nothing is wrong, 1 if all that is wrong can be mended, 4 if "
			"some of it cannot, 5 if not everything could be checked.",
		.json = "An object {verdict, rows, findings, unchecked}; verdict is clean, "
			"repairable, broken or unchecked; findings has objects {code, name, says, "
			"count, samples, cause, fix, repairable, harmless}, unchecked objects {what, "
			"why}.",
		.params = doctor_params,
		.examples = doctor_examples,
		.scope = MN_ON_CLI,
		.verb = doctor},
	{0},
};
