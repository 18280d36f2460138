/* SPDX-License-Identifier: MIT */
/*
 * Ways out of a script that are known, each of them closed: what there is not, what a library would
 * do for ever, what takes all memory, what swallows every error. After each the brain is as it was.
 *
 * What only ends when its time is over is given little of it; should it not end, the test does not
 * either. So nothing here measures time, but one test of how late a process may be killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"

struct escape {
	const char *name, *body;
	int status; /* what comes of it; MN_OK: the body itself finds that it is not possible */
	const char *says; /* in the error; NULL: nothing */
};

/* ---- What there is not -------------------------------------------------------------------- */

#define GONE(expression) "assert((" expression ") == nil)", MN_OK, NULL

static const struct escape absent[] = {
	{"io", GONE("io")},
	{"os", GONE("os")},
	{"package", GONE("package")},
	{"debug", GONE("debug")},
	{"require", GONE("require")},
	{"load", GONE("load")},
	{"loadstring", GONE("loadstring")},
	{"loadfile", GONE("loadfile")},
	{"dofile", GONE("dofile")},
	{"collectgarbage", GONE("collectgarbage")},
	{"warn", GONE("warn")},
	{"string.dump", GONE("string.dump")},
	{"string.dump by a method", GONE("('').dump")},
	{"_G has no more than the globals", GONE("_G.io or _G.load or _G.debug")},
	{"_ENV has no more than the globals", GONE("_ENV.io or _ENV.load or _ENV.debug")},
	{"os.execute", "os.execute('id')", MN_EINVAL, "t.lua:1: attempt to index a nil value"},
	{"io.open", "io.open('/etc/passwd')", MN_EINVAL, "attempt to index a nil value"},
	{"io.popen", "io.popen('id')", MN_EINVAL, "attempt to index a nil value"},
	{"package.loadlib", "package.loadlib('libc.so.6', '*')", MN_EINVAL, "index a nil value"},
	{"require of io", "require('io').open('/etc/passwd')", MN_EINVAL, "call a nil value"},
	{"debug.getregistry", "debug.getregistry()", MN_EINVAL, "attempt to index a nil value"},
	{"debug.sethook", "debug.sethook()", MN_EINVAL, "attempt to index a nil value"},
	{"bytecode by load", "load('\\27Lua', 'x', 'b')", MN_EINVAL, "call a nil value"},
	{"the string metatable itself", "assert(getmetatable('') == 'strings')", MN_OK, NULL},
	{"changing the string metatable", "getmetatable('').__index = {}", MN_EINVAL, "index"},
	{"replacing the string metatable", "setmetatable('', {})", MN_EINVAL, "table expected"},
	{"the plan's metatable", "setmetatable(plan, {})", MN_EINVAL, "protected metatable"},
	{"string taken away and found again", "string = nil ('x'):rep(1e9)", MN_EINVAL, "16 MiB"},
	{"a guard got around by a coroutine", "coroutine.wrap(string.rep)('x', 1e9)", MN_EINVAL,
		"16 MiB"},
	{"a guard got around by pcall", "assert(not pcall(string.rep, 'x', 1e9))", MN_OK, NULL},
	{"a finalizer", "setmetatable({}, {__gc = function() end})", MN_EINVAL, "__gc is refused"},
	{"a finalizer that is no function", "setmetatable({}, {__gc = 1})", MN_EINVAL, "__gc"},
	{"a finalizer by inheritance",
		"local called = false\n"
		"local mt = setmetatable({}, {__index = {__gc = function() called = true end}})\n"
		"for i = 1, 1e5 do setmetatable({}, mt) end\n"
		"assert(not called)",
		MN_OK, NULL},
	{"a finalizer put in later",
		"local called = false\nlocal mt = {}\n"
		"for i = 1, 1e5 do setmetatable({}, mt) mt.__gc = nil end\n"
		"local o = setmetatable({}, mt) mt.__gc = function() called = true end o = nil\n"
		"for i = 1, 1e5 do local t = {} end\n"
		"assert(not called)",
		MN_OK, NULL},
	{"a format that writes to memory", "('%n'):format(1)", MN_EINVAL, "invalid conversion"},
	{"a format of huge width", "('%99999999d'):format(1)", MN_EINVAL, "invalid conversion"},
	{"a path into the chunk's name", "error('x', 2)", MN_EINVAL, "x"},
	{"an error object whose text never ends",
		"error(setmetatable({}, {__tostring = function() while true do end end}))",
		MN_EINVAL, "failed with a table"},
	{"an error object with a name of its own", "error(setmetatable({}, {__name = '\\27[2J'}))",
		MN_EINVAL, "failed with a table"},
	{"an error within the error's handler",
		"xpcall(error, function() error('again') end) error('done')", MN_EINVAL, "done"},
	{"a message of a megabyte", "error(('x'):rep(1e6))", MN_EINVAL, "xxxxxxxxxx"},
	{"rows passed off as a scan", "local _, _, _, s = brain:neurons{} s.slot = 99", MN_EINVAL,
		"attempt to index a"},
	{"a question to no brain", "brain.neurons({})", MN_EINVAL, "written with a colon"},
};

