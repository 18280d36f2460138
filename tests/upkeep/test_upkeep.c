/* SPDX-License-Identifier: MIT */
/* What maintenance does to a brain, and that it can be taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static const char *const sayings[] = {
	"The first bug was a moth in a relay of the Mark II",
	"Grace Hopper taped the moth into the log book",
	"A relay of the Mark II clicks like a clock",
	"Compilers turn words into machine code",
	"The log book lies in a museum in Washington",
};
enum { SAYINGS = sizeof(sayings) / sizeof(*sayings) };

static void fill(struct world *w)
{
	remember(w, sayings, SAYINGS);
	w->now = moment("2024-06-01");
}

static mn_ids all_of(struct world *w, int kind)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan;
	mn_id *ids;

	q.kind = kind;
	OK(w, mn_brain_scan(w->brain, &w->call, &q, &scan));
	OK(w, mn_scan_next(scan, &w->call, 10000, &page));
	mn_scan_done(scan);
	ids = calloc(page.rows.n + 1, sizeof(*ids));
	for (size_t i = 0; i < page.rows.n; i++)
		ids[i] = kind == MN_NEURON    ? page.rows.at.neuron[i].id
			 : kind == MN_SYNAPSE ? page.rows.at.synapse[i].id
					      : page.rows.at.fiber[i].id;
	return (mn_ids){ids, page.rows.n};
}

static size_t hits(struct world *w, const char *question)
{
	mn_ask ask = MN_SIZED(mn_ask);
	mn_answer answer = MN_SIZED(mn_answer);

	ask.text = mn_str_of(question);
	ask.depth = MN_DEPTH_AUTO;
	OK(w, mn_brain_recall(w->brain, &w->call, &ask, &answer));
	return answer.nhits;
}

/* ---- Decay -------------------------------------------------------------------------------- */

static void decay_moves_the_clock_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct hash before, after;
	mn_run r;

	fill(w);
	before = hash_of(w);
	r = run(w, "[{\"decay\":{}}]");
	assert_int_equal(r.done, 1);
	after = hash_of(w);
	assert_changed(before, after);
	assert_int_equal(row_of(w).clock, moment("2024-06-01"));
	w->now += MN_DAY / 2;
	assert_int_equal(run(w, "[{\"decay\":{}}]").changes, 0);
	assert_same(after, hash_of(w));
}

static void once_after_a_month_is_every_day_for_a_month(void **state)
{
	struct world *w = *state;
	struct hash daily;

	fill(w);
	for (int day = 0; day < 30; day++) {
		run(w, "[{\"decay\":{}}]");
		w->now += MN_DAY;
	}
	daily = hash_of(w);
	for (int day = 0; day < 30; day++)
		undo(w);
	assert_int_equal(row_of(w).clock, 0);
	w->now -= MN_DAY;
	run(w, "[{\"decay\":{}}]");
	assert_same(daily, hash_of(w));
}

/* ---- Undo --------------------------------------------------------------------------------- */

static void every_verb_is_taken_back_to_the_last_bit(void **state)
{
	static const char *const steps[] = {
		"[{\"decay\":{}}]",
		"[{\"decay\":{}},{\"prune\":{\"below\":0.9}}]",
		"[{\"decay\":{}},{\"prune\":{\"below\":1,\"keep_last\":false}},{\"orphans\":{}}]",
		"[{\"archive\":{\"salience_below\":1}}]",
		"[{\"archive\":{\"salience_below\":1,\"limit\":2}},{\"orphans\":{}}]",
		"[{\"consolidate\":{\"similarity\":0.3}}]",
		"[{\"reinforce\":{\"synapses\":[1,2,3],\"uses\":5}}]",
		"[{\"change\":{\"rows\":[{\"drop\":{\"neuron\":2}},{\"tune\":{\"synapse\":9,\"base\":0.25}}]}}]",
		"[{\"change\":{\"rows\":[{\"drop\":{\"fiber\":1}},{\"tune\":{\"fiber\":2,\"salience\":0.125}}]}}]",
		"[{\"rebuild\":{}}]",
	};
	struct world *w = *state;
	struct hash before, after;

	fill(w);
	before = hash_of(w);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		const mn_run r = run(w, steps[i]);

		assert_int_equal(r.state, MN_RUN_DONE);
		assert_int_equal(r.done, r.changes);
		assert_int_equal(r.left_alone, 0);
		after = hash_of(w);
		if (i + 1 < sizeof(steps) / sizeof(*steps))
			assert_changed(before, after);
		undo(w);
		if (memcmp(before.at, hash_of(w).at, 32) != 0)
			fail_msg("%s was not taken back", steps[i]);
	}
}

