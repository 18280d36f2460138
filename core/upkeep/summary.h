/* SPDX-License-Identifier: MIT */
/* summary.h - what a plan comes to, as the JSON that the journal keeps and people are shown. */
#ifndef MN_UPKEEP_SUMMARY_H
#define MN_UPKEEP_SUMMARY_H

#include "mn.h"

/* Texts in the call's arena. steps_json stands in it as it is. */
int mn_summary_write(mn_call *, const mn_plan_about *, mn_str *out);
/* Everything in the arena. MN_ECORRUPT: it is none. json: to be kept in out->json, lent. */
int mn_summary_read(mn_call *, mn_arena *, mn_str json, mn_plan_about *out);

#endif
