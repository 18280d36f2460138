/* SPDX-License-Identifier: MIT */
/* peer_about.h - a brain's config and meta as the peer has them, and back. */
#ifndef MN_EXCHANGE_PEER_ABOUT_H
#define MN_EXCHANGE_PEER_ABOUT_H

#include "base/json.h"

/* The config as an object: what the row has, and defaults for what every brain has. */
void mn_peer_put_config(mn_buf *, mn_str config);

/* A brain row's meta with these members under "_nm" (those of value NULL stay as they were). */
typedef struct mn_peer_about {
	const json_t *owner, *public, *shared, *projects, *others;
	const json_t *brain; /* whatever else was said of it where it comes from */
} mn_peer_about;
int mn_peer_about_brain(mn_call *, const mn_peer_about *, mn_str *meta);
/* A JSON value as text in the arena; NULL: empty. */
int mn_peer_text_of(mn_call *, const json_t *, mn_str *out);

#endif