static void an_undo_can_be_undone(void **state)
{
	struct world *w = *state;
	struct hash before, after;
	mn_run r;

	fill(w);
	before = hash_of(w);
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	after = hash_of(w);
	r = undo(w);
	assert_same(before, hash_of(w));
	OK(w, mn_run_undo(w->brain, &w->call, r.run, false, NULL, NULL));
	assert_same(after, hash_of(w));
	undo(w);
	assert_same(before, hash_of(w));
}

static void what_was_changed_since_stays_and_is_told(void **state)
{
	struct world *w = *state;
	mn_synapse s;
	mn_rows rows;
	mn_change tune = {MN_TUNE, MN_SYNAPSE, &s};
	mn_id id = 3;
	mn_run r;

	fill(w);
	run(w, "[{\"reinforce\":{\"synapses\":[1,2,3],\"uses\":5}}]");
	OK(w, mn_brain_get(w->brain, &w->call, MN_SYNAPSE, (mn_ids){&id, 1}, 0, &rows));
	s = rows.at.synapse[0];
	s.base = 0.75;
	OK(w, mn_brain_apply(w->brain, &w->call, NULL, &tune, 1, NULL));
	assert_int_equal(mn_run_undo(w->brain, &w->call, 0, false, NULL, &r), MN_ECONFLICT);
	assert_non_null(strstr(w->call.err->text, "1 rows"));
	mn_call_reset(&w->call);
	OK(w, mn_run_undo(w->brain, &w->call, 0, true, NULL, &r));
	assert_int_equal(r.done, 2);
	assert_int_equal(r.left_alone, 1);
	OK(w, mn_brain_get(w->brain, &w->call, MN_SYNAPSE, (mn_ids){&id, 1}, 0, &rows));
	assert_int_equal(rows.at.synapse[0].uses, 5);
	assert_float_equal(rows.at.synapse[0].base, 0.75, 0);
}

/* ---- Plans -------------------------------------------------------------------------------- */

static void a_plan_writes_nothing_to_the_brain(void **state)
{
	struct world *w = *state;
	struct hash before;
	mn_plan *p;

	fill(w);
	before = hash_of(w);
	p = plan(w,
		"[{\"decay\":{}},{\"prune\":{\"below\":1}},{\"archive\":{\"salience_below\":1}},"
		"{\"consolidate\":{\"similarity\":0.3}},{\"orphans\":{}}]");
	assert_int_equal(mn_plan_look(p)->nsteps, 5);
	assert_true(mn_plan_look(p)->changes > 10);
	mn_plan_free(p);
	assert_same(before, hash_of(w));
}

static void a_plan_shows_what_recall_would_lose(void **state)
{
	const mn_str question = MN_STR("Who taped the moth?");
	struct world *w = *state;
	mn_plan_options o = MN_SIZED(mn_plan_options);
	const mn_plan_about *a;
	mn_plan *p;

	fill(w);
	o.questions = (mn_strs){&question, 1};
	OK(w, mn_plan_new(w->brain, &w->call, MN_STR("[{\"archive\":{\"salience_below\":1}}]"), &o,
		      &p));
	a = mn_plan_look(p);
	assert_int_equal(a->asked, 1);
	assert_true(a->nlosses >= 1);
	assert_int_equal(a->losses[0].rank, 1);
	assert_non_null(strstr(a->losses[0].text.ptr, "taped the moth"));
	mn_plan_free(p);
}

