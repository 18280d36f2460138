/* SPDX-License-Identifier: MIT */
#include "text/draft.h"

#include <sodium.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"

#define LONGEST_TEXT ((size_t)1 << 20) /* also of meta */
#define LONGEST_KEY ((size_t)4096)     /* of an id, title, speaker, session, tag or link */
#define MOST_TAGS 1000                 /* also of links */

/* ---- Checking ----------------------------------------------------------------------------- */

static int check(mn_call *call, const char *what, mn_str s, size_t longest)
{
	if (s.len > longest)
		return mn_fail(
			call, MN_EINVAL, 0, "its %s is longer than %zu bytes", what, longest);
	if (s.len && !mn_text_valid(s))
		return mn_fail(call, MN_EINVAL, 0,
			"its %s is not valid UTF-8 without NUL: repair it before it is remembered",
			what);
	return MN_OK;
}

static int check_all(mn_call *call, const char *what, mn_strs list)
{
	if (list.n > MOST_TAGS)
		return mn_fail(call, MN_EINVAL, 0, "it has more than %d %ss", MOST_TAGS, what);
	for (size_t i = 0; i < list.n; i++) {
		int rc = check(call, what, list.at[i], LONGEST_KEY);

		if (rc != MN_OK)
			return rc;
	}
	return MN_OK;
}

static int check_note(mn_call *call, const mn_note *n)
{
	int rc = !mn_str_blank(n->text) ? check(call, "text", n->text, LONGEST_TEXT)
					: mn_fail(call, MN_EINVAL, 0, "it has no text");

	if (rc == MN_OK)
		rc = check(call, "id", n->id, LONGEST_KEY);
	if (rc == MN_OK)
		rc = check(call, "title", n->title, LONGEST_KEY);
	if (rc == MN_OK)
		rc = check(call, "speaker", n->speaker, LONGEST_KEY);
	if (rc == MN_OK)
		rc = check(call, "session", n->session, LONGEST_KEY);
	if (rc == MN_OK)
		rc = check(call, "meta", n->meta, LONGEST_TEXT);
	if (rc == MN_OK)
		rc = check_all(call, "tag", n->tags);
	if (rc == MN_OK)
		rc = check_all(call, "link", n->links);
	return rc;
}

/* ---- Meta --------------------------------------------------------------------------------- */

static void open_member(mn_buf *b, const char *name)
{
	if (b->len > 1)
		mn_buf_char(b, ',');
	mn_buf_json(b, mn_str_of(name));
	mn_buf_char(b, ':');
}

static void add_string(mn_buf *b, const char *name, mn_str value)
{
	if (!value.len)
		return;
	open_member(b, name);
	mn_buf_json(b, value);
}

static void add_links(mn_buf *b, mn_strs links)
{
	if (!links.n)
		return;
	open_member(b, "links");
	for (size_t i = 0; i < links.n; i++) {
		mn_buf_char(b, i ? ',' : '[');
		mn_buf_json(b, links.at[i]);
	}
	mn_buf_char(b, ']');
}

/* What the note says of itself stands in these members; meta's own of that name give way. */
static bool overrule(json_t *meta, const mn_draft *d)
{
	size_t before = json_object_size(meta);

	if (d->title.len)
		json_object_del(meta, "title");
	if (d->speaker.len)
		json_object_del(meta, "speaker");
	if (d->session.len)
		json_object_del(meta, "session");
	if (d->links.n)
		json_object_del(meta, "links");
	return json_object_size(meta) != before;
}

/* The members of the note's meta, without the brackets around them, as they were written. */
static int add_meta(mn_call *call, mn_buf *b, mn_str raw, const mn_draft *d)
{
	char why[160];
	json_t *meta;
	int rc = mn_json_read(raw, why, sizeof(why), &meta);

	if (rc == MN_ENOMEM)
		return mn_fail_memory(call);
	if (rc != MN_OK)
		return mn_fail(call, MN_EINVAL, 0, "its meta is no JSON object: %s", why);
	if (!json_is_object(meta)) {
		json_decref(meta);
		return mn_fail(call, MN_EINVAL, 0, "its meta is no JSON object");
	}
	if (overrule(meta, d)) {
		mn_json_write(meta, b);
		b->len -= b->len && mn_buf_ok(b); /* "}" */
	} else if (json_object_size(meta)) {
		mn_buf_add(b, raw.ptr, (size_t)((char *)memrchr(raw.ptr, '}', raw.len) - raw.ptr));
	}
	json_decref(meta);
	return MN_OK;
}

