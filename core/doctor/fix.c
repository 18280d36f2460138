/* SPDX-License-Identifier: MIT */
/* fix.c - mending: a copy first, then the store in one transaction, then what runs left behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "doctor/aside.h"
#include "doctor/doctor.h"
#include "exchange/restore.h"
#include "store/brain.h"
#include "store/upkeep.h"
#include "upkeep/lease.h"

struct fix {
	mn_store *store;
	mn_call *call;
	mn_str name;
	const mn_doctor_options *options;
	mn_aside aside;
	mn_cure *out;
};

/* ---- What is to be mended ----------------------------------------------------------------- */

static bool wanted(void *ctx, const char *code, const char *name)
{
	const struct fix *f = ctx;
	const mn_strs codes = f->options->codes;

	for (size_t i = 0; i < codes.n; i++)
		if (mn_str_is(codes.at[i], code) || mn_str_is(codes.at[i], name))
			return true;
	return codes.n == 0;
}

static uint64_t count_wanted(const struct fix *f, const mn_checkup *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < c->nfindings; i++)
		n += c->findings[i].repairable
		     && wanted((void *)f, c->findings[i].code, c->findings[i].name);
	return n;
}

/* Mending looks at rows, whatever was asked. */
static int look(struct fix *f, mn_checkup *out)
{
	mn_doctor_options o = *f->options;

	if (o.level < MN_DOCTOR_FULL)
		o.level = MN_DOCTOR_FULL;
	return mn_doctor_check(f->store, f->call, f->name, &o, out);
}

/* ---- The copy ----------------------------------------------------------------------------- */

