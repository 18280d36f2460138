/* SPDX-License-Identifier: MIT */
#include "exam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "brain.h"
#include "fault.h"
#include "fiber.h"
#include "heap.h"
#include "varint.h"
#include "view.h"

#define ELSE_WROTE "something else than this program wrote to the file"
#define DELETED "rows were deleted by something else than this program"
#define DISK "the disk, or a program that wrote into the file"
#define TAKES_OUT "doctor --fix takes it out, and keeps it in a file"
#define SETS "doctor --fix sets it right, and keeps the old row in a file"
#define WORKS_OUT "doctor --fix works it out anew from the rows"
#define MAKES "doctor --fix makes it anew"
#define SALVAGE "doctor --salvage OUT saves what can be read; or restore it from a copy"
#define RESTORE "move it away, and restore the brain from a copy"

#define CAN .repairable = true

static const mn_finding classes[WRONGS] = {
	[WRONG_FILE] = {"NM-I14", "file-strange", "the file is not a database",
		"another program wrote it, or its beginning was overwritten", RESTORE},
	[WRONG_EMPTY] = {"NM-I14", "file-empty", "the file is empty",
		"the disk was full, or the file was cut off", RESTORE},
	[WRONG_FOREIGN] = {"NM-I14", "file-foreign", "the file is a database of another program",
		"it was put there, or renamed", "move it away"},
	[WRONG_NEWER] = {"NM-I14", "file-newer", "the file was made by a newer version",
		"mnemoscope was upgraded elsewhere", "upgrade mnemoscope"},
	[WRONG_OLDER] = {"NM-I14", "file-older", "the file was made by an older version",
		"it was not opened for writing since the upgrade",
		"doctor --fix brings it up to date, as writing to it does", CAN},
	[WRONG_VERSION] = {"NM-I14", "file-version", "the file has no version", ELSE_WROTE,
		SALVAGE},
	[WRONG_SHORT] = {"NM-I14", "file-short", "the file is shorter than it says it is",
		"it was cut off, or a copy was not finished", SALVAGE},
	[WRONG_MODE] = {"NM-I14", "file-mode", "others may read or write the file",
		"it was copied, or its rights were changed",
		"doctor --fix gives it the rights 0600", CAN},
	[WRONG_LOG] = {"NM-I14", "log-strange", "the log beside the file (-wal) is none",
		"it belongs to another file, or was overwritten",
		"doctor --fix moves it aside, to NAME-wal.strange", CAN},
	[WRONG_LOG_ALONE] = {"NM-I14", "log-alone", "there is a log (-wal), but its file is gone",
		"the file was moved or deleted without what lies beside it",
		"bring the file back to the log"},
	[WRONG_PAGE] = {"NM-I14", "page", "a page of the file is malformed", DISK, SALVAGE},
	[WRONG_INDEX_PAGE] = {"NM-I14", "index-page", "an index of the file is not as its table",
		DISK, MAKES, CAN},
	[WRONG_TABLE] = {"NM-I14", "table", "a table of rows is missing, or not as it should be",
		ELSE_WROTE, SALVAGE},
	[WRONG_DERIVED] = {"NM-I14", "index", "an index, or a table that serves as one, is missing",
		ELSE_WROTE, MAKES, CAN},
	[WRONG_EXTRA] = {"NM-I14", "table-extra", "there is a table that no brain has", ELSE_WROTE,
		"nothing need be done: it is passed over", .harmless = true},
	[WRONG_TRIGGER] = {"NM-I14", "trigger", "there is a trigger or a view", ELSE_WROTE,
		"doctor --fix takes it out, and keeps its text in a file", CAN},
	[WRONG_BRAIN] = {"NM-I6", "brain-row", "the brain's own row is missing", DELETED,
		"doctor --fix makes one, called after the file", CAN},
	[WRONG_TALLY] = {"NM-I4", "tally", "the brain's counters are missing", DELETED, MAKES, CAN},
	[WRONG_CONFIG] = {"NM-I6", "config", "the brain's settings cannot be read", ELSE_WROTE,
		"doctor --fix goes back to the defaults, and keeps the old ones in a file", CAN},
	[WRONG_MEASURE] = {"NM-I3", "measure",
		"lists are ordered by other settings than the brain's", ELSE_WROTE, WORKS_OUT, CAN},
	[WRONG_ID] = {"NM-I6", "row-id", "an id is not from 1 to 9223372036854775807", ELSE_WROTE,
		TAKES_OUT, CAN},
	[WRONG_ROW] = {"NM-I6", "row", "a row has a column of the wrong kind", ELSE_WROTE, SETS,
		CAN},
	[WRONG_BUNDLE] = {"NM-I6", "bundle", "a bundle of rows is broken", DISK,
		"doctor --fix keeps the rows that can be read, and the bundle in a file", CAN},
	[WRONG_APART] = {"NM-I6", "text-apart", "a row and its text do not know of each other",
		ELSE_WROTE, SETS, CAN},
	[WRONG_TEXT] = {"NM-I6", "text", "a text is not valid UTF-8, or holds NUL", ELSE_WROTE,
		SETS, CAN},
	[WRONG_UID] = {"NM-I6", "uid-twice", "two rows have one uid", ELSE_WROTE, SETS, CAN},
	[WRONG_TYPE] = {"NM-I6", "type", "a row is of a type that is not known", DELETED, SETS,
		CAN},
	[WRONG_TYPE_GAP] = {"NM-I6", "type-missing", "the name of a type is missing", DELETED,
		"doctor --fix calls it unknown-N", CAN},
	[WRONG_CODE] = {"NM-I6", "code", "a stage or a flag is none that is known",
		"something else wrote it, or a newer version", SETS, CAN},
	[WRONG_NUMBER] = {"NM-I3", "number", "a number is not finite, or out of its range",
		ELSE_WROTE, SETS, CAN},
	[WRONG_WEIGHT] = {"NM-I3", "weight-unknown", "a row has a weight that is not known",
		DELETED, "doctor --fix sets it to 0.5, and keeps the old row in a file", CAN},
	[WRONG_WEIGHT_GAP] = {"NM-I3", "weight-missing", "a weight that rows share is missing",
		DELETED, "doctor --fix makes it 0.5", CAN},
	[WRONG_END] = {"NM-I1", "synapse-end", "an end of a synapse does not exist", DELETED,
		TAKES_OUT, CAN},
	[WRONG_OWNER] = {"NM-I1", "state-owner", "a state is of a neuron that does not exist",
		DELETED, TAKES_OUT, CAN},
	[WRONG_ANCHOR] = {"NM-I2", "fiber-anchor", "a memory's anchor does not exist", DELETED,
		TAKES_OUT, CAN},
	[WRONG_MEMBERS] = {"NM-I2", "fiber-list", "a memory's list of members or tags is broken",
		ELSE_WROTE, "doctor --fix empties it, and keeps the old row in a file", CAN},
	[WRONG_COUNT] = {"NM-I4", "count", "a counter is not the number of rows", ELSE_WROTE,
		WORKS_OUT, CAN},
	[WRONG_OLDEST] = {"NM-I4", "oldest", "a synapse is older than the oldest is said to be",
		ELSE_WROTE, WORKS_OUT, CAN},
	[WRONG_BUMP] = {"NM-I5", "bump", "a use is noted of a synapse that does not exist", DELETED,
		WORKS_OUT, CAN},
	[WRONG_LIST] = {"NM-I5", "list", "a list of synapses has an entry that is wrong",
		ELSE_WROTE, WORKS_OUT, CAN},
	[WRONG_LIST_MISSING] = {"NM-I5", "list-missing", "a synapse is missing from a list",
		DELETED, WORKS_OUT, CAN},
	[WRONG_ANCHOR_INDEX] = {"NM-I5", "anchor-index",
		"the index of anchors is not as the memories say", ELSE_WROTE, WORKS_OUT, CAN},
	[WRONG_MEMBER_INDEX] = {"NM-I5", "member-index",
		"the index of members is not as the memories say", ELSE_WROTE, WORKS_OUT, CAN},
	[WRONG_TAG_INDEX] = {"NM-I5", "tag-index", "the index of tags is not as the memories say",
		ELSE_WROTE, WORKS_OUT, CAN},
	[WRONG_WORDS] = {"NM-I5", "words", "the word index is not as a text says", ELSE_WROTE,
		WORKS_OUT, CAN},
	[WRONG_WORDS_BROKEN] = {"NM-I5", "words-broken", "the word index cannot be read", DISK,
		WORKS_OUT, CAN},
};

