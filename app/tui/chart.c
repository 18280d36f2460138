/* SPDX-License-Identifier: MIT */
#include "tui/chart.h"

#include <math.h>

static const char *const standing[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

static double unit(double v)
{
	return v > 0 ? (v < 1 ? v : 1) : 0;
}

/* A length in steps of a column's `fineness`-th; something is never nothing. */
static int steps_of(double part, int width, int fineness)
{
	int n = (int)lround(unit(part) * width * fineness);

	return n == 0 && part > 0 ? 1 : n;
}

/* Thin, so that a list of bars stays a list. */
static void bar(const mn_pane *p, int y, int x, int width, double part, mn_style style)
{
	int n = steps_of(part, width, 2);

	mn_pane_fill(p, y, x, n / 2, style, "━");
	if (n % 2)
		mn_pane_fill(p, y, x + n / 2, 1, style, "╸");
}

void mn_chart_bar(const mn_pane *p, int y, int x, int width, double part, unsigned flags)
{
	bar(p, y, x, width, part, mn_theme_heat(part) | flags);
}

void mn_chart_gauge(const mn_pane *p, int y, int x, int width, double part, mn_style style)
{
	mn_pane_fill(p, y, x, width, MN_ROLE_FRAME, "─");
	bar(p, y, x, width, part, style);
}

void mn_chart_slider(const mn_pane *p, int y, int x, int width, double part)
{
	int at = (int)lround(unit(part) * (width - 1));

	mn_pane_fill(p, y, x, width, MN_ROLE_FRAME, "─");
	mn_pane_fill(p, y, x, at, MN_ROLE_FRAME_LIVE, "━");
	mn_pane_fill(p, y, x + at, 1, MN_ROLE_KEY, "●");
}

static double largest(const double *at, int n)
{
	double most = 0;

	for (int i = 0; i < n; i++)
		most = at[i] > most ? at[i] : most;
	return most;
}

void mn_chart_spark(const mn_pane *p, int y, int x, const double *at, int n, mn_style style)
{
	double most = largest(at, n);

	for (int i = 0; i < n; i++) {
		int step = most > 0 ? (int)ceil(at[i] / most * 8) : 0;

		mn_pane_fill(p, y, x + i, 1, style, standing[step]);
	}
}

void mn_chart_columns(const mn_pane *p, const double *at, int n)
{
	mn_chart_columns_to(p, at, n, largest(at, n));
}

void mn_chart_columns_to(const mn_pane *p, const double *at, int n, double most)
{
	for (int i = 0; i < n && i < p->w; i++) {
		int steps = most > 0 ? steps_of(at[i] / most, p->h, 8) : 0;

		for (int row = 0; row < p->h && steps > 0; row++, steps -= 8) {
			double height = (double)(row + 1) / p->h;

			mn_pane_fill(p, p->h - 1 - row, i, 1, mn_theme_heat(height * .8),
				standing[steps > 8 ? 8 : steps]);
		}
	}
}
