/* SPDX-License-Identifier: MIT */
/*
 * fan.h - the inside of the kernel "fan"; private to it. kernel.h has the firing rule.
 *
 * Phases, each over what the earlier ones made active:
 *   terms    (fan_term.c) the question's concepts fire, rarest first, within an edge budget; the
 *            most active memories are looked up in lists that were cut; pairs of words of the
 *            question that stand side by side in the most active texts; then every level is
 *            divided by the largest
 *   names    (fan_name.c) names in the question fire to the memories of that name; where a name
 *            is all of the question, every memory that bears it gets as much as if it were the
 *            only one: what is left is which of them says more of it, and none passes on more
 *            than 1
 *   fired    (fan_ahead.c, fan_fire.c) the most active memories fire once, with the level they
 *            have: to names in their text and on to the memories of that name, to rare spans and
 *            on to memories that share them, to what was said next, to their session
 *   near     (fan_near.c) concepts reach the neighbours of memories in a conversation
 *   echo     (fan_echo.c) depth 2: concepts of the fired memories that the question lacks
 *   gates    (fan_gate.c, fan_date.c) the date asked about adds; who speaks, and how, multiplies
 * Everything that takes part is a rule in one table (fan_rule.c).
 */
#ifndef MN_RECALL_FAN_H
#define MN_RECALL_FAN_H

#include "recall/kernel.h"
#include "recall/reading.h"

/* ---- Rules --------------------------------------------------------------------------------- */

enum mn_share {
	MN_SHARE_ALL,    /* 1 */
	MN_SHARE_IDF,    /* ln(1 + (N - fan + .5) / (fan + .5)) */
	MN_SHARE_EACH,   /* 1 / fan */
	MN_SHARE_OTHERS, /* 1 / (fan - 1): all but the one it came from */
	MN_SHARE_ROOT,   /* 1 / sqrt(fan) */
};

struct fan_rule {
	uint8_t op;    /* mn_operator */
	uint8_t share; /* mn_share */
	uint16_t type; /* of the synapse; 0: any, or none */
	double gain;
	uint32_t most; /* neurons with a larger fan stay silent; 0: none does */
};

extern const struct fan_rule fan_rules[MN_REASONS];

/* Numbers of the recipe that are not gains; one set for every brain and question. */
enum {
	MN_FAN_BUDGET = 2000,   /* synapses of the first hop */
	MN_FAN_LEAST = 64,      /* of these a concept gets at least */
	MN_FAN_STEMS = 512,     /* of a question that are looked up */
	MN_FAN_TERMS = 64,      /* of these fire: the rarest */
	MN_FAN_NAMES = 32,      /* names of a question */
	MN_FAN_LOOKED_UP = 200, /* most active memories that are looked up in cut lists */
	MN_FAN_PAIRED = 50,     /* most active memories whose text is tested for pairs */
	MN_FAN_FIRED = 20,      /* memories that fire */
	MN_FAN_LINKING = 5,     /* of these fire along names and spans */
	MN_FAN_ECHOING = 10,    /* of these fire to their other concepts */
	MN_FAN_ECHOES = 20,     /* other concepts that fire */
	MN_FAN_SPANS = 64,      /* names or spans of a memory that are followed */
	MN_FAN_SESSION = 1024,  /* members; a larger session does not tell its members apart */
	MN_FAN_DAYS = 400,      /* that are looked up for a question about nothing but a time */
	MN_FAN_DATED = 64,      /* memories of a day that light up for it */
	MN_FAN_BEARERS = 2048,  /* of a name; of one with more each memory is asked for its names */
};

/* ---- A run --------------------------------------------------------------------------------- */

#define FAN_OWN 256   /* synapses of a memory that are looked at, */
#define FAN_BESIDE 32 /* and of its neighbours */

/* A forward neighbour in a conversation gets more than a backward one: answers follow. */
#define FAN_FORWARD 1.2

struct mn_question {
	const mn_analysis *said;
	mn_analyst *analyst;
	const uint32_t *anchors; /* fire as if asked */
	size_t nanchors;
};

struct fan_term {             /* a concept of the question */
	uint32_t node, place; /* place: in the question */
	uint32_t fan, limit;
	uint32_t word; /* hash of the stem, as in readings; 0: none */
	double level, idf;
	bool cut; /* its list was not read to the end */
};

struct fan_name { /* a neuron that the question names, other than by a concept */
	uint32_t node;
	uint32_t fan; /* memories of that name */
	bool memory;  /* is one itself (only as an anchor asked for) */
	bool alone;   /* the question asks for nothing else */
};

struct fan_fired {
	uint32_t node;
	double level; /* when it was chosen */
};

struct fan {
	mn_spread *s;
	mn_view *v;
	mn_call call; /* whose arena lasts as long as the spread */
	const struct mn_question *q;
	double memories; /* N */
	struct fan_term *terms;
	size_t nterms;
	struct fan_name *names;
	size_t nnames;
	struct fan_fired *fired;
	size_t nfired;
	struct mn_texts texts; /* rows that the first hop read */
};

/* What one firing synapse gives: from, through synapse, to. */
struct fan_pulse {
	uint16_t reason;
	uint16_t type, hop; /* type: of the synapse, where the rule has none */
	uint32_t from, to;  /* from MN_NOBODY: the question */
	uint32_t fan;
	mn_id synapse;
	double in, weight, share;
};

double fan_share(const struct fan *, uint8_t share, uint32_t fan);
/* Applies a pulse by its rule, and records it. */
int fan_give(struct fan *, const struct fan_pulse *);
void fan_scale(struct fan *, double by);
/* Gives along every link of a list but to `except`. */
int fan_give_list(struct fan *, const struct fan_pulse *like, const mn_list *, uint32_t except);
double fan_level(const struct fan *, uint32_t node);

/* The most active neurons but the question's concepts, by level, ties by the lower id. */
size_t fan_most_active(const struct fan *, uint32_t *out, size_t room);
bool fan_is_term(const struct fan *, uint32_t node); /* a concept of the question */
/* The most active memories that are not archived; reads traits as it needs them. */
int fan_top_memories(struct fan *, uint32_t *out, size_t room, size_t *n);

int fan_anchors(struct fan *); /* finds terms and names, and reads the first of their lists */
int fan_fire_terms(struct fan *);
int fan_fire_names(struct fan *);
int fan_fire_memories(struct fan *);
/* What is to be read by one call of the store. */
struct fan_needs {
	mn_need *at;
	size_t n, cap;
};
int fan_need(struct fan *, struct fan_needs *, uint32_t node, int way, uint32_t limit);

/* The memories that fire, and everything that they are about to reach, in two expansions. */
int fan_choose_fired(struct fan *);
int fan_read_ahead(struct fan *);
size_t fan_linking(const struct fan *); /* how many of them, from the first, fire along names */
size_t fan_echoing(const struct fan *); /* and to their other concepts */

/* One way of each of these neurons, as far as the limit. */
int fan_read(struct fan *, int way, uint32_t limit, const uint32_t *nodes, size_t n);
int fan_near(struct fan *);
int fan_fire_sessions(struct fan *);
int fan_echo(struct fan *);
int fan_fire_again(struct fan *);
int fan_gates(struct fan *);
/* The date asked about gives to those of these memories that fit it; */
int fan_add_dates(struct fan *, const uint32_t *nodes, size_t n);
/* and, where nothing else is active, to every memory of that time. */
int fan_fire_dates(struct fan *);

#endif
