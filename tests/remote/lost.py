#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Connections that break, and servers that go away, between the remote plugin and our server.

usage: lost.py MNEMOSCOPE

A small proxy stands between: it counts what goes by, and can swallow the answer to a change and
close instead. Memories are remembered through it with `mnemoscope --store http://...`.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

failed = []


def end(sock):
    """Also for the thread that waits for it."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


def check(what, fine, detail=''):
    print(('ok      ' if fine else 'FAILED  ') + what + ('' if fine else f': {detail}'))
    if not fine:
        failed.append(what)


class Proxy:
    """Hands bytes on. swallow: answers to POST .../apply that are lost, connection and all;
    before_loss is called first."""

    def __init__(self, port):
        self.to, self.swallow, self.seen = port, 0, 0
        self.before_loss = None
        self.lock = threading.Lock()
        self.sock = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self.sock.getsockname()[1]}'
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.sock.accept()
            threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client):
        try:
            server = socket.create_connection(('127.0.0.1', self.to))
        except OSError:
            end(client)
            return
        state = {'apply': False}
        threading.Thread(target=self.back, args=(server, client, state), daemon=True).start()
        try:
            while data := client.recv(65536):
                if re.match(rb'POST \S+/apply ', data):
                    state['apply'] = True
                    with self.lock:
                        self.seen += 1
                server.sendall(data)
        except OSError:
            pass
        end(server)

    def back(self, server, client, state):
        try:
            while data := server.recv(65536):
                with self.lock:
                    lost = state['apply'] and self.swallow > 0
                    self.swallow -= lost
                if lost:
                    if self.before_loss:
                        self.before_loss()
                    break
                client.sendall(data)
        except OSError:
            pass
        end(client)


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as home:
        env = {'PATH': os.environ['PATH'], 'HOME': home, 'XDG_DATA_HOME': home + '/data',
               'XDG_CONFIG_HOME': home + '/config', 'XDG_STATE_HOME': home + '/state'}

        def run(*args):
            return subprocess.run([binary, *args], env=env, capture_output=True, text=True,
                                  timeout=120)

        def serve(where):
            out = open(home + '/said', 'w+', encoding='utf-8')
            process = subprocess.Popen(
                [binary, '--store', f'sqlite:{home}/store', 'serve', '--listen', where, '--rate',
                 '0', '--log', home + '/log'], env=env, stdout=out, stderr=out)
            while True:
                said = re.search(r'http://127.0.0.1:(\d+)', open(home + '/said').read())
                if said:
                    return process, int(said.group(1))
                if process.poll() is not None:
                    sys.exit(open(home + '/said').read())
                time.sleep(0.02)

        process, port = serve('127.0.0.1:0')
        proxy = Proxy(port)
        store = ('--store', proxy.url, '--brain', 'b')
        check('a brain is made through the proxy', run('--store', proxy.url, 'brain', 'create',
                                                       'b').returncode == 0)
        proxy.swallow, proxy.seen = 2, 0
        done = run(*store, 'remember', 'Alice met Bob in Lisbon')
        check('a change whose answer was lost is sent again', done.returncode == 0 and
              proxy.seen == 3 and proxy.swallow == 0, (done.stderr, proxy.seen))
        direct = run('--store', f'sqlite:{home}/store', '--brain', 'b', 'export')
        check('and done once', direct.stdout.count('Alice met Bob') == 1, direct.stdout)
        proxy.swallow = 1000
        lost = run(*store, 'remember', 'Carol met Dave in Porto')
        check('where no answer ever comes, it is said that it may be written',
              lost.returncode == 1 and 'may have been written' in lost.stderr
              and lost.stderr.count('\n') == 1, lost.stderr)
        proxy.swallow = 0
        found = run(*store, 'recall', 'Lisbon')
        check('the next call goes on', 'Alice' in found.stdout, found.stderr)
        process.send_signal(signal.SIGKILL)
        process.wait()
        away = run('--store', f'http://127.0.0.1:{port}', '--brain', 'b', 'recall', 'Lisbon')
        check('a server that is gone is said to be', away.returncode == 1 and
              'is the server running?' in away.stderr, away.stderr)
        process, _ = serve(f'127.0.0.1:{port}')
        back = run(*store, 'recall', 'Lisbon')
        check('what was acknowledged is there when it is back', 'Alice' in back.stdout, back.stderr)

        def restart():
            nonlocal process
            process.send_signal(signal.SIGKILL)
            process.wait()
            process, _ = serve(f'127.0.0.1:{port}')

        proxy.swallow, proxy.seen, proxy.before_loss = 1, 0, restart
        killed = run(*store, 'remember', 'Erin met Frank in Faro')
        check('a server that was killed before its answer does not do it once more',
              killed.returncode == 1 and 'may have been written' in killed.stderr
              and killed.stderr.count('\n') == 1 and proxy.seen == 2, (killed.stderr, proxy.seen))
        proxy.swallow, proxy.before_loss = 0, None
        found = run(*store, 'recall', 'Faro')
        check('and had done it once', found.stdout.count('Erin') == 1, found.stdout)
        process.terminate()
        check('the server ends in order', process.wait() == 0)
    return 1 if failed else 0


sys.exit(main())
