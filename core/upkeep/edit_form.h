/* SPDX-License-Identifier: MIT */
/* edit_form.h - the members of rows in the order of their bits in a batch; private to edit_*.c. */
#ifndef MN_UPKEEP_EDIT_FORM_H
#define MN_UPKEEP_EDIT_FORM_H

#include <stddef.h>
#include <string.h>

#include "mn.h"
#include "store/read.h"
#include "upkeep/edit.h"

enum edit_form {
	EDIT_LONG,  /* uint64_t, mn_time: the difference */
	EDIT_WHOLE, /* uint32_t, likewise */
	EDIT_SHORT, /* uint16_t */
	EDIT_TYPE,  /* uint16_t, a type of rows of this kind */
	EDIT_REAL,
	EDIT_TEXT, /* from here on: a pointer and a length */
	EDIT_IDS,
	EDIT_TEXTS,
};

struct edit_member {
	const char *name;
	unsigned char form;
	unsigned char tune; /* does MN_TUNE set it? */
	unsigned short at;
};

enum { EDIT_MEMBERS_MOST = 16 };
struct edit_members {
	struct edit_member at[EDIT_MEMBERS_MOST];
	unsigned n;
};

/* By kind; the id, which comes first, is not among them. New members go to the end, and into a new
 * version. */
extern const struct edit_members mn_edit_members[MN_KINDS];

/* What the next row of a kind counts from: not what lies elsewhere, and may be gone by then. */
static inline void edit_keep(union mn_edit_row *last, int kind, const void *row)
{
	memcpy(last, row, mn_row_size(kind));
	for (unsigned i = 0; i < mn_edit_members[kind].n; i++) {
		const struct edit_member *m = &mn_edit_members[kind].at[i];

		if (m->form >= EDIT_TEXT)
			memset((char *)last + m->at, 0, sizeof(mn_str));
	}
}

/* Where a kind's names of types are counted. */
static inline int edit_types_of(int kind)
{
	return kind == MN_SYNAPSE;
}

#endif
