# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The tailrace authors
"""Bytes that no client should send: the server lives, frees all, and serves the others."""

import os
import random
import socket
import struct
import time

import pytest

import crowd
import mc

CLOSE_DEADLINE_S = 10


@pytest.fixture(autouse=True)
def settled(server):
    """Someone else is served meanwhile; afterwards all pools are full."""
    with crowd.innocent(server, flushed=True):
        yield
    server.assert_serves()
    server.pools_settled()


@pytest.fixture
def rng():
    """A generator whose seed is in the log; TAILRACE_SEED gives it again."""
    seed = int(os.environ.get("TAILRACE_SEED", random.SystemRandom().getrandbits(32)))
    print(f"TAILRACE_SEED={seed}")
    return random.Random(seed)


def throw(server, data):
    """Send bytes and our FIN, read all that comes; the server has to close in time."""
    with server.connect(timeout=CLOSE_DEADLINE_S) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        except (ConnectionResetError, BrokenPipeError, OSError) as error:
            assert not isinstance(error, TimeoutError), f"not closed after {data[:60]!r}"


def test_random_bytes(server, rng):
    for _ in range(300):
        throw(server, rng.randbytes(int(20000 ** rng.random())))


def test_random_words(server, rng):
    """Text that is nearly right."""
    words = [b"get", b"gets", b"set", b"add", b"replace", b"append", b"cas", b"incr", b"decr",
             b"delete", b"touch", b"gat", b"mg", b"ms", b"md", b"ma", b"me", b"mn", b"stats",
             b"verbosity", b"version", b"key", b"k" * 250, b"k" * 251, b"0", b"1", b"-1",
             b"4294967296", b"18446744073709551616", b"99999999999999999999999", b"noreply", b"",
             b"\0", b"\r", b"v", b"t", b"T-1", b"O" * 40, b"b", b"S10", b"S-1", b"c", b"\xff"]
    for _ in range(300):
        lines = [b" ".join(rng.choices(words, k=rng.randint(0, 8))) for _ in range(20)]
        throw(server, rng.choice([b"\r\n", b"\n", b"\r\n\r\n"]).join(lines) + b"\r\n")


def test_long_lines(server):
    for data in [b"get " + b"k" * 100000, b"get " + b"k " * 50000 + b"\r\n", b" " * 100000,
                 b"\r\n" * 10000, b"\n" * 10000, b"a" * 3000 + b"\r\n", b"set k 0 0 ",
                 b"set k 0 0 4294967295\r\nabc", b"set k 0 0 18446744073709551615\r\nabc",
                 b"set k 0 0 -1\r\n", b"set k 0 0 2147483648\r\n", b"set k 0 0 3\r\nabcd\r\n",
                 b"mg", b"mg \r\n", b"ms k\r\n", b"ms k S99999999999\r\n", b"\0" * 5000]:
        throw(server, data)


def header(opcode, key_len, extras_len, body_len, magic=mc.REQUEST, datatype=0):
    """A header that may lie."""
    return mc.HEADER.pack(magic, opcode, key_len, extras_len, datatype, 0, body_len, 0xdead, 0)


def test_lying_headers(server):
    for opcode in (mc.GET, mc.SET, mc.DELETE, mc.INCR, mc.APPEND, mc.STAT, mc.NOOP, mc.TOUCH,
                   mc.FLUSH, mc.VERSION, 0x1f, 0x20, 0x21):
        for lie in [(0, 0, 0xffffffff), (0xffff, 0xff, 0xffffffff), (10, 0, 5), (0, 8, 4),
                    (10, 8, 17), (251, 8, 259), (0xffff, 0, 0xffff), (0, 255, 255), (0, 0, 1 << 20),
                    (1, 0, 0x80000000), (3, 8, 0x7fffffff), (0, 0, 0)]:
            throw(server, header(opcode, *lie))
            throw(server, header(opcode, *lie) + b"x" * 300)


