#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files of NeuralMemory, of both versions: everything in them goes in, and comes out again."""
import gzip
import json
import lzma
import os
import pathlib
import sqlite3
import struct
import sys

import test_snapshot
from test_snapshot import Room  # noqa: F401: main makes them

DATA = pathlib.Path(os.environ['MN_DATA']) / 'neuralmemory'
VERSIONS = ('v040', 'latest')
SETS = ('neuron_ids', 'synapse_ids', 'tags')
TEXTS = ('metadata', 'neuron_ids', 'synapse_ids', 'tags', 'pathway', 'auto_tags', 'agent_tags',
         'provenance', 'shared_with', 'config')


def database(room, version):
    path = room / f'{version}.db'
    if not path.exists():
        path.write_bytes(lzma.open(DATA / f'brain_{version}_100.db.xz').read())
        path.chmod(0o400)
    return path


def snapshot(version):
    return json.load(gzip.open(DATA / f'export_{version}_100.json.gz'))


def exported(room, brain, *options):
    return json.loads(room.must(brain, 'export', '--format', 'neuralmemory', *options))


def by(records, key='id'):
    found = {r[key]: r for r in records}
    assert len(found) == len(records)
    return found


def same(got, value, what):
    if isinstance(value, float):
        assert struct.pack('d', got) == struct.pack('d', value), (what, got, value)
    else:
        assert got == value and type(got) is type(value), (what, got, value)


def compare(got, expected):
    """Every member of every record that went in comes out."""
    assert set(got) == set(expected), (len(got), len(expected))
    for uid, record in expected.items():
        for member, value in record.items():
            out = got[uid][member]
            if member in SETS:
                out, value = sorted(out), sorted(value)
            same(out, value, (uid, member))


def rows(path, table):
    db = sqlite3.connect(f'file:{path}?immutable=1', uri=True)
    db.row_factory = sqlite3.Row
    for row in db.execute(f'SELECT * FROM "{table}"'):
        record = dict(row)
        yield {k: json.loads(v) if k in TEXTS and v is not None else v for k, v in record.items()}


def without_brain(records):
    return [{k: v for k, v in r.items() if k != 'brain_id'} for r in records]


def tables(path):
    db = sqlite3.connect(f'file:{path}?immutable=1', uri=True)
    return [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")
            if not name.startswith(('neurons_fts', 'fibers_fts', 'sqlite_'))]


def test_every_column_of_every_row_of_a_database_comes_out_again(room):
    for version in VERSIONS:
        path = database(room, version)
        room.must(version, 'import', path)
        got = exported(room, version)
        about = got['metadata']
        homes = {'neurons': ('id', got['neurons']), 'synapses': ('id', got['synapses']),
                 'fibers': ('id', got['fibers']), 'projects': ('id', about['projects']),
                 'typed_memories': ('fiber_id', about['typed_memories']),
                 'neuron_states': ('neuron_id', about['neuron_states'])}
        for table in tables(path):
            if table in homes:
                key, records = homes[table]
                compare(by(records, key), by(without_brain(rows(path, table)), key))
            elif table == 'brains':
                (brain,) = rows(path, table)
                for key, value in brain['config'].items():
                    same(got['config'][key], value, key)
            else:
                db = sqlite3.connect(f'file:{path}?immutable=1', uri=True)
                kept = [tuple(row) for part in about['neuralmemory_rows']
                        if part['table'] == table for row in part['rows']]
                want = db.execute(f'SELECT * FROM "{table}"').fetchall()
                assert sorted(kept, key=repr) == sorted(want, key=repr), table
        assert got['fibers'] and got['synapses'] and about['typed_memories']


def test_what_comes_out_of_a_database_makes_the_same_brain(room):
    for version in VERSIONS:
        room.must(version, 'import', database(room, version))
        first = exported(room, version)
        room.must(f'{version} again', 'import', '-', given=json.dumps(first).encode())
        second = exported(room, f'{version} again')
        for name in ('neurons', 'synapses', 'fibers', 'config', 'metadata'):
            assert first[name] == second[name], name


def test_snapshots_of_both_versions_come_out_as_they_went_in(room):
    for version in VERSIONS:
        sent = snapshot(version)
        sent['metadata']['projects'] = [{'id': 'p1', 'name': 'Apollo', 'priority': 1.5}]
        sent['metadata']['something_else'] = {'a': [1]}
        (room / f'{version}.json').write_text(json.dumps(sent, indent=2))
        room.must(version, 'import', room / f'{version}.json')
        got = exported(room, version)
        for name in ('neurons', 'synapses', 'fibers'):
            compare(by(got[name]), by(sent[name]))
        compare(by(got['metadata']['typed_memories'], 'fiber_id'),
                by(sent['metadata']['typed_memories'], 'fiber_id'))
        assert got['metadata']['something_else'] == {'a': [1]}
        assert got['metadata']['projects'] == sent['metadata']['projects']
        # The older file has a snapshot inside, and members may come in any order.
        old = {'brain': {'id': 'x', 'name': 'y'}, 'snapshot': dict(reversed(sent.items()))}
        room.must(f'{version} old', 'import', '-', '--format', 'neuralmemory',
                  given=json.dumps(old).encode())
        again = exported(room, f'{version} old')
        for name in ('neurons', 'synapses', 'fibers'):
            compare(by(again[name]), by(sent[name]))


