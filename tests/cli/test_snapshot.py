#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Snapshots from outside: files and pipes, compressed or not, whole or damaged."""
import csv
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import traceback

BINARY = os.environ['MN_BINARY']
HEAD = b'{"snapshot":{"format":"mnemoscope","version":1}}\n'


class Room:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.env = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder, XDG_DATA_HOME=folder,
                        TMPDIR=folder)

    def __truediv__(self, name):
        return self.folder / name

    def ask(self, brain, *words, given=None):
        return subprocess.run(
            [BINARY, '--store', f'sqlite:{self.folder}/store', '--brain', brain, *map(str, words)],
            input=given, capture_output=True, env=self.env, timeout=60)

    def must(self, brain, *words, given=None):
        done = self.ask(brain, *words, given=given)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def refused(self, brain, *words, given=None, says=''):
        """It fails with one clear line, and leaves no brain."""
        before = self.brains()
        done = self.ask(brain, *words, given=given)
        lines = done.stderr.decode().splitlines()
        assert done.returncode == 1, (words, done.returncode, lines)
        assert len(lines) == 2 and lines[1].endswith('nothing was imported'), lines
        assert says in lines[0], lines
        assert self.brains() == before

    def brains(self):
        return self.ask('x', 'brain', 'list', '--json').stdout

    def fill(self, brain, n=50):
        lines = ''.join(f'{{"id":"n{i}","text":"note {i} of {{thing {i % 7}}}","tags":["t{i % 3}"]}}\n'
                        for i in range(n))
        self.must(brain, 'import', '-', given=lines.encode())
        self.must(brain, 'recall', 'thing 3')  # some states and uses

    def snapshot(self, brain):
        return self.must(brain, 'export', '--format', 'snapshot')


def test_files_and_pipes_give_the_same_brain(room):
    room.fill('a')
    text = room.snapshot('a')
    (room / 'a.snapshot').write_bytes(text)
    room.must('a', 'export', '-o', room / 'b.snapshot.zst')
    room.must('file', 'import', room / 'a.snapshot')
    room.must('packed', 'import', room / 'b.snapshot.zst')
    room.must('pipe', 'import', '-', given=text)
    room.must('packed pipe', 'import', '-', given=(room / 'b.snapshot.zst').read_bytes())
    for brain in ('file', 'packed', 'pipe', 'packed pipe'):
        assert room.snapshot(brain) == text, brain
    assert (room / 'b.snapshot.zst').stat().st_size < len(text) / 4


def test_an_export_is_complete_and_ones_own(room):
    room.fill('a')
    (room / 'other').write_text('not mine')
    (room / 'a.snapshot').symlink_to(room / 'other')
    done = room.ask('a', 'export', '-o', room / 'a.snapshot')
    assert done.returncode == 1 and b'--force' in done.stderr, done.stderr
    room.must('a', 'export', '-o', room / 'a.snapshot', '--force')
    assert (room / 'other').read_text() == 'not mine'
    info = (room / 'a.snapshot').lstat()
    assert stat.S_ISREG(info.st_mode) and stat.S_IMODE(info.st_mode) == 0o600
    names = {p.name for p in room.folder.iterdir()}
    assert not [n for n in names if 'tmp' in n or n.startswith('.')], names


