/* SPDX-License-Identifier: MIT */
/* Brains as they are managed from the command line. */
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

static void a_created_brain_is_listed(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "notes", NULL);

	ran_free(&r);
	r = must(*state, 0, "brain", "list", NULL);
	assert_has(r.out, "notes");
	ran_free(&r);
}

static void a_name_is_taken_once(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "notes", NULL);

	ran_free(&r);
	r = must(*state, 1, "brain", "create", "notes", NULL);
	assert_one_line(r.err);
	ran_free(&r);
}

static void names_that_cannot_be_are_usage_errors(void **state)
{
	static const char *const names[] = {"a/b", "a\nb", "", "a\x7f"};
	struct ran r;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		r = must(*state, 2, "brain", "create", names[i], NULL);
		ran_free(&r);
	}
}

static void hostile_names_stay_in_their_folder(void **state)
{
	static const char *const names[] = {
		"..", ".", "CON", "a b", "\xc3\xa4\xe2\x82\xac", "%2e%2e", "x;rm -rf", "-"};
	struct ran r;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		r = must(*state, 0, "brain", "create", "--", names[i], NULL);
		ran_free(&r);
		r = must(*state, 0, "brain", "show", "--", names[i], NULL);
		assert_has(r.out, names[i]);
		ran_free(&r);
	}
	assert_false(room_has(*state, "data/x"));
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_int_equal(count_of(r.out, "\"name\":"), sizeof(names) / sizeof(*names));
	ran_free(&r);
}

static void an_unknown_brain_is_not_found(void **state)
{
	static const char *const verbs[] = {"show", "rename", "delete", "use", "copy"};
	struct ran r;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		bool two = i == 1 || i == 4;

		r = must(*state, 3, "brain", verbs[i], "nobody",
			two      ? "else"
			: i == 2 ? "--yes"
				 : NULL,
			NULL);
		assert_has(r.err, "nobody");
		assert_one_line(r.err);
		ran_free(&r);
	}
	r = must(*state, 3, "recall", "x", NULL);
	assert_has(r.err, "default");
	ran_free(&r);
	r = must(*state, 3, "stats", "nobody", NULL);
	ran_free(&r);
	r = must(*state, 3, "--brain", "nobody", "export", NULL);
	ran_free(&r);
}

/* The number sign stands between a store and a name. */
static void a_new_name_does_not_begin_with_a_number_sign(void **state)
{
	static const char *const makes[][5] = {{"brain", "copy", "a", "#b"},
		{"brain", "rename", "a", "#b"}, {"brain", "create", "#b"},
		{"--brain", "#b", "remember", "x"}};
	struct ran r = must(*state, 0, "brain", "create", "a", NULL);

	ran_free(&r);
	for (size_t i = 0; i < sizeof(makes) / sizeof(*makes); i++) {
		r = must(*state, 2, makes[i][0], makes[i][1], makes[i][2], makes[i][3], NULL);
		assert_has(r.err, "say b, or STORE#b");
		ran_free(&r);
	}
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_int_equal(count_of(r.out, "\"name\":"), 1);
	ran_free(&r);
}

static void deleting_what_is_not_there_asks_for_nothing(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "a", NULL);

	ran_free(&r);
	r = must(*state, 3, "brain", "delete", "nosuch", NULL);
	assert_has(r.err, "nosuch");
	assert_lacks(r.err, "--yes");
	ran_free(&r);
}

static void asking_about_a_brain_makes_none(void **state)
{
	struct ran r = must(*state, 3, "recall", "x", NULL);

	ran_free(&r);
	r = must(*state, 0, "brain", "list", "--json", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
}

static void a_renamed_brain_keeps_what_is_in_it(void **state)
{
	struct ran r = must(*state, 0, "--brain", "a", "remember", "The cat sleeps.", NULL);

	ran_free(&r);
	r = must(*state, 0, "brain", "rename", "a", "b", NULL);
	ran_free(&r);
	r = must(*state, 3, "brain", "show", "a", NULL);
	ran_free(&r);
	r = must(*state, 0, "--brain", "b", "recall", "cat", NULL);
	assert_has(r.out, "The cat sleeps.");
	ran_free(&r);
}

static void deleting_wants_yes_where_nobody_can_be_asked(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "a", NULL);

	ran_free(&r);
	r = must(*state, 2, "brain", "delete", "a", NULL);
	assert_has(r.err, "--yes");
	ran_free(&r);
	r = must(*state, 0, "brain", "delete", "a", "--yes", NULL);
	ran_free(&r);
	r = must(*state, 3, "brain", "show", "a", NULL);
	ran_free(&r);
}

