/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define NOW INT64_C(1715169600000000) /* 2024-05-08T12:00:00Z */
#define DAY INT64_C(86400000000)

static const struct {
	const char *title, *text;
	int days_ago;
} notes[] = {
	{"bug",
		"An unwanted property of a program. The word is older than {Grace Hopper}: {Edison} "
		"wrote of bugs in 1878.",
		400},
	{"first bug",
		"In 1947 {Grace Hopper} taped a moth into the log of the {Mark II}: the first "
		"actual case of a bug being found.",
		300},
	{"Grace Hopper",
		"Rear admiral and programmer; she wrote the first compiler and shaped "
		"{COBOL}.",
		250},
	{"Mark II", "A relay computer at Harvard. A moth stopped relay 70 of panel F.", 200},
	{"COBOL", "A language for business, after ideas of {Grace Hopper}.", 190},
	{"debugging", "Taking bugs out of a program; harder than putting them in.", 120},
	{"glitch", "A sudden interruption of a program, not quite a {bug}.", 90},
	{"feature", "A {bug} with seniority.", 60},
	{"Heisenbug", "A {bug} that changes when it is watched; after Heisenberg.", 30},
	{"moth", "An insect that likes light, relays and panel F.", 7},
	{"terminal",
		"Careful: \x1b[31mred\x1b[2J and \xe2\x80\xae"
		"right-to-left\xe2\x80\xac and \x07.",
		2},
	{"\xe8\x99\xab", "\xe8\x99\xab means insect, and a bug in a program.", 1},
};

static mn_time wall_now = NOW;

static mn_time still_wall(void *ctx)
{
	(void)ctx;
	return wall_now;
}

static mn_time still_monotonic(void *ctx)
{
	(void)ctx;
	return 1000000;
}

static mn_time live_monotonic(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (mn_time)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The same numbers in the same order: a linear congruence (Knuth's MMIX). */
static void no_chance(void *ctx, void *out, size_t n)
{
	static _Atomic uint64_t seed;
	unsigned char *at = out;

	(void)ctx;
	while (n--) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		*at++ = (unsigned char)(seed >> 56);
	}
}

static void log_line(void *ctx, int level, const char *line)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "%s\n", line);
}

static size_t no_secret(void *ctx, const char *name, char *out, size_t room)
{
	(void)ctx;
	(void)name;
	(void)out;
	(void)room;
	return 0;
}

static int fill(mn_store *store, mn_call *call)
{
	enum { N = sizeof(notes) / sizeof(*notes) };
	mn_note all[N];
	mn_remembered done = MN_SIZED(mn_remembered);
	mn_brain *brain = NULL;
	char ids[N][8];
	int status = mn_store_create(store, call, MN_STR("hoppers"), MN_STR(""));

	for (int i = 0; i < N; i++) {
		snprintf(ids[i], sizeof(ids[i]), "n%d", i + 1);
		all[i] = MN_SIZED(mn_note);
		all[i].id = mn_str_of(ids[i]);
		all[i].title = mn_str_of(notes[i].title);
		all[i].text = mn_str_of(notes[i].text);
		all[i].time = NOW - notes[i].days_ago * DAY;
		all[i].has_time = true;
	}
	if (status == MN_OK)
		status = mn_brain_open(store, call, MN_STR("hoppers"), &brain);
	if (status == MN_OK)
		status = mn_brain_remember(brain, call, all, N, &done);
	mn_brain_close(brain);
	if (status == MN_OK)
		status = mn_store_create(store, call, MN_STR("empty"), MN_STR(""));
	return status;
}

/* Scripts, some of which are broken or worse. */
static const struct {
	const char *name, *text;
} scripts[] = {
	{"archive",
		"return {name = 'archive', purpose = 'Move old memories out of the way.',"
		"params = {{name = 'older_than_days', type = 'integer', default = 0, min = 0,"
		"max = 3650, help = 'unused for so long'}},"
		"run = function(brain, plan, p)"
		" plan:archive{older_than_days = p.older_than_days, salience_below = 0.9, limit = 4} end}"},
	{"audit", "return {name = 'audit', purpose = 'Say what is there.', params = {},"
		  "run = function() emit('twelve notes\\n\\27[31mred\\27[2J\\n')"
		  " log('\\u{202e}backwards') end}"},
	{"broken", "return {"},
	{"e\x1b[31mvil\n", "error('\\27[31mred')"},
	{"lift", "return {name = 'lift', purpose = 'Give every memory one salience.',"
		 "params = {{name = 'to', type = 'number', default = 0.9, min = 0, max = 1}},"
		 "run = function(brain, plan, p)"
		 " for f in brain:fibers{} do plan:tune_fiber(f, p.to) end end}"},
	{"prune",
		"return {name = 'prune', purpose = 'Drop synapses that weigh next to nothing.',"
		"params = {"
		"{name = 'below', type = 'number', default = 0.6, min = 0, max = 1,"
		" help = 'lighter ones go'},"
		"{name = 'how', type = 'choice', choices = {'gently', 'roughly'},"
		" default = 'gently', help = 'whether a memory keeps its last link'},"
		"{name = 'rest', type = 'boolean', default = true, help = 'what is left over, too'},"
		"{name = 'types', type = 'list', default = {}, help = 'only these'},"
		"{name = 'why', type = 'text', help = 'for the log'}},"
		"run = function(brain, plan, p)"
		" plan:prune{below = p.below, older_than_days = 0, keep_last = p.how == 'gently'}"
		" if p.rest then plan:orphans{older_than_days = 0} end log(p.why) end}"},
};

