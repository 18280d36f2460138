/* SPDX-License-Identifier: MIT */
/* recall.c - the verb that asks a brain a question. */
#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/answer.h"
#include "cli/verbs.h"
#include "stream.h"
#include "tui/acts.h"

enum { DEFAULT_LIMIT = 20 };

static int depth_of(mn_str word)
{
	return mn_str_is(word, "auto") ? MN_DEPTH_AUTO : word.ptr[0] - '0';
}

static int read_asking(mn_app *app, const mn_args *args, mn_asking *out)
{
	mn_ask ask = MN_SIZED(mn_ask);
	const mn_arg *now = mn_args_get(args, "--now"), *anchor;
	bool batch = mn_args_has(args, "--batch");
	mn_str *anchors;
	size_t n = 0;

	ask.text = mn_args_text(args, "QUERY");
	ask.depth = depth_of(mn_args_text(args, "--depth"));
	ask.kernel = mn_args_text(args, "--kernel");
	if (mn_str_is(ask.kernel, "auto"))
		ask.kernel = MN_STR("");
	ask.limit = (uint32_t)mn_args_count(args, "--limit");
	ask.want_context = mn_args_has(args, "--context");
	ask.context_tokens = (uint32_t)mn_args_count(args, "--context");
	ask.now = now ? now->time : 0;
	ask.learn = !mn_args_has(args, "--no-learn") && (!batch || mn_args_has(args, "--learn"));
	ask.want_trace = mn_args_has(args, "--trace") || mn_args_has(args, "--why");
	while (mn_args_nth(args, "--anchor", n))
		n++;
	anchors = mn_arena_array(app->arena, n ? n : 1, sizeof(*anchors));
	if (!anchors)
		return MN_ENOMEM;
	for (size_t i = 0; (anchor = mn_args_nth(args, "--anchor", i)); i++)
		anchors[i] = anchor->text;
	ask.anchors = (mn_strs){anchors, n};
	*out = (mn_asking){.ask = ask, .why = mn_args_has(args, "--why")};
	return MN_OK;
}

static int save_trace(mn_session *s, const mn_trace *trace, mn_str path)
{
	mn_output o;
	mn_sink sink;
	int rc = mn_output_open(&o, s->app, path, true, s->call.err);

	if (rc)
		return rc;
	sink = mn_output_sink(&o);
	rc = mn_trace_write(trace, &s->call, MN_TRACE_JSONL, &sink);
	return mn_output_close(&o, rc, s->call.err);
}

static int ask(mn_session *s, const mn_asking *asking, const mn_args *args)
{
	mn_answer a = MN_SIZED(mn_answer);
	int rc = mn_brain_recall(s->brain, &s->call, &asking->ask, &a);

	if (rc == MN_OK && s->app->json)
		rc = mn_answer_emit(s, asking, &a, NULL);
	else if (rc == MN_OK)
		rc = mn_answer_print(s, asking, &a);
	if (rc == MN_OK && mn_args_has(args, "--trace"))
		rc = save_trace(s, a.trace, mn_args_text(args, "--trace"));
	mn_trace_free(a.trace);
	return rc;
}

/* What does not go together. */
static int check(const mn_args *args, mn_error *err)
{
	bool batch = mn_args_has(args, "--batch");

	if (batch == mn_args_has(args, "QUERY"))
		return mn_error_set(err, MN_EINVAL, 0,
			batch ? "a QUERY and --batch do not go together"
			      : "QUERY is missing: what to ask, or --batch FILE");
	if (batch && mn_args_has(args, "--trace"))
		return mn_error_set(err, MN_EINVAL, 0, "--trace goes with one question");
	if (mn_args_has(args, "--learn") && mn_args_has(args, "--no-learn"))
		return mn_error_set(err, MN_EINVAL, 0, "--learn and --no-learn exclude each other");
	return MN_OK;
}

static int recall(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_asking asking;
	mn_error err = MN_SIZED(mn_error);
	int rc;

	if (check(args, &err))
		return mn_app_usage(app, &err);
	rc = mn_session_open(&s, app, MN_STR(""), 0);
	if (rc == MN_OK && read_asking(app, args, &asking))
		rc = mn_fail_memory(&s.call);
	if (rc == MN_OK)
		asking.ask.learn &= !s.read_only;
	if (rc == MN_OK && mn_args_has(args, "--batch"))
		rc = mn_batch_run(&s, &asking, args);
	else if (rc == MN_OK)
		rc = ask(&s, &asking, args);
	return mn_session_end(&s, rc);
}

