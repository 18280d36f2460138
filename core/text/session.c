/* SPDX-License-Identifier: MIT */
/*
 * session.c - memories of one session, linked to those before them.
 *
 * A session's neuron keeps the uids of its latest memories, so that the next one finds them
 * whatever became of the batches: {"tail":["the last", "the one before", ...]}.
 */
#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "text/outline.h"

#define NEXT_WEIGHT .7 /* of the memory right before; a step further back is as much less */

static int open_tail(mn_outline *p, mn_str session, bool needed)
{
	uint32_t key;
	int rc = MN_OK;

	if (!session.len)
		return MN_OK;
	rc = mn_keys_add(p, MN_SESSION, session, (mn_str){NULL, 0}, needed, &key);
	if (rc != MN_OK || p->keys.info[key].tail)
		return rc;
	if (mn_grow((void **)&p->tails, &p->tails_cap, p->ntails + 1, sizeof(*p->tails), UINT32_MAX)
		!= MN_OK)
		return mn_fail_memory(p->call);
	p->tails[p->ntails++] = (mn_tail){.key = key};
	p->keys.info[key].tail = (uint32_t)p->ntails;
	return MN_OK;
}

int mn_sessions_open(mn_outline *p)
{
	int rc = MN_OK;

	p->ntails = 0;
	for (size_t i = 0; rc == MN_OK && i < p->taken; i++) {
		const mn_draft *d = &p->drafts[i];
		bool joins = d->fate == MN_DRAFT_NEW || mn_draft_moves(d);

		if (d->fate == MN_DRAFT_SAME || d->fate == MN_DRAFT_ANCHOR)
			continue;
		rc = open_tail(p, d->session, joins);
		if (rc == MN_OK)
			rc = open_tail(p, d->old_session, false);
	}
	return rc;
}

/* ---- What is kept ------------------------------------------------------------------------- */

#define MOST_KEPT ((size_t)64 << 10) /* bytes of one */

static bool same(const mn_gen *a, const mn_gen *b)
{
	return a->epoch == b->epoch && a->graph == b->graph;
}

static mn_kept *kept_of(mn_outline *p, mn_id session)
{
	for (size_t i = 0; i < MN_KEPT; i++)
		if (session && p->kept[i].row.id == session)
			return &p->kept[i];
	return NULL;
}

static void drop(mn_kept *k)
{
	mn_free(k->bytes);
	*k = (mn_kept){0};
}

void mn_sessions_forget(mn_outline *p)
{
	for (size_t i = 0; i < MN_KEPT; i++)
		drop(&p->kept[i]);
}

/* All tails of the outline from what is kept; false: something is not, and all are to be read. */
static bool recall(mn_outline *p)
{
	if (!p->read || !same(&p->at, &p->kept_at))
		return false;
	for (size_t i = 0; i < p->ntails; i++) {
		const struct mn_keyed *key = &p->keys.info[p->tails[i].key];

		if (!key->fresh && !kept_of(p, key->id))
			return false;
	}
	for (size_t i = 0; i < p->ntails; i++) {
		mn_tail *t = &p->tails[i];
		const mn_kept *k = kept_of(p, p->keys.info[t->key].id);

		if (!k)
			continue;
		t->old = &k->row;
		t->n = k->n;
		memcpy(t->at, k->at, sizeof(t->at));
	}
	return true;
}

static mn_str put(char **to, mn_str s)
{
	const mn_str copy = {*to, s.len};

	if (s.len)
		memcpy(*to, s.ptr, s.len);
	*to += s.len;
	return copy;
}

/* A place that no tail of this outline is lent from. */
static mn_kept *free_place(mn_outline *p)
{
	for (;;) {
		mn_kept *k = &p->kept[p->next_kept++ % MN_KEPT];
		bool lent = false;

		for (size_t i = 0; i < p->ntails; i++)
			lent |= p->tails[i].old == &k->row;
		if (!lent)
			return k;
	}
}

/* Strings may be lent from what was kept of it before: that goes last. */
static void keep(mn_outline *p, const mn_tail *t)
{
	mn_kept *k = kept_of(p, t->now->id), made = {.row = *t->now, .n = t->n};
	size_t bytes = t->now->uid.len + t->now->text.len + t->now->meta.len;
	char *to;

	if (!k)
		k = free_place(p);
	for (size_t i = 0; i < t->n; i++)
		bytes += t->at[i].uid.len;
	to = made.bytes = bytes <= MOST_KEPT ? mn_alloc(bytes) : NULL;
	if (to) {
		made.row.uid = put(&to, t->now->uid);
		made.row.text = put(&to, t->now->text);
		made.row.meta = put(&to, t->now->meta);
	}
	for (size_t i = 0; to && i < t->n; i++) {
		made.at[i] = t->at[i];
		made.at[i].uid = put(&to, t->at[i].uid);
	}
	drop(k);
	if (to)
		*k = made;
}

