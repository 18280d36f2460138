/* SPDX-License-Identifier: MIT */
/* reader.c - values out of answers. */
#include <string.h>

#include "ask.h"

json_t *answer_cell(const struct answer *got, size_t row, size_t column)
{
	json_t *cells = json_array_get(got->rows, row);

	return json_array_get(got->wrapped ? json_object_get(cells, "row") : cells, column);
}

struct peek answer_told(const struct answer *got, size_t column)
{
	const struct peek row = peek_item(got->told, 0);

	return peek_item(got->wrapped ? peek_member(row, "row") : row, column);
}

int64_t reader_int(struct reader *r, const json_t *v)
{
	if (v && !json_is_null(v) && !json_is_integer(v))
		r->bad = true;
	return json_integer_value(v);
}

double reader_real(struct reader *r, const json_t *v)
{
	if (v && !json_is_null(v) && !json_is_number(v))
		r->bad = true;
	return json_number_value(v);
}

mn_str reader_str(struct reader *r, const json_t *v)
{
	const size_t n = json_string_length(v);
	char *copy;

	if (v && !json_is_null(v) && !json_is_string(v))
		r->bad = true;
	if (n == 0)
		return (mn_str){0};
	copy = r->db->host->alloc(r->call, n + 1);
	if (!copy) {
		r->no_memory = true;
		return (mn_str){0};
	}
	memcpy(copy, json_string_value(v), n);
	return (mn_str){copy, n};
}

uint16_t reader_type(struct reader *r, int kind, const json_t *v)
{
	if (!json_is_string(v))
		r->bad = true;
	return r->db->host->type_code(kind, (mn_str){json_string_value(v), json_string_length(v)});
}

const json_t *reader_list(struct reader *r, const json_t *v, size_t n)
{
	if (!json_is_array(v) || (n != SIZE_MAX && json_array_size(v) != n))
		r->bad = true;
	return v;
}

mn_ids reader_ids(struct reader *r, const json_t *v)
{
	const size_t n = json_array_size(v);
	mn_id *at;

	if (v && !json_is_null(v) && !json_is_array(v))
		r->bad = true;
	if (n == 0)
		return (mn_ids){0};
	at = r->db->host->alloc(r->call, n * sizeof(*at));
	if (!at) {
		r->no_memory = true;
		return (mn_ids){0};
	}
	for (size_t i = 0; i < n; i++)
		at[i] = (mn_id)reader_int(r, json_array_get(v, i));
	return (mn_ids){at, n};
}

mn_strs reader_strs(struct reader *r, const json_t *v)
{
	const size_t n = json_array_size(v);
	mn_str *at;

	if (v && !json_is_null(v) && !json_is_array(v))
		r->bad = true;
	if (n == 0)
		return (mn_strs){0};
	at = r->db->host->alloc(r->call, n * sizeof(*at));
	if (!at) {
		r->no_memory = true;
		return (mn_strs){0};
	}
	for (size_t i = 0; i < n; i++)
		at[i] = reader_str(r, json_array_get(v, i));
	return (mn_strs){at, n};
}

int reader_end(const struct reader *r)
{
	if (r->no_memory)
		return r->call->err->code;
	return r->bad ? fail_garbage(r->db, r->call) : MN_OK;
}
