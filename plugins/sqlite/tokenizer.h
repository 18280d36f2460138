/* SPDX-License-Identifier: MIT */
/* tokenizer.h - FTS5's tokenizer "mnemoscope": the words of the engine, so that every store finds
 * the same. */
#ifndef MN_SQLITE_TOKENIZER_H
#define MN_SQLITE_TOKENIZER_H

struct conn;

/* MN_EUNSUPPORTED: the engine or SQLite lacks what it needs. */
int tokenizer_register(struct conn *);

#endif
