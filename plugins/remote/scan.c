/* SPDX-License-Identifier: MIT */
/*
 * scan.c - scans of the own dialect: one stream of pages, a line each, on a connection of its own.
 *
 * The server sends pages of GRAIN rows; a page for the reader is put together of several. One that
 * ends within a page of the server's is resumed from the latter's start: "iID:RESUME" says behind
 * which id (rows by id), "kN:RESUME" behind how many rows (rows by rank), "s:RESUME" at its start.
 *
 * A stream that breaks is opened again where it broke, if the brain is still at the generation it
 * was read at; else the scan is stale.
 */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "read.h"

#define GRAIN 64
#define MOST_AFTER 4096

static const size_t row_size[MN_KINDS] = MN_ROW_SIZES;

struct cursor {
	mn_cursor base;
	http_stream *stream;
	mn_query query; /* with what it points to in this same block of memory */
	mn_str brain;
	mn_gen at;
	char after[MOST_AFTER]; /* the server's: where the page begins that is being read */
	size_t nafter, dealt;   /* rows of it that the reader has had */
	mn_id behind;           /* of its rows, those up to this id are passed over */
	uint64_t left;          /* of the limit */
	char *line;             /* the page, if some of it is still to be given */
	size_t nline;
	bool last, failed, limited;
};

/* ---- The query, kept ------------------------------------------------------------------------- */

static size_t room_for(const mn_query *q, mn_str brain)
{
	size_t n = sizeof(struct cursor) + brain.len + q->text.len;

	n += q->tags.n * sizeof(mn_str) + q->ntypes * sizeof(*q->types) + 32;
	for (size_t i = 0; i < q->tags.n; i++)
		n += q->tags.at[i].len;
	return n;
}

static mn_str put(char **at, mn_str s)
{
	mn_str copy = {*at, s.len};

	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return copy;
}

static void keep_query(struct cursor *c, const mn_query *q, mn_str brain)
{
	mn_str *tags = (mn_str *)(void *)(c + 1);
	uint16_t *types = (uint16_t *)(void *)(tags + q->tags.n);
	char *at = (char *)(types + q->ntypes);

	memcpy(&c->query, q, q->size < sizeof(*q) ? q->size : sizeof(*q));
	c->query.size = sizeof(c->query);
	for (size_t i = 0; i < q->tags.n; i++)
		tags[i] = put(&at, q->tags.at[i]);
	if (q->ntypes)
		memcpy(types, q->types, q->ntypes * sizeof(*types));
	c->query.tags.at = tags;
	c->query.types = types;
	c->query.text = put(&at, q->text);
	c->brain = put(&at, brain);
}

/* ---- Where a scan goes on -------------------------------------------------------------------- */

static bool read_number(mn_str *s, uint64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9'; i++) {
		if (*out > (UINT64_MAX - 9) / 10)
			return false;
		*out = *out * 10 + (uint64_t)(s->ptr[i] - '0');
	}
	*s = (mn_str){s->ptr + i, s->len - i};
	return true;
}

static bool read_after(struct cursor *c, mn_str after)
{
	char form = after.len ? after.ptr[0] : 's';
	uint64_t n = 0;

	if (!after.len)
		return true;
	after = (mn_str){after.ptr + 1, after.len - 1};
	if ((form != 's' && form != 'i' && form != 'k') || !read_number(&after, &n))
		return false;
	if (!after.len || after.ptr[0] != ':' || after.len > sizeof(c->after)
		|| (form == 'k' && n > GRAIN))
		return false;
	c->nafter = after.len - 1;
	memcpy(c->after, after.ptr + 1, c->nafter);
	c->behind = form == 'i' ? n : 0;
	c->dealt = form == 'k' ? (size_t)n : 0;
	return true;
}

static int write_after(const struct cursor *c, mn_call *call, mn_str *out)
{
	char *to = c->base.db->host->alloc(call, c->nafter + 32);
	int n;

	if (!to)
		return MN_ENOMEM;
	if (!c->dealt)
		n = snprintf(to, 32, "s:");
	else if (c->query.text.len)
		n = snprintf(to, 32, "k%zu:", c->dealt);
	else
		n = snprintf(to, 32, "i%llu:", (unsigned long long)c->behind);
	if (c->nafter)
		memcpy(to + n, c->after, c->nafter);
	*out = (mn_str){to, (size_t)n + c->nafter};
	return MN_OK;
}

/* ---- The stream ------------------------------------------------------------------------------ */

