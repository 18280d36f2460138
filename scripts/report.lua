-- SPDX-License-Identifier: MIT
-- Tells what a brain is made of: how many of what, how old, how heavy, under which tags, and how it
-- grew. It changes nothing. Weights are counted up to the brain's clock.
local BINS = 10
local MOST_TAGS = 100000 -- that are told apart

local ages = {
	{1, "under a day"}, {7, "under a week"}, {30, "under a month"}, {90, "under three months"},
	{365, "under a year"}, {math.huge, "older"},
}

-- ---- Texts ---------------------------------------------------------------------------------

local function show(byte)
	return string.format("<%02X>", byte:byte())
end

local function code(text)
	text = text:gsub("[\0-\31\127]", show):gsub("[`|]", "'")
	return "`" .. text .. "`"
end

local function escape(byte)
	return string.format("\\u%04X", byte:byte())
end

local function quoted(text)
	text = text:gsub('[\\"]', "\\%0"):gsub("[\0-\31\127]", escape)
	return '"' .. text .. '"'
end

-- ---- Counting ------------------------------------------------------------------------------

local function count(table, key)
	table[key] = (table[key] or 0) + 1
end

-- Which of `ages` it falls into.
local function age_of(now, created)
	local days = (now - created) / DAY

	for i, age in ipairs(ages) do
		if days < age[1] then
			return i
		end
	end
	return #ages
end

local function bin_of(x)
	local bin = math.floor(x * BINS) + 1

	return bin > BINS and BINS or bin < 1 and 1 or bin
end

