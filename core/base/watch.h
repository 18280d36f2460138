/* SPDX-License-Identifier: MIT */
/*
 * watch.h - hooks that break off a call when its token is cancelled or its deadline passes.
 *
 * A token keeps the hooks of the calls that carry it. Deadlines are kept by the engine's watch, a
 * thread that is started with the first hook on a call with a deadline.
 */
#ifndef MN_BASE_WATCH_H
#define MN_BASE_WATCH_H

#include "engine.h"

/* As mn_host.on_cancel in backend.h: fn is called once at most; fn NULL removes, and waits while it
 * runs. */
void mn_watch_hook(mn_call *, void (*fn)(void *), void *arg);

#endif
