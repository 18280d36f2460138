/* SPDX-License-Identifier: MIT */
/* Every screen as it looks, at three sizes, on a brain that is the same in every run. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "stage.h"

/* Keys, as a keyboard sends them. */
#define ENTER "\r"
#define ESC "\x1b"
#define TAB "\t"
#define DOWN "\x1bOB"

/* At a SETTLE the test waits until what was begun has ended. */
#define SETTLE "\x1f"
/* After a CUT the store's line is cut. */
#define CUT "\x1e"

struct scene {
	const char *name, *keys;
	int (*run)(const char *dir);
};

static const struct scene scenes[] = {
	{"brains", "1", stage_run},
	{"explorer", "", stage_run},
	{"explorer-filter", "/bug type:m" ENTER, stage_run},
	{"explorer-alike", "/moth type:m" ENTER SETTLE "=", stage_run},
	{"explorer-walk", "/grace type:ent" ENTER SETTLE ENTER "jj" ENTER, stage_run},
	{"recall-empty", "3", stage_run},
	{"recall", "3who found the first bug" ENTER SETTLE "$", stage_run},
	{"recall-start", "3who found the first bug" ENTER SETTLE "0", stage_run},
	{"recall-spread", "3who found the first bug" ENTER SETTLE "0......" TAB "j", stage_run},
	{"recall-nothing", "3xyzzy" ENTER, stage_run},
	{"why", "3who found the first bug" ENTER SETTLE "$w", stage_run},
	{"why-not", "3who found the first bug" ENTER SETTLE "Wpanel" ENTER, stage_run},
	{"compare", "3who found the first bug" ENTER SETTLE "K" SETTLE "c", stage_run},
	{"capacity", "4", stage_run},
	{"jobs", "5", stage_run},
	{"maintenance", "6" SETTLE "j", stage_run},
	{"maintenance-broken", "6" SETTLE "jjj", stage_run},
	{"maintenance-form",
		"6" SETTLE "G" TAB ENTER "\x15"
		"7" ENTER,
		stage_run},
	{"maintenance-needed", "6" SETTLE "Gn", stage_run},
	{"maintenance-report", "6" SETTLE "jn", stage_run},
	{"maintenance-plan", "3who found the first bug" ENTER SETTLE "6" SETTLE "n" SETTLE "jj",
		stage_run_later},
	{"maintenance-done", ":run prune --set why=spring" ENTER SETTLE "a" SETTLE "k",
		stage_run_later},
	{"maintenance-undo", "6" SETTLE "n" SETTLE "a" SETTLE "u", stage_run_later},
	{"maintenance-undone", "6" SETTLE "n" SETTLE "a" SETTLE "uy", stage_run_later},
	{"help", "3" TAB "?", stage_run},
	{"confirm", "1D", stage_run},
	{"lost", "3who found the first bug" ENTER SETTLE "$" CUT "/ again" ENTER, stage_run_frail},
	{"cypher", ":cypher" ENTER "9" ENTER SETTLE "j", stage_run_frail},
	{"cypher-graph", ":cypher 40" ENTER SETTLE TAB "jj", stage_run_frail},
	{"cypher-wide", ":cypher wide" ENTER SETTLE "jl", stage_run_frail},
	{"cypher-row", ":cypher wide" ENTER SETTLE ENTER, stage_run_frail},
	{"cypher-none", ":cypher none" ENTER, stage_run_frail},
	{"cypher-fault", ":cypher RETURN \x1b]2;no\x07" ENTER, stage_run_frail},
	{"unsent", CUT ":remember a heron" ENTER SETTLE "1", stage_run_frail},
};

static const int sizes[][2] = {{30, 100}, {16, 60}, {60, 200}};

static void type_all(rig *r, const char *keys)
{
	char part[256];

	while (*keys) {
		size_t n = strcspn(keys, SETTLE CUT);

		snprintf(part, sizeof(part), "%.*s", (int)n, keys);
		rig_type(r, part);
		rig_screen(r);
		if (keys[n] == *CUT) {
			snprintf(part, sizeof(part), "%s/down", r->dir);
			close(open(part, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		}
		keys += n + (keys[n] != '\0');
	}
}

static void play(const struct scene *scene, int rows, int columns)
{
	const rig_play stage = {.rows = rows, .columns = columns, .run = scene->run};
	char name[64];
	rig r;

	rig_begin(&r, &stage);
	rig_screen(&r); /* the brain is open */
	type_all(&r, scene->keys);
	snprintf(name, sizeof(name), "%s-%dx%d", scene->name, columns, rows);
	rig_golden(name, rig_screen(&r));
	rig_end(&r);
}

static void every_screen_looks_as_it_did(void **state)
{
	const char *only = getenv("MN_SCENE");

	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		if (only && strcmp(only, scenes[i].name) != 0)
			continue;
		for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++)
			play(&scenes[i], sizes[k][0], sizes[k][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_screen_looks_as_it_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
