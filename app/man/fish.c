/* SPDX-License-Identifier: MIT */
/* fish.c - completion for fish: one complete line for each word and option. */
#include <string.h>

#include "app.h"
#include "man/pages.h"

static void quoted(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', to);
		fputc(*text, to);
	}
	fputc('\'', to);
}

/* What may stand as a value, as arguments of complete. */
static void value(FILE *to, const mn_param *p)
{
	switch (p->type) {
	case MN_PARAM_SCRIPT: fputs(" -Fa '(mnemoscope complete scripts 2>/dev/null)'", to); break;
	case MN_PARAM_FILE: fputs(" -F", to); break;
	case MN_PARAM_DIR: fputs(" -xa '(__fish_complete_directories)'", to); break;
	case MN_PARAM_BRAIN: fputs(" -xa '(mnemoscope complete 2>/dev/null)'", to); break;
	case MN_PARAM_URL:
	case MN_PARAM_PROFILE:
		fputs(" -xa '(mnemoscope complete profiles 2>/dev/null)'", to);
		break;
	case MN_PARAM_CHOICE:
		fputs(" -xa '", to);
		for (const char *c = p->choices; *c; c++)
			fputc(*c == '|' ? ' ' : *c, to);
		fputc('\'', to);
		break;
	default: fputs(" -x", to);
	}
}

/* verb: NULL for every verb. */
static void param(FILE *to, const char *verb, const mn_param *p)
{
	bool option = p->name[0] == '-';

	if (!option && p->type != MN_PARAM_FILE && p->type != MN_PARAM_BRAIN
		&& p->type != MN_PARAM_CHOICE && p->type != MN_PARAM_SCRIPT)
		return;
	fputs("complete -c mnemoscope", to);
	if (verb)
		fprintf(to, " -n '__mnemoscope_verb %s'", verb);
	if (option)
		fprintf(to, " -l %s", p->name + 2);
	if (p->letter)
		fprintf(to, " -s %c", p->letter);
	if (p->type != MN_PARAM_FLAG)
		value(to, p);
	if (option) {
		fputs(" -d ", to);
		quoted(to, p->does);
	}
	fputc('\n', to);
}

static void verb_words(FILE *to, const mn_action *a, char *last, size_t room)
{
	size_t first = strcspn(a->name, " ");

	if (!a->name[first]) {
		fprintf(to, "complete -c mnemoscope -n '__mnemoscope_words 0' -a %s -d ", a->name);
	} else {
		if (strncmp(last, a->name, first) != 0) {
			snprintf(last, room, "%.*s", (int)first, a->name);
			fprintf(to,
				"complete -c mnemoscope -n '__mnemoscope_words 0' -a %s -d 'verbs "
				"of "
				"%ss'\n",
				last, last);
		}
		fprintf(to, "complete -c mnemoscope -n '__mnemoscope_words 1 %.*s' -a %s -d ",
			(int)first, a->name, a->name + first + 1);
	}
	quoted(to, a->does);
	fputc('\n', to);
}

static const char functions[] =
	"# The words before the cursor that are neither options nor values of those of every "
	"verb.\n"
	"function __mnemoscope_plain\n"
	"\tset -l skip 0\n"
	"\tfor word in (commandline -opc)[2..-1]\n"
	"\t\tif test $skip = 1\n"
	"\t\t\tset skip 0\n"
	"\t\telse if contains -- $word --store --brain --plugin-dir\n"
	"\t\t\tset skip 1\n"
	"\t\telse if not string match -q -- '-*' $word\n"
	"\t\t\techo $word\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"\n"
	"# Are there exactly that many words, and are they these?\n"
	"function __mnemoscope_words\n"
	"\tset -l plain (__mnemoscope_plain)\n"
	"\ttest (count $plain) = $argv[1]; and test \"$plain\" = \"$argv[2..-1]\"\n"
	"end\n"
	"\n"
	"# Is this the verb?\n"
	"function __mnemoscope_verb\n"
	"\tset -l plain (__mnemoscope_plain)\n"
	"\tset -l n (count $argv)\n"
	"\ttest (count $plain) -ge $n; and test \"$plain[1..$n]\" = \"$argv\"\n"
	"end\n"
	"\n"
	"complete -c mnemoscope -f\n";

void mn_complete_fish(FILE *to)
{
	const mn_action *a;
	char last[32] = "";

	fputs("# SPDX-License-Identifier: MIT\n# fish completion for mnemoscope; generated.\n\n",
		to);
	fputs(functions, to);
	for (const mn_param *p = mn_app_params; p->name; p++)
		param(to, NULL, p);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++) {
		verb_words(to, a, last, sizeof(last));
		for (const mn_param *p = a->params; p && p->name; p++)
			param(to, a->name, p);
	}
}
