/* SPDX-License-Identifier: MIT */
/* What the doctor finds in damaged brains, what it mends, and that it leaves healthy ones alone. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ward.h"

/* ---- Finding ------------------------------------------------------------------------------ */

static void assert_found(struct ward *w, const struct damage *d, bool contract_only)
{
	mn_checkup c;
	const mn_finding *f;

	WELL(w, ward_check(w, MN_DOCTOR_FULL, contract_only, &c));
	if (contract_only) { /* names of rows are the same, those of lists are not */
		for (size_t i = 0; i < c.nfindings; i++)
			if (strcmp(c.findings[i].code, d->code) == 0)
				return;
		fprintf(stderr, "%s: not found by the contract\n", d->what);
		ward_tell(&c);
		fail();
	}
	f = ward_found(&c, d->name);
	if (!f || strcmp(f->code, d->code) != 0 || c.verdict != d->verdict) {
		fprintf(stderr, "%s: want %s %s and %d, got %d\n", d->what, d->code, d->name,
			d->verdict, c.verdict);
		ward_tell(&c);
		fail();
	}
	assert_true(f->count > 0 && f->nsamples > 0 && f->says && f->cause && f->fix);
}

static void every_damage_is_found_by_its_code(void **state)
{
	struct ward *w = *state;

	for (size_t i = 0; i < ndamages; i++) {
		ward_admit(w);
		ward_damage(w, damages[i].sql);
		assert_found(w, &damages[i], false);
	}
}

static void damaged_rows_show_through_the_contract_too(void **state)
{
	struct ward *w = *state;

	for (size_t i = 0; i < ndamages; i++) {
		if (!damages[i].contract)
			continue;
		ward_admit(w);
		ward_damage(w, damages[i].sql);
		assert_found(w, &damages[i], true);
	}
}

static void checking_changes_nothing(void **state)
{
	struct ward *w = *state;

	for (size_t i = 0; i < ndamages; i++) {
		uint64_t before;
		mn_checkup c;

		if (damages[i].verdict == MN_VERDICT_BROKEN)
			continue;
		ward_admit(w);
		ward_damage(w, damages[i].sql);
		before = ward_digest(w);
		WELL(w, ward_check(w, MN_DOCTOR_FULL, false, &c));
		ward_discharge(w);
		if (strcmp(damages[i].name, "file-older") != 0)
			assert_true(ward_digest(w) == before);
	}
}

/* ---- Mending ------------------------------------------------------------------------------ */

static void assert_healed(struct ward *w, const struct damage *d)
{
	mn_cure cure = ward_fix(w), again;
	uint64_t healed;

	if (cure.after.verdict != MN_VERDICT_CLEAN || cure.mended == 0 || cure.backup.len == 0) {
		fprintf(stderr, "%s: not mended: %d, %llu\n", d->what, cure.after.verdict,
			(unsigned long long)cure.mended);
		ward_tell(&cure.after);
		fail();
	}
	ward_discharge(w);
	healed = ward_digest(w);
	again = ward_fix(w);
	assert_int_equal(again.mended, 0);
	assert_int_equal(again.backup.len, 0);
	ward_discharge(w);
	assert_true(ward_digest(w) == healed);
}

static void what_can_be_mended_is_and_a_second_time_changes_nothing(void **state)
{
	struct ward *w = *state;

	for (size_t i = 0; i < ndamages; i++) {
		if (damages[i].verdict != MN_VERDICT_REPAIRABLE)
			continue;
		ward_admit(w);
		ward_damage(w, damages[i].sql);
		w->what = damages[i].what;
		assert_healed(w, &damages[i]);
		w->what = NULL;
	}
}

static void what_cannot_be_mended_is_left_as_it_is(void **state)
{
	struct ward *w = *state;

	for (size_t i = 0; i < ndamages; i++) {
		mn_cure cure;

		if (damages[i].verdict != MN_VERDICT_BROKEN)
			continue;
		ward_admit(w);
		ward_damage(w, damages[i].sql);
		cure = ward_fix(w);
		assert_int_equal(cure.mended, 0);
		assert_int_equal(cure.after.verdict, MN_VERDICT_BROKEN);
	}
}

