/* SPDX-License-Identifier: MIT */
#include "exchange/sorter.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/spool.h"

#define RECORD_MOST ((size_t)1 << 30)
#define WINDOW_LEAST ((size_t)4 << 10)
#define WINDOW_MOST ((size_t)256 << 10)

struct head { /* before the key and the value of each record */
	uint64_t tag;
	uint32_t key, value;
};

struct run { /* sorted records in the spool */
	uint64_t at, end;
	/* while it is read */
	uint64_t next; /* what of it comes into the window next */
	char *window;
	size_t from, filled;
	mn_buf record;
	mn_sorted now;
};

struct mn_sorter {
	size_t memory;
	mn_buf data;
	size_t *starts; /* of the records in data */
	size_t n, cap, room;
	mn_spool spool;
	struct run *runs;
	size_t nruns, runs_cap;
	struct run **heap; /* by their records, least first */
	size_t nheap;
	size_t at; /* where nothing was spooled: the next in starts */
	bool begun, sorted;
};

mn_sorter *mn_sorter_new(size_t memory)
{
	mn_sorter *s = mn_alloc_zero(1, sizeof(*s));

	if (!s)
		return NULL;
	s->memory = memory;
	s->data = MN_BUF(memory + 3 * RECORD_MOST);
	s->spool = MN_SPOOL;
	return s;
}

static void free_windows(mn_sorter *s)
{
	for (size_t i = 0; i < s->nruns; i++) {
		mn_free(s->runs[i].window);
		mn_buf_free(&s->runs[i].record);
		s->runs[i].window = NULL;
	}
	mn_free(s->heap);
	s->heap = NULL;
}

void mn_sorter_free(mn_sorter *s)
{
	if (!s)
		return;
	free_windows(s);
	mn_free(s->runs);
	mn_free(s->starts);
	mn_buf_free(&s->data);
	mn_spool_free(&s->spool);
	mn_free(s);
}

/* ---- Records ------------------------------------------------------------------------------ */

static mn_sorted record_at(const char *bytes)
{
	struct head h;

	memcpy(&h, bytes, sizeof(h));
	return (mn_sorted){{bytes + sizeof(h), h.key}, {bytes + sizeof(h) + h.key, h.value}, h.tag};
}

static size_t size_of(mn_sorted r)
{
	return sizeof(struct head) + r.key.len + r.value.len;
}

static int compare(mn_sorted a, mn_sorted b)
{
	int c = mn_str_cmp(a.key, b.key);

	if (!c)
		c = mn_str_cmp(a.value, b.value);
	return c ? c : (a.tag > b.tag) - (a.tag < b.tag);
}

static int by_record(const void *a, const void *b, void *data)
{
	return compare(record_at((const char *)data + *(const size_t *)a),
		record_at((const char *)data + *(const size_t *)b));
}

static void sort(mn_sorter *s)
{
	if (s->n)
		qsort_r(s->starts, s->n, sizeof(*s->starts), by_record, s->data.ptr);
}

/* ---- Writing ------------------------------------------------------------------------------ */

static int add_run(mn_sorter *s, mn_call *call, struct run **out)
{
	void *grown = s->runs;

	if (mn_grow(&grown, &s->runs_cap, s->nruns + 1, sizeof(*s->runs), UINT32_MAX) != MN_OK)
		return mn_fail_memory(call);
	s->runs = grown;
	*out = &s->runs[s->nruns++];
	**out = (struct run){.at = s->spool.bytes, .record = MN_BUF(3 * RECORD_MOST)};
	return MN_OK;
}

/* Writes what is in memory as a run. */
static int spill(mn_sorter *s, mn_call *call)
{
	mn_buf out = MN_BUF(WINDOW_MOST + 3 * RECORD_MOST);
	struct run *run;
	int status = add_run(s, call, &run);

	sort(s);
	for (size_t i = 0; status == MN_OK && i < s->n; i++) {
		const char *record = s->data.ptr + s->starts[i];

		mn_buf_add(&out, record, size_of(record_at(record)));
		if (!mn_buf_ok(&out))
			status = mn_fail_memory(call);
		else if (out.len >= WINDOW_MOST || i + 1 == s->n) {
			status = mn_spool_add(&s->spool, call, out.ptr, out.len);
			mn_buf_clear(&out);
		}
	}
	run->end = s->spool.bytes;
	mn_buf_free(&out);
	mn_buf_clear(&s->data);
	s->n = 0;
	return status;
}