static void a_step_that_is_none_is_named(void **state)
{
	static const struct {
		const char *steps, *says;
	} bad[] = {
		{"", "no JSON"},
		{"{}", "array"},
		{"[]", "array"},
		{"[1]", "step 1"},
		{"[{\"decay\":{}},{\"melt\":{}}]", "step 2: there is no verb melt"},
		{"[{\"prune\":{\"under\":1}}]", "no parameter under"},
		{"[{\"prune\":{\"below\":2}}]", "from 0 to 1"},
		{"[{\"prune\":{\"below\":\"x\"}}]", "from 0 to 1"},
		{"[{\"prune\":{\"keep_last\":1}}]", "true or false"},
		{"[{\"prune\":[]}]", "object"},
		{"[{\"decay\":{\"until\":\"yesterday\"}}]", "time"},
		{"[{\"reinforce\":{}}]", "must be given"},
		{"[{\"reinforce\":{\"synapses\":[0]}}]", "ids"},
		{"[{\"restore\":{}}]", "all"},
		{"[{\"restore\":{\"fibers\":[\"nobody\"]}}]", "nobody"},
		{"[{\"change\":{\"rows\":[{\"drop\":{}}]}}]", "row 1"},
		{"[{\"change\":{\"rows\":[{\"tune\":{\"synapse\":1,\"base\":7}}]}}]", "0 to 1"},
	};
	struct world *w = *state;

	fill(w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		mn_plan *p = NULL;

		assert_int_equal(mn_plan_new(w->brain, &w->call, mn_str_of(bad[i].steps), NULL, &p),
			MN_EINVAL);
		assert_null(p);
		if (!strstr(w->call.err->text, bad[i].says))
			fail_msg("%s: %s", bad[i].steps, w->call.err->text);
		mn_call_reset(&w->call);
	}
}

static void somebody_elses_change_after_the_plan_is_left_alone(void **state)
{
	struct world *w = *state;
	mn_synapse s;
	mn_rows rows;
	mn_change tune = {MN_TUNE, MN_SYNAPSE, &s};
	mn_id id = 4;
	mn_plan *p;
	mn_run r;

	fill(w);
	p = plan(w, "[{\"decay\":{}},{\"prune\":{\"below\":1,\"keep_last\":false}}]");
	OK(w, mn_brain_get(w->brain, &w->call, MN_SYNAPSE, (mn_ids){&id, 1}, 0, &rows));
	s = rows.at.synapse[0];
	s.uses++;
	s.last = w->now;
	OK(w, mn_brain_apply(w->brain, &w->call, NULL, &tune, 1, NULL));
	OK(w, mn_plan_apply(p, &w->call, NULL, &r));
	assert_int_equal(r.left_alone, 1);
	assert_int_equal(r.done, r.changes - 1);
	OK(w, mn_brain_get(w->brain, &w->call, MN_SYNAPSE, (mn_ids){&id, 1}, 0, &rows));
	assert_int_equal(rows.at.synapse[0].id, id);
	mn_plan_free(p);
}

/* Everything at a neuron was pruned, then somebody dropped the neuron. */
static void what_has_no_neuron_any_more_does_not_come_back(void **state)
{
	enum { N = 2000 };
	struct world *w = *state;
	mn_neuron *neurons = calloc(N, sizeof(*neurons));
	mn_synapse *synapses = calloc(N, sizeof(*synapses));
	mn_change *changes = calloc(2 * N, sizeof(*changes));
	mn_run r;

	for (size_t i = 0; i < N; i++) {
		neurons[i] = (mn_neuron){.id = i + 1, .type = 1, .created = w->now};
		synapses[i] = (mn_synapse){.id = i + 1,
			.from = 1,
			.to = i + 1 < N ? i + 2 : 2,
			.base = 0.01,
			.type = 1,
			.created = w->now};
		changes[i] = (mn_change){MN_ADD, MN_NEURON, &neurons[i]};
		changes[N + i] = (mn_change){MN_ADD, MN_SYNAPSE, &synapses[i]};
	}
	OK(w, mn_brain_apply(w->brain, &w->call, NULL, changes, 2 * N, NULL));
	w->now += MN_DAY;
	assert_int_equal(run(w, "[{\"prune\":{\"older_than_days\":0}}]").done, N);
	changes[0].op = MN_DROP;
	OK(w, mn_brain_apply(w->brain, &w->call, NULL, changes, 1, NULL));
	r = undo(w);
	assert_int_equal(r.done, 0);
	assert_int_equal(r.left_alone, N);
	assert_int_equal(row_of(w).synapses, 0);
	free(neurons);
	free(synapses);
	free(changes);
}

