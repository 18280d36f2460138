/* SPDX-License-Identifier: MIT */
/* fault.c - what went wrong, in a sentence that says what to do. */
#include <string.h>

#include "db.h"

int fail_memory(const mn_db *db, mn_call *call)
{
	return db->host->fail(call, MN_ENOMEM, 0, "out of memory");
}

int fail_garbage(const mn_db *db, mn_call *call)
{
	return db->host->fail(call, MN_EIO, 0,
		"%s answered something that is not of Neo4j: is it that server, or something "
		"between?",
		db->where);
}

int fail_brain(const mn_db *db, mn_call *call, mn_str name)
{
	return db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\"",
		(int)(name.len < 80 ? name.len : 80), name.ptr ? name.ptr : "");
}

/* Names of failures by how they begin, the more special ones first. */
static const struct fault {
	const char *code;
	int status;
	const char *sentence; /* behind "Neo4j at ADDRESS" */
} faults[] = {
	{"Neo.ClientError.Security.CredentialsExpired", MN_EAUTH,
		"wants the password to be changed before it is used: change it there first"},
	{"Neo.ClientError.Security.AuthenticationRateLimit", MN_EAUTH,
		"has seen too many wrong passwords: wait a few seconds, then set the right one"},
	{"Neo.ClientError.Security.Forbidden", MN_EAUTH,
		"does not let this user do it: grant the right, or set another NEO4J_USER"},
	{"Neo.ClientError.Security.", MN_EAUTH,
		"does not accept the user or the password: set NEO4J_USER and NEO4J_PASSWORD"},
	{"Neo.ClientError.Database.", MN_EINVAL,
		"has no such database: it is named behind the port, /neo4j as a rule"},
	{"Neo.ClientError.Schema.ConstraintValidationFailed", MN_ECONFLICT,
		"has a row of that key already: somebody else wrote it meanwhile"},
	{"Neo.ClientError.Schema.", MN_EUNSUPPORTED,
		"does not take the constraints and indexes that a brain needs"},
	{"Neo.ClientError.Statement.AccessMode", MN_EREADONLY, "takes no writes this way"},
	{"Neo.ClientError.Statement.", MN_EUNSUPPORTED,
		"does not understand what it was asked: 5.23 or later is needed"},
	{"Neo.ClientError.Transaction.TransactionTimedOut", MN_ETIMEOUT,
		"gave up after its own time limit (db.transaction.timeout)"},
	{"Neo.TransientError.Transaction.LockAcquisitionTimeout", MN_EBUSY,
		"waits for somebody else who writes to this brain: try again"},
	{"Neo.ClientError.Cluster.NotALeader", MN_EBUSY,
		"is not the member of the cluster that takes writes: connect to the leader"},
	{"Neo.ClientError.General.ForbiddenOnReadOnlyDatabase", MN_EREADONLY,
		"keeps this database read-only"},
	{"Neo.ClientError.General.WriteOnReadOnlyAccessDatabase", MN_EREADONLY,
		"keeps this database read-only"},
	{"Neo.TransientError.General.DatabaseUnavailable", MN_EBUSY,
		"has not got the database ready: it is starting, or was stopped"},
	{"Neo.TransientError.", MN_EBUSY, "is too busy: try again"},
	{"Neo.DatabaseError.General.UnknownError", MN_EIO, "failed inside: its log says how"},
};

/* However the release calls it. */
static bool out_of_memory(const char *code)
{
	return strstr(code, "OutOfMemory") || strstr(code, "StackOverFlow");
}

static const struct fault *find(const char *code)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (strncmp(code, faults[i].code, strlen(faults[i].code)) == 0)
			return &faults[i];
	return NULL;
}

bool fault_passes(const char *code)
{
	return strncmp(code, "Neo.TransientError.", 19) == 0 && !out_of_memory(code);
}

/* A failure of the user's own statement is told in the server's words, but without the statement
 * and the mark below it that may follow, which mean nothing on one line. */
static int fail_foreign(const mn_db *db, mn_call *call, const char *code, mn_str said, int http)
{
	const int status = strstr(code, "Statement.AccessMode") ? MN_EREADONLY : MN_EINVAL;
	const char *end = said.len ? memchr(said.ptr, '\n', said.len) : NULL;
	const size_t len = end ? (size_t)(end - said.ptr) : said.len;
	const int n = len < 300 ? (int)len : 300;

	return db->host->fail(call, status, http, "Neo4j: %.*s", n, said.ptr ? said.ptr : code);
}

int fault_fail(
	const mn_db *db, mn_call *call, const char *code, mn_str said, int http, bool foreign)
{
	const struct fault *f = find(code);

	if (out_of_memory(code))
		return db->host->fail(call, MN_ENOMEM, http,
			"Neo4j at %s has too little memory for this: write less at once, or give "
			"it more (server.memory.heap.max_size)",
			db->where);
	if (foreign && strncmp(code, "Neo.ClientError.Statement.", 26) == 0)
		return fail_foreign(db, call, code, said, http);
	if (f)
		return db->host->fail(
			call, f->status, http, "Neo4j at %s %s", db->where, f->sentence);
	return db->host->fail(call, MN_EIO, http, "Neo4j at %s failed: %s", db->where, code);
}
