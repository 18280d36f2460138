/* SPDX-License-Identifier: MIT */
/*
 * gate.h - who may be inside the backend; private to store.
 *
 * MN_ONE_CALL: one call at a time. MN_MANY_READERS: one writing call at a time, readers beside it.
 * MN_ANY_CALLS: everybody. Waiting ends when the call is cancelled.
 */
#ifndef MN_STORE_GATE_H
#define MN_STORE_GATE_H

#include "store/brain.h"

/* write: refused with MN_EREADONLY where the store is read-only. Every MN_OK needs a leave. */
int mn_gate_enter(mn_store *, mn_call *, bool write);
void mn_gate_leave(mn_store *, bool write);
/* For closing what has no call; cannot fail. */
void mn_gate_force(mn_store *);

/* brains of the backend, gated. */
int mn_store_ask_brains(mn_store *, mn_call *, int op, const void *row, mn_rows *out);

#endif
