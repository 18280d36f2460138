/* SPDX-License-Identifier: MIT */
/*
 * brains.c - the brains that are open, kept between requests.
 *
 * An entry is found by its brain's name or uid, and looked up again in the store when it is older
 * than REFRESH, since somebody else may have renamed the brain. One lock; opening and closing,
 * which may take long, happen without it.
 */
#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"

enum { UNUSED_MAX = 64, REFRESH = 5 * 1000000 };

struct entry {
	struct entry *next;
	mn_brain *brain;
	mn_str name, uid; /* its own */
	size_t users;
	mn_time opened, used;
	bool forgotten;
};

struct mn_brains {
	mn_server *server;
	pthread_mutex_t lock;
	struct entry *entries;
};

mn_brains *mn_brains_new(mn_server *s)
{
	mn_brains *b = mn_alloc_zero(1, sizeof(*b));

	if (!b)
		return NULL;
	b->server = s;
	pthread_mutex_init(&b->lock, NULL);
	return b;
}

static void free_entry(struct entry *e)
{
	if (!e)
		return;
	mn_brain_close(e->brain);
	mn_free((char *)e->name.ptr);
	mn_free((char *)e->uid.ptr);
	mn_free(e);
}

void mn_brains_free(mn_brains *b)
{
	struct entry *e;

	if (!b)
		return;
	while ((e = b->entries)) {
		b->entries = e->next;
		free_entry(e);
	}
	pthread_mutex_destroy(&b->lock);
	mn_free(b);
}

/* Locked. */
static struct entry *find(mn_brains *b, mn_str name)
{
	for (struct entry *e = b->entries; e; e = e->next)
		if (!e->forgotten && mn_str_eq(e->name, name))
			return e;
	for (struct entry *e = b->entries; e; e = e->next)
		if (!e->forgotten && e->uid.len && mn_str_eq(e->uid, name))
			return e;
	return NULL;
}

static void take_out(mn_brains *b, struct entry *which)
{
	struct entry **at = &b->entries;

	while (*at != which)
		at = &(*at)->next;
	*at = which->next;
}

/* One that nobody uses and nobody will: forgotten, or there are too many. Locked; the caller frees
 * it when the lock is free. */
static struct entry *superfluous(mn_brains *b)
{
	struct entry *oldest = NULL;
	size_t unused = 0;

	for (struct entry *e = b->entries; e; e = e->next) {
		if (e->users)
			continue;
		unused++;
		if (e->forgotten || !oldest || (!oldest->forgotten && e->used < oldest->used))
			oldest = e;
	}
	if (!oldest || (!oldest->forgotten && unused <= UNUSED_MAX))
		return NULL;
	take_out(b, oldest);
	return oldest;
}

static bool keep(mn_str *to, mn_str from)
{
	char *copy = mn_alloc(from.len + 1);

	if (!copy)
		return false;
	memcpy(copy, from.len ? from.ptr : "", from.len);
	copy[from.len] = '\0';
	*to = (mn_str){copy, from.len};
	return true;
}

static int open_entry(mn_brains *b, mn_call *call, mn_str name, struct entry **out)
{
	struct entry *e = mn_alloc_zero(1, sizeof(*e));
	mn_brain_row row;
	int rc = e ? mn_brain_open(b->server->store, call, name, &e->brain) : mn_fail_memory(call);

	if (rc == MN_OK)
		rc = mn_brain_describe(e->brain, call, &row);
	if (rc == MN_OK && (!keep(&e->name, row.name) || !keep(&e->uid, row.uid)))
		rc = mn_fail_memory(call);
	if (rc) {
		free_entry(e);
		return rc;
	}
	*out = e;
	return MN_OK;
}

/* Has it been opened lately enough? Locked. */
static struct entry *fresh(mn_brains *b, mn_str name, mn_time now)
{
	struct entry *e = find(b, name);

	if (!e || now - e->opened > REFRESH)
		return NULL;
	e->users++;
	e->used = now;
	return e;
}

/* The new entry, or the one of that name that is there already and is confirmed by it. Locked. */
static struct entry *enter(mn_brains *b, struct entry *e, mn_time now)
{
	struct entry *known = find(b, e->name);

	if (known && mn_str_eq(known->uid, e->uid) && mn_str_eq(known->name, e->name)) {
		known->opened = known->used = now;
		known->users++;
		return known;
	}
	if (known)
		known->forgotten = true;
	e->opened = e->used = now;
	e->users = 1;
	e->next = b->entries;
	b->entries = e;
	return e;
}

int mn_server_brain_get(mn_server *s, mn_call *call, mn_str name, mn_brain **out)
{
	mn_brains *b = s->brains;
	mn_time now = mn_server_clock(s);
	struct entry *e, *opened = NULL, *old;
	int rc;

	pthread_mutex_lock(&b->lock);
	e = fresh(b, name, now);
	pthread_mutex_unlock(&b->lock);
	if (!e) {
		rc = open_entry(b, call, name, &opened);
		if (rc == MN_ENOBRAIN)
			mn_server_brain_forget(s, name);
		if (rc)
			return rc;
		pthread_mutex_lock(&b->lock);
		e = enter(b, opened, now);
		old = superfluous(b);
		pthread_mutex_unlock(&b->lock);
		if (e != opened)
			free_entry(opened);
		free_entry(old);
	}
	*out = e->brain;
	return MN_OK;
}

void mn_server_brain_put(mn_server *s, mn_brain *brain)
{
	mn_brains *b = s->brains;
	struct entry *e, *old;

	if (!brain)
		return;
	pthread_mutex_lock(&b->lock);
	for (e = b->entries; e && e->brain != brain; e = e->next)
		;
	if (e)
		e->users--;
	old = superfluous(b);
	pthread_mutex_unlock(&b->lock);
	free_entry(old);
}

void mn_server_brain_forget(mn_server *s, mn_str name)
{
	mn_brains *b = s->brains;
	struct entry *e, *old;

	pthread_mutex_lock(&b->lock);
	while ((e = find(b, name)))
		e->forgotten = true;
	old = superfluous(b);
	pthread_mutex_unlock(&b->lock);
	free_entry(old);
}

mn_str mn_brains_name(mn_brains *b, const mn_brain *brain)
{
	mn_str name = MN_STR("");

	pthread_mutex_lock(&b->lock);
	for (struct entry *e = b->entries; e; e = e->next)
		if (e->brain == brain)
			name = e->name;
	pthread_mutex_unlock(&b->lock);
	return name;
}

void mn_brains_sum(mn_brains *b, mn_vitals *sum, size_t *open)
{
	mn_vitals v = MN_SIZED(mn_vitals);

	*sum = (mn_vitals)MN_SIZED(mn_vitals);
	*open = 0;
	pthread_mutex_lock(&b->lock);
	for (struct entry *e = b->entries; e; e = e->next) {
		if (e->forgotten || mn_brain_vitals(e->brain, &v))
			continue;
		++*open;
		sum->cache_bytes += v.cache_bytes;
		sum->cache_budget += v.cache_budget;
		sum->cache_hits += v.cache_hits;
		sum->cache_misses += v.cache_misses;
		sum->recalls += v.recalls;
		sum->remembered += v.remembered;
	}
	pthread_mutex_unlock(&b->lock);
}
