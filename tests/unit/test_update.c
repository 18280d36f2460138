/* SPDX-License-Identifier: MIT */
/* Notes that come again, changed or not, in whatever batches: the graph depends on them alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>

#include <cmocka.h>

#include "world.h"

/* ---- Again -------------------------------------------------------------------------------- */

static void the_same_again_writes_nothing_at_all(void **state)
{
	struct world *w = *state;
	mn_note n[3] = {
		turn("a", "s", "rain?"), turn("b", "s", "Snow on Mount Doom"), note("", "x")};
	mn_remembered r = remember(w, n, 3);
	mn_id fibers[3];
	mn_gen before;

	memcpy(fibers, r.fibers, sizeof(fibers));
	assert_int_equal(mn_brain_generation(w->brain, &w->call), MN_OK);
	before = w->call.at;
	r = remember(w, n, 3);
	assert_int_equal(r.unchanged, 3);
	assert_int_equal(r.added + r.updated + r.neurons + r.synapses, 0);
	assert_memory_equal(fibers, r.fibers, sizeof(fibers));
	assert_int_equal(mn_brain_generation(w->brain, &w->call), MN_OK);
	assert_memory_equal(&before, &w->call.at, sizeof(before));
}

static void a_line_that_stands_twice_is_one_memory(void **state)
{
	mn_note n[4] = {turn("", "s", "rain"), turn("", "s", "snow"), turn("", "s", "rain"),
		turn("", "t", "rain")};
	mn_remembered r = remember(*state, n, 4);

	assert_int_equal(r.added, 3);
	assert_int_equal(r.unchanged, 1);
	assert_int_equal(r.fibers[0], r.fibers[2]);
	assert_int_not_equal(r.fibers[0], r.fibers[3]);
}

static void a_derived_id_is_the_same_everywhere(void **state)
{
	mn_note n = note("", "Snow");

	remember(*state, &n, 1);
	assert_has(*state, "m:05538zytj09416kfd9dhc8n18w = memory:Snow", true);
}

static void a_changed_text_changes_what_the_memory_says_and_nothing_else(void **state)
{
	struct world *w = *state;
	mn_note n[3] = {turn("a", "s", "rain"), turn("b", "s", "Rain near New York"),
		turn("c", "s", "sun")};
	mn_fiber *f;
	mn_rows rows;
	mn_remembered r = remember(w, n, 3);
	mn_id fiber = r.fibers[1];

	/* Somebody finds it important, and recall used it. */
	assert_int_equal(
		mn_brain_get(w->brain, &w->call, MN_FIBER, (mn_ids){&fiber, 1}, 0, &rows), MN_OK);
	f = (mn_fiber *)rows.at.fiber;
	f->salience = .75;
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL,
				 &(mn_change){MN_TUNE, MN_FIBER, f}, 1, NULL),
		MN_OK);
	n[1] = turn("b", "s", "Rain near Rome and rain?");
	r = remember(w, &n[1], 1);
	assert_int_equal(r.updated, 1);
	assert_int_equal(r.fibers[0], fiber);
	assert_has(w, "b|involves|concept:york", false);
	assert_has(w, "b|mentions|entity:new york", false);
	assert_has(w, "b|mentions|entity:rome 1.0", true);
	assert_has(w, "b|involves|concept:rome 0.600240", true); /* L 4: 1 / (1 + .9 * .74) */
	assert_has(w, "b|involves|concept:rain 0.750188", true); /* 2 / (2 + .9 * .74) */
	assert_has(w, "a|before|b 0.700000", true);
	assert_has(w, "b|before|c 0.700000", true);
	assert_has(w, "b|leads_to|c 1.000000", true); /* it asks now */
	assert_has(w, "b {} salience 0.75\n", true);
	assert_has(w, "concept:york", true); /* others may have been linked to it meanwhile */
	n[1].text = MN_STR("Rain.");
	remember(w, &n[1], 1);
	assert_has(w, "b|leads_to|", false);
	assert_has(w, "b|mentions|entity:rain 1.0", true);
}

