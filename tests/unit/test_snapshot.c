/* SPDX-License-Identifier: MIT */
/* Snapshots: what comes out goes in again, what is damaged does not, and merging is a sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/type.h"
#include "exchange.h"
#include "exchange/restore.h"

#define TIME(day) (INT64_C(1700000000000000) + (day)*INT64_C(86400000000))

/* ---- Brains ------------------------------------------------------------------------------- */

/* Rows of every kind and oddity: parallel synapses, unnamed rows, lists, states, strange text. */
static const mn_neuron neurons[] = {
	{.id = 1,
		.type = MN_CONCEPT,
		.text = MN_STR("cat"),
		.created = TIME(1),
		.updated = TIME(2)},
	{.id = 2, .type = MN_CONCEPT, .text = MN_STR("cat|near|dog"), .created = TIME(1)},
	{.id = 3, .type = MN_ENTITY, .text = MN_STR("dog"), .uid = MN_STR("the \"dog\"\n#2")},
	{.id = 4,
		.type = MN_MEMORY,
		.text = MN_STR("a memory \xf0\x9f\x90\x88"),
		.uid = MN_STR("m1"),
		.meta = MN_STR("{\"z\":[1,2.5,null],\"a\":{\"b\":\"c\"}}"),
		.flags = MN_NEURON_ANCHOR | MN_NEURON_DATED,
		.created = -5},
	{.id = 5, .type = MN_CONCEPT, .text = MN_STR(""), .meta = MN_STR("not JSON")},
};
static const mn_state states[] = {
	{.id = 1, .level = 0.1, .decay = -1, .last = TIME(3), .uses = 7},
	{.id = 4, .level = 1.0 / 3, .decay = 0.25},
};
static const mn_synapse synapses[] = {
	{.id = 1, .from = 4, .to = 1, .type = MN_INVOLVES, .base = 0.1 + 0.2, .created = TIME(1)},
	{.id = 2, .from = 4, .to = 1, .type = MN_INVOLVES, .base = 0.9, .uses = 3},
	{.id = 3, .from = 4, .to = 1, .type = MN_INVOLVES, .base = 0.5, .last = TIME(4)},
	{.id = 4, .from = 1, .to = 3, .type = MN_NEAR, .base = 1, .uid = MN_STR("s|1")},
	{.id = 5, .from = 3, .to = 3, .type = MN_IS_A, .flags = MN_SYNAPSE_TWO_WAY},
};
static const mn_id some_neurons[] = {4, 1}, some_synapses[] = {3, 4};
static const mn_str some_tags[] = {{"red", 3}, {"blue", 4}};
static const mn_fiber fibers[] = {
	{.id = 1,
		.anchor = 4,
		.summary = MN_STR("short"),
		.neurons = {some_neurons, 2},
		.synapses = {some_synapses, 2},
		.tags = {some_tags, 2},
		.salience = 0.5,
		.coherence = 0.25,
		.created = TIME(1),
		.uses = 2,
		.stage = MN_STAGE_ARCHIVED},
	{.id = 2, .anchor = 4, .uid = MN_STR("another"), .flags = MN_FIBER_STAR},
};

static size_t draw(mn_change *to, int kind, const void *rows, size_t n, size_t size)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (mn_change){MN_ADD, kind, (const char *)rows + i * size};
	return n;
}

#define DRAW(kind, rows) \
	draw(changes + n, kind, rows, sizeof(rows) / sizeof(*(rows)), sizeof(*(rows)))

static void fill(world *w, mn_brain *b)
{
	mn_change changes[32];
	mn_applied applied = MN_SIZED(mn_applied);
	size_t n = 0;

	n += DRAW(MN_NEURON, neurons);
	n += DRAW(MN_STATE, states);
	n += DRAW(MN_SYNAPSE, synapses);
	n += DRAW(MN_FIBER, fibers);
	world_expect(w, mn_brain_apply(b, &w->call, NULL, changes, n, &applied), MN_OK);
}

static void put(world *w, mn_brain *b, int kind, const void *row)
{
	const mn_change change = {MN_PUT, kind, row};
	mn_applied applied = MN_SIZED(mn_applied);

	world_expect(w, mn_brain_apply(b, &w->call, NULL, &change, 1, &applied), MN_OK);
}

