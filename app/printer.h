/* SPDX-License-Identifier: MIT */
/*
 * printer.h - a stream that people or programs read.
 *
 * Text that came from outside goes through mn_print_text, mn_print_cell or mn_print_json and never
 * through printf. Widths are columns of a terminal, not bytes. Errors of writing stick and are
 * asked for once, at the end or between the rows of a long output. One thread at a time.
 */
#ifndef MN_APP_PRINTER_H
#define MN_APP_PRINTER_H

#include <stdio.h>

#include "mn.h"

typedef struct mn_printer {
	FILE *to;
	int fd;
	int columns; /* of the terminal; 100 where there is none */
	int failed;  /* errno of the first write that failed */
	bool terminal, color;
	bool utf8;  /* the locale knows more than ASCII */
	bool ascii; /* bars and dots are drawn without it */
	bool comma; /* emit.h: the next member is not the first */
} mn_printer;

/* Over a descriptor, which stays open. color: if it is a terminal. MN_ENOMEM. */
int mn_printer_open(mn_printer *, int fd, bool color, mn_error *err);
/* Writes what is buffered; 0 or the errno of the first failure. */
int mn_printer_flush(mn_printer *);
void mn_printer_close(mn_printer *);
/* MN_OK, or MN_EIO recorded in the call: for loops that print rows. */
int mn_printer_check(mn_printer *, mn_call *);

enum mn_style {
	MN_STYLE_NONE,
	MN_STYLE_BOLD,
	MN_STYLE_DIM,
	MN_STYLE_NAME,
	MN_STYLE_GOOD,
	MN_STYLE_BAD
};
/* Begins a style, or (MN_STYLE_NONE) ends it; nothing without colour. */
void mn_print_style(mn_printer *, int style);

/* The whole text, plain. */
void mn_print_text(mn_printer *, mn_str);
/* The text in one line of at most `columns`, ellipsis included; returns the columns it took. */
int mn_print_cut(mn_printer *, mn_str, int columns);
/* The same, filled up with spaces. */
void mn_print_cell(mn_printer *, mn_str, int columns);
/* A bar of `columns` for a share of 0..1, filled up with spaces. */
void mn_print_bar(mn_printer *, double share, int columns);

/* As a JSON string: what mn_text_plain makes visible becomes \u escapes. Invalid UTF-8: U+FFFD. */
void mn_print_json(mn_printer *, mn_str);
void mn_print_json_number(mn_printer *, double);

/* For people: "1,234,567"; "1 memory", "2 memories"; "4.2 MB"; "0.41 ms"; "2023-05-08 13:56".
 * Terminated; returns out. */
const char *mn_format_count(uint64_t, char out[32]);
const char *mn_format_things(uint64_t, const char *noun, char out[64]);
const char *mn_format_bytes(uint64_t, char out[32]);
const char *mn_format_span(uint64_t microseconds, char out[32]);
const char *mn_format_time(mn_time, char out[32]); /* local; "-" for 0 */

#endif
