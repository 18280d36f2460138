/* SPDX-License-Identifier: MIT */
/* peer_load.c - parts are taken, put aside and joined; peer_rows.c makes rows of them. */
#include "exchange/peer_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_about.h"
#include "exchange/peer_kept.h"

#define MEMORY ((size_t)6 << 20) /* of a sorter */

int mn_peer_load_open(mn_peer_load *l, mn_call *call, mn_str source)
{
	*l = (mn_peer_load){.call = call,
		.source = source,
		.neurons = mn_sorter_new(MEMORY),
		.fibers = mn_sorter_new(MEMORY),
		.synapses = mn_sorter_new(MEMORY),
		.tables = mn_sorter_new(MEMORY),
		.config = json_object(),
		.projects = json_array(),
		.others = json_object(),
		.about = json_object()};
	if (l->neurons && l->fibers && l->synapses && l->tables && l->config && l->projects
		&& l->others && l->about)
		return MN_OK;
	return mn_fail_memory(call);
}

void mn_peer_load_close(mn_peer_load *l)
{
	mn_sorter *const sorters[] = {l->neurons, l->fibers, l->synapses, l->tables, l->ordered};

	for (size_t i = 0; i < sizeof(sorters) / sizeof(*sorters); i++)
		mn_sorter_free(sorters[i]);
	json_decref(l->config);
	json_decref(l->projects);
	json_decref(l->others);
	json_decref(l->about);
	*l = (mn_peer_load){0};
}

/* ---- Taking ------------------------------------------------------------------------------- */

static int read(mn_peer_load *l, const char *what, mn_str text, json_t **out)
{
	char why[160];
	int status = mn_json_read(text, why, sizeof(why), out);

	if (status == MN_ENOMEM)
		return mn_fail_memory(l->call);
	if (status != MN_OK)
		return mn_fail(l->call, MN_EINVAL, 0, "%.*s: %s: %s", MN_FMT(l->source), what, why);
	return MN_OK;
}

/* A value that is not an object or a list is read within one. */
static int read_any(mn_peer_load *l, mn_str name, mn_str text, json_t **out)
{
	mn_buf b = MN_BUF(text.len + 2);
	char what[84];
	json_t *list = NULL;
	int status;

	mn_text_plain(mn_str_sub(name, 0, 40), what, sizeof(what));
	mn_buf_char(&b, '[');
	mn_buf_str(&b, text);
	mn_buf_char(&b, ']');
	status = mn_buf_ok(&b) ? read(l, what, mn_buf_view(&b), &list) : mn_fail_memory(l->call);
	mn_buf_free(&b);
	if (status == MN_OK && json_array_size(list) != 1)
		status = mn_fail(
			l->call, MN_EINVAL, 0, "%.*s: %s is no value", MN_FMT(l->source), what);
	if (status == MN_OK) {
		*out = json_array_get(list, 0);
		json_incref(*out);
	}
	json_decref(list);
	return status;
}

static const struct part {
	const char *list, *id;
	bool companion; /* of another record with that id */
} parts[] = {
	[MN_PEER_NEURON] = {"neurons", "id", false},
	[MN_PEER_SYNAPSE] = {"synapses", "id", false},
	[MN_PEER_FIBER] = {"fibers", "id", false},
	[MN_PEER_TYPED_MEMORY] = {"typed_memories", "fiber_id", true},
	[MN_PEER_NEURON_STATE] = {"neuron_states", "neuron_id", true},
};

static mn_sorter *sorter_of(const mn_peer_load *l, int part)
{
	switch (part) {
	case MN_PEER_NEURON:
	case MN_PEER_NEURON_STATE: return l->neurons;
	case MN_PEER_SYNAPSE: return l->synapses;
	default: return l->fibers;
	}
}

