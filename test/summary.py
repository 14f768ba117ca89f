#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Count what a test runner has run, or tell what failed.

Usage: summary.py FILE, a test log of meson (.json) or a JUnit file (.xml).
Prints three numbers: passed, failed, skipped.
Or: summary.py --failed FILE...
Prints the name of each test that failed, and the end of what it said.
"""
import json
import sys
import xml.etree.ElementTree

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


LINES_MAX = 40


def read_meson(path):
    """One line of JSON for each test program: its name, result, what it said."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            test = json.loads(line)
            said = test.get("stdout", "") + test.get("stderr", "")
            if test["result"] in PASSED:
                result = "passed"
            elif test["result"] in SKIPPED:
                result = "skipped"
            else:
                result = "failed"
            yield test["name"], result, said


def read_junit(path):
    """One element for each test case; what stands inside it says how it went wrong."""
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        inside = {child.tag: child for child in case}
        wrong = [inside[tag] for tag in ("failure", "error") if tag in inside]
        said = "\n".join((child.text or child.get("message", "")) for child in wrong)
        if wrong:
            result = "failed"
        elif "skipped" in inside:
            result = "skipped"
        else:
            result = "passed"
        yield f"{case.get('classname')}: {case.get('name')}", result, said


def read(path):
    return read_junit(path) if path.endswith(".xml") else read_meson(path)


def count(path):
    results = [result for _, result, _ in read(path)]
    print(*(results.count(result) for result in ("passed", "failed", "skipped")))


def tell_failed(paths):
    for path in paths:
        for name, result, said in read(path):
            if result != "failed":
                continue
            print(f"\n== failed in {path}: {name}")
            print("\n".join(said.splitlines()[-LINES_MAX:]))


if __name__ == "__main__":
    if sys.argv[1] == "--failed":
        tell_failed(sys.argv[2:])
    else:
        count(sys.argv[1])