static void what_others_linked_to_a_memory_outlives_its_text(void **state)
{
	struct world *w = *state;
	mn_note n[2] = {note("a", "rain"), note("b", "snow")};
	mn_synapse s[2] = {{.uid = MN_STR("mine"), .type = MN_INVOLVES, .base = .25},
		{.type = MN_RELATED_TO, .base = .5}};
	mn_change add[2] = {{MN_ADD, MN_SYNAPSE, &s[0]}, {MN_ADD, MN_SYNAPSE, &s[1]}};
	mn_key snow = {MN_CONCEPT, MN_STR("snow")};
	mn_str uids[2] = {MN_STR("a"), MN_STR("b")};
	mn_id ids[2], first, concept;

	remember(w, n, 2);
	assert_int_equal(
		mn_brain_resolve(w->brain, &w->call, MN_NEURON, (mn_strs){uids, 2}, ids), MN_OK);
	assert_int_equal(mn_brain_lookup(w->brain, &w->call, &snow, 1, &concept), MN_OK);
	assert_int_equal(mn_brain_reserve(w->brain, &w->call, MN_SYNAPSE, 2, &first), MN_OK);
	for (size_t i = 0; i < 2; i++) {
		s[i].id = first + i;
		s[i].from = ids[0];
		s[i].to = i ? ids[1] : concept;
	}
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, add, 2, NULL), MN_OK);
	n[0].text = MN_STR("hail");
	remember(w, n, 1);
	assert_has(w, "\nmine 0.250000", true);
	assert_has(w, "\na|related_to|b 0.500000", true);
	assert_has(w, "a|involves|concept:rain", false);
}

static void a_memory_that_changes_its_session_leaves_the_other_one(void **state)
{
	struct world *w = *state;
	mn_note n[5] = {turn("a", "s", "rain"), turn("b", "s", "snow?"), turn("c", "s", "sun"),
		turn("x", "t", "fog"), turn("d", "s", "hail")};

	remember(w, n, 4);
	n[1].session = MN_STR("t");
	remember(w, n + 1, 1);
	remember(w, n + 4, 1);
	assert_has(w, "|before|b 0.7", true);
	assert_has(w, "x|before|b 0.700000", true);
	assert_has(w, "a|before|b", false);
	assert_has(w, "b|before|", false);
	assert_has(w, "b|leads_to|", false);
	assert_has(w, "b|during|session:s", false);
	assert_has(w, "b|during|session:t", true);
	assert_has(w, "a|before|c 0.490000", true);
	assert_has(w, "c|before|d 0.700000", true);
	assert_has(w, "session:s {\"tail\":[\"d\",\"c\",\"a\"]}", true);
	assert_has(w, "session:t {\"tail\":[\"b\",\"x\"]}", true);
}

/* ---- The same graph, however it came ------------------------------------------------------ */

struct tale {
	mn_note notes[500];
	char ids[500][16], texts[500][96];
	mn_str link;
};

static unsigned roll(uint64_t *seed, unsigned n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(*seed >> 33) % n;
}

/* Notes with repeated ids, changed texts, sessions that change, questions, names, times. */
static struct tale *make_tale(uint64_t seed)
{
	static const char *const words[] = {"rain", "Snow", "Mount Doom", "{sun}", "hail",
		"in 1999", "fog", "New York", "wind", "I", "frost", "dew"};
	static const char *const sessions[] = {"", "s", "t", "u"};
	static const char *const names[] = {"", "Rain", "Mount Doom", "Ada (Lovelace)"};
	struct tale *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->link = MN_STR("New York");
	for (size_t i = 0; i < 500; i++) {
		mn_note *n = &t->notes[i];
		size_t at = 0;

		for (unsigned k = 1 + roll(&seed, 4); k > 0; k--)
			at += (size_t)snprintf(t->texts[i] + at, sizeof(t->texts[i]) - at, "%s%s",
				words[roll(&seed, 12)],
				k > 1            ? " "
				: roll(&seed, 3) ? "."
						 : "?");
		snprintf(t->ids[i], sizeof(t->ids[i]), "n%u", roll(&seed, 300));
		*n = note(roll(&seed, 9) ? t->ids[i] : "", t->texts[i]);
		n->session = mn_str_of(sessions[roll(&seed, 4)]);
		n->speaker = mn_str_of(names[roll(&seed, 4)]);
		n->title = mn_str_of(roll(&seed, 5) ? "" : names[roll(&seed, 4)]);
		n->has_time = roll(&seed, 3) == 0;
		n->time = (mn_time)roll(&seed, 800) * MN_DAY;
		n->links = (mn_strs){&t->link, roll(&seed, 7) == 0};
		if (i > 10 && roll(&seed, 20) == 0)
			*n = t->notes[i - 1 - roll(&seed, 9)];
	}
	return t;
}

