/* SPDX-License-Identifier: MIT */
/*
 * keep.c - where one was, for next time: $XDG_STATE_HOME/mnemoscope/workbench, 0600, one
 * "KEY JSON" a line, replaced as a whole, a second after it changed and at the end. A file that
 * cannot be read or written costs the memory of the last session; what is unsent has a place of its
 * own (shelf.h).
 *
 * The value is a string, and taken only if the store is the same one as last time. Of files as they
 * were once written "unsent" is an array, as shelf.h has it, and taken whatever store is opened.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "place.h"
#include "tui/desk.h"
#include "tui/task.h"

/* Escapes double a text at most, controls apart, of which a line typed has none. */
#define KEEP_AFTER 1000000 /* microseconds from a change until it is written */

enum { KEEP_MOST = 4 * MN_UNSENT_BYTES, PATH_MOST = 4096, HISTORY_KEPT = 20 };

bool mn_keep_folder(char *out, size_t room)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (state && *state == '/')
		n = snprintf(out, room, "%s/mnemoscope", state);
	else if (home && *home == '/')
		n = snprintf(out, room, "%s/.local/state/mnemoscope", home);
	else
		return false;
	return n > 0 && (size_t)n < room;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static void take(mn_tui *t, const char *key, mn_str value)
{
	const char *dot = strchr(key, '.');

	if (strcmp(key, "brain") == 0)
		snprintf(t->wanted, sizeof(t->wanted), "%.*s", (int)value.len, value.ptr);
	else if (strcmp(key, "command") == 0)
		mn_history_add(&t->commands, value);
	else if (strcmp(key, "query") == 0)
		mn_history_add(&t->queries, value);
	for (int i = 0; i < MN_TABS; i++) {
		mn_screen *s = t->tabs[i];
		size_t n = strlen(s->ops->name);

		if (strcmp(key, "screen") == 0 && mn_str_is(value, s->ops->name))
			t->tab = i;
		if (dot && s->ops->load && (size_t)(dot - key) == n
			&& memcmp(key, s->ops->name, n) == 0)
			s->ops->load(s, dot + 1, value);
	}
}

static void take_line(mn_tui *t, char *line, bool same)
{
	char *space = strchr(line, ' ');
	json_t *value;

	if (!space)
		return;
	*space = '\0';
	value = json_loads(space + 1, JSON_DECODE_ANY, NULL);
	if (same && json_is_string(value))
		take(t, line, mn_json_str(value));
	else if (strcmp(line, "unsent") == 0)
		mn_shelf_take(t, value);
	json_decref(value);
}

/* Another store than last time: its brains are others. */
static bool same_store(const mn_tui *t, const char *text)
{
	mn_buf b = MN_BUF(KEEP_MOST);
	bool same;

	mn_buf_text(&b, "store ");
	mn_buf_json(&b, t->options.url);
	mn_buf_char(&b, '\n');
	same = mn_buf_ok(&b) && strncmp(text, b.ptr, b.len) == 0;
	mn_buf_free(&b);
	return same;
}

static void read_whole(int fd, mn_buf *b)
{
	char piece[4096];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0)
		mn_buf_add(b, piece, (size_t)n);
	mn_buf_char(b, '\0');
}

