#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tokens: who may do what through the REST API, in the peer's words for it."""
import os
import subprocess
import tempfile

import rig
from rig import equal


def token(folder, name, *rights):
    env = dict(os.environ, XDG_CONFIG_HOME=folder, HOME=folder)
    done = subprocess.run([rig.BINARY, 'token', 'create', name, '--tokens', f'{folder}/tokens',
                           *rights], capture_output=True, text=True, env=env, check=True)
    return done.stdout.split()[-1]


def client(served, brain, secret):
    c = served.client(brain)
    ask = c.raw
    c.raw = lambda method, path, body=None, headers=None: ask(
        method, path, body, {'Authorization': f'Bearer {secret}', **(headers or {})})
    return c


def test_each_token_does_what_it_may_and_no_more():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        admin = token(folder, 'admin', '--admin', '*')
        writer = token(folder, 'writer', '--write', 'a')
        reader = token(folder, 'reader', '--read', 'a')
        with rig.server(None, '--tokens', f'{folder}/tokens') as served:
            top = client(served, None, admin)
            for name in ('a', 'b'):
                top.must('POST', '/brain/create', {'name': name})
            equal(served.client('a').ask('GET', '/memory/neurons')[0], 401)
            note, ask = {'content': 'hello bridge'}, {'query': 'bridge'}
            w, r = client(served, 'a', writer), client(served, 'a', reader)
            w.must('POST', '/memory/encode', note)
            r.must('POST', '/memory/query', ask)
            r.must('GET', '/brain/a/export')
            for method, path, body in (
                    ('POST', '/memory/encode', note),
                    ('POST', '/memory/neurons', {'type': 'concept', 'content': 'x'}),
                    ('PUT', '/memory/neurons/x', {'content': 'x'}),
                    ('DELETE', '/memory/neurons/x', None), ('DELETE', '/brain/a', None),
                    ('PUT', '/brain/a', {'name': 'c'}), ('POST', '/brain/create', {'name': 'c'})):
                r.refused(403, method, path, body)
            w.refused(403, 'DELETE', '/brain/a')
            w.refused(403, 'POST', '/brain/create', {'name': 'c'})
            for c in (w, r):  # of the other brain nothing, and not even that it is there
                for uid in ('b', 'nobody'):
                    c.brain = uid
                    status, got = c.ask('POST', '/memory/query', ask)
                    assert status in (403, 404), (status, got)
                    status, got = c.ask('GET', f'/brain/{uid}')
                    assert status in (403, 404), (status, got)
            top.must('GET', '/brain/b')
            equal(top.must('GET', '/brain/a')['fiber_count'], 1)
            top.must('DELETE', '/brain/a')


def test_a_server_that_only_reads_writes_nothing():
    with tempfile.TemporaryDirectory() as folder:
        store = f'sqlite:{folder}/store'
        with rig.server(store) as served:
            c = served.client('a')
            c.must('POST', '/brain/create', {'name': 'a'})
            c.must('POST', '/memory/encode', {'content': 'hello bridge'})
        with rig.server(store, '--read-only') as served:
            c = served.client('a')
            equal(c.must('POST', '/memory/query', {'query': 'bridge'})['confidence'], 1)
            for method, path, body in (
                    ('POST', '/memory/encode', {'content': 'x'}),
                    ('POST', '/memory/neurons', {'type': 'concept', 'content': 'x'}),
                    ('POST', '/brain/create', {'name': 'c'}), ('DELETE', '/brain/a', None)):
                c.refused(403, method, path, body)


if __name__ == '__main__':
    rig.run(globals())
