/* SPDX-License-Identifier: MIT */
/* diff.c - two traces side by side: what changed, and which contribution made most of it. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "recall/trace.h"

#define MOST_COMPARED 64 /* contributions to one neuron */

struct pair { /* one neuron in both, as far as it is there */
	const mn_trace_neuron *a, *b;
};

static int32_t rank_of(const mn_trace *t, const mn_trace_neuron *n)
{
	for (size_t i = 0; n && i < t->head.nranked; i++)
		if (t->head.ranked[i] == n->id)
			return (int32_t)i + 1;
	return 0;
}

/* ---- Pairing ------------------------------------------------------------------------------- */

static int pair_up(
	const mn_trace *a, const mn_trace *b, mn_strmap *places, struct pair *pairs, size_t *n)
{
	int rc = MN_OK;

	*n = 0;
	for (size_t i = 0; i < a->nneurons && rc == MN_OK; i++) {
		rc = mn_strmap_put(places, a->neurons[i].uid, *n);
		pairs[(*n)++].a = &a->neurons[i];
	}
	for (size_t i = 0; i < b->nneurons && rc == MN_OK; i++) {
		uint64_t *place = mn_strmap_get(places, b->neurons[i].uid);

		if (place && !pairs[*place].b)
			pairs[*place].b = &b->neurons[i];
		else
			pairs[(*n)++].b = &b->neurons[i];
	}
	return rc;
}

/* ---- Because ------------------------------------------------------------------------------- */

/* One contribution as it can be found again in another trace. */
static bool same_kind(const mn_trace *ta, const mn_event *a, const mn_trace *tb, const mn_event *b)
{
	const mn_trace_neuron *x = mn_trace_neuron_of(ta, a->from);
	const mn_trace_neuron *y = mn_trace_neuron_of(tb, b->from);

	return a->reason == b->reason && (x && y ? mn_str_eq(x->uid, y->uid) : x == y);
}

/* What contributions of that kind give to a neuron in all. */
static double given(const mn_trace *ta, const mn_event *like, const mn_trace *t, mn_id to)
{
	const uint32_t *into;
	size_t n = mn_trace_into(t, to, &into);
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		if (t->events[into[i]].fate <= MN_FATE_RAISED
			&& same_kind(ta, like, t, &t->events[into[i]]))
			sum += t->events[into[i]].out;
	return sum;
}

/* The contribution to a neuron of one trace that differs most from what the other has. */
static void compare_events(const mn_trace *t, const mn_trace_neuron *mine, const mn_trace *other,
	const mn_trace_neuron *theirs, double sign, double *most, const mn_event **out)
{
	const uint32_t *into;
	size_t n = mine ? mn_trace_into(t, mine->id, &into) : 0;

	n = n < MOST_COMPARED ? n : MOST_COMPARED;
	for (size_t i = 0; i < n; i++) {
		const mn_event *e = &t->events[into[i]];
		double d;

		if (e->fate > MN_FATE_RAISED)
			continue;
		d = given(t, e, t, mine->id) - (theirs ? given(t, e, other, theirs->id) : 0);
		if (fabs(d) > fabs(*most)) {
			*most = sign * d;
			*out = e;
		}
	}
}

static int because(
	mn_call *call, const mn_trace *a, const mn_trace *b, const struct pair *p, mn_str *out)
{
	double most = 0;
	const mn_event *e = NULL, *mine;
	const mn_trace_neuron *from;
	const mn_str nobody = {"", 0};

	compare_events(a, p->a, b, p->b, -1, &most, &e);
	mine = e;
	compare_events(b, p->b, a, p->a, 1, &most, &e);
	if (!e) {
		*out = (mn_str){"", 0};
		return MN_OK;
	}
	from = mn_trace_neuron_of(mine == e ? a : b, e->from);
	*out = mn_arena_printf(call->arena, "%+.3f %s%s%.*s", most, mn_reason_name(e->reason),
		from ? " of " : "", MN_FMT(from ? from->text : nobody));
	return out->ptr ? MN_OK : mn_fail_memory(call);
}

/* ---- All of it ----------------------------------------------------------------------------- */

static int by_change(const void *a, const void *b)
{
	const mn_trace_change *x = a, *y = b;
	double dx = fabs(x->a - x->b), dy = fabs(y->a - y->b);

	if (dx != dy)
		return dx > dy ? -1 : 1;
	return mn_str_cmp(x->uid, y->uid);
}

static int change_of(mn_call *call, const mn_trace *a, const mn_trace *b, const struct pair *p,
	mn_trace_change *out)
{
	const mn_trace_neuron *any = p->a ? p->a : p->b;

	*out = (mn_trace_change){
		.a = p->a ? p->a->level : 0,
		.b = p->b ? p->b->level : 0,
		.rank_a = rank_of(a, p->a),
		.rank_b = rank_of(b, p->b),
		.uid = mn_call_copy(call, any->uid),
		.text = mn_call_copy(call, any->text),
	};
	return out->uid.ptr && out->text.ptr ? MN_OK : MN_ENOMEM;
}

static void count(mn_trace_diff *d, const mn_trace_change *c)
{
	d->both += c->a > 0 && c->b > 0;
	d->only_a += c->a > 0 && c->b <= 0;
	d->only_b += c->a <= 0 && c->b > 0;
}

static int compare(
	const mn_trace *a, const mn_trace *b, mn_call *call, mn_strmap *places, mn_trace_diff *out)
{
	size_t room = a->nneurons + b->nneurons, n;
	struct pair *pairs = mn_call_array(call, room, sizeof(*pairs));
	mn_trace_change *changes = mn_call_array(call, room, sizeof(*changes));
	mn_trace_diff d = {.at = changes};
	int rc;

	if (!pairs || !changes)
		return MN_ENOMEM;
	if (pair_up(a, b, places, pairs, &n) != MN_OK)
		return mn_fail_memory(call);
	for (size_t i = 0; i < n; i++) {
		mn_trace_change *c = &changes[d.n];

		rc = change_of(call, a, b, &pairs[i], c);
		if (rc != MN_OK)
			return rc;
		count(&d, c);
		if (c->a == c->b && c->rank_a == c->rank_b)
			continue;
		rc = because(call, a, b, &pairs[i], &c->because);
		if (rc != MN_OK)
			return rc;
		d.n++;
	}
	qsort(changes, d.n, sizeof(*changes), by_change);
	*out = d;
	return MN_OK;
}

int mn_trace_compare(const mn_trace *a, const mn_trace *b, mn_call *call, mn_trace_diff *out)
{
	mn_strmap places = {0};
	int rc = compare(a, b, call, &places, out);

	mn_strmap_free(&places);
	return rc;
}
