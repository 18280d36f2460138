/* SPDX-License-Identifier: MIT */
#include "upkeep/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/snapshot.h"
#include "exchange/zst.h"
#include "store/brain.h"

#define SUFFIX ".snapshot.zst"
enum { TRIES = 5, FILES = 100000, STAMP = 16, TAIL = 512 };

/* ---- The folder --------------------------------------------------------------------------- */

static void safe_name(mn_str name, char *out, size_t room)
{
	size_t n = 0;

	for (; n < name.len && n < room - 1; n++) {
		const char c = name.ptr[n];
		const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
				   || (c >= '0' && c <= '9') || (c == '-' && n);

		out[n] = plain ? c : '_';
	}
	out[n] = '\0';
}

static int check_folder(mn_call *call, const mn_vault *v)
{
	struct stat st;

	if (fstat(v->dir, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return MN_OK;
	return mn_fail(call, MN_EAUTH, 0,
		"%.*s must be a folder of this user's that nobody else may enter: chmod 700 it, or "
		"move it away",
		MN_FMT(v->path));
}

int mn_vault_open(mn_brain *b, mn_call *call, mn_vault *out)
{
	mn_vault v = {.dir = -1};
	mn_brain_row row;
	int rc = mn_brain_describe(b, call, &row);

	if (rc == MN_OK)
		rc = mn_folder_mark(b, call, v.mark);
	if (rc == MN_OK)
		rc = mn_folder_make(mn_brain_engine(b), call, "snapshots", &v.path);
	if (rc)
		return rc;
	safe_name(row.name, v.name, sizeof(v.name));
	v.dir = open(v.path.ptr, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (v.dir < 0)
		return mn_folder_bad(call, v.path, errno);
	rc = check_folder(call, &v);
	if (rc) {
		close(v.dir);
		return rc;
	}
	*out = v;
	return MN_OK;
}

void mn_vault_close(mn_vault *v)
{
	if (v->path.ptr)
		close(v->dir);
	*v = (mn_vault){.dir = -1};
}

/* Where the moment begins in the name of a snapshot of this brain; NULL: it is none. */
static const char *stamp_of(const mn_vault *v, mn_str name)
{
	const size_t behind = STAMP + strlen(SUFFIX);
	const size_t mark = strlen(v->mark) + 2;
	const char *stamp;

	if (name.len < behind + mark || memchr(name.ptr, '/', name.len))
		return NULL;
	stamp = name.ptr + name.len - behind;
	if (memcmp(stamp + STAMP, SUFFIX, strlen(SUFFIX)) != 0 || stamp[STAMP - 1] != 'Z'
		|| stamp[-1] != '.' || stamp[-(int)mark] != '.'
		|| memcmp(stamp - mark + 1, v->mark, mark - 2) != 0)
		return NULL;
	for (int i = 0; i < STAMP - 1; i++)
		if (i == 8 ? stamp[i] != 'T' : stamp[i] < '0' || stamp[i] > '9')
			return NULL;
	return stamp;
}

/* The name is behind the moment, so that names are compared by it first. */
static int newest_first(const void *a, const void *b)
{
	const mn_str x = *(const mn_str *)a, y = *(const mn_str *)b;
	const size_t behind = STAMP + strlen(SUFFIX);
	const int c = memcmp(y.ptr + y.len - behind, x.ptr + x.len - behind, behind);

	return c ? c : mn_str_cmp(y, x);
}

static int read_names(const mn_vault *v, mn_call *call, DIR *dir, mn_str **at, size_t *n)
{
	struct dirent *e;
	size_t cap = 0;

	for (errno = 0; (e = readdir(dir)); errno = 0) {
		const mn_str name = mn_str_of(e->d_name);

		if (!stamp_of(v, name))
			continue;
		if (mn_grow((void **)at, &cap, *n + 1, sizeof(**at), FILES) != MN_OK)
			return mn_fail_memory(call);
		(*at)[*n] = mn_call_copy(call, name);
		if (!(*at)[(*n)++].ptr)
			return MN_ENOMEM;
	}
	return errno ? mn_folder_bad(call, v->path, errno) : MN_OK;
}

int mn_vault_list(const mn_vault *v, mn_call *call, mn_strs *out)
{
	const int fd = openat(v->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	mn_str *names = NULL, *at;
	size_t n = 0;
	int rc = dir ? read_names(v, call, dir, &names, &n) : mn_folder_bad(call, v->path, errno);

	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	at = rc ? NULL : mn_call_array(call, n + 1, sizeof(*at));
	if (at && n) {
		memcpy(at, names, n * sizeof(*at));
		qsort(at, n, sizeof(*at), newest_first);
	}
	mn_free(names);
	if (!at)
		return rc ? rc : MN_ENOMEM;
	*out = (mn_strs){at, n};
	return MN_OK;
}

/* ---- Writing ------------------------------------------------------------------------------ */

struct draft { /* a snapshot that has no name yet */
	const mn_vault *vault;
	mn_brain *brain;
	mn_call *call;
	const mn_progress *progress;
	char path[MN_VAULT_NAME]; /* of the file that becomes it */
	int fd;
	uint64_t bytes;  /* before packing */
	char tail[TAIL]; /* the last of them: they hold the line with counts and hash */
	size_t ntail;
	const mn_sink *packed;
	mn_brain_row counted; /* at the moment that is kept */
};

static int failed(const struct draft *d, const char *what, const char *name)
{
	const int code = errno;

	return mn_fail(d->call, MN_EIO, code, "cannot %s %.*s/%s: %s", what, MN_FMT(d->vault->path),
		name, strerror(code));
}

static int write_file(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	const struct draft *d = ctx;

	(void)call;
	while (n) {
		const ssize_t put = write(d->fd, bytes, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return failed(d, "write", d->path);
		bytes += put;
		n -= (size_t)put;
	}
	return MN_OK;
}

static void keep_tail(struct draft *d, const char *bytes, size_t n)
{
	const size_t part = n < TAIL ? n : TAIL;
	const size_t old = d->ntail < TAIL - part ? d->ntail : TAIL - part;

	memmove(d->tail, d->tail + d->ntail - old, old);
	memcpy(d->tail + old, bytes + n - part, part);
	d->ntail = old + part;
}

static int write_through(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	struct draft *d = ctx;

	d->bytes += n;
	keep_tail(d, bytes, n);
	return d->packed->write(d->packed->ctx, call, bytes, n);
}

static int write_out(struct draft *d)
{
	mn_export_options o = MN_SIZED(mn_export_options);
	const mn_sink file = {d, write_file}, through = {d, write_through};
	mn_zst_out zst;
	mn_sink packed;
	mn_gen counted;
	int rc = mn_zst_out_open(&zst, d->call, &file);

	if (rc)
		return rc;
	d->bytes = 0;
	d->ntail = 0;
	packed = mn_zst_sink(&zst);
	d->packed = &packed;
	o.format = MN_FORMAT_SNAPSHOT;
	if (d->progress)
		o.progress = *d->progress;
	rc = mn_brain_describe(d->brain, d->call, &d->counted);
	counted = d->call->at;
	if (rc == MN_OK)
		rc = mn_export(d->brain, d->call, &o, &through);
	if (rc == MN_OK && memcmp(&d->call->at, &counted, sizeof(counted)) != 0)
		rc = mn_fail(d->call, MN_ESTALE, 0, "the brain is written to: try again later");
	if (rc == MN_OK)
		rc = mn_zst_out_end(&zst, d->call);
	mn_zst_out_close(&zst);
	if (rc == MN_OK && fsync(d->fd) != 0)
		rc = failed(d, "write", d->path);
	return rc;
}

/* Somebody who writes meanwhile is in the way of a moment that can be kept. */
static int write_whole(struct draft *d)
{
	int rc = MN_ESTALE;

	for (int i = 0; rc == MN_ESTALE && i < TRIES; i++) {
		if (ftruncate(d->fd, 0) != 0 || lseek(d->fd, 0, SEEK_SET) != 0)
			return failed(d, "write", d->path);
		rc = write_out(d);
	}
	return rc;
}

/* ---- Proving it --------------------------------------------------------------------------- */

static int read_file(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	const struct draft *d = ctx;
	ssize_t got;

	(void)call;
	do
		got = read(d->fd, out, room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return failed(d, "read back", d->path);
	*n = (size_t)got;
	return MN_OK;
}

static int not_the_same(const struct draft *d, const char *what)
{
	return mn_fail(d->call, MN_ECORRUPT, 0,
		"the snapshot was read back and %s: it was thrown away, and older ones stay", what);
}

/* Is the hash of what was read the one that was written, and are there as many rows as the brain
 * counts? The lease of the run itself is counted there alone. */
static int compare(const struct draft *d, const mn_snapshot_sum *sum)
{
	char hex[65];

	sodium_bin2hex(hex, sizeof(hex), sum->all, sizeof(sum->all));
	if (!memmem(d->tail, d->ntail, hex, sizeof(hex) - 1))
		return not_the_same(d, "has another hash than what was written");
	if (sum->rows[MN_NEURON] + 1 != d->counted.neurons
		|| sum->rows[MN_SYNAPSE] != d->counted.synapses
		|| sum->rows[MN_FIBER] != d->counted.fibers)
		return not_the_same(d, "has not as many rows as the brain counts");
	return MN_OK;
}

static int read_through(struct draft *d, const mn_source *from)
{
	mn_snapin in;
	mn_snapline row;
	bool more = true;
	int rc = mn_snapin_open(&in, d->call, from, NULL, 0);

	while (rc == MN_OK && more) {
		rc = mn_check(d->call);
		if (rc == MN_OK)
			rc = mn_snapin_next(&in, &row, &more);
	}
	if (rc == MN_OK)
		rc = compare(d, &in.sum);
	mn_snapin_close(&in);
	return rc;
}

/* From the disk, as far as the system can be told so. */
static int prove(struct draft *d)
{
	const mn_source file = {d, read_file, mn_str_of(d->path)};
	mn_zst_in zst;
	mn_source unpacked;
	int rc;

	posix_fadvise(d->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (lseek(d->fd, 0, SEEK_SET) != 0)
		return failed(d, "read back", d->path);
	rc = mn_zst_in_open(&zst, d->call, &file, d->bytes);
	if (rc)
		return rc;
	unpacked = mn_zst_source(&zst);
	rc = read_through(d, &unpacked);
	mn_zst_in_close(&zst);
	return rc;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static int name_it(struct draft *d, char name[MN_VAULT_NAME])
{
	const mn_vault *v = d->vault;
	const mn_time now = mn_engine_now(mn_brain_engine(d->brain));
	const mn_date day = mn_iso_date(now);
	const int second = (int)((now - mn_iso_midnight(day)) / 1000000);

	snprintf(name, MN_VAULT_NAME, "%s.%s.%04d%02d%02dT%02d%02d%02dZ" SUFFIX, v->name, v->mark,
		day.year, day.month, day.day, second / 3600, second / 60 % 60, second % 60);
	if (renameat(v->dir, d->path, v->dir, name) != 0 || fsync(v->dir) != 0)
		return failed(d, "write", name);
	return MN_OK;
}

/* Deletes all but the newest `keep`, of which the new one is one whatever the clock says. */
static int rotate(const struct draft *d, uint64_t keep, const char *name)
{
	mn_strs all = {.n = 0};
	uint64_t kept = 1;
	int rc = mn_vault_list(d->vault, d->call, &all);

	for (size_t i = 0; rc == MN_OK && i < all.n; i++) {
		if (mn_str_is(all.at[i], name) || kept++ < keep)
			continue;
		if (unlinkat(d->vault->dir, all.at[i].ptr, 0) != 0 && errno != ENOENT)
			rc = failed(d, "delete", all.at[i].ptr);
	}
	if (rc == MN_OK && all.n > keep && fsync(d->vault->dir) != 0)
		rc = failed(d, "write", "");
	return rc;
}

/* What a run that was killed left behind goes first: it holds this brain's lock no more. */
static int open_draft(struct draft *d)
{
	snprintf(d->path, sizeof(d->path), ".%s.part", d->vault->mark);
	if (unlinkat(d->vault->dir, d->path, 0) != 0 && errno != ENOENT)
		return failed(d, "delete", d->path);
	d->fd = openat(
		d->vault->dir, d->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return d->fd < 0 ? failed(d, "write", d->path) : MN_OK;
}

int mn_vault_add(mn_brain *b, mn_call *call, uint64_t keep, const mn_progress *progress,
	char name[MN_VAULT_NAME])
{
	mn_vault v = {.dir = -1};
	struct draft d = {.vault = &v, .brain = b, .call = call, .progress = progress, .fd = -1};
	int rc = mn_vault_open(b, call, &v);

	if (rc)
		return rc;
	rc = open_draft(&d);
	if (rc == MN_OK)
		rc = write_whole(&d);
	if (rc == MN_OK)
		rc = prove(&d);
	if (rc == MN_OK)
		rc = name_it(&d, name);
	if (rc && d.fd >= 0)
		unlinkat(v.dir, d.path, 0);
	if (d.fd >= 0)
		close(d.fd);
	if (rc == MN_OK)
		rc = rotate(&d, keep, name);
	mn_vault_close(&v);
	return rc;
}
