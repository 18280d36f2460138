/* SPDX-License-Identifier: MIT */
#include "doctor/aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "store/brain.h"
#include "upkeep/folder.h"

#define FLUSH ((size_t)64 << 10)
#define ROOM ((size_t)64 << 20)
enum { NAME_BYTES = 16, MOST_FIXES = 100000, DONE_ROOM = 128 };

static int trouble(mn_call *call, mn_str path, int number)
{
	return mn_fail(call, MN_EIO, number, "cannot keep what is mended in %.*s: %s", MN_FMT(path),
		strerror(number));
}

/* ---- Places ------------------------------------------------------------------------------- */

static int folder_of(mn_store *store, mn_call *call, mn_str brain, bool make, mn_str *out)
{
	unsigned char digest[NAME_BYTES];
	char hex[2 * NAME_BYTES + 1], name[sizeof(hex) + 8];
	const mn_str title = store->info.title;
	crypto_generichash_state state;

	if (sodium_init() < 0)
		return mn_fail(call, MN_EUNSUPPORTED, 0, "libsodium cannot be used here");
	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(&state, (const unsigned char *)title.ptr, title.len);
	crypto_generichash_update(&state, (const unsigned char *)"#", 1);
	crypto_generichash_update(&state, (const unsigned char *)brain.ptr, brain.len);
	crypto_generichash_final(&state, digest, sizeof(digest));
	sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	snprintf(name, sizeof(name), "doctor/%s", hex);
	return make ? mn_folder_make(store->engine, call, name, out)
		    : mn_folder_path(store->engine, call, name, out);
}

static int names_of(mn_aside *a, unsigned n)
{
	mn_arena *arena = a->call->arena;

	a->n = n;
	a->copy = mn_arena_printf(arena, "%s/%u.copy", a->folder.ptr, n);
	a->rows = mn_arena_printf(arena, "%s/%u.rows", a->folder.ptr, n);
	a->done = mn_arena_printf(arena, "%s/%u.done", a->folder.ptr, n);
	return a->copy.ptr && a->rows.ptr && a->done.ptr ? MN_OK : mn_fail_memory(a->call);
}

