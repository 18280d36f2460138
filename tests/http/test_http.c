/* SPDX-License-Identifier: MIT */
/* HTTP for plugins, against a real server that behaves well or badly as it is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "engine.h"
#include "http/http.h"

struct world {
	mn_engine *engine;
	const mn_host *host;
	mn_call call;
	http_pool *pool;
	http_reply reply;
};

/* ---- The server ------------------------------------------------------------------------------ */

static struct {
	pid_t pid;
	int in; /* closing it ends the server */
	unsigned port, tls, strange;
	char folder[200];
} server;

static void serve(const char *script, int in, int out)
{
	dup2(in, 0);
	dup2(out, 1);
	execlp("python3", "python3", script, (char *)NULL);
	_exit(127);
}

static int start_server(void **state)
{
	int in[2], out[2];
	FILE *said;
	int got;

	(void)state;
	assert_int_equal(pipe(in) | pipe(out), 0);
	server.pid = fork();
	if (server.pid == 0) {
		close(in[1]);
		serve(getenv("MN_HTTP_SERVER"), in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	server.in = in[1];
	said = fdopen(out[0], "r");
	got = fscanf(
		said, "%u %u %u %199s", &server.port, &server.tls, &server.strange, server.folder);
	fclose(said);
	return got == 4 ? 0 : -1;
}

static int end_server(void **state)
{
	(void)state;
	close(server.in);
	return waitpid(server.pid, NULL, 0) == server.pid ? 0 : -1;
}

/* ---- A pool ---------------------------------------------------------------------------------- */

static void open_pool(struct world *w, http_options o, const char *scheme, unsigned port)
{
	char base[64];

	http_pool_free(w->pool);
	snprintf(base, sizeof(base), "%s://127.0.0.1:%u/", scheme, port);
	o.base = mn_str_of(base);
	assert_int_equal(http_pool_new(w->host, &w->call, &o, &w->pool), MN_OK);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	mn_error err = MN_SIZED(mn_error);

	assert_int_equal(mn_engine_new(NULL, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	w->host = &w->engine->host;
	open_pool(w, (http_options){.connections = 0}, "http", server.port);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	http_pool_free(w->pool);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	free(w);
	return 0;
}

static int get(struct world *w, const char *path)
{
	http_request q = {.method = "GET", .path = mn_str_of(path), .again = true};

	return http_send(w->pool, &w->call, &q, &w->reply);
}

static int post(struct world *w, const char *path, const char *body, bool again)
{
	http_request q = {
		.method = "POST", .path = mn_str_of(path), .body = mn_str_of(body), .again = again};

	return http_send(w->pool, &w->call, &q, &w->reply);
}

#define fine(w, status) is_fine(w, status, __LINE__)
static void is_fine(struct world *w, int status, int line)
{
	if (status != MN_OK)
		print_error("line %d: %s\n", line, w->call.err->text);
	assert_int_equal(status, MN_OK);
}

#define body_is(w, text) assert_true(mn_str_is((w)->reply.body, text))

static void error_has(struct world *w, const char *part)
{
	if (!strstr(w->call.err->text, part))
		print_error("\"%s\" does not say \"%s\"\n", w->call.err->text, part);
	assert_non_null(strstr(w->call.err->text, part));
	assert_null(strchr(w->call.err->text, '\n'));
}

/* Fails as a connection does: MN_EIO, worth another try. */
static void broken(struct world *w, int status, const char *part)
{
	assert_int_equal(status, MN_EIO);
	error_has(w, part);
	assert_true(w->call.err->retry);
}

/* What the server counted; asked by another pool. */
static long counted(struct world *w, const char *what)
{
	struct world other = {.engine = w->engine, .host = w->host};
	const char *at;
	long n = 0;

	assert_int_equal(mn_call_init(&other.call, w->engine, 0), MN_OK);
	open_pool(&other, (http_options){.connections = 0}, "http", server.port);
	fine(&other, get(&other, "/count"));
	at = strstr(other.reply.body.ptr, what);
	assert_non_null(at);
	n = strtol(at + strlen(what) + 1, NULL, 10);
	http_pool_free(other.pool);
	mn_call_done(&other.call);
	return n;
}

/* ---- Exchanges ------------------------------------------------------------------------------- */

static void test_requests_go_over_as_they_are(void **state)
{
	struct world *w = *state;
	http_header typed = {MN_STR("Content-Type"), MN_STR("application/json")};
	http_request q = {.method = "PUT",
		.path = MN_STR("/echo?a%20b"),
		.headers = &typed,
		.nheaders = 1,
		.body = MN_STR("{}")};

	fine(w, get(w, "/echo?q"));
	body_is(w, "GET q none ");
	fine(w, post(w, "/echo", "body", false));
	body_is(w, "POST  none body");
	fine(w, post(w, "/echo", "", false));
	body_is(w, "POST  none ");
	fine(w, http_send(w->pool, &w->call, &q, &w->reply));
	body_is(w, "PUT a%20b application/json {}");
	q = (http_request){.method = "DELETE", .path = MN_STR("/echo")};
	fine(w, http_send(w->pool, &w->call, &q, &w->reply));
	body_is(w, "DELETE  none ");
	assert_int_equal(w->reply.status, 200);
	assert_true(w->reply.sent);
}

static void test_a_connection_is_used_again(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 20; i++) {
		fine(w, get(w, "/echo"));
		fine(w, post(w, "/echo", "again", true));
		fine(w, post(w, "/echo", "once", false));
		fine(w, get(w, "/nothing"));
		assert_int_equal(w->reply.status, 404);
	}
	assert_int_equal(http_pool_connected(w->pool), 1);
}

static void test_a_head_is_understood(void **state)
{
	struct world *w = *state;

	fine(w, get(w, "/etag"));
	assert_int_equal(w->reply.status, 429);
	assert_true(mn_str_is(w->reply.etag, "1-a-2"));
	assert_true(mn_str_is(w->reply.type, "application/json"));
	assert_int_equal(w->reply.retry_after_s, 7);
	fine(w, get(w, "/empty"));
	assert_int_equal(w->reply.status, 204);
	assert_int_equal(w->reply.body.len, 0);
	fine(w, get(w, "/early"));
	assert_int_equal(w->reply.status, 200);
	body_is(w, "late");
	fine(w, get(w, "/chunked"));
	body_is(w, "one two three");
}

static void test_a_redirect_is_not_followed(void **state)
{
	struct world *w = *state;

	fine(w, get(w, "/redirect"));
	assert_int_equal(w->reply.status, 302);
	assert_int_equal(w->reply.body.len, 0);
}

static void test_a_reply_has_a_ceiling(void **state)
{
	struct world *w = *state;

	open_pool(w, (http_options){.ceiling = 100000}, "http", server.port);
	fine(w, get(w, "/big?100000"));
	assert_int_equal(w->reply.body.len, 100000);
	assert_int_equal(get(w, "/big?100001"), MN_EIO);
	error_has(w, "more than 100000 bytes");
	assert_false(w->call.err->retry);
	fine(w, get(w, "/echo"));
}

static void test_a_header_cannot_smuggle_another(void **state)
{
	struct world *w = *state;
	http_header evil = {MN_STR("Authorization"), MN_STR("Bearer x\r\nEvil: 1")};
	http_request q = {
		.method = "GET", .path = MN_STR("/secret"), .headers = &evil, .nheaders = 1};

	assert_int_equal(http_send(w->pool, &w->call, &q, &w->reply), MN_EINVAL);
	assert_null(strstr(w->call.err->text, "Evil"));
	evil.value = MN_STR("Bearer good");
	fine(w, http_send(w->pool, &w->call, &q, &w->reply));
	assert_int_equal(w->reply.status, 418);
	body_is(w, "Bearer good");
}

/* ---- Connections that fail ------------------------------------------------------------------- */

static void test_failures_are_one_clear_line(void **state)
{
	struct world *w = *state;

	broken(w, get(w, "/reset"), "broke");
	assert_true(w->reply.sent);
	broken(w, get(w, "/short"), "broke");
	broken(w, get(w, "/garbage"), "does not speak HTTP");
	fine(w, get(w, "/echo"));
	open_pool(w, (http_options){.connections = 0}, "http", 1);
	broken(w, get(w, "/echo"), "cannot reach http://127.0.0.1:1: connection refused");
	assert_false(w->reply.sent);
}

static void test_a_silent_server_is_given_up(void **state)
{
	struct world *w = *state;

	open_pool(w, (http_options){.silence_ms = 30}, "http", server.port);
	broken(w, get(w, "/wait"), "nothing came");
	assert_true(w->reply.sent);
	fine(w, get(w, "/echo"));
}

static void test_a_change_is_not_sent_twice(void **state)
{
	struct world *w = *state;
	long before = counted(w, "changes");

	fine(w, post(w, "/echo", "", true));
	broken(w, post(w, "/change", "a", false), "broke");
	assert_true(w->reply.sent);
	assert_int_equal(counted(w, "changes"), before + 1);
	fine(w, post(w, "/echo", "", true));
	fine(w, post(w, "/change", "", false)); /* without a body: on a connection of its own */
	assert_int_equal(counted(w, "changes"), before + 2);
	fine(w, post(w, "/echo", "", true));
	fine(w, post(w, "/change", "b", true)); /* again, as it may be */
	body_is(w, "changed");
	assert_int_equal(counted(w, "changes"), before + 4);
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

struct canceller {
	struct world *w;
	mn_token *token;
	long waiting; /* before */
};

/* Cancels once the server holds one request more. */
static void *cancel_when_it_waits(void *arg)
{
	struct canceller *c = arg;

	while (counted(c->w, "waiting") <= c->waiting)
		usleep(1000);
	mn_token_cancel(c->token);
	return NULL;
}

static int cancelled_get(struct world *w, const char *path)
{
	struct canceller c = {w, mn_token_new(), counted(w, "waiting")};
	pthread_t thread;
	int status;

	w->call.token = c.token;
	pthread_create(&thread, NULL, cancel_when_it_waits, &c);
	status = get(w, path);
	pthread_join(thread, NULL);
	w->call.token = NULL;
	mn_token_free(c.token);
	return status;
}

static void await_left(struct world *w, long more)
{
	while (counted(w, "left") < more)
		usleep(1000);
}

static void test_a_cancelled_call_closes_its_connection(void **state)
{
	struct world *w = *state;
	long left = counted(w, "left");

	assert_int_equal(cancelled_get(w, "/wait"), MN_ECANCELLED);
	assert_true(w->reply.sent);
	await_left(w, left + 1);
	fine(w, get(w, "/echo"));
}

static void test_a_deadline_ends_the_wait(void **state)
{
	struct world *w = *state;
	long left = counted(w, "left");

	w->call.deadline = mn_engine_monotonic(w->engine) + 50000;
	assert_int_equal(get(w, "/wait"), MN_ETIMEOUT);
	await_left(w, left + 1);
	assert_int_equal(get(w, "/echo"), MN_ETIMEOUT);
	assert_false(w->reply.sent);
	assert_int_equal(http_pause(w->pool, &w->call, 100000), MN_ETIMEOUT);
	w->call.deadline = mn_engine_monotonic(w->engine) + 50000;
	assert_int_equal(http_pause(w->pool, &w->call, 100000), MN_ETIMEOUT);
	w->call.deadline = 0;
	fine(w, http_pause(w->pool, &w->call, 1));
}

static void free_the_change(void *arg)
{
	struct world *w = arg;

	counted(w, "requests");
}

static void test_a_change_on_its_way_is_waited_for(void **state)
{
	struct world *w = *state;
	http_request q = {.method = "POST",
		.path = MN_STR("/slow-change"),
		.body = MN_STR("x"),
		.patient = true,
		.on_cancel = free_the_change,
		.ctx = w};

	w->call.deadline = mn_engine_monotonic(w->engine) + 50000;
	fine(w, http_send(w->pool, &w->call, &q, &w->reply));
	body_is(w, "done");
	assert_int_equal(http_send(w->pool, &w->call, &q, &w->reply), MN_ETIMEOUT);
	assert_false(w->reply.sent);
}

/* ---- Streams --------------------------------------------------------------------------------- */

static http_stream *stream(struct world *w, const char *path)
{
	http_request q = {.method = "GET", .path = mn_str_of(path), .again = true};
	http_stream *s = NULL;

	fine(w, http_stream_open(w->pool, &w->call, &q, &w->reply, &s));
	return s;
}

static int next(struct world *w, http_stream *s, mn_str *line, bool *end)
{
	return http_stream_line(s, &w->call, line, end);
}

static void line_is(struct world *w, http_stream *s, const char *want)
{
	mn_str line;
	bool end;

	fine(w, next(w, s, &line, &end));
	assert_int_equal(end, want == NULL);
	if (want)
		assert_true(mn_str_is(line, want));
}

static void test_lines_come_as_they_were_sent(void **state)
{
	struct world *w = *state;
	http_stream *s = stream(w, "/lines?50000");
	char want[32];

	for (int i = 0; i < 50000; i++) {
		snprintf(want, sizeof(want), "line %d", i);
		line_is(w, s, want);
	}
	line_is(w, s, NULL);
	line_is(w, s, NULL);
	http_stream_close(s);
	s = stream(w, "/lines-odd");
	line_is(w, s, "a");
	line_is(w, s, "");
	line_is(w, s, "bc");
	line_is(w, s, "tail");
	line_is(w, s, NULL);
	http_stream_close(s);
	assert_int_equal(http_pool_connected(w->pool), 1);
}

static void test_another_answer_is_no_stream(void **state)
{
	struct world *w = *state;

	assert_null(stream(w, "/nothing"));
	assert_int_equal(w->reply.status, 404);
	body_is(w, "no such thing");
}

static void test_a_broken_stream_is_an_error(void **state)
{
	struct world *w = *state;
	http_stream *s = stream(w, "/lines-broken");
	mn_str line;
	bool end;

	line_is(w, s, "first");
	line_is(w, s, "second");
	broken(w, next(w, s, &line, &end), "broke");
	http_stream_close(s);
	s = stream(w, "/lines-wait");
	line_is(w, s, "first");
	w->call.deadline = mn_engine_monotonic(w->engine) + 50000;
	assert_int_equal(next(w, s, &line, &end), MN_ETIMEOUT);
	w->call.deadline = 0;
	http_stream_close(s);
	fine(w, get(w, "/echo"));
}

static void test_a_slow_reader_holds_the_server_back(void **state)
{
	struct world *w = *state;
	long before = counted(w, "flood");
	http_stream *s = stream(w, "/flood");
	mn_str line;
	bool end;

	for (int i = 0; i < 20000; i++) {
		fine(w, next(w, s, &line, &end));
		assert_int_equal(line.len, 999);
		mn_call_reset(&w->call);
	}
	/* What the reader has had, and what the system's buffers hold. */
	assert_in_range(counted(w, "flood") - before, 0, 20000 * 1000 + (32 << 20));
	http_stream_close(s);
	open_pool(w, (http_options){.ceiling = 500}, "http", server.port);
	s = stream(w, "/lines?1000");
	for (int i = 0; i < 1000; i++)
		fine(w, next(w, s, &line, &end));
	http_stream_close(s);
	s = stream(w, "/big?1000000");
	assert_int_equal(next(w, s, &line, &end), MN_EIO);
	error_has(w, "more than 500 bytes");
	http_stream_close(s);
}

/* ---- TLS, sockets ---------------------------------------------------------------------------- */

static void test_a_certificate_is_verified(void **state)
{
	struct world *w = *state;
	char ca[256];
	http_options known = {.connections = 2};

	snprintf(ca, sizeof(ca), "%s/ca.pem", server.folder);
	known.ca_file = mn_str_of(ca);
	open_pool(w, known, "https", server.tls);
	fine(w, get(w, "/echo"));
	fine(w, get(w, "/echo"));
	assert_int_equal(http_pool_connected(w->pool), 1);
	open_pool(w, (http_options){.connections = 0}, "https", server.tls);
	assert_int_equal(get(w, "/echo"), MN_EIO);
	error_has(w, "is not trusted");
	assert_false(w->call.err->retry);
	assert_false(w->reply.sent);
	open_pool(w, known, "https", server.strange);
	assert_int_equal(get(w, "/echo"), MN_EIO);
	error_has(w, "is not trusted");
	open_pool(w, (http_options){.insecure = true}, "https", server.strange);
	fine(w, get(w, "/echo"));
	open_pool(w, known, "https", server.port);
	broken(w, get(w, "/echo"), "no TLS connection");
	snprintf(ca, sizeof(ca), "%s/none.pem", server.folder);
	open_pool(w, known, "https", server.tls);
	assert_int_equal(get(w, "/echo"), MN_EIO);
}

static void test_a_unix_socket_is_a_server_too(void **state)
{
	struct world *w = *state;
	char path[256];
	http_options o = {.connections = 1};

	snprintf(path, sizeof(path), "%s/socket", server.folder);
	o.socket = mn_str_of(path);
	open_pool(w, o, "http", 1);
	fine(w, get(w, "/echo?socket"));
	body_is(w, "GET socket none ");
	o.socket = MN_STR("/nonexistent/socket");
	open_pool(w, o, "http", 1);
	broken(w, get(w, "/echo"), "no such socket");
}

/* ---- Threads --------------------------------------------------------------------------------- */

static void *many_gets(void *arg)
{
	struct world mine = *(struct world *)arg;
	char path[32], want[40];

	assert_int_equal(mn_call_init(&mine.call, mine.engine, 0), MN_OK);
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "/echo?%d", i);
		snprintf(want, sizeof(want), "GET %d none ", i);
		fine(&mine, get(&mine, path));
		body_is(&mine, want);
		mn_call_reset(&mine.call);
	}
	mn_call_done(&mine.call);
	return NULL;
}

static void test_threads_share_a_pool(void **state)
{
	struct world *w = *state;
	pthread_t threads[8];

	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, many_gets, w);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_in_range(http_pool_connected(w->pool), 1, 8);
}

/* ---- URLs ------------------------------------------------------------------------------------ */

static void test_urls_are_taken_apart(void **state)
{
	struct world *w = *state;
	http_url u;

	fine(w, http_url_parse(w->host, &w->call,
			MN_STR("neo4j+https://m%40x@[::1]:7473/db%2f?ca=%2Fa%20b&insecure"),
			"TOKEN", &u));
	assert_true(mn_str_is(u.scheme, "neo4j+https"));
	assert_true(mn_str_is(u.user, "m@x"));
	assert_true(mn_str_is(u.host, "[::1]"));
	assert_true(mn_str_is(u.path, "/db%2f"));
	assert_int_equal(u.port, 7473);
	assert_int_equal(u.nparams, 2);
	assert_true(mn_str_is(u.params[0].name, "ca"));
	assert_true(mn_str_is(u.params[0].value, "/a b"));
	assert_true(mn_str_is(u.params[1].name, "insecure"));
	fine(w, http_url_parse(w->host, &w->call, MN_STR("http://localhost"), "TOKEN", &u));
	assert_int_equal(u.port, 0);
	assert_int_equal(u.user.len + u.nparams, 0);
}

static void test_other_urls_are_refused(void **state)
{
	struct world *w = *state;
	static const char *const bad[] = {"", "http", "http:/", "http://", "http://a:99999",
		"http://a b", "http://[::1", "http://a/?1&2&3&4&5&6&7&8&9", "http://\x01"};
	http_url u;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(http_url_parse(w->host, &w->call, mn_str_of(bad[i]), "TOKEN", &u),
			MN_EINVAL);
	assert_int_equal(
		http_url_parse(w->host, &w->call, MN_STR("http://me:hush@host"), "TOKEN", &u),
		MN_EINVAL);
	error_has(w, "leave the password out");
	error_has(w, "secret set TOKEN");
	assert_null(strstr(w->call.err->text, "hush"));
	assert_int_equal(
		http_url_parse(w->host, &w->call, MN_STR("https://me:hush@host:81/x"), "TOKEN", &u),
		MN_EINVAL);
	error_has(w, "secret set TOKEN@host:81");
}

static void test_segments_are_escaped(void **state)
{
	struct world *w = *state;

	assert_true(mn_str_is(http_escape(w->host, &w->call, MN_STR("a b/c%?\xc3\xa9~-._0Z")),
		"a%20b%2Fc%25%3F%C3%A9~-._0Z"));
	assert_int_equal(http_escape(w->host, &w->call, (mn_str){NULL, 0}).len, 0);
}

#define in_a_pool(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_pool(test_requests_go_over_as_they_are),
		in_a_pool(test_a_connection_is_used_again),
		in_a_pool(test_a_head_is_understood),
		in_a_pool(test_a_redirect_is_not_followed),
		in_a_pool(test_a_reply_has_a_ceiling),
		in_a_pool(test_a_header_cannot_smuggle_another),
		in_a_pool(test_failures_are_one_clear_line),
		in_a_pool(test_a_silent_server_is_given_up),
		in_a_pool(test_a_change_is_not_sent_twice),
		in_a_pool(test_a_cancelled_call_closes_its_connection),
		in_a_pool(test_a_deadline_ends_the_wait),
		in_a_pool(test_a_change_on_its_way_is_waited_for),
		in_a_pool(test_lines_come_as_they_were_sent),
		in_a_pool(test_another_answer_is_no_stream),
		in_a_pool(test_a_broken_stream_is_an_error),
		in_a_pool(test_a_slow_reader_holds_the_server_back),
		in_a_pool(test_a_certificate_is_verified),
		in_a_pool(test_a_unix_socket_is_a_server_too),
		in_a_pool(test_threads_share_a_pool),
		in_a_pool(test_urls_are_taken_apart),
		in_a_pool(test_other_urls_are_refused),
		in_a_pool(test_segments_are_escaped),
	};

	return cmocka_run_group_tests(tests, start_server, end_server);
}
