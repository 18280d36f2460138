/* SPDX-License-Identifier: MIT */
/* exam_tally.c - the brain's own row, and its counters. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "exam.h"
#include "schema.h"

#define SMALL_FILE (32 << 20) /* bytes: rows of less can be counted in no time */

/* ---- The brain's row ---------------------------------------------------------------------- */

static int see_brain(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	const mn_config_service *service = e->host->service(e->host, "mn.config/1");
	const mn_str config = column_text(st, 0);
	double delta = 0, rate = 0;
	bool invalid;
	int status;

	*(int *)ctx += 1;
	status = service->weights(e->call, config, &delta, &rate);
	invalid = status == MN_EINVAL || !e->host->text_valid(config);
	if (status != MN_OK && !invalid)
		return status;
	if (invalid) {
		*e->call->err = (mn_error){.size = e->call->err->size};
		return exam_tell(e, WRONG_CONFIG, "config");
	}
	if (sqlite3_column_double(st, 1) != delta || sqlite3_column_double(st, 2) != rate)
		status = exam_tell(e, WRONG_MEASURE, "delta, rate");
	if (status == MN_OK && !sqlite3_column_int(st, 3))
		status = exam_tell(e, WRONG_TEXT, "brain");
	return status;
}

static const char read_brain[] =
	"SELECT config, delta, rate, text_ok(uid) AND text_ok(name) AND text_ok(meta)"
	" AND length(name) > 0 AND typeof(name) = 'text' FROM brain WHERE one = 1";

/* ---- Counters ----------------------------------------------------------------------------- */

static int compare(struct exam *e, const char *of, uint64_t kept, const char *sql)
{
	int64_t n = 0;
	int status = exam_number(e, sql, &n);

	if (status == MN_OK && (uint64_t)n != kept)
		status = exam_tell(e, WRONG_COUNT, of);
	return status;
}

static bool is_small(const struct exam *e)
{
	struct stat st;

	return stat(e->path, &st) == 0 && st.st_size < SMALL_FILE;
}

/* What a glance can tell: there are not more rows than ids, and none where none is counted. */
static int judge(struct exam *e, const char *of, uint64_t kept, int64_t top)
{
	return kept > (uint64_t)top || (top > 0) != (kept > 0) ? exam_tell(e, WRONG_COUNT, of)
							       : MN_OK;
}

static int check_neurons(struct exam *e, bool all)
{
	const uint64_t kept = e->c->tally.neurons;
	int64_t top = 0;
	int status;

	if (all)
		return compare(e, "neurons", kept, "SELECT count(*) FROM neuron");
	status = exam_number(e, "SELECT max(id) FROM neuron", &top);
	return status == MN_OK ? judge(e, "neurons", kept, top) : status;
}

/* Ids in a bundle go up from its first. */
static int glance(struct exam *e, const char *of, uint64_t kept, const char *sql, int kind)
{
	const struct ending *last = &e->c->recent.ends[kind];
	int64_t first = 0;
	int status = exam_number(e, sql, &first);

	first = last->len ? (int64_t)last->first : first;
	return status == MN_OK ? judge(e, of, kept, first ? first + BUNDLE_ROWS - 1 : 0) : status;
}

static const char not_indexed[] = "SELECT count(*) FROM neuron, tally WHERE text <> ''"
				  " AND (id > indexed OR id IN (SELECT id FROM unread))";

static int check_unread(struct exam *e)
{
	int64_t n = 0;
	int status = exam_number(e, not_indexed, &n);

	if (status == MN_OK && (uint64_t)n > e->c->tally.unread)
		status = exam_tell(e, WRONG_COUNT, "words that wait");
	return status;
}

static const char count_synapses[] = "SELECT count(*) FROM synapse";
static const char last_synapses[] = "SELECT max(first) FROM synapse_bundle";
static const char count_fibers[] = "SELECT count(*) FROM fiber";
static const char last_fibers[] = "SELECT max(first) FROM fiber_bundle";

