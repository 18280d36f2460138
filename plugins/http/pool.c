/* SPDX-License-Identifier: MIT */
/* pool.c - pools, and exchanges whose reply is read whole. */
#include <stdlib.h>

#include "heap.h"
#include "lane.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

static void start_curl(void)
{
	started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Without the slashes at its end: paths begin with one. */
static mn_str base_of(mn_str base)
{
	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	return base;
}

static bool fill(http_pool *p, const http_options *o)
{
	p->options = *o;
	p->options.base = http_copy(p->host, base_of(o->base));
	p->options.ca_file = http_copy(p->host, o->ca_file);
	p->options.socket = http_copy(p->host, o->socket);
	if (!o->connections)
		p->options.connections = 8;
	if (!o->connect_ms)
		p->options.connect_ms = 5000;
	if (!o->silence_ms)
		p->options.silence_ms = 60000;
	if (!o->ceiling)
		p->options.ceiling = (size_t)256 << 20;
	return p->options.base.ptr && p->options.ca_file.ptr && p->options.socket.ptr;
}

int http_pool_new(const mn_host *host, mn_call *call, const http_options *o, http_pool **out)
{
	http_pool *p;

	pthread_once(&once, start_curl);
	if (started != CURLE_OK)
		return host->fail(call, MN_EIO, (int)started, "libcurl does not start: %s",
			curl_easy_strerror(started));
	p = http_new(host, sizeof(*p));
	if (!p)
		return http_no_memory(host, call);
	p->host = host;
	pthread_mutex_init(&p->lock, NULL);
	if (!fill(p, o)) {
		http_pool_free(p);
		return http_no_memory(host, call);
	}
	*out = p;
	return MN_OK;
}

void http_pool_free(http_pool *p)
{
	struct lane *next;

	if (!p)
		return;
	for (struct lane *l = p->idle; l; l = next) {
		next = l->next;
		lane_free(l);
	}
	pthread_mutex_destroy(&p->lock);
	http_free(p->host, p->options.base.ptr);
	http_free(p->host, p->options.ca_file.ptr);
	http_free(p->host, p->options.socket.ptr);
	http_free(p->host, p);
}

uint64_t http_pool_connected(http_pool *p)
{
	uint64_t n;

	pthread_mutex_lock(&p->lock);
	n = p->connected;
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* ---- Replies --------------------------------------------------------------------------------- */

static const char *header(const struct lane *l, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(l->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value
										     : "";
}

/* One that is too long counts as none. */
static mn_str keep(char *to, const char *from, size_t n)
{
	n = n < HEAD_ROOM / 2 ? n : 0;
	if (n)
		memcpy(to, from, n);
	return (mn_str){to, n};
}

static mn_str keep_type(struct lane *l)
{
	const char *type = header(l, "Content-Type");
	mn_str kept = keep(l->head_room, type, strcspn(type, "; \t"));

	for (size_t i = 0; i < kept.len; i++)
		if (kept.ptr[i] >= 'A' && kept.ptr[i] <= 'Z')
			l->head_room[i] |= 32;
	return kept;
}

static mn_str keep_etag(struct lane *l)
{
	const char *etag = header(l, "ETag");
	size_t n;

	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	n = strlen(etag);
	if (n >= 2 && etag[0] == '"' && etag[n - 1] == '"') {
		etag++;
		n -= 2;
	}
	return keep(l->head_room + HEAD_ROOM / 2, etag, n);
}

void reply_head(struct lane *l, http_reply *out)
{
	long code = 0, wait = strtol(header(l, "Retry-After"), NULL, 10); /* a date: none */

	curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &code);
	out->status = (int)code;
	out->retry_after_s = wait <= 0 ? 0 : wait > 86400 ? 86400 : (uint32_t)wait;
	out->type = keep_type(l);
	out->etag = keep_etag(l);
}

int reply_body(struct lane *l, mn_call *call, http_reply *out)
{
	size_t n = l->len - l->from;
	char *to = l->body_room;

	if (l->result != CURLE_OK)
		return fault_of(l, call);
	if (n > l->body_most)
		to = l->pool->host->alloc(call, n + 1);
	if (!to)
		return MN_ENOMEM;
	if (n)
		memcpy(to, l->in + l->from, n);
	out->body = (mn_str){to, n};
	return MN_OK;
}

int http_send(http_pool *p, mn_call *call, const http_request *q, http_reply *out)
{
	struct lane *l;
	int status;

	*out = (http_reply){0};
	status = lane_get(p, call, &l);
	if (status != MN_OK)
		return status;
	status = lane_begin(l, call, q);
	if (status == MN_OK) {
		status = lane_drive(l, call, q, NULL);
		out->sent = lane_sent(l);
	}
	if (status == MN_OK) {
		reply_head(l, out);
		status = reply_body(l, call, out);
	}
	lane_put(l);
	return status;
}

int http_pause(http_pool *p, mn_call *call, uint32_t ms)
{
	struct lane *l;
	int status = lane_get(p, call, &l);

	if (status != MN_OK)
		return status;
	status = lane_sleep(l, call, ms);
	lane_put(l);
	return status;
}
