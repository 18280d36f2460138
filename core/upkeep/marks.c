/* SPDX-License-Identifier: MIT */
#include "upkeep/marks.h"

#include <string.h>

#include "base/memory.h"

enum { PAGE = 64 }; /* bytes */

/* The highest mark there can be. */
static unsigned most_of(const mn_marks *m)
{
	return (1U << (1U << m->wide)) - 1;
}

/* The page that has an id's mark, NULL: none yet. Ids are mostly asked for in their order. */
static unsigned char *page_of(mn_marks *m, uint64_t id)
{
	const uint64_t page = (id >> (9 - m->wide)) + 1; /* keys of maps are not 0 */
	const uint64_t *at;

	if (page != m->page) {
		at = m->n ? mn_idmap_get(&m->places, page) : NULL;
		m->page = page;
		m->at = at ? *at : 0;
	}
	return m->at ? m->pages[m->at - 1] : NULL;
}

static unsigned char *make_page(mn_marks *m, uint64_t id)
{
	unsigned char *page = page_of(m, id);

	if (page)
		return page;
	if (mn_grow((void **)&m->pages, &m->cap, m->n + 1, PAGE, SIZE_MAX / PAGE) != MN_OK
		|| mn_idmap_put(&m->places, m->page, m->n + 1) != MN_OK)
		return NULL;
	m->at = ++m->n;
	return memset(m->pages[m->at - 1], 0, PAGE);
}

static size_t byte_of(const mn_marks *m, uint64_t id)
{
	return id >> (3 - m->wide) & (PAGE - 1);
}

static unsigned shift_of(const mn_marks *m, uint64_t id)
{
	return (unsigned)(id & (7U >> m->wide)) << m->wide;
}

int mn_marks_set(mn_marks *m, uint64_t id, unsigned mark)
{
	const unsigned most = most_of(m), shift = shift_of(m, id);
	unsigned char *byte = make_page(m, id);

	if (!byte)
		return MN_ENOMEM;
	byte += byte_of(m, id);
	*byte = (unsigned char)((*byte & ~(most << shift)) | (mark & most) << shift);
	return MN_OK;
}

unsigned mn_marks_get(mn_marks *m, uint64_t id)
{
	const unsigned char *page = page_of(m, id);

	return page ? page[byte_of(m, id)] >> shift_of(m, id) & most_of(m) : 0;
}

/* The highest mark says that the count stands in `more`. */
int mn_marks_add(mn_marks *m, uint64_t id)
{
	const unsigned most = most_of(m), mark = mn_marks_get(m, id);
	const uint64_t *more;

	if (mark + 1 < most)
		return mn_marks_set(m, id, mark + 1);
	more = mn_idmap_get(&m->more, id);
	if (mn_idmap_put(&m->more, id, more ? *more + 1 : most) != MN_OK)
		return MN_ENOMEM;
	return mn_marks_set(m, id, most);
}

uint64_t mn_marks_count(mn_marks *m, uint64_t id)
{
	const unsigned mark = mn_marks_get(m, id);
	const uint64_t *more = mark == most_of(m) ? mn_idmap_get(&m->more, id) : NULL;

	return more ? *more : mark;
}

void mn_marks_free(mn_marks *m)
{
	mn_idmap_free(&m->places);
	mn_idmap_free(&m->more);
	mn_free(m->pages);
	*m = (mn_marks){.wide = m->wide};
}
