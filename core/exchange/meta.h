/* SPDX-License-Identifier: MIT */
/* meta.h - what a line says beyond the fields one knows, kept so that it survives a round trip. */
#ifndef MN_EXCHANGE_META_H
#define MN_EXCHANGE_META_H

#include "base/json.h"

/*
 * Writes the members of the object's "meta" and those of its other members that are not known
 * as one JSON object, nothing at all where there are none. Returns the name that stands in both
 * places, or NULL. Whether the buffer held out is the caller's to ask.
 */
const char *mn_meta_gather(const json_t *object, bool (*known)(const void *ctx, const char *name),
	const void *ctx, mn_buf *out);

#endif
