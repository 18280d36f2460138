/* SPDX-License-Identifier: MIT */
/* brains.c - listing, finding, making, changing and deleting brains. */
#include "brains.h"

#include <stdlib.h>
#include <string.h>

#include "question.h"
#include "rows.h"

#define SOME_ROWS 5000 /* deleted by one transaction */

/* ---- Listing and finding ------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const mn_str x = ((const mn_brain_row *)a)->name, y = ((const mn_brain_row *)b)->name;
	const size_t n = x.len < y.len ? x.len : y.len;
	const int c = n ? memcmp(x.ptr, y.ptr, n) : 0;

	return c ? c : (x.len > y.len) - (x.len < y.len);
}

static int list(mn_db *db, mn_call *call, mn_rows *out)
{
	struct ask a;
	struct answer got = {0};
	struct reader r = {.db = db, .call = call};
	int status;

	ask_begin(&a, db, call);
	a.again = true;
	ask_say(&a, "MATCH (b:MnBrain) RETURN collect(" BRAIN_CELLS ")");
	ask_parameters(&a);
	status = ask_send(&a, &got);
	if (status == MN_OK)
		status = rows_read(&r, MN_BRAIN, answer_cell(&got, 0, 0), out);
	if (status == MN_OK) /* the server's order is not that of bytes */
		qsort((void *)out->at.any, out->n, sizeof(mn_brain_row), by_name);
	ask_free(&a, &got);
	return status;
}

static int none(const mn_db *db, mn_call *call, mn_rows *out)
{
	mn_brain_row *row = db->host->alloc(call, sizeof(*row));

	*out = (mn_rows){.kind = MN_BRAIN, .at.brain = row};
	return row ? MN_OK : MN_ENOMEM;
}

static int find_name(mn_db *db, mn_call *call, mn_str name, mn_rows *out)
{
	static const char *const body[] = {
		"MATCH (b:MnBrain {key: $p.b}) RETURN [" BRAIN_CELLS "] AS rows", NULL};
	const struct question q = {.body = body, .columns = "rows"};
	struct reader r = {.db = db, .call = call};
	struct answer got = {0};
	struct ask a;
	int status = question_try(db, call, name, &q, &a, &got, NULL);

	if (status == MN_OK)
		status = got.n ? rows_read(&r, MN_BRAIN, answer_cell(&got, 0, HEAD_COLUMNS), out)
			       : none(db, call, out);
	ask_free(&a, &got);
	return status;
}

static int name_of_uid(mn_db *db, mn_call *call, mn_str uid, mn_str *out)
{
	struct ask a;
	struct answer got = {0};
	struct reader r = {.db = db, .call = call};
	int status;

	ask_begin(&a, db, call);
	a.again = true;
	ask_say(&a, "MATCH (b:MnBrain {uid: $p.uid}) RETURN b.name");
	ask_parameters(&a);
	text_name(&a.body, "uid");
	text_str(&a.body, uid);
	status = ask_send(&a, &got);
	if (status == MN_OK) {
		*out = reader_str(&r, answer_cell(&got, 0, 0));
		status = reader_end(&r);
	}
	ask_free(&a, &got);
	return status;
}

static int find(mn_db *db, mn_call *call, mn_str name, mn_rows *out)
{
	mn_str other = {0};
	int status = find_name(db, call, name, out);

	if (status != MN_OK || out->n || name.len == 0 || name.len > LONGEST_NAME
		|| !db->host->text_valid(name))
		return status;
	status = name_of_uid(db, call, name, &other);
	return status == MN_OK && other.len ? find_name(db, call, other, out) : status;
}

/* ---- Making and changing ------------------------------------------------------------------- */

static int check(
	const mn_db *db, mn_call *call, const mn_brain_row *row, double *delta, double *rate)
{
	if (!row->name.len || !db->host->text_valid(row->name) || !db->host->text_valid(row->uid)
		|| !db->host->text_valid(row->meta))
		return db->host->fail(call, MN_EINVAL, 0,
			"a brain's name is empty, or some text of it is not valid UTF-8");
	if (row->name.len > LONGEST_NAME || row->uid.len > LONGEST_NAME)
		return db->host->fail(call, MN_EINVAL, 0,
			"a brain's name and uid take at most %d bytes here", LONGEST_NAME);
	return db->config->weights(call, row->config, delta, rate);
}

