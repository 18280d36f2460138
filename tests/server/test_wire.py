#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The endpoints under /mn/v1, asked as a program would: what they answer, and what they refuse."""
import contextlib
import http.client
import json
import re
import subprocess
import tempfile
import threading
import unittest

import served

MN = '/mn/v1'
NDJSON = 'application/x-ndjson'
NOTES = ('{"id":"moth","text":"The first bug was a moth in a relay.","timestamp":"1947-09-09"}\n'
         '{"id":"hopper","text":"Grace Hopper told the story of the moth."}\n'
         '{"id":"cobol","text":"Grace Hopper helped to design COBOL."}\n')
GENERATION = re.compile(r'^"[0-9a-f]+-[0-9a-f]+-[0-9a-f]+"$')


def neuron(i, text='x', **more):
    return dict({'id': i, 'type': 'concept', 'text': text}, **more)


def add(*rows, kind='neuron', op='add'):
    return {'changes': [{'op': op, 'kind': kind, 'row': row} for row in rows]}


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = served.Served(served.program())

    @classmethod
    def tearDownClass(cls):
        assert cls.server.close() == 0

    def setUp(self):
        self.name = 'b-' + self.id().rsplit('.', 1)[1][:60]
        self.brain = f'{MN}/brains/{self.name}'
        self.ok(self.json('POST', f'{MN}/brains', {'name': self.name}), 201)

    def json(self, *args, **headers):
        return self.server.json(*args, **headers)

    def ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def post(self, verb, body, **headers):
        return self.json('POST', f'{self.brain}/{verb}', body, **headers)

    def remember(self):
        return self.ok(self.post('remember', NOTES, Content_Type=NDJSON))

    def at(self):
        return self.ok(self.json('GET', f'{self.brain}/generation')).etag

    def refused(self, answer, status, code, says=None):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers['Content-Type'], 'application/problem+json')
        problem = answer.json
        self.assertEqual((problem['status'], problem['code']), (status, code))
        if says:
            self.assertIn(says, problem['detail'])
        return problem


