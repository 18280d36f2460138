/* SPDX-License-Identifier: MIT */
/*
 * theme.h - what things look like, by role and never by colour.
 *
 * A style is a role with flags. Each role has a look for terminals of 256, 16 and 8 colours, and
 * one without any, so that NO_COLOR and a monochrome terminal lose nothing: what colour says is
 * also said by a shape or a number. The user's thread only.
 */
#ifndef MN_TUI_THEME_H
#define MN_TUI_THEME_H

#include <curses.h>
#include <stdbool.h>
#include <stdint.h>

#define MN_HEATS 16

enum mn_role {
	MN_ROLE_TEXT,
	MN_ROLE_DIM,
	MN_ROLE_FRAME,
	MN_ROLE_FRAME_LIVE, /* the frame of what the keys go to */
	MN_ROLE_TITLE,
	MN_ROLE_BRAND,
	MN_ROLE_TAB,
	MN_ROLE_TAB_LIVE,
	MN_ROLE_KEY,
	MN_ROLE_GOOD,
	MN_ROLE_WARN,
	MN_ROLE_BAD,
	MN_ROLE_MATCH, /* the part of a text that was looked for */
	MN_ROLE_NUMBER,
	MN_ROLE_INPUT,
	MN_ROLE_MEMORY, /* neurons by type, from here on */
	MN_ROLE_CONCEPT,
	MN_ROLE_ENTITY,
	MN_ROLE_TIME,
	MN_ROLE_SESSION,
	MN_ROLE_OTHER,
	MN_ROLE_HEAT, /* cold; MN_HEATS of them up to hot */
	MN_ROLES = MN_ROLE_HEAT + MN_HEATS
};

typedef unsigned mn_style;
#define MN_SELECTED (1u << 8) /* on the row the cursor is on, in the pane the keys go to */
#define MN_MARKED (1u << 9)   /* likewise, in a pane the keys do not go to */
#define MN_STRONG (1u << 10)
#define MN_ROLE_OF(style) ((style)&0xff)

typedef struct mn_theme {
	int colours; /* 0: none, 8, 16 or 256 */
	bool light;  /* dark text on a light ground */
	bool ascii;  /* no character beyond ASCII for lines, bars and marks */
	bool narrow; /* nor for anything else: the locale has no other */
	struct mn_tone {
		attr_t attr;
		short pair;
	} looks[MN_ROLES][3]; /* plain, selected, marked */
} mn_theme;

/* To be called after curses has started. colours: at most this many (0: none). ascii and narrow
 * are left to the caller. */
void mn_theme_init(mn_theme *, int colours, bool light);
/* Everything the window draws from now on looks like this. */
void mn_theme_use(const mn_theme *, WINDOW *, mn_style);
/* The style for an activation or weight of 0..1. */
mn_style mn_theme_heat(double level);
/* The style for a neuron of this type (a code of mn_type_code). */
mn_style mn_theme_neuron(uint16_t type);

#endif
