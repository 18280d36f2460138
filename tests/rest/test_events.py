#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""WebSocket events: who subscribed hears what REST writes and what others push, and nothing else."""
import base64
import json
import os
import socket
import struct

import rig
from rig import equal


class Socket:
    """A WebSocket by hand (RFC 6455): text frames, masked as a client's must be."""

    def __init__(self, served, path='/sync/ws', connect=True):
        self.s = socket.create_connection(('127.0.0.1', served.port), 30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.s.sendall((f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n'
                        'Upgrade: websocket\r\nConnection: Upgrade\r\n'
                        f'Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n').encode())
        self.f = self.s.makefile('rb')
        status = self.f.readline()
        assert b' 101 ' in status, status
        while self.f.readline() != b'\r\n':
            pass
        if connect:
            self.send(action='connect', client_id='me')
            got = self.get()
            equal((got['type'], got['brain_id']), ('connected', '*'))
            self.id = got['data']['client_id']

    def send_text(self, text, opcode=1):
        data, mask = text.encode() if isinstance(text, str) else text, os.urandom(4)
        size = len(data)
        head = bytes([0x80 | opcode]) + (
            bytes([0x80 | size]) if size < 126 else
            struct.pack('>BH', 0xFE, size) if size < 65536 else struct.pack('>BQ', 0xFF, size))
        self.s.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def send(self, **message):
        self.send_text(json.dumps(message))

    def get(self):
        """The next text frame; pings are answered."""
        while True:
            head = self.f.read(2)
            assert len(head) == 2, 'the connection ended'
            size = head[1] & 127
            if size > 125:
                size = int.from_bytes(self.f.read(2 if size == 126 else 8), 'big')
            data = self.f.read(size)
            if head[0] & 15 == 1:
                return json.loads(data)
            if head[0] & 15 == 9:
                self.send_text(data, 10)
            assert head[0] & 15 != 8, f'closed: {data!r}'

    def subscribe(self, brain):
        self.send(action='subscribe', brain_id=brain)
        got = self.get()
        equal((got['type'], got['brain_id'], got['data']),
              ('subscribed', brain, {'success': True, 'client_id': self.id}))

    def silent(self):
        """Nothing is on its way: what is asked last is answered next."""
        self.send(action='ping')
        equal(self.get(), {'type': 'pong'})


def brains(served, *names):
    c = served.client()
    uids = [c.must('POST', '/brain/create', {'name': n})['id'] for n in names]
    c.brain = names[0]
    return c, uids


def test_what_rest_writes_is_told_to_those_who_subscribed():
    with rig.server() as served:
        c, (uid, _) = brains(served, 'a', 'b')
        by_name, by_uid, other = Socket(served), Socket(served, '/api/v1/sync/ws'), Socket(served)
        by_name.subscribe('a')
        by_uid.subscribe(uid)
        other.subscribe('b')
        c.must('POST', '/memory/neurons', {'id': 'n', 'type': 'concept', 'content': 'x'})
        c.must('PUT', '/memory/neurons/n', {'content': 'y'})
        fiber = c.must('POST', '/memory/encode', {'content': 'hello world'})['fiber_id']
        c.must('DELETE', '/memory/neurons/n')
        expected = [('neuron_created', {'neuron_id': 'n'}), ('neuron_updated', {'neuron_id': 'n'}),
                    ('memory_encoded', {'fiber_id': fiber}),
                    ('neuron_deleted', {'neuron_id': 'n'})]
        for s, called in ((by_name, 'a'), (by_uid, uid)):
            got = [s.get() for _ in expected]
            equal([(e['type'], e['data']) for e in got], expected)
            equal({e['brain_id'] for e in got}, {called})
            equal({e['source_client_id'] for e in got}, {None})
        other.silent()
        by_name.send(action='unsubscribe', brain_id='a')
        equal(by_name.get()['data'], {'success': True})
        c.must('POST', '/memory/encode', {'content': 'and again'})
        by_name.silent()


def change(op, kind, **row):
    return {'op': op, 'kind': kind, 'row': row}


def test_what_the_own_endpoints_write_is_told_too():
    with rig.server() as served:
        c, _ = brains(served, 'a')
        s = Socket(served)
        s.subscribe('a')
        def neuron(i, op='add', **more):
            return change(op, 'neuron', id=i, type='concept', **more)
        c.must('POST', '/mn/v1/brains/a/apply', {'changes': [
            neuron(1, text='x', uid='n'), neuron(2, text='y'),
            change('add', 'synapse', id=1, **{'from': 1, 'to': 2}, type='near', base=.5),
            change('bump', 'synapse', id=1, uses=1, last=1), change('fold', 'synapse')]})
        c.must('POST', '/mn/v1/brains/a/apply', {'changes': [
            neuron(1, 'put', text='z', uid='n'), change('drop', 'synapse', id=1),
            change('drop', 'neuron', id=2), change('drop', 'neuron', id=77)]})
        status, _, _ = c.raw('POST', '/mn/v1/brains/a/apply',
                             json.dumps({'changes': [neuron(1, text='x')]}))
        equal(status, 409)
        c.must('POST', '/mn/v1/brains/a/apply', {'changes': [
            neuron(i, text=f't{i}') for i in range(100, 200)]})
        status, _, got = c.raw('POST', '/mn/v1/brains/a/remember', '{"id":"m","text":"A moth."}\n',
                               {'Content-Type': 'application/x-ndjson'})
        equal((status, json.loads(got)['added']), (200, 1))
        expected = [('neuron_created', {'neuron_id': 'n'}),
                    ('neuron_created', {'neuron_id': 'concept:y'}),
                    ('synapse_created', {'synapse_id': 'n|near|concept:y'}),
                    ('neuron_updated', {'neuron_id': 'n'}),
                    ('synapse_deleted', {'synapse_id': 'n|near|concept:y'}),
                    ('neuron_deleted', {'neuron_id': 'concept:y'}),
                    ('partial_sync', {'changes': 100}), ('memory_encoded', {'fiber_id': 'm'})]
        equal([(e['type'], e['data']) for e in (s.get() for _ in expected)], expected)
        s.silent()


def test_what_nobody_listened_to_is_in_the_history_in_short():
    with rig.server() as served:
        c, _ = brains(served, 'a')
        c.must('POST', '/mn/v1/brains/a/apply', {'changes': [
            change('add', 'neuron', id=1, type='concept', text='x')]})
        s = Socket(served)
        s.send(action='get_history', brain_id='a')
        equal([(e['type'], e['data']) for e in s.get()['events']],
              [('partial_sync', {'changes': 1})])


def test_what_fails_is_not_told():
    with rig.server() as served:
        c, _ = brains(served, 'a')
        s = Socket(served)
        s.subscribe('a')
        c.refused(404, 'DELETE', '/memory/neurons/none')
        c.refused(400, 'POST', '/memory/neurons', {'type': 'bogus', 'content': 'x'})
        s.silent()


def test_what_a_client_pushes_reaches_the_others():
    with rig.server() as served:
        brains(served, 'a')
        one, two = Socket(served), Socket(served)
        one.subscribe('a')
        two.subscribe('a')
        one.send(action='event', event={
            'type': 'neuron_updated', 'brain_id': 'a', 'timestamp': '2025-01-01T00:00:00',
            'data': {'q': '"\u202e'}})
        equal(two.get(), {'type': 'neuron_updated', 'brain_id': 'a',
                          'timestamp': '2025-01-01T00:00:00', 'data': {'q': '"\u202e'},
                          'source_client_id': one.id})
        one.silent()


def test_history_holds_the_last_hundred():
    with rig.server() as served:
        c, _ = brains(served, 'a', 'b')
        for i in range(120):
            c.must('POST', '/memory/neurons', {'id': f'n{i}', 'type': 'concept', 'content': 'x'})
        s = Socket(served)
        s.send(action='get_history', brain_id='a')
        got = s.get()
        equal((got['type'], got['brain_id']), ('history', 'a'))
        equal([e['data']['neuron_id'] for e in got['events']], [f'n{i}' for i in range(70, 120)])
        s.send(action='get_history', brain_id='a', since='2999-01-01T00:00:00')
        equal(s.get()['events'], [])
        s.send(action='get_history', brain_id='b')
        equal(s.get()['events'], [])
        equal(c.must('GET', '/sync/stats'), {
            'connected_clients': 1, 'brain_subscriptions': {}, 'event_history_size': 100})
        s.subscribe('a')
        equal(c.must('GET', '/sync/stats')['brain_subscriptions'], {'a': 1})
        c.must('DELETE', '/brain/a')
        equal(c.must('GET', '/sync/stats')['event_history_size'], 0)


def test_wrong_messages_are_answered_and_change_nothing():
    with rig.server() as served:
        c, _ = brains(served, 'a')
        fresh = Socket(served, connect=False)
        fresh.send(action='subscribe', brain_id='a')
        equal(fresh.get()['data'], {'error': 'Not connected'})
        s = Socket(served)
        s.subscribe('a')
        for text in ('{bad', '[]', '7', '"x"', '{}', '{"action":7}', '{"action":"dance"}',
                     '{"action":"subscribe"}', '{"action":"subscribe","brain_id":"none"}',
                     '{"action":"subscribe","brain_id":["a"]}', '{"action":"event"}',
                     '{"action":"event","event":{"type":"connected","brain_id":"a"}}',
                     '{"action":"event","event":{"type":"full_sync","brain_id":"none"}}',
                     '{"action":"event","event":{"type":"full_sync","brain_id":"a","data":[]}}',
                     '{"action":"get_history","brain_id":"none"}', '{"a":' * 100 + '1' + '}' * 100,
                     json.dumps({'action': 'event', 'event': {
                         'type': 'full_sync', 'brain_id': 'a', 'data': {'x': 'y' * 20000}}})):
            s.send_text(text)
            equal(s.get()['type'], 'error', text[:80])
        s.silent()
        for i in range(70):
            s.send(action='subscribe', brain_id='a')
            equal(s.get()['data']['success'], True, 'twice is once')
        equal(c.must('GET', '/sync/stats')['brain_subscriptions'], {'a': 1})
        s.s.close()
        fresh.silent()


if __name__ == '__main__':
    rig.run(globals())
