/* SPDX-License-Identifier: MIT */
/* write.c - a draft is put down: one statement, one transaction. */
#include "write.h"

#include <string.h>

#include "ask.h"
#include "rows.h"
#include "search.h"

/* ---- Rows as parameters, and what is done with each ------------------------------------------ */

/* Every fragment is a subquery over one list of rows. */
#define EACH(list) "CALL (fits) { UNWIND CASE WHEN fits THEN $p." list " ELSE [] END AS r "

#define NEURON_MAP                                                                        \
	"{b: $p.b, id: r[0], type: r[1], flags: r[2], text: r[3], h: r[4], words: r[5], " \
	"uid: r[6], uh: r[7], meta: r[8], created: r[9], updated: r[10], level: r[11], "  \
	"decay: r[12], last: r[13], uses: r[14]}"
#define SYNAPSE_MAP                                                                         \
	"{b: $p.b, id: r[0], f: r[1], t: r[2], k: r[3], w: r[4], d: r[5], type: r[6], "     \
	"flags: r[7], base: r[8], created: r[9], last: r[10], uses: r[11], bumped: r[12], " \
	"uid: r[13], uh: r[14], meta: r[15]}"
#define FIBER_MAP                                                                            \
	"{b: $p.b, id: r[0], anchor: r[1], salience: r[2], coherence: r[3], created: r[4], " \
	"first: r[5], last: r[6], uses: r[7], stage: r[8], flags: r[9], summary: r[10], "    \
	"uid: r[11], uh: r[12], meta: r[13], tags: r[14], neurons: r[15], synapses: r[16]}"

struct writing {
	struct draft *d;
	int64_t key;
	int64_t oldest; /* day of the oldest synapse that is written; INT64_MAX: none */
	struct text *t;
};

/* Writes the row, or not: whether one was due. t NULL: only asks. */
typedef bool row_due(struct writing *, uint32_t i);

/* ---- Neurons ------------------------------------------------------------------------------- */

static struct neuron_draft *neuron_at(const struct writing *w, uint32_t i)
{
	return (struct neuron_draft *)w->d->neurons.at + i;
}

static void say_type(struct text *t, int kind, uint16_t code)
{
	const char *name = t->host->type_name(kind, code);

	text_str(t, (mn_str){name, name ? strlen(name) : 0});
}

static void say_uid(struct text *t, mn_str uid)
{
	text_some(t, uid);
	if (uid.len)
		text_int(t, hash_uid(uid));
	else
		text_null(t);
}

static void say_state(struct text *t, const struct neuron_draft *n)
{
	const mn_state *s = &n->state;

	if (!n->has_state) {
		for (int i = 0; i < 4; i++)
			text_null(t);
		return;
	}
	text_real(t, s->level);
	text_real(t, s->decay);
	text_nonzero(t, s->last);
	text_nonzero(t, s->uses);
}

static void say_key(struct text *t, const mn_neuron *row)
{
	const char *name = t->host->type_name(MN_NEURON, row->type);

	if (strcmp(name, "memory") == 0) /* not found by its text */
		text_null(t);
	else
		text_int(t, hash_key((mn_str){name, strlen(name)}, row->text));
}

static void say_neuron(struct writing *w, const struct neuron_draft *n)
{
	const mn_neuron *row = n->row;
	struct text *t = w->t;

	text_open(t, '[');
	text_int(t, (int64_t)row->id);
	say_type(t, MN_NEURON, row->type);
	text_nonzero(t, row->flags);
	text_some(t, row->text);
	say_key(t, row);
	search_say_words(t, w->d->db->words, w->key, row->text);
	say_uid(t, row->uid);
	text_some(t, row->meta);
	text_int(t, row->created);
	if (row->updated != row->created)
		text_int(t, row->updated);
	else
		text_null(t);
	say_state(t, n);
	text_close(t, ']');
}

static bool due_neuron(struct writing *w, const struct neuron_draft *n, bool was)
{
	if (!n->is || !n->row || n->was != was)
		return false;
	if (w->t)
		say_neuron(w, n);
	return true;
}

static bool new_neuron(struct writing *w, uint32_t i)
{
	return due_neuron(w, neuron_at(w, i), false);
}

