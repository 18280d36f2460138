#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""server.py - a server that behaves well or badly, as the path asks, for tests of plugins/http.

Prints one line, "PORT TLS_PORT STRANGE_PORT FOLDER", then serves until it is ended or its standard
input closes: plain on PORT and on FOLDER/socket; TLS with a certificate of FOLDER/ca.pem on
TLS_PORT, and with a self-signed one on STRANGE_PORT. /count tells what was seen so far.
"""
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

count = {'connections': 0, 'requests': 0, 'waiting': 0, 'left': 0, 'changes': 0, 'flood': 0}
lock = threading.Lock()


def add(what, n=1):
    with lock:
        count[what] += n
        return count[what]


def answer(conn, body=b'', status='200 OK', headers=()):
    head = [f'HTTP/1.1 {status}', f'Content-Length: {len(body)}', *headers]
    conn.sendall('\r\n'.join(head).encode() + b'\r\n\r\n' + body)


def chunks(conn, parts, end=True):
    conn.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    for part in parts:
        conn.sendall(b'%x\r\n%s\r\n' % (len(part), part))
    if end:
        conn.sendall(b'0\r\n\r\n')


def wait(conn):
    """Says nothing until the other side goes away."""
    add('waiting')
    try:
        while conn.recv(4096):
            pass
    except OSError:
        pass
    add('left')
    return False


def flood(conn):
    conn.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
    line = b'%s\n' % (b'x' * 999)
    try:
        while True:
            conn.sendall(line * 64)
            add('flood', len(line) * 64)
    except OSError:
        return False


def reset(conn):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    return False


def say(conn, raw):
    conn.sendall(raw)
    return False


def serve(conn, nth, method, path, headers, body):
    """One exchange; False: the connection is closed."""
    name, _, query = path.partition('?')
    if name == '/count':
        answer(conn, ' '.join(f'{k}={v}' for k, v in sorted(count.items())).encode())
    elif name == '/echo':
        typed = headers.get('content-type', 'none')
        answer(conn, f'{method} {query} {typed} '.encode() + body)
    elif name == '/secret':
        answer(conn, headers.get('authorization', '').encode(), '418 Teapot')
    elif name == '/big':
        answer(conn, b'y' * int(query))
    elif name == '/chunked':
        chunks(conn, [b'one ', b'two ', b'three'])
    elif name == '/etag':
        answer(conn, b'{}', '429 Too Many Requests',
               ('ETag: "1-a-2"', 'Retry-After: 7', 'Content-Type: Application/JSON; charset=utf-8'))
    elif name == '/empty':
        conn.sendall(b'HTTP/1.1 204 No Content\r\n\r\n')
    elif name == '/redirect':
        answer(conn, b'', '302 Found', ('Location: /echo',))
    elif name == '/early':
        conn.sendall(b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
        answer(conn, b'late')
    elif name == '/wait':
        return wait(conn)
    elif name == '/slow-change':  # until /count is asked by another connection
        add('waiting')
        seen = count['requests']
        while count['requests'] == seen:
            threading.Event().wait(0.005)
        answer(conn, b'done')
    elif name == '/change':
        add('changes')
        if nth > 1:  # a connection that was kept: taken, but never answered
            return False
        answer(conn, b'changed')
    elif name == '/reset':
        return reset(conn)
    elif name == '/garbage':
        return say(conn, b'220 mail.example.org ready\r\n')
    elif name == '/short':
        return say(conn, b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this')
    elif name == '/lines':
        chunks(conn, [b'line %d\n' % i for i in range(int(query))])
    elif name == '/lines-odd':
        chunks(conn, [b'a\r', b'\n\nb', b'c\n', b'tail'])
    elif name == '/lines-broken':
        chunks(conn, [b'first\nsecond\nthi'], end=False)
        return False
    elif name == '/lines-wait':
        chunks(conn, [b'first\n'], end=False)
        return wait(conn)
    elif name == '/flood':
        return flood(conn)
    else:
        answer(conn, b'no such thing', '404 Not Found')
    return True


def request(reader):
    line = reader.readline()
    if not line:
        return None
    method, path, _ = line.decode().split()
    headers = {}
    while (line := reader.readline().strip()):
        name, _, value = line.decode().partition(':')
        headers[name.lower()] = value.strip()
    return method, path, headers, reader.read(int(headers.get('content-length', 0)))


def talk(conn):
    nth = 0
    add('connections')
    try:
        with conn, conn.makefile('rb') as reader:
            while (asked := request(reader)):
                nth += 1
                add('requests')
                if not serve(conn, nth, *asked):
                    break
    except (OSError, ValueError):
        pass


def secure(conn, context):
    try:
        talk(context.wrap_socket(conn, server_side=True))
    except (OSError, ssl.SSLError):
        conn.close()


def listen(sock, context=None):
    sock.listen(64)
    while True:
        conn, _ = sock.accept()
        target, args = (secure, (conn, context)) if context else (talk, (conn,))
        threading.Thread(target=target, args=args, daemon=True).start()


def openssl(*args):
    subprocess.run(['openssl', *args], check=True, capture_output=True)


def certificates(folder):
    """An authority with a certificate for localhost, and one that signed itself."""
    at = lambda name: os.path.join(folder, name)
    names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
    new = ('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-batch')
    openssl(*new, '-x509', '-subj', '/CN=Test CA', '-keyout', at('ca.key'), '-out', at('ca.pem'),
            '-days', '2')
    openssl(*new, '-subj', '/CN=localhost', '-keyout', at('good.key'), '-out', at('good.csr'))
    with open(at('names'), 'w', encoding='ascii') as f:
        f.write(names)
    openssl('x509', '-req', '-in', at('good.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'),
            '-CAcreateserial', '-extfile', at('names'), '-days', '2', '-out', at('good.pem'))
    openssl(*new, '-x509', '-subj', '/CN=localhost', '-addext', names, '-keyout',
            at('strange.key'), '-out', at('strange.pem'), '-days', '2')


def context(folder, name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(os.path.join(folder, name + '.pem'), os.path.join(folder, name + '.key'))
    return c


def loopback():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    return s


def main():
    folder = tempfile.mkdtemp(prefix='mn-http-')
    try:
        certificates(folder)
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(os.path.join(folder, 'socket'))
        plain, good, strange = loopback(), loopback(), loopback()
        for args in ((plain,), (unix,), (good, context(folder, 'good')),
                     (strange, context(folder, 'strange'))):
            threading.Thread(target=listen, args=args, daemon=True).start()
        ports = ' '.join(str(s.getsockname()[1]) for s in (plain, good, strange))
        print(ports, folder, flush=True)
        sys.stdin.read()
    finally:
        shutil.rmtree(folder)


main()
