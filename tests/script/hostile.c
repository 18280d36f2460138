/* SPDX-License-Identifier: MIT */
/*
 * hostile.c - in the place of mnemoscope-script: a process that has been taken over, and says what
 * it likes. The script's text is a word that chooses what; behind "run " it declares itself well
 * and misbehaves when it is run.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "script/frame.h"

static char room[1 << 22];

static void say_bytes(const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n) {
		ssize_t done = write(0, at, n);

		if (done <= 0)
			_exit(3);
		at += done;
		n -= (size_t)done;
	}
}

static void say(uint32_t type, const void *bytes, size_t n)
{
	const mn_frame_head head = {(uint32_t)n, type};

	say_bytes(&head, sizeof(head));
	say_bytes(bytes, n);
}

static void say_head(uint32_t type, uint32_t size)
{
	const mn_frame_head head = {size, type};

	say_bytes(&head, sizeof(head));
}

static uint32_t hear(size_t *n)
{
	mn_frame_head head;
	size_t got = 0;

	for (char *at = (char *)&head; got < sizeof(head); got++)
		if (read(0, at + got, 1) != 1)
			_exit(4);
	for (got = 0; got < head.size;) {
		ssize_t more = read(0, room + got, head.size - got);

		if (more <= 0)
			_exit(5);
		got += (size_t)more;
	}
	*n = got;
	return head.type;
}

static size_t put(char *at, mn_str s)
{
	const uint32_t n = (uint32_t)s.len;

	memcpy(at, &n, sizeof(n));
	memcpy(at + sizeof(n), s.ptr, s.len);
	return sizeof(n) + s.len;
}

/* A name, a purpose, and n parameters, none of which follows. */
static size_t about(char *at, uint32_t n)
{
	size_t len = put(at, MN_STR("t"));

	len += put(at + len, MN_STR("p"));
	memcpy(at + len, &n, sizeof(n));
	return len + sizeof(n);
}

/* ---- While it is loaded ------------------------------------------------------------------- */

static void say_about(const char *how)
{
	char line[256];
	size_t n = about(line, strcmp(how, "a billion parameters") == 0 ? 1000000000 : 0);

	if (strcmp(how, "half of what it is") == 0)
		n -= 3;
	if (strcmp(how, "more than what it is") == 0)
		n += 8;
	say(MN_FRAME_ABOUT, line, n);
}

static void flood(uint32_t type)
{
	char line[64];
	const size_t n = put(line, MN_STR("x"));

	for (;;)
		say(type, line, type == MN_FRAME_LOG ? n : 0);
}

static void garbage(void)
{
	char bytes[100000];
	unsigned x = 12345;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		x = x * 1103515245 + 12345;
		bytes[i] = (char)(x >> 16);
	}
	say_bytes(bytes, sizeof(bytes));
}

static void misload(const char *how)
{
	if (strcmp(how, "nothing") == 0)
		pause();
	else if (strcmp(how, "killed") == 0)
		raise(SIGKILL);
	else if (strcmp(how, "crashed") == 0)
		raise(SIGSEGV);
	else if (strcmp(how, "forbidden") == 0)
		raise(SIGSYS);
	else if (strcmp(how, "garbage") == 0)
		garbage();
	else if (strcmp(how, "closed") == 0)
		close(0), pause();
	else if (strcmp(how, "a frame of 4 GB") == 0)
		say_head(MN_FRAME_LOG, UINT32_MAX);
	else if (strcmp(how, "half a frame") == 0)
		say_head(MN_FRAME_LOG, 100), say_bytes("x", 1);
	else if (strcmp(how, "half a head") == 0)
		say_bytes("\1\2", 2);
	else if (strcmp(how, "no such type") == 0)
		say(99, "", 0);
	else if (strcmp(how, "an answer") == 0)
		say(MN_FRAME_OK, "", 0);
	else if (strcmp(how, "a question") == 0)
		say(MN_FRAME_DEGREES, "12345678", 8);
	else if (strcmp(how, "half a failure") == 0)
		say(MN_FRAME_FAIL, "\xff\xff\xff\xff", 4);
	else if (strcmp(how, "lines without end") == 0)
		flood(MN_FRAME_LOG);
	else if (strcmp(how, "a line that is none") == 0)
		say(MN_FRAME_LOG, "xyz", 3);
	else
		say_about(how);
}

/* ---- While it is run ---------------------------------------------------------------------- */

static uint32_t scan(uint32_t slot, uint32_t kind)
{
	const mn_frame_scan fixed = {.slot = slot, .kind = kind, .fields = MN_FIELD_TEXT};
	char line[sizeof(fixed) + 12] = {0};
	size_t n;

	memcpy(line, &fixed, sizeof(fixed));
	say(MN_FRAME_SCAN, line, sizeof(line));
	return hear(&n);
}

