/* SPDX-License-Identifier: MIT */
#include "base/type.h"

#include <pthread.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"

#define MOST 4096

struct type {
	const char *name, *family, *peer; /* peer NULL: the same */
	bool two_way;
};

static const struct type neurons[MN_NEURON_TYPES] = {
	[MN_TIME] = {.name = "time"},
	[MN_SPATIAL] = {.name = "spatial"},
	[MN_ENTITY] = {.name = "entity"},
	[MN_ACTION] = {.name = "action"},
	[MN_NSTATE] = {.name = "state"},
	[MN_CONCEPT] = {.name = "concept"},
	[MN_SENSORY] = {.name = "sensory"},
	[MN_INTENT] = {.name = "intent"},
	[MN_MEMORY] = {.name = "memory", .peer = "concept"},
	[MN_SESSION] = {.name = "session", .peer = "time"},
};

static const struct type synapses[MN_SYNAPSE_TYPES] = {
	[MN_HAPPENED_AT] = {"happened_at", "temporal", NULL, false},
	[MN_BEFORE] = {"before", "temporal", NULL, false},
	[MN_AFTER] = {"after", "temporal", NULL, false},
	[MN_DURING] = {"during", "temporal", NULL, false},
	[MN_AT_LOCATION] = {"at_location", "spatial", NULL, false},
	[MN_CONTAINS] = {"contains", "spatial", NULL, false},
	[MN_NEAR] = {"near", "spatial", NULL, true},
	[MN_CAUSED_BY] = {"caused_by", "causal", NULL, false},
	[MN_LEADS_TO] = {"leads_to", "causal", NULL, false},
	[MN_ENABLES] = {"enables", "causal", NULL, false},
	[MN_PREVENTS] = {"prevents", "causal", NULL, false},
	[MN_CO_OCCURS] = {"co_occurs", "associative", NULL, true},
	[MN_RELATED_TO] = {"related_to", "associative", NULL, true},
	[MN_SIMILAR_TO] = {"similar_to", "associative", NULL, true},
	[MN_IS_A] = {"is_a", "semantic", NULL, false},
	[MN_HAS_PROPERTY] = {"has_property", "semantic", NULL, false},
	[MN_INVOLVES] = {"involves", "semantic", NULL, false},
	[MN_FELT] = {"felt", "semantic", NULL, false},
	[MN_EVOKES] = {"evokes", "semantic", NULL, false},
	[MN_NAMED] = {"named", "semantic", "has_property", false},
	[MN_MENTIONS] = {"mentions", "associative", "involves", false},
};

/* Names met at run time, one list per kind; entries never move, so names may be lent for good. */
static struct {
	pthread_mutex_t lock;
	mn_strmap codes[2];
	char *names[2][MOST];
	uint16_t n[2];
} met = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct type *builtin(int kind, size_t *n)
{
	*n = kind == MN_NEURON ? MN_NEURON_TYPES : MN_SYNAPSE_TYPES;
	return kind == MN_NEURON ? neurons : synapses;
}

static uint16_t meet(int k, size_t first, mn_str name)
{
	uint64_t *known = mn_strmap_get(&met.codes[k], name);
	char *copy;

	if (known)
		return (uint16_t)*known;
	if (first + met.n[k] >= MOST || name.len > 100 || !(copy = mn_alloc(name.len + 1)))
		return 0;
	memcpy(copy, name.ptr, name.len);
	copy[name.len] = '\0';
	if (mn_strmap_put(&met.codes[k], name, first + met.n[k]) != MN_OK) {
		mn_free(copy);
		return 0;
	}
	met.names[k][met.n[k]] = copy;
	return (uint16_t)(first + met.n[k]++);
}

static uint16_t builtin_code(int kind, mn_str name, size_t *n)
{
	const struct type *types = builtin(kind, n);

	for (size_t i = 1; i < *n; i++)
		if (mn_str_is(name, types[i].name))
			return (uint16_t)i;
	return 0;
}

uint16_t mn_type_code(int kind, mn_str name)
{
	size_t n;
	uint16_t code = builtin_code(kind, name, &n);

	if (code || name.len == 0)
		return code;
	pthread_mutex_lock(&met.lock);
	code = meet(kind == MN_SYNAPSE, n, name);
	pthread_mutex_unlock(&met.lock);
	return code;
}

uint16_t mn_type_known(int kind, mn_str name)
{
	size_t n;
	uint16_t code = builtin_code(kind, name, &n);
	const uint64_t *later;

	if (code || name.len == 0)
		return code;
	pthread_mutex_lock(&met.lock);
	later = mn_strmap_get(&met.codes[kind == MN_SYNAPSE], name);
	code = later ? (uint16_t)*later : 0;
	pthread_mutex_unlock(&met.lock);
	return code;
}

const char *mn_type_name(int kind, uint16_t code)
{
	size_t n;
	const struct type *types = builtin(kind, &n);
	const char *name = "";

	if (code > 0 && code < n)
		return types[code].name;
	pthread_mutex_lock(&met.lock);
	if (code >= n && code - n < met.n[kind == MN_SYNAPSE])
		name = met.names[kind == MN_SYNAPSE][code - n];
	pthread_mutex_unlock(&met.lock);
	return name;
}

const char *mn_type_family(uint16_t code)
{
	return code > 0 && code < MN_SYNAPSE_TYPES ? synapses[code].family : "associative";
}

const char *mn_type_peer(int kind, uint16_t code)
{
	size_t n;
	const struct type *types = builtin(kind, &n);

	if (code == 0 || code >= n)
		return kind == MN_NEURON ? "concept" : "related_to";
	return types[code].peer ? types[code].peer : types[code].name;
}

bool mn_type_two_way(uint16_t code)
{
	return code > 0 && code < MN_SYNAPSE_TYPES && synapses[code].two_way;
}
