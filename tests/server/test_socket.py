# SPDX-License-Identifier: MIT
"""WebSockets: what is let in, what is not, and when it ends."""
import base64
import os
import socket
import struct
import subprocess
import tempfile

import rig
from rig import Reply, request, until

KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
UPGRADE = ('Connection: Upgrade', 'Upgrade: websocket', f'Sec-WebSocket-Key: {KEY}', 'Sec-WebSocket-Version: 13')
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b'', fin=True, mask=True, length=None):
    n = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if mask else 0
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += bytes([bit | 126]) + struct.pack('>H', n)
    else:
        head += bytes([bit | 127]) + struct.pack('>Q', n)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


class Socket:
    def __init__(self, server, *headers, path='/socket'):
        self.s = server.connect()
        self.s.sendall(request(path, *UPGRADE, *headers))
        self.f = self.s.makefile('rb')
        self.reply = Reply.read(self.f)

    def send(self, *args, **kw):
        self.s.sendall(frame(*args, **kw))

    def read(self):
        """(opcode, payload) of the next frame; (None, b'') at the end."""
        try:
            head = self.f.read(2)
            if len(head) < 2:
                return None, b''
            n = head[1] & 0x7f
            if n == 126:
                n = struct.unpack('>H', self.f.read(2))[0]
            elif n == 127:
                n = struct.unpack('>Q', self.f.read(8))[0]
            return head[0] & 15, self.f.read(n)
        except ConnectionResetError:
            return None, b''

    def code(self):
        """What it was closed with."""
        while True:
            opcode, payload = self.read()
            if opcode == CLOSE:
                return struct.unpack('>H', payload[:2])[0] if payload else 1005
            if opcode is None:
                return None

    def close(self):
        self.f.close()
        self.s.close()


class Sockets(rig.Case):
    def setUp(self):
        self.server = self.stage('log=-', 'slow_ms=1000')

    def open(self, *headers, **kw):
        s = Socket(self.server, *headers, **kw)
        self.addCleanup(s.close)
        return s

    def test_the_handshake_is_that_of_rfc_6455(self):
        s = self.open()
        self.assertEqual(s.reply.status, 101)
        self.assertEqual(s.reply.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
        self.assertEqual(self.server.get('/socket').status, 426)
        self.assertEqual(self.server.get('/socket', *UPGRADE[:3], 'Sec-WebSocket-Version: 8').status, 426)
        self.assertEqual(self.server.get('/socket', *UPGRADE[:2], UPGRADE[3]).status, 400)
        self.assertEqual(self.server.get('/socket', *UPGRADE, 'Origin: https://evil.example').status, 403)

    def test_texts_come_back_in_order(self):
        s = self.open()
        for i in range(200):
            s.send(TEXT, b'text %d' % i)
        self.assertEqual([s.read() for _ in range(200)], [(TEXT, b'text %d' % i) for i in range(200)])

    def test_what_is_sent_with_the_handshake_counts(self):
        s = self.server.connect()
        self.addCleanup(s.close)
        s.sendall(request('/socket', *UPGRADE) + frame(TEXT, b'early'))
        f = s.makefile('rb')
        self.assertEqual(Reply.read(f).status, 101)
        self.assertEqual(f.read(7), b'\x81\x05early')

    def test_fragments_make_one_text_and_pings_are_answered(self):
        s = self.open()
        s.send(TEXT, b'one ', fin=False)
        s.send(PING, b'there?')
        s.send(0, b'two')
        self.assertEqual(s.read(), (PONG, b'there?'))
        self.assertEqual(s.read(), (TEXT, b'one two'))
        s.send(CLOSE, struct.pack('>H', 1000))
        self.assertEqual(s.code(), 1000)

    def test_what_must_not_be_is_closed_with_its_code(self):
        big = b'a' * 60000
        cases = {
            'unmasked': ([(TEXT, b'a', True, False)], 1002),
            'a reserved opcode': ([(3, b'a')], 1002),
            'a fragment of nothing': ([(0, b'a')], 1002),
            'a control in fragments': ([(PING, b'a', False)], 1005),
            'a long control': ([(PING, b'a' * 126)], 1005),
            'binary': ([(BINARY, b'a')], 1003),
            'broken UTF-8': ([(TEXT, b'\xff')], 1007),
            'a lone surrogate': ([(TEXT, b'\xed\xa0\x80')], 1007),
            'NUL': ([(TEXT, b'a\0b')], 1007),
            'a frame beyond 64 KiB': ([(TEXT, b'a' * 65537)], 1009),
            'a message beyond 1 MiB': ([(TEXT, big, False)] + [(0, big, False)] * 18, 1009),
            'a frame that says it is huge': ([(TEXT, b'a', True, True, 1 << 62)], 1009),
            'a flood of pings': ([(PING, b'')] * 300, 1008),
        }
        for name, (frames, code) in cases.items():
            with self.subTest(name):
                s = self.open()
                try:
                    for f in frames:
                        s.send(*f)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.assertIn(s.code(), (code, None) if len(frames) > 10 else (code,))

    def test_a_client_that_does_not_read_is_closed(self):
        s = self.open()
        s.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(20):
            s.send(TEXT, b'flood')
        until(lambda: int(self.server.get('/socket/closed').body) == 1, 'it is closed')

    def test_closing_is_told_once_however_it_comes(self):
        first, second, third = self.open(), self.open(), self.open()
        first.send(CLOSE)
        second.close()
        third.send(TEXT, b'bye')
        self.assertEqual(third.code(), 1000)
        until(lambda: int(self.server.get('/socket/closed').body) == 3, 'all are closed')

    def test_the_end_of_the_server_is_told(self):
        s = self.open()
        s.send(TEXT, b'hello')
        self.assertEqual(s.read(), (TEXT, b'hello'))
        self.server.process.send_signal(15)
        self.assertEqual(s.code(), 1001)
        self.assertEqual(self.server.process.wait(rig.PATIENCE), 0)

    def test_a_socket_of_a_revoked_token_is_closed(self):
        folder = tempfile.TemporaryDirectory(prefix='mn-tokens-')
        self.addCleanup(folder.cleanup)
        tokens = ['--tokens', folder.name + '/tokens']
        made = subprocess.run([rig.BINARY, 'token', 'create', 'a', '--read', 'a', *tokens], capture_output=True,
                              text=True, check=True).stdout.strip()
        self.server = self.stage('log=-', f'tokens={folder.name}/tokens')
        self.assertEqual(self.open(path='/socket/guarded').reply.status, 401)
        s = self.open(f'X-API-Key: {made}', path='/socket/guarded')
        self.assertEqual(s.reply.status, 101)
        subprocess.run([rig.BINARY, 'token', 'revoke', 'a', *tokens], check=True)
        self.assertEqual(s.code(), 1008)


if __name__ == '__main__':
    rig.main()
