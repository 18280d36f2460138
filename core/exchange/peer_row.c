/* SPDX-License-Identifier: MIT */
/* peer_row.c - rows as the peer's records. */
#include "exchange/peer_row.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/peer_kept.h"

/* ---- Values ------------------------------------------------------------------------------- */

void mn_peer_put_moment(mn_buf *b, mn_time t)
{
	char text[MN_ISO_ROOM];
	size_t n = mn_iso_write(t, text);

	mn_buf_char(b, '"');
	mn_buf_add(b, text, n && text[n - 1] == 'Z' ? n - 1 : n);
	mn_buf_char(b, '"');
}

void mn_peer_put_time(mn_buf *b, mn_time t)
{
	if (t)
		mn_peer_put_moment(b, t);
	else
		mn_buf_text(b, "null");
}

void mn_peer_put_real(mn_buf *b, double x)
{
	size_t from = b->len;

	mn_buf_number(b, x);
	if (mn_buf_ok(b) && !memchr(b->ptr + from, '.', b->len - from)
		&& !memchr(b->ptr + from, 'e', b->len - from))
		mn_buf_text(b, ".0");
}

static void put_member(mn_buf *b, const char *name, mn_str value)
{
	mn_buf_printf(b, ",\"%s\":", name);
	mn_buf_json(b, value);
}

static void put_list(mn_buf *b, const char *name, mn_strs list)
{
	mn_buf_printf(b, ",\"%s\":[", name);
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			mn_buf_char(b, ',');
		mn_buf_json(b, list.at[i]);
	}
	mn_buf_char(b, ']');
}

/* What a type is to the peer's tools; a name that we do not know is theirs. */
const char *mn_peer_type_name(int kind, uint16_t code)
{
	const uint16_t ours = kind == MN_NEURON ? MN_NEURON_TYPES : MN_SYNAPSE_TYPES;

	return code && code < ours ? mn_type_peer(kind, code) : mn_type_name(kind, code);
}

/* ---- Meta --------------------------------------------------------------------------------- */

struct particulars { /* what of a row its record has no member for */
	bool anchor;
	const char *type; /* its own name, where the peer's is another */
	bool undated, archived, star;
};

static void put_particulars(mn_buf *b, const struct particulars *p)
{
	const char *comma = "";

	if (p->type) {
		mn_buf_printf(b, "\"type\":\"%s\"", p->type);
		comma = ",";
	}
	if (p->undated) {
		mn_buf_printf(b, "%s\"undated\":true", comma);
		comma = ",";
	}
	if (p->archived) {
		mn_buf_printf(b, "%s\"archived\":true", comma);
		comma = ",";
	}
	if (p->star)
		mn_buf_printf(b, "%s\"star\":true", comma);
}

static void put_metadata(mn_buf *b, const json_t *meta, const struct particulars *p)
{
	mn_member m = {.of = meta};
	const char *comma = "";

	mn_buf_text(b, ",\"metadata\":{");
	if (p->anchor && !json_object_get(meta, "is_anchor")) {
		mn_buf_text(b, "\"is_anchor\":true");
		comma = ",";
	}
	while (mn_member_next(&m)) {
		if (strcmp(m.name, MN_PEER_KEPT) == 0)
			continue;
		mn_buf_text(b, comma);
		mn_buf_json(b, mn_str_of(m.name));
		mn_buf_char(b, ':');
		mn_json_write(m.value, b);
		comma = ",";
	}
	if (p->type || p->undated || p->archived || p->star) {
		mn_buf_printf(b, "%s\"" MN_PEER_OURS "\":{", comma);
		put_particulars(b, p);
		mn_buf_char(b, '}');
	}
	mn_buf_char(b, '}');
}

/* Members that came in beside those we know. */
static void put_kept(mn_buf *b, const json_t *kept)
{
	mn_member m = {.of = kept};

	while (mn_member_next(&m)) {
		if (mn_peer_is_hidden(m.name))
			continue;
		mn_buf_char(b, ',');
		mn_buf_json(b, mn_str_of(m.name));
		mn_buf_char(b, ':');
		mn_json_write(m.value, b);
	}
}

json_t *mn_peer_kept(mn_str meta, const char *name)
{
	json_t *tree = mn_peer_meta_read(meta);
	json_t *value = json_object_get(json_object_get(tree, MN_PEER_KEPT), name);

	json_incref(value);
	json_decref(tree);
	return value;
}

json_t *mn_peer_typed_memory(const mn_fiber *f)
{
	return mn_peer_kept(f->meta, MN_PEER_TYPED);
}

/* ---- Rows --------------------------------------------------------------------------------- */

static struct particulars of_neuron(const mn_neuron *n)
{
	const char *own = mn_type_name(MN_NEURON, n->type),
		   *type = mn_peer_type_name(MN_NEURON, n->type);

	return (struct particulars){.anchor = n->flags & MN_NEURON_ANCHOR,
		.type = n->type != MN_MEMORY && strcmp(own, type) != 0 ? own : NULL,
		.undated = (n->flags & MN_NEURON_ANCHOR) && !(n->flags & MN_NEURON_DATED),
		.archived = n->flags & MN_NEURON_ARCHIVED};
}

void mn_peer_put_metadata(mn_buf *b, const mn_neuron *n)
{
	json_t *meta = mn_peer_meta_read(n->meta);
	const struct particulars p = of_neuron(n);

	put_metadata(b, meta, &p);
	json_decref(meta);
}

