/* SPDX-License-Identifier: MIT */
/* write.h - one write, done once; private to the own dialect. */
#ifndef MN_REMOTE_WRITE_H
#define MN_REMOTE_WRITE_H

#include "ask.h"

/*
 * Sends a change with a key by which the server knows it again, and sends it again with the same
 * key, a few times, where the connection broke. Cancelled or late, the server is told to stop, and
 * its answer awaited. MN_OK: there is an answer, of whatever status. A failure says that nothing
 * was written, or (MN_EIO) that this is not known. unsure: it was sent more than once.
 */
int write_once(mn_db *, mn_call *, struct ask *, http_reply *, bool *unsure);

#endif
