# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Impairment: clients are served through it, and what it does shows."""

import contextlib
import os
import re
import time

import pytest

import server as servers

pytestmark = pytest.mark.tailrace_only("its own prompt")

DEADLINE_S = 30
REFUSED = ("set impair port 1 rx loss 1%", "set impair port 0 rx loss 101%",
           "set impair port 0 rx loss 1", "set impair port 0 tx delay 11s",
           "set impair port 0 tx jitter 1", "set impair port 0 tx rate 10",
           "set impair port 0 seed x", "set impair port 0 rx color 1%",
           "set impair port 0 up delay 1ms")


@contextlib.contextmanager
def started(**options):
    """A server whose pools for copies are made already."""
    with servers.Tailrace(**options) as server:
        assert server.cmd("set impair port 0 rx loss 1%") == ""
        assert server.cmd("set impair port 0 off") == ""
        server.snapshot_pools()
        yield server


def assert_ended(server):
    """Nothing is impaired any more, and nothing is missing."""
    assert server.cmd("set impair port 0 off") == ""
    server.assert_serves()
    server.pools_settled()


@pytest.fixture(scope="module", params=["poll", "interrupt"])
def impaired(request):
    """A server for all tests."""
    with started(telemetry=True, args=("--idle", request.param)) as server:
        yield server


@pytest.fixture
def server(impaired):
    """The same; after each test it is as before."""
    yield impaired
    assert_ended(impaired)


def counts(server):
    """What the prompt says was done: by direction and name."""
    found, direction = {}, ""
    for line in server.cmd("show impair").splitlines():
        if match := re.match(r"(rx|tx):", line):
            direction = match[1]
        elif match := re.match(r"  (\w+) +(\d+)  ", line):
            found[f"{direction}_{match[1]}"] = int(match[2])
    return found


def set_up(server, *settings):
    """Both ways, these settings."""
    for setting in settings:
        for direction in ("rx", "tx"):
            assert server.cmd(f"set impair port 0 {direction} {setting}") == ""


def talk(server, times):
    """Values that are set come back."""
    with server.text() as client:
        client.sock.settimeout(DEADLINE_S)
        for i in range(times):
            value = os.urandom(3000 + i)
            client.set(b"impaired", value)
            assert client.get(b"impaired") == value


def test_round_trips(server):
    """A client's bytes come back, and each impairment was at work."""
    before = counts(server)
    set_up(server, "loss 1%", "duplicate 1%", "reorder 2%",
           "corrupt 0.5%")
    text = server.cmd("show impair")
    assert text.count("loss 1% duplicate 1% corrupt 0.5% reorder 2%") == 2, text
    talk(server, 300)
    after = counts(server)
    for direction in ("rx", "tx"):
        for name in ("frames", "duplicated", "reordered", "drop_impair_loss"):
            assert after[f"{direction}_{name}"] > before[f"{direction}_{name}"], (name, after)
    assert after["rx_corrupted"] + after["tx_corrupted"] > 0, after


def test_round_trips_ipv6():
    """The same over IPv6: of what is flipped, TCP's checksum finds what counts."""
    with started(family=6) as server:
        set_up(server, "loss 1%", "duplicate 1%", "reorder 2%", "corrupt 2%")
        talk(server, 100)
        after = counts(server)
        for direction in ("rx", "tx"):
            for name in ("duplicated", "reordered", "drop_impair_loss", "corrupted"):
                assert after[f"{direction}_{name}"] > 0, (name, after)
        assert server.counter("drop_checksum") > 0
        assert_ended(server)


def test_delay(server):
    """A round trip takes as long as was said, and a core that sleeps wakes for it."""
    with server.connect(servers.ECHO_PORT) as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        set_up(server, "delay 100ms")
        begun = time.monotonic()
        sock.sendall(b"y")
        assert sock.recv(1) == b"y"
        # Not the second that it would take a core to look by itself, and then TCP.
        assert 0.2 <= time.monotonic() - begun < 5


def test_everything_lost(server):
    """And found again."""
    with server.connect(servers.ECHO_PORT, timeout=DEADLINE_S) as sock:
        set_up(server, "loss 100%")
        sock.sendall(b"x")
        sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        assert server.cmd("set impair port 0 off") == ""
        sock.settimeout(DEADLINE_S)
        assert sock.recv(1) == b"x"


def test_refused(server):
    """What cannot be is refused, and changes nothing."""
    for line in REFUSED:
        assert server.cmd(line) != "", line
    assert server.cmd("show impair").count(" off") == 2


def test_told(server):
    """Telemetry and the list of drops say the same as the prompt."""
    set_up(server, "loss 10%", "jitter 1ms", "rate 100m")
    assert server.cmd("set impair port 0 seed 77") == ""
    with server.connect(servers.ECHO_PORT, timeout=DEADLINE_S) as sock:
        for _ in range(100):
            sock.sendall(b"x")
            assert sock.recv(1) == b"x"
    assert server.cmd("set impair port 0 tx off") == ""
    with server.telemetry() as session:
        told = session.ask("/tailrace/impair")
        assert session.ask("/tailrace/impair,0") is None
        drops = session.ask("/tailrace/drops")
    assert told["rx_loss_ppm"] == 100000 and told["tx_loss_ppm"] == 0
    assert told["rx_jitter_us"] == 1000 and told["rx_rate_bps"] == 10**8 and told["seed"] == 77
    assert told["rx_drop_impair_loss"] > 0
    assert drops["drop_impair_loss"] >= told["rx_drop_impair_loss"]
    assert "drop_impair_loss" in server.cmd("show drops")


def test_end_with_frames_held():
    """A server that is told to end ends, whatever it holds."""
    with servers.Tailrace() as server:
        with server.connect(servers.ECHO_PORT) as sock:
            set_up(server, "delay 5s", "duplicate 100%")
            sock.sendall(b"x" * 10000)
            time.sleep(0.2)
            server.stop()
