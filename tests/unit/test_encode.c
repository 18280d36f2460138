/* SPDX-License-Identifier: MIT */
/* From a note to a graph: exactly what is written, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

/* ---- What one memory becomes -------------------------------------------------------------- */

static void a_memory_becomes_a_star_of_all_it_says(void **state)
{
	static const mn_str tags[] = {{"one", 3}, {"two", 3}}, links[] = {{"Grace Hopper", 12}};
	mn_note n = note("a", "Last year I met {babbage} and Ada Lovelace. Notes, notes?");
	mn_remembered r;

	n.title = MN_STR("Notes (1843)");
	n.speaker = MN_STR("Ada");
	n.session = MN_STR("s");
	n.tags = (mn_strs){tags, 2};
	n.links = (mn_strs){links, 1};
	n.meta = MN_STR("{\"k\": 1.0}");
	n.time = moment("1843-07-10T08:00");
	n.has_time = true;
	r = remember(*state, &n, 1);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.neurons, 1 + 7 + 6 + 3 + 1);
	assert_int_equal(r.synapses, 7 + 2 + 2 + 2 + 1 + 1 + 2);
	assert_true(r.fibers[0] != 0);
	/* L = 9, the speaker's "ada" too: tf / (tf + .9 * (1 - .3 + .3 * 9 / 30)) */
	assert_dump(*state,
		"a = memory:Last year I met {babbage} and Ada Lovelace. Notes, notes? "
		"{\"k\": 1.0,\"title\":\"Notes (1843)\",\"speaker\":\"Ada\",\"session\":\"s\","
		"\"links\":[\"Grace Hopper\"]} anchor dated asks self when created=1843-07-10\n"
		"concept:ada \n"
		"concept:babbag \n"
		"concept:last \n"
		"concept:lovelac \n"
		"concept:meet \n"
		"concept:note \n"
		"concept:year \n"
		"entity:ada lovelace {\"label\":\"Ada Lovelace\"}\n"
		"entity:ada {\"label\":\"Ada\"}\n"
		"entity:babbage {\"label\":\"babbage\"}\n"
		"entity:grace hopper {\"label\":\"Grace Hopper\"}\n"
		"entity:last {\"label\":\"Last\"}\n"
		"entity:notes {\"label\":\"Notes\"}\n"
		"session:s {\"tail\":[\"a\"]}\n"
		"time:1843 \n"
		"time:1843-07 \n"
		"time:1843-07-10 \n"
		"a|during|session:s 1.000000\n"
		"a|happened_at|time:1843-07-10 1.000000\n"
		"a|involves|concept:ada 0.737735\n"
		"a|involves|concept:babbag 0.584454\n"
		"a|involves|concept:last 0.584454\n"
		"a|involves|concept:lovelac 0.584454\n"
		"a|involves|concept:meet 0.584454\n"
		"a|involves|concept:note 0.737735\n"
		"a|involves|concept:year 0.584454\n"
		"a|mentions|entity:ada lovelace 1.000000\n"
		"a|mentions|entity:last 1.000000\n"
		"a|named|entity:ada 1.000000\n"
		"a|named|entity:notes 1.000000\n"
		"a|related_to|entity:babbage 1.000000\n"
		"a|related_to|entity:grace hopper 1.000000\n"
		"time:1843-07-10|during|time:1843-07 1.000000\n"
		"time:1843-07|during|time:1843 1.000000\n"
		"a {#one,two} salience 0.5 first=1843-07-10 last=1843-07-10\n");
}

static void the_least_memory_is_a_neuron_a_concept_and_a_fiber(void **state)
{
	mn_note n = note("", "Snow");

	remember(*state, &n, 1);
	assert_has(*state, " = memory:Snow  anchor\n", true);
	assert_has(*state, "|involves|concept:snow 0.610128\n", true); /* 1 / (1 + .9 * .71) */
	assert_has(*state, "entity:snow {\"label\":\"Snow\"}\n", true);
}

/* ---- Known and new ------------------------------------------------------------------------ */

