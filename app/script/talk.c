/* SPDX-License-Identifier: MIT */
/* talk.c - what a script says to whoever runs it, and moments. */
#include "base/iso.h"
#include "host.h"

#define LONGEST_LINE 2000

static size_t shorter(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* The arguments as print of Lua shows them, as one line. */
static int talk_log(lua_State *L)
{
	const int n = lua_gettop(L);
	luaL_Buffer b;
	message m;
	size_t len;
	const char *line;

	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		luaL_tolstring(L, i, NULL);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
	line = lua_tolstring(L, -1, &len);
	message_begin(&m, MN_FRAME_LOG);
	message_str(&m, line, shorter(len, LONGEST_LINE));
	message_send(&m);
	return 0;
}

static int talk_emit(lua_State *L)
{
	size_t n;
	const char *text = luaL_checklstring(L, 1, &n);

	while (n) {
		const size_t piece = shorter(n, MN_FRAME_CHUNK);

		message_bytes(MN_FRAME_EMIT, text, piece);
		text += piece;
		n -= piece;
	}
	return 0;
}

static uint64_t count_at(lua_State *L, int index)
{
	const lua_Number x = luaL_optnumber(L, index, 0);

	return x > 0 && x < 1e18 ? (uint64_t)x : 0;
}

static int talk_progress(lua_State *L)
{
	const uint64_t done = count_at(L, 1), total = count_at(L, 2);
	size_t n;
	const char *unit = luaL_optlstring(L, 3, "", &n);
	message m;

	message_begin(&m, MN_FRAME_PROGRESS);
	message_u64(&m, done);
	message_u64(&m, total);
	message_str(&m, unit, shorter(n, 30));
	message_send(&m);
	return 0;
}

mn_time talk_moment(lua_State *L, int index)
{
	mn_time t = 0;
	mn_str text;

	if (lua_type(L, index) != LUA_TSTRING) {
		if (lua_type(L, index) != LUA_TNUMBER)
			return luaL_error(L,
				"a moment is a number of microseconds or a text, not a %s",
				luaL_typename(L, index));
		return lua_isinteger(L, index) ? lua_tointeger(L, index)
					       : (mn_time)lua_tonumber(L, index);
	}
	text.ptr = lua_tolstring(L, index, &text.len);
	if (!mn_iso_read(text, &t))
		luaL_error(L, "no moment such as 2024-05-01T12:00: \"%s\"", text.ptr);
	return t;
}

static int talk_time(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushinteger(L, talk_moment(L, 1));
	return 1;
}

static int talk_date(lua_State *L)
{
	char iso[MN_ISO_ROOM];

	luaL_checkany(L, 1);
	lua_pushlstring(L, iso, mn_iso_write(talk_moment(L, 1), iso));
	return 1;
}

void talk_open(lua_State *L)
{
	static const luaL_Reg words[] = {{"log", talk_log}, {"print", talk_log},
		{"emit", talk_emit}, {"progress", talk_progress}, {"time", talk_time},
		{"date", talk_date}};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		lua_pushcfunction(L, words[i].func);
		lua_setglobal(L, words[i].name);
	}
	lua_pushinteger(L, INT64_C(86400000000));
	lua_setglobal(L, "DAY");
}
