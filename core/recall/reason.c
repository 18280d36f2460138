/* SPDX-License-Identifier: MIT */
/* reason.c - names of rules and kernels. */
#include "base/str.h"
#include "recall/kernel.h"

static const char *const names[MN_REASONS] = {
	[MN_REASON_NONE] = "",
	[MN_REASON_ASKED] = "asked",
	[MN_REASON_SPREAD] = "spread",
	[MN_REASON_SET] = "set",
	[MN_REASON_TERM] = "term",
	[MN_REASON_PAIR] = "pair",
	[MN_REASON_NORMAL] = "normal",
	[MN_REASON_HEAD] = "head",
	[MN_REASON_ALONE] = "alone",
	[MN_REASON_MENTION] = "mention",
	[MN_REASON_LINK] = "link",
	[MN_REASON_SPAN] = "span",
	[MN_REASON_CO] = "co-mention",
	[MN_REASON_EPISODE] = "episode",
	[MN_REASON_SESSION] = "session",
	[MN_REASON_NEAR] = "near",
	[MN_REASON_ANSWER] = "answer",
	[MN_REASON_DATE] = "date",
	[MN_REASON_SPEAKER] = "named",
	[MN_REASON_WHEN] = "when",
	[MN_REASON_QUESTION] = "question",
	[MN_REASON_SELF] = "self",
	[MN_REASON_ECHO] = "echo",
	[MN_REASON_EXPAND] = "expand",
	[MN_REASON_OTHER] = "other",
};

const char *mn_reason_name(uint16_t reason)
{
	return reason < MN_REASONS ? names[reason] : "";
}

const mn_kernel *mn_kernel_of(mn_str name)
{
	static const mn_kernel *const kernels[] = {&mn_fan_kernel, &mn_classic};

	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		if (name.len == 0 || mn_str_is(name, kernels[i]->name))
			return kernels[i];
	return NULL;
}
