/* SPDX-License-Identifier: MIT */
/*
 * dictionary.h - short codes in a brain's file for what repeats: names of types, and weights.
 *
 * Codes of types (mn_type_code) belong to a process, so the file has its own. A synapse's base is
 * one of a few values over and over (an encoder's formula over small numbers), so the first few
 * thousand different ones get a code; a row (row.h) then holds the code, or else the number itself.
 *
 * Codes are only ever added, so what a connection knows stays right; it reads more when it meets
 * a code it does not know, and forgets all after a rollback.
 */
#ifndef MN_SQLITE_DICTIONARY_H
#define MN_SQLITE_DICTIONARY_H

#include <sqlite3.h>

#include "backend.h"
#include "row.h"

#define MEMORY_TYPE 1 /* the stored code of neuron type "memory", in every file */
#define MOST_TYPES 65534
#define UNKNOWN_TYPE 65535
#define MOST_GRADES 4096

struct conn;

/* Zeroed: knows nothing. */
struct dictionary {
	struct names {
		uint16_t *codes; /* stored code -> this process's */
		size_t n, cap;
		uint16_t *stored; /* this process's -> stored code; 0: not known */
		size_t nstored, stored_cap;
	} names[2]; /* of neurons, of synapses */
	double *grades;
	size_t ngrades, grades_cap;
	uint16_t *index; /* hash of a grade -> its code, for writing */
};

/* kind: MN_NEURON or MN_SYNAPSE. */
int dictionary_type(struct conn *, int kind, int64_t stored, uint16_t *code);
/* Likewise backwards, UNKNOWN_TYPE where no row of the file is of it. */
int dictionary_find_type(struct conn *, int kind, uint16_t code, uint16_t *stored);
/* Adds the name if it is new: in a write transaction only. */
int dictionary_store_type(struct conn *, int kind, uint16_t code, uint16_t *stored);

/* The number of a code. MN_ECORRUPT. */
int dictionary_code(struct conn *, int64_t code, double *out);
/* The code of x, added if there is room, else 0: in a write transaction only. */
int dictionary_store_code(struct conn *, double x, uint16_t *code);
/* A column that holds a code or a number. */
int dictionary_number(struct conn *, sqlite3_stmt *, int column, double *out);
/* Likewise a row's. */
int dictionary_grade(struct conn *, const struct grade *, double *out);
/* x as a row has it; as dictionary_store_code. */
int dictionary_store_grade(struct conn *, double x, struct grade *out);

void dictionary_forget(struct conn *);

#endif