static void a_fix_is_taken_back_from_its_copy(void **state)
{
	struct ward *w = *state;
	const struct damage *d = &damages[0];
	mn_checkup c;

	ward_admit(w);
	ward_damage(w, d->sql);
	ward_fix(w);
	WELL(w, mn_doctor_undo(ward_store(w), &w->call, MN_STR("patient")));
	assert_found(w, d, false);
	assert_int_equal(mn_doctor_undo(ward_store(w), &w->call, MN_STR("patient")) != MN_OK, 1);
	ward_fix(w);
	WELL(w, ward_check(w, MN_DOCTOR_FULL, false, &c));
	assert_int_equal(c.verdict, MN_VERDICT_CLEAN);
}

static void a_fix_is_not_taken_back_over_what_was_written_since(void **state)
{
	struct ward *w = *state;
	mn_note note = MN_SIZED(mn_note);
	mn_remembered r = MN_SIZED(mn_remembered);
	mn_brain *b;

	ward_admit(w);
	ward_damage(w, damages[0].sql);
	ward_fix(w);
	note.text = MN_STR("something new");
	WELL(w, mn_brain_open(ward_store(w), &w->call, MN_STR("patient"), &b));
	WELL(w, mn_brain_remember(b, &w->call, &note, 1, &r));
	mn_brain_close(b);
	assert_int_equal(mn_doctor_undo(ward_store(w), &w->call, MN_STR("patient")), MN_ECONFLICT);
}

static void rows_that_go_are_in_a_file(void **state)
{
	struct ward *w = *state;
	char line[4096] = "";
	struct stat st;
	mn_cure cure;
	FILE *f;

	ward_admit(w);
	ward_damage(w, "INSERT INTO state VALUES(99999999, 0.5, -1, 0, 1)");
	cure = ward_fix(w);
	assert_int_equal(cure.kept, 1);
	f = fopen(cure.rows.ptr, "r");
	assert_non_null(f);
	assert_true(fstat(fileno(f), &st) == 0 && (st.st_mode & 077) == 0);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_string_equal(line,
		"{\"finding\":\"state-owner\",\"table\":\"state\",\"row\":{\"id\":99999999,"
		"\"level\":0.5,\"decay\":-1,\"last\":0,\"uses\":1}}\n");
}

static void what_was_kept_of_a_brain_is_deleted_with_it(void **state)
{
	struct ward *w = *state;
	char copy[512], rows[512];
	mn_cure cure;

	ward_admit(w);
	ward_damage(w, damages[0].sql);
	cure = ward_fix(w);
	snprintf(copy, sizeof(copy), "%s", cure.backup.ptr);
	snprintf(rows, sizeof(rows), "%s", cure.rows.ptr);
	assert_int_equal(access(copy, F_OK) | access(rows, F_OK), 0);
	WELL(w, mn_store_delete(ward_store(w), &w->call, MN_STR("patient")));
	assert_int_not_equal(access(copy, F_OK), 0);
	assert_int_not_equal(access(rows, F_OK), 0);
}

static void only_what_is_named_is_mended(void **state)
{
	struct ward *w = *state;
	const mn_str code = MN_STR("NM-I1");
	mn_doctor_options o = MN_SIZED(mn_doctor_options);
	mn_cure cure;

	ward_admit(w);
	ward_damage(w,
		"INSERT INTO state VALUES(99999999, 0.5, -1, 0, 1);"
		" UPDATE fiber SET stage = 9 WHERE id = (SELECT id FROM fiber_text WHERE uid = 'spokes')");
	o.codes = (mn_strs){&code, 1};
	WELL(w, mn_doctor_fix(ward_store(w), &w->call, MN_STR("patient"), &o, &cure));
	assert_null(ward_found(&cure.after, "state-owner"));
	assert_non_null(ward_found(&cure.after, "code"));
}

