/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "doctor/doctor.h"

enum { SAMPLE_ROOM = 100 };

/* ---- Findings ----------------------------------------------------------------------------- */

int mn_finding_tell(mn_doctor *d, mn_finding *f, mn_str sample)
{
	char plain[SAMPLE_ROOM];
	size_t n;

	f->count++;
	if (f->nsamples == MN_DOCTOR_SAMPLES)
		return MN_OK;
	n = mn_text_plain(sample, plain, sizeof(plain));
	f->samples[f->nsamples] = mn_call_copy(d->call, (mn_str){plain, n});
	if (!f->samples[f->nsamples].ptr)
		return MN_ENOMEM;
	f->nsamples++;
	return MN_OK;
}

int mn_finding_see(mn_doctor *d, mn_finding *f, mn_id id)
{
	char text[24];
	const int n = snprintf(text, sizeof(text), "%" PRIu64, id);

	return mn_finding_tell(d, f, (mn_str){text, (size_t)n});
}

static mn_finding *named(const mn_doctor *d, const char *name)
{
	for (size_t i = 0; i < d->nfindings; i++)
		if (strcmp(d->findings[i].name, name) == 0)
			return &d->findings[i];
	return NULL;
}

/* Samples of a store's own finding are its words as they are. */
static int own_samples(mn_doctor *d, const mn_finding *from, mn_finding *to)
{
	const uint64_t count = to->count;
	int status = MN_OK;

	to->nsamples = 0;
	for (size_t i = 0; status == MN_OK && i < from->nsamples; i++)
		status = mn_finding_tell(d, to, from->samples[i]);
	to->count = count;
	return status;
}

int mn_doctor_report(mn_doctor *d, const mn_finding *f)
{
	mn_finding *known = named(d, f->name);

	if (f->count == 0)
		return MN_OK;
	if (known) {
		known->count = f->count > known->count ? f->count : known->count;
		known->repairable |= f->repairable;
		return MN_OK;
	}
	if (d->nfindings == MN_DOCTOR_FINDINGS)
		return MN_OK;
	d->findings[d->nfindings] = *f;
	return own_samples(d, f, &d->findings[d->nfindings++]);
}

int mn_doctor_skip(mn_doctor *d, const char *what, const char *why)
{
	char plain[300];
	mn_unchecked *u = &d->unchecked[d->nunchecked];
	size_t n;

	if (d->nunchecked == MN_DOCTOR_UNCHECKED)
		return MN_OK;
	n = mn_text_plain(mn_str_of(why), plain, sizeof(plain));
	u->what = mn_call_copy(d->call, mn_str_of(what));
	u->why = mn_call_copy(d->call, (mn_str){plain, n});
	if (!u->what.ptr || !u->why.ptr)
		return MN_ENOMEM;
	d->nunchecked++;
	return MN_OK;
}

/* ---- How a check ended -------------------------------------------------------------------- */

static const mn_finding unreadable = {
	.code = "NM-I6",
	.name = "unreadable",
	.says = "what is stored cannot be read",
	.cause = "the disk, or another program that wrote there",
	.fix = "doctor --salvage OUT saves what can be read; or restore it from a copy",
};

int mn_doctor_end(mn_doctor *d, int status, const char *what)
{
	mn_finding f = unreadable;
	mn_error error = *d->work.err;
	int rc = MN_OK;

	mn_call_reset(&d->work);
	if (status == MN_OK)
		return MN_OK;
	if (status == MN_ENOMEM || status == MN_ECANCELLED || status == MN_ETIMEOUT)
		return mn_fail(d->call, status, error.native, "%s", error.text);
	/* Where something is known to be wrong, this is only what follows from it. */
	if (status == MN_ECORRUPT && d->nfindings == 0) {
		rc = mn_finding_tell(d, &f, mn_str_of(error.text));
		if (rc == MN_OK)
			rc = mn_doctor_report(d, &f);
	}
	return rc ? rc : mn_doctor_skip(d, what, error.text);
}

/* ---- The whole ---------------------------------------------------------------------------- */

static int verdict(const mn_doctor *d)
{
	bool repairable = false;

	for (size_t i = 0; i < d->nfindings; i++) {
		const mn_finding *f = &d->findings[i];

		if (!f->harmless && !f->repairable)
			return MN_VERDICT_BROKEN;
		repairable |= !f->harmless;
	}
	if (repairable)
		return MN_VERDICT_REPAIRABLE;
	return d->nunchecked ? MN_VERDICT_UNCHECKED : MN_VERDICT_CLEAN;
}

void mn_doctor_sum(const mn_doctor *d, mn_checkup *out)
{
	*out = (mn_checkup){.findings = d->findings,
		.nfindings = d->nfindings,
		.unchecked = d->unchecked,
		.nunchecked = d->nunchecked,
		.examined = d->examined,
		.verdict = verdict(d)};
}

const mn_finding *mn_checkup_find(const mn_checkup *c, const char *name)
{
	for (size_t i = 0; i < c->nfindings; i++)
		if (strcmp(c->findings[i].name, name) == 0)
			return &c->findings[i];
	return NULL;
}