/* ---- What a library or Lua itself stops --------------------------------------------------- */

static const struct escape stopped[] = {
	{"rep of 10 GB", "('x'):rep(1e10)", MN_EINVAL, "longer than 16 MiB"},
	{"rep with a separator", "(''):rep(1e9, ('x'):rep(1000))", MN_EINVAL, "16 MiB"},
	{"rep that overflows", "('xx'):rep(math.maxinteger)", MN_EINVAL, "16 MiB"},
	{"doubling by concatenation", "local s = 'x' while true do s = s .. s end", MN_ENOMEM,
		"not enough memory"},
	{"a table that grows", "local t = {} for i = 1, 1e12 do t[i] = i end", MN_ENOMEM,
		"not enough memory"},
	{"tables within tables", "local t = {} while true do t = {t, {}} end", MN_ENOMEM,
		"not enough memory"},
	{"gsub that grows",
		"local s = ('x'):rep(1e6) while true do s = s:gsub('x', 'xxxxxxxx') end", MN_EINVAL,
		"1 MiB of text at most"},
	{"coroutines without end",
		"local t = {} while true do t[#t + 1] = coroutine.create(print) end", MN_ENOMEM,
		"not enough memory"},
	{"unpack of ten million", "table.unpack({}, 1, 1e7)", MN_EINVAL, "too many results"},
	{"select of ten million", "select('#', table.unpack({}, 1, 9e6))", MN_EINVAL, "too many"},
	{"move of a quadrillion", "table.move({}, 1, 1e15, 2)", MN_EINVAL, "10000000 items"},
	{"move that overflows", "table.move({}, math.mininteger, math.maxinteger, 1)", MN_EINVAL,
		"items"},
	{"insert into what says it is long",
		"table.insert(setmetatable({}, {__len = function() return 1e15 end}), 1, 1)",
		MN_EINVAL, "a table with a __len"},
	{"remove from what says it is long",
		"table.remove(setmetatable({}, {__len = function() return 1e15 end}), 1)",
		MN_EINVAL, "a table with a __len"},
	{"sort of what says it is long",
		"table.sort(setmetatable({}, {__len = function() return 1e9 end}))", MN_EINVAL,
		"a table with a __len"},
	{"concat of what says it is long",
		"table.concat(setmetatable({}, {__len = function() return 1e15 end, "
		"__index = function() return '' end}))",
		MN_EINVAL, "a table with a __len"},
	{"unpack of what says it is long",
		"table.unpack(setmetatable({}, {__len = function() return 1e15 end}))", MN_EINVAL,
		"a table with a __len"},
	{"concat of a quadrillion",
		"table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 1e15)",
		MN_EINVAL, "10000000 items"},
	{"a pattern of a megabyte", "('x'):find(('a'):rep(1e6))", MN_EINVAL, "at most 200 bytes"},
	{"a pattern that recurses", "('x'):rep(1e6):match(('(.-)'):rep(40) .. 'y')", MN_EINVAL,
		"too many captures"},
	{"recursion without end", "local function f() return 1 + f() end f()", MN_EINVAL,
		"stack overflow"},
	{"recursion through a metamethod",
		"local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) "
		"return t[k .. 'x'] end return t.x",
		MN_EINVAL, "stack overflow"},
	{"recursion through pcall", "local function f() pcall(f) error('deep') end f()", MN_EINVAL,
		"deep"},
	{"recursion of gsub", "local function f(s) return (s:gsub('.', f)) end f('x')", MN_EINVAL,
		"stack overflow"},
	{"recursion of coroutines", "local function f() return coroutine.wrap(f)() end f()",
		MN_EINVAL, "t.lua:1: t.lua:1: "},
	{"recursion of tostring",
		"local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring tostring(t)",
		MN_EINVAL, "stack overflow"},
	{"an __index that is itself", "local t = {} setmetatable(t, {__index = t}) return t.x",
		MN_EINVAL, "'__index' chain too long; possible loop"},
	{"a sort that lies",
		"local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)",
		MN_EINVAL, "invalid order function"},
};

