/* SPDX-License-Identifier: MIT */
#include "store/upkeep.h"

#include "store/gate.h"

static const mn_upkeep_ops *ops_of(mn_store *s)
{
	const mn_backend *backend = s->backend;

	if (!MN_HAS(backend, extension) || !backend->extension)
		return NULL;
	return backend->extension(s->db, "mn.upkeep/1");
}

bool mn_store_heals(mn_store *s)
{
	const mn_upkeep_ops *ops = ops_of(s);

	return ops && MN_HAS(ops, heal) && ops->heal;
}

bool mn_store_rebuilds(mn_store *s)
{
	const mn_upkeep_ops *ops = ops_of(s);

	return ops && MN_HAS(ops, rebuild) && ops->rebuild;
}

/* Calls the store's own `op`, if it has one, with the rest of the arguments. */
#define CALL(s, call, write, offered, op, ...)          \
	const mn_upkeep_ops *ops = ops_of(s);           \
	int status;                                     \
                                                        \
	*(offered) = ops && MN_HAS(ops, op) && ops->op; \
	if (!*(offered))                                \
		return MN_OK;                           \
	status = mn_gate_enter(s, call, write);         \
	if (status != MN_OK)                            \
		return status;                          \
	status = ops->op((s)->db, call, __VA_ARGS__);   \
	mn_gate_leave(s, write);                        \
	return status

int mn_store_diagnose(
	mn_store *s, mn_call *call, mn_str brain, const mn_diagnosis *d, bool *offered)
{
	CALL(s, call, false, offered, check, brain, d);
}

int mn_store_heal(mn_store *s, mn_call *call, mn_str brain, const mn_heal *heal, bool *offered)
{
	CALL(s, call, true, offered, heal, brain, heal);
}

int mn_store_backup(mn_store *s, mn_call *call, mn_str brain, mn_str path, bool *offered)
{
	CALL(s, call, false, offered, backup, brain, path);
}

int mn_store_bring_back(mn_store *s, mn_call *call, mn_str brain, mn_str path, bool *offered)
{
	CALL(s, call, true, offered, bring_back, brain, path);
}

int mn_store_rescue(mn_store *s, mn_call *call, mn_str brain, const mn_rescue *r, bool *offered)
{
	CALL(s, call, false, offered, rescue, brain, r);
}
