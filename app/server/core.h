/* SPDX-License-Identifier: MIT */
/*
 * core.h - what the server is made of; private to app/server.
 *
 * Threads. One thread is the *loop*: it owns the listeners, every connection, and the beginning and
 * end of every exchange. *Workers* run handlers. An exchange (a request and its answer) passes from
 * the loop to a worker and back: while a worker has it, the loop touches only what is marked
 * "shared", under the connection's lock. What has to happen on the loop because of what a worker
 * did is asked for with mn_conn_wake.
 */
#ifndef MN_SERVER_CORE_H
#define MN_SERVER_CORE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "server/head.h"
#include "server/keyring.h"
#include "server/run.h"
#include "server/server.h"

typedef struct mn_conn mn_conn;
typedef struct mn_exchange mn_exchange;

enum {
	MN_ROOMS = 16,
	MN_PARAMS = 8,
	MN_QUERIES = 64,         /* pairs of a query string that are read */
	MN_OUT_HIGH = 256 << 10, /* bytes a stream may be ahead of its client */
	MN_IN_HIGH = 256 << 10,  /* and a client ahead of its reader */
	MN_READ = 64 << 10,      /* taken from a socket at a time */
	MN_BACKLOG = 1 << 20,    /* of a WebSocket */
	MN_PEER = 80,            /* an address as text */
};

/* ---- work.c: what workers do -------------------------------------------------------------- */

typedef struct mn_task {
	struct mn_task *next;
	void (*run)(mn_server *, struct mn_task *);
	bool thinks; /* MN_ROUTE_THINKS */
} mn_task;

typedef struct mn_queue {
	mn_task *first, *last;
} mn_queue;

typedef struct mn_work {
	mn_server *server;
	pthread_mutex_t lock;
	pthread_cond_t more;
	mn_queue plain, thinking;
	size_t waiting, idle, threads, most;
	size_t thinkers, most_thinkers; /* running, and at most */
	pthread_t *ids;
	bool stop;
} mn_work;

int mn_work_init(mn_work *, mn_server *, size_t most, size_t most_thinkers, mn_error *);
/* Takes the task; it is run in turn. Starts another worker if all are busy. */
void mn_work_give(mn_work *, mn_task *);
void mn_work_stop(mn_work *); /* after the last task: joins */

/* ---- access.c, keyring.c: who asks, and what he may do ------------------------------------- */

typedef struct mn_access {
	bool open; /* nobody is asked for a token: everybody may do everything */
	const mn_keyring_entry *entry; /* NULL: nobody */
	mn_keyring *tokens;            /* it lies there; held */
} mn_access;

bool mn_access_may(const mn_access *, int right, mn_str brain); /* brain empty: all */
bool mn_access_any(const mn_access *, int right);               /* on some brain */
void mn_access_hold(mn_access *);
void mn_access_drop(mn_access *);

/* ---- Exchanges ---------------------------------------------------------------------------- */

struct mn_exchange {
	mn_request req; /* first: handlers get this */
	mn_reply reply;
	mn_task task;
	mn_exchange *next; /* among the spare ones */
	mn_conn *conn;
	mn_call call;
	mn_token *token;
	mn_head head;
	const mn_room *room;
	size_t route; /* index among all routes, for the metrics */
	struct {
		const char *name;
		size_t len;
		mn_str value;
	} params[MN_PARAMS];
	size_t nparams;
	struct {
		mn_str name, value;
	} queries[MN_QUERIES];
	size_t nqueries;
	mn_access access;
	json_t *json;
	mn_buf body;    /* collected, or (STREAM_IN, shared) not yet read */
	size_t body_at; /* STREAM_IN: read up to here */
	uint64_t taken; /* bytes of the body so far */
	size_t counted; /* of these, in the server's account */
	size_t ceiling;
	int why;                   /* mn_reject it was refused for */
	mn_time arrived;           /* monotonic */
	uint64_t sent;             /* bytes of the answer's body */
	mn_str cors;               /* Origin that is allowed; empty: none */
	bool handled;              /* shared: the worker has done with it */
	bool begun;                /* shared: a stream's head has been sent */
	bool cut;                  /* shared: a stream that must not look whole */
	bool chunked;              /* the stream's form */
	bool body_ended, body_bad; /* shared under STREAM_IN */
	bool given, back;          /* a worker has got it; and has given it back, or never had it */
	bool headless;             /* HEAD, 204, 304: no body follows */
	bool allow[8];             /* 405: methods there are */
	mn_socket *socket;         /* it was upgraded */
};

/* ---- Connections (conn.c, on the loop) ---------------------------------------------------- */

