/* SPDX-License-Identifier: MIT */
/*
 * limit.c - how many requests a second from one peer or with one token.
 *
 * The generic cell rate algorithm (ITU-T I.371): one time per peer, when its bucket would be empty
 * again. The table has a fixed size: sets of four, keyed by a hash nobody can foresee; a newcomer
 * takes the place of the one in its set that has been quiet longest. A million peers cost what one
 * costs.
 */
#include <sodium.h>

#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"

enum { SETS = 2048, WAYS = 4 };

struct slot {
	uint64_t key;
	mn_time empty, used;
};

struct mn_limit {
	unsigned char secret[crypto_shorthash_KEYBYTES];
	mn_time each, burst; /* microseconds a request costs; and may be ahead; 0: no limit */
	struct slot slots[SETS][WAYS];
};

mn_limit *mn_limit_new(uint32_t per_second, uint32_t burst)
{
	mn_limit *l = mn_alloc_zero(1, sizeof(*l));

	if (!l)
		return NULL;
	randombytes_buf(l->secret, sizeof(l->secret));
	if (per_second) {
		l->each = 1000000 / per_second ? 1000000 / per_second : 1;
		l->burst = l->each * (burst ? burst : per_second);
	}
	return l;
}

void mn_limit_free(mn_limit *l)
{
	mn_free(l);
}

static struct slot *slot_of(mn_limit *l, mn_str who, mn_time now)
{
	struct slot *set, *oldest;
	uint64_t key;

	crypto_shorthash((unsigned char *)&key, (const unsigned char *)who.ptr, who.len, l->secret);
	set = oldest = l->slots[key % SETS];
	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key && set[i].used)
			return &set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	*oldest = (struct slot){.key = key, .empty = now, .used = now};
	return oldest;
}

mn_time mn_limit_take(mn_limit *l, mn_str who, mn_time now)
{
	struct slot *s;

	if (!l->each)
		return 0;
	s = slot_of(l, who, now);
	s->used = now;
	if (s->empty < now)
		s->empty = now;
	if (s->empty + l->each - now > l->burst)
		return s->empty + l->each - now - l->burst;
	s->empty += l->each;
	return 0;
}
