/* SPDX-License-Identifier: MIT */
/* fan_fire.c - the second hop: the most active memories fire, once, with the level they have. */
#include "base/fail.h"
#include "base/type.h"
#include "recall/fan.h"

/* ---- Names and spans ----------------------------------------------------------------------- */

struct target { /* an entity that a memory speaks of */
	uint32_t node;
	mn_id synapse; /* 0: found in the text */
	double weight;
};

static size_t add_target(struct target *to, size_t n, size_t room, struct target t)
{
	for (size_t i = 0; i < n; i++)
		if (to[i].node == t.node)
			return n;
	if (n < room)
		to[n++] = t;
	return n;
}

static bool has_link(const mn_list *own, uint16_t type, uint32_t node)
{
	for (uint32_t i = 0; own && i < own->n; i++)
		if (own->at[i].type == type && own->at[i].far == node)
			return true;
	return false;
}

static uint32_t degree_of(struct fan *f, uint32_t node, int way)
{
	const mn_list *list = mn_view_list(f->v, node, way);

	return list ? list->degree : 0;
}

/* Names in the text, but its own, and explicit links. */
static size_t links_of(struct fan *f, uint32_t memory, struct target *out, size_t room)
{
	const mn_list *own = mn_view_list(f->v, memory, MN_WAY_OWN);
	const mn_list *text = mn_mentions_of(f->v, memory);
	size_t n = 0;

	for (uint32_t i = 0; text && i < text->n; i++)
		if (!has_link(own, MN_NAMED, text->at[i].far))
			n = add_target(out, n, room, (struct target){text->at[i].far, 0, 1});
	for (uint32_t i = 0; own && i < own->n; i++)
		if (own->at[i].type == MN_RELATED_TO && !has_link(own, MN_NAMED, own->at[i].far))
			n = add_target(out, n, room,
				(struct target){
					own->at[i].far, own->synapse[i], own->at[i].weight});
	return n;
}

/* Capitalised spans that nobody is named and that other memories have as well. */
static size_t spans_of(struct fan *f, uint32_t memory, struct target *out, size_t room)
{
	const mn_list *own = mn_view_list(f->v, memory, MN_WAY_OWN);
	size_t n = 0;

	for (uint32_t i = 0; own && i < own->n; i++) {
		uint32_t to = own->at[i].far;

		if (own->at[i].type == MN_MENTIONS && degree_of(f, to, MN_WAY_HEADS) == 0
			&& degree_of(f, to, MN_WAY_SPANS) >= 2)
			n = add_target(out, n, room,
				(struct target){to, own->synapse[i], own->at[i].weight});
	}
	return n;
}

/* A memory gives to an entity, and the entity passes on what it got. */
static int relay(struct fan *f, const struct fan_fired *from, const struct target *to, size_t n,
	uint16_t first, uint16_t second, int way)
{
	const struct fan_rule *rule = &fan_rules[second];
	const mn_list *list = mn_view_list(f->v, to->node, way);
	struct fan_pulse in = {.reason = first,
		.from = from->node,
		.to = to->node,
		.synapse = to->synapse,
		.type = to->synapse ? MN_RELATED_TO : 0,
		.in = from->level,
		.weight = to->weight,
		.fan = (uint32_t)n,
		.share = fan_share(f, fan_rules[first].share, (uint32_t)n),
		.hop = 2};
	struct fan_pulse out = {.reason = second, .from = to->node, .hop = 2};
	int rc = fan_give(f, &in);

	if (rc != MN_OK || !list || list->degree > rule->most)
		return rc;
	out.in = in.in * fan_rules[first].gain * in.weight * in.share;
	out.fan = list->degree;
	out.share = fan_share(f, rule->share, list->degree);
	return fan_give_list(f, &out, list, from->node);
}

static int fire_entities(struct fan *f, const struct fan_fired *from)
{
	struct target to[MN_FAN_SPANS];
	size_t n = links_of(f, from->node, to, MN_FAN_SPANS);
	int rc = MN_OK;

	for (size_t i = 0; i < n && rc == MN_OK; i++)
		rc = relay(f, from, &to[i], n, MN_REASON_MENTION, MN_REASON_LINK, MN_WAY_HEADS);
	n = spans_of(f, from->node, to, MN_FAN_SPANS);
	for (size_t i = 0; i < n && rc == MN_OK; i++)
		rc = relay(f, from, &to[i], n, MN_REASON_SPAN, MN_REASON_CO, MN_WAY_SPANS);
	return rc;
}

