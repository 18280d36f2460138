/* SPDX-License-Identifier: MIT */
/* Synapses in memory are packed by what tells them apart: what is put in comes out to the last bit,
 * whatever came before and comes after it. */
#include "sketch.h"

#define NEURONS 2000
#define SYNAPSES 150

static uint32_t below(uint32_t n)
{
	return (uint32_t)random() % n;
}

/* Ranges grow upwards and downwards, by much and by little. */
static double some_weight(int kind)
{
	switch (kind) {
	case 0: return (double)(1 + below(4096)) / 4096;
	case 1: return .5 + (double)below(200) / 100000;
	case 2: return (double)random() / RAND_MAX;
	case 3: return ldexp((double)random() / RAND_MAX, -(int)below(200));
	default: return below(3) ? .75 : (double)below(2);
	}
}

static mn_synapse some_synapse(int kind)
{
	static const uint16_t types[] = {MN_RELATED_TO, MN_LEADS_TO, MN_CAUSED_BY, MN_INVOLVES};
	const uint32_t near = 900 + below(40);

	return (mn_synapse){.from = below(8) ? near : 1 + below(NEURONS),
		.to = below(4) ? near + below(60) : 1 + below(NEURONS),
		.type = types[below(4)],
		.flags = below(6) ? 0 : MN_SYNAPSE_TWO_WAY,
		.base = some_weight(kind),
		.created = 1 + (mn_time)below(below(9) ? 5 : 300)};
}

static void check(sketch *s)
{
	mn_id ids[SYNAPSES];
	const mn_synapse *got;
	mn_rows rows;

	for (size_t i = 0; i < s->nsynapses; i++)
		ids[i] = i + 1;
	OK(&s->call, mn_brain_get(s->brain, &s->call, MN_SYNAPSE, (mn_ids){ids, s->nsynapses}, 0,
			     &rows));
	got = rows.at.synapse;
	for (size_t i = 0; i < s->nsynapses; i++) {
		const mn_synapse *put = &s->synapses[i];

		if (got[i].id != put->id || got[i].from != put->from || got[i].to != put->to
			|| got[i].type != put->type || got[i].created != put->created
			|| got[i].base != put->base || got[i].flags != put->flags)
			fail_msg("synapse %zu of %zu: %llu to %llu, weight %a, not %llu to %llu, "
				 "%a",
				i + 1, s->nsynapses, (unsigned long long)got[i].from,
				(unsigned long long)got[i].to, got[i].base,
				(unsigned long long)put->from, (unsigned long long)put->to,
				put->base);
	}
	mn_call_reset(&s->call);
}

/* One by one, and now and then one that was there becomes another. */
static void put_and_check(sketch *s, int kind)
{
	while (s->nsynapses < SYNAPSES) {
		const mn_synapse next = some_synapse(kind);
		mn_synapse *at = &s->synapses[s->nsynapses];
		uint8_t op = MN_ADD;

		if (s->nsynapses && below(4) == 0) {
			at = &s->synapses[below((uint32_t)s->nsynapses)];
			op = MN_PUT;
		} else {
			at->id = ++s->nsynapses;
		}
		*at = (mn_synapse){.id = at->id,
			.from = next.from,
			.to = next.to,
			.type = next.type,
			.flags = next.flags,
			.base = next.base,
			.created = next.created};
		s->changes[s->nchanges++] = (mn_change){op, MN_SYNAPSE, at};
		sketch_write(s);
		if (below(4) == 0)
			check(s);
	}
	check(s);
}

static void a_synapse_comes_out_as_it_was_put_in(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 40; seed++) {
		sketch *s = sketch_begin();

		srandom(seed);
		for (int i = 0; i < NEURONS; i++)
			sketch_neuron(s, MN_CONCEPT, "n", 0);
		sketch_write(s);
		put_and_check(s, (int)(seed % 5));
		sketch_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_synapse_comes_out_as_it_was_put_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
