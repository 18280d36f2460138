/* SPDX-License-Identifier: MIT */
/* batch.c - recall --batch: a file of questions, a line each. */
#include <stdlib.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "cli/answer.h"
#include "exchange/line.h"
#include "stream.h"
#include "ticker.h"

enum { LINE_MOST = 1 << 20, MOST_TIMES = 1 << 24 };

struct batch {
	mn_session *s;
	mn_asking asking;
	mn_str conversation; /* empty: all */
	bool keep_going;
	mn_lines lines;
	mn_ticker ticker;
	uint64_t asked, bad;
	uint32_t *times; /* microseconds of each answer */
	size_t cap;
};

static int bad_line(struct batch *b, const char *why)
{
	b->bad++;
	if (!b->keep_going)
		return mn_fail(&b->s->call, MN_EINVAL, 0, "line %llu: %s",
			(unsigned long long)b->lines.lines, why);
	mn_app_note(
		b->s->app, "line %llu passed over: %s", (unsigned long long)b->lines.lines, why);
	return MN_OK;
}

/* Is the question of the conversation that was asked for? */
static bool wanted(const struct batch *b, const json_t *given)
{
	const json_t *c = json_object_get(given, "conversation");

	return b->conversation.len == 0 || mn_str_eq(mn_json_str(c), b->conversation);
}

static int note_time(struct batch *b, uint32_t us)
{
	void *times = b->times;

	if (mn_grow(&times, &b->cap, b->asked + 1, sizeof(*b->times), MOST_TIMES))
		return mn_fail_memory(&b->s->call);
	b->times = times;
	b->times[b->asked++] = us;
	return MN_OK;
}

static int answer(struct batch *b, const json_t *given)
{
	mn_session *s = b->s;
	mn_answer a = MN_SIZED(mn_answer);
	mn_progress p = mn_ticker_progress(&b->ticker);
	int rc;

	/* answers live in a call of their own, so that a batch of any length fits */
	rc = mn_brain_recall(s->brain, &s->call, &b->asking.ask, &a);
	if (rc == MN_OK && s->app->json)
		rc = mn_answer_emit(s, &b->asking, &a, given);
	if (rc == MN_OK && !s->app->json) {
		mn_print_style(&s->app->out, MN_STYLE_NAME);
		mn_print_text(&s->app->out, b->asking.ask.text);
		mn_print_style(&s->app->out, MN_STYLE_NONE);
		fputc('\n', s->app->out.to);
		rc = mn_answer_print(s, &b->asking, &a);
	}
	mn_trace_free(a.trace);
	if (rc == MN_OK)
		rc = note_time(b, a.latency_us);
	if (rc == MN_OK)
		rc = mn_printer_check(&s->app->out, &s->call);
	p.tell(p.ctx, b->asked, 0, "questions");
	return rc;
}

static int line(struct batch *b, const mn_line *l)
{
	json_t *given = NULL, *question;
	char why[128], said[160];
	int rc;

	if (l->cut)
		return bad_line(b, "the line is longer than 1 MiB");
	if (l->text.len == 0)
		return MN_OK;
	rc = mn_json_read(l->text, why, sizeof(why), &given);
	if (rc) {
		snprintf(said, sizeof(said), "not JSON: %s", why);
		return bad_line(b, said);
	}
	question = json_object_get(given, "query");
	if (!question)
		question = json_object_get(given, "question");
	b->asking.ask.text = mn_json_str(question);
	if (!b->asking.ask.text.ptr)
		rc = bad_line(b, "it has no \"query\" and no \"question\"");
	else if (wanted(b, given))
		rc = answer(b, given);
	json_decref(given);
	return rc;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void summary(struct batch *b)
{
	char count[64], p50[32], p95[32], p99[32];
	size_t n = b->asked;

	if (n == 0)
		return;
	qsort(b->times, n, sizeof(*b->times), by_size);
	mn_app_note(b->s->app, "%s; p50 %s, p95 %s, p99 %s", mn_format_things(n, "question", count),
		mn_format_span(b->times[n / 2], p50), mn_format_span(b->times[n * 95 / 100], p95),
		mn_format_span(b->times[n * 99 / 100], p99));
}

static int read_lines(struct batch *b, mn_call *reading)
{
	mn_line l;
	bool more = true;
	int rc = MN_OK;

	while (rc == MN_OK && more) {
		rc = mn_lines_next(&b->lines, reading, &l, &more);
		if (rc) /* said by the reader's call: the session's tells it */
			return mn_fail(
				&b->s->call, rc, reading->err->native, "%s", reading->err->text);
		if (!more)
			break;
		mn_call_reset(&b->s->call);
		rc = line(b, &l);
	}
	return rc;
}

int mn_batch_run(mn_session *s, const mn_asking *asking, const mn_args *args)
{
	struct batch b = {.s = s, .asking = *asking};
	mn_call reading;
	mn_input in;
	mn_source source;
	int rc = mn_input_open(&in, mn_args_text(args, "--batch"), s->call.err);

	if (rc)
		return rc;
	b.conversation = mn_args_text(args, "--conversation");
	b.keep_going = mn_args_has(args, "--keep-going");
	source = mn_input_source(&in);
	mn_ticker_start(&b.ticker, s->app, "recalling");
	rc = mn_call_init(&reading, s->app->engine, 0);
	reading.token = s->app->token;
	if (rc == MN_OK)
		rc = mn_lines_open(&b.lines, &reading, &source, LINE_MOST);
	if (rc == MN_OK)
		rc = read_lines(&b, &reading);
	mn_lines_close(&b.lines);
	mn_ticker_stop(&b.ticker);
	if (rc == MN_OK)
		summary(&b);
	mn_call_done(&reading);
	mn_input_close(&in);
	mn_free(b.times);
	return rc;
}
