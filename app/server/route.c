/* SPDX-License-Identifier: MIT */
/* route.c - from a path to a route, and what is written in path and query. */
#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/core.h"

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
enum { GET, HEAD, METHODS = sizeof(methods) / sizeof(*methods), OPTIONS = METHODS - 1 };

/* ---- Escapes ------------------------------------------------------------------------------ */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mn_percent_decode(mn_arena *arena, mn_str in, bool plus, mn_str *out)
{
	char *to = mn_arena_alloc(arena, in.len + 1);
	size_t n = 0;

	if (!to)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		char c = in.ptr[i];

		if (c == '%') {
			int high = in.len - i > 2 ? hex(in.ptr[i + 1]) : -1;
			int low = high < 0 ? -1 : hex(in.ptr[i + 2]);

			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		to[n++] = c;
	}
	*out = (mn_str){to, n};
	return mn_text_valid(*out);
}

static mn_str cut(mn_str *rest, char byte)
{
	const char *at = rest->len ? memchr(rest->ptr, byte, rest->len) : NULL;
	size_t n = at ? (size_t)(at - rest->ptr) : rest->len;
	mn_str part = {rest->ptr, n};

	n += at ? 1 : 0;
	*rest = (mn_str){rest->ptr + n, rest->len - n};
	return part;
}

int mn_query_read(mn_exchange *ex)
{
	mn_str rest = ex->head.query;

	while (rest.len) {
		mn_str value = cut(&rest, '&'), name = cut(&value, '=');

		if (name.len == 0)
			continue;
		if (ex->nqueries == MN_QUERIES
			|| !mn_percent_decode(
				ex->call.arena, name, true, &ex->queries[ex->nqueries].name)
			|| !mn_percent_decode(
				ex->call.arena, value, true, &ex->queries[ex->nqueries].value))
			return MN_REJECT_TARGET;
		ex->nqueries++;
	}
	return MN_REJECT_NONE;
}

/* ---- Matching ----------------------------------------------------------------------------- */

bool mn_route_at(size_t i, const mn_room **room, const mn_route **route)
{
	for (size_t r = 0; (*room = mn_room_at(r)); r++)
		for (*route = (*room)->routes; *route && (*route)->path; (*route)++)
			if (i-- == 0)
				return true;
	return false;
}

/* One segment after the other; a path that ends with a slash has an empty one at its end. */
struct walk {
	mn_str rest;
	bool ended;
};

static mn_str next_segment(struct walk *w)
{
	size_t before = w->rest.len;
	mn_str part = cut(&w->rest, '/');

	w->ended = part.len == before;
	return part;
}

/* How well the path fits: 0: not, else more for a literal at an earlier segment. Parameters are
 * noted as they were sent. */
static uint32_t fits(mn_exchange *ex, mn_str path, const char *pattern)
{
	struct walk is = {mn_str_of(pattern), false}, has = {path, false};
	uint32_t score = 1;

	ex->nparams = 0;
	while (!is.ended && !has.ended) {
		mn_str want = next_segment(&is), have = next_segment(&has);
		bool param = want.len && want.ptr[0] == '{';

		if (param ? have.len == 0 || ex->nparams == MN_PARAMS : !mn_str_eq(want, have))
			return 0;
		score = score << 1 | !param;
		if (!param)
			continue;
		ex->params[ex->nparams].name = want.ptr + 1;
		ex->params[ex->nparams].len = want.len - 2;
		ex->params[ex->nparams++].value = have;
	}
	return is.ended && has.ended ? score : 0;
}

static uint32_t fits_room(mn_exchange *ex, const mn_room *room, const mn_route *route)
{
	static const char *const nowhere[] = {"", NULL};
	const char *const *prefix = room->prefixes ? room->prefixes : nowhere;
	mn_str path = ex->head.path;
	uint32_t score = 0;

	for (; *prefix && !score; prefix++) {
		size_t n = strlen(*prefix);

		if (path.len >= n && memcmp(path.ptr, *prefix, n) == 0)
			score = fits(ex, mn_str_sub(path, n, path.len - n), route->path);
	}
	return score;
}

static size_t method_index(mn_str method)
{
	size_t i = 0;

	while (i < METHODS && !mn_str_is(method, methods[i]))
		i++;
	return i;
}

static void allow(mn_exchange *ex, const mn_route *route)
{
	size_t m = method_index(mn_str_of(route->method));

	ex->allow[m] = ex->allow[OPTIONS] = true;
	if (m == GET)
		ex->allow[HEAD] = true;
}

static int decode_params(mn_exchange *ex)
{
	for (size_t i = 0; i < ex->nparams; i++)
		if (!mn_percent_decode(
			    ex->call.arena, ex->params[i].value, false, &ex->params[i].value))
			return 400;
	return 0;
}

int mn_route_find(mn_exchange *ex)
{
	const mn_room *room;
	const mn_route *route;
	mn_str method = mn_str_is(ex->head.method, "HEAD") ? MN_STR("GET") : ex->head.method;
	uint32_t best = 0, score;
	size_t chosen = 0;

	for (size_t i = 0; mn_route_at(i, &room, &route); i++) {
		score = fits_room(ex, room, route);
		if (!score)
			continue;
		allow(ex, route);
		if (score > best && mn_str_is(method, route->method)) {
			best = score;
			chosen = i;
		}
		ex->room = ex->room ? ex->room : room;
	}
	if (!best)
		return ex->room ? 405 : 404;
	mn_route_at(chosen, &ex->room, &ex->req.route);
	ex->route = chosen;
	fits_room(ex, ex->room, ex->req.route);
	return decode_params(ex);
}

mn_str mn_route_allow(mn_exchange *ex)
{
	mn_buf b = MN_BUF(128);
	mn_str out;

	for (size_t i = 0; i < METHODS; i++)
		if (ex->allow[i]) {
			mn_buf_text(&b, b.len ? ", " : "");
			mn_buf_text(&b, methods[i]);
		}
	out = mn_arena_copy(ex->call.arena, mn_buf_view(&b));
	mn_buf_free(&b);
	return out;
}
