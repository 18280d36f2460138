/* SPDX-License-Identifier: MIT */
/* fan_rule.c - the one firing rule, and the table of everything that fires by it. */
#include <math.h>

#include "base/fail.h"
#include "base/type.h"
#include "recall/fan.h"

/*
 * Gains and fan exponents of the measured recipe. A concept's weights are tf / (tf + k), so its
 * gain carries BM25's (k + 1), k = .9; that of a pair of words is .3 of it.
 */
const struct fan_rule fan_rules[MN_REASONS] = {
	[MN_REASON_ASKED] = {MN_OP_SET, MN_SHARE_ALL, 0, 1, 0},
	[MN_REASON_TERM] = {MN_OP_SUM, MN_SHARE_IDF, MN_INVOLVES, 1.9, 0},
	[MN_REASON_PAIR] = {MN_OP_SUM, MN_SHARE_IDF, 0, .3 * 1.9, 0},
	[MN_REASON_NORMAL] = {MN_OP_SCALE, MN_SHARE_ALL, 0, 1, 0},
	[MN_REASON_HEAD] = {MN_OP_SUM, MN_SHARE_EACH, MN_NAMED, 1.3, 256},
	[MN_REASON_ALONE] = {MN_OP_SUM, MN_SHARE_ALL, 0, 1.3, 256},
	[MN_REASON_MENTION] = {MN_OP_SUM, MN_SHARE_ROOT, 0, 1, 0},
	[MN_REASON_LINK] = {MN_OP_SUM, MN_SHARE_EACH, MN_NAMED, .7, 256},
	[MN_REASON_SPAN] = {MN_OP_SUM, MN_SHARE_ROOT, MN_MENTIONS, 1, 30},
	[MN_REASON_CO] = {MN_OP_SUM, MN_SHARE_OTHERS, MN_MENTIONS, .4, 30},
	[MN_REASON_EPISODE] = {MN_OP_POOL, MN_SHARE_ALL, MN_DURING, 1, 0},
	[MN_REASON_SESSION] = {MN_OP_SUM, MN_SHARE_ALL, MN_DURING, .4, 0},
	[MN_REASON_NEAR] = {MN_OP_SUM, MN_SHARE_IDF, MN_BEFORE, 1.9, 0},
	[MN_REASON_ANSWER] = {MN_OP_SUM, MN_SHARE_ALL, MN_LEADS_TO, .3, 0},
	[MN_REASON_DATE] = {MN_OP_SUM, MN_SHARE_ALL, MN_HAPPENED_AT, 1.25, 0},
	[MN_REASON_SPEAKER] = {MN_OP_MULTIPLY, MN_SHARE_ALL, MN_NAMED, 1.35, 0},
	[MN_REASON_WHEN] = {MN_OP_MULTIPLY, MN_SHARE_ALL, 0, 1.3, 0},
	[MN_REASON_QUESTION] = {MN_OP_MULTIPLY, MN_SHARE_ALL, 0, .9, 0},
	[MN_REASON_SELF] = {MN_OP_MULTIPLY, MN_SHARE_ALL, 0, 1.1, 0},
	[MN_REASON_ECHO] = {MN_OP_SUM, MN_SHARE_ALL, MN_INVOLVES, 1, 0},
	[MN_REASON_EXPAND] = {MN_OP_SUM, MN_SHARE_IDF, MN_INVOLVES, .2 / 3 * 1.9, 256},
	[MN_REASON_OTHER] = {MN_OP_SUM, MN_SHARE_ROOT, 0, .3, 256},
};

double fan_share(const struct fan *f, uint8_t share, uint32_t fan)
{
	double n = f->memories > fan ? f->memories : fan;

	switch (share) {
	case MN_SHARE_IDF: return log(1 + (n - fan + .5) / (fan + .5));
	case MN_SHARE_EACH: return fan ? 1.0 / fan : 0;
	case MN_SHARE_OTHERS: return fan > 1 ? 1.0 / (fan - 1) : 0;
	case MN_SHARE_ROOT: return fan ? 1 / sqrt(fan) : 0;
	default: return 1;
	}
}

static double operate(const mn_cell *c, uint8_t op, double out)
{
	switch (op) {
	case MN_OP_SET: return out;
	case MN_OP_SUM: return c->level + out;
	case MN_OP_MULTIPLY: return c->level * out;
	case MN_OP_POOL: return sqrt(c->level * c->level + out * out);
	default: return c->level;
	}
}

static void record(const struct fan *f, const struct fan_pulse *p, const struct fan_rule *rule,
	double out, bool first, double after)
{
	mn_event e = {.from = p->from == MN_NOBODY ? 0 : (mn_id)p->from + 1,
		.to = p->to == MN_NOBODY ? 0 : (mn_id)p->to + 1,
		.synapse = p->synapse,
		.in = p->in,
		.gain = rule->gain,
		.weight = p->weight,
		.share = p->share,
		.out = out,
		.after = after,
		.fan = p->fan,
		.hop = p->hop,
		.type = rule->type ? rule->type : p->type,
		.op = rule->op,
		.fate = first ? MN_FATE_ACTIVATED : MN_FATE_RAISED,
		.reason = p->reason};

	mn_record_add(f->s->record, &e);
}

/* Who gave a neuron most, for the path that is shown without a trace. */
static void credit(mn_cell *c, const struct fan_pulse *p, uint8_t op, double out)
{
	if (op == MN_OP_MULTIPLY) {
		c->most *= out;
	} else if (!c->reached || out > c->most) {
		c->most = out;
		c->from = p->from;
		c->synapse = p->synapse;
		c->reason = (uint8_t)p->reason;
	}
	if (!c->reached)
		c->hop = p->hop;
	c->reached = true;
}

int fan_give(struct fan *f, const struct fan_pulse *p)
{
	const struct fan_rule *rule = &fan_rules[p->reason];
	mn_cell *c = mn_space_touch(f->s->space, p->to);
	double out = p->in * rule->gain * p->weight * p->share;
	bool first;

	if (!c)
		return mn_fail_memory(&f->call);
	first = !c->reached;
	c->level = operate(c, rule->op, out);
	credit(c, p, rule->op, out);
	if (f->s->record)
		record(f, p, rule, out, first, c->level);
	return MN_OK;
}

int fan_give_list(struct fan *f, const struct fan_pulse *like, const mn_list *list, uint32_t except)
{
	struct fan_pulse p = *like;
	int rc = MN_OK;

	for (uint32_t i = 0; i < list->n && rc == MN_OK; i++) {
		f->s->examined++;
		if (list->at[i].far == except)
			continue;
		p.to = list->at[i].far;
		p.weight = list->at[i].weight;
		p.type = list->at[i].type;
		p.synapse = list->synapse[i];
		rc = fan_give(f, &p);
	}
	return rc;
}

void fan_scale(struct fan *f, double by)
{
	struct fan_pulse p = {.reason = MN_REASON_NORMAL,
		.from = MN_NOBODY,
		.to = MN_NOBODY,
		.in = by,
		.weight = 1,
		.share = 1};

	for (size_t i = 0; i < f->s->space->ncells; i++) {
		f->s->space->cells[i].level *= by;
		f->s->space->cells[i].most *= by;
	}
	if (f->s->record)
		record(f, &p, &fan_rules[MN_REASON_NORMAL], by, false, 0);
}

double fan_level(const struct fan *f, uint32_t node)
{
	const mn_cell *c = mn_space_find(f->s->space, node);

	return c ? c->level : 0;
}
