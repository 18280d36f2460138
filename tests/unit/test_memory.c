/* SPDX-License-Identifier: MIT */
/*
 * What the conformance suite cannot know of the memory backend: that lists long enough to be kept
 * in parts and blocks stay right, that an apply which runs out of memory anywhere is taken back
 * from them, and that it gives memory back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "store/brain.h"

#define NEURONS 40
#define HUB 1 /* an end of most synapses */
#define DELTA 0.05
#define RATE 0.1

/* ---- Memory that runs out ------------------------------------------------------------------ */

static long budget = -1; /* allocations until one fails, and all after it; -1: none fails */
static size_t asked;

static void *resize(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	asked++;
	if (budget == 0)
		return NULL;
	budget -= budget > 0;
	return realloc(ptr, size);
}

/* ---- A world ------------------------------------------------------------------------------- */

struct world {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	uint64_t seed;
	mn_id next[MN_KINDS];
};

static int setup(void **state)
{
	static const mn_memory memory = {NULL, resize};
	struct world *w = calloc(1, sizeof(*w));
	mn_error err = {.size = sizeof(err)};

	mn_memory_use(&memory);
	*w = (struct world){.seed = 1, .next = {1, 1, 1, 1, 1}};
	*state = w;
	assert_int_equal(mn_engine_new(NULL, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	assert_int_equal(
		mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &w->store), MN_OK);
	assert_int_equal(mn_store_create(w->store, &w->call, MN_STR("b"), MN_STR("")), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("b"), &w->brain), MN_OK);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	mn_brain_close(w->brain);
	mn_store_close(w->store);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	free(w);
	mn_memory_use(NULL);
	return 0;
}

/* xorshift64* (Vigna) */
static uint64_t roll(struct world *w, uint64_t n)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return (w->seed * UINT64_C(2685821657736338717) >> 20) % n;
}

/* ---- Random changes ------------------------------------------------------------------------ */

#define MOST 300
struct batch {
	mn_change at[MOST];
	union {
		mn_id id;
		mn_neuron neuron;
		mn_state state;
		mn_synapse synapse;
		mn_fiber fiber;
	} rows[MOST];
	char text[MOST][16];
	size_t n;
};

static mn_id random_neuron(struct world *w)
{
	return roll(w, 3) ? HUB : 1 + roll(w, NEURONS);
}

static mn_id some_id(struct world *w, int kind)
{
	return w->next[kind] > 1 ? 1 + roll(w, w->next[kind] - 1) : 1;
}

static mn_synapse random_synapse(struct world *w, mn_id id)
{
	return (mn_synapse){.id = id,
		.from = random_neuron(w),
		.to = 1 + roll(w, NEURONS),
		.base = (double)roll(w, 11) / 10,
		.created = (mn_time)(1 + roll(w, 3)) * MN_DAY,
		.uses = (uint32_t)(roll(w, 8) == 0),
		.type = (uint16_t)(MN_BEFORE + roll(w, 3)),
		.flags = roll(w, 6) == 0 ? MN_SYNAPSE_TWO_WAY : 0};
}

static void change_synapse(struct world *w, struct batch *b)
{
	const size_t i = b->n++;
	const uint64_t dice = roll(w, 100);
	const int op = dice < 70 ? MN_PUT : (dice < 80 ? MN_DROP : (dice < 90 ? MN_BUMP : MN_TUNE));
	const bool fresh = op == MN_PUT && roll(w, 4);

	b->rows[i].synapse = random_synapse(
		w, fresh ? w->next[MN_SYNAPSE]++ : some_id(w, MN_SYNAPSE));
	if (op == MN_PUT && roll(w, 9) == 0)
		b->rows[i].synapse.uid = (mn_str){
			b->text[i], (size_t)snprintf(b->text[i], sizeof(b->text[i]), "s%llu",
					    (unsigned long long)b->rows[i].id)};
	/* What is tuned must be there; often enough it is not, and all is taken back. */
	b->at[i] = (mn_change){
		op == MN_TUNE && roll(w, 20) ? MN_BUMP : op, MN_SYNAPSE, &b->rows[i].synapse};
}