static int make_meta(mn_call *call, mn_str raw, mn_draft *d)
{
	mn_buf b = MN_BUF(LONGEST_TEXT * 64); /* what all names and links take at most */
	int rc = MN_OK;

	if (raw.len)
		rc = add_meta(call, &b, raw, d);
	if (!b.len)
		mn_buf_char(&b, '{');
	add_string(&b, "title", d->title);
	add_string(&b, "speaker", d->speaker);
	add_string(&b, "session", d->session);
	add_links(&b, d->links);
	mn_buf_char(&b, '}');
	if (rc == MN_OK && !mn_buf_ok(&b))
		rc = mn_fail_memory(call);
	if (rc == MN_OK && b.len > LONGEST_TEXT)
		rc = mn_fail(call, MN_EINVAL, 0,
			"its meta, title, speaker, session and links together are longer than "
			"1 MiB");
	if (rc == MN_OK && b.len > 2) {
		d->meta = mn_call_copy(call, mn_buf_view(&b));
		rc = d->meta.ptr ? MN_OK : MN_ENOMEM;
	}
	mn_buf_free(&b);
	return rc;
}

int mn_meta_member(mn_call *call, mn_str meta, const char *name, mn_str *out)
{
	char why[160];
	json_t *tree;
	mn_str value, copy = {NULL, 0};
	int rc;

	*out = copy;
	if (!meta.len || !memmem(meta.ptr, meta.len, name, strlen(name)))
		return MN_OK;
	rc = mn_json_read(meta, why, sizeof(why), &tree);
	if (rc == MN_ENOMEM)
		return mn_fail_memory(call);
	if (rc != MN_OK)
		return MN_OK; /* imported rows may carry anything */
	value = mn_json_str(json_object_get(tree, name));
	if (value.ptr)
		copy = mn_call_copy(call, value);
	json_decref(tree);
	if (value.ptr && !copy.ptr)
		return MN_ENOMEM;
	*out = copy;
	return MN_OK;
}

/* ---- Drafts ------------------------------------------------------------------------------- */

static void hash_part(crypto_generichash_state *h, mn_str s)
{
	unsigned char size[8];

	for (int i = 0; i < 8; i++)
		size[i] = (unsigned char)((uint64_t)s.len >> (8 * i));
	crypto_generichash_update(h, size, sizeof(size));
	if (s.len)
		crypto_generichash_update(h, (const unsigned char *)s.ptr, s.len);
}

/* A uid for a note without one, from what makes it this memory: "m:" and 128 bits of a hash. */
static int derive_uid(mn_call *call, mn_draft *d)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's base 32 */
	mn_time time = d->has_time ? d->time : 0;
	char stamp[24], uid[28] = "m:";
	unsigned char hash[16];
	crypto_generichash_state h;

	snprintf(stamp, sizeof(stamp), "%s%lld", d->has_time ? "@" : "", (long long)time);
	crypto_generichash_init(&h, NULL, 0, sizeof(hash));
	hash_part(&h, d->text);
	hash_part(&h, mn_str_of(stamp));
	hash_part(&h, d->speaker);
	hash_part(&h, d->session);
	hash_part(&h, d->title);
	crypto_generichash_final(&h, hash, sizeof(hash));
	for (size_t i = 0; i < 26; i++) {
		size_t bit = i * 5, at = bit / 8;
		unsigned two = (unsigned)hash[at] << 8 | (at + 1 < sizeof(hash) ? hash[at + 1] : 0);

		uid[2 + i] = digits[two >> (11 - bit % 8) & 31];
	}
	d->uid = mn_call_copy(call, (mn_str){uid, 28});
	return d->uid.ptr ? MN_OK : MN_ENOMEM;
}

static int name_both(mn_call *call, mn_draft *d)
{
	int rc = mn_name_of(call, d->title, &d->named[0]);

	if (rc == MN_OK)
		rc = mn_name_of(call, d->speaker, &d->named[1]);
	if (rc == MN_OK && mn_str_eq(d->named[0].name, d->named[1].name))
		d->named[1] = (mn_name){0};
	return rc;
}