static void a_synapse_that_came_after_the_plan_keeps_its_neuron(void **state)
{
	struct world *w = *state;
	mn_neuron lone = {.id = 100000, .text = MN_STR("lone"), .type = 6, .created = w->now};
	mn_synapse s = {.id = 100000, .to = 100000, .type = 13, .base = 0.5};
	mn_change add[] = {{MN_ADD, MN_NEURON, &lone}, {MN_ADD, MN_SYNAPSE, &s}};
	mn_ids neurons;
	mn_rows rows;
	mn_plan *p;
	mn_run r;

	OK(w, mn_brain_apply(w->brain, &w->call, NULL, add, 1, NULL));
	fill(w);
	neurons = all_of(w, MN_NEURON);
	s.from = neurons.at[0] == lone.id ? neurons.at[1] : neurons.at[0];
	free((void *)neurons.at);
	p = plan(w, "[{\"orphans\":{}}]");
	assert_int_equal(mn_plan_look(p)->steps[0].neurons, 1);
	OK(w, mn_brain_apply(w->brain, &w->call, NULL, add + 1, 1, NULL));
	OK(w, mn_plan_apply(p, &w->call, NULL, &r));
	assert_int_equal(r.left_alone, 1);
	OK(w, mn_brain_get(w->brain, &w->call, MN_NEURON, (mn_ids){&lone.id, 1}, 0, &rows));
	assert_int_equal(rows.at.neuron[0].id, lone.id);
	mn_plan_free(p);
}

/* ---- Verbs -------------------------------------------------------------------------------- */

static void pruning_keeps_the_last_link_of_a_memory(void **state)
{
	struct world *w = *state;
	mn_ids neurons;

	fill(w);
	w->now = moment("2026-01-01");
	run(w, "[{\"decay\":{}},{\"prune\":{\"below\":1}}]");
	neurons = all_of(w, MN_NEURON);
	for (size_t i = 0; i < neurons.n; i++) {
		const mn_edge *edges;
		mn_rows rows;
		uint64_t degree;
		size_t n;

		OK(w, mn_brain_get(w->brain, &w->call, MN_NEURON, (mn_ids){neurons.at + i, 1}, 0,
			      &rows));
		OK(w, mn_brain_edges(w->brain, &w->call, neurons.at[i], 0, &edges, &n, &degree));
		if (rows.at.neuron[0].flags & MN_NEURON_ANCHOR)
			assert_true(degree >= 1);
	}
	free((void *)neurons.at);
}

static void an_archived_memory_is_out_of_recall_and_found_on_request(void **state)
{
	struct world *w = *state;
	const mn_archived *found;
	size_t n;
	mn_run r;

	fill(w);
	assert_true(hits(w, "museum in Washington") >= 1);
	r = run(w, "[{\"archive\":{\"salience_below\":1}}]");
	assert_true(r.freed > 0);
	assert_int_equal(row_of(w).fibers, 0);
	assert_int_equal(hits(w, "museum in Washington"), 0);
	OK(w, mn_archive_search(w->brain, &w->call, MN_STR("WASHINGTON museum"), 10, &found, &n));
	assert_int_equal(n, 1);
	assert_non_null(strstr(found[0].text.ptr, "log book lies"));
	OK(w, mn_archive_search(w->brain, &w->call, MN_STR(""), 10, &found, &n));
	assert_int_equal(n, SAYINGS);
}

/* An earlier step changes a synapse of one, which therefore stays: it is not in the archive too. */
static void a_memory_is_either_archived_or_stays(void **state)
{
	struct world *w = *state;
	const mn_archived *archived;
	mn_ids fibers;
	struct hash before;
	size_t n;

	fill(w);
	before = hash_of(w);
	run(w, "[{\"reinforce\":{\"synapses\":[1]}},{\"archive\":{\"salience_below\":1}}]");
	OK(w, mn_archive_search(w->brain, &w->call, (mn_str){NULL, 0}, 100, &archived, &n));
	fibers = all_of(w, MN_FIBER);
	assert_in_range(fibers.n, 1, SAYINGS - 1);
	assert_int_equal(n + fibers.n, SAYINGS);
	free((void *)fibers.at);
	undo(w);
	assert_same(before, hash_of(w));
}

