/* SPDX-License-Identifier: MIT */
/* peer_about.c - what a snapshot of the peer says of the brain itself. */
#include "exchange/peer_about.h"

#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_kept.h"

#define META_MOST ((size_t)1 << 20)

void mn_peer_put_config(mn_buf *b, mn_str text)
{
	static const char *const usual[][2] = {{"decay_rate", "0.1"},
		{"reinforcement_delta", "0.05"}, {"activation_threshold", "0.2"},
		{"max_spread_hops", "4"}, {"max_context_tokens", "1500"},
		{"default_synapse_weight", "0.5"}};
	json_t *config = mn_peer_meta_read(text);
	mn_member m = {.of = config};
	const char *comma = "";

	mn_buf_char(b, '{');
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (!json_object_get(config, usual[i][0])) {
			mn_buf_printf(b, "%s\"%s\":%s", comma, usual[i][0], usual[i][1]);
			comma = ",";
		}
	while (mn_member_next(&m)) {
		mn_buf_text(b, comma);
		mn_buf_json(b, mn_str_of(m.name));
		mn_buf_char(b, ':');
		mn_json_write(m.value, b);
		comma = ",";
	}
	mn_buf_char(b, '}');
	json_decref(config);
}

int mn_peer_text_of(mn_call *call, const json_t *value, mn_str *out)
{
	mn_buf b = MN_BUF(META_MOST);
	int rc = MN_OK;

	*out = (mn_str){NULL, 0};
	if (!value || (json_is_object(value) && json_object_size(value) == 0))
		return MN_OK;
	mn_json_write(value, &b);
	if (mn_buf_ok(&b))
		*out = mn_call_copy(call, mn_buf_view(&b));
	else if (b.full)
		rc = mn_fail(call, MN_EINVAL, 0,
			"config or metadata of the brain are longer than 1 MiB");
	mn_buf_free(&b);
	return rc == MN_OK && !out->ptr ? mn_fail_memory(call) : rc;
}

static bool set(json_t *kept, const char *name, const json_t *value)
{
	return !value || json_object_set(kept, name, (json_t *)value) == 0;
}

int mn_peer_about_brain(mn_call *call, const mn_peer_about *a, mn_str *meta)
{
	json_t *old = mn_peer_meta_read(*meta);
	json_t *all = old ? json_copy(old) : json_object();
	json_t *kept = json_object();
	mn_member m = {.of = json_object_get(old, MN_PEER_KEPT)};
	bool ok = all && kept;
	int rc;

	while (ok && mn_member_next(&m))
		ok = set(kept, m.name, m.value);
	ok = ok && set(kept, "owner_id", a->owner) && set(kept, "is_public", a->public)
	     && set(kept, "shared_with", a->shared) && set(kept, "projects", a->projects)
	     && set(kept, "metadata", a->others) && set(kept, "brain", a->brain);
	if (ok && json_object_size(kept))
		ok = set(all, MN_PEER_KEPT, kept);
	rc = ok ? mn_peer_text_of(call, all, meta) : mn_fail_memory(call);
	json_decref(kept);
	json_decref(all);
	json_decref(old);
	return rc;
}