/* A snapshot of a brain, the caller's to free. */
static mn_buf snapshot(world *w, mn_brain *b)
{
	mn_buf copy = MN_BUF(64 << 20);

	world_expect(w, world_export(w, b, MN_FORMAT_SNAPSHOT), MN_OK);
	mn_buf_str(&copy, mn_buf_view(&w->out));
	mn_buf_char(&copy, '\0');
	copy.len--;
	return copy;
}

static int import(world *w, const char *name, mn_str text, int merge)
{
	const mn_source source = {.ctx = w, .read = world_read, .name = MN_STR("file")};
	mn_snapshot_options o = MN_SIZED(mn_snapshot_options);

	*w->call.err = (mn_error){.size = w->call.err->size};
	w->text = text;
	w->at = 0;
	o.merge = merge;
	return mn_snapshot_import(w->store, &w->call, mn_str_of(name), &o, &source, &w->report);
}

static mn_brain *open(world *w, const char *name)
{
	mn_brain *b = NULL;

	world_expect(w, mn_brain_open(w->store, &w->call, mn_str_of(name), &b), MN_OK);
	return b;
}

static mn_buf snapshot_of(world *w, const char *name)
{
	mn_brain *b = open(w, name);
	mn_buf text = snapshot(w, b);

	mn_brain_close(b);
	return text;
}

static size_t count_brains(world *w)
{
	mn_rows rows;

	world_expect(w, mn_store_brains(w->store, &w->call, &rows), MN_OK);
	return rows.n;
}

/* ---- Out and in --------------------------------------------------------------------------- */

static void a_snapshot_of_what_a_snapshot_made_is_the_same_file(void **state)
{
	world *w = *state;
	mn_buf first, second;

	fill(w, w->brain);
	first = snapshot(w, w->brain);
	for (w->step = 1; w->step < 5000; w->step *= 9) {
		char name[16];

		snprintf(name, sizeof(name), "copy %zu", w->step);
		world_expect(w, import(w, name, mn_buf_view(&first), 0), MN_OK);
		assert_int_equal(w->report.neurons, 5);
		assert_int_equal(w->report.synapses, 5);
		assert_int_equal(w->report.added, 2);
		second = snapshot_of(w, name);
		assert_string_equal(first.ptr, second.ptr);
		mn_buf_free(&second);
	}
	mn_buf_free(&first);
}

static void config_meta_and_clock_of_the_brain_come_along(void **state)
{
	world *w = *state;
	const mn_brain_row row = {.name = MN_STR("set"),
		.config = MN_STR("{\"decay_rate\":0.2,\"theirs\":[1]}"),
		.meta = MN_STR("{\"b\":1,\"a\":2}"),
		.clock = TIME(9)};
	mn_brain_row got;
	mn_buf text;
	mn_brain *b;

	world_expect(w, mn_store_make(w->store, &w->call, &row, NULL), MN_OK);
	text = snapshot_of(w, "set");
	world_expect(w, import(w, "again", mn_buf_view(&text), 0), MN_OK);
	b = open(w, "again");
	world_expect(w, mn_brain_describe(b, &w->call, &got), MN_OK);
	assert_true(mn_str_is(got.meta, "{\"a\":2,\"b\":1}"));
	assert_true(mn_str_eq(got.config, row.config));
	assert_int_equal(got.clock, row.clock);
	mn_brain_close(b);
	mn_buf_free(&text);
}

static void the_hash_at_the_end_is_that_of_the_brain(void **state)
{
	world *w = *state;
	unsigned char hash[32];
	char hex[65];
	mn_buf text;

	fill(w, w->brain);
	text = snapshot(w, w->brain);
	world_expect(w, mn_brain_hash(w->brain, &w->call, hash), MN_OK);
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	assert_non_null(strstr(text.ptr, hex));
	assert_non_null(
		strstr(text.ptr, "\"fibers\":2,\"neurons\":5,\"states\":2,\"synapses\":5}}\n"));
	mn_buf_free(&text);
}

