/* SPDX-License-Identifier: MIT */
/*
 * rows.c - the checks that any store can be asked for, over the contract alone.
 *
 * Every row is read once. What it needs (a neuron, a synapse) goes into a sorter, by id; then the
 * neurons are walked in their order beside what is needed, so that gaps show without anything being
 * looked up, and however large the brain is, this takes the sorters' memory. On the way each
 * neuron's synapses are counted, and compared with what its list says.
 */
#include <endian.h>
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "exchange/sorter.h"
#include "store/upkeep.h"

#define SORTER_BYTES ((size_t)32 << 20)
#define WHAT "rows, one by one (NM-I1 to NM-I6)"
enum { PAGE = 512 };

/* Who needs a row: the sorter's value. */
enum need { NEED_END, NEED_STATE, NEED_ANCHOR, NEED_MEMBER, NEED_SYNAPSE, NEEDS };

enum { WRONG_NUMBER = NEEDS, WRONG_TEXT, WRONG_CODE, WRONG_ID, TWICE, MISCOUNT, DEGREE, CLASSES };

#define DANGLING "rows were deleted by something else than this program"
#define OUTSIDE "something else than this program wrote to the store"
#define TAKE_OUT "doctor --fix takes it out, and keeps it in a file"
#define SET_RIGHT "doctor --fix sets it right, and keeps the old row in a file"
#define WORK_OUT "doctor --fix works it out anew"

static const mn_finding classes[CLASSES] = {
	[NEED_END] = {"NM-I1", "synapse-end", "an end of a synapse does not exist", DANGLING,
		TAKE_OUT, .repairable = true},
	[NEED_STATE] = {"NM-I1", "state-owner", "a state is of a neuron that does not exist",
		DANGLING, TAKE_OUT, .repairable = true},
	[NEED_ANCHOR] = {"NM-I2", "fiber-anchor", "a memory's anchor does not exist", DANGLING,
		TAKE_OUT, .repairable = true},
	[NEED_MEMBER] = {"NM-I2", "fiber-member", "a memory lists a neuron that is no more",
		"it was pruned, or dropped", "nothing need be done: it is passed over",
		.harmless = true},
	[NEED_SYNAPSE] = {"NM-I2", "fiber-synapse", "a memory lists a synapse that is no more",
		"it was pruned, or dropped", "nothing need be done: it is passed over",
		.harmless = true},
	[WRONG_NUMBER] = {"NM-I3", "number", "a number is not finite, or out of its range", OUTSIDE,
		SET_RIGHT, .repairable = true},
	[WRONG_TEXT] = {"NM-I6", "text", "a text is not valid UTF-8, or holds NUL", OUTSIDE,
		SET_RIGHT, .repairable = true},
	[WRONG_CODE] = {"NM-I6", "code", "a stage or a flag is none that is known",
		"something else wrote it, or a newer version", SET_RIGHT, .repairable = true},
	[WRONG_ID] = {"NM-I6", "row-id", "an id is not from 1 to 9223372036854775807", OUTSIDE,
		TAKE_OUT, .repairable = true},
	[TWICE] = {"NM-I6", "uid-twice", "two rows have one uid", OUTSIDE, SET_RIGHT,
		.repairable = true},
	[MISCOUNT] = {"NM-I4", "count", "the brain's count is not the number of rows", OUTSIDE,
		WORK_OUT, .repairable = true},
	[DEGREE] = {"NM-I5", "degree", "a neuron's list is not as long as its synapses are many",
		OUTSIDE, WORK_OUT, .repairable = true},
};

struct walk {
	mn_doctor *d;
	mn_finding found[CLASSES];
	mn_sorter *neurons, *synapses, *uids;
	uint64_t rows[MN_KINDS];
	mn_gen at;
	bool begun;
};

/* ---- One row ------------------------------------------------------------------------------ */

static int see(struct walk *w, int class, mn_id id)
{
	return mn_finding_see(w->d, &w->found[class], id);
}

/* key: eight bytes that sort like the id. */
static int need(struct walk *w, mn_id id, enum need why, mn_id whose)
{
	const uint64_t big = htobe64(id);
	const char value = (char)why;

	return mn_sorter_add(why == NEED_SYNAPSE ? w->synapses : w->neurons, &w->d->work,
		(mn_str){(const char *)&big, sizeof(big)}, (mn_str){&value, 1}, whose);
}

