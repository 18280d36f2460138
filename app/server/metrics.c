/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - what is counted, and how Prometheus reads it (text format 0.0.4).
 *
 * Labels are routes' patterns, statuses and reasons: a closed set, nothing that a client wrote.
 */
#include <inttypes.h>

#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"

enum { ROUTES = 256, UNKNOWN = ROUTES, STATUSES = 600, BUCKETS = 12 };

static const uint32_t bounds_us[BUCKETS] = {
	500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 10000000};

struct route_counts {
	uint32_t slots[16]; /* statuses seen, then their counts */
	uint64_t counts[16];
	uint64_t buckets[BUCKETS], n, us;
};

struct mn_metrics {
	pthread_mutex_t lock;
	struct route_counts routes[ROUTES + 1];
	uint64_t rejects[MN_REJECTS];
};

mn_metrics *mn_metrics_new(void)
{
	mn_metrics *m = mn_alloc_zero(1, sizeof(*m));

	if (m)
		pthread_mutex_init(&m->lock, NULL);
	return m;
}

void mn_metrics_free(mn_metrics *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->lock);
	mn_free(m);
}

static void count_status(struct route_counts *r, uint32_t status)
{
	size_t i = 0;

	while (i < 15 && r->slots[i] && r->slots[i] != status)
		i++;
	r->slots[i] = status;
	r->counts[i]++;
}

void mn_metrics_exchange(mn_metrics *m, const mn_exchange *ex, mn_time took)
{
	size_t route = ex->req.route && ex->route < ROUTES ? ex->route : UNKNOWN;
	struct route_counts *r = &m->routes[route];

	pthread_mutex_lock(&m->lock);
	count_status(r, (uint32_t)ex->reply.status);
	r->n++;
	r->us += (uint64_t)took;
	for (size_t i = 0; i < BUCKETS; i++)
		if (took <= (mn_time)bounds_us[i])
			r->buckets[i]++;
	pthread_mutex_unlock(&m->lock);
}

void mn_metrics_reject(mn_metrics *m, int why)
{
	pthread_mutex_lock(&m->lock);
	m->rejects[why]++;
	pthread_mutex_unlock(&m->lock);
}

/* ---- As text ------------------------------------------------------------------------------ */

static void head(mn_buf *b, const char *name, const char *type, const char *help)
{
	mn_buf_printf(
		b, "# HELP mnemoscope_%s %s\n# TYPE mnemoscope_%s %s\n", name, help, name, type);
}

static void one(mn_buf *b, const char *name, const char *type, const char *help, uint64_t value)
{
	head(b, name, type, help);
	mn_buf_printf(b, "mnemoscope_%s %" PRIu64 "\n", name, value);
}

static void name_route(mn_buf *b, size_t i)
{
	const mn_room *room;
	const mn_route *route;

	if (i < ROUTES && mn_route_at(i, &room, &route))
		mn_buf_printf(b, "method=\"%s\",route=\"%s\"", route->method, route->path);
	else
		mn_buf_text(b, "method=\"\",route=\"\"");
}

static void write_requests(const mn_metrics *m, mn_buf *b)
{
	head(b, "requests_total", "counter", "Requests answered, by route and status.");
	for (size_t i = 0; i <= ROUTES; i++)
		for (size_t s = 0; s < 16; s++) {
			if (!m->routes[i].counts[s])
				continue;
			mn_buf_text(b, "mnemoscope_requests_total{");
			name_route(b, i);
			mn_buf_printf(b, ",status=\"%" PRIu32 "\"} %" PRIu64 "\n",
				m->routes[i].slots[s], m->routes[i].counts[s]);
		}
}

