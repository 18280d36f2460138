/* SPDX-License-Identifier: MIT */
/*
 * plan.c - the table `plan`: steps by their verbs, which the engine knows, and changes of rows,
 * which are gathered and sent many at a time. A step sends those before it first.
 */
#include "host.h"

static mn_frame_change changes[MN_FRAME_CHANGES];
static size_t nchanges;

void plan_flush(lua_State *L)
{
	message m;
	mn_take answer;

	if (nchanges == 0)
		return;
	message_begin(&m, MN_FRAME_CHANGE);
	message_add(&m, changes, nchanges * sizeof(*changes));
	nchanges = 0;
	host_ask(L, &m, MN_FRAME_OK, &answer);
}

/* plan:VERB{parameters}; upvalues: the verb, plan. */
static int plan_step(lua_State *L)
{
	size_t n;
	const char *verb = lua_tolstring(L, lua_upvalueindex(1), &n);
	mn_take answer;
	message m;

	host_method(L, 2);
	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		lua_newtable(L);
		lua_replace(L, 2);
	}
	luaL_checktype(L, 2, LUA_TTABLE);
	if (lua_rawlen(L, 2))
		return luaL_error(L, "plan:%s takes parameters by name", verb);
	plan_flush(L);
	message_begin(&m, MN_FRAME_STEP);
	message_str(&m, verb, n);
	json_add(L, &m, 2);
	host_ask(L, &m, MN_FRAME_OK, &answer);
	return 0;
}

/* plan:drop_KIND(row), plan:tune_KIND(row, value); upvalues: what it is, plan. */
static int plan_change(lua_State *L)
{
	mn_frame_change c = {.op = (uint64_t)lua_tointeger(L, lua_upvalueindex(1))};

	host_method(L, 2);
	c.id = host_id(L, 2);
	if (c.op >= MN_FRAME_TUNE_SYNAPSE) {
		c.value = luaL_checknumber(L, 3);
		luaL_argcheck(L, c.value >= 0 && c.value <= 1, 3, "not from 0 to 1");
	}
	if (nchanges == MN_FRAME_CHANGES)
		plan_flush(L);
	changes[nchanges++] = c;
	return 0;
}

/* Every other name is a verb, known to the engine or not. */
static int plan_index(lua_State *L)
{
	luaL_checktype(L, 2, LUA_TSTRING);
	lua_settop(L, 2);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 1);
	lua_pushcclosure(L, plan_step, 2);
	return 1;
}

void plan_push(lua_State *L)
{
	static const struct {
		const char *name;
		int op;
	} named[] = {
		{"drop_neuron", MN_FRAME_DROP_NEURON},
		{"drop_synapse", MN_FRAME_DROP_SYNAPSE},
		{"drop_fiber", MN_FRAME_DROP_FIBER},
		{"tune_synapse", MN_FRAME_TUNE_SYNAPSE},
		{"tune_fiber", MN_FRAME_TUNE_FIBER},
	};

	lua_newtable(L);
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		lua_pushinteger(L, named[i].op);
		lua_pushvalue(L, -2);
		lua_pushcclosure(L, plan_change, 2);
		lua_setfield(L, -2, named[i].name);
	}
	lua_createtable(L, 0, 2);
	lua_pushcfunction(L, plan_index);
	lua_setfield(L, -2, "__index");
	lua_pushliteral(L, "plan");
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}
