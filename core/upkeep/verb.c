/* SPDX-License-Identifier: MIT */
#include "upkeep/verb.h"

#include "base/str.h"

static const mn_verb *const verbs[] = {&mn_verb_decay, &mn_verb_reinforce, &mn_verb_prune,
	&mn_verb_orphans, &mn_verb_archive, &mn_verb_restore, &mn_verb_consolidate, &mn_verb_expire,
	&mn_verb_rebuild, &mn_verb_snapshot, &mn_verb_change};

enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

const mn_verb *mn_verb_find(mn_str name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (mn_str_is(name, verbs[i]->name))
			return verbs[i];
	return NULL;
}

const char *mn_verb_names(void)
{
	return "decay, reinforce, prune, orphans, archive, restore, consolidate, expire, rebuild, "
	       "snapshot, change";
}