int mn_draft_of_note(mn_call *call, const mn_note *n, mn_draft *out)
{
	mn_draft d = {.uid = n->id,
		.text = n->text,
		.title = n->title,
		.speaker = n->speaker,
		.session = mn_str_is(n->session, "0") ? (mn_str){NULL, 0} : n->session,
		.tags = n->tags,
		.links = n->links,
		.time = n->has_time ? n->time : 0,
		.has_time = n->has_time,
		.nameable = n->id.len && memchr(n->id.ptr, ':', n->id.len)};
	int rc = check_note(call, n);

	if (rc == MN_OK)
		rc = make_meta(call, n->meta, &d);
	if (rc == MN_OK && !d.uid.len)
		rc = derive_uid(call, &d);
	if (rc == MN_OK)
		rc = name_both(call, &d);
	if (rc == MN_OK)
		*out = d;
	return rc;
}

int mn_draft_of_neuron(mn_call *call, const mn_neuron *n, mn_draft *out)
{
	mn_draft d = {.uid = n->uid,
		.text = n->text,
		.meta = n->meta,
		.time = n->created,
		.has_time = n->flags & MN_NEURON_DATED,
		.fate = MN_DRAFT_ANCHOR,
		.neuron = n->id,
		.old = n};
	int rc = mn_meta_member(call, n->meta, "title", &d.title);

	if (rc == MN_OK)
		rc = mn_meta_member(call, n->meta, "speaker", &d.speaker);
	if (rc == MN_OK)
		rc = name_both(call, &d);
	if (rc == MN_OK)
		*out = d;
	return rc;
}

static bool same_list(mn_strs a, mn_strs b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!mn_str_eq(a.at[i], b.at[i]))
			return false;
	return true;
}

bool mn_draft_same(const mn_draft *a, const mn_draft *b)
{
	return a->has_time == b->has_time && a->time == b->time && mn_str_eq(a->text, b->text)
	       && mn_str_eq(a->meta, b->meta) && same_list(a->tags, b->tags);
}

bool mn_draft_known(const mn_draft *d)
{
	bool dated = d->old->flags & MN_NEURON_DATED;

	return d->old_fiber && dated == d->has_time && (!dated || d->old->created == d->time)
	       && mn_str_eq(d->old->text, d->text) && mn_str_eq(d->old->meta, d->meta)
	       && same_list(d->old_fiber->tags, d->tags);
}

bool mn_draft_moves(const mn_draft *d)
{
	return d->fate == MN_DRAFT_CHANGED && !mn_str_eq(d->session, d->old_session);
}

/* Names of the links, those of the text first, each once. */
static int gather_links(mn_draft *d, mn_call *call)
{
	mn_name *all = mn_call_array(call, d->said.nlinks + d->links.n, sizeof(*all));
	size_t n = 0;

	if (!all)
		return MN_ENOMEM;
	for (; n < d->said.nlinks; n++)
		all[n] = d->said.links[n];
	for (size_t i = 0; i < d->links.n; i++) {
		size_t k = 0;

		if (mn_name_of(call, d->links.at[i], &all[n]) != MN_OK)
			return MN_ENOMEM;
		while (k < n && !mn_str_eq(all[k].name, all[n].name))
			k++;
		n += k == n && all[n].name.len;
	}
	d->linked = all;
	d->nlinked = n;
	return MN_OK;
}

int mn_draft_analyse(mn_draft *d, mn_analyst *analyst, mn_call *call)
{
	mn_subject s = {.text = d->text,
		.title = d->title,
		.speaker = d->speaker,
		.want = MN_WANT_STEMS | MN_WANT_SPANS | MN_WANT_LINKS | MN_WANT_MARKS};
	int rc;

	if (d->analysed)
		return MN_OK;
	rc = mn_analyze(analyst, call, &s, &d->said);
	if (rc == MN_OK)
		rc = gather_links(d, call);
	d->analysed = rc == MN_OK;
	return rc;
}

double mn_stem_weight(uint32_t tf, uint32_t length)
{
	const double k = .9, b = .3, pivot = 30;

	return tf / (tf + k * (1 - b + b * length / pivot));
}
