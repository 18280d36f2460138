/* SPDX-License-Identifier: MIT */
/* repair.h - input that is not text, made text: what `lossy` asks for. */
#ifndef MN_EXCHANGE_REPAIR_H
#define MN_EXCHANGE_REPAIR_H

#include "base/buf.h"

/*
 * Adds a line to out with U+FFFD in place of every NUL and every byte that belongs to no
 * character; with `json` also in place of the escapes that name none: \u0000 and halves of
 * surrogate pairs. MN_ENOMEM: memory, or the buffer's ceiling.
 */
int mn_text_repair(mn_str, bool json, mn_buf *out);

#endif
