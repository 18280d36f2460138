/* SPDX-License-Identifier: MIT */
/*
 * listen.c - the sockets it listens on: its own, or those a service manager has opened.
 *
 * sd_listen_fds(3) and sd_notify(3) are two environment variables and a datagram: not worth a
 * library. An address that is not of this machine alone is refused unless tokens are asked for and
 * TLS ends in front.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/core.h"

enum { FIRST_FD = 3, BACKLOG = 512, MOST = 16 };

/* ---- The service manager ------------------------------------------------------------------ */

void mn_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* If nobody listens, that is his affair. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

/* How many descriptors were handed over, from FIRST_FD on. */
static int handed_over(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	long count = pid && n && strtol(pid, NULL, 10) == getpid() ? strtol(n, NULL, 10) : 0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return count < 0 || count > MOST ? 0 : (int)count;
}

/* ---- Addresses ---------------------------------------------------------------------------- */

static bool is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_UNIX)
		return true;
	if (a->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
	if (a->ss_family == AF_INET6) {
		const struct in6_addr *in6 = &((const struct sockaddr_in6 *)a)->sin6_addr;

		return IN6_IS_ADDR_LOOPBACK(in6)
		       || (IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == 127);
	}
	return false;
}

/* May it be listened on there? */
static int allowed(mn_server *s, const mn_listener *l, mn_error *err)
{
	struct sockaddr_storage at = {0};
	socklen_t n = sizeof(at);

	if (getsockname(l->fd, (struct sockaddr *)&at, &n))
		return mn_error_set(err, MN_EIO, errno, "not a socket: descriptor %d", l->fd);
	if (is_loopback(&at))
		return MN_OK;
	if (!mn_gatekeeper_closed(s->gate))
		return mn_error_set(err, MN_EAUTH, 0,
			"%s can be reached from other machines: make a token first (mnemoscope token "
			"create)",
			l->url);
	if (!s->o.behind_tls)
		return mn_error_set(err, MN_EAUTH, 0,
			"%s can be reached from other machines, and tokens would cross the network "
			"in the clear: put TLS in front, then say --behind-tls",
			l->url);
	return MN_OK;
}

static void name_it(mn_listener *l)
{
	struct sockaddr_storage at = {0};
	socklen_t n = sizeof(at);
	char host[64], port[16];

	if (getsockname(l->fd, (struct sockaddr *)&at, &n))
		return;
	l->unix_socket = at.ss_family == AF_UNIX;
	if (l->unix_socket)
		snprintf(l->url, sizeof(l->url), "unix:%s", ((struct sockaddr_un *)&at)->sun_path);
	else if (getnameinfo((struct sockaddr *)&at, n, host, sizeof(host), port, sizeof(port),
			 NI_NUMERICHOST | NI_NUMERICSERV)
		 == 0)
		snprintf(l->url, sizeof(l->url),
			at.ss_family == AF_INET6 ? "http://[%s]:%s" : "http://%s:%s", host, port);
}

/* ---- Opening ------------------------------------------------------------------------------ */

static int cannot(mn_error *err, mn_str where)
{
	int code = errno;

	return mn_error_set(
		err, MN_EIO, code, "cannot listen on %.*s: %s", MN_FMT(where), strerror(code));
}

/* A socket that nobody listens on any more is in the way. */
static void remove_stale(const struct sockaddr_un *at)
{
	struct stat st;
	int fd;

	if (lstat(at->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) && errno == ECONNREFUSED)
		unlink(at->sun_path);
	close(fd);
}

static int open_unix(mn_listener *l, mn_str where, mn_error *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	mn_str path = mn_str_sub(where, 5, where.len);
	struct stat st;
	mode_t mask;
	int rc;

	if (path.len == 0 || path.len >= sizeof(at.sun_path))
		return mn_error_set(err, MN_EINVAL, 0,
			"the path of a Unix socket has 1 to 107 bytes: %.*s", MN_FMT(where));
	memcpy(at.sun_path, path.ptr, path.len);
	remove_stale(&at);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return cannot(err, where);
	mask = umask(0177); /* nobody else, from the first moment on */
	rc = bind(l->fd, (struct sockaddr *)&at, sizeof(at));
	umask(mask);
	if (rc || listen(l->fd, BACKLOG))
		return cannot(err, where);
	if (lstat(at.sun_path, &st) == 0) {
		memcpy(l->path, at.sun_path, sizeof(l->path));
		l->device = st.st_dev;
		l->inode = st.st_ino;
	}
	return MN_OK;
}

