/* SPDX-License-Identifier: MIT */
#include "sqlite_room.h"
#include "bundles.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* ---- Rooms -------------------------------------------------------------------------------- */

int sqlite_room_begin(void **state)
{
	struct room *r = calloc(1, sizeof(*r));

	*state = r;
	if (!r || room_open(r, "sqlite:@"))
		return -1;
	chmod(r->folder, 0755); /* a child that is nobody has to come in */
	return claim_begin(state);
}

int sqlite_room_end(void **state)
{
	room_close(*state);
	free(*state);
	return 0;
}

void sqlite_room_close(struct room *r)
{
	r->be->close(r->db);
	r->db = NULL;
}

void sqlite_room_open(struct room *r, bool read_only)
{
	if (r->db)
		r->be->close(r->db);
	r->db = NULL;
	ok(r, r->be->open(&r->engine->host, &r->call, mn_str_of(r->url), read_only, &r->db));
}

mn_db *sqlite_room_second(struct room *r)
{
	mn_db *db = NULL;

	ok(r, r->be->open(&r->engine->host, &r->call, mn_str_of(r->url), false, &db));
	return db;
}

const char *path_in(struct room *r, const char *file)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", r->folder, file);
	return path;
}

/* ---- Files -------------------------------------------------------------------------------- */

struct bytes bytes_read(const char *path)
{
	struct bytes b = {NULL, 0};
	FILE *f = fopen(path, "rb");
	size_t cap = 0, got;

	assert_non_null(f);
	do {
		if (b.n == cap) {
			cap = cap ? 2 * cap : 65536;
			b.at = realloc(b.at, cap);
			assert_non_null(b.at);
		}
		got = fread(b.at + b.n, 1, cap - b.n, f);
		b.n += got;
	} while (got);
	fclose(f);
	return b;
}

void bytes_write(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

bool bytes_same(struct bytes a, struct bytes b)
{
	return a.n == b.n && memcmp(a.at, b.at, a.n) == 0;
}

mode_t mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0 : st.st_mode & 07777;
}

unsigned files_in(struct room *r)
{
	DIR *dir = opendir(r->folder);
	const struct dirent *e;
	unsigned n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0
		     && strcmp(e->d_name, ".ballast") != 0;
	closedir(dir);
	return n;
}

/* ---- Raw SQL ------------------------------------------------------------------------------ */

static int stand_in_create(void *ctx, const char **args, int n, Fts5Tokenizer **out)
{
	(void)args, (void)n;
	*out = ctx;
	return SQLITE_OK;
}

static void stand_in_delete(Fts5Tokenizer *t)
{
	(void)t;
}

/* No word at all: enough to open and check a table, not to fill one. */
static int stand_in_tokenize(Fts5Tokenizer *t, void *ctx, int flags, const char *text, int n,
	int (*token)(void *, int, const char *, int, int, int))
{
	(void)t, (void)ctx, (void)flags, (void)text, (void)n, (void)token;
	return SQLITE_OK;
}

static void add_tokenizer(sqlite3 *sql)
{
	static fts5_tokenizer functions = {stand_in_create, stand_in_delete, stand_in_tokenize};
	fts5_api *api = NULL;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(sql, "SELECT fts5(?1)", -1, &st, NULL), SQLITE_OK);
	sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
	sqlite3_step(st);
	sqlite3_finalize(st);
	assert_non_null(api);
	api->xCreateTokenizer(api, "mnemoscope", &functions, &functions, NULL);
}

sqlite3 *raw_open(const char *path)
{
	sqlite3 *sql = NULL;

	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	sqlite3_busy_timeout(sql, 10000);
	add_tokenizer(sql);
	bundles_unpack(sql);
	return sql;
}

