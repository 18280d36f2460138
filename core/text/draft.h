/* SPDX-License-Identifier: MIT */
/*
 * draft.h - a note on its way into the graph: checked, named, analysed; private to core/text.
 */
#ifndef MN_TEXT_DRAFT_H
#define MN_TEXT_DRAFT_H

#include "text/analysis.h"

enum mn_fate_of_draft {
	MN_DRAFT_NEW,     /* nobody has this id */
	MN_DRAFT_CHANGED, /* a memory has it, with other content */
	MN_DRAFT_SAME,    /* a memory has it, with this content: nothing is written */
	MN_DRAFT_ANCHOR,  /* a neuron that is there already: words, names, dates are added to it */
};

typedef struct mn_draft {
	mn_str uid;            /* the note's id, or one derived from its content */
	mn_str text, meta;     /* as the neuron will have them */
	mn_str title, speaker; /* as the note has them */
	mn_str session;        /* empty: none */
	mn_name named[2];      /* title and speaker as entities; empty name: none */
	mn_strs tags, links;   /* links: those of the note, besides what the text has */
	mn_time time;
	bool has_time;
	bool nameable; /* the uid could be the derived one of a neuron: see store/uid.c */
	int fate;
	bool analysed;
	mn_analysis said;
	const mn_name *linked; /* links of text and note as entities, distinct */
	size_t nlinked;
	mn_id neuron, fiber;  /* known or reserved */
	const mn_neuron *old; /* the rows that are there; NULL: none */
	const mn_fiber *old_fiber;
	mn_str old_session;
	size_t there, nthere; /* its part of plan->there */
	size_t note;          /* the first note it was made of */
	mn_tally tally;
} mn_draft;

/*
 * Checks a note and makes a draft of it; strings are lent from the note or made in the call's
 * arena. MN_EINVAL with what is wrong. The fate is not known yet.
 */
int mn_draft_of_note(mn_call *, const mn_note *, mn_draft *out);

/* Of a neuron whose text is to be encoded; title and speaker come from its meta. */
int mn_draft_of_neuron(mn_call *, const mn_neuron *, mn_draft *out);

/* Do two drafts with the same uid say the same? */
bool mn_draft_same(const mn_draft *, const mn_draft *);
/* Has the memory that is there (old, old_fiber) this draft's content? */
bool mn_draft_known(const mn_draft *);

/* Does it go from one session to another? */
bool mn_draft_moves(const mn_draft *);

/* Analyses the text, once. */
int mn_draft_analyse(mn_draft *, mn_analyst *, mn_call *);

/* A member of a meta object if it is a string, copied into the arena; else empty. */
int mn_meta_member(mn_call *, mn_str meta, const char *name, mn_str *out);

/* L and tf of the recipe as a weight: tf / (tf + .9 * (1 - .3 + .3 * L / 30)). */
double mn_stem_weight(uint32_t tf, uint32_t length);

#endif