class Store(Wire):
    def test_a_store_says_what_it_can_do(self):
        info = self.ok(self.json('GET', f'{MN}/info')).json
        self.assertEqual(info['threads'], 'any-calls')
        for cap in ('write', 'durable', 'frozen', 'create', 'atomic', 'generation'):
            self.assertIn(cap, info['caps'])

    def test_a_brain_is_made_found_by_name_and_uid_changed_and_deleted(self):
        row = {'name': 'ä b/..'.replace('/', '-'), 'uid': 'own uid', 'config': '{"decay_rate":0.5}',
               'meta': '{"a":1}', 'created': 5, 'clock': 7}
        made = self.ok(self.json('POST', f'{MN}/brains', row), 201).json['rows'][0]
        for name, value in row.items():
            self.assertEqual(made[name], value)
        for name in ('%C3%A4%20b-..', 'own%20uid'):
            found = self.ok(self.json('GET', f'{MN}/brains/{name}'))
            self.assertEqual({**found.json['rows'][0], 'bytes': 0}, {**made, 'bytes': 0})
            self.assertRegex(found.etag, GENERATION)
        change = {'name': 'renamed', 'meta': '{"a":2}', 'updated': 9, 'clock': 86400000000}
        changed = self.ok(self.json('PUT', f'{MN}/brains/own%20uid', change)).json['rows'][0]
        for name, value in change.items():
            self.assertEqual(changed[name], value)
        self.assertNotIn('config', changed)
        self.assertEqual(changed['uid'], 'own uid')
        names = [r['name'] for r in self.ok(self.json('GET', f'{MN}/brains')).json['rows']]
        self.assertIn('renamed', names)
        self.assertNotIn(row['name'], names)
        self.ok(self.json('DELETE', f'{MN}/brains/renamed'), 204)
        self.refused(self.json('GET', f'{MN}/brains/renamed'), 404, 'no-brain')
        self.refused(self.json('DELETE', f'{MN}/brains/renamed'), 404, 'no-brain')

    def test_what_is_no_brain_is_refused(self):
        for body, status, code in [
                ({}, 400, 'invalid'), ({'name': ''}, 400, 'invalid'),
                ({'name': 'a/b'}, 400, 'invalid'), ({'name': 'a\n'}, 400, 'invalid'),
                ({'name': 'x' * 101}, 400, 'invalid'), ({'name': 7}, 400, 'invalid'),
                ({'name': 'x', 'config': '[]'}, 400, 'invalid'),
                ({'name': 'x', 'config': {}}, 400, 'invalid'),
                ({'name': 'x', 'colour': 'red'}, 400, 'invalid'),
                ('{"name":"x"', 400, 'invalid'), ('[]', 400, 'invalid'), ('', 400, 'invalid'),
                (b'{"name":"\xff"}', 400, 'invalid'), ('{"name":"x\\u0000"}', 400, 'invalid'),
                ({'name': self.name}, 409, 'conflict')]:
            self.refused(self.json('POST', f'{MN}/brains', body), status, code)
        self.refused(self.json('PUT', self.brain, {'config': '{"decay_rate":-1}'}), 400, 'invalid')
        self.refused(self.json('PUT', f'{MN}/brains/nobody', {'name': 'x'}), 404, 'no-brain')

    def test_a_brain_is_renamed_although_it_was_asked_just_now(self):
        self.remember()
        self.ok(self.post('recall', {'query': 'moth'}))
        self.ok(self.json('PUT', self.brain, {'name': self.name + '2'}))
        self.refused(self.post('recall', {'query': 'moth'}), 404, 'no-brain')
        found = self.ok(self.json('POST', f'{self.brain}2/recall', {'query': 'moth'})).json
        self.assertEqual(found['ranked'][0], 'moth')

    def test_a_brain_that_is_deleted_while_it_is_read_ends_the_reading(self):
        rows = [neuron(i, 'x' * 2000) for i in range(1, 5001)]
        self.ok(self.post('apply', add(*rows)))
        with contextlib.closing(self.server.connect()) as c:
            c.request('POST', f'{self.brain}/scan?page=10', '{"kind":"neuron"}',
                      {'Content-Type': 'application/json'})
            stream = c.getresponse()
            self.assertEqual(stream.status, 200)
            first = json.loads(stream.readline())
            self.assertEqual(len(first['rows']), 10)
            self.ok(self.json('DELETE', self.brain), 204)
            try:
                rest = [json.loads(line) for line in stream.read().splitlines()]
                whole = rest[-1].get('last')
            except (OSError, http.client.IncompleteRead):
                whole = False
            if whole:
                self.assertEqual(10 + sum(len(page['rows']) for page in rest), 5000)
        self.refused(self.post('get', {'kind': 'neuron', 'ids': [1]}), 404, 'no-brain')
        self.ok(self.json('POST', f'{MN}/brains', {'name': self.name}), 201)
        again = self.ok(self.post('get', {'kind': 'neuron', 'ids': [1]})).json
        self.assertEqual(again['rows'], [None])