static bool write_scripts(void)
{
	char path[64];
	bool ok = mkdir("scripts", 0700) == 0;

	for (size_t i = 0; ok && i < sizeof(scripts) / sizeof(*scripts); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "scripts/%s.lua", scripts[i].name);
		f = fopen(path, "we");
		ok = f && fputs(scripts[i].text, f) >= 0;
		ok = f && fclose(f) == 0 && ok;
	}
	return ok;
}

static mn_time passes; /* once the notes are written */

/* In the test's own folder, so that whatever is written stays there. */
static int run(const char *home, const mn_seams *seams, const char *url, bool read_only, bool fresh)
{
	mn_str dirs[] = {mn_str_of(getenv("MN_PLUGINS")), mn_str_of(getenv("MN_FRAIL"))};
	mn_options options = MN_SIZED(mn_options);
	mn_tui_options tui = MN_SIZED(mn_tui_options);
	mn_error err = MN_SIZED(mn_error);
	mn_store *store = NULL;
	mn_call call;
	int code;

	if (chdir(home) || (access("scripts", F_OK) && !write_scripts()))
		return 89;
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	options.seams = seams;
	options.plugin_dirs = (mn_strs){dirs, dirs[1].len ? 2 : 1};
	if (mn_engine_new(&options, &err, &tui.engine) || mn_call_init(&call, tui.engine, 0))
		return 90;
	if (mn_store_open(tui.engine, &call, mn_str_of(url), false, &store) || fill(store, &call)) {
		fprintf(stderr, "%s\n", call.err->text);
		return 91;
	}
	wall_now += passes;
	tui.url = mn_str_of(url);
	tui.store = store;
	tui.brain = MN_STR("hoppers");
	tui.scripts = MN_STR("scripts");
	tui.color = true;
	tui.fresh = fresh;
	tui.read_only = read_only;
	tui.stop_fd = -1;
	code = mn_tui_main(&tui);
	mn_store_close(store);
	mn_call_done(&call);
	mn_engine_free(tui.engine);
	return code;
}

static mn_seams seams_with(mn_time (*monotonic)(void *))
{
	return (mn_seams){.size = sizeof(mn_seams),
		.wall = still_wall,
		.monotonic = monotonic,
		.random = no_chance,
		.log = log_line,
		.secret = no_secret};
}

int stage_run(const char *dir)
{
	mn_seams seams = seams_with(still_monotonic);

	return run(dir, &seams, "memory:", false, true);
}

int stage_run_live(const char *dir)
{
	mn_seams seams = seams_with(live_monotonic);

	return run(dir, &seams, "memory:", false, true);
}

int stage_run_read_only(const char *dir)
{
	mn_seams seams = seams_with(still_monotonic);

	passes = 40 * DAY;
	return run(dir, &seams, "memory:", true, true);
}

int stage_run_frail(const char *dir)
{
	mn_seams seams = seams_with(still_monotonic);

	return run(dir, &seams, "frail:down", false, true);
}

int stage_run_frail_live(const char *dir)
{
	mn_seams seams = seams_with(live_monotonic);

	return run(dir, &seams, "frail:down", false, true);
}

int stage_run_later(const char *dir)
{
	mn_seams seams = seams_with(still_monotonic);

	passes = 40 * DAY;
	return run(dir, &seams, "memory:", false, true);
}

static int run_kept(const char *dir, const char *url)
{
	mn_seams seams = seams_with(live_monotonic);

	if (setenv("XDG_STATE_HOME", getenv("MN_STATE"), 1))
		return 88;
	return run(dir, &seams, url, false, false);
}

int stage_run_frail_kept(const char *dir)
{
	return run_kept(dir, "frail:down");
}

int stage_run_kept(const char *dir)
{
	return run_kept(dir, "memory:");
}
