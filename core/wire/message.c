/* SPDX-License-Identifier: MIT */
/* message.c - the messages: one table, and those that are more than their members. */
#include <stdio.h>

#include "base/fail.h"
#include "base/str.h"
#include "wire/form.h"
#include "wire/names.h"
#include "wire/wire.h"

#define MOST_VALUES ((size_t)16 << 20)
#define MOST_NESTS ((size_t)2 << 20)

/* ---- Errors ------------------------------------------------------------------------------- */

static const struct {
	uint16_t http;
	const char *title;
} statuses[] = {
	[0] = {200, "OK"},
	[-MN_EINVAL] = {400, "Bad Request"},
	[-MN_ENOMEM] = {507, "Insufficient Storage"},
	[-MN_EIO] = {502, "Bad Gateway"},
	[-MN_ENOBRAIN] = {404, "Not Found"},
	[-MN_ECONFLICT] = {409, "Conflict"},
	[-MN_ESTALE] = {412, "Precondition Failed"},
	[-MN_ECANCELLED] = {499, "Client Closed Request"},
	[-MN_ETIMEOUT] = {504, "Gateway Timeout"},
	[-MN_EUNSUPPORTED] = {501, "Not Implemented"},
	[-MN_EAUTH] = {403, "Forbidden"},
	[-MN_ECORRUPT] = {500, "Internal Server Error"},
	[-MN_EBUSY] = {503, "Service Unavailable"},
	[-MN_EREADONLY] = {403, "Forbidden"},
};

static size_t status_index(int status)
{
	return status <= 0 && status > -(int)WIRE_COUNT(statuses) ? (size_t)-status
								  : (size_t)-MN_ECORRUPT;
}

int mn_wire_http(int status)
{
	return statuses[status_index(status)].http;
}

static const struct wire_field error_fields[] = {
	{"type", WIRE_HAND, 0, 0},
	{"title", WIRE_HAND, 0, 0},
	{"status", WIRE_HAND, 0, 0},
	{"detail", WIRE_HAND, 0, 0},
	{"code", WIRE_HAND, WIRE_NEEDED, 0},
	{"native", WIRE_NATIVE, 0, offsetof(mn_wire_error, error.native)},
	{"retry", WIRE_TRUTH, 0, offsetof(mn_wire_error, error.retry)},
	{"culprit", WIRE_ID, 0, offsetof(mn_wire_error, culprit)},
	{NULL, WIRE_HAND, 0, 0},
};

static void put_error(struct wire_out *o, const void *from)
{
	mn_wire_error e = *(const mn_wire_error *)from;
	const size_t i = status_index(e.error.code);
	const bool zero = e.has_culprit && e.culprit == 0;
	const uint32_t http = statuses[i].http;

	if (!e.has_culprit)
		e.culprit = 0;
	wire_put_word(o, "type", "about:blank");
	wire_put_word(o, "title", statuses[i].title);
	wire_put(o, "status", WIRE_WHOLE, &http);
	wire_put_word(o, "detail", e.error.text);
	wire_put_word(o, "code", mn_status_name(e.error.code));
	wire_put_members(o, error_fields, &e, 0);
	if (zero)
		wire_put(o, "culprit", WIRE_ID, &e.culprit);
}

static bool take_code(struct wire_in *in, const json_t *v, int32_t *out)
{
	const mn_str name = mn_json_str(v);

	for (int code = 0; name.ptr && code > -(int)WIRE_COUNT(statuses); code--)
		if (mn_str_is(name, mn_status_name(code))) {
			*out = code;
			return true;
		}
	return wire_wrong(in, "code", "is none of the codes that are known");
}

static bool take_error(struct wire_in *in, const json_t *object, void *out)
{
	mn_wire_error *e = out;

	if (!wire_take_members(in, error_fields, object, e)
		|| !take_code(in, json_object_get(object, "code"), &e->error.code))
		return false;
	e->error.size = sizeof(e->error);
	e->has_culprit = json_object_get(object, "culprit") != NULL;
	mn_text_plain(mn_json_str(json_object_get(object, "detail")), e->error.text,
		sizeof(e->error.text));
	return true;
}

/* ---- What a store is ---------------------------------------------------------------------- */

static const char *const threads[] = {"one-call", "many-readers", "any-calls"};

