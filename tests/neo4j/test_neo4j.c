/* SPDX-License-Identifier: MIT */
/*
 * test_neo4j.c - what the store neo4j+http: promises beyond the contract: trips, lost answers, a
 * server that is killed, restarted, or another one, and sentences that say so. Run by
 * tests/neo4j/with; everything goes through a proxy of the test's own.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../conformance/harness.h"
#include "proxy.h"
#include "recall.h"

static uint16_t server_port, port; /* the server's, and the proxy's */
static struct room room;
static mn_str brain;

static void url_to(char *out, size_t n, uint16_t to, const char *database)
{
	snprintf(out, n, "neo4j+http://127.0.0.1:%u/%s", to, database);
}

static int begin(void **state)
{
	char url[100];

	url_to(url, sizeof(url), port, "neo4j");
	room = (struct room){0};
	*state = &room;
	if (room_open(&room, url) || claim_begin(state))
		return -1;
	brain = room.brain;
	proxy_count();
	return 0;
}

static int end(void **state)
{
	int status;

	proxy_break_at(0, PROXY_WHOLE);
	proxy_delay(0);
	proxy_answer(NULL);
	status = claim_end(state);
	room_close(&room);
	return status;
}

#define beside(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- Trips --------------------------------------------------------------------------------- */

static void a_frontier_a_row_and_a_batch_take_one_trip_each(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	build_known(r);
	proxy_count();
	generation(r);
	assert_int_equal(proxy_count(), 1);
	list_of(r, N(0), true, true, 0);
	assert_int_equal(proxy_count(), 1);
	get_neuron(r, N(0));
	assert_int_equal(proxy_count(), 1);
	look_up(r, MN_CONCEPT, "cat");
	assert_int_equal(proxy_count(), 1);
	batch_neuron(&b, N(50), MN_CONCEPT, "new");
	batch_apply(r, &b);
	assert_int_equal(proxy_count(), 2); /* a survey, and the result */
}

/* Levels by the definition in backend.h, hop by hop over expand. */
static void spread_by_hops(struct room *r, const mn_spread_ask *ask, double *level)
{
	double reached[IDS] = {0}, next[IDS];

	for (uint32_t i = 0; i < ask->start[1]; i++)
		level[ask->anchors[i] - N(0)] = reached[ask->anchors[i] - N(0)] = 1;
	for (uint32_t hop = 0; hop < ask->max_hops; hop++) {
		memset(next, 0, sizeof(next));
		for (size_t i = 0; i < IDS; i++) {
			mn_fan fan;

			if (reached[i] == 0)
				continue;
			fan = list_of(r, N(i), true, true, 0);
			for (uint32_t k = 0; k < fan.start[1]; k++) {
				const double out = reached[i] * ask->gain * fan.weight[k];
				const size_t to = fan.far[k] - N(0);

				if (fan.weight[k] >= ask->lightest && out >= ask->threshold)
					next[to] = fmax(next[to], out);
			}
			mn_call_reset(&r->call);
		}
		for (size_t i = 0; i < IDS; i++)
			level[i] = fmax(level[i], next[i]);
		memcpy(reached, next, sizeof(reached));
	}
}

static void a_whole_spread_takes_one_trip_and_gives_the_levels_of_its_hops(void **state)
{
	struct room *r = *state;
	const mn_spread_ops *ops = r->be->extension(r->db, "mn.spread/2");
	mn_id anchors[] = {N(1), N(7), N(500)};
	const uint32_t start[] = {0, 2, 3};
	double level[IDS] = {0};
	mn_spread_ask ask = {.size = sizeof(ask),
		.brain = r->brain,
		.anchors = anchors,
		.start = start,
		.nsets = 2,
		.max_hops = 3,
		.gain = 0.5,
		.lightest = 0.1,
		.threshold = 0.02};
	mn_spread_found found = MN_SIZED(mn_spread_found);
	size_t n = 0;

	build_random(r, 3, 60, 300);
	room_set(r, NOON + DAYS(3), NULL);
	spread_by_hops(r, &ask, level);
	proxy_count();
	ok(r, ops->spread(r->db, &r->call, &ask, &found));
	assert_int_equal(proxy_count(), 1);
	for (size_t i = 0; i < IDS; i++)
		n += level[i] > 0;
	assert_int_equal(found.start[1], n);
	assert_int_equal(found.start[2], n); /* an anchor that is not there is passed over */
	for (size_t i = 0; i < n; i++)
		assert_true(fabs(found.level[i] - level[found.neuron[i] - N(0)]) < 1e-12);
	assert_null(found.created); /* heads were not asked for */
}