static void a_restored_archive_is_as_if_it_had_never_been(void **state)
{
	struct world *w = *state;
	const mn_archived *found;
	struct hash before;
	size_t n;

	fill(w);
	before = hash_of(w);
	run(w, "[{\"archive\":{\"salience_below\":1,\"limit\":2}}]");
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	OK(w, mn_archive_search(w->brain, &w->call, MN_STR(""), 0, &found, &n));
	assert_int_equal(n, SAYINGS);
	while (n > 0) { /* one by one, the last first */
		char steps[512];

		snprintf(steps, sizeof(steps), "[{\"restore\":{\"fibers\":[\"%.*s\"]}}]",
			(int)found[n - 1].uid.len, found[n - 1].uid.ptr);
		run(w, steps);
		OK(w, mn_archive_search(w->brain, &w->call, MN_STR(""), 0, &found, &n));
	}
	assert_same(before, hash_of(w));
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	run(w, "[{\"restore\":{\"all\":true}}]");
	assert_same(before, hash_of(w));
}

static void of_two_that_say_the_same_one_stays_with_all_links(void **state)
{
	static const char *const twice[] = {
		"The quick brown fox jumps over the lazy dog in Berlin",
		"The quick brown fox jumps over the lazy dog, in Berlin!",
		"Something else entirely about ships and sails",
	};
	struct world *w = *state;
	struct hash once;
	mn_run r;

	remember(w, twice, 3);
	w->now = moment("2024-06-01");
	assert_int_equal(row_of(w).fibers, 3);
	r = run(w, "[{\"consolidate\":{\"similarity\":0.8}}]");
	assert_true(r.changes > 0);
	assert_int_equal(row_of(w).fibers, 2);
	once = hash_of(w);
	r = run(w, "[{\"consolidate\":{\"similarity\":0.8}}]");
	assert_int_equal(r.changes, 0);
	assert_same(once, hash_of(w));
	assert_true(hits(w, "fox in Berlin") >= 1);
}

static void a_memory_expires_when_its_time_has_come(void **state)
{
	struct world *w = *state;
	mn_note n[2] = {MN_SIZED(mn_note), MN_SIZED(mn_note)};
	mn_remembered r = MN_SIZED(mn_remembered);

	n[0].text = MN_STR("The password of the week is swordfish");
	n[0].meta = MN_STR("{\"expires\":\"2024-02-01\"}");
	n[1].text = MN_STR("Expires means something else here");
	n[1].meta = MN_STR("{\"note\":\"expires\"}");
	OK(w, mn_brain_remember(w->brain, &w->call, n, 2, &r));
	w->now = moment("2024-01-31");
	assert_int_equal(run(w, "[{\"expire\":{}}]").changes, 0);
	w->now = moment("2024-02-02");
	assert_true(run(w, "[{\"expire\":{}}]").changes > 0);
	assert_int_equal(row_of(w).fibers, 1);
	assert_int_equal(hits(w, "password swordfish"), 0);
}

/* ---- Runs --------------------------------------------------------------------------------- */

static void a_cancelled_run_goes_on_where_it_was(void **state)
{
	struct world *w = *state;
	struct hash whole;
	mn_plan *p;
	mn_run r;

	fill(w);
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	whole = hash_of(w);
	undo(w);
	p = plan(w, "[{\"archive\":{\"salience_below\":1}}]");
	w->call.token = mn_token_new();
	mn_token_cancel(w->call.token);
	assert_int_equal(mn_plan_apply(p, &w->call, NULL, NULL), MN_ECANCELLED);
	mn_plan_free(p);
	mn_token_free(w->call.token);
	w->call.token = NULL;
	mn_call_reset(&w->call);
	p = plan(w, "[{\"decay\":{}}]");
	OK(w, mn_plan_apply(p, &w->call, NULL, NULL)); /* it had not begun */
	mn_plan_free(p);
	undo(w);
	(void)r;
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	assert_same(whole, hash_of(w));
}

