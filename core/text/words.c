/* SPDX-License-Identifier: MIT */
#include "text/words.h"

#include <string.h>
#include <utf8proc.h>

/* What a byte of ASCII is to a word. */
enum { APART, SMALL, CAPITAL, DIGIT };
static unsigned char ascii_class(unsigned char b)
{
	if (b >= 'a' && b <= 'z')
		return SMALL;
	if (b >= 'A' && b <= 'Z')
		return CAPITAL;
	return b >= '0' && b <= '9' ? DIGIT : APART;
}

int32_t mn_char_at(mn_str text, size_t at, size_t *n)
{
	unsigned char first = (unsigned char)text.ptr[at];
	utf8proc_ssize_t size;
	int32_t c;

	*n = 1;
	if (first < 0x80)
		return first;
	size = text.len - at < 4 ? (utf8proc_ssize_t)(text.len - at) : 4;
	size = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + at, size, &c);
	if (size <= 0)
		return -1;
	*n = (size_t)size;
	return c;
}

/* Blocks after Unicode 15; what is not assigned in them hurts nobody. */
bool mn_char_single(int32_t c)
{
	static const struct {
		int32_t from, to;
	} blocks[] = {
		{0x2E80, 0x2FDF},   /* radicals, which decompose to Han */
		{0x3005, 0x3007},   /* iteration mark, closing mark, zero */
		{0x3021, 0x3029},   /* Hangzhou numerals */
		{0x3041, 0x3096},   /* Hiragana */
		{0x309D, 0x309F},   /* its iteration marks */
		{0x30A1, 0x30FA},   /* Katakana */
		{0x30FC, 0x30FF},   /* its length and iteration marks */
		{0x3105, 0x312F},   /* Bopomofo */
		{0x31A0, 0x31BF},   /* more of it */
		{0x31F0, 0x31FF},   /* small Katakana for Ainu */
		{0x3400, 0x4DBF},   /* Han, extension A */
		{0x4E00, 0x9FFF},   /* Han */
		{0xAC00, 0xD7A3},   /* Hangul syllables */
		{0xF900, 0xFAFF},   /* Han for compatibility */
		{0xFF66, 0xFF9D},   /* Katakana of half width */
		{0x1AFF0, 0x1B16F}, /* more Kana */
		{0x20000, 0x323AF}, /* Han, extensions B to H */
	};
	size_t low = 0, high = sizeof(blocks) / sizeof(*blocks);

	if (c < blocks[0].from)
		return false;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c > blocks[mid].to)
			low = mid + 1;
		else
			high = mid;
	}
	return low < sizeof(blocks) / sizeof(*blocks) && c >= blocks[low].from;
}

bool mn_char_upper(int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return c >= 'A' && c <= 'Z';
	k = utf8proc_category(c);
	return k == UTF8PROC_CATEGORY_LU || k == UTF8PROC_CATEGORY_LT;
}

static bool letter_or_number(utf8proc_category_t k)
{
	return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO)
	       || (k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO);
}

bool mn_char_wordy(int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return c == '_' || (c >= 0 && ascii_class((unsigned char)c) != APART);
	k = utf8proc_category(c);
	return letter_or_number(k) || (k >= UTF8PROC_CATEGORY_MN && k <= UTF8PROC_CATEGORY_ME);
}

/* Does `next` complete c: a voiced mark a Kana, a vowel or a final consonant a Hangul syllable? */
static bool completes(int32_t c, int32_t next)
{
	if (c >= 0x3041 && c <= 0x30FF)
		return next == 0x3099 || next == 0x309A;
	if (c >= 0x1100 && c <= 0x1112)
		return next >= 0x1161 && next <= 0x1175;
	return c >= 0xAC00 && c <= 0xD7A3 && next >= 0x11A8 && next <= 0x11C2;
}

/* The character at `at`, composed with those after it that complete it; *n covers all of them. */
static int32_t whole_char(mn_str text, size_t at, size_t *n)
{
	int32_t c = mn_char_at(text, at, n), parts[2];
	size_t more;

	if (c >= 0xFF66 && c <= 0xFF9D)
		utf8proc_decompose_char(c, &c, 1, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, NULL);
	while (c >= 0x1100 && c <= 0xD7A3 && at + *n < text.len) {
		int32_t next = mn_char_at(text, at + *n, &more);

		if (next == 0xFF9E || next == 0xFF9F) /* of half width, to those that combine */
			next = next == 0xFF9E ? 0x3099 : 0x309A;
		parts[0] = c;
		parts[1] = next;
		if (!completes(c, next)
			|| utf8proc_normalize_utf32(parts, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE)
				   != 1)
			break;
		c = parts[0];
		*n += more;
	}
	return c;
}

