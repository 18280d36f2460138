#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hostile.py - clients that nobody wants: slow heads, slow bodies, slow readers, broken framing.

usage: hostile.py PORT SECONDS [CONNECTIONS]

Loopback only. Prints what they got: how many answers of 2xx (there should be none to the broken
ones), how many refusals, how many connections the server ended.
"""
import json
import selectors
import socket
import sys
import time

BROKEN = [
    b'POST /memory/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
    b'POST /memory/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    b'GET /health HTTP/1.1\nHost: localhost\n\n',
    b'GET /health HTTP/1.1\r\nHost: local\0host\r\n\r\n',
    b'GET /health HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n',
    b'GET /health HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n',
    b'POST /memory/query HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    b'GET /health HTTP/1.1\r\nHost: localhost\r\nX: ' + b'y' * 20000 + b'\r\n\r\n',
]
SLOW = [
    b'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ' + b'y' * 500,
    b'POST /memory/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    b'Content-Length: 500\r\n\r\n' + b'{"query":"' + b'y' * 400,
]


class Client:
    """One connection that sends a text, at once or a byte a second, and reads what comes."""

    def __init__(self, port, text, slow):
        self.text, self.slow, self.sent, self.got = text, slow, 0, b''
        self.due = time.monotonic()
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=5)
        self.sock.setblocking(False)

    def send(self, now):
        if self.sent >= len(self.text) or now < self.due:
            return
        start = self.text.find(b'X-Slow') if self.slow and self.sent == 0 else None
        n = (max(start, 1) if start is not None else 1) if self.slow else len(self.text)
        self.sent += self.sock.send(self.text[self.sent:self.sent + n])
        self.due = now + 1

    def close(self):
        self.sock.close()


def run(port, seconds, most):
    got = {'broken': 0, 'slow': 0, 'served': 0, 'refused': 0, 'ended': 0, 'connect_failed': 0}
    clients, waits = {}, selectors.DefaultSelector()
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        while len(clients) < most:
            turn += 1
            broken = turn % 4 == 0
            text = BROKEN[turn // 4 % len(BROKEN)] if broken else SLOW[turn % len(SLOW)]
            try:
                c = Client(port, text, not broken)
            except OSError:
                got['connect_failed'] += 1
                break
            got['broken' if broken else 'slow'] += 1
            clients[c.sock] = c
            waits.register(c.sock, selectors.EVENT_READ)
        for key, _ in waits.select(0.01):
            finish(clients, waits, key.fileobj, got)
        for c in list(clients.values()):
            try:
                c.send(time.monotonic())
            except OSError:
                finish(clients, waits, c.sock, got)
    for c in clients.values():
        c.close()
    print(json.dumps(got))


def finish(clients, waits, sock, got):
    try:
        data = sock.recv(4096)
    except BlockingIOError:
        return
    except OSError:
        data = b''
    if data.startswith(b'HTTP/1.') and data[9:10] == b'2':
        got['served'] += 1
    elif data:
        got['refused'] += 1
    else:
        got['ended'] += 1
    waits.unregister(sock)
    clients.pop(sock).close()


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    run(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 200)