static void a_spread_brings_the_heads_of_rows_if_they_are_wanted(void **state)
{
	struct room *r = *state;
	const mn_spread_ops *ops = r->be->extension(r->db, "mn.spread/2");
	mn_id anchor = N(1);
	const uint32_t start[] = {0, 1};
	mn_spread_ask ask = {.size = sizeof(ask),
		.brain = r->brain,
		.anchors = &anchor,
		.start = start,
		.nsets = 1,
		.max_hops = 2,
		.gain = 0.5,
		.lightest = 0.1,
		.threshold = 0.02,
		.heads = true};
	mn_spread_found found = MN_SIZED(mn_spread_found), older;

	build_random(r, 3, 60, 300);
	ok(r, ops->spread(r->db, &r->call, &ask, &found));
	assert_true(found.start[1] > 1);
	for (size_t i = 0; i < found.start[1]; i++) {
		const mn_neuron *row = get_neuron(r, found.neuron[i]);

		assert_int_equal(found.type[i], row->type);
		assert_int_equal(found.flags[i], row->flags);
		assert_int_equal(found.created[i], row->created);
	}
	older = (mn_spread_found){.size = offsetof(mn_spread_found, type)};
	ok(r, ops->spread(r->db, &r->call, &ask, &older));
	assert_int_equal(older.start[1], found.start[1]);
	assert_null(older.created); /* a caller that does not know of them */
}

static void what_is_shown_takes_one_trip_and_is_what_two_would_give(void **state)
{
	struct room *r = *state;
	const mn_spread_ops *ops = r->be->extension(r->db, "mn.spread/2");
	mn_id neurons[] = {N(3), N(500), N(0)}, anchors[] = {N(0), N(1), N(2), N(500), N(3)};
	mn_show_ask ask = {.size = sizeof(ask),
		.brain = r->brain,
		.neurons = {neurons, COUNT(neurons)},
		.anchors = {anchors, COUNT(anchors)}};
	mn_show_found found = MN_SIZED(mn_show_found);
	mn_rows rows, fibers;

	build_random(r, 3, 60, 300);
	ok(r, r->be->get(r->db, &r->call, r->brain, MN_NEURON, ask.neurons, 0, &rows));
	ok(r, r->be->fibers_of(r->db, &r->call, r->brain, ask.anchors, &fibers));
	proxy_count();
	ok(r, ops->show(r->db, &r->call, &ask, &found));
	assert_int_equal(proxy_count(), 1);
	assert_int_equal(found.neurons.n, COUNT(neurons));
	assert_int_equal(found.fibers.n, COUNT(anchors));
	for (size_t i = 0; i < COUNT(neurons); i++)
		same_row(MN_NEURON, &found.neurons.at.neuron[i], &rows.at.neuron[i]);
	for (size_t i = 0; i < COUNT(anchors); i++) {
		assert_int_equal(found.fibers.at.fiber[i].id, fibers.at.fiber[i].id);
		assert_int_equal(found.fibers.at.fiber[i].stage, fibers.at.fiber[i].stage);
	}
	ask.neurons.n = ask.anchors.n = 0;
	ok(r, ops->show(r->db, &r->call, &ask, &found));
	assert_int_equal(found.neurons.n + found.fibers.n, 0);
}

/* ---- Connections that break ------------------------------------------------------------------ */

