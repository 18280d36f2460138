/* SPDX-License-Identifier: MIT */
#include "tui/unsent.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "printer.h"
#include "tui/acts.h"
#include "tui/desk.h"
#include "tui/text.h"

enum { LINE_MOST = 2 << 20, SAID = 60 };

/* ---- An edit ------------------------------------------------------------------------------- */

static char *put(char *to, mn_str text)
{
	if (text.len)
		memcpy(to, text.ptr, text.len);
	to[text.len] = '\0';
	return to + text.len + 1;
}

static mn_edit *new_edit(mn_str store, mn_str brain, mn_str line)
{
	mn_edit *e = mn_alloc(sizeof(*e) + store.len + brain.len + line.len + 3);
	char *at;

	if (!e)
		return NULL;
	e->store = at = (char *)(e + 1);
	e->brain = at = put(at, store);
	e->line = at = put(at, brain);
	put(at, line);
	e->again = 0;
	return e;
}

static size_t bytes_of(const mn_edit *e)
{
	return strlen(e->store) + strlen(e->brain) + strlen(e->line);
}

static void add_argument(mn_buf *b, const mn_arg *a)
{
	size_t room = 2 * a->text.len + 8;
	char *quoted;

	if (a->param->name[0] == '-')
		mn_buf_printf(b, " %s", a->param->name);
	if (a->param->type == MN_PARAM_FLAG)
		return;
	quoted = mn_alloc(room);
	mn_buf_char(b, ' ');
	if (quoted)
		mn_buf_text(b, mn_tui_quote(a->text, quoted, room));
	else
		b->failed = true;
	mn_free(quoted);
}

mn_edit *mn_edit_new(mn_tui *t, const char *action, const mn_args *args, bool of_store)
{
	const char *brain = t->seat && !of_store ? t->seat->name : "";
	mn_buf b = MN_BUF(LINE_MOST);
	mn_edit *e = NULL;

	mn_buf_text(&b, action);
	for (size_t i = 0; i < args->n; i++)
		add_argument(&b, &args->at[i]);
	if (mn_buf_ok(&b))
		e = new_edit(t->options.url, mn_str_of(brain), mn_buf_view(&b));
	if (e) {
		e->again = t->unsent.sending;
		t->unsent.sending = 0;
	}
	mn_buf_free(&b);
	return e;
}

/* ---- Keeping ------------------------------------------------------------------------------- */

static bool add(mn_unsent *u, mn_edit *e)
{
	if (u->n == MN_UNSENT_MOST)
		return false;
	u->at[u->n++] = e;
	u->bytes += bytes_of(e);
	return true;
}

/* A store that is busy, slow, locked or of which nobody knows may take it later. */
static bool may_pass(int status)
{
	return status == MN_EIO || status == MN_EBUSY || status == MN_ETIMEOUT
	       || status == MN_EAUTH;
}

/* It is not being sent again any more. */
static bool forget_going(mn_unsent *u, uint32_t again)
{
	for (size_t i = 0; again && i < u->ngoing; i++) {
		if (u->going[i]->again != again)
			continue;
		mn_free(u->going[i]);
		u->going[i] = u->going[--u->ngoing];
		return true;
	}
	return false;
}

void mn_edit_ended(mn_tui *t, mn_edit **edit, int status)
{
	char plain[SAID];
	bool other = *edit && forget_going(&t->unsent, (*edit)->again);

	if (*edit && may_pass(status) && add(&t->unsent, *edit)) {
		mn_text_plain(mn_str_of((*edit)->line), plain, sizeof(plain));
		mn_tui_say(t, MN_ROLE_WARN, "not sent, but kept: %s", plain);
		*edit = NULL;
		other = true;
	}
	mn_free(*edit);
	*edit = NULL;
	if (other)
		mn_shelf_save(t);
}

static bool same(const mn_edit *a, const mn_edit *b)
{
	return strcmp(a->store, b->store) == 0 && strcmp(a->brain, b->brain) == 0
	       && strcmp(a->line, b->line) == 0;
}

bool mn_unsent_keep(mn_tui *t, mn_str store, mn_str brain, mn_str line)
{
	mn_edit *e = new_edit(store, brain, line);
	bool known = false;

	for (size_t i = 0; e && i < t->unsent.n && !known; i++)
		known = same(e, t->unsent.at[i]);
	if (e && !known && add(&t->unsent, e))
		return true;
	mn_free(e);
	return known;
}

bool mn_unsent_room(mn_tui *t)
{
	const mn_unsent *u = &t->unsent;
	char count[64];

	if (u->n < MN_UNSENT_MOST - MN_UNSENT_MOST / 4 && u->bytes < MN_UNSENT_BYTES)
		return true;
	mn_tui_say(t, MN_ROLE_WARN, "not sent yet: %s; send or forget them first",
		mn_format_things(u->n, "edit", count));
	return false;
}

void mn_unsent_free(mn_tui *t)
{
	mn_unsent *u = &t->unsent;

	while (u->n)
		mn_free(u->at[--u->n]);
	while (u->ngoing)
		mn_free(u->going[--u->ngoing]);
	u->bytes = 0;
}

