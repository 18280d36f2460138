/* SPDX-License-Identifier: MIT */
#include "tui/theme.h"

#include "base/type.h"

#define PLAIN (-1) /* the terminal's own colour */
#define SELECTED_DARK 237
#define MARKED_DARK 235
#define SELECTED_LIGHT 253
#define MARKED_LIGHT 255

/* Colours are indices: of the 256-colour cube for dark and light ground, of the 16 ANSI ones
 * for both.
 * mono: what stands in for colour where there is none. */
struct tint {
	short dark, light, ansi, ansi_light;
	attr_t attr, mono;
};

static const struct tint tints[MN_ROLE_HEAT] = {
	[MN_ROLE_TEXT] = {PLAIN, PLAIN, PLAIN, PLAIN, 0, 0},
	[MN_ROLE_DIM] = {245, 242, 7, 8, 0, A_DIM},
	[MN_ROLE_FRAME] = {240, 249, 8, 8, 0, A_DIM},
	[MN_ROLE_FRAME_LIVE] = {74, 25, 6, 4, 0, A_BOLD},
	[MN_ROLE_TITLE] = {253, 235, PLAIN, PLAIN, A_BOLD, A_BOLD},
	[MN_ROLE_BRAND] = {176, 90, 5, 5, A_BOLD, A_BOLD},
	[MN_ROLE_TAB] = {247, 240, 7, 8, 0, 0},
	[MN_ROLE_TAB_LIVE] = {117, 25, 14, 4, A_BOLD, A_REVERSE},
	[MN_ROLE_KEY] = {221, 130, 11, 1, 0, A_BOLD},
	[MN_ROLE_GOOD] = {114, 28, 10, 2, 0, 0},
	[MN_ROLE_WARN] = {215, 130, 11, 1, 0, A_BOLD},
	[MN_ROLE_BAD] = {203, 124, 9, 1, A_BOLD, A_BOLD},
	[MN_ROLE_MATCH] = {221, 130, 11, 1, A_UNDERLINE, A_UNDERLINE},
	[MN_ROLE_NUMBER] = {152, 24, 14, 4, 0, 0},
	[MN_ROLE_INPUT] = {255, 232, 15, PLAIN, 0, 0},
	[MN_ROLE_MEMORY] = {117, 25, 14, 4, 0, 0},
	[MN_ROLE_CONCEPT] = {150, 64, 10, 2, 0, 0},
	[MN_ROLE_ENTITY] = {216, 130, 3, 1, 0, 0},
	[MN_ROLE_TIME] = {183, 91, 13, 5, 0, 0},
	[MN_ROLE_SESSION] = {181, 95, 5, 5, 0, 0},
	[MN_ROLE_OTHER] = {250, 240, 7, PLAIN, 0, 0},
};

static const short heat_dark[MN_HEATS] = {
	60, 61, 67, 68, 74, 80, 79, 78, 114, 150, 186, 222, 221, 215, 209, 203};
static const short heat_light[MN_HEATS] = {
	146, 110, 67, 61, 25, 31, 30, 29, 28, 64, 100, 136, 130, 166, 160, 124};
static const short heat_ansi[MN_HEATS] = {4, 4, 4, 12, 12, 6, 6, 2, 2, 10, 10, 3, 3, 11, 9, 9};
static const short heat_ansi_light[MN_HEATS] = {4, 4, 4, 4, 4, 6, 6, 6, 2, 2, 2, 5, 5, 5, 1, 1};

static short heat_of(const mn_theme *t, int step)
{
	if (t->colours < 256)
		return t->light ? heat_ansi_light[step] : heat_ansi[step];
	return t->light ? heat_light[step] : heat_dark[step];
}

/* The foreground of a role; *attr: what goes with it. */
static short colour_of(const mn_theme *t, int role, attr_t *attr)
{
	bool heat = role >= MN_ROLE_HEAT;
	short c;

	*attr = heat ? 0 : tints[role].attr;
	if (heat)
		c = heat_of(t, role - MN_ROLE_HEAT);
	else
		c = t->colours < 256 ? (t->light ? tints[role].ansi_light : tints[role].ansi)
				     : (t->light ? tints[role].light : tints[role].dark);
	if (t->colours == 8 && c >= 8) {
		*attr |= c == 8 ? 0 : A_BOLD;
		c = c == 8 ? PLAIN : (short)(c - 8);
	}
	return c;
}

/* Pairs are made once per distinct foreground and ground; the pair's number, 0: none left. */
static short pair_of(short (*made)[2], short *n, short fg, short bg)
{
	if (fg == PLAIN && bg == PLAIN)
		return 0;
	for (short i = 0; i < *n; i++)
		if (made[i][0] == fg && made[i][1] == bg)
			return (short)(i + 1);
	if (*n + 1 >= COLOR_PAIRS || *n >= 255 || init_pair((short)(*n + 1), fg, bg) == ERR)
		return 0;
	made[*n][0] = fg;
	made[*n][1] = bg;
	return ++*n;
}

static short ground_of(const mn_theme *t, int flag)
{
	if (flag == 0 || t->colours < 256)
		return PLAIN;
	if (flag == 1)
		return t->light ? SELECTED_LIGHT : SELECTED_DARK;
	return t->light ? MARKED_LIGHT : MARKED_DARK;
}

/* Without 256 colours there is no quiet ground, so the cursor's row is shown reversed. */
static attr_t cursor_attr(const mn_theme *t, int flag)
{
	if (flag == 0 || t->colours == 256)
		return 0;
	return flag == 1 ? A_REVERSE : A_BOLD;
}

void mn_theme_init(mn_theme *t, int colours, bool light)
{
	short made[256][2], n = 0;

	*t = (mn_theme){.light = light};
	if (colours && has_colors() && start_color() == OK) {
		use_default_colors();
		t->colours = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : 8;
		if (t->colours > colours)
			t->colours = colours >= 16 ? 16 : 8;
	}
	for (int role = 0; role < MN_ROLES; role++) {
		for (int flag = 0; flag < 3; flag++) {
			struct mn_tone *look = &t->looks[role][flag];

			if (t->colours == 0) {
				look->attr = role < MN_ROLE_HEAT ? tints[role].mono : 0;
			} else {
				short fg = colour_of(t, role, &look->attr);

				look->pair = pair_of(made, &n, fg, ground_of(t, flag));
			}
			look->attr |= cursor_attr(t, flag);
		}
	}
}

void mn_theme_use(const mn_theme *t, WINDOW *win, mn_style style)
{
	int flag = style & MN_SELECTED ? 1 : style & MN_MARKED ? 2 : 0;
	const struct mn_tone *look = &t->looks[MN_ROLE_OF(style)][flag];
	attr_t attr = look->attr | (style & MN_STRONG ? A_BOLD : 0);

	wattr_set(win, attr, look->pair, NULL);
}

mn_style mn_theme_heat(double level)
{
	int step = (int)(level * MN_HEATS);

	return MN_ROLE_HEAT + (unsigned)(step < 0 ? 0 : step >= MN_HEATS ? MN_HEATS - 1 : step);
}

mn_style mn_theme_neuron(uint16_t type)
{
	switch (type) {
	case MN_MEMORY: return MN_ROLE_MEMORY;
	case MN_CONCEPT: return MN_ROLE_CONCEPT;
	case MN_ENTITY: return MN_ROLE_ENTITY;
	case MN_TIME: return MN_ROLE_TIME;
	case MN_SESSION: return MN_ROLE_SESSION;
	default: return MN_ROLE_OTHER;
	}
}
