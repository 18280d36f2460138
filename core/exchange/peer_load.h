/* SPDX-License-Identifier: MIT */
/*
 * peer_load.h - records of the peer on their way into a brain that is new. They may come in any
 * order; they are put aside in sorters, so that memory is bounded, and become rows when all are
 * there: neurons with their states, synapses, fibers with their typed memories. One thread.
 *
 * What a record says that has no place of its own is kept in the row's meta under "_nm"
 * (peer_kept.h). Members of a fiber that are nowhere are kept there too, as "dangling".
 */
#ifndef MN_EXCHANGE_PEER_LOAD_H
#define MN_EXCHANGE_PEER_LOAD_H

#include "base/json.h"
#include "exchange/peer_scan.h"
#include "exchange/snapshot.h"
#include "exchange/sorter.h"

typedef struct mn_peer_load {
	mn_call *call;
	mn_str source; /* for messages */
	/* by id; then in the order they came, joined */
	mn_sorter *neurons, *fibers, *ordered;
	mn_sorter *synapses, *tables;
	uint64_t n[MN_PEER_CONFIG], ntables;        /* that came */
	json_t *config, *projects, *others, *about; /* about: of the brain itself, e.g. its name */
} mn_peer_load;

int mn_peer_load_open(mn_peer_load *, mn_call *, mn_str source);
/* One part, as mn_peer_scan has it: it is a mn_peer_part_take with the load as ctx. */
int mn_peer_load_take(void *load, mn_call *, int part, mn_str name, mn_str text);
/* Rows of a table that nothing else holds: a JSON object {"table","columns","rows"}. */
int mn_peer_load_table(mn_peer_load *, mn_str text);

/* What the brain's own row is to be; its strings live in the call's arena. */
int mn_peer_load_about(mn_peer_load *, mn_brain_row *out);
/* Makes the rows. */
int mn_peer_load_rows(mn_peer_load *, mn_brain *, mn_import_report *);
void mn_peer_load_close(mn_peer_load *);

#endif
