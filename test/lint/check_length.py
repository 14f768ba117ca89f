#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""No function is longer than 120 lines, no file longer than 800."""
import shutil
import subprocess

import lint

FUNCTION_LINES = 120
FILE_LINES = 800


def check(tree):
    problems = []
    files = tree.files("*.c", "*.h")
    for path in files:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            problems.append(f"{tree.name(path)}: {lines} lines, at most {FILE_LINES}")
    if not files:
        return problems
    tags = subprocess.run(["ctags", "-x", "--kinds-C=f", "--language-force=C",
                           "--_xformat=%{end} %n %N %F", *map(str, files)],
                          capture_output=True, text=True, check=True).stdout
    for tag in tags.splitlines():
        end, start, name, path = tag.split(" ", 3)
        lines = int(end) - int(start) + 1
        if lines > FUNCTION_LINES:
            problems.append(f"{tree.name(path)}:{start}: {name}() has {lines} lines, "
                            f"at most {FUNCTION_LINES}")
    return problems


if not shutil.which("ctags"):
    lint.skip("ctags is missing")
lint.run(check,
         {"lib/a/a.c": "int\na(void)\n{\n" + "\ta();\n" * FUNCTION_LINES + "}\n"},
         {"test/a.c": "int a;\n" * (FILE_LINES + 1)})
