/* SPDX-License-Identifier: MIT */
/* mdoc.c - the manual pages, in mdoc(7). */
#include <string.h>

#include "app.h"
#include "man/pages.h"

#define DATE "November 22, 2026"

/* ---- Text --------------------------------------------------------------------------------- */

/* One stretch of text without a newline, so that roff takes none of it for its own. */
static void escape(FILE *to, const char *text, size_t n)
{
	if (n && (*text == '.' || *text == '\''))
		fputs("\\&", to);
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\\')
			fputs("\\e", to);
		else if (text[i] == '-' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '-'))
			fputs("\\-", to);
		else
			fputc(text[i], to);
	}
}

static void words(FILE *to, const char *text)
{
	escape(to, text, strlen(text));
}

/* Text as an argument of a macro: in quotes, and nothing in it a delimiter. */
static void quoted(FILE *to, const char *text)
{
	fputs("\"\\&", to);
	for (; *text; text++) {
		if (*text == '"')
			fputs("\\(dq", to);
		else
			escape(to, text, 1);
	}
	fputc('"', to);
}

/* A line of literal text: what began with two spaces. Returns what follows the block. */
static const char *literal(FILE *to, const char *text)
{
	fputs(".Bd -literal -offset indent\n", to);
	while (*text == ' ') {
		size_t n = strcspn(text, "\n");

		text += 2;
		escape(to, text, n - 2);
		fputc('\n', to);
		text += n - 2;
		text += *text == '\n';
	}
	fputs(".Ed\n", to);
	return text;
}

/* A sentence to a line, as mdoc wants it. */
static void sentence_ends(FILE *to, const char *text, size_t n)
{
	size_t from = 0;

	for (size_t i = 1; i + 1 < n; i++) {
		if (text[i] != ' ' || text[i - 1] != '.')
			continue;
		escape(to, text + from, i - from);
		fputc('\n', to);
		from = i + 1;
	}
	escape(to, text + from, n - from);
	fputc('\n', to);
}

static void paragraphs(FILE *to, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (*text == '\n') {
			fputs(text[1] == ' ' ? "" : ".Pp\n", to); /* a literal makes its own room */
			text++;
		} else if (*text == ' ') {
			text = literal(to, text);
		} else {
			sentence_ends(to, text, n);
			text += n + (text[n] == '\n');
		}
	}
}

/* ---- Parameters --------------------------------------------------------------------------- */

static void param_tail(FILE *to, const mn_param *p)
{
	words(to, p->does);
	if (p->choices) {
		fputs(": ", to);
		words(to, p->choices);
	}
	if (p->fallback) {
		fputs(" (default ", to);
		words(to, p->fallback);
		fputc(')', to);
	}
	if (p->flags & MN_PARAM_REPEATS)
		fputs(" (may be repeated)", to);
	fputs(".\n", to);
}

static void option_item(FILE *to, const mn_param *p)
{
	fputs(".It", to);
	if (p->letter)
		fprintf(to, " Fl %c ,", p->letter);
	fprintf(to, " Fl -%s", p->name + 2);
	if (p->value)
		fprintf(to, " Ar %s", p->value);
	fputc('\n', to);
	param_tail(to, p);
}

static void param_list(FILE *to, const mn_param *params)
{
	if (!params || !params->name)
		return;
	fputs(".Bl -tag -width Ds\n", to);
	for (const mn_param *p = params; p->name; p++) {
		if (p->name[0] == '-') {
			option_item(to, p);
			continue;
		}
		fprintf(to, ".It Ar %s\n", p->name);
		param_tail(to, p);
	}
	fputs(".El\n", to);
}

/* ---- Verbs -------------------------------------------------------------------------------- */

static void verb_usage(FILE *to, const mn_action *a)
{
	fprintf(to, ".Nm mnemoscope Cm %s", a->name);
	for (const mn_param *p = a->params; p && p->name; p++) {
		const char *more = p->flags & MN_PARAM_REPEATS ? " ..." : "";

		if (p->name[0] == '-')
			fprintf(to, " Op Fl -%s%s%s%s", p->name + 2, p->value ? " Ar " : "",
				p->value ? p->value : "", more);
		else if (p->flags & MN_PARAM_REQUIRED)
			fprintf(to, " Ar %s%s", p->name, more);
		else
			fprintf(to, " Op Ar %s%s", p->name, more);
	}
	fputc('\n', to);
}

