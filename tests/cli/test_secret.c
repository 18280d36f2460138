/* SPDX-License-Identifier: MIT */
/* Passwords and tokens: kept for their owner alone, and shown nowhere. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "run.h"
#include "secret.h"

#define CANARY "sesame-opens-4711"
#define FILE_NAME "config/mnemoscope/credentials"

static void keep(struct room *room, const char *name, const char *value)
{
	struct ran r = run_input(room, value, "secret", "set", name, NULL);

	assert_int_equal(r.code, 0);
	assert_lacks(r.out, value);
	assert_lacks(r.err, value);
	ran_free(&r);
}

/* As the engine asks, in this process. */
static size_t find(struct room *room, const char *name, char *out, size_t room_for)
{
	mn_secrets s = {.told = false};

	snprintf(s.file, sizeof(s.file), "%s", room_path(room, FILE_NAME));
	return mn_secrets_find(&s, name, out, room_for);
}

static void a_secret_is_kept_0600_and_found_by_its_name(void **state)
{
	struct stat st;
	char value[64];

	keep(*state, "NEO4J_PASSWORD@localhost:7474", CANARY);
	keep(*state, "NEO4J_PASSWORD", "another = one # two\n");
	assert_int_equal(stat(room_path(*state, FILE_NAME), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(find(*state, "NEO4J_PASSWORD@localhost:7474", value, sizeof(value)),
		strlen(CANARY));
	assert_memory_equal(value, CANARY, strlen(CANARY));
	assert_int_equal(find(*state, "NEO4J_PASSWORD", value, sizeof(value)), 19);
	assert_memory_equal(value, "another = one # two", 19);
	assert_int_equal(find(*state, "NEO4J_PASSWORD@elsewhere:7474", value, sizeof(value)), 0);
}

static void the_environment_has_what_the_file_has_not(void **state)
{
	char value[64];

	setenv("NEO4J_PASSWORD", "of the environment", 1);
	assert_int_equal(find(*state, "NEO4J_PASSWORD", value, sizeof(value)), 18);
	keep(*state, "NEO4J_PASSWORD", CANARY);
	assert_int_equal(find(*state, "NEO4J_PASSWORD", value, sizeof(value)), strlen(CANARY));
	unsetenv("NEO4J_PASSWORD");
}

static void a_value_longer_than_its_room_is_only_measured(void **state)
{
	char value[4] = "abc";

	keep(*state, "MNEMOSCOPE_TOKEN", CANARY);
	assert_int_equal(find(*state, "MNEMOSCOPE_TOKEN", value, 3), strlen(CANARY));
	assert_string_equal(value, "abc");
}

static void a_file_that_others_may_read_is_refused(void **state)
{
	char value[64];
	struct ran r;

	keep(*state, "NEO4J_PASSWORD", CANARY);
	for (mode_t mode = 0604; mode <= 0660; mode += 034) {
		assert_int_equal(chmod(room_path(*state, FILE_NAME), mode), 0);
		assert_int_equal(find(*state, "NEO4J_PASSWORD", value, sizeof(value)), 0);
		r = must(*state, 1, "secret", "list", NULL);
		assert_has(r.err, "chmod 600");
		assert_one_line(r.err);
		ran_free(&r);
		r = run_input(*state, "new\n", "secret", "set", "NEO4J_PASSWORD", NULL);
		assert_int_equal(r.code, 1);
		ran_free(&r);
	}
}

static void names_and_values_that_no_line_can_hold_are_refused(void **state)
{
	static const char *const names[] = {"", "lower", "A B", "A@", "A@host", "A@host:0",
		"A@host:70000", "A@:7", "A@h=i:7", "A\n", "1A"};
	struct ran r;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		r = run_input(*state, "x\n", "secret", "set", names[i], NULL);
		assert_int_equal(r.code, 2);
		ran_free(&r);
	}
	r = run_input(*state, "", "secret", "set", "A", NULL);
	assert_int_equal(r.code, 2);
	ran_free(&r);
	r = run_input(*state, " " CANARY "\n", "secret", "set", "A", NULL);
	assert_int_equal(r.code, 2);
	assert_lacks(r.err, CANARY);
	ran_free(&r);
	assert_false(room_has(*state, FILE_NAME));
}

static void a_secret_is_replaced_and_forgotten(void **state)
{
	char value[64];
	struct ran r;

	keep(*state, "A", "one");
	keep(*state, "B", "two");
	keep(*state, "A", "three");
	r = must(*state, 0, "secret", "list", NULL);
	assert_string_equal(r.out, "B\nA\n");
	ran_free(&r);
	r = must(*state, 0, "secret", "remove", "B", NULL);
	ran_free(&r);
	assert_int_equal(find(*state, "B", value, sizeof(value)), 0);
	assert_int_equal(find(*state, "A", value, sizeof(value)), 5);
	r = must(*state, 3, "secret", "remove", "B", NULL);
	ran_free(&r);
}

static void at_a_terminal_the_value_is_typed_unseen(void **state)
{
	struct going g = start(*state, true, "secret", "set", "NEO4J_PASSWORD", NULL);
	char value[64], shown[4096] = "";
	size_t n = 0;
	ssize_t got;
	struct ran r;

	wait_for(&g, "not shown");
	feed(&g, CANARY "\n");
	while (n + 1 < sizeof(shown) && (got = read(g.in, shown + n, sizeof(shown) - n - 1)) > 0)
		n += (size_t)got;
	r = finish(&g);
	assert_int_equal(r.code, 0);
	assert_has(shown, "is kept in");
	assert_lacks(shown, CANARY);
	ran_free(&r);
	assert_int_equal(find(*state, "NEO4J_PASSWORD", value, sizeof(value)), strlen(CANARY));
}

/* Every verb, as text and JSON, with a server that is not there. */
static void no_output_holds_a_secret(void **state)
{
	static const char *const verbs[][3] = {{"secret", "list", NULL}, {"profile", "list", NULL},
		{"brain", "list", NULL}, {"plugins", NULL, NULL}, {"stats", NULL, NULL},
		{"recall", "what", NULL}, {"remember", "that", NULL}, {"export", NULL, NULL},
		{"complete", NULL, NULL}};
	static const char *const stores[] = {"@home", "neo4j+http://127.0.0.1:9/",
		"neo4j+http://neo4j@127.0.0.1:9/db", "http://127.0.0.1:9",
		"http://127.0.0.1:9/?token=x"};
	struct ran r;

	keep(*state, "NEO4J_PASSWORD@127.0.0.1:9", CANARY);
	keep(*state, "MNEMOSCOPE_TOKEN@127.0.0.1:9", CANARY);
	keep(*state, "NEO4J_PASSWORD", CANARY);
	keep(*state, "MNEMOSCOPE_TOKEN", CANARY);
	r = must(*state, 0, "profile", "add", "home", "memory:", NULL);
	ran_free(&r);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		for (size_t k = 0; k < 2 * sizeof(stores) / sizeof(*stores); k++) {
			r = run(*state, "--store", stores[k / 2], k % 2 ? "--json" : "--quiet",
				verbs[i][0], verbs[i][1], NULL);
			assert_lacks(r.out, CANARY);
			assert_lacks(r.err, CANARY);
			ran_free(&r);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(a_secret_is_kept_0600_and_found_by_its_name),
		CLAIM(the_environment_has_what_the_file_has_not),
		CLAIM(a_value_longer_than_its_room_is_only_measured),
		CLAIM(a_file_that_others_may_read_is_refused),
		CLAIM(names_and_values_that_no_line_can_hold_are_refused),
		CLAIM(a_secret_is_replaced_and_forgotten),
		CLAIM(at_a_terminal_the_value_is_typed_unseen),
		CLAIM(no_output_holds_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
