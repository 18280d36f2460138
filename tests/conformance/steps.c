/* SPDX-License-Identifier: MIT */
#include "steps.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/brain.h"

enum {
	FIRST = 12, /* so many steps begin with making neurons */
	HUBS = 2,   /* half of all synapses leave these: their lists become long ones */
};

/* One step in the making. */
struct step {
	struct side *side; /* NULL: only described */
	uint64_t seed;
	uint32_t number;
	mn_buf *answer;
	mn_arena *arena; /* of its rows */
	const mn_backend *be;
	mn_db *db;
	mn_call *call;
	mn_str brain;
	unsigned operations;
};

static const char *const words[] = {
	"cat", "dog", "sea", "sun", "oak", "\xe7\x8c\xab", "caf\xc3\xa9", "a", "of", "42"};
static const uint16_t neuron_types[] = {MN_CONCEPT, MN_ENTITY, MN_MEMORY, MN_TIME};
static const uint16_t synapse_types[] = {MN_INVOLVES, MN_BEFORE, MN_NEAR, MN_CO_OCCURS, MN_IS_A};
static const char *const tag_names[] = {"red", "green", "blue",
	"\xc3\xbc"
	"ber"};

static uint64_t below(struct step *s, uint64_t n)
{
	return dice_below(&s->seed, n);
}

static bool once_in(struct step *s, uint64_t n)
{
	return below(s, n) == 0;
}

#define pick(s, list) ((list)[below(s, COUNT(list))])

static void say(struct step *s, const char *fmt, ...) MN_PRINTF(2, 3);
static void say(struct step *s, const char *fmt, ...)
{
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	mn_buf_text(s->answer, text);
}

static mn_id base_of(const struct step *s, int kind)
{
	return s->side ? s->side->base[kind == MN_STATE ? MN_NEURON : kind] : 1000;
}

static unsigned size_of(int kind)
{
	return kind == MN_SYNAPSE ? SYNAPSES : kind == MN_FIBER ? FIBERS : NEURONS;
}

static mn_id any_id(struct step *s, int kind)
{
	return base_of(s, kind) + below(s, size_of(kind));
}

/* An id as both sides see it: 0 none, else counted from 1. */
static uint64_t seen(const struct step *s, int kind, mn_id id)
{
	return id ? id - base_of(s, kind) + 1 : 0;
}

static mn_str text_of(struct step *s, unsigned most)
{
	char text[256] = "";
	unsigned n = (unsigned)below(s, most) + 1;

	for (unsigned i = 0; i < n; i++) {
		const size_t at = strlen(text);

		snprintf(text + at, sizeof(text) - at, "%s%s", i ? " " : "", pick(s, words));
	}
	return mn_arena_copy(s->arena, mn_str_of(text));
}

/* A row's own or none; now and then another row's, which is taken or not. */
static mn_str uid_of(struct step *s, int kind, mn_id id)
{
	if (below(s, 3))
		return MN_STR("");
	if (once_in(s, 30))
		id = any_id(s, kind);
	return mn_arena_printf(s->arena, "u%u", (unsigned)seen(s, kind, id));
}

/* Half of them on a few days, so that weights tie. */
static mn_time time_of(struct step *s)
{
	if (once_in(s, 2))
		return NOON + DAYS(below(s, 3));
	return NOON + DAYS(below(s, 60)) - DAYS(30) + (mn_time)below(s, 5) * 1000003;
}

static double unit_of(struct step *s)
{
	return below(s, 3) ? (double)below(s, 9) / 8 : dice_unit(&s->seed);
}

/* ---- Rows ---------------------------------------------------------------------------------------
 */

static mn_neuron make_neuron(struct step *s, mn_id id)
{
	mn_neuron n = {.id = id, .type = pick(s, neuron_types)};

	n.text = text_of(s, n.type == MN_MEMORY ? 8 : 2);
	n.uid = uid_of(s, MN_NEURON, id);
	n.meta = once_in(s, 4) ? MN_STR("{\"b\": 1, \"a\": [1.50, null]}") : MN_STR("");
	n.flags = (uint16_t)below(s, 64);
	n.created = time_of(s);
	n.updated = n.created + (mn_time)below(s, 2);
	return n;
}

