# SPDX-License-Identifier: MIT
"""Every size has a bound, every slow client an end, and good ones do not notice."""
import socket
import time

import rig
from rig import Reply, metric, read_all, request, statuses, until

HEAD = b'GET /count HTTP/1.1\r\nHost: localhost\r\n'


class Sizes(rig.Case):
    def setUp(self):
        self.server = self.stage('log=-')

    def test_a_request_line_has_8_kib(self):
        self.assertEqual(self.server.get('/count?' + 'a' * 8000).status, 200)
        self.assertEqual(self.server.get('/count?' + 'a' * 8200).status, 414)

    def test_a_head_has_16_kib_and_100_fields(self):
        self.assertEqual(self.server.get('/count', 'X: ' + 'a' * 16000).status, 200)
        self.assertEqual(self.server.get('/count', 'X: ' + 'a' * 16400).status, 431)
        self.assertEqual(self.server.get('/count', *(f'X-{i}: a' for i in range(99))).status, 200)
        self.assertEqual(self.server.get('/count', *(f'X-{i}: a' for i in range(100))).status, 431)

    def test_an_endless_head_is_cut(self):
        with self.server.connect() as s:
            try:
                for _ in range(100):
                    s.sendall(b'a' * 65536)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertIn(statuses(read_all(s)), ([414], []))

    def test_a_body_has_the_bound_of_its_route(self):
        with self.server.connect() as s:  # told by the length alone, before a byte of it
            s.sendall(b'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194305\r\n\r\n')
            self.assertEqual(Reply.read(s).status, 413)
        chunks = b'10000\r\n' + b'a' * 65536 + b'\r\n'
        with self.server.connect() as s:
            s.sendall(b'POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
            try:
                for _ in range(80):
                    s.sendall(chunks)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertIn(statuses(read_all(s)), ([413], []))
        self.assertEqual(len(self.server.get('/echo', method='POST', body=b'a' * 4194304).body), 4194304)
        self.assertEqual(metric(self.server, 'body_bytes'), 0)

    def test_a_method_without_a_body_takes_none(self):
        self.assertEqual(self.server.get('/count', body=b'hello').status, 413)

    def test_a_body_of_another_type_is_refused(self):
        for kind, status in (('application/json', 200), ('application/json; charset=utf-8', 200),
                             ('text/plain', 415), ('application/jsonx', 415)):
            with self.subTest(kind):
                reply = self.server.get('/json', f'Content-Type: {kind}', method='POST', body=b'{}')
                self.assertEqual(reply.status, status)

    def test_json_has_64_levels(self):
        fits, deep = b'[' * 60 + b']' * 60, b'[' * 100000 + b']' * 100000
        self.assertEqual(self.server.get('/json', method='POST', body=fits).status, 200)
        self.assertEqual(self.server.get('/json', method='POST', body=deep).status, 400)
        self.assertEqual(self.server.get('/json', method='POST', body=b'{"a":1,"a":2}').status, 400)

    def test_only_100_continue_can_be_expected(self):
        self.assertEqual(self.server.get('/count', 'Expect: 200-maybe').status, 417)
        with self.server.connect() as s:
            s.sendall(b'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n')
            f = s.makefile('rb')
            self.assertEqual(Reply.read(f).status, 100)
            s.sendall(b'hello')
            self.assertEqual(Reply.read(f).body, b'hello')
        with self.server.connect() as s:  # and is not said to a body that is not wanted
            s.sendall(b'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n')
            self.assertEqual(Reply.read(s).status, 413)

    def test_methods_that_are_not_there_are_named(self):
        reply = self.server.get('/count', method='DELETE')
        self.assertEqual((reply.status, reply.headers['allow']), (405, 'GET, HEAD, OPTIONS'))
        reply = self.server.get('/echo', method='OPTIONS')
        self.assertEqual((reply.status, reply.headers['allow']), (204, 'GET, HEAD, POST, OPTIONS'))
        self.assertEqual(self.server.get('/nothing').status, 404)
        self.assertEqual(self.server.get('/count/').status, 404)

    def test_head_is_get_without_the_body(self):
        with self.server.connect() as s:
            s.sendall(request('/lines/5', method='HEAD') + request('/count', method='HEAD') + request('/count'))
            f = s.makefile('rb')
            self.assertEqual(Reply.read(f, head=True).status, 200)
            head = Reply.read(f, head=True)
            self.assertEqual(int(head.headers['content-length']), len(Reply.read(f).body))

    def test_http_1_0_is_closed_after_the_answer(self):
        answer = self.server.ask(b'GET /lines/3 HTTP/1.0\r\n\r\n')
        self.assertNotIn(b'Transfer-Encoding', answer)
        self.assertTrue(answer.endswith(b'\r\n\r\n{"line":0}\n{"line":1}\n{"line":2}\n'), answer)

    def test_a_deadline_of_the_client_is_kept(self):
        self.assertEqual(self.server.get('/nap/60000', 'Mn-Deadline-Ms: 50').status, 504)
        self.assertEqual(self.server.get('/nap/1', 'Mn-Deadline-Ms: 60000').status, 200)
        self.assertEqual(self.server.get('/nap/1', 'Mn-Deadline-Ms: soon').status, 400)


class Streams(rig.Case):
    def setUp(self):
        self.server = self.stage('log=-', 'slow_ms=1000')

    def test_a_stream_comes_whole(self):
        reply = self.server.get('/lines/20000')
        self.assertTrue(reply.whole)
        self.assertEqual(reply.body.count(b'\n'), 20000)

    def test_a_stream_that_fails_does_not_look_whole(self):
        reply = self.server.get('/lines/1000?fail=500')
        self.assertEqual(reply.status, 200)
        self.assertFalse(reply.whole)
        answer = self.server.ask(b'GET /lines/1000?fail=500 HTTP/1.1\r\nHost: localhost\r\n\r\n')
        self.assertFalse(answer.endswith(b'0\r\n\r\n'))

    def test_a_body_in_pieces_is_read_in_pieces(self):
        size = 8 << 20
        self.assertEqual(self.server.get('/swallow', method='POST', body=b'a' * size).body, b'%d\n' % size)
        chunked = b'POST /swallow HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
        good = self.server.exchange(chunked + b'5\r\nhello\r\n' * 1000 + b'0\r\n\r\n')
        self.assertEqual(good.body, b'5000\n')
        self.assertEqual(self.server.exchange(chunked + b'5\r\nhello\r\n!').status, 400)
        self.assertEqual(self.server.exchange(chunked + b'0;x\r\n\r\n').status, 400)

    def test_a_client_that_does_not_read_is_dropped(self):
        with self.server.connect() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(request('/lines/100000000'))
            until(lambda: metric(self.server, r'rejects_total\{reason="slow"\}') >= 1, 'it is dropped')
            until(lambda: metric(self.server, 'requests_running') == 1, 'its handler has ended')

    def test_a_client_that_goes_cancels_its_request(self):
        s = self.server.connect()
        s.sendall(request('/nap/600000'))
        until(lambda: metric(self.server, 'requests_running') == 2, 'it runs')
        s.close()
        until(lambda: metric(self.server, 'requests_running') == 1, 'it is cancelled')


class Slow(rig.Case):
    def test_a_head_has_a_deadline(self):
        server = self.stage('log=-', 'head_ms=300')
        with server.connect() as s:
            s.sendall(b'GET /count HTTP/1.1\r\n')
            self.assertEqual(statuses(read_all(s)), [408])
        with server.connect() as s:  # nothing at all: closed without a word
            self.assertEqual(read_all(s), b'')

    def test_a_head_in_drops_does_not_live_longer(self):
        server = self.stage('log=-', 'head_ms=500')
        with server.connect() as s:
            try:
                for byte in HEAD * 100:
                    s.sendall(bytes([byte]))
                    time.sleep(0.02)
                self.fail('it was let go on')
            except (BrokenPipeError, ConnectionResetError):
                pass

    def test_a_body_has_a_least_rate(self):
        server = self.stage('log=-', 'slow_ms=300', 'slow_rate=500')
        for path in ('/echo', '/swallow'):
            with self.subTest(path), server.connect() as s:
                s.sendall(b'POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n' % path.encode())
                s.sendall(b'a' * 100000)  # being ahead does not help afterwards
                self.assertEqual(statuses(read_all(s)), [408])

    def test_an_idle_connection_is_closed(self):
        server = self.stage('log=-', 'idle_ms=300')
        with server.connect() as s:
            s.sendall(request('/count'))
            self.assertEqual(statuses(read_all(s)), [200])

    def test_a_full_house_makes_room_for_those_who_ask(self):
        server = self.stage('log=-', 'connections=20', 'head_ms=600000')
        slow = [server.connect() for _ in range(20)]
        for s in slow:
            s.sendall(b'GET / HTTP/1.1\r\n')

        def asked():
            try:
                return server.get('/count').status == 200
            except OSError:
                return False
        until(asked, 'somebody is answered')
        self.assertGreaterEqual(metric(server, 'connections_total'), 21)
        for s in slow:
            s.close()

    def test_when_all_are_busy_the_next_is_told_so(self):
        server = self.stage('log=-', 'connections=4')
        busy = [server.connect() for _ in range(4)]
        for s in busy:
            s.sendall(request('/nap/600000'))
        answer = b''
        while statuses(answer) != [503]:
            answer = server.ask(b'')
        self.assertIn(b'Retry-After', answer)
        for s in busy:
            s.close()
        until(lambda: server.get('/count').status == 200, 'there is room again')


if __name__ == '__main__':
    rig.main()
