#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The kernel "classic" against NeuralMemory 0.4.0's own SpreadingActivation.

usage: classic.py SPREAD   (the program built from spread.c; MN_PLUGINS says where plugins are)

Installs the peer's package into a virtual environment (kept under the user's cache folder), builds
random graphs there - sparse, dense, hubs, chains and cycles, two-way synapses, parallel ones, loops
- in its in-memory storage, spreads by its own code from one and from several sets of anchors, and
compares: the same neurons, the same levels to 1e-6. Exits 77, which the test runner reports as
skipped, where the package cannot be had.
"""
import asyncio
import os
import pathlib
import random
import subprocess
import sys
import venv

PACKAGE = 'neural-memory==0.4.0'
SEEDS = 400 if os.environ.get('MN_FULL') else 120
SKIPPED = 77


def environment():
    """The Python that has the peer's package, made if need be; None: it cannot be had."""
    home = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache')
    folder = home / 'mnemoscope-tests' / 'neural-memory-0.4.0'
    python = folder / 'bin' / 'python'
    check = [str(python), '-c', 'import neural_memory.engine.activation']
    if python.exists() and subprocess.run(check, capture_output=True).returncode == 0:
        return python
    try:
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run([str(python), '-m', 'pip', 'install', '-q', PACKAGE],
                              capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as e:
        print(f'cannot make an environment: {e}', file=sys.stderr)
        return None
    if done.returncode:
        print(done.stderr.strip()[-2000:], file=sys.stderr)
        return None
    return python


def make_graph(seed):
    """(neurons, [(from, to, two_way, weight)], sets of anchors, threshold, hops)"""
    r = random.Random(seed)
    n = r.choice((5, 20, 60, 150))
    edges = []
    for _ in range(int(n * r.choice((1, 2, 4, 8)))):
        edges.append((r.randrange(n) + 1, r.randrange(n) + 1))
    for _ in range(r.randrange(3)):  # hubs
        hub = r.randrange(n) + 1
        edges += [(hub, i + 1) if r.random() < .5 else (i + 1, hub)
                  for i in range(n) if r.random() < .5]
    ring = r.sample(range(1, n + 1), min(n, 6))  # a cycle of strong synapses
    edges += list(zip(ring, ring[1:] + ring[:1]))
    strong = r.random() < .5
    synapses = [(a, b, r.random() < .3, r.uniform(.5, 1) if strong else r.random())
                for a, b in edges]
    sets = [[r.randrange(n) + 1 for _ in range(r.choice((1, 1, 2, 5)))]
            for _ in range(r.choice((1, 1, 2, 3)))]
    return n, synapses, sets, r.choice((.2, .1, .05, .02)), r.choice((1, 2, 3, 4))


async def peer_levels(graph):
    from neural_memory.core.brain import Brain, BrainConfig
    from neural_memory.core.neuron import Neuron, NeuronType
    from neural_memory.core.synapse import Direction, Synapse, SynapseType
    from neural_memory.engine.activation import SpreadingActivation
    from neural_memory.storage.memory_store import InMemoryStorage

    n, synapses, sets, threshold, hops = graph
    config = BrainConfig(activation_threshold=threshold)
    storage = InMemoryStorage()
    brain = Brain.create(name='graph', config=config)
    await storage.save_brain(brain)
    storage.set_brain(brain.id)
    for i in range(1, n + 1):
        await storage.add_neuron(Neuron.create(type=NeuronType.CONCEPT, content=f'n{i}',
                                               neuron_id=str(i)))
    for a, b, two_way, weight in synapses:
        await storage.add_synapse(Synapse.create(
            str(a), str(b), SynapseType.INVOLVES, weight=weight,
            direction=Direction.BIDIRECTIONAL if two_way else Direction.UNIDIRECTIONAL))
    levels, _ = await SpreadingActivation(storage, config).activate_from_multiple(
        [[str(i) for i in s] for s in sets], max_hops=hops)
    return {int(k): v.activation_level for k, v in levels.items()}


def ask(process, graph):
    n, synapses, sets, threshold, hops = graph
    lines = [f'graph {n} {len(synapses)} {len(sets)} {threshold!r} {hops}']
    lines += [f'{a} {b} {int(t)} {w!r}' for a, b, t, w in synapses]
    lines += [f'{len(s)} ' + ' '.join(map(str, s)) for s in sets]
    process.stdin.write('\n'.join(lines) + '\n')
    process.stdin.flush()
    levels = {}
    for line in process.stdout:
        if line == 'end\n':
            return levels
        neuron, level = line.split()
        levels[int(neuron)] = float(level)
    sys.exit('spread ended before its answer')


def compare(spread):
    reached = 0
    with subprocess.Popen([spread], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        for seed in range(SEEDS):
            graph = make_graph(seed)
            theirs, ours = asyncio.run(peer_levels(graph)), ask(process, graph)
            reached += len(theirs)
            if theirs.keys() != ours.keys():
                sys.exit(f'graph {seed}: other neurons: only theirs '
                         f'{sorted(theirs.keys() - ours.keys())}, only ours '
                         f'{sorted(ours.keys() - theirs.keys())}')
            worst = max(theirs, key=lambda k: abs(theirs[k] - ours[k]))
            if abs(theirs[worst] - ours[worst]) > 1e-6:
                sys.exit(f'graph {seed}, neuron {worst}: {theirs[worst]} there, '
                         f'{ours[worst]} here')
        process.stdin.close()
    print(f'{SEEDS} graphs, {reached} activated neurons: the same neurons, the same levels')


def main():
    if len(sys.argv) == 3 and sys.argv[1] == '--compare':
        compare(sys.argv[2])
        return
    python = environment()
    if python is None:
        print(f'SKIPPED: {PACKAGE} cannot be installed, so "classic" was not compared with it',
              file=sys.stderr)
        sys.exit(SKIPPED)
    sys.exit(subprocess.run([str(python), __file__, '--compare', sys.argv[1]]).returncode)


if __name__ == '__main__':
    main()
