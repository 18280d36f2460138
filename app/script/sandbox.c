/* SPDX-License-Identifier: MIT */
/*
 * sandbox.c - a Lua state with a ceiling on its memory, a watch on its time, and of the libraries
 * what cannot reach outside.
 */
#include <stdlib.h>
#include <time.h>

#include "host.h"

#define HOOK_EVERY 10000 /* instructions between looks at the clock */

/* ---- Memory ------------------------------------------------------------------------------- */

static void *allocate(void *ctx, void *ptr, size_t before, size_t size)
{
	host *h = ctx;
	void *p;

	before = ptr ? before : 0;
	if (size == 0) {
		free(ptr);
		h->used -= before;
		return NULL;
	}
	if (size > before && size - before > h->most - h->used)
		return NULL;
	p = realloc(ptr, size);
	if (p)
		h->used += size - before;
	return p;
}

host *host_of(lua_State *L)
{
	void *ctx;

	lua_getallocf(L, &ctx);
	return ctx;
}

/* ---- Time --------------------------------------------------------------------------------- */

static bool out_of_time(const host *h)
{
	struct timespec t;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0 && t.tv_sec >= (time_t)h->start.cpu;
}

/* Once time is over it stays over: the error comes back at every instruction, so that a script that
 * catches it gets no further. */
static void watch(lua_State *L, lua_Debug *ar)
{
	host *h = host_of(L);

	(void)ar;
	h->over = h->over || out_of_time(h);
	if (!h->over)
		return;
	lua_sethook(L, watch, LUA_MASKCOUNT, 1);
	luaL_error(L, "it used up its %d s of processor time", (int)h->start.cpu);
}

/* ---- Failing ------------------------------------------------------------------------------ */

/* An error object may be anything; nothing of the script's own is called to make it text. */
static void push_message(lua_State *L)
{
	switch (lua_type(L, 1)) {
	case LUA_TSTRING:
	case LUA_TNUMBER: lua_pushvalue(L, 1); break;
	case LUA_TNIL: lua_pushliteral(L, "the script failed without a message"); break;
	default:
		lua_pushfstring(L, "the script failed with a %s for a message",
			lua_typename(L, lua_type(L, 1)));
	}
	lua_tostring(L, -1);
}

/* At most this of a message or a traceback, which the engine would cut anyway. */
static void cut(lua_State *L, size_t most)
{
	size_t n;
	const char *s = lua_tolstring(L, -1, &n);

	if (n <= most)
		return;
	lua_pushlstring(L, s, most);
	lua_remove(L, -2);
}

/* Where the last report is kept: an error that passes two calls comes here twice. */
static const char reported;

int sandbox_trace(lua_State *L)
{
	lua_settop(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &reported);
	if (lua_istable(L, 2) && lua_rawequal(L, 1, 2))
		return 1;
	lua_settop(L, 1);
	push_message(L);
	cut(L, 2000);
	luaL_traceback(L, L, NULL, 1);
	cut(L, 20000);
	lua_createtable(L, 2, 0);
	lua_insert(L, 2);
	lua_rawseti(L, 2, 2);
	lua_rawseti(L, 2, 1);
	lua_pushvalue(L, 2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &reported);
	return 1;
}

static int panic(lua_State *L)
{
	(void)L;
	host_leave();
}

/* ---- Libraries ---------------------------------------------------------------------------- */

/* Of the basic library; the rest is not there. */
static const char *const basics[] = {"assert", "error", "getmetatable", "ipairs", "next", "pairs",
	"pcall", "rawequal", "rawget", "rawlen", "rawset", "select", "tonumber", "tostring", "type",
	"xpcall", "_VERSION"};

static const luaL_Reg libraries[] = {{LUA_TABLIBNAME, luaopen_table},
	{LUA_STRLIBNAME, luaopen_string}, {LUA_MATHLIBNAME, luaopen_math},
	{LUA_UTF8LIBNAME, luaopen_utf8}, {LUA_COLIBNAME, luaopen_coroutine}};

/* The state's globals are a new table that has what the script may use. */
static void open_libraries(lua_State *L)
{
	lua_newtable(L);
	luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
	for (size_t i = 0; i < sizeof(basics) / sizeof(*basics); i++) {
		lua_getfield(L, -1, basics[i]);
		lua_setfield(L, -3, basics[i]);
	}
	lua_pop(L, 1);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
		luaL_requiref(L, libraries[i].name, libraries[i].func, 0);
		lua_setfield(L, -2, libraries[i].name);
	}
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "_G");
	lua_pushcfunction(L, guard_setmetatable);
	lua_setfield(L, -2, "setmetatable");
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	lua_pushnil(L);
	lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

/* The same numbers for the same script: a plan shown dry is the plan that is run. */
static void seed(lua_State *L)
{
	lua_getglobal(L, LUA_MATHLIBNAME);
	lua_getfield(L, -1, "randomseed");
	lua_pushinteger(L, 1);
	lua_call(L, 1, 0);
	lua_pop(L, 1);
}

static int open_all(lua_State *L)
{
	open_libraries(L);
	guard_libraries(L);
	talk_open(L);
	seed(L);
	return 0;
}

lua_State *sandbox_new(host *h)
{
	lua_State *L = lua_newstate(allocate, h);

	if (!L)
		return NULL;
	lua_atpanic(L, panic);
	lua_pushcfunction(L, open_all);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK)
		return NULL;
	lua_sethook(L, watch, LUA_MASKCOUNT, HOOK_EVERY);
	return L;
}
