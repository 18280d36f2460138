/* SPDX-License-Identifier: MIT */
#include "cutfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, SLOTS = 4096 };

struct sector { /* as the disk has it */
	struct sector *next;
	uint64_t number;
	unsigned char old[SECTOR];
};

struct tracked { /* a file by its path, for as long as the process */
	struct tracked *next;
	char path[512];
	struct sector *slots[SLOTS];
	bool dirty;
	int64_t durable; /* its length on the disk; where dirty */
};

struct file {
	sqlite3_file base;
	struct tracked *of; /* NULL: a temporary one */
	bool log;
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs ours, *real_vfs;
static struct tracked *all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t calls, cut_at, fail_at;
static int fails_with;
static bool reads_count;
static int lie;
static bool dead;

/* ---- Counting ----------------------------------------------------------------------------- */

static int step(void)
{
	int rc = SQLITE_OK;

	pthread_mutex_lock(&lock);
	calls++;
	if (cut_at && calls >= cut_at)
		dead = true;
	if (dead)
		rc = SQLITE_IOERR;
	else if (fail_at && calls == fail_at)
		rc = fails_with;
	pthread_mutex_unlock(&lock);
	return rc;
}

/* Before a call that only looks. */
static int alive(void)
{
	if (reads_count)
		return step();
	return dead ? SQLITE_IOERR : SQLITE_OK;
}

/* ---- What the disk has -------------------------------------------------------------------- */

static struct tracked *track(const char *path)
{
	struct tracked *t;

	pthread_mutex_lock(&lock);
	for (t = all; t && strcmp(t->path, path) != 0; t = t->next)
		;
	if (!t) {
		t = calloc(1, sizeof(*t));
		snprintf(t->path, sizeof(t->path), "%s", path);
		t->next = all;
		all = t;
	}
	pthread_mutex_unlock(&lock);
	return t;
}

static void forget(struct tracked *t)
{
	for (int i = 0; i < SLOTS; i++)
		while (t->slots[i]) {
			struct sector *s = t->slots[i];

			t->slots[i] = s->next;
			free(s);
		}
	t->dirty = false;
}

/* Keeps what the disk has of a sector before it is changed for the first time. */
static void keep(struct tracked *t, sqlite3_file *real, uint64_t number)
{
	struct sector **slot = &t->slots[number % SLOTS], *s;
	const int64_t at = (int64_t)(number * SECTOR);

	for (s = *slot; s; s = s->next)
		if (s->number == number)
			return;
	s = calloc(1, sizeof(*s));
	s->number = number;
	if (at < t->durable) {
		const int64_t left = t->durable - at;

		real->pMethods->xRead(real, s->old, left < SECTOR ? (int)left : SECTOR, at);
	}
	s->next = *slot;
	*slot = s;
}

static void keep_range(struct file *f, int64_t from, int64_t to)
{
	struct tracked *t = f->of;

	if (!t)
		return;
	pthread_mutex_lock(&lock);
	if (!t->dirty)
		f->real->pMethods->xFileSize(f->real, (sqlite3_int64 *)&t->durable);
	t->dirty = true;
	for (int64_t n = from / SECTOR; n * SECTOR < to; n++)
		keep(t, f->real, (uint64_t)n);
	pthread_mutex_unlock(&lock);
}

/* ---- Files -------------------------------------------------------------------------------- */

#define REAL(f) (((struct file *)(f))->real)

static int x_close(sqlite3_file *f)
{
	return REAL(f)->pMethods->xClose(REAL(f));
}

static int x_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	int rc = alive();

	return rc ? rc : REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}

static int x_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	int rc = step();

	if (rc)
		return rc;
	keep_range((struct file *)f, at, at + n);
	return REAL(f)->pMethods->xWrite(REAL(f), from, n, at);
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	sqlite3_int64 now = 0;
	int rc = step();

	if (rc)
		return rc;
	REAL(f)->pMethods->xFileSize(REAL(f), &now);
	if (size < now)
		keep_range((struct file *)f, size, now);
	return REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int x_sync(sqlite3_file *f, int flags)
{
	struct file *file = (struct file *)f;
	int rc = step();

	(void)flags;
	if (rc || lie == CUTFS_NO_SYNC || (lie == CUTFS_NO_LOG_SYNC && file->log))
		return rc;
	pthread_mutex_lock(&lock);
	if (file->of)
		forget(file->of);
	pthread_mutex_unlock(&lock);
	return SQLITE_OK;
}

static int x_size(sqlite3_file *f, sqlite3_int64 *out)
{
	int rc = alive();

	return rc ? rc : REAL(f)->pMethods->xFileSize(REAL(f), out);
}

