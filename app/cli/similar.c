/* SPDX-License-Identifier: MIT */
/* similar.c - the verb that finds memories that say nearly the same. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "similar.h"
#include "ticker.h"

enum { ENOUGH = 1, LIMIT = 20 };

/* ---- What was asked ----------------------------------------------------------------------- */

/* A number with digits and a point alone. */
static bool read_least(mn_str word, double *out)
{
	char text[16], *end = text;

	if (word.len == 0 || word.len >= sizeof(text))
		return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	if (strspn(text, "0123456789.") != word.len)
		return false;
	*out = strtod(text, &end);
	return *end == '\0' && *out >= 0.3 && *out <= 1;
}

static int check(const mn_args *args, double *least, mn_error *err)
{
	const bool all = mn_args_has(args, "--all"), text = mn_args_has(args, "--text"),
		   uid = mn_args_has(args, "UID");
	const mn_str word = mn_args_text(args, "--least");

	if (all + text + uid == 0)
		return mn_error_set(err, MN_EINVAL, 0,
			"UID is missing: which memory, or --text TEXT, or --all");
	if (all + text + uid > 1)
		return mn_error_set(
			err, MN_EINVAL, 0, "UID, --text and --all exclude each other: give one");
	if (!read_least(word, least))
		return mn_error_set(err, MN_EINVAL, 0,
			"--least takes a number from 0.3 to 1, such as 0.8, not \"%.*s\"",
			word.len < 80 ? (int)word.len : 80, word.ptr);
	return MN_OK;
}

/* ---- Those like one ----------------------------------------------------------------------- */

static void emit_memory(mn_printer *out, const char *key, const mn_alike *a)
{
	mn_emit_open(out, key, '{');
	mn_emit_text(out, "id", a->uid);
	if (!key)
		mn_emit_number(out, "alike", a->alike);
	mn_emit_text(out, "text", a->text);
	mn_emit_time(out, "time", a->created);
	mn_emit_close(out, '}');
}

static void emit_found(mn_printer *out, const mn_similar *f)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_open(out, "results", '[');
	for (size_t i = 0; i < f->n; i++)
		emit_memory(out, NULL, &f->at[i]);
	mn_emit_close(out, ']');
	mn_emit_count(out, "found", f->found);
	mn_emit_count(out, "compared", f->compared);
	mn_emit_bool(out, "partial", f->partial);
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static void print_memory(mn_printer *out, const mn_alike *a, int columns)
{
	mn_print_cut(out, a->text, columns);
	fprintf(out->to, "\n%*s", out->columns - columns, "");
	mn_print_style(out, MN_STYLE_DIM);
	mn_print_text(out, a->uid);
	mn_print_style(out, MN_STYLE_NONE);
	fputc('\n', out->to);
}

static void print_alike(mn_printer *out, double alike)
{
	mn_print_style(out, MN_STYLE_GOOD);
	fprintf(out->to, "%5.3f", alike);
	mn_print_style(out, MN_STYLE_NONE);
	fputs("  ", out->to);
}

static void print_found(mn_session *s, const mn_similar *f)
{
	mn_printer *out = &s->app->out;
	char text[64];

	for (size_t i = 0; i < f->n; i++) {
		print_alike(out, f->at[i].alike);
		print_memory(out, &f->at[i], out->columns - 7);
	}
	if (f->found == 0)
		mn_app_note(s->app, "nothing in %.*s is that much alike", MN_FMT(s->name));
	else if (f->found > f->n)
		mn_app_note(s->app, "%s in all: --limit shows more",
			mn_format_things(f->found, "near-duplicate", text));
	if (f->partial)
		mn_app_note(s->app, "there may be more: its words are too few or too common");
}

static int find_memory(mn_session *s, mn_str uid, mn_id *out)
{
	int rc = mn_brain_resolve(s->brain, &s->call, MN_NEURON, (mn_strs){&uid, 1}, out);

	if (rc == MN_OK && *out == 0)
		rc = mn_fail(&s->call, MN_ENOBRAIN, 0, "there is no memory \"%.*s\" in %.*s",
			uid.len < 80 ? (int)uid.len : 80, uid.ptr, MN_FMT(s->name));
	return rc;
}

static int find_one(mn_session *s, const mn_args *args, double least)
{
	mn_similar_ask ask = MN_SIZED(mn_similar_ask);
	mn_similar found = MN_SIZED(mn_similar);
	int rc = MN_OK;

	ask.least = least;
	ask.limit = mn_args_has(args, "--limit") ? (uint32_t)mn_args_count(args, "--limit") : LIMIT;
	ask.text = mn_args_text(args, "--text");
	if (mn_args_has(args, "UID"))
		rc = find_memory(s, mn_args_text(args, "UID"), &ask.neuron);
	else if (ask.text.len == 0)
		rc = mn_fail(&s->call, MN_EINVAL, 0, "the text to compare with is empty");
	if (rc == MN_OK)
		rc = mn_brain_similar(s->brain, &s->call, &ask, &found);
	if (rc == MN_OK && s->app->json)
		emit_found(&s->app->out, &found);
	else if (rc == MN_OK)
		print_found(s, &found);
	return rc;
}