/* Memories have no types: there is no table of them. */
static void scan_types(void)
{
	const mn_frame_scan fixed = {.kind = MN_FIBER};
	char line[sizeof(fixed) + 64] = {0};
	const uint32_t one = 1;
	size_t n = sizeof(fixed) + 4;

	memcpy(line, &fixed, sizeof(fixed));
	memcpy(line + n, &one, sizeof(one));
	n += sizeof(one);
	n += put(line + n, MN_STR("x"));
	say(MN_FRAME_SCAN, line, n + 4);
	_exit(hear(&n) == MN_FRAME_ERROR ? 0 : 1);
}

static void next(uint32_t slot)
{
	say(MN_FRAME_NEXT, &slot, sizeof(slot));
}

static void change(uint64_t op, uint64_t id, double value, size_t bytes)
{
	const mn_frame_change c = {op, id, value};
	size_t n;

	say(MN_FRAME_CHANGE, &c, bytes);
	hear(&n);
}

static void step(mn_str verb, mn_str params)
{
	char line[1000];
	size_t n = put(line, verb);

	n += put(line + n, params);
	say(MN_FRAME_STEP, line, n);
	hear(&n);
}

static void misuse_scans(const char *how)
{
	static char ids[8 * (MN_FRAME_IDS + 1)];
	const uint32_t none = 99;
	size_t n;

	if (strcmp(how, "a page of no scan") == 0)
		next(3);
	else if (strcmp(how, "a page of no slot") == 0)
		next(99);
	else if (strcmp(how, "a scan in no slot") == 0)
		scan(99, MN_NEURON);
	else if (strcmp(how, "a scan of states") == 0)
		scan(0, MN_STATE);
	else if (strcmp(how, "a scan of no kind") == 0)
		scan(0, 77);
	else if (strcmp(how, "two scans in a slot") == 0)
		scan(0, MN_NEURON), scan(0, MN_NEURON);
	else if (strcmp(how, "an end of no slot") == 0)
		say(MN_FRAME_CLOSE, &none, sizeof(none));
	else if (strcmp(how, "types of memories") == 0)
		scan_types();
	else if (strcmp(how, "half a scan") == 0)
		say(MN_FRAME_SCAN, "xxxx", 4);
	else if (strcmp(how, "too many degrees") == 0)
		say(MN_FRAME_DEGREES, ids, sizeof(ids));
	else if (strcmp(how, "killed while it reads") == 0)
		scan(0, MN_NEURON), next(0), hear(&n), next(0), raise(SIGKILL);
	else if (strcmp(how, "closed while it reads") == 0)
		scan(0, MN_NEURON), next(0), close(0), pause();
	else if (strcmp(how, "questions without listening") == 0)
		for (scan(0, MN_NEURON);;)
			next(0);
}

static void misuse_steps(const char *how)
{
	if (strcmp(how, "a step within a step") == 0)
		step(MN_STR("decay\":{}},{\"rebuild"), MN_STR("{}"));
	else if (strcmp(how, "a step behind a step") == 0)
		step(MN_STR("expire"), MN_STR("{}},{\"rebuild\":{}"));
	else if (strcmp(how, "a step that is a list") == 0)
		step(MN_STR("expire"), MN_STR("[]"));
	else if (strcmp(how, "a step with a name twice") == 0)
		step(MN_STR("prune"), MN_STR("{\"below\":1,\"below\":2}"));
	else if (strcmp(how, "half a step") == 0)
		say(MN_FRAME_STEP, "xx", 2);
	else if (strcmp(how, "a change of no kind") == 0)
		change(99, 1, 0, sizeof(mn_frame_change));
	else if (strcmp(how, "a change of nothing") == 0)
		change(0, 0, 0, sizeof(mn_frame_change));
	else if (strcmp(how, "a change by no number") == 0)
		change(MN_FRAME_TUNE_FIBER, 1, NAN, sizeof(mn_frame_change));
	else if (strcmp(how, "half a change") == 0)
		change(0, 1, 0, 9);
	else if (strcmp(how, "no change") == 0)
		change(0, 1, 0, 0);
	else if (strcmp(how, "what it is, again") == 0)
		say_about("");
	else if (strcmp(how, "progress that is none") == 0)
		say(MN_FRAME_PROGRESS, "x", 1);
	else if (strcmp(how, "a report without end") == 0)
		for (;;)
			say(MN_FRAME_EMIT, room, 60000);
}

int main(void)
{
	mn_frame_start start;
	char how[64];
	mn_take t;
	mn_str text;
	size_t n;

	hear(&n);
	t = (mn_take){room, room + n, false};
	mn_take_raw(&t, &start, sizeof(start));
	mn_take_str(&t);
	text = mn_take_str(&t);
	snprintf(how, sizeof(how), "%.*s", (int)text.len, text.ptr);
	if (strncmp(how, "run ", 4) != 0) {
		misload(how);
	} else if (start.mode == MN_FRAME_TELL) {
		say_about("");
	} else {
		misuse_scans(how + 4);
		misuse_steps(how + 4);
		say(MN_FRAME_DONE, "", 0);
	}
	return 0;
}
