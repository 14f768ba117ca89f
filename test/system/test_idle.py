# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""An idle server sleeps, and wakes at once."""

import os
import time

import pytest

import mc
import server as servers

pytestmark = pytest.mark.tailrace_only("its own way to idle")

WATCH_S = 5
# Ten times what is good, for machines that do other things: this asserts no performance.
WAKE_S = 1


def load(server):
    """Share of a core that the process uses while nobody asks for anything."""
    time.sleep(2)
    before, start = server.cpu_s(), time.monotonic()
    time.sleep(WATCH_S)
    return (server.cpu_s() - before) / (time.monotonic() - start)


@pytest.mark.parametrize("threads", [0, 1, 4])
def test_interrupt(threads):
    with servers.Tailrace(threads=threads, args=["--idle", "interrupt"]) as server:
        with server.text() as client:
            client.set(b"key", b"value")
            assert load(server) < 0.03
            for ask in (lambda: client.get(b"key"), lambda: server.text().close(),
                        lambda: client.set(b"key", os.urandom(100000)),
                        lambda: server.cmd("show stack")):
                start = time.monotonic()
                ask()
                assert time.monotonic() - start < WAKE_S
                time.sleep(0.5)
        server.stop()


def test_interrupt_ping_pong():
    """Sleep and wake in turn, many times, also across the engine's threads: none is lost."""
    with servers.Tailrace(threads=2, args=["--idle", "interrupt"]) as server:
        with server.connect(timeout=5) as sock:
            for i in range(500):
                mc.exchange(sock, b"set key-%d 0 0 1\r\nx\r\n" % i, b"STORED\r\n", deadline_s=5)
                time.sleep(0.002)
        server.stop()


def test_poll():
    with servers.Tailrace(args=["--idle", "poll"]) as server:
        assert load(server) > 0.3
        server.assert_serves()
        server.stop()
