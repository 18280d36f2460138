/* SPDX-License-Identifier: MIT */
/* read.c - questions of the own dialect that change nothing. */
#include "read.h"

#include <string.h>

#include "ask.h"

int own_generation(mn_db *db, mn_call *call, mn_str brain)
{
	mn_gen gen;
	struct ask a = {.method = "GET",
		.brain = brain,
		.what = "/generation",
		.message = NO_MESSAGE,
		.answer = MN_WIRE_GEN,
		.into = &gen,
		.again = true};
	int status = ask(db, call, &a, NULL);

	if (status == MN_OK)
		call->at = gen;
	return status;
}

static struct ask question(mn_str brain, const char *what, int message, const void *body)
{
	return (struct ask){.method = "POST",
		.brain = brain,
		.what = what,
		.message = message,
		.body = body,
		.answer = NO_MESSAGE,
		.again = true};
}

/* n ids as the answer; the server must not send fewer. */
static int ask_ids(mn_db *db, mn_call *call, struct ask *a, size_t n, mn_ids *ids)
{
	int status;

	a->answer = MN_WIRE_IDS;
	a->into = ids;
	status = ask(db, call, a, NULL);
	if (status == MN_OK && ids->n != n)
		return db->host->fail(call, MN_EIO, 0,
			"%s answered with %zu ids where %zu were asked for", db->title, ids->n, n);
	return status;
}

/* Texts that no row can have are not asked for. kept: indices of the others. */
static int sift(mn_db *db, mn_call *call, size_t n, mn_str (*text)(const void *, size_t),
	const void *from, size_t **kept, size_t *nkept)
{
	size_t *at = db->host->alloc(call, (n ? n : 1) * sizeof(*at));

	if (!at)
		return MN_ENOMEM;
	*nkept = 0;
	for (size_t i = 0; i < n; i++)
		if (db->host->text_valid(text(from, i)))
			at[(*nkept)++] = i;
	*kept = at;
	return MN_OK;
}

static mn_str key_text(const void *keys, size_t i)
{
	return ((const mn_key *)keys)[i].text;
}

static mn_str uid_text(const void *uids, size_t i)
{
	return ((const mn_str *)uids)[i];
}

/* Asks for the n things of `size` bytes whose text can be, and deals the ids out. */
static int ask_sifted(mn_db *db, mn_call *call, struct ask *a, const void *from, size_t n,
	size_t size, mn_str (*text)(const void *, size_t), mn_id *out)
{
	size_t *kept, nkept;
	mn_ids ids = {NULL, 0};
	char *some;
	int status = sift(db, call, n, text, from, &kept, &nkept);

	if (status != MN_OK)
		return status;
	some = db->host->alloc(call, (nkept ? nkept : 1) * size);
	if (!some)
		return MN_ENOMEM;
	for (size_t i = 0; i < nkept; i++)
		memcpy(some + i * size, (const char *)from + kept[i] * size, size);
	if (a->message == MN_WIRE_KEYS)
		*(mn_wire_keys *)a->body = (mn_wire_keys){
			(const mn_key *)(const void *)some, nkept};
	else
		((mn_wire_uids *)a->body)->uids = (mn_strs){
			(const mn_str *)(const void *)some, nkept};
	status = ask_ids(db, call, a, nkept, &ids);
	if (status != MN_OK)
		return status;
	if (n)
		memset(out, 0, n * sizeof(*out));
	for (size_t i = 0; i < nkept; i++)
		out[kept[i]] = ids.at[i];
	return MN_OK;
}

int own_lookup(mn_db *db, mn_call *call, mn_str brain, const mn_key *keys, size_t n, mn_id *out)
{
	mn_wire_keys body = {NULL, 0};
	struct ask a = question(brain, "/lookup", MN_WIRE_KEYS, &body);

	return ask_sifted(db, call, &a, keys, n, sizeof(*keys), key_text, out);
}

int own_resolve(mn_db *db, mn_call *call, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	mn_wire_uids body = {.kind = kind};
	struct ask a = question(brain, "/resolve", MN_WIRE_UIDS, &body);

	return ask_sifted(db, call, &a, uids.at, uids.n, sizeof(*uids.at), uid_text, out);
}

static int ask_rows(mn_db *db, mn_call *call, struct ask *a, int kind, size_t n, mn_rows *out)
{
	mn_rows rows = {0};
	int status;

	a->answer = MN_WIRE_ROWS;
	a->into = &rows;
	status = ask(db, call, a, NULL);
	if (status != MN_OK)
		return status;
	if (rows.kind != kind || rows.n != n)
		return db->host->fail(call, MN_EIO, 0,
			"%s answered with %zu rows where %zu were asked for", db->title, rows.n, n);
	*out = rows;
	return MN_OK;
}

int own_get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	mn_wire_fetch body = {.kind = kind, .fields = fields, .ids = ids};
	struct ask a = question(brain, "/get", MN_WIRE_FETCH, &body);

	return ask_rows(db, call, &a, kind, ids.n, out);
}

int own_fibers_of(mn_db *db, mn_call *call, mn_str brain, mn_ids anchors, mn_rows *out)
{
	mn_wire_fetch body = {.kind = MN_FIBER, .ids = anchors};
	struct ask a = question(brain, "/fibers-of", MN_WIRE_FETCH, &body);

	return ask_rows(db, call, &a, MN_FIBER, anchors.n, out);
}

int own_expand(mn_db *db, mn_call *call, const mn_expand *e, mn_fan *out)
{
	mn_wire_fan fan = {0};
	struct ask a = question(e->brain, "/expand", MN_WIRE_EXPAND, e);
	int status;

	a.answer = MN_WIRE_FAN;
	a.into = &fan;
	status = ask(db, call, &a, NULL);
	if (status != MN_OK)
		return status;
	if (fan.n != e->frontier.n || (e->want_synapse && !fan.fan.synapse && fan.fan.start[fan.n]))
		return db->host->fail(call, MN_EIO, 0,
			"%s answered with another frontier than it was asked about", db->title);
	*out = fan.fan;
	return MN_OK;
}
