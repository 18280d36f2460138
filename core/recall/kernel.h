/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - spreading activation, behind one interface. A kernel starts from the neurons that a
 * question makes fire, follows synapses through a view of the graph cache, and leaves a level in
 * the workspace for every neuron that it reached. Recording, if wanted, takes an event for each
 * contribution (trace.h).
 *
 * classic   NeuralMemory 0.4.0's spreading activation (its engine/activation.py), exactly.
 *
 *           Anchors have level 1. Along any synapse of weight >= 0.1, in both directions whatever
 *           the synapse's own:  level' = level * 0.5 * weight;  below the threshold (the brain's
 *           activation_threshold, 0.2) it is lost. A neuron keeps the best level that reached it.
 *           Every anchor spreads on its own, strongest state first, and goes through a neuron
 *           once, in the state that came there first; at max hops (depth 0..3: 1, 3, 4, the
 *           brain's max_spread_hops) it stops. States of equal level: fewer hops first, then the
 *           lower id (the original leaves this to its heap).
 *           Anchor sets (times, names, words) spread separately and are joined in that order:
 *           a neuron of both has  level = min(1, level + 0.5 * level_of_the_new_set).
 *
 *           A synapse lighter than threshold / (0.5 * level) cannot matter: that is the floor
 *           with which a neuron's list is read, so hubs are read only as far as needed. Where no
 *           state of max hops could spread (0.5^(max hops + 1) < threshold) all anchors of a set
 *           spread together, which then gives the same levels.
 *
 * fan       The project's own (the default): one firing rule,
 *
 *             out = level * gain(rule) * weight * share(fan),
 *
 *           with rules as data (fan_rule.c). share is what a neuron's fan leaves for each of its
 *           synapses: idf(fan) = ln(1 + (N - fan + .5) / (fan + .5)) for concepts, 1/fan for
 *           names, 1/sqrt(fan) for what a memory mentions, 1 for time and sessions. Rules of
 *           fan.h are applied in phases; sources: Anderson's ACT-R fan effect, BM25's saturation
 *           of term frequency (in the weights, at encoding), arXiv 2601.02744 on spreading
 *           activation as retrieval. fan.h has the phases.
 *
 *           Depth 0: the question's concepts fire. 1: names, the most active memories, their
 *           conversations, dates and gates as well. 2: concepts of those memories that the
 *           question lacks. 3: names fire a second time. auto: 2, and 1 for a single word.
 */
#ifndef MN_RECALL_KERNEL_H
#define MN_RECALL_KERNEL_H

#include "recall/space.h"
#include "recall/trace.h"
#include "text/analysis.h"

struct mn_question; /* fan.h */

/* Neurons that fire because of the question, in sets. */
typedef struct mn_anchors {
	const uint32_t *node;
	const uint32_t *start; /* nsets + 1 offsets into node */
	uint32_t nsets;
} mn_anchors;

typedef struct mn_spread {
	mn_view *view;
	mn_arena *arena;                    /* scratch, until the answer is out */
	mn_space *space;                    /* out: levels */
	mn_space *side;                     /* scratch, likewise */
	mn_record *record;                  /* NULL: not wanted */
	mn_anchors anchors;                 /* classic */
	const struct mn_question *question; /* fan */
	int depth;
	uint32_t max_hops; /* classic */
	double threshold;  /* classic */
	uint32_t budget;   /* fan: synapses of the first hop */
	uint32_t limit;    /* memories wanted */
	uint64_t examined; /* out: synapses looked at */
} mn_spread;

typedef struct mn_kernel {
	const char *name;
	int (*spread)(mn_spread *);
} mn_kernel;

extern const mn_kernel mn_classic, mn_fan_kernel;
const mn_kernel *mn_kernel_of(mn_str name); /* empty: the default; NULL: there is none */

/*
 * What a question is to "classic": the days, months and years it asks about, the names in it, its
 * words; each a set of anchors, unknown ones left out. Arrays live in scratch's arena.
 */
int mn_classic_anchors(mn_view *, mn_call *scratch, const mn_analysis *, mn_anchors *out);

/* The question's words and names as another encoder keeps them: whole, and in their own case. out:
 * room for MN_CLASSIC_FOREIGN. */
#define MN_CLASSIC_FOREIGN 256
int mn_classic_foreign(mn_view *, mn_str text, const mn_analysis *, uint32_t *out, uint32_t *n);

/* The text of a day's neuron: "2023-05-08" (arena; ptr NULL: no memory). */
mn_str mn_day_name(mn_call *, int64_t day);

/* Rules by which something fires; names in reason.c. */
enum mn_reason {
	MN_REASON_NONE,
	MN_REASON_ASKED,    /* the question names it */
	MN_REASON_SPREAD,   /* classic: along a synapse */
	MN_REASON_SET,      /* classic: another set of anchors begins, or is joined */
	MN_REASON_TERM,     /* a concept, to the memories it occurs in */
	MN_REASON_PAIR,     /* two words of the question, side by side in the memory */
	MN_REASON_NORMAL,   /* the first hop's levels are scaled to 1 */
	MN_REASON_HEAD,     /* a name in the question, to the memory of that name */
	MN_REASON_ALONE,    /* a name that is all of the question, to everyone who bears it */
	MN_REASON_MENTION,  /* a memory, to a name in its text */
	MN_REASON_LINK,     /* that name, to the memory of that name */
	MN_REASON_SPAN,     /* a memory, to a capitalised span of its text */
	MN_REASON_CO,       /* that span, to other memories that have it */
	MN_REASON_EPISODE,  /* a memory, to its session */
	MN_REASON_SESSION,  /* the session, to its memories */
	MN_REASON_NEAR,     /* a concept, to the neighbours of a memory it occurs in */
	MN_REASON_ANSWER,   /* a question, to what was said next */
	MN_REASON_DATE,     /* a date in the question, to memories of that time */
	MN_REASON_SPEAKER,  /* gate: the question names its speaker or title */
	MN_REASON_WHEN,     /* gate: asked when, and it speaks of a time */
	MN_REASON_QUESTION, /* gate: it is a question itself */
	MN_REASON_SELF,     /* gate: it speaks of its speaker */
	MN_REASON_ECHO,     /* a memory, to its other concepts: the second concept hop */
	MN_REASON_EXPAND,   /* those concepts, to the memories they occur in */
	MN_REASON_OTHER,    /* along a synapse of another type */
	MN_REASONS,
};

#endif
