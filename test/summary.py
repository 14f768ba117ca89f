#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Count what a test runner has run.

Usage: summary.py FILE, a test log of meson (.json) or a JUnit file (.xml).
Prints three numbers: passed, failed, skipped.
"""
import json
import sys
import xml.etree.ElementTree

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def count_meson(path):
    """One line of JSON for each test program."""
    with open(path, encoding="utf-8") as f:
        results = [json.loads(line)["result"] for line in f]
    passed = sum(r in PASSED for r in results)
    skipped = sum(r in SKIPPED for r in results)
    return passed, len(results) - passed - skipped, skipped


def count_junit(path):
    """One element for each test case; what stands inside it says how it went wrong."""
    passed = failed = skipped = 0
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        inside = {child.tag for child in case}
        if inside & {"failure", "error"}:
            failed += 1
        elif "skipped" in inside:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


if __name__ == "__main__":
    count = count_junit if sys.argv[1].endswith(".xml") else count_meson
    print(*count(sys.argv[1]))