static mn_state make_state(struct step *s, mn_id id)
{
	mn_state t = {.id = id, .level = unit_of(s), .uses = (uint32_t)below(s, 5)};

	t.decay = once_in(s, 4) ? 0.25 : -1;
	t.last = once_in(s, 3) ? 0 : time_of(s);
	return t;
}

static mn_synapse make_synapse(struct step *s, mn_id id)
{
	mn_synapse x = {.id = id, .base = unit_of(s), .type = pick(s, synapse_types)};

	x.from = base_of(s, MN_NEURON) + below(s, once_in(s, 2) ? HUBS : NEURONS);
	x.to = any_id(s, MN_NEURON);
	x.uid = uid_of(s, MN_SYNAPSE, id);
	x.created = time_of(s);
	x.uses = once_in(s, 2) ? (uint32_t)below(s, 20) : 0;
	x.last = x.uses ? time_of(s) : 0;
	x.flags = once_in(s, 4) ? MN_SYNAPSE_TWO_WAY : 0;
	x.meta = once_in(s, 9) ? MN_STR("{}") : MN_STR("");
	return x;
}

static mn_ids make_members(struct step *s, int kind)
{
	const size_t n = once_in(s, 2) ? 0 : below(s, 6);
	mn_id *at = mn_arena_array(s->arena, n, sizeof(*at));

	for (size_t i = 0; i < n; i++) /* each once: members are a set */
		at[i] = base_of(s, kind) + i * 9 + below(s, 9);
	return (mn_ids){at, n};
}

static mn_fiber make_fiber(struct step *s, mn_id id)
{
	mn_fiber f = {.id = id, .anchor = any_id(s, MN_NEURON)};
	mn_str *tags = mn_arena_array(s->arena, COUNT(tag_names), sizeof(*tags));
	size_t n = 0;

	for (size_t i = 0; i < COUNT(tag_names); i++)
		if (once_in(s, 3))
			tags[n++] = mn_str_of(tag_names[i]);
	f.uid = uid_of(s, MN_FIBER, id);
	f.tags = (mn_strs){tags, n};
	f.neurons = make_members(s, MN_NEURON);
	f.synapses = make_members(s, MN_SYNAPSE);
	f.summary = once_in(s, 2) ? text_of(s, 3) : MN_STR("");
	f.salience = unit_of(s);
	f.coherence = unit_of(s);
	f.created = time_of(s);
	f.first = once_in(s, 2) ? time_of(s) : 0;
	f.last = f.first;
	f.uses = (uint32_t)below(s, 3);
	f.stage = (uint16_t)below(s, 2);
	f.flags = (uint16_t)below(s, 2);
	return f;
}

static const char *const op_names[] = {"add", "put", "tune", "bump", "fold", "drop"};
static const char *const kind_names[] = {"brain", "neuron", "state", "synapse", "fiber"};

static void add_change(struct step *s, struct batch *b, int op, int kind, const void *row)
{
	char *line;

	batch_row(b, op, kind, row);
	s->operations++;
	if (s->side)
		return;
	line = row ? dump_row(kind, row) : strdup("\n");
	say(s, "    %s %s", op_names[op], row ? "" : kind_names[kind]);
	mn_buf_text(s->answer, line);
	free(line);
}

/* A change of one row, made up; op 0..5 as mn_op. */
static void make_change(struct step *s, struct batch *b, int op, int kind, mn_id id)
{
	mn_neuron n;
	mn_state t;
	mn_synapse x;
	mn_fiber f;

	switch (kind) {
	case MN_NEURON:
		n = make_neuron(s, id);
		add_change(s, b, op, kind, &n);
		break;
	case MN_STATE:
		t = make_state(s, id);
		add_change(s, b, op, kind, &t);
		break;
	case MN_SYNAPSE:
		x = make_synapse(s, id);
		add_change(s, b, op, kind, &x);
		break;
	default:
		f = make_fiber(s, id);
		add_change(s, b, op, kind, &f);
		break;
	}
}

static int any_kind(struct step *s)
{
	const uint64_t n = below(s, 10);

	return n < 3 ? MN_NEURON : n < 8 ? MN_SYNAPSE : n < 9 ? MN_STATE : MN_FIBER;
}

