/* SPDX-License-Identifier: MIT */
/*
 * exam_rows.c - what rows have to be, as a table of rules: a condition that none may meet, and what
 * is done about one that does. Mending runs the same rules, so what is found is what is mended; in
 * their order, since a row that is set right may still need something, and one that goes takes
 * along what refers to it.
 */
#include <stdio.h>
#include <string.h>

#include "exam.h"

/* SET: columns that make it right; without, the row is taken out. */
struct rule {
	enum wrong wrong;
	const char *table, *key, *where, *set;
};

#define INTEGER(column) "typeof(" column ") <> 'integer'"
#define MAYBE_INTEGER(column) "typeof(" column ") NOT IN ('integer', 'null')"
#define MAYBE_TEXT(column) "typeof(" column ") NOT IN ('text', 'null')"
#define MAYBE_BLOB(column) "typeof(" column ") NOT IN ('blob', 'null')"
#define TO_INTEGER(column) column " = CAST(ifnull(" column ", 0) AS INTEGER)"
#define TO_MAYBE(column) column " = CAST(" column " AS INTEGER)"
#define TO_TEXT(column) column " = CAST(" column " AS TEXT)"
#define TO_BLOB(column) column " = CAST(" column " AS BLOB)"
#define NO_NUMBER(column) "typeof(" column ") NOT IN ('integer', 'real')"
#define NO_SHARE(column)                                 \
	"(typeof(" column ") NOT IN ('integer', 'real')" \
	" OR NOT " column " BETWEEN 0 AND 1)"
#define TO_SHARE(column, none)                                                         \
	column " = CASE WHEN typeof(" column ") NOT IN ('integer', 'real') THEN " none \
	       " ELSE max(0.0, min(1.0, CAST(" column " AS REAL))) END"
/* A column that holds a code or a number. */
#define NO_GRADE(column)                                                     \
	"(typeof(" column ") <> 'integer' AND (typeof(" column ") <> 'real'" \
	" OR NOT " column " BETWEEN 0 AND 1))"
#define TO_GRADE(column)                                                                \
	column " = CASE WHEN typeof(" column ") = 'integer' THEN " column               \
	       " ELSE CASE WHEN typeof(" column ") NOT IN ('integer', 'real') THEN 0.5" \
	       " ELSE max(0.0, min(1.0, CAST(" column " AS REAL))) END END"
#define NO_CODE(column) \
	"(typeof(" column ") = 'integer' AND " column " NOT IN (SELECT code FROM grade))"
#define TO_CODE(column)                                                  \
	column " = CASE WHEN typeof(" column ") = 'integer' AND " column \
	       " NOT IN (SELECT code FROM grade) THEN 0.5 ELSE " column " END"
#define NO_COUNT(column) "NOT " column " BETWEEN 0 AND 4294967295"
#define TO_COUNT(column) column " = max(0, min(4294967295, " column "))"
#define NO_NEURON(id) "NOT EXISTS (SELECT 1 FROM neuron WHERE neuron.id = " id ")"
#define NO_TYPE(kind) \
	"type < 0 OR type > (SELECT ifnull(max(code), 0) FROM type WHERE kind = " kind ")"
#define TWICE(table)                                                              \
	"id IN (SELECT id FROM (SELECT id, uid, lag(uid) OVER (ORDER BY uid, id)" \
	" AS before FROM " table " WHERE uid IS NOT NULL) WHERE uid = before)"
/* Rows and texts that stand in two tables. */
#define NO_ROW(table) "NOT EXISTS (SELECT 1 FROM " table " WHERE id = " table "_text.id)"
#define APART(table) "text <> EXISTS (SELECT 1 FROM " table "_text AS t WHERE t.id = " table ".id)"
#define OWN_TEXT(column, table) \
	"(SELECT t." column " FROM " table "_text AS t WHERE t.id = " table ".id)"
#define MEND_TEXT(column) column " = text_mend(" column ")"
#define MEND_UID "uid = CASE WHEN text_ok(uid) THEN uid END"

/* clang-format off */
static const char row_neuron[] =
	INTEGER("type") " OR " INTEGER("flags") " OR " INTEGER("created") " OR "
	MAYBE_INTEGER("updated") " OR typeof(text) <> 'text' OR " MAYBE_TEXT("uid") " OR "
	MAYBE_TEXT("meta");
