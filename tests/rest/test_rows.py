#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rows over REST: what is written is read back, every filter filters, both prefixes answer."""
import datetime

import rig
from rig import equal, quote

NOW = '2025-03-03T15:00:00.123456'
ODD = ['a/b', "o'hara", 'say "x"', 'q?a=1&b#c', '日本', 'a b', '..', '%2F', 'x|is_a|y']


def brain(served, name='rows'):
    c = served.client()
    c.must('POST', '/brain/create', {'name': name})
    c.brain = name
    return c


def graph(c):
    """a -> b -> c by two kinds of synapses, and one fiber."""
    for uid, kind, text, when in (('a', 'entity', 'Alice', '2025-01-01T00:00:00'),
                                  ('b', 'concept', 'bridge', '2025-01-02T00:00:00'),
                                  ('c', 'spatial', 'Lisbon bridge', '2025-01-03T00:00:00')):
        c.must('POST', '/memory/neurons',
               {'id': uid, 'type': kind, 'content': text, 'created_at': when})
    c.must('POST', '/memory/synapses', {'id': 'ab', 'source_id': 'a', 'target_id': 'b',
                                        'type': 'related_to', 'weight': 0.5, 'direction': 'bi'})
    c.must('POST', '/memory/synapses', {'id': 'bc', 'source_id': 'b', 'target_id': 'c',
                                        'type': 'leads_to', 'weight': 0.9, 'direction': 'uni'})
    c.must('POST', '/memory/fibers', {
        'id': 'f', 'neuron_ids': ['a', 'b'], 'synapse_ids': ['ab'], 'anchor_neuron_id': 'a',
        'tags': ['x', 'y'], 'salience': 0.8, 'time_start': NOW, 'time_end': NOW})


def ids(got, what):
    return [r['id'] for r in got[what]]


def test_a_neuron_comes_back_as_it_was_sent():
    with rig.server() as served:
        c = brain(served)
        sent = {'id': 'n', 'type': 'hypothesis', 'content': 'tab\tnew\nline "q" \\ é 日',
                'metadata': {'deep': [1, 2.5, None, {'x': True}]}, 'created_at': NOW}
        equal(c.must('POST', '/memory/neurons', sent), sent)
        equal(c.must('GET', '/memory/neurons/n'), sent)
        c.prefix = '/api/v1'
        equal(c.must('GET', '/memory/neurons/n'), sent)
        got = c.must('PUT', '/memory/neurons/n', {'content': 'other'})
        equal(got, {**sent, 'content': 'other'}, 'a change of the content alone')
        got = c.must('PUT', '/memory/neurons/n', {'metadata': {}})
        equal(got, {**sent, 'content': 'other', 'metadata': {}})
        equal(c.must('DELETE', '/memory/neurons/n'), {'status': 'deleted', 'id': 'n'})
        equal(c.refused(404, 'GET', '/memory/neurons/n'), 'Neuron not found')
        equal(c.refused(404, 'DELETE', '/memory/neurons/n'), 'Neuron not found')
        equal(c.refused(404, 'PUT', '/memory/neurons/n', {'content': 'x'}), 'Neuron not found')


def test_members_nobody_knows_come_back_where_they_came_in():
    with rig.server() as served:
        c = brain(served)
        sent = {'id': 'n', 'type': 'concept', 'content': 'x', 'content_hash': -8628191679516213122}
        got = c.must('POST', '/memory/neurons', sent)
        equal((got['content_hash'], got['metadata']), (sent['content_hash'], {}))
        c.must('PUT', '/memory/neurons/n', {'metadata': {'a': 1}})
        got = c.must('GET', '/memory/neurons/n')
        equal((got['content_hash'], got['metadata']), (sent['content_hash'], {'a': 1}))


def test_any_text_is_an_id():
    with rig.server() as served:
        c = brain(served)
        for uid in ODD:
            c.must('POST', '/memory/neurons', {'id': uid, 'type': 'concept', 'content': uid})
        for uid in ODD:
            path = '/memory/neurons/' + quote(uid)
            equal(c.must('GET', path)['content'], uid)
            equal(c.must('PUT', path + '/state', {'neuron_id': uid, 'access_frequency': 3}),
                  {'status': 'updated', 'neuron_id': uid})
            equal(c.must('GET', path + '/state')['access_frequency'], 3)
            c.must('POST', '/memory/synapses', {'id': 's ' + uid, 'source_id': uid,
                                                'target_id': ODD[0], 'type': 'related_to'})
            equal(c.must('GET', '/memory/synapses/' + quote('s ' + uid))['source_id'], uid)
        near = c.must('GET', '/memory/neurons/' + quote(ODD[0]) + '/neighbors')
        equal({n['neuron']['id'] for n in near['neighbors']}, set(ODD))
        for uid in ODD:
            equal(c.must('DELETE', '/memory/neurons/' + quote(uid))['id'], uid)


