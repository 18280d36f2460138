/* SPDX-License-Identifier: MIT */
/* brains.c - the brains of the store: open one, make one, rename, delete. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "tui/acts.h"
#include "tui/desk.h"
#include "tui/list.h"
#include "tui/text.h"

enum { NAME_MOST = 512, SIDE_COLUMNS = 40, WIDE = 110, PLACE = 4096 };

struct brains {
	mn_slot rows;
	const mn_store *of; /* whose rows these are */
	mn_list list;
	mn_pane pane;         /* where the rows were drawn */
	char want[NAME_MOST]; /* the cursor goes here once the list has come */
};

/* ---- The list ----------------------------------------------------------------------------- */

struct listing {
	mn_store *store;
	mn_rows rows;
	mn_str title;
};

static void list_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct listing *l = context;
	mn_info info = MN_SIZED(mn_info);

	(void)seat;
	(void)job;
	if (mn_store_info(l->store, call, &info) == MN_OK)
		l->title = info.title;
	mn_store_brains(l->store, call, &l->rows);
}

static void list_done(mn_screen *screen, mn_task *task, int status)
{
	struct brains *b = screen->state;
	struct listing *l = mn_task_context(task);

	if (status)
		return;
	mn_list_resize(&b->list, l->rows.n);
	for (size_t i = 0; *b->want && i < l->rows.n; i++)
		if (mn_str_is(l->rows.at.brain[i].name, b->want))
			mn_list_go(&b->list, i);
	b->want[0] = '\0';
}

static const mn_work list_work = {.title = "list brains",
	.size = sizeof(struct listing),
	.run = list_run,
	.done = list_done,
	.quiet = true};

static void reload(mn_screen *s)
{
	struct brains *b = s->state;
	mn_task *task;

	if (b->of != s->tui->store) {
		mn_slot_clear(&b->rows);
		b->list = (mn_list){0};
		b->of = s->tui->store;
	}
	task = s->tui->store ? mn_task_new(s->tui, s, &b->rows, &list_work) : NULL;

	if (!task)
		return;
	if (!mn_slot_shown(&b->rows) && s->tui->seat)
		snprintf(b->want, sizeof(b->want), "%s", s->tui->seat->name);
	((struct listing *)mn_task_context(task))->store = s->tui->store;
	mn_task_start(task);
}

static const mn_brain_row *row_at(const struct brains *b, size_t i)
{
	const struct listing *l = mn_slot_shown(&b->rows);

	return l && i < l->rows.n ? &l->rows.at.brain[i] : NULL;
}

/* ---- Changes ------------------------------------------------------------------------------ */

struct change {
	mn_store *store;
	mn_edit *edit; /* that starts it again */
	enum { CREATE, RENAME, DELETE } op;
	char name[NAME_MOST], to[NAME_MOST];
};

static void change_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct change *c = context;
	mn_str name = mn_str_of(c->name);

	(void)seat;
	(void)job;
	if (c->op != DELETE
		&& mn_settings_check_name(c->op == CREATE ? name : mn_str_of(c->to), call->err))
		return;
	if (c->op == CREATE)
		mn_store_create(c->store, call, name, MN_STR(""));
	else if (c->op == RENAME)
		mn_store_rename(c->store, call, name, mn_str_of(c->to));
	else
		mn_store_delete(c->store, call, name);
}

/* The open brain has another name now, or is no more. */
static void after_change(mn_tui *t, const struct change *c)
{
	if (!t->seat || !mn_str_is(mn_str_of(c->name), t->seat->name))
		return;
	if (c->op == RENAME)
		mn_tui_open_brain(t, mn_str_of(c->to));
	else if (c->op == DELETE)
		mn_tui_close_brain(t);
}

static void change_drop(void *context)
{
	struct change *c = context;

	mn_free(c->edit);
}

static void change_done(mn_screen *screen, mn_task *task, int status)
{
	static const char *const done[] = {"created", "renamed", "deleted"};
	struct brains *b = screen->state;
	struct change *c = mn_task_context(task);
	mn_tui *t = screen->tui;

	mn_edit_ended(t, &c->edit, status);
	if (c->store != t->store)
		return;
	if (status == MN_OK) {
		after_change(t, c);
		mn_tui_say(t, MN_ROLE_GOOD, "%s: %s", c->name, done[c->op]);
		snprintf(b->want, sizeof(b->want), "%s", c->op == RENAME ? c->to : c->name);
	}
	reload(screen);
}

static const mn_work change_work = {
	.title = "change brains",
	.size = sizeof(struct change),
	.run = change_run,
	.done = change_done,
	.drop = change_drop,
};

