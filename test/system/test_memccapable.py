# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""libmemcached's memccapable: all of its tests, of both protocols."""

import re
import subprocess

import pytest

TESTS = 27


@pytest.mark.parametrize("option, name", [("-a", "ascii"), ("-b", "binary")])
def test_memccapable(threaded_server, option, name):
    done = subprocess.run(["memccapable", "-h", threaded_server.address,
                           "-p", str(threaded_server.port), option],
                          check=False, timeout=90, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.splitlines()
    passed = [line for line in lines if re.fullmatch(rf"{name} [a-z ]+\[pass\]", line)]
    assert len(passed) == len(set(passed)) == TESTS, done.stdout
    assert lines == passed + ["All tests passed"], done.stdout
    assert done.returncode == 0
    threaded_server.pools_settled()