-- {{key, n}, ...}: many first, then by name.
local function ranked(table_)
	local list = {}

	for key, n in pairs(table_) do
		list[#list + 1] = {key, n}
	end
	table.sort(list, function(a, b)
		if a[2] ~= b[2] then
			return a[2] > b[2]
		end
		return a[1] < b[1]
	end)
	return list
end

local function by_key(table_)
	local list = {}

	for key, n in pairs(table_) do
		list[#list + 1] = {key, n}
	end
	table.sort(list, function(a, b) return a[1] < b[1] end)
	return list
end

local function bins_of(table_, n)
	local list = {}

	for i = 1, n do
		list[i] = table_[i] or 0
	end
	return list
end

local done = 0

local function tell(brain)
	local c = brain.counts

	done = done + 1
	if done % 10000 == 0 then
		progress(done, c.neurons + c.synapses + c.fibers, "rows")
	end
end

local function count_neurons(brain, r)
	for n in brain:neurons{fields = {}} do
		if n.archived then
			r.packed = r.packed + (n.type == "archive" and 1 or 0)
		else
			count(r.neurons, n.type)
		end
		tell(brain)
	end
end

local function count_synapses(brain, r)
	local total, n = 0, 0

	for s in brain:synapses{} do
		count(r.synapses, s.type)
		count(r.weights, bin_of(s.weight))
		total = total + s.weight
		n = n + 1
		tell(brain)
	end
	r.mean_weight = n > 0 and total / n or 0
end

local function count_tags(r, tags)
	for _, tag in ipairs(tags) do
		if not r.tags[tag] and r.distinct < MOST_TAGS then
			r.distinct = r.distinct + 1
			r.tags[tag] = 0
		end
		if r.tags[tag] then
			r.tags[tag] = r.tags[tag] + 1
		else
			r.other_tags = r.other_tags + 1
		end
	end
	r.untagged = r.untagged + (tags[1] and 0 or 1)
end

local function count_memories(brain, r)
	for f in brain:fibers{fields = {"tags"}} do
		r.memories = r.memories + 1
		count(r.ages, age_of(brain.now, f.created))
		count(r.saliences, bin_of(f.salience))
		count(r.months, date(f.created):sub(1, 7))
		count_tags(r, f.tags)
		tell(brain)
	end
end

-- The last months, each with what was new and what there is in all.
local function growth_of(r, most)
	local months = by_key(r.months)
	local sum = 0

	for _, month in ipairs(months) do
		sum = sum + month[2]
		month[3] = sum
	end
	return table.move(months, math.max(1, #months - most + 1), #months, 1, {})
end

-- ---- Telling -------------------------------------------------------------------------------

local function write_table(head, rows)
	local line = "|"

	emit("\n| " .. table.concat(head, " | ") .. " |\n")
	for i = 1, #head do
		line = line .. (i == 1 and "---|" or "--:|")
	end
	emit(line .. "\n")
	for _, row in ipairs(rows) do
		emit("| " .. table.concat(row, " | ") .. " |\n")
	end
end

local function named(list)
	local rows = {}

	for i, item in ipairs(list) do
		rows[i] = {code(item[1]), item[2]}
	end
	return rows
end

local function bin_rows(bins)
	local rows = {}

	for i, n in ipairs(bins) do
		rows[i] = {string.format("%.1f to %.1f", (i - 1) / BINS, i / BINS), n}
	end
	return rows
end

local function age_rows(r)
	local rows = {}

	for i, age in ipairs(ages) do
		rows[i] = {age[2], r.ages[i] or 0}
	end
	return rows
end

local function write_markdown(brain, r, params)
	local tags = ranked(r.tags)

	emit("# Report on " .. code(brain.name) .. "\n\n")
	emit(date(brain.now) .. "; " .. (brain.clock > 0
		and "weights are as of " .. date(brain.clock):sub(1, 10) or "nothing ever decayed")
		.. ".\n")
	write_table({"what", "how many"}, {{"memories", r.memories},
		{"neurons", brain.counts.neurons}, {"synapses", brain.counts.synapses},
		{"segments of the archive", r.packed}, {"bytes", brain.counts.bytes}})
	emit("\n## Neurons\n")
	write_table({"type", "how many"}, named(ranked(r.neurons)))
	emit("\n## Synapses\n")
	write_table({"type", "how many"}, named(ranked(r.synapses)))
	emit(string.format("\nTheir mean weight is %.3f.\n", r.mean_weight))
	write_table({"weight", "how many"}, bin_rows(bins_of(r.weights, BINS)))
	emit("\n## Memories\n")
	write_table({"age", "how many"}, age_rows(r))
	write_table({"salience", "how many"}, bin_rows(bins_of(r.saliences, BINS)))
	emit("\n## Tags\n\n")
	emit(string.format("%d tags; %d memories have none.\n", #tags, r.untagged))
	write_table({"tag", "memories"}, named(table.move(tags, 1, params.tags, 1, {})))
	emit("\n## Growth\n")
	write_table({"month", "new", "in all"}, growth_of(r, params.months))
end

local function object(list)
	local parts = {}

	for i, item in ipairs(list) do
		parts[i] = quoted(item[1]) .. ":" .. item[2]
	end
	return "{" .. table.concat(parts, ",") .. "}"
end

local function array(bins)
	return "[" .. table.concat(bins, ",") .. "]"
end

local function months_json(r, params)
	local parts = {}

	for i, month in ipairs(growth_of(r, params.months)) do
		parts[i] = string.format('{"month":%s,"new":%d,"all":%d}', quoted(month[1]), month[2],
			month[3])
	end
	return "[" .. table.concat(parts, ",") .. "]"
end

local function write_json(brain, r, params)
	local tags = ranked(r.tags)
	local c = brain.counts

	emit(string.format('{"brain":%s,"now":%d,"clock":%d,"bytes":%d', quoted(brain.name),
		brain.now, brain.clock, c.bytes))
	emit(string.format(',"memories":%d,"archive_segments":%d', r.memories, r.packed))
	emit(',"neurons":' .. object(ranked(r.neurons)))
	emit(',"synapses":' .. object(ranked(r.synapses)))
	emit(string.format(',"mean_weight":%.6f', r.mean_weight))
	emit(',"weights":' .. array(bins_of(r.weights, BINS)))
	emit(',"ages":' .. object(age_rows(r)))
	emit(',"saliences":' .. array(bins_of(r.saliences, BINS)))
	emit(string.format(',"distinct_tags":%d,"untagged":%d', #tags, r.untagged))
	emit(',"tags":' .. object(table.move(tags, 1, params.tags, 1, {})))
	emit(',"growth":' .. months_json(r, params) .. "}\n")
end

return {
	name = "report",
	purpose = "Tell what a brain is made of, and how it grew.",
	params = {
		{name = "format", type = "choice", choices = {"markdown", "json"},
			default = "markdown", help = "for people, or for programs"},
		{name = "tags", type = "integer", default = 20, min = 0, max = 10000,
			help = "how many tags are listed, the most frequent"},
		{name = "months", type = "integer", default = 12, min = 1, max = 1200,
			help = "how many months of growth are listed, the last"},
	},
	run = function(brain, plan, params)
		local r = {
			memories = 0, packed = 0, mean_weight = 0, distinct = 0, untagged = 0,
			other_tags = 0, neurons = {}, synapses = {}, weights = {}, ages = {},
			saliences = {}, months = {}, tags = {},
		}

		count_neurons(brain, r)
		count_synapses(brain, r)
		count_memories(brain, r)
		if params.format == "json" then
			write_json(brain, r, params)
		else
			write_markdown(brain, r, params)
		end
	end,
}
