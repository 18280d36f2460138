/* SPDX-License-Identifier: MIT */
/*
 * wire.c - any bytes as any message: the first byte chooses which. What is read is written, and
 * read and written again to the same text; what is refused has a sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "wire/wire.h"

union any {
	uint32_t size;
	mn_gen gen;
	mn_wire_error error;
	mn_info info;
	mn_brain_row brain;
	mn_rows rows;
	mn_wire_fetch fetch;
	mn_expand expand;
	mn_wire_fan fan;
	mn_query query;
	mn_page page;
	mn_wire_changes changes;
	mn_applied applied;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static mn_str again(mn_call *call, int message, mn_str json)
{
	union any any = {0};
	mn_str out;

	must(mn_wire_read(call, message, json, &any) == MN_OK);
	must(mn_wire_write(call, message, &any, &out) == MN_OK);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static mn_call call;
	static bool begun;
	union any any = {0};
	mn_str json = {(const char *)data + 1, size - 1}, once, twice;
	int message, status;

	if (size < 1)
		return 0;
	if (!begun)
		must(mn_call_init(&call, NULL, 0) == MN_OK);
	begun = true;
	message = data[0] % MN_WIRE_MESSAGES;
	status = mn_wire_read(&call, message, json, &any);
	must(status == MN_OK || (status == MN_EINVAL && call.err->text[0]));
	/* A new type beyond the 4,096th has no name: the fuzzer makes many. */
	if (status == MN_OK && mn_wire_write(&call, message, &any, &once) == MN_OK) {
		twice = again(&call, message, once);
		must(mn_str_eq(once, twice));
	}
	mn_call_reset(&call);
	return 0;
}
