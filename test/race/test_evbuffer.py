#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Reserve, copy and commit on a libevent buffer fail as told in evbuffer.c.

Usage: test_evbuffer.py PROGRAM, evbuffer.c built with AddressSanitizer; none: it cannot be built.
"""
import os
import re
import subprocess
import sys

SKIPPED = 77


def run(program, order):
    # Frames of libevent, which keeps no frame pointers.
    options = "fast_unwind_on_malloc=0:abort_on_error=0:exitcode=23"
    done = subprocess.run([program, order], env={**os.environ, "ASAN_OPTIONS": options},
                          capture_output=True, text=True, timeout=60, check=False)
    print(f"== {order}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def stack(report, heading):
    """The functions of the stack under a line of the report, innermost first."""
    part = re.search(heading + r".*\n((?: +#\d+ .*\n)+)", report)
    return re.findall(r"#\d+ \S+ in (\S+)", part[1]) if part else []


def main(program):
    calm = run(program, "calm")
    assert calm.returncode == 0 and "commit returned 0, 0 bytes wait" in calm.stdout

    copy = run(program, "copy")
    assert copy.returncode == 23
    assert "ERROR: AddressSanitizer: heap-use-after-free" in copy.stderr
    assert "engine_copy" in stack(copy.stderr, "WRITE of size")
    freed = stack(copy.stderr, "freed by thread T0 here:")
    assert "evbuffer_drain" in freed and "front_end_write" in freed
    reserved = stack(copy.stderr, "previously allocated by")
    assert any(name.startswith("evbuffer_") for name in reserved)

    commit = run(program, "commit")
    assert commit.returncode == 0 and "commit returned -1, 0 bytes wait" in commit.stdout


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print("skipped: no libevent, or a compiler without AddressSanitizer")
        sys.exit(SKIPPED)
    main(sys.argv[1])
