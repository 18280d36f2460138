-- SPDX-License-Identifier: MIT
-- load.lua - what wrk sends. LOAD=query: questions of the file $ASK, in an order of each thread's
-- own; LOAD=encode: memories that nobody has sent yet; LOAD=apply: a neuron each. $BRAIN names
-- the brain. Bodies are made before the first request, so that making them takes no time later.
local brain, load = os.getenv("BRAIN") or "bench", os.getenv("LOAD") or "query"
local headers = {["Content-Type"] = "application/json", ["X-Brain-ID"] = brain}
local threads = 0
local bodies, at, bad = {}, 0, 0

function setup(thread)
	threads = threads + 1
	thread:set("number", threads)
end

local function questions()
	for line in io.lines(os.getenv("ASK")) do
		bodies[#bodies + 1] = '{"query":"' .. line .. '"}'
	end
	at = (number * 7919) % #bodies
end

local function words()
	local all = {}
	for line in io.lines(os.getenv("ASK")) do
		for word in line:gmatch("%l%l%l%l+") do
			all[#all + 1] = word
		end
	end
	return all
end

-- Threads and runs must not say the same: the number and the time go into the text.
local function memories()
	local all, run = words(), os.time() * 10 + number
	math.randomseed(run)
	for i = 1, 40000 do
		bodies[i] = string.format(
			'{"content":"Visitor %d of day %d saw the %s %s near the %s bridge."}', i, run,
			all[math.random(#all)], all[math.random(#all)], all[math.random(#all)])
	end
end

function init()
	if load == "query" then questions() else memories() end
end

function request()
	at = at % #bodies + 1
	return wrk.format("POST", load == "query" and "/memory/query" or "/memory/encode", headers,
		bodies[at])
end

function response(status)
	if status ~= 200 then
		bad = bad + 1
	end
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format(
		'{"requests":%d,"seconds":%.3f,"rate":%.1f,"p50_ms":%.3f,"p99_ms":%.3f,"worst_ms":%.3f,' ..
		'"errors":%d}\n', summary.requests, summary.duration / 1e6,
		summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000,
		latency:percentile(99) / 1000, latency.max / 1000,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
