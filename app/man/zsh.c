/* SPDX-License-Identifier: MIT */
/* zsh.c - completion for zsh: one _arguments call for each verb. */
#include <string.h>

#include "app.h"
#include "man/pages.h"

/* Text within single quotes and an _arguments specification. */
static void spec_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", to);
		else if (strchr("[]:\\", *text))
			fprintf(to, "\\%c", *text);
		else
			fputc(*text, to);
	}
}

static void value(FILE *to, const mn_param *p)
{
	fputc(':', to);
	spec_text(to, p->value ? p->value : p->name);
	fputc(':', to);
	switch (p->type) {
	case MN_PARAM_SCRIPT: fputs("_mnemoscope_scripts", to); break;
	case MN_PARAM_FILE: fputs("_files", to); break;
	case MN_PARAM_DIR: fputs("_files -/", to); break;
	case MN_PARAM_BRAIN: fputs("_mnemoscope_brains", to); break;
	case MN_PARAM_URL:
	case MN_PARAM_PROFILE: fputs("_mnemoscope_profiles", to); break;
	case MN_PARAM_CHOICE:
		fputc('(', to);
		for (const char *c = p->choices; *c; c++)
			fputc(*c == '|' ? ' ' : *c, to);
		fputc(')', to);
		break;
	default: break;
	}
}

static void option(FILE *to, const mn_param *p)
{
	const char *star = p->flags & MN_PARAM_REPEATS ? "*" : "";

	if (p->letter && !*star)
		fprintf(to, "\t\t'(-%c %s)'{-%c,%s}'[", p->letter, p->name, p->letter, p->name);
	else
		fprintf(to, "\t\t'%s%s[", star, p->name);
	spec_text(to, p->does);
	fputc(']', to);
	if (p->type != MN_PARAM_FLAG)
		value(to, p);
	fputs("' \\\n", to);
}

static void params(FILE *to, const mn_param *p)
{
	for (; p && p->name; p++) {
		if (p->name[0] == '-') {
			option(to, p);
			continue;
		}
		fputs(p->flags & MN_PARAM_REPEATS ? "\t\t'*" : "\t\t'", to);
		value(to, p);
		fputs("' \\\n", to);
	}
}

static void described(FILE *to, const mn_action *a, const char *word)
{
	fprintf(to, "\t\t'%s:", word);
	spec_text(to, a->does);
	fputs("'\n", to);
}

/* The words that may stand first, or behind `group`. */
static void word_list(FILE *to, const char *group)
{
	const mn_action *a;
	size_t n = strlen(group);
	char last[32] = "";

	for (size_t i = 0; (a = mn_pages_verb(i)); i++) {
		size_t first = strcspn(a->name, " ");

		if (n && (first != n || strncmp(a->name, group, n) != 0))
			continue;
		if (n) {
			described(to, a, a->name + n + 1);
		} else if (!a->name[first]) {
			described(to, a, a->name);
		} else if (strncmp(last, a->name, first) != 0) {
			snprintf(last, sizeof(last), "%.*s", (int)first, a->name);
			fprintf(to, "\t\t'%s:verbs of %ss'\n", last, last);
		}
	}
}

static void groups(FILE *to)
{
	const mn_action *a;
	char last[32] = "";

	for (size_t i = 0; (a = mn_pages_verb(i)); i++) {
		size_t first = strcspn(a->name, " ");

		if (!a->name[first] || strncmp(last, a->name, first) == 0)
			continue;
		snprintf(last, sizeof(last), "%.*s", (int)first, a->name);
		fprintf(to, "\t%s) words=(\n", last);
		word_list(to, last);
		fputs("\t) ;;\n", to);
	}
}

static const char function[] =
	"# The words before the current one that are neither options nor their values.\n"
	"_mnemoscope_plain() {\n"
	"\tlocal i\n"
	"\tplain=()\n"
	"\tfor ((i = 2; i < CURRENT; i++)); do\n"
	"\t\tcase ${words[i]} in\n"
	"\t\t--store|--brain|--plugin-dir) ((i++)) ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) plain+=(${words[i]}) ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_mnemoscope() {\n"
	"\tlocal -a plain choices\n"
	"\t_mnemoscope_plain\n"
	"\tif [[ ${words[CURRENT]} != -* ]]; then\n"
	"\t\t_mnemoscope_words \"${plain[@]}\"\n"
	"\t\tif (( ${#choices} )); then\n"
	"\t\t\t_describe verb choices\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\tfi\n"
	"\t_mnemoscope_verb \"${plain[@]}\"\n"
	"}\n"
	"\n"
	"_mnemoscope \"$@\"\n";

static void words_function(FILE *to)
{
	fputs("# Fills choices with the words that may follow, if a verb is still to be named.\n"
	      "_mnemoscope_words() {\n"
	      "\tlocal -a words\n"
	      "\t(( $# )) || { choices=(\n",
		to);
	word_list(to, "");
	fputs("\t); return; }\n\t(( $# == 1 )) || return\n\tcase $1 in\n", to);
	groups(to);
	fputs("\tesac\n\tchoices=(\"${words[@]}\")\n}\n\n", to);
}

void mn_complete_zsh(FILE *to)
{
	const mn_action *a;

	fputs("#compdef mnemoscope\n# SPDX-License-Identifier: MIT\n# zsh completion; "
	      "generated.\n\n"
	      "_mnemoscope_brains() {\n"
	      "\tlocal -a brains\n"
	      "\tbrains=(\"${(@f)$(mnemoscope complete 2>/dev/null)}\")\n"
	      "\tcompadd -a brains\n}\n\n"
	      "_mnemoscope_profiles() {\n"
	      "\tlocal -a profiles\n"
	      "\tprofiles=(\"${(@f)$(mnemoscope complete profiles 2>/dev/null)}\")\n"
	      "\tcompadd -a profiles\n}\n\n"
	      "_mnemoscope_scripts() {\n"
	      "\tlocal -a scripts\n"
	      "\tscripts=(\"${(@f)$(mnemoscope complete scripts 2>/dev/null)}\")\n"
	      "\tcompadd -a scripts\n\t_files -g '*.lua'\n}\n\n",
		to);
	words_function(to);
	fputs("_mnemoscope_verb() {\n"
	      "\tlocal -a all\n\tall=(\n",
		to);
	for (const mn_param *p = mn_app_params; p->name; p++) {
		fputs("\t", to);
		option(to, p);
	}
	fputs("\t)\n\tcase \"$1 $2\" in\n", to);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++) {
		bool two = strchr(a->name, ' ') != NULL;

		fprintf(to, "\t'%s%s'*)\n", a->name, two ? "" : " ");
		fprintf(to, "\t\t(( CURRENT -= %d )); shift %d words\n", two ? 2 : 1, two ? 2 : 1);
		fputs("\t\t_arguments $all \\\n", to);
		params(to, a->params);
		fputs("\t\t;;\n", to);
	}
	fputs("\t*) _arguments $all ;;\n\tesac\n}\n\n", to);
	fputs(function, to);
}