int mn_aside_begin(mn_aside *a, mn_store *store, mn_call *call, mn_str brain)
{
	int status;

	*a = (mn_aside){.call = call, .fd = -1, .out = MN_BUF(ROOM)};
	status = folder_of(store, call, brain, true, &a->folder);
	for (unsigned n = 1; status == MN_OK && a->fd < 0 && n < MOST_FIXES; n++) {
		status = names_of(a, n);
		if (status != MN_OK || access(a->copy.ptr, F_OK) == 0)
			continue;
		a->fd = open(a->rows.ptr, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (a->fd < 0 && errno != EEXIST)
			status = trouble(call, a->rows, errno);
	}
	return status == MN_OK && a->fd < 0 ? trouble(call, a->folder, EMFILE) : status;
}

int mn_aside_last(mn_aside *a, mn_store *store, mn_call *call, mn_str brain)
{
	unsigned last = 0;
	int status;

	*a = (mn_aside){.call = call, .fd = -1, .out = MN_BUF(ROOM)};
	status = folder_of(store, call, brain, false, &a->folder);
	for (unsigned n = 1; status == MN_OK && n < MOST_FIXES; n++) {
		status = names_of(a, n);
		if (status == MN_OK && access(a->done.ptr, F_OK) == 0)
			last = n;
		else if (status == MN_OK && access(a->rows.ptr, F_OK) != 0)
			break;
	}
	a->n = last;
	return status == MN_OK && last ? names_of(a, last) : status;
}

/* ---- Rows --------------------------------------------------------------------------------- */

static void put_hex(mn_buf *b, mn_str bytes)
{
	mn_buf_text(b, "{\"hex\":\"");
	for (size_t i = 0; i < bytes.len; i++)
		mn_buf_printf(b, "%02x", (unsigned char)bytes.ptr[i]);
	mn_buf_text(b, "\"}");
}

static void put_value(mn_buf *b, const mn_column *c)
{
	switch (c->type) {
	case MN_COLUMN_INTEGER: mn_buf_printf(b, "%" PRId64, c->integer); break;
	case MN_COLUMN_REAL:
		if (isfinite(c->real))
			mn_buf_number(b, c->real);
		else
			mn_buf_printf(b, "\"%g\"", c->real);
		break;
	case MN_COLUMN_TEXT:
		if (mn_text_valid(c->bytes))
			mn_buf_json(b, c->bytes);
		else
			put_hex(b, c->bytes);
		break;
	case MN_COLUMN_BYTES: put_hex(b, c->bytes); break;
	default: mn_buf_text(b, "null");
	}
}

static int flush(mn_aside *a)
{
	size_t at = 0;

	if (!mn_buf_ok(&a->out))
		return mn_fail_memory(a->call);
	while (at < a->out.len) {
		const ssize_t n = write(a->fd, a->out.ptr + at, a->out.len - at);

		if (n < 0 && errno != EINTR)
			return trouble(a->call, a->rows, errno);
		at += n > 0 ? (size_t)n : 0;
	}
	mn_buf_clear(&a->out);
	return MN_OK;
}

int mn_aside_keep(
	mn_aside *a, const char *finding, const char *table, const mn_column *columns, size_t n)
{
	mn_buf_text(&a->out, "{\"finding\":");
	mn_buf_json(&a->out, mn_str_of(finding));
	mn_buf_text(&a->out, ",\"table\":");
	mn_buf_json(&a->out, mn_str_of(table));
	mn_buf_text(&a->out, ",\"row\":{");
	for (size_t i = 0; i < n; i++) {
		if (i)
			mn_buf_char(&a->out, ',');
		mn_buf_json(&a->out, mn_str_of(columns[i].name));
		mn_buf_char(&a->out, ':');
		put_value(&a->out, &columns[i]);
	}
	mn_buf_text(&a->out, "}}\n");
	a->kept++;
	return a->out.len >= FLUSH || !mn_buf_ok(&a->out) ? flush(a) : MN_OK;
}

static int sync_folder(mn_aside *a)
{
	const int fd = open(a->folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int failed = fd < 0 || fsync(fd) ? errno : 0;

	if (fd >= 0)
		close(fd);
	return failed ? trouble(a->call, a->folder, failed) : MN_OK;
}

int mn_aside_settle(mn_aside *a)
{
	int status = flush(a);

	if (status == MN_OK && fsync(a->fd))
		status = trouble(a->call, a->rows, errno);
	return status == MN_OK ? sync_folder(a) : status;
}

/* ---- The end ------------------------------------------------------------------------------ */

int mn_aside_done(mn_aside *a, const mn_gen *after)
{
	const int fd = open(
		a->done.ptr, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[DONE_ROOM];
	const int n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n",
		after->epoch, after->graph, after->state, a->native);
	int failed = fd < 0 ? errno : 0;

	if (!failed && write(fd, text, (size_t)n) != n)
		failed = errno ? errno : ENOSPC;
	if (!failed && fsync(fd))
		failed = errno;
	if (fd >= 0)
		close(fd);
	return failed ? trouble(a->call, a->done, failed) : sync_folder(a);
}

int mn_aside_read_done(mn_aside *a, mn_gen *after)
{
	const int fd = open(a->done.ptr, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[DONE_ROOM] = "", *at = text, *end = text;
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	uint64_t number[4] = {0};
	size_t got = 0;

	if (fd >= 0)
		close(fd);
	while (n > 0 && got < 4) {
		number[got] = strtoull(at, &end, 10);
		if (end == at)
			break;
		at = end;
		got++;
	}
	if (got < 4)
		return mn_fail(a->call, MN_EIO, 0, "%.*s cannot be read", MN_FMT(a->done));
	*after = (mn_gen){number[0], number[1], number[2]};
	a->native = (int)number[3];
	return MN_OK;
}

void mn_aside_drop(mn_aside *a)
{
	if (a->copy.ptr)
		unlink(a->copy.ptr);
	if (a->rows.ptr)
		unlink(a->rows.ptr);
}

void mn_aside_end(mn_aside *a)
{
	if (a->fd >= 0)
		close(a->fd);
	mn_buf_free(&a->out);
}

void mn_aside_discard(mn_store *store, mn_call *call, mn_str brain)
{
	const mn_error before = *call->err;
	mn_aside a = {.call = call, .fd = -1};
	struct dirent *entry;
	DIR *dir = NULL;

	if (folder_of(store, call, brain, false, &a.folder) == MN_OK)
		dir = opendir(a.folder.ptr);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir) {
		closedir(dir);
		rmdir(a.folder.ptr);
	}
	*call->err = before;
}
