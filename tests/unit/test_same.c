/* SPDX-License-Identifier: MIT */
/*
 * What makes recall fast changes nothing of it: traces, to the last bit of every event, are those
 * of the slow way. The memories are made up of a few hundred words, some of them in most texts, so
 * that there are long lists and short ones; under the hasty plugin all of them are cut and swept.
 */
#include "sketch.h"

#include <ftw.h>
#include <pthread.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/brain.h"

#define MEMORIES 600
#define VOCABULARY 400
#define WORDS 9
#define QUESTIONS 12
#define READERS 8
#define MOST_TEXT ((size_t)64 << 20)

/* ---- A brain ------------------------------------------------------------------------------- */

static unsigned next_number(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

/* Words of low numbers come often. */
static size_t put_words(uint64_t *seed, size_t n, char out[WORDS * 8])
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		const unsigned a = next_number(seed) % VOCABULARY;
		const unsigned b = next_number(seed) % VOCABULARY, word = a * b / VOCABULARY;

		len += (size_t)snprintf(out + len, WORDS * 8 - len, "%sw%c%c%cx", i ? " " : "",
			'a' + (int)(word % 26), 'a' + (int)(word / 26), 'k' + (int)(word % 7));
	}
	return len;
}

/* In batches of so many. */
static void remember_all(sketch *s, size_t batch)
{
	static char texts[MEMORIES][WORDS * 8], ids[MEMORIES][8];
	mn_note notes[MEMORIES];
	mn_remembered done = MN_SIZED(mn_remembered);
	uint64_t seed = 5;

	for (size_t i = 0; i < MEMORIES; i++) {
		notes[i] = MN_SIZED(mn_note);
		snprintf(ids[i], sizeof(ids[i]), "m%03zu", i); /* equals stand in this order */
		notes[i].id = mn_str_of(ids[i]);
		notes[i].text = (mn_str){texts[i], put_words(&seed, WORDS, texts[i])};
		notes[i].time = INT64_C(1683504000000000) + (mn_time)i * 3600000000;
		notes[i].has_time = true;
	}
	for (size_t i = 0; i < MEMORIES; i += batch)
		OK(&s->call, mn_brain_remember(s->brain, &s->call, notes + i,
				     MEMORIES - i < batch ? MEMORIES - i : batch, &done));
}

static sketch *brain_of(const char *url, uint64_t cache, size_t batch)
{
	sketch *s = sketch_begin_in(url, cache, NULL);

	remember_all(s, batch);
	return s;
}

static int drop_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

/* A folder for a store, and its URL. */
struct folder {
	char path[32], url[48];
};

static struct folder folder_new(void)
{
	struct folder f = {.path = "/tmp/mn-same-XXXXXX"};

	assert_non_null(mkdtemp(f.path));
	snprintf(f.url, sizeof(f.url), "sqlite:%s", f.path);
	return f;
}

