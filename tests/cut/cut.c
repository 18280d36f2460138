/* SPDX-License-Identifier: MIT */
/*
 * cut - cuts the power in the middle of writing, again and again, and looks at what is left.
 *
 * usage: cut [CUTS [SEED]]     honest disk: nothing may be lost, halved or damaged
 *        cut --blame           disks that lie: the harness must notice
 *        cut --full [CALLS]    each call in turn (or each n-th) finds the disk full
 *        cut --broken [CALLS]  each call in turn, reads too, fails
 *        cut --older FILE      all of these while a brain of an older version (whose name is "old")
 *                              is brought up to date; it must become what it becomes uncut
 *
 * Each cut: a fresh brain, the story (story.h) until the power fails at a call chosen by the seed,
 * the disk as it may be then (cutfs.h), the brain opened again, an interrupted run finished or
 * taken back. One cut in eight is followed by another during that. The brain must then be sound,
 * and as after the last acknowledged act or the one that was cut.
 */
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cutfs.h"
#include "story.h"

enum { ACTS = 32 };

struct tale { /* how the story goes without a cut */
	unsigned char hash[ACTS + 1][32];
	uint64_t calls, at[ACTS + 1]; /* calls before each act */
};

struct count {
	uint64_t cuts, nested, resumed, lost, halved, damaged, unopened;
};

static char base[64];

/* ---- Folders ------------------------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void clear(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void die(const char *what, const struct story *s)
{
	fprintf(stderr, "cut: %s: %s\n", what, s && s->call.err ? s->call.err->text : "");
	exit(2);
}

static void fresh_folder(struct story *s)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->dir, sizeof(s->dir), "%s/now", base);
	snprintf(s->url, sizeof(s->url), "sqlite:%s/brains", s->dir);
	snprintf(s->state, sizeof(s->state), "%s/state", s->dir);
	s->now = INT64_C(1700000000000000);
	clear(s->dir);
	mkdir(s->dir, 0700);
}

static void fresh(struct story *s)
{
	fresh_folder(s);
	if (story_open(s) != MN_OK && (s->call.err->code != MN_ENOBRAIN))
		die("opening", s);
	if (mn_store_create(s->store, &s->call, MN_STR("b"), (mn_str){NULL, 0}) != MN_OK
		|| mn_brain_open(s->store, &s->call, MN_STR("b"), &s->brain) != MN_OK)
		die("making a brain", s);
}

/* ---- Looking ------------------------------------------------------------------------------ */

static bool sound(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
		  && sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) == SQLITE_OK
		  && sqlite3_step(st) == SQLITE_ROW
		  && strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;

	sqlite3_finalize(st);
	sqlite3_close(db);
	return ok;
}

static bool brain_sound(const struct story *s)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/brains/%s.brain", s->dir, s->name ? s->name : "b");
	return sound(path);
}

static void tell_story(struct tale *t, int lie)
{
	struct story s;

	fresh(&s);
	cutfs_begin(0, lie);
	if (story_hash(&s, t->hash[0]) != MN_OK)
		die("hashing", &s);
	for (unsigned a = 0; a < story_acts(); a++) {
		t->at[a] = cutfs_calls();
		if (story_act(&s, a) != MN_OK || story_hash(&s, t->hash[a + 1]) != MN_OK)
			die(story_act_name(a), &s);
	}
	t->calls = cutfs_calls();
	story_close(&s);
}

/* ---- Cutting ------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t z)
{
	z = (z + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
	return z ^ z >> 29;
}

/* After the cut: opened, and an interrupted run brought to an end. */
static int recover(struct story *s, uint64_t seed)
{
	int rc = story_open(s);

	return rc ? rc : story_recover(s, seed);
}

static bool as_after(const struct tale *t, unsigned act, const unsigned char hash[32])
{
	return memcmp(hash, t->hash[act], 32) == 0
	       || (act < story_acts() && memcmp(hash, t->hash[act + 1], 32) == 0);
}

/* What kind of wrong a hash is. */
static void blame(struct count *c, const struct tale *t, unsigned act, const unsigned char hash[32])
{
	for (unsigned a = 0; a < act; a++)
		if (memcmp(hash, t->hash[a], 32) == 0) {
			c->lost++;
			return;
		}
	c->halved++;
}

