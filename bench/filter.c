/* SPDX-License-Identifier: MIT */
/*
 * filter.c - what the explorer asks at each keystroke of its filter: the first page of neurons that
 * have the words so far, the last one as a prefix. Words of all ranks are typed letter by letter,
 * and half of them followed by a second word.
 */
#include <string.h>

#include "text.h"

#define SIZE 100000
#define PAGE 128 /* of app/tui/neurons.h */
#define TYPED 16

static const uint64_t ranks[] = {0, 3, 12, 40, 150, 600, 2400, 9000};
#define NRANKS (sizeof(ranks) / sizeof(*ranks))

static int keystroke(struct bench *b, struct held *k, mn_str typed, double *rows)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	size_t n = 0;
	int status;

	q.kind = MN_NEURON;
	q.text = typed;
	q.fields = MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META | MN_FIELD_UID;
	status = mn_brain_scan(k->brain, &b->call, &q, &scan);
	while (status == MN_OK && n < PAGE && !page.last) {
		status = mn_scan_next(scan, &b->call, PAGE - n, &page);
		n += page.rows.n;
	}
	mn_scan_done(scan);
	*rows += (double)n;
	return status == MN_OK ? 0 : bench_fail(b, "scan");
}

struct typing {
	struct samples all, by_letters[WORD_ROOM], second, cpu;
	double rows;
};

static int type_text(struct bench *b, struct held *k, const char *text, struct typing *t)
{
	const char *space = strchr(text, ' ');
	int status = 0;

	for (size_t len = 1; len <= strlen(text) && status == 0; len++) {
		double from = bench_now(), ran = bench_cpu(), took;

		status = keystroke(b, k, (mn_str){text, len}, &t->rows);
		took = (bench_now() - from) / 1000;
		samples_add(&t->cpu, (bench_cpu() - ran) / 1000);
		samples_add(&t->all, took);
		samples_add(space && text + len > space ? &t->second
							: &t->by_letters[len < WORD_ROOM ? len : 0],
			took);
		mn_call_reset(&b->call);
	}
	return status;
}

static void report(struct bench *b, struct typing *t)
{
	bench_spread_of(b, "keystroke", &t->all, "ms");
	bench_spread_of(b, "keystroke, processor time", &t->cpu, "ms");
	bench_spread_of(b, "keystroke, 1 letter", &t->by_letters[1], "ms");
	bench_spread_of(b, "keystroke, 3 letters", &t->by_letters[3], "ms");
	bench_spread_of(b, "keystroke, 6 letters", &t->by_letters[6], "ms");
	bench_spread_of(b, "keystroke, second word", &t->second, "ms");
	bench_figure(b, "rows of the first page", t->rows / (double)t->all.n, "neurons");
}

static int run(struct bench *b)
{
	const unsigned typed = b->rounds ? b->rounds : TYPED;
	struct typing t = {0};
	struct held k;
	struct dice d;
	int status;

	bench_size(b, SIZE);
	status = text_open(b, SIZE, &k);
	dice_seed(&d, 11);
	for (unsigned i = 0; i < typed && status == 0; i++) {
		char text[2 * WORD_ROOM + 1];
		size_t at = words_append(text, sizeof(text), 0, ranks[i % NRANKS] + i / NRANKS);

		if (i % 2)
			words_append(text, sizeof(text), at, dice_zipf(&d, WORDS));
		status = type_text(b, &k, text, &t);
	}
	if (status == 0)
		report(b, &t);
	samples_free(&t.all);
	samples_free(&t.cpu);
	samples_free(&t.second);
	for (size_t i = 0; i < WORD_ROOM; i++)
		samples_free(&t.by_letters[i]);
	held_close(&k);
	return status;
}

const struct bench_case bench_filter = {
	"filter", "the explorer's filter, keystroke by keystroke, in SQLite", run};
