/* SPDX-License-Identifier: MIT */
/*
 * edits.c - any bytes as a batch of the journal of maintenance. What is read is written, and read
 * and written again to the same bytes, turned round and back too; what is refused has a sentence.
 */
#include <stdlib.h>

#include "base/str.h"
#include "fuzz.h"
#include "upkeep/edit.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static mn_str again(mn_call *call, mn_str bytes)
{
	mn_edits e;
	mn_str out;

	must(mn_edits_read(call, bytes, &e) == MN_OK);
	must(mn_edits_write(call, &e, &out) == MN_OK);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static mn_call call;
	static bool begun;
	mn_edits e, turned, back;
	mn_str once, twice;
	int status;

	if (!begun)
		must(mn_call_init(&call, NULL, 0) == MN_OK);
	begun = true;
	status = mn_edits_read(&call, (mn_str){(const char *)data, size}, &e);
	must(status == MN_OK || (status == MN_ECORRUPT && call.err->text[0]));
	if (status == MN_OK) {
		must(mn_edits_write(&call, &e, &once) == MN_OK);
		must(mn_str_eq(once, again(&call, once)));
		must(mn_edits_turn(&call, &e, &turned) == MN_OK);
		must(mn_edits_turn(&call, &turned, &back) == MN_OK);
		must(mn_edits_write(&call, &back, &twice) == MN_OK);
		must(mn_str_eq(once, twice));
	}
	mn_call_reset(&call);
	return 0;
}
