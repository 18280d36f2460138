/* SPDX-License-Identifier: MIT */
/* dump.c - everything a brain answers, as text, so that two brains can be compared whole. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define PAGE 512
#define SEARCHED 8 /* so many neurons are looked for by their text */

static void put_str(FILE *f, const char *name, mn_str s)
{
	fprintf(f, " %s=%zu:", name, s.len);
	if (s.len)
		fwrite(s.ptr, 1, s.len, f);
}

static void put_ids(FILE *f, const char *name, mn_ids ids)
{
	fprintf(f, " %s=", name);
	for (size_t i = 0; i < ids.n; i++)
		fprintf(f, "%" PRIu64 ",", ids.at[i]);
}

static void put_neuron(FILE *f, const mn_neuron *n)
{
	fprintf(f, "neuron %" PRIu64 " %s flags=%u created=%" PRId64 " updated=%" PRId64, n->id,
		mn_type_name(MN_NEURON, n->type), n->flags, n->created, n->updated);
	put_str(f, "uid", n->uid);
	put_str(f, "text", n->text);
	put_str(f, "meta", n->meta);
}

static void put_state(FILE *f, const mn_state *s)
{
	fprintf(f, "state %" PRIu64 " level=%.17g decay=%.17g last=%" PRId64 " uses=%" PRIu32,
		s->id, s->level, s->decay, s->last, s->uses);
}

static void put_synapse(FILE *f, const mn_synapse *s)
{
	fprintf(f, "synapse %" PRIu64 " %" PRIu64 "-%s->%" PRIu64 " base=%.17g flags=%u", s->id,
		s->from, mn_type_name(MN_SYNAPSE, s->type), s->to, s->base, s->flags);
	fprintf(f, " created=%" PRId64 " last=%" PRId64 " uses=%" PRIu32, s->created, s->last,
		s->uses);
	put_str(f, "uid", s->uid);
	put_str(f, "meta", s->meta);
}

static int by_text(const void *a, const void *b)
{
	return mn_str_cmp(*(const mn_str *)a, *(const mn_str *)b);
}

/* Tags are a set: a store may give them in any order. */
static void put_tags(FILE *f, mn_strs tags)
{
	mn_str *sorted = calloc(tags.n + 1, sizeof(*sorted));

	for (size_t i = 0; sorted && i < tags.n; i++)
		sorted[i] = tags.at[i];
	qsort(sorted, tags.n, sizeof(*sorted), by_text);
	for (size_t i = 0; i < tags.n; i++)
		put_str(f, "tag", sorted[i]);
	free(sorted);
}

static void put_fiber(FILE *f, const mn_fiber *x)
{
	fprintf(f, "fiber %" PRIu64 " anchor=%" PRIu64 " salience=%.17g coherence=%.17g", x->id,
		x->anchor, x->salience, x->coherence);
	fprintf(f, " created=%" PRId64 " first=%" PRId64 " last=%" PRId64, x->created, x->first,
		x->last);
	fprintf(f, " uses=%" PRIu32 " stage=%u flags=%u", x->uses, x->stage, x->flags);
	put_str(f, "uid", x->uid);
	put_str(f, "summary", x->summary);
	put_str(f, "meta", x->meta);
	put_ids(f, "neurons", x->neurons);
	put_ids(f, "synapses", x->synapses);
	put_tags(f, x->tags);
}

static void put_row(FILE *f, int kind, const void *row)
{
	switch (kind) {
	case MN_NEURON: put_neuron(f, row); break;
	case MN_STATE: put_state(f, row); break;
	case MN_SYNAPSE: put_synapse(f, row); break;
	case MN_FIBER: put_fiber(f, row); break;
	}
	fputc('\n', f);
}

char *dump_row(int kind, const void *row)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	put_row(f, kind, row);
	fclose(f);
	return text;
}

void same_row(int kind, const void *got, const void *want)
{
	char *a = dump_row(kind, got), *b = dump_row(kind, want);

	assert_string_equal(a, b);
	free(a);
	free(b);
}

/* ---- A whole brain --------------------------------------------------------------------------- */

struct dumping {
	struct room *room;
	mn_call *call;
	mn_str brain;
	FILE *f;
	unsigned searches; /* still to be made */
};

static void must(struct dumping *d, int status)
{
	if (status != MN_OK)
		fail_msg("a dump: %s", d->call->err->text);
}

static void put_brain(struct dumping *d)
{
	const mn_backend *be = d->room->be;
	const mn_brain_row *b;
	mn_rows rows = {0};

	must(d, be->brains(d->room->db, d->call, MN_BRAINS_FIND, &d->brain, &rows));
	assert_int_equal(rows.n, 1);
	b = rows.at.brain;
	fprintf(d->f, "brain neurons=%" PRIu64 " synapses=%" PRIu64 " fibers=%" PRIu64, b->neurons,
		b->synapses, b->fibers);
	fprintf(d->f, " created=%" PRId64 " clock=%" PRId64, b->created, b->clock);
	put_str(d->f, "config", b->config);
	put_str(d->f, "meta", b->meta);
	fputc('\n', d->f);
}

