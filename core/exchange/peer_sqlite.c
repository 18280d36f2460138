/* SPDX-License-Identifier: MIT */
#include "exchange/peer_sqlite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"

#define VALUE_MOST (64 << 20)
#define TABLE_PART ((size_t)256 << 10) /* of a table that goes into one row of ours */
#define BRAINS_MOST 100

struct reading {
	mn_call *call;
	mn_peer_load *load;
	sqlite3 *db;
	mn_str path, brain; /* brain: its id */
	mn_buf record;
};

static int fail(struct reading *r, const char *what)
{
	const int code = r->db ? sqlite3_errcode(r->db) : SQLITE_NOMEM;

	if (code == SQLITE_INTERRUPT || mn_cancelled(r->call))
		return mn_fail_cancelled(r->call);
	return mn_fail(r->call, code == SQLITE_NOMEM ? MN_ENOMEM : MN_EINVAL, code, "%.*s: %s: %s",
		MN_FMT(r->path), what, r->db ? sqlite3_errmsg(r->db) : "no memory");
}

/* ---- The file ----------------------------------------------------------------------------- */

static int on_progress(void *call)
{
	return mn_cancelled(call);
}

static void put_path(mn_buf *uri, mn_str path)
{
	for (size_t i = 0; i < path.len; i++)
		if (strchr("%?#", path.ptr[i]))
			mn_buf_printf(uri, "%%%02X", (unsigned char)path.ptr[i]);
		else
			mn_buf_char(uri, path.ptr[i]);
}

/* With a journal beside it the file alone is not all; without, nobody's lock is needed. */
static bool has_journal(mn_str path)
{
	static const char *const ends[] = {"-wal", "-journal"};
	bool found = false;

	for (size_t i = 0; i < 2; i++) {
		mn_buf name = MN_BUF(path.len + 16);
		struct stat st;

		mn_buf_str(&name, path);
		mn_buf_text(&name, ends[i]);
		mn_buf_char(&name, '\0');
		found |= mn_buf_ok(&name) && stat(name.ptr, &st) == 0 && st.st_size > 0;
		mn_buf_free(&name);
	}
	return found;
}

static int harden(struct reading *r)
{
	static const struct {
		int limit, most;
	} limits[] = {{SQLITE_LIMIT_LENGTH, VALUE_MOST}, {SQLITE_LIMIT_SQL_LENGTH, 100000},
		{SQLITE_LIMIT_COLUMN, 200}, {SQLITE_LIMIT_EXPR_DEPTH, 20},
		{SQLITE_LIMIT_COMPOUND_SELECT, 3}, {SQLITE_LIMIT_VDBE_OP, 25000},
		{SQLITE_LIMIT_FUNCTION_ARG, 8}, {SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50}, {SQLITE_LIMIT_TRIGGER_DEPTH, 1}};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		sqlite3_limit(r->db, limits[i].limit, limits[i].most);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_progress_handler(r->db, 10000, on_progress, r->call);
	if (sqlite3_exec(r->db, "PRAGMA query_only=1; PRAGMA cell_size_check=1; BEGIN", NULL, NULL,
		    NULL))
		return fail(r, "it cannot be read");
	return MN_OK;
}

static int open_file(struct reading *r)
{
	mn_buf uri = MN_BUF(3 * r->path.len + 100);
	int status = MN_OK;

	mn_buf_text(&uri, "file:");
	put_path(&uri, r->path);
	mn_buf_text(&uri, has_journal(r->path) ? "?mode=ro" : "?mode=ro&immutable=1");
	mn_buf_char(&uri, '\0');
	if (!mn_buf_ok(&uri))
		status = mn_fail_memory(r->call);
	else if (sqlite3_open_v2(uri.ptr, &r->db,
			 SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_PRIVATECACHE, NULL))
		status = fail(r, "it cannot be opened");
	mn_buf_free(&uri);
	return status == MN_OK ? harden(r) : status;
}

static int prepare(struct reading *r, const char *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v2(r->db, sql, -1, out, NULL) ? fail(r, "it cannot be read") : MN_OK;
}

/* The next row; *more false: there is none. */
static int step(struct reading *r, sqlite3_stmt *s, bool *more)
{
	const int code = sqlite3_step(s);

	*more = code == SQLITE_ROW;
	return *more || code == SQLITE_DONE ? MN_OK : fail(r, "it cannot be read");
}

