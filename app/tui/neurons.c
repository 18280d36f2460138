/* SPDX-License-Identifier: MIT */
#include "tui/neurons.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "similar.h"
#include "tui/desk.h"
#include "tui/text.h"

enum { RESIDENT = 64, PAGES_MOST = 1 << 20, TYPES_MOST = 64, FANS_MOST = 128, META_MOST = 4096 };

void mn_neuron_label(const mn_neuron *n, char *out, size_t room)
{
	mn_str text = n->text.len ? n->text : n->uid;
	json_t *meta = NULL;
	char why[80];

	if ((n->type == MN_ENTITY || n->type == MN_MEMORY) && n->meta.len && n->meta.len < META_MOST
		&& mn_json_read(n->meta, why, sizeof(why), &meta) == MN_OK) {
		mn_str label = mn_json_str(
			json_object_get(meta, n->type == MN_MEMORY ? "title" : "label"));

		text = label.len ? label : text;
	}
	mn_text_brief(text, out, room);
	json_decref(meta);
}

/* ---- The filter --------------------------------------------------------------------------- */

#define LIKE "like:"
#define LEAST_ALIKE 0.3 /* the least there is: each line says how much */

struct filter {
	char text[512];
	bool like; /* then text is a uid */
	uint16_t types[TYPES_MOST];
	size_t ntypes;
};

/* All types whose name begins with this. */
static void add_types(struct filter *f, mn_str name)
{
	size_t before = f->ntypes;

	for (uint16_t code = 1; *mn_type_name(MN_NEURON, code); code++) {
		const char *type = mn_type_name(MN_NEURON, code);

		if (strncmp(type, name.ptr, name.len) == 0 && f->ntypes < TYPES_MOST)
			f->types[f->ntypes++] = code;
	}
	if (f->ntypes == before)
		f->types[f->ntypes++] = UINT16_MAX; /* no such type: nothing fits */
}

static void read_filter(mn_str filter, struct filter *f)
{
	size_t at = 0;

	*f = (struct filter){.like = mn_str_starts(filter, LIKE)};
	if (f->like) {
		filter = mn_str_sub(filter, strlen(LIKE), sizeof(f->text) - 1);
		memcpy(f->text, filter.ptr, filter.len);
		return;
	}
	while (filter.len) {
		const char *space = memchr(filter.ptr, ' ', filter.len);
		size_t len = space ? (size_t)(space - filter.ptr) : filter.len;
		mn_str word = mn_str_sub(filter, 0, len);

		if (mn_str_starts(word, "type:")) {
			add_types(f, mn_str_sub(word, 5, len));
		} else if (len && at + len + 2 < sizeof(f->text)) {
			at += (size_t)snprintf(f->text + at, sizeof(f->text) - at, "%s%.*s",
				at ? " " : "", (int)len, word.ptr);
		}
		filter = mn_str_sub(filter, len + 1, filter.len);
	}
}

/* ---- A page ------------------------------------------------------------------------------- */

struct fetch {
	mn_neurons *model;
	struct filter filter;
	char *after;
	size_t after_len;
	size_t page;
	unsigned asked;
	mn_neuron_line *at; /* out, until the model takes them */
	size_t n;
	char *next; /* where the next page begins; NULL: there is none */
	size_t next_len;
};

static int keep_rows(struct fetch *f, mn_call *call, const mn_rows *rows)
{
	for (size_t i = 0; i < rows->n && f->n < MN_NEURON_PAGE; i++) {
		const mn_neuron *n = &rows->at.neuron[i];
		mn_neuron_line *line = &f->at[f->n++];

		*line = (mn_neuron_line){n->id, n->type, n->flags, MN_FAN_UNKNOWN, ""};
		mn_neuron_label(n, line->text, sizeof(line->text));
	}
	return mn_check(call);
}

/* "0.93  what it says"; the first is the one that the others are like. */
static void keep_alike(struct fetch *f, const mn_similar *found, const mn_rows *rows)
{
	for (size_t i = 0; i < rows->n && f->n < MN_NEURON_PAGE; i++) {
		const mn_neuron *n = &rows->at.neuron[i];
		mn_neuron_line *line = &f->at[f->n];
		int len;

		if (n->id == 0)
			continue;
		*line = (mn_neuron_line){n->id, n->type, n->flags, MN_FAN_UNKNOWN, ""};
		len = snprintf(
			line->text, sizeof(line->text), "%.2f  ", i ? found->at[i - 1].alike : 1.0);
		mn_neuron_label(n, line->text + len, sizeof(line->text) - (size_t)len);
		f->n++;
	}
}

