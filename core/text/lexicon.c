/* SPDX-License-Identifier: MIT */
#include "text/lexicon.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"

#define MOST_BYTES ((size_t)32 << 20)
#define LONGEST_KEY ((size_t)256)
#define ENTRY 64 /* bytes of a slot, as the map is half full on average */

struct mn_lexicon {
	mn_gen at;
	mn_strmap ids;
	size_t bytes;
	mn_buf spelled; /* the key that is asked for: its type, then its text */
};

static void forget(mn_lexicon *x)
{
	mn_strmap_free(&x->ids);
	x->bytes = 0;
}

mn_lexicon *mn_lexicon_new(void)
{
	mn_lexicon *x = mn_alloc_zero(1, sizeof(*x));

	if (x)
		x->spelled.max = LONGEST_KEY;
	return x;
}

const mn_gen *mn_lexicon_at(const mn_lexicon *x)
{
	return &x->at;
}

void mn_lexicon_free(mn_lexicon *x)
{
	if (!x)
		return;
	forget(x);
	mn_buf_free(&x->spelled);
	mn_free(x);
}

void mn_lexicon_open(mn_lexicon *x, const mn_gen *at)
{
	if (x->at.epoch != at->epoch || x->at.graph != at->graph)
		forget(x);
	x->at = *at;
}

/* The map's key; ptr NULL: it is too long, or there is no memory. */
static mn_str spell(mn_lexicon *x, const mn_key *key)
{
	mn_buf_clear(&x->spelled);
	mn_buf_add(&x->spelled, &key->type, sizeof(key->type));
	mn_buf_str(&x->spelled, key->text);
	return mn_buf_ok(&x->spelled) ? mn_buf_view(&x->spelled) : (mn_str){0};
}

bool mn_lexicon_find(mn_lexicon *x, const mn_key *key, mn_id *id)
{
	const mn_str spelled = spell(x, key);
	const uint64_t *known = spelled.ptr ? mn_strmap_get(&x->ids, spelled) : NULL;

	if (known)
		*id = *known;
	return known;
}

void mn_lexicon_learn(mn_lexicon *x, const mn_key *key, mn_id id)
{
	const mn_str spelled = spell(x, key);
	struct mn_strmap_slot *slot;
	bool is_new;

	if (!spelled.ptr)
		return;
	if (x->bytes > MOST_BYTES)
		forget(x);
	slot = mn_strmap_meet(&x->ids, spelled, &is_new);
	if (!slot)
		return; /* it will be looked up again */
	slot->value = id;
	if (is_new)
		x->bytes += spelled.len + ENTRY;
}

void mn_lexicon_move(mn_lexicon *x, const mn_gen *at)
{
	x->at = *at;
}