static bool put_neuron(struct writing *w, uint32_t i)
{
	return due_neuron(w, neuron_at(w, i), true);
}

static bool drop_neuron(struct writing *w, uint32_t i)
{
	const struct neuron_draft *n = neuron_at(w, i);

	if (!n->was || n->is)
		return false;
	if (w->t)
		text_int(w->t, (int64_t)n->id);
	return true;
}

static bool tune_state(struct writing *w, uint32_t i)
{
	const struct neuron_draft *n = neuron_at(w, i);

	if (!n->is || n->row || !n->state_changed)
		return false;
	if (w->t) {
		text_open(w->t, '[');
		text_int(w->t, (int64_t)n->id);
		say_state(w->t, n);
		text_close(w->t, ']');
	}
	return true;
}

/* ---- Synapses ------------------------------------------------------------------------------ */

static struct synapse_draft *synapse_at(const struct writing *w, uint32_t i)
{
	return (struct synapse_draft *)w->d->synapses.at + i;
}

/* Key, weight before decay, day: what lists show. */
static void say_listed(struct writing *w, const struct synapse_draft *s)
{
	const mn_synapse *shown = s->bumped ? &s->listed : &s->now;
	const int64_t day = mn_weight_day(shown);

	text_int(w->t, mn_weight_key(shown, w->d->delta, w->d->rate));
	text_real(w->t, mn_weight_base(shown, w->d->delta));
	text_int(w->t, day);
	w->oldest = day < w->oldest ? day : w->oldest;
}

/* The base is the weight where nothing was reinforced. */
static void say_base(struct writing *w, const struct synapse_draft *s)
{
	const mn_synapse *shown = s->bumped ? &s->listed : &s->now;

	if (mn_weight_base(shown, w->d->delta) == s->now.base)
		text_null(w->t);
	else
		text_real(w->t, s->now.base);
}

static void say_bumped(struct text *t, const struct synapse_draft *s)
{
	if (s->bumped)
		text_bool(t, true);
	else
		text_null(t);
}

static bool moved(const struct synapse_draft *s)
{
	return s->row && s->was && (s->was_from != s->now.from || s->was_to != s->now.to);
}

static void say_synapse(struct writing *w, const struct synapse_draft *s)
{
	struct text *t = w->t;

	text_open(t, '[');
	text_int(t, (int64_t)s->id);
	text_int(t, (int64_t)s->now.from);
	text_int(t, (int64_t)s->now.to);
	say_listed(w, s);
	say_type(t, MN_SYNAPSE, s->row->type);
	text_nonzero(t, s->row->flags);
	say_base(w, s);
	text_int(t, s->now.created);
	text_nonzero(t, s->now.last);
	text_nonzero(t, s->now.uses);
	say_bumped(t, s);
	say_uid(t, s->row->uid);
	text_some(t, s->row->meta);
	text_close(t, ']');
}

static bool new_synapse(struct writing *w, uint32_t i)
{
	const struct synapse_draft *s = synapse_at(w, i);

	if (!s->is || !s->row || (s->was && !moved(s)))
		return false;
	if (w->t)
		say_synapse(w, s);
	return true;
}

static bool put_synapse(struct writing *w, uint32_t i)
{
	const struct synapse_draft *s = synapse_at(w, i);

	if (!s->is || !s->row || !s->was || moved(s))
		return false;
	if (w->t)
		say_synapse(w, s);
	return true;
}

static bool drop_synapse(struct writing *w, uint32_t i)
{
	const struct synapse_draft *s = synapse_at(w, i);

	if (!s->was || (s->is && !moved(s)))
		return false;
	if (w->t)
		text_int(w->t, (int64_t)s->id);
	return true;
}

static bool tune_synapse(struct writing *w, uint32_t i)
{
	const struct synapse_draft *s = synapse_at(w, i);

	if (!s->is || s->row || !s->tuned)
		return false;
	if (w->t) {
		text_open(w->t, '[');
		text_int(w->t, (int64_t)s->id);
		say_listed(w, s);
		say_base(w, s);
		text_nonzero(w->t, s->now.last);
		text_nonzero(w->t, s->now.uses);
		say_bumped(w->t, s);
		text_close(w->t, ']');
	}
	return true;
}