void mn_sessions_keep(mn_outline *p, const mn_gen *after)
{
	const bool anchors = p->taken && p->drafts[0].fate == MN_DRAFT_ANCHOR;

	/* An anchor may be a session's neuron. */
	if (anchors || p->ntails >= MN_KEPT || !same(&p->at, &p->kept_at))
		mn_sessions_forget(p);
	for (size_t i = 0; i < p->ntails && p->ntails < MN_KEPT; i++)
		if (p->tails[i].now)
			keep(p, &p->tails[i]);
	p->kept_at = *after;
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* The uids in a session's meta, copied. */
static int parse_tail(mn_outline *p, mn_tail *t)
{
	char why[160];
	json_t *meta, *list, *uid;
	size_t i;
	int rc = t->old->meta.len ? mn_json_read(t->old->meta, why, sizeof(why), &meta) : MN_EINVAL;

	if (rc == MN_ENOMEM)
		return mn_fail_memory(p->call);
	if (rc != MN_OK)
		return MN_OK; /* it has none, or somebody wrote what is no tail: it starts anew */
	list = json_object_get(meta, "tail");
	json_array_foreach(list, i, uid)
	{
		mn_str s = mn_json_str(uid);

		if (t->n == MN_TAIL || !s.ptr)
			break;
		t->at[t->n].uid = mn_call_copy(p->call, s);
		rc = t->at[t->n].uid.ptr ? MN_OK : MN_ENOMEM;
		if (rc != MN_OK)
			break;
		t->n++;
	}
	json_decref(meta);
	return rc;
}

/* The rows of the sessions' neurons that are there, and the uids in them. */
static int read_sessions(mn_outline *p, size_t *members)
{
	mn_id *ids = mn_call_array(p->call, p->ntails, sizeof(*ids));
	size_t n = 0;
	mn_rows rows;
	int rc;

	*members = 0;
	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < p->ntails; i++)
		if (!p->keys.info[p->tails[i].key].fresh)
			ids[n++] = p->keys.info[p->tails[i].key].id;
	if (!n)
		return MN_OK;
	rc = mn_brain_get(p->brain, p->call, MN_NEURON, (mn_ids){ids, n}, 0, &rows);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	for (size_t i = 0, k = 0; rc == MN_OK && i < p->ntails; i++) {
		if (p->keys.info[p->tails[i].key].fresh)
			continue;
		p->tails[i].old = &rows.at.neuron[k++];
		rc = parse_tail(p, &p->tails[i]);
		*members += p->tails[i].n;
	}
	return rc;
}

/* Which memories those uids are, and whether they ask; what is gone leaves the tail. */
static int read_members(mn_outline *p, size_t n)
{
	mn_str *uids = mn_call_array(p->call, n, sizeof(*uids));
	mn_id *ids = mn_call_array(p->call, n, sizeof(*ids));
	size_t k = 0;
	mn_rows rows;
	int rc;

	if (!uids || !ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < p->ntails; i++)
		for (size_t j = 0; j < p->tails[i].n; j++)
			uids[k++] = p->tails[i].at[j].uid;
	rc = mn_brain_resolve(p->brain, p->call, MN_NEURON, (mn_strs){uids, n}, ids);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	if (rc == MN_OK)
		rc = mn_brain_get(
			p->brain, p->call, MN_NEURON, (mn_ids){ids, n}, MN_FIELD_HEAD, &rows);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	k = 0;
	for (size_t i = 0; rc == MN_OK && i < p->ntails; i++) {
		mn_tail *t = &p->tails[i];
		size_t kept = 0;

		for (size_t j = 0; j < t->n; j++, k++) {
			if (!ids[k] || rows.at.neuron[k].id != ids[k])
				continue;
			t->at[kept++] = (struct mn_late){
				t->at[j].uid, ids[k], rows.at.neuron[k].flags & MN_NEURON_ASKS};
		}
		t->n = kept;
	}
	return rc;
}

