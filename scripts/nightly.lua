-- SPDX-License-Identifier: MIT
-- Everything a brain needs every night, in one plan: either all of it can be planned, or nothing is
-- done. Each step reckons with those before it: what expired is not merged, what was merged is not
-- archived twice, and what lost its last synapse on the way is an orphan at the end.
return {
	name = "nightly",
	purpose = "Decay, expire, prune, consolidate, archive, orphans: all in one plan.",
	params = {
		{name = "prune_below", type = "number", default = 0.05, min = 0, max = 1,
			help = "synapses that weigh less go"},
		{name = "prune_days", type = "number", default = 30, min = 0, max = 36500,
			help = "and were not used since so many days"},
		{name = "similarity", type = "number", default = 0.9, min = 0.3, max = 1,
			help = "memories whose words are that alike become one"},
		{name = "archive_days", type = "number", default = 90, min = 0, max = 36500,
			help = "memories that were not used since so many days are packed away"},
		{name = "archive_salience", type = "number", default = 0.6, min = 0, max = 1,
			help = "if they matter less than this"},
		{name = "orphan_days", type = "number", default = 30, min = 0, max = 36500,
			help = "neurons that nothing leads to go when they are older"},
		{name = "keep", type = "integer", default = 0, min = 0, max = 10000,
			help = "write a verified snapshot first and keep so many; 0: none"},
	},
	run = function(brain, plan, params)
		if params.keep > 0 then
			plan:snapshot{keep = params.keep}
		end
		plan:decay{}
		plan:expire{}
		plan:prune{below = params.prune_below, older_than_days = params.prune_days}
		plan:consolidate{similarity = params.similarity}
		plan:archive{older_than_days = params.archive_days,
			salience_below = params.archive_salience}
		plan:orphans{older_than_days = params.orphan_days}
	end,
}