static int read_alike(struct fetch *f, const mn_seat *seat, mn_call *call)
{
	const mn_str uid = mn_str_of(f->filter.text);
	mn_similar_ask ask = MN_SIZED(mn_similar_ask);
	mn_similar found = MN_SIZED(mn_similar);
	mn_rows rows = {.n = 0};
	mn_id ids[MN_NEURON_PAGE];
	int status = mn_brain_resolve(
		seat->brain, call, MN_NEURON, (mn_strs){&uid, 1}, &ask.neuron);

	if (status == MN_OK && ask.neuron == 0)
		return MN_OK; /* nothing fits, or the uid is still being typed */
	ask.least = LEAST_ALIKE;
	ask.limit = MN_NEURON_PAGE - 1;
	if (status == MN_OK)
		status = mn_brain_similar(seat->brain, call, &ask, &found);
	ids[0] = ask.neuron;
	for (size_t i = 0; i < found.n; i++)
		ids[i + 1] = found.at[i].neuron;
	if (status == MN_OK)
		status = mn_brain_get(seat->brain, call, MN_NEURON, (mn_ids){ids, found.n + 1},
			MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META | MN_FIELD_UID, &rows);
	if (status == MN_OK)
		keep_alike(f, &found, &rows);
	return status;
}

static char *copy_of(mn_str s)
{
	char *copy = mn_alloc(s.len);

	if (copy && s.len)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

static int read_page(struct fetch *f, mn_call *call, mn_scan *scan)
{
	mn_page page = MN_SIZED(mn_page);
	int status = MN_OK;

	while (status == MN_OK && f->n < MN_NEURON_PAGE && !page.last) {
		status = mn_scan_next(scan, call, MN_NEURON_PAGE - f->n, &page);
		if (status == MN_OK)
			status = keep_rows(f, call, &page.rows);
	}
	if (status == MN_OK && !page.last) {
		f->next = copy_of(page.resume);
		f->next_len = page.resume.len;
		if (!f->next)
			status = mn_fail_memory(call);
	}
	return status;
}

static void fetch_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct fetch *f = context;
	mn_query q = MN_SIZED(mn_query);
	mn_scan *scan = NULL;

	(void)job;
	f->at = mn_alloc_zero(MN_NEURON_PAGE, sizeof(*f->at));
	if (!f->at) {
		mn_fail_memory(call);
		return;
	}
	if (f->filter.like) {
		read_alike(f, seat, call);
		return;
	}
	q.kind = MN_NEURON;
	q.text = mn_str_of(f->filter.text);
	q.types = f->filter.types;
	q.ntypes = f->filter.ntypes;
	q.after = (mn_str){f->after, f->after_len};
	q.fields = MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META | MN_FIELD_UID;
	if (mn_brain_scan(seat->brain, call, &q, &scan))
		return;
	read_page(f, call, scan);
	mn_scan_done(scan);
}

static void fetch_drop(void *context)
{
	struct fetch *f = context;

	mn_free(f->after);
	mn_free(f->next);
	mn_free(f->at);
}

static void drop_pages(mn_neurons *m)
{
	for (size_t i = 0; i < m->npages; i++) {
		mn_free(m->pages[i].at);
		mn_free(m->pages[i].after);
	}
	m->npages = 0;
	m->complete = false;
}

static int add_page(mn_neurons *m, char *after, size_t len)
{
	if (mn_grow((void **)&m->pages, &m->cap, m->npages + 1, sizeof(*m->pages), PAGES_MOST))
		return MN_ENOMEM;
	m->pages[m->npages++] = (struct mn_neuron_page){.after = after, .after_len = len};
	return MN_OK;
}

/* Pages far from the cursor make room for those near it. */
static void evict(mn_neurons *m)
{
	size_t here = m->list.at / MN_NEURON_PAGE, resident = 0, far = 0, most = 0;

	for (size_t i = 0; i < m->npages; i++) {
		size_t d = i > here ? i - here : here - i;

		if (!m->pages[i].at)
			continue;
		resident++;
		if (d >= most) {
			most = d;
			far = i;
		}
	}
	if (resident > RESIDENT) {
		mn_free(m->pages[far].at);
		m->pages[far].at = NULL;
	}
}

/* The first page of a new filter replaces everything. */
static bool begin_filter(mn_neurons *m, const struct fetch *f)
{
	if (f->asked == m->shown)
		return true;
	drop_pages(m);
	m->shown = f->asked;
	mn_list_go(&m->list, 0);
	m->list.top = 0;
	return add_page(m, NULL, 0) == MN_OK;
}

static void fetch_done(mn_screen *screen, mn_task *task, int status)
{
	struct fetch *f = mn_task_context(task);
	mn_neurons *m = f->model;
	struct mn_neuron_page *page;

	(void)screen;
	if (status || !begin_filter(m, f) || f->page >= m->npages)
		return;
	page = &m->pages[f->page];
	mn_free(page->at);
	page->at = f->at;
	page->n = f->n;
	f->at = NULL;
	if (f->page == 0)
		m->took = mn_task_took(task);
	if (f->page + 1 == m->npages) {
		m->complete = !f->next;
		if (f->next && add_page(m, f->next, f->next_len) == MN_OK)
			f->next = NULL;
	}
	mn_list_resize(&m->list, mn_neurons_count(m));
	evict(m);
	mn_neurons_settle(m);
}

