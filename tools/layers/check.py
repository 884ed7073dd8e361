#!/usr/bin/env python3
"""Holds the repository to the layers of tools/layers/table.

  check.py includes    reads every #include; headers lie on the compiler's default path, so that a
                       missing `deps` stops nobody from including them
  check.py graph       asks `bazel query` for a path from each package to what it may not reach
  check.py self-test   plants violations in a copy of a small tree and sees each one found

Prints each violation; exits 0 when there is none, 1 when there is, 2 on misuse.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = os.path.join(ROOT, "tools/layers/table")
SOURCE = re.compile(r"\.(h|cc|cpp|c|inc)$")
TEST_SOURCE = re.compile(r"(_test|_testing|_fuzzer|_benchmark)\.(h|cc)$|(^|/)testing/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

Library = collections.namedtuple("Library", "target headers")
Row = collections.namedtuple("Row", "packages libraries")


class Table:
    def __init__(self, path):
        self.libraries, self.rows, self.testonly = {}, {}, Row(set(), set())
        raw = {}
        with open(path) as f:
            for number, line in enumerate(f, 1):
                line = line.split("#")[0].strip()
                if not line:
                    continue
                cells = [cell.strip() for cell in line.split("|")]
                kind, _, name = cells[0].partition(" ")
                if len(cells) != 3 or kind not in ("library", "package", "testonly"):
                    sys.exit("%s:%d: not a row: %s" % (path, number, line))
                left, right = ([w for w in cell.split() if w != "-"] for cell in cells[1:])
                if kind == "library":
                    self.libraries[name.strip()] = Library(left, right)
                else:
                    raw[name.strip()] = (left, right)
        names = [name for name in raw if name]
        for name, (packages, libraries) in raw.items():
            unknown = set(libraries) - set(self.libraries)
            for package in packages:
                if package.removesuffix("/*") not in raw:
                    unknown.add(package)
            if unknown:
                sys.exit("%s: %s names what has no row: %s" % (path, name, " ".join(unknown)))
            row = Row({n for n in names for p in packages if covers(p, n)}, set(libraries))
            if name:
                self.rows[name] = row
            else:
                self.testonly = row

    def owner(self, directory):
        """The row that answers for a directory, or None."""
        while directory and directory not in self.rows:
            directory = os.path.dirname(directory)
        return directory or None

    def library_of(self, header):
        for name, library in self.libraries.items():
            for pattern in library.headers:
                if header == pattern or (pattern.endswith("/") and header.startswith(pattern)):
                    return name
        return None

    def reach(self, name, testonly):
        """What a package may reach through others: (packages, libraries)."""
        packages, libraries, todo = set(), set(), [name]
        if testonly:
            todo += self.testonly.packages
            libraries |= self.testonly.libraries
        while todo:
            package = todo.pop()
            if package not in packages:
                packages.add(package)
                libraries |= self.rows[package].libraries
                todo += self.rows[package].packages
        return packages, libraries


def covers(pattern, name):
    if pattern.endswith("/*"):
        return name == pattern[:-2] or name.startswith(pattern[:-1])
    return name == pattern


def walk(root):
    for directory, below, files in os.walk(root):
        # A directory with a WORKSPACE of its own is another repository to Bazel.
        below[:] = sorted(d for d in below if not d.startswith((".", "bazel-")) and
                          not os.path.exists(os.path.join(directory, d, "WORKSPACE")))
        yield os.path.relpath(directory, root), sorted(files)


def check_includes(table, root):
    violations, files_read = [], 0
    for directory, files in walk(root):
        for name in filter(SOURCE.search, files):
            path = os.path.normpath(os.path.join(directory, name))
            with open(os.path.join(root, path), encoding="utf-8") as f:
                text = f.read()
            files_read += 1
            owner = table.owner(os.path.dirname(path))
            if owner is None:
                violations.append("%s: no row of the table covers it" % path)
                continue
            for match in INCLUDE.finditer(text):
                why = refuse(table, owner, bool(TEST_SOURCE.search(path)), *match.groups())
                if why:
                    line = text.count("\n", 0, match.start(2)) + 1
                    violations.append("%s:%d: %s" % (path, line, why))
    if files_read == 0:
        violations.append("no source was found under %s" % root)
    return violations, "%d sources read" % files_read


def refuse(table, owner, testonly, bracket, header):
    """Why a file of `owner` may not include `header`; None when it may."""
    row = table.rows[owner]
    library = table.library_of(header)
    if library:
        if library in row.libraries or (testonly and library in table.testonly.libraries):
            return None
        return "%s may not include <%s>: the table does not give it %s" % (owner, header, library)
    if bracket == "<":
        if "/" not in header and not header.endswith((".h", ".hpp")):
            return None  # The C++ library.
        return "<%s> belongs to no library of the table" % header
    target = table.owner(os.path.dirname(header))
    if target is None:
        return '"%s" is neither a path from the root nor a library\'s header' % header
    if target == owner or target in row.packages:
        return None
    if testonly and target in table.testonly.packages:
        return None
    return '%s may not include "%s": the table does not give it %s' % (owner, header, target)


# How things are built belongs to no layer.
BUILD_RULES = "tools/build"


def bazel_packages(table, root):
    """row -> the Bazel packages it answers for."""
    packages = collections.defaultdict(list)
    for directory, files in walk(root):
        owner = None if directory == BUILD_RULES else table.owner(directory)
        if owner and ("BUILD" in files or "BUILD.bazel" in files):
            packages[owner].append("//%s:all" % directory)
    return packages


def check_graph(table, root):
    with open(os.path.join(root, "tools/build/system.BUILD")) as f:
        targets = set(re.findall(r'name = "([^"]+)"', f.read()))
    packages = bazel_packages(table, root)
    violations, pairs = [], 0
    if not query(root, "somepath(//merkle:all, @system//:crypto)"):
        violations.append("a path that is surely there is not found: the question is wrong")
    for name in sorted(packages):
        for testonly in (False, True):
            reached, libraries = table.reach(name, testonly)
            forbidden = [packages[other] for other in sorted(packages) if other not in reached]
            for other, library in table.libraries.items():
                if other not in libraries:
                    forbidden.append(["@system//:" + t for t in library.target if t in targets])
            pairs += len(forbidden)
            goal = " ".join(target for group in forbidden for target in group)
            if not goal:
                continue
            mine = "kind(rule, set(%s))" % " ".join(packages[name])
            tests = "attr(testonly, 1, %s)" % mine
            start = tests if testonly else "(%s except %s)" % (mine, tests)
            path = query(root, "somepath(%s, set(%s))" % (start, goal))
            if path:
                violations.append("%s may not reach %s:\n    %s" %
                                  (name, path[-1], "\n    -> ".join(path)))
    return violations, "%d forbidden pairs asked" % pairs


def query(root, expression):
    run = subprocess.run(["bazel", "query", "--noshow_progress", expression],
                         cwd=root, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit("bazel query failed: %s\n%s" % (expression, run.stderr))
    return run.stdout.split()


# A file to plant, and what the check must say of it; None where it must be silent.
PLANTED = [
    ("merkle/a.h", "#include <rocksdb/db.h>", "does not give it rocksdb"),
    ("merkle/b.cc", '#include "absl/status/status.h"', None),
    ("merkle/c.cc", "#include <thread>", "does not give it threads"),
    ("merkle/c_test.cc", "#include <thread>", None),
    ("merkle/note/d.cc", '#include "ledger/store.h"', "does not give it ledger"),
    ("merkle/note/e.cc", '#include "merkle/deep/hash.h"', None),
    ("merkle/note/f_test.cc", '#include "merkle/certificate/record.h"', "merkle/certificate"),
    ("merkle/note/g_test.cc", '#include "tests/testing/vectors.h"', None),
    ("ledger/h.cc", "  #  include <grpcpp/grpcpp.h>", "does not give it grpc"),
    ("ledger/i.cc", '#include "ledger/rocksdb/store.h"', "does not give it ledger/rocksdb"),
    ("ledger/rocksdb/j.cc", '#include "rocksdb/db.h"\n#include "ledger/store.h"', None),
    ("ledger/server/k.cc", '#include "tools/cairn/main.h"', "does not give it tools"),
    ("tools/cairn/l.cc", '#include "ledger/server/config.h"', "does not give it ledger/server"),
    ("anchor/evidence/m.cc", "#include <google/protobuf/message.h>", "does not give it protobuf"),
    ("anchor/n.cc", "#include <sqlite3.h>", "belongs to no library"),
    ("anchor/o.cc", '#include "o.h"', "neither a path from the root"),
    ("elsewhere/p.cc", "#include <string>", "no row of the table covers it"),
]


def self_test(table, _):
    wrong = []
    for path, text, expected in PLANTED:
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, os.path.dirname(path)))
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text + "\n")
            found, _ = check_includes(table, root)
        if expected is None and found or expected is not None and (
                len(found) != 1 or expected not in found[0]):
            wrong.append("%s with %r: expected %s, found %s" % (path, text, expected, found))
    for start, goal in (("merkle", "ledger"), ("ledger", "ledger/rocksdb"), ("tools", "tests")):
        if goal in table.reach(start, False)[0]:
            wrong.append("the table lets %s reach %s" % (start, goal))
    return wrong, "%d planted sources judged" % len(PLANTED)


def main():
    checks = {"includes": check_includes, "graph": check_graph, "self-test": self_test}
    if len(sys.argv) != 2 or sys.argv[1] not in checks:
        sys.stderr.write(__doc__)
        return 2
    violations, summary = checks[sys.argv[1]](Table(TABLE), ROOT)
    for violation in violations:
        print("LAYERS: " + violation)
    print("layers, %s: %s, %d violations" % (sys.argv[1], summary, len(violations)))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
