#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Each source names its licence; no file holds marks of unfinished work, paths of somebody's
machine or blanks at the end of a line."""
import re

import lint

LICENCE = "SPDX-License-Identifier: BSD-3-Clause"
LICENSED = ("*.c", "*.h", "*.py", "*.sh", "*.map", "*.supp", "meson.build", "pre-commit",
            "commit-msg", ".ci/run")
# In pieces, so that this file does not hold them.
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
PATHS = re.compile(r"(?<![\w.}])/(ho" r"me|Us" r"ers|ro" r"ot|wo" r"rk)/\w")


def check(tree):
    problems = []
    for path in tree.files(*LICENSED):
        head = path.read_text(encoding="utf-8").splitlines()[:3]
        if not any(LICENCE in line for line in head):
            problems.append(f"{tree.name(path)}: no {LICENCE} in the first three lines")
    for path, text in tree.text_files():
        for number, line in enumerate(text.splitlines(), 1):
            place = f"{tree.name(path)}:{number}"
            if MARKS.search(line):
                problems.append(f"{place}: mark of unfinished work: {line.strip()}")
            if PATHS.search(line):
                problems.append(f"{place}: path of a machine: {line.strip()}")
            if line != line.rstrip():
                problems.append(f"{place}: blanks at the end of the line")
    return problems


SPDX = f"/* {LICENCE} */\n"
lint.run(check,
         {"lib/a/a.c": "int a;\n"},
         {"test/a.py": "import sys\n"},
         {"lib/a/a.c": SPDX + "/* TO" "DO: the rest */\n"},
         {"doc/a.rst": "See /ho" "me/me/notes.\n"},
         {"app/a.c": SPDX + "int a; \n"})
