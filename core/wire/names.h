/* SPDX-License-Identifier: MIT */
/* names.h - words that stand for numbers in messages. */
#ifndef MN_WIRE_NAMES_H
#define MN_WIRE_NAMES_H

#include "wire/form.h"

#define WIRE_COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const wire_kinds[MN_KINDS] = {"brain", "neuron", "state", "synapse", "fiber"};

/* Bits of mn_field, the lowest first. */
static const char *const wire_fields[] = {"head", "text", "meta", "uid", "members"};
#define WIRE_NFIELDS (sizeof(wire_fields) / sizeof(*wire_fields))

static inline int wire_type_kind(enum wire_form form)
{
	return form == WIRE_NEURON_TYPE ? MN_NEURON : MN_SYNAPSE;
}

/* A code of 0 is the empty name. */
static inline mn_str wire_type_name(enum wire_form form, uint16_t code)
{
	const char *name = code ? mn_type_name(wire_type_kind(form), code) : "";

	return (mn_str){name, __builtin_strlen(name)};
}

size_t wire_size(enum wire_form); /* of a value in a struct */

#endif