static mn_buf tell(const struct tale *t, size_t batch, size_t first_half)
{
	struct world w = {0};
	mn_buf b;
	size_t all = 0;

	open_world(&w);
	for (size_t at = 0; at < first_half; at += batch)
		remember(&w, t->notes + at, first_half - at < batch ? first_half - at : batch);
	for (size_t at = 0, n; at < 500; at += n) {
		mn_remembered r;

		n = 500 - at < batch ? 500 - at : batch;
		r = remember(&w, t->notes + at, n);
		all += r.added + r.updated + r.unchanged;
	}
	assert_int_equal(all, 500);
	b = dump(&w);
	close_world(&w);
	return b;
}

static void the_graph_does_not_depend_on_where_batches_end(void **state)
{
	static const size_t batches[] = {1, 7, 64, 1000};

	(void)state;
	for (uint64_t seed = 1; seed < (getenv("MN_FULL") ? 100 : 5); seed++) {
		struct tale *t = make_tale(seed);
		mn_buf want = tell(t, 1, 0);

		assert_true(has(&want, "|leads_to|") && has(&want, "|before|"));
		for (size_t i = 1; i < 4; i++) {
			mn_buf got = tell(t, batches[i], 0);

			assert_true(mn_str_eq(mn_buf_view(&got), mn_buf_view(&want)));
			mn_buf_free(&got);
		}
		mn_buf_free(&want);
		free(t);
	}
}

/* Notes that were stored before the interruption come again unchanged. */
static void the_graph_does_not_depend_on_an_interruption(void **state)
{
	struct tale *t = make_tale(99);
	mn_buf whole, resumed;

	(void)state;
	for (size_t i = 0; i < 500; i++) /* an id names one memory, as in a file of one's own */
		snprintf(t->ids[i], sizeof(t->ids[i]), "n%zu", i);
	for (size_t i = 0; i < 500; i++)
		t->notes[i].id = mn_str_of(t->ids[i]);
	whole = tell(t, 50, 0);
	resumed = tell(t, 50, 230);
	assert_true(mn_str_eq(mn_buf_view(&whole), mn_buf_view(&resumed)));
	mn_buf_free(&whole);
	mn_buf_free(&resumed);
	free(t);
}

/* ---- Two writers -------------------------------------------------------------------------- */

struct writer {
	struct world *world;
	const struct tale *tale;
	size_t from;
	int rc;
};

static void *write_half(void *ctx)
{
	struct writer *me = ctx;
	mn_remembered r = MN_SIZED(mn_remembered);
	mn_call call;

	me->rc = mn_call_init(&call, me->world->engine, 0);
	for (size_t i = me->from; me->rc == MN_OK && i < 500; i += 2)
		me->rc = mn_brain_remember(me->world->brain, &call, &me->tale->notes[i], 1, &r);
	mn_call_done(&call);
	return NULL;
}

static void two_writers_lose_nothing_and_double_nothing(void **state)
{
	struct world *w = *state;
	struct tale *t = make_tale(3);
	struct writer both[2] = {{w, t, 0, 0}, {w, t, 1, 0}};
	mn_buf one, two;
	pthread_t threads[2];

	for (size_t i = 0; i < 500; i++) { /* so that the order makes no difference */
		snprintf(t->ids[i], sizeof(t->ids[i]), "n%zu", i);
		t->notes[i].id = mn_str_of(t->ids[i]);
		t->notes[i].session = (mn_str){NULL, 0};
	}
	one = tell(t, 100, 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_half, &both[i]), 0);
	for (size_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(both[0].rc, MN_OK);
	assert_int_equal(both[1].rc, MN_OK);
	two = dump(w);
	/* Labels are those of whoever came first: compared are the memories and their synapses. */
	mn_buf_char(&one, '\0');
	mn_buf_char(&two, '\0');
	assert_non_null(strstr(one.ptr, "\nn0 ="));
	assert_non_null(strstr(two.ptr, "\nn0 ="));
	assert_string_equal(strstr(one.ptr, "\nn0 ="), strstr(two.ptr, "\nn0 ="));
	mn_buf_free(&one);
	mn_buf_free(&two);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(the_same_again_writes_nothing_at_all),
		IN_A_BRAIN(a_line_that_stands_twice_is_one_memory),
		IN_A_BRAIN(a_derived_id_is_the_same_everywhere),
		IN_A_BRAIN(a_changed_text_changes_what_the_memory_says_and_nothing_else),
		IN_A_BRAIN(what_others_linked_to_a_memory_outlives_its_text),
		IN_A_BRAIN(a_memory_that_changes_its_session_leaves_the_other_one),
		cmocka_unit_test(the_graph_does_not_depend_on_where_batches_end),
		cmocka_unit_test(the_graph_does_not_depend_on_an_interruption),
		IN_A_BRAIN(two_writers_lose_nothing_and_double_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
