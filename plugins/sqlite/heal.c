/* SPDX-License-Identifier: MIT */
/*
 * heal.c - mending a brain's file: all in one transaction, which is looked through before it ends.
 */
#include <string.h>

#include "brain.h"
#include "exam.h"
#include "fault.h"
#include "schema.h"
#include "upkeep.h"

/* Is there anything to be done by this kind of cure? */
static bool wants_any(const struct exam *e, const mn_heal *heal, enum cure from, enum cure to)
{
	for (int w = 0; w < WRONGS; w++)
		if (exam_has(e, w) && exam_cures[w] >= from && exam_cures[w] <= to
			&& heal_wants(e, heal, w))
			return true;
	return false;
}

/* In this order: what rows are read through, rows, and what follows from them. */
static int mend_tables(struct exam *e, const mn_heal *heal)
{
	struct conn *c = e->c;
	int status = shape_mend(e, heal);

	if (status == MN_OK)
		status = tally_mend(e, heal);
	if (status == MN_OK)
		status = rows_mend(e, heal);
	if (status == MN_OK)
		status = shape_mend_indexes(e, heal);
	dictionary_forget(c);
	bundle_forget(c);
	c->measure.edition = 0;
	if (status == MN_OK)
		status = conn_load(c);
	c->tally.edition++; /* so that others read settings and dictionaries anew */
	return status == MN_OK ? upkeep_rebuild(c) : status;
}

/* Is all of it right now that was to be, and nothing else wrong? */
static int look_again(struct exam *e, const mn_heal *heal, struct exam *after)
{
	int status;

	exam_begin(after, e->db, e->call, e->path, MN_DOCTOR_FULL);
	after->c = e->c;
	status = exam_tables(after);
	for (int w = 0; status == MN_OK && w < WRONGS; w++) {
		if (!exam_has(after, w) || after->found[w].harmless)
			continue;
		if (!exam_has(e, w) || heal_wants(e, heal, w))
			status = e->host->fail(e->call, MN_ECORRUPT, 0,
				"%s was left as it is: mending would have left this: %s",
				fault_path(e->path), after->found[w].says);
	}
	after->c = NULL;
	return status;
}

static int heal_tables(struct exam *e, const mn_heal *heal)
{
	struct exam *after = e->host->alloc(e->call, sizeof(*after));
	bool whole = true;
	int status = after ? exam_pages(e, &whole) : MN_ENOMEM;

	if (status == MN_OK && whole)
		status = exam_tables(e);
	if (status != MN_OK || !whole || !wants_any(e, heal, CURE_TABLE, CURE_REBUILD))
		return status;
	status = mend_tables(e, heal);
	if (status == MN_OK)
		status = look_again(e, heal, after);
	return status == MN_OK ? heal->settle(heal->ctx) : status;
}

static int open_writer(struct exam *e)
{
	int status = conn_open(e->host, e->call, e->path, ACCESS_WRITE, false, &e->c);

	if (status == MN_OK)
		status = exam_register(e->c);
	if (status == MN_OK)
		status = conn_adopt(e->c, e->call);
	if (status == MN_OK)
		status = conn_script(e->c, "BEGIN IMMEDIATE");
	if (status == MN_OK)
		e->c->writing = true;
	return status;
}

static int heal_inside(struct exam *e, const mn_heal *heal)
{
	int status = open_writer(e);

	if (status == MN_OK)
		status = heal_tables(e, heal);
	if (status == MN_OK)
		status = conn_commit(e->c);
	else if (e->c)
		conn_rollback(e->c);
	conn_close(e->c);
	e->c = NULL;
	return status;
}

/* Bringing it up to date is what opening it for writing does. */
static int bring_up_to_date(struct exam *e)
{
	struct conn *c;
	int status = conn_open(e->host, e->call, e->path, ACCESS_WRITE, false, &c);

	if (status != MN_OK)
		return status;
	status = schema_migrate(c, e->call);
	conn_close(c);
	return status;
}

int heal_brain(mn_db *db, mn_call *call, mn_str brain, const mn_heal *heal)
{
	struct exam *e;
	bool open = false;
	int status = exam_of(db, call, brain, MN_DOCTOR_DEEP, &e);

	if (status != MN_OK)
		return status;
	status = exam_file(e, &open);
	if (status == MN_OK && wants_any(e, heal, CURE_FILE, CURE_FILE)) {
		status = file_mend(e, heal);
		if (status == MN_OK && exam_has(e, WRONG_OLDER)
			&& heal_wants(e, heal, WRONG_OLDER)) {
			status = bring_up_to_date(e);
			open = true;
		}
	}
	if (status == MN_OK && open)
		status = heal_inside(e, heal);
	if (status == MN_OK)
		folder_forget(db, e->path); /* its name may be another */
	return status;
}