/* ---- Files -------------------------------------------------------------------------------- */

static void assert_file_finding(struct ward *w, int level, const char *name, int verdict)
{
	mn_checkup c;

	WELL(w, ward_check(w, level, false, &c));
	if (!ward_found(&c, name) || c.verdict != verdict) {
		fprintf(stderr, "want %s and %d, got %d\n", name, verdict, c.verdict);
		ward_tell(&c);
		fail();
	}
	ward_discharge(w);
}

static void files_that_are_no_brain_are_told_apart(void **state)
{
	static const char text[] = "Dear diary, this is not a database at all, whatever its name."
				   " It only has to be longer than a hundred bytes, as it is now.";
	struct ward *w = *state;

	ward_discharge(w);
	ward_write(w, "", 0);
	assert_file_finding(w, MN_DOCTOR_QUICK, "file-empty", MN_VERDICT_BROKEN);
	ward_write(w, text, sizeof(text));
	assert_file_finding(w, MN_DOCTOR_QUICK, "file-strange", MN_VERDICT_BROKEN);
	ward_write(w, w->file, 60);
	assert_file_finding(w, MN_DOCTOR_QUICK, "file-strange", MN_VERDICT_BROKEN);
	ward_write(w, w->file, w->size / 2);
	assert_file_finding(w, MN_DOCTOR_QUICK, "file-short", MN_VERDICT_BROKEN);
}

