# SPDX-License-Identifier: MIT
"""Behind HAProxy and nginx: nothing is served twice, nothing hides in another request, and what a
victim gets on a connection that both share is the victim's."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import rig
import test_guard
from rig import Reply, request, until

HAPROXY = """
global
    maxconn 200
defaults
    mode http
    timeout connect 5s
    timeout queue 30s
    option abortonclose
    timeout client 3s
    timeout server 3s
    http-reuse always
    {option}
frontend in
    bind 127.0.0.1:{port}
    default_backend out
backend out
    server stage 127.0.0.1:{to} maxconn 1
"""
NGINX = """
daemon off;
pid {dir}/pid;
error_log {dir}/error crit;
worker_processes 1;
events {{ worker_connections 100; }}
http {{
    access_log off;
    client_body_temp_path {dir}/a;
    proxy_temp_path {dir}/b;
    fastcgi_temp_path {dir}/c;
    uwsgi_temp_path {dir}/d;
    scgi_temp_path {dir}/e;
    upstream stage {{ server 127.0.0.1:{to}; keepalive 1; }}
    server {{
        listen 127.0.0.1:{port};
        client_header_timeout 3s;
        client_body_timeout 3s;
        location / {{
            proxy_pass http://stage;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host localhost;
            proxy_request_buffering {buffering};
            proxy_next_upstream off;
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Proxy(rig.Case):
    def start(self, text, command):
        self.server = self.stage('log=-')
        self.dir = tempfile.TemporaryDirectory(prefix='mn-proxy-')
        self.addCleanup(self.dir.cleanup)
        self.port = free_port()
        config = self.dir.name + '/config'
        with open(config, 'w', encoding='utf-8') as f:
            f.write(text.replace('{to}', str(self.server.port)).replace('{port}', str(self.port))
                    .replace('{dir}', self.dir.name).replace('{{', '{').replace('}}', '}'))
        process = subprocess.Popen([*command, config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def up():
            try:
                return self.through(request('/count', 'Connection: close'))[0].status == 200
            except (OSError, IndexError):
                return False
        until(up, 'the proxy answers')

    def through(self, raw, patience=rig.PATIENCE):
        """What a client gets to see of it, answer by answer."""
        replies = []
        with socket.create_connection(('127.0.0.1', self.port), timeout=patience) as s:
            try:
                s.sendall(raw)
                f = s.makefile('rb')
                while (reply := Reply.read(f)).status:
                    replies.append(reply)
            except (TimeoutError, ConnectionError, ValueError):
                pass
        return replies

    def settled(self):
        """Handlers that have begun, once no more come."""
        seen = -1
        while (now := int(self.server.get('/count').body)) != seen:
            seen = now
            time.sleep(0.02)
        return seen

    def corpus(self):
        cases = dict(test_guard.HOSTILE)
        for name, body in test_guard.CHUNKS.items():
            cases[name] = test_guard.post(b'Transfer-Encoding: chunked', body=body)
        for hidden in (b'GET /echo HTTP/1.1\r\nHost: localhost\r\nX: ', b'GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n'):
            n = b'Content-Length: %d' % len(hidden)
            cases[f'{n} and chunks'] = test_guard.post(n, b'Transfer-Encoding: chunked', body=b'0\r\n\r\n' + hidden)
            cases[f'{n} and odd chunks'] = test_guard.post(n, b'Transfer-Encoding : chunked', body=b'0\r\n\r\n' + hidden)
            cases[f'{n} after 0'] = test_guard.post(b'Content-Length: 0', n, body=hidden)
            cases[f'{n} in the last chunk'] = test_guard.post(
                b'Transfer-Encoding: chunked', body=b'0\r\n' + hidden)
        return cases

    def nothing_hides(self):
        for name, raw in self.corpus().items():
            with self.subTest(name):
                # A busy machine may answer later than one cares to wait for what should not come.
                for patience in (0.3, 3):
                    before = self.settled()
                    replies = self.through(raw + test_guard.SMUGGLED, patience)
                    served = sum(r.status == 200 or (r.status == 9 and r.body == b'nothing\n') for r in replies)
                    ran = self.settled() - before
                    if ran == served:
                        break
                self.assertEqual(ran, served, [r.status for r in replies])
                for i in range(2):
                    victim = self.through(request(f'/header?say=victim{i}', 'Connection: close'))
                    self.assertEqual([(r.status, r.headers.get('x-said')) for r in victim], [(204, f'victim{i}')])

    def test_nothing_hides_behind_haproxy(self):
        self.start(HAPROXY.replace('{option}', ''), ['haproxy', '-db', '-f'])
        self.nothing_hides()

    def test_nothing_hides_behind_a_lenient_haproxy(self):
        self.start(HAPROXY.replace('{option}', 'option accept-invalid-http-request'), ['haproxy', '-db', '-f'])
        self.nothing_hides()

    def test_nothing_hides_behind_nginx(self):
        self.start(NGINX.replace('{buffering}', 'on'), ['nginx', '-c'])
        self.nothing_hides()

    def test_nothing_hides_behind_an_nginx_that_does_not_buffer(self):
        self.start(NGINX.replace('{buffering}', 'off'), ['nginx', '-c'])
        self.nothing_hides()


if __name__ == '__main__':
    os.environ['PATH'] += ':/usr/sbin'
    missing = [p for p in ('haproxy', 'nginx') if not shutil.which(p)]
    if missing:
        print('skipped: not installed:', *missing)
        sys.exit(77)
    rig.main()
