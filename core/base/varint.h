/* SPDX-License-Identifier: MIT */
/*
 * varint.h - numbers in as few bytes as they need: seven bits a byte, the lowest first, the eighth
 * set where more follow (LEB128). Signed ones are folded first, so that small ones of either sign
 * stay short.
 */
#ifndef MN_BASE_VARINT_H
#define MN_BASE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MN_VARINT_MOST = 10 }; /* bytes that one takes */

/* The bytes written. */
static inline size_t mn_varint_put(unsigned char *p, uint64_t x)
{
	size_t n = 0;

	for (; x >= 0x80; x >>= 7)
		p[n++] = (unsigned char)(x | 0x80);
	p[n++] = (unsigned char)x;
	return n;
}

/* Moves *p on. false: nothing whole before end, or more than 64 bits. */
static inline bool mn_varint_get(const unsigned char **p, const unsigned char *end, uint64_t *out)
{
	uint64_t x = 0;

	for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
		const unsigned char byte = *(*p)++;

		if (shift == 63 && byte > 1)
			return false;
		x |= (uint64_t)(byte & 0x7F) << shift;
		if (byte < 0x80) {
			*out = x;
			return true;
		}
	}
	return false;
}

static inline uint64_t mn_zigzag(int64_t x)
{
	return (uint64_t)x << 1 ^ (uint64_t)(x >> 63);
}

static inline int64_t mn_unzigzag(uint64_t x)
{
	return (int64_t)(x >> 1 ^ (0 - (x & 1)));
}

#endif
