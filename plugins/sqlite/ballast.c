/* SPDX-License-Identifier: MIT */
#include "ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BALLAST ".ballast"
#define BYTES (1 << 20)
#define PLENTY (UINT64_C(64) << 20) /* a disk with less is not made fuller */

void ballast_load(const mn_db *db)
{
	struct statvfs fs;
	int fd;

	if (fstatvfs(db->fd, &fs) != 0 || (uint64_t)fs.f_bavail * fs.f_frsize < PLENTY)
		return;
	fd = openat(db->fd, BALLAST, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (posix_fallocate(fd, 0, BYTES) != 0)
		unlinkat(db->fd, BALLAST, 0);
	close(fd);
}

bool ballast_drop(const mn_db *db)
{
	return unlinkat(db->fd, BALLAST, 0) == 0;
}

bool ballast_would_help(const mn_call *call, const mn_change *change, size_t n)
{
	const int native = call->err->native & 0xFF;

	if (call->err->code != MN_EIO || (native != SQLITE_FULL && native != ENOSPC))
		return false;
	for (size_t i = 0; i < n; i++)
		if (change[i].op != MN_DROP)
			return false;
	return true;
}
