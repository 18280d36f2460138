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

static int copy(http_pool *p, mn_call *call, const char *from, size_t n, mn_str *out)
{
	char *to;

	*out = (mn_str){"", 0};
	if (!n)
		return MN_OK;
	to = p->host->alloc(call, n + 1);
	if (!to)
		return MN_ENOMEM;
	memcpy(to, from, n);
	*out = (mn_str){to, n};
	return MN_OK;
}

static const char *header(const struct lane *l, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(l->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value
										     : "";
}

static int copy_type(struct lane *l, mn_call *call, mn_str *out)
{
	const char *type = header(l, "Content-Type");
	int status = copy(l->pool, call, type, strcspn(type, "; \t"), out);

	for (size_t i = 0; status == MN_OK && i < out->len; i++)
		if (out->ptr[i] >= 'A' && out->ptr[i] <= 'Z')
			((char *)out->ptr)[i] += 'a' - 'A';
	return status;
}

static int copy_etag(struct lane *l, mn_call *call, mn_str *out)
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
	return copy(l->pool, call, etag, n, out);
}

int reply_head(struct lane *l, mn_call *call, http_reply *out)
{
	long code = 0, wait;
	int status;

	curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &code);
	out->status = (int)code;
	wait = strtol(header(l, "Retry-After"), NULL, 10); /* a date: 0, none */
	out->retry_after_s = wait <= 0 ? 0 : wait > 86400 ? 86400 : (uint32_t)wait;
	status = copy_type(l, call, &out->type);
	return status == MN_OK ? copy_etag(l, call, &out->etag) : status;
}

int reply_body(struct lane *l, mn_call *call, http_reply *out)
{
	if (l->result != CURLE_OK)
		return fault_of(l, call);
	return copy(l->pool, call, l->in + l->from, l->len - l->from, &out->body);
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
	if (status == MN_OK)
		status = reply_head(l, call, out);
	if (status == MN_OK)
		status = reply_body(l, call, out);
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
