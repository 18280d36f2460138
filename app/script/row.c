/* SPDX-License-Identifier: MIT */
/* row.c - rows of a page as tables, one at a time. */
#include "host.h"

static void set_integer(lua_State *L, const char *name, int64_t x)
{
	lua_pushinteger(L, x);
	lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double x)
{
	lua_pushnumber(L, x);
	lua_setfield(L, -2, name);
}

/* Only what is so is there. */
static void set_flag(lua_State *L, const char *name, bool is_so)
{
	if (!is_so)
		return;
	lua_pushboolean(L, 1);
	lua_setfield(L, -2, name);
}

static void push_str(lua_State *L, mn_take *t)
{
	const mn_str s = mn_take_str(t);

	lua_pushlstring(L, s.ptr ? s.ptr : "", s.len);
}

static void set_str(lua_State *L, const char *name, mn_take *t)
{
	push_str(L, t);
	lua_setfield(L, -2, name);
}

static void set_type(lua_State *L, int names, uint32_t code)
{
	lua_rawgeti(L, names, code);
	lua_setfield(L, -2, "type");
}

static void set_ids(lua_State *L, const char *name, mn_take *t)
{
	const uint32_t n = mn_take_u32(t);

	lua_newtable(L);
	for (uint32_t i = 1; i <= n && !t->bad; i++) {
		lua_pushinteger(L, (lua_Integer)mn_take_u64(t));
		lua_rawseti(L, -2, i);
	}
	lua_setfield(L, -2, name);
}

static void set_tags(lua_State *L, mn_take *t)
{
	const uint32_t n = mn_take_u32(t);

	lua_newtable(L);
	for (uint32_t i = 1; i <= n && !t->bad; i++) {
		push_str(L, t);
		lua_rawseti(L, -2, i);
	}
	lua_setfield(L, -2, "tags");
}

static void push_neuron(lua_State *L, page *p, int names)
{
	mn_frame_neuron n;

	mn_take_raw(&p->rest, &n, sizeof(n));
	lua_createtable(L, 0, 8);
	set_integer(L, "id", (int64_t)n.id);
	set_type(L, names, n.type);
	set_integer(L, "created", n.created);
	set_integer(L, "updated", n.updated);
	set_flag(L, "anchor", n.flags & MN_NEURON_ANCHOR);
	set_flag(L, "archived", n.flags & MN_NEURON_ARCHIVED);
	if (p->fields & MN_FIELD_TEXT)
		set_str(L, "text", &p->rest);
	if (p->fields & MN_FIELD_UID)
		set_str(L, "uid", &p->rest);
	if (p->fields & MN_FIELD_META)
		set_str(L, "meta", &p->rest);
}

static void push_synapse(lua_State *L, page *p, int names)
{
	mn_frame_synapse s;

	mn_take_raw(&p->rest, &s, sizeof(s));
	lua_createtable(L, 0, 12);
	set_integer(L, "id", (int64_t)s.id);
	set_integer(L, "from", (int64_t)s.from);
	set_integer(L, "to", (int64_t)s.to);
	set_type(L, names, s.type);
	set_number(L, "weight", s.weight);
	set_number(L, "base", s.base);
	set_integer(L, "uses", s.uses);
	set_integer(L, "created", s.created);
	set_integer(L, "last", s.last);
	set_flag(L, "two_way", s.flags & MN_SYNAPSE_TWO_WAY);
	if (p->fields & MN_FIELD_UID)
		set_str(L, "uid", &p->rest);
	if (p->fields & MN_FIELD_META)
		set_str(L, "meta", &p->rest);
}

static void push_fiber(lua_State *L, page *p)
{
	mn_frame_fiber f;

	mn_take_raw(&p->rest, &f, sizeof(f));
	lua_createtable(L, 0, 16);
	set_integer(L, "id", (int64_t)f.id);
	set_integer(L, "anchor", (int64_t)f.anchor);
	set_number(L, "salience", f.salience);
	set_number(L, "coherence", f.coherence);
	set_integer(L, "created", f.created);
	set_integer(L, "first", f.first);
	set_integer(L, "last", f.last);
	set_integer(L, "uses", f.uses);
	set_flag(L, "archived", f.stage == MN_STAGE_ARCHIVED);
	if (p->fields & MN_FIELD_TEXT)
		set_str(L, "summary", &p->rest);
	if (p->fields & MN_FIELD_UID)
		set_str(L, "uid", &p->rest);
	if (p->fields & MN_FIELD_META) {
		set_str(L, "meta", &p->rest);
		set_tags(L, &p->rest);
	}
	if (p->fields & MN_FIELD_MEMBERS) {
		set_ids(L, "neurons", &p->rest);
		set_ids(L, "synapses", &p->rest);
	}
}

void row_begin(lua_State *L, page *p, int names)
{
	mn_frame_page head;

	mn_take_raw(&p->rest, &head, sizeof(head));
	p->kind = head.kind;
	p->fields = head.fields;
	p->left = head.nrows;
	p->last = head.last != 0;
	for (uint32_t i = 0; i < head.ntypes && !p->rest.bad; i++) {
		const uint32_t code = mn_take_u32(&p->rest);

		push_str(L, &p->rest);
		lua_rawseti(L, names, code);
	}
}

void row_push(lua_State *L, page *p, int names)
{
	p->left--;
	switch (p->kind) {
	case MN_NEURON: push_neuron(L, p, names); break;
	case MN_SYNAPSE: push_synapse(L, p, names); break;
	default: push_fiber(L, p);
	}
	if (p->rest.bad)
		host_leave();
}
