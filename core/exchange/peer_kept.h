/* SPDX-License-Identifier: MIT */
/* peer_kept.h - names that are used inside metadata; private to peer_*.c. */
#ifndef MN_EXCHANGE_PEER_KEPT_H
#define MN_EXCHANGE_PEER_KEPT_H

#include "base/json.h"

#define MN_PEER_KEPT "_nm"               /* in stored meta: members that a record had besides */
#define MN_PEER_OURS "_mn"               /* in shown metadata: what a record has no member for */
#define MN_PEER_COUNT "reinforced_count" /* of a synapse, as it came; under _nm */
#define MN_PEER_TYPED "typed_memory"     /* of a fiber; under _nm */
#define MN_PEER_STATE "state"            /* of a neuron; under _nm */

#define MN_PEER_DANGLING "dangling" /* of a fiber: members that are nowhere; under _nm */
#define MN_PEER_TABLE                                                              \
	"neuralmemory_rows" /* type of neurons that hold rows of tables, under _nm \
			     */

/* Kept, but not a member of the record it is kept with. */
bool mn_peer_is_hidden(const char *name);
/* A row's meta as an object, the caller's to json_decref; of one that is no object, or where memory
 * runs out, NULL, over which every reader of jansson goes as over an empty one. */
json_t *mn_peer_meta_read(mn_str meta);

#endif
