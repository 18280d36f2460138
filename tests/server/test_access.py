# SPDX-License-Identifier: MIT
"""Who may do what; and that nothing of it leaks."""
import json
import os
import re
import subprocess
import tempfile
import unittest

import rig
from rig import Reply, request

def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


ROUTE = re.compile(r'\{[^}]*\}')


class Tokens(rig.Case):
    def make(self, server_dir, name, *rights):
        out = subprocess.run([rig.BINARY, 'token', 'create', name, *rights, '--tokens', server_dir + '/tokens'],
                             capture_output=True, text=True, check=True)
        return out.stdout.strip()

    def with_tokens(self, program=None):
        folder = tempfile.TemporaryDirectory(prefix='mn-tokens-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.tokens = {
            'all': self.make(folder.name, 'all', '--admin', '*'),
            'reads a': self.make(folder.name, 'reads a', '--read', 'a'),
            'writes a': self.make(folder.name, 'writes a', '--write', 'a'),
            'admin a': self.make(folder.name, 'admin a', '--admin', 'a'),
            'reads b': self.make(folder.name, 'reads b', '--read', 'b'),
        }
        if program:
            return self.serve('serve', '--listen', '127.0.0.1:0', '--store', 'sqlite:@/brains',
                              '--tokens', folder.name + '/tokens', program=program)
        return self.stage(f'tokens={folder.name}/tokens')

    def status(self, server, path, token=None, method='GET', *more):
        fields = [f'Authorization: Bearer {self.tokens.get(token, token)}'] if token else []
        return server.get(path, *fields, *more, method=method).status

    def test_rights_are_per_brain_and_grow(self):
        s = self.with_tokens()
        expected = {
            ('GET', None): 401, ('GET', 'nonsense'): 401, ('GET', 'reads a'): 200, ('GET', 'writes a'): 200,
            ('GET', 'admin a'): 200, ('GET', 'all'): 200, ('GET', 'reads b'): 403,
            ('PUT', None): 401, ('PUT', 'reads a'): 403, ('PUT', 'writes a'): 200, ('PUT', 'admin a'): 200,
            ('PUT', 'all'): 200, ('PUT', 'reads b'): 403,
            ('DELETE', None): 401, ('DELETE', 'reads a'): 403, ('DELETE', 'writes a'): 403,
            ('DELETE', 'admin a'): 200, ('DELETE', 'all'): 200, ('DELETE', 'reads b'): 403,
        }
        for (method, token), status in expected.items():
            with self.subTest(method=method, token=token):
                self.assertEqual(self.status(s, '/brains/a', token, method), status)

    def test_the_header_names_the_brain_that_is_checked(self):
        s = self.with_tokens()
        self.assertEqual(self.status(s, '/here', 'reads a', 'GET', 'X-Brain-ID: a'), 200)
        self.assertEqual(self.status(s, '/here', 'reads a', 'GET', 'X-Brain-ID: b'), 403)
        self.assertEqual(self.status(s, '/here', 'reads a'), 403)
        self.assertEqual(self.status(s, '/here', 'all'), 200)
        self.assertEqual(self.status(s, '/all', 'reads a'), 403)
        self.assertEqual(self.status(s, '/all', 'all'), 200)

    def test_whether_a_brain_is_there_is_for_those_who_may_ask(self):
        s = self.with_tokens()
        self.assertEqual(self.status(s, '/brains/nothing', 'reads a'), 403)
        self.assertEqual(self.status(s, '/brains/nothing', 'all'), 404)

    def test_both_headers_carry_a_token(self):
        s = self.with_tokens()
        self.assertEqual(s.get('/all', f'X-API-Key: {self.tokens["all"]}').status, 200)
        self.assertEqual(s.get('/all', f'Authorization: bearer {self.tokens["all"]}').status, 200)
        self.assertEqual(s.get('/all', f'Authorization: Basic {self.tokens["all"]}').status, 401)
        reply = s.get('/all')
        self.assertEqual((reply.status, reply.headers['www-authenticate']), (401, 'Bearer'))

    def test_a_token_that_is_revoked_is_worth_nothing_at_once(self):
        s = self.with_tokens()
        with s.connect() as c:
            f = c.makefile('rb')
            ask = request('/brains/a', f'Authorization: Bearer {self.tokens["reads a"]}')
            c.sendall(ask)
            self.assertEqual(Reply.read(f).status, 200)
            subprocess.run([rig.BINARY, 'token', 'revoke', 'reads a', '--tokens', self.folder + '/tokens'], check=True)
            c.sendall(ask)
            self.assertEqual(Reply.read(f).status, 401)
        self.assertEqual(self.status(s, '/brains/a', 'all'), 200)

    def test_without_its_last_token_a_server_stays_closed(self):
        s = self.with_tokens()
        for name in self.tokens:
            subprocess.run([rig.BINARY, 'token', 'revoke', name, '--tokens', self.folder + '/tokens'], check=True)
        self.assertEqual(self.status(s, '/brains/a'), 401)
        self.assertEqual(self.status(s, '/brains/a', 'all'), 401)
        os.unlink(self.folder + '/tokens')
        self.assertEqual(self.status(s, '/brains/a'), 401)
        self.assertEqual(self.status(s, '/health'), 200)

    def test_a_file_that_others_may_read_is_not_believed(self):
        s = self.with_tokens()
        os.chmod(self.folder + '/tokens', 0o644)
        self.assertEqual(self.status(s, '/brains/a', 'all'), 401)
        os.chmod(self.folder + '/tokens', 0o600)
        self.assertEqual(self.status(s, '/brains/a', 'all'), 200)

    def test_the_file_keeps_hashes_and_is_private(self):
        self.with_tokens()
        text = read(self.folder + '/tokens')
        self.assertEqual(os.stat(self.folder + '/tokens').st_mode & 0o777, 0o600)
        for token in self.tokens.values():
            self.assertRegex(token, r'^mnt_[A-Za-z0-9_-]{43}$')
            self.assertNotIn(token[4:], text)
        listed = subprocess.run([rig.BINARY, '--json', 'token', 'list', '--tokens', self.folder + '/tokens'],
                                capture_output=True, text=True, check=True).stdout
        self.assertEqual([t['name'] for t in json.loads(listed)], list(self.tokens))
        self.assertEqual(json.loads(listed)[2]['write'], ['a'])

    def test_a_name_is_taken_once_and_rights_are_needed(self):
        self.with_tokens()
        tokens = ['--tokens', self.folder + '/tokens']
        for args, code in ((['all', '--read', 'a'], 1), (['new'], 2), (['a\nb', '--read', 'a'], 2), (['', '--read', 'a'], 2)):
            with self.subTest(args):
                out = subprocess.run([rig.BINARY, 'token', 'create', *args, *tokens], capture_output=True, text=True)
                self.assertEqual(out.returncode, code, out.stderr)
                self.assertEqual(out.stdout, '')

    def test_every_route_but_health_needs_a_token(self):
        s = self.with_tokens(program=rig.BINARY)
        table = subprocess.run([rig.ROUTES], capture_output=True, text=True, check=True).stdout
        public = []
        for line in table.splitlines():
            method, path, right, _ = line.split(' ')
            with self.subTest(line):
                status = self.status(s, ROUTE.sub('x', path), None, method)
                wrong = self.status(s, ROUTE.sub('x', path), 'mnt_' + 'A' * 43, method)
                if right == '0':
                    public.append(path)
                else:
                    self.assertEqual((status, wrong), (401, 401))
        self.assertLessEqual({re.sub('^/api/v1', '', p) for p in public},
                             {'/health', '/ready', '/mn/v1/openapi.json', '/openapi.json'})

    def test_no_token_body_or_control_character_reaches_log_or_metrics(self):
        s = self.with_tokens()
        token = self.tokens['all']
        s.get('/brains/a', f'Authorization: Bearer {token}')
        s.get('/brains/%1b%5b31m', f'Authorization: Bearer {token}')
        s.get('/echo', f'X-API-Key: {token}', method='POST', body=b'secret-body\x1b')
        s.get('/brains/a?token=' + token, 'X-API-Key: wrong-secret')
        s.exchange(b'GET /\x1b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n')
        metrics = s.get('/metrics', f'X-API-Key: {token}').body
        self.assertIn(b'mnemoscope_requests_total', metrics)
        s.end()
        for text in (s.log(), metrics):
            for secret in (*self.tokens.values(), 'secret-body', 'wrong-secret'):
                self.assertNotIn(secret.encode(), text)
            self.assertIsNone(re.search(rb'[^\n\x20-\x7e]', text))
        lines = [json.loads(line) for line in s.log().splitlines() if line.startswith(b'{')]
        first = next(line for line in lines if line.get('route') == '/brains/{brain}')
        self.assertEqual((first['token'], first['status'], first['peer']), ('all', 200, '127.0.0.1'))
        self.assertLessEqual({'time', 'id', 'method', 'in', 'out', 'us'}, set(first))


