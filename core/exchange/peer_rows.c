/* SPDX-License-Identifier: MIT */
/* peer_rows.c - the records of a load as rows of a new brain, batch by batch. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/peer_kept.h"
#include "exchange/peer_load.h"
#include "exchange/peer_row.h"
#include "store/brain.h"

#define ROWS 1000
#define BYTES ((size_t)8 << 20)
#define MEMORY ((size_t)6 << 20)

struct record { /* parsed */
	json_t *json, *companion;
	union {
		mn_peer_neuron neuron;
		mn_peer_synapse synapse;
		mn_peer_fiber fiber;
	} as;
	mn_id *ends; /* ids of what it names */
};

struct rows {
	mn_peer_load *load;
	mn_brain *brain;
	mn_call *call, work;
	mn_import_report *report;
	mn_peer_scale scale;
	int part;
	struct record *records;
	size_t n, most, bytes;
	uint64_t done; /* of this part, before this batch */
};

/* ---- Records ------------------------------------------------------------------------------ */

/* The first complaint, for a person. */
static int complain(struct rows *r, const mn_complaints *c)
{
	static const char *const lists[] = {"neurons", "synapses", "fibers"};
	mn_buf text = MN_BUF((size_t)1 << 20);
	json_t *list = NULL;
	char why[160];
	const json_t *first, *loc;
	mn_str member, message;
	int status;

	mn_buf_char(&text, '[');
	mn_buf_str(&text, mn_buf_view(&c->text));
	mn_buf_char(&text, ']');
	status = mn_buf_ok(&text) ? mn_json_read(mn_buf_view(&text), why, sizeof(why), &list)
				  : MN_ENOMEM;
	first = json_array_get(list, 0);
	loc = json_object_get(first, "loc");
	member = mn_json_str(json_array_get(loc, json_array_size(loc) - 1));
	message = mn_json_str(json_object_get(first, "msg"));
	if (status == MN_OK)
		status = mn_fail(r->call, MN_EINVAL, 0, "%.*s: %s: record %" PRIu64 ": %.*s: %.*s",
			MN_FMT(r->load->source), lists[r->part], r->done + c->index, MN_FMT(member),
			MN_FMT(message));
	else
		status = mn_fail_memory(r->call);
	json_decref(list);
	mn_buf_free(&text);
	return status;
}

static const mn_shape *shape_of(int part)
{
	return part == MN_PEER_NEURON    ? mn_peer_neuron_new
	       : part == MN_PEER_SYNAPSE ? mn_peer_synapse_new
					 : mn_peer_fiber_new;
}

static int read_shape(struct rows *r, size_t i)
{
	mn_complaints c = {.call = &r->work, .index = i, .text = MN_BUF((size_t)1 << 16)};
	int status = mn_shape_read(&c, r->records[i].json, shape_of(r->part), &r->records[i].as);

	if (status == MN_OK && c.n)
		status = complain(r, &c);
	mn_buf_free(&c.text);
	return status;
}

/* value: JSON, and behind a NUL that of its companion, if it has one. */
static int parse(struct rows *r, mn_str value)
{
	struct record *record = &r->records[r->n];
	const char *nul = memchr(value.ptr, '\0', value.len);
	const size_t len = nul ? (size_t)(nul - value.ptr) : value.len;
	char why[160];
	int status;

	*record = (struct record){0};
	status = mn_json_read((mn_str){value.ptr, len}, why, sizeof(why), &record->json);
	if (status == MN_OK && nul)
		status = mn_json_read(
			mn_str_sub(value, len + 1, SIZE_MAX), why, sizeof(why), &record->companion);
	if (status != MN_OK)
		return status == MN_ENOMEM ? mn_fail_memory(r->call)
					   : mn_fail(r->call, MN_EINVAL, 0, "%s", why);
	r->bytes += value.len;
	r->n++;
	return read_shape(r, r->n - 1);
}

static void drop_records(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		json_decref(r->records[i].json);
		json_decref(r->records[i].companion);
	}
	r->done += r->n;
	r->n = r->bytes = 0;
}

/* ---- Neurons ------------------------------------------------------------------------------ */

