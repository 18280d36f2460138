/* SPDX-License-Identifier: MIT */
#include "tui/ground.h"

#include <stdio.h>
#include <string.h>

bool mn_ground_take(mn_ground *g, uint32_t c)
{
	bool over = c == '\a' || c == '\\' || c < ' ';

	if (!over && g->n + 1 < sizeof(g->text))
		g->text[g->n++] = c < 0x7f ? (char)c : '?';
	g->text[g->n] = '\0';
	return over && c != 0x1b; /* ESC \ ends it with two */
}

/* Weights of the eye after ITU-R BT.601; one to four hexadecimal digits a colour. */
int mn_ground_light(const mn_ground *g)
{
	static const unsigned weights[3] = {299, 587, 114};
	unsigned rgb[3], most, sum = 0;
	const char *at = strstr(g->text, "11;rgb:");
	int ends[3] = {0};

	if (!at
		|| sscanf(at + 7, "%4x%n/%4x%n/%4x", &rgb[0], &ends[0], &rgb[1], &ends[1], &rgb[2])
			   != 3)
		return -1;
	most = (1u << 4 * ends[0]) - 1;
	for (int i = 0; i < 3; i++)
		sum += weights[i] * (rgb[i] < most ? rgb[i] : most) / most;
	return sum > 500;
}