def test_every_opcode(server, rng):
    for opcode in range(256):
        for _ in range(3):
            key_len = rng.randint(0, 260)
            extras_len = rng.choice([0, 4, 8, 20, rng.randint(0, 255)])
            body_len = key_len + extras_len + rng.randint(0, 1000)
            throw(server, header(opcode, key_len, extras_len, body_len) + rng.randbytes(body_len)
                  + mc.request(mc.NOOP))


def test_every_magic(server, rng):
    for magic in range(256):
        throw(server, header(mc.GET, 3, 0, 3, magic, rng.randint(0, 255)) + b"key" + b"\r\n")


STREAMS = {
    "text": (b"set split 5 0 10\r\n01234\r\n789\r\nget split\r\nget none split\r\n"
             b"set split 0 0 0 noreply\r\n\r\nget split\r\nappend split 0 0 3\r\na\r\n\r\n"
             b"incr split 1\r\ndelete split\r\n" + mc.PING,
             b"STORED\r\nVALUE split 5 10\r\n01234\r\n789\r\nEND\r\n"
             b"VALUE split 5 10\r\n01234\r\n789\r\nEND\r\nVALUE split 0 0\r\n\r\nEND\r\nSTORED\r\n"
             b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\nDELETED\r\n"
             + mc.PONG),
    "binary": (mc.store(mc.SETQ, b"split", b"\x80\x01value", 1, 7)
               + mc.request(mc.GETKQ, b"none", opaque=2) + mc.request(mc.DELETE, b"none", opaque=3)
               + mc.request(mc.INCR, b"number", extras=struct.pack("!QQI", 1, 0, 0), opaque=4)
               + mc.request(mc.DELETE, b"number", opaque=5) + mc.request(mc.NOOP, opaque=6),
               mc.HEADER.pack(mc.RESPONSE, mc.DELETE, 0, 0, 0, 1, 9, 3, 0) + b"Not found"
               + mc.HEADER.pack(mc.RESPONSE, mc.INCR, 0, 0, 0, 0, 8, 4, 0) + bytes(8)
               + mc.HEADER.pack(mc.RESPONSE, mc.DELETE, 0, 0, 0, 0, 0, 5, 0)
               + mc.HEADER.pack(mc.RESPONSE, mc.NOOP, 0, 0, 0, 0, 0, 6, 0)),
}


def normal(protocol, data):
    """Replies of which the cas and, on failure, the words do not matter."""
    if protocol == "text":
        return data
    answers, rest = mc.responses(data)
    assert rest == 0
    return [(answer.opcode, answer.status, answer.opaque,
             answer.value if answer.status == mc.OK else None) for answer in answers]


def assert_stream(server, protocol, pieces, pause_s):
    """Send a stream in pieces; the replies are what they always are."""
    _, expected = STREAMS[protocol]
    done = mc.ends_with_noop(6) if protocol == "binary" else lambda got: got.endswith(mc.PONG)
    with server.connect() as sock:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause_s)
        got = mc.pump(sock, b"", done)
    assert normal(protocol, got) == normal(protocol, expected)


@pytest.mark.parametrize("protocol", STREAMS)
def test_split_at_every_byte(server, protocol):
    stream, _ = STREAMS[protocol]
    for at in range(1, len(stream)):
        assert_stream(server, protocol, [stream[:at], stream[at:]], 0.002)


@pytest.mark.parametrize("protocol", STREAMS)
def test_byte_by_byte(server, protocol):
    stream, _ = STREAMS[protocol]
    assert_stream(server, protocol, [stream[i:i + 1] for i in range(len(stream))], 0.001)


def test_slowloris(server):
    """A crowd that sends a byte at a time and never ends a request."""
    socks = [server.connect() for _ in range(200)]
    parts = [mc.store(mc.SET, b"slow", bytes(100000)), b"set slow 0 0 100000\r\n" + bytes(100000),
             b"get " + b"s" * 200]
    try:
        for turn in range(30):
            for i, sock in enumerate(socks):
                sock.sendall(parts[i % len(parts)][turn:turn + 1])
            time.sleep(0.1)
    finally:
        for sock in socks:
            sock.close()