const enum cure exam_cures[WRONGS] = {
	[WRONG_OLDER] = CURE_FILE,
	[WRONG_MODE] = CURE_FILE,
	[WRONG_LOG] = CURE_FILE,
	[WRONG_INDEX_PAGE] = CURE_TABLE,
	[WRONG_DERIVED] = CURE_TABLE,
	[WRONG_TRIGGER] = CURE_TABLE,
	[WRONG_BRAIN] = CURE_TABLE,
	[WRONG_TALLY] = CURE_TABLE,
	[WRONG_CONFIG] = CURE_TABLE,
	[WRONG_MEASURE] = CURE_REBUILD,
	[WRONG_ID] = CURE_ROW,
	[WRONG_ROW] = CURE_ROW,
	[WRONG_TEXT] = CURE_ROW,
	[WRONG_UID] = CURE_ROW,
	[WRONG_TYPE] = CURE_ROW,
	[WRONG_TYPE_GAP] = CURE_ROW,
	[WRONG_CODE] = CURE_ROW,
	[WRONG_NUMBER] = CURE_ROW,
	[WRONG_WEIGHT] = CURE_ROW,
	[WRONG_WEIGHT_GAP] = CURE_ROW,
	[WRONG_BUNDLE] = CURE_ROW,
	[WRONG_APART] = CURE_ROW,
	[WRONG_END] = CURE_ROW,
	[WRONG_OWNER] = CURE_ROW,
	[WRONG_ANCHOR] = CURE_ROW,
	[WRONG_MEMBERS] = CURE_ROW,
	[WRONG_COUNT] = CURE_REBUILD,
	[WRONG_OLDEST] = CURE_REBUILD,
	[WRONG_BUMP] = CURE_REBUILD,
	[WRONG_LIST] = CURE_REBUILD,
	[WRONG_LIST_MISSING] = CURE_REBUILD,
	[WRONG_ANCHOR_INDEX] = CURE_REBUILD,
	[WRONG_MEMBER_INDEX] = CURE_REBUILD,
	[WRONG_TAG_INDEX] = CURE_REBUILD,
	[WRONG_WORDS] = CURE_REBUILD,
	[WRONG_WORDS_BROKEN] = CURE_REBUILD,
};

