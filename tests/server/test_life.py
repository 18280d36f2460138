# SPDX-License-Identifier: MIT
"""Where it listens, how it starts, how it ends."""
import os
import signal
import socket
import stat
import subprocess
import tempfile
import threading

import rig
from rig import Reply, read_all, request, until


def ask_unix(path, raw):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(rig.PATIENCE)
        s.connect(path)
        s.sendall(raw)
        return Reply.read(s)


class Listening(rig.Case):
    def test_a_unix_socket_is_private_and_gone_at_the_end(self):
        s = self.serve('listen=unix:@/sock', 'log=-')
        path = s.path + '/sock'
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(ask_unix(path, request('/count', host='whatever')).status, 200)
        self.assertEqual(ask_unix(path, request('/who')).body, b'unix \n')
        self.assertEqual(s.end(), 0)
        self.assertFalse(os.path.exists(path))

    def test_a_socket_left_behind_is_replaced_one_in_use_is_not(self):
        s = self.serve('listen=unix:@/sock', 'log=-')
        path = s.path + '/sock'
        second = rig.Server('listen=unix:' + path, wait=False)
        self.assertEqual(second.process.wait(rig.PATIENCE), 1)
        self.assertIn(b'in use', second.log())
        second.close()
        self.assertEqual(ask_unix(path, request('/count')).status, 200)
        s.end(signal.SIGKILL)
        self.assertTrue(os.path.exists(path))
        third = rig.Server('listen=unix:' + path, 'log=-')
        self.assertEqual(ask_unix(path, request('/count')).status, 200)
        self.assertEqual(third.end(), 0)
        third.close()

    def test_other_machines_need_tokens_and_tls(self):
        folder = tempfile.TemporaryDirectory(prefix='mn-tokens-')
        self.addCleanup(folder.cleanup)
        tokens = ['--tokens', folder.name + '/tokens']
        serve = [rig.BINARY, 'serve', '--store', 'memory:', '--listen', '0.0.0.0:0', *tokens]
        env = dict(os.environ, XDG_CONFIG_HOME=folder.name)
        out = subprocess.run(serve, capture_output=True, text=True, env=env, timeout=rig.PATIENCE)
        self.assertEqual(out.returncode, 1)
        self.assertIn('token', out.stderr)
        subprocess.run([rig.BINARY, 'token', 'create', 'a', '--read', '*', *tokens], check=True, capture_output=True)
        out = subprocess.run(serve, capture_output=True, text=True, env=env, timeout=rig.PATIENCE)
        self.assertEqual(out.returncode, 1)
        self.assertIn('--behind-tls', out.stderr)
        s = self.serve(*serve[1:], '--behind-tls', program=rig.BINARY)
        self.assertEqual(s.end(), 0)

    def test_addresses_that_are_none_are_named(self):
        for where in ('nonsense', '127.0.0.1:', '127.0.0.1:99999', 'unix:', 'unix:' + 'a' * 200, '[::1:80', '1.2.3.4.5:80'):
            with self.subTest(where):
                s = rig.Server('listen=' + where, wait=False)
                self.assertEqual(s.process.wait(rig.PATIENCE), 1)
                self.assertIn(b'stage: ', s.log())
                s.close()

    def test_a_socket_of_the_service_manager_is_taken_over(self):
        ours = socket.socket()
        ours.bind(('127.0.0.1', 0))
        ours.listen(8)
        port = ours.getsockname()[1]
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        folder = tempfile.TemporaryDirectory(prefix='mn-notify-')
        self.addCleanup(folder.cleanup)
        told.bind(folder.name + '/notify')
        told.settimeout(rig.PATIENCE)
        start = 'exec 3<&%d; exec env LISTEN_FDS=1 LISTEN_PID=$$ "$0" log=-' % ours.fileno()
        s = rig.Server('-c', start, rig.STAGE, program='/bin/bash', env={'NOTIFY_SOCKET': folder.name + '/notify'},
                       pass_fds=(ours.fileno(),))
        self.addCleanup(s.close)
        self.assertEqual(s.port, port)
        ours.close()
        self.assertEqual(told.recv(100), b'READY=1')
        self.assertEqual(s.get('/count').status, 200)
        self.assertEqual(s.end(), 0)
        self.assertEqual(told.recv(100), b'STOPPING=1')
        told.close()


class Ending(rig.Case):
    def test_a_running_request_is_finished_first(self):
        s = self.stage('log=-')
        with s.connect() as busy, s.connect() as idle:
            busy.sendall(request('/nap/2000'))
            until(lambda: rig.metric(s, 'requests_running') == 2, 'it runs')
            s.process.send_signal(signal.SIGTERM)
            reply = Reply.read(busy)
            self.assertEqual((reply.status, reply.body), (200, b'"slept"\n'))
            self.assertEqual(reply.headers.get('connection'), 'close')
            self.assertEqual(read_all(idle), b'')
        self.assertEqual(s.process.wait(rig.PATIENCE), 0)

    def test_one_that_takes_too_long_is_cancelled(self):
        s = self.stage('log=-', 'grace_ms=200')
        with s.connect() as busy:
            busy.sendall(request('/nap/600000'))
            until(lambda: rig.metric(s, 'requests_running') == 2, 'it runs')
            s.process.send_signal(signal.SIGTERM)
            self.assertEqual(Reply.read(busy).status, 499)
        self.assertEqual(s.process.wait(rig.PATIENCE), 0)

    def test_nobody_is_let_in_meanwhile(self):
        s = self.stage('log=-')
        with s.connect() as busy:
            busy.sendall(request('/nap/2000'))
            until(lambda: rig.metric(s, 'requests_running') == 2, 'it runs')
            s.process.send_signal(signal.SIGTERM)

            def refused():
                try:
                    s.connect().close()
                except ConnectionRefusedError:
                    return True
                return False
            until(refused, 'no more connections')
            self.assertEqual(Reply.read(busy).status, 200)

    def test_the_program_ends_on_a_signal_and_at_once_on_the_second(self):
        s = self.serve('serve', '--listen', '127.0.0.1:0', '--store', 'memory:', program=rig.BINARY)
        self.assertEqual(s.get('/ready').status, 200)
        self.assertEqual(s.end(), 0)

    def test_a_read_only_server_says_so_to_those_who_write(self):
        s = self.serve('serve', '--listen', '127.0.0.1:0', '--store', 'sqlite:@/brains', program=rig.BINARY)
        self.assertEqual(s.end(), 0)
        again = self.serve('--read-only', 'serve', '--listen', '127.0.0.1:0', '--store', f'sqlite:{s.path}/brains',
                           program=rig.BINARY)
        self.assertEqual(again.get('/ready').status, 200)

    def test_requests_under_load_all_get_their_answer(self):
        s = self.stage('log=@/log', 'workers=4')
        answered, broken = [], []

        def client():
            with s.connect() as c:
                f = c.makefile('rb')
                for i in range(300):
                    c.sendall(request('/echo', method='POST', body=b'%d' % i))
                    reply = Reply.read(f)
                    (answered if reply.body == b'%d' % i else broken).append(reply.status)
        threads = [threading.Thread(target=client) for _ in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual((len(answered), broken), (4800, []))
        self.assertEqual(s.end(), 0)
        with open(s.path + '/log', 'rb') as f:
            log = f.read()
        self.assertEqual(log.count(b'"route":"/echo"'), 4800)
        self.assertEqual(stat.S_IMODE(os.stat(s.path + '/log').st_mode), 0o600)


if __name__ == '__main__':
    rig.main()