static void a_memory_is_linked_to_concepts_that_are_there_already(void **state)
{
	mn_note a = note("a", "apple pie"), b = note("b", "apples");
	mn_remembered r;

	remember(*state, &a, 1);
	r = remember(*state, &b, 1);
	assert_int_equal(r.neurons, 1); /* the memory itself */
	assert_int_equal(r.synapses, 1);
	assert_has(*state, "\na|involves|concept:appl 0.", true);
	assert_has(*state, "\nb|involves|concept:appl 0.", true);
	assert_has(*state, "\nconcept:appl#", false);
}

static void tallies_say_what_each_memory_of_a_batch_came_to(void **state)
{
	mn_note n[2] = {note("a", "apple pie"), note("b", "apples on 3 trees")};
	mn_remembered r;

	n[0].has_time = true;
	r = remember(*state, n, 2);
	assert_int_equal(r.tallies[0].neurons + r.tallies[1].neurons, r.neurons);
	assert_int_equal(r.tallies[0].synapses + r.tallies[1].synapses, r.synapses);
	assert_int_equal(r.tallies[1].neurons, 3); /* itself, "3" and "tree" */
	assert_int_equal(r.tallies[1].synapses, 3);
	assert_int_equal(r.tallies[1].linked, 0); /* the apple is of the same batch */
	n[1].id = MN_STR("c");
	r = remember(*state, &n[1], 1);
	assert_int_equal(r.tallies[0].neurons, 1);
	assert_int_equal(r.tallies[0].linked, 3);
	r = remember(*state, &n[1], 1);
	assert_int_equal(r.tallies[0].neurons + r.tallies[0].linked + r.tallies[0].synapses, 0);
}

static void chinese_characters_and_their_pairs_are_concepts(void **state)
{
	mn_note n = note("a", "東京");

	remember(*state, &n, 1);
	assert_has(*state, "\na|involves|concept:東京 ", true);
	assert_has(*state, "\na|involves|concept:東 ", true);
	assert_has(*state, "\na|involves|concept:京 ", true);
}

static void a_memory_neither_mentions_nor_links_to_its_own_names(void **state)
{
	mn_note n = note("a", "Alan Turing wrote {Alan Turing} on Grace");

	n.title = MN_STR("Alan Turing");
	n.speaker = MN_STR("GRACE");
	remember(*state, &n, 1);
	assert_has(*state, "a|named|entity:alan turing 1.0", true);
	assert_has(*state, "a|named|entity:grace 1.0", true);
	assert_has(*state, "a|mentions|", false);
	assert_has(*state, "a|related_to|", false);
}

/* ---- Sessions ----------------------------------------------------------------------------- */

static void a_session_links_each_memory_to_the_five_before_it(void **state)
{
	mn_note n[7];
	static const char *const ids[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6"};

	for (size_t i = 0; i < 7; i++)
		n[i] = turn(ids[i], "s", i == 2 ? "rain?" : "rain");
	remember(*state, n, 7);
	assert_has(*state, "\nt0|before|t1 0.700000\n", true);
	assert_has(*state, "\nt0|before|t2 0.490000\n", true);
	assert_has(*state, "\nt0|before|t5 0.168070\n", true);
	assert_has(*state, "\nt0|before|t6 ", false);
	assert_has(*state, "\nt2|leads_to|t3 1.000000\n", true);
	assert_has(*state, "\nt1|leads_to|", false);
	assert_has(*state, "\nt6|during|session:s 1.000000\n", true);
	assert_has(*state, "session:s {\"tail\":[\"t6\",\"t5\",\"t4\",\"t3\",\"t2\"]}\n", true);
}

static void no_session_and_session_zero_link_nothing(void **state)
{
	mn_note n[3] = {turn("a", "0", "rain"), turn("b", "", "rain"), turn("c", "0", "rain")};

	remember(*state, n, 3);
	assert_has(*state, "|before|", false);
	assert_has(*state, "session:", false);
	assert_has(*state, "\"session\"", false);
}

static void what_somebody_wrote_to_a_session_stays_beside_its_tail(void **state)
{
	struct world *w = *state;
	mn_note n[2] = {turn("a", "s", "rain"), turn("b", "s", "rain")};
	mn_key key = {MN_SESSION, MN_STR("s")};
	mn_neuron row;
	mn_rows rows;
	mn_id id;

	remember(w, n, 1);
	assert_int_equal(mn_brain_lookup(w->brain, &w->call, &key, 1, &id), MN_OK);
	assert_int_equal(
		mn_brain_get(w->brain, &w->call, MN_NEURON, (mn_ids){&id, 1}, 0, &rows), MN_OK);
	row = rows.at.neuron[0];
	row.meta = MN_STR("{\"mood\":\"wet\",\"tail\":[\"a\",\"gone\",7]}");
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL,
				 &(mn_change){MN_PUT, MN_NEURON, &row}, 1, NULL),
		MN_OK);
	remember(w, n + 1, 1);
	assert_has(w, "session:s {\"mood\":\"wet\",\"tail\":[\"b\",\"a\"]}", true);
	assert_has(w, "a|before|b 0.700000", true);
}