static void change_neuron(struct world *w, struct batch *b)
{
	const size_t i = b->n++;
	const mn_id id = 2 + roll(w, NEURONS - 1);

	b->rows[i].neuron = (mn_neuron){.id = id,
		.type = MN_CONCEPT,
		.text = {b->text[i],
			(size_t)snprintf(b->text[i], sizeof(b->text[i]), "t%d", (int)roll(w, 20))},
		.created = 5,
		.updated = (mn_time)(5 + roll(w, 2))};
	b->at[i] = (mn_change){MN_PUT, MN_NEURON, &b->rows[i].neuron};
	if (roll(w, 60) == 0 && b->n < MOST) {
		b->rows[b->n].id = id;
		b->at[b->n] = b->at[i];
		b->at[i] = (mn_change){MN_DROP, MN_NEURON, &b->rows[b->n].id};
		b->n++;
	}
}

static void change_other(struct world *w, struct batch *b)
{
	const size_t i = b->n++;
	const mn_id id = 1 + roll(w, NEURONS);

	if (roll(w, 2)) {
		b->rows[i].state = (mn_state){
			.id = id, .level = .5, .decay = -1, .last = 7, .uses = 1};
		b->at[i] = (mn_change){roll(w, 3) ? MN_BUMP : MN_PUT, MN_STATE, &b->rows[i].state};
		return;
	}
	b->rows[i].fiber = (mn_fiber){.id = 1 + roll(w, 50),
		.anchor = id,
		.salience = .5,
		.neurons = {&b->rows[i].id, roll(w, 2)}};
	b->at[i] = (mn_change){roll(w, 4) ? MN_PUT : MN_DROP, MN_FIBER, &b->rows[i].fiber};
}

static void fill(struct world *w, struct batch *b, size_t n)
{
	b->n = 0;
	while (b->n < n) {
		const uint64_t dice = roll(w, 100);

		if (dice < 85)
			change_synapse(w, b);
		else if (dice < 92)
			change_neuron(w, b);
		else if (dice < 99)
			change_other(w, b);
		else
			b->at[b->n++] = (mn_change){MN_FOLD, MN_SYNAPSE, NULL};
	}
}

static void add_neurons(struct world *w)
{
	struct batch *b = calloc(1, sizeof(*b));

	for (mn_id id = 1; id <= NEURONS; id++) {
		b->rows[id].neuron = (mn_neuron){.id = id, .type = MN_CONCEPT};
		b->at[b->n++] = (mn_change){MN_ADD, MN_NEURON, &b->rows[id].neuron};
	}
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, b->at, b->n, NULL), MN_OK);
	free(b);
}

/* ---- Looking at all of it ------------------------------------------------------------------ */

static mn_rows all_rows(struct world *w, int kind)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan;

	q.kind = kind;
	assert_int_equal(mn_brain_scan(w->brain, &w->call, &q, &scan), MN_OK);
	assert_int_equal(mn_scan_next(scan, &w->call, SIZE_MAX, &page), MN_OK);
	assert_true(page.last);
	mn_scan_done(scan);
	return page.rows;
}

static mn_fan expand_all(struct world *w, const mn_reach *reach)
{
	mn_id *ids = mn_arena_array(w->call.arena, NEURONS, sizeof(*ids));
	mn_expand ask = MN_SIZED(mn_expand);
	mn_fan fan;

	for (mn_id i = 0; i < NEURONS; i++)
		ids[i] = i + 1;
	ask.frontier = (mn_ids){ids, NEURONS};
	ask.reaches = reach;
	ask.nreaches = 1;
	ask.want_synapse = true;
	assert_int_equal(mn_brain_expand(w->brain, &w->call, &ask, &fan), MN_OK);
	return fan;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	return h * 31 + mn_hash((mn_str){p, n});
}

static uint64_t mix_text(uint64_t h, mn_str s)
{
	return mix(h, s.ptr ? s.ptr : "", s.len);
}

