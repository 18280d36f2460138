/* SPDX-License-Identifier: MIT */
/*
 * db.h - an opened store: a server, the database in it, and what is remembered of its brains.
 *
 * A brain has a key of its own, a small number that every row of it carries and every statement
 * asks for, so that nothing leaks from brain to brain. Names are known with their keys, and with
 * the last version that is known to be whole (question.h).
 */
#ifndef MN_NEO4J_DB_H
#define MN_NEO4J_DB_H

#include <pthread.h>

#include "backend.h"
#include "http/http.h"

#define MOST_NAMES 64     /* brains whose keys are remembered */
#define LONGEST_NAME 1000 /* bytes of a brain's name and uid: what an index takes */
#define LONGEST_BOOKMARK 512
#define MOST_CHANGES 10000 /* of one apply: the server keeps a transaction in its memory */

struct known {
	char *name;
	size_t len;
	int64_t key, settled;
	uint64_t used;
};

struct mn_db {
	const mn_host *host;
	const mn_config_service *config;
	const mn_words *words;
	const mn_rows_service *rows;
	const mn_json_service *json;
	http_pool *pool;
	bool read_only;
	bool plain;                            /* no Query API: the transactional endpoint */
	char *query, *commit;                  /* paths of both */
	char *authorization;                   /* header; NULL: none */
	char *where, *user, *database, *title; /* for sentences; without secrets */
	pthread_mutex_t lock;                  /* of what follows */
	struct known known[MOST_NAMES];
	uint64_t uses;
	char wrote[LONGEST_BOOKMARK], read[LONGEST_BOOKMARK]; /* bookmarks; empty: none */
};

int db_open(const mn_host *, mn_call *, mn_str url, bool read_only, mn_db **out);
void db_close(mn_db *);

/* Constraints and indexes, made where they are missing, and ready when this returns: schema.c */
int schema_ensure(mn_db *, mn_call *);

bool db_known(mn_db *, mn_str name, int64_t *key, int64_t *settled);
/* settled: 0: not known. A brain that is new is remembered instead of the one unused longest. */
void db_know(mn_db *, mn_str name, int64_t key, int64_t settled);
void db_forget(mn_db *, mn_str name);

int fail_memory(const mn_db *, mn_call *);
int fail_garbage(const mn_db *, mn_call *); /* the answer is not one of Neo4j's */
int fail_brain(const mn_db *, mn_call *, mn_str name);
/* Is the call to go on, and may it write? */
int db_enter(const mn_db *, mn_call *, bool write);

/* What went wrong at the server, by the name Neo4j gives it: fault.c. `said`: its own words. */
int fault_fail(const mn_db *, mn_call *, const char *code, mn_str said, int http, bool foreign);
bool fault_passes(const char *code); /* by itself: worth another try */

#endif
