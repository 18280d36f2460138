/* SPDX-License-Identifier: MIT */
#include "exchange/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"

static int open_in(const char *folder)
{
	char path[PATH_MAX];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	/* Not every file system has files without a name. */
	if (fd >= 0 || snprintf(path, sizeof(path), "%s/mnemoscope-XXXXXX", folder) >= PATH_MAX)
		return fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int open_spool(mn_spool *s, mn_call *call)
{
	const char *const folders[] = {secure_getenv("TMPDIR"), "/var/tmp", "/tmp"};

	for (size_t i = 0; s->fd < 0 && i < sizeof(folders) / sizeof(*folders); i++)
		if (folders[i] && *folders[i])
			s->fd = open_in(folders[i]);
	if (s->fd >= 0)
		return MN_OK;
	return mn_fail(call, MN_EIO, errno, "no room for a temporary file in /var/tmp: %s",
		strerror(errno));
}

int mn_spool_add(mn_spool *s, mn_call *call, const void *bytes, size_t n)
{
	const char *from = bytes;
	int status = s->fd < 0 ? open_spool(s, call) : MN_OK;

	while (status == MN_OK && n) {
		ssize_t done = pwrite(s->fd, from, n, (off_t)s->bytes);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return mn_fail(call, MN_EIO, errno, "cannot write a temporary file: %s",
				strerror(errno));
		from += done;
		n -= (size_t)done;
		s->bytes += (uint64_t)done;
	}
	return status;
}

int mn_spool_read(const mn_spool *s, mn_call *call, uint64_t at, void *bytes, size_t n)
{
	char *to = bytes;

	while (n) {
		ssize_t done = pread(s->fd, to, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return mn_fail(call, MN_EIO, done ? errno : 0,
				"cannot read a temporary file: %s",
				done ? strerror(errno) : "it has become shorter");
		to += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return MN_OK;
}

void mn_spool_free(mn_spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	*s = MN_SPOOL;
}
