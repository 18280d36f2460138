/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "keyfile.h"

/* ---- Reading ------------------------------------------------------------------------------ */

static bool is_name(mn_str name)
{
	bool good = name.len > 0 && name.len <= MN_PROFILE_NAME;

	for (size_t i = 0; i < name.len && good; i++)
		good = isalnum((unsigned char)name.ptr[i]) || name.ptr[i] == '_'
		       || (name.ptr[i] == '-' && i);
	return good;
}

/* "profile.NAME.KEY" into its parts. */
static bool split_key(mn_str key, mn_str *name, mn_str *part)
{
	mn_str rest = mn_str_sub(key, strlen("profile."), SIZE_MAX);
	const char *dot = rest.len ? memchr(rest.ptr, '.', rest.len) : NULL;

	if (!mn_str_starts(key, "profile.") || !dot)
		return false;
	*name = mn_str_sub(rest, 0, (size_t)(dot - rest.ptr));
	*part = mn_str_sub(rest, name->len + 1, SIZE_MAX);
	return is_name(*name);
}

const mn_profile *mn_settings_find(const mn_settings *s, mn_str name)
{
	if (mn_str_starts(name, "@"))
		name = mn_str_sub(name, 1, SIZE_MAX);
	for (size_t i = 0; i < s->nprofiles; i++)
		if (mn_str_eq(s->profiles[i].name, name))
			return &s->profiles[i];
	return NULL;
}

static mn_profile *profile_of(mn_settings *s, mn_str name)
{
	mn_profile *p = (mn_profile *)mn_settings_find(s, name);

	if (p || s->nprofiles == MN_PROFILES_MOST)
		return p;
	p = &s->profiles[s->nprofiles++];
	*p = (mn_profile){.name = name};
	return p;
}

static int set_profile(
	mn_settings *s, unsigned line, mn_str name, mn_str part, mn_str value, mn_error *err)
{
	mn_profile *p = profile_of(s, name);

	if (!p)
		return mn_error_set(err, MN_EINVAL, 0, "%s: more than %d profiles", s->file.ptr,
			MN_PROFILES_MOST);
	if (mn_str_is(part, "store"))
		p->store = value;
	else if (mn_str_is(part, "brain"))
		p->brain = value;
	else if (mn_str_is(part, "read_only") && mn_str_is(value, "yes"))
		p->read_only = true;
	else if (mn_str_is(part, "read_only") && mn_str_is(value, "no"))
		p->read_only = false;
	else if (mn_str_is(part, "read_only"))
		return mn_error_set(err, MN_EINVAL, 0, "%s, line %u: read_only is yes or no",
			s->file.ptr, line);
	else
		return mn_error_set(err, MN_EINVAL, 0,
			"%s, line %u: a profile has store, brain and read_only, not \"%.*s\"",
			s->file.ptr, line, MN_FMT(part));
	return MN_OK;
}

/* One line's key and value into their place. */
static int set_key(mn_settings *s, unsigned line, mn_str key, mn_str value, mn_error *err)
{
	mn_str name = {0}, part = {0};
	bool profile = split_key(key, &name, &part), store = mn_str_is(key, "store");

	if (!profile && !store && !mn_str_is(key, "brain"))
		return mn_error_set(err, MN_EINVAL, 0,
			"%s, line %u: unknown key \"%.*s\" (known: store, brain, "
			"profile.NAME.store, .brain, .read_only)",
			s->file.ptr, line, MN_FMT(key));
	if (value.len == 0 || !mn_text_valid(value))
		return mn_error_set(err, MN_EINVAL, 0,
			"%s, line %u: %.*s has no value: write \"%.*s = VALUE\"", s->file.ptr, line,
			MN_FMT(key), MN_FMT(key));
	if (profile)
		return set_profile(s, line, name, part, value, err);
	mn_settings_say(s, MN_LEVEL_FILE, store ? value : (mn_str){0}, store ? (mn_str){0} : value);
	if (store)
		s->file_store = value;
	return MN_OK;
}

static int check_profiles(const mn_settings *s, mn_error *err)
{
	for (size_t i = 0; i < s->nprofiles; i++)
		if (!s->profiles[i].store.len)
			return mn_error_set(err, MN_EINVAL, 0,
				"%s: the profile %.*s has no store: write \"profile.%.*s.store = "
				"URL\"",
				s->file.ptr, MN_FMT(s->profiles[i].name),
				MN_FMT(s->profiles[i].name));
	return MN_OK;
}

