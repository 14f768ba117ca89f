#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""libtailrace exports tr_ and nothing else; headers named tr_ declare nothing else; nothing of
ours is called rte_."""
import re
import shutil
import subprocess

import lint

LIBRARY = "lib/libtailrace.so"


def exported(path):
    """Names of the dynamic symbols that a shared object defines."""
    lines = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", str(path)],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[0].split("@")[0] for line in lines]


def defined(tree, files, kinds):
    """Name and place of what C files define, of these kinds of ctags."""
    if not files:
        return
    tags = subprocess.run(["ctags", "-x", f"--kinds-C={kinds}", "--language-force=C",
                           "--_xformat=%N %n %F", *map(str, files)],
                          capture_output=True, text=True, check=True).stdout
    for tag in tags.splitlines():
        name, line, path = tag.split(" ", 2)
        yield name, f"{tree.name(path)}:{line}"


def check(tree):
    problems = []
    for name, place in defined(tree, tree.files("*.c", "*.h"), "+defgpstuvx-lmz"):
        if re.match(r"rte_", name, re.I):
            problems.append(f"{place}: {name}: rte_ is DPDK's prefix")
    for name, place in defined(tree, tree.files("tr_*.h", under=["lib"]), "defgpstuvx"):
        if not re.match(r"_*tr_|__anon", name, re.I):
            problems.append(f"{place}: {name} is installed and does not begin with tr_")
    return problems


def check_exports(tree):
    problems = check(tree)
    if tree.root == lint.ROOT:
        names = exported(tree.build / LIBRARY)
        problems += [f"{LIBRARY} exports {name}" for name in names if not name.startswith("tr_")]
        # Everything is hidden: that would pass above.
        declared = {name for name, _ in defined(tree, tree.files("tr_*.h", under=["lib"]), "p")}
        problems += [f"{LIBRARY} does not export {name}"
                     for name in sorted(declared - set(names)) if names]
    return problems


if not shutil.which("ctags"):
    lint.skip("ctags is missing")
lint.run(check_exports,
         {"lib/a/a.c": "int\nrte_a(void)\n{\n\treturn 0;\n}\n"},
         {"lib/a/a.h": "#define RTE_A 1\n"},
         {"lib/a/tr_a.h": "int a(void);\n"},
         {"lib/a/tr_a.h": "struct a {\n\tint a;\n};\n"})
