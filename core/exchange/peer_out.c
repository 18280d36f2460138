/* SPDX-License-Identifier: MIT */
/*
 * peer_out.c - writes a brain as a snapshot of the peer, in either dialect. What its newer tools
 * have besides comes out where it came in; the older ones refuse what they do not know, so for them
 * records are reduced to the members they have, types to names they know (the own name stays in
 * metadata._mn), and config to six numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/outlet.h"
#include "exchange/peer_about.h"
#include "exchange/peer_kept.h"
#include "exchange/peer_row.h"
#include "store/brain.h"

struct peer_out {
	mn_outlet *o;
	mn_peer_scale scale;
	uint16_t table; /* the type of neurons that hold rows of tables */
	bool old;       /* 0.4.0 */
	size_t n;       /* records of the list that is written */
	mn_buf one;
};

/* ---- The older dialect -------------------------------------------------------------------- */

static const char *const old_neuron[] = {"id", "type", "content", "metadata", "created_at", NULL};
static const char *const old_synapse[] = {"id", "source_id", "target_id", "type", "weight",
	"direction", "metadata", "reinforced_count", "created_at", NULL};
static const char *const old_fiber[] = {"id", "neuron_ids", "synapse_ids", "anchor_neuron_id",
	"time_start", "time_end", "coherence", "salience", "frequency", "summary", "tags",
	"metadata", "created_at", NULL};
static const char *const old_typed[] = {"fiber_id", "memory_type", "priority", "provenance",
	"expires_at", "project_id", "tags", "metadata", "created_at", NULL};
static const char *const old_config[] = {"decay_rate", "reinforcement_delta",
	"activation_threshold", "max_spread_hops", "max_context_tokens", "default_synapse_weight",
	NULL};

static void keep_only(json_t *record, const char *const *names)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(record, next, name, value)
	{
		bool known = false;

		for (size_t i = 0; names[i] && !known; i++)
			known = strcmp(names[i], name) == 0;
		if (!known)
			json_object_del(record, name);
	}
}

/* A type that 0.4.0 has never heard of goes by the usual one; its name stays in metadata._mn. */
static bool rename_type(json_t *record, int kind)
{
	const mn_str name = mn_json_str(json_object_get(record, "type"));
	const uint16_t ours = kind == MN_NEURON ? MN_NEURON_TYPES : MN_SYNAPSE_TYPES;
	json_t *metadata = json_object_get(record, "metadata"), *particulars;

	for (uint16_t code = 1; code < ours; code++)
		if (mn_str_is(name, mn_type_peer(kind, code)))
			return true;
	particulars = json_object_get(metadata, MN_PEER_OURS);
	if (!particulars
		&& json_object_set_new(metadata, MN_PEER_OURS, particulars = json_object()))
		return false;
	return json_object_set(particulars, "type", json_object_get(record, "type")) == 0
	       && json_object_set_new(
			  record, "type", json_string(kind == MN_NEURON ? "concept" : "related_to"))
			  == 0;
}

/* "5" was a number once. */
static bool number_priority(json_t *record)
{
	const json_t *value = json_object_get(record, "priority");
	const char *text = json_string_value(value);

	if (!text || !*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 9)
		return true;
	return json_object_set_new(record, "priority", json_integer(strtoll(text, NULL, 10))) == 0;
}

static int reduce(struct peer_out *x, int kind, const char *const *names)
{
	json_t *record = NULL;
	char why[160];
	bool ok;
	int status = mn_json_read(mn_buf_view(&x->one), why, sizeof(why), &record);

	if (status != MN_OK)
		return status == MN_ENOMEM ? mn_fail_memory(x->o->call)
					   : mn_fail(x->o->call, MN_ECORRUPT, 0, "%s", why);
	keep_only(record, names);
	ok = (kind != MN_NEURON && kind != MN_SYNAPSE) || rename_type(record, kind);
	if (names == old_typed)
		ok = ok && number_priority(record);
	mn_buf_clear(&x->one);
	mn_json_write(record, &x->one);
	json_decref(record);
	return ok ? MN_OK : mn_fail_memory(x->o->call);
}

/* ---- Records ------------------------------------------------------------------------------ */

/* The record in x->one becomes the next of its list. */
static int put(struct peer_out *x, int kind, const char *const *names)
{
	int status = MN_OK;

	if (!mn_buf_ok(&x->one))
		return mn_fail_memory(x->o->call);
	if (x->old)
		status = reduce(x, kind, names);
	if (x->n++)
		mn_buf_char(&x->o->out, ',');
	mn_buf_str(&x->o->out, mn_buf_view(&x->one));
	mn_buf_clear(&x->one);
	return status;
}

