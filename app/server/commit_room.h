/* SPDX-License-Identifier: MIT */
/* commit_room.h - the server's one group committer, shared by all rooms that write. */
#ifndef MN_SERVER_COMMIT_ROOM_H
#define MN_SERVER_COMMIT_ROOM_H

#include "server/commit.h"
#include "server/server.h"

extern const mn_room mn_room_commit; /* before the rooms that use it */

mn_committer *mn_commit_of(mn_server *);

#endif
