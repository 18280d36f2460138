/* SPDX-License-Identifier: MIT */
#include "server/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "place.h"

#define FILE_MOST ((size_t)4 << 20)
#define PREFIX "mnt_"

static const char *const right_names[] = {
	[MN_RIGHT_READ] = "read", [MN_RIGHT_WRITE] = "write", [MN_RIGHT_ADMIN] = "admin"};

/* ---- Readings ----------------------------------------------------------------------------- */

static mn_keyring *new_tokens(void)
{
	mn_keyring *t = mn_alloc_zero(1, sizeof(*t));

	if (!t)
		return NULL;
	t->arena = mn_arena_new(FILE_MOST * 4);
	if (t->arena)
		t->at = mn_arena_array(t->arena, MN_KEYRING_MOST, sizeof(*t->at));
	if (!t->at) {
		mn_arena_free(t->arena);
		mn_free(t);
		return NULL;
	}
	t->cap = MN_KEYRING_MOST;
	t->holders = 1;
	return t;
}

void mn_keyring_hold(mn_keyring *t)
{
	if (t)
		__atomic_add_fetch(&t->holders, 1, __ATOMIC_RELAXED);
}

void mn_keyring_drop(mn_keyring *t)
{
	if (!t || __atomic_sub_fetch(&t->holders, 1, __ATOMIC_ACQ_REL))
		return;
	sodium_memzero(t->key, sizeof(t->key));
	mn_arena_free(t->arena);
	mn_free(t);
}

/* ---- Who, and what ------------------------------------------------------------------------ */

static void hash_of(const mn_keyring *t, mn_str text, unsigned char out[MN_TOKEN_HASH])
{
	crypto_generichash(out, MN_TOKEN_HASH, (const unsigned char *)text.ptr, text.len, t->key,
		sizeof(t->key));
}

const mn_keyring_entry *mn_keyring_find(const mn_keyring *t, mn_str token)
{
	const mn_keyring_entry *found = NULL;
	unsigned char hash[MN_TOKEN_HASH];

	hash_of(t, token, hash);
	for (size_t i = 0; i < t->n; i++)
		if (sodium_memcmp(hash, t->at[i].hash, sizeof(hash)) == 0)
			found = &t->at[i];
	return found;
}

const mn_keyring_entry *mn_keyring_named(const mn_keyring *t, mn_str name)
{
	for (size_t i = 0; i < t->n; i++)
		if (mn_str_eq(t->at[i].name, name))
			return &t->at[i];
	return NULL;
}

bool mn_keyring_may(const mn_keyring_entry *e, int right, mn_str brain)
{
	for (int r = right; r <= MN_RIGHT_ADMIN; r++)
		for (size_t i = 0; i < e->brains[r].n; i++)
			if (mn_str_is(e->brains[r].at[i], "*")
				|| (brain.len && mn_str_eq(e->brains[r].at[i], brain)))
				return true;
	return right == MN_RIGHT_NONE;
}

bool mn_keyring_any(const mn_keyring_entry *e, int right)
{
	for (int r = right; r <= MN_RIGHT_ADMIN; r++)
		if (e->brains[r].n)
			return true;
	return right == MN_RIGHT_NONE;
}

/* ---- The file, read ----------------------------------------------------------------------- */

static int broken(const char *path, mn_error *err, const char *why)
{
	return mn_error_set(err, MN_ECORRUPT, 0, "%.120s is not a file of tokens: %s", path, why);
}

static bool read_hex(mn_str text, unsigned char out[MN_TOKEN_HASH])
{
	size_t n = 0;

	return text.ptr
	       && sodium_hex2bin(out, MN_TOKEN_HASH, text.ptr, text.len, NULL, &n, NULL) == 0
	       && n == MN_TOKEN_HASH;
}

static bool read_brains(mn_keyring *t, const json_t *list, mn_strs *out)
{
	size_t n = json_array_size(list);
	mn_str *at = mn_arena_array(t->arena, n + 1, sizeof(*at));

	if (!at || (list && !json_is_array(list)))
		return false;
	for (size_t i = 0; i < n; i++) {
		at[i] = mn_arena_copy(t->arena, mn_json_str(json_array_get(list, i)));
		if (!at[i].ptr || at[i].len == 0)
			return false;
	}
	*out = (mn_strs){at, n};
	return true;
}

