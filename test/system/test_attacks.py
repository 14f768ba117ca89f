# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Floods, of a bounded length: while each goes on, somebody innocent is served within a deadline.

Over IPv4, then over IPv6.
"""

import time

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr,
                                ICMPv6NDOptSrcLLAddr, IPv6)
from scapy.layers.l2 import ARP
from scapy.packet import Raw

import server as servers
import test_packets
from test_packets import wire  # noqa: F401: a fixture

# Generous: a machine that does something else as well still meets it, a server in trouble does not.
DEADLINE_S = 5
BATCHES, BATCH = 12, 100
STRANGERS = {4: "10.77.0.150", 6: "2001:db8:77::150"}


@pytest.fixture(name="server", scope="module")
def _server(family):
    with servers.start(threads=1, family=family) as started:
        started.snapshot_pools()
        yield started


@pytest.fixture
def stranger(server):
    """The address of a host that we play."""
    return STRANGERS[server.family]


@pytest.fixture(autouse=True)
def healthy(server, wire):
    """Nothing is kept when it is over."""
    wire.drain()
    yield
    server.assert_serves()
    server.pools_settled(test_packets.REASSEMBLY_DEADLINE_S)


def header(server, source):
    """The IP header of what somebody sends to the server."""
    kind = IPv6 if server.family == 6 else IP
    return kind(src=source, dst=server.address)


def is_for(frame, host):
    """Whether a frame is an IP packet to a host."""
    return any(kind in frame and frame[kind].dst == host for kind in (IP, IPv6))


def segment(wire, server, source, port, **fields):
    """A frame with a segment to the server."""
    return wire.ether() / header(server, source) / TCP(sport=port, dport=servers.PORT, **fields)


def whereabouts(wire, server, source, mac, asks=True):
    """A frame that says where somebody is: as he asks the server for the same, or unasked."""
    if server.family == 4:
        return wire.ether(dst="ff:ff:ff:ff:ff:ff") / ARP(
            op=1 if asks else 2, hwsrc=mac, psrc=source, pdst=server.address)
    if asks:
        return (wire.ether(dst="33:33:ff:00:00:02")
                / IPv6(src=source, dst="ff02::1:ff00:2", hlim=255)
                / ICMPv6ND_NS(tgt=server.address) / ICMPv6NDOptSrcLLAddr(lladdr=mac))
    return (wire.ether() / IPv6(src=source, dst=server.address, hlim=255)
            / ICMPv6ND_NA(tgt=source, R=0, S=0, O=1) / ICMPv6NDOptDstLLAddr(lladdr=mac))


def flood(server, wire, frame_of):
    """Send a frame for each number; between batches, an old client and a new one ask."""
    with server.text() as before:
        before.set(b"key", b"value")
        for batch in range(BATCHES):
            for number in range(batch * BATCH, (batch + 1) * BATCH):
                wire.send(frame_of(number))
            begin = time.monotonic()
            assert before.get(b"key") == b"value"
            with server.text() as client:
                assert client.get(b"key") == b"value"
            assert time.monotonic() - begin < DEADLINE_S


def answers(wire, wanted):
    """How many frames of this kind have come."""
    count = 0
    while wire.receive(wanted, test_packets.LISTEN_S) is not None:
        count += 1
    return count


def test_syn_flood(server, wire, stranger):
    """From a host that is there and never goes on."""
    wire.send(whereabouts(wire, server, stranger, wire.mac))
    flood(server, wire, lambda number: segment(wire, server, stranger, 1024 + number, flags="S",
                                               seq=number))
    assert answers(wire, lambda frame: TCP in frame and is_for(frame, stranger)) > 0
    # Else those that found room wait for minutes.
    for number in range(BATCHES * BATCH):
        wire.send(segment(wire, server, stranger, 1024 + number, flags="R", seq=number + 1))


def test_flood_of_unknown_hosts(server, wire):
    """Each says where it is, or is to be answered before we know."""
    def unknown(number):
        host = 3 + number % 250
        sender = f"2001:db8:77::{host:x}" if server.family == 6 else f"10.77.0.{host}"
        mac = f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        return (whereabouts(wire, server, sender, mac, number % 2 == 0) if number % 3
                else segment(wire, server, sender, 1024 + number, flags="A", ack=7))

    flood(server, wire, unknown)


def test_flood_from_nowhere(server, wire, stranger):
    """Each ACK is reset, once at most, and with no more bytes than it has."""
    wire.send(whereabouts(wire, server, stranger, wire.mac))
    flood(server, wire, lambda number: segment(wire, server, stranger, 1024 + number, flags="A",
                                               ack=7))

    def reset(frame):
        if TCP not in frame or not is_for(frame, stranger):
            return False
        return frame[IPv6].plen <= 20 if IPv6 in frame else frame[IP].len <= 40

    assert 0 < answers(wire, reset) <= BATCHES * BATCH


def test_flood_of_datagrams(server, wire, stranger):
    """ICMP errors are few, whatever comes."""
    wire.send(whereabouts(wire, server, stranger, wire.mac))
    flood(server, wire, lambda number: wire.ether() / header(server, stranger)
          / UDP(sport=number + 1, dport=33434) / Raw(bytes(100)))

    def error(frame):
        return ICMPv6DestUnreach in frame or (ICMP in frame and frame[ICMP].type == 3)

    assert 0 < answers(wire, error) < BATCHES * BATCH // 2
