/* SPDX-License-Identifier: MIT */
/* jobs.c - what runs, what ran, and the log. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "tui/chart.h"
#include "tui/desk.h"
#include "tui/list.h"
#include "tui/text.h"

enum { BAR_COLUMNS = 16, STEP = 200000 };

struct jobs {
	mn_list jobs, log;
	bool on_log; /* the keys go to the log */
	mn_pane jobs_pane, log_pane;
};

static size_t running(const mn_tui *t)
{
	size_t n = 0;

	for (const mn_task *task = mn_tasks_first(t); task; task = mn_tasks_next(task))
		n++;
	return n;
}

static mn_task *running_at(const mn_tui *t, size_t i)
{
	mn_task *task = mn_tasks_first(t);

	while (task && i--)
		task = mn_tasks_next(task);
	return task;
}

static size_t kept(uint64_t n, size_t most)
{
	return n < most ? (size_t)n : most;
}

static const mn_done *done_at(const mn_tui *t, size_t i)
{
	return &t->done[(t->ndone - 1 - i) % MN_DONE_MOST];
}

/* The i-th line of the log, latest first. */
static const mn_log_line *log_at(const mn_tui *t, size_t i)
{
	return &t->log[(t->nlog - 1 - i) % MN_LOG_MOST];
}

static int clock_time(const mn_pane *p, int y, mn_style style, mn_time when)
{
	time_t seconds = (time_t)(when / 1000000);
	struct tm tm;
	char text[16];

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	return mn_pane_text(p, y, 2, style, text) + 2;
}

static void draw_running(const mn_pane *p, int y, const mn_task *task, unsigned flag)
{
	mn_job_status st;
	char n[32], total[32];
	int x = mn_pane_text(p, y, 2, MN_ROLE_WARN | flag, "running ") + 2;

	mn_task_look(task, &st);
	mn_pane_str(p, y, x, 24, MN_ROLE_TITLE | flag, mn_str_of(mn_task_title(task)));
	x = 38;
	if (st.total) {
		mn_chart_gauge(p, y, x, BAR_COLUMNS, (double)st.done / (double)st.total,
			MN_ROLE_FRAME_LIVE | flag);
		mn_pane_printf(p, y, x + BAR_COLUMNS + 1, MN_ROLE_NUMBER | flag, "%s of %s %s",
			mn_text_count(st.done, n, sizeof(n)),
			mn_text_count(st.total, total, sizeof(total)), st.unit);
	} else if (st.done) {
		mn_pane_printf(p, y, x, MN_ROLE_NUMBER | flag, "%s %s",
			mn_text_count(st.done, n, sizeof(n)), st.unit);
	}
	mn_pane_right(p, y, p->w - 1, MN_ROLE_DIM | flag, "%s",
		mn_text_span(mn_task_took(task), n, sizeof(n)));
}

static void draw_done(const mn_pane *p, int y, const mn_done *d, unsigned flag)
{
	char n[32];
	int x = clock_time(p, y, MN_ROLE_DIM | flag, d->when);

	mn_pane_str(p, y, x, 24, MN_ROLE_TEXT | flag, mn_str_of(d->title));
	if (d->status == MN_OK)
		mn_pane_text(p, y, 38, MN_ROLE_GOOD | flag, "✓ done");
	else
		mn_pane_printf(p, y, 38,
			(d->status == MN_ECANCELLED ? MN_ROLE_WARN : MN_ROLE_BAD) | flag, "✗ %s",
			d->fault);
	mn_pane_right(
		p, y, p->w - 1, MN_ROLE_DIM | flag, " %s", mn_text_span(d->took, n, sizeof(n)));
}

static void draw_jobs(mn_screen *s, const mn_pane *frame)
{
	struct jobs *j = s->state;
	mn_tui *t = s->tui;
	size_t nrunning = running(t), n = nrunning + kept(t->ndone, MN_DONE_MOST), top;
	mn_pane p = mn_pane_frame(frame, "Jobs", !j->on_log);

	mn_pane_caption(frame, false, MN_ROLE_DIM, "%zu running", nrunning);
	j->jobs_pane = p;
	mn_list_resize(&j->jobs, n);
	top = mn_list_show(&j->jobs, p.h);
	for (size_t i = top; i < n && i < top + (size_t)p.h; i++) {
		bool at = i == j->jobs.at;
		unsigned flag = at ? (j->on_log ? MN_MARKED : MN_SELECTED) : 0;
		int y = (int)(i - top);

		mn_pane_fill(&p, y, 0, p.w, MN_ROLE_TEXT | flag, " ");
		mn_pane_text(&p, y, 0, MN_ROLE_KEY | flag, at ? "▸" : " ");
		if (i < nrunning)
			draw_running(&p, y, running_at(t, i), flag);
		else
			draw_done(&p, y, done_at(t, i - nrunning), flag);
	}
	if (n == 0)
		mn_pane_text(&p, 0, 2, MN_ROLE_DIM, "nothing has run yet");
	mn_list_bar(&j->jobs, frame, !j->on_log);
}

