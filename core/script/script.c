/* SPDX-License-Identifier: MIT */
/* script.c - loading and running scripts: one conversation with a process each. */
#include "script/script.h"

#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/brain.h"

#define LONGEST_TEXT ((size_t)1 << 20)
#define LONGEST_LABEL 60
#define LOAD_WALL ((mn_time)10000000)
#define LOAD_CPU 2
#define RUN_WALL ((mn_time)600000000)
#define RUN_CPU 300
#define MOST_LINES 10000
#define LONGEST_LINE 2000
#define DEFAULT_OUTPUT ((uint64_t)64 << 20)
#define TELL_EVERY 100000 /* microseconds */

/* One conversation. */
struct talk {
	const mn_script *script;
	mn_call *call;
	const mn_script_options *options;
	mn_child child;
	mn_serving *serving; /* NULL: it is only loaded */
	mn_steps steps;
	mn_buf why;
	uint64_t lines, emitted;
	mn_time told;
	bool done;
	mn_arena *arena; /* where what it declares is kept; NULL: it is run */
	mn_script_head *head;
};

/* ---- Beginning ---------------------------------------------------------------------------- */

static void put_str(mn_buf *out, mn_str s)
{
	const uint32_t n = (uint32_t)s.len;

	mn_buf_add(out, &n, sizeof(n));
	mn_buf_str(out, s);
}

static int put_brain(mn_call *call, mn_brain *b, mn_buf *out)
{
	mn_frame_brain fixed;
	mn_brain_row row;
	mn_config config;
	int status = mn_brain_describe(b, call, &row);

	if (status == MN_OK)
		status = mn_config_parse(call, row.config, &config);
	if (status != MN_OK)
		return status;
	fixed = (mn_frame_brain){row.neurons, row.synapses, row.fibers, row.bytes, row.created,
		row.updated, row.clock, mn_engine_now(call->engine), config.decay_rate};
	mn_buf_add(out, &fixed, sizeof(fixed));
	put_str(out, row.name);
	return MN_OK;
}

static void put_start(const struct talk *t, mn_buf *out)
{
	const mn_script *s = t->script;
	const mn_frame_start start = {
		.version = MN_FRAME_VERSION,
		.mode = t->arena ? MN_FRAME_TELL : MN_FRAME_RUN,
		.memory = t->child.memory,
		.cpu = t->child.cpu,
		.nparams = t->arena ? 0 : (uint32_t)s->head.nparams,
		.parent = getpid(),
	};

	mn_buf_add(out, &start, sizeof(start));
	put_str(out, s->label);
	put_str(out, s->text);
}

/* ---- What it says beside its questions ---------------------------------------------------- */

static void say_line(void (*fn)(void *, const char *), void *ctx, mn_str text)
{
	char line[LONGEST_LINE];

	mn_text_plain(text, line, sizeof(line));
	fn(ctx, line);
}

static void hear_log(struct talk *t, mn_take *frame)
{
	const mn_str text = mn_take_str(frame);

	if (!t->options->log)
		return;
	t->lines++;
	if (t->lines <= MOST_LINES)
		say_line(t->options->log, t->options->ctx, text);
	else if (t->lines == MOST_LINES + 1)
		t->options->log(t->options->ctx, "(and more lines, which are left out)");
}

static void hear_progress(struct talk *t, mn_take *frame)
{
	const uint64_t done = mn_take_u64(frame), total = mn_take_u64(frame);
	const mn_str text = mn_take_str(frame);
	const mn_progress *p = &t->options->progress;
	const mn_time now = mn_engine_monotonic(t->call->engine);
	char unit[32];

	if (!p->tell || (t->told && now - t->told < TELL_EVERY && done != total))
		return;
	t->told = now;
	mn_text_plain(text, unit, sizeof(unit));
	p->tell(p->ctx, done, total, unit);
}

static int hear_emit(struct talk *t, const mn_take *frame)
{
	const uint64_t most = t->options->output ? t->options->output : DEFAULT_OUTPUT;
	const size_t n = (size_t)(frame->end - frame->at);
	const mn_sink *sink = t->options->emit;

	t->emitted += n;
	if (t->emitted > most)
		return mn_fail(t->call, MN_ENOMEM, 0,
			"%.*s: stopped, since it wrote more than the %llu bytes it may",
			MN_FMT(t->script->label), (unsigned long long)most);
	return sink ? sink->write(sink->ctx, t->call, frame->at, n) : MN_OK;
}

