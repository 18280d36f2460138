#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""peer.py - a database of NeuralMemory 4.6x (schema 42) with the rows of one of our brains.

usage: peer.py fill DATABASE BRAIN < GRAPH     GRAPH: mnemoscope export --format graph

The peer's own import takes 100,000 rows of a kind at most, and a commit for each; this writes the
same rows into the tables that it has made, so that both servers can be asked about one graph.
Types it does not know become "concept" and "related_to", as its own import does.
"""
import json
import sqlite3
import sys

NEURONS = {'time', 'spatial', 'entity', 'action', 'state', 'concept', 'sensory', 'intent'}
SYNAPSES = {'happened_at', 'before', 'after', 'during', 'involves', 'related_to', 'is_a', 'contains'}


def naive(moment):
    return (moment or '2024-01-01T00:00:00').rstrip('Z')


class Filler:
    def __init__(self, path, name):
        self.db = sqlite3.connect(path)
        self.db.create_function('cjk_spaced', 1, lambda s: s)  # its triggers call it
        row = self.db.execute('SELECT id FROM brains WHERE name = ?', (name,)).fetchone()
        if not row:
            sys.exit(f'peer.py: {path} has no brain "{name}": let the peer make it first')
        self.brain = row[0]
        self.star = {}  # anchor -> (neurons, synapses)
        self.counts = {'neurons': 0, 'synapses': 0, 'fibers': 0}

    def neuron(self, n):
        kind = n['type'] if n['type'] in NEURONS else 'concept'
        uid = n.get('uid') or f'{n["type"]}:{n["text"]}'
        meta = {'is_anchor': True} if 'anchor' in n.get('flags', []) else {}
        self.db.execute('INSERT INTO neurons(id, brain_id, type, content, metadata, created_at)'
                        ' VALUES (?,?,?,?,?,?)', (uid, self.brain, kind, n['text'],
                                                  json.dumps(meta), naive(n.get('created'))))
        self.db.execute('INSERT INTO neuron_states(neuron_id, brain_id, created_at) VALUES (?,?,?)',
                        (uid, self.brain, naive(n.get('created'))))
        self.counts['neurons'] += 1

    def synapse(self, s):
        self.counts['synapses'] += 1
        uid = f's{self.counts["synapses"]}'
        kind = s['type'] if s['type'] in SYNAPSES else 'related_to'
        self.db.execute('INSERT INTO synapses(id, brain_id, source_id, target_id, type, weight,'
                        ' direction, created_at) VALUES (?,?,?,?,?,?,?,?)',
                        (uid, self.brain, s['from'], s['to'], kind, s.get('weight', .5),
                         'bi' if s.get('two_way') else 'uni', naive(s.get('created'))))
        neurons, synapses = self.star.setdefault(s['from'], ([], []))
        neurons.append(s['to'])
        synapses.append(uid)

    def fiber(self, f):
        anchor = f['anchor']
        uid = f.get('uid') or 'f:' + anchor
        neurons, synapses = self.star.get(anchor, ([], []))
        neurons = [anchor] + list(dict.fromkeys(neurons))
        self.db.execute('INSERT INTO fibers(id, brain_id, neuron_ids, synapse_ids,'
                        ' anchor_neuron_id, salience, created_at) VALUES (?,?,?,?,?,?,?)',
                        (uid, self.brain, json.dumps(neurons), json.dumps(synapses), anchor,
                         f.get('salience', .5), naive(f.get('created'))))
        self.db.executemany('INSERT INTO fiber_neurons(brain_id, fiber_id, neuron_id)'
                            ' VALUES (?,?,?)', [(self.brain, uid, n) for n in neurons])
        self.counts['fibers'] += 1


def main():
    if len(sys.argv) != 4 or sys.argv[1] != 'fill':
        sys.exit(__doc__)
    filler = Filler(sys.argv[2], sys.argv[3])
    for line in sys.stdin:
        for kind, row in json.loads(line).items():
            if kind in ('neuron', 'synapse', 'fiber'):
                getattr(filler, kind)(row)
    filler.db.commit()
    print(json.dumps(filler.counts))


if __name__ == '__main__':
    main()