static void rights_are_set_right(void **state)
{
	struct ward *w = *state;
	struct stat st;

	ward_admit(w);
	chmod(w->path, 0644);
	assert_file_finding(w, MN_DOCTOR_QUICK, "file-mode", MN_VERDICT_REPAIRABLE);
	assert_int_equal(ward_fix(w).after.verdict, MN_VERDICT_CLEAN);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void put_log(struct ward *w)
{
	char name[160];
	FILE *f;

	snprintf(name, sizeof(name), "%s-wal", w->path);
	f = fopen(name, "w");
	fputs("This is somebody else's log, or none at all, but long enough for one.", f);
	fclose(f);
	chmod(name, 0600);
}

static void a_log_of_something_else_goes_aside(void **state)
{
	struct ward *w = *state;
	char name[160];

	ward_admit(w);
	put_log(w);
	assert_file_finding(w, MN_DOCTOR_QUICK, "log-strange", MN_VERDICT_REPAIRABLE);
	assert_int_equal(ward_fix(w).after.verdict, MN_VERDICT_CLEAN);
	snprintf(name, sizeof(name), "%s-wal.strange", w->path);
	assert_int_equal(access(name, F_OK), 0);
}

static void a_log_without_its_file_is_told(void **state)
{
	struct ward *w = *state;

	ward_admit(w);
	put_log(w);
	unlink(w->path);
	assert_file_finding(w, MN_DOCTOR_QUICK, "log-alone", MN_VERDICT_BROKEN);
}

static void no_brain_is_no_finding(void **state)
{
	struct ward *w = *state;
	mn_doctor_options o = MN_SIZED(mn_doctor_options);
	mn_checkup c;

	ward_admit(w);
	assert_int_equal(
		mn_doctor_check(ward_store(w), &w->call, MN_STR("nobody"), &o, &c), MN_ENOBRAIN);
}

/* ---- Pages -------------------------------------------------------------------------------- */

/* Overwrites pages from the middle on. */
static char *with_holes(const struct ward *w, size_t pages)
{
	char *file = malloc(w->size);
	const size_t at = w->size / 4096 / 2;

	memcpy(file, w->file, w->size);
	for (size_t i = 0; i < pages; i++)
		memset(file + (at + 3 * i) * 4096, 0xA5, 4096);
	return file;
}

static void malformed_pages_are_found_and_the_rest_is_saved(void **state)
{
	struct ward *w = *state;
	char *file = with_holes(w, 2);
	mn_salvaged r;
	mn_checkup c;
	mn_doctor_options o = MN_SIZED(mn_doctor_options);

	ward_discharge(w);
	ward_write(w, file, w->size);
	free(file);
	WELL(w, ward_check(w, MN_DOCTOR_FULL, false, &c));
	assert_int_equal(c.verdict, MN_VERDICT_BROKEN);
	assert_non_null(ward_found(&c, "page"));
	WELL(w, mn_doctor_salvage(ward_store(w), &w->call, MN_STR("patient"), ward_store(w),
			MN_STR("saved"), NULL, &r));
	assert_true(r.saved[MN_NEURON] > r.counted[MN_NEURON] / 2);
	o.level = MN_DOCTOR_FULL;
	WELL(w, mn_doctor_check(ward_store(w), &w->call, MN_STR("saved"), &o, &c));
	assert_int_equal(c.verdict, MN_VERDICT_CLEAN);
	WELL(w, mn_store_delete(w->store, &w->call, MN_STR("saved")));
}

/* Every other bundle is whole, and of this one the rows before the break are. */
static void of_a_broken_bundle_what_can_be_read_is_saved(void **state)
{
	struct ward *w = *state;
	mn_salvaged r;

	ward_admit(w);
	ward_damage(w, "UPDATE synapse_bundle SET bytes = CAST(substr(bytes, 1, 300) || x'FFFFFF'"
		       " AS BLOB) WHERE first = (SELECT min(first) FROM synapse_bundle)");
	WELL(w, mn_doctor_salvage(ward_store(w), &w->call, MN_STR("patient"), ward_store(w),
			MN_STR("saved"), NULL, &r));
	assert_int_equal(r.gaps, 1);
	assert_int_equal(r.lost[MN_NEURON] + r.lost[MN_SYNAPSE] + r.lost[MN_FIBER], 0);
	assert_int_equal(r.saved[MN_NEURON], r.counted[MN_NEURON]);
	assert_in_range(
		r.saved[MN_SYNAPSE], r.counted[MN_SYNAPSE] - 250, r.counted[MN_SYNAPSE] - 1);
	WELL(w, mn_store_delete(w->store, &w->call, MN_STR("saved")));
}

static void all_of_a_healthy_brain_is_saved(void **state)
{
	struct ward *w = *state;
	unsigned char before[32], after[32];
	mn_brain *a, *b;
	mn_salvaged r;

	ward_admit(w);
	WELL(w, mn_doctor_salvage(ward_store(w), &w->call, MN_STR("patient"), ward_store(w),
			MN_STR("saved"), NULL, &r));
	assert_int_equal(r.gaps, 0);
	assert_int_equal(r.lost[MN_NEURON] + r.lost[MN_SYNAPSE] + r.lost[MN_FIBER], 0);
	WELL(w, mn_brain_open(w->store, &w->call, MN_STR("patient"), &a));
	WELL(w, mn_brain_open(w->store, &w->call, MN_STR("saved"), &b));
	WELL(w, mn_brain_hash(a, &w->call, before));
	WELL(w, mn_brain_hash(b, &w->call, after));
	mn_brain_close(a);
	mn_brain_close(b);
	assert_memory_equal(before, after, sizeof(before));
	WELL(w, mn_store_delete(w->store, &w->call, MN_STR("saved")));
}

/* Whatever is flipped: an answer, no crash, and what is told to be clean reads as before. */
static void flipped_bits_never_crash_it(void **state)
{
	struct ward *w = *state;
	const unsigned rounds = getenv("MN_FULL") ? 10000 : 60;
	char *file = malloc(w->size);
	uint64_t seed = 99;

	for (unsigned i = 0; i < rounds; i++) {
		const size_t flips = 1 + dice_below(&seed, 40);
		mn_salvaged r;
		mn_checkup c;

		memcpy(file, w->file, w->size);
		for (size_t k = 0; k < flips; k++)
			file[dice_below(&seed, w->size)] ^= (char)(1 << dice_below(&seed, 8));
		ward_discharge(w);
		ward_write(w, file, w->size);
		WELL(w, ward_check(w, MN_DOCTOR_DEEP, false, &c));
		if (c.verdict == MN_VERDICT_REPAIRABLE) {
			mn_doctor_options o = MN_SIZED(mn_doctor_options);
			mn_cure cure;

			mn_doctor_fix(ward_store(w), &w->call, MN_STR("patient"), &o, &cure);
		}
		mn_call_reset(&w->call);
		if (mn_doctor_salvage(ward_store(w), &w->call, MN_STR("patient"), w->store,
			    MN_STR("saved"), NULL, &r)
			== MN_OK)
			WELL(w, mn_store_delete(w->store, &w->call, MN_STR("saved")));
	}
	free(file);
}

/* ---- Maintenance -------------------------------------------------------------------------- */

static void add_neuron(struct ward *w, mn_neuron row)
{
	const mn_change add = {MN_ADD, MN_NEURON, &row};
	mn_brain *b;

	WELL(w, mn_brain_open(ward_store(w), &w->call, MN_STR("patient"), &b));
	WELL(w, mn_brain_reserve(b, &w->call, MN_NEURON, 1, &row.id));
	WELL(w, mn_brain_apply(b, &w->call, NULL, &add, 1, NULL));
	mn_brain_close(b);
}

static void a_mark_that_a_run_left_is_dropped(void **state)
{
	static const char *const texts[] = {
		"{\"run\":\"00112233445566778899aabbccddeeff\",\"next\":1,\"beat\":1,\"pid\":1}",
		"not what a run writes"};
	static const char *const names[] = {"lease-left", "lease-strange"};
	struct ward *w = *state;

	for (size_t i = 0; i < COUNT(texts); i++) {
		mn_neuron row = neuron(0, mn_type_code(MN_NEURON, MN_STR("run")), texts[i]);

		ward_admit(w);
		row.uid = MN_STR("mnemoscope:run");
		row.flags = MN_NEURON_ARCHIVED;
		add_neuron(w, row);
		ward_discharge(w);
		assert_file_finding(w, MN_DOCTOR_QUICK, names[i], MN_VERDICT_REPAIRABLE);
		assert_int_equal(ward_fix(w).after.verdict, MN_VERDICT_CLEAN);
	}
}

static void an_archive_that_cannot_be_read_is_told(void **state)
{
	struct ward *w = *state;
	mn_neuron row = neuron(0, mn_type_code(MN_NEURON, MN_STR("archive")), "");

	ward_admit(w);
	row.flags = MN_NEURON_ARCHIVED;
	row.meta = MN_STR("{\"packed\":\"bm90IHpzdGQ=\"}");
	add_neuron(w, row);
	ward_discharge(w);
	assert_file_finding(w, MN_DOCTOR_FULL, "archive-broken", MN_VERDICT_BROKEN);
}

/* ---- Health ------------------------------------------------------------------------------- */

static void healthy_brains_are_clean(void **state)
{
	struct ward *w = *state;
	const unsigned brains = getenv("MN_FULL") ? 1000 : 30;

	ward_admit(w);
	for (unsigned i = 0; i < brains; i++) {
		mn_doctor_options o = MN_SIZED(mn_doctor_options);
		mn_checkup c;

		o.level = MN_DOCTOR_FULL;
		ward_fill(w, ward_store(w), "healthy", 1000 + i, 20 + i % 60);
		if (i % 2)
			ward_discharge(w);
		mn_call_reset(&w->call);
		WELL(w, mn_doctor_check(ward_store(w), &w->call, MN_STR("healthy"), &o, &c));
		if (c.verdict != MN_VERDICT_CLEAN) {
			fprintf(stderr, "brain of seed %u\n", 1000 + i);
			ward_tell(&c);
			fail();
		}
		WELL(w, mn_store_delete(w->store, &w->call, MN_STR("healthy")));
	}
}

static void a_store_in_memory_is_checked_by_the_contract(void **state)
{
	struct ward *w = *state;
	mn_doctor_options o = MN_SIZED(mn_doctor_options);
	mn_store *store;
	mn_checkup c;

	WELL(w, mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &store));
	ward_fill(w, store, "healthy", 5, 60);
	o.level = MN_DOCTOR_FULL;
	WELL(w, mn_doctor_check(store, &w->call, MN_STR("healthy"), &o, &c));
	if (c.verdict != MN_VERDICT_CLEAN)
		ward_tell(&c);
	assert_int_equal(c.verdict, MN_VERDICT_CLEAN);
	assert_true(c.examined > 0);
	mn_store_close(store);
}

