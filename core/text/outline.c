/* SPDX-License-Identifier: MIT */
#include "text/outline.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "store/brain.h"

void mn_outline_free(mn_outline *p)
{
	mn_sessions_forget(p);
	mn_keys_free(&p->keys);
	mn_free(p->drafts);
	mn_free(p->tails);
	mn_free(p->synapses);
	mn_free(p->changes);
}

void mn_outline_trim(mn_outline *p)
{
	mn_outline_free(p);
	p->drafts = NULL;
	p->tails = NULL;
	p->synapses = NULL;
	p->changes = NULL;
	p->ndrafts = p->drafts_cap = p->ntails = p->tails_cap = 0;
	p->nsynapses = p->synapses_cap = p->nchanges = p->changes_cap = 0;
}

int mn_outline_check(mn_outline *p)
{
	const mn_gen *now = &p->call->at;

	if (!(p->brain->store->info.caps & MN_CAP_GENERATION))
		return MN_OK;
	if (!p->read) {
		p->at = *now;
		p->read = true;
	}
	if (p->at.epoch == now->epoch && p->at.graph == now->graph)
		return MN_OK;
	return mn_fail(p->call, MN_ECONFLICT, 0,
		"somebody else writes to this brain all the time: try again later");
}

int mn_outline_add(mn_outline *p, mn_id from, mn_id to, uint16_t type, double base)
{
	if (mn_grow((void **)&p->synapses, &p->synapses_cap, p->nsynapses + 1, sizeof(*p->synapses),
		    UINT32_MAX)
		!= MN_OK)
		return mn_fail_memory(p->call);
	p->synapses[p->nsynapses++] = (mn_synapse){
		.from = from, .to = to, .type = type, .base = base, .created = p->now};
	return MN_OK;
}

int mn_outline_change(mn_outline *p, int op, int kind, const void *row)
{
	if (mn_grow((void **)&p->changes, &p->changes_cap, p->nchanges + 1, sizeof(*p->changes),
		    UINT32_MAX)
		!= MN_OK)
		return mn_fail_memory(p->call);
	p->changes[p->nchanges++] = (mn_change){op, kind, row};
	return MN_OK;
}

/* ---- What is there ------------------------------------------------------------------------ */

static int read_uids(mn_outline *p, mn_id *ids)
{
	mn_str *uids = mn_call_array(p->call, p->ndrafts, sizeof(*uids));
	int rc;

	if (!uids)
		return MN_ENOMEM;
	for (size_t i = 0; i < p->ndrafts; i++)
		uids[i] = p->drafts[i].uid;
	rc = mn_brain_resolve(p->brain, p->call, MN_NEURON, (mn_strs){uids, p->ndrafts}, ids);
	return rc == MN_OK ? mn_outline_check(p) : rc;
}

static int meet(mn_outline *p, mn_draft *d, const mn_neuron *old, const mn_fiber *fiber)
{
	if (old->type != MN_MEMORY)
		return mn_fail(p->call, MN_EINVAL, 0,
			"the id \"%.*s\" belongs to a neuron that is no memory: give the memory "
			"another id",
			MN_FMT(d->uid));
	d->old = old;
	d->old_fiber = fiber->id ? fiber : NULL;
	d->neuron = old->id;
	d->fiber = fiber->id;
	d->fate = mn_draft_known(d) ? MN_DRAFT_SAME : MN_DRAFT_CHANGED;
	return d->fate == MN_DRAFT_SAME
		       ? MN_OK
		       : mn_meta_member(p->call, old->meta, "session", &d->old_session);
}

/* The fate of each note. Anchors have theirs. */
static int read_fates(mn_outline *p)
{
	mn_id *ids = mn_call_array(p->call, p->ndrafts, sizeof(*ids));
	mn_rows neurons, fibers;
	size_t n = 0;
	int rc = ids ? p->trusting ? MN_OK : read_uids(p, ids) : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < p->ndrafts; i++) {
		p->drafts[i].fate = MN_DRAFT_NEW;
		p->drafts[i].neuron = p->drafts[i].fiber = 0;
		p->drafts[i].old = NULL;
		p->drafts[i].old_fiber = NULL;
		p->drafts[i].old_session = (mn_str){NULL, 0};
		n += ids[i] != 0;
	}
	if (rc != MN_OK || !n)
		return rc;
	rc = mn_brain_get(p->brain, p->call, MN_NEURON, (mn_ids){ids, p->ndrafts}, 0, &neurons);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	if (rc == MN_OK)
		rc = mn_brain_fibers_of(p->brain, p->call, (mn_ids){ids, p->ndrafts}, &fibers);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	for (size_t i = 0; rc == MN_OK && i < p->ndrafts; i++)
		if (ids[i])
			rc = meet(p, &p->drafts[i], &neurons.at.neuron[i], &fibers.at.fiber[i]);
	return rc;
}

