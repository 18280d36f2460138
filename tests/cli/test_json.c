/* SPDX-License-Identifier: MIT */
/*
 * What --json prints, word for word, against files in golden/. Values that differ from run to run
 * (times, uids, latencies, sizes, scores) stand there as "*". With MN_GOLDEN_WRITE=1 in the
 * environment the files are written instead, to be read before they are committed.
 */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "run.h"

static const char *const volatile_keys[] = {"uid", "store", "bytes", "created", "updated", "file",
	"version", "latency_us", "resident_bytes", "cache_bytes", "cache_hits", "cache_misses",
	"p50_us", "p95_us", "p99_us", "score", "level", "in", "weight", "share", "gain", "out",
	"after", "hop", "via", "activated", "examined", "depth", "neurons", "synapses",
	"to_next_tier"};

static bool is_volatile(const char *key, const json_t *value)
{
	if (json_is_object(value) || json_is_array(value))
		return false;
	if (strcmp(key, "updated") == 0) /* a time of a brain, a count of an import */
		return json_is_string(value);
	for (size_t i = 0; i < sizeof(volatile_keys) / sizeof(*volatile_keys); i++)
		if (strcmp(key, volatile_keys[i]) == 0)
			return true;
	return false;
}

/* Stars for what differs; the kind of value is kept. */
static json_t *masked(const json_t *v)
{
	json_t *copy, *member;
	const char *key;
	size_t i;

	if (json_is_array(v)) {
		copy = json_array();
		json_array_foreach(v, i, member) json_array_append_new(copy, masked(member));
		return copy;
	}
	if (!json_is_object(v))
		return json_deep_copy(v);
	copy = json_object();
	json_object_foreach((json_t *)v, key, member)
	{
		bool star = is_volatile(key, member);

		json_object_set_new(copy, key,
			star ? json_string(json_is_string(member) ? "*text*"
					   : json_is_null(member) ? "*null*"
								  : "*number*")
			     : masked(member));
	}
	return copy;
}

