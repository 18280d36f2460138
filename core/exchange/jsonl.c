/* SPDX-License-Identifier: MIT */
/*
 * jsonl.c - reads memories that stand one on a line, as JSON objects. Only "text" must be there.
 *
 *   id            text or whole number: names the memory; the same id again updates it
 *   text          the memory, not blank, at most 1 MiB
 *   timestamp     ISO 8601 (base/iso.h), UTC unless it says otherwise; null and "": undated
 *   speaker, title                   text
 *   session       text or whole number; null, "", "0" and 0: none
 *   tags, links   arrays of texts
 *   meta          an object, kept as it is
 *   conversation  text or whole number: what mn_import_options.conversation picks by
 *
 * Any other field is kept in meta under its own name, and so is conversation where it picks
 * nothing. A field stands in one place only.
 */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "exchange/intake.h"
#include "exchange/meta.h"

#define LIST_MOST 1000              /* tags or links of one memory */
#define NAME_MOST 4096              /* bytes of an id, a title, a tag ... */
#define META_MOST ((size_t)1 << 20) /* with title, speaker, session and links, which join it */

struct jsonl {
	mn_note note; /* of the line being read */
	mn_str conversation;
	char numbers[3][24]; /* id, session, conversation that came as numbers */
	mn_str tags[LIST_MOST], links[LIST_MOST];
	mn_buf meta;
};

