#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""traverse - the spread of the kernel "classic" by graph libraries, on the synthetic graph.

usage: traverse.py GRAPH WALKS

Level falls by 0.5 * weight along a synapse and is lost below 0.1, so a spread from anchors that go
together is a search for shortest paths of length -log(0.5 * weight) up to -log(0.1): what these
libraries have. NetworkX stops there; igraph looks at the whole graph, as it knows no limit. GRAPH and
WALKS are what `mnemoscope-bench graph` and `walks` print; as many neurons must be activated as WALKS
says. Runs in a virtual environment with networkx or igraph, or both. Prints a JSON object."""
import json
import math
import sys
import time

THRESHOLD, LIGHTEST, GAIN = 0.1, 0.1, 0.5
CUT = -math.log(THRESHOLD) + 1e-9
MOST = {'networkx': 200, 'igraph': 20}  # walks; igraph takes its time


def read(path):
    with open(path, encoding='ascii') as lines:
        return [line.split() for line in lines]


def edges_of(path):
    """Ends from 0 on, and the length of each that conducts, the shortest of parallel ones."""
    best = {}
    highest = 0
    for near, far, weight in read(path):
        near, far, weight = int(near) - 1, int(far) - 1, float(weight)
        highest = max(highest, near, far)
        if weight >= LIGHTEST:
            key = (min(near, far), max(near, far))
            best[key] = min(best.get(key, math.inf), -math.log(GAIN * weight))
    return highest + 1, best


def by_networkx(n, edges):
    import networkx
    graph = networkx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from((a, b, length) for (a, b), length in edges.items())
    return lambda anchors: len(networkx.multi_source_dijkstra_path_length(graph, set(anchors), cutoff=CUT))


def by_igraph(n, edges):
    import igraph
    graph = igraph.Graph(n=n, edges=list(edges))
    lengths = list(edges.values())

    def spread(anchors):
        rows = graph.distances(source=list(set(anchors)), weights=lengths)
        return sum(min(column) <= CUT for column in zip(*rows))
    return spread


def measure(name, make, n, edges, walks):
    try:
        spread = make(n, edges)
    except ImportError:
        return None
    spread([int(anchor) - 1 for anchor in walks[0][:3]])
    took, bare = [], []
    for *anchors, activated, us in walks[:MOST[name]]:
        began = time.thread_time()
        found = spread([int(anchor) - 1 for anchor in anchors])
        took.append((time.thread_time() - began) * 1e6)
        bare.append(float(us))
        if found != int(activated):
            sys.exit('traverse: %s reaches %d neurons from %s, not %s' % (name, found, anchors, activated))
    middle = len(took) // 2
    return {'p50 us': sorted(took)[middle], 'bare arrays p50 us': sorted(bare)[middle], 'ratio': sum(took) / sum(bare)}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    n, edges = edges_of(sys.argv[1])
    walks = read(sys.argv[2])
    found = {name: measure(name, make, n, edges, walks)
             for name, make in (('networkx', by_networkx), ('igraph', by_igraph))}
    print(json.dumps({name: row for name, row in found.items() if row}))


main()