static int need_all(struct walk *w, mn_ids ids, enum need why, mn_id whose)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < ids.n; i++)
		rc = need(w, ids.at[i], why, whose);
	return rc;
}

static int own_uid(struct walk *w, char kind, mn_str uid, mn_id id)
{
	char key[256];
	const size_t n = uid.len < sizeof(key) - 1 ? uid.len : sizeof(key) - 1;

	if (uid.len == 0)
		return MN_OK;
	key[0] = kind;
	memcpy(key + 1, uid.ptr, n);
	return mn_sorter_add(w->uids, &w->d->work, (mn_str){key, n + 1}, uid, id);
}

static bool share(double x)
{
	return x >= 0 && x <= 1;
}

static int check_id(struct walk *w, mn_id id)
{
	return id == 0 || id > INT64_MAX ? see(w, WRONG_ID, id) : MN_OK;
}

static int check_neuron(struct walk *w, const mn_neuron *n)
{
	const bool text = mn_text_valid(n->text) && mn_text_valid(n->uid) && mn_text_valid(n->meta);
	int rc = text ? MN_OK : see(w, WRONG_TEXT, n->id);

	if (rc == MN_OK && n->flags >= MN_NEURON_ARCHIVED << 1)
		rc = see(w, WRONG_CODE, n->id);
	return rc ? rc : own_uid(w, 'n', n->uid, n->id);
}

static int check_state(struct walk *w, const mn_state *s)
{
	int rc = share(s->level) && isfinite(s->decay) ? MN_OK : see(w, WRONG_NUMBER, s->id);

	return rc ? rc : need(w, s->id, NEED_STATE, s->id);
}

static int check_synapse(struct walk *w, const mn_synapse *s)
{
	int rc = share(s->base) ? MN_OK : see(w, WRONG_NUMBER, s->id);

	if (rc == MN_OK && !(mn_text_valid(s->uid) && mn_text_valid(s->meta)))
		rc = see(w, WRONG_TEXT, s->id);
	if (rc == MN_OK && s->flags > MN_SYNAPSE_TWO_WAY)
		rc = see(w, WRONG_CODE, s->id);
	if (rc == MN_OK)
		rc = need(w, s->from, NEED_END, s->id);
	if (rc == MN_OK && s->to != s->from)
		rc = need(w, s->to, NEED_END, s->id);
	return rc ? rc : own_uid(w, 's', s->uid, s->id);
}

static bool fiber_text_fits(const mn_fiber *f)
{
	bool fits = mn_text_valid(f->uid) && mn_text_valid(f->summary) && mn_text_valid(f->meta);

	for (size_t i = 0; fits && i < f->tags.n; i++)
		fits = mn_text_valid(f->tags.at[i]);
	return fits;
}

static int check_fiber(struct walk *w, const mn_fiber *f)
{
	int rc = share(f->salience) && share(f->coherence) ? MN_OK : see(w, WRONG_NUMBER, f->id);

	if (rc == MN_OK && !fiber_text_fits(f))
		rc = see(w, WRONG_TEXT, f->id);
	if (rc == MN_OK && (f->stage > MN_STAGE_ARCHIVED || f->flags > MN_FIBER_STAR))
		rc = see(w, WRONG_CODE, f->id);
	if (rc == MN_OK)
		rc = need(w, f->anchor, NEED_ANCHOR, f->id);
	if (rc == MN_OK)
		rc = need_all(w, f->neurons, NEED_MEMBER, f->id);
	if (rc == MN_OK)
		rc = need_all(w, f->synapses, NEED_SYNAPSE, f->id);
	return rc ? rc : own_uid(w, 'f', f->uid, f->id);
}

static int check_row(struct walk *w, const mn_rows *rows, size_t i)
{
	mn_id id;
	int rc;

	switch (rows->kind) {
	case MN_STATE: id = rows->at.state[i].id; break;
	case MN_SYNAPSE: id = rows->at.synapse[i].id; break;
	case MN_FIBER: id = rows->at.fiber[i].id; break;
	default: return check_neuron(w, &rows->at.neuron[i]);
	}
	rc = check_id(w, id);
	if (rc)
		return rc;
	w->rows[rows->kind]++;
	return rows->kind == MN_STATE     ? check_state(w, &rows->at.state[i])
	       : rows->kind == MN_SYNAPSE ? check_synapse(w, &rows->at.synapse[i])
					  : check_fiber(w, &rows->at.fiber[i]);
}

/* ---- All of a kind ------------------------------------------------------------------------ */

