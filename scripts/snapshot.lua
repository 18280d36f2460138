-- SPDX-License-Identifier: MIT
-- Writes the whole brain to a file in $XDG_STATE_HOME/mnemoscope/snapshots (~/.local/state where
-- that is not set), reads it back, compares counts and hash, and only then deletes the oldest.
-- `mnemoscope import FILE --brain NEW` makes a brain of one.
return {
	name = "snapshot",
	purpose = "Keep a verified copy of the brain, and the newest few of them.",
	params = {
		{name = "keep", type = "integer", default = 7, min = 1, max = 10000,
			help = "how many are left, the new one among them"},
	},
	run = function(brain, plan, params)
		plan:snapshot{keep = params.keep}
	end,
}
