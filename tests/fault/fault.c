/* SPDX-License-Identifier: MIT */
/*
 * fault - what becomes of the engine when memory runs out: in each call of its interface each
 * allocation fails in turn, once alone and once with all that follow. The call must then say
 * MN_ENOMEM and have changed nothing, or have done its work all the same; and what it took is given
 * back, memory and descriptors alike.
 *
 * usage: fault URL
 *
 * An "@" in the URL stands for a fresh folder. With MN_FULL=1 every single allocation fails; else,
 * beyond the first hundred of a call, those at growing distances.
 */
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "harness.h"

struct bench {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	char url[512], folder[64], state[64]; /* state: of journals */
};

/* One call of the interface, with all that it needs and frees again. */
struct act {
	const char *name;
	int (*run)(struct bench *, mn_call *);
	void (*undo)(struct bench *); /* of what it has written; NULL: it only reads */
};

#define BRAIN MN_STR("swept")

/* ---- The bench
 * ------------------------------------------------------------------------------------ */

static const char *const memories[] = {
	"Grace Hopper found the first bug, a moth, in the relay computer in 1947.",
	"Ada Lovelace wrote about the Analytical Engine and {the first bug} of its tables.",
	"The moth was taped into the log book. Did Grace Hopper keep it?",
	"Yesterday Ada fed the cat, and the cat met the dog.",
	"\xe7\x8c\xab\xe3\x81\x8c\xe5\xa5\xbd\xe3\x81\x8d, said Ada to Grace Hopper.",
};

static int remember(struct bench *b, mn_call *call, size_t from, size_t n)
{
	const mn_str tag = MN_STR("history");
	mn_note notes[COUNT(memories)];
	mn_remembered done = MN_SIZED(mn_remembered);

	for (size_t i = 0; i < n; i++) {
		notes[i] = MN_SIZED(mn_note);
		notes[i].text = mn_str_of(memories[from + i]);
		notes[i].session = MN_STR("s1");
		notes[i].speaker = i % 2 ? MN_STR("Ada") : MN_STR("");
		notes[i].title = i == 0 ? MN_STR("first bug") : MN_STR("");
		notes[i].tags = (mn_strs){&tag, 1};
		notes[i].meta = MN_STR("{\"source\":\"test\"}");
		notes[i].time = NOON + DAYS(i);
		notes[i].has_time = true;
	}
	return mn_brain_remember(b->brain, call, notes, n, &done);
}

static int make_brain(struct bench *b, mn_call *call)
{
	int status = mn_store_create(b->store, call, BRAIN, MN_STR(""));

	if (status == MN_OK)
		status = mn_brain_open(b->store, call, BRAIN, &b->brain);
	return status == MN_OK ? remember(b, call, 0, 4) : status;
}

static void must(struct bench *b, int status)
{
	if (status != MN_OK)
		fail_msg("the bench: %s", b->call.err->text);
}

static void renew_brain(struct bench *b)
{
	mn_brain_close(b->brain);
	b->brain = NULL;
	must(b, mn_store_delete(b->store, &b->call, BRAIN));
	must(b, make_brain(b, &b->call));
	mn_call_reset(&b->call);
}

