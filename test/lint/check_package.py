#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The Debian packages have the version of the project, and are built with every library that
config/packages.sh installs for a build."""
import re

import lint


def check(tree):
    control, changelog, project, packages = (
        (tree.root / name).read_text(encoding="utf-8") for name in
        ("config/debian/control", "config/debian/changelog", "meson.build", "config/packages.sh"))
    problems = []
    version = re.search(r"^    version: '(.*)'", project, re.M)[1]
    packaged = re.match(r"tailrace \((.*)\)", changelog)[1]
    if version != packaged:
        problems.append(f"config/debian/changelog: version {packaged}, not {version}")
    needed = re.search(r"^BUILD_PACKAGES=\((.*?)\)", packages, re.M | re.S)[1].split()
    listed = re.search(r"^Build-Depends:\n((?: .*\n)+)", control, re.M)[1]
    for name in needed:
        if re.fullmatch("lib.*-dev", name) and name != "libc6-dev" \
                and not re.search(rf"^ {re.escape(name)}\b", listed, re.M):
            problems.append(f"config/debian/control: Build-Depends lacks {name}")
    return problems


def sample(version, depends):
    """A tree in which these two may be wrong."""
    return {"meson.build": "project('a', 'c',\n    version: '0.1.0',\n",
            "config/packages.sh": "BUILD_PACKAGES=(\n\tlibc6-dev libdpdk-dev\n)\n",
            "config/debian/changelog": f"tailrace ({version}) unstable; urgency=medium\n",
            "config/debian/control": f"Source: a\nBuild-Depends:\n {depends},\n"}


lint.run(check, sample("0.1.1", "libdpdk-dev (>= 22.11)"), sample("0.1.0", "libdpdk"))