static const struct wire_field info_fields[] = {
	{"threads", WIRE_HAND, WIRE_NEEDED, 0},
	{"caps", WIRE_HAND, WIRE_NEEDED, 0},
	{"max_ids", WIRE_WHOLE, 0, offsetof(mn_info, max_ids)},
	{"max_changes", WIRE_WHOLE, 0, offsetof(mn_info, max_changes)},
	{"trip_us", WIRE_WHOLE, 0, offsetof(mn_info, trip_us)},
	{"title", WIRE_TEXT, 0, offsetof(mn_info, title)},
	{NULL, WIRE_HAND, 0, 0},
};

static void put_info(struct wire_out *o, const void *from)
{
	const mn_info *info = from;
	mn_strs names;
	mn_str list[64];

	if (info->threads < 0 || info->threads >= (int)WIRE_COUNT(threads)) {
		wire_cannot(o, "threads", "is none of the promises that are known");
		return;
	}
	wire_put_word(o, "threads", threads[info->threads]);
	names = (mn_strs){list, 0};
	for (unsigned i = 0; mn_cap_name(i); i++)
		if (info->caps & UINT64_C(1) << i)
			list[names.n++] = mn_str_of(mn_cap_name(i));
	wire_put(o, "caps", WIRE_TEXTS, &names);
	wire_put_members(o, info_fields, info, 0);
}

static bool take_caps(struct wire_in *in, const json_t *list, uint64_t *out)
{
	const size_t n = json_array_size(list);

	if (!json_is_array(list))
		return wire_wrong(in, "caps", "must be an array");
	for (size_t k = 0; k < n; k++) {
		const mn_str name = mn_json_str(json_array_get(list, k));
		unsigned i = 0;

		while (mn_cap_name(i) && !mn_str_is(name, mn_cap_name(i)))
			i++;
		if (!mn_cap_name(i))
			return wire_wrong(in, "caps", "hold a word that is not known");
		*out |= UINT64_C(1) << i;
	}
	return true;
}

static bool take_info(struct wire_in *in, const json_t *object, void *out)
{
	mn_info *info = out;

	return wire_take_members(in, info_fields, object, info)
	       && wire_take_word(in, "threads", json_object_get(object, "threads"), threads,
		       WIRE_COUNT(threads), &info->threads)
	       && take_caps(in, json_object_get(object, "caps"), &info->caps);
}

/* ---- Queries ------------------------------------------------------------------------------ */

static const struct wire_field query_fields[] = {
	{"kind", WIRE_KIND, WIRE_NEEDED, offsetof(mn_query, kind)},
	{"text", WIRE_TEXT, 0, offsetof(mn_query, text)},
	{"after", WIRE_TEXT, 0, offsetof(mn_query, after)},
	{"tags", WIRE_TEXTS, 0, offsetof(mn_query, tags)},
	{"types", WIRE_HAND, 0, 0},
	{"since", WIRE_TIME, 0, offsetof(mn_query, since)},
	{"until", WIRE_TIME, 0, offsetof(mn_query, until)},
	{"neuron", WIRE_ID, 0, offsetof(mn_query, neuron)},
	{"fields", WIRE_FIELDS, 0, offsetof(mn_query, fields)},
	{"limit", WIRE_ID, 0, offsetof(mn_query, limit)},
	{NULL, WIRE_HAND, 0, 0},
};

static enum wire_form types_of(int kind)
{
	return kind == MN_SYNAPSE ? WIRE_SYNAPSE_TYPE : WIRE_NEURON_TYPE;
}

static void put_query(struct wire_out *o, const void *from)
{
	const mn_query *q = from;

	wire_put_members(o, query_fields, q, 0);
	if (q->ntypes)
		wire_put_column(o, "types", types_of(q->kind), q->types, q->ntypes);
}

static bool take_query(struct wire_in *in, const json_t *object, void *out)
{
	const json_t *types = json_object_get(object, "types");
	mn_query *q = out;
	void *codes = NULL;

	if (!wire_take_members(in, query_fields, object, q))
		return false;
	if (types && !wire_take_list(in, "types", types_of(q->kind), types, &codes, &q->ntypes))
		return false;
	q->types = codes;
	return true;
}

/* ---- The table ---------------------------------------------------------------------------- */

