/* SPDX-License-Identifier: MIT */
/* keys.c - the neurons a batch needs by type and text: found with one lookup. */
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "text/outline.h"

void mn_keys_clear(mn_keys *k)
{
	k->n = 0;
	mn_strmap_clear(&k->places);
	k->round++; /* a batch at a time: it does not come round within a process's life */
}

void mn_keys_free(mn_keys *k)
{
	mn_free(k->at);
	mn_free(k->info);
	mn_free(k->of_stem);
	mn_strmap_free(&k->places);
	mn_buf_free(&k->spelled);
	*k = (mn_keys){0};
}

static int append(mn_outline *p, mn_key key, mn_str label, bool needed)
{
	mn_keys *k = &p->keys;

	if (mn_grow((void **)&k->at, &k->cap, k->n + 1, sizeof(*k->at), UINT32_MAX) != MN_OK
		|| mn_grow((void **)&k->info, &k->info_cap, k->n + 1, sizeof(*k->info), UINT32_MAX)
			   != MN_OK)
		return mn_fail_memory(p->call);
	k->at[k->n] = key;
	k->info[k->n++] = (struct mn_keyed){.label = label, .needed = needed};
	return MN_OK;
}

int mn_keys_add(mn_outline *p, uint16_t type, mn_str text, mn_str label, bool needed, uint32_t *key)
{
	mn_keys *k = &p->keys;
	struct mn_strmap_slot *s;
	bool is_new;

	k->spelled.max = SIZE_MAX / 2;
	mn_buf_clear(&k->spelled);
	mn_buf_add(&k->spelled, &type, sizeof(type));
	mn_buf_str(&k->spelled, text);
	s = mn_buf_ok(&k->spelled) ? mn_strmap_meet(&k->places, mn_buf_view(&k->spelled), &is_new)
				   : NULL;
	if (!s)
		return mn_fail_memory(p->call);
	if (is_new) {
		mn_key own = {type, mn_str_sub(s->key, sizeof(type), text.len)};

		s->value = k->n;
		if (append(p, own, label, needed) != MN_OK)
			return MN_ENOMEM;
	}
	*key = (uint32_t)s->value;
	k->info[*key].needed |= needed;
	return MN_OK;
}

int mn_keys_add_stem(mn_outline *p, const mn_stem *stem, uint32_t *key)
{
	mn_keys *k = &p->keys;
	size_t old = k->of_stem_cap;
	struct mn_stem_key *at;

	if (mn_grow((void **)&k->of_stem, &k->of_stem_cap, (size_t)stem->id + 1,
		    sizeof(*k->of_stem), UINT32_MAX)
		!= MN_OK)
		return mn_fail_memory(p->call);
	if (k->of_stem_cap > old)
		memset(k->of_stem + old, 0, (k->of_stem_cap - old) * sizeof(*k->of_stem));
	at = &k->of_stem[stem->id];
	if (at->round != k->round) {
		*at = (struct mn_stem_key){k->round, (uint32_t)k->n};
		if (append(p, (mn_key){MN_CONCEPT, stem->text}, (mn_str){NULL, 0}, true) != MN_OK)
			return MN_ENOMEM;
	}
	*key = at->key;
	return MN_OK;
}

/* What the lexicon knows is filled in; the others' places into `unknown`, *n of them. */
static void recognise(mn_outline *p, size_t *unknown, size_t *n)
{
	mn_keys *k = &p->keys;

	*n = 0;
	if (p->knows)
		mn_lexicon_open(p->lexicon, &p->at);
	for (size_t i = 0; i < k->n; i++)
		if (!p->knows || !mn_lexicon_find(p->lexicon, &k->at[i], &k->info[i].id))
			unknown[(*n)++] = i;
}

static int ask_for(mn_outline *p, const size_t *places, size_t n)
{
	mn_keys *k = &p->keys;
	mn_key *asked = mn_call_array(p->call, n, sizeof(*asked));
	mn_id *ids = mn_call_array(p->call, n, sizeof(*ids));
	int rc;

	if (!asked || !ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		asked[i] = k->at[places[i]];
	rc = mn_brain_lookup(p->brain, p->call, asked, n, ids);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		k->info[places[i]].id = ids[i];
	return rc;
}

int mn_keys_look_up(mn_outline *p)
{
	mn_keys *k = &p->keys;
	size_t *unknown = mn_call_array(p->call, k->n, sizeof(*unknown)), n;
	int rc = MN_OK;

	if (!unknown)
		return MN_ENOMEM;
	recognise(p, unknown, &n);
	if (n)
		rc = ask_for(p, unknown, n);
	for (size_t i = 0; rc == MN_OK && i < k->n; i++)
		k->info[i].fresh = k->info[i].id == 0;
	return rc;
}

void mn_keys_learn(mn_outline *p, const mn_gen *after)
{
	const mn_keys *k = &p->keys;

	for (size_t i = 0; i < k->n; i++)
		mn_lexicon_learn(p->lexicon, &k->at[i], k->info[i].id);
	mn_lexicon_move(p->lexicon, after);
}
