# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Two cores: what comes to one of them and is the other's connection's."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, fragment

import netns
import server as servers
import test_packets as packets

pytestmark = pytest.mark.tailrace_only("its own cores")

PORTS = 24


@pytest.fixture(name="server", scope="module")
def _server():
    with servers.Tailrace(lcores="0,1") as started:
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
    netns.run("nft", "add", "table", "ip", "quiet")
    netns.run("nft", "add", "chain", "ip", "quiet", "out",
              "{ type filter hook output priority 0; policy accept; }")
    netns.run("nft", "add", "rule", "ip", "quiet", "out", "tcp", "flags", "rst", "drop")
    yield
    netns.run("nft", "delete", "table", "ip", "quiet")


# Shows: 1122-reassembly.
def test_syns_in_fragments(server, wire):
    """Each is put together where its parts meet, and answered by the core that it belongs to."""
    before = server.counters()
    for number in range(PORTS):
        port = wire.port()
        packet = bytes(packets.syn(wire, port, ip={"id": 5000 + number}))[14:]
        for part in fragment(IP(packet), fragsize=8)[::1 if number % 2 else -1]:
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

    before = noted()
    for _ in range(PORTS):
        port = wire.port()
        wire.send(packets.syn(wire, port))
        answer = wire.receive(packets.answers_to(port), 5)
        assert answer is not None and answer[TCP].flags == "SA"
        wire.send(wire.ether() / IP(src=packets.US, dst=packets.THEM) / ICMP(type=3, code=1)
                  / answer[IP])
    servers.wait_until("the errors", lambda: noted() == before + PORTS, 10)
