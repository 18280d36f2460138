/* SPDX-License-Identifier: MIT */
/* Scripts: what they declare, read, say and want done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/type.h"
#include "rig.h"

static const char declared[] =
	"#!/usr/bin/env mnemoscope-run\n"
	"return {\n"
	"  name = 'fade', purpose = 'Drops what faded.',\n"
	"  params = {\n"
	"    {name = 'days', type = 'integer', default = 30, min = 1, max = 365, help = 'how old'},\n"
	"    {name = 'share', type = 'number', default = 0.5, min = 0},\n"
	"    {name = 'deep', type = 'boolean', default = false},\n"
	"    {name = 'word', type = 'text', default = 'x'},\n"
	"    {name = 'mode', type = 'choice', choices = {'soft', 'hard'}, default = 'soft'},\n"
	"    {name = 'tags', type = 'list', default = {'a', 'b'}},\n"
	"    {name = 'since', type = 'time', default = '2024-05-01'},\n"
	"  },\n"
	"  run = function(brain, plan, p)\n"
	"    emit(math.type(p.days) .. p.days .. ' ' .. math.type(p.share) .. p.share .. ' ' ..\n"
	"      tostring(p.deep) .. ' ' .. p.word .. ' ' .. p.mode .. ' ' .. #p.tags .. '[' ..\n"
	"      table.concat(p.tags, '|') .. '] ' .. date(p.since))\n"
	"  end,\n"
	"}\n";

static mn_script_value value(const char *name, const char *text)
{
	return (mn_script_value){mn_str_of(name), mn_str_of(text)};
}

/* ---- Declarations ------------------------------------------------------------------------- */

static void what_a_script_declares_is_told(void **state)
{
	struct rig *r = *state;
	const mn_script_head *head;
	mn_script *s;

	assert_int_equal(mn_script_load(r->engine, &r->call, MN_STR("fade.lua"),
				 mn_str_of(declared), NULL, &s),
		MN_OK);
	head = mn_script_about(s);
	assert_true(mn_str_is(head->name, "fade"));
	assert_true(mn_str_is(head->purpose, "Drops what faded."));
	assert_int_equal(head->nparams, 7);
	for (int i = 0; i < MN_ARG_TYPES; i++)
		assert_int_equal(head->params[i].type, i);
	assert_true(mn_str_is(head->params[0].name, "days"));
	assert_true(mn_str_is(head->params[0].help, "how old"));
	assert_true(mn_str_is(head->params[0].initial, "30"));
	assert_true(head->params[0].least == 1 && head->params[0].most == 365);
	assert_true(head->params[1].least == 0 && isinf(head->params[1].most));
	assert_int_equal(head->params[4].choices.n, 2);
	assert_true(mn_str_is(head->params[5].initial, "a, b"));
	assert_false(head->params[6].required);
	assert_string_equal(mn_arg_type_name(MN_ARG_LIST), "list");
	assert_null(mn_arg_type_name(MN_ARG_TYPES));
	mn_script_free(s);
}

static void values_reach_the_script_in_their_types(void **state)
{
	struct rig *r = *state;
	const mn_script_value given[] = {value("days", "7"), value("share", "2"),
		value("deep", "yes"), value("word", "a, b"), value("mode", "hard"),
		value("tags", " x , ,y z"), value("since", "2024-06-01T10:00")};

	assert_int_equal(rig_run(r, declared), MN_OK);
	assert_buf(&r->report, "integer30 float0.5 false x soft 2[a|b] 2024-05-01T00:00:00Z");
	assert_int_equal(rig_run_with(r, declared, given, 7), MN_OK);
	assert_buf(&r->report, "integer7 float2.0 true a, b hard 2[x|y z] 2024-06-01T10:00:00Z");
}

