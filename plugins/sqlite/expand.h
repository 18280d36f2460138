/* SPDX-License-Identifier: MIT */
/* expand.h - one hop of a spread. */
#ifndef MN_SQLITE_EXPAND_H
#define MN_SQLITE_EXPAND_H

#include "backend.h"

int expand_do(mn_db *, mn_call *, const mn_expand *, mn_fan *out);

#endif
