/* SPDX-License-Identifier: MIT */
/* brain.c - the table `brain`: what it is, and iterators that stream its rows. */
#include <stdlib.h>

#include "host.h"

#define SCAN "mnemoscope.scan"

/* A running scan. The engine knows it by its slot. */
typedef struct scan {
	page page;
	uint32_t slot;
	bool open;
} scan;

static bool busy[MN_FRAME_SCANS];

/* ---- Ending ------------------------------------------------------------------------------- */

static void end_scan(scan *s)
{
	if (s->open) {
		message_bytes(MN_FRAME_CLOSE, &s->slot, sizeof(s->slot));
		busy[s->slot] = false;
	}
	s->open = false;
	s->page.left = 0;
	s->page.last = true;
	free(s->page.room);
	s->page.room = NULL;
	s->page.cap = 0;
}

/* A loop that is left, or a scan that nobody has any more. */
static int scan_end(lua_State *L)
{
	end_scan(luaL_checkudata(L, 1, SCAN));
	return 0;
}

/* ---- Asking ------------------------------------------------------------------------------- */

static uint32_t free_slot(void)
{
	uint32_t i = 0;

	while (i < MN_FRAME_SCANS && busy[i])
		i++;
	return i;
}

/* The scan, pushed, not yet known to the engine. */
static scan *push_scan(lua_State *L)
{
	scan *s = lua_newuserdatauv(L, sizeof(*s), 0);

	memset(s, 0, sizeof(*s));
	luaL_setmetatable(L, SCAN);
	s->slot = free_slot();
	if (s->slot == MN_FRAME_SCANS) { /* some may only wait to be collected */
		lua_gc(L, LUA_GCCOLLECT);
		s->slot = free_slot();
	}
	if (s->slot == MN_FRAME_SCANS)
		luaL_error(L, "more than %d loops over rows within each other", MN_FRAME_SCANS);
	return s;
}

static uint32_t fields_of(lua_State *L, int options, uint32_t kind)
{
	static const char *const names[] = {"text", "meta", "tags", "uid", "members", NULL};
	static const uint32_t bits[] = {
		MN_FIELD_TEXT, MN_FIELD_META, MN_FIELD_META, MN_FIELD_UID, MN_FIELD_MEMBERS};
	static const uint32_t usual[MN_KINDS] = {[MN_NEURON] = MN_FIELD_TEXT | MN_FIELD_UID,
		[MN_FIBER] = MN_FIELD_TEXT | MN_FIELD_META | MN_FIELD_UID};
	uint32_t fields = 0;

	if (!options || lua_getfield(L, options, "fields") == LUA_TNIL)
		return usual[kind];
	luaL_checktype(L, -1, LUA_TTABLE);
	for (lua_Unsigned i = 1; i <= lua_rawlen(L, -1) && i <= 100; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i);
		fields |= bits[luaL_checkoption(L, -1, NULL, names)];
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return kind == MN_SYNAPSE ? fields & ~(uint32_t)MN_FIELD_TEXT : fields;
}

/* The named member, a moment; 0: any. */
static int64_t moment_of(lua_State *L, int options, const char *name)
{
	int64_t t = 0;

	if (lua_getfield(L, options, name) != LUA_TNIL)
		t = talk_moment(L, lua_gettop(L));
	lua_pop(L, 1);
	return t;
}

/* A text, or a table of texts. */
static void add_texts(lua_State *L, message *m, int options, const char *name)
{
	const int type = options ? lua_getfield(L, options, name) : LUA_TNIL;
	lua_Unsigned n = type == LUA_TTABLE ? lua_rawlen(L, -1) : 0;
	size_t len;
	const char *s;

	if (type == LUA_TSTRING) {
		s = lua_tolstring(L, -1, &len);
		message_u32(m, 1);
		message_str(m, s, len);
	} else {
		if (type != LUA_TNIL && (type != LUA_TTABLE || n > 1000))
			luaL_error(L, "%s are a table of at most 1000 texts", name);
		message_u32(m, (uint32_t)n);
	}
	for (lua_Unsigned i = 1; type == LUA_TTABLE && i <= n; i++) {
		if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TSTRING)
			luaL_error(L, "%s are texts", name);
		s = lua_tolstring(L, -1, &len);
		message_str(m, s, len);
		lua_pop(L, 1);
	}
	if (options)
		lua_pop(L, 1);
}

static void read_options(lua_State *L, int options, mn_frame_scan *fixed)
{
	static const char *const known[MN_KINDS] = {
		[MN_NEURON] = " types text since before limit fields ",
		[MN_SYNAPSE] = " types neuron since before limit fields ",
		[MN_FIBER] = " tags neuron since before limit fields "};

	host_members(L, options, known[fixed->kind], "the loop");
	fixed->since = moment_of(L, options, "since");
	fixed->until = moment_of(L, options, "before");
	if (lua_getfield(L, options, "neuron") != LUA_TNIL)
		fixed->neuron = host_id(L, lua_gettop(L));
	lua_pop(L, 1);
	if (lua_getfield(L, options, "limit") != LUA_TNIL) {
		const lua_Integer n = luaL_checkinteger(L, -1);

		if (n < 1)
			luaL_error(L, "limit is a whole number from 1 on");
		fixed->limit = (uint64_t)n;
	}
	lua_pop(L, 1);
}

