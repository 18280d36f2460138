/* SPDX-License-Identifier: MIT */
#include "upkeep/marks.h"

#include <string.h>

#include "base/memory.h"

enum { PAGE = 64 }; /* bytes */
#define SPARE 64    /* places of the directory for each page, before it is too empty */
#define LEAST 4096

/* The highest mark there can be. */
static unsigned most_of(const mn_marks *m)
{
	return (1U << (1U << m->wide)) - 1;
}

static uint64_t number_of(const mn_marks *m, uint64_t id)
{
	return id >> (9 - m->wide);
}

/* The page that has an id's mark, NULL: none yet. */
static unsigned char *page_of(const mn_marks *m, uint64_t id)
{
	const uint64_t number = number_of(m, id);
	const uint64_t *far;

	if (number < m->ndirectory && m->directory[number])
		return m->pages[m->directory[number] - 1];
	far = m->far.n ? mn_idmap_get(&m->far, number + 1) : NULL; /* keys of maps are not 0 */
	return far ? m->pages[*far - 1] : NULL;
}

/* Where the page's place is kept, or NULL: the directory would be mostly empty, or no memory. */
static uint32_t *place_in(mn_marks *m, uint64_t number)
{
	const size_t before = m->ndirectory;

	if (number >= LEAST + SPARE * (uint64_t)m->n || m->n >= UINT32_MAX)
		return NULL;
	if (number >= before) {
		if (mn_grow((void **)&m->directory, &m->room, number + 1, sizeof(uint32_t),
			    SIZE_MAX / sizeof(uint32_t))
			!= MN_OK)
			return NULL;
		m->ndirectory = m->room;
		memset(m->directory + before, 0, (m->room - before) * sizeof(uint32_t));
	}
	return &m->directory[number];
}

static unsigned char *make_page(mn_marks *m, uint64_t id)
{
	const uint64_t number = number_of(m, id);
	unsigned char *page = page_of(m, id);
	uint32_t *place;

	if (page)
		return page;
	if (mn_grow((void **)&m->pages, &m->cap, m->n + 1, PAGE, SIZE_MAX / PAGE) != MN_OK)
		return NULL;
	place = place_in(m, number);
	if (place)
		*place = (uint32_t)m->n + 1;
	else if (mn_idmap_put(&m->far, number + 1, m->n + 1) != MN_OK)
		return NULL;
	return memset(m->pages[m->n++], 0, PAGE);
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
	unsigned char *byte = page_of(m, id);

	if (!byte)
		byte = make_page(m, id);

	if (!byte)
		return MN_ENOMEM;
	byte += byte_of(m, id);
	*byte = (unsigned char)((*byte & ~(most << shift)) | (mark & most) << shift);
	return MN_OK;
}

unsigned mn_marks_get(const mn_marks *m, uint64_t id)
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

uint64_t mn_marks_count(const mn_marks *m, uint64_t id)
{
	const unsigned mark = mn_marks_get(m, id);
	const uint64_t *more = mark == most_of(m) ? mn_idmap_get(&m->more, id) : NULL;

	return more ? *more : mark;
}

void mn_marks_free(mn_marks *m)
{
	mn_idmap_free(&m->far);
	mn_free(m->directory);
	mn_idmap_free(&m->more);
	mn_free(m->pages);
	*m = (mn_marks){.wide = m->wide};
}
