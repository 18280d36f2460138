/* SPDX-License-Identifier: MIT */
#include "printer.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "signals.h"

enum {
	PLAIN_COLUMNS = 100, /* of what is not a terminal */
	PIECE = 4096,        /* a pipe that polls writable takes this much without blocking */
	LINE_BYTES = 2048,   /* the most that one cell may take, whatever its marks */
};

/* ---- The stream --------------------------------------------------------------------------- */

/* Waits until the descriptor takes bytes, or a signal ends the waiting. */
static bool may_write(int fd)
{
	struct pollfd p[2] = {
		{.fd = fd, .events = POLLOUT}, {.fd = mn_signals_fd(), .events = POLLIN}};

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	if (p[0].revents)
		return true;
	errno = ECANCELED;
	return false;
}

static ssize_t write_all(void *ctx, const char *bytes, size_t n)
{
	mn_printer *pr = ctx;
	size_t at = 0;

	while (at < n && !pr->failed) {
		size_t piece = n - at < PIECE ? n - at : PIECE;
		ssize_t put = may_write(pr->fd) ? write(pr->fd, bytes + at, piece) : -1;

		if (put >= 0)
			at += (size_t)put;
		else if (errno != EINTR && errno != EAGAIN)
			pr->failed = errno;
	}
	return pr->failed ? 0 : (ssize_t)n;
}

