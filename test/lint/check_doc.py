#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Doxygen and Sphinx have no warning about the installed headers and the guides; the dependency
table, the lists of commands and endpoints and links to files are true."""
import re
import shutil
import subprocess
import tempfile

import check_includes
import lint


def run_tool(*command):
    """Run one of the two. Its complaint, in a list."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [done.stderr or done.stdout] if done.returncode != 0 else []


def check_api(tree, output):
    text = (lint.ROOT / "doc" / "api" / "Doxyfile.in").read_text(encoding="utf-8")
    path = f"{output}/Doxyfile"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("@SOURCE@", str(tree.root)).replace("@OUTPUT@", output))
    return run_tool("doxygen", path)


def check_guides(tree, output):
    guides = tree.root / "doc" / "guides"
    return run_tool("sphinx-build", "-W", "-q", "-E", "-b", "html", "-c",
                    str(lint.ROOT / "doc" / "guides"), "-d", f"{output}/doctrees", str(guides),
                    f"{output}/guides")


def check_table(text):
    """The table of the guide is the one that check_includes.py proves."""
    rows = {library: allowed.split() for library, allowed
            in re.findall(r"^   \* - ``(\w+)``\n     - (.*)$", text, re.M)}
    wanted = {library: allowed or ["nothing", "of", "ours"]
              for library, allowed in check_includes.ALLOWED.items()}
    return [] if rows == wanted else [f"architecture.rst: the table is {rows}, not {wanted}"]


def check_links(tree):
    """What Markdown links to is there."""
    problems = []
    for path in tree.files("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                problems.append(f"{tree.name(path)}: {target} does not exist")
    return problems


def check_commands(tree):
    """The guide of the prompt names every command."""
    problems = []
    guide = tree.root / "doc" / "guides" / "prompt.rst"
    text = guide.read_text(encoding="utf-8") if guide.exists() else ""
    for path in tree.files("cmd_*.c", under=["app"]):
        source = path.read_text(encoding="utf-8")
        for command in re.findall(r'\.help_str\s*=\s*"([^:"]+)', source):
            if f"``{command}``" not in text:
                problems.append(f"{tree.name(path)}: prompt.rst does not name {command}")
    return problems


def check_endpoints(tree):
    """The guide of monitoring names every endpoint of telemetry."""
    problems = []
    guide = tree.root / "doc" / "guides" / "monitoring.rst"
    text = guide.read_text(encoding="utf-8") if guide.exists() else ""
    for path in tree.files("telemetry_*.c", under=["app"]):
        for endpoint in re.findall(r'\{"(/tailrace/[^"]+)"', path.read_text(encoding="utf-8")):
            if f"``{endpoint}``" not in text:
                problems.append(f"{tree.name(path)}: monitoring.rst does not name {endpoint}")
    return problems


def check(tree):
    problems = check_links(tree) + check_commands(tree) + check_endpoints(tree)
    with tempfile.TemporaryDirectory() as output:
        if (tree.root / "lib").exists():
            problems += check_api(tree, output)
        if (tree.root / "doc").exists():
            problems += check_guides(tree, output)
    architecture = tree.root / "doc" / "guides" / "architecture.rst"
    if architecture.exists():
        problems += check_table(architecture.read_text(encoding="utf-8"))
    return problems


if __name__ == "__main__":
    for tool in ("doxygen", "sphinx-build"):
        if not shutil.which(tool):
            lint.skip(f"{tool} is missing")
    lint.run(check,
             {"lib/a/tr_a.h": "/** @file A. */\n\nint tr_a(int a);\n"},
             {"lib/a/tr_a.h": "/** @file A. */\n\n/** A. @param b No such. */\nint tr_a(int a);\n"},
             {"doc/guides/index.rst": "Title\n=====\n\n:doc:`nowhere`\n"},
             {"doc/guides/index.rst": "Title\n=====\n", "doc/guides/architecture.rst":
              ":orphan:\n\nTitle\n=====\n\n.. list-table::\n\n   * - ``wire``\n     - tcp\n"},
             {"app/a/cmd_a.c": '.help_str = "show a: all of it",\n'},
             {"app/a/telemetry_a.c": '{"/tailrace/a", "All of it", a},\n'},
             {"README.md": "[here](nowhere.md)\n"})