static int same_generation(struct walk *w)
{
	if (!(w->d->store->info.caps & MN_CAP_GENERATION))
		return MN_OK;
	if (!w->begun)
		w->at = w->d->work.at;
	w->begun = true;
	/* States may move: recalls write them all the time. */
	if (w->at.epoch == w->d->work.at.epoch && w->at.graph == w->d->work.at.graph)
		return MN_OK;
	return mn_fail(
		&w->d->work, MN_ESTALE, 0, "somebody wrote to the brain meanwhile: check again");
}

/* Reads a kind by pages and hands each to fn. */
static int each_page(struct walk *w, int kind, unsigned fields,
	int (*fn)(struct walk *, void *ctx, const mn_rows *), void *ctx)
{
	mn_doctor *d = w->d;
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	q.kind = kind;
	q.fields = fields;
	rc = mn_brain_scan(d->brain, &d->work, &q, &scan);
	while (rc == MN_OK && !page.last) {
		mn_call_reset(&d->work);
		rc = mn_scan_next(scan, &d->work, PAGE, &page);
		if (rc == MN_OK)
			rc = same_generation(w);
		if (rc == MN_OK)
			rc = fn(w, ctx, &page.rows);
		d->examined += rc == MN_OK ? page.rows.n : 0;
		if (rc == MN_OK && d->options->progress.tell)
			d->options->progress.tell(
				d->options->progress.ctx, d->examined, d->total, "rows");
	}
	mn_scan_done(scan);
	return rc;
}

static int check_page(struct walk *w, void *ctx, const mn_rows *rows)
{
	int rc = MN_OK;

	(void)ctx;
	for (size_t i = 0; rc == MN_OK && i < rows->n; i++)
		rc = check_row(w, rows, i);
	return rc;
}

/* ---- Beside what is needed ---------------------------------------------------------------- */

/* The needs that are left, the first of them in `now`. */
struct needs {
	mn_sorter *sorter;
	mn_sorted now;
	bool more;
};

static mn_id needed(const struct needs *n)
{
	uint64_t big;

	memcpy(&big, n->now.key.ptr, sizeof(big));
	return be64toh(big);
}

static int next_need(struct walk *w, struct needs *n)
{
	return mn_sorter_next(n->sorter, &w->d->work, &n->now, &n->more);
}

static int begin_needs(struct walk *w, struct needs *n, mn_sorter *sorter)
{
	int rc = mn_sorter_rewind(sorter, &w->d->work);

	n->sorter = sorter;
	return rc ? rc : next_need(w, n);
}

/* Passes over what needs rows up to `id`, which is there; what is below it is missing. *ends: how
 * many synapses end at it. */
static int meet(struct walk *w, struct needs *n, mn_id id, uint64_t *ends)
{
	int rc = MN_OK;

	while (rc == MN_OK && n->more && needed(n) <= id) {
		const enum need why = (enum need)n->now.value.ptr[0];

		if (needed(n) < id || id == UINT64_MAX)
			rc = see(w, why, n->now.tag);
		else
			*ends += why == NEED_END;
		if (rc == MN_OK)
			rc = next_need(w, n);
	}
	return rc;
}

static int meet_neurons(struct walk *w, void *ctx, const mn_rows *rows)
{
	const mn_neuron *at = rows->at.neuron;
	mn_id *ids = mn_call_array(&w->d->work, rows->n + 1, sizeof(*ids));
	uint64_t *listed = mn_call_array(&w->d->work, rows->n + 1, sizeof(*listed));
	int rc = ids && listed ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		ids[i] = at[i].id;
		rc = check_id(w, at[i].id);
	}
	if (rc == MN_OK)
		rc = mn_brain_degrees(w->d->brain, &w->d->work, (mn_ids){ids, rows->n}, listed);
	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		uint64_t ends = 0;

		w->rows[MN_NEURON]++;
		rc = check_neuron(w, &at[i]);
		if (rc == MN_OK)
			rc = meet(w, ctx, at[i].id, &ends);
		if (rc == MN_OK && ends != listed[i])
			rc = see(w, DEGREE, at[i].id);
	}
	return rc;
}

static int meet_synapses(struct walk *w, void *ctx, const mn_rows *rows)
{
	uint64_t ends = 0;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++)
		rc = meet(w, ctx, rows->at.synapse[i].id, &ends);
	return rc;
}

