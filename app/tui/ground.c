/* SPDX-License-Identifier: MIT */
#include "tui/ground.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool mn_ground_take(mn_ground *g, uint32_t c)
{
	bool over = c == '\a' || c == '\\' || c < ' ';

	if (!over && g->n + 1 < sizeof(g->text))
		g->text[g->n++] = c < 0x7f ? (char)c : '?';
	g->text[g->n] = '\0';
	return over && c != 0x1b; /* ESC \ ends it with two */
}

/* One to four hexadecimal digits, as a share of the most they can be; at goes behind them. */
static bool take_share(const char **at, double *out)
{
	char *end;
	unsigned long value = isxdigit((unsigned char)**at) ? strtoul(*at, &end, 16) : 0;
	size_t digits = isxdigit((unsigned char)**at) ? (size_t)(end - *at) : 0;

	if (digits < 1 || digits > 4)
		return false;
	*out = (double)value / (double)((1UL << 4 * digits) - 1);
	*at = end;
	return true;
}

/* Weights of the eye after ITU-R BT.601. */
int mn_ground_light(const mn_ground *g)
{
	static const double weights[3] = {.299, .587, .114};
	const char *at = strstr(g->text, "11;rgb:");
	double sum = 0, share;

	if (!at)
		return -1;
	at += 7;
	for (int i = 0; i < 3; i++) {
		if ((i && *at++ != '/') || !take_share(&at, &share))
			return -1;
		sum += weights[i] * share;
	}
	return sum > .5;
}
