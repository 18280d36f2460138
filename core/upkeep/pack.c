/* SPDX-License-Identifier: MIT */
#include "upkeep/pack.h"

#include <sodium.h>
#include <zstd.h>

#include "base/fail.h"

enum { LEVEL = 3 };

int mn_pack(mn_call *call, mn_str text, mn_str *out)
{
	const size_t room = ZSTD_compressBound(text.len);
	char *packed = mn_call_alloc(call, room);
	size_t n;

	if (!packed)
		return MN_ENOMEM;
	n = ZSTD_compress(packed, room, text.len ? text.ptr : "", text.len, LEVEL);
	if (ZSTD_isError(n))
		return mn_fail_memory(call);
	*out = (mn_str){packed, n};
	return MN_OK;
}

int mn_unpack(mn_call *call, mn_str packed, mn_str *out)
{
	const unsigned long long size = ZSTD_getFrameContentSize(packed.ptr, packed.len);
	char *text;
	size_t n;

	if (packed.len == 0 || size > MN_PACK_MOST) /* unknown and wrong are huge numbers */
		return mn_fail(call, MN_ECORRUPT, 0, "a packed text is damaged or too large");
	text = mn_call_alloc(call, (size_t)size + 1);
	if (!text)
		return MN_ENOMEM;
	n = ZSTD_decompress(text, (size_t)size, packed.ptr, packed.len);
	if (ZSTD_isError(n) || n != size)
		return mn_fail(call, MN_ECORRUPT, 0, "a packed text is damaged");
	*out = (mn_str){text, n};
	return MN_OK;
}

int mn_pack_text(mn_call *call, mn_str text, mn_str *out)
{
	mn_str packed;
	int rc = mn_pack(call, text, &packed);
	const size_t room = rc ? 0
			       : sodium_base64_encoded_len(
				       packed.len, sodium_base64_VARIANT_ORIGINAL);
	char *coded = rc ? NULL : mn_call_alloc(call, room);

	if (rc || !coded)
		return MN_ENOMEM;
	sodium_bin2base64(coded, room, (const unsigned char *)packed.ptr, packed.len,
		sodium_base64_VARIANT_ORIGINAL);
	*out = (mn_str){coded, room - 1};
	return MN_OK;
}

int mn_unpack_text(mn_call *call, mn_str coded, mn_str *out)
{
	unsigned char *packed = mn_call_alloc(call, coded.len + 1);
	size_t n = 0;

	if (!packed)
		return MN_ENOMEM;
	if (sodium_base642bin(packed, coded.len, coded.ptr, coded.len, NULL, &n, NULL,
		    sodium_base64_VARIANT_ORIGINAL)
		!= 0)
		return mn_fail(call, MN_ECORRUPT, 0, "a packed text is damaged");
	return mn_unpack(call, (mn_str){(char *)packed, n}, out);
}
