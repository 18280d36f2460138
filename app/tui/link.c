/* SPDX-License-Identifier: MIT */
#include "tui/link.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "tui/acts.h"
#include "tui/desk.h"
#include "tui/text.h"

enum { SECOND = 1000000, WAIT_MOST = 30 };

/* ---- Trying again -------------------------------------------------------------------------- */

struct probe {
	mn_store *store;
	mn_brain_row row;
	bool described;
};

/* The smallest question there is, or, with a brain open, what its screens show of it. */
static void probe_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct probe *p = context;
	mn_rows rows;

	(void)job;
	if (seat)
		p->described = mn_brain_describe(seat->brain, call, &p->row) == MN_OK;
	else
		mn_store_brains(p->store, call, &rows);
}

static void tell_again(mn_tui *t)
{
	for (int i = 0; i < MN_TABS; i++)
		if (t->tabs[i]->ops->again)
			t->tabs[i]->ops->again(t->tabs[i]);
}

void mn_link_found(mn_tui *t)
{
	if (!t->link.lost)
		return;
	t->link.lost = t->link.trying = false;
	t->link.tries = 0;
	mn_tui_say(t, MN_ROLE_GOOD, "connected again: %.*s", MN_FMT(t->options.url));
}

/* What was shown is read anew, and what could not be read is asked again. */
static void read_anew(mn_tui *t, const mn_brain_row *row)
{
	mn_link_found(t);
	if (row)
		mn_tui_changed(t, row);
	else if (t->seat)
		mn_tui_close_brain(t); /* deleted meanwhile; but the store is there */
	else if (t->pending)
		mn_tui_open_brain(t, mn_str_of(t->wanted));
	else
		mn_tui_tell(t);
	tell_again(t);
}

static mn_time wait_of(unsigned tries)
{
	return (tries < 5 ? 1 << tries : WAIT_MOST) * (mn_time)SECOND;
}

static void probe_done(mn_screen *screen, mn_task *task, int status)
{
	struct probe *p = mn_task_context(task);
	mn_tui *t = mn_task_tui(task);

	(void)screen;
	t->link.trying = false;
	if (status == MN_OK || status == MN_ENOBRAIN) {
		read_anew(t, p->described ? &p->row : NULL);
	} else {
		t->link.tries++;
		t->link.next = mn_tui_clock(t) + wait_of(t->link.tries);
	}
	mn_tui_touch(t);
}

static const mn_work probe_work = {
	.title = "connect",
	.size = sizeof(struct probe),
	.run = probe_run,
	.done = probe_done,
	.quiet = true,
	.background = true,
};

static void try_now(mn_tui *t)
{
	mn_task *task;

	if (!t->store) { /* it never was open; what comes after is that task's own affair */
		t->link.next = mn_tui_clock(t) + wait_of(++t->link.tries);
		mn_tui_open_store(t);
		return;
	}
	task = mn_task_new(t, NULL, &t->link.probe, &probe_work);
	if (!task)
		return;
	((struct probe *)mn_task_context(task))->store = t->store;
	t->link.trying = true;
	mn_task_start(task);
}

mn_time mn_link_tick(mn_tui *t, mn_time now)
{
	mn_link *l = &t->link;
	mn_time left;

	if (!l->lost || l->trying)
		return 0;
	if (now >= l->next && !t->own.running)
		try_now(t);
	left = l->next > now ? l->next - now : 0;
	if ((left + SECOND - 1) / SECOND != l->drawn) {
		l->drawn = (left + SECOND - 1) / SECOND;
		mn_tui_touch(t);
	}
	return now + (left % SECOND ? left % SECOND : SECOND);
}

static bool is_loss(const mn_call *call, int status)
{
	return status == MN_EIO && call->err->retry;
}

/* Another task that got through is a reason to try at once. */
static void hear_of_success(mn_link *l, const mn_task *task)
{
	if (l->lost && mn_task_seat(task))
		l->next = 0;
}

bool mn_link_learn(mn_tui *t, const mn_task *task, int status)
{
	mn_link *l = &t->link;
	bool loss = is_loss(mn_task_call(task), status);

	if (mn_task_store(task) != t->store)
		return loss; /* of a store that was left */
	if (status == MN_OK)
		hear_of_success(l, task);
	if (!loss || l->lost)
		return loss;
	mn_tui_note(t, MN_ROLE_BAD, "%s: %s", mn_task_title(task), mn_task_call(task)->err->text);
	l->lost = true;
	l->tries = 0;
	l->next = mn_tui_clock(t) + wait_of(0);
	return true;
}

void mn_link_reset(mn_tui *t)
{
	mn_slot_clear(&t->link.probe);
	t->link.lost = t->link.trying = false;
	t->link.tries = 0;
}

void mn_link_free(mn_tui *t)
{
	mn_slot_clear(&t->link.probe);
}

/* ---- Drawing ------------------------------------------------------------------------------ */

static int draw_lost(const mn_tui *t, const mn_pane *row, int x, int end)
{
	const mn_link *l = &t->link;
	mn_time now = mn_tui_clock(t);
	char when[40], where[MN_LINK_WHERE];
	int room;

	if (l->trying || now >= l->next)
		snprintf(when, sizeof(when), ": trying");
	else
		snprintf(when, sizeof(when), ": retrying in %d s",
			(int)((l->next - now + SECOND - 1) / SECOND));
	mn_text_plain(t->options.url, where, sizeof(where));
	room = end - x - 5 - (int)strlen(when);
	x = mn_pane_text(row, 0, x, MN_ROLE_BAD, "lost ");
	if (room > mn_text_width(mn_str_of(where)))
		room = mn_text_width(mn_str_of(where));
	if (room > 0) {
		mn_pane_str(row, 0, x, room, MN_ROLE_BAD, mn_str_of(where));
		x += room;
	}
	return mn_pane_text(row, 0, x, MN_ROLE_BAD, when) + 2;
}

int mn_link_draw(const mn_tui *t, const mn_pane *row, int x, int end)
{
	if (t->link.lost)
		x = draw_lost(t, row, x, end);
	return mn_unsent_draw(t, row, x, end);
}

/* ---- Actions ------------------------------------------------------------------------------ */

static void reconnect(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (t->link.lost)
		t->link.next = 0;
	else
		mn_tui_say(t, MN_ROLE_TEXT, "the connection is there");
}

const mn_action mn_link_actions[] = {
	{.name = "connect",
		.does = "Try a lost connection at once",
		.scope = MN_ON_ANY,
		.act = reconnect},
	{0},
};
