/* SPDX-License-Identifier: MIT */
/* ask.c - questions to the engine, and what their arguments have in common. */
#include <stdio.h>

#include "host.h"

void host_ask_into(lua_State *L, message *m, uint32_t reply, char **room, size_t *cap, mn_take *out)
{
	uint32_t type;

	if (m->full)
		luaL_error(L, "too much at once: more than 1 MiB is asked of the engine");
	message_send(m);
	type = pipe_receive(room, cap, out);
	if (type == MN_FRAME_ERROR) {
		lua_pushlstring(L, out->at, (size_t)(out->end - out->at));
		luaL_error(L, "%s", lua_tostring(L, -1));
	}
	if (type != reply)
		host_leave();
}

void host_ask(lua_State *L, message *m, uint32_t reply, mn_take *out)
{
	host *h = host_of(L);

	host_ask_into(L, m, reply, &h->reply, &h->reply_cap, out);
}

uint64_t host_id(lua_State *L, int index)
{
	lua_Integer id = 0;
	int whole = 0;

	if (lua_type(L, index) == LUA_TTABLE) {
		lua_getfield(L, index, "id");
		id = lua_tointegerx(L, -1, &whole);
		lua_pop(L, 1);
	} else if (lua_type(L, index) == LUA_TNUMBER) {
		id = lua_tointegerx(L, index, &whole);
	}
	if (!whole || id <= 0)
		luaL_error(L, "an id is a whole number from 1 on, or a row that has one");
	return (uint64_t)id;
}

void host_method(lua_State *L, int upvalue)
{
	if (!lua_rawequal(L, 1, lua_upvalueindex(upvalue)))
		luaL_error(L, "written with a colon: brain:neurons{}, plan:prune{}");
}

void host_members(lua_State *L, int table, const char *known, const char *whose)
{
	char word[64];

	lua_pushnil(L);
	while (lua_next(L, table)) {
		const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2)
								  : "(number)";

		snprintf(word, sizeof(word), " %s ", name);
		if (!strstr(known, word))
			luaL_error(L, "%s has no \"%s\" (there are:%s)", whose, name, known);
		lua_pop(L, 1);
	}
}