/* ---- Collecting --------------------------------------------------------------------------- */

void exam_begin(struct exam *e, mn_db *db, mn_call *call, const char *path, int level)
{
	*e = (struct exam){.db = db, .call = call, .host = db->host, .path = path, .level = level};
	memcpy(e->found, classes, sizeof(classes));
}

int exam_tell(struct exam *e, enum wrong w, const char *what)
{
	mn_finding *f = &e->found[w];
	const size_t len = strlen(what);
	char *copy;

	f->count++;
	if (f->nsamples == MN_DOCTOR_SAMPLES)
		return MN_OK;
	copy = e->host->alloc(e->call, len + 1);
	if (!copy)
		return MN_ENOMEM;
	memcpy(copy, what, len);
	f->samples[f->nsamples++] = (mn_str){copy, len};
	return MN_OK;
}

int exam_see(struct exam *e, enum wrong w, int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	return exam_tell(e, w, text);
}

int exam_skip(struct exam *e, const char *what, const char *why)
{
	return e->to ? e->to->unchecked(e->to->ctx, what, why) : MN_OK;
}

int exam_report(struct exam *e, const mn_diagnosis *to)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < WRONGS; i++)
		if (e->found[i].count)
			status = to->found(to->ctx, &e->found[i]);
	return status;
}