static bool read_entry(mn_keyring *t, const json_t *from)
{
	mn_keyring_entry *e = &t->at[t->n];
	mn_str name = mn_json_str(json_object_get(from, "name"));
	mn_str created = mn_json_str(json_object_get(from, "created"));

	if (t->n == t->cap || !name.ptr || name.len == 0
		|| !read_hex(mn_json_str(json_object_get(from, "hash")), e->hash))
		return false;
	e->name = mn_arena_copy(t->arena, name);
	if (!e->name.ptr || (created.len && !mn_iso_read(created, &e->created)))
		return false;
	for (int r = MN_RIGHT_READ; r <= MN_RIGHT_ADMIN; r++)
		if (!read_brains(t, json_object_get(from, right_names[r]), &e->brains[r]))
			return false;
	t->n++;
	return true;
}

static int read_tree(mn_keyring *t, const char *path, const json_t *tree, mn_error *err)
{
	const json_t *list = json_object_get(tree, "tokens");

	if (json_integer_value(json_object_get(tree, "version")) != 1)
		return broken(path, err, "its version is unknown");
	if (!read_hex(mn_json_str(json_object_get(tree, "key")), t->key))
		return broken(path, err, "it has no key");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!read_entry(t, json_array_get(list, i)))
			return broken(path, err, "an entry is malformed");
	return MN_OK;
}

static int read_text(mn_keyring *t, const char *path, mn_str text, mn_error *err)
{
	char why[160];
	json_t *tree = NULL;
	int rc = mn_json_read(text, why, sizeof(why), &tree);

	if (rc)
		return broken(path, err, why);
	rc = read_tree(t, path, tree, err);
	json_decref(tree);
	return rc;
}

static int check_mode(int fd, const char *path, mn_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return mn_error_set(err, MN_EIO, errno, "cannot read %.120s", path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077)
		|| (st.st_uid != geteuid() && st.st_uid != 0))
		return mn_error_set(err, MN_EAUTH, 0,
			"%.120s has to be a file that nobody else may read: chmod 600 it", path);
	return (size_t)st.st_size <= FILE_MOST ? MN_OK : broken(path, err, "it is too large");
}

static int read_file(int fd, mn_keyring *t, const char *path, mn_error *err)
{
	mn_buf b = MN_BUF(FILE_MOST);
	char piece[4096];
	ssize_t n;
	int rc = check_mode(fd, path, err);

	while (rc == MN_OK && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = mn_error_set(err, MN_EIO, errno, "cannot read %.120s", path);
		else
			mn_buf_add(&b, piece, (size_t)n);
	}
	if (rc == MN_OK && !mn_buf_ok(&b))
		rc = mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	if (rc == MN_OK)
		rc = read_text(t, path, mn_buf_view(&b), err);
	mn_buf_free(&b);
	return rc;
}

int mn_keyring_read(const char *path, mn_error *err, mn_keyring **out)
{
	mn_keyring *t = new_tokens();
	int fd, rc;

	if (!t)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0) {
		rc = read_file(fd, t, path, err);
		close(fd);
	} else if (errno == ENOENT) {
		randombytes_buf(t->key, sizeof(t->key));
		rc = MN_OK;
	} else {
		rc = mn_error_set(
			err, MN_EIO, errno, "cannot read %.120s: %s", path, strerror(errno));
	}
	if (rc)
		mn_keyring_drop(t);
	else
		*out = t;
	return rc;
}

/* ---- The file, written -------------------------------------------------------------------- */

static void add_hex(mn_buf *b, const unsigned char bytes[MN_TOKEN_HASH])
{
	char hex[MN_TOKEN_HASH * 2 + 1];

	sodium_bin2hex(hex, sizeof(hex), bytes, MN_TOKEN_HASH);
	mn_buf_json(b, mn_str_of(hex));
}

static void add_entry(mn_buf *b, const mn_keyring_entry *e)
{
	char when[MN_ISO_ROOM];

	mn_buf_text(b, "\n{\"name\":");
	mn_buf_json(b, e->name);
	mn_buf_text(b, ",\"hash\":");
	add_hex(b, e->hash);
	mn_iso_write(e->created, when);
	mn_buf_printf(b, ",\"created\":\"%s\"", when);
	for (int r = MN_RIGHT_READ; r <= MN_RIGHT_ADMIN; r++) {
		mn_buf_printf(b, ",\"%s\":[", right_names[r]);
		for (size_t i = 0; i < e->brains[r].n; i++) {
			mn_buf_text(b, i ? "," : "");
			mn_buf_json(b, e->brains[r].at[i]);
		}
		mn_buf_char(b, ']');
	}
	mn_buf_char(b, '}');
}

