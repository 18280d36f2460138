/* SPDX-License-Identifier: MIT */
/* brains.h - the operations on a store's brains: list, find, create, update, delete. */
#ifndef MN_SQLITE_BRAINS_H
#define MN_SQLITE_BRAINS_H

#include "backend.h"

int brains_do(mn_db *, mn_call *, int op, const void *row, mn_rows *out);

#endif
