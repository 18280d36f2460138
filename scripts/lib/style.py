#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""style.py - the rules of this tree that no other tool knows. Prints a line per breach.

Rules: a licence line in each file; lines of at most 100 columns (120 where a literal stands); files of at most 800 lines,
functions of at most 100; core includes nothing of app or plugins, plugins nothing but the two
public headers and their own, and nothing but core/store calls a backend; no banned call; no
unfinished words. scripts/lib/exceptions.txt lists what may break one, with the value it has: an
exception that is no longer needed, or could be smaller, is a breach too, so the list only shrinks.
"""
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
FUNCTION_LINES = 100
FILE_LINES = 800
HEADER_LINES = 1300  # of the two public headers, which are half prose
COLUMNS = 100
STRING_COLUMNS = 120  # a literal is not broken for the sake of the margin
BANNED = ('strcpy', 'strcat', 'sprintf', 'vsprintf', 'gets', 'strtok', 'atoi', 'atol', 'atof',
          'system', 'popen', 'alloca', 'tmpnam', 'mktemp', 'longjmp', 'rand', 'signal')
ALLOCATORS = ('malloc', 'calloc', 'realloc', 'free', 'strdup', 'strndup', 'asprintf')
LICENSED = {'.c', '.h', '.py', '.sh', '.lua', '.build', ''}
SKIP_LICENCE = re.compile(r'(^|/)(LICENSE|\.gitignore|\.clang-format|\.editorconfig|\.clang-tidy)$'
                          r'|^tests/data/|^tests/.*/(data|golden|corpus)/|^scripts/pictures/')


def tracked():
    out = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=TOP, check=True,
                         capture_output=True, text=True).stdout.split('\n')
    return sorted(p for p in out if p and (TOP / p).is_file())


def code_only(text):
    """The text with comments and string contents blanked, line numbers kept."""
    def blank(match):
        s = match.group(0)
        if s[0] in '"\'':
            return s[0] + ' ' * (len(s) - 2) + s[-1]
        return re.sub(r'[^\n]', ' ', s)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def functions(paths):
    """(path, name, line, length) of every C function, as Universal Ctags sees them."""
    out = subprocess.run(['ctags', '--options=NONE', '-x', '--languages=C', '--langmap=C:.c.h',
                          '--kinds-C=f', '--fields=+e', '--_xformat=%F\t%N\t%n\t%e', '-L', '-'],
                         cwd=TOP, input='\n'.join(paths), capture_output=True, text=True)
    if out.returncode:
        sys.exit('style: ctags: ' + out.stderr.strip())
    for line in out.stdout.splitlines():
        path, name, start, end = line.split('\t')
        yield path, name, int(start), int(end) - int(start) + 1


def layer_breach(path, include):
    room = path.split('/')[0]
    if room == 'core':
        if include.startswith(('app/', 'plugins/', 'tui/', 'cli/', '../')):
            return 'core includes nothing of app or plugins'
        if include == 'ncurses.h' or 'sqlite3' in include or 'microhttpd' in include:
            return 'core knows no terminal, no SQL and no HTTP server'
    if room == 'plugins':
        own = (TOP / path).parent / include
        common = TOP / 'plugins' / include
        if include not in ('mn.h', 'backend.h') and not own.is_file() and not common.is_file():
            return 'a plugin includes only mn.h, backend.h and its own files'
    if room == 'app' and include == 'backend.h':
        return 'app reaches storage only through mn.h'
    return None


def check_c(path, text):
    code = code_only(text)
    room = path.split('/')[0]
    for n, line in enumerate(code.split('\n'), 1):
        raw = text.split('\n')[n - 1] if '#' in line and 'include' in line else ''
        include = re.match(r'\s*#\s*include\s*"([^"]+)"', raw)
        if include and (why := layer_breach(path, include.group(1))):
            yield f'layer {path}:{n}', 1, f'{path}:{n}: includes {include.group(1)}: {why}'
        for call in re.findall(r'(?<![\w.>])(\w+)\s*\(', line):
            if call in BANNED and not (call == 'signal' and room == 'tests'):
                yield f'banned {path} {call}', 1, f'{path}:{n}: {call} is banned'
            elif call in ALLOCATORS and room in ('core', 'plugins') and \
                    path != 'core/base/memory.c':
                yield (f'allocator {path} {call}', 1,
                       f'{path}:{n}: {call}: memory comes through base/memory.h or the host')
            elif call in ('exit', '_exit', 'abort') and room not in ('tests', 'bench') and \
                    path not in ('app/main.c', 'app/script/main.c'):
                yield f'exit {path} {call}', 1, f'{path}:{n}: {call}: main.c is a program\'s only exit'
        if room == 'core' and not path.startswith(('core/store/', 'core/engine')) and \
                re.search(r'backend->(?!name\b)\w+', line):
            yield f'backend {path}', 1, f'{path}:{n}: only core/store calls a backend'


def check_file(path):
    try:
        text = (TOP / path).read_text(encoding='utf-8')
    except UnicodeDecodeError:
        return
    lines = text.split('\n')
    suffix = pathlib.Path(path).suffix
    script = suffix == '' and text.startswith('#!')
    if (suffix in LICENSED and (suffix or script)) and not SKIP_LICENCE.search(path):
        if not any('SPDX-License-Identifier: MIT' in l for l in lines[:3]):
            yield f'licence {path}', 1, f'{path}:1: no SPDX-License-Identifier line'
    if suffix not in ('.c', '.h'):
        return
    most = HEADER_LINES if path in ('core/mn.h', 'core/backend.h') else FILE_LINES
    if len(lines) - 1 > most:
        yield f'file {path}', len(lines) - 1, f'{path}: {len(lines) - 1} lines, at most {most}'
    for n, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > (COLUMNS if '"' not in line else STRING_COLUMNS):
            yield f'columns {path}', 1, f'{path}:{n}: longer than {COLUMNS} columns'
    for m in re.finditer(r'\b(TODO|FIXME|XXX|HACK)\b', text):
        yield (f'unfinished {path}', 1,
               f'{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(0)}')
    yield from check_c(path, text)


def exceptions():
    allowed = {}
    for line in (TOP / 'scripts/lib/exceptions.txt').read_text().split('\n'):
        if line and not line.startswith('#'):
            key, _, value = line.rpartition(' ')
            allowed[key] = int(value)
    return allowed


def main():
    files = tracked()
    found, breaches = {}, []
    for path in files:
        for key, value, text in check_file(path):
            found.setdefault(key, [0, text])[0] += value
    lengths = []
    for path, name, line, length in functions([p for p in files if p.endswith(('.c', '.h'))]):
        if not path.startswith('tests/'):
            lengths.append(length)
        if length > FUNCTION_LINES:
            found[f'function {path} {name}'] = \
                [length, f'{path}:{line}: {name} has {length} lines, at most {FUNCTION_LINES}']
    allowed = exceptions()
    for key, (value, text) in found.items():
        if value > allowed.get(key, 0):
            breaches.append(text)
    for key, value in allowed.items():
        now = found.get(key, [0])[0]
        if now < value:
            breaches.append(f'scripts/lib/exceptions.txt: "{key} {value}" is now {now}: '
                            + ('lower it' if now else 'remove it'))
    print('\n'.join(breaches), end='\n' if breaches else '')
    lengths.sort()
    if lengths:
        print(f'style: {len(lengths)} functions, median {lengths[len(lengths) // 2]} lines, '
              f'90 % within {lengths[len(lengths) * 9 // 10]}, longest {lengths[-1]}; '
              f'{len(allowed)} exceptions', file=sys.stderr)
    return 1 if breaches else 0


if __name__ == '__main__':
    sys.exit(main())