/* ---- All pairs ---------------------------------------------------------------------------- */

struct pairing {
	mn_session *s;
	mn_ticker ticker;
	uint64_t left; /* pairs that may still be shown */
};

static void emit_pair(mn_printer *out, const mn_alike *older, const mn_alike *newer)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_number(out, "alike", newer->alike);
	emit_memory(out, "older", older);
	emit_memory(out, "newer", newer);
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static int show_pair(void *ctx, const mn_alike *older, const mn_alike *newer)
{
	struct pairing *p = ctx;
	mn_printer *out = &p->s->app->out;

	mn_ticker_stop(&p->ticker); /* its line makes room */
	if (p->s->app->json) {
		emit_pair(out, older, newer);
	} else {
		print_alike(out, newer->alike);
		print_memory(out, older, out->columns - 7);
		fputs("       ", out->to);
		print_memory(out, newer, out->columns - 7);
	}
	if (--p->left == 0)
		return ENOUGH;
	return mn_printer_check(out, &p->s->call);
}

static int find_all(mn_session *s, const mn_args *args, double least)
{
	struct pairing p = {.s = s, .left = UINT64_MAX};
	mn_pairs_options o = MN_SIZED(mn_pairs_options);
	mn_pairs made = MN_SIZED(mn_pairs);
	char pairs[64], memories[64];
	int rc;

	if (mn_args_has(args, "--limit"))
		p.left = (uint64_t)mn_args_count(args, "--limit");
	mn_ticker_start(&p.ticker, s->app, "comparing");
	o.least = least;
	o.ctx = &p;
	o.pair = show_pair;
	o.progress = mn_ticker_progress(&p.ticker);
	rc = mn_brain_similar_pairs(s->brain, &s->call, &o, &made);
	mn_ticker_stop(&p.ticker);
	if (rc == ENOUGH)
		return MN_OK;
	if (rc == MN_OK)
		mn_app_note(s->app, "%s among %s", mn_format_things(made.pairs, "pair", pairs),
			mn_format_count(made.memories, memories));
	if (rc == MN_OK && made.crowded)
		mn_app_note(s->app, "%s had too many others like it for all to be compared",
			mn_format_count(made.crowded, memories));
	return rc;
}

/* ---- The verb ----------------------------------------------------------------------------- */

static int similar(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_error err = MN_SIZED(mn_error);
	double least;
	int rc;

	if (check(args, &least, &err))
		return mn_app_usage(app, &err);
	rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_READ);
	if (rc == MN_OK)
		rc = mn_args_has(args, "--all") ? find_all(&s, args, least)
						: find_one(&s, args, least);
	return mn_session_end(&s, rc);
}

static const mn_param similar_params[] = {
	{.name = "UID",
		.does = "the memory to compare the others with, by its uid",
		.type = MN_PARAM_TEXT},
	{.name = "--text",
		.does = "compare with this text instead, which need not be a memory",
		.value = "TEXT",
		.type = MN_PARAM_TEXT},
	{.name = "--all",
		.does = "find every pair of memories that are alike, which reads the whole brain",
		.type = MN_PARAM_FLAG},
	{.name = "--least",
		.does = "how much alike, from 0.3 to 1 (the same words in the same order)",
		.value = "X",
		.fallback = "0.8",
		.type = MN_PARAM_TEXT},
	{.name = "--limit",
		.does = "how many memories, or under --all how many pairs (default: 20; all)",
		.value = "K",
		.min = 1,
		.max = 1000000,
		.type = MN_PARAM_COUNT},
	{0},
};

static const mn_example similar_examples[] = {
	{"mnemoscope similar D1:3", "memories that say nearly what D1:3 says"},
	{"mnemoscope similar --text 'Luna is a black cat' --least 0.5", "is that known already?"},
	{"mnemoscope similar --all --json > pairs.jsonl", "all pairs of near-duplicates"},
	{0},
};

const mn_action mn_verbs_similar[] = {
	{.name = "similar",
		.does = "Find memories that say nearly the same",
		.help = "Two texts are as alike as the share of the pairs of neighbouring words "
			"that they have in common among all pairs that either has; case, accents "
			"and "
			"punctuation do not count. Texts of fewer than four words are not "
			"compared, archived memories are left out.\n\n"
			"Those like one memory or text come most alike first. Under --all each "
			"pair "
			"comes once, as it is found, in the order of the newer of the two. "
			"'mnemoscope run consolidate' makes one memory of such pairs. That there "
			"are none is no error.",
		.json = "One object {results, found, compared, partial}. results is an array of "
			"{id, alike, text, time}, most alike first; found says how many there "
			"are, shown or not, compared how many texts were compared; partial is true "
			"if some may be missing, since the words of the text are too few or too "
			"common to look by.\n\n"
			"Under --all one object {alike, older, newer} in a line for each pair; "
			"older and newer are {id, text, time}. After an error or Ctrl-C the last line "
			"may not be whole.",
		.params = similar_params,
		.examples = similar_examples,
		.scope = MN_ON_CLI,
		.verb = similar},
	{0},
};