class Names(rig.Case):
    def test_a_foreign_host_is_refused(self):
        s = self.stage('log=-', 'host=memory.example.org')
        for host, status in (('localhost', 200), (f'localhost:{s.port}', 200), ('127.0.0.1', 200),
                             ('LOCALHOST', 200), ('memory.example.org', 200), ('memory.example.org:443', 200),
                             ('evil.example', 421), ('127.0.0.2', 421), ('[::1]', 421), ('localhost.evil', 421)):
            with self.subTest(host):
                self.assertEqual(s.exchange(request('/count', host=host)).status, status)

    def test_pages_of_other_origins_are_refused_unless_named(self):
        s = self.stage('log=-', 'origin=https://app.example')
        reply = s.get('/count', 'Origin: https://app.example')
        self.assertEqual((reply.status, reply.headers['access-control-allow-origin']), (200, 'https://app.example'))
        for origin in ('https://evil.example', 'http://app.example', 'https://app.example.evil', 'null'):
            with self.subTest(origin):
                reply = s.get('/count', f'Origin: {origin}')
                self.assertEqual(reply.status, 403)
                self.assertNotIn('access-control-allow-origin', reply.headers)
        self.assertEqual(s.get('/count', 'Origin: http://localhost').status, 200)
        ask = s.get('/echo', 'Origin: https://app.example', 'Access-Control-Request-Method: POST', method='OPTIONS')
        self.assertEqual(ask.status, 204)
        self.assertIn('POST', ask.headers['access-control-allow-methods'])

    def test_forwarded_addresses_of_strangers_are_not_believed(self):
        s = self.stage('log=-')
        self.assertEqual(s.get('/who', 'X-Forwarded-For: 10.1.2.3').body, b'127.0.0.1 \n')
        s = self.stage('log=-', 'proxy=127.0.0.0/8', 'proxy=10.9.0.0/16')
        for field, peer in (('10.1.2.3', '10.1.2.3'), ('1.1.1.1, 10.1.2.3', '10.1.2.3'),
                            ('10.1.2.3, 10.9.0.1', '10.1.2.3'), ('10.1.2.3, nonsense', '127.0.0.1'),
                            ('2001:db8::1', '2001:db8::1'), ('\x7f', None)):
            with self.subTest(field):
                reply = s.get('/who', f'X-Forwarded-For: {field}')
                if peer:
                    self.assertEqual(reply.body, peer.encode() + b' \n')
                else:
                    self.assertEqual(reply.status, 400)

    def test_a_proxy_that_adds_a_field_of_its_own_is_believed_and_not_the_client(self):
        s = self.stage('log=-', 'proxy=127.0.0.0/8', 'proxy=10.9.0.0/16')
        for fields, peer in ((('1.1.1.1', '10.1.2.3'), '10.1.2.3'), (('10.1.2.3', '10.9.0.1'), '10.1.2.3'),
                             (('1.1.1.1', 'nonsense'), '127.0.0.1')):
            with self.subTest(fields):
                reply = s.get('/who', *(f'X-Forwarded-For: {field}' for field in fields))
                self.assertEqual(reply.body, peer.encode() + b' \n')