/* Each trip of a batch in turn, lost on its way there or on its way back. */
static void a_batch_whose_connection_breaks_is_written_once(void **state)
{
	struct room *r = *state;
	uint32_t uses = 0;

	build_known(r);
	for (unsigned trip = 1; trip <= 2; trip++)
		for (int how = PROXY_BEFORE; how <= PROXY_AFTER; how++) {
			struct batch b = {0};

			proxy_break_at(trip, how);
			batch_bump(&b, MN_SYNAPSE, S(1), 1, NOON);
			batch_apply(r, &b);
			proxy_break_at(0, PROXY_WHOLE);
			assert_int_equal(get_synapse(r, S(1))->uses, ++uses);
		}
}

static void a_brain_whose_answer_is_lost_is_made_and_deleted_once(void **state)
{
	struct room *r = *state;
	mn_rows rows;

	for (int how = PROXY_BEFORE; how <= PROXY_AFTER; how++) {
		proxy_break_at(1, how);
		room_create(r, MN_STR("lost"), NULL);
		assert_int_equal(room_describe(r, MN_STR("lost")).neurons, 0);
		proxy_break_at(1, how);
		room_delete(r, MN_STR("lost"));
		ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_FIND, &MN_STR("lost"), &rows));
		assert_int_equal(rows.n, 0);
	}
}

static void a_slow_network_changes_nothing(void **state)
{
	struct room *r = *state;

	proxy_delay(20);
	build_known(r);
	assert_int_equal(look_up(r, MN_CONCEPT, "cat"), N(0));
}

/* ---- Sentences ------------------------------------------------------------------------------- */

static void opens_with(const char *url, int want, const char *says)
{
	mn_engine *engine = world_engine();
	const mn_backend *be;
	mn_db *db = NULL;
	mn_call call;
	int status;

	assert_int_equal(mn_call_init(&call, engine, 0), MN_OK);
	assert_int_equal(mn_plugins_find(engine, &call, MN_STR("neo4j+http"), &be), MN_OK);
	status = be->open(&engine->host, &call, mn_str_of(url), false, &db);
	if (status != want || !strstr(call.err->text, says) || strstr(call.err->text, "for-tests"))
		print_error("%s: %s: %s\n", url, mn_status_name(status), call.err->text);
	assert_int_equal(status, want);
	assert_non_null(strstr(call.err->text, says));
	assert_null(strstr(call.err->text, "for-tests"));
	mn_call_done(&call);
	mn_engine_free(engine);
}

#define NEO4J "{\"neo4j_version\":\"5.26.0\",\"query\":\"q\","

static const struct {
	const char *body; /* to whatever is asked */
	int status;
	const char *says;
} answers[] = {
	{"hello", MN_EUNSUPPORTED, "is not Neo4j"},
	{"{}", MN_EUNSUPPORTED, "is not Neo4j"},
	{"[[[[", MN_EUNSUPPORTED, "is not Neo4j"},
	{"{\"neo4j_version\":\"4.4.38\"}", MN_EUNSUPPORTED, "4.4.38"},
	{NEO4J "\"data\":7}", MN_EIO, "not of Neo4j"},
	{NEO4J "\"data\":{\"fields\":[\"x\"],\"values\":[[\"many\"]]}}", MN_EIO, "not of Neo4j"},
	{NEO4J "\"errors\":[{\"code\":\"Neo.TransientError.General.OutOfMemoryError\"}]}",
		MN_ENOMEM, "too little memory"},
	{NEO4J "\"errors\":[{\"code\":\"Neo.ClientError.Security.CredentialsExpired\"}]}", MN_EAUTH,
		"to be changed"},
	{NEO4J "\"errors\":[{\"code\":\"Neo.ClientError.Schema.ConstraintValidationFailed\"}]}",
		MN_ECONFLICT, "already"},
	{NEO4J "\"errors\":[{\"code\":\"Neo.ClientError.Statement.SyntaxError\"}]}",
		MN_EUNSUPPORTED, "5.23"},
	{NEO4J "\"errors\":[{\"code\":\"\\u001b[31m%s%n\"}]}", MN_EIO, "failed"},
};

