/* SPDX-License-Identifier: MIT */
/* rank.c - which memories are the answer, in which order, and what is shown of them. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "recall/answer.h"
#include "recall/reading.h"
#include "recall/top.h"

#define SPARE 8        /* ranked beyond the limit, for those that turn out to be archived */
#define MOST_TIED 64   /* of more memories of one level the lower ids come first: rows cost time */
#define LONGEST_PATH 6 /* neurons on the path that is shown */
#define LONGEST_LABEL 48

struct ranked {
	uint32_t node;
	double level;
	mn_str uid;
};

static double level_of(const struct mn_recall *r, uint32_t node)
{
	return mn_space_find(r->bench.space, node)->level;
}

/* ---- Order --------------------------------------------------------------------------------- */

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->level != y->level)
		return x->level > y->level ? -1 : 1;
	return mn_str_cmp(x->uid, y->uid);
}

/* The best memories and all that are tied with the last of them. */
static int candidates(struct mn_recall *r, size_t want, struct ranked **out, size_t *nout)
{
	size_t room = want + 32, n;
	struct ranked *ranked;
	uint32_t *nodes;
	int rc;

	for (;; room *= 2) {
		nodes = mn_call_array(&r->inner, room, sizeof(*nodes));
		if (!nodes)
			return MN_ENOMEM;
		rc = mn_top_memories(&r->view, r->bench.space, &r->inner, nodes, room, &n);
		if (rc != MN_OK)
			return rc;
		if (n < room || room > want + MOST_TIED
			|| level_of(r, nodes[n - 1]) < level_of(r, nodes[want - 1]))
			break;
	}
	if (n == room && level_of(r, nodes[n - 1]) == level_of(r, nodes[want - 1]))
		n = want; /* more are tied than can be told apart */
	while (n > want && level_of(r, nodes[n - 1]) < level_of(r, nodes[want - 1]))
		n--;
	ranked = mn_call_array(&r->inner, n, sizeof(*ranked));
	if (!ranked)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){.node = nodes[i], .level = level_of(r, nodes[i])};
	*out = ranked;
	*nout = n;
	return MN_OK;
}

/* The uids of those that share their level with another: only they need one to be ordered. */
static int name_tied(struct mn_recall *r, struct ranked *ranked, size_t n)
{
	mn_id *ids = mn_call_array(&r->inner, n, sizeof(*ids));
	size_t *places = mn_call_array(&r->inner, n, sizeof(*places)), m = 0;
	const mn_neuron **rows;
	int rc;

	if (!ids || !places)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if ((i && ranked[i - 1].level == ranked[i].level)
			|| (i + 1 < n && ranked[i + 1].level == ranked[i].level)) {
			places[m] = i;
			ids[m++] = mn_view_id(&r->view, ranked[i].node);
		}
	if (m == 0)
		return MN_OK;
	rc = mn_recall_rows(r, &r->inner, (mn_ids){ids, m}, MN_FIELD_UID | MN_FIELD_TEXT, &rows);
	for (size_t i = 0; i < m && rc == MN_OK; i++)
		rc = mn_uid_derive(r->brain, &r->inner, MN_NEURON, rows[i], &ranked[places[i]].uid);
	return rc;
}

static int order(struct mn_recall *r, size_t want, struct ranked **out, size_t *nout)
{
	int rc = candidates(r, want, out, nout);

	if (rc == MN_OK)
		rc = name_tied(r, *out, *nout);
	if (rc == MN_OK)
		qsort(*out, *nout, sizeof(**out), by_rank);
	return rc;
}

/* ---- Rows ---------------------------------------------------------------------------------- */

/* The neurons on the strongest path to a memory, the question's end first. */
static size_t path_to(const struct mn_recall *r, uint32_t node, uint32_t out[LONGEST_PATH])
{
	uint32_t back[LONGEST_PATH];
	size_t n = 0;

	while (node != MN_NOBODY && n < LONGEST_PATH) {
		const mn_cell *c = mn_space_find(r->bench.space, node);

		back[n++] = node;
		node = c ? c->from : MN_NOBODY;
		for (size_t i = 0; i < n; i++)
			if (back[i] == node)
				node = MN_NOBODY; /* they gave to each other */
	}
	for (size_t i = 0; i < n; i++)
		out[i] = back[n - 1 - i];
	return n;
}

struct shown { /* rows of all neurons that are shown, by node */
	uint32_t *nodes;
	const mn_neuron **rows;
	size_t n;
};

static int by_node(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int get_shown(struct mn_recall *r, struct shown *s)
{
	mn_id *ids;
	size_t n = 0;

	s->nodes = mn_call_array(&r->inner, r->nranked * LONGEST_PATH, sizeof(*s->nodes));
	ids = mn_call_array(&r->inner, r->nranked * LONGEST_PATH, sizeof(*ids));
	if (!s->nodes || !ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < r->nranked; i++)
		n += path_to(r, r->ranked[i], s->nodes + n);
	qsort(s->nodes, n, sizeof(*s->nodes), by_node);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || s->nodes[i] != s->nodes[i - 1]) {
			ids[s->n] = mn_view_id(&r->view, s->nodes[i]);
			s->nodes[s->n++] = s->nodes[i];
		}
	if (s->n == 0)
		return MN_OK;
	return mn_recall_rows(r, r->call, (mn_ids){ids, s->n}, 0, &s->rows);
}

