#!/usr/bin/env python3
"""Prints the line coverage of one directory's sources and judges it.

  judge.py TRACEFILE DIRECTORY MINIMUM [NOT_JUDGED...]

The sources that remain are those of test-only libraries. A source that no test links is in no
tracefile, and counts as lines that never ran. Exits 1 when the whole is below MINIMUM per cent.
"""

import os
import sys


def main():
    tracefile, directory, minimum = sys.argv[1], sys.argv[2], float(sys.argv[3])
    not_judged = set(sys.argv[4:])
    counts, missed, name = {}, {}, None
    with open(tracefile, encoding="utf-8") as f:
        for row in f:
            key, _, value = row.strip().partition(":")
            if key == "SF":
                name = value
            elif key == "DA" and name.startswith(directory + "/") and name not in not_judged:
                number, count = value.split(",")
                hit, lines = counts.get(name, (0, 0))
                counts[name] = (hit + (int(count) > 0), lines + 1)
                if int(count) == 0:
                    missed.setdefault(name, []).append(number)
    for path, _, files in os.walk(directory):
        for source in (os.path.join(path, f) for f in files if f.endswith(".cc")):
            if source not in counts and source not in not_judged:
                with open(source, encoding="utf-8") as f:
                    counts[source] = (0, sum(1 for line in f if line.strip()))
                missed[source] = ["all"]
    for name, (hit, lines) in sorted(counts.items()):
        print("%6.1f %%  %5d lines  %s  %s" %
              (100 * hit / lines, lines, name, ",".join(missed.get(name, []))[:100]))
    hit = sum(h for h, _ in counts.values())
    lines = sum(n for _, n in counts.values())
    share = 100 * hit / lines if lines else 0
    print("%6.1f %%  %5d lines  %s in all; at least %g %%" % (share, lines, directory, minimum))
    return 0 if share >= minimum else 1


if __name__ == "__main__":
    sys.exit(main())
