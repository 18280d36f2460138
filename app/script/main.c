/* SPDX-License-Identifier: MIT */
/* main.c - mnemoscope-script: reads one script from the engine, tells about it or runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

void host_leave(void)
{
	_exit(1);
}

static void send_failure(const char *why, size_t nwhy, const char *trace, size_t ntrace)
{
	message m;

	message_begin(&m, MN_FRAME_FAIL);
	message_str(&m, why, nwhy);
	message_str(&m, trace, ntrace);
	message_send(&m);
}

/* What sandbox_trace left on top. */
static void report(lua_State *L)
{
	size_t nwhy = 0, ntrace = 0;
	const char *why, *trace;

	if (lua_type(L, -1) == LUA_TTABLE) {
		lua_rawgeti(L, -1, 1);
		lua_rawgeti(L, -2, 2);
		why = lua_tolstring(L, -2, &nwhy);
		trace = lua_tolstring(L, -1, &ntrace);
	} else { /* not even the handler could work */
		why = lua_tolstring(L, -1, &nwhy);
		trace = "";
	}
	send_failure(why ? why : "the script failed", why ? nwhy : 17, trace ? trace : "", ntrace);
}

static size_t shorter(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* Where the text begins: a mark of UTF-8 and a line for the shell are passed over. */
static mn_str body(mn_str text)
{
	if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0)
		text = (mn_str){text.ptr + 3, text.len - 3};
	if (text.len && text.ptr[0] == '#') {
		const char *end = memchr(text.ptr, '\n', text.len);

		text = end ? (mn_str){end, text.len - (size_t)(end - text.ptr)}
			   : (mn_str){text.ptr, 0};
	}
	return text;
}

/* Leaves the table that the script is. */
static void read_script(lua_State *L, const host *h)
{
	const mn_str text = body(h->text);
	char name[80];

	snprintf(name, sizeof(name), "=%.*s", (int)shorter(h->label.len, 70), h->label.ptr);
	if (luaL_loadbufferx(L, text.ptr, text.len, name, "t") != LUA_OK)
		lua_error(L);
	lua_call(L, 0, 1);
	if (lua_type(L, -1) != LUA_TTABLE)
		luaL_error(
			L, "%s: a script returns a table with its name, purpose and run", name + 1);
	lua_getfield(L, -1, "run");
	if (lua_type(L, -1) != LUA_TFUNCTION)
		luaL_error(L, "%s: a script returns a table in which run is a function", name + 1);
	lua_pop(L, 1);
}

static int work(lua_State *L)
{
	host *h = host_of(L);

	read_script(L, h);
	if (h->start.mode == MN_FRAME_TELL) {
		about_send(L, lua_gettop(L));
		return 0;
	}
	lua_getfield(L, -1, "run");
	brain_push(L, &h->rest);
	plan_push(L);
	param_push(L, &h->rest, h->start.nparams);
	if (!mn_take_end(&h->rest))
		host_leave();
	lua_call(L, 3, 0);
	plan_flush(L);
	message_bytes(MN_FRAME_DONE, "", 0);
	return 0;
}

/* False: what came is not from an engine of this version. */
static bool begin(host *h)
{
	char *room = NULL;
	size_t cap = 0;

	if (pipe_receive(&room, &cap, &h->rest) != MN_FRAME_START)
		return false;
	mn_take_raw(&h->rest, &h->start, sizeof(h->start));
	h->label = mn_take_str(&h->rest);
	h->text = mn_take_str(&h->rest);
	h->most = h->start.memory;
	return !h->rest.bad && h->start.version == MN_FRAME_VERSION;
}

int main(void)
{
	static host h;
	const char *fault = confine_first();
	lua_State *L;

	if (!begin(&h))
		host_leave();
	if (!fault)
		fault = confine(h.start.memory, h.start.cpu, h.start.parent);
	if (fault) {
		send_failure(fault, strlen(fault), "", 0);
		host_leave();
	}
	L = sandbox_new(&h);
	if (!L) {
		send_failure("not enough memory", 17, "", 0);
		host_leave();
	}
	lua_pushcfunction(L, sandbox_trace);
	lua_pushcfunction(L, work);
	if (lua_pcall(L, 0, 0, -2) != LUA_OK)
		report(L);
	/* The state is not closed: finalizers would run once more, unwatched. */
	_exit(0);
}
