/* SPDX-License-Identifier: MIT */
#include "tui/list.h"

void mn_list_resize(mn_list *l, size_t n)
{
	l->n = n;
	if (l->at >= n)
		l->at = n ? n - 1 : 0;
}

void mn_list_go(mn_list *l, size_t at)
{
	l->at = l->n == 0 ? 0 : at < l->n ? at : l->n - 1;
}

void mn_list_move(mn_list *l, long by)
{
	if (by < 0)
		mn_list_go(l, (size_t)-by > l->at ? 0 : l->at - (size_t)-by);
	else
		mn_list_go(l, l->at + (size_t)by);
}

bool mn_list_key(mn_list *l, mn_stroke s)
{
	int page = l->height > 1 ? l->height - 1 : 1;

	switch (s) {
	case 'k':
	case KEY_UP | MN_STROKE_CODE: mn_list_move(l, -1); return true;
	case 'j':
	case KEY_DOWN | MN_STROKE_CODE: mn_list_move(l, 1); return true;
	case MN_STROKE_CTRL('u'):
	case KEY_PPAGE | MN_STROKE_CODE: mn_list_move(l, -page); return true;
	case MN_STROKE_CTRL('d'):
	case KEY_NPAGE | MN_STROKE_CODE: mn_list_move(l, page); return true;
	case 'g':
	case KEY_HOME | MN_STROKE_CODE: mn_list_go(l, 0); return true;
	case 'G':
	case KEY_END | MN_STROKE_CODE: mn_list_go(l, l->n ? l->n - 1 : 0); return true;
	default: return false;
	}
}

size_t mn_list_show(mn_list *l, int height)
{
	size_t rows = height > 0 ? (size_t)height : 1;

	l->height = height;
	if (l->at < l->top)
		l->top = l->at;
	if (l->at >= l->top + rows)
		l->top = l->at - rows + 1;
	if (l->top + rows > l->n)
		l->top = l->n > rows ? l->n - rows : 0;
	return l->top;
}

size_t mn_list_hit(const mn_list *l, int y)
{
	size_t row = l->top + (size_t)(y < 0 ? 0 : y);

	return y >= 0 && y < l->height && row < l->n ? row : l->n;
}

void mn_list_bar(const mn_list *l, const mn_pane *frame, bool live)
{
	int track = frame->h - 2, size, from;

	if (track < 3 || l->n <= (size_t)track)
		return;
	size = (int)((double)track * track / (double)l->n);
	size = size < 1 ? 1 : size;
	from = (int)((double)(track - size) * (double)l->top / (double)(l->n - (size_t)track));
	mn_pane_drop(
		frame, 1 + from, frame->w - 1, size, live ? MN_ROLE_FRAME_LIVE : MN_ROLE_DIM, "┃");
}
