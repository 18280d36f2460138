/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"

static int fail(const mn_place *p, mn_error *err)
{
	int code = errno;

	return mn_error_set(err, MN_EIO, code, "cannot write %.160s: %s", p->path, strerror(code));
}

static int taken(const mn_place *p, mn_error *err)
{
	return mn_error_set(err, MN_ECONFLICT, EEXIST,
		"%.160s is there already: name another file, or say --force", p->path);
}

static int open_folder(mn_place *p, mn_arena *arena, mn_error *err)
{
	const char *slash = strrchr(p->path, '/');
	mn_str folder = slash ? mn_arena_printf(arena, "%.*s", (int)(slash - p->path + 1), p->path)
			      : MN_STR(".");

	p->name = slash ? slash + 1 : p->path;
	if (!folder.ptr)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	p->dir = open(folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->dir < 0 ? fail(p, err) : MN_OK;
}

static int open_temporary(mn_place *p, mn_error *err)
{
	uint64_t lot;

	if (getrandom(&lot, sizeof(lot), 0) != sizeof(lot))
		return fail(p, err);
	snprintf(p->temporary, sizeof(p->temporary), ".mnemoscope-%016" PRIx64, lot);
	p->fd = openat(
		p->dir, p->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p->fd < 0) {
		p->temporary[0] = '\0';
		return fail(p, err);
	}
	return MN_OK;
}

int mn_place_open(mn_place *p, mn_arena *arena, const char *path, bool replace, mn_error *err)
{
	struct stat st;
	int rc;

	*p = (mn_place){.path = path, .dir = -1, .fd = -1, .replace = replace};
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		p->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return p->fd < 0 ? fail(p, err) : MN_OK;
	}
	rc = open_folder(p, arena, err);
	if (rc == MN_OK && !replace && fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		rc = taken(p, err);
	if (rc == MN_OK)
		rc = open_temporary(p, err);
	if (rc)
		mn_place_drop(p);
	return rc;
}

int mn_place_write(mn_place *p, const void *bytes, size_t n, mn_error *err)
{
	const char *at = bytes;

	while (n) {
		ssize_t put = write(p->fd, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail(p, err);
		at += put;
		n -= (size_t)put;
	}
	return MN_OK;
}

static int rename_it(mn_place *p, mn_error *err)
{
	unsigned flags = p->replace ? 0 : RENAME_NOREPLACE;
	int rc = renameat2(p->dir, p->temporary, p->dir, p->name, flags);

	/* a file system without the flag: link(2) refuses a taken name just as well */
	if (rc && flags && errno == EINVAL) {
		rc = linkat(p->dir, p->temporary, p->dir, p->name, 0);
		if (rc == 0)
			unlinkat(p->dir, p->temporary, 0);
	}
	if (rc && errno == EEXIST)
		return taken(p, err);
	return rc ? fail(p, err) : MN_OK;
}

int mn_place_keep(mn_place *p, mn_error *err)
{
	int rc = MN_OK, fd = p->fd;

	if (p->temporary[0] && fsync(fd))
		rc = fail(p, err);
	p->fd = -1;
	if (close(fd) && rc == MN_OK)
		rc = fail(p, err);
	if (p->temporary[0] && rc == MN_OK)
		rc = rename_it(p, err);
	if (rc == MN_OK)
		p->temporary[0] = '\0';
	if (p->dir >= 0 && rc == MN_OK && fsync(p->dir))
		rc = fail(p, err);
	mn_place_drop(p);
	return rc;
}

void mn_place_drop(mn_place *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->temporary[0])
		unlinkat(p->dir, p->temporary, 0);
	if (p->dir >= 0)
		close(p->dir);
	p->fd = p->dir = -1;
	p->temporary[0] = '\0';
}
