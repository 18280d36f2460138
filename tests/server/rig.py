# SPDX-License-Identifier: MIT
"""rig.py - starts the server, or the stage, on a free port, and speaks to it in raw bytes."""
import json
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
import unittest

STAGE = os.environ.get('MN_STAGE', '')
BINARY = os.environ.get('MN_BINARY', '')
ROUTES = os.environ.get('MN_ROUTES', '')
PATIENCE = 30  # until something that has to happen has happened; never what is measured


class Server:
    """A process that listens; ended by its own id."""

    def __init__(self, *args, program=None, env=None, wait=True, pass_fds=(), preexec=None):
        self.dir = tempfile.TemporaryDirectory(prefix='mn-server-')
        self.path = self.dir.name
        full = dict(os.environ, XDG_CONFIG_HOME=self.path, XDG_DATA_HOME=self.path, **(env or {}))
        full.pop('NOTIFY_SOCKET', None) if not env else None
        self.err = open(os.path.join(self.path, 'err'), 'w+b')
        args = [a.replace('@', self.path) for a in args]
        self.process = subprocess.Popen([program or STAGE, *args], stderr=self.err, env=full,
                                        stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                        pass_fds=pass_fds, preexec_fn=preexec)
        self.port = None
        if wait:
            self.wait_for(rb'listening on [^\n]*\n')
            found = re.search(rb'listening on http://127\.0\.0\.1:(\d+)', self.log())
            self.port = int(found.group(1)) if found else None

    def log(self):
        with open(self.err.name, 'rb') as f:
            return f.read()

    def wait_for(self, pattern):
        until = time.monotonic() + PATIENCE
        while not re.search(pattern, self.log()):
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError(f'no {pattern!r} in {self.log()!r}')
            time.sleep(0.01)

    def connect(self):
        s = socket.create_connection(('127.0.0.1', self.port), timeout=PATIENCE)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def ask(self, raw):
        """Sends bytes, returns everything until the server closes."""
        with self.connect() as s:
            s.sendall(raw)
            return read_all(s)

    def get(self, path, *headers, method='GET', body=b''):
        return self.exchange(request(path, *headers, method=method, body=body))

    def exchange(self, raw):
        with self.connect() as s:
            s.sendall(raw)
            return Reply.read(s)

    def end(self, signo=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signo)
        code = self.process.wait(PATIENCE)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.err.close()
        self.dir.cleanup()


def request(path, *headers, method='GET', body=b'', host='localhost'):
    head = [f'{method} {path} HTTP/1.1', f'Host: {host}', *headers]
    if body:
        head.append(f'Content-Length: {len(body)}')
    return ('\r\n'.join(head) + '\r\n\r\n').encode('latin-1') + body


def read_all(s):
    out = b''
    try:
        while piece := s.recv(65536):
            out += piece
    except ConnectionResetError:
        pass
    return out


class Reply:
    def __init__(self, status, headers, body, whole=True):
        self.status, self.headers, self.body, self.whole = status, headers, body, whole

    @classmethod
    def read(cls, s, head=False):
        """One answer from a socket that may go on afterwards."""
        f = s if hasattr(s, 'readline') else s.makefile('rb')
        line = f.readline()
        if not line:
            return cls(0, {}, b'', False)
        if not line.startswith(b'HTTP/'):  # as HTTP/0.9 has it: a body and nothing else
            return cls(9, {}, line + f.read())
        status = int(line.split()[1])
        headers = {}
        while (line := f.readline()) not in (b'\r\n', b''):
            name, _, value = line.partition(b':')
            headers[name.decode().lower()] = value.strip().decode('latin-1')
        if head or status in (101, 204, 304) or status < 200:
            return cls(status, headers, b'')
        if headers.get('transfer-encoding') == 'chunked':
            return cls(status, headers, *cls.chunks(f))
        length = headers.get('content-length')
        if length is None:
            return cls(status, headers, f.read())
        body = f.read(int(length))
        return cls(status, headers, body, len(body) == int(length))

    @staticmethod
    def chunks(f):
        body = b''
        try:
            while True:
                line = f.readline()
                if not line:
                    return body, False
                size = int(line, 16)
                body += f.read(size)
                f.read(2)
                if size == 0:
                    return body, True
        except ConnectionResetError:
            return body, False

    def json(self):
        return json.loads(self.body)


def statuses(raw):
    """The status of every answer in what a connection gave."""
    return [int(m) for m in re.findall(rb'HTTP/1\.1 (\d{3}) ', raw)]


def metric(server, name):
    text = server.get('/metrics').body.decode()
    return sum(float(line.rsplit(' ', 1)[1]) for line in text.split('\n')
               if re.match(r'mnemoscope_' + name + r'(\{| )', line))


def until(test, what):
    end = time.monotonic() + PATIENCE
    while not test():
        if time.monotonic() > end:
            raise AssertionError(f'never came true: {what}')
        time.sleep(0.01)


def readable(s, seconds):
    return bool(select.select([s], [], [], seconds)[0])


class Case(unittest.TestCase):
    def serve(self, *args, **kw):
        server = Server(*args, **kw)
        self.addCleanup(server.close)
        return server

    def stage(self, *args, **kw):
        return self.serve('listen=127.0.0.1:0', *args, **kw)


def main():
    unittest.main(verbosity=1)
