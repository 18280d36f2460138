/* SPDX-License-Identifier: MIT */
/* Manual pages and completions hold every verb and option there is, and shells take them. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#include "app.h"

static char *page(const char *name)
{
	char path[512], *text = calloc(1, 1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", getenv("MN_PAGES"), name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("there is no %s", path);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static const mn_action *shown(size_t i)
{
	const mn_action *a;

	for (size_t k = 0; (a = mn_action_at(k)); k++)
		if (a->verb && !(a->scope & MN_HIDDEN) && i-- == 0)
			return a;
	return NULL;
}

static void every_verb_has_a_section_with_all_its_options(void **state)
{
	char *manual = page("mnemoscope.1"), what[96];
	const mn_action *a;

	(void)state;
	for (size_t i = 0; (a = shown(i)); i++) {
		const char *section, *end;

		snprintf(what, sizeof(what), "\n.Ss %s\n", a->name);
		assert_has(manual, what);
		section = strstr(manual, what) + 1;
		end = strstr(section, "\n.Ss ");
		for (const mn_param *p = a->params; p && p->name; p++) {
			const char *at;

			if (p->name[0] != '-')
				continue;
			snprintf(what, sizeof(what), "Fl -%s", p->name + 2);
			at = strstr(section, what);
			if (!at || (end && at > end))
				fail_msg("%s %s is not in the manual", a->name, p->name);
		}
	}
	assert_has(manual, "\n.Sh EXIT STATUS\n");
	free(manual);
}

static void every_json_form_is_documented(void **state)
{
	char *manual = page("mnemoscope-json.5"), what[96];
	const mn_action *a;

	(void)state;
	for (size_t i = 0; (a = shown(i)); i++) {
		snprintf(what, sizeof(what), "\n.Ss mnemoscope %s\n", a->name);
		if (a->json)
			assert_has(manual, what);
	}
	free(manual);
}

static void every_completion_knows_every_option(void **state)
{
	static const char *const shells[] = {"mnemoscope", "_mnemoscope", "mnemoscope.fish"};
	const mn_action *a;

	(void)state;
	for (size_t s = 0; s < 3; s++) {
		char *text = page(shells[s]), what[96];

		for (size_t i = 0; (a = shown(i)); i++)
			for (const mn_param *p = a->params; p && p->name; p++) {
				if (p->name[0] != '-')
					continue;
				snprintf(
					what, sizeof(what), s == 2 ? "-l %s" : "--%s", p->name + 2);
				assert_has(text, what);
			}
		free(text);
	}
}

static void bash(const char *script)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execl("/bin/bash", "bash", script, NULL);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What bash offers for a command line, as words. */
static char *offered(const struct room *room, const char *line)
{
	char command[1024];
	char *text = calloc(1, 1 << 16);
	FILE *f;

	snprintf(command, sizeof(command),
		"source '%s/mnemoscope'; compopt() { :; }; COMP_WORDS=(%s); "
		"COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _mnemoscope; "
		"printf '<%%s>' \"${COMPREPLY[@]}\" >'%s/offered'\n",
		getenv("MN_PAGES"), line, room->dir);
	room_write_text(room, "ask.bash", command);
	bash(room_path(room, "ask.bash"));
	f = fopen(room_path(room, "offered"), "r");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	return text;
}

static void bash_offers(const struct room *room, const char *line, const char *what)
{
	char *text = offered(room, line);

	if (!strstr(text, what))
		fail_msg("%s: %s is not in %s", line, what, text);
	free(text);
}

static void bash_completes_verbs_options_and_values(void **state)
{
	if (access("/bin/bash", X_OK) != 0)
		skip();
	bash_offers(*state, "mnemoscope rec", "<recall>");
	bash_offers(*state, "mnemoscope brain ''", "<create>");
	bash_offers(*state, "mnemoscope recall --ke", "<--kernel>");
	bash_offers(*state, "mnemoscope recall --kernel ''", "<fan><classic>");
	bash_offers(*state, "mnemoscope --store x recall --depth a", "<auto>");
	bash_offers(*state, "mnemoscope import --format gr", "<graph>");
	bash_offers(*state, "mnemoscope trace export -o /usr/bi", "</usr/bin>");
	bash_offers(*state, "mnemoscope stats --js", "<--json>");
	bash_offers(*state, "mnemoscope run /usr/bi", "</usr/bin>");
}

static void names_of_scripts_are_there_to_complete(void **state)
{
	struct ran r = must(*state, 0, "complete", "scripts", NULL);

	assert_non_null(strstr(r.out, "nightly\n"));
	ran_free(&r);
}

static void names_of_brains_are_there_to_complete(void **state)
{
	struct ran r = must(*state, 0, "complete", NULL);

	assert_string_equal(r.out, "");
	ran_free(&r);
	r = must(*state, 0, "brain", "create", "two words", NULL);
	ran_free(&r);
	r = must(*state, 0, "complete", NULL);
	assert_string_equal(r.out, "two words\n");
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(every_verb_has_a_section_with_all_its_options),
		CLAIM(every_json_form_is_documented),
		CLAIM(every_completion_knows_every_option),
		CLAIM(bash_completes_verbs_options_and_values),
		CLAIM(names_of_brains_are_there_to_complete),
		CLAIM(names_of_scripts_are_there_to_complete),
	};

	return cmocka_run_group_tests_name("pages", claims, NULL, NULL);
}