static void folder_drop(const struct folder *f)
{
	nftw(f->path, drop_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- Its traces ---------------------------------------------------------------------------- */

/* Of what was not read there is a bound, which may be closer in one store than in another. */
static void put_event(mn_buf *out, const mn_event *e)
{
	mn_buf_printf(out, "%llu>%llu by %llu: %u %u %u %u %u %u %u", (unsigned long long)e->from,
		(unsigned long long)e->to, (unsigned long long)e->synapse, e->step, e->fan, e->hop,
		e->type, e->op, e->fate, e->reason);
	if (e->fate != MN_FATE_PRUNED && e->fate != MN_FATE_OUT_OF_BUDGET)
		mn_buf_printf(out, " %a %a %a %a %a %a", e->in, e->gain, e->weight, e->share,
			e->out, e->after);
	mn_buf_char(out, '\n');
}

static void put_trace(mn_buf *out, const mn_trace *trace)
{
	const mn_trace_head *head = mn_trace_about(trace);
	const mn_event *e;
	const size_t n = mn_trace_events(trace, &e);

	mn_buf_printf(out, "%.*s %llu of %llu\n", MN_FMT(head->kernel),
		(unsigned long long)head->activated, (unsigned long long)head->examined);
	for (size_t i = 0; i < head->nranked; i++)
		mn_buf_printf(
			out, "= %llu %a\n", (unsigned long long)head->ranked[i], head->score[i]);
	for (size_t i = 0; i < n; i++)
		put_event(out, &e[i]);
}

static void put_answer(mn_brain *brain, mn_call *call, unsigned number, mn_buf *out)
{
	uint64_t seed = 1000 + number;
	char text[WORDS * 8];
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);

	q.text = (mn_str){text, put_words(&seed, 3, text)};
	q.depth = (int)(number % 4);
	q.kernel = number % 3 ? MN_STR("fan") : MN_STR("classic");
	q.fresh = q.want_trace = true;
	OK(call, mn_brain_recall(brain, call, &q, &a));
	put_trace(out, a.trace);
	mn_trace_free(a.trace);
	mn_call_reset(call);
}

/* Of all questions; to be freed. */
static char *traces_of(mn_brain *brain, mn_call *call)
{
	mn_buf out = MN_BUF(MOST_TEXT);

	for (unsigned i = 0; i < QUESTIONS; i++)
		put_answer(brain, call, i, &out);
	assert_true(out.len > 10000 && !out.failed); /* there is something to compare */
	mn_buf_add(&out, "", 1);
	return out.ptr;
}

static void assert_traces(sketch *s, const char *want)
{
	char *got = traces_of(s->brain, &s->call);

	assert_string_equal(got, want);
	free(got);
}

static char *traces_in_memory(void)
{
	sketch *s = brain_of("memory:", 0, MEMORIES);
	char *traces = traces_of(s->brain, &s->call);

	sketch_end(s);
	return traces;
}

/* ---- Claims -------------------------------------------------------------------------------- */

static void the_cache_leaves_traces_as_they_are(void **state)
{
	const struct folder f = folder_new();
	sketch *s = brain_of(f.url, 1, MEMORIES); /* next to none */
	char *want = traces_in_memory();

	(void)state;
	assert_traces(s, want);
	assert_traces(s, want);
	sketch_end(s);
	s = sketch_begin_with(0); /* and one that holds everything, empty and warm */
	remember_all(s, MEMORIES);
	assert_traces(s, want);
	assert_traces(s, want);
	sketch_end(s);
	free(want);
	folder_drop(&f);
}

static void lists_that_wait_are_in_traces_as_those_that_are_merged(void **state)
{
	(void)state;
	for (size_t batch = 1; batch <= MEMORIES; batch *= 25) {
		const struct folder f = folder_new();
		sketch *s = brain_of(f.url, 0, batch);
		char *want = traces_of(s->brain, &s->call); /* changes wait beside packed lists */

		mn_brain_close(s->brain);
		OK(&s->call, mn_brain_open(s->store, &s->call, MN_STR("b"), &s->brain));
		assert_traces(s, want); /* closing has merged them */
		OK(&s->call, mn_brain_rebuild(s->brain, &s->call));
		assert_traces(s, want); /* all lists were written anew */
		sketch_end(s);
		folder_drop(&f);
		free(want);
	}
}

struct reader { /* asks every question once, beginning with one of them */
	pthread_t thread;
	sketch *s;
	unsigned first;
	mn_buf out[QUESTIONS];
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	mn_call call;

	assert_int_equal(mn_call_init(&call, r->s->engine, 0), MN_OK);
	for (unsigned i = 0; i < QUESTIONS; i++) {
		const unsigned number = (r->first + i) % QUESTIONS;

		r->out[number] = MN_BUF(MOST_TEXT);
		put_answer(r->s->brain, &call, number, &r->out[number]);
	}
	mn_call_done(&call);
	return NULL;
}

/* What all of them wrote, question by question. */
static void assert_reader(struct reader *r, const char *want)
{
	for (unsigned i = 0; i < QUESTIONS; i++) {
		assert_memory_equal(r->out[i].ptr, want, r->out[i].len);
		want += r->out[i].len;
		mn_buf_free(&r->out[i]);
	}
	assert_int_equal(*want, 0);
}

static void eight_threads_give_the_traces_of_one(void **state)
{
	const struct folder f = folder_new();
	sketch *s = brain_of(f.url, 0, MEMORIES);
	struct reader readers[READERS];
	char *want = traces_in_memory();

	(void)state;
	mn_brain_close(s->brain); /* all begin with an empty cache */
	OK(&s->call, mn_brain_open(s->store, &s->call, MN_STR("b"), &s->brain));
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.s = s, .first = i * 5 % QUESTIONS};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	for (unsigned i = 0; i < READERS; i++)
		assert_reader(&readers[i], want);
	free(want);
	sketch_end(s);
	folder_drop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cache_leaves_traces_as_they_are),
		cmocka_unit_test(lists_that_wait_are_in_traces_as_those_that_are_merged),
		cmocka_unit_test(eight_threads_give_the_traces_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
