/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE MN_STR("made by an operation")

static int list(struct room *r, mn_call *c)
{
	mn_rows rows;

	return r->be->brains(r->db, c, MN_BRAINS_LIST, NULL, &rows);
}

static int find(struct room *r, mn_call *c)
{
	mn_rows rows;

	return r->be->brains(r->db, c, MN_BRAINS_FIND, &r->brain, &rows);
}

static int create(struct room *r, mn_call *c)
{
	mn_brain_row row = {
		.name = MADE, .uid = MN_STR("made"), .meta = MN_STR("{}"), .created = NOON};
	mn_rows rows;

	return r->be->brains(r->db, c, MN_BRAINS_CREATE, &row, &rows);
}

/* A new rate puts every list into another order. */
static int update(struct room *r, mn_call *c)
{
	mn_brain_row row;
	mn_rows rows;
	int status = r->be->brains(r->db, c, MN_BRAINS_FIND, &r->brain, &rows);

	if (status != MN_OK)
		return status;
	row = rows.at.brain[0];
	row.config = MN_STR("{\"decay_rate\":0.02}");
	row.clock = NOON + DAYS(3);
	return r->be->brains(r->db, c, MN_BRAINS_UPDATE, &row, &rows);
}

static int delete (struct room *r, mn_call *c)
{
	mn_rows rows;

	return r->be->brains(r->db, c, MN_BRAINS_DELETE, &r->brain, &rows);
}

static int ask_generation(struct room *r, mn_call *c)
{
	return r->be->generation(r->db, c, r->brain);
}

static int reserve(struct room *r, mn_call *c)
{
	mn_id first;

	return r->be->reserve(r->db, c, r->brain, MN_SYNAPSE, 1000, &first);
}

static int lookup(struct room *r, mn_call *c)
{
	const mn_key keys[] = {{MN_CONCEPT, MN_STR("cat")}, {MN_ENTITY, MN_STR("Ada")},
		{MN_CONCEPT, MN_STR("none")}};
	mn_id ids[3];

	return r->be->lookup(r->db, c, r->brain, keys, 3, ids);
}

static int resolve_uids(struct room *r, mn_call *c)
{
	const mn_str uids[] = {MN_STR("m5"), MN_STR("none")};
	mn_id ids[2];

	return r->be->resolve(r->db, c, r->brain, MN_NEURON, (mn_strs){uids, 2}, ids);
}

static int get(struct room *r, mn_call *c)
{
	mn_rows rows;
	int status = MN_OK;

	for (int kind = MN_NEURON; status == MN_OK && kind <= MN_FIBER; kind++) {
		mn_id first = kind == MN_SYNAPSE ? S(0) : kind == MN_FIBER ? F(0) : N(0);
		mn_id ids[] = {first, first + 1, first + 90, first};

		status = r->be->get(r->db, c, r->brain, kind, (mn_ids){ids, 4}, 0, &rows);
	}
	return status;
}

static int fibers_of(struct room *r, mn_call *c)
{
	const mn_id ids[] = {N(4), N(5), N(0)};
	mn_rows rows;

	return r->be->fibers_of(r->db, c, r->brain, (mn_ids){ids, 3}, &rows);
}

static int expand(struct room *r, mn_call *c)
{
	static const uint16_t type = MN_INVOLVES;
	static const mn_reach reaches[] = {
		{.types = &type, .ntypes = 1, .out = true, .in = true}, {.in = true}};
	const mn_id at[] = {N(0), N(4), N(0), N(9)};
	const float floors[] = {0, 0.3F, 0.1F, 0};
	const uint32_t limits[] = {2, 5, MN_NO_LIMIT, 0};
	mn_expand e = MN_SIZED(mn_expand);
	mn_fan fan;

	e.brain = r->brain;
	e.frontier = (mn_ids){at, 4};
	e.reach_of = (const uint8_t[]){0, 0, 1, 1};
	e.reaches = reaches;
	e.nreaches = 2;
	e.floor = floors;
	e.limit = limits;
	e.want_synapse = true;
	return r->be->expand(r->db, c, &e, &fan);
}

static int read_scan(struct room *r, mn_call *c, const mn_query *q)
{
	mn_cursor *cursor;
	mn_page p = MN_SIZED(mn_page);
	int status = r->be->scan(r->db, c, r->brain, q, &cursor);

	if (status != MN_OK)
		return status;
	while (status == MN_OK && !p.last) {
		p = MN_SIZED(mn_page);
		status = r->be->next(cursor, c, 3, &p);
	}
	r->be->done(cursor);
	return status;
}

int op_scan_all(struct room *r, mn_call *c)
{
	mn_query q = MN_SIZED(mn_query);
	int status = MN_OK;

	for (q.kind = MN_NEURON; status == MN_OK && q.kind <= MN_FIBER; q.kind++)
		status = read_scan(r, c, &q);
	return status;
}

static int scan_chosen(struct room *r, mn_call *c)
{
	const mn_str tag = MN_STR("pets");
	mn_query q = MN_SIZED(mn_query);
	int status;

	q.kind = MN_FIBER;
	q.tags = (mn_strs){&tag, 1};
	q.neuron = N(5);
	status = read_scan(r, c, &q);
	q = MN_SIZED(mn_query);
	q.kind = MN_SYNAPSE;
	q.neuron = N(0);
	return status == MN_OK ? read_scan(r, c, &q) : status;
}