static mn_time moment(const json_t *object, const char *name)
{
	const mn_str text = mn_json_str(json_object_get(object, name));
	mn_time t = 0;

	if (text.len)
		mn_iso_read(text, &t);
	return t;
}

/* A state: what our rows have of it, and the whole of it in the neuron's meta. */
static int take_state(struct rows *r, const struct record *record, mn_neuron *n, mn_state *s)
{
	const json_t *from = record->companion;
	const json_t *level = json_object_get(from, "activation_level"),
		     *decay = json_object_get(from, "decay_rate");
	const json_int_t uses = json_integer_value(json_object_get(from, "access_frequency"));

	s->id = n->id;
	s->level = json_number_value(level);
	s->decay = json_is_number(decay) ? json_number_value(decay) : -1;
	s->uses = uses > 0 && uses <= UINT32_MAX ? (uint32_t)uses : 0;
	s->last = moment(from, "last_activated");
	if (s->level < 0 || s->level > 1 || uses < 0 || uses > UINT32_MAX)
		return mn_fail(r->call, MN_EINVAL, 0,
			"%.*s: the state of neuron \"%.*s\" is out of its bounds",
			MN_FMT(r->load->source), MN_FMT(n->uid));
	return mn_peer_keep_state(&r->work, record->companion, n);
}

static int draw_neurons(struct rows *r, mn_id next, mn_change *changes, size_t *nchanges)
{
	mn_neuron *rows = mn_call_array(&r->work, r->n, sizeof(*rows));
	mn_state *states = mn_call_array(&r->work, r->n, sizeof(*states));
	size_t n = 0;
	int status = rows && states ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < r->n; i++) {
		const struct record *record = &r->records[i];

		status = mn_peer_take_neuron(
			&r->work, &record->as.neuron, record->json, false, &rows[i]);
		rows[i].id = next + i;
		if (status == MN_OK && record->companion)
			status = take_state(r, record, &rows[i], &states[i]);
		changes[n++] = (mn_change){MN_ADD, MN_NEURON, &rows[i]};
	}
	for (size_t i = 0; status == MN_OK && i < r->n; i++)
		if (r->records[i].companion)
			changes[n++] = (mn_change){MN_PUT, MN_STATE, &states[i]};
	*nchanges = n;
	return status;
}

/* ---- References --------------------------------------------------------------------------- */

static int resolve(struct rows *r, int kind, const mn_str *uids, size_t n, mn_id **out)
{
	*out = mn_call_array(&r->work, n, sizeof(**out));
	if (!*out)
		return MN_ENOMEM;
	return n ? mn_brain_resolve_own(r->brain, &r->work, kind, (mn_strs){uids, n}, *out) : MN_OK;
}

static int nowhere(struct rows *r, const char *what, mn_str uid, size_t i)
{
	return mn_fail(r->call, MN_EINVAL, 0,
		"%.*s: %s: record %" PRIu64 " names neuron \"%.*s\", which is not there",
		MN_FMT(r->load->source), what, r->done + i, MN_FMT(uid));
}

static int draw_synapses(struct rows *r, mn_id next, mn_change *changes, size_t *nchanges)
{
	mn_synapse *rows = mn_call_array(&r->work, r->n, sizeof(*rows));
	mn_str *uids = mn_call_array(&r->work, 2 * r->n, sizeof(*uids));
	mn_id *ends = NULL;
	int status = rows && uids ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < r->n; i++) {
		uids[2 * i] = r->records[i].as.synapse.source;
		uids[2 * i + 1] = r->records[i].as.synapse.target;
	}
	if (status == MN_OK)
		status = resolve(r, MN_NEURON, uids, 2 * r->n, &ends);
	for (size_t i = 0; status == MN_OK && i < 2 * r->n; i++)
		if (!ends[i])
			return nowhere(r, "synapses", uids[i], i / 2);
	for (size_t i = 0; status == MN_OK && i < r->n; i++) {
		rows[i] = (mn_synapse){.from = ends[2 * i], .to = ends[2 * i + 1]};
		status = mn_peer_take_synapse(&r->work, &r->records[i].as.synapse,
			r->records[i].json, false, &r->scale, &rows[i]);
		rows[i].id = next + i;
		changes[i] = (mn_change){MN_ADD, MN_SYNAPSE, &rows[i]};
	}
	*nchanges = r->n;
	return status;
}

