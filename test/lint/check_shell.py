#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""shellcheck has nothing to say about the scripts, and all of them stop at an error."""
import shutil
import subprocess

import lint


def check(tree):
    problems = []
    for path, text in tree.text_files():
        if not text.startswith(("#!/bin/bash", "#!/usr/bin/env bash", "#!/bin/sh")):
            continue
        done = subprocess.run(["shellcheck", "--severity=style", "--format=gcc",
                               "--external-sources", f"--source-path={tree.root}", str(path)],
                              capture_output=True, text=True, check=False)
        problems += done.stdout.splitlines()
        if "set -eu" not in text:
            problems.append(f"{tree.name(path)}: no set -eu")
        if not path.stat().st_mode & 0o100 and tree.root == lint.ROOT:
            problems.append(f"{tree.name(path)}: not executable")
    return problems


if not shutil.which("shellcheck"):
    lint.skip("shellcheck is missing")
lint.run(check,
         {"test/a.sh": "#!/bin/bash\nset -euo pipefail\nrm $1\n"},
         {"test/a.sh": "#!/bin/bash\ntrue\n"})
