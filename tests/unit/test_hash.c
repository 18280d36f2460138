/* SPDX-License-Identifier: MIT */
/* The hash of a brain: equal for equal content wherever it is kept, another for any other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/canonical.h"
#include "mn.h"

enum { MOST = 32 };

struct world {
	mn_engine *engine;
	mn_store *store;
	mn_call call;
};

/* A brain in the making: every row that a test wants to change before it is stored. */
struct sketch {
	mn_neuron neurons[8];
	mn_state states[4];
	mn_synapse synapses[8];
	mn_fiber fibers[4];
	size_t nneurons, nstates, nsynapses, nfibers;
	mn_str config, meta;
	mn_time clock;
	mn_id shift;    /* added to every id */
	bool backwards; /* rows of a kind are added last first */
};

static const mn_str tag_list[] = {{"red", 3}, {"blue", 4}};
static const mn_str tags_sorted[] = {{"blue", 4}, {"red", 3}};

static struct sketch sketch(void)
{
	struct sketch s = {.nneurons = 4, .nstates = 1, .nsynapses = 5, .nfibers = 2, .clock = 7};
	static const mn_id members[] = {1, 2}, links[] = {4, 1};

	s.neurons[0] = (mn_neuron){.id = 1, .type = MN_CONCEPT, .text = MN_STR("cat")};
	s.neurons[1] = (mn_neuron){.id = 2, .type = MN_CONCEPT, .text = MN_STR("cat|near|dog")};
	s.neurons[2] = (mn_neuron){.id = 3, .type = MN_ENTITY, .text = MN_STR("dog")};
	s.neurons[3] = (mn_neuron){.id = 4,
		.type = MN_MEMORY,
		.text = MN_STR("a memory"),
		.uid = MN_STR("m1"),
		.meta = MN_STR("{\"a\":1}")};
	s.states[0] = (mn_state){.id = 2, .level = 0.5, .decay = -1, .uses = 3, .last = 9};
	for (size_t i = 0; i < 5; i++)
		s.synapses[i] = (mn_synapse){.id = i + 1,
			.from = 4,
			.to = 1,
			.type = MN_NEAR,
			.base = 0.5,
			.created = (mn_time)i};
	s.synapses[3].to = 3;
	s.synapses[4].uid = MN_STR("own");
	s.fibers[0] = (mn_fiber){.id = 1,
		.anchor = 4,
		.tags = {tag_list, 2},
		.salience = 0.5,
		.neurons = {members, 2},
		.synapses = {links, 2}};
	s.fibers[1] = (mn_fiber){.id = 2, .anchor = 4, .uid = MN_STR("f"), .summary = MN_STR("s")};
	return s;
}

struct added {
	mn_change at[MOST];
	size_t n;
};

static void add(struct added *to, int kind, const void *rows, size_t size, size_t n, bool backwards)
{
	for (size_t i = 0; i < n; i++)
		to->at[to->n++] = (mn_change){
			MN_ADD, kind, (const char *)rows + (backwards ? n - 1 - i : i) * size};
}

static mn_ids shifted(mn_ids ids, mn_id by, mn_id *room)
{
	for (size_t i = 0; i < ids.n; i++)
		room[i] = ids.at[i] + by;
	return (mn_ids){room, ids.n};
}

static void shift_ids(struct sketch *s, mn_id room[][8])
{
	for (size_t i = 0; i < s->nneurons; i++)
		s->neurons[i].id += s->shift;
	for (size_t i = 0; i < s->nstates; i++)
		s->states[i].id += s->shift;
	for (size_t i = 0; i < s->nsynapses; i++) {
		s->synapses[i].id += s->shift;
		s->synapses[i].from += s->shift;
		s->synapses[i].to += s->shift;
	}
	for (size_t i = 0; i < s->nfibers; i++) {
		s->fibers[i].id += s->shift;
		s->fibers[i].anchor += s->shift;
		s->fibers[i].neurons = shifted(s->fibers[i].neurons, s->shift, room[2 * i]);
		s->fibers[i].synapses = shifted(s->fibers[i].synapses, s->shift, room[2 * i + 1]);
	}
}