/* ---- What earlier batches met ------------------------------------------------------------- */

static mn_id concept_of(struct world *w, const char *text)
{
	mn_key key = {MN_CONCEPT, mn_str_of(text)};
	mn_id id;

	assert_int_equal(mn_brain_lookup(w->brain, &w->call, &key, 1, &id), MN_OK);
	return id;
}

static void a_concept_that_was_dropped_is_made_anew(void **state)
{
	struct world *w = *state;
	mn_note n[2] = {note("a", "apple pie"), note("b", "apples")};
	mn_id id;

	remember(w, n, 1);
	id = concept_of(w, "appl");
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL,
				 &(mn_change){MN_DROP, MN_NEURON, &id}, 1, NULL),
		MN_OK);
	assert_int_equal(concept_of(w, "appl"), 0);
	assert_int_equal(remember(w, n + 1, 1).neurons, 2); /* itself and the concept */
	assert_true(concept_of(w, "appl") != 0);
	assert_has(w, "\nb|involves|concept:appl 0.", true);
}

static void a_concept_that_somebody_else_made_meanwhile_is_linked(void **state)
{
	struct world *w = *state;
	mn_note n[2] = {note("a", "pear"), note("b", "apples and pears")};
	mn_neuron made = {.text = MN_STR("appl"), .type = MN_CONCEPT, .created = moment(NOW)};

	remember(w, n, 1);
	assert_int_equal(concept_of(w, "appl"), 0);
	assert_int_equal(mn_brain_reserve(w->brain, &w->call, MN_NEURON, 1, &made.id), MN_OK);
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL,
				 &(mn_change){MN_ADD, MN_NEURON, &made}, 1, NULL),
		MN_OK);
	assert_int_equal(remember(w, n + 1, 1).neurons, 1);
	assert_int_equal(concept_of(w, "appl"), made.id);
	assert_has(w, "\nb|involves|concept:appl 0.", true);
	assert_has(w, "\nconcept:appl#", false);
}

/* ---- One after another --------------------------------------------------------------------- */

/* The linker puts these in the place of the engine's: see meson.build. */
int __real_mn_brain_resolve(mn_brain *, mn_call *, int, mn_strs, mn_id *);
int __wrap_mn_brain_resolve(mn_brain *, mn_call *, int, mn_strs, mn_id *);
int __real_mn_brain_reserve(mn_brain *, mn_call *, int, uint32_t, mn_id *);
int __wrap_mn_brain_reserve(mn_brain *, mn_call *, int, uint32_t, mn_id *);

static int resolved, reserved; /* calls */

int __wrap_mn_brain_resolve(mn_brain *b, mn_call *call, int kind, mn_strs uids, mn_id *out)
{
	resolved++;
	return __real_mn_brain_resolve(b, call, kind, uids, out);
}

int __wrap_mn_brain_reserve(mn_brain *b, mn_call *call, int kind, uint32_t n, mn_id *first)
{
	reserved++;
	return __real_mn_brain_reserve(b, call, kind, n, first);
}

