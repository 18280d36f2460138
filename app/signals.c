/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fail.h"

enum { PATIENCE = 5 }; /* seconds from the first signal to the end */

static struct {
	pthread_t thread;
	sigset_t set;
	mn_token *token;
	void (*die)(int signo);
	int fd;
	bool running;
	atomic_int seen;
	atomic_uint patience;
} it = {.fd = -1, .patience = PATIENCE};

/* A real-time signal of our own tells the thread that it is no longer needed. */
static int stop_signal(void)
{
	return SIGRTMIN;
}

static void *wait_for_them(void *unused)
{
	struct timespec patience;
	uint64_t one = 1;
	int signo = 0, second;

	(void)unused;
	if (sigwait(&it.set, &signo) != 0 || signo == stop_signal())
		return NULL;
	atomic_store(&it.seen, signo);
	mn_token_cancel(it.token);
	if (write(it.fd, &one, sizeof(one)) < 0)
		it.die(signo);
	patience = (struct timespec){.tv_sec = atomic_load(&it.patience)};
	do
		second = sigtimedwait(&it.set, NULL, &patience);
	while (second < 0 && errno == EINTR);
	if (second != stop_signal())
		it.die(signo);
	return NULL;
}

static void add_unless_ignored(int signo)
{
	struct sigaction now;

	if (sigaction(signo, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
		sigaddset(&it.set, signo);
}

int mn_signals_start(mn_token *token, void (*die)(int signo), mn_error *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	it.token = token;
	it.die = die;
	sigemptyset(&it.set);
	add_unless_ignored(SIGINT);
	add_unless_ignored(SIGTERM);
	add_unless_ignored(SIGHUP);
	sigaddset(&it.set, stop_signal());
	sigaction(SIGPIPE, &ignore, NULL);
	it.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (it.fd < 0)
		return mn_error_set(err, MN_EIO, errno, "no descriptor is left for signals");
	pthread_sigmask(SIG_BLOCK, &it.set, NULL);
	if (pthread_create(&it.thread, NULL, wait_for_them, NULL) != 0)
		return mn_error_set(err, MN_EIO, errno, "no thread is left for signals");
	it.running = true;
	return MN_OK;
}

void mn_signals_stop(void)
{
	if (it.running) {
		pthread_kill(it.thread, stop_signal());
		pthread_join(it.thread, NULL);
		it.running = false;
	}
	if (it.fd >= 0)
		close(it.fd);
	it.fd = -1;
}

void mn_signals_patience(unsigned seconds)
{
	atomic_store(&it.patience, seconds);
}

int mn_signals_seen(void)
{
	return atomic_load(&it.seen);
}

int mn_signals_fd(void)
{
	return it.fd;
}
