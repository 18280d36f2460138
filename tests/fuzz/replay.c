/* SPDX-License-Identifier: MIT */
/*
 * replay.c - drives a fuzz target without a fuzzer: every file named on the command line, then
 * inputs made from them by cutting, joining and spoiling, always the same ones. With MN_FULL set,
 * a hundred times as many. What libFuzzer finds becomes a file of the corpus.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MOST_FILES 64
#define LONGEST 65536
#define ROUNDS 3000

struct seed {
	uint8_t *bytes;
	size_t n;
};

static uint64_t state = 0x9e3779b97f4a7c15;

static size_t dice(size_t n) /* xorshift64* of S. Vigna */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return n ? (size_t)(state * UINT64_C(0x2545F4914F6CDD1D) >> 33) % n : 0;
}

static int load(const char *path, struct seed *out)
{
	FILE *f = fopen(path, "rb");

	out->bytes = malloc(LONGEST);
	if (!f || !out->bytes) {
		perror(path);
		return -1;
	}
	out->n = fread(out->bytes, 1, LONGEST, f);
	fclose(f);
	return 0;
}

/* A piece of one seed, a piece of another, a few bytes changed. */
static size_t make(const struct seed *seeds, size_t n, uint8_t *out)
{
	size_t len = 0, pieces = 1 + dice(4);

	for (size_t i = 0; i < pieces; i++) {
		const struct seed *s = &seeds[dice(n)];
		size_t from = dice(s->n), size = dice(s->n - from + 1) % 2048;

		if (len + size > LONGEST)
			break;
		memcpy(out + len, s->bytes + from, size);
		len += size;
	}
	for (size_t i = dice(8); len && i > 0; i--)
		out[dice(len)] = (uint8_t)dice(256);
	return len;
}

/* An exact copy, so that a sanitizer sees one byte too many. */
static void run(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

int main(int argc, char **argv)
{
	static struct seed seeds[MOST_FILES];
	static uint8_t made[LONGEST];
	size_t n = 0, rounds = getenv("MN_FULL") ? ROUNDS * 100 : ROUNDS;

	for (int i = 1; i < argc && n < MOST_FILES; i++)
		if (load(argv[i], &seeds[n++]) != 0)
			return 2;
	for (size_t i = 0; i < n; i++)
		run(seeds[i].bytes, seeds[i].n);
	for (size_t i = 0; n && i < rounds; i++)
		run(made, make(seeds, n, made));
	for (size_t i = 0; i < n; i++)
		free(seeds[i].bytes);
	printf("%zu inputs\n", n + rounds);
	return n ? 0 : 2;
}
