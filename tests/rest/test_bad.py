#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wrong input of every kind is refused in FastAPI's words, changes nothing, and ends nothing."""
import json

import rig
from rig import equal

BODIES = {  # route -> a body that is right
    '/memory/encode': {'content': 'x'},
    '/memory/query': {'query': 'x'},
    '/memory/neurons': {'type': 'concept', 'content': 'x'},
    '/memory/synapses': {'source_id': 'a', 'target_id': 'a', 'type': 'is_a'},
    '/memory/fibers': {'anchor_neuron_id': 'a'},
    '/brain/create': {'name': 'another'},
    '/brain/other/import': {'brain_name': 'x', 'exported_at': 'x', 'version': '0.1.0',
                            'neurons': [], 'synapses': [], 'fibers': [], 'config': {}},
}


def brain(served):
    c = served.client()
    c.must('POST', '/brain/create', {'name': 'bad'})
    c.brain = 'bad'
    c.must('POST', '/memory/neurons', {'id': 'a', 'type': 'concept', 'content': 'x'})
    return c


def complaint(c, expected, method, path, body=None, **query):
    """The first entry of a 422's list: its type and place."""
    detail = c.refused(422, method, path, body, **query)
    assert isinstance(detail, list) and {'type', 'loc', 'msg', 'input'} <= set(detail[0]), detail
    equal((detail[0]['type'], detail[0]['loc']), expected, path)
    return detail


def test_bodies_that_are_no_json():
    with rig.server() as served:
        c = brain(served)
        for path in BODIES:
            for body in (b'{bad', b'', b'nonsense', b'{"a":1}}', b'{"a":1,"a":2}', b'[' * 100000,
                         b'{"content":"\xff\xfe"}', b'{"content":"a\\u0000b"}', b'\x00',
                         b'{"content":"\\ud800"}', b'{"x":1e999}', b'\xef\xbb\xbf{}'):
                status, _, got = c.raw('POST', path, body)
                assert status == 422, (path, body[:20], status, got)
                assert isinstance(json.loads(got)['detail'], list), got
        equal(c.must('GET', '/brain/bad')['neuron_count'], 1)


def test_members_of_the_wrong_kind():
    with rig.server() as served:
        c = brain(served)
        wrong = (None, 7, 1.5, True, 'text', [], {}, [1], {'x': 1}, '', -1, 10 ** 30)
        for path, right in BODIES.items():
            for member in list(right) + ['metadata', 'tags', 'weight', 'config', 'depth',
                                         'created_at', 'timestamp', 'salience', 'frequency']:
                for value in wrong:
                    status, got = c.ask('POST', path, {**right, 'id': None, member: value})
                    assert status in (200, 400, 404, 409, 422), (path, member, value, status, got)
        assert c.must('GET', '/memory/neurons')['count'] > 0


def test_what_is_said_of_them():
    with rig.server() as served:
        c = brain(served)
        complaint(c, ('missing', ['body', 'content']), 'POST', '/memory/encode', {})
        complaint(c, ('string_type', ['body', 'content']), 'POST', '/memory/encode',
                  {'content': 7})
        complaint(c, ('string_too_short', ['body', 'content']), 'POST', '/memory/encode',
                  {'content': ''})
        complaint(c, ('string_too_long', ['body', 'content']), 'POST', '/memory/encode',
                  {'content': 'x' * 100001})
        complaint(c, ('list_type', ['body', 'tags']), 'POST', '/memory/encode',
                  {'content': 'x', 'tags': 'a'})
        complaint(c, ('datetime_parsing', ['body', 'timestamp']), 'POST', '/memory/encode',
                  {'content': 'x', 'timestamp': '2025-02-30T00:00:00'})
        complaint(c, ('dict_type', ['body', 'metadata']), 'POST', '/memory/encode',
                  {'content': 'x', 'metadata': []})
        got = complaint(c, ('less_than_equal', ['body', 'depth']), 'POST', '/memory/query',
                        {'query': 'x', 'depth': 9})
        equal((got[0]['ctx'], got[0]['input']), ({'le': 3}, 9))
        complaint(c, ('int_from_float', ['body', 'depth']), 'POST', '/memory/query',
                  {'query': 'x', 'depth': 1.5})
        complaint(c, ('less_than_equal', ['query', 'limit']), 'GET', '/memory/neurons', limit=5000)
        complaint(c, ('int_parsing', ['query', 'limit']), 'GET', '/memory/neurons', limit='many')
        complaint(c, ('datetime_parsing', ['query', 'time_start']), 'GET', '/memory/neurons',
                  time_start='yesterday')
        complaint(c, ('bool_parsing', ['query', 'descending']), 'GET', '/memory/fibers',
                  descending='perhaps')
        complaint(c, ('greater_than_equal', ['body', 'weight']), 'POST', '/memory/synapses',
                  {'source_id': 'a', 'target_id': 'a', 'type': 'is_a', 'weight': -0.1})
        complaint(c, ('string_too_short', ['body', 'name']), 'POST', '/brain/create', {'name': ''})
        complaint(c, ('less_than_equal', ['body', 'decay_rate']), 'POST', '/brain/create',
                  {'name': 'x', 'config': {'decay_rate': 2}})
        detail = complaint(c, ('missing', ['body', 'neurons', 1, 'content']), 'POST',
                           '/brain/y/import',
                           {**BODIES['/brain/other/import'], 'neurons': [
                               {'id': 'p', 'type': 'concept', 'content': 'x'},
                               {'id': 'q', 'type': 'concept'}]})
        equal(len(detail), 1)
        detail = c.refused(422, 'POST', '/brain/y/import',
                           {**BODIES['/brain/other/import'], 'neurons': [7] * 100000})
        assert len(detail) <= 20, len(detail)
        c.refused(404, 'GET', '/brain/y')


