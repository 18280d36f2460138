/* SPDX-License-Identifier: MIT */
#include "base/type.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"

#define MOST 4096
#define GUESTS 256 /* of a kind */

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

/*
 * Names met at run time, of a kind. Those that rows bear never move or change, so they may be lent
 * for good. Guests are only asked about: when nobody does any more, another name may get the code.
 */
static struct met {
	mn_strmap codes; /* without the guests */
	char *names[MOST];
	uint16_t n;
	struct guest {
		uint16_t code;
		uint32_t calls; /* that ask about it */
	} guests[GUESTS];
	size_t nguests;
} met[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct met *met_of(int kind)
{
	return &met[kind == MN_SYNAPSE];
}

static const struct type *builtin(int kind, size_t *n)
{
	*n = kind == MN_NEURON ? MN_NEURON_TYPES : MN_SYNAPSE_TYPES;
	return kind == MN_NEURON ? neurons : synapses;
}

/* ---- Guests, locked ------------------------------------------------------------------------ */

static struct guest *find_guest(struct met *m, size_t first, mn_str name)
{
	for (size_t i = 0; i < m->nguests; i++)
		if (mn_str_is(name, m->names[m->guests[i].code - first]))
			return &m->guests[i];
	return NULL;
}

static struct guest *idle_guest(struct met *m)
{
	for (size_t i = 0; i < m->nguests; i++)
		if (m->guests[i].calls == 0)
			return &m->guests[i];
	return NULL;
}

static void remove_guest(struct met *m, struct guest *g)
{
	*g = m->guests[--m->nguests];
}

static void set_name(struct met *m, size_t i, mn_str name)
{
	memcpy(m->names[i], name.ptr, name.len);
	m->names[i][name.len] = '\0';
}

/* A code nobody has had; 0: there is none, or no memory. */
static uint16_t new_code(struct met *m, size_t first, mn_str name)
{
	if (first + m->n >= MOST || !(m->names[m->n] = mn_alloc(MN_TYPE_NAME + 1)))
		return 0;
	set_name(m, m->n, name);
	return (uint16_t)(first + m->n++);
}

static uint16_t new_guest(struct met *m, size_t first, mn_str name)
{
	struct guest *g = m->nguests < GUESTS ? &m->guests[m->nguests] : NULL;
	const uint16_t code = g ? new_code(m, first, name) : 0;

	if (code) {
		*g = (struct guest){code, 1};
		m->nguests++;
		return code;
	}
	g = idle_guest(m);
	if (!g)
		return 0;
	set_name(m, g->code - first, name);
	g->calls = 1;
	return g->code;
}

static uint16_t ask(struct met *m, size_t first, mn_str name)
{
	const uint64_t *known = mn_strmap_get(&m->codes, name);
	struct guest *g = known ? NULL : find_guest(m, first, name);

	if (known)
		return (uint16_t)*known;
	if (!g)
		return new_guest(m, first, name);
	g->calls++;
	return g->code;
}

/* ---- Names that rows bear, locked ---------------------------------------------------------- */

static uint16_t meet(struct met *m, size_t first, mn_str name)
{
	uint64_t *known = mn_strmap_get(&m->codes, name);
	struct guest *g = known ? NULL : find_guest(m, first, name);
	uint16_t code = g ? g->code : 0;

	if (known)
		return (uint16_t)*known;
	if (!code)
		code = new_code(m, first, name);
	if (!code && (g = idle_guest(m)) != NULL) {
		code = g->code;
		set_name(m, code - first, name);
	}
	if (code && mn_strmap_put(&m->codes, name, code) != MN_OK) {
		if (!g && code == first + m->n - 1)
			mn_free(m->names[--m->n]);
		return 0;
	}
	if (g)
		remove_guest(m, g);
	return code;
}

/* ---- Codes and names ----------------------------------------------------------------------- */

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

	if (code || name.len == 0 || name.len > MN_TYPE_NAME)
		return code;
	pthread_mutex_lock(&lock);
	code = meet(met_of(kind), n, name);
	pthread_mutex_unlock(&lock);
	return code;
}

uint16_t mn_type_known(int kind, mn_str name)
{
	size_t n;
	uint16_t code = builtin_code(kind, name, &n);
	const uint64_t *later;

	if (code || name.len == 0)
		return code;
	pthread_mutex_lock(&lock);
	later = mn_strmap_get(&met_of(kind)->codes, name);
	code = later ? (uint16_t)*later : 0;
	pthread_mutex_unlock(&lock);
	return code;
}

struct asking {
	int kind;
	uint16_t code;
};

static void leave(void *arg)
{
	const struct asking *a = arg;
	struct met *m = met_of(a->kind);

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < m->nguests; i++)
		if (m->guests[i].code == a->code)
			m->guests[i].calls--;
	pthread_mutex_unlock(&lock);
}

int mn_type_ask(mn_call *call, int kind, mn_str name, uint16_t *code)
{
	struct met *m = met_of(kind);
	struct asking *a;
	bool full;
	size_t n;

	*code = builtin_code(kind, name, &n);
	if (!*code)
		*code = mn_type_known(kind, name);
	if (*code)
		return MN_OK;
	a = mn_call_alloc(call, sizeof(*a));
	if (!a)
		return MN_ENOMEM;
	a->kind = kind;
	pthread_mutex_lock(&lock);
	*code = a->code = ask(m, n, name);
	full = m->nguests == GUESTS || n + m->n >= MOST;
	pthread_mutex_unlock(&lock);
	if (!a->code && !full)
		return mn_fail_memory(call);
	if (!a->code)
		return mn_fail(call, MN_EBUSY, 0,
			"more types that no row has are asked about than can be at once");
	if (!mn_arena_later(call->arena, leave, a)) {
		leave(a);
		return mn_fail_memory(call);
	}
	return MN_OK;
}

uint16_t mn_type_end(int kind)
{
	size_t n;
	uint16_t end;

	builtin(kind, &n);
	pthread_mutex_lock(&lock);
	end = (uint16_t)(n + met_of(kind)->n);
	pthread_mutex_unlock(&lock);
	return end;
}

const char *mn_type_name(int kind, uint16_t code)
{
	size_t n;
	const struct type *types = builtin(kind, &n);
	const char *name = "";

	if (code > 0 && code < n)
		return types[code].name;
	pthread_mutex_lock(&lock);
	if (code >= n && code - n < met_of(kind)->n)
		name = met_of(kind)->names[code - n];
	pthread_mutex_unlock(&lock);
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
