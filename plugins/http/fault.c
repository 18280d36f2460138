/* SPDX-License-Identifier: MIT */
/* fault.c - what libcurl says of a transfer that failed, as a sentence for a person. */
#include <errno.h>
#include <stdio.h>

#include "heap.h"
#include "lane.h"

#define BASE 100 /* bytes of the server's address that a sentence has room for */

/* What the system said of the connection, or libcurl. */
static const char *reason(const struct lane *l, char *room, size_t size)
{
	long err = 0;
	const char *text;

	curl_easy_getinfo(l->easy, CURLINFO_OS_ERRNO, &err);
	switch (err) {
	case 0: text = l->why[0] ? l->why : curl_easy_strerror(l->result); break;
	case ECONNREFUSED: text = "connection refused"; break;
	case ENOENT: text = "there is no such socket"; break;
	default: text = strerror_r((int)err, room, size); break;
	}
	return text;
}

static int unreachable(const struct lane *l, mn_call *call, const char *base)
{
	const mn_host *host = l->pool->host;
	const http_options *o = &l->pool->options;
	char room[128];

	switch (l->result) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return host->fail(call, MN_EIO, l->result,
			"cannot reach %s: no such host; is the name right?", base);
	case CURLE_OPERATION_TIMEDOUT:
		return host->fail(call, MN_EIO, l->result,
			"cannot reach %s: no answer within %u ms; is the server running?", base,
			o->connect_ms);
	default:
		return host->fail(call, MN_EIO, l->result,
			"cannot reach %s%s%.*s: %s; is the server running?", base,
			o->socket.len ? " at " : "", (int)o->socket.len,
			o->socket.len ? o->socket.ptr : "", reason(l, room, sizeof(room)));
	}
}

static int untrusted(const struct lane *l, mn_call *call, const char *base)
{
	return l->pool->host->fail(call, MN_EIO, l->result,
		"the certificate of %s is not trusted: %s; name its authority's file", base,
		l->why[0] ? l->why : curl_easy_strerror(l->result));
}

static int cut(const struct lane *l, mn_call *call, const char *base)
{
	const mn_host *host = l->pool->host;

	if (l->starved)
		return http_no_memory(host, call);
	if (l->overflow)
		return host->fail(call, MN_EIO, l->result,
			"%s answered with more than %zu bytes: ask for less at once", base,
			l->pool->options.ceiling);
	return host->fail(call, MN_EIO, l->result, "reading the answer of %s failed", base);
}

static int sentence(const struct lane *l, mn_call *call, const char *base)
{
	const mn_host *host = l->pool->host;

	if (!l->done)
		return host->fail(call, MN_EIO, 0,
			"nothing came from %s for %u ms, so the connection was given up", base,
			l->silence_ms);
	switch (l->result) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_OPERATION_TIMEDOUT: return unreachable(l, call, base);
	case CURLE_PEER_FAILED_VERIFICATION: return untrusted(l, call, base);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return host->fail(call, MN_EIO, l->result, "no TLS connection to %s: %s", base,
			l->why[0] ? l->why : curl_easy_strerror(l->result));
	case CURLE_WRITE_ERROR: return cut(l, call, base);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return host->fail(call, MN_EIO, l->result,
			"what answers at %s does not speak HTTP: is it the right port?", base);
	case CURLE_URL_MALFORMAT:
		return host->fail(call, MN_EINVAL, l->result, "not a URL: %s", base);
	case CURLE_OUT_OF_MEMORY: return http_no_memory(host, call);
	default:
		return host->fail(call, MN_EIO, l->result, "the connection to %s broke: %s", base,
			l->why[0] ? l->why : curl_easy_strerror(l->result));
	}
}

/* Trying again does not make a certificate good or an answer shorter. */
static bool lasting(const struct lane *l)
{
	return l->done
	       && (l->result == CURLE_PEER_FAILED_VERIFICATION || l->overflow
		       || l->result == CURLE_SSL_CACERT_BADFILE);
}

int fault_of(const struct lane *l, mn_call *call)
{
	char base[BASE];
	int status;

	snprintf(base, sizeof(base), "%s", l->pool->options.base.ptr);
	status = sentence(l, call, base);
	if (status == MN_EIO && call->err)
		call->err->retry = !lasting(l);
	return status;
}