int mn_printer_open(mn_printer *pr, int fd, bool color, mn_error *err)
{
	cookie_io_functions_t io = {.write = write_all};
	struct winsize size;

	*pr = (mn_printer){.fd = fd, .columns = PLAIN_COLUMNS, .terminal = isatty(fd)};
	pr->to = fopencookie(pr, "w", io);
	if (!pr->to)
		return mn_error_set(err, MN_ENOMEM, errno, "out of memory");
	setvbuf(pr->to, NULL, pr->terminal ? _IOLBF : _IOFBF, 1 << 16);
	pr->color = color && pr->terminal;
	pr->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	pr->ascii = !pr->utf8;
	if (pr->terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		pr->columns = size.ws_col;
	return MN_OK;
}

int mn_printer_flush(mn_printer *pr)
{
	if (pr->to && fflush(pr->to) && !pr->failed)
		pr->failed = errno ? errno : EIO;
	return pr->failed;
}

void mn_printer_close(mn_printer *pr)
{
	if (pr->to)
		fclose(pr->to);
	pr->to = NULL;
}

int mn_printer_check(mn_printer *pr, mn_call *call)
{
	if (!pr->failed)
		return MN_OK;
	return mn_fail(call, MN_EIO, pr->failed, "cannot write: %s", strerror(pr->failed));
}

void mn_print_style(mn_printer *pr, int style)
{
	static const char *const codes[] = {"0", "1", "2", "36", "32", "31"};

	if (pr->color)
		fprintf(pr->to, "\x1b[%sm", codes[style]);
}

/* ---- Text --------------------------------------------------------------------------------- */

/* A pipe gets text as it is, whatever the locale: who reads it knows what it is. */
static bool spelt_out(const mn_printer *pr)
{
	return pr->terminal && !pr->utf8;
}

/* Plain text as it is, or, for a terminal that knows no UTF-8, with everything else spelt out. */
static void put_plain(mn_printer *pr, const char *text, size_t n)
{
	size_t at = 0;

	if (!spelt_out(pr)) {
		fwrite(text, 1, n, pr->to);
		return;
	}
	while (at < n) {
		utf8proc_int32_t c;
		utf8proc_ssize_t len = utf8proc_iterate(
			(const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(n - at), &c);

		if (len <= 1)
			fputc(len == 1 ? c : '?', pr->to);
		else
			fprintf(pr->to, "<U+%04X>", (unsigned)c);
		at += len > 0 ? (size_t)len : 1;
	}
}

/* The largest cut of text at or below max bytes that splits no character. */
static size_t whole(mn_str text, size_t max)
{
	if (text.len <= max)
		return text.len;
	for (size_t n = max; n > max - 4; n--)
		if (((unsigned char)text.ptr[n] & 0xC0) != 0x80)
			return n;
	return max;
}

void mn_print_text(mn_printer *pr, mn_str text)
{
	char plain[LINE_BYTES];

	while (text.len) {
		/* 8 bytes at most for one: "<U+10FFFF>" stands for four */
		size_t n = whole(text, sizeof(plain) / 8);
		size_t len = mn_text_plain((mn_str){text.ptr, n}, plain, sizeof(plain));

		put_plain(pr, plain, len);
		text = mn_str_sub(text, n, SIZE_MAX);
	}
}

/* How wide the terminal shows one character of plain text; *len: its bytes. */
static int width_at(const mn_printer *pr, const char *text, size_t n, size_t *len)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t bytes = utf8proc_iterate(
		(const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &c);

	*len = bytes > 0 ? (size_t)bytes : 1;
	if (bytes <= 0 || c < 128)
		return 1;
	if (spelt_out(pr))
		return c > 0xFFFF ? 9 : 8;
	return utf8proc_charwidth(c);
}

int mn_print_cut(mn_printer *pr, mn_str text, int columns)
{
	char plain[LINE_BYTES];
	const char *dots = pr->ascii ? "..." : "\xe2\x80\xa6";
	int dots_width = pr->ascii ? 3 : 1, width = 0, fit_width = 0;
	size_t len = mn_text_plain(text, plain, sizeof(plain)), at = 0, fit = 0, step;
	bool all = text.len < sizeof(plain) / 8;

	while (at < len) {
		int w = width_at(pr, plain + at, len - at, &step);

		if (width + w > columns)
			break;
		at += step;
		width += w;
		if (width + dots_width <= columns) {
			fit = at;
			fit_width = width;
		}
	}
	if (at == len && (all || whole(text, len) == text.len)) {
		put_plain(pr, plain, at);
		return width;
	}
	put_plain(pr, plain, fit);
	fputs(dots, pr->to);
	return fit_width + dots_width;
}

void mn_print_cell(mn_printer *pr, mn_str text, int columns)
{
	int width = mn_print_cut(pr, text, columns);

	if (width < columns)
		fprintf(pr->to, "%*s", columns - width, "");
}

void mn_print_bar(mn_printer *pr, double share, int columns)
{
	static const char *const eighths[] = {"", "\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d",
		"\xe2\x96\x8c", "\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89"};
	int steps = (int)(share * columns * 8 + 0.5), full, used;

	steps = steps < 0 ? 0 : steps > columns * 8 ? columns * 8 : steps;
	full = pr->ascii ? (steps + 4) / 8 : steps / 8;
	used = full + (!pr->ascii && steps % 8);
	for (int i = 0; i < full; i++)
		fputs(pr->ascii ? "#" : "\xe2\x96\x88", pr->to);
	if (!pr->ascii)
		fputs(eighths[steps % 8], pr->to);
	fprintf(pr->to, "%*s", columns - used, "");
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_escape(FILE *to, utf8proc_int32_t c)
{
	if (c == '\n')
		fputs("\\n", to);
	else if (c == '\t')
		fputs("\\t", to);
	else if (c == '"' || c == '\\')
		fprintf(to, "\\%c", (char)c);
	else if (c < 0x10000)
		fprintf(to, "\\u%04x", (unsigned)c);
	else
		fprintf(to, "\\u%04x\\u%04x", 0xD800 + ((unsigned)(c - 0x10000) >> 10),
			0xDC00 + ((unsigned)(c - 0x10000) & 0x3FF));
}

/* Would mn_text_plain change it? */
static bool is_plain(const char *text, size_t n)
{
	char shown[16];
	size_t len = mn_text_plain((mn_str){text, n}, shown, sizeof(shown));

	return len == n && memcmp(shown, text, n) == 0;
}

void mn_print_json(mn_printer *pr, mn_str text)
{
	size_t at = 0, from = 0;

	fputc('"', pr->to);
	while (at < text.len) {
		unsigned char b = (unsigned char)text.ptr[at];
		utf8proc_int32_t c = b;
		utf8proc_ssize_t n = 1;

		if (b >= 0x20 && b < 0x7F && b != '"' && b != '\\') {
			at++;
			continue;
		}
		if (b >= 0x80)
			n = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + at,
				(utf8proc_ssize_t)(text.len - at), &c);
		if (n > 1 && is_plain(text.ptr + at, (size_t)n)) {
			at += (size_t)n;
			continue;
		}
		fwrite(text.ptr + from, 1, at - from, pr->to);
		json_escape(pr->to, n > 0 ? c : 0xFFFD);
		at += n > 0 ? (size_t)n : 1;
		from = at;
	}
	fwrite(text.ptr + from, 1, at - from, pr->to);
	fputc('"', pr->to);
}

void mn_print_json_number(mn_printer *pr, double value)
{
	mn_buf b = MN_BUF(64);

	mn_buf_number(&b, value);
	fwrite(b.ptr, 1, b.len, pr->to);
	mn_buf_free(&b);
}

/* ---- Figures ------------------------------------------------------------------------------ */

const char *mn_format_count(uint64_t n, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *mn_format_things(uint64_t n, const char *noun, char out[64])
{
	char count[32];
	size_t len = strlen(noun);
	bool ies = len && noun[len - 1] == 'y';

	mn_format_count(n, count);
	if (n == 1)
		snprintf(out, 64, "%s %s", count, noun);
	else
		snprintf(out, 64, "%s %.*s%s", count, (int)(len - ies), noun, ies ? "ies" : "s");
	return out;
}

const char *mn_format_bytes(uint64_t n, char out[32])
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double v = (double)n / 1000;
	int u = 0;

	if (n < 1000) {
		snprintf(out, 32, "%u B", (unsigned)n);
		return out;
	}
	while (v >= 999.5 && u < 5) {
		v /= 1000;
		u++;
	}
	snprintf(out, 32, v < 9.95 ? "%.1f %s" : "%.0f %s", v, units[u]);
	return out;
}

const char *mn_format_span(uint64_t us, char out[32])
{
	double s = (double)us / 1e6;

	if (s < 1)
		snprintf(out, 32, "%.2f ms", s * 1e3);
	else if (s < 60)
		snprintf(out, 32, "%.1f s", s);
	else if (s < 3600)
		snprintf(out, 32, "%u min %02u s", (unsigned)s / 60, (unsigned)s % 60);
	else
		snprintf(out, 32, "%.0f h %02u min", s / 3600 - 0.5, (unsigned)(s / 60) % 60);
	return out;
}

const char *mn_format_time(mn_time t, char out[32])
{
	time_t seconds = (time_t)(t / 1000000 - (t % 1000000 < 0));
	struct tm tm;

	if (t == 0)
		snprintf(out, 32, "-");
	else if (!localtime_r(&seconds, &tm) || !strftime(out, 32, "%Y-%m-%d %H:%M", &tm))
		snprintf(out, 32, "?");
	return out;
}
