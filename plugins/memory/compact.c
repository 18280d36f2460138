/* SPDX-License-Identifier: MIT */
/* compact.c - giving back the text that nobody refers to any more. */
#include "brain.h"

#define WORTH ((size_t)1 << 20)

/* What is done with every text: counted, then moved. */
struct texts {
	struct brain *b;
	struct pool *to; /* NULL: only counted */
	size_t size;
};

static void visit(struct texts *t, ref *r)
{
	t->size += pool_size(*r);
	if (t->to) /* into the room that was counted: cannot fail */
		pool_add(t->to, &t->b->mem, pool_get(*r), r);
}

static void visit_neurons(struct texts *t)
{
	struct brain *b = t->b;

	for (uint32_t i = 0; i < b->neuron_ids.n; i++) {
		struct neuron_extra *x;

		if (!slots_live(&b->neuron_ids, i))
			continue;
		visit(t, &b->neurons[i].text);
		x = neuron_extra(b, &b->neurons[i]);
		if (x) {
			visit(t, &x->uid);
			visit(t, &x->meta);
		}
	}
}

static void visit_lines(struct texts *t)
{
	struct brain *b = t->b;

	for (uint32_t i = 0; i < b->line_ids.n; i++) {
		struct line_extra *x = NULL;
		struct line l;

		if (slots_live(&b->line_ids, i)) {
			l = line_get(b, i);
			x = line_extra(b, &l);
		}
		if (x) {
			visit(t, &x->uid);
			visit(t, &x->meta);
		}
	}
}

static void visit_fibers(struct texts *t)
{
	struct brain *b = t->b;

	for (uint32_t i = 0; i < b->fiber_ids.n; i++) {
		struct fiber_extra *x = NULL;

		if (slots_live(&b->fiber_ids, i))
			x = fiber_extra(b, &b->fibers[i]);
		if (x) {
			visit(t, &x->uid);
			visit(t, &x->summary);
			visit(t, &x->meta);
			visit(t, &x->tags);
			visit(t, &x->neurons);
			visit(t, &x->synapses);
		}
	}
}

static void visit_all(struct texts *t)
{
	visit_neurons(t);
	visit_lines(t);
	visit_fibers(t);
}

void brain_compact(struct brain *b)
{
	struct texts count = {.b = b}, move = {.b = b};
	struct pool to = {0};

	if (b->text.waste < WORTH || b->text.waste < b->text.used / 2)
		return;
	visit_all(&count);
	if (pool_reserve(&to, &b->mem, count.size) != MN_OK)
		return;
	move.to = &to;
	visit_all(&move);
	pool_free(&b->text, &b->mem);
	b->text = to;
}
