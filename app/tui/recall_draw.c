/* SPDX-License-Identifier: MIT */
/* recall_draw.c - the recall screen as it looks: question, memories, spread, why. */
#include <string.h>

#include "base/str.h"
#include "printer.h"
#include "tui/chart.h"
#include "tui/recall.h"
#include "tui/text.h"

enum { NARROW = 92, ASK_ROWS = 3, RANK = 3, SCORE = 5, BAR = 8 };

static const char *const depths[] = {"auto", "0", "1", "2", "3"};

const mn_replay_hit *mn_recall_hit(const mn_recall *r)
{
	return r->run && r->hits.at < r->run->nhits ? &r->run->hits[r->hits.at] : NULL;
}

static void draw_query(mn_screen *s, const mn_pane *frame)
{
	mn_recall *r = s->state;
	bool live = r->focus == MN_ON_QUERY;
	mn_pane p = mn_pane_frame(frame, "Ask", live);
	int end = p.w - 1;

	if (p.w >= 80) {
		if (!r->how.learn)
			end = mn_pane_right(&p, 0, end, MN_ROLE_DIM, "  no learning");
		if (r->run && r->run->nhits && !r->how.classic
			&& mn_str_is(r->run->kernel, "classic"))
			end = mn_pane_right(&p, 0, end, MN_ROLE_NUMBER, "→classic");
		end = mn_pane_right(
			&p, 0, end, MN_ROLE_NUMBER, "%s", r->how.classic ? "classic" : "fan");
		end = mn_pane_right(&p, 0, end, MN_ROLE_DIM, "  kernel ");
		if (r->run && r->how.depth < 0)
			end = mn_pane_right(&p, 0, end, MN_ROLE_NUMBER, "→%d", r->run->depth);
		end = mn_pane_right(&p, 0, end, MN_ROLE_NUMBER, "%s", depths[r->how.depth + 1]);
		end = mn_pane_right(&p, 0, end, MN_ROLE_DIM, "  depth ");
	}
	r->query_pane = mn_pane_sub(&p, 0, 1, 1, end - 1);
	mn_line_draw(&r->query, &r->query_pane, 0, 0, r->query_pane.w, live,
		"a question, in your own words");
}

/* ---- Memories ----------------------------------------------------------------------------- */

static void draw_hit(const mn_recall *r, const mn_pane *p, int y, size_t i, unsigned flag)
{
	const mn_replay_hit *h = &r->run->hits[i];
	bool wide = p->w >= 36;
	int x = p->w - 1, via = p->w >= 58 ? p->w / 3 : 0;
	char n[16];

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, flag & MN_SELECTED ? "▸" : " ");
	mn_pane_right(p, y, 1 + RANK, MN_ROLE_DIM | flag, "%zu", i + 1);
	if (via) {
		mn_pane_str(p, y, x - via, via, MN_ROLE_DIM | flag, mn_str_of(h->via));
		x -= via + 1;
	}
	if (wide) {
		mn_chart_bar(p, y, x - BAR, BAR, h->level, flag);
		x -= BAR + 1;
	}
	mn_pane_right(p, y, x, mn_theme_heat(h->level) | flag, "%s",
		mn_text_weight(h->score, n, sizeof(n)));
	x -= SCORE + 1;
	mn_pane_str(p, y, RANK + 2, x - RANK - 2, MN_ROLE_MEMORY | flag, mn_str_of(h->label));
}

static void draw_nothing(mn_screen *s, const mn_pane *p)
{
	mn_recall *r = s->state;
	mn_pane text = mn_pane_sub(p, 1, 2, p->h - 1, p->w - 4);
	char key[16], say[80];

	if (!s->tui->seat) {
		mn_pane_text(p, 0, 2, MN_ROLE_DIM, "no brain is open: 1 lists them");
	} else if (r->run) {
		mn_pane_wrap(&text, 0, 0, MN_ROLE_DIM,
			MN_STR("Nothing lit up: the brain knows none of these words."));
	} else {
		snprintf(say, sizeof(say),
			"Ask, and watch which memories light up.\n/ to type, %s to ask.",
			mn_keymap_key(&s->tui->keymap, "enter", key, sizeof(key)));
		mn_pane_wrap(&text, 0, 0, MN_ROLE_DIM, mn_str_of(say));
	}
}

static void draw_hits(mn_screen *s, const mn_pane *frame)
{
	mn_recall *r = s->state;
	bool live = r->focus == MN_ON_HITS;
	mn_pane p = mn_pane_frame(frame, "Memories", live);
	char took[32];
	size_t top = mn_list_show(&r->hits, p.h);

	r->hits_pane = p;
	if (r->run) {
		mn_text_span(r->run->latency_us, took, sizeof(took));
		mn_pane_caption(frame, false, MN_ROLE_GOOD, "%s", took);
	}
	for (size_t i = top; i < r->hits.n && i < top + (size_t)p.h; i++)
		draw_hit(r, &p, (int)(i - top), i,
			i == r->hits.at ? (live ? MN_SELECTED : MN_MARKED) : 0);
	if (r->hits.n == 0)
		draw_nothing(s, &p);
	mn_list_bar(&r->hits, frame, live);
}

