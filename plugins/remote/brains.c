/* SPDX-License-Identifier: MIT */
/* brains.c - brains as a whole, in the own dialect. */
#include <string.h>

#include "read.h"
#include "write.h"

static int list(mn_db *db, mn_call *call, mn_rows *out)
{
	struct ask a = {.method = "GET",
		.what = "/brains",
		.message = NO_MESSAGE,
		.answer = MN_WIRE_ROWS,
		.into = out,
		.again = true};
	mn_rows rows = {0};
	int status;

	a.into = &rows;
	status = ask(db, call, &a, NULL);
	if (status != MN_OK)
		return status;
	if (rows.kind != MN_BRAIN)
		return db->host->fail(
			call, MN_EIO, 0, "%s lists other rows than brains", db->title);
	*out = rows;
	return MN_OK;
}

static int find(mn_db *db, mn_call *call, mn_str name, mn_rows *out)
{
	mn_rows rows = {0};
	struct ask a = {.method = "GET",
		.brain = name,
		.what = "",
		.message = NO_MESSAGE,
		.answer = MN_WIRE_ROWS,
		.into = &rows,
		.again = true};
	int status = MN_OK;

	*out = (mn_rows){.kind = MN_BRAIN};
	if (!name.len || !db->host->text_valid(name))
		return db->host->cancelled(call) ? db->host->fail_cancelled(call) : MN_OK;
	status = ask(db, call, &a, NULL);
	if (status == MN_ENOBRAIN) {
		if (call->err)
			*call->err = (mn_error){.size = call->err->size};
		return MN_OK;
	}
	if (status == MN_OK && rows.kind == MN_BRAIN && rows.n <= 1)
		*out = rows;
	return status;
}

/* ---- Changing -------------------------------------------------------------------------------- */

static int check_name(mn_db *db, mn_call *call, mn_str name)
{
	if (name.len && db->host->text_valid(name))
		return MN_OK;
	return db->host->fail(call, MN_EINVAL, 0, "a brain's name is text, and not empty");
}

static mn_str keep(mn_db *db, mn_call *call, mn_str s)
{
	char *p = db->host->alloc(call, s.len + 1);

	if (p && s.len)
		memcpy(p, s.ptr, s.len);
	return (mn_str){p, p ? s.len : 0};
}

/* The row as it will be, in the arena, so that no answer is needed for it; NULL: no memory. */
static mn_brain_row *future(mn_db *db, mn_call *call, const mn_brain_row *from)
{
	mn_brain_row *row = db->host->alloc(call, sizeof(*row));

	if (!row)
		return NULL;
	*row = *from;
	row->uid = keep(db, call, row->uid); /* the engine has made one */
	row->name = keep(db, call, row->name);
	row->config = keep(db, call, row->config);
	row->meta = keep(db, call, row->meta);
	return row->uid.ptr && row->name.ptr && row->config.ptr && row->meta.ptr ? row : NULL;
}

/* The number behind the first "id" of an answer. By hand: see find_generation in write.c. */
static mn_id find_id(mn_str json)
{
	const char *at = memmem(json.ptr, json.len, "\"id\":", 5), *end = json.ptr + json.len;
	mn_id id = 0;

	if (!at)
		return 0;
	for (at += 5; at < end && *at == ' '; at++)
		continue;
	for (; at < end && *at >= '0' && *at <= '9' && id < UINT64_MAX / 10 - 1; at++)
		id = id * 10 + (mn_id)(*at - '0');
	return id;
}

/* Was it the first try, whose answer was lost, that took the name? Then it bears our uid. */
static bool is_ours(mn_db *db, mn_call *call, const mn_brain_row *row, mn_id *id)
{
	mn_rows rows;

	if (find(db, call, row->uid, &rows) != MN_OK || rows.n != 1)
		return false;
	*id = rows.at.brain[0].id;
	return rows.at.brain[0].name.len == row->name.len
	       && memcmp(rows.at.brain[0].name.ptr, row->name.ptr, row->name.len) == 0;
}