static int read_config(mn_settings *s, mn_str text, mn_error *err)
{
	mn_keyfile f = {.text = text};
	mn_str key, value;
	int rc = MN_OK;

	while (rc == MN_OK && mn_keyfile_line(&f))
		if (mn_keyfile_split(&f, &key, &value))
			rc = set_key(s, f.number, key, value, err);
	return rc ? rc : check_profiles(s, err);
}

static int read_text(mn_arena *arena, const char *file, mn_str *out, mn_error *err)
{
	char *text = mn_arena_alloc(arena, MN_KEYFILE_MOST);
	size_t n = 0;
	int rc = text ? mn_keyfile_read(file, false, text, &n, err)
		      : mn_error_set(err, MN_ENOMEM, 0, "out of memory");

	*out = (mn_str){text, n};
	return rc;
}

static mn_str from_environment(const char *variable)
{
	const char *value = getenv(variable);

	return mn_str_of(value ? value : "");
}

int mn_settings_load(mn_arena *arena, mn_error *err, mn_settings *out)
{
	mn_settings *s = out;
	mn_str text, store = from_environment("MNEMOSCOPE_STORE"),
		     brain = from_environment("MNEMOSCOPE_BRAIN");
	int rc;

	*s = (mn_settings){.brain = MN_STR("default")};
	s->file = mn_keyfile_xdg(arena, "XDG_CONFIG_HOME", ".config", "mnemoscope/config");
	s->store = mn_keyfile_xdg(arena, "XDG_DATA_HOME", ".local/share", "mnemoscope");
	s->store = mn_arena_printf(arena, "sqlite:%s", s->store.ptr ? s->store.ptr : "");
	s->home_store = s->store;
	if (!s->file.ptr || !s->store.ptr)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	rc = read_text(arena, s->file.ptr, &text, err);
	if (rc == MN_OK)
		rc = read_config(s, text, err);
	if (rc)
		return rc;
	if (!mn_text_valid(store) || !mn_text_valid(brain))
		return mn_error_set(err, MN_EINVAL, 0,
			"MNEMOSCOPE_STORE and MNEMOSCOPE_BRAIN must be valid UTF-8");
	mn_settings_say(s, MN_LEVEL_ENVIRONMENT, store, brain);
	return MN_OK;
}

/* ---- Saying and settling ------------------------------------------------------------------- */

void mn_settings_say(mn_settings *s, int level, mn_str store, mn_str brain)
{
	if (store.len) {
		s->store = store;
		s->store_level = level;
	}
	if (brain.len) {
		s->brain = brain;
		s->brain_level = level;
	}
}

static int unknown_profile(const mn_settings *s, mn_str name, mn_error *err)
{
	char known[160] = "";
	size_t n = 0;

	for (size_t i = 0; i < s->nprofiles && n + MN_PROFILE_NAME + 4 < sizeof(known); i++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s@%.*s", i ? ", " : "",
			MN_FMT(s->profiles[i].name));
	return mn_error_set(err, MN_EINVAL, 0,
		"there is no profile %.*s (%s%s): see mnemoscope "
		"help profile",
		MN_FMT(name), n ? "known: " : "none is kept", known);
}

int mn_settings_resolve(
	const mn_settings *s, mn_str store, mn_str *url, const mn_profile **profile, mn_error *err)
{
	const mn_profile *p = NULL;

	if (mn_str_starts(store, "@") && !(p = mn_settings_find(s, store)))
		return unknown_profile(s, store, err);
	*url = p ? p->store : store;
	*profile = p;
	return MN_OK;
}

int mn_settings_settle(mn_settings *s, mn_error *err)
{
	int rc;

	s->said = s->store;
	rc = mn_settings_resolve(s, s->said, &s->store, &s->profile, err);
	if (rc == MN_OK && s->profile && s->profile->brain.len
		&& (s->brain_level < s->store_level || s->brain_level == MN_LEVEL_NONE))
		s->brain = s->profile->brain;
	return rc;
}