static const mn_neuron *row_of(const struct shown *s, uint32_t node)
{
	const uint32_t *at = bsearch(&node, s->nodes, s->n, sizeof(node), by_node);

	return s->rows[at - s->nodes];
}

/* ---- What is shown ------------------------------------------------------------------------- */

static void add_cut(mn_buf *b, mn_str text)
{
	mn_str line = text;
	const char *end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;

	if (end)
		line.len = (size_t)(end - text.ptr);
	if (line.len <= LONGEST_LABEL) {
		mn_buf_str(b, line);
		return;
	}
	line.len = LONGEST_LABEL;
	while (line.len && (line.ptr[line.len] & 0xC0) == 0x80)
		line.len--; /* never half a character */
	mn_buf_str(b, line);
	mn_buf_text(b, "…");
}

/* What a person calls this neuron: its title or label, or how its text begins. */
static int add_label(struct mn_recall *r, mn_buf *b, const mn_neuron *row)
{
	mn_str name = {0};
	int rc = mn_meta_string(&r->inner, row->meta, "title", &name);

	if (rc == MN_OK && !name.len)
		rc = mn_meta_string(&r->inner, row->meta, "label", &name);
	add_cut(b, name.len ? name : row->text);
	return rc;
}

static int describe_path(struct mn_recall *r, const struct shown *s, uint32_t node, mn_str *out)
{
	mn_buf b = MN_BUF(4096);
	uint32_t path[LONGEST_PATH];
	size_t n = path_to(r, node, path);
	int rc = MN_OK;

	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		if (i)
			mn_buf_text(&b, " > ");
		rc = add_label(r, &b, row_of(s, path[i]));
	}
	if (rc == MN_OK && !mn_buf_ok(&b))
		rc = mn_fail_memory(r->call);
	if (rc == MN_OK) {
		*out = mn_call_copy(r->call, mn_buf_view(&b));
		rc = out->ptr ? MN_OK : MN_ENOMEM;
	}
	mn_buf_free(&b);
	return rc;
}

static int fill_hit(struct mn_recall *r, const struct shown *s, uint32_t node, mn_memory_hit *hit)
{
	const mn_neuron *row = row_of(s, node);
	const mn_cell *c = mn_space_find(r->bench.space, node);
	int rc = mn_uid_derive(r->brain, r->call, MN_NEURON, row, &hit->uid);

	hit->neuron = row->id;
	hit->text = row->text;
	hit->time = row->flags & MN_NEURON_DATED ? row->created : 0;
	hit->score = c->level;
	hit->hop = c->hop;
	if (rc == MN_OK)
		rc = mn_meta_string(r->call, row->meta, "title", &hit->title);
	return rc == MN_OK ? describe_path(r, s, node, &hit->via) : rc;
}

/* Drops what stands in an archived fiber. */
static int find_fibers(struct mn_recall *r, struct ranked *ranked, size_t n)
{
	mn_id *ids = mn_call_array(&r->inner, n, sizeof(*ids));
	mn_fiber *fibers = NULL;
	int rc;

	r->ranked = mn_call_array(&r->inner, n, sizeof(*r->ranked));
	r->hits = mn_call_array(r->call, n, sizeof(*r->hits));
	r->nranked = 0;
	if (!ids || !r->ranked || !r->hits)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		ids[i] = mn_view_id(&r->view, ranked[i].node);
	rc = n ? mn_recall_fibers(r, (mn_ids){ids, n}, &fibers) : MN_OK;
	for (size_t i = 0; i < n && r->nranked < r->limit && rc == MN_OK; i++) {
		const mn_fiber *fiber = &fibers[i];

		if (fiber->id && fiber->stage == MN_STAGE_ARCHIVED)
			continue;
		r->hits[r->nranked].fiber = fiber->id;
		r->ranked[r->nranked++] = ranked[i].node;
	}
	return rc;
}

int mn_recall_rank(struct mn_recall *r)
{
	struct ranked *ranked = NULL;
	struct shown s = {0};
	size_t want = r->limit + SPARE, n = 0;
	int rc = mn_recall_fetch(r, want);

	if (rc != MN_OK)
		return rc;
	do {
		rc = order(r, want, &ranked, &n);
		if (rc == MN_OK)
			rc = find_fibers(r, ranked, n < want ? n : want);
		want *= 2;
	} while (rc == MN_OK && r->nranked < r->limit && n >= want / 2);
	if (rc == MN_OK)
		rc = get_shown(r, &s);
	for (size_t i = 0; i < r->nranked && rc == MN_OK; i++) {
		rc = fill_hit(r, &s, r->ranked[i], &r->hits[i]);
		r->hits[i].level = r->hits[0].score > 0 ? r->hits[i].score / r->hits[0].score : 0;
	}
	return rc;
}