static mn_remembered remember_number(struct world *w, int i)
{
	char id[16], text[32];
	mn_note n;

	snprintf(id, sizeof(id), "n%d", i);
	snprintf(text, sizeof(text), "rain on day %d", i);
	n = note(id, text);
	return remember(w, &n, 1);
}

static void new_memories_in_a_row_ask_the_store_for_little(void **state)
{
	struct world *w = *state;

	resolved = reserved = 0;
	for (int i = 0; i < 100; i++)
		assert_int_equal(remember_number(w, i).added, 1);
	assert_true(resolved <= 2);
	assert_true(reserved <= 30); /* of three kinds */
}

static void a_session_goes_on_without_being_read(void **state)
{
	struct world *w = *state;

	resolved = 0;
	for (int i = 0; i < 60; i++) {
		char id[16], session[16];
		mn_note n;

		snprintf(id, sizeof(id), "t%d", i);
		snprintf(session, sizeof(session), "s%d", i % 3);
		n = turn(id, session, i % 6 == 1 ? "rain?" : "rain");
		assert_int_equal(remember(w, &n, 1).added, 1);
	}
	assert_in_range(resolved, 1, 8);
	assert_has(w, "\nt50|before|t53 0.700000\n", true);
	assert_has(w, "\nt44|before|t59 0.168070\n", true);
	assert_has(w, "\nt41|before|t59 ", false);
	assert_has(w, "\nt31|leads_to|t34 1.000000\n", true);
	assert_has(w, "\nt34|leads_to|", false);
	assert_has(w, "session:s2 {\"tail\":[\"t59\",\"t56\",\"t53\",\"t50\",\"t47\"]}\n", true);
}

static void sessions_of_many_do_not_mix(void **state)
{
	struct world *w = *state;

	for (int round = 0; round < 3; round++) {
		static char ids[40][16], sessions[40][16];
		mn_note n[40];

		for (int i = 0; i < 40; i++) {
			snprintf(ids[i], sizeof(ids[i]), "r%di%d", round, i);
			snprintf(sessions[i], sizeof(sessions[i]), "s%d", i);
			n[i] = turn(ids[i], sessions[i], "rain");
		}
		for (int i = 0; i < 40; i += 1 + 12 * round)
			assert_int_equal(remember(w, n + i,
						 40 - i < 1 + 12 * round ? 40 - i : 1 + 12 * round)
						 .added,
				40 - i < 1 + 12 * round ? 40 - i : 1 + 12 * round);
	}
	for (int i = 0; i < 40; i++) {
		char line[64];

		snprintf(line, sizeof(line),
			"session:s%d {\"tail\":[\"r2i%d\",\"r1i%d\",\"r0i%d\"]}", i, i, i, i);
		assert_has(w, line, true);
	}
}

static void a_known_memory_among_new_ones_is_met_again(void **state)
{
	struct world *w = *state;
	mn_note changed = note("n3", "snow");

	for (int i = 0; i < 10; i++)
		remember_number(w, i);
	assert_int_equal(remember_number(w, 3).unchanged, 1);
	assert_int_equal(remember_number(w, 10).added, 1);
	assert_int_equal(remember_number(w, 11).added, 1);
	assert_int_equal(remember_number(w, 12).added, 1);
	assert_int_equal(remember(w, &changed, 1).updated, 1);
	assert_has(w, "n3|involves|concept:snow 0.", true);
	assert_has(w, "n3|involves|concept:rain 0.", false);
}

static void known_memories_that_keep_coming_are_not_taken_for_new(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 30; i++) {
		assert_int_equal(remember_number(w, i).added, 1);
		assert_int_equal(remember_number(w, i / 2).unchanged, 1);
	}
	resolved = 0;
	for (int i = 0; i < 10; i++)
		remember_number(w, i);
	assert_int_equal(resolved, 10);
}