static const mn_work fetch_work = {
	.title = "scan",
	.size = sizeof(struct fetch),
	.run = fetch_run,
	.done = fetch_done,
	.drop = fetch_drop,
	.quiet = true,
};

static void fetch(mn_neurons *m, size_t page)
{
	mn_task *task = m->screen->tui->seat
				? mn_task_new(m->screen->tui, m->screen, &m->fetch, &fetch_work)
				: NULL;
	struct fetch *f;

	if (!task)
		return;
	f = mn_task_context(task);
	f->model = m;
	f->page = page;
	f->asked = m->asked;
	read_filter(mn_str_of(m->filter), &f->filter);
	if (page) {
		f->after = copy_of((mn_str){m->pages[page].after, m->pages[page].after_len});
		f->after_len = f->after ? m->pages[page].after_len : 0;
	}
	mn_task_start(task);
}

/* ---- Fans of what is in view -------------------------------------------------------------- */

struct fans {
	mn_neurons *model;
	mn_id ids[FANS_MOST];
	uint64_t degree[FANS_MOST];
	size_t n;
};

static void fans_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct fans *f = context;

	(void)job;
	mn_brain_degrees(seat->brain, call, (mn_ids){f->ids, f->n}, f->degree);
}

static void fans_done(mn_screen *screen, mn_task *task, int status)
{
	struct fans *f = mn_task_context(task);
	mn_neurons *m = f->model;
	size_t first = m->list.top, k = 0;

	(void)screen;
	for (size_t i = first; !status && k < f->n && i < first + 2 * FANS_MOST; i++) {
		mn_neuron_line *line = (mn_neuron_line *)mn_neurons_at(m, i);

		for (size_t j = k; line && j < f->n; j++) {
			if (f->ids[j] != line->id)
				continue;
			line->fan = f->degree[j] < MN_FAN_UNKNOWN ? (uint32_t)f->degree[j]
								  : MN_FAN_UNKNOWN - 1;
			k = j + 1;
		}
	}
}

static const mn_work fans_work = {.title = "fans",
	.size = sizeof(struct fans),
	.run = fans_run,
	.done = fans_done,
	.quiet = true,
	.background = true};

static void fetch_fans(mn_neurons *m)
{
	size_t end = m->list.top + (size_t)(m->list.height > 0 ? m->list.height : 40);
	mn_tui *t = m->screen->tui;
	struct fans wanted = {.model = m};
	mn_task *task;

	for (size_t i = m->list.top; i < end && wanted.n < FANS_MOST; i++) {
		const mn_neuron_line *line = mn_neurons_at(m, i);

		if (line && line->fan == MN_FAN_UNKNOWN)
			wanted.ids[wanted.n++] = line->id;
	}
	task = wanted.n && t->seat ? mn_task_new(t, m->screen, &m->fans, &fans_work) : NULL;
	if (!task)
		return;
	*(struct fans *)mn_task_context(task) = wanted;
	mn_task_start(task);
}

/* ---- The list ----------------------------------------------------------------------------- */

void mn_neurons_ask(mn_neurons *m, mn_str filter)
{
	snprintf(m->filter, sizeof(m->filter), "%.*s", (int)filter.len, filter.ptr);
	m->asked++;
	fetch(m, 0);
}

void mn_neurons_settle(mn_neurons *m)
{
	size_t height = m->list.height > 0 ? (size_t)m->list.height : 40;
	size_t first = m->list.at > height ? m->list.at - height : 0;
	size_t last = m->list.at + 2 * height;

	if (m->asked != m->shown || m->fetch.running)
		return;
	for (size_t p = first / MN_NEURON_PAGE; p <= last / MN_NEURON_PAGE && p < m->npages; p++) {
		if (!m->pages[p].at) {
			fetch(m, p);
			return;
		}
	}
	fetch_fans(m);
}

const mn_neuron_line *mn_neurons_at(const mn_neurons *m, size_t i)
{
	size_t p = i / MN_NEURON_PAGE;

	if (p >= m->npages || !m->pages[p].at || i % MN_NEURON_PAGE >= m->pages[p].n)
		return NULL;
	return &m->pages[p].at[i % MN_NEURON_PAGE];
}

size_t mn_neurons_count(const mn_neurons *m)
{
	const struct mn_neuron_page *last = m->npages ? &m->pages[m->npages - 1] : NULL;

	if (!last)
		return 0;
	/* A page that is only known to be there counts as one row, to scroll to. */
	return (m->npages - 1) * MN_NEURON_PAGE + (last->at || last->n ? last->n : 1);
}

void mn_neurons_clear(mn_neurons *m)
{
	mn_slot_clear(&m->fetch);
	mn_slot_clear(&m->fans);
	drop_pages(m);
	mn_free(m->pages);
	m->pages = NULL;
	m->cap = 0;
	m->shown = m->asked;
	mn_list_resize(&m->list, 0);
}
