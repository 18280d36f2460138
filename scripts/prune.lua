-- SPDX-License-Identifier: MIT
-- Drops synapses that have become light, counted up to the decay clock (run decay first), and then
-- the neurons that nothing leads to any more. A memory keeps its heaviest synapse.
return {
	name = "prune",
	purpose = "Drop weak synapses, and neurons that nothing leads to.",
	params = {
		{name = "below", type = "number", default = 0.05, min = 0, max = 1,
			help = "synapses that weigh less go"},
		{name = "older_than_days", type = "number", default = 30, min = 0, max = 36500,
			help = "and were not used since so many days"},
		{name = "types", type = "list", default = {},
			help = "only synapses of these types"},
		{name = "keep_last", type = "boolean", default = true,
			help = "a memory keeps its heaviest synapse"},
		{name = "limit", type = "integer", default = 0, min = 0,
			help = "at most so many synapses; 0: all"},
		{name = "orphans", type = "boolean", default = true,
			help = "drop neurons without synapses and memories too"},
		{name = "orphan_days", type = "number", default = 30, min = 0, max = 36500,
			help = "those that are older"},
	},
	run = function(brain, plan, params)
		plan:prune{
			below = params.below,
			older_than_days = params.older_than_days,
			types = params.types[1] and params.types,
			keep_last = params.keep_last,
			limit = params.limit > 0 and params.limit or nil,
		}
		if params.orphans then
			plan:orphans{older_than_days = params.orphan_days}
		end
	end,
}
