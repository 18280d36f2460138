/* SPDX-License-Identifier: MIT */
/* upkeep_cron.c - a script and its values as a line of crontab, to be copied. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "tui/upkeep.h"

enum { LINE_MOST = 16384 };

static bool goes_bare(mn_str word)
{
	static const char others[] = "_./:@#=,+-";

	for (size_t i = 0; i < word.len; i++) {
		const char c = word.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')
			&& (!strchr(others, c) || (i == 0 && c == '#')))
			return false;
	}
	return word.len > 0;
}

/* A word as the shell reads it, behind a space. To cron "%" is the end of a line, even between
 * quotes, unless a backslash stands before it. */
static void put_word(mn_buf *b, mn_str word)
{
	const bool bare = goes_bare(word);

	mn_buf_text(b, bare ? " " : " '");
	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] == '\'')
			mn_buf_text(b, "'\\''");
		else if (word.ptr[i] == '%')
			mn_buf_text(b, "\\%");
		else
			mn_buf_char(b, word.ptr[i]);
	}
	if (!bare)
		mn_buf_char(b, '\'');
}

static void put_program(mn_buf *b)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	put_word(b, n > 0 ? (mn_str){path, (size_t)n} : MN_STR("mnemoscope"));
}

/* cron starts elsewhere: a path is written from the root on. */
static void put_store(mn_buf *b, const mn_tui *t)
{
	const mn_profile *p = mn_tui_profile(t);
	const mn_str url = t->options.url, scheme = MN_STR("sqlite:");
	char word[8192], here[4096];

	if (p)
		snprintf(word, sizeof(word), "@%.*s", (int)p->name.len, p->name.ptr);
	else if (mn_str_starts(url, "sqlite:") && url.len > scheme.len && url.ptr[scheme.len] != '/'
		 && getcwd(here, sizeof(here)))
		snprintf(word, sizeof(word), "sqlite:%s/%.*s", here, (int)(url.len - scheme.len),
			url.ptr + scheme.len);
	else
		snprintf(word, sizeof(word), "%.*s", (int)url.len, url.ptr);
	put_word(b, mn_str_of(word));
}

static void put_line(mn_buf *b, const mn_tui *t, const mn_upkeep *u, const mn_upkeep_script *s)
{
	char word[MN_LINE_MOST + 512];

	mn_buf_text(b, "0 3 * * *");
	put_program(b);
	mn_buf_text(b, " --quiet --store");
	put_store(b, t);
	mn_buf_text(b, " --brain");
	put_word(b, mn_str_of(t->seat->name));
	mn_buf_text(b, " run");
	put_word(b, s->name);
	for (size_t i = 0; i < s->head->nparams; i++) {
		const mn_str name = s->head->params[i].name;
		const mn_str text = mn_upkeep_value_of(u, s->name, name);

		if (!text.ptr)
			continue;
		snprintf(word, sizeof(word), "%.*s=%.*s", (int)name.len, name.ptr, (int)text.len,
			text.ptr);
		mn_buf_text(b, " --set");
		put_word(b, mn_str_of(word));
	}
}

/* A control character would end the line, or worse. */
static bool fits_a_line(const mn_buf *b)
{
	if (!mn_buf_ok(b))
		return false;
	for (size_t i = 0; i < b->len; i++)
		if ((unsigned char)b->ptr[i] < ' ' || b->ptr[i] == 0x7f)
			return false;
	return true;
}

void mn_upkeep_cron(mn_screen *s)
{
	mn_upkeep *u = s->state;
	mn_tui *t = s->tui;
	const mn_upkeep_script *script = mn_upkeep_script_at(u);
	mn_buf b = MN_BUF(LINE_MOST);

	if (!script || !script->head || !t->seat) {
		mn_tui_say(t, MN_ROLE_WARN, "choose a script, and open a brain first");
		return;
	}
	if (mn_str_starts(t->options.url, "memory:")) {
		mn_tui_say(t, MN_ROLE_WARN,
			"this store is gone when the workbench ends: there is nothing for cron");
		return;
	}
	put_line(&b, t, u, script);
	if (fits_a_line(&b))
		mn_reader_open(t, "For crontab -e: every night at three", mn_buf_view(&b));
	else
		mn_tui_say(t, MN_ROLE_BAD,
			"these names and values do not fit in a line of crontab: save them in a "
			"script");
	mn_buf_free(&b);
}
