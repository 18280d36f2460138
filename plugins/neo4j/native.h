/* SPDX-License-Identifier: MIT */
/* native.h - questions in Cypher: the extension "mn.native/1"; see backend.h. */
#ifndef MN_NEO4J_NATIVE_H
#define MN_NEO4J_NATIVE_H

#include "db.h"

extern const mn_native_ops native_ops;

#endif
