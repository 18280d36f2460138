/* SPDX-License-Identifier: MIT */
#include "upkeep/step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "upkeep/verb.h"

struct reading {
	mn_call *call;
	size_t place; /* of the step, from 1 */
	const char *verb, *name;
	mn_step *step;
};

static int wrong(struct reading *r, const char *must)
{
	return mn_fail(
		r->call, MN_EINVAL, 0, "step %zu, %s: %.60s %s", r->place, r->verb, r->name, must);
}

static int out_of_range(struct reading *r, const mn_step_param *p)
{
	return mn_fail(r->call, MN_EINVAL, 0, "step %zu, %s: %s must be a number from %g to %g",
		r->place, r->verb, p->name, p->least, p->most);
}

/* ---- Values ------------------------------------------------------------------------------- */

static int take_number(struct reading *r, const mn_step_param *p, const json_t *v, void *to)
{
	const double x = json_number_value(v);

	if (!json_is_number(v) || !(x >= p->least && x <= p->most)
		|| (p->form == MN_STEP_COUNT && x != floor(x)))
		return out_of_range(r, p);
	if (p->form == MN_STEP_NUMBER)
		*(double *)to = x;
	else if (p->form == MN_STEP_COUNT)
		*(uint64_t *)to = (uint64_t)x;
	else
		*(mn_time *)to = (mn_time)(x * (double)MN_DAY);
	return MN_OK;
}

static int take_time(struct reading *r, const json_t *v, mn_time *to)
{
	if (json_is_integer(v) && json_integer_value(v) > 0)
		*to = json_integer_value(v);
	else if (!json_is_string(v) || !mn_iso_read(mn_json_str(v), to))
		return wrong(r, "must be a time such as \"2024-05-08\"");
	return MN_OK;
}

static int check_list(struct reading *r, const json_t *v)
{
	if (!json_is_array(v))
		return wrong(r, "must be an array");
	return json_array_size(v) > MN_PLAN_ITEMS ? wrong(r, "has more than 1000000 items") : MN_OK;
}

static int take_texts(struct reading *r, const json_t *v, mn_strs *to)
{
	const size_t n = json_array_size(v);
	int rc = check_list(r, v);
	mn_str *at = rc ? NULL : mn_call_array(r->call, n + 1, sizeof(*at));

	if (!at)
		return rc ? rc : MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!json_is_string(json_array_get(v, i)))
			return wrong(r, "must hold nothing but strings");
		at[i] = mn_call_copy(r->call, mn_json_str(json_array_get(v, i)));
		if (!at[i].ptr)
			return MN_ENOMEM;
	}
	*to = (mn_strs){at, n};
	return MN_OK;
}

static int take_ids(struct reading *r, const json_t *v, mn_ids *to)
{
	const size_t n = json_array_size(v);
	int rc = check_list(r, v);
	mn_id *at = rc ? NULL : mn_call_array(r->call, n + 1, sizeof(*at));

	if (!at)
		return rc ? rc : MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_int_t id = json_integer_value(json_array_get(v, i));

		if (id <= 0)
			return wrong(r, "must hold nothing but ids");
		at[i] = (mn_id)id;
	}
	*to = (mn_ids){at, n};
	return MN_OK;
}

/* Names that no row bears are asked about, not kept. */
static int take_types(struct reading *r, const json_t *v, int kind, mn_step *step)
{
	mn_strs names;
	int rc = take_texts(r, v, &names);
	uint16_t *codes = rc ? NULL : mn_call_array(r->call, names.n + 1, sizeof(*codes));

	if (!codes)
		return rc ? rc : MN_ENOMEM;
	for (size_t i = 0; rc == MN_OK && i < names.n; i++) {
		if (names.at[i].len == 0 || names.at[i].len > 100)
			return wrong(r, "must hold names of 1 to 100 bytes");
		rc = mn_type_ask(r->call, kind, names.at[i], &codes[i]);
	}
	step->types = codes;
	step->ntypes = names.n;
	return rc;
}

static int take_rows(struct reading *r, const json_t *v, const json_t **to)
{
	*to = v;
	return check_list(r, v);
}