int exam_forgive(struct exam *e, int status, bool *corrupt)
{
	*corrupt = status == MN_ECORRUPT;
	if (!*corrupt)
		return status;
	*e->call->err = (mn_error){.size = e->call->err->size};
	if (e->c)
		e->c->broken = false;
	return MN_OK;
}

/* ---- Asking ------------------------------------------------------------------------------- */

int exam_each(struct exam *e, const char *sql, exam_row *fn, void *ctx)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(e->c->sql, sql, -1, &st, NULL), status = MN_OK;

	while (rc == SQLITE_OK && status == MN_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		status = fn ? fn(e, ctx, st) : MN_OK;
	}
	if (status == MN_OK && rc != SQLITE_DONE)
		status = (rc & 0xFF) == SQLITE_ERROR
				 ? conn_corrupt(e->c, "a table of a brain is not as it should be")
				 : conn_fault(e->c);
	sqlite3_finalize(st);
	return status;
}

static int take_number(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	(void)e;
	*(int64_t *)ctx = sqlite3_column_int64(st, 0);
	return MN_OK;
}

int exam_number(struct exam *e, const char *sql, int64_t *out)
{
	*out = 0;
	return exam_each(e, sql, take_number, out);
}

/* ---- SQL functions ------------------------------------------------------------------------ */

static void text_ok(sqlite3_context *x, int n, sqlite3_value **v)
{
	const mn_host *host = sqlite3_user_data(x);
	const char *p;

	(void)n;
	if (sqlite3_value_type(v[0]) != SQLITE_TEXT) {
		sqlite3_result_int(x, sqlite3_value_type(v[0]) == SQLITE_NULL);
		return;
	}
	p = (const char *)sqlite3_value_text(v[0]);
	if (!p)
		sqlite3_result_error_nomem(x);
	else
		sqlite3_result_int(
			x, host->text_valid((mn_str){p, (size_t)sqlite3_value_bytes(v[0])}));
}

/* Bytes of the valid character at p, or 0. */
static size_t character_at(const mn_host *host, const char *p, size_t left)
{
	const unsigned char c = (unsigned char)*p;
	const size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	return c && n <= left && host->text_valid((mn_str){p, n}) ? n : 0;
}

/* Bytes that belong to no character become U+FFFD. */
static void text_mend(sqlite3_context *x, int n, sqlite3_value **v)
{
	const mn_host *host = sqlite3_user_data(x);
	const char *p = (const char *)sqlite3_value_text(v[0]);
	const size_t len = p ? (size_t)sqlite3_value_bytes(v[0]) : 0;
	char *out = p ? sqlite3_malloc64(3 * (sqlite3_uint64)len + 1) : NULL;
	size_t to = 0;

	(void)n;
	if (!p)
		return;
	if (!out) {
		sqlite3_result_error_nomem(x);
		return;
	}
	for (size_t i = 0; i < len;) {
		const size_t size = character_at(host, p + i, len - i);

		memcpy(out + to, size ? p + i : "\xEF\xBF\xBD", size ? size : 3);
		to += size ? size : 3;
		i += size ? size : 1;
	}
	sqlite3_result_text64(x, out, to, sqlite3_free, SQLITE_UTF8);
}

static mn_str blob_of(sqlite3_value *v)
{
	const char *p = sqlite3_value_blob(v);

	return (mn_str){p, p ? (size_t)sqlite3_value_bytes(v) : 0};
}

static void ids_ok(sqlite3_context *x, int n, sqlite3_value **v)
{
	const mn_str blob = blob_of(v[0]);
	const unsigned char *p = (const unsigned char *)blob.ptr, *end = p + blob.len;
	uint64_t id;
	bool fits = true;

	(void)n;
	while (fits && p < end)
		fits = varint_get(&p, end, &id);
	sqlite3_result_int(x, fits);
}