/* Opens it where the cursor stands; again: at the same generation. */
static int open_stream(struct cursor *c, mn_call *call, bool again)
{
	char what[32];
	mn_query q = c->query;
	struct ask a = {.method = "POST",
		.brain = c->brain,
		.what = what,
		.message = MN_WIRE_QUERY,
		.body = &q,
		.answer = NO_MESSAGE,
		.match = again ? &c->at : NULL,
		.again = true,
		.timeless = true};
	int status;

	snprintf(what, sizeof(what), "/scan?page=%d", GRAIN);
	q.after = (mn_str){c->after, c->nafter};
	/* What was dealt of the page comes once more. */
	q.limit = c->limited ? c->left + GRAIN : 0;
	status = ask_stream(c->base.db, call, &a, &c->stream);
	if (status == MN_OK && !again)
		c->at = call->at;
	return status;
}

/* The stream broke: once more from where it was, unless somebody wrote since. */
static int mend(struct cursor *c, mn_call *call)
{
	http_stream_close(c->stream);
	c->stream = NULL;
	return open_stream(c, call, true);
}

/* The next line, in the call's arena. */
static int next_line(struct cursor *c, mn_call *call, mn_str *line)
{
	const mn_host *host = c->base.db->host;
	int status = MN_OK;
	bool end = false;

	for (int tries = 0; tries < 2; tries++) {
		if (c->stream)
			status = http_stream_line(c->stream, call, line, &end);
		if (c->stream && (status != MN_EIO || !call->err || !call->err->retry) && !end)
			return status;
		status = mend(c, call);
		if (status != MN_OK)
			return status;
	}
	status = host->fail(
		call, MN_EIO, 0, "%s ends its answer too early: try again", c->base.db->title);
	if (call->err)
		call->err->retry = true;
	return status;
}

/* ---- Pages ----------------------------------------------------------------------------------- */

struct taking { /* rows for the reader, in the call's arena */
	char *at;
	size_t n, cap, size, max;
};

static int take_rows(struct cursor *c, mn_call *call, struct taking *t, const char *rows, size_t n)
{
	const mn_host *host = c->base.db->host;
	size_t cap = t->cap * 2 > t->n + n ? t->cap * 2 : t->n + n;
	char *more;

	if (t->n + n > t->cap) {
		more = host->alloc(call, cap * t->size);
		if (!more)
			return MN_ENOMEM;
		if (t->n)
			memcpy(more, t->at, t->n * t->size);
		t->at = more;
		t->cap = cap;
	}
	memcpy(t->at + t->n * t->size, rows, n * t->size);
	t->n += n;
	return MN_OK;
}

static mn_id id_of(const mn_page *p, size_t i)
{
	return *(const mn_id *)(const void *)((const char *)p->rows.at.any
					      + i * row_size[p->rows.kind]);
}

/* How many of the page's rows the reader has had. */
static size_t passed(const struct cursor *c, const mn_page *p)
{
	size_t i = 0;

	if (c->query.text.len)
		return c->dealt < p->rows.n ? c->dealt : p->rows.n;
	while (c->behind && i < p->rows.n && id_of(p, i) <= c->behind)
		i++;
	return i;
}

/* The page is used up: the next one begins where it says. */
static int turn(struct cursor *c, mn_call *call, const mn_page *p)
{
	const mn_host *host = c->base.db->host;

	if (p->resume.len > sizeof(c->after))
		return host->fail(call, MN_EIO, 0,
			"%s sent what is not understood: a mark too long", c->base.db->title);
	if (p->resume.len)
		memcpy(c->after, p->resume.ptr, p->resume.len);
	c->nafter = p->resume.len;
	c->dealt = 0;
	c->behind = 0;
	c->last = p->last;
	if (c->line)
		host->resize(host, c->line, 0);
	c->line = NULL;
	return MN_OK;
}

/* Some of the page is left for later. */
static int keep_line(struct cursor *c, mn_call *call, mn_str line)
{
	const mn_host *host = c->base.db->host;

	if (c->line)
		return MN_OK;
	c->line = host->resize(host, NULL, line.len + 1);
	if (!c->line)
		return fail_memory(host, call);
	memcpy(c->line, line.ptr, line.len);
	c->nline = line.len;
	return MN_OK;
}

/* A line that is no page: what went wrong over there. */
static int fail_line(struct cursor *c, mn_call *call, mn_str line)
{
	const mn_host *host = c->base.db->host;
	mn_wire_error e = {.error = MN_SIZED(mn_error)};
	int status = c->base.db->wire->read(call, MN_WIRE_ERROR, line, &e);

	if (status == MN_ENOMEM)
		return status;
	if (status != MN_OK || e.error.code >= MN_OK || e.error.code < MN_EREADONLY)
		return host->fail(call, MN_EIO, 0, "%s sent a page that is not understood",
			c->base.db->title);
	return host->fail(call, e.error.code, e.error.native, "%s", e.error.text);
}

