/* SPDX-License-Identifier: MIT */
/*
 * peer_sqlite.h - reads a database of the peer: schema 1 (0.4.0) to 42 (4.63) and what comes after,
 * as far as its tables have the columns we need. Every column of every row is handed on: those of
 * neurons, states, synapses, fibers, typed memories and projects as members of records, all other
 * tables row by row; only full-text indexes are left out, which are made of the rest.
 *
 * The file is opened for reading only and trusted in nothing: no trigger, view or function of it
 * runs, and what is damaged is an error.
 */
#ifndef MN_EXCHANGE_PEER_SQLITE_H
#define MN_EXCHANGE_PEER_SQLITE_H

#include "exchange/peer_load.h"

/* brain: by id or name; empty: the only one. MN_EINVAL: there are several, or none. */
int mn_peer_sqlite_read(mn_call *, mn_peer_load *, mn_str path, mn_str brain);

#endif