/* A number for everything the brain holds and shows. */
static uint64_t picture(struct world *w)
{
	const mn_reach both = {.out = true, .in = true};
	const mn_rows n = all_rows(w, MN_NEURON), s = all_rows(w, MN_SYNAPSE),
		      f = all_rows(w, MN_FIBER), t = all_rows(w, MN_STATE);
	const mn_fan fan = expand_all(w, &both);
	const uint32_t edges = fan.start[NEURONS];
	uint64_t h = mix(1, fan.synapse, edges * sizeof(*fan.synapse));

	h = mix(h, fan.weight, edges * sizeof(*fan.weight));
	h = mix(h, fan.degree, NEURONS * sizeof(*fan.degree));
	for (size_t i = 0; i < n.n; i++) {
		const mn_neuron *x = &n.at.neuron[i];
		const uint64_t head[] = {x->id, x->type, (uint64_t)x->updated};
		const mn_key key = {x->type, x->text};
		mn_id found;

		assert_int_equal(mn_brain_lookup(w->brain, &w->call, &key, 1, &found), MN_OK);
		h = mix_text(mix(mix(h, head, sizeof(head)), &found, sizeof(found)), x->text);
	}
	for (size_t i = 0; i < s.n; i++) {
		const mn_synapse *x = &s.at.synapse[i];
		const uint64_t head[] = {x->id, x->from, x->to, x->uses, x->type, x->flags,
			(uint64_t)x->created, (uint64_t)x->last};
		mn_id found;

		assert_int_equal(mn_brain_resolve(w->brain, &w->call, MN_SYNAPSE,
					 (mn_strs){&x->uid, x->uid.len != 0}, &found),
			MN_OK);
		assert_true(x->uid.len == 0 || found == x->id);
		h = mix_text(mix(mix(h, head, sizeof(head)), &x->base, sizeof(x->base)), x->uid);
	}
	for (size_t i = 0; i < f.n; i++) {
		const uint64_t head[] = {
			f.at.fiber[i].id, f.at.fiber[i].anchor, f.at.fiber[i].neurons.n};

		h = mix(h, head, sizeof(head));
	}
	for (size_t i = 0; i < t.n; i++) {
		const uint64_t head[] = {
			t.at.state[i].id, t.at.state[i].uses, (uint64_t)t.at.state[i].last};

		h = mix(h, head, sizeof(head));
	}
	mn_call_reset(&w->call);
	return h;
}

/* ---- Lists as they must be ----------------------------------------------------------------- */

struct edge {
	int32_t key;
	mn_id far, id;
};

static int in_order(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static bool reaches(const mn_reach *r, const mn_synapse *s, mn_id self)
{
	const bool both = s->flags & MN_SYNAPSE_TWO_WAY;
	const bool out = s->from == self || (both && s->to == self);
	const bool in = s->to == self || (both && s->from == self);

	return ((r->out && out) || (r->in && in)) && (r->ntypes == 0 || r->types[0] == s->type);
}

/* Worked out from the rows alone, entry by entry. */
static void assert_lists(struct world *w, const mn_reach *reach)
{
	const mn_rows s = all_rows(w, MN_SYNAPSE);
	const mn_fan fan = expand_all(w, reach);
	struct edge *want = calloc(s.n + 1, sizeof(*want));

	for (mn_id self = 1; self <= NEURONS; self++) {
		const uint32_t from = fan.start[self - 1], n = fan.start[self] - from;
		uint32_t count = 0;

		for (size_t i = 0; i < s.n; i++) {
			const mn_synapse *x = &s.at.synapse[i];

			if (reaches(reach, x, self))
				want[count++] = (struct edge){mn_weight_key(x, DELTA, RATE),
					x->from == self ? x->to : x->from, x->id};
		}
		qsort(want, count, sizeof(*want), in_order);
		assert_int_equal(n, count);
		assert_int_equal(fan.degree[self - 1], count);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(fan.synapse[from + i], want[i].id);
			assert_int_equal(fan.far[from + i], want[i].far);
		}
	}
	free(want);
	mn_call_reset(&w->call);
}

static void assert_all_lists(struct world *w)
{
	static const uint16_t type = MN_AFTER;
	const mn_reach all[] = {{.out = true, .in = true}, {.out = true}, {.in = true},
		{.types = &type, .ntypes = 1, .out = true, .in = true},
		{.types = &type, .ntypes = 1, .in = true}};
	const mn_change fold = {MN_FOLD, MN_SYNAPSE, NULL};

	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, &fold, 1, NULL), MN_OK);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		assert_lists(w, &all[i]);
}

/* ---- Claims -------------------------------------------------------------------------------- */

static void lists_of_any_length_follow_every_change(void **state)
{
	const mn_reach both = {.out = true, .in = true};
	struct world *w = *state;
	uint32_t longest;
	struct batch *b = calloc(1, sizeof(*b));

	add_neurons(w);
	for (int round = 0; round < 150; round++) {
		fill(w, b, 1 + roll(w, MOST - 2));
		mn_brain_apply(w->brain, &w->call, NULL, b->at, b->n, NULL);
		if (round % 15 == 14)
			assert_all_lists(w);
		mn_call_reset(&w->call);
	}
	longest = expand_all(w, &both).degree[HUB - 1];
	assert_true(longest > 1000); /* several blocks in each part */
	free(b);
}