static int fire_others(struct fan *f, const struct fan_fired *from)
{
	const struct fan_rule *rule = &fan_rules[MN_REASON_OTHER];
	const mn_list *list = mn_view_list(f->v, from->node, MN_WAY_OTHER);
	struct fan_pulse p = {
		.reason = MN_REASON_OTHER, .from = from->node, .in = from->level, .hop = 2};

	if (!list || list->degree == 0 || list->degree > rule->most)
		return MN_OK;
	p.fan = list->degree;
	p.share = fan_share(f, rule->share, list->degree);
	return fan_give_list(f, &p, list, from->node);
}

/* ---- Conversations ------------------------------------------------------------------------- */

/* Along one of a memory's own synapses, as a pulse of that rule. */
static int give_own(struct fan *f, const struct fan_fired *from, uint16_t reason,
	const mn_list *own, uint32_t i)
{
	struct fan_pulse p = {.reason = reason,
		.from = from->node,
		.to = own->at[i].far,
		.synapse = own->synapse[i],
		.in = from->level,
		.weight = own->at[i].weight,
		.share = 1,
		.hop = 2};

	return fan_give(f, &p);
}

static int fire_conversation(struct fan *f, const struct fan_fired *from)
{
	const mn_list *own = mn_view_list(f->v, from->node, MN_WAY_OWN);
	int rc = MN_OK;

	for (uint32_t i = 0; own && i < own->n && rc == MN_OK; i++)
		if (own->at[i].type == MN_DURING)
			rc = give_own(f, from, MN_REASON_EPISODE, own, i);
		else if (own->at[i].type == MN_LEADS_TO)
			rc = give_own(f, from, MN_REASON_ANSWER, own, i);
	return rc;
}

static int fire_session(struct fan *f, uint32_t session)
{
	const mn_list *members = mn_view_list(f->v, session, MN_WAY_MEMBERS);
	struct fan_pulse p = {.reason = MN_REASON_SESSION,
		.from = session,
		.in = fan_level(f, session),
		.share = 1,
		.hop = 2};

	if (!members || members->degree > MN_FAN_SESSION)
		return MN_OK;
	p.fan = members->degree;
	return fan_give_list(f, &p, members, MN_NOBODY);
}

/* Each session of a fired memory once, in the order in which they were reached. */
int fan_fire_sessions(struct fan *f)
{
	size_t n = f->s->space->ncells;
	int rc = MN_OK;

	for (size_t i = 0; i < n && rc == MN_OK; i++)
		if (f->s->space->cells[i].reason == MN_REASON_EPISODE)
			rc = fire_session(f, f->s->space->cells[i].node);
	return rc;
}

int fan_fire_memories(struct fan *f)
{
	int rc = fan_choose_fired(f);

	if (rc == MN_OK)
		rc = fan_read_ahead(f);
	for (size_t i = 0; i < f->nfired && rc == MN_OK; i++) {
		if (i < fan_linking(f))
			rc = fire_entities(f, &f->fired[i]);
		if (i < fan_linking(f) && rc == MN_OK)
			rc = fire_others(f, &f->fired[i]);
		if (rc == MN_OK)
			rc = fire_conversation(f, &f->fired[i]);
	}
	return rc == MN_OK ? mn_check(&f->call) : rc;
}

static bool fires_along_names(const struct fan *f, uint32_t node)
{
	for (size_t i = 0; i < fan_linking(f); i++)
		if (f->fired[i].node == node)
			return true;
	return false;
}

/* Depth 3: those that have come to the top since fire along names and spans as well. */
int fan_fire_again(struct fan *f)
{
	struct fan next = *f;
	size_t n = 0;
	int rc = fan_choose_fired(&next);

	for (size_t i = 0; i < fan_linking(&next) && rc == MN_OK; i++)
		if (!fires_along_names(f, next.fired[i].node))
			next.fired[n++] = next.fired[i];
	next.nfired = n;
	if (rc == MN_OK)
		rc = fan_read_ahead(&next);
	for (size_t i = 0; i < n && rc == MN_OK; i++)
		rc = fire_entities(&next, &next.fired[i]);
	return rc;
}
