# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Ping, traceroute and nmap: what people find out about a host with, and what they find."""

import re
import subprocess

import pytest

import kernel
import server as servers

pytestmark = pytest.mark.tailrace_only("its own stack")

CLOSED_PORT = 9


@pytest.fixture(autouse=True)
def unharmed(server):
    """A connection of before is still served, so is a new one, and nothing was kept."""
    with server.text() as client:
        client.set(b"before", b"value")
        yield
        assert client.get(b"before") == b"value"
    server.assert_serves()
    server.pools_settled()


def tool(*args, timeout=60):
    """Status and output of a tool that may fail."""
    done = subprocess.run(args, check=False, timeout=timeout, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def ping(size, *options):
    """Ping three times with so many bytes; return how many answers came."""
    _, output = tool("ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-s", str(size), *options,
                     servers.ADDRESS)
    assert "wrong" not in output, output
    return int(re.search(r"(\d+) received", output)[1])


@pytest.mark.parametrize("size", [0, 548, 549, 1400, 1472])
def test_ping_in_fragments(size):
    """The kernel sends in fragments what is larger than its MTU; the answer is one packet."""
    with kernel.mtu(servers.TAP, 576):
        assert ping(size) == 3


@pytest.mark.parametrize("size", [1473, 9000])
def test_ping_too_large(size):
    """The answer is truncated to one packet."""
    _, output = tool("ping", "-n", "-c", "1", "-W", "5", "-s", str(size), servers.ADDRESS)
    assert "1480 bytes from" in output and "truncated" in output, output


@pytest.mark.parametrize("how", [(), ("-I",), ("-T", "-p", str(servers.PORT)),
                                 ("-T", "-p", str(CLOSED_PORT))], ids=" ".join)
def test_traceroute(how):
    """By UDP, by ICMP, and by a SYN to an open and to a closed port: it is the first hop."""
    status, output = tool("traceroute", "-n", "-q", "2", "-w", "5", *how, servers.ADDRESS)
    hops = output.splitlines()[1:]
    assert status == 0 and len(hops) == 1, output
    assert re.fullmatch(rf" 1  {servers.ADDRESS}  [\d.]+ ms  [\d.]+ ms", hops[0].rstrip()), output


def test_nmap():
    """Its probes of half-open connections, odd flags and options get the answers of a TCP."""
    status, output = tool("nmap", "-n", "-O", "-sS", "--max-os-tries", "1", "-p",
                          f"{servers.ECHO_PORT},{CLOSED_PORT},{servers.PORT}", servers.ADDRESS,
                          timeout=110)
    assert status == 0, output
    for port, state in ((servers.ECHO_PORT, "open"), (CLOSED_PORT, "closed"),
                        (servers.PORT, "open")):
        assert re.search(rf"^{port}/tcp +{state} ", output, re.MULTILINE), output
    assert "Network Distance: 1 hop" in output, output
    fingerprint = "".join(re.findall(r"^OS:(.*)$", output, re.MULTILINE))
    # T2, T3: neither SYN nor ACK to an open port; T5 to T7: a closed port resets each.
    for test in ("T1(R=Y", "T2(R=N)", "T3(R=N)", "T5(R=Y", "T6(R=Y", "T7(R=Y", "U1(R=Y", "IE(R=Y"):
        assert test in fingerprint, (test, output)
    # Nor do the identifications of packets count, from which others would learn how many we send.
    assert not re.search(r"[TCI]I=(I|BI|RI)\b", fingerprint), output