static void draw_log(mn_screen *s, const mn_pane *frame)
{
	struct jobs *j = s->state;
	mn_tui *t = s->tui;
	size_t n = kept(t->nlog, MN_LOG_MOST), top;
	mn_pane p = mn_pane_frame(frame, "Log", j->on_log);

	j->log_pane = p;
	mn_list_resize(&j->log, n);
	top = mn_list_show(&j->log, p.h);
	for (size_t i = top; i < n && i < top + (size_t)p.h; i++) {
		const mn_log_line *l = log_at(t, i);
		bool at = i == j->log.at && j->on_log;
		unsigned flag = at ? MN_SELECTED : 0;
		int y = (int)(i - top), x;

		mn_pane_fill(&p, y, 0, p.w, MN_ROLE_TEXT | flag, " ");
		mn_pane_text(&p, y, 0, MN_ROLE_KEY | flag, at ? "▸" : " ");
		x = clock_time(&p, y, MN_ROLE_DIM | flag, l->when);
		mn_pane_str(&p, y, x, p.w - x - 1, (unsigned)l->role | flag, mn_str_of(l->text));
	}
	if (n == 0)
		mn_pane_text(&p, 0, 2, MN_ROLE_DIM, "nothing to report");
	mn_list_bar(&j->log, frame, j->on_log);
}

static void draw(mn_screen *s, const mn_pane *p)
{
	int upper = p->h / 2;
	mn_pane top = mn_pane_sub(p, 0, 0, upper, p->w);
	mn_pane low = mn_pane_sub(p, upper, 0, p->h - upper, p->w);

	draw_jobs(s, &top);
	draw_log(s, &low);
}

static bool key(mn_screen *s, mn_stroke stroke)
{
	struct jobs *j = s->state;

	return mn_list_key(j->on_log ? &j->log : &j->jobs, stroke);
}

static void mouse(mn_screen *s, const mn_mouse *m)
{
	struct jobs *j = s->state;
	int y = m->y, x = m->x;
	bool on_log = mn_pane_has(&j->log_pane, &y, &x);
	mn_list *l = on_log ? &j->log : &j->jobs;

	if (!on_log && !mn_pane_has(&j->jobs_pane, &y, &x))
		return;
	if (m->what == MN_MOUSE_WHEEL_UP || m->what == MN_MOUSE_WHEEL_DOWN) {
		mn_list_move(l, m->what == MN_MOUSE_WHEEL_UP ? -3 : 3);
		return;
	}
	j->on_log = on_log;
	mn_list_go(l, mn_list_hit(l, y));
}

/* As long as something runs its numbers move. */
static mn_time tick(mn_screen *s, mn_time now)
{
	if (!mn_tasks_first(s->tui))
		return 0;
	mn_tui_touch(s->tui);
	return now + STEP;
}

static mn_str selection(mn_screen *s)
{
	struct jobs *j = s->state;
	size_t n = kept(s->tui->nlog, MN_LOG_MOST);

	return j->on_log && j->log.at < n ? mn_str_of(log_at(s->tui, j->log.at)->text)
					  : (mn_str){0};
}

static void cancel_job(mn_tui *t, const mn_args *args)
{
	struct jobs *j = mn_tui_state(t, &mn_screen_jobs);
	mn_task *task = j && !j->on_log ? running_at(t, j->jobs.at) : NULL;

	(void)args;
	if (task)
		mn_task_cancel(task);
	else
		mn_tui_say(t, MN_ROLE_WARN, "this is over: there is nothing to cancel");
}

static void switch_pane(mn_tui *t, const mn_args *args)
{
	struct jobs *j = mn_tui_state(t, &mn_screen_jobs);

	(void)args;
	if (j)
		j->on_log = !j->on_log;
}

static void read_line(mn_tui *t, const mn_args *args)
{
	mn_screen *s = mn_tui_screen(t);
	struct jobs *j = s->state;
	size_t nrunning = running(t), i = j->jobs.at - nrunning;

	(void)args;
	if (j->on_log && selection(s).len)
		mn_reader_open(t, "Log", selection(s));
	else if (!j->on_log && j->jobs.at >= nrunning && i < kept(t->ndone, MN_DONE_MOST)
		 && *done_at(t, i)->fault)
		mn_reader_open(t, "Job", mn_str_of(done_at(t, i)->fault));
}

const mn_screen_ops mn_screen_jobs = {
	.name = "jobs",
	.title = "Jobs",
	.scope = MN_ON_JOBS,
	.size = sizeof(struct jobs),
	.draw = draw,
	.key = key,
	.mouse = mouse,
	.tick = tick,
	.selection = selection,
};

const mn_action mn_jobs_actions[] = {
	{.name = "cancel job",
		.does = "Cancel this job",
		.scope = MN_ON_JOBS,
		.keys = "x",
		.hint = "cancel",
		.act = cancel_job},
	{.name = "read line",
		.does = "Show the whole line",
		.scope = MN_ON_JOBS,
		.keys = "enter",
		.hint = "read",
		.act = read_line},
	{.name = "jobs or log",
		.does = "Go from the jobs to the log, or back",
		.scope = MN_ON_JOBS,
		.keys = "tab",
		.hint = "jobs/log",
		.act = switch_pane},
	{0},
};
