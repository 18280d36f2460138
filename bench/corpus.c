/* SPDX-License-Identifier: MIT */
/* corpus.c - synthetic memories and questions about them; bench.h describes them. */
#include <string.h>
#include <time.h>

#include "bench.h"

#define BATCH CORPUS_BATCH
#define BEGAN INT64_C(1104537600) /* 2005-01-01, seconds */
#define FACT_EVERY 100
#define CORPUS_SEED UINT64_C(0xb5297a4d)

static void dice_of(struct dice *d, uint64_t number)
{
	dice_seed(d, CORPUS_SEED ^ number * UINT64_C(0xd1342543de82ef95));
}

/* "Belora Tasina": made of the word of a rank that no memory uses, so nobody is called alike. */
static size_t name_of(uint64_t fact, char *out, size_t room)
{
	char first[WORD_ROOM], last[WORD_ROOM];
	const size_t n = word_of(WORDS + fact % 1000, first),
		     m = word_of(WORDS + 1000 + fact / 1000, last);

	first[n - 1] = last[m - 1] = 'a';
	first[0] = (char)(first[0] - 'a' + 'A');
	last[0] = (char)(last[0] - 'a' + 'A');
	return (size_t)snprintf(out, room, "%s %s", first, last);
}

static void fact_of(uint64_t number, struct corpus_fact *out)
{
	const uint64_t fact = number / FACT_EVERY;
	struct dice d;
	uint64_t ranks[2];
	size_t n = 0;

	dice_of(&d, number);
	words_draw(&d, WORDS, ranks, 0, 2);
	for (int i = 0; i < 2; i++)
		n = words_append(out->thing, sizeof(out->thing), n, ranks[i]);
	name_of(fact, out->who, sizeof(out->who));
	snprintf(out->where, sizeof(out->where), "shelf %llu",
		(unsigned long long)(1000 + fact * 7));
}

bool corpus_fact_at(uint64_t number, struct corpus_fact *out)
{
	if (number % FACT_EVERY != FACT_EVERY / 2)
		return false;
	fact_of(number, out);
	return true;
}

size_t corpus_text(uint64_t number, char out[CORPUS_ROOM])
{
	struct corpus_fact fact;
	uint64_t ranks[CORPUS_WORDS];
	struct dice d;
	size_t at = 0;

	if (corpus_fact_at(number, &fact))
		return (size_t)snprintf(out, CORPUS_ROOM, "%s left the %s on %s.", fact.who,
			fact.thing, fact.where);
	dice_of(&d, number);
	words_draw(&d, WORDS, ranks, 0, CORPUS_WORDS);
	for (size_t i = 0; i < CORPUS_WORDS; i++)
		at = words_append(out, CORPUS_ROOM - 1, at, ranks[i]);
	out[at++] = '.';
	out[at] = '\0';
	return at;
}

mn_time corpus_time(uint64_t number)
{
	return (BEGAN + (mn_time)number * 60) * 1000000;
}

size_t corpus_question(uint64_t number, uint64_t words, char out[CORPUS_ROOM])
{
	uint64_t ranks[3];
	struct dice d;
	size_t at = 0;

	dice_seed(&d, ~CORPUS_SEED ^ number * UINT64_C(0xd1342543de82ef95));
	words_draw(&d, words, ranks, 0, 3);
	for (int i = 0; i < 3; i++)
		at = words_append(out, CORPUS_ROOM, at, ranks[i]);
	return at;
}

int corpus_remember(struct bench *b, mn_brain *brain, uint64_t first, uint64_t n, size_t batch,
	struct spent *spent)
{
	static mn_note notes[BATCH];
	static char ids[BATCH][24], texts[BATCH][CORPUS_ROOM];

	for (uint64_t from = 0; from < n; from += batch) {
		mn_remembered done = MN_SIZED(mn_remembered);
		const size_t m = n - from < batch ? n - from : batch;
		double began, ran;

		for (size_t i = 0; i < m; i++) {
			const uint64_t number = first + from + i;
			const int len = snprintf(
				ids[i], sizeof(ids[i]), "m%llu", (unsigned long long)number);

			notes[i] = MN_SIZED(mn_note);
			notes[i].id = (mn_str){ids[i], (size_t)len};
			notes[i].text = (mn_str){texts[i], corpus_text(number, texts[i])};
			notes[i].time = corpus_time(number);
			notes[i].has_time = true;
		}
		began = bench_now();
		ran = bench_cpu_all();
		if (mn_brain_remember(brain, &b->call, notes, m, &done) != MN_OK)
			return bench_fail(b, "remember");
		spent->elapsed += bench_now() - began;
		spent->cpu += bench_cpu_all() - ran;
		mn_call_reset(&b->call);
	}
	return 0;
}

/* ---- The cases that print them --------------------------------------------------------------- */

static int print_memories(struct bench *b)
{
	const uint64_t n = bench_size(b, 100000);

	for (uint64_t i = 0; i < n; i++) {
		char text[CORPUS_ROOM];
		const time_t at = (time_t)(corpus_time(i) / 1000000);
		struct tm when;

		corpus_text(i, text);
		gmtime_r(&at, &when);
		printf("{\"id\":\"m%llu\",\"text\":\"%s\",\"timestamp\":\"%04d-%02d-%02dT%02d:%02d:%02dZ\"}\n",
			(unsigned long long)i, text, when.tm_year + 1900, when.tm_mon + 1,
			when.tm_mday, when.tm_hour, when.tm_min, when.tm_sec);
	}
	return ferror(stdout) ? bench_fail(b, "writing") : 0;
}

static int print_questions(struct bench *b)
{
	const uint64_t n = bench_size(b, 100000), facts = n / FACT_EVERY;
	const uint64_t rounds = b->rounds ? b->rounds : 100;
	const uint64_t asked = facts < rounds ? facts : rounds;

	for (uint64_t i = 0; i < rounds; i++) {
		struct corpus_fact fact;
		char words[CORPUS_ROOM];
		const uint64_t number = (asked ? i * facts / asked : 0) * FACT_EVERY
					+ FACT_EVERY / 2;

		corpus_question(i, WORDS, words);
		printf("{\"query\":\"%s\",\"gold_text\":null,\"kind\":\"general\"}\n", words);
		if (i >= asked || !corpus_fact_at(number, &fact))
			continue;
		printf("{\"query\":\"Where did %s leave the %s?\",\"gold_text\":\"%s\","
		       "\"kind\":\"needle\",\"id\":\"m%llu\"}\n",
			fact.who, fact.thing, fact.where, (unsigned long long)number);
	}
	return ferror(stdout) ? bench_fail(b, "writing") : 0;
}

const struct bench_case bench_corpus = {
	"corpus", "synthetic memories as JSON Lines on standard output", print_memories};
const struct bench_case bench_questions = {"questions",
	"questions about those of the same size, with the answers that are planted",
	print_questions};