static const struct wire_field gen_fields[] = {
	{"generation", WIRE_GEN, WIRE_NEEDED, 0},
	{NULL, WIRE_HAND, 0, 0},
};
static const struct wire_field fetch_fields[] = {
	{"kind", WIRE_KIND, WIRE_NEEDED, offsetof(mn_wire_fetch, kind)},
	{"fields", WIRE_FIELDS, 0, offsetof(mn_wire_fetch, fields)},
	{"ids", WIRE_IDS, WIRE_NEEDED, offsetof(mn_wire_fetch, ids)},
	{NULL, WIRE_HAND, 0, 0},
};
static const struct wire_field reserve_fields[] = {
	{"kind", WIRE_KIND, WIRE_NEEDED, offsetof(mn_wire_reserve, kind)},
	{"n", WIRE_WHOLE, WIRE_NEEDED, offsetof(mn_wire_reserve, n)},
	{"first", WIRE_ID, 0, offsetof(mn_wire_reserve, first)},
	{NULL, WIRE_HAND, 0, 0},
};
static const struct wire_field uids_fields[] = {
	{"kind", WIRE_KIND, WIRE_NEEDED, offsetof(mn_wire_uids, kind)},
	{"uids", WIRE_TEXTS, WIRE_NEEDED, offsetof(mn_wire_uids, uids)},
	{NULL, WIRE_HAND, 0, 0},
};
static const struct wire_field ids_fields[] = {
	{"ids", WIRE_IDS, WIRE_NEEDED, 0},
	{NULL, WIRE_HAND, 0, 0},
};
static const struct wire_field applied_fields[] = {
	{"before", WIRE_GEN, WIRE_NEEDED, offsetof(mn_applied, before)},
	{"after", WIRE_GEN, WIRE_NEEDED, offsetof(mn_applied, after)},
	{"culprit", WIRE_ID, 0, offsetof(mn_applied, culprit)},
	{NULL, WIRE_HAND, 0, 0},
};

static const struct message {
	const char *name;
	size_t size;
	bool sized;                      /* its struct begins with its size */
	const struct wire_field *fields; /* all there is to it, or the two functions */
	void (*put)(struct wire_out *, const void *);
	bool (*take)(struct wire_in *, const json_t *, void *);
	enum wire_names names;
} messages[MN_WIRE_MESSAGES] = {
	[MN_WIRE_GEN] = {"a generation", sizeof(mn_gen), false, gen_fields, NULL, NULL},
	[MN_WIRE_ERROR] = {"an error", sizeof(mn_wire_error), false, NULL, put_error, take_error},
	[MN_WIRE_INFO] = {"a store's description", sizeof(mn_info), true, NULL, put_info,
		take_info},
	[MN_WIRE_BRAIN] = {"a brain", sizeof(mn_brain_row), false, wire_brain_fields, NULL, NULL},
	[MN_WIRE_ROWS] = {"rows", sizeof(mn_rows), false, NULL, wire_put_rows_message,
		wire_take_rows_message},
	[MN_WIRE_FETCH] = {"a request for rows", sizeof(mn_wire_fetch), false, fetch_fields, NULL,
		NULL},
	[MN_WIRE_RESERVE] = {"a reservation", sizeof(mn_wire_reserve), false, reserve_fields, NULL,
		NULL},
	[MN_WIRE_KEYS] = {"keys", sizeof(mn_wire_keys), false, NULL, wire_put_keys, wire_take_keys,
		WIRE_ASKED},
	[MN_WIRE_UIDS] = {"uids", sizeof(mn_wire_uids), false, uids_fields, NULL, NULL},
	[MN_WIRE_IDS] = {"ids", sizeof(mn_ids), false, ids_fields, NULL, NULL},
	[MN_WIRE_EXPAND] = {"an expansion", sizeof(mn_expand), true, NULL, wire_put_expand,
		wire_take_expand, WIRE_ASKED},
	[MN_WIRE_FAN] = {"lists of synapses", sizeof(mn_wire_fan), false, NULL, wire_put_fan,
		wire_take_fan},
	[MN_WIRE_QUERY] = {"a query", sizeof(mn_query), true, NULL, put_query, take_query,
		WIRE_ASKED},
	[MN_WIRE_PAGE] = {"a page", sizeof(mn_page), true, NULL, wire_put_page, wire_take_page},
	[MN_WIRE_CHANGES] = {"changes", sizeof(mn_wire_changes), false, NULL, wire_put_changes,
		wire_take_changes, WIRE_WRITTEN},
	[MN_WIRE_APPLIED] = {"what was applied", sizeof(mn_applied), true, applied_fields, NULL,
		NULL},
};

