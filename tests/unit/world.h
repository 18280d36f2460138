/* SPDX-License-Identifier: MIT */
/*
 * world.h - for tests of remembering: an empty brain in memory with a clock that stands still,
 * and its whole content as sorted lines. To be included after cmocka.h.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "base/buf.h"
#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "engine.h"
#include "store/brain.h"

#define NOW "2024-02-28T12:00"
#define IN_A_BRAIN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

struct world {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
};

static inline mn_time moment(const char *iso)
{
	mn_time t = 0;

	assert_true(mn_iso_read(mn_str_of(iso), &t));
	return t;
}

static inline mn_time fixed(void *ctx)
{
	(void)ctx;
	return moment(NOW);
}

static inline mn_time still(void *ctx)
{
	(void)ctx;
	return 0;
}

static inline void zeroes(void *ctx, void *out, size_t n)
{
	(void)ctx;
	memset(out, 0, n);
}

static inline void quiet(void *ctx, int level, const char *line)
{
	(void)ctx, (void)level, (void)line;
}

static inline size_t no_secret(void *ctx, const char *name, char *out, size_t room)
{
	(void)ctx, (void)name, (void)out, (void)room;
	return 0;
}

static const mn_seams seams = {sizeof(mn_seams), NULL, fixed, still, zeroes, quiet, no_secret};

static inline void open_world(struct world *w)
{
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);

	options.seams = &seams;
	assert_int_equal(mn_engine_new(&options, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	assert_int_equal(
		mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &w->store), MN_OK);
	assert_int_equal(
		mn_store_create(w->store, &w->call, MN_STR("b"), (mn_str){NULL, 0}), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("b"), &w->brain), MN_OK);
}

static inline void close_world(struct world *w)
{
	mn_brain_close(w->brain);
	mn_store_close(w->store);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
}

static inline int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	open_world(w);
	*state = w;
	return 0;
}

static inline int tear_down(void **state)
{
	close_world(*state);
	free(*state);
	return 0;
}

static inline mn_remembered remember(struct world *w, const mn_note *notes, size_t n)
{
	mn_remembered r = MN_SIZED(mn_remembered);
	int rc = mn_brain_remember(w->brain, &w->call, notes, n, &r);

	if (rc != MN_OK)
		print_error("%s\n", w->call.err->text);
	assert_int_equal(rc, MN_OK);
	return r;
}

static inline mn_note note(const char *id, const char *text)
{
	mn_note n = MN_SIZED(mn_note);

	n.id = mn_str_of(id);
	n.text = mn_str_of(text);
	return n;
}

static inline mn_note turn(const char *id, const char *session, const char *text)
{
	mn_note n = note(id, text);

	n.session = mn_str_of(session);
	return n;
}

/* ---- A brain as text ---------------------------------------------------------------------- */

/* All rows of a kind, each as fn writes it. */
static inline void each_row(struct world *w, int kind,
	void (*fn)(struct world *, const void *, mn_buf *), size_t size, mn_str **lines, size_t *n)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan;

	q.kind = kind;
	*n = 0;
	assert_int_equal(mn_brain_scan(w->brain, &w->call, &q, &scan), MN_OK);
	do {
		assert_int_equal(mn_scan_next(scan, &w->call, 1000, &page), MN_OK);
		for (size_t i = 0; i < page.rows.n; i++) {
			mn_buf b = MN_BUF((size_t)1 << 22);

			fn(w, (const char *)page.rows.at.any + i * size, &b);
			assert_true(mn_buf_ok(&b));
			*lines = realloc(*lines, (*n + 1) * sizeof(**lines));
			assert_non_null(*lines);
			(*lines)[(*n)++] = mn_buf_view(&b);
		}
	} while (!page.last);
	mn_scan_done(scan);
}

static inline int by_text(const void *a, const void *b)
{
	return mn_str_cmp(*(const mn_str *)a, *(const mn_str *)b);
}

static inline void add_time(mn_buf *b, const char *name, mn_time t)
{
	char iso[MN_ISO_ROOM];

	if (!t || t == moment(NOW))
		return;
	mn_iso_write(t, iso);
	mn_buf_printf(b, " %s=%.10s", name, iso);
}

