/* SPDX-License-Identifier: MIT */
/*
 * copy.c - mn_brain_copy: a brain with the same rows in another place.
 *
 * Rows keep their internal ids (stores pass over ids that rows were given), so nothing has to be
 * remembered from one page to the next, and a brain of any size is copied in the memory of a page.
 * Each kind is a scan of its own: all four have to see the same generation. At the end both brains
 * are hashed; a copy that failed, or does not hash the same, is deleted again.
 */
#include <string.h>

#include "backend.h"
#include "base/arena.h"
#include "base/fail.h"
#include "store/read.h"

/* Rows of a page: few at first, then as many as stay within these bytes. */
enum { PAGE_FIRST = 64, PAGE_MOST = 4096 };
#define PAGE_LIGHT ((size_t)2 << 20)
#define PAGE_HEAVY ((size_t)8 << 20)

struct copy {
	mn_brain *from, *to;
	mn_call *call; /* whose error is reported */
	mn_call page;  /* for one page at a time */
	mn_gen gen;    /* of the source, when it began */
	const mn_progress *progress;
	uint64_t done, total;
	size_t page_rows, page_most;
};

/* A target that takes few changes at once gets small pages; heavy rows make them small too. */
static void fit_page(struct copy *c)
{
	size_t used = mn_arena_used(c->page.arena);

	if (used > PAGE_HEAVY)
		c->page_rows = c->page_rows > 1 ? c->page_rows / 2 : 1;
	else if (used < PAGE_LIGHT)
		c->page_rows = c->page_rows * 2 < c->page_most ? c->page_rows * 2 : c->page_most;
}

static int write_page(struct copy *c, const mn_rows *rows)
{
	mn_change *changes = mn_call_array(&c->page, rows->n, sizeof(*changes));
	mn_applied applied = MN_SIZED(mn_applied);
	size_t size = mn_row_size(rows->kind);

	if (!changes)
		return c->call->err->code;
	for (size_t i = 0; i < rows->n; i++)
		changes[i] = (mn_change){MN_ADD, rows->kind, (const char *)rows->at.any + i * size};
	return mn_brain_apply(c->to, &c->page, NULL, changes, rows->n, &applied);
}

static int same_generation(struct copy *c)
{
	if (memcmp(&c->page.at, &c->gen, sizeof(c->gen)) == 0)
		return MN_OK;
	return mn_fail(c->call, MN_ESTALE, 0,
		"somebody wrote to the brain while it was copied: try again");
}

static void tell(const struct copy *c, const char *unit)
{
	if (c->progress && c->progress->tell)
		c->progress->tell(c->progress->ctx, c->done, c->total, unit);
}

static int copy_kind(struct copy *c, int kind)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	q.kind = kind;
	rc = mn_brain_scan(c->from, &c->page, &q, &scan);
	while (rc == MN_OK && !page.last) {
		mn_call_reset(&c->page);
		rc = mn_scan_next(scan, &c->page, c->page_rows, &page);
		if (rc == MN_OK)
			rc = same_generation(c);
		if (rc == MN_OK && page.rows.n)
			rc = write_page(c, &page.rows);
		c->done += rc == MN_OK ? page.rows.n : 0;
		fit_page(c);
		if (rc == MN_OK)
			tell(c, "rows");
	}
	mn_scan_done(scan);
	return rc;
}

static int compare(struct copy *c)
{
	unsigned char a[32], b[32];
	int rc;

	tell(c, "rows, comparing hashes");
	rc = mn_brain_hash(c->from, &c->page, a);

	if (rc == MN_OK)
		rc = mn_brain_hash(c->to, &c->page, b);
	if (rc == MN_OK && memcmp(a, b, sizeof(a)) != 0)
		rc = mn_fail(c->call, MN_ECORRUPT, 0,
			"the copy does not hash like the original: one of the stores lost "
			"something");
	return rc;
}

static int copy_rows(struct copy *c)
{
	int rc = MN_OK;

	for (int kind = MN_NEURON; rc == MN_OK && kind < MN_KINDS; kind++)
		rc = copy_kind(c, kind);
	return rc ? rc : compare(c);
}

/* Deletes what was begun, with a call that nobody cancels; the error stays the first one. Where
 * that fails too, it says what is left. */
static void drop(mn_store *store, mn_call *call, mn_str name)
{
	mn_error first = *call->err;
	mn_call own;
	int rc = mn_call_init(&own, call->engine, 0);

	if (rc == MN_OK)
		rc = mn_store_delete(store, &own, name);
	mn_call_done(&own);
	if (rc == MN_OK || rc == MN_ENOBRAIN)
		return;
	mn_fail(call, first.code, first.native,
		"%.120s; a part of the copy is left: delete the brain \"%.*s\" when the store can "
		"be reached again",
		first.text, (int)(name.len < 40 ? name.len : 40), name.ptr);
	call->err->retry = first.retry;
}

int mn_brain_copy(
	mn_brain *from, mn_call *call, mn_store *store, mn_str name, const mn_progress *progress)
{
	struct copy c = {.from = from, .call = call, .progress = progress};
	mn_brain_row row;
	int rc = mn_brain_describe(from, call, &row);

	c.gen = call->at;
	if (rc == MN_OK)
		rc = mn_store_create_like(store, call, name, &row);
	if (rc)
		return rc;
	c.total = row.neurons + row.synapses + row.fibers;
	c.page_most = store->info.max_changes && store->info.max_changes < PAGE_MOST
			      ? store->info.max_changes
			      : PAGE_MOST;
	c.page_rows = PAGE_FIRST < c.page_most ? PAGE_FIRST : c.page_most;
	rc = mn_call_within(&c.page, call, 0);
	if (rc == MN_OK)
		rc = mn_brain_open(store, call, name, &c.to);
	if (rc == MN_OK)
		rc = copy_rows(&c);
	mn_brain_close(c.to);
	if (rc)
		drop(store, call, name);
	mn_call_done(&c.page);
	return rc;
}