/* ---- Fibers ------------------------------------------------------------------------------- */

struct members {
	mn_str *uids;
	mn_id *ids;
	size_t n;
};

static int gather(struct rows *r, bool neurons, struct members *m)
{
	size_t most = 0;
	int status;

	for (size_t i = 0; i < r->n; i++)
		most += 1 + r->records[i].as.fiber.neurons.n + r->records[i].as.fiber.synapses.n;
	*m = (struct members){.uids = mn_call_array(&r->work, most, sizeof(*m->uids))};
	if (!m->uids)
		return MN_ENOMEM;
	for (size_t i = 0; i < r->n; i++) {
		const mn_peer_fiber *f = &r->records[i].as.fiber;
		const mn_strs list = neurons ? f->neurons : f->synapses;

		if (neurons)
			m->uids[m->n++] = f->anchor;
		for (size_t k = 0; k < list.n; k++)
			m->uids[m->n++] = list.at[k];
	}
	status = resolve(r, neurons ? MN_NEURON : MN_SYNAPSE, m->uids, m->n, &m->ids);
	return status;
}

/* The ids of the next n members that are there; the others' uids go to a list. */
static int take_members(struct rows *r, struct members *m, size_t n, mn_ids *out, json_t *gone)
{
	mn_id *at = mn_call_array(&r->work, n, sizeof(*at));
	size_t k = 0;

	if (!at || !gone)
		return mn_fail_memory(r->call);
	for (size_t i = 0; i < n; i++, m->uids++, m->ids++)
		if (*m->ids)
			at[k++] = *m->ids;
		else if (json_array_append_new(gone, json_stringn(m->uids->ptr, m->uids->len)))
			return mn_fail_memory(r->call);
	*out = (mn_ids){at, k};
	return MN_OK;
}

/* Members that are nowhere were deleted where they come from; the record keeps their names. */
static int keep_dangling(struct rows *r, json_t *record, json_t *neurons, json_t *synapses)
{
	json_t *all;

	if (json_array_size(neurons) + json_array_size(synapses) == 0)
		return MN_OK;
	all = json_pack("{s:O, s:O}", "neuron_ids", neurons, "synapse_ids", synapses);
	return all && json_object_set_new(record, MN_PEER_DANGLING, all) == 0
		       ? MN_OK
		       : mn_fail_memory(r->call);
}

static int draw_fiber(
	struct rows *r, size_t i, struct members *neurons, struct members *synapses, mn_fiber *row)
{
	const struct record *record = &r->records[i];
	const mn_peer_fiber *f = &record->as.fiber;
	json_t *gone[2] = {json_array(), json_array()};
	mn_ids near = {0}, lines = {0};
	int status = MN_OK;

	row->anchor = *neurons->ids++;
	neurons->uids++;
	if (!row->anchor)
		status = nowhere(r, "fibers", f->anchor, i);
	if (status == MN_OK)
		status = take_members(r, neurons, f->neurons.n, &near, gone[0]);
	if (status == MN_OK)
		status = take_members(r, synapses, f->synapses.n, &lines, gone[1]);
	if (status == MN_OK)
		status = keep_dangling(r, record->json, gone[0], gone[1]);
	if (status == MN_OK)
		status = mn_peer_take_fiber(
			&r->work, f, record->json, record->companion, near, lines, row);
	json_decref(gone[0]);
	json_decref(gone[1]);
	return status;
}

static int draw_fibers(struct rows *r, mn_id next, mn_change *changes, size_t *nchanges)
{
	mn_fiber *rows = mn_call_array(&r->work, r->n, sizeof(*rows));
	struct members neurons, synapses;
	int status = rows ? gather(r, true, &neurons) : MN_ENOMEM;

	if (status == MN_OK)
		status = gather(r, false, &synapses);
	for (size_t i = 0; status == MN_OK && i < r->n; i++) {
		status = draw_fiber(r, i, &neurons, &synapses, &rows[i]);
		rows[i].id = next + i;
		changes[i] = (mn_change){MN_ADD, MN_FIBER, &rows[i]};
	}
	*nchanges = r->n;
	return status;
}