static int search(struct room *r, mn_call *c)
{
	mn_query q = MN_SIZED(mn_query);

	q.kind = MN_NEURON;
	q.text = MN_STR("\"the cat\" do");
	return read_scan(r, c, &q);
}

static int apply_each(struct room *r, mn_call *c)
{
	struct batch b = {0};
	mn_neuron put = neuron(N(5), MN_CONCEPT, "cat"), new = neuron(N(60), MN_ENTITY, "Grace");
	mn_synapse moved = synapse(S(0), N(1), N(2), MN_FELT, 1);
	mn_fiber f = fiber(F(1), N(0)), tune = {.id = F(0), .salience = 1};
	mn_state t = state_of(N(2), 1, 9);
	const mn_str tags[] = {MN_STR("new"), MN_STR("tags")};
	mn_applied applied;
	int status;

	new.uid = MN_STR("u60");
	f.uid = MN_STR("f1");
	f.tags = (mn_strs){tags, 2};
	f.neurons = (mn_ids){(mn_id[]){N(1), N(2)}, 2};
	batch_row(&b, MN_ADD, MN_NEURON, &new);
	batch_row(&b, MN_PUT, MN_NEURON, &put);
	batch_synapse(&b, S(61), N(60), N(0), MN_NEAR, 1);
	batch_row(&b, MN_PUT, MN_SYNAPSE, &moved);
	batch_bump(&b, MN_SYNAPSE, S(2), 3, NOON + 1);
	batch_bump(&b, MN_STATE, N(3), 3, NOON + 1);
	batch_row(&b, MN_PUT, MN_STATE, &t);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_row(&b, MN_TUNE, MN_FIBER, &tune);
	batch_row(&b, MN_PUT, MN_FIBER, &f);
	batch_drop(&b, MN_SYNAPSE, S(5));
	batch_drop(&b, MN_NEURON, N(4));
	status = batch_try(r, c, &b, NULL, &applied);
	batch_free(&b);
	return status;
}

static int bump(struct room *r, mn_call *c)
{
	struct batch b = {0};
	mn_applied applied;
	int status;

	for (int i = 0; i < 6; i++) {
		batch_bump(&b, MN_STATE, N(i), 1, NOON);
		batch_bump(&b, MN_SYNAPSE, S(i), 1, NOON);
	}
	status = batch_try(r, c, &b, NULL, &applied);
	batch_free(&b);
	return status;
}

int op_apply_many(struct room *r, mn_call *c)
{
	struct batch b = {0};
	mn_applied applied;
	int status;

	for (int i = 0; i < 400; i++)
		batch_neuron(&b, N(100 + i), MN_MEMORY, "one of a great many words");
	for (int i = 0; i < 400; i++)
		batch_synapse(&b, S(100 + i), N(100 + i), N(i % 4), MN_NEAR, (double)(i % 50) / 50);
	status = batch_try(r, c, &b, NULL, &applied);
	batch_free(&b);
	return status;
}

const struct op ops[] = {
	{"list", 0, list},
	{"find", 0, find},
	{"create", MN_CAP_CREATE, create},
	{"update", MN_CAP_CREATE, update},
	{"delete", MN_CAP_CREATE, delete},
	{"generation", 0, ask_generation},
	{"reserve", MN_CAP_WRITE, reserve},
	{"lookup", 0, lookup},
	{"resolve", 0, resolve_uids},
	{"get", 0, get},
	{"fibers_of", 0, fibers_of},
	{"expand", 0, expand},
	{"scan of all", 0, op_scan_all},
	{"scan of some", 0, scan_chosen},
	{"search", MN_CAP_TEXT, search},
	{"apply", MN_CAP_WRITE, apply_each},
	{"bump", MN_CAP_WRITE, bump},
};
const size_t nops = COUNT(ops);

char *dump_store(struct room *r)
{
	mn_rows rows = {0};
	char *all = NULL;
	size_t n;
	FILE *f = open_memstream(&all, &n);

	assert_non_null(f);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	for (size_t i = 0; i < rows.n; i++) {
		char *one = dump_brain(r, rows.at.brain[i].name);

		fprintf(f, "brain %.*s\n%s", MN_FMT(rows.at.brain[i].name), one);
		free(one);
	}
	fclose(f);
	return all;
}

void op_fresh(struct room *r)
{
	mn_rows rows = {0}, none;
	mn_str name = r->brain;

	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	for (size_t i = 0; i < rows.n; i++)
		ok(r, r->be->brains(
			      r->db, &r->call, MN_BRAINS_DELETE, &rows.at.brain[i].name, &none));
	mn_call_reset(&r->call);
	room_create(r, name, NULL);
	build_known(r);
}

void with_op(struct room *r, const struct op *op,
	void (*trial)(struct room *, const struct op *, const char *after))
{
	char *after;

	if ((r->info.caps & op->caps) != op->caps)
		return;
	op_fresh(r);
	ok(r, op->run(r, &r->call));
	after = dump_store(r);
	op_fresh(r);
	trial(r, op, after);
	free(after);
}

void each_op(struct room *r, void (*trial)(struct room *, const struct op *, const char *after))
{
	for (size_t i = 0; i < nops; i++)
		with_op(r, &ops[i], trial);
}
