/* SPDX-License-Identifier: MIT */
#include "upkeep.h"

#include "brain.h"
#include "exam.h"
#include "fiber.h"
#include "search.h"
#include "synapse.h"

static const char forget_words[] = "INSERT INTO words(words) VALUES('delete-all')";
static const char count_neurons[] = "SELECT count(*) FROM neuron";
static const char count_texts[] = "SELECT count(*) FROM neuron WHERE text <> ''";

static int recount(struct conn *c)
{
	struct {
		const char *sql;
		uint64_t *to;
	} counts[] = {{count_neurons, &c->tally.neurons}, {count_texts, &c->tally.unread}};
	int status = bundle_count(c, ROW_SYNAPSE, &c->tally.synapses);

	if (status == MN_OK)
		status = bundle_count(c, ROW_FIBER, &c->tally.fibers);
	for (size_t i = 0; status == MN_OK && i < sizeof(counts) / sizeof(*counts); i++) {
		int64_t n = 0;

		status = conn_number(c, counts[i].sql, NULL, 0, 0, &n);
		*counts[i].to = (uint64_t)n;
	}
	return status;
}

int upkeep_rebuild(struct conn *c)
{
	int status = synapse_relist(c);

	if (status == MN_OK)
		status = fiber_reindex(c);

	if (status == MN_OK)
		status = conn_run(c, forget_words, NULL, 0);
	if (status == MN_OK)
		status = recount(c);
	c->tally.indexed = 0; /* so that all of them are waiting */
	if (status == MN_OK)
		status = search_flush(c);
	c->tally.gen.graph++;
	return status == MN_OK ? conn_tally(c) : status;
}

static int rebuild(mn_db *db, mn_call *call, mn_str brain)
{
	struct work w;
	int status = work_begin(db, call, brain, USE_WRITE, &w);

	return status == MN_OK ? work_end(&w, upkeep_rebuild(w.c)) : status;
}

const mn_upkeep_ops upkeep_ops = {
	.size = sizeof(upkeep_ops),
	.rebuild = rebuild,
	.check = exam_check,
	.heal = heal_brain,
	.backup = aside_copy,
	.bring_back = aside_bring_back,
	.rescue = rescue_brain,
};
