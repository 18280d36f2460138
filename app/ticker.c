/* SPDX-License-Identifier: MIT */
#include "ticker.h"

#include <string.h>

enum { SECOND = 1000000, REDRAW = SECOND / 8, REPEAT = 5 * SECOND };

void mn_ticker_start(mn_ticker *t, mn_app *app, const char *what)
{
	*t = (mn_ticker){.app = app, .what = what};
	t->start = mn_engine_monotonic(app->engine);
}

static const char *amount(uint64_t n, const char *unit, char out[32])
{
	return strcmp(unit, "bytes") == 0 ? mn_format_bytes(n, out) : mn_format_count(n, out);
}

/* "importing: 1.2 MB of 4.0 MB (30 %), 2.1 MB a second, 1.3 s left" */
static void draw(const mn_ticker *t, uint64_t done, uint64_t total, const char *unit, mn_time now)
{
	FILE *to = t->app->err.to;
	double seconds = (double)(now - t->start) / SECOND;
	double rate = seconds > 0 ? (double)done / seconds : 0;
	bool bytes = strcmp(unit, "bytes") == 0;
	char a[32], b[32];

	fprintf(to, "%s: %s", t->what, amount(done, unit, a));
	if (total)
		fprintf(to, " of %s%s%s (%u %%)", amount(total, unit, b), bytes ? "" : " ",
			bytes ? "" : unit, (unsigned)((double)done * 100 / (double)total));
	else if (!bytes)
		fprintf(to, " %s", unit);
	fprintf(to, ", %s a second", amount((uint64_t)rate, unit, a));
	if (total > done && rate > 0)
		fprintf(to, ", %s left",
			mn_format_span((uint64_t)((double)(total - done) / rate * SECOND), b));
}

static void tell(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	mn_ticker *t = ctx;
	mn_printer *err = &t->app->err;
	mn_time now = mn_engine_monotonic(t->app->engine);
	mn_time rest = err->terminal ? REDRAW : REPEAT;

	if (t->app->quiet || (!err->terminal && !t->app->progress))
		return;
	if (now - t->start < SECOND || now - (t->shown ? t->shown : t->start) < rest)
		return;
	t->shown = now;
	t->drawn = err->terminal;
	fputs(err->terminal ? "\r\x1b[K" : "", err->to);
	draw(t, done, total, unit, now);
	fputs(err->terminal ? "" : "\n", err->to);
	fflush(err->to);
}

mn_progress mn_ticker_progress(mn_ticker *t)
{
	return (mn_progress){.ctx = t, .tell = tell};
}

void mn_ticker_stop(mn_ticker *t)
{
	if (t->drawn) {
		fputs("\r\x1b[K", t->app->err.to);
		fflush(t->app->err.to);
	}
	t->drawn = false;
}
