/* SPDX-License-Identifier: MIT */
/*
 * ask.h - one statement of Cypher, sent to the server, and its answer.
 *
 * Statements are put together from fragments of this source; everything else is a parameter, so
 * that no text from outside is ever read as Cypher. Parameters are members of one map, $p: the
 * server plans a statement anew for each magnitude of each list and text among its parameters,
 * which takes it tens of milliseconds, but does not look into maps. Only the user's own statement
 * has them bare. The Query API is spoken where the server has
 * it, the transactional endpoint else; an answer looks the same either way.
 *
 * Transient failures (deadlocks, a server that is starting) are tried again with growing pauses,
 * within the call's deadline. A statement whose connection broke is sent again only where that
 * is harmless, which `again` says.
 */
#ifndef MN_NEO4J_ASK_H
#define MN_NEO4J_ASK_H

#include <jansson.h>

#include "db.h"
#include "peek.h"
#include "text.h"

/* A body as JSON: MN_ENOMEM, and *out NULL where it is none. */
int read_json(const mn_db *, mn_str body, json_t **out);

struct ask {
	mn_db *db;
	mn_call *call;
	struct text body;
	bool write; /* else in read access mode, which the server enforces and may give a replica */
	bool again; /* harmless if done twice */
	bool patient; /* waited for to the end, cancelled or not */
	bool foreign; /* the statement is the user's: what the server says of it is for the user */
	/* out */
	size_t bytes;  /* of the answer */
	bool broke;    /* it may have been carried out, and no answer came */
	size_t tail;   /* of body: what ask_send put at its end */
	char code[80]; /* what Neo4j calls the failure; empty: it is not one of the server's */
};

/* Rows of an answer: lists of as many cells as there are names. That to a change is not taken
 * apart: its rows are in `told`, and the rest is NULL. */
struct answer {
	struct peek told;
	json_t *root;
	json_t *names,
		*rows; /* lent from root; rows of the Query API, or {"row": ...} of the other */
	size_t n;
	bool wrapped;
};

/* Begins a statement. ask_say adds fragments; ask_parameters ends it and begins its parameters,
 * which are members that text_name and a value add to body; ask_send sends it all. ask_free
 * in any case, with *answer zeroed beforehand. */
void ask_begin(struct ask *, mn_db *, mn_call *);
void ask_say(struct ask *, const char *fragment);
void ask_say_text(struct ask *, mn_str); /* the user's own statement, for mn.native/1 */
void ask_parameters(struct ask *);
int ask_send(struct ask *, struct answer *);
/* The same for a change that does nothing if it comes a second time: it is waited for, cancelled or
 * not, and sent until an answer comes. What its answer needs is there before it is sent, so that
 * what was written cannot fail for want of memory: cells are read by answer_told. After a failure
 * nothing was written, unless the sentence says that this is not known. */
int ask_insist(struct ask *, struct answer *);
void ask_free(struct ask *, struct answer *);

/* A cell; NULL: it is not there. */
json_t *answer_cell(const struct answer *, size_t row, size_t column);

struct peek answer_told(const struct answer *, size_t column); /* of the first row of a change's */

/*
 * Values out of answers. What is not of the type that is due is noted in `bad`, and reader_end
 * turns it into an error: an answer is not trusted.
 */
struct reader {
	mn_db *db;
	mn_call *call;
	bool bad, no_memory;
};
int64_t reader_int(struct reader *, const json_t *); /* null: 0 */
double reader_real(struct reader *, const json_t *); /* null: 0 */
mn_str reader_str(struct reader *, const json_t *);  /* null: empty; in the call's arena */
uint16_t reader_type(struct reader *, int kind, const json_t *);      /* a name */
mn_ids reader_ids(struct reader *, const json_t *);                   /* null: none; likewise */
mn_strs reader_strs(struct reader *, const json_t *);                 /* null: none; likewise */
const json_t *reader_list(struct reader *, const json_t *, size_t n); /* of n; SIZE_MAX: any */
int reader_end(const struct reader *);

#endif
