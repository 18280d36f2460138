/* SPDX-License-Identifier: MIT */
/* run.h - starting and ending a server, for the verb. */
#ifndef MN_SERVER_RUN_H
#define MN_SERVER_RUN_H

#include "server/server.h"

typedef struct mn_server_options {
	mn_strs listen;  /* "ADDR:PORT", "[ADDR]:PORT", "unix:PATH"; none: 127.0.0.1:8765 */
	mn_strs hosts;   /* names it goes by, besides those of the addresses it listens on */
	mn_strs origins; /* pages of these may ask: "https://example.org" */
	mn_strs proxies; /* "10.0.0.0/8": X-Forwarded-For of these is believed */
	mn_str tokens;   /* path of the file of tokens */
	mn_str log;      /* path; empty: standard error; "-": none */
	mn_str brain;    /* what X-Brain-ID is when it is missing */
	bool behind_tls; /* TLS ends in front of it: other addresses than loopback are fine */
	bool read_only;
	uint32_t rate, burst; /* requests a second of each; 0: as many as come */
	size_t connections, workers;
	size_t body; /* largest body of any route */
	uint32_t head_ms, idle_ms, grace_ms, deadline_ms, slow_ms;
	uint32_t slow_rate; /* bytes a second */
} mn_server_options;

/* What holds where nothing else was said. */
mn_server_options mn_server_defaults(void);

/* Listens, but answers nothing yet. The store stays the caller's. */
int mn_server_new(const mn_server_options *, mn_store *, mn_engine *, mn_error *, mn_server **out);
/* Where it listens, as URLs; NULL behind the last. */
const char *mn_server_url(const mn_server *, size_t i);
bool mn_server_open(const mn_server *); /* nobody is asked for a token */
/* Serves until stop_fd is readable, then until what runs has ended, or has been cancelled. */
int mn_server_serve(mn_server *, int stop_fd, mn_error *);
void mn_server_free(mn_server *);

#endif