enum mn_conn_state {
	MN_CONN_HEAD,   /* a head is coming in; with nothing of it yet: idle */
	MN_CONN_BODY,   /* and its body */
	MN_CONN_RUN,    /* a worker has it, or its answer is going out */
	MN_CONN_SOCKET, /* upgraded */
	MN_CONN_LINGER, /* answered and half closed: what still comes in is thrown away */
	MN_CONN_DEAD,   /* closed; stays until the worker has come back */
};

struct mn_conn {
	mn_conn *prev, *next; /* of the server's list */
	mn_conn *wake_next;
	mn_server *server;
	int fd, state;
	uint32_t events; /* that epoll waits for */
	bool unix_socket, waking /* shared, under the server's wake lock */;
	bool served;        /* at least one request */
	bool last;          /* close after this answer */
	bool gone;          /* the client has closed its side */
	bool pending;       /* there is something to send that the socket did not take */
	bool feeding;       /* a worker reads the body while it comes in */
	char peer[MN_PEER]; /* its address, or that a trusted proxy names */
	char remote[MN_PEER];
	struct sockaddr_storage address, local;
	mn_buf in;
	size_t in_at;
	mn_guard guard;
	mn_guard_chunks chunks;
	uint64_t body_left;
	mn_exchange *ex;
	mn_time since;  /* of the state */
	mn_time window; /* beginning of the window in which enough has to move */
	uint64_t moved; /* bytes in it */
	mn_socket *socket;
	/* shared */
	pthread_mutex_t lock;
	pthread_cond_t change;
	mn_buf out;
	size_t out_at;
	mn_str tail;    /* goes out behind it */
	bool broken;    /* no more can be sent or will come */
	bool held_back; /* the body is ahead of its reader: the socket is not read */
};

/* A connection and what it has; NULL: no memory, or no descriptor. */
mn_conn *mn_conn_new(mn_server *, int fd, const struct sockaddr_storage *);
void mn_conn_ready(mn_conn *, uint32_t events);
void mn_conn_woken(mn_conn *);
/* Has it been too slow? Closes it, or answers so. */
void mn_conn_check(mn_conn *, mn_time now);
/* No new request: closes what is idle, the others after their answer. */
void mn_conn_retire(mn_conn *);
void mn_conn_kill(mn_conn *);
/* Of one that was killed; false: a worker, or the list of the woken, still has it. */
bool mn_conn_free(mn_conn *);
void mn_conn_watch(mn_conn *, uint32_t events);
/* How long it has been idle or at a head, microseconds; 0: it is busy. */
mn_time mn_conn_idle(const mn_conn *, mn_time now);
/* Any thread: mn_conn_woken will be called on the loop. The connection must not be able to end
 * meanwhile: a worker has its exchange, or its socket is held by its lock. */
void mn_conn_wake(mn_conn *);
/* Sends what is there, as far as the client takes it. false: closed by now. */
bool mn_conn_flush(mn_conn *);
void mn_conn_linger(mn_conn *);

/* ---- exchange.c: from a head to an answer ------------------------------------------------- */

mn_exchange *mn_exchange_new(mn_conn *);
void mn_exchange_free(mn_exchange *);
/* Head in, and everything that can be said about it before the body. 0, or the HTTP status it is
 * answered with at once: recorded in the reply and, where that is bad news, in the call. */
int mn_exchange_begin(mn_exchange *, const char *head, size_t n);
/* Records a refusal, counts it, returns its HTTP status. */
int mn_exchange_refuse(mn_exchange *, int why);
void mn_exchange_run(mn_server *, mn_task *);
/* Head and body of the reply into the connection's buffers. */
void mn_exchange_send(mn_exchange *);
bool mn_exchange_body(void *exchange, const char *, size_t);

/* ---- reply.c ------------------------------------------------------------------------------ */

/* The head of the answer. length: SIZE_MAX: not known (a stream). */
void mn_reply_head(mn_exchange *, mn_buf *out, size_t length);
void mn_reply_from_error(mn_exchange *, int status);

/* ---- route.c ------------------------------------------------------------------------------ */

/* Finds the route; fills params. 0, 404 or 405 (then ex->allow). */
int mn_route_find(mn_exchange *);
/* The i-th of all routes, over rooms; false behind the last. */
bool mn_route_at(size_t i, const mn_room **room, const mn_route **route);
int mn_query_read(mn_exchange *);
/* "%41" -> "A", and "+" -> " " in a query; arena. false: not valid UTF-8, or NUL. */
bool mn_percent_decode(mn_arena *, mn_str, bool plus, mn_str *out);
mn_str mn_route_allow(mn_exchange *);

/* ---- brains.c ----------------------------------------------------------------------------- */

typedef struct mn_brains mn_brains;
mn_brains *mn_brains_new(mn_server *);
void mn_brains_free(mn_brains *);
/* Its own name, as long as it is held. */
mn_str mn_brains_name(mn_brains *, const mn_brain *);
void mn_brains_sum(mn_brains *, mn_vitals *sum, size_t *open);