static int check_counts(struct exam *e)
{
	const bool all = e->level >= MN_DOCTOR_FULL || is_small(e);
	const struct tally *t = &e->c->tally;
	int status = check_neurons(e, all);

	if (status == MN_OK)
		status = all ? compare(e, "synapses", t->synapses, count_synapses)
			     : glance(e, "synapses", t->synapses, last_synapses, ROW_SYNAPSE);
	if (status == MN_OK)
		status = all ? compare(e, "fibers", t->fibers, count_fibers)
			     : glance(e, "fibers", t->fibers, last_fibers, ROW_FIBER);
	if (status == MN_OK && all)
		status = check_unread(e);
	return status;
}

static const char broken_counters[] =
	"SELECT 1 FROM tally WHERE one = 1 AND (typeof(epoch) <> 'integer' OR epoch = 0"
	" OR typeof(graph) <> 'integer' OR graph < 1 OR typeof(state) <> 'integer' OR state < 1"
	" OR typeof(edition) <> 'integer' OR edition < 1 OR typeof(oldest) <> 'integer'"
	" OR typeof(indexed) <> 'integer' OR indexed < 0 OR next_neuron < 1 OR next_synapse < 1"
	" OR next_fiber < 1 OR typeof(next_neuron) <> 'integer' OR typeof(next_synapse) <> 'integer'"
	" OR typeof(next_fiber) <> 'integer' OR typeof(logged) <> 'integer'"
	" OR typeof(swept) <> 'integer' OR typeof(sweep_to) <> 'integer'"
	" OR typeof(sweep_at) <> 'integer' OR swept < 0 OR swept > sweep_to OR sweep_to > logged"
	" OR sweep_at < 0 OR typeof(marked) <> 'integer' OR marked < 0)";

static int see_broken(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	(void)ctx, (void)st;
	return exam_tell(e, WRONG_COUNT, "counters");
}

/* The earliest day of a synapse that can be told. */
static const char earliest[] = "SELECT min(CASE WHEN last THEN last ELSE created END) FROM synapse";

static int check_oldest(struct exam *e)
{
	int64_t least = 0, n = 0;
	int status = exam_number(e, "SELECT count(*) FROM synapse", &n);

	if (status == MN_OK && n)
		status = exam_number(e, earliest, &least);
	if (status == MN_OK && n && mn_day_of(least) < e->c->tally.oldest)
		status = exam_tell(e, WRONG_OLDEST, "oldest");
	return status;
}

int exam_tally(struct exam *e)
{
	int brains = 0;
	int64_t tallies = 0;
	bool corrupt = false;
	int status = exam_each(e, read_brain, see_brain, &brains);

	if (status == MN_OK && !brains)
		status = exam_tell(e, WRONG_BRAIN, "brain");
	if (status == MN_OK)
		status = exam_number(e, "SELECT count(*) FROM tally WHERE one = 1", &tallies);
	if (status == MN_OK && !tallies)
		status = exam_tell(e, WRONG_TALLY, "tally");
	if (status != MN_OK || !brains || !tallies)
		return status;
	status = exam_forgive(e, conn_load(e->c), &corrupt);
	e->loaded = status == MN_OK && !corrupt;
	if (status == MN_OK)
		status = exam_each(e, broken_counters, see_broken, NULL);
	if (status == MN_OK && e->loaded)
		status = check_counts(e);
	if (status == MN_OK && e->loaded && e->level >= MN_DOCTOR_FULL)
		status = check_oldest(e);
	return status;
}

/* ---- Mending ------------------------------------------------------------------------------ */

static int keep_brain(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	return keep_row(e, ctx, WRONG_CONFIG, "brain", st);
}

/* "notes" of ".../notes.brain" */
static mn_str name_of(const struct exam *e)
{
	const char *name = strrchr(e->path, '/') + 1;

	return (mn_str){name, strlen(name) - (sizeof(FILE_SUFFIX) - 1)};
}

static const char make_brain[] =
	"INSERT INTO brain(one, name, created, updated, clock, delta, rate)"
	" VALUES(1, ?1, ?2, ?2, 0, 0, 0)";
static const char make_tally[] =
	"INSERT INTO tally VALUES(1, ?1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 9223372036854775807, 0, 0, 0,"
	" 0, 0, 0, 0, NULL, NULL, NULL, NULL)";
