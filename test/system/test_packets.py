# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Frames that no stack should send, put on the wire beside the kernel: ARP and ICMP as well."""

import contextlib
import os
import random
import re
import select
import socket
import subprocess
import time

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment, in4_chksum
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

import netns
import server as servers

ETH_P_ALL = 3
PACKET_OUTGOING = 4
LISTEN_S = 0.1
CLOSED_PORT = 9
# RFC 1122 section 3.3.2: the parts of a datagram wait for 60 s at least.
REASSEMBLY_DEADLINE_S = 90
US, THEM = servers.HOST_ADDRESS, servers.ADDRESS


class Wire:
    """The end of the server's wire: frames in, frames out."""

    def __init__(self, server):
        server.assert_serves()
        neighbour = netns.run("ip", "neighbour", "show", server.address)
        self.server_mac = re.search(r"lladdr (\S+)", neighbour).group(1)
        link = netns.run("ip", "-o", "link", "show", "dev", servers.TAP)
        self.mac = re.search(r"link/ether (\S+)", link).group(1)
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._sock.bind((servers.TAP, ETH_P_ALL))
        self._sock.setblocking(False)
        self._next_port = 20000

    def close(self):
        """Close the socket."""
        self._sock.close()

    def port(self):
        """A port of ours that was not used before."""
        self._next_port += 1
        return self._next_port

    def ether(self, **fields):
        """A frame to the server."""
        return Ether(**{"src": self.mac, "dst": self.server_mac, **fields})

    def send(self, frame):
        """Send as it is; what is too short or long for the device was never on the wire."""
        with contextlib.suppress(OSError):
            self._sock.send(bytes(frame))

    def receive(self, wanted, seconds):
        """The first frame of the server that is wanted, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._sock], [], [], left)[0]:
                data, sender = self._sock.recvfrom(65536)
                frame = Ether(data)
                if sender[2] != PACKET_OUTGOING and wanted(frame):
                    return frame
        return None

    def drain(self):
        """Forget what came."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._sock.recv(65536)


@pytest.fixture(scope="module")
def wire(server):
    """The server's wire."""
    found = Wire(server)
    yield found
    found.close()


@pytest.fixture(autouse=True)
def unharmed(server, wire):
    """A connection of before is still served, so is a new one, and nothing was kept."""
    wire.drain()
    with server.text() as client:
        client.set(b"before", b"value")
        yield
        assert client.get(b"before") == b"value"
    server.assert_serves()
    server.pools_settled(REASSEMBLY_DEADLINE_S)


def answers_to(port):
    """Whether a frame is a TCP segment to this port of ours."""
    return lambda frame: TCP in frame and frame[TCP].dport == port


def syn(wire, port, dport=servers.PORT, ip=None, **tcp):
    """A frame with a SYN, or what the fields make of it."""
    return wire.ether() / IP(src=US, dst=THEM, **(ip or {})) / TCP(
        **{"sport": port, "dport": dport, "flags": "S", "seq": 1000, "window": 8192, **tcp})


def test_control(wire):
    """What should be answered is: the silence below means something."""
    port = wire.port()
    wire.send(syn(wire, port))
    answer = wire.receive(answers_to(port), 5)
    assert answer is not None and answer[TCP].flags == "SA" and answer[TCP].ack == 1001
    assert dict(answer[TCP].options).get("MSS", 536) <= 1460


# Shows: reset-rules.
def test_closed_port(wire):
    port = wire.port()
    wire.send(syn(wire, port, CLOSED_PORT))
    answer = wire.receive(answers_to(port), 5)
    assert answer is not None and answer[TCP].flags == "RA"
    assert (answer[TCP].seq, answer[TCP].ack) == (0, 1001)


def test_ack_from_nowhere(wire):
    port = wire.port()
    wire.send(syn(wire, port, flags="A", ack=77777))
    answer = wire.receive(answers_to(port), 5)
    assert answer is not None and answer[TCP].flags == "R" and answer[TCP].seq == 77777


