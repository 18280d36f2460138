/* SPDX-License-Identifier: MIT */
#include "tui/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"
#include "place.h"
#include "tui/desk.h"

/* Escapes double a text at most, controls apart, of which a line typed has none. */
enum { SHELF_MOST = 4 * MN_UNSENT_BYTES, PATH_MOST = 4096 };

static bool folder(char out[PATH_MOST])
{
	size_t n;

	if (!mn_keep_folder(out, PATH_MOST - 64))
		return false;
	n = strlen(out);
	snprintf(out + n, PATH_MOST - n, "/unsent");
	return true;
}

/* ---- Reading ------------------------------------------------------------------------------ */

bool mn_shelf_take(mn_tui *t, const json_t *value)
{
	mn_str store = mn_json_str(json_array_get(value, 0));
	mn_str brain = mn_json_str(json_array_get(value, 1));
	mn_str line = mn_json_str(json_array_get(value, 2));

	return !store.len || !brain.ptr || !line.len || mn_unsent_keep(t, store, brain, line);
}

/* False: not everything was taken, so the file has to stay. */
static bool take_lines(mn_tui *t, char *line)
{
	static const char word[] = "unsent ";
	bool all = true;

	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *value;

		*end = '\0';
		if (strncmp(line, word, sizeof(word) - 1) != 0)
			continue;
		value = json_loads(line + sizeof(word) - 1, 0, NULL);
		all &= mn_shelf_take(t, value);
		json_decref(value);
	}
	return all;
}

/* A file of one's own whose workbench is no more, locked. Where locks are not to be had nobody is
 * known to live, and an edit that is kept twice harms nobody. */
static int open_left(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st, now;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid()
		|| (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		|| fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) || now.st_ino != st.st_ino) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool read_left(mn_tui *t, int fd)
{
	mn_buf b = MN_BUF(SHELF_MOST);
	char piece[4096];
	ssize_t n;
	bool all = false;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		mn_buf_add(&b, piece, (size_t)n);
	mn_buf_char(&b, '\0');
	if (n == 0 && mn_buf_ok(&b))
		all = take_lines(t, b.ptr);
	mn_buf_free(&b);
	return all;
}

/* What was taken over is in one's own file before the other one goes. */
static void take_over(mn_tui *t, int dir, const char *name)
{
	int fd = open_left(dir, name);

	if (fd < 0)
		return;
	if (read_left(t, fd)) {
		mn_shelf_save(t);
		if (!t->shelf.failed)
			unlinkat(dir, name, 0);
	}
	close(fd);
}

void mn_shelf_open(mn_tui *t)
{
	char path[PATH_MOST];
	uint64_t lot = 0;
	DIR *dir;
	struct dirent *e;

	t->shelf = (mn_shelf){.lock = -1};
	if (!folder(path) || getrandom(&lot, sizeof(lot), 0) != sizeof(lot))
		return;
	snprintf(t->shelf.name, sizeof(t->shelf.name), "%016llx", (unsigned long long)lot);
	t->shelf.open = true;
	if (t->unsent.n)
		mn_shelf_save(t);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, t->shelf.name) != 0)
			take_over(t, dirfd(dir), e->d_name);
	if (dir)
		closedir(dir);
}

/* ---- Writing ------------------------------------------------------------------------------ */

static void put(mn_buf *b, const mn_edit *e)
{
	const char *parts[] = {e->store, e->brain, e->line};

	mn_buf_text(b, "unsent [");
	for (int i = 0; i < 3; i++) {
		mn_buf_text(b, i ? "," : "");
		mn_buf_json(b, mn_str_of(parts[i]));
	}
	mn_buf_text(b, "]\n");
}

/* Locked before it has its name: nobody ever finds it without. */
static int write_file(mn_shelf *s, mn_arena *arena, const char *path, mn_str text, mn_error *err)
{
	mn_place place;
	int lock, rc = mn_place_open(&place, arena, path, true, err);

	if (rc != MN_OK)
		return rc;
	lock = fcntl(place.fd, F_DUPFD_CLOEXEC, 3);
	if (lock >= 0)
		flock(lock, LOCK_EX | LOCK_NB);
	rc = mn_place_write(&place, text.ptr, text.len, err);
	if (rc == MN_OK)
		rc = mn_place_keep(&place, err);
	else
		mn_place_drop(&place);
	if (rc != MN_OK && lock >= 0)
		close(lock);
	if (rc != MN_OK)
		return rc;
	if (s->lock >= 0)
		close(s->lock);
	s->lock = lock;
	return MN_OK;
}

static int write_all(mn_tui *t, char path[PATH_MOST], mn_error *err)
{
	mn_buf b = MN_BUF(SHELF_MOST - 1);
	mn_arena *arena = mn_arena_new(1 << 16);
	size_t n = strlen(path);
	int rc = MN_ENOMEM;

	for (size_t i = 0; i < t->unsent.ngoing; i++)
		put(&b, t->unsent.going[i]);
	for (size_t i = 0; i < t->unsent.n; i++)
		put(&b, t->unsent.at[i]);
	mn_keep_make(path);
	snprintf(path + n, PATH_MOST - n, "/%s", t->shelf.name);
	if (arena && mn_buf_ok(&b))
		rc = write_file(&t->shelf, arena, path, mn_buf_view(&b), err);
	else
		mn_error_set(err, rc, 0, "out of memory");
	mn_arena_free(arena);
	mn_buf_free(&b);
	return rc;
}

void mn_shelf_save(mn_tui *t)
{
	mn_shelf *s = &t->shelf;
	mn_error err = MN_SIZED(mn_error);
	char path[PATH_MOST];
	size_t n;

	if (!s->open || !folder(path))
		return;
	if (t->unsent.n + t->unsent.ngoing) {
		bool before = s->failed;

		s->failed = write_all(t, path, &err) != MN_OK;
		if (s->failed && !before)
			mn_tui_say(
				t, MN_ROLE_BAD, "what is unsent is in memory alone: %s", err.text);
		return;
	}
	if (s->lock < 0)
		return;
	n = strlen(path);
	snprintf(path + n, sizeof(path) - n, "/%s", s->name);
	unlink(path);
	close(s->lock);
	s->lock = -1;
}

void mn_shelf_close(mn_tui *t)
{
	if (t->shelf.open && t->shelf.lock >= 0)
		close(t->shelf.lock);
	t->shelf = (mn_shelf){.lock = -1};
}
