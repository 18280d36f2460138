/* SPDX-License-Identifier: MIT */
/*
 * server.h - the HTTP core of `mnemoscope serve`, for those who add routes to it.
 *
 * Routes come in *rooms*: a table of routes beside the code that answers them, together with what
 * they share (a table of idempotency keys, a group committer, subscriptions). The list of rooms
 * stands in rooms.c and nowhere else. A room may have no routes, and be only what it shares.
 *
 * A request    comes in on the loop's thread, which reads it whole, refuses what is malformed, too
 *              large, too slow or not allowed, and hands it to a worker. There the route's handler
 *              runs, and may block. It returns MN_OK and has filled the reply, or a negative
 *              mn_status with the error in req->call, of which the room makes the answer.
 * Memory       Everything in a request lives until its answer has been written, also what is
 *              allocated in req->call->arena. So a reply points into the arena, or to static text.
 * Cancelling   req->call carries a token that is cancelled when the client goes away, when the
 *              server has to stop, and the deadline: the server's, or the client's own
 *              (Mn-Deadline-Ms) if that is nearer.
 * Streams      A body that is written in pieces (mn_reply_begin, mn_reply_write) goes out as it is
 *              written; the writer is held back while the client is slow. A handler that fails
 *              afterwards cuts the stream short, so that the client sees that it is not whole.
 * Untrusted    are method, path, parameters, headers and body. Of these only the framing has been
 *              checked; decoded parameters are valid UTF-8 without NUL. Nothing of it reaches the
 *              log but the route's pattern.
 * Threads      A request and its reply belong to the worker that handles it. mn_server_* and
 *              mn_socket_* may be called from any thread.
 */
#ifndef MN_SERVER_SERVER_H
#define MN_SERVER_SERVER_H

#include <jansson.h>

#include "base/buf.h"
#include "mn.h"

typedef struct mn_server mn_server;
typedef struct mn_request mn_request;
typedef struct mn_reply mn_reply;
typedef struct mn_socket mn_socket;

/* ---- Routes ------------------------------------------------------------------------------- */

/* Rights grow: who may write may read, who may administer may do both. */
enum mn_right {
	MN_RIGHT_NONE,  /* everybody, without a token too: /health */
	MN_RIGHT_READ,  /* recall included, with what it learns */
	MN_RIGHT_WRITE, /* remember, apply, create a brain of that name */
	MN_RIGHT_ADMIN, /* rename, delete, replace a brain as a whole */
};

/* On which brain the right is needed; all brains are "*". */
enum mn_where {
	MN_AT_SERVER, /* all of them */
	MN_AT_ANY,    /* at least one: the handler goes on with mn_request_may */
	MN_AT_PATH,   /* that of the parameter {brain}: opened, in req->brain */
	/* That of the header X-Brain-ID, or, without one, the brain that is set: opened likewise.
	 */
	MN_AT_HEADER,
	/* As MN_AT_PATH, not opened: it may not be there yet. The handler opens what it needs. */
	MN_AT_NAME,
};

enum mn_route_flag {
	MN_ROUTE_STREAM_IN = 1 << 0, /* the handler reads the body in pieces: mn_request_read */
	MN_ROUTE_SOCKET = 1 << 1,    /* a WebSocket handshake; the handler calls mn_socket_accept */
	MN_ROUTE_ANY_TYPE = 1 << 2,  /* a body of any Content-Type, not only of `type` */
	MN_ROUTE_THINKS = 1 << 3,    /* keeps a processor busy and waits for nobody: only a few at
					a time, so that others need not wait for their turn */
};

typedef struct mn_route {
	const char *method; /* "GET" answers HEAD too */
	/* "/mn/v1/brains/{brain}/apply": a parameter is a whole segment, at most 8 of them. Literal
	 * segments go before parameters: /brain/create is not brain "create". */
	const char *path;
	uint8_t right, at; /* mn_right, mn_where */
	uint16_t flags;
	size_t body; /* ceiling in bytes; 0: 1 MiB; of a method that has no body: refused */
	/* Content-Type of a body; NULL: application/json. Another: 415. A body without one passes.
	 */
	const char *type;
	int (*handle)(mn_request *, mn_reply *);
} mn_route;

typedef struct mn_room {
	const char *name;
	const mn_route *routes; /* ends with a pathless one; NULL: none */
	const char *const
		*prefixes; /* each route is under each of these; ends with NULL; NULL: "" */
	/* What the routes share. start: before the first request, in the order of rooms.c; stop:
	 * after the last one, the other way round, only what was started. NULL: nothing. */
	int (*start)(mn_server *, mn_call *, void **state);
	void (*stop)(mn_server *, void *state);
	/* The answer to a request that failed, also to one that did not get as far as its handler:
	 * sets type and body, for this HTTP status. NULL: problem+json, mn_reply_problem. */
	void (*fail)(mn_request *, mn_reply *, int status, const mn_error *);
} mn_room;