/* Anchors as they are now. What was analysed before is kept where the text is the same. */
static int read_anchors(mn_outline *p)
{
	mn_id *ids = mn_call_array(p->call, p->ndrafts, sizeof(*ids));
	mn_rows rows;
	int rc;

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < p->ndrafts; i++)
		ids[i] = p->drafts[i].neuron;
	rc = mn_brain_get(p->brain, p->call, MN_NEURON, (mn_ids){ids, p->ndrafts}, 0, &rows);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	for (size_t i = 0; rc == MN_OK && i < p->ndrafts; i++) {
		mn_draft before = p->drafts[i], *d = &p->drafts[i];

		if (!rows.at.neuron[i].id)
			return mn_fail(p->call, MN_EINVAL, 0, "there is no neuron %llu to encode",
				(unsigned long long)ids[i]);
		rc = mn_draft_of_neuron(p->call, &rows.at.neuron[i], d);
		if (rc != MN_OK || !before.analysed || !mn_draft_same(&before, d))
			continue;
		d->analysed = true;
		d->said = before.said;
		d->linked = before.linked;
		d->nlinked = before.nlinked;
	}
	return rc;
}

/*
 * How many drafts one outline can be for, so that the outcome is that of one after the other: what
 * changes a session that was there must not meet what the same outline links in sessions.
 */
static size_t how_many(const mn_outline *p)
{
	bool linked = false;

	for (size_t i = 0; i < p->ndrafts; i++) {
		const mn_draft *d = &p->drafts[i];

		if (mn_draft_moves(d))
			return i ? i : 1;
		if (d->fate == MN_DRAFT_CHANGED && d->session.len && linked)
			return i;
		linked |= d->fate == MN_DRAFT_NEW && d->session.len;
	}
	return p->ndrafts;
}

/* ---- Keys --------------------------------------------------------------------------------- */

/* One synapse that a draft's neuron shall have to a key. First all keys are gathered, then, when
 * they have ids, the synapses: the same walk over the draft does both. */
struct visit {
	mn_outline *outline;
	mn_draft *draft;
	bool link; /* the keys have ids */
};

/* Who needs a key that is to be made first has made it. */
static int want(const struct visit *v, uint32_t key, uint16_t synapse, double base)
{
	struct mn_keyed *k = &v->outline->keys.info[key];

	if (k->fresh && !k->counted)
		v->draft->tally.neurons++;
	else
		v->draft->tally.linked += !k->fresh;
	k->counted = true;
	return mn_revise_want(v->outline, v->draft, k->id, synapse, base);
}

static int visit_key(
	const struct visit *v, uint16_t type, mn_name name, uint16_t synapse, double base)
{
	mn_outline *p = v->outline;
	uint32_t key;
	int rc = mn_keys_add(p, type, name.name, name.label, true, &key);

	if (rc != MN_OK || !v->link)
		return rc;
	return want(v, key, synapse, base);
}

static int visit_stems(const struct visit *v)
{
	const mn_analysis *said = &v->draft->said;
	mn_outline *p = v->outline;

	for (size_t i = 0; i < said->nstems; i++) {
		uint32_t key;
		int rc = mn_keys_add_stem(p, &said->stems[i], &key);

		if (rc == MN_OK && v->link)
			rc = want(v, key, MN_INVOLVES,
				mn_stem_weight(said->stems[i].tf, said->length));
		if (rc != MN_OK)
			return rc;
	}
	return MN_OK;
}

static bool own_name(const mn_draft *d, mn_str name)
{
	return mn_str_eq(name, d->named[0].name) || mn_str_eq(name, d->named[1].name);
}

