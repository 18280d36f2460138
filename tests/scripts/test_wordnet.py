#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What scripts/import-wordnet makes of a small database, and of broken ones."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = TOP / 'scripts' / 'import-wordnet'
DATA = TOP / 'tests' / 'data' / 'wordnet'


def run(*args, **env):
    return subprocess.run([sys.executable, SCRIPT, *map(str, args)], capture_output=True, text=True,
                          env={**os.environ, **env})


class Wordnet(unittest.TestCase):
    def rows(self, kind):
        done = run(DATA)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [line[kind] for line in lines if kind in line]

    def test_neurons_come_before_synapses_and_these_before_fibers(self):
        kinds = [line[2:line.index('"', 2)] for line in run(DATA).stdout.splitlines()]
        self.assertEqual(kinds, sorted(kinds, key=['neuron', 'synapse', 'fiber'].index))
        self.assertEqual([kinds.count(k) for k in ('neuron', 'synapse', 'fiber')], [23, 24, 11])

    def test_a_synset_is_a_concept_with_its_words_and_gloss(self):
        first = self.rows('neuron')[0]
        self.assertEqual(first['uid'], 'wn:00000100-n')
        self.assertEqual(first['text'], 'dog, Canis Familiaris: an animal that barks; '
                         '"the dog barked"; "two dogs"; a kind of animal')
        self.assertEqual((first['type'], first['flags']), ('concept', ['anchor']))
        texts = [n['text'] for n in self.rows('neuron') if 'uid' in n]
        self.assertIn("dog's tail: the hindmost part of a dog; part of dog", texts)
        self.assertIn('St. Bernard: a large one; a kind of dog', texts)

    def test_words_are_entities_once_each_with_normal_names(self):
        names = [n['text'] for n in self.rows('neuron') if n['type'] == 'entity']
        self.assertEqual(names, ['dog', 'canis familiaris', 'animal', 'dog s tail', 'st bernard',
                                 '9 11', 'follow', 'big', 'large', 'huge', 'small', 'hugely'])
        self.assertEqual(len(names), len(set(names)))

    def test_names_name_and_common_words_express(self):
        ties = {(s['from'][3:], s['type'], s['to']) for s in self.rows('synapse')
                if s['type'] in ('named', 'expressed_by')}
        self.assertEqual(len(ties), 13)
        self.assertLessEqual({('00000100-n', 'expressed_by', 'entity:dog'),
                              ('00000100-n', 'named', 'entity:canis familiaris'),
                              ('00000400-n', 'named', 'entity:st bernard')}, ties)
        titles = [n['meta']['title'] for n in self.rows('neuron') if 'title' in n.get('meta', {})]
        self.assertEqual(titles, ["dog's tail", 'St. Bernard'])

    def test_pointers_are_written_once_and_in_one_direction(self):
        found = {(s['from'][3:], s['type'], s['to'][3:], s['two_way'])
                 for s in self.rows('synapse') if s['type'] not in ('named', 'expressed_by')}
        self.assertEqual(found, {
            ('00000100-n', 'is_a', '00000200-n', False),
            ('00000400-n', 'is_a', '00000100-n', False),
            ('00000100-n', 'contains', '00000300-n', False),
            ('00000200-n', 'belongs_to', '00000500-n', False),
            ('00000100-n', 'akin_to', '00000100-v', True),
            ('00000100-v', 'similar_to', '00000200-v', True),
            ('00000100-v', 'leads_to', '00000200-v', False),
            ('00000100-v', 'entails', '00000200-v', False),
            ('00000100-a', 'similar_to', '00000200-a', True),
            ('00000100-a', 'opposite_of', '00000300-a', True),
            ('00000100-r', 'akin_to', '00000200-a', False)})

    def test_a_fiber_has_the_definition_without_examples(self):
        self.assertEqual(self.rows('fiber')[0], {
            'anchor': 'wn:00000100-n', 'summary': 'an animal that barks',
            'tags': ['noun', 'noun.animal'], 'encode': True})

    def check_refusal(self, message, change):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / 'db'
            shutil.copytree(DATA, copy)
            change(copy)
            done = run(copy)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'\Aimport-wordnet: .*' + message)
        self.assertEqual(done.stderr.count('\n'), 1)

    def test_broken_databases_are_refused_with_one_line(self):
        def append(name, text):
            def change(copy):
                with open(copy / name, 'ab') as file:
                    file.write(text)
            return change

        self.check_refusal(r'data\.verb: No such file', lambda copy: (copy / 'data.verb').unlink())
        self.check_refusal('install Debian', lambda copy: (copy / 'data.noun').unlink())
        self.check_refusal('WordNet 1.7: only', lambda copy: (copy / 'data.noun').write_text(
            '  1 WordNet 1.7 Copyright\n'))
        self.check_refusal('is this its database', lambda copy: (copy / 'data.noun').write_text(''))
        for line in (b'nonsense\n', b'00000600 05 n 01 x 0 002 @ 00000200 n 0000 | short\n',
                     b'00000600 99 n 01 x 0 000 | file\n', b'00000600 05 n 01 x 0 000 no bar\n',
                     b'600 05 n 01 x 0 000 | offset\n', b'00000600 05 n zz x 0 000 | count\n'):
            self.check_refusal(r'data\.adj:6: not a synset', append('data.adj', line))
        self.check_refusal('not UTF-8', append('data.adv', b'\xff\xfe\n'))
        self.check_refusal('pointer "\\?" that is not known', append(
            'data.adv', b'00000600 02 r 01 x 0 001 ? 00000100 r 0000 | gloss\n'))

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        with subprocess.Popen([sys.executable, SCRIPT, DATA], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b'')
            process.wait()
            self.assertEqual(process.returncode, 1)


if __name__ == '__main__':
    unittest.main()
