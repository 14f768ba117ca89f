# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The server over IPv6, from the kernel's side of its wire."""

import os
import re
import socket
import urllib.request

import pytest
from scapy.layers.inet import TCP
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting, PadN)
from scapy.layers.l2 import Ether
from scapy.packet import Raw

import mc
import netns
import server as servers
from server import ADDRESS6, HOST_ADDRESS6


@pytest.fixture(name="server", scope="module")
def _server():
    with servers.Tailrace(family=6) as started:
        yield started


def drops(server, name):
    """A counter of the prompt."""
    found = re.search(rf"^\s+{name}\s+(\d+)", server.cmd("show stack"), re.M)
    return int(found[1]) if found else 0


def test_ping(server):
    assert server.alive()
    out = netns.run("ping", "-6", "-c", "5", "-i", "0.2", "-s", "1400", ADDRESS6, timeout=30)
    assert " 0% packet loss" in out
    neighbour = netns.run("ip", "-6", "neighbour", "show", ADDRESS6)
    assert "lladdr" in neighbour


def test_memcached(server):
    """Values of every size, both ways; the connection and its neighbour are shown as they are."""
    with server.text() as client:
        for size in (0, 1, 1207, 1208, 1428, 1440, 65536, 1000000):
            value = os.urandom(size)
            client.set(b"key", value)
            assert client.get(b"key") == value
        assert f"[{HOST_ADDRESS6}]:" in server.cmd("show conn")
        assert f"[{ADDRESS6}]:{servers.PORT}" in server.cmd("show conn")
        assert f"neighbour {HOST_ADDRESS6} {servers.HOST_MAC}" in re.sub(
            " +", " ", server.cmd("show stack")).replace(servers.HOST_MAC.upper(),
                                                        servers.HOST_MAC)
    with socket.create_connection((servers.ADDRESS, servers.PORT)) as sock:
        mc.exchange(sock, mc.PING, mc.PONG)


def test_closed_ports(server):
    assert server.alive()
    with pytest.raises(ConnectionRefusedError):
        server.connect(9)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect((ADDRESS6, 9))
        sock.send(b"?")
        with pytest.raises(ConnectionRefusedError):
            sock.recv(1)


def hostile():
    """Frames that nobody should send."""
    ip = IPv6(src=HOST_ADDRESS6, dst=ADDRESS6)
    syn = TCP(sport=40000, dport=servers.PORT, flags="S")
    chain = ip
    for _ in range(100):
        chain = chain / IPv6ExtHdrDestOpt()
    return [
        chain / syn,
        ip / IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop() / syn,
        ip / IPv6ExtHdrRouting(type=0, segleft=1, addresses=[ADDRESS6]) / syn,
        ip / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"junk")]) / syn,
        ip / IPv6ExtHdrFragment(nh=6, m=1) / Raw(bytes(syn)[:16]),
        IPv6(src=HOST_ADDRESS6, dst=ADDRESS6, plen=0) / Raw(bytes(syn)),
        IPv6(src=HOST_ADDRESS6, dst=ADDRESS6, plen=5000) / Raw(bytes(syn)),
        IPv6(src=ADDRESS6, dst=ADDRESS6) / syn,
        IPv6(src="ff02::1", dst=ADDRESS6) / syn,
        IPv6(src="::", dst=ADDRESS6) / syn,
        IPv6(src="::ffff:10.77.0.1", dst=ADDRESS6) / syn,
    ]


def test_hostile(server):
    """Each is dropped under a name, the server lives, and the pools are full afterwards."""
    link = netns.run("ip", "-6", "neighbour", "show", ADDRESS6)
    mac = re.search(r"lladdr (\S+)", link)[1]
    before = drops(server, "ip6_rx")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((servers.TAP, 0))
        for _ in range(20):
            for packet in hostile():
                sock.send(bytes(Ether(src=servers.HOST_MAC, dst=mac) / packet))
    servers.wait_until("the frames", lambda: drops(server, "ip6_rx") >= before + 220, 20)
    assert drops(server, "drop_ip6_extension") >= 100
    assert drops(server, "drop_ip6_header") >= 20
    assert drops(server, "drop_ip6_truncated") >= 20
    assert drops(server, "drop_ip6_source") >= 60
    with server.text() as client:
        client.set(b"key", b"value")
        assert client.get(b"key") == b"value"


# Shows: 8200-fragments.
def test_fragments(server):
    """Echo requests that the kernel cuts in two come back."""
    reassembled = drops(server, "ip_reassembled")
    netns.run("ip", "link", "set", "dev", servers.TAP, "mtu", "1280")
    try:
        out = netns.run("ping", "-6", "-c", "3", "-i", "0.2", "-s", "1400", ADDRESS6, timeout=30)
    finally:
        netns.run("ip", "link", "set", "dev", servers.TAP, "mtu", "1500")
    assert " 0% packet loss" in out
    assert drops(server, "ip_reassembled") == reassembled + 3


def test_alone():
    """It starts, says where it is, serves, is asked by its prompt and for metrics, and ends."""
    with servers.Tailrace(family=6, address=None, args=("--metrics", "[::1]:9121")) as server:
        assert f"tailrace: {ADDRESS6}/64 on port 0" in server.log()
        server.snapshot_pools()
        server.assert_serves()
        with server.text() as client:
            assert client.get(b"assert-serves") is not None
            assert f"[{ADDRESS6}]:{servers.PORT}" in server.cmd("show conn")
        with urllib.request.urlopen("http://[::1]:9121/metrics", timeout=10) as answer:
            assert b"tailrace_" in answer.read()
        with pytest.raises(OSError):
            socket.create_connection((servers.ADDRESS, servers.PORT), timeout=2)
        server.pools_settled()
        server.stop()