static int fail_taken(const mn_db *db, mn_call *call, mn_str name)
{
	return db->host->fail(call, MN_ECONFLICT, 0,
		"there is a brain \"%.*s\" already, or one of that uid",
		(int)(name.len < 80 ? name.len : 80), name.ptr);
}

static int64_t new_token(const mn_db *db)
{
	uint64_t token;

	db->host->random(db->host, &token, sizeof(token));
	return (int64_t)(token >> 11) + 1;
}

static void say_row(struct text *t, const mn_brain_row *row, double delta, double rate)
{
	text_name(t, "name");
	text_str(t, row->name);
	text_name(t, "uid");
	text_some(t, row->uid);
	text_name(t, "config");
	text_some(t, row->config);
	text_name(t, "meta");
	text_some(t, row->meta);
	text_name(t, "created");
	text_int(t, row->created);
	text_name(t, "updated");
	text_int(t, row->updated);
	text_name(t, "clock");
	text_int(t, row->clock);
	text_name(t, "delta");
	text_real(t, delta);
	text_name(t, "rate");
	text_real(t, rate);
}

/* The row as it will be, made beforehand: after the change nothing may fail. uid has room. */
static int make_row(const mn_db *db, mn_call *call, const mn_brain_row *row, mn_brain_row **out)
{
	const size_t n = row->name.len + row->config.len + row->meta.len + LONGEST_NAME + 1;
	char *text = db->host->alloc(call, n);

	*out = db->host->alloc(call, sizeof(**out));
	if (!text || !*out)
		return MN_ENOMEM;
	**out = *row;
	for (int i = 0; i < 4; i++) {
		mn_str *part = i == 0   ? &(*out)->name
			       : i == 1 ? &(*out)->config
			       : i == 2 ? &(*out)->meta
					: &(*out)->uid;

		if (part->len)
			memcpy(text, part->ptr, part->len);
		part->ptr = text;
		text += part->len;
	}
	return MN_OK;
}

/* What the server made of it: counts, in the order of COUNTS. */
#define COUNTS                                                                           \
	"b.key, b.neurons, b.synapses, b.fibers, b.created, b.epoch, b.graph, b.state, " \
	"b.version, b.uid"

static int take_counts(
	mn_db *db, mn_call *call, const struct answer *got, size_t at, mn_brain_row *row)
{
	const struct peek uid = answer_told(got, at + 9);
	bool bad = false;
	int64_t v[9];

	for (size_t i = 0; i < 9; i++)
		v[i] = peek_int(answer_told(got, at + i), &bad);
	row->id = (mn_id)v[0];
	row->neurons = (uint64_t)v[1];
	row->synapses = (uint64_t)v[2];
	row->fibers = (uint64_t)v[3];
	row->bytes = row_bytes(row);
	row->created = v[4];
	call->at = (mn_gen){(uint64_t)v[5], (uint64_t)v[6], (uint64_t)v[7]};
	row->uid.len = peek_is(uid, 'n') ? 0 : peek_str(uid, (char *)row->uid.ptr, LONGEST_NAME);
	bad |= row->uid.len == SIZE_MAX;
	if (bad)
		return fail_garbage(db, call);
	db_know(db, row->name, v[0], v[8]);
	return MN_OK;
}

