-- SPDX-License-Identifier: MIT
-- Makes one memory of those that say the same: the oldest stays, with the synapses of all. Alike
-- are two whose pairs of words (Jaccard) and, if wanted, whose neighbours are.
return {
	name = "consolidate",
	purpose = "Make one memory of those that say the same.",
	params = {
		{name = "similarity", type = "number", default = 0.9, min = 0.3, max = 1,
			help = "how alike their words are at least; 1: the same words"},
		{name = "neighbourhood", type = "number", default = 0, min = 0, max = 1,
			help = "how alike their neighbours are at least"},
		{name = "limit", type = "integer", default = 0, min = 0,
			help = "at most so many; 0: all"},
	},
	run = function(brain, plan, params)
		plan:consolidate{
			similarity = params.similarity,
			neighbourhood = params.neighbourhood,
			limit = params.limit > 0 and params.limit or nil,
		}
	end,
}