static void tags_ok(sqlite3_context *x, int n, sqlite3_value **v)
{
	const mn_host *host = sqlite3_user_data(x);
	const mn_str blob = blob_of(v[0]);
	const unsigned char *p = (const unsigned char *)blob.ptr, *end = p + blob.len;
	uint64_t len;
	bool fits = true;

	(void)n;
	while (fits && p < end) {
		fits = varint_get(&p, end, &len) && len <= (uint64_t)(end - p)
		       && host->text_valid((mn_str){(const char *)p, (size_t)len});
		p += fits ? len : 0;
	}
	sqlite3_result_int(x, fits);
}

int exam_register(struct conn *c)
{
	static const struct {
		const char *name;
		void (*fn)(sqlite3_context *, int, sqlite3_value **);
	} functions[] = {{"text_ok", text_ok}, {"text_mend", text_mend}, {"ids_ok", ids_ok},
		{"tags_ok", tags_ok}};
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (sqlite3_create_function_v2(c->sql, functions[i].name, 1, flags, (void *)c->host,
			    functions[i].fn, NULL, NULL, NULL)
			!= SQLITE_OK)
			return conn_fault(c);
	return view_register(c);
}

/* ---- Which file --------------------------------------------------------------------------- */

static int path_in(mn_db *db, mn_call *call, const char *file, char **out)
{
	const size_t room = strlen(db->path) + strlen(file) + 2;
	char *path = db->host->alloc(call, room);

	if (!path)
		return MN_ENOMEM;
	snprintf(path, room, "%s/%s", db->path, file);
	*out = path;
	return MN_OK;
}

