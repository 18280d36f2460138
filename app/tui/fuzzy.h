/* SPDX-License-Identifier: MIT */
/* fuzzy.h - how well a few typed letters fit a name: the palette's and the lists' matching. */
#ifndef MN_TUI_FUZZY_H
#define MN_TUI_FUZZY_H

#include "mn.h"

/*
 * Every character of `typed` must occur in `name`, in order, letter case of ASCII apart. The
 * higher the better; letters that follow each other or begin a word count more, and a shorter
 * name wins. -1: it does not fit. An empty `typed` fits everything with 0. hits, if given: a bit
 * per byte of the first 64 of `name`, set where a typed character stands.
 */
int mn_fuzzy(mn_str typed, mn_str name, uint64_t *hits);

#endif
