/* SPDX-License-Identifier: MIT */
/* test_sqlite_damage.c - files that are no brains, or no longer: each is told by its name, in one
 * line, and left as it was. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqlite_room.h"

#define LONGEST_S 10 /* that anything may take with a damaged file */

/* A brain with something of everything, closed. */
static struct bytes sound_file(struct room *r)
{
	build_random(r, 11, 120, 400);
	sqlite_room_close(r);
	return bytes_read(path_in(r, CLAIM_FILE));
}

/* FIND fails so, and so does writing; the file stays as it is. */
static void refused(struct room *r, int want, const char *words)
{
	struct bytes before = bytes_read(path_in(r, CLAIM_FILE)), after;
	const unsigned names = files_in(r);

	sqlite_room_open(r, false);
	says(r, find_status(r, "claim 1"), want, words);
	assert_non_null(strstr(r->call.err->text, CLAIM_FILE));
	says(r, apply_one(r, 9000, "x"), want, words);
	sqlite_room_close(r);
	after = bytes_read(path_in(r, CLAIM_FILE));
	assert_true(bytes_same(before, after));
	assert_int_equal(files_in(r), names);
	free(before.at);
	free(after.at);
}

static void an_empty_file_is_no_brain(void **state)
{
	struct room *r = *state;

	sqlite_room_close(r);
	bytes_write(path_in(r, CLAIM_FILE), "", 0);
	refused(r, MN_ECORRUPT, "empty file");
}

static void a_text_is_no_brain(void **state)
{
	struct room *r = *state;
	char text[5000];

	sqlite_room_close(r);
	memset(text, 'x', sizeof(text));
	bytes_write(path_in(r, CLAIM_FILE), text, sizeof(text));
	refused(r, MN_ECORRUPT, "not a brain");
	bytes_write(path_in(r, CLAIM_FILE), "hello", 5);
	refused(r, MN_ECORRUPT, "not a brain");
}

static void a_database_of_another_program_is_left_alone(void **state)
{
	struct room *r = *state;

	sqlite_room_close(r);
	unlink(path_in(r, CLAIM_FILE));
	raw_do(path_in(r, CLAIM_FILE),
		"PRAGMA journal_mode = WAL; PRAGMA application_id = 7;"
		"CREATE TABLE neuron(id INTEGER PRIMARY KEY); INSERT INTO neuron VALUES(1)");
	refused(r, MN_ECORRUPT, "another program");
}

static void a_newer_version_asks_for_an_upgrade(void **state)
{
	struct room *r = *state;

	sqlite_room_close(r);
	raw_do(path_in(r, CLAIM_FILE), "PRAGMA user_version = 99");
	refused(r, MN_EUNSUPPORTED, "upgrade mnemoscope");
}

static void a_brain_without_a_version_is_damaged(void **state)
{
	struct room *r = *state;

	sqlite_room_close(r);
	raw_do(path_in(r, CLAIM_FILE), "PRAGMA user_version = 0");
	refused(r, MN_ECORRUPT, "no version");
}

static void a_trigger_is_not_let_run(void **state)
{
	struct room *r = *state;

	sqlite_room_close(r);
	raw_do(path_in(r, CLAIM_FILE), "CREATE TRIGGER evil AFTER INSERT ON neuron BEGIN"
				       " DELETE FROM neuron; END");
	refused(r, MN_ECORRUPT, "trigger");
}

static void a_missing_table_is_told(void **state)
{
	static const char *const tables[] = {
		"tally", "brain", "neuron", "list", "synapse_bundle", "anchor_bundle"};
	struct room *r = *state;
	struct bytes sound = sound_file(r);

	for (size_t i = 0; i < COUNT(tables); i++) {
		char sql[60];
		int status;

		bytes_write(path_in(r, CLAIM_FILE), sound.at, sound.n);
		snprintf(sql, sizeof(sql), "DROP TABLE %s", tables[i]);
		raw_do(path_in(r, CLAIM_FILE), sql);
		sqlite_room_open(r, false);
		status = find_status(r, "claim 1");
		if (status == MN_OK)
			status = r->be->apply(r->db, &r->call, r->brain, NULL,
				&(mn_change){MN_DROP, MN_NEURON, &r->neuron0}, 1,
				&MN_SIZED(mn_applied));
		says(r, status, MN_ECORRUPT, "restore it from a copy");
		sqlite_room_close(r);
	}
	free(sound.at);
}

static void a_damaged_brain_does_not_hide_the_others(void **state)
{
	struct room *r = *state;
	mn_rows rows;

	room_create(r, MN_STR("sound"), NULL);
	sqlite_room_close(r);
	bytes_write(path_in(r, CLAIM_FILE), "broken", 6);
	sqlite_room_open(r, false);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, 1);
	assert_true(mn_str_is(rows.at.brain[0].name, "sound"));
	assert_int_equal(find_status(r, "sound"), MN_OK);
	assert_int_equal(find_status(r, "none of them"), MN_ENOBRAIN);
}

/* ---- Bytes that changed ------------------------------------------------------------------- */