static inline void write_neuron(struct world *w, const void *row, mn_buf *b)
{
	static const char *const flags[] = {"anchor", "dated", "asks", "self", "when", "archived"};
	const mn_neuron *n = row;
	mn_str uid;

	assert_int_equal(mn_uid_derive(w->brain, &w->call, MN_NEURON, n, &uid), MN_OK);
	mn_buf_str(b, uid);
	if (n->uid.len) {
		mn_buf_printf(b, " = %s:", mn_type_name(MN_NEURON, n->type));
		mn_buf_str(b, n->text);
	}
	mn_buf_char(b, ' ');
	mn_buf_str(b, n->meta);
	for (size_t i = 0; i < 6; i++)
		if (n->flags >> i & 1)
			mn_buf_printf(b, " %s", flags[i]);
	add_time(b, "created", n->created);
	add_time(b, "updated", n->updated);
}

static inline void write_synapse(struct world *w, const void *row, mn_buf *b)
{
	const mn_synapse *s = row;
	mn_str uid;

	assert_int_equal(mn_uid_derive(w->brain, &w->call, MN_SYNAPSE, s, &uid), MN_OK);
	mn_buf_str(b, uid);
	mn_buf_printf(b, " %.6f", s->base);
	if (s->flags || s->uses || s->last || s->created != moment(NOW))
		mn_buf_printf(b, " flags %d uses %u", s->flags, s->uses);
}

static inline void write_fiber(struct world *w, const void *row, mn_buf *b)
{
	const mn_fiber *f = row;
	mn_str uid;

	assert_int_equal(mn_uid_derive(w->brain, &w->call, MN_FIBER, f, &uid), MN_OK);
	mn_buf_str(b, uid);
	mn_buf_text(b, " {");
	for (size_t i = 0; i < f->tags.n; i++) {
		mn_buf_char(b, i ? ',' : '#');
		mn_buf_str(b, f->tags.at[i]);
	}
	mn_buf_printf(b, "} salience %g", f->salience);
	add_time(b, "first", f->first);
	add_time(b, "last", f->last);
	assert_int_equal(f->flags, MN_FIBER_STAR);
	assert_int_equal(f->uid.len + f->neurons.n + f->synapses.n, 0);
}

/* Everything in the brain, a line a row, sorted. To be freed with mn_buf_free. */
static inline mn_buf dump(struct world *w)
{
	mn_buf all = MN_BUF((size_t)1 << 28);
	mn_str *lines = NULL;
	size_t n;

	for (int kind = 0; kind < 3; kind++) {
		if (kind == 0)
			each_row(w, MN_NEURON, write_neuron, sizeof(mn_neuron), &lines, &n);
		else if (kind == 1)
			each_row(w, MN_SYNAPSE, write_synapse, sizeof(mn_synapse), &lines, &n);
		else
			each_row(w, MN_FIBER, write_fiber, sizeof(mn_fiber), &lines, &n);
		if (n)
			qsort(lines, n, sizeof(*lines), by_text);
		for (size_t i = 0; i < n; i++) {
			mn_buf_str(&all, lines[i]);
			mn_buf_char(&all, '\n');
			free((char *)lines[i].ptr);
		}
	}
	free(lines);
	mn_call_reset(&w->call);
	assert_true(mn_buf_ok(&all));
	return all;
}

static inline bool has(const mn_buf *b, const char *line)
{
	char *end = memmem(b->ptr, b->len, line, strlen(line));

	return end != NULL;
}

static inline void assert_dump(struct world *w, const char *want)
{
	mn_buf got = dump(w);

	if (!mn_str_is(mn_buf_view(&got), want))
		print_error("got:\n%.*s\nnot:\n%s\n", (int)got.len, got.ptr, want);
	assert_true(mn_str_is(mn_buf_view(&got), want));
	mn_buf_free(&got);
}

static inline void assert_has(struct world *w, const char *line, bool want)
{
	mn_buf got = dump(w);

	if (has(&got, line) != want)
		print_error("%s \"%s\" in:\n%.*s\n", want ? "no" : "there is", line, (int)got.len,
			got.ptr);
	assert_int_equal(has(&got, line), want);
	mn_buf_free(&got);
}

#endif