static const char creation[] =
	"MATCH (x:MnStore {id: 0}) SET x.lock = 0 WITH x "
	"OPTIONAL MATCH (o:MnBrain {name: $p.name}) OPTIONAL MATCH (u:MnBrain {uid: $p.uid}) "
	"WITH x, o IS NULL AND u IS NULL AS free "
	"CALL (x, free) { WITH x WHERE free SET x.next = x.next + 1 WITH x.next AS key "
	"CREATE (b:MnBrain {key: key, name: $p.name, uid: $p.uid, config: $p.config, "
	"meta: $p.meta, created: $p.created, updated: $p.updated, clock: 0, delta: $p.delta, "
	"rate: $p.rate, epoch: $p.epoch, graph: 0, state: 0, version: 1, neurons: 0, "
	"synapses: 0, fibers: 0, nextNeuron: 1, nextSynapse: 1, nextFiber: 1, "
	"made: $p.token, tokens: [$p.token], at: datetime.realtime().epochMillis}) "
	"CREATE (:MnGate {b: key, lock: 0}) RETURN count(*) AS made } "
	"OPTIONAL MATCH (b:MnBrain {name: $p.name}) "
	"RETURN coalesce(b.made = $p.token, false), " COUNTS;

/* What a brain that is to be written is checked for and becomes. */
static int prepare(mn_db *db, mn_call *call, const mn_brain_row *row, double *delta, double *rate,
	mn_brain_row **made)
{
	int status = check(db, call, row, delta, rate);

	return status == MN_OK ? make_row(db, call, row, made) : status;
}

/* The row as it is now, with the counts that the answer has from column `at` on. */
static int deliver(
	struct ask *a, const struct answer *got, size_t at, mn_brain_row *made, mn_rows *out)
{
	int status = take_counts(a->db, a->call, got, at, made);

	if (status == MN_OK)
		*out = (mn_rows){.kind = MN_BRAIN, .n = 1, .at.brain = made};
	return status;
}

/* The token tells whether a brain of that name is the one that an earlier try has made. */
static int create(mn_db *db, mn_call *call, const mn_brain_row *row, mn_rows *out)
{
	struct ask a;
	struct answer got = {0};
	double delta, rate;
	mn_brain_row *made;
	int status = prepare(db, call, row, &delta, &rate, &made);

	if (status != MN_OK)
		return status;
	ask_begin(&a, db, call);
	ask_say(&a, creation);
	ask_parameters(&a);
	say_row(&a.body, row, delta, rate);
	text_name(&a.body, "epoch");
	text_int(&a.body, new_token(db));
	text_name(&a.body, "token");
	text_int(&a.body, new_token(db));
	status = ask_insist(&a, &got);
	if (strstr(a.code, "ConstraintValidation")
		|| (status == MN_OK && !peek_is(answer_told(&got, 0), 't')))
		status = fail_taken(db, call, row->name);
	if (status == MN_OK)
		status = deliver(&a, &got, 1, made, out);
	if (status == MN_OK)
		made->clock = 0;
	ask_free(&a, &got);
	return status;
}

/* Every list into its new order, after a change of the rates; bumps reach the lists on the way. */
static const char rekey[] =
	"CALL (b, rates) { WITH b WHERE rates MATCH ()-[s:MN_SYNAPSE]->() "
	"WHERE s.b = $p.b AND s.id > 0 "
	"WITH s, coalesce(s.base, s.w) AS base, coalesce(s.uses, 0) AS uses, "
	"coalesce(s.last, s.created) AS t "
	"WITH s, base, CASE uses WHEN 0 THEN base ELSE 1 - (1 - base) * (1 - $p.delta) ^ uses END AS w, "
	"t / 86400000000 - CASE WHEN t % 86400000000 < 0 THEN 1 ELSE 0 END AS d "
	"WITH s, base, w, d, CASE WHEN w > 0 THEN (log(w) + $p.rate * d) * 1024 "
	"ELSE -2147483648.0 END AS k "
	"SET s.w = w, s.base = CASE WHEN base = w THEN null ELSE base END, s.d = d, "
	"s.k = CASE WHEN k > -2147483647.0 "
	"THEN CASE WHEN k < 2147483647.0 THEN toInteger(round(k, 0, 'HALF_UP')) ELSE 2147483647 END "
	"ELSE -2147483648 END, s.bumped = null "
	"RETURN min(d) AS least } "
	"SET b.oldest = CASE WHEN least IS NULL THEN b.oldest "
	"WHEN b.oldest IS NULL OR least < b.oldest THEN least ELSE b.oldest END ";

