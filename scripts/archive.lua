-- SPDX-License-Identifier: MIT
-- Moves old memories that matter little out of the graph, packed: recall does not find them any
-- more, `mnemoscope archive search` does, and `archive restore` brings them back as they were.
return {
	name = "archive",
	purpose = "Pack old memories of little weight away.",
	params = {
		{name = "older_than_days", type = "number", default = 90, min = 0, max = 36500,
			help = "neither made nor used since so many days"},
		{name = "salience_below", type = "number", default = 0.6, min = 0, max = 1,
			help = "those that matter less; 1: whatever they matter"},
		{name = "tags", type = "list", default = {},
			help = "only those with all these tags"},
		{name = "limit", type = "integer", default = 0, min = 0,
			help = "at most so many; 0: all"},
	},
	run = function(brain, plan, params)
		plan:archive{
			older_than_days = params.older_than_days,
			salience_below = params.salience_below,
			tags = params.tags[1] and params.tags,
			limit = params.limit > 0 and params.limit or nil,
		}
	end,
}
