/* SPDX-License-Identifier: MIT */
/*
 * stroke.h - keys by name: "G", "enter", "ctrl-r", "alt-x", "shift-tab", "f5", "?".
 *
 * A stroke is a Unicode character, a control character (1..31), or one of curses' key codes with
 * MN_STROKE_CODE added; MN_STROKE_ALT may come on top.
 */
#ifndef MN_TUI_STROKE_H
#define MN_TUI_STROKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t mn_stroke;
#define MN_STROKE_CODE (1u << 24)
#define MN_STROKE_ALT (1u << 25)
#define MN_STROKE_NONE 0u
#define MN_STROKE_CTRL(c) ((mn_stroke)((c) - 'a' + 1))

enum {
	MN_STROKE_TAB = 9,
	MN_STROKE_ENTER = 13,
	MN_STROKE_ESC = 27,
	MN_STROKE_SPACE = 32,
	MN_STROKE_BACKSPACE = 127,
};

/* A stroke by its name of `len` bytes; MN_STROKE_NONE: there is no such key. */
mn_stroke mn_stroke_read(const char *name, size_t len);
/* Its name, or with `shown` how a person sees it ("⏎", "^R", "space"). Returns out. */
const char *mn_stroke_name(mn_stroke, bool shown, char *out, size_t room);
/* Is it a character that can be typed into a text? */
bool mn_stroke_types(mn_stroke);
/* Does a list of names, separated by spaces, hold this stroke? */
bool mn_stroke_among(mn_stroke, const char *names);

#endif
