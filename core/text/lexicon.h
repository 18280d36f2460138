/* SPDX-License-Identifier: MIT */
/*
 * lexicon.h - which neurons have which type and text, as far as batches before have met them.
 *
 * Most words of a memory were in one before it, so most look-ups of a batch need no store. What is
 * known holds at one generation of the brain: that after the last batch of this process. If the
 * brain has another one, somebody else wrote, and all of it is forgotten.
 *
 * One thread at a time. Memory: some 32 MiB, then it begins anew.
 */
#ifndef MN_TEXT_LEXICON_H
#define MN_TEXT_LEXICON_H

#include "mn.h"

typedef struct mn_lexicon mn_lexicon;

mn_lexicon *mn_lexicon_new(void); /* NULL: no memory */
void mn_lexicon_free(mn_lexicon *);

/* Which generation it is of; graph 0: of none yet. */
const mn_gen *mn_lexicon_at(const mn_lexicon *);

/* From now on of this generation: forgets everything if it was of another. */
void mn_lexicon_open(mn_lexicon *, const mn_gen *);
/* *id 0: there is known to be none. false: not known. */
bool mn_lexicon_find(mn_lexicon *, const mn_key *, mn_id *id);
/* At the generation that it is of, this key has this neuron, or (0) none. */
void mn_lexicon_learn(mn_lexicon *, const mn_key *, mn_id id);
/* What was learned since holds at this generation, as its owner alone wrote in between. */
void mn_lexicon_move(mn_lexicon *, const mn_gen *);

#endif
