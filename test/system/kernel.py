# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The kernel's TCP as a peer: how it is set in this namespace, and bytes that go there and back."""

import contextlib
import hashlib
import os
import re
import socket
import struct
import threading

import netns

MIB = 1 << 20
STALL_S = 60  # without a byte

# Of a link, by family (RFC 791 section 3.2, RFC 8200 section 5).
LEAST_MTU = {4: 576, 6: 1280}

# Of struct tcp_info: options.
TIMESTAMPS, SACK, WINDOW_SCALING, ECN = 1, 2, 4, 8


def settings(sock):
    """Options agreed on and MSS of a connection, as the kernel has them."""
    fields = struct.unpack("8B4I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 24))
    return fields[5] & 0xf, fields[10]


@contextlib.contextmanager
def sysctl(**values):
    """Settings net.ipv4.* of the namespace of the calling thread, for a while."""
    before = {}
    try:
        for name, value in values.items():
            before[name] = netns.run("sysctl", "-n", f"net.ipv4.{name}").strip()
            netns.run("sysctl", "-qw", f"net.ipv4.{name}={value}")
        yield
    finally:
        for name, value in before.items():
            netns.run("sysctl", "-qw", f"net.ipv4.{name}={value}")


@contextlib.contextmanager
def mtu(device, value):
    """The MTU of an interface, for a while."""
    # Not from /sys, which shows the interfaces of who mounted it.
    before = re.search(r" mtu (\d+)", netns.run("ip", "-o", "link", "show", "dev", device))[1]
    netns.run("ip", "link", "set", "dev", device, "mtu", str(value))
    try:
        yield
    finally:
        netns.run("ip", "link", "set", "dev", device, "mtu", before)


def round_trip(sock, mib):
    """Send so many MiB to an echo port, then a FIN; the same comes back meanwhile, then a FIN."""
    block = os.urandom(MIB)
    sent, received, length = hashlib.sha256(), hashlib.sha256(), 0
    failures = []
    sock.settimeout(STALL_S)

    def send():
        try:
            for number in range(mib):
                # No two are the same: what comes in a wrong place shows.
                part = number.to_bytes(8, "big") + block[8:]
                sent.update(part)
                sock.sendall(part)
            sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            failures.append(error)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    while chunk := sock.recv(MIB):
        received.update(chunk)
        length += len(chunk)
    sender.join(STALL_S)
    assert not sender.is_alive() and not failures, failures
    assert length == mib * MIB, f"{length} bytes for {mib} MiB"
    assert received.digest() == sent.digest()


def mss_received(sock):
    """The longest segment that came, as the kernel estimates it."""
    return struct.unpack("8B4I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 24))[11]


class Listener:
    """Context manager: a listener of the kernel's, that serves its first connection in a thread."""

    def __init__(self, address, port, serve):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family)
        self._serve = serve
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.accepted = threading.Event()
        self.failure = None

    def __enter__(self):
        self._listener.settimeout(STALL_S)
        self._thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self._thread.join(STALL_S)
        self._listener.close()
        if kind is None:
            assert not self._thread.is_alive() and self.failure is None, self.failure

    def _run(self):
        try:
            with self._listener.accept()[0] as sock:
                self.accepted.set()
                sock.settimeout(STALL_S)
                self._serve(sock)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error


def echo(sock):
    """Return what comes, until the FIN."""
    while chunk := sock.recv(MIB):
        sock.sendall(chunk)