static void ids_that_somebody_took_without_asking_are_passed_over(void **state)
{
	struct world *w = *state;
	mn_neuron taken[50];
	mn_change changes[50];
	mn_rows rows;
	mn_str uid = MN_STR("n7");
	mn_id id;

	for (int i = 0; i < 8; i++)
		remember_number(w, i);
	assert_int_equal(
		mn_brain_resolve(w->brain, &w->call, MN_NEURON, (mn_strs){&uid, 1}, &id), MN_OK);
	for (int i = 0; i < 50; i++) {
		taken[i] = (mn_neuron){.id = id + 1 + (mn_id)i,
			.text = MN_STR("taken"),
			.type = MN_CONCEPT,
			.created = moment(NOW)};
		changes[i] = (mn_change){MN_ADD, MN_NEURON, &taken[i]};
	}
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, changes, 50, NULL), MN_OK);
	for (int i = 8; i < 16; i++)
		assert_int_equal(remember_number(w, i).added, 1);
	assert_int_equal(
		mn_brain_get(w->brain, &w->call, MN_NEURON, (mn_ids){&taken[20].id, 1}, 0, &rows),
		MN_OK);
	assert_true(mn_str_eq(rows.at.neuron[0].text, taken[0].text));
}

/* ---- Anchors of imported graphs ----------------------------------------------------------- */

/* A synset: a concept with a gloss, one entity, a fiber. */
static mn_id import_synset(struct world *w)
{
	mn_neuron n[2] = {{.uid = MN_STR("dog.n.01"),
				  .text = MN_STR("My dog: a {canine} of Mount Doom"),
				  .type = MN_CONCEPT,
				  .created = moment(NOW)},
		{.text = MN_STR("dog"), .type = MN_ENTITY, .created = moment(NOW)}};
	mn_synapse s = {.type = MN_NAMED, .base = .5, .created = moment(NOW)};
	mn_fiber f = {.salience = .5, .flags = MN_FIBER_STAR};
	mn_change c[4] = {{MN_ADD, MN_NEURON, &n[0]}, {MN_ADD, MN_NEURON, &n[1]},
		{MN_ADD, MN_SYNAPSE, &s}, {MN_ADD, MN_FIBER, &f}};

	assert_int_equal(mn_brain_reserve(w->brain, &w->call, MN_NEURON, 2, &n[0].id), MN_OK);
	assert_int_equal(mn_brain_reserve(w->brain, &w->call, MN_SYNAPSE, 1, &s.id), MN_OK);
	assert_int_equal(mn_brain_reserve(w->brain, &w->call, MN_FIBER, 1, &f.id), MN_OK);
	n[1].id = n[0].id + 1;
	s.from = f.anchor = n[0].id;
	s.to = n[1].id;
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, c, 4, NULL), MN_OK);
	return n[0].id;
}

static void an_anchor_gains_the_words_of_its_text_once(void **state)
{
	struct world *w = *state;
	mn_id ids[3] = {import_synset(w), 0, 0};
	mn_buf once;

	ids[1] = ids[2] = ids[0];
	assert_int_equal(mn_brain_encode(w->brain, &w->call, (mn_ids){ids, 3}), MN_OK);
	assert_has(w, "dog.n.01|involves|concept:dog ", true);
	assert_has(w, "dog.n.01|involves|concept:canin ", true);
	assert_has(w, "dog.n.01|mentions|entity:mount doom 1.0", true);
	assert_has(w, "dog.n.01|related_to|entity:canine 1.0", true);
	assert_has(w, "dog.n.01|named|entity:dog 0.500000\n", true);
	assert_has(w, "Mount Doom  anchor\n", true); /* "My" is none of the words of a speaker */
	once = dump(w);
	assert_int_equal(mn_brain_encode(w->brain, &w->call, (mn_ids){ids, 1}), MN_OK);
	assert_dump(w, (mn_buf_char(&once, '\0'), once.ptr));
	mn_buf_free(&once);
	ids[0] = 12345;
	assert_int_equal(mn_brain_encode(w->brain, &w->call, (mn_ids){ids, 1}), MN_EINVAL);
}

/* ---- Bad input ---------------------------------------------------------------------------- */

