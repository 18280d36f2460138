/* SPDX-License-Identifier: MIT */
/* expand.h - one hop of a spread, and whole spreads, each in one statement; see backend.h. */
#ifndef MN_NEO4J_EXPAND_H
#define MN_NEO4J_EXPAND_H

#include "db.h"

/* What a weight is of, at the brain's clock: the property w, and e^(-rate * days) of the days since
 * d. Two fragments: one binds day and rate, one is the expression. */
#define DECAY_HEAD                                                                  \
	"MATCH (c:MnBrain {key: $p.b}) WITH c.rate AS rate, CASE WHEN c.clock = 0 " \
	"THEN -9223372036854775807 ELSE c.clock / 86400000000 - "                   \
	"CASE WHEN c.clock % 86400000000 < 0 THEN 1 ELSE 0 END END AS day, c.oldest AS oldest "
#define WEIGHT "s.w * CASE WHEN day > s.d THEN exp(-rate * (day - s.d)) ELSE 1.0 END"

int expand_do(mn_db *, mn_call *, const mn_expand *, mn_fan *out);

extern const mn_spread_ops spread_ops;

#endif
