/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/json.h"
#include "base/str.h"
#include "upkeep/archive.h"
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
	mn_buf lines = MN_BUF(4 * MN_PACK_MOST);
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < ORDER; i++) {
		mn_rows rows = s->rows[order[i]];
		mn_str line;

		rows.kind = order[i];
		rc = rows.n ? mn_wire_write(call, MN_WIRE_ROWS, &rows, &line) : MN_OK;
		if (rc == MN_OK && rows.n) {
			mn_buf_str(&lines, line);
			mn_buf_char(&lines, '\n');
		}
	}
	if (rc == MN_OK && !mn_buf_ok(&lines))
		rc = mn_fail_memory(call);
	if (rc == MN_OK)
		rc = mn_pack_text(call, mn_buf_view(&lines), out);
	mn_buf_free(&lines);
	return rc;
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
		"{\"format\":\"mn.archive/1\",\"memories\":%zu,\"rows\":\"%.*s\"}",
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

static int read_meta(mn_call *call, const mn_neuron *n, mn_str *out)
{
	char why[64];
	json_t *tree = NULL;
	mn_str format, packed;
	int rc = mn_json_read(n->meta, why, sizeof(why), &tree);

	if (rc)
		return rc == MN_ENOMEM ? mn_fail_memory(call) : damaged(call, n);
	format = mn_json_str(json_object_get(tree, "format"));
	packed = mn_json_str(json_object_get(tree, "rows"));
	if (!format.ptr || !mn_str_is(format, "mn.archive/1") || !packed.ptr)
		rc = damaged(call, n);
	else
		rc = mn_unpack_text(call, packed, out);
	json_decref(tree);
	return rc;
}

int mn_segment_read(mn_call *call, const mn_neuron *n, mn_segment *out)
{
	mn_str text;
	int rc = read_meta(call, n, &text);

	*out = (mn_segment){.archived = n->created};
	for (size_t i = 0; i < ORDER; i++)
		out->rows[order[i]].kind = order[i];
	while (rc == MN_OK && text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		const size_t len = end ? (size_t)(end - text.ptr) : text.len;
		mn_rows rows;

		rc = mn_wire_read(call, MN_WIRE_ROWS, mn_str_sub(text, 0, len), &rows);
		if (rc == MN_OK)
			out->rows[rows.kind] = rows;
		else if (rc != MN_ENOMEM)
			rc = damaged(call, n);
		text = mn_str_sub(text, len + (end != NULL), text.len);
	}
	return rc;
}
