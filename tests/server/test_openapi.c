/* SPDX-License-Identifier: MIT */
/* The document of the endpoints says of every route that it is there, and of no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "server/server.h"

extern const char mn_openapi[];
extern const size_t mn_openapi_size;

static json_t *document, *paths;

/* Is this prefix among the servers of the path item? Without any, it has none but "/". */
static bool serves(const json_t *item, const char *prefix)
{
	const json_t *servers = json_object_get(item, "servers");

	for (size_t i = 0; i < json_array_size(servers); i++) {
		const json_t *url = json_object_get(json_array_get(servers, i), "url");

		if (mn_str_is(mn_json_str(url), *prefix ? prefix : "/"))
			return true;
	}
	return !servers && !*prefix;
}

static bool documented(const mn_route *route, const char *prefix)
{
	const json_t *item = json_object_get(paths, route->path);
	char method[16] = "";

	for (size_t i = 0; route->method[i] && i < sizeof(method) - 1; i++)
		method[i] = (char)tolower((unsigned char)route->method[i]);
	return item && json_object_get(item, method) && serves(item, prefix);
}

static void every_route_is_in_the_document(void **state)
{
	static const char *const none[] = {"", NULL};
	const mn_room *room;
	size_t missing = 0;

	(void)state;
	for (size_t i = 0; (room = mn_room_at(i)); i++)
		for (const mn_route *r = room->routes; r && r->path; r++)
			for (const char *const *p = room->prefixes ? room->prefixes : none; *p; p++)
				if (!documented(r, *p)) {
					print_error("%s %s%s\n", r->method, *p, r->path);
					missing++;
				}
	assert_int_equal(missing, 0);
}

static bool routed(const char *path, const char *method)
{
	const mn_room *room;

	for (size_t i = 0; (room = mn_room_at(i)); i++)
		for (const mn_route *r = room->routes; r && r->path; r++)
			if (strcmp(r->path, path) == 0 && strcasecmp(r->method, method) == 0)
				return true;
	return false;
}

static void every_operation_of_the_document_is_a_route(void **state)
{
	static const char *const beside[] = {"servers", "parameters", "summary", "description"};
	mn_member path = {.of = paths};

	(void)state;
	while (mn_member_next(&path)) {
		mn_member operation = {.of = path.value};

		while (mn_member_next(&operation)) {
			bool passed = false;

			for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++)
				passed |= strcmp(operation.name, beside[i]) == 0;
			if (!passed && !routed(path.name, operation.name))
				fail_msg("%s %s is no route", operation.name, path.name);
		}
	}
}

/* Every "$ref" leads somewhere in the document. */
static void follow(const json_t *value)
{
	const mn_str ref = mn_json_str(json_object_get(value, "$ref"));
	const json_t *at = document;
	mn_member m = {.of = value};
	char copy[200], *rest = copy, *part;

	if (ref.ptr) {
		assert_true(mn_str_starts(ref, "#/") && ref.len < sizeof(copy));
		snprintf(copy, sizeof(copy), "%s", ref.ptr + 2);
		while ((part = strsep(&rest, "/")))
			at = json_object_get(at, part);
		if (!at)
			fail_msg("%s leads nowhere", ref.ptr);
	}
	while (mn_member_next(&m))
		follow(m.value);
	for (size_t i = 0; i < json_array_size(value); i++)
		follow(json_array_get(value, i));
}

static void every_reference_leads_somewhere(void **state)
{
	(void)state;
	follow(document);
}

static int read_document(void **state)
{
	char why[160] = "";

	(void)state;
	if (mn_json_read((mn_str){mn_openapi, mn_openapi_size}, why, sizeof(why), &document)) {
		print_error("openapi.json: %s\n", why);
		return -1;
	}
	paths = json_object_get(document, "paths");
	return 0;
}

static int free_document(void **state)
{
	(void)state;
	json_decref(document);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_in_the_document),
		cmocka_unit_test(every_operation_of_the_document_is_a_route),
		cmocka_unit_test(every_reference_leads_somewhere),
	};

	return cmocka_run_group_tests(tests, read_document, free_document);
}