static int setup(void **state)
{
	const char *url = *state;
	struct bench *b = calloc(1, sizeof(*b));
	const char *at = strchr(url, '@'), *tmp = getenv("TMPDIR");

	world_reset();
	assert_non_null(b);
	if (at) {
		snprintf(b->folder, sizeof(b->folder), "%.40s/fault-XXXXXX", tmp ? tmp : "/tmp");
		assert_non_null(mkdtemp(b->folder));
	}
	snprintf(b->state, sizeof(b->state), "%.40s/fault-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(b->state));
	setenv("XDG_STATE_HOME", b->state, 1);
	snprintf(b->url, sizeof(b->url), "%.*s%s", at ? (int)(at - url) : 400, url, b->folder);
	b->engine = world_engine();
	assert_non_null(b->engine);
	assert_int_equal(mn_call_init(&b->call, b->engine, 0), MN_OK);
	must(b, mn_store_open(b->engine, &b->call, mn_str_of(b->url), false, &b->store));
	must(b, make_brain(b, &b->call));
	*state = b;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void tear_down(struct bench *b)
{
	world_mend_memory();
	mn_brain_close(b->brain);
	mn_store_close(b->store);
	mn_call_done(&b->call);
	mn_engine_free(b->engine);
	if (b->folder[0])
		nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nftw(b->state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(b);
}

/* ---- Acts
 * ------------------------------------------------------------------------------------------- */

static int make_engine(struct bench *b, mn_call *call)
{
	mn_error err = MN_SIZED(mn_error);
	mn_engine *engine = NULL;
	const mn_str dir = MN_STR("/nowhere");
	mn_options options = MN_SIZED(mn_options);
	int status;

	(void)b, (void)call;
	options.seams = &world_seams;
	options.plugin_dirs = (mn_strs){&dir, 1};
	status = mn_engine_new(&options, &err, &engine);
	if (status == MN_OK)
		mn_engine_free(engine);
	return status;
}

static int look_at_plugins(struct bench *b, mn_call *call)
{
	mn_error err = MN_SIZED(mn_error);
	mn_engine *engine = NULL;
	const mn_plugin *plugins;
	mn_call own;
	size_t n;
	int status = mn_engine_new(NULL, &err, &engine);

	(void)b, (void)call;
	if (status != MN_OK)
		return status;
	status = mn_call_init(&own, engine, 0);
	if (status == MN_OK) {
		status = mn_engine_plugins(engine, &own, &plugins, &n);
		mn_call_done(&own);
	}
	mn_engine_free(engine);
	return status;
}

static int open_store(struct bench *b, mn_call *call)
{
	char url[600];
	mn_store *store = NULL;
	mn_info info = MN_SIZED(mn_info);
	int status;

	snprintf(url, sizeof(url), "%s%s", b->url, b->folder[0] ? "/another" : "");
	status = mn_store_open(b->engine, call, mn_str_of(url), false, &store);
	if (status != MN_OK)
		return status;
	status = mn_store_info(store, call, &info);
	mn_store_close(store);
	return status;
}

static int open_brain(struct bench *b, mn_call *call)
{
	mn_brain *brain = NULL;
	mn_brain_row row;
	int status = mn_brain_open(b->store, call, BRAIN, &brain);

	if (status != MN_OK)
		return status;
	status = mn_brain_describe(brain, call, &row);
	mn_brain_close(brain);
	return status;
}

static int create_brain(struct bench *b, mn_call *call)
{
	return mn_store_create(b->store, call, MN_STR("another"), MN_STR("{\"decay_rate\":0.5}"));
}

static int rename_brain(struct bench *b, mn_call *call)
{
	return mn_store_rename(b->store, call, MN_STR("another"), MN_STR("a third"));
}

static int delete_brain(struct bench *b, mn_call *call)
{
	return mn_store_delete(b->store, call, MN_STR("a third"));
}

static void undo_create(struct bench *b)
{
	must(b, mn_store_delete(b->store, &b->call, MN_STR("another")));
}

static void undo_rename(struct bench *b)
{
	must(b, mn_store_rename(b->store, &b->call, MN_STR("a third"), MN_STR("another")));
}

static void undo_delete(struct bench *b)
{
	must(b, mn_store_create(
			b->store, &b->call, MN_STR("a third"), MN_STR("{\"decay_rate\":0.5}")));
}

static int list_brains(struct bench *b, mn_call *call)
{
	mn_rows rows;

	return mn_store_brains(b->store, call, &rows);
}

static int remember_more(struct bench *b, mn_call *call)
{
	return remember(b, call, 2, 3); /* two it knows, one is new */
}

static int resolve_names(struct bench *b, mn_call *call)
{
	const mn_str uids[] = {
		MN_STR("entity:grace hopper"), MN_STR("concept:moth"), MN_STR("none")};
	mn_id ids[3];
	mn_rows rows;
	mn_str uid;
	int status = mn_brain_resolve(b->brain, call, MN_NEURON, (mn_strs){uids, 3}, ids);

	if (status == MN_OK)
		status = mn_brain_get(b->brain, call, MN_NEURON, (mn_ids){ids, 2}, 0, &rows);
	for (size_t i = 0; status == MN_OK && i < rows.n; i++)
		if (rows.at.neuron[i].id)
			status = mn_uid_derive(b->brain, call, MN_NEURON, &rows.at.neuron[i], &uid);
	return status;
}

static int walk(struct bench *b, mn_call *call)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page p = MN_SIZED(mn_page);
	mn_scan *scan;
	const mn_edge *edges;
	uint64_t degree;
	size_t n;
	int status;

	q.kind = MN_NEURON;
	q.limit = 5;
	status = mn_brain_scan(b->brain, call, &q, &scan);
	if (status != MN_OK)
		return status;
	while (status == MN_OK && !p.last) {
		p = MN_SIZED(mn_page);
		status = mn_scan_next(scan, call, 2, &p);
		if (status == MN_OK && p.rows.n)
			status = mn_brain_edges(
				b->brain, call, p.rows.at.neuron[0].id, 3, &edges, &n, &degree);
	}
	mn_scan_done(scan);
	return status;
}

static int take(void *ctx, mn_call *call, const char *text, size_t n)
{
	(void)ctx, (void)call, (void)text, (void)n;
	return MN_OK;
}

static const mn_sink nowhere = {NULL, take};

static int write_trace(const mn_trace *trace, mn_call *call)
{
	int status = MN_OK;

	for (int format = MN_TRACE_JSONL; status == MN_OK && format <= MN_TRACE_GRAPHML; format++)
		status = mn_trace_write(trace, call, format, &nowhere);
	return status;
}

static int explain(const mn_answer *answer, mn_call *call)
{
	const mn_why *why;
	mn_trace_diff diff;
	size_t n;
	int status = write_trace(answer->trace, call);

	if (status == MN_OK && answer->nhits)
		status = mn_trace_why(answer->trace, call, answer->hits[0].neuron, &why, &n);
	if (status == MN_OK)
		status = mn_trace_compare(answer->trace, answer->trace, call, &diff);
	return status;
}

/* From a handle of its own, so that the graph is read anew. */
static int recall(struct bench *b, mn_call *call, mn_str kernel, bool learn)
{
	mn_ask ask = MN_SIZED(mn_ask);
	mn_answer answer = MN_SIZED(mn_answer);
	int status;

	mn_brain_close(b->brain);
	b->brain = NULL;
	status = mn_brain_open(b->store, call, BRAIN, &b->brain);
	if (status != MN_OK)
		return status;
	ask.text = MN_STR("Did Grace Hopper keep the moth she found yesterday?");
	ask.depth = MN_DEPTH_DEEP;
	ask.kernel = kernel;
	ask.want_context = ask.want_trace = true;
	ask.learn = learn;
	ask.now = NOON;
	status = mn_brain_recall(b->brain, call, &ask, &answer);
	if (status == MN_OK && answer.trace)
		status = explain(&answer, call);
	mn_trace_free(answer.trace);
	return status;
}

static int recall_fan(struct bench *b, mn_call *call)
{
	return recall(b, call, MN_STR("fan"), false);
}

static int recall_classic(struct bench *b, mn_call *call)
{
	return recall(b, call, MN_STR("classic"), false);
}

static int hash(struct bench *b, mn_call *call)
{
	unsigned char out[32];

	return mn_brain_hash(b->brain, call, out);
}

static int export_all(struct bench *b, mn_call *call)
{
	static const int formats[] = {
		MN_FORMAT_JSONL, MN_FORMAT_GRAPH, MN_FORMAT_DOT, MN_FORMAT_GRAPHML};
	mn_export_options options = MN_SIZED(mn_export_options);
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < COUNT(formats); i++) {
		options.format = formats[i];
		status = mn_export(b->brain, call, &options, &nowhere);
	}
	return status;
}

static int read_lines(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	mn_str *rest = ctx;

	(void)call;
	*n = rest->len < room ? rest->len : room;
	if (*n)
		memcpy(out, rest->ptr, *n);
	*rest = mn_str_sub(*rest, *n, SIZE_MAX);
	return MN_OK;
}

static int import_lines(struct bench *b, mn_call *call)
{
	mn_str text = MN_STR(
		"{\"id\":\"D1\",\"text\":\"Alan Turing met Grace Hopper.\",\"tags\":[\"a\"]}\n"
		"{\"id\":\"D2\",\"text\":\"And then he went home.\",\"session\":\"s\"}\n");
	const mn_source source = {&text, read_lines, MN_STR("lines")};
	mn_import_options options = MN_SIZED(mn_import_options);
	mn_import_report report = MN_SIZED(mn_import_report);

	options.format = MN_FORMAT_JSONL;
	return mn_import(b->brain, call, &options, &source, &report);
}

/* What a script wants is read back, as a plan would read it. */
static int run_script(struct bench *b, mn_call *call)
{
	const mn_str text = MN_STR(
		"return {name='t', purpose='p', params={{name='n', type='list', default={'a'}}},\n"
		"run=function(brain, plan, p)\n"
		"  for n in brain:neurons{types={'memory'}, limit=3} do plan:drop_neuron(n) end\n"
		"  for s in brain:synapses{fields={'uid'}, limit=3} do log(s.uid) end\n"
		"  for f in brain:fibers{fields={'members', 'uid'}} do emit(f.uid) end\n"
		"  brain:degree{1, 2} plan:prune{types=p.n}\n"
		"end}");
	const mn_script_value value = {MN_STR("n"), MN_STR("x, y")};
	mn_script_options options = MN_SIZED(mn_script_options);
	mn_script *script = NULL;
	mn_str steps;
	int status = mn_script_load(b->engine, call, MN_STR("t.lua"), text, NULL, &script);

	options.emit = &nowhere;
	if (status == MN_OK)
		status = mn_script_run(script, b->brain, call, &value, 1, &options, &steps);
	mn_script_free(script);
	return status;
}

/* In this order: what one makes, a later one needs. */
static int plan_upkeep(struct bench *b, mn_call *call)
{
	static const char steps[] =
		"[{\"decay\":{}},{\"prune\":{\"below\":1,\"older_than_days\":0}},"
		"{\"consolidate\":{\"similarity\":0.3}},"
		"{\"archive\":{\"older_than_days\":0,\"salience_below\":1}},"
		"{\"orphans\":{\"older_than_days\":0}},{\"expire\":{}},{\"snapshot\":{}}]";
	const mn_str question = MN_STR("Who found the moth?");
	mn_plan_options o = MN_SIZED(mn_plan_options);
	mn_plan *plan = NULL;
	const mn_run *runs;
	size_t n;
	int status;

	o.questions = (mn_strs){&question, 1};
	status = mn_plan_new(b->brain, call, mn_str_of(steps), &o, &plan);
	mn_plan_free(plan);
	return status == MN_OK ? mn_run_list(b->brain, call, &runs, &n) : status;
}

static int search_archive(struct bench *b, mn_call *call)
{
	const mn_archived *found;
	size_t n;

	return mn_archive_search(b->brain, call, MN_STR("moth"), 10, &found, &n);
}

static const struct act acts[] = {
	{"an engine is made", make_engine, NULL},
	{"plugins are looked at", look_at_plugins, NULL},
	{"a store is opened", open_store, NULL},
	{"a brain is created", create_brain, undo_create},
	{"a brain is renamed", rename_brain, undo_rename},
	{"a brain is deleted", delete_brain, undo_delete},
	{"brains are listed", list_brains, NULL},
	{"a brain is opened", open_brain, NULL},
	{"memories are remembered", remember_more, renew_brain},
	{"rows are found by name", resolve_names, NULL},
	{"a brain is walked", walk, NULL},
	{"a question is answered", recall_fan, NULL},
	{"a question is answered the peer's way", recall_classic, NULL},
	{"a brain is hashed", hash, NULL},
	{"a brain is exported", export_all, NULL},
	{"a script is run", run_script, NULL},
	{"maintenance is planned", plan_upkeep, NULL},
	{"the archive is searched", search_archive, NULL},
	{"lines are imported", import_lines, renew_brain},
};

/* ---- Sweeps
 * ------------------------------------------------------------------------------------------- */

/* Everything the store holds, as one text; freed by the caller. */
static char *digest(struct bench *b)
{
	mn_rows brains;
	mn_buf text = MN_BUF(1 << 20);

	must(b, mn_store_brains(b->store, &b->call, &brains));
	for (size_t i = 0; i < brains.n; i++) {
		unsigned char h[32];
		mn_brain *brain;

		must(b, mn_brain_open(b->store, &b->call, brains.at.brain[i].name, &brain));
		must(b, mn_brain_hash(brain, &b->call, h));
		mn_brain_close(brain);
		mn_buf_printf(&text, "%.*s", MN_FMT(brains.at.brain[i].name));
		for (size_t k = 0; k < sizeof(h); k++)
			mn_buf_printf(&text, "%02x", h[k]);
	}
	mn_call_reset(&b->call);
	mn_buf_char(&text, '\0');
	assert_true(mn_buf_ok(&text));
	return text.ptr;
}

static uint64_t next_after(uint64_t nth)
{
	return nth < 100 || getenv("MN_FULL") ? nth + 1 : nth + 1 + nth / 40;
}

static void check_digest(struct bench *b, const struct act *act, uint64_t nth, const char *due)
{
	char *now = digest(b);

	if (strcmp(now, due) != 0)
		fail_msg("%s, allocation %llu fails: neither nothing nor all was written",
			act->name, (unsigned long long)nth);
	mn_free(now);
}

struct digests {
	char *before, *after; /* the act */
};

/* Runs an act with its nth allocation failing. Was there one? */
static bool run_failing(struct bench *b, const struct act *act, uint64_t nth, bool lasting,
	const struct digests *due)
{
	mn_call call;
	bool failed;
	int status;

	assert_int_equal(mn_call_init(&call, b->engine, 0), MN_OK);
	world_fail_memory(nth, lasting);
	status = act->run(b, &call);
	failed = world_mend_memory();
	if (status != MN_OK && status != MN_ENOMEM)
		fail_msg("%s, allocation %llu fails: %s (%s)", act->name, (unsigned long long)nth,
			mn_status_name(status), call.err->text);
	mn_call_done(&call);
	if (!b->brain) /* an act that opens it anew has failed to */
		must(b, mn_brain_open(b->store, &b->call, BRAIN, &b->brain));
	check_digest(b, act, nth, status == MN_OK ? due->after : due->before);
	if (failed && status == MN_OK && act->undo)
		act->undo(b);
	mn_call_reset(&b->call);
	return failed;
}

static void sweep(struct bench *b, const struct act *act, bool lasting)
{
	struct digests due = {.before = digest(b)};
	uint64_t nth = 1;

	must(b, act->run(b, &b->call));
	due.after = digest(b);
	if (act->undo)
		act->undo(b);
	while (run_failing(b, act, nth, lasting, &due))
		nth = next_after(nth);
	if (act->undo == renew_brain)
		renew_brain(b);
	print_message("\t%s: about %llu allocations\n", act->name, (unsigned long long)nth - 1);
	mn_free(due.before);
	mn_free(due.after);
}

static size_t descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Everything once, from an engine to its end. */
static void run_all(const char *url, bool failing, bool lasting)
{
	void *state = (void *)url;
	struct bench *b;

	setup(&state);
	b = state;
	for (size_t i = 0; i < COUNT(acts); i++) {
		if (failing)
			sweep(b, &acts[i], lasting);
		else
			must(b, acts[i].run(b, &b->call));
	}
	tear_down(b);
}

static const char *url; /* cmocka hands a test nothing of ours */

static void check_sweep(bool lasting)
{
	int64_t blocks;
	size_t open;

	run_all(url, false, false); /* what a process takes for good, it has then */
	blocks = world_memory_blocks();
	open = descriptors();
	run_all(url, true, lasting);
	assert_int_equal(world_memory_blocks(), blocks);
	assert_int_equal(descriptors(), open);
}

static void one_failed_allocation_is_told_and_changes_nothing(void **state)
{
	(void)state;
	check_sweep(false);
}

static void no_memory_left_is_told_and_changes_nothing(void **state)
{
	(void)state;
	check_sweep(true);
}

static void use_after_use_takes_no_more_memory_or_descriptors(void **state)
{
	int64_t blocks;
	size_t open;

	(void)state;
	run_all(url, false, false);
	blocks = world_memory_blocks();
	open = descriptors();
	for (int i = 0; i < 5; i++)
		run_all(url, false, false);
	assert_int_equal(world_memory_blocks(), blocks);
	assert_int_equal(descriptors(), open);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(use_after_use_takes_no_more_memory_or_descriptors),
		cmocka_unit_test(one_failed_allocation_is_told_and_changes_nothing),
		cmocka_unit_test(no_memory_left_is_told_and_changes_nothing),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: fault URL\n");
		return 2;
	}
	url = argv[1];
	world_use_memory();
	return cmocka_run_group_tests_name(url, tests, NULL, NULL);
}
