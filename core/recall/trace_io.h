/* SPDX-License-Identifier: MIT */
/* trace_io.h - the formats a trace is written in; private to recall. */
#ifndef MN_RECALL_TRACE_IO_H
#define MN_RECALL_TRACE_IO_H

#include "base/buf.h"
#include "recall/trace.h"

int mn_trace_write_jsonl(const mn_trace *, mn_call *, const mn_sink *, mn_buf *);
int mn_trace_write_dot(const mn_trace *, mn_call *, const mn_sink *, mn_buf *);
int mn_trace_write_svg(const mn_trace *, mn_call *, const mn_sink *, mn_buf *);
int mn_trace_write_graphml(const mn_trace *, mn_call *, const mn_sink *, mn_buf *);

/* Writes the buffer out if it holds more than `above` bytes. */
int mn_trace_flush(mn_buf *, mn_call *, const mn_sink *, size_t above);

/* Text of an XML 1.0 document: made plain (mn_text_plain), at most `most` bytes, then escaped. */
void mn_trace_xml(mn_buf *, mn_str, size_t most);

#endif
