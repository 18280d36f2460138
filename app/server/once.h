/* SPDX-License-Identifier: MIT */
/*
 * once.h - idempotency keys: a client that did not hear the answer to a change asks again under the
 * same key, and the change is done once.
 *
 * Scope      A key belongs to a token and a brain. The calls of a key that are running can be
 *            cancelled by whoever has the token.
 * The same   key with the same body, while the first runs, waits for it; afterwards it gets the
 *            first one's answer again. Another body is refused (422).
 * Failures   are not kept: a call that failed has written nothing, so under its key it is done
 *            anew. Where it was cancelled by its key, so are those who wait for it.
 * Bounds     At most MN_ONCE_MOST entries and MN_ONCE_BYTES of answers, each for MN_ONCE_LIFE; what
 *            was answered longest ago goes first, and a token's own goes first when it has a
 *            quarter of them. A key that was forgotten is as new.
 * Again      Keys end with the process. Mn-Retry-Ms says that this is not the first time that the
 *            change is sent, and how long ago that was: where the key is not known and may have
 *            been answered and forgotten since then, or was sent to an earlier process, the change
 *            is refused (MN_ESTALE) rather than done twice.
 * Threads    Any.
 */
#ifndef MN_SERVER_ONCE_H
#define MN_SERVER_ONCE_H

#include "server/server.h"

enum {
	MN_ONCE_MOST = 4096,
	MN_ONCE_BYTES = 8 << 20,
	MN_ONCE_LONGEST = 128, /* bytes of a key, printable ASCII */
};
#define MN_ONCE_LIFE ((mn_time)10 * 60 * 1000000)
#define MN_ONCE_TRAVEL ((mn_time)5 * 1000000) /* what a request may take on its way */

typedef struct mn_once mn_once;
typedef struct mn_once_call mn_once_call;

int mn_once_new(mn_call *, mn_once **out);
void mn_once_free(mn_once *); /* nobody may be in it */

/*
 * A call under a key, with its whole body. MN_OK and *mine not NULL: it is to be done now, and
 * mn_once_leave must follow; *mine NULL: it was done, and the reply is filled with the answer.
 * MN_EINVAL: not a key (400), or another body (422); MN_ESTALE: whether it was done is not known;
 * MN_ECANCELLED, MN_ETIMEOUT while it waited;
 * MN_EBUSY: too many calls at once.
 */
int mn_once_enter(mn_once *, mn_request *, mn_reply *, mn_str key, mn_once_call **mine);
/* It is over. ok: the answer is kept, with its ETag. */
void mn_once_leave(mn_once *, mn_once_call *, const mn_reply *, mn_str etag, bool ok);
/* Cancels what runs under this key of the asker's, on any brain; false: nothing does. */
bool mn_once_cancel(mn_once *, mn_str who, mn_str key);

#endif