/* "brain rename "old" "new"" */
static mn_edit *edit_of(mn_tui *t, int op, mn_str name, mn_str to)
{
	static const char *const verbs[] = {"brain create", "brain rename", "brain delete"};
	static const mn_param text = {.name = "NAME", .type = MN_PARAM_TEXT};
	mn_arg at[] = {{.param = &text, .text = name}, {.param = &text, .text = to}};
	mn_args args = {.at = at, .n = op == RENAME ? 2 : 1};

	return mn_edit_new(t, verbs[op], &args, true);
}

static void begin_change(mn_tui *t, int op, mn_str name, mn_str to)
{
	mn_screen *s = mn_tui_goto(t, &mn_screen_brains);
	mn_task *task = t->store ? mn_task_new(t, s, NULL, &change_work) : NULL;
	struct change *c;

	if (!task)
		return;
	c = mn_task_context(task);
	c->store = t->store;
	c->op = op;
	c->edit = edit_of(t, op, name, to);
	snprintf(c->name, sizeof(c->name), "%.*s", (int)name.len, name.ptr);
	snprintf(c->to, sizeof(c->to), "%.*s", (int)to.len, to.ptr);
	mn_task_start(task);
}

void mn_act_brain_create(mn_tui *t, const mn_args *args)
{
	if (!mn_tui_refuses(t) && mn_unsent_room(t))
		begin_change(t, CREATE, mn_args_text(args, "NAME"), (mn_str){0});
}

static bool is_open(mn_tui *t, mn_str name)
{
	return t->seat && mn_str_is(name, t->seat->name);
}

void mn_act_brain_rename(mn_tui *t, const mn_args *args)
{
	mn_str name = mn_args_text(args, "NAME");

	if (mn_tui_refuses(t) || !mn_unsent_room(t))
		return;
	begin_change(t, RENAME, name, mn_args_text(args, "TO"));
}

static void delete_it(mn_tui *t, mn_str name)
{
	begin_change(t, DELETE, name, (mn_str){0});
}

void mn_act_brain_delete(mn_tui *t, const mn_args *args)
{
	mn_str name = mn_args_text(args, "NAME");
	char plain[NAME_MOST], question[NAME_MOST + 80];

	if (mn_tui_refuses(t) || !mn_unsent_room(t))
		return;
	mn_text_plain(name, plain, sizeof(plain));
	snprintf(question, sizeof(question), "Delete \"%s\" with everything in it, for good?",
		plain);
	snprintf(plain, sizeof(plain), "%.*s", (int)name.len, name.ptr);
	mn_confirm_open(t, question, plain, name, delete_it);
}

/* ---- Drawing ------------------------------------------------------------------------------ */

static void draw_row(mn_screen *s, const mn_pane *p, int y, const mn_brain_row *row, bool live)
{
	unsigned flag = live ? MN_SELECTED : 0;
	bool open = is_open(s->tui, row->name);
	char n[32];
	int x = p->w - 1;

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, live ? "▸" : " ");
	mn_pane_text(p, y, 1, MN_ROLE_GOOD | flag, open ? "●" : " ");
	if (p->w >= 76) {
		mn_pane_right(p, y, x, MN_ROLE_DIM | flag, "%s",
			mn_text_ago(mn_tui_now(s->tui), row->updated ? row->updated : row->created,
				n, sizeof(n)));
		x -= 12;
	}
	mn_pane_right(
		p, y, x, MN_ROLE_NUMBER | flag, "%s", mn_text_bytes(row->bytes, n, sizeof(n)));
	x -= 9;
	if (p->w >= 64) {
		mn_pane_right(p, y, x, MN_ROLE_TEXT | flag, "%s",
			mn_text_count(row->synapses, n, sizeof(n)));
		x -= 12;
	}
	mn_pane_right(
		p, y, x, MN_ROLE_TEXT | flag, "%s", mn_text_count(row->neurons, n, sizeof(n)));
	x -= 12;
	mn_pane_right(p, y, x, MN_ROLE_TEXT | flag, "%s", mn_text_count(row->fibers, n, sizeof(n)));
	x -= 10;
	mn_pane_str(p, y, 3, x - 3, MN_ROLE_TITLE | flag, row->name);
}

static void draw_heads(const mn_pane *p)
{
	int x = p->w - 1;

	mn_pane_text(p, 0, 3, MN_ROLE_DIM, "name");
	if (p->w >= 76) {
		mn_pane_right(p, 0, x, MN_ROLE_DIM, "changed");
		x -= 12;
	}
	mn_pane_right(p, 0, x, MN_ROLE_DIM, "size");
	x -= 9;
	if (p->w >= 64) {
		mn_pane_right(p, 0, x, MN_ROLE_DIM, "synapses");
		x -= 12;
	}
	mn_pane_right(p, 0, x, MN_ROLE_DIM, "neurons");
	x -= 12;
	mn_pane_right(p, 0, x, MN_ROLE_DIM, "memories");
}

