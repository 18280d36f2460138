/* SPDX-License-Identifier: MIT */
/* verbs.h - the tables of actions that stand beside the verbs' code; each ends with a nameless one.
 */
#ifndef MN_APP_CLI_VERBS_H
#define MN_APP_CLI_VERBS_H

#include "action.h"

extern const mn_action mn_verbs_brain[];
extern const mn_action mn_verbs_complete[];
extern const mn_action mn_verbs_capacity[];
extern const mn_action mn_verbs_copy[];
extern const mn_action mn_verbs_doctor[];
extern const mn_action mn_verbs_export[];
extern const mn_action mn_verbs_help[];
extern const mn_action mn_verbs_import[];
extern const mn_action mn_verbs_plugins[];
extern const mn_action mn_verbs_profile[];
extern const mn_action mn_verbs_query[];
extern const mn_action mn_verbs_recall[];
extern const mn_action mn_verbs_remember[];
extern const mn_action mn_verbs_run[];
extern const mn_action mn_verbs_secret[];
extern const mn_action mn_verbs_serve[];
extern const mn_action mn_verbs_similar[];
extern const mn_action mn_verbs_stats[];
extern const mn_action mn_verbs_token[];
extern const mn_action mn_verbs_trace[];

#endif
