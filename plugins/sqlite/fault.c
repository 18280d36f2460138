/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <errno.h>
#include <string.h>

#define LONGEST_PATH 90

const char *fault_path(const char *path)
{
	size_t len = strlen(path);
	const char *p;

	if (len <= LONGEST_PATH)
		return path;
	p = path + len - LONGEST_PATH;
	while (((unsigned char)*p & 0xC0) == 0x80) /* not in the middle of a character */
		p++;
	return p;
}

int fault_memory(const mn_host *host, mn_call *call)
{
	return host->fail(
		call, MN_ENOMEM, 0, "out of memory: close other programs, or ask for less");
}

int fault_corrupt(const mn_host *host, mn_call *call, const char *path, const char *what)
{
	return host->fail(call, MN_ECORRUPT, 0, "%s is damaged (%s): restore it from a copy",
		fault_path(path), what);
}

static int disk_full(const mn_host *host, mn_call *call, int native, const char *path)
{
	return host->fail(call, MN_EIO, native,
		"%s: the disk is full, so this was not written and nothing else was lost: free "
		"some space and try again",
		fault_path(path));
}

static bool means_full(int number)
{
	return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

int fault_errno(const mn_host *host, mn_call *call, int number, const char *doing, const char *path)
{
	const char *shown = fault_path(path);

	if (number == ENOMEM)
		return fault_memory(host, call);
	if (means_full(number))
		return disk_full(host, call, number, path);
	if (number == EROFS || number == EACCES || number == EPERM)
		return host->fail(call, MN_EIO, number,
			"cannot %s %s: %s: check who owns it and its rights", doing, shown,
			strerror(number));
	if (number == ELOOP)
		return host->fail(call, MN_EIO, number,
			"cannot %s %s: it is a symbolic link, which is not followed here", doing,
			shown);
	return host->fail(call, MN_EIO, number, "cannot %s %s: %s", doing, shown, strerror(number));
}

/* sqlite3_system_errno says nothing of a write that failed, but errno still does: conn_begin set it
 * to 0. */
static int io_error(const mn_host *host, mn_call *call, const char *path, int rc)
{
	int number = errno;

	if (rc == SQLITE_IOERR_NOMEM)
		return fault_memory(host, call);
	if (means_full(number))
		return disk_full(host, call, number, path);
	return host->fail(call, MN_EIO, rc, "%s: reading or writing failed (%s): check the disk",
		fault_path(path), number ? strerror(number) : sqlite3_errstr(rc));
}

static int busy(const mn_host *host, mn_call *call, const char *path, int rc)
{
	if (host->cancelled(call))
		return host->fail_cancelled(call);
	return host->fail(call, MN_EBUSY, rc,
		"%s: another program has been writing to it all the while: try again later",
		fault_path(path));
}

int fault_sqlite(const mn_host *host, mn_call *call, sqlite3 *sql, const char *path, int rc)
{
	const char *shown = fault_path(path);

	switch (rc & 0xFF) {
	case SQLITE_NOMEM: return fault_memory(host, call);
	case SQLITE_INTERRUPT:
	case SQLITE_ABORT:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL: return busy(host, call, path, rc);
	case SQLITE_FULL: return disk_full(host, call, rc, path);
	case SQLITE_IOERR: return io_error(host, call, path, rc);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return host->fail(call, MN_EREADONLY, rc,
			"%s cannot be written: check its rights and those of its folder", shown);
	case SQLITE_CANTOPEN:
		return host->fail(call, MN_EIO, rc,
			"%s or what lies beside it (-wal, -shm) cannot be opened: check the "
			"rights of the files and their folder",
			shown);
	case SQLITE_NOTADB:
		return host->fail(call, MN_ECORRUPT, rc,
			"%s is not a brain, or its beginning was overwritten: restore it", shown);
	case SQLITE_CORRUPT:
		return host->fail(call, MN_ECORRUPT, rc,
			"%s is damaged: restore it from a copy, or save what can be read with "
			"\"mnemoscope doctor --salvage NAME\"",
			shown);
	case SQLITE_TOOBIG:
		return host->fail(call, MN_EINVAL, rc, "a text or a list is too large for a brain");
	default:
		return host->fail(call, MN_EIO, rc, "%s: %s", shown,
			sql ? sqlite3_errmsg(sql) : sqlite3_errstr(rc));
	}
}