static void write_latency(const mn_metrics *m, mn_buf *b)
{
	head(b, "request_seconds", "histogram", "From the head's end to the answer's.");
	for (size_t i = 0; i <= ROUTES; i++) {
		const struct route_counts *r = &m->routes[i];

		for (size_t k = 0; r->n && k <= BUCKETS; k++) {
			mn_buf_text(b, "mnemoscope_request_seconds_bucket{");
			name_route(b, i);
			if (k < BUCKETS)
				mn_buf_printf(b, ",le=\"%g\"} %" PRIu64 "\n",
					(double)bounds_us[k] / 1e6, r->buckets[k]);
			else
				mn_buf_printf(b, ",le=\"+Inf\"} %" PRIu64 "\n", r->n);
		}
		if (!r->n)
			continue;
		mn_buf_text(b, "mnemoscope_request_seconds_sum{");
		name_route(b, i);
		mn_buf_printf(b, "} %.6f\nmnemoscope_request_seconds_count{", (double)r->us / 1e6);
		name_route(b, i);
		mn_buf_printf(b, "} %" PRIu64 "\n", r->n);
	}
}

static void write_rejects(const mn_metrics *m, mn_buf *b)
{
	head(b, "rejects_total", "counter", "Requests and connections refused, by reason.");
	for (int i = 1; i < MN_REJECTS; i++)
		mn_buf_printf(b, "mnemoscope_rejects_total{reason=\"%s\"} %" PRIu64 "\n",
			mn_reject_name(i), m->rejects[i]);
	one(b, "rate_limited_total", "counter", "Requests that came too often.",
		m->rejects[MN_REJECT_RATE]);
}

static void write_counts(mn_server *s, mn_buf *b)
{
	static const struct {
		const char *name, *help;
	} known[MN_COUNTS] = {
		[MN_COUNT_COMMITS] = {"commits_total", "Groups of writes that were committed."},
		[MN_COUNT_COMMITTED] = {"committed_requests_total", "Requests in those groups."},
		[MN_COUNT_REPLAYED] = {"replayed_total", "Answers given again by their key."},
		[MN_COUNT_EVENTS] = {"events_total", "Events sent to WebSockets."},
	};

	for (int i = 0; i < MN_COUNTS; i++)
		one(b, known[i].name, "counter", known[i].help, atomic_load(&s->counts[i]));
}

static void write_brains(mn_server *s, mn_buf *b)
{
	mn_vitals sum;
	size_t open;

	mn_brains_sum(s->brains, &sum, &open);
	one(b, "brains_open", "gauge", "Brains that are open.", open);
	one(b, "cache_bytes", "gauge", "Graph caches of open brains.", sum.cache_bytes);
	one(b, "cache_hits", "gauge", "Lists found in them, since the brains were opened.",
		sum.cache_hits);
	one(b, "cache_misses", "gauge", "Lists read from the store, likewise.", sum.cache_misses);
	one(b, "recalls", "gauge", "Recalls of open brains, likewise.", sum.recalls);
	one(b, "remembered", "gauge", "Memories they were given, likewise.", sum.remembered);
}

void mn_metrics_write(mn_server *s, mn_buf *b)
{
	mn_metrics *m = s->metrics;

	head(b, "build_info", "gauge", "Which program this is.");
	mn_buf_text(b, "mnemoscope_build_info{version=\"" MN_VERSION "\"} 1\n");
	one(b, "uptime_seconds", "gauge", "Since it started.",
		(uint64_t)((mn_server_clock(s) - s->born) / 1000000));
	one(b, "connections", "gauge", "Connections that are open.", atomic_load(&s->open));
	one(b, "connections_total", "counter", "Connections accepted.", atomic_load(&s->accepted));
	one(b, "requests_running", "gauge", "Requests that workers have.",
		atomic_load(&s->running));
	one(b, "received_bytes_total", "counter", "Bytes read.", atomic_load(&s->bytes_in));
	one(b, "sent_bytes_total", "counter", "Bytes written.", atomic_load(&s->bytes_out));
	one(b, "body_bytes", "gauge", "Bodies of requests that are kept.", atomic_load(&s->bodies));
	one(b, "log_lines_dropped_total", "counter", "Lines of the log nobody took in time.",
		mn_journal_dropped(s->journal));
	write_counts(s, b);
	write_brains(s, b);
	pthread_mutex_lock(&m->lock);
	write_rejects(m, b);
	write_requests(m, b);
	write_latency(m, b);
	pthread_mutex_unlock(&m->lock);
}