/* Either it works, or it says in words what is wrong. */
static void sane(struct room *r, int status)
{
	static const int fine[] = {MN_OK, MN_ECORRUPT, MN_EIO, MN_ENOBRAIN, MN_EUNSUPPORTED,
		MN_EINVAL, MN_ECONFLICT, MN_ENOMEM};
	size_t i = 0;

	while (i < COUNT(fine) && fine[i] != status)
		i++;
	if (i == COUNT(fine) || (status != MN_OK && !r->call.err->text[0]))
		fail_msg("%s: %s", mn_status_name(status), r->call.err->text);
	mn_call_reset(&r->call);
}

static void scan_all(struct room *r, int kind, const char *text)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page p = MN_SIZED(mn_page);
	mn_cursor *cursor;
	int status;

	q.kind = kind;
	q.text = mn_str_of(text);
	status = r->be->scan(r->db, &r->call, r->brain, &q, &cursor);
	if (status == MN_OK) {
		while (status == MN_OK && !p.last) {
			p = MN_SIZED(mn_page);
			status = r->be->next(cursor, &r->call, 50, &p);
		}
		r->be->done(cursor);
	}
	sane(r, status);
}

static void expand_all(struct room *r)
{
	static const uint16_t types[] = {MN_INVOLVES, MN_BEFORE};
	mn_reach reaches[] = {{.out = true, .in = true}, {.types = types, .ntypes = 2, .in = true}};
	mn_id ids[120];
	uint8_t reach_of[120];
	uint32_t limit[120];
	mn_expand x = MN_SIZED(mn_expand);
	mn_fan fan;

	for (size_t i = 0; i < COUNT(ids); i++) {
		ids[i] = N(i);
		reach_of[i] = i & 1;
		limit[i] = (uint32_t)i % 7;
	}
	x.brain = r->brain;
	x.frontier = (mn_ids){ids, COUNT(ids)};
	x.reaches = reaches;
	x.nreaches = 2;
	x.reach_of = reach_of;
	x.limit = limit;
	x.want_synapse = true;
	sane(r, r->be->expand(r->db, &r->call, &x, &fan));
}

static void change_some(struct room *r)
{
	mn_neuron n = neuron(N(1), MN_CONCEPT, "changed text");
	mn_synapse s = synapse(S(300), N(0), N(1), MN_IS_A, 0.5);
	mn_state bump = state_of(N(2), 0.5, 1);
	mn_synapse used = {.id = S(3), .uses = 1, .last = NOON};
	const mn_change changes[] = {{MN_PUT, MN_NEURON, &n}, {MN_PUT, MN_SYNAPSE, &s},
		{MN_BUMP, MN_STATE, &bump}, {MN_BUMP, MN_SYNAPSE, &used},
		{MN_FOLD, MN_SYNAPSE, NULL}, {MN_DROP, MN_NEURON, &(mn_id){N(5)}},
		{MN_DROP, MN_FIBER, &(mn_id){F(0)}}};
	mn_applied applied = MN_SIZED(mn_applied);
	mn_id first;

	for (size_t i = 0; i < COUNT(changes); i++)
		sane(r, r->be->apply(r->db, &r->call, r->brain, NULL, &changes[i], 1, &applied));
	sane(r, r->be->reserve(r->db, &r->call, r->brain, MN_SYNAPSE, 5000, &first));
}

