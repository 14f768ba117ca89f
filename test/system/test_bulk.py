# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""The stack without memcached: the echo port, with many bytes and with many connections."""

import hashlib
import os
import socket
import threading

import pytest

import mc

BULK_BYTES = 16 << 20
CONNECTIONS = 1000


@pytest.fixture(autouse=True)
def settled(server):
    """Full pools after each test."""
    yield
    server.pools_settled()


def assert_echo(server, length):
    """Send random bytes and receive the same, both at a time."""
    data = os.urandom(length)
    with server.connect(server.echo_port) as sock:
        got = mc.pump(sock, data, lambda received: len(received) >= length, deadline_s=60)
    assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()


def test_both_ways(server):
    assert_echo(server, BULK_BYTES)


def test_several_at_once(server):
    failures = []

    def echo():
        try:
            assert_echo(server, BULK_BYTES // 4)
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=echo, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()
    assert not failures


# Shows: MUST-12.
def test_half_close(server):
    """What was sent before our FIN comes back after it, and then the server's FIN."""
    data = os.urandom(1 << 20)
    with server.connect(server.echo_port) as sock:
        sender = threading.Thread(target=lambda: (sock.sendall(data),
                                                  sock.shutdown(socket.SHUT_WR)), daemon=True)
        sender.start()
        got = bytearray()
        while chunk := sock.recv(65536):
            got += chunk
        sender.join(10)
        assert not sender.is_alive()
    mc.assert_same(bytes(got), data)


def test_slow_reader(server):
    """The window closes while we do not read, and opens again."""
    data = os.urandom(4 << 20)
    with server.connect(server.echo_port) as sock:
        sock.setblocking(False)
        sent = 0
        try:
            while sent < len(data):
                sent += sock.send(data[sent:sent + 65536])
        except BlockingIOError:
            pass
        stopped = threading.Event()
        stopped.wait(2)
        got = mc.pump(sock, data[sent:], lambda received: len(received) >= len(data))
    mc.assert_same(got, data)


def test_many_short_connections(server):
    for i in range(CONNECTIONS):
        with server.connect(server.echo_port) as sock:
            sock.sendall(b"%d" % i)
            mc.assert_same(sock.recv(100), b"%d" % i)
