/* SPDX-License-Identifier: MIT */
#include "upkeep/folder.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "store/brain.h"

enum { MARK_BYTES = 16 };

int mn_folder_bad(mn_call *call, mn_str path, int code)
{
	return mn_fail(call, MN_EIO, code,
		"cannot use the folder %.*s for maintenance: %s; give another with "
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
			"there is no place for what maintenance keeps: set HOME or "
			"XDG_STATE_HOME to an absolute path");
	return dir;
}

/* Every folder on the way to path, 0700; what is there stays as it is. */
static int make_folders(mn_call *call, mn_str path)
{
	char name[4096];

	if (path.len == 0 || path.len >= sizeof(name))
		return mn_folder_bad(call, path, ENAMETOOLONG);
	memcpy(name, path.ptr, path.len);
	name[path.len] = '\0';
	for (char *p = name + 1;; p++) {
		const char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(name, 0700) != 0 && errno != EEXIST)
			return mn_folder_bad(call, path, errno);
		*p = c;
		if (!c)
			return MN_OK;
	}
}

int mn_folder_path(mn_engine *e, mn_call *call, const char *name, mn_str *path)
{
	const mn_str dir = state_dir(e, call);

	if (!dir.ptr)
		return call->err->code ? call->err->code : mn_fail_memory(call);
	*path = mn_arena_printf(call->arena, "%.*s/%s", (int)dir.len, dir.ptr, name);
	return path->ptr ? MN_OK : mn_fail_memory(call);
}

int mn_folder_make(mn_engine *e, mn_call *call, const char *name, mn_str *path)
{
	const int rc = mn_folder_path(e, call, name, path);

	return rc ? rc : make_folders(call, *path);
}

void mn_folder_mark_of(uint64_t epoch, mn_str uid, char out[MN_MARK_ROOM])
{
	unsigned char digest[MARK_BYTES];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(&state, (const unsigned char *)&epoch, sizeof(epoch));
	crypto_generichash_update(&state, (const unsigned char *)uid.ptr, uid.len);
	crypto_generichash_final(&state, digest, sizeof(digest));
	sodium_bin2hex(out, MN_MARK_ROOM, digest, sizeof(digest));
}

int mn_folder_mark(mn_brain *b, mn_call *call, char out[MN_MARK_ROOM])
{
	mn_brain_row row;
	const int rc = mn_brain_describe(b, call, &row);

	if (rc == MN_OK)
		mn_folder_mark_of(call->at.epoch, row.uid, out);
	return rc;
}
