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
	fprintf(out->to, "          %-8s", label);
	mn_print_style(out, MN_STYLE_NONE);
	mn_print_text(out, mn_str_of(text));
	fputc('\n', out->to);
}

static void print_samples(mn_printer *out, const mn_finding *f)
{
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "          %-8s", "such as");
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
	char count[64];

	mn_print_style(out, f->harmless ? MN_STYLE_DIM : MN_STYLE_BAD);
	fprintf(out->to, "%-9s ", f->code);
	mn_print_style(out, MN_STYLE_NONE);
	mn_print_text(out, mn_str_of(f->says));
	fprintf(out->to, " (%s, %s)%s\n", f->name, mn_format_things(f->count, "time", count),
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

/* ---- Mending ------------------------------------------------------------------------------ */

static int codes_of(mn_session *s, const mn_args *args, mn_strs *out)
{
	const mn_arg *a;
	mn_str *at;
	size_t n = 0;

	while (mn_args_nth(args, "--only", n))
		n++;
	at = mn_call_array(&s->call, n + 1, sizeof(*at));
	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < n && (a = mn_args_nth(args, "--only", i)); i++)
		at[i] = a->text;
	*out = (mn_strs){at, n};
	return MN_OK;
}

struct asking {
	mn_session *s;
	mn_ticker *ticker;
};

/* The plan: what is found, and what would be done about it. */
static bool show_plan(void *ctx, const mn_checkup *c)
{
	const struct asking *a = ctx;

	mn_ticker_stop(a->ticker);
	if (!a->s->app->json)
		print_checkup(a->s, c);
	return true;
}

static void print_cure(mn_session *s, const mn_cure *c)
{
	mn_printer *out = &s->app->out;
	char text[64];

	fprintf(out->to, "mended: %s", mn_format_things(c->mended, "finding", text));
	fprintf(out->to, "; kept as they were: %s\n", mn_format_things(c->kept, "row", text));
	print_label(out, "copy", c->backup.ptr);
	if (c->rows.len)
		print_label(out, "rows", c->rows.ptr);
	fputs("Now:\n", out->to);
	print_checkup(s, &c->after);
}

