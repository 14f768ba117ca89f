#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Every C file is as clang-format writes it."""
import shutil
import subprocess

import lint

# Other versions break lines elsewhere: 14 is Debian 12's.
TOOL = shutil.which("clang-format-14") or shutil.which("clang-format")


def check(tree):
    problems = []
    style = f"file:{lint.ROOT / '.clang-format'}"
    for path in tree.files("*.c", "*.h"):
        done = subprocess.run([TOOL, f"--style={style}", "--dry-run", "-Werror", str(path)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            line = (done.stderr.splitlines() or ["?"])[0]
            problems.append(f"{tree.name(path)}: {line}; run clang-format -i")
    return problems


if not TOOL:
    lint.skip("clang-format is missing")
lint.run(check, {"lib/a/a.c": "int a( void ){return 0;}\n"})
