/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - a checkup in the making; private to doctor/.
 *
 * What a check finds it counts in an mn_finding of its own, a copy of a static one that says what
 * such a thing is, and reports it when it is done. The same name from two checks (the store's own,
 * and those that ask only what every store can be asked) is one finding.
 *
 * A check that cannot go on because of the store's data or the disk notes that it was not made;
 * only want of memory and cancelling end the checkup.
 */
#ifndef MN_DOCTOR_DOCTOR_H
#define MN_DOCTOR_DOCTOR_H

#include "mn.h"

enum { MN_DOCTOR_FINDINGS = 128, MN_DOCTOR_UNCHECKED = 32 };

typedef struct mn_doctor {
	mn_store *store;
	mn_brain *brain; /* NULL: it cannot be opened */
	mn_call *call;   /* whose arena has the report */
	mn_call work;    /* for a page at a time */
	mn_str name;
	const mn_doctor_options *options;
	mn_finding *findings;
	mn_unchecked *unchecked;
	size_t nfindings, nunchecked;
	uint64_t examined, total;
	bool shut; /* the brain must not be opened */
} mn_doctor;

/* ---- The report (report.c) ---------------------------------------------------------------- */

/* Counts one, with its id as a sample; with a text. */
int mn_finding_see(mn_doctor *, mn_finding *, mn_id);
int mn_finding_tell(mn_doctor *, mn_finding *, mn_str sample);
/* Into the report, if it counted anything. */
int mn_doctor_report(mn_doctor *, const mn_finding *);
int mn_doctor_skip(mn_doctor *, const char *what, const char *why);
/* What a check that ended with a status means for the checkup: MN_OK, or that it ends as well. The
 * error is the work's. */
int mn_doctor_end(mn_doctor *, int status, const char *what);
void mn_doctor_sum(const mn_doctor *, mn_checkup *out);
/* Is a finding of that name in it? */
const mn_finding *mn_checkup_find(const mn_checkup *, const char *name);

/* ---- Checks ------------------------------------------------------------------------------- */

int mn_doctor_rows(mn_doctor *);     /* rows.c: what any store can be asked */
int mn_doctor_upkeep(mn_doctor *);   /* upkeep.c: runs, lease */
int mn_doctor_archives(mn_doctor *); /* upkeep.c: segments */
int mn_doctor_round(mn_doctor *);    /* round.c: a snapshot there and back */

#endif
