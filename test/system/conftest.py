# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Servers for the tests, and what holds for all of them: deadlines, and the log on failure."""

import os
import signal
import socket
import subprocess

import pytest

import server as servers
from installed import Installed

TEST_DEADLINE_S = 120

socket.setdefaulttimeout(10)


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        raise pytest.UsageError("these tests make network namespaces: run them as root")
    if not servers.STOCK and not servers.BINARY.exists():
        raise pytest.UsageError(f"{servers.BINARY} is missing: build it, set TAILRACE_BUILD to "
                                "the folder of the build, or TAILRACE_SYSTEM_STOCK=1")


def pytest_runtest_setup(item):
    marker = item.get_closest_marker("tailrace_only")
    if servers.STOCK and marker is not None:
        pytest.skip(f"stock memcached: {marker.args[0]}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, (servers.Tailrace, servers.Stock)):
                report.sections.append(("server", value.log()))


@pytest.fixture(autouse=True)
def deadline():
    """No test hangs, whatever it waits for."""

    def expired(signum, frame):
        raise TimeoutError(f"the test took more than {TEST_DEADLINE_S} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.alarm(TEST_DEADLINE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The build, installed into a folder that is not where it will look."""
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module", params=[4, 6], ids="ipv{}".format)
def family(request):
    """For the tests of a module that are for both: each over one, then over the other."""
    return request.param


@pytest.fixture(scope="module")
def server():
    """A server with one engine thread, for the tests of a module."""
    with servers.start(threads=1) as started:
        started.snapshot_pools()
        yield started


@pytest.fixture(scope="module", params=[0, 1, 4], ids="threads{}".format)
def threaded_server(request):
    """A server with none, one and several engine threads, for the tests of a module."""
    with servers.start(threads=request.param) as started:
        started.snapshot_pools()
        yield started


@pytest.fixture
def small_disk(tmp_path):
    """A folder where 256 KiB fit."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
