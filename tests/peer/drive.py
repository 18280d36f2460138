# SPDX-License-Identifier: MIT
"""drive.py - what the peer's own client does with a server. usage: drive.py URL VERSION

Runs inside an environment that has the package; nothing of the package is changed. Every step looks
at what came back, not only that something did.
"""
import asyncio
import dataclasses
import sys
from datetime import datetime, timedelta

from neural_memory.core.brain import Brain, BrainConfig
from neural_memory.core.fiber import Fiber
from neural_memory.core.neuron import Neuron, NeuronState, NeuronType
from neural_memory.core.synapse import Direction, Synapse, SynapseType
from neural_memory.engine.encoder import MemoryEncoder
from neural_memory.engine.retrieval import ReflexPipeline
from neural_memory.storage.shared_store import SharedStorage

URL, VERSION = sys.argv[1:3]
WEIGHT = 0.1 + 0.2  # 0.30000000000000004: a number that does not survive rounding


async def make_brain(name, uid=None):
    """A brain that the client names itself and goes on to use by its own id."""
    brain = Brain.create(name=name, config=BrainConfig())
    if uid:
        brain = dataclasses.replace(brain, id=uid)
    storage = SharedStorage(URL, brain.id)
    await storage.connect()
    assert await storage.get_brain(brain.id) is None
    await storage.save_brain(brain)
    found = await storage.get_brain(brain.id)
    assert found is not None and found.id == brain.id and found.name == name, found
    return brain, storage


async def rows(storage):
    when = datetime(2025, 3, 3, 15, 0, 0, 123456)
    a = Neuron(id='neuron-a', type=NeuronType.ENTITY, content='Ada "Byron" Lovelace',
               metadata={'k': [1, {'x': None}], 'ü': 'é'}, created_at=when)
    b = Neuron(id='neuron-b', type=NeuronType.CONCEPT, content='analytical engine', metadata={},
               created_at=when + timedelta(days=1))
    c = Neuron(id='neuron-c', type=NeuronType.SPATIAL, content='London', metadata={},
               created_at=when + timedelta(days=2))
    for n in (a, b, c):
        assert await storage.add_neuron(n) == n.id
    got = await storage.get_neuron('neuron-a')
    assert (got.type, got.content, got.metadata, got.created_at) == (
        a.type, a.content, a.metadata, a.created_at), got
    assert await storage.get_neuron('nobody') is None
    found = await storage.find_neurons(content_exact='analytical engine')
    assert [n.id for n in found] == ['neuron-b'], found
    assert [n.id for n in await storage.find_neurons(content_contains='engin')] == ['neuron-b']
    assert [n.id for n in await storage.find_neurons(type=NeuronType.SPATIAL)] == ['neuron-c']
    early = await storage.find_neurons(time_range=(when, when + timedelta(hours=1)))
    assert [n.id for n in early] == ['neuron-a'], early
    await storage.update_neuron(dataclasses.replace(b, content='difference engine'))
    assert (await storage.get_neuron('neuron-b')).content == 'difference engine'

    state = await storage.get_neuron_state('neuron-a')
    assert state.activation_level == 0 and state.access_frequency == 0
    await storage.update_neuron_state(NeuronState(
        neuron_id='neuron-a', activation_level=WEIGHT, access_frequency=7, last_activated=when,
        decay_rate=0.25))
    state = await storage.get_neuron_state('neuron-a')
    assert (state.activation_level, state.access_frequency, state.last_activated,
            state.decay_rate) == (WEIGHT, 7, when, 0.25), state

    one = Synapse(id='synapse-1', source_id='neuron-a', target_id='neuron-b',
                  type=SynapseType.RELATED_TO, weight=WEIGHT, direction=Direction.BIDIRECTIONAL,
                  metadata={'why': 'she wrote of it'}, created_at=when)
    two = Synapse(id='synapse-2', source_id='neuron-b', target_id='neuron-c',
                  type=SynapseType.AT_LOCATION, weight=0.9, direction=Direction.UNIDIRECTIONAL,
                  metadata={}, created_at=when)
    for s in (one, two):
        assert await storage.add_synapse(s) == s.id
    got = await storage.get_synapse('synapse-1')
    assert (got.weight, got.direction, got.metadata, got.created_at) == (
        WEIGHT, one.direction, one.metadata, when), got
    assert await storage.get_synapse('nobody') is None
    assert [s.id for s in await storage.get_synapses(source_id='neuron-b')] == ['synapse-2']
    assert [s.id for s in await storage.get_synapses(min_weight=0.5)] == ['synapse-2']
    await storage.update_synapse(dataclasses.replace(one, weight=0.7, metadata={'x': 1}))
    got = await storage.get_synapse('synapse-1')
    assert (got.weight, got.metadata) == (0.7, {'x': 1}), got

    near = await storage.get_neighbors('neuron-b')
    assert {(n.id, s.id) for n, s in near} == {
        ('neuron-a', 'synapse-1'), ('neuron-c', 'synapse-2')}, near
    only = await storage.get_neighbors('neuron-b', synapse_types=[SynapseType.AT_LOCATION],
                                       min_weight=0.8)
    assert [n.id for n, _ in only] == ['neuron-c'], only
    if VERSION == '0.4.0':  # the newer one sends a bool, over which its own library stumbles
        path = await storage.get_path('neuron-a', 'neuron-c')
        assert [n.id for n, _ in path] == ['neuron-b', 'neuron-c'], path
        assert await storage.get_path('neuron-c', 'nobody') is None

    fiber = Fiber(id='fiber-1', neuron_ids=frozenset({'neuron-a', 'neuron-b'}) if VERSION == '0.4.0'
                  else {'neuron-a', 'neuron-b'}, synapse_ids=frozenset({'synapse-1'}),
                  anchor_neuron_id='neuron-a', time_start=when, time_end=when, coherence=0.5,
                  salience=0.75, frequency=2, summary='of Ada', tags=frozenset({'a', 'b'}),
                  created_at=when) if VERSION == '0.4.0' else Fiber(
        id='fiber-1', neuron_ids={'neuron-a', 'neuron-b'}, synapse_ids={'synapse-1'},
        anchor_neuron_id='neuron-a', time_start=when, time_end=when, coherence=0.5, salience=0.75,
        frequency=2, summary='of Ada', agent_tags={'a', 'b'}, created_at=when)
    assert await storage.add_fiber(fiber) == 'fiber-1'
    got = await storage.get_fiber('fiber-1')
    assert (set(got.neuron_ids), set(got.synapse_ids), got.anchor_neuron_id, got.time_start,
            got.coherence, got.salience, got.frequency, got.summary, set(got.tags)) == (
        {'neuron-a', 'neuron-b'}, {'synapse-1'}, 'neuron-a', when, 0.5, 0.75, 2, 'of Ada',
        {'a', 'b'}), got
    assert await storage.get_fiber('nobody') is None
    assert [f.id for f in await storage.find_fibers(contains_neuron='neuron-b')] == ['fiber-1']
    assert [f.id for f in await storage.find_fibers(tags={'b'}, min_salience=0.7)] == ['fiber-1']
    assert await storage.find_fibers(tags={'c'}) == []
    overlap = await storage.find_fibers(time_overlaps=(when, when))
    assert [f.id for f in overlap] == ['fiber-1']
    await storage.update_fiber(dataclasses.replace(fiber, summary='of Ada B.'))
    assert (await storage.get_fiber('fiber-1')).summary == 'of Ada B.'

    for gone in (storage.delete_fiber('fiber-1'), storage.delete_synapse('synapse-2'),
                 storage.delete_neuron('neuron-c')):
        assert await gone
    for gone in (storage.delete_fiber('fiber-1'), storage.delete_synapse('synapse-2'),
                 storage.delete_neuron('neuron-c')):
        assert not await gone