/* Random changes under random shortages; after a failure all must look as before. */
static void run_short_of_memory(struct world *w, int rounds)
{
	struct batch *b = calloc(1, sizeof(*b));
	int failed = 0, done = 0;
	uint64_t before = picture(w);

	for (int round = 0; round < rounds; round++) {
		int status;

		fill(w, b, 1 + roll(w, MOST - 2));
		budget = (long)roll(w, roll(w, 2) ? 8 : 60);
		status = mn_brain_apply(w->brain, &w->call, NULL, b->at, b->n, NULL);
		budget = -1;
		mn_call_reset(&w->call);
		failed += status == MN_ENOMEM;
		done += status == MN_OK;
		if (status != MN_OK && picture(w) != before)
			fail_msg("round %d left something behind", round);
		if (status == MN_OK)
			before = picture(w);
	}
	assert_all_lists(w);
	assert_true(failed > rounds / 10);
	assert_true(done > rounds / 10);
	free(b);
}

static void an_apply_without_memory_leaves_nothing_behind(void **state)
{
	struct world *w = *state;

	add_neurons(w);
	run_short_of_memory(w, getenv("MN_FULL") ? 4000 : 400);
}

static void so_it_is_where_ids_are_far_apart(void **state)
{
	struct world *w = *state;
	const mn_id far = UINT64_C(1) << 50;
	const mn_neuron n = {.id = far, .type = MN_CONCEPT};
	const mn_synapse s = {.id = far, .from = 1, .to = 2, .type = MN_AFTER, .base = .5};
	const mn_fiber f = {.id = far, .anchor = 1};
	const mn_change add[] = {
		{MN_ADD, MN_NEURON, &n}, {MN_ADD, MN_SYNAPSE, &s}, {MN_ADD, MN_FIBER, &f}};

	add_neurons(w);
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, add, 3, NULL), MN_OK);
	run_short_of_memory(w, getenv("MN_FULL") ? 2000 : 200);
}

static void a_change_of_rates_brings_every_list_into_its_new_order(void **state)
{
	struct world *w = *state;
	struct batch *b = calloc(1, sizeof(*b));
	const mn_str name = MN_STR("b");
	mn_brain_row row;
	mn_rows rows;

	add_neurons(w);
	for (int round = 0; round < 20; round++) {
		fill(w, b, MOST - 2);
		mn_brain_apply(w->brain, &w->call, NULL, b->at, b->n, NULL);
	}
	assert_int_equal(
		w->store->backend->brains(w->store->db, &w->call, MN_BRAINS_FIND, &name, &rows),
		MN_OK);
	row = rows.at.brain[0];
	for (int i = 0; i < 2; i++) {
		row.config = i ? MN_STR("") : MN_STR("{\"decay_rate\": 3}");
		assert_int_equal(w->store->backend->brains(
					 w->store->db, &w->call, MN_BRAINS_UPDATE, &row, &rows),
			MN_OK);
	}
	assert_all_lists(w);
	free(b);
}

static void dropping_a_hub_gives_its_memory_back(void **state)
{
	struct world *w = *state;
	struct batch *b = calloc(1, sizeof(*b));
	mn_brain_row before, full, after;

	add_neurons(w);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(mn_brain_describe(w->brain, &w->call, &before), MN_OK);
		for (int i = 0; i < 200; i++) {
			b->n = 0;
			while (b->n < MOST) {
				b->rows[b->n].synapse = random_synapse(w, w->next[MN_SYNAPSE]++);
				b->rows[b->n].synapse.from = HUB;
				b->at[b->n] = (mn_change){
					MN_ADD, MN_SYNAPSE, &b->rows[b->n].synapse};
				b->n++;
			}
			assert_int_equal(
				mn_brain_apply(w->brain, &w->call, NULL, b->at, b->n, NULL), MN_OK);
		}
		assert_int_equal(mn_brain_describe(w->brain, &w->call, &full), MN_OK);
		b->rows[0].neuron = (mn_neuron){.id = HUB, .type = MN_CONCEPT};
		b->at[0] = (mn_change){MN_DROP, MN_NEURON, &b->rows[0]};
		b->at[1] = (mn_change){MN_ADD, MN_NEURON, &b->rows[0]};
		assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, b->at, 2, NULL), MN_OK);
		assert_int_equal(mn_brain_describe(w->brain, &w->call, &after), MN_OK);
		assert_int_equal(after.synapses, 0);
	}
	/* The lists are gone; the array of synapses stays for the next ones. */
	assert_true(full.bytes - after.bytes > (size_t)200 * MOST * 4);
	free(b);
}