/* ---- Batches ------------------------------------------------------------------------------ */

static const struct {
	int kind;
	int (*draw)(struct rows *, mn_id next, mn_change *, size_t *n);
} kinds[] = {
	[MN_PEER_NEURON] = {MN_NEURON, draw_neurons},
	[MN_PEER_SYNAPSE] = {MN_SYNAPSE, draw_synapses},
	[MN_PEER_FIBER] = {MN_FIBER, draw_fibers},
};

static int apply(struct rows *r, mn_change *changes, size_t n)
{
	mn_applied applied = MN_SIZED(mn_applied);
	int status = mn_brain_apply(r->brain, &r->work, NULL, changes, n, &applied);

	if (status != MN_OK)
		return status;
	r->report->neurons += r->part == MN_PEER_NEURON ? r->n : 0;
	r->report->synapses += r->part == MN_PEER_SYNAPSE ? r->n : 0;
	r->report->added += r->part == MN_PEER_FIBER ? r->n : 0;
	r->report->lines += r->n;
	return MN_OK;
}

static int flush(struct rows *r)
{
	mn_change *changes = mn_call_array(&r->work, 2 * r->n, sizeof(*changes));
	size_t n = 0;
	mn_id next = 0;
	int status = changes ? mn_check(r->call) : MN_ENOMEM;

	if (status == MN_OK && r->n)
		status = mn_brain_reserve(
			r->brain, &r->work, kinds[r->part].kind, (uint32_t)r->n, &next);
	if (status == MN_OK && r->n)
		status = kinds[r->part].draw(r, next, changes, &n);
	if (status == MN_OK && n)
		status = apply(r, changes, n);
	drop_records(r);
	mn_arena_reset(r->work.arena);
	return status;
}

static int add(struct rows *r, mn_str value)
{
	int status = parse(r, value);

	if (status == MN_OK && (r->n == r->most || r->bytes >= BYTES))
		status = flush(r);
	return status;
}

/* ---- Joining ------------------------------------------------------------------------------ */

/* A record, and its companion behind a NUL, into the order they came in. */
static int order(mn_peer_load *l, uint64_t number, mn_buf *value)
{
	char key[24];

	if (!mn_buf_ok(value))
		return mn_fail_memory(l->call);
	snprintf(key, sizeof(key), "%020" PRIu64, number);
	return mn_sorter_add(l->ordered, l->call, mn_str_of(key), mn_buf_view(value), 0);
}

static int twice(mn_peer_load *l, const char *what, mn_str id)
{
	return mn_fail(l->call, MN_EINVAL, 0, "%.*s: %s: the id \"%.*s\" stands twice",
		MN_FMT(l->source), what, MN_FMT(id));
}

/* Joins what has the same id: one record, and at most one companion. */
static int join(mn_peer_load *l, mn_sorter *from, const char *what)
{
	mn_buf id = MN_BUF(8192), value = MN_BUF((size_t)256 << 20);
	bool more, open = false, joined = false;
	uint64_t number = 0;
	mn_sorted s;
	int status = mn_sorter_rewind(from, l->call);

	while (status == MN_OK && (status = mn_sorter_next(from, l->call, &s, &more)) == MN_OK
		&& more) {
		const mn_str key = mn_str_sub(s.key, 0, s.key.len - 1);
		const bool companion = s.key.ptr[s.key.len - 1] != '\0';
		const bool same = open && mn_str_eq(mn_buf_view(&id), key);

		if (same && (!companion || joined))
			status = twice(l, what, key);
		else if (companion && !same)
			status = mn_fail(l->call, MN_EINVAL, 0,
				"%.*s: something belongs to \"%.*s\" among the %s, which is not "
				"there",
				MN_FMT(l->source), MN_FMT(key), what);
		else if (!companion && open)
			status = order(l, number, &value);
		if (status != MN_OK)
			break;
		if (companion) {
			mn_buf_char(&value, '\0');
		} else {
			mn_buf_clear(&id);
			mn_buf_str(&id, key);
			mn_buf_clear(&value);
			number = s.tag;
		}
		mn_buf_str(&value, s.value);
		joined = companion;
		open = true;
	}
	if (status == MN_OK && open)
		status = order(l, number, &value);
	mn_buf_free(&id);
	mn_buf_free(&value);
	return status;
}

