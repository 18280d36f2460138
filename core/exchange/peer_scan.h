/* SPDX-License-Identifier: MIT */
/*
 * peer_scan.h - reads a snapshot of the peer (a BrainSnapshot, alone or as the member "snapshot" of
 * its older files) as a stream: records of long lists are handed on one by one, so that a file of
 * any size takes the memory of a record. One thread.
 */
#ifndef MN_EXCHANGE_PEER_SCAN_H
#define MN_EXCHANGE_PEER_SCAN_H

#include "mn.h"

enum mn_peer_part {
	MN_PEER_NEURON,
	MN_PEER_SYNAPSE,
	MN_PEER_FIBER,
	MN_PEER_TYPED_MEMORY,
	MN_PEER_NEURON_STATE,
	MN_PEER_ROWS, /* of a table: {"table","columns","rows"} */
	/* once each, the whole value */
	MN_PEER_CONFIG,
	MN_PEER_OTHER, /* any other member: name is its own */
	MN_PEER_ABOUT, /* any other member of metadata, likewise */
};

/* text: JSON, not read yet; name and text are lent for the call. */
typedef int mn_peer_part_take(void *ctx, mn_call *, int part, mn_str name, mn_str text);

/* MN_EINVAL: what is wrong, with the place. */
int mn_peer_scan(mn_call *, const mn_source *, mn_peer_part_take *, void *ctx);

#endif
