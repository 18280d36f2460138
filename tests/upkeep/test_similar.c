/* SPDX-License-Identifier: MIT */
/* Near-duplicates, of one text and all pairs, against comparing everything with everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "similar.h"
#include "world.h"

enum { MEMORIES = 3000, PLANTED = 80, WORDS_MOST = 24, VOCABULARY = 4000, BATCH = 500, TEXT = 256 };

/* ---- A corpus with planted near-duplicates ------------------------------------------------ */

struct text {
	unsigned word[WORDS_MOST];
	unsigned n;
};

struct corpus {
	struct text at[MEMORIES];
};

static uint64_t dice;

static unsigned roll(unsigned sides) /* a linear congruential generator, Knuth's MMIX */
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice >> 33) % sides;
}

/* Few words are frequent, many are rare. */
static unsigned draw(void)
{
	const unsigned rough = roll(VOCABULARY) + 1;

	return roll(rough);
}

static void change(struct text *t)
{
	const unsigned at = roll(t->n);

	switch (roll(3)) {
	case 0: t->word[at] = draw(); break;
	case 1:
		memmove(&t->word[at], &t->word[at + 1], (t->n - at - 1) * sizeof(*t->word));
		t->n--;
		break;
	default:
		if (t->n == WORDS_MOST)
			break;
		memmove(&t->word[at + 1], &t->word[at], (t->n - at) * sizeof(*t->word));
		t->word[at] = draw();
		t->n++;
	}
}

/* The last ones are those before them with up to three words changed. */
static void make_corpus(struct corpus *c)
{
	dice = 42;
	for (size_t i = 0; i < MEMORIES; i++) {
		struct text *t = &c->at[i];

		if (i >= MEMORIES - PLANTED) {
			*t = c->at[roll(MEMORIES - PLANTED)];
			for (size_t k = 0; k < i % 4; k++)
				change(t);
			continue;
		}
		t->n = 6 + roll(WORDS_MOST - 6);
		for (unsigned k = 0; k < t->n; k++)
			t->word[k] = draw();
	}
}

/* Letters alone; "the", which is no concept, for the most frequent one. */
static void spell(const struct text *t, char out[TEXT])
{
	size_t n = 0;

	for (unsigned k = 0; k < t->n; k++) {
		const unsigned w = t->word[k];

		n += (size_t)(w == 0 ? snprintf(out + n, TEXT - n, " the")
				     : snprintf(out + n, TEXT - n, " k%c%c%c", 'a' + w % 26,
					     'a' + w / 26 % 26, 'a' + w / 676));
	}
}

static void load(struct world *w, const struct corpus *c)
{
	static char room[BATCH][TEXT];

	for (size_t from = 0; from < MEMORIES; from += BATCH) {
		mn_note notes[BATCH] = {{0}};
		char ids[BATCH][16];
		mn_remembered r = MN_SIZED(mn_remembered);

		for (size_t i = 0; i < BATCH; i++) {
			spell(&c->at[from + i], room[i]);
			snprintf(ids[i], sizeof(ids[i]), "m%zu", from + i);
			notes[i] = (mn_note){.size = sizeof(mn_note),
				.id = mn_str_of(ids[i]),
				.text = mn_str_of(room[i] + 1)};
		}
		OK(w, mn_brain_remember(w->brain, &w->call, notes, BATCH, &r));
		assert_int_equal(r.added, BATCH);
		mn_call_reset(&w->call);
	}
}

/* ---- Comparing everything ----------------------------------------------------------------- */

static size_t pairs_of(const struct text *t, unsigned *out)
{
	size_t n = 0;

	for (unsigned i = 0; i + 1 < t->n; i++) {
		const unsigned pair = t->word[i] * VOCABULARY + t->word[i + 1];
		size_t k = 0;

		while (k < n && out[k] != pair)
			k++;
		if (k == n)
			out[n++] = pair;
	}
	return n;
}

