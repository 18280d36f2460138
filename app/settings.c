/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "place.h"

enum { FILE_MOST = 1 << 16 };

struct reader { /* the file, line by line */
	mn_str rest, line;
	unsigned number;
};

static bool next_line(struct reader *r)
{
	const char *end;

	if (r->rest.len == 0)
		return false;
	end = memchr(r->rest.ptr, '\n', r->rest.len);
	r->line = mn_str_sub(r->rest, 0, end ? (size_t)(end - r->rest.ptr) : r->rest.len);
	r->rest = mn_str_sub(r->rest, r->line.len + (end != NULL), SIZE_MAX);
	r->number++;
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

/* "key = value"; false for empty lines and comments. A line without "=" has an empty value. */
static bool split_line(mn_str line, mn_str *key, mn_str *value)
{
	const char *equals;

	line = trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return false;
	equals = memchr(line.ptr, '=', line.len);
	*key = trim(mn_str_sub(line, 0, equals ? (size_t)(equals - line.ptr) : line.len));
	*value = equals ? trim(mn_str_sub(line, (size_t)(equals - line.ptr) + 1, SIZE_MAX))
			: MN_STR("");
	return true;
}

/* The whole file, empty if there is none. */
static int read_file(mn_arena *arena, const char *path, mn_error *err, mn_str *out)
{
	char *bytes = mn_arena_alloc(arena, FILE_MOST);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = MN_OK;
	ssize_t n;

	*out = MN_STR("");
	if (!bytes) {
		rc = mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	} else if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			rc = mn_error_set(
				err, MN_EIO, errno, "cannot read %s: %s", path, strerror(errno));
	} else {
		n = read(fd, bytes, FILE_MOST);
		if (n < 0)
			rc = mn_error_set(
				err, MN_EIO, errno, "cannot read %s: %s", path, strerror(errno));
		else if (n == FILE_MOST)
			rc = mn_error_set(err, MN_EINVAL, 0, "%s is too large", path);
		else
			*out = (mn_str){bytes, (size_t)n};
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* One line's key and value into their place. */
static int set_key(mn_settings *s, unsigned line, mn_str key, mn_str value, mn_error *err)
{
	mn_str *slot = mn_str_is(key, "store")   ? &s->store
		       : mn_str_is(key, "brain") ? &s->brain
						 : NULL;

	if (!slot)
		return mn_error_set(err, MN_EINVAL, 0,
			"%s, line %u: unknown key \"%.*s\" (known: store, brain)", s->file.ptr,
			line, MN_FMT(key));
	if (value.len == 0 || !mn_text_valid(value))
		return mn_error_set(err, MN_EINVAL, 0,
			"%s, line %u: %.*s has no value: write \"%.*s = VALUE\"", s->file.ptr, line,
			MN_FMT(key), MN_FMT(key));
	*slot = value;
	if (slot == &s->store)
		s->file_store = value;
	return MN_OK;
}

static int read_config(mn_settings *s, mn_str text, mn_error *err)
{
	struct reader r = {.rest = text};
	mn_str key, value;
	int rc = MN_OK;

	while (rc == MN_OK && next_line(&r))
		if (split_line(r.line, &key, &value))
			rc = set_key(s, r.number, key, value, err);
	return rc;
}

/* A folder of XDG's: the variable if it is absolute, else below the home directory. */
static mn_str xdg(mn_arena *arena, const char *variable, const char *below, const char *rest)
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

static void from_environment(const char *variable, mn_str *out)
{
	const char *value = getenv(variable);

	if (value && *value)
		*out = mn_str_of(value);
}

int mn_settings_load(mn_arena *arena, mn_error *err, mn_settings *out)
{
	mn_settings s = {.brain = MN_STR("default")};
	mn_str text;
	int rc;

	s.file = xdg(arena, "XDG_CONFIG_HOME", ".config", "mnemoscope/config");
	s.store = xdg(arena, "XDG_DATA_HOME", ".local/share", "mnemoscope");
	s.store = mn_arena_printf(arena, "sqlite:%s", s.store.ptr ? s.store.ptr : "");
	s.home_store = s.store;
	if (!s.file.ptr || !s.store.ptr)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	rc = read_file(arena, s.file.ptr, err, &text);
	if (rc == MN_OK)
		rc = read_config(&s, text, err);
	if (rc)
		return rc;
	from_environment("MNEMOSCOPE_STORE", &s.store);
	from_environment("MNEMOSCOPE_BRAIN", &s.brain);
	if (!mn_text_valid(s.store) || !mn_text_valid(s.brain))
		return mn_error_set(err, MN_EINVAL, 0,
			"MNEMOSCOPE_STORE and MNEMOSCOPE_BRAIN must be valid UTF-8");
	*out = s;
	return MN_OK;
}

void mn_settings_split(mn_str where, mn_str *store, mn_str *name)
{
	const char *hash = where.ptr ? memrchr(where.ptr, '#', where.len) : NULL;
	const char *colon = where.ptr ? memchr(where.ptr, ':', where.len) : NULL;
	bool url = hash && colon && colon < hash && colon > where.ptr;

	for (const char *c = where.ptr; url && c < colon; c++)
		url = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || strchr("+-.", *c);
	*store = url ? mn_str_sub(where, 0, (size_t)(hash - where.ptr)) : MN_STR("");
	*name = url ? mn_str_sub(where, (size_t)(hash - where.ptr) + 1, SIZE_MAX) : where;
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* The old text without its store and brain lines, then the new ones. */
static void compose(mn_buf *b, mn_str old, mn_str store, mn_str brain)
{
	struct reader r = {.rest = old};
	mn_str key, value;

	while (next_line(&r)) {
		if (split_line(r.line, &key, &value))
			continue;
		mn_buf_str(b, r.line);
		mn_buf_char(b, '\n');
	}
	if (store.len) {
		mn_buf_text(b, "store = ");
		mn_buf_str(b, store);
		mn_buf_char(b, '\n');
	}
	mn_buf_text(b, "brain = ");
	mn_buf_str(b, brain);
	mn_buf_char(b, '\n');
}

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

int mn_settings_save(mn_arena *arena, const char *file, mn_str store, mn_str brain, mn_error *err)
{
	mn_buf b = MN_BUF(FILE_MOST);
	char real[PATH_MAX];
	mn_str old;
	mn_place place;
	int rc;

	if (realpath(file, real)) /* a link into somebody's folder of settings stays one */
		file = real;
	rc = read_file(arena, file, err, &old);
	if (rc)
		return rc;
	compose(&b, old, store, brain);
	make_parents(arena, file);
	rc = mn_place_open(&place, arena, file, true, err);
	if (rc == MN_OK)
		rc = mn_place_write(&place, b.ptr, b.len, err);
	if (rc == MN_OK)
		rc = mn_place_keep(&place, err);
	else
		mn_place_drop(&place);
	mn_buf_free(&b);
	return rc;
}
