#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The manual pages explain the options that the programs list, all of them and no others; man has
no warning about them."""
import pathlib
import re
import shutil
import subprocess
import tempfile

import lint

# Each page, and what prints its options.
HELP = {
    "tailrace": [["tailrace", "--", "--help"]],
    "tailrace-bench": [["tailrace-bench", "submit", "--help"], ["tailrace-bench", "load", "--help"]],
}


def listed(tree, commands):
    """The options that programs list."""
    found = set()
    for command in commands:
        done = subprocess.run([tree.build / "app" / command[0], *command[1:]], check=True,
                              capture_output=True, text=True)
        found.update(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", done.stdout, re.M))
    return found


def check_options(tree):
    problems = []
    for page, commands in HELP.items():
        path = tree.root / "doc" / "guides" / "man" / f"{page}.rst"
        if not path.exists():
            continue
        explained = set(re.findall(r"^(?:\*\*-\w\*\*, )?\*\*(--[a-z-]+)\*\*.*\n   ",
                                   path.read_text(encoding="utf-8"), re.M))
        options = listed(tree, commands)
        problems += [f"{tree.name(path)}: lacks {name}" for name in sorted(options - explained)]
        problems += [f"{tree.name(path)}: {name} is no option"
                     for name in sorted(explained - options)]
    return problems


def check_pages(tree):
    with tempfile.TemporaryDirectory() as output:
        done = subprocess.run(["sphinx-build", "-W", "-q", "-E", "-b", "man", "-c",
                               str(lint.ROOT / "doc" / "guides"), "-d", f"{output}/doctrees",
                               str(tree.root / "doc" / "guides"), output],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return [done.stderr]
        pages = sorted(pathlib.Path(output).glob("*.[1-8]"))
        problems = [] if len(pages) == len(HELP) else [f"manual pages: {pages}"]
        for page in pages:
            done = subprocess.run(["man", "--warnings=w", "-E", "UTF-8", "-l", "-Tutf8", "-Z",
                                   str(page)], capture_output=True, text=True, check=False)
            problems += done.stderr.splitlines()
    return problems


def check(tree):
    return check_options(tree) + check_pages(tree)


for tool in ("man", "sphinx-build"):
    if not shutil.which(tool):
        lint.skip(f"{tool} is missing")
PAGES = {f"doc/guides/man/{page}.rst": ":orphan:\n\nTitle\n=====\n" for page in HELP}
INDEX = {"doc/guides/index.rst": "Title\n=====\n"}
lint.run(check,
         INDEX,
         {**INDEX, **PAGES},
         {**INDEX, **PAGES, "doc/guides/man/tailrace.rst":
          ":orphan:\n\nTitle\n=====\n\nOptions\n-------\n\n**--nosuch**\n   No such option.\n"})
