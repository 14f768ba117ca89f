#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Run a fuzz target from the inputs of a corpus on, in a folder of its own, or work on a corpus.

A corpus is a file of hexadecimal digits, one input in each line. A run of so many inputs is the
same each time.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile


def unpack(corpus, folder):
    """One file for each input."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(corpus.read_text(encoding="ascii").split()):
        (folder / f"{number:04}").write_bytes(bytes.fromhex(line))


def pack(folder, corpus):
    """The inputs in a folder, each once, short ones first."""
    inputs = {path.read_bytes() for path in folder.iterdir() if path.is_file()}
    lines = [data.hex() + "\n" for data in sorted(inputs, key=lambda data: (len(data), data))]
    corpus.write_text("".join(line for line in lines if line.strip()), encoding="ascii")


def run(target, corpus, options):
    """Feed it. What breaks it stands in the folder from which this is called, as crash-*."""
    with tempfile.TemporaryDirectory() as folder:
        unpack(corpus, pathlib.Path(folder))
        done = subprocess.run([target, *options, folder], check=False)
    return done.returncode


def grow(target, corpus, options):
    """The same, and keep what reaches code that the corpus did not, and of all only what is
    needed."""
    with tempfile.TemporaryDirectory() as name:
        found, kept = pathlib.Path(name) / "found", pathlib.Path(name) / "kept"
        unpack(corpus, found)
        kept.mkdir()
        status = subprocess.run([target, *options, found], check=False).returncode
        if status == 0:
            status = subprocess.run([target, "-merge=1", kept, found], check=False).returncode
        if status == 0:
            pack(kept, corpus)
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("run", "grow", "unpack", "pack"))
    parser.add_argument("corpus", type=pathlib.Path, help="file of hexadecimal digits")
    parser.add_argument("where", type=pathlib.Path,
                        help="the target; of unpack and pack: a folder of inputs")
    args, options = parser.parse_known_args()
    if args.corpus.is_dir() or (args.action != "pack" and not args.corpus.exists()):
        parser.error(f"{args.corpus} is no corpus, which is a file")
    if args.action == "pack" and not args.where.is_dir():
        parser.error(f"{args.where} is no folder")
    if args.action == "unpack":
        unpack(args.corpus, args.where)
    elif args.action == "pack":
        pack(args.where, args.corpus)
    else:
        do = run if args.action == "run" else grow
        sys.exit(do(args.where.resolve(), args.corpus, options))


if __name__ == "__main__":
    main()