static void draw_empty(mn_screen *s, const mn_pane *p)
{
	struct brains *b = s->state;

	if (!mn_slot_shown(&b->rows)) {
		mn_pane_text(p, 1, 3, MN_ROLE_DIM,
			s->tui->link.lost     ? "the list comes when the connection is back"
			: s->tui->store       ? "reading the list"
			: s->tui->own.running ? "the store is being opened"
					      : "the store is not open");
		return;
	}
	mn_pane_text(p, 1, 3, MN_ROLE_TEXT, "No brain here yet.");
	mn_pane_text(p, 2, 3, MN_ROLE_DIM,
		"n makes an empty one; \"mnemoscope import FILE\" fills one from text.");
}

static int detail_line(const mn_pane *p, int y, const char *what, mn_style style, const char *value)
{
	mn_pane_text(p, y, 1, MN_ROLE_DIM, what);
	mn_pane_str(p, y, 12, p->w - 13, style, mn_str_of(value));
	return y + 1;
}

static void draw_detail(mn_screen *s, const mn_pane *frame)
{
	struct brains *b = s->state;
	const mn_brain_row *row = row_at(b, b->list.at);
	mn_pane p = mn_pane_frame(frame, "Brain", false);
	mn_time now = mn_tui_now(s->tui);
	char n[64];
	int y = 0;

	if (!row)
		return;
	mn_pane_str(&p, y++, 1, p.w - 2, MN_ROLE_TITLE, row->name);
	y++;
	y = detail_line(&p, y, "memories", MN_ROLE_NUMBER, mn_text_count(row->fibers, n, 64));
	y = detail_line(&p, y, "neurons", MN_ROLE_NUMBER, mn_text_count(row->neurons, n, 64));
	y = detail_line(&p, y, "synapses", MN_ROLE_NUMBER, mn_text_count(row->synapses, n, 64));
	y = detail_line(&p, y, "size", MN_ROLE_NUMBER, mn_text_bytes(row->bytes, n, 64));
	if (row->fibers)
		y = detail_line(&p, y, "a memory", MN_ROLE_NUMBER,
			mn_text_bytes(row->bytes / row->fibers, n, 64));
	y = detail_line(&p, y, "made", MN_ROLE_TEXT, mn_text_ago(now, row->created, n, 64));
	y = detail_line(&p, y, "decayed", MN_ROLE_TEXT,
		row->clock ? mn_text_ago(now, row->clock, n, 64) : "never");
	y++;
	mn_pane_text(&p, y++, 1, MN_ROLE_DIM, "settings");
	frame = &(mn_pane){
		.win = p.win, .theme = p.theme, .y = p.y, .x = p.x + 1, .h = p.h, .w = p.w - 2};
	mn_pane_wrap(frame, y, 0, MN_ROLE_TEXT,
		row->config.len ? row->config : MN_STR("the usual ones"));
}

/* Which store this is, and how it is. */
static void draw_store(const mn_tui *t, const struct listing *l, const mn_pane *frame)
{
	const mn_profile *p = mn_tui_profile(t);
	mn_str what = l ? l->title : t->options.url;
	const char *state = t->link.lost                  ? " · lost"
			    : !t->store && t->own.running ? " · opening"
			    : !t->store                   ? " · not open"
			    : t->options.read_only        ? " · read-only"
							  : "";
	const char *more = t->options.nprofiles && frame->w >= 90 ? " · s others" : "";
	mn_style style = t->link.lost || !t->store ? MN_ROLE_WARN : MN_ROLE_DIM;
	char plain[PLACE], shown[PLACE];
	int room = frame->w - mn_text_width(mn_str_of(state)) - mn_text_width(mn_str_of(more))
		   - (p ? (int)p->name.len + 4 : 0) - 6;

	mn_text_plain(what, plain, sizeof(plain));
	mn_text_middle(mn_str_of(plain), room < 12 ? 12 : room, shown, sizeof(shown));

	if (p)
		mn_pane_caption(
			frame, false, style, "@%.*s · %s%s%s", MN_FMT(p->name), shown, state, more);
	else
		mn_pane_caption(frame, false, style, "%s%s%s", shown, state, more);
}

static void draw(mn_screen *s, const mn_pane *p)
{
	struct brains *b = s->state;
	const struct listing *l = mn_slot_shown(&b->rows);
	int side = p->w >= WIDE ? SIDE_COLUMNS : 0;
	mn_pane left = mn_pane_sub(p, 0, 0, p->h, p->w - side);
	mn_pane right = mn_pane_sub(p, 0, p->w - side, p->h, side);
	mn_pane in = mn_pane_frame(&left, "Brains", true);
	size_t top;

	draw_store(s->tui, l, &left);
	b->pane = mn_pane_sub(&in, 1, 0, in.h - 1, in.w);
	draw_heads(&in);
	if (b->list.n == 0)
		draw_empty(s, &b->pane);
	top = mn_list_show(&b->list, b->pane.h);
	for (size_t i = top; i < b->list.n && i < top + (size_t)b->pane.h; i++)
		draw_row(s, &b->pane, (int)(i - top), row_at(b, i), i == b->list.at);
	mn_list_bar(&b->list, &left, true);
	if (side)
		draw_detail(s, &right);
}