/* SQLite takes a page that is cut for one that ends in zeros. */
static int check_length(struct reading *r)
{
	sqlite3_stmt *s = NULL;
	struct stat st;
	bool more;
	int status = prepare(
		r, "SELECT page_size, page_count FROM pragma_page_size, pragma_page_count", &s);

	if (status == MN_OK)
		status = step(r, s, &more);
	if (status == MN_OK && more && !has_journal(r->path) && stat(r->path.ptr, &st) == 0
		&& st.st_size != sqlite3_column_int64(s, 0) * sqlite3_column_int64(s, 1))
		status = mn_fail(r->call, MN_EINVAL, 0,
			"%.*s is cut short: it is not as long as it says itself", MN_FMT(r->path));
	sqlite3_finalize(s);
	return status;
}

/* A page that is damaged might just be missing rows. */
static int check_file(struct reading *r)
{
	sqlite3_stmt *s = NULL;
	bool more;
	int status = check_length(r);

	if (status == MN_OK)
		status = prepare(r, "PRAGMA quick_check(1)", &s);

	if (status == MN_OK)
		status = step(r, s, &more);
	if (status == MN_OK
		&& (!more || strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0))
		status = mn_fail(r->call, MN_EINVAL, 0, "%.*s is damaged: %.120s", MN_FMT(r->path),
			more ? (const char *)sqlite3_column_text(s, 0) : "nothing can be checked");
	sqlite3_finalize(s);
	return status;
}

/* ---- Values ------------------------------------------------------------------------------- */

static mn_str column(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return (mn_str){text, text ? (size_t)sqlite3_column_bytes(s, i) : 0};
}

static void put_blob(mn_buf *b, sqlite3_stmt *s, int i)
{
	const unsigned char *bytes = sqlite3_column_blob(s, i);
	const int n = sqlite3_column_bytes(s, i);

	mn_buf_text(b, "{\"blob\":\"");
	for (int k = 0; k < n; k++)
		mn_buf_printf(b, "%02x", bytes[k]);
	mn_buf_text(b, "\"}");
}

/* A real number stays one. */
static void put_real(mn_buf *b, double x)
{
	const size_t from = b->len;

	mn_buf_number(b, x);
	if (mn_buf_ok(b) && !memchr(b->ptr + from, '.', b->len - from)
		&& !memchr(b->ptr + from, 'e', b->len - from)
		&& !memchr(b->ptr + from, 'n', b->len - from))
		mn_buf_text(b, ".0");
}

static void put_value(mn_buf *b, sqlite3_stmt *s, int i)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER: mn_buf_printf(b, "%lld", sqlite3_column_int64(s, i)); break;
	case SQLITE_FLOAT: put_real(b, sqlite3_column_double(s, i)); break;
	case SQLITE_TEXT: mn_buf_json(b, column(s, i)); break;
	case SQLITE_BLOB: put_blob(b, s, i); break;
	default: mn_buf_text(b, "null"); break;
	}
}

