/* SPDX-License-Identifier: MIT */
#include "exchange/zst.h"

#include <string.h>
#include <zstd.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"

#define CHUNK ((size_t)64 << 10)
#define WINDOW 28 /* bits: 256 MiB */
#define RATIO 100
#define FREE ((uint64_t)1 << 20) /* bytes that any file may give */
#define LEVEL 3

/* ---- In ----------------------------------------------------------------------------------- */

int mn_zst_in_open(mn_zst_in *z, mn_call *call, const mn_source *from, uint64_t most)
{
	*z = (mn_zst_in){.from = from, .most = most, .chunk = mn_alloc(CHUNK), .between = true};
	return z->chunk ? MN_OK : mn_fail_memory(call);
}

void mn_zst_in_close(mn_zst_in *z)
{
	ZSTD_freeDCtx(z->ctx);
	mn_free(z->chunk);
	*z = (mn_zst_in){0};
}

static int refill(mn_zst_in *z, mn_call *call)
{
	size_t n = 0;
	int status = z->from->read(z->from->ctx, call, z->chunk + z->end, CHUNK - z->end, &n);

	z->end += n;
	z->in += n;
	z->over = status == MN_OK && n == 0;
	return status;
}

/* A frame, or one that is passed over, as they may stand before the first. */
static bool is_compressed(const char *bytes)
{
	return memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0
	       || (memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0 && (*bytes & 0xf0) == 0x50);
}

static int look(mn_zst_in *z, mn_call *call)
{
	int status = MN_OK;

	while (status == MN_OK && z->end < 4 && !z->over)
		status = refill(z, call);
	z->known = status == MN_OK;
	if (status != MN_OK || z->end < 4 || !is_compressed(z->chunk))
		return status;
	z->ctx = ZSTD_createDCtx();
	if (!z->ctx)
		return mn_fail_memory(call);
	ZSTD_DCtx_setParameter(z->ctx, ZSTD_d_windowLogMax, WINDOW);
	return MN_OK;
}

static int check_size(mn_zst_in *z, mn_call *call)
{
	if (z->most ? z->out <= z->most : z->out <= FREE || z->out / RATIO <= z->in)
		return MN_OK;
	return mn_fail(call, MN_EINVAL, 0,
		z->most ? "%.*s unpacks to more than it may"
			: "%.*s unpacks to more than 100 times its size: unpack it yourself, if "
			  "you trust it, or say how much it may be with --unpacked",
		MN_FMT(z->from->name));
}

static int unpack(mn_zst_in *z, mn_call *call, char *out, size_t room, size_t *n)
{
	ZSTD_outBuffer to = {out, room, 0};
	int status = MN_OK;

	while (status == MN_OK && to.pos == 0) {
		ZSTD_inBuffer in = {z->chunk, z->end, z->at};
		size_t left;

		if (z->at == z->end && !z->over) {
			z->at = z->end = 0;
			status = refill(z, call);
			continue;
		}
		if (z->over && z->at == z->end && z->between)
			break;
		left = ZSTD_decompressStream(z->ctx, &to, &in);
		if (ZSTD_isError(left))
			return mn_fail(call, MN_EINVAL, 0, "%.*s cannot be unpacked: %s",
				MN_FMT(z->from->name), ZSTD_getErrorName(left));
		if (z->over && in.pos == z->at && to.pos == 0)
			return mn_fail(
				call, MN_EINVAL, 0, "%.*s is cut short", MN_FMT(z->from->name));
		z->at = in.pos;
		z->between = left == 0;
	}
	z->out += to.pos;
	*n = to.pos;
	return status == MN_OK ? check_size(z, call) : status;
}

static int read_some(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	mn_zst_in *z = ctx;
	int status = z->known ? MN_OK : look(z, call);

	if (status != MN_OK)
		return status;
	if (z->ctx)
		return unpack(z, call, out, room, n);
	if (z->at == z->end)
		return z->from->read(z->from->ctx, call, out, room, n);
	*n = z->end - z->at < room ? z->end - z->at : room;
	memcpy(out, z->chunk + z->at, *n);
	z->at += *n;
	return MN_OK;
}

mn_source mn_zst_source(mn_zst_in *z)
{
	return (mn_source){.ctx = z, .read = read_some, .name = z->from->name};
}

/* ---- Out ---------------------------------------------------------------------------------- */

int mn_zst_out_open(mn_zst_out *z, mn_call *call, const mn_sink *to)
{
	*z = (mn_zst_out){.to = to, .ctx = ZSTD_createCCtx(), .chunk = mn_alloc(CHUNK)};
	if (!z->ctx || !z->chunk) {
		mn_zst_out_close(z);
		return mn_fail_memory(call);
	}
	ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(z->ctx, ZSTD_c_checksumFlag, 1);
	return MN_OK;
}

void mn_zst_out_close(mn_zst_out *z)
{
	ZSTD_freeCCtx(z->ctx);
	mn_free(z->chunk);
	*z = (mn_zst_out){0};
}

static int pack(mn_zst_out *z, mn_call *call, ZSTD_inBuffer *in, bool end)
{
	size_t left = 1;
	int status = MN_OK;

	while (status == MN_OK && (end ? left > 0 : in->pos < in->size)) {
		ZSTD_outBuffer to = {z->chunk, CHUNK, 0};

		left = ZSTD_compressStream2(z->ctx, &to, in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return mn_fail(
				call, MN_EIO, 0, "cannot compress: %s", ZSTD_getErrorName(left));
		if (to.pos)
			status = z->to->write(z->to->ctx, call, z->chunk, to.pos);
	}
	return status;
}

static int write_some(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	ZSTD_inBuffer in = {bytes, n, 0};

	return pack(ctx, call, &in, false);
}

mn_sink mn_zst_sink(mn_zst_out *z)
{
	return (mn_sink){.ctx = z, .write = write_some};
}

int mn_zst_out_end(mn_zst_out *z, mn_call *call)
{
	ZSTD_inBuffer in = {NULL, 0, 0};

	return pack(z, call, &in, true);
}