static void rows_that_share_a_uid_are_not_written(void **state)
{
	world *w = *state;
	const mn_neuron twins[] = {{.id = 8, .type = MN_CONCEPT, .text = MN_STR("twin")},
		{.id = 9, .type = MN_CONCEPT, .text = MN_STR("twin")}};

	put(w, w->brain, MN_NEURON, &twins[0]);
	put(w, w->brain, MN_NEURON, &twins[1]);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_SNAPSHOT), MN_EUNSUPPORTED);
	assert_non_null(strstr(w->call.err->text, "concept:twin"));
}

/* ---- Damage ------------------------------------------------------------------------------- */

static void wherever_a_snapshot_is_cut_nothing_is_imported(void **state)
{
	world *w = *state;
	mn_buf text;

	fill(w, w->brain);
	text = snapshot(w, w->brain);
	for (size_t n = 0; n < text.len; n += *w->folder ? 23 : 1) {
		world_expect(w, import(w, "cut", (mn_str){text.ptr, n}, 0), MN_EINVAL);
		assert_true(strlen(w->call.err->text) > 10);
		assert_int_equal(w->report.added, 0);
	}
	assert_int_equal(count_brains(w), 1);
	mn_buf_free(&text);
}

static void no_flipped_bit_passes(void **state)
{
	world *w = *state;
	mn_buf text;

	fill(w, w->brain);
	text = snapshot(w, w->brain);
	for (size_t i = 0; i < text.len; i += *w->folder ? 23 : 1) {
		int status;

		text.ptr[i] ^= (char)(1 << i % 8);
		status = import(w, "bit", mn_buf_view(&text), 0);
		if (status == MN_OK)
			fail_msg("bit %zu of byte %zu", i % 8, i);
		text.ptr[i] ^= (char)(1 << i % 8);
	}
	assert_int_equal(count_brains(w), 1);
	world_expect(w, import(w, "bit", mn_buf_view(&text), 0), MN_OK);
	mn_buf_free(&text);
}

static void what_does_not_belong_is_refused(void **state)
{
	static const char *const lines[] = {"\n", " ", "{}\n", "{\"end\":{}}\n",
		"{\"neuron\":{}}\n", "\xff\n", "[1]\n",
		"{\"brain\":{\"clock\":0,\"config\":{},\"meta\":{}}}\n"};
	world *w = *state;
	mn_buf text, changed = MN_BUF(1 << 20);

	fill(w, w->brain);
	text = snapshot(w, w->brain);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const char *second = strchr(text.ptr, '\n') + 1;

		/* behind the end, between head and brain, before everything */
		for (int where = 0; where < 3; where++) {
			const size_t at = where == 0   ? text.len
					  : where == 1 ? (size_t)(second - text.ptr)
						       : 0;

			mn_buf_clear(&changed);
			mn_buf_add(&changed, text.ptr, at);
			mn_buf_text(&changed, lines[i]);
			mn_buf_add(&changed, text.ptr + at, text.len - at);
			world_expect(w, import(w, "more", mn_buf_view(&changed), 0), MN_EINVAL);
		}
	}
	assert_int_equal(count_brains(w), 1);
	mn_buf_free(&text);
	mn_buf_free(&changed);
}

/* With counts and hash that are right, a file is still held to its form. */
static void rows_have_to_be_in_order_and_in_form(void **state)
{
	static const struct {
		const char *rows, *end, *why;
	} cases[] = {
		{"{\"brain\":{\"clock\":0,\"config\":{},\"meta\":{} }}\n", "", ":2: "},
		{"{\"brain\":{\"clock\":1e3,\"config\":{},\"meta\":{}}}\n", "", ":2: "},
		{"{\"brain\":{\"clock\":99999999999999999999,\"config\":{},\"meta\":{}}}\n", "",
			":2: "},
		{"{\"neuron\":{\"created\":0}}\n", "", ":2: "},
		{"{\"brain\":{\"clock\":0,\"config\":{},\"meta\":{}}}\n"
		 "{\"fiber\":{\"anchor\":\"nowhere\",\"coherence\":0,\"created\":0,\"first\":0,"
		 "\"flags\":0,\"last\":0,\"meta\":{},\"neurons\":[],\"salience\":0,\"stage\":0,"
		 "\"summary\":\"\",\"synapses\":[],\"tags\":[],\"uid\":\"f\",\"uses\":0}}\n",
			"{\"end\":{\"blake2b\":\"0\"}}\n", ":4: "},
		{"{\"brain\":{\"clock\":0,\"config\":{},\"meta\":{}}}\n"
		 "{\"state\":{\"decay\":null,\"last\":0,\"level\":7,\"neuron\":\"a\",\"uses\":1}}\n"
		 "{\"state\":{\"decay\":null,\"last\":0,\"level\":7,\"neuron\":\"a\",\"uses\":1}}\n",
			"", ":4: "},
	};
	world *w = *state;
	mn_buf text = MN_BUF(1 << 16);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_buf_clear(&text);
		mn_buf_text(&text, "{\"snapshot\":{\"format\":\"mnemoscope\",\"version\":1}}\n");
		mn_buf_text(&text, cases[i].rows);
		mn_buf_text(&text, cases[i].end);
		world_expect(w, import(w, "odd", mn_buf_view(&text), 0), MN_EINVAL);
		if (!strstr(w->call.err->text, cases[i].why))
			fail_msg("%zu: %s", i, w->call.err->text);
	}
	mn_buf_free(&text);
}

