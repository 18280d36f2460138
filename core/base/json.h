/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON as it comes from outside, read strictly with jansson: one object or array and
 * nothing behind it, no name twice in an object, at most MN_JSON_DEPTH levels, no NUL, no broken
 * UTF-8, no lone surrogate, numbers within 64 bits or a double. Memory comes through base/memory.h.
 * Writing needs no tree: see base/buf.h.
 */
#ifndef MN_BASE_JSON_H
#define MN_BASE_JSON_H

#include <jansson.h>

#include "backend.h"
#include "base/buf.h"
#include "mn.h"

enum { MN_JSON_DEPTH = 64 };

/*
 * Reads a text into a tree, the caller's to json_decref. MN_EINVAL: what is wrong stands in why,
 * plain, without a place; MN_ENOMEM. Any thread.
 */
int mn_json_read(mn_str, char *why, size_t room, json_t **out);
/* The same with flags of jansson's instead of the strictness about names and NUL. */
int mn_json_load(mn_str, size_t flags, char *why, size_t room, json_t **out);

extern const mn_json_service mn_json_service_1; /* "mn.json/1" */

/* The string a value is, lent as long as the value; of anything else: ptr NULL. */
mn_str mn_json_str(const json_t *);

/* A walk over the members of an object, in their order; of anything else, NULL too, over none:
 * mn_member m = {.of = value}; while (mn_member_next(&m)) ... m.name, m.value */
typedef struct mn_member {
	const json_t *of;
	const char *name;
	const json_t *value;
	void *at;
	bool begun;
} mn_member;
bool mn_member_next(mn_member *);

/* A value in compact form, names in the order they have, numbers as they were: JSON that reads
 * back to an equal value. MN_ENOMEM: memory, or the buffer's ceiling. */
int mn_json_write(const json_t *, mn_buf *);

#endif
