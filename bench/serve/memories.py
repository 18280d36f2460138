#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""memories.py - made-up memories and questions about them, the same from the same seed.

usage: memories.py memories N [SEED]     N lines {"id","text","timestamp"}
       memories.py questions N [SEED]    N lines, a question each, no two alike

Words come from a vocabulary with Zipf's distribution, names from a smaller one, so that a few
concepts are hubs and most are rare, as in real notes.
"""
import bisect
import datetime
import itertools
import json
import random
import sys

ONSETS = 'b br c ch d dr f fl g gr h j k kl l m n p pl qu r s sk st t tr v w z'.split()
VOWELS = 'a e i o u ai ea oo ou'.split()
CODAS = 'b ck d ft g l lt m mp n nd p r rn s sk st t x'.split()
VOCABULARY, PEOPLE, PLACES = 20000, 4000, 800


def words(n, parts):
    """The first n words of so many syllables, in an order that looks like none."""
    syllables = [o + v + c for o in ONSETS for v in VOWELS for c in CODAS]
    random.Random(7).shuffle(syllables)
    made = (''.join(p) for p in zip(*[itertools.islice(itertools.cycle(syllables), i * 977, None)
                                      for i in range(parts)]))
    seen = dict.fromkeys(itertools.islice(made, n))
    more = itertools.count()
    while len(seen) < n:
        i = next(more)
        seen[syllables[i % len(syllables)] + syllables[i * 31 // 7 % len(syllables)]] = None
    return list(itertools.islice(seen, n))


class Zipf:
    def __init__(self, items, rng):
        self.items, self.rng = items, rng
        self.sums = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(items))))

    def pick(self):
        return self.items[bisect.bisect(self.sums, self.rng.random() * self.sums[-1])]


def world(seed):
    rng = random.Random(seed)
    common = Zipf(words(VOCABULARY, 2), rng)
    people = Zipf([w.capitalize() for w in words(PEOPLE, 1)], rng)
    places = Zipf([w.capitalize() + 'ford' for w in words(PLACES, 1)], rng)
    return rng, common, people, places


def memories(n, seed):
    rng, common, people, places = world(seed)
    day = datetime.datetime(2024, 1, 1)
    for i in range(n):
        text = (f'{people.pick()} {rng.choice(("gave", "showed", "sold", "sent", "lent"))} '
                f'{people.pick()} the {common.pick()} {common.pick()} near {places.pick()} '
                f'because the {common.pick()} was {common.pick()}.')
        when = day + datetime.timedelta(minutes=17 * i)
        print(json.dumps({'id': f'm{i}', 'text': text, 'timestamp': when.isoformat()}))


def questions(n, seed):
    _, common, people, places = world(seed + 1)
    seen = set()
    while len(seen) < n:
        ask = f'Who gave {people.pick()} the {common.pick()} {common.pick()} near {places.pick()}?'
        if ask not in seen:
            seen.add(ask)
            print(ask)


if __name__ == '__main__':
    if len(sys.argv) < 3 or sys.argv[1] not in ('memories', 'questions'):
        sys.exit(__doc__)
    globals()[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
