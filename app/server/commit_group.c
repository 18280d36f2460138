/* SPDX-License-Identifier: MIT */
#include "server/commit_group.h"

#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"

#define TRIES 12                     /* against other writers */
#define SHEET_MOST ((size_t)1 << 20) /* changes */
#define PATIENCE 60000000            /* microseconds that a group may take */

/* ---- Outcomes ----------------------------------------------------------------------------- */

static void settle(mn_entry *e, int status, const mn_error *why)
{
	e->status = status;
	e->settled = true;
	if (status == MN_OK || !why)
		return;
	*e->call->err = *why;
	e->call->err->size = sizeof(*why);
}

static void settle_all(mn_entry *const *group, size_t n, int status, const mn_error *why)
{
	for (size_t i = 0; i < n; i++)
		if (!group[i]->settled)
			settle(group[i], status, why);
}

static void forget_error(mn_call *call)
{
	*call->err = (mn_error){.size = call->err->size};
}

/* Is it about what was asked, rather than about the store? */
static bool blames_entry(int status)
{
	return status == MN_EINVAL || status == MN_ECONFLICT || status == MN_ENOMEM;
}

/* ---- Notes -------------------------------------------------------------------------------- */

/* The uids of fibers: their own, or that of their anchor. */
static int name_fibers(mn_brain *brain, mn_call *call, mn_ids ids, mn_str *out)
{
	mn_id *anchors = mn_call_array(call, ids.n, sizeof(*anchors));
	mn_rows fibers, neurons;
	int rc = anchors ? mn_brain_get(
			 brain, call, MN_FIBER, ids, MN_FIELD_HEAD | MN_FIELD_UID, &fibers)
			 : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < ids.n; i++)
		anchors[i] = fibers.at.fiber[i].anchor;
	if (rc == MN_OK)
		rc = mn_brain_get(brain, call, MN_NEURON, (mn_ids){anchors, ids.n},
			MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, &neurons);
	for (size_t i = 0; rc == MN_OK && i < ids.n; i++) {
		const mn_fiber *f = &fibers.at.fiber[i];
		const mn_neuron *n = &neurons.at.neuron[i];

		if (f->uid.len)
			out[i] = f->uid;
		else if (n->id)
			rc = mn_uid_derive(brain, call, MN_NEURON, n, &out[i]);
	}
	return rc;
}

static int keep(mn_entry *e, const mn_remembered *r, size_t from, const mn_str *uids)
{
	mn_id *fibers = mn_call_array(e->call, e->nnotes, sizeof(*fibers));
	mn_tally *tallies = mn_call_array(e->call, e->nnotes, sizeof(*tallies));
	mn_str *names = mn_call_array(e->call, e->nnotes, sizeof(*names));

	if (!fibers || !tallies || !names)
		return MN_ENOMEM;
	for (size_t i = 0; i < e->nnotes; i++) {
		fibers[i] = r->fibers[from + i];
		tallies[i] = r->tallies[from + i];
		names[i] = mn_call_copy(e->call, uids[from + i]);
		if (!names[i].ptr)
			return MN_ENOMEM;
		e->kept->added += tallies[i].added;
		e->kept->updated += tallies[i].updated;
	}
	e->kept->unchanged = e->nnotes - e->kept->added - e->kept->updated;
	e->kept->fibers = fibers;
	e->kept->tallies = tallies;
	e->kept->uids = names;
	return MN_OK;
}

/* What was written is written: if only its name could not be read, that is said and no more. */
static void hand_out(
	mn_entry *const *group, size_t n, mn_call *call, const mn_remembered *r, size_t total)
{
	mn_str *uids = mn_call_array(call, total, sizeof(*uids));
	mn_gen at = call->at;
	int rc = uids ? name_fibers(group[0]->brain, call, (mn_ids){r->fibers, total}, uids)
		      : MN_ENOMEM;

	for (size_t i = 0, from = 0; i < n; from += group[i++]->nnotes) {
		if (rc == MN_OK)
			rc = keep(group[i], r, from, uids);
		group[i]->kept->at = at;
		settle(group[i], rc, call->err);
	}
}