static double jaccard(const struct text *a, const struct text *b)
{
	unsigned x[WORDS_MOST], y[WORDS_MOST];
	const size_t nx = pairs_of(a, x), ny = pairs_of(b, y);
	size_t both = 0;

	for (size_t i = 0; i < nx; i++)
		for (size_t k = 0; k < ny; k++)
			both += x[i] == y[k];
	return nx < 3 || ny < 3 ? 0 : (double)both / (double)(nx + ny - both);
}

static uint64_t alike_to(const struct corpus *c, size_t one, double least)
{
	uint64_t n = 0;

	for (size_t i = 0; i < MEMORIES; i++)
		n += i != one && jaccard(&c->at[one], &c->at[i]) >= least;
	return n;
}

static size_t number_of(mn_str uid)
{
	char text[16];

	assert_true(uid.len > 1 && uid.len < sizeof(text) && uid.ptr[0] == 'm');
	memcpy(text, uid.ptr, uid.len);
	text[uid.len] = '\0';
	return strtoul(text + 1, NULL, 10);
}

static mn_id neuron_of(struct world *w, const char *uid)
{
	const mn_str name = mn_str_of(uid);
	mn_id id = 0;

	OK(w, mn_brain_resolve(w->brain, &w->call, MN_NEURON, (mn_strs){&name, 1}, &id));
	assert_true(id != 0);
	return id;
}

/* ---- Of one ------------------------------------------------------------------------------- */

static mn_similar like(struct world *w, mn_id neuron, const char *text, double least)
{
	mn_similar_ask ask = MN_SIZED(mn_similar_ask);
	mn_similar found = MN_SIZED(mn_similar);

	ask.neuron = neuron;
	ask.text = mn_str_of(text ? text : "");
	ask.least = least;
	ask.limit = 100;
	OK(w, mn_brain_similar(w->brain, &w->call, &ask, &found));
	return found;
}

static void check_one(struct world *w, const struct corpus *c, size_t one, double least)
{
	char uid[24];
	mn_similar found;

	snprintf(uid, sizeof(uid), "m%zu", one);
	found = like(w, neuron_of(w, uid), NULL, least);
	for (size_t i = 0; i < found.n; i++) {
		const double truth = jaccard(&c->at[one], &c->at[number_of(found.at[i].uid)]);

		assert_true(truth >= least);
		assert_true(found.at[i].alike - truth < 1e-9 && truth - found.at[i].alike < 1e-9);
		assert_true(i == 0 || found.at[i - 1].alike >= found.at[i].alike);
	}
	assert_int_equal(found.n, found.found);
	if (!found.partial)
		assert_int_equal(found.n, alike_to(c, one, least));
	mn_call_reset(&w->call);
}

static void what_is_alike_is_found_and_nothing_else(void **state)
{
	static const double levels[] = {0.3, 0.5, 0.8, 1};
	struct corpus *c = calloc(1, sizeof(*c));
	struct world *w = *state;

	make_corpus(c);
	load(w, c);
	for (size_t k = 0; k < sizeof(levels) / sizeof(*levels); k++)
		for (size_t i = MEMORIES - PLANTED; i < MEMORIES; i++)
			check_one(w, c, i, levels[k]);
	free(c);
}

static void every_planted_one_is_found_at_the_usual_threshold(void **state)
{
	struct corpus *c = calloc(1, sizeof(*c));
	struct world *w = *state;
	uint64_t planted = 0, found = 0;

	make_corpus(c);
	load(w, c);
	for (size_t i = MEMORIES - PLANTED; i < MEMORIES; i++) {
		char uid[24];
		mn_similar got;

		snprintf(uid, sizeof(uid), "m%zu", i);
		got = like(w, neuron_of(w, uid), NULL, 0);
		planted += alike_to(c, i, 0.8);
		found += got.found;
		assert_false(got.partial);
		assert_true(got.compared < MEMORIES / 10);
		mn_call_reset(&w->call);
	}
	assert_true(planted >= PLANTED / 3);
	assert_int_equal(found, planted);
	free(c);
}

static const char *const foxes[] = {
	"The quick brown fox jumps over the lazy dog in Berlin",
	"The quick brown fox jumps over the lazy dog, in BERLIN!",
	"The quick brown fox jumps over the lazy dog in Hamburg",
	"Something else entirely about ships and sails",
};

