/* SPDX-License-Identifier: MIT */
#include "tui/fuzzy.h"

#include <limits.h>
#include <string.h>

enum { MOST = 64, FIRST = 12, WORD = 10, NEXT = 8, PLAIN = 1, GAP = 1, NONE = INT_MIN };

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool starts_word(mn_str name, size_t at)
{
	return at == 0 || name.ptr[at - 1] == ' ' || name.ptr[at - 1] == '-'
	       || name.ptr[at - 1] == '_';
}

/* The best score with the typed characters up to this row, the last of them at name[i]: the
 * Smith-Waterman of fzf, a row per typed character. *from: where the one before it stands. */
static int score_at(const int *above, mn_str name, size_t i, unsigned char *from)
{
	int bonus = i == 0 ? FIRST : starts_word(name, i) ? WORD : PLAIN;
	int best = NONE;

	if (!above)
		return bonus - (int)(i < 8 ? i : 8) * GAP;
	for (size_t j = 0; j < i; j++) {
		int gap = (int)(i - j - 1);
		int more = (gap == 0 ? NEXT : bonus) - (gap < 6 ? gap : 6) * GAP;

		if (above[j] != NONE && above[j] + more > best) {
			best = above[j] + more;
			*from = (unsigned char)j;
		}
	}
	return best;
}

/* One more typed character: fills row from above, returns the position of its best score. */
static size_t match(
	char typed, mn_str name, size_t n, const int *above, int *row, unsigned char *from)
{
	size_t best = 0;

	for (size_t i = 0; i < n; i++) {
		row[i] = fold(typed) == fold(name.ptr[i]) ? score_at(above, name, i, &from[i])
							  : NONE;
		if (row[i] > row[best])
			best = i;
	}
	return best;
}

int mn_fuzzy(mn_str typed, mn_str name, uint64_t *hits)
{
	int rows[2][MOST];
	unsigned char from[MOST][MOST] = {{0}};
	size_t n = name.len < MOST ? name.len : MOST, end = 0;
	int score;

	if (hits)
		*hits = 0;
	if (typed.len == 0)
		return 0;
	if (typed.len > n)
		return -1;
	for (size_t k = 0; k < typed.len; k++)
		end = match(
			typed.ptr[k], name, n, k ? rows[(k + 1) % 2] : NULL, rows[k % 2], from[k]);
	score = rows[(typed.len - 1) % 2][end];
	if (score == NONE)
		return -1;
	for (size_t k = typed.len; hits && k-- > 0; end = from[k][end])
		*hits |= UINT64_C(1) << end;
	score = score * 4 - (int)n;
	return score > 0 ? score : 0;
}
