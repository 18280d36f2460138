/* SPDX-License-Identifier: MIT */
#include "tui/desk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

static const mn_screen_ops *const tab_ops[MN_TABS] = {&mn_screen_brains, &mn_screen_explorer,
	&mn_screen_recall, &mn_screen_capacity, &mn_screen_jobs, &mn_screen_upkeep};

mn_time mn_tui_clock(const mn_tui *t)
{
	return mn_engine_monotonic(t->engine);
}

mn_time mn_tui_now(const mn_tui *t)
{
	return mn_engine_now(t->engine);
}

void mn_tui_touch(mn_tui *t)
{
	t->dirty = true;
}

/* ---- Messages ----------------------------------------------------------------------------- */

static void log_line(mn_tui *t, int role, const char *text)
{
	mn_log_line *line = &t->log[t->nlog % MN_LOG_MOST];
	size_t n = strlen(text);
	char *copy = mn_alloc(n + 1);

	if (!copy)
		return; /* a line less in the log */
	memcpy(copy, text, n + 1);
	mn_free(line->text);
	*line = (mn_log_line){.when = mn_tui_now(t), .role = role, .text = copy};
	t->nlog++;
	mn_tui_touch(t);
}

void mn_tui_say(mn_tui *t, int role, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(t->message, sizeof(t->message), fmt, args);
	va_end(args);
	t->message_role = role;
	log_line(t, role, t->message);
}

void mn_tui_note(mn_tui *t, int role, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_line(t, role, text);
}

bool mn_tui_refuses(mn_tui *t)
{
	if (t->options.read_only)
		mn_tui_say(t, MN_ROLE_WARN, "read-only: nothing is changed");
	return t->options.read_only;
}

/* ---- Screens ------------------------------------------------------------------------------ */

static mn_screen *new_screen(mn_tui *t, const mn_screen_ops *ops)
{
	mn_screen *s = mn_alloc_zero(1, sizeof(*s));

	if (s)
		*s = (mn_screen){.ops = ops, .tui = t, .state = mn_alloc_zero(1, ops->size)};
	if (!s || !s->state) {
		mn_free(s);
		mn_tui_say(t, MN_ROLE_BAD, "%s: out of memory", ops->name);
		return NULL;
	}
	if (ops->open)
		ops->open(s);
	return s;
}

static void free_screen(mn_screen *s)
{
	if (!s)
		return;
	if (s->ops->close)
		s->ops->close(s);
	mn_free(s->state);
	mn_free(s);
}

mn_screen *mn_tui_screen(const mn_tui *t)
{
	return t->npushed ? t->pushed[t->npushed - 1] : t->tabs[t->tab];
}

void *mn_tui_state(const mn_tui *t, const mn_screen_ops *ops)
{
	mn_screen *s = mn_tui_screen(t);

	return s && s->ops == ops ? s->state : NULL;
}

void mn_tui_changed(mn_tui *t, const mn_brain_row *row)
{
	if (!t->seat)
		return;
	t->seat->neurons = row->neurons;
	t->seat->synapses = row->synapses;
	t->seat->memories = row->fibers;
	t->seat->bytes = row->bytes;
	for (int i = 0; i < MN_TABS; i++)
		if (t->tabs[i]->ops->changed)
			t->tabs[i]->ops->changed(t->tabs[i]);
	mn_tui_touch(t);
}

bool mn_tui_open_screens(mn_tui *t)
{
	for (int i = 0; i < MN_TABS; i++)
		if (!(t->tabs[i] = new_screen(t, tab_ops[i])))
			return false;
	return true;
}

void mn_tui_close_screens(mn_tui *t)
{
	while (t->npushed)
		free_screen(t->pushed[--t->npushed]);
	for (int i = 0; i < MN_TABS; i++)
		free_screen(t->tabs[i]);
}

static void show(mn_tui *t)
{
	mn_screen *s = mn_tui_screen(t);

	if (s && s->ops->show)
		s->ops->show(s);
	mn_tui_touch(t);
}

mn_screen *mn_tui_goto(mn_tui *t, const mn_screen_ops *ops)
{
	while (t->npushed)
		free_screen(t->pushed[--t->npushed]);
	for (int i = 0; i < MN_TABS; i++)
		if (tab_ops[i] == ops)
			t->tab = i;
	show(t);
	return t->tabs[t->tab];
}

mn_screen *mn_tui_push(mn_tui *t, const mn_screen_ops *ops)
{
	mn_screen *s = t->npushed < MN_PUSHED_MOST ? new_screen(t, ops) : NULL;

	if (!s)
		return NULL;
	t->pushed[t->npushed++] = s;
	show(t);
	return s;
}

void mn_tui_pop(mn_tui *t)
{
	if (t->npushed)
		free_screen(t->pushed[--t->npushed]);
	show(t);
}

void mn_tui_tell(mn_tui *t)
{
	while (t->npushed)
		free_screen(t->pushed[--t->npushed]);
	for (int i = 0; i < MN_TABS; i++)
		if (t->tabs[i]->ops->brain)
			t->tabs[i]->ops->brain(t->tabs[i]);
	mn_tui_touch(t);
	mn_keep_touch(t);
}
