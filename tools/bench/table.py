"""The table of measurements, as Markdown, and its place in docs/performance.md."""

import json
import os

FILE = "docs/performance.md"
BEGIN = "<!-- tools/bench-table writes from here -->\n"
END = "<!-- to here -->\n"
RESULT = {True: "pass", False: "**miss**", None: "–"}


def load(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def save(path, results):
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(results, f, indent=1)
    os.replace(path + ".new", path)


def markdown(results, machine, order):
    """`results`: of each row {"commit", "date", "fsync_ms", "rounds", "lines"}."""
    out = ["| what | must reach | measured | ratio | | fsync p50/p99, ms |", "|---|---|---|---|---|---|"]
    measured = [name for name in order if name in results]
    for name in measured:
        row = results[name]
        fsync = "%.2f / %.2f" % tuple(row["fsync_ms"])
        for what, target, value, ratio, good in row["lines"]:
            out.append("| %s | %s | %s | %s | %s | %s |" %
                       (what, target, value, ratio, RESULT[good], fsync))
    out.append("")
    out.append("; ".join("%s: %s" % fact for fact in machine.items()) + ".")
    for commit, date, rounds in sorted({(results[n]["commit"], results[n]["date"][:10],
                                         results[n]["rounds"]) for n in measured}):
        names = [n for n in measured if (results[n]["commit"], results[n]["date"][:10],
                                         results[n]["rounds"]) == (commit, date, rounds)]
        out.append("Commit `%s`, %s, median of %d: %s." % (commit, date, rounds, ", ".join(names)))
    return "\n".join(out) + "\n"


def write(text):
    """Replaces what stands between the marks."""
    with open(FILE, encoding="utf-8") as f:
        page = f.read()
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError("%s lacks the marks %r and %r" % (FILE, BEGIN.strip(), END.strip()))
    with open(FILE, "w", encoding="utf-8") as f:
        f.write(head + begin + text + end + tail)
