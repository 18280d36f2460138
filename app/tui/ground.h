/* SPDX-License-Identifier: MIT */
/*
 * ground.h - is the terminal's background light or dark? It is asked (OSC 11), and may answer
 * "rgb:RRRR/GGGG/BBBB" among what is typed, or not at all.
 */
#ifndef MN_TUI_GROUND_H
#define MN_TUI_GROUND_H

#include <stdbool.h>
#include <stdint.h>

#define MN_GROUND_ASK "\033]11;?\033\\"

typedef struct mn_ground { /* begins zeroed */
	char text[40];     /* of the answer, behind "ESC ]" */
	unsigned n;
	bool reading;
} mn_ground;

/* The next character of an answer; true: it was the last one. One that grows too long is read to
 * its end all the same. */
bool mn_ground_take(mn_ground *, uint32_t c);
/* What the whole answer says: 1 light, 0 dark, -1 nothing that is understood. */
int mn_ground_light(const mn_ground *);

#endif