static const char set_neuron[] =
	TO_INTEGER("type") ", " TO_INTEGER("flags") ", " TO_INTEGER("created") ", "
	TO_MAYBE("updated") ", " TO_TEXT("text") ", " TO_TEXT("uid") ", " TO_TEXT("meta");
static const char row_synapse[] =
	MAYBE_TEXT("uid") " OR " MAYBE_TEXT("meta");
static const char set_synapse[] =
	TO_TEXT("uid") ", " TO_TEXT("meta");
static const char row_fiber[] =
	MAYBE_TEXT("uid") " OR " MAYBE_TEXT("summary") " OR " MAYBE_TEXT("meta") " OR "
	MAYBE_BLOB("tags") " OR " MAYBE_BLOB("neurons") " OR " MAYBE_BLOB("synapses");
static const char set_fiber[] =
	TO_TEXT("uid") ", " TO_TEXT("summary") ", " TO_TEXT("meta") ", "
	TO_BLOB("tags") ", " TO_BLOB("neurons") ", " TO_BLOB("synapses");
/* clang-format on */

static const struct rule rules[] = {
	/* dictionaries come first: rows are read through them */
	{WRONG_NUMBER, "grade", "code", NO_SHARE("value"), TO_SHARE("value", "0.5")},
	{WRONG_TEXT, "type", "code + 65536 * kind", "NOT text_ok(name)", MEND_TEXT("name")},
	/* neurons */
	{WRONG_ID, "neuron", "id", "id < 1", NULL},
	{WRONG_ROW, "neuron", "id", row_neuron, set_neuron},
	{WRONG_TEXT, "neuron", "id", "NOT (text_ok(text) AND text_ok(uid) AND text_ok(meta))",
		MEND_TEXT("text") ", " MEND_UID ", " MEND_TEXT("meta")},
	{WRONG_UID, "neuron", "id", TWICE("neuron"), "uid = NULL"},
	{WRONG_TYPE, "neuron", "id", NO_TYPE("1"), "type = 0"},
	{WRONG_CODE, "neuron", "id", "flags & ~63", "flags = flags & 63"},
	/* states */
	{WRONG_ID, "state", "id", "id < 1", NULL},
	{WRONG_ROW, "state", "id", INTEGER("last") " OR " INTEGER("uses"),
		TO_INTEGER("last") ", " TO_INTEGER("uses")},
	{WRONG_NUMBER, "state", "id",
		NO_SHARE("level") " OR " NO_NUMBER(
			"decay") " OR abs(decay) > 1.7976931348623157e308 OR " NO_COUNT("uses"),
		TO_SHARE("level", "0.0") ", decay = CASE WHEN " NO_NUMBER(
			"decay") " OR abs(decay) > 1.7976931348623157e308 THEN -1.0 ELSE decay END, " TO_COUNT("uses")},
	{WRONG_OWNER, "state", "id", NO_NEURON("state.id"), NULL},
	/* synapses */
	{WRONG_APART, "synapse_text", "id", NO_ROW("synapse"), NULL},
	{WRONG_APART, "synapse", "id", APART("synapse"),
		"uid = " OWN_TEXT("uid", "synapse") ", meta = " OWN_TEXT("meta", "synapse")},
	{WRONG_ROW, "synapse", "id", row_synapse, set_synapse},
	{WRONG_TEXT, "synapse", "id", "NOT (text_ok(uid) AND text_ok(meta))",
		MEND_UID ", " MEND_TEXT("meta")},
	{WRONG_UID, "synapse", "id", TWICE("synapse"), "uid = NULL"},
	{WRONG_TYPE, "synapse", "id", NO_TYPE("3"), "type = 0"},
	{WRONG_CODE, "synapse", "id", "flags & ~1", "flags = flags & 1"},
	{WRONG_NUMBER, "synapse", "id", NO_GRADE("base"), TO_GRADE("base")},
	{WRONG_WEIGHT, "synapse", "id", NO_CODE("base"), TO_CODE("base")},
	{WRONG_END, "synapse", "id", NO_NEURON("source") " OR " NO_NEURON("target"), NULL},
	/* fibers */
	{WRONG_APART, "fiber_text", "id", NO_ROW("fiber"), NULL},
	{WRONG_APART, "fiber", "id", APART("fiber"),
		"uid = " OWN_TEXT("uid", "fiber") ", summary = " OWN_TEXT("summary",
			"fiber") ", meta = " OWN_TEXT("meta", "fiber") ", tags = " OWN_TEXT("tags",
			"fiber") ", neurons = " OWN_TEXT("neurons",
			"fiber") ", synapses = " OWN_TEXT("synapses", "fiber")},
	{WRONG_ROW, "fiber", "id", row_fiber, set_fiber},
	{WRONG_TEXT, "fiber", "id", "NOT (text_ok(uid) AND text_ok(summary) AND text_ok(meta))",
		MEND_UID ", " MEND_TEXT("summary") ", " MEND_TEXT("meta")},
	{WRONG_UID, "fiber", "id", TWICE("fiber"), "uid = NULL"},
	{WRONG_CODE, "fiber", "id", "flags & ~1 OR NOT stage BETWEEN 0 AND 1",
		"flags = flags & 1, stage = CASE WHEN stage = 1 THEN 1 ELSE 0 END"},
	{WRONG_NUMBER, "fiber", "id", NO_GRADE("salience") " OR " NO_GRADE("coherence"),
		TO_GRADE("salience") ", " TO_GRADE("coherence")},
	{WRONG_WEIGHT, "fiber", "id", NO_CODE("salience") " OR " NO_CODE("coherence"),
		TO_CODE("salience") ", " TO_CODE("coherence")},
	{WRONG_MEMBERS, "fiber", "id",
		"NOT (tags_ok(tags) AND ids_ok(neurons) AND ids_ok(synapses))",
		"tags = CASE WHEN tags_ok(tags) THEN tags END, neurons = CASE WHEN ids_ok(neurons) THEN"
		" neurons END, synapses = CASE WHEN ids_ok(synapses) THEN synapses END"},
	{WRONG_ANCHOR, "fiber", "id", NO_NEURON("anchor"), NULL},
};
enum { RULES = sizeof(rules) / sizeof(*rules), SQL_ROOM = 4096 };

