/* SPDX-License-Identifier: MIT */
#include "tui/stroke.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

static const struct {
	const char *name, *shown;
	mn_stroke stroke;
} named[] = {
	{"enter", "⏎", MN_STROKE_ENTER},
	{"esc", "esc", MN_STROKE_ESC},
	{"tab", "tab", MN_STROKE_TAB},
	{"space", "space", MN_STROKE_SPACE},
	{"backspace", "bksp", MN_STROKE_BACKSPACE},
	{"shift-tab", "shift-tab", KEY_BTAB | MN_STROKE_CODE},
	{"up", "↑", KEY_UP | MN_STROKE_CODE},
	{"down", "↓", KEY_DOWN | MN_STROKE_CODE},
	{"left", "←", KEY_LEFT | MN_STROKE_CODE},
	{"right", "→", KEY_RIGHT | MN_STROKE_CODE},
	{"home", "home", KEY_HOME | MN_STROKE_CODE},
	{"end", "end", KEY_END | MN_STROKE_CODE},
	{"pgup", "pgup", KEY_PPAGE | MN_STROKE_CODE},
	{"pgdn", "pgdn", KEY_NPAGE | MN_STROKE_CODE},
	{"delete", "del", KEY_DC | MN_STROKE_CODE},
	{"insert", "ins", KEY_IC | MN_STROKE_CODE},
	{"shift-left", "shift-←", KEY_SLEFT | MN_STROKE_CODE},
	{"shift-right", "shift-→", KEY_SRIGHT | MN_STROKE_CODE},
};
enum { NAMED = sizeof(named) / sizeof(*named) };

static bool is(const char *name, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(name, word, len) == 0;
}

static mn_stroke read_function_key(const char *name, size_t len)
{
	unsigned n = 0;

	for (size_t i = 1; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return MN_STROKE_NONE;
		n = n * 10 + (unsigned)(name[i] - '0');
	}
	return n >= 1 && n <= 24 ? (mn_stroke)KEY_F(n) | MN_STROKE_CODE : MN_STROKE_NONE;
}

mn_stroke mn_stroke_read(const char *name, size_t len)
{
	utf8proc_int32_t c;

	if (len > 4 && memcmp(name, "alt-", 4) == 0) {
		mn_stroke inner = mn_stroke_read(name + 4, len - 4);

		return inner ? inner | MN_STROKE_ALT : MN_STROKE_NONE;
	}
	if (len == 6 && memcmp(name, "ctrl-", 5) == 0 && name[5] >= 'a' && name[5] <= 'z')
		return (mn_stroke)(name[5] - 'a' + 1);
	for (size_t i = 0; i < NAMED; i++)
		if (is(name, len, named[i].name))
			return named[i].stroke;
	if (len > 1 && len < 4 && name[0] == 'f')
		return read_function_key(name, len);
	if (len > 0 && len <= 4
		&& utf8proc_iterate((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)len, &c)
			   == (utf8proc_ssize_t)len
		&& c > ' ')
		return (mn_stroke)c;
	return MN_STROKE_NONE;
}

static void name_plain(mn_stroke s, bool shown, char *out, size_t room)
{
	utf8proc_uint8_t bytes[5] = {0};

	for (size_t i = 0; i < NAMED; i++) {
		if (named[i].stroke == s) {
			snprintf(out, room, "%s", shown ? named[i].shown : named[i].name);
			return;
		}
	}
	if (s & MN_STROKE_CODE) {
		snprintf(out, room, "f%u", (unsigned)((s & ~MN_STROKE_CODE) - KEY_F0));
	} else if (s < 32) {
		snprintf(out, room, shown ? "^%c" : "ctrl-%c", (int)s + (shown ? '@' : '`'));
	} else {
		utf8proc_encode_char((utf8proc_int32_t)s, bytes);
		snprintf(out, room, "%s", (char *)bytes);
	}
}

const char *mn_stroke_name(mn_stroke s, bool shown, char *out, size_t room)
{
	char inner[32];

	name_plain(s & ~MN_STROKE_ALT, shown, inner, sizeof(inner));
	snprintf(out, room, "%s%s", s & MN_STROKE_ALT ? "alt-" : "", inner);
	return out;
}

bool mn_stroke_types(mn_stroke s)
{
	return s >= ' ' && s != MN_STROKE_BACKSPACE && s < MN_STROKE_CODE;
}

bool mn_stroke_among(mn_stroke s, const char *names)
{
	while (names && *names) {
		size_t len = strcspn(names, " ");

		if (len && mn_stroke_read(names, len) == s)
			return true;
		names += len;
		names += strspn(names, " ");
	}
	return false;
}