static bool bump_synapse(struct writing *w, uint32_t i)
{
	const struct synapse_draft *s = synapse_at(w, i);

	if (!s->is || s->row || s->tuned || !s->marked)
		return false;
	if (w->t) {
		text_open(w->t, '[');
		text_int(w->t, (int64_t)s->id);
		text_nonzero(w->t, s->now.last);
		text_nonzero(w->t, s->now.uses);
		text_close(w->t, ']');
	}
	return true;
}

/* ---- Fibers -------------------------------------------------------------------------------- */

static struct fiber_draft *fiber_at(const struct writing *w, uint32_t i)
{
	return (struct fiber_draft *)w->d->fibers.at + i;
}

static void say_ids(struct text *t, mn_ids ids)
{
	if (!ids.n) {
		text_null(t);
		return;
	}
	text_open(t, '[');
	for (size_t i = 0; i < ids.n; i++) /* members are kept as written, whatever they are */
		text_int(t, (int64_t)ids.at[i]);
	text_close(t, ']');
}

static void say_tags(struct text *t, mn_strs tags)
{
	if (!tags.n) {
		text_null(t);
		return;
	}
	text_open(t, '[');
	for (size_t i = 0; i < tags.n; i++)
		text_str(t, tags.at[i]);
	text_close(t, ']');
}

static void say_fiber(struct writing *w, const struct fiber_draft *f)
{
	const mn_fiber *row = f->row;
	struct text *t = w->t;

	text_open(t, '[');
	text_int(t, (int64_t)f->id);
	text_int(t, (int64_t)f->anchor);
	text_real(t, f->now.salience);
	text_real(t, f->now.coherence);
	text_int(t, row->created);
	text_nonzero(t, row->first);
	text_nonzero(t, row->last);
	text_nonzero(t, f->now.uses);
	text_nonzero(t, f->now.stage);
	text_nonzero(t, row->flags);
	text_some(t, row->summary);
	say_uid(t, row->uid);
	text_some(t, row->meta);
	say_tags(t, row->tags);
	say_ids(t, row->neurons);
	say_ids(t, row->synapses);
	text_close(t, ']');
}

static bool new_fiber(struct writing *w, uint32_t i)
{
	const struct fiber_draft *f = fiber_at(w, i);

	if (!f->is || !f->row)
		return false;
	if (w->t)
		say_fiber(w, f);
	return true;
}

static bool drop_fiber(struct writing *w, uint32_t i)
{
	const struct fiber_draft *f = fiber_at(w, i);

	if (!f->was || (f->is && !f->row))
		return false;
	if (w->t)
		text_int(w->t, (int64_t)f->id);
	return true;
}

static bool tune_fiber(struct writing *w, uint32_t i)
{
	const struct fiber_draft *f = fiber_at(w, i);

	if (!f->is || f->row || !f->tuned)
		return false;
	if (w->t) {
		text_open(w->t, '[');
		text_int(w->t, (int64_t)f->id);
		text_real(w->t, f->now.salience);
		text_real(w->t, f->now.coherence);
		text_nonzero(w->t, f->now.uses);
		text_nonzero(w->t, f->now.stage);
		text_close(w->t, ']');
	}
	return true;
}

/* ---- The statement ------------------------------------------------------------------------- */