void mn_peer_put_neuron(mn_buf *b, const mn_neuron *n, mn_str uid)
{
	json_t *meta = mn_peer_meta_read(n->meta);
	const struct particulars p = of_neuron(n);

	mn_buf_text(b, "{\"id\":");
	mn_buf_json(b, uid);
	put_member(b, "type", mn_str_of(mn_peer_type_name(MN_NEURON, n->type)));
	put_member(b, "content", n->text);
	put_metadata(b, meta, &p);
	mn_buf_text(b, ",\"created_at\":");
	mn_peer_put_moment(b, n->created);
	put_kept(b, json_object_get(meta, MN_PEER_KEPT));
	mn_buf_char(b, '}');
	json_decref(meta);
}

void mn_peer_put_synapse(mn_buf *b, const mn_synapse *s, const mn_peer_named *names)
{
	json_t *meta = mn_peer_meta_read(s->meta);
	const json_t *kept = json_object_get(meta, MN_PEER_KEPT);
	const char *own = mn_type_name(MN_SYNAPSE, s->type),
		   *type = mn_peer_type_name(MN_SYNAPSE, s->type);
	const struct particulars p = {.type = strcmp(own, type) != 0 ? own : NULL};

	mn_buf_text(b, "{\"id\":");
	mn_buf_json(b, names->uid);
	put_member(b, "source_id", names->from);
	put_member(b, "target_id", names->to);
	put_member(b, "type", mn_str_of(type));
	mn_buf_text(b, ",\"weight\":");
	mn_peer_put_real(b, names->weight);
	mn_buf_printf(b, ",\"direction\":\"%s\"", s->flags & MN_SYNAPSE_TWO_WAY ? "bi" : "uni");
	put_metadata(b, meta, &p);
	mn_buf_printf(b, ",\"reinforced_count\":%lld",
		(long long)json_integer_value(json_object_get(kept, MN_PEER_COUNT)) + s->uses);
	mn_buf_text(b, ",\"last_activated\":");
	mn_peer_put_time(b, s->last);
	mn_buf_text(b, ",\"created_at\":");
	mn_peer_put_moment(b, s->created);
	put_kept(b, kept);
	mn_buf_char(b, '}');
	json_decref(meta);
}

void mn_peer_put_fiber(mn_buf *b, const mn_fiber *f, const mn_peer_named *names)
{
	json_t *meta = mn_peer_meta_read(f->meta);
	const struct particulars p = {
		.star = f->flags & MN_FIBER_STAR, .archived = f->stage == MN_STAGE_ARCHIVED};

	mn_buf_text(b, "{\"id\":");
	mn_buf_json(b, names->uid);
	put_list(b, "neuron_ids", names->neurons);
	put_list(b, "synapse_ids", names->synapses);
	put_member(b, "anchor_neuron_id", names->from);
	mn_buf_text(b, ",\"time_start\":");
	mn_peer_put_time(b, f->first);
	mn_buf_text(b, ",\"time_end\":");
	mn_peer_put_time(b, f->last);
	mn_buf_text(b, ",\"coherence\":");
	mn_peer_put_real(b, f->coherence);
	mn_buf_text(b, ",\"salience\":");
	mn_peer_put_real(b, f->salience);
	mn_buf_printf(b, ",\"frequency\":%u,\"summary\":", f->uses);
	if (f->summary.len)
		mn_buf_json(b, f->summary);
	else
		mn_buf_text(b, "null");
	put_list(b, "tags", f->tags);
	put_metadata(b, meta, &p);
	mn_buf_text(b, ",\"created_at\":");
	mn_peer_put_moment(b, f->created);
	put_kept(b, json_object_get(meta, MN_PEER_KEPT));
	mn_buf_char(b, '}');
	json_decref(meta);
}

/* ---- Weights ------------------------------------------------------------------------------ */

static double config_number(const json_t *config, const char *name, double fallback)
{
	const json_t *value = json_object_get(config, name);

	return json_is_number(value) ? json_number_value(value) : fallback;
}

int mn_peer_scale_of(mn_brain *brain, mn_call *call, mn_peer_scale *out)
{
	mn_brain_row row;
	int rc = mn_brain_describe(brain, call, &row);
	json_t *config;

	if (rc != MN_OK)
		return rc;
	config = mn_peer_meta_read(row.config);
	*out = (mn_peer_scale){.clock = row.clock,
		.rate = config_number(config, "decay_rate", 0.1),
		.delta = config_number(config, "reinforcement_delta", 0.05),
		.weight = config_number(config, "default_synapse_weight", 0.5)};
	json_decref(config);
	return MN_OK;
}

int64_t mn_peer_day(mn_time t)
{
	return t / MN_PEER_DAY - (t % MN_PEER_DAY < 0);
}

/* As mn_synapse in mn.h has it. */
double mn_peer_weight(const mn_peer_scale *scale, const mn_synapse *s)
{
	const double base = s->uses ? 1 - (1 - s->base) * pow(1 - scale->delta, s->uses) : s->base;
	const int64_t days = scale->clock ? mn_peer_day(scale->clock)
						    - mn_peer_day(s->last ? s->last : s->created)
					  : 0;

	return base * (days > 0 ? exp(-scale->rate * (double)days) : 1);
}
