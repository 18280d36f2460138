/* SPDX-License-Identifier: MIT */
/*
 * outline.h - one batch of drafts becoming changes of a graph; private to core/text.
 *
 * An outline is drawn up at one generation of the brain: what is there is read in a handful of
 * calls, everything that is missing gets ids, and one apply, which expects that generation, writes
 * it. If somebody else wrote meanwhile the outline is drawn up again; the drafts stay.
 */
#ifndef MN_TEXT_OUTLINE_H
#define MN_TEXT_OUTLINE_H

#include "base/buf.h"
#include "base/map.h"
#include "text/draft.h"
#include "text/lexicon.h"

#define MN_TAIL 5 /* a memory is linked to so many before it in its session */

/* Neurons that are found by type and text. */
typedef struct mn_keys {
	mn_key *at;
	struct mn_keyed {
		mn_id id;      /* 0 until looked up, or reserved */
		mn_str label;  /* of an entity: as it was written */
		bool needed;   /* to be made if it is missing */
		bool fresh;    /* it was missing */
		bool counted;  /* in the tally of the draft that needed it first */
		uint32_t tail; /* of a session: its index in outline->tails + 1 */
	} * info;
	size_t n, cap, info_cap;
	mn_strmap places; /* type and text -> index */
	mn_buf spelled;
	struct mn_stem_key {
		uint32_t round, key;
	} * of_stem; /* by stem id */
	size_t of_stem_cap;
	uint32_t round;
} mn_keys;

typedef struct mn_tail { /* the latest memories of a session, the last one first */
	uint32_t key;
	const mn_neuron *old; /* the session's neuron; NULL: there is none yet */
	const mn_neuron *now; /* as it is once the outline is written; NULL: made anew */
	bool changed;
	size_t n;
	struct mn_late {
		mn_str uid;
		mn_id id;
		bool asks;
	} at[MN_TAIL];
} mn_tail;

#define MN_KEPT 16

typedef struct mn_kept { /* a session as the last outline that met it left it */
	mn_neuron row;   /* id 0: none; its text is the session */
	size_t n;
	struct mn_late at[MN_TAIL];
	char *bytes; /* all strings */
} mn_kept;

typedef struct mn_there { /* a synapse that a draft's neuron has already */
	const mn_synapse *row;
	mn_id far;
	uint16_t type;
	bool out;    /* the draft's neuron is its `from` */
	bool wanted; /* it stays */
} mn_there;

typedef struct mn_outline {
	mn_brain *brain;
	mn_call *call; /* its arena lives as long as the batch */
	mn_analyst *analyst;
	mn_lexicon *lexicon;
	bool knows;    /* the lexicon is used: the store has generations */
	bool trusting; /* drafts are taken for new, at the lexicon's generation */
	mn_time now;
	mn_gen at;
	bool read; /* `at` is set */
	struct mn_stock {
		mn_id next, end;
		uint32_t used; /* so far, as far as it matters */
	} stock[MN_KINDS];     /* by kind; see ids.c */
	mn_draft *drafts;
	size_t ndrafts, drafts_cap;
	size_t taken; /* how many of them, from the first, this outline is for */
	mn_keys keys;
	mn_tail *tails;
	size_t ntails, tails_cap;
	mn_kept kept[MN_KEPT];
	size_t next_kept; /* who has to give way */
	mn_gen kept_at;   /* what is kept holds at this generation */
	mn_there *there;  /* by draft (mn_draft.there), then by type, far and direction */
	size_t nthere;
	mn_synapse *synapses; /* to add; their ids come last */
	size_t nsynapses, synapses_cap;
	mn_change *changes;
	size_t nchanges, changes_cap;
	uint64_t made; /* neurons */
} mn_outline;

/* ---- outline.c ---- */
void mn_outline_free(mn_outline *);
void mn_outline_trim(mn_outline *); /* lets go of memory; the outline is over */
/* Reads, decides, and fills taken and changes. MN_ECONFLICT: the brain changed meanwhile. */
int mn_outline_draw(mn_outline *);
/* After each answer of the store: is it of the same generation as the first? */
int mn_outline_check(mn_outline *);
/* To be written: a synapse, whose id is given at the end; any other change. */
int mn_outline_add(mn_outline *, mn_id from, mn_id to, uint16_t type, double base);
int mn_outline_change(mn_outline *, int op, int kind, const void *row);

/* ---- ids.c ---- */
int mn_ids_take(mn_outline *, int kind, size_t n, mn_id *first); /* n in a row */
void mn_ids_drop(mn_outline *);

/* ---- keys.c ---- */
/* The place of a key, made if need be. Text and label: the label is lent for the batch. */
int mn_keys_add(mn_outline *, uint16_t type, mn_str text, mn_str label, bool needed, uint32_t *key);
int mn_keys_add_stem(mn_outline *, const mn_stem *, uint32_t *key);
int mn_keys_look_up(mn_outline *);
/* The outline was written: what its keys are is known for the next one. */
void mn_keys_learn(mn_outline *, const mn_gen *after);
void mn_keys_clear(mn_keys *);
void mn_keys_free(mn_keys *);

/* ---- session.c ---- */
int mn_sessions_open(mn_outline *); /* adds the keys of sessions that matter */
int mn_sessions_read(mn_outline *); /* after they were looked up */
int mn_sessions_link(mn_outline *, mn_draft *);
/* What a session's neuron has to carry: {"tail":[uids]} beside what is there (arena). */
int mn_session_meta(mn_outline *, const mn_tail *, mn_str *out);
int mn_sessions_close(mn_outline *); /* writes those that were there and changed */
/* The outline was written: what its sessions are is known for the next one. */
void mn_sessions_keep(mn_outline *, const mn_gen *after);
void mn_sessions_forget(mn_outline *);

/* ---- revise.c: memories and anchors that are there already ---- */
int mn_revise_read(mn_outline *);
/* The draft's neuron shall have this synapse: added, kept, or brought to its base. */
int mn_revise_want(mn_outline *, mn_draft *, mn_id to, uint16_t type, double base);
/* What a changed memory has and should not: after everything it wants was said. */
int mn_revise_rest(mn_outline *);

#endif