static int walk_neurons(struct walk *w)
{
	struct needs n = {.more = false};
	uint64_t ends = 0;
	int rc = begin_needs(w, &n, w->neurons);

	if (rc == MN_OK)
		rc = each_page(w, MN_NEURON, 0, meet_neurons, &n);
	return rc ? rc : meet(w, &n, UINT64_MAX, &ends);
}

static int walk_synapses(struct walk *w)
{
	struct needs n = {.more = false};
	uint64_t ends = 0;
	int rc = begin_needs(w, &n, w->synapses);

	if (rc == MN_OK && n.more)
		rc = each_page(w, MN_SYNAPSE, MN_FIELD_HEAD, meet_synapses, &n);
	return rc ? rc : meet(w, &n, UINT64_MAX, &ends);
}

/* ---- Uids and counts ---------------------------------------------------------------------- */

/* Equal ones stand side by side, also those that were cut: then their values differ. */
static int find_twins(struct walk *w)
{
	mn_buf last = MN_BUF((size_t)4 << 20);
	mn_sorted now;
	bool more = true;
	char kind = 0;
	int rc = mn_sorter_rewind(w->uids, &w->d->work);

	while (rc == MN_OK && (rc = mn_sorter_next(w->uids, &w->d->work, &now, &more)) == MN_OK
		&& more) {
		if (kind == now.key.ptr[0] && mn_str_eq(mn_buf_view(&last), now.value))
			rc = see(w, TWICE, now.tag);
		kind = now.key.ptr[0];
		mn_buf_clear(&last);
		mn_buf_str(&last, now.value);
	}
	mn_buf_free(&last);
	return rc;
}

static int compare_counts(struct walk *w)
{
	mn_brain_row row;
	int rc = mn_brain_describe(w->d->brain, &w->d->work, &row);
	struct {
		uint64_t kept, counted;
		const char *of;
	} counts[] = {{row.neurons, w->rows[MN_NEURON], "neurons"},
		{row.synapses, w->rows[MN_SYNAPSE], "synapses"},
		{row.fibers, w->rows[MN_FIBER], "fibers"}};

	for (size_t i = 0; rc == MN_OK && i < sizeof(counts) / sizeof(*counts); i++)
		if (counts[i].kept != counts[i].counted)
			rc = mn_finding_tell(w->d, &w->found[MISCOUNT], mn_str_of(counts[i].of));
	return rc;
}

/* ---- All ---------------------------------------------------------------------------------- */

static int walk_all(struct walk *w)
{
	static const int kinds[] = {MN_SYNAPSE, MN_STATE, MN_FIBER};
	mn_brain_row row;
	int rc = mn_brain_describe(w->d->brain, &w->d->work, &row);

	if (rc == MN_OK)
		w->d->total = row.neurons + row.synapses + row.fibers;
	for (size_t i = 0; rc == MN_OK && i < sizeof(kinds) / sizeof(*kinds); i++)
		rc = each_page(w, kinds[i], 0, check_page, NULL);
	if (rc == MN_OK)
		rc = walk_neurons(w);
	if (rc == MN_OK)
		rc = walk_synapses(w);
	if (rc == MN_OK)
		rc = find_twins(w);
	return rc ? rc : compare_counts(w);
}

/* What can be mended, and how, is the store's to say. */
static void fit_cures(struct walk *w)
{
	for (int i = 0; i < CLASSES && !mn_store_heals(w->d->store); i++) {
		mn_finding *f = &w->found[i];

		if (f->harmless || (i >= MISCOUNT && mn_store_rebuilds(w->d->store)))
			continue;
		f->repairable = false;
		f->fix = "this store mends nothing itself: change or drop the row there";
	}
}

int mn_doctor_rows(mn_doctor *d)
{
	struct walk w = {.d = d,
		.neurons = mn_sorter_new(SORTER_BYTES),
		.synapses = mn_sorter_new(SORTER_BYTES),
		.uids = mn_sorter_new(SORTER_BYTES)};
	int rc = w.neurons && w.synapses && w.uids ? MN_OK : mn_fail_memory(&d->work), told = MN_OK;

	memcpy(w.found, classes, sizeof(classes));
	fit_cures(&w);
	if (rc == MN_OK)
		rc = walk_all(&w);
	for (size_t i = 0; told == MN_OK && i < CLASSES; i++)
		told = mn_doctor_report(d, &w.found[i]);
	mn_sorter_free(w.neurons);
	mn_sorter_free(w.synapses);
	mn_sorter_free(w.uids);
	return told ? told : mn_doctor_end(d, rc, WHAT);
}
