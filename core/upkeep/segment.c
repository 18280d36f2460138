/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/read.h"
#include "upkeep/archive.h"
#include "upkeep/edit.h"
#include "upkeep/pack.h"
#include "wire/wire.h"

static const int order[] = {MN_NEURON, MN_STATE, MN_SYNAPSE, MN_FIBER};
enum { ORDER = sizeof(order) / sizeof(*order), UID_BYTES = 16 };

mn_query mn_archive_query(uint16_t *type)
{
	mn_query q = MN_SIZED(mn_query);

	*type = mn_type_code(MN_NEURON, MN_STR(MN_ARCHIVE_TYPE));
	q.kind = MN_NEURON;
	q.types = type;
	q.ntypes = 1;
	return q;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static int write_rows(mn_call *call, const mn_segment *s, mn_str *out)
{
	mn_edit_writer *w = mn_alloc_zero(1, sizeof(*w));
	mn_str bytes;
	int rc;

	if (!w)
		return mn_fail_memory(call);
	for (size_t i = 0; i < ORDER; i++) {
		const int kind = order[i];
		const char *row = s->rows[kind].at.any;

		for (size_t k = 0; k < s->rows[kind].n; k++, row += mn_row_size(kind))
			mn_edit_add(w, MN_EDIT_ADD, kind, NULL, row);
	}
	rc = mn_edit_end(w, call, &bytes);
	mn_edit_free(w);
	mn_free(w);
	return rc ? rc : mn_pack_text(call, bytes, out);
}

/* The days its memories are of, for people. */
static void span(const mn_segment *s, char from[MN_ISO_ROOM], char to[MN_ISO_ROOM])
{
	const mn_rows *fibers = &s->rows[MN_FIBER];
	mn_time first = INT64_MAX, last = 0;

	for (size_t i = 0; i < fibers->n; i++) {
		const mn_time t = fibers->at.fiber[i].created;

		first = t < first ? t : first;
		last = t > last ? t : last;
	}
	mn_iso_write(fibers->n ? first : 0, from);
	mn_iso_write(last, to);
}

static int name_it(mn_call *call, mn_str packed, mn_str *uid)
{
	unsigned char digest[UID_BYTES];
	char hex[2 * UID_BYTES + 1];

	crypto_generichash(
		digest, sizeof(digest), (const unsigned char *)packed.ptr, packed.len, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	*uid = mn_arena_printf(call->arena, "archive:%s", hex);
	return uid->ptr ? MN_OK : mn_fail_memory(call);
}

int mn_segment_write(mn_call *call, const mn_segment *s, mn_neuron *out)
{
	char from[MN_ISO_ROOM], to[MN_ISO_ROOM];
	mn_neuron n = {.created = s->archived, .updated = s->archived};
	mn_str packed;
	int rc = write_rows(call, s, &packed);

	if (rc == MN_OK && packed.len > MN_SEGMENT_MOST)
		rc = mn_fail(call, MN_EINVAL, 0, "memories are too large for one segment");
	if (rc == MN_OK)
		rc = name_it(call, packed, &n.uid);
	if (rc)
		return rc;
	span(s, from, to);
	n.type = mn_type_code(MN_NEURON, MN_STR(MN_ARCHIVE_TYPE));
	n.flags = MN_NEURON_ARCHIVED;
	n.text = mn_arena_printf(call->arena, "archive of %zu memories, %.10s to %.10s",
		s->rows[MN_FIBER].n, from, to);
	n.meta = mn_arena_printf(call->arena,
		"{\"format\":\"mn.archive/2\",\"memories\":%zu,\"rows\":\"%.*s\"}",
		s->rows[MN_FIBER].n, (int)packed.len, packed.ptr);
	if (!n.text.ptr || !n.meta.ptr)
		return mn_fail_memory(call);
	*out = n;
	return MN_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int damaged(mn_call *call, const mn_neuron *n)
{
	return mn_fail(call, MN_ECORRUPT, 0, "the segment \"%.*s\" of the archive is damaged",
		MN_FMT(n->uid));
}

static int read_meta(mn_call *call, const mn_neuron *n, mn_str *out, bool *lines)
{
	char why[64];
	json_t *tree = NULL;
	mn_str format, packed;
	int rc = mn_json_read(n->meta, why, sizeof(why), &tree);

	if (rc)
		return rc == MN_ENOMEM ? mn_fail_memory(call) : damaged(call, n);
	format = mn_json_str(json_object_get(tree, "format"));
	packed = mn_json_str(json_object_get(tree, "rows"));
	*lines = mn_str_is(format, "mn.archive/1");
	if (!packed.ptr || (!*lines && !mn_str_is(format, "mn.archive/2")))
		rc = damaged(call, n);
	else
		rc = mn_unpack_text(call, packed, out);
	json_decref(tree);
	return rc;
}

/* As segments were written first: a line of JSON for each kind. */
static int read_lines(mn_call *call, mn_str text, mn_segment *out)
{
	int rc = MN_OK;

	while (rc == MN_OK && text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		const size_t len = end ? (size_t)(end - text.ptr) : text.len;
		mn_rows rows;

		rc = mn_wire_read(call, MN_WIRE_ROWS, mn_str_sub(text, 0, len), &rows);
		if (rc == MN_OK)
			out->rows[rows.kind] = rows;
		text = mn_str_sub(text, len + (end != NULL), text.len);
	}
	return rc;
}

/* Rows of a kind, back to back. */
static int gather(mn_call *call, const mn_edits *e, int kind, mn_rows *out)
{
	const size_t size = mn_row_size(kind);
	char *at = mn_call_array(call, e->n + 1, size);
	size_t n = 0;

	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < e->n; i++)
		if (e->forward[i].kind == kind)
			memcpy(at + n++ * size, e->forward[i].row, size);
	*out = (mn_rows){.kind = kind, .n = n, .at.any = at};
	return MN_OK;
}

static int read_bytes(mn_call *call, mn_str bytes, mn_segment *out)
{
	mn_edits e;
	int rc = mn_edits_read(call, bytes, &e);

	for (size_t i = 0; rc == MN_OK && i < e.n; i++)
		if (e.forward[i].op != MN_ADD)
			rc = MN_ECORRUPT;
	for (size_t i = 0; rc == MN_OK && i < ORDER; i++)
		rc = gather(call, &e, order[i], &out->rows[order[i]]);
	return rc;
}

int mn_segment_read(mn_call *call, const mn_neuron *n, mn_segment *out)
{
	bool lines = false;
	mn_str text;
	int rc = read_meta(call, n, &text, &lines);

	*out = (mn_segment){.archived = n->created};
	for (size_t i = 0; i < ORDER; i++)
		out->rows[order[i]].kind = order[i];
	if (rc)
		return rc;
	rc = lines ? read_lines(call, text, out) : read_bytes(call, text, out);
	return rc && rc != MN_ENOMEM ? damaged(call, n) : rc;
}