def test_what_is_taken_or_missing_is_said():
    with rig.server() as served:
        c = brain(served)
        graph(c)
        equal(c.refused(409, 'POST', '/memory/neurons',
                        {'id': 'a', 'type': 'concept', 'content': 'x'}), 'Neuron a already exists')
        equal(c.refused(409, 'POST', '/memory/synapses', {
            'id': 'ab', 'source_id': 'a', 'target_id': 'b', 'type': 'is_a'}),
            'Synapse ab already exists')
        equal(c.refused(400, 'POST', '/memory/synapses', {
            'source_id': 'a', 'target_id': 'zz', 'type': 'is_a'}),
            'Target neuron zz does not exist')
        equal(c.refused(400, 'POST', '/memory/fibers', {'anchor_neuron_id': 'zz'}),
              'Anchor neuron zz does not exist')
        equal(c.refused(400, 'POST', '/memory/fibers', {
            'anchor_neuron_id': 'a', 'neuron_ids': ['b']}),
            'anchor_neuron_id is not among neuron_ids')
        equal(c.refused(400, 'POST', '/memory/neurons', {'type': 'bogus', 'content': 'x'}),
              'Invalid neuron type')
        equal(c.refused(400, 'POST', '/memory/synapses', {
            'source_id': 'a', 'target_id': 'b', 'type': 'is_a', 'direction': 'up'}),
            'Invalid direction')
        for kind in ('synapses', 'fibers', 'fiber'):
            c.refused(404, 'GET', f'/memory/{kind}/zz')
        c.refused(404, 'GET', '/memory/neurons/zz/state')
        equal(c.must('GET', '/memory/neurons/zz/neighbors')['neighbors'], [])


def test_lists_of_neurons_honour_every_filter():
    with rig.server() as served:
        c = brain(served)
        graph(c)
        find = lambda **q: ids(c.must('GET', '/memory/neurons', **q), 'neurons')
        equal(find(), ['a', 'b', 'c'])
        equal(find(limit=2), ['a', 'b'])
        equal(find(limit=2, offset=2), ['c'])
        equal(find(type='spatial'), ['c'])
        equal(find(type='intent'), [])
        equal(find(content_exact='bridge'), ['b'])
        equal(find(content_exact='bridge', type='spatial'), [])
        equal(find(content_exact='Lisbon bridge'), ['c'])
        equal(sorted(find(content_contains='bridge')), ['b', 'c'])
        equal(find(content_contains='isbo'), ['c'], 'a part of a word')
        equal(find(time_start='2025-01-02T00:00:00'), ['b', 'c'])
        equal(find(time_start='2025-01-02T00:00:00', time_end='2025-01-02T00:00:00'), ['b'])
        equal(find(created_before='2025-01-02T00:00:00'), ['a'])
        equal(find(ephemeral='true'), [])
        equal(c.must('GET', '/memory/neurons', limit=2)['truncated'], True)
        equal(c.must('GET', '/memory/neurons', limit=3)['truncated'], False)


def test_lists_of_synapses_honour_every_filter():
    with rig.server() as served:
        c = brain(served)
        graph(c)
        find = lambda **q: ids(c.must('GET', '/memory/synapses', **q), 'synapses')
        equal(find(), ['ab', 'bc'])
        equal(find(source_id='b'), ['bc'])
        equal(find(target_id='b'), ['ab'])
        equal(find(source_id='zz'), [])
        equal(find(type='leads_to'), ['bc'])
        equal(find(min_weight=0.6), ['bc'])
        equal(find(limit=1, offset=1), ['bc'])
        near = lambda **q: sorted(n['synapse']['id'] for n in c.must(
            'GET', '/memory/neurons/b/neighbors', **q)['neighbors'])
        equal(near(), ['ab', 'bc'])
        equal(near(direction='out'), ['ab', 'bc'], 'a two-way synapse counts for both')
        equal(near(direction='in'), ['ab'])
        equal(near(min_weight=0.5), ['ab', 'bc'])
        equal(near(min_weight=0.51), ['bc'])
        equal(near(synapse_types='leads_to,felt'), ['bc'])
        equal(near(synapse_types='felt'), [])
        equal(c.refused(400, 'GET', '/memory/neurons/b/neighbors', direction='up'),
              'Invalid direction')


