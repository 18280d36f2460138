/* SPDX-License-Identifier: MIT */
/* stream.c - exchanges whose reply is read line by line while it comes in. */
#include "heap.h"
#include "lane.h"

struct http_stream {
	struct lane *lane;
};

static bool head_is_there(const struct lane *l)
{
	return l->head;
}

static bool line_is_there(const struct lane *l)
{
	return l->lines > 0;
}

static int begin(struct lane *l, mn_call *call, const http_request *q, http_reply *out)
{
	int status = lane_begin(l, call, q);

	if (status != MN_OK)
		return status;
	l->streaming = true;
	status = lane_drive(l, call, q, head_is_there);
	out->sent = lane_sent(l);
	if (status != MN_OK)
		return status;
	/* With a head there may be lines to read before the failure. */
	if (l->done && l->result != CURLE_OK && !l->head)
		return fault_of(l, call);
	l->body = (mn_str){NULL, 0}; /* all of it is sent, and lent no longer */
	reply_head(l, out);
	return MN_OK;
}

/* An answer other than 200 is no stream. */
static int read_whole(struct lane *l, mn_call *call, http_reply *out)
{
	int status = l->done ? MN_OK : lane_drive(l, call, NULL, NULL);

	return status == MN_OK ? reply_body(l, call, out) : status;
}

int http_stream_open(
	http_pool *p, mn_call *call, const http_request *q, http_reply *out, http_stream **stream)
{
	http_stream *s;
	struct lane *l;
	int status;

	*out = (http_reply){0};
	*stream = NULL;
	status = lane_get(p, call, &l);
	if (status != MN_OK)
		return status;
	status = begin(l, call, q, out);
	if (status == MN_OK && out->status != 200) {
		status = read_whole(l, call, out);
	} else if (status == MN_OK) {
		s = http_new(p->host, sizeof(*s));
		if (s) {
			s->lane = l;
			*stream = s;
			return MN_OK;
		}
		status = http_no_memory(p->host, call);
	}
	lane_put(l);
	return status;
}

/* Bytes of the first line that waits, and its end's; 0: none yet. */
static size_t first_line(const struct lane *l, size_t *ending)
{
	const char *at = l->in + l->from, *end;
	size_t n = l->len - l->from;

	*ending = 0;
	if (!l->lines)
		return l->done && l->result == CURLE_OK ? n : 0;
	end = memchr(at, '\n', n);
	n = (size_t)(end - at);
	*ending = 1;
	if (n && at[n - 1] == '\r') {
		n--;
		*ending = 2;
	}
	return n;
}

static int take_line(struct lane *l, mn_call *call, mn_str *line)
{
	size_t ending, n = first_line(l, &ending);
	char *copy = l->pool->host->alloc(call, n + 1);

	if (!copy)
		return MN_ENOMEM;
	if (n)
		memcpy(copy, l->in + l->from, n);
	l->from += n + ending;
	l->lines -= ending > 0;
	*line = (mn_str){copy, n};
	return MN_OK;
}

/* What libcurl was not allowed to hand over comes first. */
static void go_on(struct lane *l)
{
	if (!l->paused)
		return;
	l->paused = false;
	curl_easy_pause(l->easy, CURLPAUSE_CONT);
}

int http_stream_line(http_stream *s, mn_call *call, mn_str *line, bool *end)
{
	struct lane *l = s->lane;
	const mn_host *host = l->pool->host;
	int status = MN_OK;

	*end = false;
	*line = (mn_str){"", 0};
	if (host->cancelled(call))
		return host->fail_cancelled(call);
	if (!l->lines && !l->done) {
		go_on(l);
		status = lane_drive(l, call, NULL, line_is_there);
	}
	if (status != MN_OK)
		return status;
	if (!l->lines && l->done && l->result != CURLE_OK)
		return fault_of(l, call);
	if (l->len == l->from) {
		*end = true;
		return MN_OK;
	}
	return take_line(l, call, line);
}

void http_stream_close(http_stream *s)
{
	const mn_host *host;

	if (!s)
		return;
	host = s->lane->pool->host;
	lane_put(s->lane);
	http_free(host, s);
}