def test_importing_twice_changes_nothing(room):
    for version in VERSIONS:
        path = database(room, version)
        room.must(version, 'import', path)
        before = room.snapshot(version)
        done = room.ask(version, 'import', path)
        assert done.returncode == 1 and b'--merge' in done.stderr, done.stderr
        room.must(version, 'import', path, '--merge', 'theirs')
        assert room.snapshot(version).count(b'\n') == before.count(b'\n')


def test_the_older_dialect_has_nothing_its_tools_do_not_know(room):
    room.must('b', 'import', database(room, 'latest'))
    got = exported(room, 'b', '--dialect', '0.4.0')
    assert set(got['config']) <= {
        'decay_rate', 'reinforcement_delta', 'activation_threshold', 'max_spread_hops',
        'max_context_tokens', 'default_synapse_weight'}
    assert set(got['neurons'][0]) == {'id', 'type', 'content', 'metadata', 'created_at'}
    known = {'time', 'spatial', 'entity', 'action', 'state', 'concept', 'sensory', 'intent'}
    assert {n['type'] for n in got['neurons']} <= known
    assert all(isinstance(t['priority'], int) for t in got['metadata']['typed_memories'])


def test_one_of_several_brains_is_chosen(room):
    path = room / 'two.db'
    path.write_bytes(lzma.open(DATA / 'brain_v040_100.db.xz').read())
    db = sqlite3.connect(path)
    db.execute("INSERT INTO brains SELECT 'other', 'second', config, owner_id, is_public, "
               'shared_with, created_at, updated_at FROM brains')
    db.execute("INSERT INTO neurons VALUES ('n', 'other', 'concept', 'only here', '{}', "
               "'2026-01-01T00:00:00')")
    db.commit()
    db.close()
    room.refused('b', 'import', path, says='--from-brain')
    room.refused('b', 'import', path, '--from-brain', 'third', says='third')
    room.must('b', 'import', path, '--from-brain', 'second')
    assert [n['content'] for n in exported(room, 'b')['neurons']] == ['only here']


def test_members_of_fibers_that_are_gone_are_kept_by_name(room):
    path = room / 'gone.db'
    path.write_bytes(lzma.open(DATA / 'brain_v040_100.db.xz').read())
    db = sqlite3.connect(path)
    ((fiber, ids),) = db.execute('SELECT id, neuron_ids FROM fibers LIMIT 1').fetchall()
    db.execute('UPDATE fibers SET neuron_ids=? WHERE id=?',
               (json.dumps(json.loads(ids) + ['nowhere']), fiber))
    db.commit()
    db.close()
    room.must('b', 'import', path)
    got = by(exported(room, 'b')['fibers'])[fiber]
    assert sorted(got['neuron_ids']) == sorted(json.loads(ids))
    assert got['dangling'] == {'neuron_ids': ['nowhere'], 'synapse_ids': []}


def test_a_database_is_not_changed_and_its_code_does_not_run(room):
    path = room / 'trap.db'
    path.write_bytes(lzma.open(DATA / 'brain_v040_100.db.xz').read())
    db = sqlite3.connect(path)
    db.execute('CREATE TABLE trapped (x)')
    db.execute('CREATE TRIGGER t AFTER INSERT ON neurons BEGIN INSERT INTO trapped VALUES (1); END')
    db.execute('ALTER TABLE projects RENAME TO p2')
    db.execute('CREATE VIEW projects AS SELECT * FROM p2')
    db.commit()
    db.close()
    before = path.read_bytes()
    room.refused('b', 'import', path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in room.folder.iterdir() if p.name.startswith('trap')) == ['trap.db']


