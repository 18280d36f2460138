/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "ballast.h"
#include "brain.h"
#include "fault.h"
#include "heap.h"

#define SCHEME "sqlite:"
#define NAP_NS 10000000L
#define HASHED_FROM 160 /* bytes of a long name's escaped form that stay readable */

/* ---- Opening and closing ------------------------------------------------------------------ */

static int parse_url(const mn_host *host, mn_call *call, mn_str url, char path[PATH_MAX])
{
	const size_t skip = sizeof(SCHEME) - 1;

	if (url.len <= skip || memcmp(url.ptr, SCHEME, skip) != 0)
		return host->fail(call, MN_EINVAL, 0, "\"%.*s\" names no folder: write sqlite:DIR",
			SHOWN(url));
	if (url.len - skip >= PATH_MAX || memchr(url.ptr, '\0', url.len))
		return host->fail(call, MN_EINVAL, 0, "the folder's name in the URL is too long");
	memcpy(path, url.ptr + skip, url.len - skip);
	path[url.len - skip] = '\0';
	return MN_OK;
}

static int open_folder(mn_db *db, mn_call *call, const char *path)
{
	static const char before[] = "SQLite, ";
	char real[PATH_MAX];
	int status = db->read_only ? MN_OK : folder_make(db->host, call, path);
	size_t len;

	if (status != MN_OK)
		return status;
	if (!realpath(path, real))
		return fault_errno(db->host, call, errno, "open the folder", path);
	db->fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (db->fd < 0)
		return fault_errno(db->host, call, errno, "open the folder", path);
	len = strlen(real);
	db->path = heap_copy(db->host, (mn_str){real, len});
	db->title = heap_new(db->host, len + sizeof(before));
	if (!db->path || !db->title)
		return fault_memory(db->host, call);
	snprintf(db->title, len + sizeof(before), "%s%s", before, real);
	return MN_OK;
}

int folder_open(const mn_host *host, mn_call *call, mn_str url, bool read_only, mn_db **out)
{
	char path[PATH_MAX];
	int status = parse_url(host, call, url, path);
	mn_db *db;

	if (status != MN_OK)
		return status;
	db = heap_new(host, sizeof(*db));
	if (!db)
		return fault_memory(host, call);
	*db = (mn_db){.host = host, .fd = -1, .read_only = read_only};
	pthread_mutex_init(&db->lock, NULL);
	status = open_folder(db, call, path);
	if (status != MN_OK) {
		folder_close(db);
		return status;
	}
	if (!read_only)
		ballast_load(db);
	*out = db;
	return MN_OK;
}

void folder_close(mn_db *db)
{
	while (db->brains) {
		struct brain *b = db->brains;

		db->brains = b->next;
		brain_close(b);
	}
	if (db->fd >= 0)
		close(db->fd);
	pthread_mutex_destroy(&db->lock);
	heap_free(db->host, db->path);
	heap_free(db->host, db->title);
	heap_free(db->host, db);
}

/* ---- Names of files ----------------------------------------------------------------------- */

static bool plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
	       || c == '_' || c == '-';
}

/* FNV-1a: tells apart what the readable part of a long name does not. */
static uint64_t hash_of(mn_str s)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001B3);
	return h;
}

void folder_file(mn_str name, unsigned turn, char out[LONGEST_FILE + 40])
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0, i = 0;

	for (; i < name.len && n + 3 <= LONGEST_FILE; i++) {
		const unsigned char c = (unsigned char)name.ptr[i];

		if (plain((char)c)) {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		}
	}
	if (i < name.len)
		n = HASHED_FROM
		    + (size_t)snprintf(
			    out + HASHED_FROM, 20, "~%016llX", (unsigned long long)hash_of(name));
	if (turn > 1)
		n += (size_t)snprintf(out + n, 12, ".%u", turn);
	snprintf(out + n, sizeof(FILE_SUFFIX), "%s", FILE_SUFFIX);
}

static bool is_brain_file(const char *file)
{
	size_t len = strlen(file), suffix = sizeof(FILE_SUFFIX) - 1;

	return file[0] != '.' && len > suffix && strcmp(file + len - suffix, FILE_SUFFIX) == 0;
}