/* ---- What is only stopped from outside ---------------------------------------------------- */

#define LATE MN_ETIMEOUT, "longer than"

static const struct escape endless[] = {
	{"while true", "while true do end", LATE},
	{"repeat", "repeat until false", LATE},
	{"goto", "::again:: goto again", LATE},
	{"a numeric loop", "for i = 1, math.huge do end", LATE},
	{"tail calls", "local function f() return f() end f()", LATE},
	{"a coroutine", "coroutine.wrap(function() while true do end end)()", LATE},
	{"yielding",
		"local c = coroutine.wrap(function() while true do coroutine.yield() end end) "
		"while true do c() end",
		LATE},
	{"a pattern of sixteen bytes on two hundred", "('a'):rep(200):find(('a-'):rep(7) .. 'b')",
		LATE},
	{"a pattern on twenty thousand bytes", "('a'):rep(20000):find('.-.-.-b')", LATE},
	{"gmatch", "for _ in ('a'):rep(20000):gmatch('.-.-.-b') do end", LATE},
	{"gsub", "('a'):rep(20000):gsub('.-.-.-b', '')", LATE},
	{"match", "('a'):rep(20000):match('.-.-.-b')", LATE},
	{"an iterator", "for _ in function() return 1 end do end", LATE},
	{"pairs by __pairs",
		"for _ in pairs(setmetatable({}, {__pairs = function() return function() "
		"return 1 end end})) do end",
		LATE},
	{"an error in a traceback's way", "xpcall(error, function() while true do end end)", LATE},
	{"a handler that fails into itself",
		"while true do xpcall(error, function() error() end) end", LATE},
	{"__close",
		"local x <close> = setmetatable({}, {__close = function() while true do end "
		"end})",
		LATE},
	{"__close after an error",
		"local x <close> = setmetatable({}, {__close = function() while true do end end}) "
		"error('x')",
		LATE},
	{"__index", "return setmetatable({}, {__index = function() while true do end end}).x",
		LATE},
	{"__eq",
		"local mt = {__eq = function() while true do end end} "
		"return setmetatable({}, mt) == setmetatable({}, mt)",
		LATE},
	{"tostring", "tostring(setmetatable({}, {__tostring = function() while true do end end}))",
		LATE},
	{"a sort's order", "table.sort({3, 2, 1}, function() while true do end end)", LATE},
	{"gsub's function", "('x'):gsub('x', function() while true do end end)", LATE},
	{"logging", "while true do log('x') end", LATE},
	{"progress", "while true do progress(1, 2) end", LATE},
	{"reading the brain", "while true do for n in brain:neurons{} do end end", LATE},
	{"asking for degrees", "while true do brain:degree{1, 2, 3} end", LATE},
	{"opening scans", "while true do brain:fibers{} end", LATE},
	{"refused questions", "while true do pcall(brain.neurons, brain, {types = {''}}) end",
		LATE},
	{"refused steps", "while true do pcall(function() plan:no_such{} end) end", LATE},
};

/* ---- What swallows the error at the end of its processor time ----------------------------- */

#define SPENT MN_ETIMEOUT, "processor time"

static const struct escape stubborn[] = {
	{"a plain loop", "while true do end", SPENT},
	{"pcall around a loop", "while true do pcall(function() while true do end end) end", SPENT},
	{"pcall within pcall",
		"local function f() pcall(f) while true do end end while true do pcall(f) end",
		SPENT},
	{"a coroutine that swallows",
		"while true do local c = coroutine.create(function() while true do end end) "
		"coroutine.resume(c) end",
		SPENT},
	{"coroutine.wrap that swallows",
		"while true do pcall(coroutine.wrap(function() while true do end end)) end", SPENT},
	{"__close that goes on",
		"local mt = {__close = function() while true do end end}\n"
		"while true do pcall(function() local x <close> = setmetatable({}, mt) error() end) "
		"end",
		SPENT},
	{"gsub's function that swallows",
		"while true do pcall(string.gsub, ('x'):rep(1000), 'x', function() while true do end "
		"end) end",
		SPENT},
};