/* A record goes by its id; in the tag: its number, and whether it is a companion. */
static int take_record(mn_peer_load *l, int part, mn_str text)
{
	const struct part *p = &parts[part];
	const uint64_t number = l->n[part]++;
	json_t *record = NULL;
	mn_buf key = MN_BUF(8192);
	mn_str id;
	int status = read(l, p->list, text, &record);

	id = mn_json_str(json_object_get(record, p->id));
	if (status == MN_OK && (!id.len || id.len > 4000))
		status = mn_fail(l->call, MN_EINVAL, 0,
			"%.*s: %s: record %" PRIu64 " has no %s, or none that can be taken",
			MN_FMT(l->source), p->list, number, p->id);
	mn_buf_str(&key, id);
	mn_buf_char(&key, p->companion ? '\1' : '\0');
	json_decref(record);
	if (status == MN_OK && !mn_buf_ok(&key))
		status = mn_fail_memory(l->call);
	if (status == MN_OK)
		status = mn_sorter_add(
			sorter_of(l, part), l->call, mn_buf_view(&key), text, number);
	mn_buf_free(&key);
	return status;
}

static int take_projects(mn_peer_load *l, json_t *value)
{
	if (!json_is_array(value))
		return mn_fail(
			l->call, MN_EINVAL, 0, "%.*s: projects must be a list", MN_FMT(l->source));
	return json_array_extend(l->projects, value) ? mn_fail_memory(l->call) : MN_OK;
}

/* A member of which there is one. */
static int take_member(mn_peer_load *l, int part, mn_str name, mn_str text)
{
	json_t *value = NULL;
	int status = read_any(l, name, text, &value);

	if (status != MN_OK)
		return status;
	if (part == MN_PEER_CONFIG && !json_is_object(value))
		status = mn_fail(
			l->call, MN_EINVAL, 0, "%.*s: config must be an object", MN_FMT(l->source));
	else if (part == MN_PEER_CONFIG)
		status = json_object_update(l->config, value) ? mn_fail_memory(l->call) : MN_OK;
	else if (part == MN_PEER_ABOUT && mn_str_is(name, "projects"))
		status = take_projects(l, value);
	else if (json_object_setn(
			 part == MN_PEER_ABOUT ? l->others : l->about, name.ptr, name.len, value))
		status = mn_fail_memory(l->call);
	json_decref(value);
	return status;
}

int mn_peer_load_table(mn_peer_load *l, mn_str text)
{
	char key[24];

	snprintf(key, sizeof(key), "%020" PRIu64, ++l->ntables);
	return mn_sorter_add(l->tables, l->call, mn_str_of(key), text, 0);
}

static int take_rows(mn_peer_load *l, mn_str text)
{
	json_t *rows = NULL;
	int status = read(l, MN_PEER_TABLE, text, &rows);

	if (status == MN_OK
		&& (!json_is_string(json_object_get(rows, "table"))
			|| !json_is_array(json_object_get(rows, "columns"))
			|| !json_is_array(json_object_get(rows, "rows"))))
		status = mn_fail(l->call, MN_EINVAL, 0,
			"%.*s: " MN_PEER_TABLE ": table, columns and rows are expected",
			MN_FMT(l->source));
	json_decref(rows);
	return status == MN_OK ? mn_peer_load_table(l, text) : status;
}

int mn_peer_load_take(void *load, mn_call *call, int part, mn_str name, mn_str text)
{
	(void)call;
	if (part == MN_PEER_ROWS)
		return take_rows(load, text);
	return part < MN_PEER_CONFIG ? take_record(load, part, text)
				     : take_member(load, part, name, text);
}

/* ---- The brain itself --------------------------------------------------------------------- */

int mn_peer_load_about(mn_peer_load *l, mn_brain_row *out)
{
	const mn_peer_about about = {
		.owner = json_object_get(l->about, "owner_id"),
		.public = json_object_get(l->about, "is_public"),
		.shared = json_object_get(l->about, "shared_with"),
		.projects = json_array_size(l->projects) ? l->projects : NULL,
		.others = json_object_size(l->others) ? l->others : NULL,
		.brain = json_object_size(l->about) ? l->about : NULL,
	};
	int status = mn_peer_text_of(l->call, l->config, &out->config);

	out->meta = (mn_str){NULL, 0};
	return status == MN_OK ? mn_peer_about_brain(l->call, &about, &out->meta) : status;
}
