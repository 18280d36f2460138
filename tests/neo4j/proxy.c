/* SPDX-License-Identifier: MIT */
/* proxy.c - a TCP proxy between a store and its server. */
#include "proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_t thread;
	int listener;
	uint16_t to;
	atomic_uint count, nth, delay_ms, lanes;
	atomic_int how;
	atomic_bool stop;
	_Atomic(const char *) answer;
} proxy;

static struct sockaddr_in address(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Closes so that the other end sees a reset. */
static void reset(int fd)
{
	const struct linger now = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static bool send_all(int fd, const char *at, size_t n)
{
	while (n) {
		const ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		at += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool begins_request(const char *at, ssize_t n)
{
	return n > 5 && (memcmp(at, "POST ", 5) == 0 || memcmp(at, "GET /", 5) == 0);
}

struct lane {
	int client, server;
	enum proxy_break how; /* of the request at hand */
};

/* From the client; false: the end. */
static bool pass_request(struct lane *l)
{
	char room[65536];
	const ssize_t n = recv(l->client, room, sizeof(room), 0);
	const char *instead = atomic_load(&proxy.answer);
	const struct timespec delay = {.tv_nsec = (long)atomic_load(&proxy.delay_ms) * 1000000};

	if (n <= 0)
		return false;
	if (begins_request(room, n)) {
		atomic_fetch_add(&proxy.count, 1);
		if (delay.tv_nsec)
			nanosleep(&delay, NULL);
		l->how = PROXY_WHOLE;
		if (atomic_load(&proxy.nth) && atomic_fetch_sub(&proxy.nth, 1) == 1)
			l->how = (enum proxy_break)atomic_load(&proxy.how);
	}
	if (l->how == PROXY_BEFORE)
		return false;
	if (instead)
		return send_all(l->client, instead, strlen(instead));
	return send_all(l->server, room, (size_t)n);
}

static bool pass_reply(struct lane *l)
{
	char room[65536];
	const ssize_t n = recv(l->server, room, sizeof(room), 0);

	return n > 0 && l->how != PROXY_AFTER && send_all(l->client, room, (size_t)n);
}

static void *run_lane(void *arg)
{
	struct lane *l = arg;
	bool on = true;

	while (on && !atomic_load(&proxy.stop)) {
		struct pollfd fds[] = {{l->client, POLLIN, 0}, {l->server, POLLIN, 0}};

		if (poll(fds, 2, 100) <= 0)
			continue;
		if (fds[0].revents)
			on = pass_request(l);
		if (on && fds[1].revents)
			on = pass_reply(l);
	}
	reset(l->client);
	close(l->client);
	close(l->server);
	free(l);
	atomic_fetch_sub(&proxy.lanes, 1);
	return NULL;
}

static void open_lane(int client)
{
	const struct sockaddr_in to = address(proxy.to);
	struct lane *l = calloc(1, sizeof(*l));
	pthread_t thread;

	*l = (struct lane){client, socket(AF_INET, SOCK_STREAM, 0), PROXY_WHOLE};
	if (connect(l->server, (const struct sockaddr *)&to, sizeof(to)) != 0
		&& !atomic_load(&proxy.answer)) {
		reset(client);
		close(client);
		close(l->server);
		free(l);
		return;
	}
	atomic_fetch_add(&proxy.lanes, 1);
	pthread_create(&thread, NULL, run_lane, l);
	pthread_detach(thread);
}

static void *run(void *arg)
{
	(void)arg;
	while (!atomic_load(&proxy.stop)) {
		struct pollfd fd = {proxy.listener, POLLIN, 0};

		if (poll(&fd, 1, 100) == 1)
			open_lane(accept(proxy.listener, NULL, NULL));
	}
	return NULL;
}

uint16_t proxy_start(uint16_t port)
{
	struct sockaddr_in at = address(0);
	socklen_t size = sizeof(at);

	proxy.to = port;
	proxy.listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(proxy.listener, (struct sockaddr *)&at, size) != 0
		|| listen(proxy.listener, 64) != 0
		|| getsockname(proxy.listener, (struct sockaddr *)&at, &size) != 0
		|| pthread_create(&proxy.thread, NULL, run, NULL) != 0)
		return 0;
	return ntohs(at.sin_port);
}

void proxy_stop(void)
{
	const struct timespec nap = {.tv_nsec = 10000000};

	atomic_store(&proxy.stop, true);
	pthread_join(proxy.thread, NULL);
	while (atomic_load(&proxy.lanes))
		nanosleep(&nap, NULL);
	close(proxy.listener);
}

unsigned proxy_count(void)
{
	return atomic_exchange(&proxy.count, 0);
}

void proxy_break_at(unsigned nth, enum proxy_break how)
{
	atomic_store(&proxy.how, how);
	atomic_store(&proxy.nth, nth);
}

void proxy_delay(unsigned ms)
{
	atomic_store(&proxy.delay_ms, ms);
}

void proxy_answer(const char *response)
{
	atomic_store(&proxy.answer, response);
}
