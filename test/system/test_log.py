# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""What the server logs of trouble that the network makes, and how often."""

import collections
import contextlib
import re
import socket
import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether

import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own log")

DEADLINE_S = 30
# As in app/tailrace/log_limit.h.
BURST, EVERY_S = 5, 10

Event = collections.namedtuple("Event", "name count total suppressed text")


def events(server, name):
    """The lines of an event in the log, in order."""
    found = re.findall(
        r'^tailrace: event=(\S+) count=(\d+) total=(\d+)(?: suppressed=(\d+))? text="(.+)"$',
        server.log(), re.MULTILINE)
    return [Event(event, int(count), int(total), int(suppressed or 0), text)
            for event, count, total, suppressed, text in found if event == name]


def wait_event(server, name):
    """The lines of an event, when there is one."""
    return servers.wait_until(f"{name} in the log", lambda: events(server, name), DEADLINE_S)


def claim_address(count=1):
    """Another host says that it has the server's address."""
    frame = Ether(src="02:00:00:00:00:99", dst="ff:ff:ff:ff:ff:ff") / ARP(
        op=2, hwsrc="02:00:00:00:00:99", psrc=servers.ADDRESS, hwdst="ff:ff:ff:ff:ff:ff",
        pdst=servers.ADDRESS)
    with contextlib.closing(socket.socket(socket.AF_PACKET, socket.SOCK_RAW)) as sock:
        sock.bind((servers.TAP, 0))
        for _ in range(count):
            sock.send(bytes(frame))


def test_names(server):
    """What is watched exists: a counter that is renamed here alone would never be logged."""
    source = (servers.SOURCE / "app" / "tailrace" / "trouble.c").read_text()
    watched = re.findall(r'^\t\{"(\w+)", "(\w+)", RTE_LOG_\w+\},$', source, re.MULTILINE)
    counters = server.counters()
    assert len(watched) > 10
    for topic, name in watched:
        assert topic == "port" or name in counters, name


def test_quiet(server):
    """Ordinary work logs nothing."""
    server.assert_serves()
    time.sleep(2.5)
    assert "tailrace: event=" not in server.log()


def test_address_conflict(server):
    claim_address()
    event, = wait_event(server, "drop_arp_conflict")
    assert (event.count, event.total, event.suppressed) == (1, 1, 0)
    assert event.text == "ARP packets in which another host claims our address"
    # Counted afresh when it has seen that the counters were cleared.
    server.cmd("clear stats")
    time.sleep(2.5)
    claim_address(3)
    servers.wait_until("the second line",
                       lambda: len(events(server, "drop_arp_conflict")) == 2, DEADLINE_S)
    assert events(server, "drop_arp_conflict")[1][1:4] == (3, 3, 0)
    server.cmd("set log tailrace.trouble critical")
    before = server.counter("drop_arp_conflict")
    claim_address()
    servers.wait_until("the claim", lambda: server.counter("drop_arp_conflict") > before,
                       DEADLINE_S)
    time.sleep(2.5)
    assert len(events(server, "drop_arp_conflict")) == 2
    server.cmd("set log tailrace.trouble notice")
    assert re.search(r"tailrace\.trouble +notice", server.cmd("show log tailrace.*"))


def test_address_conflict_ipv6():
    """The same of its address of IPv6, which is in use by then and kept."""
    address = servers.ADDRESS6
    frame = (Ether(src="02:00:00:00:00:99", dst="33:33:00:00:00:01")
             / IPv6(src=address, dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=address, R=0, S=0, O=1)
             / ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:99"))
    ping = ("ping", "-6", "-c", "1", "-W", "1", address)
    with servers.Tailrace(family=6) as server:
        with contextlib.closing(socket.socket(socket.AF_PACKET, socket.SOCK_RAW)) as sock:
            sock.bind((servers.TAP, 0))
            sock.send(bytes(frame))
        event, = wait_event(server, "drop_nd_conflict")
        assert (event.count, event.total, event.suppressed) == (1, 1, 0)
        assert event.text == "neighbour discovery in which another host has our address"
        assert " 0% packet loss" in netns.run(*ping)


def test_limit():
    """What goes on and on is logged a few times, then seldom; nothing is lost of its count."""
    with servers.Tailrace(args=["--max-conns", "4"]) as server, contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(server.connect())
        end = time.monotonic() + 2 * BURST + 2
        while time.monotonic() < end:
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex((servers.ADDRESS, servers.PORT))
            time.sleep(0.2)
            # It gives up: its SYN is not sent again.
            sock.close()
        made = events(server, "drop_syn_full")
        assert BURST <= len(made) <= BURST + 2, made
        assert [event.suppressed for event in made[:BURST]] == [0] * BURST
        assert made[0].text == "SYNs with every connection in use"

        def settled():
            made = events(server, "drop_syn_full")
            return sum(event.count for event in made) == server.counter("drop_syn_full") and made

        made = servers.wait_until("the rest", settled, 10 * EVERY_S)
        assert made[-1].total == server.counter("drop_syn_full") > 20
        assert sum(event.suppressed for event in made) > 0
