/* SPDX-License-Identifier: MIT */
/*
 * peer_import.h - a BrainSnapshot on its way into a brain; private to peer_import*.c.
 *
 * Everything is read and checked first: shapes, ids that stand twice, ends and anchors that are
 * nowhere. Then the rows become changes, each over the row of that id, if there is one, and all of
 * them one apply, which expects the generation they were drawn at. So an import is all or nothing
 * and the same import again changes nothing. Into a brain that is new, changes may be more than the
 * store takes at once: it is deleted again if one part fails.
 */
#ifndef MN_SERVER_PEER_IMPORT_H
#define MN_SERVER_PEER_IMPORT_H

#include "base/map.h"
#include "exchange/peer_row.h"
#include "server/shape.h"

typedef struct mn_peer_list { /* records of one kind */
	const char *name;     /* "neurons" */
	int kind;
	const json_t *json;
	size_t n;
	mn_str *uids;
	mn_strmap places; /* uid -> place */
	mn_id *ids;       /* of the rows; those there were, then those that are made */
	bool *there;
	mn_rows rows; /* as they were; of one that was not there id 0 */
} mn_peer_list;

typedef struct mn_peer_taking {
	mn_request *req;
	mn_reply *reply;
	mn_call *call;
	mn_brain *brain;
	bool fresh; /* the brain was made for it */
	mn_peer_list neurons, synapses, fibers;
	mn_peer_neuron *neuron;
	mn_peer_synapse *synapse;
	mn_peer_fiber *fiber;
	const json_t *config, *metadata;
	mn_str brain_name;
	mn_strmap typed; /* uid of a fiber -> place in metadata.typed_memories + 1 */
	mn_peer_scale scale;
	mn_gen at;
	mn_change *changes;
	size_t nchanges;
	mn_id *anchors; /* whose words are to be in the graph */
	size_t nanchors;
} mn_peer_taking;

/* The body's members, shapes of all records and their ids. */
int mn_peer_import_read(mn_peer_taking *);
/* Rows that are there, ids for the others, and all changes. */
int mn_peer_import_draw(mn_peer_taking *);
void mn_peer_import_free(mn_peer_taking *);

#endif
