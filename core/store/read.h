/* SPDX-License-Identifier: MIT */
/* read.h - what the rooms of the store ask of each other; private to store. */
#ifndef MN_STORE_READ_H
#define MN_STORE_READ_H

#include "store/brain.h"

#define MN_FIELD_ALL \
	(MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META | MN_FIELD_UID | MN_FIELD_MEMBERS)

extern const mn_rows_service mn_rows_service_1; /* "mn.rows/1": rows.c */

size_t mn_row_size(int kind);

/* Fills in those of `out` that are 0 and whose uid is a neuron's derived one. */
int mn_uid_neurons(mn_brain *, mn_call *, mn_strs uids, mn_id *out);
/* The places (arena) of those of n ids that are 0. */
int mn_uid_missing(mn_call *, const mn_id *ids, size_t n, size_t **places, size_t *count);

#endif
