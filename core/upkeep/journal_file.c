/* SPDX-License-Identifier: MIT */
#include "upkeep/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "store/brain.h"

enum { NAME_BYTES = 16 };

static int no_folder(mn_call *call, mn_str path, int code)
{
	return mn_fail(call, MN_EIO, code,
		"cannot use the folder %.*s for the journal of maintenance: %s; give another with "
		"XDG_STATE_HOME",
		MN_FMT(path), strerror(code));
}

/* The folder that the options or the environment name, not made yet. */
static mn_str state_dir(mn_engine *e, mn_call *call)
{
	const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
	mn_str dir = e->options.state_dir;

	if (dir.len)
		return dir;
	if (state && *state == '/')
		dir = mn_arena_printf(call->arena, "%s/mnemoscope", state);
	else if (home && *home == '/')
		dir = mn_arena_printf(call->arena, "%s/.local/state/mnemoscope", home);
	else
		mn_fail(call, MN_EIO, 0,
			"there is no place for the journal of maintenance: set HOME or "
			"XDG_STATE_HOME to an absolute path");
	return dir;
}

/* Every folder on the way to path, 0700; what is there stays as it is. */
static int make_folders(mn_call *call, mn_str path)
{
	char name[4096];

	if (path.len == 0 || path.len >= sizeof(name))
		return no_folder(call, path, ENAMETOOLONG);
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	for (char *p = name + 1;; p++) {
		const char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(name, 0700) != 0 && errno != EEXIST)
			return no_folder(call, path, errno);
		*p = c;
		if (!c)
			return MN_OK;
	}
}

/* A file of ours in it: made if it is missing, never through a link. */
static int touch(mn_call *call, const char *path, int *out)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return no_folder(call, mn_str_of(path), errno);
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

/* Equal for a brain whatever it is called and however its store is reached. */
static int name_of(mn_brain *b, mn_call *call, char out[2 * NAME_BYTES + 1])
{
	unsigned char digest[NAME_BYTES];
	mn_brain_row row;
	crypto_generichash_state state;
	int rc = mn_brain_describe(b, call, &row);

	if (rc)
		return rc;
	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(
		&state, (const unsigned char *)&call->at.epoch, sizeof(call->at.epoch));
	crypto_generichash_update(&state, (const unsigned char *)row.uid.ptr, row.uid.len);
	crypto_generichash_final(&state, digest, sizeof(digest));
	sodium_bin2hex(out, 2 * NAME_BYTES + 1, digest, sizeof(digest));
	return MN_OK;
}

int mn_journal_place(mn_brain *b, mn_call *call, mn_str *path, int *lock_fd)
{
	char name[2 * NAME_BYTES + 1];
	mn_str dir = state_dir(b->store->engine, call), file, lock;
	int fd = -1, rc = dir.ptr ? name_of(b, call, name) : call->err->code;

	if (rc)
		return rc;
	dir = mn_arena_printf(call->arena, "%.*s/runs", (int)dir.len, dir.ptr);
	file = mn_arena_printf(call->arena, "%s/%s.journal", dir.ptr ? dir.ptr : "", name);
	lock = mn_arena_printf(call->arena, "%s/%s.lock", dir.ptr ? dir.ptr : "", name);
	if (!dir.ptr || !file.ptr || !lock.ptr)
		return mn_fail_memory(call);
	rc = make_folders(call, dir);
	if (rc == MN_OK)
		rc = touch(call, file.ptr, &fd);
	if (rc)
		return rc;
	close(fd);
	*path = file;
	return touch(call, lock.ptr, lock_fd);
}
