# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Ping, traceroute and nmap: what people find out about a host with, and what they find.

Over IPv4, then over IPv6.
"""

import re
import subprocess

import pytest

import kernel
import server as servers

pytestmark = pytest.mark.tailrace_only("its own stack")

CLOSED_PORT = 9
PORTS = {servers.ECHO_PORT: "open", CLOSED_PORT: "closed", servers.PORT: "open"}
# Of echoes, by family: nothing, the most in one packet of the least MTU, and so on.
PING_BYTES = {4: (0, 548, 549, 1400, 1472), 6: (0, 1232, 1233, 1400, 1452)}
# SP of nmap is eight times the binary logarithm of how far initial sequence numbers spread. Random
# ones have 0x104 or so, and less than this one time in ten million.
SPREAD_MIN = 0xd0


@pytest.fixture(name="server", scope="module")
def _server(family):
    with servers.start(threads=1, family=family) as started:
        started.snapshot_pools()
        yield started


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


def ping(server, size):
    """Ping three times with so many bytes; return how many answers came."""
    _, output = tool("ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-s", str(size),
                     server.address)
    assert "wrong" not in output, output
    return int(re.search(r"(\d+) received", output)[1])


@pytest.mark.parametrize("number", range(5))
def test_ping_in_fragments(server, number):
    """The kernel sends in fragments what is larger than its MTU; the answer is one packet."""
    with kernel.mtu(servers.TAP, kernel.LEAST_MTU[server.family]):
        assert ping(server, PING_BYTES[server.family][number]) == 3


@pytest.mark.parametrize("beyond", [1, 7528])
def test_ping_too_large(server, beyond):
    """The answer is truncated to one packet; over IPv6 there is none."""
    most = PING_BYTES[server.family][-1]
    _, output = tool("ping", "-n", "-c", "1", "-W", "5" if server.family == 4 else "1", "-s",
                     str(most + beyond), server.address)
    if server.family == 4:
        assert "1480 bytes from" in output and "truncated" in output, output
    else:
        assert " 0 received" in output, output


@pytest.mark.parametrize("how", [(), ("-I",), ("-T", "-p", str(servers.PORT)),
                                 ("-T", "-p", str(CLOSED_PORT))], ids=" ".join)
def test_traceroute(server, how):
    """By UDP, by ICMP, and by a SYN to an open and to a closed port: it is the first hop."""
    status, output = tool("traceroute", "-n", "-q", "2", "-w", "5", *how, server.address)
    hops = output.splitlines()[1:]
    assert status == 0 and len(hops) == 1, output
    assert re.fullmatch(rf" 1  {server.address}  [\d.]+ ms  [\d.]+ ms", hops[0].rstrip()), output


def test_nmap(server):
    """Its probes of half-open connections, odd flags and options get the answers of a TCP."""
    version = ["-6"] * (server.family == 6)
    status, output = tool("nmap", "-n", *version, "-O", "-sS", "--max-os-tries", "1", "-p",
                          ",".join(map(str, PORTS)), server.address, timeout=110)
    assert status == 0, output
    for port, state in PORTS.items():
        assert re.search(rf"^{port}/tcp +{state} ", output, re.MULTILINE), output
    assert "Network Distance: 1 hop" in output, output
    fingerprint = "".join(re.findall(r"^OS:(.*)$", output, re.MULTILINE))
    (check_fingerprint6 if server.family == 6 else check_fingerprint)(fingerprint)


def check_fingerprint(fingerprint):
    """What nmap found with its probes of IPv4."""
    # T2, T3: neither SYN nor ACK to an open port; T5 to T7: a closed port resets each.
    for test in ("T1(R=Y", "T2(R=N)", "T3(R=N)", "T5(R=Y", "T6(R=Y", "T7(R=Y", "U1(R=Y", "IE(R=Y"):
        assert test in fingerprint, (test, fingerprint)
    # Nor do the identifications of packets count, from which others would learn how many we send.
    assert not re.search(r"[TCI]I=(I|BI|RI)\b", fingerprint), fingerprint
    assert int(re.search(r"SEQ\(SP=([0-9A-F]+)", fingerprint)[1], 16) >= SPREAD_MIN, fingerprint


def check_fingerprint6(fingerprint):
    """What it found with those of IPv6: the answers themselves, none to what is not there."""
    answers = {name: re.sub(r"(..)\{(\d+)\}", lambda run: run[1] * int(run[2]), packet)
               for name, packet in re.findall(r"(\w+)\(P=([0-9a-fX{}]+)%", fingerprint)}
    assert set(answers) == {"S1", "S2", "S3", "S4", "S5", "S6", "TECN", "T4", "T5", "T6", "T7",
                            "U1", "IE1", "IE2", "NS"}, fingerprint
    # Its hop limit, and where its sequence number is: 4 bytes into the header behind 40.
    assert all(packet[14:16] in ("40", "ff") for packet in answers.values()), fingerprint
    numbers = [int(answers[f"S{i}"][88:96], 16) for i in range(1, 7)]
    assert max(numbers) - min(numbers) > 1 << 24, fingerprint