def test_a_damaged_database_is_refused_or_whole(room):
    good = lzma.open(DATA / 'brain_v040_100.db.xz').read()
    room.must('good', 'import', database(room, 'v040'))
    want = exported(room, 'good')
    for at in range(100, len(good), len(good) // 25):
        path = room / 'bad.db'
        damaged = bytearray(good)
        damaged[at:at + 64] = b'\xa5' * 64
        path.write_bytes(damaged)
        done = room.ask('b', 'import', path)
        lines = done.stderr.decode().splitlines()
        assert done.returncode in (0, 1), (at, done)
        if done.returncode == 0:
            # In what is content, no check of the file sees it; every row is there still.
            got = exported(room, 'b')
            assert len(got['neurons']) == len(want['neurons'])
            assert len(got['synapses']) == len(want['synapses'])
            room.must('b', 'brain', 'delete', '--yes', 'b')
        else:
            assert lines[-1].endswith('nothing was imported'), lines
    for at in range(0, len(good), len(good) // 15):
        path.write_bytes(good[:at])
        done = room.ask('b', 'import', path, '--format', 'neuralmemory')
        assert done.returncode == 1, at


def test_broken_snapshots_leave_nothing_behind(room):
    sent = snapshot('v040')
    text = json.dumps(sent)
    for at in range(0, len(text), len(text) // 20):
        room.refused('b', 'import', '-', '--format', 'neuralmemory', given=text[:at].encode())
    for change in (
            lambda s: s['synapses'][-1].update(target_id='nowhere'),
            lambda s: s['fibers'][-1].update(anchor_neuron_id='nowhere'),
            lambda s: s['neurons'].append(s['neurons'][0]),
            lambda s: s['synapses'].append(s['synapses'][0]),
            lambda s: s['fibers'].append(s['fibers'][0]),
            lambda s: s['synapses'][-1].update(weight=1.5),
            lambda s: s['fibers'][-1].update(salience='high'),
            lambda s: s['neurons'][-1].pop('content'),
            lambda s: s['neurons'][-1].update(content='a\0b'),
            lambda s: s['neurons'].append(7),
            lambda s: s['neurons'][0].update(metadata={'a': 10 ** 400}),
            lambda s: s['config'].update(decay_rate='fast'),
            lambda s: s['metadata']['typed_memories'][0].update(fiber_id='nowhere'),
            lambda s: s.pop('fibers')):
        broken = json.loads(text)
        change(broken)
        room.refused('b', 'import', '-', '--format', 'neuralmemory',
                     given=json.dumps(broken).encode())
    deep = '{"brain_id":' + '[' * 1000000
    nested = '{"snapshot":' * 100000
    for given in (deep, nested, '{}', '[]', '', '{"neurons":[],"neurons":[]}',
                  '{"neurons":[1 2],"synapses":[],"fibers":[]}', text + '{}', '\xff'):
        room.refused('b', 'import', '-', '--format', 'neuralmemory', given=given.encode('latin-1'))


def test_equal_moments_are_equal_in_every_notation(room):
    """1,000 ways to write a few moments: as many different times come out as went in."""
    sent = {'brain_id': 'b', 'brain_name': 'b', 'exported_at': '2026-01-01T00:00:00',
            'version': '0.1.0', 'synapses': [], 'fibers': [], 'config': {}, 'neurons': []}
    for i in range(1000):
        zone = i % 23 - 11
        hour, day = (12 + zone) % 24, 15 + (12 + zone) // 24
        fraction = ('', '.0', '.000000')[i % 3]
        sign = '-' if zone < 0 else '+'
        end = 'Z' if zone == 0 and i % 2 else f'{sign}{abs(zone):02}:00'
        sent['neurons'].append({
            'id': f'n{i:04}', 'type': 'concept', 'content': f'c{i}', 'metadata': {},
            'created_at': f'2026-03-{day:02}{"T " [i % 2]}{hour:02}:00:00{fraction}{end}'})
    room.must('b', 'import', '-', given=json.dumps(sent).encode())
    assert {n['created_at'] for n in exported(room, 'b')['neurons']} == {'2026-03-15T12:00:00'}


def test_an_export_larger_than_any_cap_of_theirs_is_whole(room):
    lines = ''.join(f'{{"neuron":{{"type":"concept","text":"n{i}"}}}}\n' for i in range(50500))
    room.must('big', 'import', '-', '--format', 'graph', given=lines.encode())
    assert len(exported(room, 'big')['neurons']) == 50500


def test_a_file_at_an_odd_path_is_that_file(room):
    folder = room / 'a?mode=rwc#%41 '
    folder.mkdir()
    path = folder / 'x%3F.db'
    path.write_bytes(lzma.open(DATA / 'brain_v040_100.db.xz').read())
    room.must('b', 'import', path)
    assert [p.name for p in folder.iterdir()] == ['x%3F.db']
    for name in ('nowhere.db', 'a?mode=rwc#%41 /nowhere.db', '/'):
        done = room.ask('b', 'import', room / name)
        assert done.returncode in (1, 3), (name, done)


if __name__ == '__main__':
    sys.exit(test_snapshot.main(globals()))