static void a_value_that_does_not_fit_is_refused(void **state)
{
	struct rig *r = *state;
	const struct {
		const char *name, *text, *says;
	} bad[] = {
		{"days", "0", "days is from 1 to 365, not \"0\""},
		{"days", "366", "days is from 1 to 365"},
		{"days", "1.5", "days is a whole number, not \"1.5\""},
		{"days", "", "days is a whole number"},
		{"days", " 1", "days is a whole number"},
		{"days", "99999999999999999999", "days is a whole number"},
		{"share", "-0.1", "share is at least 0"},
		{"share", "nan", "share is a number"},
		{"share", "inf", "share is a number"},
		{"share", "0x10", "share is a number"},
		{"deep", "maybe", "deep is true or false"},
		{"mode", "loud", "mode is one of soft, hard, not \"loud\""},
		{"since", "soon", "since is a moment such as"},
		{"word", "\xff", "no UTF-8"},
		{"dais", "1", "no parameter \"dais\" (there are: days, share, deep"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const mn_script_value v = value(bad[i].name, bad[i].text);

		assert_int_equal(rig_run_with(r, declared, &v, 1), MN_EINVAL);
		if (!strstr(r->call.err->text, bad[i].says))
			print_error("%s\n", r->call.err->text);
		assert_non_null(strstr(r->call.err->text, bad[i].says));
		assert_int_equal(r->report.len, 0);
	}
}

static void a_value_given_twice_is_refused(void **state)
{
	const mn_script_value twice[] = {value("days", "7"), value("days", "8")};

	assert_int_equal(rig_run_with(*state, declared, twice, 2), MN_EINVAL);
	assert_non_null(strstr(((struct rig *)*state)->call.err->text, "days is given twice"));
}

#define WITH(params) "return {name='t', purpose='p', params={" params "}, run=print}"

static void a_parameter_without_a_default_must_be_given(void **state)
{
	struct rig *r = *state;
	const char *text = WITH("{name='n', type='integer', help='how many'}");
	const mn_script_value given = value("n", "3");

	rig_run_badly(r, text, MN_EINVAL, "t.lua: n must be given: how many");
	assert_int_equal(rig_run_with(r, text, &given, 1), MN_OK);
}

static void a_bad_declaration_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"return 1", "t.lua: a script returns a table"},
		{"", "a script returns a table"},
		{"return {}", "run is a function"},
		{"return {run=print}", "name of a script or a parameter is a text, not a nil"},
		{"return {name='t', run=print}", "purpose of a script"},
		{"return {name='t', purpose=' ', run=print}", "does not say its purpose"},
		{"return {name='T!', purpose='p', run=print}", "name of a script is 1 to 60 of"},
		{"return {name='t', purpose='p', run=print, parms={}}", "has no \"parms\""},
		{"return {name='t', purpose='p', run=print, params=3}",
			"are a table, not a number"},
		{WITH("3"), "each of params is a table"},
		{WITH("{name='n'}"), "type of a script or a parameter is a text"},
		{WITH("{name='n', type='int'}"), "type of n is integer, number"},
		{WITH("{name='N', type='text'}"), "name of a parameter is"},
		{WITH("{name='n', type='text', kind=1}"), "has no \"kind\""},
		{WITH("{name='n', type='integer', default='x'}"), "n is a whole number, not \"x\""},
		{WITH("{name='n', type='integer', default=3, max=2}"), "n is at most 2"},
		{WITH("{name='n', type='integer', min=3, max=2}"), "no value is in the range"},
		{WITH("{name='n', type='integer', min=0/0}"), "no value is in the range"},
		{WITH("{name='n', type='choice'}"), "choices"},
		{WITH("{name='n', type='text', choices={'a'}}"), "choices"},
		{WITH("{name='n', type='choice', choices={'a', 3}}"), "choices of n are texts"},
		{WITH("{name='n', type='choice', choices={'a'}, default='b'}"), "one of a"},
		{WITH("{name='n', type='text'}, {name='n', type='text'}"), "declared twice"},
		{"return {name='t', purpose='p', run=print, params=(function() local t = {} "
		 "for i = 1, 65 do t[i] = {name='n' .. i, type='text'} end return t end)()}",
			"at most 64 parameters"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		rig_run_badly(*state, bad[i].text, MN_EINVAL, bad[i].says);
}

