/* SPDX-License-Identifier: MIT */
/* rooms.c - every room there is, in the order in which they start. */
#include "server/rooms.h"

#include "server/commit_room.h"
#include "server/peer.h"
#include "server/sync.h"

static const mn_room *const rooms[] = {
	&mn_room_health,
	&mn_room_commit,
	&mn_room_sync,
	&mn_room_peer,
	&mn_room_openapi,
	&mn_room_wire,
};

const mn_room *mn_room_at(size_t i)
{
	return i < sizeof(rooms) / sizeof(*rooms) ? rooms[i] : NULL;
}