int mn_sorter_add(mn_sorter *s, mn_call *call, mn_str key, mn_str value, uint64_t tag)
{
	const struct head h = {tag, (uint32_t)key.len, (uint32_t)value.len};
	void *grown = s->starts;
	size_t most = s->memory / 32;
	int status = MN_OK;

	if (key.len > RECORD_MOST || value.len > RECORD_MOST)
		return mn_fail(call, MN_ENOMEM, 0, "a row is longer than 1 GiB");
	if (s->n && (s->data.len + sizeof(h) + key.len + value.len > s->memory || s->n >= most))
		status = spill(s, call);
	if (status == MN_OK
		&& mn_grow(&grown, &s->cap, s->n + 1, sizeof(*s->starts), SIZE_MAX / 16) != MN_OK)
		status = mn_fail_memory(call);
	if (status != MN_OK)
		return status;
	s->starts = grown;
	s->starts[s->n++] = s->data.len;
	mn_buf_add(&s->data, &h, sizeof(h));
	mn_buf_str(&s->data, key);
	mn_buf_str(&s->data, value);
	return mn_buf_ok(&s->data) ? MN_OK : mn_fail_memory(call);
}

/* ---- Reading runs ------------------------------------------------------------------------- */

/* n bytes of a run into its record. */
static int take(mn_sorter *s, mn_call *call, struct run *r, size_t n)
{
	int status = MN_OK;

	while (status == MN_OK && n) {
		size_t part = r->filled - r->from < n ? r->filled - r->from : n;

		mn_buf_add(&r->record, r->window + r->from, part);
		r->from += part;
		n -= part;
		if (!n || !mn_buf_ok(&r->record))
			break;
		r->filled = r->end - r->next < s->room ? r->end - r->next : s->room;
		r->from = 0;
		status = mn_spool_read(&s->spool, call, r->next, r->window, r->filled);
		r->next += r->filled;
	}
	return mn_buf_ok(&r->record) ? status : mn_fail_memory(call);
}

/* The run's next record; *more false: it is read through. */
static int advance(mn_sorter *s, mn_call *call, struct run *r, bool *more)
{
	struct head h;
	int status;

	*more = r->next < r->end || r->from < r->filled;
	if (!*more)
		return MN_OK;
	mn_buf_clear(&r->record);
	status = take(s, call, r, sizeof(h));
	if (status != MN_OK)
		return status;
	memcpy(&h, r->record.ptr, sizeof(h));
	status = take(s, call, r, (size_t)h.key + h.value);
	if (status == MN_OK)
		r->now = record_at(r->record.ptr);
	return status;
}

static void sink(mn_sorter *s, size_t i)
{
	for (size_t child; (child = 2 * i + 1) < s->nheap; i = child) {
		struct run *moved = s->heap[i];

		if (child + 1 < s->nheap
			&& compare(s->heap[child + 1]->now, s->heap[child]->now) < 0)
			child++;
		if (compare(moved->now, s->heap[child]->now) <= 0)
			return;
		s->heap[i] = s->heap[child];
		s->heap[child] = moved;
	}
}

static int open_run(mn_sorter *s, mn_call *call, struct run *r)
{
	bool more;
	int status;

	if (!r->window)
		r->window = mn_alloc(s->room);
	if (!r->window)
		return mn_fail_memory(call);
	r->next = r->at;
	r->from = r->filled = 0;
	status = advance(s, call, r, &more);
	if (status == MN_OK && more)
		s->heap[s->nheap++] = r;
	return status;
}

static int open_runs(mn_sorter *s, mn_call *call)
{
	int status = MN_OK;

	if (!s->heap) {
		size_t each = s->memory / s->nruns;

		s->room = each < WINDOW_LEAST  ? WINDOW_LEAST
			  : each > WINDOW_MOST ? WINDOW_MOST
					       : each;
		s->heap = mn_alloc_zero(s->nruns, sizeof(struct run *));
	}
	if (!s->heap)
		return mn_fail_memory(call);
	s->nheap = 0;
	for (size_t i = 0; status == MN_OK && i < s->nruns; i++)
		status = open_run(s, call, &s->runs[i]);
	for (size_t i = s->nheap / 2; i-- > 0;)
		sink(s, i);
	return status;
}

int mn_sorter_rewind(mn_sorter *s, mn_call *call)
{
	int status = MN_OK;

	s->begun = false;
	s->at = 0;
	if (s->nruns == 0) {
		if (!s->sorted)
			sort(s);
		s->sorted = true;
		return MN_OK;
	}
	if (s->n)
		status = spill(s, call);
	mn_buf_free(&s->data);
	s->data = MN_BUF(RECORD_MOST);
	return status == MN_OK ? open_runs(s, call) : status;
}

int mn_sorter_next(mn_sorter *s, mn_call *call, mn_sorted *out, bool *more)
{
	bool left = true;
	int status = MN_OK;

	if (s->nruns == 0) {
		*more = s->at < s->n;
		if (*more)
			*out = record_at(s->data.ptr + s->starts[s->at++]);
		return MN_OK;
	}
	/* The record that was lent goes now. */
	if (s->begun && s->nheap) {
		status = advance(s, call, s->heap[0], &left);
		if (!left)
			s->heap[0] = s->heap[--s->nheap];
		sink(s, 0);
	}
	s->begun = true;
	*more = status == MN_OK && s->nheap > 0;
	if (*more)
		*out = s->heap[0]->now;
	return status;
}
