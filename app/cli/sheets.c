/* SPDX-License-Identifier: MIT */
#include "cli/sheets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/str.h"
#include "stream.h"

static const struct {
	const char *name;
	int kind;
} sheets[] = {{"neurons.csv", MN_NEURON}, {"synapses.csv", MN_SYNAPSE}, {"fibers.csv", MN_FIBER}};

enum { SHEETS = sizeof(sheets) / sizeof(*sheets) };

static int fail(mn_session *s, const char *path)
{
	const int code = errno == EEXIST || errno == ENOTEMPTY ? MN_ECONFLICT : MN_EIO;

	return mn_fail(&s->call, code, errno, "cannot make %.80s: %s", path, strerror(errno));
}

static int write_sheet(mn_session *s, const char *path, int kind, const mn_progress *progress)
{
	mn_export_options o = MN_SIZED(mn_export_options);
	mn_output to;
	mn_sink sink;
	int rc = mn_output_open(&to, s->app, mn_str_of(path), false, s->call.err);

	if (rc)
		return rc;
	o.format = MN_FORMAT_CSV;
	o.kind = kind;
	o.progress = *progress;
	sink = mn_output_sink(&to);
	rc = mn_export(s->brain, &s->call, &o, &sink);
	return mn_output_close(&to, rc, s->call.err);
}

/* All of them belong to one generation. */
static int fill(mn_session *s, const char *folder, const mn_progress *progress)
{
	mn_gen first = {0};
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < SHEETS; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", folder, sheets[i].name);
		rc = write_sheet(s, path, sheets[i].kind, progress);
		if (i == 0)
			first = s->call.at;
		if (rc == MN_OK
			&& (s->call.at.epoch != first.epoch || s->call.at.graph != first.graph))
			rc = mn_fail(&s->call, MN_ESTALE, 0,
				"the brain was written to while it was exported: export it again");
	}
	return rc;
}

static void clear(const char *folder)
{
	for (size_t i = 0; i < SHEETS; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", folder, sheets[i].name);
		unlink(path);
	}
	rmdir(folder);
}

/* Gives the folder its name, which nobody may have. */
static int settle(mn_session *s, const char *folder, const char *path)
{
	int rc = renameat2(AT_FDCWD, folder, AT_FDCWD, path, RENAME_NOREPLACE);

	if (rc && errno == EINVAL) /* a file system without the flag: an empty folder is replaced */
		rc = rename(folder, path);
	return rc ? fail(s, path) : MN_OK;
}

int mn_sheets_write(mn_session *s, mn_str path, const mn_progress *progress)
{
	char folder[PATH_MAX], name[PATH_MAX];
	struct stat st;
	int rc;

	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (path.len == 0 || mn_str_is(path, "-") || path.len + 40 > sizeof(name))
		return mn_fail(&s->call, MN_EINVAL, 0,
			"CSV is three files: say in which folder, with --output FOLDER");
	snprintf(name, sizeof(name), "%.*s", (int)path.len, path.ptr);
	if (lstat(name, &st) == 0) {
		errno = EEXIST;
		return fail(s, name);
	}
	snprintf(folder, sizeof(folder), "%s.XXXXXX", name);
	if (!mkdtemp(folder))
		return fail(s, name);
	rc = fill(s, folder, progress);
	if (rc == MN_OK)
		rc = settle(s, folder, name);
	if (rc)
		clear(folder);
	return rc;
}