static int write_file(const mn_keyring *t, const char *path, mn_error *err)
{
	mn_buf b = MN_BUF(FILE_MOST);
	mn_place place;
	int rc;

	mn_buf_text(&b, "{\"version\":1,\"key\":");
	add_hex(&b, t->key);
	mn_buf_text(&b, ",\"tokens\":[");
	for (size_t i = 0; i < t->n; i++) {
		mn_buf_text(&b, i ? "," : "");
		add_entry(&b, &t->at[i]);
	}
	mn_buf_text(&b, "]}\n");
	if (!mn_buf_ok(&b))
		rc = mn_error_set(err, MN_ENOMEM, 0, "the file of tokens would be too large");
	else
		rc = mn_place_open(&place, t->arena, path, true, err);
	if (rc == MN_OK) {
		rc = mn_place_write(&place, b.ptr, b.len, err);
		if (rc == MN_OK)
			rc = mn_place_keep(&place, err);
		else
			mn_place_drop(&place);
	}
	mn_buf_free(&b);
	return rc;
}

/* The file's folder, made if it is missing, and locked; a descriptor, or -1. */
static int lock_folder(const char *path, mn_error *err)
{
	const char *slash = strrchr(path, '/');
	char folder[4096] = ".";
	int fd;

	if (slash && (size_t)(slash - path) >= sizeof(folder)) {
		mn_error_set(err, MN_EIO, ENAMETOOLONG, "cannot open %.120s: the path is too long",
			path);
		return -1;
	}
	if (slash == path) {
		folder[0] = '/';
	} else if (slash) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
		for (char *at = folder + 1; (at = strchr(at, '/')); *at++ = '/') {
			*at = '\0';
			mkdir(folder, 0700);
		}
		mkdir(folder, 0700);
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		mn_error_set(err, MN_EIO, errno, "cannot open %.120s: %s", folder, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int mn_keyring_change(const char *path, int (*change)(mn_keyring *, void *ctx, mn_error *),
	void *ctx, mn_error *err)
{
	mn_keyring *t = NULL;
	int rc, lock = lock_folder(path, err);

	if (lock < 0)
		return MN_EIO;
	rc = mn_keyring_read(path, err, &t);
	if (rc == MN_OK)
		rc = change(t, ctx, err);
	if (rc == MN_OK)
		rc = write_file(t, path, err);
	mn_keyring_drop(t);
	close(lock);
	return rc;
}

int mn_keyring_add(
	mn_keyring *t, const mn_keyring_entry *e, char text[MN_TOKEN_TEXT], mn_error *err)
{
	unsigned char lot[32];
	size_t n = sizeof(PREFIX) - 1;

	if (mn_keyring_named(t, e->name))
		return mn_error_set(err, MN_ECONFLICT, 0,
			"there is a token \"%.*s\" already: revoke it first, or choose another name",
			MN_FMT(e->name));
	if (t->n == t->cap)
		return mn_error_set(
			err, MN_ENOMEM, 0, "there are %d tokens already", MN_KEYRING_MOST);
	randombytes_buf(lot, sizeof(lot));
	memcpy(text, PREFIX, n);
	sodium_bin2base64(text + n, MN_TOKEN_TEXT - n, lot, sizeof(lot),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(lot, sizeof(lot));
	t->at[t->n] = *e;
	hash_of(t, mn_str_of(text), t->at[t->n].hash);
	t->n++;
	return MN_OK;
}

bool mn_keyring_remove(mn_keyring *t, mn_str name)
{
	for (size_t i = 0; i < t->n; i++)
		if (mn_str_eq(t->at[i].name, name)) {
			memmove(&t->at[i], &t->at[i + 1], (t->n - i - 1) * sizeof(*t->at));
			t->n--;
			return true;
		}
	return false;
}

mn_str mn_keyring_path(mn_arena *arena, mn_str config_file)
{
	const char *slash = memrchr(config_file.ptr, '/', config_file.len);
	size_t n = slash ? (size_t)(slash - config_file.ptr) + 1 : 0;

	return mn_arena_printf(arena, "%.*stokens", (int)n, config_file.ptr);
}
