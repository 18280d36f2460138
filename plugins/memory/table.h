/* SPDX-License-Identifier: MIT */
/* table.h - the memory backend's operations, also for plugins that keep an image of what is
 * elsewhere. Its mn_db and mn_cursor are opaque to them. */
#ifndef MN_MEMORY_TABLE_H
#define MN_MEMORY_TABLE_H

#include "backend.h"

const mn_backend *memory_table(void);

#endif
