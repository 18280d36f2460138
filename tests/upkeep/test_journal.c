/* SPDX-License-Identifier: MIT */
/*
 * Journals that were written before batches had a form of their own: what is kept in journal1.sql,
 * JSON, is applied and taken back. Its runs were made over the brain that fill() makes: run 1 waits
 * to be applied, run 2 was done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "upkeep/journal_file.h"
#include "world.h"

enum { MEMORIES = 12, SYNAPSES = 60 };

static const char waiting[] =
	"[{\"prune\":{\"below\":0.3,\"older_than_days\":30}},{\"decay\":{}},"
	"{\"reinforce\":{\"synapses\":[7,8],\"uses\":3}},"
	"{\"consolidate\":{\"similarity\":0.95}},"
	"{\"archive\":{\"older_than_days\":30,\"salience_below\":0.3}},"
	"{\"change\":{\"rows\":[{\"tune\":{\"fiber\":9,\"salience\":0.875}}]}},{\"rebuild\":{}}]";
static const char done[] =
	"[{\"change\":{\"rows\":[{\"drop\":{\"neuron\":6}},{\"tune\":{\"synapse\":9,\"base\":0.0625}}]}},"
	"{\"prune\":{\"below\":0.3,\"older_than_days\":30}},{\"decay\":{}},"
	"{\"consolidate\":{\"similarity\":0.95}},{\"orphans\":{}}]";

/* ---- The brain ---------------------------------------------------------------------------- */

static const char *const subjects[] = {"the moth in the relay of the Mark II was the first bug",
	"the log book lies in a museum in Washington and is not lent",
	"a compiler turns words into \"machine\" code\nand complains of the rest",
	"an engine of brass \xe2\x80\x94 never built \xe2\x80\x94 weaves algebra like a loom"};

static void add(struct world *w, int kind, const void *row)
{
	const mn_change change = {MN_ADD, kind, row};

	OK(w, mn_brain_apply(w->brain, &w->call, NULL, &change, 1, NULL));
	mn_call_reset(&w->call);
}

/* Of any two memories of a subject, 1 and 5 and so on, one says a word more. */
static void add_memory(struct world *w, mn_id id)
{
	const mn_str tags[] = {MN_STR("logs"), id % 3 ? MN_STR("it's") : MN_STR("b\xc3\xbcrste")};
	const mn_id members[] = {id, id % MEMORIES + 1};
	char text[160], uid[16];
	mn_neuron n = {.id = id, .created = w->now - (mn_time)id * MN_DAY, .updated = w->now};
	mn_fiber f = {.id = id + 2, .anchor = id, .created = n.created, .coherence = 0.1 * 3};
	mn_state s = {.id = id, .level = 1.0 / (double)id, .decay = -1, .last = w->now, .uses = 9};

	snprintf(text, sizeof(text), "%s%s", subjects[id % 4], id > 4 ? " again" : "");
	snprintf(uid, sizeof(uid), "m:%u", (unsigned)id);
	n.text = mn_str_of(text);
	n.uid = id % 2 ? mn_str_of(uid) : (mn_str){NULL, 0};
	n.meta = id % 5 ? (mn_str){NULL, 0} : MN_STR("{\"source\":\"log \\\"book\\\"\"}");
	n.type = mn_type_code(MN_NEURON, MN_STR("memory"));
	n.flags = MN_NEURON_ANCHOR | MN_NEURON_DATED;
	add(w, MN_NEURON, &n);
	f.neurons = (mn_ids){members, id % 2 ? 2 : 0};
	f.flags = id % 2 ? 0 : MN_FIBER_STAR;
	f.tags = (mn_strs){tags, id % 3};
	f.summary = id % 4 ? (mn_str){NULL, 0} : MN_STR("in short");
	f.first = id % 2 ? n.created - MN_DAY : 0;
	f.last = f.first ? n.created : 0;
	f.salience = (double)(id % 8) / 7;
	f.uses = (uint32_t)id * 1000;
	add(w, MN_FIBER, &f);
	if (id % 3 == 0)
		add(w, MN_STATE, &s);
}

