-- SPDX-License-Identifier: MIT
-- Looks for what should not be there, and says so; it changes nothing.
--
--   orphans      neurons that no synapse reaches and no memory lists: prune drops them
--   hubs         neurons with very many synapses: a spread that reaches one goes everywhere
--   stale        memories that nothing used for long: archive packs them
--   duplicates   memories of the same words, in whatever case and punctuation: consolidate merges
--   suspicious   texts that talk to a model rather than tell something (tags of roles, orders to
--                forget), that hide something (control and invisible characters), or are very long
--
-- Memory: an entry for each neuron that was used lately, and for each memory of a part; there are
-- as many parts, each a pass over the memories, as keep that below a million.
local PART = 1000000
local SHOWN = 80

-- ---- Texts ---------------------------------------------------------------------------------

-- Sequences of bytes that show nothing: zero width, marks of direction, letters of tags.
local unseen = {
	"\xC2[\x80-\x9F]",
	"\xE2\x80[\x8B\xAA-\xAE]",
	"\xE2\x81[\xA0-\xA9]",
	"\xEF\xBB\xBF",
	"\xF3\xA0[\x80\x81][\x80-\xBF]",
}

local function show(bytes)
	return string.format("<U+%04X>", utf8.codepoint(bytes))
end

local function escape(bytes)
	local c = utf8.codepoint(bytes)

	if c < 0x10000 then
		return string.format("\\u%04X", c)
	end
	return string.format("\\u%04X\\u%04X", 0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF))
end

local function replace_unseen(text, by)
	text = text:gsub("[\0-\31\127]", by)
	for _, pattern in ipairs(unseen) do
		text = text:gsub(pattern, by)
	end
	return text
end

local function cut(text)
	local at = utf8.offset(text, SHOWN + 1)

	return at and at <= #text and text:sub(1, at - 1) .. "..." or text
end

-- One line that shows what is there, and does nothing in Markdown.
local function code(text)
	text = cut(text):gsub("[\n\r\t]", " "):gsub("`", "'")
	return "`" .. replace_unseen(text, show) .. "`"
end

local function quoted(text)
	text = text:gsub('[\\"]', "\\%0")
	return '"' .. replace_unseen(text, escape) .. '"'
end

-- ---- What is suspicious --------------------------------------------------------------------

local roles = {"[inst]", "<<sys>>", "<start_of_turn>", "<system>", "</system>",
	"### instruction:", "### system:", "\nsystem:"}
local orders = {"ignore previous instructions", "ignore all previous instructions",
	"ignore the previous instructions", "ignore the above", "disregard previous instructions",
	"disregard all previous instructions", "disregard the above"}

local function any(text, words)
	for _, word in ipairs(words) do
		if text:find(word, 1, true) then
			return true
		end
	end
	return false
end

local function hides(text)
	-- A flag of England is spelled with letters of tags.
	text = text:gsub("\xF0\x9F\x8F\xB4[\xF3\xA0\x80-\xBF]+", "")
	for _, pattern in ipairs(unseen) do
		if text:find(pattern) then
			return true
		end
	end
	return false
end

