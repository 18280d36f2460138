/* SPDX-License-Identifier: MIT */
#include "bundles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "varint.h"

#define MOST 200000 /* rows of a file under test */
#define ROOM 512    /* of one bundle */
#define BYTES 498
#define COLUMNS 11

static const struct {
	enum row_kind kind;
	const char *make, *insert, *copy, *changed, *all, *there, *bundles, *clear, *put, *last,
		*no_last;
} tables[] = {
	{ROW_SYNAPSE,
		"CREATE TEMP TABLE synapse(id INTEGER PRIMARY KEY, source, target, type, flags,"
		" base, created, last, uses, text)",
		"INSERT INTO temp.synapse VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		"CREATE TEMP TABLE synapse_was AS SELECT * FROM temp.synapse",
		"SELECT * FROM (SELECT * FROM temp.synapse EXCEPT SELECT * FROM temp.synapse_was)"
		" UNION ALL SELECT * FROM (SELECT * FROM temp.synapse_was EXCEPT SELECT * FROM temp.synapse)",
		"SELECT * FROM temp.synapse ORDER BY id",
		"SELECT 1 FROM main.sqlite_schema WHERE name = 'synapse_bundle'",
		"SELECT first, bytes FROM synapse_bundle ORDER BY first",
		"DELETE FROM synapse_bundle",
		"INSERT INTO synapse_bundle(first, bytes) VALUES(?1, ?2)",
		"SELECT last_synapses FROM tally WHERE last_synapses IS NOT NULL",
		"UPDATE tally SET last_synapses = NULL"},
	{ROW_FIBER,
		"CREATE TEMP TABLE fiber(id INTEGER PRIMARY KEY, anchor, flags, stage, salience,"
		" coherence, created, first, last, uses, text)",
		"INSERT INTO temp.fiber VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		"CREATE TEMP TABLE fiber_was AS SELECT * FROM temp.fiber",
		"SELECT * FROM (SELECT * FROM temp.fiber EXCEPT SELECT * FROM temp.fiber_was)"
		" UNION ALL SELECT * FROM (SELECT * FROM temp.fiber_was EXCEPT SELECT * FROM temp.fiber)",
		"SELECT * FROM temp.fiber ORDER BY id",
		"SELECT 1 FROM main.sqlite_schema WHERE name = 'fiber_bundle'",
		"SELECT first, bytes FROM fiber_bundle ORDER BY first", "DELETE FROM fiber_bundle",
		"INSERT INTO fiber_bundle(first, bytes) VALUES(?1, ?2)",
		"SELECT last_fibers FROM tally WHERE last_fibers IS NOT NULL",
		"UPDATE tally SET last_fibers = NULL"},
};
enum { TABLES = sizeof(tables) / sizeof(*tables) };

static void must(sqlite3 *db, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "bundles: %s\n", sqlite3_errmsg(db));
	abort();
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	must(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL));
	return st;
}

static bool is_there(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	const bool there = sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK
			   && sqlite3_step(st) == SQLITE_ROW;

	sqlite3_finalize(st);
	return there;
}

/* ---- Rows and columns --------------------------------------------------------------------- */

static void bind_grade(sqlite3_stmt *st, int i, const struct grade *g)
{
	if (g->code)
		sqlite3_bind_int(st, i, g->code);
	else
		sqlite3_bind_double(st, i, g->number);
}

static void bind_all(sqlite3_stmt *st, const int64_t *numbers, const struct grade *const *grades)
{
	for (int i = 0; i < COLUMNS; i++)
		if (grades[i])
			bind_grade(st, i + 1, grades[i]);
		else
			sqlite3_bind_int64(st, i + 1, numbers[i]);
}

static void bind_row(sqlite3_stmt *st, enum row_kind kind, const void *row)
{
	const struct synapse_row *s = row;
	const struct fiber_row *f = row;

	if (kind == ROW_SYNAPSE)
		bind_all(st,
			(const int64_t[COLUMNS]){(int64_t)s->id, (int64_t)s->from, (int64_t)s->to,
				s->type, s->flags, 0, s->created, s->last, s->uses, s->text},
			(const struct grade *const[COLUMNS]){[5] = &s->base});
	else
		bind_all(st,
			(const int64_t[COLUMNS]){(int64_t)f->id, (int64_t)f->anchor, f->flags,
				f->stage, 0, 0, f->created, f->first, f->last, f->uses, f->text},
			(const struct grade *const[COLUMNS]){
				[4] = &f->salience, [5] = &f->coherence});
}

static struct grade grade_of(sqlite3_stmt *st, int i)
{
	if (sqlite3_column_type(st, i) == SQLITE_INTEGER)
		return (struct grade){.code = (uint16_t)sqlite3_column_int(st, i)};
	if (sqlite3_column_type(st, i) == SQLITE_NULL) /* as SQLite has what is no number */
		return (struct grade){.number = __builtin_nan("")};
	return (struct grade){.number = sqlite3_column_double(st, i)};
}