/* Something that mostly fits. Neurons go rarely, since much goes with them. */
static void add_any(struct step *s, struct batch *b)
{
	const uint64_t n = below(s, 100);
	const int kind = any_kind(s);
	const mn_id id = any_id(s, kind);

	if (n < 50) {
		make_change(s, b, MN_PUT, kind, id);
	} else if (n < 60 && (kind != MN_NEURON || once_in(s, 8))) {
		make_change(s, b, MN_DROP, kind, id);
		make_change(s, b, MN_ADD, kind, id);
	} else if (n < 75) {
		const int bumped = once_in(s, 2) ? MN_STATE : MN_SYNAPSE;

		make_change(s, b, MN_BUMP, bumped, any_id(s, bumped));
	} else if (n < 85 && kind != MN_NEURON) {
		make_change(s, b, MN_PUT, kind, id);
		make_change(s, b, MN_TUNE, kind, id);
	} else if (n < 89 && (kind != MN_NEURON || once_in(s, 8))) {
		make_change(s, b, MN_DROP, kind, id);
	} else if (n < 94) {
		add_change(s, b, MN_FOLD, MN_SYNAPSE, NULL);
	} else if (n < 96) {
		make_change(s, b, once_in(s, 2) ? MN_ADD : MN_TUNE, kind, id);
	} else {
		make_change(s, b, MN_PUT, MN_NEURON, any_id(s, MN_NEURON));
	}
}

/* Something that cannot fit. */
static void add_bad(struct step *s, struct batch *b)
{
	static const double off[] = {-0.5, 1.5, NAN, INFINITY};
	mn_synapse x = make_synapse(s, any_id(s, MN_SYNAPSE));
	mn_neuron n = make_neuron(s, any_id(s, MN_NEURON));
	mn_fiber f = make_fiber(s, any_id(s, MN_FIBER));
	const double number = pick(s, off);

	switch (below(s, 6)) {
	case 0: x.base = number; break;
	case 1: x.to = base_of(s, MN_NEURON) + NEURONS + 5; break;
	case 2: x.id = 0; break;
	case 3: n.text = MN_STR("a\xff"); break;
	case 4: n.uid = (mn_str){"a\0b", 3}; break;
	default: f.salience = number; break;
	}
	add_change(s, b, MN_PUT, MN_SYNAPSE, &x);
	add_change(s, b, MN_PUT, MN_NEURON, &n);
	add_change(s, b, MN_PUT, MN_FIBER, &f);
}

/* ---- Writing
 * ------------------------------------------------------------------------------------- */

static void check_generation(struct step *s)
{
	struct side *side = s->side;
	const mn_gen at = side->call.at;

	if (at.epoch == side->last.epoch
		&& (at.graph < side->last.graph || at.state < side->last.state))
		say(s, " the generation went back");
	side->last = at;
}

static void do_apply(struct step *s)
{
	const bool first = s->number < FIRST;
	const unsigned n = first ? 0 : once_in(s, 20) ? 40 : 1 + (unsigned)below(s, 8);
	const unsigned bad = n && once_in(s, 16) ? (unsigned)below(s, n) : n;
	const bool expects = !first && once_in(s, 12), outdated = once_in(s, 2);
	struct room room = {0};
	struct batch b = {0};
	mn_applied applied;
	mn_gen gen;
	int status;

	say(s, expects ? "  apply if %s\n" : "  apply\n", outdated ? "outdated" : "current");
	for (unsigned i = 0; s->number < FIRST && i < NEURONS / FIRST; i++)
		make_change(s, &b, MN_PUT, MN_NEURON,
			base_of(s, MN_NEURON) + s->number * (NEURONS / FIRST) + i);
	for (unsigned i = 0; i < n; i++)
		if (i == bad)
			add_bad(s, &b);
		else
			add_any(s, &b);
	if (s->side) {
		room.be = s->be, room.db = s->db, room.brain = s->brain;
		gen = s->side->last;
		gen.graph -= outdated;
		status = batch_try(&room, s->call, &b, expects ? &gen : NULL, &applied);
		/* Of a change that is wrong in two ways, a store may say either. */
		if (status == MN_OK)
			say(s, "ok");
		else if (status == MN_ECONFLICT || status == MN_EINVAL)
			say(s, "refused at %zu", applied.culprit);
		else
			say(s, "%s: %s", mn_status_name(status), s->call->err->text);
		s->call->at = applied.after;
		if (status == MN_OK)
			check_generation(s);
	}
	batch_free(&b);
}

