/* SPDX-License-Identifier: MIT */
/* plugin.c - finds storage backends, loads those that are safe and whole, says why not of the
 * others. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine.h"
#include "store/folder.h"

#define MOST_FILES 256
#define MOST_LOADED 64
#define MOST_FOLDERS 64

struct found {
	mn_plugin about;
	const mn_backend *backend; /* NULL: refused */
};

struct mn_plugins {
	mn_arena *arena;
	struct found *at;
	mn_plugin *list;
	size_t n, cap;
	struct {
		dev_t dev;
		ino_t ino;
	} seen[MOST_FOLDERS];
	size_t nseen;
};

/*
 * Every shared object this process ever loaded. They stay for good, and so do their descriptors:
 * the dynamic linker knows a library by the path it was given, so "/proc/self/fd/5" must never
 * come to mean another file.
 */
static struct {
	pthread_mutex_t lock;
	struct loaded {
		dev_t dev;
		ino_t ino;
		void *handle;
	} at[MOST_LOADED];
	size_t n;
} loaded = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- Loading ------------------------------------------------------------------------------ */

/* Takes the descriptor over. NULL: why is filled. */
static void *load_new(int fd, const struct stat *s, char *why)
{
	char path[64];
	void *handle;

	if (loaded.n == MOST_LOADED) {
		close(fd);
		snprintf(why, MN_WHY, "more than %d plugins in one process", MOST_LOADED);
		return NULL;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		const char *error = dlerror();
		size_t shown = strlen(path);

		/* It begins with the path, which tells nobody anything. */
		if (strncmp(error, path, shown) == 0 && strncmp(error + shown, ": ", 2) == 0)
			error += shown + 2;
		snprintf(why, MN_WHY, "not a shared object that can be loaded: %.180s", error);
		close(fd);
		return NULL;
	}
	loaded.at[loaded.n++] = (struct loaded){s->st_dev, s->st_ino, handle};
	return handle;
}

static void *load_object(int fd, const struct stat *s, char *why)
{
	void *handle = NULL;

	pthread_mutex_lock(&loaded.lock);
	for (size_t i = 0; i < loaded.n && !handle; i++)
		if (loaded.at[i].dev == s->st_dev && loaded.at[i].ino == s->st_ino)
			handle = loaded.at[i].handle;
	if (handle)
		close(fd);
	else
		handle = load_new(fd, s, why);
	pthread_mutex_unlock(&loaded.lock);
	return handle;
}

/* Of what major is it, if not of ours? -1: none that we know how to ask for. */
static int other_major(void *handle)
{
	char symbol[32];

	for (int major = 0; major < 100; major++) {
		snprintf(symbol, sizeof(symbol), "mn_backend_v%d", major);
		if (dlsym(handle, symbol))
			return major;
	}
	return -1;
}

static const mn_backend *ask_table(void *handle, char *why)
{
	void *symbol = dlsym(handle, MN_BACKEND_SYMBOL);
	mn_backend_entry *entry;
	const mn_backend *b;
	int major;

	if (!symbol) {
		major = other_major(handle);
		if (major < 0)
			snprintf(why, MN_WHY, "does not export %s: not a backend",
				MN_BACKEND_SYMBOL);
		else
			snprintf(why, MN_WHY,
				"written for version %d of the contract (it exports mn_backend_v%d,"
				" not %s)",
				major, major, MN_BACKEND_SYMBOL);
		return NULL;
	}
	*(void **)&entry = symbol; /* POSIX: a function's address fits in a void * */
	b = entry();
	if (!b)
		snprintf(why, MN_WHY, "%s returns no table", MN_BACKEND_SYMBOL);
	return b;
}

/* ---- Checking a table --------------------------------------------------------------------- */

static bool check_rows(const mn_backend *b, char *why)
{
	static const uint16_t want[MN_KINDS] = MN_ROW_SIZES;
	static const char *const names[MN_KINDS] = {"brain", "neuron", "state", "synapse", "fiber"};

	for (int kind = 0; kind < MN_KINDS; kind++)
		if (b->row_size[kind] != want[kind]) {
			snprintf(why, MN_WHY,
				"its rows of kind %s have %u bytes instead of %u: "
				"build it against this version's mn.h",
				names[kind], b->row_size[kind], want[kind]);
			return false;
		}
	return true;
}

