/* SPDX-License-Identifier: MIT */
/*
 * world.h - for tests of maintenance: a brain in the store that the command line names, a clock
 * that a test sets, journals in a folder of the test's own. To be included after cmocka.h.
 */
#ifndef TESTS_UPKEEP_WORLD_H
#define TESTS_UPKEEP_WORLD_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "base/iso.h"
#include "base/str.h"
#include "mn.h"

#define IN_A_BRAIN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

struct world {
	char dir[64], url[128], state[128];
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	mn_time now;
};

static const char *store_kind = "memory";

static inline mn_time moment(const char *iso)
{
	mn_time t = 0;

	assert_true(mn_iso_read(mn_str_of(iso), &t));
	return t;
}

static inline mn_time told(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static inline void open_brain(struct world *w)
{
	mn_seams seams = {.size = sizeof(seams), .ctx = w, .wall = told};
	const mn_str dir = mn_str_of(getenv("MN_PLUGINS"));
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);

	options.seams = &seams;
	options.plugin_dirs = (mn_strs){&dir, 1};
	options.state_dir = mn_str_of(w->state);
	assert_int_equal(mn_engine_new(&options, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	if (mn_store_open(w->engine, &w->call, mn_str_of(w->url), false, &w->store) != MN_OK)
		fail_msg("%s", w->call.err->text);
	mn_store_create(w->store, &w->call, MN_STR("b"), (mn_str){NULL, 0});
	mn_call_reset(&w->call);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("b"), &w->brain), MN_OK);
}

static inline void close_brain(struct world *w)
{
	mn_brain_close(w->brain);
	mn_store_close(w->store);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
}

static inline int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/mn-upkeep-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->state, sizeof(w->state), "%s/state", w->dir);
	if (strcmp(store_kind, "sqlite") == 0)
		snprintf(w->url, sizeof(w->url), "sqlite:%s/brains", w->dir);
	else if (strcmp(store_kind, "neo4j") == 0)
		snprintf(w->url, sizeof(w->url), "%s", getenv("NEO4J_URL"));
	else
		snprintf(w->url, sizeof(w->url), "memory:");
	w->now = moment("2024-01-01");
	open_brain(w);
	*state = w;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static inline int tear_down(void **state)
{
	struct world *w = *state;

	mn_brain_close(w->brain);
	w->brain = NULL;
	mn_store_delete(w->store, &w->call, MN_STR("b"));
	close_brain(w);
	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

#define OK(w, call_)                                                     \
	do {                                                             \
		int rc_ = (call_);                                       \
		if (rc_ != MN_OK)                                        \
			fail_msg("%s: %s", #call_, (w)->call.err->text); \
	} while (0)

static inline void remember(struct world *w, const char *const *texts, size_t n)
{
	mn_note notes[64] = {{0}};
	mn_remembered r = MN_SIZED(mn_remembered);

	for (size_t i = 0; i < n; i++)
		notes[i] = (mn_note){.size = sizeof(mn_note), .text = mn_str_of(texts[i])};
	OK(w, mn_brain_remember(w->brain, &w->call, notes, n, &r));
	assert_int_equal(r.added, n);
}

struct hash {
	unsigned char at[32];
};

static inline struct hash hash_of(struct world *w)
{
	struct hash h;

	OK(w, mn_brain_hash(w->brain, &w->call, h.at));
	return h;
}

#define assert_same(a, b) assert_memory_equal((a).at, (b).at, 32)
#define assert_changed(a, b) assert_memory_not_equal((a).at, (b).at, 32)

static inline mn_plan *plan(struct world *w, const char *steps)
{
	mn_plan *p = NULL;

	OK(w, mn_plan_new(w->brain, &w->call, mn_str_of(steps), NULL, &p));
	return p;
}

static inline mn_run run(struct world *w, const char *steps)
{
	mn_plan *p = plan(w, steps);
	mn_run r;

	OK(w, mn_plan_apply(p, &w->call, NULL, &r));
	mn_plan_free(p);
	return r;
}

static inline mn_run undo(struct world *w)
{
	mn_run r;

	OK(w, mn_run_undo(w->brain, &w->call, 0, false, NULL, &r));
	return r;
}

static inline mn_brain_row row_of(struct world *w)
{
	mn_brain_row row;

	OK(w, mn_brain_describe(w->brain, &w->call, &row));
	return row;
}

#endif
