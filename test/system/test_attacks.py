# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Floods, of a bounded length: while each goes on, somebody innocent is served within a deadline."""

import time

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP
from scapy.packet import Raw

import server as servers
import test_packets
from test_packets import wire  # noqa: F401: a fixture

# Generous: a machine that does something else as well still meets it, a server in trouble does not.
DEADLINE_S = 5
BATCHES, BATCH = 12, 100
STRANGER = "10.77.0.150"


@pytest.fixture(autouse=True)
def healthy(server):
    """Nothing is kept when it is over."""
    yield
    server.assert_serves()
    server.pools_settled(test_packets.REASSEMBLY_DEADLINE_S)


def segment(wire, source, port, **fields):
    """A frame with a segment to the server."""
    return wire.ether() / IP(src=source, dst=servers.ADDRESS) / TCP(
        sport=port, dport=servers.PORT, **fields)


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


def test_syn_flood(server, wire):
    """From a host that is there and never goes on."""
    wire.send(wire.ether(dst="ff:ff:ff:ff:ff:ff")
              / ARP(op=1, hwsrc=wire.mac, psrc=STRANGER, pdst=servers.ADDRESS))
    flood(server, wire, lambda number: segment(wire, STRANGER, 1024 + number, flags="S",
                                               seq=number))
    assert answers(wire, lambda frame: TCP in frame and frame[IP].dst == STRANGER) > 0
    # Else those that found room wait for minutes.
    for number in range(BATCHES * BATCH):
        wire.send(segment(wire, STRANGER, 1024 + number, flags="R", seq=number + 1))


def test_flood_of_unknown_hosts(server, wire):
    """Each says where it is, or is to be answered before we know."""
    def arp(number):
        sender = f"10.77.0.{3 + number % 250}"
        mac = f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        return (wire.ether(dst="ff:ff:ff:ff:ff:ff") / ARP(op=1 + number % 2, hwsrc=mac,
                                                          psrc=sender, pdst=servers.ADDRESS)
                if number % 3 else segment(wire, sender, 1024 + number, flags="A", ack=7))

    flood(server, wire, arp)


def test_flood_from_nowhere(server, wire):
    """Each ACK is reset, once at most, and with no more bytes than it has."""
    flood(server, wire, lambda number: segment(wire, STRANGER, 1024 + number, flags="A", ack=7))

    def reset(frame):
        return TCP in frame and frame[IP].dst == STRANGER and frame[IP].len <= 40

    assert answers(wire, reset) <= BATCHES * BATCH


def test_flood_of_datagrams(server, wire):
    """ICMP errors are few, whatever comes."""
    flood(server, wire, lambda number: wire.ether() / IP(src=STRANGER, dst=servers.ADDRESS)
          / UDP(sport=number + 1, dport=33434) / Raw(bytes(100)))

    def error(frame):
        return ICMP in frame and frame[ICMP].type == 3

    assert answers(wire, error) < BATCHES * BATCH // 2
