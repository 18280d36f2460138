/* SPDX-License-Identifier: MIT */
/*
 * peer.h - the other dialect: a NeuralMemory server as it is (0.4.0 and 4.6x), read-only.
 *
 * That server has no generations, no pages that hold still, no list of its brains, and one request
 * per synapse; but it exports a brain as a whole. So a brain that is named is fetched once into an
 * image, a brain of the memory backend inside this plugin, and asked there. An image is looked at
 * again when it is older than PEER_FRESH_S: if the server counts other rows, it is fetched anew.
 * Ids are interned: a row that is in the next image too keeps its id.
 */
#ifndef MN_REMOTE_PEER_H
#define MN_REMOTE_PEER_H

#include <jansson.h>

#include "memory/table.h"
#include "remote.h"

#define PEER_BRAINS 64 /* that can be named while the store is open */
#define PEER_FRESH_S 30

struct peer_counts {
	uint64_t neurons, synapses, fibers;
};

struct peer_brain {
	mn_str id; /* the server's, and its name here; own copy */
	mn_time created, updated;
	struct peer_counts counts;  /* as the server said last */
	char meta[256];             /* {"name":...} of the server */
	char image[24];             /* its name in the memory store; empty: not fetched yet */
	struct peer_counts fetched; /* what the server counted when the image was made */
	int64_t looked_s;
	mn_id next[MN_KINDS]; /* ids given out */
	unsigned cursors;     /* an image that is being scanned is not exchanged */
};

struct peer {
	const mn_backend *memory;
	mn_db *images;
	unsigned serial;
	char version[32];
	size_t n;
	struct peer_brain brains[PEER_BRAINS];
};

extern const struct dialect peer_dialect;

/* open: is it such a server? *is false: no. Makes db->peer. */
int peer_detect(mn_db *, mn_call *, bool *is);
/* Names a brain; MN_ENOBRAIN: there is none of that id. */
int peer_name(mn_db *, mn_call *, mn_str id, struct peer_brain **out);

/* peer_ask.c: GET and its answer as JSON, the caller's to json_decref. missing: what a 404 is. */
int peer_get(mn_db *, mn_call *, mn_str path, int missing, json_t **out);
/* A path with a brain's id in it: "/brain/", id, tail. */
int peer_path(mn_db *, mn_call *, mn_str id, const char *tail, mn_str *out);

/* peer_load.c: fetches the brain and makes an image of it, in place of the one there was. */
int peer_load(mn_db *, mn_call *, struct peer_brain *);

/* peer_row.c: records as rows; strings in the arena. */
int peer_text(const mn_host *, mn_call *, const json_t *, mn_str *out);
mn_time peer_time(const json_t *);
int peer_neuron(const mn_host *, mn_call *, json_t *record, mn_neuron *out);
int peer_synapse(const mn_host *, mn_call *, json_t *record, mn_synapse *out);
int peer_fiber(const mn_host *, mn_call *, json_t *record, json_t *typed, mn_fiber *out);
/* A JSON object as text; empty for {}. */
int peer_dump(const mn_host *, mn_call *, const json_t *, mn_str *out);

#endif