static bool check_operations(const mn_backend *b, char *why)
{
	const struct {
		const char *name;
		bool there;
	} ops[] = {
		{"open", b->open},
		{"close", b->close},
		{"info", b->info},
		{"brains", b->brains},
		{"generation", b->generation},
		{"reserve", b->reserve},
		{"lookup", b->lookup},
		{"resolve", b->resolve},
		{"get", b->get},
		{"fibers_of", b->fibers_of},
		{"expand", b->expand},
		{"scan", b->scan},
		{"next", b->next},
		{"done", b->done},
		{"apply", b->apply},
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!ops[i].there) {
			snprintf(why, MN_WHY, "has no operation \"%s\"", ops[i].name);
			return false;
		}
	return true;
}

static bool check_names(const mn_backend *b, char *why)
{
	if (!b->name || !b->name[0])
		snprintf(why, MN_WHY, "its table has no name");
	else if (strlen(b->name) > 40
		 || b->name[strspn(b->name, "abcdefghijklmnopqrstuvwxyz"
					    "0123456789-_")])
		snprintf(why, MN_WHY, "its name is not 1 to 40 of a-z, 0-9, - and _");
	else if (!b->version || !b->url_form || !strchr(b->url_form, ':'))
		snprintf(why, MN_WHY, "its table has no version, or no form of its URLs");
	else
		return true;
	return false;
}

/* named: it can be listed by its name, even if the rest of it will not do. */
static bool check_table(const mn_backend *b, char *why, bool *named)
{
	const size_t least = offsetof(mn_backend, apply) + sizeof(b->apply);

	if (b->size < least) {
		snprintf(why, MN_WHY, "its table has %u bytes, fewer than the %zu needed", b->size,
			least);
		return false;
	}
	*named = check_names(b, why);
	return *named && check_rows(b, why) && check_operations(b, why);
}

/* ---- The list ----------------------------------------------------------------------------- */

static mn_str plain(mn_arena *a, mn_str s)
{
	char line[1024];

	return mn_arena_copy(a, (mn_str){line, mn_text_plain(s, line, sizeof(line))});
}

static mn_str cap_words(mn_arena *a, uint64_t caps)
{
	char line[128] = "";
	size_t n = 0;

	for (unsigned i = 0; mn_cap_name(i); i++)
		if (caps & (UINT64_C(1) << i))
			n += (size_t)snprintf(
				line + n, sizeof(line) - n, n ? " %s" : "%s", mn_cap_name(i));
	return mn_arena_copy(a, (mn_str){line, n});
}

/* b NULL: there is no table that could name it. */
static int add(struct mn_plugins *p, const char *file, const mn_backend *b, const char *why)
{
	mn_plugin about = {.file = plain(p->arena, mn_str_of(file))};

	if (p->n == MOST_FILES)
		return MN_OK; /* nobody has so many: somebody plays a trick */
	if (mn_grow((void **)&p->at, &p->cap, p->n + 1, sizeof(*p->at), MOST_FILES) != MN_OK)
		return MN_ENOMEM;
	about.refused = plain(p->arena, mn_str_of(why));
	if (b) {
		about.name = plain(p->arena, mn_str_of(b->name));
		about.version = plain(p->arena, mn_str_of(b->version));
		about.url_form = plain(p->arena, mn_str_of(b->url_form));
		about.capabilities = cap_words(p->arena, b->caps);
		if (!about.name.ptr || !about.version.ptr || !about.url_form.ptr
			|| !about.capabilities.ptr)
			return MN_ENOMEM;
	}
	if (!about.file.ptr || !about.refused.ptr)
		return MN_ENOMEM;
	p->at[p->n++] = (struct found){about, why[0] ? NULL : b};
	return MN_OK;
}

static const struct found *by_name(const struct mn_plugins *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].backend && strcmp(p->at[i].backend->name, name) == 0)
			return &p->at[i];
	return NULL;
}