/* Was it only the server's patience that came to an end, or the server? */
static bool broken_off(int status)
{
	return status == MN_ETIMEOUT || status == MN_ECANCELLED;
}

static int parse(struct cursor *c, mn_call *call, mn_str line, mn_page *p)
{
	mn_db *db = c->base.db;
	int status = db->wire->read(call, MN_WIRE_PAGE, line, p);

	if (status == MN_EINVAL)
		return fail_line(c, call, line);
	if (status == MN_OK && p->rows.n && p->rows.kind != c->query.kind)
		return db->host->fail(call, MN_EIO, 0, "%s sent rows of another kind", db->title);
	p->rows.kind = c->query.kind;
	return status;
}

static int read_page(struct cursor *c, mn_call *call, mn_str *line, mn_page *p)
{
	int status = MN_OK;

	*line = (mn_str){c->line, c->nline};
	for (int tries = 0; tries < 2; tries++) {
		if (!c->line)
			status = next_line(c, call, line);
		if (status != MN_OK)
			return status;
		*p = MN_SIZED(mn_page);
		status = parse(c, call, *line, p);
		if (!broken_off(status))
			return status;
		http_stream_close(c->stream);
		c->stream = NULL;
	}
	return status;
}

/* One page of the server's, or the rest of it, or as much as the reader has room for. */
static int deal(struct cursor *c, mn_call *call, struct taking *t)
{
	size_t from, n;
	mn_page p;
	mn_str line;
	int status = read_page(c, call, &line, &p);

	if (status != MN_OK)
		return status;
	from = passed(c, &p);
	n = p.rows.n - from;
	n = n < t->max - t->n ? n : t->max - t->n;
	if (c->limited && n > c->left)
		n = (size_t)c->left;
	if (n)
		status = take_rows(c, call, t, (const char *)p.rows.at.any + from * t->size, n);
	if (status != MN_OK)
		return status;
	c->left -= c->limited ? n : 0;
	if (from + n == p.rows.n)
		return turn(c, call, &p);
	c->dealt = from + n;
	c->behind = c->dealt ? id_of(&p, c->dealt - 1) : 0;
	return keep_line(c, call, line);
}

int own_next(mn_cursor *cursor, mn_call *call, size_t max, mn_page *out)
{
	struct cursor *c = (struct cursor *)cursor;
	const mn_host *host = cursor->db->host;
	struct taking t = {.size = row_size[c->query.kind], .max = max};
	mn_str resume = {"", 0};
	int status = MN_OK;

	if (host->cancelled(call))
		return host->fail_cancelled(call);
	if (c->failed)
		return host->fail(call, MN_EINVAL, 0, "this scan has failed: begin it anew");
	while (status == MN_OK && t.n < max && !c->last && !(c->limited && !c->left))
		status = deal(c, call, &t);
	if (status == MN_OK)
		status = write_after(c, call, &resume);
	c->failed = status != MN_OK;
	if (status != MN_OK)
		return status;
	c->last |= c->limited && !c->left;
	call->at = c->at;
	out->rows = (mn_rows){.kind = c->query.kind, .n = t.n, .at.any = t.at};
	out->resume = resume;
	out->last = c->last;
	return MN_OK;
}

void own_done(mn_cursor *cursor)
{
	struct cursor *c = (struct cursor *)cursor;
	const mn_host *host = cursor->db->host;

	http_stream_close(c->stream);
	if (c->line)
		host->resize(host, c->line, 0);
	host->resize(host, c, 0);
}

int own_scan(mn_db *db, mn_call *call, mn_str brain, const mn_query *q, mn_cursor **out)
{
	const mn_host *host = db->host;
	struct cursor *c;
	int status;

	if (q->kind <= MN_BRAIN || q->kind >= MN_KINDS)
		return host->fail(call, MN_EINVAL, 0, "there are no rows of that kind in a brain");
	c = host->resize(host, NULL, room_for(q, brain));
	if (!c)
		return fail_memory(host, call);
	memset(c, 0, sizeof(*c));
	c->base.db = db;
	keep_query(c, q, brain);
	c->limited = q->limit > 0;
	c->left = q->limit;
	status = read_after(c, q->after) ? MN_OK
					 : host->fail(call, MN_EINVAL, 0,
						 "that is no place where a scan could go on");
	if (status == MN_OK)
		status = open_stream(c, call, false);
	if (status != MN_OK) {
		own_done(&c->base);
		return status;
	}
	*out = &c->base;
	return MN_OK;
}
