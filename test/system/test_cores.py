# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Two cores: what comes to one of them and is the other's connection's; over IPv4, then IPv6."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, fragment
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6, IPv6ExtHdrFragment
from scapy.packet import Raw

import netns
import server as servers
import test_packets as packets

pytestmark = pytest.mark.tailrace_only("its own cores")

PORTS = 24
# RFC 8200 section 4.5: the first fragment has all headers.
FIRST_BYTES = 24


@pytest.fixture(name="server", scope="module")
def _server(family):
    with servers.Tailrace(lcores="0,1", family=family) as started:
        started.snapshot_pools()
        yield started


@pytest.fixture(name="wire", scope="module")
def _wire(server):
    found = packets.Wire(server)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def nobody_resets():
    """The kernel knows nothing of our connections, and is to say nothing."""
    netns.run("nft", "add", "table", "inet", "quiet")
    netns.run("nft", "add", "chain", "inet", "quiet", "out",
              "{ type filter hook output priority 0; policy accept; }")
    netns.run("nft", "add", "rule", "inet", "quiet", "out", "tcp", "flags", "rst", "drop")
    yield
    netns.run("nft", "delete", "table", "inet", "quiet")


def header(server):
    """The IP header of what we send to the server."""
    kind = IPv6 if server.family == 6 else IP
    return kind(src=server.host_address, dst=server.address)


def syn(port, **fields):
    """A SYN to the server."""
    return TCP(sport=port, dport=servers.PORT, flags="S", seq=1000, window=8192, **fields)


def parts_of_syn(server, port, number):
    """A SYN in fragments, with a number that tells the packet they are of."""
    if server.family == 4:
        packet = header(server)
        packet.id = number
        return fragment(IP(bytes(packet / syn(port))), fragsize=8)
    whole = bytes(header(server) / syn(port) / Raw(bytes(20)))[40:]
    cuts = [0, *range(FIRST_BYTES, len(whole), 8), len(whole)]
    return [header(server) / IPv6ExtHdrFragment(nh=6, id=number, offset=begin // 8,
                                                m=end < len(whole)) / Raw(whole[begin:end])
            for begin, end in zip(cuts, cuts[1:])]


# Shows: 1122-reassembly.
def test_syns_in_fragments(server, wire):
    """Each is put together where its parts meet, and answered by the core that it belongs to."""
    before = server.counters()
    for number in range(PORTS):
        port = wire.port()
        parts = parts_of_syn(server, port, 5000 + number)
        assert len(parts) >= 3
        for part in parts[::1 if number % 2 else -1]:
            wire.send(wire.ether() / part)
        answer = wire.receive(packets.answers_to(port), 5)
        assert answer is not None and answer[TCP].flags == "SA" and answer[TCP].ack == 1001
    after = server.counters()
    assert after["ip_reassembled"] - before["ip_reassembled"] == PORTS
    assert after["drop_control"] == before["drop_control"]
    # All came from one address to one: one core had them, and some are the other's.
    assert after["steered"] > before["steered"]


# Shows: 5927-blind.
def test_errors_reach_the_connection(server, wire):
    """Whichever core ICMP errors come to; what they quote is in flight."""
    def noted():
        counters = server.counters()
        return counters["icmp_noted"] + counters["icmp_refused"]

    # That the host cannot be reached.
    error = ICMPv6DestUnreach(code=3) if server.family == 6 else ICMP(type=3, code=1)
    before = noted()
    for _ in range(PORTS):
        port = wire.port()
        wire.send(wire.ether() / header(server) / syn(port))
        answer = wire.receive(packets.answers_to(port), 5)
        assert answer is not None and answer[TCP].flags == "SA"
        quoted = answer[IPv6 if server.family == 6 else IP]
        wire.send(wire.ether() / header(server) / error / quoted)
    servers.wait_until("the errors", lambda: noted() == before + PORTS, 10)
