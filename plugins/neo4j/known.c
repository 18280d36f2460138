/* SPDX-License-Identifier: MIT */
/* known.c - the keys of brains, remembered by name. */
#include <string.h>

#include "db.h"

static struct known *find(mn_db *db, mn_str name)
{
	for (size_t i = 0; i < MOST_NAMES; i++) {
		struct known *k = &db->known[i];

		if (k->name && k->len == name.len && memcmp(k->name, name.ptr, name.len) == 0)
			return k;
	}
	return NULL;
}

static struct known *unused_longest(mn_db *db)
{
	struct known *best = &db->known[0];

	for (size_t i = 1; i < MOST_NAMES; i++)
		if (db->known[i].used < best->used)
			best = &db->known[i];
	return best;
}

bool db_known(mn_db *db, mn_str name, int64_t *key, int64_t *settled)
{
	struct known *k;

	if (name.len == 0)
		return false;
	pthread_mutex_lock(&db->lock);
	k = find(db, name);
	if (k) {
		*key = k->key;
		*settled = k->settled;
		k->used = ++db->uses;
	}
	pthread_mutex_unlock(&db->lock);
	return k != NULL;
}

/* It is no harm if there is no memory for it: then it is asked for again. */
static void remember(mn_db *db, mn_str name, int64_t key)
{
	char *copy = db->host->resize(db->host, NULL, name.len);
	struct known *k = unused_longest(db);

	if (!copy)
		return;
	memcpy(copy, name.ptr, name.len);
	db->host->resize(db->host, k->name, 0);
	*k = (struct known){.name = copy, .len = name.len, .key = key, .used = ++db->uses};
}

void db_know(mn_db *db, mn_str name, int64_t key, int64_t settled)
{
	struct known *k;

	if (name.len == 0)
		return;
	pthread_mutex_lock(&db->lock);
	k = find(db, name);
	if (!k) {
		remember(db, name, key);
		k = find(db, name);
	}
	if (k && k->key != key) {
		k->key = key;
		k->settled = 0;
	}
	if (k && settled > k->settled)
		k->settled = settled;
	pthread_mutex_unlock(&db->lock);
}

void db_forget(mn_db *db, mn_str name)
{
	struct known *k;

	pthread_mutex_lock(&db->lock);
	k = find(db, name);
	if (k) {
		db->host->resize(db->host, k->name, 0);
		*k = (struct known){0};
	}
	pthread_mutex_unlock(&db->lock);
}

int db_enter(const mn_db *db, mn_call *call, bool write)
{
	if (db->host->cancelled(call))
		return db->host->fail_cancelled(call);
	if (write && db->read_only)
		return db->host->fail(call, MN_EREADONLY, 0, "the store was opened read-only");
	return MN_OK;
}
