/* SPDX-License-Identifier: MIT */
#include "upkeep/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "store/brain.h"
#include "upkeep/folder.h"

/* A file of ours in it: made if it is missing, never through a link. */
static int touch(mn_call *call, const char *path, int *out)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return mn_folder_bad(call, mn_str_of(path), errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid()
		|| (st.st_mode & 077)) {
		close(fd);
		return mn_fail(call, MN_EAUTH, 0,
			"%s must be a file of this user's that nobody else may read: chmod 600 it, "
			"or move it away",
			path);
	}
	*out = fd;
	return MN_OK;
}

int mn_journal_place(mn_brain *b, mn_call *call, mn_str *path, int *lock_fd)
{
	char name[MN_MARK_ROOM];
	mn_str dir = {NULL, 0}, file, lock;
	int fd = -1, rc = mn_folder_mark(b, call, name);

	if (rc == MN_OK)
		rc = mn_folder_make(mn_brain_engine(b), call, "runs", &dir);
	if (rc)
		return rc;
	file = mn_arena_printf(call->arena, "%s/%s.journal", dir.ptr, name);
	lock = mn_arena_printf(call->arena, "%s/%s.lock", dir.ptr, name);
	if (!file.ptr || !lock.ptr)
		return mn_fail_memory(call);
	rc = touch(call, file.ptr, &fd);
	if (rc)
		return rc;
	close(fd);
	*path = file;
	return touch(call, lock.ptr, lock_fd);
}

void mn_journal_discard(mn_engine *e, mn_call *call, uint64_t epoch, mn_str uid)
{
	static const char *const suffixes[] = {"journal", "journal-wal", "journal-shm", "lock"};
	const mn_error before = *call->err;
	char name[MN_MARK_ROOM];
	mn_str dir;
	int rc = mn_folder_path(e, call, "runs", &dir);

	mn_folder_mark_of(epoch, uid, name);
	for (size_t i = 0; rc == MN_OK && i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		const mn_str path = mn_arena_printf(
			call->arena, "%s/%s.%s", dir.ptr, name, suffixes[i]);

		if (path.ptr)
			unlink(path.ptr);
	}
	*call->err = before;
}
