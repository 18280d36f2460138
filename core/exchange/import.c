/* SPDX-License-Identifier: MIT */
/* import.c - mn_import: drives a reader over a source and keeps its batches. */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/intake.h"
#include "exchange/repair.h"
#include "store/brain.h"

#define BATCH 4000
#define BATCH_MOST 5000
#define BATCH_BYTES ((size_t)16 << 20)
#define TELL_EVERY 100000 /* microseconds */

static const mn_reader *reader_of(int format)
{
	switch (format) {
	case MN_FORMAT_JSONL: return &mn_reader_jsonl;
	case MN_FORMAT_TEXT: return &mn_reader_text;
	case MN_FORMAT_MARKDOWN: return &mn_reader_markdown;
	case MN_FORMAT_DICT: return &mn_reader_dict;
	case MN_FORMAT_GRAPH: return &mn_reader_graph;
	default: return NULL;
	}
}

int mn_intake_bad(mn_intake *in, uint64_t line, const char *fmt, ...)
{
	char why[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	in->report->bad++;
	if (in->options->bad) {
		char plain[256];

		mn_text_plain(mn_str_of(why), plain, sizeof(plain));
		in->options->bad(in->options->bad_ctx, line, plain);
	}
	if (in->options->keep_going)
		return MN_OK;
	return mn_fail(in->call, MN_EINVAL, 0, "%.*s:%llu: %s", MN_FMT(in->lines.source->name),
		(unsigned long long)line, why);
}

int mn_intake_overflow(mn_intake *in, const mn_buf *b, uint64_t line, const char *why)
{
	return b->full ? mn_intake_bad(in, line, "%s", why) : mn_fail_memory(in->call);
}

static void tell(mn_intake *in, bool at_once)
{
	const mn_progress *p = &in->options->progress;
	mn_time now;

	if (!p->tell)
		return;
	now = mn_engine_monotonic(in->call->engine);
	if (!at_once && now - in->told < TELL_EVERY)
		return;
	in->told = now;
	if (in->options->bytes)
		p->tell(p->ctx, in->lines.bytes, in->options->bytes, "bytes");
	else
		p->tell(p->ctx, in->lines.lines, 0, "lines");
}

int mn_intake_begin(mn_intake *in)
{
	return mn_check(in->call);
}

void mn_intake_end(mn_intake *in)
{
	in->call->at = in->work.at;
	mn_arena_reset(in->work.arena);
	tell(in, false);
}

/* ---- Batches of memories ------------------------------------------------------------------ */

static void count(mn_intake *in, const mn_remembered *got)
{
	in->report->added += got->added;
	in->report->updated += got->updated;
	in->report->unchanged += got->unchanged;
	in->report->neurons += got->neurons;
	in->report->synapses += got->synapses;
}

static int keep(mn_intake *in, mn_remembered *got)
{
	const mn_import_options *o = in->options;
	const mn_note *notes = in->batch.notes;

	if (MN_HAS(o, keep_ctx) && o->keep)
		return o->keep(o->keep_ctx, in->brain, &in->work, notes, in->batch.n, got);
	return mn_brain_remember(in->brain, &in->work, notes, in->batch.n, got);
}

static int flush(mn_intake *in)
{
	mn_remembered got = MN_SIZED(mn_remembered);
	int status;

	if (in->batch.n == 0)
		return MN_OK;
	status = mn_intake_begin(in);
	if (status == MN_OK && !in->options->check)
		status = keep(in, &got);
	count(in, &got);
	mn_intake_end(in);
	in->batch.n = 0;
	mn_arena_reset(in->batch.text);
	return status;
}

static bool copy_str(mn_arena *a, mn_str *s)
{
	if (s->len == 0) {
		*s = (mn_str){NULL, 0};
		return true;
	}
	*s = mn_arena_copy(a, *s);
	return s->ptr != NULL;
}

static bool copy_strs(mn_arena *a, mn_strs *list)
{
	mn_str *copy = mn_arena_array(a, list->n, sizeof(*copy));

	if (!copy)
		return false;
	for (size_t i = 0; i < list->n; i++) {
		copy[i] = list->at[i];
		if (!copy_str(a, &copy[i]))
			return false;
	}
	list->at = copy;
	return true;
}

static bool copy_note(mn_arena *a, mn_note *n)
{
	return copy_str(a, &n->id) && copy_str(a, &n->text) && copy_str(a, &n->title)
	       && copy_str(a, &n->speaker) && copy_str(a, &n->session) && copy_str(a, &n->meta)
	       && copy_strs(a, &n->tags) && copy_strs(a, &n->links);
}

static size_t batch_size(const mn_intake *in)
{
	size_t n = in->options->batch ? in->options->batch : BATCH;

	return n < BATCH_MOST ? n : BATCH_MOST;
}

int mn_intake_note(mn_intake *in, const mn_note *note)
{
	mn_batch *b = &in->batch;
	void *grown = b->notes;

	if (mn_grow(&grown, &b->cap, b->n + 1, sizeof(*note), BATCH_MOST) != MN_OK)
		return mn_fail_memory(in->call);
	b->notes = grown;
	b->notes[b->n] = *note;
	if (!copy_note(b->text, &b->notes[b->n]))
		return mn_fail_memory(in->call);
	b->n++;
	return b->n >= batch_size(in) || mn_arena_used(b->text) >= BATCH_BYTES ? flush(in) : MN_OK;
}

/* ---- Lines -------------------------------------------------------------------------------- */

/* Is the line fit to be read? If it is not, and cannot be made so, it is reported. */
static int admit(mn_intake *in, const mn_reader *reader, mn_line *line, bool *broken)
{
	*broken = line->cut;
	if (line->cut)
		return mn_intake_bad(in, in->lines.lines, "the line is longer than %zu MiB",
			in->lines.kept.max >> 20);
	if (in->options->lossy) {
		mn_buf_clear(&in->repaired);
		if (mn_text_repair(line->text, reader->json, &in->repaired) != MN_OK)
			return mn_fail_memory(in->call);
		line->text = mn_buf_view(&in->repaired);
		return MN_OK;
	}
	*broken = !mn_text_valid(line->text);
	return *broken ? mn_intake_bad(in, in->lines.lines,
		       "not text: a NUL or a byte that is not UTF-8 (--lossy repairs it)")
		       : MN_OK;
}

static int read_lines(mn_intake *in, const mn_reader *reader, void *state)
{
	mn_line line;
	bool more = true, broken;
	int status;

	while ((status = mn_lines_next(&in->lines, in->call, &line, &more)) == MN_OK && more) {
		in->report->lines = in->lines.lines;
		status = admit(in, reader, &line, &broken);
		if (status == MN_OK)
			status = reader->line(
				in, state, broken ? (mn_str){NULL, 0} : line.text, broken);
		if (status != MN_OK)
			break;
		if (in->lines.lines % 1024 == 0)
			tell(in, false);
	}
	if (status == MN_OK && reader->end)
		status = reader->end(in, state);
	return status == MN_OK ? flush(in) : status;
}

static int intake_open(mn_intake *in, mn_call *call, const mn_source *source)
{
	const int status = mn_call_within(&in->work, call, 0);

	if (status != MN_OK)
		return status;
	in->batch.text = mn_arena_new(SIZE_MAX);
	/* A repaired byte takes three. */
	in->repaired = MN_BUF(3 * MN_LINE_MOST);
	if (!in->batch.text)
		return mn_fail_memory(call);
	return mn_lines_open(&in->lines, call, source, MN_LINE_MOST);
}

static void intake_close(mn_intake *in)
{
	mn_lines_close(&in->lines);
	mn_buf_free(&in->repaired);
	mn_arena_free(in->batch.text);
	mn_free(in->batch.notes);
	mn_call_done(&in->work);
}

int mn_import(mn_brain *brain, mn_call *call, const mn_import_options *options,
	const mn_source *source, mn_import_report *out)
{
	mn_intake in = {.brain = brain, .call = call, .options = options, .report = out};
	const mn_reader *reader = reader_of(options->format);
	void *state = NULL;
	int status;

	if (!reader && (options->format == MN_FORMAT_SNAPSHOT || options->format == MN_FORMAT_PEER))
		return mn_fail(call, MN_EINVAL, 0,
			"this file is a whole brain: import it with mnemoscope --brain NAME import "
			"FILE");
	if (!reader)
		return mn_fail(call, MN_EINVAL, 0,
			"memories are not imported from this format: take jsonl, text, markdown, "
			"dict or graph");
	*out = MN_SIZED(mn_import_report);
	status = intake_open(&in, call, source);
	if (status == MN_OK && !(state = mn_alloc_zero(1, reader->size)))
		status = mn_fail_memory(call);
	if (status == MN_OK)
		status = read_lines(&in, reader, state);
	if (state && reader->done)
		reader->done(state);
	mn_free(state);
	tell(&in, true);
	intake_close(&in);
	return status;
}