static int gather(mn_entry *const *group, size_t n, mn_call *call, mn_note **out, size_t *total)
{
	mn_note *notes;

	*total = 0;
	for (size_t i = 0; i < n; i++)
		*total += group[i]->nnotes;
	notes = mn_call_array(call, *total + 1, sizeof(*notes));
	if (!notes)
		return MN_ENOMEM;
	*out = notes;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < group[i]->nnotes; k++)
			*notes++ = group[i]->notes[k];
	return MN_OK;
}

static void write_notes(mn_entry *const *group, size_t n, mn_call *call)
{
	mn_remembered r = MN_SIZED(mn_remembered);
	mn_note *notes;
	size_t total;
	int rc = gather(group, n, call, &notes, &total);

	if (rc == MN_OK)
		rc = mn_brain_remember(group[0]->brain, call, notes, total, &r);
	if (rc == MN_OK) {
		hand_out(group, n, call, &r, total);
		return;
	}
	if (n == 1 || !blames_entry(rc)) {
		settle_all(group, n, rc, call->err);
		return;
	}
	for (size_t i = 0; i < n; i++) { /* what is written already is found unchanged */
		mn_call_reset(call);
		write_notes(&group[i], 1, call);
	}
}

/* ---- Sheets ------------------------------------------------------------------------------- */

struct mn_sheet {
	mn_call *call;
	mn_change *at;
	size_t n, cap;
	const mn_neuron **encode;
	size_t nencode, encode_cap;
};

int mn_sheet_put(mn_sheet *s, int op, int kind, void *row)
{
	if (mn_grow((void **)&s->at, &s->cap, s->n + 1, sizeof(*s->at), SHEET_MOST) != MN_OK)
		return mn_fail_memory(s->call);
	s->at[s->n++] = (mn_change){op, kind, row};
	return MN_OK;
}

int mn_sheet_encode(mn_sheet *s, const mn_neuron *n)
{
	if (mn_grow((void **)&s->encode, &s->encode_cap, s->nencode + 1, sizeof(*s->encode),
		    SHEET_MOST)
		!= MN_OK)
		return mn_fail_memory(s->call);
	s->encode[s->nencode++] = n;
	return MN_OK;
}

/* Every row of a kind begins with its id. */
static bool lacks_id(const mn_change *c, int kind)
{
	return c->op == MN_ADD && c->kind == kind && *(const mn_id *)c->row == 0;
}

static int give_ids(mn_sheet *s, mn_brain *brain, int kind)
{
	uint32_t n = 0;
	mn_id next;
	int rc;

	for (size_t i = 0; i < s->n; i++)
		n += lacks_id(&s->at[i], kind);
	if (!n)
		return MN_OK;
	rc = mn_brain_reserve(brain, s->call, kind, n, &next);
	for (size_t i = 0; rc == MN_OK && i < s->n; i++)
		if (lacks_id(&s->at[i], kind))
			*(mn_id *)s->at[i].row = next++;
	return rc;
}

/* Each entry that is not settled draws; one that fails is. */
static void draw(mn_entry *const *group, size_t n, mn_sheet *s)
{
	s->n = s->nencode = 0;
	for (size_t i = 0; i < n; i++) {
		mn_entry *e = group[i];
		const size_t encode = s->nencode;
		int rc;

		if (e->settled)
			continue;
		e->from = s->n;
		rc = e->draw(e->ctx, e->brain, s->call, s);
		if (rc != MN_OK) {
			s->n = e->from;
			s->nencode = encode;
			settle(e, rc, s->call->err);
			forget_error(s->call);
		}
		e->to = s->n;
	}
}

