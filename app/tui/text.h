/* SPDX-License-Identifier: MIT */
/*
 * text.h - text as a terminal has it: columns, lines, and numbers for people. Any thread.
 */
#ifndef MN_TUI_TEXT_H
#define MN_TUI_TEXT_H

#include <wchar.h>

#include "mn.h"

/* What stands for a drawing character (box, block, braille, arrow ...) in ASCII; any other
 * character is returned as it is. */
wchar_t mn_glyph_ascii(wchar_t);
/* What stands for any character in ASCII: a letter without its accent, or "?". */
wchar_t mn_glyph_narrow(wchar_t);

/*
 * Columns of one character: 0 for a combining mark, 1 or 2; -1 where Unicode's table and the C
 * library's differ, or it cannot be shown: something else must be shown instead of it.
 */
int mn_glyph_width(wchar_t);

/* How many columns this takes once it is plain (mn_text_plain). */
int mn_text_width(mn_str);

/* As mn_text_plain; where not all of it fits, what is there ends with an ellipsis. room: 16 to
 * 240. */
void mn_text_brief(mn_str text, char *out, size_t room);

/* Plain text in at most `width` columns: if it is longer its middle gives way to an ellipsis, so
 * that both ends can be read. Cut where `room` ends. Returns out. */
const char *mn_text_middle(mn_str plain, int width, char *out, size_t room);

/*
 * Breaks text into lines of at most `width` columns, at spaces where there are any and at
 * newlines: the bytes from *at on that fit are returned, and *at moves behind them. At the end
 * *at stays where it is.
 */
mn_str mn_text_line(mn_str text, int width, size_t *at);

/* "19,402"; "1.9 MB"; "0.41 ms", "2.1 s"; "3 d ago". Written to out, which is returned. */
const char *mn_text_count(uint64_t n, char *out, size_t room);
const char *mn_text_bytes(uint64_t n, char *out, size_t room);
const char *mn_text_span(uint64_t us, char *out, size_t room);
const char *mn_text_ago(mn_time now, mn_time then, char *out, size_t room);
/* A weight or level: ".82", "1.0", "3.21", "128". */
const char *mn_text_weight(double, char *out, size_t room);

#endif