static void take_row(sqlite3_stmt *st, enum row_kind kind, void *row)
{
	int64_t n[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		n[i] = sqlite3_column_int64(st, i);
	if (kind == ROW_SYNAPSE)
		*(struct synapse_row *)row = (struct synapse_row){.id = (mn_id)n[0],
			.from = (mn_id)n[1],
			.to = (mn_id)n[2],
			.type = (uint16_t)n[3],
			.flags = (uint16_t)n[4],
			.base = grade_of(st, 5),
			.created = n[6],
			.last = n[7],
			.uses = (uint32_t)n[8],
			.text = n[9]};
	else
		*(struct fiber_row *)row = (struct fiber_row){.id = (mn_id)n[0],
			.anchor = (mn_id)n[1],
			.flags = (uint16_t)n[2],
			.stage = (uint16_t)n[3],
			.salience = grade_of(st, 4),
			.coherence = grade_of(st, 5),
			.created = n[6],
			.first = n[7],
			.last = n[8],
			.uses = (uint32_t)n[9],
			.text = n[10]};
}

/* ---- There and back ----------------------------------------------------------------------- */

/* Those of the last bundle, which stands in the tally while a brain is in use. */
static size_t read_last(sqlite3 *db, size_t table, char *rows)
{
	const unsigned char *p;
	sqlite3_stmt *st = NULL;
	uint64_t first;
	size_t n = 0;
	bool whole;

	if (sqlite3_prepare_v2(db, tables[table].last, -1, &st, NULL) == SQLITE_OK
		&& sqlite3_step(st) == SQLITE_ROW) {
		const unsigned char *end;

		p = sqlite3_column_blob(st, 0);
		end = p + sqlite3_column_bytes(st, 0);
		if (varint_get(&p, end, &first))
			n = row_read(tables[table].kind, first,
				(mn_str){(const char *)p, (size_t)(end - p)}, rows, ROOM, &whole);
	}
	sqlite3_finalize(st);
	return n;
}

/* All rows that the bundles have, as far as they can be read. */
static size_t read_bundles(sqlite3 *db, size_t table, char *rows)
{
	const size_t size = row_size(tables[table].kind);
	sqlite3_stmt *st = prepare(db, tables[table].bundles);
	size_t n = 0;
	bool whole;

	while (sqlite3_step(st) == SQLITE_ROW && n + ROOM <= MOST) {
		const mn_str bytes = {
			sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)};

		n += row_read(tables[table].kind, (mn_id)sqlite3_column_int64(st, 0), bytes,
			rows + n * size, ROOM, &whole);
	}
	sqlite3_finalize(st);
	return n + ROOM <= MOST ? n + read_last(db, table, rows + n * size) : n;
}

static size_t read_table(sqlite3 *db, size_t table, char *rows)
{
	sqlite3_stmt *st = prepare(db, tables[table].all);
	size_t n = 0;

	for (; sqlite3_step(st) == SQLITE_ROW && n < MOST; n++)
		take_row(st, tables[table].kind, rows + n * row_size(tables[table].kind));
	sqlite3_finalize(st);
	return n;
}

static void write_bundles(sqlite3 *db, size_t table, const char *rows, size_t n)
{
	const size_t size = row_size(tables[table].kind);
	sqlite3_stmt *st = prepare(db, tables[table].put);

	must(db, sqlite3_exec(db, tables[table].clear, NULL, NULL, NULL));
	for (size_t i = 0, more; i < n; i += more) {
		unsigned char bytes[BYTES];
		const size_t len = row_write(
			tables[table].kind, rows + i * size, n - i, bytes, BYTES, &more);

		sqlite3_bind_int64(st, 1, *(const int64_t *)(const void *)(rows + i * size));
		sqlite3_bind_blob(st, 2, bytes, (int)len, SQLITE_TRANSIENT);
		must(db, sqlite3_step(st));
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
}

void bundles_unpack(sqlite3 *db)
{
	for (size_t i = 0; i < TABLES; i++) {
		const size_t size = row_size(tables[i].kind);
		sqlite3_stmt *st;
		char *rows;
		size_t n;

		if (!is_there(db, tables[i].there))
			continue;
		rows = calloc(MOST, size);
		n = read_bundles(db, i, rows);
		must(db, sqlite3_exec(db, tables[i].make, NULL, NULL, NULL));
		must(db, sqlite3_exec(db, "SAVEPOINT unpacked", NULL, NULL, NULL));
		st = prepare(db, tables[i].insert);
		for (size_t k = 0; k < n; k++) {
			bind_row(st, tables[i].kind, rows + k * size);
			sqlite3_step(st); /* one of an id that was there is left out */
			sqlite3_reset(st);
		}
		sqlite3_finalize(st);
		must(db, sqlite3_exec(db, tables[i].copy, NULL, NULL, NULL));
		must(db, sqlite3_exec(db, "RELEASE unpacked", NULL, NULL, NULL));
		free(rows);
	}
}

void bundles_pack(sqlite3 *db)
{
	for (size_t i = 0; i < TABLES; i++) {
		char *rows;

		if (!is_there(db, tables[i].there) || !is_there(db, tables[i].changed))
			continue;
		rows = calloc(MOST, row_size(tables[i].kind));
		write_bundles(db, i, rows, read_table(db, i, rows));
		sqlite3_exec(db, tables[i].no_last, NULL, NULL, NULL);
		free(rows);
	}
}
