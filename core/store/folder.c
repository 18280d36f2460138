/* SPDX-License-Identifier: MIT */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST_LINKS 40

/* How far a walk has come: `at` is the folder reached, `left` what remains of the path. */
struct walk {
	int at, links;
	char left[PATH_MAX];
	char part[NAME_MAX + 1];
	char *why;
};

static int refuse(char *why, int native, const char *fmt, ...) MN_PRINTF(3, 4);

static int refuse(char *why, int native, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, MN_WHY, fmt, args);
	va_end(args);
	errno = native;
	return -1;
}

/* Is the group the user's own: named like him, with no other member? */
static bool private_group(gid_t gid)
{
	struct passwd user, *u = NULL;
	struct group group, *g = NULL;
	char names[1024], members[4096];

	if (gid == 0)
		return true;
	if (getpwuid_r(geteuid(), &user, names, sizeof(names), &u) || !u || u->pw_gid != gid)
		return false;
	if (getgrgid_r(gid, &group, members, sizeof(members), &g) || !g
		|| strcmp(g->gr_name, u->pw_name) != 0)
		return false;
	for (char **m = g->gr_mem; *m; m++)
		if (strcmp(*m, u->pw_name) != 0)
			return false;
	return true;
}

static int check_owner(const struct stat *s, const char *name, bool sticky_will_do, char *why)
{
	if (s->st_uid != 0 && s->st_uid != geteuid())
		return refuse(why, EPERM, "unsafe: %.100s belongs to user %u, not to you or root",
			name, (unsigned)s->st_uid);
	if (sticky_will_do && (s->st_mode & S_ISVTX))
		return 0;
	if (s->st_mode & S_IWOTH)
		return refuse(why, EPERM,
			"unsafe: everybody may write to %.100s; chmod o-w takes that away", name);
	if ((s->st_mode & S_IWGRP) && !private_group(s->st_gid))
		return refuse(why, EPERM,
			"unsafe: a group may write to %.100s; chmod g-w takes that away", name);
	return 0;
}

/* Takes the next component off the path; false at its end. */
static bool next_part(struct walk *w)
{
	size_t skip = strspn(w->left, "/"), n = strcspn(w->left + skip, "/");

	if (n == 0)
		return false;
	n = n < NAME_MAX ? n : NAME_MAX;
	memcpy(w->part, w->left + skip, n);
	w->part[n] = '\0';
	memmove(w->left, w->left + skip + n, strlen(w->left + skip + n) + 1);
	return true;
}

/* Puts a link's target before what is left of the path. */
static int follow(struct walk *w)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlinkat(w->at, w->part, target, sizeof(target) - 1);
	int root;

	if (n <= 0 || ++w->links > MOST_LINKS)
		return refuse(w->why, ELOOP, "cannot follow the link %.100s", w->part);
	target[n] = '\0';
	memcpy(rest, w->left, sizeof(rest));
	if (snprintf(w->left, sizeof(w->left), "%s/%s", target, rest) >= (int)sizeof(w->left))
		return refuse(w->why, ENAMETOOLONG, "the path is too long");
	if (target[0] != '/')
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return refuse(w->why, errno, "cannot open /");
	close(w->at);
	w->at = root;
	return 0;
}

static int step(struct walk *w)
{
	int fd = openat(w->at, w->part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat s;

	if (fd < 0 || fstat(fd, &s) != 0) {
		int native = errno;

		if (fd >= 0)
			close(fd);
		return refuse(w->why, native,
			native == ENOENT ? "no such folder: %.100s is missing"
					 : "cannot open %.100s",
			w->part);
	}
	if (S_ISLNK(s.st_mode)) {
		close(fd); /* its folder is safe, so nobody but its owner can have made it */
		return follow(w);
	}
	if (!S_ISDIR(s.st_mode)) {
		close(fd);
		return refuse(w->why, ENOTDIR, "%.100s is not a folder", w->part);
	}
	close(w->at);
	w->at = fd;
	return check_owner(&s, w->part, true, w->why);
}

int mn_folder_open(const char *path, char why[MN_WHY])
{
	struct walk w = {.why = why};
	int fd = -1;

	if (path[0] != '/')
		return refuse(why, EINVAL, "the folder's path must be absolute");
	if (snprintf(w.left, sizeof(w.left), "%s", path) >= (int)sizeof(w.left))
		return refuse(why, ENAMETOOLONG, "the path is too long");
	w.at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w.at < 0)
		return refuse(why, errno, "cannot open /");
	while (next_part(&w))
		if (step(&w) != 0)
			goto done;
	fd = openat(w.at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		refuse(why, errno, "cannot read the folder: %s", strerrordesc_np(errno));
done:
	close(w.at);
	return fd;
}

int mn_folder_file(int folder, const char *name, struct stat *out, char why[MN_WHY])
{
	/* O_NONBLOCK: a FIFO of that name must not hold us up. */
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return refuse(why, errno,
			errno == ELOOP ? "unsafe: a symbolic link%.0s" : "cannot be opened: %s",
			strerrordesc_np(errno));
	if (fstat(fd, out) != 0 || !S_ISREG(out->st_mode)) {
		close(fd);
		return refuse(why, EINVAL, "unsafe: not a regular file");
	}
	if (check_owner(out, "the file", false, why) != 0) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}
