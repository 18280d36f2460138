/* SPDX-License-Identifier: MIT */
/*
 * uid_neuron.c - from uids to neurons that have none of their own.
 *
 * "TYPE:TEXT" is read in every way that it can be, since both may hold colons, and of those that
 * lead to a neuron the one with the longest type is taken. Types are asked about by name: a
 * process need not have met those of the brain before.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "base/type.h"
#include "store/read.h"

#define MOST_READINGS 64 /* of one uid */
#define MOST_ASKED 16    /* types nobody has met, at once */

/* ---- Neurons ------------------------------------------------------------------------------- */

int mn_uid_missing(mn_call *call, const mn_id *ids, size_t n, size_t **places, size_t *count)
{
	size_t *at = mn_call_array(call, n, sizeof(*at)), left = 0;

	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (ids[i] == 0)
			at[left++] = i;
	*places = at;
	*count = left;
	return MN_OK;
}

/* A way of reading a uid: "TYPE:TEXT". */
struct naming {
	size_t which;
	mn_str type, text;
};

/* All of them, or (out NULL) their number. */
static size_t read_namings(mn_str uid, size_t which, struct naming *out)
{
	size_t n = 0;

	for (size_t i = 1; i < uid.len && i <= MN_TYPE_NAME && n < MOST_READINGS; i++) {
		if (uid.ptr[i - 1] == '\0')
			break;
		if (uid.ptr[i] != ':')
			continue;
		if (out)
			out[n] = (struct naming){
				which, {uid.ptr, i}, mn_str_sub(uid, i + 1, uid.len)};
		n++;
	}
	return n;
}

/* Of one uid's readings the one with the longer type comes later. */
static int by_type(const void *a, const void *b)
{
	return mn_str_cmp(((const struct naming *)a)->type, ((const struct naming *)b)->type);
}

/*
 * Looks up readings from the first on, as many as there may be new types asked about at once. The
 * process need not have met the types of the brain: the store has their names.
 */
static int look_up(
	mn_brain *b, mn_call *call, const struct naming *at, size_t n, size_t *done, mn_id *out)
{
	mn_key *keys = mn_call_array(call, n, sizeof(*keys));
	mn_id *ids = mn_call_array(call, n, sizeof(*ids));
	size_t asked = 0, i;
	int status = keys && ids ? MN_OK : MN_ENOMEM;

	for (i = 0; i < n && status == MN_OK; i++) {
		uint16_t code = i && mn_str_eq(at[i].type, at[i - 1].type) ? keys[i - 1].type : 0;

		if (!code && !mn_type_known(MN_NEURON, at[i].type) && asked++ == MOST_ASKED)
			break;
		if (!code)
			status = mn_type_ask(call, MN_NEURON, at[i].type, &code);
		keys[i] = (mn_key){code, at[i].text};
	}
	*done = i;
	if (status == MN_OK)
		status = mn_brain_lookup(b, call, keys, i, ids);
	for (size_t k = 0; status == MN_OK && k < i; k++)
		if (ids[k])
			out[at[k].which] = ids[k];
	return status;
}

static int look_up_all(mn_brain *b, mn_call *call, const struct naming *at, size_t n, mn_id *out)
{
	mn_call inner = *call;
	size_t done;
	int status = MN_OK;

	inner.arena = mn_arena_new(SIZE_MAX);
	if (!inner.arena)
		return mn_fail_memory(call);
	for (; n && status == MN_OK; at += done, n -= done) {
		status = look_up(b, &inner, at, n, &done, out);
		mn_arena_reset(inner.arena);
	}
	mn_arena_free(inner.arena);
	return status;
}

static int derived_neurons(mn_brain *b, mn_call *call, mn_strs uids, mn_id *out)
{
	size_t *places, left, n = 0;
	struct naming *at;
	int status = mn_uid_missing(call, out, uids.n, &places, &left);

	if (status != MN_OK || left == 0)
		return status;
	for (size_t i = 0; i < left; i++)
		n += read_namings(uids.at[places[i]], places[i], NULL);
	if (n == 0)
		return MN_OK;
	at = mn_call_array(call, n, sizeof(*at));
	if (!at)
		return MN_ENOMEM;
	n = 0;
	for (size_t i = 0; i < left; i++)
		n += read_namings(uids.at[places[i]], places[i], at + n);
	qsort(at, n, sizeof(*at), by_type);
	return look_up_all(b, call, at, n, out);
}

/* ---- Memories ------------------------------------------------------------------------------ */

#define PAGE 1000

/* Memories without a uid: no store finds them by their text, so the brain is read through. */
struct sought {
	mn_strmap texts; /* -> place in out, + 1 */
	mn_id *out;
	size_t left;
};

static void find_in_page(struct sought *s, const mn_rows *rows)
{
	for (size_t i = 0; i < rows->n && s->left; i++) {
		const mn_neuron *n = &rows->at.neuron[i];
		const uint64_t *place = n->uid.len ? NULL : mn_strmap_get(&s->texts, n->text);

		if (place && s->out[*place - 1] == 0) {
			s->out[*place - 1] = n->id;
			s->left--;
		}
	}
}

static int read_memories(mn_brain *b, mn_call *call, struct sought *s)
{
	static const uint16_t memory = MN_MEMORY;
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan;
	int status;

	q.kind = MN_NEURON;
	q.types = &memory;
	q.ntypes = 1;
	q.fields = MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID;
	status = mn_brain_scan(b, call, &q, &scan);
	if (status != MN_OK)
		return status;
	while (status == MN_OK && s->left && !page.last) {
		status = mn_scan_next(scan, call, PAGE, &page);
		if (status == MN_OK)
			find_in_page(s, &page.rows);
	}
	mn_scan_done(scan);
	return status;
}

/* ptr NULL: the uid is no memory's. */
static mn_str memory_text(mn_str uid)
{
	return mn_str_starts(uid, "memory:") ? mn_str_sub(uid, strlen("memory:"), uid.len)
					     : (mn_str){0};
}

static int seek_memory(struct sought *s, mn_str uid, size_t place)
{
	const mn_str text = memory_text(uid);

	if (s->out[place] || !text.ptr || mn_strmap_get(&s->texts, text))
		return MN_OK;
	s->left++;
	return mn_strmap_put(&s->texts, text, place + 1);
}

static int derived_memories(mn_brain *b, mn_call *call, mn_strs uids, mn_id *out)
{
	struct sought s = {.out = out};
	int status = MN_OK;

	for (size_t i = 0; i < uids.n && status == MN_OK; i++)
		status = seek_memory(&s, uids.at[i], i);
	if (status != MN_OK) {
		mn_strmap_free(&s.texts);
		return mn_fail_memory(call);
	}
	/* Who is found stays found, should somebody write meanwhile. */
	for (int tries = 0; s.left && (tries == 0 || status == MN_ESTALE) && tries < 4; tries++)
		status = read_memories(b, call, &s);
	/* The same one may be asked for twice. */
	for (size_t i = 0; i < uids.n && status == MN_OK && s.texts.n; i++) {
		const mn_str text = memory_text(uids.at[i]);
		const uint64_t *place = out[i] == 0 && text.ptr ? mn_strmap_get(&s.texts, text)
								: NULL;

		out[i] = place ? out[*place - 1] : out[i];
	}
	mn_strmap_free(&s.texts);
	return status;
}

int mn_uid_neurons(mn_brain *b, mn_call *call, mn_strs uids, mn_id *out)
{
	int status = derived_neurons(b, call, uids, out);

	return status == MN_OK ? derived_memories(b, call, uids, out) : status;
}
