/* SPDX-License-Identifier: MIT */
/* Scripts read rows: all of them, those asked for, in little memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend.h"
#include "base/type.h"
#include "rig.h"

#define MANY 60000
#define BATCH 1000

/* ---- A brain with many rows --------------------------------------------------------------- */

static void add(struct rig *r, int kind, const void *rows, size_t size, size_t n)
{
	mn_change changes[BATCH];
	mn_applied out = MN_SIZED(mn_applied);
	int status;

	for (size_t i = 0; i < n; i++)
		changes[i] = (mn_change){MN_ADD, kind, (const char *)rows + i * size};
	status = mn_brain_apply(r->brain, &r->call, NULL, changes, n, &out);
	if (status != MN_OK)
		print_error("%s\n", r->call.err->text);
	assert_int_equal(status, MN_OK);
	mn_call_reset(&r->call);
}

/* A ring of neurons, each with its number as text; the first synapse leaves the first neuron. */
static mn_id fill(struct rig *r)
{
	static mn_neuron neurons[BATCH];
	static mn_synapse synapses[BATCH];
	static char texts[BATCH][16];
	const mn_time when = INT64_C(1700000000000000);
	mn_id first, first_synapse;

	assert_int_equal(mn_brain_reserve(r->brain, &r->call, MN_NEURON, MANY, &first), MN_OK);
	assert_int_equal(
		mn_brain_reserve(r->brain, &r->call, MN_SYNAPSE, MANY, &first_synapse), MN_OK);
	for (mn_id at = 0; at < MANY; at += BATCH) {
		for (mn_id i = 0; i < BATCH; i++) {
			snprintf(texts[i], sizeof(texts[i]), "x%u", (unsigned)(at + i));
			neurons[i] = (mn_neuron){.id = first + at + i,
				.text = mn_str_of(texts[i]),
				.type = MN_CONCEPT,
				.created = when};
		}
		add(r, MN_NEURON, neurons, sizeof(*neurons), BATCH);
	}
	for (mn_id at = 0; at < MANY; at += BATCH) {
		for (mn_id i = 0; i < BATCH; i++)
			synapses[i] = (mn_synapse){.id = first_synapse + at + i,
				.from = first + at + i,
				.to = first + (at + i + 1) % MANY,
				.base = 0.5,
				.type = MN_SIMILAR_TO,
				.created = when};
		add(r, MN_SYNAPSE, synapses, sizeof(*synapses), BATCH);
	}
	return first;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static void what_a_brain_is_is_known(void **state)
{
	struct rig *r = *state;

	rig_run_well(r,
		RUN("emit(brain.name .. ' ' .. brain.counts.fibers .. ' ' .. brain.clock .. ' ' ..\n"
		    "tostring(brain.counts.neurons > 5 and brain.counts.synapses > 5) .. ' ' ..\n"
		    "brain.decay_rate .. ' ' .. tostring(brain.now >= brain.created))"));
	assert_buf(&r->report, "b 3 0 true 0.1 true");
}

static void every_row_comes_once(void **state)
{
	struct rig *r = *state;

	rig_run_well(r,
		RUN("local c = brain.counts\n"
		    "for kind, want in pairs{neurons=c.neurons, synapses=c.synapses, fibers=c.fibers} do\n"
		    "  local seen, n = {}, 0\n"
		    "  for row in brain[kind](brain) do\n"
		    "    assert(math.type(row.id) == 'integer' and not seen[row.id])\n"
		    "    seen[row.id] = true n = n + 1\n"
		    "  end\n"
		    "  assert(n == want, kind .. n)\n"
		    "end"));
}

static void rows_have_what_they_are_asked_for(void **state)
{
	struct rig *r = *state;

	rig_run_well(r,
		RUN("for n in brain:neurons{types='memory', text='program'} do\n"
		    "  emit(n.uid .. '|' .. n.text .. '|' .. n.type .. '|' .. tostring(n.anchor) ..\n"
		    "    tostring(n.meta) .. '\\n')\n"
		    "end\n"
		    "for n in brain:neurons{types={'memory'}, text='program', fields={}} do\n"
		    "  emit(tostring(n.text) .. tostring(n.uid) .. n.type .. '\\n')\n"
		    "end\n"
		    "for f in brain:fibers{tags={'red', 'blue'}} do\n"
		    "  table.sort(f.tags)\n"
		    "  emit(f.uid .. table.concat(f.tags, ',') .. tostring(f.archived) .. f.uses ..\n"
		    "    tostring(f.neurons) .. '\\n')\n"
		    "  for m in brain:fibers{neuron=f.anchor, fields={'members'}} do\n"
		    "    emit(tostring(#m.neurons > 2 and #m.synapses > 2) .. tostring(m.tags) .. '\\n')\n"
		    "  end\n"
		    "end"));
	assert_buf(&r->report, "m1|Ada wrote a program in London|memory|truenil\n"
			       "nilnilmemory\n"
			       "m1blue,rednil0nil\n"
			       "truenil\n");
}

static void synapses_have_their_weight_and_ends(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("for n in brain:neurons{types={'entity'}, text='london'} do\n"
			    "  for s in brain:synapses{neuron=n, fields={'uid'}} do\n"
			    "    assert(s.to == n.id and s.weight == s.base and s.weight > 0)\n"
			    "    emit(s.uid .. ' ' .. s.type .. '\\n')\n"
			    "  end\n"
			    "end"));
	assert_buf(&r->report, "m1|mentions|entity:london mentions\n"
			       "m2|mentions|entity:london mentions\n");
}

