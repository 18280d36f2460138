/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"

#define FIRST 16

uint64_t mn_hash(mn_str s)
{
	return XXH3_64bits(s.ptr, s.len);
}

/* A finaliser that spreads dense ids over the table (Stafford's mix 13 of MurmurHash3). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static bool crowded(size_t n, size_t cap)
{
	return (n + 1) * 10 > cap * 7;
}

static struct mn_idmap_slot *id_slot(const mn_idmap *m, uint64_t key)
{
	size_t i = mix(key) & (m->cap - 1);

	while (m->slots[i].key && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static int id_grow(mn_idmap *m)
{
	mn_idmap to = {.cap = m->cap ? m->cap * 2 : FIRST, .n = m->n};

	to.slots = mn_alloc_zero(to.cap, sizeof(*to.slots));
	if (!to.slots)
		return MN_ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key)
			*id_slot(&to, m->slots[i].key) = m->slots[i];
	mn_free(m->slots);
	*m = to;
	return MN_OK;
}

int mn_idmap_put(mn_idmap *m, uint64_t key, uint64_t value)
{
	struct mn_idmap_slot *s;

	if (crowded(m->n, m->cap) && id_grow(m) != MN_OK)
		return MN_ENOMEM;
	s = id_slot(m, key);
	m->n += s->key == 0;
	*s = (struct mn_idmap_slot){key, value};
	return MN_OK;
}

uint64_t *mn_idmap_get(const mn_idmap *m, uint64_t key)
{
	struct mn_idmap_slot *s = m->cap ? id_slot(m, key) : NULL;

	return s && s->key ? &s->value : NULL;
}

bool mn_idmap_drop(mn_idmap *m, uint64_t key)
{
	struct mn_idmap_slot *s = m->cap ? id_slot(m, key) : NULL;
	size_t hole, i;

	if (!s || !s->key)
		return false;
	/* Close the gap: whoever probed past the hole moves into it. */
	hole = (size_t)(s - m->slots);
	for (i = (hole + 1) & (m->cap - 1); m->slots[i].key; i = (i + 1) & (m->cap - 1)) {
		size_t home = mix(m->slots[i].key) & (m->cap - 1);

		if (((i - home) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole] = (struct mn_idmap_slot){0, 0};
	m->n--;
	return true;
}

void mn_idmap_clear(mn_idmap *m)
{
	if (m->cap)
		memset(m->slots, 0, m->cap * sizeof(*m->slots));
	m->n = 0;
}

void mn_idmap_free(mn_idmap *m)
{
	mn_free(m->slots);
	*m = (mn_idmap){0};
}

static struct mn_strmap_slot *str_slot(const mn_strmap *m, mn_str key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);

	while (m->slots[i].key.ptr
		&& !(m->slots[i].hash == hash && mn_str_eq(m->slots[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static int str_grow(mn_strmap *m)
{
	mn_strmap to = {.cap = m->cap ? m->cap * 2 : FIRST, .n = m->n, .keys = m->keys};

	to.slots = mn_alloc_zero(to.cap, sizeof(*to.slots));
	if (!to.slots)
		return MN_ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].key.ptr)
			*str_slot(&to, m->slots[i].key, m->slots[i].hash) = m->slots[i];
	mn_free(m->slots);
	*m = to;
	return MN_OK;
}

struct mn_strmap_slot *mn_strmap_meet(mn_strmap *m, mn_str key, bool *is_new)
{
	uint64_t hash = mn_hash(key);
	struct mn_strmap_slot *s;

	if (!m->keys && !(m->keys = mn_arena_new(SIZE_MAX)))
		return NULL;
	if (crowded(m->n, m->cap) && str_grow(m) != MN_OK)
		return NULL;
	s = str_slot(m, key, hash);
	*is_new = !s->key.ptr;
	if (*is_new) {
		mn_str copy = mn_arena_copy(m->keys, key);

		if (!copy.ptr)
			return NULL;
		*s = (struct mn_strmap_slot){copy, hash, 0};
		m->n++;
	}
	return s;
}

int mn_strmap_put(mn_strmap *m, mn_str key, uint64_t value)
{
	bool is_new;
	struct mn_strmap_slot *s = mn_strmap_meet(m, key, &is_new);

	if (!s)
		return MN_ENOMEM;
	s->value = value;
	return MN_OK;
}

uint64_t *mn_strmap_get(const mn_strmap *m, mn_str key)
{
	struct mn_strmap_slot *s = m->cap ? str_slot(m, key, mn_hash(key)) : NULL;

	return s && s->key.ptr ? &s->value : NULL;
}

bool mn_strmap_drop(mn_strmap *m, mn_str key)
{
	struct mn_strmap_slot *s = m->cap ? str_slot(m, key, mn_hash(key)) : NULL;
	size_t hole, i;

	if (!s || !s->key.ptr)
		return false;
	hole = (size_t)(s - m->slots);
	for (i = (hole + 1) & (m->cap - 1); m->slots[i].key.ptr; i = (i + 1) & (m->cap - 1)) {
		size_t home = m->slots[i].hash & (m->cap - 1);

		if (((i - home) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole] = (struct mn_strmap_slot){0};
	m->n--;
	return true;
}

void mn_strmap_clear(mn_strmap *m)
{
	if (m->cap)
		memset(m->slots, 0, m->cap * sizeof(*m->slots));
	m->n = 0;
	if (m->keys)
		mn_arena_reset(m->keys);
}

void mn_strmap_free(mn_strmap *m)
{
	mn_free(m->slots);
	mn_arena_free(m->keys);
	*m = (mn_strmap){0};
}
