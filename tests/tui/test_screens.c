/* SPDX-License-Identifier: MIT */
/* Every screen as it looks, at three sizes, on a brain that is the same in every run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct scene {
	const char *name, *keys;
};

static const struct scene scenes[] = {
	{"brains", "1"},
	{"explorer", ""},
	{"explorer-filter", "/bug type:m" ENTER},
	{"explorer-walk", "/grace type:ent" ENTER SETTLE ENTER "jj" ENTER},
	{"recall-empty", "3"},
	{"recall", "3who found the first bug" ENTER SETTLE "$"},
	{"recall-start", "3who found the first bug" ENTER SETTLE "0"},
	{"recall-spread", "3who found the first bug" ENTER SETTLE "0......" TAB "j"},
	{"recall-nothing", "3xyzzy" ENTER},
	{"why", "3who found the first bug" ENTER SETTLE "$w"},
	{"why-not", "3who found the first bug" ENTER SETTLE "Wpanel" ENTER},
	{"compare", "3who found the first bug" ENTER SETTLE "K" SETTLE "c"},
	{"capacity", "4"},
	{"jobs", "5"},
	{"help", "3" TAB "?"},
	{"confirm", "1D"},
};

static const int sizes[][2] = {{30, 100}, {16, 60}, {60, 200}};

static void type_all(rig *r, const char *keys)
{
	char part[256];

	while (*keys) {
		size_t n = strcspn(keys, SETTLE);

		snprintf(part, sizeof(part), "%.*s", (int)n, keys);
		rig_type(r, part);
		rig_screen(r);
		keys += n + (keys[n] != '\0');
	}
}

static void play(const struct scene *scene, int rows, int columns)
{
	const rig_play stage = {.rows = rows, .columns = columns, .run = stage_run};
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
