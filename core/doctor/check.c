/* SPDX-License-Identifier: MIT */
/* check.c - a checkup: the store's own checks first, then those of the contract. */
#include "backend.h"
#include "base/arena.h"
#include "base/fail.h"
#include "doctor/doctor.h"
#include "store/upkeep.h"

/* ---- The store's own ---------------------------------------------------------------------- */

static int found(void *ctx, const mn_finding *f)
{
	return mn_doctor_report(ctx, f);
}

static int unchecked(void *ctx, const char *what, const char *why)
{
	return mn_doctor_skip(ctx, what, why);
}

static void tell(void *ctx, uint64_t done, uint64_t total)
{
	const mn_doctor *d = ctx;

	if (d->options->progress.tell)
		d->options->progress.tell(d->options->progress.ctx, done, total, "rows");
}

static void keep_shut(void *ctx)
{
	mn_doctor *d = ctx;

	d->shut = true;
}

static int ask_store(mn_doctor *d, bool *offered)
{
	const mn_diagnosis ask = {.size = sizeof(ask),
		.level = d->options->level,
		.ctx = d,
		.found = found,
		.unchecked = unchecked,
		.tell = tell,
		.keep_shut = keep_shut};
	int status = mn_store_diagnose(d->store, &d->work, d->name, &ask, offered);

	if (status == MN_ENOBRAIN)
		return mn_fail(d->call, status, 0, "%s", d->work.err->text);
	return mn_doctor_end(d, status, "the store's own tables");
}

/* ---- All of it ---------------------------------------------------------------------------- */

/* Where the store has looked itself and found the reason, a brain that cannot be opened is no
 * finding more. */
static int open_brain(mn_doctor *d, bool looked)
{
	int status;

	if (d->shut)
		return mn_doctor_skip(d, "rows, one by one", "the file has to be mended first");
	status = mn_brain_open(d->store, &d->work, d->name, &d->brain);

	if (status == MN_ENOBRAIN && !(looked && d->nfindings))
		return mn_fail(d->call, status, 0, "%s", d->work.err->text);
	if (status != MN_OK)
		d->brain = NULL;
	return mn_doctor_end(d, status, "rows, one by one");
}

typedef int checker(mn_doctor *);

static int check_brain(mn_doctor *d)
{
	static checker *const checks[] = {mn_doctor_rows, mn_doctor_archives, mn_doctor_round};
	static const int levels[] = {MN_DOCTOR_FULL, MN_DOCTOR_FULL, MN_DOCTOR_DEEP};
	int status = d->options->contract_only ? MN_OK : mn_doctor_upkeep(d);

	for (size_t i = 0; status == MN_OK && i < sizeof(levels) / sizeof(*levels); i++)
		if (d->options->level >= levels[i])
			status = checks[i](d);
	return status;
}

static int begin(mn_doctor *d)
{
	int status = mn_call_init(&d->work, d->call->engine, 0);

	if (status != MN_OK)
		return mn_fail_memory(d->call);
	d->work.token = d->call->token;
	d->work.deadline = d->call->deadline;
	d->findings = mn_call_array(d->call, MN_DOCTOR_FINDINGS, sizeof(*d->findings));
	d->unchecked = mn_call_array(d->call, MN_DOCTOR_UNCHECKED, sizeof(*d->unchecked));
	return d->findings && d->unchecked ? MN_OK : MN_ENOMEM;
}

int mn_doctor_check(mn_store *store, mn_call *call, mn_str brain, const mn_doctor_options *options,
	mn_checkup *out)
{
	mn_doctor d = {.store = store, .call = call, .name = brain, .options = options};
	bool looked = false;
	int status = begin(&d);

	if (status == MN_OK && !options->contract_only)
		status = ask_store(&d, &looked);
	if (status == MN_OK)
		status = open_brain(&d, looked);
	if (status == MN_OK && d.brain)
		status = check_brain(&d);
	mn_brain_close(d.brain);
	mn_call_done(&d.work);
	if (status == MN_OK)
		mn_doctor_sum(&d, out);
	return status;
}