class Rate(rig.Case):
    def test_too_many_requests_are_told_to_wait(self):
        s = self.stage('log=-', 'rate=1', 'burst=5')
        with s.connect() as c:
            f = c.makefile('rb')
            c.sendall(request('/count') * 20)
            replies = [Reply.read(f) for _ in range(20)]
        self.assertEqual([r.status for r in replies[:5]], [200] * 5)
        late = [r for r in replies if r.status == 429]
        self.assertGreaterEqual(len(late), 14)
        self.assertGreaterEqual(int(late[0].headers['retry-after']), 1)

    def test_a_peer_does_not_pay_for_another(self):
        s = self.stage('log=-', 'rate=1', 'burst=1', 'proxy=127.0.0.1')
        self.assertEqual(s.get('/count', 'X-Forwarded-For: 10.0.0.1').status, 200)
        self.assertEqual(s.get('/count', 'X-Forwarded-For: 10.0.0.1').status, 429)
        self.assertEqual(s.get('/count', 'X-Forwarded-For: 10.0.0.2').status, 200)

    @unittest.skipIf("asan" in rig.STAGE, "freed memory is kept back for a while there")
    def test_many_peers_cost_no_more_memory(self):
        s = self.stage('log=-', 'rate=1', 'proxy=127.0.0.1')

        def resident():
            return int(read(f'/proc/{s.process.pid}/statm').split()[1]) * 4096

        def ask(c, f, first, n):
            for k in range(first, first + n, 100):
                c.sendall(b''.join(request('/count', f'X-Forwarded-For: 10.{i >> 16}.{i >> 8 & 255}.{i & 255}')
                                   for i in range(k, k + 100)))
                for _ in range(100):
                    self.assertEqual(Reply.read(f).status, 200)
        with s.connect() as c:
            f = c.makefile('rb')
            ask(c, f, 0, 10000)
            before = resident()
            ask(c, f, 10000, 1000000 if os.environ.get('MN_FULL') else 20000)
            self.assertLess(resident() - before, 4 << 20)


if __name__ == '__main__':
    rig.main()
