/* SPDX-License-Identifier: MIT */
/* peer_brain.h - brain rows as the peer's records; private to peer_*.c. */
#ifndef MN_SERVER_PEER_BRAIN_H
#define MN_SERVER_PEER_BRAIN_H

#include "exchange/peer_about.h"
#include "server/peer.h"

/* {"id","name","owner_id",...,"updated_at"}, without its last brace if open. */
void mn_peer_put_brain(mn_buf *, const mn_brain_row *);

/* The row of a brain by name or uid. MN_ENOBRAIN. Its strings live in the request's arena. */
int mn_peer_brain_row(mn_request *, mn_str id, mn_brain_row *out);
/* Is there one? Forgets the error if there is none. */
int mn_peer_brain_there(mn_request *, mn_str id, bool *out);

/* Forgets the brain in the server's table and runs the change again while somebody still has it
 * open, for some seconds. */
int mn_peer_change_brain(
	mn_request *, mn_str name, int (*change)(mn_request *, void *ctx), void *ctx);

#endif