static int try_file(struct mn_plugins *p, int folder, const char *path, const char *name)
{
	char file[PATH_MAX], why[MN_WHY] = "";
	const struct found *first;
	const mn_backend *b = NULL;
	bool named = false;
	struct stat s;
	void *handle;
	int fd;

	if (snprintf(file, sizeof(file), "%s/%s", path, name) >= (int)sizeof(file))
		return MN_OK;
	fd = mn_folder_file(folder, name, &s, why);
	handle = fd >= 0 ? load_object(fd, &s, why) : NULL;
	if (handle)
		b = ask_table(handle, why);
	if (b && check_table(b, why, &named) && (first = by_name(p, b->name)) != NULL)
		snprintf(why, sizeof(why), "shadowed by %.*s, which was found first",
			MN_FMT(first->about.file));
	return add(p, file, named ? b : NULL, why);
}

/* ---- Folders ------------------------------------------------------------------------------ */

static bool is_plugin(const char *name)
{
	const size_t n = strlen(name);

	return n > 6 && strncmp(name, "mn_", 3) == 0 && strcmp(name + n - 3, ".so") == 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of what looks like a plugin, sorted, so that a folder means the same everywhere. Takes the
 * descriptor over. */
static int list_folder(struct mn_plugins *p, int folder, const char **names, size_t *n)
{
	DIR *d = fdopendir(folder);
	const struct dirent *e;
	int status = MN_OK;

	*n = 0;
	if (!d) {
		close(folder);
		return MN_ENOMEM;
	}
	while (status == MN_OK && *n < MOST_FILES && (e = readdir(d)) != NULL) {
		if (!is_plugin(e->d_name))
			continue;
		names[*n] = mn_arena_copy(p->arena, mn_str_of(e->d_name)).ptr;
		status = names[(*n)++] ? MN_OK : MN_ENOMEM;
	}
	closedir(d);
	if (status == MN_OK)
		qsort(names, *n, sizeof(*names), by_bytes);
	return status;
}

/* Was this folder searched already, under whatever name? */
static bool seen(struct mn_plugins *p, int folder)
{
	struct stat s;

	if (fstat(folder, &s) != 0)
		return false;
	for (size_t i = 0; i < p->nseen; i++)
		if (p->seen[i].dev == s.st_dev && p->seen[i].ino == s.st_ino)
			return true;
	if (p->nseen < MOST_FOLDERS) {
		p->seen[p->nseen].dev = s.st_dev;
		p->seen[p->nseen++].ino = s.st_ino;
	}
	return false;
}

/* must_exist: somebody named it, so that its absence is worth a line. */
static int search(struct mn_plugins *p, const char *path, bool must_exist)
{
	const char *names[MOST_FILES];
	char why[MN_WHY] = "";
	int folder = mn_folder_open(path, why), again, status = MN_OK;
	size_t n = 0;

	if (folder < 0)
		return errno == ENOENT && !must_exist ? MN_OK : add(p, path, NULL, why);
	again = seen(p, folder) ? -1 : fcntl(folder, F_DUPFD_CLOEXEC, 0);
	if (again >= 0)
		status = list_folder(p, again, names, &n);
	for (size_t i = 0; i < n && status == MN_OK; i++)
		status = try_file(p, folder, path, names[i]);
	close(folder);
	return status;
}

static int search_named(struct mn_plugins *p, mn_str dir)
{
	char path[PATH_MAX];

	if (dir.len >= sizeof(path) || memchr(dir.ptr, '\0', dir.len))
		return add(p, "(a folder)", NULL, "its path is too long or holds NUL");
	memcpy(path, dir.ptr, dir.len);
	path[dir.len] = '\0';
	return search(p, path, true);
}

static int search_builtin(struct mn_plugins *p)
{
	char path[PATH_MAX];
	int status = MN_OK;

	for (unsigned i = 0; status == MN_OK && mn_folder_own(i, "plugins", path); i++)
		status = search(p, path, false);
	return status;
}

static int search_all(mn_engine *e, struct mn_plugins *p)
{
	int status = MN_OK;

	if (getauxval(AT_SECURE))
		return add(p, "(all)", NULL,
			"this program runs with more rights than its user: no plugin is loaded");
	for (size_t i = 0; status == MN_OK && i < e->options.plugin_dirs.n; i++)
		status = search_named(p, e->options.plugin_dirs.at[i]);
	if (status == MN_OK && !e->options.no_builtin_plugins)
		status = search_builtin(p);
	return status;
}

static int make_list(struct mn_plugins *p)
{
	p->list = mn_arena_array(p->arena, p->n ? p->n : 1, sizeof(*p->list));
	for (size_t i = 0; p->list && i < p->n; i++)
		p->list[i] = p->at[i].about;
	return p->list ? MN_OK : MN_ENOMEM;
}

int mn_plugins_load(mn_engine *e, mn_call *call, struct mn_plugins **out)
{
	struct mn_plugins *p;
	int status = MN_OK;

	pthread_mutex_lock(&e->lock);
	p = e->plugins;
	if (p)
		goto done;
	p = mn_alloc_zero(1, sizeof(*p));
	status = p && (p->arena = mn_arena_new(SIZE_MAX)) ? search_all(e, p) : MN_ENOMEM;
	if (status == MN_OK)
		status = make_list(p);
	if (status != MN_OK) {
		mn_plugins_free(p);
		mn_fail_memory(call);
		goto done;
	}
	e->plugins = p;
done:
	pthread_mutex_unlock(&e->lock);
	if (status == MN_OK)
		*out = p;
	return status;
}

void mn_plugins_free(struct mn_plugins *p)
{
	if (!p)
		return;
	mn_free(p->at);
	mn_arena_free(p->arena);
	mn_free(p);
}

int mn_engine_plugins(mn_engine *e, mn_call *call, const mn_plugin **out, size_t *n)
{
	struct mn_plugins *p;
	int status = mn_plugins_load(e, call, &p);

	if (status != MN_OK)
		return status;
	*out = p->list;
	*n = p->n;
	return MN_OK;
}

/* ---- Finding ------------------------------------------------------------------------------ */

/* url_form may name several forms, separated by spaces: "http://HOST:PORT https://HOST:PORT". */
static bool serves(const mn_backend *b, mn_str scheme)
{
	const char *form = b->url_form;

	while (*form) {
		size_t n = strcspn(form, ": "), whole = strcspn(form, " ");

		if (form[n] == ':' && mn_str_eq(scheme, (mn_str){form, n}))
			return true;
		form += whole;
		form += strspn(form, " ");
	}
	return false;
}

/* What there is, for somebody who asked for what there is not. */
static void add_schemes(mn_buf *b, const mn_backend *backend)
{
	for (const char *form = backend->url_form; *form;) {
		mn_buf_printf(b, "%s%.*s", b->len ? ", " : "", (int)strcspn(form, ": ") + 1, form);
		form += strcspn(form, " ");
		form += strspn(form, " ");
	}
}

static int fail_scheme(mn_call *call, const struct mn_plugins *p, mn_str scheme)
{
	mn_buf there = MN_BUF(160), refused = MN_BUF(300);
	int status;

	for (size_t i = 0; i < p->n; i++) {
		const mn_plugin *about = &p->at[i].about;

		if (p->at[i].backend)
			add_schemes(&there, p->at[i].backend);
		else if (!refused.len)
			mn_buf_printf(&refused, "; refused %.*s: %.*s", MN_FMT(about->file),
				MN_FMT(about->refused));
	}
	status = mn_fail(call, MN_EINVAL, 0,
		"no plugin for stores of kind \"%.*s\" (there are: %.*s)%.*s", MN_FMT(scheme),
		(int)there.len, there.len ? there.ptr : "", (int)refused.len,
		refused.len ? refused.ptr : "");
	mn_buf_free(&there);
	mn_buf_free(&refused);
	return status;
}

int mn_plugins_find(mn_engine *e, mn_call *call, mn_str scheme, const mn_backend **out)
{
	struct mn_plugins *p;
	int status = mn_plugins_load(e, call, &p);

	if (status != MN_OK)
		return status;
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].backend && serves(p->at[i].backend, scheme)) {
			*out = p->at[i].backend;
			return MN_OK;
		}
	return fail_scheme(call, p, scheme);
}
