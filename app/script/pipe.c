/* SPDX-License-Identifier: MIT */
/* pipe.c - frames to and from the engine. Where it is gone, so is this process. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

#define MOST_ANSWER ((size_t)256 << 20)

static char out[sizeof(mn_frame_head) + MN_FRAME_MOST];

void message_begin(message *m, uint32_t type)
{
	*m = (message){.type = type};
}

void message_add(message *m, const void *bytes, size_t n)
{
	if (m->full || n > MN_FRAME_MOST - m->len) {
		m->full = true;
		return;
	}
	if (n)
		memcpy(out + sizeof(mn_frame_head) + m->len, bytes, n);
	m->len += n;
}

void message_u32(message *m, uint32_t x)
{
	message_add(m, &x, sizeof(x));
}

void message_u64(message *m, uint64_t x)
{
	message_add(m, &x, sizeof(x));
}

void message_str(message *m, const char *s, size_t n)
{
	if (n > UINT32_MAX) {
		m->full = true;
		return;
	}
	message_u32(m, (uint32_t)n);
	message_add(m, s, n);
}

size_t message_hole(message *m)
{
	message_u32(m, 0);
	return m->len;
}

void message_fill(message *m, size_t hole)
{
	const uint32_t n = (uint32_t)(m->len - hole);

	if (!m->full)
		memcpy(out + sizeof(mn_frame_head) + hole - sizeof(n), &n, sizeof(n));
}

void message_send(message *m)
{
	const mn_frame_head head = {(uint32_t)m->len, m->type};
	size_t done = 0;

	memcpy(out, &head, sizeof(head));
	while (done < sizeof(head) + m->len) {
		ssize_t n = write(HOST_FD, out + done, sizeof(head) + m->len - done);

		if (n <= 0 && errno != EINTR)
			host_leave();
		done += n > 0 ? (size_t)n : 0;
	}
}

void message_bytes(uint32_t type, const void *bytes, size_t n)
{
	message m;

	message_begin(&m, type);
	message_add(&m, bytes, n);
	message_send(&m);
}

static void read_all(void *to, size_t size)
{
	char *at = to;

	while (size) {
		ssize_t n = read(HOST_FD, at, size);

		if (n == 0 || (n < 0 && errno != EINTR))
			host_leave();
		at += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
}

uint32_t pipe_receive(char **room, size_t *cap, mn_take *frame)
{
	mn_frame_head head;
	char *grown;

	read_all(&head, sizeof(head));
	if (head.size > MOST_ANSWER)
		host_leave();
	if (head.size > *cap) {
		grown = realloc(*room, head.size);
		if (!grown)
			host_leave();
		*room = grown;
		*cap = head.size;
	}
	read_all(*room, head.size);
	*frame = (mn_take){*room, *room + head.size, false};
	return head.type;
}
