# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Two cores: the tap has a queue for each, and every connection is served by one of them."""

import os

import pytest

import crowd
import mc
import server as servers

pytestmark = [
    pytest.mark.tailrace_only("its own cores"),
    pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two CPUs"),
]


@pytest.fixture(scope="module", params=[0, 2], ids="threads{}".format)
def two_cores(request):
    """A server on two lcores."""
    with servers.Tailrace(lcores="0,1", threads=request.param) as started:
        started.snapshot_pools()
        yield started


@pytest.fixture(autouse=True)
def settled(two_cores):
    """Full pools after each test."""
    yield
    two_cores.assert_serves()
    two_cores.pools_settled()


def test_queues(two_cores):
    assert "queues rx 2 " in two_cores.cmd("show port 0")


def test_all_are_served(two_cores):
    crowd.talk(two_cores, 400, 20)


def test_both_cores_have_connections(two_cores):
    socks = [two_cores.connect() for _ in range(64)]
    for sock in socks:
        mc.exchange(sock, mc.PING, mc.PONG)
    cores = [line.split()[1] for line in two_cores.cmd("show conn").splitlines()
             if "ESTABLISHED" in line]
    assert len(cores) == len(socks) and set(cores) == {"0", "1"}
    for sock in socks:
        sock.close()


def test_each_connection_has_one_core(two_cores):
    """The kernel chooses a queue by a hash of its own: what is another core's is passed on."""
    two_cores.cmd("clear stats")
    socks = [two_cores.connect() for _ in range(200)]
    for _ in range(3):
        for sock in socks:
            mc.exchange(sock, mc.PING, mc.PONG)
    cores = [line.split()[1] for line in two_cores.cmd("show conn").splitlines()
             if "ESTABLISHED" in line]
    counters = two_cores.counters()
    assert len(cores) == len(socks)
    assert min(cores.count("0"), cores.count("1")) > len(socks) / 4
    assert counters["steered"] > len(socks) / 4
    for name in ["drop_steer", "drop_no_conn", "reset_sent", "reset_received"]:
        assert counters[name] == 0, name
    for sock in socks:
        sock.close()


def test_short_connections(two_cores):
    for i in range(300):
        with two_cores.connect(two_cores.echo_port) as sock:
            mc.exchange(sock, b"%d" % i, b"%d" % i)


def test_bulk(two_cores):
    data = os.urandom(4 << 20)
    socks = [two_cores.connect(two_cores.echo_port) for _ in range(4)]
    for sock in socks:
        mc.exchange(sock, data, data)
        sock.close()


def test_shared_values(two_cores):
    """What one core stores the other finds."""
    clients = [two_cores.text() for _ in range(16)]
    for turn in range(20):
        value = os.urandom(2000)
        clients[turn % len(clients)].set(b"shared", value)
        assert all(client.get(b"shared") == value for client in clients)
    for client in clients:
        client.close()
