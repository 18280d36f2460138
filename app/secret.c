/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "keyfile.h"

int mn_secrets_init(mn_secrets *s, mn_arena *arena, mn_error *err)
{
	mn_str path = mn_keyfile_xdg(arena, "XDG_CONFIG_HOME", ".config", "mnemoscope/credentials");

	if (!path.ptr)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	if (path.len >= sizeof(s->file))
		return mn_error_set(err, MN_EINVAL, 0, "the path of the credentials is too long");
	memcpy(s->file, path.ptr, path.len + 1);
	return MN_OK;
}

/* ---- The file's text, wiped when it has been used ------------------------------------------ */

static int read_text(mn_secrets *s, char **out, size_t *n, mn_error *err)
{
	char *text = mn_alloc(MN_KEYFILE_MOST);
	int rc;

	if (!text)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	rc = mn_keyfile_read(s->file, true, text, n, err);
	if (rc) {
		sodium_memzero(text, MN_KEYFILE_MOST);
		mn_free(text);
		return rc;
	}
	*out = text;
	return MN_OK;
}

static void wipe_text(char *text)
{
	if (text)
		sodium_memzero(text, MN_KEYFILE_MOST);
	mn_free(text);
}

/* ---- Looking up ---------------------------------------------------------------------------- */

static size_t give(mn_str value, char *out, size_t room)
{
	if (value.len && value.len <= room)
		memcpy(out, value.ptr, value.len);
	return value.len;
}

static size_t find_in_file(mn_secrets *s, const char *name, char *out, size_t room)
{
	mn_error err = MN_SIZED(mn_error);
	mn_keyfile f = {0};
	mn_str key, value;
	char *text = NULL;
	size_t n = 0, found = 0;

	if (read_text(s, &text, &n, &err)) {
		if (!atomic_exchange(&s->told, true))
			fprintf(stderr, "mnemoscope: %s\n", err.text);
		return 0;
	}
	f.text = (mn_str){text, n};
	while (!found && mn_keyfile_line(&f))
		if (mn_keyfile_split(&f, &key, &value) && mn_str_is(key, name))
			found = give(value, out, room);
	wipe_text(text);
	return found;
}

size_t mn_secrets_find(void *ctx, const char *name, char *out, size_t room)
{
	size_t n = find_in_file(ctx, name, out, room);

	return n ? n : give(mn_str_of(secure_getenv(name)), out, room);
}

/* ---- Keeping ------------------------------------------------------------------------------- */

static bool is_key(mn_str key)
{
	bool good = key.len > 0 && key.len <= 64;

	for (size_t i = 0; i < key.len && good; i++)
		good = (key.ptr[i] >= 'A' && key.ptr[i] <= 'Z')
		       || (key.ptr[i] >= '0' && key.ptr[i] <= '9' && i) || key.ptr[i] == '_';
	return good;
}

static bool is_server(mn_str server)
{
	const char *colon = memrchr(server.ptr, ':', server.len);
	size_t host = colon ? (size_t)(colon - server.ptr) : 0, port = 0;
	bool good = host > 0 && host <= 255;

	for (size_t i = 0; i < host && good; i++)
		good = (unsigned char)server.ptr[i] > ' ' && !strchr("@=#/", server.ptr[i]);
	for (size_t i = host + 1; i < server.len && good; i++) {
		good = server.ptr[i] >= '0' && server.ptr[i] <= '9' && port < 65536;
		port = port * 10 + (size_t)(server.ptr[i] - '0');
	}
	return good && port > 0 && port < 65536;
}

int mn_secret_check(mn_str name, mn_error *err)
{
	const char *at = name.len ? memchr(name.ptr, '@', name.len) : NULL;
	mn_str key = mn_str_sub(name, 0, at ? (size_t)(at - name.ptr) : name.len);
	mn_str server = mn_str_sub(name, key.len + 1, SIZE_MAX);

	if (is_key(key) && (!at || is_server(server)))
		return MN_OK;
	return mn_error_set(err, MN_EINVAL, 0,
		"a secret is called KEY or KEY@HOST:PORT, such as NEO4J_PASSWORD@localhost:7474, "
		"not \"%.*s\"",
		MN_FMT(name));
}

static int check_value(mn_str value, mn_error *err)
{
	bool good = mn_text_valid(value) && value.len <= MN_SECRET_MOST;

	for (size_t i = 0; i < value.len && good; i++)
		good = (unsigned char)value.ptr[i] >= ' ' && value.ptr[i] != 0x7f;
	if (value.len && (value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' '))
		good = false;
	return good ? MN_OK
		    : mn_error_set(err, MN_EINVAL, 0,
			    "this value cannot be kept: it must be one line of UTF-8 of at most "
			    "%d bytes, without blanks at its ends",
			    MN_SECRET_MOST);
}

/* The old text with the line of that name replaced, or the new line at the end. */
static void compose(mn_buf *b, mn_str old, mn_str name, mn_str value, bool *known)
{
	mn_keyfile f = {.text = old};
	mn_str key, was;

	*known = false;
	while (mn_keyfile_line(&f)) {
		if (mn_keyfile_split(&f, &key, &was) && mn_str_eq(key, name)) {
			*known = true;
			continue;
		}
		mn_buf_str(b, f.line);
		mn_buf_char(b, '\n');
	}
	if (value.len == 0)
		return;
	mn_buf_str(b, name);
	mn_buf_text(b, " = ");
	mn_buf_str(b, value);
	mn_buf_char(b, '\n');
}

int mn_secrets_put(
	mn_secrets *s, mn_arena *arena, mn_str name, mn_str value, bool *known, mn_error *err)
{
	mn_buf b = MN_BUF(MN_KEYFILE_MOST - 1);
	char *text = NULL;
	size_t n = 0;
	int rc = mn_secret_check(name, err);

	if (rc == MN_OK)
		rc = check_value(value, err);
	if (rc == MN_OK)
		rc = read_text(s, &text, &n, err);
	if (rc == MN_OK) {
		compose(&b, (mn_str){text, n}, name, value, known);
		if (!mn_buf_ok(&b))
			rc = mn_error_set(err, MN_ENOMEM, 0, "the credentials are too many");
	}
	if (rc == MN_OK && (value.len || *known))
		rc = mn_keyfile_write(arena, s->file, mn_buf_view(&b), err);
	if (b.ptr)
		sodium_memzero(b.ptr, b.cap);
	mn_buf_free(&b);
	wipe_text(text);
	return rc;
}

int mn_secrets_names(mn_secrets *s, mn_arena *arena, mn_strs *out, mn_error *err)
{
	mn_str *names = mn_arena_array(arena, MN_KEYFILE_MOST / 4, sizeof(*names));
	mn_keyfile f = {0};
	mn_str key, value;
	char *text = NULL;
	size_t n = 0, k = 0;
	int rc = names ? read_text(s, &text, &n, err)
		       : mn_error_set(err, MN_ENOMEM, 0, "out of memory");

	if (rc)
		return rc;
	f.text = (mn_str){text, n};
	while (mn_keyfile_line(&f))
		if (mn_keyfile_split(&f, &key, &value))
			names[k++] = mn_arena_copy(arena, key);
	wipe_text(text);
	for (size_t i = 0; i < k; i++)
		if (!names[i].ptr)
			return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	*out = (mn_strs){names, k};
	return MN_OK;
}