static void verb_section(FILE *to, const mn_action *a)
{
	fprintf(to, ".Ss %s\n", a->name);
	verb_usage(to, a);
	fputs(".Pp\n", to);
	words(to, a->does);
	fputs(".\n", to);
	if (a->help)
		paragraphs(to, a->help);
	param_list(to, a->params);
	for (const mn_example *e = a->examples; e && e->command; e++) {
		fputs(".Pp\n", to);
		words(to, e->does);
		fputs(":\n.Dl ", to);
		words(to, e->command);
		fputc('\n', to);
	}
}

/* ---- The workbench ------------------------------------------------------------------------ */

static void keys_of(FILE *to, unsigned screen, const char *title)
{
	const mn_action *a;
	bool any = false;

	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		if (!a->keys || !(a->scope & screen))
			continue;
		if (!any)
			fprintf(to, ".Ss %s\n.Bl -tag -width \"ctrl-right\" -compact\n", title);
		any = true;
		fputs(".It ", to);
		quoted(to, a->keys);
		fputc('\n', to);
		words(to, a->does);
		fputs(".\n", to);
	}
	if (any)
		fputs(".El\n", to);
}

static void keys(FILE *to)
{
	const mn_action *a;
	bool any = false;

	for (size_t i = 0; (a = mn_action_at(i)); i++)
		any |= a->keys != NULL;
	if (!any)
		return;
	fputs(".Sh KEYS OF THE WORKBENCH\n", to);
	keys_of(to, MN_ON_ANY, "Everywhere");
	keys_of(to, MN_ON_BRAINS, "Brains");
	keys_of(to, MN_ON_EXPLORER, "Explorer");
	keys_of(to, MN_ON_RECALL, "Recall");
	keys_of(to, MN_ON_CAPACITY, "Capacity");
	keys_of(to, MN_ON_JOBS, "Jobs");
	keys_of(to, MN_ON_HELP, "Help");
}

/* ---- The pages ---------------------------------------------------------------------------- */

static const char head[] =
	".\\\" SPDX-License-Identifier: MIT\n"
	".\\\" Generated from the program's table of actions.\n"
	".Dd " DATE "\n"
	".Dt MNEMOSCOPE 1\n"
	".Os\n"
	".Sh NAME\n"
	".Nm mnemoscope\n"
	".Nd workbench for neural memory\n"
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Op Ar option ...\n"
	".Nm\n"
	".Op Ar option ...\n"
	".Ar verb\n"
	".Op Ar argument ...\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"keeps memories in a graph, a brain: neurons joined by weighted synapses.\n"
	"A question activates neurons, activation spreads along synapses, and the memories that\n"
	"light up most are the answer.\n"
	"Every answer can be traced back, step by step, to the question.\n"
	".Pp\n"
	"Without a verb, at a terminal, the workbench opens: screens to explore brains, to ask\n"
	"and to watch activation spread.\n"
	"With a verb one thing is done and the program ends.\n"
	"Results go to standard output, everything else to standard error.\n"
	".Pp\n"
	"A store is where brains are kept, named by a URL:\n"
	".Bl -tag -width Ds\n"
	".It Pa sqlite:DIR\n"
	"a folder with one SQLite file for each brain.\n"
	".It Pa memory:\n"
	"this process alone: gone when it ends.\n"
	".It Pa http://HOST:PORT , Pa https://HOST:PORT\n"
	"a server: one of this program, or of NeuralMemory.\n"
	".It Pa neo4j+http://HOST:PORT/DB , Pa neo4j+https://HOST:PORT/DB\n"
	"a database of Neo4j, through its HTTP port.\n"
	".It Pa @NAME\n"
	"one that was given a name with\n"
	".Cm profile add .\n"
	".El\n"
	".Pp\n"
	"Where a brain is named,\n"
	".Ar STORE#NAME\n"
	"means the brain of another store.\n"
	".Sh OPTIONS\n"
	"Options may stand anywhere;\n"
	".Fl \\-\n"
	"ends them.\n"
	"These belong to every verb:\n";