static void a_weight_is_that_at_the_decay_clock(void **state)
{
	struct rig *r = *state;
	mn_brain_row row, made;

	assert_int_equal(mn_brain_describe(r->brain, &r->call, &row), MN_OK);
	row.clock = row.created + 10 * MN_DAY;
	assert_int_equal(mn_store_update(r->store, &r->call, MN_STR("b"), &row, &made), MN_OK);
	rig_run_well(r, RUN("local n = 0\n"
			    "for s in brain:synapses{types={'mentions'}} do\n"
			    "  assert(math.abs(s.weight - s.base * math.exp(-0.1 * 10)) < 1e-12)\n"
			    "  n = n + 1\n"
			    "end\n"
			    "assert(n > 2)"));
}

static void time_and_limit_restrict(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("local function count(o) local n = 0\n"
			    "  for _ in brain:neurons(o) do n = n + 1 end return n end\n"
			    "assert(count{limit=2} == 2)\n"
			    "assert(count{before='2000-01-01'} == 0)\n"
			    "assert(count{since='2000-01-01'} == brain.counts.neurons)\n"
			    "assert(count{since=brain.now + DAY} == 0)\n"
			    "assert(count{types={'never-heard-of'}} == 0)\n"
			    "assert(count{text='nothing-has-this'} == 0)"));
}

static void degrees_are_counted(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("local ids, want = {}, {}\n"
			    "for n in brain:neurons{fields={}} do ids[#ids + 1] = n end\n"
			    "for s in brain:synapses{} do\n"
			    "  want[s.from] = (want[s.from] or 0) + 1\n"
			    "  want[s.to] = (want[s.to] or 0) + 1\n"
			    "end\n"
			    "local got = brain:degree(ids)\n"
			    "assert(#got == #ids and #brain:degree{} == 0)\n"
			    "for i, n in ipairs(ids) do assert(got[i] == (want[n.id] or 0)) end\n"
			    "assert(brain:degree{999999999}[1] == 0)"));
}

static void a_question_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *body, *says;
	} bad[] = {
		{"brain:neurons(3)", "table expected"},
		{"brain:neurons{tags={'a'}}", "the loop has no \"tags\""},
		{"brain:neurons{'memory'}", "the loop has no \"(number)\""},
		{"brain:neurons{types=3}", "types are a table of at most 1000 texts"},
		{"brain:neurons{types={3}}", "types are texts"},
		{"brain:neurons{types={''}}", "no name of a type"},
		{"brain:neurons{types={'\\xff'}}", "no name of a type"},
		{"brain:neurons{text='\\xff'}", "not valid UTF-8"},
		{"brain:neurons{text={}}", "string expected"},
		{"brain:neurons{since={}}", "a moment is a number"},
		{"brain:neurons{since='x'}", "no moment such as"},
		{"brain:neurons{limit=0}", "limit is a whole number"},
		{"brain:neurons{limit=1.5}", "no integer representation"},
		{"brain:neurons{fields={'colour'}}", "invalid option 'colour'"},
		{"brain:neurons{fields='text'}", "table expected"},
		{"brain:synapses{neuron='m1'}", "an id is a whole number"},
		{"brain:fibers{types={'x'}}", "the loop has no \"types\""},
		{"brain:fibers{tags={'\\xff'}}", "a tag is no UTF-8"},
		{"brain:degree{'x'}", "an id is a whole number"},
		{"brain:degree(3)", "table expected"},
		{"brain:neurons{text=('x'):rep(3000000)}", "more than 1 MiB"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[1000];

		snprintf(text, sizeof(text), RUN("%s"), bad[i].body);
		rig_run_badly(*state, text, MN_EINVAL, bad[i].says);
	}
}

/* ---- Many rows ---------------------------------------------------------------------------- */

