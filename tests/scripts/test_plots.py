#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scripts/plots makes of results."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / 'scripts' / 'plots'


def run(*args):
    return subprocess.run([sys.executable, SCRIPT, *map(str, args)], capture_output=True, text=True, check=False)


class Plots(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for size in (10000, 100000, 1000000):
            rows = [{'case': 'recall', 'size': size, 'figure': 'warm, depth auto.p50', 'unit': 'ms', 'load': 1,
                     'value': (size / 1e6) ** 0.5 / 4}]
            (self.folder / ('recall-%d.json' % size)).write_text(json.dumps(rows))

    def test_growth_is_the_slope_of_logarithms(self):
        lines = run(self.folder).stdout.splitlines()
        self.assertIn('| recall | warm, depth auto.p50 | ms | 0.025 | 0.079 | 0.250 | 0.50 |', lines)

    def test_a_target_that_is_met_and_one_without_a_figure(self):
        lines = run(self.folder).stdout.splitlines()
        self.assertIn('| recall, 1 M, depth auto, p50 | ≤ 1 ms | 0.250 |  | 4.00 | `recall --size 1000000` |', lines)
        self.assertIn('| recall, 10 M, depth auto, p50 | ≤ 3 ms | not measured | | | `recall --size 10000000` |', lines)

    def test_a_target_that_is_missed_is_bold(self):
        path = self.folder / 'recall-1000000.json'
        path.write_text(path.read_text().replace('0.25', '2.0'))
        self.assertIn('| recall, 1 M, depth auto, p50 | ≤ 1 ms | 2.00 |  | **0.500** |', run(self.folder).stdout)

    def test_the_picture_is_whole(self):
        run(self.folder)
        tree = xml.etree.ElementTree.parse(self.folder / 'growth.svg')
        names = [t.text for t in tree.iter('{http://www.w3.org/2000/svg}text')]
        self.assertIn('recall: warm, depth auto.p50, n^0.50', names)

    def test_tables_are_put_between_their_marks(self):
        text = self.folder / 'text.md'
        text.write_text('before\n<!-- targets -->\nold\n<!-- /targets -->\nafter\n')
        self.assertEqual(run('--readme', text, self.folder).returncode, 0)
        lines = text.read_text().splitlines()
        self.assertEqual((lines[0], lines[1], lines[-2], lines[-1]),
                         ('before', '<!-- targets -->', '<!-- /targets -->', 'after'))
        self.assertNotIn('old', lines)

    def test_no_results_is_one_line(self):
        done = run(self.folder / 'none')
        self.assertEqual((done.returncode, done.stdout, done.stderr.count('\n')), (1, '', 1))


if __name__ == '__main__':
    unittest.main()
