/* SPDX-License-Identifier: MIT */
/* engine.h - what an engine is made of; private to core. */
#ifndef MN_ENGINE_H
#define MN_ENGINE_H

#include <pthread.h>

#include "backend.h"

struct mn_pool;    /* job/pool.c */
struct mn_plugins; /* store/plugin.c */
struct mn_watch;   /* base/watch.c: deadlines that fire cancel hooks */

struct mn_engine {
	mn_seams seams;
	mn_host host; /* services for backends; host.size stamped, engine found by container */
	mn_options options; /* strings copied into arena */
	mn_arena *arena;
	pthread_mutex_t lock;
	struct mn_plugins *plugins;
	struct mn_pool *pool; /* started with the first job */
	struct mn_watch *watch;
};

/* store/host.c */
void mn_host_init(mn_host *);

/* store/plugin.c: finds and loads; results live as long as the engine. Locked inside. */
int mn_plugins_load(mn_engine *, mn_call *, struct mn_plugins **out);
int mn_plugins_find(mn_engine *, mn_call *, mn_str scheme, const mn_backend **out);
void mn_plugins_free(struct mn_plugins *);

/* job/pool.c */
void mn_pool_free(struct mn_pool *);

/* base/watch.c */
void mn_watch_free(struct mn_watch *);

#endif
