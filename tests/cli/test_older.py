#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A brain that an older version wrote: whatever comes first works, and --read-only keeps its word.

version-1.brain.gz is a file of version 1 as that version wrote it (see test_sqlite_schema.c).
"""
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BINARY = os.environ['MN_BINARY']
OLD = pathlib.Path(os.environ['MN_DATA']) / 'sqlite' / 'version-1.brain.gz'


class Older(unittest.TestCase):
    def setUp(self):
        room = tempfile.TemporaryDirectory()
        self.addCleanup(room.cleanup)
        self.folder = pathlib.Path(room.name)
        (self.folder / 'store').mkdir(mode=0o700)
        self.file = self.folder / 'store' / 'old.brain'
        self.file.write_bytes(gzip.decompress(OLD.read_bytes()))
        self.file.chmod(0o600)

    def ask(self, *words):
        return subprocess.run(
            [BINARY, '--store', f'sqlite:{self.folder}/store', '--brain', 'old', *words],
            capture_output=True, timeout=60, text=True,
            env={**os.environ, 'HOME': str(self.folder), 'XDG_CONFIG_HOME': str(self.folder),
                 'XDG_STATE_HOME': str(self.folder), 'XDG_DATA_HOME': str(self.folder)})

    def test_verbs_that_only_read_bring_it_up_to_date_first(self):
        old = self.file.read_bytes()
        for words in (('stats',), ('export',), ('capacity',), ('brain', 'show'), ('recall', 'cat'),
                      ('run', 'report')):
            with self.subTest(words):
                self.file.write_bytes(old)
                done = self.ask(*words)
                self.assertEqual((done.returncode, 'older' in done.stderr), (0, False), done.stderr)
                self.assertNotEqual(done.stdout, '')

    def test_it_stands_in_the_list_of_brains(self):
        done = self.ask('brain', 'list', '--json')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual([b['name'] for b in json.loads(done.stdout)], ['old'])

    def test_read_only_leaves_it_as_it_is_and_says_what_to_do(self):
        old = self.file.read_bytes()
        for words in (('stats',), ('export',), ('recall', 'cat')):
            done = self.ask('--read-only', *words)
            self.assertEqual((done.returncode, done.stdout), (1, ''))
            self.assertRegex(done.stderr, r'older version: open it once without --read-only')
            self.assertEqual(done.stderr.count('\n'), 1)
        self.assertEqual(self.file.read_bytes(), old)


if __name__ == '__main__':
    unittest.main()