static void a_snapshot_goes_there_and_back(void **state)
{
	struct ward *w = *state;
	mn_note notes[2] = {MN_SIZED(mn_note), MN_SIZED(mn_note)};
	mn_remembered r = MN_SIZED(mn_remembered);
	mn_doctor_options o = MN_SIZED(mn_doctor_options);
	mn_brain *b;
	mn_checkup c;

	ward_admit(w);
	notes[0].text = MN_STR("Grace Hopper taped the moth into the log book");
	notes[1].text = MN_STR("The log book lies in a museum in Washington");
	WELL(w, mn_store_create(ward_store(w), &w->call, MN_STR("notes"), MN_STR("")));
	WELL(w, mn_brain_open(w->store, &w->call, MN_STR("notes"), &b));
	WELL(w, mn_brain_remember(b, &w->call, notes, 2, &r));
	mn_brain_close(b);
	o.level = MN_DOCTOR_DEEP;
	WELL(w, mn_doctor_check(w->store, &w->call, MN_STR("notes"), &o, &c));
	if (c.verdict != MN_VERDICT_CLEAN)
		ward_tell(&c);
	assert_int_equal(c.verdict, MN_VERDICT_CLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_damage_is_found_by_its_code),
		cmocka_unit_test(damaged_rows_show_through_the_contract_too),
		cmocka_unit_test(checking_changes_nothing),
		cmocka_unit_test(what_can_be_mended_is_and_a_second_time_changes_nothing),
		cmocka_unit_test(what_cannot_be_mended_is_left_as_it_is),
		cmocka_unit_test(a_fix_is_taken_back_from_its_copy),
		cmocka_unit_test(a_fix_is_not_taken_back_over_what_was_written_since),
		cmocka_unit_test(rows_that_go_are_in_a_file),
		cmocka_unit_test(what_was_kept_of_a_brain_is_deleted_with_it),
		cmocka_unit_test(only_what_is_named_is_mended),
		cmocka_unit_test(files_that_are_no_brain_are_told_apart),
		cmocka_unit_test(rights_are_set_right),
		cmocka_unit_test(a_log_of_something_else_goes_aside),
		cmocka_unit_test(a_log_without_its_file_is_told),
		cmocka_unit_test(no_brain_is_no_finding),
		cmocka_unit_test(malformed_pages_are_found_and_the_rest_is_saved),
		cmocka_unit_test(of_a_broken_bundle_what_can_be_read_is_saved),
		cmocka_unit_test(all_of_a_healthy_brain_is_saved),
		cmocka_unit_test(flipped_bits_never_crash_it),
		cmocka_unit_test(a_mark_that_a_run_left_is_dropped),
		cmocka_unit_test(an_archive_that_cannot_be_read_is_told),
		cmocka_unit_test(healthy_brains_are_clean),
		cmocka_unit_test(a_store_in_memory_is_checked_by_the_contract),
		cmocka_unit_test(a_snapshot_goes_there_and_back),
	};

	return cmocka_run_group_tests(tests, ward_open, ward_close);
}