/* ---- Gaps in dictionaries ----------------------------------------------------------------- */

/* Codes go up by one, so a gap is a row that was deleted. 4,096 at most are told or filled. */
static const char type_gaps[] =
	"WITH RECURSIVE n(kind, code) AS (SELECT kind, 1 FROM type GROUP BY kind UNION ALL"
	" SELECT n.kind, n.code + 1 FROM n WHERE n.code < min(65534,"
	" (SELECT max(code) FROM type WHERE type.kind = n.kind)))"
	" SELECT code, kind FROM n WHERE NOT EXISTS (SELECT 1 FROM type WHERE type.kind = n.kind"
	" AND type.code = n.code) LIMIT 4096";
static const char weight_gaps[] =
	"WITH RECURSIVE n(code) AS (SELECT 1 WHERE EXISTS (SELECT 1 FROM grade) UNION ALL"
	" SELECT code + 1 FROM n WHERE code < min(4096, (SELECT max(code) FROM grade)))"
	" SELECT code FROM n WHERE code NOT IN (SELECT code FROM grade)";
/* Type "memory" has code 1 in every file. */
static const char fill_types[] =
	"WITH RECURSIVE n(kind, code) AS (SELECT kind, 1 FROM type GROUP BY kind UNION ALL"
	" SELECT n.kind, n.code + 1 FROM n WHERE n.code < min(65534,"
	" (SELECT max(code) FROM type WHERE type.kind = n.kind)))"
	" INSERT OR IGNORE INTO type(kind, code, name) SELECT kind, code,"
	" CASE WHEN kind = 1 AND code = 1 THEN 'memory' ELSE 'unknown-' || code END FROM n";
static const char fill_weights[] =
	"WITH RECURSIVE n(code) AS (SELECT 1 WHERE EXISTS (SELECT 1 FROM grade) UNION ALL"
	" SELECT code + 1 FROM n WHERE code < min(4096, (SELECT max(code) FROM grade)))"
	" INSERT OR IGNORE INTO grade(code, value) SELECT code, 0.5 FROM n";

