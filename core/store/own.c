/* SPDX-License-Identifier: MIT */
/* own.c - where this program's own parts are: plugins, and the host of scripts. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/folder.h"

/* Takes the last n components off a path; false: there are not so many. */
static bool shorten(char *path, int n)
{
	while (n--) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			return false;
		*slash = '\0';
	}
	return true;
}

bool mn_folder_own(unsigned i, const char *part, char out[PATH_MAX])
{
	static const char build[] = MN_BUILD_ROOT "/";
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int len;

	exe[n > 0 ? n : 0] = '\0';
	if (strncmp(exe, build, sizeof(build) - 1) == 0) {
		len = i == 0 ? snprintf(out, PATH_MAX, "%s%s", build, part) : -1;
		return len > 0 && len < PATH_MAX;
	}
	if (i == 0 && shorten(exe, 2)) { /* PREFIX/bin/mnemoscope */
		len = snprintf(out, PATH_MAX, "%s/" MN_PLUGINS_UNDER_PREFIX, exe);
		return len > 0 && len < PATH_MAX;
	}
	if (i > 1)
		return false;
	snprintf(out, PATH_MAX, "%s", MN_PLUGIN_DIR);
	return true;
}