static void the_history_tells_every_run(void **state)
{
	struct world *w = *state;
	const mn_run *runs;
	mn_plan *p;
	size_t n;

	fill(w);
	run(w, "[{\"decay\":{}}]");
	undo(w);
	p = plan(w, "[{\"rebuild\":{}},{\"orphans\":{}}]");
	mn_plan_free(p);
	OK(w, mn_run_list(w->brain, &w->call, &runs, &n));
	assert_int_equal(n, 3);
	assert_int_equal(runs[0].state, MN_RUN_PLANNED);
	assert_true(mn_str_is(runs[0].title, "rebuild, orphans"));
	assert_int_equal(runs[1].undoes, runs[2].run);
	assert_int_equal(runs[2].state, MN_RUN_UNDONE);
	w->now += 2 * MN_DAY;
	p = plan(w, "[{\"decay\":{}}]");
	mn_plan_free(p);
	OK(w, mn_run_list(w->brain, &w->call, &runs, &n));
	assert_int_equal(n, 3); /* what was planned two days ago is gone */
	assert_true(mn_str_is(runs[0].title, "decay"));
}

static size_t files_left;

static int count_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)path, (void)st, (void)ftw;
	files_left += flag == FTW_F;
	return 0;
}

static size_t journals(struct world *w)
{
	files_left = 0;
	nftw(w->state, count_file, 16, FTW_PHYS);
	return files_left;
}

static void a_journal_goes_with_its_brain(void **state)
{
	struct world *w = *state;

	fill(w);
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	assert_true(journals(w) > 0);
	mn_brain_close(w->brain);
	w->brain = NULL;
	OK(w, mn_store_delete(w->store, &w->call, MN_STR("b")));
	assert_int_equal(journals(w), 0);
}

static void what_was_let_go_cannot_be_taken_back(void **state)
{
	struct world *w = *state;
	const mn_run *runs;
	mn_plan *p;
	size_t n;

	fill(w);
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	w->now += (MN_RUN_KEPT_DAYS + 1) * MN_DAY;
	run(w, "[{\"decay\":{}}]");
	assert_int_equal(mn_run_undo(w->brain, &w->call, 1, false, NULL, NULL), MN_EINVAL);
	assert_non_null(strstr(w->call.err->text, "let go"));
	mn_call_reset(&w->call);
	assert_int_equal(mn_plan_open(w->brain, &w->call, 1, &p), MN_EINVAL);
	mn_call_reset(&w->call);
	undo(w); /* the newer one is kept */
	OK(w, mn_run_forget(w->brain, &w->call, w->now + 1));
	OK(w, mn_run_list(w->brain, &w->call, &runs, &n));
	assert_int_equal(n, 3);
	assert_int_equal(
		mn_run_undo(w->brain, &w->call, runs[0].run, false, NULL, NULL), MN_EINVAL);
	mn_call_reset(&w->call);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(decay_moves_the_clock_and_nothing_else),
		IN_A_BRAIN(once_after_a_month_is_every_day_for_a_month),
		IN_A_BRAIN(every_verb_is_taken_back_to_the_last_bit),
		IN_A_BRAIN(an_undo_can_be_undone),
		IN_A_BRAIN(what_was_changed_since_stays_and_is_told),
		IN_A_BRAIN(a_plan_writes_nothing_to_the_brain),
		IN_A_BRAIN(a_plan_shows_what_recall_would_lose),
		IN_A_BRAIN(a_step_that_is_none_is_named),
		IN_A_BRAIN(somebody_elses_change_after_the_plan_is_left_alone),
		IN_A_BRAIN(what_has_no_neuron_any_more_does_not_come_back),
		IN_A_BRAIN(a_synapse_that_came_after_the_plan_keeps_its_neuron),
		IN_A_BRAIN(pruning_keeps_the_last_link_of_a_memory),
		IN_A_BRAIN(an_archived_memory_is_out_of_recall_and_found_on_request),
		IN_A_BRAIN(a_memory_is_either_archived_or_stays),
		IN_A_BRAIN(a_restored_archive_is_as_if_it_had_never_been),
		IN_A_BRAIN(of_two_that_say_the_same_one_stays_with_all_links),
		IN_A_BRAIN(a_memory_expires_when_its_time_has_come),
		IN_A_BRAIN(a_cancelled_run_goes_on_where_it_was),
		IN_A_BRAIN(the_history_tells_every_run),
		IN_A_BRAIN(a_journal_goes_with_its_brain),
		IN_A_BRAIN(what_was_let_go_cannot_be_taken_back),
	};

	store_kind = argc > 1 ? argv[1] : getenv("NEO4J_URL") ? "neo4j" : store_kind;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