static void put_lists(struct dumping *d, const mn_neuron *at, size_t n)
{
	const mn_backend *be = d->room->be;
	mn_id ids[PAGE];
	mn_reach reach = {.out = true, .in = true};
	mn_expand e = MN_SIZED(mn_expand);
	mn_fan fan = {0};

	for (size_t i = 0; i < n; i++)
		ids[i] = at[i].id;
	e.brain = d->brain;
	e.frontier = (mn_ids){ids, n};
	e.reaches = &reach;
	e.nreaches = 1;
	e.want_synapse = true;
	must(d, be->expand(d->room->db, d->call, &e, &fan));
	for (size_t i = 0; i < n; i++) {
		fprintf(d->f, "list of %" PRIu64 " degree %u:", ids[i], fan.degree[i]);
		for (uint32_t k = fan.start[i]; k < fan.start[i + 1]; k++)
			fprintf(d->f, " %" PRIu64 "/%" PRIu64 "%s%s=%.17g", fan.far[k],
				fan.synapse[k], fan.out[k] ? ">" : "<",
				mn_type_name(MN_SYNAPSE, fan.type[k]), fan.weight[k]);
		fputc('\n', d->f);
	}
}

static void put_found(struct dumping *d, const mn_neuron *at, size_t n)
{
	const mn_backend *be = d->room->be;
	mn_key keys[PAGE];
	mn_id ids[PAGE], found[PAGE];
	mn_rows rows = {0};

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		keys[i] = (mn_key){at[i].type, at[i].text};
		ids[i] = at[i].id;
	}
	must(d, be->lookup(d->room->db, d->call, d->brain, keys, n, found));
	for (size_t i = 0; i < n; i++)
		fprintf(d->f, "text of %" PRIu64 " is found at %" PRIu64 "\n", ids[i], found[i]);
	must(d, be->fibers_of(d->room->db, d->call, d->brain, (mn_ids){ids, n}, &rows));
	assert_int_equal(rows.n, n);
	for (size_t i = 0; i < n; i++)
		if (rows.at.fiber[i].id)
			fprintf(d->f, "fiber of %" PRIu64 " is %" PRIu64 "\n", ids[i],
				rows.at.fiber[i].id);
}

static void put_uids(struct dumping *d, const mn_rows *rows)
{
	mn_str uids[PAGE];
	mn_id found[PAGE];

	for (size_t i = 0; i < rows->n; i++)
		uids[i] = rows->kind == MN_NEURON    ? rows->at.neuron[i].uid
			  : rows->kind == MN_SYNAPSE ? rows->at.synapse[i].uid
						     : rows->at.fiber[i].uid;
	must(d, d->room->be->resolve(d->room->db, d->call, d->brain, rows->kind,
			(mn_strs){uids, rows->n}, found));
	for (size_t i = 0; i < rows->n; i++)
		if (uids[i].len || found[i])
			fprintf(d->f, "uid %.*s is %" PRIu64 "\n", MN_FMT(uids[i]), found[i]);
}

/* Calls page for each page of a scan; last: with the rows of the last page too. */
static void each_page(
	struct dumping *d, const mn_query *q, void (*page)(struct dumping *, const mn_rows *))
{
	const mn_backend *be = d->room->be;
	mn_cursor *cursor = NULL;
	mn_page p = MN_SIZED(mn_page);

	must(d, be->scan(d->room->db, d->call, d->brain, q, &cursor));
	while (!p.last) {
		p = MN_SIZED(mn_page);
		must(d, be->next(cursor, d->call, PAGE, &p));
		page(d, &p.rows);
	}
	be->done(cursor);
}

static void put_hits(struct dumping *d, const mn_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		fprintf(d->f, " %" PRIu64, rows->at.neuron[i].id);
}

static void put_searches(struct dumping *d, const mn_rows *rows)
{
	mn_query q = MN_SIZED(mn_query);

	q.kind = MN_NEURON;
	for (size_t i = 0; i < rows->n && d->searches; i++, d->searches--) {
		q.text = mn_str_sub(rows->at.neuron[i].text, 0, 40);
		if (!q.text.len || !mn_text_valid(q.text))
			continue;
		fprintf(d->f, "search for %.*s:", MN_FMT(q.text));
		each_page(d, &q, put_hits);
		fputc('\n', d->f);
	}
}

static void put_page(struct dumping *d, const mn_rows *rows)
{
	static const size_t sizes[MN_KINDS] = MN_ROW_SIZES;

	for (size_t i = 0; i < rows->n; i++)
		put_row(d->f, rows->kind, (const char *)rows->at.any + i * sizes[rows->kind]);
	if (rows->kind != MN_STATE)
		put_uids(d, rows);
	if (rows->kind != MN_NEURON)
		return;
	put_lists(d, rows->at.neuron, rows->n);
	put_found(d, rows->at.neuron, rows->n);
	put_searches(d, rows);
}

char *dump_brain(struct room *r, mn_str brain)
{
	struct dumping d = {.room = r,
		.brain = brain,
		.searches = r->info.caps & MN_CAP_TEXT ? so_often(r, SEARCHED) : 0};
	mn_query q = MN_SIZED(mn_query);
	mn_call call;
	char *text = NULL;
	size_t n;

	assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
	d.call = &call;
	d.f = open_memstream(&text, &n);
	assert_non_null(d.f);
	put_brain(&d);
	for (q.kind = MN_NEURON; q.kind <= MN_FIBER; q.kind++)
		each_page(&d, &q, put_page);
	fclose(d.f);
	mn_call_done(&call);
	return text;
}

char *dump(struct room *r)
{
	return dump_brain(r, r->brain);
}

void still(struct room *r, char *before)
{
	char *now = dump(r);

	assert_string_equal(now, before);
	free(now);
	free(before);
}