static void add_synapse(struct world *w, mn_id id)
{
	const char *const types[] = {"involves", "leads_to", "a type of \"ours\""};
	mn_synapse s = {.id = id, .from = id % MEMORIES + 1, .to = id * 7 % MEMORIES + 1};

	s.to = s.to == s.from ? s.to % MEMORIES + 1 : s.to;
	s.base = (double)(id * 37 % 101) / 101;
	s.created = w->now - (mn_time)(id % 90) * MN_DAY;
	s.last = id % 4 ? 0 : s.created + 3600;
	s.uses = (uint32_t)(id % 4 ? 0 : id);
	s.type = mn_type_code(MN_SYNAPSE, mn_str_of(types[id % 3]));
	s.flags = id % 5 ? 0 : MN_SYNAPSE_TWO_WAY;
	s.uid = id % 6 ? (mn_str){NULL, 0} : MN_STR("s:own");
	s.uid.len -= id % 6 == 0 && id != 6 ? s.uid.len : 0;
	s.meta = id % 11 ? (mn_str){NULL, 0} : MN_STR("{\"why\":\"\\u00e9\"}");
	add(w, MN_SYNAPSE, &s);
}

static void fill(struct world *w)
{
	mn_id first; /* of ids that come to nothing */

	for (mn_id id = 1; id <= MEMORIES; id++)
		add_memory(w, id);
	for (mn_id id = 1; id <= SYNAPSES; id++)
		add_synapse(w, id);
	w->now = moment("2024-06-01");
	OK(w, mn_brain_reserve(w->brain, &w->call, MN_NEURON, 1000, &first));
}

/* ---- The journal -------------------------------------------------------------------------- */

