#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Brains over REST: ids that clients choose, names, deletion, and that none sees another's rows."""
import rig
from rig import equal, quote

CANARY = 'canary-1f0e9d'


def test_a_client_that_goes_on_with_its_own_id_finds_its_brain():
    with rig.server() as served:
        c = served.client('my-own/id')
        c.refused(404, 'GET', '/brain/' + quote('my-own/id'))
        got = c.must('POST', '/brain/create', {'name': 'mine'})
        equal(got['id'], 'my-own/id', 'what X-Brain-ID said')
        c.must('POST', '/memory/neurons', {'id': 'n', 'type': 'concept', 'content': 'x'})
        equal(c.must('GET', '/brain/mine')['neuron_count'], 1)
        second = c.must('POST', '/brain/create', {'name': 'second'})
        equal(len(second['id']), 36, 'X-Brain-ID is a brain already')
        third = c.must('POST', '/brain/create', {'name': 'third', 'id': 'chosen'})
        equal(third['id'], 'chosen')
        c.refused(409, 'POST', '/brain/create', {'name': 'fourth', 'id': 'chosen'})
        c.refused(409, 'POST', '/brain/create', {'name': 'fourth', 'id': 'mine'})
        c.refused(409, 'POST', '/brain/create', {'name': 'third'})
        c.refused(404, 'GET', '/brain/fourth')


def test_name_owner_and_config_are_kept_and_changed():
    with rig.server() as served:
        c = served.client()
        config = {'decay_rate': 0.25, 'max_spread_hops': 3, 'of_another_version': [1]}
        got = c.must('POST', '/brain/create', {
            'name': 'one', 'owner_id': 'u1', 'is_public': True, 'config': config})
        equal((got['owner_id'], got['is_public'], got['neuron_count']), ('u1', True, 0))
        uid = got['id']
        got = c.must('PUT', '/brain/one', {'name': 'two', 'is_public': False})
        equal((got['id'], got['name'], got['owner_id'], got['is_public']),
              (uid, 'two', 'u1', False))
        c.refused(404, 'GET', '/brain/one')
        equal(c.must('GET', '/brain/two')['id'], uid)
        exported = c.must('GET', '/brain/two/export')['config']
        equal({k: exported[k] for k in config}, config)
        equal(exported['max_context_tokens'], 1500, 'a default')
        c.must('POST', '/brain/create', {'name': 'three'})
        c.refused(409, 'PUT', '/brain/two', {'name': 'three'})
        equal(c.must('GET', '/brain/two')['id'], uid)


def test_a_deleted_brain_is_gone_and_its_name_is_free():
    with rig.server() as served:
        c = served.client('gone')
        c.must('POST', '/brain/create', {'name': 'gone'})
        c.must('POST', '/memory/encode', {'content': CANARY})
        equal(c.must('DELETE', '/brain/gone'), {'status': 'deleted', 'brain_id': 'gone'})
        equal(c.refused(404, 'DELETE', '/brain/gone'), 'Brain not found')
        c.refused(404, 'POST', '/memory/encode', {'content': 'x'})
        c.must('POST', '/brain/create', {'name': 'gone'})
        equal(c.must('GET', '/memory/neurons')['count'], 0)


def every_answer(c, uid):
    """All that can be read through a client, as one text."""
    texts = []
    for method, path, body in (
            ('GET', '/memory/neurons?limit=1000', None), ('GET', '/memory/synapses', None),
            ('GET', '/memory/fibers?limit=1000', None),
            ('GET', '/memory/neurons?content_contains=canary', None),
            ('GET', '/memory/neurons?content_exact=' + CANARY, None),
            ('GET', '/memory/suggest?prefix=canary', None),
            ('GET', f'/memory/neurons/{uid}', None), ('GET', f'/memory/fiber/{uid}', None),
            ('GET', f'/memory/show/{uid}', None), ('GET', f'/memory/neurons/{uid}/state', None),
            ('GET', f'/memory/neurons/{uid}/neighbors', None),
            ('GET', f'/memory/neurons/{uid}/path?target_id={uid}', None),
            ('GET', f'/brain/{c.brain}/stats', None), ('GET', f'/brain/{c.brain}/export', None),
            ('POST', '/memory/query', {'query': CANARY + ' secret place'})):
        texts.append(str(c.ask(method, path, body)))
    return ' '.join(texts)


def test_no_brain_sees_what_is_in_another():
    for store in (None, 'memory:'):
        with rig.server(store) as served:
            a, b = served.client('a'), served.client('b')
            for c in (a, b):
                c.must('POST', '/brain/create', {'name': c.brain})
                # The same id in both, so that nothing that forgets the brain goes unnoticed.
                c.must('POST', '/memory/neurons',
                       {'id': 'same', 'type': 'concept', 'content': 'of ' + c.brain})
            a.must('POST', '/memory/neurons', {'id': 'secret', 'type': 'entity', 'content': CANARY})
            a.must('POST', '/memory/synapses', {'id': 's', 'source_id': 'same',
                                                'target_id': 'secret', 'type': 'related_to'})
            a.must('POST', '/memory/encode', {'content': f'The {CANARY} lies in a secret place'})
            assert CANARY in every_answer(a, 'secret')
            assert CANARY not in every_answer(b, 'secret').replace(f"{CANARY} secret place", '')
            equal(b.must('GET', '/memory/neurons/same/neighbors')['neighbors'], [])
            b.refused(404, 'DELETE', '/memory/neurons/secret')
            b.must('DELETE', '/memory/neurons/same')
            equal(a.must('GET', '/memory/neurons/same')['content'], 'of a')
            b.must('DELETE', '/brain/b')
            assert CANARY in every_answer(a, 'secret')


if __name__ == '__main__':
    rig.run(globals())