static bool is_there(mn_db *db, const char *file)
{
	return faccessat(db->fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* By the name inside: a brain that was renamed. Its files are opened for this, so it comes last. */
static int find_inside(mn_db *db, mn_call *call, mn_str brain, char **path)
{
	mn_error error = MN_SIZED(mn_error), *theirs = call->err;
	struct brain *b = NULL;
	int status;

	call->err = &error;
	status = folder_hold(db, call, brain, &b);
	call->err = theirs;
	if (status == MN_ENOMEM || status == MN_ECANCELLED || status == MN_ETIMEOUT)
		return db->host->fail(call, status, error.native, "%s", error.text);
	if (status != MN_OK || !b)
		return MN_OK;
	status = path_in(db, call, b->file, path);
	folder_release(b);
	return status;
}

/* Does the file say that it holds another brain? Its log is left alone, and not read. */
static bool is_another(mn_db *db, mn_call *call, mn_str brain, const char *path)
{
	mn_error error = MN_SIZED(mn_error), *theirs = call->err;
	struct conn *c = NULL;
	sqlite3_stmt *st = NULL;
	bool another = false;

	call->err = &error;
	if (conn_open(db->host, call, path, ACCESS_READ_ONLY, true, &c) == MN_OK && c
		&& sqlite3_prepare_v2(c->sql, "SELECT name FROM brain", -1, &st, NULL) == SQLITE_OK
		&& sqlite3_step(st) == SQLITE_ROW) {
		const mn_str name = column_text(st, 0);

		another = name.len && db->host->text_valid(name)
			  && (name.len != brain.len || memcmp(name.ptr, brain.ptr, name.len) != 0);
	}
	sqlite3_finalize(st);
	conn_close(c);
	call->err = theirs;
	return another;
}

int exam_find(mn_db *db, mn_call *call, mn_str brain, char **path)
{
	char file[LONGEST_FILE + 48], *called = NULL;
	int status = MN_OK;

	*path = NULL;
	if (brain.len == 0 || !db->host->text_valid(brain))
		return MN_OK;
	folder_file(brain, 1, file);
	if (is_there(db, file)) {
		status = path_in(db, call, file, &called);
		if (status != MN_OK || !is_another(db, call, brain, called)) {
			*path = called;
			return status;
		}
		status = find_inside(db, call, brain, path);
		*path = *path ? *path : called;
		return status;
	}
	snprintf(file + strlen(file), 8, "-wal");
	if (is_there(db, file)) {
		file[strlen(file) - 4] = '\0';
		return path_in(db, call, file, path);
	}
	return find_inside(db, call, brain, path);
}

/* ---- The whole ---------------------------------------------------------------------------- */

int exam_tables(struct exam *e)
{
	const bool full = e->level >= MN_DOCTOR_FULL;
	bool usable = false;
	int status = exam_shape(e, &usable);

	if (status == MN_OK && !usable)
		return exam_skip(e, "rows and indexes", "a table they stand in is missing");
	if (status == MN_OK)
		status = exam_tally(e);
	if (status == MN_OK && full)
		status = exam_bundles(e);
	if (status == MN_OK && full)
		status = exam_rows(e);
	if (status == MN_OK && full && e->loaded)
		status = exam_lists(e);
	if (status == MN_OK && full)
		status = exam_members(e);
	if (status == MN_OK && full && e->loaded)
		status = exam_words(e);
	return status;
}

/* A malformed file may lie about anything else, so that is not looked at. */
static int look_inside(struct exam *e)
{
	bool whole = true;
	int status = e->level >= MN_DOCTOR_FULL ? exam_pages(e, &whole) : MN_OK;

	if (status == MN_OK && !whole)
		return exam_skip(e, "tables and indexes", "the file is malformed");
	return status == MN_OK ? exam_tables(e) : status;
}

static int look(struct exam *e)
{
	const enum access access = e->db->read_only ? ACCESS_READ_ONLY : ACCESS_READ;
	bool corrupt;
	int status = exam_has(e, WRONG_LOG)
			     ? MN_OK
			     : conn_open(e->host, e->call, e->path, access, false, &e->c);

	if (status == MN_OK && !e->c) /* a folder in which nothing may be made */
		status = conn_open(e->host, e->call, e->path, access, true, &e->c);
	if (status == MN_OK && !e->c)
		return e->host->fail(e->call, MN_EIO, 0, "%s cannot be opened: check its rights",
			fault_path(e->path));
	if (status == MN_OK)
		status = exam_register(e->c);
	if (status == MN_OK)
		status = conn_adopt(e->c, e->call);
	if (status == MN_OK)
		status = conn_script(e->c, "BEGIN");
	if (status == MN_OK)
		status = look_inside(e);
	if (status == MN_ECORRUPT) {
		int told = exam_tell(e, WRONG_PAGE, e->call->err->text);

		status = exam_forgive(e, status, &corrupt);
		if (told == MN_OK && status == MN_OK)
			status = exam_skip(e, "what comes after it", "the file is malformed");
		status = told ? told : status;
	}
	if (e->c)
		conn_rollback(e->c);
	conn_close(e->c);
	e->c = NULL;
	return status;
}

int exam_of(mn_db *db, mn_call *call, mn_str brain, int level, struct exam **out)
{
	struct exam *e;
	char *path;
	int status = exam_find(db, call, brain, &path);

	if (status == MN_OK && !path)
		status = db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\" in %s",
			SHOWN(brain), fault_path(db->path));
	if (status != MN_OK)
		return status;
	e = db->host->alloc(call, sizeof(*e));
	if (!e)
		return MN_ENOMEM;
	exam_begin(e, db, call, path, level);
	*out = e;
	return MN_OK;
}

int exam_check(mn_db *db, mn_call *call, mn_str brain, const mn_diagnosis *to)
{
	struct exam *e;
	bool open = false;
	int status = exam_of(db, call, brain, to->level, &e);

	if (status != MN_OK)
		return status;
	e->to = to;
	status = exam_file(e, &open);
	if (status == MN_OK && open)
		status = look(e);
	if (status == MN_OK)
		status = exam_report(e, to);
	return status;
}
