/* SPDX-License-Identifier: MIT */
/* fan_date.c - dates in the question. */
#include "base/fail.h"
#include "base/iso.h"
#include "base/type.h"
#include "recall/fan.h"

static double date_level(const struct fan *f, uint32_t node)
{
	mn_trait t = mn_view_trait(f->v, node);

	if (!(t.flags & MN_NEURON_DATED))
		return 0;
	return mn_when_level(f->q->said->dates, f->q->said->ndates, t.day * MN_DAY);
}

/* The day's neuron, fired by the question the first time; MN_NOBODY if there is none. */
static int fire_day(struct fan *f, uint32_t day, double level)
{
	struct fan_pulse asked = {.reason = MN_REASON_ASKED,
		.from = MN_NOBODY,
		.to = day,
		.in = level,
		.weight = 1,
		.share = 1};

	return day == MN_NOBODY || mn_space_find(f->s->space, day) ? MN_OK : fan_give(f, &asked);
}

/* Those that fit, and the texts of their days' neurons. */
static int choose(
	struct fan *f, const uint32_t *nodes, size_t n, uint32_t *out, mn_key *keys, size_t *nout)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (date_level(f, nodes[i]) <= 0)
			continue;
		keys[k] = (mn_key){
			MN_TIME, mn_day_name(&f->call, mn_view_trait(f->v, nodes[i]).day)};
		if (!keys[k].text.ptr)
			return MN_ENOMEM;
		out[k++] = nodes[i];
	}
	*nout = k;
	return MN_OK;
}

int fan_add_dates(struct fan *f, const uint32_t *nodes, size_t n)
{
	mn_key *keys = mn_call_array(&f->call, n, sizeof(*keys));
	uint32_t *days = mn_call_array(&f->call, n, sizeof(*days));
	uint32_t *fit = mn_call_array(&f->call, n, sizeof(*fit));
	size_t k = 0;
	int rc;

	if (!keys || !days || !fit)
		return MN_ENOMEM;
	rc = choose(f, nodes, n, fit, keys, &k);
	if (rc == MN_OK)
		rc = mn_view_names(f->v, keys, k, days);
	for (size_t i = 0; i < k && rc == MN_OK; i++) {
		struct fan_pulse p = {.reason = MN_REASON_DATE,
			.from = days[i],
			.to = fit[i],
			.in = date_level(f, fit[i]),
			.weight = 1,
			.share = 1,
			.hop = 1};

		rc = fire_day(f, days[i], p.in);
		if (rc == MN_OK)
			rc = fan_give(f, &p);
	}
	return rc;
}

/* ---- Questions about nothing but a time ------------------------------------------------------ */

/* The days that a date may mean, as far as it says which year. */
static void days_of(const mn_when *when, int64_t *first, int64_t *last)
{
	mn_date from = {when->year, when->month, 1}, to = from;

	*first = when->first;
	*last = when->last;
	if (when->kind == MN_WHEN_DAYS)
		return;
	*last = *first - 1;
	if (when->kind == MN_WHEN_EACH_DAY || when->year == 0)
		return;
	if (when->kind == MN_WHEN_YEAR)
		from.month = to.month = 1;
	to.year += when->kind == MN_WHEN_YEAR || when->month == 12;
	to.month = when->kind == MN_WHEN_YEAR || when->month == 12 ? 1 : when->month + 1;
	*first = mn_day_of(mn_iso_midnight(from));
	*last = mn_day_of(mn_iso_midnight(to)) - 1;
}

static int day_keys(struct fan *f, mn_key *keys, size_t *n)
{
	const mn_analysis *said = f->q->said;

	for (size_t i = 0; i < said->ndates; i++) {
		int64_t first, last;

		days_of(&said->dates[i], &first, &last);
		for (int64_t day = first; day <= last && *n < MN_FAN_DAYS; day++) {
			keys[*n] = (mn_key){MN_TIME, mn_day_name(&f->call, day)};
			if (!keys[(*n)++].text.ptr)
				return MN_ENOMEM;
		}
	}
	return MN_OK;
}

static int fire_to_memories(struct fan *f, uint32_t day)
{
	const mn_list *list = mn_view_list(f->v, day, MN_WAY_DATED);
	struct fan_pulse p = {.reason = MN_REASON_DATE, .from = day, .in = 1, .share = 1, .hop = 1};
	int rc = fire_day(f, day, 1);

	if (!list || rc != MN_OK)
		return rc;
	p.fan = list->degree;
	return fan_give_list(f, &p, list, MN_NOBODY);
}

int fan_fire_dates(struct fan *f)
{
	mn_key keys[MN_FAN_DAYS];
	mn_need needs[MN_FAN_DAYS];
	uint32_t days[MN_FAN_DAYS];
	size_t n = 0, k = 0;
	int rc = day_keys(f, keys, &n);

	if (rc == MN_OK)
		rc = mn_view_names(f->v, keys, n, days);
	for (size_t i = 0; i < n && rc == MN_OK; i++)
		if (days[i] != MN_NOBODY)
			needs[k++] = (mn_need){
				.node = days[i], .way = MN_WAY_DATED, .limit = MN_FAN_DATED};
	if (rc == MN_OK)
		rc = mn_view_fill(f->v, needs, k);
	for (size_t i = 0; i < k && rc == MN_OK; i++)
		rc = fire_to_memories(f, needs[i].node);
	return rc;
}
