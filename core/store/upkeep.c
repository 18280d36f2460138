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

/* Lets the call in, if the store has what is asked of it; *offered: it has, and is to be left. */
static int enter(mn_store *s, mn_call *call, bool write, bool has, bool *offered)
{
	*offered = has;
	return has ? mn_gate_enter(s, call, write) : MN_OK;
}

static int leave(mn_store *s, bool write, int status)
{
	mn_gate_leave(s, write);
	return status;
}

int mn_store_diagnose(
	mn_store *s, mn_call *call, mn_str brain, const mn_diagnosis *d, bool *offered)
{
	const mn_upkeep_ops *ops = ops_of(s);
	const bool has = ops && MN_HAS(ops, check) && ops->check;
	int status = enter(s, call, false, has, offered);

	if (status == MN_OK && has)
		status = leave(s, false, ops->check(s->db, call, brain, d));
	return status;
}

int mn_store_heal(mn_store *s, mn_call *call, mn_str brain, const mn_heal *heal, bool *offered)
{
	const mn_upkeep_ops *ops = ops_of(s);
	const bool has = ops && MN_HAS(ops, heal) && ops->heal;
	int status = enter(s, call, true, has, offered);

	if (status == MN_OK && has)
		status = leave(s, true, ops->heal(s->db, call, brain, heal));
	return status;
}

int mn_store_backup(mn_store *s, mn_call *call, mn_str brain, mn_str path, bool *offered)
{
	const mn_upkeep_ops *ops = ops_of(s);
	const bool has = ops && MN_HAS(ops, backup) && ops->backup;
	int status = enter(s, call, false, has, offered);

	if (status == MN_OK && has)
		status = leave(s, false, ops->backup(s->db, call, brain, path));
	return status;
}

int mn_store_bring_back(mn_store *s, mn_call *call, mn_str brain, mn_str path, bool *offered)
{
	const mn_upkeep_ops *ops = ops_of(s);
	const bool has = ops && MN_HAS(ops, bring_back) && ops->bring_back;
	int status = enter(s, call, true, has, offered);

	if (status == MN_OK && has)
		status = leave(s, true, ops->bring_back(s->db, call, brain, path));
	return status;
}

int mn_store_rescue(mn_store *s, mn_call *call, mn_str brain, const mn_rescue *r, bool *offered)
{
	const mn_upkeep_ops *ops = ops_of(s);
	const bool has = ops && MN_HAS(ops, rescue) && ops->rescue;
	int status = enter(s, call, false, has, offered);

	if (status == MN_OK && has)
		status = leave(s, false, ops->rescue(s->db, call, brain, r));
	return status;
}
