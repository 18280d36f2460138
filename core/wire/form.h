/* SPDX-License-Identifier: MIT */
/*
 * form.h - members of a message by tables: what a member is called, what form its value has, and
 * where it stands in the struct. One table serves both ways.
 */
#ifndef MN_WIRE_FORM_H
#define MN_WIRE_FORM_H

#include "backend.h"
#include "base/buf.h"
#include "base/json.h"

enum wire_form {
	WIRE_ID,          /* uint64_t */
	WIRE_WHOLE,       /* uint32_t */
	WIRE_SHORT,       /* uint16_t */
	WIRE_NATIVE,      /* int32_t */
	WIRE_TIME,        /* mn_time */
	WIRE_REAL,        /* double */
	WIRE_FLOAT,       /* float */
	WIRE_TRUTH,       /* bool */
	WIRE_BIT,         /* bool, as 0 or 1 */
	WIRE_TEXT,        /* mn_str */
	WIRE_NEURON_TYPE, /* uint16_t */
	WIRE_SYNAPSE_TYPE,
	WIRE_KIND,   /* int, mn_kind */
	WIRE_FIELDS, /* unsigned, mn_field */
	WIRE_GEN,    /* mn_gen */
	WIRE_IDS,    /* mn_ids */
	WIRE_TEXTS,  /* mn_strs */
	WIRE_HAND,   /* by the message's own functions; passed over here */
};

enum {
	WIRE_NEEDED = 1 << 0,
	WIRE_TUNE = 1 << 1, /* what MN_TUNE, MN_BUMP and MN_DROP read of a row */
	WIRE_BUMP = 1 << 2,
	WIRE_DROP = 1 << 3,
	WIRE_EACH = WIRE_TUNE | WIRE_BUMP | WIRE_DROP,
};

struct wire_field {
	const char *name; /* NULL: the end */
	enum wire_form form;
	unsigned flags;
	size_t at;
};

/* ---- Writing ------------------------------------------------------------------------------ */

struct wire_out {
	mn_call *call;
	mn_buf buf;
	const char *wrong; /* the member that cannot be written; the first one stays */
	const char *why;
};

/* "name": with the comma before it where one is due. */
void wire_name(struct wire_out *, const char *name);
void wire_put(struct wire_out *, const char *name, enum wire_form, const void *at);
/* n values back to back, as an array. at NULL: nothing is written. */
void wire_put_column(struct wire_out *, const char *name, enum wire_form, const void *at, size_t n);
/* Those members of a struct that are needed or not at their default, without braces; with only set,
 * those alone that have one of its flags. */
void wire_put_members(
	struct wire_out *, const struct wire_field *, const void *base, unsigned only);
void wire_put_word(struct wire_out *, const char *name, const char *word);
void wire_cannot(struct wire_out *, const char *name, const char *why);

/* ---- Reading ------------------------------------------------------------------------------ */

/* What names of types that are not known are to a message. */
enum wire_names {
	WIRE_TOLD,    /* an answer: rows bear them, and beyond the last code they are 0 */
	WIRE_ASKED,   /* a question: made-up ones are forgotten with the call */
	WIRE_WRITTEN, /* rows will bear them, so beyond the last code they are refused */
};

struct wire_in {
	mn_call *call;
	enum wire_names names;
	int status;       /* MN_OK so far */
	const char *list; /* the array whose items are being read; NULL: none */
	size_t index;
};

/* These return false once something is wrong; the sentence names the member. */
bool wire_wrong(struct wire_in *, const char *name, const char *what);
bool wire_take(struct wire_in *, const char *name, enum wire_form, const json_t *, void *at);
/* An array of any length, or of n items where n is given: NULL where there is no such member. */
bool wire_take_column(struct wire_in *, const json_t *object, const char *name, enum wire_form,
	size_t n, const void **out);
bool wire_take_list(
	struct wire_in *, const char *name, enum wire_form, const json_t *, void **at, size_t *n);
bool wire_take_members(struct wire_in *, const struct wire_field *, const json_t *, void *base);
/* The index of a word among n; false: none of them, which is wrong. */
bool wire_take_word(struct wire_in *, const char *name, const json_t *, const char *const *words,
	size_t n, int *out);
void *wire_room(struct wire_in *, size_t n, size_t size);

/* ---- Rows (row.c) and lists (fan.c) -------------------------------------------------------- */

extern const struct wire_field wire_brain_fields[];

void wire_put_rows(struct wire_out *, const mn_rows *);
bool wire_take_rows(struct wire_in *, const json_t *object, mn_rows *out);

void wire_put_rows_message(struct wire_out *, const void *);
bool wire_take_rows_message(struct wire_in *, const json_t *, void *);
void wire_put_page(struct wire_out *, const void *);
bool wire_take_page(struct wire_in *, const json_t *, void *);
void wire_put_changes(struct wire_out *, const void *);
bool wire_take_changes(struct wire_in *, const json_t *, void *);
void wire_put_keys(struct wire_out *, const void *);
bool wire_take_keys(struct wire_in *, const json_t *, void *);
void wire_put_expand(struct wire_out *, const void *);
bool wire_take_expand(struct wire_in *, const json_t *, void *);
void wire_put_fan(struct wire_out *, const void *);
bool wire_take_fan(struct wire_in *, const json_t *, void *);

#endif
