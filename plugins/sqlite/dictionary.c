/* SPDX-License-Identifier: MIT */
#include "dictionary.h"

#include "connection.h"
#include "heap.h"

#define INDEX_SIZE (2 * MOST_GRADES)

static struct names *names_of(struct conn *c, int kind)
{
	return &c->dictionary.names[kind == MN_SYNAPSE];
}

/* ---- Types -------------------------------------------------------------------------------- */

static const char read_types[] =
	"SELECT code, name FROM type WHERE kind = ?1 AND code >= ?2 ORDER BY code";
static const char insert_type[] = "INSERT INTO type(kind, code, name) VALUES(?1, ?2, ?3)";

/* One more name, under the next stored code. */
static int learn(struct conn *c, struct names *t, uint16_t code)
{
	if (!heap_grow(c->host, &t->codes, &t->cap, t->n + 1, sizeof(*t->codes), MOST_TYPES + 1)
		|| !heap_grow(c->host, &t->stored, &t->stored_cap, (size_t)code + 1,
			sizeof(*t->stored), MOST_TYPES + 1))
		return conn_memory(c);
	while (t->nstored <= code)
		t->stored[t->nstored++] = 0;
	if (code)
		t->stored[code] = (uint16_t)t->n;
	t->codes[t->n++] = code;
	return MN_OK;
}

/* Reads the names that were added since. */
static int read_names(struct conn *c, int kind)
{
	struct names *t = names_of(c, kind);
	sqlite3_stmt *st;
	int status = t->n ? MN_OK : learn(c, t, 0); /* code 0: no name */

	if (status == MN_OK)
		status = ASK(c, &st, read_types, I(kind), I((int64_t)t->n));
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		const int64_t code = sqlite3_column_int64(st, 0);

		status = code != (int64_t)t->n || code > MOST_TYPES
				 ? conn_corrupt(c, "a type is missing")
				 : learn(c, t, c->host->type_code(kind, column_text(st, 1)));
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	return status;
}

int dictionary_type(struct conn *c, int kind, int64_t stored, uint16_t *code)
{
	struct names *t = names_of(c, kind);

	if (stored < 0 || (uint64_t)stored >= t->n) {
		int status = read_names(c, kind);

		if (status != MN_OK)
			return status;
		if (stored < 0 || (uint64_t)stored >= t->n)
			return conn_corrupt(c, "a row is of a type that is not known");
	}
	*code = t->codes[stored];
	return MN_OK;
}

int dictionary_find_type(struct conn *c, int kind, uint16_t code, uint16_t *stored)
{
	struct names *t = names_of(c, kind);
	int status = MN_OK;

	*stored = 0;
	if (!c->host->type_name(kind, code)[0])
		return MN_OK;
	if (code >= t->nstored || !t->stored[code])
		status = read_names(c, kind);
	*stored = code < t->nstored && t->stored[code] ? t->stored[code] : UNKNOWN_TYPE;
	return status;
}

int dictionary_store_type(struct conn *c, int kind, uint16_t code, uint16_t *stored)
{
	struct names *t = names_of(c, kind);
	const char *name = c->host->type_name(kind, code);
	int status = dictionary_find_type(c, kind, code, stored);

	if (status != MN_OK || *stored != UNKNOWN_TYPE)
		return status;
	if (t->n > MOST_TYPES)
		return c->host->fail(c->call, MN_EUNSUPPORTED, 0,
			"a brain cannot have more than %d types", MOST_TYPES);
	*stored = (uint16_t)t->n;
	status = RUN(c, insert_type, I(kind), I((int64_t)t->n), S((mn_str){name, strlen(name)}));
	return status == MN_OK ? learn(c, t, code) : status;
}

/* ---- Numbers ------------------------------------------------------------------------------ */

static const char read_grades[] = "SELECT code, value FROM grade WHERE code >= ?1 ORDER BY code";
static const char insert_grade[] = "INSERT INTO grade(code, value) VALUES(?1, ?2)";