static void at_a_terminal_the_name_has_to_be_typed(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "precious", NULL);
	struct going g;

	ran_free(&r);
	g = start(*state, true, "brain", "delete", "precious", NULL);
	wait_for(&g, "Type its name to go on: ");
	assert_int_equal(write(g.in, "yes\n", 4), 4);
	assert_int_equal(finish(&g).code, 1);
	r = must(*state, 0, "brain", "show", "precious", NULL);
	ran_free(&r);
	g = start(*state, true, "brain", "delete", "precious", NULL);
	wait_for(&g, "Type its name to go on: ");
	assert_int_equal(write(g.in, "precious\n", 9), 9);
	assert_int_equal(finish(&g).code, 0);
	r = must(*state, 3, "brain", "show", "precious", NULL);
	ran_free(&r);
}

static void ctrl_c_at_the_question_deletes_nothing(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "precious", NULL);
	struct going g;

	ran_free(&r);
	g = start(*state, true, "brain", "delete", "precious", NULL);
	wait_for(&g, "Type its name to go on: ");
	assert_int_equal(write(g.in, "\x03", 1), 1);
	assert_int_equal(finish(&g).code, 130);
	r = must(*state, 0, "brain", "show", "precious", NULL);
	ran_free(&r);
}

static void the_brain_in_use_is_meant_when_none_is_named(void **state)
{
	struct stat st;
	struct ran r = must(*state, 0, "--brain", "notes", "remember", "The cat sleeps.", NULL);

	ran_free(&r);
	r = must(*state, 0, "brain", "use", "notes", NULL);
	ran_free(&r);
	assert_int_equal(stat(room_path(*state, "config/mnemoscope/config"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	r = must(*state, 0, "recall", "cat", NULL);
	assert_has(r.out, "The cat sleeps.");
	ran_free(&r);
	r = must(*state, 0, "brain", "list", NULL);
	assert_has(r.out, "* notes");
	ran_free(&r);
}

static void the_command_line_goes_before_the_environment_before_the_file(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "file", NULL);

	ran_free(&r);
	r = must(*state, 0, "brain", "create", "environment", NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "create", "line", NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "use", "file", NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "show", NULL);
	assert_has(r.out, "file");
	ran_free(&r);
	r = must(*state, 0, "MNEMOSCOPE_BRAIN=environment", "brain", "show", NULL);
	assert_has(r.out, "environment");
	ran_free(&r);
	r = must(*state, 0, "MNEMOSCOPE_BRAIN=environment", "brain", "show", "--brain", "line",
		NULL);
	assert_has(r.out, "line");
	ran_free(&r);
	r = must(*state, 0, "MNEMOSCOPE_STORE=memory:", "brain", "list", "--json", NULL);
	assert_string_equal(r.out, "[]\n");
	ran_free(&r);
}

static void using_a_brain_keeps_the_comments_of_the_file(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "notes", NULL);
	char text[512] = "";
	FILE *f;

	ran_free(&r);
	assert_int_equal(mkdir(room_path(*state, "config"), 0700), 0);
	assert_int_equal(mkdir(room_path(*state, "config/mnemoscope"), 0700), 0);
	room_write_text(*state, "config/mnemoscope/config", "# mine\n\nbrain = old\n");
	r = must(*state, 0, "brain", "use", "notes", NULL);
	ran_free(&r);
	f = fopen(room_path(*state, "config/mnemoscope/config"), "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	assert_string_equal(text, "# mine\n\nbrain = notes\n");
}

static void an_unknown_key_in_the_file_is_an_error_with_its_line(void **state)
{
	struct ran r;

	assert_int_equal(mkdir(room_path(*state, "config"), 0700), 0);
	assert_int_equal(mkdir(room_path(*state, "config/mnemoscope"), 0700), 0);
	room_write_text(*state, "config/mnemoscope/config", "# mine\nbrian = x\n");
	r = must(*state, 1, "brain", "list", NULL);
	assert_has(r.err, "line 2: unknown key \"brian\"");
	assert_one_line(r.err);
	ran_free(&r);
}

static void a_brain_of_another_store_is_named_by_its_url(void **state)
{
	char url[300], text[320];
	struct ran r;

	snprintf(url, sizeof(url), "sqlite:%s#notes", room_path(*state, "elsewhere"));
	r = must(*state, 0, "brain", "create", url, NULL);
	ran_free(&r);
	snprintf(text, sizeof(text), "sqlite:%s", room_path(*state, "elsewhere"));
	r = must(*state, 0, "--store", text, "brain", "show", "notes", NULL);
	ran_free(&r);
	r = must(*state, 0, "--brain", url, "remember", "The cat sleeps.", NULL);
	ran_free(&r);
	r = must(*state, 0, "stats", url, "--json", NULL);
	assert_has(r.out, "\"fibers\":1");
	ran_free(&r);
}

/* An export without its first line, which has the brain's name and uid. */
static const char *rows_of(const char *export)
{
	assert_true(strncmp(export, "{\"brain\":", 9) == 0);
	return strchr(export, '\n') + 1;
}

static void a_copied_brain_has_the_same_rows(void **state)
{
	char url[300];
	struct ran r, s;

	r = run_input(*state,
		"{\"id\":\"a\",\"text\":\"The cat sleeps on the mat.\"}\n"
		"{\"id\":\"b\",\"text\":\"A dog barks at the cat.\",\"tags\":[\"dog\"]}\n",
		"--brain", "a", "import", "-", NULL);
	assert_int_equal(r.code, 0);
	ran_free(&r);
	r = must(*state, 0, "brain", "copy", "a", "b", NULL);
	ran_free(&r);
	snprintf(url, sizeof(url), "sqlite:%s#c", room_path(*state, "elsewhere"));
	r = must(*state, 0, "brain", "copy", "a", url, NULL);
	ran_free(&r);
	r = must(*state, 0, "--brain", "a", "export", "--format", "graph", NULL);
	s = must(*state, 0, "--brain", "b", "export", "--format", "graph", NULL);
	assert_string_equal(rows_of(r.out), rows_of(s.out));
	ran_free(&s);
	s = must(*state, 0, "--brain", url, "export", "--format", "graph", NULL);
	assert_string_equal(rows_of(r.out), rows_of(s.out));
	ran_free(&s);
	ran_free(&r);
}

static void a_copy_does_not_overwrite(void **state)
{
	struct ran r = must(*state, 0, "brain", "create", "a", NULL);

	ran_free(&r);
	r = must(*state, 0, "brain", "create", "b", NULL);
	ran_free(&r);
	r = must(*state, 1, "brain", "copy", "a", "b", NULL);
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 0, "brain", "show", "b", NULL);
	ran_free(&r);
}

static void read_only_changes_nothing(void **state)
{
	struct ran r = must(*state, 0, "--brain", "a", "remember", "The cat sleeps.", NULL), s;

	ran_free(&r);
	r = must(*state, 0, "stats", "a", "--json", NULL);
	s = must(*state, 1, "--read-only", "--brain", "a", "remember", "No.", NULL);
	assert_one_line(s.err);
	ran_free(&s);
	s = must(*state, 1, "--read-only", "brain", "create", "b", NULL);
	ran_free(&s);
	s = must(*state, 1, "--read-only", "brain", "delete", "a", "--yes", NULL);
	ran_free(&s);
	s = must(*state, 0, "--read-only", "--brain", "a", "recall", "cat", NULL);
	assert_has(s.out, "The cat sleeps.");
	ran_free(&s);
	s = must(*state, 0, "stats", "a", "--json", NULL);
	assert_string_equal(r.out, s.out);
	ran_free(&s);
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(a_created_brain_is_listed),
		CLAIM(a_name_is_taken_once),
		CLAIM(names_that_cannot_be_are_usage_errors),
		CLAIM(hostile_names_stay_in_their_folder),
		CLAIM(an_unknown_brain_is_not_found),
		CLAIM(a_new_name_does_not_begin_with_a_number_sign),
		CLAIM(deleting_what_is_not_there_asks_for_nothing),
		CLAIM(asking_about_a_brain_makes_none),
		CLAIM(a_renamed_brain_keeps_what_is_in_it),
		CLAIM(deleting_wants_yes_where_nobody_can_be_asked),
		CLAIM(at_a_terminal_the_name_has_to_be_typed),
		CLAIM(ctrl_c_at_the_question_deletes_nothing),
		CLAIM(the_brain_in_use_is_meant_when_none_is_named),
		CLAIM(the_command_line_goes_before_the_environment_before_the_file),
		CLAIM(using_a_brain_keeps_the_comments_of_the_file),
		CLAIM(an_unknown_key_in_the_file_is_an_error_with_its_line),
		CLAIM(a_brain_of_another_store_is_named_by_its_url),
		CLAIM(a_copied_brain_has_the_same_rows),
		CLAIM(a_copy_does_not_overwrite),
		CLAIM(read_only_changes_nothing),
	};

	return cmocka_run_group_tests_name("brain", claims, NULL, NULL);
}
