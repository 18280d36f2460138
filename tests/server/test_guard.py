# SPDX-License-Identifier: MIT
"""What can be read in two ways is not read at all."""
import rig
from rig import request, statuses

HOST = b'Host: localhost\r\n'
SMUGGLED = b'GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n'


def post(*fields, body=b''):
    return b'POST /echo HTTP/1.1\r\n' + HOST + b''.join(f + b'\r\n' for f in fields) + b'\r\n' + body


HOSTILE = {
    'two lengths': post(b'Content-Length: 5', b'Content-Length: 6', body=b'helloo'),
    'two equal lengths': post(b'Content-Length: 5', b'Content-Length: 5', body=b'hello'),
    'a list of lengths': post(b'Content-Length: 5, 5', body=b'hello'),
    'a signed length': post(b'Content-Length: +5', body=b'hello'),
    'a negative length': post(b'Content-Length: -1', body=b''),
    'a hexadecimal length': post(b'Content-Length: 0x5', body=b'hello'),
    'a length with a space inside': post(b'Content-Length: 1 0', body=b'hello'),
    'an empty length': post(b'Content-Length:', body=b''),
    'a length beyond 64 bits': post(b'Content-Length: 18446744073709551621', body=b'hello'),
    'length and chunks': post(b'Content-Length: 5', b'Transfer-Encoding: chunked', body=b'0\r\n\r\n'),
    'chunks and length': post(b'Transfer-Encoding: chunked', b'Content-Length: 5', body=b'0\r\n\r\n'),
    'two codings': post(b'Transfer-Encoding: chunked', b'Transfer-Encoding: chunked', body=b'0\r\n\r\n'),
    'a list of codings': post(b'Transfer-Encoding: gzip, chunked', body=b'0\r\n\r\n'),
    'chunked twice in one': post(b'Transfer-Encoding: chunked, chunked', body=b'0\r\n\r\n'),
    'identity': post(b'Transfer-Encoding: identity', body=b''),
    'a quoted coding': post(b'Transfer-Encoding: "chunked"', body=b'0\r\n\r\n'),
    'a coding with a vertical tab': post(b'Transfer-Encoding: \x0bchunked', body=b'0\r\n\r\n'),
    'an almost chunked coding': post(b'Transfer-Encoding: xchunked', body=b'0\r\n\r\n'),
    'a coding under HTTP/1.0': b'POST /echo HTTP/1.0\r\n' + HOST + b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'space before the colon': post(b'Content-Length : 5', body=b'hello'),
    'tab before the colon': post(b'Transfer-Encoding\t: chunked', body=b'0\r\n\r\n'),
    'a field without a colon': post(b'Content-Length 5', body=b'hello'),
    'a field without a name': post(b': 5'),
    'a folded field': post(b'X-A: 1', b' Content-Length: 5', body=b'hello'),
    'a fold before the first field': b'GET /echo HTTP/1.1\r\n ' + HOST + b'\r\n',
    'a bare LF in the head': b'GET /echo HTTP/1.1\n' + HOST + b'\r\n',
    'a bare LF behind a field': b'GET /echo HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n',
    'a bare LF at the end': b'GET /echo HTTP/1.1\r\nHost: localhost\r\n\n',
    'a bare CR in a value': post(b'X-A: 1\rContent-Length: 5', body=b'hello'),
    'a bare CR in the line': b'GET /echo\r HTTP/1.1\r\n' + HOST + b'\r\n',
    'NUL in a value': post(b'X-A: a\0b'),
    'NUL in a name': post(b'X\0A: b'),
    'NUL in the target': b'GET /ec\0ho HTTP/1.1\r\n' + HOST + b'\r\n',
    'an escape in a value': post(b'X-A: \x1b[31m'),
    'DEL in a value': post(b'X-A: \x7f'),
    'no Host': b'GET /echo HTTP/1.1\r\n\r\n',
    'two Hosts': b'GET /echo HTTP/1.1\r\n' + HOST + HOST + b'\r\n',
    'an empty Host': b'GET /echo HTTP/1.1\r\nHost:\r\n\r\n',
    'a Host with a path': b'GET /echo HTTP/1.1\r\nHost: localhost/x\r\n\r\n',
    'a Host with a user': b'GET /echo HTTP/1.1\r\nHost: a@localhost\r\n\r\n',
    'a list of Hosts': b'GET /echo HTTP/1.1\r\nHost: localhost, evil\r\n\r\n',
    'two Hosts under 1.0': b'GET /echo HTTP/1.0\r\n' + HOST + HOST + b'\r\n',
    'an absolute target': b'GET http://localhost/echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'an absolute target of another': b'GET http://evil/echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'an authority': b'CONNECT localhost:80 HTTP/1.1\r\n' + HOST + b'\r\n',
    'an asterisk': b'GET * HTTP/1.1\r\n' + HOST + b'\r\n',
    'a fragment': b'GET /echo#a HTTP/1.1\r\n' + HOST + b'\r\n',
    'a backslash': b'GET /\\echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'bytes above ASCII in the target': b'GET /\xc3\xa9 HTTP/1.1\r\n' + HOST + b'\r\n',
    'HTTP/0.9': b'GET /echo\r\n\r\n',
    'HTTP/1.2': b'GET /echo HTTP/1.2\r\n' + HOST + b'\r\n',
    'HTTP/2.0': b'GET /echo HTTP/2.0\r\n' + HOST + b'\r\n',
    'the preface of HTTP/2': b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a lower-case version': b'GET /echo http/1.1\r\n' + HOST + b'\r\n',
    'two spaces in the line': b'GET  /echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'a space behind the version': b'GET /echo HTTP/1.1 \r\n' + HOST + b'\r\n',
    'a tab in the line': b'GET\t/echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'an empty line in front': b'\r\nGET /echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'a method that is none': b'G(T /echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'an unknown method': b'FROB /echo HTTP/1.1\r\n' + HOST + b'\r\n',
    'a TLS hello': b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'two tokens': post(b'Authorization: Bearer a', b'Authorization: Bearer b'),
    'two brains': post(b'X-Brain-ID: a', b'X-Brain-ID: b'),
    'an upgrade with a body': post(b'Connection: upgrade', b'Upgrade: websocket', b'Content-Length: 5', body=b'hello'),
}

