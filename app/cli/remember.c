/* SPDX-License-Identifier: MIT */
/* remember.c - the verb that adds one memory. */
#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "stream.h"
#include "tui/acts.h"

enum { TEXT_MOST = 1 << 20 };

/* All of standard input, without the newlines at its end. */
static int read_all(mn_call *call, mn_str *out)
{
	mn_input in;
	mn_source source;
	char *text = mn_call_alloc(call, TEXT_MOST + 1);
	size_t n = 0, got = 1;
	int rc = text ? mn_input_open(&in, MN_STR("-"), call->err) : call->err->code;

	if (rc)
		return rc;
	source = mn_input_source(&in);
	while (rc == MN_OK && got && n <= TEXT_MOST) {
		rc = source.read(source.ctx, call, text + n, TEXT_MOST + 1 - n, &got);
		n += rc == MN_OK ? got : 0;
	}
	mn_input_close(&in);
	if (rc == MN_OK && n > TEXT_MOST)
		rc = mn_fail(call, MN_EINVAL, 0,
			"a memory has at most 1 MiB of text: import takes longer ones apart");
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	*out = (mn_str){text, n};
	return rc;
}

static int read_note(const mn_args *args, mn_call *call, mn_note *note)
{
	const mn_arg *at = mn_args_get(args, "--at"), *tag;
	mn_str *tags;
	size_t n = 0;

	*note = MN_SIZED(mn_note);
	note->text = mn_args_text(args, "TEXT");
	note->id = mn_args_text(args, "--id");
	note->title = mn_args_text(args, "--title");
	note->session = mn_args_text(args, "--session");
	note->speaker = mn_args_text(args, "--speaker");
	note->has_time = at != NULL;
	note->time = at ? at->time : 0;
	while (mn_args_nth(args, "--tag", n))
		n++;
	tags = mn_call_array(call, n ? n : 1, sizeof(*tags));
	if (!tags)
		return call->err->code;
	for (size_t i = 0; (tag = mn_args_nth(args, "--tag", i)); i++)
		tags[i] = tag->text;
	note->tags = (mn_strs){tags, n};
	if (mn_str_is(note->text, "-") && read_all(call, &note->text))
		return call->err->code;
	if (mn_str_blank(note->text))
		return mn_fail(call, MN_EINVAL, 0, "there is no text to remember");
	if (!mn_text_valid(note->text))
		return mn_fail(call, MN_EINVAL, 0, "the text has a NUL or is not valid UTF-8");
	return MN_OK;
}

/* The uid of the memory that a fiber stands for. */
static int memory_uid(mn_brain *brain, mn_call *call, mn_id fiber, mn_str *out)
{
	mn_rows rows;
	mn_id anchor;
	int rc = mn_brain_get(brain, call, MN_FIBER, (mn_ids){&fiber, 1}, MN_FIELD_HEAD, &rows);

	if (rc)
		return rc;
	anchor = rows.at.fiber[0].anchor;
	rc = mn_brain_get(brain, call, MN_NEURON, (mn_ids){&anchor, 1}, 0, &rows);
	return rc ? rc : mn_uid_derive(brain, call, MN_NEURON, &rows.at.neuron[0], out);
}

static const char *outcome(const mn_remembered *r)
{
	return r->added ? "added" : r->updated ? "updated" : "unchanged";
}

static void report(mn_app *app, const mn_remembered *r, mn_str uid)
{
	mn_printer *out = &app->out;
	char a[64], b[64];

	if (app->json) {
		mn_emit_open(out, NULL, '{');
		mn_emit_text(out, "id", uid);
		mn_emit_text(out, "outcome", mn_str_of(outcome(r)));
		mn_emit_count(out, "neurons", r->neurons);
		mn_emit_count(out, "synapses", r->synapses);
		mn_emit_close(out, '}');
		mn_emit_end(out);
	} else if (!app->quiet) {
		fprintf(out->to, "%s ", outcome(r));
		mn_print_text(out, uid);
		fprintf(out->to, ": %s, %s\n", mn_format_things(r->neurons, "new neuron", a),
			mn_format_things(r->synapses, "new synapse", b));
	}
}

static int remember(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_note note;
	mn_remembered got = MN_SIZED(mn_remembered);
	mn_str uid;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_CREATE);

	if (rc == MN_OK)
		rc = read_note(args, &s.call, &note);
	if (rc == MN_OK)
		rc = mn_brain_remember(s.brain, &s.call, &note, 1, &got);
	if (rc == MN_OK)
		rc = memory_uid(s.brain, &s.call, got.fibers[0], &uid);
	if (rc == MN_OK)
		report(app, &got, uid);
	return mn_session_end(&s, rc);
}

static const mn_param remember_params[] = {
	{.name = "TEXT",
		.does = "what to remember; - reads it from standard input",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--at",
		.does = "when it happened, such as 2023-05-08 or 2023-05-08T13:56:00; UTC "
			"unless it says otherwise",
		.value = "TIME",
		.type = MN_PARAM_TIME},
	{.name = "--tag",
		.does = "a tag",
		.value = "TAG",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--id",
		.does = "a key of your own; a key seen before updates its memory",
		.value = "KEY",
		.type = MN_PARAM_TEXT},
	{.name = "--title",
		.does = "a name for it, by which other memories can link to it",
		.value = "NAME",
		.type = MN_PARAM_TEXT},
	{.name = "--session",
		.does = "the session it belongs to: memories of one lie near each other",
		.value = "KEY",
		.type = MN_PARAM_TEXT},
	{.name = "--speaker", .does = "who said it", .value = "NAME", .type = MN_PARAM_TEXT},
	{0},
};

static const mn_example remember_examples[] = {
	{"mnemoscope remember 'Caroline moved to Lisbon in June.' --speaker Caroline",
		"remember one sentence"},
	{"fortune | mnemoscope remember - --tag fortune", "remember what a program prints"},
	{0},
};

const mn_action mn_verbs_remember[] = {
	{.name = "remember",
		.does = "Add one memory to a brain",
		.help = "A brain that is missing is created. The same text with the same time, "
			"speaker, session and title is one memory, however often it is "
			"remembered. {braces} and [[brackets]] in the text link to the memory of "
			"that title. When the verb ends without error, the memory is on disk.",
		.json = "One object {id, outcome, neurons, synapses}: the memory's id, \"added\", "
			"\"updated\" or \"unchanged\", and how many neurons and synapses are new.",
		.params = remember_params,
		.examples = remember_examples,
		.scope = MN_ON_CLI | MN_ON_ANY,
		.verb = remember,
		.keys = "R",
		.act = mn_act_remember},
	{0},
};
