# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""What the checks of this folder share: the files of a tree, and how a check runs.

A check is a function from a Tree to a list of problems. run() first gives it trees in which
something is wrong and insists that it says so, then the real one.
"""
import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("app", "lib", "drivers", "config", "test", "doc", ".ci")
SKIP = 77  # what meson takes for a skipped test


class Tree:
    """The files of the project, or of a sample in its shape."""

    def __init__(self, root, build):
        self.root = pathlib.Path(root)
        self.build = pathlib.Path(build)

    def files(self, *patterns, under=FOLDERS):
        """Files whose names match one of the patterns, and those that stand at the top."""
        found = {p for p in self.root.iterdir() if p.is_file() and p.name != ".git"}
        for folder in under:
            found.update(p for p in (self.root / folder).rglob("*") if p.is_file())
        return sorted(p for p in found
                      if "__pycache__" not in p.parts and ".pytest_cache" not in p.parts
                      and any(p.match(pattern) for pattern in patterns))

    def text_files(self):
        """Every file that is text, with its text."""
        for path in self.files("*"):
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue

    def name(self, path):
        """A path as people write it."""
        return str(pathlib.Path(path).relative_to(self.root))

    def headers(self, library):
        """Names of the headers of a library."""
        return sorted(p.name for p in (self.root / "lib" / library).glob("*.h"))

    def compile_flags(self, target):
        """How the build compiles a target: the compiler and its flags, without files.

        Raises KeyError when the build has no such target.
        """
        with open(self.build / "compile_commands.json", encoding="utf-8") as f:
            for entry in json.load(f):
                if not entry["output"].startswith(target + ".p/"):
                    continue
                words = shlex.split(entry["command"])
                flags = []
                skip = False
                for word in words:
                    if skip or word in ("-c", "-MD", entry["file"]):
                        skip = False
                    elif word in ("-o", "-MF", "-MQ"):
                        skip = True
                    else:
                        flags.append(word)
                return flags
        raise KeyError(target)

    def library_flags(self, library):
        """How the build compiles a library; of one that is headers alone, how it would."""
        try:
            return self.compile_flags(f"lib/libtr_{library}.a")
        except KeyError:
            return self.compile_flags(f"test/lint/liblint_{library}.a")

    def compiles(self, flags, text, language="c"):
        """Compile a text where the build compiles. The compiler's message, or None."""
        done = subprocess.run(flags + ["-x", language, "-fsyntax-only", "-"], input=text,
                              cwd=self.build, capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else done.stderr


def run(check, *samples):
    """Prove on the samples that the check can fail, then run it on the project; then exit.

    A sample is a dict from a file's name to its text, in which the check must find a problem.
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--build", default=ROOT / "build", help="build folder (%(default)s)")
    build = pathlib.Path(parser.parse_args().build).resolve()
    for sample in samples:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in sample.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            if not check(Tree(folder, build)):
                sys.exit(f"self-test: no problem found in {', '.join(sample)}:\n"
                         + "\n".join(sample.values()))
    problems = check(Tree(ROOT, build))
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems, {len(samples)} bad samples recognised")
    sys.exit(1 if problems else 0)


def skip(why):
    """End as a skipped test."""
    print(f"skipped: {why}")
    sys.exit(SKIP)
