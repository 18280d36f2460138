/* SPDX-License-Identifier: MIT */
#include "tui/keymap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"

enum { FILE_MOST = 65536 };

static void bind(mn_keymap *m, mn_stroke s, const mn_action *a)
{
	if (s && m->n < MN_KEYMAP_MOST)
		m->at[m->n++] = (struct mn_binding){s, a};
}

void mn_keymap_init(mn_keymap *m)
{
	const mn_action *a;

	m->n = 0;
	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		for (const char *k = a->act ? a->keys : NULL; k && *k;) {
			size_t len = strcspn(k, " ");

			bind(m, mn_stroke_read(k, len), a);
			k += len;
			k += strspn(k, " ");
		}
	}
}

/* These screens are no longer served by this key. */
static void unbind(mn_keymap *m, mn_stroke s, unsigned scope)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->at[i].stroke != s || !(m->at[i].action->scope & scope))
			m->at[kept++] = m->at[i];
	m->n = kept;
}

static mn_str trim(mn_str s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
		s.ptr++;
		s.len--;
	}
	while (s.len && strchr(" \t\r\n", s.ptr[s.len - 1]))
		s.len--;
	return s;
}

int mn_keymap_line(mn_keymap *m, mn_str line, mn_error *err)
{
	const char *equals;
	const mn_action *action = NULL;
	mn_str keys, name;

	line = trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return MN_OK;
	equals = memrchr(line.ptr, '=', line.len);
	if (!equals || equals == line.ptr)
		return mn_error_set(
			err, MN_EINVAL, 0, "not \"KEY = ACTION\": \"%.*s\"", MN_FMT(line));
	keys = trim((mn_str){line.ptr, (size_t)(equals - line.ptr)});
	name = trim(mn_str_sub(line, (size_t)(equals - line.ptr) + 1, line.len));
	if (name.len && (!(action = mn_action_find(name)) || !action->act))
		return mn_error_set(err, MN_EINVAL, 0, "there is no action \"%.*s\"", MN_FMT(name));
	while (keys.len) {
		const char *space = memchr(keys.ptr, ' ', keys.len);
		size_t len = space ? (size_t)(space - keys.ptr) : keys.len;
		mn_stroke s = mn_stroke_read(keys.ptr, len);

		if (!s)
			return mn_error_set(err, MN_EINVAL, 0, "there is no key \"%.*s\"",
				(int)(len < 40 ? len : 40), keys.ptr);
		unbind(m, s, action ? action->scope : MN_ON_SCREENS);
		if (action)
			bind(m, s, action);
		keys = trim(mn_str_sub(keys, len, keys.len));
	}
	return MN_OK;
}

static int read_lines(mn_keymap *m, const char *path, mn_str text, mn_error *err)
{
	mn_error why = MN_SIZED(mn_error);

	for (unsigned n = 1; text.len; n++) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len;

		if (mn_keymap_line(m, mn_str_sub(text, 0, len), &why))
			return mn_error_set(
				err, MN_EINVAL, 0, "%.80s, line %u: %s", path, n, why.text);
		text = mn_str_sub(text, len + 1, text.len);
	}
	return MN_OK;
}

int mn_keymap_read(mn_keymap *m, const char *path, mn_error *err)
{
	char text[FILE_MOST];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return errno == ENOENT ? MN_OK
				       : mn_error_set(err, MN_EIO, errno, "cannot read %.80s: %s",
					       path, strerror(errno));
	n = fread(text, 1, sizeof(text), f);
	if (fclose(f) || n == sizeof(text))
		return mn_error_set(err, MN_EINVAL, 0, "%.80s is too long", path);
	return read_lines(m, path, (mn_str){text, n}, err);
}

const mn_action *mn_keymap_find(const mn_keymap *m, mn_stroke s, unsigned scope)
{
	const mn_action *any = NULL;

	for (size_t i = 0; i < m->n; i++) {
		if (m->at[i].stroke != s)
			continue;
		if (m->at[i].action->scope & scope)
			return m->at[i].action;
		if (m->at[i].action->scope & MN_ON_ANY && !any)
			any = m->at[i].action;
	}
	return any;
}

const char *mn_keymap_shown(
	const mn_keymap *m, const mn_action *a, bool typing, char *out, size_t room)
{
	out[0] = '\0';
	for (size_t i = 0; i < m->n && !*out; i++)
		if (m->at[i].action == a && !(typing && mn_stroke_types(m->at[i].stroke)))
			mn_stroke_name(m->at[i].stroke, !m->spelled, out, room);
	return out;
}

const char *mn_keymap_key(const mn_keymap *m, const char *name, char *out, size_t room)
{
	return mn_stroke_name(mn_stroke_read(name, strlen(name)), !m->spelled, out, room);
}

const char *mn_keymap_all(const mn_keymap *m, const mn_action *a, char *out, size_t room)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < m->n && at + 16 < room; i++) {
		char name[32];

		if (m->at[i].action != a)
			continue;
		mn_stroke_name(m->at[i].stroke, !m->spelled, name, sizeof(name));
		at += (size_t)snprintf(out + at, room - at, "%s%s", at ? " " : "", name);
	}
	return out;
}