static size_t hash_of(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return (size_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> 40) % INDEX_SIZE;
}

/* Where x stands in the index, or the free place where it belongs. */
static uint16_t *place_of(const struct dictionary *d, double x)
{
	size_t at = hash_of(x);

	/* Bits are compared, not values. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	while (d->index[at] && memcmp(&d->grades[d->index[at]], &x, sizeof(x)) != 0)
		at = (at + 1) % INDEX_SIZE;
	return &d->index[at];
}

static int learn_grade(struct conn *c, double x)
{
	struct dictionary *d = &c->dictionary;

	if (!d->index && !(d->index = heap_new(c->host, INDEX_SIZE * sizeof(*d->index))))
		return conn_memory(c);
	if (!heap_grow(c->host, &d->grades, &d->grades_cap, d->ngrades + 1, sizeof(*d->grades),
		    MOST_GRADES + 1))
		return conn_memory(c);
	d->grades[d->ngrades++] = x;
	if (d->ngrades > 1) /* 0 is no code */
		*place_of(d, x) = (uint16_t)(d->ngrades - 1);
	return MN_OK;
}

static int read_numbers(struct conn *c)
{
	struct dictionary *d = &c->dictionary;
	sqlite3_stmt *st;
	int status = d->ngrades ? MN_OK : learn_grade(c, 0);

	if (status == MN_OK)
		status = ASK(c, &st, read_grades, I((int64_t)d->ngrades));
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		status = sqlite3_column_int64(st, 0) != (int64_t)d->ngrades
					 || d->ngrades > MOST_GRADES
				 ? conn_corrupt(c, "a weight is missing")
				 : learn_grade(c, sqlite3_column_double(st, 1));
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	return status;
}

int dictionary_code(struct conn *c, int64_t code, double *out)
{
	struct dictionary *d = &c->dictionary;
	int status;

	if (code < 1 || (uint64_t)code >= d->ngrades) {
		status = read_numbers(c);
		if (status != MN_OK)
			return status;
		if (code < 1 || (uint64_t)code >= d->ngrades)
			return conn_corrupt(c, "a row has a weight that is not known");
	}
	*out = d->grades[code];
	return MN_OK;
}

int dictionary_number(struct conn *c, sqlite3_stmt *st, int column, double *out)
{
	if (sqlite3_column_type(st, column) == SQLITE_INTEGER)
		return dictionary_code(c, sqlite3_column_int64(st, column), out);
	*out = sqlite3_column_double(st, column);
	return MN_OK;
}

int dictionary_store_code(struct conn *c, double x, uint16_t *code)
{
	struct dictionary *d = &c->dictionary;
	int status;

	*code = d->ngrades ? *place_of(d, x) : 0;
	if (*code || d->ngrades > MOST_GRADES)
		return MN_OK;
	status = read_numbers(c);
	if (status != MN_OK)
		return status;
	*code = *place_of(d, x);
	if (*code || d->ngrades > MOST_GRADES)
		return MN_OK;
	*code = (uint16_t)d->ngrades;
	status = RUN(c, insert_grade, I((int64_t)d->ngrades), R(x));
	return status == MN_OK ? learn_grade(c, x) : status;
}

int dictionary_grade(struct conn *c, const struct grade *g, double *out)
{
	*out = g->number;
	return g->code ? dictionary_code(c, g->code, out) : MN_OK;
}

int dictionary_store_grade(struct conn *c, double x, struct grade *out)
{
	int status = dictionary_store_code(c, x, &out->code);

	out->number = out->code ? 0 : x;
	return status;
}

void dictionary_forget(struct conn *c)
{
	struct dictionary *d = &c->dictionary;

	for (int i = 0; i < 2; i++) {
		heap_free(c->host, d->names[i].codes);
		heap_free(c->host, d->names[i].stored);
	}
	heap_free(c->host, d->grades);
	heap_free(c->host, d->index);
	*d = (struct dictionary){0};
}
