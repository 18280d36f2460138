/* SPDX-License-Identifier: MIT */
#include "lane.h"

#include <time.h>

#include "heap.h"

#define WINDOW ((size_t)256 << 10) /* a stream's bytes that wait to be read */
#define KEPT ((size_t)1 << 20)     /* an idle lane's buffer */
#define LAST_MS 10000              /* silence that a cancelled change is granted */
#define NAP_MS 1000                /* the longest sleep: hooks and sockets wake earlier */

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Callbacks of libcurl: all on the thread that drives ------------------------------------- */

static bool make_room(struct lane *l, size_t n)
{
	size_t used = l->len - l->from, want = used + n, cap = l->cap;
	char *p;

	if (l->from && (l->len + n > l->cap || l->from == l->len)) {
		memmove(l->in, l->in + l->from, used);
		l->from = 0;
		l->len = used;
	}
	if (want <= cap)
		return true;
	cap = cap * 2 > want ? cap * 2 : want + 4096;
	p = l->pool->host->resize(l->pool->host, l->in, cap);
	if (!p)
		return false;
	l->in = p;
	l->cap = cap;
	return true;
}

static size_t count_lines(const char *p, size_t n)
{
	const char *end = p + n;
	size_t lines = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

static bool is_stream(const struct lane *l)
{
	long status = 0;

	curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &status);
	return l->streaming && status == 200;
}

static size_t take(char *data, size_t one, size_t n, void *arg)
{
	struct lane *l = arg;
	size_t waiting = l->len - l->from;

	(void)one;
	/* Of a stream, a line alone may not be too long. */
	if (is_stream(l)) {
		if (l->lines && waiting + n > WINDOW) {
			l->paused = true;
			return CURL_WRITEFUNC_PAUSE;
		}
		l->overflow = !l->lines && waiting > l->pool->options.ceiling;
	} else {
		l->overflow = waiting + n > l->pool->options.ceiling;
	}
	if (l->overflow)
		return 0;
	l->starved = !make_room(l, n);
	if (l->starved)
		return 0;
	memcpy(l->in + l->len, data, n);
	l->len += n;
	l->lines += count_lines(data, n);
	return n;
}

/* An empty line ends a head; those of 1xx are not the reply's. */
static size_t take_head(char *data, size_t one, size_t n, void *arg)
{
	struct lane *l = arg;
	long status = 0;

	(void)one;
	curl_easy_getinfo(l->easy, CURLINFO_RESPONSE_CODE, &status);
	if (n <= 2 && data[0] != ' ' && status >= 200)
		l->head = true;
	return n;
}

static size_t give(char *room, size_t one, size_t n, void *arg)
{
	struct lane *l = arg;
	size_t left = l->body.len - l->given;

	n = n * one < left ? n * one : left;
	if (n)
		memcpy(room, l->body.ptr + l->given, n);
	l->given += n;
	l->asked = true;
	return n;
}

/* libcurl sends again what a dead connection took: only what may be. */
static int rewind_body(void *arg, curl_off_t at, int origin)
{
	struct lane *l = arg;

	if (!l->again || origin != SEEK_SET || at != 0)
		return CURL_SEEKFUNC_FAIL;
	l->given = 0;
	return CURL_SEEKFUNC_OK;
}

/* ---- Setting up ------------------------------------------------------------------------------ */

static bool add_header(struct lane *l, mn_call *call, mn_str name, mn_str value)
{
	const mn_host *host = l->pool->host;
	size_t n = name.len + value.len + 2;
	char *line = host->resize(host, NULL, n + 1);
	struct curl_slist *more = NULL;

	if (line) {
		memcpy(line, name.ptr, name.len);
		memcpy(line + name.len, ": ", 2);
		if (value.len)
			memcpy(line + name.len + 2, value.ptr, value.len);
		line[n] = '\0';
		more = curl_slist_append(l->headers, line);
		explicit_bzero(line, n);
		http_free(host, line);
	}
	if (!more)
		http_no_memory(host, call);
	else
		l->headers = more;
	return more != NULL;
}

/* A line break in a header would be a header more. */
static bool fit_for_header(mn_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	return true;
}

static int set_headers(struct lane *l, mn_call *call, const http_request *q)
{
	bool typed = false;

	for (size_t i = 0; i < q->nheaders; i++) {
		const http_header *h = &q->headers[i];

		if (!fit_for_header(h->value))
			return l->pool->host->fail(call, MN_EINVAL, 0,
				"the header %.*s has a control character in it",
				(int)(h->name.len < 40 ? h->name.len : 40), h->name.ptr);
		typed |= h->name.len == 12 && strncasecmp(h->name.ptr, "Content-Type", 12) == 0;
		if (!add_header(l, call, h->name, h->value))
			return MN_ENOMEM;
	}
	/* Without these libcurl would ask for a go-ahead, and call the body a form. */
	for (int i = 0; i < (typed ? 1 : 2); i++) {
		struct curl_slist *more = curl_slist_append(
			l->headers, i ? "Content-Type:" : "Expect:");

		if (!more)
			return http_no_memory(l->pool->host, call);
		l->headers = more;
	}
	return MN_OK;
}

