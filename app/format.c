/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <strings.h>

#include "base/str.h"

static const struct {
	const char *name, *suffix;
	int format;
} formats[] = {
	{"jsonl", ".jsonl", MN_FORMAT_JSONL},
	{"jsonl", ".ndjson", MN_FORMAT_JSONL},
	{"text", ".txt", MN_FORMAT_TEXT},
	{"markdown", ".md", MN_FORMAT_MARKDOWN},
	{"markdown", ".markdown", MN_FORMAT_MARKDOWN},
	{"graph", ".graph", MN_FORMAT_GRAPH},
	{"dict", ".dict", MN_FORMAT_DICT},
};

enum { FORMATS = sizeof(formats) / sizeof(*formats) };

int mn_import_format(mn_str asked, mn_str file)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (asked.len && mn_str_is(asked, formats[i].name))
			return formats[i].format;
	for (size_t i = 0; i < FORMATS; i++) {
		size_t n = strlen(formats[i].suffix);

		if (file.len > n && strncasecmp(file.ptr + file.len - n, formats[i].suffix, n) == 0)
			return formats[i].format;
	}
	return MN_FORMAT_JSONL;
}