-- Why a text is suspicious, as a list; empty for most.
local function suspicions(text, longest)
	local low = text:lower()
	local why = {}

	if any("\n" .. low, roles) or low:find("<|[%w_]+|>") then
		why[#why + 1] = "role tag"
	end
	if any(low, orders) then
		why[#why + 1] = "order to a model"
	end
	if text:find("[\0-\8\11\12\14-\31\127]") then
		why[#why + 1] = "control character"
	end
	if hides(text) then
		why[#why + 1] = "invisible character"
	end
	if #text > longest and utf8.len(text) > longest then
		why[#why + 1] = "very long"
	end
	return why
end

-- ---- Looking -------------------------------------------------------------------------------

-- A list that counts all and keeps the first few.
local function finding(most)
	return {n = 0, most = most}
end

local function add(list, item)
	list.n = list.n + 1
	if list.n <= list.most then
		list[list.n] = item
	end
end

local function neuron_item(n)
	return {id = n.id, uid = n.uid, type = n.type, text = n.text}
end

-- In the order of degrees; ids break ties.
local function add_hub(hubs, n, degree)
	local at = #hubs + 1

	while at > 1 and hubs[at - 1].degree < degree do
		at = at - 1
	end
	if at <= hubs.most then
		local item = neuron_item(n)

		item.degree = degree
		table.insert(hubs, at, item)
		hubs[hubs.most + 1] = nil
	end
	hubs.n = hubs.n + 1
end

local function listed(brain, id)
	for _ in brain:fibers{neuron = id, limit = 1, fields = {}} do
		return true
	end
	return false
end

local function degrees(brain, batch, found, params)
	local ids = {}

	for i, n in ipairs(batch) do
		ids[i] = n.id
	end
	for i, degree in ipairs(brain:degree(ids)) do
		local n = batch[i]

		if degree >= params.hub_degree then
			add_hub(found.hubs, n, degree)
		elseif degree == 0 and not n.anchor and n.created < brain.now - params.orphan_days * DAY
			and not listed(brain, n.id) then
			add(found.orphans, neuron_item(n))
		end
	end
end

local function look_at_neurons(brain, found, params)
	local batch, done = {}, 0

	for n in brain:neurons{} do
		if not n.archived then
			local why = suspicions(n.text, params.longest)

			if why[1] then
				local item = neuron_item(n)

				item.why = why
				add(found.suspicious, item)
			end
			batch[#batch + 1] = n
		end
		if #batch == 1000 then
			degrees(brain, batch, found, params)
			done = done + #batch
			progress(done, brain.counts.neurons, "neurons")
			batch = {}
		end
	end
	degrees(brain, batch, found, params)
end

local function look_for_stale(brain, found, params)
	local since = brain.now - params.stale_days * DAY
	local used = {}

	for s in brain:synapses{} do
		if s.last >= since then
			used[s.from], used[s.to] = true, true
		end
	end
	for f in brain:fibers{before = since, fields = {"uid", "text"}} do
		if not used[f.anchor] and not f.archived then
			add(found.stale, {id = f.id, uid = f.uid, text = f.summary, created = f.created})
		end
	end
end

-- Words alone, as a number.
local function fingerprint(text)
	local words = text:lower():gsub("[%s%p]+", " "):gsub("^ ", ""):gsub(" $", "")
	local h = #words
	local padded = words .. "\0\0\0\0\0\0\0"

	for at = 1, #words, 8 do
		h = (h ~ string.unpack("<i8", padded, at)) * 0x2545F4914F6CDD1D
		h = h ~ (h >> 29)
	end
	return h
end

local function look_for_duplicates(brain, found)
	local parts = brain.counts.fibers // PART + 1

	for part = 0, parts - 1 do
		local first = {}

		for n in brain:neurons{} do
			local h = n.anchor and not n.archived and fingerprint(n.text)

			if h and h % parts == part then
				if first[h] then
					local item = neuron_item(n)

					item.of = first[h]
					add(found.duplicates, item)
				else
					first[h] = n.id
				end
			end
		end
	end
end

-- ---- Telling -------------------------------------------------------------------------------

local chapters = {
	{"orphans", "neurons that nothing leads to", "`mnemoscope run prune` drops them"},
	{"hubs", "neurons with very many synapses", "look whether their texts mean anything"},
	{"stale", "memories that nothing used for long", "`mnemoscope run archive` packs them"},
	{"duplicates", "memories of the same words", "`mnemoscope run consolidate` merges them"},
	{"suspicious", "texts that talk to a model, hide something, or never end",
		"read them, and where they came from"},
}

local function about(item)
	if item.degree then
		return string.format(" (%d)", item.degree)
	elseif item.of then
		return string.format(" (as neuron %d)", item.of)
	elseif item.created then
		return string.format(" (%s)", date(item.created):sub(1, 10))
	elseif item.why then
		return " (" .. table.concat(item.why, ", ") .. ")"
	end
	return ""
end

local function write_markdown(brain, found)
	emit("# Audit of " .. code(brain.name) .. "\n\n")
	emit(string.format("%s; %d neurons, %d synapses, %d memories.\n", date(brain.now),
		brain.counts.neurons, brain.counts.synapses, brain.counts.fibers))
	for _, chapter in ipairs(chapters) do
		local list = found[chapter[1]]

		emit(string.format("\n## %s: %d\n\n", chapter[1]:gsub("^%l", string.upper), list.n))
		emit(chapter[2]:gsub("^%l", string.upper) .. ".\n")
		emit(list.n > 0 and "\n" or "")
		for _, item in ipairs(list) do
			emit(string.format("- %s %s%s\n", item.type or "memory", code(item.text), about(item)))
		end
		if list.n > #list then
			emit(string.format("- and %d more\n", list.n - #list))
		end
		if list.n > 0 then
			emit("\n" .. chapter[3]:gsub("^%l", string.upper) .. ".\n")
		end
	end
end

local function item_json(item)
	local parts = {string.format('{"id":%d,"uid":%s,"text":%s', item.id, quoted(item.uid),
		quoted(cut(item.text)))}

	if item.type then
		parts[#parts + 1] = ',"type":' .. quoted(item.type)
	end
	for _, name in ipairs{"degree", "of", "created"} do
		if item[name] then
			parts[#parts + 1] = string.format(',"%s":%d', name, item[name])
		end
	end
	if item.why then
		parts[#parts + 1] = ',"why":["' .. table.concat(item.why, '","') .. '"]'
	end
	return table.concat(parts) .. "}"
end

local function write_json(brain, found)
	emit(string.format('{"brain":%s,"now":%d,"neurons":%d,"synapses":%d,"memories":%d',
		quoted(brain.name), brain.now, brain.counts.neurons, brain.counts.synapses,
		brain.counts.fibers))
	for _, chapter in ipairs(chapters) do
		local list = found[chapter[1]]
		local items = {}

		for i, item in ipairs(list) do
			items[i] = item_json(item)
		end
		emit(string.format(',"%s":{"n":%d,"some":[%s]}', chapter[1], list.n,
			table.concat(items, ",")))
	end
	emit("}\n")
end

return {
	name = "audit",
	purpose = "Tell of orphans, hubs, stale, doubled and suspicious memories.",
	params = {
		{name = "format", type = "choice", choices = {"markdown", "json"},
			default = "markdown", help = "for people, or for programs"},
		{name = "examples", type = "integer", default = 10, min = 1, max = 1000,
			help = "how many of each are shown"},
		{name = "hub_degree", type = "integer", default = 100, min = 1,
			help = "a neuron with so many synapses is a hub"},
		{name = "orphan_days", type = "number", default = 30, min = 0, max = 36500,
			help = "orphans that are older"},
		{name = "stale_days", type = "number", default = 365, min = 0, max = 36500,
			help = "memories that are older and were not used since"},
		{name = "longest", type = "integer", default = 20000, min = 1,
			help = "a text with more characters is suspicious"},
	},
	run = function(brain, plan, params)
		local found = {}

		for _, chapter in ipairs(chapters) do
			found[chapter[1]] = finding(params.examples)
		end
		look_at_neurons(brain, found, params)
		look_for_stale(brain, found, params)
		look_for_duplicates(brain, found)
		if params.format == "json" then
			write_json(brain, found)
		else
			write_markdown(brain, found)
		end
	end,
}