static int visit_names(const struct visit *v)
{
	const mn_draft *d = v->draft;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < 2; i++)
		if (d->named[i].name.len)
			rc = visit_key(v, MN_ENTITY, d->named[i], MN_NAMED, 1);
	for (size_t i = 0; rc == MN_OK && i < d->said.nspans; i++)
		if (!own_name(d, d->said.spans[i].name))
			rc = visit_key(v, MN_ENTITY, d->said.spans[i], MN_MENTIONS, 1);
	for (size_t i = 0; rc == MN_OK && i < d->nlinked; i++)
		if (!own_name(d, d->linked[i].name))
			rc = visit_key(v, MN_ENTITY, d->linked[i], MN_RELATED_TO, 1);
	return rc;
}

/* Day, month and year of a moment, as texts of 10, 7 and 4 characters; years of four digits. */
static void spell_day(mn_time t, char out[16])
{
	mn_date d = mn_iso_date(t);

	snprintf(out, 16, "%04d-%02d-%02d", d.year, d.month, d.day);
}

static int visit_time(const struct visit *v)
{
	char day[16];
	uint32_t key;
	int rc;

	if (!v->draft->has_time)
		return MN_OK;
	spell_day(v->draft->time, day);
	rc = visit_key(v, MN_TIME, (mn_name){{day, 10}, {NULL, 0}}, MN_HAPPENED_AT, 1);
	if (rc == MN_OK && !v->link)
		rc = mn_keys_add(
			v->outline, MN_TIME, (mn_str){day, 7}, (mn_str){NULL, 0}, true, &key);
	if (rc == MN_OK && !v->link)
		rc = mn_keys_add(
			v->outline, MN_TIME, (mn_str){day, 4}, (mn_str){NULL, 0}, true, &key);
	return rc;
}

static int visit_all(mn_outline *p, bool link)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < p->taken; i++) {
		struct visit v = {p, &p->drafts[i], link};
		const size_t before = p->nsynapses;

		if (v.draft->fate == MN_DRAFT_SAME)
			continue;
		if (!link)
			rc = mn_draft_analyse(v.draft, p->analyst, p->call);
		if (rc == MN_OK)
			rc = visit_stems(&v);
		if (rc == MN_OK)
			rc = visit_names(&v);
		if (rc == MN_OK)
			rc = visit_time(&v);
		if (rc == MN_OK && link && v.draft->fate != MN_DRAFT_ANCHOR)
			rc = mn_sessions_link(p, v.draft);
		v.draft->tally.synapses += (uint32_t)(p->nsynapses - before);
		if (rc == MN_OK && i % 64 == 0)
			rc = mn_check(p->call);
	}
	return rc;
}

/* A new day lies in its month, a new month in its year. */
static int link_times(mn_outline *p)
{
	mn_keys *k = &p->keys;
	size_t n = k->n;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		mn_str text = k->at[i].text;
		uint32_t up;

		if (k->at[i].type != MN_TIME || !k->info[i].fresh || text.len <= 4)
			continue;
		rc = mn_keys_add(p, MN_TIME, mn_str_sub(text, 0, text.len - 3), (mn_str){NULL, 0},
			true, &up);
		if (rc == MN_OK)
			rc = mn_outline_add(p, k->info[i].id, k->info[up].id, MN_DURING, 1);
	}
	return rc;
}

/* ---- Rows --------------------------------------------------------------------------------- */

static bool to_make(const struct mn_keyed *k)
{
	return k->fresh && k->needed;
}

/* Ids for every neuron that is to be made: keys first, then memories. */
static int reserve_neurons(mn_outline *p)
{
	size_t n = 0;
	mn_id next;
	int rc;

	for (size_t i = 0; i < p->keys.n; i++)
		n += to_make(&p->keys.info[i]);
	for (size_t i = 0; i < p->taken; i++)
		n += p->drafts[i].fate == MN_DRAFT_NEW;
	p->made = n;
	if (!n)
		return MN_OK;
	rc = mn_ids_take(p, MN_NEURON, n, &next);
	if (rc != MN_OK)
		return rc;
	for (size_t i = 0; i < p->keys.n; i++)
		if (to_make(&p->keys.info[i]))
			p->keys.info[i].id = next++;
	for (size_t i = 0; i < p->taken; i++)
		if (p->drafts[i].fate == MN_DRAFT_NEW)
			p->drafts[i].neuron = next++;
	return MN_OK;
}

