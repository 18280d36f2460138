/* SPDX-License-Identifier: MIT */
/*
 * emit.h - JSON as --json prints it: one document, members in the order they are emitted, commas
 * put by themselves. key: NULL within an array and at the top. A document ends with a newline.
 */
#ifndef MN_APP_EMIT_H
#define MN_APP_EMIT_H

#include "printer.h"

/* bracket: '{' or '['; closed by the bracket that fits. */
void mn_emit_open(mn_printer *, const char *key, char bracket);
void mn_emit_close(mn_printer *, char bracket);
void mn_emit_end(mn_printer *); /* of a document: the newline */

void mn_emit_text(mn_printer *, const char *key, mn_str);
void mn_emit_count(mn_printer *, const char *key, uint64_t);
void mn_emit_number(mn_printer *, const char *key, double);
void mn_emit_bool(mn_printer *, const char *key, bool);
void mn_emit_time(mn_printer *, const char *key, mn_time); /* ISO 8601, UTC; null for 0 */
/* JSON text from outside, parsed and written anew, so that nothing in it reaches a terminal raw;
 * what does not parse becomes null. Empty: {} */
void mn_emit_json(mn_printer *, const char *key, mn_str);

/* The same for any JSON value, in an array. */
void mn_emit_cell(mn_printer *, mn_str);

struct json_t;
void mn_emit_value(mn_printer *, const char *key, const struct json_t *);

#endif
