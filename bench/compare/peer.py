#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""peer - NeuralMemory encodes memories, one by one and as one batch, and recalls questions from them.

usage: peer.py MEMORIES QUESTIONS FOLDER

Runs in a virtual environment that has neural-memory; both 0.4.0 and 4.63.0 are known to fit. MEMORIES
and QUESTIONS are JSON Lines as `mnemoscope-bench corpus` and `questions` write them. Brains are made
in FOLDER. "one by one": as its own commands do, a memory is on the disk before the next begins;
"batch":
between its disable_auto_save and batch_save, where it has them. Prints a JSON object."""
import asyncio
import datetime
import json
import os
import resource
import sys
import time

import neural_memory
from neural_memory.core.brain import Brain
from neural_memory.engine.encoder import MemoryEncoder
from neural_memory.engine.retrieval import ReflexPipeline
from neural_memory.storage.sqlite_store import SQLiteStorage


def lines_of(path):
    with open(path, encoding='utf-8') as lines:
        return [json.loads(line) for line in lines]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


async def brain_in(path):
    storage = SQLiteStorage(path)
    await storage.initialize()
    brain = Brain.create(name='bench')
    await storage.save_brain(brain)
    storage.set_brain(brain.id)
    return storage, brain


async def encode(path, memories, batch):
    """Seconds, those of the processor, those of each memory; the storage and brain to ask it."""
    storage, brain = await brain_in(path)
    encoder = MemoryEncoder(storage, brain.config)
    took = []
    if batch and hasattr(storage, 'disable_auto_save'):
        storage.disable_auto_save()
    began, ran = time.perf_counter(), time.process_time()
    for memory in memories:
        from_ = time.perf_counter()
        when = datetime.datetime.fromisoformat(memory['timestamp'].rstrip('Z'))
        await encoder.encode(memory['text'], timestamp=when)
        took.append(time.perf_counter() - from_)
    if batch and hasattr(storage, 'batch_save'):
        await storage.batch_save()
    return time.perf_counter() - began, time.process_time() - ran, took, storage, brain


async def recall(storage, brain, questions):
    pipeline = ReflexPipeline(storage, brain.config)
    took, ran, found, needles = [], [], 0, 0
    for question in questions:
        from_, cpu = time.perf_counter(), time.process_time()
        result = await pipeline.query(question['query'])
        took.append(time.perf_counter() - from_)
        ran.append(time.process_time() - cpu)
        gold = question.get('gold_text')
        if gold:
            needles += 1
            found += gold in (result.context or '')
    return took, ran, found, needles


async def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    memories, questions, folder = lines_of(sys.argv[1]), lines_of(sys.argv[2]), sys.argv[3]
    path = os.path.join(folder, 'single.db')
    single, single_cpu, each, storage, brain = await encode(path, memories, False)
    took, ran, found, needles = await recall(storage, brain, questions)
    await storage.close()
    size = sum(os.path.getsize(path + end) for end in ('', '-wal') if os.path.exists(path + end))
    batch, batch_cpu, _, storage, _ = await encode(os.path.join(folder, 'batch.db'), memories, True)
    await storage.close()
    print(json.dumps({
        'version': neural_memory.__version__, 'memories': len(memories), 'single': len(memories) / single,
        'single p50 ms': percentile(each, .5) * 1000, 'batch': len(memories) / batch,
        'single cpu': single_cpu / len(memories) * 1e6, 'batch cpu': batch_cpu / len(memories) * 1e6,
        'recall cpu p50 ms': percentile(ran, .5) * 1000, 'recall p50 ms': percentile(took, .5) * 1000, 'recall p99 ms': percentile(took, .99) * 1000,
        'found': found, 'needles': needles, 'disk': size / len(memories),
        'peak MB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


asyncio.run(main())
