/* SPDX-License-Identifier: MIT */
/* param.c - values of parameters, from START to the table `params`. */
#include "host.h"

static void push_str(lua_State *L, mn_str s)
{
	lua_pushlstring(L, s.ptr ? s.ptr : "", s.len);
}

static void push_list(lua_State *L, mn_take *t)
{
	const uint32_t n = mn_take_u32(t);

	lua_newtable(L);
	for (uint32_t i = 1; i <= n && !t->bad; i++) {
		push_str(L, mn_take_str(t));
		lua_rawseti(L, -2, i);
	}
}

static void push_value(lua_State *L, mn_take *t, uint32_t type)
{
	switch (type) {
	case MN_ARG_INTEGER:
	case MN_ARG_TIME: lua_pushinteger(L, (lua_Integer)mn_take_u64(t)); break;
	case MN_ARG_NUMBER: lua_pushnumber(L, mn_take_double(t)); break;
	case MN_ARG_BOOLEAN: lua_pushboolean(L, mn_take_u32(t) != 0); break;
	case MN_ARG_LIST: push_list(L, t); break;
	default: push_str(L, mn_take_str(t));
	}
}

void param_push(lua_State *L, mn_take *t, uint32_t n)
{
	lua_newtable(L);
	for (uint32_t i = 0; i < n && !t->bad; i++) {
		const uint32_t type = mn_take_u32(t);

		push_str(L, mn_take_str(t));
		push_value(L, t, type);
		lua_rawset(L, -3);
	}
}