/* Columns that hold JSON as text. */
static bool holds_json(const char *name)
{
	static const char *const names[] = {"metadata", "neuron_ids", "synapse_ids", "tags",
		"pathway", "auto_tags", "agent_tags", "provenance", "shared_with", "config"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The text itself, if it is JSON that can be kept; else what is usual, and the text beside it. */
static void put_json(mn_buf *b, const char *name, mn_str text)
{
	json_t *tree = NULL;
	char why[80];
	const bool metadata = strcmp(name, "metadata") == 0;
	const bool good = mn_json_read(text, why, sizeof(why), &tree) == MN_OK
			  && (!metadata || json_is_object(tree));

	if (good) {
		mn_buf_str(b, text);
	} else if (metadata) {
		mn_buf_text(b, "{},\"metadata_text\":");
		mn_buf_json(b, text);
	} else {
		mn_buf_json(b, text);
	}
	json_decref(tree);
}

/* A row as an object, of all columns but brain_id. */
static int put_record(struct reading *r, sqlite3_stmt *s)
{
	mn_buf *b = &r->record;

	mn_buf_clear(b);
	mn_buf_char(b, '{');
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		const char *name = sqlite3_column_name(s, i);

		if (strcmp(name, "brain_id") == 0)
			continue;
		if (b->len > 1)
			mn_buf_char(b, ',');
		mn_buf_json(b, mn_str_of(name));
		mn_buf_char(b, ':');
		if (sqlite3_column_type(s, i) == SQLITE_TEXT && holds_json(name))
			put_json(b, name, column(s, i));
		else
			put_value(b, s, i);
	}
	mn_buf_char(b, '}');
	return mn_buf_ok(b) ? MN_OK : mn_fail_memory(r->call);
}

/* ---- Tables that become rows -------------------------------------------------------------- */

static int take_project(struct reading *r)
{
	json_t *project = NULL;
	char why[160];
	int status = mn_json_read(mn_buf_view(&r->record), why, sizeof(why), &project);

	if (status != MN_OK)
		return mn_fail(r->call, status, 0, "%.*s: projects: %s", MN_FMT(r->path), why);
	return json_array_append_new(r->load->projects, project) ? mn_fail_memory(r->call) : MN_OK;
}

static const struct known {
	const char *table;
	int part;
	const char *sql;
} known[] = {
	{"neurons", MN_PEER_NEURON, "SELECT * FROM neurons WHERE brain_id=?"},
	{"neuron_states", MN_PEER_NEURON_STATE, "SELECT * FROM neuron_states WHERE brain_id=?"},
	{"synapses", MN_PEER_SYNAPSE, "SELECT * FROM synapses WHERE brain_id=?"},
	{"fibers", MN_PEER_FIBER, "SELECT * FROM fibers WHERE brain_id=?"},
	{"typed_memories", MN_PEER_TYPED_MEMORY, "SELECT * FROM typed_memories WHERE brain_id=?"},
	{"projects", MN_PEER_ABOUT, "SELECT * FROM projects WHERE brain_id=?"},
};

static int read_known(struct reading *r, const struct known *k)
{
	sqlite3_stmt *s = NULL;
	bool more = true;
	int status = prepare(r, k->sql, &s);

	if (status == MN_OK)
		sqlite3_bind_text(s, 1, r->brain.ptr, (int)r->brain.len, SQLITE_STATIC);
	while (status == MN_OK && (status = step(r, s, &more)) == MN_OK && more) {
		status = put_record(r, s);
		if (status == MN_OK && k->part == MN_PEER_ABOUT)
			status = take_project(r);
		else if (status == MN_OK)
			status = mn_peer_load_take(
				r->load, r->call, k->part, MN_STR(""), mn_buf_view(&r->record));
	}
	sqlite3_finalize(s);
	return status;
}

/* ---- All other tables --------------------------------------------------------------------- */

static void begin_table(struct reading *r, const char *table, sqlite3_stmt *s)
{
	mn_buf *b = &r->record;

	mn_buf_clear(b);
	mn_buf_text(b, "{\"table\":");
	mn_buf_json(b, mn_str_of(table));
	mn_buf_text(b, ",\"columns\":[");
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		if (i)
			mn_buf_char(b, ',');
		mn_buf_json(b, mn_str_of(sqlite3_column_name(s, i)));
	}
	mn_buf_text(b, "],\"rows\":[");
}

static int end_table(struct reading *r)
{
	mn_buf_text(&r->record, "]}");
	if (!mn_buf_ok(&r->record))
		return mn_fail_memory(r->call);
	return mn_peer_load_table(r->load, mn_buf_view(&r->record));
}

static int read_rows(struct reading *r, const char *table, sqlite3_stmt *s)
{
	size_t n = 0;
	bool more;
	int status;

	while ((status = step(r, s, &more)) == MN_OK && more) {
		if (n == 0)
			begin_table(r, table, s);
		mn_buf_text(&r->record, n++ ? ",[" : "[");
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			if (i)
				mn_buf_char(&r->record, ',');
			put_value(&r->record, s, i);
		}
		mn_buf_char(&r->record, ']');
		if (r->record.len < TABLE_PART && mn_buf_ok(&r->record))
			continue;
		status = end_table(r);
		n = 0;
		if (status != MN_OK)
			return status;
	}
	return status == MN_OK && n ? end_table(r) : status;
}

/* Rows of the brain, where the table has brains, else all. */
static int read_table(struct reading *r, const char *table)
{
	const bool brains = sqlite3_table_column_metadata(
				    r->db, "main", table, "brain_id", 0, 0, 0, 0, 0)
			    == SQLITE_OK;
	char *sql = sqlite3_mprintf(
		"SELECT * FROM \"%w\"%s", table, brains ? " WHERE brain_id=?" : "");
	sqlite3_stmt *s = NULL;
	int status = sql ? prepare(r, sql, &s) : mn_fail_memory(r->call);

	sqlite3_free(sql);
	if (status == MN_OK && brains)
		sqlite3_bind_text(s, 1, r->brain.ptr, (int)r->brain.len, SQLITE_STATIC);
	if (status == MN_OK)
		status = read_rows(r, table, s);
	sqlite3_finalize(s);
	return status;
}

