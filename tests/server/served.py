# SPDX-License-Identifier: MIT
"""served.py - a real `mnemoscope serve` for tests: on a free loopback port, over a store of its own, ended by its pid.

    with Served(sys.argv[1]) as s:
        s.json('POST', '/mn/v1/brains', {'name': 'a'})
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self):
        return [json.loads(line) for line in self.body.splitlines() if line]

    @property
    def etag(self):
        return self.headers.get('ETag')


class Served:
    """program: build tree's mnemoscope. store: a URL, or None for an SQLite folder of its own."""

    def __init__(self, program, *arguments, store=None, env=None):
        self.home = tempfile.mkdtemp(prefix='mn-served-', dir=os.environ.get('TMPDIR'))
        self.log = os.path.join(self.home, 'log')
        env = dict(os.environ, HOME=self.home, XDG_CONFIG_HOME=self.home, XDG_DATA_HOME=self.home,
                   **(env or {}))
        self.process = subprocess.Popen(
            [program, '--store', store or 'sqlite:' + os.path.join(self.home, 'store'), 'serve',
             '--listen', '127.0.0.1:0', '--log', self.log, *arguments],
            stderr=subprocess.PIPE, env=env, text=True)
        self.port = self._port()

    def _port(self):
        said = []
        for line in self.process.stderr:
            said.append(line)
            found = re.search(r'listening on http://127\.0\.0\.1:(\d+)', line)
            if found:
                return int(found.group(1))
        self.close()
        raise RuntimeError('the server did not start: ' + ''.join(said))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends it as a service manager would, and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stderr.close()
        shutil.rmtree(self.home, ignore_errors=True)
        return code

    def connect(self):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)

    def ask(self, method, path, body=None, headers=None):
        with contextlib.closing(self.connect()) as c:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())

    def json(self, method, path, body=None, **headers):
        """body: a value, or text that is sent as it is. if_match='...' becomes If-Match."""
        sent = {name.replace('_', '-'): value for name, value in headers.items()}
        if body is not None:
            sent.setdefault('Content-Type', 'application/json')
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
            body = body.encode() if isinstance(body, str) else body
        return self.ask(method, path, body, sent)


def run():
    """Runs the tests of the calling script; argv[1] is the program, the rest is unittest's."""
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)


def program():
    if len(sys.argv) < 2:
        sys.exit(f'usage: {sys.argv[0]} MNEMOSCOPE [TEST...]')
    return sys.argv[1]
