/* SPDX-License-Identifier: MIT */
/* read.h - what the rooms of the store ask of each other; private to store. */
#ifndef MN_STORE_READ_H
#define MN_STORE_READ_H

#include "store/brain.h"

#define MN_FIELD_ALL \
	(MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META | MN_FIELD_UID | MN_FIELD_MEMBERS)

extern const mn_rows_service mn_rows_service_1; /* "mn.rows/1": rows.c */

size_t mn_row_size(int kind);

#endif
