#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that go between us and NeuralMemory's own program, both ways and round.

usage: files.py VERSION   (MN_BINARY, MN_PEERS, MN_DATA)

What we export is imported by the package as it is (nmem brain import), and what that exports again
is what we wrote: every member of every record that its format carries. Then the database it made of
it is imported by us. Exits 77 where the package cannot be had.
"""
import json
import lzma
import os
import pathlib
import subprocess
import sys
import tempfile

import client

SKIPPED = 77
DATA = pathlib.Path(os.environ['MN_DATA']) / 'neuralmemory'
BINARY = os.environ['MN_BINARY']
DIALECT = {'0.4.0': '0.4.0', '4.63.0': '4.6x'}
SETS = ('neuron_ids', 'synapse_ids', 'tags')
MEMBERS = {
    'neurons': ('id', 'type', 'content', 'metadata', 'created_at'),
    'synapses': ('id', 'source_id', 'target_id', 'type', 'weight', 'direction', 'metadata',
                 'reinforced_count', 'created_at'),
    'fibers': ('id', 'neuron_ids', 'synapse_ids', 'anchor_neuron_id', 'time_start', 'time_end',
               'coherence', 'salience', 'frequency', 'summary', 'tags', 'metadata', 'created_at'),
    'typed_memories': ('fiber_id', 'memory_type', 'provenance', 'expires_at', 'project_id', 'tags',
                       'metadata', 'created_at'),
}


class Room:
    def __init__(self, folder, python):
        self.folder = pathlib.Path(folder)
        self.nmem = python.parent / 'nmem'
        self.env = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder, NO_COLOR='1',
                        NEURALMEMORY_DIR=str(self.folder / 'theirs'))
        (self.folder / 'theirs').mkdir()

    def run(self, *words):
        done = subprocess.run([str(w) for w in words], env=self.env, capture_output=True,
                              text=True, timeout=300)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done

    def ours(self, brain, *words):
        return self.run(BINARY, '--store', f'sqlite:{self.folder}/ours', '--brain', brain, *words)

    def theirs(self, *words):
        return self.run(self.nmem, *words)


def records(snapshot, kind):
    found = snapshot['metadata'][kind] if kind == 'typed_memories' else snapshot[kind]
    out = {}
    for record in found:
        kept = {m: record[m] for m in MEMBERS[kind]}
        for m in SETS:
            if m in kept:
                kept[m] = sorted(kept[m])
        out[kept[MEMBERS[kind][0]]] = kept
    assert len(out) == len(found)
    return out


def equal(a, b, what):
    """To the last bit: repr tells 1 from 1.0 and shows every digit."""
    for kind in MEMBERS:
        x, y = records(a, kind), records(b, kind)
        assert set(x) == set(y), (what, kind, len(x), len(y))
        for key, record in x.items():
            assert repr(record) == repr(y[key]), (what, kind, record, y[key])


def go_round(room, version, fixture):
    database = room.folder / f'{fixture}.db'
    database.write_bytes(lzma.open(DATA / f'brain_{fixture}_100.db.xz').read())
    room.ours(fixture, 'import', database)
    sent = room.folder / f'{fixture}.json'
    room.ours(fixture, 'export', '-o', sent, '--dialect', DIALECT[version])
    room.theirs('brain', 'import', sent, '--name', fixture)
    # What it keeps: before it exports, since 0.4.0 loses the typed memories of its file then.
    (made,) = (p for p in room.folder.rglob(f'brains/{fixture}.*') if p.suffix in ('.db', '.json'))
    first = json.loads(sent.read_text())
    from_them(room, version, fixture, made, first)
    back = room.folder / f'{fixture}.back.json'
    room.theirs('brain', 'export', '--name', fixture, '-o', back)
    equal(first, json.loads(back.read_text()), f'{fixture} through {version}')
    assert records(first, 'fibers') and records(first, 'typed_memories')
    from_them(room, version, fixture, back, first)


def from_them(room, version, fixture, source, first):
    """What they keep or export comes back to us as it was."""
    brain = f'{fixture} {source.name}'
    room.ours(brain, 'import', source, '--format', 'neuralmemory')
    again = room.folder / 'again.json'
    room.ours(brain, 'export', '-o', again, '--dialect', DIALECT[version], '--force')
    equal(first, json.loads(again.read_text()), f'{source.name} of {version}')


def own_brain(room, version):
    """A brain of our own making is one that their program takes."""
    lines = ''.join(json.dumps({
        'text': f'Ada met Charles at meeting {i} about engines', 'tags': [f't{i % 3}'],
        'timestamp': f'2025-01-{i + 1:02}T10:00:00'}) + '\n' for i in range(20))
    (room.folder / 'own.jsonl').write_text(lines)
    room.ours('own', 'import', room.folder / 'own.jsonl')
    sent, back = room.folder / 'own.json', room.folder / 'own.back.json'
    room.ours('own', 'export', '-o', sent, '--dialect', DIALECT[version])
    room.theirs('brain', 'import', sent, '--name', 'own')
    room.theirs('brain', 'export', '--name', 'own', '-o', back)
    equal(json.loads(sent.read_text()), json.loads(back.read_text()), f'own through {version}')


def main():
    version = sys.argv[1]
    python = client.environment(version)
    if not python:
        print(f'skipped: neural-memory {version} cannot be installed here')
        return SKIPPED
    for fixture in ('v040', 'latest'):
        with tempfile.TemporaryDirectory() as folder:
            go_round(Room(folder, python), version, fixture)
        print(f'ok {fixture} through {version}')
    with tempfile.TemporaryDirectory() as folder:
        own_brain(Room(folder, python), version)
    print(f'ok own through {version}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
