# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Clients of other networks, which routes lead to."""

import socket

import pytest

import mc
import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own routes")

SILENT = "10.77.0.9"
ARGS = ("--route", f"10.80.0.0/12,via={servers.HOST_ADDRESS}",
        "--route", f"10.80.1.0/24,via={SILENT}",
        "--route", f"10.80.1.7/32,via={servers.HOST_ADDRESS}",
        "--route", f"2001:db8:80::/48,via={servers.HOST_ADDRESS6}",
        "--gateway", SILENT)


@pytest.fixture(name="server", scope="module")
def _server():
    with servers.Tailrace(args=ARGS, telemetry=True, family=6) as started:
        for address in ("10.80.0.7/32", "10.80.1.6/32", "10.80.1.7/32", "10.96.0.7/32",
                        "2001:db8:80::7/128"):
            netns.run("ip", "address", "add", address, "dev", "lo")
        yield started


def talks(source, timeout=1):
    """Whether a client at an address of ours is served."""
    address = servers.ADDRESS6 if ":" in source else servers.ADDRESS
    try:
        with socket.create_connection((address, servers.PORT), timeout=timeout,
                                      source_address=(source, 0)) as sock:
            mc.exchange(sock, mc.PING, mc.PONG)
            return True
    except OSError:
        return False


@pytest.mark.parametrize("source", ["10.80.0.7", "10.80.1.7", "2001:db8:80::7"])
def test_led_to(server, source):
    assert server.alive()
    assert talks(source, 10)


@pytest.mark.parametrize("source", ["10.80.1.6", "10.96.0.7"])
def test_led_astray(server, source):
    """By a router that is not there, which the longer prefix, or the gateway, names."""
    before = server.counter("drop_neighbour_queue")
    assert not talks(source, 4)
    servers.wait_until("the answer is given up",
                       lambda: server.counter("drop_neighbour_queue") > before, 20)
    assert SILENT in server.cmd("show stack")


def test_shown(server):
    """Longest first, at the prompt and in telemetry."""
    wanted = [("2001:db8:77::/64", ""), ("2001:db8:80::/48", servers.HOST_ADDRESS6),
              ("10.80.1.7/32", servers.HOST_ADDRESS), ("10.77.0.0/24", ""), ("10.80.1.0/24", SILENT),
              ("10.80.0.0/12", servers.HOST_ADDRESS), ("fe80::/10", ""), ("0.0.0.0/0", SILENT)]
    shown = [line.split() for line in server.cmd("show route").splitlines()]
    assert sorted(shown) == sorted([prefix, *(["via", via] if via else ["on", "the", "link"])]
                                   for prefix, via in wanted)
    lengths = [int(words[0].split("/")[1]) for words in shown]
    assert lengths == sorted(lengths, reverse=True)
    with server.telemetry() as session:
        assert sorted(session.ask("/tailrace/routes,0")) == sorted(
            f"{prefix} {via or 'link'}" for prefix, via in wanted)
    assert "show route" in server.cmd("help route")
