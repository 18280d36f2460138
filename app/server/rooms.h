/* SPDX-License-Identifier: MIT */
/* rooms.h - the rooms, each beside the code of its routes. */
#ifndef MN_SERVER_ROOMS_H
#define MN_SERVER_ROOMS_H

#include "server/server.h"

extern const mn_room mn_room_health;  /* /, /health, /ready, /metrics */
extern const mn_room mn_room_openapi; /* /openapi.json */
extern const mn_room mn_room_wire;    /* /mn/v1 */

#endif
