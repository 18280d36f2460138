/* SPDX-License-Identifier: MIT */
/* text.c - what cases ask of: a real text (--data), or a synthetic brain; and the questions. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

static int read_file(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	(void)call;
	*n = fread(out, 1, room, ctx);
	return ferror((FILE *)ctx) ? MN_EIO : MN_OK;
}

static int format_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot && strcmp(dot, ".jsonl") == 0)
		return MN_FORMAT_JSONL;
	if (dot && strcmp(dot, ".graph") == 0)
		return MN_FORMAT_GRAPH;
	return MN_FORMAT_DICT;
}

int text_import(struct bench *b, struct held *k, mn_import_report *out)
{
	mn_import_options options = MN_SIZED(mn_import_options);
	FILE *f = fopen(b->data, "rb");
	mn_source source = {.ctx = f, .read = read_file};
	int status;

	if (!f)
		return bench_fail(b, b->data);
	source.name = (mn_str){b->data, strlen(b->data)};
	options.format = format_of(b->data);
	options.keep_going = true;
	status = mn_import(k->brain, &b->call, &options, &source, out);
	fclose(f);
	return status == MN_OK ? 0 : bench_fail(b, "import");
}

int text_open(struct bench *b, uint64_t own, struct held *out)
{
	mn_brain_row row;

	if (!b->data)
		return held_open(b, b->texts ? HELD_TEXTS : HELD_GRAPH, bench_size(b, own), out);
	if (held_open(b, HELD_DATA, 0, out))
		return -1;
	if (mn_brain_describe(out->brain, &b->call, &row) != MN_OK)
		return bench_fail(b, "describe");
	b->size = row.fibers;
	mn_call_reset(&b->call);
	return 0;
}

static bool add(struct questions *q, const char *text)
{
	if (q->n == q->cap) {
		size_t cap = q->cap * 2 + 64;
		char **grown = realloc(q->at, cap * sizeof(*grown));

		if (!grown)
			return false;
		q->at = grown;
		q->cap = cap;
	}
	q->at[q->n] = strdup(text);
	return q->at[q->n] && ++q->n;
}

static int read_questions(struct bench *b, struct questions *out)
{
	FILE *f = fopen(b->ask, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!f)
		return bench_fail(b, b->ask);
	while ((len = getline(&line, &room, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0] && !add(out, line))
			break;
	}
	free(line);
	fclose(f);
	return out->n ? 0 : bench_fail(b, "no question in the file of --ask");
}

int questions_make(struct bench *b, uint64_t first, size_t n, struct questions *out)
{
	const uint64_t words = b->texts ? WORDS : synth_concepts(b->size);
	char text[CORPUS_ROOM];

	*out = (struct questions){0};
	if (b->ask)
		return read_questions(b, out);
	if (b->data) {
		fprintf(stderr, "mnemoscope-bench: %s: give --ask FILE, a question a line\n",
			b->title);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		corpus_question(first + i, words, text);
		if (!add(out, text))
			return bench_fail(b, "questions");
	}
	return 0;
}

void questions_free(struct questions *q)
{
	for (size_t i = 0; i < q->n; i++)
		free(q->at[i]);
	free(q->at);
	*q = (struct questions){0};
}

int ask_text(struct bench *b, mn_brain *brain, const char *text, int depth, mn_answer *out)
{
	mn_ask ask = MN_SIZED(mn_ask);

	*out = MN_SIZED(mn_answer);
	ask.text = (mn_str){text, strlen(text)};
	ask.depth = depth;
	ask.fresh = true;
	return mn_brain_recall(brain, &b->call, &ask, out);
}