BAD_IP = {
    "version 5": {"version": 5}, "version 3": {"version": 3}, "version 0": {"version": 0},
    "ihl 0": {"ihl": 0}, "ihl 4": {"ihl": 4}, "ihl 15": {"ihl": 15},
    "length 0": {"len": 0}, "length 19": {"len": 19}, "length 20": {"len": 20},
    "length 39": {"len": 39}, "length over": {"len": 1000}, "length 65535": {"len": 65535},
    "checksum": {"chksum": 0x1234}, "checksum 0": {"chksum": 0},
    "other destination": {"dst": "10.77.0.3"}, "from itself": {"src": THEM},
    "from broadcast": {"src": "255.255.255.255"}, "from multicast": {"src": "224.0.0.1"},
    "from loopback": {"src": "127.0.0.1"}, "from 0": {"src": "0.0.0.0"},
    "unknown protocol": {"proto": 254},
}
BAD_TCP = {
    "doff 0": {"dataofs": 0}, "doff 4": {"dataofs": 4}, "doff 15": {"dataofs": 15},
    "checksum": {"chksum": 0x1234}, "null": {"flags": 0}, "rst": {"flags": "R"},
    "rst ack": {"flags": "RA", "ack": 5}, "xmas": {"flags": "FPU"}, "fin": {"flags": "F"},
    "syn rst": {"flags": "SR"}, "all": {"flags": "FSRPAUEC"},
    "rst to closed": {"flags": "R", "dport": CLOSED_PORT},
}


def assert_silent(wire, port, frame):
    """No segment answers."""
    wire.send(frame)
    answer = wire.receive(answers_to(port), LISTEN_S)
    assert answer is None, answer.summary()


@pytest.mark.parametrize("name", BAD_IP)
def test_bad_ip(wire, name):
    port = wire.port()
    fields = dict(BAD_IP[name])
    frame = wire.ether() / IP(**{"src": US, "dst": THEM, **fields}) / TCP(
        sport=port, dport=servers.PORT, flags="S", seq=1000)
    assert_silent(wire, port, frame)


# Shows: MUST-3.
@pytest.mark.parametrize("name", BAD_TCP)
def test_bad_tcp(wire, name):
    port = wire.port()
    assert_silent(wire, port, syn(wire, port, **BAD_TCP[name]))


def test_short_segments(wire):
    for length in range(20):
        port = wire.port()
        segment = bytes(TCP(sport=port, dport=servers.PORT, flags="S"))[:length]
        assert_silent(wire, port, wire.ether() / IP(src=US, dst=THEM, proto=6) / Raw(segment))


def test_short_frames(wire):
    whole = bytes(syn(wire, wire.port()))
    for length in range(14, len(whole)):
        wire.send(whole[:length])


def test_wrong_link(wire):
    port = wire.port()
    whole = syn(wire, port)
    for frame in (wire.ether(dst="02:00:00:aa:bb:cc") / whole.payload,
                  wire.ether(dst="ff:ff:ff:ff:ff:ff") / whole.payload,
                  wire.ether(dst="01:00:5e:00:00:01") / whole.payload,
                  wire.ether(type=0x86dd) / bytes(whole.payload),
                  wire.ether(type=0x1234) / bytes(whole.payload),
                  wire.ether() / Dot1Q(vlan=7) / whole.payload,
                  wire.ether(type=0x8100)):
        assert_silent(wire, port, frame)


# Shows: MUST-63.
def test_land(wire):
    """From itself to itself, also by MAC."""
    for mac in (wire.mac, wire.server_mac):
        for port in (servers.PORT, servers.ECHO_PORT):
            wire.send(wire.ether(src=mac) / IP(src=THEM, dst=THEM)
                      / TCP(sport=port, dport=port, flags="S"))
    assert wire.receive(lambda frame: TCP in frame and IP in frame and frame[IP].dst == THEM,
                        LISTEN_S) is None