CHUNKS = {
    'a size with an extension': b'5;a=b\r\nhello\r\n0\r\n\r\n',
    'a size with a space': b'5 \r\nhello\r\n0\r\n\r\n',
    'a size with a prefix': b'0x5\r\nhello\r\n0\r\n\r\n',
    'a signed size': b'+5\r\nhello\r\n0\r\n\r\n',
    'an empty size': b'\r\nhello\r\n0\r\n\r\n',
    'a size of nine digits': b'000000005\r\nhello\r\n0\r\n\r\n',
    'a size beyond 64 bits': b'10000000000000005\r\nhello\r\n0\r\n\r\n',
    'a size that ends with LF': b'5\nhello\r\n0\r\n\r\n',
    'data that is longer': b'5\r\nhello!\r\n0\r\n\r\n',
    'data that ends with LF': b'5\r\nhello\n0\r\n\r\n',
    'a trailer': b'5\r\nhello\r\n0\r\nX-A: b\r\n\r\n',
    'a trailer with a length': b'0\r\nContent-Length: 30\r\n\r\n',
    'a last line that ends with LF': b'5\r\nhello\r\n0\r\n\n',
}


class Guard(rig.Case):
    @classmethod
    def setUpClass(cls):
        cls.server = rig.Server('listen=127.0.0.1:0', 'log=-')

    @classmethod
    def tearDownClass(cls):
        assert cls.server.end() == 0
        cls.server.close()

    def count(self):
        return int(self.server.get('/count').body)

    def refused(self, raw):
        before = self.count()
        answer = self.server.ask(raw + SMUGGLED)
        codes = statuses(answer)
        self.assertEqual(len(codes), 1, answer)
        self.assertIn(codes[0], (400, 413, 417, 426, 431), answer)
        self.assertIn(b'Connection: close', answer)
        self.assertEqual(self.count(), before, 'something was served')

    def test_every_hostile_head_is_refused_and_the_connection_closed(self):
        for name, raw in HOSTILE.items():
            with self.subTest(name):
                self.refused(raw)

    def test_every_hostile_chunk_is_refused_and_the_connection_closed(self):
        for name, body in CHUNKS.items():
            with self.subTest(name):
                self.refused(post(b'Transfer-Encoding: chunked', body=body))

    def test_what_comes_byte_by_byte_is_judged_the_same(self):
        for name in ('length and chunks', 'a bare CR in a value', 'NUL in a value', 'two Hosts'):
            with self.subTest(name), self.server.connect() as s:
                before = self.count()
                try:
                    for byte in HOSTILE[name]:
                        s.sendall(bytes([byte]))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.assertEqual(statuses(rig.read_all(s)), [400])
                self.assertEqual(self.count(), before)

    def test_good_requests_pass(self):
        chunked = post(b'Transfer-Encoding: chunked', body=b'5\r\nhello\r\nA\r\n, world..!\r\n0\r\n\r\n')
        self.assertEqual(self.server.exchange(chunked).body, b'hello, world..!')
        upper = post(b'TRANSFER-ENCODING: Chunked', body=b'05\r\nhello\r\n0\r\n\r\n')
        self.assertEqual(self.server.exchange(upper).body, b'hello')
        self.assertEqual(self.server.exchange(post(b'Content-Length:\t5 ', body=b'hello')).body, b'hello')
        self.assertEqual(self.server.exchange(b'GET /count HTTP/1.0\r\n\r\n').status, 200)
        self.assertEqual(self.server.get('/count', 'X-Odd: \xe9').status, 200)
        self.assertEqual(self.server.get('/count?a=%20b&c').status, 200)

    def test_a_body_in_single_bytes_arrives_whole(self):
        raw = post(b'Transfer-Encoding: chunked', body=b'5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n')
        with self.server.connect() as s:
            for byte in raw:
                s.sendall(bytes([byte]))
            self.assertEqual(rig.Reply.read(s).body, b'helloyou')

    def test_escapes_that_are_none_are_refused(self):
        for path in ('/nap/%', '/nap/%4', '/nap/%zz', '/nap/%00', '/nap/%ff', '/count?a=%', '/count?%c3=1'):
            with self.subTest(path):
                self.assertEqual(self.server.get(path).status, 400)

    def test_a_value_does_not_split_the_answer(self):
        reply = self.server.get('/header?say=a%0d%0aX-Evil:%20b')
        self.assertEqual(reply.status, 204)
        self.assertNotIn('x-evil', reply.headers)
        self.assertNotIn('x-said', reply.headers)
        self.assertEqual(self.server.get('/header?say=fine').headers['x-said'], 'fine')

    def test_pipelined_requests_are_answered_in_order(self):
        many = b''.join(post(b'Content-Length: 3', body=b'%03d' % i) for i in range(200))
        with self.server.connect() as s:
            s.sendall(many + request('/nope'))
            f = s.makefile('rb')
            self.assertEqual([rig.Reply.read(f).body for _ in range(200)], [b'%03d' % i for i in range(200)])
            self.assertEqual(rig.Reply.read(f).status, 404)


if __name__ == '__main__':
    rig.main()
