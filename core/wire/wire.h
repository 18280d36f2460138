/* SPDX-License-Identifier: MIT */
/*
 * wire.h - the contract's requests and answers as JSON: service "mn.wire/1" of backend.h.
 *
 * Each message is one object. A star marks what must be there; another member that is left out has
 * the value 0, false or none, and is left out by the writer when it has. A member that is not
 * listed is refused.
 *
 *   GEN      {"generation"*}
 *   ERROR    {"type", "title", "status", "detail", "code"*, "native", "retry", "culprit"}
 *            RFC 9457. code: mn_status_name; detail: the sentence; status: of HTTP, as
 *            mn_wire_http says. A reader goes by code. culprit is there if there is one
 *   INFO     {"threads"*, "caps"*, "max_ids", "max_changes", "trip_us", "title"}
 *            threads: "one-call", "many-readers", "any-calls"; caps: names, as mn_cap_name
 *   BRAIN    {"id", "uid", "name", "config", "meta", "neurons", "synapses", "fibers", "bytes",
 *            "created", "updated", "clock"}
 *   ROWS     {"kind"*, "rows"*}  rows: objects as below, or null for a row that is not there
 *   FETCH    {"kind"*, "fields", "ids"*}
 *            fields: of "head", "text", "meta", "uid", "members"; left out: all
 *   RESERVE  {"kind"*, "n"*, "first"}
 *   KEYS     {"keys"*}  of [TYPE, TEXT]
 *   UIDS     {"kind"*, "uids"*}
 *   IDS      {"ids"*}
 *   EXPAND   {"frontier"*, "reaches"*, "reach_of", "floor", "limit", "want_synapse"}
 *            reaches: 1 to 255 of {"types", "out", "in", "except"}; the arrays beside frontier are
 * as long FAN      {"count"*, "degree"*, "bound"*, "far"*, "weight"*, "synapse", "types", "type",
 * "out"} the first three have an item per entry of the frontier, count being how many of the edges
 * are its own; the others one per edge. The last four are there together: type is an index into
 * types, which are names; out is 0 or 1 QUERY    {"kind"*, "text", "after", "tags", "types",
 * "since", "until", "neuron", "fields", "limit"} PAGE     {"kind"*, "rows"*, "resume", "last"}
 *   CHANGES  {"expect", "changes"*}  of {"op"*, "kind"*, "row"}
 *            op: "add", "put", "tune", "bump", "fold", "drop"; of a row the members that the
 *            operation reads are written
 *   APPLIED  {"before"*, "after"*, "culprit"}
 *
 * Rows, by kind:
 *
 *   "neuron"   {"id", "type", "flags", "uid", "text", "meta", "created", "updated"}
 *   "state"    {"id", "level", "decay", "last", "uses"}
 *   "synapse"  {"id", "from", "to", "type", "flags", "base", "uses", "uid", "meta", "created",
 *              "last"}
 *   "fiber"    {"id", "anchor", "stage", "flags", "uid", "summary", "meta", "neurons",
 *              "synapses", "tags", "salience", "coherence", "uses", "created", "first", "last"}
 *   "brain"    as BRAIN
 *
 * Values: ids, moments (microseconds, UTC) and counts are whole numbers; one above 2^63 - 1, which
 * no reader of JSON can be expected to know, is a string of its digits. flags and stage are
 * numbers, the bits of mn.h. A generation is "EPOCH-GRAPH-STATE", each in lower-case hexadecimal.
 * Types are names of at most 100 bytes. One that no row bears yet matches nothing in KEYS, EXPAND
 * and QUERY, and gets a code for the call only (mn_type_ask in base/type.h); in CHANGES it gets one
 * for good, and is refused when there is none left. config and meta are text, as they are kept.
 * Real numbers are in the shortest form that reads back to the same double; one that is not finite
 * cannot be written, nor can text that is not valid UTF-8 without NUL: both are MN_EINVAL, and for
 * the caller to sort out before. Minus zero becomes zero.
 *
 * Bounds: a text of at most MN_WIRE_MOST bytes with at most 16 Mi values, 2 Mi of them objects or
 * arrays. No memory is taken on the word of a number in the text.
 *
 * Reading costs a tree (base/json.h) beside the result; writing costs the text, twice for a moment.
 */
#ifndef MN_WIRE_H
#define MN_WIRE_H

#include "backend.h"

enum { MN_WIRE_MOST = 256 << 20 };

extern const mn_wire_service mn_wire_service_1;

int mn_wire_write(mn_call *, int message, const void *from, mn_str *out);
int mn_wire_read(mn_call *, int message, mn_str json, void *out);

size_t mn_wire_gen_write(const mn_gen *, char out[MN_WIRE_GEN_ROOM]);
bool mn_wire_gen_read(mn_str, mn_gen *out);

/* HTTP's status for an mn_status: 400 for MN_EINVAL and so on; 200 for MN_OK. Any thread. */
int mn_wire_http(int status);

#endif
