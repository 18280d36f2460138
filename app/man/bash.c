/* SPDX-License-Identifier: MIT */
/* bash.c - completion for bash: three tables made from the actions, and a function that reads
 * them. Brains are asked of the program itself. */
#include <string.h>

#include "app.h"
#include "man/pages.h"

/* What can stand where a parameter's value does, as words of the function below. */
static void kind(FILE *to, const mn_param *p)
{
	switch (p->type) {
	case MN_PARAM_FLAG: fputs("flag", to); break;
	case MN_PARAM_SCRIPT: fputs("script", to); break;
	case MN_PARAM_FILE: fputs("file", to); break;
	case MN_PARAM_DIR: fputs("dir", to); break;
	case MN_PARAM_BRAIN: fputs("brain", to); break;
	case MN_PARAM_URL:
	case MN_PARAM_PROFILE: fputs("profile", to); break;
	case MN_PARAM_CHOICE:
		fputs("choice", to);
		for (const char *c = p->choices; *c; c += strspn(c, "|")) {
			fprintf(to, " %.*s", (int)strcspn(c, "|"), c);
			c += strcspn(c, "|");
		}
		break;
	default: fputs("none", to);
	}
}

static void options(FILE *to, const char *verb, const mn_param *p)
{
	fprintf(to, "\t'%s') echo '", verb);
	for (const char *gap = ""; p && p->name; p++)
		if (p->name[0] == '-') {
			fprintf(to, "%s%s", gap, p->name);
			gap = " ";
		}
	fputs("' ;;\n", to);
}

/* verb: a shell pattern that is matched with a space and the option behind it. */
static void kinds(FILE *to, const char *verb, const mn_param *p)
{
	for (; p && p->name; p++) {
		if (p->type == MN_PARAM_FLAG || p->name[0] != '-')
			continue;
		fprintf(to, "\t%s' %s'", verb, p->name);
		if (p->letter)
			fprintf(to, "|%s' -%c'", verb, p->letter);
		fputs(") echo '", to);
		kind(to, p);
		fputs("' ;;\n", to);
	}
}

/* The kind of a verb's first argument stands for all. */
static void arguments(FILE *to, const mn_action *a)
{
	for (const mn_param *p = a->params; p && p->name; p++)
		if (p->name[0] != '-') {
			fprintf(to, "\t'%s') echo '", a->name);
			kind(to, p);
			fputs("' ;;\n", to);
			return;
		}
}

static void verbs(FILE *to)
{
	const mn_action *a;

	fputs("_mnemoscope_verbs() {\n\tcat <<'EOF'\n", to);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++)
		fprintf(to, "%s\n", a->name);
	fputs("EOF\n}\n\n", to);
}

static const char function[] =
	"# Words of the command line before the current one that are no options: the verb, "
	"arguments.\n"
	"_mnemoscope_words() {\n"
	"\tlocal i verb=\n"
	"\tplain=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t-*) case $(_mnemoscope_kind \"${plain[*]}\" \"${COMP_WORDS[i]}\") in\n"
	"\t\t\t'' | flag) ;;\n"
	"\t\t\t*) ((i++)) ;;\n"
	"\t\t\tesac ;;\n"
	"\t\t*) plain+=(\"${COMP_WORDS[i]}\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_mnemoscope() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal plain verb= kind\n"
	"\t_mnemoscope_words\n"
	"\tif _mnemoscope_verbs | grep -qx -e \"${plain[0]} ${plain[1]}\"; then\n"
	"\t\tverb=\"${plain[0]} ${plain[1]}\"\n"
	"\telif _mnemoscope_verbs | grep -qx -e \"${plain[0]}\"; then\n"
	"\t\tverb=${plain[0]}\n"
	"\tfi\n"
	"\tCOMPREPLY=()\n"
	"\tkind=$(_mnemoscope_kind \"$verb\" \"$prev\")\n"
	"\tif [[ -z $kind ]]; then\n"
	"\t\tif [[ $cur == -* ]]; then\n"
	"\t\t\tkind=\"choice $(_mnemoscope_options \"$verb\") $(_mnemoscope_options '')\"\n"
	"\t\telif [[ -n $verb ]]; then\n"
	"\t\t\tkind=$(_mnemoscope_argument \"$verb\")\n"
	"\t\telif [[ ${#plain[@]} -eq 0 ]]; then\n"
	"\t\t\tkind=\"choice $(_mnemoscope_verbs | cut -d ' ' -f 1 | sort -u | tr '\\n' ' ')\"\n"
	"\t\telse\n"
	"\t\t\tkind=\"choice $(_mnemoscope_verbs | sed -n \"s/^${plain[0]} //p\" | tr '\\n' ' "
	"')\"\n"
	"\t\tfi\n"
	"\tfi\n"
	"\tcase $kind in\n"
	"\tchoice\\ *) mapfile -t COMPREPLY < <(compgen -W \"${kind#choice }\" -- \"$cur\") ;;\n"
	"\tfile) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
	"\tdir) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
	"\tbrain) local IFS=$'\\n'\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$(mnemoscope complete 2>/dev/null)\" -- "
	"\"$cur\") ;;\n"
	"\tscript) compopt -o filenames\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$(mnemoscope complete scripts 2>/dev/null)\" "
	"-f -- \"$cur\") ;;\n"
	"\tprofile) mapfile -t COMPREPLY < <(compgen -W \"$(mnemoscope complete profiles "
	"2>/dev/null)\" -- \"$cur\") ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"complete -F _mnemoscope mnemoscope\n";

void mn_complete_bash(FILE *to)
{
	const mn_action *a;

	fputs("# SPDX-License-Identifier: MIT\n# bash completion for mnemoscope; generated.\n\n",
		to);
	verbs(to);
	fputs("# The options of a verb; of all verbs for an empty one.\n"
	      "_mnemoscope_options() {\n\tcase $1 in\n",
		to);
	options(to, "", mn_app_params);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++)
		options(to, a->name, a->params);
	fputs("\tesac\n}\n\n# What follows an option that takes a value; empty for any other "
	      "word.\n"
	      "_mnemoscope_kind() {\n\tcase \"$1 $2\" in\n",
		to);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++) {
		char verb[64];

		snprintf(verb, sizeof(verb), "'%s'", a->name);
		kinds(to, verb, a->params);
	}
	kinds(to, "*", mn_app_params);
	fputs("\tesac\n}\n\n_mnemoscope_argument() {\n\tcase $1 in\n", to);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++)
		arguments(to, a);
	fputs("\tesac\n}\n\n", to);
	fputs(function, to);
}