static int take(struct reading *r, const mn_step_param *p, const json_t *v)
{
	void *to = (char *)r->step + p->offset;

	switch (p->form) {
	case MN_STEP_TIME: return take_time(r, v, to);
	case MN_STEP_TYPES: return take_types(r, v, MN_SYNAPSE, r->step);
	case MN_STEP_KINDS: return take_types(r, v, MN_NEURON, r->step);
	case MN_STEP_TEXTS: return take_texts(r, v, to);
	case MN_STEP_IDS: return take_ids(r, v, to);
	case MN_STEP_ROWS: return take_rows(r, v, to);
	case MN_STEP_TRUTH:
		*(bool *)to = json_is_true(v);
		return json_is_boolean(v) ? MN_OK : wrong(r, "must be true or false");
	default: return take_number(r, p, v, to);
	}
}

/* ---- Steps -------------------------------------------------------------------------------- */

static void fill_usual(const mn_step_param *p, mn_step *step)
{
	void *to = (char *)step + p->offset;

	if (p->form == MN_STEP_NUMBER)
		*(double *)to = p->usual;
	else if (p->form == MN_STEP_COUNT)
		*(uint64_t *)to = p->usual < 0 ? UINT64_MAX : (uint64_t)p->usual;
	else if (p->form == MN_STEP_DAYS)
		*(mn_time *)to = (mn_time)(p->usual * (double)MN_DAY);
	else if (p->form == MN_STEP_TRUTH)
		*(bool *)to = p->usual != 0;
}

static const mn_step_param *param_of(const mn_verb *verb, const char *name)
{
	for (const mn_step_param *p = verb->params; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static int unknown(struct reading *r)
{
	char names[160] = "";
	size_t at = 0;

	for (const mn_step_param *p = r->step->verb->params; p->name && at < sizeof(names); p++)
		at += (size_t)snprintf(
			names + at, sizeof(names) - at, "%s%s", at ? ", " : "", p->name);
	return mn_fail(r->call, MN_EINVAL, 0,
		"step %zu, %s: there is no parameter %.40s; it takes %s", r->place, r->verb,
		r->name, *names ? names : "none");
}

static int read_params(struct reading *r, const json_t *object)
{
	mn_member m = {.of = object};
	int rc = MN_OK;

	if (!json_is_object(object))
		return mn_fail(r->call, MN_EINVAL, 0,
			"step %zu, %s: what it takes must be an object, such as {}", r->place,
			r->verb);
	for (const mn_step_param *p = r->step->verb->params; p->name; p++) {
		fill_usual(p, r->step);
		r->name = p->name;
		if (p->needed && !json_object_get(object, p->name))
			return wrong(r, "must be given");
	}
	while (rc == MN_OK && mn_member_next(&m)) {
		const mn_step_param *p = param_of(r->step->verb, m.name);

		r->name = m.name;
		rc = p ? take(r, p, m.value) : unknown(r);
	}
	return rc;
}

static int read_step(struct reading *r, const json_t *object)
{
	mn_member m = {.of = object};

	if (json_object_size(object) != 1 || !mn_member_next(&m))
		return mn_fail(r->call, MN_EINVAL, 0,
			"step %zu must be an object of one member, such as {\"decay\":{}}",
			r->place);
	r->step->verb = mn_verb_find(mn_str_of(m.name));
	if (!r->step->verb)
		return mn_fail(r->call, MN_EINVAL, 0,
			"step %zu: there is no verb %.40s; there are %s", r->place, m.name,
			mn_verb_names());
	r->verb = r->step->verb->name;
	return read_params(r, m.value);
}

int mn_step_list_read(mn_call *call, mn_str json, mn_time today, mn_step_list *out)
{
	char why[128];
	json_t *tree = NULL;
	int rc = mn_json_read(json, why, sizeof(why), &tree);
	const size_t n = json_array_size(tree);
	mn_step *at;

	if (rc)
		return rc == MN_ENOMEM
			       ? mn_fail_memory(call)
			       : mn_fail(call, MN_EINVAL, 0, "the steps are no JSON: %s", why);
	at = mn_call_array(call, n + 1, sizeof(*at));
	rc = at ? MN_OK : MN_ENOMEM;
	if (rc == MN_OK && (!json_is_array(tree) || n == 0 || n > MN_PLAN_STEPS))
		rc = mn_fail(
			call, MN_EINVAL, 0, "a plan is an array of 1 to %d steps", MN_PLAN_STEPS);
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		struct reading r = {.call = call, .place = i + 1, .step = &at[i]};

		at[i].until = today;
		at[i].limit = UINT64_MAX;
		rc = read_step(&r, json_array_get(tree, i));
	}
	if (rc) {
		json_decref(tree);
		return rc;
	}
	*out = (mn_step_list){at, n, tree};
	return MN_OK;
}