/* Room for any of them, however old the caller's own is. */
union any {
	uint32_t size;
	mn_gen gen;
	mn_wire_error error;
	mn_info info;
	mn_brain_row brain;
	mn_rows rows;
	mn_wire_fetch fetch;
	mn_expand expand;
	mn_wire_fan fan;
	mn_query query;
	mn_page page;
	mn_wire_changes changes;
	mn_applied applied;
};

static const struct message *message_of(mn_call *call, int message)
{
	if (message >= 0 && message < MN_WIRE_MESSAGES)
		return &messages[message];
	mn_fail(call, MN_EINVAL, 0, "there is no message of number %d", message);
	return NULL;
}

/* How much of a message's struct the caller's own has. */
static size_t reach(const struct message *m, const void *own)
{
	const uint32_t size = m->sized ? *(const uint32_t *)own : 0;

	return size && size < m->size ? size : m->size;
}

/* ---- Writing ------------------------------------------------------------------------------ */

int mn_wire_write(mn_call *call, int message, const void *from, mn_str *out)
{
	const struct message *m = message_of(call, message);
	struct wire_out o = {.call = call, .buf = MN_BUF(MN_WIRE_MOST)};
	union any any = {0};
	mn_str copy;
	int status = MN_OK;

	if (!m)
		return MN_EINVAL;
	memcpy(&any, from, reach(m, from));
	mn_buf_char(&o.buf, '{');
	if (m->fields)
		wire_put_members(&o, m->fields, &any, 0);
	else
		m->put(&o, &any);
	mn_buf_char(&o.buf, '}');
	if (o.wrong)
		status = mn_fail(
			call, MN_EINVAL, 0, "%s cannot be written: %s %s", m->name, o.wrong, o.why);
	else if (o.buf.full)
		status = mn_fail(call, MN_ENOMEM, 0, "%s would be more than %d MiB", m->name,
			MN_WIRE_MOST >> 20);
	else if (!mn_buf_ok(&o.buf))
		status = mn_fail_memory(call);
	if (status == MN_OK) {
		copy = mn_call_copy(call, mn_buf_view(&o.buf));
		status = copy.ptr ? MN_OK : MN_ENOMEM;
	}
	if (status == MN_OK)
		*out = copy;
	mn_buf_free(&o.buf);
	return status;
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* Values and nests, counted before a tree of many times their length is made of them. */
static bool too_many(mn_str text)
{
	size_t values = 0, nests = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else {
			values += c == ',';
			nests += c == '{' || c == '[';
		}
	}
	return values > MOST_VALUES || nests > MOST_NESTS;
}

static int parse(mn_call *call, const struct message *m, mn_str json, json_t **out)
{
	char why[160];
	int status;

	if (json.len > MN_WIRE_MOST || too_many(json))
		return mn_fail(call, MN_EINVAL, 0, "%s of this size is not read", m->name);
	status = mn_json_read(json, why, sizeof(why), out);
	if (status == MN_EINVAL)
		return mn_fail(call, MN_EINVAL, 0, "%s cannot be read: %s", m->name, why);
	return status == MN_OK ? MN_OK : mn_fail_memory(call);
}

int mn_wire_read(mn_call *call, int message, mn_str json, void *out)
{
	const struct message *m = message_of(call, message);
	struct wire_in in = {.call = call, .names = m ? m->names : WIRE_TOLD};
	union any any = {0};
	json_t *root = NULL;
	int status = m ? parse(call, m, json, &root) : MN_EINVAL;

	if (status != MN_OK)
		return status;
	if (!json_is_object(root))
		wire_wrong(&in, m->name, "must be an object");
	else if (m->fields)
		wire_take_members(&in, m->fields, root, &any);
	else
		m->take(&in, root, &any);
	json_decref(root);
	if (in.status != MN_OK)
		return in.status;
	if (m->sized)
		any.size = (uint32_t)reach(m, out);
	memcpy(out, &any, reach(m, out));
	return MN_OK;
}

const mn_wire_service mn_wire_service_1 = {
	.size = sizeof(mn_wire_service),
	.write = mn_wire_write,
	.read = mn_wire_read,
	.gen_write = mn_wire_gen_write,
	.gen_read = mn_wire_gen_read,
};
