/* SPDX-License-Identifier: MIT */
#include "recall/reading.h"

#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "recall/net.h"

#define MOST_WORDS 65536 /* of a text; pairs further down are not seen */
#define MOST_NAMES 256   /* in a text */

int mn_meta_string(mn_call *call, mn_str meta, const char *name, mn_str *out)
{
	char why[120];
	json_t *tree;
	int rc;

	*out = (mn_str){"", 0};
	if (meta.len == 0 || !memmem(meta.ptr, meta.len, name, strlen(name)))
		return MN_OK;
	rc = mn_json_read(meta, why, sizeof(why), &tree);
	if (rc == MN_ENOMEM)
		return mn_fail_memory(call);
	if (rc != MN_OK)
		return MN_OK; /* meta is the user's: if it is no JSON there is nothing in it for us
			       */
	if (mn_json_str(json_object_get(tree, name)).len) {
		*out = mn_call_copy(call, mn_json_str(json_object_get(tree, name)));
		rc = out->ptr ? MN_OK : MN_ENOMEM;
	}
	json_decref(tree);
	return rc;
}

/* The rows of those memories that have no list of this way yet: `asked` says which. */
static int rows_without(mn_view *v, mn_call *scratch, int way, const uint32_t *nodes, size_t n,
	uint32_t *asked, mn_rows *rows)
{
	mn_id *ids = mn_call_array(scratch, n, sizeof(*ids));
	size_t m = 0;

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (way == MN_WAY_WORDS ? mn_view_list(v, nodes[i], way) != NULL
					: mn_mentions_of(v, nodes[i]) != NULL)
			continue;
		asked[m] = nodes[i];
		ids[m++] = mn_view_id(v, nodes[i]);
	}
	*rows = (mn_rows){.kind = MN_NEURON};
	if (m == 0)
		return MN_OK;
	v->trips++;
	return mn_brain_get(v->brain, scratch, MN_NEURON, (mn_ids){ids, m},
		MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META, rows);
}

/* ---- Words --------------------------------------------------------------------------------- */

uint32_t mn_word_hash(mn_str stem)
{
	uint32_t h = (uint32_t)mn_hash(stem);

	return h ? h : 1;
}

const uint32_t *mn_words_of(mn_view *v, uint32_t node, size_t *n)
{
	const struct slice *s = net_slice(v->net, node, MN_WAY_WORDS);

	*n = s ? s->nwords : 0;
	return s ? s->words : NULL;
}

static struct slice *words_slice(const mn_analysis *said)
{
	size_t n = said->norder < MOST_WORDS ? said->norder : MOST_WORDS;
	struct slice *s = slice_new(0, (uint32_t)n);
	uint32_t *words = s ? (uint32_t *)s->words : NULL;

	for (size_t i = 0; s && i < n; i++)
		words[i] = mn_word_hash(said->stems[said->order[i]].text);
	if (s)
		s->way = MN_WAY_WORDS;
	return s;
}

/* Publishes one list made from a row, and what else the row says. */
static int publish(
	mn_view *v, const mn_gen *seen, uint32_t node, const mn_neuron *row, struct slice *s)
{
	int rc = s ? net_lock(v, seen) : mn_fail_memory(&v->call);

	if (rc != MN_OK) {
		mn_free(s);
		return rc;
	}
	atomic_store_explicit(&s->used, v->serial, memory_order_relaxed);
	s->naming = v->naming;
	net_publish(v->net, node, s);
	net_learn(v->net, node, row);
	pthread_mutex_unlock(&v->net->lock);
	return MN_OK;
}

int mn_read_words(
	mn_view *v, mn_call *scratch, mn_analyst *analyst, const uint32_t *nodes, size_t n)
{
	uint32_t *asked = mn_call_array(scratch, n, sizeof(*asked));
	mn_rows rows = {0};
	mn_gen seen;
	int rc;

	if (!asked)
		return MN_ENOMEM;
	rc = rows_without(v, scratch, MN_WAY_WORDS, nodes, n, asked, &rows);
	seen = scratch->at;
	for (size_t i = 0; i < rows.n && rc == MN_OK; i++) {
		const mn_neuron *row = &rows.at.neuron[i];
		mn_subject subject = {.text = row->text, .want = MN_WANT_STEMS};
		mn_analysis said = {0};

		rc = mn_analyze(analyst, scratch, &subject, &said);
		if (rc == MN_OK)
			rc = publish(v, &seen, asked[i], row, words_slice(&said));
	}
	return rc;
}

