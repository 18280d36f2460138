/* SPDX-License-Identifier: MIT */
/*
 * sync.h - who listens to what is written: NeuralMemory's WebSocket /sync/ws and GET /sync/stats.
 *
 * A client sends {"action": connect | subscribe | unsubscribe | event | get_history | ping} and
 * gets events {"type","brain_id","timestamp","data","source_client_id"}. What REST and /mn/v1
 * write is told as well as what clients push. An event's brain_id is what its receiver subscribed
 * to, name or uid.
 *
 * Bounded: MN_SYNC_CLIENTS connections, MN_SYNC_BRAINS subscriptions of each, the last
 * MN_SYNC_HISTORY events of each of MN_SYNC_BRAINS brains (the one longest without news goes first)
 * and 16 KiB of data in each; who does not take what it is sent is closed by the server (server.h).
 * A malformed message is answered with an event "error" and changes nothing.
 */
#ifndef MN_SERVER_SYNC_H
#define MN_SERVER_SYNC_H

#include "server/server.h"

enum { MN_SYNC_CLIENTS = 256, MN_SYNC_BRAINS = 64, MN_SYNC_HISTORY = 100 };

extern const mn_room mn_room_sync;

/* Tells those who subscribed to a brain (its name). data: a JSON object. Never fails, never waits;
 * any thread. */
void mn_sync_tell(mn_server *, mn_str brain, const char *type, mn_str data);
/* Has anybody subscribed to this brain? */
bool mn_sync_heard(mn_server *, mn_str brain);
/* The brain is no more: so is its history. */
void mn_sync_forget(mn_server *, mn_str brain);

#endif
