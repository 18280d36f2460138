/* SPDX-License-Identifier: MIT */
/* pages.h - what is generated from the table of actions while building; written to a stream. */
#ifndef MN_APP_MAN_PAGES_H
#define MN_APP_MAN_PAGES_H

#include <stdio.h>

#include "action.h"

void mn_man_main(FILE *); /* mnemoscope(1), mdoc */
void mn_man_json(FILE *); /* mnemoscope-json(5), mdoc */
void mn_complete_bash(FILE *);
void mn_complete_zsh(FILE *);
void mn_complete_fish(FILE *);

/* The i-th verb that is shown to people; NULL behind the last. */
const mn_action *mn_pages_verb(size_t i);

#endif
