/* SPDX-License-Identifier: MIT */
#include "cli/ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "signals.h"

bool mn_ask_possible(const mn_app *app)
{
	return isatty(STDIN_FILENO) && app->err.terminal;
}

int mn_ask_line(mn_app *app, char *out, size_t room, mn_error *err)
{
	size_t n = 0;
	char c = 0;

	mn_printer_flush(&app->out);
	fflush(app->err.to);
	while (c != '\n') {
		struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = mn_signals_fd(), .events = POLLIN}};
		ssize_t got;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return mn_error_set(
				err, MN_EIO, errno, "cannot read the answer: %s", strerror(errno));
		if (p[1].revents)
			return mn_error_set(err, MN_ECANCELLED, 0, "interrupted");
		if (!p[0].revents)
			continue;
		got = read(STDIN_FILENO, &c, 1);
		if (got <= 0)
			break;
		if (c != '\n' && n + 1 < room)
			out[n++] = c;
	}
	out[n] = '\0';
	return MN_OK;
}
