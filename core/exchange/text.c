/* SPDX-License-Identifier: MIT */
/* text.c - reads plain text: every paragraph, up to an empty line, is a memory. */
#include "base/fail.h"
#include "base/str.h"
#include "exchange/intake.h"

struct text {
	mn_buf paragraph;
	uint64_t from; /* the line it begins at; 0: none has begun */
	bool broken;
};

static bool blank(mn_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr(" \t\r\f\v", s.ptr[i]))
			return false;
	return true;
}

static int end(mn_intake *in, void *state)
{
	struct text *t = state;
	mn_note note = MN_SIZED(mn_note);
	int status = MN_OK;

	note.text = mn_buf_view(&t->paragraph);
	if (t->from && !t->broken && mn_buf_ok(&t->paragraph))
		status = mn_intake_note(in, &note);
	else if (t->from && !t->broken)
		status = mn_intake_overflow(
			in, &t->paragraph, t->from, "the paragraph is longer than 1 MiB");
	mn_buf_clear(&t->paragraph);
	t->from = 0;
	t->broken = false;
	return status;
}

static int line(mn_intake *in, void *state, mn_str text, bool broken)
{
	struct text *t = state;

	if (!broken && blank(text))
		return end(in, t);
	t->paragraph.max = MN_INTAKE_TEXT;
	t->broken |= broken;
	if (t->from)
		mn_buf_char(&t->paragraph, '\n');
	else
		t->from = in->lines.lines;
	mn_buf_str(&t->paragraph, text);
	return MN_OK;
}

static void done(void *state)
{
	mn_buf_free(&((struct text *)state)->paragraph);
}

const mn_reader mn_reader_text = {
	.size = sizeof(struct text), .line = line, .end = end, .done = done};
