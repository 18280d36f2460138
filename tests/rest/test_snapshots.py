#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Snapshots of both versions of the peer: imported, exported, imported again, the same to the bit."""
import copy
import gzip
import json
import os
import pathlib
import threading

import rig
from rig import equal

DATA = pathlib.Path(os.environ['MN_DATA']) / 'neuralmemory'
DIALECTS = ('v040', 'latest')


def snapshot(dialect):
    with gzip.open(DATA / f'export_{dialect}_100.json.gz') as f:
        return json.load(f)


def by(records, key='id'):
    return {r[key]: r for r in records}


def compare(got, expected, sets=()):
    """Every member of every record that went in comes out, floats to the last bit."""
    for uid, record in expected.items():
        for member, value in record.items():
            out = got[uid][member]
            if member in sets:
                out, value = sorted(out), sorted(value)
            assert out == value and repr(out) == repr(value), (uid, member, out, value)


def check(c, uid, sent):
    got = c.must('GET', f'/brain/{uid}/export')
    compare(by(got['neurons']), by(sent['neurons']))
    compare(by(got['synapses']), by(sent['synapses']))
    compare(by(got['fibers']), by(sent['fibers']), ('neuron_ids', 'synapse_ids', 'tags'))
    for key, value in sent['config'].items():
        equal(got['config'][key], value, key)
    compare(by(got['metadata']['typed_memories'], 'fiber_id'),
            by(sent['metadata']['typed_memories'], 'fiber_id'))
    equal(got['metadata']['projects'], sent['metadata']['projects'])
    equal((got['version'], len(got['fibers'])), (sent['version'], len(sent['fibers'])))
    return got


def rows_of(exported):
    return {k: by(exported[k]) for k in ('neurons', 'synapses', 'fibers')}


def test_both_dialects_come_out_as_they_went_in():
    for store in (None, 'memory:'):
        with rig.server(store) as served:
            c = served.client()
            for dialect in DIALECTS:
                sent = snapshot(dialect)
                sent['metadata']['projects'] = [{'id': 'p1', 'name': 'Apollo', 'priority': 1.5}]
                sent['metadata']['something_else'] = {'a': [1]}
                got = c.must('POST', f'/brain/{dialect}/import', sent)
                equal((got['id'], got['fiber_count']), (dialect, len(sent['fibers'])))
                first = check(c, dialect, sent)
                equal(first['metadata']['something_else'], {'a': [1]})
                c.must('POST', f'/brain/{dialect}/import', sent)
                equal(rows_of(check(c, dialect, sent)), rows_of(first), 'imported twice')
                # Our own export is a snapshot like theirs.
                c.must('POST', f'/brain/{dialect}-again/import', first)
                equal(rows_of(c.must('GET', f'/brain/{dialect}-again/export')), rows_of(first))


def test_an_imported_brain_can_be_asked():
    with rig.server() as served:
        for dialect in DIALECTS:
            sent = snapshot(dialect)
            c = served.client(dialect)
            c.must('POST', f'/brain/{dialect}/import', sent)
            anchors = [n for n in sent['neurons'] if n['metadata'].get('is_anchor')]
            fiber = {f['anchor_neuron_id']: f['id'] for f in sent['fibers']}
            found = 0
            for a in anchors[:20]:
                got = c.must('POST', '/memory/query', {'query': a['content']})
                contents = got['context']
                found += a['content'] in contents
                assert got['confidence'] > 0.5, got
                assert set(got['fibers_matched']) <= set(by(sent['fibers'])), got
            assert fiber and found == 20, found


def test_what_is_decided_is_kept_when_a_snapshot_comes_again():
    with rig.server() as served:
        c = served.client('b')
        sent = snapshot('v040')
        c.must('POST', '/brain/b/import', sent)
        c.must('POST', '/memory/neurons', {'id': 'mine', 'type': 'concept', 'content': 'mine'})
        changed = copy.deepcopy(sent)
        changed['neurons'][0]['content'] = 'changed there'
        changed['synapses'][0]['weight'] = 0.123456789
        changed['fibers'][0]['summary'] = 'changed there'
        c.must('POST', '/brain/b/import', changed)
        check(c, 'b', changed)
        equal(c.must('GET', '/memory/neurons/mine')['content'], 'mine')


def broken_ones():
    sent = snapshot('v040')
    for change in (
            lambda s: s['synapses'][-1].update(target_id='nowhere'),
            lambda s: s['fibers'][-1].update(anchor_neuron_id='nowhere'),
            lambda s: s['neurons'].append(s['neurons'][0]),
            lambda s: s['synapses'][-1].update(weight=1.5),
            lambda s: s['fibers'][-1].update(salience='high'),
            lambda s: s['neurons'][-1].pop('content'),
            lambda s: s['config'].update(decay_rate='fast'),
            lambda s: s['metadata']['typed_memories'][0].update(fiber_id='nowhere'),
            lambda s: s.pop('fibers'),
            lambda s: s['neurons'][-1].update(metadata={'_nm': {}})):
        broken = copy.deepcopy(sent)
        change(broken)
        yield broken


def test_a_broken_snapshot_leaves_nothing_behind():
    for store in (None, 'memory:'):
        with rig.server(store) as served:
            c = served.client('there')
            c.must('POST', '/brain/there/import', snapshot('latest'))
            before = rows_of(c.must('GET', '/brain/there/export'))
            for broken in broken_ones():
                for uid in ('fresh', 'there'):
                    status, got = c.ask('POST', f'/brain/{uid}/import', broken)
                    assert status in (400, 409, 422), (status, str(got)[:300])
                c.refused(404, 'GET', '/brain/fresh')
            equal(rows_of(c.must('GET', '/brain/there/export')), before)


def test_the_engines_own_brains_survive_the_peers_format():
    """Types, flags and members that the format has no place for come back too."""
    with rig.server() as served:
        c = served.client('own')
        c.must('POST', '/brain/create', {'name': 'own'})
        for i in range(10):
            c.must('POST', '/memory/encode', {
                'content': f'Ada met Charles at the {i}. meeting about engines', 'tags': [f't{i}'],
                'timestamp': f'2025-01-{i + 1:02}T10:00:00' if i % 2 else None})
        first = c.must('GET', '/brain/own/export')
        c.must('POST', '/brain/copy/import', first)
        equal(rows_of(c.must('GET', '/brain/copy/export')), rows_of(first))
        c.brain = 'copy'
        again = c.must('POST', '/memory/encode', {
            'content': 'Ada met Charles at the 0. meeting about engines', 'tags': ['t0']})
        equal(again['neurons_created'], 0, 'the same memory is known')
        got = c.must('POST', '/memory/query', {'query': 'the 7. meeting'})
        assert '7. meeting' in got['context'], got


def test_exports_while_somebody_writes_are_whole():
    with rig.server() as served:
        c = served.client('busy')
        c.must('POST', '/brain/busy/import', snapshot('v040'))
        stop = threading.Event()

        def write():
            w = served.client('busy')
            i = 0
            while not stop.wait(0.005):
                i += 1
                w.must('POST', '/memory/encode', {'content': f'note {i} of a busy writer'})

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(10):
                status, got = c.ask('GET', '/brain/busy/export')
                assert status in (200, 503), (status, str(got)[:200])
                if status == 200:
                    neurons = by(got['neurons'])
                    for s in got['synapses']:
                        assert s['source_id'] in neurons and s['target_id'] in neurons, s
        finally:
            stop.set()
            writer.join()


if __name__ == '__main__':
    rig.run(globals())