static char *fixture(void)
{
	FILE *f = fopen(getenv("MN_JOURNAL"), "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_in_range(fread(text, 1, (1 << 20) - 1, f), 1, (1 << 20) - 2);
	fclose(f);
	return text;
}

static sqlite3 *open_journal(struct world *w)
{
	sqlite3 *db = NULL;
	mn_str path;
	int lock;

	OK(w, mn_journal_place(w->brain, &w->call, &path, &lock));
	close(lock);
	assert_int_equal(sqlite3_open(path.ptr, &db), SQLITE_OK);
	return db;
}

static void run_sql(sqlite3 *db, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* Puts the old journal where the brain's is looked for. Its runs have taken ids since fill(). */
static void inherit(struct world *w)
{
	sqlite3 *db = open_journal(w);
	char *text = fixture();
	mn_id first;

	OK(w, mn_brain_reserve(w->brain, &w->call, MN_NEURON, 10, &first));
	run_sql(db, text);
	run_sql(db, "PRAGMA user_version = 1");
	sqlite3_close(db);
	free(text);
}

/* ---- Claims ------------------------------------------------------------------------------- */

static void what_waits_in_an_old_journal_is_applied_and_taken_back(void **state)
{
	struct world *w = *state;
	struct hash before, after;
	mn_plan *p = NULL;
	mn_run r;

	fill(w);
	before = hash_of(w);
	inherit(w);
	OK(w, mn_plan_open(w->brain, &w->call, 1, &p));
	OK(w, mn_plan_apply(p, &w->call, NULL, &r));
	mn_plan_free(p);
	assert_int_equal(r.done, 56);
	assert_int_equal(r.left_alone, 2); /* merged neurons that a reinforced synapse keeps */
	after = hash_of(w);
	assert_changed(before, after);
	OK(w, mn_run_undo(w->brain, &w->call, 1, false, NULL, &r));
	assert_int_equal(r.left_alone, 0);
	assert_same(before, hash_of(w));
}

static void the_same_steps_are_planned_alike_now(void **state)
{
	struct world *w = *state;
	const mn_plan_about *old, *new;
	mn_plan *p = NULL, *q;

	fill(w);
	inherit(w);
	OK(w, mn_plan_open(w->brain, &w->call, 1, &p));
	q = plan(w, waiting);
	old = mn_plan_look(p);
	new = mn_plan_look(q);
	assert_int_equal(old->changes, new->changes);
	assert_int_equal(old->batches, new->batches);
	assert_int_equal(old->nsteps, new->nsteps);
	for (size_t i = 0; i < old->nsteps; i++) {
		assert_int_equal(old->steps[i].neurons, new->steps[i].neurons);
		assert_int_equal(old->steps[i].synapses, new->steps[i].synapses);
		assert_int_equal(old->steps[i].fibers, new->steps[i].fibers);
		assert_int_equal(old->steps[i].kept, new->steps[i].kept);
		if (mn_str_is(old->steps[i].verb, "archive"))
			continue; /* then, memories that stayed were counted too */
		assert_memory_equal(
			old->steps[i].before, new->steps[i].before, sizeof(old->steps[i].before));
		assert_memory_equal(
			old->steps[i].after, new->steps[i].after, sizeof(old->steps[i].after));
	}
	mn_plan_free(p);
	mn_plan_free(q);
}

static void what_an_old_journal_says_was_done_is_taken_back(void **state)
{
	struct world *w = *state;
	struct hash before;
	mn_run r;

	fill(w);
	before = hash_of(w);
	inherit(w);
	run(w, done);
	assert_changed(before, hash_of(w));
	OK(w, mn_run_undo(w->brain, &w->call, 2, false, NULL, &r));
	assert_int_equal(r.left_alone, 0);
	assert_same(before, hash_of(w));
}

static void an_old_batch_that_is_damaged_is_told(void **state)
{
	struct world *w = *state;
	struct hash before;
	sqlite3 *db;
	mn_run r;

	fill(w);
	before = hash_of(w);
	inherit(w);
	db = open_journal(w);
	run_sql(db, "UPDATE batch SET backward = (SELECT backward FROM batch WHERE run = 1 AND"
		    " batch = 0) WHERE run = 2 AND batch = 2");
	sqlite3_close(db);
	assert_int_equal(mn_run_undo(w->brain, &w->call, 2, false, NULL, &r), MN_ECORRUPT);
	assert_non_null(strstr(w->call.err->text, "journal of maintenance is damaged"));
	mn_call_reset(&w->call);
	assert_same(before, hash_of(w));
}

/* Its archive is JSON: it is found, and comes back, but for two memories that had stayed. */
static void an_old_archive_is_read(void **state)
{
	struct world *w = *state;
	const mn_archived *found;
	uint64_t before;
	mn_plan *p = NULL;
	size_t n;

	fill(w);
	inherit(w);
	OK(w, mn_plan_open(w->brain, &w->call, 1, &p));
	OK(w, mn_plan_apply(p, &w->call, NULL, NULL));
	mn_plan_free(p);
	OK(w, mn_archive_search(w->brain, &w->call, MN_STR("museum"), 10, &found, &n));
	assert_int_equal(n, 1);
	assert_true(mn_str_is(found[0].uid, "m:1"));
	before = row_of(w).fibers;
	run(w, "[{\"restore\":{\"all\":true}}]");
	assert_int_equal(row_of(w).fibers, before + 1);
	OK(w, mn_archive_search(w->brain, &w->call, MN_STR(""), 10, &found, &n));
	assert_int_equal(n, 0);
}

/* What is written from then on is read by nothing that is older. */
static void an_old_journal_is_raised_to_the_new_version(void **state)
{
	struct world *w = *state;
	const mn_run *runs;
	size_t n;
	sqlite3 *db;

	inherit(w);
	OK(w, mn_run_list(w->brain, &w->call, &runs, &n));
	assert_int_equal(n, 2);
	db = open_journal(w);
	assert_int_equal(number(db, "PRAGMA user_version"), 2);
	run_sql(db, "PRAGMA user_version = 3");
	sqlite3_close(db);
	assert_int_equal(mn_run_list(w->brain, &w->call, &runs, &n), MN_EUNSUPPORTED);
	assert_non_null(strstr(w->call.err->text, "upgrade"));
	mn_call_reset(&w->call);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(what_waits_in_an_old_journal_is_applied_and_taken_back),
		IN_A_BRAIN(the_same_steps_are_planned_alike_now),
		IN_A_BRAIN(what_an_old_journal_says_was_done_is_taken_back),
		IN_A_BRAIN(an_old_batch_that_is_damaged_is_told),
		IN_A_BRAIN(an_old_archive_is_read),
		IN_A_BRAIN(an_old_journal_is_raised_to_the_new_version),
	};

	store_kind = argc > 1 ? argv[1] : store_kind;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