static const char mend_counters[] =
	"UPDATE tally SET epoch = CASE WHEN typeof(epoch) = 'integer' AND epoch <> 0 THEN epoch ELSE"
	" 1 + abs(random() / 2) END, graph = max(1, CAST(graph AS INTEGER)),"
	" state = max(1, CAST(state AS INTEGER)), edition = max(1, CAST(edition AS INTEGER)) + 1,"
	" next_neuron = max(1, CAST(ifnull(next_neuron, 1) AS INTEGER)),"
	" next_synapse = max(1, CAST(ifnull(next_synapse, 1) AS INTEGER)),"
	" next_fiber = max(1, CAST(ifnull(next_fiber, 1) AS INTEGER)),"
	" logged = max(0, CAST(ifnull(logged, 0) AS INTEGER)),"
	" marked = max(0, CAST(ifnull(marked, 0) AS INTEGER)) WHERE one = 1";
static const char mend_nulls[] =
	"UPDATE tally SET graph = ifnull(graph, 1), state = ifnull(state, 1),"
	" edition = ifnull(edition, 1) WHERE one = 1";
static const char set_measure[] = "UPDATE brain SET delta = ?1, rate = ?2 WHERE one = 1";
static const char read_config[] = "SELECT config FROM brain WHERE one = 1";
static const char keep_all[] = "SELECT * FROM brain WHERE one = 1";
static const char drop_config[] = "UPDATE brain SET config = NULL WHERE one = 1";
static const char mend_names[] =
	"UPDATE brain SET uid = CASE WHEN text_ok(uid) THEN uid END, meta = text_mend(meta),"
	" name = CASE WHEN length(name) > 0 THEN text_mend(CAST(name AS TEXT)) ELSE ?1 END"
	" WHERE one = 1";
static const char brain_text[] =
	"SELECT * FROM brain WHERE one = 1 AND NOT (text_ok(uid) AND text_ok(name) AND"
	" text_ok(meta) AND length(name) > 0 AND typeof(name) = 'text')";

static int take_config(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	const mn_config_service *service = e->host->service(e->host, "mn.config/1");

	return service->weights(e->call, column_text(st, 0), (double *)ctx, (double *)ctx + 1);
}

/* delta and rate are what the settings say. */
static int measure_again(struct exam *e)
{
	double measure[2] = {0, 0};
	int status = exam_each(e, read_config, take_config, measure);

	if (status == MN_EINVAL) { /* the settings are not to be mended */
		*e->call->err = (mn_error){.size = e->call->err->size};
		return MN_OK;
	}
	return status == MN_OK ? RUN(e->c, set_measure, R(measure[0]), R(measure[1])) : status;
}

static int make_rows(struct exam *e, const mn_heal *heal)
{
	uint64_t epoch = 0;
	int status = MN_OK;

	while (epoch == 0) {
		e->host->random(e->host, &epoch, sizeof(epoch));
		epoch >>= 1;
	}
	if (exam_has(e, WRONG_BRAIN) && heal_wants(e, heal, WRONG_BRAIN))
		status = RUN(e->c, make_brain, S(name_of(e)), I(e->host->now(e->host)));
	if (status == MN_OK && exam_has(e, WRONG_TALLY) && heal_wants(e, heal, WRONG_TALLY))
		status = RUN(e->c, make_tally, I((int64_t)epoch));
	return status;
}

int tally_mend(struct exam *e, const mn_heal *heal)
{
	int status = make_rows(e, heal);

	if (status == MN_OK && exam_has(e, WRONG_CONFIG) && heal_wants(e, heal, WRONG_CONFIG)) {
		status = exam_each(e, keep_all, keep_brain, (void *)heal);
		if (status == MN_OK)
			status = conn_run(e->c, drop_config, NULL, 0);
	}
	if (status == MN_OK && heal_wants(e, heal, WRONG_TEXT)) {
		status = exam_each(e, brain_text, keep_brain, (void *)heal);
		if (status == MN_OK)
			status = RUN(e->c, mend_names, S(name_of(e)));
	}
	if (status == MN_OK && heal_wants(e, heal, WRONG_COUNT)) {
		status = conn_run(e->c, mend_nulls, NULL, 0);
		if (status == MN_OK)
			status = conn_run(e->c, mend_counters, NULL, 0);
	}
	return status == MN_OK ? measure_again(e) : status;
}
