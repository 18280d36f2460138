/* SPDX-License-Identifier: MIT */
/*
 * guard.c - library functions in which a loop could run without any instruction of Lua's: each is
 * asked first whether what it is to do has an end in sight.
 *
 * The library's own function is called in the same frame, so that its errors name the script's
 * line.
 */
#include "host.h"

#define LONGEST_RESULT ((size_t)16 << 20)
#define LONGEST_SUBJECT ((size_t)1 << 20) /* as long as a memory can be */
#define LONGEST_PATTERN 200
#define MOST_MOVED 10000000

static int original(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* ---- Strings ------------------------------------------------------------------------------ */

static int guard_rep(lua_State *L)
{
	size_t n, nsep = 0;
	const lua_Integer times = luaL_checkinteger(L, 2);

	luaL_checklstring(L, 1, &n);
	luaL_optlstring(L, 3, "", &nsep);
	if (times > 0 && (n + nsep) > LONGEST_RESULT / (size_t)times)
		return luaL_error(L, "string.rep: the result would be longer than 16 MiB");
	return original(L);
}

static int guard_match(lua_State *L)
{
	size_t n, npattern;

	luaL_checklstring(L, 1, &n);
	luaL_checklstring(L, 2, &npattern);
	if (n > LONGEST_SUBJECT)
		return luaL_error(L, "patterns are matched against 1 MiB of text at most");
	if (npattern > LONGEST_PATTERN)
		return luaL_error(L, "a pattern has at most %d bytes", LONGEST_PATTERN);
	return original(L);
}

static int guard_find(lua_State *L)
{
	return lua_toboolean(L, 4) ? original(L) : guard_match(L);
}

/* ---- Tables ------------------------------------------------------------------------------- */

/* A table that says how long it is could say anything. */
static int guard_table(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
		return luaL_error(L, "a table with a __len is not taken here");
	return original(L);
}

static int guard_move(lua_State *L)
{
	const lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);

	if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= MOST_MOVED)
		return luaL_error(L, "table.move: more than %d items", MOST_MOVED);
	return original(L);
}

static int guard_concat(lua_State *L)
{
	const lua_Integer from = luaL_optinteger(L, 3, 1), to = luaL_optinteger(L, 4, 0);

	if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= MOST_MOVED)
		return luaL_error(L, "table.concat: more than %d items", MOST_MOVED);
	return guard_table(L);
}

/* ---- Metatables --------------------------------------------------------------------------- */

/* What collects garbage calls __gc where no hook is called. */
int guard_setmetatable(lua_State *L)
{
	const int type = lua_type(L, 2);

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
	if (type == LUA_TTABLE) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "a metatable with __gc is refused");
		lua_pop(L, 1);
	}
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

/* ---- Putting them in their place ---------------------------------------------------------- */

static void replace(lua_State *L, const char *name, lua_CFunction guard)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, guard, 1);
	lua_setfield(L, -2, name);
}

void guard_libraries(lua_State *L)
{
	static const luaL_Reg strings[] = {{"rep", guard_rep}, {"find", guard_find},
		{"match", guard_match}, {"gmatch", guard_match}, {"gsub", guard_match}};
	static const luaL_Reg tables[] = {{"insert", guard_table}, {"remove", guard_table},
		{"unpack", guard_table}, {"sort", guard_table}, {"concat", guard_concat},
		{"move", guard_move}};

	lua_getglobal(L, LUA_STRLIBNAME);
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		replace(L, strings[i].name, strings[i].func);
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	lua_pop(L, 1);
	lua_getglobal(L, LUA_TABLIBNAME);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		replace(L, tables[i].name, tables[i].func);
	lua_pop(L, 1);
	/* Methods of strings are reached through their metatable: nobody changes it. */
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushliteral(L, "strings");
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}
