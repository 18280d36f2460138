/* SPDX-License-Identifier: MIT */
/*
 * csv.c - writes one kind of rows as CSV (RFC 4180): a line of names, fields in quotes where they
 * have to be, lines that end in CR LF. Lists are JSON. A text that a spreadsheet would take for a
 * formula, since it begins with = + - @, a tab or CR, gets an apostrophe before it.
 */
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "exchange/item.h"
#include "exchange/names.h"
#include "exchange/outlet.h"

/* ---- Fields ------------------------------------------------------------------------------- */

static void next(mn_buf *b)
{
	if (b->len && b->ptr[b->len - 1] != '\n')
		mn_buf_char(b, ',');
}

static bool is_formula(mn_str s)
{
	return s.len && strchr("=+-@\t\r", *s.ptr) && *s.ptr;
}

static void put_text(mn_buf *b, mn_str s)
{
	bool quoted = is_formula(s);

	next(b);
	for (size_t i = 0; !quoted && i < s.len; i++)
		quoted = strchr(",\"\r\n", s.ptr[i]) != NULL;
	/* An empty first field would look like no field to `next`. */
	if (!quoted && s.len) {
		mn_buf_str(b, s);
		return;
	}
	mn_buf_char(b, '"');
	if (is_formula(s))
		mn_buf_char(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			mn_buf_char(b, '"');
		mn_buf_char(b, s.ptr[i]);
	}
	mn_buf_char(b, '"');
}

static void put_number(mn_buf *b, double x)
{
	next(b);
	mn_buf_number(b, x);
}

static void put_count(mn_buf *b, uint32_t n)
{
	next(b);
	mn_buf_printf(b, "%u", n);
}

/* none: what stands for no moment is an empty field. */
static void put_time(mn_buf *b, mn_time t, bool none)
{
	char when[MN_ISO_ROOM];

	next(b);
	if (!none)
		mn_buf_add(b, when, mn_iso_write(t, when));
}

static void put_list(mn_outlet *o, mn_strs list)
{
	mn_buf json = MN_BUF((size_t)256 << 20);

	mn_buf_char(&json, '[');
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			mn_buf_char(&json, ',');
		mn_buf_json(&json, list.at[i]);
	}
	mn_buf_char(&json, ']');
	put_text(&o->out, mn_buf_view(&json));
	o->out.failed |= !mn_buf_ok(&json);
	mn_buf_free(&json);
}

static void put_flags(mn_buf *b, uint16_t bits)
{
	mn_buf names = MN_BUF(200);

	for (unsigned i = 0; mn_item_flag_name(i); i++)
		if (bits & 1u << i)
			mn_buf_printf(&names, "%s%s", names.len ? " " : "", mn_item_flag_name(i));
	put_text(b, mn_buf_view(&names));
	mn_buf_free(&names);
}

static void end(mn_buf *b)
{
	mn_buf_text(b, "\r\n");
}

/* ---- Rows --------------------------------------------------------------------------------- */

static int write_neurons(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	mn_id *ids = mn_call_array(&o->work, rows->n, sizeof(*ids));
	mn_rows states;
	int status = ids ? MN_OK : MN_ENOMEM;

	(void)ctx;
	for (size_t i = 0; status == MN_OK && i < rows->n; i++)
		ids[i] = rows->at.neuron[i].id;
	if (status == MN_OK)
		status = mn_brain_get(
			o->brain, &o->work, MN_STATE, (mn_ids){ids, rows->n}, 0, &states);
	if (status == MN_OK)
		status = mn_outlet_check(o);
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];
		const mn_state *s = &states.at.state[i];
		mn_str uid;

		status = mn_name_neuron(&o->work, n, &uid);
		if (status != MN_OK)
			break;
		put_text(&o->out, uid);
		put_text(&o->out, mn_str_of(mn_type_name(MN_NEURON, n->type)));
		put_text(&o->out, n->text);
		put_time(&o->out, n->created, false);
		put_time(&o->out, n->updated, false);
		put_flags(&o->out, n->flags);
		put_number(&o->out, s->id ? s->level : 0);
		put_count(&o->out, s->id ? s->uses : 0);
		put_time(&o->out, s->last, !s->id || !s->last);
		put_text(&o->out, n->meta);
		end(&o->out);
	}
	return status;
}

