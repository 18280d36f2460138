/* SPDX-License-Identifier: MIT */
/* peer_brain.h - brain rows as the peer's records; private to peer_*.c. */
#ifndef MN_SERVER_PEER_BRAIN_H
#define MN_SERVER_PEER_BRAIN_H

#include "server/peer.h"

/* {"id","name","owner_id",...,"updated_at"}, without its last brace if open. */
void mn_peer_put_brain(mn_buf *, const mn_brain_row *);
/* The config as an object: what the row has, and defaults for what every brain has. */
void mn_peer_put_config(mn_buf *, mn_str config);

/* The row of a brain by name or uid. MN_ENOBRAIN. Its strings live in the request's arena. */
int mn_peer_brain_row(mn_request *, mn_str id, mn_brain_row *out);
/* Is there one? Forgets the error if there is none. */
int mn_peer_brain_there(mn_request *, mn_str id, bool *out);

/* A brain row's meta with these members under "_nm" (those of value NULL stay as they were). */
typedef struct mn_peer_about {
	const json_t *owner, *public, *shared, *projects, *others;
} mn_peer_about;
int mn_peer_about_brain(mn_call *, const mn_peer_about *, mn_str *meta);
/* A JSON value as text in the arena; NULL: empty. */
int mn_peer_text_of(mn_call *, const json_t *, mn_str *out);

/* Forgets the brain in the server's table and runs the change again while somebody still has it
 * open, for some seconds. */
int mn_peer_change_brain(
	mn_request *, mn_str name, int (*change)(mn_request *, void *ctx), void *ctx);

#endif