int mn_sessions_read(mn_outline *p)
{
	size_t members;
	int rc;

	if (recall(p))
		return MN_OK;
	rc = read_sessions(p, &members);
	return rc == MN_OK && members ? read_members(p, members) : rc;
}

/* ---- Linking ------------------------------------------------------------------------------ */

/* *out NULL: no session. */
static int tail_of(mn_outline *p, mn_str session, mn_tail **out)
{
	uint32_t key;
	int rc;

	*out = NULL;
	if (!session.len)
		return MN_OK;
	rc = mn_keys_add(p, MN_SESSION, session, session, false, &key);
	if (rc == MN_OK)
		*out = &p->tails[p->keys.info[key].tail - 1];
	return rc;
}

static void leave(mn_tail *t, mn_str uid)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++)
		if (!mn_str_eq(t->at[i].uid, uid))
			t->at[kept++] = t->at[i];
	t->changed |= kept != t->n;
	t->n = kept;
}

static int join(mn_outline *p, mn_tail *t, const mn_draft *d)
{
	double weight = NEXT_WEIGHT;
	int rc = mn_outline_add(p, d->neuron, p->keys.info[t->key].id, MN_DURING, 1);

	for (size_t i = 0; rc == MN_OK && i < t->n; i++, weight *= NEXT_WEIGHT)
		rc = mn_outline_add(p, t->at[i].id, d->neuron, MN_BEFORE, weight);
	if (rc == MN_OK && t->n && t->at[0].asks)
		rc = mn_outline_add(p, t->at[0].id, d->neuron, MN_LEADS_TO, 1);
	if (rc != MN_OK)
		return rc;
	t->n = t->n < MN_TAIL ? t->n + 1 : MN_TAIL;
	memmove(t->at + 1, t->at, (t->n - 1) * sizeof(*t->at));
	t->at[0] = (struct mn_late){d->uid, d->neuron, d->said.marks & MN_NEURON_ASKS};
	t->changed = true;
	return MN_OK;
}

int mn_sessions_link(mn_outline *p, mn_draft *d)
{
	mn_tail *t, *old;
	int rc = tail_of(p, d->session, &t);

	if (rc == MN_OK)
		rc = tail_of(p, d->old_session, &old);
	if (rc != MN_OK)
		return rc;
	if (d->fate == MN_DRAFT_NEW)
		return t ? join(p, t, d) : MN_OK;
	if (!mn_draft_moves(d)) {
		for (size_t i = 0; t && i < t->n; i++)
			if (t->at[i].id == d->neuron)
				t->at[i].asks = d->said.marks & MN_NEURON_ASKS;
		return MN_OK;
	}
	if (old)
		leave(old, d->uid);
	return t ? join(p, t, d) : MN_OK;
}

/* ---- Writing ------------------------------------------------------------------------------ */

int mn_session_meta(mn_outline *p, const mn_tail *t, mn_str *out)
{
	mn_buf b = MN_BUF((size_t)1 << 20);
	char why[160];
	json_t *meta = NULL;
	mn_str copy;

	if (t->old && t->old->meta.len
		&& mn_json_read(t->old->meta, why, sizeof(why), &meta) == MN_OK) {
		json_object_del(meta, "tail");
		if (json_object_size(meta)) {
			mn_json_write(meta, &b);
			b.len -= b.len && mn_buf_ok(&b); /* "}" */
		}
		json_decref(meta);
	}
	mn_buf_text(&b, b.len ? ",\"tail\":[" : "{\"tail\":[");
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			mn_buf_char(&b, ',');
		mn_buf_json(&b, t->at[i].uid);
	}
	mn_buf_text(&b, "]}");
	copy = mn_buf_ok(&b) ? mn_call_copy(p->call, mn_buf_view(&b)) : (mn_str){NULL, 0};
	mn_buf_free(&b);
	*out = copy;
	return copy.ptr ? MN_OK : mn_fail_memory(p->call);
}

int mn_sessions_close(mn_outline *p)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < p->ntails; i++) {
		mn_tail *t = &p->tails[i];
		mn_neuron *row;

		t->now = t->old;
		if (!t->changed || !t->old)
			continue;
		row = mn_call_alloc(p->call, sizeof(*row));
		if (!row)
			return MN_ENOMEM;
		*row = *t->old;
		row->updated = p->now;
		t->now = row;
		rc = mn_session_meta(p, t, &row->meta);
		if (rc == MN_OK)
			rc = mn_outline_change(p, MN_PUT, MN_NEURON, row);
	}
	return rc;
}
