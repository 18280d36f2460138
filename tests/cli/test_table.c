/* SPDX-License-Identifier: MIT */
/* The table of actions keeps the promises its header makes, and the parser those of args.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app.h"
#include "base/str.h"

static const mn_param none[] = {{0}};

static const mn_param *params_of(const mn_action *a)
{
	return a->params ? a->params : none;
}

static bool is_choice(const mn_param *p, const char *word)
{
	size_t n = strlen(word);

	for (const char *c = p->choices; *c; c += strspn(c, "|")) {
		size_t len = strcspn(c, "|");

		if (len == n && memcmp(c, word, n) == 0)
			return true;
		c += len;
	}
	return false;
}

static void every_action_says_what_it_does_in_one_line(void **state)
{
	const mn_action *a;

	(void)state;
	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		size_t n = a->does ? strlen(a->does) : 0;

		if (n == 0 || n > (a->verb ? 56 : 76) || a->does[n - 1] == '.'
			|| strchr(a->does, '\n') || a->does[0] < 'A' || a->does[0] > 'Z')
			fail_msg("%s: \"%s\"", a->name, a->does ? a->does : "");
		if (!a->verb && !a->act)
			fail_msg("%s does nothing", a->name);
		if ((a->verb != NULL) != ((a->scope & MN_ON_CLI) != 0))
			fail_msg("%s: verb and scope disagree", a->name);
	}
}

static void every_action_is_found_by_its_name_and_has_it_alone(void **state)
{
	const mn_action *a;

	(void)state;
	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		const mn_action *b;

		assert_ptr_equal(mn_action_find(mn_str_of(a->name)), a);
		for (size_t k = i + 1; (b = mn_action_at(k)); k++)
			if (strcmp(a->name, b->name) == 0)
				fail_msg("\"%s\" is in the table twice", a->name);
	}
	assert_null(mn_action_find(MN_STR("no such thing")));
}

static void check_param(const mn_action *a, const mn_param *p)
{
	bool option = p->name[0] == '-';

	if (option && (p->type == MN_PARAM_FLAG) != (p->value == NULL))
		fail_msg("%s %s: a value's name goes with a value", a->name, p->name);
	if (p->type == MN_PARAM_CHOICE && (!p->choices || !*p->choices))
		fail_msg("%s %s: no choices", a->name, p->name);
	if (p->type == MN_PARAM_CHOICE && p->fallback && !is_choice(p, p->fallback))
		fail_msg("%s %s: its default is not among its choices", a->name, p->name);
	if (p->type == MN_PARAM_COUNT && p->min >= p->max)
		fail_msg("%s %s: an empty range", a->name, p->name);
	if (p->type == MN_PARAM_COUNT && p->fallback
		&& (atoll(p->fallback) < p->min || atoll(p->fallback) > p->max))
		fail_msg("%s %s: its default is out of range", a->name, p->name);
	if (!p->does || strlen(p->does) == 0 || p->does[strlen(p->does) - 1] == '.')
		fail_msg("%s %s: does not say what it does", a->name, p->name);
}

static void every_parameter_is_whole(void **state)
{
	const mn_action *a;

	(void)state;
	for (size_t i = 0; (a = mn_action_at(i)); i++)
		for (const mn_param *p = params_of(a); p->name; p++)
			check_param(a, p);
}

static bool clash(const mn_param *p, const mn_param *q)
{
	return p != q && (strcmp(p->name, q->name) == 0 || (p->letter && p->letter == q->letter));
}

static void no_option_hides_another(void **state)
{
	const mn_action *a;

	(void)state;
	for (size_t i = 0; (a = mn_action_at(i)); i++)
		for (const mn_param *p = params_of(a); p->name; p++) {
			for (const mn_param *q = params_of(a); q->name; q++)
				if (clash(p, q))
					fail_msg("%s: %s and %s", a->name, p->name, q->name);
			for (const mn_param *q = mn_app_params; q->name; q++)
				if (clash(p, q))
					fail_msg("%s: %s and %s of all", a->name, p->name, q->name);
		}
}

static void only_the_last_argument_may_repeat_and_required_ones_come_first(void **state)
{
	const mn_action *a;

	(void)state;
	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		bool optional = false, repeats = false;

		for (const mn_param *p = params_of(a); p->name; p++) {
			if (p->name[0] == '-')
				continue;
			if (repeats || (optional && (p->flags & MN_PARAM_REQUIRED)))
				fail_msg("%s: %s can never be reached", a->name, p->name);
			optional |= !(p->flags & MN_PARAM_REQUIRED);
			repeats |= (p->flags & MN_PARAM_REPEATS) != 0;
		}
	}
}

/* ---- The parser --------------------------------------------------------------------------- */

