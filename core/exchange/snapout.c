/* SPDX-License-Identifier: MIT */
/* snapout.c - writes a brain as a snapshot. */
#include <inttypes.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/canonical.h"
#include "exchange/outlet.h"
#include "exchange/snapshot.h"

#define FLUSH ((size_t)256 << 10)

int mn_snapshot_sum_begin(mn_snapshot_sum *s, mn_call *call)
{
	*s = (mn_snapshot_sum){.rows = {0}};
	if (sodium_init() < 0)
		return mn_fail(call, MN_EUNSUPPORTED, 0, "libsodium cannot be used here");
	crypto_generichash_init(&s->hash, NULL, 0, 32);
	return MN_OK;
}

void mn_snapshot_sum_add(mn_snapshot_sum *s, int kind, mn_str line)
{
	crypto_generichash_update(&s->hash, (const unsigned char *)line.ptr, line.len);
	s->rows[kind]++;
}

void mn_snapshot_sum_end(mn_snapshot_sum *s, mn_buf *last)
{
	char hex[65];

	crypto_generichash_final(&s->hash, s->all, sizeof(s->all));
	sodium_bin2hex(hex, sizeof(hex), s->all, sizeof(s->all));
	mn_buf_printf(last,
		"{\"end\":{\"blake2b\":\"%s\",\"fibers\":%" PRIu64 ",\"neurons\":%" PRIu64
		",\"states\":%" PRIu64 ",\"synapses\":%" PRIu64 "}}\n",
		hex, s->rows[MN_FIBER], s->rows[MN_NEURON], s->rows[MN_STATE], s->rows[MN_SYNAPSE]);
}

struct snapout {
	mn_outlet *o;
	mn_snapshot_sum sum;
	int kind;
	mn_buf uid; /* of the row before */
};

/* Rows refer to neurons and synapses by uid, so there may be one of each only. */
static int check_uid(struct snapout *s, const mn_canonical_row *row)
{
	const bool again = row->kind == s->kind && mn_str_eq(mn_buf_view(&s->uid), row->uid);

	if (again && (row->kind == MN_NEURON || row->kind == MN_SYNAPSE))
		return mn_fail(s->o->call, MN_EUNSUPPORTED, 0,
			"two %s are both called \"%.*s\", which a snapshot cannot keep apart: "
			"change one of them, or use brain copy",
			row->kind == MN_NEURON ? "neurons" : "synapses", MN_FMT(row->uid));
	s->kind = row->kind;
	mn_buf_clear(&s->uid);
	mn_buf_str(&s->uid, row->uid);
	return mn_buf_ok(&s->uid) ? MN_OK : mn_fail_memory(s->o->call);
}

static int write_row(void *ctx, mn_call *call, const mn_canonical_row *row)
{
	struct snapout *s = ctx;
	int status = mn_check(call);

	if (status == MN_OK && row->line.len > MN_SNAPSHOT_LINE)
		status = mn_fail(call, MN_EUNSUPPORTED, 0,
			"\"%.*s\" takes more than 256 MiB, the most that a line may have",
			MN_FMT(row->uid));
	if (status == MN_OK)
		status = check_uid(s, row);
	if (status != MN_OK)
		return status;
	mn_snapshot_sum_add(&s->sum, row->kind, row->line);
	mn_buf_str(&s->o->out, row->line);
	s->o->done += row->kind != MN_STATE;
	if (s->o->out.len > FLUSH || !mn_buf_ok(&s->o->out)) {
		mn_outlet_tell(s->o, false);
		status = mn_outlet_write(s->o);
	}
	return status;
}

int mn_outlet_snapshot(mn_outlet *o)
{
	struct snapout s = {.o = o, .uid = MN_BUF(MN_SNAPSHOT_LINE)};
	int status = mn_snapshot_sum_begin(&s.sum, o->call);

	o->total = o->row.neurons + o->row.synapses + o->row.fibers;
	o->out.max = 2 * MN_SNAPSHOT_LINE;
	mn_buf_text(&o->out, MN_SNAPSHOT_HEAD "\n");
	if (status == MN_OK)
		status = mn_canonical_walk(o->brain, o->call, write_row, &s);
	if (status == MN_OK)
		mn_snapshot_sum_end(&s.sum, &o->out);
	mn_buf_free(&s.uid);
	return status;
}
