/* SPDX-License-Identifier: MIT */
/* snapin.c - a snapshot, row by row, checked as it comes. */
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/snapshot.h"

#define TELL_EVERY 100000 /* microseconds */

int mn_snapin_open(mn_snapin *s, mn_call *call, const mn_source *source,
	const mn_progress *progress, uint64_t bytes)
{
	int status;

	*s = (mn_snapin){.call = call,
		.uid = MN_BUF(MN_SNAPSHOT_LINE),
		.kind = -1,
		.progress = progress,
		.bytes = bytes,
		.text = mn_arena_new(SIZE_MAX)};
	if (!s->text)
		return mn_fail_memory(call);
	status = mn_lines_open(&s->lines, call, source, MN_SNAPSHOT_LINE);
	s->lines.exact = true;
	return status == MN_OK ? mn_snapshot_sum_begin(&s->sum, call) : status;
}

void mn_snapin_close(mn_snapin *s)
{
	if (s->lines.chunk)
		mn_lines_close(&s->lines);
	mn_buf_free(&s->uid);
	mn_arena_free(s->text);
	*s = (mn_snapin){0};
}

static int bad(mn_snapin *s, const char *what)
{
	return mn_fail(s->call, MN_EINVAL, 0, "%.*s:%llu: %s", MN_FMT(s->lines.source->name),
		(unsigned long long)s->lines.lines, what);
}

static void tell(mn_snapin *s)
{
	const mn_time now = s->progress && s->progress->tell ? mn_engine_monotonic(s->call->engine)
							     : 0;

	if (!now || now - s->told < TELL_EVERY)
		return;
	s->told = now;
	if (s->bytes)
		s->progress->tell(s->progress->ctx, s->lines.bytes, s->bytes, "bytes");
	else
		s->progress->tell(s->progress->ctx, s->lines.lines, 0, "lines");
}

static int next_line(mn_snapin *s, mn_line *line)
{
	bool more;
	int status = mn_lines_next(&s->lines, s->call, line, &more);

	if (status != MN_OK)
		return status;
	if (!more || !s->lines.ended)
		return mn_fail(s->call, MN_EINVAL, 0,
			"%.*s is cut short: a snapshot ends with a line of its counts and hash",
			MN_FMT(s->lines.source->name));
	if (line->cut)
		return bad(s, "the line is longer than 256 MiB");
	tell(s);
	return MN_OK;
}

static int read_head(mn_snapin *s)
{
	mn_line line;
	int status = next_line(s, &line);

	if (status != MN_OK || mn_str_is(line.text, MN_SNAPSHOT_HEAD))
		return status;
	if (mn_str_starts(line.text, "{\"snapshot\":{\"format\":\"mnemoscope\",\"version\":"))
		return mn_fail(s->call, MN_EUNSUPPORTED, 0,
			"%.*s is a snapshot of another version of this program",
			MN_FMT(s->lines.source->name));
	return bad(s, "a snapshot begins with " MN_SNAPSHOT_HEAD);
}

/* The last line has to be the one that belongs to what was read, and the last. */
static int read_end(mn_snapin *s, mn_str line)
{
	mn_buf want = MN_BUF(1024);
	mn_line behind;
	bool same, more;
	int status;

	mn_snapshot_sum_end(&s->sum, &want);
	same = mn_buf_ok(&want) && mn_str_eq(line, mn_str_sub(mn_buf_view(&want), 0, want.len - 1));
	mn_buf_free(&want);
	if (!same)
		return bad(s, "counts or hash are not those of the rows: the file is damaged");
	s->over = true;
	status = mn_lines_next(&s->lines, s->call, &behind, &more);
	return status == MN_OK && more ? bad(s, "there is something behind the end") : status;
}

/* Kinds in their order, uids in theirs; only fibers may share one. */
static int check_order(mn_snapin *s, const mn_snapline *row)
{
	const int c = row->kind == s->kind ? mn_str_cmp(mn_buf_view(&s->uid), row->uid) : -1;

	if (row->kind < s->kind || (s->kind < 0 && row->kind != MN_BRAIN)
		|| (s->kind == MN_BRAIN && row->kind == MN_BRAIN))
		return bad(s, "a row of this kind does not belong here");
	if (c > 0 || (c == 0 && row->kind != MN_FIBER))
		return bad(s, "the uid does not come after that of the row before");
	s->kind = row->kind;
	mn_buf_clear(&s->uid);
	mn_buf_str(&s->uid, row->uid);
	return mn_buf_ok(&s->uid) ? MN_OK : mn_fail_memory(s->call);
}

static int take(mn_snapin *s, mn_str text, mn_snapline *out)
{
	char why[160] = "";
	int status;

	mn_arena_reset(s->text);
	if (!mn_text_valid(text))
		return bad(s, "not text: a NUL or a byte that is not UTF-8");
	status = mn_snapline_read(text, s->text, out, why, sizeof(why));
	if (status == MN_ENOMEM)
		return mn_fail_memory(s->call);
	if (status != MN_OK)
		return bad(s, why);
	s->line = text;
	mn_snapshot_sum_add(&s->sum, out->kind, text);
	crypto_generichash_update(&s->sum.hash, (const unsigned char *)"\n", 1);
	return check_order(s, out);
}

int mn_snapin_next(mn_snapin *s, mn_snapline *out, bool *more)
{
	mn_line line;
	int status = MN_OK;

	*more = false;
	if (s->over)
		return MN_OK;
	if (s->lines.lines == 0)
		status = read_head(s);
	if (status == MN_OK)
		status = next_line(s, &line);
	if (status != MN_OK)
		return status;
	if (mn_str_starts(line.text, "{\"end\":")) {
		if (s->kind < 0)
			return bad(s, "the line of the brain itself is missing");
		return read_end(s, line.text);
	}
	status = take(s, line.text, out);
	*more = status == MN_OK;
	return status;
}
