/* SPDX-License-Identifier: MIT */
/* about.c - what a script declares of itself, from its table to ABOUT; the engine checks it. */
#include <math.h>
#include <stdlib.h>

#include "host.h"

#define MOST_PARAMS 64
#define MOST_CHOICES 64

static const char *const type_names[MN_ARG_TYPES + 1] = {
	"integer", "number", "boolean", "text", "choice", "list", "time", NULL};

/* The named member of a table as text, pushed; an empty one where it may be missing. */
static void text_of(lua_State *L, int table, const char *name, bool needed)
{
	lua_getfield(L, table, name);
	if (lua_type(L, -1) == LUA_TSTRING)
		return;
	if (needed || !lua_isnil(L, -1))
		luaL_error(L, "the %s of a script or a parameter is a text, not a %s", name,
			luaL_typename(L, -1));
	lua_pop(L, 1);
	lua_pushliteral(L, "");
}

/* Adds the text on top, and takes it off. */
static void add_top(lua_State *L, message *m)
{
	size_t n;
	const char *s = lua_tolstring(L, -1, &n);

	message_str(m, s, n);
	lua_pop(L, 1);
}

/* A list as a person would write it: "a, b". */
static void push_list(lua_State *L, int list, const char *name)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, list) && i <= 1000; i++) {
		if (i > 1)
			luaL_addstring(&b, ", ");
		if (lua_rawgeti(L, list, i) != LUA_TSTRING)
			luaL_error(L, "the default of %s is a table of texts", name);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
}

/* The default as text, pushed. */
static void push_initial(lua_State *L, int param, const char *name)
{
	switch (lua_getfield(L, param, "default")) {
	case LUA_TNIL:
		lua_pop(L, 1);
		lua_pushliteral(L, "");
		return;
	case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false"); break;
	case LUA_TNUMBER:
	case LUA_TSTRING: lua_tostring(L, -1); return;
	case LUA_TTABLE: push_list(L, lua_gettop(L), name); break;
	default: luaL_error(L, "the default of %s is a %s", name, luaL_typename(L, -1));
	}
	lua_remove(L, -2);
}

static double bound_of(lua_State *L, int param, const char *which, double otherwise)
{
	double x = otherwise;

	if (lua_getfield(L, param, which) == LUA_TNUMBER)
		x = lua_tonumber(L, -1);
	else if (!lua_isnil(L, -1))
		luaL_error(
			L, "%s of a parameter is a number, not a %s", which, luaL_typename(L, -1));
	lua_pop(L, 1);
	return x;
}

static uint32_t type_of(lua_State *L, int param, const char *name)
{
	const char *type;
	uint32_t i = 0;

	text_of(L, param, "type", true);
	type = lua_tostring(L, -1);
	while (type_names[i] && strcmp(type_names[i], type) != 0)
		i++;
	if (!type_names[i])
		luaL_error(L,
			"the type of %s is integer, number, boolean, text, choice, list or time, "
			"not \"%s\"",
			name, type);
	lua_pop(L, 1);
	return i;
}

static void add_choices(lua_State *L, message *m, int param, const char *name)
{
	const int type = lua_getfield(L, param, "choices");
	const lua_Unsigned n = type == LUA_TTABLE ? lua_rawlen(L, -1) : 0;

	if ((type != LUA_TTABLE && type != LUA_TNIL) || n > MOST_CHOICES)
		luaL_error(L, "choices of %s are a table of 1 to %d texts", name, MOST_CHOICES);
	message_u32(m, (uint32_t)n);
	for (lua_Unsigned i = 1; i <= n; i++) {
		if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TSTRING)
			luaL_error(L, "choices of %s are texts", name);
		add_top(L, m);
	}
	lua_pop(L, 1);
}

static void add_param(lua_State *L, message *m, int param)
{
	mn_frame_param fixed;
	const char *name;

	host_members(L, param, " name type help default min max choices ", "a parameter");
	text_of(L, param, "name", true);
	name = lua_tostring(L, -1);
	fixed.type = type_of(L, param, name);
	fixed.required = lua_getfield(L, param, "default") == LUA_TNIL;
	lua_pop(L, 1);
	fixed.least = bound_of(L, param, "min", -INFINITY);
	fixed.most = bound_of(L, param, "max", INFINITY);
	message_add(m, &fixed, sizeof(fixed));
	lua_pushvalue(L, -1);
	add_top(L, m);
	text_of(L, param, "help", false);
	add_top(L, m);
	push_initial(L, param, name);
	add_top(L, m);
	add_choices(L, m, param, name);
	lua_pop(L, 1);
}

void about_send(lua_State *L, int script)
{
	lua_Unsigned n = 0;
	message m;

	host_members(L, script, " name purpose params run ", "a script");
	message_begin(&m, MN_FRAME_ABOUT);
	text_of(L, script, "name", true);
	add_top(L, &m);
	text_of(L, script, "purpose", true);
	add_top(L, &m);
	if (lua_getfield(L, script, "params") == LUA_TTABLE)
		n = lua_rawlen(L, -1);
	else if (!lua_isnil(L, -1))
		luaL_error(L, "params of a script are a table, not a %s", luaL_typename(L, -1));
	if (n > MOST_PARAMS)
		luaL_error(L, "a script has at most %d parameters", MOST_PARAMS);
	message_u32(&m, (uint32_t)n);
	for (lua_Unsigned i = 1; i <= n; i++) {
		if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TTABLE)
			luaL_error(L, "each of params is a table");
		add_param(L, &m, lua_gettop(L));
		lua_pop(L, 1);
	}
	if (m.full)
		luaL_error(L, "what the script says of itself is too long");
	message_send(&m);
}