static int create(mn_db *db, mn_call *call, const mn_brain_row *from, mn_rows *out)
{
	mn_brain_row *row;
	struct ask a = {.method = "POST",
		.what = "/brains",
		.message = MN_WIRE_BRAIN,
		.again = true,
		.room = 4096 + from->config.len * 2 + from->meta.len * 2};
	http_reply reply;
	bool unsure;
	int status = check_name(db, call, from->name);

	if (status != MN_OK)
		return status;
	row = future(db, call, from);
	if (!row)
		return MN_ENOMEM;
	row->id = row->neurons = row->synapses = row->fibers = row->bytes = 0;
	row->created = row->created ? row->created : db->host->now(db->host);
	row->updated = row->updated ? row->updated : row->created;
	a.body = row;
	status = write_once(db, call, &a, &reply, &unsure);
	if (status == MN_OK && reply.status != 201) {
		status = ask_failed(db, call, &reply, NULL);
		if (status == MN_ECONFLICT && unsure && is_ours(db, call, row, &row->id))
			status = MN_OK;
	} else if (status == MN_OK) {
		row->id = find_id(reply.body);
	}
	if (status == MN_OK && out)
		*out = (mn_rows){.kind = MN_BRAIN, .n = 1, .at.brain = row};
	return status;
}

/* The brain with the row's id, as it is now; a change is told by its name. */
static int old_row(mn_db *db, mn_call *call, const mn_brain_row *row, const mn_brain_row **out)
{
	mn_rows rows;
	int status = list(db, call, &rows);

	for (size_t i = 0; status == MN_OK && i < rows.n; i++)
		if (rows.at.brain[i].id == row->id) {
			*out = &rows.at.brain[i];
			return MN_OK;
		}
	return status != MN_OK ? status
			       : db->host->fail(call, MN_ENOBRAIN, 0,
				       "the brain to change is not there any more");
}

static int update(mn_db *db, mn_call *call, const mn_brain_row *from, mn_rows *out)
{
	const mn_brain_row *old;
	mn_brain_row *row;
	struct ask a = {.method = "PUT",
		.what = "",
		.message = MN_WIRE_BRAIN,
		.again = true,
		.room = 4096 + from->config.len * 2 + from->meta.len * 2};
	http_reply reply;
	bool unsure;
	int status = check_name(db, call, from->name);

	if (status == MN_OK)
		status = old_row(db, call, from, &old);
	if (status != MN_OK)
		return status;
	row = future(db, call, from);
	if (!row)
		return MN_ENOMEM;
	row->uid = old->uid;
	row->created = old->created;
	row->neurons = old->neurons;
	row->synapses = old->synapses;
	row->fibers = old->fibers;
	row->bytes = old->bytes;
	a.body = row;
	a.brain = old->name;
	status = write_once(db, call, &a, &reply, &unsure);
	if (status == MN_OK && (reply.status < 200 || reply.status > 299))
		status = ask_failed(db, call, &reply, NULL);
	if (status == MN_OK && out)
		*out = (mn_rows){.kind = MN_BRAIN, .n = 1, .at.brain = row};
	return status;
}

static int drop(mn_db *db, mn_call *call, mn_str name)
{
	struct ask a = {.method = "DELETE",
		.brain = name,
		.what = "",
		.message = NO_MESSAGE,
		.again = true,
		.room = 1024};
	http_reply reply;
	bool unsure;
	int status = write_once(db, call, &a, &reply, &unsure);

	if (status != MN_OK || (reply.status >= 200 && reply.status <= 299))
		return status;
	status = ask_failed(db, call, &reply, NULL);
	return status == MN_ENOBRAIN && unsure ? MN_OK : status; /* the lost answer was a yes */
}

int own_brains(mn_db *db, mn_call *call, int op, const void *row, mn_rows *out)
{
	switch (op) {
	case MN_BRAINS_LIST: return list(db, call, out);
	case MN_BRAINS_FIND: return find(db, call, *(const mn_str *)row, out);
	case MN_BRAINS_CREATE: return create(db, call, row, out);
	case MN_BRAINS_UPDATE: return update(db, call, row, out);
	case MN_BRAINS_DELETE: return drop(db, call, *(const mn_str *)row);
	default: return db->host->fail(call, MN_EINVAL, 0, "no operation on brains");
	}
}