def test_unknown_brains_are_not_made():
    with rig.server() as served:
        c = served.client('nobody')
        for method, path, body in (('POST', '/memory/encode', {'content': 'x'}),
                                   ('POST', '/memory/query', {'query': 'x'}),
                                   ('GET', '/memory/neurons', None),
                                   ('POST', '/memory/neurons', BODIES['/memory/neurons']),
                                   ('GET', '/brain/nobody', None),
                                   ('GET', '/brain/nobody/export', None),
                                   ('GET', '/brain/nobody/stats', None),
                                   ('PUT', '/brain/nobody', {'name': 'x'}),
                                   ('DELETE', '/brain/nobody', None)):
            equal(c.refused(404, method, path, body), 'Brain not found', path)
        for header in ('../../etc/passwd', "x'; DROP TABLE brains; --", 'a/b', ' ', 'x' * 5000):
            c.brain = header
            status, got = c.ask('GET', '/memory/neurons')
            assert status in (400, 404, 431), (header, status, got)
        c.brain = 'nobody'
        equal(c.refused(404, 'GET', '/brain/nobody'), 'Brain not found')


def test_names_that_no_brain_may_have():
    with rig.server() as served:
        c = served.client()
        for name in ('a/b', 'a\tb', 'x' * 101, '\u0085'):
            status, got = c.ask('POST', '/brain/create', {'name': name})
            assert status in (400, 422), (name, status, got)
        for name in ("o'hara", '日本', '..', 'a b', '%2e', '-x', 'CON'):
            uid = c.must('POST', '/brain/create', {'name': name})['id']
            equal(c.must('GET', '/brain/' + rig.quote(uid))['name'], name)
            equal(c.must('GET', '/brain/' + rig.quote(name))['id'], uid)
            equal(c.refused(409, 'POST', '/brain/create', {'name': name})[:0], '')


def test_large_things_are_refused_and_the_server_goes_on():
    with rig.server() as served:
        c = brain(served)
        status, got = c.ask('POST', '/memory/neurons',
                            {'type': 'concept', 'content': 'x' * ((1 << 20) + 1)})
        assert status in (400, 422), (status, str(got)[:200])
        deep = '{"a":' * 70 + '1' + '}' * 70
        status, _, _ = c.raw('POST', '/memory/encode', '{"content":"x","metadata":' + deep + '}')
        equal(status, 422)
        c.http.close()
        try:
            status, _, _ = c.raw('POST', '/memory/encode', b'{"content":"' + b'x' * (6 << 20))
        except (BrokenPipeError, ConnectionResetError):
            status = 413
        equal(status, 413)
        c.http.close()
        equal(c.must('GET', '/brain/bad')['neuron_count'], 1)


def test_the_servers_own_members_cannot_be_forged():
    with rig.server() as served:
        c = brain(served)
        for path, right in (('/memory/neurons', BODIES['/memory/neurons']),
                            ('/memory/encode', BODIES['/memory/encode'])):
            detail = c.refused(400, 'POST', path, {**right, 'metadata': {'_nm': {'x': 1}}})
            assert '_nm' in detail, detail
        got = c.must('POST', '/memory/neurons', {**BODIES['/memory/neurons'], 'metadata': {
            '_mn': {'type': 'session', 'archived': 'yes', 'flags': 7}}})
        equal((got['type'], got['metadata']), ('concept', {}))


if __name__ == '__main__':
    rig.run(globals())
