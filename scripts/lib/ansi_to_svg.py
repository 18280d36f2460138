#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ansi_to_svg.py - a captured terminal screen (text with SGR sequences) as an SVG picture.

usage: tmux capture-pane -e -p | ansi_to_svg.py > screen.svg
"""
import re
import sys
import unicodedata
from html import escape

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, MARGIN = 8.4, 17, 14, 10
GROUND, INK = '#16181d', '#d5d8de'
BASE = ['#2b2f38', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#abb2bf',
        '#5c6370', '#ff7b86', '#b5e890', '#ffd88a', '#7cc4ff', '#e08cf5', '#6fd3e0', '#ffffff']
CUBE = (0, 95, 135, 175, 215, 255)


def colour(n):
    """One of the 256 colours of xterm."""
    if n < 16:
        return BASE[n]
    if n < 232:
        n -= 16
        return '#%02x%02x%02x' % (CUBE[n // 36], CUBE[n // 6 % 6], CUBE[n % 6])
    return '#%02x%02x%02x' % ((8 + (n - 232) * 10,) * 3)


class Pen:
    def __init__(self):
        self.reset()

    def reset(self):
        self.fg, self.bg = None, None
        self.bold = self.dim = self.italic = self.underline = self.reverse = False

    def sgr(self, codes):
        codes = list(codes)
        while codes:
            c = codes.pop(0)
            if c == 0:
                self.reset()
            elif c in (1, 2, 3, 4, 7):
                setattr(self, {1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline',
                               7: 'reverse'}[c], True)
            elif c == 22:
                self.bold = self.dim = False
            elif c in (23, 24, 27):
                setattr(self, {23: 'italic', 24: 'underline', 27: 'reverse'}[c], False)
            elif 30 <= c <= 37 or 90 <= c <= 97:
                self.fg = colour(c - 30 if c < 90 else c - 82)
            elif 40 <= c <= 47 or 100 <= c <= 107:
                self.bg = colour(c - 40 if c < 100 else c - 92)
            elif c in (38, 48):
                name = 'fg' if c == 38 else 'bg'
                if codes[:1] == [5]:
                    setattr(self, name, colour(codes[1]))
                    codes = codes[2:]
                elif codes[:1] == [2]:
                    setattr(self, name, '#%02x%02x%02x' % tuple(codes[1:4]))
                    codes = codes[4:]
            elif c == 39:
                self.fg = None
            elif c == 49:
                self.bg = None

    def style(self):
        fg, bg = self.fg or INK, self.bg
        if self.reverse:
            fg, bg = bg or GROUND, fg
        return fg, bg, self.bold, self.dim, self.italic, self.underline


def cells(line, pen):
    """(column, width, character, style) of each cell of a line."""
    column = 0
    for part in re.split(r'(\x1b\[[0-9;:]*m|\x1b\([0B])', line):
        if part.startswith('\x1b['):
            pen.sgr(int(x or 0) for x in re.split('[;:]', part[2:-1]))
            continue
        if part.startswith('\x1b'):
            continue
        for ch in part:
            if unicodedata.combining(ch) or not ch.isprintable():
                continue
            width = 2 if unicodedata.east_asian_width(ch) in 'WF' else 1
            yield column, width, ch, pen.style()
            column += width


def runs(line, pen):
    """Neighbouring cells of one style, together."""
    run = None
    for column, width, ch, style in cells(line, pen):
        if run and run[3] == style:
            run[1] += width
            run[2] += ch
        else:
            if run:
                yield run
            run = [column, width, ch, style]
    if run:
        yield run


def text_of(x, y, width, text, style):
    fg, _, bold, dim, italic, underline = style
    extra = ''
    if bold:
        extra += ' font-weight="bold"'
    if dim:
        extra += ' opacity="0.6"'
    if italic:
        extra += ' font-style="italic"'
    if underline:
        extra += ' text-decoration="underline"'
    return (f'<text x="{x:.1f}" y="{y + FONT_SIZE - 1}" fill="{fg}"{extra} '
            f'textLength="{width * CELL_WIDTH:.1f}" xml:space="preserve">{escape(text)}</text>')


def main():
    lines = sys.stdin.read().rstrip('\n').split('\n')
    pen, body, columns = Pen(), [], 0
    for row, line in enumerate(lines):
        y = MARGIN + row * CELL_HEIGHT
        for column, width, text, style in runs(line, pen):
            x = MARGIN + column * CELL_WIDTH
            columns = max(columns, column + width)
            if style[1]:
                body.append(f'<rect x="{x:.1f}" y="{y}" width="{width * CELL_WIDTH:.1f}" '
                            f'height="{CELL_HEIGHT}" fill="{style[1]}"/>')
            if text.strip():
                body.append(text_of(x, y, width, text, style))
    width = 2 * MARGIN + columns * CELL_WIDTH
    height = 2 * MARGIN + len(lines) * CELL_HEIGHT
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
          f'viewBox="0 0 {width:.0f} {height}" font-size="{FONT_SIZE}" '
          'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace">')
    print(f'<rect width="100%" height="100%" rx="6" fill="{GROUND}"/>')
    print('\n'.join(body))
    print('</svg>')


if __name__ == '__main__':
    main()
