/* SPDX-License-Identifier: MIT */
/* openapi.c - what there is to ask, as a document: openapi.json, built in. */
#include "server/rooms.h"

extern const char mn_openapi[];
extern const size_t mn_openapi_size;

static int get_openapi(mn_request *req, mn_reply *reply)
{
	(void)req;
	reply->body = (mn_str){mn_openapi, mn_openapi_size};
	return MN_OK;
}

static const mn_route routes[] = {
	{.method = "GET", .path = "/openapi.json", .right = MN_RIGHT_NONE, .handle = get_openapi},
	{0},
};

const mn_room mn_room_openapi = {.name = "openapi", .routes = routes};
