/* SPDX-License-Identifier: MIT */
/* build.c - brains that claims are made about: one known by heart, and random ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

uint64_t dice(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed * UINT64_C(0x2545F4914F6CDD1D);
}

uint64_t dice_below(uint64_t *seed, uint64_t n)
{
	return (dice(seed) >> 11) % n;
}

double dice_unit(uint64_t *seed)
{
	return (double)(dice(seed) >> 11) / 9007199254740992.0;
}

/*
 *  N(0) concept "cat"   N(1) concept "dog"    N(2) entity "Ada"   N(3) concept "lonely"
 *  N(4) memory "the cat met the dog", anchor of F(0)
 *  N(5) memory "Ada feeds the cat",   anchor of F(1), uid "m5"
 *
 *  S(0) N4 involves N0 .5    S(1) N4 involves N1 .25    S(2) N5 involves N0 .75
 *  S(3) N5 mentions N2 1     S(4) N4 before N5 .7       S(5) N0 co_occurs N1 .125, two-way
 *  S(6) N0 is_a N0 .0625, to itself                     S(7) N4 involves N0 .375, parallel to S(0)
 */
void build_known(struct room *r)
{
	struct batch b = {0};
	mn_neuron five = neuron(N(5), MN_MEMORY, "Ada feeds the cat");
	mn_synapse two_way = synapse(S(5), N(0), N(1), MN_CO_OCCURS, 0.125);
	mn_fiber f0 = fiber(F(0), N(4)), f1 = fiber(F(1), N(5));
	mn_str tags[] = {MN_STR("pets"), MN_STR("home")};
	mn_state s = state_of(N(0), 0.5, 3);

	batch_neuron(&b, N(0), MN_CONCEPT, "cat");
	batch_neuron(&b, N(1), MN_CONCEPT, "dog");
	batch_neuron(&b, N(2), MN_ENTITY, "Ada");
	batch_neuron(&b, N(3), MN_CONCEPT, "lonely");
	batch_neuron(&b, N(4), MN_MEMORY, "the cat met the dog");
	five.uid = MN_STR("m5");
	five.flags = MN_NEURON_ANCHOR;
	batch_row(&b, MN_ADD, MN_NEURON, &five);
	batch_synapse(&b, S(0), N(4), N(0), MN_INVOLVES, 0.5);
	batch_synapse(&b, S(1), N(4), N(1), MN_INVOLVES, 0.25);
	batch_synapse(&b, S(2), N(5), N(0), MN_INVOLVES, 0.75);
	batch_synapse(&b, S(3), N(5), N(2), MN_MENTIONS, 1);
	batch_synapse(&b, S(4), N(4), N(5), MN_BEFORE, 0.7);
	two_way.flags = MN_SYNAPSE_TWO_WAY;
	batch_row(&b, MN_ADD, MN_SYNAPSE, &two_way);
	batch_synapse(&b, S(6), N(0), N(0), MN_IS_A, 0.0625);
	batch_synapse(&b, S(7), N(4), N(0), MN_INVOLVES, 0.375);
	batch_row(&b, MN_ADD, MN_STATE, &s);
	f0.flags = MN_FIBER_STAR;
	f0.tags = (mn_strs){tags, 2};
	batch_row(&b, MN_ADD, MN_FIBER, &f0);
	f1.uid = MN_STR("memory five");
	f1.tags = (mn_strs){tags, 1};
	f1.neurons = (mn_ids){(mn_id[]){N(5), N(0), N(2)}, 3};
	f1.synapses = (mn_ids){(mn_id[]){S(2), S(3)}, 2};
	f1.summary = MN_STR("a cat is fed");
	batch_row(&b, MN_ADD, MN_FIBER, &f1);
	batch_apply(r, &b);
}

/* ---- Random ---------------------------------------------------------------------------------- */

static const char *const words[] = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta",
	"theta", "\xe7\x8c\xab", "caf\xc3\xa9", "iota", "kappa"};

static void random_neuron(
	struct room *r, struct batch *b, uint64_t *seed, unsigned i, char *text, char *uid)
{
	static const uint16_t types[] = {MN_CONCEPT, MN_ENTITY, MN_TIME, MN_MEMORY};
	uint16_t type = types[dice_below(seed, COUNT(types))];
	mn_neuron n;

	snprintf(text, 64, "%s %s %u", words[dice_below(seed, COUNT(words))],
		words[dice_below(seed, COUNT(words))], (unsigned)dice_below(seed, 100));
	n = neuron(N(i), type, text);
	n.created = NOON - (mn_time)dice_below(seed, 400 * (uint64_t)MN_DAY);
	n.flags = (uint16_t)dice_below(seed, 32);
	if (dice_below(seed, 3) == 0) {
		snprintf(uid, 32, "n-%u", i);
		n.uid = mn_str_of(uid);
	}
	batch_row(b, MN_ADD, MN_NEURON, &n);
	if (dice_below(seed, 4) == 0) {
		mn_state s = state_of(N(i), dice_unit(seed), (uint32_t)dice_below(seed, 50));

		batch_row(b, MN_ADD, MN_STATE, &s);
	}
}

static void random_synapse(
	struct room *r, struct batch *b, uint64_t *seed, unsigned i, unsigned neurons)
{
	/* The square makes hubs of the first neurons; few levels of base make ties. */
	double u = dice_unit(seed);
	mn_synapse s = synapse(S(i), N(u * u * neurons), N(dice_below(seed, neurons)),
		(uint16_t)(1 + dice_below(seed, MN_SYNAPSE_TYPES - 1)),
		(double)dice_below(seed, 9) / 8);

	s.created = NOON - (mn_time)dice_below(seed, 60 * (uint64_t)MN_DAY);
	s.uses = dice_below(seed, 3) ? 0 : (uint32_t)dice_below(seed, 12);
	s.last = s.uses ? s.created + DAYS(dice_below(seed, 90)) : 0;
	s.flags = dice_below(seed, 4) ? 0 : MN_SYNAPSE_TWO_WAY;
	batch_row(b, MN_ADD, MN_SYNAPSE, &s);
}

void build_random(struct room *r, uint64_t seed, unsigned neurons, unsigned synapses)
{
	struct batch b = {0};
	char(*text)[64] = calloc(neurons, sizeof(*text));
	char(*uid)[32] = calloc(neurons, sizeof(*uid));

	assert_non_null(text);
	assert_non_null(uid);
	for (unsigned i = 0; i < neurons; i++)
		random_neuron(r, &b, &seed, i, text[i], uid[i]);
	for (unsigned i = 0; i < synapses; i++)
		random_synapse(r, &b, &seed, i, neurons);
	for (unsigned i = 0; i < neurons / 4; i++) {
		mn_fiber f = fiber(F(i), N(dice_below(&seed, neurons)));

		f.stage = (uint16_t)dice_below(&seed, 2);
		f.created = NOON - (mn_time)i * 1000;
		batch_row(&b, MN_ADD, MN_FIBER, &f);
	}
	batch_apply(r, &b);
	free(text);
	free(uid);
}
