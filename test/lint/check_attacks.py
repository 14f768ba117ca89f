#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Each test that the guide of attacks names exists, and each attack there has one."""
import re

import lint

GUIDE = "doc/guides/attacks.rst"
ROW = re.compile(r"^   \* - (\d+)\n((?:    .*\n)+)", re.M)
NAMED = re.compile(r"``(test_\w+\.(?:c|py)): (test_\w+)``")


def check(tree):
    problems = []
    guide = tree.root / GUIDE
    text = guide.read_text(encoding="utf-8") if guide.exists() else ""
    sources = {path.name: path.read_text(encoding="utf-8")
               for path in tree.files("test_*.c", "test_*.py", under=["test"])}
    rows = ROW.findall(text)
    if not rows:
        problems.append(f"{GUIDE}: no attacks")
    for number, row in rows:
        if not NAMED.search(row):
            problems.append(f"{GUIDE}: {number} has no test")
    for name, test in NAMED.findall(text):
        if not re.search(rf"^(?:def )?{test}\(", sources.get(name, ""), re.M):
            problems.append(f"{GUIDE}: {name} has no {test}")
    return problems


ROWS = "   * - 1\n     - An attack\n     - {}\n"
TEST = {"test/unit/test_a.c": "static void\ntest_b(void **state)\n"}
lint.run(check,
         TEST | {GUIDE: ROWS.format("none")},
         TEST | {GUIDE: ROWS.format("``test_a.c: test_c``")},
         TEST | {GUIDE: ROWS.format("``test_d.c: test_b``")},
         TEST | {GUIDE: "no rows\n"})
