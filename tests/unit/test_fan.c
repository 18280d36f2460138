/* SPDX-License-Identifier: MIT */
/* The kernel "fan": each rule on a graph small enough to be worked out by hand. */
#include "sketch.h"

#include <math.h>

#include "recall/fan.h"

static double idf(double n, double fan)
{
	return log(1 + (n - fan + .5) / (fan + .5));
}

static mn_answer ask_by(sketch *s, const char *text, int depth)
{
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);

	q.text = mn_str_of(text);
	q.depth = depth;
	q.fresh = true;
	OK(&s->call, mn_brain_recall(s->brain, &s->call, &q, &a));
	return a;
}

/* 0: not among the hits */
static double score_of(const mn_answer *a, const char *uid)
{
	for (size_t i = 0; i < a->nhits; i++)
		if (mn_str_is(a->hits[i].uid, uid))
			return a->hits[i].score;
	return 0;
}

static mn_id concept(sketch *s, const char *stem)
{
	return sketch_neuron(s, MN_CONCEPT, stem, 0);
}

static void a_rare_concept_gives_more_than_a_common_one(void **state)
{
	sketch *s = sketch_begin();
	mn_id m[4], bug, cat;
	mn_answer a;
	double m1, m2;

	(void)state;
	for (int i = 0; i < 4; i++)
		m[i] = sketch_memory(s, (const char *[]){"a", "b", "c", "d"}[i], "x", 0);
	bug = concept(s, "bug");
	cat = concept(s, "cat");
	sketch_synapse(s, m[0], bug, MN_INVOLVES, .5);
	sketch_synapse(s, m[1], bug, MN_INVOLVES, .4);
	sketch_synapse(s, m[1], cat, MN_INVOLVES, .6);
	sketch_write(s);
	a = ask_by(s, "bug or cat?", MN_DEPTH_INSTANT);
	m1 = .5 * idf(4, 2);
	m2 = .4 * idf(4, 2) + .6 * idf(4, 1);
	assert_int_equal(a.nhits, 2);
	near(score_of(&a, "b"), 1);
	near(score_of(&a, "a"), m1 / m2);
	near(a.hits[0].level, 1);
	sketch_end(s);
}

static void a_word_asked_twice_counts_twice(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_answer answer;

	(void)state;
	sketch_synapse(s, a, concept(s, "bug"), MN_INVOLVES, .5);
	sketch_synapse(s, b, concept(s, "cat"), MN_INVOLVES, .5);
	sketch_write(s);
	answer = ask_by(s, "bug bug cat", MN_DEPTH_INSTANT);
	near(score_of(&answer, "b"), .5);
	sketch_end(s);
}

static void two_words_side_by_side_count_once_more(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "a red cat", 0), b = sketch_memory(s, "b", "cat, red", 0);
	mn_id c = sketch_memory(s, "c", "nothing", 0);
	mn_id red = concept(s, "red"), cat = concept(s, "cat");
	mn_answer answer;
	double one = .5 * 1.9 * idf(3, 2), pair = .3 * 1.9 * (1 / 1.9) * idf(3, 1);

	(void)state, (void)c;
	sketch_synapse(s, a, red, MN_INVOLVES, .5);
	sketch_synapse(s, a, cat, MN_INVOLVES, .5);
	sketch_synapse(s, b, red, MN_INVOLVES, .5);
	sketch_synapse(s, b, cat, MN_INVOLVES, .5);
	sketch_write(s);
	answer = ask_by(s, "red cat", MN_DEPTH_INSTANT);
	near(score_of(&answer, "a"), 1);
	near(score_of(&answer, "b"), 2 * one / (2 * one + pair));
	sketch_end(s);
}

/* A name gives 1.3 / fan to the memories that bear it, which are gated by 1.35 as well. */
static void a_name_in_the_question_fires_to_those_who_bear_it(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id c = sketch_memory(s, "c", "x", 0), d = sketch_memory(s, "d", "x", 0);
	mn_id hopper = sketch_neuron(s, MN_ENTITY, "grace hopper", 0), bug = concept(s, "bug");
	mn_answer answer;

	(void)state, (void)d;
	sketch_synapse(s, a, bug, MN_INVOLVES, .5);
	sketch_synapse(s, b, hopper, MN_NAMED, 1);
	sketch_synapse(s, c, hopper, MN_NAMED, 1);
	sketch_write(s);
	answer = ask_by(s, "Which bug was it, Grace Hopper?", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "a"), 1);
	near(score_of(&answer, "b"), 1.3 / 2 * 1.35);
	near(score_of(&answer, "c"), 1.3 / 2 * 1.35);
	answer = ask_by(s, "Which bug was it, Grace Hopper?", MN_DEPTH_INSTANT);
	near(score_of(&answer, "b"), 0); /* only concepts fire */
	sketch_end(s);
}

