/* SPDX-License-Identifier: MIT */
/*
 * journal.c - the log: a line of JSON per request and event, written by a thread of its own, so
 * that whoever reads slowly holds nobody up. More than MOST bytes behind, lines are dropped and
 * counted. No token, no body, no path that a client wrote is in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"

enum { MOST = 1 << 20 };

struct mn_journal {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	mn_buf waiting;
	uint64_t dropped;
	int fd;
	bool ours, running, stop;
};

static void write_out(mn_journal *j, mn_str text)
{
	while (text.len) {
		ssize_t n = write(j->fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text = (mn_str){text.ptr + n, text.len - (size_t)n};
	}
}

static void *work(void *arg)
{
	mn_journal *j = arg;
	mn_buf now = MN_BUF(MOST), swap;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		while (!j->stop && !j->waiting.len)
			pthread_cond_wait(&j->more, &j->lock);
		if (!j->waiting.len)
			break;
		swap = now;
		now = j->waiting;
		j->waiting = swap;
		pthread_mutex_unlock(&j->lock);
		write_out(j, mn_buf_view(&now));
		mn_buf_clear(&now);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
	mn_buf_free(&now);
	return NULL;
}

mn_journal *mn_journal_new(mn_str path, mn_error *err)
{
	mn_journal *j = mn_alloc_zero(1, sizeof(*j));

	if (!j) {
		mn_error_set(err, MN_ENOMEM, 0, "out of memory");
		return NULL;
	}
	*j = (mn_journal){.fd = STDERR_FILENO, .waiting = MN_BUF(MOST)};
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->more, NULL);
	j->ours = path.len > 0;
	if (mn_str_is(path, "-"))
		path = MN_STR("/dev/null");
	if (j->ours)
		j->fd = open(path.ptr, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (j->fd < 0)
		mn_error_set(err, MN_EIO, errno, "cannot write the log %.120s: %s", path.ptr,
			strerror(errno));
	else if (pthread_create(&j->thread, NULL, work, j))
		mn_error_set(err, MN_EIO, EAGAIN, "no thread is left");
	else
		j->running = true;
	if (j->running)
		return j;
	mn_journal_free(j);
	return NULL;
}

void mn_journal_free(mn_journal *j)
{
	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_broadcast(&j->more);
	pthread_mutex_unlock(&j->lock);
	if (j->running)
		pthread_join(j->thread, NULL);
	if (j->ours && j->fd >= 0)
		close(j->fd);
	mn_buf_free(&j->waiting);
	pthread_cond_destroy(&j->more);
	pthread_mutex_destroy(&j->lock);
	mn_free(j);
}

void mn_journal_line(mn_journal *j, mn_str line)
{
	pthread_mutex_lock(&j->lock);
	if (j->waiting.len + line.len >= MOST) {
		j->dropped++;
	} else {
		mn_buf_str(&j->waiting, line);
		if (!mn_buf_ok(&j->waiting)) {
			mn_buf_clear(&j->waiting);
			j->dropped++;
		}
		pthread_cond_signal(&j->more);
	}
	pthread_mutex_unlock(&j->lock);
}

uint64_t mn_journal_dropped(mn_journal *j)
{
	uint64_t n;

	pthread_mutex_lock(&j->lock);
	n = j->dropped;
	pthread_mutex_unlock(&j->lock);
	return n;
}

/* ---- Lines -------------------------------------------------------------------------------- */

static void add_text(mn_buf *b, const char *key, mn_str text)
{
	char plain[256];
	size_t n = mn_text_plain(text, plain, sizeof(plain));

	mn_buf_printf(b, ",\"%s\":", key);
	mn_buf_json(b, (mn_str){plain, n});
}

static void begin(mn_server *s, mn_buf *b)
{
	char when[MN_ISO_ROOM];

	mn_iso_write(mn_engine_now(s->engine), when);
	mn_buf_printf(b, "{\"time\":\"%s\"", when);
}

static void end(mn_server *s, mn_buf *b)
{
	mn_buf_text(b, "}\n");
	if (mn_buf_ok(b))
		mn_journal_line(s->journal, mn_buf_view(b));
	mn_buf_free(b);
}

void mn_journal_exchange(mn_server *s, const mn_exchange *ex, mn_time took)
{
	const mn_route *r = ex->req.route;
	mn_buf b = MN_BUF(4096);

	begin(s, &b);
	add_text(&b, "id", ex->req.id);
	add_text(&b, "peer", ex->req.peer);
	if (r) {
		add_text(&b, "method", mn_str_of(r->method));
		add_text(&b, "route", mn_str_of(r->path));
	}
	mn_buf_printf(&b, ",\"status\":%d,\"in\":%" PRIu64 ",\"out\":%" PRIu64 ",\"us\":%" PRId64,
		ex->reply.status, ex->taken, ex->sent, took);
	if (ex->req.who.len)
		add_text(&b, "token", ex->req.who);
	if (ex->why)
		add_text(&b, "refused", mn_str_of(mn_reject_name(ex->why)));
	if (ex->cut)
		mn_buf_text(&b, ",\"cut\":true");
	if (ex->call.err->code && !ex->why)
		add_text(&b, "error", mn_str_of(mn_status_name(ex->call.err->code)));
	end(s, &b);
}

void mn_journal_event(mn_server *s, const char *event, const char *fmt, ...)
{
	mn_buf b = MN_BUF(4096);
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	begin(s, &b);
	add_text(&b, "event", mn_str_of(event));
	add_text(&b, "detail", mn_str_of(text));
	end(s, &b);
}
