/* SPDX-License-Identifier: MIT */
/* neuron.c - changes of neurons and of their states. */
#include <math.h>
#include <string.h>

#include "apply.h"
#include "fiber.h"
#include "search.h"
#include "synapse.h"

/* ---- Neurons ------------------------------------------------------------------------------ */

static const char insert_neuron[] =
	"INSERT INTO neuron(id, type, flags, created, updated, uid, text, meta)"
	" VALUES(?1, ?2, ?3, ?4, nullif(?5, ?4), ?6, ?7, ?8)";
static const char update_neuron[] =
	"UPDATE neuron SET type = ?2, flags = ?3, created = ?4, updated = nullif(?5, ?4), uid = ?6,"
	" text = ?7, meta = ?8 WHERE id = ?1";
static const char text_of_neuron[] = "SELECT text FROM neuron WHERE id = ?1";
static const char delete_neuron[] = "DELETE FROM neuron WHERE id = ?1";

static int check_neuron(struct batch *b, const mn_neuron *n)
{
	int status = batch_id(b, "neuron", n->id);

	if (status == MN_OK)
		status = batch_text(b, "neuron", n->id, n->uid);
	if (status == MN_OK)
		status = batch_text(b, "neuron", n->id, n->text);
	return status == MN_OK ? batch_text(b, "neuron", n->id, n->meta) : status;
}

static int write_neuron(struct batch *b, const mn_neuron *n, const char *sql)
{
	uint16_t type;
	bool taken;
	int status = dictionary_store_type(b->c, MN_NEURON, n->type, &type);

	if (status == MN_OK)
		status = INSERT(b->c, &taken, sql, I((int64_t)n->id), I(type), I(n->flags),
			I(n->created), I(n->updated), SN(n->uid), S(n->text), SN(n->meta));
	if (status == MN_OK && taken)
		return batch_taken(b, "neuron", n->id);
	b->graph = true;
	return status;
}

int neuron_add(struct batch *b, const void *row)
{
	const mn_neuron *n = row;
	int status = check_neuron(b, n);

	if (status == MN_OK)
		status = write_neuron(b, n, insert_neuron);
	if (status == MN_OK)
		status = search_added(b->c, n->id, n->text);
	if (status == MN_OK) {
		batch_learn(b, n->id, true);
		b->c->tally.neurons++;
	}
	return status;
}

/* The text goes out of the word index if it will not be `next`; *there: is there such a row? */
static int forget_text(struct batch *b, mn_id id, const mn_str *next, bool *there, bool *same)
{
	sqlite3_stmt *st;
	int status = ASK(b->c, &st, text_of_neuron, I((int64_t)id));

	if (status == MN_OK)
		status = conn_step(b->c, st);
	*there = status == 1;
	*same = false;
	if (status <= 0)
		return status;
	mn_str text = column_text(st, 0);

	*same = next && text.len == next->len
		&& (!text.len || !memcmp(text.ptr, next->ptr, text.len));
	status = *same ? MN_OK : search_removed(b->c, id, text);
	sqlite3_reset(st);
	return status;
}

int neuron_put(struct batch *b, const void *row)
{
	const mn_neuron *n = row;
	bool there, same;
	int status = check_neuron(b, n);

	if (status == MN_OK)
		status = forget_text(b, n->id, &n->text, &there, &same);
	if (status != MN_OK)
		return status;
	if (!there)
		return neuron_add(b, row);
	status = write_neuron(b, n, update_neuron);
	return status == MN_OK && !same ? search_added(b->c, n->id, n->text) : status;
}

int neuron_drop(struct batch *b, const void *row)
{
	const mn_id id = *(const mn_id *)row;
	bool there, same;
	int status = forget_text(b, id, NULL, &there, &same);

	if (status != MN_OK || !there)
		return status;
	status = synapse_drop_at(b, id);
	if (status == MN_OK)
		status = fiber_drop_at(b, id);
	if (status == MN_OK)
		status = state_drop(b, row);
	if (status == MN_OK)
		status = RUN(b->c, delete_neuron, I((int64_t)id));
	batch_learn(b, id, false);
	b->c->tally.neurons--;
	b->graph = true;
	return status;
}

/* ---- States ------------------------------------------------------------------------------- */

static const char insert_state[] =
	"INSERT INTO state(id, level, decay, last, uses) VALUES(?1, ?2, ?3, ?4, ?5)";
static const char replace_state[] =
	"REPLACE INTO state(id, level, decay, last, uses) VALUES(?1, ?2, ?3, ?4, ?5)";
static const char tune_state[] = "UPDATE state SET level = ?2, decay = ?3 WHERE id = ?1";
static const char bump_state[] =
	"INSERT INTO state(id, level, decay, last, uses) VALUES(?1, ?2, -1, max(0, ?3), ?4)"
	" ON CONFLICT(id) DO UPDATE SET level = max(level, excluded.level),"
	" last = max(last, ?3), uses = min(uses + excluded.uses, 4294967295)";
static const char delete_state[] = "DELETE FROM state WHERE id = ?1";
static const char neuron_there[] = "SELECT 1 FROM neuron WHERE id = ?1";

static int check_state(struct batch *b, const mn_state *s)
{
	int status = batch_id(b, "state", s->id);

	if (status == MN_OK)
		status = batch_unit(b, "state", s->id, s->level);
	if (status == MN_OK && !isfinite(s->decay))
		status = batch_invalid(b, "state", s->id, "its decay rate must be a number");
	return status;
}

static int write_state(struct batch *b, const mn_state *s, const char *sql)
{
	bool taken;
	int status = check_state(b, s);

	if (status == MN_OK)
		status = batch_neuron(b, s->id, "state", s->id);
	if (status == MN_OK)
		status = INSERT(b->c, &taken, sql, I((int64_t)s->id), R(s->level), R(s->decay),
			I(s->last), I(s->uses));
	if (status == MN_OK && taken)
		return batch_taken(b, "state", s->id);
	b->state = true;
	return status;
}

int state_add(struct batch *b, const void *row)
{
	return write_state(b, row, insert_state);
}

int state_put(struct batch *b, const void *row)
{
	return write_state(b, row, replace_state);
}

int state_tune(struct batch *b, const void *row)
{
	const mn_state *s = row;
	int status = check_state(b, s);

	if (status == MN_OK)
		status = RUN(b->c, tune_state, I((int64_t)s->id), R(s->level), R(s->decay));
	if (status == MN_OK && sqlite3_changes(b->c->sql) == 0)
		return batch_invalid(b, "state", s->id, "there is none to be tuned");
	b->state = true;
	return status;
}

int state_bump(struct batch *b, const void *row)
{
	const mn_state *s = row;
	int64_t there = 0;
	int status = batch_id(b, "state", s->id);

	if (status == MN_OK)
		status = batch_unit(b, "state", s->id, s->level);
	if (status == MN_OK)
		status = NUMBER(b->c, &there, 0, neuron_there, I((int64_t)s->id));
	if (status != MN_OK || !there)
		return status;
	b->state = true;
	return RUN(b->c, bump_state, I((int64_t)s->id), R(s->level), I(s->last), I(s->uses));
}

int state_drop(struct batch *b, const void *row)
{
	const mn_id id = *(const mn_id *)row;
	int status = RUN(b->c, delete_state, I((int64_t)id));

	b->state |= status == MN_OK && sqlite3_changes(b->c->sql) > 0;
	return status;
}