/* ---- Mentions ------------------------------------------------------------------------------ */

const mn_list *mn_mentions_of(mn_view *v, uint32_t node)
{
	const struct slice *s = net_slice(v->net, node, MN_WAY_MENTIONS);

	return s && s->naming == v->naming ? mn_view_list(v, node, MN_WAY_MENTIONS) : NULL;
}

struct text { /* one memory's */
	mn_analysis said;
	const uint32_t *entity; /* of each candidate */
	mn_view *view;
};

static bool is_head(void *ctx, const mn_candidate *candidate, size_t i)
{
	const struct text *t = ctx;
	const mn_list *heads;

	(void)candidate;
	if (t->entity[i] == MN_NOBODY)
		return false;
	heads = mn_view_list(t->view, t->entity[i], MN_WAY_HEADS);
	return heads && heads->degree;
}

static int analyze(mn_analyst *analyst, mn_call *scratch, const mn_rows *rows, struct text *texts,
	size_t *candidates)
{
	int rc = MN_OK;

	for (size_t i = 0; i < rows->n && rc == MN_OK; i++) {
		const mn_neuron *row = &rows->at.neuron[i];
		mn_subject subject = {.text = row->text, .want = MN_WANT_NAMES};

		rc = mn_meta_string(scratch, row->meta, "title", &subject.title);
		if (rc == MN_OK)
			rc = mn_analyze(analyst, scratch, &subject, &texts[i].said);
		*candidates += texts[i].said.ncandidates;
	}
	return rc;
}

/* Looks up all candidates at once, and how many memories bear each of the names. */
static int look_up(mn_view *v, mn_call *scratch, struct text *texts, size_t n, size_t candidates,
	uint32_t heads)
{
	mn_key *keys = mn_call_array(scratch, candidates, sizeof(*keys));
	uint32_t *entity = mn_call_array(scratch, candidates, sizeof(*entity));
	mn_need *needs = mn_call_array(scratch, candidates, sizeof(*needs));
	size_t k = 0, m = 0;
	int rc;

	if (!keys || !entity || !needs)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		texts[i].entity = entity + k;
		texts[i].view = v;
		for (size_t c = 0; c < texts[i].said.ncandidates; c++)
			keys[k++] = (mn_key){MN_ENTITY, texts[i].said.candidates[c].name};
	}
	rc = mn_view_names(v, keys, k, entity);
	for (size_t i = 0; i < k && rc == MN_OK; i++)
		if (entity[i] != MN_NOBODY)
			needs[m++] = (mn_need){
				.node = entity[i], .way = MN_WAY_HEADS, .limit = heads};
	return rc == MN_OK ? mn_view_fill(v, needs, m) : rc;
}

static struct slice *mentions_slice(struct text *t)
{
	uint32_t found[MOST_NAMES], distinct = 0;
	size_t n = mn_names_find(&t->said, is_head, t, found, MOST_NAMES);
	struct slice *s = slice_new((uint32_t)n, 0);

	if (!s)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		uint32_t k = 0;

		while (k < distinct && s->links[k].far != t->entity[found[i]])
			k++;
		if (k == distinct)
			s->links[distinct++] = (mn_link){
				.weight = 1, .far = t->entity[found[i]], .out = 1};
	}
	memset(s->links + n, 0, n * sizeof(mn_id)); /* no synapses are stored */
	s->list.n = s->list.degree = distinct;
	s->way = MN_WAY_MENTIONS;
	return s;
}

int mn_read_mentions(mn_view *v, mn_call *scratch, mn_analyst *analyst, const uint32_t *nodes,
	size_t n, uint32_t heads)
{
	uint32_t *asked = mn_call_array(scratch, n, sizeof(*asked));
	struct text *texts = mn_call_array(scratch, n, sizeof(*texts));
	size_t candidates = 0;
	mn_rows rows = {0};
	mn_gen seen;
	int rc;

	if (!asked || !texts)
		return MN_ENOMEM;
	rc = rows_without(v, scratch, MN_WAY_MENTIONS, nodes, n, asked, &rows);
	seen = scratch->at;
	if (rc == MN_OK)
		rc = analyze(analyst, scratch, &rows, texts, &candidates);
	if (rc == MN_OK && rows.n)
		rc = look_up(v, scratch, texts, rows.n, candidates, heads);
	for (size_t i = 0; i < rows.n && rc == MN_OK; i++)
		rc = publish(v, &seen, asked[i], &rows.at.neuron[i], mentions_slice(&texts[i]));
	return rc;
}
