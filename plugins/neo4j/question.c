/* SPDX-License-Identifier: MIT */
/* question.c - reading a brain at one generation. */
#include "question.h"

#include <string.h>

#define WHOLE_MS 10000 /* no commit takes longer to become visible */
#define LOOKS 12       /* of a store that cannot hold a gate */
#define LOOK_MS 15

int question_key(mn_db *db, mn_call *call, mn_str brain, int64_t *key, int64_t *settled)
{
	struct ask a;
	struct answer got = {0};
	struct reader r = {.db = db, .call = call};
	int status;

	*key = *settled = 0;
	if (db_known(db, brain, key, settled) || brain.len == 0 || brain.len > LONGEST_NAME
		|| !db->host->text_valid(brain))
		return MN_OK;
	ask_begin(&a, db, call);
	a.again = true;
	ask_say(&a, "MATCH (b:MnBrain {name: $p.brain}) RETURN b.key");
	ask_parameters(&a);
	text_name(&a.body, "brain");
	text_str(&a.body, brain);
	status = ask_send(&a, &got);
	if (status == MN_OK) {
		*key = reader_int(&r, answer_cell(&got, 0, 0));
		status = reader_end(&r);
	}
	if (status == MN_OK && *key)
		db_know(db, brain, *key, 0);
	ask_free(&a, &got);
	return status;
}

static void write_statement(struct ask *a, const struct question *q, bool gated)
{
	ask_say(a, "MATCH (b:MnBrain {key: $p.b}) WHERE b.name = $p.brain ");
	if (gated) /* a second look at the brain, so that nothing is read before the gate is held */
		ask_say(a, "MATCH (g:MnGate {b: $p.b}) SET g.lock = 0 "
			   "WITH b AS before MATCH (b:MnBrain {key: $p.b}) ");
	ask_say(a, "WITH b.version AS v0, "
		   "datetime.realtime().epochMillis - coalesce(b.at, 0) AS age, "
		   "b.epoch AS epoch, b.graph AS graph, b.state AS state "
		   "CALL () { ");
	for (const char *const *f = q->body; *f; f++)
		ask_say(a, *f);
	ask_say(a, " } CALL () { MATCH (z:MnBrain {key: $p.b}) RETURN z.version AS v1 } "
		   "RETURN v0, v1, age, epoch, graph, state");
	if (q->columns[0])
		ask_say(a, ", ");
	ask_say(a, q->columns);
}

static int put(mn_db *db, mn_call *call, mn_str brain, int64_t key, const struct question *q,
	bool gated, struct ask *a, struct answer *got)
{
	ask_free(a, got);
	ask_begin(a, db, call);
	a->write = gated;
	a->again = true;
	write_statement(a, q, gated);
	ask_parameters(a);
	text_name(&a->body, "b");
	text_int(&a->body, key);
	text_name(&a->body, "brain");
	text_str(&a->body, brain);
	if (q->fill)
		q->fill(&a->body, q->ctx);
	return ask_send(a, got);
}

struct head {
	int64_t before, after, age;
	mn_gen gen;
};

static int read_head(mn_db *db, mn_call *call, const struct answer *got, struct head *out)
{
	struct reader r = {.db = db, .call = call};

	out->before = reader_int(&r, answer_cell(got, 0, 0));
	out->after = reader_int(&r, answer_cell(got, 0, 1));
	out->age = reader_int(&r, answer_cell(got, 0, 2));
	out->gen.epoch = (uint64_t)reader_int(&r, answer_cell(got, 0, 3));
	out->gen.graph = (uint64_t)reader_int(&r, answer_cell(got, 0, 4));
	out->gen.state = (uint64_t)reader_int(&r, answer_cell(got, 0, 5));
	return reader_end(&r);
}

/* How often it is asked, and whether an answer is whole; see question.h. */
static int put_whole(mn_db *db, mn_call *call, mn_str brain, int64_t key, int64_t settled,
	const struct question *q, struct ask *a, struct answer *got, struct head *h)
{
	int64_t seen = -1;
	bool gated = false;

	for (int look = 0;; look++) {
		int status = put(db, call, brain, key, q, gated, a, got);

		if (status != MN_OK || got->n == 0)
			return status;
		status = read_head(db, call, got, h);
		if (status != MN_OK)
			return status;
		if (h->before == h->after
			&& (gated || h->before == settled || h->age > WHOLE_MS
				|| h->before == seen))
			return MN_OK;
		gated = !db->read_only;
		seen = db->read_only ? h->after : -1;
		if (look == LOOKS)
			return db->host->fail(call, MN_EBUSY, 0,
				"the brain is written to without a pause: try again");
		if (db->read_only && http_pause(db->pool, call, LOOK_MS) != MN_OK)
			return call->err->code;
	}
}

int question_try(mn_db *db, mn_call *call, mn_str brain, const struct question *q, struct ask *a,
	struct answer *got, int64_t *version)
{
	struct head h = {0};
	int status = MN_OK;

	*a = (struct ask){.body = {.host = db->host}};
	for (int look = 0; look < 2 && status == MN_OK && got->n == 0; look++) {
		int64_t key, settled;

		status = question_key(db, call, brain, &key, &settled);
		if (status != MN_OK || !key)
			return status;
		status = put_whole(db, call, brain, key, settled, q, a, got, &h);
		if (status == MN_OK && got->n)
			db_know(db, brain, key, h.before);
		else if (status == MN_OK)
			db_forget(db, brain); /* deleted, or another of that name: look again */
	}
	if (status == MN_OK && got->n)
		call->at = h.gen;
	if (version)
		*version = h.before;
	return status;
}

int question_put(mn_db *db, mn_call *call, mn_str brain, const struct question *q, struct ask *a,
	struct answer *got, int64_t *version)
{
	const int status = question_try(db, call, brain, q, a, got, version);

	return status == MN_OK && got->n == 0 ? fail_brain(db, call, brain) : status;
}