static bool has_body(const http_request *q)
{
	return q->body.len || strcmp(q->method, "POST") == 0 || strcmp(q->method, "PUT") == 0
	       || strcmp(q->method, "PATCH") == 0;
}

static void set_body(struct lane *l, const http_request *q)
{
	l->body = q->body;
	l->given = 0;
	l->again = q->again;
	l->asked = false;
	if (has_body(q)) {
		curl_easy_setopt(l->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(l->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
		curl_easy_setopt(l->easy, CURLOPT_READFUNCTION, give);
		curl_easy_setopt(l->easy, CURLOPT_READDATA, l);
		curl_easy_setopt(l->easy, CURLOPT_SEEKFUNCTION, rewind_body);
		curl_easy_setopt(l->easy, CURLOPT_SEEKDATA, l);
	}
	curl_easy_setopt(l->easy, CURLOPT_CUSTOMREQUEST, q->method);
	/* Where there is no body, nothing stops libcurl from sending again; so it gets no
	 * connection that could be dead. */
	if (!q->again && !q->body.len)
		curl_easy_setopt(l->easy, CURLOPT_FRESH_CONNECT, 1L);
}

static void set_network(struct lane *l)
{
	const http_options *o = &l->pool->options;
	CURL *e = l->easy;

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, o->insecure ? 0L : 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
	if (o->ca_file.len) /* the system's folder of certificates stays */
		curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file.ptr);
	if (o->socket.len)
		curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, o->socket.ptr);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "mnemoscope/" MN_VERSION);
}

static int set_url(struct lane *l, mn_call *call, mn_str path)
{
	mn_str base = l->pool->options.base;
	char *url = l->pool->host->alloc(call, base.len + path.len + 1);

	if (!url)
		return MN_ENOMEM;
	memcpy(url, base.ptr, base.len);
	if (path.len)
		memcpy(url + base.len, path.ptr, path.len);
	url[base.len + path.len] = '\0';
	if (curl_easy_setopt(l->easy, CURLOPT_URL, url) != CURLE_OK)
		return http_no_memory(l->pool->host, call);
	return MN_OK;
}

/* What the reply will need, as far as that is known. */
static int set_room(struct lane *l, mn_call *call, const http_request *q)
{
	const mn_host *host = l->pool->host;

	l->body_most = q->room;
	l->head_room = host->alloc(call, HEAD_ROOM);
	l->body_room = host->alloc(call, q->room + 1);
	if (!l->head_room || !l->body_room)
		return MN_ENOMEM;
	return make_room(l, q->room) ? MN_OK : http_no_memory(host, call);
}