int mn_unsent_draw(const mn_tui *t, const mn_pane *row, int x, int end)
{
	const mn_action *send = mn_action_find(MN_STR("send again"));
	char key[32];

	if (!t->unsent.n || !send || x + 16 > end)
		return x;
	mn_keymap_shown(&t->keymap, send, true, key, sizeof(key));
	x = mn_pane_text(row, 0, x, MN_ROLE_KEY, key);
	return mn_pane_printf(row, 0, x, MN_ROLE_WARN, " %zu unsent", t->unsent.n) + 2;
}

/* ---- Sending ------------------------------------------------------------------------------- */

/* Is what it was meant for what is open? */
static bool belongs(const mn_tui *t, const mn_edit *e)
{
	return mn_str_is(t->options.url, e->store)
	       && (!*e->brain || (t->seat && strcmp(t->seat->name, e->brain) == 0));
}

static void send_line(mn_tui *t, const char *line)
{
	mn_error err = MN_SIZED(mn_error);

	if (strncmp(line, "brain ", 6) == 0)
		mn_tui_goto(t, &mn_screen_brains);
	if (mn_tui_command(t, mn_str_of(line), &err))
		mn_tui_say(t, MN_ROLE_BAD, "%s", err.text);
}

/* Takes the edit. One that did not start at once, but asks first, or cannot, goes no further. */
static void send_edit(mn_tui *t, mn_edit *e)
{
	mn_unsent *u = &t->unsent;

	e->again = u->last = u->last + 1 ? u->last + 1 : 1;
	if (u->ngoing == MN_UNSENT_MOST) {
		send_line(t, e->line);
		mn_free(e);
		return;
	}
	u->going[u->ngoing++] = e;
	u->sending = e->again;
	send_line(t, e->line);
	if (u->sending)
		forget_going(u, u->sending);
	u->sending = 0;
}

/* "notes at http://...", of the first that is for somewhere else. */
static void say_where(mn_tui *t, size_t left)
{
	const mn_edit *e = NULL;
	char store[MN_LINK_WHERE], brain[SAID];

	for (size_t i = 0; i < left && !e; i++)
		if (!belongs(t, t->unsent.at[i]))
			e = t->unsent.at[i];
	if (!e)
		return;
	mn_text_plain(mn_str_of(e->store), store, sizeof(store));
	mn_text_plain(mn_str_of(e->brain), brain, sizeof(brain));
	mn_tui_say(t, MN_ROLE_WARN, "still unsent: what is for %s%s%s; open it, then send", brain,
		*brain ? " at " : "", store);
}

/* Each is started anew, in order; those that fail again come back. A question (to delete a brain)
 * comes one at a time. */
static void send_again(mn_tui *t, const mn_args *args)
{
	mn_unsent before = t->unsent;
	size_t left = 0;

	(void)args;
	if (!before.n)
		mn_tui_say(t, MN_ROLE_TEXT, "everything was sent");
	if (!before.n || mn_tui_refuses(t))
		return;
	t->unsent.n = t->unsent.bytes = 0;
	for (size_t i = 0; i < before.n; i++) {
		mn_edit *e = before.at[i];

		if (t->npopups || !belongs(t, e)) {
			add(&t->unsent, e);
			left++;
			continue;
		}
		send_edit(t, e);
	}
	mn_shelf_save(t);
	if (!t->npopups)
		say_where(t, left);
	mn_tui_touch(t);
}

static void forget_them(mn_tui *t, mn_str subject)
{
	(void)subject;
	mn_unsent_free(t);
	mn_shelf_save(t);
	mn_tui_touch(t);
}

static void forget_unsent(mn_tui *t, const mn_args *args)
{
	char question[80], count[64];

	(void)args;
	snprintf(question, sizeof(question), "Forget %s not sent yet?",
		mn_format_things(t->unsent.n, "edit", count));
	if (t->unsent.n)
		mn_confirm_open(t, question, NULL, (mn_str){0}, forget_them);
	else
		mn_tui_say(t, MN_ROLE_TEXT, "everything was sent");
}

static void show_unsent(mn_tui *t, const mn_args *args)
{
	mn_buf b = MN_BUF(2 * MN_UNSENT_BYTES);

	(void)args;
	for (size_t i = 0; i < t->unsent.n; i++) {
		const mn_edit *e = t->unsent.at[i];

		mn_buf_printf(
			&b, "%s%s%s: %s\n", e->store, *e->brain ? "#" : "", e->brain, e->line);
	}
	if (b.len && mn_buf_ok(&b))
		mn_reader_open(t, "Not sent yet", mn_buf_view(&b));
	else
		mn_tui_say(t, MN_ROLE_TEXT, "everything was sent");
	mn_buf_free(&b);
}

const mn_action mn_unsent_actions[] = {
	{.name = "send again",
		.does = "Send the edits that could not be sent",
		.scope = MN_ON_ANY,
		.keys = "ctrl-s",
		.act = send_again},
	{.name = "show unsent",
		.does = "Show the edits that could not be sent",
		.scope = MN_ON_ANY,
		.act = show_unsent},
	{.name = "forget unsent",
		.does = "Forget the edits that could not be sent",
		.scope = MN_ON_ANY,
		.act = forget_unsent},
	{0},
};