static void assert_refused(struct world *w, mn_note n, const char *why)
{
	mn_note notes[2] = {note("good", "good"), n};
	mn_remembered r = MN_SIZED(mn_remembered);

	assert_int_equal(mn_brain_remember(w->brain, &w->call, notes, 2, &r), MN_EINVAL);
	if (!strstr(w->call.err->text, why))
		print_error("%s\n", w->call.err->text);
	assert_non_null(strstr(w->call.err->text, why));
	assert_non_null(strstr(w->call.err->text, "memory 2 of this call: "));
	assert_int_equal(r.added + r.updated + r.unchanged, 0);
	mn_call_reset(&w->call);
}

static void what_is_no_memory_is_refused_with_its_whole_batch(void **state)
{
	struct world *w = *state;
	char *big = calloc(1, ((size_t)1 << 20) + 2);
	mn_note n = note("x", "text");

	assert_non_null(big);
	memset(big, 'a', ((size_t)1 << 20) + 1);
	assert_refused(w, note("x", ""), "it has no text");
	assert_refused(w, note("x", " \t\n"), "it has no text");
	assert_refused(w, note("x", big), "its text is longer than 1048576 bytes");
	assert_refused(w, note("x", "\xc0\x80"), "its text is not valid UTF-8");
	n.text = (mn_str){"a\0b", 3};
	assert_refused(w, n, "its text is not valid UTF-8 without NUL");
	n = note("\xff", "text");
	assert_refused(w, n, "its id is not valid UTF-8");
	n = note("x", "text");
	n.meta = MN_STR("[1]");
	assert_refused(w, n, "its meta is no JSON object");
	n.meta = MN_STR("{\"a\":}");
	assert_refused(w, n, "its meta is no JSON object");
	n.meta = (mn_str){NULL, 0};
	n.session = (mn_str){big, 5000};
	assert_refused(w, n, "its session is longer than 4096 bytes");
	assert_dump(w, "");
	free(big);
}

static void an_id_of_another_neuron_is_refused(void **state)
{
	struct world *w = *state;
	mn_note n = note("a", "rain");
	mn_remembered r = MN_SIZED(mn_remembered);

	remember(w, &n, 1);
	n.id = MN_STR("concept:rain");
	assert_int_equal(mn_brain_remember(w->brain, &w->call, &n, 1, &r), MN_EINVAL);
	assert_non_null(strstr(w->call.err->text, "\"concept:rain\" belongs to a neuron"));
}

static void hostile_texts_are_remembered_like_others(void **state)
{
	struct world *w = *state;
	size_t most = (size_t)1 << 20;
	char *big = calloc(1, most + 1);
	mn_note n[4] = {note("esc", "\x1b]0;x\x07 \xe2\x80\xae evil"), note("dots", "... !?"),
		note("same", big), note("aa", big)};
	mn_remembered r;

	assert_non_null(big);
	for (size_t i = 0; i < most; i++)
		big[i] = "word "[i % 5];
	big[most] = '\0';
	n[2].text = (mn_str){big, 500000};
	n[3].text = (mn_str){big, most};
	r = remember(w, n, 4);
	assert_int_equal(r.added, 4);
	assert_has(w, "same|involves|concept:word 0.", true);
	assert_has(w, "dots|involves|", false);
	memset(big, 'a', most);
	n[3] = note("aa", big);
	r = remember(w, &n[3], 1);
	assert_int_equal(r.updated, 1);
	free(big);
}

static void a_members_own_meta_gives_way_to_what_the_note_says(void **state)
{
	mn_note n[3] = {note("a", "rain"), note("b", "rain"), note("c", "rain")};

	n[0].meta = MN_STR("{\"title\":\"old\",\"z\":1e2}");
	n[0].title = MN_STR("new");
	n[1].meta = MN_STR(" { \"z\" : [1,2] } ");
	n[1].session = MN_STR("s");
	n[2].meta = MN_STR("{ }");
	remember(*state, n, 3);
	assert_has(*state, "a = memory:rain {\"z\":100.0,\"title\":\"new\"} anchor", true);
	assert_has(*state, "b = memory:rain  { \"z\" : [1,2] ,\"session\":\"s\"} anchor", true);
	assert_has(*state, "c = memory:rain  anchor", true);
}