static void do_update(struct step *s)
{
	static const char *const configs[] = {"{}", "{\"decay_rate\":0}", "{\"decay_rate\":0.02}",
		"{\"reinforcement_delta\":0.3,\"decay_rate\":0.1}",
		"{\"theirs\":{\"b\":1,\"a\":2}}"};
	const char *config = once_in(s, 3) ? pick(s, configs) : NULL;
	const mn_time clock = once_in(s, 4) ? 0 : time_of(s) + DAYS(below(s, 40));
	mn_brain_row row;
	mn_rows rows;
	int status;

	say(s, "  clock %" PRId64 ", config %s\n", clock, config ? config : "as it is");
	s->operations++;
	if (!s->side)
		return;
	status = s->be->brains(s->db, s->call, MN_BRAINS_FIND, &s->brain, &rows);
	if (status == MN_OK) {
		row = rows.at.brain[0];
		row.clock = clock;
		if (config)
			row.config = mn_str_of(config);
		status = s->be->brains(s->db, s->call, MN_BRAINS_UPDATE, &row, &rows);
	}
	say(s, "%s", mn_status_name(status));
	if (s->be->generation(s->db, s->call, s->brain) == MN_OK)
		check_generation(s);
}

/* ---- Reading
 * -------------------------------------------------------------------------------------- */

static void say_failed(struct step *s, int status)
{
	if (status != MN_OK)
		say(s, "%s: %s", mn_status_name(status), s->call->err->text);
}

static void say_fan(struct step *s, const mn_expand *e, const mn_fan *fan)
{
	for (size_t i = 0; i < e->frontier.n; i++) {
		say(s, "[%u:", fan->degree[i]);
		for (uint32_t k = fan->start[i]; k < fan->start[i + 1]; k++) {
			say(s, " %" PRIu64, seen(s, MN_NEURON, fan->far[k]));
			if (e->want_synapse)
				say(s, "/%" PRIu64 "%c%u", seen(s, MN_SYNAPSE, fan->synapse[k]),
					fan->out[k] ? '>' : '<', fan->type[k]);
			say(s, "=%.10g", fan->weight[k]);
		}
		say(s, "]");
	}
}

enum { ENTRIES = 12, REACHES = 4 };

static void do_expand(struct step *s)
{
	mn_id at[ENTRIES];
	uint8_t of[ENTRIES];
	float floors[ENTRIES];
	uint32_t limits[ENTRIES];
	mn_reach reaches[REACHES];
	mn_expand e = MN_SIZED(mn_expand);
	mn_fan fan;
	int status;

	e.brain = s->brain;
	e.nreaches = 1 + (uint32_t)below(s, REACHES);
	e.frontier = (mn_ids){at, below(s, ENTRIES + 1)};
	for (uint32_t i = 0; i < e.nreaches; i++) {
		const uint64_t first = below(s, COUNT(synapse_types)), way = below(s, 8);

		reaches[i] = (mn_reach){.out = way != 1, .in = way != 2};
		reaches[i].except = first % 3 == 1; /* no draw more: what was recorded goes on */
		reaches[i].types = synapse_types + first;
		reaches[i].ntypes = (uint32_t)below(s, COUNT(synapse_types) - first + 1);
	}
	for (size_t i = 0; i < e.frontier.n; i++) {
		at[i] = base_of(s, MN_NEURON) + below(s, once_in(s, 2) ? HUBS : NEURONS + 9);
		of[i] = (uint8_t)(i % e.nreaches);
		floors[i] = once_in(s, 3) ? 0 : (float)below(s, 9) / 8;
		limits[i] = once_in(s, 3) ? MN_NO_LIMIT : (uint32_t)below(s, 9);
	}
	e.reaches = reaches;
	e.reach_of = of;
	e.floor = once_in(s, 2) ? floors : NULL;
	e.limit = once_in(s, 2) ? limits : NULL;
	e.want_synapse = once_in(s, 2);
	say(s, "  expand %zu entries along %u reaches%s%s\n", e.frontier.n, e.nreaches,
		e.floor ? ", floors" : "", e.limit ? ", limits" : "");
	if (!s->side)
		return;
	status = s->be->expand(s->db, s->call, &e, &fan);
	if (status == MN_OK)
		say_fan(s, &e, &fan);
	say_failed(s, status);
}

