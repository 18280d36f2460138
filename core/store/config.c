/* SPDX-License-Identifier: MIT */
/* config.c - a brain's config: JSON in its row, numbers to those who use it. */
#include <math.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"
#include "store/brain.h"

/* The peer's defaults, so that its brains behave alike; see mn_store_create. */
static const mn_config defaults = {
	.decay_rate = 0.1,
	.reinforcement_delta = 0.05,
	.activation_threshold = 0.2,
	.default_synapse_weight = 0.5,
	.max_spread_hops = 4,
	.max_context_tokens = 1500,
};

static int read_number(
	mn_call *call, const json_t *object, const char *key, double most, double *out)
{
	const json_t *value = json_object_get(object, key);
	double x = json_number_value(value);

	if (!value)
		return MN_OK;
	if (!json_is_number(value) || !isfinite(x) || x < 0 || x > most)
		return mn_fail(call, MN_EINVAL, 0, "brain config: %s must be a number from 0 to %g",
			key, most);
	*out = x;
	return MN_OK;
}

static int read_count(
	mn_call *call, const json_t *object, const char *key, uint32_t most, uint32_t *out)
{
	const json_t *value = json_object_get(object, key);
	json_int_t x = json_integer_value(value);

	if (!value)
		return MN_OK;
	if (!json_is_integer(value) || x < 1 || x > (json_int_t)most)
		return mn_fail(call, MN_EINVAL, 0,
			"brain config: %s must be a whole number from 1 to %u", key, most);
	*out = (uint32_t)x;
	return MN_OK;
}

static int read_all(mn_call *call, const json_t *object, mn_config *c)
{
	const struct {
		const char *key;
		double most, *out;
	} numbers[] = {
		{"decay_rate", 100, &c->decay_rate},
		{"reinforcement_delta", 1, &c->reinforcement_delta},
		{"activation_threshold", 1, &c->activation_threshold},
		{"default_synapse_weight", 1, &c->default_synapse_weight},
	};
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < sizeof(numbers) / sizeof(*numbers); i++)
		status = read_number(call, object, numbers[i].key, numbers[i].most, numbers[i].out);
	if (status == MN_OK)
		status = read_count(call, object, "max_spread_hops", 100, &c->max_spread_hops);
	if (status == MN_OK)
		status = read_count(
			call, object, "max_context_tokens", 1000000, &c->max_context_tokens);
	return status;
}

int mn_config_parse(mn_call *call, mn_str json, mn_config *out)
{
	mn_config config = defaults;
	json_t *object = NULL;
	char why[128] = "";
	int status;

	if (json.len == 0) {
		*out = config;
		return MN_OK;
	}
	status = mn_json_read(json, why, sizeof(why), &object);
	if (status == MN_ENOMEM)
		return mn_fail_memory(call);
	if (!json_is_object(object)) {
		json_decref(object);
		return mn_fail(call, MN_EINVAL, 0, "brain config: not a JSON object%s%s",
			why[0] ? ": " : "", why);
	}
	status = read_all(call, object, &config);
	json_decref(object);
	if (status == MN_OK)
		*out = config;
	return status;
}
