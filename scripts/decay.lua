-- SPDX-License-Identifier: MIT
-- Lets weights fade: moves the decay clock to a day. Running it twice on a day, or once after a
-- month instead of every day, comes to the same.
return {
	name = "decay",
	purpose = "Let what was not used for long fade.",
	params = {
		{name = "to", type = "time", default = 0,
			help = "the day to fade up to; 0: today"},
	},
	run = function(brain, plan, params)
		if params.to == 0 then
			plan:decay{}
		else
			plan:decay{to = params.to}
		end
	end,
}