/* Who asks for nothing but a name asks for everyone who bears it: nothing is shared then. */
static void a_name_that_is_all_of_the_question_gives_every_bearer_the_whole(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id c = sketch_memory(s, "c", "x", 0), d = sketch_memory(s, "d", "x", 0);
	mn_id hopper = sketch_neuron(s, MN_ENTITY, "grace hopper", 0);
	mn_id ada = sketch_neuron(s, MN_ENTITY, "ada lovelace", 0);
	mn_answer answer;

	(void)state, (void)d;
	sketch_synapse(s, a, concept(s, "hopper"), MN_INVOLVES, .5);
	sketch_synapse(s, b, hopper, MN_NAMED, 1);
	sketch_synapse(s, c, hopper, MN_NAMED, 1);
	sketch_synapse(s, d, ada, MN_NAMED, 1);
	sketch_write(s);
	answer = ask_by(s, "Who is Grace Hopper?", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "a"), 1);
	near(score_of(&answer, "b"), 1.3 * 1.35);
	near(score_of(&answer, "c"), 1.3 * 1.35);
	answer = ask_by(s, "Grace Hopper or Ada Lovelace", MN_DEPTH_CONTEXT); /* two names */
	near(score_of(&answer, "b"), 1.3 / 2 * 1.35);
	near(score_of(&answer, "d"), 1.3 * 1.35);
	sketch_end(s);
}

/* A word with two senses, and a memory that says it more often than either. */
static void a_word_looked_up_finds_its_senses_before_what_speaks_of_it(void **state)
{
	sketch *s = sketch_begin();
	uint16_t spells = mn_type_code(MN_SYNAPSE, MN_STR("spells"));
	mn_id working = sketch_memory(s, "working", "x", 0);
	mn_id dog = sketch_memory(s, "dog", "x", 0), andiron = sketch_memory(s, "andiron", "x", 0);
	mn_id stem = concept(s, "dog"), word = sketch_neuron(s, MN_ENTITY, "dog", 0);
	mn_answer answer;

	(void)state;
	sketch_synapse(s, working, stem, MN_INVOLVES, .8);
	sketch_synapse(s, dog, stem, MN_INVOLVES, .6);
	sketch_synapse(s, andiron, stem, MN_INVOLVES, .2);
	sketch_synapse(s, dog, word, spells, 1);
	sketch_synapse(s, andiron, word, spells, 1);
	sketch_write(s);
	answer = ask_by(s, "What is a dog?", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "dog"), .6 / .8 + 1.3);
	near(score_of(&answer, "andiron"), .2 / .8 + 1.3);
	near(score_of(&answer, "working"), 1);
	answer = ask_by(s, "a dog that works", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "dog"), .6 / .8 + .3 / sqrt(2));
	sketch_end(s);
}

/* A hit passes on 1, however much more it has. */
static void what_follows_from_a_word_looked_up_stays_below_it(void **state)
{
	sketch *s = sketch_begin();
	uint16_t spells = mn_type_code(MN_SYNAPSE, MN_STR("spells"));
	mn_id canis = sketch_memory(s, "canis", "x", 0);
	mn_id dog = sketch_memory(s, "dog", "an animal of Canis", 0), stem = concept(s, "dog");
	mn_answer answer;

	(void)state;
	sketch_synapse(s, canis, sketch_neuron(s, MN_ENTITY, "canis", 0), MN_NAMED, 1);
	sketch_synapse(s, canis, stem, MN_INVOLVES, .8);
	sketch_synapse(s, dog, stem, MN_INVOLVES, .6);
	sketch_synapse(s, dog, sketch_neuron(s, MN_ENTITY, "dog", 0), spells, 1);
	sketch_write(s);
	answer = ask_by(s, "dog", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "dog"), .6 / .8 + 1.3);
	near(score_of(&answer, "canis"), 1 + .7);
	sketch_end(s);
}