static int label_meta(mn_outline *p, mn_str label, mn_str *out)
{
	mn_buf b = MN_BUF((size_t)1 << 20);

	mn_buf_text(&b, "{\"label\":");
	mn_buf_json(&b, label);
	mn_buf_char(&b, '}');
	*out = mn_buf_ok(&b) ? mn_arena_copy(p->call->arena, mn_buf_view(&b)) : (mn_str){NULL, 0};
	mn_buf_free(&b);
	return out->ptr ? MN_OK : mn_fail_memory(p->call);
}

static int make_keys(mn_outline *p)
{
	mn_neuron *rows = mn_call_array(p->call, p->made, sizeof(*rows));
	int rc = rows ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < p->keys.n; i++) {
		const struct mn_keyed *k = &p->keys.info[i];

		if (!to_make(k))
			continue;
		*rows = (mn_neuron){.id = k->id,
			.text = p->keys.at[i].text,
			.type = p->keys.at[i].type,
			.created = p->now,
			.updated = p->now};
		if (k->tail)
			rc = mn_session_meta(p, &p->tails[k->tail - 1], &rows->meta);
		else if (k->label.len)
			rc = label_meta(p, k->label, &rows->meta);
		if (rc == MN_OK)
			rc = mn_outline_change(p, MN_ADD, MN_NEURON, rows++);
	}
	return rc;
}

static mn_neuron memory_row(const mn_outline *p, const mn_draft *d)
{
	bool stays = d->old && !(d->old->flags & MN_NEURON_DATED);
	uint16_t kept = d->old ? d->old->flags & MN_NEURON_ARCHIVED : 0;
	uint16_t dated = d->has_time ? MN_NEURON_DATED : 0;

	return (mn_neuron){
		.id = d->neuron,
		.uid = d->uid,
		.text = d->text,
		.meta = d->meta,
		.created = d->has_time ? d->time
			   : stays     ? d->old->created
				       : p->now,
		.updated = p->now,
		.type = MN_MEMORY,
		.flags = (uint16_t)(MN_NEURON_ANCHOR | kept | dated | d->said.marks),
	};
}

static mn_fiber fiber_row(const mn_outline *p, const mn_draft *d)
{
	mn_fiber f = {.anchor = d->neuron,
		.salience = .5,
		.created = p->now,
		.stage = MN_STAGE_ACTIVE,
		.flags = MN_FIBER_STAR};

	if (d->old_fiber)
		f = *d->old_fiber;
	f.id = d->fiber;
	f.tags = d->tags;
	f.first = f.last = d->time;
	return f;
}

/* An anchor that is there gets its flags, if it has not got them. */
static int mark_anchor(mn_outline *p, const mn_draft *d)
{
	uint16_t flags = (uint16_t)(d->old->flags | MN_NEURON_ANCHOR | d->said.marks);
	mn_neuron *row;

	if (flags == d->old->flags)
		return MN_OK;
	row = mn_call_alloc(p->call, sizeof(*row));
	if (!row)
		return MN_ENOMEM;
	*row = *d->old;
	row->flags = flags;
	row->updated = p->now;
	return mn_outline_change(p, MN_PUT, MN_NEURON, row);
}

static int make_memories(mn_outline *p)
{
	mn_neuron *rows = mn_call_array(p->call, p->taken, sizeof(*rows));
	int rc = rows ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < p->taken; i++) {
		const mn_draft *d = &p->drafts[i];

		if (d->fate == MN_DRAFT_ANCHOR)
			rc = mark_anchor(p, d);
		if (d->fate == MN_DRAFT_ANCHOR || d->fate == MN_DRAFT_SAME)
			continue;
		rows[i] = memory_row(p, d);
		rc = mn_outline_change(p, d->old ? MN_PUT : MN_ADD, MN_NEURON, &rows[i]);
	}
	return rc;
}

static int make_synapses(mn_outline *p)
{
	mn_id id = 0;
	int rc = MN_OK;

	if (p->nsynapses)
		rc = mn_ids_take(p, MN_SYNAPSE, p->nsynapses, &id);
	for (size_t i = 0; rc == MN_OK && i < p->nsynapses; i++) {
		p->synapses[i].id = id++;
		rc = mn_outline_change(p, MN_ADD, MN_SYNAPSE, &p->synapses[i]);
	}
	return rc;
}

