/* SPDX-License-Identifier: MIT */
/* step.c - the steps of a plan, as a script's process names them, checked for their form. */
#include <inttypes.h>
#include <math.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "script/script.h"

#define MOST_STEPS 1000
#define MOST_CHANGES 1000000
#define MOST_BYTES ((size_t)96 << 20)

/* What there is to be done, and with what; values are checked by whoever makes the plan. */
static const struct verb {
	const char *name, *params;
} verbs[] = {
	{"decay", " until "},
	{"reinforce", " synapses uses "},
	{"prune", " below older_than_days types keep_last limit "},
	{"orphans", " older_than_days types "},
	{"archive", " older_than_days salience_below tags limit "},
	{"restore", " fibers all "},
	{"consolidate", " similarity neighbourhood limit "},
	{"expire", ""},
	{"rebuild", ""},
};
#define NVERBS (sizeof(verbs) / sizeof(*verbs))

/* Names that Lua scripts write otherwise. */
static mn_str verb_of(mn_str name)
{
	return mn_str_is(name, "merge") ? MN_STR("consolidate") : name;
}

static const char *param_of(const struct verb *v, const char *name)
{
	return strcmp(v->name, "decay") == 0 && strcmp(name, "to") == 0 ? "until" : name;
}

static const struct verb *find(mn_str name)
{
	for (size_t i = 0; i < NVERBS; i++)
		if (mn_str_is(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static bool takes(const struct verb *v, const char *name)
{
	char word[64];

	return snprintf(word, sizeof(word), " %s ", name) < (int)sizeof(word) && word[1] != ' '
	       && strstr(v->params, word);
}

void mn_steps_init(mn_steps *s)
{
	*s = (mn_steps){.json = MN_BUF(MOST_BYTES)};
	mn_buf_char(&s->json, '[');
}

void mn_steps_free(mn_steps *s)
{
	mn_buf_free(&s->json);
}

static void end_changes(mn_steps *s)
{
	if (s->changing)
		mn_buf_text(&s->json, "]}");
	s->changing = false;
}

/* Separates a step from the one before it. */
static bool begin(mn_steps *s, mn_buf *why)
{
	if (s->nsteps == MOST_STEPS) {
		mn_buf_printf(why, "a plan has at most %d steps", MOST_STEPS);
		return false;
	}
	end_changes(s);
	if (s->nsteps++)
		mn_buf_char(&s->json, ',');
	return true;
}

static void write_params(mn_steps *s, const struct verb *v, const json_t *params)
{
	mn_member m = {.of = params};
	bool more = false;

	mn_buf_printf(&s->json, "{\"%s\":{", v->name);
	while (mn_member_next(&m)) {
		if (more)
			mn_buf_char(&s->json, ',');
		mn_buf_json(&s->json, mn_str_of(param_of(v, m.name)));
		mn_buf_char(&s->json, ':');
		mn_json_write(m.value, &s->json);
		more = true;
	}
	mn_buf_text(&s->json, "}}");
}

static bool check_params(const struct verb *v, const json_t *params, mn_buf *why)
{
	mn_member m = {.of = params};

	if (!json_is_object(params)) {
		mn_buf_text(why, "the parameters of a step are no table of names");
		return false;
	}
	while (mn_member_next(&m))
		if (!takes(v, param_of(v, m.name))) {
			mn_buf_printf(why, "%s has no parameter \"%.80s\" (%s%s)", v->name, m.name,
				v->params[0] ? "there are:" : "it has none", v->params);
			return false;
		}
	return true;
}

static void say_verbs(mn_str name, mn_buf *why)
{
	mn_buf_printf(why, "there is no step \"%.*s\" (there are:", MN_FMT(name));
	for (size_t i = 0; i < NVERBS; i++)
		mn_buf_printf(why, " %s", verbs[i].name);
	mn_buf_char(why, ')');
}

int mn_steps_add(mn_steps *s, mn_call *call, mn_take *t, mn_buf *why)
{
	const mn_str name = mn_take_str(t), params = mn_take_str(t);
	const struct verb *v = find(verb_of(name));
	json_t *object = NULL;
	char fault[128];
	int status;

	if (!mn_take_end(t))
		return MN_EIO;
	if (!v) {
		say_verbs(name, why);
		return MN_OK;
	}
	status = mn_json_read(params, fault, sizeof(fault), &object);
	if (status == MN_ENOMEM)
		return mn_fail_memory(call);
	if (status != MN_OK)
		mn_buf_printf(
			why, "the parameters of %s are not fit for a plan: %s", v->name, fault);
	else if (check_params(v, object, why) && begin(s, why))
		write_params(s, v, object);
	json_decref(object);
	return mn_buf_ok(&s->json) ? MN_OK
				   : mn_fail(call, MN_ENOMEM, 0, "the plan becomes too large");
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
		mn_buf_text(&s->json, "{\"change\":[");
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
	if (s->nchanges > MOST_CHANGES)
		mn_buf_printf(why,
			"a script changes at most %d rows one by one: say what is to go by a rule, "
			"such as plan:prune",
			MOST_CHANGES);
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
