#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Requests made from the document of the endpoints, good ones and bad ones: no answer breaks it, none is the
server's own failure. Needs schemathesis, which it installs from PyPI; skipped where that cannot be had."""
import json
import os
import pathlib
import subprocess
import sys

import served

WANTED = 'schemathesis==4.32.5'
CHECKS = ('not_a_server_error,status_code_conformance,content_type_conformance,'
          'response_schema_conformance')
# The peer's own API is looser than its document: what it takes beyond that is no breach.
RUNS = (('--exclude-tag', 'peer', '--checks', CHECKS + ',negative_data_rejection'),
        ('--include-tag', 'peer', '--checks', CHECKS))
SKIP = 77


def schemathesis(room):
    """The program, installed into the folder if it is not there yet; None: it cannot be had."""
    venv = pathlib.Path(room).resolve() / 'schemathesis'
    found = venv / 'bin' / 'schemathesis'
    if not found.exists():
        for command in ([sys.executable, '-m', 'venv', venv],
                        [venv / 'bin' / 'pip', 'install', '-q', '--disable-pip-version-check', WANTED]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print(f'skipped: {WANTED} cannot be installed: {done.stderr.strip()[-300:]}')
                return None
    return found


def fill(server):
    """Something to be found."""
    server.json('POST', '/mn/v1/brains', {'name': 'default'})
    server.json('POST', '/mn/v1/brains/default/remember',
                ''.join(f'{{"id":"m{i}","text":"Memory {i} of Ada and the moth."}}\n' for i in range(20)),
                Content_Type='application/x-ndjson')


def narrowed(document):
    """The document with brains that are there, apart from those to be changed or deleted, and without deadlines, since
    to miss one is no failure, nor entity tags, for the same reason. Notes are lines, which the tool cannot write."""
    parameters = document['components']['parameters']
    del parameters['deadline'], parameters['ifMatch'], parameters['retry']
    parameters['brain']['schema'] = {'enum': ['default', 'gone']}
    for path, item in document['paths'].items():
        for method, operation in item.items():
            if not isinstance(operation, dict):
                continue
            refs = [p for p in operation.get('parameters', [])
                    if not p.get('$ref', '').endswith(('/deadline', '/ifMatch', '/retry'))]
            if operation.get('operationId') in ('update', 'delete'):
                refs = [dict(parameters['brain'], schema={'enum': ['other']})]
            operation['parameters'] = refs
    document['paths'] = {path: item for path, item in document['paths'].items()
                         if not path.endswith('/remember')}
    return document


def main():
    program, room, rounds = served.program(), sys.argv[2], '100' if os.environ.get('MN_FULL') else '8'
    tool = schemathesis(room)
    if not tool:
        return SKIP
    with served.Served(program, store='memory:') as s:
        fill(s)
        file = pathlib.Path(s.home) / 'openapi.json'
        file.write_text(json.dumps(narrowed(s.json('GET', '/openapi.json').json)))
        failed = [run for run in RUNS if subprocess.run(
            [tool, 'run', file, '--url', f'http://127.0.0.1:{s.port}', *run, '--seed', '1', '--max-examples',
             rounds, '--phases', 'coverage,fuzzing', '--generation-database', 'none',
             '--suppress-health-check', 'all', '--no-color', '--warnings', 'off', *sys.argv[3:]],
            cwd=s.home, timeout=1500).returncode]
        alive = s.process.poll() is None
    if not alive:
        print('the server has died')
    return 0 if alive and not failed else 1


if __name__ == '__main__':
    sys.exit(main())