void mn_settings_split(mn_str where, mn_str *store, mn_str *name)
{
	const char *hash = where.ptr ? memrchr(where.ptr, '#', where.len) : NULL;
	const char *colon = where.ptr ? memchr(where.ptr, ':', where.len) : NULL;
	bool url = hash && colon && colon < hash && colon > where.ptr;

	for (const char *c = where.ptr; url && c < colon; c++)
		url = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || strchr("+-.", *c);
	if (hash && where.ptr[0] == '@')
		url = is_name((mn_str){where.ptr + 1, (size_t)(hash - where.ptr) - 1});
	*store = url ? mn_str_sub(where, 0, (size_t)(hash - where.ptr)) : MN_STR("");
	*name = url ? mn_str_sub(where, (size_t)(hash - where.ptr) + 1, SIZE_MAX) : where;
}

int mn_settings_check_name(mn_str name, mn_error *err)
{
	mn_str rest = mn_str_sub(name, 1, SIZE_MAX);

	if (!mn_str_starts(name, "#"))
		return MN_OK;
	return mn_error_set(err, MN_EINVAL, 0,
		"a new brain's name does not begin with \"#\", which stands between a store and a "
		"name: say %.*s, or STORE#%.*s",
		MN_FMT(rest.len ? rest : MN_STR("NAME")), MN_FMT(rest.len ? rest : MN_STR("NAME")));
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* Lines of the old text whose key is not among those that are written anew. */
static void keep_lines(mn_buf *b, mn_str old, bool (*drop)(mn_str key, mn_str name), mn_str name)
{
	mn_keyfile f = {.text = old};
	mn_str key, value;

	while (mn_keyfile_line(&f)) {
		if (mn_keyfile_split(&f, &key, &value) && drop(key, name))
			continue;
		mn_buf_str(b, f.line);
		mn_buf_char(b, '\n');
	}
}

static bool is_choice(mn_str key, mn_str name)
{
	(void)name;
	return mn_str_is(key, "store") || mn_str_is(key, "brain");
}

static bool is_of_profile(mn_str key, mn_str name)
{
	mn_str of, part;

	return split_key(key, &of, &part) && mn_str_eq(of, name);
}

static void add_line(mn_buf *b, mn_str profile, const char *key, mn_str value)
{
	if (value.len == 0)
		return;
	if (profile.len)
		mn_buf_printf(b, "profile.%.*s.", MN_FMT(profile));
	mn_buf_printf(b, "%s = ", key);
	mn_buf_str(b, value);
	mn_buf_char(b, '\n');
}

static int write_file(mn_arena *arena, const char *file, mn_buf *b, mn_error *err)
{
	int rc = mn_buf_ok(b) ? mn_keyfile_write(arena, file, mn_buf_view(b), err)
			      : mn_error_set(err, MN_EINVAL, 0, "%.160s would be too large", file);

	mn_buf_free(b);
	return rc;
}

int mn_settings_save(mn_arena *arena, const char *file, mn_str store, mn_str brain, mn_error *err)
{
	mn_buf b = MN_BUF(MN_KEYFILE_MOST - 1);
	mn_str old;
	int rc = read_text(arena, file, &old, err);

	if (rc)
		return rc;
	keep_lines(&b, old, is_choice, (mn_str){0});
	add_line(&b, (mn_str){0}, "store", store);
	add_line(&b, (mn_str){0}, "brain", brain);
	return write_file(arena, file, &b, err);
}

/* A value stands on one line, and keeps its ends. */
static bool fits_line(mn_str value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < ' ')
			return false;
	return !value.len || (value.ptr[0] != ' ' && value.ptr[value.len - 1] != ' ');
}

int mn_settings_keep(mn_arena *arena, const char *file, const mn_profile *p, mn_error *err)
{
	mn_buf b = MN_BUF(MN_KEYFILE_MOST - 1);
	mn_str old;
	int rc;

	if (!is_name(p->name))
		return mn_error_set(err, MN_EINVAL, 0,
			"a profile's name is 1 to %d letters, digits, \"_\" and \"-\", not \"%.*s\"",
			MN_PROFILE_NAME, MN_FMT(p->name));
	if (!fits_line(p->store) || !fits_line(p->brain))
		return mn_error_set(err, MN_EINVAL, 0,
			"a URL and a brain of a profile are one line without blanks at its ends");
	rc = read_text(arena, file, &old, err);
	if (rc)
		return rc;
	keep_lines(&b, old, is_of_profile, p->name);
	if (p->store.len) {
		add_line(&b, p->name, "store", p->store);
		add_line(&b, p->name, "brain", p->brain);
		add_line(&b, p->name, "read_only", p->read_only ? MN_STR("yes") : (mn_str){0});
	}
	return write_file(arena, file, &b, err);
}