static const struct part {
	const char *list;
	int kind;
	row_due *due;
	enum { MAKES, TUNES, REPLACES } does; /* see parts_for */
	const char *fragment;
} parts[] = {
	{"dropSynapses", MN_SYNAPSE, drop_synapse, REPLACES,
		EACH("dropSynapses") "MATCH ()-[s:MN_SYNAPSE {b: $p.b, id: r}]->() DELETE s } "},
	{"dropFibers", MN_FIBER, drop_fiber, REPLACES,
		EACH("dropFibers") "MATCH (f:MnFiber {b: $p.b, id: r}) DETACH DELETE f } "},
	{"dropNeurons", MN_NEURON, drop_neuron, REPLACES,
		EACH("dropNeurons") "MATCH (n:MnNeuron {b: $p.b, id: r}) DETACH DELETE n } "},
	{"newNeurons", MN_NEURON, new_neuron, MAKES,
		EACH("newNeurons") "CREATE (:MnNeuron " NEURON_MAP ") } "},
	{"putNeurons", MN_NEURON, put_neuron, REPLACES,
		EACH("putNeurons") "MATCH (n:MnNeuron {b: $p.b, id: r[0]}) SET n = " NEURON_MAP
				   " } "},
	{"states", MN_NEURON, tune_state, TUNES,
		EACH("states") "MATCH (n:MnNeuron {b: $p.b, id: r[0]}) SET n.level = r[1], "
			       "n.decay = r[2], n.last = r[3], n.uses = r[4] } "},
	{"newSynapses", MN_SYNAPSE, new_synapse, MAKES,
		EACH("newSynapses") "MATCH (x:MnNeuron {b: $p.b, id: r[1]}) "
				    "MATCH (y:MnNeuron {b: $p.b, id: r[2]}) "
				    "CREATE (x)-[:MN_SYNAPSE " SYNAPSE_MAP "]->(y) } "},
	{"putSynapses", MN_SYNAPSE, put_synapse, REPLACES,
		EACH("putSynapses") "MATCH ()-[s:MN_SYNAPSE {b: $p.b, id: r[0]}]->() "
				    "SET s = " SYNAPSE_MAP " } "},
	{"tuneSynapses", MN_SYNAPSE, tune_synapse, TUNES,
		EACH("tuneSynapses") "MATCH ()-[s:MN_SYNAPSE {b: $p.b, id: r[0]}]->() "
				     "SET s.k = r[1], s.w = r[2], s.d = r[3], s.base = r[4], "
				     "s.last = r[5], s.uses = r[6], s.bumped = r[7] } "},
	{"bumpSynapses", MN_SYNAPSE, bump_synapse, TUNES,
		EACH("bumpSynapses") "MATCH ()-[s:MN_SYNAPSE {b: $p.b, id: r[0]}]->() "
				     "SET s.last = r[1], s.uses = r[2], s.bumped = true } "},
	{"newFibers", MN_FIBER, new_fiber, MAKES,
		EACH("newFibers") "MATCH (n:MnNeuron {b: $p.b, id: r[1]}) "
				  "CREATE (:MnFiber " FIBER_MAP ")-[:MN_ANCHOR]->(n) } "},
	{"tuneFibers", MN_FIBER, tune_fiber, TUNES,
		EACH("tuneFibers") "MATCH (f:MnFiber {b: $p.b, id: r[0]}) SET f.salience = r[1], "
				   "f.coherence = r[2], f.uses = r[3], f.stage = r[4] } "},
};
#define PARTS (sizeof(parts) / sizeof(*parts))

static const char head[] =
	"MATCH (x:MnBrain {key: $p.b}) WHERE x.name = $p.brain SET x.lock = 0 WITH x AS before "
	"MATCH (c:MnBrain {key: $p.b}) "
	"WITH c, c.version = $p.version AS fits, $p.token IN c.tokens AS done ";
static const char foot[] =
	"CALL (c, fits) { WITH c WHERE fits SET c.version = c.version + 1, "
	"c.graph = c.graph + $p.graph, c.state = c.state + $p.state, "
	"c.neurons = c.neurons + $p.added[0], c.synapses = c.synapses + $p.added[1], "
	"c.fibers = c.fibers + $p.added[2], "
	"c.nextNeuron = CASE WHEN $p.next[0] > c.nextNeuron THEN $p.next[0] ELSE c.nextNeuron END, "
	"c.nextSynapse = CASE WHEN $p.next[1] > c.nextSynapse THEN $p.next[1] ELSE c.nextSynapse END, "
	"c.nextFiber = CASE WHEN $p.next[2] > c.nextFiber THEN $p.next[2] ELSE c.nextFiber END, "
	"c.oldest = CASE WHEN c.oldest IS NULL OR $p.oldest < c.oldest THEN $p.oldest "
	"ELSE c.oldest END, "
	"c.tokens = [$p.token] + c.tokens[..31], c.at = datetime.realtime().epochMillis } "
	"WITH fits, done MATCH (g:MnGate {b: $p.b}) SET g.lock = 0 RETURN fits OR done";