def test_nothing_of_a_damaged_file_is_imported(room):
    room.fill('a', 5)
    text = room.snapshot('a')
    room.must('a', 'export', '-o', room / 'a.zst', '--format', 'snapshot')
    packed = (room / 'a.zst').read_bytes()
    for at in range(1, len(text), len(text) // 12):
        room.refused('b', 'import', '-', '--format', 'snapshot', given=text[:at])
        (room / 'cut').write_bytes(text[:at])
        room.refused('b', 'import', room / 'cut', '--format', 'snapshot')
    for at in range(4, len(packed), len(packed) // 12):
        (room / 'bad').write_bytes(packed[:at])
        room.refused('b', 'import', room / 'bad', '--format', 'snapshot')
        flipped = bytearray(packed)
        flipped[at] ^= 4
        (room / 'bad').write_bytes(flipped)
        done = room.ask('b', 'import', room / 'bad', '--format', 'snapshot')
        # A bit of the frame's header may say nothing; then the content is whole.
        if done.returncode == 0:
            assert room.snapshot('b') == text, at
            room.must('b', 'brain', 'delete', '--yes', 'b')


def test_hostile_input_is_one_line_of_error(room):
    room.fill('a', 3)
    deep = HEAD + b'{"brain":{"clock":0,"config":{},"meta":' + b'[' * 1000000 + b'\n'
    for given, says in (
            (b'', 'cut short'),
            (HEAD, 'cut short'),
            (HEAD + b'\0\n', 'not text'),
            (HEAD + b'{"brain":\xff}\n', 'not text'),
            (HEAD + b'{"brain":{"clock":1' + b'0' * 100000 + b'}}\n', ':2: '),
            (HEAD + b'{"brain":{"clock":0,"config":{},"meta":{"a":"\\u0000"}}}\n', ':2: '),
            (deep, ':2: '),
            (b'\x1b]0;x\x07\n', 'snapshot begins')):
        room.refused('b', 'import', '-', '--format', 'snapshot', given=given, says=says)


def test_little_that_becomes_much_is_refused(room):
    much = b'\n\n'.join(bytes([letter]) * 1000000 for letter in b'abcdefgh')
    (room / 'much').write_bytes(much)
    room.must('long', 'import', room / 'much', '--format', 'text')
    room.must('long', 'export', '-o', room / 'much.jsonl.zst')
    assert (room / 'much.jsonl.zst').stat().st_size < 50000
    room.refused('b', 'import', room / 'much.jsonl.zst', says='--unpacked')
    room.refused('b', 'import', room / 'much.jsonl.zst', '--unpacked', 2, says='more than it may')
    room.must('b', 'import', room / 'much.jsonl.zst', '--unpacked', 20)


def test_a_folder_of_csv_reads_back_and_holds_no_formula(room):
    texts = ['plain', '=1+1', '+1', '-1', '@x', 'a "quoted", text', 'two\nlines', 'ü', "'x", ' =x',
             '\t=x']
    lines = ''.join(json.dumps({'neuron': {'uid': f'n{i}', 'type': 'concept', 'text': t}}) + '\n'
                    for i, t in enumerate(texts))
    lines += '{"synapse":{"from":"n0","to":"n1","type":"near","weight":0.30000000000000004}}\n'
    lines += '{"fiber":{"anchor":"n0","tags":["a,b","=c"],"neurons":["n0","n1"],"synapses":[]}}\n'
    room.must('a', 'import', '-', '--format', 'graph', given=lines.encode())
    room.must('a', 'export', '--format', 'csv', '-o', room / 'sheets')
    folder = room / 'sheets'
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(p.name for p in folder.iterdir()) == ['fibers.csv', 'neurons.csv', 'synapses.csv']
    read = {p.stem: list(csv.DictReader(p.open(newline='', encoding='utf-8'), strict=True))
            for p in folder.iterdir()}
    for row, text in zip(read['neurons'], texts):
        assert row['text'] == ("'" + text if text[0] in '=+-@\t' else text), row
    for rows in read.values():
        assert all(v[:1] not in ('=', '+', '@', '\t') for row in rows for v in row.values())
    assert float(read['synapses'][0]['weight']) == 0.1 + 0.2
    assert json.loads(read['fibers'][0]['tags']) == ['a,b', '=c']
    raw = (folder / 'neurons.csv').read_bytes()
    assert raw.count(b'\r\n') == len(texts) + 1
    before = sorted(p.name for p in room.folder.iterdir())
    for target in (folder, room / 'a.snapshot' / 'x', '-'):
        done = room.ask('a', 'export', '--format', 'csv', '-o', target)
        assert done.returncode in (1, 3) and done.stderr.count(b'\n') == 1, done
    (room / 'link').symlink_to(room / 'elsewhere')
    assert room.ask('a', 'export', '--format', 'csv', '-o', room / 'link').returncode == 1
    assert sorted(p.name for p in room.folder.iterdir()) == sorted([*before, 'link'])


def test_a_brains_name_is_no_path(room):
    room.fill('a', 3)
    (room / 'a.snapshot').write_bytes(room.snapshot('a'))
    for name in ('../evil', '/tmp/evil', 'x/y', '', 'a\x01b', 'n' * 101):
        done = room.ask(name, 'import', room / 'a.snapshot')
        assert done.returncode in (1, 2), (name, done)
    for name in ('..', '.', '...', '-', "'; DROP TABLE neurons; --", '100%s', 'ü' * 100):
        done = room.ask(name, 'import', room / 'a.snapshot')
        if done.returncode == 0:
            assert room.snapshot(name) == (room / 'a.snapshot').read_bytes(), name
    outside = {p.name for p in room.folder.parent.iterdir()}
    assert 'evil' not in outside and 'evil.db' not in outside
    assert not (room / 'x').exists()


def test_an_export_is_all_of_a_brain_larger_than_any_cap(room):
    """The counts at the end are those of the brain, and no list is cut."""
    lines = ''.join(f'{{"neuron":{{"type":"concept","text":"n{i}"}}}}\n' for i in range(50500))
    room.must('big', 'import', '-', '--format', 'graph', given=lines.encode())
    text = room.snapshot('big')
    assert text.count(b'{"neuron":') == 50500
    assert b'"neurons":50500,' in text.splitlines()[-1]
    room.must('copy', 'import', '-', given=text)
    assert room.snapshot('copy') == text


def test_killed_at_any_moment_an_import_leaves_the_old_or_the_new(room):
    room.fill('a', 3000)
    text = room.snapshot('a')
    room.fill('b', 5)
    old = room.snapshot('b')
    (room / 'a.snapshot').write_bytes(text)
    for wait in (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25):
        for brain, rule in (('b', ['--merge', 'newest']), ('new', [])):
            process = subprocess.Popen(
                [BINARY, '--store', f'sqlite:{room.folder}/store', '--brain', brain, 'import',
                 str(room / 'a.snapshot'), *rule], env=room.env, stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL)
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        done = room.ask('new', 'export', '--format', 'snapshot')
        assert done.returncode == 3 or done.stdout == text, done
        got = room.snapshot('b')
        assert got.count(b'\n') >= old.count(b'\n')
    if room.ask('new', 'export', '--format', 'snapshot').stdout == text:
        room.must('new', 'brain', 'delete', '--yes', 'new')
    room.must('new', 'import', room / 'a.snapshot')
    assert room.snapshot('new') == text
    room.must('b', 'import', room / 'a.snapshot', '--merge', 'newest')
    once = room.snapshot('b')
    room.must('b', 'import', room / 'a.snapshot', '--merge', 'newest')
    assert room.snapshot('b') == once
    names = [b['name'] for b in json.loads(room.brains())]
    assert sorted(names) == ['a', 'b', 'new'], names


def main(namespace):
    failed = 0
    for name, test in list(namespace.items()):
        if not name.startswith('test_') or not callable(test):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Room(folder))
                print(f'ok {name[5:]}')
            except Exception:  # whatever it was: the others go on
                failed += 1
                print(f'not ok {name[5:]}')
                traceback.print_exc()
    return failed > 0


if __name__ == '__main__':
    sys.exit(main(globals()))
