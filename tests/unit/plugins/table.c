/* SPDX-License-Identifier: MIT */
/* A backend that is good or, by what WRONG is defined as, wrong in one way. Never opened. */
#include <stdlib.h>
#include <string.h>

#include "backend.h"

#define GOOD 0
#define NO_SYMBOL 1
#define OTHER_MAJOR 2
#define SHORT_TABLE 3
#define OTHER_ROWS 4
#define NO_APPLY 5
#define NO_NAME 6
#define ODD_NAME 7
#define NO_TABLE 8
#define NO_URL 9

/* Runs as soon as the file is loaded: the test asks whether it did. */
__attribute__((constructor)) static void canary(void)
{
	setenv("MN_CANARY", "sang", 1);
}

static int open_it(const mn_host *host, mn_call *call, mn_str url, bool read_only, mn_db **out)
{
	(void)url, (void)read_only, (void)out;
	return host->fail(call, MN_EUNSUPPORTED, 0, "only here to be looked at");
}

/* The host only asks whether the rest is there. */
#define THERE(member) .member = (__typeof__(table.member))(void (*)(void))open_it

static mn_backend table = {
	.size = sizeof(table),
	.row_size = MN_ROW_SIZES,
	.name = "good",
	.version = "1.2",
	.url_form = "good:HERE better://THERE",
	.caps = MN_CAP_WRITE | MN_CAP_TEXT,
	.open = open_it,
	THERE(close),
	THERE(info),
	THERE(brains),
	THERE(generation),
	THERE(reserve),
	THERE(lookup),
	THERE(resolve),
	THERE(get),
	THERE(fibers_of),
	THERE(expand),
	THERE(scan),
	THERE(next),
	THERE(done),
	THERE(apply),
};

#if WRONG == NO_SYMBOL
#define ENTRY something_else
#elif WRONG == OTHER_MAJOR
#define ENTRY mn_backend_v2
#else
#define ENTRY mn_backend_v1
#endif

MN_API mn_backend_entry ENTRY;

const mn_backend *ENTRY(void)
{
	switch (WRONG) {
	case SHORT_TABLE: table.size = (uint32_t)offsetof(mn_backend, apply); break;
	case OTHER_ROWS: table.row_size[MN_SYNAPSE]--; break;
	case NO_APPLY: table.apply = NULL; break;
	case NO_NAME: table.name = NULL; break;
	case ODD_NAME: table.name = "a\033[31mb"; break;
	case NO_TABLE: return NULL;
	case NO_URL: table.url_form = "nothing"; break;
	default: break;
	}
	return &table;
}
