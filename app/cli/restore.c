/* SPDX-License-Identifier: MIT */
#include "cli/restore.h"

#include "base/fail.h"
#include "base/str.h"
#include "exchange/restore.h"
#include "format.h"
#include "session.h"
#include "ticker.h"

static int rule_of(mn_str name)
{
	return mn_str_is(name, "ours")     ? MN_MERGE_OURS
	       : mn_str_is(name, "theirs") ? MN_MERGE_THEIRS
	       : mn_str_is(name, "newest") ? MN_MERGE_NEWEST
	       : mn_str_is(name, "fail")   ? MN_MERGE_FAIL
					   : MN_MERGE_NONE;
}

static int read_once(
	mn_session *s, const mn_args *args, mn_unpack *in, bool check, mn_import_report *r)
{
	mn_snapshot_options o = MN_SIZED(mn_snapshot_options);
	mn_source source = mn_unpack_source(in);
	mn_ticker ticker;
	int rc;

	mn_ticker_start(&ticker, s->app, check ? "checking" : "importing");
	o.merge = rule_of(mn_args_text(args, "--merge"));
	o.check = check;
	o.bytes = in->zst.ctx ? 0 : in->in->bytes;
	o.progress = mn_ticker_progress(&ticker);
	rc = mn_snapshot_import(s->store, &s->call, s->name, &o, &source, r);
	mn_ticker_stop(&ticker);
	return rc;
}

/* A database has to be a file; a snapshot of NeuralMemory is read through before it is made. */
static int read_peer(mn_session *s, const mn_args *args, mn_unpack *in, mn_import_report *r)
{
	const bool database = mn_format_sqlite(mn_unpack_head(in));
	mn_peer_options o = MN_SIZED(mn_peer_options);
	mn_source source = mn_unpack_source(in);
	mn_ticker ticker;
	int rc;

	o.merge = rule_of(mn_args_text(args, "--merge"));
	o.path = in->in->name;
	o.brain = mn_args_text(args, "--from-brain");
	if (database && (!in->in->bytes || in->zst.ctx))
		return mn_fail(&s->call, MN_EINVAL, 0,
			"a database cannot be read from a pipe or packed: unpack it to a file");
	mn_ticker_start(&ticker, s->app, "importing");
	rc = mn_peer_import(s->store, &s->call, s->name, &o, database ? NULL : &source, r);
	mn_ticker_stop(&ticker);
	return rc;
}

/* Of a file it is known beforehand whether it is whole; a pipe shows it at its end. */
static int check(mn_app *app, const mn_args *args, mn_unpack *in)
{
	mn_import_report r = MN_SIZED(mn_import_report);
	mn_session s;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_ENGINE);

	if (rc == MN_OK)
		rc = read_once(&s, args, in, true, &r);
	if (rc == MN_OK)
		rc = mn_unpack_rewind(in, &s.call);
	return mn_session_end(&s, rc);
}

int mn_restore(mn_app *app, const mn_args *args, mn_unpack *in, int format)
{
	mn_import_report r = MN_SIZED(mn_import_report);
	mn_time start = 0;
	mn_session s;
	int code = MN_EXIT_DONE, rc;

	if (in->in->bytes && format == MN_FORMAT_SNAPSHOT)
		code = check(app, args, in);
	if (code != MN_EXIT_DONE) {
		mn_app_note(app, "nothing was imported");
		return code;
	}
	rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_STORE | MN_SESSION_CREATE);
	if (rc == MN_OK) {
		start = mn_engine_monotonic(app->engine);
		rc = format == MN_FORMAT_SNAPSHOT ? read_once(&s, args, in, false, &r)
						  : read_peer(&s, args, in, &r);
	}
	if (rc == MN_OK && app->json)
		mn_import_emit(&app->out, &r);
	else if (rc == MN_OK && !app->quiet)
		mn_import_print(app, &r, s.name, mn_engine_monotonic(app->engine) - start);
	code = mn_session_end(&s, rc);
	if (rc)
		mn_app_note(app, r.neurons + r.synapses + r.added + r.updated
					 ? "a part was merged; the same command again does the rest"
					 : "nothing was imported");
	return code;
}