/* "ADDR:PORT", "[ADDR]:PORT" */
static bool split(mn_str where, char *host, size_t room, char *port, size_t port_room)
{
	const char *colon = memrchr(where.ptr, ':', where.len);
	size_t n = colon ? (size_t)(colon - where.ptr) : 0, m = where.len - n - 1;
	const char *from = where.ptr;

	if (n == 0 || m == 0 || m >= port_room)
		return false;
	if (strspn(colon + 1, "0123456789") != m || strtoul(colon + 1, NULL, 10) > 65535)
		return false;
	memcpy(port, colon + 1, m);
	port[m] = '\0';
	if (from[0] == '[' && from[n - 1] == ']') {
		from++;
		n -= 2;
	}
	if (n >= room)
		return false;
	memcpy(host, from, n);
	host[n] = '\0';
	return true;
}

static int open_tcp(mn_listener *l, mn_str where, mn_error *err)
{
	struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *at = NULL;
	char host[256], port[16];
	int rc = MN_OK, one = 1;

	if (!split(where, host, sizeof(host), port, sizeof(port)))
		return mn_error_set(err, MN_EINVAL, 0,
			"\"%.*s\" is no address: say ADDRESS:PORT or unix:PATH", MN_FMT(where));
	rc = getaddrinfo(host, port, &want, &at);
	if (rc)
		return mn_error_set(err, MN_EINVAL, 0, "%.*s: %s", MN_FMT(where), gai_strerror(rc));
	l->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))
		|| bind(l->fd, at->ai_addr, at->ai_addrlen))
		rc = cannot(err, where);
	freeaddrinfo(at);
	return rc;
}

static int open_one(mn_server *s, mn_str where, mn_error *err)
{
	mn_listener *l = &s->listeners[s->nlisteners];
	bool is_unix = mn_str_starts(where, "unix:");
	int rc;

	l->fd = -1;
	l->ours = true;
	s->nlisteners++;
	rc = is_unix ? open_unix(l, where, err) : open_tcp(l, where, err);
	if (rc)
		return rc;
	name_it(l);
	rc = allowed(s, l, err);
	if (rc == MN_OK && !is_unix && listen(l->fd, BACKLOG))
		rc = cannot(err, where);
	if (rc == MN_OK)
		name_it(l); /* the port, where 0 was asked for */
	return rc;
}

static int adopt(mn_server *s, int fd, mn_error *err)
{
	mn_listener *l = &s->listeners[s->nlisteners];
	int listening = 0;
	socklen_t n = sizeof(listening);

	*l = (mn_listener){.fd = fd};
	s->nlisteners++;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) || !listening)
		return mn_error_set(err, MN_EINVAL, 0,
			"descriptor %d, from the service manager, is not a listening stream socket",
			fd);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	name_it(l);
	return allowed(s, l, err);
}

int mn_listen_open(mn_server *s, mn_error *err)
{
	static const mn_str usual[] = {{"127.0.0.1:8765", 14}};
	mn_strs where = s->o.listen.n ? s->o.listen : (mn_strs){usual, 1};
	int given = handed_over(), rc = MN_OK;

	if (given)
		where.n = s->o.listen.n;
	if (where.n > MOST)
		return mn_error_set(err, MN_EINVAL, 0, "--listen: at most %d addresses", MOST);
	s->listeners = mn_arena_array(s->arena, where.n + (size_t)given, sizeof(*s->listeners));
	if (!s->listeners)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	for (int i = 0; i < given && rc == MN_OK; i++)
		rc = adopt(s, FIRST_FD + i, err);
	for (size_t i = 0; i < where.n && rc == MN_OK; i++)
		rc = open_one(s, where.at[i], err);
	return rc;
}

void mn_listen_close(mn_server *s)
{
	struct stat st;

	for (size_t i = 0; i < s->nlisteners; i++) {
		mn_listener *l = &s->listeners[i];

		if (l->fd < 0)
			continue;
		if (l->path[0] && lstat(l->path, &st) == 0 && st.st_dev == l->device
			&& st.st_ino == l->inode)
			unlink(l->path);
		close(l->fd);
		l->fd = -1;
	}
}