static char *render(const char *line)
{
	json_error_t why;
	json_t *v = json_loads(line, JSON_REJECT_DUPLICATES, &why), *m;
	char *text;

	if (!v)
		fail_msg("no JSON: %s in: %s", why.text, line);
	m = masked(v);
	text = json_dumps(m, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(v);
	json_decref(m);
	return text;
}

static void compare(const char *name, const char *line)
{
	char path[512], *golden, *text = render(line);
	FILE *f;
	size_t n;

	assert_one_line(line);
	snprintf(path, sizeof(path), "%s/%s.json", getenv("MN_GOLDEN"), name);
	f = fopen(path, getenv("MN_GOLDEN_WRITE") ? "w" : "r");
	if (!f)
		fail_msg("there is no %s", path);
	if (getenv("MN_GOLDEN_WRITE")) {
		fprintf(f, "%s\n", text);
		fclose(f);
		free(text);
		return;
	}
	golden = calloc(1, 1 << 20);
	n = fread(golden, 1, (1 << 20) - 1, f);
	fclose(f);
	while (n && golden[n - 1] == '\n')
		golden[--n] = '\0';
	assert_string_equal(text, golden);
	free(golden);
	free(text);
}

static void load(const struct room *room)
{
	struct ran r = run_input(room,
		"{\"id\":\"D1:1\",\"text\":\"Caroline adopted a black cat called Luna.\","
		"\"speaker\":\"Caroline\",\"timestamp\":\"2023-05-08T13:56:00\","
		"\"title\":\"Luna\"}\n"
		"{\"id\":\"D1:2\",\"text\":\"The {Luna} entry says: \\\"meow\\\" \\u0007.\"}\n",
		"import", "-", NULL);

	assert_int_equal(r.code, 0);
	ran_free(&r);
}

#define GOLDEN(claim, name, ...)                                  \
	static void claim(void **state)                           \
	{                                                         \
		struct ran r;                                     \
		load(*state);                                     \
		r = must(*state, 0, __VA_ARGS__, "--json", NULL); \
		compare(name, r.out);                             \
		ran_free(&r);                                     \
	}

GOLDEN(brain_list_keeps_its_form, "brain-list", "brain", "list")
GOLDEN(brain_show_keeps_its_form, "brain-show", "brain", "show")
GOLDEN(stats_keep_their_form, "stats", "stats")
GOLDEN(stats_by_type_keep_their_form, "stats-types", "stats", "--types")
GOLDEN(capacity_keeps_its_form, "capacity", "capacity", "--sample", "2")
GOLDEN(remember_keeps_its_form, "remember", "remember", "A dog.", "--id", "D1:3")
GOLDEN(recall_keeps_its_form, "recall", "recall", "black cat", "--context", "50", "--no-learn")

static void import_keeps_its_form(void **state)
{
	struct ran r = run_input(*state, "{\"id\":\"x\",\"text\":\"A dog barks.\"}\n", "import",
		"-", "--json", NULL);

	assert_int_equal(r.code, 0);
	compare("import", r.out);
	ran_free(&r);
}

static void a_batch_line_keeps_its_form(void **state)
{
	struct ran r;

	load(*state);
	r = run_input(*state, "{\"question\":\"Luna\",\"conversation\":\"c\",\"query_index\":1}\n",
		"recall", "--batch", "-", "--json", NULL);
	assert_int_equal(r.code, 0);
	compare("recall-batch", r.out);
	ran_free(&r);
}

/* Paths and events are too many to pin down: their members are. */
static void a_reason_keeps_its_form(void **state)
{
	struct ran r;
	json_t *v, *steps, *first;
	char *line;

	load(*state);
	r = must(*state, 0, "recall", "black cat", "--why", "--json", "--no-learn", NULL);
	v = json_loads(r.out, 0, NULL);
	assert_non_null(v);
	first = json_array_get(json_object_get(v, "results"), 0);
	first = json_array_get(json_object_get(first, "why"), 0);
	steps = json_object_get(first, "steps");
	assert_true(json_array_size(steps) > 0);
	line = json_dumps(json_array_get(steps, 0), JSON_COMPACT | JSON_PRESERVE_ORDER);
	ran_free(&r);
	r.out = malloc(strlen(line) + 2);
	snprintf(r.out, strlen(line) + 2, "%s\n", line);
	compare("step", r.out);
	free(r.out);
	free(line);
	json_decref(v);
}

static void plugins_keep_their_form(void **state)
{
	struct ran r = must(*state, 0, "plugins", "--json", NULL);
	json_t *v = json_loads(r.out, 0, NULL), *memory = NULL, *p;
	size_t i;
	char *line;

	json_array_foreach(
		v, i, p) if (strcmp(json_string_value(json_object_get(p, "name")), "memory") == 0)
		memory = p;
	assert_non_null(memory);
	line = json_dumps(memory, JSON_COMPACT | JSON_PRESERVE_ORDER);
	ran_free(&r);
	r.out = malloc(strlen(line) + 2);
	snprintf(r.out, strlen(line) + 2, "%s\n", line);
	compare("plugin", r.out);
	free(r.out);
	free(line);
	json_decref(v);
}

/* What is not plain stands as an escape, so that a terminal may show it. */
static void json_text_is_escaped_and_reads_back(void **state)
{
	static const char text[] =
		"\xc2\x9b \xe2\x80\xae \xf3\xa0\x81\x81 \x7f \t \" \\ \xe7\x8c\xab";
	struct ran r = must(*state, 0, "remember", text, "--id", "x", NULL);
	json_t *v;

	ran_free(&r);
	r = must(*state, 0, "recall", "\xe7\x8c\xab", "--json", NULL);
	for (size_t i = 0; i + 1 < r.nout; i++)
		assert_true((unsigned char)r.out[i] >= 0x20 && r.out[i] != 0x7f);
	assert_has(r.out, "\\u009b \\u202e \\udb40\\udc41 \\u007f \\t \\\" \\\\ \xe7\x8c\xab");
	v = json_loads(r.out, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(v, "results"), 0), "text")),
		text);
	json_decref(v);
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(brain_list_keeps_its_form),
		CLAIM(brain_show_keeps_its_form),
		CLAIM(stats_keep_their_form),
		CLAIM(stats_by_type_keep_their_form),
		CLAIM(capacity_keeps_its_form),
		CLAIM(remember_keeps_its_form),
		CLAIM(recall_keeps_its_form),
		CLAIM(import_keeps_its_form),
		CLAIM(a_batch_line_keeps_its_form),
		CLAIM(a_reason_keeps_its_form),
		CLAIM(plugins_keep_their_form),
		CLAIM(json_text_is_escaped_and_reads_back),
	};

	return cmocka_run_group_tests_name("json", claims, NULL, NULL);
}
