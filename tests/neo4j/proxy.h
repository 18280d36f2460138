/* SPDX-License-Identifier: MIT */
/*
 * proxy.h - a TCP proxy between a store and its server, in the test's own process: it counts
 * requests, delays them, and breaks connections where a test wants it.
 */
#ifndef NEO4J_PROXY_H
#define NEO4J_PROXY_H

#include <stdint.h>

enum proxy_break {
	PROXY_WHOLE,  /* everything passes */
	PROXY_BEFORE, /* the request does not reach the server */
	PROXY_AFTER,  /* the server answers, and the answer is lost */
};

/* Listens on a free port of loopback and passes on to `port` there. Returns its own port. */
uint16_t proxy_start(uint16_t port);
void proxy_stop(void);
unsigned proxy_count(void); /* requests since the last time it was asked */
/* The n-th request from now on (1: the next one) is broken, and those behind it pass. */
void proxy_break_at(unsigned nth, enum proxy_break how);
void proxy_delay(unsigned ms);           /* of each request from now on */
void proxy_answer(const char *response); /* instead of the server's; NULL: the server's. Lent */

#endif