OPTIONS = [b"\x02\x00\x00\x00", b"\x02\x01\x00\x00", b"\x02\x03\x05\x01", b"\x02\x04\x00\x00",
           b"\x02\x04\x00\x01", b"\x02\x04\xff\xff", b"\x02\x05\x05\xb4", b"\x02\xff\x05\xb4",
           b"\x01\x01\x01\x02", b"\x01\x01\x02\x04", b"\x08\x0a\x00\x00", b"\x08\x00\x00\x00",
           b"\x03\x03\xff\x00", b"\x03\x03\x0f\x00", b"\x03\x00\x00\x00", b"\x03\x01\x07\x00",
           b"\x04\x00\x00\x00", b"\x04\x03\x00\x00", b"\x05\x0a\x00\x00\x00\x00\x00\x00",
           b"\x05\x00\x00\x00", b"\x05\x03\x00\x00", b"\xfe\x00\x00\x00", b"\xfe\x01\x00\x00",
           b"\xfe\xff\x00\x00", b"\x00\x02\x04\x00", b"\x22\x00\x00\x00", b"\x1d\x00\x00\x00",
           b"\x02\x04\x05\xb4\x02\x04\x00\x01", b"\x08\x0a" + bytes(8) + b"\x08\x0a" + bytes(8)]


