#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real NeuralMemory server, as it is, as a store.

usage: peer.py VERSION MNEMOSCOPE CONFORMANCE

Installs the package with its server into an environment (kept in the user's cache), starts it on a
free port, lets it encode a few memories, and asks for them through the remote plugin: the
conformance suite as far as that server goes, brains, recalls, a copy, keys, its rate limit. Exits
77, which the test runner reports as skipped, where the package cannot be had.
"""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv

SKIPPED = 77
MEMORIES = (
    'Grace Hopper found a moth in relay 70 of the Mark II',
    'Alice decided to use PostgreSQL for project Apollo',
    'Bob met Alice at the Lisbon cafe to discuss the API',
    'Project Apollo was moved to Thursday because of the outage',
)
failed = []


def check(what, fine, detail=''):
    print(('ok      ' if fine else 'FAILED  ') + what + ('' if fine else f': {detail}'))
    if not fine:
        failed.append(what)


def environment(version):
    """The folder of programs that has the server, made if need be; None: it cannot be had."""
    home = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache')
    folder = home / 'mnemoscope-tests' / f'neural-memory-server-{version}'
    python = folder / 'bin' / 'python'
    test = [str(python), '-c', 'import uvicorn, neural_memory.server.app']
    if python.exists() and subprocess.run(test, capture_output=True).returncode == 0:
        return folder / 'bin'
    try:
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run([str(python), '-m', 'pip', 'install', '-q',
                               f'neural-memory[server]=={version}'],
                              capture_output=True, text=True, timeout=500)
    except (OSError, subprocess.SubprocessError) as e:
        print(f'cannot make an environment: {e}', file=sys.stderr)
        return None
    if done.returncode:
        print(done.stderr.strip()[-2000:], file=sys.stderr)
        return None
    return folder / 'bin'


@contextlib.contextmanager
def server(programs, folder, **settings):
    """Its URL. settings: of its environment."""
    log = pathlib.Path(folder) / 'server.log'
    env = {'PATH': os.environ['PATH'], 'HOME': folder, 'NEURALMEMORY_DIR': folder,
           'NEURAL_MEMORY_RATE_LIMIT': '0', **settings}
    with open(log, 'w', encoding='utf-8') as out:
        process = subprocess.Popen(
            [str(programs / 'uvicorn'), 'neural_memory.server.app:create_app', '--factory',
             '--host', '127.0.0.1', '--port', '0'], cwd=folder, env=env, stdout=out, stderr=out)
    try:
        said = None
        while not said:
            if process.poll() is not None:
                raise RuntimeError(log.read_text()[-2000:])
            time.sleep(0.05)
            said = re.search(r'running on (http://[0-9.:]+)', log.read_text())
        yield said.group(1)
    finally:
        process.terminate()
        process.wait()


def ask(url, path, body=None, headers=()):
    request = urllib.request.Request(
        url + path, None if body is None else json.dumps(body).encode(),
        {'Content-Type': 'application/json', **dict(headers)})
    for left in (2, 1, 0):  # that server fails now and then when the machine is busy
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as e:
            if e.code != 500 or not left:
                raise
            time.sleep(1)
    return None


def fill(url, headers=()):
    """A brain with the memories; its id."""
    brain = ask(url, '/brain/create', {'name': 'demo'}, headers)['id']
    for text in MEMORIES:
        ask(url, '/memory/encode', {'content': text, 'tags': ['t']},
            {'X-Brain-ID': brain, **dict(headers)})
    return brain


class Program:
    def __init__(self, binary, home):
        self.binary = binary
        self.env = {'PATH': os.environ['PATH'], 'HOME': home, 'XDG_DATA_HOME': home + '/data',
                    'XDG_CONFIG_HOME': home + '/config', 'XDG_STATE_HOME': home + '/state'}

    def run(self, *args, **env):
        return subprocess.run([self.binary, *args], env={**self.env, **env}, capture_output=True,
                              text=True, timeout=120)


def reading(url, brain, m, home):
    stats = ask(url, f'/brain/{brain}/stats')
    listed = m.run('--store', f'{url}?brain={brain}', 'brain', 'list', '--json')
    rows = json.loads(listed.stdout or '[]') or [{}]
    check('a brain that is named is listed, with its counts',
          rows[0].get('name') == brain and rows[0].get('neurons') == stats['neuron_count'],
          listed.stdout + listed.stderr)
    recalled = m.run('--store', url, '--brain', brain, 'recall', 'Grace Hopper', '--kernel',
                     'classic', '--depth', '3')
    check('a recall finds what that server encoded', MEMORIES[0] in recalled.stdout,
          recalled.stdout + recalled.stderr)
    plain = m.run('--store', url, '--brain', brain, 'recall', 'What did Alice decide?')
    check('a question without a kernel is answered as well', MEMORIES[1] in plain.stdout
          and 'kernel classic' in plain.stdout, plain.stdout + plain.stderr)
    missing = m.run('--store', url, '--brain', 'nope', 'stats')
    check('a brain that is not there is said to be none',
          missing.returncode == 3 and 'there is no brain' in missing.stderr, missing.stderr)
    written = m.run('--store', url, '--brain', brain, 'remember', 'something')
    check('what it cannot do is one clear line',
          written.returncode == 1 and written.stderr.count('\n') == 1
          and 'NeuralMemory' in written.stderr, written.stderr)
    copied = m.run('brain', 'copy', f'{url}#{brain}', f'sqlite:{home}/copies#{brain}')
    check('a copy into SQLite hashes the same', copied.returncode == 0, copied.stderr)
    out = m.run('--store', f'sqlite:{home}/copies', '--brain', brain, 'export', '--format', 'graph')
    check('nothing is missing in it', all(text in out.stdout for text in MEMORIES)
          and out.stdout.count('{"synapse":') == stats['synapse_count'], out.stderr)


def keys(programs, m):
    with tempfile.TemporaryDirectory() as folder, \
            server(programs, folder, NEURAL_MEMORY_API_KEY='hush-hush') as url:
        brain = fill(url, {'X-API-Key': 'hush-hush'})
        shut = m.run('--store', url, '--brain', brain, 'stats')
        check('a missing key is said', shut.returncode == 1 and 'MNEMOSCOPE_TOKEN' in shut.stderr,
              shut.stderr)
        wrong = m.run('--store', url, '--brain', brain, 'stats', MNEMOSCOPE_TOKEN='wrong')
        check('a wrong key is said and not shown',
              wrong.returncode == 1 and 'wrong' not in wrong.stderr, wrong.stderr)
        right = m.run('--store', url, '--brain', brain, 'stats', MNEMOSCOPE_TOKEN='hush-hush')
        check('the right one opens', right.returncode == 0, right.stderr)


def rate(programs, m):
    with tempfile.TemporaryDirectory() as folder, \
            server(programs, folder, NEURAL_MEMORY_RATE_LIMIT='8',
                   NEURAL_MEMORY_RATE_LIMIT_WINDOW='2') as url:
        brain = ask(url, '/brain/create', {'name': 'demo'})['id']
        done = [m.run('--store', url, '--brain', brain, 'stats') for _ in range(6)]
        check('a server that wants a pause gets one', all(d.returncode == 0 for d in done),
              [d.stderr for d in done if d.returncode])


def ceiling(url, m):
    """More neurons than that server exports."""
    neurons = [{'id': f'n{i}', 'type': 'concept', 'content': f'c{i}', 'metadata': {},
                'created_at': '2025-01-01T00:00:00'} for i in range(50001)]
    ask(url, '/brain/large/import', {
        'brain_id': 'large', 'brain_name': 'large', 'exported_at': '2025-01-01T00:00:00',
        'version': '0.1.0', 'neurons': neurons, 'synapses': [], 'fibers': [], 'config': {}})
    cut = m.run('--store', url, '--brain', 'large', 'recall', 'c1')
    check('an export that is cut is refused, not passed off as the brain',
          cut.returncode == 1 and '50000 of' in cut.stderr, cut.stderr)


def main():
    version, binary, conformance = sys.argv[1:]
    programs = environment(version)
    if not programs:
        print(f'skipped: the server of neural-memory {version} cannot be installed here')
        return SKIPPED
    newer = version != '0.4.0'
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        m = Program(binary, home)
        with server(programs, folder) as url:
            brain = fill(url)
            reading(url, brain, m, home)
            done = subprocess.run([conformance, f'{url}?brain={brain}'], timeout=120)
            check('the conformance suite, as far as it goes', done.returncode == 0)
            if newer and os.environ.get('MN_FULL'):
                ceiling(url, m)
        if newer:
            keys(programs, m)
            rate(programs, m)
        gone = m.run('--store', url, '--brain', brain, 'stats')
        check('a server that went away is said to be',
              gone.returncode == 1 and 'is the server running?' in gone.stderr, gone.stderr)
    return 1 if failed else 0


sys.exit(main())
