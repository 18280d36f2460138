/* SPDX-License-Identifier: MIT */
/*
 * animals.h - for tests of stores and of names: a brain in memory with a cat, a dog, an animal and
 * a memory. To be included after cmocka.h.
 */
#ifndef TESTS_ANIMALS_H
#define TESTS_ANIMALS_H

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/type.h"
#include "mn.h"

struct world {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
};

static inline int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	mn_error err = {.size = sizeof(err)};

	*state = w;
	assert_int_equal(mn_engine_new(NULL, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	if (mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &w->store) != MN_OK)
		fail_msg("%s", w->call.err->text);
	assert_int_equal(mn_store_create(w->store, &w->call, MN_STR("b"), MN_STR("")), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("b"), &w->brain), MN_OK);
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;

	mn_brain_close(w->brain);
	mn_store_close(w->store);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	free(w);
	return 0;
}

static inline mn_neuron neuron(mn_id id, uint16_t type, const char *text)
{
	return (mn_neuron){
		.id = id, .type = type, .text = mn_str_of(text), .created = 1, .updated = 1};
}

static inline mn_synapse synapse(mn_id id, mn_id from, mn_id to, uint16_t type, double base)
{
	return (mn_synapse){
		.id = id, .from = from, .to = to, .type = type, .base = base, .created = 1};
}

/* cat -is_a-> animal, twice; dog -is_a-> animal; and a memory that names the cat */
static inline void fill(struct world *w)
{
	mn_neuron n[] = {neuron(1, MN_CONCEPT, "cat"), neuron(2, MN_CONCEPT, "animal"),
		neuron(3, MN_CONCEPT, "dog|x"), neuron(4, MN_MEMORY, "a cat sat")};
	mn_synapse s[] = {synapse(1, 1, 2, MN_IS_A, .5), synapse(2, 1, 2, MN_IS_A, .7),
		synapse(3, 3, 2, MN_IS_A, .6), synapse(4, 4, 1, MN_INVOLVES, .9)};
	mn_fiber f = {.id = 1, .anchor = 4, .flags = MN_FIBER_STAR, .salience = .5};
	mn_change c[9];
	mn_applied done = MN_SIZED(mn_applied);

	n[3].uid = MN_STR("m1");
	for (int i = 0; i < 4; i++) {
		c[i] = (mn_change){MN_ADD, MN_NEURON, &n[i]};
		c[4 + i] = (mn_change){MN_ADD, MN_SYNAPSE, &s[i]};
	}
	c[8] = (mn_change){MN_ADD, MN_FIBER, &f};
	if (mn_brain_apply(w->brain, &w->call, NULL, c, 9, &done) != MN_OK)
		fail_msg("%zu: %s", done.culprit, w->call.err->text);
}

#endif