/* ---- Spread ------------------------------------------------------------------------------- */

/* How far activation has come. */
static unsigned hop_now(const mn_recall *r)
{
	unsigned hop = 0;

	for (uint32_t k = 0; k < r->spread.at && hop < r->run->hops; k++)
		hop = r->run->hop_at[k] > hop ? r->run->hop_at[k] : hop;
	return hop;
}

static void draw_player(mn_recall *r, const mn_pane *frame)
{
	char n[32], all[32], count[96];
	int end = frame->w - 2, slider = frame->w >= 64 ? frame->w / 4 : 0;
	double part = r->run->nevents ? (double)r->spread.at / r->run->nevents : 1;

	mn_text_count(r->spread.at, n, sizeof(n));
	mn_text_count(r->run->nevents, all, sizeof(all));
	if (slider) {
		r->slider_pane = mn_pane_sub(frame, 0, end - slider, 1, slider);
		mn_chart_slider(frame, 0, end - slider, slider, part);
		mn_pane_text(frame, 0, end, MN_ROLE_TEXT, " ");
		end -= slider + 1;
	}
	snprintf(count, sizeof(count), " event %s/%s · hop %u", n, all, hop_now(r));
	end = mn_pane_right(frame, 0, end + 1, MN_ROLE_NUMBER, "%s %s%s ", r->playing ? "▶" : "‖",
		r->speed > 0   ? (const char *[]){"", "2×", "4×", "8×"}[r->speed]
		: r->speed < 0 ? (const char *[]){"", "½×", "¼×", "⅛×"}[-r->speed]
			       : "1×",
		"");
	mn_pane_right(frame, 0, end, MN_ROLE_DIM, "%s ", count);
}

static void draw_spread(mn_screen *s, const mn_pane *frame)
{
	mn_recall *r = s->state;
	bool live = r->focus == MN_ON_SPREAD;
	mn_pane p = mn_pane_frame(frame, "Spread", live);
	char activated[64], examined[64];

	r->spread_pane = p;
	r->slider_pane = mn_pane_sub(frame, 0, 0, 0, 0);
	if (!r->run)
		return;
	draw_player(r, frame);
	mn_pane_caption(frame, true, MN_ROLE_DIM, "%s active · %s read",
		mn_format_things(r->run->activated, "neuron", activated),
		mn_format_things(r->run->examined, "synapse", examined));
	mn_spread_draw(&r->spread, &p, live);
}

/* ---- Why ---------------------------------------------------------------------------------- */

static const char *subject(const mn_recall *r, const mn_why_view *v)
{
	for (size_t i = 0; v && i < r->run->nnodes; i++)
		if (r->run->nodes[i].id == v->neuron)
			return r->run->nodes[i].label;
	return "";
}

static void draw_line(const mn_pane *p, int y, const mn_why_line *l)
{
	int end = p->w - 1;

	if (l->gives >= 0)
		end = mn_pane_right(
			p, y, end, mn_theme_heat(l->gives), " %3.0f %%", l->gives * 100);
	mn_pane_str(p, y, 1, end - 2, (unsigned)l->role, l->text);
}

static void draw_why(mn_screen *s, const mn_pane *frame)
{
	mn_recall *r = s->state;
	const mn_why_view *v = r->run ? mn_slot_shown(&r->why) : NULL;
	char title[160], n[16];
	mn_pane p;

	snprintf(title, sizeof(title), "Why “%s” is here", subject(r, v));
	p = mn_pane_frame(frame, v ? title : "Why", false);
	if (!v)
		return;
	mn_pane_caption(
		frame, false, MN_ROLE_NUMBER, "level %s", mn_text_weight(v->level, n, sizeof(n)));
	mn_pane_caption(frame, true, MN_ROLE_DIM, "%zu %s · w all of it · W why not another",
		v->paths, v->paths == 1 ? "way" : "ways");
	for (size_t i = 0; i < v->n && i < (size_t)p.h; i++)
		draw_line(&p, (int)i, &v->lines[i]);
}

/* ---- The whole ---------------------------------------------------------------------------- */

static int why_rows(int h)
{
	return h >= 50 ? 12 : h >= 34 ? 9 : h >= 24 ? 7 : 5;
}

void mn_recall_draw(mn_screen *s, const mn_pane *p)
{
	mn_recall *r = s->state;
	int why = why_rows(p->h), middle = p->h - ASK_ROWS - why;
	int left = p->w * 2 / 5 < 64 ? p->w * 2 / 5 : 64;
	mn_pane part = mn_pane_sub(p, 0, 0, ASK_ROWS, p->w);

	draw_query(s, &part);
	part = mn_pane_sub(p, p->h - why, 0, why, p->w);
	draw_why(s, &part);
	if (p->w < NARROW) {
		part = mn_pane_sub(p, ASK_ROWS, 0, middle, p->w);
		if (r->focus == MN_ON_SPREAD)
			draw_spread(s, &part);
		else
			draw_hits(s, &part);
		return;
	}
	part = mn_pane_sub(p, ASK_ROWS, 0, middle, left);
	draw_hits(s, &part);
	part = mn_pane_sub(p, ASK_ROWS, left, middle, p->w - left);
	draw_spread(s, &part);
}