static void ok(struct world *w, int status)
{
	if (status != MN_OK)
		fail_msg("%s", w->call.err->text);
}

/* Stores the sketch as a brain of its own. */
static mn_brain *store(struct world *w, struct sketch s, const char *name)
{
	mn_id room[8][8];
	struct added changes = {.n = 0};
	mn_applied applied = MN_SIZED(mn_applied);
	mn_brain *b = NULL;

	shift_ids(&s, room);
	add(&changes, MN_NEURON, s.neurons, sizeof(*s.neurons), s.nneurons, s.backwards);
	add(&changes, MN_STATE, s.states, sizeof(*s.states), s.nstates, s.backwards);
	add(&changes, MN_SYNAPSE, s.synapses, sizeof(*s.synapses), s.nsynapses, s.backwards);
	add(&changes, MN_FIBER, s.fibers, sizeof(*s.fibers), s.nfibers, s.backwards);
	ok(w, mn_store_create(w->store, &w->call, mn_str_of(name), s.config));
	ok(w, mn_brain_open(w->store, &w->call, mn_str_of(name), &b));
	ok(w, mn_brain_apply(b, &w->call, NULL, changes.at, changes.n, &applied));
	return b;
}

struct hash {
	unsigned char bytes[32];
};

static struct hash hash_of(struct world *w, mn_brain *b)
{
	struct hash h = {{0}};

	ok(w, mn_brain_hash(b, &w->call, h.bytes));
	return h;
}

static struct hash hash_sketch(struct world *w, struct sketch s)
{
	mn_brain *b = store(w, s, "sketch");
	struct hash h = hash_of(w, b);

	mn_brain_close(b);
	ok(w, mn_store_delete(w->store, &w->call, MN_STR("sketch")));
	return h;
}

