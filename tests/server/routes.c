/* SPDX-License-Identifier: MIT */
/* routes.c - prints every route of the program: method, path, right, where; a line each. */
#include <stdio.h>

#include "server/server.h"

int main(void)
{
	static const char *const none[] = {"", NULL};
	const mn_room *room;

	for (size_t i = 0; (room = mn_room_at(i)); i++)
		for (const mn_route *r = room->routes; r && r->path; r++)
			for (const char *const *p = room->prefixes ? room->prefixes : none; *p; p++)
				printf("%s %s%s %d %d\n", r->method, *p, r->path, r->right, r->at);
	return 0;
}
