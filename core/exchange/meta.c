/* SPDX-License-Identifier: MIT */
#include "exchange/meta.h"

#include <string.h>

#include "base/str.h"

static void add(mn_buf *b, const char *name, const json_t *value)
{
	mn_buf_char(b, b->len ? ',' : '{');
	mn_buf_json(b, mn_str_of(name));
	mn_buf_char(b, ':');
	mn_json_write(value, b);
}

const char *mn_meta_gather(const json_t *object, bool (*known)(const void *ctx, const char *name),
	const void *ctx, mn_buf *out)
{
	const json_t *meta = json_object_get(object, "meta");
	mn_member m = {.of = meta}, o = {.of = object};

	mn_buf_clear(out);
	while (mn_member_next(&m))
		add(out, m.name, m.value);
	while (mn_member_next(&o)) {
		if (strcmp(o.name, "meta") == 0 || known(ctx, o.name))
			continue;
		if (json_object_get(meta, o.name))
			return o.name;
		add(out, o.name, o.value);
	}
	if (out->len)
		mn_buf_char(out, '}');
	return NULL;
}
