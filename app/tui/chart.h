/* SPDX-License-Identifier: MIT */
/*
 * chart.h - numbers as pictures: bars, gauges, sparklines, histograms. Drawn with blocks of an
 * eighth of a cell where the terminal has them, with "#" and "." where not.
 */
#ifndef MN_TUI_CHART_H
#define MN_TUI_CHART_H

#include "tui/pane.h"

/* A bar of 0..1 over `width` columns in the colour of its value. flags: MN_SELECTED, MN_MARKED. */
void mn_chart_bar(const mn_pane *, int y, int x, int width, double part, unsigned flags);
/* The same over a visible track, in one style. */
void mn_chart_gauge(const mn_pane *, int y, int x, int width, double part, mn_style);
/* A knob on a line: how far something has come. */
void mn_chart_slider(const mn_pane *, int y, int x, int width, double part);
/* One row, a column per value, scaled to the largest. */
void mn_chart_spark(const mn_pane *, int y, int x, const double *at, int n, mn_style);
/* The whole pane, a column per value, growing upwards from its last row. */
void mn_chart_columns(const mn_pane *, const double *at, int n);
/* The same where the highest column there could be is `most`, so that two can be compared. */
void mn_chart_columns_to(const mn_pane *, const double *at, int n, double most);

#endif