static int x_lock(sqlite3_file *f, int how)
{
	int rc = alive();

	return rc ? rc : REAL(f)->pMethods->xLock(REAL(f), how);
}

static int x_unlock(sqlite3_file *f, int how)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), how);
}

static int x_reserved(sqlite3_file *f, int *out)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int x_sector_size(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

static int x_traits(sqlite3_file *f)
{
	(void)f;
	return 0; /* nothing is promised */
}

static int x_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
	int rc = alive();

	return rc ? rc : REAL(f)->pMethods->xShmMap(REAL(f), region, size, extend, out);
}

static int x_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}

static void x_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int x_shm_unmap(sqlite3_file *f, int drop)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), drop);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_size,
	.xLock = x_lock,
	.xUnlock = x_unlock,
	.xCheckReservedLock = x_reserved,
	.xFileControl = x_control,
	.xSectorSize = x_sector_size,
	.xDeviceCharacteristics = x_traits,
	.xShmMap = x_shm_map,
	.xShmLock = x_shm_lock,
	.xShmBarrier = x_shm_barrier,
	.xShmUnmap = x_shm_unmap,
};

/* ---- The file system ---------------------------------------------------------------------- */

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct file *file = (struct file *)f;
	int rc = alive();

	(void)vfs;
	*file = (struct file){.real = (sqlite3_file *)(file + 1)};
	if (rc)
		return rc;
	rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
	if (rc)
		return rc;
	file->base.pMethods = &methods;
	file->of = name && !(flags & SQLITE_OPEN_DELETEONCLOSE) ? track(name) : NULL;
	file->log = flags & SQLITE_OPEN_WAL;
	return SQLITE_OK;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct tracked *t;
	int rc = step();

	(void)vfs;
	if (rc)
		return rc;
	t = track(name);
	pthread_mutex_lock(&lock);
	forget(t);
	pthread_mutex_unlock(&lock);
	return real_vfs->xDelete(real_vfs, name, sync);
}

void cutfs_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	ours = *real_vfs;
	ours.zName = "cut";
	ours.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	ours.xOpen = x_open;
	ours.xDelete = x_delete;
	sqlite3_vfs_register(&ours, 1);
}

/* ---- The cut ------------------------------------------------------------------------------ */

void cutfs_begin(uint64_t at, int how)
{
	/* Files may be open, so what is known of them stays where it is. */
	for (struct tracked *t = all; t; t = t->next)
		forget(t);
	calls = 0;
	cut_at = at;
	fail_at = 0;
	reads_count = false;
	lie = how;
	dead = false;
}

void cutfs_begin_full(uint64_t at)
{
	cutfs_begin(0, CUTFS_HONEST);
	fail_at = at;
	fails_with = SQLITE_FULL;
}

void cutfs_begin_broken(uint64_t at)
{
	cutfs_begin(0, CUTFS_HONEST);
	fail_at = at;
	fails_with = SQLITE_IOERR;
	reads_count = true;
}

uint64_t cutfs_calls(void)
{
	return calls;
}

bool cutfs_dead(void)
{
	return dead;
}

/* Sebastiano Vigna's splitmix64, public domain. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static void tear(int fd, const struct sector *s, uint64_t *random)
{
	const off_t at = (off_t)(s->number * SECTOR);
	unsigned char torn[SECTOR];

	memcpy(torn, s->old, sizeof(torn));
	switch (next(random) % 4) {
	case 0: return; /* all of it was written */
	case 1: break;  /* nothing was */
	case 2:
		if (pread(fd, torn, SECTOR / 2, at) < 0)
			return;
		break;
	default:
		for (size_t i = 0; i < sizeof(torn); i++)
			torn[i] = (unsigned char)next(random);
		break;
	}
	if (pwrite(fd, torn, sizeof(torn), at) != (ssize_t)sizeof(torn))
		abort();
}

static void crash_file(struct tracked *t, uint64_t *random)
{
	const int fd = open(t->path, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return;
	for (int i = 0; i < SLOTS; i++)
		for (const struct sector *s = t->slots[i]; s; s = s->next)
			tear(fd, s, random);
	if (ftruncate(fd, next(random) % 2 ? t->durable : st.st_size) != 0)
		abort();
	close(fd);
	forget(t);
}

void cutfs_crash(uint64_t seed)
{
	for (struct tracked *t = all; t; t = t->next) {
		char shm[520];
		const size_t n = strlen(t->path);

		if (t->dirty)
			crash_file(t, &seed);
		if (n > 4 && strcmp(t->path + n - 4, "-wal") == 0) {
			snprintf(shm, sizeof(shm), "%.*s-shm", (int)(n - 4), t->path);
			unlink(shm);
		}
	}
	cutfs_begin(0, CUTFS_HONEST);
}