void mn_keep_load(mn_tui *t)
{
	char path[PATH_MOST], dir[PATH_MOST - 16], *line, *end;
	mn_buf b = MN_BUF(KEEP_MOST);
	bool same;
	int fd;

	if (!mn_keep_folder(dir, sizeof(dir)))
		return;
	snprintf(path, sizeof(path), "%s/workbench", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	read_whole(fd, &b);
	close(fd);
	line = mn_buf_ok(&b) ? b.ptr : NULL;
	same = line && same_store(t, line);
	for (; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		take_line(t, line, same);
	}
	mn_buf_free(&b);
}

/* ---- Writing ------------------------------------------------------------------------------ */

struct keep {
	mn_buf buf;
	const char *screen;
};

static void put(void *ctx, const char *key, mn_str value)
{
	struct keep *k = ctx;

	if (k->screen)
		mn_buf_printf(&k->buf, "%s.", k->screen);
	mn_buf_printf(&k->buf, "%s ", key);
	mn_buf_json(&k->buf, value);
	mn_buf_char(&k->buf, '\n');
}

static void collect(mn_tui *t, struct keep *k)
{
	put(k, "store", t->options.url);
	if (t->seat)
		put(k, "brain", mn_str_of(t->seat->name));
	put(k, "screen", mn_str_of(t->tabs[t->tab]->ops->name));
	for (size_t i = t->commands.n > HISTORY_KEPT ? t->commands.n - HISTORY_KEPT : 0;
		i < t->commands.n; i++)
		put(k, "command", mn_str_of(t->commands.at[i]));
	for (size_t i = t->queries.n > HISTORY_KEPT ? t->queries.n - HISTORY_KEPT : 0;
		i < t->queries.n; i++)
		put(k, "query", mn_str_of(t->queries.at[i]));
	for (int i = 0; i < MN_TABS; i++) {
		k->screen = t->tabs[i]->ops->name;
		if (t->tabs[i]->ops->save)
			t->tabs[i]->ops->save(t->tabs[i], put, k);
	}
}

void mn_keep_make(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
}

static int write_whole(const char *dir, mn_str text, mn_error *err)
{
	mn_arena *arena = mn_arena_new(1 << 16);
	char path[PATH_MOST];
	mn_place place;
	int code;

	snprintf(path, sizeof(path), "%s/workbench", dir);
	code = arena ? mn_place_open(&place, arena, path, true, err) : MN_ENOMEM;
	if (code == MN_OK) {
		code = mn_place_write(&place, text.ptr, text.len, err);
		if (code == MN_OK)
			code = mn_place_keep(&place, err);
		else
			mn_place_drop(&place);
	}
	mn_arena_free(arena);
	return code;
}

/* ---- While it runs ------------------------------------------------------------------------ */

struct keeping {
	char dir[PATH_MOST - 32];
	mn_buf text;
	mn_error err;
	int code;
};

static void run_keeping(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct keeping *k = context;

	(void)seat, (void)job, (void)call;
	mn_keep_make(k->dir);
	k->err = MN_SIZED(mn_error);
	k->code = write_whole(k->dir, mn_buf_view(&k->text), &k->err);
}

static void keeping_done(mn_screen *screen, mn_task *task, int status)
{
	const struct keeping *k = mn_task_context(task);
	mn_tui *t = mn_task_tui(task);
	const bool before = t->keep.failed;

	(void)screen, (void)status;
	t->keep.failed = k->code != MN_OK;
	if (t->keep.failed && !before && *k->err.text)
		mn_tui_note(t, MN_ROLE_WARN, "where one is, is not kept: %s", k->err.text);
}

static void drop_keeping(void *context)
{
	struct keeping *k = context;

	mn_buf_free(&k->text);
}

static const mn_work keeping_work = {.title = "keep the screen",
	.size = sizeof(struct keeping),
	.run = run_keeping,
	.done = keeping_done,
	.drop = drop_keeping,
	.quiet = true,
	.background = true};

void mn_keep_touch(mn_tui *t)
{
	if (!t->options.fresh && !t->keep.due)
		t->keep.due = mn_tui_clock(t) + KEEP_AFTER;
}

/* What is to be kept now; false: it is what was written last, or there is no memory. */
static bool has_changed(mn_tui *t, mn_buf *out)
{
	struct keep k = {.buf = MN_BUF(KEEP_MOST - 1)};
	const mn_str last = mn_buf_view(&t->keep.last);

	collect(t, &k);
	if (!mn_buf_ok(&k.buf) || mn_str_eq(mn_buf_view(&k.buf), last)) {
		mn_buf_free(&k.buf);
		return false;
	}
	*out = k.buf;
	return true;
}

/* A text that is being written is not overtaken by the next one. */
mn_time mn_keep_tick(mn_tui *t, mn_time now)
{
	struct keeping *k;
	mn_task *task;
	mn_buf text;

	if (!t->keep.due || now < t->keep.due)
		return t->keep.due;
	t->keep.due = 0;
	if (t->keep.slot.running) {
		mn_keep_touch(t);
		return t->keep.due;
	}
	if (!has_changed(t, &text))
		return 0;
	task = mn_task_new(t, NULL, &t->keep.slot, &keeping_work);
	k = mn_task_context(task);
	if (!k || !mn_keep_folder(k->dir, sizeof(k->dir))) {
		mn_buf_free(&text);
	} else {
		k->text = text;
		mn_buf_clear(&t->keep.last);
		t->keep.last.max = KEEP_MOST;
		mn_buf_str(&t->keep.last, mn_buf_view(&text));
	}
	mn_task_start(task);
	return 0;
}

/* ---- At the end --------------------------------------------------------------------------- */

void mn_keep_save(mn_tui *t)
{
	struct keep k = {.buf = MN_BUF(KEEP_MOST - 1)};

	mn_slot_clear(&t->keep.slot);
	collect(t, &k);
	mn_buf_free(&t->keep.last);
	t->keep.last = k.buf;
}

/* What went wrong is worth a line on standard error, and nothing else. */
void mn_keep_end(mn_tui *t)
{
	mn_error err = MN_SIZED(mn_error);
	char dir[PATH_MOST - 32];

	if (!t->options.fresh && mn_buf_ok(&t->keep.last) && mn_keep_folder(dir, sizeof(dir))) {
		mn_keep_make(dir);
		if (write_whole(dir, mn_buf_view(&t->keep.last), &err) != MN_OK && *err.text)
			fprintf(stderr, "mnemoscope: %s\n", err.text);
	}
	mn_buf_free(&t->keep.last);
}