static void what_is_said_of_a_script_is_plain(void **state)
{
	struct rig *r = *state;
	mn_script *s;

	assert_int_equal(mn_script_load(r->engine, &r->call, MN_STR("\x1b[2Jt.lua"),
				 MN_STR("return {name='t', purpose='\\27[31mred', run=print, "
					"params={{name='n', type='text', help='\\u{202e}x'}}}"),
				 NULL, &s),
		MN_OK);
	assert_true(mn_str_is(mn_script_about(s)->purpose, "\\x1b[31mred"));
	assert_true(mn_str_is(mn_script_about(s)->params[0].help, "<U+202E>x"));
	mn_script_free(s);
}

/* ---- Failures ----------------------------------------------------------------------------- */

static void an_error_names_file_and_line(void **state)
{
	struct rig *r = *state;

	rig_run_badly(r, "\n\nlocal x = = 1", MN_EINVAL, "t.lua:3: unexpected symbol");
	rig_run_badly(r, "\n\nerror('early')", MN_EINVAL, "t.lua:3: early");
	rig_run_badly(r, RUN("\nlocal t = nil\nreturn t.x"), MN_EINVAL,
		"t.lua:3: attempt to index a nil value");
	rig_run_badly(r, RUN("\n\nbrain:neurons{type='x'}"), MN_EINVAL,
		"t.lua:3: the loop has no \"type\" (there are: types text");
	rig_run_badly(r, RUN("error()"), MN_EINVAL, "the script failed without a message");
	rig_run_badly(r, RUN("error({})"), MN_EINVAL, "failed with a table for a message");
}

static void a_failure_comes_with_a_traceback(void **state)
{
	struct rig *r = *state;

	rig_run_badly(r,
		"local function inner()\n error('\\27[2Jdeep')\nend\n"
		"return {name='t', purpose='p', run=function()\n inner()\n end}",
		MN_EINVAL, "t.lua:2: \\x1b[2Jdeep");
	assert_true(rig_heard(&r->trace, "stack traceback:"));
	assert_true(rig_heard(&r->trace, "t.lua:2: in upvalue 'inner'"));
	assert_true(rig_heard(&r->trace, "t.lua:5: in function"));
	assert_false(rig_heard(&r->trace, "\x1b"));
}

static void of_a_long_path_the_end_is_told(void **state)
{
	struct rig *r = *state;
	mn_script *s;

	assert_int_equal(
		mn_script_load(r->engine, &r->call,
			MN_STR("/a/very/long/path/that/goes/on/and/on/to/where/scripts/are/"
			       "kept/fade.lua"),
			MN_STR("error('x')"), NULL, &s),
		MN_EINVAL);
	assert_non_null(strstr(r->call.err->text, "scripts/are/kept/fade.lua:1: x"));
	assert_memory_equal(r->call.err->text, "...", 3);
}

/* ---- Saying ------------------------------------------------------------------------------- */

static void lines_of_a_log_are_plain_and_bounded(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("log('a', 1, true, nil) print('b\\n\\27[2J\\u{202e}')"));
	assert_buf(&r->log, "a 1 true nil\nb \\x1b[2J<U+202E>\n");
	rig_run_well(r, RUN("for i = 1, 20000 do log(i) end"));
	assert_true(rig_heard(&r->log, "10000\n(and more lines, which are left out)\n"));
	assert_false(rig_heard(&r->log, "10001"));
	rig_run_well(r, RUN("log(('x'):rep(100000))"));
	assert_in_range(r->log.len, 1000, 2001);
}

