/* SPDX-License-Identifier: MIT */
/*
 * brains.h - the brains of a store.
 *
 * A brain that is deleted loses its label at once, and with it its name; its rows are swept away
 * by transactions of a few thousand, so that no brain is too large to be deleted. What a deletion
 * that was broken off leaves behind, the next one sweeps up.
 */
#ifndef MN_NEO4J_BRAINS_H
#define MN_NEO4J_BRAINS_H

#include "db.h"

int brains_do(mn_db *, mn_call *, int op, const void *row, mn_rows *out);

#endif
