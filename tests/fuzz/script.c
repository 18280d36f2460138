/* SPDX-License-Identifier: MIT */
/*
 * script.c - any bytes as what the process of a script says: frames of a byte for the type, two for
 * the size, and the payload. Whatever comes, what is to be done is an array of steps that reads as
 * JSON, what is told of the script is plain, and every question is answered or refused.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "fuzz.h"
#include "script/script.h"

static struct {
	mn_engine *engine;
	mn_call call, guard;
	mn_brain *brain;
} w;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void begin(void)
{
	mn_error err = MN_SIZED(mn_error);
	mn_note note = MN_SIZED(mn_note);
	mn_remembered out = MN_SIZED(mn_remembered);
	mn_store *store;

	must(mn_engine_new(NULL, &err, &w.engine) == MN_OK);
	must(mn_call_init(&w.call, w.engine, (size_t)64 << 20) == MN_OK);
	must(mn_store_open(w.engine, &w.call, MN_STR("memory:"), false, &store) == MN_OK);
	must(mn_store_create(store, &w.call, MN_STR("b"), (mn_str){NULL, 0}) == MN_OK);
	must(mn_brain_open(store, &w.call, MN_STR("b"), &w.brain) == MN_OK);
	note.text = MN_STR("Ada wrote a program in London");
	must(mn_brain_remember(w.brain, &w.call, &note, 1, &out) == MN_OK);
	w.guard = (mn_call){.size = sizeof(mn_call), .engine = w.engine};
	mn_call_reset(&w.call);
}

static void check_plain(mn_str s)
{
	for (size_t i = 0; i < s.len; i++)
		must((unsigned char)s.ptr[i] >= 32 && s.ptr[i] != 127);
}

static void try_about(mn_take *t)
{
	mn_arena *a = mn_arena_new((size_t)16 << 20);
	mn_script_head head = {0};

	must(a);
	if (mn_about_read(&w.call, t, a, MN_STR("t.lua"), &head) == MN_OK) {
		check_plain(head.purpose);
		for (size_t i = 0; i < head.nparams; i++)
			check_plain(head.params[i].help);
	} else {
		must(w.call.err->text[0]);
	}
	mn_arena_free(a);
}

static void try_question(mn_serving *s, uint32_t type, mn_take *t)
{
	const mn_buf *out;
	uint32_t reply;
	int status = mn_serving_answer(s, &w.call, type, t, &reply, &out);

	must(status == MN_OK || status == MN_EIO);
	must(status != MN_OK || reply != MN_FRAME_ERROR || out->len > 0);
	if (status == MN_OK && reply == MN_FRAME_PAGE)
		mn_serving_ahead(s);
}

static void try_frame(mn_steps *steps, mn_serving *s, uint32_t type, mn_take *t)
{
	mn_buf why = MN_BUF(1000);

	switch (type) {
	case MN_FRAME_ABOUT: try_about(t); break;
	case MN_FRAME_STEP: mn_steps_add(steps, &w.call, t, &why); break;
	case MN_FRAME_CHANGE: mn_steps_change(steps, &w.call, t, &why); break;
	case MN_FRAME_SCAN:
	case MN_FRAME_NEXT:
	case MN_FRAME_CLOSE:
	case MN_FRAME_DEGREES: try_question(s, type, t); break;
	default: break;
	}
	mn_buf_free(&why);
}

static void check_steps(mn_steps *steps)
{
	mn_str json;
	json_t *array, *step;
	size_t i;

	must(mn_steps_take(steps, &w.call, &json) == MN_OK);
	array = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
	must(json_is_array(array));
	json_array_foreach(array, i, step) must(json_object_size(step) == 1);
	json_decref(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	mn_serving *serving;
	mn_steps steps;
	size_t want, n;
	mn_take t;

	if (!w.engine)
		begin();
	must(mn_steps_init(&steps, &w.call) == MN_OK);
	must(mn_serving_new(w.brain, &w.call, &w.guard, &serving) == MN_OK);
	while (end - at >= 3) {
		if (at[0] < MN_FRAME_ABOUT || at[0] > MN_FRAME_CHANGE) {
			at++; /* where inputs are cut and joined, a frame is soon found again */
			continue;
		}
		want = (uint8_t)at[1] + ((size_t)(uint8_t)at[2] << 8);
		n = want < (size_t)(end - at - 3) ? want : (size_t)(end - at - 3);
		t = (mn_take){at + 3, at + 3 + n, false};
		try_frame(&steps, serving, (uint8_t)at[0], &t);
		at += 3 + n;
	}
	check_steps(&steps);
	mn_steps_free(&steps);
	mn_serving_free(serving);
	mn_call_reset(&w.call);
	return 0;
}
