/* SPDX-License-Identifier: MIT */
/* synth.c - synthetic graphs, the same from the same seed; bench.h describes them. */
#include <math.h>
#include <string.h>

#include "base/type.h"
#include "bench.h"

#define BATCH 10000
#define TEXT_WORDS 11

struct drawn { /* all that is random about a neuron, from the seed and its id alone */
	struct synth_out out;
	struct dice rest;
};

uint64_t synth_concepts(uint64_t n)
{
	return n / 10 < WORDS ? n / 10 : WORDS;
}

static void draw(uint64_t seed, mn_id id, uint64_t n, struct drawn *out)
{
	struct dice *d = &out->rest;

	dice_seed(d, seed ^ id * UINT64_C(0xd1342543de82ef95));
	for (int i = 0; i < SYNTH_SYNAPSES; i++) {
		mn_id to = (dice_next(d) & 1 ? dice_zipf(d, n) : dice_next(d) % n) + 1;

		out->out.to[i] = to == id ? id % n + 1 : to;
		out->out.base[i] = round((.05 + .95 * dice_unit(d)) * 4096) / 4096;
	}
}

void synth_synapses(mn_id id, uint64_t n, uint64_t seed, struct synth_out *out)
{
	struct drawn k;

	draw(seed, id, n, &k);
	*out = k.out;
}

/* The words of the concepts that a memory has synapses to, and others. */
static size_t text_of(struct drawn *k, mn_id id, uint64_t n, char out[SYNTH_TEXT])
{
	const uint64_t concepts = synth_concepts(n);
	uint64_t ranks[TEXT_WORDS];
	size_t nranks = 0, at = 0;

	if (id <= concepts)
		return word_of(id - 1, out);
	for (int i = 0; i < SYNTH_SYNAPSES; i++) {
		bool twice = false;

		for (int j = 0; j < i; j++)
			twice |= k->out.to[j] == k->out.to[i];
		if (k->out.to[i] <= concepts && !twice)
			ranks[nranks++] = k->out.to[i] - 1;
	}
	words_draw(&k->rest, WORDS, ranks, nranks, TEXT_WORDS);
	for (size_t i = 0; i < TEXT_WORDS; i++)
		at = words_append(out, SYNTH_TEXT, at, ranks[i]);
	return at;
}

size_t synth_text(mn_id id, uint64_t n, uint64_t seed, char out[SYNTH_TEXT])
{
	struct drawn k;

	draw(seed, id, n, &k);
	return text_of(&k, id, n, out);
}

int synth_fill_neurons(struct bench *b, mn_brain *brain, uint64_t n, uint64_t seed)
{
	static mn_neuron rows[BATCH];
	static mn_change changes[BATCH];
	static char names[BATCH][24], texts[BATCH][SYNTH_TEXT];
	mn_applied applied = MN_SIZED(mn_applied);
	const mn_time now = mn_engine_now(b->engine);
	const uint64_t concepts = synth_concepts(n);
	mn_id first;

	if (mn_brain_reserve(brain, &b->call, MN_NEURON, (uint32_t)n, &first) != MN_OK
		|| first != 1)
		return bench_fail(b, "reserve");
	for (uint64_t from = 0; from < n; from += BATCH) {
		const size_t m = n - from < BATCH ? n - from : BATCH;

		for (size_t i = 0; i < m; i++) {
			const mn_id id = from + i + 1;
			struct drawn k;

			draw(seed, id, n, &k);
			rows[i] = (mn_neuron){.id = id,
				.uid = {names[i], synth_uid(id, names[i])},
				.text = {texts[i], text_of(&k, id, n, texts[i])},
				.type = id <= concepts ? MN_CONCEPT : MN_MEMORY,
				.flags = id <= concepts ? 0 : MN_NEURON_ANCHOR,
				.created = now,
				.updated = now};
			changes[i] = (mn_change){MN_ADD, MN_NEURON, &rows[i]};
		}
		if (mn_brain_apply(brain, &b->call, NULL, changes, m, &applied) != MN_OK)
			return bench_fail(b, "adding neurons");
		mn_call_reset(&b->call);
	}
	return 0;
}

static uint16_t type_between(mn_id from, mn_id to, uint64_t concepts)
{
	if (from <= concepts)
		return MN_LEADS_TO;
	return to <= concepts ? MN_INVOLVES : MN_SIMILAR_TO;
}

static void draw_synapses(mn_synapse *rows, mn_id from, uint64_t n, mn_time now, uint64_t seed)
{
	struct drawn k;

	draw(seed, from, n, &k);
	for (int i = 0; i < SYNTH_SYNAPSES; i++)
		rows[i] = (mn_synapse){.from = from,
			.to = k.out.to[i],
			.base = k.out.base[i],
			.type = type_between(from, k.out.to[i], synth_concepts(n)),
			.created = now};
}

int synth_fill_synapses(struct bench *b, mn_brain *brain, uint64_t n, uint64_t seed)
{
	static mn_synapse rows[BATCH];
	static mn_change changes[BATCH];
	mn_applied applied = MN_SIZED(mn_applied);
	const mn_time now = mn_engine_now(b->engine);
	const uint64_t total = n * SYNTH_SYNAPSES;
	mn_id first;

	if (mn_brain_reserve(brain, &b->call, MN_SYNAPSE, (uint32_t)total, &first) != MN_OK)
		return bench_fail(b, "reserve");
	for (uint64_t at = 0; at < total; at += BATCH) {
		const size_t m = total - at < BATCH ? total - at : BATCH;

		for (size_t i = 0; i < m; i += SYNTH_SYNAPSES)
			draw_synapses(rows + i, (at + i) / SYNTH_SYNAPSES + 1, n, now, seed);
		for (size_t i = 0; i < m; i++) {
			rows[i].id = first + at + i;
			changes[i] = (mn_change){MN_ADD, MN_SYNAPSE, &rows[i]};
		}
		if (mn_brain_apply(brain, &b->call, NULL, changes, m, &applied) != MN_OK)
			return bench_fail(b, "adding synapses");
		mn_call_reset(&b->call);
	}
	return 0;
}

size_t synth_uid(mn_id id, char out[24])
{
	return (size_t)snprintf(out, 24, "n%llu", (unsigned long long)id);
}

int synth_fill(struct bench *b, mn_brain *brain, uint64_t n, uint64_t seed)
{
	if (synth_fill_neurons(b, brain, n, seed))
		return -1;
	return synth_fill_synapses(b, brain, n, seed);
}
