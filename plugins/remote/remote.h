/* SPDX-License-Identifier: MIT */
/*
 * remote.h - an opened store behind HTTP, and the dialects it may speak; private to remote.
 *
 * Which dialect a server speaks is found out when the store is opened (open.c); from then on each
 * operation of the contract goes to that dialect's table. `own` is the project's: messages of
 * "mn.wire/1" under /mn/v1. `peer` is NeuralMemory's: see peer.h.
 */
#ifndef MN_REMOTE_REMOTE_H
#define MN_REMOTE_REMOTE_H

#include "backend.h"
#include "http/http.h"

struct dialect {
	void (*close)(mn_db *);
	int (*brains)(mn_db *, mn_call *, int op, const void *row, mn_rows *out);
	int (*generation)(mn_db *, mn_call *, mn_str brain);
	int (*reserve)(mn_db *, mn_call *, mn_str brain, int kind, uint32_t n, mn_id *first);
	int (*lookup)(mn_db *, mn_call *, mn_str brain, const mn_key *, size_t n, mn_id *out);
	int (*resolve)(mn_db *, mn_call *, mn_str brain, int kind, mn_strs uids, mn_id *out);
	int (*get)(mn_db *, mn_call *, mn_str brain, int kind, mn_ids ids, unsigned fields,
		mn_rows *out);
	int (*fibers_of)(mn_db *, mn_call *, mn_str brain, mn_ids anchors, mn_rows *out);
	int (*expand)(mn_db *, mn_call *, const mn_expand *, mn_fan *out);
	int (*scan)(mn_db *, mn_call *, mn_str brain, const mn_query *, mn_cursor **out);
	int (*next)(mn_cursor *, mn_call *, size_t max, mn_page *out);
	void (*done)(mn_cursor *);
	int (*apply)(mn_db *, mn_call *, mn_str brain, const mn_gen *expect, const mn_change *,
		size_t n, mn_applied *out);
};
extern const struct dialect own_dialect;

struct mn_db {
	const mn_host *host;
	const mn_wire_service *wire;
	const mn_rows_service *rows;
	const mn_json_service *json;
	const struct dialect *speak;
	http_pool *pool;
	http_header token; /* Authorization; value empty: none; memory of the store's own */
	char secret[HTTP_SECRET_ROOM]; /* what the token is called: MNEMOSCOPE_TOKEN@HOST:PORT */
	char title[256];
	bool read_only;
	uint64_t caps; /* of the server's store */
	uint32_t max_ids, max_changes, trip_us;
	int threads;
	struct peer *peer; /* of that dialect */
};

struct mn_cursor {
	mn_db *db; /* a dialect's cursor begins with this */
};

static inline int fail_memory(const mn_host *host, mn_call *call)
{
	return host->fail(
		call, MN_ENOMEM, 0, "out of memory, or the result is too large for this call");
}

int remote_open(const mn_host *, mn_call *, mn_str url, bool read_only, mn_db **out);
void remote_close(mn_db *);
int remote_info(mn_db *, mn_call *, mn_info *out);

#endif
