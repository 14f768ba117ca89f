# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The build, installed into a folder."""

import os
import shlex
import subprocess

import server as servers


def run(*args, **options):
    """Run a command that must succeed; return what it printed."""
    done = subprocess.run(args, check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{shlex.join(map(str, args))}:\n{done.stdout}{done.stderr}"
    return done.stdout


class Installed:
    """What is where, and the environment in which it is found."""

    def __init__(self, root):
        self.root = root
        run("meson", "install", "-C", str(servers.BUILD), "--no-rebuild", "--destdir", str(root))
        self.binary = self.find("tailrace", folder="bin")
        library = self.find("libtailrace.so")
        self.env = dict(os.environ, PKG_CONFIG_PATH=str(self.find("tailrace.pc").parent),
                        LD_LIBRARY_PATH=str(library.parent))

    def find(self, name, folder="*"):
        """The one file of this name, in a folder of this name."""
        found, = [path for path in self.root.rglob(name) if path.parent.match(folder)]
        return found