static int write_synapses(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	mn_id *ids = mn_call_array(&o->work, 2 * rows->n, sizeof(*ids));
	mn_names ends;
	int status = ids ? MN_OK : MN_ENOMEM;

	(void)ctx;
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		ids[2 * i] = rows->at.synapse[i].from;
		ids[2 * i + 1] = rows->at.synapse[i].to;
	}
	if (status == MN_OK)
		status = mn_names_get(o->brain, &o->work, ids, 2 * rows->n, &ends);
	if (status == MN_OK)
		status = mn_outlet_check(o);
	for (size_t i = 0; status == MN_OK && i < rows->n; i++) {
		const mn_synapse *s = &rows->at.synapse[i];

		put_text(&o->out, mn_names_of(&ends, s->from));
		put_text(&o->out, mn_names_of(&ends, s->to));
		put_text(&o->out, mn_str_of(mn_type_name(MN_SYNAPSE, s->type)));
		put_number(&o->out, s->base);
		put_text(&o->out, s->flags & MN_SYNAPSE_TWO_WAY ? MN_STR("true") : MN_STR("false"));
		put_count(&o->out, s->uses);
		put_time(&o->out, s->created, false);
		put_time(&o->out, s->last, !s->last);
		put_text(&o->out, s->uid);
		put_text(&o->out, s->meta);
		end(&o->out);
	}
	return status;
}

/* Anchors and members; those that are gone are left out. */
static int name_members(mn_outlet *o, const mn_rows *rows, mn_names *out)
{
	size_t n = rows->n, k = 0;
	mn_id *ids;

	for (size_t i = 0; i < rows->n; i++)
		n += rows->at.fiber[i].neurons.n;
	ids = mn_call_array(&o->work, n, sizeof(*ids));
	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		const mn_fiber *f = &rows->at.fiber[i];

		ids[k++] = f->anchor;
		for (size_t j = 0; j < f->neurons.n; j++)
			ids[k++] = f->neurons.at[j];
	}
	return mn_names_get(o->brain, &o->work, ids, n, out);
}

static int write_fiber(mn_outlet *o, const mn_fiber *f, const mn_names *names)
{
	const mn_str anchor = mn_names_of(names, f->anchor);
	mn_str *members = mn_call_array(&o->work, f->neurons.n, sizeof(*members));
	size_t n = 0;

	if (!members)
		return MN_ENOMEM;
	for (size_t i = 0; i < f->neurons.n; i++) {
		members[n] = mn_names_of(names, f->neurons.at[i]);
		n += members[n].ptr != NULL;
	}
	put_text(&o->out, f->uid.len ? f->uid : anchor);
	put_text(&o->out, anchor);
	put_text(&o->out, f->summary);
	put_list(o, f->tags);
	put_list(o, (mn_strs){members, n});
	put_number(&o->out, f->salience);
	put_number(&o->out, f->coherence);
	put_count(&o->out, f->uses);
	put_time(&o->out, f->created, false);
	put_time(&o->out, f->first, !f->first);
	put_time(&o->out, f->last, !f->last);
	put_text(&o->out, f->stage == MN_STAGE_ARCHIVED ? MN_STR("archived") : MN_STR("active"));
	put_text(&o->out, f->meta);
	end(&o->out);
	return MN_OK;
}

static int write_fibers(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	mn_names names;
	int status = name_members(o, rows, &names);

	(void)ctx;
	if (status == MN_OK)
		status = mn_outlet_check(o);
	for (size_t i = 0; status == MN_OK && i < rows->n; i++)
		status = write_fiber(o, &rows->at.fiber[i], &names);
	return status;
}

int mn_outlet_csv(mn_outlet *o)
{
	static const struct {
		const char *names;
		mn_outlet_page *write;
	} kinds[MN_KINDS] = {
		[MN_NEURON] = {"uid,type,text,created,updated,flags,level,uses,last,meta\r\n",
			write_neurons},
		[MN_SYNAPSE] = {"from,to,type,weight,two_way,uses,created,last,uid,meta\r\n",
			write_synapses},
		[MN_FIBER] = {"uid,anchor,summary,tags,neurons,salience,coherence,uses,created,"
			      "first,last,stage,meta\r\n",
			write_fibers},
	};
	const int kind = MN_HAS(o->options, kind) ? o->options->kind : 0;

	if (kind < 0 || kind >= MN_KINDS || !kinds[kind].names)
		return mn_fail(o->call, MN_EINVAL, 0,
			"CSV is written of neurons, synapses or fibers, a kind a file");
	o->total = kind == MN_NEURON    ? o->row.neurons
		   : kind == MN_SYNAPSE ? o->row.synapses
					: o->row.fibers;
	mn_buf_text(&o->out, kinds[kind].names);
	return mn_outlet_scan(o, kind, 0, kinds[kind].write, NULL);
}