static void a_report_arrives_whole_and_has_an_end(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("emit('a\\n') emit(('b'):rep(200000)) emit('\\nc')"));
	assert_int_equal(r->report.len, 200004);
	assert_memory_equal(r->report.ptr + 200002, "\nc", 2);
	r->options.output = 1000;
	rig_run_badly(r, RUN("for i = 1, 1e9 do emit('0123456789') end"), MN_ENOMEM,
		"wrote more than the 1000 bytes it may");
	assert_int_equal(r->report.len, 1000);
}

static int refuse_write(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	(void)ctx, (void)bytes, (void)n;
	call->err->code = MN_EIO;
	snprintf(call->err->text, sizeof(call->err->text), "disk full");
	return MN_EIO;
}

static void a_report_that_cannot_be_kept_ends_the_script(void **state)
{
	struct rig *r = *state;
	const mn_sink full = {NULL, refuse_write};

	r->options.emit = &full;
	rig_run_badly(r, RUN("while true do emit('x') end"), MN_EIO, "disk full");
	r->options.emit = NULL;
	rig_run_well(r, RUN("emit('nobody reads it')"));
}

static void progress_is_told_now_and_then(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("for i = 1, 5000 do progress(i, 5000, 'rows') end"));
	assert_in_range(r->told, 1, 500);
	assert_int_equal(r->done, 5000);
	assert_int_equal(r->total, 5000);
}

static void moments_are_read_and_written(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("emit(date(time('2024-05-01T12:00')) .. date(DAY) .. "
			    "(time(5) + 1) .. math.type(brain.now))"));
	assert_buf(&r->report, "2024-05-01T12:00:00Z1970-01-02T00:00:00Z6integer");
	rig_run_badly(r, RUN("time('soon')"), MN_EINVAL, "t.lua:1: no moment such as");
	rig_run_badly(r, RUN("date({})"), MN_EINVAL, "t.lua:1: a moment is a number");
}

/* ---- Wanting ------------------------------------------------------------------------------ */

static void steps_come_in_order_and_in_their_form(void **state)
{
	struct rig *r = *state;

	rig_run_well(
		r, RUN("plan:decay() plan:prune{older_than_days=30.0, below=0.05, "
		       "types={'involves'}, keep_last=false}\n"
		       "plan:decay{to='2024-01-01'}\nplan:merge{similarity=0.9}\n"
		       "plan:restore{fibers={'m\"1', 'é'}} plan:expire{} plan:rebuild{} "
		       "plan:reinforce{synapses={3, 4}, uses=2} plan:orphans{types={}}"
		       "plan:change{rows={{drop={fiber=7}}, {tune={fiber=8, salience=0.5}}}}"));
	assert_steps(r,
		"[{\"decay\":{}},"
		"{\"prune\":{\"below\":0.05,\"keep_last\":false,\"older_than_days\":30,"
		"\"types\":[\"involves\"]}},"
		"{\"decay\":{\"until\":\"2024-01-01\"}},"
		"{\"consolidate\":{\"similarity\":0.9}},"
		"{\"restore\":{\"fibers\":[\"m\\\"1\",\"é\"]}},{\"expire\":{}},{\"rebuild\":{}},"
		"{\"reinforce\":{\"synapses\":[3,4],\"uses\":2}},{\"orphans\":{\"types\":[]}},"
		"{\"change\":{\"rows\":[{\"drop\":{\"fiber\":7}},"
		"{\"tune\":{\"fiber\":8,\"salience\":0.5}}]}}]");
	rig_run_well(r, RUN(""));
	assert_steps(r, "[]");
}

static void changes_of_rows_stand_among_the_steps(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("plan:drop_neuron(1) plan:drop_synapse({id=2}) plan:expire{} "
			    "plan:tune_synapse(3, 0.1) plan:tune_fiber(4, 1) plan:drop_fiber(5)"));
	assert_steps(r,
		"[{\"change\":{\"rows\":[{\"drop\":{\"neuron\":1}},{\"drop\":{\"synapse\":2}}]}},"
		"{\"expire\":{}},"
		"{\"change\":{\"rows\":[{\"tune\":{\"synapse\":3,\"base\":0.1}},"
		"{\"tune\":{\"fiber\":4,\"salience\":1}},{\"drop\":{\"fiber\":5}}]}}]");
}