static void nesting_without_end_is_refused(void **state)
{
	world *w = *state;
	mn_buf text = MN_BUF(4 << 20);

	mn_buf_text(&text, "{\"snapshot\":{\"format\":\"mnemoscope\",\"version\":1}}\n"
			   "{\"brain\":{\"clock\":0,\"config\":{},\"meta\":");
	for (int i = 0; i < 100000; i++)
		mn_buf_text(&text, "{\"a\":");
	mn_buf_char(&text, '\n');
	world_expect(w, import(w, "deep", mn_buf_view(&text), 0), MN_EINVAL);
	assert_int_equal(count_brains(w), 1);
	mn_buf_free(&text);
}

static void a_snapshot_of_a_later_version_is_told_apart(void **state)
{
	world *w = *state;

	world_expect(w,
		import(w, "later",
			MN_STR("{\"snapshot\":{\"format\":\"mnemoscope\",\"version\":2}}\n"), 0),
		MN_EUNSUPPORTED);
}

/* ---- Interruptions ------------------------------------------------------------------------ */

static void an_import_that_was_interrupted_begins_anew(void **state)
{
	world *w = *state;
	mn_token *token = mn_token_new();
	mn_buf text, got;
	const mn_brain_row left = {
		.name = MN_STR("b (importing)"), .meta = MN_STR("{\"_importing\":true}")};
	mn_brain *b;

	fill(w, w->brain);
	text = snapshot(w, w->brain);
	w->call.token = token;
	w->stop_at = text.len / 2;
	w->step = 100;
	world_expect(w, import(w, "b", mn_buf_view(&text), 0), MN_ECANCELLED);
	w->call.token = NULL;
	mn_token_free(token);
	assert_int_equal(count_brains(w), 1);
	/* Killed, it could not clear up. */
	world_expect(w, mn_store_make(w->store, &w->call, &left, NULL), MN_OK);
	b = open(w, "b (importing)");
	put(w, b, MN_NEURON, &neurons[0]);
	mn_brain_close(b);
	w->stop_at = 0;
	world_expect(w, import(w, "b", mn_buf_view(&text), 0), MN_OK);
	got = snapshot_of(w, "b");
	assert_string_equal(text.ptr, got.ptr);
	assert_int_equal(count_brains(w), 2);
	mn_buf_free(&text);
	mn_buf_free(&got);
}

static void somebodys_brain_is_never_taken_for_a_leftover(void **state)
{
	world *w = *state;
	mn_buf text = snapshot(w, w->brain);
	mn_brain *b = world_brain(w, "b (importing)");

	mn_brain_close(b);
	world_expect(w, import(w, "b", mn_buf_view(&text), 0), MN_ECONFLICT);
	assert_int_equal(count_brains(w), 2);
	mn_buf_free(&text);
}

/* ---- Merging ------------------------------------------------------------------------------ */

static void a_brain_that_has_something_is_left_alone(void **state)
{
	world *w = *state;
	mn_buf text, after;

	fill(w, w->brain);
	text = snapshot(w, w->brain);
	world_expect(w, import(w, "one", mn_buf_view(&text), MN_MERGE_NONE), MN_ECONFLICT);
	assert_non_null(strstr(w->call.err->text, "--merge"));
	after = snapshot(w, w->brain);
	assert_string_equal(text.ptr, after.ptr);
	mn_buf_free(&text);
	mn_buf_free(&after);
}

