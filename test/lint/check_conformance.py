#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Each requirement has a test that is tagged with it or a reason why it has none; each tag names a
requirement; the guide's page is what the two give."""
import sys

import lint

sys.path.insert(0, str(lint.ROOT / "test"))
import conformance  # noqa: E402 pylint: disable=wrong-import-position


def check(tree):
    return conformance.check(tree.root)


TAGGED = "/* Shows: %s. */\nstatic void\ntest_a(void **state)\n"
LIST = "[Title]\na | 1 2 | what\nb | 1 3 | what\n  Missing: why\n"
CODE = "test/packet/test_a.c"
RESULTS = {"about": "Some.", "cases": {("test_a", "test_a"): "passed"}}
FAILED = {"about": "Some.", "cases": {("test_a", "test_a"): "failed"}}


def sample(listed=LIST, tag="a", page=None, results=None):
    """A tree, whose page is as made unless it is given."""
    tables = [("Title", [conformance.Requirement(name, f"1 {section}", "what")
                         for name, section in (("a", 2), ("b", 3))])]
    tables[0][1][0].tests = [(CODE, "test_a")]
    tables[0][1][1].missing = "why"
    return {conformance.LIST: listed, CODE: TAGGED % tag,
            conformance.PAGE: conformance.page(tables, results or RESULTS) if page is None else page}


def check_samples(tree):
    """As check(); but a sample that says it is sound must be so."""
    problems = check(tree)
    if (tree.root / "sound").exists():
        return [] if problems else ["sound"]
    return problems


lint.run(check_samples,
         {**sample(), "sound": ""},
         sample(results=FAILED),
         sample(tag="a, c"),
         sample(tag="c"),
         sample(tag="a, b"),
         sample(listed=LIST.replace("  Missing: why\n", "")),
         sample(listed=LIST + "a | 1 4 | again\n"),
         sample(listed=LIST + "c | 1 4\n"),
         sample(page="Title\n=====\n"))