static void do_lookup(struct step *s)
{
	mn_key keys[8];
	mn_id ids[8];
	int status;

	say(s, "  lookup\n");
	for (size_t i = 0; i < 8; i++)
		keys[i] = (mn_key){pick(s, neuron_types), text_of(s, 2)};
	if (!s->side)
		return;
	status = s->be->lookup(s->db, s->call, s->brain, keys, 8, ids);
	for (size_t i = 0; status == MN_OK && i < 8; i++)
		say(s, " %" PRIu64, seen(s, MN_NEURON, ids[i]));
	say_failed(s, status);
}

static void do_resolve(struct step *s)
{
	static const int kinds[] = {MN_NEURON, MN_SYNAPSE, MN_FIBER};
	const int kind = pick(s, kinds);
	mn_str uids[8];
	mn_id ids[8];
	int status;

	say(s, "  resolve %s\n", kind_names[kind]);
	for (size_t i = 0; i < 8; i++)
		uids[i] = uid_of(s, kind, any_id(s, kind));
	if (!s->side)
		return;
	status = s->be->resolve(s->db, s->call, s->brain, kind, (mn_strs){uids, 8}, ids);
	for (size_t i = 0; status == MN_OK && i < 8; i++)
		say(s, " %" PRIu64, seen(s, kind, ids[i]));
	say_failed(s, status);
}

/* A row with its ids as both sides see them. */
static void say_row(struct step *s, int kind, const void *row)
{
	mn_neuron n;
	mn_state t;
	mn_synapse x;
	mn_fiber f;
	char *line;

	memcpy(kind == MN_NEURON   ? (void *)&n
		: kind == MN_STATE ? (void *)&t
		: kind == MN_FIBER ? (void *)&f
				   : (void *)&x,
		row,
		kind == MN_NEURON  ? sizeof(n)
		: kind == MN_STATE ? sizeof(t)
		: kind == MN_FIBER ? sizeof(f)
				   : sizeof(x));
	switch (kind) {
	case MN_NEURON:
		n.id = seen(s, kind, n.id);
		line = dump_row(kind, &n);
		break;
	case MN_STATE:
		t.id = seen(s, kind, t.id);
		line = dump_row(kind, &t);
		break;
	case MN_SYNAPSE:
		x.id = seen(s, kind, x.id);
		x.from = seen(s, MN_NEURON, x.from);
		x.to = seen(s, MN_NEURON, x.to);
		line = dump_row(kind, &x);
		break;
	default:
		f.id = seen(s, kind, f.id);
		f.anchor = seen(s, MN_NEURON, f.anchor);
		say(s, "(%zu neurons, %zu synapses)", f.neurons.n, f.synapses.n);
		f.neurons.n = f.synapses.n = 0; /* ids: the hash compares them by uid */
		line = dump_row(kind, &f);
		break;
	}
	mn_buf_text(s->answer, line);
	free(line);
}

static void say_rows(struct step *s, const mn_rows *rows)
{
	static const size_t sizes[MN_KINDS] = MN_ROW_SIZES;

	for (size_t i = 0; i < rows->n; i++)
		say_row(s, rows->kind, (const char *)rows->at.any + i * sizes[rows->kind]);
}

static void do_get(struct step *s)
{
	const bool anchors = once_in(s, 4);
	const int kind = anchors ? MN_NEURON : any_kind(s);
	mn_id ids[10];
	mn_rows rows = {0};
	int status;

	say(s, "  %s %s\n", anchors ? "fibers of" : "get", kind_names[kind]);
	for (size_t i = 0; i < 10; i++)
		ids[i] = any_id(s, kind);
	if (!s->side)
		return;
	status = anchors ? s->be->fibers_of(s->db, s->call, s->brain, (mn_ids){ids, 10}, &rows)
			 : s->be->get(s->db, s->call, s->brain, kind, (mn_ids){ids, 10}, 0, &rows);
	if (status == MN_OK)
		say_rows(s, &rows);
	say_failed(s, status);
}