static void many_rows_stream_through_little_memory(void **state)
{
	struct rig *r = *state;

	fill(r);
	r->options.memory = (uint64_t)1 << 20;
	rig_run_well(r, RUN("local n, m, d = 0, 0, 0\n"
			    "for x in brain:neurons{types={'concept'}} do\n"
			    "  if x.text:sub(1, 1) == 'x' then n = n + 1 end\n"
			    "end\n"
			    "for s in brain:synapses{types={'similar_to'}} do m = m + 1 end\n"
			    "emit(n .. ' ' .. m)"));
	assert_buf(&r->report, "60000 60000");
}

static void keeping_them_all_is_too_much(void **state)
{
	struct rig *r = *state;

	fill(r);
	r->options.memory = (uint64_t)1 << 20;
	rig_run_badly(*state, RUN("local t = {} for x in brain:neurons{} do t[#t + 1] = x end"),
		MN_ENOMEM, "not enough memory");
}

static void long_texts_stream_too(void **state)
{
	struct rig *r = *state;
	const size_t n = (size_t)1 << 20;
	char *long_text = malloc(n);
	mn_neuron rows[20];
	mn_id first;

	assert_non_null(long_text);
	memset(long_text, 'y', n);
	assert_int_equal(mn_brain_reserve(r->brain, &r->call, MN_NEURON, 20, &first), MN_OK);
	for (mn_id i = 0; i < 20; i++)
		rows[i] = (mn_neuron){.id = first + i,
			.text = {long_text, n - i},
			.type = MN_STATE,
			.created = 1};
	add(r, MN_NEURON, rows, sizeof(*rows), 20);
	r->options.memory = (uint64_t)8 << 20;
	rig_run_well(r, RUN("local sum = 0\n"
			    "for n in brain:neurons{fields={'text'}} do\n"
			    "  if n.created == 1 then sum = sum + #n.text end\n"
			    "end\n"
			    "emit(sum)"));
	assert_buf(&r->report, "20971330");
	free(long_text);
}

static void loops_nest_and_may_be_left(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("for i = 1, 200 do\n"
			    "  for n in brain:neurons{} do\n"
			    "    for s in brain:synapses{neuron=n} do break end\n"
			    "    if i % 2 == 0 then break end\n"
			    "  end\n"
			    "end\n"
			    "for i = 1, 50 do local next = brain:neurons{} next() end"));
	rig_run_badly(r,
		RUN("local keep = {}\n"
		    "for i = 1, 9 do keep[i] = {brain:neurons{}} end"),
		MN_EINVAL, "t.lua:2: more than 8 loops over rows");
}

static void a_loop_that_is_over_stays_so(void **state)
{
	struct rig *r = *state;

	rig_run_well(r, RUN("local next, _, _, scan = brain:fibers{}\n"
			    "local n = 0 while next() do n = n + 1 end\n"
			    "assert(n == 3 and next() == nil and next() == nil)\n"
			    "assert(getmetatable(scan) == 'rows')"));
}

/* ---- A store that fails ------------------------------------------------------------------- */

static int delete_brain(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	struct rig *r = ctx;

	(void)bytes, (void)n;
	return mn_store_delete(r->store, call, MN_STR("b"));
}

/* The brain goes while the script reads it: at its first emit. */
static void a_failure_of_the_store_keeps_its_status(void **state)
{
	struct rig *r = *state;
	const mn_sink sink = {r, delete_brain};

	fill(r);
	r->options.emit = &sink;
	rig_run_badly(r,
		RUN("local gone\nfor n in brain:neurons{} do\n"
		    "  if not gone then emit('x') gone = true end\nend"),
		MN_ENOBRAIN, "t.lua:2: ");
	assert_true(rig_heard(&r->trace, "in for iterator"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(what_a_brain_is_is_known),
		IN_A_BRAIN(every_row_comes_once),
		IN_A_BRAIN(rows_have_what_they_are_asked_for),
		IN_A_BRAIN(synapses_have_their_weight_and_ends),
		IN_A_BRAIN(a_weight_is_that_at_the_decay_clock),
		IN_A_BRAIN(time_and_limit_restrict),
		IN_A_BRAIN(degrees_are_counted),
		IN_A_BRAIN(a_question_that_is_none_is_refused),
		IN_A_BRAIN(many_rows_stream_through_little_memory),
		IN_A_BRAIN(keeping_them_all_is_too_much),
		IN_A_BRAIN(long_texts_stream_too),
		IN_A_BRAIN(loops_nest_and_may_be_left),
		IN_A_BRAIN(a_loop_that_is_over_stays_so),
		IN_A_BRAIN(a_failure_of_the_store_keeps_its_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
