/* SPDX-License-Identifier: MIT */
/* url.c - URLs taken apart and put together. */
#include <curl/curl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "heap.h"
#include "http.h"

mn_str http_escape(const mn_host *host, mn_call *call, mn_str s)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = host->alloc(call, s.len * 3 + 1);
	size_t n = 0;

	for (size_t i = 0; out && i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z')
			     || (c && strchr("-._~", c));

		if (plain) {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		}
	}
	return (mn_str){out, out ? n : 0};
}

struct parser {
	const mn_host *host;
	mn_call *call;
	CURLU *url;
	const char *secret;
};

/* A part of the URL into the arena; none: empty. */
static int part(struct parser *p, CURLUPart what, unsigned flags, mn_str *out)
{
	char *text = NULL, *copy;
	CURLUcode code = curl_url_get(p->url, what, &text, flags);

	*out = (mn_str){"", 0};
	if (code == CURLUE_OUT_OF_MEMORY)
		return http_no_memory(p->host, p->call);
	if (code == CURLUE_URLDECODE)
		return p->host->fail(
			p->call, MN_EINVAL, 0, "the URL has a control character in it");
	if (code != CURLUE_OK || !text)
		return MN_OK;
	out->len = strlen(text);
	copy = p->host->alloc(p->call, out->len + 1);
	if (copy)
		memcpy(copy, text, out->len + 1);
	out->ptr = copy;
	curl_free(text);
	return copy ? MN_OK : MN_ENOMEM;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'                 ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

/* %XX in place; the text only gets shorter. */
static mn_str decode(mn_str s)
{
	char *to = (char *)s.ptr;
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool coded = s.ptr[i] == '%' && i + 2 < s.len && hex(s.ptr[i + 1]) >= 0
			     && hex(s.ptr[i + 2]) >= 0;

		to[n++] = coded ? (char)(hex(s.ptr[i + 1]) * 16 + hex(s.ptr[i + 2])) : s.ptr[i];
		i += coded ? 2 : 0;
	}
	return (mn_str){to, n};
}

static int add_param(struct parser *p, http_url *out, mn_str pair)
{
	const char *mark = memchr(pair.ptr, '=', pair.len);
	size_t n = mark ? (size_t)(mark - pair.ptr) : pair.len;

	if (!pair.len)
		return MN_OK;
	if (out->nparams == sizeof(out->params) / sizeof(*out->params))
		return p->host->fail(p->call, MN_EINVAL, 0,
			"the URL has more than %zu parameters after its \"?\"", out->nparams);
	out->params[out->nparams].name = decode((mn_str){pair.ptr, n});
	out->params[out->nparams++].value = decode(
		mark ? (mn_str){mark + 1, pair.len - n - 1} : (mn_str){"", 0});
	return MN_OK;
}

static int params(struct parser *p, http_url *out)
{
	mn_str query;
	int status = part(p, CURLUPART_QUERY, 0, &query);

	while (status == MN_OK && query.len) {
		const char *mark = memchr(query.ptr, '&', query.len);
		size_t n = mark ? (size_t)(mark - query.ptr) : query.len;

		status = add_param(p, out, (mn_str){query.ptr, n});
		n += mark != NULL;
		query = (mn_str){query.ptr + n, query.len - n};
	}
	return status;
}

/* Under the name that http_secret looks for first, or, where the port goes without saying, next. */
static int refuse_password(struct parser *p)
{
	mn_str password, host = {0}, port = {0};
	int status = part(p, CURLUPART_PASSWORD, 0, &password);

	if (status == MN_OK && password.len)
		status = part(p, CURLUPART_HOST, 0, &host);
	if (status == MN_OK && password.len)
		status = part(p, CURLUPART_PORT, 0, &port);
	if (status != MN_OK || !password.len)
		return status;
	if (!port.len)
		host.len = 0;
	return p->host->fail(p->call, MN_EINVAL, 0,
		"leave the password out of the URL, where others can see it, and keep it with "
		"mnemoscope secret set %s%s%.*s%s%.*s",
		p->secret, host.len ? "@" : "", (int)host.len, host.len ? host.ptr : "",
		host.len ? ":" : "", (int)port.len, port.len ? port.ptr : "");
}

static int take_apart(struct parser *p, http_url *out)
{
	mn_str port = {"", 0};
	int status = refuse_password(p);

	if (status == MN_OK)
		status = part(p, CURLUPART_SCHEME, 0, &out->scheme);
	if (status == MN_OK)
		status = part(p, CURLUPART_USER, CURLU_URLDECODE, &out->user);
	if (status == MN_OK)
		status = part(p, CURLUPART_HOST, 0, &out->host);
	if (status == MN_OK)
		status = part(p, CURLUPART_PATH, 0, &out->path);
	if (status == MN_OK)
		status = part(p, CURLUPART_PORT, 0, &port);
	if (status == MN_OK && port.len)
		out->port = (uint16_t)strtoul(port.ptr, NULL, 10);
	return status == MN_OK ? params(p, out) : status;
}

int http_url_parse(
	const mn_host *host, mn_call *call, mn_str url, const char *secret, http_url *out)
{
	struct parser p = {.host = host, .call = call, .url = curl_url(), .secret = secret};
	char *text = host->alloc(call, url.len + 1);
	CURLUcode code;
	int status;

	*out = (http_url){.scheme = {"", 0}};
	if (!p.url || !text) {
		curl_url_cleanup(p.url);
		return http_no_memory(host, call);
	}
	if (url.len)
		memcpy(text, url.ptr, url.len);
	text[url.len] = '\0';
	code = strlen(text) == url.len
		       ? curl_url_set(p.url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME)
		       : CURLUE_MALFORMED_INPUT;
	status = code == CURLUE_OK ? take_apart(&p, out)
		 : code == CURLUE_OUT_OF_MEMORY
			 ? http_no_memory(host, call)
			 : host->fail(call, MN_EINVAL, 0,
				 "not a URL of the form SCHEME://HOST:PORT: %s",
				 curl_url_strerror(code));
	curl_url_cleanup(p.url);
	return status;
}

int http_secret(const mn_host *host, mn_call *call, const char *name, mn_str where,
	char special[HTTP_SECRET_ROOM], mn_str *out)
{
	int status;

	snprintf(special, HTTP_SECRET_ROOM, "%s@%.*s", name, (int)where.len, where.ptr);
	status = host->secret(host, call, special, out);
	if (status == MN_OK && out->len == 0)
		status = host->secret(host, call, name, out);
	return status;
}
