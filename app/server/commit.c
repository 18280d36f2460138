/* SPDX-License-Identifier: MIT */
#include "server/commit.h"

#include <pthread.h>
#include <time.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/until.h"
#include "server/commit_group.h"

#define LOOK_NS 20000000L  /* how often who waits looks whether it is cancelled */
#define GATHER_NS 1000000L /* how long a leader waits for those who were just answered */

struct lane { /* of one brain; there while somebody waits or writes */
	struct lane *next;
	unsigned users;
	mn_str name; /* own copy */
	bool busy;   /* somebody leads */
	mn_entry *first, *last;
	size_t waiting; /* entries */
	/* How many there were about the last commit, waiting or in it: they may come again. */
	size_t company;
	pthread_cond_t full; /* as many are waiting */
};

struct mn_committer {
	pthread_mutex_t lock;
	struct lane *lanes;
	void (*told)(void *ctx, size_t entries);
	void *ctx;
};

int mn_committer_new(
	mn_call *call, void (*told)(void *ctx, size_t entries), void *ctx, mn_committer **out)
{
	mn_committer *c = mn_alloc_zero(1, sizeof(*c));

	if (!c)
		return mn_fail_memory(call);
	pthread_mutex_init(&c->lock, NULL);
	c->told = told;
	c->ctx = ctx;
	*out = c;
	return MN_OK;
}

void mn_committer_free(mn_committer *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	mn_free(c);
}

/* ---- Lanes: all under the lock ------------------------------------------------------------ */

static struct lane *lane_of(mn_committer *c, mn_str name)
{
	struct lane *l = c->lanes;

	while (l && !mn_str_eq(l->name, name))
		l = l->next;
	if (l)
		return l;
	l = mn_alloc_zero(1, sizeof(*l) + name.len);
	if (!l)
		return NULL;
	memcpy(l + 1, name.ptr, name.len);
	l->name = (mn_str){(const char *)(l + 1), name.len};
	pthread_cond_init(&l->full, NULL);
	l->next = c->lanes;
	c->lanes = l;
	return l;
}

static void let_go(mn_committer *c, struct lane *lane)
{
	struct lane **at = &c->lanes;

	if (--lane->users)
		return;
	while (*at != lane)
		at = &(*at)->next;
	*at = lane->next;
	pthread_cond_destroy(&lane->full);
	mn_free(lane);
}

static void append(struct lane *l, mn_entry *e)
{
	e->next = NULL;
	if (l->last)
		l->last->next = e;
	else
		l->first = e;
	l->last = e;
	if (++l->waiting == l->company)
		pthread_cond_signal(&l->full);
}

static void take_out(struct lane *l, mn_entry *e, mn_entry *before)
{
	if (before)
		before->next = e->next;
	else
		l->first = e->next;
	if (l->last == e)
		l->last = before;
	e->next = NULL;
	l->waiting--;
}

static void leave(struct lane *l, mn_entry *e)
{
	mn_entry *before = NULL;

	for (mn_entry *at = l->first; at != e; at = at->next)
		before = at;
	take_out(l, e, before);
}

static bool meets(const mn_entry *e, mn_entry *const *group, size_t n)
{
	for (size_t i = 0; e->key.len && i < n; i++)
		if (mn_str_eq(e->key, group[i]->key))
			return true;
	return false;
}

/* Takes the first and those behind it, as long as they can be written with it. */
static size_t take_group(struct lane *l, mn_entry *group[MN_COMMIT_MOST])
{
	size_t n = 0, notes = 0;

	while (l->first && n < MN_COMMIT_MOST) {
		mn_entry *e = l->first;

		if (n
			&& (!e->draw != !group[0]->draw || !e->key.len != !group[0]->key.len
				|| meets(e, group, n)))
			break;
		if (n && notes + e->nnotes > MN_COMMIT_MOST)
			break;
		notes += e->nnotes;
		take_out(l, e, NULL);
		e->taken = true;
		group[n++] = e;
	}
	return n;
}

/* ---- Leading ------------------------------------------------------------------------------ */

/* Without this, half of many writers would wait for the commit of the other half, and then the
 * other way round. Who writes alone has no company to wait for. */
static void gather(mn_committer *c, struct lane *l)
{
	struct timespec until = mn_until_ns(GATHER_NS);
	int rc = 0;

	while (rc == 0 && l->waiting < l->company && l->waiting < MN_COMMIT_MOST)
		rc = pthread_cond_timedwait(&l->full, &c->lock, &until);
}

static void lead(mn_committer *c, struct lane *l)
{
	mn_entry *group[MN_COMMIT_MOST];
	size_t n;

	l->busy = true;
	gather(c, l);
	n = take_group(l, group);
	pthread_mutex_unlock(&c->lock);
	mn_group_write(group, n);
	if (c->told)
		c->told(c->ctx, n);
	pthread_mutex_lock(&c->lock);
	l->busy = false;
	l->company = n + l->waiting;
	for (size_t i = 0; i < n; i++) {
		group[i]->done = true;
		pthread_cond_signal(&group[i]->wake);
	}
	if (l->first)
		pthread_cond_signal(&l->first->wake);
}

static void wait_a_little(mn_committer *c, mn_entry *e)
{
	struct timespec until = mn_until_ns(LOOK_NS);

	pthread_cond_timedwait(&e->wake, &c->lock, &until);
}

/* Waits for the entry's turn or outcome; leads where nobody does. */
static int commit(mn_committer *c, mn_str name, mn_entry *e)
{
	struct lane *l;
	bool left = false;

	pthread_cond_init(&e->wake, NULL);
	pthread_mutex_lock(&c->lock);
	l = lane_of(c, name);
	if (l) {
		l->users++;
		append(l, e);
	} else {
		e->status = mn_fail_memory(e->call);
	}
	while (l && !e->done && !left) {
		if (!e->taken && mn_cancelled(e->call)) {
			leave(l, e);
			left = true;
			if (!l->busy && l->first)
				pthread_cond_signal(&l->first->wake);
		} else if (l->busy) {
			wait_a_little(c, e);
		} else {
			lead(c, l);
		}
	}
	if (l)
		let_go(c, l);
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&e->wake);
	return left ? mn_fail_cancelled(e->call) : e->status;
}

/* ---- Entries ------------------------------------------------------------------------------ */

int mn_commit_notes(mn_committer *c, mn_brain *brain, mn_str name, mn_call *call,
	const mn_note *notes, size_t n, mn_kept *out)
{
	mn_entry e = {.brain = brain, .call = call, .notes = notes, .nnotes = n, .kept = out};

	if (n > MN_COMMIT_MOST)
		return mn_fail(
			call, MN_EINVAL, 0, "more than %d memories in one entry", MN_COMMIT_MOST);
	*out = (mn_kept){0};
	return commit(c, name, &e);
}

int mn_commit_changes(mn_committer *c, mn_brain *brain, mn_str name, mn_call *call, mn_str key,
	mn_draw *draw, void *ctx, mn_applied *applied)
{
	mn_entry e = {.brain = brain,
		.call = call,
		.key = key,
		.draw = draw,
		.ctx = ctx,
		.applied = applied};

	return commit(c, name, &e);
}