static int write_all(void *ctx, mn_call *call, const char *text, size_t n)
{
	const int fd = *(const int *)ctx;

	while (n) {
		const ssize_t done = write(fd, text, n);

		if (done < 0 && errno != EINTR)
			return mn_fail(
				call, MN_EIO, errno, "cannot write the copy: %s", strerror(errno));
		text += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return MN_OK;
}

static int read_some(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	ssize_t done;

	do
		done = read(*(const int *)ctx, out, room);
	while (done < 0 && errno == EINTR);
	*n = done > 0 ? (size_t)done : 0;
	return done < 0 ? mn_fail(call, MN_EIO, errno, "cannot read the copy: %s", strerror(errno))
			: MN_OK;
}

/* As a snapshot, which proves itself when it is read. */
static int copy_snapshot(struct fix *f)
{
	int fd = open(f->aside.copy.ptr, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	const mn_sink sink = {&fd, write_all};
	const mn_source source = {&fd, read_some, MN_STR("the copy")};
	mn_export_options o = MN_SIZED(mn_export_options);
	mn_snapshot_options check = MN_SIZED(mn_snapshot_options);
	mn_import_report report = MN_SIZED(mn_import_report);
	mn_brain *brain = NULL;
	int status = fd < 0 ? mn_fail(
			     f->call, MN_EIO, errno, "cannot make the copy: %s", strerror(errno))
			    : mn_brain_open(f->store, f->call, f->name, &brain);

	o.format = MN_FORMAT_SNAPSHOT;
	check.check = true;
	if (status == MN_OK)
		status = mn_export(brain, f->call, &o, &sink);
	mn_brain_close(brain);
	if (status == MN_OK && (fsync(fd) || lseek(fd, 0, SEEK_SET)))
		status = mn_fail(
			f->call, MN_EIO, errno, "cannot keep the copy: %s", strerror(errno));
	if (status == MN_OK)
		status = mn_snapshot_import(f->store, f->call, f->name, &check, &source, &report);
	if (fd >= 0)
		close(fd);
	return status;
}

static int copy_aside(struct fix *f)
{
	int status = mn_store_backup(f->store, f->call, f->name, f->aside.copy, &f->aside.native);

	return status == MN_OK && !f->aside.native ? copy_snapshot(f) : status;
}

/* ---- The store ---------------------------------------------------------------------------- */

static int keep(void *ctx, const char *name, const char *table, const mn_column *columns, size_t n)
{
	struct fix *f = ctx;

	return mn_aside_keep(&f->aside, name, table, columns, n);
}

static int settle(void *ctx)
{
	struct fix *f = ctx;

	return mn_aside_settle(&f->aside);
}

static int rebuild(struct fix *f)
{
	mn_brain *brain = NULL;
	int status = mn_brain_open(f->store, f->call, f->name, &brain);

	if (status == MN_OK)
		status = mn_brain_rebuild(brain, f->call);
	mn_brain_close(brain);
	return status;
}

static int heal(struct fix *f)
{
	const mn_heal ask = {
		.size = sizeof(ask), .ctx = f, .wanted = wanted, .keep = keep, .settle = settle};
	bool offered = false;
	int status = mn_store_heal(f->store, f->call, f->name, &ask, &offered);

	return status == MN_OK && !offered ? rebuild(f) : status;
}

/* ---- Runs --------------------------------------------------------------------------------- */

static int drop_lease(struct fix *f, mn_brain *brain)
{
	const mn_str uid = MN_STR(MN_LEASE_UID);
	mn_neuron row = {.id = 0};
	const mn_change drop = {MN_DROP, MN_NEURON, &row};
	int status = mn_brain_resolve_own(brain, f->call, MN_NEURON, (mn_strs){&uid, 1}, &row.id);

	return status == MN_OK && row.id ? mn_brain_apply(brain, f->call, NULL, &drop, 1, NULL)
					 : status;
}

static bool is_wanted(struct fix *f, const char *name)
{
	const mn_finding *found = mn_checkup_find(&f->out->before, name);

	return found && wanted(f, found->code, found->name);
}

static int end_runs(struct fix *f)
{
	mn_brain *brain = NULL;
	int status = MN_OK;

	if (!is_wanted(f, "run-stopped") && !is_wanted(f, "lease-left")
		&& !is_wanted(f, "lease-strange"))
		return MN_OK;
	status = mn_brain_open(f->store, f->call, f->name, &brain);
	if (status == MN_OK && (is_wanted(f, "lease-left") || is_wanted(f, "lease-strange")))
		status = drop_lease(f, brain);
	if (status == MN_OK && is_wanted(f, "run-stopped"))
		status = mn_run_resume(brain, f->call, 0, NULL, NULL);
	mn_brain_close(brain);
	return status;
}

/* ---- All ---------------------------------------------------------------------------------- */

static int generation(struct fix *f, mn_gen *out)
{
	mn_brain *brain = NULL;
	int status = mn_brain_open(f->store, f->call, f->name, &brain);

	if (status == MN_OK)
		status = mn_brain_generation(brain, f->call);
	*out = f->call->at;
	mn_brain_close(brain);
	return status;
}

static int mend(struct fix *f)
{
	mn_gen after;
	int status = copy_aside(f);

	if (status == MN_OK)
		status = heal(f);
	if (status == MN_OK)
		status = end_runs(f);
	if (status == MN_OK)
		status = generation(f, &after);
	if (status != MN_OK)
		return status;
	status = mn_aside_done(&f->aside, &after);
	f->out->kept = f->aside.kept;
	f->out->backup = f->aside.copy;
	if (f->aside.kept)
		f->out->rows = f->aside.rows;
	return status;
}

static int mend_and_look(struct fix *f, uint64_t n)
{
	int status = mn_aside_begin(&f->aside, f->store, f->call, f->name);

	if (status == MN_OK) {
		status = mend(f);
		if (status != MN_OK)
			mn_aside_drop(&f->aside);
	}
	mn_aside_end(&f->aside);
	if (status == MN_OK)
		status = look(f, &f->out->after);
	f->out->mended = n - (status == MN_OK ? count_wanted(f, &f->out->after) : 0);
	return status;
}

int mn_doctor_fix(mn_store *store, mn_call *call, mn_str brain, const mn_doctor_options *options,
	mn_cure *out)
{
	struct fix f = {store, call, brain, options, {.fd = -1}, out};
	uint64_t n;
	int status;

	*out = (mn_cure){.kept = 0};
	status = look(&f, &out->before);
	if (status != MN_OK)
		return status;
	out->after = out->before;
	n = count_wanted(&f, &out->before);
	out->planned = n > 0;
	if (n == 0 || (options->agree && !options->agree(options->ctx, &out->before))
		|| options->plan_only)
		return MN_OK;
	if (store->read_only)
		return mn_fail(call, MN_EREADONLY, 0, "the store was opened read-only");
	return mend_and_look(&f, n);
}

int mn_doctor_undo(mn_store *store, mn_call *call, mn_str brain)
{
	struct fix f = {.store = store, .call = call, .name = brain};
	bool offered = true;
	mn_gen then, now;
	int status = mn_aside_last(&f.aside, store, call, brain);

	if (status == MN_OK && f.aside.n == 0)
		status = mn_fail(call, MN_EINVAL, 0,
			"nothing of this brain was mended that could be taken back");
	if (status == MN_OK)
		status = mn_aside_read_done(&f.aside, &then);
	if (status == MN_OK)
		status = generation(&f, &now);
	if (status == MN_OK && memcmp(&then, &now, sizeof(now)) != 0)
		status = mn_fail(call, MN_ECONFLICT, 0,
			"somebody wrote to the brain since it was mended; what it was before is in %.*s",
			MN_FMT(f.aside.copy));
	if (status == MN_OK && !f.aside.native)
		status = mn_fail(call, MN_EUNSUPPORTED, 0,
			"this store takes no copy back in place: import %.*s as a new brain",
			MN_FMT(f.aside.copy));
	if (status == MN_OK)
		status = mn_store_bring_back(store, call, brain, f.aside.copy, &offered);
	if (status == MN_OK)
		unlink(f.aside.done.ptr);
	mn_aside_end(&f.aside);
	return status;
}
