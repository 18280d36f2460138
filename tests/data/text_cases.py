#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes text_cases.txt: what the patterns that text analysis stands for make of made-up texts.

The patterns are run here, by a backtracking engine; core/text does the same with scanners that
read every byte once, and tests/unit/test_analysis.c holds the two against each other. Run by hand
when a pattern changes (needs the PyPI packages snowballstemmer and regex):

    tests/data/text_cases.py > tests/data/text_cases.txt

A line: what (span, when, self, asks, question, stem), a tab, the text, a tab, the answer.
"""
import random
import re
import unicodedata

import regex
import snowballstemmer

JOIN = 'of|the|and|de|van|von|la|le|du|del|der|den|bin|ibn|al|in|for'
SPAN = re.compile(r"[A-Z][\w'’\-]+(?:(?: (?:%s))*[ ,]+(?:[A-Z][\w'’\-]*|[IVX]+\b|\d+(?:st|nd|rd|th)))*" % JOIN)
SPAN_ANY = regex.compile(
    r"[\p{Lu}\p{Lt}][\p{L}\p{M}\p{N}_'’\-]+(?:(?: (?:%s))*[ ,]+(?:[\p{Lu}\p{Lt}][\p{L}\p{M}\p{N}_'’\-]*"
    r"|\d+(?:st|nd|rd|th)))*" % JOIN)
WHEN = re.compile(
    r"\b(yesterday|tonight|tomorrow|last (?:night|week|month|year|weekend|summer|winter|fall|spring|mon|tue|wed|thu"
    r"|fri|sat|sun)\w*|next \w+|\w+ (?:days?|weeks?|months?|years?) ago|this (?:week|month|year|weekend|morning)"
    r"|(?:two|three|few|couple of) \w+ ago|january|february|april|june|july|august|september|october|november"
    r"|december|\d{4}|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|since \d+|for \w+ years|last)\b",
    re.I)
SELF = re.compile(r"\b(I|my|we|our|me)\b")
QUESTION = re.compile(r'\s*(when|what (date|day|month|year|time)|how long|in which|which (year|month))', re.I)
TOKEN = re.compile(r"[a-z0-9]+('[a-z]+)?")


def tables():
    """Stop words and irregular forms, out of the one place where they stand."""
    text = open('core/text/english.c', encoding='utf-8').read()
    body = text[text.index('stops[] = {'):]
    stops = set(re.findall(r'"([^"]+)"', body[:body.index('};')]))
    body = text[text.index('irregular[] = {'):]
    return stops, dict(re.findall(r'\{"([^"]+)", "([^"]+)"\}', body[:body.index('};')]))


def fold(s):
    s = unicodedata.normalize('NFKD', s)
    return ''.join(c for c in s if not unicodedata.combining(c)).replace('’', "'")


def stems(s, stops, irregular, stem):
    out = []
    for m in TOKEN.finditer(fold(s).lower()):
        w = m.group().split("'")[0]
        if w not in stops:
            out.append(stem(irregular.get(w, w)))
    return out


def asks(s):
    return s.split('[shared')[0].rstrip().endswith('?')


PIECES = {
    'span': ['Bank', 'England', 'of', 'the', 'and', 'A', 'I', 'IV', 'XI', "O'Hara", 'Jean-Luc', 'van', 'von', 'der',
             'den', 'iPod', 'McCoy', 'USA', '2nd', '20th', '21sty', '3', 'x', 'often', 'andy', 'del', 'de', 'la', 'le',
             'al', 'in', 'for', 'fort', 'Ada_L', '’s', 'It’s', "D'", '-', '_A', 'B2', '9Z', 'Don', 'bin', 'ibn', 'du'],
    'when': ['yesterday', 'Today', 'last', 'lasting', 'next', 'week', 'weeks', 'days', 'ago', 'two', 'a', 'few',
             'couple', 'of', 'this', 'morning', 'year', 'years', 'for', 'five', 'since', '5', '1984', '20234', '198',
             'May', 'march', 'June', 'sunday', 'Mondays', 'tonight_', '_july', "today's", 'weekend', 'x', 'night'],
    'self': ['I', 'i', 'my', 'My', 'we', 'our', 'hour', 'me', 'ME', 'them', "I'm", 'AI', 'me_', '-we', 'us', 'we’re'],
    'stem': ['the', 'running', 'went', 'Children', "don't", "O'Brien", 'rock’n’roll', 'café', 'Ångström', "it's2", '2nd',
             '90s', 'better', 'generalizations', 'ponies', 'caresses', 'hopping', 'relational', 'ABC', 'x', "''", "a'",
             'flies', 'dying', 'agreed', 'happily', 'was', 'leaves', 'lives', 'sky', 'university', 'naïve', "b'c'd"],
}
GAPS = {'span': [' '] * 12 + [', ', ',', '  ', '. ', '-', '\'', ' (', ') ', '/'],
        'when': [' '] * 14 + ['  ', '. ', ',', '-', '_', "'"],
        'self': [' ', ' ', ', ', '.', '-', "'"],
        'stem': [' ', ' ', ' ', ', ', '. ', '-', "'", '_', '/']}


def make(rng, what, most):
    out = ''
    for i in range(rng.randint(1, most)):
        out += (rng.choice(GAPS[what]) if i else '') + rng.choice(PIECES[what])
    return out


def main():
    rng = random.Random(7)
    stops, irregular = tables()
    stem = snowballstemmer.stemmer('porter').stemWord
    rows = []
    for s in ['The Bank of England raised rates in May', 'Henry Cole, 2nd Duke of Wells-upon-Tyne, KG', "I'm A Boy",
              'nothing here', 'Lothar of  the West', 'Paris,London , Rome', 'Aa of the of Bb', 'Aa of,Bb of', 'Élan Ünal']:
        rows.append(('span', s, '|'.join(SPAN.findall(s)) if s.isascii() else '|'.join(SPAN_ANY.findall(s))))
    for s in ['Université de Genève and the Örebro län', 'Łódź Ǆ12 Жуков Иван', 'Ǆungla de Ñuñoa, Éa', 'éA ÉB']:
        rows.append(('span', s, '|'.join(SPAN_ANY.findall(s))))
    for _ in range(300):
        s = make(rng, 'span', 9)
        rows.append(('span', s, '|'.join(SPAN.findall(s))))
    for _ in range(300):
        s = make(rng, 'when', 6)
        rows.append(('when', s, '01'[bool(WHEN.search(s))]))
    for _ in range(80):
        s = make(rng, 'self', 4)
        rows.append(('self', s, '01'[bool(SELF.search(s))]))
    for _ in range(200):
        s = make(rng, 'stem', 6)
        rows.append(('stem', s, '|'.join(stems(s, stops, irregular, stem))))
    for s in ['Why?', 'Why? ', 'Why ?!', 'Look? [shared image: a dog]', '[shared link: x?]', 'What [shared a?]?', '', '?']:
        rows.append(('asks', s, '01'[asks(s)]))
    for s in ['When did it rain?', '  whenever', 'what daylight', 'What  day', 'WHICH YEAR was it', 'which colour',
              'how longer', 'In which town', 'Since when', 'what time is it', 'wh', '']:
        rows.append(('question', s, '01'[bool(QUESTION.match(s))]))
    print('# SPDX-License-Identifier: MIT')
    for what, s, answer in rows:
        assert '\t' not in s and '\n' not in s
        print(what, s, answer, sep='\t')


main()