/* What the second brain has: some rows of the first changed, some of its own. */
static void change(world *w, mn_brain *b)
{
	mn_neuron n = neurons[0], more = {.id = 20, .type = MN_ENTITY, .text = MN_STR("cow")};
	mn_state st = states[0];
	mn_synapse s = synapses[3], extra = synapses[4];
	mn_fiber f = fibers[1];
	const mn_change gone = {MN_DROP, MN_SYNAPSE, &(mn_synapse){.id = 2}};
	mn_applied applied = MN_SIZED(mn_applied);

	n.updated = TIME(1); /* older there */
	n.meta = MN_STR("{\"theirs\":1}");
	st.last = TIME(8);
	st.uses = 9;
	s.base = 0.75; /* equally old: by hash */
	extra.id = 21;
	extra.to = 20;
	f.uid = MN_STR("third");
	f.id = 22;
	put(w, b, MN_NEURON, &n);
	put(w, b, MN_NEURON, &more);
	put(w, b, MN_STATE, &st);
	put(w, b, MN_SYNAPSE, &s);
	put(w, b, MN_SYNAPSE, &extra);
	put(w, b, MN_FIBER, &f);
	world_expect(w, mn_brain_apply(b, &w->call, NULL, &gone, 1, &applied), MN_OK);
}

struct pair { /* two brains that share rows, as text */
	mn_buf a, b;
};

static struct pair two_brains(world *w)
{
	mn_brain *other = world_brain(w, "other");
	struct pair p;

	fill(w, w->brain);
	fill(w, other);
	change(w, other);
	mn_brain_close(other);
	p.a = snapshot(w, w->brain);
	p.b = snapshot_of(w, "other");
	assert_string_not_equal(p.a.ptr, p.b.ptr);
	return p;
}

static void pair_free(struct pair *p)
{
	mn_buf_free(&p->a);
	mn_buf_free(&p->b);
}

static void merging_newest_is_the_same_either_way_and_once_is_enough(void **state)
{
	world *w = *state;
	struct pair p = two_brains(w);
	mn_buf ab, ba;

	world_expect(w, import(w, "one", mn_buf_view(&p.b), MN_MERGE_NEWEST), MN_OK);
	world_expect(w, import(w, "other", mn_buf_view(&p.a), MN_MERGE_NEWEST), MN_OK);
	ab = snapshot(w, w->brain);
	ba = snapshot_of(w, "other");
	assert_string_equal(ab.ptr, ba.ptr);
	assert_non_null(strstr(ab.ptr, "\"entity:cow\""));
	assert_non_null(strstr(ab.ptr, "\"uid\":\"third\""));
	assert_null(strstr(ab.ptr, "{\"theirs\":1}"));
	assert_non_null(strstr(ab.ptr, "\"neuron\":\"concept:cat\",\"uses\":9}"));
	mn_buf_free(&ba);
	world_expect(w, import(w, "one", mn_buf_view(&p.b), MN_MERGE_NEWEST), MN_OK);
	assert_int_equal(w->report.added + w->report.updated + w->report.neurons, 0);
	ba = snapshot(w, w->brain);
	assert_string_equal(ab.ptr, ba.ptr);
	mn_buf_free(&ba);
	mn_buf_free(&ab);
	pair_free(&p);
}

static void ours_keeps_and_theirs_takes(void **state)
{
	world *w = *state;
	struct pair p = two_brains(w);
	mn_buf got;

	world_expect(w, import(w, "one", mn_buf_view(&p.b), MN_MERGE_OURS), MN_OK);
	got = snapshot(w, w->brain);
	assert_null(strstr(got.ptr, "{\"theirs\":1}"));
	assert_null(strstr(got.ptr, "\"base\":0.75"));
	assert_non_null(strstr(got.ptr, "#3"));
	assert_non_null(strstr(got.ptr, "\"entity:cow\""));
	mn_buf_free(&got);
	world_expect(w, import(w, "one", mn_buf_view(&p.b), MN_MERGE_THEIRS), MN_OK);
	got = snapshot(w, w->brain);
	/* All of ours is theirs too, so nothing else is left. */
	assert_string_equal(got.ptr, p.b.ptr);
	mn_buf_free(&got);
	pair_free(&p);
}