static void say_update(struct ask *a, const mn_brain_row *row, double delta, double rate)
{
	ask_say(a, "MATCH (x:MnBrain {key: $p.b}) SET x.lock = 0 WITH x AS before "
		   "MATCH (b:MnBrain {key: $p.b}) WITH b, b.clock <> $p.clock AS moved, "
		   "b.delta <> $p.delta OR b.rate <> $p.rate AS rates ");
	ask_say(a, rekey);
	ask_say(a,
		"SET b.name = $p.name, b.config = $p.config, b.meta = $p.meta, b.updated = $p.updated, "
		"b.clock = $p.clock, b.delta = $p.delta, b.rate = $p.rate, "
		"b.graph = b.graph + CASE WHEN moved OR rates THEN 1 ELSE 0 END, "
		"b.version = b.version + 1, b.at = datetime.realtime().epochMillis "
		"WITH b MATCH (g:MnGate {b: $p.b}) SET g.lock = 0 RETURN " COUNTS);
	ask_parameters(a);
	text_name(&a->body, "b");
	text_int(&a->body, row->id <= INT64_MAX ? (int64_t)row->id : 0);
	say_row(&a->body, row, delta, rate);
}

/* A second time it changes nothing, so it may be sent again. */
static int update(mn_db *db, mn_call *call, const mn_brain_row *row, mn_rows *out)
{
	struct ask a;
	struct answer got = {0};
	double delta, rate;
	mn_brain_row *made;
	int status = prepare(db, call, row, &delta, &rate, &made);

	if (status != MN_OK)
		return status;
	ask_begin(&a, db, call);
	say_update(&a, row, delta, rate);
	status = ask_insist(&a, &got);
	if (strstr(a.code, "ConstraintValidation"))
		status = fail_taken(db, call, row->name);
	if (status == MN_OK && got.n == 0)
		status = db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain with the id %llu",
			(unsigned long long)row->id);
	if (status == MN_OK)
		status = deliver(&a, &got, 0, made, out);
	ask_free(&a, &got);
	return status;
}

/* ---- Deleting ------------------------------------------------------------------------------ */

/*
 * Takes the brain's label away, and if it is small, everything it has; else its rows follow. The
 * tokens of the last deletions are kept, so that one whose answer was lost is known again.
 */
static const char deletion[] =
	"MATCH (x:MnStore {id: 0}) SET x.lock = 0 WITH x "
	"OPTIONAL MATCH (b:MnBrain {name: $p.name}) "
	"CALL (x, b) { WITH x, b WHERE b IS NOT NULL SET b:MnDead "
	"SET x.deleted = [$p.token] + coalesce(x.deleted, [])[..31] REMOVE b:MnBrain } "
	"WITH x, b, b.neurons + b.synapses + b.fibers < $p.some AS small "
	"CALL (b, small) { WITH b WHERE small MATCH (f:MnFiber) WHERE f.b = b.key AND f.id > 0 "
	"DETACH DELETE f } "
	"CALL (b, small) { WITH b WHERE small MATCH (n:MnNeuron) WHERE n.b = b.key AND n.id > 0 "
	"DETACH DELETE n } "
	"CALL (b, small) { WITH b WHERE small MATCH (g:MnGate) WHERE g.b = b.key DELETE g } "
	"WITH x, b, small, b IS NOT NULL OR $p.token IN coalesce(x.deleted, []) AS there "
	"CALL (b, small) { WITH b WHERE small DELETE b } "
	"RETURN there, EXISTS { MATCH (d:MnDead) } AS left";

static int unname(mn_db *db, mn_call *call, mn_str name, bool *there, bool *left)
{
	struct ask a;
	struct answer got = {0};
	int status;

	ask_begin(&a, db, call);
	ask_say(&a, deletion);
	ask_parameters(&a);
	text_name(&a.body, "name");
	text_str(&a.body, name);
	text_name(&a.body, "token");
	text_int(&a.body, new_token(db));
	text_name(&a.body, "some");
	text_int(&a.body, SOME_ROWS);
	status = ask_insist(&a, &got);
	*there = peek_is(answer_told(&got, 0), 't');
	*left = peek_is(answer_told(&got, 1), 't');
	ask_free(&a, &got);
	return status;
}

