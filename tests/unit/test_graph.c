/* SPDX-License-Identifier: MIT */
/* The graph cache: what is read once is there, what was written shows, what is old goes. */
#include "sketch.h"

#include <pthread.h>

#include "recall/net.h"

static mn_view *open_view(sketch *s)
{
	static mn_view view;

	OK(&s->call, mn_view_open(s->brain, &s->call, false, &view));
	return &view;
}

static uint32_t index_of(sketch *s, mn_view *v, mn_id id)
{
	uint32_t node;

	OK(&s->call, mn_view_index(v, &id, 1, &node));
	return node;
}

static const mn_list *read_list(sketch *s, mn_view *v, mn_id id, int way, uint32_t limit)
{
	const mn_list *list;
	mn_need need = {.node = index_of(s, v, id), .way = (uint8_t)way, .limit = limit};

	OK(&s->call, mn_view_read(v, &need, &list));
	return list;
}

/* A concept with n memories, the heaviest first. */
static mn_id fan_of(sketch *s, uint32_t n)
{
	mn_id hub = sketch_neuron(s, MN_CONCEPT, "hub", 0);

	for (uint32_t i = 0; i < n; i++) {
		mn_id m = sketch_neuron(s, MN_MEMORY, "m", MN_NEURON_ANCHOR);

		sketch_synapse(s, m, hub, MN_INVOLVES, 1 - i * .0009);
	}
	sketch_write(s);
	return hub;
}

static void a_list_is_read_once_and_then_there(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 10);
	mn_view *v = open_view(s);
	uint32_t trips;

	(void)state;
	read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT);
	trips = v->trips;
	read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT);
	assert_int_equal(v->trips, trips);
	mn_view_close(v);
	v = open_view(s); /* another one, over the same cache */
	read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT);
	assert_int_equal(v->trips, 1); /* the generation */
	mn_view_close(v);
	sketch_end(s);
}

static void a_list_is_read_as_far_as_needed_and_no_further(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 1000);
	mn_view *v = open_view(s);
	const mn_list *list = read_list(s, v, hub, MN_WAY_TERMS, 0);

	(void)state;
	assert_int_equal(list->n, 0);
	assert_int_equal(list->degree, 1000);
	list = read_list(s, v, hub, MN_WAY_TERMS, 50);
	assert_true(list->n >= 50 && list->n < 200);
	assert_true(list->at[0].weight == 1);
	assert_true(list->bound <= list->at[list->n - 1].weight * 1.01);
	list = read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT);
	assert_int_equal(list->n, 1000);
	mn_view_close(v);
	sketch_end(s);
}

static void a_floor_is_served_by_a_list_that_was_read_below_it(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 1000);
	mn_view *v = open_view(s);
	mn_need need = {
		.node = index_of(s, v, hub), .way = MN_WAY_ANY, .floor = .5F, .limit = MN_NO_LIMIT};
	const mn_list *list;
	uint32_t trips;

	(void)state;
	OK(&s->call, mn_view_read(v, &need, &list));
	assert_true(list->n > 500 && list->n < 600);
	for (uint32_t i = 1; i < list->n; i++)
		assert_true(list->at[i].weight <= list->at[i - 1].weight);
	trips = v->trips;
	need.floor = .8F;
	OK(&s->call, mn_view_read(v, &need, &list));
	assert_int_equal(v->trips, trips);
	need.floor = .3F;
	OK(&s->call, mn_view_read(v, &need, &list));
	assert_int_equal(v->trips, trips + 1);
	mn_view_close(v);
	sketch_end(s);
}

static void a_whole_frontier_is_one_call(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 200);
	mn_view *v = open_view(s);
	const mn_list *list = read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT);
	mn_need needs[400];
	uint32_t trips = v->trips;

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		needs[i] = (mn_need){
			.node = list->at[i].far, .way = MN_WAY_INVOLVED, .limit = MN_NO_LIMIT};
		needs[200 + i] = (mn_need){
			.node = list->at[i].far, .way = MN_WAY_INVOLVED, .limit = 1}; /* again */
	}
	OK(&s->call, mn_view_fill(v, needs, 400));
	assert_int_equal(v->trips, trips + 1);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(mn_view_list(v, list->at[i].far, MN_WAY_INVOLVED)->at[0].far,
			index_of(s, v, hub));
	mn_view_close(v);
	sketch_end(s);
}

static void names_are_remembered_also_those_that_nobody_has(void **state)
{
	sketch *s = sketch_begin();
	mn_id bug = sketch_neuron(s, MN_CONCEPT, "bug", 0);
	mn_key keys[] = {{MN_CONCEPT, MN_STR("bug")}, {MN_CONCEPT, MN_STR("moth")},
		{MN_ENTITY, MN_STR("bug")}};
	uint32_t nodes[3];
	mn_view *v;
	mn_id moth;

	(void)state;
	sketch_write(s);
	v = open_view(s);
	OK(&s->call, mn_view_names(v, keys, 3, nodes));
	assert_int_equal(mn_view_id(v, nodes[0]), bug);
	assert_true(nodes[1] == MN_NOBODY && nodes[2] == MN_NOBODY);
	mn_view_close(v);
	v = open_view(s);
	OK(&s->call, mn_view_names(v, keys, 3, nodes));
	assert_int_equal(v->trips, 1);
	mn_view_close(v);
	moth = sketch_neuron(s, MN_CONCEPT, "moth", 0);
	sketch_write(s);
	v = open_view(s);
	OK(&s->call, mn_view_names(v, keys, 3, nodes));
	assert_int_equal(mn_view_id(v, nodes[1]), moth);
	mn_view_close(v);
	sketch_end(s);
}

