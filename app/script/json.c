/* SPDX-License-Identifier: MIT */
/* json.c - the parameters of a step as JSON, names in their order, so that equal ones look equal.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

#define DEEPEST 6
#define MOST_NAMES 32

static void add_value(lua_State *L, message *m, int index, int depth);

static void add_text(message *m, const char *s)
{
	message_add(m, s, strlen(s));
}

static void add_string(message *m, const char *s, size_t n)
{
	char code[8];

	add_text(m, "\"");
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];

		if (c < 32 || c == '"' || c == '\\') {
			snprintf(code, sizeof(code), "\\u%04x", c);
			add_text(m, code);
		} else {
			message_add(m, s + i, 1);
		}
	}
	add_text(m, "\"");
}

/* A number without a fraction is a whole one, however Lua keeps it. */
static void add_number(lua_State *L, message *m, int index)
{
	const lua_Number x = lua_tonumber(L, index);
	lua_Integer whole = 0;
	char text[40];

	if (lua_isinteger(L, index) || lua_numbertointeger(x, &whole)) {
		whole = lua_isinteger(L, index) ? lua_tointeger(L, index) : whole;
		if (lua_isinteger(L, index) || (lua_Number)whole == x) {
			snprintf(text, sizeof(text), LUA_INTEGER_FMT, whole);
			add_text(m, text);
			return;
		}
	}
	if (!isfinite(x))
		luaL_error(L, "a parameter of a step is no number");
	snprintf(text, sizeof(text), "%.15g", x);
	if (strtod(text, NULL) != x)
		snprintf(text, sizeof(text), "%.17g", x);
	add_text(m, text);
}

static void add_array(lua_State *L, message *m, int table, lua_Unsigned n, int depth)
{
	add_text(m, "[");
	for (lua_Unsigned i = 1; i <= n; i++) {
		if (i > 1)
			add_text(m, ",");
		lua_rawgeti(L, table, (lua_Integer)i);
		add_value(L, m, lua_gettop(L), depth);
		lua_pop(L, 1);
	}
	add_text(m, "]");
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names stay where they are as long as the table does. */
static size_t names_of(lua_State *L, int table, const char **names)
{
	size_t n = 0;

	lua_pushnil(L);
	while (lua_next(L, table)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "a parameter of a step has a name, not a number");
		if (n == MOST_NAMES)
			luaL_error(L, "a step has more than %d parameters", MOST_NAMES);
		names[n++] = lua_tostring(L, -2);
		lua_pop(L, 1);
	}
	qsort(names, n, sizeof(*names), by_bytes);
	return n;
}

static void add_object(lua_State *L, message *m, int table, int depth)
{
	const char *names[MOST_NAMES];
	const size_t n = names_of(L, table, names);

	add_text(m, "{");
	for (size_t i = 0; i < n; i++) {
		if (i)
			add_text(m, ",");
		add_string(m, names[i], strlen(names[i]));
		add_text(m, ":");
		lua_getfield(L, table, names[i]);
		add_value(L, m, lua_gettop(L), depth);
		lua_pop(L, 1);
	}
	add_text(m, "}");
}

static bool is_empty(lua_State *L, int table)
{
	lua_pushnil(L);
	if (!lua_next(L, table))
		return true;
	lua_pop(L, 2);
	return false;
}

static void add_table(lua_State *L, message *m, int index, int depth)
{
	const lua_Unsigned n = lua_rawlen(L, index);

	if (depth == DEEPEST)
		luaL_error(L, "the parameters of a step are tables within tables within tables");
	luaL_checkstack(L, 10, "a step");
	if (n || (depth > 0 && is_empty(L, index)))
		add_array(L, m, index, n, depth + 1);
	else
		add_object(L, m, index, depth + 1);
}

static void add_value(lua_State *L, message *m, int index, int depth)
{
	size_t n;
	const char *s;

	switch (lua_type(L, index)) {
	case LUA_TBOOLEAN: add_text(m, lua_toboolean(L, index) ? "true" : "false"); break;
	case LUA_TNUMBER: add_number(L, m, index); break;
	case LUA_TSTRING:
		s = lua_tolstring(L, index, &n);
		add_string(m, s, n);
		break;
	case LUA_TTABLE: add_table(L, m, index, depth); break;
	default:
		luaL_error(L, "a parameter of a step is a %s", lua_typename(L, lua_type(L, index)));
	}
}

void json_add(lua_State *L, message *m, int index)
{
	const size_t hole = message_hole(m);

	add_value(L, m, index, 0);
	message_fill(m, hole);
}