static int write_neurons(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct peer_out *x = ctx;
	mn_str *names = mn_call_array(&o->work, rows->n, sizeof(*names));
	int status = names ? mn_peer_name_neurons(
			     o->brain, &o->work, rows->at.neuron, rows->n, names)
			   : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		if (rows->at.neuron[i].type == x->table)
			continue;
		mn_peer_put_neuron(&x->one, &rows->at.neuron[i], names[i]);
		status = put(x, MN_NEURON, old_neuron);
	}
	return status;
}

static int write_synapses(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct peer_out *x = ctx;
	mn_peer_named *names = mn_call_array(&o->work, rows->n, sizeof(*names));
	int status = names ? mn_peer_name_synapses(
			     o->brain, &o->work, &x->scale, rows->at.synapse, rows->n, names)
			   : MN_ENOMEM;

	if (status == MN_OK)
		status = mn_outlet_check(o);
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		mn_peer_put_synapse(&x->one, &rows->at.synapse[i], &names[i]);
		status = put(x, MN_SYNAPSE, old_synapse);
	}
	return status;
}

static int write_fibers(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct peer_out *x = ctx;
	mn_peer_named *names = mn_call_array(&o->work, rows->n, sizeof(*names));
	int status = names ? mn_peer_name_fibers(o->brain, &o->work, rows->at.fiber, rows->n, names)
			   : MN_ENOMEM;

	if (status == MN_OK)
		status = mn_outlet_check(o);
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		mn_peer_put_fiber(&x->one, &rows->at.fiber[i], &names[i]);
		status = put(x, MN_FIBER, old_fiber);
	}
	return status;
}

/* The typed memories that fibers carry. */
static int write_typed(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct peer_out *x = ctx;
	int status = MN_OK;

	(void)o;
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_str meta = rows->at.fiber[i].meta;
		json_t *typed = meta.len
						&& memmem(meta.ptr, meta.len, MN_PEER_TYPED,
							strlen(MN_PEER_TYPED))
					? mn_peer_typed_memory(&rows->at.fiber[i])
					: NULL;

		if (!typed)
			continue;
		mn_json_write(typed, &x->one);
		json_decref(typed);
		status = put(x, MN_BRAIN, old_typed);
	}
	return status;
}

static bool set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

/* What an import kept of a state, with what became of it since. */
static json_t *state_of(const mn_neuron *n, const mn_state *s, mn_str uid)
{
	json_t *kept = mn_peer_kept(n->meta, MN_PEER_STATE), *out = json_object();
	char when[MN_ISO_ROOM] = "";
	size_t len = s->last ? mn_iso_write(s->last, when) : 0;
	bool ok = out && (!kept || json_object_update(out, kept) == 0);

	len -= len && when[len - 1] == 'Z';
	ok = ok && set(out, "neuron_id", json_stringn(uid.ptr, uid.len))
	     && set(out, "activation_level", json_real(s->level))
	     && set(out, "access_frequency", json_integer(s->uses))
	     && set(out, "last_activated", s->last ? json_stringn(when, len) : json_null())
	     && (s->decay < 0 || set(out, "decay_rate", json_real(s->decay)));
	json_decref(kept);
	if (ok)
		return out;
	json_decref(out);
	return NULL;
}

/* States have no place in the format, but come back with an import of ours. */
static int write_states(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct peer_out *x = ctx;
	mn_id *ids = mn_call_array(&o->work, rows->n, sizeof(*ids));
	mn_rows states;
	mn_str uid;
	int status = ids ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < rows->n; i++)
		ids[i] = rows->at.neuron[i].id;
	if (status == MN_OK)
		status = mn_brain_get(
			o->brain, &o->work, MN_STATE, (mn_ids){ids, rows->n}, 0, &states);
	if (status == MN_OK)
		status = mn_outlet_check(o);
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];
		json_t *state;

		if (!states.at.state[i].id)
			continue;
		status = mn_peer_name_neurons(o->brain, &o->work, n, 1, &uid);
		if (status != MN_OK)
			break;
		state = state_of(n, &states.at.state[i], uid);
		mn_buf_text(&o->out, x->n++ ? "," : ",\"neuron_states\":[");
		if (!state)
			return mn_fail_memory(o->call);
		mn_json_write(state, &o->out);
		json_decref(state);
	}
	return status;
}

