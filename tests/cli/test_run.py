#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Maintenance from outside: scripts by name, what they take, what comes out of a run."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import traceback

BINARY = os.environ['MN_BINARY']
SCRIPTS = ['archive', 'audit', 'consolidate', 'decay', 'nightly', 'prune', 'report', 'snapshot']


class Room:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.env = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=f'{folder}/config',
                        XDG_DATA_HOME=folder, XDG_STATE_HOME=f'{folder}/state', TMPDIR=folder)
        notes = ''.join(json.dumps({'text': t}) + '\n' for t in (
            'Grace Hopper found a moth in relay 70', 'Grace Hopper found a moth, in relay 70!',
            'The \x1b[31mlog\u200b book lies in Washington'))
        self.must('import', '-', given=notes)

    def ask(self, *words, given=None, brain='notes'):
        return subprocess.run(
            [BINARY, '--store', f'sqlite:{self.folder}/store', '--brain', brain, *words],
            input=given, capture_output=True, env=self.env, timeout=60, text=True)

    def must(self, *words, **others):
        done = self.ask(*words, **others)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def refused(self, *words, says, code=1):
        done = self.ask(*words)
        assert done.returncode == code, (words, done.returncode, done.stderr)
        assert says in done.stderr, done.stderr
        return done

    def own(self, name, text):
        folder = self.folder / 'config' / 'mnemoscope' / 'scripts'
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_scripts_are_listed_and_completed(room):
    names = [s['name'] for s in json.loads(room.must('run', '--list', '--json'))]
    assert names == SCRIPTS, names
    assert room.must('complete', 'scripts').split() == SCRIPTS
    for name in SCRIPTS:
        assert re.search(rf'^{name} +\w', room.must('run', '--list'), re.M)


def test_a_script_tells_what_it_takes(room):
    told = room.must('run', 'archive', '--list')
    assert 'older_than_days=90' in told and 'a number from 0 to 36500' in told, told
    told = json.loads(room.must('run', 'report', '--list', '--json'))
    assert told['params'][0]['choices'] == ['markdown', 'json'], told
    room.refused('run', 'nope', '--list', says='there are archive, audit', code=3)


def test_a_broken_script_does_not_hide_the_others(room):
    room.own('bad.lua', 'return {')
    done = room.ask('run', '--list')
    assert done.returncode == 0 and 'unexpected symbol' in done.stderr, done
    assert 'nightly' in done.stdout and 'snapshot' in done.stdout
    room.refused('run', 'bad', says='unexpected symbol')


def test_ones_own_script_goes_before_the_shipped_one(room):
    room.own('decay.lua', 'return {name="decay", purpose="Mine.", run=function() emit("mine") end}')
    assert room.must('run', 'decay') == 'mine'


def test_a_dry_run_is_the_plan_and_changes_nothing(room):
    before = room.must('export', '--format', 'snapshot')
    plan = json.loads(room.must('run', 'nightly', '--dry-run', '--json'))
    verbs = [s['verb'] for s in plan['summary']]
    assert verbs == ['decay', 'expire', 'prune', 'consolidate', 'archive', 'orphans'], verbs
    assert plan['title'] == 'nightly' and plan['changes'] > 0
    assert room.must('export', '--format', 'snapshot') == before
    assert room.must('undo', '--list') == ''


def test_a_night_is_told_and_taken_back(room):
    before = room.must('export', '--format', 'snapshot')
    done = json.loads(room.must('run', 'nightly', '--json'))
    assert done['run']['state'] == 'done' and done['run']['done'] == done['plan']['changes']
    again = room.ask('run', 'nightly')
    assert 'nothing is to be done' in again.stderr, again
    assert json.loads(room.must('run', 'nightly', '--json'))['run'] is None
    assert json.loads(room.must('undo', '--json'))['undoes'] == done['run']['run']
    assert room.must('export', '--format', 'snapshot') == before
    room.refused('run', '--resume', '0', says='no run of this brain was interrupted')


def test_a_snapshot_is_a_brain_again(room):
    done = room.ask('run', 'snapshot')
    assert done.returncode == 0 and 'takes it back' not in done.stderr, done
    folder = room.folder / 'state' / 'mnemoscope' / 'snapshots'
    assert str(folder) in done.stdout
    file, = folder.iterdir()
    before = room.must('export', '--format', 'snapshot')
    room.must('import', str(file), brain='again')
    assert room.must('export', '--format', 'snapshot', brain='again') == before


def test_an_audit_is_a_file_and_harmless(room):
    room.must('run', 'audit', '--output', f'{room.folder}/a.md')
    text = (room.folder / 'a.md').read_text()
    assert '<U+001B>[31mlog<U+200B> book' in text and '\x1b' not in text, text
    found = json.loads(room.must('run', 'audit', '--set', 'format=json'))
    assert found['duplicates']['n'] == 1 and found['suspicious']['n'] == 1, found
    room.refused('run', 'audit', '--output', f'{room.folder}/a.md', says='--force')


def test_a_report_is_json_and_markdown(room):
    told = json.loads(room.must('run', 'report', '--set', 'format=json'))
    assert told['memories'] == 3 and sum(told['neurons'].values()) == \
        json.loads(room.must('stats', '--json'))['neurons'], told
    assert room.must('run', 'report').startswith('# Report on `notes`')


def test_values_that_do_not_fit_are_named(room):
    room.refused('run', 'archive', '--set', 'older_than_days=x', says='older_than_days is a number')
    room.refused('run', 'archive', '--set', 'older=1', says='there are: older_than_days')
    room.refused('run', 'archive', '--set', 'limit', says='NAME=VALUE')


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