static uint32_t rows_of(const struct draft *d, int kind)
{
	return kind == MN_NEURON ? d->neurons.n : kind == MN_SYNAPSE ? d->synapses.n : d->fibers.n;
}

static bool any_due(struct writing *w, const struct part *p)
{
	const uint32_t n = rows_of(w->d, p->kind);

	for (uint32_t i = 0; i < n; i++)
		if (p->due(w, i))
			return true;
	return false;
}

static void say_rows(struct writing *w, const struct part *p)
{
	const uint32_t n = rows_of(w->d, p->kind);

	text_name(w->t, p->list);
	text_open(w->t, '[');
	for (uint32_t i = 0; i < n; i++)
		p->due(w, i);
	text_close(w->t, ']');
}

static void say_brain(struct writing *w, mn_str brain, const struct survey *s)
{
	const struct draft *d = w->d;
	struct text *t = w->t;
	uint64_t token;

	d->db->host->random(d->db->host, &token, sizeof(token));
	text_name(t, "b");
	text_int(t, s->key);
	text_name(t, "brain");
	text_str(t, brain);
	text_name(t, "version");
	text_int(t, s->version);
	text_name(t, "token");
	text_int(t, (int64_t)(token >> 11));
	text_name(t, "graph");
	text_int(t, d->graph);
	text_name(t, "state");
	text_int(t, d->state);
	text_name(t, "added");
	text_open(t, '[');
	text_int(t, d->added[MN_NEURON]);
	text_int(t, d->added[MN_SYNAPSE]);
	text_int(t, d->added[MN_FIBER]);
	text_close(t, ']');
	text_name(t, "next");
	text_open(t, '[');
	text_int(t, (int64_t)d->next[MN_NEURON]);
	text_int(t, (int64_t)d->next[MN_SYNAPSE]);
	text_int(t, (int64_t)d->next[MN_FIBER]);
	text_close(t, ']');
}

/*
 * Which parts are said, if these are due. The server takes tens of milliseconds for a statement
 * that it has not seen, so there are few of them, and a list that is not sent is an empty one: rows
 * are made, numbers are put down, or anything.
 */
static unsigned parts_for(unsigned due)
{
	unsigned makes = 0, tunes = 0;

	for (unsigned i = 0; i < PARTS; i++) {
		makes |= (unsigned)(parts[i].does == MAKES) << i;
		tunes |= (unsigned)(parts[i].does == TUNES) << i;
	}
	return !(due & ~makes) ? makes : !(due & ~tunes) ? tunes : (1U << PARTS) - 1;
}

static void say_all(struct ask *a, struct writing *w, mn_str brain, const struct survey *s)
{
	unsigned due = 0, said;

	for (unsigned i = 0; i < PARTS; i++)
		due |= (unsigned)any_due(w, &parts[i]) << i;
	said = parts_for(due);
	ask_say(a, head);
	for (unsigned i = 0; i < PARTS; i++)
		if (said >> i & 1)
			ask_say(a, parts[i].fragment);
	ask_say(a, foot);
	ask_parameters(a);
	w->t = &a->body;
	say_brain(w, brain, s);
	for (unsigned i = 0; i < PARTS; i++)
		if (due >> i & 1)
			say_rows(w, &parts[i]);
	text_name(w->t, "oldest");
	if (w->oldest == INT64_MAX)
		text_null(w->t);
	else
		text_int(w->t, w->oldest);
}

int write_draft(struct draft *d, mn_str brain, const struct survey *s, bool *fits)
{
	struct writing w = {.d = d, .key = s->key, .oldest = INT64_MAX};
	struct answer got = {0};
	struct ask a;
	int status;

	ask_begin(&a, d->db, d->call);
	say_all(&a, &w, brain, s);
	status = ask_insist(&a, &got);
	*fits = status == MN_OK && peek_is(answer_told(&got, 0), 't');
	if (status == MN_ECONFLICT) { /* an id or brain that somebody else made meanwhile */
		*fits = false;
		status = MN_OK;
	}
	ask_free(&a, &got);
	return status;
}
