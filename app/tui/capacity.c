/* SPDX-License-Identifier: MIT */
/* capacity.c - what a brain costs and how quick it is: counts, bytes, cache, latency, tier. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "printer.h"
#include "tui/chart.h"
#include "tui/desk.h"
#include "tui/text.h"

enum { REFRESH = 1000000, LABEL = 16, NARROW = 96, SHORT = 24, CACHE_ROWS = 8, TALL = 22 };
/* The tiers: up to SMALL neurons, up to MEDIUM, above. */
#define SMALL 10000.0
#define MEDIUM 100000.0

struct reading {
	mn_brain_row row;
	mn_vitals vitals;
	uint64_t resident; /* bytes of this process */
};

struct capacity {
	mn_slot slot;
	mn_time due;
};

/* From /proc, since no portable call tells it: the second number is the resident pages. 0: unknown.
 */
static uint64_t resident_bytes(void)
{
	char text[128];
	FILE *f = fopen("/proc/self/statm", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	char *pages;

	if (f && fclose(f) != 0)
		return 0;
	text[n] = '\0';
	pages = strchr(text, ' ');
	return pages ? strtoull(pages, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void reading_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct reading *r = context;

	(void)job;
	if (mn_brain_describe(seat->brain, call, &r->row))
		return;
	r->vitals = MN_SIZED(mn_vitals);
	mn_brain_vitals(seat->brain, &r->vitals);
	r->resident = resident_bytes();
}

static void reading_done(mn_screen *s, mn_task *task, int status)
{
	struct reading *r = mn_task_context(task);
	mn_seat *seat = s->tui->seat;

	if (status || !seat || seat != mn_task_seat(task))
		return;
	seat->neurons = r->row.neurons;
	seat->synapses = r->row.synapses;
	seat->memories = r->row.fibers;
	seat->bytes = r->row.bytes;
}

static const mn_work reading_work = {.title = "measure",
	.size = sizeof(struct reading),
	.run = reading_run,
	.done = reading_done,
	.quiet = true,
	.background = true};

static void measure(mn_screen *s)
{
	struct capacity *c = s->state;

	if (s->tui->seat && !c->slot.running)
		mn_task_start(mn_task_new(s->tui, s, &c->slot, &reading_work));
}

static void brain(mn_screen *s)
{
	struct capacity *c = s->state;

	mn_slot_clear(&c->slot);
	measure(s);
}

static mn_time tick(mn_screen *s, mn_time now)
{
	struct capacity *c = s->state;

	if (now >= c->due) {
		c->due = now + REFRESH;
		measure(s);
	}
	return c->due;
}

static void finish(mn_screen *s)
{
	struct capacity *c = s->state;

	mn_slot_clear(&c->slot);
}

/* ---- Now ---------------------------------------------------------------------------------- */

static int fact(const mn_pane *p, int y, const char *what, const char *value)
{
	mn_pane_text(p, y, 1, MN_ROLE_DIM, what);
	mn_pane_text(p, y, LABEL, MN_ROLE_NUMBER, value);
	return y + 1;
}

static void draw_now(const struct reading *r, const mn_pane *frame)
{
	mn_pane p = mn_pane_frame(frame, "Now", false);
	const mn_brain_row *b = &r->row;
	char n[64];
	int y = 0;

	y = fact(&p, y, "memories", mn_text_count(b->fibers, n, sizeof(n)));
	y = fact(&p, y, "neurons", mn_text_count(b->neurons, n, sizeof(n)));
	y = fact(&p, y, "synapses", mn_text_count(b->synapses, n, sizeof(n)));
	if (b->neurons) {
		snprintf(n, sizeof(n), "%.1f synapses", (double)b->synapses / (double)b->neurons);
		y = fact(&p, y, "a neuron has", n);
	}
	y = fact(&p, y, "disk", mn_text_bytes(b->bytes, n, sizeof(n)));
	if (b->fibers)
		y = fact(
			&p, y, "a memory takes", mn_text_bytes(b->bytes / b->fibers, n, sizeof(n)));
	fact(&p, y, "this process", mn_text_bytes(r->resident, n, sizeof(n)));
}

static void draw_cache(const struct reading *r, const mn_pane *frame)
{
	mn_pane p = mn_pane_frame(frame, "Graph cache", false);
	const mn_vitals *v = &r->vitals;
	uint64_t looks = v->cache_hits + v->cache_misses;
	double full = v->cache_budget ? (double)v->cache_bytes / (double)v->cache_budget : 0;
	double hit = looks ? (double)v->cache_hits / (double)looks : 0;
	char n[32], of[32], text[80], things[64];

	snprintf(text, sizeof(text), "%s of %s", mn_text_bytes(v->cache_bytes, n, sizeof(n)),
		mn_text_bytes(v->cache_budget, of, sizeof(of)));
	fact(&p, 0, "filled", text);
	mn_chart_gauge(&p, 1, LABEL, p.w - LABEL - 2, full, MN_ROLE_FRAME_LIVE);
	snprintf(text, sizeof(text), looks ? "%.1f %% of %s" : "nothing read yet", hit * 100,
		mn_text_count(looks, n, sizeof(n)));
	fact(&p, 2, "found in it", text);
	if (looks)
		mn_chart_gauge(&p, 3, LABEL, p.w - LABEL - 2, hit, MN_ROLE_GOOD);
	fact(&p, 4, "since opened", mn_format_things(v->recalls, "recall", things));
	fact(&p, 5, "", mn_format_things(v->remembered, "memory", things));
}

/* ---- Latency ------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The smallest value that at least this share of all does not exceed (nearest rank). */
static uint32_t percentile(const uint32_t *sorted, size_t n, double share)
{
	size_t rank = (size_t)ceil(share * (double)n);

	return sorted[rank ? rank - 1 : 0];
}

/* Where a latency stands on a logarithmic scale between two others, 0..1. */
static double place_on(double us, double low, double high)
{
	double part = (log10(us < 1 ? 1 : us) - log10(low)) / (log10(high) - log10(low));

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

static void draw_axis(const mn_pane *p, int y, double low, double high)
{
	int decades = (int)lround(log10(high / low));

	for (int i = 0; i <= decades; i++) {
		double at = low * pow(10, i);
		int x = (int)(place_on(at, low, high) * (p->w - 1));
		char text[32];

		if (at < 1000)
			snprintf(text, sizeof(text), "%.3g ms", at / 1000);
		else
			snprintf(text, sizeof(text), at < 1e6 ? "%.0f ms" : "%.0f s",
				at < 1e6 ? at / 1000 : at / 1e6);
		if (at * 10 > high * 1.001)
			mn_pane_right(p, y, p->w, MN_ROLE_DIM, "%s", text);
		else
			mn_pane_text(p, y, x, MN_ROLE_DIM, text);
	}
}

static void draw_histogram(const mn_pane *p, const uint32_t *sorted, size_t n)
{
	double counts[512] = {0}, low, high;
	int columns = p->w < 512 ? p->w : 512;
	mn_pane bars = mn_pane_sub(p, 0, 0, p->h - 1, columns);

	low = pow(10, floor(log10(sorted[0] < 10 ? 10 : sorted[0])));
	high = pow(10, ceil(log10(sorted[n - 1] + 1.0)));
	high = high <= low * 10 ? low * 100 : high;
	for (size_t i = 0; i < n; i++)
		counts[(int)(place_on(sorted[i], low, high) * (columns - 1))]++;
	mn_chart_columns(&bars, counts, columns);
	draw_axis(p, p->h - 1, low, high);
}

static int percentile_at(const mn_pane *p, int x, const char *name, uint32_t us)
{
	char n[32];

	x = mn_pane_text(p, 0, x, MN_ROLE_DIM, name) + 1;
	return mn_pane_text(p, 0, x, MN_ROLE_NUMBER, mn_text_span(us, n, sizeof(n))) + 2;
}

static void draw_latency(const struct reading *r, const mn_pane *frame)
{
	mn_pane p = mn_pane_frame(frame, "Recall latency", false), plot;
	uint32_t sorted[1024];
	size_t n = r->vitals.nlatency < 1024 ? r->vitals.nlatency : 1024;
	char count[32];
	int x = 1;

	if (n == 0) {
		mn_pane_text(
			&p, 0, 1, MN_ROLE_DIM, "no recall since the brain was opened: ask one");
		return;
	}
	memcpy(sorted, r->vitals.latency_us, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_time);
	mn_pane_caption(
		frame, false, MN_ROLE_DIM, "last %s", mn_text_count(n, count, sizeof(count)));
	x = percentile_at(&p, x, "p50", percentile(sorted, n, .5));
	x = percentile_at(&p, x, "p95", percentile(sorted, n, .95));
	percentile_at(&p, x, "p99", percentile(sorted, n, .99));
	plot = mn_pane_sub(&p, 2, 1, p.h - 2, p.w - 2);
	if (plot.h >= 2)
		draw_histogram(&plot, sorted, n);
}

/* ---- Tier --------------------------------------------------------------------------------- */

/* A thousand to a million neurons on a logarithmic line. */
static double on_scale(double neurons)
{
	double part = (log10(neurons < 1000 ? 1000 : neurons) - 3) / 3;

	return part > 1 ? 1 : part;
}

static const char *tier_of(double neurons)
{
	return neurons < SMALL ? "small" : neurons <= MEDIUM ? "medium" : "large";
}

static void draw_scale(const mn_pane *p, int y, double neurons)
{
	int w = p->w - 2, small = 1 + (int)(on_scale(SMALL) * w), at;
	int medium = 1 + (int)(on_scale(MEDIUM) * w);

	mn_chart_gauge(p, y, 1, w, on_scale(neurons), MN_ROLE_FRAME_LIVE);
	at = 1 + (int)(on_scale(neurons) * (w - 1));
	mn_pane_text(p, y, small, MN_ROLE_KEY, "┃");
	mn_pane_text(p, y, medium, MN_ROLE_KEY, "┃");
	mn_pane_text(p, y, at, MN_ROLE_TITLE, "◆");
	mn_pane_text(p, y + 1, 1, MN_ROLE_DIM, "small");
	mn_pane_text(p, y + 1, small, MN_ROLE_DIM, "10 k medium");
	mn_pane_text(p, y + 1, medium, MN_ROLE_DIM, "100 k large");
}

static void draw_tier(const struct reading *r, const mn_pane *frame)
{
	mn_pane p = mn_pane_frame(frame, "Tier", false);
	double n = (double)r->row.neurons;
	char left[64];
	uint64_t more = (uint64_t)(n < SMALL ? SMALL - n : n <= MEDIUM ? MEDIUM - n + 1 : 0);
	int x = mn_pane_text(&p, 0, 1, MN_ROLE_TITLE, tier_of(n));

	if (more)
		mn_pane_printf(&p, 0, x, MN_ROLE_DIM, " · %s to %s",
			mn_format_things(more, "more neuron", left),
			n < SMALL ? "medium" : "large");
	else
		mn_pane_text(&p, 0, x, MN_ROLE_DIM, " · there is no tier above");
	if (p.h >= 3)
		draw_scale(&p, p.h >= 4 ? 2 : 1, n);
}

/* ---- The whole ---------------------------------------------------------------------------- */

static void draw_narrow(const struct reading *r, const mn_pane *p)
{
	int half = p->w / 2, low = p->h >= 18 ? 6 : 5;
	mn_pane part = mn_pane_sub(p, 0, 0, p->h - low, half);

	draw_now(r, &part);
	part = mn_pane_sub(p, 0, half, p->h - low, p->w - half);
	if (p->h >= 26) {
		part.h = 8;
		draw_cache(r, &part);
		part = mn_pane_sub(p, 8, half, p->h - low - 8, p->w - half);
	}
	draw_latency(r, &part);
	part = mn_pane_sub(p, p->h - low, 0, low, p->w);
	draw_tier(r, &part);
}

static void draw_wide(const struct reading *r, const mn_pane *p)
{
	int left = 46, low = 6, upper = p->h - low < TALL ? p->h - low : TALL;
	int now = upper - CACHE_ROWS;
	mn_pane part = mn_pane_sub(p, 0, 0, now, left);

	draw_now(r, &part);
	part = mn_pane_sub(p, now, 0, CACHE_ROWS, left);
	draw_cache(r, &part);
	part = mn_pane_sub(p, 0, left, upper, p->w - left);
	draw_latency(r, &part);
	part = mn_pane_sub(p, upper, 0, low, p->w);
	draw_tier(r, &part);
}

static void draw(mn_screen *s, const mn_pane *p)
{
	struct capacity *c = s->state;
	const struct reading *r = mn_slot_shown(&c->slot);

	if (!r) {
		mn_pane_frame(p, "Capacity", false);
		mn_pane_text(p, 1, 3, MN_ROLE_DIM,
			s->tui->seat ? "measuring" : "no brain is open: 1 lists them");
		return;
	}
	if (p->w < NARROW || p->h < SHORT)
		draw_narrow(r, p);
	else
		draw_wide(r, p);
}

static void refresh_now(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (mn_tui_state(t, &mn_screen_capacity))
		measure(mn_tui_screen(t));
}

const mn_screen_ops mn_screen_capacity = {
	.name = "capacity",
	.title = "Capacity",
	.scope = MN_ON_CAPACITY,
	.size = sizeof(struct capacity),
	.close = finish,
	.show = measure,
	.brain = brain,
	.changed = measure,
	.draw = draw,
	.tick = tick,
};

const mn_action mn_capacity_actions[] = {
	{.name = "measure",
		.does = "Measure now",
		.scope = MN_ON_CAPACITY,
		.keys = "ctrl-r f5",
		.hint = "measure",
		.act = refresh_now},
	{0},
};
