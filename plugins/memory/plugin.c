/* SPDX-License-Identifier: MIT */
/* plugin.c - the entry of the memory plugin; see table.c. */
#include "table.h"

MN_API mn_backend_entry mn_backend_v1;

const mn_backend *mn_backend_v1(void)
{
	return memory_table();
}
