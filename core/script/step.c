/* SPDX-License-Identifier: MIT */
/* step.c - the steps of a plan, as a script's process names them, checked for their form. */
#include <inttypes.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "script/script.h"
#include "upkeep/verb.h"

#define MOST_BYTES ((size_t)96 << 20)
#define CHECK_LIMIT ((size_t)64 << 20)

/* Names that Lua scripts write otherwise. */
static mn_str verb_of(mn_str name)
{
	return mn_str_is(name, "merge") ? MN_STR("consolidate") : name;
}

static const char *param_of(mn_str verb, const char *name)
{
	return mn_str_is(verb, "decay") && strcmp(name, "to") == 0 ? "until" : name;
}

int mn_steps_init(mn_steps *s, mn_call *call)
{
	*s = (mn_steps){.json = MN_BUF(MOST_BYTES), .step = MN_BUF(2 * MN_FRAME_MOST)};
	mn_buf_char(&s->json, '[');
	if (mn_call_init(&s->check, call->engine, CHECK_LIMIT) != MN_OK)
		return mn_fail_memory(call);
	return MN_OK;
}

void mn_steps_free(mn_steps *s)
{
	mn_buf_free(&s->json);
	mn_buf_free(&s->step);
	mn_call_done(&s->check);
}

static void end_changes(mn_steps *s)
{
	if (s->changing)
		mn_buf_text(&s->json, "]}}");
	s->changing = false;
}

/* Separates a step from the one before it. */
static bool begin(mn_steps *s, mn_buf *why)
{
	if (s->nsteps == MN_PLAN_STEPS) {
		mn_buf_printf(why, "a plan has at most %d steps", MN_PLAN_STEPS);
		return false;
	}
	end_changes(s);
	if (s->nsteps++)
		mn_buf_char(&s->json, ',');
	return true;
}

static void write_step(mn_buf *out, mn_str verb, const json_t *params)
{
	mn_member m = {.of = params};
	bool more = false;

	mn_buf_text(out, "[{");
	mn_buf_json(out, verb);
	mn_buf_text(out, ":{");
	while (mn_member_next(&m)) {
		if (more)
			mn_buf_char(out, ',');
		mn_buf_json(out, mn_str_of(param_of(verb, m.name)));
		mn_buf_char(out, ':');
		mn_json_write(m.value, out);
		more = true;
	}
	mn_buf_text(out, "}}]");
}

/* Reads it as the plan's maker will; the sentence is without its place, which is the script's line.
 */
static int check_step(mn_steps *s, mn_call *call, mn_buf *why)
{
	const char *text = s->check.err->text;
	mn_step_list list;
	int status;

	mn_call_reset(&s->check);
	if (!mn_buf_ok(&s->step))
		return mn_fail_memory(call);
	status = mn_step_list_read(&s->check, mn_buf_view(&s->step), 0, &list);
	if (status == MN_OK)
		json_decref(list.tree);
	else if (status == MN_EINVAL)
		mn_buf_text(
			why, strncmp(text, "step 1", 6) == 0 ? text + strlen("step 1, ") : text);
	else
		return mn_fail(call, status, 0, "%s", text);
	return MN_OK;
}

int mn_steps_add(mn_steps *s, mn_call *call, mn_take *t, mn_buf *why)
{
	const mn_str verb = verb_of(mn_take_str(t)), params = mn_take_str(t);
	json_t *object = NULL;
	char fault[128];
	int status;

	if (!mn_take_end(t))
		return MN_EIO;
	status = mn_json_read(params, fault, sizeof(fault), &object);
	if (status == MN_ENOMEM)
		return mn_fail_memory(call);
	if (status != MN_OK || !json_is_object(object)) {
		mn_buf_printf(why, "the parameters of %.*s are not fit for a plan: %s",
			MN_FMT(verb), status != MN_OK ? fault : "no table of names");
		json_decref(object);
		return MN_OK;
	}
	mn_buf_clear(&s->step);
	write_step(&s->step, verb, object);
	json_decref(object);
	status = check_step(s, call, why);
	if (status == MN_OK && !why->len && begin(s, why))
		mn_buf_add(&s->json, s->step.ptr + 1, s->step.len - 2);
	if (status == MN_OK && !mn_buf_ok(&s->json))
		status = mn_fail(call, MN_ENOMEM, 0, "the plan becomes too large");
	return status;
}

/* ---- Changes of rows ---------------------------------------------------------------------- */

static const char *change_fault(const mn_frame_change *c)
{
	if (c->op >= MN_FRAME_CHANGE_OPS)
		return "there is no such change";
	if (c->id == 0 || c->id > INT64_MAX)
		return "an id is a whole number from 1 on";
	if (c->op >= MN_FRAME_TUNE_SYNAPSE && !(c->value >= 0 && c->value <= 1))
		return "a weight and a salience are from 0 to 1";
	return NULL;
}

static void write_change(mn_buf *b, const mn_frame_change *c)
{
	static const char *const kinds[MN_FRAME_CHANGE_OPS] = {
		[MN_FRAME_DROP_NEURON] = "neuron",
		[MN_FRAME_DROP_SYNAPSE] = "synapse",
		[MN_FRAME_DROP_FIBER] = "fiber",
		[MN_FRAME_TUNE_SYNAPSE] = "synapse",
		[MN_FRAME_TUNE_FIBER] = "fiber",
	};
	const bool drop = c->op < MN_FRAME_TUNE_SYNAPSE;

	mn_buf_printf(b, "{\"%s\":{\"%s\":%" PRIu64, drop ? "drop" : "tune", kinds[c->op], c->id);
	if (!drop) {
		mn_buf_text(b, c->op == MN_FRAME_TUNE_SYNAPSE ? ",\"base\":" : ",\"salience\":");
		mn_buf_number(b, c->value);
	}
	mn_buf_text(b, "}}");
}

static void add_change(mn_steps *s, const mn_frame_change *c, mn_buf *why)
{
	const char *fault = change_fault(c);

	if (fault) {
		mn_buf_text(why, fault);
	} else if (s->changing) {
		mn_buf_char(&s->json, ',');
		write_change(&s->json, c);
	} else if (begin(s, why)) {
		mn_buf_text(&s->json, "{\"change\":{\"rows\":[");
		write_change(&s->json, c);
		s->changing = true;
	}
}

int mn_steps_change(mn_steps *s, mn_call *call, mn_take *t, mn_buf *why)
{
	const size_t n = (size_t)(t->end - t->at) / sizeof(mn_frame_change);
	mn_frame_change c;

	if (n == 0 || n > MN_FRAME_CHANGES || (size_t)(t->end - t->at) % sizeof(c))
		return MN_EIO;
	s->nchanges += n;
	if (s->nchanges > MN_PLAN_ITEMS)
		mn_buf_printf(why,
			"a script changes at most %d rows one by one: say what is to go by a rule, "
			"such as plan:prune",
			MN_PLAN_ITEMS);
	for (size_t i = 0; i < n && !why->len; i++) {
		mn_take_raw(t, &c, sizeof(c));
		add_change(s, &c, why);
	}
	return mn_buf_ok(&s->json) ? MN_OK
				   : mn_fail(call, MN_ENOMEM, 0, "the plan becomes too large");
}

int mn_steps_take(mn_steps *s, mn_call *call, mn_str *out)
{
	end_changes(s);
	mn_buf_char(&s->json, ']');
	if (!mn_buf_ok(&s->json))
		return mn_fail(call, MN_ENOMEM, 0, "the plan becomes too large");
	*out = mn_call_copy(call, mn_buf_view(&s->json));
	return out->ptr ? MN_OK : MN_ENOMEM;
}