static void own_writes_show_and_leave_the_rest_of_the_cache(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 10), other, m;
	mn_view *v;

	(void)state;
	other = sketch_neuron(s, MN_CONCEPT, "other", 0);
	sketch_synapse(s, 2, other, MN_INVOLVES, .5);
	sketch_write(s);
	v = open_view(s);
	read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT);
	read_list(s, v, other, MN_WAY_TERMS, MN_NO_LIMIT);
	mn_view_close(v);
	m = sketch_neuron(s, MN_MEMORY, "new", MN_NEURON_ANCHOR);
	sketch_synapse(s, m, hub, MN_INVOLVES, .99);
	sketch_write(s);
	v = open_view(s);
	read_list(s, v, other, MN_WAY_TERMS, MN_NO_LIMIT);
	assert_int_equal(v->trips, 1); /* is still there */
	assert_int_equal(read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT)->n, 11);
	assert_int_equal(v->trips, 2);
	mn_view_close(v);
	sketch_end(s);
}

/* A dropped neuron takes synapses along that the change does not name: all is read anew. */
static void what_a_drop_takes_along_is_not_remembered(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 10);
	mn_neuron gone = {.id = hub + 1};
	mn_change drop = {MN_DROP, MN_NEURON, &gone};
	mn_view *v = open_view(s);

	(void)state;
	read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT);
	mn_view_close(v);
	OK(&s->call, mn_brain_apply(s->brain, &s->call, NULL, &drop, 1, NULL));
	v = open_view(s);
	assert_int_equal(read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT)->n, 9);
	mn_view_close(v);
	sketch_end(s);
}

/* The drop is not patched in: what it touched is not known. */
static void a_view_that_was_overtaken_by_a_writer_says_so(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 10);
	mn_neuron gone = {.id = sketch_neuron(s, MN_CONCEPT, "gone", 0)};
	mn_change drop = {MN_DROP, MN_NEURON, &gone};
	mn_need need = {.way = MN_WAY_TERMS, .limit = MN_NO_LIMIT};
	const mn_list *list;
	mn_view *v;

	(void)state;
	sketch_write(s);
	v = open_view(s);
	need.node = index_of(s, v, hub);
	OK(&s->call, mn_brain_apply(s->brain, &s->call, NULL, &drop, 1, NULL));
	assert_int_equal(mn_view_read(v, &need, &list), MN_ESTALE);
	mn_view_close(v);
	OK(&s->call, mn_view_open(s->brain, &s->call, true, v)); /* alone: takes what it gets */
	sketch_neuron(s, MN_CONCEPT, "again", 0);
	sketch_write(s);
	need.node = index_of(s, v, hub);
	OK(&s->call, mn_view_read(v, &need, &list));
	assert_int_equal(list->n, 10);
	mn_view_close(v);
	sketch_end(s);
}

static void a_view_goes_on_beside_own_writes_that_touch_nothing_of_it(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 10), other = sketch_neuron(s, MN_CONCEPT, "other", 0), m;
	mn_need need = {.way = MN_WAY_TERMS, .limit = MN_NO_LIMIT};
	const mn_list *list;
	mn_view *v;

	(void)state;
	sketch_synapse(s, 2, other, MN_INVOLVES, .5);
	sketch_write(s);
	v = open_view(s);
	need.node = index_of(s, v, other); /* met before the write that touches it */
	m = sketch_neuron(s, MN_MEMORY, "new", MN_NEURON_ANCHOR);
	sketch_synapse(s, m, other, MN_INVOLVES, .9);
	sketch_write(s);
	assert_int_equal(mn_view_read(v, &need, &list), MN_ESTALE);
	need.node = index_of(s, v, hub);
	OK(&s->call, mn_view_read(v, &need, &list));
	assert_int_equal(list->n, 10);
	mn_view_close(v);
	v = open_view(s);
	assert_int_equal(read_list(s, v, hub, MN_WAY_TERMS, MN_NO_LIMIT)->n, 10);
	assert_int_equal(v->trips, 1); /* the generation: the list was kept */
	assert_int_equal(read_list(s, v, other, MN_WAY_TERMS, MN_NO_LIMIT)->n, 2);
	mn_view_close(v);
	sketch_end(s);
}

