/* SPDX-License-Identifier: MIT */
/* harness.c - opens stores through the plugin host, gives each claim a brain of its own. */
#include "harness.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Engines and stores ---------------------------------------------------------------------- */

mn_engine *world_engine(void)
{
	const char *env = getenv("MN_PLUGINS");
	mn_str dirs[16], rest = mn_str_of(env ? env : "");
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);
	mn_engine *engine = NULL;
	size_t n = 0;

	while (rest.len && n < COUNT(dirs)) {
		const char *colon = memchr(rest.ptr, ':', rest.len);
		size_t len = colon ? (size_t)(colon - rest.ptr) : rest.len;

		dirs[n++] = mn_str_sub(rest, 0, len);
		rest = mn_str_sub(rest, len + 1, rest.len);
	}
	options.seams = &world_seams;
	options.plugin_dirs = (mn_strs){dirs, n};
	if (mn_engine_new(&options, &err, &engine) != MN_OK)
		print_error("no engine: %s\n", err.text);
	return engine;
}

/* The URL with a fresh folder in place of "@". */
static int fill_url(struct room *r, const char *url)
{
	const char *at = strchr(url, '@'), *tmp = getenv("TMPDIR");

	if (!at || at[-1] != ':') {
		snprintf(r->url, sizeof(r->url), "%s", url);
		return 0;
	}
	snprintf(r->folder, sizeof(r->folder), "%s/conformance-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(r->folder)) {
		perror(r->folder);
		return -1;
	}
	snprintf(r->url, sizeof(r->url), "%.*s%s%s", (int)(at - url), url, r->folder, at + 1);
	return 0;
}

static int open_store(struct room *r, bool read_only)
{
	const char *colon = strchr(r->url, ':');
	mn_str scheme = {r->url, colon ? (size_t)(colon - r->url) : 0};
	int status;

	r->engine = world_engine();
	if (!r->engine || mn_call_init(&r->call, r->engine, 0) != MN_OK)
		return MN_ENOMEM;
	status = mn_plugins_find(r->engine, &r->call, scheme, &r->be);
	if (status == MN_OK)
		status = r->be->open(
			&r->engine->host, &r->call, mn_str_of(r->url), read_only, &r->db);
	r->info = MN_SIZED(mn_info);
	if (status == MN_OK)
		status = r->be->info(r->db, &r->call, &r->info);
	if (status != MN_OK)
		print_error("cannot open %s: %s\n", r->url, r->call.err->text);
	return status;
}

static void close_store(struct room *r)
{
	if (r->db)
		r->be->close(r->db);
	r->db = NULL;
	if (r->engine) {
		mn_call_done(&r->call);
		mn_engine_free(r->engine);
	}
	r->engine = NULL;
}

int room_open(struct room *r, const char *url)
{
	world_reset();
	if (fill_url(r, url) || open_store(r, false) != MN_OK) {
		room_close(r);
		return -1;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
	(void)s, (void)type, (void)ftw;
	return remove(path);
}

void room_close(struct room *r)
{
	close_store(r);
	if (r->folder[0])
		nftw(r->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void room_share(struct room *other, const struct room *r)
{
	*other = *r;
	other->folder[0] = '\0'; /* r removes it */
	other->engine = NULL;
	other->db = NULL;
	other->brain = mn_str_of(other->name);
	assert_int_equal(open_store(other, false), MN_OK);
}

void room_reopen(struct room *r, bool read_only)
{
	close_store(r);
	assert_int_equal(open_store(r, read_only), MN_OK);
}

/* ---- Claims ---------------------------------------------------------------------------------- */

/* A store that cannot be written brings its own brain: its first. */
static int borrow_brain(struct room *r)
{
	mn_rows rows = {0};

	if (r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows) != MN_OK || rows.n == 0)
		return -1;
	r->brain = rows.at.brain[0].name;
	snprintf(r->name, sizeof(r->name), "%.*s", MN_FMT(r->brain));
	r->brain = mn_str_of(r->name);
	return 0;
}

int claim_begin(void **state)
{
	struct room *r = *state;
	mn_brain_row row = {.created = NOON};
	mn_rows rows;

	world_reset();
	mn_call_reset(&r->call);
	if (!(r->info.caps & MN_CAP_CREATE))
		return borrow_brain(r);
	snprintf(r->name, sizeof(r->name), "claim %u", ++r->serial);
	r->brain = row.name = mn_str_of(r->name);
	if (r->be->brains(r->db, &r->call, MN_BRAINS_CREATE, &row, &rows) != MN_OK
		|| r->be->reserve(r->db, &r->call, r->brain, MN_NEURON, IDS, &r->neuron0) != MN_OK
		|| r->be->reserve(r->db, &r->call, r->brain, MN_SYNAPSE, IDS, &r->synapse0) != MN_OK
		|| r->be->reserve(r->db, &r->call, r->brain, MN_FIBER, IDS, &r->fiber0) != MN_OK) {
		print_error("no brain for the claim: %s\n", r->call.err->text);
		return -1;
	}
	return 0;
}

/* Deletes every brain, so that what a failed claim left does not make the next one fail. */
int claim_end(void **state)
{
	struct room *r = *state;
	mn_rows rows = {0}, none;
	int status = MN_OK;

	world_reset();
	mn_call_reset(&r->call);
	if (!(r->info.caps & MN_CAP_CREATE))
		return 0;
	status = r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows);
	for (size_t i = 0; status == MN_OK && i < rows.n; i++)
		status = r->be->brains(
			r->db, &r->call, MN_BRAINS_DELETE, &rows.at.brain[i].name, &none);
	if (status != MN_OK)
		print_error("cannot delete the claim's brains: %s\n", r->call.err->text);
	return status;
}

unsigned so_often(const struct room *r, unsigned n)
{
	/* Not by info.trip_us, which is measured: two dumps of one store have to ask the same. */
	return strncmp(r->url, "neo4j", 5) != 0 || getenv("MN_FULL") ? n : (n + 3) / 4;
}

void needs(const struct room *r, uint64_t caps)
{
	if ((r->info.caps & caps) != caps)
		skip();
}

void status_is(struct room *r, int status, int want, const char *what, const char *file, int line)
{
	if (status == want)
		return;
	print_error("%s\n\tgave %s where %s is due: %s\n", what, mn_status_name(status),
		mn_status_name(want), status ? r->call.err->text : "");
	_fail(file, line);
}

mn_brain_row room_create(struct room *r, mn_str name, const char *config)
{
	mn_brain_row row = {
		.name = name, .config = mn_str_of(config ? config : ""), .created = NOON};
	mn_rows rows = {0};

	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_CREATE, &row, &rows));
	assert_int_equal(rows.n, 1);
	return rows.at.brain[0];
}

void room_delete(struct room *r, mn_str name)
{
	mn_rows rows;

	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_DELETE, &name, &rows));
}

mn_brain_row room_describe(struct room *r, mn_str name)
{
	mn_rows rows = {0};

	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_FIND, &name, &rows));
	assert_int_equal(rows.n, 1);
	return rows.at.brain[0];
}

void room_set(struct room *r, mn_time clock, const char *config)
{
	mn_brain_row row = room_describe(r, r->brain);
	mn_rows rows;

	row.clock = clock;
	if (config)
		row.config = mn_str_of(config);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_UPDATE, &row, &rows));
}
