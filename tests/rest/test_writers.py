#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many writers at once: every acknowledged write is there, once, and nobody's mistake is another's."""
import threading

import rig
from rig import equal

WRITERS, EACH = 32, 12


def together(work):
    """Runs work(i) on WRITERS threads; what one of them raises fails the test."""
    failures = []

    def guarded(i):
        try:
            work(i)
        except Exception as e:  # told below, in the test's own thread
            failures.append(e)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(WRITERS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failures:
        raise failures[0]


def fresh(served, name='w'):
    c = served.client(name)
    c.must('POST', '/brain/create', {'name': name})
    return c


def test_counts_are_exact_after_many_writers():
    for store in (None, 'memory:'):
        with rig.server(store) as served:
            c = fresh(served)
            fibers, created = set(), [0, 0]
            lock = threading.Lock()

            def write(i):
                w = served.client('w')
                for k in range(EACH):
                    got = w.must('POST', '/memory/encode',
                                 {'content': f'Writer {i} saw the unique{i}x{k} bird'})
                    with lock:
                        fibers.add(got['fiber_id'])
                        created[0] += got['neurons_created']
                        created[1] += got['synapses_created']

            together(write)
            equal(len(fibers), WRITERS * EACH)
            got = c.must('GET', '/brain/w')
            equal((got['fiber_count'], got['neuron_count'], got['synapse_count']),
                  (WRITERS * EACH, *created))
            for i in (0, WRITERS - 1):
                got = c.must('POST', '/memory/query', {'query': f'unique{i}x3'})
                assert f'unique{i}x3' in got['context'], got


def test_rows_of_many_writers_are_all_there():
    for store in (None, 'memory:'):
        with rig.server(store) as served:
            c = fresh(served)

            def write(i):
                w = served.client('w')
                for k in range(EACH):
                    uid = f'{i}-{k}'
                    w.must('POST', '/memory/neurons',
                           {'id': uid, 'type': 'concept', 'content': uid})
                    w.must('POST', '/memory/synapses', {
                        'id': 's' + uid, 'source_id': uid, 'target_id': f'{i}-{k // 2}',
                        'type': 'related_to', 'weight': 0.5})
                    w.must('PUT', f'/memory/neurons/{uid}/state',
                           {'neuron_id': uid, 'access_frequency': k})
                    if k % 3 == 2:
                        w.must('DELETE', '/memory/synapses/s' + uid)

            together(write)
            got = c.must('GET', '/brain/w')
            equal((got['neuron_count'], got['synapse_count']),
                  (WRITERS * EACH, WRITERS * (EACH - EACH // 3)))
            for i in range(0, WRITERS, 7):
                equal(c.must('GET', f'/memory/neurons/{i}-5/state')['access_frequency'], 5)


def test_one_of_many_who_add_the_same_row_wins():
    with rig.server() as served:
        c = fresh(served)
        won, lost = [], []

        def write(i):
            w = served.client('w')
            for k in range(EACH):
                status, _ = w.ask('POST', '/memory/neurons', {
                    'id': f'same-{k}', 'type': 'concept', 'content': f'of {i}'})
                assert status in (200, 409), status
                (won if status == 200 else lost).append((i, k))

        together(write)
        equal((len(won), len(lost)), (EACH, EACH * (WRITERS - 1)))
        for i, k in won:
            equal(c.must('GET', f'/memory/neurons/same-{k}')['content'], f'of {i}')


def test_changes_of_different_members_of_one_row_are_all_kept():
    with rig.server() as served:
        c = fresh(served)
        c.must('POST', '/memory/neurons', {'id': 'n', 'type': 'concept', 'content': '0'})

        def write(i):
            w = served.client('w')
            if i % 2:
                w.must('PUT', '/memory/neurons/n', {f'member_{i}': i})
            else:
                w.must('PUT', '/memory/neurons/n', {'content': str(i)})

        together(write)
        got = c.must('GET', '/memory/neurons/n')
        equal({m: got.get(m) for m in (f'member_{i}' for i in range(1, WRITERS, 2))},
              {f'member_{i}': i for i in range(1, WRITERS, 2)})


def test_a_bad_write_does_not_fail_its_neighbours():
    with rig.server() as served:
        c = fresh(served)
        bad, good = [], []

        def write(i):
            w = served.client('w')
            for k in range(EACH):
                # Metadata as large as they may be, so that a store or the engine has the last word.
                huge = {'x': 'y' * (1 << 20)} if i % 8 == 0 else {'i': i}
                status, _ = w.ask('POST', '/memory/encode',
                                  {'content': f'note {i} {k}', 'metadata': huge})
                (good if status == 200 else bad).append(i)
                status, _ = w.ask('POST', '/memory/synapses', {
                    'source_id': 'none', 'target_id': 'none', 'type': 'is_a'} if i % 5 == 0 else {
                    'source_id': 'a', 'target_id': 'a', 'type': 'is_a'})
                equal(status, 400 if i % 5 == 0 else 200)

        c.must('POST', '/memory/neurons', {'id': 'a', 'type': 'concept', 'content': 'x'})
        together(write)
        equal((len(good), len(bad)), (WRITERS * 7 // 8 * EACH, WRITERS // 8 * EACH))
        got = c.must('GET', '/brain/w')
        equal(got['fiber_count'], len(good))


def test_groups_are_told_in_the_metrics():
    with rig.server() as served:
        fresh(served)
        together(lambda i: served.client('w').must('POST', '/memory/encode', {'content': f'n {i}'}))
        _, _, text = served.client().raw('GET', '/metrics')
        figures = dict(line.split() for line in text.decode().splitlines()
                       if line and not line.startswith('#') and line.count(' ') == 1)
        equal(float(figures['mnemoscope_committed_requests_total']), WRITERS)
        assert 1 <= float(figures['mnemoscope_commits_total']) <= WRITERS, figures


if __name__ == '__main__':
    rig.run(globals())
