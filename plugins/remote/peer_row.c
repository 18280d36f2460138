/* SPDX-License-Identifier: MIT */
/*
 * peer_row.c - NeuralMemory's records as rows. What a record has and a row has not is kept in the
 * row's meta under "_nm", as our own server keeps it.
 */
#include <string.h>
#include <time.h>

#include "peer.h"

#define LONGEST_TEXT ((size_t)1 << 20)

/* NUL, which a text may not have here, becomes U+FFFD. */
static size_t repair(char *to, const char *from, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (from[i]) {
			to[len++] = from[i];
		} else {
			memcpy(to + len, "\xef\xbf\xbd", 3);
			len += 3;
		}
	}
	return len;
}

int peer_text(const mn_host *host, mn_call *call, const json_t *value, mn_str *out)
{
	const char *text = json_string_value(value);
	size_t n = json_string_length(value), nuls = 0;
	char *copy;

	*out = (mn_str){"", 0};
	if (!text || !n)
		return MN_OK;
	for (size_t i = 0; i < n; i++)
		nuls += text[i] == '\0';
	copy = host->alloc(call, n + 2 * nuls);
	if (!copy)
		return MN_ENOMEM;
	*out = (mn_str){copy, repair(copy, text, n)};
	return MN_OK;
}

/* n digits, and what must stand behind them (empty: anything); -1: not so. */
static int digits(const char **s, int n, const char *behind)
{
	int x = 0;

	for (int i = 0; i < n; i++) {
		if ((*s)[i] < '0' || (*s)[i] > '9')
			return -1;
		x = x * 10 + ((*s)[i] - '0');
	}
	*s += n;
	if (!*behind)
		return x;
	if (!**s || !strchr(behind, **s))
		return -1;
	++*s;
	return x;
}

static mn_time zone_of(const char *s)
{
	char sign = *s;
	int hours, minutes;

	if (sign != '+' && sign != '-')
		return 0;
	s++;
	hours = digits(&s, 2, ":");
	minutes = hours < 0 ? -1 : digits(&s, 2, "");
	return minutes < 0 ? 0 : (mn_time)(sign == '-' ? -60 : 60) * (hours * 60 + minutes);
}

/* "2025-03-03T15:00:00[.ffffff][Z|+HH:MM]", UTC where no zone stands; 0: no such moment. */
mn_time peer_time(const json_t *value)
{
	static const struct {
		int n;
		const char *behind;
	} form[] = {{4, "-"}, {2, "-"}, {2, "T "}, {2, ":"}, {2, ":"}, {2, ""}};
	const char *s = json_string_value(value);
	int at[6];
	mn_time micro = 0, unit = 100000;
	struct tm t = {0};

	for (size_t i = 0; i < sizeof(form) / sizeof(*form); i++) {
		at[i] = s ? digits(&s, form[i].n, form[i].behind) : -1;
		if (at[i] < 0)
			return 0;
	}
	t.tm_year = at[0] - 1900;
	t.tm_mon = at[1] - 1;
	t.tm_mday = at[2];
	t.tm_hour = at[3];
	t.tm_min = at[4];
	t.tm_sec = at[5];
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			micro += (*s - '0') * unit;
	return ((mn_time)timegm(&t) - zone_of(s)) * 1000000 + micro;
}

int peer_dump(const mn_host *host, mn_call *call, const json_t *object, mn_str *out)
{
	const size_t flags = JSON_COMPACT;
	size_t n;
	char *text;

	*out = (mn_str){"", 0};
	if (!json_object_size(object))
		return MN_OK;
	n = json_dumpb(object, NULL, 0, flags);
	text = n ? host->alloc(call, n) : NULL;
	if (!text)
		return n ? MN_ENOMEM : fail_memory(host, call);
	json_dumpb(object, text, n, flags);
	*out = (mn_str){text, n};
	return MN_OK;
}

/* Metadata as the row's meta; kept (may be NULL, taken over) stands in it under "_nm". */
static int take_meta(const mn_host *host, mn_call *call, json_t *record, json_t *kept, mn_str *out)
{
	json_t *meta = json_object_get(record, "metadata"), *own = NULL;
	int status = MN_OK;

	if (!json_is_object(meta))
		meta = own = json_object();
	if (kept && json_object_set_new(meta, "_nm", kept) != 0)
		status = fail_memory(host, call);
	if (status == MN_OK)
		status = peer_dump(host, call, meta, out);
	if (status == MN_OK && out->len > LONGEST_TEXT)
		*out = (mn_str){"", 0};
	json_decref(own);
	return status;
}

