/* SPDX-License-Identifier: MIT */
#include "ward.h"
#include "bundles.h"

#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/brain.h"

void assert_well(struct ward *w, int status, const char *what, const char *file, int line)
{
	if (status == MN_OK)
		return;
	fprintf(stderr, "%s:%d: %s: %s: %s\n", file, line, w->what ? w->what : "", what,
		w->call.err->text);
	fail();
}

/* ---- A healthy brain ---------------------------------------------------------------------- */

static void make_side(struct ward *w, struct side *s, mn_store *store, const char *name)
{
	static const uint32_t sizes[MN_KINDS] = {0, NEURONS, 0, SYNAPSES, FIBERS};

	s->store = store;
	s->name = mn_str_of(name);
	WELL(w, mn_call_init(&s->call, w->engine, 0));
	WELL(w, mn_store_create(store, &s->call, s->name, MN_STR("")));
	WELL(w, mn_brain_open(store, &s->call, s->name, &s->brain));
	for (int kind = MN_NEURON; kind < MN_KINDS; kind++)
		if (sizes[kind])
			WELL(w, mn_brain_reserve(
					s->brain, &s->call, kind, sizes[kind], &s->base[kind]));
	WELL(w, mn_brain_generation(s->brain, &s->call));
	s->last = s->call.at;
}

void ward_fill(struct ward *w, mn_store *store, const char *name, uint64_t seed, unsigned steps)
{
	struct side s = {0};
	mn_buf answer = MN_BUF((size_t)64 << 20);

	make_side(w, &s, store, name);
	for (unsigned i = 0; i < steps; i++) {
		mn_buf_clear(&answer);
		step_run(&s, seed, i, &answer);
	}
	mn_buf_free(&answer);
	mn_brain_close(s.brain);
	mn_call_done(&s.call);
}

/* What the operations may leave out: a hub, members, tags, states, used synapses. */
static void add_rows(struct ward *w, mn_brain *b)
{
	static mn_neuron neurons[HUB_LINKS + 1];
	static mn_synapse links[HUB_LINKS + GONE_LINKS];
	static char texts[HUB_LINKS + 1][32];
	mn_change changes[2 * HUB_LINKS + GONE_LINKS + 8];
	const mn_str tags[] = {MN_STR("red"), MN_STR("green")};
	const uint16_t type = mn_type_code(MN_SYNAPSE, MN_STR("near"));
	mn_id n0, s0, f0;
	size_t n = 0;

	WELL(w, mn_brain_reserve(b, &w->call, MN_NEURON, HUB_LINKS + 1, &n0));
	WELL(w, mn_brain_reserve(b, &w->call, MN_SYNAPSE, HUB_LINKS + GONE_LINKS, &s0));
	WELL(w, mn_brain_reserve(b, &w->call, MN_FIBER, 1, &f0));
	for (int i = 0; i <= HUB_LINKS; i++) {
		snprintf(texts[i], sizeof(texts[i]), "spoke number %d", i);
		neurons[i] = neuron(
			n0 + (mn_id)i, mn_type_code(MN_NEURON, MN_STR("concept")), texts[i]);
		changes[n++] = (mn_change){MN_ADD, MN_NEURON, &neurons[i]};
	}
	for (int i = 0; i < HUB_LINKS + GONE_LINKS; i++) {
		links[i] = synapse(s0 + (mn_id)i, n0, n0 + 1 + (mn_id)i % HUB_LINKS, type,
			(double)(i % 9) / 10);
		changes[n++] = (mn_change){MN_ADD, MN_SYNAPSE, &links[i]};
	}
	const mn_id members[] = {n0, n0 + 1, n0 + 2};
	mn_fiber f = fiber(f0, n0);
	mn_state t = state_of(n0, 0.5, 3);

	f.uid = MN_STR("spokes");
	f.tags = (mn_strs){tags, 2};
	f.neurons = (mn_ids){members, 3};
	changes[n++] = (mn_change){MN_ADD, MN_FIBER, &f};
	changes[n++] = (mn_change){MN_ADD, MN_STATE, &t};
	WELL(w, mn_brain_apply(b, &w->call, NULL, changes, n, NULL));
}

/* So many at once that what short lists had of them is still there. */
static void drop_links(struct ward *w, mn_brain *b)
{
	static mn_id ids[GONE_LINKS];
	mn_change changes[GONE_LINKS];
	mn_id next;

	WELL(w, mn_brain_reserve(b, &w->call, MN_SYNAPSE, 1, &next));
	for (size_t i = 0; i < GONE_LINKS; i++) {
		ids[i] = next - 1 - i;
		changes[i] = (mn_change){MN_DROP, MN_SYNAPSE, &ids[i]};
	}
	WELL(w, mn_brain_apply(b, &w->call, NULL, changes, GONE_LINKS, NULL));
}

static void change_healthy(struct ward *w, void (*change)(struct ward *, mn_brain *))
{
	mn_brain *b;

	ward_store(w);
	WELL(w, mn_brain_open(w->store, &w->call, MN_STR("patient"), &b));
	change(w, b);
	mn_brain_close(b);
	ward_discharge(w);
}