TEXTS = ('Met Alice at the Lisbon cafe to discuss the API design',
         'Alice decided to use PostgreSQL for project Apollo',
         'Bob prefers SQLite for small tools')


async def memories(brain, storage):
    encoder = MemoryEncoder(storage, brain.config)
    for text in TEXTS:
        done = await encoder.encode(text, timestamp=datetime(2025, 3, 3, 15))
        fiber = await storage.get_fiber(done.fiber.id)
        assert fiber is not None and fiber.anchor_neuron_id in fiber.neuron_ids
        anchor = await storage.get_neuron(fiber.anchor_neuron_id)
        assert anchor.content == text and anchor.metadata['is_anchor'] is True, anchor
    found = await ReflexPipeline(storage, brain.config).query('What did Alice decide?')
    assert found.fibers_matched, found
    assert 'PostgreSQL' in found.context, found.context


async def recall(storage):
    """What the client stored is found by the server's own recall too."""
    result = await storage._request('POST', '/memory/query', json_data={
        'query': 'What did Alice decide about PostgreSQL?', 'depth': 1})
    assert TEXTS[1] in result['context'] and result['confidence'] > 0.5, result
    result = await storage._request('POST', '/memory/query', json_data={'query': 'xyzzy plugh'})
    assert result['confidence'] == 0 and result['context'] == '', result


def by_id(records):
    return {r['id']: r for r in records}


async def snapshots(brain, storage):
    """Exported, imported under another id and exported again: the same, to the last bit."""
    for _ in range(100):  # the newer client goes on writing for a while after a question
        first = await storage.export_brain(brain.id)
        stats = await storage.get_stats(brain.id)
        same = (stats['neuron_count'], stats['synapse_count'], stats['fiber_count']) == (
            len(first.neurons), len(first.synapses), len(first.fibers))
        if same:
            break
        await asyncio.sleep(0.1)
    assert same, stats
    for _ in range(2):  # the same import again changes nothing
        assert await storage.import_brain(first, 'copy-of-it') == 'copy-of-it'
        second = await storage.export_brain('copy-of-it')
        assert by_id(second.neurons) == by_id(first.neurons)
        assert by_id(second.synapses) == by_id(first.synapses)
        assert by_id(second.fibers) == by_id(first.fibers)
    await storage.clear('copy-of-it')
    assert await storage.get_brain('copy-of-it') is None


async def main():
    brain, storage = await make_brain('rows of ' + VERSION)
    await rows(storage)
    renamed = dataclasses.replace(brain, name='renamed ' + VERSION)
    await storage.save_brain(renamed)
    assert (await storage.get_brain(brain.id)).name == renamed.name
    await storage.clear(brain.id)
    assert await storage.get_brain(brain.id) is None
    await storage.disconnect()

    brain, storage = await make_brain('team-' + VERSION)
    await memories(brain, storage)
    await recall(storage)
    await snapshots(brain, storage)
    await storage.disconnect()


asyncio.run(main())
