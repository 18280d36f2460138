/* SPDX-License-Identifier: MIT */
/*
 * classic.h - what "classic" asks of stores that walk their own graph; private to recall.
 *
 * Where all anchors of a set spread together (kernel.h), or for a single hop, level by level gives
 * what strongest first gives: a level reached later is never above one that its neuron gave
 * earlier, since gain and weights are at most 1. So if no trace is wanted and the cache lacks what
 * would fire first, the whole spread is one trip (mn.spread/2 in backend.h). The cache learns
 * no lists by it, but the traits of what was reached, so that ranking takes no trip.
 */
#ifndef MN_RECALL_CLASSIC_H
#define MN_RECALL_CLASSIC_H

#include "backend.h"
#include "recall/kernel.h"

/* All sets but the empty ones, in order. *done false: the store does not offer that. Results live
 * until the view's next call of the store. */
int mn_classic_ask(mn_spread *, double gain, double lightest, mn_spread_found *out, bool *done);
/* The levels of one set into a space, which is emptied first. */
int mn_classic_fill(mn_spread *, const mn_spread_found *, uint32_t set, mn_space *levels);

/*
 * The same over lists that the store lends (mn.lists/1): all sets, wherever level by level is right
 * and no trace is wanted. *done false: it lends none. The view is numbered then.
 */
struct mn_classic_rule {
	double gain, lightest, boost;
};
int mn_classic_lent(mn_spread *, const struct mn_classic_rule *, bool *done);
/* The neurons of another set into s->space: new ones come in, known ones are boosted. */
int mn_classic_join(mn_spread *, const mn_space *set, double boost);

#endif
