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
	const char *name;
	json_t *value;

	mn_buf_clear(out);
	json_object_foreach((json_t *)meta, name, value) add(out, name, value);
	json_object_foreach((json_t *)object, name, value)
	{
		if (strcmp(name, "meta") == 0 || known(ctx, name))
			continue;
		if (json_object_get(meta, name))
			return name;
		add(out, name, value);
	}
	if (out->len)
		mn_buf_char(out, '}');
	return NULL;
}
