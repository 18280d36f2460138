/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"

/*
 * jansson reports some failed allocations as an invalid token or as nothing at all, and passes its
 * allocator no context: so whether this thread's last read ran out of memory is noted here. It also
 * asserts that what it puts back is what it had saved last, which is not so where the buffer of a
 * number could not grow. So while it reads, a small reserve stands in for the allocations that
 * failed, and the text ends soon after; what comes of it is thrown away.
 */
#define RESERVE 4096
#define SIP 32             /* bytes read at once: what they could ask for fits into the reserve */
#define LONGEST_NUMBER 300 /* a buffer that doubles up to it fits into the reserve */

static _Thread_local struct {
	bool reading, starved;
	size_t used;
	_Alignas(max_align_t) char room[RESERVE];
} reader;

static void *take(size_t size)
{
	void *p = mn_alloc(size);

	if (p)
		return p;
	reader.starved = true;
	if (!reader.reading || size > RESERVE - reader.used)
		return NULL;
	p = reader.room + reader.used;
	reader.used += (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	reader.used = reader.used < RESERVE ? reader.used : RESERVE;
	return p;
}

static void give(void *p)
{
	if ((char *)p < reader.room || (char *)p >= reader.room + RESERVE)
		mn_free(p);
}

static void use_our_memory(void)
{
	json_set_alloc_funcs(take, give);
}

/* Levels of arrays and objects, counted before the reader recurses through them. */
static bool too_deep(mn_str text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > MN_JSON_DEPTH)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

/* jansson ends some sentences with "near '...'" and what was read so far; the place is the
 * caller's to name, and the text may be long and untrusted. */
static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

/* Is there a number that is longer than anybody needs? */
static bool too_long(mn_str text)
{
	size_t run = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len && run <= LONGEST_NUMBER; i++) {
		char c = text.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		run = !quoted && in_number(c) ? run + 1 : 0;
	}
	return run > LONGEST_NUMBER;
}

static void explain(const json_error_t *error, char *why, size_t room)
{
	mn_str said = mn_str_of(error->text);
	char *near = strstr(error->text, " near ");

	if (near)
		said.len = (size_t)(near - error->text);
	mn_text_plain(said, why, room);
}

static size_t sip(void *out, size_t room, void *arg)
{
	mn_str *text = arg;
	size_t n = room < SIP ? room : SIP;

	n = reader.starved ? 0 : n < text->len ? n : text->len;
	if (n)
		memcpy(out, text->ptr, n);
	*text = mn_str_sub(*text, n, text->len);
	return n;
}

int mn_json_load(mn_str text, size_t flags, char *why, size_t room, json_t **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	json_error_t error;
	json_t *root;

	pthread_once(&once, use_our_memory);
	if (too_deep(text)) {
		snprintf(why, room, "more than %d levels deep", MN_JSON_DEPTH);
		return MN_EINVAL;
	}
	if (too_long(text)) {
		snprintf(why, room, "a number of more than %d characters", LONGEST_NUMBER);
		return MN_EINVAL;
	}
	reader.starved = false;
	reader.used = 0;
	reader.reading = true;
	root = json_load_callback(sip, &text, flags, &error);
	if (reader.starved) /* even with a tree: a byte of a string may be missing in it */
		json_decref(root);
	reader.reading = false;
	if (reader.starved)
		return MN_ENOMEM;
	if (!root) {
		explain(&error, why, room);
		return MN_EINVAL;
	}
	*out = root;
	return MN_OK;
}

int mn_json_read(mn_str text, char *why, size_t room, json_t **out)
{
	return mn_json_load(text, JSON_REJECT_DUPLICATES, why, room, out);
}

static int serve(mn_str text, char *why, size_t room, void **out)
{
	json_t *tree = NULL;
	int rc = mn_json_load(text, JSON_ALLOW_NUL, why, room, &tree);

	if (rc == MN_OK)
		*out = tree;
	return rc;
}

const mn_json_service mn_json_service_1 = {.size = sizeof(mn_json_service), .read = serve};

mn_str mn_json_str(const json_t *value)
{
	if (!json_is_string(value))
		return (mn_str){NULL, 0};
	return (mn_str){json_string_value(value), json_string_length(value)};
}

bool mn_member_next(mn_member *m)
{
	json_t *of = (json_t *)m->of;

	m->at = m->begun ? json_object_iter_next(of, m->at) : json_object_iter(of);
	m->begun = true;
	m->name = json_object_iter_key(m->at);
	m->value = json_object_iter_value(m->at);
	return m->at != NULL;
}

static void write_value(mn_buf *, const json_t *);

static void write_object(mn_buf *b, const json_t *object)
{
	mn_member m = {.of = object};
	bool more = false;

	mn_buf_char(b, '{');
	while (mn_member_next(&m)) {
		if (more)
			mn_buf_char(b, ',');
		mn_buf_json(b, mn_str_of(m.name));
		mn_buf_char(b, ':');
		write_value(b, m.value);
		more = true;
	}
	mn_buf_char(b, '}');
}

static void write_array(mn_buf *b, const json_t *array)
{
	mn_buf_char(b, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i)
			mn_buf_char(b, ',');
		write_value(b, json_array_get(array, i));
	}
	mn_buf_char(b, ']');
}

/* A real number stays one: 1.0 does not become the integer 1. */
static void write_real(mn_buf *b, double x)
{
	size_t from = b->len;

	mn_buf_number(b, x);
	if (mn_buf_ok(b) && b->len > from && !memchr(b->ptr + from, '.', b->len - from)
		&& !memchr(b->ptr + from, 'e', b->len - from))
		mn_buf_text(b, ".0");
}

/* Recursion is bounded by MN_JSON_DEPTH, which reading has checked. */
static void write_value(mn_buf *b, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: write_object(b, value); break;
	case JSON_ARRAY: write_array(b, value); break;
	case JSON_STRING: mn_buf_json(b, mn_json_str(value)); break;
	case JSON_INTEGER:
		mn_buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL: write_real(b, json_real_value(value)); break;
	case JSON_TRUE: mn_buf_text(b, "true"); break;
	case JSON_FALSE: mn_buf_text(b, "false"); break;
	case JSON_NULL: mn_buf_text(b, "null"); break;
	}
}

int mn_json_write(const json_t *value, mn_buf *out)
{
	write_value(out, value);
	return mn_buf_ok(out) ? MN_OK : MN_ENOMEM;
}