static void what_is_no_neo4j_or_too_old_or_ill_is_said_to_be_so(void **state)
{
	char url[100], answer[400];

	(void)state;
	url_to(url, sizeof(url), port, "neo4j");
	for (size_t i = 0; i < COUNT(answers); i++) {
		snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(answers[i].body), answers[i].body);
		proxy_answer(answer);
		opens_with(url, answers[i].status, answers[i].says);
	}
	proxy_answer(NULL);
}

static void what_is_wrong_with_a_url_or_its_credentials_is_said(void **state)
{
	char url[100];

	(void)state;
	url_to(url, sizeof(url), port, "no-such-database");
	opens_with(url, MN_EINVAL, "no such database");
	url_to(url, sizeof(url), port, "neo4j?colour=red");
	opens_with(url, MN_EINVAL, "?ca=FILE");
	url_to(url, sizeof(url), port, "a/b");
	opens_with(url, MN_EINVAL, "name of a database");
	url_to(url, sizeof(url), 1, "neo4j");
	opens_with(url, MN_EIO, "127.0.0.1");
	url_to(url, sizeof(url), port, "neo4j");
	setenv("NEO4J_USER", "nobody", 1);
	opens_with(url, MN_EAUTH, "NEO4J_PASSWORD");
	unsetenv("NEO4J_USER");
}

/* ---- Cypher ---------------------------------------------------------------------------------- */

static void cypher_reads_and_does_not_write(void **state)
{
	struct room *r = *state;
	const mn_native_ops *ops = r->be->extension(r->db, "mn.native/1");
	mn_native t = {0};

	build_known(r);
	ok(r, ops->ask(r->db, &r->call, r->brain,
		      MN_STR("MATCH (n:MnNeuron {b: $b})-[s]->(m) RETURN n, s, m.id AS far "
			     "ORDER BY s.id"),
		      3, &t));
	assert_int_equal(t.ncolumns, 3);
	assert_int_equal(t.nrows, 3);
	assert_true(t.cut && mn_str_is(t.names[2], "far"));
	assert_int_equal(t.synapses.n, 3);
	assert_int_equal(t.synapses.at[0], S(0));
	expect_status(r,
		ops->ask(r->db, &r->call, r->brain, MN_STR("CREATE (n:Foo) RETURN n"), 3, &t),
		MN_EREADONLY);
	expect_status(r, ops->ask(r->db, &r->call, r->brain, MN_STR("MATCH ("), 3, &t), MN_EINVAL);
	assert_non_null(strstr(r->call.err->text, "Invalid input"));
}

/* ---- The server goes away -------------------------------------------------------------------- */

