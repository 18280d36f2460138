#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The verb doctor: its exit codes, what it prints, and that it mends and takes back."""
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

BINARY = os.environ['MN_BINARY']


class Doctor(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.room.name)
        self.file = self.folder / 'store' / 'notes.brain'
        self.env = dict(os.environ, HOME=self.room.name, XDG_CONFIG_HOME=self.room.name,
                        XDG_DATA_HOME=self.room.name, XDG_STATE_HOME=self.room.name)
        for text in ('Ada met Grace in London', 'The moth flew into relay 70'):
            self.assertEqual(self.ask('remember', text)[0], 0)

    def tearDown(self):
        self.room.cleanup()

    def ask(self, *words):
        done = subprocess.run(
            [BINARY, '--store', f'sqlite:{self.folder}/store', '--brain', 'notes', *words],
            capture_output=True, env=self.env, timeout=60, text=True)
        return done.returncode, done.stdout, done.stderr

    def damage(self, sql):
        db = sqlite3.connect(self.file)
        db.executescript(sql)
        db.close()

    def test_a_healthy_brain_is_clean(self):
        for level in ((), ('--full',), ('--deep',)):
            code, out, _ = self.ask('doctor', *level)
            self.assertEqual((code, out), (0, 'notes: nothing is wrong\n'))

    def test_a_finding_says_code_samples_cause_and_fix(self):
        self.damage('INSERT INTO state VALUES(4242, 0.5, -1, 0, 1)')
        code, out, _ = self.ask('doctor', '--full')
        self.assertEqual(code, 1)
        for part in ('NM-I1', 'state-owner', '4242', 'cause', 'fix', 'doctor --fix'):
            self.assertIn(part, out)

    def test_json_is_for_programs(self):
        self.damage('INSERT INTO state VALUES(4242, 0.5, -1, 0, 1)')
        code, out, _ = self.ask('doctor', '--full', '--json')
        told = json.loads(out)
        self.assertEqual((code, told['verdict']), (1, 'repairable'))
        self.assertEqual(told['findings'][0]['code'], 'NM-I1')
        self.assertEqual(told['findings'][0]['samples'], ['4242'])

    def test_a_fix_mends_and_undo_takes_it_back(self):
        self.damage('INSERT INTO state VALUES(4242, 0.5, -1, 0, 1)')
        code, out, _ = self.ask('doctor', '--fix', '--dry-run')
        self.assertEqual(code, 1)
        self.assertEqual(self.ask('doctor', '--full')[0], 1)
        code, out, _ = self.ask('doctor', '--fix', '--json')
        told = json.loads(out)
        self.assertEqual((code, told['after']['verdict'], told['kept']), (0, 'clean', 1))
        self.assertIn('4242', pathlib.Path(told['rows']).read_text(encoding='utf-8'))
        self.assertEqual(self.ask('doctor', '--undo')[0], 0)
        self.assertEqual(self.ask('doctor', '--full')[0], 1)

    def test_what_cannot_be_mended_ends_with_4(self):
        self.file.write_bytes(b'not a database, but long enough to be taken for one ' * 4)
        for words in (('doctor',), ('doctor', '--fix')):
            self.assertEqual(self.ask(*words)[0], 4)

    def test_what_could_not_be_looked_at_ends_with_5(self):
        self.file.unlink()
        self.file.mkdir()
        self.assertEqual(self.ask('doctor')[0], 5)

    def test_no_brain_ends_with_3(self):
        self.assertEqual(self.ask('doctor', 'nobody')[0], 3)

    def test_a_broken_file_is_salvaged(self):
        lines = '\n\n'.join(f'memory number {i} of a great many' for i in range(400))
        (self.folder / 'many.txt').write_text(lines, encoding='utf-8')
        self.assertEqual(
            self.ask('import', '--format', 'text', str(self.folder / 'many.txt'))[0], 0)
        sqlite3.connect(self.file).execute('PRAGMA wal_checkpoint(TRUNCATE)')
        whole = bytearray(self.file.read_bytes())
        middle = len(whole) // 4096 // 2 * 4096
        whole[middle:middle + 4096] = b'\xa5' * 4096
        self.file.write_bytes(whole)
        self.assertEqual(self.ask('doctor', '--full')[0], 4)
        code, out, err = self.ask('doctor', '--salvage', 'saved', '--json')
        self.assertEqual(code, 0, err)
        told = json.loads(out)
        self.assertGreater(told['saved']['neurons'], 200)
        self.assertEqual(self.ask('doctor', '--full', 'saved')[0], 0)

    def test_what_makes_no_sense_is_refused(self):
        for words in (('--fix', '--undo'), ('--only', 'NM-I1'), ('--dry-run',)):
            code, _, err = self.ask('doctor', *words)
            self.assertEqual(code, 2)
            self.assertTrue(err)


if __name__ == '__main__':
    unittest.main()
