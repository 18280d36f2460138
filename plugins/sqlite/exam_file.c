/* SPDX-License-Identifier: MIT */
/* exam_file.c - a brain's file from outside: its first bytes, its rights, the log beside it; and
 * its pages. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "brain.h"
#include "exam.h"
#include "fault.h"
#include "file.h"
#include "schema.h"

#define LOG_MAGIC 0x377F0682u /* the last bit tells the order of bytes */
#define MOST_PROBLEMS 1000
#define PAGE_COUNT_AT 28
#define PAGE_SIZE_AT 16

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void beside(const struct exam *e, const char *suffix, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s", e->path, suffix);
}

/* ---- Rights ------------------------------------------------------------------------------- */

static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
enum { SUFFIXES = sizeof(suffixes) / sizeof(*suffixes) };

static int check_modes(struct exam *e)
{
	char name[PATH_MAX], says[16];
	struct stat st;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < SUFFIXES; i++) {
		beside(e, suffixes[i], name);
		if (lstat(name, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 077))
			continue;
		snprintf(says, sizeof(says), "%s %04o", *suffixes[i] ? suffixes[i] : "file",
			(unsigned)st.st_mode & 07777);
		status = exam_tell(e, WRONG_MODE, says);
	}
	return status;
}

/* ---- The log ------------------------------------------------------------------------------ */

/* A log that is empty, or begins as one does. */
static bool is_log(const char *path)
{
	const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned char head[32];
	ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof(head));
	bool log = n <= 0;

	if (n == (ssize_t)sizeof(head))
		log = (big_endian(head) & ~1u) == LOG_MAGIC;
	/* What was begun and not finished has no whole first page: SQLite passes over it. */
	for (ssize_t i = 0; !log && i < n; i++)
		log = head[i] != 0 ? false : i + 1 == n;
	if (fd >= 0)
		close(fd);
	return log;
}

/* Closing a file of one's own gives up locks: so only while nobody here has the brain open. */
static bool is_open_here(mn_db *db, const char *path)
{
	bool found = false;

	pthread_mutex_lock(&db->lock);
	for (const struct brain *b = db->brains; b && !found; b = b->next)
		found = strcmp(b->path, path) == 0;
	pthread_mutex_unlock(&db->lock);
	return found;
}

bool exam_strange_log(mn_db *db, const char *path)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s-wal", path);
	return !is_open_here(db, path) && !is_log(name);
}

static int check_log(struct exam *e)
{
	if (!exam_strange_log(e->db, e->path))
		return MN_OK;
	if (e->to)
		e->to->keep_shut(e->to->ctx);
	return exam_tell(e, WRONG_LOG, "-wal");
}

/* ---- The header --------------------------------------------------------------------------- */

/* Is the file as long as its header says? Only where no log may hold the rest. */
static int check_length(struct exam *e)
{
	const int fd = is_open_here(e->db, e->path)
			       ? -1
			       : open(e->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned char head[100];
	struct stat st = {.st_size = 0};
	int status = MN_OK;

	if (fd < 0)
		return MN_OK;
	if (fstat(fd, &st) == 0 && read(fd, head, sizeof(head)) == (ssize_t)sizeof(head)
		&& !file_has_log(e->path)) {
		const uint32_t raw = (uint32_t)head[PAGE_SIZE_AT] << 8 | head[PAGE_SIZE_AT + 1];
		const uint64_t page = raw == 1 ? 65536 : raw;

		if (page * big_endian(head + PAGE_COUNT_AT) > (uint64_t)st.st_size)
			status = exam_tell(e, WRONG_SHORT, "file");
	}
	close(fd);
	return status;
}

static enum wrong judge(const struct file_header *h)
{
	if (h->empty)
		return WRONG_EMPTY;
	if (!h->sqlite)
		return WRONG_FILE;
	if (h->application != SCHEMA_APPLICATION)
		return WRONG_FOREIGN;
	if (h->version > SCHEMA_VERSION)
		return WRONG_NEWER;
	return h->version < 1 ? WRONG_VERSION : h->version < SCHEMA_VERSION ? WRONG_OLDER : WRONGS;
}

int exam_file(struct exam *e, bool *open)
{
	struct file_header header;
	enum wrong wrong;
	bool corrupt;
	int status;

	*open = false;
	if (access(e->path, F_OK) && errno == ENOENT)
		return exam_tell(e, WRONG_LOG_ALONE, "-wal");
	status = file_peek(e->host, e->call, e->path, &header);
	if (status != MN_OK)
		return status;
	wrong = judge(&header);
	if (wrong != WRONGS) {
		status = exam_tell(e, wrong, "file");
		if (status == MN_OK)
			status = exam_skip(e, "tables, rows and indexes", e->found[wrong].says);
		return status != MN_OK || wrong != WRONG_OLDER ? status : check_modes(e);
	}
	status = check_modes(e);
	if (status == MN_OK)
		status = check_log(e);
	if (status == MN_OK)
		status = check_length(e);
	*open = status == MN_OK;
	return exam_forgive(e, status, &corrupt);
}

/* ---- Pages -------------------------------------------------------------------------------- */

/* Trouble between an index and its table is mended by making the index anew. */
static bool is_of_index(const char *says)
{
	return strstr(says, "missing from index") || strstr(says, "wrong # of entries in index")
	       || strstr(says, "non-unique entry in index")
	       || strstr(says, "rowid not at end-of-record");
}

static int see_problem(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	const char *says = (const char *)sqlite3_column_text(st, 0);
	bool *whole = ctx;
	char cut[100];

	if (!says || strcmp(says, "ok") == 0)
		return MN_OK;
	/* The word index has a check of its own, and a column of the wrong kind too. */
	if (strstr(says, "fts5") || strncmp(says, "NULL value in", 13) == 0
		|| strstr(says, " value in "))
		return MN_OK;
	snprintf(cut, sizeof(cut), "%s", says);
	if (is_of_index(says))
		return exam_tell(e, WRONG_INDEX_PAGE, cut);
	*whole = false;
	return exam_tell(e, WRONG_PAGE, cut);
}

int exam_pages(struct exam *e, bool *whole)
{
	bool corrupt;
	int status = exam_each(e,
		e->level >= MN_DOCTOR_DEEP ? "PRAGMA integrity_check(1000)"
					   : "PRAGMA quick_check(1000)",
		see_problem, whole);

	status = exam_forgive(e, status, &corrupt);
	*whole &= !corrupt;
	return status == MN_OK && corrupt ? exam_tell(e, WRONG_PAGE, "the file") : status;
}

/* ---- Mending ------------------------------------------------------------------------------ */

static int mend_modes(struct exam *e)
{
	char name[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < SUFFIXES; i++) {
		beside(e, suffixes[i], name);
		if (lstat(name, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 077))
			continue;
		if (chmod(name, 0600))
			return fault_errno(e->host, e->call, errno, "change the rights of", name);
	}
	return MN_OK;
}

int file_mend(struct exam *e, const mn_heal *heal)
{
	char from[PATH_MAX], to[PATH_MAX];
	int status = heal_wants(e, heal, WRONG_MODE) ? mend_modes(e) : MN_OK;

	if (status != MN_OK || !exam_has(e, WRONG_LOG) || !heal_wants(e, heal, WRONG_LOG))
		return status;
	beside(e, "-wal", from);
	beside(e, "-wal.strange", to);
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) && errno != ENOENT)
		return fault_errno(e->host, e->call, errno, "move aside", from);
	return MN_OK;
}
