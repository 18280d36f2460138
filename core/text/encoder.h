/* SPDX-License-Identifier: MIT */
/*
 * encoder.h - an outline and what it works with, kept from one call to the next.
 *
 * A brain has one encoder, which one call at a time works with; a second one works with its own,
 * and lets go of it. What an encoder keeps is what earlier batches met (lexicon.h), what the words
 * of the language are (analyst.h), and memory.
 *
 * Trust: where the last batches of this process were new memories only, and nobody else wrote, the
 * next one is taken for that too: nothing is read for it, and where it was wrong the store refuses
 * it, because an id is taken or the generation has moved. Then it is drawn up again, reading.
 */
#ifndef MN_TEXT_ENCODER_H
#define MN_TEXT_ENCODER_H

#include "text/outline.h"

#define MN_BATCH ((size_t)10000) /* notes, or anchors, at most */

typedef struct mn_encoder {
	mn_brain *brain;
	mn_call *call; /* the caller's */
	mn_call work;  /* with an arena that is emptied after each batch */
	mn_outline outline;
	mn_strmap uids;     /* of the batch -> index of draft */
	uint32_t *draft_of; /* of the batch's notes: index of draft */
	uint32_t fresh;     /* drafts in a row that were new, */
	uint32_t wary;      /* of which so many are to be seen before one is trusted */
} mn_encoder;

/* Takes the brain's out, or makes one. MN_ENOMEM, recorded in the call; mn_encoder_give either
 * way. */
int mn_encoder_take(mn_brain *, mn_call *, mn_encoder **out);
/* Puts it back, smaller where a batch was large; or frees it, where there is one. NULL is fine. */
void mn_encoder_give(mn_encoder *);
void mn_encoder_free(mn_encoder *);

/* What it has of a batch goes. */
void mn_encoder_clear(mn_encoder *);

/* May the next batch be taken for new? */
bool mn_encoder_trusts(mn_encoder *);
/* The batch was written; after NULL: there was nothing to write. */
void mn_encoder_learn(mn_encoder *, const mn_gen *after);
/* It was taken for new, and refused. */
void mn_encoder_doubt(mn_encoder *);

#endif
