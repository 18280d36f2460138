/* SPDX-License-Identifier: MIT */
/*
 * schema.c - constraints and indexes, made on first use.
 *
 * Their names are in README.md, with what stands in them. Text that may be longer than what an
 * index takes (8 KiB) is found by its hash. A node MnStore says that everything is there.
 */
#include "ask.h"

#define SCHEMA 1 /* version: counts up with every change of what is here */

static const char *const steps[] = {
	"CREATE CONSTRAINT mn_store_id IF NOT EXISTS FOR (x:MnStore) REQUIRE x.id IS UNIQUE",
	"CREATE CONSTRAINT mn_brain_key IF NOT EXISTS FOR (b:MnBrain) REQUIRE b.key IS UNIQUE",
	"CREATE CONSTRAINT mn_brain_name IF NOT EXISTS FOR (b:MnBrain) REQUIRE b.name IS UNIQUE",
	"CREATE CONSTRAINT mn_brain_uid IF NOT EXISTS FOR (b:MnBrain) REQUIRE b.uid IS UNIQUE",
	"CREATE CONSTRAINT mn_gate_b IF NOT EXISTS FOR (g:MnGate) REQUIRE g.b IS UNIQUE",
	"CREATE CONSTRAINT mn_neuron_id IF NOT EXISTS "
	"FOR (n:MnNeuron) REQUIRE (n.b, n.id) IS UNIQUE",
	"CREATE CONSTRAINT mn_fiber_id IF NOT EXISTS "
	"FOR (f:MnFiber) REQUIRE (f.b, f.id) IS UNIQUE",
	"CREATE CONSTRAINT mn_synapse_id IF NOT EXISTS "
	"FOR ()-[s:MN_SYNAPSE]-() REQUIRE (s.b, s.id) IS UNIQUE",
	"CREATE INDEX mn_neuron_key IF NOT EXISTS FOR (n:MnNeuron) ON (n.b, n.h)",
	"CREATE INDEX mn_neuron_uid IF NOT EXISTS FOR (n:MnNeuron) ON (n.b, n.uh)",
	"CREATE INDEX mn_fiber_uid IF NOT EXISTS FOR (f:MnFiber) ON (f.b, f.uh)",
	"CREATE INDEX mn_synapse_uid IF NOT EXISTS FOR ()-[s:MN_SYNAPSE]-() ON (s.b, s.uh)",
	"CREATE INDEX mn_synapse_bumped IF NOT EXISTS "
	"FOR ()-[s:MN_SYNAPSE]-() ON (s.b, s.bumped)",
	"CREATE FULLTEXT INDEX mn_neuron_words IF NOT EXISTS FOR (n:MnNeuron) ON EACH [n.words] "
	"OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', "
	"`fulltext.eventually_consistent`: false}}",
	"CALL db.awaitIndexes(300)",
};

static int run(mn_db *db, mn_call *call, const char *statement, bool write, int64_t *value)
{
	struct ask a;
	struct answer got = {0};
	struct reader r = {.db = db, .call = call};
	int status;

	ask_begin(&a, db, call);
	a.write = write;
	a.again = true;
	ask_say(&a, statement);
	ask_parameters(&a);
	text_name(&a.body, "schema");
	text_int(&a.body, SCHEMA);
	status = ask_send(&a, &got);
	if (status == MN_OK && value) {
		*value = reader_int(&r, answer_cell(&got, 0, 0));
		status = reader_end(&r);
	}
	ask_free(&a, &got);
	return status;
}

int schema_ensure(mn_db *db, mn_call *call)
{
	int64_t version = 0;
	int status = run(db, call, "MATCH (x:MnStore {id: 0}) RETURN x.schema", false, &version);

	if (status == MN_OK && version > SCHEMA)
		return db->host->fail(call, MN_EUNSUPPORTED, 0,
			"the brains at %s were kept by a newer version of this program", db->where);
	if (status != MN_OK || version == SCHEMA)
		return status;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && status == MN_OK; i++)
		status = run(db, call, steps[i], true, NULL);
	if (status == MN_OK)
		status = run(db, call,
			"MERGE (x:MnStore {id: 0}) SET x.schema = $p.schema, "
			"x.next = coalesce(x.next, 0)",
			true, NULL);
	return status;
}
