/* SPDX-License-Identifier: MIT */
/* serve.c - the verb that answers HTTP. */
#include <errno.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "server/keyring.h"
#include "server/run.h"
#include "session.h"
#include "signals.h"

/* The values of an option that repeats. */
static int values(mn_app *app, const mn_args *args, const char *name, mn_strs *out, mn_error *err)
{
	mn_str *at;
	size_t n = 0;

	while (mn_args_nth(args, name, n))
		n++;
	at = mn_arena_array(app->arena, n + 1, sizeof(*at));
	if (!at)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	for (size_t i = 0; i < n; i++)
		at[i] = mn_args_nth(args, name, i)->text;
	*out = (mn_strs){at, n};
	return MN_OK;
}

static int read_options(mn_app *app, const mn_args *args, mn_server_options *o, mn_error *err)
{
	int rc = values(app, args, "--listen", &o->listen, err);

	if (rc == MN_OK)
		rc = values(app, args, "--host", &o->hosts, err);
	if (rc == MN_OK)
		rc = values(app, args, "--origin", &o->origins, err);
	if (rc == MN_OK)
		rc = values(app, args, "--proxy", &o->proxies, err);
	o->tokens = mn_args_text(args, "--tokens");
	if (!o->tokens.len)
		o->tokens = mn_keyring_path(app->arena, app->set.file);
	if (!o->tokens.ptr)
		rc = mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	o->log = mn_args_text(args, "--log");
	o->brain = app->set.brain;
	o->behind_tls = mn_args_has(args, "--behind-tls");
	o->read_only = app->read_only;
	o->rate = (uint32_t)mn_args_count(args, "--rate");
	o->connections = (size_t)mn_args_count(args, "--connections");
	o->workers = (size_t)mn_args_count(args, "--workers");
	o->body = (size_t)mn_args_count(args, "--max-body") << 20;
	o->deadline_ms = (uint32_t)mn_args_count(args, "--timeout") * 1000;
	o->grace_ms = (uint32_t)mn_args_count(args, "--grace") * 1000;
	return rc;
}

static void announce(mn_app *app, const mn_server *server)
{
	const char *url;

	for (size_t i = 0; (url = mn_server_url(server, i)); i++)
		mn_app_note(app, "listening on %s", url);
	if (mn_server_open(server))
		mn_app_note(app, "there are no tokens: whoever can connect may do everything");
}

static int serve(mn_app *app, const mn_args *args)
{
	mn_server_options o = mn_server_defaults();
	mn_server *server = NULL;
	mn_session s;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_STORE | MN_SESSION_CREATE);

	if (rc == MN_OK)
		rc = read_options(app, args, &o, s.call.err);
	if (rc == MN_OK)
		rc = mn_server_new(&o, s.store, app->engine, s.call.err, &server);
	s.bad_url |= rc == MN_EINVAL && !server; /* an address, a network */
	if (rc == MN_OK) {
		mn_signals_patience((unsigned)mn_args_count(args, "--grace") + 5);
		announce(app, server);
		rc = mn_server_serve(server, mn_signals_fd(), s.call.err);
	}
	mn_server_free(server);
	return mn_session_end(&s, rc);
}

static const mn_param serve_params[] = {
	{.name = "--listen",
		.does = "where to listen: ADDRESS:PORT or unix:PATH (default: 127.0.0.1:8765, or "
			"what a service manager hands over)",
		.value = "WHERE",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--host",
		.does = "a name that requests may call this server by",
		.value = "NAME",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--origin",
		.does = "web pages of this origin may ask, such as https://example.org",
		.value = "ORIGIN",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--proxy",
		.does = "believe X-Forwarded-For of this address or network",
		.value = "NETWORK",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--behind-tls",
		.does = "a proxy in front ends TLS: other addresses than loopback may be listened "
			"on",
		.type = MN_PARAM_FLAG},
	{.name = "--tokens",
		.does = "the file of tokens (default: beside the configuration file)",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--log",
		.does = "append the log to a file instead of standard error; \"-\": no log",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--rate",
		.does = "requests a second from each peer or token; 0: as many as come",
		.value = "N",
		.fallback = "0",
		.max = 1000000,
		.type = MN_PARAM_COUNT},
	{.name = "--connections",
		.does = "connections at once",
		.value = "N",
		.fallback = "1024",
		.min = 1,
		.max = 65536,
		.type = MN_PARAM_COUNT},
	{.name = "--workers",
		.does = "requests worked on at once",
		.value = "N",
		.fallback = "64",
		.min = 1,
		.max = 1024,
		.type = MN_PARAM_COUNT},
	{.name = "--max-body",
		.does = "the largest body of any request, in MiB",
		.value = "MIB",
		.fallback = "256",
		.min = 1,
		.max = 4096,
		.type = MN_PARAM_COUNT},
	{.name = "--timeout",
		.does = "seconds a request may take",
		.value = "S",
		.fallback = "120",
		.min = 1,
		.max = 86400,
		.type = MN_PARAM_COUNT},
	{.name = "--grace",
		.does = "seconds that running requests get when the server is told to stop",
		.value = "S",
		.fallback = "10",
		.max = 3600,
		.type = MN_PARAM_COUNT},
	{0},
};

static const mn_example serve_examples[] = {
	{"mnemoscope serve", "Answer programs of this machine on http://127.0.0.1:8765"},
	{"mnemoscope serve --listen unix:/run/user/1000/mnemoscope.sock",
		"Answer programs of this user only"},
	{"mnemoscope serve --listen 0.0.0.0:8765 --behind-tls --host memory.example.org",
		"Answer a proxy that ends TLS; a token has to exist"},
	{0},
};

const mn_action mn_verbs_serve[] = {
	{.name = "serve",
		.does = "Answer HTTP: a store for programs and other machines",
		.help = "Serves every brain of the store: NeuralMemory's REST API, and under "
			"/mn/v1 "
			"the one that http:// stores speak. /health, /ready and /metrics tell how "
			"it is.\n\n"
			"Without tokens everybody who can connect may do everything, so it listens "
			"on loopback addresses and Unix sockets only. With tokens (mnemoscope "
			"token create) each request needs one, in \"Authorization: Bearer TOKEN\" "
			"or X-API-Key; another address then needs --behind-tls as well.\n\n"
			"SIGTERM and SIGINT end it: running requests are finished within --grace "
			"seconds, then cancelled. A second signal ends it at once.",
		.params = serve_params,
		.examples = serve_examples,
		.scope = MN_ON_CLI,
		.verb = serve},
	{0},
};
