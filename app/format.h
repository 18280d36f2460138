/* SPDX-License-Identifier: MIT */
/* format.h - what a file to import is made of. Any thread. */
#ifndef MN_APP_FORMAT_H
#define MN_APP_FORMAT_H

#include "mn.h"

/* The format that was asked for by name ("jsonl", "text", "markdown", "graph", "dict",
 * "snapshot", "neuralmemory"), else the one that the file's name ends in (".zst" behind it left
 * out), else JSON Lines. */
int mn_import_format(mn_str asked, mn_str file);
/* The same, where the beginning of the file is known: some say themselves what they are. */
int mn_import_recognise(mn_str asked, mn_str file, mn_str head);
/* Does it begin as a database of SQLite does? */
bool mn_format_sqlite(mn_str head);
/* Does the name say that the file is compressed? */
bool mn_format_zst(mn_str file);

#endif