/* The i-th room; NULL behind the last. */
const mn_room *mn_room_at(size_t i);
/* What the room's start made; NULL before that. */
void *mn_server_state(mn_server *, const mn_room *);

/* ---- Requests ----------------------------------------------------------------------------- */

struct mn_request {
	mn_server *server;
	mn_call *call; /* arena, token, deadline, error: for every call of the engine */
	const mn_route *route;
	mn_str method;   /* "HEAD" too */
	mn_str path;     /* as it was sent, without the query */
	mn_str body;     /* whole; empty under MN_ROUTE_STREAM_IN */
	mn_brain *brain; /* MN_AT_PATH, MN_AT_HEADER: open, the server's, valid until the answer */
	mn_str brain_name; /* its own name, whatever it was asked by */
	mn_str who;        /* name of the token; empty: nobody was asked for one */
	mn_str peer;       /* address, as text, plain */
	mn_str id;         /* of this request, in the log and in the header X-Request-ID */
};

/* {name} of the path, decoded. ptr NULL: there is none of that name. */
mn_str mn_request_param(const mn_request *, const char *name);
/* The first value of the query string's name, decoded. ptr NULL: not given. */
mn_str mn_request_query(const mn_request *, const char *name);
/* The i-th pair of the query string, decoded; false behind the last. */
bool mn_request_query_at(const mn_request *, size_t i, mn_str *name, mn_str *value);
/* A number of the query string within min..max, or fallback. MN_EINVAL, recorded: not a number. */
int mn_request_count(mn_request *, const char *name, uint64_t min, uint64_t max, uint64_t fallback,
	uint64_t *out);
/* By its name in lower case; without white space around it. ptr NULL: not sent. */
mn_str mn_request_header(const mn_request *, const char *name);
/* Digits alone, at most 18. */
bool mn_request_number(mn_str text, uint64_t *out);
/* When its head was there, on the engine's monotonic clock. */
mn_time mn_request_arrived(const mn_request *);

/* The body as JSON, read once, the request's own. MN_EINVAL, recorded. */
int mn_request_json(mn_request *, json_t **out);

/* MN_ROUTE_STREAM_IN: what is there, at most room bytes, waiting for the first of them; *n 0: the
 * end. MN_ECANCELLED, MN_ETIMEOUT: the client went or was too slow; MN_EINVAL: bad framing, or
 * larger than the route takes (the reply's status is set). As a source for mn_import likewise. */
int mn_request_read(mn_request *, char *out, size_t room, size_t *n);
mn_source mn_request_source(mn_request *);

/* May who asks do this with the brain of this name, or (name empty) with all of them? */
bool mn_request_may(const mn_request *, int right, mn_str brain);
/* The same as an error: MN_EAUTH, recorded. */
int mn_request_need(mn_request *, int right, mn_str brain);

/* ---- Replies ------------------------------------------------------------------------------ */

enum { MN_REPLY_HEADERS = 16 };

struct mn_reply {
	/* 0: 200, or 204 without a body; on failure: what the status of the error stands for
	 * (mn_reply_status). Set it before failing to choose another. */
	int status;
	mn_str type; /* empty: application/json, if there is a body */
	mn_str body; /* arena or static */
	struct {
		const char *name;
		mn_str value; /* arena or static; without controls, or the header is left out */
	} headers[MN_REPLY_HEADERS];
	size_t nheaders;
	mn_buf buf; /* mn_reply_take */
};

/* Adds one; those of framing, connection, date and type are the server's. */
void mn_reply_header(mn_reply *, const char *name, mn_str value);
/* ETag: "EPOCH-GRAPH-STATE" in hex, and such a header's value in the arena. */
void mn_reply_etag(mn_request *, mn_reply *, mn_gen);
mn_str mn_gen_text(mn_arena *, mn_gen);
/* Reads one back, with or without its quotes. */
bool mn_gen_read(mn_str, mn_gen *out);
/* The buffer's content becomes the body and its memory the reply's. MN_ENOMEM, recorded: the buffer
 * had failed. */
int mn_reply_take(mn_request *, mn_reply *, mn_buf *);