static double unit(const json_t *value, double otherwise)
{
	double x = json_is_number(value) ? json_number_value(value) : otherwise;

	return x > 0 ? (x < 1 ? x : 1) : 0;
}

static uint32_t count(const json_t *value)
{
	json_int_t n = json_integer_value(value);

	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint16_t type_of(const mn_host *host, int kind, const json_t *value)
{
	mn_str name = {json_string_value(value), json_string_length(value)};
	uint16_t code = name.len ? host->type_code(kind, name) : 0;

	return code ? code
		    : host->type_code(
			    kind, kind == MN_NEURON ? MN_STR("concept") : MN_STR("related_to"));
}

int peer_neuron(const mn_host *host, mn_call *call, json_t *record, mn_neuron *out)
{
	bool anchor = json_is_true(
		json_object_get(json_object_get(record, "metadata"), "is_anchor"));
	int status;

	*out = (mn_neuron){.created = peer_time(json_object_get(record, "created_at"))};
	out->updated = out->created;
	out->type = anchor ? host->type_code(MN_NEURON, MN_STR("memory"))
			   : type_of(host, MN_NEURON, json_object_get(record, "type"));
	out->flags = anchor ? MN_NEURON_ANCHOR | (out->created ? MN_NEURON_DATED : 0) : 0;
	status = peer_text(host, call, json_object_get(record, "id"), &out->uid);
	if (status == MN_OK)
		status = peer_text(host, call, json_object_get(record, "content"), &out->text);
	return status == MN_OK ? take_meta(host, call, record, NULL, &out->meta) : status;
}

int peer_synapse(const mn_host *host, mn_call *call, json_t *record, mn_synapse *out)
{
	const char *direction = json_string_value(json_object_get(record, "direction"));
	json_t *uses = json_object_get(record, "reinforced_count"), *kept = NULL;
	int status;

	/* The weight has its reinforcement in it already: uses start from here. */
	*out = (mn_synapse){.base = unit(json_object_get(record, "weight"), 0.5),
		.created = peer_time(json_object_get(record, "created_at")),
		.last = peer_time(json_object_get(record, "last_activated"))};
	out->type = type_of(host, MN_SYNAPSE, json_object_get(record, "type"));
	out->flags = direction && strcmp(direction, "bi") == 0 ? MN_SYNAPSE_TWO_WAY : 0;
	if (count(uses)) {
		kept = json_pack("{s:O}", "reinforced_count", uses);
		if (!kept)
			return fail_memory(host, call);
	}
	status = take_meta(host, call, record, kept, &out->meta);
	if (status == MN_OK)
		status = peer_text(host, call, json_object_get(record, "id"), &out->uid);
	return status;
}

static int take_tags(const mn_host *host, mn_call *call, const json_t *tags, mn_strs *out)
{
	size_t n = json_array_size(tags);
	mn_str *at = host->alloc(call, (n ? n : 1) * sizeof(*at));
	int status = at ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < n; i++)
		status = peer_text(host, call, json_array_get(tags, i), &at[i]);
	*out = (mn_strs){at, n};
	return status;
}

int peer_fiber(const mn_host *host, mn_call *call, json_t *record, json_t *typed, mn_fiber *out)
{
	json_t *kept = typed ? json_pack("{s:O}", "typed_memory", typed) : NULL;
	int status;

	if (typed && !kept)
		return fail_memory(host, call);
	*out = (mn_fiber){.salience = unit(json_object_get(record, "salience"), 0),
		.coherence = unit(json_object_get(record, "coherence"), 0),
		.created = peer_time(json_object_get(record, "created_at")),
		.first = peer_time(json_object_get(record, "time_start")),
		.last = peer_time(json_object_get(record, "time_end")),
		.uses = count(json_object_get(record, "frequency"))};
	status = take_meta(host, call, record, kept, &out->meta);
	if (status == MN_OK)
		status = peer_text(host, call, json_object_get(record, "id"), &out->uid);
	if (status == MN_OK)
		status = peer_text(host, call, json_object_get(record, "summary"), &out->summary);
	return status == MN_OK ? take_tags(host, call, json_object_get(record, "tags"), &out->tags)
			       : status;
}