/* Of two names in a text each gets 1/sqrt(2), and passes on .7 / fan. */
static void a_name_in_a_fired_memory_leads_on_to_its_bearer(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "a bug that Grace Hopper showed to Ada Lovelace", 0);
	mn_id b = sketch_memory(s, "b", "x", 0), c = sketch_memory(s, "c", "x", 0);
	mn_id d = sketch_memory(s, "d", "x", 0);
	mn_id hopper = sketch_neuron(s, MN_ENTITY, "grace hopper", 0);
	mn_id ada = sketch_neuron(s, MN_ENTITY, "ada lovelace", 0), bug = concept(s, "bug");
	mn_answer answer;

	(void)state;
	sketch_synapse(s, a, bug, MN_INVOLVES, .5);
	sketch_synapse(s, b, hopper, MN_NAMED, 1);
	sketch_synapse(s, c, ada, MN_NAMED, 1);
	sketch_synapse(s, d, ada, MN_NAMED, 1);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "b"), .7 / sqrt(2));
	near(score_of(&answer, "c"), .7 / sqrt(2) / 2);
	assert_string_equal("bug > a bug that Grace Hopper showed to Ada Lovelace > "
			    "grace hopper > x",
		mn_call_copy(&s->call, answer.hits[1].via).ptr);
	sketch_end(s);
}

static void a_name_learned_later_works_for_older_memories(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "a bug of Grace Hopper", 0);
	mn_id b, hopper, bug = concept(s, "bug");
	mn_answer answer;

	(void)state;
	sketch_synapse(s, a, bug, MN_INVOLVES, .5);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	assert_int_equal(answer.nhits, 1);
	b = sketch_memory(s, "b", "x", 0);
	hopper = sketch_neuron(s, MN_ENTITY, "grace hopper", 0);
	sketch_synapse(s, b, hopper, MN_NAMED, 1);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "b"), .7);
	sketch_end(s);
}

static void an_explicit_link_leads_on_like_a_name_and_not_back(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id target = sketch_neuron(s, MN_ENTITY, "glitch", 0);
	mn_answer answer;

	(void)state;
	sketch_synapse(s, a, concept(s, "bug"), MN_INVOLVES, .5);
	sketch_synapse(s, b, concept(s, "power"), MN_INVOLVES, .5);
	sketch_synapse(s, a, target, MN_RELATED_TO, 1);
	sketch_synapse(s, b, target, MN_NAMED, 1);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "b"), .7);
	answer = ask_by(s, "power", MN_DEPTH_CONTEXT);
	assert_int_equal(answer.nhits, 1);
	sketch_end(s);
}

static void memories_that_share_a_span_light_each_other_up(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id c = sketch_memory(s, "c", "x", 0);
	mn_id mark = sketch_neuron(s, MN_ENTITY, "mark ii", 0);
	mn_answer answer;

	(void)state;
	sketch_synapse(s, a, concept(s, "bug"), MN_INVOLVES, .5);
	sketch_synapse(s, a, mark, MN_MENTIONS, 1);
	sketch_synapse(s, b, mark, MN_MENTIONS, 1);
	sketch_synapse(s, c, mark, MN_MENTIONS, 1);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "b"), .4 / 2);
	near(score_of(&answer, "c"), .4 / 2);
	near(score_of(&answer, "a"), 1);
	sketch_end(s);
}

static void a_session_pools_what_its_memories_have(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id c = sketch_memory(s, "c", "x", 0), d = sketch_memory(s, "d", "x", 0);
	mn_id session = sketch_neuron(s, MN_SESSION, "s1", 0), bug = concept(s, "bug");
	mn_answer answer;
	double b0 = .4 / .5, pool = sqrt(1 + b0 * b0);

	(void)state, (void)d;
	sketch_synapse(s, a, bug, MN_INVOLVES, .5);
	sketch_synapse(s, b, bug, MN_INVOLVES, .4);
	sketch_synapse(s, a, session, MN_DURING, 1);
	sketch_synapse(s, b, session, MN_DURING, 1);
	sketch_synapse(s, c, session, MN_DURING, 1);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "c"), .4 * pool);
	near(score_of(&answer, "a"), 1 + .4 * pool);
	near(score_of(&answer, "b"), b0 + .4 * pool);
	sketch_end(s);
}

