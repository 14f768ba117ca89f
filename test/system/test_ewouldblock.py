# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""An engine that answers late, in another order, after the client has gone, or when it is told."""

import re
import socket
import struct

import pytest

import mc
import netns
import server as servers

pytestmark = pytest.mark.tailrace_only("its own engine")

# The client is told of a temporary failure after ten seconds.
FAILURE_DEADLINE_S = 40

NEVER = "ewouldblock,answer=never,inner=dram"


def engine_stat(server, name):
    """A number of `show engine`."""
    return int(re.search(rf"^  {name} +(\d+)$", server.cmd("show engine"), re.MULTILINE)[1])


def withheld(server, number):
    """Wait until so many requests are withheld."""
    servers.wait_until(f"{number} withheld",
                       lambda: engine_stat(server, "ewouldblock_withheld") == number, 10)


def release(server, number):
    """Release, and expect so many."""
    assert server.cmd("set engine release").strip() == f"engine ewouldblock: releases {number}"


@pytest.mark.parametrize("execute", ["now", "late"])
@pytest.mark.parametrize("threads", [0, 1])
def test_waits_until_released(threads, execute):
    """A client whose requests are never answered waits; released, it gets all of them."""
    engine = f"ewouldblock,answer=never,execute={execute},inner=dram"
    with servers.Tailrace(threads=threads, engine=engine) as server:
        server.snapshot_pools()
        with server.connect() as sock:
            sock.sendall(b"set a 0 0 5\r\nvalue\r\nset b 0 0 1\r\nb\r\n")
            withheld(server, 2)
            sock.settimeout(0.3)
            with pytest.raises(socket.timeout):
                sock.recv(1)
            release(server, 2)
            sock.settimeout(10)
            mc.exchange(sock, b"", b"STORED\r\nSTORED\r\n")
            # Then as before.
            sock.sendall(b"get a\r\nget b\r\nget c\r\n")
            withheld(server, 3)
            release(server, 3)
            mc.exchange(sock, b"", b"VALUE a 0 5\r\nvalue\r\nEND\r\nVALUE b 0 1\r\nb\r\nEND\r\n"
                                   b"END\r\n")
        server.pools_settled()
        assert engine_stat(server, "ewouldblock_made_pending") == 5
        assert engine_stat(server, "ewouldblock_answered_late") == 5
        assert engine_stat(server, "curr_items") == 2


def test_temporary_failure():
    """Past the time limit the client is told, and the answer that comes later reaches nobody."""
    with servers.Tailrace(threads=1, engine=NEVER) as server:
        server.snapshot_pools()
        with server.connect() as sock:
            sock.settimeout(FAILURE_DEADLINE_S)
            sock.sendall(b"set k 0 0 5\r\nvalue\r\n")
            answer = mc.pump(sock, b"", lambda got: got.endswith(b"\r\n"), FAILURE_DEADLINE_S)
            assert answer.startswith(b"SERVER_ERROR"), answer
            assert server.counter("abandoned") == 1
            assert engine_stat(server, "ewouldblock_withheld") == 1
            release(server, 1)
            servers.wait_until("late answer", lambda: server.counter("responses_late") == 1, 10)
            # It was executed all the same, and the connection is good.
            sock.sendall(b"get k\r\n")
            withheld(server, 1)
            release(server, 1)
            mc.exchange(sock, b"", b"VALUE k 0 5\r\nvalue\r\nEND\r\n")
        server.pools_settled()


def test_answers_after_the_client_has_gone():
    """They are counted and released, and the next client knows nothing of them."""
    with servers.Tailrace(threads=1, engine=NEVER) as server:
        server.snapshot_pools()
        with server.connect() as sock:
            sock.sendall(b"".join(b"set k%d 0 0 1000\r\n%s\r\n" % (i, bytes(1000))
                                  for i in range(20)))
            withheld(server, 20)
            name = "%s:%d" % sock.getsockname()
            assert name in server.cmd("show conn")
            # A close alone would leave a connection that still sends: this resets it.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        servers.wait_until("reset", lambda: name not in server.cmd("show conn"), 10)
        assert engine_stat(server, "ewouldblock_withheld") == 20
        release(server, 20)
        server.pools_settled()
        assert server.counter("responses_late") == 20


def test_hold():
    """What is answered late by itself can be held."""
    engine = "ewouldblock,every=2,delay_us=100,inner=dram"
    with servers.Tailrace(threads=1, engine=engine) as server:
        server.assert_serves()
        assert "until release" in server.cmd("set engine hold")
        with server.connect() as sock:
            sock.sendall(b"get a\r\nget b\r\nget c\r\nget d\r\n")
            withheld(server, 2)
            release(server, 2)
            mc.exchange(sock, b"", 4 * b"END\r\n")
        server.assert_serves()
        text = server.cmd("set engine on fire")
        assert "no command \"on fire\"; hold or release would do" in text


@pytest.mark.parametrize("execute", ["now", "late"])
@pytest.mark.parametrize("threads", [0, 2])
def test_replies_keep_their_order(threads, execute):
    """However answers are shuffled, a client's replies come in the order of its requests."""
    engine = (f"ewouldblock,random=60,seed=7,answer=shuffled,window=16,delay_us=500,"
              f"execute={execute},inner=dram,memory=96M")
    with servers.Tailrace(threads=threads, engine=engine) as server:
        server.snapshot_pools()
        request, expected = b"", b""
        for i in range(300):
            value = b"%d" % i * (1 + i % 50)
            request += b"set k%d 0 0 %d\r\n%s\r\n" % (i % 40, len(value), value)
            request += b"get k%d\r\nget none%d\r\n" % (i % 40, i)
            expected += b"STORED\r\nVALUE k%d 0 %d\r\n%s\r\nEND\r\nEND\r\n" % (
                i % 40, len(value), value)
        with server.connect() as sock:
            mc.exchange(sock, request, expected)
        assert engine_stat(server, "ewouldblock_made_pending") > 100
        server.pools_settled()


@pytest.mark.parametrize("execute", ["now", "late"])
def test_end_with_requests_pending(execute):
    """The server ends, in time, while requests are withheld."""
    engine = f"ewouldblock,answer=never,execute={execute},inner=dram"
    with servers.Tailrace(threads=1, engine=engine) as server, server.connect() as sock:
        sock.sendall(b"set k 0 0 5\r\nvalue\r\nget a\r\nget b\r\n")
        withheld(server, 3)
        server.stop()


def test_bad_arguments():
    for args, message in (("every=0", "every takes a number from 1"),
                          ("inner=nonesuch", "no engine nonesuch; there are:"),
                          ("inner=dram,memory=x", "engine dram: 'memory=x' is no size")):
        with netns.Namespace(), servers.Folder() as folder:
            done = servers.run_to_end(folder, ["--addr", f"{servers.ADDRESS}/24", "--engine",
                                               f"ewouldblock,{args}"])
            assert done.returncode == 2 and message in done.stderr, done