/* A statement about the rows of one brain; *n: the number it answers, 0 where there is none. */
static int sweep_some(mn_db *db, mn_call *call, const char *statement, int64_t key, int64_t *n)
{
	struct ask a;
	struct answer got = {0};
	struct reader r = {.db = db, .call = call};
	int status;

	ask_begin(&a, db, call);
	a.write = a.again = true;
	ask_say(&a, statement);
	ask_parameters(&a);
	text_name(&a.body, "b");
	text_int(&a.body, key);
	text_name(&a.body, "some");
	text_int(&a.body, SOME_ROWS);
	status = ask_send(&a, &got);
	if (status == MN_OK) {
		*n = reader_int(&r, answer_cell(&got, 0, 0));
		status = reader_end(&r);
	}
	ask_free(&a, &got);
	return status;
}

static int sweep_brain(mn_db *db, mn_call *call, int64_t key)
{
	static const char *const rows[] = {
		"MATCH ()-[s:MN_SYNAPSE]->() WHERE s.b = $p.b AND s.id > 0 WITH s LIMIT $p.some "
		"DELETE s RETURN count(*)",
		"MATCH (f:MnFiber) WHERE f.b = $p.b AND f.id > 0 WITH f LIMIT $p.some "
		"DETACH DELETE f RETURN count(*)",
		"MATCH (n:MnNeuron) WHERE n.b = $p.b AND n.id > 0 WITH n LIMIT $p.some "
		"DETACH DELETE n RETURN count(*)",
		"MATCH (g:MnGate {b: $p.b}) DELETE g RETURN 0",
		"MATCH (d:MnDead {key: $p.b}) DELETE d RETURN 0",
	};
	int status = MN_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int64_t n = SOME_ROWS; n == SOME_ROWS && status == MN_OK;)
			status = sweep_some(db, call, rows[i], key, &n);
	return status;
}

/* What a deletion left that was broken off, too. */
static int sweep(mn_db *db, mn_call *call)
{
	int64_t key = 1;
	int status = MN_OK;

	while (status == MN_OK) {
		status = sweep_some(db, call, "MATCH (d:MnDead) RETURN d.key LIMIT 1", 0, &key);
		if (status != MN_OK || key == 0)
			return status;
		status = sweep_brain(db, call, key);
	}
	return status;
}

static int delete (mn_db *db, mn_call *call, mn_str name, mn_rows *out)
{
	mn_error before = *call->err;
	bool there = false, left = false;
	int status = none(db, call, out);

	if (status == MN_OK && name.len && name.len <= LONGEST_NAME && db->host->text_valid(name))
		status = unname(db, call, name, &there, &left);
	db_forget(db, name);
	if (status != MN_OK)
		return status;
	if (!there)
		return fail_brain(db, call, name);
	/* The brain is gone, whatever becomes of its rows: the next deletion sweeps up the rest. */
	if (left && sweep(db, call) != MN_OK) {
		db->host->log(db->host, MN_LOG_WARN,
			"neo4j: rows of a deleted brain are left until the next deletion: %s",
			call->err->text);
		*call->err = before;
	}
	return MN_OK;
}

int brains_do(mn_db *db, mn_call *call, int op, const void *row, mn_rows *out)
{
	int status = db_enter(db, call, op != MN_BRAINS_LIST && op != MN_BRAINS_FIND);

	if (status != MN_OK)
		return status;
	switch (op) {
	case MN_BRAINS_LIST: return list(db, call, out);
	case MN_BRAINS_FIND: return find(db, call, *(const mn_str *)row, out);
	case MN_BRAINS_CREATE: return create(db, call, row, out);
	case MN_BRAINS_UPDATE: return update(db, call, row, out);
	case MN_BRAINS_DELETE: return delete (db, call, *(const mn_str *)row, out);
	default: return db->host->fail(call, MN_EINVAL, 0, "no such operation on brains");
	}
}
