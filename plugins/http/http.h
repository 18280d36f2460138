/* SPDX-License-Identifier: MIT */
/*
 * http.h - HTTP for plugins that speak to a server: libcurl behind what a call of the contract
 * needs. One pool is one server; its connections are kept alive and shared by all threads.
 *
 * Cancel    A waiting call is woken at once (curl_multi_wakeup) when its token is cancelled or its
 *           deadline passes, fails with MN_ECANCELLED or MN_ETIMEOUT, and its connection is closed.
 *           What was sent by then may have been carried out: http_reply.sent says whether the
 *           server may have seen it. The call's hook (host->on_cancel) is used for this.
 * Threads   Any number at once. A call that finds no idle connection makes one; what is more than
 *           the pool keeps is closed after its use, so nobody waits for anybody.
 * Bounds    Every reply has a ceiling; one that is larger is broken off (MN_EIO).
 * Secrets   Credentials go into headers only, never into an error or a log; a redirect is not
 *           followed, so they do not wander.
 * TLS       Certificates and names are verified unless the options say otherwise. TLS 1.2 or later.
 * Network   HTTP/1.1, http and https only. Proxies, .netrc and cookies are not used: what the
 *           environment says for browsers is not meant for a database's credentials.
 * Errors    MN_EIO with retry set: no connection, or it broke. A status of the server, 500 too, is
 *           an answer: MN_OK.
 */
#ifndef MN_PLUGIN_HTTP_H
#define MN_PLUGIN_HTTP_H

#include "backend.h"

typedef struct http_pool http_pool;
typedef struct http_stream http_stream;

typedef struct http_options {
	mn_str base;    /* "http://127.0.0.1:7474", "https://host/prefix"; no user, no query */
	mn_str ca_file; /* certificates to trust beside the system's; empty: none */
	mn_str socket;  /* path of a Unix socket to connect to instead; empty: none */
	bool insecure;  /* certificates are not verified */
	uint32_t connections; /* kept open at most; 0: 8 */
	uint32_t connect_ms;  /* to make a connection; 0: 5,000 */
	uint32_t silence_ms;  /* without a byte from the server; 0: 60,000 */
	size_t ceiling;       /* of a reply's body, or of a line of a stream; 0: 256 MiB */
} http_options;

/* Headers beside those the pool sets (Host, Content-Length, User-Agent). Lent. */
typedef struct http_header {
	mn_str name, value;
} http_header;

typedef struct http_request {
	const char *method;
	mn_str path; /* from "/", percent-encoded already (http_escape), query included */
	const http_header *headers;
	size_t nheaders;
	mn_str body;
	/* It may be sent a second time if a kept-alive connection turns out to be dead: a question,
	 * or a change with a key by which the server knows it again. */
	bool again;
	/* A change on its way is waited for, cancelled or not: the caller breaks it off by other
	 * means. The pool's silence still holds. on_cancel, if given, is called once, by the thread
	 * that waits, when the call is cancelled or late while the request is on its way: it may
	 * tell the server so with another http_send (and a call that is not cancelled). */
	bool patient;
	void (*on_cancel)(void *ctx);
	void *ctx;
	/* A reply's body of up to so many bytes needs no memory once the request was sent: what was
	 * done cannot fail for want of it. Its head never does. */
	size_t room;
	uint32_t silence_ms; /* 0: the pool's */
} http_request;

typedef struct http_reply {
	int status;             /* 200 ... */
	mn_str body;            /* in the call's arena */
	mn_str type;            /* Content-Type without parameters, lower case */
	mn_str etag;            /* without its quotes */
	uint32_t retry_after_s; /* of Retry-After; 0: none */
	bool sent;              /* also on failure: the server may have seen the request */
} http_reply;

int http_pool_new(const mn_host *, mn_call *, const http_options *, http_pool **out);
void http_pool_free(http_pool *); /* NULL: nothing. After every other call. */

/* One exchange. Any thread. *out is filled as far as it goes on failure too (sent). */
int http_send(http_pool *, mn_call *, const http_request *, http_reply *out);

/*
 * An exchange whose reply is read line by line as it comes in, the server held back when the
 * reader is slow. open returns when the head is there; a status other than 200 is read whole into
 * out->body and leaves *stream NULL. line: without its end, in the call's arena; *end: there is no
 * more. A reply that breaks off is MN_EIO. One thread at a time; each call may be another mn_call.
 */
int http_stream_open(
	http_pool *, mn_call *, const http_request *, http_reply *out, http_stream **stream);
int http_stream_line(http_stream *, mn_call *, mn_str *line, bool *end);
void http_stream_close(http_stream *);

/* How many connections were made since the pool is there: what keep-alive saves. */
uint64_t http_pool_connected(http_pool *);

/* Waits, unless the call is cancelled or late first (then its status). For back-off. */
int http_pause(http_pool *, mn_call *, uint32_t ms);

/* A segment of a path: everything but unreserved characters (RFC 3986) as %XX; arena. ptr NULL:
 * out of memory, recorded. */
mn_str http_escape(const mn_host *, mn_call *, mn_str);

/*
 * The parts of a store's URL, SCHEME://[USER@]HOST[:PORT][/PATH][?NAME=VALUE...], in the arena;
 * user and values percent-decoded, the path as it stands. MN_EINVAL: not such a URL. A password in
 * a URL is refused: it would show in process lists and histories. The sentence names the secret, of
 * http_secret, that it should be.
 */
typedef struct http_url {
	mn_str scheme, user, host, path;
	uint16_t port; /* 0: none given */
	struct {
		mn_str name, value;
	} params[8];
	size_t nparams;
} http_url;
int http_url_parse(const mn_host *, mn_call *, mn_str url, const char *secret, http_url *out);

/* A secret of the name NAME@WHERE (HOST:PORT), else of NAME; empty: there is none. special: what
 * the first is called, for sentences. */
#define HTTP_SECRET_ROOM 320
int http_secret(const mn_host *, mn_call *, const char *name, mn_str where,
	char special[HTTP_SECRET_ROOM], mn_str *out);

#endif
