/* SPDX-License-Identifier: MIT */
/* format.h - what a file to import is made of. Any thread. */
#ifndef MN_APP_FORMAT_H
#define MN_APP_FORMAT_H

#include "mn.h"

/* The format that was asked for by name ("jsonl", "text", "markdown", "graph", "dict"), else the
 * one that the file's name ends in, else JSON Lines. */
int mn_import_format(mn_str asked, mn_str file);

#endif