static const mn_param sample[] = {
	{.name = "WORD", .does = "w", .type = MN_PARAM_TEXT, .flags = MN_PARAM_REQUIRED},
	{.name = "REST", .does = "r", .type = MN_PARAM_TEXT, .flags = MN_PARAM_REPEATS},
	{.name = "--count",
		.letter = 'c',
		.does = "c",
		.value = "N",
		.fallback = "7",
		.min = -5,
		.max = 10,
		.type = MN_PARAM_COUNT},
	{.name = "--tag",
		.letter = 't',
		.does = "t",
		.value = "TAG",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--flag", .letter = 'f', .does = "f", .type = MN_PARAM_FLAG},
	{.name = "--at", .does = "a", .value = "TIME", .type = MN_PARAM_TIME},
	{0},
};

static int parse(mn_args *args, mn_error *err, const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	*args = (mn_args){.own = sample};
	*err = MN_SIZED(mn_error);
	return mn_args_parse(args, words, n, err);
}

#define PARSE(...) parse(&args, &err, (const char *const[]){__VA_ARGS__, NULL})

static void values_come_in_every_spelling(void **state)
{
	mn_args args;
	mn_error err;

	(void)state;
	assert_int_equal(PARSE("w", "--count", "3", "--tag=a", "-tb", "-t", "c", "-f"), MN_OK);
	assert_int_equal(mn_args_count(&args, "--count"), 3);
	assert_true(mn_str_is(mn_args_nth(&args, "--tag", 0)->text, "a"));
	assert_true(mn_str_is(mn_args_nth(&args, "--tag", 1)->text, "b"));
	assert_true(mn_str_is(mn_args_nth(&args, "--tag", 2)->text, "c"));
	assert_null(mn_args_nth(&args, "--tag", 3));
	assert_true(mn_args_has(&args, "--flag"));
	mn_args_free(&args);
	assert_int_equal(PARSE("-fc4", "w"), MN_OK);
	assert_int_equal(mn_args_count(&args, "--count"), 4);
	assert_true(mn_args_has(&args, "--flag"));
	mn_args_free(&args);
}

static void what_is_not_given_falls_back(void **state)
{
	mn_args args;
	mn_error err;

	(void)state;
	assert_int_equal(PARSE("w"), MN_OK);
	assert_int_equal(mn_args_count(&args, "--count"), 7);
	assert_int_equal(mn_args_text(&args, "--tag").len, 0);
	assert_false(mn_args_has(&args, "--count"));
	mn_args_free(&args);
}

static void arguments_fill_up_in_order(void **state)
{
	mn_args args;
	mn_error err;

	(void)state;
	assert_int_equal(PARSE("one", "-", "--", "--count"), MN_OK);
	assert_true(mn_str_is(mn_args_text(&args, "WORD"), "one"));
	assert_true(mn_str_is(mn_args_nth(&args, "REST", 0)->text, "-"));
	assert_true(mn_str_is(mn_args_nth(&args, "REST", 1)->text, "--count"));
	assert_int_equal(mn_args_complete(&args, &err), MN_OK);
	mn_args_free(&args);
	assert_int_equal(PARSE("-f"), MN_OK);
	assert_int_equal(mn_args_complete(&args, &err), MN_EINVAL);
	mn_args_free(&args);
}

static void numbers_are_checked_to_the_last_character(void **state)
{
	static const char *const bad[] = {
		"", "x", "3x", "11", "-6", "0x3", "1e3", "9223372036854775808"};
	mn_args args;
	mn_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(PARSE("w", "--count", bad[i]), MN_EINVAL);
		mn_args_free(&args);
	}
	assert_int_equal(PARSE("w", "--count", "-5"), MN_OK);
	assert_int_equal(mn_args_count(&args, "--count"), -5);
	mn_args_free(&args);
}

