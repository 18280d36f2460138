/* SPDX-License-Identifier: MIT */
/* heap.h - memory through the host, so that tests can make it fail; private to http. */
#ifndef MN_HTTP_HEAP_H
#define MN_HTTP_HEAP_H

#include <string.h>

#include "backend.h"

/* Zeroed; NULL: out of memory. */
static inline void *http_new(const mn_host *host, size_t size)
{
	void *p = host->resize(host, NULL, size);

	return p ? memset(p, 0, size) : NULL;
}

static inline void http_free(const mn_host *host, const void *p)
{
	if (p)
		host->resize(host, (void *)p, 0);
}

/* A terminated copy; ptr NULL: out of memory. */
static inline mn_str http_copy(const mn_host *host, mn_str s)
{
	char *p = http_new(host, s.len + 1);

	if (p && s.len)
		memcpy(p, s.ptr, s.len);
	return (mn_str){p, p ? s.len : 0};
}

static inline int http_no_memory(const mn_host *host, mn_call *call)
{
	return host->fail(
		call, MN_ENOMEM, 0, "out of memory, or the result is too large for this call");
}

#endif