static void tell_trace(const struct talk *t, mn_str trace)
{
	while (t->options->trace && trace.len) {
		const char *end = memchr(trace.ptr, '\n', trace.len);
		const size_t n = end ? (size_t)(end - trace.ptr) : trace.len;

		say_line(t->options->trace, t->options->ctx, (mn_str){trace.ptr, n});
		trace = mn_str_sub(trace, n + 1, trace.len);
	}
}

/* A failure of the store that ended the script keeps its status. */
static int hear_fail(struct talk *t, mn_take *frame)
{
	const mn_str message = mn_take_str(frame), trace = mn_take_str(frame);
	const mn_error *store = t->serving ? mn_serving_error(t->serving) : NULL;
	int code = MN_EINVAL, native = 0;

	if (!mn_take_end(frame))
		return mn_child_broke(&t->child, t->call);
	if (store && store->code && message.len
		&& memmem(message.ptr, message.len, store->text, strlen(store->text))) {
		code = store->code;
		native = store->native;
	} else if (message.len && memmem(message.ptr, message.len, "not enough memory", 17)) {
		code = MN_ENOMEM;
	} else if (message.len && memmem(message.ptr, message.len, "processor time", 14)) {
		code = MN_ETIMEOUT;
	}
	tell_trace(t, trace);
	mn_fail(t->call, code, native, "%.*s", (int)(message.len < 1000 ? message.len : 1000),
		message.len ? message.ptr : "");
	return code;
}

/* ---- Its questions ------------------------------------------------------------------------ */

static int answer(struct talk *t, uint32_t type, mn_take *frame)
{
	const mn_buf *out = NULL;
	uint32_t reply = MN_FRAME_OK;
	int status;

	mn_buf_clear(&t->why);
	if (type == MN_FRAME_STEP)
		status = mn_steps_add(&t->steps, t->call, frame, &t->why);
	else if (type == MN_FRAME_CHANGE)
		status = mn_steps_change(&t->steps, t->call, frame, &t->why);
	else
		status = mn_serving_answer(t->serving, t->call, type, frame, &reply, &out);
	if (status == MN_EIO)
		return mn_child_broke(&t->child, t->call);
	if (status != MN_OK || !reply)
		return status;
	if (t->why.len) {
		out = &t->why;
		reply = MN_FRAME_ERROR;
	}
	status = mn_child_send(&t->child, t->call, reply, out);
	if (status == MN_OK && reply == MN_FRAME_PAGE)
		mn_serving_ahead(t->serving);
	return status;
}

static int hear_about(struct talk *t, mn_take *frame)
{
	t->done = true;
	return mn_about_read(t->call, frame, t->arena, t->script->label, t->head);
}

/* What may come depends on whether the script is loaded or run. */
static int hear(struct talk *t, uint32_t type, mn_take *frame)
{
	int status = MN_OK;

	switch (type) {
	case MN_FRAME_FAIL: return hear_fail(t, frame);
	case MN_FRAME_LOG: hear_log(t, frame); break;
	case MN_FRAME_PROGRESS: hear_progress(t, frame); break;
	case MN_FRAME_ABOUT:
		if (t->arena)
			return hear_about(t, frame);
		return mn_child_broke(&t->child, t->call);
	default:
		if (t->arena)
			return mn_child_broke(&t->child, t->call);
		if (type == MN_FRAME_EMIT)
			return hear_emit(t, frame);
		if (type == MN_FRAME_DONE)
			t->done = true;
		else if (type >= MN_FRAME_SCAN && type <= MN_FRAME_CHANGE)
			status = answer(t, type, frame);
		else
			status = mn_child_broke(&t->child, t->call);
		return status;
	}
	return mn_take_end(frame) ? MN_OK : mn_child_broke(&t->child, t->call);
}

/* The whole conversation; the process is gone afterwards. */
static int converse(struct talk *t, const mn_buf *start)
{
	int status = mn_child_begin(&t->child, t->call);
	uint32_t type;
	mn_take frame;

	if (status == MN_OK)
		status = mn_child_send(&t->child, t->call, MN_FRAME_START, start);
	while (status == MN_OK && !t->done) {
		status = mn_child_receive(&t->child, t->call, &type, &frame);
		if (status == MN_OK)
			status = hear(t, type, &frame);
	}
	mn_child_end(&t->child);
	return status;
}