static void times_are_checked(void **state)
{
	mn_args args;
	mn_error err;

	(void)state;
	assert_int_equal(PARSE("w", "--at", "2023-05-08T13:56:00+02:00"), MN_OK);
	assert_true(mn_args_get(&args, "--at")->time == INT64_C(1683546960000000));
	mn_args_free(&args);
	assert_int_equal(PARSE("w", "--at", "2023-02-30"), MN_EINVAL);
	mn_args_free(&args);
}

static void an_option_that_does_not_repeat_is_given_once(void **state)
{
	mn_args args;
	mn_error err;

	(void)state;
	assert_int_equal(PARSE("w", "--count", "1", "--count", "2"), MN_EINVAL);
	mn_args_free(&args);
	assert_int_equal(PARSE("w", "--flag=yes"), MN_EINVAL);
	mn_args_free(&args);
}

static void slips_find_what_was_meant(void **state)
{
	static const char *const words[] = {"recall", "remember", "rename", "import", NULL};

	(void)state;
	assert_string_equal(mn_suggest(MN_STR("recal"), words), "recall");
	assert_string_equal(mn_suggest(MN_STR("ername"), words), "rename");
	assert_string_equal(mn_suggest(MN_STR("improt"), words), "import");
	assert_string_equal(mn_suggest(MN_STR("rememeber"), words), "remember");
	assert_null(mn_suggest(MN_STR("xyzzy"), words));
	assert_null(mn_suggest(MN_STR(""), words));
}

/* ---- Brains' names ------------------------------------------------------------------------ */

static void split(const char *where, const char *store, const char *name)
{
	mn_str s, n;

	mn_settings_split(mn_str_of(where), &s, &n);
	if (!mn_str_is(s, store) || !mn_str_is(n, name))
		fail_msg("%s: %.*s and %.*s", where, MN_FMT(s), MN_FMT(n));
}

static void a_url_before_a_name_is_told_from_a_name(void **state)
{
	(void)state;
	split("notes", "", "notes");
	split("sqlite:/x#notes", "sqlite:/x", "notes");
	split("memory:#n", "memory:", "n");
	split("neo4j+http://h:7474/db#n", "neo4j+http://h:7474/db", "n");
	split("sqlite:/a#b#c", "sqlite:/a#b", "c");
	split("C# notes", "", "C# notes");
	split("#1", "", "#1");
	split("Note: #1", "", "Note: #1");
	split("a#b:c", "", "a#b:c");
	split("", "", "");
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		cmocka_unit_test(every_action_says_what_it_does_in_one_line),
		cmocka_unit_test(every_action_is_found_by_its_name_and_has_it_alone),
		cmocka_unit_test(every_parameter_is_whole),
		cmocka_unit_test(no_option_hides_another),
		cmocka_unit_test(only_the_last_argument_may_repeat_and_required_ones_come_first),
		cmocka_unit_test(values_come_in_every_spelling),
		cmocka_unit_test(what_is_not_given_falls_back),
		cmocka_unit_test(arguments_fill_up_in_order),
		cmocka_unit_test(numbers_are_checked_to_the_last_character),
		cmocka_unit_test(times_are_checked),
		cmocka_unit_test(an_option_that_does_not_repeat_is_given_once),
		cmocka_unit_test(slips_find_what_was_meant),
		cmocka_unit_test(a_url_before_a_name_is_told_from_a_name),
	};

	return cmocka_run_group_tests_name("table", claims, NULL, NULL);
}