static void judge(struct count *c, const struct tale *t, struct story *s, unsigned act,
	uint64_t seed, bool loud)
{
	const bool ok = brain_sound(s);
	unsigned char hash[32];
	int rc = ok ? recover(s, seed) : MN_OK;

	if (rc == MN_OK && ok)
		rc = story_hash(s, hash);
	if (!ok)
		c->damaged++;
	else if (rc)
		c->unopened++;
	else if (!as_after(t, act, hash))
		blame(c, t, act, hash);
	else
		return;
	if (loud)
		fprintf(stderr, "cut: seed %llu, in act %u (%s): %s\n", (unsigned long long)seed,
			act, act < story_acts() ? story_act_name(act) : "end",
			!ok  ? "the file is damaged"
			: rc ? s->call.err->text
			     : "the brain is neither as before nor as after");
}

static void cut_once(struct count *c, const struct tale *t, uint64_t seed, int lie, bool loud)
{
	struct story s;
	unsigned act = 0;

	fresh(&s);
	cutfs_begin(1 + mix(seed) % t->calls, lie);
	while (act < story_acts() && story_act(&s, act) == MN_OK)
		act++;
	story_close(&s);
	cutfs_crash(mix(seed + 1));
	c->cuts++;
	if (seed % 8 == 0 && brain_sound(&s)) { /* and again while it recovers */
		cutfs_begin(1 + mix(seed + 2) % 60, lie);
		recover(&s, seed);
		story_close(&s);
		cutfs_crash(mix(seed + 3));
		c->nested++;
	}
	judge(c, t, &s, act, seed, loud);
	story_close(&s);
}

static void print(const char *what, const struct count *c)
{
	printf("%-22s %8llu cuts, %llu of them twice: %llu damaged, %llu not opened, %llu lost "
	       "something acknowledged, %llu half applied\n",
		what, (unsigned long long)c->cuts, (unsigned long long)c->nested,
		(unsigned long long)c->damaged, (unsigned long long)c->unopened,
		(unsigned long long)c->lost, (unsigned long long)c->halved);
}

static uint64_t wrong(const struct count *c)
{
	return c->damaged + c->unopened + c->lost + c->halved;
}

static int cut_many(uint64_t cuts, uint64_t seed)
{
	struct count c = {0};
	struct tale t;

	tell_story(&t, CUTFS_HONEST);
	for (uint64_t i = 0; i < cuts; i++)
		cut_once(&c, &t, seed + i, CUTFS_HONEST, true);
	print("honest disk", &c);
	return wrong(&c) ? 1 : 0;
}

/* The harness must see what lying disks do: else it sees nothing. */
static int blame_disks(void)
{
	static const struct {
		const char *name;
		int lie;
	} disks[] = {{"no sync at all", CUTFS_NO_SYNC}, {"log never synced", CUTFS_NO_LOG_SYNC}};
	int rc = 0;

	for (int i = 0; i < 2; i++) {
		struct count c = {0};
		struct tale t;

		tell_story(&t, disks[i].lie);
		for (uint64_t k = 0; k < 200; k++)
			cut_once(&c, &t, k, disks[i].lie, false);
		print(disks[i].name, &c);
		if (wrong(&c) == 0) {
			fprintf(stderr, "cut: a disk that lies went unnoticed: %s\n",
				disks[i].name);
			rc = 1;
		}
	}
	return rc;
}

/* ---- A full disk -------------------------------------------------------------------------- */

/* The act fails or not; done again with room, everything is as it should be. */
static void fail_once(struct count *c, const struct tale *t, uint64_t at, void (*begin)(uint64_t))
{
	unsigned char hash[32];
	struct story s;
	unsigned act = 0;

	fresh(&s);
	begin(at);
	while (act < story_acts() && story_act(&s, act) == MN_OK)
		act++;
	story_close(&s);
	cutfs_begin(0, CUTFS_HONEST);
	c->cuts++;
	if (!brain_sound(&s))
		c->damaged++;
	else if (recover(&s, at) != MN_OK || story_hash(&s, hash) != MN_OK)
		c->unopened++;
	else if (!as_after(t, act, hash))
		blame(c, t, act, hash);
	story_close(&s);
}

/* How many calls the story takes where nothing fails. */
static uint64_t calls_of_story(void (*begin)(uint64_t))
{
	struct story s;
	uint64_t calls;

	fresh(&s);
	begin(0);
	for (unsigned a = 0; a < story_acts(); a++)
		if (story_act(&s, a) != MN_OK)
			die(story_act_name(a), &s);
	story_close(&s);
	calls = cutfs_calls();
	cutfs_begin(0, CUTFS_HONEST);
	return calls;
}