static void a_text_need_not_be_stored(void **state)
{
	struct world *w = *state;
	mn_similar found;

	remember(w, foxes, 4);
	found = like(w, 0, "the QUICK brown fox jumps over the lazy dog in berlin", 0.8);
	assert_int_equal(found.n, 3);
	assert_true(found.at[0].alike > 0.999 && found.at[1].alike > 0.999);
	assert_true(found.at[2].alike > 0.8 && found.at[2].alike < 0.9);
	assert_true(found.at[0].neuron < found.at[1].neuron);
	assert_int_equal(like(w, 0, foxes[0], 0.9).n, 2);
	assert_int_equal(like(w, 0, "of ships and of sails and of nothing more", 0.8).n, 0);
}

static void a_memory_is_not_its_own_near_duplicate(void **state)
{
	struct world *w = *state;
	mn_similar found;

	remember(w, foxes, 4);
	found = like(w, 0, foxes[3], 0.8);
	assert_int_equal(found.n, 1);
	assert_int_equal(like(w, found.at[0].neuron, NULL, 0.8).n, 0);
}

static void the_limit_cuts_the_least_alike(void **state)
{
	struct world *w = *state;
	mn_similar_ask ask = MN_SIZED(mn_similar_ask);
	mn_similar found = MN_SIZED(mn_similar);

	remember(w, foxes, 4);
	ask.text = mn_str_of(foxes[0]);
	ask.limit = 2;
	OK(w, mn_brain_similar(w->brain, &w->call, &ask, &found));
	assert_int_equal(found.n, 2);
	assert_int_equal(found.found, 3);
	assert_true(found.at[1].alike > 0.999);
}

static void a_question_that_makes_no_sense_is_refused(void **state)
{
	struct world *w = *state;
	mn_similar found = MN_SIZED(mn_similar);
	const mn_similar_ask bad[] = {
		{.size = sizeof(*bad)},
		{.size = sizeof(*bad), .text = MN_STR("one two three")},
		{.size = sizeof(*bad), .neuron = 999999},
		{.size = sizeof(*bad), .text = MN_STR("one two three four"), .neuron = 1},
		{.size = sizeof(*bad), .text = MN_STR("one two three four"), .least = 0.2},
		{.size = sizeof(*bad), .text = MN_STR("one two three four"), .least = 1.5},
		{.size = sizeof(*bad), .text = MN_STR("one two three \xff four")},
	};

	remember(w, foxes, 4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(mn_brain_similar(w->brain, &w->call, &bad[i], &found), MN_EINVAL);
		assert_true(w->call.err->text[0] != '\0');
		mn_call_reset(&w->call);
	}
}

/* ---- All pairs ---------------------------------------------------------------------------- */

struct seen {
	struct world *w;
	const struct corpus *c;
	double least;
	mn_id older, newer;
	uint64_t n;
};

static int see(void *ctx, const mn_alike *older, const mn_alike *newer)
{
	struct seen *s = ctx;

	assert_true(older->neuron < newer->neuron);
	assert_true(newer->neuron > s->newer
		    || (newer->neuron == s->newer && older->neuron > s->older));
	s->older = older->neuron;
	s->newer = newer->neuron;
	s->n++;
	if (s->c)
		assert_true(
			jaccard(&s->c->at[number_of(older->uid)], &s->c->at[number_of(newer->uid)])
			>= s->least);
	return 0;
}

static uint64_t all_pairs(struct world *w, const struct corpus *c, double least)
{
	struct seen s = {.w = w, .c = c, .least = least};
	mn_pairs_options o = MN_SIZED(mn_pairs_options);
	mn_pairs made = MN_SIZED(mn_pairs);

	o.least = least;
	o.ctx = &s;
	o.pair = see;
	OK(w, mn_brain_similar_pairs(w->brain, &w->call, &o, &made));
	assert_int_equal(made.pairs, s.n);
	assert_int_equal(made.crowded, 0);
	return s.n;
}

