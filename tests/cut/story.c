/* SPDX-License-Identifier: MIT */
#include "story.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "base/iso.h"
#include "base/str.h"

static mn_time told(void *ctx)
{
	return ((struct story *)ctx)->now;
}

static void count_up(void *ctx, void *out, size_t n)
{
	struct story *s = ctx;

	/* Knuth's generator, of which the upper bits are good. */
	for (size_t i = 0; i < n; i++) {
		s->random = s->random * 6364136223846793005u + 1442695040888963407u;
		((unsigned char *)out)[i] = (unsigned char)(s->random >> 56);
	}
}

static void quiet(void *ctx, int level, const char *line)
{
	(void)ctx, (void)level, (void)line;
}

int story_open(struct story *s)
{
	mn_seams seams = {
		.size = sizeof(seams), .ctx = s, .wall = told, .random = count_up, .log = quiet};
	const mn_str dir = mn_str_of(getenv("MN_PLUGINS")), name = mn_str_of(s->name);
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);
	int rc;

	options.seams = &seams;
	options.plugin_dirs = (mn_strs){&dir, 1};
	options.state_dir = mn_str_of(s->state);
	rc = mn_engine_new(&options, &err, &s->engine);
	if (rc == MN_OK)
		rc = mn_call_init(&s->call, s->engine, 0);
	if (rc == MN_OK)
		rc = mn_store_open(s->engine, &s->call, mn_str_of(s->url), false, &s->store);
	if (rc == MN_OK)
		rc = mn_brain_open(s->store, &s->call, name.len ? name : MN_STR("b"), &s->brain);
	return rc;
}

void story_close(struct story *s)
{
	mn_brain_close(s->brain);
	mn_store_close(s->store);
	mn_call_done(&s->call);
	mn_engine_free(s->engine);
	s->brain = NULL;
	s->store = NULL;
	s->engine = NULL;
}

/* ---- Acts --------------------------------------------------------------------------------- */

static int remember(struct story *s, const char *const *texts, size_t n)
{
	mn_note notes[8];
	mn_remembered r = MN_SIZED(mn_remembered);

	for (size_t i = 0; i < n; i++) {
		notes[i] = MN_SIZED(mn_note);
		notes[i].text = mn_str_of(texts[i]);
	}
	return mn_brain_remember(s->brain, &s->call, notes, n, &r);
}

static int first(struct story *s)
{
	static const char *const texts[] = {"The first bug was a moth in a relay of the Mark II",
		"Grace Hopper taped the moth into the log book",
		"A relay of the Mark II clicks like a clock",
		"A relay of the Mark II clicks like a clock!"};

	return remember(s, texts, 4);
}

static int second(struct story *s)
{
	static const char *const texts[] = {"The log book lies in a museum in Washington"};

	return remember(s, texts, 1);
}

struct text {
	const char *at;
};

static int read_text(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	struct text *t = ctx;

	(void)call;
	*n = strlen(t->at) < room ? strlen(t->at) : room;
	memcpy(out, t->at, *n);
	t->at += *n;
	return MN_OK;
}

static int import(struct story *s)
{
	struct text text = {"{\"id\":\"x1\",\"text\":\"An iguana sleeps on the warm relay\"}\n"
			    "{\"id\":\"x2\",\"text\":\"The iguana of {x1} is called Ada\"}\n"};
	const mn_source source = {&text, read_text, MN_STR("lines")};
	mn_import_options options = MN_SIZED(mn_import_options);
	mn_import_report report = MN_SIZED(mn_import_report);

	options.format = MN_FORMAT_JSONL;
	return mn_import(s->brain, &s->call, &options, &source, &report);
}

static int run(struct story *s, const char *steps)
{
	mn_plan *plan = NULL;
	int rc = mn_plan_new(s->brain, &s->call, mn_str_of(steps), NULL, &plan);

	if (rc == MN_OK && mn_plan_look(plan)->batches)
		rc = mn_plan_apply(plan, &s->call, NULL, NULL);
	mn_plan_free(plan);
	return rc;
}

static int decay(struct story *s)
{
	return run(s, "[{\"decay\":{}},{\"prune\":{\"below\":0.9,\"older_than_days\":0}}]");
}

static int archive(struct story *s)
{
	return run(s, "[{\"archive\":{\"older_than_days\":0,\"salience_below\":1,\"limit\":2}}]");
}

static int consolidate(struct story *s)
{
	return run(s,
		"[{\"consolidate\":{\"similarity\":0.8}},{\"orphans\":{\"older_than_days\":0}}]");
}

static int undo(struct story *s)
{
	return mn_run_undo(s->brain, &s->call, 0, false, NULL, NULL);
}

static int restore(struct story *s)
{
	return run(s, "[{\"restore\":{\"all\":true}}]");
}

static int rebuild(struct story *s)
{
	return run(s, "[{\"rebuild\":{}}]");
}

static int snapshot(struct story *s)
{
	return run(s, "[{\"snapshot\":{\"keep\":2}},{\"reinforce\":{\"synapses\":[1],\"uses\":2}},"
		      "{\"snapshot\":{\"keep\":2}}]");
}

/* Closing moves the log into the file: that must be cut too. */
static int again(struct story *s)
{
	story_close(s);
	return story_open(s);
}

static const struct {
	const char *name;
	int (*act)(struct story *);
} acts[] = {
	{"remember", first},
	{"reopen", again},
	{"remember more", second},
	{"import", import},
	{"decay and prune", decay},
	{"archive", archive},
	{"reopen after archive", again},
	{"consolidate", consolidate},
	{"undo", undo},
	{"restore", restore},
	{"rebuild", rebuild},
	{"snapshot", snapshot},
	{"reopen at the end", again},
};

unsigned story_acts(void)
{
	return sizeof(acts) / sizeof(*acts);
}

const char *story_act_name(unsigned act)
{
	return acts[act].name;
}

int story_act(struct story *s, unsigned act)
{
	int rc;

	s->now += MN_DAY;
	rc = acts[act].act(s);
	return rc;
}

/* ---- Afterwards --------------------------------------------------------------------------- */

int story_recover(struct story *s, uint64_t seed)
{
	const mn_run *runs = NULL;
	size_t n = 0;
	int rc = mn_run_list(s->brain, &s->call, &runs, &n);

	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		if (runs[i].state != MN_RUN_RUNNING)
			continue;
		return seed % 2 ? mn_run_resume(s->brain, &s->call, runs[i].run, NULL, NULL)
				: mn_run_undo(s->brain, &s->call, runs[i].run, true, NULL, NULL);
	}
	return rc;
}

int story_hash(struct story *s, unsigned char out[32])
{
	return mn_brain_hash(s->brain, &s->call, out);
}