static const char tail[] =
	".Sh ENVIRONMENT\n"
	".Bl -tag -width Ds\n"
	".It Ev MNEMOSCOPE_STORE , Ev MNEMOSCOPE_BRAIN\n"
	"The store and the brain that are meant when the command line names none.\n"
	".It Ev NEO4J_PASSWORD , Ev MNEMOSCOPE_TOKEN\n"
	"What a store asks for and the credentials file does not hold.\n"
	".It Ev NO_COLOR\n"
	"If set and not empty, nothing is coloured.\n"
	".It Ev COLORFGBG\n"
	"If it ends in 7 or 15 the workbench takes colours for a light ground.\n"
	".It Ev XDG_CONFIG_HOME , Ev XDG_DATA_HOME\n"
	"Where settings and brains are kept, instead of\n"
	".Pa ~/.config\n"
	"and\n"
	".Pa ~/.local/share .\n"
	".El\n"
	".Sh FILES\n"
	".Bl -tag -width Ds\n"
	".It Pa ~/.config/mnemoscope/config\n"
	"Lines of the form\n"
	".Ql key = value ,\n"
	"comments after\n"
	".Ql #\n"
	"at the beginning of a line.\n"
	"Keys are\n"
	".Cm store ,\n"
	".Cm brain\n"
	"and, for each profile,\n"
	".Cm profile.NAME.store ,\n"
	".Cm profile.NAME.brain\n"
	"and\n"
	".Cm profile.NAME.read_only\n"
	"(yes or no); any other is an error.\n"
	"The command line goes before the environment, the environment before this file.\n"
	".It Pa ~/.config/mnemoscope/credentials\n"
	"Passwords and tokens, lines of the form\n"
	".Ql KEY = VALUE\n"
	"or\n"
	".Ql KEY@HOST:PORT = VALUE ,\n"
	"as\n"
	".Cm secret set\n"
	"writes them.\n"
	"It is refused unless it belongs to the user and nobody else may read or write it.\n"
	".It Pa ~/.config/mnemoscope/keys\n"
	"Keys of the workbench, a line\n"
	".Ql KEY ... = ACTION\n"
	"for each change, such as\n"
	".Ql f9 ctrl-e = write trace ;\n"
	"a line without an action takes the key away.\n"
	"Actions are those of the palette.\n"
	".It Pa ~/.local/state/mnemoscope/workbench\n"
	"Where one was in the workbench: brain, screen, what was typed.\n"
	"Under\n"
	".Ev XDG_STATE_HOME\n"
	"where that is set.\n"
	".It Pa ~/.local/state/mnemoscope/unsent\n"
	"Edits that a store could not take, a file for each workbench that runs; the next one to\n"
	"start takes over those of one that is no more.\n"
	".It Pa ~/.local/share/mnemoscope\n"
	"The default store.\n"
	".El\n"
	".Sh EXIT STATUS\n"
	".Bl -tag -width Ds -compact\n"
	".It 0\n"
	"Done.\n"
	".It 1\n"
	"Failed; one line on standard error says why.\n"
	".It 2\n"
	"The command line is wrong.\n"
	".It 3\n"
	"The brain, memory or file that was named is not there.\n"
	".It 128+n\n"
	"Ended by signal n: 130 after Ctrl-C, 141 when the reader of standard output went away.\n"
	".El\n"
	".Pp\n"
	"The first SIGINT, SIGTERM or SIGHUP stops at the next point where nothing is lost; a\n"
	"second one ends the program at once.\n"
	".Sh SEE ALSO\n"
	".Xr mnemoscope-formats 5 ,\n"
	".Xr mnemoscope-json 5 ,\n"
	".Xr mnemoscope-script 5 ,\n"
	".Xr mnemoscope-http 7\n";

void mn_man_main(FILE *to)
{
	const mn_action *a;

	fputs(head, to);
	param_list(to, mn_app_params);
	fputs(".Sh VERBS\n", to);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++)
		verb_section(to, a);
	keys(to);
	fputs(tail, to);
}

static const char json_head[] =
	".\\\" SPDX-License-Identifier: MIT\n"
	".\\\" Generated from the program's table of actions.\n"
	".Dd " DATE "\n"
	".Dt MNEMOSCOPE-JSON 5\n"
	".Os\n"
	".Sh NAME\n"
	".Nm mnemoscope-json\n"
	".Nd what mnemoscope prints under --json\n"
	".Sh DESCRIPTION\n"
	"With\n"
	".Fl -json\n"
	"a verb of\n"
	".Xr mnemoscope 1\n"
	"prints one JSON document in one line, or, where this page says so, one in each of "
	"several\n"
	"lines.\n"
	"Members are only ever added, and never change their meaning.\n"
	"Text is UTF-8; control characters, bidirectional and invisible ones are written as\n"
	".Ql \\eu\n"
	"escapes.\n"
	"Times are ISO 8601 in UTC, or null.\n"
	"Counts are whole numbers, weights, levels and scores the shortest decimal that reads back "
	"to\n"
	"the same double.\n"
	"Errors are no JSON: they are one line on standard error and an exit status.\n";

void mn_man_json(FILE *to)
{
	const mn_action *a;

	fputs(json_head, to);
	for (size_t i = 0; (a = mn_pages_verb(i)); i++) {
		if (!a->json)
			continue;
		fprintf(to, ".Ss mnemoscope %s\n", a->name);
		paragraphs(to, a->json);
	}
	fputs(".Sh SEE ALSO\n.Xr mnemoscope 1\n", to);
}
