/* SPDX-License-Identifier: MIT */
/*
 * ward.h - brains to be damaged: one is made once, of random operations and of rows that they do
 * not make, and its file is copied for each patient.
 */
#ifndef DOCTOR_WARD_H
#define DOCTOR_WARD_H

#include "steps.h"

#define HUB_LINKS 700  /* more than a short list takes */
#define GONE_LINKS 300 /* deleted at once */

struct ward {
	mn_engine *engine;
	char folder[64], state[80], url[96];
	char path[120]; /* of the patient's file */
	char *file;     /* of the healthy one */
	size_t size;
	mn_store *store; /* of the patient; NULL: closed */
	mn_call call;
	const char *what; /* is being tried, for messages */
};

/* What is done to a file, and what must be found. */
struct damage {
	const char *what, *sql;
	const char *code, *name; /* of the finding */
	int verdict;
	bool contract; /* it shows without a look into the store's own tables */
};
extern const struct damage damages[];
extern const size_t ndamages;

int ward_open(void **state);
int ward_close(void **state);

/* Random operations on a brain of the store, nothing of it kept open. */
void ward_fill(struct ward *, mn_store *, const char *name, uint64_t seed, unsigned steps);
/* A healthy copy, not opened yet. */
void ward_admit(struct ward *);
/* SQL on the patient's file, past all rules. */
void ward_damage(struct ward *, const char *sql);
/* Bytes of the patient's file. */
void ward_write(struct ward *, const void *bytes, size_t n);
mn_store *ward_store(struct ward *); /* opens the patient's store if it is closed */
void ward_discharge(struct ward *);  /* closes it */

int ward_check(struct ward *, int level, bool contract_only, mn_checkup *out);
mn_cure ward_fix(struct ward *);
/* Of everything in the file that is not a counter of changes. */
uint64_t ward_digest(struct ward *);
const mn_finding *ward_found(const mn_checkup *, const char *name);
void ward_tell(const mn_checkup *); /* on stderr */

#define WELL(w, status) assert_well(w, status, #status, __FILE__, __LINE__)
void assert_well(struct ward *, int status, const char *what, const char *file, int line);

#endif
