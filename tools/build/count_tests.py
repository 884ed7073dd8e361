#!/usr/bin/env python3
"""Counts the test cases of one `bazel test`, from its build events.

  count_tests.py EVENTS.json

Prints one line, `targets passed failed skipped not_run`, and names each failed case on standard error.
A case is what the test's own XML report lists; a target that fails without naming a case (a sanitizer's
report, a crash, a time-out, a failed build) counts as one. `not_run` are the sets of vectors that were
declared to be absent.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree


def local_path(output):
    return urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)


def cases(path):
    """(passed, names of failed, skipped) of one test.xml."""
    passed, failed, skipped = 0, [], 0
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append("%s.%s" % (case.get("classname", ""), case.get("name")))
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main():
    targets, passed, skipped, not_run, failures = set(), 0, 0, 0, []
    with open(sys.argv[1], encoding="utf-8") as f:
        events = [json.loads(line) for line in f if line.strip()]
    for event in events:
        if "testResult" in event.get("id", {}):
            label = event["id"]["testResult"]["label"]
            result = event["testResult"]
            targets.add(label)
            outputs = {o["name"]: local_path(o) for o in result.get("testActionOutput", [])}
            failed = []
            if "test.xml" in outputs:
                good, failed, ignored = cases(outputs["test.xml"])
                passed += good
                skipped += ignored
            if "test.log" in outputs:
                with open(outputs["test.log"], encoding="utf-8", errors="replace") as log:
                    not_run += sum(line.startswith("VECTORS NOT RUN") for line in log)
            if result["status"] not in ("PASSED", "FLAKY") and not failed:
                failed = [result["status"].lower()]
            failures += ["%s: %s" % (label, name) for name in failed]
        elif "targetCompleted" in event.get("id", {}):
            if not event.get("completed", {}).get("success"):
                label = event["id"]["targetCompleted"]["label"]
                failures.append("%s: does not build" % label)
    for failure in failures:
        print("FAILED " + failure, file=sys.stderr)
    print(len(targets), passed, len(failures), skipped, not_run)


if __name__ == "__main__":
    main()