static void all_pairs_are_those_of_comparing_everything(void **state)
{
	static const double levels[] = {0.3, 0.8};
	struct corpus *c = calloc(1, sizeof(*c));
	struct world *w = *state;

	make_corpus(c);
	load(w, c);
	for (size_t k = 0; k < 2; k++) {
		uint64_t truth = 0;

		for (size_t i = 0; i < MEMORIES; i++)
			for (size_t l = 0; l < i; l++)
				truth += jaccard(&c->at[i], &c->at[l]) >= levels[k];
		assert_true(truth >= PLANTED / 3);
		assert_int_equal(all_pairs(w, c, levels[k]), truth);
	}
	free(c);
}

static void archived_memories_are_left_out(void **state)
{
	struct world *w = *state;

	remember(w, foxes, 4);
	w->now = moment("2024-06-01");
	assert_int_equal(all_pairs(w, NULL, 0.8), 3);
	run(w, "[{\"archive\":{\"salience_below\":1,\"limit\":1}}]");
	assert_true(like(w, 0, foxes[0], 0.8).n + like(w, 0, foxes[3], 0.8).n == 3);
	run(w, "[{\"archive\":{\"salience_below\":1}}]");
	assert_int_equal(all_pairs(w, NULL, 0.8), 0);
	assert_int_equal(like(w, 0, foxes[0], 0.8).n, 0);
}

static int enough(void *ctx, const mn_alike *older, const mn_alike *newer)
{
	(void)older, (void)newer;
	return ++*(int *)ctx == 2 ? 7 : 0;
}

static void whoever_is_given_pairs_can_end_it(void **state)
{
	struct world *w = *state;
	mn_pairs_options o = MN_SIZED(mn_pairs_options);
	mn_pairs made = MN_SIZED(mn_pairs);
	int given = 0;

	remember(w, foxes, 4);
	o.ctx = &given;
	o.pair = enough;
	assert_int_equal(mn_brain_similar_pairs(w->brain, &w->call, &o, &made), 7);
	assert_int_equal(given, 2);
	assert_int_equal(made.pairs, 2);
	o.least = 0.1;
	assert_int_equal(mn_brain_similar_pairs(w->brain, &w->call, &o, NULL), MN_EINVAL);
	mn_call_reset(&w->call);
}

static int cancel(void *ctx, const mn_alike *older, const mn_alike *newer)
{
	(void)older, (void)newer;
	mn_token_cancel(ctx);
	return 0;
}

static void a_cancelled_search_ends(void **state)
{
	struct world *w = *state;
	mn_pairs_options o = MN_SIZED(mn_pairs_options);
	mn_pairs made = MN_SIZED(mn_pairs);
	mn_similar_ask ask = MN_SIZED(mn_similar_ask);
	mn_similar found = MN_SIZED(mn_similar);

	remember(w, foxes, 4);
	w->call.token = mn_token_new();
	o.ctx = w->call.token;
	o.pair = cancel;
	assert_int_equal(mn_brain_similar_pairs(w->brain, &w->call, &o, &made), MN_ECANCELLED);
	assert_int_equal(made.pairs, 1);
	ask.text = mn_str_of(foxes[0]);
	assert_int_equal(mn_brain_similar(w->brain, &w->call, &ask, &found), MN_ECANCELLED);
	mn_token_free(w->call.token);
	w->call.token = NULL;
	mn_call_reset(&w->call);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(what_is_alike_is_found_and_nothing_else),
		IN_A_BRAIN(every_planted_one_is_found_at_the_usual_threshold),
		IN_A_BRAIN(a_text_need_not_be_stored),
		IN_A_BRAIN(a_memory_is_not_its_own_near_duplicate),
		IN_A_BRAIN(the_limit_cuts_the_least_alike),
		IN_A_BRAIN(a_question_that_makes_no_sense_is_refused),
		IN_A_BRAIN(all_pairs_are_those_of_comparing_everything),
		IN_A_BRAIN(archived_memories_are_left_out),
		IN_A_BRAIN(whoever_is_given_pairs_can_end_it),
		IN_A_BRAIN(a_cancelled_search_ends),
	};

	store_kind = argc > 1 ? argv[1] : store_kind;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
