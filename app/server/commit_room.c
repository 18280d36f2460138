/* SPDX-License-Identifier: MIT */
#include "server/commit_room.h"

static void told(void *ctx, size_t entries)
{
	mn_server_count(ctx, MN_COUNT_COMMITS, 1);
	mn_server_count(ctx, MN_COUNT_COMMITTED, entries);
}

static int start(mn_server *server, mn_call *call, void **state)
{
	mn_committer *made;
	int rc = mn_committer_new(call, told, server, &made);

	if (rc == MN_OK)
		*state = made;
	return rc;
}

static void stop(mn_server *server, void *state)
{
	(void)server;
	mn_committer_free(state);
}

const mn_room mn_room_commit = {.name = "commit", .start = start, .stop = stop};

mn_committer *mn_commit_of(mn_server *server)
{
	return mn_server_state(server, &mn_room_commit);
}
