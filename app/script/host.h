/* SPDX-License-Identifier: MIT */
/*
 * host.h - the process a script runs in; what its files ask of each other.
 *
 * It links Lua, libseccomp and the C library, nothing of the engine; core/script/frame.h says how
 * the two talk, mnemoscope-script(5) what a script may say. It reads START, gives up what it could
 * do harm with (confine.c), and only then lets Lua see the text. What follows in sandbox.c and
 * guard.c makes for good messages; what holds is confine.c and the engine's SIGKILL.
 */
#ifndef APP_SCRIPT_HOST_H
#define APP_SCRIPT_HOST_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/frame.h"

#define HOST_FD 0 /* the engine */

/* ---- main.c ------------------------------------------------------------------------------- */

/* Ends the process: the engine is gone, or never was. */
void host_leave(void) __attribute__((noreturn));

/* ---- confine.c ---------------------------------------------------------------------------- */

/* Closes every descriptor but the engine's, empties the environment, dies with its parent. */
const char *confine_first(void);
/* Limits what the process may take and which system calls it may make, for good. memory: what
 * Lua's data may take. NULL, or what could not be done. */
const char *confine(uint64_t memory, uint32_t cpu, int64_t parent);

/* ---- pipe.c: frames ----------------------------------------------------------------------- */

/* A frame in the making. One at a time; what does not fit makes it `full`. */
typedef struct message {
	uint32_t type;
	size_t len;
	bool full;
} message;

void message_begin(message *, uint32_t type);
void message_add(message *, const void *, size_t);
void message_u32(message *, uint32_t);
void message_u64(message *, uint64_t);
void message_str(message *, const char *, size_t);
/* A text whose length is known when it is written: what stands behind the hole fills it. */
size_t message_hole(message *);
void message_fill(message *, size_t hole);
void message_send(message *);
/* A frame of nothing but these bytes. */
void message_bytes(uint32_t type, const void *, size_t);

/* What came: the payload is in *room, of *cap bytes, which grows; the type. */
uint32_t pipe_receive(char **room, size_t *cap, mn_take *out);

/* ---- sandbox.c: the state ----------------------------------------------------------------- */

typedef struct host {
	mn_frame_start start;
	mn_str label, text;
	mn_take rest;      /* of START */
	size_t used, most; /* bytes of Lua's data */
	bool over;         /* its processor time is used up */
	char *reply;       /* the answer to what is no page */
	size_t reply_cap;
} host;

lua_State *sandbox_new(host *);
host *host_of(lua_State *);
/* The message handler: leaves message and traceback as one table, [1] and [2]. */
int sandbox_trace(lua_State *);

/* ---- guard.c: libraries that a loop cannot hide in ---------------------------------------- */

void guard_libraries(lua_State *); /* string and table, as globals, in their place */
int guard_setmetatable(lua_State *);

/* ---- talk.c: log, print, progress, emit, time, date --------------------------------------- */

void talk_open(lua_State *); /* as globals */
/* A moment at an index: microseconds, or text. */
mn_time talk_moment(lua_State *, int index);

/* ---- about.c ------------------------------------------------------------------------------ */

void about_send(lua_State *, int script); /* the table a script is; raises what is wrong */

/* ---- param.c ------------------------------------------------------------------------------ */

void param_push(lua_State *, mn_take *, uint32_t n); /* the table `params` */

/* ---- brain.c, row.c ----------------------------------------------------------------------- */

void brain_push(lua_State *, mn_take *); /* the table `brain` */

/* A page and how much of it has been read. */
typedef struct page {
	char *room;
	size_t cap;
	mn_take rest;
	uint32_t kind, fields, left;
	bool last;
} page;

/* Readies a page that came; names: index of a table from codes to names of types. */
void row_begin(lua_State *, page *, int names);
void row_push(lua_State *, page *, int names);

/* ---- ask.c: questions, and what a script passes ------------------------------------------- */

/* Asks, and raises what the engine refuses. The answer is lent until the next. */
void host_ask(lua_State *, message *, uint32_t reply, mn_take *out);
/* The same with the answer's room the caller's own. */
void host_ask_into(lua_State *, message *, uint32_t reply, char **room, size_t *cap, mn_take *out);
/* The id at an index: a number, or a row that has one. */
uint64_t host_id(lua_State *, int index);
/* Raises if the function was not called as a method of the table in that upvalue: brain:neurons{},
 * not brain.neurons{}. */
void host_method(lua_State *, int upvalue);
/* Raises if a table has a member other than these: " one two "; a misspelt one would do nothing. */
void host_members(lua_State *, int table, const char *known, const char *whose);

/* ---- plan.c, json.c ----------------------------------------------------------------------- */

void plan_push(lua_State *);
void plan_flush(lua_State *);                     /* changes that were gathered are sent */
void json_add(lua_State *, message *, int index); /* the table at an index, as a text */

#endif