/* The HTTP status of an mn_status: MN_EINVAL 400, MN_ENOBRAIN 404, ... 500. */
int mn_reply_status(int status);
const char *mn_reply_reason(int http_status); /* "Not Found" */
/* Fills type and body: RFC 9457, {"type","title","status","detail","code","native","retry"}. */
void mn_reply_problem(mn_request *, mn_reply *, int http_status, const mn_error *);
/* Records an error for a status of its own: return mn_reply_fail(req, reply, 422, MN_EINVAL, ...);
 * returns code. */
int mn_reply_fail(mn_request *, mn_reply *, int http_status, int code, const char *fmt, ...)
	MN_PRINTF(5, 6);

/*
 * A body in pieces: begin sends the head as the reply has it (status, type, headers), write adds to
 * the body and waits while more than a quarter of a mebibyte has not been taken by the client. What
 * comes after a failure or a HEAD is dropped. MN_ECANCELLED, MN_ETIMEOUT, recorded. The body ends
 * when the handler returns.
 */
int mn_reply_begin(mn_request *, mn_reply *);
int mn_reply_write(mn_request *, const void *, size_t);
mn_sink mn_reply_sink(mn_request *); /* after mn_reply_begin */

/* ---- The server --------------------------------------------------------------------------- */

mn_engine *mn_server_engine(mn_server *);
mn_store *mn_server_store(mn_server *);
bool mn_server_read_only(const mn_server *);
mn_str mn_server_default_brain(const mn_server *); /* what X-Brain-ID is when it is missing */

/*
 * The table of open brains: a brain stays open between requests (at most 64 that nobody uses, the
 * longest unused are closed first), so its graph cache stays warm. name: name or uid. Each get
 * needs a put; a brain that was renamed or deleted is forgotten: those who have it go on, the next
 * get opens anew. MN_ENOBRAIN and the other errors of mn_brain_open.
 */
int mn_server_brain_get(mn_server *, mn_call *, mn_str name, mn_brain **out);
void mn_server_brain_put(mn_server *, mn_brain *);
void mn_server_brain_forget(mn_server *, mn_str name); /* name or uid */

/* Runs fn on a worker, soon, with a call of its own that is cancelled when the server stops. Waited
 * for at the end. MN_ENOMEM, MN_EBUSY: the server is stopping. */
int mn_server_run(mn_server *, void (*fn)(mn_server *, mn_call *, void *arg), void *arg);

/* What rooms add to /metrics. */
enum mn_count {
	MN_COUNT_COMMITS,   /* groups that were committed */
	MN_COUNT_COMMITTED, /* requests in them */
	MN_COUNT_REPLAYED,  /* answers given again by their idempotency key */
	MN_COUNT_EVENTS,    /* sent to WebSockets */
	MN_COUNTS
};
void mn_server_count(mn_server *, int count, uint64_t n);

/* ---- WebSockets --------------------------------------------------------------------------- */

/*
 * A connection that was upgraded. The handler of a route with MN_ROUTE_SOCKET runs as any other; it
 * refuses by failing, or calls mn_socket_accept and returns MN_OK. From then on messages come one
 * at a time, each on a worker, with a call of its own; closed comes last, once, also when the
 * server stops. Who asked, and what it may do, stay as they were at the handshake.
 *
 * Limits    Frames of 64 KiB, messages of 1 MiB, text only (binary: 1003); unmasked frames 1002,
 *           bad UTF-8 1007, too large 1009, more than 1 MiB that the client has not taken 1008;
 *           controls are counted, and a flood is 1008. The server pings every 30 s and closes what
 *           does not answer.
 * Lifetime  The socket is valid from accept until closed has returned. Those who keep it longer
 *           hold it; sending to a closed one does nothing.
 */
typedef struct mn_socket_calls {
	void (*message)(mn_socket *, mn_call *, void *ctx, mn_str text); /* valid UTF-8 */
	void (*closed)(mn_socket *, void *ctx);
} mn_socket_calls;

/* protocol: the subprotocol chosen, or NULL. The calls and ctx are the caller's until closed. */
int mn_socket_accept(mn_request *, mn_reply *, const mn_socket_calls *, void *ctx, mn_socket **out);
/* Queues a text message, copied. false: closed, or the client is too slow, and is being closed. */
bool mn_socket_send(mn_socket *, mn_str text);
void mn_socket_close(mn_socket *, unsigned code, const char *reason);
void mn_socket_hold(mn_socket *);
void mn_socket_release(mn_socket *);
/* As mn_request_may, for who opened it. */
bool mn_socket_may(const mn_socket *, int right, mn_str brain);
mn_server *mn_socket_server(const mn_socket *);

#endif
