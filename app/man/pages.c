/* SPDX-License-Identifier: MIT */
/* pages.c - a program of the build: "pages man|json|bash|zsh|fish" writes one page to stdout. */
#include "man/pages.h"

#include <string.h>

const mn_action *mn_pages_verb(size_t i)
{
	const mn_action *a;

	for (size_t k = 0; (a = mn_action_at(k)); k++)
		if (a->verb && !(a->scope & MN_HIDDEN) && i-- == 0)
			return a;
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(FILE *);
	} pages[] = {
		{"man", mn_man_main},
		{"json", mn_man_json},
		{"bash", mn_complete_bash},
		{"zsh", mn_complete_zsh},
		{"fish", mn_complete_fish},
	};

	for (size_t i = 0; argc == 2 && i < sizeof(pages) / sizeof(*pages); i++)
		if (strcmp(argv[1], pages[i].name) == 0) {
			pages[i].write(stdout);
			return fflush(stdout) ? 1 : 0;
		}
	fputs("usage: pages man|json|bash|zsh|fish\n", stderr);
	return 2;
}
