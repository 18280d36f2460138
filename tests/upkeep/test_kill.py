# SPDX-License-Identifier: MIT
"""Runs of maintenance that are killed, started twice, or find somebody writing beside them."""
import json
import os
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest

BINARY = os.environ['MN_BINARY']
FULL = 'MN_FULL' in os.environ
WORDS = ('moth relay hopper mark clock museum log book compiler ada engine loom card tape drum core '
         'tube diode gate latch bus word byte stack heap page frame cache lock fence token').split()
# Everything that takes many batches, and one that moves the clock.
STEPS = json.dumps([{'decay': {}}, {'prune': {'below': 1, 'older_than_days': 0}},
                    {'consolidate': {'similarity': 0.4}}, {'archive': {'older_than_days': 0, 'salience_below': 1}},
                    {'orphans': {'older_than_days': 0}}])


class Maintenance(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix='mn-kill-')
        self.addCleanup(self.dir.cleanup)
        self.env = dict(os.environ, HOME=self.dir.name, XDG_STATE_HOME=self.dir.name + '/state',
                        XDG_DATA_HOME=self.dir.name + '/data', XDG_CONFIG_HOME=self.dir.name + '/config')
        dice = random.Random(7)
        lines = ''.join(json.dumps({'text': ' '.join(dice.choice(WORDS) for _ in range(12)), 'id': f'k{i}',
                                    'timestamp': '2020-01-01'}) + '\n' for i in range(400))
        self.ask('import', '-', input=lines)

    def start(self, *args, **kw):
        return subprocess.Popen([BINARY, *args], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, **kw)

    def ask(self, *args, input=None, code=0):
        out = subprocess.run([BINARY, *args], env=self.env, input=input, capture_output=True, text=True, timeout=120)
        if code is not None:
            self.assertEqual(out.returncode, code, out.stderr)
        return out

    def content(self):
        """The brain as a snapshot, but for when its archive was made: equal texts are equal brains."""
        lines = self.ask('export', '--format', 'snapshot').stdout.splitlines()[1:-1]
        return [re.sub(r'"(created|updated)":\d+', '', line) if '"type":"archive"' in line else line for line in lines]

    def history(self):
        return json.loads(self.ask('undo', '--list', '--json').stdout)

    def whole_run(self):
        began = time.monotonic()
        self.ask('run', '--steps', STEPS, '--quiet')
        took = time.monotonic() - began
        after = self.content()
        self.ask('undo')
        return after, took

    def test_a_run_killed_anywhere_goes_on_or_back(self):
        before = self.content()
        after, took = self.whole_run()
        self.assertNotEqual(before, after)
        self.assertEqual(self.content(), before)
        interrupted = 0
        dice = random.Random(11)
        for i in range(200 if FULL else 100):
            if not FULL and i >= 12 and interrupted >= 2: # most of a run's time is planning
                break
            with self.subTest(i):
                run = self.start('run', '--steps', STEPS, '--quiet')
                time.sleep(dice.random() * took)
                run.send_signal(signal.SIGKILL)
                run.communicate()
                if any(r['state'] in ('interrupted', 'running') for r in self.history()):
                    interrupted += 1
                    if i % 2:
                        self.ask('run', '--resume', '0')
                        self.assertEqual(self.content(), after)
                        self.ask('undo')
                    else:
                        self.ask('undo', str(self.history()[0]['run']))
                elif self.content() != before:
                    self.assertEqual(self.content(), after)
                    self.ask('undo')
                self.assertEqual(self.content(), before)
        self.assertGreater(interrupted, 0)

    def test_of_many_starters_one_runs_at_a_time(self):
        before = self.content()
        runs = [self.start('run', '--steps', STEPS, '--quiet') for _ in range(100 if FULL else 8)]
        said = [run.communicate()[1] for run in runs]
        for run, text in zip(runs, said):
            if run.returncode:
                self.assertRegex(text, 'another process|another run|interrupted|changed while')
        done = [r for r in self.history() if r['state'] == 'done' and 'undoes' not in r]
        self.assertGreaterEqual(len(done), 1)
        self.assertTrue(any(run.returncode == 0 for run in runs))
        self.assertNotEqual(self.content(), before)
        times = sorted((r['begun'], r['ended']) for r in done)
        for (_, ended), (begun, _) in zip(times, times[1:]):
            self.assertLessEqual(ended, begun)
        for _ in done:
            self.ask('undo')
        self.assertEqual(self.content(), before)

    def test_what_is_written_beside_a_run_stays(self):
        run = self.start('run', '--steps', STEPS, '--quiet')
        for i in range(5):
            self.ask('remember', 'A zeppelin ' + ' '.join(WORDS[5 * i:5 * i + 5]))
        self.assertEqual(run.wait(120), 0)
        run.communicate()
        found = json.loads(self.ask('recall', 'zeppelin', '--json', '--limit', '20').stdout)['results']
        found += json.loads(self.ask('archive', 'search', 'zeppelin', '--json').stdout)
        self.assertEqual(len({r['text'] for r in found if 'zeppelin' in r['text']}), 5)

    def test_a_run_that_was_cancelled_says_how_to_go_on(self):
        run = self.start('run', '--steps', STEPS)
        time.sleep(0.15)
        run.send_signal(signal.SIGINT)
        _, text = run.communicate(timeout=60)
        if run.returncode:
            self.assertEqual(run.returncode, 128 + signal.SIGINT, text)
        if any(r['state'] == 'interrupted' for r in self.history()):
            # It may have ended before it wrote anything: then another may begin.
            out = self.ask('run', '--steps', '[{"prune":{"below":1,"older_than_days":0}}]', code=None)
            if out.returncode:
                self.assertIn('--resume', out.stderr)
            self.ask('run', '--resume', '0')


if __name__ == '__main__':
    unittest.main(verbosity=1)