static void a_cancelled_call_has_written_nothing(void **state)
{
	struct world *w = *state;
	mn_token *token = mn_token_new();
	mn_note n = note("a", "rain");
	mn_remembered r = MN_SIZED(mn_remembered);

	assert_non_null(token);
	mn_token_cancel(token);
	w->call.token = token;
	assert_int_equal(mn_brain_remember(w->brain, &w->call, &n, 1, &r), MN_ECANCELLED);
	w->call.token = NULL;
	mn_token_free(token);
	assert_dump(w, "");
}

/* ---- Memory that runs out ----------------------------------------------------------------- */

static long left = -1; /* allocations that still succeed; -1: all */

static void *failing(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	if (left == 0)
		return NULL;
	left -= left > 0;
	return realloc(ptr, size);
}

static void every_failing_allocation_leaves_the_brain_as_it_was(void **state)
{
	static const mn_memory memory = {NULL, failing};
	struct world w = {0};
	mn_note n[3] = {turn("a", "s", "Rain in {rome}?"), turn("b", "s", "Snow on Mount Doom"),
		turn("c", "s", "x")};
	mn_remembered r = MN_SIZED(mn_remembered);
	mn_buf before, after;
	long tries = 0;
	int rc;

	(void)state;
	mn_memory_use(&memory);
	open_world(&w);
	remember(&w, &n[2], 1);
	before = dump(&w);
	do {
		left = tries++;
		rc = mn_brain_remember(w.brain, &w.call, n, 2, &r);
		left = -1;
		if (rc != MN_OK && rc != MN_ENOMEM)
			print_error("allocation %ld: %d, %s\n", tries, rc, w.call.err->text);
		assert_true(rc == MN_OK || rc == MN_ENOMEM);
		if (rc == MN_OK)
			break;
		after = dump(&w);
		assert_true(mn_str_eq(mn_buf_view(&before), mn_buf_view(&after)));
		mn_buf_free(&after);
	} while (tries < 5000);
	assert_int_equal(rc, MN_OK);
	assert_true(tries > 30);
	assert_has(&w, "a|leads_to|b 1.0", true);
	mn_buf_free(&before);
	close_world(&w);
	mn_memory_use(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(a_memory_becomes_a_star_of_all_it_says),
		IN_A_BRAIN(the_least_memory_is_a_neuron_a_concept_and_a_fiber),
		IN_A_BRAIN(a_memory_is_linked_to_concepts_that_are_there_already),
		IN_A_BRAIN(tallies_say_what_each_memory_of_a_batch_came_to),
		IN_A_BRAIN(chinese_characters_and_their_pairs_are_concepts),
		IN_A_BRAIN(a_memory_neither_mentions_nor_links_to_its_own_names),
		IN_A_BRAIN(a_session_links_each_memory_to_the_five_before_it),
		IN_A_BRAIN(no_session_and_session_zero_link_nothing),
		IN_A_BRAIN(what_somebody_wrote_to_a_session_stays_beside_its_tail),
		IN_A_BRAIN(a_concept_that_was_dropped_is_made_anew),
		IN_A_BRAIN(a_concept_that_somebody_else_made_meanwhile_is_linked),
		IN_A_BRAIN(new_memories_in_a_row_ask_the_store_for_little),
		IN_A_BRAIN(a_session_goes_on_without_being_read),
		IN_A_BRAIN(sessions_of_many_do_not_mix),
		IN_A_BRAIN(a_known_memory_among_new_ones_is_met_again),
		IN_A_BRAIN(known_memories_that_keep_coming_are_not_taken_for_new),
		IN_A_BRAIN(ids_that_somebody_took_without_asking_are_passed_over),
		IN_A_BRAIN(an_anchor_gains_the_words_of_its_text_once),
		IN_A_BRAIN(what_is_no_memory_is_refused_with_its_whole_batch),
		IN_A_BRAIN(an_id_of_another_neuron_is_refused),
		IN_A_BRAIN(hostile_texts_are_remembered_like_others),
		IN_A_BRAIN(a_members_own_meta_gives_way_to_what_the_note_says),
		IN_A_BRAIN(a_cancelled_call_has_written_nothing),
		cmocka_unit_test(every_failing_allocation_leaves_the_brain_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