int lane_begin(struct lane *l, mn_call *call, const http_request *q)
{
	int status = set_url(l, call, q->path);

	l->silence_ms = q->silence_ms ? q->silence_ms : l->pool->options.silence_ms;
	if (status == MN_OK)
		status = set_room(l, call, q);
	if (status == MN_OK)
		status = set_headers(l, call, q);
	if (status != MN_OK)
		return status;
	set_network(l);
	set_body(l, q);
	curl_easy_setopt(l->easy, CURLOPT_HTTPHEADER, l->headers);
	curl_easy_setopt(l->easy, CURLOPT_ERRORBUFFER, l->why);
	curl_easy_setopt(l->easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(l->easy, CURLOPT_WRITEDATA, l);
	curl_easy_setopt(l->easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(l->easy, CURLOPT_HEADERDATA, l);
	if (curl_multi_add_handle(l->multi, l->easy) != CURLM_OK)
		return http_no_memory(l->pool->host, call);
	return MN_OK;
}

/* ---- Driving --------------------------------------------------------------------------------- */

static void wake(void *multi)
{
	curl_multi_wakeup(multi);
}

bool lane_sent(const struct lane *l)
{
	curl_off_t ready = 0;
	long head = 0;

	curl_easy_getinfo(l->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	curl_easy_getinfo(l->easy, CURLINFO_REQUEST_SIZE, &head);
	return ready > 0 || head > 0 || l->asked;
}

static void perform(struct lane *l)
{
	int running, left;
	CURLMsg *m;

	if (curl_multi_perform(l->multi, &running) != CURLM_OK) {
		l->done = true;
		l->result = CURLE_OUT_OF_MEMORY;
	}
	while ((m = curl_multi_info_read(l->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE) {
			l->done = true;
			l->result = m->data.result;
		}
}

/* Has nothing moved for too long? */
static bool silent(struct lane *l)
{
	curl_off_t up = 0, down = 0;
	long head = 0, asked = 0;
	int64_t now = clock_ms();

	curl_easy_getinfo(l->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	curl_easy_getinfo(l->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	curl_easy_getinfo(l->easy, CURLINFO_HEADER_SIZE, &head);
	curl_easy_getinfo(l->easy, CURLINFO_REQUEST_SIZE, &asked);
	up += down + head + asked;
	if (up != l->moved) {
		l->moved = up;
		l->since_ms = now;
	}
	return now - l->since_ms >= l->silence_ms;
}

/* Sleeps until something may have happened. */
static void nap(struct lane *l)
{
	int64_t left = l->since_ms + l->silence_ms - clock_ms();

	curl_multi_poll(l->multi, NULL, 0,
		(int)(left < 1          ? 1
			: left < NAP_MS ? left
					: NAP_MS),
		NULL);
}

static int drive(struct lane *l, mn_call *call, const http_request *q, lane_until *until)
{
	const mn_host *host = l->pool->host;
	bool told = false;

	for (;;) {
		perform(l);
		if (l->done || (until && until(l)))
			return MN_OK;
		if (!told && host->cancelled(call)) {
			if (!q || !q->patient || !lane_sent(l))
				return host->fail_cancelled(call);
			told = true;
			if (l->silence_ms > LAST_MS)
				l->silence_ms = LAST_MS;
			if (q->on_cancel)
				q->on_cancel(q->ctx);
			continue;
		}
		if (silent(l))
			return fault_of(l, call);
		nap(l);
	}
}

int lane_drive(struct lane *l, mn_call *call, const http_request *q, lane_until *until)
{
	const mn_host *host = l->pool->host;
	int status;

	l->since_ms = clock_ms();
	l->moved = -1;
	host->on_cancel(call, wake, l->multi);
	status = drive(l, call, q, until);
	host->on_cancel(call, NULL, NULL);
	return status;
}

int lane_sleep(struct lane *l, mn_call *call, uint32_t ms)
{
	const mn_host *host = l->pool->host;
	int64_t until = clock_ms() + ms, left;

	host->on_cancel(call, wake, l->multi);
	while (!host->cancelled(call) && (left = until - clock_ms()) > 0)
		curl_multi_poll(l->multi, NULL, 0, (int)(left < NAP_MS ? left : NAP_MS), NULL);
	host->on_cancel(call, NULL, NULL);
	return host->cancelled(call) ? host->fail_cancelled(call) : MN_OK;
}

static void count_connections(struct lane *l)
{
	long made = 0;

	curl_easy_getinfo(l->easy, CURLINFO_NUM_CONNECTS, &made);
	pthread_mutex_lock(&l->pool->lock);
	l->pool->connected += (uint64_t)made;
	pthread_mutex_unlock(&l->pool->lock);
}

/* ---- Lanes of a pool ------------------------------------------------------------------------- */

static void clear(struct lane *l)
{
	curl_multi_remove_handle(l->multi, l->easy);
	curl_easy_reset(l->easy);
	curl_slist_free_all(l->headers);
	if (l->cap > KEPT) {
		http_free(l->pool->host, l->in);
		l->in = NULL;
		l->cap = 0;
	}
	*l = (struct lane){
		.pool = l->pool, .multi = l->multi, .easy = l->easy, .in = l->in, .cap = l->cap};
}

static struct lane *lane_new(http_pool *pool)
{
	struct lane *l = http_new(pool->host, sizeof(*l));

	if (!l)
		return NULL;
	l->pool = pool;
	l->multi = curl_multi_init();
	l->easy = curl_easy_init();
	if (!l->multi || !l->easy) {
		lane_free(l);
		return NULL;
	}
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, 1L);
	return l;
}

void lane_free(struct lane *l)
{
	if (l->multi && l->easy)
		curl_multi_remove_handle(l->multi, l->easy);
	if (l->easy)
		curl_easy_cleanup(l->easy);
	if (l->multi)
		curl_multi_cleanup(l->multi);
	curl_slist_free_all(l->headers);
	http_free(l->pool->host, l->in);
	http_free(l->pool->host, l);
}

int lane_get(http_pool *pool, mn_call *call, struct lane **out)
{
	struct lane *l;

	if (pool->host->cancelled(call))
		return pool->host->fail_cancelled(call);
	pthread_mutex_lock(&pool->lock);
	l = pool->idle;
	if (l) {
		pool->idle = l->next;
		pool->nidle--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!l)
		l = lane_new(pool);
	*out = l;
	return l ? MN_OK : http_no_memory(pool->host, call);
}

void lane_put(struct lane *l)
{
	http_pool *pool = l->pool;
	bool keep;

	count_connections(l);
	clear(l);
	pthread_mutex_lock(&pool->lock);
	keep = pool->nidle < pool->options.connections;
	if (keep) {
		l->next = pool->idle;
		pool->idle = l;
		pool->nidle++;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!keep)
		lane_free(l);
}