static void emit_cure(mn_printer *out, const mn_cure *c)
{
	mn_emit_open(out, NULL, '{');
	emit_checkup(out, "before", &c->before);
	emit_checkup(out, "after", &c->after);
	mn_emit_count(out, "mended", c->mended);
	mn_emit_count(out, "kept", c->kept);
	mn_emit_text(out, "copy", c->backup);
	mn_emit_text(out, "rows", c->rows);
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static int fix(mn_session *s, const mn_args *args, int *verdict)
{
	mn_doctor_options o;
	mn_ticker ticker;
	struct asking asking = {s, &ticker};
	mn_cure cure = {.kept = 0};
	int rc;

	mn_ticker_start(&ticker, s->app, "mending");
	fill_options(&o, args, &ticker);
	o.agree = show_plan;
	o.ctx = &asking;
	o.plan_only = mn_args_has(args, "--dry-run");
	rc = codes_of(s, args, &o.codes);
	if (rc == MN_OK)
		rc = mn_doctor_fix(s->store, &s->call, s->name, &o, &cure);
	mn_ticker_stop(&ticker);
	if (rc)
		return rc;
	*verdict = cure.after.verdict;
	if (s->app->json)
		emit_cure(&s->app->out, &cure);
	else if (cure.backup.len)
		print_cure(s, &cure);
	else if (!cure.planned)
		print_checkup(s, &cure.after);
	return mn_printer_check(&s->app->out, &s->call);
}

static int undo(mn_session *s)
{
	int rc = mn_doctor_undo(s->store, &s->call, s->name);

	if (rc == MN_OK)
		mn_app_note(s->app, "%.*s is as it was before it was mended", MN_FMT(s->name));
	return rc;
}

/* ---- Salvaging ---------------------------------------------------------------------------- */

static const char *const kinds[MN_KINDS] = {NULL, "neurons", "states", "synapses", "fibers"};

static void emit_counts(mn_printer *out, const char *key, const uint64_t n[MN_KINDS])
{
	mn_emit_open(out, key, '{');
	for (int kind = MN_NEURON; kind < MN_KINDS; kind++)
		mn_emit_count(out, kinds[kind], n[kind]);
	mn_emit_close(out, '}');
}

static void show_salvaged(mn_session *s, const mn_salvaged *r)
{
	mn_printer *out = &s->app->out;
	char a[32], b[32], c[32];

	if (s->app->json) {
		mn_emit_open(out, NULL, '{');
		emit_counts(out, "saved", r->saved);
		emit_counts(out, "lost", r->lost);
		emit_counts(out, "counted", r->counted);
		mn_emit_count(out, "gaps", r->gaps);
		mn_emit_close(out, '}');
		mn_emit_end(out);
		return;
	}
	fprintf(out->to, "%-10s %12s %12s %12s\n", "", "SAVED", "NOT FIT", "BEFORE");
	for (int kind = MN_NEURON; kind < MN_KINDS; kind++)
		fprintf(out->to, "%-10s %12s %12s %12s\n", kinds[kind],
			mn_format_count(r->saved[kind], a), mn_format_count(r->lost[kind], b),
			r->counted[kind] ? mn_format_count(r->counted[kind], c) : "-");
	fprintf(out->to, "places that could not be read: %s\n", mn_format_count(r->gaps, a));
}

/* To a brain of the same store, or of the one that OUT names. */
static int salvage(mn_session *s, const mn_args *args)
{
	const mn_str where = mn_args_text(args, "--salvage");
	mn_str said = {NULL, 0}, name = where;
	mn_session other = {.app = s->app};
	mn_salvaged report;
	mn_progress progress;
	mn_ticker ticker;
	int rc = MN_OK;

	mn_settings_split(where, &said, &name);
	if (said.len) {
		rc = mn_session_open(&other, s->app, where, MN_SESSION_STORE | MN_SESSION_CREATE);
		name = other.name;
		if (rc)
			*s->call.err = *other.call.err;
	}
	if (rc == MN_OK)
		rc = mn_settings_check_name(name, s->call.err);
	mn_ticker_start(&ticker, s->app, "salvaging");
	progress = mn_ticker_progress(&ticker);
	if (rc == MN_OK)
		rc = mn_doctor_salvage(s->store, &s->call, s->name,
			said.len ? other.store : s->store, name, &progress, &report);
	mn_ticker_stop(&ticker);
	if (said.len)
		mn_session_exit(&other, MN_OK, MN_EXIT_DONE);
	if (rc == MN_OK)
		show_salvaged(s, &report);
	return rc;
}

/* ---- The verb ----------------------------------------------------------------------------- */

static int misused(mn_app *app, const char *what)
{
	mn_error err = MN_SIZED(mn_error);

	mn_error_set(&err, MN_EINVAL, 0, "%s", what);
	return mn_app_usage(app, &err);
}

static int doctor(mn_app *app, const mn_args *args)
{
	const bool mends = mn_args_has(args, "--fix"), undoes = mn_args_has(args, "--undo");
	const bool saves = mn_args_has(args, "--salvage");
	const bool dry = mn_args_has(args, "--dry-run");
	mn_checkup checkup = {.verdict = MN_VERDICT_CLEAN};
	mn_session s;
	int rc;

	if (mends + undoes + saves > 1)
		return misused(app, "say one of --fix, --undo and --salvage");
	if (!mends && (dry || mn_args_has(args, "--only")))
		return misused(app, "--only and --dry-run belong to --fix");
	rc = mn_session_open(&s, app, mn_args_text(args, "NAME"),
		(mends && !dry) || undoes || saves ? MN_SESSION_STORE : MN_SESSION_LIST);
	if (rc == MN_OK && saves)
		return mn_session_end(&s, salvage(&s, args));
	if (rc == MN_OK && undoes)
		return mn_session_end(&s, undo(&s));
	if (rc == MN_OK)
		rc = mends ? fix(&s, args, &checkup.verdict) : check(&s, args, &checkup);
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
	{.name = "--fix", .does = "mend what can be mended", .type = MN_PARAM_FLAG},
	{.name = "--only",
		.does = "mend only this: a code, or the name of a finding",
		.value = "CODE",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--dry-run",
		.letter = 'n',
		.does = "with --fix: tell what would be mended, and change nothing",
		.type = MN_PARAM_FLAG},
	{.name = "--undo", .does = "take the last --fix back", .type = MN_PARAM_FLAG},
	{.name = "--salvage",
		.does = "make a new brain of what can still be read of a damaged one",
		.value = "OUT",
		.type = MN_PARAM_BRAIN},
	{0},
};

static const mn_example doctor_examples[] = {
	{"mnemoscope doctor", "counters, tables, rights and runs, in a second"},
	{"mnemoscope doctor --full --json notes", "every row, for a program"},
	{"mnemoscope doctor --fix notes", "a copy aside, then everything that can be mended"},
	{"mnemoscope doctor notes --salvage saved", "what a broken file still has"},
	{0},
};

const mn_action mn_verbs_doctor[] = {
	{.name = "doctor",
		.does = "Look whether a brain is in order",
		.help = "Looks whether a brain keeps the rules it is stored by, and changes "
			"nothing unless --fix is said. Each thing that is wrong has a code:\n\n"
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
			"--fix first copies the brain aside and compares the copy. Then all is done "
			"at once, looked through, and taken back should anything new be wrong. "
			"Nothing is deleted: rows that have to go or to change are written to a file "
			"first, which is named at the end. --undo brings the copy back, as long as "
			"nobody wrote to the brain since.\n\n"
			"--salvage reads what it can of a file that is malformed, and tells what is "
			"lost.\n\n"
			"Ends with 0 if nothing is wrong, 1 if all that is wrong can be mended, 4 if "
			"some of it cannot, 5 if not everything could be checked.",
		.json = "An object {verdict, rows, findings, unchecked}; verdict is clean, "
			"repairable, broken or unchecked; findings has objects {code, name, says, "
			"count, samples, cause, fix, repairable, harmless}, unchecked objects {what, "
			"why}. With --fix {before, after, mended, kept, copy, rows}; with --salvage "
			"{saved, lost, counted, gaps}.",
		.params = doctor_params,
		.examples = doctor_examples,
		.scope = MN_ON_CLI,
		.verb = doctor},
	{0},
};