static void settle_culprit(mn_entry *const *group, size_t n, int rc, size_t culprit, mn_call *call)
{
	for (size_t i = 0; i < n; i++) {
		mn_entry *e = group[i];

		if (e->settled || culprit < e->from || culprit >= e->to)
			continue;
		if (e->applied)
			e->applied->culprit = culprit - e->from;
		settle(e, rc, call->err);
	}
}

static void settle_applied(mn_entry *const *group, size_t n, const mn_applied *a)
{
	for (size_t i = 0; i < n; i++) {
		if (group[i]->settled)
			continue;
		if (group[i]->applied) {
			group[i]->applied->before = a->before;
			group[i]->applied->after = a->after;
		}
		group[i]->call->at = a->after;
		settle(group[i], MN_OK, NULL);
	}
}

/* The words of new anchors. They can be added later as well (mnemoscope-brain(1)), so that failing
 * here does not undo what is written. */
static void encode(mn_sheet *s, mn_brain *brain)
{
	mn_id *ids = mn_call_array(s->call, s->nencode, sizeof(*ids));

	if (!ids || !s->nencode)
		return;
	for (size_t i = 0; i < s->nencode; i++)
		ids[i] = s->encode[i]->id;
	mn_brain_encode(brain, s->call, (mn_ids){ids, s->nencode});
}

/* One try. MN_ECONFLICT: to be drawn again; else everybody is settled or has nobody to blame. */
static int try_changes(mn_entry *const *group, size_t n, mn_sheet *s, bool guard)
{
	mn_brain *brain = group[0]->brain;
	mn_applied applied = MN_SIZED(mn_applied);
	mn_gen seen;
	int rc = mn_brain_generation(brain, s->call);

	seen = s->call->at;
	if (rc == MN_OK)
		draw(group, n, s);
	for (int kind = MN_NEURON; rc == MN_OK && kind < MN_KINDS; kind++)
		if (kind != MN_STATE)
			rc = give_ids(s, brain, kind);
	applied.before = applied.after = seen;
	if (rc == MN_OK && s->n)
		rc = mn_brain_apply(brain, s->call, guard ? &seen : NULL, s->at, s->n, &applied);
	if (rc == MN_OK) {
		settle_applied(group, n, &applied);
		encode(s, brain);
	} else if ((rc == MN_ECONFLICT || rc == MN_EINVAL) && s->n && applied.culprit < s->n) {
		settle_culprit(group, n, rc, applied.culprit, s->call);
		rc = MN_ECONFLICT;
	}
	return rc;
}

static bool anybody_left(mn_entry *const *group, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!group[i]->settled)
			return true;
	return false;
}

static bool has_generations(mn_brain *brain, mn_call *call)
{
	mn_info info = MN_SIZED(mn_info);

	return mn_store_info(mn_brain_store(brain), call, &info) == MN_OK
	       && (info.caps & MN_CAP_GENERATION);
}

static void write_changes(mn_entry *const *group, size_t n, mn_call *call)
{
	mn_sheet sheet = {.call = call};
	const bool guard = has_generations(group[0]->brain, call);
	int rc = MN_ECONFLICT;

	/* Every culprit is one entry less, so only others' writes can use up the tries. */
	for (size_t i = 0; rc == MN_ECONFLICT && i < TRIES + n && anybody_left(group, n); i++) {
		mn_call_reset(call);
		rc = try_changes(group, n, &sheet, guard);
	}
	settle_all(group, n, rc, call->err);
	mn_free(sheet.at);
	mn_free((void *)sheet.encode);
}

/* ---- Both --------------------------------------------------------------------------------- */

void mn_group_write(mn_entry *const *group, size_t n)
{
	mn_engine *engine = group[0]->call->engine;
	mn_call call;

	if (mn_call_init(&call, engine, 0) != MN_OK) {
		settle_all(group, n, MN_ENOMEM, call.err);
		mn_call_done(&call);
		return;
	}
	call.deadline = mn_engine_monotonic(engine) + PATIENCE;
	if (group[0]->draw)
		write_changes(group, n, &call);
	else
		write_notes(group, n, &call);
	mn_call_done(&call);
}
