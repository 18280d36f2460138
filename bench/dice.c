/* SPDX-License-Identifier: MIT */
/* dice.c - numbers and made-up words, the same from the same seed. */
#include <math.h>
#include <string.h>

#include "bench.h"

void dice_seed(struct dice *d, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		d->s[i] = z ^ (z >> 31);
	}
}

static uint64_t turn(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

uint64_t dice_next(struct dice *d)
{
	uint64_t *s = d->s, out = turn(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = turn(s[3], 45);
	return out;
}

double dice_unit(struct dice *d)
{
	return (double)(dice_next(d) >> 11) * 0x1p-53;
}

uint64_t dice_zipf(struct dice *d, uint64_t n)
{
	const double top = ((double)n + ZIPF_SHIFT) / ZIPF_SHIFT;
	const double rank = ZIPF_SHIFT * pow(top, dice_unit(d)) - ZIPF_SHIFT;

	return rank < (double)n ? (uint64_t)rank : n - 1;
}

/* Appends consonants and vowels by turns; the vowels are the first `vowels` of those there are. */
static char *syllable(char *at, uint64_t pick, unsigned vowels)
{
	static const char consonant[] = "bdfgklmnprstvzhj", vowel[] = "ouaei";

	*at++ = consonant[pick / vowels % 16];
	*at++ = vowel[pick % vowels];
	return at;
}

size_t word_of(uint64_t rank, char out[WORD_ROOM])
{
	/* 7919 is prime, so no two ranks meet; neighbours by rank begin differently. */
	const uint64_t number = rank * 7919 % ((uint64_t)80 * 80 * 32);
	char *at = out;

	if (rank >= WORDS_SHORT)
		at = syllable(at, rank / 3, 5);
	at = syllable(at, number / 32 / 80, 5);
	at = syllable(at, number / 32, 5);
	at = syllable(at, number, 2); /* -o or -u: no stemmer takes that off */
	*at = '\0';
	return (size_t)(at - out);
}

size_t words_append(char *out, size_t room, size_t at, uint64_t rank)
{
	char word[WORD_ROOM];
	const size_t len = word_of(rank, word);

	if (at + len + 2 > room)
		return at;
	if (at)
		out[at++] = ' ';
	memcpy(out + at, word, len + 1);
	return at + len;
}

/* Is the rank among those drawn already? Draws are few. */
static bool drawn(const uint64_t *ranks, size_t n, uint64_t rank)
{
	for (size_t i = 0; i < n; i++)
		if (ranks[i] == rank)
			return true;
	return false;
}

void words_draw(struct dice *d, uint64_t words, uint64_t *ranks, size_t from, size_t n)
{
	for (size_t i = from; i < n;) {
		const uint64_t rank = dice_zipf(d, words);

		if (!drawn(ranks, i, rank))
			ranks[i++] = rank;
	}
}
