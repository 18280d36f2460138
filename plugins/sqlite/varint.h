/* SPDX-License-Identifier: MIT */
/* varint.h - numbers in as few bytes as they need: seven bits a byte, the lowest first. */
#ifndef MN_SQLITE_VARINT_H
#define MN_SQLITE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARINT_MOST 10 /* bytes that one takes */

/* Returns the bytes written. */
static inline size_t varint_put(unsigned char *p, uint64_t x)
{
	size_t n = 0;

	for (; x >= 0x80; x >>= 7)
		p[n++] = (unsigned char)(x | 0x80);
	p[n++] = (unsigned char)x;
	return n;
}

/* Moves *p on. false: nothing, or nothing whole, before end. */
static inline bool varint_get(const unsigned char **p, const unsigned char *end, uint64_t *out)
{
	uint64_t x = 0;

	if (*p < end && **p < 0x80) { /* most are */
		*out = *(*p)++;
		return true;
	}
	for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
		const unsigned char byte = *(*p)++;

		x |= (uint64_t)(byte & 0x7F) << shift;
		if (byte < 0x80) {
			*out = x;
			return true;
		}
	}
	return false;
}

/* Numbers with a sign so that small ones are short: 0, -1, 1, -2 become 0, 1, 2, 3. */
static inline uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ -(difference >> 63);
}

static inline uint64_t unzigzag(uint64_t x)
{
	return x >> 1 ^ -(x & 1);
}

#endif