/* ---- Keys --------------------------------------------------------------------------------- */

static void open_it(mn_tui *t, const mn_args *args)
{
	struct brains *b = mn_tui_state(t, &mn_screen_brains);
	const mn_brain_row *row = b ? row_at(b, b->list.at) : NULL;

	(void)args;
	if (row)
		mn_tui_open_brain(t, row->name);
}

static void refresh_list(mn_tui *t, const mn_args *args)
{
	(void)args;
	reload(mn_tui_screen(t));
}

/* The palette with the verb, and the chosen brain's name where it wants one. */
static void begin_verb(mn_tui *t, const char *verb, bool name)
{
	struct brains *b = mn_tui_state(t, &mn_screen_brains);
	const mn_brain_row *row = b && name ? row_at(b, b->list.at) : NULL;
	char typed[2 * NAME_MOST + 32], quoted[2 * NAME_MOST] = "";

	if (row)
		mn_tui_quote(row->name, quoted, sizeof(quoted));
	snprintf(typed, sizeof(typed), "%s %s%s", verb, quoted, row ? " " : "");
	if (!mn_tui_refuses(t))
		mn_palette_open(t, typed);
}

static void begin_create(mn_tui *t, const mn_args *args)
{
	(void)args;
	begin_verb(t, "brain create", false);
}

static void begin_rename(mn_tui *t, const mn_args *args)
{
	(void)args;
	begin_verb(t, "brain rename", true);
}

static void begin_delete(mn_tui *t, const mn_args *args)
{
	struct brains *b = mn_tui_state(t, &mn_screen_brains);
	const mn_brain_row *row = b ? row_at(b, b->list.at) : NULL;
	static const mn_param name = {.name = "NAME", .type = MN_PARAM_BRAIN};
	mn_arg arg = {.param = &name};
	mn_args chosen = {.at = &arg, .n = 1};

	(void)args;
	if (!row)
		return;
	arg.text = row->name;
	mn_act_brain_delete(t, &chosen);
}

static bool key(mn_screen *s, mn_stroke stroke)
{
	struct brains *b = s->state;

	return mn_list_key(&b->list, stroke);
}

static void mouse(mn_screen *s, const mn_mouse *m)
{
	struct brains *b = s->state;
	int y = m->y, x = m->x;
	size_t hit;

	if (m->what == MN_MOUSE_WHEEL_UP || m->what == MN_MOUSE_WHEEL_DOWN) {
		mn_list_move(&b->list, m->what == MN_MOUSE_WHEEL_UP ? -3 : 3);
		return;
	}
	if (!mn_pane_has(&b->pane, &y, &x) || (hit = mn_list_hit(&b->list, y)) == b->list.n)
		return;
	mn_list_go(&b->list, hit);
	if (m->what == MN_MOUSE_DOUBLE)
		open_it(s->tui, NULL);
}

static mn_str selection(mn_screen *s)
{
	struct brains *b = s->state;
	const mn_brain_row *row = row_at(b, b->list.at);

	return row ? row->name : (mn_str){0};
}

static void close(mn_screen *s)
{
	struct brains *b = s->state;

	mn_slot_clear(&b->rows);
}

const mn_screen_ops mn_screen_brains = {
	.name = "brains",
	.title = "Brains",
	.scope = MN_ON_BRAINS,
	.size = sizeof(struct brains),
	.close = close,
	.show = reload,
	.brain = reload,
	.changed = reload,
	.draw = draw,
	.key = key,
	.mouse = mouse,
	.selection = selection,
};

const mn_action mn_brains_actions[] = {
	{.name = "open",
		.does = "Open this brain",
		.scope = MN_ON_BRAINS,
		.keys = "enter l right",
		.hint = "open",
		.act = open_it},
	{.name = "new",
		.does = "Make an empty brain",
		.scope = MN_ON_BRAINS,
		.keys = "n",
		.hint = "new",
		.act = begin_create},
	{.name = "rename",
		.does = "Give this brain another name",
		.scope = MN_ON_BRAINS,
		.keys = "r",
		.hint = "rename",
		.act = begin_rename},
	{.name = "delete",
		.does = "Delete this brain, after its name was typed",
		.scope = MN_ON_BRAINS,
		.keys = "D delete",
		.hint = "delete",
		.act = begin_delete},
	{.name = "refresh brains",
		.does = "Read the list anew",
		.scope = MN_ON_BRAINS,
		.keys = "ctrl-r f5",
		.act = refresh_list},
	{0},
};