/* Everything one can do to a brain, with the file as it now is. */
static void use_all(struct room *r)
{
	mn_key key = {MN_CONCEPT, MN_STR("alpha")};
	mn_str uid = MN_STR("u1"), name = r->brain;
	mn_id id;
	mn_rows rows;

	alarm(LONGEST_S);
	sqlite_room_open(r, false);
	sane(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	sane(r, r->be->brains(r->db, &r->call, MN_BRAINS_FIND, &name, &rows));
	sane(r, r->be->lookup(r->db, &r->call, r->brain, &key, 1, &id));
	sane(r, r->be->resolve(r->db, &r->call, r->brain, MN_FIBER, (mn_strs){&uid, 1}, &id));
	expand_all(r);
	for (int kind = MN_NEURON; kind <= MN_FIBER; kind++)
		scan_all(r, kind, "");
	scan_all(r, MN_NEURON, "alpha beta");
	change_some(r);
	scan_all(r, MN_NEURON, "changed");
	sqlite_room_close(r);
	alarm(0);
	unlink(path_in(r, CLAIM_FILE "-wal"));
	unlink(path_in(r, CLAIM_FILE "-shm"));
}

static unsigned rounds(unsigned quick, unsigned full)
{
	return getenv("MN_FULL") ? full : quick;
}

static void a_file_cut_short_anywhere_crashes_nothing(void **state)
{
	struct room *r = *state;
	struct bytes sound = sound_file(r);
	const size_t step = sound.n / rounds(60, 1000) + 1;

	for (size_t n = 0; n < sound.n; n += step) {
		bytes_write(path_in(r, CLAIM_FILE), sound.at, n);
		use_all(r);
	}
	free(sound.at);
}

static void a_file_with_bytes_changed_crashes_nothing(void **state)
{
	struct room *r = *state;
	struct bytes sound = sound_file(r), bad = {malloc(sound.n), sound.n};
	uint64_t seed = 20240229;

	assert_non_null(bad.at);
	for (unsigned i = 0; i < rounds(150, 10000); i++) {
		memcpy(bad.at, sound.at, sound.n);
		for (uint64_t k = dice_below(&seed, 8) + 1; k; k--)
			bad.at[dice_below(&seed, bad.n)] ^= (unsigned char)(1 << dice_below(
										    &seed, 8));
		bytes_write(path_in(r, CLAIM_FILE), bad.at, bad.n);
		use_all(r);
	}
	free(sound.at);
	free(bad.at);
}

/* What SQLite itself cannot know to be wrong: values that are none of ours. */
static void rows_of_nonsense_crash_nothing(void **state)
{
	static const char *const nonsense[] = {
		"UPDATE list SET head = x'00ff80'",
		"UPDATE list SET head = x'008080808080808080808080'",
		"UPDATE list SET head = x'03'",
		"UPDATE list SET head = NULL",
		"UPDATE list SET head = x'01'",
		"UPDATE list SET head = x'0101059f8d0601'",
		"UPDATE list SET head = x'0101050901' WHERE near % 2",
		"UPDATE list SET head = x'02ffffffffffffffff7f'",
		"UPDATE list SET head = x'0201050a0101'",
		"UPDATE list SET head = x'0000ff7f0f8180803f90bf0505050501'",
		"DELETE FROM list",
		"DELETE FROM block",
		"UPDATE block SET links = x'00'",
		"UPDATE block SET links = x'00010f0500ffffffffffffff7f0505ffffffffffffffffff01'",
		"INSERT INTO later VALUES(1, x'80'); UPDATE tally SET logged = 1, swept = 0",
		"INSERT INTO later VALUES(1, x'0b020204010000'); UPDATE tally SET logged = 1, swept = 0",
		"INSERT INTO later VALUES(1, x'0a020204010000'); UPDATE tally SET logged = 1, swept = 0",
		"UPDATE tally SET logged = 7, swept = 0",
		"UPDATE tally SET logged = -7, swept = 5, sweep_to = 'x', sweep_at = -1",
		"UPDATE neuron SET type = 70000",
		"UPDATE neuron SET type = -1",
		"UPDATE neuron SET text = x'00ff', meta = 5",
		"UPDATE synapse SET base = 7e7, created = -1, type = 4000",
		"UPDATE synapse_bundle SET bytes = x'ff80'",
		"UPDATE synapse_bundle SET bytes = substr(bytes, 1, length(bytes) / 2)",
		"UPDATE synapse_bundle SET bytes = NULL",
		"UPDATE synapse_bundle SET first = first - 1000",
		"UPDATE synapse_bundle SET bytes = zeroblob(100000)",
		"INSERT INTO synapse_bundle SELECT first + 1, bytes FROM synapse_bundle",
		"UPDATE synapse SET text = 1",
		"UPDATE fiber_bundle SET bytes = substr(bytes, 2)",
		"UPDATE fiber SET text = 1 - text",
		"UPDATE anchor_bundle SET bytes = x'ff'",
		"INSERT INTO anchor_bundle SELECT first + 3, bytes FROM anchor_bundle",
		"DELETE FROM anchor_bundle",
		"DELETE FROM fiber_text",
		"UPDATE synapse SET source = target",
		"UPDATE fiber_text SET tags = x'ff', neurons = x'80',"
		" synapses = x'ffffffffffffffffff7f'",
		"UPDATE fiber SET salience = -1, coherence = 99999",
		"UPDATE tally SET neurons = -1, next_neuron = -1, indexed = -5, unread = 7",
		"UPDATE tally SET indexed = 0, unread = 100000",
		"DELETE FROM tally",
		"DELETE FROM brain",
		"UPDATE brain SET delta = NULL, rate = 'x', clock = 1e300",
		"DELETE FROM grade",
		"DELETE FROM type",
		"UPDATE type SET name = ''",
		"INSERT INTO bump VALUES(999999, 1, 1)",
		"DELETE FROM words_data",
		"DELETE FROM words_docsize",
	};
	struct room *r = *state;
	struct bytes sound = sound_file(r);

	for (size_t i = 0; i < COUNT(nonsense); i++) {
		bytes_write(path_in(r, CLAIM_FILE), sound.at, sound.n);
		raw_do(path_in(r, CLAIM_FILE), nonsense[i]);
		use_all(r);
	}
	free(sound.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_room(an_empty_file_is_no_brain),
		in_room(a_text_is_no_brain),
		in_room(a_database_of_another_program_is_left_alone),
		in_room(a_newer_version_asks_for_an_upgrade),
		in_room(a_brain_without_a_version_is_damaged),
		in_room(a_trigger_is_not_let_run),
		in_room(a_missing_table_is_told),
		in_room(a_damaged_brain_does_not_hide_the_others),
		in_room(a_file_cut_short_anywhere_crashes_nothing),
		in_room(a_file_with_bytes_changed_crashes_nothing),
		in_room(rows_of_nonsense_crash_nothing),
	};

	return cmocka_run_group_tests_name("sqlite: damage", tests, NULL, NULL);
}
