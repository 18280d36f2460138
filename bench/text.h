/* SPDX-License-Identifier: MIT */
/* text.h - what cases ask of: a real text (--data), or a synthetic brain; and the questions. */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include "held.h"

/* The brain of --data, or the synthetic brain of that size (--texts: of
 * memories). Nobody may write to it. Sets b->size. */
int text_open(struct bench *, uint64_t own, struct held *out);
/* Imports the text of --data, as its name's ending says: .jsonl, .graph, or a dictionary. */
int text_import(struct bench *, struct held *, mn_import_report *out);

struct questions {
	char **at;
	size_t n, cap;
};

/* Those of --ask, or n synthetic ones from that number on for the brain of text_open. */
int questions_make(struct bench *, uint64_t first, size_t n, struct questions *out);
void questions_free(struct questions *);

/* Works the answer out anew. */
int ask_text(struct bench *, mn_brain *, const char *text, int depth, mn_answer *out);

#endif