int folder_each(mn_db *db, mn_call *call, void *ctx, int (*see)(void *ctx, const char *file))
{
	DIR *dir = opendir(db->path);
	struct dirent *entry;
	int status = dir ? MN_OK : fault_errno(db->host, call, errno, "read the folder", db->path);

	while (status == MN_OK && (entry = readdir(dir))) {
		if (db->host->cancelled(call))
			status = db->host->fail_cancelled(call);
		else if (is_brain_file(entry->d_name))
			status = see(ctx, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return status;
}

/* ---- The list of open brains -------------------------------------------------------------- */

static bool has_name(const struct brain *b, mn_str name)
{
	return strlen(b->name) == name.len && memcmp(b->name, name.ptr, name.len) == 0;
}

static struct brain *hold(mn_db *db, struct brain *b)
{
	if (b) {
		b->users++;
		b->turn = ++db->turn;
	}
	return b;
}

static void unlink_brain(mn_db *db, struct brain *b)
{
	struct brain **at = &db->brains;

	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	db->nbrains--;
}

/* Takes out the one that was not used for longest, if there are too many. */
static struct brain *surplus(mn_db *db)
{
	struct brain *oldest = NULL;

	if (db->nbrains <= MOST_OPEN)
		return NULL;
	for (struct brain *b = db->brains; b; b = b->next)
		if (b->users == 0 && (!oldest || b->turn < oldest->turn))
			oldest = b;
	if (oldest)
		unlink_brain(db, oldest);
	return oldest;
}

void folder_release(struct brain *b)
{
	mn_db *db = b->store;
	struct brain *close_it;

	pthread_mutex_lock(&db->lock);
	b->users--;
	close_it = b->gone && b->users == 0 ? b : surplus(db);
	pthread_mutex_unlock(&db->lock);
	if (close_it)
		brain_close(close_it);
}

void folder_drop(struct brain *b)
{
	mn_db *db = b->store;

	pthread_mutex_lock(&db->lock);
	if (!b->gone)
		unlink_brain(db, b);
	b->gone = true;
	pthread_mutex_unlock(&db->lock);
}

void folder_forget(mn_db *db, const char *path)
{
	struct brain *b;

	pthread_mutex_lock(&db->lock);
	for (b = db->brains; b && strcmp(b->path, path) != 0;)
		b = b->next;
	hold(db, b);
	pthread_mutex_unlock(&db->lock);
	if (!b)
		return;
	folder_drop(b);
	folder_release(b);
}

static struct brain *listed_as(mn_db *db, const char *file)
{
	struct brain *b = db->brains;

	while (b && strcmp(b->file, file) != 0)
		b = b->next;
	return b;
}

/* The lock is held, so that a file is opened once. */
static int open_listed(mn_db *db, mn_call *call, const char *file, struct brain **out)
{
	struct brain *b = listed_as(db, file);
	int status;

	if (b && !brain_there(b)) {
		unlink_brain(db, b);
		b->gone = true;
		if (b->users == 0)
			brain_close(b);
		b = NULL;
	}
	if (!b) {
		status = brain_open(db, call, file, &b);
		if (status != MN_OK)
			return status;
		b->next = db->brains;
		db->brains = b;
		db->nbrains++;
	}
	*out = hold(db, b);
	return MN_OK;
}

int folder_hold_file(mn_db *db, mn_call *call, const char *file, struct brain **out)
{
	int status;

	pthread_mutex_lock(&db->lock);
	status = open_listed(db, call, file, out);
	pthread_mutex_unlock(&db->lock);
	return status;
}

struct search_by_name {
	mn_db *db;
	mn_call *call;
	mn_str name;
	struct brain *found;
};

/* One that cannot be opened is passed over here: it may be somebody else's. */
static int see_name(void *ctx, const char *file)
{
	struct search_by_name *s = ctx;
	mn_error error = MN_SIZED(mn_error), *theirs = s->call->err;
	struct brain *b = NULL;
	int status;

	s->call->err = &error;
	status = folder_hold_file(s->db, s->call, file, &b);
	s->call->err = theirs;
	if (status == MN_ENOMEM || status == MN_ECANCELLED || status == MN_ETIMEOUT)
		return s->db->host->fail(s->call, status, error.native, "%s", error.text);
	if (status != MN_OK)
		return MN_OK;
	if (!s->found && has_name(b, s->name))
		s->found = b;
	else
		folder_release(b);
	return MN_OK;
}

/* The file called after the name, if it is there and has that name inside. */
static int hold_called(mn_db *db, mn_call *call, mn_str name, struct brain **out)
{
	char file[LONGEST_FILE + 40];
	struct brain *b;
	int status;

	*out = NULL;
	folder_file(name, 1, file);
	if (faccessat(db->fd, file, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
		return MN_OK;
	status = folder_hold_file(db, call, file, &b);
	if (status != MN_OK)
		return status;
	if (has_name(b, name))
		*out = b;
	else
		folder_release(b);
	return MN_OK;
}

int folder_hold(mn_db *db, mn_call *call, mn_str name, struct brain **out)
{
	struct search_by_name search = {db, call, name, NULL};
	struct brain *b = NULL;
	int status = MN_OK;

	pthread_mutex_lock(&db->lock);
	for (b = db->brains; b && !has_name(b, name);)
		b = b->next;
	*out = hold(db, b);
	pthread_mutex_unlock(&db->lock);
	if (*out)
		return MN_OK;
	if (name.len == 0 || !db->host->text_valid(name))
		return MN_OK;
	status = hold_called(db, call, name, out);
	if (status != MN_OK || *out)
		return status;
	status = folder_each(db, call, &search, see_name);
	if (status != MN_OK && search.found)
		folder_release(search.found);
	else
		*out = search.found;
	return status;
}

/* ---- One at a time ------------------------------------------------------------------------ */

int folder_lock(mn_db *db, mn_call *call, int *lock)
{
	struct timespec nap = {.tv_nsec = NAP_NS};
	int fd = open(db->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fault_errno(db->host, call, errno, "open the folder", db->path);
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		int number = errno, status = MN_OK;

		if (number != EWOULDBLOCK && number != EINTR)
			status = fault_errno(db->host, call, number, "lock the folder", db->path);
		else if (db->host->cancelled(call))
			status = db->host->fail_cancelled(call);
		if (status != MN_OK) {
			close(fd);
			return status;
		}
		nanosleep(&nap, NULL);
	}
	*lock = fd;
	return MN_OK;
}

void folder_unlock(int lock)
{
	close(lock);
}

void folder_sweep(mn_db *db)
{
	DIR *dir = opendir(db->path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, ".new-", 5) == 0
			|| strncmp(entry->d_name, ".old-", 5) == 0)
			unlinkat(db->fd, entry->d_name, 0);
	if (dir)
		closedir(dir);
}
