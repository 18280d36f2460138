/* SPDX-License-Identifier: MIT */
/* upkeep.c - what maintenance may have left: interrupted runs, a lease, archives that cannot be
 * read. */
#include "upkeep/archive.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "store/brain.h"
#include "upkeep/lease.h"

#define LEASE_LASTS INT64_C(600000000) /* see upkeep/run.c */
enum { PAGE = 16 };

static const mn_finding run_stopped = {
	.code = "NM-I10",
	.name = "run-stopped",
	.says = "a run of maintenance stopped in the middle",
	.cause = "its process was ended, or the machine went down",
	.fix = "doctor --fix ends it; run --resume RUN, or undo RUN, does so by hand",
	.repairable = true,
};
static const mn_finding lease_left = {
	.code = "NM-I10",
	.name = "lease-left",
	.says = "a run of maintenance is said to be at work that is not",
	.cause = "its process was ended, here or on another machine",
	.fix = "doctor --fix drops the mark",
	.repairable = true,
};
static const mn_finding lease_strange = {
	.code = "NM-I10",
	.name = "lease-strange",
	.says = "the mark of a run of maintenance is not what a run writes",
	.cause = "something else made a neuron of the uid \"" MN_LEASE_UID "\"",
	.fix = "doctor --fix drops it",
	.repairable = true,
};

/* ---- Runs --------------------------------------------------------------------------------- */

/* *running: some run of this machine is at the brain, or may be taken up again. */
static int look_at_runs(mn_doctor *d, bool *running)
{
	mn_finding stopped = run_stopped;
	const mn_run *runs;
	size_t n = 0;
	int status = mn_run_list(d->brain, &d->work, &runs, &n);

	for (size_t i = 0; status == MN_OK && i < n; i++) {
		if (runs[i].state != MN_RUN_RUNNING)
			continue;
		*running = true;
		if (!runs[i].live)
			status = mn_finding_see(d, &stopped, runs[i].run);
	}
	if (status == MN_OK)
		status = mn_doctor_report(d, &stopped);
	return mn_doctor_end(d, status, "runs of maintenance (NM-I10)");
}

static int tell_lease(mn_doctor *d, const mn_finding *what, mn_id id)
{
	mn_finding f = *what;
	int status = mn_finding_see(d, &f, id);

	return status ? status : mn_doctor_report(d, &f);
}

int mn_doctor_upkeep(mn_doctor *d)
{
	bool running = false;
	mn_leased held;
	int status = look_at_runs(d, &running);

	if (status != MN_OK)
		return status;
	status = mn_lease_look(d->brain, &d->work, &held);
	if (status == MN_ECORRUPT && held.id) {
		mn_call_reset(&d->work);
		return tell_lease(d, &lease_strange, held.id);
	}
	/* One of another machine is given the time that a run waits before it takes it over. */
	if (status == MN_OK && held.id && !running
		&& mn_engine_now(d->store->engine) - held.beat > LEASE_LASTS)
		status = tell_lease(d, &lease_left, held.id);
	return mn_doctor_end(d, status, "the mark of a run (NM-I10)");
}

/* ---- Archives ----------------------------------------------------------------------------- */

static const mn_finding segment_broken = {
	.code = "NM-I9",
	.name = "archive-broken",
	.says = "archived memories cannot be read back",
	.cause = "the neuron that holds them was changed or cut off",
	.fix = "bring the neuron back from a copy of the brain; nothing here can work it out",
};

static int read_segment(mn_doctor *d, const mn_neuron *n, mn_finding *broken)
{
	mn_call inner;
	mn_segment segment;
	int status = mn_call_init(&inner, d->call->engine, 0);

	if (status != MN_OK)
		return mn_fail_memory(&d->work);
	inner.token = d->call->token;
	status = mn_segment_read(&inner, n, &segment);
	if (status == MN_ENOMEM || status == MN_ECANCELLED)
		mn_fail(&d->work, status, 0, "%s", inner.err->text);
	else if (status != MN_OK)
		status = mn_finding_see(d, broken, n->id);
	mn_call_done(&inner);
	return status;
}

static int read_segments(mn_doctor *d, mn_finding *broken)
{
	uint16_t type;
	const mn_query q = mn_archive_query(&type);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int status;

	status = mn_brain_scan(d->brain, &d->work, &q, &scan);
	while (status == MN_OK && !page.last) {
		mn_call_reset(&d->work);
		status = mn_scan_next(scan, &d->work, PAGE, &page);
		for (size_t i = 0; status == MN_OK && i < page.rows.n; i++)
			if (page.rows.at.neuron[i].flags & MN_NEURON_ARCHIVED)
				status = read_segment(d, &page.rows.at.neuron[i], broken);
	}
	mn_scan_done(scan);
	return status;
}

int mn_doctor_archives(mn_doctor *d)
{
	mn_finding broken = segment_broken;
	int status = read_segments(d, &broken), told = mn_doctor_report(d, &broken);

	return told ? told : mn_doctor_end(d, status, "archived memories (NM-I9)");
}
