# SPDX-License-Identifier: MIT
"""What the tests of the REST API share: a server of their own, and requests to it."""
import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import traceback
import urllib.parse

BINARY = os.environ['MN_BINARY']


@contextlib.contextmanager
def server(store=None, *options):
    """A server over a store (a folder of SQLite files of its own), as a Server."""
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, XDG_CONFIG_HOME=folder, HOME=folder)
        process = subprocess.Popen(
            [BINARY, '--store', store or f'sqlite:{folder}/store', 'serve',
             '--listen', '127.0.0.1:0', '--rate', '0', '--log', f'{folder}/log', *options],
            stderr=subprocess.PIPE, env=env, text=True)
        try:
            port = None
            for line in process.stderr:
                found = re.search(r'listening on http://127\.0\.0\.1:(\d+)', line)
                if found:
                    port = int(found.group(1))
                    break
            assert port, 'the server did not start'
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield Server(port)
        finally:
            process.terminate()
            status = process.wait(30)
        assert status == 0, f'the server ended with {status}'


class Server:
    def __init__(self, port):
        self.port = port
        self.url = f'http://127.0.0.1:{port}'

    def client(self, brain=None, prefix=''):
        return Client(self.port, brain, prefix)


class Client:
    """A connection that is kept; one thread at a time."""

    def __init__(self, port, brain, prefix):
        self.http = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
        self.brain, self.prefix = brain, prefix

    def raw(self, method, path, body=None, headers=None):
        """(status, headers, body as bytes)"""
        headers = dict(headers or {})
        if self.brain is not None:
            headers.setdefault('X-Brain-ID', self.brain)
        if body is not None:
            headers.setdefault('Content-Type', 'application/json')
        self.http.request(method, self.prefix + path, body, headers)
        answer = self.http.getresponse()
        return answer.status, answer.headers, answer.read()

    def ask(self, method, path, body=None, **query):
        """(status, JSON): every answer of this API is JSON."""
        if query:
            path += '?' + urllib.parse.urlencode(query)
        text = None if body is None else json.dumps(body)
        status, headers, got = self.raw(method, path, text)
        assert headers['Content-Type'].startswith('application/json'), (path, headers, got)
        return status, json.loads(got)

    def must(self, method, path, body=None, **query):
        status, got = self.ask(method, path, body, **query)
        assert status == 200, (method, path, status, got)
        return got

    def refused(self, expected, method, path, body=None, **query):
        status, got = self.ask(method, path, body, **query)
        assert status == expected, (method, path, status, got)
        assert 'detail' in got, got
        return got['detail']


def quote(uid):
    return urllib.parse.quote(uid, safe='')


def equal(got, expected, what=''):
    assert got == expected, f'{what}: {got!r} is not {expected!r}'


def run(namespace):
    """Runs every function whose name begins with test_, and says what failed."""
    failed = 0
    tests = [(n, f) for n, f in list(namespace.items()) if n.startswith('test_')]
    for name, test in tests:
        try:
            test()
            print(f'ok {name[5:]}')
        except Exception:  # whatever it was: the others go on
            failed += 1
            print(f'not ok {name[5:]}')
            traceback.print_exc()
    sys.exit(failed > 0)