/* ---- Before it is run --------------------------------------------------------------------- */

static const struct escape chunks[] = {
	{"bytecode", "\x1bLuaT\x00\x19\x93", MN_EINVAL, "attempt to load a binary chunk"},
	{"a loop outside of run", "while true do end", LATE},
	{"a pattern outside of run", "('a'):rep(20000):find('.-.-.-b')", LATE},
	{"a hundred thousand brackets", NULL, MN_EINVAL, "C stack overflow"},
	{"a table with a loop for a name",
		"return setmetatable({}, {__index = function() while true do end end})", LATE},
	{"reading before there is a brain", "for n in brain:neurons{} do end", MN_EINVAL,
		"attempt to index a nil value (global 'brain')"},
	{"a report before there is a run", "emit('x')", MN_EIO, "cannot be understood"},
};

/* ---- Trying them -------------------------------------------------------------------------- */

static void hash_of(struct rig *r, unsigned char out[32])
{
	assert_int_equal(mn_brain_hash(r->brain, &r->call, out), MN_OK);
	mn_call_reset(&r->call);
}

static void check(const struct escape *e, const struct rig *r, int status)
{
	const char *text = r->call.err->text;

	if (status != e->status || (e->says && !strstr(text, e->says)))
		print_error("%s: gives %d (%s), not %d (%s)\n", e->name, status, text, e->status,
			e->says ? e->says : "");
	assert_int_equal(status, e->status);
	if (e->says)
		assert_non_null(strstr(text, e->says));
}

static void try_all(struct rig *r, const struct escape *escapes, size_t n)
{
	unsigned char before[32], after[32];
	char text[2000];

	hash_of(r, before);
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), RUN("%s"), escapes[i].body);
		check(&escapes[i], r, rig_run(r, text));
		hash_of(r, after);
		assert_memory_equal(before, after, 32);
	}
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void what_reaches_outside_is_not_there(void **state)
{
	try_all(*state, absent, COUNT(absent));
}

static void what_has_no_end_is_refused_or_runs_out_of_memory(void **state)
{
	struct rig *r = *state;

	r->options.memory = (uint64_t)128 << 20;
	try_all(r, stopped, COUNT(stopped));
}

static void what_no_hook_sees_is_killed(void **state)
{
	struct rig *r = *state;

	r->options.wall = 200000;
	try_all(r, endless, COUNT(endless));
}

static void what_swallows_errors_is_stopped_for_good(void **state)
{
	struct rig *r = *state;

	r->options.cpu = 1;
	try_all(r, stubborn, COUNT(stubborn));
}

static void a_text_does_no_harm_before_it_is_run(void **state)
{
	struct rig *r = *state;
	char brackets[20010];

	memset(brackets, '(', sizeof(brackets));
	memcpy(brackets, "return ", 7);
	r->options.wall = 200000;
	for (size_t i = 0; i < COUNT(chunks); i++) {
		const mn_str text = chunks[i].body ? mn_str_of(chunks[i].body)
						   : (mn_str){brackets, sizeof(brackets)};
		mn_script *s = NULL;

		rig_forget(r);
		check(&chunks[i], r,
			mn_script_load(
				r->engine, &r->call, MN_STR("t.lua"), text, &r->options, &s));
		assert_null(s);
	}
}

static void there_are_sixty_escapes_and_more(void **state)
{
	(void)state;
	assert_true(
		COUNT(absent) + COUNT(stopped) + COUNT(endless) + COUNT(stubborn) + COUNT(chunks)
		>= 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_BRAIN(what_reaches_outside_is_not_there),
		IN_A_BRAIN(what_has_no_end_is_refused_or_runs_out_of_memory),
		IN_A_BRAIN(what_no_hook_sees_is_killed),
		IN_A_BRAIN(what_swallows_errors_is_stopped_for_good),
		IN_A_BRAIN(a_text_does_no_harm_before_it_is_run),
		cmocka_unit_test(there_are_sixty_escapes_and_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