# Shows: MUST-7.
def test_options(wire):
    """A length of 0, 1 or beyond the end; a maximum segment size of 0 and 1; twice the same."""
    for options in OPTIONS:
        options += bytes(-len(options) % 4)
        port = wire.port()
        segment = bytes(TCP(sport=port, dport=servers.PORT, flags="S", seq=1000,
                            dataofs=5 + len(options) // 4)) + options
        wire.send(with_checksum(wire, segment))


def with_checksum(wire, segment):
    """A frame with a segment whose checksum is put right: scapy would put right the rest too."""
    packet = IP(src=US, dst=THEM, proto=6)
    blank = segment[:16] + b"\0\0" + segment[18:]
    checksum = in4_chksum(6, packet, blank).to_bytes(2, "big")
    return wire.ether() / packet / Raw(segment[:16] + checksum + segment[18:])


@pytest.mark.parametrize("dport", [servers.PORT, CLOSED_PORT], ids=["open", "closed"])
def test_all_flags(wire, dport):
    """All 256 of them."""
    for flags in range(256):
        wire.send(syn(wire, wire.port(), dport, flags=flags, ack=4711))


# Shows: 1122-unreachable.
def test_nobody_there(wire):
    """A port of UDP, and a protocol, that are not there: the sender is told."""
    wire.send(wire.ether() / IP(src=US, dst=THEM, id=99) / UDP(sport=5353, dport=33434) / bytes(9))
    error = wire.receive(lambda frame: ICMP in frame and frame[ICMP].type == 3, 5)
    assert error is not None and error[ICMP].code == 3
    assert error[ICMP].payload.id == 99 and error[ICMP].payload.payload.dport == 33434
    wire.send(wire.ether() / IP(src=US, dst=THEM, id=98, proto=132) / bytes(30))
    error = wire.receive(lambda frame: ICMP in frame and frame[ICMP].type == 3, 5)
    assert error is not None and error[ICMP].code == 2 and error[ICMP].payload.id == 98


def test_icmp_errors(wire):
    """They quote nothing, a little, or a connection that never was."""
    inner = bytes(IP(src=THEM, dst=US) / TCP(sport=servers.PORT, dport=1, seq=1))
    for kind, code in ((3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (4, 0), (5, 1), (11, 0), (12, 0),
                       (255, 255), (13, 0), (17, 0), (0, 0)):
        for length in (0, 1, 19, 20, 24, 27, 28, 40):
            for mtu in (0, 68, 576):
                wire.send(wire.ether() / IP(src=US, dst=THEM)
                          / ICMP(type=kind, code=code, unused=mtu) / Raw(inner[:length]))


def test_mutations(wire):
    """Frames of every kind with a few bytes wrong."""
    seed = int(os.environ.get("TAILRACE_SEED", random.SystemRandom().getrandbits(32)))
    print(f"TAILRACE_SEED={seed}")
    rng = random.Random(seed)
    frames = [bytes(frame) for frame in (
        syn(wire, wire.port(), options=[("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)),
                                        ("WScale", 7)]),
        syn(wire, wire.port(), flags="A"), wire.ether() / IP(src=US, dst=THEM) / ICMP() / bytes(50),
        wire.ether() / IP(src=US, dst=THEM) / UDP(sport=1, dport=11211) / bytes(50),
        wire.ether(dst="ff:ff:ff:ff:ff:ff") / ARP(psrc=US, pdst=THEM, hwsrc=wire.mac))]
    for _ in range(3000):
        frame = bytearray(rng.choice(frames))
        for _ in range(rng.randint(1, 6)):
            # Not the source of an ARP: it would only prove that ARP believes everyone.
            frame[rng.randrange(12, min(len(frame), 22))
                  if frame[12:14] == b"\x08\x06" else rng.randrange(12, len(frame))] \
                = rng.randrange(256)
        wire.send(frame[:rng.randint(14, len(frame))] if rng.random() < 0.2 else frame)


# Shows: 1122-echo.
@pytest.mark.parametrize("size", [0, 56, 1400, 1472])
def test_ping(server, size):
    done = subprocess.run(["ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", "-s", str(size),
                           server.address], check=False, timeout=30, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0 and "3 received" in done.stdout, done.stdout
    assert "wrong" not in done.stdout, done.stdout


def test_ping_bad_checksum(wire):
    wire.send(wire.ether() / IP(src=US, dst=THEM) / ICMP(id=4711, chksum=1) / Raw(bytes(30)))
    assert wire.receive(lambda frame: ICMP in frame and frame[ICMP].id == 4711, LISTEN_S) is None


def ask(wire, address):
    """An ARP request, and its answer or None."""
    wire.send(wire.ether(dst="ff:ff:ff:ff:ff:ff")
              / ARP(op=1, hwsrc=wire.mac, psrc=US, pdst=address))
    return wire.receive(lambda frame: ARP in frame and frame[ARP].op == 2
                        and frame[ARP].psrc == address, 2 if address == THEM else LISTEN_S)


# Shows: 826-answer.
def test_arp(wire):
    answer = ask(wire, THEM)
    assert answer is not None
    assert (answer[ARP].hwsrc, answer[ARP].hwdst, answer[ARP].pdst) == \
        (wire.server_mac, wire.mac, US)
    assert (answer.src, answer.dst) == (wire.server_mac, wire.mac)
    assert ask(wire, "10.77.0.3") is None


def test_bad_arp(wire):
    whole = bytes(wire.ether() / ARP(op=1, hwsrc=wire.mac, psrc=US, pdst=THEM))
    for length in range(14, len(whole)):
        wire.send(whole[:length])
    for fields in ({"hwtype": 6}, {"ptype": 0x86dd}, {"hwlen": 0}, {"hwlen": 255}, {"plen": 16},
                   {"op": 0}, {"op": 3}, {"op": 65535}):
        wire.send(wire.ether() / ARP(**{"op": 1, "hwsrc": wire.mac, "psrc": US, "pdst": THEM,
                                        **fields}))


# Shows: 1122-reassembly.
@pytest.mark.parametrize("size", [8, 16])
def test_syn_in_fragments(wire, size):
    """In any order they are one."""
    for number, order in enumerate((1, -1)):
        port = wire.port()
        packet = bytes(syn(wire, port, ip={"id": 1000 + 10 * size + number}))[14:]
        for part in fragment(IP(packet), fragsize=size)[::order]:
            wire.send(wire.ether() / part)
        answer = wire.receive(answers_to(port), 5)
        assert answer is not None and answer[TCP].flags == "SA" and answer[TCP].ack == 1001


# Last: what reassembles may keep the parts for a while.
def test_fragments(wire):
    """Teardrop, ping of death, tiny first, overlaps, never finished."""
    for number in range(100):
        def part(offset, more, data, number=number):
            return wire.ether() / IP(src=US, dst=THEM, id=number, frag=offset,
                                     flags="MF" if more else 0, proto=6) / Raw(data)

        for frame in (part(0, True, bytes(36)), part(3, False, bytes(4)), part(0, True, b""),
                      part(8189, False, bytes(1400)), part(0, True, bytes(8)),
                      part(1, True, bytes(1400)), part(1, False, bytes(8))):
            wire.send(frame)
