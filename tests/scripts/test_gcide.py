#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scripts/import-gcide makes of a small dictionary, and of none."""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / 'scripts' / 'import-gcide'
# Made for this test, in the form of the dictionary.
TEXT = r'''
00-database-short
   A dictionary for a test

Wug \Wug\ (w[u^]g), n.; pl. {Wugs}. [Of unknown origin.]
   1. A small bird that is counted
      by children. See {Blick}.
      [1913 Webster]

   2. One that counts them. [PJC]

Wug \Wug\, v. i.
   To count birds.
   [Webster 1913 Suppl.]

Blick \Blick\, Blicket \Blick"et\, a.
   Not a word.
'''


def run(*args):
    return subprocess.run([sys.executable, SCRIPT, *map(str, args)], capture_output=True, text=True, check=False)


class Gcide(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / 'small.dict.dz'

    def memories(self):
        self.path.write_bytes(gzip.compress(TEXT.encode()))
        done = run(self.path)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_a_headword_that_comes_again_has_a_number(self):
        self.assertEqual([m['id'] for m in self.memories()], ['gcide:Wug', 'gcide:Wug#2', 'gcide:Blick'])
        self.assertEqual([m['title'] for m in self.memories()], ['Wug', 'Wug', 'Blick'])

    def test_paragraphs_are_lines_without_pronunciation_and_sources(self):
        self.assertEqual(self.memories()[0]['text'],
                         'Wug: (w[u^]g), n.; pl. {Wugs}. [Of unknown origin.] 1. A small bird that is counted by '
                         'children. See {Blick}.\n2. One that counts them.')
        self.assertEqual(self.memories()[1]['text'], 'Wug: v. i. To count birds.')

    def test_a_dictionary_that_is_not_packed_is_the_same(self):
        packed = self.memories()
        self.path.write_text(TEXT)
        self.assertEqual([json.loads(line) for line in run(self.path).stdout.splitlines()], packed)

    def test_what_is_wrong_is_one_line(self):
        self.path.write_text('no entry at all\n')
        for path, words in ((self.path, 'no entry was found'), (self.path.with_name('none'), 'dict-gcide')):
            done = run(path)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count('\n')), (1, '', 1))
            self.assertIn(words, done.stderr)


if __name__ == '__main__':
    unittest.main()
