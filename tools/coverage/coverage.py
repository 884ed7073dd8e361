#!/usr/bin/env python3
"""Line coverage for `bazel coverage`: gcov's JSON (GCC 9 and later) to lcov's tracefile, and merging.

Bazel calls it after each test with --coverage_dir (holding *.gcov.json.gz), and once at the end with
--reports_file (a list of tracefiles). Either way the sum goes to --output_file, which genhtml reads.
"""

import argparse
import collections
import glob
import gzip
import json
import os
import re


def read_gcov(path, lines):
    with gzip.open(path, "rt") as f:
        report = json.load(f)
    for source in report["files"]:
        name = re.sub("^/proc/self/cwd/", "", source["file"])
        for line in source["lines"]:
            lines[name][line["line_number"]] += line["count"]


def read_tracefile(path, lines):
    name = None
    with open(path) as f:
        for row in f:
            key, _, value = row.strip().partition(":")
            if key == "SF":
                name = value
            elif key == "DA":
                number, count = value.split(",")[:2]
                lines[name][int(number)] += int(count)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--coverage_dir")
    parser.add_argument("--reports_file")
    parser.add_argument("--source_file_manifest")
    parser.add_argument("--filter_sources", action="append", default=[])
    parser.add_argument("--output_file", required=True)
    args, _ = parser.parse_known_args()

    # file -> line -> times executed; a line that can run but did not is there with 0.
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    if args.coverage_dir:
        for path in glob.glob(os.path.join(args.coverage_dir, "**/*.gcov.json.gz"), recursive=True):
            read_gcov(path, lines)
    if args.reports_file:
        with open(args.reports_file) as f:
            for path in f.read().split():
                read_tracefile(path, lines)

    wanted = set(lines)
    if args.source_file_manifest:
        with open(args.source_file_manifest) as f:
            wanted &= set(f.read().split())
    wanted = {n for n in wanted if not any(re.fullmatch(p, n) for p in args.filter_sources)}

    with open(args.output_file, "w") as out:
        for name in sorted(wanted):
            out.write("SF:%s\n" % name)
            for number, count in sorted(lines[name].items()):
                out.write("DA:%d,%d\n" % (number, count))
            out.write("LH:%d\n" % sum(1 for count in lines[name].values() if count))
            out.write("LF:%d\nend_of_record\n" % len(lines[name]))


if __name__ == "__main__":
    main()