static void texts_that_are_replaced_do_not_pile_up(void **state)
{
	struct world *w = *state;
	static char text[20000];
	mn_neuron n = {.id = 1, .type = MN_MEMORY, .text = {text, sizeof(text)}};
	const mn_change put = {MN_PUT, MN_NEURON, &n};
	mn_brain_row row;

	for (int i = 0; i < 2000; i++) {
		memset(text, 'a' + i % 26, sizeof(text));
		assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, &put, 1, NULL), MN_OK);
	}
	assert_int_equal(mn_brain_describe(w->brain, &w->call, &row), MN_OK);
	assert_true(row.bytes < 4 << 20); /* 40 MB went through */
	assert_int_equal(all_rows(w, MN_NEURON).at.neuron[0].text.len, sizeof(text));
}

static void ids_far_apart_cost_no_more_than_their_rows(void **state)
{
	struct world *w = *state;
	const mn_id ids[] = {INT64_MAX, 5, UINT64_C(1) << 40, 6, 7000000};
	mn_brain_row row;
	mn_rows rows;
	mn_id first;

	for (size_t i = 0; i < 5; i++) {
		const mn_neuron n = {.id = ids[i], .type = MN_CONCEPT, .text = MN_STR("same")};
		const mn_change add = {MN_ADD, MN_NEURON, &n};

		assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, &add, 1, NULL), MN_OK);
	}
	rows = all_rows(w, MN_NEURON);
	assert_int_equal(rows.n, 5);
	for (size_t i = 1; i < 5; i++)
		assert_true(rows.at.neuron[i].id > rows.at.neuron[i - 1].id);
	assert_int_equal(mn_brain_lookup(w->brain, &w->call, &(mn_key){MN_CONCEPT, MN_STR("same")},
				 1, &first),
		MN_OK);
	assert_int_equal(first, 5);
	assert_int_equal(mn_brain_reserve(w->brain, &w->call, MN_NEURON, 10, &first), MN_OK);
	assert_true(first > UINT64_C(1) << 40 && first < INT64_MAX);
	assert_int_equal(mn_brain_describe(w->brain, &w->call, &row), MN_OK);
	assert_true(row.bytes < 200000);
}

static size_t count_hits(struct world *w, const char *words)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan;

	q.kind = MN_NEURON;
	q.text = mn_str_of(words);
	assert_int_equal(mn_brain_scan(w->brain, &w->call, &q, &scan), MN_OK);
	assert_int_equal(mn_scan_next(scan, &w->call, 100, &page), MN_OK);
	mn_scan_done(scan);
	return page.rows.n;
}

/* Texts in ASCII are sifted by a letter before they are read. */
static void words_are_found_in_whatever_letters_they_are_written(void **state)
{
	static const char *const texts[] = {"a cafe", "CAFE!", "Caf\xC3\xA9",
		"\xEF\xBC\xA3\xEF\xBC\xA1\xEF\xBC\xA6\xEF\xBC\xA5", "decaf only", "cafeteria",
		"\xCE\xB1 cafe \xCE\xB2", "caf", "cAfE"};
	struct world *w = *state;

	for (mn_id id = 1; id <= sizeof(texts) / sizeof(*texts); id++) {
		const mn_neuron n = {
			.id = id, .type = MN_CONCEPT, .text = mn_str_of(texts[id - 1])};
		const mn_change add = {MN_ADD, MN_NEURON, &n};

		assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, &add, 1, NULL), MN_OK);
	}
	assert_int_equal(count_hits(w, "cafe"), 7); /* cafeteria too: the last word may go on */
	assert_int_equal(count_hits(w, "\"cafe\""), 6);
	assert_int_equal(count_hits(w, "Caf\xC3\xA9"), 7);
	assert_int_equal(count_hits(w, "cafe \xCE\xB2"), 1);
	assert_int_equal(count_hits(w, "caf"), 8);
	assert_int_equal(count_hits(w, "cafex"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_of_any_length_follow_every_change),
		TEST(an_apply_without_memory_leaves_nothing_behind),
		TEST(so_it_is_where_ids_are_far_apart),
		TEST(a_change_of_rates_brings_every_list_into_its_new_order),
		TEST(dropping_a_hub_gives_its_memory_back),
		TEST(texts_that_are_replaced_do_not_pile_up),
		TEST(ids_far_apart_cost_no_more_than_their_rows),
		TEST(words_are_found_in_whatever_letters_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