static int by_id(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* Ranks may differ, so what a search finds is told by id. */
static int read_search(struct step *s, mn_cursor *cursor, size_t page)
{
	mn_id ids[NEURONS];
	mn_page p = MN_SIZED(mn_page);
	size_t n = 0;
	int status = MN_OK;

	while (status == MN_OK && !p.last && n < NEURONS) {
		p = MN_SIZED(mn_page);
		status = s->be->next(cursor, s->call, page, &p);
		for (size_t i = 0; status == MN_OK && i < p.rows.n && n < NEURONS; i++)
			ids[n++] = p.rows.at.neuron[i].id;
	}
	qsort(ids, n, sizeof(*ids), by_id);
	for (size_t i = 0; i < n; i++)
		say(s, " %" PRIu64, seen(s, MN_NEURON, ids[i]));
	return status;
}

static int read_pages(struct step *s, mn_cursor *cursor, size_t page)
{
	mn_page p = MN_SIZED(mn_page);
	int status = MN_OK;

	while (status == MN_OK && !p.last) {
		p = MN_SIZED(mn_page);
		status = s->be->next(cursor, s->call, page, &p);
		if (status == MN_OK)
			say_rows(s, &p.rows);
	}
	return status;
}

static void do_scan(struct step *s)
{
	mn_query q = MN_SIZED(mn_query);
	const mn_str tag = mn_str_of(pick(s, tag_names));
	const bool search = once_in(s, 3);
	const size_t page = 1 + below(s, 40);
	mn_cursor *cursor;
	int status;

	q.kind = search ? MN_NEURON : any_kind(s);
	q.types = q.kind == MN_NEURON ? neuron_types : synapse_types;
	q.ntypes = q.kind != MN_FIBER && q.kind != MN_STATE ? below(s, 3) : 0;
	q.text = search ? text_of(s, 3) : MN_STR("");
	q.limit = search || once_in(s, 2) ? 0 : 1 + below(s, 50);
	q.since = q.kind == MN_STATE || once_in(s, 2) ? 0 : time_of(s);
	q.until = q.kind == MN_STATE || once_in(s, 2) ? 0 : time_of(s);
	if (q.kind == MN_FIBER && once_in(s, 2))
		q.tags = (mn_strs){&tag, 1};
	if ((q.kind == MN_FIBER || q.kind == MN_SYNAPSE) && once_in(s, 2))
		q.neuron = any_id(s, MN_NEURON);
	say(s, "  scan of %s, text \"%.*s\"\n", kind_names[q.kind], MN_FMT(q.text));
	if (!s->side)
		return;
	status = s->be->scan(s->db, s->call, s->brain, &q, &cursor);
	if (status == MN_OK) {
		status = search ? read_search(s, cursor, page) : read_pages(s, cursor, page);
		s->be->done(cursor);
	}
	say_failed(s, status);
}

static void do_describe(struct step *s)
{
	const mn_brain_row *b;
	mn_rows rows;
	int status;

	say(s, "  describe\n");
	if (!s->side)
		return;
	status = s->be->brains(s->db, s->call, MN_BRAINS_FIND, &s->brain, &rows);
	if (status != MN_OK || rows.n != 1) {
		say(s, "%s", mn_status_name(status));
		return;
	}
	b = rows.at.brain;
	say(s,
		"%" PRIu64 " neurons %" PRIu64 " synapses %" PRIu64 " fibers, clock %" PRId64
		" %.*s",
		b->neurons, b->synapses, b->fibers, b->clock, MN_FMT(b->config));
}

/* ---- Steps
 * ------------------------------------------------------------------------------------------ */

static void do_read(struct step *s)
{
	static void (*const reads[])(struct step *) = {do_expand, do_expand, do_expand, do_lookup,
		do_resolve, do_get, do_scan, do_describe};

	s->operations++;
	pick(s, reads)(s);
}

unsigned step_run(struct side *side, uint64_t seed, uint32_t number, mn_buf *answer)
{
	struct step s = {
		.side = side, .number = number, .answer = answer, .brain = MN_STR("described")};
	uint64_t what;

	s.seed = seed * UINT64_C(0xD1342543DE82EF95) + number * UINT64_C(0x9E3779B97F4A7C15);
	s.seed |= 1;
	for (int i = 0; i < 8; i++)
		dice(&s.seed);
	s.arena = mn_arena_new(SIZE_MAX);
	if (side) {
		s.be = side->store->backend;
		s.db = side->store->db;
		s.call = &side->call;
		s.brain = side->name;
		mn_call_reset(s.call);
	}
	what = below(&s, 100);
	if (number < FIRST || what < 65)
		do_apply(&s);
	else if (what < 69)
		do_update(&s);
	else
		do_read(&s);
	mn_arena_free(s.arena);
	return s.operations;
}
