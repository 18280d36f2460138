/* SPDX-License-Identifier: MIT */
/* holder.c - who has which uid, in a draft. */
#include "holder.h"

#include <string.h>

#include "rows.h"

static uint32_t hash(int kind, mn_str uid)
{
	const uint64_t h = (uint64_t)hash_uid(uid) * 8 + (uint64_t)kind;

	return (uint32_t)(h ^ h >> 32);
}

static struct uid_draft *find(const struct draft *d, int kind, mn_str uid)
{
	const struct table *t = &d->uids;
	uint32_t i;

	if (t->n == 0)
		return NULL;
	for (i = hash(kind, uid) & (t->index.cap - 1); t->index.at[i];
		i = (i + 1) & (t->index.cap - 1)) {
		struct uid_draft *u = (struct uid_draft *)t->at + (t->index.at[i] - 1);

		if (u->kind == kind && u->uid.len == uid.len
			&& memcmp(u->uid.ptr, uid.ptr, uid.len) == 0)
			return u;
	}
	return NULL;
}

static void put_index(struct index *x, const struct uid_draft *u, uint32_t value)
{
	uint32_t i = hash(u->kind, u->uid) & (x->cap - 1);

	while (x->at[i])
		i = (i + 1) & (x->cap - 1);
	x->at[i] = value + 1;
}

static int make_room(struct draft *d)
{
	const mn_host *host = d->db->host;
	struct table *t = &d->uids;
	struct table wide = {.n = t->n, .cap = t->cap ? t->cap * 2 : 64};

	if (t->n < t->cap)
		return MN_OK;
	wide.index.cap = 2 * wide.cap;
	wide.at = host->alloc(d->call, wide.cap * sizeof(struct uid_draft));
	wide.index.at = host->alloc(d->call, wide.index.cap * sizeof(*wide.index.at));
	if (!wide.at || !wide.index.at)
		return MN_ENOMEM;
	if (t->n)
		memcpy(wide.at, t->at, t->n * sizeof(struct uid_draft));
	for (uint32_t i = 0; i < t->n; i++)
		put_index(&wide.index, (struct uid_draft *)wide.at + i, i);
	*t = wide;
	return MN_OK;
}

mn_id holder_of(const struct draft *d, int kind, mn_str uid)
{
	const struct uid_draft *u = uid.len ? find(d, kind, uid) : NULL;

	return u ? u->id : 0;
}

int holder_set(struct draft *d, int kind, mn_str uid, mn_id id)
{
	struct uid_draft *u;

	if (uid.len == 0)
		return MN_OK;
	u = find(d, kind, uid);
	if (!u) {
		if (make_room(d) != MN_OK)
			return MN_ENOMEM;
		u = (struct uid_draft *)d->uids.at + d->uids.n;
		*u = (struct uid_draft){uid, 0, kind};
		put_index(&d->uids.index, u, d->uids.n++);
	}
	u->id = id;
	return MN_OK;
}
