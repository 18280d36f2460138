/* SPDX-License-Identifier: MIT */
/* cell.h - a cell of a table that a store's own language gave (mn_native), as a person reads it. */
#ifndef MN_APP_CELL_H
#define MN_APP_CELL_H

#include "mn.h"

enum mn_cell_kind {
	MN_CELL_NOTHING, /* null, or what is no JSON */
	MN_CELL_NUMBER,
	MN_CELL_TRUTH,
	MN_CELL_TEXT,
	MN_CELL_NODE, /* of a graph: "(Label) its text" */
	MN_CELL_LINK, /* between two: "[TYPE]" */
	MN_CELL_VALUE /* a path: nodes and links with arrows; any other object or array: JSON */
};

typedef struct mn_cell {
	int kind;
	mn_str text; /* untrusted still; lives in the arena */
	mn_id id;    /* of a node or link: the property of that name; 0: none */
} mn_cell;

/* Reads a cell's JSON. MN_ENOMEM. */
int mn_cell_read(mn_arena *, mn_str json, mn_cell *out);

#endif