class Reading(Wire):
    def test_rows_come_back_in_the_order_asked(self):
        self.remember()
        answer = self.ok(self.post('get', {'kind': 'neuron', 'ids': [2, 99, 1, 2],
                                           'fields': ['text']}))
        self.assertRegex(answer.etag, GENERATION)
        rows = answer.json['rows']
        self.assertEqual([r and r['id'] for r in rows], [2, None, 1, 2])
        self.assertEqual(answer.json['kind'], 'neuron')

    def test_keys_uids_and_anchors_are_found(self):
        fibers = self.remember().json['fibers']
        ids = self.ok(self.post('lookup', {'keys': [['concept', 'moth'], ['concept', 'unheard'],
                                                    ['never heard', 'of']]})).json['ids']
        self.assertGreater(ids[0], 0)
        self.assertEqual(ids[1:], [0, 0])
        anchors = self.ok(self.post('resolve', {'kind': 'neuron',
                                                'uids': ['cobol', 'moth', 'none']})).json['ids']
        self.assertEqual(anchors[2], 0)
        found = self.ok(self.post('fibers-of', {'kind': 'fiber', 'ids': anchors})).json['rows']
        self.assertEqual([r and r['id'] for r in found], [fibers[2], fibers[0], None])

    def test_a_frontier_is_expanded_in_columns(self):
        self.remember()
        moth = self.ok(self.post('lookup', {'keys': [['concept', 'moth']]})).json['ids'][0]
        fan = self.ok(self.post('expand', {
            'frontier': [moth, 99999], 'reaches': [{'in': True}], 'want_synapse': True,
            'limit': [1, 4294967295], 'floor': [0.01, 0]})).json
        self.assertEqual((fan['count'], fan['degree']), ([1, 0], [2, 0]))
        self.assertEqual([len(fan[c]) for c in ('far', 'weight', 'synapse', 'type', 'out')], [1] * 5)
        self.assertEqual(fan['types'], ['involves'])
        self.assertGreater(fan['bound'][0], 0)

    def test_a_scan_is_a_page_a_line_and_the_last_says_so(self):
        self.remember()
        answer = self.ok(self.post('scan?page=4', {'kind': 'synapse'}))
        self.assertEqual(answer.headers['Content-Type'], NDJSON)
        pages = answer.lines
        self.assertTrue(all(len(p['rows']) == 4 for p in pages[:-1]))
        self.assertEqual([p.get('last', False) for p in pages], [False] * (len(pages) - 1) + [True])
        self.assertEqual(answer.etag, self.at())
        ids = [r['id'] for p in pages for r in p['rows']]
        self.assertEqual(ids, sorted(set(ids)))
        later = self.ok(self.post('scan', {'kind': 'synapse', 'after': pages[0]['resume']})).lines
        self.assertEqual([r['id'] for p in later for r in p['rows']], ids[4:])
        found = self.ok(self.post('scan', {'kind': 'neuron', 'text': 'design COB',
                                           'types': ['memory']})).lines
        self.assertEqual([r['uid'] for r in found[0]['rows']], ['cobol'])

    def test_a_scan_sees_one_generation_while_others_write(self):
        self.ok(self.post('apply', add(*[neuron(i, 'y' * 500) for i in range(1, 4001)])))
        with contextlib.closing(self.server.connect()) as c:
            c.request('POST', f'{self.brain}/scan?page=100', '{"kind":"neuron"}',
                      {'Content-Type': 'application/json'})
            stream = c.getresponse()
            first = json.loads(stream.readline())
            drop = add(*[{'id': i} for i in range(3000, 4001)], op='drop')
            self.ok(self.post('apply', drop))
            pages = [first] + [json.loads(line) for line in stream.read().splitlines()]
        self.assertEqual(sum(len(p['rows']) for p in pages), 4000)
        self.assertTrue(pages[-1]['last'])
        self.assertNotEqual(stream.headers['ETag'], self.at())

    def test_entity_tags_are_generations(self):
        at = self.at()
        self.assertRegex(at, GENERATION)
        path = f'{self.brain}/generation'
        same = self.json('GET', path, If_None_Match=f'"1-2-3", W/{at}')
        self.assertEqual((same.status, same.body, same.etag), (304, b'', at))
        self.ok(self.json('GET', path, If_None_Match='"1-2-3"'))
        self.ok(self.json('GET', path, If_None_Match='nonsense'))
        self.assertEqual(self.json('GET', path, If_None_Match='*').status, 304)
        self.ok(self.post('scan', {'kind': 'neuron'}, If_Match=at))
        self.remember()
        self.assertNotEqual(self.at(), at)
        self.refused(self.post('scan', {'kind': 'neuron'}, If_Match=at), 412, 'stale')
        self.ok(self.post('scan', {'kind': 'neuron'}, If_Match='*'))

    def test_what_cannot_be_asked_is_refused_with_its_member(self):
        for verb, body, says in [
                ('get', {'ids': [1]}, 'kind'), ('get', {'kind': 'neuron'}, 'ids'),
                ('get', {'kind': 'neuron', 'ids': [-1]}, 'ids[0]'),
                ('get', {'kind': 'neuron', 'ids': [1.5]}, 'ids[0]'),
                ('get', {'kind': 'cat', 'ids': [1]}, 'kind'),
                ('get', {'kind': 'brain', 'ids': [1]}, 'kind'),
                ('get', {'kind': 'neuron', 'ids': [1], 'fields': ['feet']}, 'fields'),
                ('get', {'kind': 'neuron', 'ids': [1] * 100001}, '100001'),
                ('get', '{"kind":"neuron","ids":[1],"ids":[2]}', 'duplicate'),
                ('get', '{"kind":"neuron","ids":[1]} x', 'expected'),
                ('get', '[' * 1000, 'deep'),
                ('fibers-of', {'kind': 'neuron', 'ids': [1]}, 'kind'),
                ('lookup', {'keys': [['concept']]}, 'keys[0]'),
                ('resolve', {'kind': 'state', 'uids': ['a']}, 'kind'),
                ('expand', {'frontier': [1], 'reaches': []}, 'reaches'),
                ('expand', {'frontier': [1], 'reaches': [{}], 'limit': []}, 'limit'),
                ('expand', {'frontier': [1], 'reaches': [{}], 'reach_of': [1]}, 'reach_of'),
                ('scan', {'kind': 'brain'}, 'kind'), ('scan', {}, 'kind'),
                ('scan', {'kind': 'fiber', 'text': 'a'}, 'neurons'),
                ('scan', {'kind': 'neuron', 'after': 'nonsense'}, 'nonsense'),
                ('scan?page=0', {'kind': 'neuron'}, 'page'),
                ('scan?page=x', {'kind': 'neuron'}, 'page'),
                ('reserve', {'kind': 'state', 'n': 1}, 'reserved'),
                ('reserve', {'kind': 'neuron', 'n': 0}, 'reserved'),
                ('reserve', {'kind': 'neuron', 'n': 4294967296}, 'n must')]:
            with self.subTest(verb=verb, body=str(body)[:60]):
                self.refused(self.post(verb, body), 400, 'invalid', says)

    def test_what_is_not_json_or_too_long_or_not_there_is_refused(self):
        r = self.post('get', 'x', Content_Type='text/plain')
        self.assertEqual(r.status, 415)
        r = self.post('get', b' ' * ((16 << 20) + 1))
        self.assertEqual(r.status, 413)
        self.assertEqual(self.post('nothing', {}).status, 404)
        self.assertEqual(self.json('GET', f'{self.brain}/apply').status, 405)
        self.assertEqual(self.json('GET', f'{MN}/brains/%ff/generation').status, 400)
        self.refused(self.json('GET', f'{MN}/brains/%2e%2e%2fetc/generation'), 404, 'no-brain')

    def test_a_deadline_of_nothing_is_late(self):
        self.refused(self.json('GET', f'{self.brain}/generation', Mn_Deadline_Ms='0'), 504,
                     'timeout')