static bool same(struct hash a, struct hash b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	mn_error err = MN_SIZED(mn_error);

	assert_non_null(w);
	assert_int_equal(mn_engine_new(NULL, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	ok(w, mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &w->store));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	mn_store_close(w->store);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	free(w);
	return 0;
}

/* ---- Claims --------------------------------------------------------------------------------- */

static void ids_and_the_order_of_adding_do_not_count(void **state)
{
	struct world *w = *state;
	struct sketch s = sketch();
	const struct hash plain = hash_sketch(w, s);

	s.shift = 1000;
	assert_true(same(hash_sketch(w, s), plain));
	s.backwards = true;
	assert_true(same(hash_sketch(w, s), plain));
	for (size_t i = 0; i < 3; i++) /* parallel synapses numbered the other way round */
		s.synapses[i].id = 3 - i;
	assert_false(same(hash_sketch(w, s), plain)); /* for the fiber has another of them now */
	s.fibers[0].synapses = (mn_ids){(const mn_id[]){4, 3}, 2};
	assert_true(same(hash_sketch(w, s), plain));
}

static void what_means_the_same_is_the_same(void **state)
{
	struct world *w = *state;
	struct sketch s = sketch();
	const struct hash plain = hash_sketch(w, s);

	s.fibers[0].tags.at = tags_sorted;
	s.fibers[0].synapses = (mn_ids){(const mn_id[]){1, 4}, 2};
	assert_true(same(hash_sketch(w, s), plain)); /* sets */
	s.neurons[3].meta = MN_STR(" { \"a\" : 1 } ");
	s.neurons[0].meta = MN_STR("{}");
	assert_true(same(hash_sketch(w, s), plain)); /* JSON */
	s.states[s.nstates++] = (mn_state){.id = 1, .decay = -1};
	assert_true(same(hash_sketch(w, s), plain)); /* a state that says nothing */
	s.neurons[0].uid = MN_STR("concept:cat");
	assert_true(same(hash_sketch(w, s), plain)); /* the uid it would have anyway */
}

#define differs(change)                                                            \
	do {                                                                       \
		struct sketch s = sketch();                                        \
		change;                                                            \
		if (same(hash_sketch(w, s), plain))                                \
			fail_msg("the hash is the same in spite of: %s", #change); \
	} while (0)

static void every_member_of_a_neuron_or_state_counts(void **state)
{
	struct world *w = *state;
	const struct hash plain = hash_sketch(w, sketch());

	differs(s.neurons[0].text = MN_STR("cats"));
	differs(s.neurons[0].type = MN_ENTITY);
	differs(s.neurons[0].uid = MN_STR("u"));
	differs(s.neurons[0].meta = MN_STR("{\"b\":2}"));
	differs(s.neurons[0].created = 1);
	differs(s.neurons[0].updated = 1);
	differs(s.neurons[0].flags = 1);
	differs(s.states[0].level = 0.25);
	differs(s.states[0].decay = 0.1);
	differs(s.states[0].last = 1);
	differs(s.states[0].uses = 1);
	differs(s.states[0].id = 1);
	differs(s.nstates = 0);
}

static void every_member_of_a_synapse_counts(void **state)
{
	struct world *w = *state;
	const struct hash plain = hash_sketch(w, sketch());

	differs(s.synapses[3].base = 0.25);
	differs(s.synapses[3].from = 1);
	differs(s.synapses[3].to = 2);
	differs(s.synapses[3].type = MN_FELT);
	differs(s.synapses[3].uid = MN_STR("u"));
	differs(s.synapses[3].meta = MN_STR("{\"b\":2}"));
	differs(s.synapses[3].created = 100);
	differs(s.synapses[3].last = 100);
	differs(s.synapses[3].uses = 100);
	differs(s.synapses[3].flags = MN_SYNAPSE_TWO_WAY);
	differs(s.nsynapses = 4);
	differs(s.synapses[1] = s.synapses[0]; s.synapses[1].id = 2); /* one of the parallel ones */
}

static void every_member_of_a_fiber_counts(void **state)
{
	struct world *w = *state;
	const struct hash plain = hash_sketch(w, sketch());
	static const mn_id one[] = {1};

	differs(s.fibers[0].anchor = 1);
	differs(s.fibers[0].uid = MN_STR("u"));
	differs(s.fibers[1].summary = MN_STR("t"));
	differs(s.fibers[0].meta = MN_STR("{\"b\":2}"));
	differs(s.fibers[0].tags.n = 1);
	differs(s.fibers[0].neurons = ((mn_ids){one, 1}));
	differs(s.fibers[0].synapses = ((mn_ids){one, 1}));
	differs(s.fibers[0].salience = 0.25);
	differs(s.fibers[0].coherence = 0.25);
	differs(s.fibers[0].created = 1);
	differs(s.fibers[0].first = 1);
	differs(s.fibers[0].last = 1);
	differs(s.fibers[0].uses = 1);
	differs(s.fibers[0].stage = MN_STAGE_ARCHIVED);
	differs(s.fibers[0].flags = MN_FIBER_STAR);
	differs(s.nfibers = 1);
}

static void a_brain_s_config_counts_and_its_name_does_not(void **state)
{
	struct world *w = *state;
	struct sketch s = sketch();
	const struct hash plain = hash_sketch(w, s);
	mn_brain *b = store(w, s, "another name");

	assert_true(same(hash_of(w, b), plain));
	mn_brain_close(b);
	s.config = MN_STR("{\"decay_rate\":0.2}");
	assert_false(same(hash_sketch(w, s), plain));
}

struct text {
	mn_buf buf;
};

static int take(void *ctx, mn_call *call, const char *text, size_t n)
{
	struct text *t = ctx;

	(void)call;
	mn_buf_add(&t->buf, text, n);
	return MN_OK;
}

static void lines_come_by_kind_and_uid(void **state)
{
	struct world *w = *state;
	struct text t = {MN_BUF(1 << 20)};
	mn_brain *b = store(w, sketch(), "lines");
	static const char *const order[] = {"{\"brain\":", "\"uid\":\"concept:cat\"",
		"\"uid\":\"concept:cat|near|dog\"", "\"uid\":\"entity:dog\"", "\"uid\":\"m1\"",
		"{\"state\":{\"decay\":null,\"last\":9,\"level\":0.5,\"neuron\":\"concept:cat|near|dog\"",
		"\"uid\":\"m1|near|concept:cat\"", "\"uid\":\"m1|near|concept:cat#2\"",
		"\"uid\":\"m1|near|concept:cat#3\"", "\"uid\":\"m1|near|entity:dog\"",
		"\"uid\":\"own\"", "{\"fiber\":", "\"uid\":\"f\"", "{\"fiber\":", "\"uid\":\"m1\""};
	const char *at;

	ok(w, mn_canonical_write(b, &w->call, &(mn_sink){&t, take}));
	mn_buf_char(&t.buf, '\0');
	at = t.buf.ptr;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		at = strstr(at, order[i]);
		if (!at)
			fail_msg("%s is not in its place in\n%s", order[i], t.buf.ptr);
		at += strlen(order[i]);
	}
	assert_non_null(
		strstr(t.buf.ptr, "\"synapses\":[\"m1|near|concept:cat\",\"m1|near|entity:dog\"]"));
	mn_buf_free(&t.buf);
	mn_brain_close(b);
}

static int refuse(void *ctx, mn_call *call, const char *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
	call->err->code = MN_EIO;
	return MN_EIO;
}

static void a_sink_that_fails_ends_it(void **state)
{
	struct world *w = *state;
	mn_brain *b = store(w, sketch(), "refused");

	assert_int_equal(mn_canonical_write(b, &w->call, &(mn_sink){NULL, refuse}), MN_EIO);
	mn_brain_close(b);
}

static void a_cancelled_hash_ends(void **state)
{
	struct world *w = *state;
	struct hash h;
	mn_brain *b = store(w, sketch(), "cancelled");
	mn_token *token = mn_token_new();

	mn_token_cancel(token);
	w->call.token = token;
	assert_int_equal(mn_brain_hash(b, &w->call, h.bytes), MN_ECANCELLED);
	w->call.token = NULL;
	mn_token_free(token);
	mn_brain_close(b);
}

/* More rows than are read at once, and many that share a uid. */
static void large_brains_are_hashed_in_parts(void **state)
{
	struct world *w = *state;
	enum { ROWS = 3000 };
	mn_neuron *rows = calloc(ROWS, sizeof(*rows));
	mn_change *changes = calloc(ROWS, sizeof(*changes));
	struct hash hashes[2];

	assert_true(rows && changes);
	for (int round = 0; round < 2; round++) {
		mn_applied applied = MN_SIZED(mn_applied);
		const char *name = round ? "down" : "up";
		mn_brain *b = NULL;

		for (size_t i = 0; i < ROWS; i++) {
			rows[i] = (mn_neuron){.id = round ? ROWS - i : i + 1,
				.type = MN_CONCEPT,
				.created = (mn_time)i,
				.text = i % 2 ? MN_STR("odd") : MN_STR("even")};
			changes[i] = (mn_change){MN_ADD, MN_NEURON, &rows[i]};
		}
		ok(w, mn_store_create(w->store, &w->call, mn_str_of(name), MN_STR("")));
		ok(w, mn_brain_open(w->store, &w->call, mn_str_of(name), &b));
		ok(w, mn_brain_apply(b, &w->call, NULL, changes, ROWS, &applied));
		hashes[round] = hash_of(w, b);
		mn_brain_close(b);
	}
	assert_true(same(hashes[0], hashes[1]));
	free(rows);
	free(changes);
}

int main(void)
{
#define claim(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		claim(ids_and_the_order_of_adding_do_not_count),
		claim(what_means_the_same_is_the_same),
		claim(every_member_of_a_neuron_or_state_counts),
		claim(every_member_of_a_synapse_counts),
		claim(every_member_of_a_fiber_counts),
		claim(a_brain_s_config_counts_and_its_name_does_not),
		claim(lines_come_by_kind_and_uid),
		claim(a_sink_that_fails_ends_it),
		claim(a_cancelled_hash_ends),
		claim(large_brains_are_hashed_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
