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
	{"snapshot", ".snapshot", MN_FORMAT_SNAPSHOT},
	{"neuralmemory", ".json", MN_FORMAT_PEER},
	{"neuralmemory", ".db", MN_FORMAT_PEER},
};

enum { FORMATS = sizeof(formats) / sizeof(*formats) };

static bool ends_in(mn_str file, const char *suffix)
{
	const size_t n = strlen(suffix);

	return file.len > n && strncasecmp(file.ptr + file.len - n, suffix, n) == 0;
}

bool mn_format_zst(mn_str file)
{
	return ends_in(file, ".zst");
}

int mn_import_format(mn_str asked, mn_str file)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (asked.len && mn_str_is(asked, formats[i].name))
			return formats[i].format;
	if (mn_format_zst(file))
		file.len -= strlen(".zst");
	for (size_t i = 0; i < FORMATS; i++)
		if (ends_in(file, formats[i].suffix))
			return formats[i].format;
	return MN_FORMAT_JSONL;
}

bool mn_format_sqlite(mn_str head)
{
	return head.len >= 16 && memcmp(head.ptr, "SQLite format 3", 16) == 0;
}

/* Does it begin as a snapshot of NeuralMemory does? */
static bool is_peer(mn_str head)
{
	while (head.len && strchr(" \t\r\n{", *head.ptr))
		head = mn_str_sub(head, 1, SIZE_MAX);
	return mn_str_starts(head, "\"brain_id\"") || mn_str_starts(head, "\"brain_name\"");
}

int mn_import_recognise(mn_str asked, mn_str file, mn_str head)
{
	if (!asked.len && mn_str_starts(head, "{\"snapshot\":{\"format\":\"mnemoscope\""))
		return MN_FORMAT_SNAPSHOT;
	if (!asked.len && (mn_format_sqlite(head) || is_peer(head)))
		return MN_FORMAT_PEER;
	return mn_import_format(asked, file);
}
