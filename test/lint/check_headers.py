#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Each header compiles alone; an installed one also with nothing of ours but the installed ones,
as C and as C++."""
import shutil
import tempfile

import lint

INSTALLED = {"c": ["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"],
             "c++": ["c++", "-std=c++11", "-Wall", "-Wextra", "-Werror"]}


def check_library(tree, library):
    """Headers of a library, with its own flags and its own folder instead of ours."""
    flags = tree.library_flags(library) + [f"-I{tree.root / 'lib' / library}"]
    problems = []
    for header in tree.headers(library):
        # Twice: the guard works.
        message = tree.compiles(flags, f'#include "{header}"\n#include "{header}"\nint lint;\n')
        if message:
            problems.append(f"{header} does not compile alone:\n{message}")
    return problems


def check_installed(tree):
    """Headers whose names begin with tr_, from one folder as an embedder has them."""
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        headers = tree.files("tr_*.h", under=["lib"])
        for path in headers:
            shutil.copy(path, folder)
        for path in headers:
            for language, compiler in INSTALLED.items():
                message = tree.compiles(compiler + [f"-I{folder}"],
                                        f'#include "{path.name}"\nint lint;\n', language)
                if message:
                    problems.append(f"{path.name} does not compile as {language}:\n{message}")
    return problems


def check(tree):
    problems = []
    for folder in sorted((tree.root / "lib").iterdir()):
        if folder.is_dir():
            problems += check_library(tree, folder.name)
    return problems + check_installed(tree)


if not shutil.which("c++"):
    lint.skip("c++ is missing")
lint.run(check,
         {"lib/wire/wire_a.h": "struct wire_a {\n\tuint8_t a;\n};\n"},
         {"lib/wire/wire_a.h": "struct wire_a {\n\tint a;\n};\n"},
         {"lib/engine/tr_a.h": "int tr_a(int class);\n"},
         {"lib/engine/tr_a.h": '#include "engine.h"\n'})
