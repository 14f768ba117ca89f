# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The server in a VLAN, and the kernel there, outside of it and in another."""

import os
import re
import socket

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Ether

import kernel
import mc
import netns
import server as servers
import tagger

pytestmark = pytest.mark.tailrace_only("its own VLAN")

VLAN = 7
INSIDE = "inside0"


class Server(servers.Tailrace):
    """Told its VLAN; the host's address is on an interface there, not on the tap."""

    def __init__(self, lcores):
        super().__init__(lcores=lcores, args=["--vlan", str(VLAN),
                                              "--addr", f"{servers.ADDRESS6}/64"])
        self.tagger = None

    def _launch(self):
        super()._launch()
        netns.run("ip", "address", "flush", "dev", servers.TAP)
        self.tagger = tagger.Tagger(INSIDE, servers.TAP, VLAN)
        netns.run("ip", "link", "set", "dev", INSIDE, "address", servers.HOST_MAC)
        servers.address_up(INSIDE, f"{servers.HOST_ADDRESS}/24")
        servers.address_add6(INSIDE)
        # Now it takes frames.
        self._stack.enter_context(self.tagger)


@pytest.fixture(name="server", scope="module", params=["0", "0,1"])
def _server(request):
    """Of one core, and of two, which look behind the tag for whose a frame is."""
    with Server(request.param) as started:
        started.snapshot_pools()
        yield started


def test_serves(server):
    """Values of all sizes, and bytes both ways."""
    with server.text() as client:
        for size in (0, 1, 1400, 1460, 5000, 200000):
            value = os.urandom(size)
            client.set(b"key", value)
            assert client.get(b"key") == value
    with server.connect(server.echo_port) as sock:
        kernel.round_trip(sock, 2)
        assert kernel.settings(sock)[1] == 1448
    assert server.counter("drop_vlan_headroom") == 0


def test_ping(server):
    """Whole, in fragments, and over IPv6."""
    assert server.alive()
    for args in (("-s", "1472", "-M", "do", servers.ADDRESS),
                 ("-s", "1200", "-6", servers.ADDRESS6)):
        out = netns.run("ping", "-c", "3", "-i", "0.2", *args)
        assert " 0% packet loss" in out
    netns.run("ip", "link", "set", "dev", INSIDE, "mtu", "600")
    before = server.counters()
    try:
        out = netns.run("ping", "-c", "2", "-i", "0.2", "-s", "1200", servers.ADDRESS)
    finally:
        netns.run("ip", "link", "set", "dev", INSIDE, "mtu", "1500")
    assert " 0% packet loss" in out
    after = server.counters()
    assert after["ip_reassembled"] - before["ip_reassembled"] == 2
    assert after["icmp_echo"] - before["icmp_echo"] == 2


def test_others(server):
    """Frames of another VLAN, and of none, are dropped under one name, and nothing is answered."""
    port = server.cmd("show port 0")
    assert f", vlan {VLAN}\n" in port.replace("\r", "")
    mac = re.search(r"mac (\S+),", port)[1].lower()
    packets = [Ether(src=servers.HOST_MAC, dst="ff:ff:ff:ff:ff:ff")
               / ARP(psrc=servers.HOST_ADDRESS, pdst=servers.ADDRESS),
               Ether(src=servers.HOST_MAC, dst=mac)
               / IP(src=servers.HOST_ADDRESS, dst=servers.ADDRESS) / ICMP()]
    before = server.counters()
    for packet in packets:
        for vlan in (None, VLAN + 1, 0):
            server.tagger.send(bytes(packet), vlan)
    servers.wait_until("the frames", lambda: server.counter("drop_vlan") >= before["drop_vlan"] + 6,
                       10)
    after = server.counters()
    assert after["icmp_echo"] == before["icmp_echo"]
    assert server.tagger.others == 0
    # And of its own VLAN they are answered.
    server.tagger.send(bytes(packets[1]), VLAN)
    servers.wait_until("an answer",
                       lambda: server.counter("icmp_echo") == before["icmp_echo"] + 1, 10)


def captured(said):
    """How many a capture has."""
    return int(re.search(r"(\d+) packets", said)[1])


def test_filter(server):
    """A capture's filter sees what is behind the tag."""
    path = "vlan.pcapng"
    server.cmd(f"capture start {path} port {servers.ECHO_PORT}")
    with server.connect(server.echo_port) as sock:
        mc.exchange(sock, b"hello", b"hello")
    # At least a handshake, the bytes and their echo. An ACK may come by another queue, and late.
    servers.wait_until("five packets", lambda: captured(server.cmd("show capture")) >= 5, 10)
    assert captured(server.cmd("capture stop")) >= 5
    (server._folder.empty / path).unlink()  # pylint: disable=protected-access


def test_settles(server):
    server.assert_serves()
    server.pools_settled()
    with pytest.raises(ConnectionRefusedError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((servers.ADDRESS, 9))
        sock.settimeout(5)
        sock.send(b"?")
        sock.recv(1)  # port unreachable comes back through the VLAN
