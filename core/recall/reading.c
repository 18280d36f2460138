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

static const mn_neuron *known_row(const struct mn_texts *known, uint32_t node)
{
	for (size_t i = 0; known && i < known->rows.n; i++)
		if (known->nodes[i] == node)
			return &known->rows.at.neuron[i];
	return NULL;
}

/* The rows of memories, those that are known already and the others. */
static int get_rows(mn_view *v, mn_call *scratch, const struct mn_texts *known,
	const uint32_t *nodes, size_t n, struct mn_texts *out)
{
	mn_neuron *rows = mn_call_array(scratch, n, sizeof(*rows));
	mn_id *ids = mn_call_array(scratch, n, sizeof(*ids));
	size_t *places = mn_call_array(scratch, n, sizeof(*places)), m = 0;
	mn_rows got = {0};
	int rc = MN_OK;

	if (!rows || !ids || !places)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const mn_neuron *row = known_row(known, nodes[i]);

		if (row) {
			rows[i] = *row;
		} else {
			places[m] = i;
			ids[m++] = mn_view_id(v, nodes[i]);
		}
	}
	*out = (struct mn_texts){nodes, {MN_NEURON, n, {rows}}, known ? known->seen : v->gen};
	if (m) {
		v->trips++;
		rc = mn_brain_get(v->brain, scratch, MN_NEURON, (mn_ids){ids, m},
			MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META, &got);
		out->seen = scratch->at;
	}
	for (size_t i = 0; i < m && rc == MN_OK; i++)
		rows[places[i]] = got.at.neuron[i];
	return rc;
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
	if (net_touched(v, node)) {
		mn_free(s);
	} else {
		net_publish(v->net, node, s);
		net_learn(v->net, node, row);
	}
	pthread_mutex_unlock(&v->net->lock);
	return MN_OK;
}

int mn_read_words(mn_view *v, mn_call *scratch, mn_analyst *analyst, const uint32_t *nodes,
	size_t n, struct mn_texts *out)
{
	uint32_t *asked = mn_call_array(scratch, n, sizeof(*asked));
	size_t m = 0;
	int rc;

	if (!asked)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!mn_view_list(v, nodes[i], MN_WAY_WORDS))
			asked[m++] = nodes[i];
	rc = get_rows(v, scratch, NULL, asked, m, out);
	for (size_t i = 0; i < m && rc == MN_OK; i++) {
		const mn_neuron *row = &out->rows.at.neuron[i];
		mn_subject subject = {.text = row->text, .want = MN_WANT_STEMS};
		mn_analysis said = {0};

		rc = mn_analyze(analyst, scratch, &subject, &said);
		if (rc == MN_OK)
			rc = publish(v, &out->seen, asked[i], row, words_slice(&said));
	}
	return rc;
}

/* ---- Mentions ------------------------------------------------------------------------------ */

const mn_list *mn_mentions_of(mn_view *v, uint32_t node)
{
	const struct slice *s = net_slice(v->net, node, MN_WAY_MENTIONS);

	return s && s->naming == v->naming ? mn_view_list(v, node, MN_WAY_MENTIONS) : NULL;
}

struct mn_mention { /* of one memory */
	mn_analysis said;
	const uint32_t *entity; /* of each candidate */
	mn_view *view;
};

static bool is_head(void *ctx, const mn_candidate *candidate, size_t i)
{
	const struct mn_mention *t = ctx;
	const mn_list *heads;

	(void)candidate;
	if (t->entity[i] == MN_NOBODY)
		return false;
	heads = mn_view_list(t->view, t->entity[i], MN_WAY_HEADS);
	return heads && heads->degree;
}

static int analyze(mn_analyst *analyst, mn_call *scratch, struct mn_mentions *m)
{
	int rc = MN_OK;

	for (size_t i = 0; i < m->texts.rows.n && rc == MN_OK; i++) {
		const mn_neuron *row = &m->texts.rows.at.neuron[i];
		mn_subject subject = {.text = row->text, .want = MN_WANT_NAMES};

		rc = mn_meta_string(scratch, row->meta, "title", &subject.title);
		if (rc == MN_OK)
			rc = mn_analyze(analyst, scratch, &subject, &m->of[i].said);
		m->nentities += m->of[i].said.ncandidates;
	}
	return rc;
}

/* Looks up all candidates at once. */
static int look_up(mn_view *v, mn_call *scratch, struct mn_mentions *m)
{
	mn_key *keys = mn_call_array(scratch, m->nentities, sizeof(*keys));
	uint32_t *entities = mn_call_array(scratch, m->nentities, sizeof(*entities));
	size_t k = 0;

	if (!keys || !entities)
		return MN_ENOMEM;
	for (size_t i = 0; i < m->texts.rows.n; i++) {
		const mn_analysis *said = &m->of[i].said;

		m->of[i].entity = entities + k;
		m->of[i].view = v;
		for (size_t c = 0; c < said->ncandidates; c++)
			keys[k++] = (mn_key){MN_ENTITY, said->candidates[c].name};
	}
	m->entities = entities;
	return mn_view_names(v, keys, k, entities);
}

static struct slice *mentions_slice(struct mn_mention *t)
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

int mn_mentions_begin(mn_view *v, mn_call *scratch, mn_analyst *analyst,
	const struct mn_texts *known, const uint32_t *nodes, size_t n, struct mn_mentions *out)
{
	uint32_t *asked = mn_call_array(scratch, n, sizeof(*asked));
	size_t m = 0;
	int rc;

	*out = (struct mn_mentions){.of = mn_call_array(scratch, n, sizeof(*out->of))};
	if (!asked || !out->of)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!mn_mentions_of(v, nodes[i]))
			asked[m++] = nodes[i];
	rc = get_rows(v, scratch, known, asked, m, &out->texts);
	if (rc == MN_OK)
		rc = analyze(analyst, scratch, out);
	return rc == MN_OK && out->nentities ? look_up(v, scratch, out) : rc;
}

int mn_mentions_end(mn_view *v, const struct mn_mentions *m)
{
	int rc = MN_OK;

	for (size_t i = 0; i < m->texts.rows.n && rc == MN_OK; i++)
		rc = publish(v, &m->texts.seen, m->texts.nodes[i], &m->texts.rows.at.neuron[i],
			mentions_slice(&m->of[i]));
	return rc;
}
