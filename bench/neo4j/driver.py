#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""driver - the bare loop that loading is measured against: UNWIND of 10,000 rows at a time with the
official Python driver, into the same database, with the properties the brain "bench" has there.
usage: driver.py BOLT-PORT      prints a line of JSON"""
import json
import os
import sys
import time

import neo4j

BATCH = 10000
NEURONS = "UNWIND $rows AS r CREATE (n:MnNeuron) SET n = r"
SYNAPSES = (
    "UNWIND $rows AS r MATCH (x:MnNeuron {b: r.b, id: r.f}) MATCH (y:MnNeuron {b: r.b, id: r.t}) "
    "CREATE (x)-[s:MN_SYNAPSE]->(y) SET s = r"
)


def read(session, pattern, name, key):
    found = session.run(f"MATCH {pattern} WHERE {name}.b = $b RETURN properties({name}) AS p", b=key)
    return [record["p"] for record in found]


def write(session, statement, rows, key):
    """The rows again, as those of another brain; seconds."""
    rows = [dict(row, b=key) for row in rows]
    began = time.monotonic()
    for at in range(0, len(rows), BATCH):
        session.run(statement, rows=rows[at : at + BATCH]).consume()
    return time.monotonic() - began


def main():
    login = ("neo4j", os.environ["NEO4J_PASSWORD"])
    with neo4j.GraphDatabase.driver(f"bolt://127.0.0.1:{sys.argv[1]}", auth=login) as driver:
        with driver.session(database="neo4j") as session:
            key = session.run("MATCH (b:MnBrain {name: 'bench'}) RETURN b.key AS k").single()["k"]
            neurons = read(session, "(n:MnNeuron)", "n", key)
            synapses = read(session, "()-[s:MN_SYNAPSE]->()", "s", key)
            few = neurons[: len(neurons) // 10]
            write(session, NEURONS, few, -1)  # warms up, as the other did
            write(session, SYNAPSES, [dict(s, f=few[0]["id"], t=few[1]["id"]) for s in synapses[: len(synapses) // 10]], -1)
            took = [write(session, NEURONS, neurons, -2), write(session, SYNAPSES, synapses, -2)]
    print(json.dumps({
        "case": "driver", "neurons/s": len(neurons) / took[0], "synapses/s": len(synapses) / took[1],
        "rows/s": (len(neurons) + len(synapses)) / sum(took)}))


main()