static int make_part(struct rows *r, int part, mn_sorter *from, const char *what)
{
	mn_peer_load *l = r->load;
	mn_sorted s;
	bool more;
	int status;

	r->part = part;
	r->done = 0;
	mn_sorter_free(l->ordered);
	l->ordered = mn_sorter_new(MEMORY);
	status = l->ordered ? join(l, from, what) : mn_fail_memory(l->call);
	if (status == MN_OK)
		status = mn_sorter_rewind(l->ordered, l->call);
	while (status == MN_OK && (status = mn_sorter_next(l->ordered, l->call, &s, &more)) == MN_OK
		&& more)
		status = add(r, s.value);
	if (status == MN_OK)
		status = flush(r);
	drop_records(r);
	return status;
}

/* ---- Tables ------------------------------------------------------------------------------- */

/* Rows that nothing of ours is, a batch to a neuron that takes no part in anything. */
static int make_tables(struct rows *r)
{
	mn_peer_load *l = r->load;
	mn_neuron n = {.type = mn_type_code(MN_NEURON, MN_STR(MN_PEER_TABLE)),
		.flags = MN_NEURON_ARCHIVED,
		.created = mn_engine_now(l->call->engine)};
	const mn_change change = {MN_ADD, MN_NEURON, &n};
	mn_sorted s;
	bool more;
	int status = mn_sorter_rewind(l->tables, l->call);

	n.updated = n.created;
	while (status == MN_OK && (status = mn_sorter_next(l->tables, l->call, &s, &more)) == MN_OK
		&& more) {
		mn_applied applied = MN_SIZED(mn_applied);
		mn_buf meta = MN_BUF(s.value.len + 64);

		mn_buf_text(&meta, "{\"" MN_PEER_KEPT "\":");
		mn_buf_str(&meta, s.value);
		mn_buf_char(&meta, '}');
		n.meta = mn_buf_view(&meta);
		n.uid = mn_arena_printf(r->work.arena, MN_PEER_TABLE ":%.*s", MN_FMT(s.key));
		status = mn_buf_ok(&meta) && n.uid.ptr ? MN_OK : mn_fail_memory(l->call);
		if (status == MN_OK)
			status = mn_brain_reserve(r->brain, &r->work, MN_NEURON, 1, &n.id);
		if (status == MN_OK)
			status = mn_brain_apply(r->brain, &r->work, NULL, &change, 1, &applied);
		mn_buf_free(&meta);
		mn_arena_reset(r->work.arena);
	}
	return status;
}

static int begin(struct rows *r)
{
	const uint32_t most = r->brain->store->info.max_changes / 2;
	const int status = mn_call_within(&r->work, r->call, 0);

	if (status != MN_OK)
		return status;
	r->most = most && most < ROWS ? most : ROWS;
	r->records = mn_alloc_zero(ROWS, sizeof(*r->records));
	if (!r->records)
		return mn_fail_memory(r->call);
	return mn_peer_scale_of(r->brain, r->call, &r->scale);
}

int mn_peer_load_rows(mn_peer_load *l, mn_brain *brain, mn_import_report *report)
{
	struct rows r = {.load = l, .brain = brain, .call = l->call, .report = report};
	int status = begin(&r);

	if (status == MN_OK)
		status = make_part(&r, MN_PEER_NEURON, l->neurons, "neurons");
	if (status == MN_OK)
		status = make_part(&r, MN_PEER_SYNAPSE, l->synapses, "synapses");
	if (status == MN_OK)
		status = make_part(&r, MN_PEER_FIBER, l->fibers, "fibers");
	if (status == MN_OK)
		status = make_tables(&r);
	mn_free(r.records);
	if (r.work.arena)
		mn_call_done(&r.work);
	return status;
}
