/* SPDX-License-Identifier: MIT */
/* A command line that is wrong, or asks for help. */
#include <fcntl.h>
#include <unistd.h>

#include "run.h"

static void an_unknown_verb_is_a_usage_error_with_a_suggestion(void **state)
{
	struct ran r = must(*state, 2, "capacty", NULL);

	assert_has(r.err, "did you mean \"capacity\"?");
	assert_string_equal(r.out, "");
	ran_free(&r);
	r = must(*state, 2, "brain", "lst", NULL);
	assert_has(r.err, "did you mean \"brain list\"?");
	ran_free(&r);
	r = must(*state, 2, "brian", "list", NULL);
	assert_has(r.err, "did you mean \"brain\"?");
	ran_free(&r);
}

static void an_unknown_verb_like_nothing_gets_no_suggestion(void **state)
{
	struct ran r = must(*state, 2, "xylophone", NULL);

	assert_lacks(r.err, "did you mean");
	ran_free(&r);
	r = must(*state, 2, "brain", "frobnicate", NULL); /* much of it is like "brain create" */
	assert_lacks(r.err, "did you mean");
	assert_has(r.err, "there is no verb \"brain frobnicate\": see mnemoscope help brain");
	ran_free(&r);
}

static void an_unknown_option_is_a_usage_error_with_a_suggestion(void **state)
{
	struct ran r = must(*state, 2, "stats", "--jsn", NULL);

	assert_has(r.err, "did you mean --json?");
	ran_free(&r);
	r = must(*state, 2, "stats", "-Z", NULL);
	assert_has(r.err, "unknown option -Z");
	ran_free(&r);
	r = must(*state, 2, "--stroe", "memory:", "stats", NULL); /* its value is no verb */
	assert_has(r.err, "unknown option --stroe: did you mean --store?");
	ran_free(&r);
	r = must(*state, 2, "--stroe", "memory:", NULL);
	assert_has(r.err, "did you mean --store?");
	ran_free(&r);
}

static void options_stand_before_and_behind_the_verb(void **state)
{
	struct ran r = must(*state, 0, "--store", "memory:", "brain", "list", "--json", NULL);

	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
	r = must(*state, 0, "--json", "brain", "list", "--store=memory:", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
}

static void what_is_missing_is_named(void **state)
{
	struct ran r = must(*state, 2, "brain", "rename", "a", NULL);

	assert_has(r.err, "TO is missing");
	ran_free(&r);
	r = must(*state, 2, "brain", "list", "--store", NULL);
	assert_has(r.err, "--store needs a value: URL");
	ran_free(&r);
	r = must(*state, 2, "brain", NULL);
	assert_has(r.err, "brain what?");
	ran_free(&r);
}

static void one_argument_too_many_is_refused(void **state)
{
	struct ran r = must(*state, 2, "brain", "show", "a", "b", NULL);

	assert_has(r.err, "one argument too many: \"b\"");
	ran_free(&r);
}

static void a_value_that_does_not_fit_is_refused(void **state)
{
	struct ran r = must(*state, 2, "capacity", "--sample", "0", NULL);

	assert_has(r.err, "--sample must be a whole number from 1 to");
	ran_free(&r);
	r = must(*state, 2, "capacity", "--sample", "12x", NULL);
	assert_has(r.err, "not \"12x\"");
	ran_free(&r);
	r = must(*state, 2, "capacity", "--sample", "99999999999999999999", NULL);
	ran_free(&r);
	r = must(*state, 2, "stats", "\xff", NULL);
	assert_has(r.err, "not valid UTF-8: \"\\xff\"");
	ran_free(&r);
}

static void a_wrong_store_url_is_a_usage_error(void **state)
{
	struct ran r = must(*state, 2, "--store", "punchcard:/dev/lp0", "brain", "list", NULL);

	assert_has(r.err, "punchcard");
	assert_lacks(r.out, "\n");
	ran_free(&r);
}

static void a_wrong_address_to_serve_at_is_a_usage_error(void **state)
{
	struct ran r = must(*state, 2, "serve", "--listen", "nowhere", NULL);

	assert_has(r.err, "is no address");
	assert_lacks(r.out, "\n");
	ran_free(&r);
	r = must(*state, 2, "serve", "--listen", "127.0.0.1:0", "--proxy", "nonsense", NULL);
	assert_has(r.err, "say an address or a network");
	ran_free(&r);
}

static void without_verb_and_terminal_the_workbench_is_a_usage_error(void **state)
{
	struct ran r = must(*state, 2, NULL);

	assert_has(r.err, "needs a terminal");
	ran_free(&r);
}

static void a_plugin_folder_may_be_named_from_where_one_stands(void **state)
{
	struct ran r = must(*state, 0, "plugins", "--plugin-dir", "no/such/folder", NULL);
	char here[512];

	assert_non_null(getcwd(here, sizeof(here)));
	assert_has(r.out, here);
	assert_has(r.out, "/no/such/folder");
	assert_lacks(r.out, "absolute");
	ran_free(&r);
}

static void help_goes_to_standard_output_and_is_no_error(void **state)
{
	struct ran r = must(*state, 0, "--help", NULL);

	assert_has(r.out, "\n  stats ");
	assert_has(r.out, "\n  --store URL");
	assert_lacks(r.out, "complete ");
	assert_string_equal(r.err, "");
	ran_free(&r);
	r = must(*state, 0, "brain", "create", "--help", NULL);
	assert_has(r.out, "Usage: mnemoscope brain create");
	ran_free(&r);
	r = must(*state, 0, "help", "brain", NULL);
	assert_has(r.out, "brain delete");
	ran_free(&r);
	r = must(*state, 2, "help", "nonsense", NULL);
	ran_free(&r);
}

static void no_line_of_help_is_wider_than_80_columns(void **state)
{
	struct ran all = must(*state, 0, "--help", NULL), r;
	const char *line = strstr(all.out, "Verbs\n") + 6;

	while (line[0] == ' ') {
		char name[64], *second;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + 2, "\n") < 22 ? 0 : 22,
			line + 2);
		name[strcspn(name, "\n")] = '\0';
		for (size_t n = strlen(name); n && name[n - 1] == ' ';)
			name[--n] = '\0';
		second = strchr(name, ' ');
		if (second)
			*second++ = '\0';
		r = must(*state, 0, "help", name, second, NULL);
		for (const char *at = r.out; *at; at += strcspn(at, "\n") + 1)
			if (strcspn(at, "\n") > 80 && at[0] != ' ')
				fail_msg("%s: %.*s", name, (int)strcspn(at, "\n"), at);
		ran_free(&r);
		line += strcspn(line, "\n") + 1;
	}
	ran_free(&all);
}

