/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <string.h>

static int begin(mn_unpack *u, mn_call *call)
{
	size_t n = 1;
	int status;

	u->raw = mn_input_source(u->in);
	u->nhead = u->at = 0;
	status = mn_zst_in_open(&u->zst, call, &u->raw, u->most);
	u->unpacked = mn_zst_source(&u->zst);
	while (status == MN_OK && n && u->nhead < sizeof(u->head)) {
		n = 0;
		status = u->unpacked.read(
			u->unpacked.ctx, call, u->head + u->nhead, sizeof(u->head) - u->nhead, &n);
		u->nhead += n;
	}
	return status;
}

int mn_unpack_open(mn_unpack *u, mn_call *call, mn_input *in, uint64_t most)
{
	*u = (mn_unpack){.in = in, .most = most};
	return begin(u, call);
}

mn_str mn_unpack_head(const mn_unpack *u)
{
	return (mn_str){u->head, u->nhead};
}

static int read_some(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	mn_unpack *u = ctx;

	if (u->at == u->nhead)
		return u->unpacked.read(u->unpacked.ctx, call, out, room, n);
	*n = u->nhead - u->at < room ? u->nhead - u->at : room;
	memcpy(out, u->head + u->at, *n);
	u->at += *n;
	return MN_OK;
}

mn_source mn_unpack_source(mn_unpack *u)
{
	return (mn_source){.ctx = u, .read = read_some, .name = u->raw.name};
}

int mn_unpack_rewind(mn_unpack *u, mn_call *call)
{
	int status;

	mn_zst_in_close(&u->zst);
	status = mn_input_rewind(u->in, call->err);
	return status == MN_OK ? begin(u, call) : status;
}

void mn_unpack_close(mn_unpack *u)
{
	mn_zst_in_close(&u->zst);
}