static int begin_talk(struct talk *t, const mn_script *s, mn_call *call,
	const mn_script_options *options, mn_time wall, uint32_t cpu)
{
	int status = mn_child_limits(call, options, wall, cpu, &t->child);

	if (status != MN_OK)
		return status;
	t->script = s;
	t->call = call;
	t->options = t->child.options;
	t->child.label = s->label;
	t->why = MN_BUF(1000);
	return mn_steps_init(&t->steps, call);
}

static void end_talk(struct talk *t)
{
	mn_serving_free(t->serving);
	mn_steps_free(&t->steps);
	mn_buf_free(&t->why);
}

/* ---- Loading ------------------------------------------------------------------------------ */

void mn_script_free(mn_script *s)
{
	if (!s)
		return;
	mn_arena_free(s->arena);
	mn_free(s);
}

/* Of a long path the end says more. */
static void write_label(mn_str name, char label[LONGEST_LABEL])
{
	const size_t most = LONGEST_LABEL - sizeof("...");
	size_t at = name.len > most ? name.len - most : 0;

	while (at && at < name.len && ((unsigned char)name.ptr[at] & 0xC0) == 0x80)
		at++; /* not within a character */
	snprintf(label, LONGEST_LABEL, "%s", at ? "..." : "");
	name = name.len ? mn_str_sub(name, at, name.len) : MN_STR("script");
	mn_text_plain(name, label + strlen(label), LONGEST_LABEL - strlen(label));
}

static int make(mn_engine *e, mn_call *call, mn_str name, mn_str text, mn_script **out)
{
	char label[LONGEST_LABEL];
	mn_script *s;

	write_label(name, label);
	if (text.len > LONGEST_TEXT)
		return mn_fail(call, MN_EINVAL, 0, "%s: longer than 1 MiB: no script", label);
	s = mn_alloc_zero(1, sizeof(*s));
	if (s)
		s->arena = mn_arena_new((size_t)16 << 20);
	if (s && s->arena) {
		s->engine = e;
		s->label = mn_arena_copy(s->arena, mn_str_of(label));
		s->text = mn_arena_copy(s->arena, text);
	}
	if (!s || !s->label.ptr || !s->text.ptr) {
		mn_script_free(s);
		return mn_fail_memory(call);
	}
	*out = s;
	return MN_OK;
}

static int learn(mn_script *s, mn_call *call, const mn_script_options *options)
{
	struct talk t = {.arena = s->arena, .head = &s->head};
	mn_buf start = MN_BUF(LONGEST_TEXT + 4096);
	int status = begin_talk(&t, s, call, options, LOAD_WALL, LOAD_CPU);

	if (status == MN_OK) {
		put_start(&t, &start);
		status = converse(&t, &start);
	}
	end_talk(&t);
	mn_buf_free(&start);
	return status;
}

int mn_script_load(mn_engine *e, mn_call *call, mn_str name, mn_str text,
	const mn_script_options *options, mn_script **out)
{
	mn_script *s;
	int status = mn_check(call);

	if (status == MN_OK)
		status = make(e, call, name, text, &s);
	if (status != MN_OK)
		return status;
	status = learn(s, call, options);
	if (status != MN_OK) {
		mn_script_free(s);
		return status;
	}
	*out = s;
	return MN_OK;
}

const mn_script_head *mn_script_about(const mn_script *s)
{
	return &s->head;
}

int mn_script_check(const mn_script *s, mn_call *call, const mn_script_value *value)
{
	return mn_value_check(call, s->label, &s->head, value);
}

/* ---- Running ------------------------------------------------------------------------------ */

static int run_talk(struct talk *t, mn_brain *b, const mn_buf *start, mn_str *steps)
{
	int status = mn_serving_new(b, t->call, &t->child.guard, &t->serving);

	if (status == MN_OK)
		status = converse(t, start);
	if (status == MN_OK)
		status = mn_steps_take(&t->steps, t->call, steps);
	return status;
}

int mn_script_run(const mn_script *s, mn_brain *b, mn_call *call, const mn_script_value *values,
	size_t n, const mn_script_options *options, mn_str *steps)
{
	struct talk t = {0};
	mn_buf start = MN_BUF((size_t)8 << 20);
	int status = begin_talk(&t, s, call, options, RUN_WALL, RUN_CPU);

	if (status == MN_OK)
		status = mn_check(call);
	if (status == MN_OK) {
		put_start(&t, &start);
		status = put_brain(call, b, &start);
	}
	if (status == MN_OK)
		status = mn_values_put(call, s->label, &s->head, values, n, &start);
	if (status == MN_OK)
		status = run_talk(&t, b, &start, steps);
	end_talk(&t);
	mn_buf_free(&start);
	return status;
}
