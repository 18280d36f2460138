/* SPDX-License-Identifier: MIT */
/* hash.c - one number for all that a brain holds; see canonical.h. */
#include <sodium.h>

#include "base/fail.h"
#include "exchange/canonical.h"

static int add(void *ctx, mn_call *call, const char *text, size_t n)
{
	(void)call;
	crypto_generichash_update(ctx, (const unsigned char *)text, n);
	return MN_OK;
}

int mn_brain_hash(mn_brain *brain, mn_call *call, unsigned char out[32])
{
	crypto_generichash_state state;
	const mn_sink sink = {&state, add};
	int status;

	if (sodium_init() < 0)
		return mn_fail(call, MN_EUNSUPPORTED, 0, "libsodium cannot be used here");
	crypto_generichash_init(&state, NULL, 0, 32);
	status = mn_canonical_write(brain, call, &sink);
	if (status == MN_OK)
		crypto_generichash_final(&state, out, 32);
	return status;
}