/* What b lacks of a concept it gets from its best neighbour: .7 * 1.2 from the one before. */
static void concepts_reach_neighbours_once_by_the_best_way(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id c = sketch_memory(s, "c", "x", 0), bug = concept(s, "bug"), cat = concept(s, "cat");
	mn_answer answer;
	double n = 3, top = .6 * idf(n, 2) + .1 * idf(n, 1), cat_b = .84 * .1 * idf(n, 1);

	(void)state;
	sketch_synapse(s, a, bug, MN_INVOLVES, .6);
	sketch_synapse(s, c, bug, MN_INVOLVES, .5);
	sketch_synapse(s, a, cat, MN_INVOLVES, .1);
	sketch_synapse(s, a, b, MN_BEFORE, .7);
	sketch_synapse(s, b, c, MN_BEFORE, .7);
	sketch_synapse(s, a, c, MN_BEFORE, .49);
	sketch_write(s);
	answer = ask_by(s, "bug cat", MN_DEPTH_CONTEXT);
	/* bug by way of a: .7 * 1.2 * .6 = .504 beats .7 * .5 by way of c. */
	near(score_of(&answer, "b"), (.504 * idf(n, 2) + cat_b) / top);
	/* c has .5 of bug itself, and .49 * 1.2 * .6 from a is less; of cat it had none. */
	near(score_of(&answer, "c"), (.5 * idf(n, 2) + .49 * 1.2 * .1 * idf(n, 1)) / top);
	sketch_end(s);
}

static void a_question_lights_up_what_was_said_next(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x?", MN_NEURON_ASKS), b = sketch_memory(s, "b", "x", 0);
	mn_answer answer;

	(void)state;
	sketch_synapse(s, a, concept(s, "bug"), MN_INVOLVES, .5);
	sketch_synapse(s, a, b, MN_LEADS_TO, 1);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "b"), .3);
	near(score_of(&answer, "a"), .9); /* a question itself counts for a little less */
	sketch_end(s);
}

static void dates_add_and_marks_multiply(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", MN_NEURON_DATED);
	mn_id b = sketch_memory(s, "b", "x", MN_NEURON_SELF | MN_NEURON_WHEN);
	mn_id bug = concept(s, "bug");
	mn_answer answer;

	(void)state;
	s->neurons[a - 1].created = INT64_C(1683504000) * 1000000; /* 2023-05-08 */
	sketch_synapse(s, a, bug, MN_INVOLVES, .5);
	sketch_synapse(s, b, bug, MN_INVOLVES, .5);
	sketch_write(s);
	answer = ask_by(s, "When was the bug in May 2023?", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "a"), 1 + 1.25);
	near(score_of(&answer, "b"), 1 * 1.3 * 1.1);
	answer = ask_by(s, "the bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "a"), 1);
	near(score_of(&answer, "b"), 1.1);
	sketch_end(s);
}

/* e shares "moth" with the memory that fired; the question does not say "moth". */
static void at_depth_two_concepts_of_the_answer_fire_in_turn(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), e = sketch_memory(s, "e", "x", 0);
	mn_id c = sketch_memory(s, "c", "x", 0), moth = concept(s, "moth");
	mn_answer answer;

	(void)state, (void)c;
	sketch_synapse(s, a, concept(s, "bug"), MN_INVOLVES, .5);
	sketch_synapse(s, a, moth, MN_INVOLVES, .5);
	sketch_synapse(s, e, moth, MN_INVOLVES, .4);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_CONTEXT);
	near(score_of(&answer, "e"), 0);
	answer = ask_by(s, "bug", MN_DEPTH_HABIT);
	near(score_of(&answer, "e"), .2 / 3 * 1.9 * .4 * idf(3, 2));
	near(score_of(&answer, "a"), 1 + .2 / 3 * 1.9 * .5 * idf(3, 2));
	sketch_end(s);
}

/* a leads to b by one link, b to c by another: at depth 3 b fires as well. */
static void at_depth_three_names_fire_twice(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id c = sketch_memory(s, "c", "x", 0);
	mn_id two = sketch_neuron(s, MN_ENTITY, "two", 0);
	mn_id three = sketch_neuron(s, MN_ENTITY, "three", 0);
	mn_answer answer;

	(void)state;
	sketch_synapse(s, a, concept(s, "bug"), MN_INVOLVES, .5);
	sketch_synapse(s, a, two, MN_RELATED_TO, 1);
	sketch_synapse(s, b, two, MN_NAMED, 1);
	sketch_synapse(s, b, three, MN_RELATED_TO, 1);
	sketch_synapse(s, c, three, MN_NAMED, 1);
	sketch_write(s);
	answer = ask_by(s, "bug", MN_DEPTH_HABIT);
	near(score_of(&answer, "c"), 0);
	answer = ask_by(s, "bug", MN_DEPTH_DEEP);
	near(score_of(&answer, "c"), .7 * .7);
	sketch_end(s);
}