static void run(const char *const argv[])
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		dup2(2, 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Where tests/neo4j/start put its process number. */
static pid_t server_pid(void)
{
	char path[300];
	long pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/run/started", getenv("NEO4J_DIR"));
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	fclose(f);
	return (pid_t)pid;
}

static void start_server(void)
{
	run((const char *const[]){getenv("NEO4J_START"), getenv("NEO4J_DIR"), NULL});
}

#define PAIRS 240 /* each batch writes the two neurons of a pair */

/* Batches until one fails; how many were acknowledged. The server dies in the middle. */
static int write_until_killed(struct room *r)
{
	const pid_t server = server_pid(), killer = fork();
	int done = 0;

	if (killer == 0) {
		usleep(700000);
		kill(server, SIGKILL);
		_exit(0);
	}
	for (; done < PAIRS; done++) {
		struct batch b = {0};
		mn_applied applied;
		int status;

		batch_neuron(&b, N(2 * done), MN_CONCEPT, "one");
		batch_neuron(&b, N(2 * done + 1), MN_CONCEPT, "other");
		status = batch_try(r, NULL, &b, NULL, &applied);
		batch_free(&b);
		if (status != MN_OK)
			break;
	}
	waitpid(killer, NULL, 0);
	return done;
}

static void a_killed_server_has_lost_nothing_and_the_open_store_goes_on(void **state)
{
	struct room *r = *state;
	const int done = write_until_killed(r);
	int there = 0;

	assert_int_not_equal(r->be->generation(r->db, &r->call, r->brain), MN_OK);
	start_server();
	for (int i = 0; i < PAIRS; i++) {
		const bool one = get_neuron(r, N(2 * i))->id,
			   other = get_neuron(r, N(2 * i + 1))->id;

		assert_true(one == other);
		there += one;
	}
	/* What was on its way may be there, whole, or not. */
	assert_in_range(there, done, done + 1);
	assert_int_equal(room_describe(r, r->brain).neurons, 2 * there);
}

static void change_password(const char *from, const char *to)
{
	char program[900];

	snprintf(program, sizeof(program),
		"import base64,json,urllib.request as u\n"
		"r=u.Request('http://127.0.0.1:%u/db/system/tx/commit',json.dumps({'statements':["
		"{'statement':'ALTER CURRENT USER SET PASSWORD FROM $a TO $b','parameters':"
		"{'a':'%s','b':'%s'}}]}).encode(),{'Content-Type':'application/json',"
		"'Authorization':'Basic '+base64.b64encode(b'neo4j:%s').decode()})\n"
		"assert not json.loads(u.urlopen(r).read())['errors']\n",
		server_port, from, to, from);
	run((const char *const[]){"python3", "-c", program, NULL});
}

static void a_password_that_was_changed_is_told_and_set_right(void **state)
{
	struct room *r = *state;
	char was[100];

	snprintf(was, sizeof(was), "%s", getenv("NEO4J_PASSWORD"));
	build_known(r);
	change_password(was, "another-secret");
	expect_status(r, r->be->generation(r->db, &r->call, r->brain), MN_EAUTH);
	assert_non_null(strstr(r->call.err->text, "NEO4J_PASSWORD"));
	setenv("NEO4J_PASSWORD", "another-secret", 1);
	room_reopen(r, false);
	assert_int_equal(look_up(r, MN_CONCEPT, "cat"), N(0));
	change_password("another-secret", was);
	setenv("NEO4J_PASSWORD", was, 1);
	room_reopen(r, false);
	assert_int_equal(look_up(r, MN_CONCEPT, "cat"), N(0));
}

static const struct CMUnitTest all[] = {
	beside(a_frontier_a_row_and_a_batch_take_one_trip_each),
	beside(a_whole_spread_takes_one_trip_and_gives_the_levels_of_its_hops),
	beside(a_spread_brings_the_heads_of_rows_if_they_are_wanted),
	beside(what_is_shown_takes_one_trip_and_is_what_two_would_give),
	beside(a_recall_takes_few_trips_and_answers_as_the_loop_does),
	beside(a_recall_answers_as_memory_does_and_keeps_what_it_read),
	beside(a_memory_that_is_archived_is_not_shown_from_what_was_kept),
	beside(a_batch_whose_connection_breaks_is_written_once),
	beside(a_brain_whose_answer_is_lost_is_made_and_deleted_once),
	beside(a_slow_network_changes_nothing),
	cmocka_unit_test(what_is_no_neo4j_or_too_old_or_ill_is_said_to_be_so),
	cmocka_unit_test(what_is_wrong_with_a_url_or_its_credentials_is_said),
	beside(cypher_reads_and_does_not_write),
	beside(a_killed_server_has_lost_nothing_and_the_open_store_goes_on),
	beside(a_password_that_was_changed_is_told_and_set_right),
};

int main(void)
{
	const char *url = getenv("NEO4J_URL");
	const char *colon = url ? strrchr(url, ':') : NULL;
	int failed;

	if (!colon) {
		fprintf(stderr, "NEO4J_URL is not set: run this by tests/neo4j/with\n");
		return 77;
	}
	world_use_memory();
	cmocka_set_test_filter(getenv("ONLY"));
	server_port = (uint16_t)strtoul(colon + 1, NULL, 10);
	port = proxy_start(server_port);
	failed = cmocka_run_group_tests(all, NULL, NULL);
	proxy_stop();
	return failed != 0;
}
