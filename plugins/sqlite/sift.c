/* SPDX-License-Identifier: MIT */
/*
 * sift.c - synapses that are deleted in numbers: out of the bytes of one bundle after the other,
 * which are decoded only to find them.
 */
#include "bundle.h"
#include "connection.h"
#include "heap.h"
#include "written.h"

#define AT_ONCE 64 /* bundles on their way into the table */

static const char write_bundles[] =
	"REPLACE INTO synapse_bundle(first, bytes) SELECT c0, c1 FROM feed";

struct sifting {
	struct conn *c;
	const mn_id *ids, *end;
	int (*gone)(void *ctx, const struct synapse_row *);
	void *ctx;
	struct synapse_row rows[BUNDLE_ROWS]; /* that went, of one bundle */
	struct sifted sifted;
	unsigned char bytes[BUNDLE_BYTES + (BUNDLE_ROWS + 1) * ROW_MOST];
	struct {
		mn_id first;
		size_t len;
		unsigned char bytes[BUNDLE_BYTES];
	} written[AT_ONCE];
	size_t nwritten;
};

static struct value column_of(const void *ctx, const void *row, int i)
{
	const struct sifting *s = ctx;
	const size_t at = (size_t)((const char *)row - (const char *)s->written)
			  / sizeof(*s->written);

	return i ? B((mn_str){(const char *)s->written[at].bytes, s->written[at].len})
		 : I((int64_t)s->written[at].first);
}

static int send(struct sifting *s)
{
	const struct feed feed = {
		(const char *)s->written, s->nwritten, sizeof(*s->written), s, column_of};

	s->nwritten = 0;
	return feed_run(s->c, write_bundles, &feed);
}

static int tell(struct sifting *s)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < s->sifted.gone; i++)
		status = s->gone(s->ctx, &s->rows[i]);
	return status;
}

/* How many of the ids are those of the bundle that was sifted, or of none. */
static size_t ids_of(const struct sifting *s)
{
	size_t n = 1;

	while (s->ids + n < s->end && s->ids[n] <= s->sifted.last)
		n++;
	return n;
}

/* What is left of a bundle, `first` up to now, in its place. */
static int replace(struct sifting *s, mn_id first)
{
	const struct sifted *left = &s->sifted;
	int status = MN_OK;

	if (left->left == 0 || left->first != first)
		status = written_drop(s->c, ROW_SYNAPSE, first);
	if (status != MN_OK || left->left == 0)
		return status;
	s->written[s->nwritten].first = left->first;
	s->written[s->nwritten].len = left->len;
	memcpy(s->written[s->nwritten++].bytes, s->bytes, left->len);
	return s->nwritten == AT_ONCE ? send(s) : MN_OK;
}

/* One by one, where what is left wants another bundle, or is the last one. */
static int drop_each(struct sifting *s, size_t n)
{
	int status = send(s);

	for (size_t i = 0; status == MN_OK && i < n; i++) {
		void *row;
		bool there;

		status = bundle_find(s->c, ROW_SYNAPSE, s->ids[i], &row);
		if (status == MN_OK && row)
			status = s->gone(s->ctx, row);
		if (status == MN_OK && row)
			status = bundle_drop(s->c, ROW_SYNAPSE, s->ids[i], &there);
	}
	return status == MN_OK ? bundle_flush(s->c) : status;
}

/* Takes them out of the bytes. *fits: these are a bundle still, or nothing. */
static int sift(struct sifting *s, const struct written *w, bool *fits)
{
	const size_t left = (size_t)(s->end - s->ids);
	struct sifted *to = &s->sifted;

	*to = (struct sifted){.last = *s->ids};
	*fits = false;
	if (w->bytes.len > BUNDLE_BYTES)
		return MN_OK;
	if (!row_sift(w->first, w->bytes, s->ids, left < BUNDLE_ROWS ? left : BUNDLE_ROWS, s->bytes,
		    s->rows, to))
		return written_broken(s->c);
	*fits = !w->last
		&& (to->left == 0 || to->gone == 0
			|| (to->len <= BUNDLE_BYTES && to->len >= BUNDLE_BYTES / 3));
	return MN_OK;
}

/* The ids that are in the bundle of the next one. */
static int sift_next(struct sifting *s)
{
	struct written w;
	bool fits = false;
	size_t n = 1;
	int status = written_seek(s->c, ROW_SYNAPSE, false, *s->ids, &w);

	if (status == 1) {
		status = sift(s, &w, &fits);
		written_end(&w);
		n = ids_of(s);
		if (status == MN_OK && !fits)
			status = drop_each(s, n);
		if (status == MN_OK && fits)
			status = tell(s);
		if (status == MN_OK && fits && s->sifted.gone)
			status = replace(s, w.first);
	}
	s->ids += n;
	return status;
}

int bundle_drop_many(struct conn *c, const mn_id *ids, size_t n,
	int (*gone)(void *ctx, const struct synapse_row *), void *ctx)
{
	struct sifting *s = heap_new(c->host, sizeof(*s));
	int status = s ? bundle_flush(c) : conn_memory(c);

	if (s) {
		s->c = c;
		s->ids = ids;
		s->end = ids + n;
		s->gone = gone;
		s->ctx = ctx;
	}
	if (status == MN_OK)
		bundle_forget(c);
	while (status == MN_OK && s->ids < s->end) {
		status = conn_check(c);
		if (status == MN_OK)
			status = sift_next(s);
	}
	if (status == MN_OK)
		status = send(s);
	bundle_forget(c);
	heap_free(c->host, s);
	return status;
}