/* ---- limit.c: how many requests from where ------------------------------------------------ */

typedef struct mn_limit mn_limit;
mn_limit *mn_limit_new(uint32_t per_second, uint32_t burst);
void mn_limit_free(mn_limit *);
/* One more of this one: 0, or how many microseconds it has to wait. */
mn_time mn_limit_take(mn_limit *, mn_str who, mn_time now);

/* ---- access.c ----------------------------------------------------------------------------- */

typedef struct mn_gatekeeper mn_gatekeeper;
mn_gatekeeper *mn_gatekeeper_new(mn_server *, const mn_server_options *, mn_error *);
void mn_gatekeeper_free(mn_gatekeeper *);
/* Reads the file of tokens if it has changed; sockets of a token that is none any more are closed.
 */
void mn_gatekeeper_look(mn_gatekeeper *);
bool mn_gatekeeper_closed(mn_gatekeeper *); /* tokens are asked for */
/* The peer, the host, the origin, the token, how often: an mn_reject. */
int mn_gatekeeper_ask(mn_gatekeeper *, mn_exchange *);
/* As far as it can be told before the brain is known: may this token use the route? */
int mn_gatekeeper_let(const mn_exchange *);

/* ---- metrics.c, log.c --------------------------------------------------------------------- */

typedef struct mn_metrics mn_metrics;
mn_metrics *mn_metrics_new(void);
void mn_metrics_free(mn_metrics *);
void mn_metrics_exchange(mn_metrics *, const mn_exchange *, mn_time took);
void mn_metrics_reject(mn_metrics *, int why);
void mn_metrics_write(mn_server *, mn_buf *);

typedef struct mn_journal mn_journal;
mn_journal *mn_journal_new(mn_str path, mn_error *);
void mn_journal_free(mn_journal *); /* after everything has been written */
/* One line; dropped if more than a mebibyte waits to be written. */
void mn_journal_line(mn_journal *, mn_str);
void mn_journal_exchange(mn_server *, const mn_exchange *, mn_time took);
void mn_journal_event(mn_server *, const char *event, const char *fmt, ...) MN_PRINTF(3, 4);
uint64_t mn_journal_dropped(mn_journal *);

/* ---- socket.c ----------------------------------------------------------------------------- */

int mn_socket_start(mn_conn *, mn_socket *); /* the handshake's answer is on its way */
void mn_socket_ready(mn_conn *, const char *bytes, size_t n);
void mn_socket_woken(mn_conn *);
void mn_socket_check(mn_conn *, mn_time now);
void mn_socket_end(mn_conn *);       /* the connection is gone */
void mn_socket_abandon(mn_socket *); /* and never had it, or has it no more */
/* Is the token it was opened with still one? */
bool mn_socket_valid(const mn_conn *, const mn_keyring *);
void mn_socket_going(mn_conn *); /* the server stops: 1001 */

/* ---- The server (server.c) ---------------------------------------------------------------- */

typedef struct mn_listener {
	int fd;
	bool unix_socket, ours;
	char path[108]; /* to be removed at the end, if it is still this socket */
	uint64_t device, inode;
	char url[160]; /* for people */
} mn_listener;

struct mn_server {
	mn_engine *engine;
	mn_store *store;
	mn_server_options o;
	mn_arena *arena;
	mn_work work;
	mn_brains *brains;
	mn_gatekeeper *gate;
	mn_limit *limit;
	mn_metrics *metrics;
	mn_journal *journal;
	mn_listener *listeners;
	size_t nlisteners;
	int epoll, event, stop_fd;
	mn_conn *conns, *dead;
	mn_exchange *spare;
	size_t nconns, nspare;
	void *states[MN_ROOMS];
	size_t started;
	mn_time born, stopping; /* monotonic; 0: it goes on */
	bool cancelled, stop_asked;
	mn_token *token; /* of mn_server_run */
	pthread_mutex_t wake_lock;
	mn_conn *woken;
	char *scratch;        /* MN_READ bytes */
	atomic_size_t bodies; /* bytes of bodies that are kept */
	atomic_size_t running;
	atomic_size_t loose; /* tasks of mn_server_run */
	atomic_uint_fast64_t counts[MN_COUNTS], bytes_in, bytes_out, accepted;
	atomic_size_t open; /* connections */
	uint64_t serial;    /* of request ids */
	char boot[16];
};

int mn_listen_open(mn_server *, mn_error *);
void mn_listen_close(mn_server *);
void mn_notify(const char *state); /* systemd's readiness protocol, if it is spoken */

static inline mn_time mn_server_clock(const mn_server *s)
{
	return mn_engine_monotonic(s->engine);
}

#endif
