/* SPDX-License-Identifier: MIT */
/*
 * stage.h - the workbench on a small brain that is the same in every run: a memory store, notes
 * written in order, a clock that stands still, and no chance.
 */
#ifndef MN_TESTS_TUI_STAGE_H
#define MN_TESTS_TUI_STAGE_H

#include "tui/tui.h"

/* For rig_play.run: fills the brain "hoppers" and runs the workbench. */
int stage_run(const char *dir);
/* The same with the clock going. */
int stage_run_live(const char *dir);
/* The same, the notes being older by forty days than they say. */
int stage_run_later(const char *dir);
/* And read-only. */
int stage_run_read_only(const char *dir);
/* The same on a store that is cut off while the file "down" is in the folder, and slow while
 * "down.slow" is (plugins/frail.c). */
int stage_run_frail(const char *dir);
int stage_run_frail_live(const char *dir);
/* The same, and stage_run_live, with where one was kept in $MN_STATE between runs. */
int stage_run_frail_kept(const char *dir);
int stage_run_kept(const char *dir);

#endif
