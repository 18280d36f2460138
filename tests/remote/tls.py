#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a store over HTTPS may be: behind a certificate that is trusted, for that very name.
usage: tls.py MNEMOSCOPE"""
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

MNEMOSCOPE = sys.argv.pop(1)


def certificate(folder, name, subject):
    """A certificate of its own authority."""
    key, cert = f'{folder}/{name}.key', f'{folder}/{name}.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-days', '2', '-subj', '/CN=mnemoscope test', '-addext', f'subjectAltName={subject}',
                    '-keyout', key, '-out', cert], check=True, capture_output=True)
    return key, cert


class Terminator(threading.Thread):
    """Ends TLS in front of a port, as a proxy would."""

    def __init__(self, key, cert, port):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port, self.behind = self.listener.getsockname()[1], port
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as outside, \
                    socket.create_connection(('127.0.0.1', self.behind)) as inside:
                threading.Thread(target=self.pump, args=(inside, outside), daemon=True).start()
                self.pump(outside, inside)
        except OSError:
            pass

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Https(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='mn-tls-')
        cls.addClassCleanup(cls.folder.cleanup)
        base = cls.folder.name
        cls.env = dict(os.environ, HOME=base, XDG_CONFIG_HOME=base, XDG_DATA_HOME=base, XDG_STATE_HOME=base)
        said = open(base + '/said', 'w+b')
        cls.addClassCleanup(said.close)
        cls.server = subprocess.Popen([MNEMOSCOPE, '--store', 'memory:', 'serve', '--listen', '127.0.0.1:0', '--log',
                                       base + '/log'], env=cls.env, stdout=said, stderr=said)
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.terminate)
        while not (found := re.search(rb'http://127\.0\.0\.1:(\d+)', pathlib.Path(base + '/said').read_bytes())):
            if cls.server.poll() is not None:
                raise AssertionError(pathlib.Path(base + '/said').read_text())
        port = int(found.group(1))
        cls.key, cls.cert = certificate(base, 'good', 'IP:127.0.0.1,DNS:localhost')
        other = certificate(base, 'other', 'DNS:elsewhere.example')
        cls.other = other[1]
        cls.good = Terminator(cls.key, cls.cert, port)
        cls.wrong_name = Terminator(*other, port)

    def ask(self, port, query, code):
        out = subprocess.run([MNEMOSCOPE, '--store', f'https://127.0.0.1:{port}{query}', 'brain', 'list'],
                             env=self.env, capture_output=True, text=True, timeout=60)
        self.assertEqual(out.returncode, code, out.stderr)
        return out.stderr

    def refused(self, port, query):
        said = self.ask(port, query, 1)
        self.assertEqual(said.count('\n'), 1, said)
        self.assertRegex(said, 'certificate|TLS|SSL')

    def test_a_certificate_that_is_named_is_trusted(self):
        self.ask(self.good.port, f'?ca={self.cert}', 0)

    def test_one_that_nobody_vouches_for_is_refused(self):
        self.refused(self.good.port, '')

    def test_one_of_another_authority_is_refused(self):
        self.refused(self.good.port, f'?ca={self.other}')

    def test_one_for_another_name_is_refused(self):
        self.refused(self.wrong_name.port, f'?ca={self.other}')

    def test_a_file_that_is_no_certificate_is_told(self):
        self.refused(self.good.port, f'?ca={self.key}')

    def test_a_port_that_speaks_no_tls_is_told(self):
        plain = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(plain.close)

        def answer():
            try:
                while True:
                    c, _ = plain.accept()
                    c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
                    c.close()
            except OSError:
                pass
        threading.Thread(target=answer, daemon=True).start()
        said = self.ask(plain.getsockname()[1], '', 1)
        self.assertEqual(said.count('\n'), 1, said)


if __name__ == '__main__':
    unittest.main(verbosity=1)
