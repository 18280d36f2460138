/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "heap.h"

#define HEADER_BYTES 100

/* ---- Looking ------------------------------------------------------------------------------ */

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Reads through SQLite's file layer; *n is how many of the bytes there were. */
static int read_header(sqlite3_vfs *vfs, sqlite3_file *file, const char *path,
	unsigned char bytes[HEADER_BYTES], sqlite3_int64 *size)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_NOFOLLOW;
	int rc = vfs->xOpen(vfs, path, file, flags, &flags);

	if (rc == SQLITE_OK)
		rc = file->pMethods->xFileSize(file, size);
	if (rc == SQLITE_OK && *size >= HEADER_BYTES)
		rc = file->pMethods->xRead(file, bytes, HEADER_BYTES, 0);
	if (file->pMethods)
		file->pMethods->xClose(file);
	return rc;
}

static int peek_plain_file(
	const mn_host *host, mn_call *call, const char *path, struct file_header *out)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3_file *file = heap_new(host, (size_t)vfs->szOsFile);
	const char *name = sqlite3_create_filename(path, "", "", 0, NULL);
	unsigned char bytes[HEADER_BYTES] = {0};
	sqlite3_int64 size = 0;
	int rc = file && name ? read_header(vfs, file, name, bytes, &size) : SQLITE_NOMEM;

	sqlite3_free_filename((char *)name);
	heap_free(host, file);
	if (rc != SQLITE_OK)
		return fault_sqlite(host, call, NULL, path, rc);
	*out = (struct file_header){
		.empty = size == 0,
		.sqlite = size >= HEADER_BYTES && memcmp(bytes, "SQLite format 3", 16) == 0,
		.application = big_endian(bytes + 68),
		.version = big_endian(bytes + 60),
	};
	return MN_OK;
}

int file_peek(const mn_host *host, mn_call *call, const char *path, struct file_header *out)
{
	struct stat st;

	if (lstat(path, &st))
		return fault_errno(host, call, errno, "open", path);
	if (S_ISLNK(st.st_mode))
		return fault_errno(host, call, ELOOP, "open", path);
	if (!S_ISREG(st.st_mode))
		return host->fail(
			call, MN_EIO, 0, "%s is not a file: move it away", fault_path(path));
	return peek_plain_file(host, call, path, out);
}

bool file_mark(const char *path, struct file_mark *out)
{
	struct stat st;

	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	*out = (struct file_mark){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
	return true;
}

bool file_still(const char *path, const struct file_mark *then, bool untouched)
{
	struct file_mark now;

	if (!file_mark(path, &now) || now.device != then->device || now.number != then->number)
		return false;
	return !untouched
	       || (now.size == then->size && now.changed.tv_sec == then->changed.tv_sec
		       && now.changed.tv_nsec == then->changed.tv_nsec);
}

static uint64_t bytes_of(const char *path, const char *suffix)
{
	char name[PATH_MAX];
	struct stat st;
	int n = snprintf(name, sizeof(name), "%s%s", path, suffix);

	return n > 0 && (size_t)n < sizeof(name) && stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t file_bytes(const char *path)
{
	return bytes_of(path, "") + bytes_of(path, "-wal");
}

bool file_has_log(const char *path)
{
	return bytes_of(path, "-wal") > 0;
}

/* ---- Making and removing ------------------------------------------------------------------ */

static int make_one(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

int folder_make(const mn_host *host, mn_call *call, const char *path)
{
	char at[PATH_MAX];
	size_t len = strlen(path);
	int number = 0;

	if (len >= sizeof(at))
		return fault_errno(host, call, ENAMETOOLONG, "make", path);
	memcpy(at, path, len + 1);
	for (size_t i = 1; i <= len && !number; i++) {
		if (at[i] != '/' && at[i] != '\0')
			continue;
		at[i] = '\0';
		number = make_one(at);
		at[i] = i < len ? '/' : '\0';
	}
	if (number == ENOTDIR)
		return host->fail(call, MN_EIO, number,
			"%s is a file, or lies in one: name a folder", fault_path(path));
	return number ? fault_errno(host, call, number, "make the folder", path) : MN_OK;
}

int file_sync(const mn_host *host, mn_call *call, int folder, const char *name)
{
	int fd = name ? openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : folder;
	int number = fd < 0 || fsync(fd) ? errno : 0;

	if (name && fd >= 0)
		close(fd);
	return number ? fault_errno(host, call, number, "flush", name ? name : "the folder")
		      : MN_OK;
}

int file_make(const mn_host *host, mn_call *call, int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int number = fd < 0 ? errno : fchmod(fd, 0600) ? errno : 0; /* whatever the umask is */

	if (fd >= 0)
		close(fd);
	return number ? fault_errno(host, call, number, "make", name) : MN_OK;
}

int file_settle(const mn_host *host, mn_call *call, int folder, const char *from, const char *to,
	bool *taken)
{
	*taken = false;
	if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
		return MN_OK;
	if (errno == EINVAL || errno == ENOSYS) { /* a file system without it */
		if (linkat(folder, from, folder, to, 0) == 0) {
			unlinkat(folder, from, 0);
			return MN_OK;
		}
	}
	*taken = errno == EEXIST;
	return *taken ? MN_OK : fault_errno(host, call, errno, "make", to);
}

static void remove_with(int folder, const char *name, const char *suffix)
{
	char whole[NAME_MAX + 1];
	int n = snprintf(whole, sizeof(whole), "%s%s", name, suffix);

	if (n > 0 && (size_t)n < sizeof(whole))
		unlinkat(folder, whole, 0);
}

void file_remove_beside(int folder, const char *name)
{
	remove_with(folder, name, "-wal");
	remove_with(folder, name, "-shm");
	remove_with(folder, name, "-journal");
}

void file_remove(int folder, const char *name)
{
	file_remove_beside(folder, name);
	remove_with(folder, name, "");
}
