/* SPDX-License-Identifier: MIT */
#include "mn.h"

const char *mn_status_name(int status)
{
	static const char *const names[] = {"ok", "invalid", "no-memory", "io", "no-brain",
		"conflict", "stale", "cancelled", "timeout", "unsupported", "no-access", "corrupt",
		"busy", "read-only"};
	unsigned i = status <= 0 ? (unsigned)-status : UINT32_MAX;

	return i < sizeof(names) / sizeof(*names) ? names[i] : "unknown";
}

const char *mn_cap_name(unsigned bit)
{
	static const char *const names[] = {
		"write", "durable", "text", "frozen", "push", "create", "atomic", "generation"};

	return bit < sizeof(names) / sizeof(*names) ? names[bit] : NULL;
}