static const mn_param recall_params[] = {
	{.name = "QUERY", .does = "the question, in plain words", .type = MN_PARAM_TEXT},
	{.name = "--batch",
		.does = "ask every line of a file instead, {\"query\": \"...\"} or {\"question\": "
			"\"...\"}; - for standard input",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--depth",
		.does = "how far to spread",
		.value = "DEPTH",
		.fallback = "auto",
		.choices = "auto|0|1|2|3",
		.type = MN_PARAM_CHOICE},
	{.name = "--limit",
		.does = "how many memories",
		.value = "K",
		.fallback = "20",
		.min = 1,
		.max = 10000,
		.type = MN_PARAM_COUNT},
	{.name = "--kernel",
		.does = "how activation spreads; auto: fan, or classic if that finds nothing",
		.value = "KERNEL",
		.fallback = "auto",
		.choices = "auto|fan|classic",
		.type = MN_PARAM_CHOICE},
	{.name = "--context",
		.does = "the memories' text as well, as much as fits into so many tokens",
		.value = "TOKENS",
		.min = 1,
		.max = 1000000,
		.type = MN_PARAM_COUNT},
	{.name = "--why",
		.does = "show the strongest paths to each memory, with every factor",
		.type = MN_PARAM_FLAG},
	{.name = "--trace",
		.does = "save everything that happened, for the verbs of trace",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--anchor",
		.does = "a neuron, by its uid, that fires as if asked",
		.value = "UID",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--now",
		.does = "what \"yesterday\" is reckoned from (default: the clock)",
		.value = "TIME",
		.type = MN_PARAM_TIME},
	{.name = "--learn",
		.does = "strengthen what was used, in a batch too",
		.type = MN_PARAM_FLAG},
	{.name = "--no-learn", .does = "do not strengthen what was used", .type = MN_PARAM_FLAG},
	{.name = "--keep-going", .does = "in a batch: pass over bad lines", .type = MN_PARAM_FLAG},
	{.name = "--conversation",
		.does = "in a batch: only lines whose \"conversation\" is this",
		.value = "NAME",
		.type = MN_PARAM_TEXT},
	{0},
};

static const mn_example recall_examples[] = {
	{"mnemoscope recall 'where does the word bug come from'", "ask"},
	{"mnemoscope recall 'first bug' --why --limit 3", "ask, and show how each answer came up"},
	{"mnemoscope recall --batch questions.jsonl --json", "answer a file of questions"},
	{0},
};

const mn_action mn_verbs_recall[] = {
	{.name = "recall",
		.does = "Ask a brain a question",
		.help = "The words, names and dates of the question make neurons fire; activation "
			"spreads along synapses; memories come back in the order of how much of it "
			"reached them, each with the strongest path that led there.\n\n"
			"Depth 0: words only. 1: names and links too. 2: words of what was found "
			"fire again. 3: names fire twice. auto chooses by the question.\n\n"
			"Afterwards what was used is strengthened, unless --no-learn, --read-only "
			"or "
			"--batch without --learn says otherwise. A question that nothing answers "
			"is "
			"no error.",
		.json = "One object {query, results, ranked, context, activated, examined, depth, "
			"kernel, latency_us}; under --batch one in a line for each question, in order, to "
			"which the other members of the question's line are passed through.\n\n"
			"results is an array of {id, score, level, text, title, time, fiber, hop, "
			"via}, best first: id is the key it was imported or remembered with, score "
			"is as the kernel defines it, level lies in 0..1, hop is where it was "
			"first "
			"reached, via the strongest path in words. ranked is the array of the ids "
			"alone. context is there under --context. activated and examined count "
			"neurons with a level above 0 and synapses looked at; latency_us is the "
			"time "
			"of the recall in microseconds.\n\n"
			"Under --why each result has why, an array of {gives, steps}: how much of "
			"its level came this way, and the steps {step, hop, from, to, rule, type, "
			"in, gain, weight, share, fan, out, after, operator, fate} from the "
			"question "
			"to the memory; out = in * gain * weight * share.",
		.params = recall_params,
		.examples = recall_examples,
		.scope = MN_ON_CLI | MN_ON_ANY,
		.verb = recall,
		.act = mn_act_recall},
	{0},
};
