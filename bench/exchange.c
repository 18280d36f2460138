/* SPDX-License-Identifier: MIT */
/* exchange.c - a brain of SQLite written out, as a snapshot and in the graph form, and read again.
 */
#include <string.h>

#include "text.h"

#define SIZE 100000

static int count_bytes(void *ctx, mn_call *call, const char *at, size_t n)
{
	(void)call, (void)at;
	*(double *)ctx += (double)n;
	return MN_OK;
}

static int write_file(void *ctx, mn_call *call, const char *at, size_t n)
{
	(void)call;
	return fwrite(at, 1, n, ctx) == n ? MN_OK : MN_EIO;
}

static int export_to(struct bench *b, struct held *k, int format, const mn_sink *sink)
{
	mn_export_options options = MN_SIZED(mn_export_options);
	int status;

	options.format = format;
	status = mn_export(k->brain, &b->call, &options, sink);
	mn_call_reset(&b->call);
	return status == MN_OK ? 0 : bench_fail(b, "export");
}

static int rows_of(struct bench *b, struct held *k, double *out)
{
	mn_brain_row row;

	if (mn_brain_describe(k->brain, &b->call, &row) != MN_OK)
		return bench_fail(b, "describe");
	*out = (double)(row.neurons + row.synapses + row.fibers);
	mn_call_reset(&b->call);
	return 0;
}

static int snapshot(struct bench *b, struct held *k, double rows)
{
	double bytes = 0, from = bench_now(), seconds;
	const mn_sink sink = {&bytes, count_bytes};

	if (export_to(b, k, MN_FORMAT_SNAPSHOT, &sink))
		return -1;
	seconds = (bench_now() - from) / 1e6;
	bench_figure(b, "export, snapshot", rows / seconds, "rows/s");
	bench_figure(b, "export, snapshot, bytes", bytes / seconds / 1e6, "MB/s");
	bench_figure(b, "export, snapshot, resident", bench_resident() / (1 << 20), "MiB");
	return 0;
}

/* The graph form by way of a file; what comes of it has as many rows. */
static int round_trip(struct bench *b, struct held *k, double rows)
{
	mn_import_report report = MN_SIZED(mn_import_report);
	const char *const data = b->data;
	char path[300];
	FILE *f;
	double from, again = 0;
	struct held made;
	int status;

	snprintf(path, sizeof(path), "%s/brain.graph", b->dir);
	f = fopen(path, "wb");
	from = bench_now();
	if (!f || export_to(b, k, MN_FORMAT_GRAPH, &(mn_sink){f, write_file}))
		status = bench_fail(b, path);
	else
		status = 0;
	if (f && fclose(f))
		status = bench_fail(b, path);
	if (status)
		return status;
	bench_figure(b, "export, graph form", rows / ((bench_now() - from) / 1e6), "rows/s");
	b->data = path; /* for the while */
	status = held_at(b, b->dir, "again", &made);
	from = bench_now();
	if (status == 0)
		status = text_import(b, &made, &report);
	if (status == 0) {
		bench_figure(
			b, "import, graph form", rows / ((bench_now() - from) / 1e6), "rows/s");
		bench_figure(
			b, "import, graph form, resident", bench_resident() / (1 << 20), "MiB");
		status = rows_of(b, &made, &again);
	}
	b->data = data;
	held_close(&made);
	if (status == 0 && again != rows)
		status = bench_fail(b, "what was imported has other rows than what was exported");
	return status;
}

static int run(struct bench *b)
{
	double rows = 0;
	struct held k;
	int status = text_open(b, SIZE, &k);

	if (status == 0)
		status = rows_of(b, &k, &rows);
	if (status == 0)
		status = snapshot(b, &k, rows);
	if (status == 0)
		status = round_trip(b, &k, rows);
	held_close(&k);
	return status;
}

const struct bench_case bench_exchange = {"exchange",
	"export as a snapshot, export and bulk import of the graph form, in SQLite", run};