def test_paths_are_the_shortest_and_end_at_max_hops():
    with rig.server() as served:
        c = brain(served)
        graph(c)
        path = lambda a, **q: c.must('GET', f'/memory/neurons/{a}/path', **q)
        got = path('a', target_id='c')
        equal(([p['neuron']['id'] for p in got['path']], got['hops']), (['b', 'c'], 2))
        equal(path('a', target_id='c', max_hops=1), {'path': None, 'hops': 0})
        equal(path('c', target_id='a'), {'path': None, 'hops': 0}, 'against a one-way synapse')
        equal(path('c', target_id='a', bidirectional='True')['hops'], 2)
        equal(path('a', target_id='zz'), {'path': None, 'hops': 0})
        equal(path('a', target_id='a'), {'path': None, 'hops': 0})
        c.refused(422, 'GET', '/memory/neurons/a/path')
        c.refused(422, 'GET', '/memory/neurons/a/path', target_id='c', max_hops=11)


def test_lists_of_fibers_honour_every_filter_and_order():
    with rig.server() as served:
        c = brain(served)
        graph(c)
        c.must('POST', '/memory/fibers', {'id': 'g', 'anchor_neuron_id': 'c', 'neuron_ids': ['c'],
                                          'salience': 0.3, 'frequency': 9, 'tags': ['y']})
        find = lambda **q: ids(c.must('GET', '/memory/fibers', **q), 'fibers')
        equal(find(contains_neuron='b'), ['f'])
        equal(find(contains_neuron='zz'), [])
        equal(find(tags='y'), ['f', 'g'], 'the most salient first')
        equal(find(tags='x,y'), ['f'])
        equal(find(tags='x,z', tag_mode='or'), ['f'])
        equal(find(min_salience=0.5), ['f'])
        equal(find(time_start='2025-03-03T00:00:00', time_end='2025-03-04T00:00:00'), ['f'])
        equal(find(order_by='salience', descending='false'), ['g', 'f'])
        equal(find(order_by='salience', descending='True'), ['f', 'g'])
        equal(find(order_by='frequency'), ['g', 'f'])
        equal(find(order_by='created_at'), ['g', 'f'])
        equal(find(order_by='created_at', limit=1, offset=1), ['f'])
        c.refused(422, 'GET', '/memory/fibers', order_by='weight')
        got = c.must('PUT', '/memory/fibers/f', {'summary': 's', 'tags': []})
        equal(got, {'status': 'updated', 'id': 'f'})
        got = c.must('GET', '/memory/fiber/f')
        equal((got['summary'], got['tags'], got['neuron_ids'], got['time_start']),
              ('s', [], ['a', 'b'], NOW))


def test_weights_and_states_keep_every_bit():
    with rig.server() as served:
        c = brain(served)
        graph(c)
        for weight in (0.1 + 0.2, 5e-324, 1.0, 0.0, 1 / 3):
            c.must('PUT', '/memory/synapses/ab', {'weight': weight})
            got = c.must('GET', '/memory/synapses/ab')['weight']
            assert isinstance(got, float) and got == weight, (got, weight)
        c.must('PUT', '/memory/neurons/a/state', {
            'neuron_id': 'a', 'activation_level': 0.1 + 0.2, 'access_frequency': 4294967295,
            'last_activated': NOW, 'decay_rate': 1 / 3, 'refractory_period_ms': 412.5})
        got = c.must('GET', '/memory/neurons/a/state')
        equal((got['activation_level'], got['access_frequency'], got['last_activated'],
               got['decay_rate'], got['refractory_period_ms'], got['firing_threshold']),
              (0.1 + 0.2, 4294967295, NOW, 1 / 3, 412.5, 0.3))


