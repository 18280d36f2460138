#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may do what under /mn/v1: rights go by a brain's own name, whatever it is asked by."""
import contextlib
import json
import os
import subprocess
import tempfile
import unittest

import served

MN = '/mn/v1/brains'
NOTE = '{"text":"The first bug was a moth."}'


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.room = tempfile.TemporaryDirectory()
        cls.file = os.path.join(cls.room.name, 'tokens')
        cls.tokens = {
            'root': cls.token('root', '--admin', '*'),
            'reader': cls.token('reader', '--read', 'a'),
            'writer': cls.token('writer', '--read', 'a', '--write', 'b'),
            'owner': cls.token('owner', '--admin', 'a', '--admin', 'new'),
        }
        cls.server = served.Served(served.program(), '--tokens', cls.file)
        for name in 'abc':
            cls.server.json('POST', MN, {'name': name, 'uid': f'uid of {name}'}, **cls.bearer('root'))

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        cls.room.cleanup()

    @classmethod
    def token(cls, name, *rights):
        made = subprocess.run([served.program(), '--json', 'token', 'create', name, *rights, '--tokens', cls.file],
                              capture_output=True, text=True, check=True,
                              env=dict(os.environ, HOME=cls.room.name, XDG_CONFIG_HOME=cls.room.name))
        return json.loads(made.stdout)['token']

    @classmethod
    def bearer(cls, who):
        return {'Authorization': 'Bearer ' + cls.tokens[who]}

    def ask(self, who, method, path, body=None, **headers):
        return self.server.json(method, MN + path, body, **self.bearer(who), **headers).status

    def test_a_list_shows_what_one_may_read(self):
        for who, names in ('root', 'abc'), ('reader', 'a'), ('writer', 'ab'):
            rows = self.server.json('GET', MN, **self.bearer(who)).json['rows']
            self.assertEqual(''.join(r['name'] for r in rows if len(r['name']) == 1), names)

    def test_nobody_asks_without_a_token(self):
        for method, path in (('GET', ''), ('GET', '/a'), ('POST', '/a/apply'), ('DELETE', '/a')):
            self.assertEqual(self.server.json(method, MN + path).status, 401)
        self.assertEqual(self.server.json('GET', '/openapi.json').status, 200)

    def test_who_may_read_may_not_write(self):
        self.assertEqual(self.ask('reader', 'POST', '/a/recall', {'query': 'x'}), 200)
        self.assertEqual(self.ask('reader', 'POST', '/a/scan', {'kind': 'neuron'}), 200)
        for verb, body in (('apply', {'changes': []}), ('reserve', {'kind': 'neuron', 'n': 1})):
            self.assertEqual(self.ask('reader', 'POST', f'/a/{verb}', body), 403)
        self.assertEqual(self.ask('reader', 'POST', '/a/remember', NOTE, Content_Type='application/x-ndjson'), 403)
        self.assertEqual(self.ask('reader', 'POST', '', {'name': 'a2'}), 403)
        self.assertEqual(self.ask('writer', 'PUT', '/a', {'meta': '{}'}), 403)
        self.assertEqual(self.ask('writer', 'PUT', '/b', {'meta': '{}'}), 200)
        self.assertEqual(self.ask('writer', 'DELETE', '/b'), 403)

    def test_a_uid_is_no_way_around_a_name(self):
        self.assertEqual(self.ask('reader', 'GET', '/uid%20of%20a'), 200)
        self.assertEqual(self.ask('reader', 'GET', '/uid%20of%20b'), 403)
        self.assertEqual(self.ask('writer', 'DELETE', '/uid%20of%20c'), 403)
        self.assertEqual(self.ask('writer', 'PUT', '/uid%20of%20a', {'meta': '{}'}), 403)

    def test_what_one_may_not_see_is_not_told_apart_from_what_is_not_there(self):
        for method in 'GET', 'DELETE':
            self.assertEqual(self.ask('reader', method, '/c'), 403)
            self.assertEqual(self.ask('reader', method, '/nowhere'), 403)
        self.assertEqual(self.ask('root', 'GET', '/nowhere'), 404)

    def test_a_new_name_is_a_matter_of_both(self):
        self.ask('root', 'POST', '', {'name': 'new'})
        self.assertEqual(self.ask('owner', 'PUT', '/new', {'name': 'other'}), 403)
        self.assertEqual(self.ask('owner', 'PUT', '/new', {'name': 'a'}), 409)
        self.assertEqual(self.ask('writer', 'PUT', '/b', {'name': 'b2'}), 403)
        self.assertEqual(self.ask('owner', 'DELETE', '/new'), 204)

    def test_keys_of_others_are_others(self):
        body = {'changes': [{'op': 'put', 'kind': 'neuron', 'row': {'id': 5, 'type': 'concept', 'text': 'x'}}]}
        self.assertEqual(self.ask('root', 'POST', '/b/apply', body, Idempotency_Key='k'), 200)
        self.assertEqual(self.ask('writer', 'POST', '/b/apply', {'changes': []}, Idempotency_Key='k'), 200)
        self.assertEqual(
            self.server.json('DELETE', '/mn/v1/calls/k', **self.bearer('reader')).status, 403)

    def test_a_brain_in_use_is_not_renamed(self):
        self.ask('root', 'POST', '', {'name': 'busy'})
        rows = [{'op': 'add', 'kind': 'neuron', 'row': {'id': i, 'type': 'concept', 'text': 'x' * 2000}}
                for i in range(1, 4001)]
        self.assertEqual(self.ask('root', 'POST', '/busy/apply', {'changes': rows}), 200)
        with contextlib.closing(self.server.connect()) as c:
            c.request('POST', MN + '/busy/scan?page=5', '{"kind":"neuron"}',
                      dict(self.bearer('root'), **{'Content-Type': 'application/json'}))
            stream = c.getresponse()
            stream.readline()
            answer = self.server.json('PUT', MN + '/busy', {'name': 'idle'}, **self.bearer('root'))
            self.assertEqual((answer.status, answer.json['code']), (503, 'busy'))
            self.assertTrue(answer.headers['Retry-After'])
            stream.read()
        while (code := self.ask('root', 'PUT', '/busy', {'name': 'idle'})) == 503:
            pass
        self.assertEqual(code, 200)


if __name__ == '__main__':
    served.run()