void raw_do(const char *path, const char *statements)
{
	sqlite3 *sql = raw_open(path);

	if (sqlite3_exec(sql, statements, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", statements, sqlite3_errmsg(sql));
	bundles_pack(sql);
	sqlite3_close(sql);
}

int64_t raw_number(const char *path, const char *query)
{
	sqlite3 *sql = raw_open(path);
	sqlite3_stmt *st = NULL;
	int64_t n;

	if (sqlite3_prepare_v2(sql, query, -1, &st, NULL) != SQLITE_OK
		|| sqlite3_step(st) != SQLITE_ROW)
		fail_msg("%s: %s", query, sqlite3_errmsg(sql));
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(sql);
	return n;
}

void raw_check(const char *path)
{
	assert_int_equal(raw_number(path, "SELECT count(*) FROM pragma_integrity_check"
					  " WHERE integrity_check <> 'ok'"),
		0);
	assert_int_equal(raw_number(path, "SELECT count(*) FROM synapse WHERE source NOT IN"
					  " (SELECT id FROM neuron) OR target NOT IN"
					  " (SELECT id FROM neuron)"),
		0);
	assert_int_equal(
		raw_number(path, "SELECT (SELECT count(*) FROM neuron) - neurons FROM tally"), 0);
	assert_int_equal(
		raw_number(path, "SELECT (SELECT count(*) FROM synapse) - synapses FROM tally"), 0);
	assert_int_equal(
		raw_number(path, "SELECT (SELECT count(*) FROM fiber) - fibers FROM tally"), 0);
}

/* ---- Operations --------------------------------------------------------------------------- */

void says(struct room *r, int status, int want, const char *words)
{
	const char *text = r->call.err->text;

	if (status != want || !strstr(text, words) || strchr(text, '\n'))
		fail_msg("%s with \"%s\" is due, but it gave %s: %s", mn_status_name(want), words,
			mn_status_name(status), status ? text : "");
}

int find_status(struct room *r, const char *name)
{
	mn_str key = mn_str_of(name);
	mn_rows rows = {0};
	int status = r->be->brains(r->db, &r->call, MN_BRAINS_FIND, &key, &rows);

	return status == MN_OK && rows.n == 0 ? MN_ENOBRAIN : status;
}

int apply_one(struct room *r, mn_id id, const char *text)
{
	mn_neuron n = neuron(id, MN_MEMORY, text);
	mn_change change = {MN_ADD, MN_NEURON, &n};
	mn_applied applied = MN_SIZED(mn_applied);

	return r->be->apply(r->db, &r->call, r->brain, NULL, &change, 1, &applied);
}

/* ---- Children ----------------------------------------------------------------------------- */

static struct {
	struct room *room;
	int (*run)(struct room *);
	int value;
} child;

/* What fails in a child fails as a test of its own, whose output is the child's. */
static void child_test(void **state)
{
	(void)state;
	child.value = child.run(child.room);
}

static int run_child(struct room *r, bool nobody, int (*run)(struct room *))
{
	const struct CMUnitTest test[] = {cmocka_unit_test(child_test)};

	if (nobody && geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
		return 250;
	r->db = NULL;
	mn_call_reset(&r->call);
	if (r->be->open(&r->engine->host, &r->call, mn_str_of(r->url), nobody, &r->db) != MN_OK) {
		print_error("in a child: %s\n", r->call.err->text);
		return 251;
	}
	child.room = r;
	child.run = run;
	if (cmocka_run_group_tests_name("a child", test, NULL, NULL))
		return 252;
	r->be->close(r->db);
	return child.value;
}

pid_t start_child(struct room *r, bool nobody, int (*run)(struct room *))
{
	pid_t pid;

	assert_null(r->db); /* SQLite's connections must not be carried over a fork */
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(253);
		_exit(run_child(r, nobody, run));
	}
	assert_true(pid > 0);
	return pid;
}

int end_child(pid_t pid)
{
	int how = 0;

	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

int in_child(struct room *r, bool nobody, int (*run)(struct room *))
{
	return end_child(start_child(r, nobody, run));
}