static void a_spread_knows_whether_a_writer_touched_what_it_reached(void **state)
{
	sketch *s = sketch_begin();
	mn_id hub = fan_of(s, 10), other = sketch_neuron(s, MN_CONCEPT, "other", 0), m;
	mn_space *space = mn_space_new();
	mn_view *v;

	(void)state;
	sketch_write(s);
	v = open_view(s);
	mn_space_begin(space);
	assert_non_null(mn_space_touch(space, index_of(s, v, hub)));
	index_of(s, v, other);
	m = sketch_neuron(s, MN_MEMORY, "new", MN_NEURON_ANCHOR);
	sketch_synapse(s, m, other, MN_INVOLVES, .9);
	sketch_write(s);
	OK(&s->call, mn_view_whole(v, space));
	sketch_synapse(s, m, hub, MN_INVOLVES, .9);
	sketch_write(s);
	assert_int_equal(mn_view_whole(v, space), MN_ESTALE);
	mn_view_close(v);
	v = open_view(s);
	OK(&s->call, mn_view_whole(v, space));
	mn_view_close(v);
	mn_space_free(space);
	sketch_end(s);
}

static void the_cache_stays_within_its_budget_and_its_answers_right(void **state)
{
	sketch *s = sketch_begin_with(120000);
	mn_vitals vitals = MN_SIZED(mn_vitals);
	mn_id hubs[20];

	(void)state;
	for (int h = 0; h < 20; h++)
		hubs[h] = sketch_neuron(s, MN_CONCEPT, "hub", 0);
	for (int i = 0; i < 180; i++) {
		mn_id m = sketch_neuron(s, MN_MEMORY, "m", MN_NEURON_ANCHOR);

		for (int h = 0; h < 20; h++)
			sketch_synapse(s, m, hubs[h], MN_INVOLVES, 1 - h * .01 - i * .001);
	}
	sketch_write(s);
	for (int round = 0; round < 100; round++) {
		mn_view *v = open_view(s);

		for (int k = 0; k < 5; k++) {
			int h = (round * 7 + k * 3) % 20;
			const mn_list *list = read_list(s, v, hubs[h], MN_WAY_TERMS, MN_NO_LIMIT);

			assert_int_equal(list->n, 180);
			near(list->at[0].weight, 1 - h * .01);
		}
		mn_view_close(v);
		OK(&s->call, mn_brain_vitals(s->brain, &vitals));
		assert_true(vitals.cache_bytes <= vitals.cache_budget);
	}
	assert_true(vitals.cache_misses > 20); /* something had to go, and come again */
	assert_true(vitals.cache_hits > 0);
	sketch_end(s);
}

struct crowd {
	sketch *s;
	mn_id hub;
	int wrong;
};

/* Reads lists that only grow, while they do. */
static void *read_along(void *arg)
{
	struct crowd *c = arg;
	uint32_t least = 0;
	mn_call call;

	if (mn_call_init(&call, c->s->engine, 0) != MN_OK)
		return NULL;
	for (int i = 0; i < 200; i++) {
		mn_need need = {.way = MN_WAY_TERMS, .limit = MN_NO_LIMIT};
		const mn_list *list;
		mn_view v;
		int rc;

		mn_call_reset(&call);
		if (mn_view_open(c->s->brain, &call, false, &v) != MN_OK)
			continue;
		rc = mn_view_index(&v, &c->hub, 1, &need.node);
		if (rc == MN_OK)
			rc = mn_view_read(&v, &need, &list);
		if (rc == MN_OK) {
			c->wrong += list->n < least || list->n != list->degree;
			least = list->n;
			for (uint32_t k = 0; k < list->n; k++)
				c->wrong += mn_view_id(&v, list->at[k].far) == 0;
		} else {
			c->wrong += rc != MN_ESTALE;
		}
		mn_view_close(&v);
	}
	mn_call_done(&call);
	return NULL;
}

static void several_views_read_while_somebody_writes(void **state)
{
	sketch *s = sketch_begin_with(100000);
	struct crowd crowd[3];
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		crowd[i] = (struct crowd){.s = s};
	crowd[0].hub = crowd[1].hub = crowd[2].hub = fan_of(s, 100);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_along, &crowd[i]), 0);
	for (int i = 0; i < 100; i++) {
		mn_id m = sketch_neuron(s, MN_MEMORY, "m", MN_NEURON_ANCHOR);

		sketch_synapse(s, m, crowd[0].hub, MN_INVOLVES, .5);
		sketch_write(s);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(crowd[i].wrong, 0);
	}
	sketch_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_once_and_then_there),
		cmocka_unit_test(a_list_is_read_as_far_as_needed_and_no_further),
		cmocka_unit_test(a_floor_is_served_by_a_list_that_was_read_below_it),
		cmocka_unit_test(a_whole_frontier_is_one_call),
		cmocka_unit_test(names_are_remembered_also_those_that_nobody_has),
		cmocka_unit_test(own_writes_show_and_leave_the_rest_of_the_cache),
		cmocka_unit_test(what_a_drop_takes_along_is_not_remembered),
		cmocka_unit_test(a_view_that_was_overtaken_by_a_writer_says_so),
		cmocka_unit_test(a_view_goes_on_beside_own_writes_that_touch_nothing_of_it),
		cmocka_unit_test(a_spread_knows_whether_a_writer_touched_what_it_reached),
		cmocka_unit_test(the_cache_stays_within_its_budget_and_its_answers_right),
		cmocka_unit_test(several_views_read_while_somebody_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