def test_a_memory_is_encoded_shown_and_recalled():
    with rig.server() as served:
        c = brain(served)
        got = c.must('POST', '/memory/encode', {
            'content': 'Alice decided to use PostgreSQL for project Apollo', 'tags': ['work'],
            'metadata': {'k': 1}, 'timestamp': NOW})
        stats = c.must('GET', '/brain/rows/stats')
        equal((got['neurons_created'], got['synapses_created']),
              (stats['neuron_count'], stats['synapse_count']))
        shown = c.must('GET', '/memory/show/' + quote(got['fiber_id']))
        equal((shown['content'][:5], shown['tags'], shown['metadata']['k']), ('Alice', ['work'], 1))
        fiber = c.must('GET', '/memory/fiber/' + quote(got['fiber_id']))
        equal(len(fiber['neuron_ids']), shown['neuron_count'])
        equal(fiber['time_start'], NOW)
        again = c.must('POST', '/memory/encode', {
            'content': 'Bob uses PostgreSQL too', 'tags': ['other']})
        assert again['neurons_linked'] >= 1, again

        ask = lambda text, **more: c.must('POST', '/memory/query', {'query': text, **more})
        got = ask('What did Alice decide?', include_subgraph=True)
        assert got['confidence'] > 0.9 and got['answer'].startswith('Alice decided'), got
        equal(got['fibers_matched'][0], fiber['id'])
        assert fiber['anchor_neuron_id'] in got['subgraph']['neuron_ids'], got
        assert got['subgraph']['anchor_ids'] and got['subgraph']['synapse_ids'], got
        got = ask('xyzzy plugh')
        equal((got['confidence'], got['context'], got['fibers_matched'], got['answer']),
              (0, '', [], None))
        assert ask('What did Zebulon decide?')['confidence'] < 0.6
        assert 'Alice' not in ask('PostgreSQL', tags=['other'])['context']
        assert 'Bob' in ask('PostgreSQL', tags=['other'])['context']
        equal(ask('PostgreSQL', min_confidence=1.0, tags=['none'])['confidence'], 0)
        for i in range(30):
            c.must('POST', '/memory/encode', {'content': f'Number {i} about zeppelins in the sky'})
        long = ask('zeppelins', max_tokens=5000)['context']
        short = ask('zeppelins', max_tokens=50)['context']
        assert len(short) < 50 * 5 < len(long), (short, long)


def test_what_the_peer_called_an_anchor_is_found_by_our_recall():
    with rig.server() as served:
        c = brain(served)
        c.must('POST', '/memory/neurons', {
            'id': 'anchor', 'type': 'concept', 'content': 'Grace invented the compiler',
            'metadata': {'is_anchor': True}, 'created_at': NOW})
        c.must('POST', '/memory/fibers', {'id': 'grace', 'anchor_neuron_id': 'anchor',
                                          'neuron_ids': ['anchor'], 'synapse_ids': []})
        got = c.must('GET', '/memory/neurons/anchor')
        equal((got['type'], got['metadata']), ('concept', {'is_anchor': True}))
        got = c.must('POST', '/memory/query', {'query': 'Who invented the compiler?'})
        equal(got['fibers_matched'], ['grace'])


def test_suggestions_begin_with_the_letters():
    with rig.server() as served:
        c = brain(served)
        graph(c)
        got = c.must('GET', '/memory/suggest', prefix='bri', limit=2)
        equal([s['content'] for s in got['suggestions']], ['bridge', 'Lisbon bridge'])
        got = c.must('GET', '/memory/suggest', prefix='bri', type='spatial')
        equal([s['neuron_id'] for s in got['suggestions']], ['c'])
        c.refused(422, 'GET', '/memory/suggest')
        c.refused(422, 'GET', '/memory/suggest', prefix='x', limit=101)


def test_times_are_naive_as_python_prints_them():
    with rig.server() as served:
        c = brain(served)
        c.must('POST', '/memory/neurons', {'id': 'z', 'type': 'concept', 'content': 'x',
                                           'created_at': '2025-03-03T16:00:00+01:00'})
        equal(c.must('GET', '/memory/neurons/z')['created_at'], '2025-03-03T15:00:00')
        got = c.must('POST', '/memory/neurons', {'type': 'concept', 'content': 'y'})
        now = datetime.datetime.fromisoformat(got['created_at'])
        assert now.tzinfo is None
        assert abs(now - datetime.datetime.utcnow()) < datetime.timedelta(hours=1)


if __name__ == '__main__':
    rig.run(globals())
