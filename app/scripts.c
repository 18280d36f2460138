/* SPDX-License-Identifier: MIT */
#include "scripts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "keyfile.h"

enum { FOLDERS = 3 };

static int no_memory(mn_error *err)
{
	return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
}

/* In the order in which a name is looked for; ptr NULL: no memory. */
static mn_str folder(mn_arena *arena, int i)
{
	static const char *const fixed[FOLDERS] = {NULL, MN_SCRIPT_DIR, MN_SCRIPT_SOURCES};

	return fixed[i] ? mn_str_of(fixed[i])
			: mn_keyfile_xdg(arena, "XDG_CONFIG_HOME", ".config", "mnemoscope/scripts");
}

static bool ends_in_lua(mn_str s)
{
	return s.len > 4 && mn_str_is(mn_str_sub(s, s.len - 4, 4), ".lua");
}

/* ---- Names -------------------------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
	return mn_str_cmp(*(const mn_str *)a, *(const mn_str *)b);
}

/* The scripts of a folder, behind those that are there. */
static bool add_folder(mn_arena *arena, const char *path, mn_str *at, size_t *n)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	bool ok = true;

	while (dir && ok && *n < MN_SCRIPTS_MOST && (e = readdir(dir))) {
		const mn_str file = mn_str_of(e->d_name);

		if (!ends_in_lua(file) || *e->d_name == '.' || !mn_text_valid(file))
			continue;
		at[*n] = mn_arena_copy(arena, mn_str_sub(file, 0, file.len - 4));
		ok = at[(*n)++].ptr != NULL;
	}
	if (dir)
		closedir(dir);
	return ok;
}

/* Sorted, each once. */
static void settle(mn_str *at, size_t n, mn_strs *out)
{
	size_t kept = 0;

	qsort(at, n, sizeof(*at), by_bytes);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !mn_str_eq(at[i], at[kept - 1]))
			at[kept++] = at[i];
	*out = (mn_strs){at, kept};
}

int mn_scripts_folder(mn_arena *arena, mn_str path, mn_strs *out, mn_error *err)
{
	mn_str *at = mn_arena_array(arena, MN_SCRIPTS_MOST, sizeof(*at));
	size_t n = 0;

	if (!at || !add_folder(arena, path.ptr, at, &n))
		return no_memory(err);
	settle(at, n, out);
	return MN_OK;
}

int mn_scripts_list(mn_arena *arena, mn_strs *out, mn_error *err)
{
	mn_str *at = mn_arena_array(arena, MN_SCRIPTS_MOST, sizeof(*at));
	size_t n = 0;
	bool ok = at != NULL;

	for (int i = 0; ok && i < FOLDERS; i++) {
		const mn_str path = folder(arena, i);

		ok = path.ptr && add_folder(arena, path.ptr, at, &n);
	}
	if (!ok)
		return no_memory(err);
	settle(at, n, out);
	return MN_OK;
}

static int none(mn_arena *arena, mn_str name, mn_error *err)
{
	char line[160] = "";
	mn_strs all = {.n = 0};
	size_t n = 0;
	int rc = mn_scripts_list(arena, &all, err);

	for (size_t i = 0; rc == MN_OK && i < all.n && n < sizeof(line); i++)
		n += (size_t)snprintf(
			line + n, sizeof(line) - n, "%s%.*s", i ? ", " : "", MN_FMT(all.at[i]));
	return rc ? rc
		  : mn_error_set(err, MN_EIO, ENOENT, "there is no script \"%.*s\"; there are %s",
			  MN_FMT(name), *line ? line : "none");
}

int mn_scripts_find(mn_arena *arena, mn_str name, mn_str *path, mn_error *err)
{
	if (mn_str_is(name, "-") || memchr(name.ptr, '/', name.len) || ends_in_lua(name)) {
		*path = mn_arena_copy(arena, name);
		return path->ptr ? MN_OK : no_memory(err);
	}
	for (int i = 0; i < FOLDERS; i++) {
		const mn_str dir = folder(arena, i);

		if (!dir.ptr)
			return no_memory(err);
		*path = mn_arena_printf(
			arena, "%s/%.*s.lua", dir.ptr, (int)name.len, name.ptr ? name.ptr : "");
		if (!path->ptr)
			return no_memory(err);
		if (name.len && access(path->ptr, R_OK) == 0)
			return MN_OK;
	}
	return none(arena, name, err);
}

/* ---- Texts -------------------------------------------------------------------------------- */

static int unreadable(mn_str path, int code, mn_error *err)
{
	return mn_error_set(
		err, MN_EIO, code, "cannot read %.*s: %s", MN_FMT(path), strerror(code));
}

int mn_scripts_read(mn_arena *arena, mn_str path, mn_str *text, mn_error *err)
{
	const bool standard = mn_str_is(path, "-");
	const int fd = standard ? STDIN_FILENO : open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *at = fd < 0 ? NULL : mn_arena_alloc(arena, MN_SCRIPT_MOST + 1);
	size_t n = 0;
	ssize_t got = 1;

	if (fd < 0)
		return unreadable(path, errno, err);
	while (at && got != 0 && n <= MN_SCRIPT_MOST) {
		got = read(fd, at + n, MN_SCRIPT_MOST + 1 - n);
		if (got < 0 && errno != EINTR)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		unreadable(path, errno, err);
	if (!standard)
		close(fd);
	if (!at)
		return no_memory(err);
	if (got < 0)
		return MN_EIO;
	*text = (mn_str){at, n};
	return n <= MN_SCRIPT_MOST
		       ? MN_OK
		       : mn_error_set(err, MN_EINVAL, 0,
			       "%.*s is over 1 MiB: no script is that long", MN_FMT(path));
}
