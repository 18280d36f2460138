/* SPDX-License-Identifier: MIT */
/* pack.h - texts made small with zstd, and back; what is unpacked has a ceiling. */
#ifndef MN_UPKEEP_PACK_H
#define MN_UPKEEP_PACK_H

#include "mn.h"

#define MN_PACK_MOST ((size_t)256 << 20) /* of a text before packing */

/* Into the call's arena. MN_ENOMEM. */
int mn_pack(mn_call *, mn_str, mn_str *out);
/* MN_ECORRUPT: it is no whole packed text, or one above the ceiling. */
int mn_unpack(mn_call *, mn_str, mn_str *out);
/* The same as base64 text, for places that hold only text. */
int mn_pack_text(mn_call *, mn_str, mn_str *out);
int mn_unpack_text(mn_call *, mn_str, mn_str *out);

#endif
