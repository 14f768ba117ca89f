# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Many clients at once, clients that stop halfway, and clients that die."""

import contextlib
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

import crowd
import mc

CONNECTIONS = 1000
ROUNDS = 20
MEG = 1 << 20
BODY = MEG - 1024
HOLD_S = 5


@pytest.fixture(autouse=True)
def settled(threaded_server):
    """Full pools after each test, whatever became of its clients."""
    yield
    threaded_server.assert_serves()
    threaded_server.pools_settled()


def test_thousand_connections(threaded_server):
    crowd.talk(threaded_server, CONNECTIONS, ROUNDS)


@pytest.mark.parametrize("protocol", ["text", "binary"])
def test_thousand_half_sent_values(threaded_server, protocol):
    with contextlib.ExitStack() as stack:
        with crowd.innocent(threaded_server):
            for i in range(CONNECTIONS):
                sock = stack.enter_context(threaded_server.connect())
                sock.sendall(half_sent(protocol, b"half-%d" % i, i * 7 % 3000))
            time.sleep(HOLD_S)


def half_sent(protocol, key, sent):
    """The start of a request that stores a large value."""
    if protocol == "text":
        return b"set %s 0 0 %d\r\n" % (key, BODY) + bytes(sent)
    return mc.store(mc.SET, key, bytes(BODY))[:24 + 8 + len(key) + sent]


def test_half_sent_values_complete(threaded_server):
    """They were admitted in turn, and none is lost, once their bodies come."""
    count = 40
    body = bytes(BODY)
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(threaded_server.connect()) for _ in range(count)]
        for i, sock in enumerate(socks):
            sock.sendall(half_sent("text", b"whole-%d" % i, 1000))
        for sock in socks:
            sock.settimeout(30)
        threads = [threading.Thread(target=sock.sendall, args=(body[1000:] + b"\r\n",),
                                    daemon=True) for sock in socks]
        for thread in threads:
            thread.start()
        for sock in socks:
            mc.assert_same(sock.recv(100), b"STORED\r\n")
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


def reset(sock):
    """Close with a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


PARTS = {
    "text half a line": b"set dead 0 0 10",
    "text half a value": half_sent("text", b"dead", 100000),
    "text end without newline": b"set dead 0 0 10\r\n0123456789\r",
    "binary half a header": mc.request(mc.GET, b"dead")[:11],
    "binary header alone": mc.store(mc.SET, b"dead", bytes(BODY))[:24],
    "binary half a key": mc.store(mc.SET, b"dead" * 50, bytes(BODY))[:100],
    "binary half a value": half_sent("binary", b"dead", 100000),
    "whole and half": b"get innocent\r\n" * 500 + b"set dead 0 0 10\r\n01",
}


@pytest.mark.parametrize("end", [socket.socket.close, reset], ids=["fin", "rst"])
def test_end_in_a_request(threaded_server, end):
    with crowd.innocent(threaded_server):
        for part in PARTS.values():
            for _ in range(10):
                sock = threaded_server.connect()
                sock.sendall(part)
                end(sock)


@pytest.mark.parametrize("end", [socket.socket.close, reset], ids=["fin", "rst"])
def test_end_with_unread_replies(threaded_server, end):
    with threaded_server.connect() as sock:
        mc.exchange(sock, b"set meg 0 0 %d\r\n%s\r\n" % (BODY, bytes(BODY)), b"STORED\r\n")
    with crowd.innocent(threaded_server):
        socks = [threaded_server.connect() for _ in range(20)]
        for sock in socks:
            sock.sendall(b"get meg\r\n" * 50)
        time.sleep(1)
        for sock in socks:
            end(sock)


KILLED = """
import socket, sys, time
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
body = bytes(1000000)
sock.sendall(b"set killed 0 0 1000000\\r\\n" + body + b"\\r\\n")
sock.sendall(b"get killed\\r\\n" * 10)
sock.sendall(b"set killed 0 0 1000000\\r\\n" + body[:1234])
print("ready", flush=True)
time.sleep(60)
"""


def test_killed_clients(threaded_server):
    with crowd.innocent(threaded_server):
        children = []
        try:
            for _ in range(5):
                children.append(subprocess.Popen(
                    [sys.executable, "-c", KILLED, threaded_server.address,
                     str(threaded_server.port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE))
            for child in children:
                assert child.stdout.readline() == b"ready\n"
        finally:
            for child in children:
                child.send_signal(signal.SIGKILL)
                child.wait(10)
                child.stdout.close()


def test_abandoned_in_every_state(threaded_server):
    """SYN and no more, FIN and no more: the kernel answers for us, so close at once."""
    for i in range(200):
        sock = threaded_server.socket()
        sock.setblocking(False)
        sock.connect_ex((threaded_server.address, threaded_server.port))
        if i % 2:
            reset(sock)
        else:
            sock.close()
