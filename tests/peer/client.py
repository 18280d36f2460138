#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NeuralMemory's own client, as it is, against our server.

usage: client.py VERSION   (MN_BINARY: the program; MN_PEERS: where environments are kept)

Installs the package into an environment (kept in the build tree), starts the server over SQLite and
over memory, and lets the package's SharedStorage, MemoryEncoder and ReflexPipeline (drive.py, run
by that environment) write, find, walk, change, export, import and delete. Exits 77, which the test
runner reports as skipped, where the package cannot be had.
"""
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'rest'))
import rig  # noqa: E402

SKIPPED = 77
EXTRA = {'4.63.0': 'sync'}  # which the client over HTTP belongs to, since it is one of many


def environment(version):
    """The Python that has the package, made if need be; None: it cannot be had."""
    folder = pathlib.Path(os.environ['MN_PEERS']) / f'neural-memory-{version}'
    python = folder / 'bin' / 'python'
    check = [str(python), '-c', 'import aiohttp, neural_memory.storage.shared_store']
    if python.exists() and subprocess.run(check, capture_output=True).returncode == 0:
        return python
    try:
        venv.create(folder, with_pip=True, clear=True)
        extra = f'[{EXTRA[version]}]' if version in EXTRA else ''
        done = subprocess.run(
            [str(python), '-m', 'pip', 'install', '-q', f'neural-memory{extra}=={version}'],
            capture_output=True, text=True, timeout=500)
    except (OSError, subprocess.SubprocessError) as e:
        print(f'cannot make an environment: {e}', file=sys.stderr)
        return None
    if done.returncode:
        print(done.stderr.strip()[-2000:], file=sys.stderr)
        return None
    return python


def main():
    version = sys.argv[1]
    python = environment(version)
    if not python:
        print(f'skipped: neural-memory {version} cannot be installed here')
        return SKIPPED
    for store in (None, 'memory:'):
        with rig.server(store) as served:
            done = subprocess.run([str(python), str(HERE / 'drive.py'), served.url, version],
                                  timeout=300)
            if done.returncode:
                print(f'not ok over {store or "sqlite:"}')
                return 1
        print(f'ok over {store or "sqlite:"}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