static void make_healthy(struct ward *w)
{
	struct stat st;
	int fd;

	ward_store(w);
	ward_fill(w, w->store, "patient", 7, 120);
	ward_discharge(w);
	change_healthy(w, add_rows);
	change_healthy(w, drop_links);
	fd = open(w->path, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	w->size = (size_t)st.st_size;
	w->file = malloc(w->size);
	assert_int_equal(read(fd, w->file, w->size), (ssize_t)w->size);
	close(fd);
}

/* ---- The ward ----------------------------------------------------------------------------- */

int ward_open(void **state)
{
	struct ward *w = calloc(1, sizeof(*w));

	world_reset();
	snprintf(w->folder, sizeof(w->folder), "%s/doctor-XXXXXX",
		access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->state, sizeof(w->state), "%s/state", w->folder);
	setenv("XDG_STATE_HOME", w->state, 1);
	snprintf(w->url, sizeof(w->url), "sqlite:%s/store", w->folder);
	snprintf(w->path, sizeof(w->path), "%s/store/patient.brain", w->folder);
	w->engine = world_engine();
	assert_non_null(w->engine);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	make_healthy(w);
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int ward_close(void **state)
{
	struct ward *w = *state;

	ward_discharge(w);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w->file);
	free(w);
	return 0;
}

mn_store *ward_store(struct ward *w)
{
	if (!w->store)
		WELL(w, mn_store_open(w->engine, &w->call, mn_str_of(w->url), false, &w->store));
	return w->store;
}

void ward_discharge(struct ward *w)
{
	mn_store_close(w->store);
	w->store = NULL;
	mn_call_reset(&w->call);
}

void ward_write(struct ward *w, const void *bytes, size_t n)
{
	static const char *const beside[] = {"", "-wal", "-shm", "-journal", "-wal.strange"};
	char name[160];
	int fd;

	for (size_t i = 0; i < COUNT(beside); i++) {
		snprintf(name, sizeof(name), "%s%s", w->path, beside[i]);
		unlink(name);
	}
	fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

void ward_admit(struct ward *w)
{
	ward_discharge(w);
	ward_write(w, w->file, w->size);
}

void ward_damage(struct ward *w, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON", NULL,
		NULL, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	bundles_unpack(db);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, why);
		fail();
	}
	bundles_pack(db);
	sqlite3_close(db);
}

/* ---- Checking ----------------------------------------------------------------------------- */

int ward_check(struct ward *w, int level, bool contract_only, mn_checkup *out)
{
	mn_doctor_options o = MN_SIZED(mn_doctor_options);

	o.level = level;
	o.contract_only = contract_only;
	mn_call_reset(&w->call);
	return mn_doctor_check(ward_store(w), &w->call, MN_STR("patient"), &o, out);
}

mn_cure ward_fix(struct ward *w)
{
	mn_doctor_options o = MN_SIZED(mn_doctor_options);
	mn_cure cure;

	mn_call_reset(&w->call);
	WELL(w, mn_doctor_fix(ward_store(w), &w->call, MN_STR("patient"), &o, &cure));
	return cure;
}

const mn_finding *ward_found(const mn_checkup *c, const char *name)
{
	for (size_t i = 0; i < c->nfindings; i++)
		if (strcmp(c->findings[i].name, name) == 0)
			return &c->findings[i];
	return NULL;
}

void ward_tell(const mn_checkup *c)
{
	for (size_t i = 0; i < c->nfindings; i++)
		fprintf(stderr, "  %s %s: %llu, %.*s\n", c->findings[i].code, c->findings[i].name,
			(unsigned long long)c->findings[i].count,
			(int)(c->findings[i].nsamples ? c->findings[i].samples[0].len : 0),
			c->findings[i].nsamples ? c->findings[i].samples[0].ptr : "");
	for (size_t i = 0; i < c->nunchecked; i++)
		fprintf(stderr, "  unchecked %.*s: %.*s\n", MN_FMT(c->unchecked[i].what),
			MN_FMT(c->unchecked[i].why));
}

uint64_t ward_digest(struct ward *w)
{
	sqlite3 *db;
	sqlite3_stmt *names, *rows;
	uint64_t h = 1;

	assert_int_equal(sqlite3_open_v2(w->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db,
			"SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'words'",
			-1, &names, NULL),
		SQLITE_OK);
	while (sqlite3_step(names) == SQLITE_ROW) {
		char sql[120];

		snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", sqlite3_column_text(names, 0));
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
		while (sqlite3_step(rows) == SQLITE_ROW)
			for (int i = 0; i < sqlite3_column_count(rows); i++) {
				const char *p = sqlite3_column_blob(rows, i);
				const int n = sqlite3_column_bytes(rows, i);

				for (int k = 0; k < n; k++)
					h = (h ^ (unsigned char)p[k]) * UINT64_C(0x100000001B3);
				h = h * 31 + (uint64_t)sqlite3_column_type(rows, i);
			}
		sqlite3_finalize(rows);
	}
	sqlite3_finalize(names);
	sqlite3_close(db);
	return h;
}