/* A word that names an anchor by a synapse type nobody knows, and on to another anchor. */
static void anchors_light_up_over_synapses_of_any_type(void **state)
{
	sketch *s = sketch_begin();
	uint16_t spells = mn_type_code(MN_SYNAPSE, MN_STR("spells"));
	mn_id dog = sketch_neuron(s, MN_CONCEPT, "a member of the genus Canis", MN_NEURON_ANCHOR);
	mn_id canine = sketch_neuron(s, MN_CONCEPT, "fissiped mammal", MN_NEURON_ANCHOR);
	mn_id word = sketch_neuron(s, MN_ENTITY, "dog", 0);
	mn_answer answer;

	(void)state;
	sketch_synapse(s, word, dog, spells, .8);
	sketch_synapse(s, dog, canine, MN_IS_A, 1);
	sketch_write(s);
	answer = ask_by(s, "dog", MN_DEPTH_CONTEXT);
	assert_int_equal(answer.nhits, 2);
	assert_int_equal(answer.hits[0].neuron, dog);
	assert_int_equal(answer.hits[1].neuron, canine);
	assert_true(answer.hits[1].score > 0 && answer.hits[1].score < answer.hits[0].score);
	sketch_end(s);
}

/* 300 memories of one concept, the asked-for one last in its list: with a budget of 64 it is not
 * read, but found by what else is known of it. */
static void a_cut_list_is_made_up_for_by_looking_up_the_most_active(void **state)
{
	sketch *s = sketch_begin();
	mn_id common = concept(s, "bug"), rare = concept(s, "moth"), last = 0;
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	static char uids[300][8];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(uids[i], sizeof(uids[i]), "m%d", i);
		last = sketch_memory(s, uids[i], "x", 0);
		sketch_synapse(s, last, common, MN_INVOLVES, .9 - i * .002);
	}
	sketch_synapse(s, last, rare, MN_INVOLVES, .5);
	sketch_write(s);
	q.text = MN_STR("bug moth");
	q.budget = 64;
	OK(&s->call, mn_brain_recall(s->brain, &s->call, &q, &a));
	assert_int_equal(a.hits[0].neuron, last);
	assert_true(a.examined < 100);
	/* Both its concepts count: it leads the best of the others by more than moth alone gives.
	 */
	near(a.hits[1].score,
		.9 * idf(300, 300) / (.5 * idf(300, 1) + (.9 - 299 * .002) * idf(300, 300)));
	sketch_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rare_concept_gives_more_than_a_common_one),
		cmocka_unit_test(a_word_asked_twice_counts_twice),
		cmocka_unit_test(two_words_side_by_side_count_once_more),
		cmocka_unit_test(a_name_in_the_question_fires_to_those_who_bear_it),
		cmocka_unit_test(a_name_that_is_all_of_the_question_gives_every_bearer_the_whole),
		cmocka_unit_test(a_word_looked_up_finds_its_senses_before_what_speaks_of_it),
		cmocka_unit_test(what_follows_from_a_word_looked_up_stays_below_it),
		cmocka_unit_test(a_name_in_a_fired_memory_leads_on_to_its_bearer),
		cmocka_unit_test(a_name_learned_later_works_for_older_memories),
		cmocka_unit_test(an_explicit_link_leads_on_like_a_name_and_not_back),
		cmocka_unit_test(memories_that_share_a_span_light_each_other_up),
		cmocka_unit_test(a_session_pools_what_its_memories_have),
		cmocka_unit_test(concepts_reach_neighbours_once_by_the_best_way),
		cmocka_unit_test(a_question_lights_up_what_was_said_next),
		cmocka_unit_test(dates_add_and_marks_multiply),
		cmocka_unit_test(at_depth_two_concepts_of_the_answer_fire_in_turn),
		cmocka_unit_test(at_depth_three_names_fire_twice),
		cmocka_unit_test(anchors_light_up_over_synapses_of_any_type),
		cmocka_unit_test(a_cut_list_is_made_up_for_by_looking_up_the_most_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