static bool lacks_fiber(const mn_draft *d)
{
	return (d->fate == MN_DRAFT_NEW || d->fate == MN_DRAFT_CHANGED) && !d->old_fiber;
}

static int make_fibers(mn_outline *p)
{
	mn_fiber *rows = mn_call_array(p->call, p->taken, sizeof(*rows));
	uint32_t n = 0;
	mn_id id = 0;
	int rc = rows ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; i < p->taken; i++)
		n += lacks_fiber(&p->drafts[i]);
	if (rc == MN_OK && n)
		rc = mn_ids_take(p, MN_FIBER, n, &id);
	for (size_t i = 0; rc == MN_OK && i < p->taken; i++) {
		mn_draft *d = &p->drafts[i];

		if (d->fate != MN_DRAFT_NEW && d->fate != MN_DRAFT_CHANGED)
			continue;
		if (lacks_fiber(d))
			d->fiber = id++;
		rows[i] = fiber_row(p, d);
		rc = mn_outline_change(p, d->old_fiber ? MN_PUT : MN_ADD, MN_FIBER, &rows[i]);
	}
	return rc;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static bool nothing_to_do(const mn_outline *p)
{
	for (size_t i = 0; i < p->taken; i++)
		if (p->drafts[i].fate != MN_DRAFT_SAME)
			return false;
	return true;
}

/* What is needed, what of it is there, and ids for the rest. */
static int look(mn_outline *p)
{
	int rc = visit_all(p, false);

	if (rc == MN_OK)
		rc = mn_sessions_open(p);
	if (rc == MN_OK)
		rc = mn_keys_look_up(p);
	if (rc == MN_OK)
		rc = mn_sessions_read(p);
	if (rc == MN_OK)
		rc = mn_revise_read(p);
	return rc == MN_OK ? reserve_neurons(p) : rc;
}

/* Memories count themselves. What no draft needed by itself, such as the year of a day, is counted
 * with the first. */
static void complete_tallies(mn_outline *p)
{
	uint64_t neurons = p->made, synapses = p->nsynapses;
	mn_draft *first = NULL;

	for (size_t i = 0; i < p->taken; i++) {
		mn_draft *d = &p->drafts[i];

		d->tally.neurons += d->fate == MN_DRAFT_NEW;
		neurons -= d->tally.neurons;
		synapses -= d->tally.synapses;
		if (!first && d->fate != MN_DRAFT_SAME)
			first = d;
	}
	if (first) {
		first->tally.neurons += (uint32_t)neurons;
		first->tally.synapses += (uint32_t)synapses;
	}
}

/* Synapses first, since what is to be linked decides what is to be written; then in an order in
 * which every change finds what it needs. */
static int write(mn_outline *p)
{
	int rc = visit_all(p, true);

	if (rc == MN_OK)
		rc = link_times(p);
	if (rc == MN_OK)
		rc = mn_revise_rest(p);
	if (rc == MN_OK)
		rc = make_keys(p);
	if (rc == MN_OK)
		rc = mn_sessions_close(p);
	if (rc == MN_OK)
		rc = make_memories(p);
	if (rc == MN_OK)
		rc = make_synapses(p);
	if (rc == MN_OK)
		rc = make_fibers(p);
	if (rc == MN_OK)
		complete_tallies(p);
	return rc;
}

int mn_outline_draw(mn_outline *p)
{
	int rc = MN_OK;

	p->read = p->trusting;
	if (p->trusting)
		p->at = *mn_lexicon_at(p->lexicon);
	p->nthere = p->nsynapses = p->nchanges = p->ntails = 0;
	p->made = 0;
	mn_keys_clear(&p->keys);
	p->taken = p->ndrafts;
	for (size_t i = 0; i < p->ndrafts; i++)
		p->drafts[i].tally = (mn_tally){0};
	if (p->ndrafts)
		rc = p->drafts[0].fate == MN_DRAFT_ANCHOR ? read_anchors(p) : read_fates(p);
	if (rc == MN_OK)
		p->taken = how_many(p);
	if (rc != MN_OK || nothing_to_do(p))
		return rc;
	rc = look(p);
	return rc == MN_OK ? write(p) : rc;
}