static int fail_each(const char *what, void (*begin)(uint64_t), uint64_t every)
{
	const uint64_t calls = calls_of_story(begin);
	struct count c = {0};
	struct tale t;

	tell_story(&t, CUTFS_HONEST);
	for (uint64_t at = 1; at <= calls; at += every)
		fail_once(&c, &t, at, begin);
	print(what, &c);
	return wrong(&c) ? 1 : 0;
}

/* ---- A brain of an older version ---------------------------------------------------------- */

struct older { /* how it goes without a cut */
	char bytes[1 << 20];
	size_t len;
	unsigned char hash[32];
	uint64_t calls;
};

static struct older older;

static void fresh_older(struct story *s)
{
	char path[256];
	FILE *f;

	fresh_folder(s);
	s->name = "old";
	snprintf(path, sizeof(path), "%s/brains", s->dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/brains/old.brain", s->dir);
	f = fopen(path, "wb");
	if (!f || fwrite(older.bytes, 1, older.len, f) != older.len || fclose(f)
		|| chmod(path, 0600))
		die("writing the older brain", NULL);
}

static void tell_older(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct story s;

	if (!f)
		die(path, NULL);
	older.len = fread(older.bytes, 1, sizeof(older.bytes), f);
	fclose(f);
	fresh_older(&s);
	cutfs_begin(0, CUTFS_HONEST);
	if (story_open(&s) != MN_OK || story_hash(&s, older.hash) != MN_OK)
		die("opening the older brain", &s);
	story_close(&s);
	older.calls = cutfs_calls();
}

/* Opened once more, it is what it should have become. */
static void judge_older(struct count *c, struct story *s)
{
	unsigned char hash[32];

	c->cuts++;
	if (!brain_sound(s))
		c->damaged++;
	else if (story_open(s) != MN_OK || story_hash(s, hash) != MN_OK)
		c->unopened++;
	else if (memcmp(hash, older.hash, sizeof(hash)) != 0)
		c->halved++;
	story_close(s);
}

static void cut_older_once(struct count *c, uint64_t at, uint64_t seed)
{
	struct story s;

	fresh_older(&s);
	cutfs_begin(at, CUTFS_HONEST);
	story_open(&s);
	story_close(&s);
	cutfs_crash(mix(seed + at));
	if (seed % 2) { /* and again while it is tried once more */
		cutfs_begin(1 + mix(seed) % older.calls, CUTFS_HONEST);
		story_open(&s);
		story_close(&s);
		cutfs_crash(mix(seed + at + 1));
		c->nested++;
	}
	cutfs_begin(0, CUTFS_HONEST);
	judge_older(c, &s);
}

static uint64_t fail_older_each(const char *what, void (*begin)(uint64_t))
{
	struct count c = {0};
	struct story s;
	uint64_t calls = 0;

	for (uint64_t at = 0; at <= calls; at++) { /* 0: none fails, and they are counted */
		fresh_older(&s);
		begin(at);
		story_open(&s);
		story_close(&s);
		calls = at ? calls : cutfs_calls();
		cutfs_begin(0, CUTFS_HONEST);
		judge_older(&c, &s);
	}
	print(what, &c);
	return wrong(&c);
}

static int cut_older(const char *path, uint64_t seeds)
{
	struct count c = {0};
	uint64_t bad;

	tell_older(path);
	for (uint64_t at = 1; at <= older.calls; at++)
		for (uint64_t seed = 0; seed < seeds; seed++)
			cut_older_once(&c, at, seed);
	print("brought up to date", &c);
	bad = wrong(&c);
	bad += fail_older_each("disk full meanwhile", cutfs_begin_full);
	bad += fail_older_each("one call fails", cutfs_begin_broken);
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	const bool full = getenv("MN_FULL") != NULL;
	const uint64_t every = argc > 2 ? strtoull(argv[2], NULL, 10) : full ? 1 : 3;
	int rc;

	snprintf(base, sizeof(base), "%.40s/mn-cut-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(base))
		return 2;
	cutfs_install();
	if (argc > 1 && strcmp(argv[1], "--blame") == 0)
		rc = blame_disks();
	else if (argc > 1 && strcmp(argv[1], "--full") == 0)
		rc = fail_each("disk full at one call", cutfs_begin_full, every);
	else if (argc > 1 && strcmp(argv[1], "--broken") == 0)
		rc = fail_each("one call fails", cutfs_begin_broken, every);
	else if (argc > 2 && strcmp(argv[1], "--older") == 0)
		rc = cut_older(argv[2], full ? 64 : 4);
	else
		rc = cut_many(argc > 1 ? strtoull(argv[1], NULL, 10)
			      : full   ? 20000
				       : 2000,
			argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
	clear(base);
	return rc;
}
