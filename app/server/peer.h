/* SPDX-License-Identifier: MIT */
/*
 * peer.h - NeuralMemory's REST API over our stores; what the files of it share.
 *
 * Both its dialects, 0.4.0's and that of 4.6x, under "" and "/api/v1". A brain goes by its uid
 * ("id") or its name, a row by its uid, derived ones included (mn_brain_row in mn.h). Every answer
 * is JSON, errors are {"detail": ...}. What differs from the original on purpose: an unknown brain
 * is never made, every filter in a query string is honoured, lists that are cut say so
 * ("truncated"), an import is idempotent, and what REST writes is told to WebSockets too.
 *
 * Neurons    type and content are ours. An anchor is a "concept" whose metadata say is_anchor, with
 *            us a neuron of type "memory" and MN_NEURON_ANCHOR. When one is written its words are
 *            added to the graph, so that recall finds it.
 * Types      What its tools do not know goes by the nearest name they know (mn_type_peer), and its
 *            own name stands in metadata._mn, which brings it back when it is written again.
 * Synapses   weight is the effective one; writing it sets base and forgets our count of uses. Its
 *            reinforced_count is kept beside (metadata do not show it) and our uses are added.
 * Fibers     of our own list no members (MN_FIBER_STAR); they are worked out and shown.
 * Unknown    members of a record are kept under "_nm" in the row's meta, which metadata never show,
 *            and come out again where they came in.
 * Times      are naive and UTC, as Python's isoformat prints them.
 */
#ifndef MN_SERVER_PEER_H
#define MN_SERVER_PEER_H

#include "server/commit.h"
#include "server/server.h"
#include "server/shape.h"

extern const mn_room mn_room_peer;

#define MN_PEER_OUT ((size_t)64 << 20) /* ceiling of an answer that is no export */
#define MN_PEER_IMPORT                                                             \
	((size_t)128 << 20) /* bytes of a snapshot: some 15,000 memories of theirs \
			     */

/* ---- peer.c ---- */

/* Ends a handler: the buffer becomes the answer; or a failure, of which a body that is ready
 * (status 422) is the answer. Frees the buffer. */
int mn_peer_end(mn_request *, mn_reply *, int status, mn_buf *);
/* A room's fail: {"detail": ...}, as both dialects say what went wrong. */
void mn_peer_fail(mn_request *, mn_reply *, int status, const mn_error *);
/* Records an error with an HTTP status of its own: "Neuron not found", 404. Returns MN_EINVAL. */
int mn_peer_not(mn_request *, mn_reply *, int http_status, const char *text);

/* A write that was drawn in a group: what its answer needs. Begins a ctx of mn_draw. */
typedef struct mn_peer_write {
	mn_request *req;
	int http; /* status of the failure; 0: by its mn_status */
} mn_peer_write;
/* Fails a draw: the text goes to the group's call, the status to the answer. */
int mn_peer_refuse(mn_peer_write *, mn_call *, int http_status, const char *fmt, ...)
	MN_PRINTF(4, 5);
/* The draw of a deletion; 404 where there is no such row. */
int mn_peer_drop(mn_brain *, mn_call *, mn_sheet *, mn_peer_write *, int kind, mn_str uid);
/* Commits it; kind and uid make the key. */
int mn_peer_commit(
	mn_request *, mn_reply *, mn_peer_write *, mn_draw *, const char *kind, mn_str uid);
/* The same, told to those who listen and answered with {"status": done, "id": uid}; done:
 * "created", "updated" or "deleted". */
int mn_peer_change(mn_request *, mn_reply *, mn_peer_write *, mn_draw *, const char *kind,
	mn_str uid, const char *done);
/* Ids of rows by uid. */
int mn_peer_find(mn_brain *, mn_call *, int kind, mn_str uid, mn_id *out);
/* A row by uid, with everything; row->id 0: there is none. */
int mn_peer_neuron_of(mn_brain *, mn_call *, mn_str uid, mn_neuron *out);
int mn_peer_synapse_of(mn_brain *, mn_call *, mn_str uid, mn_synapse *out);
int mn_peer_fiber_of(mn_brain *, mn_call *, mn_str uid, mn_fiber *out);
/* A random UUID, in the arena. */
int mn_peer_uuid(mn_call *, mn_str *out);
/* Tells what was written to those who listen: {"neuron_id": uid}, where key is "neuron_id". */
void mn_peer_tell(mn_request *, const char *type, const char *key, mn_str uid);

/* ---- handlers, by noun ---- */

int mn_peer_neuron_add(mn_request *, mn_reply *);
int mn_peer_neuron_get(mn_request *, mn_reply *);
int mn_peer_neuron_list(mn_request *, mn_reply *);
int mn_peer_neuron_put(mn_request *, mn_reply *);
int mn_peer_neuron_drop(mn_request *, mn_reply *);
int mn_peer_state_get(mn_request *, mn_reply *);
int mn_peer_state_put(mn_request *, mn_reply *);
int mn_peer_neighbors(mn_request *, mn_reply *);
int mn_peer_path(mn_request *, mn_reply *);
int mn_peer_suggest(mn_request *, mn_reply *);
int mn_peer_synapse_add(mn_request *, mn_reply *);
int mn_peer_synapse_get(mn_request *, mn_reply *);
int mn_peer_synapse_list(mn_request *, mn_reply *);
int mn_peer_synapse_put(mn_request *, mn_reply *);
int mn_peer_synapse_drop(mn_request *, mn_reply *);
int mn_peer_fiber_add(mn_request *, mn_reply *);
int mn_peer_fiber_get(mn_request *, mn_reply *);
int mn_peer_fiber_list(mn_request *, mn_reply *);
int mn_peer_fiber_put(mn_request *, mn_reply *);
int mn_peer_fiber_drop(mn_request *, mn_reply *);
int mn_peer_encode(mn_request *, mn_reply *);
int mn_peer_query(mn_request *, mn_reply *);
int mn_peer_show(mn_request *, mn_reply *);
int mn_peer_brain_create(mn_request *, mn_reply *);
int mn_peer_brain_get(mn_request *, mn_reply *);
int mn_peer_brain_put(mn_request *, mn_reply *);
int mn_peer_brain_drop(mn_request *, mn_reply *);
int mn_peer_brain_stats(mn_request *, mn_reply *);
int mn_peer_brain_export(mn_request *, mn_reply *);
int mn_peer_brain_import(mn_request *, mn_reply *);

/* One import at a time, as it takes several times its size in memory: the room's state. */
int mn_peer_lock_new(mn_call *, void **out);
void mn_peer_lock_free(void *);

#endif
