/* SPDX-License-Identifier: MIT */
/* Stores that have a name. */
#include "run.h"

/* A folder of the room under this name. */
static void put(struct room *room, const char *name, const char *brain, bool read_only)
{
	char url[128];
	struct ran r;

	snprintf(url, sizeof(url), "sqlite:%s", room_path(room, name));
	r = must(room, 0, "profile", "add", name, url, brain ? "--brain" : "-q",
		brain ? brain : "-q", read_only ? "--read-only" : NULL, NULL);
	ran_free(&r);
}

static void a_profile_stands_wherever_a_url_may(void **state)
{
	struct ran r;

	put(*state, "work", "notes", false);
	r = must(*state, 0, "--store", "@work", "remember", "the moth was in relay 70", NULL);
	ran_free(&r);
	assert_true(room_has(*state, "work"));
	r = must(*state, 0, "brain", "list", "--store=@work", NULL);
	assert_has(r.out, "notes");
	ran_free(&r);
	r = must(*state, 0, "--brain", "@work#notes", "recall", "moth", NULL);
	assert_has(r.out, "relay 70");
	ran_free(&r);
	r = must(*state, 0, "brain", "copy", "@work#notes", "here", NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "show", "@work", "--json", NULL);
	assert_has(r.out, "\"name\":\"notes\"");
	ran_free(&r);
}

static void a_brain_that_is_named_goes_before_that_of_the_profile(void **state)
{
	struct ran r;

	put(*state, "work", "notes", false);
	r = must(*state, 0, "--store", "@work", "--brain", "diary", "remember", "a day", NULL);
	ran_free(&r);
	r = must(*state, 3, "--store", "@work", "recall", "day", NULL);
	assert_has(r.err, "notes");
	ran_free(&r);
}

static void a_read_only_profile_is_never_written_to(void **state)
{
	struct ran r;

	put(*state, "work", "notes", false);
	r = must(*state, 0, "--store", "@work", "remember", "the moth", NULL);
	ran_free(&r);
	put(*state, "work", "notes", true);
	put(*state, "home", NULL, false);
	r = must(*state, 1, "--store", "@work", "remember", "another", NULL);
	assert_has(r.err, "read-only");
	ran_free(&r);
	r = must(*state, 0, "--store", "@work", "recall", "moth", NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "copy", "@work", "@home#mine",
		NULL); /* elsewhere one may write */
	ran_free(&r);
}

static void profiles_are_listed_shown_and_replaced(void **state)
{
	struct ran r;

	put(*state, "work", NULL, false);
	put(*state, "home", "diary", false);
	put(*state, "work", "notes", false);
	r = must(*state, 0, "profile", "list", "--json", NULL);
	assert_int_equal(count_of(r.out, "\"name\""), 2);
	assert_int_equal(count_of(r.out, "\"brain\":\"notes\""), 1);
	ran_free(&r);
	r = must(*state, 0, "profile", "show", "home", NULL);
	assert_has(r.out, "brain diary");
	ran_free(&r);
}

static void forgetting_one_leaves_the_others_and_the_comments(void **state)
{
	struct ran r;

	put(*state, "work", NULL, false);
	put(*state, "home", NULL, false);
	r = must(*state, 0, "--store", "@work", "remember", "a day", NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "use", "@work#default", NULL);
	ran_free(&r);
	r = must(*state, 0, "profile", "list", NULL);
	assert_has(r.out, "* @work");
	ran_free(&r);
	r = must(*state, 0, "profile", "remove", "@work", NULL);
	ran_free(&r);
	r = must(*state, 0, "profile", "list", NULL);
	assert_has(r.out, "@home");
	assert_lacks(r.out, "@work");
	ran_free(&r);
	r = must(*state, 3, "profile", "show", "work", NULL);
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 1, "recall", "day", NULL); /* the file still says store = @work */
	assert_has(r.err, "@work");
	ran_free(&r);
}

static void what_is_no_profile_is_refused_in_one_line(void **state)
{
	struct ran r;

	r = must(*state, 2, "profile", "add", "a b", "memory:", NULL);
	ran_free(&r);
	r = must(*state, 2, "profile", "add", "x", "nowhere", NULL);
	ran_free(&r);
	r = must(*state, 2, "profile", "add", "x", "http://me:sesame@host:1", NULL);
	assert_has(r.err, "secret set MNEMOSCOPE_TOKEN");
	assert_lacks(r.err, "sesame");
	ran_free(&r);
	r = must(*state, 2, "--store", "http://me:sesame@host:1", "brain", "list", NULL);
	assert_has(r.err, "secret set MNEMOSCOPE_TOKEN@host:1");
	assert_lacks(r.err, "sesame");
	ran_free(&r);
	put(*state, "work", NULL, false);
	r = must(*state, 2, "--store", "@wrok", "brain", "list", NULL);
	assert_has(r.err, "known: @work");
	ran_free(&r);
	r = must(*state, 0, "--brain", "@work#x", "remember", "a moth", NULL);
	ran_free(&r);
	r = must(*state, 2, "brain", "copy", "@work#x", "@gone#y", NULL);
	ran_free(&r);
}

static void a_store_that_no_plugin_serves_gets_no_name(void **state)
{
	struct ran r = must(*state, 2, "profile", "add", "x", "foo:bar", NULL);

	assert_has(r.err, "\"foo\"");
	assert_has(r.err, "sqlite:");
	assert_has(r.err, "https:");
	ran_free(&r);
	r = must(*state, 0, "profile", "list", "--json", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(a_profile_stands_wherever_a_url_may),
		CLAIM(a_brain_that_is_named_goes_before_that_of_the_profile),
		CLAIM(a_read_only_profile_is_never_written_to),
		CLAIM(profiles_are_listed_shown_and_replaced),
		CLAIM(forgetting_one_leaves_the_others_and_the_comments),
		CLAIM(a_store_that_no_plugin_serves_gets_no_name),
		CLAIM(what_is_no_profile_is_refused_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