static void the_version_is_printed(void **state)
{
	struct ran r = must(*state, 0, "--version", NULL);

	assert_true(strncmp(r.out, "mnemoscope ", 11) == 0);
	assert_one_line(r.out);
	ran_free(&r);
}

static void two_dashes_end_the_options(void **state)
{
	struct ran r = must(*state, 3, "--store", "memory:", "stats", "--", "--types", NULL);

	assert_has(r.err, "--types");
	ran_free(&r);
}

static void nothing_is_coloured_without_a_terminal(void **state)
{
	struct ran r = must(*state, 0, "plugins", NULL);

	assert_lacks(r.out, "\x1b");
	ran_free(&r);
}

static void a_terminal_is_coloured_unless_somebody_says_no(void **state)
{
	struct going g = start(*state, true, "plugins", NULL);

	wait_for(&g, "\x1b[36m");
	assert_int_equal(finish(&g).code, 0);
	g = start(*state, true, "NO_COLOR=1", "plugins", NULL);
	wait_for(&g, "memory");
	assert_int_equal(finish(&g).code, 0);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(an_unknown_verb_is_a_usage_error_with_a_suggestion),
		CLAIM(an_unknown_verb_like_nothing_gets_no_suggestion),
		CLAIM(an_unknown_option_is_a_usage_error_with_a_suggestion),
		CLAIM(options_stand_before_and_behind_the_verb),
		CLAIM(what_is_missing_is_named),
		CLAIM(one_argument_too_many_is_refused),
		CLAIM(a_value_that_does_not_fit_is_refused),
		CLAIM(a_wrong_store_url_is_a_usage_error),
		CLAIM(a_wrong_address_to_serve_at_is_a_usage_error),
		CLAIM(without_verb_and_terminal_the_workbench_is_a_usage_error),
		CLAIM(a_plugin_folder_may_be_named_from_where_one_stands),
		CLAIM(help_goes_to_standard_output_and_is_no_error),
		CLAIM(no_line_of_help_is_wider_than_80_columns),
		CLAIM(the_version_is_printed),
		CLAIM(two_dashes_end_the_options),
		CLAIM(nothing_is_coloured_without_a_terminal),
		CLAIM(a_terminal_is_coloured_unless_somebody_says_no),
	};

	return cmocka_run_group_tests_name("usage", claims, NULL, NULL);
}