/* ---- Looking ------------------------------------------------------------------------------ */

static int see_row(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	const struct rule *r = ctx;

	return exam_see(e, r->wrong, sqlite3_column_int64(st, 0));
}

static int see_gap(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	return exam_see(e, *(enum wrong *)ctx, sqlite3_column_int64(st, 0));
}

static int look_at(struct exam *e, const struct rule *r)
{
	char sql[SQL_ROOM];

	snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE %s", r->key, r->table, r->where);
	return exam_each(e, sql, see_row, (void *)r);
}

int exam_rows(struct exam *e)
{
	enum wrong types = WRONG_TYPE_GAP, weights = WRONG_WEIGHT_GAP;
	int status = exam_each(e, type_gaps, see_gap, &types);

	if (status == MN_OK)
		status = exam_each(e, weight_gaps, see_gap, &weights);
	for (size_t i = 0; status == MN_OK && i < RULES; i++)
		status = look_at(e, &rules[i]);
	return status;
}

/* ---- Mending ------------------------------------------------------------------------------ */

bool heal_wants(const struct exam *e, const mn_heal *heal, enum wrong w)
{
	return e->found[w].repairable
	       && heal->wanted(heal->ctx, e->found[w].code, e->found[w].name);
}

static void take_column(sqlite3_stmt *st, int i, mn_column *out)
{
	*out = (mn_column){.name = sqlite3_column_name(st, i)};
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		out->type = MN_COLUMN_INTEGER;
		out->integer = sqlite3_column_int64(st, i);
		break;
	case SQLITE_FLOAT:
		out->type = MN_COLUMN_REAL;
		out->real = sqlite3_column_double(st, i);
		break;
	case SQLITE_TEXT:
		out->type = MN_COLUMN_TEXT;
		out->bytes = column_text(st, i);
		break;
	case SQLITE_BLOB:
		out->type = MN_COLUMN_BYTES;
		out->bytes = column_blob(st, i);
		break;
	default: out->type = MN_COLUMN_NULL;
	}
}

int keep_row(struct exam *e, const mn_heal *heal, enum wrong w, const char *table, sqlite3_stmt *st)
{
	mn_column columns[20];
	int n = sqlite3_column_count(st);

	n = n < 20 ? n : 20;
	for (int i = 0; i < n; i++)
		take_column(st, i, &columns[i]);
	return heal->keep(heal->ctx, e->found[w].name, table, columns, (size_t)n);
}

struct keeping {
	const struct rule *rule;
	const mn_heal *heal;
	uint64_t n;
};

static int keep_one(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	struct keeping *k = ctx;

	k->n++;
	return keep_row(e, k->heal, k->rule->wrong, k->rule->table, st);
}

static int mend_by(struct exam *e, const mn_heal *heal, const struct rule *r)
{
	struct keeping k = {r, heal, 0};
	char sql[SQL_ROOM];
	int status;

	snprintf(sql, sizeof(sql), "SELECT * FROM %s WHERE %s", r->table, r->where);
	status = exam_each(e, sql, keep_one, &k);
	if (status != MN_OK || k.n == 0)
		return status;
	if (r->set)
		snprintf(sql, sizeof(sql), "UPDATE %s SET %s WHERE %s", r->table, r->set, r->where);
	else
		snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE %s", r->table, r->where);
	return exam_each(e, sql, NULL, NULL);
}

int rows_mend(struct exam *e, const mn_heal *heal)
{
	int status = MN_OK;

	if (heal_wants(e, heal, WRONG_TYPE_GAP))
		status = exam_each(e, fill_types, NULL, NULL);
	if (status == MN_OK && heal_wants(e, heal, WRONG_WEIGHT_GAP))
		status = exam_each(e, fill_weights, NULL, NULL);
	if (status == MN_OK && heal_wants(e, heal, WRONG_BUNDLE))
		status = bundles_mend(e, heal);
	for (size_t i = 0; status == MN_OK && i < RULES; i++)
		if (heal_wants(e, heal, rules[i].wrong))
			status = mend_by(e, heal, &rules[i]);
	if (status == MN_OK)
		status = bundle_flush(e->c);
	return status == MN_OK && e->c->recent.moved ? recent_write(e->c) : status;
}
