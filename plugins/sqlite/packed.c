/* SPDX-License-Identifier: MIT */
#include "packed.h"

#include <endian.h>
#include <string.h>

#include "connection.h"
#include "heap.h"
#include "varint.h"

#define COMPARE(a, b)   \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	COMPARE(x->slot, y->slot);
	COMPARE(y->key, x->key);
	COMPARE(x->far, y->far);
	COMPARE(x->id, y->id);
	return 0;
}

static uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ -(difference >> 63);
}

static uint64_t unzigzag(uint64_t x)
{
	return x >> 1 ^ -(x & 1);
}

static int put_base(struct conn *c, double base, unsigned char *out, size_t *len)
{
	uint16_t code;
	uint64_t bits;
	int status = dictionary_store_code(c, base, &code);

	*len += varint_put(out + *len, code);
	if (code)
		return status;
	memcpy(&bits, &base, sizeof(bits));
	bits = htole64(bits);
	memcpy(out + *len, &bits, sizeof(bits));
	*len += sizeof(bits);
	return status;
}

int packed_write(struct conn *c, mn_id near, const struct link *links, size_t n, unsigned char *out,
	size_t *len)
{
	struct link before = {0};
	int status = MN_OK;

	*len = 0;
	for (size_t i = 0; status == MN_OK && i < n; i++) {
		const struct link *l = &links[i];

		*len += varint_put(out + *len, l->slot - before.slot);
		*len += varint_put(out + *len, zigzag((uint64_t)l->key - (uint64_t)before.key));
		*len += varint_put(out + *len, zigzag(l->far - near));
		*len += varint_put(out + *len, zigzag(l->id - before.id));
		status = put_base(c, l->base, out, len);
		*len += varint_put(out + *len, zigzag((uint64_t)l->day - (uint64_t)before.day));
		before = *l;
	}
	return status;
}

/* Reads what put_base wrote. false: broken. */
static bool take_base(
	const unsigned char **p, const unsigned char *end, uint64_t *code, double *base)
{
	uint64_t bits;

	if (!varint_get(p, end, code))
		return false;
	if (*code)
		return true;
	if (end - *p < (ptrdiff_t)sizeof(bits))
		return false;
	memcpy(&bits, *p, sizeof(bits));
	bits = le64toh(bits);
	memcpy(base, &bits, sizeof(bits));
	*p += sizeof(bits);
	return true;
}

/* The entry after `l`, in its place. false: broken. */
static bool take_link(const unsigned char **p, const unsigned char *end, mn_id near, struct link *l,
	uint64_t *code)
{
	uint64_t slot, key, far, id, day;

	if (!varint_get(p, end, &slot) || !varint_get(p, end, &key) || !varint_get(p, end, &far)
		|| !varint_get(p, end, &id) || !take_base(p, end, code, &l->base)
		|| !varint_get(p, end, &day))
		return false;
	l->slot += (uint32_t)slot;
	l->key = (int32_t)((uint64_t)l->key + unzigzag(key));
	l->far = near + unzigzag(far);
	l->id += unzigzag(id);
	l->day = (int64_t)((uint64_t)l->day + unzigzag(day));
	return true;
}

int packed_read(struct conn *c, mn_id near, mn_str bytes, struct links *out)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr, *end = p + bytes.len;
	struct link link = {0};
	uint64_t code;
	int status;

	while (p < end) {
		if (!take_link(&p, end, near, &link, &code))
			return conn_corrupt(c, "a list is broken");
		status = code ? dictionary_code(c, (int64_t)code, &link.base) : MN_OK;
		if (status != MN_OK)
			return status;
		if (out->n == MOST_PACKED)
			return conn_corrupt(c, "a list is too long to be one");
		if (!heap_grow(c->host, &out->at, &out->cap, out->n + 1, sizeof(link), MOST_PACKED))
			return conn_memory(c);
		out->at[out->n++] = link;
	}
	return MN_OK;
}