/* Rows of tables that an import kept. */
static int write_tables(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct peer_out *x = ctx;

	for (size_t i = 0; i < rows->n; i++) {
		json_t *meta = rows->at.neuron[i].type == x->table
				       ? mn_peer_meta_read(rows->at.neuron[i].meta)
				       : NULL;

		if (!meta)
			continue;
		mn_buf_text(&o->out, x->n++ ? "," : ",\"" MN_PEER_TABLE "\":[");
		mn_json_write(json_object_get(meta, MN_PEER_KEPT), &o->out);
		json_decref(meta);
	}
	return MN_OK;
}

/* ---- All of it ---------------------------------------------------------------------------- */

/* Everything else that the brain's metadata had. */
static void write_others(mn_outlet *o, const json_t *kept)
{
	mn_member m = {.of = json_object_get(kept, "metadata")};
	const json_t *projects = json_object_get(kept, "projects");

	mn_buf_text(&o->out, "],\"projects\":");
	if (projects)
		mn_json_write(projects, &o->out);
	else
		mn_buf_text(&o->out, "[]");
	while (mn_member_next(&m)) {
		mn_buf_char(&o->out, ',');
		mn_buf_json(&o->out, mn_str_of(m.name));
		mn_buf_char(&o->out, ':');
		mn_json_write(m.value, &o->out);
	}
}

static void write_head(mn_outlet *o)
{
	mn_buf_text(&o->out, "{\"brain_id\":");
	mn_buf_json(&o->out, o->row.uid);
	mn_buf_text(&o->out, ",\"brain_name\":");
	mn_buf_json(&o->out, o->row.name);
	mn_buf_text(&o->out, ",\"exported_at\":");
	mn_peer_put_moment(&o->out, mn_engine_now(o->call->engine));
	mn_buf_text(&o->out, ",\"version\":\"0.1.0\"");
}

static int write_list(struct peer_out *x, const char *name, int kind, mn_outlet_page *write)
{
	x->n = 0;
	mn_buf_printf(&x->o->out, "%s:[", name);
	return mn_outlet_scan(x->o, kind, 0, write, x);
}

static int write_config(struct peer_out *x)
{
	int status = MN_OK;

	mn_buf_text(&x->o->out, "],\"config\":");
	mn_peer_put_config(&x->one, x->o->row.config);
	x->n = 0;
	status = put(x, MN_BRAIN, old_config);
	return status;
}

/* A list that is there if it has something. */
static int write_extra(struct peer_out *x, mn_outlet_page *write)
{
	int status;

	x->n = 0;
	status = mn_outlet_scan(x->o, MN_NEURON, 0, write, x);
	if (x->n)
		mn_buf_char(&x->o->out, ']');
	return status;
}

static int write_about(struct peer_out *x)
{
	mn_outlet *o = x->o;
	json_t *meta = mn_peer_meta_read(o->row.meta);
	int status = write_list(x, ",\"metadata\":{\"typed_memories\"", MN_FIBER, write_typed);

	write_others(o, json_object_get(meta, MN_PEER_KEPT));
	json_decref(meta);
	if (status == MN_OK && !x->old)
		status = write_extra(x, write_states);
	if (status == MN_OK && !x->old)
		status = write_extra(x, write_tables);
	mn_buf_text(&o->out, "}}");
	return status;
}

int mn_outlet_peer(mn_outlet *o)
{
	struct peer_out x = {.o = o,
		.one = MN_BUF((size_t)256 << 20),
		.table = mn_type_code(MN_NEURON, MN_STR(MN_PEER_TABLE)),
		.old = MN_HAS(o->options, dialect) && o->options->dialect == MN_PEER_OLD};
	int status = mn_peer_scale_of(o->brain, &o->work, &x.scale);

	o->total = o->row.neurons + o->row.synapses + 2 * o->row.fibers;
	write_head(o);
	if (status == MN_OK)
		status = write_list(&x, ",\"neurons\"", MN_NEURON, write_neurons);
	if (status == MN_OK)
		status = write_list(&x, "],\"synapses\"", MN_SYNAPSE, write_synapses);
	if (status == MN_OK)
		status = write_list(&x, "],\"fibers\"", MN_FIBER, write_fibers);
	if (status == MN_OK)
		status = write_config(&x);
	if (status == MN_OK)
		status = write_about(&x);
	mn_buf_free(&x.one);
	return status;
}