/* Text, or a whole number as text; null is nothing. */
static bool take_key(const json_t *v, char number[24], mn_str *out)
{
	*out = mn_json_str(v);
	if (json_is_integer(v)) {
		out->len = (size_t)snprintf(
			number, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		out->ptr = number;
	}
	return (out->ptr || json_is_null(v)) && out->len <= NAME_MOST;
}

static bool take_name(const json_t *v, mn_str *out)
{
	*out = mn_json_str(v);
	return (out->ptr || json_is_null(v)) && out->len <= NAME_MOST;
}

/* An array of texts, of which empty ones are passed over. */
static bool take_list(const json_t *v, mn_str *items, mn_strs *out)
{
	*out = (mn_strs){items, 0};
	if (!json_is_array(v))
		return json_is_null(v);
	for (size_t i = 0; i < json_array_size(v); i++) {
		mn_str s = mn_json_str(json_array_get(v, i));

		if (!s.ptr || s.len > NAME_MOST || out->n == LIST_MOST)
			return false;
		if (s.len)
			items[out->n++] = s;
	}
	return true;
}

static bool take_id(struct jsonl *j, const json_t *v)
{
	return take_key(v, j->numbers[0], &j->note.id);
}

static bool take_text(struct jsonl *j, const json_t *v)
{
	j->note.text = mn_json_str(v);
	return j->note.text.ptr && j->note.text.len <= MN_INTAKE_TEXT;
}

static bool take_timestamp(struct jsonl *j, const json_t *v)
{
	mn_str s = mn_json_str(v);

	if (json_is_null(v) || (s.ptr && s.len == 0))
		return true;
	j->note.has_time = s.ptr && mn_iso_read(s, &j->note.time);
	return j->note.has_time;
}

static bool take_speaker(struct jsonl *j, const json_t *v)
{
	return take_name(v, &j->note.speaker);
}

static bool take_title(struct jsonl *j, const json_t *v)
{
	return take_name(v, &j->note.title);
}

static bool take_session(struct jsonl *j, const json_t *v)
{
	if (!take_key(v, j->numbers[1], &j->note.session))
		return false;
	if (mn_str_is(j->note.session, "0"))
		j->note.session.len = 0;
	return true;
}

static bool take_tags(struct jsonl *j, const json_t *v)
{
	return take_list(v, j->tags, &j->note.tags);
}

static bool take_links(struct jsonl *j, const json_t *v)
{
	return take_list(v, j->links, &j->note.links);
}

static bool take_meta(struct jsonl *j, const json_t *v)
{
	(void)j;
	return json_is_object(v) || json_is_null(v);
}

static bool take_conversation(struct jsonl *j, const json_t *v)
{
	return take_key(v, j->numbers[2], &j->conversation);
}

static const struct field {
	const char *name;
	bool (*take)(struct jsonl *, const json_t *);
	const char *must;
} fields[] = {
	{"id", take_id, "be text or a whole number, at most 4,096 bytes"},
	{"text", take_text, "be text, at most 1 MiB"},
	{"timestamp", take_timestamp, "be a moment such as \"2023-05-08T13:56:00Z\""},
	{"speaker", take_speaker, "be text, at most 4,096 bytes"},
	{"title", take_title, "be text, at most 4,096 bytes"},
	{"session", take_session, "be text or a whole number, at most 4,096 bytes"},
	{"tags", take_tags, "be an array of at most 1,000 texts"},
	{"links", take_links, "be an array of at most 1,000 texts"},
	{"meta", take_meta, "be an object"},
	{"conversation", take_conversation, "be text or a whole number, at most 4,096 bytes"},
};

static const struct field *field_of(const char *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (strcmp(name, fields[i].name) == 0)
			return &fields[i];
	return NULL;
}

/* Whether a field has a place of its own; a conversation has none where it picks nothing. */
static bool known(const void *picked, const char *name)
{
	return field_of(name) && (*(const bool *)picked || strcmp(name, "conversation") != 0);
}

/* What is none of ours goes into meta. */
static int keep_rest(mn_intake *in, struct jsonl *j, const json_t *root)
{
	const bool picked = in->options->conversation.len > 0;
	const char *twice = mn_meta_gather(root, known, &picked, &j->meta);
	size_t joins;

	if (twice)
		return mn_intake_bad(
			in, in->lines.lines, "\"%.80s\" stands in meta and beside it", twice);
	/* What joins it is at most six bytes a character, and a little for each. */
	joins = j->note.title.len + j->note.speaker.len + j->note.session.len;
	for (size_t i = 0; i < j->note.links.n; i++)
		joins += j->note.links.at[i].len + 1;
	j->meta.full |= j->meta.len + 6 * joins + 64 > META_MOST;
	if (!mn_buf_ok(&j->meta) || j->meta.full)
		return mn_intake_overflow(
			in, &j->meta, in->lines.lines, "meta is longer than 1 MiB");
	j->note.meta = mn_buf_view(&j->meta);
	return mn_intake_note(in, &j->note);
}

static int take_object(mn_intake *in, struct jsonl *j, const json_t *root)
{
	mn_str wanted = in->options->conversation;
	uint64_t line = in->lines.lines;
	mn_member m = {.of = root};

	while (mn_member_next(&m)) {
		const struct field *f = field_of(m.name);

		if (f && !f->take(j, m.value))
			return mn_intake_bad(in, line, "%s must %s", f->name, f->must);
	}
	if (wanted.len && !mn_str_eq(wanted, j->conversation))
		return MN_OK;
	if (mn_str_blank(j->note.text))
		return mn_intake_bad(in, line, "the text is missing or blank");
	return keep_rest(in, j, root);
}

static int line(mn_intake *in, void *state, mn_str text, bool broken)
{
	struct jsonl *j = state;
	json_t *root = NULL;
	char why[160];
	int status;

	if (broken || mn_str_blank(text))
		return MN_OK;
	j->note = MN_SIZED(mn_note);
	j->conversation = (mn_str){NULL, 0};
	j->meta.max = META_MOST;
	status = mn_json_read(text, why, sizeof(why), &root);
	if (status == MN_ENOMEM)
		return mn_fail_memory(in->call);
	if (status != MN_OK)
		return mn_intake_bad(in, in->lines.lines, "not JSON: %s", why);
	if (json_is_object(root))
		status = take_object(in, j, root);
	else
		status = mn_intake_bad(in, in->lines.lines, "not a JSON object");
	json_decref(root);
	return status;
}

static void done(void *state)
{
	mn_buf_free(&((struct jsonl *)state)->meta);
}

const mn_reader mn_reader_jsonl = {
	.size = sizeof(struct jsonl), .json = true, .line = line, .done = done};