static bool is_known(const char *table)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].table, table) == 0)
			return true;
	return strcmp(table, "brains") == 0;
}

static int read_others(struct reading *r)
{
	sqlite3_stmt *s = NULL;
	bool more;
	int status = prepare(r,
		"SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite\\_%' "
		"ESCAPE '\\' AND name NOT GLOB 'neurons_fts*' AND name NOT GLOB 'fibers_fts*' "
		"AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
		&s);

	while (status == MN_OK && (status = step(r, s, &more)) == MN_OK && more) {
		const mn_str name = column(s, 0);

		if (!is_known(name.ptr ? name.ptr : ""))
			status = read_table(r, name.ptr);
	}
	sqlite3_finalize(s);
	return status;
}

/* ---- Brains ------------------------------------------------------------------------------- */

static int keep_brain(struct reading *r, sqlite3_stmt *s)
{
	json_t *row = NULL, *config;
	char why[160];
	int status = put_record(r, s);

	if (status == MN_OK)
		status = mn_json_read(mn_buf_view(&r->record), why, sizeof(why), &row);
	if (status == MN_EINVAL)
		return mn_fail(r->call, MN_EINVAL, 0, "%.*s: brains: %s", MN_FMT(r->path), why);
	if (status != MN_OK)
		return status;
	config = json_object_get(row, "config");
	if (json_is_object(config))
		json_object_update(r->load->config, config);
	json_object_del(row, "config");
	json_object_update(r->load->about, row);
	r->brain = mn_call_copy(r->call, mn_json_str(json_object_get(row, "id")));
	json_decref(row);
	return r->brain.ptr
		       ? MN_OK
		       : mn_fail(r->call, MN_EINVAL, 0, "%.*s: a brain has no id", MN_FMT(r->path));
}

/* What there is to choose from, for a person. */
static int choose(struct reading *r, const mn_buf *names, mn_str wanted)
{
	if (wanted.len)
		return mn_fail(r->call, MN_EINVAL, 0, "%.*s has no brain \"%.*s\"%s%.*s",
			MN_FMT(r->path), MN_FMT(wanted), names->len ? ", only " : "",
			MN_FMT(mn_buf_view(names)));
	return mn_fail(r->call, MN_EINVAL, 0,
		names->len ? "%.*s holds several brains: choose one with --from-brain: %.*s"
			   : "%.*s holds no brain%.*s",
		MN_FMT(r->path), MN_FMT(mn_buf_view(names)));
}

static int find_brain(struct reading *r, mn_str wanted)
{
	mn_buf names = MN_BUF((size_t)1 << 20);
	sqlite3_stmt *s = NULL;
	size_t n = 0, fit = 0;
	bool more;
	int status = prepare(r, "SELECT * FROM brains", &s);
	const int id = 0;

	while (status == MN_OK && (status = step(r, s, &more)) == MN_OK && more) {
		mn_str name = {NULL, 0};

		for (int i = 0; i < sqlite3_column_count(s); i++)
			if (strcmp(sqlite3_column_name(s, i), "name") == 0)
				name = column(s, i);
		if (n++ < BRAINS_MOST)
			mn_buf_printf(&names, "%s%.*s", n > 1 ? ", " : "", MN_FMT(name));
		if (wanted.len && !mn_str_eq(wanted, name) && !mn_str_eq(wanted, column(s, id)))
			continue;
		if (fit++ == 0)
			status = keep_brain(r, s);
	}
	sqlite3_finalize(s);
	if (status == MN_OK && fit != 1)
		status = choose(r, &names, wanted);
	mn_buf_free(&names);
	return status;
}

int mn_peer_sqlite_read(mn_call *call, mn_peer_load *load, mn_str path, mn_str brain)
{
	struct reading r = {
		.call = call, .load = load, .path = path, .record = MN_BUF((size_t)2 * VALUE_MOST)};
	int status = open_file(&r);

	if (status == MN_OK)
		status = check_file(&r);
	if (status == MN_OK)
		status = find_brain(&r, brain);
	for (size_t i = 0; status == MN_OK && i < sizeof(known) / sizeof(*known); i++)
		status = read_known(&r, &known[i]);
	if (status == MN_OK)
		status = read_others(&r);
	sqlite3_close(r.db);
	mn_buf_free(&r.record);
	return status;
}