static void many_changes_are_one_step(void **state)
{
	struct rig *r = *state;
	size_t n = 0;

	rig_run_well(r, RUN("for i = 1, 10000 do plan:drop_neuron(i) end"));
	for (size_t i = 0; i < r->steps.len; i++)
		n += r->steps.ptr[i] == ':';
	assert_int_equal(n, 20002);
	assert_true(mn_str_starts(r->steps, "[{\"change\":{\"rows\":[{\"drop\":{\"neuron\":1}},{"));
}

static void a_step_that_is_none_is_refused_at_its_line(void **state)
{
	static const struct {
		const char *body, *says;
	} bad[] = {
		{"\nplan:explode{}", "t.lua:2: there is no verb explode; there are decay, "},
		{"\nplan:prune{belo=1}",
			"t.lua:2: prune: there is no parameter belo; it takes below, "},
		{"plan:expire{now=true}", "expire: there is no parameter now; it takes limit"},
		{"\nplan:prune{below=2}", "t.lua:2: prune: below must be a number from 0 to 1"},
		{"plan:prune{below='x'}", "prune: below must be a number"},
		{"plan:decay{to='soon'}", "decay: until must be a time"},
		{"plan:restore{fibers={1}}", "fibers must hold nothing but strings"},
		{"plan:change{rows=3}", "rows must be an array"},
		{"plan:prune{0.5}", "plan:prune takes parameters by name"},
		{"plan:prune(0.5)", "table expected, got number"},
		{"plan.prune{}", "written with a colon"},
		{"brain.neurons{}", "written with a colon"},
		{"brain.degree{1}", "written with a colon"},
		{"plan.drop_neuron(1)", "written with a colon"},
		{"plan:prune{below=print}", "a parameter of a step is a function"},
		{"plan:prune{below=0/0}", "a parameter of a step is no number"},
		{"plan:prune{below=1e999}", "a parameter of a step is no number"},
		{"plan:restore{fibers={'\\xff'}}", "not fit for a plan"},
		{"plan:restore{fibers={'\\0'}}", "not fit for a plan"},
		{"local t = {} t[1] = t plan:prune{types=t}", "tables within tables"},
		{"plan:restore{fibers={('x'):rep(2000000)}}", "more than 1 MiB"},
		{"plan:drop_neuron(0)", "an id is a whole number from 1 on"},
		{"plan:drop_neuron(-1)", "an id is a whole number"},
		{"plan:drop_neuron(1.5)", "an id is a whole number"},
		{"plan:drop_neuron('1')", "an id is a whole number"},
		{"plan:drop_neuron({})", "an id is a whole number"},
		{"plan:tune_synapse(1, 1.1)", "not from 0 to 1"},
		{"plan:tune_synapse(1, 0/0)", "not from 0 to 1"},
		{"plan:tune_synapse(1)", "number expected, got no value"},
		{"for i = 1, 2000 do plan:expire{} end", "at most 1000 steps"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[1000];

		snprintf(text, sizeof(text), RUN("%s"), bad[i].body);
		rig_run_badly(*state, text, MN_EINVAL, bad[i].says);
	}
}

static void a_script_runs_again_and_again(void **state)
{
	struct rig *r = *state;
	mn_script *s;
	mn_str first, second;

	assert_int_equal(mn_script_load(r->engine, &r->call, MN_STR("t.lua"),
				 MN_STR(RUN("plan:prune{below=math.random()}")), &r->options, &s),
		MN_OK);
	assert_int_equal(mn_script_run(s, r->brain, &r->call, NULL, 0, &r->options, &first), MN_OK);
	assert_int_equal(
		mn_script_run(s, r->brain, &r->call, NULL, 0, &r->options, &second), MN_OK);
	assert_true(first.len > 20 && mn_str_eq(first, second));
	mn_script_free(s);
}

/* ---- The manual --------------------------------------------------------------------------- */

/* The text between two lines of a page of the manual, as a reader sees it. */
static char *example_of(const char *path)
{
	static char page[65536];
	FILE *f = fopen(path, "r");
	char *from, *to, *out, *at;
	size_t n;

	assert_non_null(f);
	n = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	page[n] = '\0';
	from = strstr(page, ".Bd -literal");
	assert_non_null(from);
	from = strchr(from, '\n') + 1;
	to = strstr(from, ".Ed");
	assert_non_null(to);
	out = at = calloc(1, (size_t)(to - from) + 1);
	assert_non_null(out);
	while (from < to) {
		const bool escaped = from[0] == '\\' && from[1] == 'e';

		*at++ = escaped ? '\\' : *from;
		from += escaped ? 2 : 1;
	}
	return out;
}

static void the_script_in_the_manual_runs(void **state)
{
	struct rig *r = *state;
	const mn_script_value value = {MN_STR("kinds"), MN_STR("concept, entity")};
	const mn_time long_ago = INT64_C(1000000000000000);
	char *text = example_of(getenv("MN_MANUAL"));
	mn_neuron lonely = {.text = MN_STR("nobody knows me"), .type = MN_CONCEPT};
	const mn_change change = {MN_ADD, MN_NEURON, &lonely};
	mn_applied out = MN_SIZED(mn_applied);
	char want[256];

	assert_int_equal(mn_brain_reserve(r->brain, &r->call, MN_NEURON, 1, &lonely.id), MN_OK);
	lonely.created = long_ago;
	assert_int_equal(mn_brain_apply(r->brain, &r->call, NULL, &change, 1, &out), MN_OK);
	assert_int_equal(rig_run_with(r, text, &value, 1), MN_OK);
	assert_buf(&r->report, "nobody knows me\n");
	snprintf(want, sizeof(want),
		"[{\"prune\":{\"below\":0.05,\"older_than_days\":90}},"
		"{\"change\":{\"rows\":[{\"drop\":{\"neuron\":%llu}}]}}]",
		(unsigned long long)lonely.id);
	assert_steps(r, want);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(what_a_script_declares_is_told),
		IN_A_BRAIN(values_reach_the_script_in_their_types),
		IN_A_BRAIN(a_value_that_does_not_fit_is_refused),
		IN_A_BRAIN(a_value_given_twice_is_refused),
		IN_A_BRAIN(a_parameter_without_a_default_must_be_given),
		IN_A_BRAIN(a_bad_declaration_is_refused),
		IN_A_BRAIN(what_is_said_of_a_script_is_plain),
		IN_A_BRAIN(an_error_names_file_and_line),
		IN_A_BRAIN(a_failure_comes_with_a_traceback),
		IN_A_BRAIN(of_a_long_path_the_end_is_told),
		IN_A_BRAIN(lines_of_a_log_are_plain_and_bounded),
		IN_A_BRAIN(a_report_arrives_whole_and_has_an_end),
		IN_A_BRAIN(a_report_that_cannot_be_kept_ends_the_script),
		IN_A_BRAIN(progress_is_told_now_and_then),
		IN_A_BRAIN(moments_are_read_and_written),
		IN_A_BRAIN(steps_come_in_order_and_in_their_form),
		IN_A_BRAIN(changes_of_rows_stand_among_the_steps),
		IN_A_BRAIN(many_changes_are_one_step),
		IN_A_BRAIN(a_step_that_is_none_is_refused_at_its_line),
		IN_A_BRAIN(a_script_runs_again_and_again),
		IN_A_BRAIN(the_script_in_the_manual_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
