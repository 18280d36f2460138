/* SPDX-License-Identifier: MIT */
/*
 * apply.c - changes to a brain, all or none.
 *
 * Two statements: a survey of the rows concerned, and the result, which is written if the brain is
 * still as it was surveyed. Who is overtaken begins again, after a pause that grows; a batch with
 * an expected generation fails instead if it was the graph that moved.
 */
#include "apply.h"

#include "write.h"

#define TRIES 60
#define PAUSE_MS 4
#define LONGEST_PAUSE_MS 250

static int check_expected(mn_db *db, mn_call *call, const mn_gen *expect, const mn_gen *at)
{
	if (!expect || (expect->epoch == at->epoch && expect->graph == at->graph))
		return MN_OK;
	return db->host->fail(
		call, MN_ECONFLICT, 0, "somebody else changed the brain meanwhile: read again");
}

/* Is there anything to put down? */
static bool changes_something(const struct draft *d)
{
	return d->graph || d->state;
}

struct batch {
	mn_str brain;
	const mn_gen *expect;
	const mn_change *changes;
	size_t n;
};

/* One try. *done false: overtaken. */
static int attempt(mn_db *db, mn_call *call, const struct batch *b, mn_applied *out, bool *done)
{
	struct draft d;
	struct survey s;
	int status;

	*done = false;
	out->culprit = b->n;
	status = survey_take(db, call, b->brain, b->changes, b->n, &d, &s);
	if (status == MN_OK)
		status = check_expected(db, call, b->expect, &s.gen);
	if (status == MN_OK)
		status = draft_take(&d, b->changes, b->n, &out->culprit);
	if (status != MN_OK)
		return status;
	out->culprit = b->n;
	out->before = out->after = s.gen;
	*done = true;
	if (!changes_something(&d))
		return MN_OK;
	status = write_draft(&d, b->brain, &s, done);
	if (status != MN_OK || !*done)
		return status;
	out->after.graph += d.graph;
	out->after.state += d.state;
	db_know(db, b->brain, s.key, s.version + 1);
	return MN_OK;
}

static uint32_t pause_before(const mn_db *db, int tries)
{
	uint32_t most = PAUSE_MS << (tries < 8 ? tries : 8), chance;

	if (most > LONGEST_PAUSE_MS)
		most = LONGEST_PAUSE_MS;
	db->host->random(db->host, &chance, sizeof(chance));
	return 1 + chance % most;
}

int apply_changes(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	const struct batch b = {brain, expect, changes, n};
	mn_applied applied = *out;
	bool done = false;
	int status;

	out->culprit = n;
	status = db_enter(db, call, true);
	for (int tries = 0; status == MN_OK; tries++) {
		status = attempt(db, call, &b, &applied, &done);
		out->culprit = applied.culprit;
		if (status != MN_OK || done)
			break;
		if (tries == TRIES)
			return db->host->fail(
				call, MN_EBUSY, 0, "others keep writing to this brain: try again");
		status = http_pause(db->pool, call, pause_before(db, tries));
	}
	if (status == MN_OK) {
		*out = applied;
		call->at = applied.after;
	}
	return status;
}