class Changing(Wire):
    def test_changes_are_all_or_nothing_and_name_the_culprit(self):
        before = self.at()
        done = self.ok(self.post('apply', add(neuron(1), neuron(2, 'y')))).json
        self.assertEqual(f'"{done["before"]}"', before)
        self.assertEqual(f'"{done["after"]}"', self.at())
        problem = self.refused(self.post('apply', add(neuron(3), neuron(2))), 409, 'conflict')
        self.assertEqual(problem['culprit'], 1)
        problem = self.refused(self.post('apply', {'changes': [
            {'op': 'put', 'kind': 'neuron', 'row': neuron(4)},
            {'op': 'put', 'kind': 'synapse', 'row': {'id': 1, 'from': 4, 'to': 77}}]}), 400,
            'invalid')
        self.assertEqual(problem['culprit'], 1)
        for body in [add({'id': 1, 'level': 2}, kind='state'), add({'text': 'x'}),
                     {'changes': [{'op': 'tune', 'kind': 'neuron', 'row': neuron(1)}]},
                     {'changes': [{'op': 'put', 'kind': 'neuron'}]}]:
            self.assertEqual(self.refused(self.post('apply', body), 400, 'invalid')['culprit'], 0)
        for body in [{}, {'changes': {}}, {'changes': [1]}, {'changes': [{'op': 'put'}]},
                     {'expect': '1-2', 'changes': []},
                     {'changes': [{'op': 'put', 'kind': 'neuron', 'row': {'id': 1, 'size': 3}}]}]:
            self.assertNotIn('culprit', self.refused(self.post('apply', body), 400, 'invalid'))
        got = self.ok(self.post('get', {'kind': 'neuron', 'ids': [1, 2, 3, 4]})).json['rows']
        self.assertEqual([r and r['id'] for r in got], [1, 2, None, None])

    def test_changes_that_expect_another_generation_are_not_made(self):
        old = self.at()
        self.ok(self.post('apply', add(neuron(1)), If_Match=old))
        self.refused(self.post('apply', add(neuron(2)), If_Match=old), 412, 'stale')
        problem = self.refused(
            self.post('apply', {'expect': old.strip('"'), **add(neuron(2))}), 409, 'conflict')
        self.assertEqual(problem['culprit'], 1)
        self.refused(self.post('apply', add(neuron(2)), If_Match='"never"'), 412, 'stale')
        self.refused(self.post('apply', add(neuron(2)), If_Match='never'), 400, 'invalid')
        self.refused(self.post('apply', {'expect': old.strip('"'), **add(neuron(2))},
                               If_Match=self.at()), 400, 'invalid')
        self.ok(self.post('apply', add(neuron(2)), If_Match='*'))
        bump = add({'id': 1, 'uses': 1}, kind='state', op='bump')
        at = self.at()
        self.ok(self.post('apply', bump))
        self.assertNotEqual(self.at(), at)
        self.ok(self.post('apply', add(neuron(3)), If_Match=at))

    def test_ids_are_handed_out_once(self):
        first = self.ok(self.post('reserve', {'kind': 'neuron', 'n': 10})).json
        second = self.ok(self.post('reserve', {'kind': 'neuron', 'n': 1})).json
        self.assertEqual((first['kind'], first['n']), ('neuron', 10))
        self.assertGreaterEqual(second['first'], first['first'] + 10)

    def test_a_change_under_a_key_is_made_once(self):
        bump = add({'id': 1, 'uses': 1}, kind='state', op='bump')
        self.ok(self.post('apply', add(neuron(1))))
        first = self.ok(self.post('apply', bump, Idempotency_Key='k 1'))
        again = self.ok(self.post('apply', bump, Idempotency_Key='k 1'))
        self.assertEqual((again.body, again.etag), (first.body, first.etag))
        self.assertEqual(again.headers['Idempotent-Replayed'], 'true')
        self.refused(self.post('apply', add(neuron(9)), Idempotency_Key='k 1'), 422, 'invalid')
        self.ok(self.post('apply', bump, Idempotency_Key='k 2'))
        for key in ('', 'x' * 129, 'a\tb', 'é'.encode().decode('latin-1')):
            self.refused(self.post('apply', bump, Idempotency_Key=key), 400, 'invalid')
        row = self.ok(self.post('get', {'kind': 'state', 'ids': [1]})).json['rows'][0]
        self.assertEqual(row['uses'], 2)

    def test_a_key_that_was_sent_before_but_is_not_known_is_refused(self):
        bump = add({'id': 1, 'uses': 1}, kind='state', op='bump')
        self.ok(self.post('apply', add(neuron(1))))
        first = self.ok(self.post('apply', bump, Idempotency_Key='known'))
        again = self.ok(self.post('apply', bump, Idempotency_Key='known', Mn_Retry_Ms='20'))
        self.assertEqual(again.body, first.body)
        # sent for the first time before this server was there
        r = self.post('apply', bump, Idempotency_Key='unknown', Mn_Retry_Ms='2000000000')
        self.refused(r, 412, 'stale', 'not known')
        r = self.post('apply', bump, Idempotency_Key='unknown', Mn_Retry_Ms='-1')
        self.refused(r, 400, 'invalid', 'Mn-Retry-Ms')
        row = self.ok(self.post('get', {'kind': 'state', 'ids': [1]})).json['rows'][0]
        self.assertEqual(row['uses'], 1)

    def test_questions_with_invented_types_use_no_codes_up(self):
        self.ok(self.post('apply', add(neuron(1, type='mine'))))
        for n in range(50):
            names = [f'invented {n} {i}' for i in range(100)]
            found = self.ok(self.post('lookup', {'keys': [[name, 'x'] for name in names]}))
            self.assertEqual(set(found.json['ids']), {0})
            fan = self.ok(self.post('expand', {'frontier': [1],
                                               'reaches': [{'types': names, 'out': True}]}))
            self.assertEqual(fan.json['degree'], [0])
            for kind in ('neuron', 'synapse'):
                page = self.ok(self.post('scan', {'kind': kind, 'types': names})).lines[-1]
                self.assertEqual((page['rows'], page['last']), ([], True))
        self.ok(self.post('apply', add(neuron(2, type='mine too'))))
        found = self.ok(self.post('lookup', {'keys': [['mine', 'x'], ['mine too', 'x']]}))
        self.assertEqual(found.json['ids'], [1, 2])
        crowd = [[f'at once {i}', ''] for i in range(1000)]
        self.refused(self.post('lookup', {'keys': crowd}), 503, 'busy', 'types')

    def test_a_type_without_a_code_is_refused_and_not_stored_as_none(self):
        with served.Served(served.program(), store='memory:') as s:
            s.json('POST', f'{MN}/brains', {'name': 'b'})
            apply = f'{MN}/brains/b/apply'
            for at in range(0, 4000, 1000):
                rows = [neuron(at + i + 1, type=f'type {at + i}') for i in range(1000)]
                self.ok(s.json('POST', apply, add(*rows)))
            rows = [neuron(5000 + i, type=f'type {5000 + i}') for i in range(100)]
            self.refused(s.json('POST', apply, add(*rows)), 400, 'invalid', '4096')
            self.ok(s.json('POST', apply, add(neuron(9000, type='type 7'))))

    def test_types_of_a_store_are_known_to_the_first_question(self):
        with tempfile.TemporaryDirectory() as folder:
            store = f'sqlite:{folder}/store'
            with served.Served(served.program(), store=store) as s:
                s.json('POST', f'{MN}/brains', {'name': 'b'})
                synapse = {'id': 1, 'from': 1, 'to': 2, 'type': 'spells', 'base': 0.5}
                changes = add(neuron(1, type='odd'), neuron(2, type='odd', text='y'))['changes']
                changes += add(synapse, kind='synapse')['changes']
                self.ok(s.json('POST', f'{MN}/brains/b/apply', {'changes': changes}))
            for verb, body, says in [
                    ('lookup', {'keys': [['odd', 'y']]}, '[2]'),
                    ('expand', {'frontier': [1], 'reaches': [{'types': ['spells'], 'out': True}]},
                     '"far":[2]'),
                    ('scan', {'kind': 'neuron', 'types': ['odd']}, '"id":2')]:
                with served.Served(served.program(), store=store) as s:
                    answer = self.ok(s.json('POST', f'{MN}/brains/b/{verb}', body))
                    self.assertIn(says, answer.body.decode())

    def test_a_key_belongs_to_a_brain_and_what_failed_may_be_tried_again(self):
        self.refused(self.post('apply', add({'id': 1, 'from': 1, 'to': 2}, kind='synapse'),
                               Idempotency_Key='k'), 400, 'invalid')
        self.ok(self.post('apply', add(neuron(1), neuron(2, 'y')), Idempotency_Key='k'))
        other = self.name + '-other'
        self.ok(self.json('POST', f'{MN}/brains', {'name': other}), 201)
        self.ok(self.json('POST', f'{MN}/brains/{other}/apply', add(neuron(7)), Idempotency_Key='k'))

    def test_the_same_key_at_the_same_time_is_one_change(self):
        rows = [neuron(i, f'n{i}') for i in range(1, 2001)]
        body = json.dumps({'changes': add(*rows)['changes'] + [
            {'op': 'bump', 'kind': 'state', 'row': {'id': 1, 'uses': 1}}]})
        answers = []

        def change():
            answers.append(self.post('apply', body, Idempotency_Key='at once'))
        threads = [threading.Thread(target=change) for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual([a.status for a in answers], [200] * 6)
        self.assertEqual(len({a.body for a in answers}), 1)
        self.assertEqual(
            sum(a.headers.get('Idempotent-Replayed') == 'true' for a in answers), 5)
        row = self.ok(self.post('get', {'kind': 'state', 'ids': [1]})).json['rows'][0]
        self.assertEqual(row['uses'], 1)

    def test_a_call_that_is_cancelled_by_its_key_has_written_all_or_nothing(self):
        self.assertEqual(self.json('DELETE', f'{MN}/calls/unheard%20of').status, 404)
        body = json.dumps(add(*[neuron(i, f'n{i} ' + 'z' * 400) for i in range(1, 60001)]))
        got = []
        t = threading.Thread(target=lambda: got.append(
            self.post('apply', body, Idempotency_Key='long one')))
        t.start()
        while t.is_alive() and self.json('DELETE', f'{MN}/calls/long%20one').status == 404:
            pass
        t.join()
        ids = self.ok(self.post('get', {'kind': 'neuron', 'ids': [1, 30000, 60000]})).json['rows']
        if got[0].status == 200:
            self.assertNotIn(None, ids)
        else:
            self.refused(got[0], 499, 'cancelled')
            self.assertEqual(ids, [None] * 3)
            self.ok(self.post('apply', body, Idempotency_Key='long one'))

    def test_a_client_that_goes_away_leaves_all_or_nothing(self):
        body = json.dumps(add(*[neuron(i, f'n{i} ' + 'z' * 400) for i in range(1, 40001)]))
        with contextlib.closing(self.server.connect()) as c:
            c.request('POST', f'{self.brain}/apply', body, {'Content-Type': 'application/json'})
        # a writer after it sees the one or the other
        self.ok(self.post('apply', {'changes': []}))
        last = self.ok(self.post('apply', add(neuron(70000))))
        self.assertTrue(last.etag)
        ids = self.ok(self.post('get', {'kind': 'neuron', 'ids': [1, 20000, 40000]})).json['rows']
        self.assertIn(len([r for r in ids if r]), (0, 3))


class Memory(Wire):
    def test_memories_are_remembered_once(self):
        first = self.remember().json
        self.assertEqual((first['added'], first['updated'], first['unchanged']), (3, 0, 0))
        self.assertEqual(len(set(first['fibers'])), 3)
        again = self.remember().json
        self.assertEqual((again['added'], again['unchanged']), (0, 3))
        self.assertEqual(again['fibers'], first['fibers'])
        none = self.ok(self.post('remember', '', Content_Type=NDJSON)).json
        self.assertEqual(none['fibers'], [])

    def test_a_bad_line_is_named_and_nothing_of_its_batch_is_kept(self):
        for line in ('nonsense', '{"text":""}', '{"text":7}', '[]', '{"text":"a","time":{}}x'):
            problem = self.refused(
                self.post('remember', NOTES + line + '\n', Content_Type=NDJSON), 400, 'invalid')
            self.assertIn(':4:', problem['detail'])
        row = self.ok(self.json('GET', self.brain)).json['rows'][0]
        self.assertEqual(row.get('fibers', 0), 0)

    def test_a_question_is_answered_as_the_program_itself_does(self):
        self.remember()
        told = subprocess.run(
            [served.program(), '--store', 'sqlite:' + self.server.home + '/store', '--brain', self.name,
             '--read-only', '--json', 'recall', 'Who told of the moth?', '--limit', '2', '--context',
             '100', '--no-learn'], capture_output=True, text=True, check=True).stdout
        answer = self.ok(self.post('recall', {'query': 'Who told of the moth?', 'limit': 2,
                                              'context': 100, 'learn': False}))
        self.assertRegex(answer.etag, GENERATION)
        here, there = answer.json, json.loads(told)
        for each in (here, there):
            self.assertGreater(each.pop('latency_us'), 0)
        self.assertEqual(here, there)
        self.assertEqual(here['ranked'][0], 'hopper')

    def test_a_trace_is_json_lines(self):
        self.remember()
        trace = self.ok(self.post('trace', {'query': 'moth', 'kernel': 'classic', 'depth': 1}))
        self.assertEqual(trace.headers['Content-Type'], NDJSON)
        head = trace.lines[0]
        self.assertEqual((head['trace'], head['question'], head['kernel']), (1, 'moth', 'classic'))
        self.assertEqual(len(trace.lines), 1 + head['neurons'] + head['events'] + head['ranked'])

    def test_learning_moves_the_state_and_not_the_graph(self):
        self.remember()
        before = self.at().strip('"').split('-')
        self.ok(self.post('recall', {'query': 'moth'}))
        self.assertEqual(self.at().strip('"').split('-'), before)
        self.ok(self.post('recall', {'query': 'moth', 'learn': True}))
        self.assertEqual(self.at().strip('"').split('-')[:1], before[:1])

    def test_what_is_no_question_is_refused(self):
        for body in [{}, {'query': 7}, [], {'query': 'a', 'depth': 4}, {'query': 'a', 'depth': 'far'},
                     {'query': 'a', 'limit': 0}, {'query': 'a', 'limit': 10001},
                     {'query': 'a', 'kernel': 'pop'}, {'query': 'a', 'context': -1},
                     {'query': 'a', 'learn': 'yes'}, {'query': 'a', 'now': 'today'},
                     {'query': 'a', 'anchors': 'b'}, {'query': 'a', 'anchors': [1]},
                     {'query': 'a', 'why': True}]:
            for verb in ('recall', 'trace'):
                self.refused(self.post(verb, body), 400, 'invalid')
        self.assertEqual(self.ok(self.post('recall', {'query': ''})).json['results'], [])


class OtherStores(unittest.TestCase):
    def test_a_stream_that_fails_says_so_and_is_cut_short(self):
        with served.Served(served.program(), store='memory:') as s:
            s.json('POST', f'{MN}/brains', {'name': 'a'})
            for start in range(1, 40000, 5000):
                rows = [neuron(i, 'x' * 2000) for i in range(start, start + 5000)]
                self.assertEqual(s.json('POST', f'{MN}/brains/a/apply', add(*rows)).status, 200)
            with contextlib.closing(s.connect()) as c:
                c.request('POST', f'{MN}/brains/a/scan?page=100', '{"kind":"neuron"}',
                          {'Content-Type': 'application/json'})
                stream = c.getresponse()
                lines = [stream.readline()]
                self.assertEqual(s.json('DELETE', f'{MN}/brains/a').status, 204)
                with self.assertRaises(http.client.IncompleteRead) as cut:
                    while True:
                        lines.append(stream.read(1 << 16))
                lines.append(cut.exception.partial)
            lines = b''.join(lines).splitlines()
            self.assertEqual(json.loads(lines[-1])['code'], 'no-brain')
            self.assertTrue(all(len(json.loads(line)['rows']) == 100 for line in lines[:-1]))

    def test_memories_may_come_in_pieces(self):
        with served.Served(served.program(), store='memory:') as s:
            s.json('POST', f'{MN}/brains', {'name': 'a'})
            pieces = (NOTES[i:i + 7].encode() for i in range(0, len(NOTES), 7))
            r = s.ask('POST', f'{MN}/brains/a/remember', pieces, {'Content-Type': NDJSON})
            self.assertEqual((r.status, r.json['added']), (200, 3))


class ReadOnly(unittest.TestCase):
    def test_a_server_that_only_reads_says_so(self):
        with served.Served(served.program(), store='memory:') as s:
            self.assertEqual(s.json('POST', f'{MN}/brains', {'name': 'a'}).status, 201)
        home = served.Served(served.program())
        try:
            home.json('POST', f'{MN}/brains', {'name': 'a'})
            url = f'sqlite:{home.home}/store'
            with served.Served(served.program(), '--read-only', store=url) as s:
                self.assertNotIn('write', s.json('GET', f'{MN}/info').json['caps'])
                for method, path, body in [
                        ('POST', '', {'name': 'b'}), ('PUT', '/a', {'meta': '{}'}),
                        ('DELETE', '/a', None), ('POST', '/a/apply', {'changes': []}),
                        ('POST', '/a/reserve', {'kind': 'neuron', 'n': 1})]:
                    r = s.json(method, f'{MN}/brains{path}', body)
                    self.assertEqual((r.status, r.json['code']), (403, 'read-only'), r.body)
                self.assertEqual(s.json('POST', f'{MN}/brains/a/recall', {'query': 'x'}).status, 200)
        finally:
            home.close()


if __name__ == '__main__':
    served.run()
