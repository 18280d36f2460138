/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/str.h"
#include "signals.h"

/* ---- Input -------------------------------------------------------------------------------- */

int mn_input_open(mn_input *in, mn_str path, mn_error *err)
{
	struct stat st;

	*in = (mn_input){.fd = STDIN_FILENO, .name = MN_STR("standard input")};
	if (!mn_str_is(path, "-")) {
		in->name = path;
		in->fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (in->fd < 0 || fstat(in->fd, &st) < 0)
		return mn_error_set(err, MN_EIO, errno, "cannot read %.*s: %s", MN_FMT(in->name),
			strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		mn_input_close(in);
		return mn_error_set(
			err, MN_EIO, EISDIR, "%.*s is a folder, not a file", MN_FMT(in->name));
	}
	in->bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return MN_OK;
}

void mn_input_close(mn_input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
}

int mn_input_rewind(mn_input *in, mn_error *err)
{
	if (lseek(in->fd, 0, SEEK_SET) == 0)
		return MN_OK;
	return mn_error_set(err, MN_EIO, errno, "cannot read %.*s again: %s", MN_FMT(in->name),
		strerror(errno));
}

static int read_some(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	mn_input *in = ctx;
	struct pollfd p[2] = {
		{.fd = in->fd, .events = POLLIN}, {.fd = mn_signals_fd(), .events = POLLIN}};
	ssize_t got = -1;

	while (got < 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents || mn_cancelled(call))
			return mn_fail_cancelled(call);
		if (!p[0].revents)
			continue;
		got = read(in->fd, out, room);
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	if (got < 0)
		return mn_fail(call, MN_EIO, errno, "cannot read %.*s: %s", MN_FMT(in->name),
			strerror(errno));
	*n = (size_t)got;
	return MN_OK;
}

mn_source mn_input_source(mn_input *in)
{
	return (mn_source){.ctx = in, .read = read_some, .name = in->name};
}

/* ---- Output ------------------------------------------------------------------------------- */

int mn_output_open(mn_output *o, mn_app *app, mn_str path, bool replace, mn_error *err)
{
	*o = (mn_output){.app = app, .to_file = path.len && !mn_str_is(path, "-")};
	return o->to_file ? mn_place_open(&o->place, app->arena, path.ptr, replace, err) : MN_OK;
}

static void print_lines(mn_printer *pr, mn_str text)
{
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t n = end ? (size_t)(end - text.ptr) : text.len;

		mn_print_text(pr, mn_str_sub(text, 0, n));
		if (end)
			fputc('\n', pr->to);
		text = mn_str_sub(text, n + (end != NULL), SIZE_MAX);
	}
}

static int write_some(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	mn_output *o = ctx;
	mn_printer *pr = &o->app->out;

	if (o->to_file)
		return mn_place_write(&o->place, bytes, n, call->err);
	if (pr->terminal)
		print_lines(pr, (mn_str){bytes, n});
	else
		fwrite(bytes, 1, n, pr->to);
	return mn_printer_check(pr, call);
}

mn_sink mn_output_sink(mn_output *o)
{
	return (mn_sink){.ctx = o, .write = write_some};
}

int mn_output_close(mn_output *o, int status, mn_error *err)
{
	if (!o->to_file)
		return status;
	if (status == MN_OK)
		return mn_place_keep(&o->place, err);
	mn_place_drop(&o->place);
	return status;
}
