#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""embed.py NAME FILE - a file as a C source that defines `const char NAME[]` and `NAME_size`."""
import sys


def main():
    name, path = sys.argv[1:]
    with open(path, 'rb') as f:
        data = f.read()
    print('/* made by embed.py */\n#include <stddef.h>')
    print(f'extern const char {name}[];\nextern const size_t {name}_size;')
    print(f'const char {name}[] = {{')
    for at in range(0, len(data), 16):
        print('\t' + ' '.join(f'{b},' if b < 128 else f'(char){b},' for b in data[at:at + 16]))
    print(f'}};\nconst size_t {name}_size = {len(data)};')


main()
