/* SPDX-License-Identifier: MIT */
#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "place.h"

/* ---- Lines -------------------------------------------------------------------------------- */

bool mn_keyfile_line(mn_keyfile *f)
{
	const char *end;

	if (f->text.len == 0)
		return false;
	end = memchr(f->text.ptr, '\n', f->text.len);
	f->line = mn_str_sub(f->text, 0, end ? (size_t)(end - f->text.ptr) : f->text.len);
	f->text = mn_str_sub(f->text, f->line.len + (end != NULL), SIZE_MAX);
	f->number++;
	return true;
}

static mn_str trim(mn_str s)
{
	while (s.len && strchr(" \t\r", s.ptr[0]))
		s = mn_str_sub(s, 1, SIZE_MAX);
	while (s.len && strchr(" \t\r", s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool mn_keyfile_split(const mn_keyfile *f, mn_str *key, mn_str *value)
{
	mn_str line = trim(f->line);
	const char *equals;

	if (line.len == 0 || line.ptr[0] == '#')
		return false;
	equals = memchr(line.ptr, '=', line.len);
	*key = trim(mn_str_sub(line, 0, equals ? (size_t)(equals - line.ptr) : line.len));
	*value = equals ? trim(mn_str_sub(line, (size_t)(equals - line.ptr) + 1, SIZE_MAX))
			: MN_STR("");
	return true;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int cannot(const char *path, mn_error *err)
{
	int code = errno;

	return mn_error_set(err, MN_EIO, code, "cannot read %.160s: %s", path, strerror(code));
}

/* Asked of the open file, so that it cannot be another one meanwhile. */
static int check_private(int fd, const char *path, mn_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return cannot(path, err);
	if (!S_ISREG(st.st_mode))
		return mn_error_set(err, MN_EAUTH, 0, "%.160s is refused: it is no file", path);
	if (st.st_uid != geteuid())
		return mn_error_set(err, MN_EAUTH, 0,
			"%.120s is refused: it belongs to somebody else (say: sudo chown $USER %.60s)",
			path, path);
	if (st.st_mode & 077)
		return mn_error_set(err, MN_EAUTH, 0,
			"%.100s is refused: others may read or write it (say: chmod 600 %.100s)",
			path, path);
	return MN_OK;
}

static int read_all(int fd, const char *path, char *out, size_t *n, mn_error *err)
{
	ssize_t got = 1;

	while (got > 0 && *n < MN_KEYFILE_MOST) {
		got = read(fd, out + *n, MN_KEYFILE_MOST - *n);
		if (got < 0 && errno != EINTR)
			return cannot(path, err);
		*n += got > 0 ? (size_t)got : 0;
		got = got < 0 ? 1 : got;
	}
	if (*n == MN_KEYFILE_MOST)
		return mn_error_set(err, MN_EINVAL, 0, "%.160s is too large", path);
	return MN_OK;
}

int mn_keyfile_read(const char *path, bool secret, char *out, size_t *n, mn_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	*n = 0;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? MN_OK : cannot(path, err);
	rc = secret ? check_private(fd, path, err) : MN_OK;
	if (rc == MN_OK)
		rc = read_all(fd, path, out, n, err);
	close(fd);
	return rc;
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* Every folder above path that is missing, 0700. What fails shows when the file is opened. */
static void make_parents(mn_arena *arena, const char *path)
{
	mn_str copy = mn_arena_copy(arena, mn_str_of(path));
	char *p = (char *)copy.ptr;

	if (!p)
		return;
	for (char *slash = strchr(p + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(p, 0700);
		*slash = '/';
	}
}

int mn_keyfile_write(mn_arena *arena, const char *path, mn_str text, mn_error *err)
{
	char real[PATH_MAX];
	mn_place place;
	int rc;

	if (realpath(path, real)) /* a link into somebody's folder of settings stays one */
		path = real;
	make_parents(arena, path);
	rc = mn_place_open(&place, arena, path, true, err);
	if (rc == MN_OK)
		rc = mn_place_write(&place, text.ptr, text.len, err);
	if (rc == MN_OK)
		rc = mn_place_keep(&place, err);
	else
		mn_place_drop(&place);
	return rc;
}

mn_str mn_keyfile_xdg(mn_arena *arena, const char *variable, const char *below, const char *rest)
{
	const char *dir = getenv(variable), *home = getenv("HOME");
	struct passwd *user;

	if (dir && dir[0] == '/')
		return mn_arena_printf(arena, "%s/%s", dir, rest);
	if (!home || home[0] != '/') {
		user = getpwuid(getuid());
		home = user ? user->pw_dir : "/nonexistent";
	}
	return mn_arena_printf(arena, "%s/%s/%s", home, below, rest);
}