static void ask_scan(lua_State *L, const mn_frame_scan *fixed, int options)
{
	size_t n = 0;
	const char *text = "";
	message m;
	mn_take answer;

	message_begin(&m, MN_FRAME_SCAN);
	message_add(&m, fixed, sizeof(*fixed));
	if (options && lua_getfield(L, options, "text") != LUA_TNIL)
		text = luaL_checklstring(L, -1, &n);
	message_str(&m, text, n);
	if (options)
		lua_pop(L, 1);
	add_texts(L, &m, options, "types");
	add_texts(L, &m, options, "tags");
	host_ask(L, &m, MN_FRAME_OK, &answer);
}

/* ---- Iterating ---------------------------------------------------------------------------- */

static int next_row(lua_State *L)
{
	scan *s = lua_touserdata(L, lua_upvalueindex(1));
	message m;

	while (s->page.left == 0) {
		if (s->page.last) {
			end_scan(s);
			lua_pushnil(L);
			return 1;
		}
		message_begin(&m, MN_FRAME_NEXT);
		message_u32(&m, s->slot);
		host_ask_into(L, &m, MN_FRAME_PAGE, &s->page.room, &s->page.cap, &s->page.rest);
		row_begin(L, &s->page, lua_upvalueindex(2));
	}
	row_push(L, &s->page, lua_upvalueindex(2));
	return 1;
}

/* brain:KIND{options}: what a loop needs. Upvalues: the kind, names of its types,
 * brain. */
static int begin_rows(lua_State *L)
{
	const int options = lua_isnoneornil(L, 2) ? 0 : 2;
	mn_frame_scan fixed = {.kind = (uint32_t)lua_tointeger(L, lua_upvalueindex(1))};
	scan *s;

	host_method(L, 3);
	if (options) {
		luaL_checktype(L, 2, LUA_TTABLE);
		read_options(L, options, &fixed);
	}
	fixed.fields = fields_of(L, options, fixed.kind);
	lua_settop(L, 2);
	s = push_scan(L);
	fixed.slot = s->slot;
	ask_scan(L, &fixed, options);
	busy[s->slot] = s->open = true;
	lua_pushvalue(L, 3);
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_pushcclosure(L, next_row, 2);
	lua_pushnil(L);
	lua_pushnil(L);
	lua_pushvalue(L, 3);
	return 4;
}

/* ---- Degrees ------------------------------------------------------------------------------ */

/* Items [from, from + n) of the list at 2 are asked about; answers go to the table on top. */
static void ask_degrees(lua_State *L, lua_Unsigned from, lua_Unsigned n)
{
	mn_take answer;
	message m;

	message_begin(&m, MN_FRAME_DEGREES);
	for (lua_Unsigned i = 0; i < n; i++) {
		lua_rawgeti(L, 2, (lua_Integer)(from + i));
		message_u64(&m, host_id(L, lua_gettop(L)));
		lua_pop(L, 1);
	}
	host_ask(L, &m, MN_FRAME_COUNTS, &answer);
	for (lua_Unsigned i = 0; i < n; i++) {
		lua_pushinteger(L, (lua_Integer)mn_take_u64(&answer));
		lua_rawseti(L, -2, (lua_Integer)(from + i));
	}
}

static int brain_degree(lua_State *L)
{
	lua_Unsigned n;

	host_method(L, 1);
	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	n = lua_rawlen(L, 2);
	lua_newtable(L);
	for (lua_Unsigned i = 1; i <= n; i += MN_FRAME_IDS)
		ask_degrees(L, i, n - i + 1 < MN_FRAME_IDS ? n - i + 1 : MN_FRAME_IDS);
	return 1;
}

/* ---- The table ---------------------------------------------------------------------------- */

static void set_integer(lua_State *L, const char *name, int64_t x)
{
	lua_pushinteger(L, x);
	lua_setfield(L, -2, name);
}

static void set_numbers(lua_State *L, const mn_frame_brain *b)
{
	lua_createtable(L, 0, 4);
	set_integer(L, "neurons", (int64_t)b->neurons);
	set_integer(L, "synapses", (int64_t)b->synapses);
	set_integer(L, "fibers", (int64_t)b->fibers);
	set_integer(L, "bytes", (int64_t)b->bytes);
	lua_setfield(L, -2, "counts");
	set_integer(L, "created", b->created);
	set_integer(L, "updated", b->updated);
	set_integer(L, "clock", b->clock);
	set_integer(L, "now", b->now);
	lua_pushnumber(L, b->decay_rate);
	lua_setfield(L, -2, "decay_rate");
}

static void make_metatable(lua_State *L)
{
	static const luaL_Reg ends[] = {{"__gc", scan_end}, {"__close", scan_end}, {NULL, NULL}};

	luaL_newmetatable(L, SCAN);
	luaL_setfuncs(L, ends, 0);
	lua_pushliteral(L, "rows");
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

void brain_push(lua_State *L, mn_take *t)
{
	static const struct {
		const char *name;
		int kind;
	} loops[] = {{"neurons", MN_NEURON}, {"synapses", MN_SYNAPSE}, {"fibers", MN_FIBER}};
	mn_frame_brain fixed;
	mn_str name;

	make_metatable(L);
	mn_take_raw(t, &fixed, sizeof(fixed));
	name = mn_take_str(t);
	lua_newtable(L);
	lua_pushlstring(L, name.ptr ? name.ptr : "", name.len);
	lua_setfield(L, -2, "name");
	set_numbers(L, &fixed);
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		lua_pushinteger(L, loops[i].kind);
		lua_newtable(L);
		lua_pushvalue(L, -3);
		lua_pushcclosure(L, begin_rows, 3);
		lua_setfield(L, -2, loops[i].name);
	}
	lua_pushvalue(L, -1);
	lua_pushcclosure(L, brain_degree, 1);
	lua_setfield(L, -2, "degree");
}