static void a_merge_that_may_not_change_anything_fails_and_changes_nothing(void **state)
{
	world *w = *state;
	struct pair p = two_brains(w);
	mn_buf after;

	world_expect(w, import(w, "one", mn_buf_view(&p.b), MN_MERGE_FAIL), MN_ECONFLICT);
	assert_non_null(strstr(w->call.err->text, "concept:cat"));
	after = snapshot(w, w->brain);
	assert_string_equal(after.ptr, p.a.ptr);
	mn_buf_free(&after);
	world_expect(w, import(w, "one", mn_buf_view(&p.a), MN_MERGE_FAIL), MN_OK);
	assert_int_equal(w->report.unchanged, 2);
	pair_free(&p);
}

static void a_damaged_snapshot_merges_nothing(void **state)
{
	world *w = *state;
	struct pair p = two_brains(w);
	mn_buf after;

	for (size_t n = 0; n < p.b.len; n += *w->folder ? 97 : 7)
		world_expect(w,
			import(w, "one", (mn_str){p.b.ptr, n},
				n % 2 ? MN_MERGE_THEIRS : MN_MERGE_NEWEST),
			MN_EINVAL);
	for (size_t i = 0; i < p.b.len; i += *w->folder ? 97 : 5) {
		p.b.ptr[i] ^= 1;
		assert_int_not_equal(import(w, "one", mn_buf_view(&p.b), MN_MERGE_THEIRS), MN_OK);
		p.b.ptr[i] ^= 1;
	}
	after = snapshot(w, w->brain);
	assert_string_equal(after.ptr, p.a.ptr);
	mn_buf_free(&after);
	pair_free(&p);
}

/* Equal moments are equal whatever notation they came in: they are numbers here. */
static void equally_old_rows_are_decided_by_content_alone(void **state)
{
	world *w = *state;
	mn_brain *other = world_brain(w, "other");
	mn_neuron a = {
		.id = 1, .type = MN_CONCEPT, .text = MN_STR("x"), .meta = MN_STR("{\"a\":1}")};
	mn_neuron b = {
		.id = 9, .type = MN_CONCEPT, .text = MN_STR("x"), .meta = MN_STR("{\"a\":2}")};
	mn_buf first, second, ab, ba;

	put(w, w->brain, MN_NEURON, &a);
	put(w, other, MN_NEURON, &b);
	first = snapshot(w, w->brain);
	second = snapshot(w, other);
	mn_brain_close(other);
	world_expect(w, import(w, "one", mn_buf_view(&second), MN_MERGE_NEWEST), MN_OK);
	world_expect(w, import(w, "other", mn_buf_view(&first), MN_MERGE_NEWEST), MN_OK);
	ab = snapshot(w, w->brain);
	ba = snapshot_of(w, "other");
	assert_string_equal(ab.ptr, ba.ptr);
	mn_buf_free(&first);
	mn_buf_free(&second);
	mn_buf_free(&ab);
	mn_buf_free(&ba);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(a_snapshot_of_what_a_snapshot_made_is_the_same_file),
		CLAIM(config_meta_and_clock_of_the_brain_come_along),
		CLAIM(the_hash_at_the_end_is_that_of_the_brain),
		CLAIM(rows_that_share_a_uid_are_not_written),
		CLAIM(wherever_a_snapshot_is_cut_nothing_is_imported),
		CLAIM(no_flipped_bit_passes),
		CLAIM(what_does_not_belong_is_refused),
		CLAIM(rows_have_to_be_in_order_and_in_form),
		CLAIM(nesting_without_end_is_refused),
		CLAIM(a_snapshot_of_a_later_version_is_told_apart),
		CLAIM(an_import_that_was_interrupted_begins_anew),
		CLAIM(somebodys_brain_is_never_taken_for_a_leftover),
		CLAIM(a_brain_that_has_something_is_left_alone),
		CLAIM(merging_newest_is_the_same_either_way_and_once_is_enough),
		CLAIM(ours_keeps_and_theirs_takes),
		CLAIM(a_merge_that_may_not_change_anything_fails_and_changes_nothing),
		CLAIM(a_damaged_snapshot_merges_nothing),
		CLAIM(equally_old_rows_are_decided_by_content_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