/* Reads a character that is not ASCII into w->pieces. */
static void read_char(mn_words_walk *w)
{
	size_t n;
	int32_t c = whole_char(w->text, w->at, &n);
	utf8proc_ssize_t made = 1;
	int before = 0;

	w->piece_from = w->at;
	w->at += n;
	w->piece = 0;
	w->pieces[0] = c < 0 ? ' ' : c;
	if (c >= 0x3041 && c <= 0xD7A3 && mn_char_single(c)) {
		/* whole already */
	} else if (c >= 0x80) {
		made = utf8proc_decompose_char(c, w->pieces, sizeof(w->pieces) / sizeof(*w->pieces),
			UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
			&before);
		if (made < 0 || made > (utf8proc_ssize_t)(sizeof(w->pieces) / sizeof(*w->pieces)))
			made = 0;
	}
	w->npieces = (unsigned char)made;
}

static void add(mn_words_walk *w, int32_t c)
{
	utf8proc_uint8_t bytes[4];
	size_t n = (size_t)utf8proc_encode_char(c, bytes);

	w->full = w->full || n > MN_WORD_MAX - w->word.len;
	if (w->full)
		return;
	memcpy(w->room + w->word.len, bytes, n);
	w->word.len += n;
}

static void start(mn_words_walk *w, size_t from, unsigned form)
{
	w->from = from;
	w->form = form;
}

/* Takes the next piece into the word; false: the word ended before it, or with it. */
static bool take_piece(mn_words_walk *w)
{
	int32_t c = w->pieces[w->piece];
	const utf8proc_property_t *p = utf8proc_get_property(c);
	bool mark = p->category >= UTF8PROC_CATEGORY_MN && p->category <= UTF8PROC_CATEGORY_ME;
	bool single = mn_char_single(c);

	if (single && w->word.len)
		return false;
	w->piece++;
	if (mark ? p->combining_class || p->category == UTF8PROC_CATEGORY_ME || !w->word.len
		 : !letter_or_number(p->category)) {
		/* A mark is dropped but belongs to the word; anything else ends it. */
		w->to = mark && w->word.len ? w->at : w->to;
		return mark || !w->word.len;
	}
	if (!w->word.len) {
		size_t n;
		int32_t raw = mn_char_at(w->text, w->piece_from, &n);
		bool small = utf8proc_category(raw) == UTF8PROC_CATEGORY_LL;

		start(w, w->piece_from,
			single               ? MN_WORD_SINGLE
			: mn_char_upper(raw) ? MN_WORD_CAPITAL
			: small              ? MN_WORD_SMALL
					     : 0);
		w->form |= MN_WORD_DIGITS;
	}
	if (c < '0' || c > '9')
		w->form &= ~(unsigned)MN_WORD_DIGITS;
	add(w, c);
	w->to = w->at;
	return !single;
}

/* Takes the run of ASCII at w->at; false: the word ended. */
static bool take_ascii(mn_words_walk *w)
{
	static const unsigned forms[] = {
		[SMALL] = MN_WORD_SMALL, [CAPITAL] = MN_WORD_CAPITAL, [DIGIT] = MN_WORD_DIGITS};
	const unsigned char *p = (const unsigned char *)w->text.ptr;
	size_t at = w->at, len = w->word.len;

	for (; at < w->text.len && p[at] < 0x80; at++) {
		unsigned char class = ascii_class(p[at]);

		if (class == APART) {
			if (len)
				break;
			continue;
		}
		if (!len)
			start(w, at, forms[class]);
		if (class != DIGIT)
			w->form &= ~(unsigned)MN_WORD_DIGITS;
		w->full = w->full || len == MN_WORD_MAX;
		if (!w->full)
			w->room[len++] = (char)(class == CAPITAL ? p[at] | 0x20 : p[at]);
		w->to = at + 1;
	}
	w->word.len = len;
	w->at = at;
	return at < w->text.len && p[at] >= 0x80;
}

void mn_words_begin(mn_words_walk *w, mn_str text)
{
	w->text = text;
	w->at = w->from = w->to = 0;
	w->word = (mn_str){w->room, 0};
	w->piece = w->npieces = 0;
}

bool mn_words_next(mn_words_walk *w)
{
	bool more = true;

	w->word = (mn_str){w->room, 0};
	w->full = false;
	while (more) {
		if (w->piece < w->npieces) {
			more = take_piece(w);
		} else if (!take_ascii(w)) {
			more = false;
		} else {
			read_char(w);
		}
	}
	return w->word.len > 0;
}

int mn_words_split(mn_str text, void *ctx, int (*word)(void *, mn_str, size_t, size_t))
{
	mn_words_walk w;

	mn_words_begin(&w, text);
	while (mn_words_next(&w)) {
		int stop = word(ctx, w.word, w.from, w.to);

		if (stop)
			return stop;
	}
	return 0;
}

const mn_words mn_words_service = {.size = sizeof(mn_words), .split = mn_words_split};
